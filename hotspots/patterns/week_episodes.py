"""One call of each episode, drawn so that no hour of the week loses more calls than another.

Of calls near each other in place and time one is kept, whichever draws the smallest of random
marks. Where much is going on that also drops calls that have nothing to do with each other, and
most of them at the busiest hours; so the quieter hours of such a place are thinned by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from hotspots.patterns.week_windows import HOURS

if TYPE_CHECKING:
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

APART_HOURS: Final = 3
"""Calls that are near each other and at most so many hours apart are one episode."""

_NEARLY_ALL: Final = 0.9
# Where fewer others than this are to be expected the calls to an episode are counted, if there are
# so many calls.
_ALONE: Final = 0.05
_FEWEST_ALONE: Final = 100
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
    is_kept = _is_smallest(xy, passed, marks, radius)
    kept = np.flatnonzero(is_kept)
    reach = _reach(strata, hours, passed)
    # Weeks begin where hours of the week do, by the clock; they are laid apart, so that a circle
    # meets one of them.
    week = np.round((passed - hours) / HOURS)
    placed = np.column_stack([xy, week * (3.0 * radius)])
    n_weeks = len(np.unique(week))
    n_ever = np.asarray(cKDTree(xy).query_ball_point(xy, radius, return_length=True))
    is_alone = n_ever / n_weeks * reach.max() < _ALONE
    episodes = is_kept[is_alone].mean() if is_alone.sum() >= _FEWEST_ALONE else 1.0
    tree = cKDTree(placed)
    stays = np.ones(len(kept), dtype=bool)
    for first in range(0, len(kept), _CHUNK):
        at = kept[first : first + _CHUNK]
        others = _count_by_stratum(tree, placed[at], radius, strata, len(reach)) * episodes
        own = (np.arange(len(at)), strata[at])
        others[own] = np.maximum(others[own] - 1, 0)
        expected = others @ reach
        most = _share_kept(expected.max(axis=1))
        here = _share_kept(expected[np.arange(len(at)), hours[at]])
        stays[first : first + _CHUNK] = (most > _NEARLY_ALL) | (draws[at] < most / here)
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


def _is_smallest(xy: Floats, passed: Floats, marks: Floats, radius: float) -> Flags:
    """Say which calls have the smallest mark of all within reach."""
    boxes = np.floor(np.column_stack([xy / radius, passed / APART_HOURS])).astype(np.int64)
    # A box more on either side, so that none beside the edge is one of another row.
    boxes -= boxes.min(axis=0) - 1
    spans = boxes.max(axis=0) + 2
    box = (boxes[:, 0] * spans[1] + boxes[:, 1]) * spans[2] + boxes[:, 2]
    order = np.lexsort([marks, box])
    known, starts = np.unique(box[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    found = np.empty(len(order), dtype=bool)
    found[order] = _smallest_of_order(
        box[order],
        xy[order, 0],
        xy[order, 1],
        passed[order],
        marks[order],
        known,
        starts,
        ends,
        np.array([spans[1] * spans[2], spans[2], 1]),
        radius,
    )
    return found


@numba.njit(cache=True, nogil=True)
def _smallest_of_order(
    box: Any,  # noqa: ANN401
    x: Any,  # noqa: ANN401
    y: Any,  # noqa: ANN401
    passed: Any,  # noqa: ANN401
    marks: Any,  # noqa: ANN401
    known: Any,  # noqa: ANN401
    starts: Any,  # noqa: ANN401
    ends: Any,  # noqa: ANN401
    strides: Any,  # noqa: ANN401
    radius: float,
) -> Any:  # noqa: ANN401
    """Say which calls have the smallest mark; they are sorted by box, and in it by mark.

    A box has the side of the radius and three hours. As the smallest marks come first, a call of
    which many are near is decided at once.
    """
    found = np.ones(len(box), dtype=np.bool_)
    for at in range(len(box)):
        for step in range(27):
            beside = (
                box[at]
                + (step // 9 - 1) * strides[0]
                + (step // 3 % 3 - 1) * strides[1]
                + (step % 3 - 1) * strides[2]
            )
            number = np.searchsorted(known, beside)
            if number == len(known) or known[number] != beside:
                continue
            for other in range(starts[number], ends[number]):
                if marks[other] >= marks[at]:
                    break
                gap = (x[other] - x[at]) ** 2 + (y[other] - y[at]) ** 2
                # A hair more, so that three hours are three hours in binary numbers too.
                if gap <= radius**2 and abs(passed[other] - passed[at]) <= APART_HOURS + 1e-9:
                    found[at] = False
                    break
            if not found[at]:
                break
    return found


def _share_kept(others: Floats) -> Floats:
    """Give the share of calls that are kept, by how many others are to be expected within reach."""
    some = np.maximum(others, 1e-12)
    return np.asarray(-np.expm1(-some) / some)
