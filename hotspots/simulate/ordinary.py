"""Ordinary calls: episodes in the field of places, and chronic callers.

Some episodes draw several calls within the hour from the same or a near address; a chronic caller
rings from one address all year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hotspots.simulate.calls import Calls, fill
from hotspots.simulate.field import draw_addresses, draw_cells, locate_addresses
from hotspots.simulate.year import bonfire_week, draw_hours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hotspots.simulate.facts import Facts
    from hotspots.simulate.field import Places
    from hotspots.simulate.year import Year


def draw_ordinary(
    n: int,
    boroughs: NDArray[np.float64],
    days: NDArray[np.float64],
    week: NDArray[np.float64],
    places: Places,
    calendar: Year,
    facts: Facts,
    rng: np.random.Generator,
) -> Calls:
    """Draw ordinary calls.

    Parameters
    ----------
    n : int
        Number of calls.
    boroughs : array of float
        Weight of each chosen borough.
    days : array of float
        Weight of each day of the year.
    week : array of shape (7, 24)
        Weight of each hour of the week.
    places : Places
        The field.
    calendar : Year
        The year.
    facts : Facts
        The figures of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Calls
        Exactly n. No place has hours of its own: place and hour are independent in a borough and
        month.

    Caveats
    -------
    Simulated. Days and months vary more than by chance alone, yet their factors are independent of
    one another: there is no weather and no trend.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.field import draw_places
    >>> from hotspots.simulate.ground import lay_ground
    >>> from hotspots.simulate.year import make_year
    >>> facts, calendar, rng = load_facts(), make_year(2025), np.random.default_rng(1)
    >>> places = draw_places([lay_ground("E09000007")], facts.fitted["places"], rng)
    >>> calls = draw_ordinary(
    ...     100, np.ones(1), np.ones(365), np.ones((7, 24)), places, calendar, facts, rng
    ... )
    >>> len(calls)
    100
    """
    sizes = _episode_sizes(n, facts.assumed["bursts"], rng)
    borough, day = _draw_days(len(sizes), boroughs, days, calendar, facts, rng)
    hour = draw_hours(day, week, calendar, rng)
    minute = (day * 24 + hour) * 60 + rng.integers(60, size=len(day))
    variation = facts.fitted["places"]["month_variation"]
    cell = draw_cells(borough, calendar.months[day], places, variation, rng)
    address = draw_addresses(cell, places, rng)
    x, y = locate_addresses(address, places, rng)
    first = Calls(
        minute=minute,
        borough=borough,
        x=x,
        y=y,
        cell=cell,
        address=address,
        episode=np.arange(len(sizes)),
        hotspot=fill(len(sizes)),
        chronic=fill(len(sizes)),
        heading=fill(len(sizes)),
    )
    return _add_calls(first, sizes, places, calendar, facts.assumed["bursts"], rng)


def _episode_sizes(
    n: int, assumed: Mapping[str, Any], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw numbers of calls of episodes until there are n calls; the last is cut to fit."""
    extra = rng.geometric(1 / assumed["mean_extra"], size=n)
    sizes = 1 + np.where(rng.random(n) < assumed["share"], extra, 0)
    total = np.cumsum(sizes)
    n_episodes = int(np.searchsorted(total, n)) + 1
    sizes = sizes[:n_episodes]
    sizes[-1] -= total[n_episodes - 1] - n
    return np.asarray(sizes, dtype=np.int64)


