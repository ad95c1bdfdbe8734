"""What may be done at a place, whom to ask, and what success would look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.words import rate

if TYPE_CHECKING:
    from hotspots.tasking.plan import Problem
    from hotspots.tasking.tactics import TacticsLibrary

ONE_CALLER: Final = "one caller"
"""What the kind of behaviour begins with where one caller makes the reports."""

_AT_RANDOM: Final = "It was visited, and what was seen there is written down."


@dataclass(frozen=True)
class Advice:
    """What goes with a task.

    Parameters
    ----------
    options : tuple of str
        Ids of the tactics to consider, the first first.
    partner : str or None
        Who to ask to the table.
    success : str or None
        What would be seen if it worked.
    """

    options: tuple[str, ...] = ()
    partner: str | None = None
    success: str | None = None

    def in_words(self, tactics: TacticsLibrary) -> dict[str, str | None]:
        """Give the columns of a task."""
        return {
            "options": tactics.in_short(self.options) or None,
            "partner": self.partner,
            "success": self.success,
        }


def advise(problem: Problem, kind: str, hotspot_id: object) -> Advice:
    """Give the options, the partner and the mark of success of a task.

    Parameters
    ----------
    problem : Problem
        What was asked, with the library of tactics.
    kind : {"patrol", "exploration", "fixed", "caller"}
        What the task is.
    hotspot_id : str or None
        The hotspot to visit.

    Returns
    -------
    Advice
        Empty where the place is no hotspot.
    """
    if kind == "exploration":
        return Advice(success=_AT_RANDOM)
    if hotspot_id is None or pd.isna(hotspot_id):  # type: ignore[call-overload]
        return Advice()
    hotspot = problem.hotspots.loc[hotspot_id]
    heading = hotspot["main_heading"] if isinstance(hotspot["main_heading"], str) else ""
    is_one_caller = kind == "caller"
    if is_one_caller:
        heading = f"{ONE_CALLER}: {heading}"
    persistence = hotspot["persistence"] if isinstance(hotspot["persistence"], str) else None
    row = problem.tactics.row(heading)
    success = f"{row.success[:1].upper()}{row.success[1:]}."
    return Advice(
        options=problem.tactics.options(heading, persistence),
        partner=row.partner,
        success=success if is_one_caller else f"{success} {_in_figures(hotspot)}".rstrip(),
    )


def _in_figures(hotspot: Any) -> str:  # noqa: ANN401 (a row of a table)
    """Say how few reports would be rare without a change."""
    expected, low = hotspot["forecast"], hotspot["forecast_low"]
    if pd.isna(expected):
        return ""
    if low == 0:
        return (
            f"One month can show no fall: {rate(expected)} reports are expected, and none would "
            "not be rare. Look at several places or months together."
        )
    few = "no report" if low == 1 else f"fewer than {low:.0f} reports"
    return (
        f"In a month, {few} at any hour, where {rate(expected)} are expected: that few would be "
        "rare without a change."
    )
