"""How sure a forecast is: the negative binomial distribution of the count to come.

Its spread is what counts of the history had about predictions made in the same way: each from the
steps before it, by strengths that were learnt from all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln
from scipy.stats import nbinom

if TYPE_CHECKING:
    from collections.abc import Sequence

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_FARTHEST: Final = 8.0
_TRUST: Final = 2.0
_LEAST_MEAN: Final = 1e-12
_LARGE: Final = 1e9


class Spread(NamedTuple):
    """How much counts vary about what was expected.

    The variance is expected × (1 + burst) + wander × expected².

    Parameters
    ----------
    wander : float
        Part of the squared expectation: rates change from step to step.
    burst : float
        Part of the expectation: incidents come several at a time.
    """

    wander: float
    burst: float

    def sizes(self, expected: Floats) -> Floats:
        """Give the size of the negative binomial distribution: 1 / (wander + burst / expected)."""
        safe = np.maximum(expected, _LEAST_MEAN)
        return np.asarray(safe / (self.wander * safe + self.burst))


DEFAULT: Final = Spread(0.2, 0.5)
"""About what months of London's hexagons give; where there is nothing to learn from."""


def fit_spread(expected: Sequence[Floats], counts: Sequence[Floats]) -> Spread:
    """Estimate the spread by maximum likelihood from predictions and what came.

    Parameters
    ----------
    expected, counts : sequence of array of float (n_places,)
        For each predicted step. Places of which nothing was expected are left out.

    Returns
    -------
    Spread
        `DEFAULT` if nothing was predicted. Both parts are drawn to it as by
        ((log value − log default) / 2)² / 2, which decides only where data do not.
    """
    if not len(expected):
        return DEFAULT
    mean, n = np.concatenate(expected), np.concatenate(counts)
    mean, n = mean[mean > _LEAST_MEAN], n[mean > _LEAST_MEAN]
    happened = np.flatnonzero(n)
    centre = np.log(DEFAULT)

    def misfit(logs: Floats) -> float:
        size = Spread(*np.exp(logs)).sizes(mean)
        some, count, of = size[happened], n[happened], mean[happened]
        gain = gammaln(count + some) - gammaln(some) + count * np.log(of / (of + some))
        nothing = (size * np.log1p(mean / size)).sum()
        return float(nothing - gain.sum() + ((logs - centre) ** 2).sum() / (2 * _TRUST**2))

    bounds = [(middle - _FARTHEST, middle + 4.0) for middle in centre]
    found = minimize(misfit, centre, method="L-BFGS-B", bounds=bounds)
    return Spread(*(float(value) for value in np.exp(found.x)))


def interval(expected: Floats, size: Floats, level: float) -> tuple[Floats, Floats]:
    """Give the interval of each count: below it half of what is left out at most.

    Parameters
    ----------
    expected, size : array of float
        Of the negative binomial distribution; Poisson where the size is infinite.
    level : float
        Probability, above 0 and below 1, that the interval holds at least.

    Returns
    -------
    low, high : array of float
        Whole numbers; `high` is the least with which the interval holds the level. What cannot be
        left out below 0 is left out above.

    Examples
    --------
    >>> low, high = interval(np.array([1.0, 4.0]), np.array([np.inf, 2.0]), 0.9)
    >>> low.tolist(), high.tolist()
    ([0.0, 0.0], [2.0, 9.0])
    """
    # With a size so large the distribution is Poisson to the last digit that counts.
    some = np.minimum(size, _LARGE)
    share = some / (some + expected)
    low = nbinom.ppf((1 - level) / 2, some, share)
    below = nbinom.cdf(low - 1, some, share)
    return np.asarray(low), np.asarray(nbinom.ppf(np.minimum(below + level, 1.0), some, share))
