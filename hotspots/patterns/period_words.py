"""Two periods in words: their days, what changed, and what would have been missed.

A change is said in percent, one from a small number as so many fold, one from none as that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.words import count

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Window = tuple[pd.Timestamp, pd.Timestamp]

_NAMED: Final = 5
_LARGEST: Final = 9.0


def say_days(window: Window) -> str:
    """Say the days of a window, without what the last one repeats: "1 to 14 June 2026"."""
    first, last = window[0], window[1] - pd.Timedelta(days=1)
    until = f"{last.day} {last:%B %Y}"
    if first == last:
        return until
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {until}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} to {until}"


def _percent(ratio: float) -> str:
    """Say a ratio as a change: 1.25 is "+25 %", 12 is "12-fold"."""
    if ratio > 1 + _LARGEST:
        return f"{ratio:.0f}-fold" if np.isfinite(ratio) else "from none"
    return f"{100 * (ratio - 1):+.0f} %".replace("-", "−")


def _interval(row: pd.Series[Any]) -> str:
    """Say the interval of a ratio; that of a rise from none has no end."""
    if np.isfinite(row["ratio_high"]):
        return f"{_percent(row['ratio_low'])} to {_percent(row['ratio_high'])}"
    return f"at least {_percent(row['ratio_low'])}"


def summarise(
    table: pd.DataFrame, least: Floats, now: Window, then: Window, noun: str, alpha: float
) -> str:
    """Say what has changed, or that nothing has, and what would have been missed."""
    head = f"{say_days(now)} against {say_days(then)}"
    tested = table[table["p"].notna()]
    if tested.empty:
        return f"No {noun} had an incident, {head}."
    changed = tested[tested["q"] <= alpha].sort_values("p", kind="stable")
    of_all = f"{count(len(tested), noun)} with an incident"
    if len(changed):
        named = [
            f"{row['name']} {_percent(row['ratio'])} ({_interval(row)})"
            for _, row in changed.head(_NAMED).iterrows()
        ]
        more = len(changed) - len(named)
        listed = "; ".join(named) + (f"; and {more} more" if more else "")
        return (
            f"{len(changed)} of {of_all} changed more than chance explains (q of at most "
            f"{alpha:g}), {head}: {listed}."
        )
    reach = float(np.median(least))
    missed = (
        f" A rise of less than {_percent(reach)[1:]} in a typical {noun} would mostly go unseen."
        if reach <= 1 + _LARGEST
        else " Counts are too small for any but the largest changes to show."
    )
    return (
        f"No {noun} changed more than chance explains, {head}: of {of_all} the smallest q is "
        f"{tested['q'].min():.2g}.{missed}"
    )
