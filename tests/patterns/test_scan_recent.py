"""The scan for what is recent: by hand, against a twin that tries everything, and SaTScan."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.patterns.gumbel import GumbelTail
from hotspots.patterns.recent_circles import Circles, cut_circles, make_circles
from hotspots.patterns.recent_history import largest_on
from hotspots.patterns.recent_windows import deal, largest_expected, log_likelihood_ratio
from hotspots.patterns.recent_zones import RecentZones, Replicates, make_zones, observed_circles
from hotspots.simulate import simulate_null
from hotspots.tables import CRS, RECENT_CLUSTERS
from tests.scenes import make_incidents

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = 0.05
NEW = (531_125.0, 181_125.0)


def something_new() -> gpd.GeoDataFrame:
    """Nine places with an episode on each of 20 nights, and one with an episode on the last 3."""
    nights = pd.date_range("2025-03-03 22:00", periods=20, freq="D")
    rows = [(str(night), 533_125.0 + 2000 * k, 181_125.0) for night in nights for k in range(9)]
    return make_incidents(rows + [(str(night), *NEW) for night in nights[-3:]], borough="N1")


def by_hand(**options: Any) -> hs.RecentScan:
    """Scan it by calls, of which there is one a night and place: nothing is left to chance."""
    return hs.scan_recent(
        something_new(), **{"unit": "call", "n_permutations": 19, "rng": 1, **options}
    )


class TestByHand:
    """Answers that can be worked out on paper."""

    def test_new_place(self) -> None:
        """Of 183 episodes 30 were in the last three nights: 3 · 30/183 = 0.49 expected, 3 there."""
        scan = by_hand(adjust="none", n_permutations=99)
        best = scan.clusters.iloc[0]
        expected = 3 * 30 / 183
        ratio = 3 * math.log(3 / expected) + 180 * math.log(180 / (183 - expected))
        assert best["log_likelihood_ratio"] == pytest.approx(ratio)
        assert best["expected"] == pytest.approx(expected)
        assert best["ratio"] == pytest.approx(3 / expected)
        assert (best["n_episodes"], best["n"], best["n_days"], best["n_nights"]) == (3, 3.0, 3, 3)
        assert best["from_date"] == pd.Timestamp("2025-03-20", tz="Europe/London")
        assert best["to_date"] == pd.Timestamp("2025-03-22", tz="Europe/London")
        assert best["borough"] == "N1"
        assert best.geometry.equals(shapely.box(531_000, 181_000, 531_250, 181_250))
        assert (best["radius_m"], best["area_m2"]) == (0.0, 62_500.0)
        reached = int((scan.maxima >= ratio - 1e-9).sum())
        assert best["p"] == scan.p == (1 + reached) / 100
        assert best["recurrence_days"] == pytest.approx(1 / best["p_gumbel"])
        assert (scan.n_episodes, scan.n_places) == (183, 10)
        assert repr(scan).startswith(
            "<RecentScan: 183 episodes at 10 places, 2025-03-03 to 2025-03-22; "
        )
        RECENT_CLUSTERS.validate(scan.clusters)

    def test_weekday(self) -> None:
        """Of the 9 · 3 + 1 episodes on Thursdays 10 were on the last one, and 1 was here: 10/28.

        Fridays and Saturdays are as many.
        """
        scan = by_hand()
        expected = 3 * 10 / 28
        assert scan.clusters.iloc[0]["expected"] == pytest.approx(expected)

    def test_every(self) -> None:
        """A scan once a week takes seven times as long to show as much by chance."""
        daily, weekly = (by_hand(every=days).clusters for days in (1, 7))
        assert weekly["recurrence_days"].tolist() == pytest.approx(7 * daily["recurrence_days"])

    def test_episodes_not_calls(self) -> None:
        """Four calls of one night near each other are one episode, drawn from them.

        Three of them, after midnight, belong to the evening before. All are counted as calls.
        """
        table = something_new()
        more = make_incidents([(f"2025-03-23 0{k}:30", NEW[0] - 30, NEW[1]) for k in range(1, 4)])
        more.index = "more-" + more.index
        table = pd.concat([table, more.assign(borough="N1")])
        one = hs.scan_recent(table, n_permutations=10, rng=1).clusters.iloc[0]
        assert (one["n_episodes"], one["n"], one["n_nights"]) == (3, 6.0, 3)
        assert one.geometry.equals(shapely.box(531_000, 181_000, 531_250, 181_250))
        all_ = hs.scan_recent(table, unit="call", n_permutations=10, rng=1).clusters.iloc[0]
        assert (all_["n_episodes"], all_["n"], all_["n_nights"]) == (6, 6.0, 3)

    def test_one_episode_a_night_and_place(self) -> None:
        """Three calls of a night count once in one cell, 110 m from each other; in three thrice."""
        rows = [
            (f"2025-03-{day:02} 20:00", 533_125.0 + 2000 * day, 181_125.0) for day in range(3, 23)
        ]
        for apart, expected in ((110, 21), (260, 23)):
            more = [("2025-03-22 20:00", 531_010.0 + apart * k, 181_125.0) for k in range(3)]
            scan = hs.scan_recent(make_incidents(rows + more), n_permutations=10, rng=1)
            assert scan.n_episodes == expected

    def test_nights(self) -> None:
        """What happens in one night is a finding only if one night is enough."""
        rows = [
            (f"2025-03-{day:02} 20:00", 533_125.0 + 2000 * k, 181_125.0)
            for day in range(3, 23)
            for k in range(9)
        ]
        rows += [("2025-03-22 20:00", 531_010.0 + 300 * k, 181_125.0) for k in range(3)]
        table = make_incidents(rows)
        options: dict[str, Any] = {"adjust": "none", "episode_radius": 50, "n_permutations": 19}
        one = hs.scan_recent(table, min_nights=1, **options, rng=1)
        assert one.clusters.iloc[0]["n_episodes"] == 3
        two = hs.scan_recent(table, min_nights=2, **options, rng=1)
        assert (two.clusters["n_nights"] >= 2).all()
        assert not two.clusters.intersects(shapely.box(531_000, 181_000, 531_750, 181_250)).any()

    def test_looking_back(self) -> None:
        """What has ended is found only if windows may end before the last date."""
        table = something_new()
        is_new = table.geometry.x == NEW[0]
        table.loc[is_new, "start"] -= pd.Timedelta(days=8)
        back = hs.scan_recent(table, prospective=False, adjust="none", n_permutations=19, rng=1)
        best = back.clusters.iloc[0]
        assert best["to_date"] == pd.Timestamp("2025-03-14", tz="Europe/London")
        assert np.isnan(best["recurrence_days"])
        RECENT_CLUSTERS.validate(back.clusters)
        now = hs.scan_recent(table, unit="call", adjust="none", n_permutations=19, rng=1)
        assert now.p == 1
        assert not now.clusters.intersects(shapely.Point(NEW)).any()
        then = hs.scan_recent(
            table, until="2025-03-14", max_days=5, adjust="none", n_permutations=19, rng=1
        )
        assert then.clusters.iloc[0]["to_date"] == best["to_date"]
        assert then.last_date == pd.Timestamp("2025-03-14")

    def test_history(self) -> None:
        """Only so many days back are compared."""
        scan = by_hand(history=14, adjust="none")
        assert scan.n_episodes == 14 * 9 + 3
        assert scan.first_date == pd.Timestamp("2025-03-09")
        assert scan.clusters.iloc[0]["expected"] == pytest.approx(3 * 30 / 129)

    def test_before(self) -> None:
        """Windows of four days ended on four earlier dates that do not meet, with nothing new.

        Of nine places as busy each had 4 of 183 there, and 4 · 20/183 · 36/20 = 3.93 expected.
        """
        scan = by_hand(max_days=4, adjust="none")
        assert [f"{day:%d}" for day in scan.before.index] == ["06", "10", "14", "18"]
        expected = 20 * 4 * 9 / 183
        ratio = 4 * math.log(4 / expected) + 179 * math.log(179 / (183 - expected))
        np.testing.assert_allclose(scan.before, ratio)
        assert scan.p_before == scan.clusters["p_before"].iloc[0] == 1 / 5
        back = by_hand(prospective=False)
        assert back.before.empty
        assert np.isnan(back.p_before)
        assert back.clusters["p_before"].isna().all()

    @pytest.mark.parametrize(("adjust", "max_days", "n"), [("none", 7, 51), ("weekday", 5, 71)])
    def test_before_is_that_of_a_turned_calendar(self, adjust: str, max_days: int, n: int) -> None:
        """Whatever came after a date is put before all others, and the date is the last one."""
        table = simulate_null(1500, "overdispersed", rng=2)
        night = (table["start"].dt.tz_localize(None) - pd.Timedelta(hours=6)).dt.normalize()
        table, night = table[night >= "2024-01-01"], night[night >= "2024-01-01"]
        options: dict[str, Any] = {"unit": "call", "n_permutations": 10, "rng": 1}
        options |= {"until": "2024-12-29", "history": 364, "adjust": adjust, "max_days": max_days}
        scan = hs.scan_recent(table, **options)
        assert len(scan.before) == n
        for day in scan.before.index[[3, 21, -1]]:
            later = night + (pd.Timestamp("2024-12-29") - day)
            later = later.where(later <= "2024-12-29", later - pd.Timedelta(days=364))
            noon = (later + pd.Timedelta(hours=12)).dt.tz_localize("Europe/London")
            turned = table.assign(start=noon)
            then = hs.scan_recent(turned, **options)
            largest = then.clusters["log_likelihood_ratio"].max()
            assert scan.before[day] == pytest.approx(0 if np.isnan(largest) else largest)
        reached = (scan.before >= scan.clusters["log_likelihood_ratio"].max() - 1e-9).sum()
        assert scan.p_before == (1 + reached) / (1 + n)

    def test_strata_turn_with_their_dates(self) -> None:
        """A date keeps its stratum wherever it is put, and the one that is asked for comes last."""
        dates, strata = np.array([0, 4, 8, 9]), np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
        seen: list[Any] = []

        def zones_of(turned: Any, own: Any) -> Any:
            seen.append((turned.tolist(), own[turned].tolist()))
            return mock.Mock(scan=lambda *_: 1.0)

        with mock.patch("hotspots.patterns.recent_history.make_screen"):
            assert largest_on(np.array([8]), zones_of, dates, strata, 1).tolist() == [1.0]
        assert seen == [([1, 5, 9, 0], [0, 2, 4, 4])]

    def test_exact_points(self) -> None:
        """Without cells a place is a point, shown as a square of 50 m."""
        scan = by_hand(cell_size=None)
        best = scan.clusters.iloc[0]
        assert best.geometry.equals(shapely.box(531_100, 181_100, 531_150, 181_150))

    def test_ratio(self) -> None:
        """4 of 194 where 0.67 are expected: 4 log(4/0.67) + 190 log(190/193.33)."""
        expected = 4 * math.log(4 / 0.67) + 190 * math.log(190 / 193.33)
        assert log_likelihood_ratio(4, 0.67, 194) == pytest.approx(expected)
        assert log_likelihood_ratio(2, 2, 194) == 0
        assert log_likelihood_ratio(5, 1, 5) == pytest.approx(5 * math.log(5))

    @pytest.mark.parametrize("threshold", [0.0, 0.5, 4.0, 12.0])
    def test_largest_expected(self, threshold: float) -> None:
        """At the tabulated number a count has just the ratio asked for."""
        table = largest_expected(threshold, 30, 30)
        for count in range(1, 31):
            if table[count] > 1e-6:
                ratio = log_likelihood_ratio(count, table[count] * (1 - 1e-9), 30)
                assert ratio == pytest.approx(threshold, abs=1e-6)

    def test_circles(self) -> None:
        """Places as far away come in together; a circle has at most half of all cases."""
        xy = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0], [300.0, 0.0]])
        circles = make_circles(xy, np.array([1, 1, 1, 3]), 200.0)
        near = [circles.places[a:b].tolist() for a, b in pairwise(circles.starts)]
        ends = [circles.is_end[a:b].tolist() for a, b in pairwise(circles.starts)]
        assert near[0] == [0, 1, 2]
        assert ends[0] == [True, True, True]
        assert (near[1][0], set(near[1][1:])) == (1, {0, 2})
        assert ends[1] == [True, False, True]
        assert near[2] == [2, 1]  # the fourth is as far as the second, and too many
        assert ends[2] == [True, False]
        assert near[3] == [3]


def brute_force(zones: RecentZones, places: Any, strata: Any, near: Any) -> float:
    """Try every circle and window by the definition."""
    dates, total, limits = zones.dates, len(zones.dates), zones.limits
    n_dates, best = len(strata), 0.0
    n_of = np.bincount(places)
    pairs = list(zip(places, dates, strict=True))
    is_first = np.array([pairs.index(each) == k for k, each in enumerate(pairs)])
    counted = is_first if zones.is_once else np.ones(len(pairs), dtype=bool)
    for row in near:
        for radius in np.unique(row):
            members = np.flatnonzero(row <= radius)
            inside = np.isin(places, members)
            if 2 * n_of[members[members < len(n_of)]].sum() > total:
                continue
            expected_on = np.zeros(n_dates)
            for date in range(n_dates):
                same = strata[dates] == strata[date]
                if same.any():
                    expected_on[date] = (dates == date).sum() * (inside & same).sum() / same.sum()
            for first in range(n_dates):
                for last in range(first, min(first + limits.max_days, n_dates)):
                    if zones.is_prospective and last != n_dates - 1:
                        continue
                    there = dates[counted & inside & (dates >= first) & (dates <= last)]
                    if len(there) < limits.min_cases or len(set(there)) < limits.min_dates:
                        continue
                    mu = expected_on[first : last + 1].sum()
                    best = max(best, log_likelihood_ratio(len(there), mu, total))
    return best


class TestTwin:
    """Every maximum is that of a search through everything."""

    @settings(max_examples=25)
    @given(
        seed=st.integers(0, 10_000),
        is_prospective=st.booleans(),
        is_once=st.booleans(),
        n_strata=st.integers(1, 3),
        max_days=st.integers(1, 5),
        together=st.sampled_from([1, 3, 8]),
        narrow=st.sampled_from([1, 2**15]),
    )
    def test_agrees(
        self,
        seed: int,
        is_prospective: bool,  # noqa: FBT001
        is_once: bool,  # noqa: FBT001
        n_strata: int,
        max_days: int,
        together: int,
        narrow: int,
    ) -> None:
        """Observed and dealt out again, whatever was learned, on a grid with many ties."""
        rng = np.random.default_rng(seed)
        xy = 100.0 * np.array([(x, y) for x in range(4) for y in range(4)])
        places, dates = rng.integers(0, 16, 60), rng.integers(0, 14, 60)
        dates[:8], places[:8] = 13 - np.arange(8) % 2, 5
        strata = np.arange(14) % n_strata
        distance = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
        with (
            mock.patch("hotspots.patterns.recent_zones._TOGETHER", (together, together)),
            mock.patch("hotspots.patterns.recent_zones._NARROW", narrow),
        ):
            zones = make_zones(
                places,
                dates,
                strata,
                circles=make_circles(xy, np.bincount(places, minlength=16), 1000.0),
                max_days=max_days,
                min_cases=2,
                min_dates=int(rng.integers(1, 3)),
                is_prospective=is_prospective,
                is_once=is_once,
            )
            exact = brute_force(zones, zones.places, strata, distance)
            assert observed_circles(zones)["ratio"].max() == pytest.approx(exact)
            replicates = Replicates(zones)
            for learned in (None, 2.0, 5.0):
                if learned is not None:
                    replicates.learn(np.array([learned]))
                dealt = zones.places.copy()
                deal(dealt, zones.bounds, zones.n_dealt, seed)
                exact = brute_force(zones, dealt, strata, distance)
                assert replicates.maximum(seed) == pytest.approx(exact)

    def test_deal(self) -> None:
        """Each stratum keeps its places, and each of its cases is as likely to come first."""
        places = np.arange(12)
        firsts = np.zeros(12)
        for seed in range(2000):
            dealt = places.copy()
            deal(dealt, np.array([0, 4, 12]), np.array([1, 3]), seed)
            assert sorted(dealt[:4]) == [0, 1, 2, 3]
            firsts[dealt[0]] += 1
        low, high = binom.ppf([0.001, 0.999], 2000, 0.25)
        assert ((firsts[:4] >= low) & (firsts[:4] <= high)).all()


def read_satscan(folder: Path, name: str, first: str | int) -> tuple[Any, Any, Any]:
    """Read ids with their coordinates, and the place and date of each case."""
    at = {"sep": r"\s+", "header": None}
    geo = pd.read_csv(folder / f"{name}.geo", names=["id", "a", "b"], dtype={"id": str}, **at)
    cas = pd.read_csv(folder / f"{name}.cas", names=["id", "n", "date"], dtype={"id": str}, **at)
    cas = cas.loc[cas.index.repeat(cas["n"])]
    place = pd.Index(geo["id"]).get_indexer(cas["id"])
    if isinstance(first, str):
        return geo, place, (pd.to_datetime(cas["date"]) - pd.Timestamp(first)).dt.days.to_numpy()
    return geo, place, cas["date"].to_numpy() - first


def great_circle_km(geo: pd.DataFrame) -> Any:
    """Give the distances of places with latitude and longitude."""
    lat, lon = np.radians(geo[["a", "b"]].to_numpy()).T
    chord = np.sin((lat[:, None] - lat) / 2) ** 2
    chord += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return 2 * 6371 * np.arcsin(np.sqrt(chord))


def one_at_a_time(distance: Any, n_cases: Any, max_radius: float, order: list[Any]) -> Circles:
    """Make circles as SaTScan does: of places as far away one comes in after the other."""
    centre, place = [], []
    for row in range(len(distance)):
        near = np.lexsort([*order, np.round(distance[row], 9)])
        near = near[distance[row][near] <= max_radius]
        centre.append(np.full(len(near), row))
        place.append(near)
    rank = np.concatenate([np.arange(len(each), dtype=float) for each in place])
    return cut_circles(np.concatenate(centre), np.concatenate(place), rank, n_cases, len(distance))


# SaTScan 10.3.2 and 9.4.4: file, first date, number of dates, largest radius and window,
# prospective; replicates it took; then of each cluster: ratio, cases, expected, window, p.
REFERENCE: dict[str, Any] = {
    "fever, last days": (
        ("NYCfever", "2001-11-01", 24, 3.0, 7, True, 207),
        [
            (3.845418, 4, 0.67, (21, 23), 0.242),
            (3.164201, 2, 0.16, (23, 23), 0.575),
            (2.137259, 2, 0.29, (22, 23), 0.966),
        ],
        ["11418", "11415", "11419", "11435", "11416", "11421", "11451", "11375", "11417"],
    ),
    "fever, all": (
        ("NYCfever", "2001-11-01", 24, 3.0, 7, False, 999),
        [
            (8.119521, 5, 0.40, (7, 7), 0.0087),
            (5.113791, 4, 0.46, (9, 10), 0.496),
            (5.113791, 4, 0.46, (21, 22), 0.496),
            (4.725675, 2, 0.072, (15, 15), 0.760),
            (4.725675, 2, 0.072, (14, 14), 0.760),
            (4.696100, 3, 0.25, (8, 8), 0.767),
            (4.144433, 3, 0.31, (1, 2), 0.956),
            (3.698723, 2, 0.12, (5, 6), 0.994),
            (3.658474, 3, 0.37, (4, 4), 0.999),
        ],
        ["10454", "10455", "10451", "10035", "10037", "10030", "10029", "10456"],
    ),
    "sts": (
        ("sts", "2017-01-01", 10, math.inf, 5, True, 163),
        [(1.850308, 3, 0.80, (9, 9), 0.307), (1.213967, 2, 0.53, (8, 9), 0.933)],
        ["10016", "10026", "10024", "10027"],
    ),
    "test1": (
        ("predictcode_test1", 0, 1001, math.inf, 500, True, 248),
        [(3.352053, 3, 0.42, (993, 1000), 0.202), (2.715606, 4, 0.96, (962, 1000), 0.581)],
        ["23", "6", "16"],
    ),
    "test3": (
        ("predictcode_test3", 0, 1001, 50.0, 500, True, 50),
        [(1.622161, 10, 5.46, (930, 1000), 1.0)],
        ["21", "6", "22", "11"],
    ),
}


@pytest.mark.acceptance
@pytest.mark.parametrize("name", REFERENCE)
def test_satscan(name: str, shared_data: Path) -> None:
    """Ratios to six decimals, cases, expected numbers, windows and places are those of SaTScan.

    p lies within what chance gives its replicates and ours. How ties among maxima are counted there
    depends on rounding, here they count as reached.
    """
    (file, first, n_dates, radius, max_days, is_prospective, n_theirs), listed, ids = REFERENCE[
        name
    ]
    geo, places, dates = read_satscan(shared_data / "reference" / "satscan", file, first)
    xy = geo[["a", "b"]].to_numpy()
    distance = great_circle_km(geo) if file == "NYCfever" else np.hypot(*(xy[:, None] - xy).T)
    n_cases = np.bincount(places, minlength=len(geo))
    zones = make_zones(
        places,
        dates,
        np.zeros(n_dates, dtype=np.int64),
        circles=one_at_a_time(distance, n_cases, radius, [geo["b"], geo["a"]]),
        max_days=max_days,
        min_cases=2,
        min_dates=1,
        is_prospective=is_prospective,
    )
    best = observed_circles(zones)
    replicates = Replicates(zones)
    replicates.learn(np.array([replicates.maximum(seed) for seed in range(20)]))
    maxima = np.array([replicates.maximum(seed) for seed in range(1999)])
    taken = np.zeros((len(geo), n_dates), dtype=bool)
    found: list[Any] = []
    for centre in np.lexsort([best["n_places"], -np.round(best["ratio"], 9)]):
        start, window = zones.circles.starts[centre], best[["first", "last"]][centre]
        members = zones.circles.places[start : start + best["n_places"][centre]]
        dates_of = slice(window[0], window[1] + 1)
        if len(found) == len(listed) or taken[members, dates_of].any():
            continue
        taken[members, dates_of] = True
        found.append((best[centre], geo["id"].iloc[members].tolist()))
    assert found[0][1] == ids
    pairs = zip(
        sorted(found, key=lambda each: (-round(each[0]["ratio"], 6), each[0]["first"])),
        sorted(listed, key=lambda each: (-each[0], each[3])),
        strict=True,
    )
    for (ours, _), (ratio, count, expected, window, p) in pairs:
        assert round(float(ours["ratio"]), 6) == ratio
        assert (int(ours["count"]), (int(ours["first"]), int(ours["last"]))) == (count, window)
        assert ours["expected"] == pytest.approx(expected, abs=0.006)
        above, reached = (maxima > ratio + 1e-5).mean(), (maxima > ratio - 1e-5).mean()
        spread = math.sqrt(max(p * (1 - p), 0.004) * (1 / n_theirs + 1 / len(maxima)))
        assert above - 3 * spread <= p <= reached + 3 * spread


class TestRelations:
    """What must not change the answer, and what must hold of it."""

    @pytest.mark.parametrize("is_prospective", [True, False])
    def test_same_seed_same_answer(self, is_prospective: bool) -> None:  # noqa: FBT001
        """Threads, order of rows and labels of the index change nothing."""
        table = simulate_null(2000, "bursty", rng=5)
        options: dict[str, Any] = {
            "prospective": is_prospective,
            "n_permutations": 59,
            "alpha": 1.0,
        }
        first = hs.scan_recent(table, **options, rng=7, threads=1)
        other = table.sample(frac=1, random_state=1)
        other.index = other.index.str.replace("sim", "x")
        second = hs.scan_recent(other, **options, rng=7, threads=4)
        assert len(first.clusters) > 1
        pd.testing.assert_frame_equal(pd.DataFrame(first.clusters), pd.DataFrame(second.clusters))
        pd.testing.assert_series_equal(first.maxima, second.maxima)
        third = hs.scan_recent(table, **options, rng=8)
        assert not first.maxima.equals(third.maxima)

    def test_moved(self) -> None:
        """Places moved by whole cells and dates by whole weeks have the same clusters."""
        table = simulate_null(600, rng=5)
        moved = table.set_geometry(table.translate(5000, -2500))
        moved["start"] = moved["start"] + pd.Timedelta(weeks=52)
        first, second = (
            hs.scan_recent(each, adjust="season", n_permutations=19, alpha=1.0, rng=1).clusters
            for each in (table, moved)
        )
        np.testing.assert_allclose(first["log_likelihood_ratio"], second["log_likelihood_ratio"])
        assert first.geometry.translate(5000, -2500).geom_equals(second.geometry).all()

    def test_gumbel(self) -> None:
        """The p by the tail is that of the maxima, and near the rank."""
        scan = hs.scan_recent(simulate_null(3000, rng=3), n_permutations=199, rng=1)
        ratio = scan.clusters["log_likelihood_ratio"].iloc[0]
        assert scan.p_gumbel == pytest.approx(GumbelTail(scan.maxima.to_numpy()).p(ratio))
        assert scan.p_gumbel == pytest.approx(scan.p, abs=0.1)
        assert scan.p == (1 + (scan.maxima >= ratio - 1e-9).sum()) / 200

    def test_clusters_do_not_overlap(self) -> None:
        """No two clusters share a place and a date, and the first has the largest ratio."""
        table = simulate_null(2000, "overdispersed", rng=1)
        clusters = hs.scan_recent(
            table, prospective=False, n_permutations=19, alpha=1.0, rng=1
        ).clusters
        assert len(clusters) > 5
        assert all(a >= b - 1e-9 for a, b in pairwise(clusters["log_likelihood_ratio"]))
        for one in range(len(clusters)):
            for other in range(one):
                a, b = clusters.iloc[one], clusters.iloc[other]
                is_apart = a["from_date"] > b["to_date"] or b["from_date"] > a["to_date"]
                assert is_apart or a.geometry.intersection(b.geometry).area == 0
        assert ((clusters[["p", "p_gumbel"]] > 0) & (clusters[["p", "p_gumbel"]] <= 1)).all(
            axis=None
        )
        assert (clusters["ratio"] > 1).all()

    def test_busy_place_and_busy_days_are_no_finding(self) -> None:
        """A place with half of everything, and twice as much on the last days everywhere."""
        nights = pd.date_range("2025-03-03 22:00", periods=28, freq="D")
        nights = nights.append(nights[-5:] + pd.Timedelta(hours=2))
        rows = [
            (str(night), 533_125.0 + 2000 * k + 300 * j, 181_125.0)
            for night in nights
            for k in range(6)
            for j in range(3 if k == 0 else 1)
        ]
        scan = hs.scan_recent(make_incidents(rows), unit="call", n_permutations=99, rng=1)
        assert scan.p > 0.5


class TestLevel:
    """Under its null the test says 5 % in 5 of 100; the documentation has the large table."""

    @pytest.mark.parametrize("kind", ["independent", "bursty"])
    def test_episodes(self, kind: Any) -> None:
        """Of 60 boroughs in which nothing began 3 have p of at most 0.05, and 30 of 0.5."""
        p = [self.p_of(simulate_null(500, kind, rng=1000 + seed)) for seed in range(60)]
        assert sum(each <= LEVEL for each in p) <= binom.ppf(0.995, 60, LEVEL)
        low, high = binom.ppf([0.005, 0.995], 60, 0.5)
        assert low <= sum(each <= 0.5 for each in p) <= high

    def test_calls_are_not_independent(self) -> None:
        """Dealing out calls instead of episodes finds something new in most boroughs."""
        found = [
            self.p_of(simulate_null(1500, "bursty", rng=seed), unit="call") for seed in range(6)
        ]
        assert np.mean(np.array(found) <= LEVEL) > 0.5

    def p_of(self, table: gpd.GeoDataFrame, **options: Any) -> float:
        """Give the p of a borough's largest ratio."""
        return hs.scan_recent(table, n_permutations=19, rng=1, threads=1, **options).p


