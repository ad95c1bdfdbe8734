"""Near repeats: by hand, at the edges, against other programs, and their level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, false_discovery_control

import hotspots as hs
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError
from hotspots.patterns import near_pairs
from hotspots.patterns.near_events import Events
from hotspots.patterns.near_repeat import COLUMNS
from hotspots.simulate import simulate_null
from tests.scenes import make_incidents

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = 0.05
DAY = pd.Timestamp("2025-03-03 12:00")

# K1 to K3: the Chicago burglaries of the R package NearRepeat 0.1.1, Manhattan distance. K1 and K2
# are its own answers, K3 those of the Near Repeat Calculator 1.3. Typed in: numbers are facts.
K1 = [[28, 5, 5], [141, 69, 27], [186, 140, 100], [237, 192, 128]]
K1_RATIOS = [[1.803, 0.404, 0.613], [1.412, 0.862, 0.517], [1.014, 0.95, 1.051], [0.975, 0.981, 1]]
K1_P = [[0.001, 1, 0.943], [0.001, 0.929, 1], [0.435, 0.785, 0.312], [0.696, 0.635, 0.479]]
K2 = [
    [29, 4, 5, 2],
    [45, 15, 7, 2],
    [106, 48, 21, 13],
    [88, 64, 46, 15],
    [206611, 138108, 88321, 36415],
]
K3 = [
    [28, 5, 5, 2],
    [44, 13, 8, 4],
    [97, 56, 19, 16],
    [77, 67, 45, 20],
    [182194, 146149, 95237, 45879],
]


def calls(rows: list[tuple[float, float, float]], **columns: Any) -> gpd.GeoDataFrame:
    """Make an incidents table of calls, given easting and northing of a corner, and days."""
    table = pd.DataFrame(rows, columns=["x", "y", "days"])
    start = (DAY + pd.to_timedelta(table["days"], unit="D")).dt.round("s")
    return make_incidents(
        pd.DataFrame({"start": start, "x": 530_000 + table["x"], "y": 180_000 + table["y"]}),
        **columns,
    )


def scattered(n: int, seed: int, **columns: Any) -> gpd.GeoDataFrame:
    """Make calls within a kilometre and two months, some at one point."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 40, (n, 2)) * 25.0
    return calls(list(zip(*xy.T, rng.integers(0, 60 * 24, n) / 24, strict=True)), **columns)


def look(incidents: gpd.GeoDataFrame, **options: Any) -> hs.NearRepeat:
    """Compare calls in one go, with as many permutations as 20 bins need."""
    given = {"unit": "call", "n_permutations": 399, "rng": 1, "progress": False}
    return hs.near_repeat(incidents, **(given | options))


def squared(found: hs.NearRepeat, column: str) -> list[list[float]]:
    """Give a column by distance and days."""
    n_days = found.table["from_days"].nunique()
    return found.table[column].to_numpy().reshape(-1, n_days).tolist()


def pairs_by_brute_force(incidents: gpd.GeoDataFrame, space: Any, days: Any) -> np.ndarray:
    """Count the pairs in every bin by looking at all of them."""
    x, y = incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy()
    minutes = incidents["start"].dt.tz_localize(None).to_numpy().astype("datetime64[m]")
    one, other = np.triu_indices(len(x), 1)
    metres = np.sqrt((x[one] - x[other]) ** 2 + (y[one] - y[other]) ** 2)
    apart = np.abs(minutes[one] - minutes[other]).astype(float) / 1440
    edges = [0, *space] if space[0] > 0 else space
    return np.histogram2d(metres, apart, bins=[_halfopen(edges), _halfopen(days)])[0]


def _halfopen(edges: Any) -> np.ndarray:
    # numpy closes the last bin on the right.
    bins = np.array(edges, dtype=float)
    bins[-1] = np.nextafter(bins[-1], 0)
    return bins


@pytest.fixture(scope="module")
def burglaries(shared_data: Path) -> gpd.GeoDataFrame:
    """Give the Chicago burglaries of NearRepeat; any metres do."""
    path = shared_data / "reference" / "knox" / "chicago_be_month1.csv"
    rows = pd.read_csv(path, header=None, names=["x", "y", "start"])
    rows["start"] = pd.to_datetime(rows["start"])
    return make_incidents(rows, time_precision="day")


