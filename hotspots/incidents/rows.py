"""Judge the rows of a chunk: set aside what is out of scope, reject what cannot be used.

What is out of scope is decided first, so that a broken row of another crime type is never counted
as a rejected report of anti-social behaviour, and never read further.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.areas import load_boroughs
from hotspots.incidents.batch import EXTRA, LARGEST_WEIGHT, MILLIONTHS, Batch
from hotspots.incidents.cells import HOUR, MINUTE, MONTH
from hotspots.incidents.codes import ASB_ROLES, codes_by_name, load_codes
from hotspots.incidents.layouts import OWN, match_layout
from hotspots.incidents.mapping import EXCLUDED, NOT_ASB, POLICE, plain_text
from hotspots.incidents.moments import (
    TimeRules,
    When,
    decide_times,
    disproved,
    ends_of,
    floor_months,
    newly_open,
    read_times,
)
from hotspots.incidents.parts import Distinct, Parts, as_text, distinct, text_series
from hotspots.incidents.points import PointRules, decide_points, read_points, shown_points
from hotspots.incidents.police import means_police, police_codes
from hotspots.sources import BROKEN_REASONS, LONGEST_DETAIL, POINT_X, POINT_Y
from hotspots.tables import ASB_TYPES
from hotspots.times import london_utc, london_wall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotspots.incidents.layouts import Layout
    from hotspots.incidents.mapping import Mapping as ColumnMapping
    from hotspots.sources import RawChunk

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

SCOPE_REASONS: Final = {
    "other_crime_type": "not anti-social behaviour",
    "flagged_duplicate": "the source says that the row is a duplicate",
    "police_generated": "a record of police activity: a patrol, a plan, a stop and search",
    "excluded_code": "a code for duplicates, errors or tests",
    "recall": "a further call about an incident that has its own row",
    "not_asb": "has codes, but none of anti-social behaviour",
    "zero_weight": "a counted cell without incidents",
}
"""Why a row is out of scope, by reason code."""

REASONS: Final = BROKEN_REASONS | {
    "missing_time": "no date or time is given",
    "bad_time": "the date or time cannot be read",
    "nonexistent_time": "the clock skipped that hour (the clocks went forward)",
    "future_time": "the date is more than a day in the future",
    "old_time": "the date is before 1990, as when a system fills in 1900",
    "end_before_start": "the interval ends before it begins",
    "bad_location": "only one coordinate, not numbers, or 0, 0",
    "swapped_location": "in Great Britain only if the two coordinates are exchanged",
    "outside_great_britain": "the coordinates are not in Great Britain",
    "bad_weight": "the weight is not a number from 0.000001 to 1,000,000",
    "repeated_id": "the source's reference was used by an earlier row of the same day",
}
"""Why a row is rejected, by reason code."""

CODES_OF_REASONS: Final = (*SCOPE_REASONS, *REASONS)
"""All reasons; their positions stand for them in arrays."""

ROWS: Final = "{rows}"
"""Stands in a remark for the number of rows that it is about."""

N_SCOPE: Final = len(SCOPE_REASONS)
ACCEPTED: Final = -1

_EARLIEST: Final = np.datetime64("1990-01-01", "us")
_NEVER: Final = np.datetime64("NaT", "us")
_AN_HOUR: Final = np.timedelta64(1, "h")
_A_MONTH: Final = np.timedelta64(31, "D")
_SMALLEST_WEIGHT: Final = 1 / MILLIONTHS
_ASB_CRIME_TYPES: Final = frozenset({"anti social behaviour", "antisocial behaviour", "asb"})
_ASB_WORDS: Final = re.compile(r"(asb|anti[- ]?social behaviou?r)\b[^a-z0-9]*")
_YES: Final = frozenset({"y", "ye", "yes", "true", "1", "dup", "dupe", "duplicate"})
_NO: Final = frozenset({"n", "no", "false", "0", "not duplicate", "original"})
_CODE_LENGTH: Final = 3
_CODE_PARTS: Final = ("closing", "heading", "codes", "qualifiers", "asb_type")
# Without a code of anti-social behaviour in one of these, a row is none.
_DECISIVE: Final = ("codes", "closing")
_NUMBERS: Final = ("easting", "northing", "longitude", "latitude", "weight")
_REPEAT: Final = 610
_VULNERABLE: Final = 635
_NOT_ASB: Final = -2
_EXCLUDED: Final = -1
_SOME_ASB: Final = -3
_POLICE: Final = -4
# The column of a file of stops that says what one row was.
_KIND: Final = "heading"
# How the simulator marks what it writes in another source's layout.
_SIMULATED: Final = "simulated"


@dataclass(frozen=True)
class Conventions:
    """How one source says things: decided on its first rows, kept for all of them.

    Parameters
    ----------
    layout : Layout
        The arrangement of its columns.
    columns : dict of str to tuple of str
        The columns that play each part.
    decimals : frozenset of str
        Parts whose numbers have a decimal comma.
    start, end : TimeRules
        How it says when.
    points : PointRules
        How it says where.
    crime_part : str
        Part with the type of crime; "" if all rows are anti-social behaviour.
    meanings : dict of str to str
        The caller's own meaning of texts in the columns of codes.
    source : str
        What the incidents' `source` says.
    noun : str
        What one row is, in the plural.
    notes : tuple of str
        What to tell the user.
    borrowed : str
        Order of day and month that the dates of another source prove; "" if none was needed.
    """

    layout: Layout
    columns: dict[str, tuple[str, ...]]
    decimals: frozenset[str]
    start: TimeRules
    end: TimeRules
    points: PointRules
    crime_part: str
    meanings: dict[str, str]
    source: str
    noun: str
    notes: tuple[str, ...]
    borrowed: str = ""


@dataclass(frozen=True)
class Judged:
    """What became of the rows of a chunk.

    Parameters
    ----------
    lines : array of int64
        Line of each row, the broken ones last.
    reason : array of int8
        Position in `CODES_OF_REASONS` of why each was left out; `ACCEPTED` if it was not.
    detail : callable
        Gives what was wrong with some rows of one reason (positions, at least one), as texts.
    accepted : Batch
        The accepted rows.
    months : set of pair of str
        Force and month of the rows, of a source that says both.
    n_disproving : int
        Rows whose dates disprove an order of day and month that was only assumed.
    remarks : dict of str to int
        What to tell the user about some rows, with `ROWS` for how many, and their number.
    """

    lines: Integers
    reason: np.ndarray[Any, np.dtype[np.int8]]
    detail: Callable[[Integers], pa.Array]
    accepted: Batch
    months: set[tuple[str, str]]
    n_disproving: int
    remarks: dict[str, int]


def decide(chunk: RawChunk, name: str, mapping: ColumnMapping, crs: object) -> Conventions:
    """Decide how a source says things, on its first rows.

    Parameters
    ----------
    chunk : RawChunk
        The first rows.
    name : str
        The source, for messages.
    mapping : Mapping
        What the caller says about columns and codes; it overrules what is recognised.
    crs : object
        Coordinate system of the source's points, or None.

    Returns
    -------
    Conventions
        For all rows of the source.

    Raises
    ------
    InputError
        If the layout cannot be recognised or something that the caller says does not fit.
    """
    names = chunk.table.column_names
    layout, columns = match_layout(names, name, mapping)
    noun = mapping.noun or layout.noun
    parts = Parts(chunk.table, columns)
    with_commas = [part for part in _NUMBERS if part in parts and parts.has_commas(part)]
    decimals = frozenset(part for part in with_commas if parts.has_decimals(part))
    parts = Parts(chunk.table, columns, decimals=decimals)
    start, end, notes = decide_times(parts, mapping.date_order)
    points, said = decide_points(parts, mapping.crs or crs)
    notes += said
    notes += [
        f"commas in {', '.join(parts.columns[part])} were read as "
        f"{'decimal commas' if part in decimals else 'separators of thousands'}"
        for part in with_commas
    ]
    crime_part = _crime_part(parts)
    if not {"codes", "closing", "asb_type", "heading", "crime_type"} & set(columns):
        notes.append(f"no column of codes or types: all rows are taken to be {noun}")
    if layout.aliases or layout.name == OWN:
        notes.append(_columns_in_words(columns, names))
    return Conventions(
        layout=layout,
        columns=columns,
        decimals=decimals,
        start=start,
        end=end,
        points=points,
        crime_part=crime_part,
        meanings=mapping.meanings(),
        source=_source(parts, layout),
        noun=noun,
        notes=tuple(notes),
    )


def judge(chunk: RawChunk, name: str, conventions: Conventions) -> Judged:
    """Parse a chunk and decide the outcome of every row.

    Parameters
    ----------
    chunk : RawChunk
        The rows as they were given.
    name : str
        Their source.
    conventions : Conventions
        How the source says things.

    Returns
    -------
    Judged
        The accepted rows, and why each other row was left out.
    """
    n_rows = chunk.table.num_rows
    reason = np.full(n_rows + len(chunk.broken), ACCEPTED, dtype=np.int8)
    broken = [CODES_OF_REASONS.index(why) for why in chunk.broken["reason"]]
    reason[n_rows:] = broken
    marks = _Marks(reason[:n_rows])
    every = Parts(chunk.table, conventions.columns, decimals=conventions.decimals)
    codes = _all_codes(every, conventions.meanings)
    _mark_scope(every, conventions, codes, marks)

    kept = np.flatnonzero(marks.is_open)
    parts = every.take(kept) if len(kept) < n_rows else every
    marks.narrow(kept)
    when = read_times(parts, conventions.start)
    _mark_times(when, marks)
    points = read_points(parts, conventions.points)

    def shown() -> pa.Array:
        return shown_points(parts, conventions.points)

    marks.mark(points.is_broken, "bad_location", shown)
    marks.mark(points.is_outside & points.is_swapped, "swapped_location", shown)
    marks.mark(points.is_outside, "outside_great_britain", shown)
    weight, is_bad = _weights(parts)
    marks.mark(is_bad, "bad_weight", lambda: parts.text("weight"))
    precision = _precision(when, conventions)
    start = floor_months(when.moments.start, precision == MONTH)
    ends = _read_ends(parts, conventions)
    given_end = _given_ends(ends, conventions, start, marks)

    good = np.flatnonzero(marks.is_open)
    accepted = parts.take(good) if len(good) < len(parts) else parts
    rows = kept[good]
    batch = Batch(
        name=name,
        lines=chunk.lines[rows],
        start=start[good],
        end=ends_of(start[good], precision[good], given_end[good]),
        precision=precision[good],
        is_ambiguous=when.moments.is_ambiguous[good],
        easting=points.easting[good],
        northing=points.northing[good],
        weight=weight[good],
        area_code=accepted.distinct("area_code"),
        borough=_borough_codes(accepted),
        reference=accepted.text("id") if "id" in accepted else None,
        sources=frozenset({conventions.source}),
        rest=lambda chosen: _rest(accepted, conventions, codes[rows], chosen),
    )
    lines = np.append(chunk.lines, chunk.broken["line"].to_numpy(dtype=np.int64))
    details = pa.array(chunk.broken["detail"], type=pa.string())
    n_disproving = disproved(parts, conventions.start, when)
    if ends is not None:
        n_disproving += disproved(parts, conventions.end, ends)
    return Judged(
        lines,
        reason,
        marks.teller(n_rows, details),
        batch,
        _months_of(every) if {"force", "month"} <= set(every.columns) else set(),
        n_disproving,
        _remarks(every, parts, conventions, ends),
    )


def _remarks(
    every: Parts, parts: Parts, conventions: Conventions, ends: When | None
) -> dict[str, int]:
    """Count what to tell of all rows, and of those in scope."""
    start = conventions.start
    remarks = _about_words(every, parts, conventions)
    if "duplicate" in every:
        flags = every.distinct("duplicate")
        is_open = [word.lower() not in _YES | _NO for word in flags.texts()]
        remarks[
            f"'{every.columns['duplicate'][0]}' has values that are neither yes nor no "
            f"({ROWS}): taken as no duplicates"
        ] = int(flags.counts()[np.array(is_open, dtype=bool)].sum())
    order, other = ("day-first", "month-first")
    remarks[
        f"dates could be {order} or {other} ({ROWS}): read {order}, the British order; give "
        f"date_order='{other}' (--date-order {other}) if that is wrong"
    ] = newly_open(parts, start)
    if ends is not None:
        is_lost = ends.is_given & np.isnat(ends.moments.start)
        remarks[f"ends cannot be read and are taken as not given ({ROWS})"] = int(is_lost.sum())
    return {sentence: n for sentence, n in remarks.items() if n}


class _Marks:
    """The reasons of the rows of a chunk, the first one of each row, and what was given."""

    def __init__(self, reason: np.ndarray[Any, np.dtype[np.int8]]) -> None:
        self.reason = reason
        self.rows = np.arange(len(reason))
        self.details: dict[int, tuple[Integers, Callable[[], pa.Array]]] = {}

    @property
    def is_open(self) -> Flags:
        return np.asarray(self.reason[self.rows] == ACCEPTED)

    def narrow(self, kept: Integers) -> None:
        """Mark from now on only these rows."""
        self.rows = kept

    def mark(self, mask: Flags, why: str, given: Callable[[], pa.Array] | None = None) -> None:
        """Give a reason to the rows of a mask that have none yet."""
        if not mask.any():
            return
        new = mask & self.is_open
        code = CODES_OF_REASONS.index(why)
        self.reason[self.rows[new]] = code
        if given is not None:
            self.details[code] = (self.rows, given)

    def teller(self, n_rows: int, broken: pa.Array) -> Callable[[Integers], pa.Array]:
        """Give the function that says what was wrong with rows of one reason, in order."""
        reason, details = self.reason, self.details

        def tell(positions: Integers) -> pa.Array:
            if positions[0] >= n_rows:
                return broken.take(pa.array(positions - n_rows))
            if int(reason[positions[0]]) not in details:
                return pa.array([""]).take(pa.array(np.zeros(len(positions), dtype=np.int64)))
            rows, given = details[int(reason[positions[0]])]
            texts = as_text(given().take(pa.array(np.searchsorted(rows, positions))))
            return pc.fill_null(pc.utf8_slice_codeunits(texts, 0, LONGEST_DETAIL), "")

        return tell


def _mark_scope(
    parts: Parts, conventions: Conventions, codes: np.ndarray[Any, Any], marks: _Marks
) -> None:
    if conventions.crime_part:
        crime = parts.distinct(conventions.crime_part)
        is_asb = crime.spread(
            [_plain(word) in _ASB_CRIME_TYPES for word in crime.texts()], missing=False
        ).astype(bool)
        # A column of headings may say "ASB" of one row and "Noise" of another.
        is_asb |= np.isin(codes, _asb_codes()).any(axis=1)
        marks.mark(~is_asb, "other_crime_type", crime.column)
    if "duplicate" in parts:
        flag = parts.distinct("duplicate")
        is_flagged = flag.spread([word.lower() in _YES for word in flag.texts()], missing=False)
        marks.mark(is_flagged.astype(bool), "flagged_duplicate")
    _mark_police(parts, conventions, codes, marks)
    has_codes = any(part in parts for part in _CODE_PARTS)
    if has_codes:
        for role, why in (("excluded", "excluded_code"), ("recall", "recall")):
            wanted = [*_of_roles(role), _EXCLUDED] if role == "excluded" else _of_roles(role)
            first = _first_of(codes, wanted)
            texts = pa.array(np.maximum(first, 0)).cast(pa.string())
            marks.mark(first != 0, why, lambda texts=texts: texts)  # type: ignore[misc]
        is_asb = np.asarray(np.isin(codes, _asb_codes()).any(axis=1))
        must = any(part in parts for part in _DECISIVE)
        is_other = (codes == _NOT_ASB).any(axis=1)
        words = next(part for part in (*_DECISIVE, *_CODE_PARTS) if part in parts)
        marks.mark(~is_asb if must else ~is_asb & is_other, "not_asb", lambda: parts.text(words))
    if "weight" in parts:
        marks.mark(parts.number("weight") == 0, "zero_weight")


def _mark_police(
    parts: Parts, conventions: Conventions, codes: np.ndarray[Any, Any], marks: _Marks
) -> None:
    """Set aside what police activity generated: by file, by code, by channel, by its words."""
    if conventions.layout.is_police_generated:
        marks.mark(np.ones(len(parts), dtype=bool), "police_generated", lambda: parts.text(_KIND))
        return
    first = _first_of(codes, police_codes())
    is_police = first != 0
    found: list[tuple[Flags, Distinct]] = []
    meanings = conventions.meanings
    for part in ("channel", *_CODE_PARTS):
        for column in parts.columns.get(part, ()):
            words = distinct(parts.column(column))
            # What the caller says about a text overrules what is recognised.
            said = [
                meanings[plain_text(text)] == POLICE
                if plain_text(text) in meanings
                else means_police(text, is_channel=part == "channel")
                for text in words.texts()
            ]
            if any(said):
                found.append((words.spread(said, missing=False).astype(bool) & ~is_police, words))
                is_police = is_police | found[-1][0]

    def shown() -> pa.Array:
        texts = pd.Series(first).astype("str")
        for is_new, words in found:
            texts = texts.mask(is_new, text_series(words.column()))
        return pa.array(texts, from_pandas=True)

    marks.mark(is_police, "police_generated", shown)


def _mark_times(when: When, marks: _Marks) -> None:
    def shown() -> pa.Array:
        return when.shown

    moments = when.moments
    marks.mark(~when.is_given, "missing_time")
    marks.mark(moments.is_nonexistent, "nonexistent_time", shown)
    marks.mark(np.isnat(moments.start), "bad_time", shown)
    marks.mark(moments.start > _tomorrow(), "future_time", shown)
    marks.mark(moments.start < _EARLIEST, "old_time", shown)


def _tomorrow() -> np.datetime64:
    return np.datetime64("now", "us") + np.timedelta64(1, "D")


def _weights(parts: Parts) -> tuple[Integers, Flags]:
    """Give the weights in millionths, and which are none."""
    if "weight" not in parts:
        return np.full(len(parts), MILLIONTHS, dtype=np.int64), np.zeros(len(parts), dtype=bool)
    given = parts.number("weight")
    is_good = (given >= _SMALLEST_WEIGHT) & (given <= LARGEST_WEIGHT)
    rounded = np.rint(np.where(is_good, given, 0.0) * MILLIONTHS).astype(np.int64)
    return rounded, ~is_good


def _precision(when: When, conventions: Conventions) -> np.ndarray[Any, np.dtype[np.int8]]:
    precision = when.moments.precision
    if conventions.start.whole == "month":
        return np.full(len(precision), MONTH, dtype=np.int8)
    if conventions.layout.has_whole_hours:
        return np.where(precision == MINUTE, HOUR, precision).astype(np.int8)
    return precision


def _read_ends(parts: Parts, conventions: Conventions) -> When | None:
    """Read the ends that the source states, if it states any."""
    rules = conventions.end
    return read_times(parts, rules) if rules.whole or rules.date else None


def _given_ends(
    when: When | None, conventions: Conventions, start: np.ndarray[Any, Any], marks: _Marks
) -> np.ndarray[Any, Any]:
    """Give the ends that the source states; NaT where there is none or it cannot be read."""
    never = np.full(len(start), _NEVER)
    if when is None:
        return never
    moments = when.moments
    # A date that ends an interval lasts to its midnight.
    end = ends_of(moments.start, moments.precision, never)
    end = np.where(np.isnat(end), moments.start, end)
    # What a system fills in for "still open" is no end.
    end = np.where(end > _tomorrow() + _A_MONTH, _NEVER, end)
    # Of an hour that comes twice the first is taken; an interval may show that it was the second.
    end = np.where(moments.is_ambiguous & (end < start), end + _AN_HOUR, end)
    if conventions.end.is_of_start:
        # A clock time alone that is before the start is of the next day; none is no end.
        end = np.where(moments.precision == MINUTE, end, _NEVER)
        next_day = london_utc(london_wall(end) + np.timedelta64(1, "D"))
        end = np.where(end < start, next_day, end)
    marks.mark(end < start, "end_before_start", lambda: when.shown)
    return end


def _rest(
    parts: Parts, conventions: Conventions, codes: np.ndarray[Any, Any], chosen: Integers | None
) -> pd.DataFrame:
    """Give the columns of accepted rows that only a table of incidents needs."""
    if chosen is not None:
        parts, codes = parts.take(chosen), codes[chosen]
    columns = {
        "asb_type": _of_role(codes, "type"),
        "heading": _headings(parts, codes),
        "qualifiers": _qualifiers(codes),
        "source": text_series(pa.repeat(conventions.source, len(parts))),
        "channel": text_series(parts.text("channel")),
        "location": text_series(parts.text("location")),
        "person_key": text_series(parts.text("person_key")),
        "is_flagged_repeat": (codes == _REPEAT).any(axis=1),
        "is_flagged_vulnerable": (codes == _VULNERABLE).any(axis=1),
    }
    used = {column for names in conventions.columns.values() for column in names}
    extra = [name for name in parts.table.column_names if name not in {*used, POINT_X, POINT_Y}]
    others = {f"{EXTRA}{name}": parts.column(name).to_pandas() for name in extra}
    return pd.DataFrame({**columns, **others})


def _columns_in_words(columns: Mapping[str, tuple[str, ...]], names: list[str]) -> str:
    """Say which column was taken for what, and which were not used."""
    used = [
        f"{part} = {', '.join(own)}"
        for part, own in columns.items()
        if own[0] not in (POINT_X, POINT_Y)
    ]
    taken = {column for own in columns.values() for column in own} | {POINT_X, POINT_Y}
    rest = [name for name in names if name not in taken]
    said = f"columns: {'; '.join(used)}"
    return said + (f"; not used: {', '.join(rest)}" if rest else "")


def _all_codes(parts: Parts, meanings: Mapping[str, str]) -> np.ndarray[Any, Any]:
    """Give the codes of every row as whole numbers, a column each, closing codes first; 0: none."""
    names = codes_by_name()
    own = {text: _code_of(meaning, names) for text, meaning in meanings.items()}
    found = []
    for part in _CODE_PARTS:
        for column in parts.columns.get(part, ()):
            different = distinct(parts.column(column))
            lists = [_split(text, names, own) for text in different.texts()]
            longest = max((len(codes) for codes in lists), default=0)
            table = np.zeros((len(lists) + 1, longest), dtype=np.int32)
            for row, codes in enumerate(lists):
                table[row, : len(codes)] = codes
            found.append(table[different.codes])  # no text has code −1: the last row, no codes
    # Never without a column: a chunk without any code is judged like the others.
    return np.column_stack([*found, np.zeros(len(parts), dtype=np.int32)])


def _about_words(every: Parts, parts: Parts, conventions: Conventions) -> dict[str, int]:
    """Count the rows with codes, a type or a heading in words that are not known."""
    said: dict[str, int] = {}
    if conventions.crime_part:
        return said
    names = codes_by_name()
    own = {text: _code_of(meaning, names) for text, meaning in conventions.meanings.items()}
    is_decided = any(part in every for part in _DECISIVE)
    for part in _DECISIVE if is_decided else ("heading", "asb_type"):
        words = (every if is_decided else parts).distinct(part)
        is_known = [bool(_split(text, names, own)) for text in words.texts()]
        taken = (
            f"taken as no {conventions.noun}, unless another code says that they are"
            if is_decided
            else f"counted as {conventions.noun}, under those words"
        )
        if part in every:
            said[
                f"words in '{every.columns[part][0]}' are not known here ({ROWS}): {taken}. "
                "'hotspots check --suggest' proposes what they mean"
            ] = int(words.counts()[~np.array(is_known, dtype=bool)].sum())
    return said


def _code_of(meaning: str, names: Mapping[str, str]) -> int:
    special = {EXCLUDED: _EXCLUDED, NOT_ASB: _NOT_ASB, POLICE: _POLICE}
    return special[meaning] if meaning in special else int(names.get(meaning.lower(), meaning))


def _split(text: str, names: Mapping[str, str], own: Mapping[str, int]) -> list[int]:
    """Read the codes in a cell: a name, a code, or several codes with anything between them."""
    plain = plain_text(text)
    if plain in own:
        return [own[plain]]
    if plain in names:
        return [int(names[plain])]
    parts = "".join(c if c in "0123456789" else " " for c in text).split()
    codes = [int(part) for part in parts if len(part) == _CODE_LENGTH]
    said = _ASB_WORDS.match(plain)
    if codes or said is None:
        return codes
    # "ASB - Noise" is noise, and "ASB: youths" is some anti-social behaviour.
    return [int(names.get(plain[said.end() :], _SOME_ASB))]


def _first_of(codes: np.ndarray[Any, Any], wanted: list[int]) -> np.ndarray[Any, Any]:
    """Give the first code of each row that is one of those wanted; 0 for none."""
    if codes.shape[1] == 0:
        return np.zeros(len(codes), dtype=np.int32)
    hit = np.isin(codes, wanted)
    first = codes[np.arange(len(codes)), hit.argmax(axis=1)]
    return np.where(hit.any(axis=1), first, 0)


def _asb_codes() -> list[int]:
    return [*_of_roles(*ASB_ROLES), _SOME_ASB]


def _of_roles(*roles: str) -> list[int]:
    return [int(code) for code, entry in load_codes().items() if entry.role in roles]


def _of_role(codes: np.ndarray[Any, Any], role: str) -> pd.Series[Any]:
    """Give the value of the first code of a role: the type or the heading."""
    wanted = _of_roles(role)
    values = pa.array([load_codes()[str(code)].value for code in wanted])
    place = {code: number for number, code in enumerate(wanted)}
    first = _first_of(codes, wanted)
    different, row = np.unique(first, return_inverse=True)
    position = np.array([place.get(int(code), -1) for code in different], dtype=np.int64)[row]
    return text_series(values.take(pa.array(position, mask=position < 0)))


def _headings(parts: Parts, codes: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """Give the heading of the code, else the one in the source's own words."""
    values = _of_role(codes, "heading")
    own = parts.distinct("heading" if "heading" in parts else "asb_type")
    # A type has its own column.
    is_type = np.array([text.lower() in ASB_TYPES for text in own.texts()], dtype=bool)
    is_word = own.spread(~is_type, missing=False)
    return values.where(values.notna() | ~is_word, text_series(own.column()))


