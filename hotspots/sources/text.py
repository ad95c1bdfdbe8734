r"""Text tables (CSV and its kin) to chunks of raw rows: nothing breaks the reading of a file.

The bytes pass once, in blocks. A kernel finds the records and sets aside those that are no rows;
pyarrow splits the rest into values. Every decision about the file as a whole (its encoding, its
delimiter, its header) is taken from its beginning, so the size of the blocks changes nothing.

- Encoding: UTF-8, UTF-16 or UTF-32 with a byte order mark, UTF-16 without one, or else UTF-8 with
  every record that is not valid UTF-8 taken as Windows-1252. So a file glued together from two
  sources is read right, too. NUL bytes inside a text are dropped.
- Lines end with \n, \r\n or \r. Line numbers are those of the file; a record of several lines has
  the number of its first.
- A record with nothing but spaces, delimiters and empty quotation marks is a blank line, not a
  row; in a table of one column, too.
- A record that cannot be split into the columns of the header is listed as broken, with its line.
  It never stops the reading; only if most records are ragged is the file refused.
"""

from __future__ import annotations

import codecs
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hotspots.errors import InputError, invalid
from hotspots.sources import records
from hotspots.sources.raw import LONGEST_DETAIL, RawChunk, no_broken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Booleans = np.ndarray[Any, np.dtype[np.bool_]]

DELIMITERS: Final = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
"""The delimiters that are recognised, and what they are called."""

MOST_COLUMNS: Final = 16_384
"""Columns that a table may have, as many as a sheet of a spreadsheet."""

_BLOCK: int = 4 << 20
"""Bytes read at once."""

_CHUNK: int = 32 << 20
"""Bytes of a chunk, about."""

_HEAD: int = 2 << 20
"""Bytes from which the layout is found: more than the longest record, so that the first one is
always decided in them."""

_LONGEST_LINE: int = 1_000_000
_LONGEST_JOINED: int = 100_000
_MOST_LINES: int = 100

_PARSE_BLOCK: Final = 1 << 20
_ASCII: Final = 0x80
_SNIFFED: Final = 64 << 10
_SAMPLE: Final = 50
_CHECKED: Final = 1000
_FEWEST_SHIFTED: Final = 2
_MOST_CONTROL: Final = 0.1
# For one column: a byte that texts do not contain.
_NO_DELIMITER: Final = "\x1f"
_REASONS: Final = {
    records.RAGGED: "ragged_row",
    records.OPEN_QUOTE: "open_quote",
    records.LONG: "long_row",
}

