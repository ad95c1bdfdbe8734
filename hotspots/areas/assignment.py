"""The rule that decides to which area a point belongs, so that nobody is counted twice.

Every point is tested against the exact polygons; an index of the points finds the few candidates.
For many points an index of the polygons answers instead, with the same result.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, invalid
from hotspots.tables import CRS, check_areas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)
_POINT: Final = 0
NOWHERE: Final = -1
"""Position of a point that is in no polygon."""
# From this many points on, building an index of the polygons takes less time than it saves.
_MANY: Final = 100_000


def assign_areas(incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series[str]:
    """Say to which area each incident belongs.

    A point belongs to the area that covers it, edge included; where several do, because it lies
    on a shared edge or because areas overlap, it belongs to the one whose id sorts first. So
    every incident is counted at most once.

    Parameters
    ----------
    incidents : GeoDataFrame
        Points in EPSG:27700. A row without a point takes the code in its column `area_code`, if
        there is one and it is the id of an area.
    areas : GeoDataFrame
        An areas table (EPSG:27700).

    Returns
    -------
    Series of str
        Named `area_id`, on the index of `incidents`; missing where there is no area.

    Raises
    ------
    InputError
        If a frame is not in EPSG:27700, a geometry is not a point, or `areas` is empty.
    TableError
        If `areas` breaks its schema.

    Notes
    -----
    Complexity: O((n + m) log n) for n points and m matches of points and bounding boxes; from
    100,000 points on O(n), once the areas are in a `PolygonIndex`. Three million points in 33
    boroughs take about a second.

    **Caveats.** Police points are often moved to the middle of a street, and many borough
    boundaries run along streets: for those points the answer is a convention, not a fact. Where
    areas overlap, the later area loses every incident that both hold.

    Examples
    --------
    >>> from hotspots.areas import load_boroughs
    >>> points = gpd.GeoSeries.from_xy([529_950, 0], [180_400, 0], crs="EPSG:27700")
    >>> area = assign_areas(gpd.GeoDataFrame(geometry=points), load_boroughs())
    >>> area.fillna("nowhere").tolist()
    ['E09000033', 'nowhere']
    """
    points = _points_of(incidents)
    check_areas(areas)
    ids = areas.index.to_numpy(dtype=object)
    position = first_covering(points, areas.geometry.to_numpy(), ids)
    found = np.full(len(points), None, dtype=object)
    found[position != NOWHERE] = ids[position[position != NOWHERE]]
    if "area_code" in incidents.columns:
        codes = incidents["area_code"]
        use = ~_has_place(points) & codes.isin(ids).to_numpy()
        found[use] = codes.to_numpy(dtype=object)[use]
        if use.any():
            _LOG.info("%d of %d incidents have a code but no point", use.sum(), len(points))
    return pd.Series(found, index=incidents.index, dtype="str", name="area_id")


def first_covering(
    points: np.ndarray[Any, Any],
    polygons: np.ndarray[Any, Any],
    ids: Sequence[object] | np.ndarray[Any, Any],
) -> Integers:
    """Give the position of the polygon that a point belongs to, by the rule of `assign_areas`.

    Parameters
    ----------
    points : ndarray of Point
        May hold missing and empty points.
    polygons : ndarray of Polygon or MultiPolygon
        They may overlap.
    ids : sequence
        One for each polygon. As text, they decide who comes first.

    Returns
    -------
    ndarray of int64
        Positions in `polygons`, −1 where none covers the point.
    """
    xy = np.full((len(points), 2), np.nan)
    usable = _has_place(points)
    xy[usable] = shapely.get_coordinates(points[usable])
    return first_covering_xy(xy[:, 0], xy[:, 1], polygons, ids)


def first_covering_xy(
    x: ArrayLike,
    y: ArrayLike,
    polygons: np.ndarray[Any, Any],
    ids: Sequence[object] | np.ndarray[Any, Any],
) -> Integers:
    """Do as `first_covering` for points that are given by their coordinates.

    Coordinates are as for `PolygonIndex.find`; for several chunks of points, build one once.
    """
    x, y = as_coordinates(x, y)
    n_corners = int(shapely.get_num_coordinates(polygons).sum())
    if len(x) < max(_MANY, n_corners):
        return first_covering_by_geometry(x, y, polygons, order_of_ids(ids))
    from hotspots.areas.polygon_index import PolygonIndex  # noqa: PLC0415 (it imports from here)

    return PolygonIndex.build(polygons, ids).find(x, y)


def first_covering_by_geometry(
    x: Floats, y: Floats, polygons: np.ndarray[Any, Any], by_id: Integers
) -> Integers:
    """Test the points against the polygons, given the order of their ids."""
    none = len(polygons)
    rank = np.full(len(x), none, dtype=np.int64)
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    # The tree holds the points, because it prepares what it is asked about: here the polygons.
    tree = shapely.STRtree(np.asarray(shapely.points(x[usable], y[usable])))
    polygon, point = tree.query(polygons[by_id], predicate="intersects")
    np.minimum.at(rank, usable[point], polygon)
    return np.append(by_id, NOWHERE)[rank]


def order_of_ids(ids: Sequence[object] | np.ndarray[Any, Any]) -> Integers:
    """Give the positions of the ids in the order of their text."""
    return np.array(sorted(range(len(ids)), key=lambda at: str(ids[at])), dtype=np.int64)


def as_coordinates(easting: ArrayLike, northing: ArrayLike) -> tuple[Floats, Floats]:
    """Give coordinates as two arrays of the same length, or raise `InputError`."""
    try:
        x = np.asarray(easting, dtype=np.float64, order="C")
        y = np.asarray(northing, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        msg = f"Invalid easting or northing: {error}. Must be numbers of metres. Use NaN for none."
        raise InputError(msg) from error
    if x.shape != y.shape or x.ndim != 1:
        msg = (
            f"Invalid easting and northing of shapes {x.shape} and {y.shape}. Must be two lists "
            "of the same length."
        )
        raise InputError(msg)
    return x, y


def _has_place(points: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(~(shapely.is_missing(points) | shapely.is_empty(points)))


def _points_of(incidents: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    if not isinstance(incidents, gpd.GeoDataFrame):
        name = "incidents"
        raise invalid(
            name,
            type(incidents).__name__,
            "a GeoDataFrame of points",
            "Use hs.read_incidents(files).",
        )
    if incidents.crs != CRS:
        name = "coordinate system"
        verb = "set_crs" if incidents.crs is None else "to_crs"
        remedy = f"Use incidents.{verb}('{CRS}')."
        raise invalid(name, incidents.crs, f"{CRS} for incidents", remedy)
    points = np.asarray(incidents.geometry.to_numpy())
    is_other = ~shapely.is_missing(points) & (shapely.get_type_id(points) != _POINT)
    if is_other.any():
        kinds = ", ".join(sorted(set(incidents.geometry[is_other].geom_type)))
        name = "geometry"
        remedy = f"{int(is_other.sum())} of {len(points)} rows are not; use their centroid."
        raise invalid(name, kinds, "points", remedy)
    return points
