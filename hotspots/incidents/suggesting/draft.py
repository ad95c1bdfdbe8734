"""A mapping in the making: which columns are still free, what was chosen and why, what is open.

Names give the first hint. A name counts fully if it is a known one, nearly if it is misspelt.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from hotspots.incidents.layouts import PLACES
from hotspots.incidents.names import ALIASES, key_of
from hotspots.words import percent

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from hotspots.incidents.mapping import DateOrder, Mapping
    from hotspots.incidents.suggesting.evidence import Column

EXACT: Final = 1.0
NEARLY: Final = 0.8
HINT: Final = 0.6
"""How much a name counts: a known name, a misspelt one, one with a telling word."""

NEARLY_ALL: Final = 0.95
MOST: Final = 0.8
"""Shares from which on a rule is taken to hold."""

TIME_PARTS: Final = frozenset({"start", "date", "time", "month"})
PLACE_PARTS: Final = frozenset().union(*PLACES)
CODE_PARTS: Final = frozenset(
    {"closing", "heading", "codes", "qualifiers", "asb_type", "crime_type"}
)
"""Parts of which there are several ways, and those whose words have meanings."""

_SHORTEST: Final = 5
_LONGEST: Final = 60
_SHOWN: Final = 5


class Draft:
    """What is known so far about the columns of one table.

    Parameters
    ----------
    columns : list of Column
        All columns that can be named.
    said : Mapping
        What the caller has said already: it is kept, and not asked again.
    """

    def __init__(self, columns: list[Column], said: Mapping) -> None:
        self.said = said
        self.given = {name: part for part, names in said.columns.items() for name in names}
        looked_at = {"", *TIME_PARTS, *PLACE_PARTS, *CODE_PARTS}
        self.free = [c for c in columns if self.given.get(c.name, "") in looked_at]
        self.parts: dict[str, list[Column]] = {}
        self.codes: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        self.notes: list[str] = []
        self.questions: list[str] = []
        self.proposals: list[tuple[str, str, str, str]] = []
        self.crs: str | None = None
        self.date_order: DateOrder = "auto"

    def take(self, part: str, column: Column, why: str) -> None:
        """Let a column play a part; it is no longer free."""
        self.parts.setdefault(part, []).append(column)
        self.reasons.setdefault(f"columns.{part}", why)
        self.free = [other for other in self.free if other is not column]

    def is_said(self, *names: str) -> bool:
        """Say whether the caller has named the column of one of some parts, or given an option."""
        options = {"crs": self.said.crs is not None, "date_order": self.said.date_order != "auto"}
        return any(options.get(name, name in self.said.columns) for name in names)

    def agrees(self, way: AnyMapping[str, Column], parts: frozenset[str]) -> bool:
        """Say whether a way to say when or where is the one that the caller has named, if any."""
        named = {part for part in self.said.columns if part in parts}
        return named <= set(way) and all(
            self.given.get(column.name, part) == part
            and (part not in named or column.name in self.given)
            for part, column in way.items()
        )

    def ask(self, question: str, *answers: str) -> None:
        """Leave a question, unless the caller has said one of the parts and options it is about."""
        if not self.is_said(*answers):
            self.questions.append(question)

    def propose(self, table: str, key: str, value: str, comment: str) -> None:
        """Leave a line that counts only once the user says so."""
        self.proposals.append((table, key, value, comment))


def shown(column: Column) -> str:
    """Give a column's name for a sentence: on one line, in quotes, not too long."""
    name = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", column.name)
    return f"'{name if len(name) <= _LONGEST else name[: _LONGEST - 1] + '…'}'"


def listed(columns: list[Column]) -> str:
    """Name some columns for a sentence, and count the rest."""
    names = ", ".join(map(shown, columns[:_SHOWN]))
    more = len(columns) - _SHOWN
    return f"{names} and {more:,} more" if more > 0 else names


def most(share: float, what: str) -> str:
    """Say how many of the values are what, such as "98 % of the values are dates"."""
    # Only all are called all: 99.9 % are not rounded up.
    amount = "all" if share >= 1 else f"{percent(min(share, 0.99))} of the"
    return f"{amount} values are {what}"


def likeness(column: Column, *parts: str) -> float:
    """Say how well the name fits one of some parts: 1 a known name, 0.8 a misspelt one, else 0."""
    return max((_likeness(column.key, part) for part in parts), default=0.0)


@cache
def _likeness(key: str, part: str) -> float:
    keys = _keys(part)
    if key in keys:
        return EXACT
    is_near = len(key) >= _SHORTEST and not _shortened(key).isdisjoint(_near_keys(part))
    return NEARLY if is_near else 0.0


@cache
def _keys(part: str) -> tuple[str, ...]:
    return tuple(key_of(alias) for alias in ALIASES.get(part, ()))


@cache
def _near_keys(part: str) -> frozenset[str]:
    return frozenset().union(*(_shortened(key) for key in _keys(part) if len(key) >= _SHORTEST))


def _shortened(key: str) -> set[str]:
    """Give a name without each of its letters in turn.

    Two names share one of these if a letter is missing, added or another, or two are exchanged.
    """
    return {key} | {key[:place] + key[place + 1 :] for place in range(len(key))}


def rank(column: Column, part: str) -> int:
    """Give the place of a name among the known ones of a part; behind all if it is none."""
    keys = _keys(part)
    return keys.index(column.key) if column.key in keys else len(keys)
