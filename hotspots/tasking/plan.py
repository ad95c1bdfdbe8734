"""Who goes where and when: a plan of visits that the officers there really are can make.

The visits that can be made are found tour by tour, a share is set aside for places drawn at random,
and of the rest those are chosen that together cover most of the harm to expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import invalid, is_whole
from hotspots.risk.judgements import did_you_mean
from hotspots.settings import TaskSettings
from hotspots.tasking.advice import advise
from hotspots.tasking.capacity import Capacity
from hotspots.tasking.coverage import (
    Shortfall,
    assign_teams,
    check_hotspots,
    check_week,
    hours_of_plan,
    no_hours,
    plain,
    shortfall_of,
    teams_of,
)
from hotspots.tasking.experiments import Experiment
from hotspots.tasking.exploration import draw_exploration
from hotspots.tasking.fixed import read_fixed_tasks, take_fixed
from hotspots.tasking.program import Solution, VisitLimits, gap_in_words, solve_visits
from hotspots.tasking.reasons import left_out_table
from hotspots.tasking.schedule import schedule_visits, visit_table
from hotspots.tasking.tactics_file import as_tactics
from hotspots.tasking.tasks import task_ground, task_table
from hotspots.tasking.trial_plan import about_trial, in_plan, with_trial
from hotspots.tasking.visits import VisitOptions, monthly_visits, timed_visits
from hotspots.times import HOURS
from hotspots.words import count, days, percent

if TYPE_CHECKING:
    from os import PathLike

    from hotspots.tasking.results import TaskResults
    from hotspots.tasking.tactics import TacticsLibrary

_NEEDED: Final = (
    *("name", "borough", "area", "rank", "location", "grid_ref", "weekdays", "start_hour"),
    *("end_hour", "expected_per_week", "harm_per_week", "is_one_caller", "main_type"),
    *("main_heading", "persistence", "forecast", "forecast_low", "why", "source", "geometry"),
)
_CANDIDATES: Final = ("borough", "area", "geometry")
_EXTRA: Final = tuple(range(-3, 4))
_MOST_EXTRA: Final = 20


@dataclass(frozen=True)
class TaskPlan:
    """A plan of visits, and how good it is.

    Parameters
    ----------
    tasks : DataFrame
        A tasks table: one row a place, team and tour.
    visits : DataFrame
        A visits table: one row a visit, in the order in which each crew makes them.
    left_out : DataFrame
        A left-out table: the hotspots without a visit, and why.
    capacity : Capacity
        What the teams can do.
    covered : float
        Harm to expect in the hours that the visits cover, in all days of the plan, points; of
        visits to one place in a week each further one counts for less.
    bound : float
        No plan covers more than this.
    harm : float
        Harm to expect at the hotspots in all days of the plan, at any hour.
    ground : GeoDataFrame
        The ground of each task that has a place: index `task_id`, EPSG:27700.
    remarks : tuple of str
        What every reader must know, in sentences.
    remarks_restricted : tuple of str
        More of them, which name hotspots: for restricted products alone.
    problem : Problem
        What was asked, to ask it again.
    results : TaskResults or None
        What came of the plans before, if it was given.
    areas : GeoDataFrame or None
        The areas that have a list each, if the plan is an analysis's.
    """

    tasks: pd.DataFrame
    visits: pd.DataFrame
    left_out: pd.DataFrame
    capacity: Capacity
    covered: float
    bound: float
    harm: float
    ground: gpd.GeoDataFrame = field(repr=False)
    remarks: tuple[str, ...]
    remarks_restricted: tuple[str, ...]
    problem: Problem = field(repr=False)
    results: TaskResults | None = None
    areas: gpd.GeoDataFrame | None = field(default=None, repr=False)

    @property
    def gap(self) -> float:
        """How far the best plan could be ahead, as a share of what this one covers."""
        return Solution(self.visits, self.covered, self.bound).gap

    @property
    def tactics(self) -> pd.DataFrame:
        """A tactics table of the options that the tasks name, or that were recorded here."""
        library = self.problem.tactics
        pairs = zip(self.tasks["kind"], self.tasks["hotspot_id"], strict=True)
        named = {each for kind, name in pairs for each in advise(self.problem, kind, name).options}
        table = library.table(None if self.results is None else self.results.by_tactic)
        return table[table.index.isin(list(named)) | (table["n_here"] > 0)]

    def shortfall(self) -> Shortfall:
        """Say how much of the harm falls outside every tour of duty; see `find_shortfall`.

        Raises
        ------
        InputError
            If the data are monthly.
        """
        asked = self.problem
        if not asked.is_timed:
            raise no_hours()
        return shortfall_of(asked.hotspots, asked.week, self.capacity, asked.covers)

    def what_if(self, extra: Sequence[int] = _EXTRA) -> pd.DataFrame:
        """Say what would be covered with officers more or fewer in every team, by solving again.

        Parameters
        ----------
        extra : sequence of int
            Officers more (or fewer, below 0) in each team, −20 to 20; −3 to 3 by default.

        Returns
        -------
        DataFrame
            Index `extra_officers`; columns `officer_hours` (for hotspots), `visits` to hotspots,
            `covered` (harm points, further visits counting for less), `share` of the harm to
            expect, `gap`.

        Caveats
        -------
        Each row is within its gap of the best, so small steps of the curve may be the solver's. It
        says what officers would meet, and not what they would prevent.
        """
        extra = list(extra)
        for n in extra:
            if not is_whole(n, -_MOST_EXTRA, _MOST_EXTRA):
                rule = f"whole numbers of officers from -{_MOST_EXTRA} to {_MOST_EXTRA}"
                raise invalid("extra", n, rule)
        rows = []
        for n in extra:
            again = self.problem
            if n:
                again = replace(again, capacity=self.capacity.with_officers(n))
            options, solution, _ = again.solve()
            hours = float(options.tours["minutes"].sum()) / 60
            share = solution.covered / self.harm if self.harm else 0.0
            n_visits = len(solution.chosen)
            rows.append((n, hours, n_visits, solution.covered, share, solution.gap))
        columns = ["extra_officers", "officer_hours", "visits", "covered", "share", "gap"]
        return pd.DataFrame(rows, columns=columns).set_index("extra_officers")

    @property
    def summary(self) -> str:
        """How many visits, when, and how good, in words."""
        share = self.covered / self.harm if self.harm else 0.0
        return (
            f"{count(len(self.visits), 'visit')} in {count(len(self.tasks), 'task')}, "
            f"{days(self.capacity.start, self.capacity.end)}; covers {percent(share)} of the harm "
            f"to expect; {gap_in_words(self.gap)[:-1].lower()}"
        )

    def __repr__(self) -> str:
        """Answer the first questions: how many, when, how good."""
        return f"<TaskPlan: {self.summary}>"


@dataclass(frozen=True)
class Problem:
    """What is asked of a plan, checked.

    Parameters
    ----------
    hotspots : GeoDataFrame
        All hotspots.
    week : DataFrame
        Expected incidents in each hour of the week, or one column.
    capacity : Capacity
        What the teams can do.
    covers : mapping of str to tuple of str
        The teams that cover each hotspot.
    candidates : mapping of str to tuple of str
        The places that each team may be sent to at random.
    fixed : DataFrame
        What is decided already, checked; see `read_fixed_tasks`.
    floors : mapping of str to int
        Least visits in all of each area, by id.
    settings : TaskSettings
        What a visit is.
    tactics : TacticsLibrary
        Options to consider.
    trial : DataFrame or None
        What a coin left alone, and what it chose, in the days of the plan; see `in_plan`.
    """

    hotspots: gpd.GeoDataFrame
    week: pd.DataFrame
    capacity: Capacity
    covers: Mapping[str, tuple[str, ...]]
    candidates: Mapping[str, tuple[str, ...]]
    fixed: pd.DataFrame
    floors: Mapping[str, int]
    settings: TaskSettings
    tactics: TacticsLibrary
    trial: pd.DataFrame | None

    @property
    def is_timed(self) -> bool:
        """Whether hours are known."""
        return self.week.shape[1] == HOURS

    def options(self) -> VisitOptions:
        """Find the visits that can be made, with what is fixed marked."""
        capacity = take_fixed(self.capacity, self.fixed)
        patrolled = self.hotspots[~self.hotspots["is_one_caller"].astype(bool)]
        given = (capacity, self.covers, self.settings)
        if not self.is_timed:
            return monthly_visits(patrolled, *given)
        own = self.fixed[self.fixed["hotspot_id"] != ""]
        options = timed_visits(patrolled, self.week, *given, fixed=own["slot"])
        fixed = set(zip(self.fixed["hotspot_id"], self.fixed["slot"], strict=True))
        pairs = zip(options.table["place"], options.table["slot"], strict=True)
        is_fixed = np.array([pair in fixed for pair in pairs], dtype=bool)
        is_fixed &= (options.table["nth"] == 0).to_numpy()
        return replace(options, table=options.table.assign(is_fixed=is_fixed))

    def solve(self) -> tuple[VisitOptions, Solution, pd.DataFrame]:
        """Give the visits that can be made, those that are, and the draws of exploration."""
        options = self.options()
        floors = dict(self.floors)
        if self.trial is not None:
            table, doses = with_trial(options, self.trial, is_timed=self.is_timed)
            options, floors = replace(options, table=table), floors | doses
        drawn, visits = draw_exploration(
            options.tours,
            self.candidates,
            share=self.settings.exploration,
            seed=self.settings.seed,
        )
        limits = VisitLimits(
            per_week=self.settings.visits_per_week,
            consecutive_days=self.settings.consecutive_days,
            repeat=self.settings.repeat,
            floors=floors,
        )
        if not self.is_timed:
            # No day is known, so no days in a row either.
            limits = replace(limits, consecutive_days=self.capacity.days + 1)
        chosen = solve_visits(
            options.table,
            options.tours[["team"]].assign(visits=visits),
            limits,
            gap=self.settings.gap,
            nodes=self.settings.nodes,
        )
        return options, chosen, drawn


def recommend_tasks(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    capacity: Capacity,
    *,
    team_areas: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    fixed: str | PathLike[str] | pd.DataFrame | None = None,
    floors: Mapping[str, int] | None = None,
    settings: TaskSettings | None = None,
    tactics: str | PathLike[str] | TacticsLibrary | None = None,
    experiment: Experiment | None = None,
) -> TaskPlan:
    """Recommend visits to hotspots that the teams can truly make.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table.
    week : DataFrame
        Expected incidents in each hour of the week, a row a hotspot, 168 columns; one column for
        monthly data (`HotspotList.week`).
    capacity : Capacity
        What the teams can do, and on which days; see `team_capacity`.
    team_areas : GeoDataFrame, optional
        Polygons that the teams name, an areas table. By default teams name the areas of the list.
    places : GeoDataFrame, optional
        Places that exploration may draw: index `place_id`, columns `borough` and `area` (id and
        name of the area of the list) and `geometry`. Without them nothing explores.
    fixed : path or DataFrame, optional
        What is decided already, such as an event or a running plan: columns `team`, `date`, `tour`,
        `minutes` (of each officer), `officers`, `what` and, for a visit to a hotspot, `hotspot_id`.
    floors : mapping of str to int, optional
        Least visits in all to the hotspots of an area, by its name or id, beside
        `settings.least_visits` of every area.
    settings : TaskSettings, optional
        What a visit is, how long it works, what is too much and too little.
    tactics : path or TacticsLibrary, optional
        Options to consider, a file for `read_tactics`, or what it gave; by default the starting
        point.
    experiment : Experiment, optional
        A trial that is on: what its coin left alone gets no visit, and what it chose at least its
        dose; see `design_experiment`.

    Returns
    -------
    TaskPlan
        With `.tasks`, `.visits` in the order of their routes, `.left_out` with reasons, `.gap` and
        `.what_if()`.

    Raises
    ------
    InputError
        If a table lacks a column or a row, no team covers any hotspot, more is fixed than a tour
        has time for, or a floor cannot be met: the message says what binds.

    Notes
    -----
    A visit takes `officers_per_visit` × (`visit_minutes` + `travel_minutes`) officer-minutes of its
    tour, and covers the harm to expect in the `effect_hours` from its best hour in the tour, as far
    as the team's next tour does not begin. A mixed-integer program chooses the visits; see
    `hotspots.tasking.program.solve_visits`. Rows are sorted first and the solver stops on gap or
    nodes, never by the clock, so the same data give the same plan. A hotspot of one caller is not
    patrolled. With monthly data visits have a week and no day or tour.

    Caveats
    -------
    A recommendation to be discussed, not an order: it knows nothing of what the team knows, or of
    officers' safety. Harm that is covered is harm to expect while somebody is near, and not harm
    that is prevented.

    References
    ----------
    Koper, C. S. (1995). Just enough police presence. *Justice Quarterly* 12, 649–672. doi
    10.1080/07418829500096231.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> team = hs.Team("Camden", posts={"pc": 12}, tours=hs.read_tours(["early", "late", "night"]))
    >>> capacity = hs.team_capacity([team], start="2026-06-01")
    >>> hs.recommend_tasks(run.hotspots, run.found.week, capacity)
    <TaskPlan: ... visits in ... tasks, 1 June 2026 to 14 June 2026; covers ... % of the harm to
    expect; no plan covers more...>
    """
    problem, remarks = _checked(
        hotspots, week, capacity, team_areas, places, fixed, floors, settings, as_tactics(tactics)
    )
    if experiment is not None:
        if not isinstance(experiment, Experiment):
            rule = "what hs.design_experiment gave"  # type: ignore[unreachable]
            raise invalid("experiment", type(experiment).__name__, rule)
        trial = in_plan(experiment, capacity)
        known = trial["hotspot_id"].isin(hotspots.index)
        problem = replace(problem, trial=trial[known])
        remarks += about_trial(experiment, trial, hotspots.index)
    options, solution, drawn = problem.solve()
    made = schedule_visits(problem, options, solution, drawn, places)
    tasks = task_table(problem, made)
    return TaskPlan(
        tasks=tasks,
        ground=task_ground(problem, made, tasks),
        visits=visit_table(made),
        left_out=left_out_table(problem, options, solution),
        capacity=capacity,
        covered=solution.covered,
        bound=solution.bound,
        harm=_harm_in_plan(problem),
        remarks=capacity.remarks,
        remarks_restricted=tuple(remarks),
        problem=problem,
    )


def _checked(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    capacity: Capacity,
    team_areas: gpd.GeoDataFrame | None,
    places: gpd.GeoDataFrame | None,
    fixed: str | PathLike[str] | pd.DataFrame | None,
    floors: Mapping[str, int] | None,
    settings: TaskSettings | None,
    tactics: TacticsLibrary,
) -> tuple[Problem, list[str]]:
    """Check everything that was given, and say what the reader must know."""
    check_hotspots(hotspots, _NEEDED)
    check_week(hotspots, week)
    if not isinstance(capacity, Capacity):
        rule = "what hs.team_capacity gave"  # type: ignore[unreachable]
        raise invalid("capacity", type(capacity).__name__, rule)
    settings = settings or TaskSettings()
    if not isinstance(settings, TaskSettings):
        remedy = "Use hs.Settings().tasks."  # type: ignore[unreachable]
        raise invalid("settings", type(settings).__name__, "TaskSettings", remedy)
    covers, remarks = assign_teams(hotspots, capacity, team_areas)
    candidates, said = _candidates(places, capacity, team_areas, settings)
    problem = Problem(
        hotspots=hotspots,
        week=week,
        capacity=capacity,
        covers=covers,
        candidates=candidates,
        fixed=read_fixed_tasks(fixed, capacity, hotspots),
        floors=_floors(hotspots, floors, settings.least_visits),
        settings=settings,
        tactics=tactics,
        trial=None,
    )
    return problem, remarks + said


def _candidates(
    places: object,
    capacity: Capacity,
    team_areas: gpd.GeoDataFrame | None,
    settings: TaskSettings,
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Give the places that each team may be sent to at random."""
    if places is None or settings.exploration == 0:
        return {}, []
    missing = [name for name in _CANDIDATES if name not in getattr(places, "columns", ())]
    if not isinstance(places, gpd.GeoDataFrame) or missing:
        rule = f"a GeoDataFrame with {', '.join(_CANDIDATES)}"
        raise invalid("places", type(places).__name__, rule)
    covers = teams_of(places, capacity, team_areas)
    found: dict[str, list[str]] = {team.name: [] for team in capacity.teams}
    for place, teams in covers.items():
        for team in teams:
            found[team].append(place)
    none = sum(not ids for ids in found.values())
    said = [f"{count(none, 'team')} without a place to explore."] if none else []
    return {team: tuple(ids) for team, ids in found.items()}, said


