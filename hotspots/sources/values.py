"""The values of a database as Arrow columns, of the same types from the first row to the last.

The types are those that the database declares. Where it declares none (SQLite), or where a column
may hold points, the rows are looked at before the first is delivered.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import shapely

from hotspots.errors import InputError
from hotspots.sources.points import as_coordinates, find_others, point_coordinates
from hotspots.sources.raw import POINT_X, POINT_Y

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_LOG = logging.getLogger(__name__)

Kind = Literal[
    "bool", "int", "float", "date", "timestamp", "timestamptz", "text", "hex", "geometry"
]

POSTGRES_KINDS: Final[dict[int, Kind]] = {
    16: "bool",
    17: "hex",  # bytea
    18: "text",  # "char"
    19: "text",  # name
    20: "int",  # int8
    21: "int",  # int2
    23: "int",  # int4
    25: "text",
    26: "int",  # oid
    700: "float",  # float4
    701: "float",  # float8
    1042: "text",  # char(n)
    1043: "text",  # varchar
    1082: "date",
    1114: "timestamp",
    1184: "timestamptz",
}
"""What the values of PostgreSQL's types are, by its numbers of them; numeric depends."""

NUMERIC: Final = 1700
"""PostgreSQL's number of the type numeric."""

_ARROW: Final[dict[Kind, pa.DataType]] = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "hex": pa.string(),
}
# In this order: a bool is an int, and a datetime is a date.
_PYTHON: Final[tuple[tuple[type, Kind], ...]] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (Decimal, "float"),
    (dt.datetime, "timestamp"),
    (dt.date, "date"),
    (bytes, "hex"),
    (bytearray, "hex"),
    (memoryview, "hex"),
)
_INT64_DIGITS: Final = 18
_BINARY: Final = (bytes, bytearray, memoryview)
# Well-known binary: byte order, kind of geometry, and in PostGIS' own form flags for what follows.
_HEADER_BYTES: Final = 5
_POINT: Final = 1
_MOST_KINDS: Final = 17
_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000


def kind_of_code(code: object, precision: object, scale: object) -> Kind | None:
    """Say what the values of a column of PostgreSQL are, from what its cursor declares.

    Parameters
    ----------
    code : int
        Number of the type.
    precision, scale : int or None
        Of a numeric column. Whole numbers stay whole: up to 18 digits as int64, longer ones as
        text, so that no digit of a reference is lost.
    """
    if code == NUMERIC:
        return kind_of_numeric(precision, scale)
    return POSTGRES_KINDS.get(code, "text") if isinstance(code, int) else None


def kind_of_numeric(precision: object, scale: object) -> Kind:
    """Say what decimal numbers become, from their digits in all and after the point."""
    if scale != 0 or not isinstance(precision, int) or precision <= 0:
        return "float"
    return "int" if precision <= _INT64_DIGITS else "text"


@dataclass
class Column:
    """One column of a result, and what is known about its values so far.

    Parameters
    ----------
    name : str
        As the database gives it.
    kind : str, optional
        What the database declares; None if it declares nothing.
    decimals : str
        What `Decimal` values become.
    """

    name: str
    kind: Kind | None = None
    decimals: Kind = "float"
    seen: set[Kind] = field(default_factory=set)
    is_wkb: bool | None = None
    srid: int | None = None

    def look(self, values: Iterable[object]) -> None:
        """Take note of some values."""
        present = [value for value in values if value is not None]
        if not present:
            return
        if self.kind is None:
            self.seen |= _kinds(present, self.decimals)
        if self.kind in (None, "text", "hex") and self.is_wkb is not False:
            self.is_wkb = all(map(_is_wkb, present))
        if self.srid is None and (self.kind == "geometry" or self.is_wkb):
            self.srid = next(iter(_srids(_geometries(present))), None)

    @property
    def chosen(self) -> Kind:
        """The kind of the column; text if it has no value or different ones."""
        if self.kind is not None:
            return self.kind
        if self.seen == {"int", "float"}:
            return "float"
        return next(iter(self.seen)) if len(self.seen) == 1 else "text"


