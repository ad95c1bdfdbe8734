"""The bank holidays of England, by the rules of today and the proclamations since 2010."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pandas as pd
from pandas.tseries.holiday import EasterMonday, GoodFriday, Holiday, next_monday

_SATURDAY: Final = 5


def _two_days_on(day: datetime) -> datetime:
    """Move Christmas and Boxing Day, if they fall on a weekend, to the days off for them."""
    return day + timedelta(days=2) if day.weekday() >= _SATURDAY else day


# The first Monday from a day on; from the 25th of a month with 31 days it is the last.
_MONDAY: Final = pd.DateOffset(weekday=0)
_RULES: Final = {
    "New Year's Day": Holiday("", month=1, day=1, observance=next_monday),
    "Good Friday": GoodFriday,
    "Easter Monday": EasterMonday,
    "Early May bank holiday": Holiday("", month=5, day=1, offset=_MONDAY),
    "Spring bank holiday": Holiday("", month=5, day=25, offset=_MONDAY),
    "Summer bank holiday": Holiday("", month=8, day=25, offset=_MONDAY),
    "Christmas Day": Holiday("", month=12, day=25, observance=_two_days_on),
    "Boxing Day": Holiday("", month=12, day=26, observance=_two_days_on),
}
# Days that were moved, and days that were added, by proclamation.
_MOVED: Final = {
    "2012-05-28": "2012-06-04",
    "2020-05-04": "2020-05-08",
    "2022-05-30": "2022-06-02",
}
_ADDED: Final = {
    "2011-04-29": "Royal wedding",
    "2012-06-05": "Diamond Jubilee",
    "2022-06-03": "Platinum Jubilee",
    "2022-09-19": "State funeral of the Queen",
    "2023-05-08": "Coronation",
}


def bank_holidays(first_year: int, last_year: int) -> pd.Series[str]:
    """Give the bank holidays of England in some calendar years.

    Parameters
    ----------
    first_year, last_year : int
        Both are part of it.

    Returns
    -------
    Series of str
        Their names by date, in order. Of one that falls on a weekend it is the weekday that is off
        for it.

    Caveats
    -------
    Days added or moved by proclamation are known from 2010 to 2025; later ones are not.

    Examples
    --------
    >>> print(bank_holidays(2021, 2021).tail(3).to_string())
    2021-08-30    Summer bank holiday
    2021-12-27          Christmas Day
    2021-12-28             Boxing Day
    """
    first, last = pd.Timestamp(first_year, 1, 1), pd.Timestamp(last_year, 12, 31)
    named = {
        pd.Timestamp(_MOVED.get(f"{day:%Y-%m-%d}", day)): name
        for name, rule in _RULES.items()
        for day in rule.dates(first, last)
    }
    added = {pd.Timestamp(day): name for day, name in _ADDED.items()}
    named |= {day: name for day, name in added.items() if first <= day <= last}
    return pd.Series(named, name="holiday", dtype="str").sort_index()
