"""The main job: from incidents to hotspots, tasks and a map.

`analyse` composes the rooms of the package in the order of the questions a sergeant asks, and adds
no method of its own; the frozen `Analysis` holds every step, so that each can be looked at.
"""

from __future__ import annotations

import difflib
import logging
import warnings
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.areas import assign_areas, load_boroughs, make_grid, places_from_areas
from hotspots.counts import Counts, count_task, counts_of, run
from hotspots.counts.tally import NO_HOUR
from hotspots.errors import HotspotsWarning, InputError, invalid
from hotspots.explain import Explanation, explain_place
from hotspots.incidents import Dataset, Reading, Together, find_episodes, open_incidents
from hotspots.incidents.layouts import ASB_REPORTS
from hotspots.patterns import (
    WeekScan,
    choose_min_incidents,
    find_clusters,
    scan_week,
    summarise_clusters,
)
from hotspots.planning import PlanGround, plan_tasks
from hotspots.products import draw_map, read_record, save_folder
from hotspots.progress import track
from hotspots.remarks import (
    about_codes,
    about_counts,
    about_points,
    about_walk,
    missing_months,
    one_callers,
    withheld,
    without_tasks,
)
from hotspots.risk import (
    Details,
    DetailTask,
    Forecast,
    HarmCounts,
    HarmTask,
    HighRiskVictims,
    HotspotList,
    Intensity,
    ListRecord,
    ListReview,
    RiskScores,
    VictimTally,
    VictimTask,
    WeightSensitivity,
    added_up,
    as_judgements,
    as_weights,
    describe_hotspots,
    find_high_risk_victims,
    forecast,
    gathered,
    gathered_victims,
    judge_hotspots,
    latest_days,
    record_list,
    review_list,
    score_risk,
    weekly_harm,
    weekly_intensity,
    weight_sensitivity,
    with_own_hours,
)
from hotspots.settings import Settings
from hotspots.tables import CLUSTERS, CRS, INCIDENTS, check_areas, has_clock, has_point
from hotspots.words import count, days

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import folium

    from hotspots.counts.counting import Incidents
    from hotspots.incidents import Account
    from hotspots.incidents.dataset import Task
    from hotspots.incidents.reading import Tier
    from hotspots.planning import Planning
    from hotspots.risk import HarmWeights, Judgement
    from hotspots.tables import Marking
    from hotspots.tasking import TaskPlan

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)
_N_STEPS = 9
_NO_THRESHOLDS: pd.Series[int] = pd.Series(dtype="int64", name="min_incidents")
_MONTHLY = (
    "The data are monthly: hours of the week, nights, episodes, clusters and tours of duty are "
    "left out."
)


