"""What the season says of some coming days: how busy, how sure, which are unusual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import invalid
from hotspots.times.season import HALLOWEEN_DAYS, season_factors, season_table, special_days
from hotspots.times.week import read_day

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True)
class SeasonOutlook:
    """How busy some days are in London, beside an average day or beside other days.

    Parameters
    ----------
    start, end : Timestamp
        The days [start, end), midnights without time zone.
    factor : float
        Their incidents beside as many days of the kind they are compared with.
    low, high : float
        Where the factor lies in nine of ten years, as if all its days erred together.
    special : tuple of str
        Names of the days that are not as usual, once each, in order.
    words : str
        The same in a sentence or two.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    factor: float
    low: float
    high: float
    special: tuple[str, ...]
    words: str

    def __str__(self) -> str:
        """Give it in words."""
        return self.words


def season_outlook(
    start: pd.Timestamp | date | str,
    end: pd.Timestamp | date | str,
    *,
    beside: float = 1.0,
) -> SeasonOutlook:
    """Say how busy some days are in London, by the season.

    Parameters
    ----------
    start, end : Timestamp, date or str
        The days [start, end), such as ("2026-10-26", "2026-11-02").
    beside : float
        Factor of the days they are compared with, above 0; 1 for an average day of the year.

    Returns
    -------
    SeasonOutlook

    Raises
    ------
    InputError
        If a day is no date, or the end is not after the start.

    Caveats
    -------
    See `season_factors` and `season_table`. The range takes the errors of all its days to have one
    sign, so it is a little wide. Bank holidays are named and change nothing.

    Examples
    --------
    >>> print(season_outlook("2026-10-26", "2026-11-02"))
    26 October to 1 November 2026: 1.09 times an average week (0.85 to 1.46 in nine of ten years).
    Not as usual: 31 October, 1 to 6 November.
    """
    first, last = read_day("start", start), read_day("end", end)
    if not last > first:
        raise invalid("end", end, f"after the start, {first:%Y-%m-%d}")
    days = pd.date_range(first, last, inclusive="left")
    factors, table = season_factors(days).to_numpy() / beside, season_table()
    ratio = table[["low", "high"]].div(table["factor"], axis=0)
    ends = ratio.loc[days.month_name()].to_numpy(copy=True)
    names = special_days(days)
    is_published = names.isin(HALLOWEEN_DAYS).to_numpy()
    ends[is_published] *= ratio.loc[names[is_published].tolist()].to_numpy()
    low, high = (factors[:, None] * ends).mean(axis=0)
    special = tuple(names.dropna().unique())
    factor = float(factors.mean())
    unit = "an average week" if beside == 1 else "a week of the data"
    words = (
        f"{_span(first, last - pd.Timedelta(days=1))}: {factor:.2f} times {unit} "
        f"({low:.2f} to {high:.2f} in nine of ten years)."
    )
    if special:
        words += f"\nNot as usual: {', '.join(special)}."
    return SeasonOutlook(first, last, factor, float(low), float(high), special, words)


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Say from which day to which."""
    of_last = f"{last.day} {last:%B %Y}"
    if first == last:
        return of_last
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} to {of_last}"
