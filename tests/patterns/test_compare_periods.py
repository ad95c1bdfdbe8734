"""Two periods: by hand, at the edges, against known numbers, and what must not matter."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import hotspots as hs
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError
from hotspots.patterns.count_ratios import (
    Spread,
    compare_counts,
    least_ratios,
    measure_spread,
)
from hotspots.patterns.surroundings import false_discovery_rates
from tests.scenes import SOUTH, WEST, make_incidents, square_area

CHANCE = Spread(np.ones(1), np.inf, 0)
NOW = ("2026-03-02", "2026-03-16")  # two weeks from a Monday
THEN = "2025-03-03"  # 52 weeks before


def one(x: float, y: float, days: tuple[float, float] = (14, 14), spread: Spread = CHANCE) -> Any:
    """Compare two counts of one group at 5 %."""
    return compare_counts(np.array([float(x)]), np.array([float(y)]), days, spread, 0.05)


def calls_on(days: pd.DatetimeIndex, boroughs: object = "E09000007", **columns: object) -> Any:
    """Give a call at noon on each day, far from the one before."""
    far = np.arange(len(days)) * 1000.0
    rows = pd.DataFrame({"start": days + pd.Timedelta(hours=12), "x": WEST + far, "y": SOUTH})
    return make_incidents(rows, borough=boroughs, **columns)


def every_day(
    per_day: int = 4, first: str = "2024-12-30", last: str = "2026-03-16", **columns: object
) -> gpd.GeoDataFrame:
    """Give so many calls a day."""
    days = pd.date_range(first, last, inclusive="left")
    return calls_on(days.repeat(per_day), **columns)


def noisy(seed: int, mean: float = 4.0, season: float = 0.0) -> gpd.GeoDataFrame:
    """Give two years in three boroughs with as many calls a day as chance has it."""
    chance = np.random.default_rng(seed)
    days = pd.date_range("2024-03-18", "2026-03-16", inclusive="left")
    swing = 1 + season * np.sin(2 * np.pi * np.arange(len(days)) / 364)
    parts = [calls_on(days.repeat(chance.poisson(mean * swing)), code) for code in "ABC"]
    together = pd.concat(parts)
    together.index = [f"c{number}" for number in range(len(together))]
    return together


class TestRatios:
    """Two counts."""

    def test_poisson_test(self) -> None:
        """R's example of poisson.test: 11 in 800 against 21 in 3,011 days."""
        found = one(11, 21, (800, 3011))
        assert found.ratio[0] == pytest.approx(1.971488, abs=1e-6)
        assert found.low[0] == pytest.approx(0.8584264, abs=1e-6)
        assert found.high[0] == pytest.approx(4.2772659, abs=1e-6)

    @pytest.mark.parametrize(("x", "y"), [(10, 2), (7, 7), (0, 5), (5, 0), (30, 41), (1, 0)])
    def test_binomial(self, x: int, y: int) -> None:
        """Scipy's exact binomial interval and tails, as a ratio."""
        found = one(x, y, (14, 28))
        test = stats.binomtest(x, x + y, 14 / 42).proportion_ci(method="exact")
        with np.errstate(divide="ignore"):
            limits = [2 * np.float64(limit) / (1 - limit) for limit in (test.low, test.high)]
        assert [found.low[0], found.high[0]] == pytest.approx(limits)
        tails = [
            stats.binomtest(x, x + y, 14 / 42, alternative=side).pvalue
            for side in ("greater", "less")
        ]
        assert found.p[0] == pytest.approx(min(1, 2 * min(tails)))

    def test_by_hand(self) -> None:
        """Five against none: (1/2)⁵ on one side, twice that on both; the ratio has no end."""
        found = one(5, 0)
        assert found.p[0] == pytest.approx(2 / 32)
        assert (found.ratio[0], found.high[0]) == (np.inf, np.inf)
        assert one(0, 5).low[0] == 0
        # The lower limit π of 5 of 5 has π⁵ = 0.025.
        share = 0.025 ** (1 / 5)
        assert found.low[0] == pytest.approx(share / (1 - share))

    def test_nothing(self) -> None:
        """None against none says nothing."""
        assert np.isnan([part[0] for part in one(0, 0)]).all()

    def test_overdispersion(self) -> None:
        """With an overdispersion of 4, 40 against 20 is as sure as 10 against 5."""
        wide, few = one(40, 20, spread=Spread(np.array([4.0]), np.inf, 30)), one(10, 5)
        assert [wide.low[0], wide.high[0], wide.p[0]] == pytest.approx(
            [few.low[0], few.high[0], few.p[0]]
        )
        assert wide.ratio[0] == 2

    def test_degrees(self) -> None:
        """With few degrees of freedom the deviate of p is judged by t."""
        sure, less = one(40, 20), one(40, 20, spread=Spread(np.ones(1), 5.0, 10))
        assert less.p[0] == pytest.approx(2 * stats.t.sf(stats.norm.isf(sure.p[0] / 2), 5))
        assert less.low[0] < sure.low[0] < 1.3 < sure.high[0] < less.high[0]

    @given(
        st.integers(0, 300),
        st.integers(0, 300),
        st.floats(1, 8),
        st.sampled_from([4.0, 12.0, np.inf]),
    )
    def test_interval_and_p_agree(self, x: int, y: int, phi: float, degrees: float) -> None:
        """The interval leaves out 1 exactly where p is below 0.05; sides can be exchanged."""
        spread = Spread(np.array([phi]), degrees, 20)
        found, turned = one(x, y, spread=spread), one(y, x, spread=spread)
        if x == y == 0:
            return
        assert 0 < found.p[0] <= 1
        assert found.p[0] == pytest.approx(turned.p[0])
        assert found.low[0] <= found.ratio[0] <= found.high[0]
        if abs(found.p[0] - 0.05) > 1e-9:
            assert (found.p[0] < 0.05) == (found.low[0] > 1 or found.high[0] < 1)


