"""Texts, times and numbers become moments on the London clock, or stay unread."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.incidents.clock import (
    ClockRules,
    Moments,
    decide_clock,


    read_moments,
)
from hotspots.times import london_utc, london_wall
from hotspots.tables import PRECISIONS

LONDON = ZoneInfo("Europe/London")
HEAPED = "taken as dates without a time"


def objects(*values: object) -> pd.Series[Any]:
    """Give a column of Python objects, as they are."""
    column = pd.Series([None] * len(values), dtype=object)
    for at, value in enumerate(values):
        column.iloc[at] = value
    return column


def texts(*values: str | None) -> pd.Series[Any]:
    """Give a column of texts."""
    return pd.Series(list(values), dtype="str")


def numbers(*values: float) -> pd.Series[Any]:
    """Give a column of numbers."""
    return pd.Series(list(values), dtype="float64")


def walls(moments: Moments) -> list[str | None]:
    """Give what the London clock showed, to the second; None where nothing was read."""
    shown = london_wall(moments.start)
    return [
        None if np.isnat(time) else str(np.datetime_as_string(time, "s")).replace("T", " ")
        for time in shown
    ]


def precisions(moments: Moments) -> list[str]:
    """Give the names of the precisions."""
    return [PRECISIONS[at] for at in moments.precision]


def utc(*values: str) -> list[np.datetime64]:
    """Give moments in UTC."""
    return list(np.array(values, dtype="datetime64[us]"))


def assert_same(left: Moments, right: Moments) -> None:
    """All four arrays must agree."""
    for name in ("start", "precision", "is_ambiguous", "is_nonexistent"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


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
        assert rules == ClockRules("month-first")
        assert walls(read_moments(column, rules)) == ["2024-03-04 10:00:00", None]
        assert decide_clock(texts("03/04/2024"), order="day-first").notes == ()

    def test_of_an_earlier_chunk(self) -> None:
        """Rules hold for later values, even for values that would decide otherwise."""
        rules = decide_clock(texts("12/25/2024"))
        assert walls(read_moments(texts("03/04/2024"), rules)) == ["2024-03-04 00:00:00"]
        assert walls(read_moments(texts("25/12/2024"), rules)) == [None]


class TestNumbers:
    """Numbers count days, seconds or milliseconds."""

    def test_days_of_a_spreadsheet(self) -> None:
        """Day 45599 is 3 November 2024 (25569 is 1 January 1970), 18:30 is 0.7708333 of it."""
        column = numbers(45599.7708333333, 45600.5, 45601)
        assert decide_clock(column).numbers == "excel_days"
        moments = read_moments(column)
        assert walls(moments) == [
            "2024-11-03 18:30:00",
            "2024-11-04 12:00:00",
            "2024-11-05 00:00:00",
        ]
        assert precisions(moments) == ["minute"] * 3

    @pytest.mark.parametrize("values", [[45599], [45599, 45600]])
    def test_whole_days(self, values: list[int]) -> None:
        """Whole numbers alone are dates, as numbers and as texts."""
        for column in (numbers(*values), pd.Series(values), texts(*map(str, values))):
            moments = read_moments(column)
            assert set(precisions(moments)) == {"day"}
            assert walls(moments)[0] == "2024-11-03 00:00:00"

    def test_spreadsheet_times_are_on_the_london_clock(self) -> None:
        """30 March 2025 is day 45746; 01:30 (0.0625) was skipped on it."""
        moments = read_moments(numbers(45746.0625, 45838.5))
        assert walls(moments) == [None, "2025-06-30 12:00:00"]
        assert moments.is_nonexistent.tolist() == [True, False]

    def test_seconds_and_milliseconds(self) -> None:
        """1751362200 seconds are 20270 days and 09:30 in UTC: 1 July 2025, 10:30 in London."""
        for factor, meaning in ((1, "epoch_seconds"), (1000, "epoch_milliseconds")):
            column = pd.Series([1_751_362_200 * factor, 1_751_362_201 * factor])
            assert decide_clock(column).numbers == meaning
            assert walls(read_moments(column)) == ["2025-07-01 10:30:00", "2025-07-01 10:30:01"]

    def test_dates_without_dashes(self) -> None:
        """8, 12 and 14 digits are dates whatever else the column holds."""
        column = pd.Series([20240131, 202401311830, 20240131183015, 20240231, 1830, 22001231])
        moments = read_moments(column)
        assert walls(moments) == [
            "2024-01-31 00:00:00",
            "2024-01-31 18:30:00",
            "2024-01-31 18:30:15",
            None,
            None,
            None,
        ]
        assert precisions(moments)[:3] == ["day", "minute", "minute"]
        assert decide_clock(column).numbers == "none"

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


class TestKinds:
    """Columns of every type, and columns of several."""

    def test_mixed_cells(self) -> None:
        """Cells of a spreadsheet are read each by its kind."""
        zone = dt.timezone(dt.timedelta(hours=2))
        moments = read_moments(
            objects(
                dt.datetime(2024, 11, 3, 18, 30),  # noqa: DTZ001 (cells have no zone)
                pd.Timestamp("2024-11-03 18:30"),
                dt.datetime(2024, 11, 3, 20, 30, tzinfo=zone),
                np.datetime64("2024-11-03T18:30"),
                "03/11/2024 18:30",
                45599.7708333333,
                Decimal("45599.7708333333"),
                dt.date(2024, 11, 3),
                None,
            )
        )
        assert walls(moments) == ["2024-11-03 18:30:00"] * 7 + ["2024-11-03 00:00:00", None]
        assert precisions(moments) == ["minute"] * 7 + ["day", "minute"]

    @pytest.mark.parametrize(
        "value",
        [
            None,
            np.nan,
            pd.NA,
            pd.NaT,
            b"2024-01-01",
            ["2024-01-01"],
            {},
            Decimal("NaN"),
            Decimal("sNaN"),
            True,
            np.True_,
            1j,
            10**400,
            float("inf"),
            dt.time(18, 30),
            dt.timedelta(days=1),
            dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))),
            np.datetime64("NaT"),
            np.datetime64(10**17, "Y"),
            pd.Period("2024-01"),
            "\ud800",
            object(),
            dt.datetime,
        ],
    )
    def test_nothing_raises(self, value: object) -> None:
        """What is no time is missing, and does not disturb the others."""
        moments = read_moments(objects(value, "2024-01-31 10:00", value))
        assert walls(moments) == [None, "2024-01-31 10:00:00", None]

    def test_zones(self) -> None:
        """Typed times with a zone are converted, those without are London's."""
        times = pd.Series(pd.to_datetime(["2025-07-01 12:00", "NaT"]))
        assert walls(read_moments(times)) == ["2025-07-01 12:00:00", None]
        zoned = times.dt.tz_localize("Europe/Paris")
        assert walls(read_moments(zoned)) == ["2025-07-01 11:00:00", None]

    @pytest.mark.parametrize(
        "column",
        [
            pd.Series(["2025-07-01 12:00", None], dtype=object),
            pd.Series(["2025-07-01 12:00", None], dtype="string"),
            pd.Series(["2025-07-01 12:00", None], dtype="category"),
            pd.Series(["2025-07-01 12:00", None], dtype=pd.ArrowDtype(pa.string())),
            pd.Series([45839.5, None], dtype="Float64"),
            pd.Series([45839.5, None], dtype=pd.ArrowDtype(pa.float64())),
            pd.Series(np.array(["2025-07-01T12", "NaT"], "datetime64[us]")).astype("category"),
            pd.Series(
                pd.arrays.ArrowExtensionArray(pa.array([1_751_371_200, None], pa.timestamp("s")))
            ),
            pd.Series(
                pd.arrays.ArrowExtensionArray(
                    pa.array([1_751_367_600, None], pa.timestamp("s", "UTC"))
                )
            ),
        ],
        ids=lambda column: str(column.dtype),
    )
    def test_types(self, column: pd.Series[Any]) -> None:
        """Noon of 1 July 2025, and a missing value, in every type that pandas has for them."""
        moments = read_moments(column)
        assert walls(moments) == ["2025-07-01 12:00:00", None]
        assert decide_clock(column, n=np.array([3, 4])) == decide_clock(column)

    @pytest.mark.parametrize(
        "column",
        [
            pd.Series([True, False]),
            pd.Series([1j, 2j]),
            pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
            pd.Series(pd.to_timedelta([1, 2], unit="h")),
            pd.Series([None, None]),
        ],
        ids=lambda column: str(column.dtype),
    )
    def test_types_without_times(self, column: pd.Series[Any]) -> None:
        """A column of something else is missing throughout."""
        moments = read_moments(column)
        assert np.isnat(moments.start).all()
        assert decide_clock(column) == ClockRules()

    @pytest.mark.parametrize("dtype", ["str", "object", "float64", "datetime64[ns]", "category"])
    def test_empty(self, dtype: str) -> None:
        """No values give no moments, in the documented types."""
        column = pd.Series([], dtype=dtype)
        moments = read_moments(column, decide_clock(column, n=np.array([], dtype=int)))
        assert moments.start.dtype == np.dtype("datetime64[us]")
        assert moments.precision.dtype == np.int8
        assert moments.is_ambiguous.dtype == moments.is_nonexistent.dtype == bool
        assert len(moments.start) == len(moments.precision) == len(moments.is_ambiguous) == 0


