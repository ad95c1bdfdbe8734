"""What the page says about one hotspot: why, when, how many, how sure.

Only words are made here; `popup.html` and `page.html` put them into HTML and escape them. A column
that the marking does not carry gives no words, so the same code serves every audience.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.words import percent, rate

if TYPE_CHECKING:
    from hotspots.maps.classes import Classes

NO_HOURS: Final = "no hours: monthly data"

_M2_IN_KM2: Final = 1_000_000


@dataclass(frozen=True)
class Words:
    """What the page says about one hotspot, as plain text.

    Parameters
    ----------
    hotspot_id, name, rank : str
        Identity of the hotspot.
    where : str
        Words for the place and its grid reference.
    hours : str
        Its hours, or that there are none.
    expected : str
        Incidents to expect a week, rounded like the legend.
    facts : tuple of (str, str)
        Question and answer, in the order of the popup.
    why : str
        The reason for its place on the list; empty where the marking does not carry it.
    is_one_caller : bool
        Whether to mark it; false where the marking does not carry it.
    judged : str
        What analysts did with it, such as "pinned, renamed"; empty for nothing.
    is_new : bool
        Whether it was not on the last list.
    """

    hotspot_id: str
    name: str
    rank: str
    where: str
    hours: str
    expected: str
    facts: tuple[tuple[str, str], ...]
    why: str
    is_one_caller: bool
    is_new: bool
    judged: str = ""


def describe_hotspot(row: pd.Series[Any], classes: Classes, judged: str = "") -> Words:
    """Put one row of a hotspots table into words.

    Parameters
    ----------
    row : Series
        The row, with the columns that the marking carries. Its name is the hotspot's id.
    classes : Classes
        The colour classes of the map, for the rounding.
    judged : str
        What analysts did with it.

    Returns
    -------
    Words
        Plain text, not escaped.

    Caveats
    -------
    Monthly data has no nights and no hours; the words then count months and say so.
    """
    known = row.dropna()
    is_monthly = "hours" not in known
    questions = (
        ("When", _when(known, is_monthly=is_monthly)),
        ("Expect", _expect(known, classes, is_monthly=is_monthly)),
        ("Harm", _harm(known)),
        ("Coming month", _coming(known)),
        ("Recorded", _recorded(known, is_monthly=is_monthly)),
        ("Most often", ", ".join(str(known[key]) for key in _KINDS if key in known)),
        ("Callers", _callers(row)),
        ("Since the last list", str(known.get("since_last", ""))),
        ("Ground", _ground(known)),
        ("Source", str(known["source"])),
    )
    return Words(
        hotspot_id=str(row.name),
        name=str(row["name"]),
        rank=str(row["rank"]),
        where=", ".join(str(known[key]) for key in ("location", "grid_ref") if key in known),
        hours=NO_HOURS if is_monthly else str(known["hours"]),
        expected=classes.shown(row["expected_per_week"]),
        facts=tuple((question, answer) for question, answer in questions if answer),
        why=str(known.get("why", "")),
        is_one_caller=bool(known.get("is_one_caller", False)),
        judged=judged,
        is_new=known.get("since_last") == "new",
    )


_KINDS: Final = ("main_type", "main_heading")


def _when(known: pd.Series[Any], *, is_monthly: bool) -> str:
    """Say the hours, and whether they are borrowed from the area."""
    if is_monthly:
        return NO_HOURS
    mostly = 0.5
    if known.get("own_hours_share", 1.0) < mostly:
        return f"{known['hours']} (its area's usual hours)"
    return str(known["hours"])


def _expect(known: pd.Series[Any], classes: Classes, *, is_monthly: bool) -> str:
    when = "at any hour" if is_monthly else "in these hours"
    number = classes.shown(known["expected_per_week"])
    low, high = (_plain(known[column]) for column in ("expected_low", "expected_high"))
    words = f"{number} reports a week {when}, likely range {low} to {high}"
    if is_monthly:
        return words
    return f"{words}; {classes.shown(known['expected_all_hours'])} a week at any hour"


def _harm(known: pd.Series[Any]) -> str:
    """Say the harm, its range, and what rank the number of reports alone would give."""
    if "harm_low" not in known:
        return ""
    low, high = (rate(known[column]) for column in ("harm_low", "harm_high"))
    words = f"{rate(known['harm_per_week'])} points a week (mean likely {low} to {high})"
    if known["count_rank"] != known["rank"]:
        words += f"; rank {known['count_rank']} by number of reports"
    return words


def _coming(known: pd.Series[Any]) -> str:
    """Say the forecast of the coming month and the trend of the months so far."""
    if "forecast" not in known:
        return ""
    low, high = (_plain(known[column]) for column in ("forecast_low", "forecast_high"))
    words = f"{known['forecast']:.0f} reports at any hour, likely range {low} to {high}"
    return f"{words}; months so far {known['trend']}" if "trend" in known else words


def _recorded(known: pd.Series[Any], *, is_monthly: bool) -> str:
    """Say how many reports the figures rest on, and on how many occasions."""
    words = _count(known["n"], "report")
    if is_monthly or "n_nights" not in known:
        words += f" in {_count(known['n_months'], 'month')}"
    else:
        words += f" on {_count(known['n_nights'], 'night')}"
    if "n_in_hours" in known and not is_monthly:
        words += f", {_plain(known['n_in_hours'])} of them in these hours"
    if known["n_context"] > 0:
        words += f"; {_plain(known['n_context'])} lie outside the chosen areas"
    return words


def _callers(row: pd.Series[Any]) -> str:
    if "top_caller_share" not in row.index:
        return ""
    parts = []
    if pd.isna(row["top_caller_share"]):
        parts.append("not known")
    else:
        parts.append(f"{percent(row['top_caller_share'])} from the most frequent caller")
    if pd.notna(row["top_point_share"]):
        parts.append(f"{percent(row['top_point_share'])} at one exact point")
    return "; ".join(parts)


def _ground(known: pd.Series[Any]) -> str:
    return f"{_count(known['n_places'], 'place')}, {known['area_m2'] / _M2_IN_KM2:.3f} km²"


def _count(number: float, noun: str) -> str:
    return f"{_plain(number)} {noun}" if number == 1 else f"{_plain(number)} {noun}s"


def _plain(number: float) -> str:
    """Write a weight: whole numbers without decimals, others with one."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
