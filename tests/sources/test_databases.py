"""Rows from a database: every row once, of the right type, and never the password."""

# ruff: noqa: S608 (the tests write their own SQL)

from __future__ import annotations

import datetime as dt
import gc
import pickle
import sqlite3
import sys
import tempfile
import traceback
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import psutil
import psycopg
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import databases
from hotspots.sources.connections import connected, parse_url
from hotspots.sources.databases import QuerySource, is_database_url, query_source, read_query
from hotspots.sources.raw import POINT_X, POINT_Y, RawChunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sources.conftest import Database

UTC = dt.UTC
PASSWORD = "sekret-1"  # noqa: S105
# Camden Town, by hand on the National Grid and on WGS 84.
POINTS = """
    CREATE TABLE SCHEMA.calls (id bigint, received timestamp, geom geometry(Point, 27700));
    INSERT INTO SCHEMA.calls VALUES
        (1, '2025-03-29 23:10', ST_SetSRID(ST_Point(528950.5, 183850), 27700)),
        (2, '2025-03-30 01:30', NULL),
        (3, '2025-03-30 03:00', ST_GeomFromText('POINT EMPTY', 27700))
"""


def read(
    url: str, query: str | None, rows: int = 500_000
) -> tuple[str | None, list[RawChunk], pa.Table]:
    """Read a query to its end: coordinate system, chunks, and all rows in one table."""
    crs, chunks = read_query(query_source(url, query), rows=rows)
    found = list(chunks)
    return crs, found, pa.concat_tables([chunk.table for chunk in found])


def shown(error: BaseException) -> str:
    """Give everything of an error that anyone may come to see."""
    printed = "".join(traceback.format_exception(error))
    return f"{error} {error!r} {error.__cause__!r} {error.__context__!r} {printed}"


def make_sqlite(path: Path, *statements: str, rows: list[tuple[Any, ...]] | None = None) -> str:
    """Make a file of SQLite and give its URL; rows go into a table `calls (a, b)`."""
    with closing(sqlite3.connect(path)) as file:
        for statement in statements:
            file.execute(statement)
        if rows is not None:
            file.execute("CREATE TABLE calls (a, b)")
            file.executemany("INSERT INTO calls VALUES (?, ?)", rows)
        file.commit()
    return f"sqlite:///{path.as_posix()}"


@pytest.fixture
def calls(tmp_path: Path) -> str:
    """Give the URL of a file of SQLite with three calls."""
    return make_sqlite(tmp_path / "calls.db", rows=[(1, "x"), (2, None), (3, "z")])


