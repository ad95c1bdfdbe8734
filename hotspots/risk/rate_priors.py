"""What is usual for a place: for all places, for those of its area, or beside it.

Each prior is fitted to all the counts that it is for, by maximum likelihood or by moments; where
those are too few to say, all places speak.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from hotspots.errors import HotspotsWarning
from hotspots.patterns.surroundings import find_near
from hotspots.risk.gamma_poisson import (
    LEAST_N,
    GammaPrior,
    fit_likelihood,
    fit_moments,
    from_moments,
    maximise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from scipy.sparse import csr_array

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_LOG = logging.getLogger(__name__)

# An area of fewer places has the prior of all; one of fewer, or of fewer incidents, their shape.
# Measured: `python benchmarks/smooth_rates_coverage.py --only areas`.
_FEWEST_PLACES: Final = 20
_FEWEST_FOR_SHAPE: Final = 50
_LEAST_FOR_SHAPE: Final = 200
# Strengths of the mean of all places that are tried, in incidents.
_STRENGTHS: Final = np.geomspace(0.1, 1e4, 8)


def fit_priors(
    n: Floats,
    exposure: Floats,
    prior: str,
    method: str,
    places: gpd.GeoDataFrame | None,
) -> GammaPrior:
    """Give the prior of each place, or one for all."""
    if prior == "neighbours" and places is not None:
        fit_near = _of_neighbours if method == "likelihood" else _marshall
        return fit_near(n, exposure, find_near(places, None))
    fit = fit_likelihood if method == "likelihood" else fit_moments
    of_all = fit(n, exposure)
    _LOG.info("prior of all places: mean %.3g, shape %.3g", of_all.mean, of_all.shape)
    if np.isinf(of_all.shape):
        warnings.warn(
            "The counts differ no more than chance makes them, so each place has its prior mean. "
            "That does not prove places alike. Count a longer period, or more places.",
            HotspotsWarning,
            stacklevel=3,
        )
    if prior == "area" and places is not None:
        return _of_areas(n, exposure, places["area_id"], fit, of_all)
    return of_all


def _of_areas(
    n: Floats,
    exposure: Floats,
    area_id: pd.Series[Any],
    fit: Callable[[Floats, Floats], GammaPrior],
    of_all: GammaPrior,
) -> GammaPrior:
    """Fit a prior for each area, as far as it has enough to say."""
    found = GammaPrior(*(np.full(len(n), float(each)) for each in of_all))
    group, names = pd.factorize(area_id)
    n_own = 0
    for number in range(len(names)):
        in_area = (group == number) & (exposure > 0)
        own_n, known = np.sort(n[in_area]), np.sort(exposure[in_area])
        if len(known) < _FEWEST_PLACES:
            continue
        n_own += 1
        if len(known) >= _FEWEST_FOR_SHAPE and own_n.sum() >= _LEAST_FOR_SHAPE:
            own = fit(n[in_area], exposure[in_area])
        else:
            mean = max(own_n.sum(), LEAST_N) / known.sum()
            own = from_moments(mean, mean**2 / of_all.shape, known.sum(), (known**2).sum())
        for column, value in zip(found, own, strict=True):
            column[group == number] = value
    _LOG.info("%d of %d areas have a prior of their own", n_own, len(names))
    return found


def _of_neighbours(n: Floats, exposure: Floats, beside: csr_array[Any, Any]) -> GammaPrior:
    """Give each place the rate of its neighbours, as far as the likelihood trusts them."""
    has = exposure > 0
    near_n, near_exposure = (_sums(beside, values) for values in (n, exposure))
    of_all = fit_likelihood(n, exposure)
    # Always in the same order, so that rounding does not depend on that of the places.
    order = np.lexsort((near_exposure[has], near_n[has], exposure[has], n[has]))
    own, known = n[has][order], exposure[has][order]

    def ratios(strength: float) -> Floats:
        return np.asarray((near_n + strength) / (near_exposure * of_all.mean + strength))

    def fit(log_strength: float) -> tuple[GammaPrior, float]:
        return maximise(own, known * ratios(np.exp(log_strength))[has][order])

    grid = np.log(_STRENGTHS)
    best = int(np.argmax([fit(each)[1] for each in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(lambda each: -fit(each)[1], bounds=around, method="bounded")
    scaled, reached = fit(float(found.x))
    if reached <= maximise(own, known)[1]:
        _LOG.info("neighbours say nothing of a place: the prior is that of all places")
        return of_all
    strength = float(np.exp(found.x))
    _LOG.info("the mean of all places counts as %.3g incidents of the neighbours", strength)
    return scaled._replace(mean=scaled.mean * ratios(strength))


def _marshall(n: Floats, exposure: Floats, beside: csr_array[Any, Any]) -> GammaPrior:
    """Fit Marshall's moments to each place and its neighbours."""
    has = exposure > 0
    per_exposure = np.divide(n**2, exposure, out=np.zeros(len(n)), where=has)
    total, whole, number, squares, spread = (
        values + _sums(beside, values)
        for values in (n, exposure, has.astype(np.float64), exposure**2, per_exposure)
    )
    of_all = fit_moments(n, exposure)
    # Where there is no history all round, nothing is known but what holds for all.
    is_known = whole > 0
    safe = np.where(is_known, whole, 1.0)
    mean = np.maximum(total, LEAST_N) / safe
    # Σ E (n/E − m)² = Σ n²/E − m² ΣE where m = Σn / ΣE
    between = np.where(total > 0, (spread - mean * number) / safe - mean**2, 0.0)
    local = from_moments(mean, between, safe, np.where(is_known, squares, 1.0))
    return GammaPrior(
        *(np.where(is_known, own, all_) for own, all_ in zip(local, of_all, strict=True))
    )


def _sums(beside: csr_array[Any, Any], values: Floats) -> Floats:
    """Sum the values of the neighbours of each place, smallest first: order must not matter."""
    place = np.repeat(np.arange(beside.shape[0]), np.diff(beside.indptr))
    near = values[beside.indices]
    sums = np.bincount(place, weights=near[np.lexsort((near, place))], minlength=len(values))
    return np.asarray(sums, dtype=np.float64)
