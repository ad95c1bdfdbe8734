"""What is decided already: events and running plans that keep their officers.

Work that is no patrol takes officers off the tour; a visit to a hotspot takes its minutes from
those for patrols, and counts as a visit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, invalid, is_number, is_whole
from hotspots.risk.judgements import did_you_mean
from hotspots.tasking.rows import check_rows, read_rows
from hotspots.times.week import read_day
from hotspots.words import day

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd

    from hotspots.tasking.capacity import Capacity

FIXED_COLUMNS: Final = (
    *("slot", "team", "date", "tour", "minutes", "officers", "what", "hotspot_id"),
)
NEEDED: Final = ("team", "date", "tour", "minutes", "officers", "what")
"""Columns that a table of fixed tasks must have."""

_SHOWN: Final = 5
_TOUCHING: Final = 1e-9


def read_fixed_tasks(
    fixed: str | PathLike[str] | pd.DataFrame | None,
    capacity: Capacity,
    hotspots: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Read what is decided already, naming every row that cannot be used.

    Parameters
    ----------
    fixed : path, DataFrame or None
        Columns `team`, `date`, `tour`, `minutes` (of each officer), `officers`, `what`, and, for a
        visit to a hotspot, `hotspot_id`.
    capacity : Capacity
        What the teams can do.
    hotspots : GeoDataFrame
        The hotspots.

    Returns
    -------
    DataFrame
        One row each: the same, and `slot`, the id of the team's tour; `hotspot_id` is "" for what
        is no visit to a hotspot.

    Raises
    ------
    InputError
        If a row cannot be used, or more is fixed than a tour has time for.
    """
    none = pd.DataFrame(columns=list(NEEDED))
    table = read_rows(none if fixed is None else fixed, "fixed", "fixed tasks", NEEDED)
    if "hotspot_id" not in table.columns:
        table = table.assign(hotspot_id="")
    rows = check_rows(table, "fixed tasks", lambda row: _fixed_row(row, capacity, hotspots))
    checked = pd.DataFrame(rows, columns=list(FIXED_COLUMNS))
    _refuse_too_much(checked, capacity)
    return checked


def take_fixed(capacity: Capacity, fixed: pd.DataFrame) -> Capacity:
    """Give what the teams can do beside what is decided already; never less than nothing."""
    if len(fixed) == 0:
        return capacity
    tours = capacity.tours
    work, patrol = _used(fixed, tours)
    on_duty = tours["minutes_on_duty"].to_numpy()
    left = np.divide(on_duty - work, on_duty, out=np.zeros(len(tours)), where=on_duty > 0)
    minutes = np.maximum(tours["minutes"].to_numpy() * np.maximum(left, 0) - patrol, 0)
    return replace(capacity, tours=tours.assign(minutes=minutes))


def _used(fixed: pd.DataFrame, tours: pd.DataFrame) -> tuple[Any, Any]:
    """Give the officer-minutes of each tour that are for other work, and for fixed visits."""
    used = (fixed["minutes"] * fixed["officers"]).astype("float64")
    is_visit = fixed["hotspot_id"] != ""
    sums = [used[mask].groupby(fixed["slot"][mask]).sum() for mask in (~is_visit, is_visit)]
    work, patrol = (each.reindex(tours.index).fillna(0.0).to_numpy(dtype=float) for each in sums)
    return work, patrol


def _refuse_too_much(fixed: pd.DataFrame, capacity: Capacity) -> None:
    """Raise `InputError` if a tour has less time than is fixed, saying which limit binds."""
    tours = capacity.tours
    work, patrol = _used(fixed, tours)
    on_duty, minutes = (tours[name].to_numpy() for name in ("minutes_on_duty", "minutes"))
    taken = np.divide(work, on_duty, out=np.ones(len(tours)), where=on_duty > 0)
    left = minutes * np.maximum(1 - taken, 0)
    problems = []
    for place in np.flatnonzero((work > on_duty + _TOUCHING) | (patrol > left + _TOUCHING)):
        row = tours.iloc[place]
        when = f"{row['tour']} tour of {day(pd.Timestamp(row['date']))} of {row['team']}"
        if work[place] > on_duty[place] + _TOUCHING:
            problems.append(
                f"Invalid fixed tasks in the {when}: they take '{work[place]:.0f}' "
                f"officer-minutes. Must be at most {on_duty[place]:.0f}, those on duty: the "
                "officers bind."
            )
        else:
            problems.append(
                f"Invalid fixed visits in the {when}: they take '{patrol[place]:.0f}' "
                f"officer-minutes. Must be at most {left[place]:.0f}, those that can be delivered "
                "at hotspots: the minutes bind."
            )
    if problems:
        raise InputError("\n".join(problems[:_SHOWN]))


def _fixed_row(
    row: dict[Any, Any], capacity: Capacity, hotspots: gpd.GeoDataFrame
) -> dict[str, object]:
    tours = capacity.tours
    team, tour = str(row["team"]).strip(), str(row["tour"]).strip()
    teams = [each.name for each in capacity.teams]
    if team not in teams:
        raise invalid("team", team, "the name of a team", did_you_mean(team, teams))
    date = read_day("date", row["date"])
    slot = f"{team} {date:%Y-%m-%d} {tour}"
    if slot not in tours.index:
        own = tours[(tours["team"] == team) & (tours["date"] == f"{date:%Y-%m-%d}")]
        rule = f"a tour of the team on a day of the plan: on that day {_some(own['tour'])}"
        raise invalid("tour", f"{tour} on {date:%Y-%m-%d}", rule)
    minutes = pd.to_numeric(row["minutes"], errors="coerce")
    officers = pd.to_numeric(row["officers"], errors="coerce")
    if not is_number(minutes, 0) or minutes == 0:
        raise invalid("minutes", row["minutes"], "a number above 0")
    if not is_number(officers) or not is_whole(int(officers), 1) or officers != int(officers):
        raise invalid("officers", row["officers"], "a whole number of at least 1")
    what = str(row["what"]).strip()
    if not what or pd.isna(row["what"]):
        raise invalid("what", "", "a text that says what it is")
    given = row["hotspot_id"]
    hotspot = "" if pd.isna(given) else str(given).strip()
    if hotspot and hotspot not in hotspots.index:
        near = did_you_mean(hotspot, hotspots.index)
        raise invalid("hotspot_id", hotspot, "the id of a hotspot of the list", near)
    return {
        "slot": slot,
        "team": team,
        "date": f"{date:%Y-%m-%d}",
        "tour": tour,
        "minutes": float(minutes),
        "officers": int(officers),
        "what": what,
        "hotspot_id": hotspot,
    }


def _some(names: pd.Series[Any]) -> str:
    return ", ".join(names) if len(names) else "it has none"
