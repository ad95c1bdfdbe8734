"""Counts through time: one column a month or week of the period, with how long each was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hotspots.errors import InputError, MonthlyDataError, invalid

if TYPE_CHECKING:
    from hotspots.counts.counting import Counts

_WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True, eq=False)
class Steps:
    """Counts of places by step of time.

    Parameters
    ----------
    matrix : sparse array of float (n_places, n_steps)
        Rows in the order of `counts.places`; the oldest step first.
    starts, ends : DatetimeIndex (n_steps,)
        Each step [start, end), midnights without time zone, in London.
    weeks : array of float (n_steps,)
        How long each step was, in weeks.
    """

    matrix: csr_array[Any, Any]
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    weeks: np.ndarray[Any, np.dtype[np.float64]]


def count_steps(counts: Counts, step: Literal["month", "week"] = "month") -> Steps:
    """Count each place by month or week.

    Parameters
    ----------
    counts : Counts
        What was counted.
    step : {"month", "week"}
        Calendar months, of which the first and the last may be cut by the period; or whole weeks
        back from the end of the period, where days before the first whole one are left out.

    Returns
    -------
    Steps
        Without the months for which there are no data, and without the weeks that touch one.

    Raises
    ------
    MonthlyDataError
        If weeks are asked of data of which some rows know only their month.
    InputError
        If the step is not known, or no whole one is in the period.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(1000, boroughs=["Camden"], rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.make_grid(hs.load_boroughs(), cell_size=500))
    >>> count_steps(counts).matrix.shape[1], count_steps(counts, "week").matrix.shape[1]
    (12, 52)
    """
    first, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    if step == "month":
        months = counts.months[~counts.months.isin(counts.missing)]
        starts = pd.DatetimeIndex([max(first, month.start_time) for month in months])
        ends = pd.DatetimeIndex([min(end, (month + 1).start_time) for month in months])
    elif step == "week":
        if counts.tier == "monthly" or counts.n_monthly:
            msg = (
                "count_steps with step='week' needs the date of each incident, but these counts "
                "hold months. Must be counts of dated incidents. Use step='month'."
            )
            raise MonthlyDataError(msg)
        n_weeks = (end - first) // _WEEK
        starts = pd.DatetimeIndex([end - _WEEK * back for back in range(n_weeks, 0, -1)])
        ends = starts + _WEEK
        last_days = ends - pd.Timedelta(days=1)
        is_known = ~(
            starts.to_period("M").isin(counts.missing)
            | last_days.to_period("M").isin(counts.missing)
        )
        starts, ends = starts[is_known], ends[is_known]
    else:
        raise invalid("step", step, "'month' or 'week'")
    if len(starts) == 0:
        msg = (
            f"No whole {step} of data lies between {first:%Y-%m-%d} and {end:%Y-%m-%d}. Must be at "
            "least one. Give a longer period."
        )
        raise InputError(msg)
    dates = counts.table["date"]
    column = np.searchsorted(starts.to_numpy(), dates.to_numpy(), side="right") - 1
    is_inside = (column >= 0) & (dates.to_numpy() < ends.to_numpy()[np.maximum(column, 0)])
    matrix = csr_array(
        (
            counts.table["n"].to_numpy()[is_inside],
            (counts.table["place"].to_numpy()[is_inside], column[is_inside]),
        ),
        shape=(len(counts.places), len(starts)),
    )
    weeks = np.asarray((ends - starts) / _WEEK, dtype=np.float64)
    return Steps(matrix, starts, ends, weeks)
