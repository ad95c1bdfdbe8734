"""Neighbours in place and in the week: the kernels under the clusters.

Points are sorted into square cells as wide as the radius, so that all neighbours of a point lie in
the nine cells round it, and within a cell by hour, so that of each cell only the hours within the
window are looked at: few of the 168.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from typing import Any

WEEK: Final = 168.0
DAY: Final = 24.0
DAYS_RULES: Final = {"cyclic": 0, "any": 1, "nights": 2}
"""How closeness in the week is judged; see `WeekDBSCAN`."""

_CYCLIC: Final = 0
_NIGHTS: Final = 2
_NO: Final = -1.0
# Friday and Saturday nights run from 06:00 to 06:00: from hour 102 to hour 150 of the week.
_WEEKEND_STARTS: Final = 4 * DAY + 6
_WEEKEND_ENDS: Final = 6 * DAY + 6
# Candidates are taken from a window that is wider by more than rounding can move an hour; then
# `hour_gap` decides.
_SLACK: Final = 1e-6
# Cells are wider than the radius by more than rounding can move a point, so that no two points at
# exactly the radius from each other lie two cells apart.
_WIDER: Final = 1 + 1e-9


@numba.njit(cache=True, nogil=True)
def _is_weekend_night(hour: float) -> bool:
    return _WEEKEND_STARTS <= hour < _WEEKEND_ENDS


@numba.njit(cache=True, nogil=True)
def hour_gap(first: float, second: float, rule: int) -> float:
    """Hours between two hours of the week by a rule; −1 if they can never be close."""
    cycle = WEEK
    if rule != _CYCLIC:
        if rule == _NIGHTS and _is_weekend_night(first) != _is_weekend_night(second):
            return _NO
        cycle = DAY
    gap = abs(first - second)
    # The remainder, as exact as `%` and several times faster.
    gap = abs(gap - cycle * float(np.floor(gap / cycle)))
    return min(gap, cycle - gap)


@numba.njit(cache=True, nogil=True)
def hours_of_cycle(hours: Any, rule: int) -> Any:  # noqa: ANN401
    """Give the hours by which the points of a cell are sorted: of the week or of the day."""
    return hours if rule == _CYCLIC else np.mod(hours, DAY)


@numba.njit(cache=True, nogil=True)
def _gap2(xy: Any, first: int, others: Any, second: int) -> float:  # noqa: ANN401
    total = 0.0
    for axis in range(xy.shape[1]):
        step = xy[first, axis] - others[second, axis]
        total += step * step
    return total


@numba.njit(cache=True, nogil=True)
def _cell_starts(keys: Any) -> Any:  # noqa: ANN401
    """Give the position at which each cell begins, and last the number of points."""
    n_cells = 0
    for i in range(len(keys)):
        if i == 0 or keys[i] != keys[i - 1]:
            n_cells += 1
    starts = np.empty(n_cells + 1, dtype=np.int64)
    n_cells = 0
    for i in range(len(keys)):
        if i == 0 or keys[i] != keys[i - 1]:
            starts[n_cells] = i
            n_cells += 1
    starts[n_cells] = len(keys)
    return starts


@numba.njit(cache=True, nogil=True)
def _ahead(height: int) -> Any:  # noqa: ANN401
    """Spans of keys that hold a cell and the four after it: each pair of cells is met once."""
    return np.array([[0, 1], [height - 1, height + 1]])


@numba.njit(cache=True, nogil=True)
def _around(height: int) -> Any:  # noqa: ANN401
    """Spans of keys that hold the nine cells round a cell."""
    return np.array([[-height - 1, -height + 1], [-1, 1], [height - 1, height + 1]])


@numba.njit(cache=True, nogil=True)
def _find_cells(
    key: int,
    spans: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    starts: Any,  # noqa: ANN401
    reached: Any,  # noqa: ANN401
    cells: Any,  # noqa: ANN401
) -> int:
    """Write where the points of the cells near a key begin and end; give how many cells.

    Keys must be asked for in ascending order: `reached` keeps where each span got to.
    """
    n_cells = len(starts) - 1
    found = 0
    for span in range(len(spans)):
        at = reached[span]
        while at < n_cells and keys[starts[at]] < key + spans[span, 0]:
            at += 1
        reached[span] = at
        while at < n_cells and keys[starts[at]] <= key + spans[span, 1]:
            cells[found, 0], cells[found, 1] = starts[at], starts[at + 1]
            found += 1
            at += 1
    return found


@numba.njit(cache=True, nogil=True)
def _first_from(hours: Any, begin: int, end: int, least: float) -> int:  # noqa: ANN401
    """Find the first position from begin to end whose hour is no less, by bisection."""
    while begin < end:
        middle = (begin + end) >> 1
        if hours[middle] < least:
            begin = middle + 1
        else:
            end = middle
    return begin


@numba.njit(cache=True, nogil=True)
def _find_runs(
    hour: float,
    window: float,
    cycle: float,
    hours: Any,  # noqa: ANN401
    cells: Any,  # noqa: ANN401
    found: int,
    runs: Any,  # noqa: ANN401
) -> int:
    """Write the runs of points of some cells within the window of an hour; give how many runs."""
    window += _SLACK
    if 2 * window >= cycle:
        runs[:found] = cells[:found]
        return found
    n_runs = 0
    # Once more a cycle earlier or later where the window reaches past the end or the beginning.
    first = -1 if hour + window >= cycle else 0
    last = 1 if hour <= window else 0
    for turn in range(first, last + 1):
        low = hour + turn * cycle - window
        high = low + 2 * window
        for cell in range(found):
            begin, end = cells[cell]
            if begin == end or hours[begin] > high or hours[end - 1] < low:
                continue
            begin = _first_from(hours, begin, end, low)
            end = _first_from(hours, begin, end, high)
            if begin < end:
                runs[n_runs, 0], runs[n_runs, 1] = begin, end
                n_runs += 1
    return n_runs


@numba.njit(cache=True, nogil=True)
def neighbour_weights(
    xy: Any,  # noqa: ANN401
    hours: Any,  # noqa: ANN401
    weights: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> Any:  # noqa: ANN401
    """Sum the weights within the radius and the window of each point, itself included.

    Points must be sorted by key and, within a key, by their hour of the cycle.
    """
    cycle = WEEK if rule == _CYCLIC else DAY
    sorted_hours = hours_of_cycle(hours, rule)
    starts, spans = _cell_starts(keys), _ahead(height)
    reached, cells = np.zeros(2, dtype=np.int64), np.empty((5, 2), dtype=np.int64)
    runs = np.empty((15, 2), dtype=np.int64)
    sums = weights.copy()
    for cell in range(len(starts) - 1):
        found = _find_cells(keys[starts[cell]], spans, keys, starts, reached, cells)
        for i in range(starts[cell], starts[cell + 1]):
            cells[0, 0] = i + 1  # the first is the point's own cell
            n_runs = _find_runs(sorted_hours[i], window, cycle, sorted_hours, cells, found, runs)
            for run in range(n_runs):
                for j in range(runs[run, 0], runs[run, 1]):
                    if _gap2(xy, i, xy, j) > radius * radius:
                        continue
                    if 0.0 <= hour_gap(hours[i], hours[j], rule) <= window:
                        sums[i] += weights[j]
                        sums[j] += weights[i]
    return sums


@numba.njit(cache=True, nogil=True)
def _root(parent: Any, i: int) -> int:  # noqa: ANN401
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def connect(
    xy: Any,  # noqa: ANN401
    hours: Any,  # noqa: ANN401
    ranks: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> Any:  # noqa: ANN401
    """Give each of some core points the root of its cluster: its member of the lowest rank.

    Points that are neighbours share a root. They must be sorted as in `neighbour_weights`.
    """
    cycle = WEEK if rule == _CYCLIC else DAY
    sorted_hours = hours_of_cycle(hours, rule)
    starts, spans = _cell_starts(keys), _ahead(height)
    reached, cells = np.zeros(2, dtype=np.int64), np.empty((5, 2), dtype=np.int64)
    runs = np.empty((15, 2), dtype=np.int64)
    parent = np.arange(len(hours))
    for cell in range(len(starts) - 1):
        found = _find_cells(keys[starts[cell]], spans, keys, starts, reached, cells)
        for i in range(starts[cell], starts[cell + 1]):
            cells[0, 0] = i + 1
            n_runs = _find_runs(sorted_hours[i], window, cycle, sorted_hours, cells, found, runs)
            for run in range(n_runs):
                for j in range(runs[run, 0], runs[run, 1]):
                    if _gap2(xy, i, xy, j) > radius * radius:
                        continue
                    if 0.0 <= hour_gap(hours[i], hours[j], rule) <= window:
                        first, second = _root(parent, i), _root(parent, j)
                        if ranks[first] > ranks[second]:
                            first, second = second, first
                        parent[second] = first
    for i in range(len(parent)):
        parent[i] = _root(parent, i)
    return parent


@numba.njit(cache=True, nogil=True)
def find_nearest(
    xy: Any,  # noqa: ANN401
    hours: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    core_xy: Any,  # noqa: ANN401
    core_hours: Any,  # noqa: ANN401
    core_ranks: Any,  # noqa: ANN401
    core_keys: Any,  # noqa: ANN401
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> Any:  # noqa: ANN401
    """Give each point the position of the nearest core point that is its neighbour, or −1.

    Nearest is by distance, then by hours, then by rank. Both must be sorted as in
    `neighbour_weights`.
    """
    cycle = WEEK if rule == _CYCLIC else DAY
    sorted_hours = hours_of_cycle(hours, rule)
    core_sorted_hours = hours_of_cycle(core_hours, rule)
    own_starts, starts, spans = _cell_starts(keys), _cell_starts(core_keys), _around(height)
    reached, cells = np.zeros(3, dtype=np.int64), np.empty((9, 2), dtype=np.int64)
    runs = np.empty((27, 2), dtype=np.int64)
    nearest = np.full(len(hours), -1, dtype=np.int64)
    for cell in range(len(own_starts) - 1):
        found = _find_cells(keys[own_starts[cell]], spans, core_keys, starts, reached, cells)
        if found == 0:
            continue
        for i in range(own_starts[cell], own_starts[cell + 1]):
            best = (np.inf, np.inf, np.int64(-1))
            n_runs = _find_runs(
                sorted_hours[i], window, cycle, core_sorted_hours, cells, found, runs
            )
            for run in range(n_runs):
                for j in range(runs[run, 0], runs[run, 1]):
                    distance = _gap2(xy, i, core_xy, j)
                    if distance > radius * radius:
                        continue
                    gap = hour_gap(hours[i], core_hours[j], rule)
                    if 0.0 <= gap <= window and (distance, gap, core_ranks[j]) < best:
                        best = (distance, gap, core_ranks[j])
                        nearest[i] = j
    return nearest


def number_squares(xy: np.ndarray[Any, Any], side: float) -> tuple[np.ndarray[Any, Any], int]:
    """Give each point the number of its square, column by column from the least coordinates.

    Parameters
    ----------
    xy : array (n, d)
        Coordinates; the first two (or one) make the squares.
    side : float
        Side of a square.

    Returns
    -------
    keys : array of int (n,)
        Number of the square; in a column they follow each other.
    height : int
        By how much the numbers of neighbouring columns differ.
    """
    plane = xy[:, :2] if xy.shape[1] > 1 else np.column_stack([xy, np.zeros(len(xy))])
    squares = np.floor((plane - plane.min(axis=0)) / max(side, 1e-9)).astype(np.int64) + 1
    height = int(squares[:, 1].max()) + 2
    return squares[:, 0] * height + squares[:, 1], height


def sort_into_cells(
    xy: np.ndarray[Any, Any], radius: float, hours: np.ndarray[Any, Any] | None = None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], int]:
    """Order points by the cell that holds them and, within a cell, by hour.

    Parameters
    ----------
    xy : array (n, d)
        Coordinates; the first two (or one) make the cells.
    radius : float
        Width of a cell.
    hours : array (n,), optional
        What `hours_of_cycle` gave; not needed where all hours are the same.

    Returns
    -------
    order, keys : arrays of int
        The order of the points, and the key of each in that order; stable.
    height : int
        By how much the keys of neighbouring columns differ.
    """
    keys, height = number_squares(xy, radius * _WIDER)
    order = np.argsort(keys, kind="stable") if hours is None else np.lexsort([hours, keys])
    return order, keys[order], height
