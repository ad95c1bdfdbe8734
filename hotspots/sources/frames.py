"""Tables in memory: pandas and geopandas.

Columns that Arrow holds are converted chunk by chunk; columns of mixed objects become text once,
so that all chunks have the same types.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from hotspots.errors import InputError, invalid
from hotspots.sources.plain import column_names, plain_column, text_column
from hotspots.sources.points import as_coordinates, crs_text, find_others, point_coordinates
from hotspots.sources.raw import POINT_X, POINT_Y, RawChunk, no_broken

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeAlias

    # Values that are still those of the frame, or were converted as a whole.
    Column: TypeAlias = pd.Series[Any] | pa.ChunkedArray

_ERRORS: Final = (pa.ArrowException, TypeError, ValueError, OverflowError)


def frame_chunks(
    frame: pd.DataFrame, *, rows: int = 500_000
) -> tuple[str | None, Generator[RawChunk, None, None]]:
    """Give a table in memory as chunks.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Any table. It is not changed. Levels of the index that have a name are columns too.
    rows : int, optional
        Most rows of a chunk.

    Returns
    -------
    crs : str or None
        Coordinate system of the points; None for a DataFrame.
    chunks : iterator of RawChunk
        At least one. Lines are 1, 2, … in the order of the rows. Points are in `POINT_X` and
        `POINT_Y`.

    Raises
    ------
    InputError
        If a GeoDataFrame has no active geometry or no coordinate system, or holds other geometry
        than points.

    Examples
    --------
    >>> calls = pd.DataFrame({"when": ["2024-07-05 22:30"], "calls": [3]})
    >>> crs, chunks = frame_chunks(calls)
    >>> next(chunks).table.to_pydict()
    {'when': ['2024-07-05 22:30'], 'calls': [3]}
    """
    crs, names, columns = None, [], []
    skipped = None
    for level, name in enumerate(frame.index.names):
        if name is not None and name not in frame.columns:
            values = frame.index.get_level_values(level)
            names.append(str(name))
            columns.append(_column(pd.Series(values, copy=False)))
    if isinstance(frame, gpd.GeoDataFrame):
        crs, x, y = _points_of(frame)
        skipped = frame.active_geometry_name
    for at, name in enumerate(frame.columns):
        if skipped is None or name != skipped:
            names.append(str(name))
            columns.append(_column(frame.iloc[:, at]))
    names = column_names(names)
    if skipped is not None:
        names += [POINT_X, POINT_Y]
        columns += [pa.chunked_array([as_coordinates(axis)]) for axis in (x, y)]
    return crs, _chunks(names, columns, len(frame), rows)


def _chunks(
    names: list[str], columns: list[Column], n_rows: int, rows: int
) -> Generator[RawChunk, None, None]:
    for start in range(0, max(n_rows, 1), rows):
        stop = min(start + rows, n_rows)
        arrays = [_part(column, start, stop) for column in columns]
        lines = np.arange(start + 1, stop + 1, dtype=np.int64)
        yield RawChunk(pa.table(arrays, names=names), lines, no_broken())


def _part(column: Column, start: int, stop: int) -> pa.ChunkedArray:
    if isinstance(column, pa.ChunkedArray):
        return column.slice(start, stop - start)
    return plain_column(_arrow(column.iloc[start:stop]))


def _column(column: pd.Series[Any]) -> Column:
    """Convert a column now if Arrow cannot hold it, or its type depends on its values."""
    if column.dtype == object:
        return _from_objects(column)
    try:
        kind = _arrow(column.head(0)).type
    except _ERRORS:
        return text_column(column)
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    # Periods and intervals are numbers to Arrow.
    return text_column(column) if isinstance(inner, pa.BaseExtensionType) else column


def _from_objects(column: pd.Series[Any]) -> pa.ChunkedArray:
    values = column[column.notna()]
    # Arrow would turn some mixtures into one kind, such as times into dates.
    families = {_family(kind) for kind in {type(value) for value in values}}
    if len(families) > 1 or _has_mixed_zones(values):
        return text_column(column)
    try:
        return plain_column(_arrow(column))
    except _ERRORS:
        return text_column(column)


def _family(kind: type) -> type:
    """Give the kind of values that this kind may be mixed with."""
    families = ((bool, np.bool_), (int, float, np.integer, np.floating), (dt.datetime,), (str,))
    return next((family[0] for family in families if issubclass(kind, family)), kind)


def _has_mixed_zones(values: pd.Series[Any]) -> bool:
    zones = {value.tzinfo is None for value in values if isinstance(value, dt.datetime)}
    return len(zones) > 1


def _arrow(column: pd.Series[Any]) -> pa.ChunkedArray:
    array = pa.array(column, from_pandas=True)
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _points_of(
    frame: gpd.GeoDataFrame,
) -> tuple[str | None, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    if frame.active_geometry_name is None or frame.active_geometry_name not in frame.columns:
        msg = (
            "The GeoDataFrame has no active geometry. Must have points. Use "
            "frame.set_geometry('column'), or pd.DataFrame(frame) if columns hold coordinates."
        )
        raise InputError(msg)
    if frame.crs is None:
        msg = (
            "The GeoDataFrame has no coordinate system. Must have one. Set it, such as "
            "frame.set_crs(27700)."
        )
        raise InputError(msg)
    geometry = frame.geometry.to_numpy()
    others = find_others(geometry)
    if others:
        name = "geometry"
        raise invalid(name, ", ".join(others), "points", "Use frame.geometry.centroid.")
    return crs_text(frame.crs), *point_coordinates(geometry)