class TestLeastRatios:
    """How large a change must be to show."""

    @pytest.mark.parametrize("y", [0.4, 3, 60, 900, 2e5])
    @pytest.mark.parametrize("days", [(14, 14), (30, 90)])
    @pytest.mark.parametrize(("alpha", "degrees"), [(0.05, np.inf), (0.05 / 32, 4.6)])
    def test_is_on_the_line(
        self, y: float, days: tuple[float, float], alpha: float, degrees: float
    ) -> None:
        """The count that it stands for has a p of just alpha."""
        spread = Spread(np.array([1.4]), degrees, 9)
        least = least_ratios(np.array([float(y)]), days, spread, alpha)[0]
        found = compare_counts(
            np.array([least * y * days[0] / days[1]]), np.array([float(y)]), days, spread, alpha
        )
        assert found.p[0] == pytest.approx(alpha)
        assert found.ratio[0] == pytest.approx(least)
        assert found.low[0] == pytest.approx(1)

    def test_from_none(self) -> None:
        """From none there is no ratio."""
        assert least_ratios(np.zeros(1), (14, 14), CHANCE, 0.05).tolist() == [np.inf]


class TestSpread:
    """How much like periods vary."""

    def test_by_hand(self) -> None:
        """2, 14, 4: (2 − 28 + 4)² = 484 over 6 times the mean of 20/3."""
        counts = np.array([[2.0, 14.0, 4.0]])
        found = measure_spread(counts, np.full(3, 7.0), np.ones(2, dtype=bool), 1)
        assert found.overdispersion[0] == pytest.approx(484 / 40)
        assert (found.n, found.degrees) == (1, pytest.approx(18 / 35))

    def test_straight_line(self) -> None:
        """A level that rises evenly varies as little as can be; so do months of other lengths."""
        line = np.array([[10.0, 20, 30, 40, 50], [31e4, 28e4, 31e4, 30e4, 31e4]])
        days = np.array([31.0, 28, 31, 30, 31])
        assert measure_spread(line, np.full(5, 14.0), np.ones(4, dtype=bool), 1).overdispersion[
            0
        ] == pytest.approx(1)
        assert measure_spread(line, days, np.ones(4, dtype=bool), 1).overdispersion[1] == 1

    def test_gaps(self) -> None:
        """Periods with a gap between them are not compared."""
        counts = np.array([[5.0, 6, 5, 99, 98, 99]])
        is_joined = np.array([True, True, False, True, True])
        found = measure_spread(counts, np.full(6, 14.0), is_joined, 1)
        assert (found.n, found.overdispersion[0]) == (2, 1)

    def test_too_few(self) -> None:
        """Under the fewest differences nothing is estimated."""
        found = measure_spread(np.array([[2.0, 14, 4]]), np.full(3, 7.0), np.ones(2, bool), 2)
        assert (found.overdispersion[0], found.degrees, found.n) == (1, np.inf, 1)

    @pytest.mark.parametrize("phi", [1.0, 3.0])
    def test_known(self, phi: float) -> None:
        """Negative binomial counts of a known variance over mean, and their degrees of freedom."""
        chance = np.random.default_rng(1)
        mean = 60.0
        rate = mean if phi == 1 else chance.gamma(mean / (phi - 1), phi - 1, (4000, 26))
        counts = chance.poisson(rate, (4000, 26)).astype(float)
        e, joined = np.full(26, 14.0), np.ones(25, dtype=bool)
        found = measure_spread(counts, e, joined, 1)
        if phi > 1:
            assert found.overdispersion.mean() == pytest.approx(phi, rel=0.03)
            spread = found.overdispersion.var() / phi**2
            assert 2 / found.degrees == pytest.approx(spread, rel=0.15)
        assert found.overdispersion.min() >= 1


