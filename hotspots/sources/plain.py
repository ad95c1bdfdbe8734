"""Any column as one of the few plain types that a chunk may have.

Numbers, times, dates and booleans stay what they are; everything else becomes text. The type that
comes out depends only on the type that goes in, so that all chunks of a source agree.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.sources.raw import RawChunk, no_broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Up to 18 digits fit a whole number of 64 bits, and above 2**53 not every one fits a float.
_MOST_DIGITS: Final = 18
_LARGEST_WHOLE: Final = 2.0**53
_HOUR: Final = 3600
_MINUTE: Final = 60


def plain_type(kind: pa.DataType) -> pa.DataType:  # noqa: PLR0911 (one line a type)
    """Give the plain type of a column of any Arrow type.

    Parameters
    ----------
    kind : pyarrow.DataType
        Any type.

    Returns
    -------
    pyarrow.DataType
        Booleans, whole numbers, floats, `date32` and timestamps as they are; decimals as float64,
        or as int64 if they are whole and have at most 18 digits; everything else as `string`.

    Examples
    --------
    >>> plain_type(pa.decimal128(9, 2)), plain_type(pa.large_string())
    (DataType(double), DataType(string))
    """
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return plain_type(kind.value_type)
    if types.is_float16(kind):
        return pa.float64()
    if types.is_date64(kind):
        return pa.date32()
    if types.is_decimal(kind):
        if kind.scale > 0:
            return pa.float64()
        return pa.int64() if kind.precision - kind.scale <= _MOST_DIGITS else pa.string()
    is_kept = (
        types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_date32(kind)
        or types.is_timestamp(kind)
    )
    return kind if is_kept else pa.string()


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn a column of any type into its plain type; see `plain_type`.

    Bytes are text if they are UTF-8, otherwise hexadecimal digits. Texts that are not UTF-8,
    which Arrow does not forbid, are read as Windows-1252. Times of day become "HH:MM:SS". Lists
    and records become JSON.
    """
    kind, types = column.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        inner = pa.chunked_array([part.storage for part in column.chunks], type=kind.storage_type)
        return plain_column(inner)
    if types.is_dictionary(kind):
        return plain_column(column.cast(kind.value_type))
    if types.is_run_end_encoded(kind):
        parts = [pc.run_end_decode(part) for part in column.chunks]
        return plain_column(pa.chunked_array(parts, type=kind.value_type))
    target = plain_type(kind)
    if _is_text(kind) or _is_bytes(kind):
        plain = _decoded(column)
    elif types.is_time(kind):
        plain = pc.replace_substring_regex(column.cast(target), r"\.0+$", "")
    elif target == pa.string() and not types.is_null(kind):
        plain = text_column(column.to_pylist())
    else:
        plain = column.cast(target, safe=False)
    return plain


def plain_chunk(
    table: pa.Table, first: int, points: Mapping[str, pa.Array] | None = None
) -> RawChunk:
    """Turn every column of a table into its plain type, name those without a name, number the rows.

    Parameters
    ----------
    table : pyarrow.Table
        Consecutive rows of any types.
    first : int
        Number of the first row.
    points : mapping of str to pyarrow.Array, optional
        Columns to add as they are, even where the table has none.
    """
    points = points or {}
    columns = [*map(plain_column, table.columns), *points.values()]
    plain = pa.table(columns, names=[*column_names(table.column_names), *points])
    lines = np.arange(first, first + table.num_rows, dtype=np.int64)
    return RawChunk(plain, lines, no_broken())


def column_names(names: Sequence[str]) -> list[str]:
    """Name the columns without a name after their position, from 1; keep repeated names.

    Examples
    --------
    >>> column_names(["when", "", "where", "where"])
    ['when', 'column_2', 'where', 'where']
    """
    taken = set(names)
    found = []
    for position, name in enumerate(names, 1):
        given = name
        if not name.strip():
            given = f"column_{position}"
            while given in taken:
                given += "_"
        found.append(given)
    return found


def text_column(values: Iterable[object]) -> pa.ChunkedArray:
    """Turn values of any kinds into texts, cell by cell; see `cell_text`."""
    return pa.chunked_array([pa.array([cell_text(value) for value in values], type=pa.string())])


def cell_text(value: object) -> str | None:  # noqa: C901, PLR0911 (one line a type)
    """Write one value as an analyst would type it.

    Parameters
    ----------
    value : object
        Anything that a cell of a table can hold.

    Returns
    -------
    str or None
        Dates and times in ISO 8601 with a space, whole numbers without ".0", "TRUE" and "FALSE",
        lists and records as JSON; None for what is missing.

    Examples
    --------
    >>> cell_text(dt.datetime(2024, 7, 5, 22, 30)), cell_text(17.0), cell_text(float("nan"))
    ('2024-07-05 22:30:00', '17', None)
    """
    if isinstance(value, str):
        # Half of a surrogate pair is no text, and Arrow refuses it.
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        is_time = isinstance(value, (np.datetime64, np.timedelta64))
        return cell_text(pd.Series([value]).iloc[0] if is_time else value.item())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return (
            str(int(value)) if value.is_integer() and abs(value) < _LARGEST_WHOLE else repr(value)
        )
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")
    if isinstance(value, dt.time):
        return value.isoformat("microseconds" if value.microsecond else "seconds")
    if isinstance(value, dt.timedelta):
        return _duration(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else f"{value:f}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes_text(bytes(value))
    if isinstance(value, (list, tuple, set, frozenset, dict, np.ndarray)):
        items = value if isinstance(value, dict) else list(value)
        return cell_text(json.dumps(items, default=_inside, ensure_ascii=False, skipkeys=True))
    return cell_text(str(value))


def _inside(value: object) -> object:
    """Write a value inside a list or record."""
    if isinstance(value, (tuple, set, frozenset, np.ndarray)):
        return list(value)
    return cell_text(value)


def _duration(value: dt.timedelta) -> str:
    seconds = round(abs(value.total_seconds()))
    hours, rest = divmod(seconds, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{hours:02}:{minutes:02}:{seconds:02}"


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn texts and bytes into valid texts."""
    is_text = _is_text(column.type)
    # Between two types of text nothing is checked; from bytes to text it is.
    as_bytes = column.cast(
        pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()
    )
    try:
        return as_bytes.cast(pa.string())
    except pa.ArrowInvalid:
        write = _windows_text if is_text else _bytes_text
        texts: list[Any] = [None if v is None else write(v) for v in as_bytes.to_pylist()]
        return pa.chunked_array([pa.array(texts, type=pa.string())])


def _windows_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", errors="replace")


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
