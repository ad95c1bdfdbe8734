"""Suggest a mapping for a table that nobody has described: from its names, then from its values.

Every choice is given with its reason, and what cannot be seen is asked in words. The suggestion is
a file for the analyst to correct; no value of the table stands in it but words for kinds of
incidents.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import InputError
from hotspots.incidents.layouts import MANY, OWN, PARTS, look_like_values, match_layout
from hotspots.incidents.mapping import Mapping, allowed_meanings, write_mapping
from hotspots.incidents.names import ALIASES
from hotspots.incidents.suggesting.codes import find_codes
from hotspots.incidents.suggesting.draft import (
    EXACT,
    HINT,
    MOST,
    NEARLY_ALL,
    Draft,
    likeness,
    most,
    rank,
    shown,
)
from hotspots.incidents.suggesting.evidence import Column, columns_of
from hotspots.incidents.suggesting.places import find_place
from hotspots.incidents.suggesting.times import find_times
from hotspots.sources.raw import POINT_X, POINT_Y
from hotspots.words import count, percent

if TYPE_CHECKING:
    import os
    from pathlib import Path

_ROWS: Final = 10_000
_EXAMPLES: Final = 10
_PRIVATE: Final = frozenset({"location", "person_key"})
_REPEATED: Final = 0.02
_LEAST_ROWS: Final = 20
_ID_WORDS: Final = frozenset({"id", "ref", "reference", "number", "no", "num", "urn", "cad", "log"})
# Numbers of a property, a person or a telephone are no numbers of incidents.
_NOT_IDS: Final = frozenset(
    {"uprn", "usrn", "toid", "postcode", "phone", "telephone", "tel", "mobile", "house", "flat"}
    | {"officer", "collar", "shoulder", "person", "caller", "victim", "tenant", "tenancy", "ward"}
    | {"property", "customer", "asset", "block", "street", "badge", "age", "dob", "email"}
)
_CHANNELS: Final = 50
_WIDTH: Final = 96


@dataclass(frozen=True)
class Suggestion:
    """A mapping that is proposed for a table, with its reasons.

    Parameters
    ----------
    file : str
        The table.
    mapping : Mapping
        What is proposed.
    reasons : dict of str to str
        Why, by key of the mapping: "columns.start", "codes.Loud music", "crs".
    notes : tuple of str
        What else was seen, in sentences: further columns that could play a part, what was left out.
    unresolved : tuple of str
        Questions that the table does not answer. Without an answer to those about time and place
        it cannot be read.
    proposals : tuple
        Lines that count only once the user wants them: table, key, value and comment.
    examples : DataFrame
        The first ten rows of the chosen columns, under the parts they play; words for the place
        and keys of persons are not among them.
    """

    file: str
    mapping: Mapping
    reasons: dict[str, str]
    notes: tuple[str, ...]
    unresolved: tuple[str, ...]
    proposals: tuple[tuple[str, str, str, str], ...]
    examples: pd.DataFrame

    def to_toml(self) -> str:
        """Give the text of the mapping file: every line with its reason, and the questions."""
        heading = [
            f"What hotspots makes of {self.file}.",
            "Correct what is wrong. A line that begins with # does not count.",
            *(f"QUESTION: {sentence}" for sentence in self.unresolved),
            *(f"Note: {sentence}" for sentence in self.notes),
            *textwrap.wrap(f"Parts: {', '.join(PARTS)}.", _WIDTH),
            *textwrap.wrap(
                f"Codes: a three-digit code, or {', '.join(allowed_meanings())}.", _WIDTH
            ),
        ]
        return self.mapping.to_toml(
            comments=self.reasons, heading=heading, proposals=self.proposals
        )

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> Path:
        """Write the mapping file, with its comments, as `Mapping.save` does."""
        return write_mapping(self.to_toml(), path, replace=replace)


def suggest_mapping(sample: pd.DataFrame, file: str, said: Mapping | None = None) -> Suggestion:
    """Suggest which column of a table plays which part, and what its codes mean.

    Parameters
    ----------
    sample : DataFrame
        The first raw rows, up to 10,000, as texts or as typed columns.
    file : str
        The name of the table, for messages.
    said : Mapping, optional
        What is known already, such as the columns of some parts: it is kept, and not asked again.

    Returns
    -------
    Suggestion
        The mapping, the reasons, and the questions that are left. It never fails: a table without
        a time or a place gives a question.

    Notes
    -----
    Names are compared with the known names of each part, also misspelt; values then confirm,
    overrule or replace the names. A known layout is named and nothing else. Otherwise the layout is
    "own": exactly the columns of the mapping count.

    **Caveats.** Shares are of at most 2,000 evenly spaced rows. Ranges of coordinates are those of
    London first, then of Great Britain: elsewhere the coordinate system must be told.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "Field1": ["2025-01-05 21:10", "2025-01-06 02:30", "2025-01-09 19:45"],
    ...         "Field2": ["51.5007", "51.5120", "51.4893"],
    ...         "Field3": ["-0.1246", "-0.1011", "-0.0904"],
    ...     }
    ... )
    >>> suggestion = suggest_mapping(table, "calls.csv")
    >>> {part: names[0] for part, names in suggestion.mapping.columns.items()}
    {'start': 'Field1', 'longitude': 'Field3', 'latitude': 'Field2'}
    >>> suggestion.reasons["columns.latitude"]
    'all values are latitudes in London'
    >>> suggestion.unresolved
    ()
    """
    sample = sample.iloc[:_ROWS]
    columns = columns_of(sample)
    said = Mapping() if said is None else said
    known = _known_layout(columns, file, said)
    if known is not None:
        return known
    draft = Draft(_nameable(columns), said)
    _note_unnameable(draft, columns)
    if len(sample) == 0:
        _choose_by_names(draft, file)
    else:
        _ask_for_names(draft, columns)
        find_place(draft)
        find_times(draft)
        find_codes(draft, sample)
        _find_id(draft, sample)
        _find_others(draft)
    return _suggestion(draft, file, sample)


def _ask_for_names(draft: Draft, columns: list[Column]) -> None:
    """Ask for a line with names if what stands in its place looks like values."""
    if look_like_values([column.name for column in columns]):
        draft.questions.append(
            "Has the table a first line with names? What stands there looks like values, such as "
            "dates or numbers, and is then no row. Put a line with names above it."
        )


def _known_layout(columns: list[Column], file: str, said: Mapping) -> Suggestion | None:
    """Recognise a published layout: its columns need no mapping."""
    try:
        layout, _ = match_layout([column.name for column in columns], file, said)
    except InputError:
        return None
    if not layout.recognised_by:
        return None
    return Suggestion(
        file=file,
        mapping=said.with_options(layout=layout.name),
        reasons={"layout": layout.meaning},
        notes=("The layout is a known one: the file can be read without a mapping.",),
        unresolved=(),
        proposals=(),
        examples=pd.DataFrame(),
    )


def _nameable(columns: list[Column]) -> list[Column]:
    """Give the columns that a mapping can name: no two of one name, no half characters."""
    names = [column.name for column in columns]
    return [
        column
        for column in columns
        if names.count(column.name) == 1
        and not any("\ud800" <= letter <= "\udfff" for letter in column.name)
    ]


def _note_unnameable(draft: Draft, columns: list[Column]) -> None:
    rest = [c for c in columns if c not in draft.free and c.name not in draft.given]
    if rest:
        named = ", ".join(dict.fromkeys(map(shown, rest)))
        draft.questions.append(
            f"Can columns be renamed? {named} cannot be named in a mapping: several have one name, "
            "or the name is no text."
        )


def _choose_by_names(draft: Draft, file: str) -> None:
    """Choose by names alone, for a table without rows."""
    names = [column.name for column in draft.free]
    by_name = {column.name: column for column in draft.free}
    try:
        _, parts = match_layout(names, file, Mapping())
    except InputError:
        parts = {}
        for column in list(draft.free):
            part = max(ALIASES, key=lambda part: likeness(column, part))
            if likeness(column, part) and (part in MANY or part not in parts):
                parts[part] = (*parts.get(part, ()), column.name)
    for part, columns in parts.items():
        for name in columns:
            if name not in (POINT_X, POINT_Y):
                draft.take(part, by_name[name], "by its name; the table has no rows")
    draft.questions.append("Has the table rows? Without them only the names could be looked at.")


def _find_id(draft: Draft, sample: pd.DataFrame) -> None:
    """Choose the reference: nearly every row has its own, at least on each day."""
    if draft.is_said("id"):
        return
    found = []
    for column in draft.free:
        known = likeness(column, "id")
        hint = HINT if column.words & _ID_WORDS else 0.0
        if (column.words & _NOT_IDS and known < EXACT) or column.n_filled == 0:
            continue
        if column.reference_share < MOST or column.filled < NEARLY_ALL:
            continue
        is_silent = not (known or hint)
        if is_silent and (
            len(column.counts) < max(_LEAST_ROWS, column.n_filled)
            or column.personal_share > 0
            or (column.is_numeric and not column.is_counter)
            or likeness(column, *(part for part in ALIASES if part != "id"))
        ):
            continue
        found.append((-max(known, hint), rank(column, "id"), column.position, column))
    for *_, column in sorted(found, key=lambda item: item[:3]):
        repeated = _repeated(draft, column, sample)
        if repeated <= _REPEATED:
            why = "every value occurs once" if repeated == 0 else "nearly every value occurs once"
            draft.take("id", column, why)
            return
        draft.notes.append(
            f"{shown(column)} is no reference of single incidents: {percent(repeated)} of the rows "
            "repeat an earlier one of the same day."
        )


def _repeated(draft: Draft, column: Column, sample: pd.DataFrame) -> float:
    """Give the share of rows whose value an earlier row of the same day has."""
    values = Column(column.position, column.name, sample.iloc[:, column.position]).texts
    when = [*draft.parts.get("start", ()), *draft.parts.get("date", ())]
    days = pd.Series("", index=values.index, dtype="object")
    if when:
        whole = Column(when[0].position, when[0].name, sample.iloc[:, when[0].position])
        days = pd.Series(whole.moments.astype("datetime64[D]").astype("str"), dtype="object")
    return float(pd.DataFrame({"value": values, "day": days}).duplicated().mean())


def _find_others(draft: Draft) -> None:
    """Choose what only a name can tell, if the values do not speak against it."""
    rules: dict[str, tuple[str, Any]] = {
        "weight": ("whole numbers", lambda c: c.is_whole and c.filled >= NEARLY_ALL),
        "duplicate": ("yes or no", lambda c: c.is_yes_no),
        "channel": (
            "by its name",
            lambda c: 0 < len(c.counts) <= _CHANNELS and not c.personal_share,
        ),
        "person_key": ("by its name", lambda c: c.reference_share >= MOST and not c.personal_share),
        "location": ("by its name", lambda c: c.n_filled > 0 and not c.is_numeric),
    }
    for part, (why, fits) in rules.items():
        least = EXACT if part in ("weight", "person_key") else HINT
        named = [c for c in draft.free if likeness(c, part) >= least and fits(c)]
        if named:
            best = min(named, key=lambda c: (-likeness(c, part), rank(c, part), c.position))
            draft.take(part, best, why if why == "by its name" else most(1.0, why))


def _suggestion(draft: Draft, file: str, sample: pd.DataFrame) -> Suggestion:
    said = draft.said
    parts = {part: _columns(draft, part) for part in PARTS if _columns(draft, part)}
    columns = {part: tuple(column.name for column in chosen) for part, chosen in parts.items()}
    mapping = Mapping(
        layout=OWN,
        columns=columns,
        codes=draft.codes | dict(said.codes),
        crs=draft.crs,
        date_order=draft.date_order,
    ).with_options(
        layout=None if said.layout == "auto" else said.layout,
        columns=said.columns,
        crs=said.crs,
        date_order=None if said.date_order == "auto" else said.date_order,
        layer=said.layer,
        noun=said.noun,
    )
    used = {name for names in mapping.columns.values() for name in names}
    rest = count(len(sample.columns) - len(used), "column")
    reasons = {
        "layout": f"only the columns below count; not used: {rest}",
        **draft.reasons,
        **{
            f"columns.{part}": "as given"
            for part, names in said.columns.items()
            if columns.get(part) != names
        },
        **dict.fromkeys([f"codes.{text}" for text in said.codes], "as given"),
        **{name: "as given" for name in ("crs", "date_order") if draft.is_said(name)},
    }
    if mapping.layout != OWN:
        del reasons["layout"]
    return Suggestion(
        file=file,
        mapping=mapping,
        reasons=reasons,
        notes=tuple(draft.notes),
        unresolved=tuple(draft.questions),
        proposals=tuple(
            line for line in draft.proposals if line[0] != "columns" or line[1] not in said.columns
        ),
        examples=_examples(parts, sample),
    )


def _columns(draft: Draft, part: str) -> list[Column]:
    """Give the columns chosen for a part, without those that the caller has named for another."""
    chosen = [c for c in draft.parts.get(part, ()) if draft.given.get(c.name, part) == part]
    return chosen if part in MANY else chosen[:1]


def _examples(parts: dict[str, list[Column]], sample: pd.DataFrame) -> pd.DataFrame:
    """Give the first rows of the chosen columns, without words for places and keys of persons."""
    shown_parts = {
        part if number == 0 else f"{part} {number + 1}": sample.iloc[:_EXAMPLES, column.position]
        for part, columns in parts.items()
        if part not in _PRIVATE
        for number, column in enumerate(columns)
    }
    return pd.DataFrame(shown_parts).reset_index(drop=True)
