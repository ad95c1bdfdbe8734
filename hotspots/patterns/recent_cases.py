"""The cases that are scanned for what is recent: an episode each, at a place and on a date.

Of each episode one call is drawn, the same whatever the order of the rows; places are occupied
cells or exact points.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, InputError
from hotspots.patterns.night_episodes import draw_nights
from hotspots.tables import require_clock, require_columns, require_points, require_weights
from hotspots.times import night_of
from hotspots.times.week import read_day

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Labels = np.ndarray[Any, np.dtype[np.object_]]

_LOG = logging.getLogger(__name__)

_DAY: Final = pd.Timedelta(days=1)
_WEEK: Final = 7
_SEASON: Final = 56
# Side of the squares that show where exact points are, metres.
_SHOWN: Final = 50.0


@dataclass(frozen=True, eq=False)
class Cases:
    """The cases, sorted by nothing in particular, and the calls they were drawn from."""

    xy: Floats
    dates: Integers
    """Date of each, 0 for the first of the period."""
    boroughs: Labels
    calls_xy: Floats
    calls_dates: Integers
    weights: Floats
    """Incidents that each call stands for."""
    strata: Integers
    """Stratum of each date of the period, within which dates are dealt out again."""
    first: pd.Timestamp

    def at(self, positions: Integers) -> Cases:
        """Take some of the cases; all calls stay."""
        return replace(
            self,
            xy=self.xy[positions],
            dates=self.dates[positions],
            boroughs=self.boroughs[positions],
        )

    @property
    def n_dates(self) -> int:
        """Number of dates of the period, with and without a case."""
        return len(self.strata)

    def date(self, number: int) -> pd.Timestamp:
        """Give a date of the period, its midnight in London."""
        return self.first + number * _DAY


def make_cases(
    incidents: gpd.GeoDataFrame,
    *,
    until: str | dt.date | None,
    history: int | None,
    adjust: str,
    unit: str,
    episode_radius: float,
    night_ends: int,
    chance: np.random.Generator,
) -> Cases:
    """Take the cases of an incidents table; parameters as those of `scan_recent`."""
    require_columns(incidents, ("start", "time_precision", "borough", "weight"), "scan_recent")
    require_clock(incidents, "scan_recent")
    require_weights(incidents)
    is_used = require_points(incidents, "scan_recent") & (incidents["weight"] > 0).to_numpy()
    used = incidents[is_used]
    if len(used) < len(incidents):
        _LOG.info("%d incidents without a point are left out", len(incidents) - len(used))
    _check_number(len(used))
    nights = night_of(used["start"], night_ends=night_ends)
    last = nights.max() if until is None else read_day("until", until)
    first = nights.min() if history is None else last - (history - 1) * _DAY
    _LOG.info("scanned are the nights from %s to %s", first.date(), last.date())
    is_inside = ((nights >= first) & (nights <= last)).to_numpy()
    used, nights = used[is_inside], nights[is_inside]
    _check_number(len(used))
    if (used["weight"] != 1).any():
        warnings.warn(
            "Some rows stand for another number of incidents than one; each is scanned as one "
            "call. For counted cells use counts, not this scan.",
            HotspotsWarning,
            stacklevel=3,
        )
    xy = np.column_stack([used.geometry.x, used.geometry.y])
    dates = (nights - first).dt.days.to_numpy().astype(np.int64)
    boroughs = used["borough"].to_numpy(dtype=object, na_value=None)
    # So that the order of rows does not matter.
    order = np.lexsort([boroughs.astype(str), xy[:, 1], xy[:, 0], dates])
    xy, dates, boroughs = xy[order], dates[order], boroughs[order]
    strata = strata_of((last - first).days + 1, adjust)
    chosen = np.arange(len(xy))
    if unit == "episode":
        chosen = draw_nights(xy, dates, strata, episode_radius, chance)
        _LOG.info("%d episodes are scanned of %d calls", len(chosen), len(xy))
    return Cases(
        xy=xy[chosen],
        dates=dates[chosen],
        boroughs=boroughs[chosen],
        calls_xy=xy,
        calls_dates=dates,
        weights=used["weight"].to_numpy(dtype=float)[order],
        strata=strata,
        first=first,
    )


def strata_of(n_dates: int, adjust: str) -> Integers:
    """Give the stratum of each date of a period, by what dates may have in common with places."""
    back = np.arange(n_dates)[::-1]
    if adjust == "none":
        return np.zeros(n_dates, dtype=np.int64)
    kind = back % _WEEK
    if adjust == "season":
        kind = kind + back // _SEASON * _WEEK
    return np.unique(kind, return_inverse=True)[1].astype(np.int64)


def _check_number(n: int) -> None:
    if n < 2:  # noqa: PLR2004 (one has no other to differ from)
        msg = (
            f"There are {n} incidents with a point in the period to scan. Must be at least two. "
            "Look at what was left out: reading.summary, and the dates until and history."
        )
        raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Places:
    """Where cases can be, sorted by easting."""

    xy: Floats
    """Middles, metres."""
    of_case: Integers
    """Place of each case."""
    side: float
    """Side of the squares that show them, metres."""

    def at(self, positions: Integers) -> Places:
        """Take some of the cases, at least one of each place."""
        return replace(self, of_case=self.of_case[positions])

    def squares(self, places: Integers) -> Integers:
        """Give column and row of the squares that some places lie in."""
        return np.unique(self.squares_of(self.xy[places]), axis=0)

    def squares_of(self, xy: Floats) -> Integers:
        """Give column and row of the square that each point lies in."""
        return np.floor(xy / self.side).astype(np.int64)


def make_places(xy: Floats, cell_size: float | None) -> Places:
    """Put cases into square cells, or leave them at their exact points."""
    if cell_size is None:
        points, of_case = np.unique(xy, axis=0, return_inverse=True)
        return Places(points, of_case.ravel(), _SHOWN)
    cells, of_case = np.unique(np.floor(xy / cell_size), axis=0, return_inverse=True)
    return Places((cells + 0.5) * cell_size, of_case.ravel(), cell_size)
