"""Hotspots: patrol-sized sets of places and the hours at which to be there.

From the weekly intensity, not from a cloud of points: a set grows from its busiest place over its
neighbours while it can still be walked, and its hours are the band of the week that holds most of
what is expected there. The same limit of hours for every hotspot makes them comparable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.stats import nbinom, poisson

from hotspots.areas import national_grid_reference
from hotspots.errors import invalid
from hotspots.risk.candidates import Grower, choose_candidates
from hotspots.settings import HotspotSettings
from hotspots.tables import CRS, check_areas
from hotspots.times import HOURS, describe_band
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from hotspots.risk.candidates import Candidate
    from hotspots.risk.intensity import Intensity

NO_INCIDENT = "No incident of the period was placed in it."
"""Why an area without incidents has no hotspots."""

_DAY = 24


@dataclass(frozen=True)
class HotspotList:
    """The hotspots of every area, from counts alone.

    Parameters
    ----------
    table : GeoDataFrame
        One row a hotspot, index `hotspot_id`, ordered by area and rank; the columns of a hotspots
        table that counts can fill.
    members : DataFrame
        Which places each hotspot is made of: columns `hotspot_id`, `place_id`.
    week : DataFrame
        Expected incidents in each hour of the week, a row a hotspot, 168 columns (one for
        monthly data).
    short : DataFrame
        Areas with fewer hotspots than asked for: index `area_id`, columns `name`, `listed`,
        `asked`, `reason`.
    not_listed : Series of float
        Harm to expect a week in the hours of those that would come next, index `area_id`: as many
        again as were asked for, if there are so many.
    """

    table: gpd.GeoDataFrame
    members: pd.DataFrame
    week: pd.DataFrame
    short: pd.DataFrame
    not_listed: pd.Series[float]

    def with_ids(self, ids: pd.Index[str]) -> HotspotList:
        """Give the same list under other ids, in the order of its table."""
        new_of = dict(zip(self.table.index, ids, strict=True))
        members = self.members.assign(hotspot_id=self.members["hotspot_id"].map(new_of))
        return replace(
            self,
            table=self.table.set_axis(ids),
            members=members.astype({"hotspot_id": "str"}),
            week=self.week.set_axis(ids),
        )


def find_hotspots(
    intensity: Intensity,
    areas: gpd.GeoDataFrame,
    *,
    harm: pd.Series[float] | None = None,
    settings: HotspotSettings | None = None,
    night_ends: int = 6,
) -> HotspotList:
    """Find the hotspots of each area, ranked by the harm to expect in their hours.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated.
    areas : GeoDataFrame
        The areas that get a list each, an areas table.
    harm : Series of float, optional
        Harm to expect a week of each place, at any hour, such as `weekly_harm` gives in
        `.places["harm_per_week"]`; by default every report counts 1, so that harm is the number of
        incidents.
    settings : HotspotSettings, optional
        How many, how large, how many hours a week.
    night_ends : int
        Hour of the day at which a night gives way to the next date.

    Returns
    -------
    HotspotList
        Every area has its number of hotspots, or a reason in `short`.

    Raises
    ------
    InputError
        If the areas are not an areas table, or `harm` lacks a place.

    Notes
    -----
    Places are taken in the order of the harm to expect in their own best band. A set grows by the
    neighbour with most in the set's band, while it stays under `max_area`, the neighbour has no
    more than the first place (else it has, or will have, a hotspot of its own) and holds at least
    `least_share` as much by area; then the band is found again: of the bands within
    `hours_per_week` that hold at least `band_share` of what the best one holds, the one with the
    fewest hours. At least half of a hotspot's incidents lie in the listed areas. A place is in one
    hotspot at most. A single place larger than `max_area` is a hotspot by itself. The predictive
    interval is that of a negative binomial count with the posterior's mean and variance.

    Caveats
    -------
    Hours are drawn towards those of the area, so the expected numbers of places with hours of
    their own are low: on two simulated years held out week by week, a fifth more came in the hours
    than was expected, and a third more at ranks 1 and 2. Ranks that are close are not
    different: look at the intervals. The list says where reports are expected, weighed as you
    weigh them, which is not where everybody suffers most.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> camden = hs.load_boroughs().loc[["E09000007"]]
    >>> counts = hs.count_incidents(calls, hs.make_grid(camden))
    >>> found = hs.find_hotspots(hs.weekly_intensity(counts), camden)
    >>> len(found.table)
    10
    """
    check_areas(areas)
    settings = settings or HotspotSettings()
    chosen = choose_candidates(Grower(intensity, settings, per_report(intensity, harm)), areas)
    n = settings.per_area
    listed = {area: kept[:n] for area, kept in chosen.items()}
    spare = {area: kept[n:] for area, kept in chosen.items()}
    return make_list(intensity, areas, listed, spare, settings=settings, night_ends=night_ends)


def per_report(
    intensity: Intensity, harm: pd.Series[float] | None
) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Give the mean harm of a report of each place, in the order of the places.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated.
    harm : Series of float or None
        Harm to expect a week of each place.

    Returns
    -------
    array of float (n_places,) or None
        None if every report counts 1.

    Raises
    ------
    InputError
        If a place lacks a harm, or it is no number of at least 0.
    """
    if harm is None:
        return None
    places = intensity.places
    harm = harm.reindex(places.index)
    is_bad = ~(np.isfinite(harm) & (harm >= 0))
    if is_bad.any():
        rule = "a number of at least 0 for every place"
        first = ", ".join(map(str, places.index[is_bad][:5]))
        remedy = f"Use .places['harm_per_week'] of weekly_harm. First: {first}."
        raise invalid("harm", f"{int(is_bad.sum()):,} places without", rule, remedy)
    return np.asarray(harm.to_numpy(float) / places["mean"].to_numpy())


