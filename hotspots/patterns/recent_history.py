"""How large the largest ratio was on earlier dates of the same data, as if each had been the last.

Good and bad weeks of single places are part of it, which dealing dates out again takes away.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from hotspots.patterns.recent_windows import BEST
from hotspots.patterns.recent_zones import make_screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotspots.patterns.recent_zones import RecentZones

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]


def earlier_dates(n_dates: int, max_days: int) -> Integers:
    """Give the dates, earliest first, on which windows end that do not meet: every `max_days`."""
    return np.arange(n_dates - 1 - max_days, max_days - 2, -max_days)[::-1]


def largest_on(
    ends: Integers,
    zones_of: Callable[[Integers, Integers], RecentZones],
    dates: Integers,
    strata: Integers,
    threads: int | None,
) -> Floats:
    """Give the largest ratio of windows that end on each of some dates.

    Parameters
    ----------
    ends : array of int64
        The dates, counted from 0, none before the end of the first window.
    zones_of : callable
        Makes zones from dates of cases and strata of dates, whose windows end on the last date.
    dates, strata : arrays of int64
        Date of each case, and stratum of each date.
    threads : int, optional
        Dates at the same time.

    Notes
    -----
    The calendar is turned until the date is the last one: what is expected rests on the whole
    period, as it does for the last date.
    """

    def largest(end: int) -> float:
        turn = len(strata) - 1 - end
        zones = zones_of((dates + turn) % len(strata), np.roll(strata, turn))
        return zones.scan(zones.places, make_screen(zones, 0.0), np.zeros(0, dtype=BEST))

    with ThreadPoolExecutor(max_workers=threads or os.cpu_count()) as pool:
        return np.array(list(pool.map(largest, ends.tolist())), dtype=float)
