"""Which places a judgement names; whatever names nothing, or contradicts another, is refused.

Everything that is wrong with the judgements of a run is said together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely import Point

from hotspots.areas import from_grid_reference, locate
from hotspots.errors import InputError, invalid
from hotspots.risk.judgements import Judgement, label, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd

    from hotspots.risk.candidates import Candidate
    from hotspots.risk.intensity import Intensity

_METRES: Final = re.compile(r"(\d+(?:\.\d+)?)[ ,]+(\d+(?:\.\d+)?)")
_NUMBERED: Final = re.compile(r"-\d+$")
_LEAST_DIGITS: Final = 6
_REMEDY: Final = (
    "Must match places with reports, and not contradict each other. Correct the point, give the "
    "areas that hold it, or delete the judgement."
)


@dataclass(frozen=True)
class Ground:
    """A judgement and the places that it names.

    Parameters
    ----------
    number : int
        Its number in the file, from 1.
    judgement : Judgement
        What was decided.
    points : array of Point (k,)
        The points; of an id, the middle of its place.
    held_by : tuple of int
        Position in `counts.places` of the place that holds each point.
    places : frozenset of int
        All places that it names: those to exclude, else those that hold its points.
    """

    number: int
    judgement: Judgement
    points: np.ndarray[Any, np.dtype[np.object_]]
    held_by: tuple[int, ...]
    places: frozenset[int]

    @property
    def label(self) -> str:
        """Its name in messages."""
        return label(self.number, self.judgement)


def find_grounds(
    judgements: Sequence[Judgement],
    intensity: Intensity,
    areas: gpd.GeoDataFrame,
    chosen: Mapping[str, Sequence[Candidate]],
    last: gpd.GeoDataFrame | None = None,
    before: gpd.GeoDataFrame | None = None,
) -> list[Ground]:
    """Find the places of every judgement, or raise `InputError` naming all that cannot be applied.

    Parameters
    ----------
    judgements : sequence of Judgement
        In the order of their file.
    intensity : Intensity
        What the hotspots are found from.
    areas : GeoDataFrame
        The areas that get a list each.
    chosen : mapping of str to sequence of Candidate
        The candidates of each area before any judgement, for the ids of hotspots.
    last : GeoDataFrame, optional
        The hotspots of the last list, whose ids come first.
    before : GeoDataFrame, optional
        The judgements of the last list: what ids meant in them they go on to mean.

    Returns
    -------
    list of Ground
        In the order of the judgements.
    """
    finder = _Finder(intensity, areas, chosen, last, before)
    grounds, problems = [], []
    for number, judgement in enumerate(judgements, start=1):
        name = label(number, judgement)
        try:
            found = [finder.find(each, judgement) for each in range(len(judgement.points))]
        except InputError as error:
            problems.append(f"{name} {error}")
            continue
        held_by = tuple(place for _, place, _ in found)
        if judgement.action in ("merge", "split") and len(set(held_by)) < len(held_by):
            problems.append(f"{name} names one place twice; each point needs a place of its own.")
            continue
        places = frozenset().union(*(ground for _, _, ground in found))
        points = np.array([point for point, _, _ in found], dtype=object)
        grounds.append(Ground(number, judgement, points, held_by, places))
    problems += _contradictions(grounds)
    if problems:
        raise refusal(problems, "cannot be applied", _REMEDY)
    return grounds


def _contradictions(grounds: Sequence[Ground]) -> list[str]:
    """Say which judgements cannot both hold."""
    never = [{"exclude", action} for action in ("pin", "merge", "split", "rename")]
    never += [{"split", "merge"}, {"rename"}, {"split"}]
    return [
        f"{one.label} and judgement {other.number} ({other.judgement.action}) name the same place."
        for place, one in enumerate(grounds)
        for other in grounds[place + 1 :]
        if one.places & other.places and {one.judgement.action, other.judgement.action} in never
    ]


def _from_fine_reference(text: str) -> tuple[float, float]:
    """Read a grid reference, unless it is too coarse to name a place."""
    if sum(letter.isdigit() for letter in text) < _LEAST_DIGITS:
        raise invalid("grid reference", text, f"one of at least {_LEAST_DIGITS} digits")
    return from_grid_reference(text)


def _point(text: str) -> Point | None:
    """Read a point in metres or as a grid reference; None if it is neither."""
    metres = _METRES.fullmatch(text)
    if metres:
        return Point(float(metres[1]), float(metres[2]))
    try:
        return Point(_from_fine_reference(text))
    except InputError:
        return None


class _Finder:
    """Finds the place that a text of a judgement names."""

    def __init__(
        self,
        intensity: Intensity,
        areas: gpd.GeoDataFrame,
        chosen: Mapping[str, Sequence[Candidate]],
        last: gpd.GeoDataFrame | None,
        before: gpd.GeoDataFrame | None,
    ) -> None:
        self.places = intensity.counts.places
        self.n = intensity.places["n"].to_numpy()
        self.is_listed = (
            self.places["area_id"].isin(areas.index) & ~self.places["is_context"]
        ).to_numpy()
        self.hotspots = {
            f"{area}_{self.places.index[candidate.places[0]]}": candidate.places
            for area, candidates in chosen.items()
            for candidate in candidates
        }
        self.middles = shapely.centroid(self.places.geometry.to_numpy())
        self.last = {} if last is None else dict(self._find_last(last))
        self.before: dict[tuple[str, str], list[str]] = {}
        if before is not None:
            columns = before[["action", "at", "places"]].itertuples(index=False)
            self.before = {(action, at): places.split("; ") for action, at, places in columns}

    def find(self, number: int, judgement: Judgement) -> tuple[Point, int, frozenset[int]]:
        """Give one of its points, the place that holds it, and all places that are meant."""
        text = judgement.points[number]
        known = self._known(number, judgement)
        if known:
            return self.middles[known[0]], known[0], frozenset(known)
        point, place = self._place(text)
        if place < 0 or not self.is_listed[place]:
            msg = f"lies outside the areas of this analysis at '{text}'."
            raise InputError(msg)
        ground = {place}
        if judgement.radius_m is not None:
            apart = shapely.distance(self.middles, point)
            ground |= set(np.flatnonzero(apart <= judgement.radius_m).tolist())
        elif judgement.action == "exclude":
            ground |= set(self.last.get(text, self.hotspots.get(text, ())))
        if self.n[list(ground)].sum() == 0:
            msg = f"has no incident of the period at '{text}'."
            raise InputError(msg)
        return point, place, frozenset(ground)

    def _known(self, number: int, judgement: Judgement) -> list[int]:
        """Give the places that an id meant in the same judgement on the last list, if it did."""
        names = self.before.get((judgement.action, "; ".join(judgement.points)))
        if names is None or judgement.radius_m is not None or _point(judgement.points[number]):
            return []
        if judgement.action != "exclude":
            names = names[number : number + 1]
        known = self.places.index.get_indexer(names)
        is_here = (known >= 0) & self.is_listed[known]
        return known[is_here].tolist() if self.n[known[is_here]].sum() > 0 else []

    def _find_last(self, last: gpd.GeoDataFrame) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Give the places with incidents of each hotspot of the last list, the busiest first."""
        of_list = np.flatnonzero(self.is_listed & (self.n > 0))
        of_list = of_list[np.argsort(-self.n[of_list], kind="stable")]
        hotspot, place = shapely.STRtree(self.middles[of_list]).query(
            last.geometry.to_numpy(), predicate="intersects"
        )
        holder = np.full(len(self.n), -1)
        for number, places in enumerate(self.hotspots.values()):
            holder[list(places)] = number
        for number, name in enumerate(last.index):
            places = of_list[np.sort(place[hotspot == number])]
            if len(places):
                # First those of the hotspot that has most of them now: it is the one that goes on.
                n_of = np.bincount(holder[places] + 1)
                n_of[0] = 0
                is_first = holder[places] + 1 == n_of.argmax()
                yield str(name), (*places[is_first].tolist(), *places[~is_first].tolist())

    def _place(self, text: str) -> tuple[Point, int]:
        """Give the point and the position of its place, −1 for none."""
        named = self._named(text)
        if named is not None:
            return self.middles[named], named
        point = _point(text)
        if point is None:
            msg = (
                f"names nothing at '{text}'. Must be a National Grid reference of at least six "
                "digits, 'easting northing' in metres, or the id of a hotspot or place of this run."
            )
            raise InputError(msg)
        return point, int(locate(self.places, np.array([point.x]), np.array([point.y]))[0])

    def _named(self, text: str) -> int | None:
        """Give the place of an id: its own, or that of a hotspot, which begins with an area's."""
        if text in self.last:
            return self.last[text][0]
        ends = [text, *(text[at + 1 :] for at, letter in enumerate(text) if letter == "_")]
        # An id that another hotspot had before has a number behind it.
        ends += [_NUMBERED.sub("", end) for end in ends]
        for end in ends:
            if end in self.places.index:
                return int(self.places.index.get_loc(end))
        return None
