"""Workbooks: headers, types, merged cells, formulas, and which sheet is meant."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import RawChunk, find_sources, read_chunks, sheet_notes, sheets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = 30  # each writes files
NIGHT = dt.datetime(2024, 7, 5, 22, 30)  # noqa: DTZ001 (Excel knows no zones)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(autouse=True)
def _quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Nothing prints."""
    yield
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def write(path: Path, *rows: list[Any], **sheets_of: list[list[Any]]) -> Path:
    """Write a workbook: the rows of its first sheet, or sheets by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, content in (sheets_of or {"Sheet1": list(rows)}).items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(path)
    return path


def change(path: Path, how: Callable[[openpyxl.Workbook], object]) -> Path:
    """Change a workbook with openpyxl."""
    book = openpyxl.load_workbook(path)
    how(book)
    book.save(path)
    return path


def edit(path: Path, pattern: str, replacement: str) -> Path:
    """Change the bytes of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed, count = re.subn(pattern.encode(), replacement.encode(), members[SHEET])
    assert count
    members[SHEET] = changed
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def chunks_of(path: Path, layer: str | None = None, rows: int = 500_000) -> list[RawChunk]:
    """Give all chunks of a workbook."""
    (source,) = find_sources([path], layer=layer)
    return list(read_chunks(source, rows=rows))


def read(path: Path, layer: str | None = None, rows: int = 500_000) -> pa.Table:
    """Give all rows of a workbook."""
    return pa.concat_tables([chunk.table for chunk in chunks_of(path, layer, rows)])


