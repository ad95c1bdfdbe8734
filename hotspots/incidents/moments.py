"""The columns that say when, in whichever way a source divides them, to moments and their ends.

A moment may stand in one column, in one for the date and one for the clock, or be only a month; an
interval has a second such set for its end. The way is decided once a source, on its first rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.incidents.cells import DAY, HOUR, MINUTE, MONTH
from hotspots.incidents.clock import ClockRules, Moments, decide_clock, read_moments
from hotspots.incidents.parts import Distinct, Parts, as_text, distinct, is_text
from hotspots.times import london_utc, london_wall

if TYPE_CHECKING:
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Times = np.ndarray[Any, np.dtype[np.datetime64]]
    Numbers = np.ndarray[Any, np.dtype[np.float64]]

Style = Literal["clock", "dotted", "digits", "hours", "fraction"]

_NEVER: Final = np.datetime64("NaT", "us")
_DAY: Final = np.timedelta64(1, "D")
_SECONDS_IN_DAY: Final = 86_400
_HOURS_IN_DAY: Final = 24

# 7, 19:00, 19.00, 1900, 19:00:00, 7 pm; a spreadsheet may put a date of 1899 or 1900 before.
_CLOCK: Final = (
    r"^(?:(?:1899-12-3[01]|1900-01-0[01])[ T])?"
    r"(?P<hour>[0-9]{1,2})(?:[:.]?(?P<minute>[0-9]{2}))?(?:[:.](?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"(?:Z|\+00:?00)? ?(?P<half>[AaPp]\.?[Mm]\.?)?$"
)
# A date of which both of the first two numbers could be the month.
_OPEN: Final = r"^\s*(?:[A-Za-z]+[., ]+)?(?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|1[0-2])[-/.][0-9]{2}"


@dataclass(frozen=True)
class TimeRules:
    """How a source says when something began or ended.

    Parameters
    ----------
    whole : str
        Part with the whole moment; "" if date and clock are apart or there is none.
    date, clock : str
        Parts with the date and the clock time; "" for none.
    rules : ClockRules or None
        How the whole moments, or the dates, are written; None if there is neither.
    joined : ClockRules or None
        What the moments joined from date and clock show: whether midnights stand for days.
    style : {"clock", "dotted", "digits", "hours", "fraction"}
        How clock times are written: as they look; with a dot, so that 0.30 is half past midnight;
        in digits, so that 30 is too; as whole hours; or as parts of a day.
    is_of_start : bool
        Whether an end has the date of the start, and only a clock time of its own.
    """

    whole: str = ""
    date: str = ""
    clock: str = ""
    rules: ClockRules | None = None
    joined: ClockRules | None = None
    style: Style = "clock"
    is_of_start: bool = False


@dataclass(frozen=True)
class When:
    """When each row says that it was.

    Parameters
    ----------
    moments : Moments
        The moments.
    is_given : array of bool
        Whether the row says anything.
    shown : pyarrow.Array
        What it says, for lists of rejected rows.
    """

    moments: Moments
    is_given: np.ndarray[Any, np.dtype[np.bool_]]
    shown: pa.Array


def decide_times(parts: Parts, order: str) -> tuple[TimeRules, TimeRules, list[str]]:
    """Decide how a source says when things began and ended, on its first rows.

    Parameters
    ----------
    parts : Parts
        The first rows.
    order : {"auto", "day-first", "month-first"}
        Order of day and month, if it is known.

    Returns
    -------
    TimeRules, TimeRules, list of str
        The rules of start and end, and what to tell the user about them.
    """
    if "start" in parts:
        start = TimeRules(whole="start")
    elif "date" in parts:
        start = TimeRules(date="date", clock="time" if "time" in parts else "")
    else:
        start = TimeRules(whole="month")
    own = start.whole or start.date
    if "end" in parts and _is_clock(parts, "end"):
        end = TimeRules(date=own, clock="end", is_of_start=True)
    elif "end" in parts:
        end = TimeRules(whole="end")
    elif "end_date" in parts:
        end = TimeRules(date="end_date", clock="end_time" if "end_time" in parts else "")
    elif "end_time" in parts:
        end = TimeRules(date=own, clock="end_time", is_of_start=True)
    else:
        end = TimeRules()
    start, said = _decide(parts, start, order)
    # One system wrote both columns: what the dates of one prove holds for the other.
    end, more = _decide(parts, end, _order_of(start) or order)
    proved = _order_of(end)
    if proved and not _order_of(start):
        start, said = _decide(parts, start, proved)
        said.insert(0, f"the dates are {proved}, as those of the ends prove")
    return start, end, said + [sentence for sentence in more if sentence not in said]


def _order_of(rules: TimeRules) -> str:
    """Give the order of day and month if it is settled, else an empty text."""
    return rules.rules.order if rules.rules is not None and rules.rules.is_settled else ""


def _is_clock(parts: Parts, part: str) -> bool:
    """Say whether a column holds clock times without dates."""
    texts = parts.distinct(part).texts()
    return (
        len(texts) > 0
        and all(":" in text for text in texts)
        and not np.isnan(read_clock(texts)).any()
    )


def _decide(parts: Parts, rules: TimeRules, order: str) -> tuple[TimeRules, list[str]]:
    part = rules.whole or rules.date
    if not part:
        return rules, []
    values, n = _series(_values(parts, part))
    found = decide_clock(values, n=n, order=order)
    rules = replace(rules, rules=found)
    said = list(found.notes)
    if rules.clock:
        # That a date alone has no clock is no news.
        said = [sentence for sentence in said if "00:00" not in sentence]
        rules = replace(rules, style=_style_of(parts.distinct(rules.clock).texts()))
        when = read_times(parts, rules)
        walls, n = np.unique(london_wall(when.moments.start[_has_clock(when)]), return_counts=True)
        joined = decide_clock(pd.Series(walls), n=n)
        rules = replace(rules, joined=joined)
        said += joined.notes
    return rules, said


def _has_clock(when: When) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray((when.moments.precision <= HOUR) & ~np.isnat(when.moments.start))


def read_times(parts: Parts, rules: TimeRules) -> When:
    """Read the moments of some rows.

    Parameters
    ----------
    parts : Parts
        The rows.
    rules : TimeRules
        How their source says when.

    Returns
    -------
    When
        One entry a row.
    """
    if rules.whole:
        return _read_whole(parts, rules.whole, rules.rules)
    dates = _read_whole(parts, rules.date, rules.rules)
    if not rules.clock:
        return dates
    clock = parts.distinct(rules.clock)
    seconds = clock.spread(read_clock(clock.texts(), rules.style), np.nan)
    is_clock_given = clock.codes >= 0
    day = london_wall(dates.moments.start).astype("datetime64[D]").astype("datetime64[us]")
    is_joined = is_clock_given & ~np.isnan(seconds) & ~np.isnat(day)
    wall = np.full(len(day), _NEVER)
    passed = seconds[is_joined] * 1e6
    wall[is_joined] = day[is_joined] + passed.astype("timedelta64[us]")
    joined = read_moments(pd.Series(wall), rules.joined)
    # A clock time that cannot be read leaves the row without a moment; none at all, with a day.
    is_day = ~is_clock_given & ~np.isnat(dates.moments.start)
    known = np.where(joined.precision == MINUTE, HOUR, joined.precision)
    precision = known if rules.style == "hours" else joined.precision
    precision = np.where(is_day, DAY, precision).astype(np.int8)
    moments = Moments(
        np.where(is_day, dates.moments.start, joined.start),
        precision,
        joined.is_ambiguous,
        joined.is_nonexistent,
    )
    shown = pc.binary_join_element_wise(
        pc.fill_null(as_text(dates.shown), ""), pc.fill_null(parts.text(rules.clock), ""), " "
    )
    return When(moments, dates.is_given, pc.utf8_trim_whitespace(shown))


def _read_whole(parts: Parts, part: str, rules: ClockRules | None) -> When:
    column = _values(parts, part)
    if not isinstance(column, Distinct):
        moments = read_moments(pd.Series(column.to_numpy(zero_copy_only=False)), rules)
        is_given = pc.is_valid(column).to_numpy(zero_copy_only=False)
        return When(moments, is_given, column)
    values, _ = _series(column)
    few = read_moments(values, rules)
    moments = Moments(
        column.spread(few.start, _NEVER),
        column.spread(few.precision, np.int8(MINUTE)),
        column.spread(few.is_ambiguous, missing=False),
        column.spread(few.is_nonexistent, missing=False),
    )
    return When(moments, column.codes >= 0, column.column())


def _values(parts: Parts, part: str) -> Distinct | pa.Array:
    """Give a column of naive times as it is, and anything else by its different values."""
    column = parts.raw(part)
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        return column
    return distinct(column, typed=True)


def _series(column: Distinct | pa.Array) -> tuple[pd.Series[Any], np.ndarray[Any, Any]]:
    """Give the values as a Series, with how often each occurs."""
    if isinstance(column, Distinct):
        return pd.Series(column.entries.to_pandas()), column.counts()
    times = column.drop_null().to_numpy(zero_copy_only=False)
    values, n = np.unique(times, return_counts=True)
    return pd.Series(values), n


def _style_of(texts: list[str]) -> Style:
    """Say how the clock times of a column are written."""
    words = pd.Series(texts, dtype="object")
    is_part = words.str.fullmatch(r"0?\.[0-9]+").astype(bool)
    # 0.30 may be half past midnight, 0.75 and 0.5208 may not; 19.30 is no part of a day.
    n_parts = int((is_part & ~words.str.fullmatch(r"0?\.[0-5][0-9]").astype(bool)).sum())
    n_dotted = int(words.str.fullmatch(r"[1-9][0-9]?\.[0-5][0-9]").astype(bool).sum())
    if n_dotted > n_parts:
        return "dotted"
    if is_part.any():
        return "fraction"
    if words.str.fullmatch(r"[0-9]{1,2}").all() and len(words):
        # 4 and 58 in one column are minutes past midnight: no clock has 58 hours.
        return "hours" if (words.astype("int64") <= _HOURS_IN_DAY).all() else "digits"
    return "digits" if words.str.fullmatch(r"[0-9]{3,4}").any() else "clock"


def disproved(parts: Parts, rules: TimeRules, when: When) -> int:
    """Count the rows whose dates disprove an order of day and month that was only assumed.

    Parameters
    ----------
    parts : Parts
        Some rows.
    rules : TimeRules
        How their source says when.
    when : When
        The rows as they were read by these rules.

    Returns
    -------
    int
        Rows that cannot be read, and can in the other order; 0 if the order is settled.
    """
    rows = np.flatnonzero(when.is_given & np.isnat(when.moments.start))
    if rules.rules is None or rules.rules.is_settled or len(rows) == 0:
        return 0
    other: Literal["day-first", "month-first"]
    other = "month-first" if rules.rules.order == "day-first" else "day-first"
    turned = replace(rules, rules=replace(rules.rules, order=other))
    again = read_times(parts.take(rows), turned)
    return int((~np.isnat(again.moments.start)).sum())


def newly_open(parts: Parts, rules: TimeRules) -> int:
    """Count the dates that could be in either order, of a source whose first rows had no such."""
    part = rules.whole or rules.date
    if rules.rules is None or rules.rules.evidence != "none" or not is_text(parts.raw(part)):
        return 0
    is_open = pc.match_substring_regex(as_text(parts.raw(part)), _OPEN)
    return pc.sum(is_open).as_py() or 0


def read_clock(texts: list[str], style: Style = "clock") -> Numbers:
    """Read clock times without a date as seconds since midnight.

    Parameters
    ----------
    texts : list of str
        Such as "19:00", "1900", "7 pm" or a spreadsheet's fraction of a day, "0.79166".
    style : {"clock", "dotted", "digits", "hours", "fraction"}
        How they are written; see `TimeRules`.

    Returns
    -------
    array of float
        NaN where it is no clock time. 24:00 is the midnight that follows.
    """
    words = pd.Series(texts, dtype="object")
    if style == "digits":
        words = words.mask(words.str.fullmatch(r"[0-9]{1,3}").astype(bool), words.str.zfill(4))
    found = words.str.extract(_CLOCK)
    hour, minute, second = (
        pd.to_numeric(found[name]).astype("float64") for name in ("hour", "minute", "second")
    )
    half = found["half"].str.lower().str.replace(".", "")
    is_twelve = hour == 12  # noqa: PLR2004 (noon and midnight of the clock)
    hour = hour.mask((half == "am") & is_twelve, 0).mask((half == "pm") & ~is_twelve, hour + 12)
    seconds = hour * 3600 + minute.fillna(0) * 60 + second.fillna(0)
    bounds = (minute.fillna(0) < 60) & (second.fillna(0) < 60)  # noqa: PLR2004
    seconds = seconds.where(bounds)
    if style == "fraction":
        is_part = words.str.fullmatch(r"[01]?\.[0-9]+|[01]").astype(bool)
        part = pd.to_numeric(words.where(is_part), errors="coerce")
        seconds = seconds.mask(is_part, (part * _SECONDS_IN_DAY).round())
    return np.asarray(seconds.where(seconds <= _SECONDS_IN_DAY), dtype=np.float64)


def ends_of(start: Times, precision: np.ndarray[Any, np.dtype[np.int8]], given: Times) -> Times:
    """Give the end of each interval: the one given, else that of the day or month, else none.

    Parameters
    ----------
    start : array of datetime64, UTC
        When each row began.
    precision : array of int8
        Positions in `PRECISIONS`.
    given : array of datetime64, UTC
        The ends that the source gives; NaT for none.

    Returns
    -------
    array of datetime64, UTC
        NaT where a moment is all that is known.
    """
    is_day, is_month = precision == DAY, precision == MONTH
    if not (is_day.any() or is_month.any()):
        return given
    ends = np.full(len(start), _NEVER)
    wall = london_wall(start)
    ends[is_day] = midnights(wall[is_day].astype("datetime64[D]") + _DAY)
    ends[is_month] = midnights(wall[is_month].astype("datetime64[M]") + np.timedelta64(1, "M"))
    return np.where(np.isnat(given), ends, given)


def floor_months(start: Times, is_month: np.ndarray[Any, np.dtype[np.bool_]]) -> Times:
    """Move months to their first moment: some sources date them to a day inside."""
    if not is_month.any():
        return start
    floored = start.copy()
    floored[is_month] = midnights(london_wall(start[is_month]).astype("datetime64[M]"))
    return floored


def midnights(days: Times) -> Times:
    """Give the UTC moment at which days (or months) begin in London."""
    return london_utc(days.astype("datetime64[us]"))
