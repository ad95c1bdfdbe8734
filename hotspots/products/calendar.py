"""Visits as calendars: one file a team, for the programs in which officers keep theirs."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pandas as pd
from icalendar import Calendar, Event

if TYPE_CHECKING:
    from pathlib import Path

_MAKER: Final = "-//hotspots//plan of visits//EN"
_WEEK: Final = pd.Timedelta(days=7)
_UNSAFE: Final = re.compile(r"[^\w -]+")


def write_calendars(visits: pd.DataFrame, tasks: pd.DataFrame, path: Path, banner: str) -> None:
    """Write the visits of each team as an iCalendar file, all in one zip.

    Parameters
    ----------
    visits, tasks : DataFrame
        The tables, for the audience that may receive them.
    path : Path
        The zip to write.
    banner : str
        What every entry begins with: the marking, and what it is made from.

    Notes
    -----
    Times are moments in UTC, which every calendar shows by its own clock. Visits of monthly data
    are entries of all days of their week. An entry keeps its identity if the same plan is written
    again.
    """
    made_at = datetime.now(UTC).replace(microsecond=0)
    names: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
        for team, own in visits.groupby("team", sort=True):
            calendar = Calendar()
            calendar.add("prodid", _MAKER)
            calendar.add("version", "2.0")
            calendar.add("x-wr-calname", _line(f"Visits: {team}"))
            for name, visit in own.iterrows():
                calendar.add_component(
                    _event(str(name), visit, tasks.loc[visit["task_id"]], banner, made_at)
                )
            folder.writestr(_file_name(str(team), names), calendar.to_ical())


def _event(name: str, visit: pd.Series, task: pd.Series, banner: str, made_at: datetime) -> Event:
    """Give one visit as an entry."""
    event = Event()
    event.add("uid", f"{name}@hotspots")
    event.add("dtstamp", made_at)
    if pd.isna(visit["arrive"]):
        first = pd.Timestamp(visit["date"])
        event.add("dtstart", first.date())
        event.add("dtend", (first + _WEEK).date())
    else:
        event.add("dtstart", visit["arrive"].tz_convert("UTC").to_pydatetime())
        event.add("dtend", visit["leave"].tz_convert("UTC").to_pydatetime())
    minutes = f"{visit['planned_minutes']:.0f} minutes"
    event.add("summary", _line(f"Visit {visit['name']}, {minutes}"))
    where = [visit.get("location"), visit["grid_ref"]]
    event.add("location", _line(", ".join(each for each in where if isinstance(each, str))))
    said = [banner, *(task.get(key) for key in ("reason", "options", "success"))]
    event.add("description", "\n\n".join(str(each) for each in said if isinstance(each, str)))
    event.add("categories", [_line(str(visit["team"]))])
    return event


def _line(text: str) -> str:
    """Give a text on one line."""
    return " ".join(text.split())


def _file_name(team: str, taken: set[str]) -> str:
    """Give a file name that every system takes, and that no other team has."""
    plain = _UNSAFE.sub("_", team).strip() or "team"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain} {number}"
    taken.add(name.casefold())
    return f"{name}.ics"