# UTF-32 before UTF-16: its mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, ""),
)
_BINARY_KINDS: Final = (
    (rb"%PDF-", "a PDF document"),
    (rb"PK\x03\x04", "an Excel workbook or a zip"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or Office document"),
    (rb"PAR1[\x00-\x20]", "a Parquet file"),
    (rb"SQLite format 3\x00", "a SQLite database or GeoPackage"),
    (rb"\x00\x01\x00\x00Standard (Jet|ACE) DB", "an Access database"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"BZh\d1AY&SY", "a bzip2 file"),
    (rb"\xfd7zXZ\x00", "an xz file"),
    (rb"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip file"),
    (rb"Rar!\x1a\x07", "a RAR file"),
    (rb"\x89PNG\r\n", "a picture"),
    (rb"\xff\xd8\xff", "a picture"),
    (rb"GIF8[79]a", "a picture"),
)
_TEXT_KINDS: Final = (
    (rb"\s*(<[?!][^>]*>\s*)*<(html|head|body|table|meta|div|script)\b", "a web page (HTML)"),
    (rb"\s*<!doctype html", "a web page (HTML)"),
    (rb"\s*<(\?xml|!--|!doctype)", "XML"),
    (rb"\s*<([a-z_][\w:.-]*)[^<>]*>(\s*<[a-z_]|.*</\1>)", "XML"),
    (rb'\s*(\{\s*["}]|\[\s*["{\[\]])', "JSON"),
    (rb"\s*\{\\rtf", "a Word document (RTF)"),
)
# Excel's own way to name the delimiter in the first line.
_SEP_LINE: Final = re.compile(rb'"?sep=([\t !#-/:-@[-`{-~])"?[ \t]*(\r\n|\r|\n|\Z)', re.IGNORECASE)


def read_text(stream: BinaryIO, name: str, *, rows: int = 500_000) -> Iterator[RawChunk]:
    r"""Read a text table as chunks of texts.

    Parameters
    ----------
    stream : binary file
        The uncompressed bytes; read once, from front to back.
    name : str
        Name of the file, for messages.
    rows : int, default 500,000
        Most rows of a chunk, at least 1.

    Yields
    ------
    RawChunk
        At least one, perhaps without rows. All columns are `string` without nulls (an empty field
        is an empty text), in the order of the header. Names are stripped of spaces and quotation
        marks; a blank one becomes "column_" and its position, a repeated one is kept.

    Raises
    ------
    InputError
        If the file is empty, is not a text table (a document, a web page, binary data, …), has a
        header longer than 1 MB or of more than `MOST_COLUMNS` columns, or if more than half of
        its first 1,000 records have more or fewer fields than the header.

    Notes
    -----
    The delimiter is the one of `DELIMITERS` with which most of the first 50 records have as many
    fields as the header; among equals the one with more fields. A first line `sep=;` names it.
    Records with fewer than two filled fields above the header are titles and passed over, if
    there are not more of them than records that fit the header.

    Quotation marks follow RFC 4180, leniently: see `hotspots.sources.records.scan_records`. A row
    has at most 100 lines and 100 kB if it has several, 1 MB if it has one. Empty fields beyond
    the last column are dropped, and so are columns at the right end without a name or a value. If
    every record has one field more than the header, and the first ones are all different, these
    are row names (as R writes them) and become "column_1".

    Memory is bounded by the size of a block (4 MB) and of a chunk (`rows`, or about 32 MB).

    **Caveats.** A record in Windows-1252 whose bytes happen to be valid UTF-8 ("Ã©" for "é") is
    taken as UTF-8, and one that mixes both as Windows-1252. Names are not told from values: a
    table without a header loses its first row to the names.

    References
    ----------
    Shafranovich, Y. (2005). Common Format and MIME Type for Comma-Separated Values (CSV) Files.
    RFC 4180. doi:10.17487/RFC4180

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO(b"id;place\n1;Camden\n2;Lewisham;SE13\n3;\n")
    >>> [chunk] = read_text(file, "calls.csv")
    >>> chunk.table.to_pylist()
    [{'id': '1', 'place': 'Camden'}, {'id': '3', 'place': ''}]
    >>> chunk.lines.tolist()
    [2, 4]
    >>> chunk.broken.to_dict("records")
    [{'line': 3, 'reason': 'ragged_row', 'detail': '2;Lewisham;SE13'}]
    """
    if rows < 1:
        raise invalid("rows", rows, "a whole number, at least 1")
    feed = _Feed(_pieces(stream, name))
    head, line = _head(feed, name)
    layout = _layout(head, line, feed.is_last, name)
    feed.put_back(head[layout.start :])
    yield from _merge(_chunks(_scans(feed, layout, rows), layout, name), rows)


def _chunks(scans: Iterator[_Scan], layout: _Layout, name: str) -> Iterator[RawChunk]:
    """Split records into values, while the next ones are found."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        waiting: Future[RawChunk] | None = None
        for scan in scans:
            coming = pool.submit(_chunk, scan, layout, name)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is None:
            waiting = pool.submit(_chunk, _scan(b"", 0, 1, layout.delimiter), layout, name)
        yield waiting.result()
    finally:
        # Without waiting: the garbage collector may close this in the very thread that works.
        pool.shutdown(wait=False, cancel_futures=True)


def _merge(chunks: Iterator[RawChunk], rows: int) -> Iterator[RawChunk]:
    """Make larger chunks, of at most so many rows and about so many bytes."""
    parts: list[RawChunk] = []
    count = size = 0
    for chunk in chunks:
        more = len(chunk.lines) + len(chunk.broken)
        if parts and (count + more > rows or size > _CHUNK):
            yield _joined(parts)
            parts, count, size = [], 0, 0
        parts.append(chunk)
        count += more
        size += chunk.table.nbytes
    yield _joined(parts)


def _joined(parts: list[RawChunk]) -> RawChunk:
    if len(parts) == 1:
        return parts[0]
    broken = [part.broken for part in parts if len(part.broken)]
    return RawChunk(
        pa.concat_tables([part.table for part in parts]),
        np.concatenate([part.lines for part in parts]),
        pd.concat(broken, ignore_index=True) if broken else no_broken(),
    )


# ---------------------------------------------------------------------------- bytes


class _Feed:
    """The bytes of the file that are not used yet, and whether there are none left."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest: list[memoryview] = []
        self.is_last = False

    def extend(self, buffer: bytes, size: int) -> bytes:
        """Give the buffer with `size` bytes, or with all that are left."""
        parts, have = [memoryview(buffer)], len(buffer)
        while have < size and not self.is_last:
            piece = self._rest.pop() if self._rest else self._next_piece()
            parts.append(piece[: size - have])
            if len(piece) > size - have:
                self._rest.append(piece[size - have :])
            have += len(parts[-1])
        whole = b"".join(parts)
        # Ctrl-Z, the old end of a text file.
        return whole.rstrip(b"\x1a") if self.is_last and whole.endswith(b"\x1a") else whole

    def put_back(self, buffer: bytes) -> None:
        """Give these bytes again, before all others."""
        self._rest.append(memoryview(buffer))
        self.is_last = False

    def _next_piece(self) -> memoryview:
        piece = next(self._pieces, None)
        self.is_last = piece is None
        return memoryview(piece or b"")


def _pieces(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Give the text as UTF-8 (or Windows-1252) without byte order mark and NUL bytes."""
    first = b""
    while len(first) < _SNIFFED and (more := stream.read(_SNIFFED - len(first))):
        first += more
    _check_kind(first, _BINARY_KINDS, name)
    encoding, mark = _encoding(first)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    piece = first[mark:]
    is_first = True
    while piece:
        if decoder is not None:
            piece = decoder.decode(piece).encode()
        if is_first:
            _check_text(piece, name)
            is_first = False
        yield piece.replace(b"\0", b"") if b"\0" in piece else piece
        piece = stream.read(_BLOCK)


def _encoding(first: bytes) -> tuple[str, int]:
    """Give the encoding, empty for UTF-8 or Windows-1252, and the length of its mark."""
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding, len(mark)
    # In UTF-16 the high byte of nearly every character of a table is NUL, its low byte never.
    even, odd = (first[k:1024:2] for k in (0, 1))
    for low, high, encoding in ((even, odd, "utf-16-le"), (odd, even, "utf-16-be")):
        is_wide = high and high.count(0) > 0.8 * len(high)
        if is_wide and low.count(0) < 0.1 * len(high):
            return encoding, 0
    return "", 0


def _check_text(sample: bytes, name: str) -> None:
    """Refuse binary data and texts that are no tables."""
    _check_kind(sample, _TEXT_KINDS, name, re.IGNORECASE | re.DOTALL)
    sample = sample.rstrip(b"\x1a")
    content = sample.rstrip(b"\0\x1a") or sample
    counts = np.bincount(np.frombuffer(content, dtype=np.uint8), minlength=128)
    control = int(counts[:32].sum() + counts[127] - counts[list(b"\t\n\v\f\r")].sum())
    if control > _MOST_CONTROL * len(content):
        raise _not_a_table("binary data", name)


def _check_kind(
    sample: bytes, kinds: tuple[tuple[bytes, str], ...], name: str, flags: int = 0
) -> None:
    for pattern, kind in kinds:
        if re.match(pattern, sample, flags):
            raise _not_a_table(kind, name)


def _not_a_table(kind: str, name: str) -> InputError:
    msg = (
        f"The file '{name}' is not a text table: it looks like {kind}. Must be a table with a "
        "header line. Save the data as CSV (UTF-8) and give that."
    )
    return InputError(msg)


# ---------------------------------------------------------------------------- records


@dataclass(frozen=True)
class _Scan:
    """Records that were found in a buffer; see `records.scan_records`."""

    data: Bytes
    start: int
    found: Integers
    stop: int
    line: int
    is_whole: bool
    has_quotes: bool
    has_joined: bool
    is_overlong: bool
    is_full: bool

    def __len__(self) -> int:
        return int(self.found.shape[1])


def _scan(
    buffer: bytes,
    start: int,
    line: int,
    delimiter: str,
    *,
    is_last: bool = True,
    width: int = 0,
    most: int = _CHECKED,
    spaces: str = " \t\x1a",
) -> _Scan:
    data = np.frombuffer(buffer, dtype=np.uint8)
    # Room for records of 32 bytes; if they are shorter the rest is found by the next call.
    room = min(most, (len(data) - start) // 32 + _CHECKED)
    found = np.empty((6, room), dtype=np.int64)
    limits = np.array([_LONGEST_LINE, _LONGEST_JOINED, _MOST_LINES], dtype=np.int64)
    count, stop, next_line, is_whole, has_quotes, has_joined, is_overlong = records.scan_records(
        data,
        records.make_words(buffer),
        start,
        line,
        is_last,
        ord(delimiter),
        records.byte_classes(delimiter, spaces),
        width,
        limits,
        found,
    )
    return _Scan(
        data,
        start,
        found[:, :count],
        stop,
        next_line,
        is_whole,
        has_quotes,
        has_joined,
        is_overlong,
        is_full=count == room,
    )


def _scans(feed: _Feed, layout: _Layout, rows: int) -> Iterator[_Scan]:
    """Give the records below the header, at most so many at a time."""
    buffer, pos, line = b"", 0, layout.line
    while True:
        buffer = feed.extend(buffer[pos:], len(buffer) - pos + _BLOCK)
        is_last, pos, is_full = feed.is_last, 0, True
        while is_full:
            scan = _scan(
                buffer,
                pos,
                line,
                layout.delimiter,
                is_last=is_last,
                width=len(layout.names),
                most=rows,
            )
            pos, line, is_full = scan.stop, scan.line, scan.is_full
            if len(scan):
                yield scan
        if is_last:
            return
        if scan.is_overlong:
            # Of a line that is too long only the beginning is kept, and half of a line end.
            ending = b"\r" if buffer.endswith(b"\r") else b""
            buffer, pos = buffer[pos : pos + _LONGEST_LINE + 1] + ending, 0


def _chunk(scan: _Scan, layout: _Layout, name: str) -> RawChunk:
    is_row = scan.found[records.VERDICT] == records.ROW
    lines = scan.found[records.LINE]
    table = None
    with suppress(pa.ArrowInvalid):
        table = _table(scan, is_row, layout.delimiter, len(layout.names))
    if table is None or table.num_rows != int(is_row.sum()):
        # Never seen: the kernel and pyarrow do not agree. Better no rows than rows gone astray.
        msg = (
            f"Cannot tell the rows of '{name}' apart from line {lines[0]:,} to {lines[-1]:,}. Must "
            "have one row a line. Open the file in a spreadsheet, save it as CSV (UTF-8) and give "
            "that."
        )
        raise InputError(msg)
    table = table.rename_columns(list(layout.names))
    return RawChunk(table, lines[is_row], _broken(scan, ~is_row))


def _table(
    scan: _Scan,
    chosen: Booleans,
    delimiter: str,
    width: int,
    *,
    is_literal: bool = False,
) -> pa.Table:
    """Split the chosen records into values; the columns have no names yet."""
    names = [str(k) for k in range(width)]
    if not chosen.any():
        return pa.table({key: pa.array([], pa.string()) for key in names})
    content = scan.data[scan.start : scan.stop]
    starts, ends = scan.found[records.START, chosen], scan.found[records.END, chosen]
    is_whole = scan.is_whole and len(starts) == len(scan)
    is_1252 = np.zeros(len(starts), dtype=bool)
    if content.max() >= _ASCII:
        is_1252 = records.find_not_utf8(scan.data, starts, ends)
    if is_1252.any() or not is_whole:
        content, _ = records.copy_records(scan.data, starts, ends, is_1252, 1)
    # A text may begin with a byte order mark. Pyarrow drops one, as that of a file: so give two.
    mark = len(codecs.BOM_UTF8)
    doubled = mark if content[:mark].tobytes() == codecs.BOM_UTF8 else 0
    # The threads of pyarrow may let go of their input after the call, while Python shuts down. If
    # it were Python's own memory, that would now and then abort the process.
    owned = pa.allocate_buffer(doubled + len(content))
    view = np.frombuffer(owned, dtype=np.uint8)
    view[:doubled] = content[:doubled]
    view[doubled:] = content
    # Every byte of Windows-1252 has at most three of UTF-8, and pyarrow must find whole rows.
    longest = 4 * int((ends - starts).max())
    return pa.csv.read_csv(
        owned,
        read_options=pa.csv.ReadOptions(column_names=names, block_size=max(_PARSE_BLOCK, longest)),
        parse_options=pa.csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if scan.has_quotes and not is_literal else False,
            newlines_in_values=scan.has_joined,
        ),
        convert_options=pa.csv.ConvertOptions(
            # Nothing but UTF-8 is left.
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )


def _broken(scan: _Scan, is_broken: Booleans) -> pd.DataFrame:
    """List the records that are no rows, with how they begin."""
    if not is_broken.any():
        return no_broken()
    starts, ends, lines, verdicts = scan.found[:4, is_broken]
    # No character has more than four bytes.
    ends = records.clip_records(scan.data, starts, ends, 4 * LONGEST_DETAIL)
    is_1252 = records.find_not_utf8(scan.data, starts, ends)
    copied, offsets = records.copy_records(scan.data, starts, ends, is_1252, 0)
    texts = pa.LargeStringArray.from_buffers(
        len(starts), pa.py_buffer(offsets), pa.py_buffer(copied)
    )
    details = pc.utf8_slice_codeunits(texts, 0, LONGEST_DETAIL)
    reasons = [_REASONS[verdict] for verdict in verdicts.tolist()]
    return pd.DataFrame(
        {
            "line": pd.Series(lines, dtype="int64"),
            "reason": pd.Series(reasons, dtype="str"),
            "detail": pd.Series(details.to_pylist(), dtype="str"),
        }
    )


# ---------------------------------------------------------------------------- layout


@dataclass(frozen=True)
class _Layout:
    """How the table is written, and where its first record begins."""

    delimiter: str
    names: tuple[str, ...]
    header_line: int
    start: int
    line: int


def _head(feed: _Feed, name: str) -> tuple[bytes, int]:
    """Give the beginning of the file from the first line that is not blank, and its number."""
    head, line = feed.extend(b"", _HEAD), 1
    while True:
        first = _scan(
            head,
            0,
            line,
            _NO_DELIMITER,
            is_last=feed.is_last,
            most=1,
            spaces=" \x1a" + "".join(DELIMITERS),
        )
        _check_first(first, name)
        if len(first):
            start, _, line = first.found[:3, 0].tolist()
            return feed.extend(head[start:], _HEAD), line
        if feed.is_last:
            raise _empty(name)
        line = first.line
        head = feed.extend(head[first.stop :], _HEAD)


def _empty(name: str) -> InputError:
    msg = f"The file '{name}' is empty. Must be a table with a header line. Export it again."
    return InputError(msg)


def _check_first(sample: _Scan, name: str) -> None:
    """Refuse the file if its first record is a line without end."""
    if len(sample):
        is_long = sample.found[records.VERDICT, 0] == records.LONG
        line = int(sample.found[records.LINE, 0])
    else:
        is_long, line = sample.is_overlong, sample.line
    if is_long:
        which = "first line" if line == 1 else f"header, line {line:,},"
        msg = (
            f"Cannot read '{name}': the {which} is longer than 1 MB. Must be a table with a header "
            "line. Save the data as CSV (UTF-8) and give that."
        )
        raise InputError(msg)


def _layout(head: bytes, line: int, is_last: bool, name: str) -> _Layout:  # noqa: FBT001
    """Find the delimiter and the header."""
    start = 0
    delimiters = list(DELIMITERS)
    said = _SEP_LINE.match(head)
    if said is not None:
        delimiters, start, line = [said[1].decode()], said.end(), line + 1
    guesses = []
    for delimiter in delimiters:
        sample = _scan(head, start, line, delimiter, is_last=is_last, most=_SAMPLE)
        header = _find_header(sample, delimiter, name)
        if header is None:
            continue
        names, given = _columns(sample, header, delimiter, name)
        # The header fits itself, unless the rows have row names.
        matches = int(_fits(sample, header, len(names)).sum()) + (len(names) <= given)
        # A delimiter that the first record lacks must prove itself: the records above would be
        # titles, though they may be the rows of a table of one column.
        if header == 0 or (header <= matches and 2 * matches > len(sample) - header):
            guesses.append((matches, len(names), delimiter, header))
    if guesses:
        _, _, delimiter, header = max(guesses, key=lambda guess: guess[:2])
    else:
        delimiter, header = _one_column(head, start, line, delimiters, is_last=is_last), 0
    # Once more, from as many records as the check of the rows looks at.
    sample = _scan(head, start, line, delimiter, is_last=is_last)
    _check_first(sample, name)
    if not len(sample):
        raise _empty(name)
    names, _ = _columns(sample, header, delimiter, name)
    below = header + 1
    if below < len(sample):
        start, next_line = (int(sample.found[k, below]) for k in (records.START, records.LINE))
    else:
        start, next_line = sample.stop, sample.line
    header_line = int(sample.found[records.LINE, header])
    layout = _Layout(delimiter, names, header_line, start, next_line)
    _check_rows(head, layout, is_last, name)
    return layout


def _one_column(head: bytes, start: int, line: int, delimiters: list[str], *, is_last: bool) -> str:
    """Give the delimiter that ends the lines of a single column, or one that does not occur."""
    if len(delimiters) == 1:
        return delimiters[0]
    for delimiter in delimiters:
        found = _scan(head, start, line, delimiter, is_last=is_last, most=_SAMPLE).found
        is_row = found[records.VERDICT] == records.ROW
        if (found[records.LAST, is_row] == 1).all() and (found[records.FIELDS, is_row] > 1).any():
            return delimiter
    return _NO_DELIMITER


def _find_header(sample: _Scan, delimiter: str, name: str) -> int | None:
    """Find the first record with at least two filled fields."""
    for k, (verdict, fields) in enumerate(sample.found[3:5].T.tolist()):
        if verdict == records.LONG or (verdict == records.ROW and fields == 1):
            continue
        if sum(bool(value.strip()) for value in _values(sample, k, delimiter, name)) > 1:
            return k
    return None


def _values(sample: _Scan, k: int, delimiter: str, name: str) -> list[str]:
    """Split one record; if a quotation mark stays open in it, as if that were a letter."""
    start, end, line, verdict, fields, _ = sample.found[:, k].tolist()
    is_open = verdict == records.OPEN_QUOTE
    if is_open:
        fields = 1 + sample.data[start:end].tobytes().count(delimiter.encode())
    if fields > MOST_COLUMNS:
        msg = (
            f"The header of '{name}', line {line:,}, has {fields:,} columns. Must be at most "
            f"{MOST_COLUMNS:,}. Give a table with one row a line."
        )
        raise InputError(msg)
    chosen = np.arange(len(sample)) == k
    table = _table(sample, chosen, delimiter, fields, is_literal=is_open)
    return [column[0].as_py() for column in table.columns]


def _columns(sample: _Scan, header: int, delimiter: str, name: str) -> tuple[tuple[str, ...], int]:
    """Name the columns as the records below the header use them, and count those it has."""
    values = _values(sample, header, delimiter, name)
    names = [value.strip(' \t\r\n\v\f"\ufeff\xa0') for value in values]
    given = len(names)
    named = max((k for k, value in enumerate(names, start=1) if value), default=given)
    is_below = sample.found[records.VERDICT] == records.ROW
    is_below[: header + 1] = False
    fields, last = sample.found[records.FIELDS, is_below], sample.found[records.LAST, is_below]
    if (last <= named).all():
        names = names[:named]
    elif len(fields) >= _FEWEST_SHIFTED and (fields == given + 1).all():
        # R's write.table names no column for the row names, which are unique.
        firsts = _table(sample, is_below, delimiter, given + 1).column(0).to_pylist()
        if (last == given + 1).any() and len(set(firsts)) == len(firsts):
            names = ["", *names]
    return tuple(value or f"column_{k}" for k, value in enumerate(names, start=1)), given


def _fits(sample: _Scan, header: int, width: int) -> Booleans:
    """Say which records below the header have its number of fields."""
    found = sample.found[:, header + 1 :]
    is_row = found[records.VERDICT] == records.ROW
    fits: Booleans = is_row & (found[records.FIELDS] >= width) & (found[records.LAST] <= width)
    return fits


def _check_rows(head: bytes, layout: _Layout, is_last: bool, name: str) -> None:  # noqa: FBT001
    """Refuse the file if most of its first records do not fit the header."""
    width = len(layout.names)
    sample = _scan(head, layout.start, layout.line, layout.delimiter, is_last=is_last, width=width)
    ragged = int((sample.found[records.VERDICT] == records.RAGGED).sum())
    if 2 * ragged > len(sample):
        between = DELIMITERS.get(layout.delimiter, layout.delimiter)
        columns = "1 column" if width == 1 else f"{width:,} columns, separated by {between}"
        msg = (
            f"Cannot read '{name}' as a table: {ragged:,} of its first {len(sample):,} rows have "
            f"more or fewer values than the header in line {layout.header_line:,} ({columns}). "
            "Must have the same number of values on every line. Give the table alone, without "
            "other lines above it, with values that hold the delimiter in quotation marks."
        )
        raise InputError(msg)
