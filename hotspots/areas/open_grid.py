"""A grid without borders: cells that come to be where there are incidents.

England and Wales have fifteen million cells of 100 m, and most never see a report. Here a cell is
two whole numbers until it is needed; polygons are made only for cells that were hit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.areas import lattice
from hotspots.areas.places import PREFIX, check_cells, make_places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from hotspots.areas.lattice import Shape

    Integers = np.ndarray[Any, np.dtype[np.int64]]

_EXTENT: Final = (700_000.0, 1_300_000.0)


@dataclass(frozen=True)
class Grid:
    """Cells of one size over the whole of Great Britain, made only where incidents are.

    Give it to `count_incidents` instead of places when the ground is large and mostly empty.

    Parameters
    ----------
    cell_size : float, default 150
        Side of a cell in metres, at least 1.
    shape : {"square", "hexagon"}, default "square"
        As for `make_grid`, whose cells have the same edges and ids.

    Raises
    ------
    InputError
        If the size or shape is not allowed.

    Caveats
    -------
    Cells without incidents are not there at all, so rates and priors that need the empty ground
    cannot be had from such counts: use `make_grid` for those.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(1000, rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.Grid(cell_size=100))
    >>> len(counts.places) <= 1000
    True
    """

    cell_size: float = 150
    shape: Shape = "square"

    def __post_init__(self) -> None:
        """Check the arguments."""
        check_cells(self.cell_size, self.shape)

    def find(self, easting: ArrayLike, northing: ArrayLike) -> Integers:
        """Give each point the number of its cell; −1 outside the extent of the National Grid."""
        x, y = np.asarray(easting, dtype=np.float64), np.asarray(northing, dtype=np.float64)
        position = np.full(len(x), -1, dtype=np.int64)
        use = (x >= 0) & (x <= _EXTENT[0]) & (y >= 0) & (y <= _EXTENT[1])
        column, row = lattice.cells_at(x[use], y[use], self.cell_size, self.shape)
        first, height = self._frame()
        position[use] = (column - first) * height + row
        return position

    def places(self, numbers: Integers) -> gpd.GeoDataFrame:
        """Make the places table of some cells, by their numbers; they belong to no area."""
        first, height = self._frame()
        column, row = numbers // height + first, numbers % height
        ids = [
            f"{PREFIX[self.shape]}{self.cell_size:g}-{q}-{r}"
            for q, r in zip(column.tolist(), row.tolist(), strict=True)
        ]
        places = make_places(
            ids,
            lattice.cell_polygons(column, row, self.cell_size, self.shape),
            area_id="",
            area_m2=lattice.cell_area(self.cell_size, self.shape),
            shape=self.shape,
            cell_size_m=float(self.cell_size),
            column=column,
            row=row,
        )
        return places.assign(area_id=pd.Series(None, index=places.index, dtype="object"))

    @property
    def n_cells(self) -> int:
        """Numbers that a cell can have."""
        first, height = self._frame()
        return int(_EXTENT[0] / self.cell_size + 3 - first) * height

    def _frame(self) -> tuple[int, int]:
        """Give the first column and the number of rows, of hexagons with their leaning columns."""
        if self.shape == "square":
            return 0, int(_EXTENT[1] / self.cell_size) + 3
        height = int(_EXTENT[1] / (1.5 * self.cell_size)) + 3
        # Going up two rows, the columns lean one to the left.
        return -(height // 2) - 2, height
