"""Points and coordinate systems of spatial sources, the same way for every format.

A geometry becomes two numbers, a coordinate system a text that another process can read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    Geometries = np.ndarray[Any, np.dtype[np.object_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]

_POINT: Final = int(shapely.GeometryType.POINT)
_MULTIPOINT: Final = int(shapely.GeometryType.MULTIPOINT)
_MISSING: Final = -1


def find_others(geometry: Geometries) -> list[str]:
    """Name the kinds of geometry that are not points, in order of the alphabet.

    Missing and empty geometries, and multipoints of one point, are points.
    """
    kinds = shapely.get_type_id(geometry)
    is_other = (kinds != _POINT) & (kinds != _MISSING) & ~shapely.is_empty(geometry)
    is_other &= (kinds != _MULTIPOINT) | (shapely.get_num_geometries(geometry) > 1)
    return sorted({shape.geom_type for shape in geometry[is_other]})


def point_coordinates(geometry: Geometries) -> tuple[Floats, Floats]:
    """Give x and y of points; NaN for missing and empty ones. Heights are dropped."""
    points = np.array(geometry, dtype=object)
    is_multiple = shapely.get_type_id(points) == _MULTIPOINT
    points[is_multiple] = shapely.get_geometry(points[is_multiple], 0)
    # GEOS refuses to say where an empty point is.
    points[shapely.is_empty(points)] = None
    return shapely.get_x(points), shapely.get_y(points)


def wkb_coordinates(values: Iterable[bytes | None], name: str) -> tuple[pa.Array, pa.Array]:
    """Give x and y of points in well-known binary; null for missing and empty ones.

    Parameters
    ----------
    values : iterable of bytes
        Well-known binary (WKB), None where there is none.
    name : str
        Of the source, for messages.

    Returns
    -------
    x, y : pyarrow.Array of float64

    Raises
    ------
    InputError
        If a geometry cannot be read or is no point.
    """
    raw = np.array(list(values), dtype=object)
    try:
        geometry = shapely.from_wkb(raw)
    except (shapely.errors.ShapelyError, TypeError, ValueError) as error:
        msg = (
            f"Cannot read the geometry of '{name}': {error}. Must be points in well-known binary. "
            "Open it in a GIS and save it as a GeoPackage."
        )
        raise InputError(msg) from error
    others = find_others(geometry)
    if others:
        raise not_points(name, others)
    x, y = point_coordinates(geometry)
    return as_coordinates(x), as_coordinates(y)


def as_coordinates(values: Floats) -> pa.Array:
    """Turn coordinates into an Arrow column, NaN into null."""
    return pa.array(np.asarray(values, dtype=np.float64), from_pandas=True)


def not_points(name: str, kinds: Iterable[str]) -> InputError:
    """Say that a source holds other geometries than points."""
    msg = (
        f"The geometry of '{name}' is {', '.join(kinds)}. Must be points, one a row. Use their "
        "centroids (in QGIS: Vector, Geometry Tools, Centroids)."
    )
    return InputError(msg)


def crs_text(crs: object) -> str | None:
    """Write a coordinate system as a text: authority and code if it has one, else WKT.

    Parameters
    ----------
    crs : pyproj.CRS, str, dict (PROJJSON) or None
        What the source says.

    Returns
    -------
    str or None
        Longitude and latitude on WGS 84 in that order (OGC:CRS84) are "EPSG:4326", as coordinates
        here are always x before y. None for a source that says nothing, or only that its plane
        is not known.

    Examples
    --------
    >>> crs_text(pyproj.CRS(27700)), crs_text("OGC:CRS84"), crs_text(None)
    ('EPSG:27700', 'EPSG:4326', None)
    """
    if crs is None or crs == "":
        return None
    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return crs if isinstance(crs, str) else json.dumps(crs)
    if known.is_engineering or known.name.lower().startswith("undefined"):
        return None
    authority = known.to_authority()
    if authority is None:
        return known.to_wkt()
    return "EPSG:4326" if authority == ("OGC", "CRS84") else ":".join(authority)
