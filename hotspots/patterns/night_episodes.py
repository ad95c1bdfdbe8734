"""One call of each episode of a night, drawn so that no date loses more calls than another.

As `week_episodes`, for nights instead of hours of the week: calls near each other in one night are
one episode, and the quieter dates of a dense place are thinned by as much as its busiest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from hotspots.patterns.drawn_episodes import episodes_to_a_call, keep_equal, keep_smallest

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]


def draw_nights(
    xy: Floats,
    dates: Integers,
    strata: Integers,
    radius: float,
    chance: np.random.Generator,
) -> Integers:
    """Draw one call of each episode.

    Parameters
    ----------
    xy : array (n, 2)
        Easting and northing of the calls, metres.
    dates : array of int64
        Night of each, counted from 0.
    strata : array of int64
        Stratum of each date, within which dates are compared, counted from 0.
    radius : float
        Metres within which calls of a night belong together, above 0.
    chance : Generator
        Draws the marks. Calls of one place and night may be exchanged; else their order matters.

    Returns
    -------
    array of int64
        Positions of the calls that were drawn, in increasing order.

    Notes
    -----
    A call is kept if none of its night within the radius has a smaller mark. The number of others
    to be expected there is that of the calls within the radius on other dates of the stratum, times
    the share of the stratum's calls that fall on the date; it is divided by the calls to an
    episode, as they are where no others are to be expected. What is kept is thinned so that all
    dates of a stratum keep the same share (`keep_equal`).
    """
    marks, draws = chance.random((2, len(xy)))
    is_kept = keep_smallest(xy, dates.astype(float), marks, radius, 0.5)
    by_date = np.bincount(dates, minlength=len(strata))
    shares = by_date / np.maximum(np.bincount(strata, weights=by_date), 1)[strata]
    largest = np.zeros(int(strata.max()) + 1)
    np.maximum.at(largest, strata, shares)
    own, share = strata[dates], shares[dates]
    # Of the night itself nothing is taken, so that a burst does not count as what is usual.
    others = _count_near(xy, own, radius) - _count_near(xy, dates, radius)
    ever = others / np.maximum(1 - share, 1e-9)
    usual = np.bincount(strata, weights=shares**2)[own]
    ever = ever * episodes_to_a_call(is_kept, ever * usual)
    kept = np.flatnonzero(is_kept)
    stays = keep_equal((ever * share)[kept], (ever * largest[own])[kept], draws[kept])
    return np.asarray(kept[stays])


def _count_near(xy: Floats, groups: Integers, radius: float) -> Integers:
    """Count the calls within a radius of each that are of the same group."""
    # Groups are laid apart, so that a circle meets one of them.
    placed = np.column_stack([xy, groups * (3.0 * radius)])
    tree = cKDTree(placed)
    return np.asarray(tree.query_ball_point(placed, radius, return_length=True), dtype=np.int64)
