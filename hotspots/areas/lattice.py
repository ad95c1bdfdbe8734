"""The arithmetic of grid cells: squares and hexagons on the British National Grid.

A cell is a pair of whole numbers, column and row. Both lattices are anchored at the origin of the
national grid, so that the same place has the same cell in every analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.floating[Any]]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

Shape = Literal["square", "hexagon"]

STEPS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "square": ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)),
    "hexagon": ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)),
}
"""Steps in column and row to the neighbours of a cell."""

# Corners of a pointy-top hexagon about its centre, in half widths and half sides: whole numbers,
# so that neighbours compute the corner that they share from the same numbers.
_CORNERS: Final = np.array([(0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1), (1, 1)])


def cells_at(x: Numbers, y: Numbers, cell_size: float, shape: Shape) -> tuple[Integers, Integers]:
    """Give column and row of the one cell that each point belongs to.

    A square holds its west and south edge. On the edge of hexagons one of them is chosen, always
    the same.
    """
    if shape == "square":
        return _floor_divide(x, cell_size), _floor_divide(y, cell_size)
    row = y / (1.5 * cell_size)
    column = x / (np.sqrt(3) * cell_size) - row / 2
    return _nearest_hexagon(column, row)


def cell_centres(
    column: Integers, row: Integers, cell_size: float, shape: Shape
) -> tuple[Numbers, Numbers]:
    """Give easting and northing of the centre of each cell."""
    if shape == "square":
        return (column + 0.5) * cell_size, (row + 0.5) * cell_size
    half_width, half_side = _half(cell_size)
    return (2 * column + row) * half_width, 3 * row * half_side


def cell_polygons(
    column: Integers, row: Integers, cell_size: float, shape: Shape
) -> np.ndarray[Any, Any]:
    """Give the polygon of each cell. Neighbours share their corners exactly."""
    if shape == "square":
        return np.asarray(
            shapely.box(
                column * cell_size,
                row * cell_size,
                (column + 1) * cell_size,
                (row + 1) * cell_size,
            )
        )
    half_width, half_side = _half(cell_size)
    x = (2 * column + row)[:, np.newaxis] + _CORNERS[:, 0]
    y = (3 * row)[:, np.newaxis] + _CORNERS[:, 1]
    return np.asarray(shapely.polygons(np.stack([x * half_width, y * half_side], axis=-1)))


def cell_area(cell_size: float, shape: Shape) -> float:
    """Give the area of one cell, square metres."""
    return cell_size**2 if shape == "square" else float(1.5 * np.sqrt(3) * cell_size**2)


def count_cells_within(
    bounds: tuple[float, float, float, float], cell_size: float, shape: Shape
) -> float:
    """Say how many cells a bounding box holds, roughly, without making them."""
    west, south, east, north = bounds
    return (east - west) * (north - south) / cell_area(cell_size, shape)


def cells_within(
    bounds: tuple[float, float, float, float], cell_size: float, shape: Shape
) -> tuple[Integers, Integers]:
    """Give column and row of every cell that a bounding box touches, and some around it."""
    west, south, east, north = bounds
    if shape == "square":
        width = height = cell_size
    else:
        width, height = np.sqrt(3) * cell_size, 1.5 * cell_size
    first_row, last_row = int(south // height) - 1, int(north // height) + 2
    rows = np.arange(first_row, last_row, dtype=np.int64)
    across = np.arange(int(west // width) - 1, int(east // width) + 2, dtype=np.int64)
    row, column = (part.ravel() for part in np.meshgrid(rows, across, indexing="ij"))
    # Going up a row, the axial columns of hexagons lean half a cell to the right.
    return (column if shape == "square" else column - row // 2), row


def _half(side: float) -> tuple[float, float]:
    return float(np.sqrt(3) / 2 * side), side / 2


def _floor_divide(x: Numbers, size: float) -> Integers:
    """Divide so that a cell holds exactly the numbers from its edge up to the next edge."""
    cell = np.floor(x / size)
    # The quotient is rounded, so next to an edge it can be one off the edges of the polygons.
    cell = np.where(x < cell * size, cell - 1, cell)
    cell = np.where(x >= (cell + 1) * size, cell + 1, cell)
    return np.asarray(cell, dtype=np.int64)


def _nearest_hexagon(column: Numbers, row: Numbers) -> tuple[Integers, Integers]:
    """Round axial coordinates: all three, then mend the one that was rounded most."""
    third = -column - row
    q, r, s = np.round(column), np.round(row), np.round(third)
    off_q, off_r, off_s = np.abs(q - column), np.abs(r - row), np.abs(s - third)
    mend_q = (off_q > off_r) & (off_q > off_s)
    mend_r = ~mend_q & (off_r > off_s)
    return (
        np.where(mend_q, -r - s, q).astype(np.int64),
        np.where(mend_r, -q - s, r).astype(np.int64),
    )
