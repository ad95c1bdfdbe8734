"""Where a moment falls in the week, and how often each hour of the week occurred.

Everything is read off the local wall clock (Europe/London), because officers and residents live by
it; rates divide by exposure, which counts the days with 23 and 25 hours as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, MonthlyDataError, invalid, is_whole
from hotspots.tables import TIMEZONE, require_clock

if TYPE_CHECKING:
    from typing import Any

HOURS: Final = 168
"""Hours in a week. Hour 0 is Monday 00:00–01:00."""

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Weekday names in the order of the week."""

_DAY: Final = 24


def local_times(start: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return the times on the local clock, or say why that cannot be done."""
    if not isinstance(start, pd.Series) or not isinstance(start.dtype, pd.DatetimeTZDtype):
        given = getattr(start, "dtype", type(start).__name__)
        raise invalid(
            name,
            given,
            "a Series of tz-aware times",
            f"Use times.dt.tz_localize('{TIMEZONE}').",
        )
    local: pd.Series[Any] = start.dt.tz_convert(TIMEZONE)
    return local


def read_day(name: str, value: object) -> pd.Timestamp:
    """Read a day that the caller gives: its midnight on London's clock, without time zone.

    Parameters
    ----------
    name : str
        What messages call it.
    value : Timestamp, date or str
        Such as "2025-01-01"; a time of the day is passed over.

    Raises
    ------
    InputError
        If it is no date.
    """
    try:
        moment = pd.Timestamp(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        moment = pd.NaT  # type: ignore[assignment]
    if isinstance(value, bool | int | float) or pd.isna(moment):
        raise invalid(name, value, "a date such as '2025-01-01'")
    if moment.tzinfo is not None:
        moment = moment.tz_convert(TIMEZONE).tz_localize(None)
    return moment.normalize()


def hour_of_week(start: pd.Series[Any]) -> pd.Series[Any]:
    """Give the hour of the week of each moment, 0 (Monday 00:00) to 167 (Sunday 23:00).

    Parameters
    ----------
    start : Series of tz-aware datetime
        Moments with a clock time, such as the `start` column of an incidents table.

    Returns
    -------
    Series of Int64
        weekday × 24 + hour, on the same index; missing where the time is missing.

    Raises
    ------
    InputError
        If the times have no time zone.
    MonthlyDataError
        If every time is the first moment of a month: those are months, not times.

    Caveats
    -------
    The hour is that of the report. People report later than they suffer, and web reports carry the
    time at which the form was sent.

    Examples
    --------
    >>> import pandas as pd
    >>> start = pd.Series(pd.to_datetime(["2025-01-06 00:30", "2025-01-12 23:59"]))
    >>> hour_of_week(start.dt.tz_localize("Europe/London")).tolist()
    [0, 167]
    """
    local = local_times(start, "start")
    refuse_months(local, "hour_of_week")
    hours: pd.Series[Any] = local.dt.day_of_week * _DAY + local.dt.hour
    return hours.astype("Int64").rename("hour_of_week")


def night_of(start: pd.Series[Any], *, night_ends: int = 6) -> pd.Series[Any]:
    """Give the date of the evening to which each moment belongs.

    Saturday 01:30 belongs to Friday night. The small hours are those before `night_ends`.

    Parameters
    ----------
    start : Series of tz-aware datetime
        Moments with a clock time.
    night_ends : int
        Hour of the day, 0–12, from which a moment belongs to its own date.

    Returns
    -------
    Series of datetime64 without time zone
        Midnight at the start of that date, on the same index.

    Raises
    ------
    InputError
        If the times have no time zone or `night_ends` is outside 0–12.
    MonthlyDataError
        If every time is the first moment of a month: those are months, not times.

    Caveats
    -------
    The rule works on the wall clock, so the night of a clock change is one hour longer or shorter
    and still one night.

    Examples
    --------
    >>> import pandas as pd
    >>> start = pd.Series(pd.to_datetime(["2025-01-11 01:30", "2025-01-11 06:00"]))
    >>> night_of(start.dt.tz_localize("Europe/London")).dt.strftime("%a %d").tolist()
    ['Fri 10', 'Sat 11']
    """
    latest = 12
    if not is_whole(night_ends, 0, latest):
        raise invalid("night_ends", night_ends, "an hour of the day from 0 to 12")
    local = local_times(start, "start")
    refuse_months(local, "night_of")
    wall = local.dt.tz_localize(None)
    evening: pd.Series[Any] = (wall - pd.Timedelta(hours=night_ends)).dt.normalize()
    return evening.rename("night")


def refuse_months(local: pd.Series[Any], verb: str) -> None:
    """Raise `MonthlyDataError` if every time is the first moment of a month."""
    known = local.dropna()
    is_month = (known.dt.day == 1) & (known == known.dt.normalize())
    if len(known) > 1 and is_month.all():
        msg = (
            f"{verb} needs the hour of each moment, but all {len(known)} are the first moment of a "
            "month: monthly data has no hours. Must be times with a clock. Leave this step out, or "
            "use records with a received time."
        )
        raise MonthlyDataError(msg)


def exposure(start: pd.Timestamp | str, end: pd.Timestamp | str) -> pd.Series[Any]:
    """Count how often each hour of the week occurred between two moments.

    Parameters
    ----------
    start, end : Timestamp or str
        The period [start, end), whole hours; read on the London clock if they have no time zone.

    Returns
    -------
    Series of int64
        168 counts, index `hour_of_week`. On the day with 23 hours Sunday 01:00 does not occur; on
        the day with 25 it occurs twice.

    Raises
    ------
    InputError
        If the end is not after the start.

    Examples
    --------
    >>> counts = exposure("2025-03-24", "2025-03-31")  # the week in which the clocks go forward
    >>> int(counts.sum()), int(counts[6 * 24 + 1])
    (167, 0)
    """
    first, last = (_moment(value) for value in (start, end))
    if not last > first:
        raise invalid("end", end, f"after the start, {start}")
    hours = pd.date_range(first.tz_convert("UTC"), last.tz_convert("UTC"), freq="h")[:-1]
    local = hours.tz_convert(TIMEZONE)
    counts = np.bincount(np.asarray(local.day_of_week * _DAY + local.hour), minlength=HOURS)
    return pd.Series(counts, index=pd.RangeIndex(HOURS, name="hour_of_week"), name="exposure")


def _moment(value: pd.Timestamp | str) -> pd.Timestamp:
    try:
        moment = pd.Timestamp(value)
    except ValueError as error:
        raise invalid("moment", value, "a date or time such as '2025-01-06'") from error
    if pd.isna(moment):
        raise invalid("moment", value, "a date or time such as '2025-01-06'")
    if moment.tzinfo is None:
        return moment.tz_localize(TIMEZONE, ambiguous=True, nonexistent="shift_forward")
    return moment.tz_convert(TIMEZONE)


def week_profile(
    incidents: pd.DataFrame,
    *,
    by: str | pd.Series[Any] | None = None,
    weights: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count incidents in each hour of the week, for all of them or by group.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a clock time.
    by : str or Series, optional
        A column of the table, or a Series on the same index. Rows without a group are left out.
    weights : DataFrame, optional
        What `aoristic_weights` gives for these incidents, or some of them, to be summed instead of
        the weight in the hour of the start.

    Returns
    -------
    DataFrame of float64
        One row a group (index: the group; "all" without `by`), columns 0–167: sums of weights.
        Divide by `exposure` for a rate per hour, because hours do not occur equally often.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If `by` is not a column and not a Series on the same index, or the weights are not those
        of these incidents.

    Caveats
    -------
    A profile shows when reports were made; compare a place only with profiles from the same
    source, and look at the count before believing the shape of a small group.

    Examples
    --------
    >>> import hotspots as hs
    >>> incidents = hs.simulate_incidents(2000, rng=1).incidents
    >>> week_profile(incidents, by="borough").shape
    (32, 168)
    """
    require_clock(incidents, "week_profile")
    if by is None:
        groups = pd.Series("all", index=incidents.index)
    elif isinstance(by, pd.Series):
        if not by.index.equals(incidents.index):
            msg = "Invalid by 'a Series on another index'. Must be on the index of the incidents."
            raise InputError(msg)
        groups = by
    elif isinstance(by, str) and by in incidents.columns:
        groups = incidents[by]
    else:
        raise invalid("by", by, f"one of {', '.join(map(str, incidents.columns))}")
    if weights is None:
        hours = hour_of_week(incidents["start"])
        rows = pd.DataFrame({"group": groups, "hour": hours, "weight": incidents["weight"]})
    else:
        row, hour = _rows_of(weights, incidents)
        is_bad = ~(np.isfinite(weights["weight"]) & (weights["weight"] >= 0)).to_numpy()
        if is_bad.any():
            raise invalid("weights", f"negative or missing in {is_bad.sum()} rows", "0 or more")
        group = groups.iloc[row].array
        rows = pd.DataFrame({"group": group, "hour": hour, "weight": weights["weight"].array})
    profile = (
        rows.dropna(subset=["group", "hour"])
        .astype({"hour": "int64"})
        .groupby(["group", "hour"], observed=True)["weight"]
        .sum()
        .unstack(fill_value=0)
        .reindex(columns=range(HOURS), fill_value=0.0)
    )
    profile.index.name = groups.name
    profile.columns.name = "hour_of_week"
    return profile.astype("float64")


def _rows_of(
    weights: pd.DataFrame, incidents: pd.DataFrame
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give the position of the incident and the hour of the week of each aoristic weight."""
    rule = "what aoristic_weights gives"
    if not isinstance(weights, pd.DataFrame) or "weight" not in weights.columns:
        raise invalid("weights", type(weights).__name__, rule)
    if not isinstance(weights.index, pd.MultiIndex) or weights.index.names[1:] != ["hour_of_week"]:
        raise invalid("weights", f"index {list(weights.index.names)}", rule)
    if not incidents.index.is_unique:
        raise invalid("index", "repeated ids", "unique, because weights are by id")
    ids, hours = weights.index.levels
    row_code, hour_code = weights.index.codes
    row = incidents.index.get_indexer(ids)[row_code]
    n_unknown = int((row < 0).sum())
    if n_unknown:
        given = f"{n_unknown} of {len(row)} rows for other incidents"
        raise invalid("weights", given, "on the ids of the incidents", f"Use {rule} for them.")
    return row, np.asarray(hours)[hour_code]
