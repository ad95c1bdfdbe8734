"""Text tables to chunks of raw rows, whatever is in the file."""

import csv
import io
import itertools
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Literal, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.sources import text as text_module
from hotspots.sources.raw import RawChunk
from hotspots.sources.text import MOST_COLUMNS, read_text
from tests.sources.test_records import LINE_END, messy, reference

Broken = list[tuple[int, str, str]]
DELIMITERS = [",", "\t", ";", "|"]
# As much sound table as makes the header and the delimiter plain.
SOUND = "a,b,c\n" + "x,y,z\n" * 50


class Pieces(io.RawIOBase):
    """A stream that cannot be rewound and gives a few bytes at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Give at most so many bytes."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def stream_of(pieces: Iterable[bytes]) -> BinaryIO:
    """Give a stream of some pieces."""
    return cast("BinaryIO", Pieces(iter(pieces)))


def chunks(content: str | bytes, name: str = "calls.csv", *, rows: int = 500_000) -> list[RawChunk]:
    """Read a file from memory."""
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return list(read_text(file, name, rows=rows))


def read(content: str | bytes) -> RawChunk:
    """Read a file that is one chunk."""
    [chunk] = chunks(content)
    return chunk


def rows(content: str | bytes) -> list[list[str]]:
    """Give the names and the rows."""
    table = read(content).table
    values = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [table.column_names, *map(list, values)]


def broken(content: str | bytes) -> Broken:
    """Give the broken records."""
    return told(chunks(content))


def told(parts: list[RawChunk]) -> Broken:
    """Give the broken records of some chunks."""
    return [tuple(row) for part in parts for row in part.broken.to_numpy().tolist()]


def summary(parts: list[RawChunk]) -> tuple[list[str], list[Any], list[int], Broken]:
    """Give all that was read, however it was divided."""
    table = pa.concat_tables([part.table for part in parts])
    columns = [column.to_pylist() for column in table.columns]
    lines = [line for part in parts for line in part.lines.tolist()]
    return table.column_names, columns, lines, told(parts)


def in_blocks(content: bytes, block: int, *, rows: int = 500_000) -> list[RawChunk]:
    """Read a file in small blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module, "_BLOCK", block)
        return chunks(content, rows=rows)


