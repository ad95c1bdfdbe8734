"""Values of every kind say the same: texts, times, dates and numbers, alone or together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.incidents.clock import ClockRules, decide_clock, read_moments
from tests.incidents.columns import assert_same, numbers, objects, precisions, texts, walls

TIMES = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2069, 12, 31)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0)
)


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
                "03/11/2024 18:30",
                45599.7708333333,
                Decimal("45599.7708333333"),
                dt.date(2024, 11, 3),
                None,
            )
        )
        assert walls(moments) == ["2024-11-03 18:30:00"] * 6 + ["2024-11-03 00:00:00", None]
        assert precisions(moments) == ["minute"] * 6 + ["day", "minute"]

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
    """Leap days, midnights, the first and the last year."""

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

    def test_values_are_not_changed(self) -> None:
        """The caller's times stay as they were."""
        times = pd.Series(pd.to_datetime(["2025-03-30 01:30", "2025-07-01 00:00"]))
        before = times.copy(deep=True)
        read_moments(times)
        pd.testing.assert_series_equal(times, before)


class TestRelations:
    """What holds for every time."""

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
