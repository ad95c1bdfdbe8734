"""GeoPackage, GeoJSON, shapefile and FlatGeobuf: points, dates, layers, incomplete files."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import POINT_X, POINT_Y, RawChunk, find_sources, read_chunks, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 30  # each writes files
FORMATS = ["a.gpkg", "a.geojson", "a.shp", "a.fgb"]
LONDON = (-0.1, 51.5)


@pytest.fixture(autouse=True)
def _quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing prints, and GDAL does not either."""
    yield
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def naive(month: int, hour: int) -> dt.datetime:
    """Give a time on the 5th of a month without a zone."""
    return dt.datetime(2024, month, 5, hour)  # noqa: DTZ001


def chunks_of(path: Path, layer: str | None = None, rows: int = 500_000) -> list[RawChunk]:
    """Give all chunks of a file."""
    (source,) = find_sources([path], layer=layer)
    return list(read_chunks(source, rows=rows))


def read(path: Path, layer: str | None = None, rows: int = 500_000) -> pa.Table:
    """Give all rows of a file."""
    return pa.concat_tables([chunk.table for chunk in chunks_of(path, layer, rows)])


def points(n: int = 2, crs: int | None = 27700, **columns: Any) -> gpd.GeoDataFrame:
    """Give points one metre apart."""
    where = gpd.points_from_xy(530_000 + np.arange(n), 180_000 + np.arange(n))
    return gpd.GeoDataFrame({"n": range(n), **columns}, geometry=where, crs=crs)


def geojson(path: Path, *properties: dict[str, Any], geometry: Any = None, **members: Any) -> Path:
    """Write GeoJSON by hand, each feature at the same point."""
    geometry = geometry or {"type": "Point", "coordinates": LONDON}
    features = [{"type": "Feature", "properties": p, "geometry": geometry} for p in properties]
    said = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


class TestByHand:
    """Small files whose rows are known."""

    @pytest.mark.parametrize("name", FORMATS)
    def test_points(self, tmp_path: Path, name: str) -> None:
        """Every format gives its columns, points, lines from 1 and coordinate system."""
        points(s=["é", "b"]).to_file(tmp_path / name)
        (source,) = find_sources([tmp_path / name])
        assert source.crs == "EPSG:27700"
        (chunk,) = read_chunks(source)
        rows = sorted(chunk.table.to_pylist(), key=lambda row: int(row["n"]))
        assert rows == [
            {"n": 0, "s": "é", POINT_X: 530_000.0, POINT_Y: 180_000.0},
            {"n": 1, "s": "b", POINT_X: 530_001.0, POINT_Y: 180_001.0},
        ]
        assert chunk.lines.tolist() == [1, 2]

    def test_geojson_types(self, tmp_path: Path) -> None:
        """Texts, numbers, booleans and dates keep their types; lists and records are text."""
        path = geojson(
            tmp_path / "a.geojson",
            {"s": "é", "n": 1, "x": 1.5, "b": True, "d": "2024-07-05", "h": "22:05:00"},
            {"s": None, "n": None, "x": None, "b": None, "l": [1, 2], "o": {"a": 1}},
        )
        table = read(path)
        assert dict(zip(table.column_names, table.schema.types, strict=True)) == {
            "s": pa.string(),
            "n": pa.int32(),
            "x": pa.float64(),
            "b": pa.bool_(),
            "d": pa.date32(),
            "h": pa.string(),
            "l": pa.string(),
            "o": pa.string(),
            POINT_X: pa.float64(),
            POINT_Y: pa.float64(),
        }
        first, second = table.to_pylist()
        assert (first["d"], first["h"]) == (dt.date(2024, 7, 5), "22:05:00")
        assert (second["l"], second["o"]) == ("[1, 2]", '{ "a": 1 }')

    @pytest.mark.parametrize(
        ("values", "kind", "expected"),
        [
            (
                ["2024-07-05T10:00:00", "2024-01-05 10:00:00"],
                pa.timestamp("us"),
                [naive(7, 10), naive(1, 10)],
            ),
            (
                ["2024-07-05T10:00:00+01:00", "2024-01-05T10:00:00Z"],
                pa.timestamp("us", "UTC"),
                [
                    dt.datetime(2024, 7, 5, 9, tzinfo=dt.UTC),
                    dt.datetime(2024, 1, 5, 10, tzinfo=dt.UTC),
                ],
            ),
            (
                ["2024-07-05T10:00:00+01:00", "2024-01-05T10:00:00"],
                pa.string(),
                ["2024-07-05T10:00:00+01:00", "2024-01-05T10:00:00"],
            ),
        ],
    )
    def test_zones(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        values: list[str],
        kind: pa.DataType,
        expected: Any,
    ) -> None:
        """Times without a zone have none, with one they are in UTC, and mixed they stay text."""
        monkeypatch.setattr(vectors, "_ROWS", 1)
        path = geojson(tmp_path / "a.geojson", *({"t": value} for value in values))
        chunks = chunks_of(path, rows=1)
        assert [chunk.table.schema.field("t").type for chunk in chunks] == [kind, kind]
        assert [chunk.table["t"][0].as_py() for chunk in chunks] == expected

    @pytest.mark.parametrize("name", ["a.gpkg", "a.fgb"])
    def test_zones_that_gdal_loses(self, tmp_path: Path, name: str) -> None:
        """GDAL calls naive times of a GeoPackage UTC, and drops the zones of FlatGeobuf."""
        naive = pd.to_datetime(["2024-01-05 10:00", "2024-07-05 10:00"])
        points(t=naive).to_file(tmp_path / name)
        assert read(tmp_path / name)["t"].type == pa.timestamp("us")
        points(t=naive.tz_localize("Europe/London")).to_file(tmp_path / f"b{name}")
        table = read(tmp_path / f"b{name}").sort_by("n")
        assert [t.hour for t in table["t"].to_pylist()] == [10, 9]

    def test_layers(self, tmp_path: Path) -> None:
        """The only layer of points is read; areas and tables beside it are not."""
        path = tmp_path / "a.gpkg"
        points().to_file(path, layer="calls")
        points().buffer(1).to_file(path, layer="areas")
        pyogrio.write_dataframe(pd.DataFrame({"b": ["x"]}), path, layer="notes")
        (source,) = find_sources([path])
        assert (source.name, source.layer) == ("a.gpkg", "calls")
        (notes,) = find_sources([path], layer="notes")
        assert notes.crs is None
        assert read(path, layer="notes").to_pydict() == {"b": ["x"]}

    def test_all_layers(self, tmp_path: Path) -> None:
        """With layer="*" each layer of points is a source."""
        path = tmp_path / "a.gpkg"
        points(1).to_file(path, layer="jan")
        points(2).to_file(path, layer="feb")
        sources = find_sources([path], layer="*")
        assert [source.name for source in sources] == ["a.gpkg/jan", "a.gpkg/feb"]
        assert [next(read_chunks(s)).table.num_rows for s in sources] == [1, 2]