class TestByHand:
    """One rule each."""

    def test_table(self) -> None:
        """Values are texts as they were given, an empty one is no null; lines are the file's."""
        chunk = read("id,place,n\n1, High Street ,NA\n2,,1.50\n")
        assert chunk.table.schema == pa.schema([(n, pa.string()) for n in ("id", "place", "n")])
        assert chunk.table.to_pydict() == {
            "id": ["1", "2"],
            "place": [" High Street ", ""],
            "n": ["NA", "1.50"],
        }
        assert chunk.table.column("place").null_count == 0
        assert chunk.lines.dtype == np.int64
        assert chunk.lines.tolist() == [2, 3]
        assert chunk.broken.dtypes.astype(str).to_dict()["line"] == "int64"
        assert len(chunk.broken) == 0

    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
    )
    def test_encodings(self, encoding: str) -> None:
        """The same table in every encoding, with and without a byte order mark."""
        content = "id,place\n1,Café €5\n2,Straße\n".encode(encoding)
        assert rows(content) == [["id", "place"], ["1", "Café €5"], ["2", "Straße"]]

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [(b"\xfe\xff", "utf-16-be"), (b"\x00\x00\xfe\xff", "utf-32-be")],
    )
    def test_big_ends(self, mark: bytes, encoding: str) -> None:
        """Byte order marks with the high byte first."""
        assert rows(mark + "a,b\n1,é\n".encode(encoding)) == [["a", "b"], ["1", "é"]]

    def test_glued_encodings(self) -> None:
        """Each record has its own encoding; a byte without a meaning is U+FFFD."""
        content = b"id,place\n1,Caf\xc3\xa9\n2,Caf\xe9\n3,\x80\x81\n4,\xe2\x82\xac\n"
        assert [place for _, place in rows(content)[1:]] == ["Café", "Café", "€\ufffd", "€"]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends(self, end: str) -> None:
        """Windows, Unix and the old Mac."""
        chunk = read(end.join(["a,b", "1,2", "3,4", ""]))
        assert chunk.table.to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}
        assert chunk.lines.tolist() == [2, 3]

    def test_mixed_line_ends(self) -> None:
        r"""All in one file; \n\r is two, and the last line needs none."""
        chunk = read("a,b\r1,2\r\n3,4\n5,6\n\r7,8")
        assert chunk.table.column("a").to_pylist() == ["1", "3", "5", "7"]
        assert chunk.lines.tolist() == [2, 3, 4, 6]

    def test_quoted_line_breaks(self) -> None:
        """A record has the line on which it begins, the next one is right, breaks are kept."""
        chunk = read('a,"b"\n1,"x\r\ny\rz\n"\n2,"""q"", r"\n')
        assert chunk.table.to_pydict() == {"a": ["1", "2"], "b": ["x\r\ny\rz\n", '"q", r']}
        assert chunk.lines.tolist() == [2, 6]

    @pytest.mark.parametrize("delimiter", DELIMITERS)
    def test_delimiters(self, delimiter: str) -> None:
        """Each of the four, though the others are in the texts, more often in the quoted ones."""
        others = "".join(letter for letter in DELIMITERS if letter != delimiter)
        line = delimiter.join(["1", others, f'"{",;|" * 3}'])
        content = delimiter.join(["id", "x", "y"]) + "\n" + (line + '"\n') * 3
        assert rows(content) == [["id", "x", "y"], *[["1", others, ",;|" * 3]] * 3]

    def test_delimiter_of_most_records(self) -> None:
        """A decimal comma divides nothing if the header has semicolons."""
        assert rows("lat;lon\n51,5;0,1\n51,6;0,2\n") == [
            ["lat", "lon"],
            ["51,5", "0,1"],
            ["51,6", "0,2"],
        ]
        # By commas the header has two fields and each row three; by bars all have two.
        assert rows("a,x|b\n1,2,3|4\n5,6,7|8\n")[0] == ["a,x", "b"]

    def test_more_fields_win(self) -> None:
        """Of two delimiters that fit all lines the one with more fields is taken."""
        assert rows("a|b,c,d\n1|2,3,4\n")[0] == ["a|b", "c", "d"]

    @pytest.mark.parametrize("first", ["sep=;", "SEP=;\r", '"sep=;"'])
    def test_sep_line(self, first: str) -> None:
        """Excel's first line names the delimiter and is no row; line numbers go on."""
        chunk = read(f"{first}\na,x;b,x\n1,2;3,4\n")
        assert chunk.table.to_pydict() == {"a,x": ["1,2"], "b,x": ["3,4"]}
        assert chunk.lines.tolist() == [3]

    def test_sep_line_with_another_delimiter(self) -> None:
        """It may name one that would not be recognised."""
        assert rows("sep=^\na^b\n1^2\n") == [["a", "b"], ["1", "2"]]

    def test_titles(self) -> None:
        """Lines with one filled field above the header are passed over, blank ones too."""
        content = '\nASB in Camden\n"Source: CAD; not checked",,\n,,\n\nid,place,n\n1,x,2\n'
        chunk = read(content)
        assert chunk.table.column_names == ["id", "place", "n"]
        assert chunk.lines.tolist() == [7]
        assert len(chunk.broken) == 0

    def test_names(self) -> None:
        """Names lose spaces, marks and quotation marks; blank ones get one, doubles stay."""
        names = rows('\ufeff\ufeff" id " ,,"the ""x""",id,last\n1,2,3,4,5\n')[0]
        assert names == ["id", "column_2", 'the "x', "id", "last"]

    def test_row_names(self) -> None:
        """R leaves the row names without a name: all rows have one field more."""
        assert rows('"a","b"\n"1",x,y\n"2",z,w\n') == [
            ["column_1", "a", "b"],
            ["1", "x", "y"],
            ["2", "z", "w"],
        ]

    @pytest.mark.parametrize("header", ["a,b", "a,b,", "a,b,,"])
    @pytest.mark.parametrize("tail", ["", ",", ",,"])
    def test_trailing_delimiters(self, header: str, tail: str) -> None:
        """A delimiter at the end of the header, of the rows or of both makes no column."""
        assert rows(f"{header}\n1,2{tail}\n3,{tail}\n") == [["a", "b"], ["1", "2"], ["3", ""]]

    def test_nameless_column_in_use(self) -> None:
        """A column without a name at the right end stays if it holds anything."""
        assert rows("a,b,\n1,2,\n3,4,5\n") == [
            ["a", "b", "column_3"],
            ["1", "2", ""],
            ["3", "4", "5"],
        ]

    def test_ragged_rows(self) -> None:
        """More or fewer fields break the row; empty ones beyond the last column do not."""
        content = "a,b\n1,2\n3,4,5\n6\n7,8,,\n9,0\n"
        assert rows(content) == [["a", "b"], ["1", "2"], ["7", "8"], ["9", "0"]]
        assert broken(content) == [(3, "ragged_row", "3,4,5"), (4, "ragged_row", "6")]
        assert read(content).lines.tolist() == [2, 5, 6]

    def test_detail(self) -> None:
        """The first 100 characters of a broken row are shown, in its own encoding."""
        row = "é" * 150 + ",,x"
        assert broken(f"a,b\n1,2\n{row}\n") == [(3, "ragged_row", "é" * 100)]
        assert broken("a,b\n1,é\n".encode() + row.encode("cp1252")) == [
            (3, "ragged_row", "é" * 100)
        ]

    def test_quotes(self) -> None:
        """A mark inside a field is a letter; text after the closing mark belongs to the field."""
        content = 'a,b\n5" pipe,"x"y"z"\n"say ""no""",""\n'
        assert rows(content)[1:] == [['5" pipe', 'xy"z"'], ['say "no"', ""]]

    def test_open_quotes(self) -> None:
        """A mark that is not closed breaks its own line, also the last of the file."""
        content = 'a,b\n1,2\n3,"4\n5,"6"\n7,8\n9,"\n'
        assert rows(content)[1:] == [["1", "2"], ["5", "6"], ["7", "8"]]
        assert broken(content) == [(3, "open_quote", '3,"4'), (6, "open_quote", '9,"')]

    def test_open_quote_in_header(self) -> None:
        """A stray mark in the header is a letter, and goes with the other marks."""
        assert rows('a,"b,c\n1,2,3\n4,5,6\n') == [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]

    def test_long_row(self) -> None:
        """A line of more than 1 MB is passed over, the next is read."""
        content = "a,b\n1,2\n3," + "x" * 1_000_000 + "\n4,5\n"
        assert rows(content)[1:] == [["1", "2"], ["4", "5"]]
        assert broken(content) == [(3, "long_row", "3," + "x" * 98)]

    def test_nul_bytes(self) -> None:
        """NUL bytes inside the text and after it are dropped, the row is kept."""
        content = b"id,place\n1,High\0 Street\n\0\0\n2,Low Street\n" + bytes(1000)
        assert rows(content)[1:] == [["1", "High Street"], ["2", "Low Street"]]
        assert read(content).lines.tolist() == [2, 4]

    @pytest.mark.parametrize("end", ["\x1a", "\n\x1a", "\r\n\x1a\r\n", "\x1a\0\0"])
    def test_old_end_of_file(self, end: str) -> None:
        """Ctrl-Z at the end is no value and no row."""
        assert rows("a,b\n1,2" + end) == [["a", "b"], ["1", "2"]]
        assert broken("a,b\n1,2" + end) == []

    def test_blank_lines(self) -> None:
        """Spaces, delimiters and empty quotation marks are no row."""
        chunk = read('a,b\n\n1,2\n,\n  \n"",""\n\t, \n3,4\n\n\n')
        assert chunk.table.column("a").to_pylist() == ["1", "3"]
        assert chunk.lines.tolist() == [3, 8]
        assert len(chunk.broken) == 0


