"""The arithmetic of rasters: cells anchored on the national grid, points and ground put into them.

Edges are whole multiples of the cell, so that rasters of the same cell fit onto each other. Row 0
is the northernmost, as in a GeoTIFF; a value belongs to the middle of its cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

PAD: Final = 1
"""Cells round a raster that points next to its edge reach when they are shared out."""

_WHOLE: Final = 1 - 1e-9


@dataclass(frozen=True)
class Raster:
    """Where the cells of a raster are.

    Parameters
    ----------
    left, top : int
        Its west and north edge, in cells from the origin of the national grid.
    n_rows, n_columns : int
        Cells from north to south and from west to east.
    cell_size : float
        Side of the square cells, metres.
    """

    left: int
    top: int
    n_rows: int
    n_columns: int
    cell_size: float

    @classmethod
    def covering(cls, bounds: tuple[float, float, float, float], cell_size: float) -> Raster:
        """Give the smallest raster that holds west, south, east and north."""
        west, south, east, north = (edge / cell_size for edge in bounds)
        left, top = math.floor(west), math.ceil(north)
        n_rows, n_columns = top - math.floor(south), math.ceil(east) - left
        return cls(left, top, max(n_rows, 1), max(n_columns, 1), cell_size)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n_rows, self.n_columns

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge, metres."""
        right, bottom = self.left + self.n_columns, self.top - self.n_rows
        west, south, east, north = (
            edge * self.cell_size for edge in (self.left, bottom, right, self.top)
        )
        return west, south, east, north

    def joined(self, other: Raster) -> Raster:
        """Give the smallest raster that holds this one and another of the same cell."""
        left, top = min(self.left, other.left), max(self.top, other.top)
        right = max(self.left + self.n_columns, other.left + other.n_columns)
        bottom = min(self.top - self.n_rows, other.top - other.n_rows)
        return Raster(left, top, top - bottom, right - left, self.cell_size)

    def put_into(self, wider: Raster, values: Floats, fill: float) -> Floats:
        """Give layers of this raster on a wider one, with `fill` where this one does not reach."""
        if wider == self:
            return values
        result = np.full((len(values), *wider.shape), fill, dtype=values.dtype)
        row, column = wider.top - self.top, self.left - wider.left
        result[:, row : row + self.n_rows, column : column + self.n_columns] = values
        return result

    def middles(self) -> tuple[Floats, Floats]:
        """Give the eastings of the columns' middles and the northings of the rows'."""
        x = (self.left + np.arange(self.n_columns) + 0.5) * self.cell_size
        y = (self.top - np.arange(self.n_rows) - 0.5) * self.cell_size
        return x, y

    def cells_of(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """Give row and column of the cell that holds each point; −1, −1 outside the raster."""
        west, _, _, north = self.bounds
        row = np.floor((north - y) / self.cell_size)
        column = np.floor((x - west) / self.cell_size)
        is_in = (row >= 0) & (row < self.n_rows) & (column >= 0) & (column < self.n_columns)
        return (
            np.where(is_in, row, -1).astype(np.int64),
            np.where(is_in, column, -1).astype(np.int64),
        )

    def share_out(self, x: Floats, y: Floats, weight: Floats) -> Floats:
        """Share the weight of each point out between the four nearest middles of cells.

        The nearer, the more (linear binning), so that sums and centres of gravity are kept.

        Returns
        -------
        float array (n_rows + 2, n_columns + 2)
            With one more cell on each side, for points within half a cell of the edge.
        """
        west, _, _, north = self.bounds
        across = (x - west) / self.cell_size - 0.5 + PAD
        down = (north - y) / self.cell_size - 0.5 + PAD
        column, row = np.floor(across).astype(np.int64), np.floor(down).astype(np.int64)
        east, south = across - column, down - row
        shape = (self.n_rows + 2 * PAD, self.n_columns + 2 * PAD)
        total = np.zeros(shape[0] * shape[1])
        for step_down, share_down in ((0, 1 - south), (1, south)):
            for step_across, share_across in ((0, 1 - east), (1, east)):
                cell = (row + step_down) * shape[1] + column + step_across
                total += np.bincount(cell, weight * share_down * share_across, len(total))
        return total.reshape(shape)

    def share_inside(self, ground: BaseGeometry) -> Floats:
        """Give the share of each cell that lies inside a polygon, 0–1, exactly.

        A square of cells that is wholly inside or outside is settled at once; another is quartered
        with the part of the polygon that it holds, down to single cells.
        """
        share = np.zeros(self.shape)
        west, _, _, north = self.bounds
        side = 1 << (max(self.shape) - 1).bit_length()
        row = column = np.zeros(1, dtype=np.int64)
        part = np.array([ground], dtype=object)
        while True:
            size = side * self.cell_size
            x, y = west + column * self.cell_size, north - row * self.cell_size
            part = shapely.intersection(part, shapely.box(x, y - size, x + size, y))
            inside = shapely.area(part) / size**2
            is_whole = inside > _WHOLE
            for first, start in zip(row[is_whole], column[is_whole], strict=True):
                share[first : first + side, start : start + side] = 1.0
            is_open = ~is_whole & (inside > 0)
            row, column, part = row[is_open], column[is_open], part[is_open]
            if side == 1:
                share[row, column] = inside[is_open]
                return share
            side //= 2
            row = np.concatenate([row, row, row + side, row + side])
            column = np.concatenate([column, column + side, column, column + side])
            part = np.tile(part, 4)
