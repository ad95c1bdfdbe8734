"""What the page on London says was found, worked out again from the two data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    """Give the squares of 250 m of London."""
    return hs.make_grid(hs.load_boroughs(city=True), cell_size=250)


@pytest.fixture(scope="module")
def reports(shared_data: Path) -> gpd.GeoDataFrame:
    """Give a year of ASB, by hexagon and month."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    return hs.read_incidents(path).incidents


@pytest.fixture(scope="module")
def collisions(shared_data: Path) -> gpd.GeoDataFrame:
    """Give the collisions of 2025."""
    return hs.read_incidents(shared_data / "timed" / "london_collisions_2025.csv.gz").incidents


def values_on(places: gpd.GeoDataFrame, incidents: gpd.GeoDataFrame) -> pd.Series:
    """Count incidents by place."""
    return pd.Series(hs.count_incidents(incidents, places).totals(), index=places.index)


def test_collisions_have_no_hours_of_their_own(collisions: gpd.GeoDataFrame) -> None:
    """Three of 32 boroughs have p of at most 0.05, and the smallest q is 0.14."""
    table = collisions.assign(borough=hs.assign_areas(collisions, hs.load_boroughs()))
    scan = hs.scan_week(table[table["borough"].notna()], rng=1)
    assert scan.n_episodes == 20_623
    assert (scan.boroughs["p"] <= 0.05).sum() == 3
    assert round(float(scan.boroughs["q"].min()), 2) == 0.14
    best = scan.clusters.iloc[0]
    assert (best["hours"], best["borough"]) == ("Sat–Tue 21:00–23:00", "E09000031")
    assert (best["n_episodes"], best["n_nights"], best["p"]) == (12, 11, 0.006)
    assert best["expected"] == pytest.approx(1.7, abs=0.05)


def test_hexagons_have_no_hours(reports: gpd.GeoDataFrame) -> None:
    """The hexagon year is refused by name."""
    with pytest.raises(hs.MonthlyDataError, match="scan_week needs the hour"):
        hs.scan_week(reports)


@pytest.mark.parametrize(
    ("name", "n_found", "share", "n_by_z", "moran"),
    [("reports", 519, 0.12, 2948, 0.37), ("collisions", 466, 0.10, 2947, 0.29)],
)
def test_high_counts_lie_together(
    name: str,
    n_found: int,
    share: float,
    n_by_z: int,
    moran: float,
    places: gpd.GeoDataFrame,
    request: pytest.FixtureRequest,
) -> None:
    """Places with q of at most 0.05, with z above 1.96, and Moran's I."""
    values = values_on(places, request.getfixturevalue(name))
    found = hs.getis_ord(values, places)
    is_found = found["q"] <= 0.05
    assert len(places) == 26_108
    assert (is_found.sum(), (found["z"] > 1.96).sum()) == (n_found, n_by_z)
    assert values[is_found].sum() / values.sum() == pytest.approx(share, abs=0.005)
    first = places.geometry[found.sort_values(["q", "z"], ascending=[True, False]).index[0]]
    assert first.centroid.x == pytest.approx(529_750, abs=130)  # Soho and Oxford Street
    assert first.centroid.y == 181_125
    whole = hs.global_moran(values, places, n_permutations=99, rng=1)
    assert whole["moran_i"] == pytest.approx(moran, abs=0.005)
    assert whole["p"] == 0.01


def test_nights_with_a_collision(collisions: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> None:
    """Counted once a night, 498 squares are found."""
    counts = hs.count_incidents(collisions, places)
    nights = counts.occasions().groupby("place").size()
    values = pd.Series(nights.to_numpy(), index=places.index[nights.index])
    assert (hs.getis_ord(values, places)["q"] <= 0.05).sum() == 498


@pytest.mark.parametrize(
    ("name", "highest", "where"),
    [("reports", 3921, (515_330, 188_150)), ("collisions", 320, (531_050, 175_350))],
)
def test_highest_density(
    name: str, highest: float, where: tuple[float, float], request: pytest.FixtureRequest
) -> None:
    """The peak of the density and its place."""
    density = hs.kernel_density(
        request.getfixturevalue(name), hs.load_boroughs(city=True), bandwidth=300
    )
    values = density.values[0]
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    x, y = density.raster.middles()
    assert float(values[row, column]) == pytest.approx(highest, rel=0.001)
    assert (x[column], y[row]) == where


def test_one_hexagon(reports: gpd.GeoDataFrame) -> None:
    """At the peak one hexagon has 265 reports, 8 to 45 a month; the one beside it has 144."""
    near = (reports.geometry.x - 515_280).abs().lt(60) & (reports.geometry.y - 188_187).abs().lt(60)
    by_month = reports[near].groupby("start")["weight"].sum()
    assert (by_month.sum(), by_month.min(), by_month.max()) == (265, 8, 45)
    beside = reports.geometry.distance(shapely.Point(515_280, 188_187)).between(60, 180)
    around = reports[beside].groupby([reports.geometry.x, reports.geometry.y])["weight"].sum()
    assert around.max() == 144


def test_two_halves(reports: gpd.GeoDataFrame) -> None:
    """What the page 'What has changed' says of the halves of the year, and counts by hand."""
    is_early = reports["start"] < pd.Timestamp("2025-11-01", tz="Europe/London")
    first = hs.analyse(reports[is_early], progress=False)
    review = hs.analyse(reports[~is_early], previous=first, progress=False).review
    assert review is not None
    said = str(review).splitlines()
    assert said[0].endswith(": 147 kept, 31 moved, 8 split, 12 merged, 119 new, 115 gone.")
    everything = review.shares.loc["all any hour"]
    shown = everything[["held", "plain", "best", "land", "best_land"]].astype(float).round(3)
    assert shown.tolist() == [0.21, 0.206, 0.233, 0.015, 0.013]
    assert everything["n"] == 105_620
    ahead = everything[["ahead_low", "ahead_high"]].astype(float).round(3)
    assert ahead.tolist() == [0.002, 0.005]
    outcomes = review.outcomes
    assert outcomes[["before", "expected", "since"]].sum().round().tolist() == [1073, 803, 857]
    assert outcomes["outcome"].value_counts().to_dict() == {"cooled": 253, "held": 67}
    inside = outcomes["since"].between(outcomes["low"] - 1e-9, outcomes["high"] + 1e-9)
    assert round(100 * inside.mean(), 1) == 88.8
    assert round(100 * (outcomes["p"] <= 0.05).mean(), 1) == 8.1
    by_hand = {1: (174, 177), 2: (174, 175), 3: (119, 178), 5: (131, 86), 6: (109, 72)}
    for rank, counted in by_hand.items():
        hotspot = first.hotspots[first.hotspots["name"] == f"Camden {rank}"].iloc[0]
        weight = reports["weight"].where(reports.within(hotspot["geometry"]), 0.0)
        assert (weight[is_early].sum(), weight[~is_early].sum()) == counted
        row = outcomes.loc[hotspot.name]
        assert row["before"] == pytest.approx(counted[0] / (184 / 7))
        assert row["since"] == pytest.approx(counted[1] / (181 / 7))