def make_list(
    intensity: Intensity,
    areas: gpd.GeoDataFrame,
    listed: Mapping[str, Sequence[Candidate]],
    spare: Mapping[str, Sequence[Candidate]],
    *,
    settings: HotspotSettings,
    night_ends: int,
) -> HotspotList:
    """Make the list of each area from its candidates: names, ranks and what the counts say.

    Parameters
    ----------
    intensity, areas, settings, night_ends
        As for `find_hotspots`.
    listed, spare : mapping of str to sequence of Candidate
        By area, those on the list in the order of their ranks, and those that come next.

    Returns
    -------
    HotspotList
    """
    counts = intensity.counts
    place_ids = counts.places.index
    facts = _Facts(intensity, night_ends)
    rows, members, weeks, grounds, short = [], [], [], [], []
    later: list[tuple[str, float]] = []
    for area_id, name in areas["name"].items():
        candidates = listed.get(str(area_id), [])
        later += [(str(area_id), each.harm) for each in spare.get(str(area_id), [])]
        for rank, candidate in enumerate(candidates, start=1):
            positions = np.array(candidate.places)
            hotspot_id = f"{area_id}_{place_ids[positions[0]]}"
            week = intensity.together(positions)
            ground = shapely.union_all(counts.places.geometry.to_numpy()[positions])
            rows.append(
                {
                    "hotspot_id": hotspot_id,
                    "name": f"{name} {rank}",
                    "borough": str(area_id),
                    "area": str(name),
                    "rank": rank,
                    **facts.of(positions, candidate, week, settings.interval),
                    "n_places": len(positions),
                    "area_m2": float(shapely.area(ground)),
                    "judgement": None,
                }
            )
            grounds.append(ground)
            weeks.append(week)
            members += [(hotspot_id, place_ids[position]) for position in positions]
        if len(candidates) < settings.per_area:
            reason = _why_short(intensity, str(area_id), len(candidates), settings)
            short.append((area_id, name, len(candidates), settings.per_area, reason))
    width = HOURS if intensity.week is not None else 1
    ids = pd.Index([row["hotspot_id"] for row in rows], name="hotspot_id", dtype="str")
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else _COLUMNS).drop(
        columns="hotspot_id"
    )
    table["judgement"] = table["judgement"].astype("str").mask(table["judgement"].isna())
    geometry = gpd.GeoSeries(grounds, index=ids, crs=CRS)
    grid_refs = _grid_references(geometry)
    return HotspotList(
        table=gpd.GeoDataFrame(
            table.set_axis(ids).assign(grid_ref=grid_refs), geometry=geometry, crs=CRS
        ),
        members=pd.DataFrame(members, columns=["hotspot_id", "place_id"], dtype="str"),
        week=pd.DataFrame(np.array(weeks).reshape(len(ids), width), index=ids),
        short=pd.DataFrame(
            short, columns=["area_id", "name", "listed", "asked", "reason"]
        ).set_index("area_id"),
        not_listed=pd.DataFrame(later, columns=["area_id", "harm_per_week"])
        .astype({"area_id": "str", "harm_per_week": "float64"})
        .set_index("area_id")["harm_per_week"],
    )


