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
from hotspots.counts import Counts, count_incidents
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
from hotspots.tables import CLUSTERS, CRS, INCIDENTS, check_areas
from hotspots.tasking import recommend_tasks
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    import folium

    from hotspots.incidents.reading import Tier
    from hotspots.tables import Marking

_LOG = logging.getLogger(__name__)
_N_STEPS = 6
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

    def save(self, folder: str | PathLike[str], *, marking: Marking = "restricted") -> Path:
        """Write the map, the tables and the manifest to a folder, whole or not at all.

        Parameters
        ----------
        folder : path
            Is made; a folder that an earlier analysis made is replaced, any other refused.
        marking : {"restricted", "partner"}
            Who may receive it; columns for narrower audiences are left out.

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
        return save_folder(self, folder, marking)

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
        # Without any incident in the areas, the period and the tier are those of the input.
        counted = used if len(used) else table
        missing, said = _missing_months(counted, table)
        counts = count_incidents(counted, places, missing=missing)
        left_out += said
        begin("Estimating the weekly intensity")
        intensity = weekly_intensity(counts, night_ends=settings.times.night_ends)
        begin("Finding hotspots")
        found = find_hotspots(intensity, chosen, settings=settings.hotspots)
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
        clusters, least, n_episodes, said = _find_clusters(used, settings, counts.tier)
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
    return max(settings.clusters.radius, settings.episodes.radius, across)


def _assign(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, settings: Settings
) -> tuple[gpd.GeoDataFrame, dict[str, int], list[str]]:
    """Say of every incident where it belongs, and keep those in the areas and round them."""
    area = assign_areas(incidents, areas)
    has_point = (incidents.geometry.notna() & ~incidents.geometry.is_empty).to_numpy()
    named = incidents["borough"].where(incidents["borough"].isin(areas.index))
    area = area.where(area.notna() | has_point, named)
    is_in = area.notna().to_numpy()
    is_context = np.zeros(len(incidents), dtype=bool)
    rest = np.flatnonzero(~is_in & has_point)
    if len(rest):
        whole = shapely.union_all(areas.geometry.to_numpy())
        shapely.prepare(whole)
        points = incidents.geometry.to_numpy()[rest]
        is_context[rest] = shapely.dwithin(points, whole, _reach(settings))
    has_code = incidents["area_code"].notna() | incidents["borough"].notna()
    is_out = ~is_in & ~is_context & (has_point | has_code.to_numpy())
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
            f"{_reach(settings):.0f} m: counted where a hotspot crosses the border, never listed."
        )
    if walk["no place"]:
        said.append(f"{walk['no place']:,} accepted rows have no place and are on no map.")
    return said


def _make_places(
    incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, settings: Settings
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Make the places to count in: a grid, or the areas themselves where there are no points."""
    has_point = incidents.geometry.notna() & ~incidents.geometry.is_empty
    half = 0.5
    if len(incidents) and has_point.mean() < half:
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
    around["area_id"] = pd.Series(None, index=around.index, dtype="str")
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


def _missing_months(
    counted: gpd.GeoDataFrame, incidents: gpd.GeoDataFrame
) -> tuple[pd.PeriodIndex, list[str]]:
    """Find the months without any incident in the whole input: missing is not zero."""
    own = counted["start"].dt.tz_localize(None).dt.to_period("M")
    with_data = incidents["start"].dt.tz_localize(None).dt.to_period("M").unique()
    period = pd.period_range(own.min(), own.max(), freq="M")
    missing = period[~period.isin(with_data)]
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
    incidents: gpd.GeoDataFrame, settings: Settings, tier: Tier
) -> tuple[gpd.GeoDataFrame, pd.Series[int], int | None, list[str]]:
    has_clock = incidents["time_precision"].isin(["minute", "hour"])
    if tier == "monthly":
        return (
            CLUSTERS.empty(),
            _NO_THRESHOLDS,
            None,
            [_MONTHLY],
        )
    said = []
    if not has_clock.all():
        said.append(
            f"{int((~has_clock).sum()):,} rows have no clock time: they count for places and not "
            "for hours, nights or clusters."
        )
    timed = incidents[has_clock]
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
    summary = summarise_clusters(timed, clusters, radius=chosen.radius)
    return summary, least, int(episodes.nunique()), said
