"""Where the records of a text table begin and end."""

import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.sources import records
from hotspots.sources.records import LONG, OPEN_QUOTE, RAGGED, ROW

LIMITS = (1_000_000, 100_000, 100)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"(?!")')
LINE_END = re.compile(r"\r\n|\r|\n")
# Letters that mean something to the kernel, and a few that do not.
messy = st.text(st.sampled_from('ab" ,\n\r'), max_size=60)


class Found(NamedTuple):
    """What the kernel gives."""

    records: list[tuple[str, int, int]]
    fields: list[int]
    last: list[int]
    stop: int
    line: int
    is_whole: bool
    has_quotes: bool
    has_joined: bool
    is_overlong: bool


def scan(
    text: str | bytes,
    width: int = 0,
    *,
    is_last: bool = True,
    limits: tuple[int, int, int] = LIMITS,
    most: int = 10_000,
    delimiter: str = ",",
) -> Found:
    """Give each record as its text, line and verdict, and all that the kernel says."""
    content = text.encode() if isinstance(text, str) else text
    found = np.zeros((6, most), dtype=np.int64)
    count, *rest = records.scan_records(
        np.frombuffer(content, dtype=np.uint8),
        records.make_words(content),
        0,
        1,
        is_last,
        ord(delimiter),
        records.byte_classes(delimiter),
        width,
        np.array(limits),
        found,
    )
    found = found[:, :count]
    rows = [
        (content[start:end].decode(), line, verdict)
        for start, end, line, verdict in found[:4].T.tolist()
    ]
    return Found(rows, found[4].tolist(), found[5].tolist(), *rest)


def reference(  # noqa: C901, PLR0912 (the whole rule in one place)
    text: str, width: int, limits: tuple[int, int, int] = LIMITS
) -> list[tuple[int, int, list[str]]]:
    """Give line, verdict and values of each record, by regular expressions."""
    found = []
    pos, line = 0, 1
    while pos < len(text):
        values, i, ends, is_closed = [], pos, 0, True
        while True:
            value = ""
            if text[i : i + 1] == '"':
                quoted = _QUOTED.match(text, i)
                if quoted is None:
                    is_closed = False
                    break
                value, i = quoted[1].replace('""', '"'), quoted.end()
                passed = len(LINE_END.findall(quoted[1]))
                ends += passed
                if passed and text[i : i + 1] not in {"", ",", "\r", "\n"}:
                    is_closed = False
                    break
            rest = re.compile(r"[^,\r\n]*").match(text, i)
            assert rest is not None
            values.append(value + rest[0])
            i = rest.end() + 1
            if text[i - 1 : i] != ",":
                break
        i -= 1
        first = LINE_END.search(text, pos)
        first_end = first.start() if first else len(text)
        is_filled = [bool(value.strip(" \t\x1a")) for value in values]
        is_joined = is_closed and ends > 0
        fits = len(values) >= width and not any(is_filled[width:])
        if first_end - pos > limits[0]:
            verdict = LONG
        elif not is_closed or (
            is_joined and (ends >= limits[2] or i - pos > limits[1] or not fits)
        ):
            verdict = OPEN_QUOTE
        else:
            verdict = ROW if fits else RAGGED
        if verdict != ROW and not (verdict == RAGGED and not any(is_filled)):
            found.append((line, verdict, [text[pos:first_end]]))
        elif any(is_filled):
            found.append((line, verdict, values[:width]))
        if verdict == ROW:
            after = LINE_END.match(text, i)
            pos, line = (after.end() if after else len(text)), line + ends + 1
        else:
            pos, line = (first.end() if first else len(text)), line + 1
    return found