class Columns:
    """The columns of a result, and how its rows become Arrow tables.

    Parameters
    ----------
    columns : list of Column
        As the cursor describes them; names may repeat.
    name : str
        Of the source, for messages.
    is_dynamic : bool
        Whether a column may hold values of different kinds (SQLite).
    """

    def __init__(self, columns: list[Column], name: str, *, is_dynamic: bool) -> None:
        """Start with what the cursor says."""
        self._columns = columns
        self._name = name
        self._is_dynamic = is_dynamic
        self._geometry: int | None = None

    def is_settled(self) -> bool:
        """Whether the rows so far say what the columns are; the rest cannot change it."""
        return not self._is_dynamic and all(
            column.srid is not None
            for column in self._columns
            if column.kind == "geometry" or column.is_wkb
        )

    @property
    def crs(self) -> str | None:
        """The coordinate system of the points, such as "EPSG:27700"; None if it is not known."""
        srid = None if self._geometry is None else self._columns[self._geometry].srid
        return f"EPSG:{srid}" if srid else None

    def look(self, rows: Sequence[Sequence[object]]) -> None:
        """Take note of the values of some rows."""
        for column, values in zip(self._columns, zip(*rows, strict=True), strict=bool(rows)):
            column.look(values)

    def settle(self) -> None:
        """Decide which column holds the points.

        Raises
        ------
        InputError
            If several do.
        """
        spatial = [i for i, column in enumerate(self._columns) if column.kind == "geometry"]
        spatial = spatial or [i for i, column in enumerate(self._columns) if column.is_wkb]
        if len(spatial) > 1:
            names = ", ".join(self._columns[i].name for i in spatial)
            msg = (
                f"The query of '{self._name}' gives {len(spatial)} geometry columns, '{names}'. "
                "Must be one at most. Name the columns in a SELECT and leave out the others."
            )
            raise InputError(msg)
        if spatial:
            self._geometry = spatial[0]
            _LOG.info(
                "%s: points from column '%s', coordinate system %s",
                self._name,
                self._columns[self._geometry].name,
                self.crs,
            )

    def make_table(self, rows: Sequence[Sequence[Any]]) -> pa.Table:
        """Turn rows into a table; the points follow in `POINT_X` and `POINT_Y`.

        Raises
        ------
        InputError
            If a value does not fit the column, or a geometry is no point or in another system.
        """
        names, arrays = [], []
        x = y = None
        values_of = list(zip(*rows, strict=True)) if rows else [()] * len(self._columns)
        for i, (column, values) in enumerate(zip(self._columns, values_of, strict=True)):
            if i == self._geometry:
                x, y = self._coordinates(column, values)
            else:
                names.append(column.name)
                arrays.append(self._array(column, values))
        if x is not None and y is not None:
            names += [POINT_X, POINT_Y]
            arrays += [x, y]
        return pa.Table.from_arrays(arrays, names=names)

    def _array(self, column: Column, values: Sequence[Any]) -> pa.Array:
        kind = column.chosen
        try:
            return pa.array(_converted(kind, values), _ARROW[kind])
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            msg = (
                f"The column '{column.name}' of '{self._name}' has values that are not all of one "
                f"kind, '{kind}'. Must be of one kind. Cast it in the query, such as "
                f"CAST({column.name} AS text)."
            )
            raise InputError(msg) from None

    def _coordinates(self, column: Column, values: Sequence[Any]) -> tuple[pa.Array, pa.Array]:
        geometry = _geometries(values)
        is_bad = (shapely.get_type_id(geometry) < 0) & np.array(
            [value is not None for value in values], dtype=bool
        )
        if is_bad.any():
            msg = (
                f"The geometry column '{column.name}' of '{self._name}' has a value that is no "
                f"geometry, '{str(values[int(is_bad.argmax())])[:40]}'. Must be well-known "
                f"binary. Leave these rows out in the query, or cast the column to a geometry."
            )
            raise InputError(msg)
        others = find_others(geometry)
        if others:
            msg = (
                f"The geometry column '{column.name}' of '{self._name}' holds "
                f"'{', '.join(others)}'. Must be points, one a row. Take their centres in the "
                f"query: ST_Centroid({column.name})."
            )
            raise InputError(msg)
        found = _srids(geometry)
        if found - {column.srid}:
            systems = sorted(found | {column.srid or 0})
            named = ", ".join(f"EPSG:{srid}" if srid else "none" for srid in systems)
            msg = (
                f"The geometry column '{column.name}' of '{self._name}' mixes coordinate systems, "
                f"'{named}'. Must be in one. Transform it in the query: "
                f"ST_Transform({column.name}, 27700)."
            )
            raise InputError(msg)
        x, y = point_coordinates(geometry)
        return as_coordinates(x), as_coordinates(y)


