"""A year of anti-social behaviour in London whose truth is known, because it was made up.

Episodes are drawn in a field of places and on the days and hours of the year, calls around them,
then callers and headings; a few hotspots with hours of their own are planted. Published totals are
kept; everything else is assumed and listed in `facts.toml`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from hotspots.chance import make_generator
from hotspots.errors import invalid, is_whole
from hotspots.simulate.callers import draw_callers
from hotspots.simulate.calls import Calls
from hotspots.simulate.facts import load_facts, shares
from hotspots.simulate.field import draw_places
from hotspots.simulate.frames import (
    Details,
    Mode,
    label,
    publish,
    tabulate_callers,
    tabulate_hotspots,
    tabulate_places,
)
from hotspots.simulate.ground import choose_boroughs, lay_ground, make_team_areas
from hotspots.simulate.headings import draw_headings, draw_types, heading_names
from hotspots.simulate.ordinary import draw_chronic, draw_ordinary
from hotspots.simulate.planted import choose_hotspots, plant_calls
from hotspots.simulate.week import make_week
from hotspots.simulate.year import DAY_MINUTES, day_shares, make_year

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from hotspots.simulate.facts import Facts
    from hotspots.simulate.field import Places
    from hotspots.simulate.planted import Hotspot
    from hotspots.simulate.year import Year

# What is left of an hour's or a day's total for ordinary calls, at least.
_FLOOR: Final = 0.2


@dataclass(frozen=True, eq=False)
class Truth:
    """What was planted: the answers that a method should find.

    Parameters
    ----------
    incidents : DataFrame
        On the index of the incidents: `episode` (int), `hotspot_id` and `chronic_id` (text or
        missing), `caller` (pseudonym, also of those who left no name), `is_repeat` (called before
        in the year), `is_vulnerable`, `start` (the minute, in every mode), `easting`, `northing`
        (the exact point, in every mode) and `borough` (GSS code of that point).
    hotspots : DataFrame
        One planted hotspot a row, index `hotspot_id`: `borough`, `easting`, `northing`, `radius_m`,
        `weekdays` (text of the weekdays on which its hours begin, 0 = Monday), `start_hour`,
        `end_hour` ([start, end) on the clock, past midnight if end is not after start), `n`.
    callers : DataFrame
        One chronic caller a row, index `chronic_id`: `person_key`, `borough`, `easting`,
        `northing`, `n`.
    places : DataFrame
        One 100 m cell a row: `borough`, `easting`, `northing` (middle), `rate` (ordinary incidents
        to expect in the year), `street` (its number in the borough), `map_easting`, `map_northing`
        (its anonymous map point).
    parameters : mapping
        The arguments and every figure that was used.

    Caveats
    -------
    Simulated. `hotspots` lists every place with hours of its own; it does not list every busy
    place, which `places` does.
    """

    incidents: pd.DataFrame
    hotspots: pd.DataFrame
    callers: pd.DataFrame
    places: pd.DataFrame
    parameters: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """A simulated year.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table, in order of time.
    truth : Truth
        What was planted.
    team_areas : GeoDataFrame
        An areas table: invented team areas that cover the chosen boroughs.

    Caveats
    -------
    Simulated. Nothing in it is evidence about London or about any place in it.
    """

    incidents: gpd.GeoDataFrame
    truth: Truth
    team_areas: gpd.GeoDataFrame

    def __repr__(self) -> str:
        """Answer the first questions: how many, when, how fine, where, and what was planted."""
        chosen = self.truth.parameters
        return (
            f"Simulation({len(self.incidents)} simulated incidents, {chosen['year']}, "
            f"mode '{chosen['mode']}', {len(chosen['boroughs'])} boroughs, "
            f"{len(self.truth.hotspots)} planted hotspots, "
            f"{len(self.truth.callers)} chronic callers)"
        )


def simulate_incidents(
    n: int,
    *,
    year: int = 2025,
    boroughs: Iterable[str] | None = None,
    mode: Mode = "timed",
    planted_per_borough: int = 2,
    planted_incidents: tuple[int, int] = (40, 150),
    rng: int | np.random.Generator | None = None,
) -> Simulation:
    """Simulate a year of anti-social behaviour in London, with known truth.

    The hours, weekdays, months, boroughs, types and headings add up as published for London; the
    concentration in few places is as measured; a few hotspots with a place and hours of their own
    are planted and listed. Use it to try the toolkit out, to teach, and to test what a method finds
    against what is there.

    Parameters
    ----------
    n : int
        Number of incidents, at least 1. London had about 236,000 in 2025.
    year : int
        Calendar year, 1972–2037.
    boroughs : iterable of str, optional
        Names or GSS codes of the boroughs over which the n incidents are spread. All 32 by default.
    mode : {"timed", "snapped", "monthly"}
        "timed": exact points and the minute. "snapped": points moved to the nearest anonymous map
        point, as data.police.uk does; the minute is kept. "monthly": snapped, and only the month is
        known. The same seed gives the same incidents in all three, id for id.
    planted_per_borough : int
        Planted hotspots in each borough.
    planted_incidents : tuple of int
        Fewest and most incidents of a planted hotspot in the year.
    rng : int or numpy.random.Generator, optional
        Seed, or source of chance. The same seed gives the same simulation.

    Returns
    -------
    Simulation
        `incidents` (an incidents table of exactly n rows, index sim-000001 …, source "simulated"),
        `truth` and `team_areas`.

    Raises
    ------
    InputError
        If an argument is not as described; the message says what to give.

    Notes
    -----
    A day's weight is its month's and weekday's published rate (fitted to both) times a gamma factor
    for the day and one for the borough and day. An hour's weight comes from the published hours and
    weekdays, joined by an assumed interaction. A place's weight is a product of neighbourhood, town
    centre and cell, times a gamma factor for the month. 5 % of episodes draw further calls. What
    planted hotspots take from an hour, a day and a borough is left out of the ordinary calls, so
    that totals stay. If planted hotspots would have more than a fifth of the incidents, fewer are
    planted. Time and memory grow with n: 300,000 incidents take a few seconds.

    Where the clocks go back, the hour that occurs twice has incidents for both, written as the
    first and marked `is_ambiguous_time`.

    Caveats
    -------
    Simulated. It cannot bear any statement about London, a borough or a place: where it is busy is
    chance. Place and hour are independent except in planted hotspots, so that methods look better
    here than on real data. Months have no memory, there is no trend, and recording gaps do not
    depend on the caller.

    References
    ----------
    Sources of every figure are in `facts.toml`.

    Examples
    --------
    >>> simulation = simulate_incidents(2000, boroughs=["Camden"], rng=1)
    >>> simulation
    Simulation(2000 simulated incidents, 2025, mode 'timed', 1 boroughs, 2 planted hotspots, ...)
    >>> simulation.incidents.index[0], simulation.incidents["source"].iloc[0]
    ('sim-000001', 'simulated')
    >>> truth = simulation.truth
    >>> int(truth.incidents["hotspot_id"].notna().sum() - truth.hotspots["n"].sum())
    0

    The same seed, known only by month:

    >>> monthly = simulate_incidents(2000, boroughs=["Camden"], mode="monthly", rng=1)
    >>> print(monthly.incidents["start"].iloc[0], monthly.incidents["time_precision"].iloc[0])
    2025-01-01 00:00:00+00:00 month
    """
    _check(n, mode, planted_per_borough, planted_incidents)
    codes = choose_boroughs(boroughs)
    calendar = make_year(year)
    facts = load_facts()
    chance = make_generator(rng)

    places = draw_places([lay_ground(code) for code in codes], facts.fitted["places"], chance)
    hotspots = choose_hotspots(
        n, places, planted_per_borough, planted_incidents, facts.assumed["planted"], chance
    )
    calls, expected = _draw_calls(n, codes, places, hotspots, calendar, facts, chance)
    heading = draw_headings(calls, calendar, facts, chance)
    channels = list(facts.assumed["channels"].values())
    details = Details(
        heading=heading,
        asb_type=draw_types(heading, facts, chance),
        channel=chance.choice(len(channels), size=n, p=channels),
    )
    callers = draw_callers(calls, facts.assumed["callers"], facts.published["asked"], chance)
    parameters = {
        "n": int(n),
        "year": int(year),
        "boroughs": tuple(codes),
        "mode": mode,
        "planted_per_borough": int(planted_per_borough),
        "planted_incidents": tuple(map(int, planted_incidents)),
        "seed": int(rng) if isinstance(rng, int | np.integer) else None,
        # A copy: whoever changes it must not change the next simulation.
        **deepcopy(vars(facts)),
    }
    truth = Truth(
        incidents=label(calls, callers, calendar, codes),
        hotspots=tabulate_hotspots(hotspots, codes),
        callers=tabulate_callers(calls, callers, codes),
        places=tabulate_places(places, codes, expected),
        parameters=parameters,
    )
    incidents = publish(calls, details, callers, places, calendar, mode, facts)
    return Simulation(incidents, truth, make_team_areas(codes))


def _check(n: int, mode: str, per_borough: int, incidents: tuple[int, int]) -> None:
    if not is_whole(n, 1):
        name = "n"
        raise invalid(name, n, "a whole number of incidents, at least 1")
    if mode not in get_args(Mode):
        name = "mode"
        raise invalid(name, mode, f"one of {', '.join(get_args(Mode))}")
    if not is_whole(per_borough, 0):
        name = "planted_per_borough"
        raise invalid(name, per_borough, "a whole number of hotspots, 0 or more")
    ends = tuple(incidents) if isinstance(incidents, tuple | list) else ()
    is_range = len(ends) == 2 and all(map(is_whole, ends)) and 1 <= ends[0] <= ends[1]  # noqa: PLR2004
    if not is_range:
        name = "planted_incidents"
        rule = (
            "two whole numbers, the fewest and the most incidents of a hotspot, such as (40, 150)"
        )
        raise invalid(name, incidents, rule)


def _draw_calls(
    n: int,
    codes: list[str],
    places: Places,
    hotspots: list[Hotspot],
    calendar: Year,
    facts: Facts,
    rng: np.random.Generator,
) -> tuple[Calls, NDArray[np.float64]]:
    """Draw all calls in order of time, and the ordinary ones to expect in each borough."""
    names = heading_names(facts)
    headings = shares([facts.published["headings"][name] for name in names])
    boroughs = shares([facts.published["boroughs"][code] for code in codes])
    days, week = day_shares(calendar, facts), make_week(facts)
    planted = plant_calls(hotspots, headings, calendar, facts.assumed["planted"], rng)
    chronic = draw_chronic(n, boroughs, days, week, names, places, calendar, facts, rng)

    # Totals are published for all reports: what is planted in one is not drawn again. Chronic
    # callers keep ordinary hours, but live in few boroughs.
    day, hour = planted.minute // DAY_MINUTES, planted.minute // 60 % 24
    of_week = calendar.weekdays[day] * 24 + hour
    week_rest = _rest(n * week.ravel(), of_week).reshape(7, 24)
    day_rest = _rest(n * days, day)
    borough_rest = _rest(n * boroughs, np.concatenate([planted.borough, chronic.borough]))
    left = n - len(planted) - len(chronic)
    ordinary = draw_ordinary(left, borough_rest, day_rest, week_rest, places, calendar, facts, rng)
    expected = left * borough_rest / borough_rest.sum()
    return Calls.join([ordinary, chronic, planted]).in_order(), expected


def _rest(wanted: NDArray[np.float64], taken: NDArray[np.int64]) -> NDArray[np.float64]:
    """Subtract what planted hotspots take from each total, but never nearly all of it."""
    rest = wanted - np.bincount(taken, minlength=len(wanted))
    return np.asarray(np.maximum(rest, _FLOOR * wanted))