class TestByHand:
    """Small sheets whose table is known."""

    def test_types(self, tmp_path: Path) -> None:
        """Dates, numbers and flags keep their types; anything mixed is text."""
        path = write(
            tmp_path / "a.xlsx",
            ["when", "n", "x", "flag", "text", "hour", "mixed", "none"],
            [NIGHT, 1, 1, True, "a", dt.time(22, 5), NIGHT, None],
            [NIGHT, 2, 1.5, False, "b", dt.time(1), 17.0, None],
            [None, None, None, None, None, None, True, None],
            [NIGHT, 3, 2, True, "c", dt.timedelta(hours=30), 1.5, None],
        )
        table = read(path)
        text = pa.string()
        assert table.schema.types == [
            pa.timestamp("us"),
            pa.int64(),
            pa.float64(),
            pa.bool_(),
            *[text] * 4,
        ]
        assert table.to_pydict() == {
            "when": [NIGHT, NIGHT, None, NIGHT],
            "n": [1, 2, None, 3],
            "x": [1.0, 1.5, None, 2.0],
            "flag": [True, False, None, True],
            "text": ["a", "b", None, "c"],
            "hour": ["22:05:00", "01:00:00", None, "30:00:00"],
            "mixed": ["2024-07-05 22:30:00", "17", "TRUE", "1.5"],
            "none": [None] * 4,
        }

    def test_titles_and_blank_rows(self, tmp_path: Path) -> None:
        """Titles above the header and blank rows are no rows; lines are those of the sheet."""
        path = write(
            tmp_path / "a.xlsx",
            ["Calls in July"],
            [],
            [None, "made on Monday"],
            ["a", "b"],
            [1, "x"],
            [None, "  "],
            [],
            [2, "y"],
            ["footnote"],
        )
        (chunk,) = chunks_of(path)
        assert chunk.lines.tolist() == [5, 8, 9]
        assert chunk.table.to_pydict() == {"a": ["1", "2", "footnote"], "b": ["x", "y", None]}

    def test_columns_without_a_name(self, tmp_path: Path) -> None:
        """They are called after their position if they have values, and left out otherwise."""
        path = write(
            tmp_path / "a.xlsx",
            [None, "a", None, "a", None, " "],
            [None, 1, 2, 3, None, None],
            [None, 1, None, 3, None, None, "note"],
        )
        table = read(path)
        assert table.column_names == ["a", "column_3", "a", "column_7"]
        assert table.to_pylist()[0]["column_3"] == 2
        assert table.column("column_7").to_pylist() == [None, "note"]

    def test_errors_are_missing(self, tmp_path: Path) -> None:
        """Cells with an error have no value, and do not make numbers text."""
        path = write(
            tmp_path / "a.xlsx", ["n", "s"], [1, "#N/A"], ["#REF!", "#HELP!"], ["#DIV/0!", "#NAME?"]
        )
        assert read(path).to_pydict() == {"n": [1, None, None], "s": [None, "#HELP!", None]}

    def test_merged_cells(self, tmp_path: Path) -> None:
        """A cell merged over rows stands in each of them; a merged title is still a title."""
        path = write(
            tmp_path / "a.xlsx",
            ["Calls", None, None],
            ["day", "n", "ward"],
            ["Monday", 1, "A"],
            [None, 2, None],
            [None, 3, "B"],
            ["Tuesday", None, None],
            [None, 5, None],
        )
        path = change(
            path,
            lambda book: [
                book.active.merge_cells(ref) for ref in ("A1:C1", "A3:A5", "C3:C4", "A6:B6")
            ],
        )
        table = read(path)
        assert table["day"].to_pylist() == ["Monday", "Monday", "Monday", "Tuesday", None]
        assert table["ward"].to_pylist() == ["A", "A", "B", None, None]

    def test_formulas(self, tmp_path: Path) -> None:
        """A formula gives the value that Excel left in it."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, "=A2*2"], [2, "=A3*2"])
        edit(path, r"<f>A2\*2</f><v ?/>", "<f>A2*2</f><v>2</v>")
        edit(path, r"<f>A3\*2</f><v ?/>", "<f>A3*2</f><v>4</v>")
        assert read(path)["b"].to_pylist() == [2, 4]

    def test_first_visible_sheet(self, tmp_path: Path) -> None:
        """Notes without a table and hidden sheets are passed over, and told if they are tables."""
        path = write(
            tmp_path / "a.xlsx",
            Notes=[["Read me"], ["first"]],
            Secret=[["x", "y"], [1, 2]],
            Calls=[["a", "b"], [3, 4]],
            Codes=[["code", "meaning", "b"], [1, "x", 2]],
        )
        path = change(path, lambda book: setattr(book["Secret"], "sheet_state", "hidden"))
        (source,) = find_sources([path])
        assert source.layer == "Calls"
        assert read(path).to_pylist() == [{"a": 3, "b": 4}]
        (note,) = sheet_notes([source])
        assert note.startswith("a.xlsx: of its sheets with a table only Calls is read, not Codes")
        assert note.endswith("Codes, Secret (hidden); layer= (--layer) names another")
        assert read(path, layer="Secret").to_pylist() == [{"x": 1, "y": 2}]

    def test_titles(self, tmp_path: Path) -> None:
        """All sheets with a table are named, hidden ones last."""
        table = [["a", "b"], [1, 2]]
        path = write(tmp_path / "a.xlsx", One=table, Two=table, Note=[["x"]], Three=[["c", "d"]])
        change(path, lambda book: setattr(book["One"], "sheet_state", "hidden"))
        source = find_sources([path], layer="Two")[0]
        assert list(sheets.sheet_titles(source).items()) == [
            ("Two", True),
            ("Three", True),
            ("One", False),
        ]

    def test_all_sheets(self, tmp_path: Path) -> None:
        """With layer="*" every visible table is read, and nothing is left to tell."""
        path = write(tmp_path / "a.xlsx", Jan=[["a", "b"], [1, 2]], Feb=[["a", "b"], [3, 4]])
        sources = find_sources([path], layer="*")
        assert [source.name for source in sources] == ["a.xlsx/Jan", "a.xlsx/Feb"]
        assert [next(read_chunks(s)).table["a"][0].as_py() for s in sources] == [1, 3]
        assert sheet_notes(sources) == ()


class TestEdges:
    """Sheets at their limits."""

    def test_header_alone(self, tmp_path: Path) -> None:
        """A sheet without rows is one chunk with the columns, as text."""
        (chunk,) = chunks_of(write(tmp_path / "a.xlsx", ["a", "b"]))
        assert chunk.table.schema.types == [pa.string(), pa.string()]
        assert (chunk.table.num_rows, len(chunk.lines)) == (0, 0)

    def test_types_agree_between_chunks(self, tmp_path: Path) -> None:
        """A text in the last row makes text of the numbers of the first chunk."""
        path = write(
            tmp_path / "a.xlsx",
            ["n", "x", "w", "late"],
            [1, 1, NIGHT, None],
            [2, 2, NIGHT, None],
            ["three", 2.5, 3, 7],
        )
        chunks = chunks_of(path, rows=2)
        assert [chunk.lines.tolist() for chunk in chunks] == [[2, 3], [4]]
        assert chunks[0].table.schema == chunks[1].table.schema
        assert pa.concat_tables([chunk.table for chunk in chunks]).to_pydict() == {
            "n": ["1", "2", "three"],
            "x": [1.0, 2.0, 2.5],
            "w": ["2024-07-05 22:30:00", "2024-07-05 22:30:00", "3"],
            "late": [None, None, 7],
        }

    def test_size_that_the_sheet_states(self, tmp_path: Path) -> None:
        """What a sheet says about its size is not believed."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, 2], [3, 4])
        edit(path, '<dimension ref="[^"]*"', '<dimension ref="A1"')
        assert read(path).num_rows == 2
        edit(path, '<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"')
        assert read(path).to_pydict() == {"a": [1, 3], "b": [2, 4]}

    def test_a_million_blank_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blank rows that only have a format are left out before they are parsed."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, 2])
        blank = "".join(
            f'<row r="{n}"><c r="A{n}" s="0"/><c r="B{n}" s="0"/></row>' for n in range(3, 100_000)
        )
        last = '<row r="1048576"><c r="A1048576"><v>9</v></c></row>'
        edit(path, "</sheetData>", f"{blank}{last}</sheetData>")
        parsed = []

        class Counting(sheets._Lean):
            def readinto(self, buffer: Any, /) -> int:
                parsed.append(super().readinto(buffer))
                return parsed[-1]

        monkeypatch.setattr(sheets, "_Lean", Counting)
        (chunk,) = chunks_of(path)
        assert chunk.lines.tolist() == [2, 1_048_576]
        assert chunk.table["a"].to_pylist() == [1, 9]
        # Read twice, for the header and for the rows; 100,000 blank rows are more than 4 MB.
        assert 0 < sum(parsed) < 10_000

    @pytest.mark.parametrize("size", [1, 7, 64, 1000])
    def test_bytes_cut_anywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        """What is left out does not depend on where the bytes are cut."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], *([n, n % 3 or None] for n in range(20)))
        change(path, lambda book: book.active.merge_cells("B3:B5"))
        whole = read(path)
        assert whole["b"].to_pylist()[:5] == [None, 1, 1, 1, 1]
        monkeypatch.setattr(sheets, "_SCAN", size)
        assert read(path).equals(whole)

    def test_cells_without_position(self, tmp_path: Path) -> None:
        """Some programs leave out the positions, which are then counted."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [None, 2], [3, 4])
        edit(path, '<c r="B2"', '<c/><c r="B2"')
        edit(path, ' r="[A-Z]*[0-9]+"', "")
        (chunk,) = chunks_of(path)
        assert chunk.table.to_pydict() == {"a": [None, 3], "b": [2, 4]}
        assert chunk.lines.tolist() == [2, 3]

    def test_formulas_of_texts(self, tmp_path: Path) -> None:
        """A formula whose value is no text at all has been calculated."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, '=IF(A2>1,A2,"")'])
        edit(path, r'<c r="B2"[^>]*>', '<c r="B2" t="str">')
        assert read(path).to_pydict() == {"a": [1], "b": [None]}

    def test_calendar_of_1904(self, tmp_path: Path) -> None:
        """Old workbooks of the Mac count days from 1904."""
        book = openpyxl.Workbook()
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["when", "n"])
        book.active.append([NIGHT, 1])
        book.save(tmp_path / "a.xlsx")
        assert read(tmp_path / "a.xlsx")["when"].to_pylist() == [NIGHT]

    def test_dates_that_excel_cannot_show(self, tmp_path: Path) -> None:
        """A date beyond the calendar is missing, without a warning."""
        path = write(tmp_path / "a.xlsx", ["when", "n"], [NIGHT, 1], [NIGHT, 2])
        edit(path, r'(<c r="A3"[^>]*><v>)[^<]*', r"\g<1>99999999")
        assert read(path)["when"].to_pylist() == [NIGHT, None]

    def test_numbers_too_large(self, tmp_path: Path) -> None:
        """Whole numbers beyond 64 bits are floats."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, 2], [10**25, 2])
        edit(path, r'(<c r="A3"[^>]*><v>)[^<]*', rf"\g<1>{10**25}")
        assert read(path)["a"].to_pylist() == [1.0, 1e25]

    def test_macros_and_zips(self, tmp_path: Path) -> None:
        """Workbooks with macros, and workbooks in zips, are workbooks."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, 2])
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
            archive.write(path, "2024/a.xlsm")
        (source,) = find_sources([tmp_path / "z.zip"])
        assert next(read_chunks(source)).table.to_pylist() == [{"a": 1, "b": 2}]
        assert sheet_notes([source]) == ()

    def test_values_under_merged_cells(self, tmp_path: Path) -> None:
        """A value that is hidden under a merged cell is still that of its row."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], ["x", 1], ["y", 2], [None, 3])
        merged = '<mergeCells count="1"><mergeCell ref="A2:A4"/></mergeCells>'
        edit(path, "</sheetData>", f"</sheetData>{merged}")
        assert read(path)["a"].to_pylist() == ["x", "y", "x"]


