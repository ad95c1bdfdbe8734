"""What the London clock shows at a moment, and the moment at which it showed a time.

How far the clock is ahead of UTC is looked up in a table of every hour of 500 years, made once from
the rules of Europe/London; the years after it repeat it.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    Times = np.ndarray[Any, np.dtype[np.datetime64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Table = np.ndarray[Any, np.dtype[np.uint8]]

_ZONE: Final = ZoneInfo(TIMEZONE)
_HOUR: Final = 3_600_000_000  # microseconds
_NAT: Final = np.datetime64("NaT", "us")
# Before the table it is GMT. The calendar, and with it the clock, repeats after 400 years.
_FIRST: Final = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
_FIRST_HOUR: Final = int(_FIRST.timestamp()) // 3600
_SIZE: Final = (dt.datetime(2400, 1, 1, tzinfo=dt.UTC) - _FIRST) // dt.timedelta(hours=1)
_CYCLE: Final = 146_097 * 24
# The clock changes on the hour, and has never changed twice within four weeks.
_THREE_WEEKS: Final = 21 * 24
# Of each hour: how far London is ahead of UTC, and whether the clock shows it twice or never.
_AHEAD: Final = 0b11
_TWICE: Final = 0b100
_NEVER: Final = 0b1000
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
    return _shift(start, _tables()[0], _HOUR)[0]


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
    return localise(wall)[0]


def localise(wall: Times) -> tuple[Times, Flags, Flags]:
    """Give the moments of London times, and say which times the clock showed twice or never.

    Parameters
    ----------
    wall : array of datetime64[us]
        Wall-clock times; NaT stays NaT.

    Returns
    -------
    start : array of datetime64[us]
        Moments in UTC, as from `london_utc`.
    is_ambiguous : array of bool
        Whether the clock showed the time twice; the first was taken.
    is_nonexistent : array of bool
        Whether the clock skipped it.

    Examples
    --------
    >>> import numpy as np
    >>> wall = np.array(["2025-03-30T01:30", "2025-10-26T01:30"], dtype="datetime64[us]")
    >>> start, is_ambiguous, is_nonexistent = localise(wall)
    >>> is_ambiguous.tolist(), is_nonexistent.tolist()
    ([False, True], [True, False])
    """
    start, flags = _shift(wall, _tables()[1], -_HOUR)
    is_nonexistent = flags & _NEVER != 0
    start[is_nonexistent] = _NAT
    return start, flags & _TWICE != 0, is_nonexistent


def _shift(times: Times, table: Table, unit: int) -> tuple[Times, Table]:
    """Move times by the hours that London is ahead, and give what the table says of each."""
    micros = np.asarray(times, "datetime64[us]").view(np.int64)
    moved, flags = np.empty(len(micros), np.int64), np.empty(len(micros), np.uint8)
    by = (np.arange(_AHEAD + _TWICE + _NEVER + 1) & _AHEAD) * unit
    for begin in range(0, len(micros), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        hour = micros[block] // _HOUR - _FIRST_HOUR
        if hour.min() < 0 or hour.max() >= _SIZE:
            later = (hour - _SIZE) % _CYCLE + _SIZE - _CYCLE
            hour = np.where(hour < _SIZE, np.maximum(hour, 0), later)
        flags[block] = table[hour]
        np.add(micros[block], by[flags[block]], out=moved[block])
    return moved.view("datetime64[us]"), flags


@cache
def _tables() -> tuple[Table, Table]:
    """Give what is to be known of every hour by UTC, and of every hour by the London clock."""
    changes = [0]
    for low in range(0, _SIZE, _THREE_WEEKS):
        ahead, hours = _ahead(low), range(low, min(low + _THREE_WEEKS, _SIZE) + 1)
        if _ahead(hours[-1]) != ahead:
            is_changed = partial(_is_changed, ahead)
            changes.append(hours[bisect_left(hours, x=True, key=is_changed)])
    by_utc, by_wall, n_shown = (np.zeros(_SIZE, np.uint8) for _ in range(3))
    # From the last to the first: of an hour that is shown twice the first remains.
    for low, high in reversed(list(pairwise([*changes, _SIZE]))):
        ahead = _ahead(low)
        by_utc[low:high] = ahead
        by_wall[low + ahead : high + ahead] = ahead
        n_shown[low + ahead : high + ahead] += 1
    by_wall[n_shown == 2] |= _TWICE  # noqa: PLR2004 (twice is two)
    by_wall[n_shown == 0] |= _NEVER
    return by_utc, by_wall


def _is_changed(before: int, hour: int) -> bool:
    return _ahead(hour) != before


def _ahead(hour: int) -> int:
    """Say by how many hours London is ahead of UTC in an hour of the table."""
    local = (_FIRST + dt.timedelta(hours=hour)).astimezone(_ZONE)
    return (local.utcoffset() or dt.timedelta()) // dt.timedelta(hours=1)
