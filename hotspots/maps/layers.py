"""Ground as layers of a page: checked, in longitude and latitude, with a point to label it at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

from hotspots.areas import to_longitude_latitude
from hotspots.errors import InputError
from hotspots.maps.page import inert

if TYPE_CHECKING:
    from hotspots.tables import Table

_DEGREE_DECIMALS: Final = 6  # about 0.1 m


def check_polygons(frame: gpd.GeoDataFrame, table: Table) -> None:
    """Raise unless every geometry is a polygon with an inside."""
    polygon = frame.geom_type.isin(["Polygon", "MultiPolygon"]) & ~frame.is_empty
    bad = frame.index[~polygon]
    if len(bad):
        listed = ", ".join(str(label) for label in bad[:5]) + (", …" if len(bad) > 5 else "")  # noqa: PLR2004
        msg = (
            f"The {table.name} table has {len(bad)} rows without a polygon to draw: {listed}. "
            "Must be polygons or multipolygons. Drop these rows."
        )
        raise InputError(msg)


def features_of(ground: gpd.GeoSeries, properties: list[dict[str, Any]]) -> dict[str, Any]:
    """Make a GeoJSON collection; each feature knows a point in its middle for pin and label."""
    shapes = to_degrees(ground)
    middles = to_degrees(_middle(ground))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": inert(str(label)),
                "properties": {**facts, "middle": [middle.y, middle.x]},
                "geometry": shapely.geometry.mapping(shape),
            }
            for label, shape, middle, facts in zip(
                ground.index, shapes, middles, properties, strict=True
            )
        ],
    }


def _middle(ground: gpd.GeoSeries) -> gpd.GeoSeries:
    """Give the centroid where it lies inside, else the point farthest from the edge."""
    circles = shapely.maximum_inscribed_circle(ground.to_numpy())
    widest = gpd.GeoSeries(shapely.get_point(circles, 0), index=ground.index, crs=ground.crs)
    centroid = ground.centroid
    return centroid.where(centroid.within(ground), widest)


def to_degrees(ground: gpd.GeoSeries) -> gpd.GeoSeries:
    """Convert to longitude and latitude, rounded to keep the page small and repeatable."""

    def move(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        degrees = np.column_stack(to_longitude_latitude(xy[:, 0], xy[:, 1]))
        if np.isnan(degrees).any():
            msg = (
                "A polygon to draw reaches outside Great Britain. Must lie on the British National "
                "Grid, easting first. Check the coordinates of areas and hotspots."
            )
            raise InputError(msg)
        return np.round(degrees, _DEGREE_DECIMALS)

    moved = shapely.transform(ground.to_numpy(), move)
    return gpd.GeoSeries(moved, index=ground.index, crs="EPSG:4326")
