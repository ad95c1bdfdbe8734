"""Parquet and GeoParquet, row group by row group.

Pages are read as they are needed, so that a file may be larger than memory, even one with a
single row group.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hotspots.errors import InputError
from hotspots.sources.plain import plain_chunk
from hotspots.sources.points import (
    as_coordinates,
    crs_text,
    not_points,
    wkb_coordinates,
)
from hotspots.sources.raw import POINT_X, POINT_Y

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotspots.sources.files import Source
    from hotspots.sources.raw import RawChunk

_LONGITUDE_LATITUDE: Final = "EPSG:4326"
# What pandas calls an index without a name; whole numbers there are only the numbers of the rows.
_ROW_NUMBERS: Final = re.compile(r"__index_level_\d+__")
_BUFFER: Final = 1 << 20
_ERRORS: Final = (pa.ArrowException, ArithmeticError, OSError, ValueError)


@dataclass(frozen=True)
class _Geometry:
    """Where the points are: the column, how they are written, and in which system."""

    column: int
    encoding: str
    crs: str | None


def describe_parquet(path: Path, name: str) -> tuple[str | None, int]:
    """Give the coordinate system and the number of rows of a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What to call it in messages.

    Returns
    -------
    crs : str or None
        None if it has no points, or says that their system is not known.
    n_rows : int

    Raises
    ------
    InputError
        If the file is not complete, or has no columns.
    """
    with _opened(path, name) as file:
        geometry = _find_geometry(file.schema_arrow)
        return geometry.crs if geometry else None, file.metadata.num_rows


def split_parquet(path: Path, source: Source, *, rows: int) -> list[Source]:
    """Divide a Parquet file between its row groups, into parts of about so many rows.

    Parameters
    ----------
    path : Path
        The file.
    source : Source
        It, as it was found.
    rows : int
        Rows of a part; a single row group may have more.

    Returns
    -------
    list of Source
        In the order of the rows. Their lines are those of the whole file.
    """
    with _opened(path, source.name) as file:
        first, last = source.groups or (0, file.metadata.num_row_groups)
        sizes = [file.metadata.row_group(group).num_rows for group in range(first, last)]
    starts = [first]
    total = 0
    for group, size in enumerate(sizes, first):
        if total and total + size > rows:
            starts.append(group)
            total = 0
        total += size
    ends = [*starts[1:], last]
    pairs = zip(starts, ends, strict=True)
    return [replace(source, groups=pair) for pair in pairs] if len(starts) > 1 else [source]


def read_parquet(path: Path, source: Source, *, rows: int) -> Iterator[RawChunk]:
    """Read a Parquet file, or some of its row groups.

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
        At least one. The points of GeoParquet are in `POINT_X` and `POINT_Y`.

    Raises
    ------
    InputError
        If the file is not complete, or its geometry is not points.
    """
    with _opened(path, source.name) as file:
        schema = file.schema_arrow
        first, last = source.groups or (0, file.metadata.num_row_groups)
        line = 1 + sum(file.metadata.row_group(group).num_rows for group in range(first))
        geometry = _find_geometry(schema)
        dropped = _derived(schema)
        is_empty = True
        for batch in _batches(file, range(first, last), rows, source.name):
            table = pa.Table.from_batches([batch])
            yield _chunk(table, line, geometry, dropped, source.name)
            line += table.num_rows
            is_empty = False
        if is_empty:
            yield _chunk(schema.empty_table(), line, geometry, dropped, source.name)


def _opened(path: Path, name: str) -> pq.ParquetFile:
    try:
        # Times of old Spark and Impala (INT96) reach further in microseconds than in nanoseconds.
        file = pq.ParquetFile(
            path,
            buffer_size=_BUFFER,
            pre_buffer=False,
            coerce_int96_timestamp_unit="us",
            page_checksum_verification=True,
        )
    except _ERRORS as error:
        raise _unreadable(name, error) from error
    if not file.schema_arrow.names:
        file.close()
        msg = f"The file '{name}' has no columns. Must be a table with columns. Save it again."
        raise InputError(msg)
    return file


def _batches(file: pq.ParquetFile, groups: range, rows: int, name: str) -> Iterator[pa.RecordBatch]:
    try:
        batches = file.iter_batches(batch_size=rows, row_groups=list(groups))
        yield from batches
    except _ERRORS as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> InputError:
    reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "damaged"
    msg = (
        f"Cannot read '{name}' as Parquet: {reason}. Must be a complete Parquet file. Copy or "
        "download it again."
    )
    return InputError(msg)


def _chunk(
    table: pa.Table, line: int, geometry: _Geometry | None, dropped: set[int], name: str
) -> RawChunk:
    kept = [at for at in range(table.num_columns) if at not in dropped]
    points = {}
    if geometry is not None:
        kept = [at for at in kept if at != geometry.column]
        x, y = _points(table.column(geometry.column), geometry.encoding, name)
        points = {POINT_X: x, POINT_Y: y}
    try:
        return plain_chunk(table.select(kept), line, points)
    except _ERRORS as error:
        raise _unreadable(name, error) from error


def _points(column: pa.ChunkedArray, encoding: str, name: str) -> tuple[pa.Array, pa.Array]:
    """Give x and y of points, in whatever way they are written."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # so in some versions, if there are no rows
        array = array.chunk(0) if array.num_chunks else pa.array([], type=column.type)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if encoding == "wkb":
        return wkb_coordinates(array.to_pylist(), name)
    if encoding != "point":
        raise not_points(name, [encoding])
    if pa.types.is_struct(array.type):
        x, y = (pc.struct_field(array, axis) for axis in ("x", "y"))
    else:
        x, y = (pc.list_element(array, axis) for axis in (0, 1))
    return as_coordinates(x.to_numpy(zero_copy_only=False)), as_coordinates(
        y.to_numpy(zero_copy_only=False)
    )


