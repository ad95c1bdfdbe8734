"""The list with the judgements of analysts: places left out, hotspots kept, joined, cut and named.

Judgements are applied in the order exclude, split, merge, pin, rename, whatever their order in the
file; hours, expected numbers and ranks are found again for what they change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Final, TypeAlias

import shapely

from hotspots.errors import invalid
from hotspots.risk.candidates import Candidate, Grower, choose_candidates
from hotspots.risk.hotspots import find_hotspots, make_list, per_report
from hotspots.risk.judged_ground import Ground, find_grounds
from hotspots.risk.judged_list import JudgedList, tell
from hotspots.risk.judgement_file import read_judgements
from hotspots.risk.judgements import Judgement, refusal, refuse_expired
from hotspots.settings import HotspotSettings
from hotspots.tables import JUDGEMENTS, check_areas

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from hotspots.risk.intensity import Intensity

_Lists: TypeAlias = dict[str, list[Candidate]]
_NOBODY: Final = "no hotspot there is on this list."
_ONLY_ONE: Final = "only one hotspot there is on this list."


def as_judgements(
    judgements: str | PathLike[str] | Iterable[Judgement] | None, today: dt.date | None = None
) -> tuple[Judgement, ...]:
    """Give judgements as a tuple, read from their file if it is a path; none may have expired."""
    if judgements is None:
        return ()
    if isinstance(judgements, str | PathLike):
        judgements = read_judgements(judgements)
    is_several = isinstance(judgements, Iterable) and not isinstance(judgements, dict | bytes)
    if not (is_several or isinstance(judgements, Judgement)):
        name, rule = "judgements", "a path, or a list of Judgement"
        raise invalid(name, type(judgements).__name__, rule, "Use hs.read_judgements(path).")
    given = (judgements,) if isinstance(judgements, Judgement) else tuple(judgements)
    for each in given:
        if not isinstance(each, Judgement):
            name, rule = "judgements", "a path, or a list of Judgement"  # type: ignore[unreachable]
            raise invalid(name, type(each).__name__, rule, "Use hs.read_judgements(path).")
    refuse_expired(given, today)
    return given


def judge_hotspots(
    intensity: Intensity,
    areas: gpd.GeoDataFrame,
    judgements: str | PathLike[str] | Iterable[Judgement] | None,
    *,
    harm: pd.Series[float] | None = None,
    last: gpd.GeoDataFrame | None = None,
    before: gpd.GeoDataFrame | None = None,
    settings: HotspotSettings | None = None,
    night_ends: int = 6,
    today: dt.date | None = None,
) -> JudgedList:
    """Find the hotspots of each area as `find_hotspots` does, with what analysts have decided.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated.
    areas : GeoDataFrame
        The areas that get a list each, an areas table.
    judgements : path or sequence of Judgement
        Their file, or what `read_judgements` gave.
    harm : Series of float, optional
        Harm to expect a week of each place, as for `find_hotspots`.
    last : GeoDataFrame, optional
        The hotspots of the last list: an id that one of them has means its ground.
    before : GeoDataFrame, optional
        The judgements table of the last list: an id of a judgement that it holds, too, means what
        it meant then, so that a decision does not fade from list to list.
    settings : HotspotSettings, optional
        How many, how large, how many hours a week.
    night_ends : int
        Hour of the day at which a night gives way to the next date.
    today : date, optional
        The day on which judgements must not have expired; today in London by default.

    Returns
    -------
    JudgedList
        With `.found`, `.table` and `.left_out`. Without judgements `.found` is what
        `find_hotspots` gives.

    Raises
    ------
    InputError
        Naming every judgement that has expired, matches nothing (no place, no area of these, no
        incident of the period, an id that nothing has) or contradicts another.

    Notes
    -----
    Places that are excluded make no hotspot and join none, so the next ones move up. Then hotspots
    are split, each place going to the nearest point; then merged. They are ranked again by the
    harm to expect in their hours, found anew, and each list is cut; what is pinned stays, whatever
    its rank, so a list may be longer than asked for. Last come the names.

    **Caveats.** An exclusion hides what happens beside the prison, too. A merged hotspot may be
    larger than `max_area`. Counts and totals are never changed.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> camden = hs.load_boroughs().loc[["E09000007"]]
    >>> intensity = hs.weekly_intensity(hs.count_incidents(calls, hs.make_grid(camden)))
    >>> first = hs.find_hotspots(intensity, camden).table.index[0]
    >>> no = hs.Judgement("exclude", first, "Test calls", "A. Analyst", "2099-12-31")
    >>> judged = hs.judge_hotspots(intensity, camden, [no])
    >>> first in judged.found.table.index
    False
    >>> len(judged.found.table)
    10
    """
    given = as_judgements(judgements, today)
    settings = settings or HotspotSettings()
    if not given:
        found = find_hotspots(intensity, areas, harm=harm, settings=settings, night_ends=night_ends)
        return JudgedList(found, JUDGEMENTS.empty(), ())
    check_areas(areas)
    grower = Grower(intensity, settings, per_report(intensity, harm))
    chosen = choose_candidates(grower, areas)
    grounds = find_grounds(given, intensity, areas, chosen, last, before)
    excluded = _places(grounds, "exclude")
    if excluded:
        chosen = choose_candidates(grower, areas, without=excluded)
    pool = _Pool(grower, chosen)
    said = pool.split(_of(grounds, "split")) | pool.merge(_of(grounds, "merge"))
    listed, spare, alone = pool.cut(_places(grounds, "pin"), excluded)
    found = make_list(intensity, areas, listed, spare, settings=settings, night_ends=night_ends)
    return tell(found, grounds, said, alone, intensity, max_area=settings.max_area)


def _of(grounds: Sequence[Ground], action: str) -> list[Ground]:
    return [ground for ground in grounds if ground.judgement.action == action]


def _places(grounds: Sequence[Ground], action: str) -> set[int]:
    return {place for ground in _of(grounds, action) for place in ground.places}


class _Pool:
    """The candidates of all areas on their way to the lists, each place in one at most."""

    def __init__(self, grower: Grower, chosen: Mapping[str, Sequence[Candidate]]) -> None:
        self.grower = grower
        self.hotspots = [(area, each) for area, kept in chosen.items() for each in kept]

    def holder(self, place: int) -> int | None:
        """Give the number of the candidate that holds a place."""
        numbers = (n for n, (_, each) in enumerate(self.hotspots) if place in each.places)
        return next(numbers, None)

    def split(self, grounds: Sequence[Ground]) -> dict[int, str]:
        """Cut hotspots, each place going to the nearest point; say which judgement could not."""
        said: dict[int, str] = {}
        cut: dict[int, Ground] = {}
        for ground in grounds:
            held = {self.holder(place) for place in ground.held_by}
            (number,) = held if len(held) == 1 else (None,)
            if held == {None}:
                said[ground.number] = _NOBODY
            elif number is None:
                said[ground.number] = "its points do not lie in one hotspot of this list."
            elif number in cut:
                problem = f"{ground.label} and judgement {cut[number].number} cut one hotspot."
                remedy = "Must be one judgement for each hotspot. Write all points into one."
                raise refusal([problem], "cannot be applied", remedy)
            else:
                cut[number] = ground
        places = self.grower.intensity.counts.places.geometry.to_numpy()
        for number in sorted(cut, reverse=True):
            area, whole = self.hotspots[number]
            ground = cut[number]
            parts: list[list[int]] = [[] for _ in ground.held_by]
            for place in whole.places:
                apart = shapely.distance(shapely.centroid(places[place]), ground.points)
                # A place that holds a point is the point's own, so that no part is empty.
                nearest = (
                    ground.held_by.index(place) if place in ground.held_by else int(apart.argmin())
                )
                parts[nearest].append(place)
            pieces = [(area, self.grower.join(part)) for part in parts]
            self.hotspots[number : number + 1] = pieces
        return said

    def merge(self, grounds: Sequence[Ground]) -> dict[int, str]:
        """Join hotspots, across areas too; say which judgement could not."""
        said = {}
        groups: list[set[int]] = []
        for ground in grounds:
            held = {self.holder(place) for place in ground.held_by} - {None}
            if len(held) < 2:  # noqa: PLR2004 (one is no merger)
                said[ground.number] = _ONLY_ONE if held else _NOBODY
                continue
            group = {number for number in held if number is not None}
            group = group.union(*(other for other in groups if other & group))
            groups = [other for other in groups if not other & group] + [group]
        for group in groups:
            parts = [self.hotspots[number] for number in sorted(group)]
            whole = self.grower.join([place for _, each in parts for place in each.places])
            (area,) = (area for area, each in parts if whole.places[0] in each.places)
            self.hotspots[min(group)] = (area, whole)
        gone = {number for group in groups for number in group - {min(group)}}
        self.hotspots = [each for n, each in enumerate(self.hotspots) if n not in gone]
        return said

    def cut(self, pinned: set[int], excluded: set[int]) -> tuple[_Lists, _Lists, dict[int, str]]:
        """Rank by what is expected and cut each list; what is pinned stays.

        Gives what is listed, what comes next, and of each pinned place what its hotspot would be
        by its reports alone.
        """
        n = self.grower.settings.per_area
        ranked: _Lists = defaultdict(list)
        for area, each in sorted(self.hotspots, key=lambda pair: -pair[1].harm):
            ranked[area].append(each)
        listed: _Lists = defaultdict(list)
        spare: _Lists = defaultdict(list)
        alone: dict[int, str] = {}
        for area, kept in ranked.items():
            for rank, each in enumerate(kept, start=1):
                pins = pinned.intersection(each.places)
                words = f"; by its reports alone it would be rank {rank} of its area"
                alone |= dict.fromkeys(pins, words)
                (listed if rank <= n or pins else spare)[area].append(each)
        for area, each in self._grow(pinned - set(alone), excluded):
            words = f"; by its reports alone it would come after the first {len(ranked[area])}"
            if not self.grower.is_own(each):
                words = "; by its reports alone it would make no hotspot"
            alone |= dict.fromkeys(pinned.intersection(each.places), words)
            listed[area].append(each)
            listed[area].sort(key=lambda one: -one.harm)
        return listed, spare, alone

    def _grow(self, places: set[int], excluded: set[int]) -> list[tuple[str, Candidate]]:
        """Grow hotspots from places that no candidate holds, the busiest first."""
        grower = self.grower
        taken = {place for _, each in self.hotspots for place in each.places} | excluded
        grower.free()
        grower.use(taken)
        area_of = grower.intensity.counts.places["area_id"].to_numpy()
        grown = []
        for place in grower.worst_first(places):
            if place not in taken:
                each = grower.grow_own(place)
                grower.use(each.places)
                taken |= set(each.places)
                grown.append((str(area_of[place]), each))
        return grown
