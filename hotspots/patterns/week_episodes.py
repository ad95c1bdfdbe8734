"""One call of each episode, drawn so that no hour of the week loses more calls than another.

Of calls near each other in place and time one is kept, whichever draws the smallest of random
marks. Where much is going on that also drops calls that have nothing to do with each other, and
most of them at the busiest hours; so the quieter hours of such a place are thinned by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from hotspots.patterns.drawn_episodes import episodes_to_a_call, keep_equal, keep_smallest
from hotspots.patterns.week_windows import HOURS

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

APART_HOURS: Final = 3
"""Calls that are near each other and at most so many hours apart are one episode."""

_CHUNK: Final = 10_000


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
    share r = (1 − exp(−Λ))/Λ. Λ is the number of others within the radius in the same week, each
    with the share of its stratum's week that lies within three hours; the number is divided by the
    calls to an episode, as they are where no others are to be expected. What is kept stays with
    probability r(largest Λ of the week)/r(Λ), which makes the share the same in every hour.
    Where 90 % are kept in every hour of a week it is left as it is.

    References
    ----------
    Matérn, B. (1960). Spatial Variation. Meddelanden från Statens Skogsforskningsinstitut 49(5).
    """
    order = np.lexsort([passed, xy[:, 1], xy[:, 0], strata])
    marks, draws = np.empty((2, len(xy)))
    marks[order], draws[order] = chance.random((2, len(xy)))
    is_kept = keep_smallest(xy, passed, marks, radius, APART_HOURS)
    kept = np.flatnonzero(is_kept)
    reach = _reach(strata, hours, passed)
    # Weeks begin where hours of the week do, by the clock; they are laid apart, so that a circle
    # meets one of them.
    week = np.round((passed - hours) / HOURS)
    placed = np.column_stack([xy, week * (3.0 * radius)])
    n_weeks = len(np.unique(week))
    n_ever = np.asarray(cKDTree(xy).query_ball_point(xy, radius, return_length=True))
    episodes = episodes_to_a_call(is_kept, n_ever / n_weeks * reach.max())
    tree = cKDTree(placed)
    stays = np.ones(len(kept), dtype=bool)
    for first in range(0, len(kept), _CHUNK):
        at = kept[first : first + _CHUNK]
        others = _count_by_stratum(tree, placed[at], radius, strata, len(reach)) * episodes
        own = (np.arange(len(at)), strata[at])
        others[own] = np.maximum(others[own] - 1, 0)
        expected = others @ reach
        here = expected[np.arange(len(at)), hours[at]]
        stays[first : first + _CHUNK] = keep_equal(here, expected.max(axis=1), draws[at])
    return np.asarray(kept[stays])


def _reach(strata: Integers, hours: Integers, passed: Floats) -> Floats:
    """Give the share of each stratum's week that lies within reach of each of its hours."""
    # Hours that are three apart hold moments that are nearer and others that are not: half and
    # half, unless times are rounded.
    part = np.sort(passed % 1)
    at_end = np.searchsorted(part, part + 1e-9, side="right").mean() / len(part)
    share = np.zeros((int(strata.max()) + 1, HOURS))
    np.add.at(share, (strata, hours), 1.0)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
    reach = at_end * (np.roll(share, -APART_HOURS, axis=1) + np.roll(share, APART_HOURS, axis=1))
    for step in range(1 - APART_HOURS, APART_HOURS):
        reach += np.roll(share, step, axis=1)
    return np.asarray(reach)


def _count_by_stratum(
    tree: cKDTree, middles: Floats, radius: float, strata: Integers, n_strata: int
) -> Floats:
    """Count the calls within a radius of each middle by their stratum."""
    near: Any = tree.query_ball_point(middles, radius)
    sizes = np.array([len(each) for each in near])
    stratum = strata[np.concatenate([np.asarray(each, dtype=np.int64) for each in near])]
    middle = np.repeat(np.arange(len(middles)), sizes)
    counted = sparse.coo_array(
        (np.ones(len(stratum)), (middle, stratum)), shape=(len(middles), n_strata)
    )
    return np.asarray(counted.toarray())
