"""Parquet and GeoParquet: every type, points, row groups, and files larger than memory."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import POINT_X, POINT_Y, find_sources, read_chunks, split_source
from hotspots.sources.plain import cell_text, plain_column, plain_type

EXAMPLES = 30  # each writes files
NOON = dt.datetime(2024, 7, 5, 12)  # noqa: DTZ001 (most files know no zones)
POINTS = [shapely.Point(530_000, 180_000), None, shapely.Point()]


def read(path: Path, rows: int = 500_000) -> pa.Table:
    """Give all rows of a file."""
    (source,) = find_sources([path])
    return pa.concat_tables([chunk.table for chunk in read_chunks(source, rows=rows)])


def write(path: Path, table: pa.Table, **options: Any) -> Path:
    """Write a Parquet file."""
    pq.write_table(table, path, **options)
    return path


def write_geo(path: Path, column: pa.Array, facts: dict[str, Any]) -> Path:
    """Write GeoParquet by hand."""
    said = {"version": "1.1.0", "primary_column": "place", "columns": {"place": facts}}
    table = pa.table({"a": list(range(len(column))), "place": column})
    return write(path, table.replace_schema_metadata({"geo": json.dumps(said)}))


class TestByHand:
    """Values whose plain form is known."""

    def test_types(self, tmp_path: Path) -> None:
        """Numbers, times, dates and booleans stay; everything else is text."""
        columns = {
            "small": (pa.array([1], pa.int8()), pa.int8(), 1),
            "large": (pa.array([2**64 - 1], pa.uint64()), pa.uint64(), 2**64 - 1),
            "float": (pa.array([1.5], pa.float32()), pa.float32(), 1.5),
            "half": (pa.array([np.float16(1.5)]), pa.float64(), 1.5),
            "flag": (pa.array([True]), pa.bool_(), True),
            "day": (pa.array([NOON.date()]), pa.date32(), NOON.date()),
            "naive": (pa.array([NOON], pa.timestamp("ms")), pa.timestamp("ms"), NOON),
            "aware": (
                pa.array([NOON], pa.timestamp("us", "Europe/London")),
                pa.timestamp("us", "Europe/London"),
                NOON.replace(tzinfo=dt.UTC),
            ),
            "money": (pa.array([Decimal("1.50")], pa.decimal128(9, 2)), pa.float64(), 1.5),
            "whole": (pa.array([Decimal(17)], pa.decimal128(10, 0)), pa.int64(), 17),
            "id": (pa.array([Decimal(10**30)], pa.decimal128(38, 0)), pa.string(), "1" + "0" * 30),
            "text": (pa.array(["é"]), pa.string(), "é"),
            "long": (pa.array(["é"], pa.large_string()), pa.string(), "é"),
            "code": (pa.array(["a"]).dictionary_encode(), pa.string(), "a"),
            "bytes": (pa.array(["é".encode()]), pa.string(), "é"),
            "hash": (pa.array([b"\xff\x00"], pa.binary(2)), pa.string(), "ff00"),
            "hour": (pa.array([dt.time(22, 5)]), pa.string(), "22:05:00"),
            "list": (pa.array([[1, None]]), pa.string(), "[1, null]"),
            "record": (
                pa.array([{"a": "é", "t": NOON}]),
                pa.string(),
                '{"a": "é", "t": "2024-07-05 12:00:00"}',
            ),
            "nothing": (pa.nulls(1), pa.string(), None),
        }
        table = pa.table({name: column for name, (column, _, _) in columns.items()})
        plain = read(write(tmp_path / "a.parquet", table))
        assert plain.schema.types == [kind for _, kind, _ in columns.values()]
        assert plain.to_pylist() == [{name: value for name, (_, _, value) in columns.items()}]

    def test_cells_as_text(self) -> None:
        """Values are written as an analyst would type them."""
        values = {
            "2024-07-05 12:00:00": NOON,
            "2024-07-05 12:00:00.500000": NOON.replace(microsecond=500_000),
            "2024-07-05": NOON.date(),
            "12:00:00": NOON.time(),
            "30:00:05": dt.timedelta(hours=30, seconds=5),
            "-00:01:00": dt.timedelta(minutes=-1),
            "TRUE": True,
            "FALSE": np.bool_(0),
            "17": 17.0,
            "1.5": np.float64(1.5),
            "1e+300": 1e300,
            "3": np.int32(3),
            "2.50": Decimal("2.50"),
            '["a", [1]]': ["a", (1,)],
            "2024-07": pd.Period("2024-07"),
            "2024-07-05 00:00:00": np.datetime64("2024-07-05", "ns"),
            "a?": "a\ud800",
        }
        assert {cell_text(value): value for value in values.values()} == values
        for missing in (None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, np.datetime64("NaT")):
            assert cell_text(missing) is None

    @pytest.mark.parametrize("crs", [27700, 4326])
    def test_points(self, tmp_path: Path, crs: int) -> None:
        """The points of GeoParquet are two numbers; missing and empty ones are null."""
        frame = gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=POINTS, crs=crs)
        frame.to_parquet(tmp_path / "a.geoparquet")
        (source,) = find_sources([tmp_path / "a.geoparquet"])
        assert source.crs == f"EPSG:{crs}"
        assert read(source.path).to_pydict() == {
            "a": [1, 2, 3],
            POINT_X: [530_000.0, None, None],
            POINT_Y: [180_000.0, None, None],
        }

    @pytest.mark.parametrize(
        ("facts", "crs"),
        [
            ({}, "EPSG:4326"),
            ({"crs": None}, None),
            ({"crs": pyproj.CRS("OGC:CRS84").to_json_dict()}, "EPSG:4326"),
            ({"crs": {"type": "nonsense"}}, '{"type": "nonsense"}'),
        ],
    )
    def test_coordinate_system(
        self, tmp_path: Path, facts: dict[str, Any], crs: str | None
    ) -> None:
        """Without a statement the system is longitude and latitude; null says not known."""
        column = pa.array([shapely.Point(-0.1, 51.5).wkb])
        path = write_geo(tmp_path / "a.parquet", column, {"encoding": "WKB", **facts})
        assert find_sources([path])[0].crs == crs

    @pytest.mark.parametrize(
        "column",
        [
            pa.array([{"x": 1.0, "y": 2.0}, None]),
            pa.array([[1.0, 2.0], None], pa.list_(pa.float64(), 2)),
        ],
    )
    def test_native_points(self, tmp_path: Path, column: pa.Array) -> None:
        """GeoParquet 1.1 also writes points as two numbers."""
        path = write_geo(tmp_path / "a.parquet", column, {"encoding": "point"})
        table = read(path)
        assert table.to_pydict() == {"a": [0, 1], POINT_X: [1.0, None], POINT_Y: [2.0, None]}

    def test_geoarrow_column(self, tmp_path: Path) -> None:
        """A column that calls itself GeoArrow has points without metadata of the file."""
        said = {
            "ARROW:extension:name": "geoarrow.wkb",
            "ARROW:extension:metadata": json.dumps({"crs": "EPSG:27700"}),
        }
        field = pa.field("place", pa.binary(), metadata=said)
        table = pa.table([pa.array([shapely.Point(1, 2).wkb])], schema=pa.schema([field]))
        path = write(tmp_path / "a.parquet", table)
        assert find_sources([path])[0].crs == "EPSG:27700"
        assert read(path).to_pydict() == {POINT_X: [1.0], POINT_Y: [2.0]}


class TestEdges:
    """Columns and files at their limits."""

    def test_names(self, tmp_path: Path) -> None:
        """Columns without a name are called after their position, repeated names are kept."""
        table = pa.table([[1], [2], [3], [4], [5]], names=["a", "", "a", " ", "column_4"])
        names = read(write(tmp_path / "a.parquet", table)).column_names
        assert names == ["a", "column_2", "a", "column_4_", "column_4"]

    def test_no_row_groups(self, tmp_path: Path) -> None:
        """A file without rows gives one chunk with the columns."""
        schema = pa.schema([("a", pa.int64()), ("b", pa.dictionary(pa.int8(), pa.string()))])
        pq.ParquetWriter(tmp_path / "a.parquet", schema).close()
        (source,) = find_sources([tmp_path / "a.parquet"])
        (chunk,) = read_chunks(source)
        assert chunk.table.schema.types == [pa.int64(), pa.string()]
        assert (chunk.table.num_rows, len(chunk.lines), len(chunk.broken)) == (0, 0, 0)

    def test_no_rows_with_points(self, tmp_path: Path) -> None:
        """Points without rows are two columns of numbers."""
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=[POINTS[0]], crs=27700).iloc[:0]
        frame.to_parquet(tmp_path / "a.parquet")
        assert read(tmp_path / "a.parquet").schema.types == [pa.int64(), pa.float64(), pa.float64()]

    def test_text_that_is_not_utf8(self, tmp_path: Path) -> None:
        """Arrow does not check texts when it reads them; wrong ones are Windows-1252."""
        raw = pa.array([b"caf\xe9", "né".encode(), None])
        text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
        path = write(tmp_path / "a.parquet", pa.table({"a": text}))
        assert read(path)["a"].to_pylist() == ["café", "né", None]

    def test_index_of_pandas(self, tmp_path: Path) -> None:
        """An index with a name is a column; numbers of rows are not; unnamed texts are."""
        frame = pd.DataFrame({"a": [1, 2]})
        cases = {
            "range": (frame, ["a"]),
            "nothing_else": (frame[[]].set_axis([7, 9]), ["__index_level_0__"]),
            "left_over": (frame.set_axis([7, 9]), ["a"]),
            "texts": (frame.set_axis(["x", "y"]), ["a", "__index_level_0__"]),
            "named": (frame.rename_axis("id"), ["a"]),
            "named_texts": (frame.set_axis(pd.Index(["x", "y"], name="id")), ["a", "id"]),
        }
        for name, (table, columns) in cases.items():
            table.to_parquet(tmp_path / f"{name}.parquet")
            assert read(tmp_path / f"{name}.parquet").column_names == columns, name

    def test_boxes_are_dropped(self, tmp_path: Path) -> None:
        """The boxes that GeoParquet 1.1 keeps beside points only repeat them."""
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=[POINTS[0]], crs=27700)
        frame.to_parquet(tmp_path / "a.parquet", write_covering_bbox=True)
        assert read(tmp_path / "a.parquet").column_names == ["a", POINT_X, POINT_Y]

    @pytest.mark.parametrize("said", ["[]", "{", '{"columns": 3}', '{"columns": {"place": 3}}'])
    def test_nonsense_metadata(self, tmp_path: Path, said: str) -> None:
        """Metadata that nobody understands leave a table without points."""
        table = pa.table({"place": [b"a"]}).replace_schema_metadata({"geo": said})
        assert read(write(tmp_path / "a.parquet", table)).to_pydict() == {"place": ["a"]}

    def test_old_timestamps(self, tmp_path: Path) -> None:
        """Times of old Spark reach beyond what nanoseconds hold."""
        far = pa.array([NOON.replace(year=9999)], pa.timestamp("us"))
        path = write(
            tmp_path / "a.parquet", pa.table({"a": far}), use_deprecated_int96_timestamps=True
        )
        assert read(path)["a"].to_pylist() == [NOON.replace(year=9999)]

    def test_multipoints(self, tmp_path: Path) -> None:
        """A multipoint of one point is that point."""
        frame = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 2, 3)])], crs=27700)
        frame.to_parquet(tmp_path / "a.parquet")
        assert read(tmp_path / "a.parquet").to_pydict() == {POINT_X: [1.0], POINT_Y: [2.0]}

    def test_split_of_a_part(self, tmp_path: Path) -> None:
        """A part can be divided again, and keeps to its own row groups."""
        write(tmp_path / "a.parquet", pa.table({"a": range(8)}), row_group_size=2)
        (source,) = find_sources([tmp_path])
        _, second = split_source(source, rows=4)
        assert [part.groups for part in split_source(second, rows=1)] == [(2, 3), (3, 4)]


class TestReference:
    """Against pandas and geopandas."""

    def test_same_as_pandas(self, tmp_path: Path) -> None:
        """The values are those that pandas reads."""
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(
            {
                "n": rng.integers(0, 100, 1000),
                "t": pd.Timestamp("2024-01-01")
                + pd.to_timedelta(rng.integers(0, 10**6, 1000), "s"),
                "c": pd.Categorical(rng.choice(["a", "b", None], 1000)),
            }
        )
        frame.to_parquet(tmp_path / "a.parquet", row_group_size=99)
        table = read(tmp_path / "a.parquet", rows=70)
        expected = pd.read_parquet(tmp_path / "a.parquet")
        assert table["n"].to_pylist() == expected["n"].tolist()
        assert table["t"].to_pylist() == expected["t"].tolist()
        assert (
            table["c"].fill_null("").to_pylist() == expected["c"].astype(object).fillna("").tolist()
        )

    def test_same_as_geopandas(self, tmp_path: Path) -> None:
        """The coordinates are those that geopandas reads."""
        rng = np.random.default_rng(2)
        points = gpd.points_from_xy(rng.random(100), rng.random(100), rng.random(100))
        gpd.GeoDataFrame(geometry=points, crs=4326).to_parquet(tmp_path / "a.parquet")
        expected = gpd.read_parquet(tmp_path / "a.parquet").geometry
        table = read(tmp_path / "a.parquet", rows=7)
        assert table[POINT_X].to_pylist() == expected.x.tolist()
        assert table[POINT_Y].to_pylist() == expected.y.tolist()


class TestRelations:
    """What must hold for all files."""

    @settings(max_examples=EXAMPLES)
    @given(
        n=st.integers(0, 60),
        group=st.integers(1, 20),
        rows=st.integers(1, 20),
        part=st.integers(1, 60),
    )
    def test_parts_and_chunks_lose_nothing(self, n: int, group: int, rows: int, part: int) -> None:
        """Whatever the row groups, parts and chunks: every row once, with its own line."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.parquet"
            write(
                path, pa.table({"a": pa.array(range(1, n + 1), pa.int64())}), row_group_size=group
            )
            (source,) = find_sources([path])
            parts = split_source(source, rows=part)
            chunks = [chunk for one in parts for chunk in read_chunks(one, rows=rows)]
        assert all(chunk.table.num_rows <= rows for chunk in chunks)
        assert [v for chunk in chunks for v in chunk.table["a"].to_pylist()] == [*range(1, n + 1)]
        assert [v for chunk in chunks for v in chunk.lines.tolist()] == [*range(1, n + 1)]

    @settings(max_examples=EXAMPLES)
    @given(
        st.sampled_from(
            [
                pa.list_(pa.int64()),
                pa.map_(pa.string(), pa.int64()),
                pa.struct([("a", pa.timestamp("ns", "UTC"))]),
                pa.duration("ns"),
                pa.time64("ns"),
                pa.time32("ms"),
                pa.date64(),
                pa.decimal128(30, 3),
                pa.decimal256(60, 0),
                pa.large_binary(),
                pa.binary_view(),
                pa.string_view(),
                pa.month_day_nano_interval(),
                pa.null(),
                pa.float16(),
                pa.run_end_encoded(pa.int32(), pa.string()),
                pa.dictionary(pa.int8(), pa.large_string()),
                pa.dense_union([pa.field("a", pa.int64())]),
            ]
        ),
        st.integers(0, 3),
    )
    def test_type_depends_on_type_alone(self, kind: pa.DataType, n: int) -> None:
        """With or without rows, a column of one type always becomes the same plain type."""
        if pa.types.is_union(kind):
            parts = pa.array([0] * n, pa.int8()), pa.array(range(n), pa.int32())
            array = pa.UnionArray.from_dense(*parts, [pa.array(range(n), pa.int64())], ["a"])
        else:
            array = (
                pa.nulls(n, kind)
                if not pa.types.is_run_end_encoded(kind)
                else pa.RunEndEncodedArray.from_arrays(
                    pa.array([n] if n else [], pa.int32()), pa.array(["x"] if n else [])
                )
            )
        plain = plain_column(pa.chunked_array([array], type=array.type))
        assert plain.type == plain_type(array.type)
        assert len(plain) == n


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_no_columns(self, tmp_path: Path) -> None:
        """A file without columns is no table."""
        with pytest.raises(InputError, match="'a.parquet' has no columns. Must be a table"):
            find_sources([write(tmp_path / "a.parquet", pa.table({}))])

    def test_damaged(self, tmp_path: Path) -> None:
        """A file whose end or pages are damaged is refused."""
        path = tmp_path / "a.parquet"
        table = pa.table({"a": range(10_000)})
        options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
        whole = write(path, table, **options).read_bytes()
        path.write_bytes(whole[:-1])
        message = "Cannot read 'a.parquet' as Parquet: .*Must be a complete Parquet file"
        with pytest.raises(InputError, match=message):
            find_sources([path])
        # One byte of one number: only the checksum of the page knows.
        path.write_bytes(whole[:40_000] + bytes([whole[40_000] ^ 1]) + whole[40_001:])
        (source,) = find_sources([path])
        with pytest.raises(InputError, match=message):
            list(read_chunks(source))

    @pytest.mark.parametrize(
        "shape", [shapely.box(0, 0, 1, 1), shapely.MultiPoint([(0, 0), (1, 1)])]
    )
    def test_other_geometry(self, tmp_path: Path, shape: shapely.Geometry) -> None:
        """Geometry that is not points is named."""
        gpd.GeoDataFrame(geometry=[shape], crs=27700).to_parquet(tmp_path / "a.parquet")
        message = f"The geometry of 'a.parquet' is {shape.geom_type}. Must be points.*centroids"
        with pytest.raises(InputError, match=message):
            read(tmp_path / "a.parquet")

    def test_other_native_geometry(self, tmp_path: Path) -> None:
        """So are native lines."""
        column = pa.array([[{"x": 1.0, "y": 2.0}]])
        path = write_geo(tmp_path / "a.parquet", column, {"encoding": "linestring"})
        with pytest.raises(InputError, match="is linestring. Must be points"):
            read(path)

    def test_times_that_cannot_be_written(self, tmp_path: Path) -> None:
        """Times beyond the calendar, inside a list, cannot become text."""
        times = pa.array([[2**60]]).cast(pa.list_(pa.timestamp("us")))
        path = write(tmp_path / "a.parquet", pa.table({"a": times}))
        with pytest.raises(InputError, match="Cannot read 'a.parquet' as Parquet: date value out"):
            read(path)

    def test_nonsense_geometry(self, tmp_path: Path) -> None:
        """Bytes that are no geometry are refused."""
        path = write_geo(tmp_path / "a.parquet", pa.array([b"nonsense"]), {"encoding": "WKB"})
        with pytest.raises(InputError, match="Cannot read the geometry of 'a.parquet'"):
            read(path)


def test_memory(tmp_path: Path) -> None:
    """A file of one row group is read in less memory than its 48 MB of numbers would take."""
    n = 2_000_000
    rng = np.random.default_rng(3)
    table = pa.table({name: rng.random(n) for name in "abc"})
    write(tmp_path / "a.parquet", table, row_group_size=n)
    code = (
        "import sys, pyarrow as pa\n"
        "from hotspots.sources import find_sources, read_chunks\n"
        "source, = find_sources(sys.argv[1:])\n"
        "n = sum(chunk.table.num_rows for chunk in read_chunks(source, rows=50_000))\n"
        "print(n, pa.default_memory_pool().max_memory())\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, str(tmp_path / "a.parquet")],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, memory = map(int, done.stdout.split())
    assert rows == n
    assert memory < 24_000_000
