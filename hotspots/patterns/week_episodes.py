"""One call of each episode, drawn so that no hour of the week loses more calls than another.

Of calls near each other in place and time one is kept, whichever draws the smallest of random
marks. Where much is going on that also drops calls that have nothing to do with each other, and
most of them at the busiest hours; so the quieter hours of such a place are thinned by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.spatial import cKDTree

from hotspots.patterns.week_windows import HOURS

if TYPE_CHECKING:
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

APART_HOURS: Final = 3
"""Calls that are near each other and at most so many hours apart are one episode."""

# Chance that a moment of one hour is within three hours of one that is −3, −2 … 3 hours later.
_WITHIN: Final = (0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5)
_STEPS: Final = 400
_NEARLY_ALL: Final = 0.95


def draw_episodes(
    xy: Floats,
    passed: Floats,
    strata: Integers,
    hours: Integers,
    radius: float,
    chance: np.random.Generator,
) -> Integers:
    """Draw one call of each episode.

    Parameters
    ----------
    xy : array (n, 2)
        Easting and northing of the calls, metres.
    passed : array of float
        Hours that had passed at each since some moment.
    strata, hours : array of int64
        Stratum of each, counted from 0, and its hour of the week.
    radius : float
        Metres within which calls belong together, above 0.
    chance : Generator
        Draws the marks. The order of the calls does not matter to what is drawn.

    Returns
    -------
    array of int64
        Positions of the calls that were drawn, in increasing order.

    Notes
    -----
    A call is kept if none within the radius and three hours has a smaller mark (Matérn's second
    thinning, 1960). Of independent calls with Λ others to be expected within reach that keeps the
    share r = (1 − exp(−Λ))/Λ. Λ is the rate of the place by the share of each hour in its stratum's
    week; the rate is the one that would leave as many calls within the radius as were kept. What is
    kept stays with probability r(largest Λ of the week)/r(Λ), which makes the share the same in
    every hour. Places of which 95 % are kept in every hour are left as they are.

    References
    ----------
    Matérn, B. (1960). Spatial Variation. Meddelanden från Statens Skogsforskningsinstitut 49(5).
    """
    order = np.lexsort([passed, xy[:, 1], xy[:, 0], strata])
    marks, draws = np.empty((2, len(xy)))
    marks[order], draws[order] = chance.random((2, len(xy)))
    kept = np.flatnonzero(_is_smallest(xy, passed, marks, radius))
    # How many others there are at any time; calls at one point need no pairs for that.
    n_near, n_kept = _n_within(xy, xy[kept], radius), _n_within(xy[kept], xy[kept], radius)
    n_weeks = len(np.unique(passed // HOURS))
    stays = np.ones(len(kept), dtype=bool)
    for stratum in np.unique(strata[kept]):
        at = strata[kept] == stratum
        share = np.bincount(hours[strata == stratum], minlength=HOURS) / (strata == stratum).sum()
        chances = _chances(share, n_weeks, n_near[at], n_kept[at], hours[kept[at]])
        stays[at] = draws[kept[at]] < chances
    return np.asarray(kept[stays])


def _n_within(xy: Floats, middles: Floats, radius: float) -> Integers:
    """Count the points within a radius of each middle."""
    return np.asarray(cKDTree(xy).query_ball_point(middles, radius, return_length=True))


def _is_smallest(xy: Floats, passed: Floats, marks: Floats, radius: float) -> Flags:
    """Say which calls have the smallest mark of all within reach."""
    # Calls at one place and moment need no pairs: all but the one of the smallest mark go at once.
    order = np.lexsort([marks, passed, xy[:, 1], xy[:, 0]])
    known = np.column_stack([xy, passed])[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (known[1:] != known[:-1]).any(axis=1)
    at = order[is_first]
    scaled = np.column_stack([xy[at] / radius, passed[at] / APART_HOURS])
    pairs = at[cKDTree(scaled).query_pairs(1.0 + 1e-9, p=np.inf, output_type="ndarray")]
    near = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) <= radius
    one, other = pairs[near].T
    found = np.zeros(len(xy), dtype=bool)
    found[at] = True
    found[np.where(marks[one] > marks[other], one, other)] = False
    return found


def _chances(
    share: Floats, n_weeks: int, n_near: Integers, n_kept: Integers, hours: Integers
) -> Floats:
    """Give the chance to stay of what was kept, by what its place and hour has lost."""
    # Others within reach of each hour of the week, at a place with one call in all the weeks.
    reach = np.zeros(HOURS)
    for step, within in zip(range(-APART_HOURS, APART_HOURS + 1), _WITHIN, strict=True):
        reach += within * np.roll(share, step) / n_weeks
    rates = np.geomspace(0.5, 2 * max(int(n_near.max()), 1), _STEPS)
    left = (rates[:, None] * share * _share_kept(rates[:, None] * reach)).sum(axis=1)
    rate = np.minimum(np.interp(n_kept, left, rates), n_near)
    most = _share_kept(rate * reach.max())
    return np.where(most > _NEARLY_ALL, 1.0, most / _share_kept(rate * reach[hours]))


def _share_kept(others: Floats) -> Floats:
    """Give the share of calls that are kept, by how many others are to be expected within reach."""
    return np.asarray(-np.expm1(-others) / np.maximum(others, np.finfo(float).tiny))
