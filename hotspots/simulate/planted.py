"""Hotspots with a place and hours of their own, put where and when they are known to be.

Each has a middle, a radius, one to three weekdays and a band of hours on them, and a number of
incidents spread over the year's nights. What a method finds can be held against this list.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.ndimage import uniform_filter

from hotspots.simulate.calls import NONE, Calls, fill
from hotspots.simulate.field import MOST_ADDRESSES
from hotspots.simulate.year import DAY_MINUTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hotspots.simulate.field import Places
    from hotspots.simulate.ground import Ground
    from hotspots.simulate.year import Year

logger = logging.getLogger(__name__)

_TRIES: Final = 400
_HOURS: Final = 24
_WEEK: Final = 7
_LONGEST_RUN: Final = 3
# Where the surroundings are neither the emptiest, where nobody would call, nor so busy that a
# planted hotspot would drown: quantiles over the borough's cells with addresses.
_QUANTILES: Final = (0.1, 0.7)
_AROUND: Final = 5  # cells: as wide as the largest circle reaches


@dataclass(frozen=True, eq=False)
class Hotspot:
    """One planted hotspot.

    Parameters
    ----------
    borough : int
        Index of the chosen borough.
    cell : int
        Index of the cell of its middle.
    easting, northing, radius : float
        Middle and radius, metres.
    weekdays : tuple of int
        Weekdays on which its hours begin, 0 = Monday.
    start_hour, end_hour : int
        Its hours, [start, end) on the clock; past midnight if end is not after start.
    n : int
        Incidents in the year.
    """

    borough: int
    cell: int
    easting: float
    northing: float
    radius: float
    weekdays: tuple[int, ...]
    start_hour: int
    end_hour: int
    n: int

    @property
    def n_hours(self) -> int:
        """Length of its band, hours."""
        return (self.end_hour - self.start_hour) % _HOURS


def choose_hotspots(
    n: int,
    places: Places,
    per_borough: int,
    incidents: tuple[int, int],
    assumed: Mapping[str, Any],
    rng: np.random.Generator,
) -> list[Hotspot]:
    """Choose where and when hotspots are planted, and how many incidents each gets.

    Parameters
    ----------
    n : int
        Incidents in the whole simulation.
    places : Places
        The field.
    per_borough : int
        Hotspots in each borough.
    incidents : tuple of int
        Fewest and most incidents of a hotspot in the year.
    assumed : mapping
        `assumed.planted` of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    list of Hotspot
        Ordered by borough. Fewer than asked for if together they would have more than
        `largest_share` of the incidents, or if there is no room; both are logged.

    Caveats
    -------
    Simulated. Real hotspots have blurred edges and hours; these are round and exact.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.field import draw_places
    >>> from hotspots.simulate.ground import lay_ground
    >>> rng, facts = np.random.default_rng(1), load_facts()
    >>> places = draw_places([lay_ground("E09000007")], facts.fitted["places"], rng)
    >>> found = choose_hotspots(5000, places, 2, (40, 150), facts.assumed["planted"], rng)
    >>> [40 <= hotspot.n <= 150 for hotspot in found]
    [True, True]
    """
    wanted = np.repeat(np.arange(len(places.ground)), per_borough)
    counts = rng.integers(incidents[0], incidents[1], size=len(wanted), endpoint=True)
    order = rng.permutation(len(wanted))
    affordable = order[np.cumsum(counts[order]) <= assumed["largest_share"] * n]
    if len(affordable) < len(wanted):
        logger.info(
            "planted %d hotspots instead of %d: together at most %.0f %% of %d incidents",
            len(affordable),
            len(wanted),
            100 * assumed["largest_share"],
            n,
        )
    found: list[Hotspot] = []
    for index in np.sort(affordable):
        radius = rng.uniform(assumed["least_radius_m"], assumed["most_radius_m"])
        spot = _find_room(places, int(wanted[index]), radius, assumed["apart_m"], found, rng)
        weekdays, start, end = _choose_hours(assumed, rng)
        if spot is None:
            logger.info("no room to plant a hotspot in %s", places.ground[wanted[index]].name)
            continue
        cell, x, y = spot
        borough, count = int(wanted[index]), int(counts[index])
        found.append(Hotspot(borough, cell, x, y, radius, weekdays, start, end, count))
    return found


def _find_room(
    places: Places,
    borough: int,
    radius: float,
    apart: float,
    others: list[Hotspot],
    rng: np.random.Generator,
) -> tuple[int, float, float] | None:
    """Find a middle whose whole circle is in the borough and far from the other hotspots."""
    own = places.cells_of(borough)
    share = places.share[own]
    around = _sum_around(places.ground[borough], share)
    low, high = np.quantile(around[share > 0], _QUANTILES)
    cells = np.flatnonzero((share > 0) & (around >= low) & (around <= high)) + own.start
    cells = cells[rng.permutation(len(cells))[:_TRIES]]
    x = np.round(places.easting[cells] + rng.uniform(-40, 40, len(cells)), 1)
    y = np.round(places.northing[cells] + rng.uniform(-40, 40, len(cells)), 1)
    free = np.ones(len(cells), dtype=bool)
    for other in others:
        free &= np.hypot(x - other.easting, y - other.northing) >= apart
    for angle in np.arange(16) * np.pi / 8:
        free &= places.ground[borough].contains(
            x + radius * np.cos(angle), y + radius * np.sin(angle)
        )
    if not free.any():
        return None
    first = int(np.argmax(free))
    return int(cells[first]), float(x[first]), float(y[first])


def _sum_around(ground: Ground, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up the shares of the cells around each cell."""
    row, column = ground.row - ground.row.min(), ground.column - ground.column.min()
    raster = np.zeros((int(row.max()) + 1, int(column.max()) + 1))
    raster[row, column] = share
    mean = uniform_filter(raster, _AROUND, mode="constant")
    return np.asarray(mean[row, column] * _AROUND**2)