class TestEdges:
    """Limits, one column, one line, few bytes."""

    def test_header_alone(self) -> None:
        """A table without rows is one chunk without rows, with the columns."""
        for content in ("a,b", "a,b\n", "a,b\r\n\r\n", "a;b\n;\n"):
            chunk = read(content)
            assert chunk.table.schema == pa.schema([("a", pa.string()), ("b", pa.string())])
            assert chunk.table.num_rows == 0
            assert chunk.lines.dtype == np.int64

    def test_one_column(self) -> None:
        """A single column is a table, whatever divides words; a blank line is no row."""
        assert rows('street\nHigh Street\n\n"Low, Street"\n') == [
            ["street"],
            ["High Street"],
            ["Low, Street"],
        ]
        assert rows("a b  c\n1 2  3\n") == [["a b  c"], ["1 2  3"]]
        assert rows("a:b\n1:2\n") == [["a:b"], ["1:2"]]
        assert rows("id,\n1,\n2,\n") == [["id"], ["1"], ["2"]]

    def test_one_column_with_loose_delimiters(self) -> None:
        """A list of which a few entries hold a comma stays a list: the others are no titles."""
        content = "street\n" + "High Street\n" * 8 + "Low Street, Camden\n"
        assert len(rows(content)) == 10

    def test_only_broken_rows(self) -> None:
        """A chunk may have broken rows and no others."""
        chunk = read('a,b\n1,"2\n3,"4\n')
        assert chunk.table.num_rows == 0
        assert chunk.table.column_names == ["a", "b"]
        assert chunk.broken["line"].tolist() == [2, 3]

    @pytest.mark.parametrize(("lines", "is_row"), [(100, True), (101, False)])
    def test_most_lines(self, lines: int, *, is_row: bool) -> None:
        """A record may have 100 lines."""
        content = 'a,b\n1,2\n3,"' + "x,x\n" * (lines - 1) + '"\n'
        found = [reason for _, reason, _ in broken(content)]
        assert (found == []) == is_row
        assert is_row or found[0] == "open_quote"

    @pytest.mark.parametrize(("length", "is_row"), [(100_000, True), (100_001, False)])
    def test_longest_joined(self, length: int, *, is_row: bool) -> None:
        """A record of several lines may have 100 kB: here `3,"`, x, a break, x and a mark."""
        content = 'a,b\n1,2\n3,"' + "x" * (length - 6) + '\nx"\n'
        assert ("open_quote" not in [reason for _, reason, _ in broken(content)]) == is_row

    @pytest.mark.parametrize(("length", "is_row"), [(1_000_000, True), (1_000_001, False)])
    @pytest.mark.parametrize("end", ["\n", "\r\n", ""])
    def test_longest_line(self, length: int, end: str, *, is_row: bool) -> None:
        """A line may have 1 MB, its end apart, also if no character is UTF-8."""
        content = b"a,b\n1,2\n3," + b"\xe9" * (length - 2) + end.encode()
        table = read(content).table
        assert table.num_rows == 1 + is_row
        assert not is_row or table.column("b")[1].as_py() == "é" * (length - 2)

    def test_most_columns(self) -> None:
        """As many columns as a sheet has, and not one more."""
        header = ",".join(f"c{k}" for k in range(MOST_COLUMNS))
        assert read(f"{header}\n{'1,' * (MOST_COLUMNS - 1)}1\n").table.num_columns == MOST_COLUMNS

    def test_no_row_names(self) -> None:
        """One field more in all rows is a broken row if the first ones repeat: a loose comma."""
        with pytest.raises(InputError, match="2 of its first 2 rows have more or fewer"):
            read("kind,text\nASB,a,b\nASB,c,d\n")

    def test_mark_at_the_beginning_of_a_text(self) -> None:
        """A byte order mark that belongs to a text stays in it."""
        content = "a,b\n\ufeff1,2\n\ufeff3,4\n"
        assert rows(content)[1:] == [["\ufeff1", "2"], ["\ufeff3", "4"]]
        assert summary(in_blocks(content.encode(), 9)) == summary(chunks(content))

    def test_few_bytes_at_a_time(self) -> None:
        """A stream may give what it likes, one byte at a time."""
        content = (SOUND * 3).encode("utf-16")
        stream = stream_of(content[k : k + 1] for k in range(len(content)))
        assert summary(list(read_text(stream, "x"))) == summary(chunks(SOUND * 3))

    def test_half_a_character(self) -> None:
        """UTF-16 that ends inside a character loses no more than that."""
        assert rows("a,b\n1,2\n".encode("utf-16") + b"x") == [["a", "b"], ["1", "2"]]

    def test_rows(self) -> None:
        """No chunk has more rows than asked for, and together they have all."""
        content = "a,b\n" + "".join(f"{k},{k}\n" for k in range(25)) + "ragged\n"
        parts = chunks(content, rows=10)
        assert [part.table.num_rows for part in parts] == [10, 10, 5]
        assert summary(parts) == summary(chunks(content))

    def test_title_with_delimiters(self) -> None:
        """A title with another delimiter than the table is still a title."""
        assert rows("Camden, 2024\na;b;c\n1;2;3\n4;5;6\n")[0] == ["a", "b", "c"]

    def test_input_is_not_python_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pyarrow is given its own memory: its threads may outlive Python's."""
        given = []
        real = pa.csv.read_csv

        def spy(source: pa.Buffer, **options: Any) -> pa.Table:
            given.append(source)
            return real(source, **options)

        def refuse(*_: object) -> None:
            raise AssertionError

        monkeypatch.setattr(pa.csv, "read_csv", spy)
        monkeypatch.setattr(pa, "py_buffer", refuse)
        before = pa.total_allocated_bytes()
        assert read(SOUND).table.num_rows == 50
        assert all(isinstance(source, pa.Buffer) for source in given)
        assert pa.total_allocated_bytes() - before >= sum(source.size for source in given)


