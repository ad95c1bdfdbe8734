"""Whether series rise or fall: the test of Mann and Kendall, many series at once.

Every earlier value is compared with every later one of the same era; ties count for neither side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import norm

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]


class Trends(NamedTuple):
    """How series run.

    Parameters
    ----------
    s : array of float64
        Pairs in which the later value is larger, less those in which it is smaller.
    variance : array of float64
        Of `s`, if the values were in any order.
    tau : array of float64
        `s` as a share of all pairs, −1 to 1.
    p : array of float64
        Two-sided, from the normal distribution with the correction for continuity.
    """

    s: Floats
    variance: Floats
    tau: Floats
    p: Floats


def mann_kendall(values: Floats, eras: Integers) -> Trends:
    """Test each row for a trend.

    Parameters
    ----------
    values : array (n, steps) of float64
        A series in each row.
    eras : array (steps,) of int64
        Only steps of the same era are compared. Their statistics and variances are added up, as
        Hirsch and others (1982) do for seasons.

    Returns
    -------
    Trends
        Of a row that never changes, and where there are no pairs, `tau` is 0 and `p` 1.

    Notes
    -----
    Var S = (m(m−1)(2m+5) − Σ t(t−1)(2t+5)) / 18 for m steps and ties of t values each;
    z = (S − sign S) / √Var S; τ = S / (m(m−1)/2), which ties keep from reaching 1. O(n m²).

    References
    ----------
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3). doi:10.2307/1907187
    Kendall, M. G. (1975). Rank Correlation Methods. Griffin.
    Hirsch, R. M., Slack, J. R., Smith, R. A. (1982). Techniques of trend analysis for monthly
    water quality data. Water Resources Research 18(1). doi:10.1029/WR018i001p00107

    Examples
    --------
    >>> found = mann_kendall(np.array([[1.0, 3.0, 2.0, 5.0, 4.0, 6.0]]), np.zeros(6, dtype=int))
    >>> found.s.tolist(), found.tau.round(3).tolist(), found.p.round(3).tolist()
    ([11.0], [0.733], [0.06])
    """
    s, variance, n_pairs = np.zeros(len(values)), np.zeros(len(values)), 0
    for era in np.unique(eras):
        part = values[:, eras == era]
        m = part.shape[1]
        n_pairs += m * (m - 1) // 2
        equal = np.ones_like(part)
        for lag in range(1, m):
            step = np.sign(part[:, lag:] - part[:, :-lag])
            s += step.sum(axis=1)
            equal[:, lag:] += step == 0
            equal[:, :-lag] += step == 0
        # A value that t have in common stands in this sum t times.
        ties = ((equal - 1) * (2 * equal + 5)).sum(axis=1)
        variance += (m * (m - 1) * (2 * m + 5) - ties) / 18
    spread = np.sqrt(np.where(variance > 0, variance, 1.0))
    z = (s - np.sign(s)) / spread
    return Trends(s, variance, s / max(n_pairs, 1), 2 * norm.sf(np.abs(z)))
