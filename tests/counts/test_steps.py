"""Counts by month and by week."""

import pandas as pd
import pytest

import hotspots as hs
from hotspots.counts import count_steps
from tests.scenes import SOUTH, WEST, make_incidents, square_area

X, Y = WEST + 75, SOUTH + 75  # the middle of the first place
PERIOD = ("2025-01-06", "2025-02-10")  # five weeks from a Monday


def counts_of(*moments: str, **columns: object) -> hs.Counts:
    """Count incidents at one place in the period."""
    table = make_incidents([(moment, X, Y) for moment in moments], **columns)
    return hs.count_incidents(table, hs.make_grid(square_area(side=450.0)), period=PERIOD)


class TestByHand:
    """Few incidents, every count known."""

    def test_months_are_cut_by_the_period(self) -> None:
        """26 days of January and 9 of February."""
        steps = count_steps(counts_of("2025-01-06 00:00", "2025-01-31 23:59", "2025-02-01 00:00"))
        assert steps.matrix.sum(axis=0).tolist() == [2, 1]
        assert steps.weeks.tolist() == [26 / 7, 9 / 7]
        assert steps.starts.tolist() == [pd.Timestamp("2025-01-06"), pd.Timestamp("2025-02-01")]
        assert steps.ends[-1] == pd.Timestamp("2025-02-10")

    def test_weeks_end_with_the_period(self) -> None:
        """A Sunday belongs to the week before the Monday."""
        counts = counts_of("2025-01-06 12:00", "2025-01-12 23:00", "2025-01-13 00:00")
        steps = count_steps(counts, "week")
        assert steps.matrix.sum(axis=0).tolist() == [2, 1, 0, 0, 0]
        assert set(steps.weeks) == {1.0}

    def test_days_before_the_first_whole_week_are_left_out(self) -> None:
        """Of a period of twelve days the first five belong to no week."""
        table = make_incidents([("2025-01-06 12:00", X, Y), ("2025-01-12 12:00", X, Y)])
        places = hs.make_grid(square_area(side=450.0))
        counts = hs.count_incidents(table, places, period=("2025-01-06", "2025-01-18"))
        assert count_steps(counts, "week").matrix.sum(axis=0).tolist() == [1]

    def test_missing_months_are_no_steps(self) -> None:
        """Weeks that touch a missing month are left out too."""
        table = make_incidents([("2025-01-07 12:00", X, Y), ("2025-01-28 12:00", X, Y)])
        counts = hs.count_incidents(
            table,
            hs.make_grid(square_area(side=450.0)),
            period=PERIOD,
            missing=pd.PeriodIndex(["2025-02"], freq="M"),
        )
        assert count_steps(counts).matrix.sum(axis=0).tolist() == [2]
        weeks = count_steps(counts, "week")
        assert weeks.starts[-1] == pd.Timestamp("2025-01-20")
        assert weeks.matrix.sum(axis=0).tolist() == [1, 0, 0]

    def test_until_shows_nothing_of_what_comes_later(self) -> None:
        """Cut at 1 February, the counts are those of January."""
        counts = counts_of("2025-01-07 12:00", "2025-01-28 12:00", "2025-02-03 12:00")
        before = counts.until(pd.Timestamp("2025-02-01", tz="Europe/London"))
        assert before is not None
        assert (before.total, before.n_days, len(before.months)) == (2, 26, 1)
        assert counts.until(pd.Timestamp("2025-01-07", tz="Europe/London")) is None


class TestMessages:
    """What cannot be cut into steps says so."""

    def test_weeks_of_monthly_data(self) -> None:
        """Months cannot be cut into weeks."""
        table = make_incidents([("2025-02-01", X, Y)], time_precision="month")
        counts = hs.count_incidents(table, hs.make_grid(square_area(side=450.0)))
        with pytest.raises(hs.MonthlyDataError, match="needs the date of each incident"):
            count_steps(counts, "week")

    def test_unknown_step(self) -> None:
        """Only months and weeks are known."""
        with pytest.raises(hs.InputError, match="step 'day'"):
            count_steps(counts_of("2025-01-07 12:00"), "day")  # type: ignore[arg-type]

    def test_no_whole_week(self) -> None:
        """A period of three days has no week."""
        table = make_incidents([("2025-01-07 12:00", X, Y)])
        places = hs.make_grid(square_area(side=450.0))
        counts = hs.count_incidents(table, places, period=("2025-01-06", "2025-01-09"))
        with pytest.raises(hs.InputError, match="No whole week"):
            count_steps(counts, "week")