class TestReference:
    """Against pandas."""

    def test_same_as_pandas(self, tmp_path: Path) -> None:
        """The values are those that pandas writes and reads."""
        frame = pd.DataFrame(
            {
                "when": pd.date_range("2024-01-01", periods=200, freq="37min"),
                "n": range(200),
                "x": [n / 8 for n in range(200)],
                "s": [f"text {n}" for n in range(200)],
            }
        )
        frame.to_excel(tmp_path / "a.xlsx", index=False)
        own = read(tmp_path / "a.xlsx", rows=37).to_pandas()
        expected = pd.read_excel(tmp_path / "a.xlsx")
        pd.testing.assert_frame_equal(own, expected, check_dtype=False)


class TestRelations:
    """What must hold for all sheets."""

    @settings(max_examples=EXAMPLES)
    @given(
        rows=st.lists(
            st.lists(
                st.one_of(
                    st.none(),
                    st.integers(-(10**9), 10**9),
                    st.booleans(),
                    st.sampled_from(["a", "é", "1", "#hash"]),
                    st.just(NIGHT),
                ),
                min_size=3,
                max_size=3,
            ),
            max_size=12,
        ),
        size=st.integers(1, 5),
    )
    def test_chunks_lose_nothing(self, rows: list[list[Any]], size: int) -> None:
        """Every row with a value once, in order, of the same types in chunks of any size."""
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder) / "a.xlsx", ["a", "b", "c"], *rows)
            chunks = chunks_of(path, rows=size)
            whole = read(path)
        kept = [line for line, row in enumerate(rows, 2) if any(v is not None for v in row)]
        assert [line for chunk in chunks for line in chunk.lines.tolist()] == kept
        assert pa.concat_tables([chunk.table for chunk in chunks]).equals(whole)
        assert [[v is None for v in row.values()] for row in whole.to_pylist()] == [
            [v is None for v in rows[line - 2]] for line in kept
        ]

    @settings(max_examples=EXAMPLES)
    @given(st.integers(0, 20_000), st.binary(min_size=1, max_size=4))
    def test_damaged_workbooks_never_crash(self, at: int, noise: bytes) -> None:
        """A workbook with some bytes changed is read, or refused in our words."""
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder) / "a.xlsx", ["a", "b"], [1, NIGHT])
            content = bytearray(path.read_bytes())
            start = at % len(content)
            content[start : start + len(noise)] = noise
            path.write_bytes(content)
            try:
                read(path)
            except InputError as error:
                assert "Must " in str(error)  # noqa: PT017

    @settings(max_examples=EXAMPLES)
    @given(st.sampled_from([SHEET, "xl/workbook.xml", "xl/styles.xml"]), st.data())
    def test_nonsense_inside_never_crashes(self, member: str, data: st.DataObject) -> None:
        """Nor does a part of it that was cut off, or says something else."""
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder) / "a.xlsx", ["a", "b"], [1, NIGHT])
            with zipfile.ZipFile(path) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            whole = members[member]
            cut = data.draw(st.integers(0, len(whole)))
            members[member] = whole[:cut] + data.draw(
                st.sampled_from([b"", b"x", b"<a/>", b'"', whole[cut + 1 :]])
            )
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
            try:
                read(path)
            except InputError as error:
                assert "Must " in str(error)  # noqa: PT017


