"""Read the user's own areas from a file of polygons.

Columns are recognised by name, geometry is repaired or refused, and everything is moved to the
British National Grid, so that later steps need not ask where a file came from.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from hotspots.areas import columns
from hotspots.areas.grid_reference import to_national_grid
from hotspots.errors import InputError, invalid
from hotspots.tables import AREAS, CRS

if TYPE_CHECKING:
    import os

_LOG = logging.getLogger(__name__)
_SHOWN: Final = 5
_AREAL: Final = ("Polygon", "MultiPolygon")
_EXTENT: Final = (700_000.0, 1_300_000.0)
_LARGEST_DEGREE: Final = 180
_NATIONAL_GRID: Final = (-100_000.0, -2.0, 0.9996012717, 49.0, 400_000.0, 6_377_563.396)
"""False northing, central meridian, scale, latitude of origin, false easting, half axis of Airy."""


def read_areas(
    path: str | os.PathLike[str],
    *,
    id_column: str | None = None,
    name_column: str | None = None,
    crs: object = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read areas, such as wards or team areas, from a file of polygons.

    Parameters
    ----------
    path : str or path
        GeoPackage, GeoJSON, shapefile, GeoParquet or any other file of polygons that GDAL opens.
    id_column, name_column : str, optional
        Columns with the code and the name of each area. By default they are recognised, as in
        files of the ONS (WD24CD, WD24NM) and the GLA (GSS_CODE, NAME), and reported by logging.
        If there are no names, the codes stand in.
    crs : optional
        Coordinate system of the file, such as "EPSG:27700", if it states none or a wrong one.
    layer : str, optional
        Layer of a GeoPackage or other file with several; by default the only one of polygons.

    Returns
    -------
    GeoDataFrame
        An areas table: index `area_id` (text), columns `name`, `population` if the file has one,
        `geometry` (EPSG:27700), and the other columns of the file. The order of the file is kept.

    Raises
    ------
    InputError
        If the file cannot be read, has several layers of polygons, no coordinate system or no
        recognisable codes, if codes are repeated or missing, or if geometries are not polygons in
        Great Britain.
    TableError
        If the result breaks the schema of areas.

    Notes
    -----
    Invalid polygons are repaired and the number is logged. Longitude and latitude are moved by
    OSTN15; other systems are turned into longitude and latitude first.

    **Caveats.** Generalised boundaries (the ONS ends their file names in BGC, BSC or BUC) leave
    out ground by tens or hundreds of metres: incidents there change area or get none. Use full
    resolution (BFE, BFC) to count. Files clipped to the coast leave out the tidal Thames.

    References
    ----------
    Office for National Statistics. *Open Geography portal*. https://geoportal.statistics.gov.uk

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from hotspots.areas import load_boroughs
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "teams.gpkg"
    ...     load_boroughs().rename_axis("TEAM_CODE").to_file(path)
    ...     teams = read_areas(path)
    >>> teams.index[0], teams["name"].iloc[0]
    ('E09000002', 'Barking and Dagenham')
    """
    path = Path(path)
    frame = _open(path, layer)
    if len(frame) == 0:
        msg = f"The file '{path.name}' has no rows. Must hold at least one polygon."
        raise InputError(msg)
    frame = _with_crs(frame, path, crs)
    ids = _choose(frame, "id_column", id_column) or columns.find_codes(_attributes(frame))
    codes = columns.codes_as_text(frame[ids])
    if columns.code_problems(codes):
        raise columns.bad_codes(ids, codes)
    names = _choose(frame, "name_column", name_column)
    names = names or columns.find_names(_attributes(frame), ids)
    people = columns.find_population(_attributes(frame).drop(columns=ids))
    _LOG.info(
        "%d areas from %s: codes from %s, names from %s, population from %s",
        len(frame),
        path.name,
        ids,
        names or "the codes",
        people or "nowhere",
    )
    areas = _arrange(frame, codes, ids, names, people)
    areas = _mend(areas)
    areas = _to_grid(areas)
    AREAS.validate(areas)
    return areas


