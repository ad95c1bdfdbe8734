"""Hotspots made by hand, with the hours that the tests need."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

import hotspots as hs
from hotspots.tables import CRS, HOTSPOTS
from hotspots.times import Band, describe_band

MONDAY = "2026-06-01"
FRIDAY = Band(first_day=4, n_days=1, start_hour=20, n_hours=6)  # Fri 20:00–02:00


def make_hotspots(bands: list[Band | None], borough: str = "Q01") -> tuple[Any, pd.DataFrame]:
    """Give hotspots with these bands, 1 km from each other.

    The first has one incident in each of its hours, the second half of one, the third a third.
    """
    table = HOTSPOTS.empty()
    rows = []
    for rank, band in enumerate(bands, start=1):
        rows.append(
            {
                "name": f"Squareham {rank}",
                "borough": borough,
                "area": "Squareham",
                "is_one_caller": False,
                "rank": rank,
                "location": "High Street",
                "grid_ref": "TQ 0000 0000",
                "weekdays": ",".join(map(str, band.weekdays)) if band else None,
                "start_hour": float(band.start_hour) if band else np.nan,
                "end_hour": float(band.end_hour) if band else np.nan,
                "hours": describe_band(band) if band else None,
                "expected_per_week": float(20 - rank),
                "harm_per_week": float(20 - rank),
                "main_type": "nuisance (80 %)",
                "main_heading": "Noise (60 %)",
                "why": "Because.",
                "source": "test",
                "geometry": Point(540_000 + 1000 * rank, 180_000),
            }
        )
    ids = pd.Index([f"{borough}_{rank}" for rank in range(1, len(bands) + 1)], name="hotspot_id")
    frame = pd.DataFrame(rows, columns=[*table.columns]).set_axis(ids)
    hotspots = gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)
    if bands and bands[0] is None:
        week = pd.DataFrame({0: frame["expected_per_week"]})
    else:
        values = [
            np.where(band.mask, 1.0 / rank, 0.0) for rank, band in enumerate(bands, start=1) if band
        ]
        week = pd.DataFrame(np.array(values).reshape(len(bands), 168), index=ids)
    return hotspots, week


def team(visits: float = 1, name: str = "Squareham", **change: Any) -> hs.Team:
    """Give a team whose late tour (15–23, every day) has time for so many visits.

    A visit takes 2 officers × 25 minutes; an officer works every day, all of the tour.
    """
    tours = change.pop("tours", (hs.Tour("late", 15, 23),))
    usual = {
        "posts": {"pc": visits * 50 / 480 * len(tours)},
        "leave": 0,
        "abstraction": 0,
        "tours_per_week": 7,
        "patrol_share": 1,
        "delivery": 1,
    }
    return hs.Team(name, tours=tours, **(usual | change))


def capacity(*teams: hs.Team, start: str = MONDAY, days: int = 7) -> hs.Capacity:
    """Give what these teams can do in a week."""
    return hs.team_capacity(teams or (team(),), start=start, days=days)
