"""Every visit of a plan, with its time and its place in a route.

A visit is a row that knows its place, its tour and its best hour; routes give it a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.areas import national_grid_reference
from hotspots.tables import TIMEZONE, VISITS
from hotspots.tasking.routes import Stop, plan_routes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from hotspots.tasking.plan import Problem
    from hotspots.tasking.program import Solution
    from hotspots.tasking.visits import VisitOptions

_WEEK: Final = 7
_HOUR: Final = 60.0
OF_HOTSPOT: Final = (
    *("name", "area", "rank", "location", "grid_ref", "main_type", "main_heading", "source"),
)
"""What tasks and visits carry of a hotspot."""


def schedule_visits(
    problem: Problem,
    options: VisitOptions,
    solution: Solution,
    drawn: pd.DataFrame,
    places: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Give every visit with its place, time and route: what both tables are made of.

    Returns
    -------
    DataFrame
        One row a visit, in the order of team, date, tour, route and stop, with the columns of a
        visits table and those of its place.
    """
    parts = [
        _patrols(problem, solution.chosen),
        _fixed_visits(problem, solution.chosen),
        _explorations(problem, options, drawn, places),
    ]
    made = (
        pd.concat([part for part in parts if len(part)], ignore_index=True)
        if any(len(part) for part in parts)
        else parts[0]
    )
    if len(made) == 0:
        return made.assign(task_id=[], visit_id=[])
    slots = options.tours.reindex(made["slot"])
    made["team"] = slots["team"].to_numpy(dtype=object)
    delivery = {team.name: team.delivery for team in problem.capacity.teams}
    made["planned_delivery"] = made["team"].map(delivery).astype("float64")
    if problem.is_timed:
        made["date"] = slots["date"].to_numpy(dtype=object)
        made["tour"] = slots["tour"].to_numpy(dtype=object)
        made = _timed_routes(made, options.tours)
    else:
        week = pd.to_timedelta(_WEEK * slots["week"].to_numpy(dtype="int64"), unit="D")
        made["date"] = (problem.capacity.start + week).strftime("%Y-%m-%d")
        made["tour"] = None
        made = _untimed(made)
    made = made.sort_values(["team", "date", "order", "route", "stop"], kind="stable")
    several = made.groupby("place")["team"].transform("nunique") > 1
    tour = made["tour"].fillna("any")
    task = made["place"] + "_" + tour + np.where(several, "_" + made["team"], "")
    made["task_id"] = task + np.where(made["kind"] == "patrol", "", "_" + made["kind"])
    number = made.groupby(["task_id", "date"]).cumcount() + 1
    more = np.where(number > 1, "_" + number.astype("str"), "")
    made["visit_id"] = made["task_id"] + "_" + made["date"] + more
    return made.reset_index(drop=True)


def _with_hotspots(problem: Problem, rows: pd.DataFrame) -> pd.DataFrame:
    """Add what is known of each row's hotspot."""
    hotspots = problem.hotspots
    own = hotspots[list(OF_HOTSPOT)].loc[rows["place"]]
    middles = hotspots.representative_point().loc[rows["place"]]
    for name in OF_HOTSPOT:
        rows[name] = own[name].to_numpy()
    return rows.assign(
        hotspot_id=rows["place"],
        x=middles.x.to_numpy(),
        y=middles.y.to_numpy(),
        why=hotspots["why"].loc[rows["place"]].to_numpy(),
    )


def _patrols(problem: Problem, chosen: pd.DataFrame) -> pd.DataFrame:
    own = chosen[~chosen["is_fixed"].astype(bool)]
    rows = own[["place", "slot", "hour", "gain", "expected"]].reset_index(drop=True)
    rows = rows.assign(
        kind="patrol",
        part=np.nan,
        minutes=float(problem.settings.visit_minutes),
        officers=problem.settings.officers_per_visit,
    )
    return _with_hotspots(problem, rows)


def _fixed_visits(problem: Problem, chosen: pd.DataFrame) -> pd.DataFrame:
    """Give the visits that were decided already, with what they cover where that is known."""
    own = problem.fixed[problem.fixed["hotspot_id"] != ""]
    covered = chosen[chosen["is_fixed"].astype(bool)].set_index(["place", "slot"])
    pairs = pd.MultiIndex.from_arrays([own["hotspot_id"], own["slot"]])
    found = covered[["hour", "gain", "expected"]].reindex(pairs)
    rows = pd.DataFrame(
        {
            "place": own["hotspot_id"].to_numpy(),
            "slot": own["slot"].to_numpy(),
            "hour": found["hour"].to_numpy(dtype=float),
            "gain": found["gain"].astype("float64").fillna(0.0).to_numpy(),
            "expected": found["expected"].astype("float64").fillna(0.0).to_numpy(),
            "kind": "fixed",
            "part": 0.0,
            "minutes": own["minutes"].to_numpy(),
            "officers": own["officers"].to_numpy(),
        }
    )
    rows = _with_hotspots(problem, rows)
    return rows.assign(why=[f"Decided already: {what}." for what in own["what"]])


