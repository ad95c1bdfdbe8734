"""Sets of neighbouring places that may become hotspots: how one grows, and the best of each area.

A set grows from the place with most harm to expect over its neighbours while it can still be
walked; its hours are the band of the week that holds most of it. Where every report counts the
same, harm is the number of reports.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hotspots.areas import neighbours
from hotspots.settings import HotspotSettings
from hotspots.times import HOURS, Band, best_bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    import geopandas as gpd

    from hotspots.risk.intensity import Intensity

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

# Hotspots kept for each that is asked for: the rest shows who would come next.
_KEPT = 2


@dataclass(frozen=True)
class Candidate:
    """A set of places that may become a hotspot.

    Parameters
    ----------
    places : tuple of int
        Positions in `counts.places`, each place with an incident; the first one leads.
    band : Band or None
        Its hours; None for monthly data.
    expected : float
        Incidents to expect a week in its hours.
    harm : float
        Harm to expect a week in its hours: what it is ranked by.
    """

    places: tuple[int, ...]
    band: Band | None
    expected: float
    harm: float


def choose_candidates(
    grower: Grower, areas: gpd.GeoDataFrame, *, without: Iterable[int] = ()
) -> dict[str, list[Candidate]]:
    """Take places from the most harm down, grow each to a hotspot, and keep each area's best.

    Parameters
    ----------
    grower : Grower
        What grows them. What it has used before is free again.
    areas : GeoDataFrame
        The areas that get a list each.
    without : iterable of int
        Positions of places that make no hotspot and join none.

    Returns
    -------
    dict of str to list of Candidate
        By area, the best first: twice as many as are asked for, if there are so many.
    """
    grower.free()
    grower.use(without)
    places = grower.intensity.counts.places.iloc[grower.active]
    area_of = places["area_id"].to_numpy()
    is_listed = places["area_id"].isin(areas.index).to_numpy() & ~places["is_context"].to_numpy()
    settings, own_best = grower.settings, grower.own_best
    n_kept = _KEPT * settings.per_area
    largest = max(1, int(settings.max_area // grower.intensity.counts.places["area_m2"].min()))
    kept: dict[str, list[tuple[float, int, Candidate]]] = defaultdict(list)
    for order, place in enumerate(np.argsort(-own_best, kind="stable")):
        if not is_listed[place] or grower.is_used[place]:
            continue
        heap = kept[area_of[place]]
        is_full = len(heap) == n_kept
        # No hotspot grown from here can hold more: it takes in no place with more harm.
        # Its places one by one can hold no more, for it takes in none that is busier; together they
        # hold a little more, which matters to the last that are kept, and never to those listed.
        if is_full and own_best[place] * largest <= heap[0][0]:
            continue
        candidate = grower.grow_own(int(grower.active[place]))
        if not grower.is_own(candidate):
            continue
        grower.use(candidate.places)
        entry = (candidate.harm, -order, candidate)
        if is_full:
            heapq.heappushpop(heap, entry)
        else:
            heapq.heappush(heap, entry)
    return {
        area: [entry[2] for entry in sorted(heap, key=lambda entry: entry[:2], reverse=True)]
        for area, heap in kept.items()
    }


def grow_hotspot(
    intensity: Intensity,
    position: int,
    *,
    harm: Floats | None = None,
    settings: HotspotSettings | None = None,
) -> Candidate:
    """Grow the hotspot that one place would make if no other had been found before.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated.
    position : int
        Position of a place with at least one incident, in `counts.places`.
    harm : array of float (n_places,), optional
        Mean harm of a report of each place; by default every report counts 1.
    settings : HotspotSettings, optional
        As for `find_hotspots`.

    Returns
    -------
    Candidate
        The given place leads.
    """
    return Grower(intensity, settings or HotspotSettings(), harm).grow(position)


class Grower:
    """Grows hotspots over neighbouring places and remembers which places are taken.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated.
    settings : HotspotSettings
        How large, how many hours a week.
    harm : array of float (n_places,), optional
        Mean harm of a report of each place, above 0; by default every report counts 1.

    Attributes
    ----------
    active : array of int (k,)
        Positions of the places with an incident, rising. The arrays below follow them.
    is_used : array of bool (k,)
        Which of them are taken.
    own_best : array of float (k,)
        Harm to expect a week in the best hours of each: the most it can add to any band.
    """

    def __init__(
        self, intensity: Intensity, settings: HotspotSettings, harm: Floats | None = None
    ) -> None:
        places = intensity.counts.places
        active = np.flatnonzero(intensity.places["n"].to_numpy() > 0)
        self.intensity = intensity
        self.settings = settings
        self.active = active
        self.expected = intensity.expected(active)
        self.harm = self.expected if harm is None else self.expected * harm[active][:, None]
        self.area = places["area_m2"].to_numpy()[active]
        self.n = intensity.places["n"].to_numpy()[active]
        self.context = intensity.counts.context[active]
        self.beside = neighbours(places)[active][:, active].tocsr()
        self.is_used = np.zeros(len(active), dtype=bool)
        _, self.own_best = _bands(self.harm, settings, keep=1.0)

    def is_own(self, candidate: Candidate) -> bool:
        """Say whether enough of the incidents, and at least half, lie in the listed areas."""
        rows = self._rows(candidate.places)
        total = self.n[rows].sum()
        own = total - self.context[rows].sum()
        return bool(own >= self.settings.least_incidents and 2 * own >= total)

    def free(self) -> None:
        """Make all places free again."""
        self.is_used[:] = False

    def use(self, positions: Iterable[int]) -> None:
        """Take places; those without an incident are never free."""
        taken = np.array(list(positions), dtype=np.int64)
        rows = np.minimum(self._rows(taken), len(self.active) - 1)
        self.is_used[rows[self.active[rows] == taken]] = True

    def grow(self, position: int, *, with_context: bool = True) -> Candidate:
        """Grow a set from a place with an incident over places that are free."""
        (first,) = (int(row) for row in self._rows([position]))
        places = [first]
        week = self.harm[first]
        _, mask, value = self._band(week)
        least = self.settings.least_share * value / self.area[first]
        is_free = ~self.is_used & (self.own_best <= self.own_best[first])
        if not with_context:
            is_free &= 2 * self.context <= self.n
        while True:
            beside = {
                int(place)
                for member in places
                for place in self.beside.indices[
                    self.beside.indptr[member] : self.beside.indptr[member + 1]
                ]
                if is_free[place]
            } - set(places)
            room = self.settings.max_area - self.area[places].sum()
            near = np.array(
                sorted(place for place in beside if self.area[place] <= room), dtype=int
            )
            if len(near) == 0:
                break
            gain = self.harm[near][:, mask].sum(axis=1)
            best = int(np.argmax(gain))
            if gain[best] / self.area[near[best]] < least:
                break
            places.append(int(near[best]))
            week = week + self.harm[near[best]]
            _, mask, _ = self._band(week)
        return self._candidate(self.active[places].tolist())

    def grow_own(self, position: int) -> Candidate:
        """Grow a set; if that is mostly another area's, grow it without what lies outside."""
        candidate = self.grow(position)
        if self.is_own(candidate):
            return candidate
        # What lies across the border is another area's; what is left may still be a hotspot.
        return self.grow(position, with_context=False)

    def join(self, positions: Iterable[int]) -> Candidate:
        """Give places with incidents as one set, the worst first, with hours of their own."""
        return self._candidate(self.worst_first(positions))

    def _candidate(self, places: list[int]) -> Candidate:
        """Give a set its hours, and what is expected in them of its places together."""
        band, _, expected = self._band(self.intensity.together(np.array(places)))
        rows = self._rows(places)
        harm_of_one = float(self.harm[rows].sum() / self.expected[rows].sum())
        return Candidate(tuple(places), band, expected, expected * harm_of_one)

    def worst_first(self, positions: Iterable[int]) -> list[int]:
        """Order places with incidents by the harm to expect in their own best hours."""
        places = sorted(positions)
        order = np.argsort(-self.own_best[self._rows(places)], kind="stable")
        return [places[place] for place in order]

    def _rows(self, positions: Sequence[int] | Integers) -> Integers:
        return np.searchsorted(self.active, np.asarray(positions, dtype=np.int64))

    def _band(self, week: Floats) -> tuple[Band | None, Flags, float]:
        bands, values = _bands(week[None, :], self.settings, keep=self.settings.band_share)
        if bands is None:
            return None, np.ones(1, dtype=bool), float(values[0])
        band = Band(*(int(part) for part in bands[0]))
        return band, band.mask, float(values[0])


def _bands(
    expected: Floats, settings: HotspotSettings, *, keep: float
) -> tuple[Integers | None, Floats]:
    if expected.shape[1] != HOURS:
        return None, expected[:, 0]
    return best_bands(
        expected,
        hours_per_week=settings.hours_per_week,
        longest_band=settings.longest_band,
        keep=keep,
    )