class TestEdges:
    """Files and features at their limits."""

    def test_no_features(self, tmp_path: Path) -> None:
        """GeoJSON without features is one chunk without rows."""
        (chunk,) = chunks_of(geojson(tmp_path / "a.geojson"))
        assert chunk.table.column_names == [POINT_X, POINT_Y]
        assert chunk.table.num_rows == 0

    @pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.fgb"])
    def test_no_rows(self, tmp_path: Path, name: str) -> None:
        """Other formats know their columns without rows, too."""
        empty = points(t=pd.to_datetime(["2024-01-05", "2024-01-06"])).iloc[:0]
        empty = empty.drop(columns="t") if name == "a.shp" else empty
        pyogrio.write_dataframe(empty, tmp_path / name, geometry_type="Point")
        (chunk,) = chunks_of(tmp_path / name)
        assert {"n", POINT_X, POINT_Y} <= set(chunk.table.column_names)
        assert chunk.table.num_rows == 0

    def test_missing_and_empty_points(self, tmp_path: Path) -> None:
        """Missing and empty geometry is null; one point of a multipoint is that; Z is dropped."""
        shapes = [
            shapely.MultiPoint([(1, 2, 3)]),
            None,
            shapely.Point(),
            shapely.MultiPoint(),
            shapely.Point(4, 5, 6),
            shapely.GeometryCollection(),
        ]
        gpd.GeoDataFrame({"a": range(6)}, geometry=shapes, crs=27700).to_file(tmp_path / "a.gpkg")
        table = read(tmp_path / "a.gpkg")
        assert table[POINT_X].to_pylist() == [1, None, None, None, 4, None]
        assert table[POINT_Y].to_pylist() == [2, None, None, None, 5, None]

    def test_no_geometry_at_all(self, tmp_path: Path) -> None:
        """GeoJSON whose features all lack a place is a table."""
        path = tmp_path / "a.geojson"
        feature = {"type": "Feature", "properties": {"a": 1}, "geometry": None}
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        assert read(path).to_pydict() == {"a": [1], POINT_X: [None], POINT_Y: [None]}

    def test_single_feature(self, tmp_path: Path) -> None:
        """A file may hold one feature without a collection, and a byte order mark."""
        said = {
            "type": "Feature",
            "properties": {"a": 1},
            "geometry": {"type": "Point", "coordinates": LONDON},
        }
        (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(said).encode())
        assert read(tmp_path / "a.json").to_pydict() == {"a": [1], POINT_X: [-0.1], POINT_Y: [51.5]}

    def test_crs_member(self, tmp_path: Path) -> None:
        """Old GeoJSON may state another coordinate system than longitude and latitude."""
        system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
        path = geojson(tmp_path / "a.geojson", {"a": 1}, crs=system)
        assert find_sources([path])[0].crs == "EPSG:27700"
        assert find_sources([geojson(tmp_path / "b.geojson", {"a": 1})])[0].crs == "EPSG:4326"

    def test_no_crs(self, tmp_path: Path) -> None:
        """A file that states no coordinate system has none; WKT stands for one without a code."""
        with pytest.warns(UserWarning, match="'crs' was not provided"):
            points(crs=None).to_file(tmp_path / "a.gpkg")
        assert find_sources([tmp_path / "a.gpkg"])[0].crs is None
        own = "+proj=tmerc +lat_0=50 +lon_0=-1 +k=1 +x_0=0 +y_0=0 +ellps=airy"
        points().set_crs(own, allow_override=True).to_file(tmp_path / "b.gpkg")
        assert (find_sources([tmp_path / "b.gpkg"])[0].crs or "").startswith("PROJCRS[")

    @pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
    def test_encoding_of_a_shapefile(self, tmp_path: Path, encoding: str) -> None:
        """The encoding is that of the .cpg."""
        points(1, s=["naïve – café"]).to_file(tmp_path / "a.shp", encoding=encoding)
        assert read(tmp_path / "a.shp")["s"].to_pylist() == ["naïve – café"]

    def test_shapefile_in_capitals(self, tmp_path: Path) -> None:
        """Old programs write all suffixes in capitals."""
        points(s=["a", "b"]).to_file(tmp_path / "a.shp")
        for path in list(tmp_path.iterdir()):
            path.rename(tmp_path / path.name.upper())
        assert read(tmp_path / "A.SHP")["s"].to_pylist() == ["a", "b"]

    def test_chunks(self, tmp_path: Path) -> None:
        """Chunks have at most so many rows, and lines go on."""
        points(5).to_file(tmp_path / "a.gpkg")
        chunks = chunks_of(tmp_path / "a.gpkg", rows=2)
        assert [chunk.lines.tolist() for chunk in chunks] == [[1, 2], [3, 4], [5]]
        assert [v for chunk in chunks for v in chunk.table["n"].to_pylist()] == [0, 1, 2, 3, 4]

    def test_type_of_values_that_differ(self, tmp_path: Path) -> None:
        """A property that is a number here and a text there is text."""
        path = geojson(tmp_path / "a.geojson", {"a": 1}, {"a": "x"})
        assert read(path)["a"].to_pylist() == ["1", "x"]