class TestByHand:
    """One rule each."""

    def test_lines(self) -> None:
        r"""Lines end with \n, \r\n and \r; the last one may have no end."""
        found = scan("a,b\nc,d\r\ne,f\rg,h", 2)
        assert found.records == [("a,b", 1, ROW), ("c,d", 2, ROW), ("e,f", 3, ROW), ("g,h", 4, ROW)]
        assert (found.stop, found.line, found.is_whole) == (16, 5, True)

    def test_fields(self) -> None:
        """Fields are counted, and the last that is filled: of `a,,b,,` the third of five."""
        found = scan('a,,b,,\n,"x,y", \n"""",')
        assert found.fields == [5, 3, 2]
        assert found.last == [3, 2, 1]

    def test_blank_lines(self) -> None:
        """Spaces, delimiters and empty quotation marks are no record, but lines."""
        found = scan('\n , ,\n"",""\n \t\x1a\na,b\n\r\n', 2)
        assert found.records == [("a,b", 5, ROW)]
        assert found.line == 7
        assert scan("a,b\n\nc,d\n", 2).is_whole
        assert not scan("a,b\n,\nc,d\n", 2).is_whole

    def test_ragged(self) -> None:
        """One field more or fewer is ragged; empty ones at the end are cut off."""
        found = scan('1,2\n1,2,3\n1\n1,2,, ,""\n1,2,,4\n', 2)
        assert found.records == [
            ("1,2", 1, ROW),
            ("1,2,3", 2, RAGGED),
            ("1", 3, RAGGED),
            ("1,2", 4, ROW),
            ("1,2,,4", 5, RAGGED),
        ]
        assert not found.is_whole

    def test_quotes(self) -> None:
        """Delimiters and line ends in quotation marks do not count; marks inside a field do."""
        found = scan('"a,b","c""\nd"\n5" pipe,"x"y"z,\n', 2)
        assert found.records == [('"a,b","c""\nd"', 1, ROW), ('5" pipe,"x"y"z', 3, ROW)]
        assert found.has_quotes
        assert found.has_joined

    def test_stray_mark(self) -> None:
        """A mark that is never closed breaks its line and no other."""
        found = scan('1,2\n3,"4\n5,6\n7,"8"\n', 2)
        assert found.records == [
            ("1,2", 1, ROW),
            ('3,"4', 2, OPEN_QUOTE),
            ("5,6", 3, ROW),
            ('7,"8"', 4, ROW),
        ]
        assert not found.has_joined

    def test_mark_that_another_row_closes(self) -> None:
        """Two stray marks do not make one row of two, though the fields would be right."""
        # From the first mark to the second the text would be `b,c\\n2,`, with `x` after it.
        found = scan('1,"b,c\n2,"x,d\n', 3)
        assert [verdict for _, _, verdict in found.records] == [OPEN_QUOTE, OPEN_QUOTE]

    def test_overlong(self) -> None:
        """A line beyond the limit is long, whatever is in it; without an end it is waited for."""
        limits = (5, 100, 100)
        found = scan('1,2\n3,4567\n"8,9,\n,,,,,,\n', 2, limits=limits)
        assert found.records == [
            ("1,2", 1, ROW),
            ("3,4567", 2, LONG),
            ('"8,9,', 3, OPEN_QUOTE),
            (",,,,,,", 4, LONG),
        ]
        waiting = scan("1,2\n3,4567", 2, limits=limits, is_last=False)
        assert waiting.records == [("1,2", 1, ROW)]
        assert (waiting.is_overlong, waiting.stop, waiting.line) == (True, 4, 2)
        assert not scan("1,2\n3,456", 2, limits=limits, is_last=False).is_overlong

    def test_copy(self) -> None:
        """Windows-1252 becomes UTF-8: é has 2 bytes, € has 3, 0x81 has no meaning."""
        data = np.frombuffer(b"ab\xe9\x80\x81cd", dtype=np.uint8)
        starts, ends = np.array([0, 2, 5]), np.array([2, 5, 7])
        copied, offsets = records.copy_records(
            data, starts, ends, np.array([False, True, False]), 1
        )
        assert copied.tobytes().decode() == "ab\né€\ufffd\ncd\n"
        assert offsets.tolist() == [0, 3, 3 + 2 + 3 + 3 + 1, 15]

    def test_clip(self) -> None:
        """A record is clipped before a character, not inside: é at 2 and 3, € from 4 to 6."""
        data = np.frombuffer("abé€".encode(), dtype=np.uint8)
        clipped = [
            int(records.clip_records(data, np.array([0]), np.array([7]), longest)[0])
            for longest in (2, 3, 4, 5, 6, 7, 8)
        ]
        assert clipped == [2, 2, 4, 4, 4, 7, 7]


