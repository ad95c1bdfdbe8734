"""One call of each episode, drawn by random marks: what weeks and dates have in common.

Of calls near each other in place and time one is kept, whichever has the smallest mark. Where much
is going on that also drops calls that have nothing to do with each other, and most of them at the
busiest times; so the quieter times of such a place are thinned by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np

if TYPE_CHECKING:
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_NEARLY_ALL: Final = 0.9
# Where fewer others than this are to be expected the calls to an episode are counted, if there are
# so many calls.
_ALONE: Final = 0.05
_FEWEST_ALONE: Final = 100


def keep_smallest(xy: Floats, moments: Floats, marks: Floats, radius: float, apart: float) -> Flags:
    """Say which calls have the smallest mark of all within reach (Matérn's second thinning).

    Parameters
    ----------
    xy : array (n, 2)
        Easting and northing of the calls, metres.
    moments : array of float
        When each was.
    marks : array of float
        No two the same.
    radius, apart : float
        Calls are within reach that are at most so many metres and so long apart; above 0.
    """
    boxes = np.floor(np.column_stack([xy / radius, moments / apart])).astype(np.int64)
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
        moments[order],
        marks[order],
        known,
        starts,
        ends,
        np.array([spans[1] * spans[2], spans[2], 1]),
        radius,
        apart,
    )
    return found


@numba.njit(cache=True, nogil=True)
def _smallest_of_order(
    box: Any,  # noqa: ANN401
    x: Any,  # noqa: ANN401
    y: Any,  # noqa: ANN401
    moments: Any,  # noqa: ANN401
    marks: Any,  # noqa: ANN401
    known: Any,  # noqa: ANN401
    starts: Any,  # noqa: ANN401
    ends: Any,  # noqa: ANN401
    strides: Any,  # noqa: ANN401
    radius: float,
    apart: float,
) -> Any:  # noqa: ANN401
    """Say which calls have the smallest mark; they are sorted by box, and in it by mark.

    A box is as wide and as long as the reach. As the smallest marks come first, a call of which
    many are near is decided at once.
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
                if gap <= radius**2 and abs(moments[other] - moments[at]) <= apart + 1e-9:
                    found[at] = False
                    break
            if not found[at]:
                break
    return found


def episodes_to_a_call(is_kept: Flags, others: Floats) -> float:
    """Give the share of calls that are kept where hardly any others are to be expected.

    Parameters
    ----------
    is_kept : array of bool
        From `keep_smallest`.
    others : array of float
        How many others are to be expected within reach of each call.
    """
    is_alone = others < _ALONE
    return float(is_kept[is_alone].mean()) if is_alone.sum() >= _FEWEST_ALONE else 1.0


def keep_equal(expected: Floats, most: Floats, draws: Floats) -> Flags:
    """Say which of the kept calls stay, so that all times of a place keep the same share.

    Parameters
    ----------
    expected, most : array of float
        Others to be expected within reach of each kept call, at its own time and at the time of
        that place at which there are most.
    draws : array of float
        Random numbers, 0–1.

    Notes
    -----
    Of independent calls with Λ others to be expected the share r = (1 − exp(−Λ))/Λ is kept. What is
    kept stays with probability r(most)/r(expected). Where 90 % are kept at any time all of it does.
    """
    least = _share_kept(most)
    return np.asarray((least > _NEARLY_ALL) | (draws < least / _share_kept(expected)))


def _share_kept(others: Floats) -> Floats:
    """Give the share of calls that are kept, by how many others are to be expected within reach."""
    some = np.maximum(others, 1e-12)
    return np.asarray(-np.expm1(-some) / some)
