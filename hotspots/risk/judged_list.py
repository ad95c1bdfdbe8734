"""What came of each judgement: new names, words on the hotspots, and the table of judgements.

Reasons, authors and points may name a person or an address; they go into restricted columns only.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from hotspots.risk.judgements import day_in_words, refusal
from hotspots.tables import CRS, JUDGEMENTS
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.risk.hotspots import HotspotList
    from hotspots.risk.intensity import Intensity
    from hotspots.risk.judged_ground import Ground

_BETWEEN_IDS: Final = "; "
_DONE: Final = {
    "exclude": "Excluded",
    "pin": "Pinned",
    "merge": "Merged",
    "split": "Split",
    "rename": "Renamed",
}


@dataclass(frozen=True)
class JudgedList:
    """A list of hotspots, and what came of each judgement in it.

    Parameters
    ----------
    found : HotspotList
        The list; its hotspots carry in `judgement` what was decided about them.
    table : GeoDataFrame
        A judgements table.
    left_out : tuple of str
        What was not applied and what is kept off the list, in sentences that partners may read.
    """

    found: HotspotList
    table: gpd.GeoDataFrame
    left_out: tuple[str, ...]

    def with_list(self, found: HotspotList) -> JudgedList:
        """Give the same with its hotspots under other ids, in the same order."""
        new_of = dict(zip(self.found.table.index, found.table.index, strict=True))

        def renamed(ids: object) -> str | None:
            if not isinstance(ids, str):
                return None
            return _BETWEEN_IDS.join(new_of[each] for each in ids.split(_BETWEEN_IDS))

        ids = self.table["hotspot_id"].map(renamed)
        table = self.table.assign(hotspot_id=ids.astype("str").where(ids.notna()))
        return replace(self, found=found, table=table)


def tell(
    found: HotspotList,
    grounds: Sequence[Ground],
    said: Mapping[int, str],
    alone: Mapping[int, str],
    intensity: Intensity,
    *,
    max_area: float,
) -> JudgedList:
    """Name the hotspots, and say of each judgement what came of it.

    Parameters
    ----------
    found : HotspotList
        The list after exclusions, splits, mergers and pins.
    grounds : sequence of Ground
        All judgements, in the order of their file.
    said : mapping of int to str
        Why a judgement, by its number, was not applied.
    alone : mapping of int to str
        What the hotspot of a pinned place, by its position, would be by its reports alone.
    intensity : Intensity
        What the list was found from.
    max_area : float
        How large a hotspot is that nobody has merged, square metres.

    Returns
    -------
    JudgedList

    Raises
    ------
    InputError
        If two judgements name one hotspot, or a name is another hotspot's, too.
    """
    of_place = dict(zip(found.members["place_id"], found.members["hotspot_id"], strict=True))
    held = {
        ground.number: list(dict.fromkeys(of_place[place] for place in ids if place in of_place))
        for ground in grounds
        for ids in [intensity.counts.places.index[list(ground.held_by)]]
    }
    named = found.table.assign(name=_names(found.table["name"], grounds, held))
    said = dict(said)
    for ground in grounds:
        if ground.judgement.action == "rename" and not held[ground.number]:
            said[ground.number] = "no hotspot there is on this list."
    notes: dict[str, list[str]] = defaultdict(list)
    rows = []
    for ground in grounds:
        judgement = ground.judgement
        hotspots = named.loc[held[ground.number]]
        extra = alone.get(ground.held_by[0], "") if judgement.action == "pin" else ""
        is_applied = ground.number not in said
        if is_applied:
            outcome = _outcome(ground, hotspots, found.table["name"], max_area)
            outcome += f"{_across(ground, hotspots, intensity)}{extra}."
            day = judgement.last_day.isoformat()
            words = decided(judgement.action, day, judgement.author, judgement.reason)
            for hotspot_id in hotspots.index:
                notes[hotspot_id].append(f"{words}{extra}.")
        else:
            outcome = f"Not applied this time: {said[ground.number]}"
        rows.append(_row(ground, intensity, outcome, list(hotspots.index), is_applied=is_applied))
    of_hotspot = pd.Series({one: " ".join(each) for one, each in notes.items()}, dtype="str")
    of_hotspot = of_hotspot.reindex(named.index)
    table = named.assign(judgement=of_hotspot.astype("str").mask(of_hotspot.isna()))
    short = found.short.assign(reason=_short(found.short, grounds, intensity))
    return JudgedList(
        found=replace(found, table=table, short=short),
        table=_table(rows),
        left_out=_left_out(grounds, said),
    )


def decided(action: str, expires: str, author: str, reason: str) -> str:
    """Say what was decided, until when, by whom and why: words of restricted products."""
    day = day_in_words(dt.date.fromisoformat(expires))
    return f"{_DONE[action]} until {day} by {author}: {reason.rstrip('.')}"


def _names(
    names: pd.Series[str], grounds: Sequence[Ground], held: Mapping[int, Sequence[str]]
) -> pd.Series[str]:
    """Give the hotspots their new names, each a name of its own."""
    names = names.copy()
    renames = [ground for ground in grounds if ground.judgement.action == "rename"]
    by: dict[str, Ground] = {}
    problems = []
    for ground in renames:
        for hotspot_id in held[ground.number]:
            if hotspot_id in by:
                other = by[hotspot_id].number
                problems.append(f"{ground.label} and judgement {other} name one hotspot.")
            by[hotspot_id] = ground
            names[hotspot_id] = str(ground.judgement.name)
    is_shared = names.str.casefold().duplicated(keep=False)
    problems += [
        f"{ground.label}: another hotspot is called '{ground.judgement.name}', too."
        for hotspot_id, ground in by.items()
        if is_shared[hotspot_id]
    ]
    if problems:
        remedy = "Must give a hotspot one name of its own. Choose another name, or delete one."
        raise refusal(problems, "cannot be applied", remedy)
    return names


def _outcome(
    ground: Ground, hotspots: gpd.GeoDataFrame, before: pd.Series[str], max_area: float
) -> str:
    """Say what came of a judgement that was applied, without the full stop."""
    action, names = ground.judgement.action, " and ".join(hotspots["name"])
    if action == "exclude":
        n = len(ground.places)
        places = "1 place makes no hotspot and joins none"
        places = places if n == 1 else f"{n:,} places make no hotspot and join none"
        return f"{places}; reports there still count in totals"
    if action == "pin":
        return f"On the list as {names}"
    if action == "rename":
        return f"{before[hotspots.index[0]]} is called {names}"
    if len(hotspots) == 0:
        return f"{_DONE[action]}, but not on this list: others expect more"
    if action == "merge":
        size = float(hotspots["area_m2"].iloc[0])
        large = f", larger than the {max_area:,.0f} m² of others" if size > max_area else ""
        return f"One hotspot, {names}, of {size:,.0f} m²{large}"
    rest = len(ground.held_by) - len(hotspots)
    return f"Cut into {len(ground.held_by)} parts: {names}" + (
        f", and {rest} that {'expects' if rest == 1 else 'expect'} too little for this list"
        if rest
        else ""
    )


def _across(ground: Ground, hotspots: gpd.GeoDataFrame, intensity: Intensity) -> str:
    """Say on whose list a hotspot is whose places were those of several areas."""
    areas = intensity.counts.places["area_id"].iloc[list(ground.held_by)]
    is_one = (areas == areas.iloc[0]).all()
    if ground.judgement.action != "merge" or len(hotspots) == 0 or is_one:
        return ""
    return f", on the list of {hotspots['area'].iloc[0]} alone"


def _row(
    ground: Ground, intensity: Intensity, outcome: str, hotspots: list[str], *, is_applied: bool
) -> dict[str, Any]:
    judgement, positions = ground.judgement, sorted(ground.places)
    named = positions if judgement.action == "exclude" else list(ground.held_by)
    polygons = intensity.counts.places.geometry.to_numpy()[positions]
    return {
        "action": judgement.action,
        "at": "; ".join(judgement.points),
        "name": judgement.name,
        "reason": judgement.reason,
        "author": judgement.author,
        "expires": judgement.last_day.isoformat(),
        "is_applied": is_applied,
        "outcome": outcome,
        "hotspot_id": _BETWEEN_IDS.join(hotspots) or None,
        "n": float(intensity.places["n"].to_numpy()[positions].sum()),
        "places": "; ".join(intensity.counts.places.index[named]),
        "geometry": shapely.union_all(polygons),
    }


def _table(rows: Sequence[dict[str, Any]]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name=JUDGEMENTS.index.name))
    for column in ("name", "hotspot_id"):
        table[column] = table[column].astype("str").mask(table[column].isna())
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def _short(short: pd.DataFrame, grounds: Sequence[Ground], intensity: Intensity) -> pd.Series[str]:
    """Add to the reason of a short list that places of its area are excluded."""
    excluded = _excluded(grounds)
    areas = intensity.counts.places["area_id"].iloc[excluded].value_counts()
    return short["reason"] + [
        f" Judgements exclude {count(int(areas[area]), 'place')} of it." if area in areas else ""
        for area in short.index
    ]


def _excluded(grounds: Sequence[Ground]) -> list[int]:
    of = (ground.places for ground in grounds if ground.judgement.action == "exclude")
    return sorted(frozenset().union(*of))


def _left_out(grounds: Sequence[Ground], said: Mapping[int, str]) -> tuple[str, ...]:
    sentences = [
        f"Judgement {ground.number} ({ground.judgement.action}"
        f"{f' {ground.judgement.name}' if ground.judgement.name else ''}) is not applied this "
        f"time: {said[ground.number]}"
        for ground in grounds
        if ground.number in said
    ]
    n = len(_excluded(grounds))
    if n:
        sentences.append(
            f"Judgements keep {count(n, 'place')} off the list; reports there count in totals."
        )
    return tuple(sentences)