class TestEdges:
    """Clock changes, leap days, the first and the last year."""

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

    def test_leap_days(self) -> None:
        """2024 and 2000 have a 29 February, 2023 and 1900 have not."""
        days = texts("29/02/2024", "29/02/2000", "29/02/2023", "29/02/1900")
        assert walls(read_moments(days)) == [
            "2024-02-29 00:00:00",
            "2000-02-29 00:00:00",
            None,
            None,
        ]

    def test_the_end_of_the_day(self) -> None:
        """24:00 is the next midnight: of the next month, year, and summer day."""
        moments = read_moments(
            texts("2024-02-28 24:00", "31/12/2024 24:00:00", "2025-07-01T24:00", "9999-12-31 24:00")
        )
        assert walls(moments) == [
            "2024-02-29 00:00:00",
            "2025-01-01 00:00:00",
            "2025-07-02 00:00:00",
            None,
        ]

    def test_the_first_and_the_last_year(self) -> None:
        """The years 1 and 9999 are read, in texts and in times; 0 and 10000 are not."""
        shown = ["0001-01-01 10:00:00", "9999-12-31 23:59:59", None, None]
        assert (
            walls(read_moments(texts("0001-01-01 10:00", *shown[1:2], "0000-01-01"))) == shown[:3]
        )
        seconds = [-62_135_596_800 + 36_000, 253_402_300_799, -62_135_596_801, 253_402_300_800]
        times = pd.Series(np.array(seconds, dtype="datetime64[s]"))
        assert walls(read_moments(times)) == shown

    def test_before_1970(self) -> None:
        """A microsecond before an hour before 1970 belongs to the hour before."""
        start = np.array(["1969-12-31T22:59:59.999999", "1965-12-31T23:00"], "datetime64[us]")
        assert london_wall(start).astype(str).tolist() == [
            "1969-12-31T23:59:59.999999",
            "1965-12-31T23:00:00.000000",
        ]

    def test_missing_stays_missing(self) -> None:
        """NaT goes through both ways, alone and in company."""
        for times in (["NaT"], ["NaT", "2025-07-01T12:00"], ["NaT", "9000-07-01T12:00"]):
            array = np.array(times, dtype="datetime64[us]")
            for convert in (london_wall, london_utc):
                assert np.isnat(convert(array)).tolist() == [time == "NaT" for time in times]

    def test_values_are_not_changed(self) -> None:
        """The caller's times stay as they were."""
        times = pd.Series(pd.to_datetime(["2025-03-30 01:30", "2025-07-01 00:00"]))
        before = times.copy(deep=True)
        read_moments(times)
        london_wall(times.to_numpy())
        pd.testing.assert_series_equal(times, before)


