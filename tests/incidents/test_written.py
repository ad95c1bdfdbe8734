"""A date and a clock time are read however a source writes them; anything else is not."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.incidents.clock import ClockRules, read_moments
from hotspots.times import london_wall
from tests.incidents.columns import precisions, texts, utc, walls

LONDON = ZoneInfo("Europe/London")


class TestTexts:
    """One text at a time."""

    @pytest.mark.parametrize(
        "text",
        [
            "2024-11-03 18:30",
            "2024-11-03T18:30",
            "2024-11-03t18:30:00",
            "2024-11-03 18:30:00.000",
            "2024-11-03T18:30:00,000",
            "2024-11-03T18:30:00Z",
            "2024-11-03 18:30:00 UTC",
            "2024-11-03 18:30 GMT",
            "2024-11-03 19:30:00+01:00",
            "2024-11-03 19:30:00 +0100",
            "2024-11-03 19:30+01",
            "2024-11-03 13:00-05:30",
            "2024/11/03 18:30",
            "2024.11.3 18:30",
            "2024-Nov-03 18:30",
            "20241103 1830",
            "20241103T183000",
            "20241103T183000Z",
            "202411031830",
            "20241103183000",
            "03/11/2024 18:30",
            "3/11/2024 18:30:00",
            "03-11-2024 18:30",
            "03.11.2024 18.30",
            "3.11.24 18.30.00",
            "03/11/24 18:30",
            "03/11/2024, 18:30:00",
            "03/11/2024 - 18:30",
            "03/11/2024 1830",
            "03/11/2024 183000",
            "03/11/2024 1830hrs",
            "03/11/2024 6:30pm",
            "03/11/2024 06:30 PM",
            "03/11/2024 6:30:00 p.m.",
            "Sun 03/11/2024 18:30",
            "Sunday, 3 November 2024 18:30",
            "3 Nov 2024 18:30",
            "3-Nov-24 18:30",
            "03NOV2024:18:30:00",
            "03/Nov/2024:18:30:00 +0000",
            "03 November 2024 at 18:30",
            "3rd of November 2024 18:30",
            "Nov 3 2024 18:30",
            "Nov  3 2024  6:30PM",
            "03 Nov 2024 18:30:00:000",
            "03-NOV-24 06.30.00.000000000 PM",
            "Nov 3, 2024 6:30 PM",
            "Sun Nov 03 2024 18:30:00 GMT+0000 (Greenwich Mean Time)",
            "18:30 03/11/2024",
            "6:30pm on Sunday 3 November 2024",
            "  2024-11-03\u00a018:30\t",
            "\u200e03/11/2024 6:30\u202fpm",
        ],
    )
    def test_moments(self, text: str) -> None:
        """Each of these is half past six in the evening of 3 November 2024, a Sunday."""
        moments = read_moments(texts(text))
        assert moments.start.tolist() == [dt.datetime(2024, 11, 3, 18, 30)]  # noqa: DTZ001 (UTC)
        assert precisions(moments) == ["minute"]

    @pytest.mark.parametrize(
        ("text", "wall", "precision"),
        [
            ("2024-11-03", "2024-11-03 00:00:00", "day"),
            ("2024/1/3", "2024-01-03 00:00:00", "day"),
            ("31-10-2023", "2023-10-31 00:00:00", "day"),
            ("31.10.23", "2023-10-31 00:00:00", "day"),
            ("20240131", "2024-01-31 00:00:00", "day"),
            ("3 Nov 2024", "2024-11-03 00:00:00", "day"),
            ("3-Sept-24", "2024-09-03 00:00:00", "day"),
            ("03 November 2024", "2024-11-03 00:00:00", "day"),
            ("November 3, 2024", "2024-11-03 00:00:00", "day"),
            ("Saturday, 3 February 2024", "2024-02-03 00:00:00", "day"),
            ("01/02/69", "2069-02-01 00:00:00", "day"),
            ("01/02/70", "1970-02-01 00:00:00", "day"),
            ("2024-01", "2024-01-01 00:00:00", "month"),
            ("01/2024", "2024-01-01 00:00:00", "month"),
            ("Jan 2024", "2024-01-01 00:00:00", "month"),
            ("january 2024", "2024-01-01 00:00:00", "month"),
            ("2024 July", "2024-07-01 00:00:00", "month"),
            ("Jan-24", "2024-01-01 00:00:00", "month"),
            ("3 Nov 2024 6 pm", "2024-11-03 18:00:00", "hour"),
            ("2024-11-03T18", "2024-11-03 18:00:00", "hour"),
            ("2024-11-03 9:05:07", "2024-11-03 09:05:07", "minute"),
            ("03/11/2024 12:05 am", "2024-11-03 00:05:00", "minute"),
            ("03/11/2024 12:05 pm", "2024-11-03 12:05:00", "minute"),
            ("2024-07-01 10:00 BST", "2024-07-01 10:00:00", "minute"),
            ("2024-07-01 10:00Z", "2024-07-01 11:00:00", "minute"),
        ],
    )
    def test_precision(self, text: str, wall: str, precision: str) -> None:
        """A value is known as finely as it says."""
        moments = read_moments(texts(text))
        assert (walls(moments), precisions(moments)) == ([wall], [precision])

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "yesterday",
            "31/02/2024",
            "29/02/2023",
            "2024-02-30 10:00",
            "2024-13-01",
            "2024-00-10",
            "31/04/2024",
            "00/01/2024",
            "0000-01-01",
            "2024-01-31 25:00",
            "2024-01-31 24:01",
            "2024-01-31 24:00:00.5",
            "2024-01-31 12:60",
            "2024-01-31 12:30:61",
            "2024-01-31 13:30 pm",
            "2024-01-31 0:30 am",
            "2024-01-31 10:00+16:00",
            "0001-01-01 10:00+12:00",
            "2024-01-31 10:00+01:75",
            "18:30",
            "6:30 pm",
            "1830",
            "18.30",
            "2024",
            "3 Nov",
            "13/2024",
            "2024-01 10:00",
            "03/11-2024",
            "2024-01-31 10:00 tomorrow",
            "2024-01-31 10:00 (about)",
            "2024-01-31 10:00:00:00",
            "2024-01-31 10:00 or 11:00",
            "2024-W05-1",
            "2024-031",
            "32012024",
            "18991231",
            "٣/١١/٢٠٢٤",
            "2024-01-31" + " " * 70 + "10:00",
        ],
    )
    def test_unreadable(self, text: str) -> None:
        """What is no date, or an impossible one, is never turned into another."""
        moments = read_moments(texts(text, "2024-01-31 10:00"))
        assert walls(moments) == [None, "2024-01-31 10:00:00"]
        assert precisions(moments) == ["minute", "minute"]
        assert not moments.is_nonexistent.any()

    def test_many_shapes_at_once(self) -> None:
        """Texts of several shapes do not disturb each other, and repeat."""
        column = texts("1 May 2024", "2024-12-25 7:05", None, "x", "25/12/2024", "1 May 2024")
        assert walls(read_moments(column)) == [
            "2024-05-01 00:00:00",
            "2024-12-25 07:05:00",
            None,
            None,
            "2024-12-25 00:00:00",
            "2024-05-01 00:00:00",
        ]

    def test_fractions_of_a_second(self) -> None:
        """Six digits are kept, more are cut off, fewer are filled up."""
        start = read_moments(texts("2024-01-31T10:00:00.1234567", "2024-01-31T10:00:00.5")).start
        assert list(start) == utc("2024-01-31T10:00:00.123456", "2024-01-31T10:00:00.500000")


DATE_FORMATS = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%d %b %Y",
    "%d-%b-%y",
    "%d %B %Y",
    "%b %d %Y",
    "%A, %d %B %Y",
    "%a %d/%m/%Y",
    "%Y%m%d",
]
CLOCK_FORMATS = ["%H:%M:%S", "T%H:%M:%S", "%I:%M:%S %p", "%I:%M:%S%p", "%H%M%S", "%H:%M:%S.%f"]
BRITISH = ClockRules()
TIMES = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2069, 12, 31)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)


def is_skipped(time: dt.datetime) -> bool:
    """Say whether the clock went forward over a time."""
    back = time.replace(tzinfo=LONDON).astimezone(dt.UTC).astimezone(LONDON)
    return back.replace(tzinfo=None) != time


class TestRelations:
    """What holds for every text."""

    @given(TIMES, st.sampled_from(DATE_FORMATS), st.sampled_from(CLOCK_FORMATS))
    def test_what_is_written_is_read(self, time: dt.datetime, date: str, clock: str) -> None:
        """A time in any format comes back, except where the clock skipped it."""
        glue = "" if clock.startswith("T") else " "
        moments = read_moments(texts(time.strftime(date + glue + clock)), BRITISH)
        assert moments.is_nonexistent[0] == is_skipped(time)
        assert is_skipped(time) or london_wall(moments.start).tolist() == [time]
        assert precisions(moments) == ["minute"]

    @given(TIMES, st.sampled_from(DATE_FORMATS))
    def test_dates_are_read(self, time: dt.datetime, date: str) -> None:
        """A date in any format comes back as its midnight, known to the day."""
        moments = read_moments(texts(time.strftime(date)), BRITISH)
        assert london_wall(moments.start).tolist() == [dt.datetime.combine(time, dt.time())]
        assert precisions(moments) == ["day"]

    @given(TIMES, st.sampled_from(["%m/%d/%Y %H:%M:%S", "%m-%d-%y %H:%M:%S"]))
    def test_month_first(self, time: dt.datetime, written: str) -> None:
        """The other order comes back by the other rule."""
        moments = read_moments(texts(time.strftime(written)), ClockRules("month-first"))
        assert is_skipped(time) or london_wall(moments.start).tolist() == [time]

    @given(st.lists(st.text(max_size=25) | st.text("0123456789-/:. TZapm+,", max_size=25)))
    def test_any_text(self, values: list[str]) -> None:
        """No text raises, and a moment is always a real one on the clock."""
        column = pd.Series(values, dtype=object)
        moments = read_moments(column)
        assert len(moments.start) == len(values)
        known = ~np.isnat(moments.start)
        assert not (known & moments.is_nonexistent).any()
        assert (moments.precision[~known] == 0).all()
