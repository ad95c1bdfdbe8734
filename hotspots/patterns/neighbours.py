"""Neighbours in place and in the week: the kernels under the clusters.

Points are sorted into square cells as wide as the radius, so that all neighbours of a point lie in
the nine cells round it, and within a cell by hour, so that of each cell only the hours within the
window are looked at: few of the 168.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


class _Points(NamedTuple):
    """Points sorted by cell and, within a cell, by phase: their hour of the week or of the day."""

    xy: Any
    hours: Any
    phases: Any
    keys: Any
    starts: Any
    """Position at which each cell begins, and last the number of points."""


class _Reach(NamedTuple):
    radius: float
    window: float
    rule: int
    cycle: float


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
def _gap2(xy: Any, i: int, others: Any, j: int) -> float:  # noqa: ANN401
    total = 0.0
    for axis in range(xy.shape[1]):
        step = xy[i, axis] - others[j, axis]
        total += step * step
    return total


@numba.njit(cache=True, nogil=True)
def _find_cells(key: int, spans: Any, points: _Points, reached: Any, cells: Any) -> int:  # noqa: ANN401
    """Write where the cells in some spans of keys begin and end; give how many there are.

    Keys must be asked for in ascending order: `reached` keeps where each span got to.
    """
    keys, starts = points.keys, points.starts
    n_cells = len(starts) - 1
    found = 0
    for span in range(len(spans)):
        at = reached[span]
        while at < n_cells and keys[starts[at]] < key + spans[span, 0]:
            at += 1
        reached[span] = at
        while at < n_cells and keys[starts[at]] <= key + spans[span, 1]:
            cells[found, 0] = starts[at]
            cells[found, 1] = starts[at + 1]
            found += 1
            at += 1
    return found


@numba.njit(cache=True, nogil=True)
def _first_from(phases: Any, begin: int, end: int, least: float) -> int:  # noqa: ANN401
    """Find the first position from begin to end whose phase is no less, by bisection."""
    while begin < end:
        middle = (begin + end) >> 1
        if phases[middle] < least:
            begin = middle + 1
        else:
            end = middle
    return begin


@numba.njit(cache=True, nogil=True)
def _find_runs(phase: float, reach: _Reach, phases: Any, cells: Any, found: int, runs: Any) -> int:  # noqa: ANN401
    """Write the runs of points in some cells within the window of a phase; give how many runs."""
    window = reach.window + _SLACK
    is_part = 2 * window < reach.cycle
    n_runs = 0
    # Once more a cycle earlier or later where the window reaches past the end or the beginning.
    first = -1 if is_part and phase + window >= reach.cycle else 0
    last = 1 if is_part and phase <= window else 0
    for turn in range(first, last + 1):
        low = phase + turn * reach.cycle - window
        high = low + 2 * window
        for cell in range(found):
            begin, end = cells[cell, 0], cells[cell, 1]
            if begin < end and is_part:
                if phases[begin] > high or phases[end - 1] < low:
                    continue
                begin = _first_from(phases, begin, end, low)
                end = _first_from(phases, begin, end, high)
            if begin < end:
                runs[n_runs, 0] = begin
                runs[n_runs, 1] = end
                n_runs += 1
    return n_runs


@numba.njit(cache=True, nogil=True)
def _root(parent: Any, i: int) -> int:  # noqa: ANN401
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def _meet_pairs(
    points: _Points,
    spans: Any,  # noqa: ANN401
    reach: _Reach,
    weights: Any,  # noqa: ANN401
    sums: Any,  # noqa: ANN401
    ranks: Any,  # noqa: ANN401
    parent: Any,  # noqa: ANN401
) -> None:
    """Meet each pair of neighbours once: sum their weights or, given ranks, connect them.

    One kernel for both, as its compilation is what a first run waits for.
    """
    xy, hours, phases, starts = points.xy, points.hours, points.phases, points.starts
    reached, cells = np.zeros(2, np.int64), np.empty((5, 2), np.int64)
    runs = np.empty((15, 2), np.int64)
    for cell in range(len(starts) - 1):
        found = _find_cells(points.keys[starts[cell]], spans, points, reached, cells)
        for i in range(starts[cell], starts[cell + 1]):
            cells[0, 0] = i + 1  # the first is the point's own cell
            for run in range(_find_runs(phases[i], reach, phases, cells, found, runs)):
                for j in range(runs[run, 0], runs[run, 1]):
                    if _gap2(xy, i, xy, j) > reach.radius * reach.radius:
                        continue
                    if not 0.0 <= hour_gap(hours[i], hours[j], reach.rule) <= reach.window:
                        continue
                    if len(ranks) == 0:
                        sums[i] += weights[j]
                        sums[j] += weights[i]
                        continue
                    first, second = _root(parent, i), _root(parent, j)
                    if ranks[first] <= ranks[second]:
                        parent[second] = first
                    else:
                        parent[first] = second


@numba.njit(cache=True, nogil=True)
def _meet_cores(
    points: _Points,
    cores: _Points,
    spans: Any,  # noqa: ANN401
    reach: _Reach,
    ranks: Any,  # noqa: ANN401
    nearest: Any,  # noqa: ANN401
) -> None:
    """Write for each point the nearest core that is its neighbour; ties by gap, then by rank."""
    reached, cells = np.zeros(3, np.int64), np.empty((9, 2), np.int64)
    runs = np.empty((27, 2), np.int64)
    for cell in range(len(points.starts) - 1):
        begin, end = points.starts[cell], points.starts[cell + 1]
        found = _find_cells(points.keys[begin], spans, cores, reached, cells)
        for i in range(begin, end):
            best_distance, best_gap = reach.radius * reach.radius, reach.window
            for run in range(_find_runs(points.phases[i], reach, cores.phases, cells, found, runs)):
                for j in range(runs[run, 0], runs[run, 1]):
                    distance = _gap2(points.xy, i, cores.xy, j)
                    if distance > best_distance:
                        continue
                    gap = hour_gap(points.hours[i], cores.hours[j], reach.rule)
                    if not 0.0 <= gap <= reach.window:
                        continue
                    if distance == best_distance and nearest[i] >= 0:
                        if gap > best_gap:
                            continue
                        if gap == best_gap and ranks[j] > ranks[nearest[i]]:
                            continue
                    best_distance, best_gap = distance, gap
                    nearest[i] = j


def _arrange(xy: NDArray[Any], hours: NDArray[Any], keys: NDArray[Any], rule: int) -> _Points:
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1, append=keys[-1:] + 1))
    return _Points(xy, hours, hours_of_cycle(hours, rule), keys, starts)


def _reach(radius: float, window: float, rule: int) -> _Reach:
    return _Reach(float(radius), float(window), rule, WEEK if rule == _CYCLIC else DAY)


def _spans_ahead(height: int) -> NDArray[Any]:
    """Keys of a cell and the four after it, from it: so each pair of cells is met once."""
    return np.array([[0, 1], [height - 1, height + 1]])


def _spans_around(height: int) -> NDArray[Any]:
    """Keys of a cell and the eight round it, from it."""
    return np.array([[-height - 1, 1 - height], [-1, 1], [height - 1, height + 1]])


def neighbour_weights(
    xy: NDArray[Any],
    hours: NDArray[Any],
    weights: NDArray[Any],
    keys: NDArray[Any],
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> NDArray[Any]:
    """Sum the weights within the radius and the window of each point, itself included.

    Points must be in the order of `sort_into_cells`, with the keys and the height that it gave.
    """
    points, reach = _arrange(xy, hours, keys, rule), _reach(radius, window, rule)
    sums = weights.astype(np.float64)
    none = np.empty(0, np.int64)
    _meet_pairs(points, _spans_ahead(height), reach, sums.copy(), sums, none, none)
    return sums


def connect(
    xy: NDArray[Any],
    hours: NDArray[Any],
    ranks: NDArray[Any],
    keys: NDArray[Any],
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> NDArray[Any]:
    """Give each of some core points the root of its cluster: its member of the lowest rank.

    Points that are neighbours share a root. Ordered as in `neighbour_weights`.
    """
    points, reach = _arrange(xy, hours, keys, rule), _reach(radius, window, rule)
    parent = np.arange(len(ranks))
    none = np.empty(0)
    _meet_pairs(points, _spans_ahead(height), reach, none, none, ranks, parent)
    while not np.array_equal(parent, parent[parent]):
        parent = parent[parent]
    return parent


def find_nearest(
    xy: NDArray[Any],
    hours: NDArray[Any],
    keys: NDArray[Any],
    core_xy: NDArray[Any],
    core_hours: NDArray[Any],
    core_ranks: NDArray[Any],
    core_keys: NDArray[Any],
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> NDArray[Any]:
    """Give each point the position of the nearest core point that is its neighbour, or −1.

    Nearest is by distance, then by hours, then by rank. Both are ordered as in
    `neighbour_weights`.
    """
    nearest = np.full(len(hours), -1)
    _meet_cores(
        _arrange(xy, hours, keys, rule),
        _arrange(core_xy, core_hours, core_keys, rule),
        _spans_around(height),
        _reach(radius, window, rule),
        core_ranks,
        nearest,
    )
    return nearest


def hours_of_cycle(hours: NDArray[Any], rule: int) -> NDArray[Any]:
    """Give the hours by which the points of a cell are sorted: of the week or of the day."""
    return hours if rule == _CYCLIC else np.mod(hours, DAY)


def number_squares(xy: NDArray[Any], side: float) -> tuple[NDArray[Any], int]:
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
    xy: NDArray[Any], radius: float, hours: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any], int]:
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
