"""Episodes: the same place or near, in the same night."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs


def calls(rows: list[tuple[str, float, float]]) -> gpd.GeoDataFrame:
    """Give an incidents-like table from (time, easting, northing)."""
    table = pd.DataFrame(rows, columns=["start", "x", "y"])
    start = pd.to_datetime(table["start"]).dt.tz_localize("Europe/London")
    return gpd.GeoDataFrame(
        {"start": start, "time_precision": "minute"},
        geometry=gpd.points_from_xy(table["x"], table["y"]),
        crs=27700,
    )


def test_by_hand() -> None:
    """A party rings three times along a street; the next night and another street are others."""
    table = calls(
        [
            ("2025-01-11 01:00", 0, 0),
            ("2025-01-10 23:00", 40, 0),
            ("2025-01-10 22:00", 80, 0),
            ("2025-01-11 23:00", 0, 0),
            ("2025-01-10 23:00", 1000, 0),
        ]
    )
    assert hs.find_episodes(table, radius=50).tolist() == [0, 0, 0, 2, 1]


def test_radius_is_inclusive() -> None:
    """Exactly 50 m apart is near, a little more is not."""
    near = calls([("2025-01-10 22:00", 0, 0), ("2025-01-10 22:00", 50, 0)])
    far = calls([("2025-01-10 22:00", 0, 0), ("2025-01-10 22:00", 50.01, 0)])
    assert hs.find_episodes(near, radius=50).nunique() == 1
    assert hs.find_episodes(far, radius=50).nunique() == 2


def test_radius_of_zero() -> None:
    """With radius 0 only the same point is the same episode."""
    table = calls(
        [("2025-01-10 22:00", 0, 0), ("2025-01-10 23:00", 0, 0), ("2025-01-10 22:00", 1, 0)]
    )
    assert hs.find_episodes(table, radius=0).tolist() == [0, 0, 1]


def test_without_a_point_each_is_alone() -> None:
    """Reports without a place are never linked."""
    table = calls([("2025-01-10 22:00", 0, 0)] * 3)
    table.loc[[1, 2], "geometry"] = None
    assert hs.find_episodes(table).tolist() == [0, 1, 2]


def test_empty() -> None:
    """No calls, no episodes."""
    assert len(hs.find_episodes(calls([("2025-01-10 22:00", 0, 0)]).iloc[:0])) == 0


def test_many_calls_at_one_point() -> None:
    """Twenty thousand calls at one point are one episode a night, and quickly found."""
    table = calls([("2025-01-10 22:00", 0, 0)] * 20_000)
    assert (hs.find_episodes(table) == 0).all()


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25
    ),
    st.randoms(use_true_random=False),
)
def test_order_and_brute_force(rows: list[tuple[int, int, int]], random: object) -> None:
    """The groups are those of linking all pairs, in whatever order the rows come."""
    table = calls([(f"2025-01-1{day} 20:00", 30 * x, 30 * y) for day, x, y in rows])
    episodes = hs.find_episodes(table, radius=50)
    linked = np.eye(len(rows), dtype=bool)
    for i, (day, x, y) in enumerate(rows):
        for j, (other, u, v) in enumerate(rows):
            linked[i, j] = day == other and (30 * (x - u)) ** 2 + (30 * (y - v)) ** 2 <= 2500
    for _ in rows:
        linked = linked @ linked
    same = episodes.to_numpy()[:, None] == episodes.to_numpy()[None, :]
    assert (same == linked).all()
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = hs.find_episodes(table.iloc[order], radius=50)
    pd.testing.assert_series_equal(again.sort_index(), episodes)


def test_monthly_is_refused() -> None:
    """Monthly data has no nights."""
    table = calls([("2025-01-01 00:00", 0, 0)])
    table["time_precision"] = "month"
    with pytest.raises(hs.MonthlyDataError, match="find_episodes needs the hour"):
        hs.find_episodes(table)


def test_bad_radius() -> None:
    """A radius is at least 0."""
    with pytest.raises(hs.InputError, match="Invalid radius '-1'"):
        hs.find_episodes(calls([("2025-01-10 22:00", 0, 0)]), radius=-1)
