"""Circles of places round each place, growing place by place up to half of all cases.

Places are sorted by easting, so that only those in a strip as wide as the circle are measured.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

# Squared distances that differ by less are the same.
_DECIMALS: Final = 3
_WIDER: Final = 1 + 1e-9
# Centres whose circles are made at once.
_BLOCK: Final = 500


class Circles(NamedTuple):
    """Places round each centre, nearest first."""

    places: Any
    """Places of all circles, one centre after the other (uint32)."""
    starts: Any
    """Where each centre's places begin, and last their number (int64, n_centres + 1)."""
    is_end: Any
    """Whether a circle ends after this place: not if the next is as far away (bool)."""


def make_circles(
    xy: Floats, n_cases: Integers, max_radius: float, threads: int | None = None
) -> Circles:
    """Make the circles round all places.

    Parameters
    ----------
    xy : array (n_places, 2)
        Middles of the places, metres, sorted by easting; no two the same.
    n_cases : array of int64
        Cases of each place.
    max_radius : float
        Largest distance between the middle of a circle and a place in it, metres.

    Returns
    -------
    Circles
        Places that are equally far away come into a circle together.
    """
    squared = (max_radius * _WIDER) ** 2
    n_blocks = -(-len(xy) // _BLOCK)

    def part(centres: Integers) -> Circles:
        centre, place, distance = find_near(xy, centres[0], centres[-1] + 1, squared)
        distance = np.round(distance, _DECIMALS)
        return cut_circles(centre - centres[0], place, distance, n_cases, len(centres))

    with ThreadPoolExecutor(max_workers=threads or os.cpu_count()) as pool:
        parts = list(pool.map(part, np.array_split(np.arange(len(xy)), n_blocks)))
    ends = np.cumsum([0, *(part.starts[-1] for part in parts)])
    starts = [part.starts[1:] + end for part, end in zip(parts, ends[:-1], strict=True)]
    return Circles(
        np.concatenate([part.places for part in parts]),
        np.concatenate([[0], *starts]),
        np.concatenate([part.is_end for part in parts]),
    )


def cut_circles(
    centre: Integers, place: Integers, distance: Floats, n_cases: Integers, n_centres: int
) -> Circles:
    """Make circles of places that are sorted by centre and distance.

    Parameters
    ----------
    centre, place : array of int64
        Pairs of a centre and a place near it.
    distance : array of float
        How far apart they are. Places with the same distance come into a circle together.
    n_cases : array of int64
        Cases of each place. No circle has more than half of all.
    n_centres : int
        Number of centres.
    """
    is_end = np.ones(len(centre), dtype=np.bool_)
    is_end[:-1] = (centre[1:] != centre[:-1]) | (distance[1:] != distance[:-1])
    inside = np.cumsum(n_cases[place])
    starts = np.searchsorted(centre, np.arange(n_centres + 1))
    inside -= np.concatenate([[0], inside])[starts[:-1]][centre]
    is_kept = 2 * inside <= n_cases.sum()
    kept = np.concatenate([[0], np.cumsum(is_kept)])
    return Circles(place[is_kept].astype(np.uint32), kept[starts].astype(np.int64), is_end[is_kept])


@numba.njit(cache=True, nogil=True)
def find_near(xy: Any, first: int, last: int, squared: float) -> Any:  # noqa: ANN401
    """Find the places near some centres, nearest first.

    Parameters
    ----------
    xy : array (n_places, 2)
        Middles of all places, sorted by easting.
    first, last : int
        Centres are the places from `first` to before `last`.
    squared : float
        Largest squared distance.

    Returns
    -------
    centre, place : arrays of int64
        Pairs.
    distance : array of float
        Their squared distance.
    """
    reach = np.sqrt(squared)
    n_near = np.zeros(last - first + 1, dtype=np.int64)
    for is_counting in (True, False):
        if not is_counting:
            n_near = np.cumsum(n_near)
            centres = np.empty(n_near[-1], dtype=np.int64)
            places, distances = np.empty_like(centres), np.empty(n_near[-1])
        for centre in range(first, last):
            begin = np.searchsorted(xy[:, 0], xy[centre, 0] - reach)
            at = n_near[centre - first]
            for place in range(begin, len(xy)):
                if xy[place, 0] > xy[centre, 0] + reach:
                    break
                apart = (xy[place, 0] - xy[centre, 0]) ** 2 + (xy[place, 1] - xy[centre, 1]) ** 2
                if apart > squared:
                    continue
                if is_counting:
                    n_near[centre - first + 1] += 1
                else:
                    centres[at], places[at], distances[at] = centre, place, apart
                    at += 1
            if not is_counting:
                own = slice(n_near[centre - first], at)
                order = np.argsort(distances[own])
                places[own], distances[own] = places[own][order], distances[own][order]
    return centres, places, distances
