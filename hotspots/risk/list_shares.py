"""How much of what came afterwards a list held, beside a plain count and the best possible.

All three are lists of one kind: as many hotspots, grown in the same way over places that adjoin, so
that they differ only in what they were chosen by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import t

from hotspots.risk.candidates import Grower, choose_candidates
from hotspots.risk.intensity import Intensity
from hotspots.risk.matching import week_masks
from hotspots.risk.record import BAND
from hotspots.tables import LIST_SHARES
from hotspots.times import HOURS, Band

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk.candidates import Candidate
    from hotspots.risk.later import Later

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

ANY_HOUR: Final = "any hour"
IN_HOURS: Final = "in hours"
_DAY: Final = 24
_WEEK: Final = 7
_LEVEL: Final = 0.95
_FEWEST_BLOCKS: Final = 4


def share_held(later: Later, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the share of what came that the list held, beside a plain count and the best possible.

    Parameters
    ----------
    later : Later
        The list, and what came afterwards.
    areas : GeoDataFrame
        The areas that are compared.

    Returns
    -------
    DataFrame
        A list shares table: all areas together, and each with an incident since; at any hour and,
        for timed data, in the hours of each hotspot.

    Notes
    -----
    All have as many hotspots in each area as the list had, by its settings. The plain list is grown
    from the counts of the last period as they are, and has the hours that were busiest in its whole
    area. The best is grown from what came, each hotspot with the hours in which most came; if the
    list or the plain one held more, that is the best. The interval of what was held less what the
    plain list held is Student's over weeks (months for monthly data).
    """
    has_hours = later.last.tier == later.counts.tier == "timed"
    parts = []
    for when in (ANY_HOUR, IN_HOURS) if has_hours else (ANY_HOUR,):
        lists = _lists(later, areas, in_hours=when == IN_HOURS)
        parts += _rows(later, areas, lists, when)
    if not parts:
        return pd.DataFrame(LIST_SHARES.empty())
    frame = pd.DataFrame(parts).astype({"share_id": "str", "name": "str", "when": "str"})
    names = [column.name for column in LIST_SHARES.columns]
    return pd.DataFrame(frame.set_index("share_id")[names])


@dataclass(frozen=True, eq=False)
class _Ground:
    """The places of a list, and their hours."""

    number: Integers
    """Number of the hotspot of each place; −1 for none."""
    masks: Flags
    """Hours of each hotspot, (n, 168)."""

    @classmethod
    def of(cls, n_places: int, members: list[tuple[int, ...]], masks: list[Flags]) -> _Ground:
        """Make it of the places of each hotspot."""
        number = np.full(n_places, -1)
        for each, places in enumerate(members):
            number[list(places)] = each
        return cls(number, np.array(masks, dtype=bool).reshape(len(members), HOURS))

    def share_of_week(self) -> Floats:
        """Give the share of the week that it holds of each place, 0–1."""
        return np.append(self.masks.mean(axis=1), 0.0)[self.number]

    def holds(self, place: Integers, hour: Integers | None) -> Flags:
        """Say which rows it holds, by their places, and by their hours of the week if given."""
        number = self.number[place]
        if hour is None:
            return number >= 0
        masks = np.vstack([self.masks, np.zeros((1, HOURS), dtype=bool)])
        return np.asarray((hour >= 0) & masks[number, hour])


def _lists(later: Later, areas: gpd.GeoDataFrame, *, in_hours: bool) -> dict[str, _Ground]:
    """Give the ground of the list, of one by plain counts, and of one that knows what came."""
    counts = later.counts
    n_places = len(counts.places)
    plain = _list(later, _by_count(counts, later.before), areas)
    best = _list(later, _by_count(counts, counts.totals(), in_hours=in_hours), areas)
    listed = later.last.hotspots
    never, always = np.zeros(HOURS, dtype=bool), np.ones(HOURS, dtype=bool)
    of_area = {
        str(area_id): Band(*(int(number) for number in row)).mask
        for area_id, *row in later.last.busiest_hours[list(BAND)].itertuples()
    }
    return {
        "held": _Ground(
            later.hotspot,
            week_masks(listed) if in_hours else np.tile(always, (len(listed), 1)),
        ),
        "plain": _Ground.of(
            n_places,
            [each.places for _, each in plain],
            [of_area.get(area_id, never) if in_hours else always for area_id, _ in plain],
        ),
        "best": _Ground.of(
            n_places,
            [each.places for _, each in best],
            [always if each.band is None else each.band.mask for _, each in best],
        ),
    }


def _list(
    later: Later, intensity: Intensity, areas: gpd.GeoDataFrame
) -> list[tuple[str, Candidate]]:
    """Give area, places and hours of each hotspot that would be listed: as many as the list had."""
    n_of = later.last.hotspots.groupby("borough").size()
    settings = replace(later.last.settings, per_area=max(1, int(n_of.max())), band_share=1.0)
    chosen = choose_candidates(Grower(intensity, settings), areas)
    return [
        (area_id, each) for area_id, kept in chosen.items() for each in kept[: n_of.get(area_id, 0)]
    ]


