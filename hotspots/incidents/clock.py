"""Texts, times and numbers to moments on the London clock, saying how finely each is known.

How a column is written is decided once, on its values. Texts are then read by their shape: where
the parts of "03/11/2024 18:30" stand is found once for "00/00/0000 00:00", and they are cut out of
all texts of that shape together. What is impossible stays missing; nothing is rolled over.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.errors import invalid
from hotspots.tables import PRECISIONS, TIMEZONE
from hotspots.words import count

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]
    Bytes = np.ndarray[Any, np.dtype[np.int8]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Booleans = np.ndarray[Any, np.dtype[np.bool_]]
    Times = np.ndarray[Any, np.dtype[np.datetime64]]

Order = Literal["day-first", "month-first"]
Numbers = Literal["none", "excel_days", "epoch_seconds", "epoch_milliseconds"]

# All arithmetic is in whole microseconds since 1970.
_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_DAY: Final = 24 * _HOUR
_HOURS_IN_DAY: Final = 24
_NAT: Final = int(np.iinfo(np.int64).min)
_TIME: Final = "datetime64[us]"
_LAST_YEAR: Final = 9999
_FIRST: Final = int(np.datetime64("0001-01-01", "us").astype(np.int64))
_LAST: Final = int(np.datetime64("9999-12-31T23:59:59.999999", "us").astype(np.int64))

# "24:00" is a minute like any other, but nobody writes it for a time that is not known.
_DAY_END: Final = -1
_MINUTE, _WHOLE_HOUR, _DATE, _MONTH = range(len(PRECISIONS))


@dataclass(frozen=True)
class ClockRules:
    """How the times of one column are written: decided once a source, on its first values.

    Parameters
    ----------
    order : {"day-first", "month-first"}
        What 03/04/2024 means.
    numbers : {"none", "excel_days", "epoch_seconds", "epoch_milliseconds"}
        What plain numbers count: days since 1899-12-30 on the London clock, or seconds or
        milliseconds since 1970 in UTC; "none" if they cannot be read.
    has_only_dates : bool
        Every clock time is midnight: the column holds dates.
    is_midnight_heaped : bool
        Far more times are 00:00 than any other full hour: 00:00 stands for "time not known".
    notes : tuple of str
        What was decided, on what evidence, and what to type instead, in sentences.
    """

    order: Order = "day-first"
    numbers: Numbers = "none"
    has_only_dates: bool = False
    is_midnight_heaped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moments:
    """Times that were read, one entry a value.

    Parameters
    ----------
    start : array of datetime64[us]
        The moment in UTC; NaT where it cannot be read or does not exist.
    precision : array of int8
        How finely it is known, as a position in `hotspots.tables.PRECISIONS`; 0 where there is no
        moment.
    is_ambiguous : array of bool
        Whether the clock showed that hour twice; the first was taken.
    is_nonexistent : array of bool
        Whether the clock skipped it.
    """

    start: Times
    precision: Bytes
    is_ambiguous: Booleans
    is_nonexistent: Booleans


def decide_clock(
    values: pd.Series[Any], *, n: Array | None = None, order: str = "auto"
) -> ClockRules:
    """Decide how the times of a column are written.

    Parameters
    ----------
    values : Series
        Texts, times, dates, numbers or a mixture, as for `read_moments`; best each value once.
    n : array of int, optional
        How often each value occurs; by default once.
    order : {"auto", "day-first", "month-first"}
        What 03/04/2024 means. With "auto" the dates with a part over 12 decide; if there are none,
        the British order is taken.

    Returns
    -------
    ClockRules
        With a note for everything that might have been decided otherwise.

    Raises
    ------
    InputError
        If `order` is none of the three.

    Notes
    -----
    A date proves an order if it is possible in that order only. If both are proven, the one with
    more dates is taken; dates that only fit the other one are not read.

    Numbers are read if nine tenths of them lie in one range: 20,000–80,000 (Excel's days, 1954 to
    2119), 1e9–4e9 (seconds, 2001 to 2096) or 1e12–4e12 (milliseconds). Numbers written as texts
    must be nine tenths of all texts with a digit.

    00:00 stands for "time not known" if at least 20 times are exactly 00:00 and these are more
    than three times as many as at any other full hour. If every time is 00:00, on several dates,
    the column holds dates; so it does if at least 20 times are all 00:00 in UTC.

    **Caveats.** A column without a day over 12 is read day-first on no evidence; a note says so.

    Examples
    --------
    >>> import pandas as pd
    >>> decide_clock(pd.Series(["12/25/2024", "01/02/2025"])).order
    'month-first'
    >>> rules = decide_clock(pd.Series(["03/04/2024 18:30", "05/04/2024 02:15"]))
    >>> rules.order
    'day-first'
    >>> rules.notes[0]
    "the dates could be day-first or month-first (such as 03/04/2024): read day-first, ..."
    """
    if order not in ("auto", *get_args(Order)):
        raise invalid("date_order", order, "'auto', 'day-first' or 'month-first'")
    return _decide(_read_cells(values), n, order)


def read_moments(values: pd.Series[Any], rules: ClockRules | None = None) -> Moments:
    """Read a column of texts, times, dates or numbers as moments on the London clock.

    Parameters
    ----------
    values : Series
        Texts; times without a zone, taken to be on the London clock, or with one; dates; numbers;
        or a mixture, of which each value is read by its kind. Anything else is not read.
    rules : ClockRules, optional
        How they are written, from `decide_clock`; by default decided on these values.

    Returns
    -------
    Moments
        One entry a value, in the order of the values.

    Notes
    -----
    Dates: ISO 8601, with or without dashes; day, month and year between `/`, `-` or `.`, the year
    in four digits or in two (00–69 are 2000–2069); English names of months; the year first; a
    month alone (2024-01, 01/2024, Jan 2024). A weekday may stand before. Clock times: 18:30,
    18:30:15.25, 18.30, 1830, 6:30 pm, 6 pm; 24:00 is the next midnight. An offset, Z, UTC, GMT or
    BST after a clock time makes it a moment in UTC. A time without minutes is known to the hour.

    An hour that the London clock shows twice is read as the first and flagged; one that it skips
    is missing and flagged. A time with an offset is neither.

    **Caveats.** A weekday is not compared with its date. A year in two digits is never the first
    part: 24-11-03 is 24 November 2003.

    Examples
    --------
    >>> import pandas as pd
    >>> moments = read_moments(pd.Series(["30/03/2025 01:30", "1 July 2025 6:30pm", "31/02/2025"]))
    >>> moments.start.astype("datetime64[m]").astype(str).tolist()
    ['NaT', '2025-07-01T17:30', 'NaT']
    >>> moments.is_nonexistent.tolist()
    [True, False, False]
    """
    cells = _read_cells(values)
    if rules is None:
        rules = _decide(cells, None, "auto")
    micros, is_utc = _resolve(cells, rules.order, rules.numbers)
    if rules.has_only_dates and is_utc.any():
        # A date that a system wrote as midnight in UTC; in summer that is 01:00 in London.
        is_utc = is_utc & (micros % _DAY != 0)
    start, flags = _localise(micros, is_utc)
    precision = np.maximum(cells.stated, _MINUTE)
    if rules.has_only_dates or rules.is_midnight_heaped:
        is_midnight = _wall_of(micros, is_utc) % _DAY == 0
        precision[is_midnight & _is_clock(cells.stated)] = _DATE
    precision[start == _NAT] = _MINUTE
    return Moments(
        _spread(start, cells.codes, _NAT).view(_TIME),
        _spread(precision, cells.codes, _MINUTE),
        _spread(flags & _TWICE != 0, cells.codes, missing=False),
        _spread(flags & _NEVER != 0, cells.codes, missing=False),
    )


# ---- The clock of London ----

# The calendar, and with it the clock, repeats after 400 years. Before the table it is GMT.
_TABLE_YEARS: Final = (1900, 2400)
_CYCLE: Final = 146_097 * 24
# Of each hour: how far London is ahead of UTC, and whether the clock shows it twice or never.
_AHEAD: Final = 0b11
_TWICE: Final = 0b100
_NEVER: Final = 0b1000
_ZONE: Final = ZoneInfo(TIMEZONE)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WEEK: Final = 168
# Blocks that stay in the processor's cache are twice as fast as the whole at once.
_BLOCK: Final = 1 << 17


def london_wall(start: Times) -> Times:
    """Give what the London clock showed at some moments.

    Parameters
    ----------
    start : array of datetime64[us]
        Moments in UTC; NaT stays NaT.

    Returns
    -------
    array of datetime64[us]
        Wall-clock times.

    Examples
    --------
    >>> import numpy as np
    >>> start = np.array(["2025-07-01T17:30", "2025-12-01T17:30"], dtype="datetime64[us]")
    >>> london_wall(start).astype("datetime64[m]").astype(str).tolist()
    ['2025-07-01T18:30', '2025-12-01T17:30']
    """
    return _convert(np.asarray(start, _TIME).view(np.int64), is_wall=False)[0].view(_TIME)


def london_utc(wall: Times) -> Times:
    """Give the moments at which the London clock showed some times.

    Parameters
    ----------
    wall : array of datetime64[us]
        Wall-clock times; NaT stays NaT.

    Returns
    -------
    array of datetime64[us]
        Moments in UTC: the first if the clock showed the time twice, NaT if it never did.

    Examples
    --------
    >>> import numpy as np
    >>> wall = np.array(["2025-07-01T18:30", "2025-03-30T01:30"], dtype="datetime64[us]")
    >>> london_utc(wall).astype("datetime64[m]").astype(str).tolist()
    ['2025-07-01T17:30', 'NaT']
    """
    return _convert(np.asarray(wall, _TIME).view(np.int64), is_wall=True)[0].view(_TIME)


def _convert(micros: Integers, *, is_wall: bool) -> tuple[Integers, Array]:
    """Go from the London clock to UTC, or back, and give the flags of each hour."""
    first, *tables = _clock_tables()
    table = tables[0 if is_wall else 1]
    shift = (np.arange(_AHEAD + _TWICE + _NEVER + 1) & _AHEAD) * (-_HOUR if is_wall else _HOUR)
    done, flags = np.empty(len(micros), np.int64), np.empty(len(micros), np.uint8)
    for begin in range(0, len(micros), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        hour = micros[block] // _HOUR - first
        if hour.min() < 0 or hour.max() >= len(table):
            late = (hour - len(table)) % _CYCLE + len(table) - _CYCLE
            hour = np.where(hour < len(table), np.maximum(hour, 0), late)
        flags[block] = table[hour]
        np.add(micros[block], shift[flags[block]], out=done[block])
    is_never = flags & _NEVER != 0
    if is_never.any():
        done[is_never] = _NAT
    return done, flags


@lru_cache(maxsize=1)
def _clock_tables() -> tuple[int, Array, Array]:
    """Give the first hour of the table (since 1970), and every hour by London clock and by UTC."""
    begin, end = (int(np.datetime64(str(year), "h").astype(np.int64)) for year in _TABLE_YEARS)
    # The clock changes on the hour, and never twice within a week.
    changes = [begin]
    weeks = [*range(begin, end, _WEEK), end - 1]
    ahead_in = [_ahead(hour) for hour in weeks]
    for at in np.flatnonzero(np.diff(ahead_in)):
        low, high = weeks[at], weeks[at + 1]
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _ahead(middle) == ahead_in[at] else (low, middle)
        changes.append(high)
    by_wall, by_utc, shown = (np.zeros(end - begin, np.uint8) for _ in range(3))
    # From the last to the first: of an hour that is shown twice the first remains.
    for low, high in reversed(list(zip(changes, [*changes[1:], end], strict=True))):
        ahead = _ahead(low)
        by_utc[low - begin : high - begin] = ahead
        by_wall[low + ahead - begin : high + ahead - begin] = ahead
        shown[low + ahead - begin : high + ahead - begin] += 1
    by_wall[shown == 2] |= _TWICE  # noqa: PLR2004 (twice is two)
    by_wall[shown == 0] |= _NEVER
    return begin, by_wall, by_utc


def _ahead(hour: int) -> int:
    """Say by how many hours London is ahead of UTC in an hour since 1970."""
    local = (_EPOCH + dt.timedelta(hours=hour)).astimezone(_ZONE)
    return (local.utcoffset() or dt.timedelta()) // dt.timedelta(hours=1)


def _localise(micros: Integers, is_utc: Booleans) -> tuple[Integers, Array]:
    """Give moments in UTC and the flags of their hours, of times of which some are in UTC."""
    if not is_utc.any():
        return _convert(micros, is_wall=True)
    start, flags = micros.copy(), np.zeros(len(micros), np.uint8)
    start[~is_utc], flags[~is_utc] = _convert(micros[~is_utc], is_wall=True)
    return start, flags


def _wall_of(micros: Integers, is_utc: Booleans) -> Integers:
    """Give times on the London clock, of times of which some are in UTC."""
    if not is_utc.any():
        return micros
    wall = micros.copy()
    wall[is_utc] = _convert(micros[is_utc], is_wall=False)[0]
    return wall


# ---- What a column says, before it is judged ----

_TYPED: Final = 1
_WRITTEN: Final = 2


@dataclass(frozen=True)
class _Cells:
    """The different values of a column, as far as each can be read by itself.

    `day_first` and `month_first` are the time if day and month are in that order, in UTC where
    `is_utc` and otherwise on the London clock; `stated` is how finely the value gives it. Numbers
    whose meaning is still to be decided are in `number`; `pool` says for which of them a value is
    evidence: _TYPED, _WRITTEN or 0. Each value has the cell `codes`, −1 for none; without codes
    each has its own. `texts` are those of the first cells.
    """

    day_first: Integers
    month_first: Integers
    stated: Bytes
    is_utc: Booleans
    number: Floats | None = None
    pool: Bytes | None = None
    codes: Integers | None = None
    texts: pa.Array | None = None


def _times(micros: Integers, stated: int = _MINUTE, *, is_utc: bool = False) -> _Cells:
    """Make cells of values that are times already."""
    size = len(micros)
    return _Cells(micros, micros, np.full(size, stated, np.int8), np.full(size, is_utc))


def _spread(cells: Array, codes: Integers | None, missing: int) -> Array:
    """Give every value what its cell has."""
    return cells if codes is None else np.append(cells, cells.dtype.type(missing))[codes]


def _read_cells(values: pd.Series[Any]) -> _Cells:
    """Read a column of any kind."""
    if isinstance(values.dtype, pd.ArrowDtype):
        values = cast("pd.Series[Any]", pa.array(values).to_pandas())
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    if isinstance(values.dtype, pd.StringDtype):
        return _read_texts(values)
    kind = values.dtype.kind
    if kind == "M":
        is_utc = isinstance(values.dtype, pd.DatetimeTZDtype)
        return _times(_micros_of(values.to_numpy(f"datetime64[{values.dt.unit}]")), is_utc=is_utc)
    if kind in "iuf":
        return _read_numbers(values.to_numpy(np.float64, na_value=np.nan))
    return _read_objects(values.to_numpy() if kind == "O" else np.full(len(values), None))


def _micros_of(times: Times) -> Integers:
    """Give times as microseconds, missing before the year 1 and after 9999."""
    if np.datetime_data(times.dtype)[0] != "ns":
        low, high = np.array(["0001-01-01", "10000-01-01"], "datetime64[s]")
        outside = (times < low) | (times >= high)
        if outside.any():
            times = np.where(outside, np.datetime64("NaT"), times)
    return times.astype(_TIME).view(np.int64)


def _read_objects(values: Array) -> _Cells:
    """Read a column of Python objects, each by its kind."""
    type_of, types = pd.factorize(np.fromiter(map(type, values), object, len(values)))
    kinds = np.array([_kind_of(kind) for kind in types], dtype=object)
    parts: list[tuple[Integers, _Cells]] = []
    for kind, read in (
        ("text", _read_text_objects),
        ("time", _read_time_objects),
        ("date", _read_date_objects),
        ("number", _read_number_objects),
    ):
        is_kind = (kinds == kind)[type_of]
        if is_kind.all() and len(values):
            return read(values)
        if is_kind.any():
            parts.append((np.flatnonzero(is_kind), read(values[is_kind])))
    return _join(parts, len(values))


def _kind_of(kind: type) -> str:
    if issubclass(kind, str):
        return "text"
    if kind is type(pd.NaT) or issubclass(kind, bool):
        return ""
    if issubclass(kind, (dt.datetime, np.datetime64)):
        return "time"
    if issubclass(kind, dt.date):
        return "date"
    return "number" if issubclass(kind, (Real, Decimal)) else ""


def _read_text_objects(values: Array) -> _Cells:
    return _read_texts(pd.Series(values, dtype=object))


def _read_time_objects(values: Array) -> _Cells:
    naive = []
    is_utc = np.zeros(len(values), dtype=bool)
    for at, value in enumerate(values):
        own = value
        try:
            if isinstance(value, np.datetime64):
                own = value.astype(_TIME)
            elif value.tzinfo is not None and value.utcoffset() is not None:
                own = value.astimezone(dt.UTC).replace(tzinfo=None)
                is_utc[at] = True
        except (OverflowError, ValueError):
            own = None
        naive.append(own)
    micros = _micros_of(np.array(naive, dtype=_TIME))
    return _Cells(micros, micros, np.zeros(len(values), np.int8), is_utc)


def _read_date_objects(values: Array) -> _Cells:
    return _times(_micros_of(values.astype("datetime64[D]")), _DATE)


def _read_number_objects(values: Array) -> _Cells:
    numbers = np.full(len(values), np.nan)
    for at, value in enumerate(values):
        # Too large for a float, or the signalling NaN of a Decimal: no time in any case.
        with suppress(OverflowError, ValueError):
            numbers[at] = float(value)
    return _read_numbers(numbers)


def _join(parts: list[tuple[Integers, _Cells]], size: int) -> _Cells:
    """Put cells of several kinds together, each with the places of its values."""
    codes = np.full(size, -1)
    used = 0
    for at, cells in parts:
        n_cells = len(cells.stated)
        own = np.arange(n_cells) if cells.codes is None else cells.codes
        codes[at] = own + used
        used += n_cells

    def joined(name: str, default: float | np.generic) -> Array:
        pieces = [np.zeros(0, np.asarray(default).dtype)]
        for _, cells in parts:
            piece = getattr(cells, name)
            pieces.append(np.full(len(cells.stated), default) if piece is None else piece)
        return np.concatenate(pieces)

    return _Cells(
        joined("day_first", _NAT),
        joined("month_first", _NAT),
        joined("stated", np.int8()),
        joined("is_utc", np.False_),
        joined("number", np.nan),
        joined("pool", np.int8()),
        codes,
        parts[0][1].texts if parts else None,
    )


# ---- Numbers ----

_EXCEL_ZERO: Final = int(np.datetime64("1899-12-30", "us").astype(np.int64))
_UNITS: Final[dict[Numbers, int]] = {
    "excel_days": _DAY,
    "epoch_seconds": _SECOND,
    "epoch_milliseconds": _SECOND // 1000,
}
_RANGES: Final[dict[Numbers, tuple[float, float]]] = {
    "excel_days": (20_000, 80_000),
    "epoch_seconds": (1e9, 4e9),
    "epoch_milliseconds": (1e12, 4e12),
}
_COMPACT_YEARS: Final = (1900, 2100)


def _read_numbers(numbers: Floats) -> _Cells:
    """Read numbers: those that are dates without dashes now, the others once it is decided."""
    micros = np.full(len(numbers), _NAT)
    stated = np.zeros(len(numbers), np.int8)
    for n_digits in (0, 4, 6):
        unit = 10**n_digits
        low, high = (year * 10_000 * unit for year in _COMPACT_YEARS)
        at = np.flatnonzero((numbers >= low) & (numbers < high + 10_000 * unit))
        at = at[np.floor(numbers[at]) == numbers[at]]
        if len(at) == 0:
            continue
        date, clock = np.divmod(numbers[at].astype(np.int64), unit)
        days = _days_of(date // 10_000, date // 100 % 100, date % 100)
        if n_digits == 0:
            micros[at], stated[at] = _add(days, 0 * days), _DATE
        else:
            clock *= 10 ** (6 - n_digits)
            of_day, is_end = _time_of(clock // 10_000, clock // 100 % 100, clock % 100)
            micros[at], stated[at] = _add(days, of_day), np.where(is_end, _DAY_END, _MINUTE)
    is_left = (micros == _NAT) & np.isfinite(numbers)
    return _Cells(
        micros,
        micros,
        stated,
        np.zeros(len(numbers), dtype=bool),
        np.where(is_left, numbers, np.nan),
        np.where(np.isnan(numbers), 0, _TYPED).astype(np.int8),
    )


def _is_in_range(numbers: Floats, meaning: Numbers) -> Booleans:
    low, high = _RANGES[meaning]
    return (numbers >= low) & (numbers <= high)


def _resolve(cells: _Cells, order: Order, meaning: Numbers) -> tuple[Integers, Booleans]:
    """Give the time of every cell, and whether it is in UTC."""
    micros = cells.day_first if order == "day-first" else cells.month_first
    if cells.number is None or meaning == "none":
        return micros, cells.is_utc
    at = np.flatnonzero(_is_in_range(cells.number, meaning))
    micros, is_utc = micros.copy(), cells.is_utc.copy()
    if meaning == "excel_days":
        # What stands for 18:30 is a fraction of a day cut off after 15 digits.
        seconds = np.rint(cells.number[at] * (_DAY // _SECOND)).astype(np.int64)
        micros[at] = seconds * _SECOND + _EXCEL_ZERO
    else:
        micros[at] = np.rint(cells.number[at] * _UNITS[meaning]).astype(np.int64)
        is_utc[at] = True
    return micros, is_utc


# ---- The calendar ----


@lru_cache(maxsize=1)
def _first_days() -> Integers:
    """Give the first day (since 1970) of every month from January of the year 1."""
    months = np.arange((1 - 1970) * 12, (_LAST_YEAR + 1 - 1970) * 12 + 1)
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _days_of(year: Integers, month: Integers, day: Integers) -> Integers:
    """Give days since 1970; _NAT where there is no such date."""
    firsts = _first_days()
    is_month = (year >= 1) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12)  # noqa: PLR2004
    at = np.where(is_month, (year - 1) * 12 + month - 1, 0)
    is_date = is_month & (day >= 1) & (day <= firsts[at + 1] - firsts[at])
    return np.where(is_date, firsts[at] + day - 1, _NAT)


def _time_of(hour: Integers, minute: Integers, second: Integers) -> tuple[Integers, Booleans]:
    """Give microseconds after midnight, _NAT where there is no such time, and which are 24:00."""
    seconds = hour * 3600 + minute * 60 + second
    is_end = (hour == _HOURS_IN_DAY) & (minute == 0) & (second == 0)
    is_time = (hour < _HOURS_IN_DAY) & (minute < 60) & (second < 60)  # noqa: PLR2004
    return np.where(is_time | is_end, seconds * _SECOND, _NAT), is_end


def _add(days: Integers, of_day: Integers) -> Integers:
    """Add the time of day to a date; missing where either is."""
    micros = np.where((days != _NAT) & (of_day != _NAT), days * _DAY + of_day, _NAT)
    return np.where((micros >= _FIRST) & (micros <= _LAST), micros, _NAT)


# ---- Texts ----

# Characters that stand for a plain one in copied or printed dates, or for nothing.
_PLAIN: Final = {
    **dict.fromkeys("\u00a0\u2009\u202f", " "),
    **dict.fromkeys("\u2010\u2011\u2013\u2212", "-"),
    **dict.fromkeys("\u200e\u200f\ufeff", ""),
}
# In the shape of a text every digit is 0 and every letter small.
_TO_SHAPE: Final = (
    bytes(range(256)).lower().translate(bytes.maketrans(b"123456789\t", b"000000000 "))
)
_LONGEST_SHAPE: Final = 64
_MONTHS: Final = "jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec"
_WORD: Final = (
    "(?P<word>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b[., ]*)?"
_NTH: Final = "(?P<day>00?)(?:st|nd|rd|th)?"
_DATES: Final = [
    # A date ends where the text does, or where a clock time may begin.
    re.compile(_WEEKDAY + date + r"(?=\Z|[ ,:t])")
    for date in (
        "(?P<year>0000)(?P<dash>[-/.])(?P<month>00?)(?P=dash)(?P<day>00?)",
        "(?P<left>00?)(?P<dash>[-/.])(?P<right>00?)(?P=dash)(?P<year>0000|00)",
        "(?P<year>0000)(?P<month>00)(?P<day>00)",
        _NTH + "(?: of )?[ ./-]*" + _WORD + "[ .,/'-]*(?P<year>0000|00)",
        _WORD + "[ ./-]*" + _NTH + "[ ,/-]+(?P<year>0000)",
        "(?P<year>0000)[ /-]?" + _WORD + "[ /-]?" + _NTH,
    )
]
_MONTHS_ALONE: Final = [
    re.compile(month)
    for month in (
        "(?P<year>0000)[-/](?P<month>00?)",
        "(?P<month>00?)[-/](?P<year>0000)",
        "(?P<year>0000)[ /-]" + _WORD,
        _WORD + "[ .,/-]*(?P<year>0000)",
        _WORD + "-(?P<year>00)",
    )
]
# Some databases put a colon before milliseconds as well.
_FRACTION: Final = r"(?:(?:[.,]|:(?=000\b))(?P<fraction>0+))?"
_COLONS: Final = "(?P<hour>00?):(?P<minute>00?)(?::(?P<second>00?)" + _FRACTION + ")?"
_HALF: Final = r"(?: *(?P<half>[ap])\.? ?m\b\.?)?"
_CLOCKS: Final = [
    re.compile(
        "(?: *t *|,? +(?:at +|- +)?|, *|:)"
        + clock
        + _HALF
        + "(?: *h(?:(?:ou)?rs?)?)?"
        + "(?: *(?P<zone>z|utc|gmt|bst)"
        + "| *(?:utc|gmt)?(?P<sign>[+-])(?P<ahead>00):?(?P<ahead_minute>00)?)?"
        + r"(?: *\([a-z ]* time\))?"
    )
    for clock in (
        _COLONS,
        r"(?P<hour>00?)\.(?P<minute>00)(?:\.(?P<second>00)" + _FRACTION + ")?",
        "(?P<hour>00)(?P<minute>00)(?:(?P<second>00)" + _FRACTION + ")?",
        "(?P<hour>00|0(?= *[ap]))",
    )
]
_CLOCK_BEFORE: Final = re.compile(_COLONS + _HALF + ",? +(?:on +)?")
_NUMBER: Final = re.compile(r"0+(?:\.0+)?")
_HOURS_AHEAD: Final = {"z": 0, "utc": 0, "gmt": 0, "bst": 1}
_MOST_AHEAD: Final = 15
_FRACTION_DIGITS: Final = 6
# Of years in two digits, the last one of this century.
_LAST_OF_2000: Final = 69

_Parts = dict[str, tuple[int, int]]


def _read_texts(values: pd.Series[Any]) -> _Cells:
    """Read texts: each different one once, and all of one shape together."""
    texts, codes = _distinct(values)
    size = len(texts)
    stated, pool = np.zeros(size, np.int8), np.zeros(size, np.int8)
    cells = _Cells(
        np.full(size, _NAT),
        np.full(size, _NAT),
        stated,
        np.zeros(size, dtype=bool),
        np.full(size, np.nan),
        pool,
        codes,
        texts,
    )
    if size == 0:
        return cells
    _, bounds, content = texts.buffers()
    content = content or pa.py_buffer(b"")
    shapes = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        size,
        [None, bounds, pa.py_buffer(content.to_pybytes().translate(_TO_SHAPE))],
    ).dictionary_encode()
    # Bytes beyond ASCII match nothing, whatever letter they are taken for.
    names = [name.decode("latin-1") for name in shapes.dictionary.to_pylist()]
    shape_of = shapes.indices.to_numpy()
    pool[:] = np.array([_WRITTEN if "0" in name else 0 for name in names], np.int8)[shape_of]
    begin, data = np.frombuffer(bounds, np.int64, size), np.frombuffer(content, np.uint8)
    order = np.argsort(shape_of, kind="stable")
    is_number = np.zeros(len(names), dtype=bool)
    last = 0
    for shape, (name, n_texts) in enumerate(zip(names, np.bincount(shape_of), strict=True)):
        at = order[last : last + n_texts]
        last += n_texts
        if "0" not in name or len(name) > _LONGEST_SHAPE:
            continue
        if _NUMBER.fullmatch(name):
            is_number[shape] = True
        elif parts := _parts_of(name):
            _fill(cells, at, _Cut(name, parts, data, begin[at]))
    at = np.flatnonzero(is_number[shape_of])
    if len(at):
        numbers = _read_numbers(texts.take(pa.array(at)).cast(pa.float64()).to_numpy())
        cells.day_first[at] = cells.month_first[at] = numbers.day_first
        stated[at] = numbers.stated
        cast("Floats", cells.number)[at] = numbers.number
    return cells


def _distinct(values: pd.Series[Any]) -> tuple[pa.Array, Integers]:
    """Give the different texts, trimmed, and which of them each value is; −1 for none."""
    try:
        array = pa.array(values, pa.large_string(), from_pandas=True)
    except UnicodeEncodeError:
        # Half a character: a text that was cut in the middle of one.
        whole = [
            text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else None
            for text in values
        ]
        array = pa.array(whole, pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    encoded = array.dictionary_encode()
    texts = encoded.dictionary
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        for odd, plain in _PLAIN.items():
            texts = pc.replace_substring(texts, odd, plain)
    codes = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    return pc.utf8_trim_whitespace(texts), codes


def _parts_of(shape: str) -> _Parts | None:
    """Find where the parts of a date and a clock time stand; None if the shape is of no date."""
    for month in _MONTHS_ALONE:
        if found := month.fullmatch(shape):
            return _spans(found)
    before = _CLOCK_BEFORE.match(shape)
    for pattern in _DATES:
        if before and (date := pattern.fullmatch(shape, before.end())):
            return _spans(before, date)
        date = pattern.match(shape)
        if date and date.end() == len(shape):
            return _spans(date)
        for clock in _CLOCKS if date else ():
            if found := clock.fullmatch(shape, cast("re.Match[str]", date).end()):
                return _spans(cast("re.Match[str]", date), found)
    return None


def _spans(*matches: re.Match[str]) -> _Parts:
    return {
        part: match.span(part)
        for match in matches
        for part, text in match.groupdict().items()
        if text is not None
    }


@dataclass(frozen=True)
class _Cut:
    """The parts of all texts of one shape: where each begins in `data`, and the parts in it."""

    shape: str
    parts: _Parts
    data: Array
    begin: Integers

    def __contains__(self, part: str) -> bool:
        return part in self.parts

    def word(self, part: str) -> str:
        """Give the letters or the sign of a part, the same in all texts."""
        return self.shape[slice(*self.parts[part])]

    def number(self, part: str, n_digits: int | None = None) -> Integers:
        """Give the number in (the first digits of) a part of each text; 0 without such a part."""
        number = np.zeros(len(self.begin), np.int64)
        for place in range(*self.parts.get(part, (0, 0)))[:n_digits]:
            number = number * 10 + (self.data[self.begin + place] - ord("0"))
        return number


def _fill(cells: _Cells, at: Integers, cut: _Cut) -> None:
    """Read the texts of one shape into their cells."""
    year = cut.number("year")
    if len(cut.word("year")) == 2:  # noqa: PLR2004
        year += np.where(year <= _LAST_OF_2000, 2000, 1900)
    of_day, stated = _clock_of(cut)
    if "left" in cut:
        left, right = cut.number("left"), cut.number("right")
        cells.day_first[at] = _add(_days_of(year, right, left), of_day)
        cells.month_first[at] = _add(_days_of(year, left, right), of_day)
    else:
        month, day = cut.number("month"), cut.number("day")
        if "word" in cut:
            month += _MONTHS.index(cut.word("word")[:3]) // len("jan,") + 1
        if "day" not in cut:
            day, stated = day + 1, np.full(len(at), _MONTH, np.int8)
        cells.day_first[at] = cells.month_first[at] = _add(_days_of(year, month, day), of_day)
    cells.stated[at] = stated
    cells.is_utc[at] = "zone" in cut or "sign" in cut


def _clock_of(cut: _Cut) -> tuple[Integers, Bytes]:
    """Give microseconds after midnight, in UTC if there is an offset, and how they are stated."""
    size = len(cut.begin)
    if "hour" not in cut:
        return np.zeros(size, np.int64), np.full(size, _DATE, np.int8)
    hour, noon = cut.number("hour"), _HOURS_IN_DAY // 2
    if "half" in cut:
        is_hour = (hour >= 1) & (hour <= noon)
        hour = np.where(is_hour, hour % noon + noon * (cut.word("half") == "p"), 2 * _HOURS_IN_DAY)
    of_day, is_end = _time_of(hour, cut.number("minute"), cut.number("second"))
    rest = np.zeros(size, np.int64)
    if "fraction" in cut:
        n_digits = min(len(cut.word("fraction")), _FRACTION_DIGITS)
        rest += cut.number("fraction", n_digits) * 10 ** (_FRACTION_DIGITS - n_digits)
        of_day[is_end & (rest > 0)] = _NAT
    if "zone" in cut:
        rest -= _HOURS_AHEAD[cut.word("zone")] * _HOUR
    elif "sign" in cut:
        ahead, minute = cut.number("ahead"), cut.number("ahead_minute")
        rest += (ahead * 60 + minute) * 60 * _SECOND * (1 if cut.word("sign") == "-" else -1)
        of_day[(ahead > _MOST_AHEAD) | (minute >= 60)] = _NAT  # noqa: PLR2004
    stated = np.full(size, _MINUTE if "minute" in cut else _WHOLE_HOUR, np.int8)
    stated[is_end] = _DAY_END
    return np.where(of_day == _NAT, _NAT, of_day + rest), stated


# ---- How a column is written ----

_LEAST_SHARE: Final = 0.9
_LEAST_EVIDENCE: Final = 20
_HEAP: Final = 3
_LAST_SWAPPABLE_DAY: Final = 12
_MEANINGS: Final[dict[Numbers, str]] = {
    "excel_days": "the days of a spreadsheet",
    "epoch_seconds": "seconds since 1970",
    "epoch_milliseconds": "milliseconds since 1970",
}


def _decide(cells: _Cells, n: Array | None, given: str) -> ClockRules:
    weight = _weights(cells, n)
    order, of_order = _decide_order(cells, weight, given)
    meaning, of_numbers = _decide_numbers(cells, weight)
    micros, is_utc = _resolve(cells, order, meaning)
    dates, heaped, of_midnights = _judge_midnights(cells, micros, is_utc, weight, meaning)
    notes = (of_order, of_numbers, of_midnights, _notice_swapped(cells, micros, weight))
    return ClockRules(order, meaning, dates, heaped, tuple(note for note in notes if note))


def _weights(cells: _Cells, n: Array | None) -> Array | None:
    """Give how often each cell occurs; None if each occurs once."""
    if cells.codes is None:
        return n
    is_given = cells.codes >= 0
    return np.bincount(
        cells.codes[is_given],
        weights=None if n is None else np.asarray(n, np.float64)[is_given],
        minlength=len(cells.stated),
    )


def _total(which: Booleans, weight: Array | None) -> int:
    return int(which.sum() if weight is None else weight[which].sum())


def _is_clock(stated: Bytes) -> Booleans:
    return np.asarray((stated == _MINUTE) | (stated == _WHOLE_HOUR))


def _decide_order(cells: _Cells, weight: Array | None, given: str) -> tuple[Order, str]:
    """Choose the order of day and month that more dates prove, and say why."""
    orders = get_args(Order)
    if given in orders or cells.day_first is cells.month_first:
        return cast("Order", given if given in orders else orders[0]), ""
    can_be = cells.day_first != _NAT, cells.month_first != _NAT
    proofs = can_be[0] & ~can_be[1], can_be[1] & ~can_be[0]
    numbers = [_total(proof, weight) for proof in proofs]
    best = int(numbers[1] > numbers[0])
    order, other = orders[best], orders[1 - best]
    remedy = f"give date_order='{other}' if that is wrong"
    either = can_be[0] & can_be[1] & (cells.day_first != cells.month_first)
    if not any(numbers) and either.any():
        return order, (
            f"the dates could be day-first or month-first (such as {_example(cells, either)}): "
            f"read day-first, the British order; {remedy}"
        )
    fits = f"{count(numbers[best], 'date')} can only be {order}" if any(numbers) else ""
    if all(numbers):
        return order, (
            f"{fits} (such as {_example(cells, proofs[best])}) and {numbers[1 - best]:,} only "
            f"{other} (such as {_example(cells, proofs[1 - best])}): read {order}, and the "
            f"{numbers[1 - best]:,} not at all; {remedy}"
        )
    if order == "month-first":
        return order, f"{fits} (such as {_example(cells, proofs[1])}): read {order}; {remedy}"
    return order, ""


def _example(cells: _Cells, which: Booleans) -> str:
    """Give the date in the earliest of some texts."""
    time = np.maximum(cells.day_first, cells.month_first)
    first = np.flatnonzero(which & (time == time.min(where=which, initial=_LAST)))
    text = min(cast("pa.Array", cells.texts).take(pa.array(first)).to_pylist())
    found = re.search(r"[0-9]+([-/.])[0-9]+\1[0-9]+", text)
    return found.group() if found else text


def _decide_numbers(cells: _Cells, weight: Array | None) -> tuple[Numbers, str]:
    """Choose what plain numbers count by the range in which they lie, and say so."""
    number, pool = cells.number, cells.pool
    if number is None or pool is None or np.isnan(number).all():
        return "none", ""
    write = "write them as 2024-11-03 18:30"
    for kind in (_TYPED, _WRITTEN):
        n_values = _total(pool == kind, weight)
        for meaning, name in _MEANINGS.items():
            is_in = (pool == kind) & _is_in_range(number, meaning)
            if not is_in.any() or _total(is_in, weight) < _LEAST_SHARE * n_values:
                continue
            least = number[is_in].min()
            micros, is_utc = _resolve(_read_numbers(np.array([least])), "day-first", meaning)
            time = np.datetime_as_string(micros.view(_TIME), "s")[0].replace("T", " ")
            zone = " UTC" if is_utc[0] else ""
            return meaning, (
                f"the times are numbers: read as {name} ({least:.15g} is {time}{zone}); if that is "
                f"wrong, {write}"
            )
    is_given = (pool > 0) | (cells.day_first != _NAT) | (cells.month_first != _NAT)
    n_left, n_values = _total(~np.isnan(number), weight), _total(is_given, weight)
    if n_left < (1 - _LEAST_SHARE) * n_values:
        return "none", ""
    return "none", (
        f"{n_left:,} of {count(n_values, 'time')} are plain numbers such as "
        f"{np.nanmin(number):.15g}: not read; {write}"
    )


def _judge_midnights(
    cells: _Cells, micros: Integers, is_utc: Booleans, weight: Array | None, meaning: Numbers
) -> tuple[bool, bool, str]:
    """Say whether a column holds only dates, and whether 00:00 stands for a time not known."""
    is_read = micros != _NAT
    is_clock = is_read & _is_clock(cells.stated)
    n_clocks = _total(is_read & (cells.stated < _DATE), weight)
    if n_clocks == 0:
        return bool((is_read & (cells.stated == _DATE)).any()), False, ""
    wall = _wall_of(micros, is_utc)
    by_hour = _count_full_hours(wall, is_clock, weight)
    n_midnights, n_other = int(by_hour[0]), int(by_hour[1:].max())
    # One midnight may be a time; several are dates, and so are numbers of whole days.
    first, last = wall.min(where=is_read, initial=_LAST), wall.max()
    is_dates = first // _DAY != last // _DAY
    if meaning == "excel_days" and cells.number is not None:
        is_dates |= not np.isnan(cells.number[is_clock]).any()
    if is_dates and n_midnights == n_clocks:
        return True, False, "every time is 00:00: read as dates without a time"
    is_dates &= n_clocks >= _LEAST_EVIDENCE and bool((is_utc | ~is_clock).all())
    if is_dates and _count_full_hours(micros, is_clock, weight)[0] == n_clocks:
        return True, False, "every time is 00:00 in UTC: read as dates without a time"
    if n_midnights < _LEAST_EVIDENCE or n_midnights <= _HEAP * n_other:
        return False, False, ""
    many = f"{n_midnights / n_other:.3g} times as many as" if n_other else "and none is"
    note = f"{n_midnights:,} of {n_clocks:,} times are exactly 00:00, {many} at any other full hour"
    return False, True, f"{note}: taken as dates without a time"


def _count_full_hours(times: Integers, use: Booleans, weight: Array | None) -> Array:
    """Count the times that are exactly on each full hour of the day."""
    counts = np.zeros(_HOURS_IN_DAY)
    for begin in range(0, len(times), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        hour = times[block] // _HOUR
        at = np.flatnonzero(use[block] & (hour * _HOUR == times[block]))
        own = None if weight is None else weight[block][at]
        counts += np.bincount(hour[at] % _HOURS_IN_DAY, own, _HOURS_IN_DAY)
    return counts


def _notice_swapped(cells: _Cells, micros: Integers, weight: Array | None) -> str:
    """Notice what is left when a spreadsheet reads dates in the other order.

    It turns texts that are dates in its order into dates of its own, with day and month swapped,
    and leaves the others as they are.
    """
    if cells.day_first is cells.month_first:
        return ""
    is_open = cells.day_first != cells.month_first
    is_proof = is_open & ((cells.day_first == _NAT) | (cells.month_first == _NAT))
    is_settled = (micros != _NAT) & ~is_open & (cells.stated != _MONTH)
    n_settled = _total(is_settled, weight)
    if not is_proof.any() or (is_open & ~is_proof).any() or n_settled < _LEAST_EVIDENCE:
        return ""
    days = (micros[is_settled] // _DAY).astype("datetime64[D]")
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    if day.max() > _LAST_SWAPPABLE_DAY or day.min() == day.max():
        return ""
    return (
        f"{n_settled:,} dates that are year-first or no texts all fall on the 1st to 12th, and "
        f"those such as {_example(cells, is_proof)} never do: a spreadsheet may have swapped day "
        "and month of the former; compare them with the source"
    )
