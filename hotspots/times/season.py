"""How busy a day of the year is in London: the season, Halloween and Bonfire Night.

One smooth wave through the published totals of the months, and the days from 31 October to
6 November beside it. Weekdays are no part of it: they are in the week.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from hotspots.errors import invalid
from hotspots.tables import TIMEZONE
from hotspots.times.bank_holidays import bank_holidays

if TYPE_CHECKING:
    from collections.abc import Mapping

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

HALLOWEEN: Final = "31 October"
BONFIRE: Final = "1 to 6 November"
HALLOWEEN_DAYS: Final = (HALLOWEEN, BONFIRE)
BANK_HOLIDAYS: Final = "bank holidays, Christmas Eve, New Year's Eve"

_OCTOBER, _NOVEMBER = 10, 11
_N_MONTHS: Final = 12
_WEEK: Final = 7
_LAST: Final = {_OCTOBER: 31, _NOVEMBER: 6}
# Named even where the day off for them is another.
_FIXED: Final = {
    (12, 24): "Christmas Eve",
    (12, 25): "Christmas Day",
    (12, 26): "Boxing Day",
    (12, 31): "New Year's Eve",
    (1, 1): "New Year's Day",
}
_RANGE: Final = 0.9  # of coming years, in `season_table`


def season_factors(days: pd.DatetimeIndex) -> pd.Series[float]:
    """Give how many incidents a day of the year has in London, beside an average day.

    Parameters
    ----------
    days : DatetimeIndex
        Days, in any order, on London's clock if they have a time zone, with or without one; a time
        of the day is passed over.

    Returns
    -------
    Series of float
        `factor` on these days: 1 for an average day of the calendar year; the mean over each
        calendar year is 1.

    Raises
    ------
    InputError
        If the days are no DatetimeIndex, or one is missing.

    Notes
    -----
    A day's factor is (a + b cos 2πu + c sin 2πu) s, divided by its mean over the calendar year. u
    is how much of the year has passed at noon. a, b and c are fitted by least squares to the
    published daily means of eleven months of 2023–24; November is left out, because the totals of
    its first week are not published by day, and 31 October is taken out of its month. s is 1 but
    for 31 October and for 1 to 6 November: the geometric mean over the years that are published,
    drawn towards 1 by how much those years differ (`season_table`). One wave, because it foretold
    months that it had not seen best: leaving out one month at a time, its error was 0.044 of a mean
    day, that of two waves 0.056, of three 0.058 and of a flat year 0.131. O(days).

    Caveats
    -------
    From one year of totals (and one week of another): a warm June and a season look the same. It
    is London's anti-social behaviour; other crimes and other cities have other seasons, and a
    place of its own, such as a school or a beach, may have the opposite one. Bank holidays and
    Christmas have factor 1, because no total of theirs is published by date.

    Examples
    --------
    >>> import pandas as pd
    >>> season_factors(pd.DatetimeIndex(["2025-01-15", "2025-07-01", "2025-10-31"])).round(2)
    2025-01-15    0.83
    2025-07-01    1.15
    2025-10-31    1.68
    Name: factor, dtype: float64
    """
    dates = _local_days(days)
    year, first = np.unique(dates.year, return_inverse=True)
    factor = np.empty(len(dates))
    for number, one in enumerate(year):
        chosen = first == number
        whole = pd.date_range(f"{one}-01-01", f"{one}-12-31")
        values = _fitted().of(whole)
        factor[chosen] = (values / values.mean())[dates[chosen].day_of_year - 1]
    return pd.Series(factor, index=days, name="factor")


def season_table() -> pd.DataFrame:
    """Give the factors of the months and of the special days, and how sure each is.

    Returns
    -------
    DataFrame
        Index `when`: the twelve months, without the special days, "31 October",
        "1 to 6 November", and "bank holidays, Christmas Eve, New Year's Eve". Columns `factor` and
        `low`, `high`: of a month beside an average day of the year, of special days beside an
        ordinary day of that time of the year. `low` and `high` hold 90 % of coming years, or for
        the last row every day of the published year, beside its month.

    Notes
    -----
    Of a month: factor ± t s √(1 + leverage), with s the standard deviation of the eleven months
    about the wave. Of special days, on the log scale: the mean x over n published years, which
    vary by v (1 to 6 November, 2017 and 2023), is drawn to x τ² / (τ² + v/n), where τ² is the mean
    of x² − v/n over both kinds of days. For 31 October v has the variance of single days besides.

    Caveats
    -------
    The two published weeks of Bonfire Night differ by a factor of 1.4, which is why the ranges are
    wide. 31 October is known from 2023 alone.

    Examples
    --------
    >>> season_table().loc[["July", "31 October", "1 to 6 November"]].round(2).T
    when    July  31 October  1 to 6 November
    factor  1.15        1.76             1.19
    low     1.08        1.03             0.76
    high    1.23        3.02             1.87
    """
    return _fitted().table.copy()


def special_days(days: pd.DatetimeIndex) -> pd.Series[str]:
    """Name the days on which London is not as usual: bank holidays, Christmas, Halloween.

    Parameters
    ----------
    days : DatetimeIndex
        As for `season_factors`.

    Returns
    -------
    Series of str
        `special` on these days; missing for an ordinary day.

    Raises
    ------
    InputError
        If the days are no DatetimeIndex, or one is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> special_days(pd.date_range("2025-12-23", "2025-12-26")).dropna().to_list()
    ['Christmas Eve', 'Christmas Day', 'Boxing Day']
    """
    dates = _local_days(days)
    names = pd.Series(pd.NA, index=dates, name="special", dtype="str")
    is_halloween, is_bonfire = _special(dates)
    if len(dates):
        holidays = bank_holidays(int(dates.year.min()), int(dates.year.max()))
        is_holiday = dates.isin(holidays.index)
        names[is_holiday] = holidays.reindex(dates[is_holiday]).to_numpy()
    for (month, day), name in _FIXED.items():
        names[(dates.month == month) & (dates.day == day)] = name
    names[is_halloween] = HALLOWEEN
    names[is_bonfire] = BONFIRE
    return names.set_axis(days)


@cache
def load_totals() -> Mapping[str, Any]:
    """Load what is published about the days of the year, with its sources: `season.toml`."""
    text = resources.files("hotspots.times").joinpath("season.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True)
class _Season:
    """The wave through the year, and what the special days stand out by."""

    wave: Floats
    halloween: float
    bonfire: float
    table: pd.DataFrame

    def of(self, dates: pd.DatetimeIndex) -> Floats:
        """Give the factor of each day, but for a constant."""
        is_halloween, is_bonfire = _special(dates)
        special = np.where(is_halloween, self.halloween, np.where(is_bonfire, self.bonfire, 1.0))
        return np.asarray(_basis(dates) @ self.wave * special)


@cache
def _fitted() -> _Season:
    totals = load_totals()
    dates = pd.date_range(totals["first_day"], totals["last_day"])
    mean_day = totals["n"] / len(dates)
    is_halloween, is_bonfire = _special(dates)
    is_ordinary = ~(is_halloween | is_bonfire)
    basis, month = _basis(dates), dates.month.to_numpy()
    means = np.array(
        [basis[(month == number) & is_ordinary].mean(axis=0) for number in range(1, _N_MONTHS + 1)]
    )
    reports = np.array(totals["months"], dtype=np.float64) / mean_day
    rest = reports.copy()
    rest[_OCTOBER - 1] -= totals["halloween"] / mean_day
    rates = rest / np.bincount(month[~is_halloween], minlength=_N_MONTHS + 1)[1:]
    used = np.arange(1, _N_MONTHS + 1) != _NOVEMBER
    wave = np.linalg.lstsq(means[used], rates[used], rcond=None)[0]
    left = rates[used] - means[used] @ wave
    n_free = len(left) - len(wave)
    spread = np.sqrt((left**2).sum() / n_free)
    leverage = (means @ np.linalg.inv(means[used].T @ means[used]) * means).sum(axis=1)
    reach = t.ppf((1 + _RANGE) / 2, n_free) * spread * np.sqrt(1 + leverage)

    # What 1 to 6 November had, in mean days: of 2023 the rest of the month, of 2017 of the week.
    ordinary = basis @ wave
    bonfire_days = ordinary[is_bonfire].sum()
    november = reports[_NOVEMBER - 1] - ordinary[is_ordinary & (month == _NOVEMBER)].sum()
    halloween = totals["halloween"] / mean_day
    week = _WEEK * totals["bonfire_week"]["ratio"] - halloween
    of_bonfire = np.log(np.array([november, week]) / bonfire_days)
    weekday = np.bincount(dates.day_of_week, minlength=_WEEK)
    tuesday = int(dates[is_halloween][0].day_of_week)
    usual = totals["weekdays"][tuesday] / weekday[tuesday] / mean_day
    of_halloween = np.log(halloween / usual / ordinary[is_halloween][0])

    between = of_bonfire.var(ddof=1)
    noise = np.array([between + totals["daily_variation"] ** 2, between / len(of_bonfire)])
    effect = np.array([of_halloween, of_bonfire.mean()])
    prior = max(float((effect**2 - noise).mean()), 0.0)
    shrunk = prior / (prior + noise) * effect
    coming = prior * noise / (prior + noise) + noise * [1, len(of_bonfire)]
    special = np.exp(shrunk + norm.ppf((1 + _RANGE) / 2) * np.outer([0, -1, 1], np.sqrt(coming)))

    season = _Season(wave, float(special[0, 0]), float(special[0, 1]), pd.DataFrame())
    level = season.of(dates).mean()
    of_months = (means @ wave + np.outer([0, -1, 1], reach)) / level
    month_mean = np.array(totals["months"]) / np.bincount(month)[1:]
    holidays = bank_holidays(dates[0].year, dates[-1].year).index
    with_holidays = dates[dates.isin(holidays)].month
    own = with_holidays.unique() - 1
    lowest = (np.array(totals["quietest_days"]) / month_mean)[own].min()
    highest = (np.array(totals["busiest_days"]) / month_mean)[own].max()
    names = pd.date_range("2024-01-01", periods=_N_MONTHS, freq="MS").month_name()
    table = pd.DataFrame(
        np.vstack([of_months.T, special.T, [1.0, lowest, highest]]),
        index=pd.Index([*names, HALLOWEEN, BONFIRE, BANK_HOLIDAYS], name="when"),
        columns=["factor", "low", "high"],
    )
    return _Season(wave, season.halloween, season.bonfire, table)


def _basis(dates: pd.DatetimeIndex) -> Floats:
    """Give 1, and the cosine and sine of the time of the year, at noon of each day."""
    length = np.where(dates.is_leap_year, 366, 365)
    angle = 2 * np.pi * (dates.day_of_year.to_numpy() - 0.5) / length
    return np.column_stack([np.ones(len(dates)), np.cos(angle), np.sin(angle)])


def _special(dates: pd.DatetimeIndex) -> tuple[Flags, Flags]:
    """Say which days are 31 October, and which are 1 to 6 November."""
    is_halloween = (dates.month == _OCTOBER) & (dates.day == _LAST[_OCTOBER])
    is_bonfire = (dates.month == _NOVEMBER) & (dates.day <= _LAST[_NOVEMBER])
    return np.asarray(is_halloween), np.asarray(is_bonfire)


def _local_days(days: object) -> pd.DatetimeIndex:
    """Give the dates that London's calendar shows, without time zone."""
    if not isinstance(days, pd.DatetimeIndex):
        remedy = "Use pd.date_range('2025-01-01', '2025-12-31')."
        raise invalid("days", type(days).__name__, "a DatetimeIndex", remedy)
    if days.hasnans:
        n_missing = np.count_nonzero(days.isna())
        raise invalid("days", f"{n_missing} missing", "dates, none missing")
    local = days if days.tz is None else days.tz_convert(TIMEZONE).tz_localize(None)
    return local.normalize()
