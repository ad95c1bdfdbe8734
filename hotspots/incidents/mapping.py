"""What the columns and codes of a source mean, as a small file that an analyst can correct.

A mapping is a TOML file: which column plays which part, what the source's own words for a kind of
incident stand for, and what the file cannot say itself, such as its coordinate system.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast, get_args

from hotspots.errors import InputError, OutputError, invalid
from hotspots.incidents.codes import ASB_ROLES, load_codes
from hotspots.incidents.layouts import LAYOUTS, MANY, PARTS, PLACES, TIMES
from hotspots.writing import write_whole

if TYPE_CHECKING:
    import os
    from collections import abc

DateOrder = Literal["auto", "day-first", "month-first"]

FORMAT: Final = "hotspots mapping 1"
"""What the first line of a mapping must say."""

EXCLUDED: Final = "excluded"
NOT_ASB: Final = "not_asb"
POLICE: Final = "police_generated"
SPECIAL: Final = {
    EXCLUDED: "a duplicate, an error or a test",
    POLICE: "a record of police activity, which may not feed a list",
    NOT_ASB: "another kind of incident, not anti-social behaviour",
}
"""Words that a code of the source may stand for, beside the Met's codes, types and headings."""

_TABLES: Final = ("columns", "codes")
_TIME_WAYS: Final = (*TIMES[:1], ("date", "time"), *TIMES[2:])
_CLOSE: Final = 0.6


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """Which column plays which part, and what the source's own codes mean.

    Parameters
    ----------
    layout : str
        "auto", or the name of a known layout; "own" if only the columns named here count.
    columns : mapping of str to str or tuple of str
        Column of each part, under its exact name; several for codes, closing and qualifiers. Kept
        as tuples.
    codes : mapping of str to str
        What a text in a column of codes, types or categories means: a three-digit code of the Met,
        "personal", "nuisance" or "environmental", one of the Met's headings, "excluded",
        "police_generated" (of a column of channels, too) or "not_asb".
    crs : str, optional
        Coordinate system of the columns with coordinates, such as "EPSG:3857".
    date_order : {"auto", "day-first", "month-first"}
        Order of day and month in dates such as 03/04/2025.
    layer : str, optional
        Layer, sheet or table of a source that holds several.
    noun : str, optional
        What one row is, in the plural, for titles and reasons.

    Raises
    ------
    InputError
        If a part, layout or meaning is not known, or a value is of the wrong kind.

    Examples
    --------
    >>> mapping = Mapping(columns={"start": "Call Time"}, codes={"Loud music": "Noise"})
    >>> mapping.columns["start"], mapping.meanings()
    (('Call Time',), {'loud music': '211'})
    >>> Mapping(columns={"begin": "Call Time"})
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: Invalid part in [columns] 'begin'. Must be one of id, start, ...
    """

    layout: str = "auto"
    columns: abc.Mapping[str, str | abc.Sequence[str]] = field(default_factory=dict)
    codes: abc.Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    date_order: DateOrder = "auto"
    layer: str | None = None
    noun: str | None = None

    def __post_init__(self) -> None:
        """Check every value, and bring columns into one form."""
        for name in ("crs", "layer", "noun"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                raise invalid(name, value, f"a text in quotes, such as {_EXAMPLES[name]}")
            _refuse_unwritable(name, value or "")
        if self.layout not in ("auto", *LAYOUTS):
            rule = f"'auto' or one of {', '.join(LAYOUTS)}"
            raise invalid("layout", self.layout, rule, _did_you_mean(self.layout, LAYOUTS))
        orders = get_args(DateOrder)
        if self.date_order not in orders:
            rule = f"one of {', '.join(orders)}"
            raise invalid(
                "date_order", self.date_order, rule, _did_you_mean(self.date_order, orders)
            )
        columns = {part: _columns(part, names) for part, names in dict(self.columns).items()}
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "codes", dict(self.codes))
        self.meanings()

    def meanings(self) -> dict[str, str]:
        """Give the meaning of each text as a three-digit code or a special word.

        Returns
        -------
        dict of str to str
            By text as `plain_text` gives it; "214" to "216" for a type, the heading's code for a
            heading, "excluded", "police_generated" or "not_asb".

        Raises
        ------
        InputError
            If a meaning is not known, or one text has two.
        """
        found: dict[str, str] = {}
        for text, meaning in self.codes.items():
            name = f"codes['{text}']"
            if not isinstance(text, str) or not plain_text(text):
                raise invalid("text in [codes]", text, "a text that stands in the file")
            _refuse_unwritable("text in [codes]", text)
            code = _known_meanings().get(plain_text(meaning)) if isinstance(meaning, str) else None
            if code is None:
                raise invalid(name, meaning, _ALLOWED, _nearest_meaning(meaning))
            if found.setdefault(plain_text(text), code) != code:
                rule = "the same as for the same text in other case"
                raise invalid(name, meaning, rule, "Keep one of them.")
        return found

    def with_columns(self, columns: abc.Mapping[str, str | abc.Sequence[str]]) -> Self:
        """Name further columns; they overrule those named so far, and other ways to say the same.

        Parameters
        ----------
        columns : mapping of str to str or sequence of str
            Column of each part.

        Returns
        -------
        Mapping

        Examples
        --------
        >>> mapping = Mapping(columns={"start": "Call Time", "easting": "X", "northing": "Y"})
        >>> list(mapping.with_columns({"longitude": "lon", "latitude": "lat"}).columns)
        ['start', 'longitude', 'latitude']
        """
        replaced: set[str] = set()
        for ways in (_TIME_WAYS, PLACES):
            if any(set(way) & set(columns) for way in ways):
                replaced |= {part for way in ways if not set(way) & set(columns) for part in way}
        kept = {part: names for part, names in self.columns.items() if part not in replaced}
        return dataclasses.replace(self, columns={**kept, **columns})

    def with_options(
        self,
        *,
        columns: abc.Mapping[str, str | abc.Sequence[str]] | None = None,
        **options: str | None,
    ) -> Self:
        """Say more: what is given overrules, what is None stays as it is.

        Parameters
        ----------
        columns : mapping of str to str or sequence of str, optional
            Column of each part.
        **options : str or None
            `layout`, `crs`, `date_order`, `layer` and `noun`.

        Returns
        -------
        Mapping

        Raises
        ------
        InputError
            As for the mapping itself.
        """
        given = {name: value for name, value in options.items() if value is not None}
        return dataclasses.replace(self, **given).with_columns(columns or {})  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, values: abc.Mapping[str, Any]) -> Self:
        """Build a mapping from plain values, as they stand in its file.

        Parameters
        ----------
        values : mapping
            Any of the keys of a mapping; `format` is checked if it is there.

        Returns
        -------
        Mapping

        Raises
        ------
        InputError
            If a key, part, layout or meaning is unknown (with the nearest), or a value is of the
            wrong kind.
        """
        if not isinstance(values, dict):
            raise invalid("mapping", values, "keys and values, such as {'columns': {…}}")
        keys = [item.name for item in dataclasses.fields(cls)]
        for key in values:
            if key not in ("format", *keys):
                known = ", ".join(("format", *keys))
                remedy = _did_you_mean(key, keys) or _belongs_elsewhere(key)
                raise InputError(
                    f"Unknown key '{key}' in the mapping. Must be one of {known}. {remedy}".rstrip()
                )
        if values.get("format", FORMAT) != FORMAT:
            remedy = "It may be of another version of hotspots, or no mapping."
            raise invalid("format", values["format"], f"'{FORMAT}'", remedy)
        for table in _TABLES:
            if not isinstance(values.get(table, {}), dict):
                raise invalid(table, values[table], "a table", f"Write [{table}] above its lines.")
        plain = {key: value for key, value in values.items() if key != "format"}
        return cls(**plain)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Self:
        """Read a mapping from its file.

        Parameters
        ----------
        path : path
            A TOML file with the line `format = "hotspots mapping 1"`.

        Returns
        -------
        Mapping

        Raises
        ------
        InputError
            If the file cannot be read, is not TOML (with the line), or holds something that is not
            allowed.
        """
        try:
            # A byte order mark is what a Windows editor may put first.
            text = Path(path).read_bytes().decode("utf-8-sig")
            values = tomllib.loads(text)
        except OSError as error:
            msg = f"Cannot read the mapping '{path}': {error.strerror}. Must be a file that exists."
            raise InputError(msg) from error
        except UnicodeDecodeError as error:
            msg = f"The mapping '{path}' is not text. Must be in UTF-8. Save it as UTF-8."
            raise InputError(msg) from error
        except tomllib.TOMLDecodeError as error:
            msg = (
                f"The mapping '{path}' is not valid TOML: {error}. Must look like '[columns]' and "
                "below it 'start = \"Call Time\"'."
            )
            raise InputError(msg) from error
        if "format" not in values:
            msg = (
                f"The mapping '{path}' does not say its format. Must have a line "
                f"'format = \"{FORMAT}\"' above its tables."
            )
            raise InputError(msg)
        try:
            return cls.from_dict(values)
        except InputError as error:
            msg = f"Cannot use the mapping '{path}'. {error}"
            raise InputError(msg) from error

    def to_dict(self) -> dict[str, Any]:
        """Give the mapping as plain values, for JSON; what has its default is left out."""
        values: dict[str, Any] = {"format": FORMAT, "layout": self.layout}
        for name in ("crs", "date_order", "layer", "noun"):
            value = getattr(self, name)
            if value != getattr(Mapping, name):  # its default
                values[name] = value
        values["columns"] = {
            part: list(names) if part in MANY else names[0] for part, names in self.columns.items()
        }
        values["codes"] = dict(self.codes)
        return values

    def to_toml(
        self,
        *,
        comments: abc.Mapping[str, str] | None = None,
        heading: abc.Sequence[str] = (),
        proposals: abc.Sequence[tuple[str, str, str | tuple[str, ...], str]] = (),
    ) -> str:
        """Give the mapping as the text of its file.

        Parameters
        ----------
        comments : mapping of str to str, optional
            What to say behind a line, by its key: "crs", "columns.start", "codes.Loud music".
        heading : sequence of str
            Lines of comment above everything.
        proposals : sequence of tuple
            Lines that count only once the user takes the # away: table ("columns", "codes", or ""
            for a line above both), key, value and comment.

        Returns
        -------
        str
            TOML that `from_toml` reads back as the same mapping.
        """
        said = dict(comments or {})
        values = self.to_dict()
        lines = [f"# {_one_line(line)}".rstrip() for line in heading]
        lines += [""] if lines else []
        above = {key: value for key, value in values.items() if key not in _TABLES}
        for table, content in (("", above), *((table, values[table]) for table in _TABLES)):
            lines += ["", f"[{table}]"] if table else []
            for key, value in content.items():
                name = _quoted(key) if table == "codes" else key
                lines.append(_line(name, value, said.get(f"{table}.{key}".lstrip("."), "")))
            for of_table, key, value, comment in proposals:
                if of_table == table and not _is_unwritable(key):
                    name = _quoted(key) if table == "codes" else key
                    lines.append(f"# {_line(name, value, comment)}")
        return "\n".join(lines) + "\n"

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> Path:
        """Write the mapping to a file, whole or not at all.

        Parameters
        ----------
        path : path
            File to write.
        replace : bool
            Whether an existing file may be replaced: it may hold corrections.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OutputError
            If the file is there and may not be replaced, or cannot be written; nothing is changed
            then.
        """
        return write_mapping(self.to_toml(), path, replace=replace)


