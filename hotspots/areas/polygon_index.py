"""Finds the polygon that holds each of millions of points, by exactly the rule of `assign_areas`.

A raster answers for the cells that no edge crosses. The other cells name the few polygons to test,
by counting the edges east of the point in its row of cells. The rare point that rounding leaves in
doubt, on an edge or next to it, is settled by geometry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import shapely

from hotspots.areas.assignment import (
    NOWHERE,
    as_coordinates,
    first_covering_by_geometry,
    order_of_ids,
)
from hotspots.errors import InputError, invalid, is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    Array = np.ndarray[Any, Any]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_MOST_CELLS: Final = 4_000_000
_STEP: Final = 1.25  # by which cells grow until there are few enough
_REACH_M: Final = 1e12
# How far, in cells, an edge reaches into the cells beside it. Rounding moves the column and row of
# a point by less than 1e-8 of a cell, so that no point can miss an edge next to it.
_MARGIN: Final = 1e-6
_HALF: Final = 0.5

_NO: Final = 0
_YES: Final = 1
_UNSURE: Final = -2
# In the raster, −2, −3 and so on number the cells in which there is something to test.
_FIRST_TEST: Final = -2

# Rounding moves a difference of two products of differences by less than (3 + 16u)u of the sum of
# the products' sizes, where u is 2 to the power of −53: by 3.33e-16 of it. The second number
# stands for products so small that they lose digits.
_ROUNDING: Final = 4e-16
_TINY: Final = 1e-300


@numba.njit(cache=True, nogil=True)
def _covers(x: float, y: float, edges: Any, first: int, end: int) -> int:  # noqa: ANN401
    """Say whether a polygon covers a point, given its edges in the row, the easternmost first.

    Every edge goes up, from (x1, y1) to (x2, y2). It counts without its upper end, so that a ray
    through the corner of two edges that go on up or down counts one of them.
    """
    is_inside = False
    for k in range(first, end):
        x1, y1, x2, y2 = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
        if x1 < x and x2 < x:
            break
        if y < y1 or y > y2:
            continue
        if y1 == y2:
            if x1 <= x or x2 <= x:
                return _YES
            continue
        if x1 > x and x2 > x:
            is_inside ^= y < y2
            continue
        if x1 == x2 or (x == x1 and y == y1) or (x == x2 and y == y2):
            return _YES
        left = (x2 - x1) * (y - y1)
        right = (y2 - y1) * (x - x1)
        # Said this way round, a difference that is no number leaves the point in doubt too.
        if not abs(left - right) > _ROUNDING * (abs(left) + abs(right)) + _TINY:
            return _UNSURE
        if left > right:
            is_inside ^= y < y2
    return _YES if is_inside else _NO


@numba.njit(cache=True, nogil=True)
def _find(
    x: Any,  # noqa: ANN401
    y: Any,  # noqa: ANN401
    west: float,
    south: float,
    cells_per_metre: float,
    raster: Any,  # noqa: ANN401
    test_starts: Any,  # noqa: ANN401
    tests: Any,  # noqa: ANN401
    otherwise: Any,  # noqa: ANN401
    band_of: Any,  # noqa: ANN401
    band_starts: Any,  # noqa: ANN401
    edges: Any,  # noqa: ANN401
    by_id: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Give the position of the polygon of each point; −2 for those in doubt, and their number."""
    height, width = raster.shape
    position = np.empty(len(x), dtype=np.int64)
    n_unsure = 0
    for i in range(len(x)):
        across = (x[i] - west) * cells_per_metre
        up = (y[i] - south) * cells_per_metre
        if not (0.0 <= across < width and 0.0 <= up < height):
            position[i] = NOWHERE
            continue
        row = int(up)
        answer = raster[row, int(across)]
        if answer > _FIRST_TEST:
            position[i] = answer
            continue
        cell = _FIRST_TEST - answer
        found = otherwise[cell]
        for k in range(test_starts[cell], test_starts[cell + 1]):
            rank = tests[k]
            band = band_of[rank] + row
            verdict = _covers(x[i], y[i], edges, band_starts[band], band_starts[band + 1])
            if verdict == _YES:
                found = by_id[rank]
                break
            if verdict == _UNSURE:
                found = _UNSURE
                n_unsure += 1
                break
        position[i] = found
    return position, n_unsure