@dataclass(frozen=True)
class Analysis:
    """What the main job found, with every step on the way.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table, by area and rank.
    plan : TaskPlan
        The visits of the coming days, as tasks and one by one; see `recommend_tasks`.
    clusters : GeoDataFrame
        The clusters table; empty for monthly data.
    judgements : GeoDataFrame
        The judgements table: what analysts decided, and what came of it; empty if nothing.
    areas : GeoDataFrame
        The areas that have a list each.
    incidents : GeoDataFrame
        The incidents that were used, with `borough` and `is_context` filled in; of a dataset, the
        latest of them.
    counts, intensity, found
        The steps between; see `count_incidents`, `weekly_intensity` and `find_hotspots`.
    scores : RiskScores
        The harm of each hotspot and what it is made of; see `score_risk`.
    sensitivity : WeightSensitivity
        How the ranks move if the weights are not quite these; see `weight_sensitivity`.
    victims : HighRiskVictims
        People who were harmed and may need a call, at a hotspot or not; see
        `find_high_risk_victims`.
    forecast : Forecast or None
        The count of each place in the coming month; see `forecast`. None if too little is known.
    min_incidents : Series of int
        Incidents that make the core of a cluster, by borough.
    n_episodes : int or None
        Episodes among the incidents; None for monthly data.
    scan : WeekScan or None
        Places that have hours of their own; see `scan_week`. None for monthly data.
    review : ListReview or None
        What has changed since the last list, and how that list did; None if none was given.
    left_out : tuple of str
        What was not done or not used, and why, in sentences.
    left_out_restricted : tuple of str
        More of them, on exact points and single callers, which only restricted products carry.
    settings : Settings
        All tunables.
    noun : str
        What the incidents are, in the plural.
    """

    hotspots: gpd.GeoDataFrame
    plan: TaskPlan
    clusters: gpd.GeoDataFrame
    judgements: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    incidents: gpd.GeoDataFrame
    counts: Counts
    intensity: Intensity
    found: HotspotList
    scores: RiskScores
    sensitivity: WeightSensitivity
    victims: HighRiskVictims
    forecast: Forecast | None
    min_incidents: pd.Series[int]
    n_episodes: int | None
    scan: WeekScan | None
    review: ListReview | None
    left_out: tuple[str, ...]
    left_out_restricted: tuple[str, ...]
    settings: Settings
    noun: str

    def remarks(self, marking: Marking = "restricted") -> tuple[str, ...]:
        """Give what was left out, as far as those who may receive a product may know it."""
        if marking == "restricted":
            return self.left_out + self.left_out_restricted
        return self.left_out + tuple(withheld(self.hotspots))

    @property
    def tasks(self) -> pd.DataFrame:
        """The tasks table of the plan."""
        return self.plan.tasks

    @property
    def ground(self) -> PlanGround:
        """What a plan needs; see `replan`."""
        return PlanGround.of(self.hotspots, self.found, self.counts, self.areas)

    @property
    def tier(self) -> Tier:
        """Whether hours are known: "timed" or "monthly"."""
        return self.counts.tier

    @property
    def n_incidents(self) -> float:
        """Incidents in the areas: the weights of their rows."""
        return float(self.counts.area_week.to_numpy().sum())

    @property
    def is_simulated(self) -> bool:
        """Whether any incident comes from the simulator."""
        return "simulated" in self.counts.sources

    @property
    def walk(self) -> dict[str, int]:
        """Where every accepted row went: "in areas", "context", "out of area", "no place"."""
        return self.counts.walk

    @property
    def account(self) -> Account | None:
        """Where every row that was read went; None for a table in memory."""
        return self.counts.account

    @property
    def period(self) -> str:
        """The period in words, such as "1 January 2025 to 31 December 2025"."""
        return days(self.counts.start, self.counts.end)

    @property
    def record(self) -> ListRecord:
        """What this list leaves for the next one; see `analyse(previous=…)`."""
        return record_list(
            self.hotspots,
            self.found,
            self.intensity,
            self.areas,
            self.settings.hotspots,
            self.judgements,
            self.scores.harm,
        )

    def explain(self, place: str | tuple[float, float]) -> Explanation:
        """Answer a councillor who asks why a street is, or is not, on the list.

        Parameters
        ----------
        place : str or pair of float
            A hotspot's id or name, the id of a place, words for a location such as a street name,
            or (easting, northing).

        Returns
        -------
        Explanation
            Print it for the answer in words; its fields hold the figures.

        Raises
        ------
        InputError
            If the place is not known, with the nearest names.
        """
        return explain_place(self, place)

    def map(self, *, marking: Marking = "restricted") -> folium.Map:
        """Draw the hotspots as a folium map; see `map_hotspots`."""
        return draw_map(self, marking)

    def save(
        self,
        folder: str | PathLike[str],
        *,
        marking: Marking = "restricted",
        beside: Mapping[str, Path] | None = None,
        card: str | PathLike[str] | Mapping[str, str] | None = None,
        groups: gpd.GeoDataFrame | None = None,
        victims: bool = False,
    ) -> Path:
        """Write the map, the tables and the manifest to a folder, whole or not at all.

        Parameters
        ----------
        folder : path
            Is made; a folder that an earlier analysis made is replaced, any other refused.
        marking : {"restricted", "partner"}
            Who may receive it; columns for narrower audiences are left out.
        beside : mapping of str to Path, optional
            Further input files, such as those of areas and settings, whose checksums the manifest
            shall record.
        card : path or mapping of str to str, optional
            The organisation's answers to the model card; see `read_card_answers`.
        groups : GeoDataFrame, optional
            Small areas of yours for the spread of the list; see `check_spread`.
        victims : bool
            Whether to write `victims.csv`, too: people who were harmed and may need a call, by
            pseudonym, with dates. Restricted, and for those who call them, not for a meeting.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds something else.
        InputError
            If the marking is not known, or "public", which needs its own edition, or the answers
            or small areas cannot be used, or victims are asked for another marking.
        """
        return save_folder(self, folder, marking, beside, card, groups, victims=victims)

    def __repr__(self) -> str:
        """Answer the first questions: how many, where, when, what came of it."""
        simulated = "SIMULATED, " if self.is_simulated else ""
        return (
            f"<Analysis: {simulated}{self.n_incidents:,.0f} {self.noun} in "
            f"{count(len(self.areas), 'area')}, {self.period}, {self.tier}; "
            f"{count(len(self.hotspots), 'hotspot')}, {count(len(self.tasks), 'task')}"
            f"{_judged_in_words(self.judgements)}>"
        )