class TestReference:
    """Python's csv module, and regular expressions."""

    @given(
        body=st.lists(
            st.lists(
                st.text(
                    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r\t,;|" ')
                ),
                min_size=3,
                max_size=3,
            ),
            max_size=8,
        ),
        delimiter=st.sampled_from(DELIMITERS),
        quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        end=st.sampled_from(["\r\n", "\n", "\r"]),
        block=st.integers(1, 60),
    )
    def test_csv_module(
        self,
        body: list[list[str]],
        delimiter: str,
        quoting: Literal[0, 1, 2],
        end: str,
        block: int,
    ) -> None:
        """What Python's csv module writes comes back exactly, but for blank lines."""
        file = io.StringIO(newline="")
        # Some versions leave a \r without quotation marks if it is not in the line end.
        end = "\r\n" if quoting == csv.QUOTE_MINIMAL else end
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end)
        writer.writerows([["a", "b", "c"], *body])
        names, columns, _, lost = summary(in_blocks(file.getvalue().encode(), block))
        filled = [row for row in body if any(value.strip(" \t\x1a") for value in row)]
        assert names == ["a", "b", "c"]
        assert lost == []
        assert columns == [[row[k] for row in filled] for k in range(3)]

    @given(body=messy, block=st.integers(1, 70))
    def test_regular_expressions(self, body: str, block: int) -> None:
        """In any text the rows, values and lines are those that regular expressions find."""
        expected = [(line + 51, verdict, values) for line, verdict, values in reference(body, 3)]
        _, columns, lines, lost = summary(in_blocks((SOUND + body).encode(), block))
        found = list(zip(lines, map(list, zip(*columns, strict=True)), strict=True))[50:]
        assert found == [(line, values) for line, verdict, values in expected if verdict == 0]
        reasons = {1: "ragged_row", 2: "open_quote"}
        assert lost == [
            (line, reasons[verdict], values[0]) for line, verdict, values in expected if verdict
        ]