def _floors(
    hotspots: gpd.GeoDataFrame, floors: Mapping[str, int] | None, least: int
) -> dict[str, int]:
    """Give the least visits of each area by its id."""
    found = dict.fromkeys(hotspots["borough"], least) if least else {}
    if floors is None:
        return found
    if not isinstance(floors, Mapping):
        rule = "least visits by name or id of an area"  # type: ignore[unreachable]
        raise invalid("floors", type(floors).__name__, rule)
    names = {plain(name): code for code, name in hotspots[["borough", "area"]].to_numpy()}
    names |= {plain(code): code for code in hotspots["borough"]}
    for name, n in floors.items():
        if plain(name) not in names:
            near = did_you_mean(name, hotspots["area"].astype("str"))
            raise invalid("floors", name, "the name or id of an area of the list", near)
        if not is_whole(n, 0):
            raise invalid(f"floor of {name}", n, "a whole number of at least 0")
        found[names[plain(name)]] = int(n)
    return found


def _harm_in_plan(problem: Problem) -> float:
    """Give the harm to expect at the hotspots in all days of the plan, at any hour."""
    hotspots = problem.hotspots
    weigh = (hotspots["harm_per_week"] / hotspots["expected_per_week"]).to_numpy(dtype=float)
    expected = problem.week.loc[hotspots.index].to_numpy(dtype=float)
    if problem.is_timed:
        expected = expected[:, hours_of_plan(problem.capacity)].sum(axis=1)
    else:
        expected = expected.sum(axis=1) * problem.capacity.days / 7
    return float((expected * weigh).sum())