class TestByHand:
    """Few calls, every number known."""

    def test_windows(self) -> None:
        """Four a day: 56 in each fortnight, the first and last day counted, the next not."""
        found = hs.compare_periods(every_day(), NOW)
        row = found.table.loc["E09000007"]
        assert row[["n_current", "n_against", "days_current", "days_against"]].tolist() == [
            56,
            56,
            14,
            14,
        ]
        assert (row["name"], row["ratio"], row["p"], row["q"]) == ("Camden", 1, 1, 1)
        assert row["overdispersion"] == 1
        assert found.current == (pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-16"))
        assert found.against == (pd.Timestamp(THEN), pd.Timestamp("2025-03-17"))
        assert found.current[0].day_of_week == found.against[0].day_of_week
        # From 30 December 2024 there are 30 fortnights and six days before: 28 differences.
        assert found.n_history == 28

    def test_recent(self) -> None:
        """Six fortnights before, against which the expected number is a sixth."""
        found = hs.compare_periods(every_day(), NOW, against="recent")
        assert found.against == (pd.Timestamp("2025-12-08"), pd.Timestamp("2026-03-02"))
        row = found.table.iloc[0]
        assert row[["n_against", "days_against", "expected"]].tolist() == [336, 84, 56]
        assert hs.compare_periods(every_day(), NOW, against="recent", n_recent=2).against[
            0
        ] == pd.Timestamp("2026-02-02")

    def test_given_period(self) -> None:
        """A reference of another length is corrected by its days."""
        found = hs.compare_periods(every_day(), NOW, against=("2025-06-02", "2025-06-30"))
        row = found.table.iloc[0]
        assert row[["n_against", "days_against", "expected", "ratio"]].tolist() == [112, 28, 56, 1]

    def test_change(self) -> None:
        """Twice as many in one borough of three is found, and said."""
        calls = every_day(boroughs="E09000007")
        others = [every_day(boroughs=code) for code in ("E09000001", "E09000033")]
        day = calls["start"].dt.strftime("%Y-%m-%d")
        more = calls[day >= NOW[0]]
        more = more.set_geometry(more.geometry.translate(0, 9000))
        together = pd.concat([calls, more, *others])
        together.index = [f"c{number}" for number in range(len(together))]
        found = hs.compare_periods(together, NOW)
        # 112 of 168 with a half: as scipy says, made wider by t.
        chance = stats.binomtest(112, 168).pvalue
        p = found.table.loc["E09000007", "p"]
        assert chance < p < 0.01
        assert found.table.loc["E09000007", "q"] == pytest.approx(3 * p)
        assert found.summary.startswith(
            "1 of 3 boroughs with an incident changed more than chance explains (q of at most "
            "0.05), 2 to 15 March 2026 against 3 to 16 March 2025: Camden +100 % ("
        )
        assert repr(found) == (
            "<PeriodComparison: 2 to 15 March 2026 against 3 to 16 March 2025; 3 groups, 1 changed>"
        )

    def test_nothing_changed(self) -> None:
        """It says that nothing changed, and what would have been missed."""
        found = hs.compare_periods(every_day(), NOW)
        assert found.summary.startswith(
            "No borough changed more than chance explains, 2 to 15 March 2026 against 3 to 16 "
            "March 2025: of 1 borough with an incident the smallest q is 1. A rise of less than "
        )
        # Of 56 against 56: 83.65, if it were a count, would have p of 0.05 by t of 28 differences.
        spread = Spread(np.ones(1), 28 * 18 / 35, 28)
        least = least_ratios(np.array([56.0]), (14, 14), spread, 0.05)[0]
        assert one(least * 56, 56, spread=spread).p[0] == pytest.approx(0.05)
        assert f"less than {100 * (least - 1):.0f} % in a typical borough" in found.summary

    def test_what_would_be_missed_among_many(self) -> None:
        """Of eight boroughs a lone change is named at an eighth of alpha: so is what is missed."""
        codes = [f"B{number}" for number in range(8)]
        calls = pd.concat([every_day(boroughs=code) for code in codes])
        calls.index = [f"c{number}" for number in range(len(calls))]
        found = hs.compare_periods(calls, NOW)
        spread = Spread(np.ones(1), 28 * 18 / 35, 28)
        whole, eighth = (
            least_ratios(np.array([56.0]), (14, 14), spread, level)[0] for level in (0.05, 0.05 / 8)
        )
        assert whole < eighth
        assert f"less than {100 * (eighth - 1):.0f} % in a typical borough" in found.summary

    def test_missed_rise_is_about_even(self) -> None:
        """A rise of what the sentence says is named about as often as not, one group or many."""
        chance, named = np.random.default_rng(7), []
        for _ in range(300):
            history = chance.poisson(60.0, (16, 40)).astype(float)
            spread = measure_spread(history, np.full(40, 14.0), np.ones(39, dtype=bool), 6)
            x, y = chance.poisson(60.0, (2, 16)).astype(float)
            rise = np.median(least_ratios(y, (14.0, 14.0), spread, 0.05 / 16))
            x[0] = chance.poisson(60.0 * rise)
            p = compare_counts(x, y, (14.0, 14.0), spread, 0.05).p
            named.append(false_discovery_rates(p)[0] <= 0.05)
        assert 0.4 < np.mean(named) < 0.65

    def test_named_changes(self) -> None:
        """Seven that changed: the five of the smallest p are named, the smallest first."""
        more = {"G0": 3, "G1": 9, "G2": 5, "G3": 8, "G4": 4, "G5": 7, "G6": 6}
        parts = []
        for code, times in more.items():
            parts += [every_day(boroughs=code), every_day(times * 4, first=NOW[0], boroughs=code)]
        calls = pd.concat(parts)
        calls.index = [f"c{number}" for number in range(len(calls))]
        # All are calls of their own: four a day become 4 · (1 + times).
        found = hs.compare_periods(calls, NOW, unit="call", by="borough")
        assert found.table["p"].sort_values().index.tolist()[:5] == ["G1", "G3", "G5", "G6", "G2"]
        named = found.summary.split(": ", 1)[1].split("; ")
        assert [each.split()[0] for each in named[:5]] == ["G1", "G3", "G5", "G6", "G2"]
        assert named[5] == "and 2 more."
        assert named[0].startswith("G1 +900 % (+")

    def test_episodes(self) -> None:
        """Calls of one place and night are one, in each group that they touch."""
        calls = every_day(1)
        party = make_incidents(
            [("2026-03-06 22:00", WEST, SOUTH + 5000), ("2026-03-07 01:30", WEST, SOUTH + 5020)],
            borough="E09000007",
            heading=["Noise", "Fireworks"],
        )
        party.index = ["p0", "p1"]
        together = pd.concat([calls, party])
        assert hs.compare_periods(together, NOW).table["n_current"].tolist() == [15]
        by_call = hs.compare_periods(together, NOW, unit="call")
        assert by_call.table["n_current"].tolist() == [16]
        by_heading = hs.compare_periods(together, NOW, by="heading", missing=none_missing())
        assert by_heading.table["n_current"].to_dict() == {"Fireworks": 1, "Noise": 1}

    def test_day_of_an_episode(self) -> None:
        """An episode that begins before the period does not count in it."""
        calls = every_day(1)
        party = make_incidents(
            [("2026-03-01 23:50", WEST, SOUTH + 5000), ("2026-03-02 00:10", WEST, SOUTH + 5000)],
            borough="E09000007",
        )
        party.index = ["p0", "p1"]
        assert hs.compare_periods(pd.concat([calls, party]), NOW).table["n_current"].iloc[0] == 14

    def test_polygons(self) -> None:
        """Hotspots as rows: each call counts in the one that covers it, empty ones have a row."""
        calls = every_day(1)
        calls = calls.set_geometry(gpd.points_from_xy([WEST + 50] * len(calls), [SOUTH + 50] * 441))
        calls = calls.set_crs("EPSG:27700")
        boxes = [shapely.box(WEST + d, SOUTH, WEST + d + 100, SOUTH + 100) for d in (0, 500)]
        hotspots = gpd.GeoDataFrame(
            {"name": ["High Street", "Mill Lane"]}, geometry=boxes, index=[7, 8], crs="EPSG:27700"
        )
        found = hs.compare_periods(calls, NOW, by="hotspot", areas=hotspots)
        assert found.table.index.tolist() == [7, 8]
        assert found.table["name"].tolist() == ["High Street", "Mill Lane"]
        assert found.table["n_current"].tolist() == [14, 0]
        assert found.table.loc[8, ["ratio", "p", "q"]].isna().all()
        assert "of 1 hotspot with an incident" in found.summary


def none_missing() -> pd.PeriodIndex:
    """Say that there are data for every month."""
    return pd.PeriodIndex([], freq="M")


class TestEdges:
    """Zeros, months, gaps, breaks."""

    def test_expected_groups(self) -> None:
        """Groups that never had any have a row of zeros, and are not tested."""
        found = hs.compare_periods(every_day(), NOW, expected=["E09000033", "E09000007"])
        assert found.table.index.tolist() == ["E09000033", "E09000007"]
        assert found.table["n_current"].tolist() == [0, 56]
        assert found.table["name"].tolist() == ["Westminster", "Camden"]
        assert np.isnan(found.table.loc["E09000033", "q"])
        # They do not count among the groups that are tested, nor as small ones.
        more = hs.compare_periods(every_day(), NOW, expected=["E09000033", "E09000001"])
        assert more.summary == hs.compare_periods(every_day(), NOW).summary

    def test_from_none(self) -> None:
        """A borough without any last year has no ratio but a p."""
        calls = every_day()
        new = every_day(3, first="2026-03-02", boroughs="E09000033")
        new.index = "n-" + new.index
        found = hs.compare_periods(pd.concat([calls, new]), NOW)
        row = found.table.loc["E09000033"]
        assert (row["n_against"], row["ratio"], row["ratio_high"]) == (0, np.inf, np.inf)
        assert row["q"] < 0.001
        # A rise without an end: the interval is said by its lower limit alone.
        low = 100 * (row["ratio_low"] - 1)
        assert found.summary.endswith(f": Westminster from none (at least +{low:.0f} %).")

    def test_to_none(self) -> None:
        """A borough that has none left is down by 100 %."""
        gone = every_day(3, last="2026-03-02", boroughs="E09000033")
        gone.index = "g-" + gone.index
        summary = hs.compare_periods(pd.concat([every_day(), gone]), NOW).summary
        assert "Westminster −100 % (−100 % to −" in summary

    def test_too_small(self) -> None:
        """Of a call a week no rise under tenfold would show, and nothing is said of percents."""
        days = pd.date_range("2024-12-30", "2026-03-16", freq="7D", inclusive="left")
        found = hs.compare_periods(calls_on(days), ("2026-03-02", "2026-03-09"), alpha=0.01)
        assert found.summary.endswith("too small for any but the largest changes to show.")

    def test_weekend(self) -> None:
        """Weekends are measured by weekends: all alike, whatever the other days do."""
        days = pd.date_range("2024-03-18", "2026-03-16", inclusive="left")
        others = 6 * (np.arange(len(days)) // 7 % 2)  # none and six a day, week by week
        calls = calls_on(days.repeat(np.where(days.day_of_week >= 4, 9, others)))
        found = hs.compare_periods(calls, ("2026-03-06", "2026-03-09"))
        # 102 weekends before, of three days and a week apart: 100 differences.
        assert found.n_history == 100
        assert found.table["overdispersion"].tolist() == [1]
        double = calls_on(pd.date_range("2026-03-06", "2026-03-08").repeat(9))
        double = double.set_geometry(double.geometry.translate(0, 9000))
        both = pd.concat([calls, double.set_axis("d-" + double.index)])
        row = hs.compare_periods(both, ("2026-03-06", "2026-03-09")).table.iloc[0]
        assert (row["n_current"], row["n_against"]) == (54, 27)
        assert row["p"] < 0.01

    @pytest.mark.parametrize(("n_days", "step"), [(1, 7), (7, 7), (8, 14), (10, 14), (21, 21)])
    def test_steps_back(self, n_days: int, step: int) -> None:
        """Like periods lie whole weeks apart, as few as the length allows."""
        end = pd.Timestamp("2026-03-02") + pd.Timedelta(days=n_days)
        calls = every_day(1, last="2026-03-30")
        found = hs.compare_periods(calls, ("2026-03-02", end))
        # 427 days lie before, from 30 December 2024.
        n_windows = 427 // step
        assert found.n_history == n_windows - 2

    def test_counts_agree_with_calls(self) -> None:
        """Counts of places give what the calls give, by their area and by place."""
        areas = pd.concat(
            [square_area("Westham", code="Q1"), square_area("Eastham", WEST + 6000, code="Q2")]
        )
        calls = noisy(2)
        calls = calls.set_geometry(
            gpd.points_from_xy(WEST + 50 + (calls.geometry.x - WEST) % 12000, calls.geometry.y + 50)
        ).set_crs("EPSG:27700")
        places = hs.make_grid(areas, cell_size=1000)
        counts = hs.count_incidents(calls, places, period=("2024-03-18", "2026-03-16"))
        direct = hs.compare_periods(calls, NOW, by="area", areas=areas, unit="call")
        by_area = hs.compare_periods(counts, NOW, by="area", areas=areas)
        pd.testing.assert_frame_equal(direct.table, by_area.table)
        assert direct.table["name"].tolist() == ["Westham", "Eastham"]
        gap = pd.PeriodIndex(["2025-03"], freq="M")
        with pytest.raises(InputError, match="There are none for 2025-03"):
            hs.compare_periods(replace(counts, missing=gap), NOW, by="area")
        by_place = hs.compare_periods(counts, NOW, by="place")
        assert len(by_place.table) <= len(places)
        assert by_place.table["n_current"].sum() == direct.table["n_current"].sum()

    def test_monthly(self) -> None:
        """Whole months of monthly data: the same months a year before, by their days."""
        months = pd.period_range("2023-01", "2026-03", freq="M").start_time
        calls = calls_on(months, time_precision="month", weight=50.0)
        calls["start"] = calls["start"].dt.normalize()
        with pytest.warns(HotspotsWarning, match="CONNECT"):  # two days of February 2024
            found = hs.compare_periods(calls, ("2025-02-01", "2025-04-01"), unit="call")
        assert found.against == (pd.Timestamp("2024-02-01"), pd.Timestamp("2024-04-01"))
        row = found.table.iloc[0]
        # February 2024 had a day more.
        assert row[["n_current", "days_current", "days_against"]].tolist() == [100, 59, 60]
        assert row["ratio"] == pytest.approx(60 / 59)
        with pytest.raises(MonthlyDataError, match="to find episodes.*Use unit='call'"):
            hs.compare_periods(calls, ("2025-02-01", "2025-04-01"))
        with pytest.raises(MonthlyDataError, match="needs the day of each incident"):
            hs.compare_periods(calls, NOW, unit="call")
        recent = hs.compare_periods(
            calls, ("2026-02-01", "2026-04-01"), unit="call", against="recent", n_recent=3
        )
        assert recent.against == (pd.Timestamp("2025-08-01"), pd.Timestamp("2026-02-01"))

    def test_span_of_months(self) -> None:
        """Monthly data cover their months as a whole, whatever day their rows name."""
        months = pd.period_range("2024-01", "2026-03", freq="M").start_time
        calls = calls_on(months, time_precision="month")
        later = calls.assign(start=calls["start"] + pd.Timedelta(days=14))
        found = hs.compare_periods(later, ("2026-03-01", "2026-04-01"), unit="call")
        assert found.current[1] == pd.Timestamp("2026-04-01")
        with pytest.warns(HotspotsWarning, match="CONNECT"):
            first = hs.compare_periods(
                later,
                ("2026-03-01", "2026-04-01"),
                against=("2024-01-01", "2024-02-01"),
                unit="call",
            )
        assert first.table["n_against"].tolist() == [1]

    def test_rows_of_months_among_others(self) -> None:
        """A few rows of which only the month is known: days are refused, whole months are not."""
        calls = every_day(3, last="2026-04-01")
        months = pd.period_range("2025-01", "2026-03", freq="M").start_time
        coarse = calls_on(months.repeat(4), time_precision="month")
        mixed = pd.concat([calls, coarse.set_axis("m-" + coarse.index)])
        there = gpd.points_from_xy([WEST + 50] * len(mixed), [SOUTH + 50] * len(mixed))
        mixed = mixed.set_geometry(there).set_crs("EPSG:27700")
        areas = square_area()
        places = hs.make_grid(areas, cell_size=1000)
        counts = hs.count_incidents(mixed, places, period=("2024-12-30", "2026-04-01"))
        assert (counts.tier, counts.n_monthly) == ("timed", 60)
        days = ("2026-02-23", "2026-03-09")
        for each in (counts, mixed):
            with pytest.raises(MonthlyDataError, match="of 60 .*only the month"):
                hs.compare_periods(each, days, by="area", areas=areas, unit="call")
        month = hs.compare_periods(counts, ("2026-03-01", "2026-04-01"), by="area")
        assert month.table["n_current"].tolist() == [3 * 31 + 4]

    def test_days_without_a_clock(self) -> None:
        """Calls of which only the day is known have periods of days, and no episodes."""
        calls = every_day(1, time_precision="day")
        found = hs.compare_periods(calls, NOW, unit="call")
        assert found.table["n_current"].tolist() == [14]
        with pytest.raises(MonthlyDataError, match="needs the hour"):
            hs.compare_periods(calls, NOW)

    def test_short_history(self) -> None:
        """Without like periods before it is chance alone, and said to be."""
        calls = every_day(first="2026-01-05")
        with pytest.warns(HotspotsWarning, match="There are 4 like periods"):
            found = hs.compare_periods(calls, NOW, against=("2026-02-02", "2026-02-16"))
        assert found.n_history == 0
        assert found.table["p"].iloc[0] == 1

    def test_month_without_data(self, caplog: pytest.LogCaptureFixture) -> None:
        """A month in which nobody reported anything is missing: refused, or left out of history."""
        calls = every_day()
        month = calls["start"].dt.strftime("%Y-%m")
        with pytest.raises(InputError, match="There are none for 2025-03; missing is not zero"):
            hs.compare_periods(calls[month != "2025-03"], NOW)
        with caplog.at_level(logging.INFO):
            found = hs.compare_periods(calls[month != "2025-08"], NOW)
        assert "months without any incident are missing: ['2025-08']" in caplog.text
        # Of 30 fortnights the three that touch August are lost, and two differences on each side.
        assert found.n_history == 28 - 5
        gap = pd.PeriodIndex(["2025-03"], freq="M")
        with pytest.raises(InputError, match="There are none for 2025-03"):
            hs.compare_periods(calls, NOW, missing=gap)
        zero = hs.compare_periods(calls[month != "2025-03"], NOW, missing=none_missing())
        assert zero.table["n_against"].iloc[0] == 0

    def test_break(self) -> None:
        """Two sides of a change of system are compared with a warning."""
        calls = every_day(first="2023-06-05", last="2024-06-03")
        with pytest.warns(HotspotsWarning, match="CONNECT.*against='recent'"):
            hs.compare_periods(
                calls, ("2024-05-06", "2024-05-20"), against=("2023-11-06", "2023-11-20")
            )

    @pytest.mark.parametrize(
        ("current", "against"),
        [
            # 84 days "recent", 30 of them before the change of 28 February 2024
            (("2024-04-22", "2024-05-06"), "recent"),
            (("2024-05-06", "2024-06-03"), ("2024-01-01", "2024-05-06")),
            # the change lies in the current period
            (("2024-02-19", "2024-03-04"), "recent"),
            # one day before it is enough
            (("2024-05-21", "2024-05-28"), ("2024-02-27", "2024-05-21")),
        ],
    )
    def test_break_inside(self, current: Any, against: Any) -> None:
        """A break inside one of the two is as bad as one between them."""
        calls = every_day(1, first="2023-06-05", last="2024-06-03")
        with pytest.warns(HotspotsWarning, match="CONNECT"):
            hs.compare_periods(calls, current, against=against)

    def test_break_at_the_edge(self) -> None:
        """Periods that begin or end with the break have days on one side of it only."""
        calls = every_day(1, first="2023-06-05", last="2024-06-03")
        hs.compare_periods(calls, ("2024-02-14", "2024-02-28"), against="recent")
        hs.compare_periods(
            calls,
            ("2024-05-22", "2024-06-05"),
            against="recent",
            n_recent=6,
            period=("2023-06-05", "2024-06-05"),
        )

    def test_break_in_the_history(self) -> None:
        """A jump between like periods on two sides of a break is no variation of theirs."""
        before = every_day(2, first="2023-09-13", last="2024-02-28")
        after = every_day(9, first="2024-02-28", last="2024-12-18")
        calls = pd.concat([before.set_axis("b-" + before.index), after])
        # 20 fortnights lie between the break and the current one.
        found = hs.compare_periods(calls, ("2024-12-04", "2024-12-18"), against="recent")
        assert found.table["overdispersion"].iloc[0] == 1
        # 12 fortnights before the break give ten differences, 20 behind it eighteen.
        assert found.n_history == 28

    def test_break_inside_the_history(self) -> None:
        """A like period that lies on both sides of a break is compared with none."""
        calls = every_day(1, first="2023-09-13", last="2024-12-11")
        found = hs.compare_periods(calls, ("2024-11-27", "2024-12-11"), against="recent")
        # The fortnight from 21 February to 5 March 2024 is left out: 11 before it give nine
        # differences, 19 after it seventeen.
        assert found.n_history == 26

    def test_weekdays(self) -> None:
        """Ten days against ten others hold other weekdays."""
        with pytest.warns(HotspotsWarning, match="days of the week in different proportion"):
            hs.compare_periods(every_day(), ("2026-03-02", "2026-03-12"), against="recent")

    def test_all_coincident(self) -> None:
        """Calls of one point are an episode a night."""
        calls = every_day(3)
        where = gpd.points_from_xy([WEST] * len(calls), [SOUTH] * len(calls), crs="EPSG:27700")
        found = hs.compare_periods(calls.set_geometry(where), NOW)
        assert found.table["n_current"].iloc[0] == 14

    def test_clock_change(self) -> None:
        """A fortnight with the change of the clock has as many days as another."""
        calls = every_day(last="2026-04-06")
        found = hs.compare_periods(calls, ("2026-03-23", "2026-04-06"))
        assert found.table[["n_current", "days_current"]].iloc[0].tolist() == [56, 14]

    def test_no_incident_at_all(self) -> None:
        """No group with anything in either period."""
        calls = every_day(1, first="2025-04-07", last="2025-06-01")
        with pytest.warns(HotspotsWarning, match="like periods"):
            found = hs.compare_periods(
                calls,
                ("2025-02-03", "2025-02-10"),
                against=("2025-01-06", "2025-01-13"),
                period=("2025-01-01", "2025-06-02"),
                missing=none_missing(),
            )
        assert found.summary.startswith("No borough had an incident")


class TestRelations:
    """What must not matter, and what must."""

    @settings(max_examples=3)
    @given(st.integers(0, 1000))
    def test_order_of_rows(self, seed: int) -> None:
        """The order of rows does not matter, and nothing is changed."""
        calls = noisy(1)
        before = calls.copy()
        shuffled = calls.sample(frac=1, random_state=seed)
        found, again = (hs.compare_periods(each, NOW) for each in (calls, shuffled))
        pd.testing.assert_frame_equal(found.table, again.table)
        assert found.summary == again.summary
        pd.testing.assert_frame_equal(calls, before)

    def test_weights_are_repetition(self) -> None:
        """A row that stands for two is two rows."""
        calls = noisy(3)
        twice = pd.concat([calls, calls.set_axis("again-" + calls.index)])
        heavy = hs.compare_periods(calls.assign(weight=2.0), NOW, unit="call")
        many = hs.compare_periods(twice, NOW, unit="call")
        pd.testing.assert_frame_equal(heavy.table, many.table)

    def test_season_is_fair(self) -> None:
        """The same season in both years: "last year" keeps its level, "recent" does not."""
        shares = {"last year": [], "recent": []}
        for seed in range(5):
            calls = noisy(seed, mean=6, season=0.8)
            for against, found in shares.items():
                # The season is at its lowest in December and turns up.
                table = hs.compare_periods(calls, ("2026-02-02", "2026-02-16"), against=against)
                found.extend(table.table["p"] <= 0.05)
        assert np.mean(shares["last year"]) <= 0.14
        assert np.mean(shares["recent"]) > 0.5

    def test_season_cancels(self) -> None:
        """If all days of the year have twice as many, in both years, the ratio stays."""
        even, double = every_day(4), every_day(4)
        month = double["start"].dt.month
        more = double[month.isin([2, 3])]
        more = more.set_geometry(more.geometry.translate(0, 9000))
        more.index = "m-" + more.index
        summer = hs.compare_periods(pd.concat([double, more]), NOW)
        assert summer.table["ratio"].iloc[0] == hs.compare_periods(even, NOW).table["ratio"].iloc[0]
        assert summer.table["n_current"].iloc[0] == 112

    def test_rows_do_not_matter_to_each_other(self) -> None:
        """A borough has the same ratio and p whichever others are compared with it; q may not."""
        calls = noisy(4)
        every = hs.compare_periods(calls, NOW).table
        alone = hs.compare_periods(calls[calls["borough"] == "B"], NOW).table
        pd.testing.assert_frame_equal(every.loc[["B"]].drop(columns="q"), alone.drop(columns="q"))


class TestMessages:
    """What is wrong, and what to type instead."""

    def test_coordinate_system(self) -> None:
        """Calls in degrees, and areas."""
        with pytest.raises(InputError, match="Invalid coordinate system 'EPSG:4326'"):
            hs.compare_periods(every_day(1).to_crs("EPSG:4326"), NOW)
        areas = square_area().to_crs("EPSG:4326")
        with pytest.raises(InputError, match=r"Use areas.to_crs\('EPSG:27700'\)"):
            hs.compare_periods(every_day(1), NOW, by="area", areas=areas)

    def test_not_covered(self) -> None:
        """Periods outside of the data, and after their end."""
        with pytest.raises(InputError, match="Invalid against '3 to 16 March 2025'. Must be insid"):
            hs.compare_periods(every_day(first="2025-03-10"), NOW)
        with pytest.raises(InputError, match="Invalid current '9 to 22 March 2026'.*period="):
            hs.compare_periods(every_day(), ("2026-03-09", "2026-03-23"))

    def test_overlap(self) -> None:
        """A period that is compared with a part of itself."""
        with pytest.raises(InputError, match="Must be apart from the current 2 to 15 March 2026"):
            hs.compare_periods(every_day(), NOW, against=("2026-02-23", "2026-03-09"))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"against": "last month"}, "Must be 'last year', 'recent', or a start and an end"),
            ({"against": ("2025-01-06", "x")}, "Invalid against 'x'"),
            ({"by": "street"}, "Invalid by 'street'. Must be 'area', 'hotspot' or one of"),
            ({"by": "heading"}, "Invalid by 'heading'. Must be a column with values"),
            ({"by": "area"}, "Must be a GeoDataFrame of polygons with by='area'"),
            ({"unit": "report"}, "Must be 'episode' or 'call'"),
            ({"n_recent": 0}, "Invalid n_recent '0'"),
            ({"alpha": 1}, "Invalid alpha '1'"),
            ({"alpha": "x"}, "Invalid alpha 'x'. Must be a number above 0"),
            ({"alpha": None}, "Invalid alpha 'None'"),
            ({"by": ["borough", "heading"]}, "Invalid by '.'borough', 'heading'.'. Must be 'area'"),
            ({"expected": "E09000033"}, r"Invalid expected 'E09000033'.*expected=\['E09000033'\]"),
            ({"expected": 3}, "Invalid expected '3'. Must be several ids"),
            ({"missing": ["2026-03"]}, r"Invalid missing 'list'.*PeriodIndex\(\['2026-03'\], freq"),
            ({"missing": "2026-03"}, "Invalid missing 'str'. Must be a PeriodIndex of months"),
            (
                {"missing": pd.period_range("2026-03-01", "2026-03-31", freq="D")},
                "Invalid missing 'PeriodIndex of D'. Must be a PeriodIndex of months",
            ),
            ({"episode_radius": -1}, "Invalid radius '-1'"),
            ({"period": ("2026-01-01",)}, "Invalid period"),
        ],
    )
    def test_options(self, options: dict[str, Any], message: str) -> None:
        """Options out of their range."""
        with pytest.raises(InputError, match=message):
            hs.compare_periods(every_day(1), NOW, **options)

    def test_current(self) -> None:
        """A period that ends before it starts, or is none."""
        with pytest.raises(InputError, match="Invalid current"):
            hs.compare_periods(every_day(1), ("2026-03-16", "2026-03-02"))
        with pytest.raises(InputError, match="Invalid current"):
            hs.compare_periods(every_day(1), "2026-03-02")

    def test_no_boroughs(self) -> None:
        """Calls without a borough."""
        with pytest.raises(InputError, match="hs.assign_areas"):
            hs.compare_periods(every_day(1, boroughs=None), NOW)

    def test_twice_the_same_area(self) -> None:
        """Areas whose ids repeat."""
        areas = pd.concat([square_area(), square_area()])
        with pytest.raises(InputError, match="each with an id of its own"):
            hs.compare_periods(every_day(1), NOW, by="area", areas=areas)

    def test_few_rows(self) -> None:
        """Fewer than two incidents."""
        with pytest.raises(InputError, match="there are 1. Must be at least two"):
            hs.compare_periods(every_day(1).iloc[:1], NOW)

    @pytest.mark.parametrize("column", ["start", "time_precision", "weight"])
    def test_lacking_column(self, column: str) -> None:
        """A table that lacks what is counted."""
        with pytest.raises(InputError, match=f"Invalid incidents 'a table without {column}'"):
            hs.compare_periods(every_day(1).drop(columns=column), NOW, unit="call")

    @pytest.mark.parametrize(
        ("column", "value", "message"),
        [
            ("weight", -1.0, "Invalid weight 'negative, missing or infinite in i3'"),
            ("weight", np.nan, "Invalid weight 'negative, missing or infinite in i3'"),
            ("start", pd.NaT, "Invalid start 'missing in .*'. Must be a time in every row"),
        ],
    )
    def test_bad_row(self, column: str, value: object, message: str) -> None:
        """A row that cannot be counted."""
        calls = every_day(1)
        calls.loc["i3", column] = value
        with pytest.raises(InputError, match=message):
            hs.compare_periods(calls, NOW, unit="call")

    def test_zones(self) -> None:
        """Times without zone are refused; those of another zone count on London's days."""
        calls = every_day(1, last="2026-04-20")
        # At half past midnight in summer, it is the day before in UTC; none on the first day.
        late = calls.assign(start=calls["start"] - pd.Timedelta(hours=11, minutes=30))
        late = late[late["start"].dt.strftime("%Y-%m-%d") != "2025-06-02"]
        in_utc = late.assign(start=late["start"].dt.tz_convert("UTC"))
        june = ("2025-06-02", "2025-06-16")
        for each in (late, in_utc):
            found = hs.compare_periods(each, june, against="recent", unit="call")
            assert found.table["n_current"].tolist() == [13]
        naive = late.assign(start=late["start"].dt.tz_localize(None))
        with pytest.raises(InputError, match="start 'datetime64.*Must be a Series of tz"):
            hs.compare_periods(naive, june, unit="call")

    def test_heavy_episodes(self) -> None:
        """A row that stands for two calls is one call of an episode, which is said."""
        calls = every_day(1).assign(weight=2.0)
        with pytest.warns(HotspotsWarning, match="stand for another number.*unit='call'"):
            found = hs.compare_periods(calls, NOW)
        assert found.table["n_current"].tolist() == [14]

    def test_shares(self) -> None:
        """Weights that are not whole."""
        calls = every_day(1).assign(weight=0.3)
        with pytest.raises(InputError, match="Must be whole numbers"):
            hs.compare_periods(calls, NOW, unit="call")

    def test_path(self) -> None:
        """A path instead of a table."""
        with pytest.raises(InputError, match="Must be an incidents table, or Counts"):
            hs.compare_periods("calls.csv", NOW)

    def test_counts_by_heading(self) -> None:
        """Counts know places and no headings."""
        places = hs.make_grid(square_area(), cell_size=1000)
        counts = hs.count_incidents(every_day(1), places, period=("2024-12-30", "2026-03-16"))
        with pytest.raises(InputError, match="hs.places_from_areas"):
            hs.compare_periods(counts, NOW, by="heading")


@pytest.mark.acceptance
def test_london(shared_data: Path) -> None:
    """April 2026 against the three months before, by borough: what the page says."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    reports, boroughs = hs.read_incidents(path).incidents, hs.load_boroughs()
    found = hs.compare_periods(
        reports,
        ("2026-04-01", "2026-05-01"),
        against="recent",
        n_recent=3,
        by="area",
        areas=boroughs,
        unit="call",
    )
    assert found.n_history == 9
    assert found.table["q"].min() == pytest.approx(0.08, abs=0.005)
    assert found.table["overdispersion"].median() == pytest.approx(2.8, abs=0.05)
    assert "less than 64 % in a typical area" in found.summary
    x, y = (found.table[name].to_numpy(float) for name in ("n_current", "n_against"))
    alone = compare_counts(x, y, (30, 90), Spread(np.ones(32), np.inf, 0), 0.05)
    assert (false_discovery_rates(alone.p) <= 0.05).sum() == 24
