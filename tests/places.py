"""Small grids of places, and values on them, shared by the tests of several verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.areas.places import make_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

SIDE = 100.0


def make_cells(width: int, height: int) -> gpd.GeoDataFrame:
    """Give squares of 100 m, named c0, c1, … row by row from the south-west."""
    row, column = np.divmod(np.arange(width * height), width)
    x, y = column * SIDE, row * SIDE
    return make_places(
        [f"c{number}" for number in range(width * height)],
        shapely.box(x, y, x + SIDE, y + SIDE),
        area_id=None,
        area_m2=SIDE**2,
        shape="square",
        cell_size_m=SIDE,
        column=column,
        row=row,
    )


def on(places: gpd.GeoDataFrame, numbers: Iterable[float]) -> pd.Series:
    """Put numbers on places, in their order."""
    return pd.Series(np.asarray(list(numbers)), index=places.index)
