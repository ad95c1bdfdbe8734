"""What each value of a column says by itself: a time, a date in one or both orders, a number.

Each value is read by its kind, without a look at the others. What only the whole column can decide,
the order of day and month and what numbers count, stays open. What is impossible stays missing;
nothing is rolled over.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots.incidents.written import MONTHS, Cut, cut_texts, tidy_texts
from hotspots.tables import PRECISIONS

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]
    Bytes = np.ndarray[Any, np.dtype[np.int8]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Times = np.ndarray[Any, np.dtype[np.datetime64]]
    Durations = np.ndarray[Any, np.dtype[np.timedelta64]]

Order = Literal["day-first", "month-first"]
Numbers = Literal["none", "excel_days", "epoch_seconds", "epoch_milliseconds"]

MINUTE, HOUR, DAY, MONTH = range(len(PRECISIONS))
"""How finely a value gives its time: positions in `PRECISIONS`."""
DAY_END: Final = -1
"""24:00 is a minute like any other, but nobody writes it for a time that is not known."""
TYPED, WRITTEN = 1, 2
"""A number, and a text with a digit."""

# In microseconds.
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_NOON: Final = 12
_NO_HOUR: Final = 99
_LONGEST_FRACTION: Final = 6
_MOST_HOURS_AHEAD: Final = 15
_LAST_YEAR: Final = 9999
# Of years in two digits, the last one of this century.
_LAST_OF_2000: Final = 69
_NAT: Final = np.datetime64("NaT", "us")
_NO_TIME: Final = np.timedelta64("NaT", "us")
_DAY_LENGTH: Final = np.timedelta64(1, "D")
_EXCEL_ZERO: Final = np.datetime64("1899-12-30", "us")
_EPOCH: Final = np.datetime64("1970-01-01", "us")
_RANGES: Final[dict[Numbers, tuple[float, float]]] = {
    "excel_days": (20_000, 80_000),
    "epoch_seconds": (1e9, 4e9),
    "epoch_milliseconds": (1e12, 4e12),
}
# Dates without dashes, of 8, 12 or 14 digits: years, and what is left off of YYYYMMDDhhmmss.
_COMPACT_YEARS: Final = (1900, 2100)
_COMPACT: Final = ((10**6, DAY), (10**2, MINUTE), (1, MINUTE))


@dataclass(frozen=True, eq=False)
class Cells:
    """What the values of a column say, one entry a value.

    Parameters
    ----------
    day_first, month_first : array of datetime64[us]
        The time if day and month are in that order; NaT if there is none.
    stated : array of int8
        How finely the value gives it: MINUTE, HOUR, DAY, MONTH or DAY_END.
    is_utc : array of bool
        Whether the time is in UTC, not on the London clock.
    number : array of float
        A number that is no date without dashes; NaN for none.
    kind : array of int8
        TYPED, WRITTEN or 0: what else the value might be evidence for.
    """

    day_first: Times
    month_first: Times
    stated: Bytes
    is_utc: Flags
    number: Floats
    kind: Bytes

    def put(self, at: Integers, cells: Cells) -> None:
        """Put other cells in the places of some of these."""
        for field in fields(self):
            getattr(self, field.name)[at] = getattr(cells, field.name)

    def is_in_range(self, meaning: Numbers) -> Flags:
        """Say which numbers lie where those of a meaning do."""
        low, high = _RANGES[meaning]
        return (self.number >= low) & (self.number <= high)

    def times(self, order: Order, meaning: Numbers) -> tuple[Times, Flags]:
        """Give the time of every cell, NaT where there is none, and whether it is in UTC."""
        times = self.day_first if order == "day-first" else self.month_first
        if meaning == "none":
            return times, self.is_utc
        is_number = self.is_in_range(meaning)
        number = self.number[is_number]
        times, is_utc = times.copy(), self.is_utc | (is_number & (meaning != "excel_days"))
        if meaning == "excel_days":
            # What stands for 18:30 is a fraction of a day cut off after 15 digits.
            seconds = np.rint(number * (_DAY // _SECOND))
            times[is_number] = _EXCEL_ZERO + (seconds * _SECOND).astype("timedelta64[us]")
        else:
            unit = _SECOND if meaning == "epoch_seconds" else _SECOND // 1000
            times[is_number] = _EPOCH + np.rint(number * unit).astype("timedelta64[us]")
        return times, is_utc


def read_cells(values: pd.Series[Any]) -> Cells:
    """Read the values of a column, each by itself.

    Parameters
    ----------
    values : Series
        Of any type.

    Returns
    -------
    Cells
        One entry a value, in the order of the values.
    """
    if isinstance(values.dtype, pd.ArrowDtype):
        values = cast("pd.Series[Any]", pa.array(values).to_pandas())
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    if isinstance(values.dtype, pd.StringDtype):
        return _read_texts(pa.array(values, pa.large_string(), from_pandas=True))
    kind = values.dtype.kind
    if kind == "M":
        is_utc = isinstance(values.dtype, pd.DatetimeTZDtype)
        return _of_times(values.to_numpy(f"datetime64[{values.dt.unit}]"), is_utc=is_utc)
    if kind in "iuf":
        return read_numbers(values.to_numpy(np.float64, na_value=np.nan))
    if kind == "O":
        return _read_objects(values.to_numpy())
    return _of_times(np.full(len(values), _NAT))


def read_numbers(numbers: Floats) -> Cells:
    """Read numbers: those that are dates without dashes as times, the others as they are."""
    digits = np.zeros(len(numbers), np.int64)
    stated = np.zeros(len(numbers), np.int8)
    for unit, precision in _COMPACT:
        low, high = _COMPACT_YEARS[0] * 10**10 // unit, (_COMPACT_YEARS[1] + 1) * 10**10 // unit
        is_own = (numbers >= low) & (numbers < high) & (np.floor(numbers) == numbers)
        digits[is_own] = numbers[is_own].astype(np.int64) * unit
        stated[is_own] = precision
    of_day = _time_of(digits // 10**4 % 100, digits // 100 % 100, digits % 100)
    times = _moment(digits // 10**10, digits // 10**8 % 100, digits // 10**6 % 100, of_day)
    is_left = np.isnat(times) & np.isfinite(numbers)
    return Cells(
        times,
        times,
        np.where(of_day == _DAY_LENGTH, DAY_END, stated).astype(np.int8),
        np.zeros(len(numbers), np.bool_),
        np.where(is_left, numbers, np.nan),
        np.where(np.isnan(numbers), 0, TYPED).astype(np.int8),
    )


def _of_times(times: Times, stated: int = MINUTE, *, is_utc: bool | Flags = False) -> Cells:
    """Make cells of values that are times already."""
    size, times = len(times), _within_years(times)
    return Cells(
        times,
        times,
        np.full(size, stated, np.int8),
        np.full(size, is_utc),
        np.broadcast_to(np.float64(np.nan), size),  # takes no memory
        np.zeros(size, np.int8),
    )


def _read_objects(values: Array) -> Cells:
    """Read Python objects, each by its kind."""
    cells, left = _unread(len(values)), np.arange(len(values))
    for kinds, read in (
        (str, _read_text_objects),
        (dt.datetime, _read_time_objects),
        (dt.date, _read_date_objects),
        ((Real, Decimal), _read_number_objects),
    ):
        is_kind = np.array([isinstance(value, kinds) for value in values[left]], dtype=np.bool_)
        if is_kind.any():
            cells.put(left[is_kind], read(values[left[is_kind]]))
        left = left[~is_kind]
    return cells


def _unread(size: int) -> Cells:
    """Make cells to be filled."""
    return Cells(
        np.full(size, _NAT),
        np.full(size, _NAT),
        np.zeros(size, np.int8),
        np.zeros(size, np.bool_),
        np.full(size, np.nan),
        np.zeros(size, np.int8),
    )


def _read_text_objects(values: Array) -> Cells:
    # A text that was cut in the middle of a character is not read, and raises nothing.
    whole = [text.encode("utf-8", "replace") for text in values]
    return _read_texts(pa.array(whole, pa.large_binary()).cast(pa.large_string()))


def _read_time_objects(values: Array) -> Cells:
    times, is_utc = np.full(len(values), _NAT), np.zeros(len(values), np.bool_)
    for at, value in enumerate(values):
        # NaT, or a time that is in another year in UTC: the year 0 or 10000.
        with suppress(OverflowError, ValueError):
            is_utc[at] = value.utcoffset() is not None
            times[at] = value.astimezone(dt.UTC).replace(tzinfo=None) if is_utc[at] else value
    return _of_times(times, is_utc=is_utc)


def _read_date_objects(values: Array) -> Cells:
    return _of_times(values.astype("datetime64[D]"), DAY)


def _read_number_objects(values: Array) -> Cells:
    numbers = np.full(len(values), np.nan)
    for at, value in enumerate(values):
        # Too large for a float, or the signalling NaN of a Decimal: no time in any case.
        with suppress(OverflowError, ValueError):
            numbers[at] = float(value)
    return read_numbers(numbers)


def _read_texts(texts: pa.Array | pa.ChunkedArray) -> Cells:
    """Read texts, all of one shape together."""
    texts = tidy_texts(texts)
    cells = _unread(len(texts))
    for cut in cut_texts(texts):
        if "number" in cut:
            numbers = texts.take(pa.array(cut.at)).cast(pa.float64())
            cells.put(cut.at, read_numbers(numbers.to_numpy()))
        elif cut.parts:
            _fill(cells, cut)
        cells.kind[cut.at] = WRITTEN
    return cells


def _fill(cells: Cells, cut: Cut) -> None:
    """Read the dates of one shape into their cells."""
    year = cut.number("year")
    if len(cut.word("year")) == 2:  # noqa: PLR2004
        year += np.where(year <= _LAST_OF_2000, 2000, 1900)
    of_day, cells.stated[cut.at] = _clock_of(cut)
    if "left" in cut:
        left, right = cut.number("left"), cut.number("right")
        cells.day_first[cut.at] = _moment(year, right, left, of_day)
        cells.month_first[cut.at] = _moment(year, left, right, of_day)
    else:
        month, day = cut.number("month"), cut.number("day")
        if "word" in cut:
            month += MONTHS.index(cut.word("word")[:3]) + 1
        if "day" not in cut:
            day, cells.stated[cut.at] = day + 1, MONTH
        cells.day_first[cut.at] = cells.month_first[cut.at] = _moment(year, month, day, of_day)
    cells.is_utc[cut.at] = "zone" in cut or "sign" in cut


def _clock_of(cut: Cut) -> tuple[Durations, Bytes]:
    """Give the time after midnight, in UTC if there is an offset, and how it is stated."""
    hour, size = cut.number("hour"), len(cut.at)
    if "hour" not in cut:
        return np.zeros(size, "timedelta64[us]"), np.full(size, DAY, np.int8)
    if "half" in cut:
        is_hour = (hour >= 1) & (hour <= _NOON)
        hour = np.where(is_hour, hour % _NOON + _NOON * (cut.word("half") == "p"), _NO_HOUR)
    n_missing = _LONGEST_FRACTION - len(cut.word("fraction")[:_LONGEST_FRACTION])
    fraction = cut.number("fraction", _LONGEST_FRACTION) * 10**n_missing
    of_day = _time_of(hour, cut.number("minute"), cut.number("second"), fraction)
    stated = np.full(size, MINUTE if "minute" in cut else HOUR, np.int8)
    stated[of_day == _DAY_LENGTH] = DAY_END
    ahead, minute = cut.number("ahead"), cut.number("ahead_minute")
    of_day[(ahead > _MOST_HOURS_AHEAD) | (minute >= 60)] = _NO_TIME  # noqa: PLR2004
    minute += 60 * (ahead + (cut.word("zone") == "bst"))
    offset = minute.astype("timedelta64[m]")
    return of_day + (offset if cut.word("sign") == "-" else -offset), stated


def _time_of(
    hour: Integers, minute: Integers, second: Integers, micros: Integers | int = 0
) -> Durations:
    """Give the time after midnight, up to 24:00; NaT where there is no such time."""
    of_day = ((hour * 60 + minute) * 60 + second) * _SECOND + micros
    is_time = (minute < 60) & (second < 60) & (of_day <= _DAY)  # noqa: PLR2004
    return np.where(is_time, of_day.astype("timedelta64[us]"), _NO_TIME)


def _moment(year: Integers, month: Integers, day: Integers, of_day: Durations) -> Times:
    """Give times of dates; NaT where there is no such date or time."""
    firsts = _first_days()
    is_month = (year >= 1) & (month >= 1) & (month <= 12)  # noqa: PLR2004
    at = np.where(is_month, (year - 1) * 12 + month - 1, 0)
    date = firsts[at] + (day - 1)
    is_date = is_month & (day >= 1) & (date < firsts[at + 1])
    return _within_years(np.where(is_date, date + of_day, _NAT))


@cache
def _first_days() -> Times:
    """Give the first day of every month from January of the year 1."""
    months = np.arange((1 - 1970) * 12, (_LAST_YEAR + 1 - 1970) * 12 + 1)
    return months.astype("datetime64[M]").astype("datetime64[D]")


def _within_years(times: Times) -> Times:
    """Give times in microseconds, missing before the year 1 and after 9999."""
    if np.datetime_data(times.dtype)[0] != "ns":
        low, high = np.array(["0001-01-01", "10000-01-01"], "datetime64[s]")
        is_outside = (times < low) | (times >= high)
        if is_outside.any():
            times = np.where(is_outside, np.datetime64("NaT"), times)
    return times.astype("datetime64[us]", copy=False)
