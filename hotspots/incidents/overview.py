"""A first look at reports of any size: how many, from when to when, how finely, of what, where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.areas import PolygonIndex, load_boroughs
from hotspots.incidents.batch import MILLIONTHS
from hotspots.tables import PRECISIONS, TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from hotspots.incidents.batch import Batch

_CITY: Final = "City of London"
_ELSEWHERE: Final = ""


@dataclass
class Overview:
    """What accepted reports are like.

    Parameters
    ----------
    precision : Counter of str
        Rows by how finely their time is known.
    types, headings : Counter of str
        Rows by type and by heading.
    boroughs : Counter of str
        Millionths of incidents by name of the borough, without the City.
    weight : int
        Millionths of incidents.
    first, last : datetime64, UTC, or None
        The first start and the last end.
    points : Counter of str
        Millionths of incidents with a point by name of the borough, the City among them; an empty
        name for elsewhere.
    """

    precision: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    headings: Counter[str] = field(default_factory=Counter)
    boroughs: Counter[str] = field(default_factory=Counter)
    weight: int = 0
    first: np.datetime64 | None = None
    last: np.datetime64 | None = None
    points: Counter[str] = field(default_factory=Counter)

    @property
    def period(self) -> str:
        """The period in words."""
        if self.first is None or self.last is None:
            return "none"
        # A day or month ends a moment before the next one begins.
        end = max(self.first, self.last - np.timedelta64(1, "s"))
        first, last = (
            pd.Timestamp(moment).tz_localize("UTC").tz_convert(TIMEZONE)
            for moment in (self.first, end)
        )
        return f"{first:%d %B %Y} to {last:%d %B %Y}"

    @property
    def tier(self) -> str:
        """Whether at least half of the rows have a clock: "timed" or "monthly"."""
        n_clock = self.precision["minute"] + self.precision["hour"]
        return "timed" if 2 * n_clock >= self.precision.total() else "monthly"

    def merge(self, other: Overview) -> None:
        """Add what another part has seen."""
        for name in ("precision", "types", "headings", "boroughs", "points"):
            getattr(self, name).update(getattr(other, name))
        self.weight += other.weight
        if other.first is not None and other.last is not None:
            self._see(other.first, other.last)

    def add(self, batch: Batch, names: np.ndarray[Any, Any], area: np.ndarray[Any, Any]) -> None:
        """Add a batch, whose incidents lie in these areas (positions in `names`, −1 for none)."""
        rest = batch.rest(None)
        kinds = np.bincount(batch.precision, minlength=len(PRECISIONS))
        self.precision.update(dict(zip(PRECISIONS, kinds.tolist(), strict=True)))
        for mix, name in ((self.types, "asb_type"), (self.headings, "heading")):
            mix.update({str(value): int(n) for value, n in rest[name].value_counts().items()})
        for one in np.unique(area):
            name, is_own = str(names[one]), area == one
            if name not in (_CITY, _ELSEWHERE):
                self.boroughs[name] += int(batch.weight[is_own].sum())
            self.points[name] += int(batch.weight[is_own & batch.has_point].sum())
        self.weight += int(batch.weight.sum())
        ends = np.where(np.isnat(batch.end), batch.start, batch.end)
        if len(ends):
            self._see(batch.start.min(), ends.max())

    def _see(self, first: np.datetime64, last: np.datetime64) -> None:
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def incidents(self) -> float:
        """Give the number of incidents: the sum of the weights."""
        return self.weight / MILLIONTHS

    @property
    def hint(self) -> str:
        """What to give to an analysis if most points lie outside the 32 boroughs, else nothing."""
        city, elsewhere = self.points[_CITY], self.points[_ELSEWHERE]
        if 2 * (city + elsewhere) <= self.points.total():
            return ""
        return (
            "Most points lie outside London's 32 boroughs: for an analysis give --areas FILE with "
            "the areas that the data cover"
            + (f' (or --borough "{_CITY}").' if city > elsewhere else ".")
        )


def overview(batches: Iterable[Batch]) -> Overview:
    """Look at accepted reports batch by batch; a task for `Dataset.run`."""
    boroughs = load_boroughs(city=True)
    index = PolygonIndex.build(boroughs.geometry.to_numpy(), boroughs.index.to_numpy(dtype=object))
    names = np.append(boroughs["name"].to_numpy(dtype=object), _ELSEWHERE)
    seen = Overview()
    for batch in batches:
        area = index.find(batch.easting, batch.northing)
        if len(batch.borough.entries):
            position = boroughs.index.get_indexer(pd.Index(batch.borough.texts()))
            named = batch.borough.spread(position.astype(np.int64), -1)
            area = np.where(batch.has_point, area, named)
        seen.add(batch, names, area)
    return seen


def joined(parts: Sequence[Overview]) -> Overview:
    """Join the overviews of all parts."""
    whole = Overview()
    for part in parts:
        whole.merge(part)
    return whole
