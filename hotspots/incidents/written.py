"""Where the parts of a date and a clock time stand in a text.

Texts are taken by their shape, in which every digit is 0: where the parts of "00/00/0000 00:00"
stand is found once, and they are cut out of all texts of that shape together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    Integers = np.ndarray[Any, np.dtype[np.int64]]

Parts = dict[str, tuple[int, int]]

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""The first three letters of the months."""

# Characters that stand for a plain one in copied or printed dates, or for nothing.
_PLAIN: Final = {
    **dict.fromkeys("\u00a0\u2009\u202f", " "),
    **dict.fromkeys("\u2010\u2011\u2013\u2212", "-"),
    **dict.fromkeys("\u200e\u200f\ufeff", ""),
}
# In the shape of a text every digit is 0 and every letter small.
_TO_SHAPE: Final = (
    bytes(range(256)).lower().translate(bytes.maketrans(b"123456789\t", b"000000000 "))
)
_LONGEST_SHAPE: Final = 64

_WORD: Final = (
    "(?P<word>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b[., ]*)?"
_NTH: Final = "(?P<day>00?)(?:st|nd|rd|th)?"
_DATES: Final = [
    re.compile(_WEEKDAY + date)
    for date in (
        "(?P<year>0000)(?P<dash>[-/.])(?P<month>00?)(?P=dash)(?P<day>00?)",
        "(?P<left>00?)(?P<dash>[-/.])(?P<right>00?)(?P=dash)(?P<year>0000|00)",
        "(?P<year>0000)(?P<month>00)(?P<day>00)",
        _NTH + "(?: of )?[ ./-]*" + _WORD + "[ .,/'-]*(?P<year>0000|00)",
        _WORD + "[ ./-]*" + _NTH + "[ ,/-]+(?P<year>0000)",
        "(?P<year>0000)[ /-]?" + _WORD + "[ /-]?" + _NTH,
    )
]
# A month or a plain number is the whole text.
_ALONE: Final = [
    re.compile(alone)
    for alone in (
        r"(?P<number>0+(?:\.0+)?)",
        "(?P<year>0000)[-/](?P<month>00?)",
        "(?P<month>00?)[-/](?P<year>0000)",
        "(?P<year>0000)[ /-]" + _WORD,
        _WORD + "[ .,/-]*(?P<year>0000)",
        _WORD + "-(?P<year>00)",
    )
]
# Some databases put a colon before milliseconds as well.
_FRACTION: Final = r"(?:(?:[.,]|:(?=000\b))(?P<fraction>0+))?"
_COLONS: Final = "(?P<hour>00?):(?P<minute>00?)(?::(?P<second>00?)" + _FRACTION + ")?"
_HALF: Final = r"(?: *(?P<half>[ap])\.? ?m\b\.?)?"
_CLOCKS: Final = [
    re.compile(""),
    *(
        re.compile(
            "(?: *t *|,? +(?:at +|- +)?|, *|:)"
            + clock
            + _HALF
            + "(?: *h(?:(?:ou)?rs?)?)?"
            + "(?: *(?P<zone>z|utc|gmt|bst)"
            + "| *(?:utc|gmt)?(?P<sign>[+-])(?P<ahead>00):?(?P<ahead_minute>00)?)?"
            + r"(?: *\([a-z ]* time\))?"
        )
        for clock in (
            _COLONS,
            r"(?P<hour>00?)\.(?P<minute>00)(?:\.(?P<second>00)" + _FRACTION + ")?",
            "(?P<hour>00)(?P<minute>00)(?:(?P<second>00)" + _FRACTION + ")?",
            "(?P<hour>00|0(?= *[ap]))",
        )
    ),
]
_CLOCK_BEFORE: Final = re.compile(_COLONS + _HALF + ",? +(?:on +)?")


@dataclass(frozen=True, eq=False)
class Cut:
    """All texts of one shape, and the parts that can be cut out of them.

    `at` are the texts; each begins at `begin` in `data`, the bytes of all. Of each part of the
    pattern, `parts` says where it begins and ends in the shape; there is none if no pattern fits.
    """

    at: Integers
    begin: Integers
    data: np.ndarray[Any, np.dtype[np.uint8]]
    shape: str
    parts: Parts

    def __contains__(self, part: str) -> bool:
        """Say whether there is such a part."""
        return part in self.parts

    def word(self, part: str) -> str:
        """Give the letters or the sign of a part, the same in all texts; "" without such a part."""
        return self.shape[slice(*self.parts.get(part, (0, 0)))]

    def number(self, part: str, n_digits: int | None = None) -> Integers:
        """Give the number in (the first digits of) a part of each text; 0 without such a part."""
        number = np.zeros(len(self.begin), np.int64)
        for place in range(*self.parts.get(part, (0, 0)))[:n_digits]:
            number = number * 10 + (self.data[self.begin + place] - ord("0"))
        return number


def tidy_texts(texts: pa.Array | pa.ChunkedArray) -> pa.LargeStringArray:
    """Trim texts and write their special spaces and dashes plainly; nothing becomes ""."""
    texts = pc.fill_null(texts, "")
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        for odd, plain in _PLAIN.items():
            texts = pc.replace_substring(texts, odd, plain)
    texts = pc.utf8_trim_whitespace(texts)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def cut_texts(texts: pa.LargeStringArray) -> Iterator[Cut]:
    """Give tidy texts by their shape, those with a digit."""
    if len(texts) == 0:
        return
    _, bounds, content = texts.buffers()
    content = content or pa.py_buffer(b"")
    shapes = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(),
        len(texts),
        [None, bounds, pa.py_buffer(content.to_pybytes().translate(_TO_SHAPE))],
        offset=texts.offset,
    ).dictionary_encode()
    shape_of = shapes.indices.to_numpy()
    begin = np.frombuffer(bounds, np.int64)[texts.offset :]
    data = np.frombuffer(content, np.uint8)
    places = np.split(np.argsort(shape_of, kind="stable"), np.cumsum(np.bincount(shape_of))[:-1])
    for at, name in zip(places, shapes.dictionary.to_pylist(), strict=True):
        # Bytes beyond ASCII match nothing, whatever letter they are taken for.
        shape = name.decode("latin-1")
        if "0" in shape:
            yield Cut(at, begin[at], data, shape, _parts_of(shape))


def _parts_of(shape: str) -> Parts:
    """Find where the parts of a date and a clock time, or a number, stand."""
    if len(shape) > _LONGEST_SHAPE:
        return {}
    for alone in _ALONE:
        if found := alone.fullmatch(shape):
            return _spans(found)
    before = _CLOCK_BEFORE.match(shape)
    for date in _DATES:
        if before and (found := date.fullmatch(shape, before.end())):
            return _spans(before, found)
        if found := date.match(shape):
            for clock in _CLOCKS:
                if rest := clock.fullmatch(shape, found.end()):
                    return _spans(found, rest)
    return {}


def _spans(*matches: re.Match[str]) -> Parts:
    return {
        part: match.span(part)
        for match in matches
        for part, text in match.groupdict().items()
        if text is not None
    }