def _draw_days(
    n: int,
    boroughs: NDArray[np.float64],
    days: NDArray[np.float64],
    calendar: Year,
    facts: Facts,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw borough and day of n episodes, days varying in all of London and in each borough."""
    shape = (len(boroughs), len(days))
    weights = np.outer(boroughs / boroughs.sum(), days / days.sum())
    london = _gamma(facts.fitted["days"]["london_variation"], (1, shape[1]), rng)
    # The published figures of these days are single days and have their chance in them.
    london[:, bonfire_week(calendar)] = 1
    weights *= london
    weights *= _gamma(facts.assumed["days"]["borough_variation"], shape, rng)
    # Borough totals are published for the year; only their days vary.
    weights *= (boroughs / boroughs.sum() / weights.sum(axis=1))[:, None]
    counts = rng.multinomial(n, weights.ravel() / weights.sum())
    drawn = np.repeat(np.arange(counts.size), counts)
    return drawn // shape[1], drawn % shape[1]


def _gamma(
    variation: float, shape: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw gamma factors with mean 1 and the given coefficient of variation."""
    return rng.standard_gamma(1 / variation**2, shape) * variation**2


def _add_calls(
    first: Calls,
    sizes: NDArray[np.int64],
    places: Places,
    calendar: Year,
    assumed: Mapping[str, Any],
    rng: np.random.Generator,
) -> Calls:
    """Add the further calls of each episode, from the same or a near address, a little apart."""
    of = np.repeat(np.arange(len(sizes)), sizes - 1)
    n = len(of)
    wait = rng.exponential(assumed["mean_wait_minutes"], n) % assumed["longest_wait_minutes"]
    apart = 1 + wait.astype(np.int64)
    # Before as well as after the drawn moment: else calls would drift out of their published hour.
    minute = first.minute[of] + apart * rng.choice([-1, 1], n)
    in_year = (minute >= 0) & (minute < calendar.minutes)
    minute = np.where(in_year, minute, 2 * first.minute[of] - minute)
    minute = calendar.skip_lost(minute)

    is_same = rng.random(n) < assumed["share_same_address"]
    distance = rng.uniform(assumed["nearest_m"], assumed["farthest_m"], n)
    angle = rng.uniform(0, 2 * np.pi, n)
    here = (first.x[of], first.y[of])
    near_x = np.round(here[0] + np.where(is_same, 0, distance * np.cos(angle)), 1)
    near_y = np.round(here[1] + np.where(is_same, 0, distance * np.sin(angle)), 1)
    x, y = places.keep_inside(near_x, near_y, first.borough[of], here)
    moved = (x != here[0]) | (y != here[1])
    new = int(first.address.max(initial=-1)) + 1 + np.arange(n)
    return Calls(
        minute=np.concatenate([first.minute, minute]),
        borough=np.concatenate([first.borough, first.borough[of]]),
        x=np.concatenate([first.x, x]),
        y=np.concatenate([first.y, y]),
        cell=np.concatenate([first.cell, first.cell[of]]),
        address=np.concatenate([first.address, np.where(moved, new, first.address[of])]),
        episode=np.concatenate([first.episode, first.episode[of]]),
        hotspot=fill(len(first) + n),
        chronic=fill(len(first) + n),
        heading=fill(len(first) + n),
    )


def draw_chronic(
    n: int,
    boroughs: NDArray[np.float64],
    days: NDArray[np.float64],
    week: NDArray[np.float64],
    headings: list[str],
    places: Places,
    calendar: Year,
    facts: Facts,
    rng: np.random.Generator,
) -> Calls:
    """Draw the calls of chronic callers: one person, one address, tens of calls over the year.

    Parameters
    ----------
    n : int
        Incidents in the whole simulation; the number of callers is in proportion.
    boroughs : array of float
        Share of London's reports in each chosen borough.
    days, week : array of float
        Weights of the days of the year and the hours of the week.
    headings : list of str
        Names of the headings, in the order of their numbers.
    places : Places
        The field.
    calendar : Year
        The year.
    facts : Facts
        The figures of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Calls
        One episode a call. None if n is too small for one caller.

    Caveats
    -------
    Simulated: how many such callers there are and what they call about is assumed.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.field import draw_places
    >>> from hotspots.simulate.ground import lay_ground
    >>> from hotspots.simulate.year import make_year
    >>> facts, calendar, rng = load_facts(), make_year(2025), np.random.default_rng(1)
    >>> places = draw_places([lay_ground("E09000007")], facts.fitted["places"], rng)
    >>> names = list(facts.published["headings"])
    >>> calls = draw_chronic(
    ...     5000, np.ones(1), np.ones(365), np.ones((7, 24)), names, places, calendar, facts, rng
    ... )
    >>> int(calls.chronic.max()) + 1
    3
    """
    assumed = facts.assumed["chronic"]
    n_callers = round(n * assumed["per_year"] / assumed["reference_n"])
    counts = rng.integers(
        assumed["least_calls"], assumed["most_calls"], size=n_callers, endpoint=True
    )
    home = rng.choice(len(boroughs), size=n_callers, p=boroughs / boroughs.sum())
    # The share of the year, not of a month, decides where chronic callers live.
    cell = np.empty(n_callers, dtype=np.int64)
    for borough in np.unique(home):
        own = places.cells_of(int(borough))
        who = home == borough
        cell[who] = own.start + rng.choice(
            own.stop - own.start, size=int(who.sum()), p=places.share[own]
        )
    middle = (places.easting[cell], places.northing[cell])
    x = np.round(middle[0] + rng.uniform(-50, 50, n_callers), 1)
    y = np.round(middle[1] + rng.uniform(-50, 50, n_callers), 1)
    x, y = places.keep_inside(x, y, home, middle)

    who = np.repeat(np.arange(n_callers), counts)
    day = rng.choice(len(days), size=len(who), p=days / days.sum())
    hour = draw_hours(day, week, calendar, rng)
    minute = (day * 24 + hour) * 60 + rng.integers(60, size=len(who))
    names = list(assumed["headings"])
    kind = rng.choice(
        [headings.index(name) for name in names],
        size=n_callers,
        p=[assumed["headings"][name] for name in names],
    )
    return Calls(
        minute=minute,
        borough=home[who],
        x=x[who],
        y=y[who],
        cell=cell[who],
        address=who,
        episode=np.arange(len(who)),
        hotspot=fill(len(who)),
        chronic=who,
        heading=kind[who].astype(np.int64),
    )
