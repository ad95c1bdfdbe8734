"""Files, folders and zips: what is found, what is refused, and that nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import struct
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import DuplicateInputError, InputError
from hotspots.sources import Source, find_sources, packed, read_chunks, split_source
from hotspots.sources.kinds import check_content, what_is

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 30  # each writes files
CSV = b"when,where\n2024-07-05,here\n2024-07-06,there\n"
OTHER = b"when,where\n2024-08-05,elsewhere\n"
ROWS = [
    {"when": "2024-07-05", "where": "here"},
    {"when": "2024-07-06", "where": "there"},
]


def rows_of(source: Source, rows: int = 500_000) -> list[dict[str, Any]]:
    """Give all rows of a source."""
    return [row for chunk in read_chunks(source, rows=rows) for row in chunk.table.to_pylist()]


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_tree(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a folder and its folders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def parquet_bytes(**columns: list[Any]) -> bytes:
    """Give a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def xlsx_bytes(*rows: list[Any]) -> bytes:
    """Give a workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def shapefile(folder: Path, name: str = "calls", **columns: list[Any]) -> dict[str, bytes]:
    """Give the files of a shapefile of points."""
    columns = columns or {"kind": ["a", "b"]}
    points = gpd.points_from_xy([530_000, 530_001], [180_000, 180_001])
    folder.mkdir(parents=True, exist_ok=True)
    gpd.GeoDataFrame(columns, geometry=points, crs=27700).to_file(folder / f"{name}.shp")
    return {path.name: path.read_bytes() for path in sorted(folder.glob(f"{name}.*"))}


class TestByHand:
    """Small trees of files whose sources are known."""

    def test_one_file(self, tmp_path: Path) -> None:
        """A file is a source with its name and checksum, and its rows come out."""
        path = tmp_path / "calls.csv"
        path.write_bytes(CSV)
        (source,) = find_sources([path])
        assert source == Source("calls.csv", path, "", "text")
        assert source.sha256 == hashlib.sha256(CSV).hexdigest()
        assert rows_of(source) == ROWS

    def test_gzip(self, tmp_path: Path) -> None:
        """A gzipped file is unpacked while reading; its checksum is that of the file."""
        path = tmp_path / "calls.csv.gz"
        path.write_bytes(gzip.compress(CSV))
        (source,) = find_sources([path])
        assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert rows_of(source) == ROWS

    @pytest.mark.parametrize("name", ["calls.gz", "calls.CSV.GZ", "calls.csv", "calls.txt"])
    def test_gzip_by_content(self, tmp_path: Path, name: str) -> None:
        """Gzip is recognised by its content, whatever the file is called."""
        (tmp_path / name).write_bytes(gzip.compress(CSV))
        (source,) = find_sources([tmp_path / name])
        assert rows_of(source) == ROWS

    def test_zip(self, tmp_path: Path) -> None:
        """Members of a zip carry its name, and their own checksum."""
        path = make_zip(
            tmp_path / "calls.zip", {"2024/jan.csv": CSV, "feb.csv.gz": gzip.compress(OTHER)}
        )
        january, february = find_sources([path])
        assert (january.name, january.member) == ("calls.zip/2024/jan.csv", "2024/jan.csv")
        assert january.sha256 == hashlib.sha256(CSV).hexdigest()
        assert january.path == february.path == path
        assert rows_of(january) == ROWS
        assert rows_of(february) == [{"when": "2024-08-05", "where": "elsewhere"}]

    def test_every_kind_in_a_zip(self, tmp_path: Path) -> None:
        """Formats that need a real file are unpacked for as long as they are read."""
        points = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([5], [6]), crs=27700)
        points.to_file(tmp_path / "g.gpkg")
        points.to_file(tmp_path / "g.geojson")
        members = {
            "a.parquet": parquet_bytes(a=[1, 2]),
            "b.xlsx": xlsx_bytes(["a", "b"], [1, 2]),
            "g.gpkg": (tmp_path / "g.gpkg").read_bytes(),
            "h.geojson.gz": gzip.compress((tmp_path / "g.geojson").read_bytes()),
            **{f"shp/{name}": data for name, data in shapefile(tmp_path / "s").items()},
        }
        sources = find_sources([make_zip(tmp_path / "all.zip", members)])
        assert [source.kind for source in sources] == [
            "parquet",
            "sheet",
            "vector",
            "vector",
            "vector",
        ]
        assert [len(rows_of(source)) for source in sources] == [2, 1, 1, 1, 2]
        assert sources[4].crs == "EPSG:27700"
        assert [row["kind"] for row in rows_of(sources[4])] == ["a", "b"]

    def test_folder(self, tmp_path: Path) -> None:
        """Tables are found in depth, sorted by folder and name; all else is passed over."""
        make_tree(
            tmp_path,
            {
                "2024-02/b.csv": OTHER,
                "2024-02/a.tsv": b"a\tb\n1\t2\n",
                "2024-01/c.CSV": CSV,
                "old.zip": (
                    make_zip(tmp_path.parent / "old.zip", {"x.txt": b"x;y\n1;2\n"})
                ).read_bytes(),
                "2024-01-met-outcomes.csv": b"o,p\n1,2\n",
                "2024-01-met-stop-and-search.csv": b"o,p\n3,4\n",
                ".hidden.csv": b"h\n",
                ".git/config.csv": b"h\n",
                "__MACOSX/2024-01/._c.csv": b"\0\0",
                "__MACOSX/2024-01/c.csv": b"\0\0",
                "~$calls.xlsx": b"lock",
                "Thumbs.db": b"t",
                "desktop.ini": b"t",
                "_SUCCESS": b"",
                "_metadata": b"x",
                "README.txt": b"Read me.",
                "licence.txt": b"OGL",
                "report.pdf": b"%PDF",
                "pictures.zip": make_zip(tmp_path.parent / "p.zip", {"a.png": b"x"}).read_bytes(),
                "settings.json": b'{"a": 1}',
            },
        )
        sources = find_sources([tmp_path])
        assert [source.name for source in sources] == [
            "c.CSV",
            "a.tsv",
            "b.csv",
            "old.zip/x.txt",
        ]

    def test_names_that_clash(self, tmp_path: Path) -> None:
        """Files of one name are told apart by their paths, all of them."""
        make_tree(tmp_path, {"a/x.csv": CSV, "b/x.csv": OTHER, "b/y.csv": b"y,z\n1,2\n"})
        names = [source.name for source in find_sources([tmp_path])]
        assert names == [
            (tmp_path / "a/x.csv").as_posix(),
            (tmp_path / "b/x.csv").as_posix(),
            "y.csv",
        ]

    def test_hive_folders(self, tmp_path: Path) -> None:
        """Folders called key=value are columns of text, percent-decoded; the default is null."""
        make_tree(
            tmp_path / "calls.parquet",
            {
                "year=2023/area=Tower%20Hamlets/part-0.parquet": parquet_bytes(a=[1]),
                "year=__HIVE_DEFAULT_PARTITION__/area=x/part-0.parquet": parquet_bytes(a=[2]),
                "_SUCCESS": b"",
            },
        )
        first, second = find_sources([tmp_path / "calls.parquet"])
        assert first.constants == (("year", "2023"), ("area", "Tower Hamlets"))
        assert rows_of(first) == [{"a": 1, "year": "2023", "area": "Tower Hamlets"}]
        assert rows_of(second) == [{"a": 2, "year": None, "area": "x"}]

    def test_hive_folder_given_itself(self, tmp_path: Path) -> None:
        """One partition keeps its column when it is given alone; a file's own column wins."""
        make_tree(tmp_path / "year=2024", {"a.csv": CSV, "b.csv": b"year,n\n1999,1\n"})
        first, second = find_sources([tmp_path / "year=2024"])
        assert rows_of(first)[0] == {**ROWS[0], "year": "2024"}
        assert rows_of(second) == [{"year": "1999", "n": "1"}]

    def test_split_by_row_groups(self, tmp_path: Path) -> None:
        """Groups of 3, 3, 3 and 1 rows in parts of about 6: 6 and 4, with the file's lines."""
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"a": range(10)}), path, row_group_size=3)
        (source,) = find_sources([path])
        parts = split_source(source, rows=6)
        assert [part.groups for part in parts] == [(0, 2), (2, 4)]
        chunks = [chunk for part in parts for chunk in read_chunks(part)]
        assert [chunk.lines.tolist() for chunk in chunks] == [[*range(1, 7)], [*range(7, 11)]]
        assert [row["a"] for part in parts for row in rows_of(part)] == list(range(10))

    def test_layers_of_several(self, tmp_path: Path) -> None:
        """With layer="*" every sheet is a source, named after it."""
        book = openpyxl.Workbook()
        book.active.title = "Jan"
        book.active.append(["a", "b"])
        book.create_sheet("Feb").append(["a", "b"])
        book.save(tmp_path / "x.xlsx")
        sources = find_sources([tmp_path / "x.xlsx"], layer="*")
        assert [(s.name, s.layer) for s in sources] == [
            ("x.xlsx/Jan", "Jan"),
            ("x.xlsx/Feb", "Feb"),
        ]


