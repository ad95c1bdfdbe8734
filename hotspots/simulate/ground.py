"""The ground of the simulation: boroughs cut into team areas and 100 m cells.

Both depend on the borough's polygon alone, not on chance, so that two simulated years share their
team areas; they are made once and kept.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from hotspots.areas import load_boroughs
from hotspots.errors import InputError
from hotspots.tables import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CELL: Final = 100.0
"""Side of the cells in which chance varies, metres. Not a size at which to analyse."""

_AREAS_PER_BOROUGH: Final = 20
_ROUNDS: Final = 30


@dataclass(frozen=True, eq=False)
class Ground:
    """One borough's polygon, cells and team areas.

    Parameters
    ----------
    code, name : str
        GSS code and name of the borough.
    polygon : Polygon or MultiPolygon
        Its ground, EPSG:27700, prepared.
    column, row : array of int
        Cells whose middle is in the polygon: index from the south-west corner of the grid.
    easting, northing : array of float
        Their middles, metres.
    centres : array of shape (k, 2)
        Middles of the team areas.
    """

    code: str
    name: str
    polygon: shapely.Polygon | shapely.MultiPolygon
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    centres: NDArray[np.float64]

    def contains(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which points are in the borough."""
        return np.asarray(shapely.contains_xy(self.polygon, x, y))

    def team_codes(self) -> list[str]:
        """Give the codes of the team areas, in the order of `centres`."""
        return [f"SIM-{self.code}-{number:02d}" for number in range(1, len(self.centres) + 1)]

    def find_team(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """Give the index of the team area of each point: the nearest middle."""
        return np.asarray(cKDTree(self.centres).query(np.column_stack([x, y]))[1])


@cache
def _boroughs() -> gpd.GeoDataFrame:
    return load_boroughs()


def choose_boroughs(boroughs: Iterable[str] | None) -> list[str]:
    """Give the GSS codes of the boroughs that were asked for, in the order of the codes.

    Parameters
    ----------
    boroughs : iterable of str, optional
        Names or GSS codes; upper and lower case are the same. None for all 32.

    Returns
    -------
    list of str
        GSS codes, each once.

    Raises
    ------
    InputError
        If a name is not that of a borough; all such names are listed.

    Caveats
    -------
    The City of London is policed by another force and cannot be chosen.

    Examples
    --------
    >>> choose_boroughs(["camden", "E09000001"])
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: Invalid boroughs 'E09000001'. Must be names or codes of the 32 ...
    """
    table = _boroughs()
    if boroughs is None:
        return sorted(table.index)
    wanted = [boroughs] if isinstance(boroughs, str) else list(boroughs)
    code_of = {str(name).lower(): str(code) for code, name in table["name"].items()}
    code_of |= {code.lower(): code for code in code_of.values()}
    unknown = [name for name in wanted if str(name).lower() not in code_of]
    if unknown or not wanted:
        near = [
            match
            for name in unknown
            for match in difflib.get_close_matches(str(name).lower(), code_of, n=1)
        ]
        names = {str(name).lower(): str(name) for name in table["name"]}
        hint = f" Did you mean '{names.get(near[0], near[0])}'?" if near else ""
        given = "', '".join(map(str, unknown))
        msg = (
            f"Invalid boroughs '{given}'. Must be names or codes of the 32 boroughs that the "
            f"Metropolitan Police covers.{hint} load_boroughs() lists them."
        )
        raise InputError(msg)
    return sorted({code_of[str(name).lower()] for name in wanted})


@cache
def lay_ground(code: str) -> Ground:
    """Cut one borough into cells and team areas.

    Parameters
    ----------
    code : str
        GSS code of the borough.

    Returns
    -------
    Ground
        The same object at every call.

    Caveats
    -------
    Simulated: the team areas are invented, compact and of similar size. They are not wards.

    Examples
    --------
    >>> len(lay_ground("E09000007").centres)
    19
    """
    table = _boroughs()
    polygon = table.geometry[code]
    shapely.prepare(polygon)
    west, south, east, north = np.floor(np.asarray(polygon.bounds) / CELL).astype(np.int64)
    column, row = np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    x, y = (column.ravel() + 0.5) * CELL, (row.ravel() + 0.5) * CELL
    inside = shapely.contains_xy(polygon, x, y)
    column, row = column.ravel()[inside], row.ravel()[inside]
    x, y = x[inside], y[inside]
    is_large = polygon.area > float(table.area.median())
    n_areas = _AREAS_PER_BOROUGH - (0 if is_large else 1)
    centres = _spread_centres(np.column_stack([x, y]), n_areas)
    return Ground(code, str(table["name"][code]), polygon, column, row, x, y, centres)


def _spread_centres(points: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Find middles of n compact areas (k-means from the farthest points first, so no chance)."""
    chosen = [int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))]
    distance = np.full(len(points), np.inf)
    for _ in range(n - 1):
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(np.argmax(distance)))
    centres = points[chosen]
    for _ in range(_ROUNDS):
        nearest = cKDTree(centres).query(points)[1]
        held = np.bincount(nearest, minlength=n)
        sums = [np.bincount(nearest, points[:, axis], minlength=n) for axis in (0, 1)]
        centres = np.column_stack(sums) / held[:, None]
    # Numbered from the north-west, as people read maps.
    return centres[np.lexsort([centres[:, 0], -np.round(centres[:, 1], -3)])]


@cache
def _team_polygons(code: str) -> list[shapely.Geometry]:
    ground = lay_ground(code)
    west, south, east, north = ground.polygon.bounds
    frame = shapely.box(west - 1e4, south - 1e4, east + 1e4, north + 1e4)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(ground.centres), extend_to=frame)
    pieces = list(cells.geoms)
    holds = shapely.STRtree(pieces).query(shapely.points(ground.centres), predicate="within")
    order = holds[1][np.argsort(holds[0])]
    clipped = shapely.intersection(np.asarray(pieces)[order], ground.polygon)
    return [_only_polygons(piece) for piece in clipped]


def _only_polygons(piece: shapely.Geometry) -> shapely.Geometry:
    """Drop the points and lines that remain where a piece only touches the borough's edge."""
    polygons = [part for part in shapely.get_parts(piece) if part.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def make_team_areas(codes: list[str]) -> gpd.GeoDataFrame:
    """Make the named team areas of some boroughs.

    Parameters
    ----------
    codes : list of str
        GSS codes of the boroughs.

    Returns
    -------
    GeoDataFrame
        An areas table (index `area_id`; `name`, `borough`, `geometry`): 19 or 20 areas a borough,
        which do not overlap and together cover it.

    Caveats
    -------
    Simulated. They stand in for wards, which cannot be shipped; do not report on them.

    Examples
    --------
    >>> areas = make_team_areas(["E09000007"])
    >>> areas.index[2], areas["name"].iloc[2]
    ('SIM-E09000007-03', 'Camden team area 3 (simulated)')
    """
    index, name, borough, geometry = [], [], [], []
    for code in codes:
        ground = lay_ground(code)
        index += ground.team_codes()
        numbers = range(1, len(ground.centres) + 1)
        name += [f"{ground.name} team area {number} (simulated)" for number in numbers]
        borough += [code] * len(ground.centres)
        geometry += _team_polygons(code)
    areas = gpd.GeoDataFrame({"name": name, "borough": borough}, geometry=geometry, crs=CRS)
    return areas.set_axis(pd.Index(index, name="area_id"))