class TestRelations:
    """What holds for every file."""

    @given(
        parts=st.lists(
            st.sampled_from(
                [b"1,2,3\n", b'4,"5\n\xc3\xa9",6\r\n', b"7,\xe9,8\r", b'9,"0,1\n', b"\0,", b"\n"]
            )
            | st.binary(max_size=8),
            max_size=25,
        ),
        block=st.integers(1, 50),
        size=st.integers(1, 40),
    )
    def test_blocks_and_chunks(self, parts: list[bytes], block: int, size: int) -> None:
        """Blocks cut texts, characters and line ends in two, and change nothing."""
        content = SOUND.encode() + b"".join(parts)
        divided = in_blocks(content, block, rows=size)
        assert summary(divided) == summary(chunks(content))
        assert max(len(part.lines) for part in divided) <= size

    @given(
        lengths=st.lists(st.integers(0, 30), max_size=8),
        block=st.integers(1, 50),
        end=st.sampled_from(["\n", "\r", "\r\n"]),
    )
    def test_blocks_and_long_lines(self, lengths: list[int], block: int, end: str) -> None:
        """Lines beyond the limit are cut short while they are waited for, and change nothing."""
        content = SOUND.encode() + end.join('x,"y,' + "z" * n for n in lengths).encode()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_module, "_LONGEST_LINE", 12)
            patch.setattr(text_module, "_LONGEST_JOINED", 8)
            patch.setattr(text_module, "LONGEST_DETAIL", 3)
            expected = [
                (52 + k, "long_row" if 5 + n > 12 else "open_quote", 'x,"')
                for k, n in enumerate(lengths)
            ]
            assert told(in_blocks(content, block)) == expected

    @given(st.binary(max_size=200))
    def test_any_bytes(self, content: bytes) -> None:
        """Any bytes are a table or an InputError that names the file."""
        try:
            parts = chunks(content, "any.csv")
        except InputError as error:
            message = str(error)
        else:
            message = "'any.csv'"
            for part in parts:
                part.table.validate(full=True)
                assert len(part.lines) == part.table.num_rows
        assert "'any.csv'" in message

    @given(body=messy)
    def test_nothing_is_lost(self, body: str) -> None:
        """Every line that is not blank begins a record, or lies inside a row of several lines."""
        _, columns, lines, lost = summary(chunks(SOUND + body))
        starts = lines + [line for line, _, _ in lost]
        inside = {
            line + k
            for line, *values in zip(lines, *columns, strict=True)
            for k in range(1, 1 + sum(len(LINE_END.findall(value)) for value in values))
        }
        every = LINE_END.split(SOUND + body)
        filled = {k for k, line in enumerate(every, start=1) if line.strip(' ,"')}
        assert len(starts) == len(set(starts))
        assert filled - {1} <= set(starts) | inside
        assert not set(starts) & inside