class TestByHand:
    """What a few rows become."""

    def test_sqlite(self, calls: str) -> None:
        """Three rows: a number, a text that may be missing, and the numbers of the rows."""
        crs, chunks, table = read(calls, "calls")
        assert crs is None
        assert table.schema.types == [pa.int64(), pa.string()]
        assert table.to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3, "b": "z"}]
        assert [chunk.lines.tolist() for chunk in chunks] == [[1, 2, 3]]
        assert chunks[0].lines.dtype == "int64"
        assert len(chunks[0].broken) == 0

    def test_chunks(self, tmp_path: Path) -> None:
        """Of seven rows in chunks of three, the last has one; the numbers run on."""
        url = make_sqlite(tmp_path / "a.db", rows=[(i, str(i)) for i in range(7)])
        _, chunks, table = read(url, "SELECT a FROM calls ORDER BY a", rows=3)
        assert [chunk.lines.tolist() for chunk in chunks] == [[1, 2, 3], [4, 5, 6], [7]]
        assert table["a"].to_pylist() == list(range(7))

    def test_query_source(self) -> None:
        """The name has no password, the table has its statement, and there is no checksum."""
        source = query_source(f"postgresql://analyst:{PASSWORD}@host/db", "public.calls")
        assert source.name == "postgresql://analyst@host/db"
        assert source.query == "SELECT * FROM public.calls"
        assert source.sha256 == ""

    @pytest.mark.parametrize(
        ("given", "statement"),
        [
            ("calls", "SELECT * FROM calls"),
            ("Calls", "SELECT * FROM Calls"),
            (' "Calls" ', 'SELECT * FROM "Calls"'),
            ('public."calls 2025"', 'SELECT * FROM public."calls 2025"'),
            ("order", 'SELECT * FROM "order"'),
            ('"a""b"', 'SELECT * FROM "a""b"'),
            ('"calls; DROP TABLE x"', 'SELECT * FROM "calls; DROP TABLE x"'),
            ("SELECT 1;", "SELECT 1"),
            ("select 1 ; -- done;", "select 1"),
            ("/* first; */ SELECT 1 -- last", "SELECT 1"),
            ("SELECT ';' AS a, $x$;$x$, E'\\';'", "SELECT ';' AS a, $x$;$x$, E'\\';'"),
            ("(SELECT 1) UNION (SELECT 2)", "(SELECT 1) UNION (SELECT 2)"),
            ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x"),
            ("SELECT 'INSERT INTO x' AS a", "SELECT 'INSERT INTO x' AS a"),
            ('SELECT max("update"), "into" FROM x', 'SELECT max("update"), "into" FROM x'),
        ],
    )
    def test_statements(self, given: str, statement: str) -> None:
        """A name becomes a SELECT, a SELECT loses its semicolon and the comments around it."""
        assert query_source("postgresql://host/db", given).query == statement

    @pytest.mark.parametrize(
        "text",
        ["postgresql://host/db", "postgresql+psycopg://h/d", "sqlite:///calls.db", "postgres://h"],
    )
    def test_database_urls(self, text: str) -> None:
        """A dialect, perhaps a driver, and ://."""
        assert is_database_url(text)

    @pytest.mark.parametrize(
        "text",
        [
            r"C:\data\calls.csv",
            "C:/data/calls.csv",
            "C://data/calls.csv",
            "file:///data/calls.csv",
            "https://host/calls.csv",
            "HTTP://host",
            "calls.csv",
            "/data/a://b",
            "",
        ],
    )
    def test_other_texts(self, text: str) -> None:
        """Paths of any system, files and pages are no databases."""
        assert not is_database_url(text)

    @pytest.mark.database
    def test_national_grid(self, database: Database) -> None:
        """A PostGIS column becomes two numbers and a system; no place and an empty one are null."""
        database.execute(POINTS)
        crs, _, table = read(database.url, f"SELECT * FROM {database.schema}.calls ORDER BY id")
        assert crs == "EPSG:27700"
        assert table.column_names == ["id", "received", POINT_X, POINT_Y]
        assert table[POINT_X].to_pylist() == [528950.5, None, None]
        assert table[POINT_Y].to_pylist() == [183850.0, None, None]
        assert table["received"].to_pylist()[0] == dt.datetime(2025, 3, 29, 23, 10)  # noqa: DTZ001

    @pytest.mark.database
    def test_longitude_and_latitude(self, database: Database) -> None:
        """A geography is longitude and latitude on WGS 84; a height is dropped."""
        database.execute(
            "CREATE TABLE SCHEMA.calls AS SELECT g, ST_Point(g / 10.0, 51.5 + g)::geography AS at,"
            " ST_MakePoint(g, 2, 3) AS tall FROM generate_series(1, 3) AS g"
        )
        name = f"{database.schema}.calls"
        crs, _, table = read(database.url, f"SELECT g, at FROM {name} ORDER BY g")
        assert crs == "EPSG:4326"
        assert table[POINT_X].to_pylist() == [0.1, 0.2, 0.3]
        assert table[POINT_Y].to_pylist() == [52.5, 53.5, 54.5]
        crs, _, table = read(database.url, f"SELECT tall FROM {name} ORDER BY g")
        assert crs is None
        assert table.to_pylist()[2] == {POINT_X: 3.0, POINT_Y: 2.0}

    @pytest.mark.database
    def test_types(self, database: Database) -> None:
        """Each type of PostgreSQL has its own, also where it has no value."""
        database.execute("SET TIME ZONE 'Europe/London'")
        query = """
            SELECT 1::smallint AS small, 9007199254740993 AS big, 1.5::real AS real,
                0.25::float8 AS double, 2.50::numeric(10, 2) AS pounds, 7::numeric(12, 0) AS ref,
                12345678901234567890::numeric(20, 0) AS long, true AS yes, 'a'::varchar AS text,
                DATE '2025-03-30' AS day, TIMESTAMP '2025-03-30 01:30' AS local,
                TIMESTAMPTZ '2025-07-01 12:00+01' AS instant,
                '00000000-0000-0000-0000-00000000000a'::uuid AS uuid,
                '{"a": 1.0}'::jsonb AS json, ARRAY[1, 2] AS list, '\\xdead'::bytea AS bytes,
                INTERVAL '1 month 2 days' AS span, TIME '14:30' AS clock, '10.0.0.1'::inet AS ip
        """
        expected = {
            "small": (pa.int64(), 1),
            # 2 to the 53rd and 1: a float would lose the 1.
            "big": (pa.int64(), 9007199254740993),
            "real": (pa.float64(), 1.5),
            "double": (pa.float64(), 0.25),
            "pounds": (pa.float64(), 2.5),
            "ref": (pa.int64(), 7),
            "long": (pa.string(), "12345678901234567890"),
            "yes": (pa.bool_(), True),
            "text": (pa.string(), "a"),
            "day": (pa.date32(), dt.date(2025, 3, 30)),
            "local": (pa.timestamp("us"), dt.datetime(2025, 3, 30, 1, 30)),  # noqa: DTZ001
            "instant": (pa.timestamp("us", tz="UTC"), dt.datetime(2025, 7, 1, 11, tzinfo=UTC)),
            "uuid": (pa.string(), "00000000-0000-0000-0000-00000000000a"),
            "json": (pa.string(), '{"a": 1.0}'),
            "list": (pa.string(), "{1,2}"),
            "bytes": (pa.string(), "dead"),
            "span": (pa.string(), "1 mon 2 days"),
            "clock": (pa.string(), "14:30:00"),
            "ip": (pa.string(), "10.0.0.1"),
        }
        _, _, table = read(database.url, query)
        assert dict(zip(table.column_names, table.schema.types, strict=True)) == {
            name: kind for name, (kind, _) in expected.items()
        }
        assert table.to_pylist() == [{name: value for name, (_, value) in expected.items()}]
        nothing = f"SELECT * FROM ({query}) AS q WHERE false"
        assert read(database.url, nothing)[2].schema == table.schema

    @pytest.mark.database
    def test_time_zone_of_the_session(self, database: Database) -> None:
        """An instant is the same whatever zone the server shows it in: 12:00 in summer is 11:00."""
        url = database.with_option(options="-c timezone=Europe/London")
        _, _, table = read(url, "SELECT TIMESTAMPTZ '2025-07-01 12:00' AS instant")
        assert table["instant"].to_pylist() == [dt.datetime(2025, 7, 1, 11, tzinfo=UTC)]


