"""Forecasts of the next month or week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import nbinom

import hotspots as hs
from hotspots.areas.places import make_places
from hotspots.risk.forecast_history import History, make_history
from hotspots.risk.forecast_rates import (
    DEFAULT,
    Evidence,
    Memory,
    _misfit,
    area_rates,
    fit_memory,
    gather,
    plain_rates,
    weighted_rates,
)
from hotspots.risk.forecast_size import Spread, fit_spread, interval
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SIDE = 150.0
MEMORY = Memory(half_life=4.0, recent_shape=2.0, year_weeks=5.0, neighbour_weeks=10.0)


def count_of(
    numbers: Sequence[Sequence[float]], *, start: str = "2025-01", places: object = None
) -> hs.Counts:
    """Count monthly incidents: a row a place from west to east, a column a month."""
    table = np.asarray(numbers, dtype=float)
    months = pd.period_range(start, periods=table.shape[1], freq="M")
    place, month = np.nonzero(table)
    rows = pd.DataFrame(
        {
            "start": months.start_time.strftime("%Y-%m-%d").to_numpy()[month],
            "x": WEST + SIDE * (place + 0.5),
            "y": np.full(len(place), SOUTH + SIDE / 2),
        }
    )
    incidents = make_incidents(rows, time_precision="month", weight=table[place, month])
    period = (months[0].start_time, (months[-1] + 1).start_time)
    if places is None:
        places = hs.make_grid(square_area(side=SIDE * len(table))).iloc[: len(table)]
    return hs.count_incidents(incidents, places, period=period)


def history_of(numbers: Sequence[Sequence[float]], **options: str) -> History:
    """Give the history of monthly counts."""
    return make_history(count_of(numbers, **options), "month", None)


class TestByHand:
    """Few places and months, the arithmetic in the comment."""

    def test_plain_is_the_rate_of_the_year_times_the_coming_days(self) -> None:
        """3 + 1 in 31 + 28 days, then a March of 31 days: 4 × 31 / 59."""
        found = hs.forecast(count_of([[3, 1], [0, 2]]), method="plain")
        assert found.table["expected"].tolist() == pytest.approx([4 * 31 / 59, 2 * 31 / 59])
        assert found.table["n"].tolist() == [4, 2]
        assert found.start == pd.Timestamp("2025-03-01", tz="Europe/London")
        assert found.end == pd.Timestamp("2025-04-01", tz="Europe/London")

    def test_plain_forgets_what_is_older_than_a_year(self) -> None:
        """Of 14 months the first two count nothing: 12 a year of 365 days, March 31 of them."""
        found = hs.forecast(count_of([[50, 50, *[1] * 12]]), method="plain")
        assert found.start == pd.Timestamp("2026-03-01", tz="Europe/London")
        assert found.table["expected"].iloc[0] == pytest.approx(12 * 31 / 365)

    def test_decay(self) -> None:
        """January ends 28 days before March: with a half-life of four weeks it weighs half."""
        history = history_of([[3, 1]])
        assert history.decay(2, 4.0).tolist() == [0.5, 1.0]
        assert history.decay(1, 4.0).tolist() == [1.0, 0.0]

    def test_weighted(self) -> None:
        """Two places side by side in one area, strengths given.

        Weeks: January 31/7, February 4; counts (3, 1) and (0, 2). The area has 6 in 2 places and
        59/7 weeks, and the rate of all places, 6 / (2 × 59/7) a week, is worth one incident more:
        so its rate r is the same, 21/59. Around the first lies one place with 2:
        (2 + 10 r) / (59/7 + 10). Its year: (4 + 5 around) / (59/7 + 5). Recent: 3/2 + 1 in
        31/14 + 4 weeks; (2.5 + 2) / (87/14 + 2 / usual).
        """
        history = history_of([[3, 1], [0, 2]])
        r = 21 / 59
        around = (2 + 10 * r) / (59 / 7 + 10)
        usual = (4 + 5 * around) / (59 / 7 + 5)
        rates = weighted_rates(gather(history, 2, 4.0), MEMORY)
        assert rates[0] == pytest.approx(4.5 / (87 / 14 + 2 / usual))

    def test_the_latest_twelve_steps_are_predicted(self) -> None:
        """Of 15 months the first teaches nothing, and the next two are too old."""
        assert history_of([[1] * 15]).targets == list(range(3, 15))

    def test_area_rates(self) -> None:
        """An area without incidents has a rate above 0, from all places together."""
        history = history_of([[3, 1], [0, 0]])
        two = History(
            history.matrix,
            history.starts,
            history.ends,
            history.factors,
            np.array([0, 1]),
            history.beside,
        )
        # 4 in 2 places and 10 weeks: 0.2 a week, worth one incident in 5 weeks.
        rates = area_rates(two, np.array([4.0, 0.0]), 10.0)
        assert rates.tolist() == pytest.approx([5 / 15, 1 / 15])

    def test_level_of_one_step(self) -> None:
        """From one month nothing but its own rate is known: (5 + 1/2) in 31 days."""
        assert history_of([[5]]).level(1) == pytest.approx(5.5 * 7 / 31)

    def test_level_of_a_steady_area(self) -> None:
        """31 in January and 28 in February are one a day, and remain it."""
        assert history_of([[31, 28, 31, 30]]).level(4) == pytest.approx(7.0, rel=0.02)

    def test_size(self) -> None:
        """Variance = mean (1 + 0.5) + 0.2 mean²: of 4 it is 9.2, and so is 4 + 16 / size."""
        size = Spread(0.2, 0.5).sizes(np.array([4.0]))[0]
        assert 4 + 16 / size == pytest.approx(4 * 1.5 + 0.2 * 16)

    def test_interval_leaves_out_no_more_than_it_may(self) -> None:
        """Poisson of mean 1: P(≤ 1) = 0.736, P(≤ 2) = 0.920; of mean 10: 5 to 15 hold 0.922."""
        low, high = interval(np.array([1.0, 10.0]), np.array([np.inf, np.inf]), 0.9)
        assert (low.tolist(), high.tolist()) == ([0, 5], [2, 15])

    def test_nothing_expected_is_nothing(self) -> None:
        """A plain count of 0 has the interval 0 to 0."""
        found = hs.forecast(count_of([[3, 1], [0, 0]]), method="plain").table
        assert found.loc[found["n"] == 0, ["expected", "low", "high"]].to_numpy().tolist() == [
            [0, 0, 0]
        ]


class TestEdges:
    """Short, empty and odd histories."""

    def test_one_month(self) -> None:
        """Nothing to learn from: the defaults, and a warning."""
        with pytest.warns(hs.HotspotsWarning, match="no month with incidents after another"):
            found = hs.forecast(count_of([[3], [1]]))
        assert found.tuned["half_life_weeks"] == DEFAULT.half_life
        assert found.tuned["n_steps_tested"] == 0
        assert found.table["expected"].iloc[0] > found.table["expected"].iloc[1] > 0

    def test_empty_months(self) -> None:
        """Months without incidents are part of the history, and lower the rate."""
        busy = hs.forecast(count_of([[2, 2, 2, 2], [1, 1, 1, 1]]))
        quiet = hs.forecast(count_of([[2, 0, 0, 2], [1, 0, 0, 1]]))
        assert quiet.table["expected"].sum() < busy.table["expected"].sum()

    def test_missing_months_are_not_empty(self) -> None:
        """Two months of data with one missing between: the rate of the two."""
        counts = count_of([[3, 0, 3]])
        known = hs.counts.Counts(
            **{**vars_of(counts), "missing": pd.PeriodIndex(["2025-02"], freq="M")}
        )
        found = hs.forecast(known, method="plain")
        assert found.table["expected"].iloc[0] == pytest.approx(6 * 30 / 62)

    def test_one_place(self) -> None:
        """A place without neighbours is its own area."""
        found = hs.forecast(count_of([[3, 4, 5, 4]]))
        assert 3 < found.table["expected"].iloc[0] < 5

    def test_places_without_history(self) -> None:
        """Something is expected everywhere, more beside a busy place."""
        expected = hs.forecast(count_of([[9, 9, 9], [0, 0, 0], [0, 0, 0], [0, 0, 0]])).table[
            "expected"
        ]
        assert (expected > 0).all()
        assert expected.iloc[1] > expected.iloc[2]

    def test_areas_as_places(self) -> None:
        """Boroughs: neighbours are those that touch."""
        calls = hs.simulate_incidents(2000, rng=1).incidents
        counts = hs.count_incidents(calls, hs.places_from_areas(hs.load_boroughs()))
        assert hs.forecast(counts).table["expected"].sum() == pytest.approx(170, rel=0.3)

    def test_a_month_cut_short(self) -> None:
        """After data to 10 February comes March; the ten days count as ten days."""
        table = make_incidents(
            [("2025-01-06 12:00", WEST + 75, SOUTH + 75)] * 30
            + [("2025-02-03 12:00", WEST + 75, SOUTH + 75)]
        )
        places = hs.make_grid(square_area(side=SIDE))
        counts = hs.count_incidents(table, places, period=("2025-01-01", "2025-02-11"))
        found = hs.forecast(counts, method="plain")
        assert found.start == pd.Timestamp("2025-03-01", tz="Europe/London")
        assert found.table["expected"].iloc[0] == pytest.approx(31 * 31 / 41)

    def test_week(self) -> None:
        """The week after the end."""
        calls = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
        counts = hs.count_incidents(
            calls,
            hs.make_grid(hs.load_boroughs(), cell_size=500),
            period=("2025-01-01", "2026-01-01"),
        )
        found = hs.forecast(counts, step="week")
        assert (found.end - found.start).days == 7
        assert found.table["expected"].sum() == pytest.approx(3000 / 52, rel=0.3)

    def test_season(self) -> None:
        """A March that is twice as busy as other months is expected to be so."""
        counts = count_of([[31, 28]])
        season = pd.Series([1.0, 1.0, 2.0, *[1.0] * 9], index=range(1, 13))
        found = hs.forecast(counts, method="plain", season=season)
        assert found.table["expected"].iloc[0] == pytest.approx(62)

    def test_season_of_london(self) -> None:
        """59 in two months that should have 31 f₁ + 28 f₂ days' worth; of a March 31 f₃.

        f is the mean of `season_factors` over the days of the month.
        """
        found = hs.forecast(count_of([[31, 28]]), method="plain", season="london")
        days = pd.date_range("2025-01-01", "2025-03-31")
        one, two, three = hs.season_factors(days).groupby(days.month).sum()
        assert found.table["expected"].iloc[0] == pytest.approx(59 * three / (one + two))
        assert three / 31 > one / 31 + 0.05
        assert found.tuned["season_factor"] == pytest.approx(three / 31)
        assert "season_factor" not in hs.forecast(count_of([[31, 28]]), method="plain").tuned

    def test_week_of_halloween(self) -> None:
        """One a day until 30 October; the next seven days are as busy as London's are then."""
        days = pd.date_range("2025-09-18", "2025-10-30")
        table = make_incidents([(f"{day:%Y-%m-%d} 12:00", WEST + 75, SOUTH + 75) for day in days])
        places = hs.make_grid(square_area(side=SIDE))
        counts = hs.count_incidents(table, places, period=("2025-09-18", "2025-10-31"))
        found = hs.forecast(counts, method="plain", step="week", season="london")
        factors = hs.season_factors(pd.date_range("2025-09-19", "2025-11-06"))
        expected = 42 * factors.iloc[42:].sum() / factors.iloc[:42].sum()
        assert found.table["expected"].iloc[0] == pytest.approx(expected)
        assert expected > 8


