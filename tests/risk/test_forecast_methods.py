"""Forecasts from dated incidents: near repeats, boosted trees, hours of the week."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots.risk.forecast_history import make_history
from hotspots.risk.forecast_near import NAMES, count_recent, fit_excess, rings
from hotspots.risk.forecast_trees import _features, _merged, judged_steps, tree_rates
from hotspots.risk.forecast_windows import share_out, widened
from hotspots.times.bands import Band
from tests.risk.test_forecast import count_of, draw
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    from hotspots.risk.forecast_history import History

SIDE = 150.0
LATE = Band(first_day=4, n_days=2, start_hour=22, n_hours=4)


def dated(rows: list[tuple[str, float, float]], period: tuple[str, str], width: int) -> hs.Counts:
    """Count dated incidents, given in places from the south-west corner."""
    table = make_incidents(
        [(when, WEST + SIDE * (x + 0.5), SOUTH + SIDE * (y + 0.5)) for when, x, y in rows]
    )
    return hs.count_incidents(table, hs.make_grid(square_area(side=SIDE * width)), period=period)


@pytest.fixture(scope="module")
def year() -> hs.Counts:
    """Count a simulated year of Camden on 300 m squares."""
    calls = hs.simulate_incidents(6000, boroughs=["Camden"], rng=1).incidents
    camden = hs.load_boroughs().loc[["E09000007"]]
    places = hs.make_grid(camden, cell_size=300)
    return hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))


class TestNearRepeat:
    """An excess after recent incidents, in bands of metres and days."""

    def test_recent_by_hand(self) -> None:
        """Three incidents, seen from the corner place on 29 January.

        On 28 January in the place itself: 0 m, 1 day. On 20 January 150 m east: up to 200 m, 9
        days. On 8 January 300 m east: up to 400 m, 21 days. One on 1 January, 28 days before, is
        in the last band, and one on 29 January is not seen.
        """
        rows = [
            ("2025-01-28 12:00", 0, 0),
            ("2025-01-20 12:00", 1, 0),
            ("2025-01-08 12:00", 2, 0),
            ("2025-01-01 12:00", 2, 0),
            ("2025-01-29 00:00", 0, 0),
        ]
        counts = dated(rows, ("2025-01-01", "2025-02-01"), 4)
        corner = counts.places.index.get_loc(counts.places.sort_values(["row", "column"]).index[0])
        near = count_recent(counts, rings(counts), pd.Timestamp("2025-01-29"), np.zeros(16))[corner]
        found = {name: number for name, number in zip(NAMES, near, strict=True) if number}
        assert found == {
            "excess_0_m_7_days": 1,
            "excess_200_m_14_days": 1,
            "excess_400_m_28_days": 2,
        }

    def test_days_without_data_are_usual_days(self) -> None:
        """Of a place with one a day, where January and what follows 28 February have no data.

        On 4 March the 1 to 3 days before are lost: 3 usual ones in the first band. On 22 February
        25 to 31 January are 28 to 22 days ago: 7 in the last band. The one incident, of 20
        February, was 12 and 2 days before.
        """
        counts = dated([("2025-02-20 12:00", 0, 0)], ("2025-01-01", "2025-03-01"), 1)
        gap = replace(counts, missing=pd.PeriodIndex(["2025-01"], freq="M"))
        usual = np.array([7.0])
        bands = {}
        for day in ("2025-03-04", "2025-02-22"):
            near = count_recent(gap, rings(gap), pd.Timestamp(day), usual)[0]
            bands[day] = dict(zip(NAMES, near, strict=True))
        days = ("7_days", "14_days", "28_days")
        assert [bands["2025-03-04"][f"excess_0_m_{each}"] for each in days] == [3, 1, 0]
        assert [bands["2025-02-22"][f"excess_0_m_{each}"] for each in days] == [1, 0, 7]

    def test_planted_excess_is_found(self) -> None:
        """Each incident of the week before brings 0.3 a week more, older and farther ones none."""
        rng = np.random.default_rng(1)
        base = [rng.gamma(0.5, 1.0, 4000) for _ in range(6)]
        near = [rng.poisson(1.0, (4000, len(NAMES))).astype(float) for _ in range(6)]
        truth = np.zeros(len(NAMES))
        truth[0] = 0.3
        came = [rng.poisson(b + n @ truth).astype(float) for b, n in zip(base, near, strict=True)]
        found = fit_excess(base, near, came)
        assert found[0] == pytest.approx(0.3, abs=0.05)
        assert (found[1:] < 0.03).all()

    def test_without_excess_the_background_is_left(self) -> None:
        """Fewer after recent incidents than elsewhere: no band is below 0."""
        base = [np.array([1.0, 1.0])]
        near = [np.array([[1.0] * len(NAMES), [0.0] * len(NAMES)])]
        assert fit_excess(base, near, [np.array([0.0, 9.0])]).tolist() == [0.0] * len(NAMES)

    def test_an_outbreak_is_followed(self) -> None:
        """Places that repeat within the week: the one that had some yesterday has more to come."""
        rng = np.random.default_rng(2)
        rows = []
        for week in range(20):
            for place in rng.choice(64, 4, replace=False):
                day = pd.Timestamp("2025-01-06") + pd.Timedelta(days=7 * week + 6)
                x, y = int(place) % 8, int(place) // 8
                rows += [(str(day), x, y), (str(day + pd.Timedelta(days=2)), x, y)]
        rows = [row for row in rows if row[0] < "2025-05-26"]
        counts = dated(rows, ("2025-01-06", "2025-05-26"), 8)
        found = hs.forecast(counts, method="near_repeat", step="week")
        assert found.tuned["excess_0_m_7_days"] > 0.1
        last = counts.table.loc[counts.table["date"] >= "2025-05-25", "place"].unique()
        expected = found.table["expected"].to_numpy()
        assert expected[last].min() > 3 * np.median(expected)

    def test_rates_a_week_are_added_to_rates_a_week(self) -> None:
        """In a month of 31 days: weighted × 7 / 31 and the excess of each band, at one level."""
        rng = np.random.default_rng(3)
        rows = []
        for day in pd.date_range("2025-01-01", "2025-04-28", freq="4D"):
            x, y = rng.integers(0, 6, 2)
            rows += [(str(day + pd.Timedelta(hours=8 * n)), x, y) for n in range(9)]
        counts = dated(rows, ("2025-01-01", "2025-05-01"), 6)
        found, base = (
            hs.forecast(counts, method=method, half_life=4.0)  # type: ignore[arg-type]
            for method in ("near_repeat", "weighted")
        )
        excess = np.array([found.tuned[name] for name in NAMES])
        assert excess.max() > 0
        near = count_recent(counts, rings(counts), pd.Timestamp("2025-05-01"), np.zeros(36))
        rates = base.table["expected"] * 7 / 31 + near @ excess
        np.testing.assert_allclose(
            found.table["expected"] / found.table["expected"].sum(), rates / rates.sum()
        )

    def test_monthly_data_are_refused(self) -> None:
        """By the name of the method."""
        with pytest.raises(hs.MonthlyDataError, match="method='near_repeat' needs the date"):
            hs.forecast(count_of([[1, 2]]), method="near_repeat")


def said_by_trees(history: History) -> np.ndarray:
    """Give what trees say beyond their start, which is the same of all if no tree has split."""
    blend = _features(history, history.n_steps)[:, -1]
    rates = tree_rates(history, history.n_steps, seed=1, threads=None)
    return np.asarray((rates - blend / blend.mean()) / np.sqrt(blend))


class TestTrees:
    """Boosted Poisson trees."""

    @pytest.mark.parametrize("n_places", [10, 60, 400])
    def test_few_places_are_told_apart(self, n_places: int) -> None:
        """Trees of about 50, 300 and 1,700 different rows split."""
        history = make_history(count_of(draw(n_places, 8, 6)), "month", None)
        assert np.ptp(said_by_trees(history)) > 0.1

    def test_the_busiest_of_many_places(self) -> None:
        """Places with a hundred times the mean rate are not expected to have far more."""
        width, n_busy = 90, 40
        means = np.where(np.arange(width**2) < n_busy, 10.0, 0.02)
        numbers = np.random.default_rng(2).poisson(means[:, None], (len(means), 8))
        place, month = np.nonzero(numbers)
        rows = {
            "start": [f"2025-{each + 1:02}-01" for each in month],
            "x": WEST + SIDE * (place % width + 0.5),
            "y": SOUTH + SIDE * (place // width + 0.5),
        }
        table = make_incidents(
            pd.DataFrame(rows), time_precision="month", weight=numbers[place, month].astype(float)
        )
        places = hs.make_grid(square_area(side=SIDE * width))
        counts = hs.count_incidents(table, places, period=("2025-01-01", "2025-09-01"))
        found = hs.forecast(counts, method="trees").table.sort_values("n")["expected"]
        assert found.iloc[-n_busy:].sum() / found.sum() == pytest.approx(400 / 561.2, rel=0.08)

    def test_too_few_to_split(self) -> None:
        """Two places in three trained months are six rows: the weighted rates alone."""
        history = make_history(count_of([[9, 8, 7, 9], [1, 2, 1, 1]]), "month", None)
        rates = tree_rates(history, history.n_steps, seed=1, threads=None)
        blend = _features(history, history.n_steps)[:, -1]
        np.testing.assert_array_equal(rates, blend)

    def test_rows_that_are_alike_become_one(self) -> None:
        """Two rows with 1 and 4 and weights 1 and 2 are one with (1 + 8) / 3 and 3."""
        x, y, weights = _merged(
            np.array([[1.0], [0.0], [1.0]]), np.array([1.0, 5.0, 4.0]), np.array([1.0, 1.0, 2.0])
        )
        assert (x.ravel().tolist(), y.tolist(), weights.tolist()) == ([0, 1], [5, 3], [1, 3])

    def test_busier_places_are_expected_to_be_busier(self) -> None:
        """Nothing else being different, never fewer after more."""
        history = make_history(count_of(draw(400, 8, 5)), "month", None)
        rates = tree_rates(history, history.n_steps, seed=1, threads=None)
        seen = _features(history, history.n_steps)
        is_more = (seen[:, None] >= seen[None]).all(axis=2)
        more, fewer = np.nonzero(is_more)
        assert (rates[more] >= rates[fewer] - 1e-12).all()
        assert np.ptp(rates) > 0

    def test_threads_and_seed(self) -> None:
        """The same for any number of threads."""
        counts = count_of(draw(60, 8, 6))
        assert np.ptp(said_by_trees(make_history(counts, "month", None))) > 0.1
        one, two = (hs.forecast(counts, method="trees", rng=1, threads=n) for n in (1, 2))
        pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)

    def test_judged_by_trees_of_earlier_steps(self) -> None:
        """The last two steps that can be predicted, each by trees of those before it."""
        history = make_history(count_of(draw(10, 8, 1)), "month", None)
        assert (history.targets, judged_steps(history)) == ([1, 2, 3, 4, 5, 6, 7], [6, 7])
        short = make_history(count_of(draw(10, 4, 1)), "month", None)
        assert (short.targets, judged_steps(short)) == ([1, 2, 3], [2, 3])

    def test_a_step_is_not_trained_on_itself(self) -> None:
        """Trees for May are the same whatever came in May and later."""
        numbers = draw(300, 8, 7)
        other = numbers.copy()
        other[:, 4:] = numbers[::-1, 4:]
        one, two = (
            tree_rates(make_history(count_of(each), "month", None), 4, seed=1, threads=None)
            for each in (numbers, other)
        )
        np.testing.assert_array_equal(one, two)

    def test_nothing_later_is_seen(self) -> None:
        """Counts cut at a date forecast as if the later rows had never been."""
        numbers = draw(40, 9, 1)
        cut = count_of(numbers).until(pd.Timestamp("2025-07-01", tz="Europe/London"))
        assert cut is not None
        assert np.ptp(said_by_trees(make_history(cut, "month", None))) > 0.1
        one = hs.forecast(cut, method="trees", rng=1)
        other = hs.forecast(count_of(numbers[:, :6]), method="trees", rng=1)
        pd.testing.assert_frame_equal(one.table, other.table)

    def test_too_short(self) -> None:
        """Three months are too few to train and to judge."""
        with pytest.raises(hs.InputError, match="needs at least 4 steps .* 3 steps"):
            hs.forecast(count_of(draw(10, 3, 1)), method="trees")

    def test_threads_that_are_none(self) -> None:
        """No thread cannot work."""
        with pytest.raises(hs.InputError, match="Invalid threads '0'"):
            hs.forecast(count_of([[1, 2]]), threads=0)


class TestWindows:
    """Hours of the week."""

    def test_two_halves_make_a_whole(self, year: hs.Counts) -> None:
        """Windows that fill the week add up to the forecast without them, in n and expected."""
        whole = hs.forecast(year).table
        parts = hs.forecast(year, windows={"late": LATE, "rest": ~LATE.mask}).table
        assert parts.index.names == ["place_id", "window"]
        assert parts.index.get_level_values("window").unique().tolist() == ["late", "rest"]
        added = parts.groupby("place_id", sort=False)[["n", "expected"]].sum()
        pd.testing.assert_frame_equal(added, whole[["n", "expected"]])

    def test_places_are_counted_once(self, year: hs.Counts) -> None:
        """The record of two windows speaks of places, not of rows."""
        found = hs.forecast(year, method="plain", windows={"late": LATE, "rest": ~LATE.mask})
        assert f"in {len(year.places):,} places, 1 January 2026 to" in repr(found)

    def test_all_hours_are_the_whole(self, year: hs.Counts) -> None:
        """A share of 1 is known: the interval is that of the place."""
        whole = hs.forecast(year).table
        every = hs.forecast(year, windows={"all": np.ones(168, dtype=bool)}).table
        np.testing.assert_allclose(every.to_numpy(), whole.to_numpy(), rtol=1e-9)

    def test_days_of_the_coming_month_count(self) -> None:
        """January 2026 has five Saturdays and four Mondays; with equal shares, 5 to 4."""
        counts = dated(
            [
                (f"2025-01-{day:02d} {hour:02d}:00", 0, 0)
                for day in range(6, 13)
                for hour in range(24)
            ],
            ("2025-01-06", "2025-01-13"),
            1,
        )
        days = {"Mon": Band(0, 1, 0, 24), "Sat": Band(5, 1, 0, 24)}
        masks = {name: band.mask for name, band in days.items()}
        table = pd.DataFrame({"expected": [31.0]}, index=counts.places.index)
        start, end = (pd.Timestamp(day, tz="Europe/London") for day in ("2026-01-01", "2026-02-01"))
        shared = share_out(counts, table, masks, start, end)
        assert shared["expected"].tolist() == pytest.approx([4.0, 5.0], rel=0.01)
        assert shared["n"].tolist() == [24, 24]

    def test_widened(self) -> None:
        """Size 2 and a share with relative variance ½: 1 / (1.5 × 1.5 − 1) = 0.8."""
        assert widened(np.array([2.0]), np.array([0.5]))[0] == pytest.approx(0.8)

    def test_intervals_hold_what_they_say(self) -> None:
        """A simulated December forecast from eleven months, Friday and Saturday nights."""
        calls = hs.simulate_incidents(60_000, boroughs=["Camden", "Islington"], rng=3).incidents
        boroughs = hs.load_boroughs()
        places = hs.make_grid(boroughs[boroughs["name"].isin(["Camden", "Islington"])])
        counts = hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))
        start = pd.Timestamp("2025-12-01", tz="Europe/London")
        before, after = counts.until(start), counts.since(start)
        assert before is not None
        assert after is not None
        weekend = Band(first_day=4, n_days=2, start_hour=18, n_hours=8)
        found = hs.forecast(before, windows={"weekend": weekend}).table
        y = np.asarray(
            after.by("hour_of_week")[:, np.flatnonzero(weekend.mask)].sum(axis=1)
        ).ravel()
        inside = (found["low"] <= y) & (y <= found["high"])
        is_some = found["expected"] > 0.5
        assert 0.85 < inside[is_some].mean() < 0.99
        assert y[is_some].sum() == pytest.approx(found.loc[is_some, "expected"].sum(), rel=0.25)

    @pytest.mark.parametrize(
        ("windows", "match"),
        [
            ({}, "Invalid windows 'dict'. Must be a mapping"),
            ([LATE], "Invalid windows 'list'. Must be a mapping"),
            ({"x": np.zeros(168, dtype=bool)}, "168 truth values of which one is true"),
            ({"x": np.ones(24, dtype=bool)}, "Invalid windows"),
            ({"x": np.ones(168)}, "Invalid windows"),
            ({"x": [[True], [True, False]]}, r"Invalid windows\['x'\] .*168 truth values"),
        ],
    )
    def test_messages(self, windows: Any, match: str, year: hs.Counts) -> None:
        """What is no window says so."""
        with pytest.raises(hs.InputError, match=match):
            hs.forecast(year, windows=windows)

    def test_monthly_data_have_no_hours(self) -> None:
        """By name."""
        with pytest.raises(hs.MonthlyDataError, match="windows= needs the hour"):
            hs.forecast(count_of([[1, 2]]), windows={"late": LATE})