class TestEdges:
    """The ends of bytes, limits and arrays."""

    def test_undecided(self) -> None:
        r"""A line without end, a \r and a closing mark at the end of the bytes must wait."""
        for tail in ("c,d", "c,d\r", '"c","d"', '"c\n', '"c"', ""):
            found = scan("a,b\n" + tail, 2, is_last=False)
            assert found.records == [("a,b", 1, ROW)]
            assert (found.stop, found.line) == (4, 2)

    def test_most(self) -> None:
        """No more records than there is room for; the next call goes on there."""
        found = scan("a\nb\nc\n", 1, most=2)
        assert [text for text, _, _ in found.records] == ["a", "b"]
        assert (found.stop, found.line) == (4, 3)

    @pytest.mark.parametrize(("lines", "verdict"), [(4, ROW), (5, OPEN_QUOTE)])
    def test_most_lines(self, lines: int, verdict: int) -> None:
        """A record may have exactly as many lines as the limit says."""
        text = '"' + "x\n" * (lines - 1) + 'x",y\n'
        assert scan(text, 2, limits=(1000, 1000, 4)).records[0][2] == verdict

    @pytest.mark.parametrize(("length", "verdict"), [(20, ROW), (21, OPEN_QUOTE)])
    def test_longest_joined(self, length: int, verdict: int) -> None:
        """A record of two lines may have exactly as many bytes as the limit says."""
        text = '"\n' + "x" * (length - 5) + '",y\n'
        assert scan(text, 2, limits=(1000, 20, 100)).records[0][2] == verdict
        undecided = scan(text[:-1], 2, limits=(1000, 20, 100), is_last=False)
        assert len(undecided.records) == (verdict == OPEN_QUOTE)

    @pytest.mark.parametrize("length", range(40))
    def test_every_offset(self, length: int) -> None:
        """Eight bytes at a time find what single bytes do, wherever it stands."""
        text = "x" * length + ",-\x01\n" + "y" * length + '","\r' + "z" * length + "," + "\r\n"
        expected = [(line, verdict) for line, verdict, _ in reference(text, 2)]
        assert [(line, verdict) for _, line, verdict in scan(text, 2).records] == expected

    def test_bytes_beside_the_delimiter(self) -> None:
        """A minus, one bit from a comma, is not one after a comma: longitudes look like that."""
        text = "a,-0.1,b,-0.2,c,-0.3,d,-0.4,\n" * 3
        found = scan(text, 9)
        assert [verdict for _, _, verdict in found.records] == [ROW] * 3
        assert scan(text, 10).records[0][2] == RAGGED
        # Two fields; a minus taken for a comma would make them three.
        assert scan("street,-0.1\n" * 3, 3).records[0][2] == RAGGED

    def test_every_delimiter(self) -> None:
        """Any ASCII letter may divide, a space too."""
        for delimiter in "\t;| ^":
            found = scan(f'a{delimiter}"b{delimiter}"\n', 2, delimiter=delimiter)
            assert found.fields == [2]

    def test_nothing(self) -> None:
        """No bytes, no records."""
        found = scan("", 2)
        assert found.records == []
        assert found.is_whole


