"""Read a library of tactics, and name everything that is wrong with it at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

from hotspots.errors import InputError, invalid
from hotspots.risk.judgements import did_you_mean
from hotspots.tasking.tactics import EVIDENCE, HeadingOptions, Power, Tactic, TacticsLibrary
from hotspots.words import count

_TEXTS: Final = ("name", "version", "source")
_KEYS: Final = (*_TEXTS, "powers", "tactics", "headings")
_FILE: Final = "tactics.toml"

Entry = TypeVar("Entry", Power, Tactic, HeadingOptions)


def read_tactics(path: str | PathLike[str] | None = None) -> TacticsLibrary:
    """Read a library of tactics from a TOML file.

    Parameters
    ----------
    path : path, optional
        A file with `name`, `version`, `source`, tables `[powers.ID]` and `[tactics.ID]`, and
        `[[headings]]`, each with `words`, `short`, `long`, `partner` and `success`; the last of
        them without words, for every other heading. By default the starting point of the package.

    Returns
    -------
    TacticsLibrary

    Raises
    ------
    InputError
        If the file cannot be read, or naming everything in it that is not allowed.

    Caveats
    -------
    Options to consider, never orders: the data say where and when, not whose conduct it is. Powers
    are summed up and no legal advice.

    Examples
    --------
    >>> tactics = read_tactics()
    >>> tactics
    <TacticsLibrary 'starting point', version 2026-11: 25 tactics, 9 powers, 15 headings>
    >>> tactics.options("Vehicle nuisance", "persistent")
    ('problem_solving', 'vehicles', 'road_design', 'protection_order')
    >>> tactics.in_short(tactics.options("Noise"))
    'Noise officer to witness it, abatement notice (practice); Visit those who report, assess their
    risk, name one officer for them (practice)'
    """
    if path is None:
        text = resources.files("hotspots.tasking").joinpath(_FILE).read_text("utf-8")
        return _library(tomllib.loads(text))
    if not isinstance(path, str | PathLike):
        name = "path"  # type: ignore[unreachable]
        raise invalid(name, type(path).__name__, "the path of a TOML file")
    try:
        values = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        msg = (
            f"Cannot read the tactics '{path}': {error.strerror}. Must be a file that exists. "
            "Check the spelling and the folder."
        )
        raise InputError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = (
            f"The tactics '{path}' are not valid TOML: {error}. Must look like "
            "'[tactics.patrol]' and below it 'name = \"Visible patrol\"'."
        )
        raise InputError(msg) from error
    try:
        return _library(values)
    except InputError as error:
        raise InputError(
            str(error).replace("Invalid tactics", f"Invalid tactics '{path}'", 1)
        ) from error


def as_tactics(tactics: object) -> TacticsLibrary:
    """Give tactics, read from their file if it is a path; the starting point for None."""
    if tactics is None or isinstance(tactics, str | PathLike):
        return read_tactics(tactics)
    if not isinstance(tactics, TacticsLibrary):
        rule = "a library of tactics, or the path of its file"
        raise invalid("tactics", type(tactics).__name__, rule, "Use hs.read_tactics(path).")
    return tactics


def _library(values: Mapping[str, Any]) -> TacticsLibrary:
    """Make a library of plain values, or name everything that is wrong."""
    problems = _unknown("", values, _KEYS)
    problems += [
        str(invalid(key, values.get(key, ""), "a text"))
        for key in _TEXTS
        if not isinstance(values.get(key), str) or not values[key].strip()
    ]
    powers, said = _entries(Power, values, "powers")
    problems += said
    tactics, said = _entries(Tactic, values, "tactics")
    problems += said
    headings, said = _headings(values.get("headings"))
    problems += said
    problems = problems or _link_problems(powers, tactics, headings)
    if problems:
        raise _refusal(problems)
    texts = {key: " ".join(values[key].split()) for key in _TEXTS}
    return TacticsLibrary(**texts, powers=powers, tactics=tactics, headings=tuple(headings))


def _refusal(problems: list[str]) -> InputError:
    listed = "\n".join(f"- {problem}" for problem in problems)
    return InputError(
        f"Invalid tactics: {count(len(problems), 'problem')}.\n{listed}\nSee the page 'Tactics'."
    )


def _unknown(where: str, values: object, known: Sequence[str]) -> list[str]:
    """Say which keys of a table nobody knows."""
    if not isinstance(values, Mapping):
        return [str(invalid(where, values, f"a table of {', '.join(known)}"))]
    return [
        f"Unknown key '{where}{key}'. Must be one of {', '.join(known)}. "
        f"{did_you_mean(str(key), known)}".rstrip()
        for key in values
        if key not in known
    ]


def _entries(
    kind: type[Entry], values: Mapping[str, Any], name: str
) -> tuple[dict[str, Entry], list[str]]:
    """Make the entries of a table by id, and say what is wrong with them."""
    given = values.get(name, {})
    if not isinstance(given, Mapping) or (name == "tactics" and not given):
        return {}, [str(invalid(name, given, f"tables [{name}.ID]"))]
    made, problems = {}, []
    for key, entry in given.items():
        each, said = _entry(kind, entry, f"{name}.{key}.")
        problems += said
        if each is not None:
            made[str(key)] = each
    return made, problems


def _entry(kind: type[Entry], values: object, where: str) -> tuple[Entry | None, list[str]]:
    """Make one entry of texts and lists of texts."""
    parts = {each.name: each for each in fields(kind)}
    problems = _unknown(where, values, list(parts))
    if problems or not isinstance(values, Mapping):
        return None, problems
    problems += [
        f"{where}{name} is missing."
        for name, part in parts.items()
        if name not in values and part.default is MISSING
    ]
    for name, value in values.items():
        if parts[name].type == "str":
            is_good, rule = isinstance(value, str), "a text"
        else:
            is_good = isinstance(value, list) and all(isinstance(each, str) for each in value)
            rule = "a list of texts"
        if not is_good:
            problems.append(str(invalid(f"{where}{name}", value, rule)))
    evidence = values.get("evidence")
    if kind is Tactic and isinstance(evidence, str) and evidence not in EVIDENCE:
        near = did_you_mean(evidence, EVIDENCE)
        rule = f"one of {', '.join(EVIDENCE)}"
        problems.append(str(invalid(f"{where}evidence", evidence, rule, near)))
    if problems:
        return None, problems
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return kind(**plain), []


def _headings(given: object) -> tuple[list[HeadingOptions], list[str]]:
    """Make the options of the headings, the last of which holds for every other one."""
    if not isinstance(given, list) or not given:
        rule = "one [[headings]] for each, in double brackets"
        return [], [str(invalid("headings", given, rule))]
    rows, problems = [], []
    for number, values in enumerate(given, start=1):
        row, said = _entry(HeadingOptions, values, f"headings {number}: ")
        problems += said
        if row is not None:
            rows.append(row)
    if not problems and (rows[-1].words or not all(row.words for row in rows[:-1])):
        problems.append(
            "The last of the headings must be the only one with 'words = []': for every other one."
        )
    return rows, problems


def _link_problems(
    powers: Mapping[str, Power],
    tactics: Mapping[str, Tactic],
    headings: Sequence[HeadingOptions],
) -> list[str]:
    """Say which ids name nothing."""
    problems = [
        str(
            invalid(
                f"tactics.{key}.power", own.power, "a power above", did_you_mean(own.power, powers)
            )
        )
        for key, own in tactics.items()
        if own.power and own.power not in powers
    ]
    for number, row in enumerate(headings, start=1):
        problems += [
            str(
                invalid(
                    f"headings {number}: tactic",
                    each,
                    "a tactic above",
                    did_you_mean(each, tactics),
                )
            )
            for each in (*row.short, *row.long)
            if each not in tactics
        ]
        if not row.short or not row.long:
            problems.append(
                f"headings {number}: short and long must name at least one tactic each."
            )
    return problems
