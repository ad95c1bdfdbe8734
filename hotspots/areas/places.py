"""Places: the cells of a grid, or the user's own areas, at which incidents are counted.

A cell belongs to the grid if it shares ground with the areas. It is listed under the area that
holds its centre, so that every cell is in one list only.
"""

from __future__ import annotations

import logging
from typing import Any, Final, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.areas import lattice
from hotspots.areas.assignment import NOWHERE, first_covering
from hotspots.areas.lattice import Shape
from hotspots.errors import invalid, is_number
from hotspots.tables import CRS, check_areas

_LOG = logging.getLogger(__name__)
PREFIX: Final = {"square": "sq", "hexagon": "hex"}
"""How the ids of cells begin."""

_MOST_CELLS: Final = 5_000_000
_MM2: Final = 6  # decimals of a square metre


def make_grid(
    areas: gpd.GeoDataFrame, *, cell_size: float = 150, shape: Shape = "square"
) -> gpd.GeoDataFrame:
    """Cover areas with a grid of places of equal size.

    Parameters
    ----------
    areas : GeoDataFrame
        An areas table (EPSG:27700).
    cell_size : float, default 150
        Side of a cell in metres, at least 1. A hexagon of side s has the area of a square of
        side 1.61 s.
    shape : {"square", "hexagon"}, default "square"
        Squares run west to east and south to north; hexagons have a corner at the top.

    Returns
    -------
    GeoDataFrame
        A places table: every cell that shares more than an edge with the areas, whole, from the
        south-west by row. Index `place_id`, such as "sq150-3533-1201": shape, size, column, row.

    Raises
    ------
    InputError
        If `cell_size` is too small, `shape` is not one of the two, or `areas` is empty.
    TableError
        If `areas` breaks its schema.

    Notes
    -----
    Squares: column = ⌊easting / size⌋, row = ⌊northing / size⌋; a cell is [west, east) × [south,
    north). Hexagons: axial coordinates q (column) and r (row), the centre of (0, 0) at the origin
    of the national grid. `area_id` is the area of the cell's centre by the rule of
    `assign_areas`; if the centre is in no area, the area with the largest share of the cell.

    **Caveats.** Results depend on the size of the cells and on where the grid begins: the
    modifiable areal unit problem. Look at a second size before you trust a rank. A cell on the
    edge of an area is listed under one area only, although it holds ground of both.

    References
    ----------
    Openshaw, S. (1984). *The Modifiable Areal Unit Problem*. Geo Books.

    Examples
    --------
    >>> from hotspots.areas import load_boroughs
    >>> camden = load_boroughs().loc[["E09000007"]]
    >>> make_grid(camden).index[0]
    'sq150-3532-1206'
    >>> make_grid(camden, cell_size=200, shape="hexagon").index[0]
    'hex200-1228-603'

    The cell size is a trade: four times as many places hold a quarter of the incidents each.

    >>> len(make_grid(camden)), len(make_grid(camden, cell_size=75))
    (1078, 4095)
    """
    check_areas(areas)
    _check_grid(areas, cell_size, shape)
    polygons = areas.geometry.to_numpy()
    bounds = tuple(float(edge) for edge in areas.total_bounds)
    column, row = lattice.cells_within(cast("Any", bounds), cell_size, shape)
    cells = lattice.cell_polygons(column, row, cell_size, shape)
    kept = _sharing_ground(cells, polygons)
    column, row, cells = column[kept], row[kept], cells[kept]
    centres = np.asarray(shapely.points(*lattice.cell_centres(column, row, cell_size, shape)))
    area = _areas_of(cells, centres, areas)
    prefix = f"{PREFIX[shape]}{cell_size:g}"
    ids = [f"{prefix}-{q}-{r}" for q, r in zip(column.tolist(), row.tolist(), strict=True)]
    _LOG.info("grid of %d places of %g m (%s)", len(ids), cell_size, shape)
    return make_places(
        ids,
        cells,
        area_id=area,
        area_m2=lattice.cell_area(cell_size, shape),
        shape=shape,
        cell_size_m=float(cell_size),
        column=column,
        row=row,
    )


