"""The main job: from incidents to hotspots, tasks and a map.

`analyse` composes the rooms of the package in the order of the questions a sergeant asks, and adds
no method of its own; the frozen `Analysis` holds every step, so that each can be looked at.
"""

from __future__ import annotations

import difflib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.areas import assign_areas, load_boroughs, make_grid, places_from_areas
from hotspots.counts import Counts, count_incidents, period_of
from hotspots.errors import InputError, invalid
from hotspots.explain import Explanation, explain_place
from hotspots.incidents import Reading, find_episodes
from hotspots.patterns import choose_min_incidents, find_clusters, summarise_clusters
from hotspots.products import draw_map, save_folder
from hotspots.progress import track
from hotspots.risk import (
    HotspotList,
    Intensity,
    describe_hotspots,
    find_hotspots,
    weekly_intensity,
)
from hotspots.settings import Settings
from hotspots.tables import CLUSTERS, CRS, INCIDENTS, check_areas, has_clock, has_point
from hotspots.tasking import recommend_tasks
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    import folium

    from hotspots.incidents.reading import Tier
    from hotspots.tables import Marking

_LOG = logging.getLogger(__name__)
_N_STEPS = 6
DAYS_IN_WEEK = 7
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
    tasks : DataFrame
        The tasks table.
    clusters : GeoDataFrame
        The clusters table; empty for monthly data.
    areas : GeoDataFrame
        The areas that have a list each.
    incidents : GeoDataFrame
        The incidents that were used, with `borough` and `is_context` filled in.
    counts, intensity, found
        The steps between; see `count_incidents`, `weekly_intensity` and `find_hotspots`.
    min_incidents : Series of int
        Incidents that make the core of a cluster, by borough.
    n_episodes : int or None
        Episodes among the incidents; None for monthly data.
    walk : dict of str to int
        Where every accepted row went: "in areas", "context", "out of area", "no place".
    left_out : tuple of str
        What was not done or not used, and why, in sentences.
    reading : Reading or None
        What was read, if the main job was given a reading.
    settings : Settings
        All tunables.
    noun : str
        What the incidents are, in the plural.
    """

    hotspots: gpd.GeoDataFrame
    tasks: pd.DataFrame
    clusters: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    incidents: gpd.GeoDataFrame
    counts: Counts
    intensity: Intensity
    found: HotspotList
    min_incidents: pd.Series[int]
    n_episodes: int | None
    walk: dict[str, int]
    left_out: tuple[str, ...]
    reading: Reading | None
    settings: Settings
    noun: str

    @property
    def tier(self) -> Tier:
        """Whether hours are known: "timed" or "monthly"."""
        return self.counts.tier

    @property
    def n_incidents(self) -> float:
        """Incidents in the areas: the weights of their rows."""
        inside = ~self.incidents["is_context"]
        return float(self.incidents.loc[inside, "weight"].sum())

    @property
    def is_simulated(self) -> bool:
        """Whether any incident comes from the simulator."""
        return bool((self.incidents["source"] == "simulated").any())

    @property
    def period(self) -> str:
        """The period in words, such as "1 January 2025 to 31 December 2025"."""
        last = self.counts.end - pd.Timedelta(hours=1)
        days = (self.counts.start, last)
        return " to ".join(f"{day.day} {day:%B %Y}" for day in days)

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

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds something else.
        InputError
            If the marking is not known, or "public", which needs its own edition.
        """
        return save_folder(self, folder, marking, beside)

    def __repr__(self) -> str:
        """Answer the first questions: how many, where, when, what came of it."""
        simulated = "SIMULATED, " if self.is_simulated else ""
        return (
            f"<Analysis: {simulated}{self.n_incidents:,.0f} {self.noun} in "
            f"{count(len(self.areas), 'area')}, {self.period}, {self.tier}; "
            f"{count(len(self.hotspots), 'hotspot')}, {count(len(self.tasks), 'task')}>"
        )