def _judged_in_words(judgements: gpd.GeoDataFrame) -> str:
    if len(judgements) == 0:
        return ""
    return f", {judgements['is_applied'].sum()} of {count(len(judgements), 'judgement')} applied"


def analyse(
    incidents: Incidents,
    *,
    boroughs: Sequence[str] | None = None,
    areas: gpd.GeoDataFrame | None = None,
    settings: Settings | None = None,
    weights: str | PathLike[str] | HarmWeights | None = None,
    judgements: str | PathLike[str] | Sequence[Judgement] | None = None,
    previous: str | PathLike[str] | Analysis | ListRecord | None = None,
    planning: Planning | None = None,
    client: Any = None,  # noqa: ANN401 (a distributed.Client, which is an extra)
    progress: bool | None = None,
) -> Analysis:
    """Find the hotspots of every borough, explain them, and recommend tasks.

    Parameters
    ----------
    incidents : Reading, GeoDataFrame, Dataset or path
        What `read_incidents` gave, an incidents table, or what `open_incidents` or a path names:
        files larger than memory are read twice, in chunks, and may not change meanwhile.
    boroughs : sequence of str, optional
        Names or GSS codes of London boroughs (and the City); by default the 32 boroughs. With
        `areas`, only areas whose middle lies in these boroughs are kept.
    areas : GeoDataFrame, optional
        Areas of your own that get a list each, an areas table from `read_areas`.
    settings : Settings, optional
        All tunables; see `Settings`.
    weights : path or HarmWeights, optional
        What a report weighs: a file for `read_harm_weights`, or what it gave. The list is ranked by
        the harm to expect; by default the documented starting point.
    judgements : path or sequence of Judgement, optional
        What analysts know and the data do not: a file for `read_judgements`, or what it gave. Their
        exclusions, pins, mergers, splits and names are applied to the list; see `judge_hotspots`.
    previous : path, Analysis or ListRecord, optional
        The folder that the last run wrote, or the last analysis: ids of hotspots go on, and
        `.review` says what has changed and how the last list did on what came after it.
    planning : Planning, optional
        Who is there to make visits, from when on, and what is decided already; see `Planning`. By
        default one team is assumed for each area.
    client : str or distributed.Client, optional
        A Dask cluster or its address, for a dataset in a folder that its workers reach.
    progress : bool, optional
        Whether to show a progress bar; by default only on a terminal.

    Returns
    -------
    Analysis
        With `.hotspots`, `.tasks`, `.explain(place)`, `.map()` and `.save(folder)`.

    Raises
    ------
    InputError
        If a borough is not known, the incidents are not an incidents table, no incident has a
        time in the period, a judgement has expired or matches nothing, a dataset changed between
        the two readings, or the last run's folder cannot be read or was changed.

    Caveats
    -------
    The list shows where reports are expected, which is not where everybody suffers most: some
    people do not report, and a place with one persistent caller looks like a place with many.
    Every hotspot carries what is needed to see that.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(20_000, rng=1).incidents
    >>> hs.analyse(calls, boroughs=["Camden"], progress=False)
    <Analysis: SIMULATED, ... ASB reports in 1 area, ... timed; 10 hotspots, ... tasks>
    """
    settings = _checked(settings)
    weighed = as_weights(weights)
    # What is wrong with what was given is said before anything is read.
    given = as_judgements(judgements)
    opened = _opened(incidents)
    chosen = _choose_areas(boroughs, areas)
    last = _last_list(previous)
    work = _Work(opened, client, progress)
    with track(_N_STEPS, show=progress) as begin:
        begin("Counting")
        counts, kinds, left_out = _count(work, chosen, settings)
        begin("Estimating the weekly intensity")
        # The list is for the next weeks, which are like the last ones more than like all the year.
        intensity = weekly_intensity(counts, night_ends=settings.times.night_ends, season=False)
        begin("Weighing harm")
        half_life = settings.risk.half_life or None
        harm, said = quietly(weekly_harm, intensity, kinds, weights=weighed, half_life=half_life)
        left_out += said
        begin("Finding hotspots")
        night_ends = settings.times.night_ends
        judged = judge_hotspots(
            intensity,
            chosen,
            given,
            harm=harm.places["harm_per_week"],
            last=last.hotspots if last is not None else None,
            before=last.judgements if last is not None else None,
            settings=settings.hotspots,
            night_ends=night_ends,
        )
        left_out = [*judged.left_out, *left_out]
        noun = counts.account.noun if counts.account is not None else ASB_REPORTS
        review = None
        if last is not None:
            found, review = review_list(last, judged.found, counts, chosen, noun=noun)
            judged = judged.with_list(found)
        found = judged.found
        begin("Forecasting the coming month")
        coming, said = _forecast(counts, chosen, settings, noun)
        left_out += said
        begin("Describing hotspots")
        again, since = _gather(work, found, counts, settings)
        level = settings.hotspots.interval
        options = {"weights": weighed, "half_life": half_life, "level": level}
        scores, _ = quietly(score_risk, found, intensity, again.harm, **options)
        hotspots = describe_hotspots(
            found,
            again.details,
            counts,
            scores=scores,
            coming=coming,
            noun=noun,
            per_area=settings.hotspots.per_area,
            interval=level,
            night_ends=night_ends,
        )
        used = again.details.incidents()
        begin("Finding clusters")
        timed, said = _latest_timed(used, chosen, counts, since)
        left_out += said
        clusters, least, n_episodes = _find_clusters(timed, settings)
        begin("Scanning for hours of their own")
        scan, said = _scan(timed, settings)
        left_out += said
        if scan is not None:
            hotspots = with_own_hours(hotspots, scan.own_hours(hotspots))
        begin("Planning visits")
        ground = PlanGround.of(hotspots, found, counts, chosen)
        plan = plan_tasks(ground, planning, settings=settings.tasks)
        left_out += [*plan.remarks, *without_tasks(plan.left_out)]
    return Analysis(
        hotspots=hotspots,
        plan=plan,
        clusters=clusters,
        judgements=judged.table,
        areas=chosen,
        incidents=used,
        counts=counts,
        intensity=intensity,
        found=found,
        scores=scores,
        sensitivity=weight_sensitivity(scores, rng=settings.risk.seed),
        victims=find_high_risk_victims(again.victims, counts, found=found, weights=weighed),
        forecast=coming,
        min_incidents=least,
        n_episodes=n_episodes,
        scan=scan,
        review=review,
        left_out=tuple(left_out),
        left_out_restricted=(
            *about_points(again.details, hotspots, counts, noun),
            *one_callers(hotspots),
            *plan.remarks_restricted,
        ),
        settings=settings,
        noun=noun,
    )


