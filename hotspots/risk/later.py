"""What came after the period of a list, in the places that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspots.words import day

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts
    from hotspots.risk.record import ListRecord

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Later:
    """A list, and what came afterwards.

    Parameters
    ----------
    last : ListRecord
        The list.
    places : DataFrame
        Its place records in the areas that are compared.
    position : array of int
        Position of each of these places in `counts.places`.
    counts : Counts
        What came after its period, and nothing else.
    """

    last: ListRecord
    places: pd.DataFrame
    position: Integers
    counts: Counts

    @cached_property
    def area(self) -> np.ndarray[Any, Any]:
        """Area of each place of the counts; empty text for context."""
        places = self.counts.places
        area = np.where(places["is_context"], "", places["area_id"].fillna("")).astype(object)
        # At a border, a place may have belonged to another area of the last list.
        every = self.last.places
        assert every is not None  # noqa: S101 (`look_later` has seen to it)
        at = places.index.get_indexer(every.index)
        is_here = at >= 0
        then = np.where(every["is_context"], "", every["area_id"])[is_here]
        area[at[is_here]] = np.where(area[at[is_here]] == then, then, "")
        return area

    @cached_property
    def hotspot(self) -> Integers:
        """Number of the hotspot of each place of the counts; −1 for none."""
        number = np.full(len(self.counts.places), -1)
        hotspot_id = self.places["hotspot_id"].fillna("")
        number[self.position] = self.last.hotspots.index.get_indexer(hotspot_id)
        return number

    @cached_property
    def before(self) -> Floats:
        """What each place of the counts had in the period of the list."""
        n = np.zeros(len(self.counts.places))
        n[self.position] = self.places["n"].to_numpy()
        return n


def look_later(last: ListRecord, counts: Counts, areas: gpd.GeoDataFrame) -> Later | str:
    """Take what came after the period of a list, or say why nothing can be said.

    Parameters
    ----------
    last : ListRecord
        The list.
    counts : Counts
        Counts that reach beyond its period.
    areas : GeoDataFrame
        The areas that are compared.

    Returns
    -------
    Later or str
        A sentence if there is nothing to compare.
    """
    if last.places is None:
        return (
            "How the last list did cannot be said: its folder was written for partners and holds "
            "no counts of places. Give the restricted one."
        )
    start = last.end
    if (counts.tier == "monthly" or counts.n_monthly) and start.day != 1:
        # What is known only to the month cannot be cut within one.
        start = start.normalize().replace(day=1) + pd.DateOffset(months=1)
    since = counts.since(start)
    if len(areas) == 0 or len(last.hotspots) == 0:
        return "How the last list did cannot be said: it has no hotspot in the areas of this one."
    if since is None:
        return (
            "How the last list did cannot be said: the data hold nothing after "
            f"{day(last.end - pd.Timedelta(hours=1))}, the last day that it was made from."
        )
    places = last.places[last.places["area_id"].isin(areas.index)]
    places = places[~places["is_context"] | places["hotspot_id"].notna()]
    if places.loc[~places["is_context"], "hotspot_id"].notna().all():
        return (
            "How the last list did cannot be said: it holds every place with an incident, such as "
            "whole areas, so there was nothing to choose."
        )
    position = counts.places.index.get_indexer(places.index)
    if (position < 0).any():
        return (
            "How the last list did cannot be said: it was made with other places (another size, "
            "shape or edge), so part of what moved is the grid. Run both with the same settings "
            "and areas."
        )
    return Later(last, places, position, since)
