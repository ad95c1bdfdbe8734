"""How a column is written is decided on its values, told, and used to read it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.incidents.clock import ClockRules, Moments, decide_clock, read_moments
from tests.incidents.columns import assert_same, numbers, precisions, texts, utc, walls

HEAPED = "taken as dates without a time"


class TestOrder:
    """03/04/2024 is the third of April unless there is proof of the contrary."""

    @pytest.mark.parametrize(
        ("values", "order"),
        [
            (["03/04/2024"], "day-first"),
            (["03/04/2024", "13/04/2024"], "day-first"),
            (["03/04/2024", "04/13/2024"], "month-first"),
            (["03-04-24 10:00", "04-13-24 11:00"], "month-first"),
            (["2024-12-31", "2024-04-03", "3 Nov 2024"], "day-first"),
            # An impossible date proves nothing: 31 February, or month 31.
            (["03/04/2024", "02/31/2024"], "day-first"),
            ([], "day-first"),
        ],
    )
    def test_proof(self, values: list[str], order: str) -> None:
        """A part over 12 must be the day."""
        assert decide_clock(texts(*values)).order == order

    def test_both(self) -> None:
        """The order with more dates wins, counted with n; the others are not read."""
        column = texts("13/04/2024", "04/14/2024", "03/04/2024")
        assert decide_clock(column, n=np.array([5, 4, 100])).order == "day-first"
        rules = decide_clock(column, n=np.array([4, 5, 100]))
        assert rules.order == "month-first"
        moments = read_moments(column, rules)
        assert walls(moments) == [None, "2024-04-14 00:00:00", "2024-03-04 00:00:00"]

    def test_given(self) -> None:
        """A given order is used, whatever the dates say, and without a note."""
        column = texts("03/04/2024 10:00", "13/04/2024 10:00")
        rules = decide_clock(column, order="month-first")
        assert rules == ClockRules("month-first", evidence="given")
        assert walls(read_moments(column, rules)) == ["2024-03-04 10:00:00", None]
        assert decide_clock(texts("03/04/2024"), order="day-first").notes == ()

    def test_of_an_earlier_chunk(self) -> None:
        """Rules hold for later values, even for values that would decide otherwise."""
        rules = decide_clock(texts("12/25/2024"))
        assert walls(read_moments(texts("03/04/2024"), rules)) == ["2024-03-04 00:00:00"]
        assert walls(read_moments(texts("25/12/2024"), rules)) == [None]


class TestNumbers:
    """What numbers count is decided by the range of most."""

    def test_nine_tenths(self) -> None:
        """Of ten numbers, nine must be in range; the tenth is not read. Eight are not enough."""
        days = [45599.5 + day for day in range(9)]
        assert decide_clock(numbers(*days, 7.0)).numbers == "excel_days"
        assert walls(read_moments(numbers(*days, 7.0)))[-1] is None
        assert decide_clock(numbers(*days[:8], 7.0, 8.0)).numbers == "none"
        # With n: 8 of 10 different values, but 98 of 100 rows.
        n = np.array([12] * 7 + [14, 1, 1])
        assert decide_clock(numbers(*days[:8], 7.0, 8.0), n=n).numbers == "excel_days"

    def test_numbers_among_texts(self) -> None:
        """A few plain numbers among dates as texts are not read; words do not count."""
        dates = [f"2024-01-{day:02d} 10:00" for day in range(1, 6)]
        assert decide_clock(texts(*dates, "45599.5")).numbers == "none"
        assert decide_clock(texts("45599.5", "not known", "", None)).numbers == "excel_days"


class TestMidnights:
    """00:00 may be a time, a date, or a time that is not known."""

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_dates_with_midnights(self, unit: str) -> None:
        """Several different midnights are dates: as texts and as times of any unit."""
        days = ["2025-01-05 00:00:00", "2025-07-06 00:00:00"]
        times = pd.Series(np.array(days, dtype=f"datetime64[{unit}]"))
        for column in (texts(*days), times, times.dt.tz_localize("Europe/London")):
            assert decide_clock(column).has_only_dates
            moments = read_moments(column)
            assert precisions(moments) == ["day", "day"]
            assert walls(moments) == days

    def test_one_midnight(self) -> None:
        """One midnight may be a time; a date beside it shows that it is none."""
        assert precisions(read_moments(texts("2025-01-05 00:00", "x"))) == ["minute", "minute"]
        assert precisions(read_moments(texts("2025-01-05 00:00", "2025-01-04"))) == ["day", "day"]

    def test_rules_for_later_values(self) -> None:
        """A column of dates that later shows a clock time keeps that time."""
        rules = decide_clock(texts("2025-01-05 00:00", "2025-01-06 00:00"))
        moments = read_moments(texts("2025-01-07 00:00", "2025-01-08 18:30"), rules)
        assert precisions(moments) == ["day", "minute"]

    def test_heap(self) -> None:
        """61 midnights are more than 3 times the 20 at noon, 60 are not."""
        start = pd.Timestamp("2025-01-01")
        noon = [start + pd.Timedelta(days=day, hours=12) for day in range(20)]
        odd = [start + pd.Timedelta(days=day, hours=9, minutes=7) for day in range(500)]
        for n_midnights, is_heaped in ((60, False), (61, True)):
            midnights = [start + pd.Timedelta(days=day) for day in range(n_midnights)]
            column = pd.Series([*midnights, *noon, *odd])
            rules = decide_clock(column)
            assert (rules.is_midnight_heaped, rules.has_only_dates) == (is_heaped, False)
            shown = precisions(read_moments(column))
            coarse = "day" if is_heaped else "minute"
            assert shown == [coarse] * n_midnights + ["minute"] * 520

    def test_heap_needs_twenty(self) -> None:
        """19 midnights and no other full hour are no heap, 20 are; counted with n."""
        column = texts("2025-01-05 00:00", "2025-01-05 09:07")
        assert not decide_clock(column, n=np.array([19, 1])).is_midnight_heaped
        assert decide_clock(column, n=np.array([20, 1])).is_midnight_heaped

    def test_whole_hours_are_no_heap(self) -> None:
        """A profile of whole hours with its peak in the evening and a busy midnight stays."""
        profile = [620, 480, 360, 260, 180, 150, *range(200, 1100, 100), *range(1100, 740, -40)]
        assert len(profile) == 24
        times = pd.Series(pd.date_range("2025-01-01", periods=24, freq="h"))
        assert decide_clock(times, n=np.array(profile)) == ClockRules()

    def test_the_end_of_the_day_is_a_time(self) -> None:
        """24:00 is written by somebody who knows the hour: it is no date, even in a heap."""
        column = texts("2025-01-05 00:00", "2025-01-05 24:00", "2025-01-07 00:00")
        moments = read_moments(column, decide_clock(column, n=np.array([30, 1, 30])))
        assert precisions(moments) == ["day", "minute", "day"]
        assert walls(moments)[1] == "2025-01-06 00:00:00"

    def test_midnights_in_utc(self) -> None:
        """A system that writes dates as midnights in UTC has 01:00 in summer: still dates."""
        days = pd.Series(pd.date_range("2025-03-20", periods=20, tz="UTC"))
        moments = read_moments(days)
        assert set(precisions(moments)) == {"day"}
        # 20 March to 8 April: the clock goes forward on the 30th.
        assert walls(moments)[0] == "2025-03-20 00:00:00"
        assert walls(moments)[-1] == "2025-04-08 00:00:00"
        # One value fewer is no proof.
        assert precisions(read_moments(days[:19]))[-1] == "minute"


class TestEdges:
    """The days on which the clock changes."""

    def test_the_day_with_25_hours(self) -> None:
        """On 26 October 2025 the hour from 01:00 comes twice: the first is taken and flagged."""
        moments = read_moments(
            texts(
                "2025-10-26 00:59:59",
                "2025-10-26 01:00",
                "2025-10-26 01:59:59",
                "2025-10-26 02:00",
                "2025-10-26 01:30Z",
                "2025-10-26 01:30+01:00",
            )
        )
        assert list(moments.start) == utc(
            "2025-10-25T23:59:59",
            "2025-10-26T00:00:00",
            "2025-10-26T00:59:59",
            "2025-10-26T02:00:00",
            "2025-10-26T01:30:00",
            "2025-10-26T00:30:00",
        )
        assert moments.is_ambiguous.tolist() == [False, True, True, False, False, False]
        assert not moments.is_nonexistent.any()

    def test_the_day_with_23_hours(self) -> None:
        """On 30 March 2025 the hour from 01:00 is skipped: there is no such moment."""
        moments = read_moments(
            texts("2025-03-30 00:59", "2025-03-30 01:00", "2025-03-30 01:59", "2025-03-30 02:00")
        )
        assert walls(moments) == ["2025-03-30 00:59:00", None, None, "2025-03-30 02:00:00"]
        assert moments.is_nonexistent.tolist() == [False, True, True, False]
        assert moments.start[3] - moments.start[0] == np.timedelta64(1, "m")
        assert not moments.is_ambiguous.any()

    def test_double_summer_time(self) -> None:
        """In July 1943 London was two hours ahead of UTC, from 1968 to 1971 always one."""
        moments = read_moments(texts("1943-07-01 12:00", "1970-01-01 12:00"))
        assert list(moments.start) == utc("1943-07-01T10:00", "1970-01-01T11:00")


TIMES = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2069, 12, 31)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)
VALUES = st.sampled_from(
    [
        "03/04/2024 00:00",
        "13/04/2024 10:00",
        "04/13/2024 11:00",
        "2025-10-26 01:30",
        "2025-03-30 01:30",
        "2024-11-03T00:00:00Z",
        "45599.5",
        "1751362200",
        "2024-01",
        "x",
        "",
        None,
    ]
)


class TestRelations:
    """What holds for every column."""

    @given(st.lists(st.tuples(VALUES, st.integers(1, 40)), max_size=12), st.randoms())
    def test_rows(self, rows: list[tuple[str | None, int]], random: Any) -> None:
        """The order of rows does not matter, and n stands for repetition."""
        column = texts(*(value for value, _ in rows))
        n = np.array([times for _, times in rows], dtype=np.int64)
        rules = decide_clock(column, n=n)
        assert decide_clock(texts(*(value for value, times in rows for _ in range(times)))) == rules
        shuffled = list(range(len(rows)))
        random.shuffle(shuffled)
        assert decide_clock(column.iloc[shuffled], n=n[shuffled]) == rules
        whole = read_moments(column, rules)
        some = read_moments(column.iloc[shuffled], rules)
        assert_same(
            some,
            Moments(
                whole.start[shuffled],
                whole.precision[shuffled],
                whole.is_ambiguous[shuffled],
                whole.is_nonexistent[shuffled],
            ),
        )

    @given(st.lists(TIMES, max_size=30), st.integers(1, 3))
    def test_typed_rows(self, times: list[dt.datetime], n: int) -> None:
        """Typed times and their texts are decided alike, and n stands for repetition."""
        column = pd.Series(np.array(times, dtype="datetime64[us]"))
        rules = decide_clock(column, n=np.full(len(times), n))
        assert decide_clock(pd.concat([column] * n)) == rules
        as_texts = decide_clock(texts(*(time.isoformat() for time in times)))
        assert as_texts == decide_clock(column)


WRITE = "write them as 2024-11-03 18:30"
NOTES = {
    "05/04/2024 10:00|03/04/2024 09:10": (
        "the dates could be day-first or month-first (such as 03/04/2024): read day-first, the "
        "British order; give date_order='month-first' (--date-order month-first) if that is wrong"
    ),
    "03/04/2024 10:00|Sat 04/13/2024 10:00": (
        "1 date can only be month-first (such as 04/13/2024): read month-first; give "
        "date_order='day-first' (--date-order day-first) if that is wrong"
    ),
    "13/04/2024 10:00|14/04/2024 10:00|04/15/2024 10:00": (
        "2 dates can only be day-first (such as 13/04/2024) and 1 only month-first (such as "
        "04/15/2024): read day-first, and the 1 not at all; give "
        "date_order='month-first' (--date-order month-first) if that is wrong"
    ),
    "45599.5|45600.25": (
        "the times are numbers: read as the days of a spreadsheet (45599.5 is 2024-11-03 "
        f"12:00:00); if that is wrong, {WRITE}"
    ),
    "1751362200|1751362201": (
        "the times are numbers: read as seconds since 1970 (1751362200 is 2025-07-01 09:30:00 "
        f"UTC); if that is wrong, {WRITE}"
    ),
    "1830|2024-01-01 10:00": f"1 of 2 times are plain numbers such as 1830: not read; {WRITE}",
    "1830|13/04/2024": f"1 of 2 times are plain numbers such as 1830: not read; {WRITE}",
    "2025-01-05 00:00|2025-01-06 00:00": "every time is 00:00: read as dates without a time",
}


class TestMessages:
    """What was decided, on what evidence, and what to type instead."""

    def test_order(self) -> None:
        """An unknown order is answered with the known ones."""
        with pytest.raises(
            InputError, match="Invalid date_order 'us'. Must be 'auto', 'day-first'"
        ):
            decide_clock(texts("2024-01-01"), order="us")

    @pytest.mark.parametrize(("values", "notes"), NOTES.items())
    def test_notes(self, values: str, notes: str) -> None:
        """Each decision that might have been another is told."""
        assert decide_clock(texts(*values.split("|"))).notes == (notes,)

    def test_heap(self) -> None:
        """The note on midnights says how many, of how many, and how unusual that is."""
        column = texts("2025-01-05 00:00", "2025-01-05 12:00", "2025-01-05 09:07")
        assert decide_clock(column, n=np.array([5000, 400, 1000])).notes == (
            (
                f"5,000 of 6,400 times are exactly 00:00, 12.5 times as many as at any other full "
                f"hour: {HEAPED}"
            ),
        )
        assert decide_clock(column, n=np.array([5000, 0, 1000])).notes == (
            f"5,000 of 6,000 times are exactly 00:00, and none is at any other full hour: {HEAPED}",
        )

    def test_nothing_to_say(self) -> None:
        """Dates that can be read in one way only need no words."""
        for column in (
            texts("2024-04-03 10:00", "3 Nov 2024 11:00"),
            texts("03/04/2024 10:00", "13/04/2024 11:00"),
            texts("03/03/2024 10:00", "x", ""),
            pd.Series([20240403, 20240413]),
            pd.Series(pd.to_datetime(["2024-04-03 10:00"])),
        ):
            assert decide_clock(column).notes == ()

    def test_swapped_by_a_spreadsheet(self) -> None:
        """Stored dates that never pass the 12th beside texts that always do are suspicious."""
        stored = [
            f"2024-{month:02d}-{day:02d} 10:00:00" for month in (3, 4) for day in range(1, 13)
        ]
        left = ["13/03/2024 10:00", "31/03/2024 10:00"]
        (note,) = decide_clock(texts(*stored, *left)).notes
        assert note.startswith("24 dates that are year-first or no texts all fall on the 1st to ")
        assert "such as 13/03/2024 never do: a spreadsheet may have swapped day and month" in note
        for others in (["2024-03-13 10:00"], ["05/03/2024 10:00"]):
            assert decide_clock(texts(*stored, *left, *others)).notes == ()
        assert decide_clock(texts(*stored[:19], *left)).notes == ()
