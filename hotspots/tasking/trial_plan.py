"""A trial in a plan: what the coin left alone gets no visit, what it chose gets its dose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.words import count, day

if TYPE_CHECKING:
    from hotspots.tasking.capacity import Capacity
    from hotspots.tasking.experiments import Experiment
    from hotspots.tasking.visits import VisitOptions

_WEEK: Final = 7


def in_plan(experiment: Experiment, capacity: Capacity) -> pd.DataFrame:
    """Give the rows of the allocation that touch the days of a plan.

    Returns
    -------
    DataFrame
        Rows of the allocation with `begin` and `end`, numbers of days of the plan, [begin, end),
        cut to it; `dose`, what the visits of a treated span are counted for, and `least` of them.
    """
    rows = experiment.allocation.copy()
    for name, column, more in (("begin", "first_day", 0), ("end", "last_day", 1)):
        number = (pd.to_datetime(rows[column]) - capacity.start).dt.days + more
        rows[name] = number.clip(0, capacity.days)
    rows = rows[rows["end"] > rows["begin"]]
    length = (rows["end"] - rows["begin"]).to_numpy()
    least = np.maximum(1, experiment.visits_per_week * length // _WEEK)
    is_treated = (rows["arm"] == "treatment").to_numpy()
    first = [day(capacity.start + pd.Timedelta(days=int(each))) for each in rows["begin"]]
    names = [
        f"{name}, in a trial from {when}" for name, when in zip(rows["name"], first, strict=True)
    ]
    return rows.assign(least=np.where(is_treated, least, 0), dose=np.where(is_treated, names, ""))


def with_trial(
    options: VisitOptions, rows: pd.DataFrame, *, is_timed: bool
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Take out the visits to what is left alone, and mark those of what is treated.

    Parameters
    ----------
    options : VisitOptions
        The visits that can be made.
    rows : DataFrame
        What `in_plan` gave.
    is_timed : bool
        Whether visits have a day; else a week in which any day is left alone has no visit.

    Returns
    -------
    table : DataFrame
        The visits that are left.
    floors : dict of str to int
        Least visits of each dose.

    Raises
    ------
    InputError
        If a visit that is fixed is to a place that is left alone on that day.
    """
    table = options.table
    begin = table["day"].to_numpy() if is_timed else _WEEK * table["week"].to_numpy()
    end = begin + (1 if is_timed else _WEEK)
    is_control = np.zeros(len(table), dtype=bool)
    dose = table["dose"].to_numpy(dtype=object).copy()
    place = table["place"].to_numpy()
    where = {name: np.flatnonzero(place == name) for name in rows["hotspot_id"].unique()}
    for row in rows.itertuples():
        own = where[row.hotspot_id]
        inside: Any = own[(begin[own] < row.end) & (end[own] > row.begin)]
        if row.arm == "control":
            is_control[inside] = True
        else:
            dose[inside] = row.dose
    refused = table[is_control & table["is_fixed"].to_numpy(dtype=bool)]
    if len(refused):
        first = refused.iloc[0]
        msg = (
            f"Invalid fixed visit to '{first['place']}' in '{first['slot']}'. Must be on a day on "
            "which the trial does not leave it alone. Leave it out, or end the trial."
        )
        raise InputError(msg)
    floors = rows[rows["least"] > 0].groupby("dose")["least"].sum()
    return table.assign(dose=dose)[~is_control], {str(name): int(n) for name, n in floors.items()}


def about_trial(experiment: Experiment, rows: pd.DataFrame, hotspots: pd.Index[str]) -> list[str]:
    """Say what the trial does to the plan."""
    if len(rows) == 0:
        return ["The trial has no day in this plan."]
    gone = [name for name in experiment.hotspots if name not in hotspots]
    taking = count(rows["hotspot_id"].nunique(), "hotspot")
    said = [f"A trial: {taking} take part, and get no visit when it leaves them alone."]
    if gone:
        said.append(
            f"{count(len(gone), 'hotspot')} of the trial not on this list: pin them, or the trial "
            "loses its pairs."
        )
    return said
