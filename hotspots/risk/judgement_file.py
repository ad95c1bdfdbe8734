"""The file of judgements, TOML or CSV, as an analyst or Excel writes it.

All problems of a file are said together, each with its line (CSV) or number (TOML).
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import InputError, invalid
from hotspots.risk.judgements import Judgement, did_you_mean, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS: Final = tuple(field.name for field in dataclasses.fields(Judgement))
_REQUIRED: Final = _KEYS[:5]
_TABLE: Final = "judgement"
_DELIMITERS: Final = ",;\t"
_REMEDY: Final = "See the page 'Judgements'. Nothing of the file was used."


def read_judgements(path: str | os.PathLike[str]) -> tuple[Judgement, ...]:
    """Read the judgements of analysts from a file.

    Parameters
    ----------
    path : path
        A TOML file with a table `[[judgement]]` for each, or a CSV file with a row for each; keys
        and columns are the fields of `Judgement`. In CSV several points in `at` are parted by
        semicolons, and blank rows are passed over. As Excel saves it: comma, semicolon or tab;
        UTF-8 with or without a mark, UTF-16 or Windows-1252.

    Returns
    -------
    tuple of Judgement
        In the order of the file.

    Raises
    ------
    InputError
        If the file cannot be read or anything in it is not allowed: every problem with its line or
        number, an unknown key with the nearest known one.

    Notes
    -----
    **Caveats.** A date such as 03/04/2026 is 3 April. Whether a judgement has expired or matches
    anything is checked when it is used.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> text = '''
    ... [[judgement]]
    ... action = "rename"
    ... at = "TQ 3026 7964"
    ... name = "Station approach"
    ... reason = "What the ward panel calls it"
    ... author = "A. Analyst"
    ... expires = 2026-06-30
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "judgements.toml"
    ...     written = path.write_text(text)
    ...     read_judgements(path)[0].name
    'Station approach'
    """
    if not isinstance(path, str | os.PathLike):
        name = "path"  # type: ignore[unreachable]
        raise invalid(name, type(path).__name__, "the path of a TOML or CSV file")
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        msg = (
            f"Cannot read the judgements '{path}': {error.strerror}. Must be a file that exists. "
            "Check the spelling and the folder."
        )
        raise InputError(msg) from error
    kind = file.suffix.lower()
    if kind not in _READERS:
        msg = (
            f"Cannot read the judgements '{path}'. Must be a file that ends in .toml or .csv. Save "
            "a workbook as CSV UTF-8."
        )
        raise InputError(msg)
    try:
        return _judgements(_READERS[kind](content))
    except InputError as error:
        msg = f"Cannot use the judgements '{path}'. {error}"
        raise InputError(msg) from error


def _judgements(entries: Iterator[tuple[str, dict[str, Any]]]) -> tuple[Judgement, ...]:
    """Make judgements of plain values, or say everything that is wrong with them."""
    judgements, problems = [], []
    for where, values in entries:
        problems += [
            f"{where}: {problem}" for problem in _unknown(values) + _missing(values, _REQUIRED)
        ]
        known: dict[str, Any] = {key: values.get(key) for key in _KEYS}
        try:
            judgements.append(Judgement(**known))
        except InputError as error:
            problems += [
                f"{where}: {problem}"
                for problem in str(error).splitlines()
                # What is missing has been said.
                if not any(problem.startswith(f"Invalid {key} ''") for key in _absent(values))
            ]
    if problems:
        raise refusal(problems, "problems" if len(problems) > 1 else "problem", _REMEDY)
    return tuple(judgements)


def _absent(values: dict[str, Any]) -> list[str]:
    return [key for key in _REQUIRED if values.get(key) is None]


def _missing(values: dict[str, Any], needed: tuple[str, ...]) -> list[str]:
    lacking = [key for key in needed if values.get(key) is None]
    if not lacking:
        return []
    return [f"{', '.join(lacking)} missing. Must say {', '.join(needed)}."]


def _unknown(values: dict[str, Any]) -> list[str]:
    known = ", ".join(_KEYS)
    return [
        f"Unknown key '{key}'. Must be one of {known}. {did_you_mean(key, _KEYS)}".rstrip()
        for key in values
        if key not in _KEYS
    ]


def _read_toml(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        values = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        msg = "It is not text in UTF-8. Must be UTF-8. Save it as UTF-8."
        raise InputError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"It is not valid TOML: {error}. {_LIKE}"
        raise InputError(msg) from error
    tables = values.pop(_TABLE, [])
    if values:
        first = next(iter(values))
        hint = did_you_mean(first, (_TABLE,)) or f"Put '{first}' below a line [[{_TABLE}]]."
        msg = f"Unknown key '{first}'. Must be [[{_TABLE}]]. {hint}"
        raise InputError(msg)
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(_LIKE)
    for number, table in enumerate(tables, start=1):
        yield f"judgement {number}", table


_LIKE: Final = (
    f"Must look like '[[{_TABLE}]]', in double brackets, and below it 'action = \"exclude\"'."
)


def _read_csv(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    text = _decoded(content)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for row in reader:
            begins, line = line, reader.line_num + 1
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = _checked_header([cell.lower() for cell in cells])
                continue
            if any(cells[len(header) :]):
                msg = (
                    f"Line {begins} has {len(cells)} cells. Must have {len(header)}, as the first "
                    "line. Put a text that holds the delimiter in double quotes."
                )
                raise InputError(msg)
            named = zip(header, cells, strict=False)
            yield f"line {begins}", _values({key: cell for key, cell in named if key and cell})
    except csv.Error as error:
        msg = f"Line {reader.line_num}: {error}. Must be CSV with double quotes in pairs."
        raise InputError(msg) from error
    if header is None:
        msg = f"It is empty. Must have a first line with the columns {', '.join(_KEYS)}."
        raise InputError(msg)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1252", errors="replace")


def _checked_header(names: list[str]) -> list[str]:
    """Refuse columns that are unknown, repeated or lacking; Excel's empty ones are passed over."""
    given = [name for name in names if name]
    problems = _unknown(dict.fromkeys(given))
    problems += _missing({name: name for name in given}, _REQUIRED)
    repeated = sorted({name for name in given if given.count(name) > 1})
    problems += [f"Column '{name}' is there twice. Must be there once." for name in repeated]
    if problems:
        raise refusal(
            [f"line 1: {problem}" for problem in problems],
            "problems" if len(problems) > 1 else "problem",
            _REMEDY,
        )
    return names


def _values(cells: dict[str, str]) -> dict[str, Any]:
    """Give the cells of a row as the values they stand for; a bad number stays a text."""
    values: dict[str, Any] = dict(cells)
    if "at" in values:
        values["at"] = [part.strip() for part in cells["at"].split(";") if part.strip()]
    if "radius_m" in values:
        with contextlib.suppress(ValueError):
            values["radius_m"] = float(cells["radius_m"])
    return values


_READERS: Final = {".toml": _read_toml, ".csv": _read_csv}
