"""The order and the times of a tour's visits: a route that can be walked, or driven where it must.

Each visit has an hour in which it is best made; visits of one hour go round by the shortest way.
Where one crew cannot make them all before the tour ends, a second takes the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise, permutations
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DETOUR: Final = 1.3
"""How much longer streets are than the straight line."""

WALKING: Final = 80.0
"""Metres a minute on foot: 4.8 km/h."""

DRIVING: Final = 250.0
"""Metres a minute by car or bicycle in London: 15 km/h."""

LONGEST_WALK: Final = 20.0
"""Minutes on foot; a longer way is driven."""

PARKING: Final = 5.0
"""Minutes to get to a vehicle and to leave it."""

_MOST_TRIED: Final = 6


@dataclass(frozen=True)
class Stop:
    """A visit with its place and its best hour.

    Parameters
    ----------
    key : object
        What the caller knows it by.
    hour : float
        Minutes from the start of the tour at which its best hour begins.
    x, y : float
        Easting and northing.
    minutes : float
        Length of the visit.
    """

    key: object
    hour: float
    x: float
    y: float
    minutes: float = 15.0


@dataclass(frozen=True)
class Leg:
    """A visit in its route.

    Parameters
    ----------
    key : object
        What the caller knows the visit by.
    route, order : int
        Number of the route in the tour, and of the visit in the route, from 1.
    arrive, leave : float
        Minutes from the start of the tour.
    metres, minutes : float
        The way from the visit before; 0 for the first.
    is_on_foot : bool
        Whether the way is walked.
    """

    key: object
    route: int
    order: int
    arrive: float
    leave: float
    metres: float
    minutes: float
    is_on_foot: bool


def way(first: Stop, second: Stop) -> tuple[float, float, bool]:
    """Give metres and minutes from one stop to another, and whether they are walked."""
    metres = DETOUR * float(np.hypot(first.x - second.x, first.y - second.y))
    walked = metres / WALKING
    if walked <= LONGEST_WALK:
        return metres, walked, True
    return metres, PARKING + metres / DRIVING, False


def plan_routes(stops: Sequence[Stop], tour_minutes: float) -> list[Leg]:
    """Order the visits of one tour into routes, and say when each is made.

    Parameters
    ----------
    stops : sequence of Stop
        The visits of the tour.
    tour_minutes : float
        Length of the tour; no visit ends after it.

    Returns
    -------
    list of Leg
        In the order of routes and visits. A visit is made in its best hour where the way allows
        it, else as soon after it, or as late before it, as can be done.

    Notes
    -----
    Visits are taken in the order of their hours; of those of one hour, up to six in the order with
    the shortest way from where the crew is (all orders are tried), more from the nearest to the
    nearest. A visit for which the crew has no time before the tour ends goes to the next crew.
    """
    left = sorted(stops, key=lambda stop: (stop.hour, str(stop.key)))
    legs: list[Leg] = []
    number = 0
    while left:
        number += 1
        route: list[Stop] = []
        rest: list[Stop] = []
        for stop in left:
            longer = list(_ordered([*route, stop]))
            if not route or _times(longer, tour_minutes) is not None:
                route = longer
            else:
                rest.append(stop)
        times = _times(route, tour_minutes) or [0.0]
        for order, (stop, arrive) in enumerate(zip(route, times, strict=True), start=1):
            before = way(route[order - 2], stop) if order > 1 else (0.0, 0.0, True)
            leave = arrive + stop.minutes
            legs.append(Leg(stop.key, number, order, arrive, leave, *before))
        left = rest
    return legs


def _times(route: Sequence[Stop], tour_minutes: float) -> list[float] | None:
    """Give when each stop is reached; None if the tour is too short for all."""
    arrive: list[float] = []
    for place, stop in enumerate(route):
        soonest = 0.0
        if place:
            before = route[place - 1]
            soonest = arrive[-1] + before.minutes + way(before, stop)[1]
        arrive.append(max(stop.hour, soonest))
    latest = tour_minutes
    for place in range(len(route) - 1, -1, -1):
        arrive[place] = min(arrive[place], latest - route[place].minutes)
        if place:
            latest = arrive[place] - way(route[place - 1], route[place])[1]
    return arrive if arrive[0] >= 0 else None


def _ordered(stops: Sequence[Stop]) -> Iterator[Stop]:
    """Give stops by hour, and those of one hour by the shortest way."""
    at: Stop | None = None
    by_hour = sorted(stops, key=lambda stop: (stop.hour, str(stop.key)))
    for _, group in groupby(by_hour, key=lambda stop: stop.hour):
        for stop in _shortest(at, list(group)):
            yield stop
            at = stop


def _shortest(at: Stop | None, stops: list[Stop]) -> list[Stop]:
    if len(stops) <= _MOST_TRIED:
        return min((list(order) for order in permutations(stops)), key=lambda o: _length(at, o))
    order: list[Stop] = []
    left = list(stops)
    while left:
        here = at
        nearest = left[0] if here is None else min(left, key=lambda stop: way(here, stop)[1])
        order.append(nearest)
        left.remove(nearest)
        at = nearest
    return order


def _length(at: Stop | None, order: list[Stop]) -> float:
    whole = ([] if at is None else [at]) + order
    return sum(way(one, two)[1] for one, two in pairwise(whole))
