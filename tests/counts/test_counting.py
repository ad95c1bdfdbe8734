"""Counts by place, date and hour."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from tests.scenes import SOUTH, WEST, make_incidents, square_area

X, Y = WEST + 75, SOUTH + 75  # the middle of the first place


def grid(side: float = 450.0) -> object:
    """Give a grid of three by three places of 150 m."""
    return hs.make_grid(square_area(side=side))


class TestByHand:
    """Few incidents, every count known."""

    def test_table(self) -> None:
        """Two in one hour and one elsewhere are two rows of the sparse table."""
        table = make_incidents(
            [
                ("2025-01-06 21:10", X, Y),
                ("2025-01-06 21:50", X + 10, Y),
                ("2025-01-07 02:00", X + 150, Y),
            ]
        )
        counts = hs.count_incidents(table, grid())
        assert counts.table["n"].tolist() == [2, 1]
        assert counts.table["hour"].tolist() == [21, 2]
        assert counts.total == 3
        assert (counts.n_days, counts.weeks) == (2, 2 / 7)
        assert counts.totals().sum() == 3
        assert len(counts.places) == 9

    def test_by_hour_of_week_and_month(self) -> None:
        """Monday 21:00 is column 21; February is the second month."""
        table = make_incidents([("2025-01-06 21:10", X, Y), ("2025-02-03 21:10", X, Y)])
        counts = hs.count_incidents(table, grid())
        place = counts.table["place"].iloc[0]
        assert counts.by("hour_of_week").toarray()[place, 21] == 2
        assert counts.by("month").toarray()[place].tolist() == [1, 1]
        assert counts.months.astype(str).tolist() == ["2025-01", "2025-02"]

    def test_occasions_are_nights(self) -> None:
        """Evening and small hours are one night."""
        table = make_incidents([("2025-01-06 23:10", X, Y), ("2025-01-07 01:10", X, Y)])
        occasions = hs.count_incidents(table, grid()).occasions()
        assert occasions["n"].tolist() == [2]
        assert occasions["occasion"].dt.day.tolist() == [6]

    def test_monthly(self) -> None:
        """Monthly incidents count in their month, over whole months, without an hour."""
        table = make_incidents(
            [("2025-01-01", X, Y), ("2025-03-01", X, Y)], time_precision="month", weight=[4.0, 2.0]
        )
        counts = hs.count_incidents(table, grid())
        assert counts.tier == "monthly"
        assert (counts.start.month, counts.end.month) == (1, 4)
        assert counts.by("month").sum(axis=0).tolist() == [4, 0, 2]
        assert counts.table["hour"].tolist() == [-1, -1]
        assert counts.occasions()["n"].tolist() == [4, 2]

    def test_rows_of_months(self) -> None:
        """Rows of which only the month is known are counted apart, if they are in a place."""
        table = make_incidents(
            [
                ("2025-01-06 21:10", X, Y),
                ("2025-01-07 21:10", X, Y),
                ("2025-01-08", X, Y),
                ("2025-01-01", X, Y),
                ("2025-01-01", X + 50_000, Y),
            ],
            time_precision=["minute", "hour", "day", "month", "month"],
        )
        counts = hs.count_incidents(table, grid())
        assert (counts.n_monthly, counts.n_outside) == (1, 1)
        assert hs.count_incidents(table.iloc[:3], grid()).n_monthly == 0

    def test_areas_as_places(self) -> None:
        """Rows without a point count by their area code, then by their borough."""
        areas = pd.concat(
            [square_area(code="Q01"), square_area("Eastham", west=WEST + 6000, code="Q02")]
        )
        table = make_incidents(
            [("2025-01-06 21:10", X, Y)] * 4,
            area_code=np.array(["Q02", None, "nowhere", None], dtype=object),
            borough=np.array([None, "Q01", "Q02", None], dtype=object),
        )
        table["geometry"] = None
        counts = hs.count_incidents(table, hs.places_from_areas(areas))
        assert counts.totals().tolist() == [1, 2]
        assert counts.n_outside == 1


class TestEdges:
    """Boundaries of places, periods and clocks."""

    def test_corner_belongs_to_one_place(self) -> None:
        """A point on the corner of four places is counted once, in the north-eastern one."""
        counts = hs.count_incidents(
            make_incidents([("2025-01-06 21:10", WEST + 150, SOUTH + 150)]), grid()
        )
        assert counts.total == 1
        place = counts.places.iloc[counts.table["place"].iloc[0]]
        assert place.geometry.bounds[:2] == (WEST + 150, SOUTH + 150)

    def test_outside(self) -> None:
        """What is in no place is counted apart."""
        counts = hs.count_incidents(make_incidents([("2025-01-06 21:10", 0, 0)]), grid())
        assert (counts.total, counts.n_outside) == (0, 1)

    def test_period_is_half_open(self) -> None:
        """The first midnight is in the period, the last is not."""
        table = make_incidents([("2025-01-06 00:00", X, Y), ("2025-01-07 00:00", X, Y)])
        counts = hs.count_incidents(table, grid(), period=("2025-01-06", "2025-01-07"))
        assert counts.total == 1

    def test_both_hours_of_the_long_night(self) -> None:
        """The hour that occurs twice counts once for each report, with an exposure of two."""
        table = make_incidents([("2025-10-26 01:30", X, Y)] * 2)
        counts = hs.count_incidents(table, grid())
        assert counts.by("hour_of_week").toarray().sum(axis=0)[145] == 2
        assert counts.exposure[145] == 2

    def test_rows_without_an_hour_count_for_places(self) -> None:
        """A row known only to the day is in the totals and not in the hours."""
        table = make_incidents(
            [("2025-01-06 21:10", X, Y), ("2025-01-06", X, Y)], time_precision=["minute", "day"]
        )
        counts = hs.count_incidents(table, grid())
        assert counts.tier == "timed"
        assert counts.total == 2
        assert counts.by("hour_of_week").sum() == 1

    def test_no_weight(self) -> None:
        """A row of weight 0 is in no count, makes no cell, and is no context."""
        table = make_incidents(
            [("2025-01-06 21:10", x, Y) for x in (X, X + 1000, X - 150, X - 300)],
            weight=[0.0, 1.0, 0.0, 1.0],
        )
        counts = hs.count_incidents(table, hs.Grid(150), areas=square_area(), reach=1000)
        assert counts.table["n"].tolist() == [1, 1]
        assert len(counts.places) == 2
        assert counts.context.tolist() == [1, 0]
        assert counts.walk["context"] == 2

    def test_empty_with_a_period(self) -> None:
        """No incidents in a stated period are zero counts."""
        counts = hs.count_incidents(make_incidents([]), grid(), period=("2025-01-01", "2025-02-01"))
        assert counts.total == 0
        assert counts.by("month").shape == (9, 1)


class TestRelations:
    """What must hold for any input."""

    @given(
        st.lists(
            st.tuples(st.integers(-50, 500), st.integers(-50, 500), st.integers(0, 400)),
            min_size=1,
            max_size=40,
        ),
        st.randoms(use_true_random=False),
    )
    def test_totals_are_kept_in_any_order(
        self, rows: list[tuple[int, int, int]], random: object
    ) -> None:
        """Every incident is in a place or outside, however the rows are ordered."""
        frame = pd.DataFrame(rows, columns=["x", "y", "hour"])
        frame["start"] = pd.Timestamp("2025-01-06") + pd.to_timedelta(frame["hour"], unit="h")
        frame[["x", "y"]] += [WEST, SOUTH]
        table = make_incidents(frame)
        counts = hs.count_incidents(table, grid())
        assert counts.total + counts.n_outside == len(rows)
        assert counts.by("hour_of_week").sum() == counts.total
        order = list(range(len(rows)))
        random.shuffle(order)  # type: ignore[attr-defined]
        again = hs.count_incidents(table.iloc[order], grid())
        pd.testing.assert_frame_equal(again.table, counts.table)

    @given(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    def test_weights_are_repetition(self, weights: list[int]) -> None:
        """A row of weight 3 counts as three rows."""
        rows = [(f"2025-01-06 {hour:02d}:00", X, Y) for hour in range(len(weights))]
        weighted = make_incidents(rows, weight=np.array(weights, dtype=float))
        repeated = make_incidents(
            [row for row, n in zip(rows, weights, strict=True) for _ in range(n)]
        )
        first = hs.count_incidents(weighted, grid()).table
        second = hs.count_incidents(repeated, grid()).table
        pd.testing.assert_frame_equal(first, second)


class TestMessages:
    """What the analyst reads."""

    def test_hours_of_monthly_counts(self) -> None:
        """Monthly counts have no hours."""
        table = make_incidents([("2025-01-01", X, Y)], time_precision="month")
        counts = hs.count_incidents(table, grid())
        with pytest.raises(hs.MonthlyDataError, match=r"by\('hour_of_week'\) needs the hour"):
            counts.by("hour_of_week")

    @pytest.mark.parametrize(
        "missing", ["2025-03", ["2025-03"], pd.period_range("2025-03-01", periods=31, freq="D")]
    )
    def test_missing(self, missing: object) -> None:
        """What is no index of months would be ignored, and its months taken for quiet."""
        table = make_incidents([("2025-01-06 23:10", X, Y)])
        with pytest.raises(hs.InputError, match="Invalid missing.*Must be a PeriodIndex of months"):
            hs.count_incidents(table, grid(), missing=missing)

    def test_unknown_unit(self) -> None:
        """A unit is one of two."""
        counts = hs.count_incidents(make_incidents([("2025-01-01 10:00", X, Y)]), grid())
        with pytest.raises(hs.InputError, match="Invalid unit 'year'"):
            counts.by("year")  # type: ignore[arg-type]

    def test_nothing_to_take_a_period_from(self) -> None:
        """Without incidents the period must be given."""
        with pytest.raises(hs.InputError, match=r"Give period=\(start, end\)"):
            hs.count_incidents(make_incidents([]), grid())

    def test_bad_periods(self) -> None:
        """A period ends after it starts, and is made of dates."""
        table = make_incidents([("2025-01-01 10:00", X, Y)])
        with pytest.raises(hs.InputError, match="Must be a start and a later end"):
            hs.count_incidents(table, grid(), period=("2025-01-02", "2025-01-01"))
        with pytest.raises(hs.InputError, match="date such as '2025-01-01'"):
            hs.count_incidents(table, grid(), period=("soon", "later"))
        for end in (None, [], "nan"):
            with pytest.raises(hs.InputError, match="Invalid period .*date such as '2025-01-01'"):
                hs.count_incidents(table, grid(), period=("2025-01-01", end))  # type: ignore[arg-type]
        for period in (5, ("2025-01-01",), "2025"):
            with pytest.raises(
                hs.InputError, match=r"Must be a start and an end, such as \('2025-"
            ):
                hs.count_incidents(table, grid(), period=period)  # type: ignore[arg-type]

    @pytest.mark.parametrize("period", [("2025-01-01", "2025-02-11"), ("2025-01-02", "2025-03-01")])
    def test_months_that_are_cut(self, period: tuple[str, str]) -> None:
        """Ten days of February would have the incidents of all of it."""
        table = make_incidents([("2025-01-01", X, Y), ("2025-02-01", X, Y)], time_precision="month")
        whole = r"Use period=\('2025-01-01', '2025-03-01'\)"
        with pytest.raises(hs.MonthlyDataError, match=f"Invalid period .* whole months.*{whole}"):
            hs.count_incidents(table, grid(), period=period)
        assert hs.count_incidents(table, grid(), period=("2025-01-01", "2025-03-01")).n_days == 59
        # Days are known, though no hours: a part of a month can be counted.
        daily = table.assign(time_precision="day")
        assert hs.count_incidents(daily, grid(), period=period).tier == "monthly"

    def test_not_places(self) -> None:
        """Areas are not places; the message lists every missing column."""
        table = make_incidents([("2025-01-01 10:00", X, Y)])
        with pytest.raises(hs.TableError, match="column 'cell_size_m' is missing"):
            hs.count_incidents(table, square_area())
