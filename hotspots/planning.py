"""The plan of an analysis: teams as given or assumed, from the first Monday after the data.

It composes the rooms for counts and tasking: for the main job, and for a plan that is made anew
from what the main job has found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.areas import read_areas
from hotspots.errors import invalid
from hotspots.settings import TaskSettings
from hotspots.tables import check_areas
from hotspots.tasking import TaskResults, Team, recommend_tasks, team_capacity
from hotspots.tasking.capacity import ABSENCES
from hotspots.tasking.fixed import NEEDED
from hotspots.tasking.rows import read_rows
from hotspots.tasking.tactics_file import as_tactics
from hotspots.tasking.teams import as_teams
from hotspots.times.week import read_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk import HotspotList
    from hotspots.tasking import Experiment, TacticsLibrary, TaskPlan

ASSUMED_POSTS: Final = {"sergeant": 1.0, "pc": 2.0, "pcso": 3.0}
"""A Safer Neighbourhood Team of 2010 to 2012."""

ASSUMED: Final = (
    "No teams were given: each area is assumed to have one of a sergeant, two constables and three "
    "PCSOs, on early and late tours. Give your own: the plan is theirs, and not yet yours."
)
_WEEK: Final = 7


@dataclass(frozen=True)
class Planning:
    """What a plan is made with: the teams, and what else is known or decided.

    Files are read at once, so that what is wrong with them is said before a long run begins.

    Parameters
    ----------
    teams : path, DataFrame or sequence of Team, optional
        Who is there to make visits: a file for `read_teams`, or what it gave. By default one team
        is assumed for each area.
    start : str or Timestamp, optional
        First day of the plan; by default the first Monday on which the data have ended.
    absences : path or DataFrame, optional
        A calendar of who is away; see `team_capacity`.
    team_areas : path or GeoDataFrame, optional
        Polygons that the teams name, a file for `read_areas`, or what it gave. By default they name
        the areas of the list.
    fixed : path or DataFrame, optional
        What is decided already; see `recommend_tasks`.
    floors : mapping of str to int, optional
        Least visits in all to the hotspots of an area, by its name or id.
    tactics : path or TacticsLibrary, optional
        Options to consider: a file for `read_tactics`, or what it gave.
    results : TaskResults or sequence of TaskResults, optional
        What came of the plans before: teams are planned with the delivery that it bears out, and
        what was recorded of a tactic stands beside it; see `read_task_results`.
    experiment : Experiment, optional
        A trial that is on, which the plan has to keep; see `design_experiment`.

    Raises
    ------
    InputError
        If a file cannot be read, or what it holds is not allowed.

    Examples
    --------
    >>> import hotspots as hs
    >>> team = hs.Team("Camden", posts={"sergeant": 1, "pc": 5}, vacancies={"pc": 2})
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> planning = hs.Planning(teams=[team], start="2026-01-05")
    >>> run = hs.analyse(calls, boroughs=["Camden"], planning=planning, progress=False)
    >>> run.plan.capacity.teams[0].strength
    4.0
    """

    teams: str | PathLike[str] | pd.DataFrame | Sequence[Team] | None = None
    start: str | pd.Timestamp | None = None
    absences: str | PathLike[str] | pd.DataFrame | None = None
    team_areas: str | PathLike[str] | gpd.GeoDataFrame | None = None
    fixed: str | PathLike[str] | pd.DataFrame | None = None
    floors: Mapping[str, int] | None = None
    tactics: str | PathLike[str] | TacticsLibrary | None = None
    results: TaskResults | Sequence[TaskResults] | None = None
    experiment: Experiment | None = None

    def __post_init__(self) -> None:
        """Read what is a path, and check what can be checked alone."""
        made: dict[str, object] = {"tactics": as_tactics(self.tactics)}
        if self.teams is not None:
            made["teams"] = as_teams(self.teams)
        if self.start is not None:
            made["start"] = read_day("start", self.start)
        if self.absences is not None:
            made["absences"] = read_rows(self.absences, "absences", "absences", ABSENCES)
        if self.fixed is not None:
            made["fixed"] = read_rows(self.fixed, "fixed", "fixed tasks", NEEDED)
        if self.team_areas is not None:
            areas = self.team_areas
            areas = read_areas(areas) if isinstance(areas, str | PathLike) else areas
            check_areas(areas)
            made["team_areas"] = areas
        if self.results is not None:
            made["results"] = _as_results(self.results)
        for name, value in made.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class PlanGround:
    """What an analysis has found, as far as a plan needs it.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table.
    week : DataFrame
        Expected incidents in each hour of the week, a row a hotspot; one column for monthly data.
    places : GeoDataFrame
        Places that exploration may draw; see `recommend_tasks`.
    areas : GeoDataFrame
        The areas that have a list each: index area id, `name` and `geometry`.
    end : Timestamp
        When the data end.
    """

    hotspots: gpd.GeoDataFrame
    week: pd.DataFrame
    places: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    end: pd.Timestamp

    @classmethod
    def of(
        cls,
        hotspots: gpd.GeoDataFrame,
        found: HotspotList,
        counts: Counts,
        areas: gpd.GeoDataFrame,
    ) -> PlanGround:
        """Take it from the steps of an analysis."""
        return cls(
            hotspots=hotspots,
            week=found.week,
            places=_places_off_the_list(found, counts, areas["name"]),
            areas=areas[["name", "geometry"]],
            end=counts.end,
        )


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
    names = areas["name"].astype("str").tolist()
    return tuple(
        Team(
            f"{name} ({code})" if names.count(name) > 1 else name,
            areas=(str(code),),
            posts=ASSUMED_POSTS,
        )
        for code, name in zip(areas.index, names, strict=True)
    )


def first_day_of_plan(end: pd.Timestamp) -> pd.Timestamp:
    """Give the first Monday on which the data have ended."""
    last = read_day("end", end)
    return last + pd.Timedelta(days=-last.weekday() % _WEEK)


def plan_tasks(
    ground: PlanGround,
    planning: Planning | None = None,
    *,
    settings: TaskSettings | None = None,
) -> TaskPlan:
    """Plan the visits of an analysis.

    Parameters
    ----------
    ground : PlanGround
        What was found.
    planning : Planning, optional
        What the plan is made with; by default the same assumed team for each area.
    settings : TaskSettings, optional
        What a visit is, and how many days the plan has.

    Returns
    -------
    TaskPlan
        Its first remark says so if the teams are assumed.
    """
    planning = planning or Planning()
    settings = settings or TaskSettings()
    teams = assume_teams(ground.areas) if planning.teams is None else as_teams(planning.teams)
    said = [ASSUMED] if planning.teams is None else []
    results = None if planning.results is None else _as_results(planning.results)
    if results is not None:
        teams, changed = results.update(teams)
        said += [*results.remarks, *changed]
    start = first_day_of_plan(ground.end) if planning.start is None else planning.start
    capacity = team_capacity(teams, start=start, days=settings.days, absences=planning.absences)
    plan = recommend_tasks(
        ground.hotspots,
        ground.week,
        capacity,
        team_areas=planning.team_areas,
        places=ground.places,
        fixed=planning.fixed,
        floors=planning.floors,
        settings=settings,
        tactics=planning.tactics,
        experiment=planning.experiment,
    )
    return replace(plan, remarks=(*said, *plan.remarks), results=results, areas=ground.areas)


def _as_results(results: TaskResults | Sequence[TaskResults]) -> TaskResults:
    """Give what came of all plans before as one history."""
    given = [results] if isinstance(results, TaskResults) else results
    is_list = isinstance(given, Sequence) and len(given) > 0
    if not is_list or not all(isinstance(each, TaskResults) for each in given):
        rule = "what hs.read_task_results gave, or several of them"
        raise invalid("results", type(results).__name__, rule)
    return TaskResults.together(given)


def _places_off_the_list(
    found: HotspotList, counts: Counts, names: pd.Series[str]
) -> gpd.GeoDataFrame:
    """Give the places with an incident that are in no hotspot: what exploration may draw."""
    places = counts.places
    is_listed = places.index.isin(found.members["place_id"])
    own = places[(counts.totals() > 0) & ~places["is_context"].to_numpy(dtype=bool) & ~is_listed]
    return own[["geometry"]].assign(
        borough=own["area_id"].astype("str"), area=own["area_id"].map(names)
    )