class TestMessages:
    """What cannot be scanned, in words."""

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"cell_size": 0}, "Invalid cell_size '0'. Must be a number of metres.*or None"),
            ({"cell_size": "a"}, "Invalid cell_size 'a'"),
            ({"max_radius": 1e6}, "Invalid max_radius '1000000.0'. Must be a number of metres"),
            ({"max_days": 0}, "Invalid max_days '0'. Must be a whole number of days, 1 to 366"),
            ({"max_days": 200}, r"has 36\d days. Must be at least twice max_days \(200\)"),
            ({"history": 13}, r"Invalid history '13'.*at least twice max_days \(7\)"),
            ({"min_episodes": 0}, "Invalid min_episodes '0'"),
            ({"min_nights": 1.5}, "Invalid min_nights '1.5'. Must be a whole number above 0"),
            ({"adjust": "month"}, "Invalid adjust 'month'. Must be 'none', 'weekday' or 'season'"),
            ({"unit": "person"}, "Invalid unit 'person'"),
            ({"episode_radius": 0}, "Invalid episode_radius '0'. Must be a number of metres, 1"),
            ({"every": 0}, "Invalid every '0'. Must be a number of days above 0"),
            ({"alpha": 0}, "Invalid alpha '0'"),
            ({"n_permutations": 5}, "Invalid n_permutations '5'.*at least 10"),
            ({"rng": -1}, "Invalid rng '-1'"),
            ({"threads": 0}, "Invalid threads '0'"),
            ({"until": "soon"}, "Invalid until 'soon'. Must be a date such as '2025-01-01'"),
            ({"until": "1999-01-01"}, "There are 0 incidents with a point in the period"),
        ],
    )
    def test_options(self, options: dict[str, Any], match: str) -> None:
        """A parameter out of its range says what is allowed."""
        with pytest.raises(hs.InputError, match=match):
            hs.scan_recent(simulate_null(500, rng=1), **options)

    def test_monthly(self) -> None:
        """Months have no dates."""
        table = simulate_null(50, rng=1).assign(time_precision="month")
        with pytest.raises(hs.MonthlyDataError, match="scan_recent needs the hour"):
            hs.scan_recent(table)

    def test_other_system(self) -> None:
        """Degrees are no metres."""
        with pytest.raises(hs.InputError, match=r"EPSG:4326.*to_crs\('EPSG:27700'\)"):
            hs.scan_recent(simulate_null(50, rng=1).to_crs(4326))

    def test_no_table(self) -> None:
        """A path is no incidents table."""
        with pytest.raises(hs.InputError, match="Must be an incidents table"):
            hs.scan_recent("calls.csv")  # type: ignore[arg-type]

    @pytest.mark.parametrize("n", [0, 1])
    def test_too_few(self, n: int) -> None:
        """One call has no other to differ from."""
        with pytest.raises(hs.InputError, match=f"There are {n} incidents.*at least two"):
            hs.scan_recent(simulate_null(5, rng=1).iloc[:n])

    @pytest.mark.parametrize("cell_size", [250.0, None])
    def test_all_at_one_place(self, cell_size: float | None) -> None:
        """If all happens at one place nothing is expected elsewhere, and nothing is found."""
        table = simulate_null(200, rng=1)
        table = table.set_geometry(gpd.points_from_xy([530_100] * 200, [180_100] * 200, crs=CRS))
        with pytest.warns(HotspotsWarning, match="All incidents are at one place"):
            scan = hs.scan_recent(table, cell_size=cell_size, n_permutations=19, rng=1)
        assert len(scan.clusters) == 0
        assert scan.clusters.columns.tolist() == [each.name for each in RECENT_CLUSTERS.columns]
        assert (scan.p, scan.p_gumbel) == (1.0, 1.0)

    def test_rows_that_stand_for_several(self) -> None:
        """A counted cell is scanned as one call, which is said."""
        table = simulate_null(300, rng=1).assign(weight=2.5)
        with pytest.warns(HotspotsWarning, match="each is scanned as one call"):
            hs.scan_recent(table, n_permutations=10, rng=1)

    def test_rows_without_point(self) -> None:
        """They are left out, and nothing is changed in the table that was given."""
        table = something_new()
        before = table.copy()
        table.loc[table.index[:9], "geometry"] = None
        scan = hs.scan_recent(table, unit="call", n_permutations=10, rng=1)
        assert scan.n_episodes == 174
        pd.testing.assert_series_equal(table["start"], before["start"])
