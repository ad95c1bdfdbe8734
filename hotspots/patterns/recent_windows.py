"""Likelihood ratios over circles and runs of dates: the kernels under the scan for what is recent.

A circle grows place by place, and of its windows only those are looked at in which a case was added
that begin and end on a date with a case: any other has as many cases as one that expects no more.
Nearly all of these are only compared with the largest expected number that could matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    from hotspots.patterns.recent_circles import Circles

    Floats = np.ndarray[Any, np.dtype[np.float64]]

BEST: Final = np.dtype(
    [
        ("ratio", "f8"),
        ("expected", "f8"),
        ("count", "i8"),
        ("n_places", "i8"),
        ("first", "i8"),
        ("last", "i8"),
    ]
)
"""The best circle and window of a centre; dates are counted from 0, `last` is the last inside."""

# More than rounding can move an expected number.
_SLACK: Final = 1 + 1e-9
_HALVINGS: Final = 60


class Calendar(NamedTuple):
    """What is the same in every replicate of each date, and how many cases a place has."""

    shares: Any
    """Share of its stratum's cases that fell on each date (float64)."""
    strata: Any
    """Column of `margins` for the stratum of each date (int64)."""
    margins: Any
    """Cases of each place in each stratum that matters (int64, n_places × n_strata)."""
    total: int
    """Cases in all."""


class Screen(NamedTuple):
    """What a count must reach to matter: in any circle, and in those that end in a block of places.

    Counts of several windows stand side by side in one word, so that a step adds and compares all
    of them.
    """

    reach: Any
    """Largest expected number of each count that could matter (float64)."""
    starts: Any
    """Where blocks begin in the places of the circles, and last their number (int64)."""
    of_centre: Any
    """Where the blocks of each centre begin, and last their number (int64)."""
    margins: Any
    """Cases of each stratum before each block (int32, n_blocks × n_strata)."""
    needed: Any
    """What is added to the counts of a block: the highest bit is then set if they matter (uint64,
    n_blocks × n_words)."""
    bits: int
    """Bits of a count."""


class Limits(NamedTuple):
    """What a window must have."""

    max_days: int
    min_cases: int
    min_dates: int


@numba.njit(cache=True, nogil=True)
def log_likelihood_ratio(count: float, expected: float, total: float) -> float:
    """Give the log-likelihood ratio of a count above its expectation; 0 if it is not.

    Parameters
    ----------
    count, expected : float
        Cases inside, and how many are expected there.
    total : float
        Cases in all.

    Notes
    -----
    c log(c/μ) + (C − c) log((C − c)/(C − μ)), the Poisson ratio given the total (Kulldorff et al.
    2005).
    """
    if count <= expected:
        return 0.0
    inside = count * np.log(count / expected)
    outside = (total - count) * np.log((total - count) / (total - expected)) if count < total else 0
    return float(inside + outside)


def largest_expected(threshold: float, most: int, total: int) -> Floats:
    """Tabulate the largest expected number with which a count reaches a threshold.

    Parameters
    ----------
    threshold : float
        A log-likelihood ratio, at least 0.
    most : int
        Largest count.
    total : int
        Cases in all, at least `most`.

    Returns
    -------
    array of float, shape (most + 1,)
        By count; never too small. Below 0 if the count cannot reach the threshold.
    """
    counts = np.arange(most + 1, dtype=float)
    low, high = np.zeros(most + 1), counts.copy()
    outside = total - counts
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = counts * np.log(counts / middle)
            rest = np.where(outside > 0, outside * np.log(outside / (total - middle)), 0.0)
        reaches = inside + rest >= threshold
        low, high = np.where(reaches, middle, low), np.where(reaches, high, middle)
    largest = high * _SLACK
    largest[0] = -1.0
    return largest