class TestEdges:
    """Nothing, missing values, hostile names, and values of any kind."""

    def test_no_rows(self, calls: str) -> None:
        """A query without rows gives one chunk with its columns and no row."""
        _, chunks, table = read(calls, "SELECT a, b FROM calls WHERE a > 9")
        assert [len(chunk.lines) for chunk in chunks] == [0]
        assert table.column_names == ["a", "b"]

    def test_exact_chunks(self, calls: str) -> None:
        """No empty chunk follows when the last one is full."""
        _, chunks, _ = read(calls, "calls", rows=1)
        assert [chunk.lines.tolist() for chunk in chunks] == [[1], [2], [3]]

    @pytest.mark.parametrize(
        ("late", "kind", "values"),
        [
            ("text", pa.string(), ["1", "2", "text"]),
            (2.5, pa.float64(), [1.0, 2.0, 2.5]),
            (None, pa.int64(), [1, 2, None]),
            (b"\xe9", pa.string(), ["1", "2", "é"]),
        ],
    )
    def test_mixed_values(
        self, tmp_path: Path, late: object, kind: pa.DataType, values: list[object]
    ) -> None:
        """A value that comes late counts for the type of all chunks of SQLite."""
        url = make_sqlite(tmp_path / "a.db", rows=[(1, None), (2, None), (late, None)])
        _, chunks, table = read(url, "calls", rows=1)
        assert {chunk.table.schema.field("a").type for chunk in chunks} == {kind}
        assert table["a"].to_pylist() == values

    def test_null_at_first(self, tmp_path: Path) -> None:
        """A column without a value in the first chunk is of the type of its later values."""
        url = make_sqlite(tmp_path / "a.db", rows=[(None, None), (None, None), (3, b"\x01\xff")])
        _, chunks, table = read(url, "calls", rows=1)
        assert {str(chunk.table.schema) for chunk in chunks} == {"a: int64\nb: string"}
        assert table.to_pylist()[2] == {"a": 3, "b": "01ff"}

    def test_text_that_is_not_utf8(self, tmp_path: Path) -> None:
        """A text in the encoding of Windows does not stop the reading."""
        url = make_sqlite(
            tmp_path / "a.db",
            "CREATE TABLE calls (a TEXT)",
            "INSERT INTO calls VALUES (CAST(X'436166E9' AS TEXT)), ('Café')",
        )
        assert read(url, "calls")[2]["a"].to_pylist() == ["Café", "Café"]

    def test_points_without_postgis(self, tmp_path: Path) -> None:
        """Well-known binary is taken for points in any database; a text beside it is not."""
        # Byte order 1, kind 1, then x = 1 and y = 2.
        point = bytes.fromhex("0101000000" + "000000000000f03f" + "0000000000000040")
        url = make_sqlite(tmp_path / "a.db", rows=[(point, point[:9].hex()), (None, "01ff")])
        crs, _, table = read(url, "calls")
        assert crs is None
        assert table.to_pylist() == [
            {"b": "010100000000000000", POINT_X: 1.0, POINT_Y: 2.0},
            {"b": "01ff", POINT_X: None, POINT_Y: None},
        ]

    @pytest.mark.parametrize(
        "values", [("{}", "a street"), ("{}00", "{}00"), ("{}", "{}00"), ("7{}", "7{}"), ("01", "")]
    )
    def test_almost_points(self, tmp_path: Path, values: tuple[str, str]) -> None:
        """Only if every value is a geometry, to the last digit, is the column taken for one."""
        point = "0101000000" + "00" * 16
        texts = [value.format(point) for value in values]
        url = make_sqlite(tmp_path / "a.db", rows=[(text, None) for text in texts])
        assert read(url, "calls")[2]["a"].to_pylist() == texts

    def test_wkt_stays_text(self, tmp_path: Path) -> None:
        """Points written as words are left to the reader of text files."""
        url = make_sqlite(tmp_path / "a.db", rows=[("POINT (1 2)", None)])
        assert read(url, "calls")[2]["a"].to_pylist() == ["POINT (1 2)"]

    def test_repeated_names(self, calls: str) -> None:
        """Names that repeat, as in a join, are kept for the caller to refuse."""
        _, chunks, _ = read(calls, "SELECT x.*, y.* FROM calls x JOIN calls y ON x.a = y.a", rows=2)
        assert [chunk.table.column_names for chunk in chunks] == [["a", "b", "a", "b"]] * 2

    def test_signs_of_other_dialects(self, calls: str) -> None:
        """A percent sign, a colon and a question mark in a query mean themselves."""
        _, _, table = read(calls, "SELECT b FROM calls WHERE b LIKE '%z' OR b IN (':a', '?')")
        assert table["b"].to_pylist() == ["z"]

    def test_hostile_name(self, tmp_path: Path) -> None:
        """A name cannot smuggle a statement in: it is looked up as it stands."""
        name = 'calls"; DROP TABLE calls; --'
        quoted = '"' + name.replace('"', '""') + '"'
        url = make_sqlite(tmp_path / "a.db", f"CREATE TABLE {quoted} AS SELECT 7 AS a", rows=[])
        assert read(url, quoted)[2]["a"].to_pylist() == [7]
        assert read(url, "calls")[2].num_rows == 0

    def test_sources_travel(self, calls: str) -> None:
        """A source can be sent to another process, with its password and without showing it."""
        source = query_source(f"postgresql://analyst:{PASSWORD}@host/db", "calls")
        again = pickle.loads(pickle.dumps(source))  # noqa: S301 (our own bytes)
        assert again == source
        assert PASSWORD in again.url
        assert PASSWORD not in repr(again)
        assert read_query(pickle.loads(pickle.dumps(query_source(calls, "calls"))))  # noqa: S301

    @pytest.mark.parametrize("make", [sa.make_url, sa.create_engine])
    def test_engines(self, calls: str, make: Any) -> None:
        """A URL or an engine of SQLAlchemy does as well as a text."""
        crs, chunks = read_query(query_source(make(calls), "calls"))
        assert crs is None
        assert sum(chunk.table.num_rows for chunk in chunks) == 3

    def test_file_is_not_touched(self, tmp_path: Path) -> None:
        """SQLite neither makes a file nor changes one by reading it."""
        path = tmp_path / "calls.db"
        with pytest.raises(InputError, match="No database file .* Must be a file that exists"):
            read(f"sqlite:///{path.as_posix()}", "calls")
        assert not path.exists()
        # What another program has written last stands in a second file, and has to stay there.
        with closing(sqlite3.connect(tmp_path / "open.db")) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("CREATE TABLE calls AS SELECT 7 AS a")
            file.commit()
            beside = path.with_name("calls.db-wal")
            path.write_bytes((tmp_path / "open.db").read_bytes())
            beside.write_bytes((tmp_path / "open.db-wal").read_bytes())
        before = path.read_bytes(), beside.read_bytes()
        assert read(f"sqlite:///{path.as_posix()}", "calls")[2]["a"].to_pylist() == [7]
        assert (path.read_bytes(), beside.read_bytes()) == before

    @pytest.mark.database
    @pytest.mark.parametrize("name", ["Calls 2025", "order", 'a"b', "x; DROP TABLE y", "%s"])
    def test_names_of_tables(self, database: Database, name: str) -> None:
        """Any name in quotation marks is found, in its schema."""
        quoted = '"' + name.replace('"', '""') + '"'
        database.execute(f"CREATE TABLE SCHEMA.{quoted} AS SELECT 7 AS a")
        assert read(database.url, f"{database.schema}.{quoted}")[2]["a"].to_pylist() == [7]

    @pytest.mark.database
    def test_case_of_names(self, database: Database) -> None:
        """Without quotation marks the case of a name does not matter, as everywhere in SQL."""
        database.execute("CREATE VIEW SCHEMA.calls AS SELECT 7 AS a")
        assert read(database.url, f"{database.schema.upper()}.Calls")[2].num_rows == 1

    @pytest.mark.database
    def test_null_in_the_first_chunk(self, database: Database) -> None:
        """What has no value in the first chunk keeps its type and its coordinate system."""
        late = "CASE WHEN g > 15000 THEN {} END"
        values = {
            "whole": late.format("g"),
            "word": late.format("'w' || g"),
            "at": late.format("now()"),
            "geom": late.format("ST_SetSRID(ST_Point(g, 0), 27700)"),
        }
        columns = ", ".join(f"{value} AS {name}" for name, value in values.items())
        query = f"SELECT {columns} FROM generate_series(1, 20000) AS g ORDER BY g"
        crs, chunks, table = read(database.url, query, rows=10_000)
        assert crs == "EPSG:27700"
        assert [chunk.table.num_rows for chunk in chunks] == [10_000, 10_000]
        assert len({str(chunk.table.schema) for chunk in chunks}) == 1
        assert table["whole"].null_count == table[POINT_X].null_count == 15_000
        assert table.slice(19_999).to_pylist()[0]["word"] == "w20000"
        assert table[POINT_X][19_999].as_py() == 20_000

    @pytest.mark.database
    def test_no_point_at_all(self, database: Database) -> None:
        """A geometry column without any value gives null coordinates in no system."""
        crs, _, table = read(database.url, "SELECT NULL::geometry AS geom")
        assert crs is None
        assert table.to_pylist() == [{POINT_X: None, POINT_Y: None}]

    @pytest.mark.database
    def test_times_beyond_python(self, database: Database) -> None:
        """Infinite times, and those before the year 1, are missing and lose no row."""
        query = """
            SELECT * FROM (VALUES (TIMESTAMP 'infinity', DATE '-infinity'),
                (TIMESTAMP '0044-03-15 BC', DATE '2025-01-01')) AS q (a, b)
        """
        _, _, table = read(database.url, query)
        assert table.to_pylist() == [
            {"a": None, "b": None},
            {"a": None, "b": dt.date(2025, 1, 1)},
        ]

    @pytest.mark.database
    def test_binary_columns_with_points(self, database: Database) -> None:
        """Points as binary or hexadecimal text are found by their values."""
        point = "ST_SetSRID(ST_Point(1, 2), 27700)"
        for written in (f"ST_AsEWKB({point})", f"ST_AsHEXEWKB({point}, 'XDR')"):
            crs, _, table = read(database.url, f"SELECT {written} AS shape")
            assert crs == "EPSG:27700"
            assert table.to_pylist() == [{POINT_X: 1.0, POINT_Y: 2.0}]

    @pytest.mark.database
    def test_geometry_beside_binary(self, database: Database) -> None:
        """A column that is declared a geometry comes before one that only looks like it."""
        query = "SELECT ST_AsBinary(p) AS raw, p FROM ST_SetSRID(ST_Point(1, 2), 27700) AS p"
        crs, _, table = read(database.url, query)
        assert crs == "EPSG:27700"
        # Byte order 1, kind 1, then x = 1 and y = 2.
        raw = "0101000000" + "000000000000f03f" + "0000000000000040"
        assert table.to_pylist() == [{"raw": raw, POINT_X: 1.0, POINT_Y: 2.0}]

    @pytest.mark.database
    def test_empty_point_has_no_system(self, database: Database) -> None:
        """What has no place needs no coordinate system either."""
        query = """
            SELECT * FROM (VALUES (ST_GeomFromText('POINT EMPTY')),
                (ST_SetSRID(ST_Point(1, 2), 27700))) AS q (geom)
        """
        crs, _, table = read(database.url, query)
        assert crs == "EPSG:27700"
        assert table[POINT_X].to_pylist() == [None, 1.0]

    @pytest.mark.database
    def test_memory_is_bounded(self, database: Database) -> None:
        """Of 100,000 rows of 2 kB only a chunk, in its different forms, is held at one time."""
        query = "SELECT g, repeat(md5(g::text), 64) AS text FROM generate_series(1, 100000) AS g"
        process = psutil.Process()
        before = process.memory_info().rss
        _, chunks = read_query(query_source(database.url, query), rows=10_000)
        lines: list[int] = []
        used = []
        total = 0
        for chunk in chunks:
            assert chunk.table.num_rows == 10_000
            lines += chunk.lines.tolist()
            total += chunk.table.nbytes
            used.append(process.memory_info().rss)
        assert lines == list(range(1, 100_001))
        # Measured: 150 MB, and 340 MB with a cursor on the client, which takes all rows first.
        assert total > 200e6
        assert max(used) - before < total

    @pytest.mark.database
    @pytest.mark.parametrize("way", ["closed", "forgotten", "failed"])
    def test_connection_is_closed(self, database: Database, way: str) -> None:
        """Whoever stops in the middle leaves no connection behind."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        url = database.with_option(application_name=name)
        query = "SELECT ST_SetSRID(ST_Point(g, 0), g / 15000) AS x FROM generate_series(1, 99999) g"
        _, chunks = read_query(query_source(url, query), rows=1000)
        next(chunks)
        count = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'"
        assert database.execute(count) == [(1,)]
        if way == "closed":
            chunks.close()  # type: ignore[attr-defined]
        elif way == "failed":
            with pytest.raises(InputError, match="mixes coordinate systems, 'none, EPSG:1'"):
                list(chunks)
        del chunks
        gc.collect()
        for _ in range(100):
            if database.execute(count) == [(0,)]:
                break
            database.execute("SELECT pg_sleep(0.05)")
        assert database.execute(count) == [(0,)]


class TestReference:
    """Another program reads the same."""

    def test_pandas(self, tmp_path: Path) -> None:
        """25,000 rows are those that pandas reads, over the border of a batch."""
        rows = [(i, f"call {i}" if i % 7 else None) for i in range(25_000)]
        url = make_sqlite(tmp_path / "a.db", rows=rows)
        with closing(sqlite3.connect(tmp_path / "a.db")) as file:
            expected = pd.read_sql("SELECT * FROM calls ORDER BY a", file)
        _, chunks, table = read(url, "SELECT * FROM calls ORDER BY a", rows=20_000)
        assert [chunk.table.num_rows for chunk in chunks] == [20_000, 5_000]
        assert table["a"].to_pylist() == expected["a"].tolist()
        given = expected["b"].astype(object).where(expected["b"].notna(), None)
        assert table["b"].to_pylist() == given.tolist()

    @pytest.mark.database
    def test_postgis(self, database: Database) -> None:
        """The coordinates are those that PostGIS gives itself."""
        query = """
            SELECT ST_X(p) AS x, ST_Y(p) AS y, p FROM (
                SELECT ST_Transform(ST_SetSRID(ST_Point(500000 + g * 7.3, 160000 + g * 3.1), 27700),
                    4326) AS p
                FROM generate_series(1, 1000) AS g
            ) AS q
        """
        crs, _, table = read(database.url, query, rows=300)
        assert crs == "EPSG:4326"
        assert table["x"].to_pylist() == table[POINT_X].to_pylist()
        assert table["y"].to_pylist() == table[POINT_Y].to_pylist()


VALUE = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)


class TestRelations:
    """Neither the size of the chunks nor what a text holds matters."""

    @settings(max_examples=30)
    @given(st.lists(st.tuples(VALUE, st.integers(0, 9)), max_size=12), st.integers(1, 13))
    def test_size_of_chunks(self, rows: list[tuple[Any, int]], size: int) -> None:
        """In chunks of any size the rows are all there, in order, once, and of the same types."""
        with tempfile.TemporaryDirectory() as folder:
            url = make_sqlite(Path(folder) / "a.db", rows=rows)
            _, _, whole = read(url, "SELECT * FROM calls ORDER BY rowid")
            _, chunks, table = read(url, "SELECT * FROM calls ORDER BY rowid", rows=size)
        assert table == whole
        assert len(table) == len(rows)
        assert [int(line) for chunk in chunks for line in chunk.lines] == list(
            range(1, len(rows) + 1)
        )
        assert all(len(chunk.lines) <= size for chunk in chunks)
        is_text = any(isinstance(value, str) for value, _ in rows)
        for (value, _), found in zip(rows, table["a"].to_pylist(), strict=True):
            assert found == (str(value) if is_text and value is not None else value)

    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
    def test_texts_in_a_statement(self, text: str) -> None:
        """Whatever stands in a text, in a name or in a comment, it is one statement that reads."""
        literal = "'" + text.replace("'", "''") + "'"
        comment = "/* " + text.replace("*/", "") + " */"
        query = f"SELECT {literal} AS a {comment}"
        assert query_source("sqlite:///a.db", query).query == f"SELECT {literal} AS a"
        with pytest.raises(InputError, match="Invalid query"):
            query_source("sqlite:///a.db", f"{query}; DROP TABLE a")


CHANGES = [
    "INSERT INTO {} VALUES (9)",
    "UPDATE {} SET id = 9",
    "DELETE FROM {}",
    "DROP TABLE {}",
    "TRUNCATE {}",
    "CREATE TABLE new AS SELECT 1",
    "SELECT 1; DROP TABLE {}",
    "SELECT 1; SELECT 2",
    "SELECT * INTO {}_new FROM {}",
    "WITH x AS (DELETE FROM {} RETURNING *) SELECT * FROM x",
    "WITH x AS (SELECT 1) DELETE FROM {}",
    "WITH x AS (UPDATE {} SET id = 9 RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO {} VALUES (9) RETURNING *) SELECT * FROM x",
    "EXPLAIN ANALYZE DELETE FROM {}",
    "COPY {} TO STDOUT",
    "BEGIN; SELECT 1",
    "-- SELECT\nDROP TABLE {}",
    "calls, secrets",
    "a.b.c.d",
    "'calls'",
    ";",
    "-- nothing",
]


class TestNothingIsWritten:
    """Two locks: what is not a query is refused, and the database is open for reading only."""

    @pytest.mark.parametrize("query", CHANGES)
    def test_other_statements(self, query: str) -> None:
        """Only one statement that reads, or a name, is a query; the remedy is given."""
        with pytest.raises(
            InputError, match=r"Invalid query .* Must be one SELECT .*\. \w[^.]*[.\"]"
        ):
            query_source("postgresql://host/db", query.replace("{}", "calls"))

    @pytest.mark.parametrize("query", [None, "", " \n", 5])
    def test_no_query(self, query: Any) -> None:
        """A database without a query is asked for one, not read at random."""
        with pytest.raises(InputError, match='Must be one SELECT .* Give it, such as "SELECT'):
            query_source("postgresql://host/db", query)

    @pytest.mark.parametrize("query", ["DELETE FROM calls", "DROP TABLE calls", "PRAGMA x = 1"])
    def test_sqlite_is_read_only(self, calls: str, query: str) -> None:
        """Past the first lock SQLite itself refuses to write."""
        source = QuerySource("sqlite", calls, query)
        with pytest.raises(InputError, match=r"The query would change|failed"):
            list(read_query(source)[1])
        assert read(calls, "calls")[2].num_rows == 3

    def test_sqlite_uri_is_read_only(self, calls: str) -> None:
        """Also where the URL asks for writing."""
        url = calls.replace("sqlite:///", "sqlite:///file:") + "?mode=rw&uri=true"
        assert read(url, "calls")[2].num_rows == 3
        with pytest.raises(InputError, match="The query would change"):
            list(read_query(QuerySource("sqlite", url, "DELETE FROM calls"))[1])

    @pytest.mark.database
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT SCHEMA.add()",
            "SELECT nextval('SCHEMA.numbers')",
            "SELECT * FROM SCHEMA.calls FOR UPDATE",
        ],
    )
    def test_functions_that_write(self, database: Database, query: str) -> None:
        """A SELECT that calls something that writes is refused by PostgreSQL."""
        database.execute(POINTS)
        database.execute("CREATE SEQUENCE SCHEMA.numbers")
        database.execute(
            "CREATE FUNCTION SCHEMA.add() RETURNS int LANGUAGE sql VOLATILE AS"
            " 'INSERT INTO SCHEMA.calls (id) VALUES (9) RETURNING 9'"
        )
        source = query_source(database.url, query.replace("SCHEMA", database.schema))
        with pytest.raises(
            InputError, match=r"would change '.*': cannot execute .* Must only read\. Give"
        ):
            list(read_query(source)[1])
        assert database.execute("SELECT count(*) FROM SCHEMA.calls") == [(3,)]
        assert database.execute("SELECT nextval('SCHEMA.numbers')") == [(1,)]

    @pytest.mark.database
    def test_one_view_of_the_rows(self, database: Database) -> None:
        """All statements see the same rows, so that a query that runs twice gives them twice."""
        names = ("transaction_isolation", "transaction_read_only")
        query = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
        _, _, table = read(database.url, f"SELECT {query}")
        assert table.to_pylist() == [
            {"transaction_isolation": "repeatable read", "transaction_read_only": "on"}
        ]

    @pytest.mark.database
    def test_everything_is_rolled_back(self, database: Database) -> None:
        """What a server lets through, as PostgreSQL 15 does large objects, has no effect."""
        database.execute("CREATE TABLE SCHEMA.before AS SELECT oid FROM pg_largeobject_metadata")
        with suppress(InputError):
            read(database.url, "SELECT lo_create(0)")
        new = "SELECT oid FROM pg_largeobject_metadata EXCEPT SELECT oid FROM SCHEMA.before"
        assert database.execute(new) == []

    @pytest.mark.database
    @pytest.mark.parametrize(
        "query",
        [
            "DELETE FROM SCHEMA.calls RETURNING id",
            "DROP TABLE SCHEMA.calls",
            "WITH x AS (DELETE FROM SCHEMA.calls RETURNING *) SELECT * FROM x",
            "SELECT 1; COMMIT; DROP TABLE SCHEMA.calls",
        ],
    )
    def test_past_the_first_lock(self, database: Database, query: str) -> None:
        """A statement that nobody has looked at has no effect either."""
        database.execute(POINTS)
        query = query.replace("SCHEMA", database.schema)
        with pytest.raises(InputError, match="The query"):
            list(read_query(QuerySource("x", database.url, query))[1])
        assert database.execute("SELECT count(*) FROM SCHEMA.calls") == [(3,)]

    @pytest.mark.database
    def test_connection_is_read_only(self, database: Database) -> None:
        """Whatever is executed on the connection, it cannot write, and cannot be told to."""
        database.execute(POINTS)
        with connected(parse_url(database.url)) as connection:
            connection.exec_driver_sql("SELECT 1")
            with pytest.raises(sa.exc.DBAPIError, match="read-write mode must be set before"):
                connection.exec_driver_sql("SET transaction_read_only = off")
        with (
            connected(parse_url(database.url)) as connection,
            pytest.raises(sa.exc.DBAPIError, match="cannot execute DELETE in a read-only"),
        ):
            connection.exec_driver_sql(f"DELETE FROM {database.schema}.calls")


class TestMessages:
    """What goes wrong is said in the house's words, and never with the password."""

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            (f"postgresql://analyst:{PASSWORD}@host/db", "postgresql://analyst@host/db"),
            (f"postgresql+psycopg://a:{PASSWORD}@h:5433/db", "postgresql://a@h:5433/db"),
            (f"postgresql://:{PASSWORD}@host/db", "postgresql://host/db"),
            (f"postgresql://a:{PASSWORD}%40%2F@host/db", "postgresql://a@host/db"),
            (f"postgresql://host/db?user=a&password={PASSWORD}", "postgresql://host/db"),
            (f"postgres://a:{PASSWORD}@[::1]:5432/db", "postgresql://a@[::1]:5432/db"),
            (f"mysql+pymysql://a:{PASSWORD}@host/db", "mysql://a@host/db"),
            (f"mssql+pyodbc:///?odbc_connect=PWD={PASSWORD}", "mssql:///"),
            ("sqlite:///data/calls.db", "sqlite:///data/calls.db"),
        ],
    )
    def test_names(self, url: str, name: str) -> None:
        """The name has everything but the password and the options."""
        source = query_source(url, "calls")
        assert source.name == name
        assert PASSWORD not in repr(source) + str(source)

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            (
                f"postgresql://a:{PASSWORD}@x@host/db",
                "Invalid database 'postgresql://…'. .* write @ as %40",
            ),
            (
                f"postgresql://a:p@{PASSWORD}/w@host/db",
                "Invalid database 'postgresql://…'. Must be a database URL",
            ),
            (
                f"postgresql://a:p@h/{PASSWORD}?x@host/db",
                "Invalid database 'postgresql://…'. Must be a database URL",
            ),
            (f"postgresql://a:{PASSWORD}@host:port/db", "Invalid database 'postgresql://…'."),
            (
                f"oops://a:{PASSWORD}@host/db",
                "Invalid database 'oops://…'. Must be of a kind that SQLAlchemy knows",
            ),
            (
                f"postgresql+oops://a:{PASSWORD}@host/db",
                "'postgresql\\+oops://…'. Must be of a kind that SQLAlchemy knows",
            ),
            (
                f"postgresql+asyncpg://a:{PASSWORD}@host/db",
                "Must be one with a driver that is not asynchronous. Leave out the driver: postg",
            ),
            (f"a:{PASSWORD}@host/db", "Invalid database '…'. Must be a database URL"),
            (5, "Invalid database '…'. Must be a database URL"),
            ("calls.csv", "Invalid database 'calls.csv'. Must be a database URL"),
            ("sqlite://", "'sqlite:///'. Must be a database file, .* Give the rows as a DataF"),
            ("sqlite:///:memory:", "Must be a database file, such as sqlite:///calls.db, not one"),
            ("sqlite:///file:a?mode=memory&uri=true", "Must be a database file"),
        ],
    )
    def test_urls(self, url: Any, message: str) -> None:
        """A URL that cannot be used is not repeated: its password may stand anywhere in it."""
        with pytest.raises(InputError, match=message) as caught:
            query_source(url, "calls")
        assert PASSWORD not in shown(caught.value)

    @pytest.mark.parametrize(
        ("port", "message"),
        [
            ("1", "Cannot connect to 'postgresql://a@127.0.0.1:1/db': .*Connection refused"),
            ("1", "Must be a database that runs and lets this user in. Check the host, port and"),
        ],
    )
    def test_nobody_listens(self, port: str, message: str) -> None:
        """Nothing listens on port 1."""
        source = query_source(f"postgresql://a:{PASSWORD}@127.0.0.1:{port}/db", "calls")
        with pytest.raises(InputError, match=message if sys.platform != "win32" else "Cannot"):
            read_query(source)

    def test_host_is_not_known(self) -> None:
        """The message names the host, and not the password."""
        source = query_source(f"postgresql://a:{PASSWORD}@no.such.host.invalid/db", "calls")
        with pytest.raises(InputError, match="Cannot connect .*'no.such.host.invalid'") as caught:
            read_query(source)
        assert PASSWORD not in shown(caught.value)

    @pytest.mark.parametrize(
        ("password", "text"),
        [
            (PASSWORD, f"bad password {PASSWORD} given"),
            ("p%40ss%2Fword", "the URL has p%40ss%2Fword in it"),
            ("p%40ss%2Fword", "the user has p@ss/word"),
            (PASSWORD, "the key has to-ken\nand more"),
        ],
    )
    def test_talkative_driver(
        self, monkeypatch: pytest.MonkeyPatch, password: str, text: str
    ) -> None:
        """A driver that repeats the password is not quoted with it, in no form."""

        def refuse(*_: object, **__: object) -> None:
            raise psycopg.OperationalError(text)

        monkeypatch.setattr(psycopg.Connection, "connect", refuse)
        monkeypatch.setattr(psycopg, "connect", refuse)
        url = f"postgresql://a:{password}@host/db?sslpassword=to-ken"
        source = query_source(url, "calls")
        said = r"Cannot connect to 'postgresql://a@host/db': .* \*\*\*"
        with pytest.raises(InputError, match=said) as caught:
            read_query(source)
        for secret in (password, str(sa.make_url(url).password), "to-ken"):
            assert secret not in shown(caught.value)

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("nowhere", "no such table: nowhere. Must be a query that the database can run. Check"),
            ("SELECT c FROM calls", "no such column: c"),
            ("SELECT FROM WHERE", "syntax error"),
        ],
    )
    def test_queries(self, calls: str, query: str, message: str) -> None:
        """What the database says, and what to do."""
        with pytest.raises(InputError, match=f"The query of 'sqlite:.*' failed: .*{message}"):
            read(calls, query)

    def test_not_a_database(self, tmp_path: Path) -> None:
        """A file of another kind is no database."""
        path = tmp_path / "calls.csv"
        path.write_text("a,b\n" * 1000, "utf-8")
        with pytest.raises(InputError, match="file is not a database"):
            read(f"sqlite:///{path.as_posix()}", "calls")

    def test_rows(self, calls: str) -> None:
        """A chunk has at least one row."""
        with pytest.raises(InputError, match="Invalid rows '0'. Must be at least 1."):
            read(calls, "calls", rows=0)

    def test_kinds_that_change(self, calls: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Values that do not fit the column are an error, not a loss."""
        monkeypatch.setattr(databases.Columns, "is_settled", lambda _: True)
        with pytest.raises(
            InputError, match="column 'a' of 'sqlite:.* kind, 'int'. Must be of one .* AS text"
        ):
            read(calls, "SELECT 1 AS a UNION ALL SELECT 'x'", rows=1)

    def test_two_geometries(self, tmp_path: Path) -> None:
        """Of two columns with points it is not known which is meant."""
        point = bytes.fromhex("0101000000" + "00" * 16)
        url = make_sqlite(tmp_path / "a.db", rows=[(point, point)])
        with pytest.raises(
            InputError, match="gives 2 geometry columns, 'a, b'. Must be one at most. Name the"
        ):
            read(url, "calls")

    def test_without_sqlalchemy(self, monkeypatch: pytest.MonkeyPatch, calls: str) -> None:
        """The extra is named where it is not installed."""
        source = query_source(calls, "calls")
        monkeypatch.setitem(sys.modules, "sqlalchemy", None)
        extra = r"'sqlalchemy' is not there. Must be installed. .*pip install \"asb-hotspots\[sql\]"
        with pytest.raises(InputError, match=extra):
            query_source(calls, "calls")
        with pytest.raises(InputError, match=extra):
            read_query(source)

    def test_without_driver(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A driver that is missing is named, and so is the extra if it has it."""
        monkeypatch.setitem(sys.modules, "psycopg", None)
        source = query_source(f"postgresql://a:{PASSWORD}@host/db", "calls")
        with pytest.raises(InputError, match=r"'psycopg'. Must be .* \"asb-hotspots\[sql\]"):
            read_query(source)
        monkeypatch.setitem(sys.modules, "MySQLdb", None)
        source = query_source(f"mysql://a:{PASSWORD}@host/db", "calls")
        with pytest.raises(
            InputError, match=r"'mysql://a@host/db' is not there, 'MySQLdb'. .* Install the package"
        ):
            read_query(source)

    @pytest.mark.database
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"password": PASSWORD}, "password authentication failed for user"),
            ({"username": "nobody"}, 'authentication failed for user "nobody"'),
            ({"database": "nowhere"}, 'database "nowhere" does not exist'),
            ({"port": 1}, "Connection refused"),
            ({"query": {"oops": "1"}}, 'invalid connection option "oops"'),
        ],
    )
    def test_doors(self, database_url: str, change: dict[str, Any], message: str) -> None:
        """Wrong password, user, database, port or option: said so, without the password."""
        right = sa.make_url(database_url)
        url = right.set(**change).render_as_string(hide_password=False)
        with pytest.raises(InputError, match=f"Cannot connect to '.*': .*{message}") as caught:
            read(url, "calls")
        for secret in (str(right.password), PASSWORD):
            assert secret not in shown(caught.value)

    @pytest.mark.database
    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("nowhere", 'relation "nowhere" does not exist. Must be a query that the database can'),
            ("SELECT c FROM pg_class", 'column "c" does not exist'),
            ("SELECT FROM FROM", "syntax error at or near"),
            ("SELECT 'open", "unterminated quoted string"),
            ("SELECT 1 / (g - 15000) FROM generate_series(1, 20000) g", "division by zero"),
            ("pg_authid", "permission denied for table pg_authid"),
        ],
    )
    def test_postgresql_queries(self, database_url: str, query: str, message: str) -> None:
        """What PostgreSQL says, and what to do; also if it says so in the middle."""
        with pytest.raises(InputError, match=f"The query of .* failed: {message}") as caught:
            read(database_url, query)
        assert str(sa.make_url(database_url).password) not in shown(caught.value)

    @pytest.mark.database
    def test_statement_timeout(self, database: Database) -> None:
        """The server's own limit has its own remedy."""
        url = database.with_option(options="-c statement_timeout=100")
        with pytest.raises(InputError, match="was stopped: .*statement timeout.* Must be done wit"):
            read(url, "SELECT pg_sleep(20)")

    @pytest.mark.database
    def test_lost_connection(self, database: Database) -> None:
        """If the connection ends in the middle, the reading fails, not just stops."""
        query = "SELECT g, pg_backend_pid() AS pid FROM generate_series(1, 500000) AS g"
        _, chunks = read_query(query_source(database.url, query), rows=1000)
        first = next(chunks)
        database.execute(f"SELECT pg_terminate_backend({first.table['pid'][0]})")
        with pytest.raises(InputError, match="The connection to '.*' was lost: .*Must last until"):
            list(chunks)
        assert list(chunks) == []

    @pytest.mark.database
    @pytest.mark.parametrize(
        ("geometry", "message"),
        [
            (
                "ST_Buffer(ST_Point(g, 0, 27700), 1)",
                "geometry column 'geom' of '.*' holds 'Polygon'. Must be points, .* ST_Centroid",
            ),
            (
                "ST_SetSRID(ST_Point(g, 0), CASE WHEN g < 15000 THEN 27700 ELSE 4326 END)",
                "mixes coordinate systems, 'EPSG:4326, EPSG:27700'. .* ST_Transform\\(geom, 27700",
            ),
            (
                "ST_SetSRID(ST_Point(g, 0), CASE WHEN g < 15000 THEN 27700 ELSE 0 END)",
                "mixes coordinate systems, 'none, EPSG:27700'. Must be in one. Transform it",
            ),
            (
                "CASE WHEN g < 15000 THEN ST_AsBinary(ST_Point(g, 0)) ELSE '\\x01ff' END",
                "a value that is no geometry, .* Must be well-known binary. Leave these rows out",
            ),
        ],
    )
    def test_geometries(self, database: Database, geometry: str, message: str) -> None:
        """Only points in one system are read; the remedy is a function of PostGIS."""
        query = f"SELECT {geometry} AS geom FROM generate_series(1, 20000) AS g ORDER BY g"
        with pytest.raises(InputError, match=message):
            read(database.url, query)


def test_iterators_are_lazy(calls: str) -> None:
    """A chunk is made when it is asked for, so that the first is there before the last."""
    _, chunks = read_query(query_source(calls, "calls"), rows=1)
    first: Iterator[RawChunk] = iter(chunks)
    assert next(first).lines.tolist() == [1]
    assert next(first).lines.tolist() == [2]
