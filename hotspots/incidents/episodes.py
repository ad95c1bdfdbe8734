"""Group the calls about one occurrence: the same place or near, in the same night.

Calls are linked when they are within a radius in the same night, and an episode is everything that
is linked; a k-d tree over (easting, northing, night) finds the links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from hotspots.errors import invalid, is_number
from hotspots.tables import require_clock, require_points
from hotspots.times import night_of

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd


def find_episodes(
    incidents: gpd.GeoDataFrame, *, radius: float = 50.0, night_ends: int = 6
) -> pd.Series[Any]:
    """Group incidents into episodes: same place or near, same night.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a clock time.
    radius : float
        Largest distance between two linked incidents, metres, at least 0. With 0 only incidents at
        exactly the same point are linked.
    night_ends : int
        Hour of the day, 0–12, at which a night gives way to the next date.

    Returns
    -------
    Series of int64
        Episode number on the same index, counted from 0 in the order of night, easting and
        northing. An incident without a point is an episode of its own, and so is numbered last.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If the radius is negative or not a number.

    Notes
    -----
    Links chain: three calls 40 m apart along a street are one episode at a radius of 50 m. A
    call's weight does not matter. O(n log n).

    Caveats
    -------
    Two different parties in one street on one night become one episode; the same party over two
    nights becomes two. On snapped points "near" means the same or a neighbouring map point.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(1000, rng=1).incidents
    >>> episodes = find_episodes(calls)
    >>> bool(episodes.nunique() < len(calls))
    True
    """
    require_clock(incidents, "find_episodes")
    if not is_number(radius) or radius < 0:
        raise invalid("radius", radius, "a number of metres of at least 0")
    geometry = incidents.geometry
    is_placed = require_points(incidents, "find_episodes")
    nights = night_of(incidents["start"], night_ends=night_ends)
    day = (nights - pd.Timestamp(0)).dt.days.to_numpy()
    table = np.column_stack(
        [day[is_placed], geometry.x.to_numpy()[is_placed], geometry.y.to_numpy()[is_placed]]
    )
    # Unique rows are sorted, so the numbers do not depend on the order of the incidents.
    places, place_of = np.unique(table, axis=0, return_inverse=True)
    labels = _link(places, radius)[place_of.ravel()] if len(places) else np.empty(0, dtype=int)
    episodes = np.empty(len(incidents), dtype=np.int64)
    episodes[is_placed] = labels
    first_free = labels.max() + 1 if len(labels) else 0
    episodes[~is_placed] = first_free + np.arange((~is_placed).sum())
    return pd.Series(episodes, index=incidents.index, name="episode")


def _link(places: np.ndarray[Any, Any], radius: float) -> np.ndarray[Any, Any]:
    """Link what is near and number the groups of (night, easting, northing), first seen first."""
    # Nights are kept apart by more than the radius, so that one tree serves all of them.
    apart = places * np.array([2 * radius + 1.0, 1.0, 1.0])
    pairs = cKDTree(apart).query_pairs(radius, output_type="ndarray")
    n = len(places)
    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, component = connected_components(links, directed=False)
    _, first, number_of = np.unique(component, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[number_of])