class TestByHand:
    """Few calls, every pair known."""

    def test_four_calls(self) -> None:
        """Two at one place a day apart, one 50 m off two days later, one far away at once."""
        table = calls([(0, 0, 0), (0, 0, 1), (50, 0, 3), (5000, 0, 0)])
        with pytest.warns(HotspotsWarning, match="50 % of the incidents are at exactly the point"):
            found = look(table, space=[1, 100, 200], days=[0, 2, 4])
        assert found.table.columns.tolist() == list(COLUMNS)
        assert found.table["kind"].tolist() == ["exact place"] * 2 + ["near"] * 4
        assert found.table["caller"].unique().tolist() == ["any"]
        assert found.table["from_m"].tolist() == [0, 0, 1, 1, 100, 100]
        assert found.table["to_days"].tolist() == [2, 4] * 3
        # Same place: a day. Near: two and three days. Between 100 and 200 m: nobody.
        assert found.table["observed"].tolist() == [1, 0, 0, 2, 0, 0]
        # Days between all six pairs: 1, 3, 0, 2, 1, 3: half of them under two days.
        # One pair is at the same place and two are near.
        assert found.table["knox_expected"].tolist() == [0.5, 0.5, 1, 1, 0, 0]
        assert found.table["knox_ratio"].tolist()[:4] == [2, 0, 0, 2]
        assert found.table["p"].isna().tolist() == [False] * 4 + [True] * 2
        assert found.table["ratio"].isna().tolist() == [False] * 4 + [True] * 2

    def test_p_counts_permutations(self) -> None:
        """Three calls, two of them at one place: that pair is the pair of any two dates."""
        table = calls([(0, 0, 0), (0, 0.5, 1), (5000, 0, 30)])
        found = look(table, space=[1, 2], days=[0, 7], n_permutations=2999)
        # Of three pairs of dates one is within a week: the mean is 1/3 of a pair, p about 1/3.
        assert found.table["expected"].iloc[0] == pytest.approx(1 / 3, abs=0.04)
        assert found.table["p"].iloc[0] == pytest.approx(1 / 3, abs=0.04)
        # The replicates that have the pair are those that reach it: p is (1 + them) / (1 + all).
        reached = found.table["expected"].iloc[0] * 2999
        assert found.table["p"].iloc[0] == pytest.approx((1 + reached) / 3000)

    def test_callers(self) -> None:
        """Pairs of one caller apart; a caller who is not known is another one."""
        rows = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 0, 3), (60, 0, 9)]
        keys = pd.Series(["a", "a", None, None, "a"], dtype="str")
        with pytest.warns(HotspotsWarning, match="80 % of the incidents are at exactly the point"):
            found = look(calls(rows, person_key=keys), space=[1, 100], days=[0, 5])
        assert found.table["caller"].tolist() == ["same", "same", "other", "other"]
        # At the place 6 pairs, one of them of caller a; nothing else within five days.
        assert found.table["observed"].tolist() == [1, 0, 5, 0]

    def test_episode_counts_once(self) -> None:
        """Three calls about one party are one episode, where and when the first of them was."""
        hour = 1 / 24
        party = [(0, 0, 0), (30, 0, 2 * hour), (80, 0, 4 * hour)]
        later = [(0, 0, 1), (0, 150, 2), (900, 0, 5)]
        options = {"space": [1, 100, 160], "days": [0, 1.5, 4]}
        by_call, by_episode = (
            look(calls(party + later), unit=unit, **options) for unit in ("call", "episode")
        )
        # The party has three pairs of its own, one at 30, 80 and 50 m.
        # The next day: one at its place, and 30 and 80 m from the later calls.
        assert squared(by_call, "observed") == [[1, 0], [5, 0], [1, 2]]
        assert squared(by_episode, "observed") == [[1, 0], [0, 0], [1, 1]]
        assert (by_call.n_events, by_episode.n_events) == (6, 4)

    def test_episode_is_round(self) -> None:
        """80 m east and 60 m north are 100 m away, and one episode; 80 m north are not."""
        for north, n_episodes in ((60, 2), (80, 3)):
            table = calls([(0, 0, 0), (80, north, 0.01), (3000, 0, 9)])
            assert look(table, unit="episode", space=[0, 10]).n_events == n_episodes

    def test_first_caller_who_is_known(self) -> None:
        """An episode is that of the first of its callers who gave a name."""
        rows = [(0, 0, 0), (0, 0, 0.01), (0, 0, 0.02), (10, 0, 2), (900, 0, 9)]
        keys = pd.Series([None, "b", "a", "b", "a"], dtype="str")
        found = look(
            calls(rows, person_key=keys), unit="episode", space=[0, 100], days=[0, 7]
        ).table.set_index("caller")
        assert found["observed"].to_dict() == {"same": 1, "other": 0}

    def test_in_words(self) -> None:
        """How far and how long is said for each kind."""
        table = pd.DataFrame(
            {
                "kind": ["exact place"] * 3 + ["near"] * 6,
                "caller": "any",
                "from_m": [0] * 3 + [1] * 3 + [100] * 3,
                "to_m": [1.0] * 3 + [100.0] * 3 + [200.0] * 3,
                "to_days": [7, 14, 21] * 3,
                "ratio": 1.5,
                "q": [0.5, 0.01, 0.01, 0.01, 0.01, 0.06, 0.01, 0.06, 0.01],
            }
        )
        assert hs.NearRepeat(table, 10, "call", 99).in_words == (
            "At the exact place, no more incidents are seen than chance brings. Nearby, up to 200 "
            "m, the risk of incidents is raised for 7 to 14 days: up to 7 days there are 1.50 "
            "times as many pairs within 100 m as chance brings."
        )
        # If the exact place is not apart, the first bin is one of distance like the others.
        together = table.assign(kind=["exact place or near"] * 3 + ["near"] * 6)
        assert hs.NearRepeat(together, 10, "call", 99).in_words == (
            "Nearby, no more incidents are seen than chance brings."
        )
        table["q"], table["caller"] = 0.01, "same"
        table.loc[6:, "to_m"] = np.inf
        assert hs.NearRepeat(table, 10, "call", 99).in_words == (
            "At the exact place the risk of incidents by the same caller is raised for 21 days: up "
            "to 7 days there are 1.50 times as many pairs as chance brings. Nearby, up to 100 m, "
            "the risk of incidents by the same caller is raised for 21 days: up to 7 days there "
            "are 1.50 times as many pairs within 100 m as chance brings."
        )

    def test_in_words_without_chance(self) -> None:
        """Pairs where no replicate has any have no ratio to tell; their number is told."""
        rng = np.random.default_rng(0)
        rows = [(3000.0 * (k % 25), 3000.0 * (k // 25), rng.uniform(0, 700)) for k in range(600)]
        rows += [(x + 50, y, days + 0.01) for x, y, days in (rows[5], rows[7])]
        found = look(calls(rows), space=[1, 100], days=[0, 0.02], n_permutations=199)
        assert found.table["observed"].tolist() == [0, 2]
        assert found.table["expected"].tolist() == [0, 0]
        assert found.in_words == (
            "At the exact place, nothing is said of incidents: no bin with an end in metres and "
            "days has pairs to compare. Nearby, up to 100 m, the risk of incidents is raised for "
            "0.02 days: up to 0.02 days there are 2 pairs within 100 m, and chance brings none."
        )

    @pytest.mark.parametrize(
        ("space", "days", "silent"),
        [
            ([1, 100], [0, np.inf], ["At the exact place", "Nearby"]),
            ([0, 100], [0, np.inf], ["Nearby"]),
            ([1, np.inf], [0, 7], ["Nearby"]),
        ],
    )
    def test_in_words_without_end(self, space: Any, days: Any, silent: list[str]) -> None:
        """Of a bin without an end nothing can be said, and that is said."""
        words = look(scattered(60, 1), space=space, days=days).in_words
        for where in ("At the exact place", "Nearby"):
            sentence = f"{where}, nothing is said of incidents: no bin with an end in metres and da"
            assert (sentence in words) == (where in silent)

    def test_in_words_from_the_first_bin_that_can_hold_pairs(self) -> None:
        """Episodes of dates are never of one date: what is said begins with the day after."""
        rows = [(1000.0 * k, 30.0 * j, 9.0 * k + j) for k in range(40) for j in range(2)]
        found = look(
            calls(rows, time_precision="day"), unit="episode", space=[0, 100], days=[0, 1, 2, 20]
        )
        assert found.table["observed"].tolist() == [0, 40, 0]
        assert found.table["p"].isna().tolist() == [True, False, False]
        assert found.in_words.startswith("Nearby, up to 100 m, the risk of incidents is raised fo")
        assert "for 2 days: up to 2 days there are " in found.in_words


class TestEdges:
    """On the boundary, at one place, over a change of clock."""

    @pytest.mark.parametrize(
        ("metres", "days", "cell"),
        [
            (100, 3, (1, 0)),  # K4: the Near Repeat Calculator puts this pair elsewhere
            (0.99, 3.9999, (0, 0)),
            (1, 0, (1, 0)),
            (200, 4, (1, 1)),
            (201, 6.9999, (2, 1)),
            (400, 7, None),
            (401, 3, None),
        ],
    )
    def test_left_closed(self, metres: float, days: float, cell: tuple[int, int] | None) -> None:
        """A pair on an edge is in the bin that begins there."""
        table = calls([(0, 0, 0), (metres, 0, days), (9000, 0, 50)])
        found = look(table, space=[1, 201, 401], days=[0, 4, 7])
        observed = np.array(squared(found, "observed"))
        assert observed.sum() == (cell is not None)
        assert cell is None or observed[cell] == 1

    def test_first_edges_above(self) -> None:
        """With a first edge of 0 the exact place is not apart; too few days are left out."""
        table = calls([(0, 0, 0), (0, 0, 1), (0, 9, 5), (0, 99, 5), (900, 0, 60)])
        found = look(table, space=[0, 10], days=[2, 6])
        assert found.table["kind"].tolist() == ["exact place or near"]
        assert found.table["observed"].tolist() == [2]

    def test_infinite_edges(self) -> None:
        """All pairs are in some bin if the last edges are infinite."""
        found = look(scattered(40, 1), space=[1, 100, np.inf], days=[0, 7, np.inf])
        assert found.table["observed"].sum() == 40 * 39 / 2
        assert found.table["knox_expected"].sum() == pytest.approx(40 * 39 / 2)

    def test_manhattan(self) -> None:
        """100 m east and 100 m north are 200 m by Manhattan and 141 m as the crow flies."""
        table = calls([(0, 0, 0), (100, 100, 1), (3000, 0, 30)])
        for distance, observed in (("euclidean", [[1], [0]]), ("manhattan", [[0], [1]])):
            found = look(table, space=[0, 150, 250], days=[0, 7], distance=distance)
            assert squared(found, "observed") == observed

    def test_change_of_clock(self) -> None:
        """Noon to noon is a whole day, though the night of 30 March 2025 has one hour less."""
        table = calls([(0, 0, 26), (0, 9, 27), (3000, 0, 0)])
        assert table["start"].dt.hour.tolist() == [12, 12, 12]
        assert look(table, space=[0, 10], days=[0, 1]).table["observed"].tolist() == [0]
        assert look(table, space=[0, 10], days=[1, 2]).table["observed"].tolist() == [1]

    def test_dates_alone(self) -> None:
        """If a row is known only to the day, all have their dates."""
        precision = pd.Series(["minute", "day", "minute"], dtype="str")
        table = calls([(0, 0, 0.4), (0, 9, 0.5), (3000, 0, 9)], time_precision=precision)
        # 2.4 hours apart, but on two dates.
        assert look(table, space=[0, 10], days=[1, 2]).table["observed"].tolist() == [1]
        exact = table.assign(time_precision="minute")
        assert look(exact, space=[0, 10], days=[1, 2]).table["observed"].tolist() == [0]

    def test_episodes_of_dates(self) -> None:
        """Calls of one date and place are one episode if the hour is not known."""
        rows = [(0, 0, 0), (0, 20, 0), (0, 0, 1), (3000, 0, 9)]
        table = calls(rows, time_precision="day")
        found = look(table, unit="episode", space=[0, 100], days=[0, 7])
        assert (found.n_events, found.table["observed"].tolist()) == (3, [1])

    @pytest.mark.parametrize(("minutes", "n_episodes"), [(180, 2), (181, 3)])
    def test_three_hours(self, minutes: int, n_episodes: int) -> None:
        """Exactly three hours are still one episode."""
        table = calls([(0, 0, 0), (30, 0, minutes / 1440), (3000, 0, 9)])
        assert look(table, unit="episode", space=[0, 100]).n_events == n_episodes

    def test_three_hours_are_not_compared(self) -> None:
        """Of episodes, pairs of at most three hours are left out at every distance."""
        # 150 m apart: 180 and 181 minutes, and 361 between the first and the last.
        rows = [(0, 0, 0), (0, 150, 180 / 1440), (0, 300, 361 / 1440), (5000, 0, 20)]
        given = {"space": [0, 100, 200, 400], "days": [0, 0.2, 1]}
        assert squared(look(calls(rows), **given), "observed") == [[0, 0], [2, 0], [0, 1]]
        found = look(calls(rows), unit="episode", **given)
        assert squared(found, "observed") == [[0, 0], [1, 0], [0, 1]]
        # Of six pairs of moments five are more than three hours apart, one of them 181 minutes.
        expected = [[0, 0], [1 / 5, 1 / 5], [1 / 5, 1 / 5]]
        assert np.array(squared(found, "knox_expected")) == pytest.approx(np.array(expected))

    def test_bins_that_nothing_can_be_in(self) -> None:
        """If no two moments are so far apart, or all are in an episode's hours, there is no p."""
        rows = [(0, 0, 0), (0, 150, 0.1), (5000, 0, 9), (5000, 50, 13)]
        given = {"unit": "episode", "space": [0, 100, 200], "days": [0, 0.125, 5, 20, 40]}
        found = look(calls(rows), **given)
        is_missing = [[True, False, False, True], [True] * 4]
        assert np.isnan(squared(found, "p")).tolist() == is_missing
        assert np.isnan(squared(found, "q")).tolist() == is_missing
        # As calls, the pair within 0.1 days counts, and two moments are as near in time.
        by_call = look(calls(rows), **(given | {"unit": "call"}))
        assert np.isnan(squared(by_call, "p")).tolist() == [[False, False, False, True]] * 2

    @pytest.mark.parametrize("minutes", [29, 55, 480, 1441])
    def test_edges_of_minutes(self, minutes: int) -> None:
        """An edge given as a part of a day is the minute that it says, whatever rounding does."""
        table = calls([(0, 0, 0), (9, 0, minutes / 1440), (3000, 0, 9)])
        found = look(table, space=[0, 10], days=[0, minutes / 1440, 2])
        assert found.table["observed"].tolist() == [0, 1]

    def test_edges_between_minutes(self) -> None:
        """A pair of ten minutes is before an edge of ten and a half."""
        table = calls([(0, 0, 0), (9, 0, 10 / 1440), (3000, 0, 9)])
        found = look(table, space=[0, 10], days=[0, 10.5 / 1440, 2])
        assert found.table["observed"].tolist() == [1, 0]

    def test_almost_the_largest_distance(self) -> None:
        """No two points less than the largest distance apart are two cells apart."""
        # In cells of 99 m, 98.9 would be in the first and 198.5 in the third.
        rows = [(0, 0, 0), (98.9, 0, 1), (198.5, 0, 2), (0, 98.9, 3), (0, 198.5, 4)]
        found = look(calls(rows), space=[99, 100], days=[0, 7])
        assert found.table["observed"].tolist() == [2, 2]

    def test_coincident_in_both(self) -> None:
        """Calls at one place and moment are pairs, and one episode."""
        rows = [(0, 0, 0)] * 4 + [(5000, 0, 3)]
        found = look(calls(rows), space=[0, 10], days=[0, 1])
        assert found.table["observed"].tolist() == [6]
        by_episode = look(calls(rows), unit="episode", space=[0, 10], days=[0, 1])
        assert by_episode.n_events == 2
        assert by_episode.table["p"].isna().all()
        assert by_episode.in_words.endswith("has pairs to compare.")

    def test_within_a_period(self) -> None:
        """A pair whose months have one call each cannot be dealt apart."""
        table = calls([(0, 0, 0), (0, 9, 30), (3000, 0, 61), (6000, 0, 120)])
        alone = look(table, space=[0, 10], days=[0, 40], within="month")
        assert alone.table[["observed", "expected", "p"]].iloc[0].tolist() == [1, 1, 1]
        assert look(table, space=[0, 10], days=[0, 40]).table["expected"].iloc[0] < 0.9

    def test_weeks_begin_on_monday(self) -> None:
        """Sunday and Monday are in two weeks, 28 February and 2 March in one but in two months."""
        days = pd.to_datetime(["2025-03-02", "2025-03-03", "2025-03-09", "2025-02-28"])
        table = make_incidents(
            pd.DataFrame({"start": days, "x": [530_000.0, 530_010, 530_020, 1], "y": 180_000.0})
        )
        events = Events.of(table, "test")
        weeks, months = events.periods("week"), events.periods("month")
        assert (weeks - weeks[0]).tolist() == [0, 1, 1, 0]
        assert (months - months[0]).tolist() == [0, 0, 0, -1]

    def test_no_point(self) -> None:
        """A call without a point is left out."""
        table = scattered(20, 2)
        lost = table.copy()
        lost.loc["i3", "geometry"] = None
        expected = look(table.drop("i3")).table
        pd.testing.assert_frame_equal(look(lost).table, expected)


class TestReference:
    """Answers of other programs."""

    @pytest.mark.acceptance
    def test_k1(self, burglaries: gpd.GeoDataFrame) -> None:
        """Counts are NearRepeat's; its ratios and p are those of 999 permutations of its own."""
        found = look(
            burglaries,
            space=[0.1, 200, 400, 600],
            days=[0, 7, 14, 21],
            distance="manhattan",
            n_permutations=999,
        )
        assert squared(found, "observed") == K1
        assert np.array(squared(found, "ratio")) == pytest.approx(np.array(K1_RATIOS), abs=0.03)
        assert np.array(squared(found, "knox_ratio")) == pytest.approx(
            np.array(K1_RATIOS), abs=0.02
        )
        assert np.array(squared(found, "p")) == pytest.approx(np.array(K1_P), abs=0.06)
        assert found.table["p"].iloc[[0, 3]].tolist() == [0.001, 0.001]
        assert "Nearby, up to 200 m, the risk of incidents is raised for 7 days" in found.in_words

    @pytest.mark.acceptance
    @pytest.mark.parametrize(
        ("space", "days", "observed"),
        [
            ([1, 101, 201, 301, np.inf], [0, 8, 15, 22, np.inf], K2),
            ([1e-4, 100, 200, 300, np.inf], [0, 7, 14, 21, np.inf], K3),
        ],
    )
    def test_k2_k3(
        self, burglaries: gpd.GeoDataFrame, space: Any, days: Any, observed: list[list[int]]
    ) -> None:
        """The same over all distances, and the counts of the Near Repeat Calculator."""
        found = look(burglaries, space=space, days=days, distance="manhattan")
        assert squared(found, "observed") == observed

    @pytest.mark.acceptance
    def test_arson(self, shared_data: Path) -> None:
        """The calculator's nearest band of arson: 9 pairs, 74 times its mean of 99 permutations."""
        path = shared_data / "reference" / "knox" / "chicago_arson.csv"
        rows = pd.read_csv(path, header=None, names=["x", "y", "start"])
        rows["start"] = pd.to_datetime(rows["start"])
        found = look(
            make_incidents(rows, time_precision="day"),
            space=[1e-4, 200, 400],
            days=[0, 1, 2, 3, np.inf],
            distance="manhattan",
        )
        assert squared(found, "observed") == [[0, 2, 0, 8], [9, 1, 1, 45], [4, 0, 0, 141]]
        assert 40 < squared(found, "ratio")[1][0] < 90

    def test_burkitt(self) -> None:
        """The cases of Burkitt's lymphoma in pointpats' tests: 13 pairs, 10.14 expected."""
        cases = gpd.read_file(pytest.importorskip("libpysal").examples.get_path("burkitt.shp"))
        start = pd.Timestamp("1900-01-01") + pd.to_timedelta(cases["T"], unit="D")
        table = make_incidents(
            pd.DataFrame({"start": start, "x": cases["X"], "y": cases["Y"]}), time_precision="day"
        )
        # pointpats counts what is exactly 20 and 5 apart too; dates are whole days.
        found = look(table, space=[0, 20 + 1e-9, np.inf], days=[0, 6, np.inf], n_permutations=999)
        assert squared(found, "observed") == [[13, 3416], [39, 14110]]
        expected = [[10.1438161, 3418.85618], [41.856139, 14107.1438]]
        assert np.array(squared(found, "knox_expected")) == pytest.approx(
            np.array(expected), rel=1e-5
        )
        # pointpats gives 0.21 from 99 permutations; its standard error is 0.04.
        assert found.table["p"].iloc[0] == pytest.approx(0.21, abs=0.1)


class TestRelations:
    """What must hold whatever the numbers are."""

    @settings(max_examples=25)
    @given(n=st.integers(5, 60), seed=st.integers(0, 10_000))
    def test_like_all_pairs(self, n: int, seed: int) -> None:
        """Counts are those of looking at all pairs."""
        table = scattered(n, seed)
        space, days = [1, 26, 100, 250, 600], [0, 0.5, 3, 10, 30]
        found = look(table, space=space, days=days, n_permutations=399)
        expected = pairs_by_brute_force(table, space, days)
        assert np.array(squared(found, "observed")) == pytest.approx(expected)
        assert found.table["p"].dropna().between(0, 1, inclusive="right").all()
        tested = found.table.dropna(subset="p")
        assert tested["q"].to_numpy() == pytest.approx(false_discovery_control(tested["p"]))

    @pytest.mark.parametrize("unit", ["call", "episode"])
    def test_order_of_rows_and_threads(self, unit: str) -> None:
        """Neither rows, labels nor threads change anything; another seed does."""
        keys = pd.Series(np.random.default_rng(3).choice(["a", "b", None], 300), dtype="str")
        table = scattered(300, 4, person_key=keys)
        # Twins that differ by their caller alone.
        table.loc["i1", "geometry"] = table.loc["i0", "geometry"]
        table.loc["i1", "start"] = table.loc["i0", "start"]
        base = look(table, unit=unit, space=[0, 50, 200], threads=1).table
        mixed = table.sample(frac=1, random_state=5).reset_index(drop=True)
        for threads in (1, 2, 7):
            other = look(mixed, unit=unit, space=[0, 50, 200], threads=threads).table
            pd.testing.assert_frame_equal(base, other)
        again = look(table, unit=unit, space=[0, 50, 200], rng=2).table
        assert not again["expected"].equals(base["expected"])
        assert again["observed"].equals(base["observed"])

    def test_moving_and_mirroring(self) -> None:
        """Moved, turned by a right angle or run backwards: the same pairs."""
        table = scattered(120, 6)
        x, y = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
        base = look(table, space=[0, 50, 200]).table["observed"]
        turned = table.set_geometry(gpd.points_from_xy(y + 12_345, 700_000 - x, crs=table.crs))
        assert look(turned, space=[0, 50, 200]).table["observed"].equals(base)
        last = table["start"].dt.tz_localize(None).max()
        wall = last - (table["start"].dt.tz_localize(None) - last)
        back = table.assign(start=wall.dt.tz_localize("Europe/London", ambiguous=True))
        assert look(back, space=[0, 50, 200]).table["observed"].equals(base)

    def test_mean_is_knox(self) -> None:
        """Over many permutations the mean is what Knox expects, for calls and for episodes."""
        table = simulate_null(400, "bursty", rng=3)
        for unit in ("call", "episode"):
            found = look(table, unit=unit, space=[0, 100, 300], days=[0, 1, 9], n_permutations=2000)
            expected = found.table["knox_expected"]
            assert found.table["expected"].to_numpy() == pytest.approx(expected, rel=0.05)

    def test_not_two_in_an_episode(self) -> None:
        """No two episodes are near each other within three hours, and none is made of nothing."""
        table = simulate_null(300, "centre", rng=4)
        events = Events.of(table, "test").one_each_episode(100)
        one, other = np.triu_indices(len(events.xy), 1)
        metres = np.hypot(*(events.xy[one] - events.xy[other]).T)
        minutes = np.abs(events.minutes[one] - events.minutes[other])
        assert not ((metres <= 100) & (minutes <= 180)).any()
        assert 100 < len(events.xy) < len(table)

    def test_pairs_of_an_episode_do_not_count(self) -> None:
        """What dealt-out dates put into one episode makes the other bins no rarer."""
        # Twelve episodes at one place in 48 hours, on the hour and at least 4 hours apart.
        rows = [(0, 0, k / 6) for k in range(12)] + [(4000, 0, k / 6 + 0.01) for k in range(12)]
        found = look(
            calls(rows), unit="episode", space=[0, 10], days=[0, 0.5, 3], n_permutations=999
        )
        # Pairs at one place: 132, none within three hours. Under half a day: those 4 and 8 hours
        # apart, 11 + 10 at each place. Other pairs of moments are k · 4 hours apart, or 14 minutes
        # more or less between the places. Of all 276, 12 would be one episode, and under half a
        # day are 42 of one place and 11 + 11 + 10 + 10 + 9 of two: 93 of 264.
        assert squared(found, "observed") == [[42, 90]]
        assert found.table["knox_expected"].tolist() == pytest.approx(
            [132 * 93 / 264, 132 * 171 / 264]
        )
        assert found.table["expected"].sum() == pytest.approx(132)
        assert found.table["expected"].iloc[0] == pytest.approx(132 * 93 / 264, rel=0.02)

    def test_periods_apart(self) -> None:
        """Within weeks, what is left of the pairs of one week stands for all of them."""
        # Eight Tuesdays at two places, six episodes each, four hours apart: however they are dealt,
        # all pairs of a week are within two days, but for those that would be one episode.
        first = pd.Timestamp("2025-03-04 00:30")
        rows = [
            ((first - DAY) / pd.Timedelta("1D") + 7 * week + k / 6 + place / 12, place * 4000.0)
            for week in range(8)
            for k in range(6)
            for place in range(2)
        ]
        found = look(
            calls([(x, 0, when) for when, x in rows]),
            unit="episode",
            space=[0, 10],
            days=[0, 2],
            within="week",
        )
        assert found.table["observed"].tolist() == [2 * 8 * 15]
        assert found.table["expected"].tolist() == pytest.approx([240])
        assert found.table["p"].tolist() == [1]

    def test_planted_repeats_are_found(self) -> None:
        """Each of sixty incidents is followed within 80 m and five days by another."""
        rng = np.random.default_rng(7)
        where, when = rng.uniform(0, 4000, (400, 2)), rng.uniform(0, 300, 400)
        near, soon = where[:60] + rng.uniform(-55, 55, (60, 2)), when[:60] + rng.uniform(1, 5, 60)
        rows = np.column_stack([np.vstack([where, near]), np.append(when, soon)])
        found = look(calls(rows.tolist()), unit="episode", n_permutations=999)
        assert "Nearby, up to 100 m, the risk of incidents is raised for 7 days" in found.in_words
        assert "At the exact place, nothing is said" in found.in_words
        assert repr(found).endswith(
            "999 permutations; 20 bins of distance and days, 1 with q of at most 0.05>"
        )

    @pytest.mark.parametrize("kind", ["independent", "bursty"])
    def test_level(self, kind: Any) -> None:
        """Where dates do not depend on place, p of at most 0.05 comes in 5 of 100 boroughs."""
        p = [
            look(
                simulate_null(300, kind, rng=np.random.default_rng([seed, 1])),
                unit="episode",
                space=[0, 100],
                days=[0, 7],
                n_permutations=39,
                rng=seed,
                threads=1,
            )
            .table["p"]
            .iloc[0]
            for seed in range(100)
        ]
        low, high = binom.ppf([0.001, 0.999], 100, LEVEL)
        assert low <= (np.array(p) <= LEVEL).sum() <= high

    def test_level_beyond_an_episode(self) -> None:
        """In a small and busy area with short bins, half of all p are at most one half."""
        p = []
        for seed in range(100):
            rng = np.random.default_rng(seed)
            rows = np.column_stack([rng.integers(0, 400, (400, 2)), rng.uniform(0, 60, 400)])
            found = look(
                calls(rows.tolist()),
                unit="episode",
                space=[0, 100, 200, 300],
                days=[0, 1, 7],
                n_permutations=119,
                rng=seed,
            )
            p.append(np.array(squared(found, "p"))[:, 0])
        low, high = binom.ppf([0.001, 0.999], 100, 0.5)
        n_low = (np.array(p) <= 0.5).sum(axis=0)
        assert (n_low <= high).all()
        assert (n_low >= low).all()
        assert ((np.array(p) <= LEVEL).sum(axis=0) <= binom.ppf(0.999, 100, LEVEL)).all()

    def test_calls_of_bursts_are_no_repeats(self) -> None:
        """If calls are dealt out instead of episodes, bursts are found."""
        table = simulate_null(300, "bursty", rng=8)
        options = {"space": [0, 100], "days": [0, 7], "n_permutations": 99}
        assert look(table, unit="call", **options).table["p"].iloc[0] == 0.01
        assert look(table, unit="episode", **options).table["p"].iloc[0] > 0.05


class TestMessages:
    """What is wrong is said, with what to do."""

    table = scattered(30, 9)

    def test_coordinate_system(self) -> None:
        """Degrees are refused."""
        with pytest.raises(InputError, match="Invalid coordinate system 'EPSG:4326'. Must be"):
            look(self.table.to_crs(4326))

    def test_no_table(self) -> None:
        """A reading is not its incidents."""
        with pytest.raises(InputError, match="Invalid incidents 'list'. Must be an incidents tabl"):
            look([])  # type: ignore[arg-type]

    def test_no_geometry(self) -> None:
        """A table without points is refused, and how to get them is said."""
        plain = pd.DataFrame(self.table.drop(columns="geometry"))
        with pytest.raises(InputError, match="Invalid incidents 'DataFrame'. Must be a GeoDataFra"):
            look(plain)  # type: ignore[arg-type]

    @pytest.mark.parametrize("column", ["start", "time_precision", "weight", "person_key"])
    def test_no_column(self, column: str) -> None:
        """The columns that are used must be there."""
        match = f"Invalid incidents 'a table without {column}'. Must be an incidents table for near"
        with pytest.raises(InputError, match=match):
            look(self.table.drop(columns=column))

    def test_polygons(self) -> None:
        """Ground has no distance to other ground."""
        with pytest.raises(
            InputError, match="Invalid geometry 'no point.* Must be points for near"
        ):
            look(self.table.set_geometry(self.table.buffer(10)))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_points_without_end(self, value: float) -> None:
        """A coordinate is a finite number."""
        x = np.where(np.arange(len(self.table)) == 3, value, self.table.geometry.x)
        points = gpd.points_from_xy(x, self.table.geometry.y, crs=self.table.crs)
        table = self.table.set_geometry(points)
        with pytest.raises(
            InputError, match=r"Invalid geometry 'no point, .* end \(i3\)'. Must be"
        ):
            look(table)

    def test_no_start(self) -> None:
        """A row without a moment is refused by its id."""
        table = self.table.copy()
        table.loc["i3", "start"] = pd.NaT
        with pytest.raises(InputError, match="Invalid start 'missing in i3'. Must be a time in"):
            look(table)

    @pytest.mark.parametrize("how", ["naive", "text"])
    def test_start_without_time_zone(self, how: str) -> None:
        """A clock without a place is refused, and so is text."""
        wall = self.table["start"].dt.tz_localize(None)
        start = wall if how == "naive" else wall.astype(str)
        with pytest.raises(InputError, match="Invalid start '.*'. Must be a Series of tz"):
            look(self.table.assign(start=start))
        mended = pd.to_datetime(start).dt.tz_localize("Europe/London")
        assert look(self.table.assign(start=mended)).table.equals(look(self.table).table)

    def test_unknown_precision(self) -> None:
        """How finely a time is known must be known."""
        with pytest.raises(
            MonthlyDataError, match="30 of 30 incidents are known only to the unknow"
        ):
            look(self.table.assign(time_precision=pd.Series([None] * 30, dtype="str").to_numpy()))

    def test_monthly(self) -> None:
        """Months are refused by name."""
        monthly = self.table.assign(time_precision="month")
        with pytest.raises(MonthlyDataError, match="near_repeat needs the date .* 30 of 30 incide"):
            look(monthly)

    @pytest.mark.parametrize("n", [0, 1])
    def test_too_few(self, n: int) -> None:
        """Two incidents are needed."""
        with pytest.raises(InputError, match=f"There are {n} incidents with a point to compare"):
            look(self.table.iloc[:n])

    @pytest.mark.parametrize(
        ("rows", "name"),
        [([(0, 0, 0), (0, 0, 5)], "point"), ([(0, 0, 0), (9, 0, 0)], "moment")],
    )
    def test_one_place_or_moment(self, rows: Any, name: str) -> None:
        """All at one point, or at one moment: nothing could be otherwise."""
        with pytest.raises(InputError, match=f"All events, 2 of them, are at one {name}. Must be"):
            look(calls(rows))

    def test_one_episode(self) -> None:
        """Calls about one occurrence leave nothing to compare."""
        with pytest.raises(InputError, match="All events, 1 of them, are at one point"):
            look(calls([(0, 0, 0), (9, 0, 0.05)]), unit="episode")

    @pytest.mark.parametrize("name", ["space", "days"])
    @pytest.mark.parametrize(
        "edges", [[0], [1, 1], [2, 1], [-1, 5], [0, np.nan], "ab", 7, list(range(99)), [[0, 1]]]
    )
    def test_edges(self, name: str, edges: Any) -> None:
        """Edges increase from 0 on."""
        with pytest.raises(InputError, match=f"Invalid {name} .* Must be 2 to 30 increasing edges"):
            look(self.table, **{name: edges})

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"distance": "walking"}, "Invalid distance 'walking'. Must be 'euclidean' or 'manhat"),
            ({"unit": "night"}, "Invalid unit 'night'. Must be 'episode' or 'call'"),
            ({"within": "year"}, "Invalid within 'year'. Must be 'month', 'week' or None"),
            ({"episode_radius": 0}, "Invalid episode_radius '0'. Must be a number of metres above"),
            ({"episode_radius": True}, "Invalid episode_radius 'True'. Must be"),
            ({"episode_radius": np.nan}, "Invalid episode_radius 'nan'. Must be"),
            ({"episode_radius": "50"}, "Invalid episode_radius '50'. Must be"),
            ({"n_permutations": 18}, "Invalid n_permutations '18'. Must be a whole number, at lea"),
            ({"n_permutations": 99.0}, "Invalid n_permutations '99.0'. Must be"),
            ({"threads": 0}, "Invalid threads '0'. Must be a whole number above 0"),
            ({"rng": "x"}, "Invalid rng 'x'. Must be a whole number"),
        ],
    )
    def test_options(self, options: dict[str, Any], message: str) -> None:
        """Words and numbers out of range are refused."""
        with pytest.raises(InputError, match=message):
            look(self.table, **options)

    @pytest.mark.parametrize("radius", [np.int64(50), np.float32(50), 50])
    def test_radius_of_any_number(self, radius: Any) -> None:
        """Numbers of numpy are numbers."""
        found = look(self.table, unit="episode", episode_radius=radius, space=[0, 100])
        assert found.table.equals(
            look(self.table, unit="episode", episode_radius=50.0, space=[0, 100]).table
        )

    def test_snapped(self) -> None:
        """Half of the points at those of others: said, with what to do; not if it makes nothing."""
        rows = [(25.0 * (k // 2), 0.0, 7.3 * k) for k in range(20)]
        with pytest.warns(
            HotspotsWarning, match=r"100 % .* the same map point, .* first edge of 0"
        ):
            look(calls(rows), n_permutations=399)
        look(calls(rows), space=[0, 100], n_permutations=399)
        apart = [(x + k, y, day) for k, (x, y, day) in enumerate(rows)]
        look(calls([*apart, *apart[:3]]), n_permutations=399)

    def test_weights(self) -> None:
        """Rows that stand for several incidents are compared as one."""
        with pytest.warns(HotspotsWarning, match="each is compared as one call. For counted cells"):
            look(self.table.assign(weight=2.5))
        with pytest.raises(InputError, match="Invalid weight '(str|object)'. Must be"):
            look(self.table.assign(weight="1"))

    def test_too_few_permutations(self) -> None:
        """If no replicate reached a bin and its q is large, more replicates are asked for."""
        rows = [(500.0 * k, j * 30.0, 5.0 * k + j) for k in range(30) for j in range(2)]
        with pytest.warns(HotspotsWarning, match=r"None of 19 .* 1 bin, .* Use n_permutations=79"):
            look(calls(rows), space=[0, 100, 800, 1500, 2500], days=[0, 2], n_permutations=19)

    def test_too_many_pairs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """More pairs than fit are counted, and refused before they are listed."""
        monkeypatch.setattr(near_pairs, "MOST_PAIRS", 10)
        with pytest.raises(
            InputError, match="There are 435 pairs of events less than 5000 m apart"
        ):
            look(self.table, space=[0, 5000])
