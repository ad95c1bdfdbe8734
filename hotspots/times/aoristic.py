"""When it may have happened: incidents known as an interval, spread over the hours of the week.

Each incident gives every hour of the week the share of its interval that fell into it, in elapsed
time on the local clock, so that the days with 23 and 25 hours count as they were.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, invalid
from hotspots.tables import require_clock, require_columns, require_weights
from hotspots.times.london import london_wall
from hotspots.times.week import HOURS, local_times, refuse_months
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.times.london import Times

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.integer[Any]]]

_LOG = logging.getLogger(__name__)
_MINUTE: Final = 60_000_000  # microseconds
_HOUR: Final = 60 * _MINUTE
_WEEK: Final = HOURS * _HOUR
_DAY: Final = 24
# 1 January 1970 was a Thursday.
_THURSDAY: Final = 3
_COLUMNS: Final = ("start", "end", "time_precision", "weight")
_SHOWN_IDS: Final = 5


def aoristic_weights(incidents: pd.DataFrame) -> pd.DataFrame:
    """Spread each incident over the hours of the week in which it may have happened.

    A car was parked at 22:00 and found damaged at 01:00: each of the three hours gets a third of
    it. Sums of these weights show when things happen where the start alone shows when they were
    last seen in order.

    Parameters
    ----------
    incidents : DataFrame
        An incidents table in which every row has a clock time. The interval is [`start`, `end`).

    Returns
    -------
    DataFrame
        One row for each incident and hour of the week that it touches, in the order of the
        incidents; index: `incident_id` (or the name of the incidents' index) and `hour_of_week`
        (0–167). Column `weight`: float64, which adds up to the `weight` of each incident.
        `week_profile` takes it as `weights`.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If it is not a table, lacks a column, its index is not unique, a start is missing, the
        times have no time zone, or a weight is negative or missing.

    Warns
    -----
    HotspotsWarning
        If an incident ends before it starts, or none has an end.

    Notes
    -----
    An incident of weight w whose interval has the length T gives the hour h

        w t(h) / T

    where t(h) is the time of the interval in which the local clock showed that hour of the week.
    If the end is missing, is before the start or at most a minute after it, the start hour gets
    everything; if T is a week (10,080 minutes) or more, each hour gets w / 168. O(n) in time for
    intervals of bounded length; memory is that of the result, at most 168 rows an incident.

    Caveats
    -------
    Every moment of an interval is taken to be as likely as any other, which flattens a peak: half
    of a night's damage may be done in one hour of it. Long intervals say little, and those of a
    week or more nothing; look at how many there are, or leave them out. A missing end is read as
    "known to the minute": if it means "not known", leave the row out. The weights of one incident
    are not separate incidents: tests and intervals that need counts must not be given them.

    References
    ----------
    Ratcliffe, J. H., McCullagh, M. J. (1998). Aoristic crime analysis. International Journal of
    Geographical Information Science 12(7). doi:10.1080/136588198241644
    Ratcliffe, J. H. (2002). Aoristic signatures and the spatio-temporal analysis of high volume
    crime patterns. Journal of Quantitative Criminology 18(1). doi:10.1023/A:1013240828824

    Examples
    --------
    >>> import pandas as pd
    >>> times = pd.to_datetime(["2025-01-06 22:30", "2025-01-07 01:00"])
    >>> times = times.tz_localize("Europe/London")
    >>> damage = pd.DataFrame(
    ...     {"start": times[:1], "end": times[1:], "time_precision": "minute", "weight": 1.0},
    ...     index=pd.Index(["car"], name="incident_id"),
    ... )
    >>> aoristic_weights(damage)["weight"].to_dict()
    {('car', 22): 0.2, ('car', 23): 0.4, ('car', 24): 0.4}
    """
    _check_table(incidents)
    start, end = _moments(incidents)
    weight = incidents["weight"].to_numpy(dtype=np.float64)
    row, hour, share = spread_over_week(start, end, weight)
    index = pd.MultiIndex(
        levels=[incidents.index, pd.RangeIndex(HOURS)],  # type: ignore[list-item]
        codes=[row, hour],  # type: ignore[list-item]  # the stubs know only lists
        names=[incidents.index.name or "incident_id", "hour_of_week"],
    )
    return pd.DataFrame({"weight": share}, index=index)


def spread_over_week(
    start: Times, end: Times, weight: Floats, *, wall: Callable[[Times], Times] = london_wall
) -> tuple[Integers, Integers, Floats]:
    """Spread intervals over the hours of the week; see `aoristic_weights`.

    Parameters
    ----------
    start, end : arrays of datetime64[us]
        Moments in UTC. The end may be NaT.
    weight : float array
        How much each interval stands for.
    wall : callable
        Gives what the local clock showed at moments in UTC. The clock must be ahead of UTC by
        whole hours, and change on the hour.

    Returns
    -------
    row, hour : int arrays
        Position of the interval, and hour of the week 0–167; sorted, each pair once.
    share : float array
        The part of the weight in that hour.
    """
    if len(start) == 0:
        return np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0)
    first = start.view(np.int64)
    last = np.where(np.isnat(end), first, end.view(np.int64))
    is_long = last - first >= _WEEK
    last = np.where(is_long, first + _WEEK, last)
    origin = first.min() // _HOUR
    hours = np.arange(origin, max(first.max(), last.max()) // _HOUR + 1)
    since = wall((hours * _HOUR).view("datetime64[us]")).view(np.int64) // _HOUR
    week_hour = ((since // _DAY + _THURSDAY) % (HOURS // _DAY)) * _DAY + since % _DAY
    _LOG.info(
        "aoristic: %d of %d without an end, %d of a week or more",
        np.isnat(end).sum(),
        len(start),
        is_long.sum(),
    )
    touched = np.clip((last - 1) // _HOUR - first // _HOUR + 1, 1, HOURS)
    size = int(touched.sum())
    row, hour, share = np.empty(size, np.int32), np.empty(size, np.int16), np.empty(size)
    n = _spread(first, last, weight, week_hour, origin, row, hour, share)
    return row[:n], hour[:n], share[:n]


@numba.njit(cache=True, nogil=True)
def _spread(
    start: Any,  # noqa: ANN401
    end: Any,  # noqa: ANN401
    weight: Any,  # noqa: ANN401
    week_hour: Any,  # noqa: ANN401
    origin: int,
    row: Any,  # noqa: ANN401
    hour: Any,  # noqa: ANN401
    share: Any,  # noqa: ANN401
) -> int:
    """Write the rows of all intervals; give how many there are."""
    n = 0
    inside = np.zeros(HOURS)
    for i in range(len(start)):
        low, high = start[i], end[i]
        span = high - low
        inside[:] = 0.0
        if span >= _WEEK:
            inside[:] = 1.0 / HOURS
        elif span <= _MINUTE:
            inside[week_hour[low // _HOUR - origin]] = 1.0
        else:
            for at in range(low // _HOUR, (high - 1) // _HOUR + 1):
                part = min(high, (at + 1) * _HOUR) - max(low, at * _HOUR)
                inside[week_hour[at - origin]] += part / span
        for each in range(HOURS):
            if inside[each] > 0:
                row[n], hour[n], share[n] = i, each, weight[i] * inside[each]
                n += 1
    return n


def _check_table(incidents: pd.DataFrame) -> None:
    """Refuse what is no table of incidents with a clock, an identity and weights."""
    require_columns(incidents, _COLUMNS, "aoristic_weights")
    require_clock(incidents, "aoristic_weights")
    require_weights(incidents)
    _refuse(
        incidents.index.duplicated(),
        incidents.index,
        "index",
        "repeated",
        "unique, because it tells incidents apart. Use incidents.reset_index(drop=True)",
    )


def _refuse(is_bad: Any, ids: pd.Index[Any], name: str, what: str, rule: str) -> None:  # noqa: ANN401
    """Raise `InputError` if a row is bad, with how many and the first ids."""
    bad = ids[np.asarray(is_bad, dtype=bool)]
    if len(bad):
        raise invalid(name, f"{what} in {count(len(bad), 'row')} ({_some(bad)})", rule)


def _moments(incidents: pd.DataFrame) -> tuple[Times, Times]:
    """Give start and end in UTC; warn of ends that say nothing."""
    start = local_times(incidents["start"], "start")
    refuse_months(start, "aoristic_weights")
    end = local_times(incidents["end"], "end")
    is_reversed = (end < start).to_numpy()
    if is_reversed.any():
        warnings.warn(
            f"{count(int(is_reversed.sum()), 'incident')} of {len(incidents):,} end before they "
            f"start ({_some(incidents.index[is_reversed])}); all of their weight is in the start "
            "hour. Correct these rows or leave them out.",
            HotspotsWarning,
            stacklevel=3,
        )
    if len(end) and end.isna().all():
        warnings.warn(
            f"None of {count(len(end), 'incident')} has an end; all weight is in the start hours, "
            "as in week_profile. Name the column of the end when reading.",
            HotspotsWarning,
            stacklevel=3,
        )
    return _utc(start), _utc(end)


def _utc(local: pd.Series[Any]) -> Times:
    utc: pd.Series[Any] = local.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]"))


def _some(ids: pd.Index[Any]) -> str:
    return ", ".join(map(str, ids[:_SHOWN_IDS])) + (", …" if len(ids) > _SHOWN_IDS else "")
