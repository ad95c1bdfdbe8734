"""Pairs of events that are near each other, and how many days apart they are.

Who is near whom does not change when dates are dealt out again: pairs are listed once, by a grid
whose cells are as wide as the largest distance, and only the days between them are counted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

from hotspots.errors import InputError

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Small = np.ndarray[Any, np.dtype[np.int32]]
    Columns = np.ndarray[Any, np.dtype[np.uint8]]

MOST_PAIRS: Final = 400_000_000
"""Pairs that are listed at most: at five bytes each they take 2 GB."""

MOST_BINS: Final = 30
"""Edges at most: the kind of a pair is written in a byte."""

_BLOCK: Final = 4096
# Cells a little wider than the largest distance, so that rounding puts no pair two cells apart.
_WIDER: Final = 1 + 1e-9


class Pairs(NamedTuple):
    """Pairs of events, each listed with the first of the two.

    Parameters
    ----------
    starts : array of int64 (n + 1,)
        Where the pairs of each event begin in `others`.
    others : array of uint32 (n_pairs,)
        The second event of each pair.
    kinds : array of uint8 (n_pairs,)
        Which row of counts it belongs to: its bin of distance; more by `n_bins` if it is not of
        one caller, and by twice as many if not of one period.
    n_bins : int
        Bins of distance.
    """

    starts: Integers
    others: np.ndarray[Any, np.dtype[np.uint32]]
    kinds: np.ndarray[Any, np.dtype[np.uint8]]
    n_bins: int


def order_events(xy: Floats, minutes: Small, persons: Small, farthest: float) -> Integers:
    """Give the one order of events that serves listing and does not depend on that of the rows.

    Parameters
    ----------
    xy : array of float64 (n, 2)
        Easting and northing, metres.
    minutes : array of int32
        Minutes since the first event.
    persons : array of int32
        Number of the caller; −1 if not known.
    farthest : float
        Largest distance, metres; may be infinite.
    """
    keys, _ = _cells(xy, farthest)
    return np.asarray(np.lexsort((persons, minutes, xy[:, 1], xy[:, 0], keys)))


def _cells(xy: Floats, farthest: float) -> tuple[Integers, int]:
    """Give the cell of each point, numbered row by row, and how many there are in a row."""
    cell = np.floor((xy - xy.min(axis=0)) / (farthest * _WIDER)).astype(np.int64)
    # An empty column on each side keeps the ends of rows apart.
    width = int(cell[:, 0].max()) + 3
    return (cell[:, 1] + 1) * width + cell[:, 0] + 1, width


def list_pairs(
    xy: Floats,
    persons: Small,
    periods: Integers,
    edges: Floats,
    *,
    is_manhattan: bool,
) -> Pairs:
    """List the pairs of events within the largest distance.

    Parameters
    ----------
    xy : array of float64 (n, 2)
        Easting and northing in the order of `order_events`, metres.
    persons : array of int32
        Number of the caller; −1 if not known.
    periods : array of int64
        Number of the period within which dates are dealt out.
    edges : array of float64
        Edges of the bins of distance, metres, increasing: [from, to). At most `MOST_BINS` bins.
    is_manhattan : bool
        Whether distance is the sum of the differences in easting and northing.

    Raises
    ------
    InputError
        If there are more than `MOST_PAIRS`.
    """
    keys, width = _cells(xy, edges[-1])
    # Of the cell itself and the next what comes later; of the row above, three cells in a run.
    ranges = np.column_stack(
        [
            np.arange(1, len(keys) + 1),
            np.searchsorted(keys, keys + 1, side="right"),
            np.searchsorted(keys, keys + width - 1, side="left"),
            np.searchsorted(keys, keys + width + 1, side="right"),
        ]
    )
    given = (xy, persons, periods, ranges, edges, is_manhattan)
    starts = np.zeros(len(xy) + 1, dtype=np.int64)
    others, kinds = np.empty(0, dtype=np.uint32), np.empty(0, dtype=np.uint8)
    _list(*given, starts, others, kinds)
    np.cumsum(starts, out=starts)
    n_pairs = int(starts[-1])
    if n_pairs > MOST_PAIRS:
        msg = (
            f"There are {n_pairs:,} pairs of events less than {edges[-1]:g} m apart. Must be at "
            f"most {MOST_PAIRS:,}, which take {5 * MOST_PAIRS / 1e9:.0f} GB. Use a smaller largest "
            "distance in space, or one borough at a time."
        )
        raise InputError(msg)
    others, kinds = np.empty(n_pairs, dtype=np.uint32), np.empty(n_pairs, dtype=np.uint8)
    _list(*given, starts, others, kinds)
    return Pairs(starts, others, kinds, len(edges) - 1)


@numba.njit(cache=True, nogil=True)
def _distance(xy: Any, one: int, other: int, is_manhattan: bool) -> float:  # noqa: ANN401, FBT001
    east, north = abs(xy[one, 0] - xy[other, 0]), abs(xy[one, 1] - xy[other, 1])
    return float(east + north if is_manhattan else np.sqrt(east * east + north * north))


@numba.njit(cache=True, nogil=True)
def _list(
    xy: Any,  # noqa: ANN401
    persons: Any,  # noqa: ANN401
    periods: Any,  # noqa: ANN401
    ranges: Any,  # noqa: ANN401
    edges: Any,  # noqa: ANN401
    is_manhattan: bool,  # noqa: FBT001
    starts: Any,  # noqa: ANN401
    others: Any,  # noqa: ANN401
    kinds: Any,  # noqa: ANN401
) -> None:
    """Write the pairs of each event down; count them, a place further on, if there is no room."""
    is_counting = len(others) == 0
    first, last, n_bins = edges[0], edges[-1], len(edges) - 1
    for one in range(len(xy)):
        at = starts[one]
        for side in (0, 2):
            for other in range(ranges[one, side], ranges[one, side + 1]):
                apart = _distance(xy, one, other, is_manhattan)
                if not first <= apart < last:
                    continue
                if is_counting:
                    starts[one + 1] += 1
                    continue
                kind = 0
                while apart >= edges[kind + 1]:
                    kind += 1
                if persons[one] < 0 or persons[one] != persons[other]:
                    kind += n_bins
                if periods[one] != periods[other]:
                    kind += 2 * n_bins
                others[at] = other
                kinds[at] = kind
                at += 1


def columns_of_days(minutes: Small, edges: Integers, merged: int) -> Columns:
    """Tabulate the column of counts by the minutes between two events.

    Parameters
    ----------
    minutes : array of int32
        Moment of each event, minutes from 0.
    edges : array of int64
        Edges of the bins of time, minutes, increasing: [from, to).
    merged : int
        Minutes up to which two events are not compared; below 0 for none.

    Returns
    -------
    array of uint8 (minutes,)
        Bins come first, then a column of those not compared, then one of all others. All longer
        times are as the last one.
    """
    n_bins = len(edges) - 1
    times = np.arange(min(max(int(edges[-1]), merged + 1), int(minutes.max()) + 1) + 1)
    bins = np.searchsorted(edges, times, side="right") - 1
    bins[(bins < 0) | (bins >= n_bins)] = n_bins + 1
    bins[-1] = n_bins + 1  # after the last bin or the last event
    return np.where(times <= merged, n_bins, bins).astype(np.uint8)


def count_days(pairs: Pairs, minutes: Small, columns: Columns) -> Integers:
    """Count pairs by kind and by the time between the two.

    Parameters
    ----------
    pairs : Pairs
        As listed.
    minutes : array of int32
        Moment of each event, minutes.
    columns : array of uint8 (minutes,)
        From `columns_of_days`.

    Returns
    -------
    array of int64 (2, 2, n_bins, n_bins of time + 1)
        Of one period and of two; of one caller and of others or unknown ones; by distance and
        time. The last column has the pairs that are not compared, which are in no other.
    """
    n_columns = int(columns.max()) + 1
    counts = np.zeros((4 * pairs.n_bins, n_columns), dtype=np.int64)
    _count_days(pairs.starts, pairs.others, pairs.kinds, minutes, columns, counts)
    return counts.reshape(2, 2, pairs.n_bins, n_columns)[..., :-1]


@numba.njit(cache=True, nogil=True)
def _count_days(
    starts: Any,  # noqa: ANN401
    others: Any,  # noqa: ANN401
    kinds: Any,  # noqa: ANN401
    minutes: Any,  # noqa: ANN401
    columns: Any,  # noqa: ANN401
    counts: Any,  # noqa: ANN401
) -> None:
    # Most pairs are too long apart. What is not is noted without a branch, for the processor would
    # often guess wrong, and counted when there is a block of it.
    end = np.int32(len(columns) - 1)
    noted_kinds, noted = np.empty(_BLOCK, dtype=np.uint8), np.empty(_BLOCK, dtype=np.uint32)
    n = np.uint32(0)
    for one in range(len(minutes)):
        moment = minutes[one]
        for at in range(starts[one], starts[one + 1]):
            apart = abs(minutes[others[at]] - moment)
            noted_kinds[n], noted[n] = kinds[at], apart
            n += np.uint32(apart < end)
            if n == _BLOCK:
                _add(noted_kinds, noted, n, columns, counts)
                n = np.uint32(0)
    _add(noted_kinds, noted, n, columns, counts)


@numba.njit(cache=True, nogil=True)
def _add(kinds: Any, apart: Any, n: Any, columns: Any, counts: Any) -> None:  # noqa: ANN401
    for at in range(n):
        counts[kinds[at], columns[apart[at]]] += 1


def share_of_days(minutes: Small, edges: Integers, merged: int) -> Floats:
    """Give the share of all pairs in each bin of time, by how far apart the two are in it alone.

    Parameters
    ----------
    minutes : array of int32
        Moment of each event, minutes.
    edges : array of int64
        Edges of the bins, minutes.
    merged : int
        Pairs up to so many minutes apart are passed over; below 0 for none.

    Returns
    -------
    array of float64
        A share for each bin; 0 where no pairs are left.
    """
    moments = np.sort(minutes.astype(np.int64))
    later = np.arange(1, len(moments) + 1)

    def n_within(end: int) -> int:
        return int((np.searchsorted(moments, moments + max(end, 0)) - later).clip(0).sum())

    n_merged = n_within(merged + 1)
    n_pairs = len(moments) * (len(moments) - 1) // 2 - n_merged
    bounds = [max(n_within(int(edge)), n_merged) for edge in edges]
    return np.asarray(np.diff(bounds) / max(n_pairs, 1))