def vars_of(counts: hs.Counts) -> dict[str, object]:
    """Give the fields of counts by name."""
    return {name: getattr(counts, name) for name in counts.__dataclass_fields__}


def draw(n_places: int, n_months: int, seed: int) -> np.ndarray:
    """Draw gamma–Poisson counts: rates differ between places and wander from month to month."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.3, 3.0, n_places)[:, None]
    return rng.poisson(rate * rng.gamma(5.0, 0.2, (n_places, n_months)))


class TestRelations:
    """What must not matter, and what must."""

    @pytest.mark.parametrize("method", ["plain", "weighted"])
    def test_nothing_later_is_seen(self, method: str) -> None:
        """Counts cut at a date forecast as if the later rows had never been."""
        numbers = draw(12, 8, 1)
        end = pd.Timestamp("2025-06-01", tz="Europe/London")
        cut = count_of(numbers).until(end)
        assert cut is not None
        never = count_of(numbers[:, :5])
        one, other = (hs.forecast(each, method=method) for each in (cut, never))
        pd.testing.assert_frame_equal(one.table, other.table)
        assert (one.start, one.tuned) == (other.start, other.tuned)

    def test_order_and_labels_of_places_do_not_matter(self) -> None:
        """Places turned round and renamed have the same forecast."""
        counts = count_of(draw(12, 8, 2))
        turned = counts.places.iloc[::-1].set_axis([f"x{i}" for i in range(12)])
        turned.index.name = "place_id"
        other = count_of(draw(12, 8, 2), places=turned)
        one, two = hs.forecast(counts).table, hs.forecast(other).table.iloc[::-1]
        np.testing.assert_allclose(one.to_numpy(), two.to_numpy(), rtol=1e-5)

    def test_inputs_are_not_changed(self) -> None:
        """The table of counts is as before."""
        counts = count_of(draw(5, 4, 3))
        before = counts.table.copy()
        hs.forecast(counts)
        pd.testing.assert_frame_equal(counts.table, before)

    @given(
        st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=2, max_size=6),
        st.data(),
    )
    def test_one_more_incident_never_lowers_the_rate(
        self, numbers: list[list[int]], data: st.DataObject
    ) -> None:
        """With the strengths held, of any place and month."""
        place = data.draw(st.integers(0, len(numbers) - 1))
        month = data.draw(st.integers(0, 3))
        table = np.array(numbers, dtype=float)
        more = table.copy()
        more[place, month] += 1
        before, after = (chain(each) for each in (table, more))
        rates = [weighted_rates(gather(each, 4, 4.0), MEMORY) for each in (before, after)]
        assert (rates[1] >= rates[0]).all()
        assert rates[1][place] > rates[0][place]
        assert (plain_rates(after, 4) >= plain_rates(before, 4)).all()

    @given(st.floats(0.2, 5.0))
    def test_scale_of_time(self, scale: float) -> None:
        """In weeks half as long all rates are half, if the strengths in weeks are doubled."""
        history = chain(np.arange(12.0).reshape(3, 4))
        known = gather(history, 4, 4.0)
        slower = known._replace(
            year_weeks=known.year_weeks * scale,
            area_rate=known.area_rate / scale,
            recent_weeks=known.recent_weeks * scale,
        )
        memory = MEMORY._replace(
            year_weeks=MEMORY.year_weeks * scale, neighbour_weeks=MEMORY.neighbour_weeks * scale
        )
        np.testing.assert_allclose(
            weighted_rates(slower, memory) * scale, weighted_rates(known, MEMORY)
        )

    def test_recent_counts_more(self) -> None:
        """Of two places with as many, the one that had them lately is expected to have more."""
        counts = count_of([[9, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 9]])
        expected = hs.forecast(counts, half_life=4.0).table["expected"]
        assert expected.iloc[3] > expected.iloc[0]

    def test_slope_of_the_misfit(self) -> None:
        """The slopes are those of small differences, and the misfit is that of the rates."""
        rng = np.random.default_rng(1)
        year, recent, y = (rng.poisson(mean, 40).astype(float) for mean in (3, 1, 1))
        known = Evidence(
            year, 40.0, year[::-1] * 2, np.full(40, 2.0), np.full(40, 0.1), recent, 8.0
        )
        strengths = np.array(MEMORY[1:])

        def misfit(values: np.ndarray) -> float:
            rates = weighted_rates(known, Memory(4.0, *values))
            return float(-y @ np.log(rates / rates.sum()))

        found, slopes = _misfit(*known, y, *strengths)
        assert found == pytest.approx(misfit(strengths))
        for number, slope in enumerate(slopes):
            small = np.eye(3)[number] * 1e-4
            difference = misfit(strengths + small) - misfit(strengths - small)
            assert slope == pytest.approx(difference / 2e-4, rel=1e-4)


def chain(table: np.ndarray) -> History:
    """Give a history of places in a row, months of 2025 from January on."""
    n, months = table.shape
    starts = pd.date_range("2025-01-01", periods=months + 1, freq="MS")
    ends = pd.date_range("2025-02-01", periods=months + 1, freq="MS")
    beside = np.eye(n, k=1) + np.eye(n, k=-1)
    area, factors = np.zeros(n, dtype=np.int64), np.ones(months + 1)
    return History(csr_array(table), starts, ends, factors, area, csr_array(beside))


class TestWhatIsLearnt:
    """Known truths are found again."""

    def test_spread_is_found_again(self) -> None:
        """Counts of a negative binomial distribution with a known size."""
        rng = np.random.default_rng(1)
        mean = rng.gamma(0.5, 4.0, 40_000)
        size = Spread(0.3, 0.8).sizes(mean)
        y = rng.negative_binomial(size, size / (size + mean)).astype(float)
        found = fit_spread([mean], [y])
        assert found.wander == pytest.approx(0.3, rel=0.1)
        assert found.burst == pytest.approx(0.8, rel=0.1)

    def test_steady_places_are_not_discounted(self) -> None:
        """Rates that never change: the recent count is worth little beside the year's."""
        rng = np.random.default_rng(1)
        rate = rng.gamma(0.3, 3.0, 3000)[:, None]
        steady = chain(rng.poisson(rate, (3000, 10)).astype(float))
        wandering = chain(rng.poisson(rate * rng.gamma(1.0, 1.0, (3000, 10)).cumprod(axis=1)))
        known = [fit_memory(each, 4.0) for each in (steady, wandering)]
        assert known[0].recent_shape > 10 * known[1].recent_shape

    @pytest.mark.parametrize("method", ["plain", "weighted"])
    def test_intervals_hold_what_they_say(self, method: str) -> None:
        """Rates that differ and wander: nine in ten, by size of the expected count, too.

        Counts are whole, so an interval holds 0.9 or more, and far more where hardly anything is
        expected; the probability of each count is spread evenly over its step to judge that.
        """
        numbers = draw(4000, 9, 4)
        places = make_row(4000)
        found = hs.forecast(count_of(numbers[:, :8], places=places), method=method).table
        y = numbers[:, 8]
        inside = (found["low"] <= y) & (y <= found["high"])
        for part in (found["expected"] > 0.5, found["expected"] > 2):
            assert 0.88 < inside[part].mean() < 0.96