class TestSize:
    """Files of any size, in memory that does not grow with them."""

    def test_large_file(self) -> None:
        """320 MB pass through a small part of that memory."""
        header = b"id,street,when,lat,lon,text\n"
        row = b'123456,"High Street, Camden",2024-01-01 12:00,51.5,-0.1,' + b"x" * 145 + b"\n"
        piece = row * 1000
        stream = stream_of(itertools.chain([header], itertools.repeat(piece, 1600)))
        count, largest, last = 0, 0, 1
        tracemalloc.start()
        try:
            for chunk in read_text(stream, "large.csv"):
                assert chunk.lines[0] == last + 1
                last = int(chunk.lines[-1])
                count += chunk.table.num_rows
                largest = max(largest, pa.total_allocated_bytes())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(piece) * 1600 > 320_000_000
        assert (count, last) == (1_600_000, 1_600_001)
        assert peak < 150_000_000
        assert largest < 250_000_000

    def test_line_without_end(self) -> None:
        """A header of 300 MB is refused after its first few, a row of as many is passed over."""
        read_bytes = 0

        def endless() -> Iterator[bytes]:
            nonlocal read_bytes
            for _ in range(300):
                read_bytes += 1_000_000
                yield b"x" * 1_000_000

        with pytest.raises(InputError, match="first line is longer than 1 MB"):
            list(read_text(stream_of(endless()), "long.csv"))
        assert read_bytes <= 10_000_000

        def table() -> Iterator[bytes]:
            yield b"a,b\n1,2\n"
            yield from endless()
            yield b"\n3,4\n"

        tracemalloc.start()
        try:
            parts = list(read_text(stream_of(table()), "long.csv"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        _, columns, lines, lost = summary(parts)
        assert columns == [["1", "3"], ["2", "4"]]
        assert lines == [2, 4]
        assert lost == [(3, "long_row", "x" * 100)]
        assert peak < 60_000_000

    def test_blank_beginning(self) -> None:
        """Blank lines above the header may be more than are looked at for it."""
        chunk = read("\n" * 5_000_000 + "a,b\n1,2\n")
        assert chunk.table.to_pydict() == {"a": ["1"], "b": ["2"]}
        assert chunk.lines.tolist() == [5_000_002]

    def test_stray_marks(self) -> None:
        """300,000 lines that each open a quoted text are all told."""
        content = "a,b,c\n" + '1,"x,y\n' * 300_000
        lost = broken(content)
        assert len(lost) == 300_000
        assert lost[-1] == (300_001, "open_quote", '1,"x,y')

    def test_head_holds_a_record(self) -> None:
        """What is looked at for the header is longer than any record, or it would be waited for."""
        longest = max(text_module._LONGEST_LINE, text_module._LONGEST_JOINED)
        assert longest + 2 < text_module._HEAD
        # A title that stays open until the limit, at the very end of what is looked at.
        content = "\n" * (text_module._HEAD - 50) + '"title\n' + "x\n" * 60_000 + "a,b\n1,2\n"
        assert read(content).table.column_names == ["title"]

    def test_late_surprise(self) -> None:
        """What comes after the part that is looked at changes no earlier decision."""
        sound = "a,b\n" + "1,2\n" * 600_000
        content = sound.encode() + b'\xe9,"\n' + b"x,y,z\n" * 10 + b"3,4\n"
        parts = chunks(content)
        assert sum(part.table.num_rows for part in parts) == 600_001
        assert [line for line, _, _ in told(parts)] == list(range(600_002, 600_013))


class TestMessages:
    """Files that are no text tables are refused, by name."""

    @pytest.mark.parametrize(
        "content", ["", "\n", " \r\n\t\n", ",,\n;;\n", "\ufeff", '""\n', "\x1a"]
    )
    def test_empty(self, content: str) -> None:
        """Nothing but blank lines is empty."""
        with pytest.raises(InputError, match="The file 'calls.csv' is empty. Must be a table"):
            read(content)

    def test_empty_after_sep_line(self) -> None:
        """So is a file that only names its delimiter."""
        with pytest.raises(InputError, match="The file 'calls.csv' is empty"):
            read("sep=;\n;;\n")

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"%PDF-1.7\n1 0 obj\n", r"a PDF document"),
            (b"PK\x03\x04\x14\x00", r"an Excel workbook or a zip"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"an old Excel workbook \(.xls\)"),
            (b"PAR1\x15\x04", r"a Parquet file"),
            (b"SQLite format 3\x00", r"a SQLite database or GeoPackage"),
            (b"\x1f\x8b\x08\x00", r"a gzip file"),
            (b"\n<!DOCTYPE html>\n<html>", r"a web page \(HTML\)"),
            (b"<?xml version='1.0'?>\n<html>", r"a web page \(HTML\)"),
            ("\ufeff<html>\n".encode("utf-16-le"), r"a web page \(HTML\)"),
            (b"<?xml version='1.0'?>\n<kml>", r"XML"),
            (b"<kml>\n<Document>\n", r"XML"),
            (b'[{"a": 1}]', r"JSON"),
            (b'{\n "type": "FeatureCollection"}', r"JSON"),
            (b"{\\rtf1\\ansi a,b}", r"a Word document \(RTF\)"),
            (bytes(range(256)) * 10, r"binary data"),
            (b"a,b\n" + b"\0\1\2\3" * 20 + b"x", r"binary data"),
            (bytes(500), r"binary data"),
        ],
    )
    def test_other_kinds(self, content: bytes, kind: str) -> None:
        """What the file looks like is said."""
        rule = f"The file 'calls.csv' is not a text table: it looks like {kind}.* Must be a table"
        with pytest.raises(InputError, match=rule):
            read(content)

    @pytest.mark.parametrize(
        "content",
        ["<DATE>,<TIME>\n1,2\n", "[id],[place]\n1,2\n", "{id},{place}\n1,2\n", "PAR1,b\n1,2\n"],
    )
    def test_odd_names(self, content: str) -> None:
        """Names in brackets make no web page of a table."""
        assert read(content).table.num_rows == 1

    def test_long_header(self) -> None:
        """A first line of more than 1 MB is no header, also below blank lines or `sep=`."""
        line = "x," * 600_000
        with pytest.raises(InputError, match="'calls.csv': the first line is longer than 1 MB"):
            read(line)
        with pytest.raises(InputError, match="the header, line 3, is longer than 1 MB"):
            read("\n\n" + line + "\n1,2\n")
        with pytest.raises(InputError, match="the header, line 2, is longer than 1 MB"):
            read("sep=,\n" + line)

    @pytest.mark.parametrize("mark", ["", '"'])
    def test_too_many_columns(self, mark: str) -> None:
        """More columns than a sheet has are refused before they are made."""
        header = mark + "x," * MOST_COLUMNS + "x"
        with pytest.raises(
            InputError, match=r"header of 'calls.csv', line 1, has 16,385 columns. .* most 16,384"
        ):
            read(header + "\n1,2\n")

    def test_mostly_ragged(self) -> None:
        """If most rows do not fit the header the numbers are told: 3 of 5."""
        content = "a,b,c\n1,2\n1,2,3\n4\n5,6,7\n1,2,3,4\n"
        with pytest.raises(
            InputError,
            match=r"'calls.csv' as a table: 3 of its first 5 rows have more or fewer values than "
            r"the header in line 1 \(3 columns, separated by comma\)\. Must have the same number",
        ):
            read(content)
        # Half of them is not most.
        assert len(broken("a,b,c\n1,2\n1,2,3\n")) == 1

    def test_rows(self) -> None:
        """A chunk needs a row."""
        with pytest.raises(
            InputError, match="Invalid rows '0'. Must be a whole number, at least 1"
        ):
            chunks("a,b\n", rows=0)

    @pytest.mark.parametrize("is_error", [True, False])
    def test_disagreement(self, monkeypatch: pytest.MonkeyPatch, *, is_error: bool) -> None:
        """Should pyarrow see other rows than the kernel, none is given."""
        real = pa.csv.read_csv

        def other(source: pa.Buffer, **options: Any) -> pa.Table:
            table = real(source, **options)
            if table.num_rows > 1 and is_error:
                msg = "out of step"
                raise pa.ArrowInvalid(msg)
            return table.slice(0, 1)

        monkeypatch.setattr(pa.csv, "read_csv", other)
        with pytest.raises(InputError, match="rows of 'calls.csv' apart from line 2 to 3. Must"):
            read("a,b\n1,2\n3,4\n")