def _kinds(present: list[object], decimals: Kind) -> set[Kind]:
    """Say of which kinds some values are."""
    kinds: set[Kind] = set()
    for cls in set(map(type, present)):
        kind: Kind = next((kind for base, kind in _PYTHON if issubclass(cls, base)), "text")
        if issubclass(cls, Decimal):
            kind = decimals
        if kind == "timestamp":
            stamps = [value for value in present if isinstance(value, dt.datetime)]
            if any(stamp.tzinfo is not None for stamp in stamps):
                kinds.add("timestamptz")
            if all(stamp.tzinfo is not None for stamp in stamps):
                continue
        kinds.add(kind)
    return kinds


def _converted(kind: Kind, values: Sequence[Any]) -> list[Any]:
    """Bring values into the form that Arrow takes."""
    if kind == "text":
        return [v if v is None or type(v) is str else _as_text(v) for v in values]
    if kind == "hex":
        return [None if v is None else bytes(v).hex() for v in values]
    if kind == "float":
        return [None if v is None else float(v) for v in values]
    if kind == "int":
        return [int(v) if isinstance(v, Decimal) else v for v in values]
    if kind == "timestamptz":
        # Arrow may drop the zone of a Python time: in UTC that changes nothing.
        return [v.astimezone(dt.UTC) if isinstance(v, dt.datetime) else v for v in values]
    return list(values)


def _as_text(value: object) -> str:
    if isinstance(value, _BINARY):
        return decode_text(bytes(value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def decode_text(value: bytes) -> str:
    """Read a text of a database that does not watch over its encoding; no byte stops the reading.

    Parameters
    ----------
    value : bytes
        UTF-8, or else what Windows writes in Western Europe.

    Examples
    --------
    >>> decode_text("Café".encode()), decode_text("Café".encode("cp1252"))
    ('Café', 'Café')
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", errors="replace")


def _is_wkb(value: object) -> bool:
    """Say whether a text or binary value is a geometry: well-known binary, plain or as PostGIS."""
    raw = _raw(value)
    if raw is None or len(raw) < _HEADER_BYTES or raw[0] > 1:
        return False
    code = int.from_bytes(raw[1:_HEADER_BYTES], "little" if raw[0] else "big")
    # Kinds are 1 to 17; thousands say that there are heights or measures.
    thousands, kind = divmod(code & ~(_HAS_Z | _HAS_M | _HAS_SRID), 1000)
    if not (_POINT <= kind <= _MOST_KINDS and thousands in range(4)):
        return False
    if kind != _POINT:
        return shapely.from_wkb(raw, on_invalid="ignore") is not None
    axes = 2 + bool(code & _HAS_Z) + bool(code & _HAS_M) + (0, 1, 1, 2)[thousands]
    return len(raw) == _HEADER_BYTES + 4 * bool(code & _HAS_SRID) + 8 * axes


def _raw(value: object) -> bytes | None:
    """Give the bytes of a binary value or of a text of hexadecimal digits."""
    if isinstance(value, _BINARY):
        return bytes(value)
    if isinstance(value, str) and value[:1] == "0":
        try:
            return bytes.fromhex(value)
        except ValueError:
            return None
    return None


def _geometries(values: Collection[object]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Read well-known binary; None where there is none, or where it cannot be read."""
    raw = np.empty(len(values), dtype=object)
    raw[:] = [_raw(value) for value in values]
    return np.asarray(shapely.from_wkb(raw, on_invalid="ignore"), dtype=object)


def _srids(geometry: np.ndarray[Any, np.dtype[np.object_]]) -> set[int]:
    """Give the coordinate systems of the geometries that have a place; 0 is none."""
    is_placed = (shapely.get_type_id(geometry) >= 0) & ~shapely.is_empty(geometry)
    return {int(srid) for srid in np.unique(shapely.get_srid(geometry[is_placed]))}
