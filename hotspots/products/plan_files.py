"""The files of a plan: tasks, visits, what was left out and why, what the teams can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotspots.products.audience import received
from hotspots.products.workbook import write_workbook
from hotspots.tables import LEFT_OUT, TACTICS, TASKS, TEAM_TOURS, VISITS
from hotspots.words import days
from hotspots.writing import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hotspots.tables import Marking
    from hotspots.tasking import TaskPlan


def write_plan(plan: TaskPlan, target: Path, marking: Marking) -> None:
    """Write a plan as tables for other programs, and as a workbook for the briefing.

    Parameters
    ----------
    plan : TaskPlan
        The plan.
    target : Path
        Folder to write into.
    marking : {"restricted", "partner"}
        Who may receive it: partners get nothing of hotspots that are one caller's.
    """
    hotspots = plan.problem.hotspots
    shown = received(hotspots, marking).index
    tasks = TASKS.for_audience(_with_places(plan.tasks, shown), marking)
    left_out = plan.left_out[plan.left_out.index.isin(shown)]
    tactics = TACTICS.for_audience(plan.tactics, marking)
    for table, name in (
        (tasks, "tasks.csv"),
        (VISITS.for_audience(plan.visits, marking), "visits.csv"),
        (LEFT_OUT.for_audience(left_out, marking), "left_out.csv"),
        (TEAM_TOURS.for_audience(plan.capacity.tours, marking), "team_tours.csv"),
        (tactics, "tactics.csv"),
    ):
        numbers = table.select_dtypes("float").columns
        write_csv(table.assign(**table[numbers].round(2)), target / name)
    about = f"tasks for {days(plan.capacity.start, plan.capacity.end)}"
    sources = sorted(set(hotspots["source"].astype("str")))
    about += f", from {', '.join(sources)}" if sources else ""
    banner = f"{marking.upper()}: {about}"
    if any("simulated" in source for source in sources):
        banner = f"SIMULATED DATA. {banner}"
    write_workbook(tasks, target / "tasks.xlsx", banner)


def plan_facts(plan: TaskPlan, marking: Marking) -> dict[str, Any]:
    """Say how a plan was made and how good it is, as plain values."""
    capacity, problem = plan.capacity, plan.problem
    remarks = plan.remarks if marking == "partner" else (*plan.remarks, *plan.remarks_restricted)
    return {
        "first_day": f"{capacity.start:%Y-%m-%d}",
        "days": capacity.days,
        "teams": len(capacity.teams),
        "officers_available": round(float(capacity.strength["available"].sum()), 2),
        "officer_hours": round(float(capacity.tours["minutes"].sum()) / 60, 2),
        "visits": len(plan.visits),
        "harm_covered": plan.covered,
        "harm_bound": plan.bound,
        "harm_expected": plan.harm,
        "gap": plan.gap,
        "seed": problem.settings.seed,
        "tactics": f"{problem.tactics.name}, {problem.tactics.version}",
        "remarks": list(remarks),
    }


def _with_places(tasks: pd.DataFrame, shown: pd.Index[str]) -> pd.DataFrame:
    """Give the tasks at hotspots that a product may hold, and at places that are none."""
    return tasks[tasks["hotspot_id"].isin(shown) | tasks["hotspot_id"].isna()]