def _qualifiers(codes: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """Join the qualifier codes of each row with commas, each once."""
    if not codes.any():
        return text_series(pa.nulls(len(codes), pa.string()))
    joined = pd.Series("", index=range(len(codes)), dtype="str")
    for code in _of_roles("qualifier"):
        has = (codes == code).any(axis=1)
        if has.any():
            joined[has] = joined[has] + f",{code}"
    return joined.str.removeprefix(",").mask(joined == "")


def _months_of(parts: Parts) -> set[tuple[str, str]]:
    force, month = parts.distinct("force"), parts.distinct("month")
    width = len(month.entries) + 1
    pairs = pd.unique((force.codes + 1) * width + month.codes + 1)
    forces, months = ["", *force.texts()], ["", *month.texts()]
    return {(forces[pair // width], months[pair % width]) for pair in pairs.tolist()}


def _plain(words: str) -> str:
    return words.lower().replace("-", " ")


def _crime_part(parts: Parts) -> str:
    """Name the part with crime types, if the table has several: some call the column category."""
    if "crime_type" in parts:
        return "crime_type"
    headings = parts.distinct("heading").texts()
    return "heading" if any(_plain(word) in _ASB_CRIME_TYPES for word in headings) else ""


def _borough_codes(parts: Parts) -> Distinct:
    """Give the GSS code of the borough that the source names."""
    named = parts.distinct("borough_name")
    if len(named.entries) == 0:
        return named
    boroughs = load_boroughs(city=True)
    code_of = dict(zip(boroughs["name"].str.lower(), boroughs.index, strict=True))
    code_of |= {code.lower(): code for code in boroughs.index}
    found = [code_of.get(name.lower().replace("&", "and")) for name in named.texts()]
    position = np.arange(len(found))
    position[[code is None for code in found]] = -1
    values = pa.array(["" if code is None else str(code) for code in found])
    return Distinct(values, np.append(position, -1)[named.codes])


def _source(parts: Parts, layout: Layout) -> str:
    """Name the layout, or say that the source is simulated: one such row is enough."""
    for part in ("location", "force"):
        if any(_SIMULATED in words.lower() for words in parts.distinct(part).texts()):
            return _SIMULATED
    return layout.name
