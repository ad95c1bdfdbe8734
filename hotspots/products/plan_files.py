"""The files of a plan: tasks, visits, what was left out and why, what the teams can do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.products.audience import received
from hotspots.products.calendar import write_calendars
from hotspots.products.geojson import write_geojson
from hotspots.products.workbook import write_workbook
from hotspots.tables import (
    LEFT_OUT,
    SHORTFALL,
    TACTICS,
    TASK_RESULTS,
    TASKS,
    TEAM_RESULTS,
    TEAM_TOURS,
    VISITS,
)
from hotspots.tasking.coverage import sum_by_area
from hotspots.tasking.results import RESULT_COLUMNS
from hotspots.words import days
from hotspots.writing import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from hotspots.tables import Marking
    from hotspots.tasking import TaskPlan, TaskResults

VISITS_CSV: Final = "visits.csv"
VISITS_FILE: Final = "visits.parquet"
GROUND_FILE: Final = "tasks.geojson"


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
    visits = VISITS.for_audience(plan.visits, marking)
    left_out = plan.left_out[plan.left_out.index.isin(shown)]
    tactics = TACTICS.for_audience(plan.tactics, marking)
    for table, name in (
        (tasks, "tasks.csv"),
        (visits.assign(**dict.fromkeys(RESULT_COLUMNS)), VISITS_CSV),
        (LEFT_OUT.for_audience(left_out, marking), "left_out.csv"),
        (TEAM_TOURS.for_audience(plan.capacity.tours, marking), "team_tours.csv"),
        (tactics, "tactics.csv"),
    ):
        numbers = table.select_dtypes("float").columns
        write_csv(table.assign(**table[numbers].round(2)), target / name)
    # As it was planned, whatever is filled in elsewhere.
    visits.to_parquet(target / VISITS_FILE)
    ground = plan.ground[plan.ground.index.isin(tasks.index)]
    write_geojson(ground.join(tasks), target / GROUND_FILE)
    _write_cover(plan, target, marking)
    if plan.results is not None:
        _write_results(plan.results, target, marking)
    banner = _banner(plan, marking)
    write_workbook(target / "tasks.xlsx", banner, tasks, visits, tactics)
    write_calendars(visits, tasks, target / "calendars.zip", banner)


def _write_cover(plan: TaskPlan, target: Path, marking: Marking) -> None:
    """Write what more officers would cover, and what falls outside every tour."""
    asked = plan.problem
    most = asked.settings.what_if
    if most:
        write_csv(plan.what_if(range(-most, most + 1)).round(4), target / "what_if.csv")
    if not asked.is_timed or len(asked.hotspots) == 0:
        return
    shortfall = plan.shortfall()
    shown = received(asked.hotspots, marking).index
    received_rows = shortfall.table[shortfall.table.index.isin(shown)]
    shortfall = replace(shortfall, table=received_rows, by_area=sum_by_area(received_rows))
    table = SHORTFALL.for_audience(shortfall.table, marking).drop(columns="geometry")
    write_csv(pd.DataFrame(table).round(4), target / "shortfall.csv")
    write_csv(shortfall.by_area.round(4), target / "shortfall_by_area.csv")
    if plan.areas is not None:
        from hotspots.maps import map_shortfall, save_map  # noqa: PLC0415 (folium is slow to import)

        drawn = map_shortfall(
            shortfall,
            plan.areas,
            said=_about(plan),
            notes=plan.remarks,
            marking=marking,
            simulated=_is_simulated(plan),
        )
        save_map(drawn, target / "shortfall.html")


def _write_results(results: TaskResults, target: Path, marking: Marking) -> None:
    """Write what came of the plans before."""
    write_csv(TASK_RESULTS.for_audience(results.visits, marking), target / "results.csv")
    by_team = TEAM_RESULTS.for_audience(results.by_team, marking)
    write_csv(by_team.round(4), target / "team_results.csv")
    if marking == "restricted":
        write_csv(results.rejected, target / "rejected_results.csv", index=False)


def _banner(plan: TaskPlan, marking: Marking) -> str:
    """Say who may receive it, for when it is, and from what it is made."""
    banner = f"{marking.upper()}: tasks for {_about(plan)}"
    return f"SIMULATED DATA. {banner}" if _is_simulated(plan) else banner


def _about(plan: TaskPlan) -> str:
    sources = sorted(set(plan.problem.hotspots["source"].astype("str")))
    about = days(plan.capacity.start, plan.capacity.end)
    return f"{about}, from {', '.join(sources)}" if sources else about


def _is_simulated(plan: TaskPlan) -> bool:
    return bool(plan.problem.hotspots["source"].astype("str").str.contains("simulated").any())


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
        "results": None if plan.results is None else _results_facts(plan.results),
        "tactics": f"{problem.tactics.name}, {problem.tactics.version}",
        "remarks": list(remarks),
    }


def _results_facts(results: TaskResults) -> dict[str, int]:
    """Say how many rows there were, and where each went."""
    return {
        "rows": results.n_rows,
        "used": results.n_accepted,
        "blank": results.n_blank,
        "rejected": len(results.rejected),
    }


def _with_places(tasks: pd.DataFrame, shown: pd.Index[str]) -> pd.DataFrame:
    """Give the tasks at hotspots that a product may hold, and at places that are none."""
    return tasks[tasks["hotspot_id"].isin(shown) | tasks["hotspot_id"].isna()]
