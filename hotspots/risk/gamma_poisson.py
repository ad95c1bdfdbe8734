"""Counts of places whose rates differ: the gamma–Poisson model and its closed forms.

Rates are gamma distributed over places, counts are Poisson given the rate; so a count is negative
binomial, and a rate is gamma again once its count is known. The distribution over places is fitted
by maximum likelihood or by Marshall's moments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln, xlogy

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

LEAST_N: Final = 0.5
"""Incidents that are taken for counted where nothing was."""

# Where the likelihood is searched: log of the mean over Σn/ΣE, and log of the shape.
_LOG_SCALES: Final = (-9.0, 9.0)
_LOG_SHAPES: Final = (-9.0, 14.0)


class GammaPrior(NamedTuple):
    """What is known of a rate before its own count is looked at.

    Numbers, or arrays with one for each place.
    """

    mean: Any
    """Mean rate, above 0."""
    shape: Any
    """Mean² over the variance between places; infinite if they differ by chance alone."""
    information: Any
    """How many incidents the mean rests on: 1 / its squared relative standard error."""


class Posterior(NamedTuple):
    """The gamma distribution of each rate, its count known."""

    mean: Floats
    shape: Floats
    rate: Floats


def log_likelihood(n: Floats, expected: Floats, shape: Any) -> Floats:  # noqa: ANN401
    """Give the log chance of counts whose rates are gamma distributed.

    Parameters
    ----------
    n : array of float
        Counts, at least 0; need not be whole.
    expected : array of float
        Their means, above 0: exposure times mean rate.
    shape : float or array of float
        Shape of the gamma distribution, above 0; infinite for Poisson counts.

    Returns
    -------
    array of float

    Notes
    -----
    Negative binomial with size a and mean μ, written without large terms that cancel:
    −log n − log B(a, n) − n log(1 + a/μ) − a log(1 + μ/a).

    Examples
    --------
    >>> from scipy.stats import nbinom
    >>> found = log_likelihood(np.array([3.0]), np.array([2.0]), 0.5)
    >>> bool(np.isclose(found[0], nbinom.logpmf(3, 0.5, 0.5 / (0.5 + 2))))
    True
    """
    n, expected, shape = np.broadcast_arrays(n, expected, np.asarray(shape, dtype=np.float64))
    found = xlogy(n, expected) - expected - gammaln(n + 1)
    is_finite = np.isfinite(shape)
    k, mu, a = n[is_finite], expected[is_finite], shape[is_finite]
    own = -a * np.log1p(mu / a)
    some = k > 0
    k, mu, a = k[some], mu[some], a[some]
    own[some] -= np.log(k) + betaln(a, k) + k * np.log1p(a / mu)
    found[is_finite] = own
    return np.asarray(found)


def fit_moments(n: Floats, exposure: Floats) -> GammaPrior:
    """Fit the gamma distribution of rates by Marshall's moments.

    Parameters
    ----------
    n, exposure : array of float (places,)
        Counts and exposures, at least 0, some exposure above 0. A place without exposure says
        nothing.

    Returns
    -------
    GammaPrior

    Notes
    -----
    m = Σn / ΣE and A = Σ E (n/E − m)² / ΣE − m / Ē, at least 0; the shape is m²/A. If nothing was
    counted, the mean is that of half an incident. The order of places does not matter.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
    Applied Statistics 40(2). doi:10.2307/2347593
    """
    n, exposure = _arranged(n, exposure)
    whole = exposure.sum()
    mean = float(max(n.sum(), LEAST_N) / whole)
    spread = (exposure * (n / exposure - mean) ** 2).sum() / whole
    return from_moments(mean, spread - mean * len(n) / whole, whole, (exposure**2).sum())


def from_moments(mean: Any, between: Any, exposure: Any, squares: Any) -> GammaPrior:  # noqa: ANN401
    """Give the prior of a mean rate and a variance between places.

    Parameters
    ----------
    mean, between : float or array
        Mean rate, above 0, and variance between places; below 0 counts as 0.
    exposure, squares : float or array
        Sum of the exposures that they were estimated from, and of their squares.
    """
    between = np.maximum(between, 0.0)
    with np.errstate(divide="ignore"):
        shape = np.divide(mean**2, between)
    error = mean / exposure + between * squares / exposure**2
    return GammaPrior(mean, shape, mean**2 / error)


def fit_likelihood(n: Floats, exposure: Floats) -> GammaPrior:
    """Fit the gamma distribution of rates by maximum likelihood.

    Parameters and result are those of `fit_moments`.

    Notes
    -----
    The mean and the shape that make the counts most likely (`log_likelihood`), found by L-BFGS-B
    from Marshall's moments, and held against a common rate for all: if that is as likely, the shape
    is infinite. If nothing was counted, the mean is that of half an incident. The order of places
    does not matter. O(n) for each of some dozen steps.

    References
    ----------
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
    use in disease mapping. Biometrics 43(3). doi:10.2307/2532003
    """
    return maximise(*_arranged(n, exposure))[0]


def maximise(n: Floats, exposure: Floats) -> tuple[GammaPrior, float]:
    """Fit as `fit_likelihood`, all exposures above 0, and give the log likelihood that is reached.

    Sums are taken in the order given: the same order gives the same answer to the last bit.
    """
    first = float(max(n.sum(), LEAST_N) / exposure.sum())
    alike = exposure * first
    by_chance = float(log_likelihood(n, alike, np.inf).sum())
    if not n.any():
        return GammaPrior(first, np.inf, LEAST_N), by_chance

    def loss(at: Floats) -> tuple[float, Floats]:
        scale, shape = np.exp(at)
        mu = scale * alike
        of_scale = shape * (n - mu) / (shape + mu)
        of_shape = digamma(n + shape) - digamma(shape) - np.log1p(mu / shape)
        of_shape = shape * (of_shape + (mu - n) / (shape + mu))
        slope = np.array([of_scale.sum(), of_shape.sum()])
        return -log_likelihood(n, mu, shape).sum() / len(n), -slope / len(n)

    by_moments = fit_moments(n, exposure).shape
    start = np.clip(by_moments, 1e-2, 1e2) if np.isfinite(by_moments) else 1.0
    found = minimize(
        loss,
        np.array([0.0, np.log(start)]),
        jac=True,
        method="L-BFGS-B",
        bounds=[_LOG_SCALES, _LOG_SHAPES],
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    reached = -float(found.fun) * len(n)
    scale, shape = (float(each) for each in np.exp(found.x))
    if reached <= by_chance or found.x[1] == _LOG_SHAPES[1]:
        return GammaPrior(first, np.inf, float(n.sum())), by_chance
    mu = scale * alike
    return GammaPrior(scale * first, shape, float((mu * shape / (mu + shape)).sum())), reached


def posterior(n: Floats, exposure: Floats, prior: GammaPrior) -> Posterior:
    """Give what is known of rates once their counts are.

    Parameters
    ----------
    n, exposure : array of float (places,)
        Counts and exposures, at least 0. Without exposure a place has its prior.
    prior : GammaPrior
        One for all places, or one each.

    Returns
    -------
    Posterior

    Notes
    -----
    With shape a and rate b = a/m of the prior, the mean is (n + a)/(E + b) and the variance
    (n + a)/(E + b)². To it comes what the prior's mean is not known by, (b/(E + b))² m²/I for a
    mean that rests on I incidents; shape and rate are those of the gamma distribution with that
    mean and variance. So if places are alike, each has the rate of all of them, as uncertain as
    that of all their incidents.

    Examples
    --------
    >>> found = posterior(np.array([3.0]), np.array([2.0]), GammaPrior(1.0, 4.0, np.inf))
    >>> found.shape.round(9), found.rate.round(9)  # 3 + 4 incidents in 2 + 4
    (array([7.]), array([6.]))
    """
    prior_rate = prior.shape / prior.mean
    kept = 1 / (1 + exposure / prior_rate)
    mean = kept * prior.mean + n / (exposure + prior_rate)
    variance = mean / (exposure + prior_rate) + (kept * prior.mean) ** 2 / prior.information
    return Posterior(mean, mean**2 / variance, mean / variance)


def _arranged(n: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Leave out places without exposure, and sort: rounded sums depend on their order."""
    n, exposure = n[exposure > 0], exposure[exposure > 0]
    order = np.lexsort((exposure, n))
    return n[order], exposure[order]