def _open(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    if not path.exists():
        name = "path"
        raise invalid(name, path, "an existing file", "Check the spelling and the folder.")
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            if layer is not None:
                name = "layer"
                raise invalid(name, layer, "left out: a GeoParquet file has no layers")
            frame = gpd.read_parquet(path)
        else:
            frame = pyogrio.read_dataframe(path, layer=_layer(path, layer))
    except InputError:
        raise
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        # Also what pyogrio, pyarrow and geopandas raise for files they do not understand.
        msg = (
            f"The file '{path}' cannot be read: {error}. Must be a file of polygons, such as a "
            "GeoPackage, a GeoJSON, or a shapefile with its .shx, .dbf and .prj beside it. Open "
            "it in a GIS and save it as a GeoPackage."
        )
        raise InputError(msg) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = f"The file '{path}' has no geometry. Must be a file of polygons."
        raise InputError(msg)
    # GeoParquet keeps an index; here it is a column like any other.
    frame = frame.reset_index() if frame.index.name is not None else frame.reset_index(drop=True)
    return frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")


def _layer(path: Path, given: str | None) -> str | None:
    """Give the layer that is named, else the only one of polygons, else the only one."""
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    if given is not None and given not in kinds:
        raise invalid("layer", given, f"one of {', '.join(kinds)}")
    drawn = [name for name, kind in kinds.items() if kind is not None]
    areal = [name for name in drawn if "Polygon" in str(kinds[name])]
    fit = [given] if given is not None else areal or drawn or list(kinds)[:1]
    if len(fit) > 1:
        msg = (
            f"The file '{path}' has {len(fit)} layers ({', '.join(fit)}) that may hold the areas. "
            "Must be one. Name it with layer= (--areas-layer)."
        )
        raise InputError(msg)
    return next(iter(fit), None)


def _with_crs(frame: gpd.GeoDataFrame, path: Path, crs: object) -> gpd.GeoDataFrame:
    if crs is not None:
        try:
            given = pyproj.CRS.from_user_input(crs)
        except pyproj.exceptions.CRSError as error:
            name = "crs"
            raise invalid(name, crs, "a coordinate system, such as 'EPSG:27700'") from error
        return frame.set_crs(given, allow_override=True)
    if frame.crs is None:
        msg = (
            f"The file '{path}' does not state its coordinate system. Must be known. Use "
            "crs='EPSG:27700' for the British National Grid (easting and northing), or "
            "crs='EPSG:4326' for longitude and latitude."
        )
        raise InputError(msg)
    return frame


def _choose(frame: gpd.GeoDataFrame, argument: str, column: str | None) -> str | None:
    if column is not None and column not in _attributes(frame).columns:
        names = ", ".join(map(str, _attributes(frame).columns))
        raise invalid(argument, column, f"one of {names}")
    return column


def _attributes(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry"))


def _arrange(
    frame: gpd.GeoDataFrame,
    codes: pd.Series[str],
    ids: str,
    names: str | None,
    people: str | None,
) -> gpd.GeoDataFrame:
    """Put the recognised columns under their documented names, and keep the others."""
    chosen: dict[str, pd.Series[Any]] = {"name": codes}
    if names is not None:
        chosen["name"] = columns.codes_as_text(frame[names]).fillna(codes)
    if people is not None:
        numbers = columns.as_numbers(frame[people])
        chosen["population"] = codes if numbers is None else numbers
    rest = frame.drop(columns=[column for column in {ids, names, people} if column is not None])
    # Another column of the file may have one of our names, but not the meaning.
    clash = {name: f"{name}_in_file" for name in ("name", "population") if name in rest}
    rest = rest.rename(columns=clash)
    areas = gpd.GeoDataFrame(
        {
            "name": chosen["name"].astype("str"),
            **{name: chosen[name] for name in ("population",) if name in chosen},
            "geometry": rest.geometry,
            **{name: rest[name] for name in rest.columns if name != "geometry"},
        },
        crs=frame.crs,
    )
    areas.index = pd.Index(codes, name="area_id", dtype="str")
    return areas


def _mend(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Repair invalid polygons, keep the polygons of collections, and refuse everything else."""
    geometry = np.array(areas.geometry.to_numpy())
    is_collection = shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION
    geometry[is_collection] = [_polygons_of(collection) for collection in geometry[is_collection]]
    if is_collection.any():
        _LOG.info("kept only the polygons of %d mixed geometries", is_collection.sum())
    is_invalid = ~shapely.is_missing(geometry) & ~shapely.is_valid(geometry)
    geometry[is_invalid] = shapely.make_valid(
        geometry[is_invalid], method="structure", keep_collapsed=False
    )
    if is_invalid.any():
        _LOG.info("repaired %d invalid polygons: %s", is_invalid.sum(), _some(areas, is_invalid))
    kinds = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    is_bad = ~np.isin(shapely.get_type_id(geometry), kinds) | shapely.is_empty(geometry)
    if is_bad.any():
        found = pd.Series(areas.geometry.geom_type[is_bad]).fillna("missing").unique()
        name = "geometry"
        remedy = f"{is_bad.sum()} of {len(areas)} areas are not ({_some(areas, is_bad)})."
        raise invalid(name, ", ".join(sorted(found)), "polygons", remedy)
    return areas.set_geometry(geometry, crs=areas.crs)


def _polygons_of(collection: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(collection)
    areal = [part for part in parts if part.geom_type in _AREAL]
    return shapely.union_all(areal)


def _to_grid(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move the polygons to the British National Grid."""
    own = pyproj.CRS.from_user_input(areas.crs)
    geometry = np.array(areas.geometry.to_numpy())
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    if not _is_national_grid(own):
        to_degrees = pyproj.Transformer.from_crs(own, "EPSG:4326", always_xy=True)
        xy = np.column_stack(to_national_grid(*to_degrees.transform(xy[:, 0], xy[:, 1])))
        _LOG.info("moved the areas from %s to %s", own.name, CRS)
    # Written so that NaN, which stands for outside Great Britain, is not inside.
    is_inside = ((xy >= 0) & (xy <= _EXTENT)).all(axis=1)
    is_inside &= (np.abs(xy) > _LARGEST_DEGREE).any(axis=1)
    if not is_inside.all():
        is_bad = np.isin(np.arange(len(areas)), owner[~is_inside])
        msg = (
            f"{is_bad.sum()} of {len(areas)} areas lie outside Great Britain "
            f"({_some(areas, is_bad)}) if the coordinate system is {own.name}. Must be inside. "
            "Use crs= if the file states a wrong one: 'EPSG:27700' for easting and northing, "
            "'EPSG:4326' for longitude and latitude."
        )
        raise InputError(msg)
    # Setting two coordinates also drops heights.
    return areas.set_geometry(shapely.set_coordinates(geometry, xy), crs=CRS)


def _is_national_grid(crs: pyproj.CRS) -> bool:
    """Say whether a system is the British National Grid, by its numbers.

    Files describe it by many names, often without its code, and PROJ does not know them all. Taken
    for a foreign system it would be moved to degrees and back, by up to some metres.
    """
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.coordinate_operation is None or crs.ellipsoid is None:
        return False
    numbers = sorted(float(part.value) for part in crs.coordinate_operation.params)
    numbers.append(crs.ellipsoid.semi_major_metre)
    return len(numbers) == len(_NATIONAL_GRID) and np.allclose(numbers, _NATIONAL_GRID, atol=0)


def _some(areas: gpd.GeoDataFrame, which: np.ndarray[Any, Any]) -> str:
    ids = [str(code) for code in areas.index[which]]
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