def _choose_hours(
    assumed: Mapping[str, Any], rng: np.random.Generator
) -> tuple[tuple[int, ...], int, int]:
    """Choose a run of weekdays and a band of hours, mostly away from the ordinary peak."""
    run = int(rng.integers(1, _LONGEST_RUN, endpoint=True))
    first_day = int(rng.integers(_WEEK))
    length = int(rng.integers(assumed["least_hours"], assumed["most_hours"], endpoint=True))
    starts = np.arange(_HOURS)
    hours = (starts[:, None] + np.arange(length)) % _HOURS
    at_peak = ((hours >= assumed["peak"][0]) & (hours < assumed["peak"][1])).any(axis=1)
    off_peak = rng.random() < assumed["share_off_peak"]
    start = int(rng.choice(starts[at_peak != off_peak]))
    weekdays = tuple(sorted((first_day + day) % _WEEK for day in range(run)))
    return weekdays, start, (start + length) % _HOURS


def plant_calls(
    hotspots: list[Hotspot],
    headings: NDArray[np.float64],
    calendar: Year,
    assumed: Mapping[str, Any],
    rng: np.random.Generator,
) -> Calls:
    """Draw the incidents of planted hotspots.

    Parameters
    ----------
    hotspots : list of Hotspot
        The hotspots.
    headings : array of float
        Share of each heading; a hotspot's own heading is drawn from them.
    calendar : Year
        The year.
    assumed : mapping
        `assumed.planted` of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Calls
        One episode a call. Every call is within the radius, the weekdays and the hours.

    Caveats
    -------
    Simulated: a hotspot is as strong in January as in July, on nights that chance chose.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.year import make_year
    >>> hotspot = Hotspot(0, 0, 530000.0, 180000.0, 80.0, (4,), 23, 2, 50)
    >>> assumed = load_facts().assumed["planted"]
    >>> rng = np.random.default_rng(1)
    >>> calls = plant_calls([hotspot], np.ones(13) / 13, make_year(2025), assumed, rng)
    >>> sorted(set((calls.minute // 60 % 24).tolist()))
    [0, 1, 23]
    """
    parts = []
    for number, hotspot in enumerate(hotspots):
        minute = _draw_minutes(hotspot, calendar, assumed["night_variation"], rng)
        x, y, address = _draw_points(hotspot, rng)
        own = rng.choice(len(headings), p=headings)
        is_own = rng.random(hotspot.n) < assumed["share_main_heading"]
        parts.append(
            Calls(
                minute=minute,
                borough=fill(hotspot.n, hotspot.borough),
                x=x,
                y=y,
                cell=fill(hotspot.n, hotspot.cell),
                address=address,
                episode=np.arange(hotspot.n),
                hotspot=fill(hotspot.n, number),
                chronic=fill(hotspot.n),
                heading=np.where(is_own, own, NONE),
            )
        )
    empty = fill(0)
    nobody = Calls(empty, empty, np.empty(0), np.empty(0), *[empty] * 6)
    return Calls.join([nobody, *parts])


def _draw_minutes(
    hotspot: Hotspot, calendar: Year, variation: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw minutes in the band on nights of the right weekday, some nights busier than others."""
    days = np.flatnonzero(np.isin(calendar.weekdays, hotspot.weekdays))
    hours = hotspot.start_hour + np.arange(hotspot.n_hours)
    moments = days[:, None] * _HOURS + hours
    in_year = moments[:, -1] < calendar.clock.size
    days, moments = days[in_year], moments[in_year]
    # A night on which the band lacks an hour is left out, so that no call falls beside the band.
    days = days[(calendar.clock.ravel()[moments] > 0).all(axis=1)]
    weights = rng.standard_gamma(1 / variation**2, len(days))
    night = rng.choice(days, size=hotspot.n, p=weights / weights.sum())
    into_band = rng.integers(hotspot.n_hours * 60, size=hotspot.n)
    return np.asarray(night * DAY_MINUTES + hotspot.start_hour * 60 + into_band)


def _draw_points(
    hotspot: Hotspot, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Draw the points of a few unequal addresses spread over the circle."""
    n_addresses = int(rng.integers(4, MOST_ADDRESSES, endpoint=True))
    # The decimetre that rounding may add must not lead out of the circle.
    distance = (hotspot.radius - 0.2) * np.sqrt(rng.random(n_addresses))
    angle = rng.uniform(0, 2 * np.pi, n_addresses)
    weights = rng.dirichlet(np.full(n_addresses, 2.0))
    address = rng.choice(n_addresses, size=hotspot.n, p=weights)
    x = np.round(hotspot.easting + distance * np.cos(angle), 1)
    y = np.round(hotspot.northing + distance * np.sin(angle), 1)
    return x[address], y[address], address
