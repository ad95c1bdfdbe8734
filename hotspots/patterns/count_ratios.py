"""The ratio of two counts: its interval and its p, wider where counts vary more than chance.

Given their sum, two counts are binomial. Where like periods vary more than that, the counts are
taken for so many fewer, and what is not known of the variation is allowed for as in a t test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.special import betainc, betaincinv, btdtria
from scipy.stats import norm, t

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

LEAST_P: Final = 1e-15
"""Smaller p are given as this: below it rounding could show."""

# Second differences share values: of n independent ones so many would vary as little.
_SHARE_INDEPENDENT: Final = 18 / 35


class Spread(NamedTuple):
    """How much more the counts of like periods vary than by chance.

    Parameters
    ----------
    overdispersion : array (groups,) of float64
        Variance over mean, at least 1.
    degrees : float
        Degrees of freedom that it was estimated with; infinite if it was not.
    n : int
        Differences that it was estimated from.
    """

    overdispersion: Floats
    degrees: float
    n: int


class Ratios(NamedTuple):
    """Ratios of rates, arrays (groups,) of float64; missing where both counts are 0."""

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def measure_spread(counts: Floats, days: Floats, is_joined: Flags, fewest: int) -> Spread:
    """Estimate the overdispersion of each group from periods that follow each other.

    Parameters
    ----------
    counts : array (groups, periods) of float64
        Counts of like periods, in the order of time and equal steps apart.
    days : array (periods,) of float64
        Their exposure.
    is_joined : array (periods − 1,) of bool
        Whether a period and the next are one step apart.
    fewest : int
        Differences without which nothing is estimated.

    Returns
    -------
    Spread
        With an overdispersion of 1 if there are too few differences.

    Notes
    -----
    With rates r = x/e, each d = r₁ − 2r₂ + r₃ of three periods in a row has mean 0 while rates
    change in a straight line, and variance φλ(1/e₁ + 4/e₂ + 1/e₃). φ is Σd²/(1/e₁ + 4/e₂ + 1/e₃)
    over Σλ, λ being the rate of the three together. Second differences are used because a season
    is nearly a straight line over three fortnights. As they share values, n of them have as many
    degrees of freedom as 18n/35 independent ones (from their autocorrelations, −2/3 and 1/6).

    Examples
    --------
    >>> counts = np.array([[2.0, 14.0, 4.0, 12.0, 6.0]])
    >>> spread = measure_spread(counts, np.full(5, 7.0), np.ones(4, dtype=bool), 3)
    >>> spread.overdispersion.round(2).tolist(), spread.n
    ([6.97], 3)
    """
    is_three = is_joined[1:] & is_joined[:-1]
    n = int(is_three.sum())
    if n < fewest:
        return Spread(np.ones(len(counts)), np.inf, n)
    e = [days[at : len(days) - 2 + at][is_three] for at in range(3)]
    x = [counts[:, at : counts.shape[1] - 2 + at][:, is_three] for at in range(3)]
    d = x[0] / e[0] - 2 * x[1] / e[1] + x[2] / e[2]
    observed = (d**2 / (1 / e[0] + 4 / e[1] + 1 / e[2])).sum(axis=1)
    by_chance = ((x[0] + x[1] + x[2]) / (e[0] + e[1] + e[2])).sum(axis=1)
    found = observed / np.where(by_chance > 0, by_chance, np.inf)
    return Spread(np.maximum(found, 1.0), n * _SHARE_INDEPENDENT, n)


def least_ratios(
    against: Floats, days: tuple[float, float], spread: Spread, alpha: float
) -> Floats:
    """Give the smallest ratio above 1 that `compare_counts` would give a p of at most alpha.

    Parameters
    ----------
    against : array (groups,) of float64
        The count of each group in the other period.
    days : pair of float
        The exposures of the two periods.
    spread : Spread
        How much more than chance counts vary.
    alpha : float
        Level of p, above 0, below 1.

    Returns
    -------
    array (groups,) of float64
        Above 1; infinite where there were none.

    Notes
    -----
    The current count x is solved for, whole or not, at which the Clopper–Pearson tail of
    `compare_counts` is that of alpha. A true rise of this size is found about every second time.

    Examples
    --------
    >>> none = Spread(np.ones(1), np.inf, 0)
    >>> least_ratios(np.array([2.0]), (14.0, 14.0), none, 0.05).round(2).tolist()
    [4.76]
    >>> compare_counts(np.array([9.512]), np.array([2.0]), (14.0, 14.0), none, 0.05).p.round(3)
    array([0.05])
    """
    y = against / spread.overdispersion
    share = days[0] / (days[0] + days[1])
    tail = norm.sf(t.isf(alpha / 2, spread.degrees))
    x = btdtria(tail, y + 1, share)
    return np.asarray(np.where(y > 0, x / np.where(y > 0, y, 1.0) * days[1] / days[0], np.inf))


def compare_counts(
    current: Floats,
    against: Floats,
    days: tuple[float, float],
    spread: Spread,
    alpha: float,
) -> Ratios:
    """Compare counts of two periods, group by group.

    Parameters
    ----------
    current, against : arrays (groups,) of float64
        The two counts of each group.
    days : pair of float
        The exposures of the two periods.
    spread : Spread
        How much more than chance counts vary.
    alpha : float
        Intervals hold 1 − alpha.

    Returns
    -------
    Ratios
        Rate of the current period over that of the other. The interval leaves out 1 exactly where
        p is below `alpha`.

    Notes
    -----
    Given the sum of both, the current count is binomial with share π = ρe₁/(ρe₁ + e₀). With an
    overdispersion φ both counts are divided by φ, the effective counts of Korn and Graubard, and
    the Clopper–Pearson tails are taken of these, which beta functions allow. The two-sided p is
    made a normal deviate, and this judged by t with the degrees of freedom of φ.

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits. Biometrika
    26(4). doi:10.1093/biomet/26.4.404
    Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
    series. Biometrika 31(3-4). doi:10.1093/biomet/31.3-4.313
    Korn, E. L., Graubard, B. I. (1998). Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data. Survey Methodology 24(2).

    Examples
    --------
    >>> none = Spread(np.ones(1), np.inf, 0)
    >>> found = compare_counts(np.array([10.0]), np.array([2.0]), (14.0, 14.0), none, 0.05)
    >>> [float(part[0].round(3)) for part in found]
    [5.0, 1.066, 46.933, 0.039]
    """
    x, y = current / spread.overdispersion, against / spread.overdispersion
    share = days[0] / (days[0] + days[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        upper = np.where(x > 0, betainc(x, y + 1, share), 1.0)
        lower = np.where(y > 0, betainc(y, x + 1, 1 - share), 1.0)
        p = 2 * t.sf(norm.isf(np.minimum(np.minimum(upper, lower), 0.5)), spread.degrees)
        tail = norm.sf(t.isf(alpha / 2, spread.degrees))
        low = np.where(x > 0, betaincinv(x, y + 1, tail), 0.0)
        high = np.where(y > 0, 1 - betaincinv(y, x + 1, tail), 1.0)
        low, high = (each / (1 - each) * days[1] / days[0] for each in (low, high))
        ratio = current / days[0] / (against / days[1])
    is_empty = (current == 0) & (against == 0)
    found = (ratio, low, high, np.clip(p, LEAST_P, 1.0))
    return Ratios(*(np.where(is_empty, np.nan, each) for each in found))