_EXAMPLES: Final = {"crs": '"EPSG:27700"', "layer": '"Sheet1"', "noun": '"noise complaints"'}


def plain_text(text: str) -> str:
    """Reduce a text of a file to what is compared: without spaces round it, in lower case."""
    return text.strip().lower()


def write_mapping(text: str, path: str | os.PathLike[str], *, replace: bool = False) -> Path:
    """Write the text of a mapping, with or without comments, as `Mapping.save` says."""
    target = Path(path)
    if target.exists() and not replace:
        msg = (
            f"Cannot write '{target}': it is there already, and may hold corrections. Must be a "
            "new file. Delete or rename it first, or give another name (--out)."
        )
        raise OutputError(msg)
    write_whole(text, target, "Nothing was written.")
    return target


def _columns(part: str, names: object) -> tuple[str, ...]:
    if part not in PARTS:
        raise invalid(
            "part in [columns]", part, f"one of {', '.join(PARTS)}", _did_you_mean(part, PARTS)
        )
    listed = (names,) if isinstance(names, str) else names
    is_list = isinstance(listed, (list, tuple)) and all(isinstance(name, str) for name in listed)
    if (
        not is_list
        or not listed
        or (len(cast("abc.Sequence[str]", listed)) > 1 and part not in MANY)
    ):
        rule = "a column name in quotes"
        rule += ' or a list of them, such as ["OP01", "OP02"]' if part in MANY else ""
        shown = ", ".join(map(str, listed)) if isinstance(listed, (list, tuple)) else listed
        remedy = f"Leave the line out if no column plays {part}." if not names else ""
        raise invalid(f"columns['{part}']", shown, rule, remedy)
    for name in cast("abc.Sequence[str]", listed):
        _refuse_unwritable(f"columns['{part}']", name)
    return tuple(cast("abc.Sequence[str]", listed))


