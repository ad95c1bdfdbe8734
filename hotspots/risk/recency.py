"""How much a report of each day counts: half as much after each half-life.

Reports and exposure are discounted alike, so that a steady rate stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import invalid, is_number
from hotspots.times import season_factors

if TYPE_CHECKING:
    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]

HALF_LIFE: Final = 13.0
"""Weeks after which a report counts half: a quarter, the rhythm of plans and reviews."""

_WEEK: Final = 7


def check_half_life(half_life: object) -> None:
    """Raise `InputError` unless this is a number of weeks above 0, or None."""
    if half_life is not None and (not is_number(half_life, 0) or half_life == 0):
        raise invalid("half_life", half_life, "a number of weeks above 0, or None for no recency")


def period_days(counts: Counts) -> tuple[int, int]:
    """Give the first day of the period and the day after the last, since 1970."""
    start, end = (
        moment.tz_localize(None).to_datetime64().astype("datetime64[D]").astype(np.int64)
        for moment in (counts.start, counts.end)
    )
    return int(start), int(end)


def in_period(rows: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    """Keep the rows of the period of the counts, which may be a part of what was counted."""
    first, end = period_days(counts)
    return rows[(rows["day"] >= first) & (rows["day"] < end)]


def recency(
    counts: Counts, half_life: float | None, *, season: bool = False
) -> tuple[Floats, float]:
    """Give how much a report of each day counts, and the exposure.

    Parameters
    ----------
    counts : Counts
        Period, months without data, and whether days are known.
    half_life : float or None
        Weeks after which a report counts half; None if all count alike.
    season : bool
        Whether the exposure is in average weeks of London's year, as in `weekly_intensity`.

    Returns
    -------
    array of float (n_days,), float
        ½ to the power of age over half-life for each day of the period, at its middle, 0–1; if any
        row knows only its month, the mean over the month. The sum over the days with data, weeks.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(1000, boroughs=["Camden"], rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.make_grid(hs.load_boroughs(), cell_size=500))
    >>> u, weeks = recency(counts, 13)
    >>> float((u[-91 - 1] / u[-1]).round(12)), float(round(weeks, 1))
    (0.5, 17.6)
    """
    first, end = period_days(counts)
    days = np.arange(first, end)
    dates = pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[s]"))
    months = dates.to_period("M")
    u = np.asarray(0.5 ** ((end - days - 0.5) / _WEEK / (half_life or np.inf)))
    if counts.tier == "monthly" or counts.n_monthly:
        u = pd.Series(u).groupby(months).transform("mean").to_numpy()
    each = u * season_factors(dates).to_numpy() if season else u
    return u, float(each[~months.isin(counts.missing)].sum() / _WEEK)


def row_weights(rows: pd.DataFrame, counts: Counts, half_life: float | None) -> Floats:
    """Give `n` of rows of the period times how much their `day` counts."""
    u, _ = recency(counts, half_life)
    return np.asarray(rows["n"].to_numpy() * u[rows["day"].to_numpy() - period_days(counts)[0]])
