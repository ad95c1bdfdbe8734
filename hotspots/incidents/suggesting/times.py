"""Find the columns that say when: a moment, a date and a clock time, a month, and an end.

When something was reported or happened counts; when it was closed, updated or attended does not.
An interval that has both ends comes before the time of the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.incidents.names import ALIASES, RECORDED, family_of, key_of
from hotspots.incidents.suggesting.draft import (
    HINT,
    MOST,
    NEARLY_ALL,
    TIME_PARTS,
    likeness,
    listed,
    most,
    rank,
    shown,
)
from hotspots.words import percent

if TYPE_CHECKING:
    from hotspots.incidents.suggesting.draft import Draft
    from hotspots.incidents.suggesting.evidence import Column

_END_WORDS: Final = frozenset({"to", "end", "ended", "ends", "until", "latest", "last", "finish"})
_START_WORDS: Final = frozenset({"from", "start", "earliest", "first", "begin", "began", "between"})
_GOOD_WORDS: Final = frozenset(
    {"received", "recieved", "reported", "report", "call", "called", "incident", "occurred"}
    | {"occurrence", "event", "offence", "committed", "happened", "when", "complaint", "logged"}
    | {"created", "opened", "contact", *_START_WORDS}
)
_TIME_WORDS: Final = frozenset({"date", "time", "datetime", "timestamp", "day", "month", "dt"})
# When something else was: the end of the work, a change of the record, a person's birthday.
_WRONG_WORDS: Final = frozenset(
    {"dob", "due", "sla", "eta", "scene", "next", "age"}
    | {"response", "duration", "elapsed", "waiting"}
)
_WRONG_STEMS: Final = frozenset(
    {"close", "closing", "closure", "resol", "complet", "updat", "modif", "amend", "edit", "clear"}
    | {"dispatch", "despatch", "arriv", "attend", "assign", "allocat", "review", "target", "birth"}
    | {"export", "print", "extract", "expir", "payment", "tenanc", "cancel", "acknowledg", "visit"}
    | {"finali", "deploy", "upload", "import"}
)
_RECORDED_KEYS: Final = frozenset(map(key_of, RECORDED))
_TIE: Final = 0.05
_CLOSE_SCORE: Final = 1.3
_LONG_DAYS: Final = 60
_TIMES_LONGER: Final = 5


@dataclass(frozen=True, eq=False)
class _Way:
    """One way in which the table may say when something began."""

    columns: dict[str, Column]
    score: float

    @property
    def first(self) -> Column:
        return next(iter(self.columns.values()))


def find_times(draft: Draft) -> None:
    """Choose the columns of the time, or ask which they are."""
    times = [c for c in draft.free if c.moment_share >= MOST]
    months = [c for c in times if c.is_month]
    moments = [c for c in times if c not in months]
    clocks = [c for c in draft.free if c not in times and c.clock_share >= MOST]
    ways = [way for way in _ways(moments, clocks, months) if draft.agrees(way.columns, TIME_PARTS)]
    pairs = [(way, end) for way in ways for end in moments if _belong(way.first, end)]
    intervals = [(way, end) for way, end in pairs if _never_before(way.first, end) >= NEARLY_ALL]
    ways = [
        _Way(way.columns, way.score + any(way is other for other, _ in intervals)) for way in ways
    ]
    ways.sort(key=lambda way: -way.score)
    is_said = draft.is_said(*TIME_PARTS)
    if not ways or (ways[0].score < 0 and not is_said):
        if not is_said:
            _ask(draft, clocks)
        return
    chosen = _earliest([way for way in ways if ways[0].score - way.score < _TIE])
    for part, column in chosen.columns.items():
        draft.take(part, column, _why(part, column))
    ends = [end for way, end in intervals if way.first is chosen.first and end in draft.free]
    if ends:
        _take_end(draft, chosen, ends[0], clocks)
    elif "time" in chosen.columns:
        _take_end_clock(draft, chosen, clocks)
    for way, end in pairs:
        if way.first is chosen.first and end in draft.free and not ends:
            share = 1 - _never_before(way.first, end)
            draft.notes.append(
                f"{shown(end)} is called the end of {shown(way.first)}, but is before it in "
                f"{percent(share)} of the rows: it is left out."
            )
    if not ends:
        _propose_end(draft, chosen, moments)
    _note_others(draft, chosen, ways)
    _decide_order(draft)


def _ways(moments: list[Column], clocks: list[Column], months: list[Column]) -> list[_Way]:
    ways = []
    for column in moments:
        score = _score(column)
        if column.has_clock:
            ways.append(_Way({"start": column}, score + 1))
            continue
        for clock in clocks:
            together = _fit(column, clock)
            ways.append(_Way({"date": column, "time": clock}, score + 0.9 + together))
        ways.append(_Way({"date": column}, score))
    return ways + [_Way({"month": column}, _score(column) - 0.9) for column in months]


def _is_wrong(column: Column) -> bool:
    return bool(column.words & _WRONG_WORDS) or any(stem in column.key for stem in _WRONG_STEMS)


def _score(column: Column) -> float:
    """Say how well a name fits the beginning of an incident, the best of the known names first."""
    known = likeness(column, "start", "date", "month")
    if known:
        places = [rank(column, part) / len(ALIASES[part]) for part in ("start", "date", "month")]
        score = 2 + known - (column.key in _RECORDED_KEYS) * HINT - 0.2 * min(places)
    elif _is_wrong(column):
        score = -3.0
    elif column.words & _END_WORDS:
        score = -1.0
    elif column.words & _GOOD_WORDS:
        score = 2.0
    else:
        score = 1.5 if column.words & _TIME_WORDS else 1.0
    # A column with one value may be the day of the export; it may also be an extract of one day.
    is_export = column.is_constant and not column.is_month
    return score - 2 * is_export - (1 - column.filled)


def _fit(date: Column, clock: Column) -> float:
    """Say how well a clock time goes with a date."""
    if _is_wrong(clock) or clock.words & _END_WORDS:
        return -3.0
    families = family_of(date.name), family_of(clock.name)
    return 0.08 if families[0] == families[1] else 0.0


def _base(column: Column) -> frozenset[str]:
    return family_of(column.name) - _START_WORDS - _END_WORDS - _TIME_WORDS


def _belong(start: Column, end: Column) -> bool:
    """Say whether the names are those of the two ends of one interval."""
    if start is end or not end.words & _END_WORDS or start.words & _END_WORDS:
        return False
    return _base(start) == _base(end) and not _is_wrong(end)


def _never_before(start: Column, end: Column) -> float:
    """Give the share of the rows with both in which the end is not before the start."""
    both = start.is_moment & end.is_moment
    if not both.any():
        return 1.0
    a, b = start.moments[both], end.moments[both]
    if not (start.has_clock and end.has_clock):
        a, b = a.astype("datetime64[D]"), b.astype("datetime64[D]")
    return float((b >= a).mean())


def _earliest(ways: list[_Way]) -> _Way:
    """Choose among equals: what is nearly never after the others is when it began."""
    for way in ways:
        if all(_never_before(way.first, other.first) >= NEARLY_ALL for other in ways):
            return way
    return ways[0]


def _take_end(draft: Draft, start: _Way, end: Column, clocks: list[Column]) -> None:
    apart = not end.has_clock
    share = _never_before(start.first, end)
    why = f"not before the start in {percent(share)} of the rows"
    draft.take("end_date" if apart else "end", end, why)
    if share < 1:
        draft.notes.append(
            f"{shown(end)} is before the start in {percent(1 - share)} of the rows, which are then "
            "rejected; without its line they are kept."
        )
    if apart:
        _take_end_clock(draft, start, clocks)


def _take_end_clock(draft: Draft, start: _Way, clocks: list[Column]) -> None:
    of = {_base(column) for column in start.columns.values()}
    for clock in clocks:
        if clock in draft.free and clock.words & _END_WORDS and _base(clock) in of:
            draft.take("end_time", clock, _why("time", clock))
            return


def _propose_end(draft: Draft, start: _Way, moments: list[Column]) -> None:
    """Leave a line for a time that could be the end, where names say nothing."""
    for column in moments:
        silent = not (column.words & _GOOD_WORDS or _is_wrong(column))
        if (
            column in draft.free
            and silent
            and column.has_clock
            and "start" in start.columns
            and _never_before(start.first, column) >= NEARLY_ALL
        ):
            draft.propose(
                "columns",
                "end",
                column.name,
                "never before the start: is it the end of the interval in which it happened?",
            )
            return


def _note_others(draft: Draft, chosen: _Way, ways: list[_Way]) -> None:
    """Name the other columns whose names say that they could say when."""
    named = {value for table, _, value, _ in draft.proposals if table == "columns"}
    close = [way.first for way in ways if way.score > chosen.score - _CLOSE_SCORE]
    others = [
        column
        for column in dict.fromkeys(close)
        if column in draft.free and column.name not in named
    ]
    if others:
        draft.notes.append(
            f"Times are also in {listed(others)}: if one of these says when, name it in place of "
            f"{shown(chosen.first)}."
        )


def _why(part: str, column: Column) -> str:
    if part == "time":
        return most(column.clock_share, "clock times")
    kind = {"start": "dates and times", "date": "dates", "month": "months"}[part]
    return most(column.moment_share, kind)


def _ask(draft: Draft, clocks: list[Column]) -> None:
    called = [
        c
        for c in draft.free
        if likeness(c, "start", "date", "month") and c.n_filled and not _is_wrong(c)
    ]
    if called:
        column = min(called, key=lambda c: rank(c, "start"))
        draft.questions.append(
            f"How are the times in {shown(column)} written? Its name speaks of a time, but only "
            f"{percent(min(column.moment_share, 1.0))} of its values can be read as one."
        )
    elif clocks:
        draft.questions.append(
            f"Which column holds the date? {shown(clocks[0])} holds clock times without one. Write "
            'date = "…" below [columns].'
        )
    else:
        draft.questions.append(
            'Which column says when? None holds dates or times. Write start = "…" (or date and '
            "time, or month) below [columns]."
        )


def _decide_order(draft: Draft) -> None:
    """Say in which order day and month stand, if the dates show it."""
    used = [
        column
        for part in ("start", "date", "end", "end_date")
        for column in draft.parts.get(part, ())
        if column.order
    ]
    orders = {column.order for column in used}
    proven = orders - {"ambiguous"}
    if not used or draft.is_said("date_order"):
        return
    first = used[0]
    if proven in ({"day-first"}, {"month-first"}):
        order = proven.pop()
        place = "first" if order == "day-first" else "second"
        draft.date_order = "day-first" if order == "day-first" else "month-first"
        draft.reasons["date_order"] = f"days above 12 stand in the {place} place"
        return
    if proven:
        draft.questions.append(
            f"Are the dates in {shown(first)} day first or month first? Days above 12 stand in "
            "both places. Write date_order above [columns]."
        )
        return
    spans = [first.span("day-first"), first.span("month-first")]
    is_american = spans[0] > _LONG_DAYS and spans[0] > _TIMES_LONGER * spans[1]
    order = "month-first" if is_american else "day-first"
    why = (
        f"month first they span {spans[1]:.0f} days, day first {spans[0]:.0f}"
        if np.isfinite(spans).all()
        else "day first is the British order"
    )
    # As a line that counts it would silence the reader where later dates prove the other order.
    draft.propose("", "date_order", order, f"no day is above 12; {why}")
    draft.questions.append(
        f"Are the dates in {shown(first)} day first or month first? No day is above 12, so they do "
        f"not show it; {why}. Without the line date_order they are read day first, unless others "
        "prove the other order."
    )