_COLUMNS = [
    "hotspot_id",
    "name",
    "borough",
    "area",
    "rank",
    "weekdays",
    "start_hour",
    "end_hour",
    "hours",
    "harm_per_week",
    "expected_per_week",
    "expected_low",
    "expected_high",
    "expected_all_hours",
    "n",
    "n_nights",
    "n_months",
    "n_context",
    "own_hours_share",
    "n_in_hours",
    "n_places",
    "area_m2",
    "judgement",
]


def _grid_references(geometry: gpd.GeoSeries) -> list[str]:
    middle = geometry.representative_point()
    return list(national_grid_reference(middle.x.to_numpy(), middle.y.to_numpy()))


class _Facts:
    """What the counts say about a set of places."""

    def __init__(self, intensity: Intensity, night_ends: int) -> None:
        self.intensity = intensity
        counts = intensity.counts
        self.table = counts.table.sort_values("place", kind="stable")
        self.starts = np.searchsorted(
            self.table["place"].to_numpy(), np.arange(len(counts.places) + 1)
        )
        self.hour_of_week = (
            self.table["date"].dt.day_of_week * _DAY + self.table["hour"]
        ).to_numpy()
        self.night = counts.nights(night_ends=night_ends)[self.table.index].to_numpy()
        self.month = self.table["date"].dt.to_period("M").to_numpy()
        self.n = self.table["n"].to_numpy()
        self.has_hour = self.table["hour"].to_numpy() >= 0

    def of(
        self,
        positions: np.ndarray[Any, Any],
        candidate: Candidate,
        week: np.ndarray[Any, Any],
        level: float,
    ) -> dict[str, object]:
        rows = np.concatenate(
            [np.arange(self.starts[place], self.starts[place + 1]) for place in positions]
        )
        band = candidate.band
        variance = self.intensity.variance(positions, band.mask if band else None)
        low, high = predictive_interval(candidate.expected, variance, level)
        own = self.n[rows]
        timed = self.has_hour[rows]
        in_hours = np.nan
        if band:
            in_hours = own[timed][band.mask[self.hour_of_week[rows][timed]]].sum()
        return {
            "weekdays": ",".join(map(str, band.weekdays)) if band else None,
            "start_hour": float(band.start_hour) if band else np.nan,
            "end_hour": float(band.end_hour) if band else np.nan,
            "hours": describe_band(band) if band else None,
            "harm_per_week": candidate.harm,
            "expected_per_week": candidate.expected,
            "expected_low": low,
            "expected_high": high,
            "expected_all_hours": float(week.sum()),
            "n": float(own.sum()),
            "n_nights": float(len(np.unique(self.night[rows][timed]))) if band else np.nan,
            "n_months": len(set(self.month[rows])),
            "n_context": float(self.intensity.counts.context[positions].sum()),
            "own_hours_share": self.intensity.own_hours_share(positions) if band else np.nan,
            "n_in_hours": float(in_hours),
        }


def predictive_interval(mean: float, variance: float, level: float) -> tuple[float, float]:
    """Give the interval that next week's count falls into with at least a given probability.

    Parameters
    ----------
    mean, variance : float
        Of the count. With a variance no larger than the mean the count is taken as Poisson,
        otherwise as negative binomial with that mean and variance.
    level : float
        Probability, above 0 and below 1, with equal tails.

    Returns
    -------
    low, high : float
        Whole numbers.

    Examples
    --------
    >>> predictive_interval(2.0, 2.0, 0.9)
    (0.0, 5.0)
    >>> predictive_interval(2.0, 6.0, 0.9)
    (0.0, 7.0)
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if variance <= mean * (1 + 1e-9):
        ends = np.asarray(poisson.ppf(tails, mean))
    else:
        ends = np.asarray(nbinom.ppf(tails, mean**2 / (variance - mean), mean / variance))
    return float(ends[0]), float(ends[1])


def _why_short(intensity: Intensity, area_id: str, listed: int, settings: HotspotSettings) -> str:
    is_context = intensity.counts.places["is_context"].to_numpy()
    own = (intensity.places["area_id"] == area_id).to_numpy() & ~is_context
    if not own.any():
        return "The area holds no place: it is smaller than the places, or lies outside them."
    n = intensity.places["n"].to_numpy()[own] - intensity.counts.context[own]
    if n.sum() == 0:
        return NO_INCIDENT
    with_any = int((n > 0).sum())
    number = f"{n.sum():,.0f}"
    incidents = "1 incident lies" if number == "1" else f"{number} incidents lie"
    return (
        f"Its {incidents} in {count(with_any, 'place')}, which make{'s' if with_any == 1 else ''} "
        f"{count(listed, 'hotspot')} with at least {count(settings.least_incidents, 'incident')}."
    )