@numba.njit(cache=True, nogil=True)
def _fill(
    raster: Any,  # noqa: ANN401
    rim_starts: Any,  # noqa: ANN401
    rim: Any,  # noqa: ANN401
    span_starts: Any,  # noqa: ANN401
    spans: Any,  # noqa: ANN401
) -> None:
    """Write into each cell the first of the polygons that hold all of it.

    The spans of a polygon are runs of cells whose middles it holds; its rim are the cells that it
    may hold in part.
    """
    rim_of = np.full(len(raster), -1, dtype=np.int32)
    for rank in range(len(rim_starts) - 2, -1, -1):
        for k in range(rim_starts[rank], rim_starts[rank + 1]):
            rim_of[rim[k]] = rank
        for k in range(span_starts[rank], span_starts[rank + 1]):
            for cell in range(spans[k, 0], spans[k, 1]):
                if rim_of[cell] != rank:
                    raster[cell] = rank


@dataclass(frozen=True, eq=False)
class PolygonIndex:
    """Polygons made ready for millions of points.

    Built once, it can answer for any number of chunks of points, in threads and, since it can be
    pickled, in other processes.

    Attributes
    ----------
    polygons : ndarray of Polygon or MultiPolygon
        As they were given.
    cell_size : float
        Width of the cells of the raster, metres. It changes the speed and never an answer.
    """

    polygons: Array = field(repr=False)
    cell_size: float
    _by_id: Integers = field(repr=False)
    _west: float = field(repr=False)
    _south: float = field(repr=False)
    _raster: Array = field(repr=False)
    _test_starts: Integers = field(repr=False)
    _tests: Array = field(repr=False)
    _otherwise: Integers = field(repr=False)
    _band_of: Integers = field(repr=False)
    _band_starts: Integers = field(repr=False)
    _edges: Floats = field(repr=False)

    @classmethod
    def build(
        cls,
        polygons: Array,
        ids: Sequence[object] | Array,
        *,
        cell_size: float = 100.0,
    ) -> PolygonIndex:
        """Make polygons ready.

        Parameters
        ----------
        polygons : ndarray of Polygon or MultiPolygon
            Valid; they may overlap. Missing and empty ones hold no point.
        ids : sequence
            One for each polygon. As text, they decide who comes first.
        cell_size : float, default 100
            Width of the cells of the raster, metres. Where the polygons would need more than four
            million cells, they are made wider.

        Returns
        -------
        PolygonIndex

        Raises
        ------
        InputError
            If `ids` are not as many as `polygons`, `cell_size` is not a positive number, or a
            corner is further than 1e12 m from the origin or not known.

        Notes
        -----
        The work is O(v + c) log (v + c) for v edges and c cells on the edges, and that of writing
        the raster once for each polygon that holds a cell.

        Examples
        --------
        >>> boxes = shapely.box([0, 100], 0, [100, 300], 200)
        >>> index = PolygonIndex.build(boxes, ["B", "A"])
        >>> index.find([50, 100, 150, 400], [50, 50, 200, 50]).tolist()
        [0, 1, 1, -1]
        """
        polygons = np.asarray(polygons, dtype=object)
        _check(polygons, ids, cell_size)
        by_id = order_of_ids(ids)
        edges, owner = _edges_of(polygons[by_id])
        west, south, size, shape = _raster_over(edges, float(cell_size))
        scaled = (edges - [west, south, west, south]) * (1 / size)
        edge, row = _rows_of(scaled)
        band, band_of, band_starts = _bands_of(owner, edge, row, len(by_id))
        easternmost = np.lexsort((-edges[:, [0, 2]].max(axis=1)[edge], band))
        rim_rank, rim = _rims_of(scaled, owner, edge, row, shape)
        span_rank, spans = _spans_of(scaled, owner, edge, row, band, shape[1])

        none = len(by_id)
        whole = np.full(shape[0] * shape[1], none, dtype=np.int32)
        ranks = np.arange(none + 1)
        _fill(
            whole,
            np.searchsorted(rim_rank, ranks),
            rim,
            np.searchsorted(span_rank, ranks),
            spans,
        )
        # Who comes after a polygon that holds the whole cell need not be tested there.
        is_test = rim_rank < whole[rim]
        rim_rank, rim = rim_rank[is_test], rim[is_test]
        by_cell = np.lexsort((rim_rank, rim))
        cells, test_starts = np.unique(rim[by_cell], return_index=True)
        position = np.append(by_id, NOWHERE)
        raster = position.astype(np.int32)[whole]
        raster[cells] = _FIRST_TEST - np.arange(len(cells))
        return cls(
            polygons=polygons,
            cell_size=size,
            _by_id=by_id,
            _west=west,
            _south=south,
            _raster=raster.reshape(shape),
            _test_starts=np.append(test_starts, len(rim)).astype(np.int64),
            _tests=rim_rank[by_cell].astype(np.int32),
            _otherwise=position[whole[cells]],
            _band_of=band_of,
            _band_starts=band_starts,
            _edges=edges[edge[easternmost]],
        )

    def find(self, x: ArrayLike, y: ArrayLike) -> Integers:
        """Give the position of the polygon that each point belongs to.

        Parameters
        ----------
        x, y : array-like of float
            Metres, of the same length. NaN for points that are not known.

        Returns
        -------
        ndarray of int64
            Positions in `polygons`, −1 where none covers the point.

        Raises
        ------
        InputError
            If the coordinates are not numbers or differ in length.

        Notes
        -----
        A polygon covers its edge. Where several polygons cover a point, it belongs to the one
        whose id sorts first.

        **Caveats.** Points exactly on slanting edges take about a hundred times as long as others.
        """
        x, y = as_coordinates(x, y)
        position, n_unsure = _find(
            x,
            y,
            self._west,
            self._south,
            1 / self.cell_size,
            self._raster,
            self._test_starts,
            self._tests,
            self._otherwise,
            self._band_of,
            self._band_starts,
            self._edges,
            self._by_id,
        )
        if n_unsure:
            unsure = np.flatnonzero(position == _UNSURE)
            position[unsure] = first_covering_by_geometry(
                x[unsure], y[unsure], self.polygons, self._by_id
            )
        return np.asarray(position)


