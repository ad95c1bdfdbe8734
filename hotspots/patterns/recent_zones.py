"""Circles of places, the cases in them by date, and the largest likelihood ratio with dates dealt.

A replicate deals the dates of a stratum out again between its cases, so that the number at each
place and on each date stays. Of a scan that looks back from the last date only the cases that come
to lie on the last dates are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hotspots.patterns.recent_windows import (
    BEST,
    Calendar,
    Limits,
    Screen,
    deal,
    fill_screen,
    largest_expected,
    scan_any,
    scan_last,
)

if TYPE_CHECKING:
    from hotspots.patterns.recent_circles import Circles

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

# Places of a circle that are looked at together: fewest, most, and as a share of the circle.
_TOGETHER: Final = (4, 32)
_SHARE: Final = 64
# Counts below this fit into 16 bits, with one to spare.
_NARROW: Final = 2**15
# The maxima of replicates scatter by about one round their most frequent value.
_BELOW: Final = 2.0


@dataclass(frozen=True, eq=False)
class RecentZones:
    """Everything that stays the same from replicate to replicate."""

    circles: Circles
    calendar: Calendar
    limits: Limits
    is_prospective: bool
    places: Integers
    """Place of each case, stratum after stratum, the latest first."""
    dates: Integers
    bounds: Integers
    """Where each stratum begins in `places`, and last the number of cases."""
    n_dealt: Integers
    """First cases of each stratum that can lie in a window."""
    is_once: bool
    """Whether cases of one place and date count once."""

    @cached_property
    def in_windows(self) -> Integers:
        """Positions of the cases that can lie in a window."""
        return np.concatenate(
            [start + np.arange(n) for start, n in zip(self.bounds, self.n_dealt, strict=False)]
        )

    def most(self) -> int:
        """Give the largest number of cases in any window of all places."""
        by_date = np.bincount(self.dates, minlength=len(self.calendar.shares))
        sums = np.concatenate([[0], np.cumsum(by_date)])
        later = np.minimum(np.arange(len(by_date)) + self.limits.max_days, len(by_date))
        # Whatever is on the dates before or after one, which the kernels look at first.
        return int(min(2 * (sums[later] - sums[:-1]).max(), len(self.dates)))

    def scan(self, places: Integers, screen: Screen, found: Any) -> float:  # noqa: ANN401
        """Scan with some places of the cases; see `scan_last`."""
        kernel = scan_last if self.is_prospective else scan_any
        used = self.in_windows
        if self.is_once:
            used = used[first_of_each(places[used], self.dates[used])]
        return float(
            kernel(
                self.circles,
                self.calendar,
                self.limits,
                screen,
                places[used],
                self.dates[used],
                found,
            )
        )


def make_zones(
    places: Integers,
    dates: Integers,
    strata: Integers,
    *,
    circles: Circles,
    max_days: int,
    min_cases: int,
    min_dates: int,
    is_prospective: bool,
    is_once: bool = False,
) -> RecentZones:
    """Sort the cases, and work out what is expected.

    Parameters
    ----------
    places, dates : array of int64
        Place and date of each case, each counted from 0.
    strata : array of int64
        Stratum of each date, also of those without a case, counted from 0.
    circles : Circles
        The circles of places.
    max_days, min_cases, min_dates : int
        Longest window, and how many cases and different dates it must have.
    is_prospective : bool
        Whether windows end on the last date.
    is_once : bool
        Whether cases of one place count once if they come to lie on one date.
    """
    n_dates, n_strata = len(strata), int(strata.max()) + 1
    own = strata[dates]
    order = np.lexsort([places, -dates, own])
    places, dates, own = places[order], dates[order], own[order]
    bounds = np.searchsorted(own, np.arange(n_strata + 1))
    earliest = n_dates - max_days if is_prospective else 0
    n_dealt = np.bincount(own[dates >= earliest], minlength=n_strata)
    # Only strata with a date in some window are counted place by place.
    wanted, column = np.unique(strata[earliest:], return_inverse=True)
    margins = np.zeros((len(circles.starts) - 1, len(wanted)), dtype=np.int64)
    at = np.searchsorted(wanted, own)
    is_wanted = np.isin(own, wanted)
    np.add.at(margins, (places[is_wanted], at[is_wanted]), 1)
    n_own = np.bincount(own, minlength=n_strata)[strata]
    shares = np.bincount(dates, minlength=n_dates) / np.maximum(n_own, 1)
    columns = np.full(n_dates, -1, dtype=np.int64)
    columns[earliest:] = column
    calendar = Calendar(shares, columns, margins, len(places))
    limits = Limits(max_days, min_cases, min_dates)
    return RecentZones(
        circles, calendar, limits, is_prospective, places, dates, bounds, n_dealt, is_once
    )


def first_of_each(places: Integers, dates: Integers) -> Integers:
    """Give the positions of the first case of each place and date."""
    key = places * (int(dates.max(initial=0)) + 1) + dates
    return np.asarray(np.sort(np.unique(key, return_index=True)[1]))


def observed_circles(zones: RecentZones) -> Any:  # noqa: ANN401 (a structured array)
    """Give the best circle and window of each centre, as an array of `BEST`; ratio 0 if none is."""
    found = np.zeros(len(zones.circles.starts) - 1, dtype=BEST)
    zones.scan(zones.places, make_screen(zones, 0.0), found)
    return found


def make_screen(zones: RecentZones, threshold: float) -> Screen:
    """Work out what counts must be to reach a ratio of at least `threshold`."""
    circles, calendar, limits = zones.circles, zones.calendar, zones.limits
    reach = largest_expected(threshold, zones.most(), calendar.total)
    together = int(np.clip(len(circles.places) // len(circles.starts) // _SHARE, *_TOGETHER))
    n_of_centre = -(-np.diff(circles.starts) // together)
    if not zones.is_prospective:
        n_of_centre[:] = 0
    of_centre = np.concatenate([[0], np.cumsum(n_of_centre)])
    within = np.arange(of_centre[-1]) - np.repeat(of_centre[:-1], n_of_centre)
    starts = np.repeat(circles.starts[:-1], n_of_centre) + within * together
    starts = np.append(starts, circles.starts[-1])
    bits = 16 if int(zones.n_dealt.sum()) < _NARROW else 32
    n_words = -(-limits.max_days * bits // 64)
    n_blocks = len(starts) - 1
    margins = np.zeros((n_blocks, calendar.margins.shape[1]), dtype=np.int32)
    needed = np.zeros((n_blocks, n_words), dtype=np.uint64)
    screen = Screen(reach, starts, of_centre, margins, needed, bits)
    fill_screen(circles, calendar, limits, screen)
    return screen


class Replicates:
    """Largest ratios with the dates dealt out again, exact whatever was learned before.

    Parameters
    ----------
    zones : RecentZones
        The circles and cases.
    """

    def __init__(self, zones: RecentZones) -> None:
        self._zones = zones
        self._screens = [(0.0, make_screen(zones, 0.0))]

    def maximum(self, seed: int) -> float:
        """Give the largest ratio of one replicate. Safe to call from several threads."""
        zones = self._zones
        places = zones.places.copy()
        deal(places, zones.bounds, zones.n_dealt, seed)
        nothing = np.zeros(0, dtype=BEST)
        for threshold, screen in self._screens:
            largest = zones.scan(places, screen, nothing)
            if largest >= threshold:
                break
            # Nothing passed that is sure to be the largest: look further down.
        return largest

    def learn(self, maxima: Floats) -> None:
        """Look first only at what reaches the smallest maximum so far."""
        least = float(np.min(maxima))
        thresholds = [each for each in (least, least - _BELOW) if each > 0]
        screens = [(each, make_screen(self._zones, each)) for each in thresholds]
        self._screens = [*screens, self._screens[-1]]