class _Counted(Intensity):
    """Expects of each place as much as it had, in the hours in which it had it."""

    def expected(self, positions: Integers) -> Floats:
        """Give the counts a week of some places, by hour of the week if there are weeks."""
        if self.week is None:
            return super().expected(positions)
        return np.asarray(self.counts.by("hour_of_week")[positions].toarray() / self.counts.weeks)


def _by_count(counts: Counts, n: Floats, *, in_hours: bool = False) -> Intensity:
    """Expect of each place as much as it had, in the hours in which it had it."""
    area = counts.places["area_id"].fillna("").to_numpy()
    places = pd.DataFrame(
        {
            "area_id": area,
            "n": n,
            "dispersion": 1.0,
            "shape": n,
            "rate": counts.weeks,
            "mean": n / counts.weeks,
            "week_weight": np.nan,
            "n_timed": 0.0,
        },
        index=counts.places.index,
    )
    even = pd.DataFrame(1 / HOURS, index=np.unique(area), columns=range(HOURS))
    is_context = counts.places["is_context"].to_numpy()
    own = replace(counts, context=np.where(is_context, n, 0.0))
    return _Counted(own, places, even if in_hours else None, None)


def _rows(
    later: Later, areas: gpd.GeoDataFrame, lists: dict[str, _Ground], when: str
) -> list[dict[str, object]]:
    """Give the rows of all areas together, and of each with an incident since."""
    table = later.counts.table
    place, n, hour = table["place"].to_numpy(), table["n"].to_numpy(), None
    if when == IN_HOURS:
        is_timed = (table["hour"] >= 0).to_numpy()
        hour = (table["date"].dt.day_of_week * _DAY + table["hour"]).to_numpy()
        n, hour = np.where(is_timed, n, 0.0), np.where(is_timed, hour, -1)
    held = {name: n * ground.holds(place, hour) for name, ground in lists.items()}
    block, blocks = _blocks(later.counts)
    by = pd.DataFrame({"n": n, **held}).groupby([later.area[place], block]).sum()
    land = pd.DataFrame({name: ground.share_of_week() for name, ground in lists.items()})
    land = land.assign(n=True).groupby(later.area).sum()
    known = [area_id for area_id in areas.index if area_id in by.index.unique(level=0)]
    rows = []
    if len(known) > 1 and n.sum() > 0:
        together = by.loc[known].groupby(level=1).sum().reindex(blocks, fill_value=0.0)
        rows.append(_row("all", "all areas", when, together, land.loc[known].sum()))
    for area_id in known:
        alone = by.loc[area_id].reindex(blocks, fill_value=0.0)
        if alone["n"].sum() > 0:
            name = str(areas.loc[area_id, "name"])
            rows.append(_row(str(area_id), name, when, alone, land.loc[area_id]))
    return rows


def _blocks(counts: Counts) -> tuple[Integers, pd.Index[Any]]:
    """Give the week of each row (month, for monthly data), and all that there are."""
    dates = counts.table["date"]
    if counts.tier == "monthly" or counts.n_monthly:
        known = counts.months[~counts.months.isin(counts.missing)]
        return np.asarray(dates.dt.to_period("M")), known
    first, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    days = pd.date_range(first, end, inclusive="left")
    days = days[~days.to_period("M").isin(counts.missing)]
    weeks = pd.Index((days - first).days // _WEEK).unique()
    return np.asarray((dates - first).dt.days // _WEEK), weeks


def _row(
    area_id: str, name: str, when: str, by: pd.DataFrame, land: pd.Series[Any]
) -> dict[str, object]:
    """Give one row of the table, from the sums by week or month and the numbers of places."""
    total = by.sum()
    n = float(total["n"])
    low = high = np.nan
    if len(by) >= _FEWEST_BLOCKS:
        ahead = (by["held"] - by["plain"]).to_numpy()
        half = t.ppf((1 + _LEVEL) / 2, len(by) - 1) * ahead.std(ddof=1) * np.sqrt(len(by))
        low, high = (max(-1.0, min(1.0, (ahead.sum() + end) / n)) for end in (-half, half))
    return {
        "share_id": f"{area_id} {when}",
        "name": name,
        "when": when,
        "n": n,
        "held": total["held"] / n,
        "plain": total["plain"] / n,
        "best": total[["held", "plain", "best"]].max() / n,
        "ahead_low": low,
        "ahead_high": high,
        "land": land["held"] / land["n"],
        "plain_land": land["plain"] / land["n"],
        "best_land": land["best"] / land["n"],
    }