def analyse(
    incidents: Reading | gpd.GeoDataFrame,
    *,
    boroughs: Sequence[str] | None = None,
    areas: gpd.GeoDataFrame | None = None,
    settings: Settings | None = None,
    progress: bool | None = None,
) -> Analysis:
    """Find the hotspots of every borough, explain them, and recommend tasks.

    Parameters
    ----------
    incidents : Reading or GeoDataFrame
        What `read_incidents` gave, or an incidents table.
    boroughs : sequence of str, optional
        Names or GSS codes of London boroughs (and the City); by default the 32 boroughs. With
        `areas`, only areas whose middle lies in these boroughs are kept.
    areas : GeoDataFrame, optional
        Areas of your own that get a list each, an areas table from `read_areas`.
    settings : Settings, optional
        All tunables; see `Settings`.
    progress : bool, optional
        Whether to show a progress bar; by default only on a terminal.

    Returns
    -------
    Analysis
        With `.hotspots`, `.tasks`, `.explain(place)`, `.map()` and `.save(folder)`.

    Raises
    ------
    InputError
        If a borough is not known, the incidents are not an incidents table, or no incident has a
        time in the period.

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
    settings = settings or Settings()
    reading = incidents if isinstance(incidents, Reading) else None
    table = reading.incidents if reading is not None else incidents
    if not isinstance(table, gpd.GeoDataFrame):
        raise invalid(
            "incidents",
            type(table).__name__,
            "a Reading or an incidents table",
            "Use hs.read_incidents(path).",
        )
    INCIDENTS.validate(table)
    if len(table) == 0:
        raise _nothing_accepted(reading)
    chosen = _choose_areas(boroughs, areas)
    with track(_N_STEPS, show=progress) as begin:
        begin("Assigning areas")
        used, walk, left_out = _assign(table, chosen, settings)
        begin("Counting")
        places, said = _make_places(used, chosen, settings)
        left_out += said
        # The period is that of the whole input: a quiet area was as long observed as a busy one.
        counted = used if len(used) else table
        period = period_of(table)
        missing, said = _missing_months(table)
        counts = count_incidents(counted, places, period=period, missing=missing)
        left_out += said + _about_counts(counts, settings)
        begin("Estimating the weekly intensity")
        intensity = weekly_intensity(counts, night_ends=settings.times.night_ends)
        begin("Finding hotspots")
        night_ends = settings.times.night_ends
        found = find_hotspots(intensity, chosen, settings=settings.hotspots, night_ends=night_ends)
        noun = reading.noun if reading is not None else "ASB reports"
        hotspots = describe_hotspots(
            found,
            used,
            counts,
            noun=noun,
            per_area=settings.hotspots.per_area,
            interval=settings.hotspots.interval,
        )
        begin("Finding clusters")
        clusters, least, n_episodes, said = _find_clusters(used, chosen, settings, counts.tier)
        left_out += said
        begin("Recommending tasks")
        tasks = recommend_tasks(hotspots, found.week, settings=settings.tasks)
        left_out += _without_tasks(hotspots, tasks)
    return Analysis(
        hotspots=hotspots,
        tasks=tasks,
        clusters=clusters,
        areas=chosen,
        incidents=used,
        counts=counts,
        intensity=intensity,
        found=found,
        min_incidents=least,
        n_episodes=n_episodes,
        walk=walk,
        left_out=tuple(left_out),
        reading=reading,
        settings=settings,
        noun=noun,
    )


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
    middle = gpd.GeoDataFrame(geometry=areas.geometry.representative_point(), crs=CRS)
    inside = areas[assign_areas(middle, chosen).notna()]
    if inside.empty:
        msg = f"None of the {len(areas)} areas lies in {', '.join(chosen['name'])}."
        raise InputError(msg)
    return inside


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


def _assign(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, settings: Settings
) -> tuple[gpd.GeoDataFrame, dict[str, int], list[str]]:
    """Say of every incident where it belongs, and keep those in the areas and round them."""
    area = assign_areas(incidents, areas)
    is_placed = has_point(incidents)
    named = incidents["borough"].where(incidents["borough"].isin(areas.index))
    area = area.where(area.notna() | is_placed, named)
    is_in = area.notna().to_numpy()
    is_context = np.zeros(len(incidents), dtype=bool)
    rest = np.flatnonzero(~is_in & is_placed)
    if len(rest):
        whole = shapely.union_all(areas.geometry.to_numpy())
        shapely.prepare(whole)
        points = incidents.geometry.to_numpy()[rest]
        is_context[rest] = shapely.dwithin(points, whole, _reach(settings))
    # A borough that is not among the areas is elsewhere; a code that is not may be a part of one.
    is_elsewhere = is_placed | incidents["borough"].notna().to_numpy()
    is_out = ~is_in & ~is_context & is_elsewhere
    walk = {
        "in areas": int(is_in.sum()),
        "context": int(is_context.sum()),
        "out of area": int(is_out.sum()),
        "no place": int((~is_in & ~is_context & ~is_out).sum()),
    }
    _LOG.info("accepted incidents: %s", walk)
    keep = is_in | is_context
    used = incidents[keep].copy()
    used["borough"] = area[keep].astype("str").mask(area[keep].isna())
    used["is_context"] = is_context[keep]
    return used, walk, _walk_in_words(walk, settings)


def _walk_in_words(walk: dict[str, int], settings: Settings) -> list[str]:
    said = []
    if walk["in areas"] == 0:
        said.append(
            "None of the accepted rows lies in the areas, so the list is empty. Give the areas "
            "that the data cover."
        )
    if walk["out of area"]:
        said.append(f"{walk['out of area']:,} accepted rows lie outside the areas.")
    if walk["context"]:
        said.append(
            f"{walk['context']:,} accepted rows lie outside the areas but within "
            f"{_reach(settings):.0f} m: counted where a hotspot crosses the border, but they make "
            "none of their own."
        )
    if walk["no place"]:
        said.append(
            f"{walk['no place']:,} accepted rows have no place that is known here (no point, and "
            "no code of the areas): they are on no map."
        )
    return said


def _make_places(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, settings: Settings
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Make the places to count in: a grid, or the areas themselves where there are no points."""
    half = 0.5
    if len(incidents) and has_point(incidents).mean() < half:
        size = areas.area.mean() / 1e6
        return places_from_areas(areas), [
            (
                "Most rows have an area code instead of a point, so each hotspot is a whole area "
                f"({size:.1f} km² on average): too large to walk. Use it to choose days and hours."
            )
        ]
    cell_size, shape = settings.places.cell_size, settings.places.shape
    inside = make_grid(areas, cell_size=cell_size, shape=shape)
    if not incidents["is_context"].any():
        return inside, []
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
    return pd.concat([inside, around]), []


