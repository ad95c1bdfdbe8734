"""What the months of a hotspot say: how many have a report, whether they rise, how it behaves.

Nothing here is part of a score; it says which kind of work a place needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.patterns.breaks import eras_of
from hotspots.patterns.mann_kendall import mann_kendall

if TYPE_CHECKING:
    from hotspots.counts.steps import Steps

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_WHOLE_MONTH: Final = 4.0
"""Weeks; a month that the period cuts to less says nothing about a trend."""
_LEVEL: Final = 0.05
_FEWEST_MONTHS: Final = 4
_FEWEST_REPORTS: Final = 5
_LATE: Final = 0.25
_NEARLY_ALL: Final = 0.9
_MOST: Final = 0.75


def describe_months(n: Floats, steps: Steps) -> pd.DataFrame:
    """Say of each hotspot in how many months it had a report, its trend, and how it behaves.

    Parameters
    ----------
    n : array of float (n_hotspots, n_months)
        Reports by month.
    steps : Steps
        The months.

    Returns
    -------
    DataFrame
        One row a hotspot: `n_months` with a report of `months` with data; `trend` in words, with
        `tau` and `p` of Mann and Kendall over whole months; `persistence`:

        - "diminishing" if its months fall beyond chance (p of at most 0.05);
        - "new" if nine tenths of at least five reports came in the last quarter of the months, as
          chance alone makes it of fewer than one place in a thousand;
        - "persistent" if at least three quarters of the months have a report;
        - "intermittent" otherwise; missing where there are fewer than four months.

    Caveats
    -------
    A place of one season looks new at its beginning: with a year of data nothing else is known. A
    place may be persistent because somebody there reports persistently.
    """
    is_whole = steps.weeks >= _WHOLE_MONTH
    rate = n[:, is_whole] / steps.weeks[is_whole]
    eras = eras_of(steps.starts, steps.ends)[is_whole]
    trends = mann_kendall(rate, eras)
    # If not even a rise in every month could be told from chance, "no trend" would say too much.
    always = mann_kendall(np.arange(len(eras), dtype=np.float64)[None, :], eras)
    few = bool(always.p[0] > _LEVEL)
    trend = [_trend(s, p, few=few) for s, p in zip(trends.s, trends.p, strict=True)]
    n_months = (n > 0).sum(axis=1)
    return pd.DataFrame(
        {
            "n_months": n_months,
            "months": len(steps.weeks),
            "trend": trend,
            "tau": np.nan if few else trends.tau,
            "p": np.nan if few else trends.p,
            "persistence": [
                _persistence(own, said == "falling") for own, said in zip(n, trend, strict=True)
            ],
        }
    ).astype({"trend": "str", "persistence": "object"})


def _trend(s: float, p: float, *, few: bool) -> str:
    if few:
        return "too few whole months to tell"
    if p > _LEVEL:
        return "no trend beyond chance"
    return "rising" if s > 0 else "falling"


def _persistence(n: Floats, is_falling: bool) -> str | None:  # noqa: FBT001 (private)
    if len(n) < _FEWEST_MONTHS:
        return None
    if is_falling:
        return "diminishing"
    late = n[-int(np.ceil(_LATE * len(n))) :].sum()
    if n.sum() >= _FEWEST_REPORTS and late >= _NEARLY_ALL * n.sum():
        return "new"
    return "persistent" if (n > 0).mean() >= _MOST else "intermittent"
