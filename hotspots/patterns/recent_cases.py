"""The cases that are scanned for what is recent: an episode each, at a place and on a date.

An episode stands at the place and on the night of its first call, whatever the order of the rows;
places are occupied cells or exact points.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, InputError, invalid
from hotspots.incidents import find_episodes
from hotspots.tables import CRS, has_point, require_clock
from hotspots.times import night_of

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
    """The cases, sorted by nothing in particular."""

    xy: Floats
    dates: Integers
    """Date of each, 0 for the first of the period."""
    calls: Floats
    boroughs: Labels
    first: pd.Timestamp
    n_dates: int

    def strata(self, adjust: str) -> Integers:
        """Give the stratum of each date of the period, within which dates are dealt out again."""
        back = np.arange(self.n_dates)[::-1]
        if adjust == "none":
            return np.zeros(self.n_dates, dtype=np.int64)
        kind = back % _WEEK
        if adjust == "season":
            kind = kind + back // _SEASON * _WEEK
        return np.unique(kind, return_inverse=True)[1].astype(np.int64)

    def date(self, number: int) -> pd.Timestamp:
        """Give a date of the period, its midnight in London."""
        return self.first + number * _DAY


def make_cases(
    incidents: gpd.GeoDataFrame,
    *,
    until: str | dt.date | None,
    history: int | None,
    unit: str,
    episode_radius: float,
    night_ends: int,
) -> Cases:
    """Take the cases of an incidents table; parameters as those of `scan_recent`."""
    require_clock(incidents, "scan_recent")
    if incidents.crs != CRS:
        remedy = f"Use incidents.to_crs('{CRS}')."
        raise invalid("coordinate system", incidents.crs, CRS, remedy)
    used = incidents[has_point(incidents)]
    if len(used) < len(incidents):
        _LOG.info("%d incidents without a point are left out", len(incidents) - len(used))
    _check_number(len(used))
    nights = night_of(used["start"], night_ends=night_ends)
    last = nights.max() if until is None else _date_of(until)
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
    number = np.arange(len(used))
    if unit == "episode":
        number = find_episodes(used, radius=episode_radius, night_ends=night_ends).to_numpy()
    borough = used["borough"].to_numpy(dtype=object, na_value=None)
    passed = used["start"].to_numpy(dtype="datetime64[us]").astype(np.int64)
    # Of calls at the same moment the most western one, so that the order of rows does not matter.
    order = np.lexsort([borough.astype(str), xy[:, 1], xy[:, 0], passed, number])
    _, at = np.unique(number[order], return_index=True)
    chosen = order[at]
    return Cases(
        xy=xy[chosen],
        dates=((nights - first).dt.days.to_numpy()[chosen]).astype(np.int64),
        calls=np.bincount(number, weights=used["weight"].to_numpy(dtype=float)).astype(float),
        boroughs=borough[chosen],
        first=first,
        n_dates=(last - first).days + 1,
    )


def _check_number(n: int) -> None:
    if n < 2:  # noqa: PLR2004 (one has no other to differ from)
        msg = (
            f"There are {n} incidents with a point in the period to scan. Must be at least two. "
            "Look at what was left out: reading.summary, and the dates until and history."
        )
        raise InputError(msg)


def _date_of(until: str | dt.date) -> pd.Timestamp:
    try:
        return pd.Timestamp(until).tz_localize(None).normalize()
    except (ValueError, TypeError) as error:
        raise invalid("until", until, "a date, such as '2025-06-30'") from error


@dataclass(frozen=True, eq=False)
class Places:
    """Where cases can be, sorted by easting."""

    xy: Floats
    """Middles, metres."""
    of_case: Integers
    """Place of each case."""
    side: float
    """Side of the squares that show them, metres."""

    def squares(self, places: Integers) -> Floats:
        """Give west, south, east and north of the squares that some places lie in."""
        corners = np.unique(np.floor(self.xy[places] / self.side), axis=0) * self.side
        return np.column_stack([corners, corners + self.side])


def make_places(xy: Floats, cell_size: float | None) -> Places:
    """Put cases into square cells, or leave them at their exact points."""
    if cell_size is None:
        points, of_case = np.unique(xy, axis=0, return_inverse=True)
        return Places(points, of_case.ravel(), _SHOWN)
    cells, of_case = np.unique(np.floor(xy / cell_size), axis=0, return_inverse=True)
    return Places((cells + 0.5) * cell_size, of_case.ravel(), cell_size)
