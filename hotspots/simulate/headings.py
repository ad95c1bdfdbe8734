"""What the calls are about: headings and types with the published totals.

Headings lean towards hours and fireworks towards their season, types towards headings; how much is
assumed. The leaning is scaled to the published totals (iterative proportional fitting), then drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.simulate.calls import NONE
from hotspots.simulate.facts import shares
from hotspots.simulate.week import rake
from hotspots.tables import ASB_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.simulate.calls import Calls
    from hotspots.simulate.facts import Facts
    from hotspots.simulate.year import Year

# Part of the day of each clock hour: night 22–06, morning 06–12, afternoon 12–18, evening 18–22.
_PARTS: Final = np.repeat([0, 1, 2, 3, 0], [6, 6, 6, 4, 2])
# The least share of what is left of a total after hotspots and chronic callers took theirs.
_FLOOR: Final = 0.05


def heading_names(facts: Facts) -> list[str]:
    """Name the headings in the order of their numbers.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> heading_names(load_facts())[2]
    'Rowdy or inconsiderate behaviour'
    """
    return list(facts.published["headings"])


def draw_headings(
    calls: Calls, calendar: Year, facts: Facts, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw the heading of each call; calls of one episode have the same.

    Parameters
    ----------
    calls : Calls
        The calls; headings that are already decided stay.
    calendar : Year
        The year.
    facts : Facts
        The figures of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array of int
        Index into `heading_names`.

    Caveats
    -------
    Simulated. The totals are published; at which hours each heading is likelier is assumed, and
    apart from planted hotspots and chronic callers no place has headings of its own.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.calls import Calls, fill
    >>> from hotspots.simulate.year import make_year
    >>> zero = fill(4, 0)
    >>> calls = Calls(
    ...     zero, zero, np.zeros(4), np.zeros(4), zero, zero, zero, fill(4), fill(4), fill(4)
    ... )
    >>> headings = draw_headings(calls, make_year(2025), load_facts(), np.random.default_rng(1))
    >>> len(set(headings.tolist()))
    1
    """
    heading = calls.heading.copy()
    names = heading_names(facts)
    n_headings = len(names)
    decided = np.bincount(heading[heading != NONE], minlength=n_headings)
    wanted = shares(list(facts.published["headings"].values())) * len(calls)
    wanted = np.maximum(wanted - decided, _FLOOR * wanted)

    _, first, which = np.unique(calls.episode, return_index=True, return_inverse=True)
    open_episodes = heading[first] == NONE
    moments = calls.minute[first][open_episodes]
    hour = moments // 60 % 24
    group = hour + 24 * _in_season(moments, calendar, facts)
    held = np.bincount(group, minlength=48).astype(float)
    used = held > 0
    if used.any():
        table = np.zeros((n_headings, 48))
        table[:, used] = rake(_leaning(names, facts)[:, used], wanted, held[used])
        drawn = _draw_rows(np.cumsum(table, axis=0).T[group], rng)
        per_episode = np.full(len(first), NONE)
        per_episode[open_episodes] = drawn
        heading = np.where(heading == NONE, per_episode[which], heading)
    return heading


def _in_season(minutes: NDArray[np.int64], calendar: Year, facts: Facts) -> NDArray[np.int64]:
    from_month, from_day, to_month, to_day = facts.assumed["fireworks"]["season"]
    first = np.datetime64(f"{calendar.year}-{from_month:02d}-{from_day:02d}")
    last = np.datetime64(f"{calendar.year}-{to_month:02d}-{to_day:02d}")
    dates = calendar.dates[minutes // (24 * 60)]
    return ((dates >= first) & (dates <= last)).astype(np.int64)


def _leaning(names: list[str], facts: Facts) -> NDArray[np.float64]:
    """Give the first guess of headings by hour, out of and in the season of fireworks."""
    hours = np.ones((len(names), 24))
    for name, factors in facts.assumed["hours_of_headings"].items():
        hours[names.index(name)] = np.asarray(factors)[_PARTS]
    season = hours.copy()
    season[names.index("Fireworks")] *= facts.assumed["fireworks"]["in_season"]
    return np.hstack([hours, season])


def _draw_rows(cumulated: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a column for each row of cumulated weights."""
    chance = rng.random(len(cumulated)) * cumulated[:, -1]
    return np.asarray((chance[:, None] >= cumulated).sum(axis=1))


def draw_types(
    heading: NDArray[np.int64], facts: Facts, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw the type of each call: who is harmed.

    Parameters
    ----------
    heading : array of int
        Index of the heading of each call.
    facts : Facts
        The figures of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array of int
        Index into `hotspots.tables.ASB_TYPES`.

    Caveats
    -------
    Simulated. Real call handlers judge the type by the call; here it only leans on the heading.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> types = draw_types(np.full(1000, 2), load_facts(), np.random.default_rng(1))
    >>> int(np.bincount(types).argmax())
    1
    """
    names = heading_names(facts)
    guess = np.ones((len(names), len(ASB_TYPES)))
    for name, factors in facts.assumed["types_of_headings"].items():
        guess[names.index(name)] = factors
    held = np.bincount(heading, minlength=len(names)).astype(float)
    used = held > 0
    totals = shares([facts.published["types"][name] for name in ASB_TYPES])
    table = np.zeros_like(guess)
    table[used] = rake(guess[used], held[used], totals)
    return _draw_rows(np.cumsum(table, axis=1)[heading], rng)
