"""The plan of an analysis: teams as given or assumed, from the first Monday after the data.

It composes the rooms for counts and tasking, for the main job and for a plan made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hotspots.tasking import Team, recommend_tasks, team_capacity
from hotspots.tasking.teams import as_teams
from hotspots.times.week import read_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk import HotspotList
    from hotspots.settings import TaskSettings
    from hotspots.tasking import TaskPlan

ASSUMED_POSTS = {"sergeant": 1.0, "pc": 2.0, "pcso": 3.0}
"""A Safer Neighbourhood Team of 2010 to 2012."""

ASSUMED = (
    "No teams were given: each area is assumed to have one of a sergeant, two constables and three "
    "PCSOs, on early and late tours. Give your own: the plan is theirs, and not yet yours."
)
_WEEK = 7


def assume_teams(areas: gpd.GeoDataFrame) -> tuple[Team, ...]:
    """Assume one team for each area: what a ward had in 2010 to 2012.

    Parameters
    ----------
    areas : GeoDataFrame
        The areas that have a list each, an areas table.

    Returns
    -------
    tuple of Team
        By the areas' names; by name and id where areas share a name.
    """
    names = areas["name"].astype("str")
    shared = names.duplicated(keep=False)
    return tuple(
        Team(f"{name} ({code})" if twice else name, areas=(str(code),), posts=ASSUMED_POSTS)
        for code, name, twice in zip(areas.index, names, shared, strict=True)
    )


def first_day_of_plan(counts: Counts) -> pd.Timestamp:
    """Give the first Monday on which the data have ended."""
    end = read_day("end", counts.end)
    return end + pd.Timedelta(days=-end.weekday() % _WEEK)


def plan_tasks(
    hotspots: gpd.GeoDataFrame,
    found: HotspotList,
    counts: Counts,
    areas: gpd.GeoDataFrame,
    *,
    teams: str | PathLike[str] | pd.DataFrame | Sequence[Team] | None,
    team_areas: gpd.GeoDataFrame | None,
    plan_from: str | pd.Timestamp | None,
    settings: TaskSettings,
) -> tuple[TaskPlan, list[str]]:
    """Plan the visits of an analysis.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table.
    found, counts : HotspotList, Counts
        What was found, and in which counts.
    areas : GeoDataFrame
        The areas that have a list each.
    teams : path, DataFrame or sequence of Team, optional
        The teams; by default one is assumed for each area.
    team_areas : GeoDataFrame, optional
        Polygons that the teams name.
    plan_from : str or Timestamp, optional
        First day; by default the first Monday on which the data have ended.
    settings : TaskSettings
        What a visit is, and how many days the plan has.

    Returns
    -------
    plan : TaskPlan
    said : list of str
        What the reader must know, for whoever may receive the plan.
    """
    made = assume_teams(areas) if teams is None else as_teams(teams)
    start = first_day_of_plan(counts) if plan_from is None else read_day("plan_from", plan_from)
    capacity = team_capacity(made, start=start, days=settings.days)
    plan = recommend_tasks(
        hotspots,
        found.week,
        capacity,
        team_areas=team_areas,
        places=_places_off_the_list(found, counts, areas),
        settings=settings,
    )
    return plan, [*([ASSUMED] if teams is None else []), *capacity.remarks]


def _places_off_the_list(
    found: HotspotList, counts: Counts, areas: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Give the places with an incident that are in no hotspot: what exploration may draw."""
    places = counts.places
    is_listed = places.index.isin(found.members["place_id"])
    own = places[(counts.totals() > 0) & ~places["is_context"].to_numpy(dtype=bool) & ~is_listed]
    return own[["geometry"]].assign(
        borough=own["area_id"].astype("str"), area=own["area_id"].map(areas["name"])
    )
