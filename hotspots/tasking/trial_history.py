"""The past of hotspots by day: what a trial is planned with, and read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import MonthlyDataError, invalid
from hotspots.words import day

if TYPE_CHECKING:
    from hotspots.counts import Counts
    from hotspots.risk import HotspotList

    Integers = np.ndarray[Any, np.dtype[Any]]

WEEK: Final = 7
_LEAST_EXPECTED: Final = 0.5
"""Reports in all days of the past that a place without any is taken to have had."""


def hotspot_history(found: HotspotList, counts: Counts) -> pd.DataFrame:
    """Count the reports of each hotspot by day, at any hour.

    Parameters
    ----------
    found : HotspotList
        The hotspots, with their places.
    counts : Counts
        What was counted, with the date of each incident.

    Returns
    -------
    DataFrame
        A row a hotspot, a column a day of the period, without those of months without data.

    Raises
    ------
    MonthlyDataError
        If the counts hold months.
    """
    if counts.tier == "monthly" or counts.n_monthly:
        msg = (
            "A trial needs the date of each incident, but these counts hold months. Must be dated "
            "incidents. Use your own records."
        )
        raise MonthlyDataError(msg)
    every = pd.date_range(
        counts.start.tz_localize(None), counts.end.tz_localize(None), freq="D", inclusive="left"
    )
    known = every[~every.to_period("M").isin(counts.missing)]
    place = pd.Index(counts.places.index).get_indexer(pd.Index(found.members["place_id"]))
    owner = pd.Series(found.members["hotspot_id"].to_numpy(), index=place)
    rows = counts.table[counts.table["place"].isin(place)]
    n = rows["n"].groupby([rows["place"].map(owner), rows["date"]]).sum().unstack()
    table = n.reindex(index=found.table.index, columns=known, fill_value=0.0)
    return table.fillna(0.0).astype("float64")


def checked_history(
    history: object,
    ids: list[str],
    first: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Give the reports of hotspots by day, or refuse what lacks some."""
    if not isinstance(history, pd.DataFrame):
        rule = "a table with a row a hotspot and a column a day"
        raise invalid("history", type(history).__name__, rule, "Use hs.hotspot_history(…).")
    lacking = [name for name in ids if name not in history.index]
    if lacking:
        shown = ", ".join(lacking[:5])
        raise invalid("history", f"a table without {shown}", "a table with a row for every hotspot")
    table = history.loc[ids]
    if first is not None and end is not None:
        wanted = pd.date_range(first, end, freq="D", inclusive="left")
        missing = wanted.difference(pd.DatetimeIndex(table.columns))
        if len(missing):
            rule = f"a table with all days of the trial; {day(missing[0])} is missing"
            given = f"{len(wanted) - len(missing)} of {len(wanted)} days"
            raise invalid("history", given, rule, "Count incidents that reach to its end.")
        table = table[wanted]
    return table.astype("float64")


def rates_of(history: pd.DataFrame) -> pd.Series[float]:
    """Give the reports a day of each hotspot, above 0."""
    return history.sum(axis=1).clip(lower=_LEAST_EXPECTED) / history.shape[1]


def stretches_of(history: pd.DataFrame, start: pd.Timestamp, length: int) -> Integers:
    """Give where stretches of the past begin that are as long, on the same weekday, without gap."""
    columns = pd.DatetimeIndex(history.columns)
    begins = np.arange(len(columns) - length + 1, dtype=np.int64)
    if len(begins) == 0:
        return begins
    is_whole_one = columns[begins + length - 1] - columns[begins] == pd.Timedelta(days=length - 1)
    is_same_day = columns.day_of_week.to_numpy()[begins] == start.weekday()
    return np.asarray(begins[is_same_day & np.asarray(is_whole_one)])