@numba.njit(cache=True, nogil=True)
def fill_screen(
    circles: Circles,
    calendar: Calendar,
    limits: Limits,
    screen: Screen,
) -> None:
    """Fill `margins` and `needed` of a screen for windows that end on the last date."""
    newest, lanes = len(calendar.shares) - 1, 64 // screen.bits
    highest = 1 << (screen.bits - 1)
    own = np.zeros(calendar.margins.shape[1], dtype=np.int64)
    screen.needed[:] = 0
    for centre in range(len(circles.starts) - 1):
        own[:] = 0
        for block in range(screen.of_centre[centre], screen.of_centre[centre + 1]):
            screen.margins[block] = own
            begin = screen.starts[block]
            for at in range(begin, screen.starts[block + 1]):
                own += calendar.margins[circles.places[at]]
                if at > begin:
                    continue
                # A circle that ends in the block expects at least as many as one of its first.
                expected = 0.0
                for day in range(limits.max_days):
                    date = newest - day
                    expected += own[calendar.strata[date]] * calendar.shares[date]
                    least = min(
                        max(int(np.searchsorted(screen.reach, expected)), limits.min_cases), highest
                    )
                    shift = np.uint64(day % lanes * screen.bits)
                    screen.needed[block, day // lanes] |= np.uint64(highest - least) << shift


@numba.njit(cache=True, nogil=True)
def deal(places: Any, bounds: Any, n_dealt: Any, seed: int) -> None:  # noqa: ANN401
    """Deal places out again within each stratum, as far as they are needed.

    Of stratum s, `places[bounds[s]:bounds[s + 1]]`, the first `n_dealt[s]` are drawn from all of
    them without replacement. The same seed gives the same places in any thread.
    """
    # Numba's own generator: one a thread, which this sets to a known state.
    np.random.seed(seed)  # noqa: NPY002
    for stratum in range(len(n_dealt)):
        for k in range(bounds[stratum], bounds[stratum] + n_dealt[stratum]):
            other = k + np.random.randint(bounds[stratum + 1] - k)  # noqa: NPY002
            places[k], places[other] = places[other], places[k]


@numba.njit(cache=True, nogil=True)
def _note(
    found: Any,  # noqa: ANN401
    centre: int,
    ratio: float,
    expected: float,
    count: int,
    n_places: int,
    first: int,
    last: int,
) -> None:
    best = found[centre]
    best.ratio, best.expected, best.count = ratio, expected, count
    best.n_places, best.first, best.last = n_places, first, last


@numba.njit(cache=True, nogil=True)
def scan_last(  # noqa: C901, PLR0912 (one pass over all circles)
    circles: Circles,
    calendar: Calendar,
    limits: Limits,
    screen: Screen,
    places: Any,  # noqa: ANN401
    dates: Any,  # noqa: ANN401
    found: Any,  # noqa: ANN401
) -> float:
    """Give the largest ratio of all circles and windows that end on the last date.

    Parameters
    ----------
    circles, calendar, limits
        What is scanned.
    screen : Screen
        What a count must reach to matter.
    places, dates : arrays of int64
        The cases on the last `max_days` dates.
    found : array of `BEST`
        One entry a centre, brought up to date; or empty if that is not wanted.
    """
    n_days, n_strata = limits.max_days, calendar.margins.shape[1]
    newest = len(calendar.shares) - 1
    n_words, lanes = screen.needed.shape[1], 64 // screen.bits
    packed = np.zeros((n_words, len(calendar.margins)), dtype=np.uint64)
    for k in range(len(places)):
        for day in range(newest - dates[k], n_days):
            packed[day // lanes, places[k]] += np.uint64(1) << np.uint64(day % lanes * screen.bits)
    lane, tops = (np.uint64(1) << np.uint64(screen.bits)) - np.uint64(1), np.uint64(0)
    for k in range(lanes):
        tops |= np.uint64(1) << np.uint64(k * screen.bits + screen.bits - 1)
    best = 0.0
    own = np.zeros(n_strata, dtype=np.int64)
    sums, before = np.zeros(n_words, dtype=np.uint64), np.zeros(n_words, dtype=np.uint64)
    for centre in range(len(circles.starts) - 1):
        sums[:] = 0
        top = 0.0
        for block in range(screen.of_centre[centre], screen.of_centre[centre + 1]):
            begin = screen.starts[block]
            near = circles.places[begin : screen.starts[block + 1]]
            matters = np.uint64(0)
            for word in range(n_words):
                before[word] = sums[word]
                column, more = packed[word], np.uint64(0)
                for place in near:
                    more += column[place]
                sums[word] += more
                matters |= (sums[word] + screen.needed[block, word]) & tops
            if matters == 0:
                continue
            own[:] = screen.margins[block]
            # A case of the block before may belong to a circle that ends here.
            is_new = True
            for k, place in enumerate(near):
                for stratum in range(n_strata):
                    own[stratum] += calendar.margins[place, stratum]
                for word in range(n_words):
                    is_new |= packed[word, place] > 0
                    before[word] += packed[word, place]
                if not (is_new and circles.is_end[begin + k]):
                    continue
                is_new = False
                earlier, n_dates, expected = 0, 0, 0.0
                for day in range(n_days):
                    date = newest - day
                    expected += own[calendar.strata[date]] * calendar.shares[date]
                    shift = np.uint64(day % lanes * screen.bits)
                    count = int((before[day // lanes] >> shift) & lane)
                    if count == earlier:
                        continue
                    earlier = count
                    n_dates += 1
                    if (
                        count < limits.min_cases
                        or n_dates < limits.min_dates
                        or expected > screen.reach[count]
                    ):
                        continue
                    ratio = log_likelihood_ratio(count, expected, calendar.total)
                    if ratio > top:
                        top = ratio
                        if len(found) > 0:
                            size = begin + k + 1 - circles.starts[centre]
                            _note(found, centre, ratio, expected, count, size, date, newest)
        best = max(best, top)
    return best


@numba.njit(cache=True, nogil=True)
def scan_any(  # noqa: C901, PLR0912, PLR0915 (one pass over all circles)
    circles: Circles,
    calendar: Calendar,
    limits: Limits,
    screen: Screen,
    places: Any,  # noqa: ANN401
    dates: Any,  # noqa: ANN401
    found: Any,  # noqa: ANN401
) -> float:
    """Give the largest ratio of all circles and windows anywhere; parameters as `scan_last`."""
    reach = screen.reach
    n_days, n_strata = limits.max_days, calendar.margins.shape[1]
    n_dates_all = len(calendar.shares)
    starts = np.zeros(len(calendar.margins) + 1, dtype=np.int64)
    for k in range(len(places)):
        starts[places[k] + 1] += 1
    starts = np.cumsum(starts)
    free, sorted_dates = starts.copy(), np.empty(len(places), dtype=np.int64)
    for k in range(len(places)):
        sorted_dates[free[places[k]]] = dates[k]
        free[places[k]] += 1
    best = 0.0
    own = np.zeros(n_strata, dtype=np.int64)
    counts = np.zeros(n_dates_all, dtype=np.int64)
    added = np.empty(len(places), dtype=np.int64)
    for centre in range(len(circles.starts) - 1):
        own[:] = 0
        counts[:] = 0
        n_added, top = 0, 0.0
        for at in range(circles.starts[centre], circles.starts[centre + 1]):
            place = circles.places[at]
            for stratum in range(n_strata):
                own[stratum] += calendar.margins[place, stratum]
            for k in range(starts[place], starts[place + 1]):
                date = sorted_dates[k]
                counts[date] += 1
                added[n_added] = date
                n_added += 1
            if not circles.is_end[at]:
                continue
            for k in range(n_added):
                date = added[k]
                earliest = max(date - n_days + 1, 0)
                most = 0
                for day in range(earliest, min(date + n_days, n_dates_all)):
                    most += counts[day]
                least = own[calendar.strata[date]] * calendar.shares[date]
                if most < limits.min_cases or least > reach[most]:
                    continue
                # Windows with this date: from each earlier start, to each later end.
                before, before_expected = 0, 0.0
                for first in range(date, earliest - 1, -1):
                    before_expected += own[calendar.strata[first]] * calendar.shares[first]
                    if before_expected > reach[most]:
                        break
                    if counts[first] == 0:
                        continue
                    before += counts[first]
                    count, expected = before, before_expected
                    for last in range(date, min(first + n_days, n_dates_all)):
                        if last > date:
                            expected += own[calendar.strata[last]] * calendar.shares[last]
                            if expected > reach[most]:
                                break
                            if counts[last] == 0:
                                continue
                            count += counts[last]
                        if count < limits.min_cases or expected > reach[count]:
                            continue
                        n_dates = 0
                        for day in range(first, last + 1):
                            n_dates += counts[day] > 0
                        if n_dates < limits.min_dates:
                            continue
                        ratio = log_likelihood_ratio(count, expected, calendar.total)
                        if ratio > top:
                            top = ratio
                            if len(found) > 0:
                                size = at + 1 - circles.starts[centre]
                                _note(found, centre, ratio, expected, count, size, first, last)
            n_added = 0
        best = max(best, top)
    return best
