"""Tasks: the visits of one place, team and tour, with the reason and what to consider, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from hotspots.tables import CRS, TASKS
from hotspots.tasking.advice import advise
from hotspots.tasking.schedule import OF_HOTSPOT, as_texts
from hotspots.times import DAYS
from hotspots.words import count, rate

if TYPE_CHECKING:
    from hotspots.tasking.plan import Problem

_WEEK: Final = 7
_DAY: Final = 24


def task_table(problem: Problem, made: pd.DataFrame) -> pd.DataFrame:
    """Give the tasks table of scheduled visits, with what else is to be done.

    Parameters
    ----------
    problem : Problem
        What was asked.
    made : DataFrame
        Every visit; see `schedule_visits`.

    Returns
    -------
    DataFrame
        A tasks table, in the order of the hotspots.
    """
    rows = [_task(problem, own) for _, own in made.groupby("task_id", sort=False)]
    rows += _other_work(problem)
    rows += _callers(problem)
    if not rows:
        return pd.DataFrame(TASKS.empty())
    capacity, settings = problem.capacity, problem.settings
    review = capacity.start + pd.Timedelta(days=settings.review_days)
    table = (
        pd.DataFrame(rows)
        .set_index("task_id")
        .assign(
            first_day=f"{capacity.start:%Y-%m-%d}",
            last_day=f"{capacity.end - pd.Timedelta(days=1):%Y-%m-%d}",
            review_date=f"{review:%Y-%m-%d}",
        )
    )
    order = {name: number for number, name in enumerate(problem.hotspots.index)}
    at = [order.get(name, len(order)) for name in table["hotspot_id"]]
    table = table.assign(at=at).sort_values("at", kind="stable")
    texts = [column.name for column in TASKS.columns if column.kind == "text" and column.nullable]
    table = as_texts(table, texts)
    return table[[column.name for column in TASKS.columns]]


def task_ground(problem: Problem, made: pd.DataFrame, tasks: pd.DataFrame) -> gpd.GeoDataFrame:
    """Give the ground of each task: its hotspot, or the middle of a place drawn at random.

    Returns
    -------
    GeoDataFrame
        Index `task_id`, column `geometry`, EPSG:27700; without the tasks that have no place.
    """
    visits = made.drop_duplicates("task_id")
    drawn = dict(zip(visits["task_id"], zip(visits["x"], visits["y"], strict=True), strict=True))
    hotspots = problem.hotspots.geometry
    shapes = [
        hotspots[hotspot]
        if isinstance(hotspot, str)
        else Point(drawn[task])
        if task in drawn
        else None
        for task, hotspot in tasks["hotspot_id"].items()
    ]
    ground = gpd.GeoDataFrame(geometry=shapes, index=tasks.index, crs=CRS)
    return ground[ground.geometry.notna()]


def _task(problem: Problem, visits: pd.DataFrame) -> dict[str, object]:
    """Put the visits of one place, team and tour together."""
    first = visits.iloc[0]
    weeks = problem.capacity.days / _WEEK
    settings = problem.settings
    n = len(visits)
    row: dict[str, object] = {
        **{name: first[name] for name in ("task_id", "kind", "hotspot_id", "team", "tour")},
        **{name: first[name] for name in OF_HOTSPOT},
        **_when(visits),
        "visits": n,
        "visits_per_week": n / weeks,
        "visit_minutes": float(visits["minutes"].mean()),
        "officers": int(visits["officers"].max()),
        "officer_minutes": float(
            (visits["officers"] * (visits["minutes"] + settings.travel_minutes)).sum()
        ),
        "expected_covered": float(visits["expected"].sum()) / weeks,
        "harm_covered": float(visits["gain"].sum()) / weeks,
    }
    row["reason"] = _reason(row, str(first["why"]), settings.effect_hours)
    return row | advise(problem, str(row["kind"]), row["hotspot_id"]).in_words(problem.tactics)


def _when(visits: pd.DataFrame) -> dict[str, object]:
    """Say on which days and between which hours the visits of a task are made."""
    nothing: dict[str, object] = {
        "days": None,
        "hours": None,
        "from_hour": np.nan,
        "to_hour": np.nan,
    }
    if visits["arrive"].isna().any():
        return nothing
    began = visits["order"]
    start = ((visits["arrive"] - began).dt.total_seconds() // 3600).min()
    end = np.ceil((visits["leave"] - began).dt.total_seconds() / 3600).max()
    # By the clock of the first tour; a night on which the clocks change may differ by an hour.
    base = int(began.iloc[0].hour)
    from_hour, to_hour = (base + start) % _DAY, (base + end) % _DAY
    weekdays = sorted(set(visits["arrive"].dt.day_of_week))
    return {
        "days": ", ".join(DAYS[weekday] for weekday in weekdays),
        "hours": f"{int(from_hour):02d}:00–{int(to_hour):02d}:00",
        "from_hour": float(from_hour),
        "to_hour": float(to_hour),
    }


def _reason(row: dict[str, Any], why: str, effect_hours: float) -> str:
    if row["tour"] is None or pd.isna(row["tour"]):
        when = "the data are monthly: choose days and tours from local knowledge"
    else:
        when = f"{row['tour']} tour, {row['days']} {row['hours']}"
    dose = (
        f"{count(row['visits'], 'visit')} of {row['visit_minutes']:.0f} minutes by "
        f"{count(row['officers'], 'officer')} ({when})"
    )
    if row["kind"] != "patrol":
        return f"{dose}. {why}"
    return (
        f"{dose}, in whose hours {rate(row['expected_covered'])} a week are expected, if a visit "
        f"works for {effect_hours:g} hours. {why}"
    )


def _other_work(problem: Problem) -> list[dict[str, object]]:
    """Give what is decided already and is no visit to a hotspot."""
    source = problem.hotspots["source"].iloc[0] if len(problem.hotspots) else ""
    own = problem.fixed[problem.fixed["hotspot_id"] == ""]
    rows = []
    for number, row in enumerate(own.to_dict("records"), start=1):
        weekday = pd.Timestamp(row["date"]).weekday()
        rows.append(
            {
                **_no_visit(f"fixed_{number}", "fixed", row["team"]),
                "name": row["what"],
                "tour": row["tour"],
                "days": DAYS[weekday],
                "officers": row["officers"],
                "officer_minutes": row["minutes"] * row["officers"],
                "reason": f"Decided already, on {row['date']}: {row['what']}.",
                "source": source,
            }
        )
    return rows


def _callers(problem: Problem) -> list[dict[str, object]]:
    """Give the hotspots of one caller, who is to be visited instead of a patrol."""
    hotspots = problem.hotspots[problem.hotspots["is_one_caller"].astype(bool)]
    rows = []
    for name, hotspot in hotspots.iterrows():
        teams = problem.covers[str(name)]
        if teams:
            rows.append(
                {
                    **_no_visit(f"{name}_caller", "caller", teams[0]),
                    **{key: hotspot[key] for key in OF_HOTSPOT},
                    "hotspot_id": name,
                    "reason": str(hotspot["why"]),
                    **advise(problem, "caller", name).in_words(problem.tactics),
                }
            )
    return rows


def _no_visit(task_id: str, kind: str, team: str) -> dict[str, object]:
    return {
        **dict.fromkeys(("hotspot_id", "area", "location", "grid_ref", "tour", "days", "hours")),
        **dict.fromkeys(("main_type", "main_heading", "options", "partner", "success")),
        **dict.fromkeys(("rank", "from_hour", "to_hour"), np.nan),
        **dict.fromkeys(("visits_per_week", "visit_minutes"), 0.0),
        **dict.fromkeys(("officer_minutes", "expected_covered", "harm_covered"), 0.0),
        "visits": 0,
        "officers": 0,
        "task_id": task_id,
        "kind": kind,
        "team": team,
    }