def _explorations(
    problem: Problem,
    options: VisitOptions,
    drawn: pd.DataFrame,
    places: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Give the visits that were drawn at random."""
    if places is None or len(drawn) == 0:
        return pd.DataFrame()
    own = places.loc[drawn["place"]]
    middles = own.representative_point()
    references = national_grid_reference(middles.x.to_numpy(), middles.y.to_numpy())
    teams = options.tours["team"].reindex(drawn["slot"])
    n_of = {team: len(ids) for team, ids in problem.candidates.items()}
    source = problem.hotspots["source"].iloc[0] if len(problem.hotspots) else ""
    return pd.DataFrame(
        {
            "place": drawn["place"].to_numpy(),
            "slot": drawn["slot"].to_numpy(),
            "hour": np.nan,
            "gain": 0.0,
            "expected": 0.0,
            "kind": "exploration",
            "part": drawn["part"].to_numpy(),
            "minutes": float(problem.settings.visit_minutes),
            "officers": problem.settings.officers_per_visit,
            "name": [f"Drawn at random: {reference}" for reference in references],
            "area": own["area"].to_numpy(),
            "rank": np.nan,
            "location": None,
            "grid_ref": references,
            "main_type": None,
            "main_heading": None,
            "source": source,
            "hotspot_id": None,
            "x": middles.x.to_numpy(),
            "y": middles.y.to_numpy(),
            "why": [
                f"Drawn at random (seed {problem.settings.seed}) from {n_of[team]:,} places of the "
                "team that have reports and are in no hotspot: to see what the list does not show."
                for team in teams
            ],
        }
    )


def _timed_routes(made: pd.DataFrame, tours: pd.DataFrame) -> pd.DataFrame:
    """Put the visits of each tour in the order of a route, with times."""
    first = tours["start"].min() if len(tours) else None
    midnight = None if first is None else first.tz_localize(None).normalize().tz_localize(TIMEZONE)
    bounds = zip(tours["start"], tours["end"], strict=True)
    spans = dict(zip(tours.index.astype("str"), bounds, strict=True))
    columns = ["route", "stop", "arrive", "leave", "way_m", "way_minutes", "is_on_foot", "order"]
    found: dict[str, list[Any]] = {name: [None] * len(made) for name in columns}
    for slot, rows in made.groupby("slot", sort=False).indices.items():
        start, end = spans[str(slot)]
        length = (end - start).total_seconds() / _HOUR
        begin = (start - midnight).total_seconds() / _HOUR
        stops = []
        for row in rows:
            visit = made.iloc[row]
            at = _HOUR * visit["hour"] - begin
            if np.isnan(at):  # no best hour is known: somewhere in the tour
                at = _HOUR * np.floor(visit["part"] * max(length - visit["minutes"], 0) / _HOUR)
            stops.append(Stop(row, float(at), visit["x"], visit["y"], visit["minutes"]))
        for leg in plan_routes(stops, length):
            row = int(str(leg.key))
            for name, value in (
                ("route", leg.route),
                ("stop", leg.order),
                ("arrive", start + pd.Timedelta(minutes=round(leg.arrive))),
                ("leave", start + pd.Timedelta(minutes=round(leg.leave))),
                ("way_m", leg.metres),
                ("way_minutes", leg.minutes),
                ("is_on_foot", leg.is_on_foot),
                ("order", start),
            ):
                found[name][row] = value
    for name, values in found.items():
        is_time = name in ("arrive", "leave", "order")
        made[name] = pd.to_datetime(values, utc=True) if is_time else values
        if is_time:
            made[name] = made[name].dt.tz_convert(TIMEZONE)
    return made


def _untimed(made: pd.DataFrame) -> pd.DataFrame:
    """Leave open when the visits of monthly data are made."""
    never = pd.Series(pd.NaT, index=made.index).dt.tz_localize(TIMEZONE)
    return made.assign(
        route=1,
        stop=made.groupby(["team", "date"]).cumcount() + 1,
        arrive=never,
        leave=never,
        way_m=0.0,
        way_minutes=0.0,
        is_on_foot=True,
        order=0,
    )


def visit_table(made: pd.DataFrame) -> pd.DataFrame:
    """Give the visits table of scheduled visits."""
    if len(made) == 0:
        return pd.DataFrame(VISITS.empty())
    names = {"gain": "harm", "minutes": "planned_minutes"}
    table = made.rename(columns=names).set_index("visit_id")
    table = as_texts(table, ("tour", "location", "hotspot_id"))
    whole = {"route": "int64", "stop": "int64", "officers": "int64", "is_on_foot": "bool"}
    return table.astype(whole)[[column.name for column in VISITS.columns]]


def as_texts(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Give a table in which these columns are texts, missing where there is none."""
    texts = {name: table[name].astype("str").mask(table[name].isna()) for name in names}
    return table.assign(**texts)
