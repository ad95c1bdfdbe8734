"""The data sets of `accuracy.py`, counted over all their land; nothing of them is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import hotspots as hs
from hotspots.areas.grid_reference import to_longitude_latitude, to_national_grid
from hotspots.areas.places import make_places

if TYPE_CHECKING:
    from pathlib import Path

    Floats = np.ndarray

SIDE_M = 100.0
HEXAGON_M2 = 1.5 * np.sqrt(3) * SIDE_M**2
LONDON_M2 = 1572e6
"""The land of London, 1,572 km²: 60,506 hexagons of 25,981 m²."""

# The plane of the hexagons: metres a degree at 51.5° north.
_EAST_M, _NORTH_M = 111_320 * np.cos(np.radians(51.5)), 110_540.0


@dataclass(frozen=True)
class Case:
    """A data set and how it is forecast."""

    counts: hs.Counts
    title: str
    about: str
    land: float | None = None
    step: Literal["month", "week"] = "month"
    origins: int = 6


def london(folder: Path) -> Case:
    """Count the hexagon year of London over the hexagons of all boroughs."""
    path = folder / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    rows = pd.read_parquet(path, columns=["hex_q", "hex_r"])
    # Without the tidal Thames: nobody is sent into the river.
    boroughs = hs.read_areas(folder / "boundaries" / "london_boroughs_spdata_27700.gpkg")
    places = london_hexagons(boroughs, rows["hex_q"].to_numpy(), rows["hex_r"].to_numpy())
    incidents = hs.read_incidents(path).incidents
    counts = hs.count_incidents(incidents, places, period=("2025-05-01", "2026-05-01"))
    about = (
        f"{counts.total:,.0f} reports of anti-social behaviour of data.police.uk, May 2025 to "
        f"April 2026, by month and flat-topped hexagon of 100 m; {len(places):,} hexagons cover "
        "the 33 authorities or hold a report. November to April are each forecast from all months "
        "before. Shares are of 1,572 km², which is 60,506 hexagons."
    )
    return Case(counts, "London, anti-social behaviour by month", about, LONDON_M2)


def london_hexagons(
    boroughs: gpd.GeoDataFrame, known_q: Floats, known_r: Floats
) -> gpd.GeoDataFrame:
    """Make the hexagons whose centre lies in a borough, and those that are known besides.

    They are regular in a plane of longitude and latitude. On the national grid they measure 0.8 %
    more than the 25,981 m² that each is counted for.
    """
    west, south, east, north = boroughs.total_bounds
    corners = to_longitude_latitude(
        np.array([west, east, west, east]), np.array([south, south, north, north])
    )
    q_ends, r_ends = _axial(*corners)
    q, r = np.meshgrid(
        np.arange(q_ends.min() - 5, q_ends.max() + 5),
        np.arange(r_ends.min() - 5, r_ends.max() + 5),
    )
    q, r = q.ravel().astype(np.int64), r.ravel().astype(np.int64)
    centres = gpd.GeoSeries(gpd.points_from_xy(*_on_grid(q, r, 0, 0)), crs=boroughs.crs)
    hit, _ = boroughs.sindex.query(centres, predicate="intersects")
    known = np.unique(np.stack([known_q, known_r]), axis=1)
    both = np.unique(np.concatenate([np.stack([q[hit], r[hit]]), known], axis=1), axis=1)
    q, r = both
    points = shapely.points(np.stack(_on_grid(q, r, 0, 0), axis=1))
    # Those whose centre is just outside belong to the nearest borough.
    nearest = boroughs.sindex.nearest(points, return_all=False)[1]
    # Corners in sixths, so that neighbours compute the one that they share from the same numbers.
    across, up = np.array([2, 1, -1, -2, -1, 1]), np.array([0, 1, 1, 0, -1, -1])
    x, y = _on_grid(q[:, None], r[:, None], across, up)
    ids = [f"hexagon{a}-{b}" for a, b in zip(q.tolist(), r.tolist(), strict=True)]
    return make_places(
        ids,
        shapely.polygons(np.stack([x, y], axis=-1)),
        area_id=boroughs.index.to_numpy()[nearest],
        area_m2=HEXAGON_M2,
        shape="area",
        cell_size_m=np.nan,
        column=q,
        row=r,
    )


def _axial(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    q = longitude * _EAST_M / (1.5 * SIDE_M)
    return np.floor(q), np.floor(latitude * _NORTH_M / (np.sqrt(3) * SIDE_M) - q / 2)


def _on_grid(q: Floats, r: Floats, across: Floats | int, up: Floats | int) -> tuple[Floats, Floats]:
    """Give easting and northing of points so many half sides east and half heights north."""
    x = (3 * q + across) * (SIDE_M / 2)
    y = (2 * r + q + up) * (np.sqrt(3) / 2 * SIDE_M)
    shape = np.broadcast(x, y).shape
    east, north = np.broadcast_to(x, shape).ravel(), np.broadcast_to(y, shape).ravel()
    easting, northing = to_national_grid(east / _EAST_M, north / _NORTH_M)
    return np.asarray(easting).reshape(shape), np.asarray(northing).reshape(shape)


def lancashire(folder: Path) -> Case:
    """Count the ASB of Lancashire in 2022 on squares of 150 m over its districts."""
    districts = hs.read_areas(folder / "asb" / "lancashire_districts.geojson")
    incidents = hs.read_incidents(folder / "asb" / "lancashire_asb.tab").incidents
    places = hs.make_grid(districts, cell_size=150)
    counts = hs.count_incidents(incidents, places, period=("2022-01-01", "2023-01-01"))
    about = (
        f"{counts.total:,.0f} reports of anti-social behaviour of data.police.uk, 2022, by month, "
        f"on {len(places):,} squares of 150 m that share ground with the {len(districts)} "
        "districts. July to December are each forecast from all months before."
    )
    return Case(counts, "Lancashire, anti-social behaviour by month", about)


def memphis(folder: Path) -> Case:
    """Count the robberies of Memphis in 2019 on squares of 250 m round them."""
    rows = pd.read_csv(folder / "timed" / "memphis_robberies.csv")
    points = gpd.points_from_xy(rows["x"], rows["y"], crs="EPSG:4326").to_crs("EPSG:32615")
    # Metres of a plane, moved to where metres of the national grid lie; no map is drawn.
    x, y = points.x - 300_000, points.y - 3_600_000
    table = pd.DataFrame({"datetime": rows["date"], "easting": x, "northing": y})
    incidents = hs.read_incidents(table).incidents
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(np.stack([x, y], 1))), 125)
    area = gpd.GeoDataFrame(
        {"name": ["Memphis"]}, geometry=[hull], index=pd.Index(["M"], name="area_id"), crs=27700
    )
    places = hs.make_grid(area, cell_size=250)
    counts = hs.count_incidents(incidents, places, period=("2019-01-01", "2020-01-01"))
    about = (
        f"{counts.total:,.0f} of {len(rows):,} personal robberies of 2019 (sfhotspot; one has an "
        f"hour that London's clock left out), on {len(places):,} squares of 250 m over their "
        "convex hull. July to December are each forecast from all months before. Small "
        "counts: about 190 robberies a month."
    )
    return Case(counts, "Memphis, robberies by month", about)


def collisions(folder: Path) -> hs.Counts:
    """Count the road collisions of London in 2025 on squares of 150 m."""
    incidents = hs.read_incidents(folder / "timed" / "london_collisions_2025.csv.gz").incidents
    places = hs.make_grid(hs.load_boroughs(city=True), cell_size=150)
    return hs.count_incidents(incidents, places, period=("2025-01-01", "2026-01-01"))


def collisions_by_month(folder: Path) -> Case:
    """Give the collisions for forecasts of months."""
    counts = collisions(folder)
    about = (
        f"{counts.total:,.0f} road collisions of 2025 with injuries (Department for Transport, "
        f"STATS19), on {len(counts.places):,} squares of 150 m. Not anti-social behaviour: the "
        "only points of London with a clock. July to December are each forecast from all months "
        "before."
    )
    return Case(counts, "London, road collisions by month", about)


def collisions_by_week(folder: Path) -> Case:
    """Give the collisions for forecasts of weeks."""
    counts = collisions(folder)
    about = (
        "The same collisions; the last twelve weeks of the year are each forecast from all days "
        "before. Near repeats can gain most with short steps, if at all."
    )
    return Case(counts, "London, road collisions by week", about, step="week", origins=12)