def _nothing_accepted(reading: Reading | None) -> InputError:
    """Say why there is nothing to analyse."""
    if reading is None or reading.n_rows == 0:
        return InputError("There are no incidents. Must be at least one row with a time.")
    reasons = reading.summary[reading.summary["rows"] > 0]
    words = ", ".join(
        f"{row['rows']:,} {row['outcome'].replace('_', ' ')} ({row['reason']})"
        for _, row in reasons.iterrows()
    )
    first = reading.rejected.head(1)
    example = "".join(
        f" The first, line {row['line']}: {row['reason']} '{row['detail']}'."
        for _, row in first.iterrows()
    )
    return InputError(
        f"None of the {reading.n_rows:,} rows was accepted: {words}.{example} Look at the file "
        "with 'hotspots check'."
    )


def _missing_months(incidents: gpd.GeoDataFrame) -> tuple[pd.PeriodIndex, list[str]]:
    """Find the months without any incident in the whole input: missing is not zero."""
    months = incidents["start"].dt.tz_localize(None).dt.to_period("M")
    period = pd.period_range(months.min(), months.max(), freq="M")
    missing = period[~period.isin(months.unique())]
    if len(missing) == 0:
        return missing, []
    most = 3
    shown = ", ".join(map(str, missing[:most])) + (", …" if len(missing) > most else "")
    said = (
        f"{len(missing)} of the {len(period)} months of the period have no incident at all "
        f"({shown}): taken as missing, so expected numbers rest on the other "
        f"{len(period) - len(missing)}."
    )
    return missing, [said]


def _about_counts(counts: Counts, settings: Settings) -> list[str]:
    """Say what about the counts may mislead: a short period, rows in no place, large places."""
    said = []
    if counts.n_days < DAYS_IN_WEEK:
        said.append(
            f"The period has {count(counts.n_days, 'day')}, less than a week: expected numbers a "
            "week are a guess, and its hours of the week were seen once or never."
        )
    if counts.n_outside and counts.total:
        said.append(
            f"{counts.n_outside:,.0f} incidents belong to the areas but lie in no place: they "
            "count in totals and are on no map."
        )
    largest = counts.places["area_m2"].max()
    if largest > settings.hotspots.max_area and (counts.places["shape"] != "area").all():
        said.append(
            f"A place ({largest:,.0f} m²) is larger than hotspots.max_area "
            f"({settings.hotspots.max_area:,.0f} m²), so every hotspot is one place."
        )
    return said


def _without_tasks(hotspots: gpd.GeoDataFrame, tasks: pd.DataFrame) -> list[str]:
    """Say how many hotspots get no visit, and why."""
    rest = hotspots[~hotspots.index.isin(tasks["hotspot_id"])]
    callers = int(rest["is_one_caller"].astype(bool).sum())
    said = []
    if callers:
        said.append(
            f"{count(callers, 'hotspot')} with nine tenths or more from one caller: no patrol is "
            "planned there; visit the caller."
        )
    if len(rest) > callers:
        said.append(
            f"{count(len(rest) - callers, 'hotspot')} without a visit: the tours that cover the "
            "hours are full, no tour covers them, or hardly anything is expected in them."
        )
    return said


def _find_clusters(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, settings: Settings, tier: Tier
) -> tuple[gpd.GeoDataFrame, pd.Series[int], int | None, list[str]]:
    is_timed = has_clock(incidents)
    if tier == "monthly":
        return (
            CLUSTERS.empty(),
            _NO_THRESHOLDS,
            None,
            [_MONTHLY],
        )
    said = []
    if not is_timed.all():
        said.append(
            f"{int((~is_timed).sum()):,} rows have no clock time: they count for places and not "
            "for hours, nights or clusters."
        )
    timed = _with_nearest_area(incidents[is_timed], areas)
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
    return summary, least, int(episodes[~timed["is_context"]].nunique()), said


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
