"""Frames for other programs, in longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hotspots.areas import to_longitude_latitude, to_national_grid
from hotspots.tables import CRS

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


def write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a frame as GeoJSON by RFC 7946."""
    to_degrees(frame).to_file(path, driver="GeoJSON", engine="pyogrio", RFC7946="YES")


def to_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the same frame in longitude and latitude, by OSTN15 and so to the millimetre."""

    def move(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(to_longitude_latitude(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(frame.geometry.to_numpy(), move)
    return frame.set_geometry(moved, crs="EPSG:4326")


def from_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a frame in longitude and latitude on the National Grid, the way back of `to_degrees`."""

    def move(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(to_national_grid(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(frame.geometry.to_numpy(), move)
    return frame.set_geometry(moved, crs=CRS)
