"""Forecasts of the past: by hand, at the edges, no look-ahead, and what must not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.counts.steps import count_steps
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError
from hotspots.risk.accuracy import land_weights
from hotspots.risk.backtest import KNOWN, backtest
from hotspots.risk.forecast_record import Forecast
from tests.places import SIDE, make_cells
from tests.scenes import make_incidents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hotspots.counts import Counts
    from hotspots.risk.backtest_record import Backtest

LEVEL = 0.9


def counted(table: Any, places: gpd.GeoDataFrame, first: str = "2025-01") -> Counts:
    """Count a matrix of places by months as if its incidents had been read."""
    matrix = np.asarray(table, dtype=np.float64)
    months = pd.period_range(first, periods=matrix.shape[1], freq="M")
    place, month = np.nonzero(matrix)
    centres = places.geometry.centroid
    rows = pd.DataFrame(
        {
            "start": months.to_timestamp()[month],
            "x": centres.x.to_numpy()[place],
            "y": centres.y.to_numpy()[place],
        }
    )
    incidents = make_incidents(rows, weight=matrix[place, month], time_precision="month")
    period = (str(months[0].start_time.date()), str((months[-1] + 1).start_time.date()))
    return hs.count_incidents(incidents, places, period=period)


def made(counts: Counts, expected: Any, size: float = np.inf, **columns: Any) -> Forecast:
    """Give a forecast of the next month."""
    table = pd.DataFrame(
        {"n": counts.totals(), "expected": expected, "size": size, "low": 0.0, "high": 2.0},
        index=counts.places.index,
    ).assign(**columns)
    return Forecast(table, "test", counts.end, counts.end + pd.DateOffset(months=1), LEVEL, {})


def mean_month(counts: Counts) -> Forecast:
    """Forecast the mean of the months so far."""
    steps = count_steps(counts)
    return made(counts, steps.matrix.toarray().mean(axis=1))


def last_month(counts: Counts) -> Forecast:
    """Forecast the last month again."""
    return made(counts, count_steps(counts).matrix.toarray()[:, -1])


OWN = {"plain": mean_month, "last": last_month}


def run(counts: Counts, methods: Any = None, **options: Any) -> Backtest:
    """Backtest two forecasters of our own."""
    given: dict[str, Any] = {"origins": 2, "shares": [0.25, 0.5], "rng": 1, "n_bootstrap": 99}
    return backtest(counts, OWN if methods is None else methods, **(given | options))


def noisy(width: int = 12, months: int = 6, seed: int = 1, scale: float = 1.0) -> Any:
    """Give gamma–Poisson counts of a square of cells, all but a few of them quiet."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(0.3, scale / 0.3, width * width)
    return chance.poisson(np.repeat(rate[:, None], months, axis=1)).astype(float)