def sample(n: int, first: int, last: int, seed: int) -> list[dt.datetime]:
    """Give random moments in UTC, half of them around a change of the clock."""
    rng = np.random.default_rng(seed)
    years = rng.integers(first, last, n)
    moments = []
    for at, year in enumerate(years.tolist()):
        # Since 1996, and mostly before, it changes on the last Sunday of March and October.
        month = (3, 10)[int(rng.integers(2))]
        last_day = dt.datetime(year, month, 31, 1, tzinfo=dt.UTC)
        change = last_day - dt.timedelta(days=(last_day.weekday() + 1) % 7)
        hours = 3 if at % 2 else 24 * 150
        seconds = int(rng.integers(-hours * 3600, hours * 3600))
        moments.append(change + dt.timedelta(seconds=seconds))
    return moments


class TestReference:
    """Python's zoneinfo, one moment at a time."""

    @pytest.mark.parametrize(("first", "last"), [(1916, 2038), (2038, 2600), (1850, 1916)])
    def test_london_wall(self, first: int, last: int) -> None:
        """5,000 moments show the same on the clock, and come back from it."""
        moments = sample(5000, first, last, seed=first)
        start = np.array([moment.replace(tzinfo=None) for moment in moments], "datetime64[us]")
        wall = london_wall(start)
        expected = [moment.astimezone(LONDON).replace(tzinfo=None) for moment in moments]
        assert wall.tolist() == expected
        # Only the second pass of an hour comes back as the first.
        is_second = np.array([moment.astimezone(LONDON).fold for moment in moments], dtype=bool)
        back = london_utc(wall)
        np.testing.assert_array_equal(back[~is_second], start[~is_second])
        assert (back[is_second] == start[is_second] - np.timedelta64(1, "h")).all()

    @pytest.mark.parametrize(("first", "last"), [(1916, 2038), (2038, 2600)])
    def test_read_moments(self, first: int, last: int) -> None:
        """5,000 times on the clock: the same moment, and flags where the two folds differ."""
        naive = [moment.replace(tzinfo=None) for moment in sample(5000, first, last, seed=last)]
        moments = read_moments(pd.Series(np.array(naive, dtype="datetime64[us]")))
        for at, time in enumerate(naive):
            one, two = (time.replace(tzinfo=LONDON, fold=fold).utcoffset() for fold in (0, 1))
            assert one is not None
            assert two is not None
            assert moments.is_ambiguous[at] == (one > two)
            assert moments.is_nonexistent[at] == (one < two)
            if one < two:
                assert np.isnat(moments.start[at])
            else:
                assert moments.start[at] == np.datetime64(time - one)
        assert moments.is_ambiguous.sum() > 50
        assert moments.is_nonexistent.sum() > 50


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


