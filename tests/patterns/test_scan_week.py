"""The scan over place and week: by hand, against a twin that tries everything, and its level."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, false_discovery_control, gumbel_r

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns.scan_week import RADII
from hotspots.patterns.week_windows import band_of, n_windows, shuffle_within, sum_windows
from hotspots.patterns.week_zones import LEAST_RATIO, Replicates, make_zones, observed_zones
from hotspots.simulate import simulate_null
from hotspots.tables import CRS, SCAN_CLUSTERS

LEVEL = 0.05


def calls(where: list[tuple[float, float]], when: list[str], **columns: Any) -> gpd.GeoDataFrame:
    """Make an incidents table of calls, given places and times."""
    table = simulate_null(len(where), rng=0).iloc[: len(where)].copy()
    table["start"] = pd.to_datetime(pd.Series(when, index=table.index)).dt.tz_localize(
        "Europe/London"
    )
    table = table.set_geometry(gpd.points_from_xy(*np.transpose(where), crs=CRS))
    return table.assign(**columns)


def borough_with_own_hours() -> gpd.GeoDataFrame:
    """Give 40 places with calls by day, one of which has ten Friday nights as well."""
    rng = np.random.default_rng(3)
    places = [(530_125 + 1000 * (k % 8), 180_125 + 1000 * (k // 8)) for k in range(40)]
    where = [places[k] for k in rng.integers(0, 40, 400)]
    days = pd.date_range("2025-01-06", periods=400, freq="1D").strftime("%Y-%m-%d")
    when = [f"{day} {8 + k % 12:02}:30" for k, day in enumerate(days)]
    fridays = pd.date_range("2025-01-10", periods=10, freq="7D").strftime("%Y-%m-%d")
    return calls(where + [places[9]] * 10, when + [f"{day} 23:10" for day in fridays])


class TestByHand:
    """Answers that can be worked out on paper."""

    def test_a_place_with_its_own_hours(self) -> None:
        """Ten Friday nights at one of forty places: 10 log(10/μ) − (10 − μ)."""
        table = borough_with_own_hours()
        scan = hs.scan_week(table, n_permutations=99, rng=1)
        best = scan.clusters.iloc[0]
        here = (table.geometry.x == 531_125) & (table.geometry.y == 181_125)
        expected = here.sum() * 10 / len(table)
        assert (best["n_episodes"], best["n_nights"], best["n"]) == (10, 10, 10.0)
        assert best["hours"] == "Fri 23:00–00:00"
        assert (best["weekdays"], best["start_hour"], best["end_hour"]) == ("4", 23, 0)
        assert best["expected"] == pytest.approx(expected)
        ratio = 10 * math.log(10 / expected) - (10 - expected)
        assert best["log_likelihood_ratio"] == pytest.approx(ratio)
        outside = (len(table) - 10) / (len(table) - expected)
        assert best["relative_risk"] == pytest.approx(10 / expected / outside)
        assert best["p"] == 0.01
        assert best["p_gumbel"] < 1e-4
        assert best.geometry.equals(shapely.box(531_000, 181_000, 531_250, 181_250))
        assert (best["radius_m"], best["area_m2"]) == (150.0, 62_500.0)
        assert list(scan.boroughs.index) == ["N1"]
        SCAN_CLUSTERS.validate(scan.clusters)

    def test_busy_place_and_busy_hour_are_no_finding(self) -> None:
        """All calls of a place at the borough's own hours: expected as they are."""
        places = [(530_125 + 1000 * (k % 4), 180_125) for k in range(400)]
        places[100:300] = [(531_125, 180_125)] * 200
        days = pd.date_range("2025-01-06", periods=400, freq="1D").strftime("%Y-%m-%d")
        hours = ["12:10"] * 4 + ["21:10"] * 4
        table = calls(places, [f"{day} {hour}" for day, hour in zip(days, hours * 50, strict=True)])
        scan = hs.scan_week(table, n_permutations=99, rng=1)
        assert scan.boroughs.loc["N1", "p"] > 0.2

    def test_windows(self) -> None:
        """8,256 windows: 43 runs of days, 192 bands; one hour on one day is its own sum."""
        assert n_windows(7, 8) == 8256
        week = np.arange(168)
        sums = np.zeros(8256, dtype=np.int64)
        sum_windows(week, 7, 8, sums)
        masks = np.array([band_of(window, 7).mask for window in range(8256)])
        np.testing.assert_array_equal(sums, masks @ week)
        assert len(np.unique(masks, axis=0)) == 8256
        assert (
            masks.sum(axis=1) == [band_of(w, 7).n_days * band_of(w, 7).n_hours for w in range(8256)]
        ).all()

    def test_three_nights(self) -> None:
        """Twenty episodes in one night, at twenty corners of a cell, are no finding."""
        rng = np.random.default_rng(1)
        where = [(530_125 + 1000 * (k % 8), 180_125 + 1000 * (k // 8)) for k in range(40)] * 10
        days = pd.date_range("2025-01-06", periods=400, freq="21h").strftime("%Y-%m-%d")
        corners = [(531_010 + 55 * (k % 5), 181_010 + 55 * (k // 5)) for k in range(20)]
        when = [f"{day} {rng.integers(8, 20):02}:30" for day in days] + ["2025-01-10 23:10"] * 20
        table = calls(where + corners, when)
        for nights, n in ((1, 20), (3, None)):
            scan = hs.scan_week(
                table, n_permutations=19, min_nights=nights, episode_radius=50, rng=1
            )
            found = scan.clusters
            most = found["n_episodes"].where(found["start_hour"] == 23).max()
            assert (most == n) if n else most != 20
            assert (found["n_nights"] >= nights).all()
            cell = gpd.GeoSeries([shapely.box(531_010, 181_010, 531_240, 181_240)], crs=CRS)
            assert (scan.own_hours(cell)["own_hours"].iloc[0] == "Fri 23:00–00:00") == (nights == 1)

    def test_own_hours_of_places(self) -> None:
        """The place with Friday nights has them, another has none that stand out."""
        scan = hs.scan_week(borough_with_own_hours(), n_permutations=99, rng=1)
        boxes = [(531_100, 181_100), (537_100, 184_100), (100_000, 100_000)]
        places = gpd.GeoSeries(
            [shapely.box(x, y, x + 50, y + 50) for x, y in boxes], index=list("abc"), crs=CRS
        )
        own = scan.own_hours(places)
        assert own.index.tolist() == ["a", "b", "c"]
        assert own.loc["a", "own_hours"] == "Fri 23:00–00:00"
        assert own.loc["a", "own_hours_p"] < 1e-4
        assert own.loc["b", "own_hours_p"] > 0.5
        assert own.loc["c"].isna().all()
        assert scan.own_hours(gpd.GeoDataFrame(geometry=places)).equals(own)
        # A place that only touches the cell, and one a small circle does not reach.
        beside = gpd.GeoSeries(
            [shapely.box(531_250, 181_000, 531_300, 181_250)], index=["d"], crs=CRS
        )
        assert scan.own_hours(beside).isna().all(axis=None)
        table = borough_with_own_hours()
        near = calls([(531_125.0 + 500, 181_125.0)] * 3, ["2025-02-03 12:30"] * 3)
        near.index = ["n1", "n2", "n3"]
        other = hs.scan_week(pd.concat([table, near]), n_permutations=19, rng=1)
        at = gpd.GeoSeries([shapely.box(531_600, 181_100, 531_650, 181_150)], crs=CRS)
        assert other.own_hours(at, radius=300)["own_hours_p"].iloc[0] > 0.5
        assert other.own_hours(at, radius=600)["own_hours_p"].iloc[0] < 1e-3


def brute_force(
    xy: Any, hours: Any, strata: Any, radii: Any, max_days: int, max_hours: int, least: int
) -> tuple[dict[int, float], int]:
    """Try every circle and window by the definition; the largest ratio by group."""
    column = np.floor(xy / 250).astype(int)
    best: dict[int, float] = {}
    sizes = np.bincount(strata)
    masks = [band_of(window, max_days).mask for window in range(n_windows(max_days, max_hours))]
    for cell in np.unique(column, axis=0):
        own = (column == cell).all(axis=1)
        group = int(np.bincount(strata[own]).argmax())
        for radius in radii:
            inside = 250 * np.hypot(*(column - cell).T) <= radius
            in_zone = np.bincount(strata[inside], minlength=len(sizes))
            for mask in masks:
                here = mask[hours]
                n = int((inside & here).sum())
                in_window = np.bincount(strata[here], minlength=len(sizes))
                expected = float(in_zone @ (in_window / np.maximum(sizes, 1)))
                if n >= max(least, 1) and n > expected:
                    ratio = n * math.log(n / expected) - (n - expected)
                    best[group] = max(best.get(group, 0.0), ratio)
    return best, len(masks)


@st.composite
def scenes(draw: Any) -> dict[str, Any]:
    """Draw a few episodes in up to three boroughs, many of them tied, and small windows."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n, n_strata = draw(st.integers(3, 60)), draw(st.integers(1, 3))
    xy = rng.uniform(0, draw(st.sampled_from([200.0, 1500.0, 3000.0])), (n, 2))
    xy[: n // 3] = xy[0]
    hours = rng.integers(0, 168, n) if draw(st.booleans()) else rng.choice([1, 2, 23, 150, 167], n)
    strata = rng.integers(0, n_strata, n)
    strata[:n_strata] = np.arange(n_strata)[:n]
    return {
        "xy": xy,
        "hours": hours.astype(np.int64),
        "strata": strata.astype(np.int64),
        "max_days": draw(st.integers(1, 7)),
        "max_hours": draw(st.integers(1, 4)),
        "n_strata": n_strata,
        "least_count": draw(st.integers(1, 4)),
        "seed": seed % 1000,
    }


class TestAgainstTwin:
    """No bound loses anything: the largest ratio is that of a search through everything."""

    @settings(max_examples=25, deadline=None)
    @given(scenes())
    def test_largest_ratio(self, scene: dict[str, Any]) -> None:
        """What was observed, and a replicate before and after the thresholds are learned."""
        seed = scene.pop("seed")
        limits = (scene["max_days"], scene["max_hours"], scene["least_count"])
        scan = make_zones(**scene, cell_size=250.0, radii=RADII, is_one_group=False)
        ordered = scene["xy"][scan.order], scan.hours, scene["strata"][scan.order]
        exact, _ = brute_force(*ordered, RADII, *limits)
        ratios = observed_zones(scan)["ratio"].reshape(len(RADII), -1)
        for group in range(scan.n_groups):
            ratio = exact.get(group, 0.0)
            largest = ratios[:, scan.zones.groups == group].max(initial=0.0)
            if ratio >= LEAST_RATIO:
                assert largest == pytest.approx(ratio)
            else:
                assert largest < LEAST_RATIO
        hours = scan.hours.copy()
        shuffle_within(hours, scan.bounds, seed)
        exact, _ = brute_force(ordered[0], hours, ordered[2], RADII, *limits)
        replicates = Replicates(scan)
        every = np.ones(scan.n_groups, dtype=bool)
        first = replicates.maxima(seed, every)
        replicates.learn(first[None])
        for maxima in (first, replicates.maxima(seed, every)):
            for group in range(scan.n_groups):
                assert maxima[group] == pytest.approx(exact.get(group, 0.0))

    def test_boroughs_of_different_weeks(self) -> None:
        """Circles across a border: what is expected of either side, and no row of counts too high.

        With fewer kinds of circles told apart the answer stays.
        """
        rng = np.random.default_rng(4)
        xy = rng.uniform(0, 3000, (400, 2))
        strata = (xy[:, 0] > 1500).astype(np.int64)
        hours = np.where(strata == 0, rng.integers(0, 24, 400), rng.integers(100, 168, 400))
        # A rare hour of the larger part of many circles, and the usual one of the smaller.
        near = (np.abs(xy - [1800, 1500]) < 300).all(axis=1)
        hours[near & (strata == 1)] = 5
        limits = {"max_days": 2, "max_hours": 3, "least_count": 2, "n_strata": 2}
        scan = make_zones(
            xy, hours, strata, **limits, cell_size=250.0, radii=RADII, is_one_group=False
        )
        every = np.ones(2, dtype=bool)
        for seed in range(3):
            dealt = scan.hours.copy()
            shuffle_within(dealt, scan.bounds, seed)
            exact, _ = brute_force(xy[scan.order], dealt, strata[scan.order], RADII, 2, 3, 2)
            for most_rows in (20_000, 10):
                with mock.patch("hotspots.patterns.week_zones._MOST_ROWS", most_rows):
                    replicates = Replicates(scan)
                    replicates.learn(np.array([[exact[0], exact[1]]]) + 3.0)
                    maxima = replicates.maxima(seed, every)
                assert maxima == pytest.approx([exact[0], exact[1]])

    def test_large_zones(self) -> None:
        """Zones of more episodes than one byte holds are counted as exactly."""
        rng = np.random.default_rng(1)
        xy = rng.uniform(0, 400, (2000, 2))
        hours = np.r_[rng.integers(0, 168, 1500), np.full(500, 20)].astype(np.int64)
        strata = np.zeros(2000, dtype=np.int64)
        exact, _ = brute_force(xy, hours, strata, RADII, 2, 2, 3)
        scan = make_zones(
            xy,
            hours,
            strata,
            cell_size=250.0,
            radii=RADII,
            max_days=2,
            max_hours=2,
            n_strata=1,
            least_count=3,
            is_one_group=False,
        )
        assert observed_zones(scan)["ratio"].max() == pytest.approx(exact[0])


class TestRelations:
    """What must not change the answer, and what must hold of it."""

    def test_same_seed_same_answer(self) -> None:
        """Threads, order of rows and labels of the index change nothing."""
        table = simulate_null(1500, "bursty", rng=5)
        first = hs.scan_week(table, n_permutations=19, rng=7, threads=1)
        other = table.sample(frac=1, random_state=1)
        other.index = other.index.str.replace("sim", "x")
        second = hs.scan_week(other, n_permutations=19, rng=7, threads=4)
        pd.testing.assert_frame_equal(pd.DataFrame(first.clusters), pd.DataFrame(second.clusters))
        pd.testing.assert_frame_equal(first.boroughs, second.boroughs)
        pd.testing.assert_frame_equal(first.maxima, second.maxima)

    def test_boroughs(self) -> None:
        """Two boroughs are judged each by its own maxima, or both by one."""
        table = pd.concat([simulate_null(800, rng=1), simulate_null(800, rng=2)])
        table.index = [f"i{k}" for k in range(len(table))]
        table["borough"] = np.repeat(["A", "B"], 800)
        table.loc[table["borough"] == "B", "geometry"] = table.geometry.translate(20_000, 0)
        apart = hs.scan_week(table, n_permutations=39, stop_after=None, rng=1)
        assert apart.boroughs.index.tolist() == ["A", "B"]
        together = hs.scan_week(table, maximum="force", n_permutations=39, stop_after=None, rng=1)
        assert together.boroughs.index.tolist() == ["all"]
        assert together.boroughs.loc["all", "n_episodes"] == together.n_episodes
        np.testing.assert_allclose(
            together.maxima["all"], apart.maxima.max(axis=1), err_msg="the same replicates"
        )
        q = false_discovery_control(apart.boroughs["p_gumbel"])
        np.testing.assert_allclose(apart.boroughs["q"], q)

    def test_a_borough_that_is_nowhere_most(self) -> None:
        """A single call of another borough in a cell of this one is counted, and judged by none."""
        table = simulate_null(400, rng=1)
        table.loc[table.index[0], "borough"] = "Z"
        twin = table.iloc[[0]].assign(borough="N1").rename(index=lambda name: f"{name}-again")
        for seed in range(4):
            scan = hs.scan_week(pd.concat([table, twin]), n_permutations=10, rng=seed)
            assert scan.boroughs.index.tolist() == ["N1", "Z"]
            assert scan.boroughs.loc["Z", "p"] == 1.0

    def test_clusters_do_not_overlap(self) -> None:
        """No two clusters share ground, and the first has the largest ratio."""
        table = hs.simulate_incidents(8000, boroughs=["Camden", "Islington"], rng=1).incidents
        clusters = hs.scan_week(table, n_permutations=19, alpha=1.0, rng=1).clusters
        assert len(clusters) > 5
        assert all(a >= b for a, b in pairwise(clusters["log_likelihood_ratio"]))
        assert clusters.geometry.union_all().area == pytest.approx(clusters["area_m2"].sum())
        assert clusters["p"].between(0, 1, inclusive="right").all()
        assert clusters["p_gumbel"].between(0, 1, inclusive="right").all()

    def test_stopping(self) -> None:
        """A borough is decided once ten replicates reach its ratio: p is 10 by their number."""
        table = simulate_null(1000, rng=4)
        whole = hs.scan_week(table, n_permutations=199, stop_after=None, rng=1)
        short = hs.scan_week(table, n_permutations=199, stop_after=10, rng=1)
        (ratio,) = whole.boroughs["log_likelihood_ratio"]
        reached = np.flatnonzero(whole.maxima["N1"] >= ratio)
        assert len(reached) > 10
        assert short.boroughs.loc["N1", "n_permutations"] == reached[9] + 1
        assert short.boroughs.loc["N1", "p"] == pytest.approx(10 / (reached[9] + 1))
        assert whole.boroughs.loc["N1", "p"] == pytest.approx((1 + len(reached)) / 200)
        fitted = gumbel_r.sf(ratio, *gumbel_r.fit(whole.maxima["N1"]))
        assert whole.boroughs.loc["N1", "p_gumbel"] == pytest.approx(fitted, rel=0.02)
        for scan in (whole, short):
            best = scan.clusters.iloc[0]
            borough = scan.boroughs.loc["N1", ["p", "p_gumbel", "q"]]
            assert best[["p", "p_gumbel", "q"]].tolist() == borough.tolist()


class TestLevel:
    """Under its null the test says 5 % in 5 of 100; the documentation has the large table."""

    @pytest.mark.parametrize("kind", ["independent", "bursty", "overdispersed", "seasonal"])
    def test_episodes(self, kind: Any) -> None:
        """Of 60 boroughs without hours of their own 3 have p of at most 0.05, and 30 of 0.5."""
        p = [self.p_of(simulate_null(500, kind, rng=1000 + seed), "episode") for seed in range(60)]
        assert sum(each <= LEVEL for each in p) <= binom.ppf(0.995, 60, LEVEL)
        low, high = binom.ppf([0.005, 0.995], 60, 0.5)
        assert low <= sum(each <= 0.5 for each in p) <= high

    def test_town_centre(self) -> None:
        """Where episodes of one night run into each other busy nights do not lose more of them."""
        p = [
            self.p_of(simulate_null(20_000, "centre", rng=1000 + seed), "episode")
            for seed in range(10)
        ]
        assert sum(each <= LEVEL for each in p) <= binom.ppf(0.995, 10, LEVEL)

    def test_calls_are_not_independent(self) -> None:
        """Dealing out calls instead of episodes finds hours of their own in most boroughs."""
        found = [self.p_of(simulate_null(500, "bursty", rng=seed), "call") for seed in range(10)]
        assert np.mean(np.array(found) <= LEVEL) > 0.8

    def p_of(self, table: gpd.GeoDataFrame, unit: Any) -> float:
        """Give the p of a borough's largest ratio."""
        scan = hs.scan_week(table, unit=unit, n_permutations=19, stop_after=None, rng=1, threads=1)
        return float(scan.boroughs["p"].iloc[0])


def test_planted_hours_are_found() -> None:
    """A Friday and Saturday night planted in a simulated borough comes first, nearly as it is."""
    table = simulate_null(3000, rng=1)
    nights = pd.date_range("2024-01-05", periods=40, freq="7D", tz="Europe/London")
    rng = np.random.default_rng(2)
    planted = table.iloc[:40].copy()
    planted.index = [f"p{k}" for k in range(40)]
    planted["start"] = nights + pd.to_timedelta(21 * 60 + rng.integers(0, 240, 40), unit="min")
    planted = planted.set_geometry(
        gpd.points_from_xy(*(rng.normal(0, 60, (40, 2)) + np.array([532_625, 182_625])).T, crs=CRS)
    )
    scan = hs.scan_week(pd.concat([table, planted]), n_permutations=39, rng=1)
    best = scan.clusters.iloc[0]
    assert best["p_gumbel"] < 1e-6
    assert best.geometry.contains(shapely.Point(532_625, 182_625))
    assert best["weekdays"] == "4"
    assert best["start_hour"] in (20, 21)


class TestMessages:
    """What cannot be scanned, in words."""

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"cell_size": 0}, "Invalid cell_size '0'. Must be a number of metres"),
            ({"radii": (300, 150)}, "Invalid radii .* Must be increasing numbers"),
            ({"radii": ()}, "Invalid radii"),
            ({"radii": (250, np.inf)}, "Invalid radii"),
            ({"radii": (250, 6000)}, "at most 20 cells of 250 m"),
            ({"max_days": 7.0}, "Invalid max_days '7.0'"),
            ({"max_hours": True}, "Invalid max_hours 'True'"),
            ({"radii": (100,)}, r"as large as a cell \(250 m\).*give a smaller cell_size"),
            ({"max_days": 8}, "Invalid max_days '8'. Must be a whole number of days, 1 to 7"),
            ({"max_hours": 0}, "Invalid max_hours '0'"),
            ({"min_nights": 0}, "Invalid min_nights '0'"),
            ({"maximum": "ward"}, "Invalid maximum 'ward'. Must be 'borough' or 'force'"),
            ({"unit": "person"}, "Invalid unit 'person'"),
            ({"alpha": 0}, "Invalid alpha '0'"),
            ({"n_permutations": 5}, "Invalid n_permutations '5'.*at least 10"),
            ({"cell_size": "a"}, "Invalid cell_size 'a'"),
            ({"episode_radius": 0}, "Invalid episode_radius '0'. Must be a number of metres, 1 to"),
            ({"rng": -1}, "Invalid rng '-1'"),
            ({"stop_after": 0}, "Invalid stop_after '0'"),
            ({"threads": -1}, "Invalid threads '-1'"),
        ],
    )
    def test_options(self, options: dict[str, Any], match: str) -> None:
        """A parameter out of its range says what is allowed."""
        with pytest.raises(hs.InputError, match=match):
            hs.scan_week(simulate_null(50, rng=1), **options)

    def test_places_in_degrees(self) -> None:
        """Places are asked for in metres."""
        scan = hs.scan_week(simulate_null(200, rng=1), n_permutations=10, rng=1)
        places = gpd.GeoSeries([shapely.box(0, 51, 1, 52)], crs=4326)
        with pytest.raises(hs.InputError, match=r"EPSG:4326.*to_crs\('EPSG:27700'\)"):
            scan.own_hours(places)

    def test_monthly(self) -> None:
        """Months have no hours."""
        table = simulate_null(50, rng=1).assign(time_precision="month")
        with pytest.raises(hs.MonthlyDataError, match="scan_week needs the hour"):
            hs.scan_week(table)

    def test_other_system(self) -> None:
        """Degrees are no metres."""
        with pytest.raises(hs.InputError, match=r"EPSG:4326.*to_crs\('EPSG:27700'\)"):
            hs.scan_week(simulate_null(50, rng=1).to_crs(4326))

    @pytest.mark.parametrize("n", [0, 1])
    def test_too_few(self, n: int) -> None:
        """One call has no other to differ from."""
        with pytest.raises(hs.InputError, match=f"There are {n} incidents.*at least two"):
            hs.scan_week(simulate_null(5, rng=1).iloc[:n])

    def test_all_at_one_place(self) -> None:
        """If all happens in one circle nothing is expected elsewhere, and nothing is found."""
        table = simulate_null(200, rng=1)
        table = table.set_geometry(gpd.points_from_xy([530_100] * 200, [180_100] * 200, crs=CRS))
        with pytest.warns(HotspotsWarning, match="All incidents lie in one cell of 250 m"):
            scan = hs.scan_week(table, n_permutations=19, rng=1)
        assert len(scan.clusters) == 0
        assert scan.clusters.columns.tolist() == [each.name for each in SCAN_CLUSTERS.columns]
        assert scan.boroughs["p"].tolist() == [1.0]

    def test_rows_that_stand_for_several(self) -> None:
        """A counted cell is scanned as one call, which is said."""
        table = simulate_null(100, rng=1).assign(weight=2.0)
        with pytest.warns(HotspotsWarning, match="each is scanned as one call"):
            scan = hs.scan_week(table, n_permutations=10, rng=1)
        assert repr(scan).startswith("<WeekScan: ")
        assert ", 1 borough; " in repr(scan)
