"""Times of a source to moments on the London clock, saying how finely each is known.

How a column is written is decided once, on its values: the order of day and month, what numbers
count, and whether midnights are times. Each decision that might have been another is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

import numpy as np

from hotspots.errors import invalid
from hotspots.incidents.cells import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    TYPED,
    WRITTEN,
    Cells,
    Numbers,
    Order,
    read_cells,
    read_numbers,
)
from hotspots.times import localise, london_wall
from hotspots.words import count

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.incidents.cells import Bytes, Flags, Integers, Times

Evidence = Literal["none", "open", "proved", "given"]

_MICROS_IN_DAY: Final = 86_400_000_000
_LEAST_SHARE: Final = 0.9
_LEAST_EVIDENCE: Final = 20
_HEAP: Final = 3
_LAST_SWAPPABLE_DAY: Final = 12
_MEANINGS: Final[dict[Numbers, str]] = {
    "excel_days": "the days of a spreadsheet",
    "epoch_seconds": "seconds since 1970",
    "epoch_milliseconds": "milliseconds since 1970",
}


@dataclass(frozen=True)
class ClockRules:
    """How the times of one column are written: decided once a source, on its first values.

    Parameters
    ----------
    order : {"day-first", "month-first"}
        What 03/04/2024 means.
    numbers : {"none", "excel_days", "epoch_seconds", "epoch_milliseconds"}
        What plain numbers count: days since 1899-12-30 on the London clock, or seconds or
        milliseconds since 1970 in UTC; "none" if they cannot be read.
    has_only_dates : bool
        Every clock time is midnight: the column holds dates.
    is_midnight_heaped : bool
        Far more times are 00:00 than any other full hour: 00:00 stands for "time not known".
    notes : tuple of str
        What was decided, on what evidence, and what to type instead, in sentences.
    evidence : {"none", "open", "proved", "given"}
        What the order of day and month rests on: no date shows it, as every one begins with the
        year; some could be in either order; some are possible in one only; or the caller said so.
    """

    order: Order = "day-first"
    numbers: Numbers = "none"
    has_only_dates: bool = False
    is_midnight_heaped: bool = False
    notes: tuple[str, ...] = ()
    evidence: Evidence = "none"

    @property
    def is_settled(self) -> bool:
        """Whether the order of day and month is known, and not just assumed."""
        return self.evidence in ("proved", "given")


@dataclass(frozen=True)
class Moments:
    """Times that were read, one entry a value.

    Parameters
    ----------
    start : array of datetime64[us]
        The moment in UTC; NaT where it cannot be read or does not exist.
    precision : array of int8
        How finely it is known, as a position in `hotspots.tables.PRECISIONS`; 0 where there is no
        moment.
    is_ambiguous : array of bool
        Whether the clock showed that hour twice; the first was taken.
    is_nonexistent : array of bool
        Whether the clock skipped it.
    """

    start: Times
    precision: Bytes
    is_ambiguous: Flags
    is_nonexistent: Flags


def decide_clock(
    values: pd.Series[Any], *, n: Integers | None = None, order: str = "auto"
) -> ClockRules:
    """Decide how the times of a column are written.

    Parameters
    ----------
    values : Series
        Texts, times, dates, numbers or a mixture, as for `read_moments`; best each value once.
    n : array of int, optional
        How often each value occurs; by default once.
    order : {"auto", "day-first", "month-first"}
        What 03/04/2024 means. With "auto" the dates with a part over 12 decide; if there are none,
        the British order is taken.

    Returns
    -------
    ClockRules
        With a note for everything that might have been decided otherwise.

    Raises
    ------
    InputError
        If `order` is none of the three.

    Notes
    -----
    A date proves an order if it is possible in that order only. If both are proven, the one with
    more dates is taken; dates that only fit the other one are not read.

    Numbers are read if nine tenths of them lie in one range: 20,000–80,000 (Excel's days, 1954 to
    2119), 1e9–4e9 (seconds, 2001 to 2096) or 1e12–4e12 (milliseconds). Numbers written as texts
    must be nine tenths of all texts with a digit.

    00:00 stands for "time not known" if at least 20 times are exactly 00:00 and these are more
    than three times as many as at any other full hour. If every time is 00:00, on several dates,
    the column holds dates; so it does if at least 20 times are all 00:00 in UTC.

    **Caveats.** A column without a day over 12 is read day-first on no evidence; a note says so.

    Examples
    --------
    >>> import pandas as pd
    >>> decide_clock(pd.Series(["12/25/2024", "01/02/2025"])).order
    'month-first'
    >>> rules = decide_clock(pd.Series(["03/04/2024 18:30", "05/04/2024 02:15"]))
    >>> rules.order
    'day-first'
    >>> rules.notes[0]
    "the dates could be day-first or month-first (such as 03/04/2024): read day-first, ..."
    """
    if order not in ("auto", *get_args(Order)):
        raise invalid("date_order", order, "'auto', 'day-first' or 'month-first'")
    return _decide(values, read_cells(values), n, order)


def read_moments(values: pd.Series[Any], rules: ClockRules | None = None) -> Moments:
    """Read a column of texts, times, dates or numbers as moments on the London clock.

    Parameters
    ----------
    values : Series
        Texts; times without a zone, taken to be on the London clock, or with one; dates; numbers;
        or a mixture, of which each value is read by its kind. Anything else is not read.
    rules : ClockRules, optional
        How they are written, from `decide_clock`; by default decided on these values.

    Returns
    -------
    Moments
        One entry a value, in the order of the values.

    Notes
    -----
    Dates: ISO 8601, with or without dashes; day, month and year between `/`, `-` or `.`, the year
    in four digits or in two (00–69 are 2000–2069); English names of months; the year first; a
    month alone (2024-01, 01/2024, Jan 2024). A weekday may stand before. Clock times: 18:30,
    18:30:15.25, 18.30, 1830, 6:30 pm, 6 pm; 24:00 is the next midnight. An offset, Z, UTC, GMT or
    BST after a clock time makes it a moment in UTC. A time without minutes is known to the hour.

    An hour that the London clock shows twice is read as the first and flagged; one that it skips
    is missing and flagged. A time with an offset is neither.

    **Caveats.** A weekday is not compared with its date. A year in two digits is never the first
    part: 24-11-03 is 24 November 2003.

    Examples
    --------
    >>> import pandas as pd
    >>> moments = read_moments(pd.Series(["30/03/2025 01:30", "1 July 2025 6:30pm", "31/02/2025"]))
    >>> moments.start.astype("datetime64[m]").astype(str).tolist()
    ['NaT', '2025-07-01T17:30', 'NaT']
    >>> moments.is_nonexistent.tolist()
    [True, False, False]
    """
    cells = read_cells(values)
    if rules is None:
        rules = _decide(values, cells, None, "auto")
    times, is_utc = cells.times(rules.order, rules.numbers)
    if rules.has_only_dates and is_utc.any():
        # A date that a system wrote as midnight in UTC; in summer that is 01:00 in London.
        is_utc = is_utc & ~_is_midnight(times)
    start, is_ambiguous, is_nonexistent = _to_utc(times, is_utc)
    precision = np.maximum(cells.stated, np.int8(MINUTE))
    if rules.has_only_dates or rules.is_midnight_heaped:
        precision[_is_clock(cells.stated) & _is_midnight(_to_wall(times, is_utc))] = DAY
    precision[np.isnat(start)] = MINUTE
    return Moments(start, precision, is_ambiguous, is_nonexistent)


def _to_utc(times: Times, is_utc: Flags) -> tuple[Times, Flags, Flags]:
    """Give moments, and which hours come twice or never, of times of which some are in UTC."""
    if not is_utc.any():
        return localise(times)
    start, is_ambiguous, is_nonexistent = localise(np.where(is_utc, np.datetime64("NaT"), times))
    return np.where(is_utc, times, start), is_ambiguous, is_nonexistent


def _to_wall(times: Times, is_utc: Flags) -> Times:
    """Give times on the London clock, of times of which some are in UTC."""
    return np.where(is_utc, london_wall(times), times) if is_utc.any() else times


def _is_midnight(times: Times) -> Flags:
    return np.asarray(times.view(np.int64) % _MICROS_IN_DAY == 0)


def _is_clock(stated: Bytes) -> Flags:
    return np.asarray((stated == MINUTE) | (stated == HOUR))


@dataclass(frozen=True, eq=False)
class _Column:
    """The values of a column, what each says by itself, and how often it occurs."""

    values: pd.Series[Any]
    cells: Cells
    n: Integers

    def total(self, which: Flags) -> int:
        """Count the times that some values stand for."""
        return int(self.n[which].sum())

    @cached_property
    def proofs(self) -> tuple[Flags, Flags]:
        """Which dates are possible day-first only, and which month-first only."""
        left, right = ~np.isnat(self.cells.day_first), ~np.isnat(self.cells.month_first)
        return left & ~right, right & ~left

    @cached_property
    def is_open(self) -> Flags:
        """Which dates are possible in both orders, and differ."""
        # Neither holds for NaT.
        left, right = self.cells.day_first, self.cells.month_first
        return (left < right) | (left > right)

    def example(self, which: Flags) -> str:
        """Give the date in the earliest of some texts."""
        time = np.fmax(self.cells.day_first, self.cells.month_first)
        text = str(min(self.values[which & (time == time[which].min())]))
        found = re.search(r"[0-9]+([-/.])[0-9]+\1[0-9]+", text)
        return found.group() if found else text


def _decide(values: pd.Series[Any], cells: Cells, n: Integers | None, given: str) -> ClockRules:
    n = np.ones(len(values), np.int64) if n is None else np.asarray(n)
    column = _Column(values, cells, n)
    order, evidence, of_order = _decide_order(column, given)
    meaning, of_numbers = _decide_numbers(column)
    times, is_utc = cells.times(order, meaning)
    has_only_dates, is_heaped, of_midnights = _judge_midnights(column, times, is_utc, meaning)
    notes = (of_order, of_numbers, of_midnights, _notice_swapped(column, times))
    return ClockRules(
        order, meaning, has_only_dates, is_heaped, tuple(filter(None, notes)), evidence
    )


def _decide_order(column: _Column, given: str) -> tuple[Order, Evidence, str]:
    """Choose the order of day and month that more dates prove, and say why."""
    orders = get_args(Order)
    if given in orders:
        return cast("Order", given), "given", ""
    n = [column.total(proof) for proof in column.proofs]
    best = int(n[1] > n[0])
    order, other = orders[best], orders[1 - best]
    remedy = f"give date_order='{other}' (--date-order {other}) if that is wrong"
    if not any(n):
        if not column.is_open.any():
            return order, "none", ""
        example = column.example(column.is_open)
        said = f"the dates could be {order} or {other} (such as {example})"
        return order, "open", f"{said}: read {order}, the British order; {remedy}"
    if not n[1]:
        return order, "proved", ""
    example = column.example(column.proofs[best])
    said = f"{count(n[best], 'date')} can only be {order} (such as {example})"
    if not n[0]:
        return order, "proved", f"{said}: read {order}; {remedy}"
    example = column.example(column.proofs[1 - best])
    said += f" and {n[1 - best]:,} only {other} (such as {example})"
    return (
        order,
        "proved",
        f"{said}: read {order}, and the {n[1 - best]:,} not at all; {remedy}",
    )


def _decide_numbers(column: _Column) -> tuple[Numbers, str]:
    """Choose what plain numbers count by the range in which they lie, and say so."""
    cells, is_number = column.cells, ~np.isnan(column.cells.number)
    if not is_number.any():
        return "none", ""
    remedy = "write them as 2024-11-03 18:30"
    for kind in (TYPED, WRITTEN):
        n_values = column.total(cells.kind == kind)
        for meaning, name in _MEANINGS.items():
            is_in = (cells.kind == kind) & cells.is_in_range(meaning)
            if is_in.any() and column.total(is_in) >= _LEAST_SHARE * n_values:
                least = cells.number[is_in].min()
                time, is_utc = read_numbers(np.array([least])).times("day-first", meaning)
                shown = np.datetime_as_string(time, "s")[0].replace("T", " ")
                return meaning, (
                    f"the times are numbers: read as {name} ({least:.15g} is {shown}"
                    f"{' UTC' if is_utc[0] else ''}); if that is wrong, {remedy}"
                )
    is_time = ~np.isnat(cells.day_first) | ~np.isnat(cells.month_first)
    n_left, n_given = column.total(is_number), column.total(is_time | (cells.kind > 0))
    if n_left < (1 - _LEAST_SHARE) * n_given:
        return "none", ""
    return "none", (
        f"{n_left:,} of {count(n_given, 'time')} are plain numbers such as "
        f"{np.nanmin(cells.number):.15g}: not read; {remedy}"
    )


def _judge_midnights(
    column: _Column, times: Times, is_utc: Flags, meaning: Numbers
) -> tuple[bool, bool, str]:
    """Say whether a column holds only dates, and whether 00:00 stands for a time not known."""
    stated, is_read = column.cells.stated, ~np.isnat(times)
    is_clock = is_read & _is_clock(stated)
    n_clocks = column.total(is_read & (stated < DAY))
    if n_clocks == 0:
        return bool((is_read & (stated == DAY)).any()), False, ""
    wall = _to_wall(times, is_utc)
    n_midnights, *n_others = _count_full_hours(wall[is_clock], column.n[is_clock])
    # One midnight may be a time; several are dates, and so are numbers of whole days.
    days = wall[is_read].astype("datetime64[D]")
    are_dates = days.min() != days.max() or meaning == "excel_days"
    if are_dates and n_midnights == n_clocks:
        return True, False, "every time is 00:00: read as dates without a time"
    if are_dates and n_clocks >= _LEAST_EVIDENCE and is_utc[is_clock].all():
        in_utc = _count_full_hours(times[is_clock], column.n[is_clock])
        if in_utc[0] == n_clocks:
            return True, False, "every time is 00:00 in UTC: read as dates without a time"
    most = max(n_others)
    if n_midnights < _LEAST_EVIDENCE or n_midnights <= _HEAP * most:
        return False, False, ""
    many = f"{n_midnights / most:.3g} times as many as" if most else "and none is"
    note = f"{n_midnights:,} of {n_clocks:,} times are exactly 00:00, {many} at any other full hour"
    return False, True, f"{note}: taken as dates without a time"


def _count_full_hours(times: Times, n: Integers) -> list[int]:
    """Count the times that are exactly on each full hour of the day."""
    hour = times.astype("datetime64[h]")
    is_full = hour == times
    counts = np.bincount(hour[is_full].astype(np.int64) % 24, n[is_full], 24)
    return [int(count) for count in counts]


def _notice_swapped(column: _Column, times: Times) -> str:
    """Notice what is left when a spreadsheet reads dates in the other order.

    It turns texts that are dates in its order into dates of its own, with day and month swapped,
    and leaves the others as they are.
    """
    is_proof = column.proofs[0] | column.proofs[1]
    is_settled = ~(np.isnat(times) | is_proof) & (column.cells.stated != MONTH)
    n_settled = column.total(is_settled)
    if not is_proof.any() or column.is_open.any() or n_settled < _LEAST_EVIDENCE:
        return ""
    days = times[is_settled].astype("datetime64[D]")
    day = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    if day.max() > _LAST_SWAPPABLE_DAY or day.min() == day.max():
        return ""
    return (
        f"{n_settled:,} dates that are year-first or no texts all fall on the 1st to 12th, and "
        f"those such as {column.example(is_proof)} never do: a spreadsheet may have swapped day "
        "and month of the former; compare them with the source"
    )