def is_skipped(time: dt.datetime) -> bool:
    """Say whether the clock went forward over a time."""
    back = time.replace(tzinfo=LONDON).astimezone(dt.UTC).astimezone(LONDON)
    return back.replace(tzinfo=None) != time


class TestRelations:
    """What holds for every value and every column."""

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

    @given(TIMES)
    def test_kinds_agree(self, time: dt.datetime) -> None:
        """As text, as time, as Python object and as a spreadsheet's number it is the same."""
        days = (time - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001
        rules = ClockRules(numbers="excel_days")
        first = read_moments(texts(time.isoformat()), rules)
        assert_same(read_moments(pd.Series([np.datetime64(time)]), rules), first)
        assert_same(read_moments(objects(time), rules), first)
        assert_same(read_moments(numbers(days), rules), first)
        assert_same(read_moments(texts(f"{days:.10f}"), rules), first)

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

    @given(st.lists(st.text(max_size=25) | st.text("0123456789-/:. TZapm+,", max_size=25)))
    def test_any_text(self, values: list[str]) -> None:
        """No text raises, and a moment is always a real one on the clock."""
        column = pd.Series(values, dtype=object)
        moments = read_moments(column)
        assert len(moments.start) == len(values)
        known = ~np.isnat(moments.start)
        assert not (known & moments.is_nonexistent).any()
        assert (moments.precision[~known] == 0).all()


WRITE = "write them as 2024-11-03 18:30"
NOTES = {
    "05/04/2024 10:00|03/04/2024 09:10": (
        "the dates could be day-first or month-first (such as 03/04/2024): read day-first, the "
        "British order; give date_order='month-first' if that is wrong"
    ),
    "03/04/2024 10:00|Sat 04/13/2024 10:00": (
        "1 date can only be month-first (such as 04/13/2024): read month-first; give "
        "date_order='day-first' if that is wrong"
    ),
    "13/04/2024 10:00|14/04/2024 10:00|04/15/2024 10:00": (
        "2 dates can only be day-first (such as 13/04/2024) and 1 only month-first (such as "
        "04/15/2024): read day-first, and the 1 not at all; give date_order='month-first' if that "
        "is wrong"
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