def _find_geometry(schema: pa.Schema) -> _Geometry | None:
    """Find the points by the metadata of GeoParquet, or by the GeoArrow type of a column."""
    said = _geo(schema)
    primary = said.get("primary_column")
    facts = said.get("columns", {}).get(primary, {})
    if primary in schema.names and facts:
        encoding = str(facts.get("encoding", "WKB")).lower().removeprefix("geoarrow.")
        crs = crs_text(facts.get("crs", _LONGITUDE_LATITUDE))
        return _Geometry(schema.names.index(primary), encoding, crs)
    for at, field in enumerate(schema):
        extension, system = _geoarrow(field)
        if extension.startswith("geoarrow."):
            return _Geometry(at, extension.removeprefix("geoarrow."), crs_text(system))
    return None


def _geo(schema: pa.Schema) -> dict[str, Any]:
    """Give the metadata of GeoParquet; nothing if there is none that can be understood."""
    try:
        said = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) and isinstance(said.get("columns"), dict) else {}


def _geoarrow(field: pa.Field) -> tuple[str, object]:
    """Give the GeoArrow type and the coordinate system of a column, whether registered or not."""
    said = field.metadata or {}
    name = said.get(b"ARROW:extension:name", b"").decode()
    facts = said.get(b"ARROW:extension:metadata", b"")
    if isinstance(field.type, pa.ExtensionType):
        name, facts = field.type.extension_name, field.type.__arrow_ext_serialize__()
    try:
        known = json.loads(facts or b"{}")
    except ValueError:
        known = {}
    return name, known.get("crs") if isinstance(known, dict) else None


def _derived(schema: pa.Schema) -> set[int]:
    """Find columns that only repeat something: boxes round the points, and row numbers."""
    boxes = set()
    for facts in _geo(schema).get("columns", {}).values():
        covering = facts.get("covering", {}) if isinstance(facts, dict) else {}
        corner = covering.get("bbox", {}).get("xmin", [])
        boxes.update(corner[:1])
    found = {
        at
        for at, field in enumerate(schema)
        if field.name in boxes
        or (_ROW_NUMBERS.fullmatch(field.name) and pa.types.is_integer(field.type))
    }
    # A table of nothing else would be without columns, and so without rows.
    return found if len(found) < len(schema) else set()
