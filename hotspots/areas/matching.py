"""Which place holds a point, and which places lie side by side.

Grid cells are found by arithmetic on column and row, not by geometry: it is fast, and every point
belongs to exactly one cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import shapely
from scipy.sparse import csr_array

from hotspots.areas import lattice
from hotspots.areas.assignment import NOWHERE, first_covering
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
        If `places` mixes shapes or cell sizes, or the coordinates differ in length.

    Notes
    -----
    Squares hold their west and south edge. Areas follow the rule of `assign_areas`. For cells the
    work is O(n log m) for n points and m places.

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
    x, y = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        msg = (
            f"Invalid easting and northing of shapes {x.shape} and {y.shape}. Must be two lists "
            "of the same length."
        )
        raise InputError(msg)
    position = np.full(len(x), NOWHERE, dtype=np.int64)
    shape, cell_size = _kind(places)
    use = (np.abs(x) < _REACH_M) & (np.abs(y) < _REACH_M)
    if len(places) == 0 or not use.any():
        return position
    if shape == "area":
        ids = places.index.to_numpy(dtype=object)
        points = np.asarray(shapely.points(x[use], y[use]))
        position[use] = first_covering(points, places.geometry.to_numpy(), ids)
    else:
        column, row = lattice.cells_at(x[use], y[use], cell_size, cast("Shape", shape))
        position[use] = _find(places, column, row)
    return position


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


def _find(places: gpd.GeoDataFrame, column: Integers, row: Integers) -> Integers:
    """Give the position of the place with this column and row, −1 if there is none."""
    keys = _key(places["column"].to_numpy(dtype=np.int64), places["row"].to_numpy(dtype=np.int64))
    order = np.argsort(keys, kind="stable")
    wanted = _key(column, row)
    slot = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    found = order[slot]
    return np.where(keys[found] == wanted, found, NOWHERE).astype(np.int64)


def _key(column: Integers, row: Integers) -> Integers:
    return (column << _BITS) + row