class TestReference:
    """Against geopandas."""

    @pytest.mark.parametrize("name", FORMATS)
    def test_same_as_geopandas(self, tmp_path: Path, name: str) -> None:
        """Rows and their order are those that geopandas reads."""
        rng = np.random.default_rng(1)
        where = gpd.points_from_xy(rng.random(300) * 1000, rng.random(300) * 1000)
        frame = gpd.GeoDataFrame({"a": rng.random(300)}, geometry=where, crs=27700)
        frame.to_file(tmp_path / name)
        expected = gpd.read_file(tmp_path / name)
        table = read(tmp_path / name, rows=70)
        assert table["a"].to_pylist() == expected["a"].tolist()
        assert table[POINT_X].to_pylist() == expected.geometry.x.tolist()
        assert table[POINT_Y].to_pylist() == expected.geometry.y.tolist()


class TestRelations:
    """What must hold for all files."""

    @settings(max_examples=EXAMPLES)
    @given(
        xy=st.lists(
            st.one_of(st.none(), st.tuples(*[st.floats(-1e6, 1e6, allow_subnormal=False)] * 2)),
            min_size=1,
            max_size=20,
        ),
        rows=st.integers(1, 7),
    )
    def test_points_come_back(self, xy: list[tuple[float, float] | None], rows: int) -> None:
        """Any points, with gaps, come back in their order, in chunks of any size."""
        shapes = [None if p is None else shapely.Point(p) for p in xy]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.gpkg"
            frame = gpd.GeoDataFrame({"a": range(len(xy))}, geometry=shapes, crs=27700)
            pyogrio.write_dataframe(frame, path, geometry_type="Point")
            table = read(path, rows=rows)
        found = zip(table[POINT_X].to_pylist(), table[POINT_Y].to_pylist(), strict=True)
        assert list(found) == [(None, None) if p is None else p for p in xy]


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_several_layers(self, tmp_path: Path) -> None:
        """Several layers of points are listed."""
        path = tmp_path / "a.gpkg"
        points().to_file(path, layer="jan")
        points().to_file(path, layer="feb")
        with pytest.raises(InputError, match=r"has 2 layers of points \(jan, feb\).*layer='jan'"):
            find_sources([path])
        with pytest.raises(InputError, match="Invalid layer 'mar'. Must be a layer of 'a.gpkg'"):
            find_sources([path], layer="mar")

    def test_only_tables(self, tmp_path: Path) -> None:
        """A table without points must be named."""
        pyogrio.write_dataframe(pd.DataFrame({"b": ["x"]}), tmp_path / "a.gpkg", layer="notes")
        with pytest.raises(InputError, match="no layer of points.*Its tables are: notes"):
            find_sources([tmp_path / "a.gpkg"])

    @pytest.mark.parametrize("name", FORMATS)
    def test_other_geometry(self, tmp_path: Path, name: str) -> None:
        """Areas are refused when they are found."""
        points().buffer(1).to_file(tmp_path / name)
        with pytest.raises(InputError, match=f"'{name}' is Polygon. Must be points.*centroids"):
            find_sources([tmp_path / name])

    def test_multipoints(self, tmp_path: Path) -> None:
        """Several points in one row are refused when they are read."""
        shape = shapely.MultiPoint([(0, 0), (1, 1)])
        gpd.GeoDataFrame(geometry=[shape], crs=27700).to_file(tmp_path / "a.gpkg")
        with pytest.raises(InputError, match="is MultiPoint. Must be points, one a row"):
            read(tmp_path / "a.gpkg")

    def test_areas_among_points(self, tmp_path: Path) -> None:
        """So is an area among the points of GeoJSON, which has no one type."""
        frame = points(crs=4326)
        frame.loc[1, "geometry"] = shapely.box(0, 51, 1, 52)
        frame.to_file(tmp_path / "a.geojson")
        with pytest.raises(InputError, match="is Polygon. Must be points, one a row"):
            read(tmp_path / "a.geojson")

    @pytest.mark.parametrize("suffix", [".dbf", ".shx"])
    def test_shapefile_without_its_files(self, tmp_path: Path, suffix: str) -> None:
        """A shapefile is several files."""
        points().to_file(tmp_path / "a.shp")
        (tmp_path / f"a{suffix}").unlink()
        with pytest.raises(InputError, match=f"'a.shp' has no {suffix} beside it. Must be with"):
            find_sources([tmp_path / "a.shp"])

    def test_shapefile_cut_off(self, tmp_path: Path) -> None:
        """Points or attributes that are cut off are missed."""
        points(100).to_file(tmp_path / "a.shp")
        points(100).to_file(tmp_path / "b.shp")
        for name in ("a.shp", "b.dbf"):
            whole = (tmp_path / name).read_bytes()
            (tmp_path / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError, match=r"'a.shp' is cut off: it has [\d,]+ of [\d,]+ bytes"):
            find_sources([tmp_path / "a.shp"])
        with pytest.raises(InputError, match=r"'b.shp' ends after \d+ of 100 features"):
            read(tmp_path / "b.shp")

    @pytest.mark.parametrize("name", ["a.geojson", "a.fgb", "a.gpkg"])
    def test_cut_off(self, tmp_path: Path, name: str) -> None:
        """Other formats that are cut off are refused."""
        points(2000, s=[f"text {n}" for n in range(2000)]).to_file(tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) * 2 // 3])
        with pytest.raises(InputError, match=f"Cannot read '{name}': .*Must be a complete Geo"):
            read(tmp_path / name)

    def test_damaged_header(self, tmp_path: Path) -> None:
        """A file whose header is damaged is refused, whatever GDAL makes of it."""
        points().to_file(tmp_path / "a.fgb")
        whole = bytearray((tmp_path / "a.fgb").read_bytes())
        for at in range(8, 60):
            (tmp_path / "a.fgb").write_bytes(
                whole[:at] + bytes([255 - whole[at]]) + whole[at + 1 :]
            )
            try:
                read(tmp_path / "a.fgb")
            except InputError as error:
                assert "Must " in str(error)  # noqa: PT017

    def test_exclamation_mark(self, tmp_path: Path) -> None:
        """GDAL would look for an archive."""
        points().to_file(tmp_path / "a.gpkg")
        (tmp_path / "a.gpkg").rename(tmp_path / "a!b.gpkg")
        with pytest.raises(InputError, match="GDAL takes '!' for an archive. Must have no '!'"):
            find_sources([tmp_path / "a!b.gpkg"])

    def test_other_database(self, tmp_path: Path) -> None:
        """A database of another kind is no GeoPackage."""
        base = sqlite3.connect(tmp_path / "a.gpkg")
        base.execute("create table calls (a)")
        base.commit()
        base.close()
        with pytest.raises(InputError, match="'a.gpkg'.*Must be"):
            find_sources([tmp_path / "a.gpkg"])
