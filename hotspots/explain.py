"""Why is a place on the list, or not? The figures behind it and what would change it, in words."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.areas import locate, national_grid_reference
from hotspots.errors import InputError, invalid
from hotspots.risk import grow_hotspot
from hotspots.times import describe_band
from hotspots.words import rate

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from hotspots.analysis import Analysis


@dataclass(frozen=True)
class Explanation:
    """Why a place is on the list, or not. Print it for the answer in words.

    Parameters
    ----------
    asked : str
        What was asked for.
    place_id : str
        The place that answers to it: the busiest, if there are several.
    area : str
        Name of the area that holds it.
    n : float
        Incidents in the place in the period.
    n_nights : float
        Different nights with an incident; NaN for monthly data.
    hours : str or None
        The hours of the week in which most is expected there; None for monthly data.
    expected_per_week : float
        Incidents to expect a week in those hours, in the place and the neighbours with which it
        would make a hotspot.
    rank : int
        Rank of the place among those of its area by what is expected in it at any hour.
    n_ranked : int
        Places of the area with an incident.
    hotspot_id : str or None
        The hotspot that it is part of.
    words : str
        The answer.
    """

    asked: str
    place_id: str
    area: str
    n: float
    n_nights: float
    hours: str | None
    expected_per_week: float
    rank: int
    n_ranked: int
    hotspot_id: str | None
    words: str

    def __str__(self) -> str:
        """Give the answer in words."""
        return self.words


def explain_place(analysis: Analysis, place: str | tuple[float, float]) -> Explanation:
    """Explain why a place is on the list of an analysis, or not; see `Analysis.explain`."""
    position, asked = _find(analysis, place)
    intensity, counts = analysis.intensity, analysis.counts
    row = intensity.places.iloc[position]
    place_id = str(row.name)
    area_id = row["area_id"]
    if area_id not in analysis.areas.index:
        msg = f"'{asked}' lies outside the areas of this analysis, so it is on no list."
        raise InputError(msg)
    area = str(analysis.areas.loc[area_id, "name"])
    own = intensity.places[(intensity.places["area_id"] == area_id) & (intensity.places["n"] > 0)]
    rank = int((own["mean"] > row["mean"]).sum()) + 1
    member = analysis.found.members
    on = member.loc[member["place_id"] == place_id, "hotspot_id"]
    hotspot_id = str(on.iloc[0]) if len(on) else None
    occasions = counts.occasions(night_ends=analysis.settings.times.night_ends)
    n_occasions = int((occasions["place"] == position).sum())
    n_nights = float(n_occasions) if counts.tier == "timed" else float("nan")
    hours, expected = None, float(row["mean"])
    if row["n"] > 0:
        _, band, expected = grow_hotspot(intensity, position, settings=analysis.settings.hotspots)
        hours = describe_band(band) if band else None
    middle = counts.places.geometry.iloc[[position]].representative_point()
    grid_ref = national_grid_reference(middle.x.to_numpy(), middle.y.to_numpy())[0]
    unit = "nights" if counts.tier == "timed" else "months"
    words = [
        f"{asked} (place {place_id}, {grid_ref}) in {area}: {row['n']:,.0f} {analysis.noun} on "
        f"{n_occasions} {unit}, {analysis.period}.".replace(" on 0 nights", "")
    ]
    if row["n"] > 0:
        words.append(
            f"By what is expected in it at any hour ({rate(row['mean'])} a week) it is rank {rank} "
            f"of the {len(own):,} places of {area} with a report."
        )
    if hotspot_id is not None:
        listed = analysis.hotspots.loc[hotspot_id]
        words.append(f"It is on the list, as part of {listed['name']}. {listed['why']}")
    else:
        words += _why_not(analysis, area_id, area, row, expected, hours)
    return Explanation(
        asked=asked,
        place_id=place_id,
        area=area,
        n=float(row["n"]),
        n_nights=n_nights,
        hours=hours,
        expected_per_week=expected,
        rank=rank,
        n_ranked=len(own),
        hotspot_id=hotspot_id,
        words=" ".join(words),
    )


def _why_not(
    analysis: Analysis,
    area_id: str,
    area: str,
    row: pd.Series[Any],
    expected: float,
    hours: str | None,
) -> list[str]:
    """Say why a place is not on the list, and what would bring it there."""
    when = f" in its busiest hours, {hours}" if hours else ""
    words = ["It is not on the list."]
    if row["n"] > 0:
        words.append(f"With its neighbours it would expect {rate(expected)} a week{when}.")
    listed = analysis.hotspots[analysis.hotspots["borough"] == area_id]
    settings = analysis.settings.hotspots
    if len(listed) < settings.per_area:
        words.append(
            f"The list of {area} has room; a hotspot needs at least {settings.least_incidents} "
            "reports."
        )
        return words
    last = listed.iloc[-1]
    words.append(
        f"The last of the {len(listed)} on the list of {area}, {last['name']}, expects "
        f"{rate(last['expected_per_week'])}."
    )
    gap = float(last["expected_per_week"]) - expected
    if gap > 0:
        needed = int(np.ceil(gap * float(row["rate"])))
        words.append(
            f"About {needed:,} more reports in those hours over the period, on different nights, "
            "would bring it there."
        )
    else:
        words.append("Its neighbours are already part of a hotspot, and alone it expects less.")
    words.append("A longer list (the setting hotspots.per_area) would show more places.")
    return words


def _find(analysis: Analysis, place: str | tuple[float, float]) -> tuple[int, str]:
    """Find the position of the place that is meant, and what to call it."""
    counts = analysis.counts
    if not isinstance(place, str):
        try:
            easting, northing = (float(value) for value in place)
        except (TypeError, ValueError) as error:
            raise invalid("place", place, "text, or (easting, northing) in metres") from error
        position = int(locate(counts.places, np.array([easting]), np.array([northing]))[0])
        if position < 0:
            msg = f"({easting:.0f}, {northing:.0f}) lies in no place of this analysis."
            raise InputError(msg)
        return position, f"({easting:.0f}, {northing:.0f})"
    hotspots = analysis.hotspots
    named = hotspots.index[(hotspots.index == place) | (hotspots["name"] == place)]
    if len(named):
        members = analysis.found.members
        first = members.loc[members["hotspot_id"] == named[0], "place_id"].iloc[0]
        return int(counts.places.index.get_loc(first)), place
    if place in counts.places.index:
        return int(counts.places.index.get_loc(place)), place
    return _find_words(analysis, place)


def _find_words(analysis: Analysis, words: str) -> tuple[int, str]:
    """Find the place where most incidents carry these words for their location."""
    incidents, counts = analysis.incidents, analysis.counts
    known = incidents["location"].dropna()
    hit = known.index[known.str.contains(words, case=False, regex=False)]
    chosen = incidents.loc[hit]
    position = locate(counts.places, chosen.geometry.x.to_numpy(), chosen.geometry.y.to_numpy())
    weight = np.bincount(
        position[position >= 0],
        weights=chosen["weight"].to_numpy(dtype=float)[position >= 0],
        minlength=1,
    )
    if weight.sum() == 0:
        near = difflib.get_close_matches(words, [str(word) for word in known.unique()], n=3)
        hint = f"Near it: {', '.join(near)}." if near else "Or give (easting, northing)."
        raise invalid(
            "place",
            words,
            "a hotspot's id or name, a place's id, or words in the location of an incident",
            hint,
        )
    several = int((weight > 0).sum())
    asked = words if several == 1 else f"{words} (the busiest of its {several} places)"
    return int(weight.argmax()), asked