def _opened(incidents: Incidents) -> Reading | Dataset | gpd.GeoDataFrame:
    """Open what is a path, and refuse what holds no incidents."""
    if isinstance(incidents, (str, PathLike, list, tuple)):
        incidents = open_incidents(incidents)
    if not isinstance(incidents, (Reading, Dataset, gpd.GeoDataFrame)):
        raise invalid(
            "incidents",
            type(incidents).__name__,
            "a Reading, an incidents table, a Dataset or a path",
            "Use hs.read_incidents(path).",
        )
    if isinstance(incidents, gpd.GeoDataFrame):
        INCIDENTS.validate(incidents)
    return incidents


@dataclass(frozen=True)
class _Work:
    """The incidents, and where the work on them is done."""

    incidents: Reading | Dataset | gpd.GeoDataFrame
    client: Any
    progress: bool | None

    def run_again(self, task: Task[Result], first: Account | None) -> list[Result]:
        """Do a task on all incidents, which must be those that were counted at first."""
        results, again = run(self.incidents, task, client=self.client, progress=self.progress)
        _refuse_change(first, again)
        return results


def _refuse_change(first: Account | None, again: Account | None) -> None:
    """Raise `InputError` if a second reading has found other rows than the first."""
    if first is None or again is None:
        return
    before, after = (
        {
            file: f"{rows:,} rows, {accepted:,} accepted"
            for file, rows, accepted in account.files[["file", "rows", "accepted"]].to_numpy()
        }
        for account in (first, again)
    )
    for file in before | after:
        if before.get(file) != after.get(file):
            msg = (
                f"'{file}' changed while it was analysed: at first {before.get(file)}; then "
                f"{after.get(file)}. Must be the same when it is read again. Give a copy that "
                "nobody writes to."
            )
            raise InputError(msg)


