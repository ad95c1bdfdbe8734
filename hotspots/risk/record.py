"""What a list leaves for the next one: its hotspots, and what each place had and was to have.

The next run asks two things of it: is it still the same hotspot, and how did the list do? For the
second it needs what a plain count would have listed, and what was expected, as they were then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.risk.recency import recency
from hotspots.tables import PLACE_RECORDS
from hotspots.times import HOURS, best_bands

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.incidents.reading import Tier
    from hotspots.risk.harm_intensity import HarmIntensity
    from hotspots.risk.hotspots import HotspotList
    from hotspots.risk.intensity import Intensity
    from hotspots.settings import HotspotSettings


@dataclass(frozen=True)
class ListRecord:
    """A list as it was made, for the comparison with what came after.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table.
    places : DataFrame or None
        A place records table: all places with an incident; None where the folder was written for
        partners and does not hold it.
    busiest_hours : DataFrame
        The busiest band of each area by its count: index `area_id`, columns `first_day`, `n_days`,
        `start_hour`, `n_hours`; empty for monthly data.
    areas : dict of str to str
        Name of each area that has a list, by its id.
    start, end : Timestamp
        The period [start, end) that it was made from.
    weeks : float
        Weeks of the period for which there were data.
    recent_weeks : float
        The same, each counting as much as a report of it did; `weeks` if all counted alike.
    half_life : float or None
        Weeks after which a report counted half; None if all counted alike.
    tier : {"timed", "monthly"}
        Whether hours were known.
    settings : HotspotSettings
        How many hotspots, how large, how many hours a week.
    judgements : GeoDataFrame or None
        The judgements table; None where the folder was written for partners.
    made_at : str
        When the folder was written, UTC; empty for an analysis in memory.
    """

    hotspots: gpd.GeoDataFrame
    places: pd.DataFrame | None
    busiest_hours: pd.DataFrame
    areas: dict[str, str]
    start: pd.Timestamp
    end: pd.Timestamp
    weeks: float
    recent_weeks: float
    half_life: float | None
    tier: Tier
    settings: HotspotSettings
    judgements: gpd.GeoDataFrame | None = None
    made_at: str = ""


BAND = ("first_day", "n_days", "start_hour", "n_hours")
"""The numbers that make a band of the week."""


def record_list(
    hotspots: gpd.GeoDataFrame,
    found: HotspotList,
    intensity: Intensity,
    areas: gpd.GeoDataFrame,
    settings: HotspotSettings,
    judgements: gpd.GeoDataFrame | None = None,
    harm: HarmIntensity | None = None,
) -> ListRecord:
    """Keep of a list what the next one is compared with.

    Parameters
    ----------
    hotspots : GeoDataFrame
        The hotspots table.
    found, intensity
        What `find_hotspots` and `weekly_intensity` gave.
    areas : GeoDataFrame
        The areas that have a list each.
    settings : HotspotSettings
        How many hours a week a band may have.
    judgements : GeoDataFrame, optional
        The judgements table.
    harm : HarmIntensity, optional
        What the list was ranked by. By default all reports weigh and count alike.

    Returns
    -------
    ListRecord
        Without any incident: counts and rates of places.
    """
    counts = intensity.counts
    half_life = None if harm is None else harm.half_life
    places = intensity.places[["area_id", "n", "dispersion", "shape", "rate"]]
    places = places.assign(n_recent=places["n"], harm_per_report=1.0)
    if harm is not None:
        places = places.assign(
            n_recent=np.asarray(harm.recent.sum(axis=1)).ravel(),
            shape=harm.places["reports_per_week"] * harm.model["recent_rate"],
            rate=harm.model["recent_rate"],
            harm_per_report=harm.places["harm_per_report"],
        )
    active = places["n"].to_numpy() > 0
    places = places[active]
    hotspot = found.members.set_index("place_id")["hotspot_id"].reindex(places.index)
    inside = counts.places.geometry[active].representative_point()
    places = places.assign(
        x=inside.x,
        y=inside.y,
        is_context=counts.places["is_context"].to_numpy()[active],
        hotspot_id=hotspot.astype("str").where(hotspot.notna()),
    )
    return ListRecord(
        hotspots=hotspots,
        places=places[[column.name for column in PLACE_RECORDS.columns]],
        busiest_hours=_busiest_hours(intensity, settings),
        areas={str(area_id): str(name) for area_id, name in areas["name"].items()},
        start=counts.start,
        end=counts.end,
        weeks=counts.weeks,
        recent_weeks=recency(counts, half_life)[1],
        half_life=half_life,
        tier=counts.tier,
        settings=settings,
        judgements=judgements,
    )


def _busiest_hours(intensity: Intensity, settings: HotspotSettings) -> pd.DataFrame:
    """Give the band that a plain count by area and hour of the week would choose."""
    week = intensity.counts.area_week
    if intensity.week is None or len(week) == 0:
        return pd.DataFrame(columns=list(BAND), index=pd.Index([], name="area_id"), dtype="int64")
    bands, _ = best_bands(
        week.reindex(columns=np.arange(HOURS), fill_value=0.0).to_numpy(),
        hours_per_week=settings.hours_per_week,
        longest_band=settings.longest_band,
        keep=settings.band_share,
    )
    return pd.DataFrame(bands, columns=list(BAND), index=week.index.rename("area_id"))
