"""Neighbours in place and in the week: the kernels under the clusters.

Points are sorted into square cells as wide as the radius, so that all neighbours of a point lie in
the nine cells round it; cells in one column are next to each other in memory.
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

_ANY: Final = 1
_NIGHTS: Final = 2
_NO: Final = -1.0
# Friday and Saturday nights run from 06:00 to 06:00: from hour 102 to hour 150 of the week.
_WEEKEND_STARTS: Final = 4 * DAY + 6
_WEEKEND_ENDS: Final = 6 * DAY + 6


@numba.njit(cache=True)
def _is_weekend_night(hour: float) -> bool:
    return _WEEKEND_STARTS <= hour < _WEEKEND_ENDS


@numba.njit(cache=True)
def hour_gap(first: float, second: float, rule: int) -> float:
    """Hours between two hours of the week by a rule; −1 if they can never be close."""
    cycle = WEEK
    if rule != 0:
        if rule == _NIGHTS and _is_weekend_night(first) != _is_weekend_night(second):
            return _NO
        cycle = DAY
    gap = abs(first - second) % cycle
    return min(gap, cycle - gap)


@numba.njit(cache=True)
def _ranges(keys: Any, height: int, point: int, ranges: Any) -> None:  # noqa: ANN401
    """Write where the points of the three columns of cells round a point begin and end."""
    key = keys[point]
    for step in range(3):
        low = key + (step - 1) * height - 1
        ranges[step, 0] = np.searchsorted(keys, low)
        ranges[step, 1] = np.searchsorted(keys, low + 3)


@numba.njit(cache=True)
def _gap2(xy: Any, first: int, second: int) -> float:  # noqa: ANN401
    total = 0.0
    for axis in range(xy.shape[1]):
        step = xy[first, axis] - xy[second, axis]
        total += step * step
    return total


@numba.njit(cache=True)
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
    """Sum the weights within the radius and the window of each point, itself included."""
    n = len(weights)
    sums = np.zeros(n)
    ranges = np.zeros((3, 2), dtype=np.int64)
    reach = radius * radius
    previous = np.int64(-1)
    for i in range(n):
        if keys[i] != previous:
            _ranges(keys, height, i, ranges)
            previous = keys[i]
        total = 0.0
        for step in range(3):
            for j in range(ranges[step, 0], ranges[step, 1]):
                gap = hour_gap(hours[i], hours[j], rule)
                if 0.0 <= gap <= window and _gap2(xy, i, j) <= reach:
                    total += weights[j]
        sums[i] = total
    return sums


@numba.njit(cache=True)
def _root(parent: Any, i: int) -> int:  # noqa: ANN401
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True)
def connect(  # noqa: C901, PLR0912 (one pass over all pairs)
    xy: Any,  # noqa: ANN401
    hours: Any,  # noqa: ANN401
    is_core: Any,  # noqa: ANN401
    keys: Any,  # noqa: ANN401
    height: int,
    radius: float,
    window: float,
    rule: int,
) -> Any:  # noqa: ANN401
    """Give each point the root of its cluster, −1 for noise.

    Core points that are neighbours share a root. A point that is no core point takes the root of
    the nearest core neighbour: by distance, then by hours, then by its order, which is that of the
    coordinates and so not that of the rows.
    """
    n = len(hours)
    parent = np.arange(n)
    nearest = np.full(n, -1, dtype=np.int64)
    ranges = np.zeros((3, 2), dtype=np.int64)
    reach = radius * radius
    previous = np.int64(-1)
    for i in range(n):
        if keys[i] != previous:
            _ranges(keys, height, i, ranges)
            previous = keys[i]
        best_distance = np.inf
        best_gap = np.inf
        for step in range(3):
            for j in range(ranges[step, 0], ranges[step, 1]):
                if not is_core[j] or (is_core[i] and j >= i):
                    continue
                gap = hour_gap(hours[i], hours[j], rule)
                if gap < 0.0 or gap > window:
                    continue
                distance = _gap2(xy, i, j)
                if distance > reach:
                    continue
                if is_core[i]:
                    first, second = _root(parent, i), _root(parent, j)
                    parent[max(first, second)] = min(first, second)
                elif distance < best_distance or (distance == best_distance and gap < best_gap):
                    best_distance, best_gap = distance, gap
                    nearest[i] = j
    roots = np.full(n, -1, dtype=np.int64)
    for i in range(n):
        if is_core[i]:
            roots[i] = _root(parent, i)
    for i in range(n):
        if not is_core[i] and nearest[i] >= 0:
            roots[i] = roots[nearest[i]]
    return roots


def sort_into_cells(
    xy: np.ndarray[Any, Any], radius: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], int]:
    """Order points by the cell that holds them.

    Parameters
    ----------
    xy : array (n, d)
        Coordinates; the first two (or one) make the cells.
    radius : float
        Width of a cell.

    Returns
    -------
    order, keys : arrays of int
        The order of the points, and the key of each in that order; stable.
    height : int
        By how much the keys of neighbouring columns differ.
    """
    plane = xy[:, :2] if xy.shape[1] > 1 else np.column_stack([xy, np.zeros(len(xy))])
    cells = np.floor((plane - plane.min(axis=0)) / max(radius, 1e-9)).astype(np.int64) + 1
    height = int(cells[:, 1].max()) + 2
    keys = cells[:, 0] * height + cells[:, 1]
    order = np.argsort(keys, kind="stable")
    return order, keys[order], height
