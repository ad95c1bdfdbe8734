"""What the incidents of hotspots say: kinds, callers, locations, gathered batch by batch.

Weights are added up by hotspot and value, so that a dataset need not fit into memory; the latest
incidents are kept one by one, for what needs events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.incidents import MILLIONTHS, join_incidents
from hotspots.tables import INCIDENTS, TIMEZONE
from hotspots.words import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.counts import Counts, CountTask
    from hotspots.incidents import Batch
    from hotspots.risk.hotspots import HotspotList

    Integers = np.ndarray[Any, np.dtype[np.int64]]

_WORDS: Final = ("asb_type", "heading", "location", "person_key")
_MOST_FRAMES: Final = 20
_ONE_CALLER: Final = 0.9
_SEVERAL: Final = 2


@dataclass
class Details:
    """What the incidents of hotspots say.

    Parameters
    ----------
    sums : dict of str to list of DataFrame
        Millionths by hotspot and value, of `asb_type`, `heading`, `location`, `person_key` and
        `point`: columns `hotspot`, `value` (`x` and `y` for points), `weight`.
    events : list of DataFrame
        The latest incidents, one frame a batch, with `borough` and `is_context` filled in.
    ids : sequence of str
        The hotspots, in the order of their numbers.
    """

    ids: pd.Index[str]
    sums: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    events: list[pd.DataFrame] = field(default_factory=list)

    def add(self, name: str, sums: pd.DataFrame) -> None:
        """Add weights by hotspot and value."""
        frames = self.sums.setdefault(name, [])
        frames.append(sums)
        if len(frames) > _MOST_FRAMES:
            values = [column for column in sums.columns if column not in ("hotspot", "weight")]
            self.sums[name] = [
                pd.concat(frames).groupby(["hotspot", *values])["weight"].sum().reset_index()
            ]

    def merge(self, other: Details) -> None:
        """Add what another part has gathered."""
        for name, frames in other.sums.items():
            for frame in frames:
                self.add(name, frame)
        self.events += other.events

    def incidents(self) -> gpd.GeoDataFrame:
        """Give the latest incidents as an incidents table."""
        if not self.events:
            return INCIDENTS.empty()
        if isinstance(self.events[0], gpd.GeoDataFrame):
            (table,) = self.events
            return table
        return join_incidents(self.events)

    def describe(self, ids: pd.Index[str]) -> pd.DataFrame:
        """Give, for each hotspot, its most common values and their shares.

        Parameters
        ----------
        ids : Index of str
            Hotspots to describe.

        Returns
        -------
        DataFrame
            Indexed by `ids`: `location`, `main_type`, `main_heading`, `main_heading_share`,
            `top_caller_share`, `top_point_share`, `is_one_caller`.
        """
        total = self._total("total")
        caller = self._top("person_key")
        point = self._top("point")
        kind, heading, location = (self._top(name) for name in ("asb_type", "heading", "location"))
        number_of = {str(name): number for number, name in enumerate(self.ids)}
        rows = []
        for name in ids:
            number = number_of[str(name)]
            whole = float(total.get(number, 0.0))
            who, caller_weight = caller.get(number, (None, np.nan))
            rows.append(
                {
                    "location": location.get(number, (None, np.nan))[0],
                    "main_type": _in_words(kind.get(number), whole),
                    "main_heading": _in_words(heading.get(number), whole),
                    "main_heading_share": (
                        heading.get(number, (None, np.nan))[1] / whole if whole else np.nan
                    ),
                    "top_caller_share": caller_weight / whole if whole else np.nan,
                    "top_point_share": (
                        point.get(number, (None, np.nan))[1] / whole if whole else np.nan
                    ),
                    "is_one_caller": bool(
                        who is not None
                        and whole >= _SEVERAL
                        and caller_weight / whole >= _ONE_CALLER
                    ),
                }
            )
        return pd.DataFrame(rows, index=ids)

    def top_points(self) -> dict[str, tuple[float, float, float]]:
        """Give the most frequent exact point of each hotspot: easting, northing, incidents."""
        best = self._top("point").items()
        return {str(self.ids[number]): (*point, n) for number, (point, n) in best}

    def _total(self, name: str) -> dict[int, float]:
        frames = self.sums.get(name, [])
        if not frames:
            return {}
        sums = pd.concat(frames).groupby("hotspot")["weight"].sum() / MILLIONTHS
        return dict(zip(sums.index.astype(int), sums.astype(float), strict=True))

    def _top(self, name: str) -> dict[int, tuple[Any, float]]:
        """Give the most common value of each hotspot, and its weight; ties go to the first."""
        frames = self.sums.get(name, [])
        if not frames:
            return {}
        values = [column for column in frames[0].columns if column not in ("hotspot", "weight")]
        sums = pd.concat(frames).groupby(["hotspot", *values], sort=True)["weight"].sum()
        ranked = sums.reset_index().sort_values("weight", ascending=False, kind="stable")
        best = ranked.drop_duplicates("hotspot")
        shown = best[values[0]] if len(values) == 1 else best[values].apply(tuple, axis=1)
        return {
            int(number): (value, float(weight) / MILLIONTHS)
            for number, value, weight in zip(best["hotspot"], shown, best["weight"], strict=True)
        }


def _in_words(best: tuple[object, float] | None, total: float) -> str | None:
    return None if best is None else f"{best[0]} ({percent(best[1] / total)})"


@dataclass(frozen=True)
class DetailTask:
    """Gathers details batch by batch; can be sent to another process.

    Parameters
    ----------
    count : CountTask
        What was counted with, so that the same incidents are found in the same places.
    ids : sequence of str
        The hotspots.
    member : array of int64
        Number of the hotspot of each place; −1 for none.
    since : Timestamp or None
        Moment from which incidents are kept one by one; None for not at all.
    """

    count: CountTask
    ids: pd.Index[str]
    member: Integers
    since: pd.Timestamp | None = None

    @classmethod
    def build(
        cls,
        found: HotspotList,
        counts: Counts,
        *,
        since: pd.Timestamp | None = None,
    ) -> DetailTask:
        """Make everything ready to describe the hotspots that were found."""
        ids = pd.Index(found.table.index)
        position = counts.places.index.get_indexer(pd.Index(found.members["place_id"]))
        if (position < 0).any():
            msg = "The hotspots lie in other places than the counts. Must be found from them."
            raise InputError(msg)
        member = np.full(len(counts.places), -1, dtype=np.int64)
        member[position] = ids.get_indexer(pd.Index(found.members["hotspot_id"]))
        return cls(counts.task, ids, member, since)

    def __call__(self, batches: Iterable[Batch]) -> Details:
        """Gather from all batches."""
        details = Details(self.ids)
        for batch in batches:
            self._gather(batch, details)
        return details

    def _gather(self, batch: Batch, details: Details) -> None:
        batch, _, _ = self.count.in_period(batch)
        if len(batch) == 0:
            return
        place = self.count.find_places(batch)
        area, where = self.count.find_areas(batch, place)
        is_counted = where <= 1
        hotspot = np.where(is_counted & (place >= 0), self.member[place], -1)
        rows = np.flatnonzero(hotspot >= 0)
        if len(rows):
            self._sum(batch, rows, hotspot[rows], details)
        if self.since is not None:
            start = self.since.tz_convert("UTC").tz_localize(None).to_datetime64()
            kept = np.flatnonzero(is_counted & (batch.start >= start))
            details.events.append(self._events(batch.take(kept), area[kept], where[kept]))

    def _sum(self, batch: Batch, rows: Integers, hotspot: Integers, details: Details) -> None:
        frame = pd.DataFrame({"hotspot": hotspot, "weight": batch.weight[rows]})
        details.add("total", _sums(frame, []))
        words = batch.rest(rows)
        for name in _WORDS:
            values = words[name].astype("object").to_numpy()
            details.add(name, _sums(frame.assign(value=values), ["value"]))
        points = frame.assign(x=batch.easting[rows], y=batch.northing[rows])
        details.add("point", _sums(points, ["x", "y"]))

    def _events(self, batch: Batch, area: Integers, where: Integers) -> pd.DataFrame:
        frame = batch.frame() if batch.table is None else batch.table.copy()
        if len(self.count.area_ids):
            ids = np.array([*self.count.area_ids, None], dtype=object)
            borough = pd.Series(ids[area], index=frame.index)
            frame["borough"] = borough.astype("str").mask(borough.isna())
        frame["is_context"] = where == 1
        return frame


def _sums(frame: pd.DataFrame, values: list[str]) -> pd.DataFrame:
    return frame.groupby(["hotspot", *values], sort=False)["weight"].sum().reset_index()


def gathered(results: Sequence[Details]) -> Details:
    """Join the details of all parts."""
    whole = results[0]
    for part in results[1:]:
        whole.merge(part)
    return whole


def latest_days(counts: Counts, most: int) -> pd.Timestamp:
    """Give the beginning of the latest days that hold at most so many incidents.

    Parameters
    ----------
    counts : Counts
        All incidents.
    most : int
        How many incidents may be kept one by one.

    Returns
    -------
    Timestamp
        Midnight in London; the start of the period if all fit. The last day is always kept.
    """
    per_day = counts.table.groupby("date")["n"].sum().sort_index(ascending=False)
    is_kept = per_day.cumsum() <= most
    if is_kept.all():
        return counts.start
    kept = per_day.index[is_kept]
    return pd.Timestamp(kept.min() if len(kept) else per_day.index[0]).tz_localize(TIMEZONE)