def make_row(n: int) -> object:
    """Give squares in a row from the west."""
    import shapely  # noqa: PLC0415

    x = WEST + SIDE * np.arange(n)
    column = np.arange(n) + int(WEST // SIDE)
    return make_places(
        [f"p{i}" for i in range(n)],
        shapely.box(x, SOUTH, x + SIDE, SOUTH + SIDE),
        area_id="Q01",
        area_m2=SIDE**2,
        shape="square",
        cell_size_m=SIDE,
        column=column,
        row=int(SOUTH // SIDE),
    )


@pytest.mark.acceptance
class TestLondon:
    """The hexagon year in squares of 150 m, three months each forecast from all before."""

    def test_better_than_plain_and_as_sure_as_it_says(self, shared_data: Path) -> None:
        """Share of what came in the busiest 1 and 5 % of squares, and in the intervals.

        A share that one who knew every past rate would not reach would be a leak: in hexagons
        22 % and 52 %.
        """
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        places = hs.make_grid(hs.load_boroughs(city=True))
        counts = hs.count_incidents(hs.read_incidents(path).incidents, places)
        months = counts.by("month").toarray()
        held, even, shares = [], [], []
        chance = np.random.default_rng(1)
        for target in (7, 9, 11):
            start = counts.months[target].start_time.tz_localize("Europe/London")
            before = counts.until(start)
            assert before is not None
            y = months[:, target]
            plain, found = (hs.forecast(before, method=way).table for way in ("plain", "weighted"))
            for table in (plain, found):
                order = np.argsort(-table["expected"].to_numpy(), kind="stable")
                busiest = [order[: len(order) // part] for part in (100, 20)]
                shares.append([y[some].sum() / y.sum() for some in busiest])
            size, mean = found["size"].to_numpy(), found["expected"].to_numpy()
            of = size / (size + mean)
            rank = nbinom.cdf(y - 1, size, of) + chance.random(len(y)) * nbinom.pmf(y, size, of)
            inside = (found["low"] <= y) & (y <= found["high"])
            tenth = pd.qcut(mean, 10, labels=False)
            is_even = np.abs(rank - 0.5) < 0.45
            even.append([is_even[tenth == number].mean() for number in range(10)])
            held.append(float(inside[mean >= 1].mean()))
        by_method = np.array(shares).reshape(3, 2, 2).mean(axis=0)
        assert (by_method[1] >= by_method[0]).all()
        assert (by_method[1] < [0.24, 0.55]).all()
        assert 0.85 < np.mean(held) < 0.96
        assert np.mean(even, axis=0) == pytest.approx(0.9, abs=0.05)


class TestMessages:
    """Bad input is named."""

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            (
                {"method": "best"},
                "Invalid method 'best'. Must be one of plain, weighted, near_repeat, trees",
            ),
            ({"step": "day"}, "Invalid step 'day'. Must be 'month' or 'week'"),
            ({"level": 1}, "Invalid level '1'. Must be a number above 0 and below 1"),
            ({"half_life": 0}, "Invalid half_life '0'. Must be a number of weeks above 0"),
            ({"season": [1.0] * 12}, "Invalid season 'list'. Must be a Series"),
            ({"season": "paris"}, "Invalid season 'paris'. Must be a Series .* or 'london'"),
            ({"season": pd.Series([1.0], index=[1])}, "one factor for each calendar month"),
            ({"season": pd.Series(-1.0, index=range(1, 13))}, "Invalid season '-1.0'"),
        ],
    )
    def test_arguments(self, options: dict[str, object], match: str) -> None:
        """Each argument out of its range."""
        with pytest.raises(hs.InputError, match=match):
            hs.forecast(count_of([[1, 2]]), **options)  # type: ignore[arg-type]

    def test_no_counts_at_all(self) -> None:
        """A path instead of counts."""
        with pytest.raises(hs.InputError, match="Invalid counts 'str'. Must be Counts"):
            hs.forecast("counts.csv")  # type: ignore[arg-type]

    def test_weeks_of_monthly_data(self) -> None:
        """Months cannot be cut into weeks."""
        with pytest.raises(hs.MonthlyDataError, match="needs the date of each incident"):
            hs.forecast(count_of([[1, 2]]), step="week")

    def test_no_incident_at_all(self) -> None:
        """All zeros say nothing."""
        table = make_incidents([("2025-01-06 12:00", WEST - 5000, SOUTH)])
        counts = hs.count_incidents(
            table, hs.make_grid(square_area(side=SIDE)), period=("2025-01-01", "2025-03-01")
        )
        with pytest.raises(hs.InputError, match="There are no incidents in the places"):
            hs.forecast(counts)
