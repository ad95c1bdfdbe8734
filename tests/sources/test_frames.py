"""Tables in memory: every kind of column, points, and names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import POINT_X, POINT_Y, RawChunk, frame_chunks

NOON = dt.datetime(2024, 7, 5, 12)  # noqa: DTZ001 (as most tables have it)
AWARE = NOON.replace(tzinfo=dt.UTC)


def chunks_of(frame: pd.DataFrame, rows: int = 500_000) -> list[RawChunk]:
    """Give all chunks of a table."""
    return list(frame_chunks(frame, rows=rows)[1])


def read(frame: pd.DataFrame, rows: int = 500_000) -> pa.Table:
    """Give all rows of a table."""
    return pa.concat_tables([chunk.table for chunk in chunks_of(frame, rows)])


def objects(*values: Any) -> pd.Series[Any]:
    """Give a column of Python objects."""
    return pd.Series(list(values), dtype=object)


class TestByHand:
    """Columns whose plain form is known."""

    def test_types(self) -> None:
        """Numbers, times and flags stay; codes are decoded; the rest is text."""
        london = pd.Timestamp("2024-07-05 12:00", tz="Europe/London")
        cases: dict[str, tuple[Any, pa.DataType, Any]] = {
            "int": (pd.Series([1], dtype="int32"), pa.int32(), 1),
            "nullable": (pd.Series([None], dtype="Int64"), pa.int64(), None),
            "nan": (pd.Series([np.nan]), pa.float64(), None),
            "half": (pd.Series([1.5], dtype="float16"), pa.float64(), 1.5),
            "flag": (pd.Series([True]), pa.bool_(), True),
            "text": (pd.Series(["é"], dtype="string"), pa.string(), "é"),
            "naive": (pd.Series([NOON]).astype("datetime64[us]"), pa.timestamp("us"), NOON),
            "zone": (
                pd.Series([london]).dt.as_unit("us"),
                pa.timestamp("us", "Europe/London"),
                london.to_pydatetime(),
            ),
            "code": (pd.Series(["a"], dtype="category"), pa.string(), "a"),
            "number_code": (pd.Series([5], dtype="category"), pa.int64(), 5),
            "period": (
                pd.Series(pd.period_range("2024-01", periods=1, freq="M")),
                pa.string(),
                "2024-01",
            ),
            "interval": (pd.Series(pd.interval_range(0, 1)), pa.string(), "(0, 1]"),
            "sparse": (pd.Series([3], dtype="Sparse[int]"), pa.string(), "3"),
            "complex": (pd.Series([1 + 2j]), pa.string(), "(1+2j)"),
            "delta": (pd.Series(pd.to_timedelta([90], unit="min")), pa.string(), "01:30:00"),
            "arrow": (pd.Series(["a"], dtype=pd.ArrowDtype(pa.large_string())), pa.string(), "a"),
        }
        frame = pd.DataFrame({name: column for name, (column, _, _) in cases.items()})
        table = read(frame)
        assert table.schema.types == [kind for _, kind, _ in cases.values()]
        assert table.to_pylist() == [{name: value for name, (_, _, value) in cases.items()}]

    @pytest.mark.parametrize(
        ("values", "kind", "expected"),
        [
            (["a", None, np.nan, pd.NaT], pa.string(), ["a", None, None, None]),
            ([1, None], pa.int64(), [1, None]),
            ([1, 2.5], pa.float64(), [1.0, 2.5]),
            ([True, None, np.bool_(0)], pa.bool_(), [True, None, False]),
            ([Decimal("1.5")], pa.float64(), [1.5]),
            ([NOON, pd.NaT], pa.timestamp("us"), [NOON, None]),
            ([NOON.date(), None], pa.date32(), [NOON.date(), None]),
            ([dt.time(22, 5)], pa.string(), ["22:05:00"]),
            ([b"a"], pa.string(), ["a"]),
            ([[1, 2]], pa.string(), ["[1, 2]"]),
            # What follows Arrow would refuse, or make something else of.
            (["a", 1, 2.0, True], pa.string(), ["a", "1", "2", "TRUE"]),
            ([True, 1], pa.string(), ["TRUE", "1"]),
            ([NOON.date(), NOON], pa.string(), ["2024-07-05", "2024-07-05 12:00:00"]),
            ([NOON, AWARE], pa.string(), ["2024-07-05 12:00:00", "2024-07-05 12:00:00+00:00"]),
            ([2**70, 1], pa.string(), [str(2**70), "1"]),
            (["a\ud800"], pa.string(), ["a?"]),
            ([shapely.Point(1, 2)], pa.string(), ["POINT (1 2)"]),
            ([None, None], pa.string(), [None, None]),
        ],
    )
    def test_objects(self, values: list[Any], kind: pa.DataType, expected: list[Any]) -> None:
        """Objects of one kind have its type, mixed ones are text cell by cell."""
        column = read(pd.DataFrame({"a": objects(*values)}))["a"]
        assert column.type == kind
        assert column.to_pylist() == expected

    def test_zones_of_one_column(self) -> None:
        """Times of several zones are the same moments in one."""
        east = AWARE.astimezone(dt.timezone(dt.timedelta(hours=3)))
        column = read(pd.DataFrame({"a": objects(AWARE, east)}))["a"]
        assert column.to_pylist() == [AWARE, AWARE]

    def test_points(self) -> None:
        """Points are two columns after the others; missing and empty ones are null."""
        shapes = [shapely.Point(1, 2, 3), None, shapely.Point(), shapely.MultiPoint([(4, 5)])]
        frame = gpd.GeoDataFrame({"a": range(4)}, geometry=shapes, crs=27700)
        crs, chunks = frame_chunks(frame)
        assert crs == "EPSG:27700"
        assert next(chunks).table.to_pydict() == {
            "a": [0, 1, 2, 3],
            POINT_X: [1, None, None, 4],
            POINT_Y: [2, None, None, 5],
        }

    def test_second_geometry(self) -> None:
        """Only the active geometry is the place; another is text."""
        points = gpd.points_from_xy([1], [2])
        frame = gpd.GeoDataFrame(
            {"from": gpd.GeoSeries(points), "to": points}, geometry="to", crs=27700
        )
        assert read(frame).to_pydict() == {"from": ["POINT (1 2)"], POINT_X: [1], POINT_Y: [2]}

    def test_lines(self) -> None:
        """Rows are numbered from 1, whatever the index."""
        chunks = chunks_of(pd.DataFrame({"a": range(5)}, index=[9, 9, 7, 1, 0]), rows=2)
        assert [chunk.lines.tolist() for chunk in chunks] == [[1, 2], [3, 4], [5]]


class TestEdges:
    """Odd names and sizes."""

    def test_no_rows(self) -> None:
        """A table without rows is one chunk with its columns."""
        frame = pd.DataFrame({"a": pd.Series([], dtype="int64"), "b": objects()})
        (chunk,) = chunks_of(frame)
        assert chunk.table.schema.types == [pa.int64(), pa.string()]
        assert (chunk.table.num_rows, len(chunk.lines), len(chunk.broken)) == (0, 0, 0)
        (chunk,) = chunks_of(gpd.GeoDataFrame(frame, geometry=[], crs=27700))
        assert chunk.table.schema.types[2:] == [pa.float64(), pa.float64()]

    def test_labels(self) -> None:
        """Labels that are no text become text; blank ones a position; repeated ones stay."""
        frame = pd.DataFrame([[1, 2, 3, 4, 5]])
        frame.columns = pd.Index([0, "", "a", "a", ("b", 1)], tupleize_cols=False)
        assert read(frame).column_names == ["0", "column_2", "a", "a", "('b', 1)"]

    def test_index(self) -> None:
        """Levels of the index with a name are columns, unless a column has it."""
        index = pd.MultiIndex.from_arrays([["x"], [7], [3]], names=["id", None, "a"])
        table = read(pd.DataFrame({"a": [1]}, index=index))
        assert table.column_names == ["id", "a"]
        assert table.to_pylist() == [{"id": "x", "a": 1}]
        days = pd.DatetimeIndex([NOON], name="when").as_unit("us")
        assert read(pd.DataFrame({"a": [1]}, index=days)).to_pydict() == {"when": [NOON], "a": [1]}

    def test_codes_of_mixed_kinds(self) -> None:
        """Categories that Arrow cannot hold are text, and periods are no numbers."""
        mixed = pd.Series(["a", 1, None]).astype("category")
        periods = pd.Series(pd.period_range("2024-01", periods=3, freq="M")).astype("category")
        table = read(pd.DataFrame({"m": mixed, "p": periods}))
        assert table["m"].to_pylist() == ["a", "1", None]
        assert table["p"].to_pylist() == ["2024-01", "2024-02", "2024-03"]

    def test_input_is_not_changed(self) -> None:
        """The table is as it was."""
        frame = gpd.GeoDataFrame(
            {"a": objects("x", 1)}, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=27700
        )
        before = frame.copy(deep=True)
        read(frame)
        assert_geodataframe_equal(frame, before)


class TestReference:
    """Against pyarrow."""

    def test_same_as_pyarrow(self) -> None:
        """Columns that Arrow holds are those of Table.from_pandas."""
        rng = np.random.default_rng(1)
        frame = pd.DataFrame(
            {"a": rng.integers(0, 9, 100), "b": rng.random(100), "c": rng.random(100) > 0.5}
        )
        expected = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
        assert read(frame, rows=30).equals(expected)


class TestRelations:
    """What must hold for all tables."""

    @given(
        values=st.lists(
            st.one_of(
                st.none(),
                st.integers(),
                st.floats(),
                st.text(max_size=3),
                st.booleans(),
                st.dates(),
                st.datetimes(),
                st.datetimes(timezones=st.just(dt.UTC)),
                st.binary(max_size=3),
                st.decimals(allow_nan=False, allow_infinity=False),
                st.timedeltas(),
                st.times(),
                st.lists(st.integers(), max_size=2),
            ),
            max_size=8,
        ),
        rows=st.integers(1, 4),
    )
    def test_any_objects(self, values: list[Any], rows: int) -> None:
        """Any objects make a column of one type in all chunks, and gaps stay gaps."""
        chunks = chunks_of(pd.DataFrame({"a": objects(*values)}), rows=rows)
        table = pa.concat_tables([chunk.table for chunk in chunks])
        assert len({chunk.table.schema for chunk in chunks}) == 1
        missing = [
            value is None or (not isinstance(value, list) and bool(pd.isna(value)))
            for value in values
        ]
        assert table["a"].is_null().to_pylist() == missing

    @given(st.permutations(range(6)), st.integers(1, 7))
    def test_index_does_not_matter(self, labels: list[int], rows: int) -> None:
        """Labels of the rows change nothing, and neither does the size of the chunks."""
        frame = pd.DataFrame({"a": list("abcdef"), "b": objects(1, "x", None, 2.5, b"y", NOON)})
        other = read(frame.set_axis(labels), rows=rows)
        assert other.to_pylist() == read(frame).to_pylist()


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_no_coordinate_system(self) -> None:
        """A GeoDataFrame must say where its points are."""
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([1], [2]))
        message = r"has no coordinate system. Must have one. Set it, such as frame.set_crs\(27700\)"
        with pytest.raises(InputError, match=message):
            frame_chunks(frame)

    @pytest.mark.parametrize(
        "shape", [shapely.box(0, 0, 1, 1), shapely.MultiPoint([(0, 0), (1, 1)])]
    )
    def test_other_geometry(self, shape: shapely.Geometry) -> None:
        """Geometry that is not points is named."""
        frame = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), shape], crs=27700)
        message = f"Invalid geometry '{shape.geom_type}'. Must be points. Use frame.geometry.cent"
        with pytest.raises(InputError, match=message):
            frame_chunks(frame)

    def test_no_active_geometry(self) -> None:
        """A GeoDataFrame whose geometry is missing is told how to name another."""
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([1], [2]), crs=27700)
        without = gpd.GeoDataFrame({"a": [1]})
        renamed = frame.rename(columns={"geometry": "place"})
        for table in (without, renamed):
            with pytest.raises(InputError, match="has no active geometry. Must have points"):
                frame_chunks(table)
