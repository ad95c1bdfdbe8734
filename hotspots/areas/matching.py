"""Which place holds a point, and which places lie side by side.

Grid cells are found by arithmetic on column and row, not by geometry: it is fast, and every point
belongs to exactly one cell. A raster of the cells, or a list of their runs where they lie far
apart, then says which place the cell is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import shapely
from scipy.sparse import csr_array

from hotspots.areas import lattice
from hotspots.areas.assignment import NOWHERE, as_coordinates, first_covering_xy
from hotspots.areas.polygon_index import PolygonIndex
from hotspots.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from hotspots.areas.lattice import Shape

    Integers = np.ndarray[Any, np.dtype[np.int64]]

# Column and row are packed into one whole number. Cells are at least 1 m wide, so within this
# reach of the origin, far beyond Britain, neither can run into the other.
_BITS: Final = 31
_REACH_M: Final = 1e8
# So many points at a time stay in the processor's own memory: ten times as fast as all at once.
_POINTS_AT_ONCE: Final = 1 << 15
# A raster takes 4 bytes for each cell of the lattice between the outermost places.
_MOST_CELLS: Final = 16_000_000
_MOST_CELLS_PER_PLACE: Final = 8
_FEW_CELLS: Final = 100_000


@dataclass(frozen=True, eq=False)
class _CellRaster:
    """Says which place a cell is, by its column and row in a raster with an empty rim."""

    first_column: int
    first_row: int
    position: np.ndarray[Any, np.dtype[np.int32]]

    @classmethod
    def build(cls, column: Integers, row: Integers) -> _CellRaster:
        """Write the number of each place into its cell."""
        first_column, first_row = int(column.min()) - 1, int(row.min()) - 1
        shape = int(row.max()) - first_row + 2, int(column.max()) - first_column + 2
        position = np.full(shape, NOWHERE, dtype=np.int32)
        # Backwards, because of two places with one cell the first is to stay.
        last_first = np.arange(len(column), dtype=np.int32)[::-1]
        position[row[::-1] - first_row, column[::-1] - first_column] = last_first
        return cls(first_column, first_row, position)

    def find(self, column: Integers, row: Integers) -> Integers:
        """Give the position of the place with this column and row, −1 if there is none."""
        height, width = self.position.shape
        right = np.clip(column - self.first_column, 0, width - 1)
        up = np.clip(row - self.first_row, 0, height - 1)
        return np.asarray(self.position.ravel()[up * width + right], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _CellRuns:
    """Says which place a cell is, by runs of cells side by side in a row.

    The memory is that of the places, wherever they lie; a grid has few runs in a row.
    """

    starts: Integers
    """Key of the first cell of each run."""
    slots: Integers
    """Where each run begins among the positions, and where the last one ends."""
    position: np.ndarray[Any, np.dtype[np.int32]]

    @classmethod
    def build(cls, column: Integers, row: Integers) -> _CellRuns:
        """Sort the cells by row and column, and cut them into runs."""
        keys, position = np.unique(_key(column, row), return_index=True)
        slots = np.flatnonzero(np.diff(keys, prepend=keys[0] - 2) != 1)
        return cls(keys[slots], np.append(slots, len(keys)), position.astype(np.int32))

    def find(self, column: Integers, row: Integers) -> Integers:
        """Give the position of the place with this column and row, −1 if there is none."""
        wanted = _key(column, row)
        run = np.maximum(np.searchsorted(self.starts, wanted, side="right") - 1, 0)
        step = wanted - self.starts[run]
        slot = self.slots[run] + step
        is_there = (step >= 0) & (slot < self.slots[run + 1])
        found = self.position[np.where(is_there, slot, 0)]
        return np.where(is_there, found, NOWHERE).astype(np.int64)


def _key(column: Integers, row: Integers) -> Integers:
    return (row << _BITS) + column


@dataclass(frozen=True, eq=False)
class PlaceIndex:
    """Places made ready for millions of points.

    Built once, it can answer for any number of chunks of points, in threads and, since it can be
    pickled, in other processes.

    Attributes
    ----------
    shape : str
        "square", "hexagon" or "area".
    cell_size : float
        Side of a cell in metres; NaN for areas.
    """

    shape: str
    cell_size: float
    _cells: _CellRaster | _CellRuns | None = field(default=None, repr=False)
    _polygons: PolygonIndex | None = field(default=None, repr=False)

    @classmethod
    def build(cls, places: gpd.GeoDataFrame) -> PlaceIndex:
        """Make places ready.

        Parameters
        ----------
        places : GeoDataFrame
            A places table; all of one shape and size. Any selection of a grid will do.

        Returns
        -------
        PlaceIndex

        Raises
        ------
        InputError
            If `places` mixes shapes or cell sizes.

        Examples
        --------
        >>> from hotspots.areas import load_boroughs, make_grid
        >>> index = PlaceIndex.build(make_grid(load_boroughs()))
        >>> index
        PlaceIndex(shape='square', cell_size=150.0)
        >>> index.find([529_950, 0], [180_300, 0]).tolist()
        [36062, -1]
        """
        shape, cell_size = _kind(places)
        if shape != "area" or len(places) == 0:
            return _index_of_cells(places, shape, cell_size)
        ids = places.index.to_numpy(dtype=object)
        polygons = PolygonIndex.build(np.asarray(places.geometry.to_numpy()), ids)
        return cls(shape, cell_size, _polygons=polygons)

    def find(self, easting: ArrayLike, northing: ArrayLike) -> Integers:
        """Find the place that holds each point.

        Parameters
        ----------
        easting, northing : array-like of float
            Metres (EPSG:27700), of the same length. NaN for points that are not known.

        Returns
        -------
        ndarray of int64
            Positions in the places; −1 where no place holds the point.

        Raises
        ------
        InputError
            If the coordinates are not numbers or differ in length.

        Notes
        -----
        The rules are those of `locate`.
        """
        x, y = as_coordinates(easting, northing)
        if self._polygons is not None:
            return self._polygons.find(x, y)
        position = np.full(len(x), NOWHERE, dtype=np.int64)
        if self._cells is None:
            return position
        for start in range(0, len(x), _POINTS_AT_ONCE):
            part = slice(start, start + _POINTS_AT_ONCE)
            use = (np.abs(x[part]) < _REACH_M) & (np.abs(y[part]) < _REACH_M)
            column, row = lattice.cells_at(
                x[part][use], y[part][use], self.cell_size, cast("Shape", self.shape)
            )
            position[part][use] = self._cells.find(column, row)
        return position


def locate(places: gpd.GeoDataFrame, easting: ArrayLike, northing: ArrayLike) -> Integers:
    """Find the place that holds each point.

    Parameters
    ----------
    places : GeoDataFrame
        A places table; all of one shape and size. Any selection of a grid will do.
    easting, northing : array-like of float
        Metres (EPSG:27700), of the same length. NaN for points that are not known.

    Returns
    -------
    ndarray of int64
        Positions in `places`; −1 where no place holds the point.

    Raises
    ------
    InputError
        If `places` mixes shapes or cell sizes, or the coordinates are not numbers or differ in
        length.

    Notes
    -----
    Squares hold their west and south edge. Areas follow the rule of `assign_areas`. For cells the
    work is O(n + m) for n points and m places. For several chunks of points build a `PlaceIndex`
    once.

    **Caveats.** A point exactly on the edge of two hexagons goes to one of them by rounding.

    Examples
    --------
    >>> from hotspots.areas import load_boroughs, make_grid
    >>> places = make_grid(load_boroughs())
    >>> position = locate(places, [529_950, 0], [180_300, 0])
    >>> places.index[position[0]]
    'sq150-3533-1202'
    >>> int(position[1])
    -1
    """
    shape, cell_size = _kind(places)
    if shape != "area" or len(places) == 0:
        return _index_of_cells(places, shape, cell_size).find(easting, northing)
    ids = places.index.to_numpy(dtype=object)
    return first_covering_xy(easting, northing, np.asarray(places.geometry.to_numpy()), ids)


def neighbours(places: gpd.GeoDataFrame) -> csr_array:
    """Say which places lie side by side.

    Parameters
    ----------
    places : GeoDataFrame
        A places table; all of one shape and size.

    Returns
    -------
    csr_array of bool
        Square and symmetric, by position in `places`; nothing is its own neighbour.

    Raises
    ------
    InputError
        If `places` mixes shapes or cell sizes.

    Notes
    -----
    Squares have up to eight neighbours (edges and corners, the queen's case), hexagons up to six.
    Areas are neighbours if they touch or overlap.

    **Caveats.** Boroughs that face each other across the river are neighbours, although there may
    be no bridge.

    Examples
    --------
    >>> from hotspots.areas import load_boroughs, places_from_areas
    >>> places = places_from_areas(load_boroughs())
    >>> beside = neighbours(places)
    >>> camden = places.index.get_loc("E09000007")
    >>> [str(code) for code in places.index[beside[[camden]].indices]]
    ['E09000003', 'E09000005', 'E09000014', 'E09000019', 'E09000033']
    """
    shape, _ = _kind(places)
    n = len(places)
    if n == 0:
        return csr_array((0, 0), dtype=bool)
    if shape == "area":
        polygons = places.geometry.to_numpy()
        left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    else:
        column = places["column"].to_numpy(dtype=np.int64)
        row = places["row"].to_numpy(dtype=np.int64)
        steps = lattice.STEPS[shape]
        left = np.tile(np.arange(n), len(steps))
        right = np.concatenate([_find(places, column + q, row + r) for q, r in steps])
    is_pair = (right != NOWHERE) & (left != right)
    left, right = left[is_pair], right[is_pair]
    beside = csr_array((np.ones(len(left), dtype=bool), (left, right)), shape=(n, n))
    beside.sort_indices()
    return beside


def _kind(places: gpd.GeoDataFrame) -> tuple[str, float]:
    """Give the one shape and cell size of the places."""
    if len(places) == 0:
        return "area", np.nan
    kinds = places[["shape", "cell_size_m"]].drop_duplicates()
    if len(kinds) > 1:
        found = ", ".join(
            f"{shape} {size:g} m" if size == size else str(shape)  # noqa: PLR0124 (NaN)
            for shape, size in kinds.head(5).itertuples(index=False)
        )
        msg = (
            f"Invalid places of {len(kinds)} kinds ({found}). Must be all of one shape and size. "
            "Use the places of one call of hs.make_grid or hs.places_from_areas."
        )
        raise InputError(msg)
    shape, cell_size = kinds.iloc[0]
    return str(shape), float(cell_size)


def _index_of_cells(places: gpd.GeoDataFrame, shape: str, cell_size: float) -> PlaceIndex:
    cells = _cells_of(places) if len(places) > 0 else None
    return PlaceIndex(shape, cell_size, _cells=cells)


def _find(places: gpd.GeoDataFrame, column: Integers, row: Integers) -> Integers:
    """Give the position of the place with this column and row, −1 if there is none."""
    return _cells_of(places).find(column, row)


def _cells_of(places: gpd.GeoDataFrame) -> _CellRaster | _CellRuns:
    """Choose how to look up cells: a raster, unless it would be large for so few places."""
    column = places["column"].to_numpy(dtype=np.int64)
    row = places["row"].to_numpy(dtype=np.int64)
    n_cells = (int(np.ptp(column)) + 1) * (int(np.ptp(row)) + 1)
    most = min(max(_MOST_CELLS_PER_PLACE * len(places), _FEW_CELLS), _MOST_CELLS)
    kind = _CellRaster if n_cells <= most else _CellRuns
    return kind.build(column, row)
