"""Rows from a database: a query, or a whole table, chunk by chunk.

A cursor on the server hands over a few thousand rows at a time, so that a table may be larger than
memory. The database is opened for reading only, and everything is rolled back.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa

from hotspots.errors import invalid
from hotspots.sources.connections import (
    ask,
    close_quietly,
    connected,
    is_database_url,
    load_dialect,
    name_of,
    parse_url,
    require_sqlalchemy,
)
from hotspots.sources.raw import RawChunk, no_broken
from hotspots.sources.statements import make_statement
from hotspots.sources.values import Column, Columns, kind_of_code, kind_of_numeric

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from sqlalchemy import URL, Connection, CursorResult, Engine, Row

__all__ = ["QuerySource", "is_database_url", "query_source", "read_query"]

# Rows that are Python objects at one time, whatever the size of a chunk.
_BATCH: Final = 5_000
_IN_MEMORY: Final = (None, "", ":memory:", "file::memory:")


@dataclass(frozen=True)
class QuerySource:
    """A query to a database; can be sent to another process.

    Parameters
    ----------
    name : str
        The database without the password, such as "postgresql://analyst@host/calls".
    url : str
        As it was given, with the password; it is in no message and not in the repr.
    query : str
        The statement that is run.
    """

    name: str
    url: str = field(repr=False)
    query: str

    @property
    def sha256(self) -> str:
        """Nothing: a query has no checksum."""
        return ""


def query_source(url: str | URL | Engine, query: str | None) -> QuerySource:
    """Name the rows that a query gives, without asking the database yet.

    Parameters
    ----------
    url : str, sqlalchemy.URL or sqlalchemy.Engine
        Of the database. Of an engine only the URL is used.
    query : str
        One SELECT (or WITH … SELECT) statement, or the name of a table or view, with its schema
        if need be: `public.calls`. Names with capital letters stand in quotation marks.

    Returns
    -------
    QuerySource
        For `read_query`.

    Raises
    ------
    InputError
        If SQLAlchemy is not installed, the URL cannot be read, or the query is missing or does
        anything else than read.

    Notes
    -----
    **Caveats.** Whatever else an engine was made with, such as a function that connects, is lost:
    the source must be able to connect from another process.

    Examples
    --------
    >>> query_source("postgresql://analyst:secret@host/calls", "public.asb")
    QuerySource(name='postgresql://analyst@host/calls', query='SELECT * FROM public.asb')
    """
    require_sqlalchemy()
    parsed = parse_url(url)
    dialect = load_dialect(parsed)
    if dialect.name == "sqlite" and (
        parsed.database in _IN_MEMORY or parsed.query.get("mode") == "memory"
    ):
        raise invalid(
            "database",
            name_of(parsed),
            "a database file, such as sqlite:///calls.db, not one in memory",
            "Give the rows as a DataFrame: pandas.read_sql(query, engine).",
        )
    statement = make_statement(query, dialect.identifier_preparer)
    text = url if isinstance(url, str) else parsed.render_as_string(hide_password=False)
    return QuerySource(name_of(parsed), text, statement)


def read_query(
    source: QuerySource, *, rows: int = 500_000
) -> tuple[str | None, Generator[RawChunk, None, None]]:
    """Read what a query gives, chunk by chunk.

    Parameters
    ----------
    source : QuerySource
        From `query_source`.
    rows : int
        Most rows of a chunk.

    Returns
    -------
    crs : str or None
        Coordinate system of the geometry column, such as "EPSG:27700"; None without one, or if
        it does not say.
    chunks : iterator of RawChunk
        At least one; all of the same columns and types. `lines` are 1, 2, … in the order in which
        the database delivers the rows.

    Raises
    ------
    InputError
        If the database cannot be reached, refuses the user or the query, or is lost on the way;
        if the geometry is not points in one coordinate system; if `rows` is less than 1.

    Notes
    -----
    Numbers with decimals become float64 and times with a zone UTC. References, JSON, arrays and
    intervals are text, binary values hexadecimal text. A PostGIS column, or any column of
    well-known binary, becomes the points. SQLite may hold anything in a column: more than a few
    thousand rows of it are read twice, first for their types.

    **Caveats.** Without ORDER BY a database may give the rows in another order each time: then
    the numbers of the rows do not identify them. A time that Python cannot hold ('infinity', or
    before the year 1) is delivered as if it were missing. PostgreSQL and SQLite refuse to write;
    for other databases, use an account that may only read.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> from contextlib import closing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with closing(sqlite3.connect(f"{folder}/calls.db")) as database:
    ...         _ = database.execute("CREATE TABLE calls (received TEXT, easting REAL)")
    ...         _ = database.execute("INSERT INTO calls VALUES ('2025-03-29 23:10', 530000)")
    ...         database.commit()
    ...     source = query_source(f"sqlite:///{folder}/calls.db", "calls")
    ...     crs, chunks = read_query(source)
    ...     [chunk.table.to_pylist() for chunk in chunks]
    [[{'received': '2025-03-29 23:10', 'easting': 530000.0}]]
    """
    require_sqlalchemy()
    if rows < 1:
        raise invalid("rows", rows, "at least 1")
    stream = _stream(source, rows)
    # The first that comes is the coordinate system: from then on closing the iterator, or
    # forgetting it, also closes the connection.
    crs = cast("str | None", next(stream))
    return crs, cast("Generator[RawChunk, None, None]", stream)


def _stream(source: QuerySource, rows: int) -> Generator[str | RawChunk | None, None, None]:
    """Give the coordinate system, then the chunks."""
    size = min(_BATCH, rows)
    url = parse_url(source.url)
    with connected(url) as connection, ExitStack() as cursors:
        result, columns = ask(lambda: _run(connection, source, cursors), url)
        first = ask(lambda: result.fetchmany(size), url)
        columns.look(first)
        if len(first) == size and not columns.is_settled():
            # What the columns are takes all rows: look at them first, and then begin again.
            for batch in _batches(result, size, url):
                columns.look(batch)
                if columns.is_settled():
                    break
            result, _ = ask(lambda: _run(connection, source, cursors), url)
            first = []
        columns.settle()
        yield columns.crs
        parts, n, done = [], 0, 0
        for batch in chain([first], _batches(result, size, url)):
            parts.append(columns.make_table(batch))
            n += len(batch)
            if n + size > rows:
                yield _chunk(parts, done)
                parts, n, done = [], 0, done + n
        if parts:
            yield _chunk(parts, done)


def _batches(result: CursorResult[Any], size: int, url: URL) -> Iterator[Sequence[Row[Any]]]:
    while batch := ask(lambda: result.fetchmany(size), url):
        yield batch


def _chunk(parts: list[pa.Table], done: int) -> RawChunk:
    table = pa.concat_tables(parts).combine_chunks()
    lines = np.arange(done + 1, done + 1 + table.num_rows, dtype=np.int64)
    return RawChunk(table, lines, no_broken())


def _run(
    connection: Connection, source: QuerySource, cursors: ExitStack
) -> tuple[CursorResult[Any], Columns]:
    """Start the query; the rows are fetched as they are needed. A cursor before it is closed."""
    cursors.close()
    is_postgres = connection.dialect.name == "postgresql"
    spatial: set[int] = set()
    if is_postgres:
        # The numbers of the types of PostGIS differ between databases.
        found = connection.exec_driver_sql(
            "SELECT oid FROM pg_catalog.pg_type WHERE typname IN ('geometry', 'geography')"
        )
        spatial = {int(oid) for oid in found.scalars()}
    # Without parameters a % is a %, as in LIKE 'ASB%'.
    options = {"stream_results": True, "yield_per": _BATCH, "no_parameters": True}
    result = connection.exec_driver_sql(source.query, execution_options=options)
    cursors.callback(close_quietly, result)
    described = result.cursor.description if result.returns_rows else ()
    columns = [_column(parts, spatial, is_postgres=is_postgres) for parts in described or ()]
    is_dynamic = connection.dialect.name == "sqlite"
    return result, Columns(columns, source.name, is_dynamic=is_dynamic)


def _column(parts: Any, spatial: set[int], *, is_postgres: bool) -> Column:  # noqa: ANN401
    """Describe a column from what the cursor says: name, code, …, precision, scale."""
    name, code, precision, scale = str(parts[0]), parts[1], parts[4], parts[5]
    if not is_postgres:
        return Column(name, decimals=kind_of_numeric(precision, scale))
    if code in spatial:
        return Column(name, "geometry")
    return Column(name, kind_of_code(code, precision, scale))
