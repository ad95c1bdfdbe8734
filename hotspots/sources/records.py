"""Where the records of a text table begin and end: the kernels under the reader of text tables.

One pass over the bytes finds every record, counts its fields and says whether it can be a row;
the values themselves are left to pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba
import numpy as np

if TYPE_CHECKING:
    from typing import Any

TEXT: Final = 0
SPACE: Final = 1
DELIMITER: Final = 2
LINE_END: Final = 3
"""What a byte outside quotation marks can be."""

ROW: Final = 0
RAGGED: Final = 1
OPEN_QUOTE: Final = 2
LONG: Final = 3
"""What a record can be."""

START: Final = 0
END: Final = 1
LINE: Final = 2
VERDICT: Final = 3
FIELDS: Final = 4
LAST: Final = 5
"""What is known of a record, one row of the array each: its first byte, the byte after its last,
its line in the file, what it is, its fields and the last of them that is not empty (from 1)."""

_UNDECIDED: Final = -1
_QUOTE: Final = 0x22
_RETURN: Final = 0x0D
_NEWLINE: Final = 0x0A
_ASCII: Final = 0x80
_WIDEST: Final = 3
# For eight bytes at once, as one number.
_WORD: Final = 8
_ONES: Final = np.uint64(0x0101010101010101)
_HIGHS: Final = np.uint64(0x8080808080808080)
_PLACES: Final = np.uint64(0x0001020304050607)


def byte_classes(delimiter: str, spaces: str = " \t\x1a") -> np.ndarray[Any, np.dtype[np.uint8]]:
    r"""Say of each of the 256 bytes what it is outside quotation marks.

    Parameters
    ----------
    delimiter : str
        ASCII character between two fields.
    spaces : str, optional
        ASCII characters that do not fill a field; Ctrl-Z, the old end of a file, is one of them.

    Returns
    -------
    array of uint8
        `TEXT`, `SPACE`, `DELIMITER` or `LINE_END`, by byte.

    Examples
    --------
    >>> byte_classes(";")[[ord(letter) for letter in "a ;\n"]].tolist()
    [0, 1, 2, 3]
    """
    classes = np.full(256, TEXT, dtype=np.uint8)
    for letters, kind in ((spaces, SPACE), (delimiter, DELIMITER), ("\r\n", LINE_END)):
        classes[list(letters.encode("ascii"))] = kind
    return classes


def _windows_1252() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Give the length in UTF-8, then the bytes, of each of the 256 bytes of Windows-1252."""
    table = np.zeros((256, 1 + _WIDEST), dtype=np.uint8)
    for byte in range(256):
        encoded = bytes([byte]).decode("cp1252", errors="replace").encode()
        table[byte, 0] = len(encoded)
        table[byte, 1 : 1 + len(encoded)] = list(encoded)
    return table


def _utf8_leads() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Give, by first byte of a character in UTF-8, how many follow and the range of the next.

    See table 3-7 of the Unicode standard. The other bytes that follow, as after 0x80, which
    begins no character, lie between 0x80 and 0xBF.
    """
    table = np.tile(np.array([0, 0x80, 0xBF], dtype=np.uint8), (256, 1))
    table[0xC2:0xE0, 0] = 1
    table[0xE0:0xF0, 0] = 2
    table[0xF0:0xF5, 0] = 3
    table[0xE0, 1] = 0xA0
    table[0xED, 2] = 0x9F
    table[0xF0, 1] = 0x90
    table[0xF4, 2] = 0x8F
    return table


_WINDOWS_1252: Final = _windows_1252()
_UTF8_LEADS: Final = _utf8_leads()


def make_words(data: bytes) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Give the eight bytes that begin at each byte as one number, without copying them."""
    if len(data) <= _WORD:
        data = bytes(2 * _WORD)  # too short to be looked at, but of the same type
    return np.ndarray((len(data) - _WORD + 1,), dtype=np.uint64, buffer=data, strides=(1,))


@numba.njit(cache=True, nogil=True)
def _eight(byte: int) -> Any:  # noqa: ANN401
    return np.uint64(byte) * _ONES


@numba.njit(cache=True, nogil=True)
def _skip_to(words: Any, i: int, size: int, first: Any, second: Any, third: Any) -> int:  # noqa: ANN401
    """Go on to the first of three bytes (each given eight times), or to the last few bytes.

    x − 1 has its high bit set, and x has not, in the lowest byte of x that is zero.
    """
    while i + _WORD < size:
        word = words[i]
        x, y, z = word ^ first, word ^ second, word ^ third
        hits = (((x - _ONES) & ~x) | ((y - _ONES) & ~y) | ((z - _ONES) & ~z)) & _HIGHS
        if hits:
            lowest = hits & (~hits + np.uint64(1))
            return i + int(((lowest >> np.uint64(7)) * _PLACES) >> np.uint64(56))
        i += _WORD
    return i