def spread(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move cells a kilometre apart, so that they lie in many squares of 2 km; they stay 1 ha."""
    x, y = (10 * places[name].to_numpy() * SIDE for name in ("column", "row"))
    apart = gpd.GeoSeries(shapely.box(x, y, x + SIDE, y + SIDE), places.index, crs=places.crs)
    areas = places.assign(shape="area", cell_size_m=np.nan, column=-1, row=-1)
    return areas.set_geometry(apart)


@pytest.fixture(scope="module")
def wide() -> Counts:
    """Give six months of 144 cells in many squares of 2 km."""
    return counted(noisy(), spread(make_cells(12, 12)))


@pytest.fixture(scope="module")
def year() -> gpd.GeoDataFrame:
    """Give a simulated year of Camden."""
    return hs.simulate_incidents(6000, boroughs=["Camden"], rng=1).incidents


FOUR = [  # four cells, four months
    [6, 0, 3, 1],
    [0, 4, 3, 0],
    [2, 2, 0, 5],
    [0, 0, 0, 2],
]


@pytest.fixture(scope="module")
def found() -> Backtest:
    """Backtest the mean and the last month on four cells."""
    with pytest.warns(HotspotsWarning, match="1 square of 2 km, too few"):
        return run(counted(FOUR, make_cells(2, 2)))


class TestByHand:
    """Four cells in four months, of which the last two are forecast."""

    def test_hit_rates(self, found: Backtest) -> None:
        """The mean of two months is 3, 2, 2, 0: month three has 3 of 6 in the first cell.

        The second cell of two tied ones: (3 + (3 + 0)/2) / 6. The last month says 0, 4, 2, 0.
        """
        first = found.table.xs(1, level="origin")["hit_rate"]
        assert first["plain"].tolist() == pytest.approx([3 / 6, 4.5 / 6])
        assert first["last"].tolist() == pytest.approx([3 / 6, 3 / 6])
        # Month four has 1, 0, 5, 2. The means are 3, 7/3, 4/3, 0; the last month 3, 3, 0, 0.
        second = found.table.xs(2, level="origin")["hit_rate"]
        assert second["plain"].tolist() == pytest.approx([1 / 8, 1 / 8])
        assert second["last"].tolist() == pytest.approx([0.5 / 8, 1 / 8])

    def test_pai_and_pei(self, found: Backtest) -> None:
        """PAI is the rate over the land; the best of March is 3/6 and 6/6, of April 5/8 and 7/8."""
        plain = found.table.loc["plain"]
        assert plain["best"].tolist() == pytest.approx([3 / 6, 1, 5 / 8, 7 / 8])
        assert plain["pai"].tolist() == pytest.approx([2, 1.5, 0.5, 0.25])
        assert plain["pei"].tolist() == pytest.approx([1, 0.75, 1 / 5, 1 / 7])

    def test_summary(self, found: Backtest) -> None:
        """Means over the origins; actual over expected of the selected places of both."""
        plain = found.summary.loc["plain"]
        assert plain["hit_rate"].tolist() == pytest.approx(
            [(3 / 6 + 1 / 8) / 2, (0.75 + 1 / 8) / 2]
        )
        # On a quarter: 3 + 1 came where 3 + 3 were expected. On a half: 4.5 + 1 of 5 + 16/3.
        assert plain["ratio"].tolist() == pytest.approx([4 / 6, 5.5 / (5 + 16 / 3)])

    def test_differences(self, found: Backtest) -> None:
        """The last month less the plain count; one square of 2 km gives no interval."""
        row = found.differences.loc[("last", 0.25)]
        assert row["difference"] == pytest.approx(-0.5 / 8 / 2)
        assert row["ratio"] == pytest.approx((3 / 6 + 0.5 / 8) / (3 / 6 + 1 / 8))
        assert np.isnan(row[["low", "high", "ratio_low", "ratio_high"]].astype(float)).all()
        assert found.n_blocks == 1

    def test_calibration(self, found: Backtest) -> None:
        """Of eight counts of the two months, 3, 3 and 5 are above the interval from 0 to 2."""
        every = found.calibration.loc[("plain", "all")]
        assert every["coverage"] == pytest.approx(5 / 8)
        assert (every["places"], every["actual"]) == (4, 14)
        assert every["expected"] == pytest.approx(7 + 20 / 3)
        assert every["ratio"] == pytest.approx(14 / (7 + 20 / 3))
        top = found.calibration.loc[("plain", "top 0.25")]
        assert (top["places"], top["actual"], top["expected"]) == (1, 4, 6)
        # The first cell had 3 and then 1.
        assert top["coverage"] == pytest.approx(1 / 2)

    def test_log_score(self, found: Backtest) -> None:
        """Month three by Poisson: 3 | 3, 3 | 2, 0 | 2, 0 | 0 with the floor of a thousandth."""
        from scipy.stats import poisson  # noqa: PLC0415

        told = poisson.logpmf([3, 3, 0, 0], [3, 2, 2, 0.001]).mean()
        assert found.scores.loc[("plain", 1), "log_poisson"] == pytest.approx(told)
        assert found.scores.loc[("plain", 1), "log_negative_binomial"] == pytest.approx(told)

    def test_stability(self, found: Backtest) -> None:
        """From 3, 2, 2, 0 to 3, 7/3, 4/3, 0: one tie less."""
        p = 0.99
        agreement = [1, (1 + 0.5) / np.sqrt(1.5 * 2), 1, 1]
        told = (1 - p) / p * sum(a * p**d for d, a in enumerate(agreement, 1)) + p**4
        assert found.stability.loc[("plain", 2), "overlap"] == pytest.approx(told)
        assert ("plain", 1) not in found.stability.index

    def test_periods(self, found: Backtest) -> None:
        """March and April 2025."""
        assert found.scores.loc["last", "start"].dt.month.tolist() == [3, 4]
        assert found.scores.loc["last", "actual"].tolist() == [6, 8]

    def test_is_a_table(self, found: Backtest) -> None:
        """Printed, it is one, and the plain count comes first."""
        assert repr(found) == "<Backtest: plain, last; 2 months forecast, 0.0 km² of land>"
        lines = str(found).splitlines()
        assert lines[2].split() == ["share", "25", "%", "50", "%"]
        assert lines[4].split() == ["plain", "31.25", "43.75"]
        assert lines[6].split()[:2] == ["best", "possible"]
        assert lines[-1].split() == ["last", "-3.12", "-12.50"]


class TestAreas:
    """Each area fills its own land."""

    def test_by_hand(self) -> None:
        """Two cells an area: half of the land of A is its first cell, of B its second."""
        places = make_cells(2, 2).assign(area_id=["A", "A", "B", "B"])
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(counted(FOUR, places), shares=[0.5]).areas
        # A had 6 in March, of which 3 in its first cell, and 1 in April, in its first cell.
        a, b = found.loc[("plain", "A", 0.5)], found.loc[("plain", "B", 0.5)]
        assert (a["n"], a["hit_rate"], a["best"]) == (7, pytest.approx(4 / 7), pytest.approx(4 / 7))
        assert (b["n"], b["hit_rate"], b["pai"]) == (7, pytest.approx(5 / 7), pytest.approx(10 / 7))

    def test_no_area(self) -> None:
        """Places without an area count in all together, and in no area."""
        places = make_cells(2, 2).assign(
            area_id=pd.Series(["A", None, None, None], dtype="str").to_numpy()
        )
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(counted(FOUR, places), shares=[0.5])
        assert found.areas.index.unique(level="area_id").tolist() == ["A"]
        assert found.scores["actual"].tolist() == [6, 8, 6, 8]


class TestEdges:
    """Context, cut months, empty steps, land."""

    def test_context_is_not_scored(self) -> None:
        """A place of context is known to the forecaster and neither selected nor counted."""
        places = make_cells(2, 2)
        counts = counted(FOUR, places)
        beside = replace(counts, places=places.assign(is_context=[True, False, False, False]))
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(beside, shares=[1 / 3])
        assert found.scores.loc["plain", "actual"].tolist() == [3, 7]
        assert found.calibration.loc[("plain", "all"), "places"] == 3
        # Second and third are tied in March and had 3 and 0; in April the second had none.
        assert found.table.loc["plain", "hit_rate"].tolist() == pytest.approx([1.5 / 3, 0])

    def test_cut_month_is_not_forecast(self) -> None:
        """A period that ends on 15 April has no whole April; February and March are forecast."""
        counts = counted(FOUR, make_cells(2, 2))
        cut = replace(counts, end=pd.Timestamp("2025-04-15", tz="Europe/London"))
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(cut)
        assert found.scores.loc["plain", "start"].dt.month.tolist() == [2, 3]

    def test_missing_month(self) -> None:
        """A month without data is not forecast, and the one after it is."""
        counts = counted(FOUR, make_cells(2, 2))
        table = counts.table[counts.table["date"].dt.month != 3].reset_index(drop=True)
        gap = replace(counts, table=table, missing=pd.PeriodIndex(["2025-03"], freq="M"))
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(gap)
        assert found.scores.loc["plain", "start"].dt.month.tolist() == [2, 4]

    def test_empty_step(self, wide: Counts) -> None:
        """A month in which nothing came is left out of the means, and said."""
        table = wide.table[wide.table["date"].dt.month != 5].reset_index(drop=True)
        with pytest.warns(
            HotspotsWarning, match="1 step of 2 had no incident.* left out of hit rates"
        ):
            found = run(replace(wide, table=table))
        rates = found.table.loc["plain", "hit_rate"]
        assert rates[1].isna().all()
        assert found.summary.loc["plain", "hit_rate"].tolist() == rates[2].tolist()
        assert np.isfinite(found.differences.to_numpy()).all()
        # That nothing came is part of what was expected and came: both months, one of them empty.
        every = found.calibration.loc[("plain", "all")]
        both = found.scores.loc["plain", ["expected", "actual"]].sum()
        assert every[["expected", "actual"]].tolist() == pytest.approx(both.tolist())
        assert found.scores.loc[("plain", 1), "actual"] == 0 < found.scores.loc["plain"].iloc[0, 2]

    def test_weights_that_are_not_whole(self, wide: Counts) -> None:
        """Half an incident lies between 0 and 1, which intervals do not know."""
        table = wide.table.assign(n=wide.table["n"] / 2)
        with pytest.warns(HotspotsWarning, match="Some counts are not whole.*Go by hit rates"):
            found = run(replace(wide, table=table))
        rates = run(wide).summary["hit_rate"]
        assert found.summary["hit_rate"].tolist() == pytest.approx(rates.tolist())

    def test_shares_that_are_close(self, wide: Counts) -> None:
        """Shares that would print alike are told apart, and so are the groups of calibration."""
        found = run(wide, shares=[0.25, 0.2500001, 0.5])
        head = str(found).splitlines()[2].split()
        assert head == ["share", "25", "%", "25.00001", "%", "50", "%"]
        groups = found.calibration.loc["plain"].index
        assert groups.is_unique
        assert groups[-3:].tolist() == ["top 0.25", "top 0.2500001", "top 0.5"]

    def test_land(self, wide: Counts) -> None:
        """Half of twice the land is all places, if the rest comes last."""

        def everywhere(counts: Counts) -> Forecast:
            return made(counts, mean_month(counts).table["expected"] + 0.01)

        size = wide.places["area_m2"].sum()
        found = run(wide, {"plain": everywhere}, land=2 * size, shares=[0.5])
        assert found.summary["hit_rate"].tolist() == [1]
        assert found.summary["pai"].tolist() == [2]
        assert found.land_m2 == 2 * size

    def test_weeks(self) -> None:
        """Weeks back from the end of the period."""
        simulated = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
        boroughs = hs.load_boroughs()
        places = hs.make_grid(boroughs[boroughs["name"] == "Camden"], cell_size=500)
        counts = hs.count_incidents(simulated, places, period=("2025-01-01", "2025-03-26"))

        def week(counts: Counts) -> Forecast:
            week = pd.DateOffset(days=7)
            return replace(made(counts, counts.totals() / counts.weeks), end=counts.end + week)

        found = run(counts, {"plain": week}, step="week")
        assert found.scores["end"].dt.strftime("%d %b").tolist() == ["19 Mar", "26 Mar"]
        assert (
            found.scores["actual"].sum()
            == counts.since(pd.Timestamp("2025-03-12", tz="Europe/London")).total
        )  # type: ignore[union-attr]

    def test_inputs_are_kept(self, wide: Counts) -> None:
        """Counts are not changed."""
        table, places = wide.table.copy(), wide.places.copy()
        run(wide)
        pd.testing.assert_frame_equal(wide.table, table)
        pd.testing.assert_frame_equal(wide.places, places)


class TestNoLookAhead:
    """Nothing of what came later reaches a forecaster."""

    def test_history_ends(self, wide: Counts) -> None:
        """What a forecaster is given has no later row, total or month."""
        seen: list[Counts] = []

        def spy(counts: Counts) -> Forecast:
            seen.append(counts)
            return mean_month(counts)

        totals = {"context": np.ones(144), "n_outside": 5.0, "walk": {"in areas": 9}}
        run(replace(wide, **totals), {"plain": spy})
        for number, counts in enumerate(seen):
            month = 5 + number
            end = pd.Timestamp(f"2025-{month:02}-01")
            assert (counts.table["date"] < end).all()
            assert counts.end.tz_localize(None) == end
            assert counts.months_seen.max() == pd.Period(f"2025-{month - 1:02}", "M")
            assert counts.context.sum() == counts.n_outside == len(counts.area_week) == 0
            assert counts.account is None
            assert counts.walk == {}

    @pytest.mark.parametrize("method", ["plain", "last"])
    def test_future_rows_change_nothing(self, method: str) -> None:
        """Two more months of a thousand times as much leave earlier forecasts as they were."""
        check_no_look_ahead(
            {"plain": mean_month, "last": last_month} if method == "last" else {"plain": mean_month}
        )

    def test_cells_of_later_months(self) -> None:
        """Of a Grid only cells are known that had an incident before: one a month, further east."""
        seen: list[int] = []

        def spy(counts: Counts) -> Forecast:
            seen.append(len(counts.places))
            assert counts.totals().min() > 0
            return mean_month(counts)

        rows = [(f"2025-0{month}-03", 540_010.0 + 150 * month, 180_010.0) for month in range(1, 7)]
        rows += [(f"2025-0{month}-05", 540_160.0, 180_010.0) for month in range(1, 7)]
        one, more = (
            hs.count_incidents(make_incidents(rows), hs.Grid(150), period=("2025-01-01", end))
            for end in ("2025-06-01", "2025-07-01")
        )
        with pytest.warns(HotspotsWarning, match="too few"):
            short = run(one, {"plain": spy}, origins=2, land=1e6)
        with pytest.warns(HotspotsWarning, match="too few"):
            long = run(more, {"plain": spy}, origins=3, land=1e6)
        assert seen == [3, 4, 3, 4, 5]
        kept = long.table[long.table.index.get_level_values("origin") <= 2]
        pd.testing.assert_frame_equal(kept, short.table)
        # April: 3 cells of 22,500 m² were known, and half of 1 km² has room for them and for part
        # of all the rest: (500,000 − 67,500) / (1,000,000 − 67,500) of the one new incident.
        rate = (1 + 432.5 / 932.5) / 2
        assert short.table.loc[("plain", 1, 0.5), "hit_rate"] == pytest.approx(rate)

    @pytest.mark.parametrize("method", KNOWN)
    def test_every_method(self, method: str, year: gpd.GeoDataFrame) -> None:
        """Each method of `forecast` scores the same in a year that ends in August or December."""
        boroughs = hs.load_boroughs()
        places = hs.make_grid(boroughs[boroughs["name"] == "Camden"], cell_size=300)
        ends = ("2025-09-01", "2026-01-01")
        short, long = (hs.count_incidents(year, places, period=("2025-01-01", end)) for end in ends)
        one, more = (
            run(counts, [method], origins=origins) for counts, origins in ((short, 2), (long, 6))
        )
        for name in ("table", "scores"):
            kept = getattr(more, name)
            kept = kept[kept.index.get_level_values("origin") <= 2]
            pd.testing.assert_frame_equal(kept, getattr(one, name))


def check_no_look_ahead(methods: Any, **options: Any) -> None:
    """Compare the scores of a table with those of the same table and more months after it."""
    places = spread(make_cells(12, 12))
    short = noisy(months=8)
    future = np.random.default_rng(5).poisson(1000, (144, 2)).astype(float)
    long = np.concatenate([short, future], axis=1)
    one = run(counted(short, places), methods, origins=2, **options)
    more = run(counted(long, places), methods, origins=4, **options)
    kept = more.scores[more.scores.index.get_level_values("origin") <= 2]
    pd.testing.assert_frame_equal(kept, one.scores)
    kept = more.table[more.table.index.get_level_values("origin") <= 2]
    pd.testing.assert_frame_equal(kept, one.table)


class TestIntervals:
    """Differences by blocks."""

    def test_same_forecast(self, wide: Counts) -> None:
        """A method that is the plain count is ahead by nothing, in every draw."""
        found = run(wide, {"plain": mean_month, "same": mean_month}).differences
        assert (found[["difference", "low", "high"]] == 0).all(axis=None)
        assert (found[["ratio", "ratio_low", "ratio_high"]] == 1).all(axis=None)

    def test_interval_is_drawn_from_blocks(self, wide: Counts) -> None:
        """It is what drawing squares of 2 km by hand gives, both methods and origins alike."""
        found = run(wide, shares=[0.1], n_bootstrap=999)
        steps = count_steps(wide).matrix.toarray()
        xy = wide.places.geometry.centroid
        block = pd.factorize(pd.Series(list(zip(xy.x // 2000, xy.y // 2000, strict=True))))[0]
        assert found.n_blocks == block.max() + 1 == 36
        chance = np.random.default_rng(7)
        ahead = []
        for _ in range(600):
            squares = chance.integers(0, 36, 36)
            drawn = np.concatenate([np.flatnonzero(block == each) for each in squares])
            rates = []
            for month in (4, 5):
                came = steps[drawn, month]
                for score in (steps[:, :month].mean(axis=1), steps[:, month - 1]):
                    weights = land_weights(score[drawn], np.ones(len(drawn)), np.array([0.1]))
                    rates.append(came @ weights[:, 0] / came.sum())
            ahead.append((rates[1] - rates[0] + rates[3] - rates[2]) / 2)
        low, high = np.quantile(ahead, [0.05, 0.95])
        row = found.differences.loc[("last", 0.1)]
        width = high - low
        assert width > 0
        assert row["low"] == pytest.approx(low, abs=0.08 * width)
        assert row["high"] == pytest.approx(high, abs=0.08 * width)
        assert row["low"] < row["difference"] < row["high"]

    def test_seed(self, wide: Counts) -> None:
        """The same seed gives the same interval, another one another."""
        one, same, other = (run(wide, rng=seed).differences for seed in (1, 1, 2))
        pd.testing.assert_frame_equal(one, same)
        assert (one["low"] != other["low"]).any()
        assert (one["difference"] == other["difference"]).all()


class TestMethods:
    """Methods of `forecast`."""

    def test_plain_comes_first(self, wide: Counts) -> None:
        """Whether it is asked for or not, and once."""
        for methods in (["weighted"], ["weighted", "plain"], "weighted"):
            found = run(wide, methods)
            assert found.summary.index.unique(level="method").tolist() == ["plain", "weighted"]

    def test_name_of_ones_own(self, wide: Counts) -> None:
        """A method by another name scores as by its own."""
        found = run(wide, {"ours": "weighted", "weighted": "weighted"}).summary
        pd.testing.assert_frame_equal(found.loc["ours"], found.loc["weighted"])


class TestRelations:
    """What must not matter."""

    def test_order_and_labels(self, wide: Counts) -> None:
        """Rows of places in another order, and other labels."""
        order = np.random.default_rng(3).permutation(144)
        position = np.argsort(order)
        places = wide.places.iloc[order]
        places.index = pd.Index([f"p{number}" for number in range(144)], name="place_id")
        table = wide.table.assign(place=position[wide.table["place"]])
        turned = replace(wide, places=places, table=table.sort_values(["place", "date"]))
        one, other = run(wide), run(turned)
        for name in ("table", "summary", "differences", "calibration", "scores", "stability"):
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))

    def test_perfect_forecast(self, wide: Counts) -> None:
        """Who knows what comes has PEI 1, and all that is expected comes."""
        truth = count_steps(wide).matrix.toarray()

        def oracle(counts: Counts) -> Forecast:
            return made(counts, truth[:, len(counts.months)])

        found = run(wide, {"plain": mean_month, "oracle": oracle}).summary.loc["oracle"]
        assert found["pei"].tolist() == pytest.approx([1, 1])
        assert found["ratio"].tolist() == pytest.approx([1, 1])

    def test_calibrated_forecast(self) -> None:
        """Poisson counts with known rates: 90 % intervals hold as often as they state."""
        from scipy.stats import poisson  # noqa: PLC0415

        chance = np.random.default_rng(2)
        rate = chance.gamma(1, 3, 900)
        counts = counted(chance.poisson(np.repeat(rate[:, None], 6, 1)), spread(make_cells(30, 30)))

        def true_rate(counts: Counts) -> Forecast:
            low, high = poisson.ppf([[0.05], [0.95]], rate)
            return made(counts, rate, low=low, high=high)

        found = run(counts, {"plain": true_rate}, origins=5).calibration.loc["plain"]
        assert found.loc["all", "coverage"] == pytest.approx(found.loc["all", "stated"], abs=0.01)
        assert found.loc["all", "ratio"] == pytest.approx(1, abs=0.02)
        tenth = found[found.index.str.startswith("tenth")]
        assert (tenth["coverage"] - tenth["stated"]).abs().max() < 0.04
        assert found.loc["all", "central"] == pytest.approx(LEVEL, abs=0.015)
        assert (tenth["central"] - LEVEL).abs().max() < 0.05
        # Each tenth holds a tenth of what is expected.
        assert tenth["expected"].to_numpy() == pytest.approx(rate.sum() * 5 / 10, rel=0.05)


class TestPlot:
    """What is drawn."""

    def test_lines(self, wide: Counts) -> None:
        """Hit rates of each method and the best possible; coverage and the level."""
        found = run(wide)
        left, right = found.plot().axes
        drawn = {line.get_label(): line.get_ydata() for line in left.lines}
        assert list(drawn) == ["best possible", "plain", "last"]
        assert drawn["last"] == pytest.approx(100 * found.summary.loc["last", "hit_rate"])
        held = {line.get_label(): line.get_ydata() for line in right.lines}
        assert list(held) == ["asked for", "plain", "last"]
        assert set(held["asked for"]) == {90}
        tenths = [f"tenth {number}" for number in range(1, 11)]
        of_last = found.calibration.loc["last"].reindex(tenths)["central"].dropna()
        assert set(100 * of_last) <= set(held["last"])

    def test_without_matplotlib(self, wide: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
        """It says what to install."""
        monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
        with pytest.raises(InputError, match=r"Use pip install \"asb-hotspots\[plot\]\""):
            run(wide).plot()


def without_rows(counts: Counts) -> Forecast:
    """Forecast half of the places."""
    found = mean_month(counts)
    return replace(found, table=found.table.iloc[1:])


def negative(counts: Counts) -> Forecast:
    """Expect less than nothing."""
    return made(counts, -1.0)


def of_today(counts: Counts) -> Forecast:
    """Forecast the wrong period."""
    return replace(mean_month(counts), start=counts.start)


def changed(**fields: Any) -> Callable[[Counts], Forecast]:
    """Give a forecaster of which some fields are wrong."""
    return lambda counts: replace(mean_month(counts), **fields)


def columns(**values: Any) -> Callable[[Counts], Forecast]:
    """Give a forecaster with wrong numbers in its table, or without a column."""

    def make(counts: Counts) -> Forecast:
        found = mean_month(counts)
        table = found.table.assign(**values)
        return replace(found, table=table.drop(columns=[c for c, v in values.items() if v is None]))

    return make


def half(counts: Counts) -> Forecast:
    """Give intervals of another level."""
    return replace(mean_month(counts), level=0.5)


class TestMessages:
    """What cannot be used is said."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"origins": 6}, r"Invalid origins '6'. Must be at most 5, for so many whole months"),
            ({"origins": 0}, "Invalid origins '0'. Must be a whole number of steps, 1 or more"),
            (
                {"shares": [0.0, 0.5]},
                r"Invalid shares .* Must be increasing shares of land above 0",
            ),
            ({"shares": [0.5, 1.5]}, "above 0 and at most 1"),
            ({"shares": [0.5, 0.1]}, r"Use shares=\(0.01, 0.05\)"),
            ({"shares": "many"}, "Invalid shares 'many'"),
            ({"shares": []}, "Invalid shares"),
            ({"land": 5.0}, "Invalid land '5.0'. Must be at least the 1,440,000 m² of the places"),
            ({"land": "all"}, "Invalid land 'all'"),
            ({"level": 1}, "Invalid level '1'. Must be a number above 0 and below 1"),
            ({"n_bootstrap": 3}, "Invalid n_bootstrap '3'. Must be a whole number, at least 19"),
            ({"step": "year"}, "Invalid step 'year'. Must be 'month' or 'week'"),
            ({"rng": -1}, "Invalid rng '-1'"),
        ],
    )
    def test_options(self, wide: Counts, options: dict[str, Any], message: str) -> None:
        """Options out of their range."""
        with pytest.raises(InputError, match=message):
            run(wide, **options)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (
                without_rows,
                r"Invalid forecast of 'mine' '143 rows on another index'. Must be a row",
            ),
            (negative, r"Invalid forecast of 'mine' 'impossible numbers \(c0, c1"),
            (of_today, r"Must be midnights of Europe/London.*Use start=pd.Timestamp\('2025-05-01'"),
            (changed(start=pd.Timestamp("2025-05-01")), "'2025-05-01 00:00:00 to .* Must be midni"),
            (changed(start="May"), "Invalid forecast of 'mine' 'May to "),
            (changed(level=None), "Invalid forecast of 'mine' 'level None'"),
            (changed(table=None), "Invalid forecast of 'mine' 'NoneType'. Must be a table"),
            (columns(low=None), "Invalid forecast of 'mine' 'without low'. Must be with expected"),
            (columns(low="few"), "'values that are no numbers'. Must be numbers in exp"),
            (columns(low=-1.0), r"impossible numbers \(c0, c1.*low of at least 0 up to high"),
            (columns(low=3.0), r"impossible numbers \(c0, c1"),
            (columns(high=np.nan), r"impossible numbers \(c0, c1"),
            (half, "Invalid forecast of 'mine' 'level 0.5'. Must be at the level"),
            (lambda counts: counts, "Invalid forecast of 'mine' 'Counts'. Must be a Forecast"),
        ],
    )
    def test_forecasters(self, wide: Counts, make: Callable[[Counts], Any], message: str) -> None:
        """Forecasts that cannot be scored."""
        with pytest.raises(InputError, match=message):
            run(wide, {"plain": mean_month, "mine": make})

    @pytest.mark.parametrize("methods", [5, {"plain": 7}, {1: "plain"}, [None]])
    def test_methods(self, wide: Counts, methods: Any) -> None:
        """What are no methods."""
        with pytest.raises(InputError, match="Invalid methods"):
            run(wide, methods)

    def test_unknown_method(self, wide: Counts) -> None:
        """A name that is none is refused before anything is forecast."""
        with pytest.raises(InputError, match="Invalid methods 'weigthed'. Must be one of plain, "):
            run(wide, ["plain", "weigthed"])

    def test_method_by_the_name_of_another(self, wide: Counts) -> None:
        """Weighted counts by the name "plain" would be what all others are compared with."""
        with pytest.raises(InputError, match="Invalid methods 'plain: weighted'. Must be by its"):
            run(wide, {"plain": "weighted"})

    def test_no_counts(self) -> None:
        """A path instead of counts."""
        with pytest.raises(InputError, match="Invalid counts 'str'. .* Use hs.count_incidents"):
            run("counts.csv")  # type: ignore[arg-type]

    def test_nothing_before(self) -> None:
        """All zeros before the first origin."""
        table = np.zeros((4, 4))
        table[0, 3] = 5
        with pytest.raises(InputError, match="There are no incidents before 1 March 2025"):
            run(counted(table, make_cells(2, 2)))

    def test_one_period(self) -> None:
        """A single month has nothing before it."""
        counts = counted([[1.0], [2.0]], make_cells(2, 1))
        with pytest.raises(InputError, match="Must be fewer than the whole months, of which"):
            run(counts, origins=1)

    def test_only_context(self, wide: Counts) -> None:
        """Nothing of one's own."""
        counts = replace(wide, places=wide.places.assign(is_context=True))
        with pytest.raises(InputError, match="Must be over places that are not context"):
            run(counts)

    def test_weeks_of_months(self, wide: Counts) -> None:
        """Monthly data has no weeks."""
        with pytest.raises(MonthlyDataError, match="Use step='month'"):
            run(wide, step="week")

    def test_occupied_places(self) -> None:
        """A grid of the places with incidents does not know the land."""
        rows = [(f"2025-0{month}-03", 540_010.0, 180_010.0) for month in range(1, 7)]
        counts = hs.count_incidents(
            make_incidents(rows), hs.Grid(150), period=("2025-01-01", "2025-07-01")
        )
        with pytest.raises(InputError, match="or be given the size of all land"):
            run(counts)
        with pytest.warns(HotspotsWarning, match="too few"):
            found = run(counts, land=1e6)
        assert found.land_m2 == 1e6


@pytest.mark.acceptance
def test_london_plain(shared_data: Path) -> None:
    """The plain line of London, month by month from all before, as it was first measured.

    Whole hexagons of 60,506 that make 1,572 km²: 60, 302, 605, 1,210, 3,025.
    """
    frame = pd.read_parquet(shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet")
    table = frame.pivot_table(
        index=["hex_q", "hex_r"], columns="month", values="asb_count", aggfunc="sum", fill_value=0
    ).to_numpy()
    side = int(np.ceil(np.sqrt(len(table))))
    places = make_cells(side, side).iloc[: len(table)]
    counts = counted(table, places, "2025-05")
    n, land = np.array([60, 302, 605, 1210, 3025]), 60_506
    with np.errstate(all="ignore"):
        found = run(counts, {"plain": mean_month}, origins=6, shares=n / land, land=land * 1e4)
    assert (100 * found.summary["hit_rate"]).round(2).tolist() == [4.07, 12.98, 20.07, 30.06, 48.67]