def _last_list(previous: object) -> ListRecord | None:
    if previous is None:
        return None
    if isinstance(previous, ListRecord):
        return previous
    if isinstance(previous, Analysis):
        return previous.record
    if isinstance(previous, (str, PathLike)):
        return read_record(previous)
    rule = "the folder of the last run, or its Analysis"
    raise invalid("previous", type(previous).__name__, rule)


def _choose_areas(
    boroughs: Sequence[str] | None, areas: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    if areas is not None:
        check_areas(areas)
    if boroughs is None:
        return load_boroughs() if areas is None else areas
    chosen = name_boroughs(boroughs)
    if areas is None:
        return chosen
    inside = areas[_in_boroughs(areas, chosen)]
    if inside.empty:
        msg = f"None of the {len(areas)} areas lies in {', '.join(chosen['name'])}."
        raise InputError(msg)
    return inside


def _in_boroughs(areas: gpd.GeoDataFrame, boroughs: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Say which areas have their middle in one of the boroughs."""
    middle = gpd.GeoDataFrame(geometry=areas.geometry.representative_point(), crs=CRS)
    return assign_areas(middle, boroughs).notna()


def name_boroughs(names: Sequence[str]) -> gpd.GeoDataFrame:
    """Find boroughs by name or GSS code, the City included.

    Parameters
    ----------
    names : sequence of str
        Names in any case, with or without "London Borough of", or codes.

    Returns
    -------
    GeoDataFrame
        An areas table, in the order of the codes.

    Raises
    ------
    InputError
        If a name is not known, with the nearest one.
    """
    if isinstance(names, str):
        names = [names]
    every = load_boroughs(city=True)
    code_of = {name.lower(): code for code, name in every["name"].items()}
    code_of |= {str(code).lower(): code for code in every.index}
    codes = []
    for name in names:
        plain = str(name).strip().lower()
        for title in ("london borough of ", "royal borough of ", "city of "):
            plain = plain if plain in code_of else plain.removeprefix(title)
        code = code_of.get(plain)
        if code is None:
            near = difflib.get_close_matches(str(name).lower(), list(code_of), n=1)
            hint = f"Did you mean '{every.loc[code_of[near[0]], 'name']}'?" if near else ""
            if "," in str(name):
                hint = "Repeat --borough for each (in Python, give a list)."
            raise invalid("borough", name, "the name or GSS code of a London borough", hint)
        codes.append(code)
    return every.loc[sorted(set(codes))]


def _reach(settings: Settings) -> float:
    """Give the largest distance over which an incident can matter for a hotspot or cluster."""
    across = 2 * float(np.sqrt(settings.hotspots.max_area / np.pi))
    return max(
        settings.clusters.radius,
        settings.episodes.radius,
        across,
        2 * settings.places.cell_size,
    )


def _count(
    work: _Work, areas: gpd.GeoDataFrame, settings: Settings
) -> tuple[Counts, HarmCounts, list[str]]:
    """Count everything, by kind too, in a grid, or by the areas where there are no points."""
    if isinstance(work.incidents, Dataset):
        is_pointed = True
    else:
        table = work.incidents
        table = table.incidents if isinstance(table, Reading) else table
        is_coded = table[["area_code", "borough"]].notna().any(axis=1) & ~has_point(table)
        is_pointed = has_point(table).sum() >= is_coded.sum()
    counts, kinds = _count_in(work, areas, settings, is_pointed=is_pointed)
    if is_pointed and counts.n_points < counts.n_coded:
        # Only now is it known that more rows of the dataset carry a code than a point.
        is_pointed = False
        first = counts
        counts, kinds = _count_in(work, areas, settings, is_pointed=False)
        _refuse_change(first.account, counts.account)
    left_out = about_codes(counts, areas) + about_walk(counts.walk, _reach(settings))
    if not is_pointed:
        size = areas.area.mean() / 1e6
        left_out.append(
            "More rows have an area code than a point, so each hotspot is a whole area "
            f"({size:.1f} km² on average): too large to walk. Use it to choose days and hours."
        )
    missing, said = missing_months(counts)
    counts = replace(counts, missing=missing)
    return counts, kinds, left_out + said + about_counts(counts, settings)


def _count_in(
    work: _Work, areas: gpd.GeoDataFrame, settings: Settings, *, is_pointed: bool
) -> tuple[Counts, HarmCounts]:
    places = _make_grid(areas, settings) if is_pointed else places_from_areas(areas)
    task = count_task(places, areas=areas, reach=_reach(settings))
    both = Together((task, HarmTask.of_places(task, len(places))))
    results, account = run(work.incidents, both, client=work.client, progress=work.progress)
    tallies, kinds = zip(*results, strict=True)
    return counts_of(tallies, account, task, places), added_up(kinds)


@dataclass(frozen=True)
class _Gathered:
    """What a second reading says of the hotspots and of people."""

    details: Details
    harm: HarmCounts
    victims: VictimTally


def _gather(
    work: _Work,
    found: HotspotList,
    counts: Counts,
    settings: Settings,
) -> tuple[_Gathered, pd.Timestamp]:
    """Gather what the incidents say of hotspots and people, and those that are kept one by one."""
    since = latest_days(counts, settings.clusters.max_incidents)
    # A table is in memory already: all of it is kept.
    kept = since if isinstance(work.incidents, Dataset) else counts.start
    tasks = (
        DetailTask.build(found, counts, since=kept),
        HarmTask.build(counts, found),
        VictimTask.build(counts),
    )
    results = work.run_again(Together(tasks), counts.account)
    details, harm, people = zip(*results, strict=True)
    return _Gathered(gathered(details), added_up(harm), gathered_victims(people)), since


def _forecast(
    counts: Counts, areas: gpd.GeoDataFrame, settings: Settings, noun: str
) -> tuple[Forecast | None, list[str]]:
    """Forecast the coming month of each place, if the period has a whole month.

    London's season is that of its anti-social behaviour, and of nothing else.
    """
    if counts.total == 0:
        return None, []
    is_london = _in_boroughs(areas, load_boroughs(city=True)).all()
    season = "london" if noun == ASB_REPORTS and is_london else None
    return quietly(forecast, counts, season=season, level=settings.hotspots.interval)


def quietly(verb: Callable[..., Result], *given: Any, **options: Any) -> tuple[Result, list[str]]:  # noqa: ANN401
    """Call a verb, and give what it warns of as sentences."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HotspotsWarning)
        result = verb(*given, **options)
    ours = (each for each in caught if issubclass(each.category, HotspotsWarning))
    return result, [str(each.message) for each in ours]


def _checked(settings: object) -> Settings:
    if settings is None:
        return Settings()
    if not isinstance(settings, Settings):
        remedy = "Use hs.Settings.from_toml(path) or hs.Settings.from_dict(tables)."
        raise invalid("settings", type(settings).__name__, "hs.Settings", remedy)
    return settings


def _make_grid(areas: gpd.GeoDataFrame, settings: Settings) -> gpd.GeoDataFrame:
    """Make a grid over the areas, and round them as far as incidents can matter."""
    cell_size, shape = settings.places.cell_size, settings.places.shape
    inside = make_grid(areas, cell_size=cell_size, shape=shape)
    whole = shapely.union_all(areas.geometry.to_numpy())
    wide = gpd.GeoDataFrame(
        {"name": ["around"]},
        geometry=[whole.buffer(_reach(settings))],
        index=pd.Index(["around"], name="area_id"),
        crs=CRS,
    )
    around = make_grid(wide, cell_size=cell_size, shape=shape)
    around = around[~around.index.isin(inside.index)]
    tree = shapely.STRtree(areas.geometry.to_numpy())
    nearest = tree.nearest(shapely.centroid(around.geometry.to_numpy()))
    around["area_id"] = pd.Series(areas.index.to_numpy()[nearest], index=around.index, dtype="str")
    around["is_context"] = True
    return pd.concat([inside, around])


def _latest_timed(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, counts: Counts, since: pd.Timestamp
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Give the incidents with a clock time among the latest, and say which they are."""
    if counts.tier == "monthly":
        return incidents.iloc[:0], [_MONTHLY]
    said = []
    n_without = float(counts.area_week[NO_HOUR].sum())
    if n_without:
        said.append(
            f"{n_without:,.0f} {'has' if n_without == 1 else 'have'} no clock time: they count for "
            "places and not for hours, nights or clusters."
        )
    is_late = (incidents["start"] >= since).to_numpy()
    if since > counts.start:
        said.append(
            f"Clusters and episodes are those of the latest {int(is_late.sum()):,} incidents, "
            f"since {since.day} {since:%B %Y}; clusters.max_incidents sets how many."
        )
    return _with_nearest_area(incidents[is_late & has_clock(incidents)], areas), said


def _scan(timed: gpd.GeoDataFrame, settings: Settings) -> tuple[WeekScan | None, list[str]]:
    """Scan for places that have hours of their own, if there is anything to scan."""
    if has_point(timed).sum() < 2:  # noqa: PLR2004 (one has no other to differ from)
        return None, []
    return quietly(
        scan_week,
        timed,
        cell_size=settings.scan.cell_size,
        min_nights=settings.scan.min_nights,
        episode_radius=settings.scan.episode_radius,
        night_ends=settings.times.night_ends,
        n_permutations=settings.scan.n_permutations,
        rng=settings.scan.seed,
        progress=False,
    )


def _find_clusters(
    timed: gpd.GeoDataFrame, settings: Settings
) -> tuple[gpd.GeoDataFrame, pd.Series[int], int | None]:
    if len(timed) == 0:
        return CLUSTERS.empty(), _NO_THRESHOLDS, None
    chosen = settings.clusters
    least = choose_min_incidents(
        timed,
        radius=chosen.radius,
        hours=chosen.hours,
        days=chosen.days,
        shuffled_share=chosen.shuffled_share,
        least_incidents=chosen.least_incidents,
    )
    clusters = find_clusters(
        timed,
        radius=chosen.radius,
        hours=chosen.hours,
        days=chosen.days,
        min_incidents=least,
        max_area=chosen.max_area,
    )
    episodes = find_episodes(
        timed, radius=settings.episodes.radius, night_ends=settings.times.night_ends
    )
    # A cluster that lies mostly across the border is another area's.
    weight = timed["weight"]
    own = weight.where(~timed["is_context"], 0.0).groupby(clusters).sum()
    is_listed = 2 * own >= weight.groupby(clusters).sum()
    listed = clusters.where(clusters.map(is_listed).fillna(value=False), -1)
    summary = summarise_clusters(
        timed, listed, radius=chosen.radius, night_ends=settings.times.night_ends
    )
    return summary, least, int(episodes[~timed["is_context"]].nunique())


def _with_nearest_area(incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give context the area that it is nearest to, so that a border cuts no cluster in two."""
    is_near = incidents["is_context"].to_numpy() & has_point(incidents)
    if not is_near.any():
        return incidents
    tree = shapely.STRtree(areas.geometry.to_numpy())
    nearest = tree.nearest(incidents.geometry.to_numpy()[is_near])
    borough = incidents["borough"].astype(object)
    borough[is_near] = areas.index.to_numpy()[nearest]
    return incidents.assign(borough=borough.astype("str").mask(borough.isna()))
