"""Which days of a year have how much, and what the London clock does in it.

Each day gets a share such that months and weekdays keep their published rates and the days around
Halloween and Bonfire Night keep theirs. Times are drawn on the wall clock; an hour that does not
exist gets nothing, an hour that the clock shows twice gets twice its share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, is_whole
from hotspots.simulate.facts import months_of, weekdays_of
from hotspots.tables import TIMEZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.simulate.facts import Facts

DAY_MINUTES: Final = 1440
_ROUNDS: Final = 500
_TOLERANCE: Final = 1e-12


@dataclass(frozen=True)
class Year:
    """The days and clock hours of one calendar year in London.

    Parameters
    ----------
    year : int
        Calendar year.
    dates : array of datetime64[D]
        Every day, in order.
    clock : array of shape (days, 24)
        How often each clock hour occurred on each day: 1, or 0 and 2 when the clocks change.
    """

    year: int
    dates: NDArray[np.datetime64]
    clock: NDArray[np.float64]

    @property
    def weekdays(self) -> NDArray[np.int64]:
        """Weekday of each day, 0 = Monday."""
        return weekdays_of(self.dates)

    @property
    def months(self) -> NDArray[np.int64]:
        """Month of each day, 1–12."""
        return months_of(self.dates)

    @property
    def minutes(self) -> int:
        """Minutes on the wall clock from the first moment of the year to the last."""
        return len(self.dates) * DAY_MINUTES

    def wall(self, minutes: NDArray[np.int64]) -> pd.DatetimeIndex:
        """Give the wall-clock times, without zone, of minutes since the start of the year."""
        start = self.dates[0].astype("datetime64[us]")
        return pd.DatetimeIndex(start + minutes.astype("timedelta64[m]").astype("timedelta64[us]"))

    def london(self, minutes: NDArray[np.int64]) -> pd.DatetimeIndex:
        """Give the moments of wall-clock minutes; the first where the clock shows one twice."""
        first = np.ones(len(minutes), dtype=bool)
        return self.wall(minutes).tz_localize(TIMEZONE, ambiguous=first)

    def is_repeated(self, minutes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which wall-clock minutes lie in an hour that the clock showed twice."""
        return np.asarray(self.clock.ravel()[minutes // 60] > 1)

    def skip_lost(self, minutes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Move minutes out of an hour that never was, to the same minute of the next."""
        lost = self.clock.ravel()[minutes // 60] == 0
        return np.asarray(minutes + 60 * lost)


def make_year(year: int) -> Year:
    """Lay out a calendar year on the London clock.

    Parameters
    ----------
    year : int
        Calendar year, 1972–2037: for these the time zone database is definite.

    Returns
    -------
    Year

    Raises
    ------
    InputError
        If the year is not a whole number in that range.

    Caveats
    -------
    Later years follow the rule of today; parliaments may change it.

    Examples
    --------
    >>> calendar = make_year(2025)
    >>> len(calendar.dates), calendar.clock.sum(axis=1).min(), calendar.clock.sum(axis=1).max()
    (365, np.float64(23.0), np.float64(25.0))
    """
    first, last = 1972, 2037
    if not is_whole(year, first, last):
        msg = f"Invalid year '{year}'. Must be a whole number from {first} to {last}."
        raise InputError(msg)
    dates = np.arange(f"{year}-01-01", f"{int(year) + 1}-01-01", dtype="datetime64[D]")
    hours = pd.DatetimeIndex(np.arange(dates[0], dates[-1] + 1, dtype="datetime64[h]"))
    clock = np.ones(len(hours))
    as_first = np.ones(len(hours), dtype=bool)
    shown = hours.tz_localize(TIMEZONE, ambiguous=as_first, nonexistent="NaT")
    once = hours.tz_localize(TIMEZONE, ambiguous="NaT", nonexistent="shift_forward")
    clock[np.asarray(shown.isna())] = 0
    clock[np.asarray(once.isna())] = 2
    return Year(int(year), dates, clock.reshape(len(dates), 24))


def day_shares(calendar: Year, facts: Facts) -> NDArray[np.float64]:
    """Give the share of the year's reports on each day.

    Parameters
    ----------
    calendar : Year
        The year.
    facts : Facts
        The figures to follow.

    Returns
    -------
    array
        One share a day, summing to 1. The mean day of a month and of a weekday stand to the mean
        day of the year as published, 31 October as in 2023, and the week from then to 6 November as
        in 2017.

    Caveats
    -------
    Simulated. The two special figures come from different years: the published days of 2023 bound
    the same week at 1.23 times the mean, against 1.43 in 2017. No other holiday is modelled.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> calendar = make_year(2025)
    >>> print(calendar.dates[day_shares(calendar, load_facts()).argmax()])
    2025-10-31
    """
    weekdays, months = calendar.weekdays, calendar.months - 1
    month_totals = facts.month_rates * np.bincount(months, minlength=12)
    weekday_totals = facts.weekday_rates * np.bincount(weekdays, minlength=7)
    weekday_totals *= month_totals.sum() / weekday_totals.sum()

    special = _special_days(calendar, facts) * month_totals.sum() / len(calendar.dates)
    ordinary = np.where(special > 0, 0.0, facts.month_rates[months] * facts.weekday_rates[weekdays])
    month_rest = month_totals - np.bincount(months, special, minlength=12)
    weekday_rest = weekday_totals - np.bincount(weekdays, special, minlength=7)
    for _ in range(_ROUNDS):
        ordinary *= (month_rest / np.bincount(months, ordinary, minlength=12))[months]
        ratio = weekday_rest / np.bincount(weekdays, ordinary, minlength=7)
        ordinary *= ratio[weekdays]
        if np.abs(ratio - 1).max() < _TOLERANCE:
            break
    every = ordinary + special
    return np.asarray(every / every.sum())


def bonfire_week(calendar: Year) -> slice:
    """Give the indices of the days from 31 October to 6 November.

    Examples
    --------
    >>> calendar = make_year(2024)
    >>> print(*calendar.dates[bonfire_week(calendar)][[0, -1]])
    2024-10-31 2024-11-06
    """
    halloween = int(np.flatnonzero(calendar.dates == np.datetime64(f"{calendar.year}-10-31"))[0])
    return slice(halloween, halloween + 7)


def _special_days(calendar: Year, facts: Facts) -> NDArray[np.float64]:
    """Give the days from 31 October to 6 November, in mean days; zero for all others."""
    special = np.zeros(len(calendar.dates))
    week = bonfire_week(calendar)
    special[week.start] = facts.halloween_rate
    after = slice(week.start + 1, week.stop)
    shape = np.asarray(facts.assumed["bonfire_week"]["shape"])
    shape = shape * facts.weekday_rates[calendar.weekdays[after]]
    rest = 7 * facts.published["bonfire_week"]["ratio"] - facts.halloween_rate
    special[after] = rest * shape / shape.sum()
    return special


def draw_hours(
    days: NDArray[np.int64],
    week: NDArray[np.float64],
    calendar: Year,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw a clock hour for each day index.

    Parameters
    ----------
    days : array of int
        Indices into the days of the year.
    week : array of shape (7, 24)
        Weights of the hours of each weekday.
    calendar : Year
        The year.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array of int
        Hours 0–23 that exist on their day.

    Caveats
    -------
    Simulated: hours of different incidents are independent.

    Examples
    --------
    >>> calendar = make_year(2025)
    >>> spring = np.full(1000, 88)  # 30 March, when 01:00 to 02:00 does not exist
    >>> hours = draw_hours(spring, np.ones((7, 24)), calendar, np.random.default_rng(1))
    >>> bool((hours == 1).any()), len(set(hours.tolist()))
    (False, 23)
    """
    weights = np.cumsum(week[calendar.weekdays] * calendar.clock, axis=1)
    weights /= weights[:, -1:]
    chance = rng.random(len(days))
    # Counting the hours passed is a search in 24 sorted numbers, done for all rows at once.
    return np.asarray((chance[:, None] >= weights[days]).sum(axis=1))
