"""Small scenes with a known answer, shared by the tests of several rooms."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.tables import INCIDENTS

SIDE = 6000.0
WEST, SOUTH = 540_000.0, 180_000.0  # a corner of the 150 m grid


def make_incidents(
    rows: pd.DataFrame | list[tuple[str, float, float]], **columns: object
) -> gpd.GeoDataFrame:
    """Give a valid incidents table from start, x, y (and any other column)."""
    if not isinstance(rows, pd.DataFrame):
        rows = pd.DataFrame(rows, columns=["start", "x", "y"])
    n = len(rows)
    if n == 0:
        return INCIDENTS.empty()
    start = rows["start"]
    if not isinstance(start.dtype, pd.DatetimeTZDtype):
        wall = pd.to_datetime(start, format="ISO8601").astype("datetime64[us]")
        start = wall.dt.tz_localize(
            "Europe/London", ambiguous=np.ones(n, dtype=bool), nonexistent="shift_forward"
        )
    missing = pd.Series([None] * n, dtype="str")
    table = pd.DataFrame(
        {
            "start": start.array,
            "end": pd.Series(pd.NaT, index=range(n), dtype="datetime64[us, Europe/London]"),
            "time_precision": pd.Series("minute", index=range(n), dtype="str"),
            "asb_type": missing,
            "heading": missing,
            "qualifiers": missing,
            "source": pd.Series("test", index=range(n), dtype="str"),
            "channel": missing,
            "location_precision_m": np.full(n, np.nan),
            "location": missing,
            "weight": np.ones(n),
            "person_key": missing,
            "is_flagged_repeat": np.zeros(n, dtype=bool),
            "is_flagged_vulnerable": np.zeros(n, dtype=bool),
            "is_ambiguous_time": np.zeros(n, dtype=bool),
            "is_context": np.zeros(n, dtype=bool),
            "area_code": missing,
            "borough": missing,
        },
    )
    for name, values in columns.items():
        table[name] = values
    table.index = pd.Index([f"i{number}" for number in range(n)], name="incident_id", dtype="str")
    points = gpd.points_from_xy(rows["x"], rows["y"])
    incidents = gpd.GeoDataFrame(table, geometry=points, crs="EPSG:27700")
    INCIDENTS.validate(incidents)
    return incidents


def square_area(
    name: str = "Squareham", west: float = WEST, side: float = SIDE, code: str = "Q01"
) -> gpd.GeoDataFrame:
    """Give one square area."""
    return gpd.GeoDataFrame(
        {"name": [name]},
        geometry=[shapely.box(west, SOUTH, west + side, SOUTH + side)],
        index=pd.Index([code], name="area_id"),
        crs="EPSG:27700",
    )


@dataclass(frozen=True)
class Scene:
    """Incidents of one square borough and the planted cluster of each (−1: background)."""

    incidents: gpd.GeoDataFrame
    planted: pd.Series


# background a year, incidents a planted cluster, spread of place in metres, of time in hours
SETTINGS = {
    "easy": (3000, 90, 25.0, 0.6),
    "medium": (8000, 60, 35.0, 0.9),
    "hard": (16000, 40, 45.0, 1.2),
}


def make_scene(setting: str, seed: int) -> Scene:
    """Plant twelve clusters with a place and hours of their own over a year of background.

    The background is spread over the square with hours like those of the published profile: a
    peak in the evening, a trough before dawn, more at the weekend.
    """
    n_background, n_planted, metres, hours = SETTINGS[setting]
    rng = np.random.default_rng(seed)
    hour_of_day = 1 + 0.7 * np.cos((np.arange(168) % 24 - 19) / 24 * 2 * np.pi)
    weekend = np.where(np.arange(168) // 24 >= 5, 1.15, 1.0)
    week = hour_of_day * weekend / (hour_of_day * weekend).sum()
    where = [rng.uniform(0, SIDE, (n_background, 2))]
    when = [rng.choice(168, n_background, p=week) + rng.uniform(0, 1, n_background)]
    truth = [np.full(n_background, -1)]
    centres = np.array([(1 + column, 1 + row) for column in range(4) for row in range(3)]) * 1200.0
    for number, centre in enumerate(centres):
        where.append(centre + rng.normal(0, metres, (n_planted, 2)))
        when.append(rng.integers(0, 168) + rng.normal(0, hours, n_planted))
        truth.append(np.full(n_planted, number))
    xy = np.concatenate(where) + np.array([WEST, SOUTH])
    hour = np.mod(np.concatenate(when), 168)
    week_number = rng.integers(0, 51, len(hour))
    start = pd.Timestamp("2025-01-06") + pd.to_timedelta(week_number * 168 + hour, unit="h")
    rows = pd.DataFrame({"start": start.round("min"), "x": xy[:, 0], "y": xy[:, 1]})
    incidents = make_incidents(rows)
    return Scene(incidents, pd.Series(np.concatenate(truth), index=incidents.index))
