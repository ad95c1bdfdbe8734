"""Counts by place and step of time, and how far each neighbourhood stands out in them.

A neighbourhood is that of a place in space, in a step and in those just before it. Its sum is
judged against all counts of the same era in any order, exactly.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, eye_array

from hotspots.counts import Counts
from hotspots.errors import HotspotsWarning, InputError, MonthlyDataError, invalid
from hotspots.patterns.breaks import eras_of
from hotspots.patterns.drawn_sums import pooled_tails
from hotspots.patterns.surroundings import combine, normal_p
from hotspots.tables import TIMEZONE
from hotspots.times.week import read_day
from hotspots.words import count

if TYPE_CHECKING:
    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)

Step = Literal["month", "week"]
"""Length of a step of time."""

_WEEK: Final = 7
_MONTHS: Final = 12
_SHOWN: Final = 5


class Cube(NamedTuple):
    """Counts by place and step.

    Parameters
    ----------
    counts : array (places, steps) of int64
        In the order of the places; steps in the order of time.
    starts : DatetimeIndex
        First day of each step, without time zone.
    numbers : array (steps,) of int64
        Steps since some moment: two that follow each other differ by 1.
    eras : array (steps,) of int64
        Between which breaks in London's records each step lies.
    """

    counts: Integers
    starts: pd.DatetimeIndex
    numbers: Integers
    eras: Integers


# ---- Making the cube ----


def make_cube(
    counts: Any,  # noqa: ANN401 (what is neither is refused)
    places: gpd.GeoDataFrame,
    step: Step,
    since: pd.Timestamp | str | None,
    until: pd.Timestamp | str | None,
) -> Cube:
    """Bring counts to the order of the places and to whole steps of time.

    Parameters
    ----------
    counts : Counts or DataFrame
        As `classify_trend` takes them.
    places : GeoDataFrame
        The places.
    step : {"month", "week"}
        Length of a step.
    since, until : Timestamp or str, optional
        Days [since, until) in which steps must lie as a whole.

    Raises
    ------
    MonthlyDataError
        If weeks are asked of data of which some rows are known only to the month.
    InputError
        If the counts are not whole numbers of at least 0, or not those of these places and steps.
    """
    if step not in ("month", "week"):
        raise invalid("step", step, "'month' or 'week'")
    if isinstance(counts, Counts):
        table = _count_months(counts) if step == "month" else _count_weeks(counts)
    elif isinstance(counts, pd.DataFrame):
        table = counts
    else:
        remedy = "Use hs.count_incidents(incidents, places)."
        raise invalid("counts", type(counts).__name__, "Counts, or a frame by place", remedy)
    starts = _starts_of(table.columns, step)
    numbers = _numbers_of(starts, step)
    first = None if since is None else read_day("since", since)
    last = None if until is None else read_day("until", until)
    ends = starts + (pd.DateOffset(months=1) if step == "month" else pd.Timedelta(days=_WEEK))
    is_used = np.ones(len(starts), dtype=bool)
    if first is not None:
        is_used &= np.asarray(starts >= first)
    if last is not None:
        is_used &= np.asarray(ends <= last)
    starts, ends = starts[is_used], pd.DatetimeIndex(ends[is_used])
    values = _values_on(table.loc[:, is_used], places)
    return Cube(values, starts, numbers[is_used], eras_of(starts, ends))


def _count_months(counts: Counts) -> pd.DataFrame:
    """Give whole months with data in columns."""
    months, is_whole = counts.months, _are_whole(counts)
    silent = _silent_months(counts)
    is_used = is_whole & ~months.isin(counts.missing) & ~months.isin(silent)
    _warn_left_out(list(months[~is_whole].astype(str)), "month")
    _warn_silent(list(silent.astype(str)), "")
    if (~is_used).any():
        _LOG.info("months without all their data are left out: %s", list(months[~is_used]))
    whole = counts.by("month").toarray()[:, is_used]
    return pd.DataFrame(whole, index=counts.places.index, columns=months[is_used])


def _count_weeks(counts: Counts) -> pd.DataFrame:
    """Give weeks with data in columns, counted back from the end of the period."""
    if counts.n_monthly:
        msg = (
            "classify_trend needs the day of each incident for steps of a week, but of "
            f"{count(counts.n_monthly, 'row')} these counts know only the month. Must be counts of "
            "incidents with a date. Use step='month'."
        )
        raise MonthlyDataError(msg)
    start, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    n_weeks = (end - start).days // _WEEK
    starts = pd.DatetimeIndex([end - pd.Timedelta(days=_WEEK * k) for k in range(n_weeks, 0, -1)])
    rest = (end - start).days - n_weeks * _WEEK
    if rest:
        _LOG.info("weeks end with the period: its first %s are left out", count(rest, "day"))
    week = (counts.table["date"] - starts[0]).dt.days // _WEEK if n_weeks else None
    sums = np.zeros((len(counts.places), n_weeks))
    if week is not None:
        is_used = (week >= 0).to_numpy()
        at = (counts.table["place"].to_numpy()[is_used], week.to_numpy()[is_used])
        np.add.at(sums, at, counts.table["n"].to_numpy()[is_used])
    touched = [starts.to_period("M"), (starts + pd.Timedelta(days=_WEEK - 1)).to_period("M")]
    silent = _silent_months(counts)
    is_missing, is_silent = (
        np.any([each.isin(months) for each in touched], axis=0)
        for months in (counts.missing, silent)
    )
    is_silent |= sums.sum(axis=0) == 0
    _warn_silent(list(starts[is_silent & ~is_missing].astype(str)), "the weeks of ")
    is_known = ~is_missing & ~is_silent
    if not is_known.all():
        _LOG.info("%s without data are left out", count(int((~is_known).sum()), "week"))
    return pd.DataFrame(sums[:, is_known], index=counts.places.index, columns=starts[is_known])


def _warn_left_out(names: list[str], noun: str) -> None:
    if names:
        listed = " and ".join(names)
        warnings.warn(
            f"The period covers {listed} in part; what is not a whole {noun} is left out. Count a "
            f"period of whole {noun}s, such as period=('2025-01-01', '2026-01-01').",
            HotspotsWarning,
            stacklevel=5,
        )


def _are_whole(counts: Counts) -> Flags:
    """Say which months of the period lie in it from their first to their last day."""
    start, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    months = counts.months
    return np.asarray((months.start_time >= start) & ((months + 1).start_time <= end))


def _silent_months(counts: Counts) -> pd.PeriodIndex:
    """Give the whole months in which nobody at all reported anything, here or elsewhere."""
    is_known = counts.months.isin(counts.months_seen) | counts.months.isin(counts.missing)
    return counts.months[_are_whole(counts) & ~is_known]


def _warn_silent(names: list[str], of: str) -> None:
    """Say which steps are left out because they are silent."""
    if names:
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        warnings.warn(
            f"Nobody reported anything in {of}{listed}: left out, because missing is not zero. If "
            "there was nothing to report, give the numbers themselves, a frame by place and step.",
            HotspotsWarning,
            stacklevel=5,
        )


def _starts_of(columns: pd.Index[Any], step: str) -> pd.DatetimeIndex:
    """Give the first day of each column, and refuse columns that are not steps of time."""
    if isinstance(columns, pd.PeriodIndex):
        starts = columns.start_time
    elif isinstance(columns, pd.DatetimeIndex):
        starts = columns if columns.tz is None else columns.tz_convert(TIMEZONE).tz_localize(None)
    else:
        remedy = "Use pd.period_range('2025-01', periods=12, freq='M') for the columns."
        raise invalid("columns", columns.dtype, "months or dates", remedy)
    starts = pd.DatetimeIndex(starts.normalize())
    if starts.hasnans or not (starts.is_monotonic_increasing and starts.is_unique):
        raise invalid("columns", "not in order", "steps of time, each once, the earliest first")
    if step == "month" and (starts.day != 1).any():
        wrong = starts[starts.day != 1][0].date()
        raise invalid("columns", wrong, "first days of months", "For weeks use step='week'.")
    if step == "week" and ((starts - starts[:1].min()).days % _WEEK != 0).any():
        raise invalid("columns", "other days", "days that are whole weeks apart")
    return starts


def _numbers_of(starts: pd.DatetimeIndex, step: str) -> Integers:
    """Give the numbers of steps, and refuse longer ones: no two would follow each other."""
    if step == "month":
        numbers = np.asarray(starts.year * _MONTHS + starts.month, dtype=np.int64)
    else:
        numbers = np.asarray((starts - starts[:1].min()).days // _WEEK, dtype=np.int64)
    gaps = np.diff(numbers)
    if len(gaps) and gaps.min() > 1:
        remedy = f"Use a column for each {step}: counts.by('month'), or hs.count_incidents."
        rule = f"{step}s, some of which follow each other"
        raise invalid("columns", f"{gaps.min()} {step}s apart", rule, remedy)
    return numbers


def _values_on(table: pd.DataFrame, places: gpd.GeoDataFrame) -> Integers:
    """Bring the rows of a frame to the order of the places, as whole numbers."""
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()][:_SHOWN]
        raise invalid("counts", ", ".join(map(str, twice)), "by places, each once")
    unknown = table.index[~table.index.isin(places.index)]
    if len(unknown):
        shown = ", ".join(map(str, unknown[:_SHOWN]))
        remedy = f"Must be by ids such as {places.index[0]}: give the places that were counted."
        msg = f"Invalid counts of {len(unknown):,} places that are not there ({shown}). {remedy}"
        raise InputError(msg)
    if len(table) < len(places):
        n_lacking = len(places) - len(table)
        _LOG.info("%s without a row count as 0", count(n_lacking, "place"))
    if not all(pd.api.types.is_numeric_dtype(each) for each in table.dtypes):
        raise invalid("counts", "text", "numbers", "Use table.apply(pd.to_numeric).")
    values = table.reindex(places.index, fill_value=0).to_numpy(dtype=np.float64)
    is_count = np.isfinite(values) & (values >= 0) & (values == np.rint(values))
    if not is_count.all():
        remedy = "Weights that are shares of an incident cannot be tested; count incidents."
        raise invalid("counts", values[~is_count][0], "whole numbers of at least 0", remedy)
    return values.astype(np.int64)


# ---- What stands out in it ----


class Standing(NamedTuple):
    """How each neighbourhood of a cube compares; arrays (places, steps) of float64."""

    z: Floats
    p: Floats
    step_sums: Floats
    """Sums of the neighbourhood in its own step alone."""


def judge_cube(cube: Cube, near: csr_array[Any, Any], n_previous: int, eras: Integers) -> Standing:
    """Give Gi* through time of each place and step.

    Parameters
    ----------
    cube : Cube
        The counts.
    near : csr_array of bool
        Who is near whom; nothing is near itself.
    n_previous : int
        Steps before that belong to a neighbourhood.
    eras : array (steps,) of int64
        Steps are judged against all counts of their own era.

    Returns
    -------
    Standing
        z of Ord and Getis; two-sided p from all orders of the era's counts.

    Raises
    ------
    InputError
        If all counts of an era are the same.
    """
    around = near.astype(np.int64) + eye_array(near.shape[0], dtype=np.int64, format="csr")
    step_sums = np.asarray(around @ cube.counts)
    size = np.asarray(around.sum(axis=1)).ravel()
    sums, n_drawn = step_sums.copy(), np.repeat(size[:, None], len(eras), axis=1)
    for at, number in enumerate(cube.numbers):
        for before in range(max(at - n_previous, 0), at):
            if number - cube.numbers[before] <= n_previous and eras[before] == eras[at]:
                sums[:, at] += step_sums[:, before]
                n_drawn[:, at] += size
    z, p = np.empty(sums.shape), np.empty(sums.shape)
    for era in np.unique(eras):
        at = eras == era
        values = cube.counts[:, at].ravel()
        if np.ptp(values) == 0:
            raise InputError(_say_constant(int(values[0]), cube.starts, at))
        z[:, at] = _standardise(values, n_drawn[:, at], sums[:, at])
        p[:, at] = _p_of(values, n_drawn[:, at], sums[:, at], z[:, at])
    return Standing(z, p, step_sums.astype(np.float64))


def _say_constant(value: int, starts: pd.DatetimeIndex, at: Flags) -> str:
    """Say that all counts of an era are the same, in which steps, and what to do."""
    said = f"Invalid counts: each place has {value} in each step"
    if at.all():
        return f"{said}. Must vary. Look at what was counted: counts.total."
    first, last = np.flatnonzero(at)[[0, -1]]
    side = (
        f"since='{starts[last + 1].date()}'"
        if last + 1 < len(starts)
        else f"until='{starts[first].date()}'"
    )
    return (
        f"{said} from {starts[first].date()} to {starts[last].date()}. Must vary on each side of a "
        f"break. Use {side} for the other side, or breaks='warn'."
    )


def _standardise(values: Integers, n_drawn: Integers, sums: Integers) -> Floats:
    """Give z of sums of so many values, drawn without replacement from all of them."""
    n, mean, variance = len(values), values.mean(), values.var()
    spread = variance * n_drawn * (n - n_drawn) / (n - 1)
    z = (sums - n_drawn * mean) / np.sqrt(np.where(spread > 0, spread, np.nan))
    return np.asarray(np.nan_to_num(z))


def _p_of(values: Integers, n_drawn: Integers, sums: Integers, z: Floats) -> Floats:
    """Give the two-sided p of sums: over all orders if that can be worked out."""
    tails = pooled_tails(values, n_drawn.ravel(), sums.ravel())
    if tails is None:
        warnings.warn(
            "The counts are too large to work p out over all their orders; it is that of z, by the "
            "normal distribution. Give a smaller radius or shorter steps for an exact p.",
            HotspotsWarning,
            stacklevel=4,
        )
        return np.asarray(normal_p(z, "two-sided"))
    p: Floats = combine(*tails, "two-sided").reshape(sums.shape)
    return p