class TestReference:
    """Regular expressions, and Python's own decoder."""

    @given(text=messy, width=st.integers(1, 4))
    def test_regular_expressions(self, text: str, width: int) -> None:
        """The kernel finds the records that regular expressions find, in any text."""
        expected = [(line, verdict) for line, verdict, _ in reference(text, width)]
        assert [(line, verdict) for _, line, verdict in scan(text, width).records] == expected

    @given(
        text=messy,
        width=st.integers(1, 4),
        limits=st.tuples(st.integers(3, 12), st.integers(3, 12), st.integers(1, 4)),
    )
    def test_limits(self, text: str, width: int, limits: tuple[int, int, int]) -> None:
        """They agree on what is too long, too."""
        expected = [(line, verdict) for line, verdict, _ in reference(text, width, limits)]
        found = scan(text, width, limits=limits).records
        assert [(line, verdict) for _, line, verdict in found] == expected

    @given(st.lists(st.binary(max_size=6) | st.text(max_size=3).map(str.encode), max_size=8))
    def test_utf8(self, parts: list[bytes]) -> None:
        """What is UTF-8 is what Python decodes."""
        ends = np.cumsum([0, *map(len, parts)])
        data = np.frombuffer(b"".join(parts), dtype=np.uint8)
        is_other = records.find_not_utf8(data, ends[:-1], ends[1:])
        assert is_other.tolist() == [not is_utf8(part) for part in parts]

    def test_utf8_of_every_lead(self) -> None:
        """Every first byte with the bounds of what may follow it, whole and cut off."""
        bounds = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
        texts = [bytes([lead, *more]) for lead in range(256) for more in pairs(bounds)]
        ends = np.cumsum([0, *map(len, texts)])
        data = np.frombuffer(b"".join(texts), dtype=np.uint8)
        is_other = records.find_not_utf8(data, ends[:-1], ends[1:])
        assert is_other.tolist() == [not is_utf8(text) for text in texts]

    def test_windows_1252_of_every_byte(self) -> None:
        """All 256 bytes become what Python makes of them."""
        every = bytes(range(256))
        copied, _ = records.copy_records(
            np.frombuffer(every, dtype=np.uint8),
            np.array([0]),
            np.array([256]),
            np.array([True]),
            0,
        )
        assert copied.tobytes().decode() == every.decode("cp1252", errors="replace")


class TestRelations:
    """What holds for every text."""

    @given(text=messy, width=st.integers(0, 3), cut=st.integers(0, 60), is_small=st.booleans())
    def test_beginning(self, text: str, width: int, cut: int, *, is_small: bool) -> None:
        """What is decided of a beginning stays decided; the rest gives the rest."""
        limits = (8, 6, 2) if is_small else LIMITS
        whole = scan(text, width, limits=limits)
        begun = scan(text[:cut], width, limits=limits, is_last=False)
        rest = scan(text[begun.stop :], width, limits=limits)
        below = [(row, line + begun.line - 1, verdict) for row, line, verdict in rest.records]
        assert begun.records + below == whole.records

    @given(text=messy)
    def test_lines_are_counted(self, text: str) -> None:
        """The line after the last is the number of line ends and one, or two at an open end."""
        ends = len(LINE_END.findall(text))
        is_open = bool(text) and text[-1] not in "\r\n"
        assert scan(text, 2).line == ends + 1 + is_open


class TestSize:
    """The work grows with the bytes only."""

    @pytest.mark.parametrize(
        "line",
        ['1,"x,y\n', 'x",b,"c\n', '"\n', '""",\n', 'x","c\n'],
        ids=["opens", "closes and opens", "alone", "doubled", "adds one field"],
    )
    def test_stray_marks(self, line: str) -> None:
        """Of 300,000 lines that each open a quoted text every one is told, in a moment."""
        found = scan(line * 300_000, 3, most=300_001)
        assert {verdict for _, _, verdict in found.records} == {OPEN_QUOTE}
        assert [line for _, line, _ in found.records] == list(range(1, 300_001))


def is_utf8(text: bytes) -> bool:
    """Ask Python."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def pairs(bounds: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Give no, one, two and three of the bytes, in every combination."""
    more: list[tuple[int, ...]] = [()]
    for _ in range(3):
        more += [(*first, byte) for first in more for byte in bounds]
    return sorted(set(more))


def test_reference_by_hand() -> None:
    """The reference itself: a row of two lines, a stray mark, a ragged row."""
    text = 'a,"b\n""c"\n"d,e\nf\n'
    found: list[tuple[int, int, Any]] = reference(text, 2)
    assert found == [
        (1, ROW, ["a", 'b\n"c']),
        (3, OPEN_QUOTE, ['"d,e']),
        (4, RAGGED, ["f"]),
    ]
