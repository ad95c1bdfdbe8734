"""Why a hotspot is in no patrol of the plan: one reason for each, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.tables import LEFT_OUT
from hotspots.tasking.coverage import shortfall_of
from hotspots.words import percent, rate

if TYPE_CHECKING:
    from hotspots.tasking.plan import Problem
    from hotspots.tasking.program import Solution
    from hotspots.tasking.visits import VisitOptions

_MOST: Final = 0.5
_TOUCHING: Final = 1e-9
_ONE_CALLER: Final = "Its reports are one caller's: visit the caller, do not patrol."
_NO_TEAM: Final = "It lies in no team's area."
_IN_TRIAL: Final = "A trial leaves it alone in all days of the plan."
_NO_TIME: Final = "Its teams have no time for a visit in any tour."


def left_out_table(problem: Problem, options: VisitOptions, solution: Solution) -> pd.DataFrame:
    """Say of each hotspot without a visit why it has none.

    Parameters
    ----------
    problem : Problem
        What was asked.
    options : VisitOptions
        The visits that could be made.
    solution : Solution
        Those that are.

    Returns
    -------
    DataFrame
        A left-out table, in the order of the hotspots.
    """
    fixed = set(problem.fixed["hotspot_id"])
    visited = set(solution.chosen["place"]) | fixed
    alone = problem.hotspots[~problem.hotspots.index.isin(list(visited))]
    if len(alone) == 0:
        return pd.DataFrame(LEFT_OUT.empty())
    table = alone[["name", "area", "rank", "harm_per_week"]].copy()
    outside = _outside(problem) if problem.is_timed else {}
    table["reason"] = [
        _never(str(name), problem, options)
        or _not_now(str(name), problem, options, solution) + outside.get(str(name), "")
        for name in alone.index
    ]
    return pd.DataFrame(table)


def _outside(problem: Problem) -> dict[str, str]:
    """Say of hotspots with most of their harm outside every tour how much it is."""
    asked = (problem.hotspots, problem.week, problem.capacity, problem.covers)
    share = shortfall_of(*asked).table["share_outside"]
    return {
        str(name): f" {percent(each)} of its harm falls outside every tour of its teams."
        for name, each in share[share > _MOST + _TOUCHING].items()
    }


def _never(name: str, problem: Problem, options: VisitOptions) -> str:
    """Say why it could have no visit, whatever the others have; nothing if it could."""
    teams = problem.covers[name]
    tours = options.tours[options.tours["team"].isin(teams)]
    reasons = (
        (_ONE_CALLER, bool(problem.hotspots.loc[name, "is_one_caller"])),
        (_NO_TEAM, not teams),
        (_NO_TIME, tours["visits"].sum() < 1),
        (_IN_TRIAL, _is_left_alone(name, problem.trial, problem.capacity.days)),
    )
    return next((reason for reason, holds in reasons if holds), "")


def _not_now(name: str, problem: Problem, options: VisitOptions, solution: Solution) -> str:
    """Say why others have the visits that it could have."""
    tours = options.tours[options.tours["team"].isin(problem.covers[name])]
    own = options.table[options.table["place"] == name]
    if len(own) == 0:
        return (
            f"Under {problem.settings.least_expected:g} reports are expected in the "
            f"{problem.settings.effect_hours:g} hours after a visit, whichever tour makes it."
        )
    best = float(own["gain"].max())
    planned = solution.chosen[solution.chosen["slot"].isin(tours.index)]
    if len(planned) and planned["gain"].min() > best:
        return (
            f"The tours have time for others first: its best visit would meet {rate(best)} harm "
            f"points, and the least of those planned meets {rate(float(planned['gain'].min()))}."
        )
    return (
        f"The tours in which it has most are full: its best visit would meet {rate(best)} harm "
        "points, and within the limits others cover more together."
    )


def _is_left_alone(name: str, trial: pd.DataFrame | None, n_days: int) -> bool:
    if trial is None:
        return False
    own = trial[(trial["hotspot_id"] == name) & (trial["arm"] == "control")]
    return bool((own["end"] - own["begin"]).sum() >= n_days)
