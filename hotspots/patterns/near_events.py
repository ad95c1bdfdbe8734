"""The events of a test of place and date: calls with their moments, or one for each episode.

Moments are minutes by the London clock, so that the same time on two dates is whole days apart; if
any row is known only to the day, all have their date alone.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from hotspots.errors import HotspotsWarning, InputError
from hotspots.patterns.week_episodes import APART_HOURS
from hotspots.tables import require_columns, require_points, require_time, require_weights
from hotspots.times.week import local_times

if TYPE_CHECKING:
    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Small = np.ndarray[Any, np.dtype[np.int32]]

_LOG = logging.getLogger(__name__)

MERGED: Final = APART_HOURS * 60
"""Calls near each other and at most so many minutes apart are one episode."""

_DAY: Final = 24 * 60
_WIDER: Final = 1 + 1e-9


@dataclass(frozen=True, eq=False)
class Events:
    """Where and when something happened, and who called.

    Parameters
    ----------
    xy : array of float64 (n, 2)
        Easting and northing, metres.
    minutes : array of int32
        Minutes since the first, by the clock.
    dates : array of int64
        Days since 1970-01-01, by the clock.
    persons : array of int32
        Number of the caller; −1 if not known.
    """

    xy: Floats
    minutes: Small
    dates: Integers
    persons: Small

    @classmethod
    def of(cls, incidents: gpd.GeoDataFrame, verb: str) -> Events:
        """Take the incidents that have a point.

        Parameters
        ----------
        incidents : GeoDataFrame
            An incidents table.
        verb : str
            The function that asks, for messages.

        Raises
        ------
        MonthlyDataError
            If a row is known only to the month.
        InputError
            If it is no incidents table, in another coordinate system, a row has no moment or what
            it has for a point is none, or there are fewer than two incidents, points or moments.

        Warns
        -----
        HotspotsWarning
            If rows stand for several incidents.
        """
        require_columns(incidents, ("start", "time_precision", "weight", "person_key"), verb)
        require_time(incidents, verb, "date")
        require_weights(incidents)
        used = incidents[require_points(incidents, verb) & (incidents["weight"] > 0).to_numpy()]
        if len(used) < len(incidents):
            n_left = len(incidents) - len(used)
            _LOG.info("%d incidents without a point are left out", n_left)
        if len(used) < 2:  # noqa: PLR2004 (one has no other to be near)
            msg = (
                f"There are {len(used)} incidents with a point to compare. Must be at least two. "
                "Look at what was left out: reading.summary."
            )
            raise InputError(msg)
        if (used["weight"] != 1).any():
            warnings.warn(
                "Some rows stand for another number of incidents than one; each is compared as one "
                "call. For counted cells use counts, not this test.",
                HotspotsWarning,
                stacklevel=4,
            )
        wall = local_times(used["start"], "start").dt.tz_localize(None)
        if (used["time_precision"] == "day").any():
            _LOG.info("some incidents are known only to the day: the dates of all are taken")
            wall = wall.dt.floor("D")
        minutes = wall.to_numpy().astype("datetime64[m]").astype(np.int64)
        events = cls(
            xy=np.column_stack([used.geometry.x, used.geometry.y]),
            minutes=(minutes - minutes.min()).astype(np.int32),
            dates=minutes // _DAY,
            persons=pd.factorize(used["person_key"], sort=True)[0].astype(np.int32),
        )
        _require_two(events)
        return events

    def at(self, positions: Integers) -> Events:
        """Take some of them, or all in another order."""
        return Events(
            xy=self.xy[positions],
            minutes=self.minutes[positions],
            dates=self.dates[positions],
            persons=self.persons[positions],
        )

    def periods(self, kind: str | None) -> Integers:
        """Give the number of the calendar month or of the week from Monday; None is all of time."""
        if kind == "month":
            return self.dates.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        # The first of January 1970 was a Thursday.
        return (self.dates + 3) // 7 if kind == "week" else np.zeros_like(self.dates)

    def share_coincident(self) -> float:
        """Give the share of events that are at exactly the point of another."""
        _, times = np.unique(self.xy, axis=0, return_counts=True)
        return float(times[times > 1].sum() / len(self.xy))

    def one_each_episode(self, radius: float) -> Events:
        """Take the first call of each episode, as that of the first caller who is known.

        Parameters
        ----------
        radius : float
            Calls within so many metres and `MERGED` minutes, in chains, are one episode.

        Returns
        -------
        Events
            No two of them are so near each other in place and time.
        """
        # Calls at one point and moment need no pairs; in this order the first of them is met first.
        order = np.lexsort((self.persons, self.xy[:, 1], self.xy[:, 0], self.minutes))
        calls = self.at(order)
        known = np.column_stack([calls.minutes, calls.xy])
        is_new = np.append(True, (known[1:] != known[:-1]).any(axis=1))
        moment_of = np.cumsum(is_new) - 1
        minutes, xy = calls.minutes[is_new], calls.xy[is_new]
        scaled = np.column_stack([xy / radius, minutes / MERGED])
        one, other = cKDTree(scaled).query_pairs(_WIDER, p=np.inf, output_type="ndarray").T
        is_near = np.hypot(*(xy[one] - xy[other]).T) <= radius
        n = len(xy)
        links = coo_array(
            (np.ones(int(is_near.sum()), dtype=bool), (one[is_near], other[is_near])), shape=(n, n)
        )
        episode_of = connected_components(links, directed=False)[1][moment_of]
        episodes, first = np.unique(episode_of, return_index=True)
        chosen = calls.at(first)
        has_caller = np.flatnonzero(calls.persons >= 0)
        named, at = np.unique(episode_of[has_caller], return_index=True)
        chosen.persons[np.searchsorted(episodes, named)] = calls.persons[has_caller[at]]
        _LOG.info("%d calls make %d episodes", len(calls.xy), len(chosen.xy))
        _require_two(chosen)
        return chosen


def _require_two(events: Events) -> None:
    """Raise unless there are at least two points and two moments."""
    n = len(events.xy)
    for name, has_one in (
        ("point", bool((events.xy == events.xy[0]).all())),
        ("moment", bool((events.minutes == events.minutes[0]).all())),
    ):
        if has_one:
            msg = (
                f"All events, {n:,} of them, are at one {name}. Must be at two or more, because "
                "the test compares those that are near with those that are not. Use the incidents "
                "of a whole area and several weeks."
            )
            raise InputError(msg)