def places_from_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Turn areas into places, to count by the areas themselves.

    Parameters
    ----------
    areas : GeoDataFrame
        An areas table (EPSG:27700).

    Returns
    -------
    GeoDataFrame
        A places table with one row for each area, in the same order. `place_id` and `area_id`
        are the area's id; `column` and `row` are −1 and `cell_size_m` is missing.

    Raises
    ------
    InputError
        If `areas` is empty.
    TableError
        If `areas` breaks its schema.

    Notes
    -----
    Use it for records that carry an area code instead of a point.

    **Caveats.** Areas differ in size, and larger ones have more incidents for that reason alone;
    wards are far larger than what a patrol can walk.

    Examples
    --------
    >>> from hotspots.areas import load_boroughs
    >>> places_from_areas(load_boroughs()).loc["E09000007", "shape"]
    'area'
    """
    check_areas(areas)
    ids = areas.index.to_numpy(dtype=object)
    geometry = areas.geometry.to_numpy()
    return make_places(
        ids,
        geometry,
        area_id=ids,
        area_m2=shapely.area(geometry),
        shape="area",
        cell_size_m=np.nan,
        column=-1,
        row=-1,
    )


def make_places(ids: Any, geometry: Any, **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Make a places table from its columns."""
    index = pd.Index(ids, name="place_id", dtype="str")
    table = pd.DataFrame({**columns, "is_context": False}, index=index)
    kinds = {
        "area_id": "str",
        "area_m2": "float64",
        "shape": "str",
        "column": "int64",
        "row": "int64",
    }
    return gpd.GeoDataFrame(table.astype(kinds), geometry=np.asarray(geometry), crs=CRS)


def check_cells(cell_size: Any, shape: Any) -> None:  # noqa: ANN401
    """Raise `InputError` unless there can be cells of this size and shape."""
    if shape not in get_args(Shape):
        name = "shape"
        raise invalid(name, shape, f"one of {', '.join(get_args(Shape))}")
    if not is_number(cell_size, 1):
        name = "cell_size"
        raise invalid(name, cell_size, "a number of metres, 1 or more")


def _check_grid(areas: gpd.GeoDataFrame, cell_size: Any, shape: Any) -> None:  # noqa: ANN401
    check_cells(cell_size, shape)
    n = lattice.count_cells_within(tuple(areas.total_bounds), float(cell_size), shape)
    if n > _MOST_CELLS:
        name = "cell_size"
        rule = f"large enough for at most {_MOST_CELLS:,} cells; these areas would need {n:,.0f}"
        remedy = "Use larger cells or fewer areas, or count with hs.Grid(cell_size)."
        raise invalid(name, cell_size, rule, remedy)


def _sharing_ground(
    cells: np.ndarray[Any, Any], polygons: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Give the positions of the cells whose inside meets the inside of a polygon, sorted."""
    tree = shapely.STRtree(cells)
    inside = tree.query(polygons, predicate="contains_properly")[1]
    meeting = tree.query(polygons, predicate="intersects")
    # Only the cells at the rim can merely touch, and that test is the slow one.
    rim = meeting[:, ~np.isin(meeting[1], inside)]
    touches = shapely.touches(polygons[rim[0]], cells[rim[1]])
    return np.asarray(np.union1d(inside, rim[1][~touches]))


def _areas_of(
    cells: np.ndarray[Any, Any], centres: np.ndarray[Any, Any], areas: gpd.GeoDataFrame
) -> np.ndarray[Any, Any]:
    """Give the area of each cell: of its centre, else the one with the largest share of it."""
    ids = areas.index.to_numpy(dtype=object)
    polygons = areas.geometry.to_numpy()
    position = first_covering(centres, polygons, ids)
    homeless = np.flatnonzero(position == NOWHERE)
    area, cell = shapely.STRtree(polygons).query(cells[homeless], predicate="intersects")[::-1]
    share = shapely.area(shapely.intersection(polygons[area], cells[homeless][cell]))
    # Rounding lets equal shares tie in spite of the last digit; the first id then wins.
    ranked = pd.DataFrame({"cell": cell, "share": share.round(_MM2), "id": ids[area], "area": area})
    ranked["id"] = ranked["id"].astype(str)
    best = ranked.sort_values(["cell", "share", "id"], ascending=[True, False, True])
    best = best.drop_duplicates("cell")
    position[homeless[best["cell"].to_numpy()]] = best["area"].to_numpy()
    return np.asarray(ids[position])