def _check(polygons: Array, ids: Sequence[object] | Array, cell_size: Any) -> None:  # noqa: ANN401
    if len(ids) != len(polygons):
        msg = f"Invalid ids: {len(ids)} for {len(polygons)} polygons. Must be one for each polygon."
        raise InputError(msg)
    if not is_number(cell_size) or cell_size <= 0:
        name = "cell_size"
        raise invalid(name, cell_size, "a positive number of metres")


def _edges_of(polygons: Array) -> tuple[Floats, Integers]:
    """Give the edges of all rings, lower end first, and the rank of the polygon of each."""
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    is_far = ~(np.abs(corners) < _REACH_M)
    if is_far.any():
        name = "corner of a polygon"
        rule = f"a number of metres below {_REACH_M:g}"
        raise invalid(name, corners[is_far][0], rule, "Repair the polygons first.")
    in_ring = ring[1:] == ring[:-1]
    edges = np.hstack([corners[:-1], corners[1:]])[in_ring]
    falls = edges[:, 1] > edges[:, 3]
    edges[falls] = edges[falls][:, [2, 3, 0, 1]]
    owner = polygon[part[ring[:-1][in_ring]]]
    return np.asarray(edges, dtype=np.float64), np.asarray(owner, dtype=np.int64)


def _raster_over(edges: Floats, size: float) -> tuple[float, float, float, tuple[int, int]]:
    """Give west, south, cell size and shape of a raster half a cell wider than the edges."""
    if len(edges) == 0:
        return 0.0, 0.0, size, (0, 0)
    west, south = edges[:, [0, 2]].min(), edges[:, [1, 3]].min()
    across, up = edges[:, [0, 2]].max() - west, edges[:, [1, 3]].max() - south
    while (across // size + 2) * (up // size + 2) > _MOST_CELLS:
        size *= _STEP
    shape = int(up // size) + 2, int(across // size) + 2
    return float(west - size / 2), float(south - size / 2), size, shape


def _rows_of(scaled: Floats) -> tuple[Integers, Integers]:
    """Give every pair of an edge and a row of cells that it reaches."""
    low = np.floor(scaled[:, 1] - _MARGIN).astype(np.int64)
    high = np.floor(scaled[:, 3] + _MARGIN).astype(np.int64)
    edge, step = _spread(high - low + 1)
    return edge, low[edge] + step


def _bands_of(
    owner: Integers, edge: Integers, row: Integers, n_polygons: int
) -> tuple[Integers, Integers, Integers]:
    """Give each row of each polygon a number.

    Returns the number of each pair of edge and row, what to add to a row for each polygon to have
    its number, and where each number starts once the pairs are sorted by it.
    """
    low = np.full(n_polygons, np.iinfo(np.int64).max)
    high = np.full(n_polygons, -1, dtype=np.int64)
    np.minimum.at(low, owner[edge], row)
    np.maximum.at(high, owner[edge], row)
    n_rows = np.where(high < 0, 0, high - low + 1)
    band_of = np.where(high < 0, 0, np.cumsum(n_rows) - n_rows - low)
    band = band_of[owner[edge]] + row
    starts = np.append(0, np.cumsum(np.bincount(band, minlength=int(n_rows.sum()))))
    return band, band_of, starts.astype(np.int64)


def _rims_of(
    scaled: Floats, owner: Integers, edge: Integers, row: Integers, shape: tuple[int, int]
) -> tuple[Integers, Integers]:
    """Give every pair of a polygon and a cell that its edge reaches, sorted."""
    height, width = shape
    low = _crossings(scaled, edge, row - _MARGIN)
    high = _crossings(scaled, edge, row + 1 + _MARGIN)
    first = np.floor(np.minimum(low, high) - _MARGIN).astype(np.int64)
    last = np.floor(np.maximum(low, high) + _MARGIN).astype(np.int64)
    pair, step = _spread(last - first + 1)
    cell = (row * width + first)[pair] + step
    n_cells = max(height * width, 1)
    key = np.unique(owner[edge][pair] * n_cells + cell)
    return key // n_cells, key % n_cells


def _spans_of(
    scaled: Floats, owner: Integers, edge: Integers, row: Integers, band: Integers, width: int
) -> tuple[Integers, Integers]:
    """Give runs of cells whose middles are in a polygon: its rank, the first and the end."""
    middle = row + _HALF
    crosses = (scaled[edge, 1] <= middle) & (middle < scaled[edge, 3])
    edge, row, band = edge[crosses], row[crosses], band[crosses]
    x = _crossings(scaled, edge, row + _HALF)
    in_turn = np.lexsort((x, band))
    # Rings are closed, so that every line crosses them an even number of times: in and out.
    column = np.ceil(x[in_turn] - _HALF).astype(np.int64)
    cell = ((row * width)[in_turn] + column).reshape(-1, 2)
    return owner[edge[in_turn[::2]]], cell


def _crossings(scaled: Floats, edge: Integers, height: Array) -> Floats:
    """Give how far east edges are at some heights; above and below them, as at their ends."""
    x1, y1, x2, y2 = scaled[edge].T
    rise = y2 - y1
    part = np.divide(height - y1, rise, out=np.zeros_like(rise), where=rise > 0)
    x = x1 + np.clip(part, 0, 1) * (x2 - x1)
    x = np.where(height >= y2, x2, x)
    return np.asarray(np.clip(x, np.minimum(x1, x2), np.maximum(x1, x2)))


def _spread(counts: Integers) -> tuple[Integers, Integers]:
    """Repeat each position as often as its count says, and number the repeats from 0."""
    position = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return position, step