class TestEdges:
    """Odd paths and odd files."""

    def test_text_path_and_order(self, tmp_path: Path) -> None:
        """Paths may be texts, and keep the given order."""
        make_tree(tmp_path, {"b.csv": CSV, "a.csv": OTHER})
        sources = find_sources([str(tmp_path / "b.csv"), tmp_path / "a.csv"])
        assert [source.name for source in sources] == ["b.csv", "a.csv"]

    def test_folder_named_like_a_file(self, tmp_path: Path) -> None:
        """Spark writes folders called calls.csv; one inside a folder is a folder, too."""
        make_tree(tmp_path / "calls.csv", {"part-0.csv": CSV, "deep.xlsx/part-1.csv": OTHER})
        names = [source.name for source in find_sources([tmp_path / "calls.csv"])]
        assert names == ["part-1.csv", "part-0.csv"]

    def test_backslashes_in_a_zip(self, tmp_path: Path) -> None:
        """Some Windows programs write a backslash between folders."""
        path = make_zip(tmp_path / "a.zip", {"2024\\jan.csv": CSV})
        (source,) = find_sources([path])
        assert source.name == "a.zip/2024/jan.csv"
        assert rows_of(source) == ROWS

    def test_empty_parquet_parts(self, tmp_path: Path) -> None:
        """Empty parts are all alike, and nothing in them can count twice."""
        empty = parquet_bytes(a=[])
        make_tree(tmp_path, {"part-0.parquet": empty, "part-1.parquet": empty})
        assert len(find_sources([tmp_path])) == 2

    def test_same_rows_of_other_partitions(self, tmp_path: Path) -> None:
        """The same bytes under another key are other rows."""
        part = parquet_bytes(a=[1])
        make_tree(tmp_path, {"year=2023/p.parquet": part, "year=2024/p.parquet": part})
        assert [rows_of(source)[0]["year"] for source in find_sources([tmp_path])] == [
            "2023",
            "2024",
        ]

    def test_same_points_with_other_attributes(self, tmp_path: Path) -> None:
        """Two shapefiles of the same points and other counts are other rows."""
        shapefile(tmp_path, "jan", n=[1, 2])
        shapefile(tmp_path, "feb", n=[3, 4])
        assert len(find_sources([tmp_path])) == 2

    def test_split_of_anything_else(self, tmp_path: Path) -> None:
        """Text is one part, and so is Parquet inside a zip or without rows."""
        make_zip(tmp_path / "a.zip", {"a.parquet": parquet_bytes(a=[1, 2])})
        make_tree(tmp_path, {"b.csv": CSV, "c.parquet": parquet_bytes(a=[])})
        for source in find_sources([tmp_path]):
            assert split_source(source, rows=1) == [source]

    def test_pickle(self, tmp_path: Path) -> None:
        """A source can be sent to another process."""
        (tmp_path / "a.csv").write_bytes(CSV)
        (source,) = find_sources([tmp_path])
        assert rows_of(pickle.loads(pickle.dumps(source))) == ROWS  # noqa: S301

    def test_geojson_named_json_in_a_folder(self, tmp_path: Path) -> None:
        """Of the JSON files in a folder, those with features are read."""
        gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([0], [51]), crs=4326).to_file(
            tmp_path / "calls.json", driver="GeoJSON"
        )
        make_tree(tmp_path, {"schema.json": b'[{"name": "a"}]'})
        assert [source.name for source in find_sources([tmp_path])] == ["calls.json"]

    def test_temporary_folders_go(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Unpacked copies are gone after reading, and after stopping half-way."""
        (tmp_path / "unpacked").mkdir()
        path = make_zip(tmp_path / "a.zip", {"a.parquet": parquet_bytes(a=list(range(10)))})
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "unpacked"))
        (source,) = find_sources([path])
        chunks = read_chunks(source, rows=2)
        next(chunks)
        assert len(list((tmp_path / "unpacked").iterdir())) == 1
        chunks.close()  # type: ignore[attr-defined]
        assert list((tmp_path / "unpacked").iterdir()) == []

    def test_text_is_streamed(self, tmp_path: Path) -> None:
        """Chunks come while the file is read: the first needs no more than the beginning."""
        lines = b"".join(b"%d,x\n" % n for n in range(300_000))
        path = tmp_path / "a.csv.gz"
        path.write_bytes(gzip.compress(b"n,x\n" + lines, compresslevel=1))
        (source,) = find_sources([path])
        sizes = [chunk.table.num_rows for chunk in read_chunks(source, rows=100_000)]
        assert sum(sizes) == 300_000
        assert max(sizes) <= 100_000


class TestReference:
    """Against other programs."""

    def test_signatures(self) -> None:
        """What Python, pyarrow and openpyxl write is recognised, and text is text."""
        assert what_is(gzip.compress(b"a")) == "gzip"
        assert what_is(parquet_bytes(a=[1])) == "parquet"
        assert what_is(xlsx_bytes(["a"])) == "workbook"
        assert what_is(b"PK\x05\x06" + bytes(18)) == "zip"
        assert what_is(b"PAR1,PAR2\n") == "text"
        assert what_is("naïve;café\n".encode("utf-16")) == "text"
        assert what_is(b"\x89PNG\r\n\x1a\n\0\0\0\x0d") is None

    def test_hash_of_unpacked_bytes(self, tmp_path: Path) -> None:
        """The checksum of the content is that of hashlib over the unpacked bytes."""
        (tmp_path / "a.gz").write_bytes(gzip.compress(CSV))
        _, content = packed.checksums(tmp_path / "a.gz", name="a.gz")
        assert content == hashlib.sha256(CSV).hexdigest()
        assert packed.read_head(tmp_path / "a.gz", name="a.gz") == (CSV, True)


class TestRelations:
    """What must hold for all files."""

    @settings(max_examples=EXAMPLES)
    @given(
        rows=st.lists(st.tuples(st.integers(), st.integers()), min_size=1, max_size=30),
        size=st.integers(1, 10),
    )
    def test_packing_changes_nothing(self, rows: list[tuple[int, int]], size: int) -> None:
        """Plain, gzipped or zipped, in any chunks: the same rows and lines."""
        text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "a.csv").write_text(text)
            (folder / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
            make_zip(folder / "c.zip", {"c.csv": text.encode()})
            results = []
            for path in sorted(folder.iterdir()):
                (source,) = find_sources([path])
                chunks = list(read_chunks(source, rows=size))
                assert all(chunk.table.num_rows <= size for chunk in chunks)
                lines = [line for chunk in chunks for line in chunk.lines.tolist()]
                results.append((rows_of(source, size), lines))
        assert results[0] == results[1] == results[2]
        assert [(int(row["a"]), int(row["b"])) for row in results[0][0]] == rows

    @settings(max_examples=EXAMPLES)
    @given(st.binary(max_size=300))
    def test_any_bytes_are_named_or_refused(self, content: bytes) -> None:
        """No content makes the check of kinds fail in another way than by its own error."""
        for suffix in (".csv", ".parquet", ".xlsx", ".geojson", ".gpkg", ".zip", ".gz"):
            try:
                check_content("x", suffix, content)
            except InputError as error:
                assert "Must " in str(error)  # noqa: PT017

    @settings(max_examples=EXAMPLES)
    @given(st.binary(min_size=1, max_size=200), st.integers(0, 400), st.integers(0, 255))
    def test_damaged_archives_never_crash(self, noise: bytes, at: int, byte: int) -> None:
        """A zip with one byte changed is read as it was, or refused in our words."""
        with tempfile.TemporaryDirectory() as name:
            path = make_zip(
                Path(name) / "a.zip", {"a.csv": CSV, "b.csv": b"x,y\n" + noise.hex().encode()}
            )
            content = bytearray(path.read_bytes())
            content[at % len(content)] = byte
            path.write_bytes(content)
            try:
                for source in find_sources([path]):
                    rows_of(source)
            except InputError as error:
                assert "Must " in str(error)  # noqa: PT017


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_missing_path(self, tmp_path: Path) -> None:
        """A path that does not exist is named."""
        with pytest.raises(InputError, match=r"Cannot read '.*none.csv': No such file.*Must be a"):
            find_sources([tmp_path / "none.csv"])
        with pytest.raises(InputError, match="Invalid path .*Must be a file, folder or zip"):
            find_sources(["a\0b.csv"])
        with pytest.raises(InputError, match="non-empty list of paths"):
            find_sources([])

    def test_nothing_to_read(self, tmp_path: Path) -> None:
        """A folder or zip without a table, and an empty file, are refused."""
        with pytest.raises(InputError, match="The folder '.*' holds no table. Must hold at least"):
            find_sources([make_tree(tmp_path / "f", {"a.pdf": b"%PDF", "b.json": b"{}"})])
        with pytest.raises(InputError, match=r"The zip 'a.zip' holds no table"):
            find_sources([make_zip(tmp_path / "a.zip", {"a.pdf": b"%PDF"})])
        with pytest.raises(InputError, match=r"The zip 'b.zip' holds no table"):
            find_sources([make_zip(tmp_path / "b.zip", {})])
        for name, content in {"a.csv": b"", "b.xlsx": b"", "c.csv.gz": gzip.compress(b"")}.items():
            (tmp_path / name).write_bytes(content)
            with pytest.raises(InputError, match=f"The file '{name}' is empty"):
                find_sources([tmp_path / name])

    @pytest.mark.parametrize(
        ("name", "remedy"),
        [
            ("a.xls", "save it as an Excel workbook"),
            ("a.ods", "save it as an Excel workbook"),
            ("a.mdb", "Open it in Access"),
            ("a.pdf", "Find the table that it was made from"),
            ("a.docx", "Find the table that it was made from"),
            ("a.dbf", "Give the .shp"),
            ("a.kml", "Open it in a GIS"),
            ("a.tar.gz", "Unpack it"),
            ("a.db", "sqlite:///"),
            ("a.xyz", r"It is plain text by its content. Save it as CSV \(UTF-8\)"),
        ],
    )
    def test_unknown_suffix(self, tmp_path: Path, name: str, remedy: str) -> None:
        """A file of a kind that is not read is told what to be saved as."""
        (tmp_path / name).write_bytes(CSV)
        with pytest.raises(InputError, match=f"Cannot read '{name}'.*Must end in.*{remedy}"):
            find_sources([tmp_path / name])

    def test_without_suffix(self, tmp_path: Path) -> None:
        """A file without a suffix is told what it is by its content."""
        (tmp_path / "calls").write_bytes(gzip.compress(CSV))
        with pytest.raises(InputError, match="It is plain text by its content"):
            find_sources([tmp_path / "calls"])
        (tmp_path / "book").write_bytes(xlsx_bytes(["a"]))
        with pytest.raises(
            InputError, match="It is an Excel workbook .* Rename it to end in .xlsx"
        ):
            find_sources([tmp_path / "book"])

    @pytest.mark.parametrize("name", ["b.xls", "b.ods", "b.accdb", "lone.dbf", "x.7z", "g.gdb/a"])
    def test_unreadable_table_in_a_folder(self, tmp_path: Path, name: str) -> None:
        """Passing over a table that is not read would lose its rows."""
        make_tree(tmp_path, {"a.csv": CSV, name: b"x"})
        found = name.partition("/")[0]
        with pytest.raises(InputError, match=f"holds '{found}'.*or its rows would be missing"):
            find_sources([tmp_path])

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.xlsx", CSV, "it is plain text. Must be an Excel workbook"),
            ("a.parquet", CSV, "it is plain text. Must be a complete Parquet file"),
            ("a.gpkg", CSV, "it is plain text. Must be a GeoPackage"),
            ("a.zip", CSV, "it is plain text. Must be a complete zip file"),
            ("a.csv.gz", CSV, "it is plain text. Must be a complete gzip file. Take .gz off"),
            ("a.csv", b"%PDF-1.4", "it is a PDF document. Must be a table as text"),
            ("a.csv", b" <!DOCTYPE HTML><html>", "it is a web page"),
            ("a.csv", b"\xef\xbb\xbf<?xml version='1.0'?>", "it is an XML file"),
            ("a.csv", b'[{"a": 1}]', "it is JSON"),
            ("a.txt", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "an old Excel file, or one with a"),
            ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "without a password"),
            ("a.tab", b"!table\n!version 300\n", "it is a MapInfo table"),
            ("a.csv", b"\0\1\0\0Standard Jet DB\0", "it is an Access database"),
            ("a.csv", b"SQLite format 3\0", "Rename it to end in .gpkg"),
            ("a.zip", b"Rar!\x1a\x07", "it is an archive that is no zip"),
            ("a.parquet", b"\x89PNG\r\n\0\0", "it is something else"),
            ("a.json", b'{"a": 1}', "is JSON, but no GeoJSON. Must hold features"),
            ("a.csv", parquet_bytes(a=[1]), "it is a Parquet file.*Rename it to end in .parquet"),
            ("a.csv", xlsx_bytes(["a"]), "it is an Excel workbook.*Rename it to end in .xlsx"),
            ("a.zip", xlsx_bytes(["a"]), "it is an Excel workbook.*Must be a complete zip"),
        ],
    )
    def test_not_what_its_name_says(
        self, tmp_path: Path, name: str, content: bytes, message: str
    ) -> None:
        """Content that contradicts the suffix is named for what it is."""
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"'{name}' .*{message}"):
            find_sources([tmp_path / name])

    def test_same_content_twice(self, tmp_path: Path) -> None:
        """The same bytes are refused, whatever their name and however they are packed."""
        make_tree(tmp_path, {"a.csv": CSV, "b.csv": CSV, "c.csv.gz": gzip.compress(CSV)})
        make_zip(tmp_path / "d.zip", {"d.csv": CSV})
        for name in ("b.csv", "c.csv.gz", "d.zip"):
            with pytest.raises(DuplicateInputError, match=f"'a.csv' and '{name}.*' have the same"):
                find_sources([tmp_path / "a.csv", tmp_path / name])
        with pytest.raises(DuplicateInputError, match="every incident would count twice"):
            find_sources([tmp_path / "a.csv"] * 2)

    @pytest.mark.parametrize(
        "name", ["../a.csv", "/etc/a.csv", "C:\\a.csv", "x/../../a.csv", "..\\a.csv"]
    )
    def test_names_that_lead_out_of_a_zip(self, tmp_path: Path, name: str) -> None:
        """A zip whose names lead out of its folder is refused, tables or not."""
        path = make_zip(tmp_path / "a.zip", {"ok.csv": CSV, name: OTHER})
        with pytest.raises(InputError, match="outside its own folder"):
            find_sources([path])

    def test_zip_in_a_zip(self, tmp_path: Path) -> None:
        """A zip inside a zip is to be unpacked by hand."""
        inner = make_zip(tmp_path / "inner.zip", {"a.csv": CSV}).read_bytes()
        path = make_zip(tmp_path / "a.zip", {"b.csv": OTHER, "x/inner.zip": inner})
        with pytest.raises(InputError, match=r"holds another zip, 'x/inner.zip'. Must hold the"):
            find_sources([path])

    def test_password(self, tmp_path: Path) -> None:
        """A member with a password is refused before it is read."""
        path = make_zip(tmp_path / "a.zip", {"a.csv": CSV})
        content = bytearray(path.read_bytes())
        # Bit 0 of the flags, 6 bytes into the local header and 8 into the central one.
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(content)
        with pytest.raises(InputError, match="'a.zip/a.csv' has a password. Must have none"):
            find_sources([path])

    def test_method_of_windows(self, tmp_path: Path) -> None:
        """Deflate64, which Windows uses above 2 GB, is named."""
        path = make_zip(tmp_path / "a.zip", {"a.csv": CSV})
        content = bytearray(path.read_bytes())
        content[8:10] = struct.pack("<H", 9)
        at = content.index(b"PK\x01\x02") + 10
        content[at : at + 2] = struct.pack("<H", 9)
        path.write_bytes(content)
        with pytest.raises(InputError, match="it is packed with Deflate64.*Unpack it, and give"):
            find_sources([path])

    def test_truncated(self, tmp_path: Path) -> None:
        """Files that were cut off are refused, whatever they are."""
        big = b"a,b\n" + os.urandom(20_000).hex().encode()
        gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([5], [6]), crs=27700).to_file(
            tmp_path / "x.gpkg"
        )
        whole = {
            "a.csv.gz": (gzip.compress(big), "Must be a complete gzip file"),
            "a.zip": (make_zip(tmp_path / "x.zip", {"a.csv": big}).read_bytes(), "complete zip"),
            "a.parquet": (parquet_bytes(a=[big]), "Must be a complete Parquet file"),
            "a.xlsx": (xlsx_bytes(["a", "b"], [1, 2]), "Must be a complete Excel workbook"),
            "a.gpkg": ((tmp_path / "x.gpkg").read_bytes(), "Must be a complete GeoPackage"),
        }
        for name, (content, message) in whole.items():
            (tmp_path / name).write_bytes(content[: len(content) // 2])
            with pytest.raises(InputError, match=f"'{name}'.*{message}"):
                rows_of(find_sources([tmp_path / name])[0])

    def test_checksum_of_a_member(self, tmp_path: Path) -> None:
        """A member whose bytes changed in the archive is refused."""
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("a.csv", CSV)
        path.write_bytes(path.read_bytes().replace(b"here\n", b"HERE\n", 1))
        with pytest.raises(InputError, match="Cannot unpack 'a.zip/a.csv': Bad CRC-32"):
            find_sources([path])

    def test_two_members_of_one_name(self, tmp_path: Path) -> None:
        """Of two members of one name only the last could be read."""
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", CSV)
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr("a.csv", OTHER)
        with pytest.raises(InputError, match="more than one file named 'a.csv'"):
            find_sources([path])

    def test_bombs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What unpacks to more than 200 times its size, and more than it surely may, is refused."""
        # 2 MB of one letter pack to about 2 kB: a thousandth.
        bomb = b"a,b\n" + b"0" * 2_000_000
        make_zip(tmp_path / "a.zip", {"a.csv": bomb})
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(bomb))
        make_zip(tmp_path / "b.zip", {"a.csv.gz": gzip.compress(bomb)})
        book = xlsx_bytes(["a", "b"], [1, 2])
        with zipfile.ZipFile(io.BytesIO(book)) as whole:
            members = {name: whole.read(name) for name in whole.namelist()}
        make_zip(tmp_path / "a.xlsx", {**members, "xl/media/image1.bmp": bomb})
        for name in ("a.zip", "a.csv.gz", "b.zip", "a.xlsx"):
            assert find_sources([tmp_path / name])
        monkeypatch.setattr(packed, "LARGEST_SURE", 1_000_000)
        for name in ("a.zip", "a.csv.gz", "b.zip", "a.xlsx"):
            with pytest.raises(InputError, match=f"'{name}.*unpacks to more than 200 times its"):
                find_sources([tmp_path / name])

    def test_bomb_of_many_members(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Members that are small each may be too much together."""
        members = {f"{n}.csv": b"a,b\n%d" % n + b"0" * 400_000 for n in range(3)}
        path = make_zip(tmp_path / "a.zip", members)
        monkeypatch.setattr(packed, "LARGEST_SURE", 1_000_000)
        with pytest.raises(InputError, match="'a.zip' unpacks to more than 200 times its size"):
            find_sources([path])

    def test_archive_that_lies(self, tmp_path: Path) -> None:
        """A member that is larger or smaller than the archive says is refused."""
        path = make_zip(tmp_path / "a.zip", {"a.csv": CSV})
        for said in (len(CSV) - 3, len(CSV) + 3):
            content = bytearray(path.read_bytes())
            at = content.index(b"PK\x01\x02") + 24
            content[at : at + 4] = struct.pack("<I", said)
            (tmp_path / "b.zip").write_bytes(content)
            with pytest.raises(InputError, match="'b.zip/a.csv'.* part of a complete zip file"):
                find_sources([tmp_path / "b.zip"])

    def test_layer_of_nothing(self, tmp_path: Path) -> None:
        """A layer is refused where no file has any."""
        (tmp_path / "a.csv").write_bytes(CSV)
        with pytest.raises(InputError, match="Invalid layer 'Jan'. Must be a sheet of a workbook"):
            find_sources([tmp_path], layer="Jan")

    def test_number_of_rows(self, tmp_path: Path) -> None:
        """A chunk has at least one row."""
        (tmp_path / "a.csv").write_bytes(CSV)
        with pytest.raises(InputError, match="Invalid rows '0'. Must be a number of rows above 0"):
            next(read_chunks(find_sources([tmp_path])[0], rows=0))

    def test_delta_table(self, tmp_path: Path) -> None:
        """The files of a Delta table hold rows that were deleted."""
        make_tree(tmp_path, {"a.parquet": parquet_bytes(a=[1]), "_delta_log/0.json": b"{}"})
        with pytest.raises(InputError, match="is a Delta table"):
            find_sources([tmp_path])

    def test_error_in_the_middle(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A disk that fails while reading is no traceback."""

        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() > 0:
                    raise OSError(5, "Input/output error")
                return super().read(size)

        (tmp_path / "a.csv").write_bytes(CSV)
        real = Path.open

        def fail(path: Path, *args: Any, **options: Any) -> Any:
            return Failing(CSV) if path.suffix == ".csv" else real(path, *args, **options)

        monkeypatch.setattr(Path, "open", fail)
        with pytest.raises(InputError, match="'a.csv': Input/output error. Must be a file that"):
            find_sources([tmp_path / "a.csv"])

    def test_no_room_to_unpack(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk is named as what it is."""
        path = make_zip(tmp_path / "a.zip", {"a.parquet": parquet_bytes(a=[1])})

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("shutil.copyfileobj", full)
        with pytest.raises(InputError, match="to '.*': No space left on device. Must have room"):
            find_sources([path])

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions and pipes")
    def test_pipe(self, tmp_path: Path) -> None:
        """A pipe could be read only once."""
        os.mkfifo(tmp_path / "a.csv")
        with pytest.raises(InputError, match="it is no file. Must be a file, folder or zip"):
            find_sources([tmp_path / "a.csv"])

    def test_zip_that_changed(self, tmp_path: Path) -> None:
        """A member that has gone since it was found is missed."""
        path = make_zip(tmp_path / "a.zip", {"a.csv": CSV})
        (source,) = find_sources([path])
        make_zip(path, {"b.csv": CSV})
        with pytest.raises(InputError, match="holds no file 'a.csv' any more"):
            rows_of(source)


@pytest.fixture(autouse=True)
def _quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing prints, neither here nor in the libraries below."""
    yield
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_drivers_are_there() -> None:
    """GDAL has the formats that are promised."""
    assert {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf"} <= set(pyogrio.list_drivers())
