"""What each value of a column says by itself: a time, a date in one or both orders, a number.

Each value is read by its kind, without a look at the others. What only the whole column can decide,
the order of day and month and what numbers count, stays open. What is impossible stays missing;
nothing is rolled over.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, fields, replace
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

_NAT: Final = np.datetime64("NaT", "us")
_NO_TIME: Final = np.timedelta64("NaT", "us")
_DAY_LENGTH: Final = np.timedelta64(1, "D")
_NOON: Final = 12
_MOST_HOURS_AHEAD: Final = 15
# Of years in two digits, the last one of this century.
_LAST_OF_2000: Final = 69
# What numbers count: the least and the greatest, and how many of which unit since when one is.
# Days to the second: the fraction that stands for 18:30 is cut off after 15 digits.
_NUMBERS: Final[dict[Numbers, tuple[float, float, int, str, str]]] = {
    "excel_days": (20_000, 80_000, 86_400, "s", "1899-12-30"),
    "epoch_seconds": (1e9, 4e9, 1_000_000, "us", "1970-01-01"),
    "epoch_milliseconds": (1e12, 4e12, 1_000, "us", "1970-01-01"),
}
# Dates without dashes, of 8, 12 or 14 digits: their years [from, to), and what is left off of
# YYYYMMDDhhmmss.
_COMPACT_YEARS: Final = (1900, 2101)
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
        TYPED, WRITTEN or 0: whether the value has a say in what numbers count.
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
        """Say which numbers lie where those with a meaning do."""
        least, greatest = _NUMBERS[meaning][:2]
        return (self.number >= least) & (self.number <= greatest)

    def times(self, order: Order, meaning: Numbers) -> tuple[Times, Flags]:
        """Give the time of every cell, NaT where there is none, and whether it is in UTC."""
        times = self.day_first if order == "day-first" else self.month_first
        if meaning == "none":
            return times, self.is_utc
        is_number = self.is_in_range(meaning)
        factor, unit, zero = _NUMBERS[meaning][2:]
        passed = np.rint(self.number[is_number] * factor).astype(f"timedelta64[{unit}]")
        times = times.copy()
        times[is_number] = np.datetime64(zero) + passed
        return times, self.is_utc | (is_number & (meaning != "excel_days"))


def read_cells(values: pd.Series[Any]) -> Cells:
    """Read the values of a column of any type, each by itself."""
    if isinstance(values.dtype, pd.ArrowDtype):
        values = cast("pd.Series[Any]", pa.array(values).to_pandas())
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    if isinstance(values.dtype, pd.StringDtype):
        return _read_texts(pa.array(values, pa.large_string(), from_pandas=True))
    kind = values.dtype.kind
    if kind == "M":
        times = _within_years(values.to_numpy(f"datetime64[{values.dt.unit}]"))
        is_utc = np.full(len(times), isinstance(values.dtype, pd.DatetimeTZDtype))
        return replace(_unread(len(times)), day_first=times, month_first=times, is_utc=is_utc)
    if kind in "iuf":
        return read_numbers(values.to_numpy(np.float64, na_value=np.nan))
    return _read_objects(values.to_numpy()) if kind == "O" else _unread(len(values))


def read_numbers(numbers: Floats) -> Cells:
    """Read numbers: those that are dates without dashes as times, the others as they are."""
    digits, stated = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.int8)
    for unit, precision in _COMPACT:
        low, high = (year * 10**10 // unit for year in _COMPACT_YEARS)
        is_own = (numbers >= low) & (numbers < high) & (np.floor(numbers) == numbers)
        digits[is_own] = numbers[is_own].astype(np.int64) * unit
        stated[is_own] = precision
    month, day, hour, minute, second = (digits // 10**place % 100 for place in (8, 6, 4, 2, 0))
    times = _moment(digits // 10**10, month, day, _time_of(hour, minute, second))
    number = np.where(np.isnat(times) & np.isfinite(numbers), numbers, np.nan)
    kind = np.where(np.isnan(numbers), 0, TYPED).astype(np.int8)
    cells = _unread(len(numbers))
    return replace(
        cells, day_first=times, month_first=times, stated=stated, number=number, kind=kind
    )


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


def _read_objects(values: Array) -> Cells:
    """Read Python objects, each by its kind."""
    cells, numbers = _unread(len(values)), np.full(len(values), np.nan)
    is_text = np.array([isinstance(value, str) for value in values], dtype=np.bool_)
    for at in np.flatnonzero(~is_text):
        value = values[at]
        # NaT, the year 0 or 10000 in UTC, a number too large for a float: not read.
        with suppress(OverflowError, ValueError):
            if isinstance(value, dt.datetime) and value.utcoffset() is not None:
                value, cells.is_utc[at] = value.astimezone(dt.UTC).replace(tzinfo=None), True
            if isinstance(value, dt.date):
                cells.day_first[at] = cells.month_first[at] = value
                cells.stated[at] = MINUTE if isinstance(value, dt.datetime) else DAY
            elif isinstance(value, Real | Decimal):
                numbers[at] = float(value)
    is_number = ~np.isnan(numbers)
    cells.put(np.flatnonzero(is_number), read_numbers(numbers[is_number]))
    # A text that was cut in the middle of a character is not read, and raises nothing.
    texts = pa.array(
        [text.encode("utf-8", "replace") for text in values[is_text]], pa.large_binary()
    )
    cells.put(np.flatnonzero(is_text), _read_texts(texts.cast(pa.large_string())))
    return cells


def _unread(size: int) -> Cells:
    """Make cells of values that say nothing."""
    return Cells(
        np.full(size, _NAT),
        np.full(size, _NAT),
        np.zeros(size, np.int8),
        np.zeros(size, np.bool_),
        np.full(size, np.nan),
        np.zeros(size, np.int8),
    )


def _fill(cells: Cells, cut: Cut) -> None:
    """Read the dates of one shape into their cells."""
    at, year = cut.at, cut.number("year")
    if len(cut.word("year")) == 2:  # noqa: PLR2004
        year += np.where(year <= _LAST_OF_2000, 2000, 1900)
    of_day, cells.stated[at] = _clock_of(cut)
    if "left" in cut:
        left, right = cut.number("left"), cut.number("right")
        cells.day_first[at] = _moment(year, right, left, of_day)
        cells.month_first[at] = _moment(year, left, right, of_day)
    else:
        month, day = cut.number("month"), cut.number("day")
        if "word" in cut:
            month += MONTHS.index(cut.word("word")[:3]) + 1
        if "day" not in cut:
            day, cells.stated[at] = day + 1, MONTH
        cells.day_first[at] = cells.month_first[at] = _moment(year, month, day, of_day)
    cells.is_utc[at] = "zone" in cut or "sign" in cut


def _clock_of(cut: Cut) -> tuple[Durations, Array]:
    """Give the time after midnight, in UTC if there is an offset, and how it is stated."""
    hour = cut.number("hour")
    if "hour" not in cut:
        return hour.astype("timedelta64[us]"), np.full(len(hour), DAY)
    if "half" in cut:
        is_hour = (hour >= 1) & (hour <= _NOON)
        hour = np.where(is_hour, hour % _NOON + _NOON * (cut.word("half") == "p"), 99)
    micros = cut.number("fraction", 6) * 10 ** (6 - len(cut.word("fraction")[:6]))
    of_day = _time_of(hour, cut.number("minute"), cut.number("second"), micros)
    stated = np.where(of_day == _DAY_LENGTH, DAY_END, MINUTE if "minute" in cut else HOUR)
    ahead, minute = cut.number("ahead"), cut.number("ahead_minute")
    of_day[(ahead > _MOST_HOURS_AHEAD) | (minute >= 60)] = _NO_TIME  # noqa: PLR2004
    minute += 60 * (ahead + (cut.word("zone") == "bst"))
    offset = minute.astype("timedelta64[m]")
    return of_day + offset if cut.word("sign") == "-" else of_day - offset, stated


def _time_of(
    hour: Integers, minute: Integers, second: Integers, micros: Integers | int = 0
) -> Durations:
    """Give the time after midnight, up to 24:00; NaT where there is no such time."""
    of_day = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros
    passed = of_day.astype("timedelta64[us]")
    is_time = (minute < 60) & (second < 60) & (passed <= _DAY_LENGTH)  # noqa: PLR2004
    return np.where(is_time, passed, _NO_TIME)


def _moment(year: Integers, month: Integers, day: Integers, of_day: Durations) -> Times:
    """Give the time on a date; NaT where there is no such date or time."""
    firsts = _first_days()
    is_month = (month >= 1) & (month <= 12)  # noqa: PLR2004
    at = np.where(is_month, year * 12 + month - 1, 0)
    date = firsts[at] + (day - 1)
    is_date = is_month & (day >= 1) & (date < firsts[at + 1])
    return _within_years(np.where(is_date, date + of_day, _NAT))


@cache
def _first_days() -> Times:
    """Give the first day of every month from January of the year 0."""
    return np.arange("0000-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]")


def _within_years(times: Times) -> Times:
    """Give times in microseconds, missing before the year 1 and after 9999."""
    if np.datetime_data(times.dtype)[0] != "ns":
        # As whole numbers, NaT the least of all: three times as fast.
        first, after = np.array(["0001-01-01", "10000-01-01"], times.dtype).view(np.int64)
        is_outside = (times.view(np.int64) < first) | (times.view(np.int64) >= after)
        if is_outside.any():
            times = np.where(is_outside, np.datetime64("NaT"), times)
    return times.astype("datetime64[us]", copy=False)