class TestMessages:
    """What is wrong, what was given, what is allowed, what to do."""

    def test_several_sheets_of_one_table(self, tmp_path: Path) -> None:
        """Sheets with the same columns may be months or extracts: the user must say."""
        jan = [["When", "Where", "What"], [1, 2, 3]]
        feb = [["Title"], ["when ", "where", "other"], [1, 2, 3]]
        path = write(tmp_path / "a.xlsx", Jan=jan, Codes=[["c", "d"]], Feb=feb)
        message = r"has 2 sheets with the same columns \(Jan, Feb\).*layer='\*'.*layer='Jan'"
        with pytest.raises(InputError, match=message):
            find_sources([path])
        assert read(path, layer="Feb").num_rows == 1

    def test_unknown_sheet(self, tmp_path: Path) -> None:
        """A sheet that is not there is answered with those that are."""
        path = write(tmp_path / "a.xlsx", Jan=[["a", "b"]], Feb=[["c"]])
        with pytest.raises(
            InputError, match="Invalid layer 'Mar'. Must be a sheet of 'a.xlsx': Jan, Feb"
        ):
            find_sources([path], layer="Mar")
        with pytest.raises(InputError, match="The sheet Feb of 'a.xlsx' holds no table"):
            read(path, layer="Feb")

    def test_no_table(self, tmp_path: Path) -> None:
        """A workbook of one column, or without cells, holds no table."""
        for name, rows in {"a.xlsx": [["a"], [1], [2]], "b.xlsx": []}.items():
            with pytest.raises(
                InputError, match=f"The workbook '{name}' holds no table. Must have"
            ):
                find_sources([write(tmp_path / name, *rows)])

    def test_formulas_without_values(self, tmp_path: Path) -> None:
        """Formulas that were never calculated have no values."""
        path = write(tmp_path / "a.xlsx", ["a", "b"], [1, "=A2*2"])
        with pytest.raises(InputError, match="were never calculated. Must have values. Open it in"):
            read(path)

    def test_not_a_workbook(self, tmp_path: Path) -> None:
        """A zip that is no workbook, or misses a part, is refused."""
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr("a.csv", "a,b\n1,2\n")
        with pytest.raises(
            InputError, match="Cannot read 'a.xlsx' as a workbook: .*complete Excel"
        ):
            find_sources([tmp_path / "a.xlsx"])
