"""Why is a place on the list, or not? The figures behind it and what would change it, in words."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.areas import from_grid_reference, locate, national_grid_reference
from hotspots.errors import InputError, invalid
from hotspots.risk import decided, grow_hotspot
from hotspots.times import HOURS, Band, best_band, describe_band
from hotspots.words import count, rate

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from hotspots.analysis import Analysis


# More than this many further reports are not worth saying exactly.
_MOST = 1 << 20
_DECIDED = ["action", "expires", "author", "reason"]


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
    is_context = counts.places["is_context"].to_numpy()
    if area_id not in analysis.areas.index or is_context[position]:
        msg = f"'{asked}' lies outside the areas of this analysis, so it is on no list."
        raise InputError(msg)
    area = str(analysis.areas.loc[area_id, "name"])
    is_ranked = (intensity.places["area_id"] == area_id) & (intensity.places["n"] > 0)
    own = intensity.places[is_ranked & ~is_context]
    rank = int((own["mean"] > row["mean"]).sum()) + 1
    member = analysis.found.members
    on = member.loc[member["place_id"] == place_id, "hotspot_id"]
    hotspot_id = str(on.iloc[0]) if len(on) else None
    occasions = counts.occasions(night_ends=analysis.settings.times.night_ends)
    n_occasions = int((occasions["place"] == position).sum())
    n_nights = float(n_occasions) if counts.tier == "timed" else float("nan")
    settings = analysis.settings.hotspots
    weighed = analysis.scores.harm.places["harm_per_week"]
    harm = (weighed / intensity.places["mean"]).to_numpy()
    if row["n"] > 0:
        grown = grow_hotspot(intensity, position, harm=harm, settings=settings)
        band, expected, points = grown.band, grown.expected, grown.harm
    else:
        band, expected = _hours_of_area(analysis, position)
        points = expected * float(harm[position])
    middle = counts.places.geometry.iloc[[position]].representative_point()
    grid_ref = national_grid_reference(middle.x.to_numpy(), middle.y.to_numpy())[0]
    unit = "night" if counts.tier == "timed" else "month"
    found = f"{row['n']:,.0f} {analysis.noun} on {count(n_occasions, unit)}"
    words = [
        f"{asked} (place {place_id}, {grid_ref}, in {area}).",
        f"The place has {found}, {analysis.period}.",
    ]
    if row["n"] > 0:
        words.append(
            f"By what is expected in it at any hour ({rate(row['mean'])} a week) it is rank {rank} "
            f"of the {len(own):,} places of {area} with a report."
        )
    if hotspot_id is not None:
        listed = analysis.hotspots.loc[hotspot_id]
        words.append(f"It is on the list, as part of {listed['name']}. {listed['why']}")
    elif excluded := _exclusions(analysis, position):
        words += ["It is not on the list.", *excluded]
    else:
        words += _why_not(analysis, area_id, area, row, (expected, points), position, band)
    return Explanation(
        asked=asked,
        place_id=place_id,
        area=area,
        n=float(row["n"]),
        n_nights=n_nights,
        hours=describe_band(band) if band else None,
        expected_per_week=expected,
        rank=rank,
        n_ranked=len(own),
        hotspot_id=hotspot_id,
        words=" ".join(words),
    )


def _exclusions(analysis: Analysis, position: int) -> list[str]:
    """Say which judgements exclude a place, by whom, why and until when."""
    table = analysis.judgements
    inside = analysis.counts.places.geometry.iloc[position].representative_point()
    holds = (table["action"] == "exclude") & table.geometry.covers(inside)
    return [f"{decided(*given)}." for given in table.loc[holds, _DECIDED].itertuples(index=False)]


def _hours_of_area(analysis: Analysis, position: int) -> tuple[Band | None, float]:
    """Give the busiest hours of the area, and what is expected in them in a place of no report."""
    week = analysis.intensity.expected(np.array([position]))[0]
    if len(week) != HOURS:
        return None, float(week.sum())
    settings = analysis.settings.hotspots
    return best_band(
        week,
        hours_per_week=settings.hours_per_week,
        longest_band=settings.longest_band,
        keep=settings.band_share,
    )


def _needed(analysis: Analysis, position: int, band: Band | None, gap: float) -> int | None:
    """Give how many more reports would close a gap in what is expected; None if there is none."""
    if gap <= 0:
        return None
    hours = band.mask if band else None
    intensity = analysis.intensity
    now = intensity.mean_with_more(position, hours, 0)
    low, high = 0, 1
    while intensity.mean_with_more(position, hours, high) - now < gap and high < _MOST:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = intensity.mean_with_more(position, hours, middle) - now >= gap
        low, high = (low, middle) if enough else (middle, high)
    return high


def _why_not(
    analysis: Analysis,
    area_id: str,
    area: str,
    row: pd.Series[Any],
    would: tuple[float, float],
    position: int,
    band: Band | None,
) -> list[str]:
    """Say why a place is not on the list, and what would bring it there.

    With its neighbours it would have so many reports a week, and so much harm.
    """
    expected, points = would
    when = f" in its busiest hours, {describe_band(band)}" if band else ""
    words = ["It is not on the list."]
    if row["n"] > 0:
        words.append(
            f"With its neighbours it would expect {rate(expected)} a week{when}, which weigh "
            f"{rate(points)} harm points."
        )
    listed = analysis.hotspots[analysis.hotspots["borough"] == area_id]
    settings = analysis.settings.hotspots
    if len(listed) < settings.per_area:
        words.append(
            f"The list of {area} has room; a hotspot needs at least {settings.least_incidents} "
            "reports."
        )
        return words
    # What analysts have pinned may stand behind the number that was asked for.
    last = listed.iloc[settings.per_area - 1]
    words.append(
        f"The last of the {settings.per_area} on the list of {area}, {last['name']}, expects "
        f"{rate(last['expected_per_week'])}, which weigh {rate(last['harm_per_week'])}."
    )
    gap = float(last["harm_per_week"]) - points
    needed = _needed(analysis, position, band, gap * expected / points if points else gap)
    if needed is not None:
        where = f"in {describe_band(band)}" if band else "over the period"
        words.append(
            f"Roughly {count(needed, 'more report')} there {where}, each on another night, would "
            "bring it to that."
        )
    else:
        words.append("The places beside it are part of a hotspot; by itself it expects less.")
    words.append("A longer list (the setting hotspots.per_area) would show more places.")
    return words


def _find(analysis: Analysis, place: str | tuple[float, float]) -> tuple[int, str]:
    """Find the position of the place that is meant, and what to call it."""
    if not isinstance(place, str):
        try:
            easting, northing = (float(value) for value in place)
        except (TypeError, ValueError) as error:
            raise invalid("place", place, "text, or (easting, northing) in metres") from error
        return _at(analysis, easting, northing), f"({easting:.0f}, {northing:.0f})"
    words = place.strip()
    if not words:
        raise invalid("place", place, _WHAT)
    counts, hotspots = analysis.counts, analysis.hotspots
    is_named = (hotspots.index == words) | (hotspots["name"].str.lower() == words.lower())
    named = hotspots.index[is_named]
    if len(named) > 1:
        raise invalid("place", place, "one hotspot", f"Give its id: {', '.join(named)}.")
    if len(named):
        members = analysis.found.members
        first = members.loc[members["hotspot_id"] == named[0], "place_id"].iloc[0]
        return int(counts.places.index.get_loc(first)), words
    last = analysis.review.last.hotspots if analysis.review is not None else None
    if last is not None and words in last.index:
        point = last.geometry[words].representative_point()
        return _at(analysis, point.x, point.y), f"{words}, {last['name'][words]} of the last list,"
    if words in counts.places.index:
        return int(counts.places.index.get_loc(words)), words
    try:
        easting, northing = from_grid_reference(words)
    except InputError:
        return _find_words(analysis, words)
    return _at(analysis, easting, northing), words


def _at(analysis: Analysis, easting: float, northing: float) -> int:
    places = analysis.counts.places
    position = int(locate(places, np.array([easting]), np.array([northing]))[0])
    if position < 0:
        msg = f"({easting:.0f}, {northing:.0f}) lies in no place of this analysis."
        raise InputError(msg)
    return position


_WHAT = (
    "a hotspot's id or name, a place's id, a grid reference, (easting, northing), or words in the "
    "location of an incident"
)


def _find_words(analysis: Analysis, words: str) -> tuple[int, str]:
    """Find the place where most incidents carry these words for their location."""
    incidents, counts = analysis.incidents, analysis.counts
    inside = incidents[~incidents["is_context"] & incidents["location"].notna()]
    known = inside["location"]
    is_meant = known.str.lower() == words.lower()
    if not is_meant.any():
        # Whole words, so that "Street 2" does not mean "Street 216".
        pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
        is_meant = known.str.contains(pattern, case=False, regex=True)
    chosen = inside[is_meant]
    position = locate(counts.places, chosen.geometry.x.to_numpy(), chosen.geometry.y.to_numpy())
    is_placed = position >= 0
    if not is_placed.any():
        near = difflib.get_close_matches(words, [str(word) for word in known.unique()], n=3)
        hint = f"Near it: {', '.join(near)}." if near else ""
        raise invalid("place", words, _WHAT, hint)
    weight = np.bincount(
        position[is_placed], weights=chosen["weight"].to_numpy(dtype=float)[is_placed]
    )
    names = chosen["location"].unique()
    asked = str(names[0]) if len(names) == 1 else f"{words} ({count(len(names), 'location')})"
    best = int(weight.argmax())
    asked += f", {weight.sum():,.0f} {analysis.noun}, {weight[best]:,.0f} of them in this place"
    return best, asked
