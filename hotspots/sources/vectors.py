"""GeoPackage, GeoJSON, shapefile and FlatGeobuf, through GDAL.

Features are streamed as Arrow in the order of the file. Dates with a time are taken as the text
that the file holds, because GDAL's own types lose the time zone of some formats.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyogrio
import pyogrio.raw

from hotspots.errors import InputError, invalid
from hotspots.sources.packed import cannot_read, split_suffix
from hotspots.sources.plain import plain_chunk
from hotspots.sources.points import crs_text, not_points, wkb_coordinates
from hotspots.sources.quiet import in_our_words
from hotspots.sources.raw import POINT_X, POINT_Y

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hotspots.sources.files import Source
    from hotspots.sources.raw import RawChunk

ALL_LAYERS: Final = "*"
"""What to give for `layer` to read all of them."""

_DRIVERS: Final = {
    ".gpkg": ("GPKG",),
    ".shp": ("ESRI Shapefile",),
    ".fgb": ("FlatGeobuf",),
    ".geojson": ("GeoJSON", "JSONFG"),
    ".json": ("GeoJSON", "JSONFG"),
}
_MAY_BE_POINTS: Final = ("Point", "MultiPoint", "Unknown", "Geometry", "GeometryCollection")
_ROWS: Final = 500_000
_NAIVE: Final = pa.timestamp("us")
_AWARE: Final = pa.timestamp("us", "UTC")
_SHP_LENGTH: Final = slice(24, 28)
_SHP_UNIT: Final = 2
_ERRORS: Final = (RuntimeError, OSError, LookupError, TypeError, ValueError, pa.ArrowException)


def find_layers(path: Path, name: str, layer: str | None) -> list[tuple[str, str | None]]:
    """Choose the layers to read, each with its coordinate system.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What to call it in messages.
    layer : str, optional
        Layer of a GeoPackage, or `ALL_LAYERS` for all of points. By default the only one of
        points. Other formats have one layer.

    Returns
    -------
    list of (layer, crs)
        The coordinate system is None if the file states none. The layer is empty where a format
        has one only.

    Raises
    ------
    InputError
        If the file cannot be read, has no such layer, no layer of points, or several.
    """
    suffix = split_suffix(path.name)[1]
    if "!" in str(path):
        msg = f"Cannot read '{path}': GDAL takes '!' for an archive. Must have no '!'. Rename it."
        raise InputError(msg)
    if suffix == ".shp":
        _check_shapefile(path, name)
    with _gdal(name):
        layers = {str(own): kind for own, kind in pyogrio.list_layers(path)}
        driver = pyogrio.read_info(path, layer=next(iter(layers), None))["driver"]
    if driver not in _DRIVERS[suffix]:
        msg = (
            f"The file '{name}' is not what its name says: GDAL takes it for {driver}. Must be "
            f"{_DRIVERS[suffix][0]}. Open it in a GIS, and save it as a GeoPackage."
        )
        raise InputError(msg)
    chosen = _choose(layers, name, layer) if suffix == ".gpkg" else list(layers)[:1]
    others = {str(layers[own]) for own in chosen if not _may_be_points(layers[own])}
    if others:
        raise not_points(name, sorted(others))
    with _gdal(name):
        systems = [crs_text(pyogrio.read_info(path, layer=own)["crs"]) for own in chosen]
    names = chosen if suffix == ".gpkg" else [""]
    return list(zip(names, systems, strict=True))


def read_vector(path: Path, source: Source, *, rows: int) -> Iterator[RawChunk]:
    """Read the features of one layer.

    Parameters
    ----------
    path : Path
        The file.
    source : Source
        It, as it was found.
    rows : int
        Most rows of a chunk.

    Yields
    ------
    RawChunk
        At least one. `POINT_X` and `POINT_Y` are there if the layer has geometry. Dates with a
        time are timestamps: without a zone if none has one, in UTC if all have one; otherwise
        they stay text.

    Raises
    ------
    InputError
        If the file is not complete, or its geometry is not points.
    """
    layer, name = source.layer or None, source.name
    with _gdal(name):
        info = pyogrio.read_info(path, layer=layer)
    times = _time_types(path, layer, info, name)
    line = 1
    for table in _tables(path, layer, name, rows=rows):
        for column, kind in times.items():
            at = table.column_names.index(column)
            table = table.set_column(at, column, table.column(at).cast(kind))  # noqa: PLW2901
        geometry = None
        if info["geometry_type"] is not None:
            geometry = table.column(table.num_columns - 1).to_pylist
            if path.suffix.lower() == ".fgb":
                # After an empty point GDAL's Arrow stream of a FlatGeobuf gives those of others.
                geometry = partial(_geometry, path, layer, line - 1, table.num_rows, name)
        yield _chunk(table, line, name, geometry)
        line += table.num_rows
    # At the end of an incomplete file GDAL may stop without a word.
    if line - 1 < info["features"]:
        msg = (
            f"The file '{name}' ends after {line - 1:,} of {info['features']:,} features. Must be "
            "complete. Copy or download it again."
        )
        raise InputError(msg)


def side_file(path: Path, suffix: str) -> Path | None:
    """Find the file that goes with a shapefile, whether its suffix is in small letters or not."""
    wanted = f"{path.stem}{suffix}".lower()
    try:
        return next((own for own in path.parent.iterdir() if own.name.lower() == wanted), None)
    except OSError as error:
        raise cannot_read(path.parent, error) from error


def _choose(layers: dict[str, str | None], name: str, layer: str | None) -> list[str]:
    """Choose the layers of a GeoPackage."""
    if layer is not None and layer != ALL_LAYERS:
        if layer not in layers:
            argument = "layer"
            raise invalid(argument, layer, f"a layer of '{name}': {', '.join(layers)}")
        return [layer]
    drawn = [own for own, kind in layers.items() if kind is not None]
    of_points = [own for own in drawn if _may_be_points(layers[own])]
    if len(of_points) > 1 and layer is None:
        msg = (
            f"The file '{name}' has {len(of_points)} layers of points ({', '.join(of_points)}). "
            f"Must be clear which is meant. Use layer='{of_points[0]}' (--layer) for one of them, "
            f"or layer='{ALL_LAYERS}' for all."
        )
        raise InputError(msg)
    if of_points or drawn:
        return of_points or drawn
    msg = (
        f"The file '{name}' has no layer of points. Must have one, or layer= must name a table "
        f"without points. Its tables are: {', '.join(layers) or 'none'}."
    )
    raise InputError(msg)


def _may_be_points(kind: str | None) -> bool:
    return kind is None or kind.startswith(_MAY_BE_POINTS)


def _check_shapefile(path: Path, name: str) -> None:
    """Refuse a shapefile that is cut off, or without its attributes or index."""
    missing = [suffix for suffix in (".shx", ".dbf") if side_file(path, suffix) is None]
    if missing:
        msg = (
            f"The shapefile '{name}' has no {' and no '.join(missing)} beside it. Must be with "
            "its other files, in one folder or zip. Copy them all."
        )
        raise InputError(msg)
    try:
        with path.open("rb") as file:
            header = file.read(_SHP_LENGTH.stop)
        size = path.stat().st_size
    except OSError as error:
        raise cannot_read(path, error) from error
    length = _SHP_UNIT * int.from_bytes(header[_SHP_LENGTH], "big")
    if size < length:
        msg = (
            f"The shapefile '{name}' is cut off: it has {size:,} of {length:,} bytes. Must be "
            "complete. Copy or download it again."
        )
        raise InputError(msg)


def _time_types(
    path: Path, layer: str | None, info: dict[str, Any], name: str
) -> dict[str, pa.DataType]:
    """Find the one type that each column of dates with a time can have in the whole file."""
    columns = [
        str(column)
        for column, kind in zip(info["fields"], info["dtypes"], strict=True)
        if str(kind).startswith("datetime64") and not str(kind).endswith("[D]")
    ]
    if not columns:
        return {}
    possible = {column: [_NAIVE, _AWARE] for column in columns}
    for table in _tables(path, layer, name, rows=_ROWS, columns=columns):
        for column in columns:
            values = table.column(column)
            possible[column] = [kind for kind in possible[column] if _fits(values, kind)]
    return {column: (kinds or [pa.string()])[0] for column, kinds in possible.items()}


def _fits(values: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _tables(
    path: Path,
    layer: str | None,
    name: str,
    *,
    rows: int,
    columns: list[str] | None = None,
) -> Iterator[pa.Table]:
    """Stream a layer, or some of its columns without the geometry; at least one table."""
    is_empty = True
    with ExitStack() as stack:
        with _gdal(name):
            opened = pyogrio.open_arrow(
                path,
                layer=layer,
                columns=columns,
                read_geometry=columns is None,
                batch_size=rows,
                use_pyarrow=True,
                datetime_as_string=True,
            )
            _, reader = stack.enter_context(opened)
            batches = iter(reader)
        while True:
            with _gdal(name):
                batch = next(batches, None)
            if batch is None:
                break
            yield pa.Table.from_batches([batch])
            is_empty = False
        if is_empty:
            yield reader.schema.empty_table()


def _geometry(path: Path, layer: str | None, skip: int, rows: int, name: str) -> list[Any]:
    """Read the geometry of some rows as WKB, one by one."""
    with _gdal(name):
        found = pyogrio.raw.read(
            path, layer=layer, columns=[], skip_features=skip, max_features=rows
        )
    return list(found[2])


def _chunk(
    table: pa.Table, line: int, name: str, geometry: Callable[[], list[Any]] | None
) -> RawChunk:
    if geometry is None:
        return plain_chunk(table, line)
    x, y = wkb_coordinates(geometry(), name)
    return plain_chunk(table.remove_column(table.num_columns - 1), line, {POINT_X: x, POINT_Y: y})


def _gdal(name: str) -> AbstractContextManager[None]:
    """Keep GDAL's warnings to ourselves, and turn its errors into ours."""
    rule = (
        "Must be a complete GeoPackage, GeoJSON, shapefile or FlatGeobuf file. Open it in a GIS, "
        "and save it as a GeoPackage."
    )
    return in_our_words(_ERRORS, f"read '{name}'", rule)