@numba.njit(cache=True, nogil=True)
def _is_zero(word: Any) -> Any:  # noqa: ANN401
    """Mark the bytes that are zero by their high bit, and no others."""
    return ~(((word & ~_HIGHS) + ~_HIGHS) | word | ~_HIGHS)


@numba.njit(cache=True, nogil=True)
def _plain_line(  # eight bytes at a time, without a branch at each field
    words: Any,  # noqa: ANN401
    i: int,
    size: int,
    delimiters: Any,  # noqa: ANN401
    quotes: Any,  # noqa: ANN401
    returns: Any,  # noqa: ANN401
    newlines: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Give the next line end or quotation mark, −1 if it is not found, and the fields before it."""
    fields = 1
    while i + _WORD < size:
        word = words[i]
        hits = _is_zero(word ^ delimiters)
        stops = _is_zero(word ^ newlines) | _is_zero(word ^ returns) | _is_zero(word ^ quotes)
        if stops:
            lowest = stops & (~stops + np.uint64(1))
            hits &= lowest - np.uint64(1)
            i += int(((lowest >> np.uint64(7)) * _PLACES) >> np.uint64(56))
            return i, fields + int(((hits >> np.uint64(7)) * _ONES) >> np.uint64(56))
        fields += int(((hits >> np.uint64(7)) * _ONES) >> np.uint64(56))
        i += _WORD
    return -1, fields


@numba.njit(cache=True, nogil=True)
def _has_text(data: Any, i: int, end: int, classes: Any) -> bool:  # noqa: ANN401
    while i < end:
        if classes[data[i]] == TEXT:
            return True
        i += 1
    return False


@numba.njit(cache=True, nogil=True)
def _write(
    records: Any,  # noqa: ANN401
    count: int,
    start: int,
    end: int,
    line: int,
    verdict: int,
    fields: int,
    last: int,
) -> None:
    records[START, count] = start
    records[END, count] = end
    records[LINE, count] = line
    records[VERDICT, count] = verdict
    records[FIELDS, count] = fields
    records[LAST, count] = last


@numba.njit(cache=True, nogil=True)
def _after_line_end(data: Any, i: int, is_last: bool) -> int:  # noqa: ANN401, FBT001
    r"""Give the byte after the line end at `i`; undecided while a \r may be half of a \r\n."""
    if data[i] == _NEWLINE:
        return i + 1
    if i + 1 < len(data):
        return i + 2 if data[i + 1] == _NEWLINE else i + 1
    return i + 1 if is_last else _UNDECIDED


@numba.njit(cache=True, nogil=True)
def _leave_quotes(  # noqa: C901, PLR0911, PLR0912 (one state machine)
    data: Any,  # noqa: ANN401
    words: Any,  # noqa: ANN401
    pos: int,
    i: int,
    is_last: bool,  # noqa: FBT001
    classes: Any,  # noqa: ANN401
    width: int,
    limits: Any,  # noqa: ANN401
    field: int,
    last: int,
    lines: int,
    first_end: int,
    first_next: int,
) -> Any:  # noqa: ANN401
    """Go from an opening quotation mark to the byte after the closing one.

    Returns the verdict (`ROW` if it was closed), where it was reached, and the last filled field,
    the line ends passed, and the end of the first line and the start of the second, brought up
    to date.
    """
    size = len(data)
    longest, most_lines = limits[1], limits[2]
    quotes, returns, newlines = _eight(_QUOTE), _eight(_RETURN), _eight(_NEWLINE)
    before = lines
    i += 1
    while i < size:
        byte = data[i]
        if byte == _QUOTE:
            if i + 1 < size and data[i + 1] == _QUOTE:
                last = field
                i += 2
                continue
            i += 1
            if lines > before:
                # Text after the closing mark of a text of several lines: the mark belongs to
                # another record, and the opening one was never closed.
                if i < size and classes[data[i]] < DELIMITER:
                    return OPEN_QUOTE, i, last, lines, first_end, first_next
                if i == size and not is_last:
                    return _UNDECIDED, i, last, lines, first_end, first_next
            return ROW, i, last, lines, first_end, first_next
        if classes[byte] == LINE_END:
            after = _after_line_end(data, i, is_last)
            if after == _UNDECIDED:
                return _UNDECIDED, i, last, lines, first_end, first_next
            if lines == 0:
                first_end = i
                first_next = after
            lines += 1
            last = field
            if lines == most_lines or i - pos > longest or (width > 0 and field > width):
                return OPEN_QUOTE, i, last, lines, first_end, first_next
            i = after
            continue
        i += 1
        if classes[byte] != SPACE:
            last = field
            i = _skip_to(words, i, size, quotes, returns, newlines)
    if not is_last:
        return _UNDECIDED, i, last, lines, first_end, first_next
    if lines == 0:
        first_end = size
        first_next = size
    return OPEN_QUOTE, i, last, lines, first_end, first_next


@numba.njit(cache=True, nogil=True)
def scan_records(  # noqa: C901, PLR0912, PLR0915 (one state machine)
    data: Any,  # noqa: ANN401
    words: Any,  # noqa: ANN401
    start: int,
    line: int,
    is_last: bool,  # noqa: FBT001
    delimiter: int,
    classes: Any,  # noqa: ANN401
    width: int,
    limits: Any,  # noqa: ANN401
    records: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    r"""Find the records of a text table, as far as they can be decided.

    Parameters
    ----------
    data : array of uint8
        The bytes. Lines end with \n, \r\n or \r.
    words : array of uint64
        The same bytes, from `make_words`.
    start : int
        Where to begin: the first byte of a line.
    line : int
        Its number.
    is_last : bool
        Whether the file ends with these bytes; if not, the record at their end stays undecided.
    delimiter : int
        The byte between two fields.
    classes : array of uint8
        What each byte is outside quotation marks, from `byte_classes`.
    width : int
        Fields of a row; 0 to take any number.
    limits : array of int64
        Longest line (bytes), longest record of several lines (bytes), most lines of a record.
    records : array of int64, shape (6, n)
        Is filled with at most `n` records, column by column; see `START` and what follows it.

    Returns
    -------
    count : int
        Records written.
    stop, next_line : int
        The first byte, and its line, that was not dealt with.
    is_whole : bool
        Whether the bytes from `start` to `stop` are the rows, one after another, and nothing else.
    has_quotes, has_joined : bool
        Whether a field is quoted, and whether a row has several lines.
    is_overlong : bool
        Whether the undecided record is already longer than a line may be.

    Notes
    -----
    A quotation mark opens a quoted field at the start of the field only; two of them inside it
    are one; text after the closing mark belongs to the field. A field that is still open at the
    end of its line goes on in the next lines, but the lines are one row only if the field closes
    before a delimiter or line end, within the limits, and the row has `width` fields. If not,
    the first line alone is an `OPEN_QUOTE` and the search goes on at the second, so that a stray
    mark takes no other row with it. Fields after the last of `width` may be there if they are
    empty; they are cut off. Records of which all fields are empty are left out.

    `LAST` is exact if `width` is 0; of a row it may otherwise be an empty field.

    The work grows with the bytes: lines are read again only after an open quotation mark, at most
    as many times as a record may have lines or fields.
    """
    size = len(data)
    longest_line, longest_joined = limits[0], limits[1]
    delimiters, quotes = _eight(delimiter), _eight(_QUOTE)
    returns, newlines = _eight(_RETURN), _eight(_NEWLINE)
    count = 0
    pos = start
    is_whole = True
    has_quotes = False
    has_joined = False
    is_overlong = False
    while pos < size and count < records.shape[1]:
        # Nearly every line has no quotation mark and as many fields as it should.
        i, fields = _plain_line(words, pos, size, delimiters, quotes, returns, newlines)
        if i >= 0 and fields == width and data[i] != _QUOTE and i - pos <= longest_line:
            after = _after_line_end(data, i, is_last)
            if after != _UNDECIDED and _has_text(data, pos, i, classes):
                _write(records, count, pos, i, line, ROW, fields, fields)
                count += 1
                pos = after
                line += 1
                continue
        verdict = ROW
        i = pos
        after = size
        fields = 1
        last = 0
        cut = pos
        lines = 0
        first_end = _UNDECIDED
        first_next = _UNDECIDED
        while True:
            if i < size and data[i] == _QUOTE:
                has_quotes = True
                verdict, i, last, lines, first_end, first_next = _leave_quotes(
                    data,
                    words,
                    pos,
                    i,
                    is_last,
                    classes,
                    width,
                    limits,
                    fields,
                    last,
                    lines,
                    first_end,
                    first_next,
                )
                if verdict != ROW:
                    break
            while i < size:
                kind = classes[data[i]]
                if kind > SPACE:
                    break
                i += 1
                if kind == TEXT:
                    last = fields
                    i = _skip_to(words, i, size, delimiters, returns, newlines)
            if i == size:
                if not is_last:
                    verdict = _UNDECIDED
                break
            if classes[data[i]] == LINE_END:
                after = _after_line_end(data, i, is_last)
                if after == _UNDECIDED:
                    verdict = _UNDECIDED
                break
            if fields == width:
                cut = i
            fields += 1
            i += 1

        is_first = first_end == _UNDECIDED
        if (i if is_first else first_end) - pos > longest_line:
            if verdict == _UNDECIDED and is_first:
                is_overlong = True
                break
            verdict = LONG
        elif not is_first and i - pos > longest_joined:
            verdict = OPEN_QUOTE
        if verdict == _UNDECIDED:
            break
        if verdict == ROW and last == 0:
            # Nothing at all between two line ends is passed over by pyarrow, too.
            is_whole = is_whole and i == pos
            pos = after
            line += 1
            continue
        if verdict == ROW and width > 0 and (fields < width or last > width):
            verdict = RAGGED if is_first else OPEN_QUOTE
        if is_first:
            first_end = i
            first_next = after
        end = first_end
        passed = 1
        if verdict == ROW:
            end = i
            first_next = after
            passed += lines
            has_joined = has_joined or lines > 0
            if fields > width > 0:
                end = cut
                is_whole = False
        else:
            is_whole = False
        _write(records, count, pos, end, line, verdict, fields, last)
        count += 1
        pos = first_next
        line += passed
    return count, pos, line, is_whole, has_quotes, has_joined, is_overlong


@numba.njit(cache=True, nogil=True)
def _is_utf8(data: Any, start: int, end: int) -> bool:  # noqa: ANN401
    """Say whether some bytes are UTF-8: no overlong forms, no surrogates, nothing cut off."""
    i = start
    while i < end:
        first = data[i]
        i += 1
        if first < _ASCII:
            continue
        more = _UTF8_LEADS[first, 0]
        if more == 0 or i + more > end:
            return False
        low, high = _UTF8_LEADS[first, 1], _UTF8_LEADS[first, 2]
        for _ in range(more):
            if not low <= data[i] <= high:
                return False
            low, high = _UTF8_LEADS[_ASCII, 1], _UTF8_LEADS[_ASCII, 2]
            i += 1
    return True


@numba.njit(cache=True, nogil=True)
def find_not_utf8(data: Any, starts: Any, ends: Any) -> Any:  # noqa: ANN401
    """Say of each record, from its first byte to the one after its last, if it is not UTF-8."""
    is_other = np.zeros(len(starts), dtype=np.bool_)
    for k in range(len(starts)):
        is_other[k] = not _is_utf8(data, starts[k], ends[k])
    return is_other


@numba.njit(cache=True, nogil=True)
def clip_records(data: Any, starts: Any, ends: Any, longest: int) -> Any:  # noqa: ANN401
    """Give ends at most so many bytes after the starts, never inside a character of UTF-8."""
    clipped = ends.copy()
    for k in range(len(starts)):
        end = starts[k] + longest
        if end < ends[k]:
            back = end
            while back > end - _WIDEST and _UTF8_LEADS[data[back], 0] == 0 and data[back] >= _ASCII:
                back -= 1
            clipped[k] = back
    return clipped


@numba.njit(cache=True, nogil=True)
def copy_records(
    data: Any,  # noqa: ANN401
    starts: Any,  # noqa: ANN401
    ends: Any,  # noqa: ANN401
    is_1252: Any,  # noqa: ANN401
    gap: int,
) -> Any:  # noqa: ANN401
    r"""Copy records one after another, those in Windows-1252 as UTF-8.

    Parameters
    ----------
    data : array of uint8
        The bytes that hold them.
    starts, ends : array of int64
        The first byte of each record and the one after its last.
    is_1252 : array of bool
        Records whose bytes are Windows-1252; bytes without a meaning there become U+FFFD.
    gap : int
        Line ends (\n) after each record.

    Returns
    -------
    copied : array of uint8
    offsets : array of int64
        Where each record begins in it, and where the last ends.
    """
    n = len(starts)
    offsets = np.zeros(n + 1, dtype=np.int64)
    for k in range(n):
        length = ends[k] - starts[k] + gap
        if is_1252[k]:
            for i in range(starts[k], ends[k]):
                length += _WINDOWS_1252[data[i], 0] - 1
        offsets[k + 1] = offsets[k] + length
    copied = np.full(offsets[n], _NEWLINE, dtype=np.uint8)
    for k in range(n):
        at = offsets[k]
        if is_1252[k]:
            for i in range(starts[k], ends[k]):
                for j in range(_WINDOWS_1252[data[i], 0]):
                    copied[at] = _WINDOWS_1252[data[i], 1 + j]
                    at += 1
        else:
            for i in range(starts[k], ends[k]):
                copied[at] = data[i]
                at += 1
    return copied, offsets