def _did_you_mean(given: object, known: abc.Iterable[str]) -> str:
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(given).strip().lower(), list(lower), n=1, cutoff=_CLOSE)
    return f"Did you mean '{lower[near[0]]}'?" if near else ""


def _belongs_elsewhere(key: str) -> str:
    """Help with a line that stands above its table."""
    return f"Put the line below [columns] if '{key}' is a part." if key in PARTS else ""


def _known_meanings() -> dict[str, str]:
    """Give the code or special word of each allowed meaning, by plain text."""
    codes = load_codes()
    known = {code: code for code in codes}
    known |= {
        plain_text(code.value): code.code for code in codes.values() if code.role in ASB_ROLES
    }
    return known | {word: word for word in SPECIAL}


def allowed_meanings() -> list[str]:
    """Give the types, headings and special words that a text in a file may stand for."""
    return [code.value for code in load_codes().values() if code.role in ASB_ROLES] + list(SPECIAL)


_ALLOWED: Final = (
    "a three-digit code of the page 'Codes', such as '209', or one of "
    f"{', '.join(allowed_meanings())}"
)


def _nearest_meaning(meaning: object) -> str:
    if isinstance(meaning, int) and str(meaning) in load_codes():
        return f'Write it in quotes: "{meaning}".'
    return _did_you_mean(meaning, allowed_meanings()) if isinstance(meaning, str) else ""


def _is_unwritable(text: str) -> bool:
    """Whether a text holds half of a pair of characters, which no file can hold."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _refuse_unwritable(name: str, text: str) -> None:
    if _is_unwritable(text):
        raise invalid(name, ascii(text)[1:-1], "text that UTF-8 can hold", "Rename it in the file.")


_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}
_TO_ESCAPE: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')


def _quoted(text: str) -> str:
    """Write a text as a basic string of TOML."""
    return '"' + _TO_ESCAPE.sub(_escaped, text) + '"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}")


def _one_line(text: str) -> str:
    """Make a text fit for a comment, which can hold neither line ends nor control characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text)


def _line(key: str, value: str | abc.Sequence[str], comment: str) -> str:
    plain = (
        _quoted(value) if isinstance(value, str) else f"[{', '.join(_quoted(v) for v in value)}]"
    )
    return f"{key} = {plain}" + (f"  # {_one_line(comment)}" if comment else "")
