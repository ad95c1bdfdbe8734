"""Tours of duty: when officers are there, in the week and on the calendar.

A tour is two hours of the local clock and the weekdays on which it begins; on the calendar it has
as many real hours as there are, 7 or 9 of 8 on the nights on which the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, invalid, is_number, is_whole
from hotspots.tables import TIMEZONE
from hotspots.times import DAYS, HOURS

if TYPE_CHECKING:
    from typing import Any

    Hours = np.ndarray[Any, np.dtype[np.int64]]

_DAY: Final = 24
_LONGEST_HANDOVER: Final = 2
_TOUR: Final = re.compile(r"^(?P<name>\S.*?)\s+(?P<start>\d{1,2})-(?P<end>\d{1,2})$")
_EVERY_DAY: Final = tuple(range(len(DAYS)))
_KEYS: Final = ("name", "hours", "weekdays", "share")
_RULE: Final = "a preset (early, late, night), or a name and two hours such as 'late 14-22'"

PRESETS: Final = {"early": "early 07-15", "late": "late 15-23", "night": "night 22-07"}
"""The usual tours of London's neighbourhood and response teams."""


@dataclass(frozen=True)
class Tour:
    """A tour of duty.

    Parameters
    ----------
    name : str
        What the teams call it.
    start_hour, end_hour : int
        Hours of the day, 0–23; a tour that ends at or before its start runs past midnight.
    weekdays : tuple of int
        Weekdays on which it begins, 0 = Monday; every day by default.
    share : float
        How many of a team's duties are of this tour, against its other tours; above 0.

    Raises
    ------
    InputError
        If an hour, a weekday or the share is not allowed.
    """

    name: str
    start_hour: int
    end_hour: int
    weekdays: tuple[int, ...] = _EVERY_DAY
    share: float = 1.0

    def __post_init__(self) -> None:
        """Check what the hours and the weekdays allow."""
        if not isinstance(self.name, str) or not self.name.strip():
            raise invalid("name of a tour", self.name, "a text, such as 'late'")
        for name in ("start_hour", "end_hour"):
            if not is_whole(getattr(self, name), 0, _DAY - 1):
                given = getattr(self, name)
                raise invalid(f"{name} of the tour '{self.name}'", given, "an hour from 0 to 23")
        days = self.weekdays
        if not days or len(set(days)) < len(days) or not all(is_whole(day, 0, 6) for day in days):
            rule = "different days from 0 (Monday) to 6 (Sunday)"
            raise invalid(f"weekdays of the tour '{self.name}'", days, rule)
        if not is_number(self.share) or self.share <= 0:
            raise invalid(f"share of the tour '{self.name}'", self.share, "a number above 0")

    @property
    def n_hours(self) -> int:
        """Length of the tour by the clock, hours, 1–24."""
        return (self.end_hour - self.start_hour - 1) % _DAY + 1

    def hours_of_week(self, weekday: int) -> Hours:
        """Give the hours of the week of the tour that begins on a weekday, in order."""
        first = weekday * _DAY + self.start_hour
        return np.asarray((first + np.arange(self.n_hours)) % HOURS, dtype=np.int64)

    def on(self, date: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Give the moments [start, end) of the tour that begins on a date.

        Parameters
        ----------
        date : Timestamp
            A midnight without time zone.

        Returns
        -------
        pair of Timestamp
            On London's clock. An hour that the clocks leave out is not worked, one that comes
            twice is worked twice; where a bound is such an hour, it is the first of the two, or
            the moment of the change.
        """
        first = date + pd.Timedelta(hours=self.start_hour)
        return tuple(  # type: ignore[return-value]
            moment.tz_localize(TIMEZONE, ambiguous=True, nonexistent="shift_forward")
            for moment in (first, first + pd.Timedelta(hours=self.n_hours))
        )


def hours_between(start: pd.Timestamp, end: pd.Timestamp) -> Hours:
    """Give the hour of the week of each real hour of [start, end), in order."""
    moments = pd.date_range(start.tz_convert("UTC"), end.tz_convert("UTC"), freq="h")[:-1]
    local = moments.tz_convert(TIMEZONE)
    return np.asarray(local.day_of_week * _DAY + local.hour, dtype=np.int64)


def read_tours(given: object) -> tuple[Tour, ...]:
    """Read tours from presets, texts such as "late 15-23", or tables.

    Parameters
    ----------
    given : sequence
        Of each tour a preset (early 07-15, late 15-23, night 22-07), a text of name and hours, a
        `Tour`, or a table with `name`, `hours` ("18-02") and, if wanted, `weekdays` (such as "Fri,
        Sat") and `share`.

    Raises
    ------
    InputError
        If one cannot be read, two have one name, or two overlap by more than a handover of two
        hours: then the same officers were probably written twice.
    """
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise invalid("tours", given, "a list of tours, such as ['early', 'late']")
    tours = tuple(_read(each) for each in given)
    names = [tour.name for tour in tours]
    if len(set(names)) < len(names):
        msg = f"Invalid tours '{', '.join(names)}'. Must have different names."
        raise InputError(msg)
    for place, tour in enumerate(tours):
        for other in tours[:place]:
            _refuse_overlap(other, tour)
    return tours


def _read(given: object) -> Tour:
    if isinstance(given, Tour):
        return given
    if isinstance(given, str):
        match = _TOUR.match(PRESETS.get(given.strip().lower(), given).strip())
        if match is None:
            raise invalid("tours", given, _RULE)
        return Tour(match["name"], *_hours(match["start"], match["end"], given))
    if not isinstance(given, Mapping):
        raise invalid("tours", given, _RULE)
    unknown = [key for key in given if key not in _KEYS]
    if unknown or "name" not in given:
        rule = f"a table with 'name' and, if wanted, {', '.join(_KEYS[1:])}"
        raise invalid("tours", dict(given), rule)
    name = str(given["name"]).strip()
    tour = _read(f"{name} {given['hours']}" if "hours" in given else name)
    days = given.get("weekdays", DAYS)
    return Tour(
        name, tour.start_hour, tour.end_hour, _weekdays(days, name), given.get("share", 1.0)
    )


def _hours(start: str, end: str, given: str) -> tuple[int, int]:
    if int(start) >= _DAY or int(end) > _DAY:
        raise invalid("tours", given, _RULE)
    return int(start), int(end) % _DAY


def _weekdays(given: object, name: str) -> tuple[int, ...]:
    """Read "Fri, Sat" or a list of such names."""
    parts = given.replace(";", ",").split(",") if isinstance(given, str) else given
    known = {day.lower(): number for number, day in enumerate(DAYS)}
    try:
        return tuple(known[str(part).strip().lower()[:3]] for part in parts)  # type: ignore[attr-defined]
    except (KeyError, TypeError):
        rule = f"names of days, such as 'Fri, Sat' (of {', '.join(DAYS)})"
        raise invalid(f"weekdays of the tour '{name}'", given, rule) from None


def _refuse_overlap(first: Tour, second: Tour) -> None:
    """Raise `InputError` if two tours of a team share more than a handover."""
    one, other = (
        [set(tour.hours_of_week(day).tolist()) for day in tour.weekdays] for tour in (first, second)
    )
    shared = max(len(left & right) for left in one for right in other)
    if shared > _LONGEST_HANDOVER:
        msg = (
            f"Invalid tours '{_words(first)}' and '{_words(second)}': they overlap by {shared} "
            f"hours. Must overlap by at most {_LONGEST_HANDOVER} hours, a handover; else officers "
            "would be counted twice. Change the hours, or make one tour of the two."
        )
        raise InputError(msg)


def _words(tour: Tour) -> str:
    return f"{tour.name} {tour.start_hour:02d}-{tour.end_hour:02d}"
