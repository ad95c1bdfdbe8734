"""Reports by place, day and kind: what harm is added up from, gathered batch by batch.

A kind is what the weights look at: type, heading and the two flags. Weights are not applied yet, so
that one pass serves any weights; sums are of whole millionths, as in counting.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.areas import Grid, PlaceIndex
from hotspots.errors import InputError
from hotspots.incidents import MILLIONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.counts import Counts, CountTask
    from hotspots.incidents import Batch
    from hotspots.risk.hotspots import HotspotList

    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Kind = tuple[str, str, bool, bool]

KIND: Final = ["asb_type", "heading", "is_flagged_vulnerable", "is_flagged_repeat"]
"""The columns that the weights look at."""

_BY: Final = {
    "places": ["place", "day", "kind"],
    "callers": ["hotspot", "person_key", "place", "day", "kind"],
    "points": ["hotspot", "x", "y", "place", "day", "kind"],
}
_SOURCE: Final = {"callers": ["person_key"], "points": ["x", "y"]}


@dataclass(frozen=True, eq=False)
class HarmCounts:
    """Reports by place, day and kind.

    Parameters
    ----------
    kinds : DataFrame
        One row a kind, numbered from 0: `asb_type` and `heading` (missing if not known),
        `is_flagged_vulnerable`, `is_flagged_repeat`; sorted.
    places : DataFrame
        The rows that are not zero: `place` (position in the places), `day` (since 1970), `kind`,
        `n` (sum of weights); sorted.
    callers, points : DataFrame
        The same rows of the hotspots that were asked for, by who called and by exact point:
        `hotspot` (position in `ids`), `source` (a number, the same for one caller or point),
        `place`, `day`, `kind`, `n`.
    ids : Index of str
        The hotspots that were asked for; may be empty.
    """

    kinds: pd.DataFrame
    places: pd.DataFrame
    callers: pd.DataFrame
    points: pd.DataFrame
    ids: pd.Index[str]


@dataclass
class HarmTally:
    """What has been counted so far; parts are merged by adding.

    Parameters
    ----------
    ids : Index of str
        The hotspots of which callers and points are kept.
    kinds : dict of tuple to int
        Number of each kind; a type or heading that is not known is "".
    frames : dict of str to list of DataFrame
        Millionths by place, by caller and by point.
    """

    ids: pd.Index[str]
    kinds: dict[Kind, int] = field(default_factory=dict)
    frames: dict[str, list[pd.DataFrame]] = field(
        default_factory=lambda: {name: [] for name in _BY}
    )

    def number(self, kinds: Iterable[Kind]) -> Integers:
        """Give the numbers of some kinds, new ones for new kinds."""
        given = [self.kinds.setdefault(kind, len(self.kinds)) for kind in kinds]
        return np.array(given, dtype=np.int64)

    def add(self, name: str, frame: pd.DataFrame) -> None:
        """Add rows. Frames of like size are joined, so that few remain."""
        frames = self.frames[name]
        frames.append(_summed(frame, name))
        while len(frames) > 1 and len(frames[-2]) <= 2 * len(frames[-1]):
            last = frames.pop()
            frames[-1] = _summed(pd.concat([frames[-1], last], ignore_index=True), name)

    def merge(self, other: HarmTally) -> None:
        """Add what another part has counted."""
        numbers = self.number(other.kinds)
        for name, frames in other.frames.items():
            for frame in frames:
                self.add(name, frame.assign(kind=numbers[frame["kind"]]))

    def result(self) -> HarmCounts:
        """Give the counts, in an order that does not depend on that of the rows."""
        kinds = sorted(self.kinds)
        sorted_number = np.zeros(len(kinds), dtype=np.int64)
        sorted_number[[self.kinds[kind] for kind in kinds]] = np.arange(len(kinds))
        tables = {}
        for name, by in _BY.items():
            empty = pd.DataFrame({column: np.zeros(0, np.int64) for column in [*by, "weight"]})
            table = pd.concat(self.frames[name] or [empty], ignore_index=True)
            table["kind"] = sorted_number[table["kind"].to_numpy(dtype=np.int64)]
            table = _summed(table, name).sort_values(by, ignore_index=True)
            if name in _SOURCE:
                source = table.groupby(["hotspot", *_SOURCE[name]]).ngroup()
                table = table.assign(source=source).drop(columns=_SOURCE[name])
            tables[name] = table.assign(n=table.pop("weight") / MILLIONTHS)
        known = pd.DataFrame(kinds, columns=KIND)
        for column in KIND[:2]:
            texts = known[column].astype("str")
            known[column] = texts.mask(texts == "")
        flags = {column: known[column].astype(bool) for column in KIND[2:]}
        return HarmCounts(known.assign(**flags), ids=self.ids, **tables)


def _summed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.groupby(_BY[name], sort=False)["weight"].sum().reset_index()


@dataclass(frozen=True)
class HarmTask:
    """Counts batches by place, day and kind; can be sent to another process.

    Parameters
    ----------
    count : CountTask
        What was counted with, so that the same incidents are found in the same places.
    ids : Index of str
        Hotspots of which callers and points are kept.
    member : array of int64
        Number of the hotspot of each place; −1 for none.
    """

    count: CountTask
    ids: pd.Index[str]
    member: Integers

    @classmethod
    def of_places(cls, count: CountTask, n_places: int) -> HarmTask:
        """Make ready what counts at places alone, before any hotspot is known."""
        nobody = np.full(n_places, -1, dtype=np.int64)
        return cls(count, pd.Index([], dtype="str"), nobody)

    @classmethod
    def build(cls, counts: Counts, found: HotspotList | None = None) -> HarmTask:
        """Make everything ready.

        Parameters
        ----------
        counts : Counts
            What was counted.
        found : HotspotList, optional
            Hotspots of which callers and points are kept.

        Raises
        ------
        InputError
            If the hotspots lie in other places than the counts.
        """
        member = np.full(len(counts.places), -1, dtype=np.int64)
        ids: pd.Index[str] = pd.Index([], dtype="str")
        if found is not None:
            ids = pd.Index(found.table.index)
            member[member_positions(found, counts)] = ids.get_indexer(
                pd.Index(found.members["hotspot_id"])
            )
        return cls(task_of(counts), ids, member)

    def __call__(self, batches: Iterable[Batch]) -> HarmTally:
        """Count all batches."""
        tally = HarmTally(self.ids)
        for batch in batches:
            self._count(batch, tally)
        return tally

    def _count(self, batch: Batch, tally: HarmTally) -> None:
        batch, _, day = self.count.in_period(batch)
        if len(batch) == 0:
            return
        place = self.count.find_places(batch)
        _, where = self.count.find_areas(batch, place)
        rows = np.flatnonzero((where <= 1) & (place >= 0) & (batch.weight > 0))
        if len(rows) == 0:
            return
        words = batch.rest(rows)
        frame = pd.DataFrame(
            {
                "place": place[rows],
                "day": day[rows],
                "kind": number_kinds(words, tally),
                "weight": batch.weight[rows],
            }
        )
        tally.add("places", frame)
        hotspot = self.member[place[rows]]
        own = np.flatnonzero(hotspot >= 0)
        if len(own):
            frame = frame.iloc[own].assign(
                hotspot=hotspot[own],
                person_key=words["person_key"].astype("object").to_numpy()[own],
                x=batch.easting[rows][own],
                y=batch.northing[rows][own],
            )
            # Rows without a name, or without a point, are dropped by grouping.
            tally.add("callers", frame)
            tally.add("points", frame)


def task_of(counts: Counts) -> CountTask:
    """Give the task that finds positions in `counts.places`, also of a grid without its cells."""
    if not isinstance(counts.task.places, Grid):
        return counts.task
    places = counts.places
    return replace(counts.task, places=PlaceIndex.build(places), place_ids=places.index)


def member_positions(found: HotspotList, counts: Counts) -> Integers:
    """Give the position in `counts.places` of each row of `members`, or raise `InputError`."""
    position = counts.places.index.get_indexer(pd.Index(found.members["place_id"]))
    if (position < 0).any():
        msg = "The hotspots lie in other places than the counts. Must be found from them."
        raise InputError(msg)
    return np.asarray(position, dtype=np.int64)


def number_kinds(words: pd.DataFrame, tally: HarmTally) -> Integers:
    """Give the number of the kind of each row."""
    codes, texts = [], []
    for column in KIND[:2]:
        code, values = pd.factorize(words[column])
        codes.append(code + 1)
        texts.append(["", *map(str, values)])
    flags = [words[column].to_numpy(dtype=bool).astype(np.int64) for column in KIND[2:]]
    packed = ((codes[1] * len(texts[0]) + codes[0]) * 2 + flags[0]) * 2 + flags[1]
    different, row = np.unique(packed, return_inverse=True)
    pairs = different // 4
    kinds = [
        (texts[0][pair % len(texts[0])], texts[1][pair // len(texts[0])], bool(v), bool(r))
        for pair, v, r in zip(
            pairs.tolist(), (different // 2 % 2).tolist(), (different % 2).tolist(), strict=True
        )
    ]
    return tally.number(kinds)[row]


def added_up(results: Sequence[HarmTally]) -> HarmCounts:
    """Join the counts of all parts."""
    whole = results[0]
    for part in results[1:]:
        whole.merge(part)
    return whole.result()
