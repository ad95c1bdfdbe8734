"""The weekly shape of an area: its counts by hour of the week, as smooth as they have to be.

A mixture of the counts themselves and of wider and wider averages over neighbouring hours and over
the same hour of all days. Each is worth as much as it foretells incidents that it did not see.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hotspots.risk.pooling import common_pooling, fits_of, pooling_weights
from hotspots.times import HOURS

if TYPE_CHECKING:
    from typing import Any

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_DAY: Final = 24
_DAYS: Final = 7
_WIDTHS: Final = (0.0, 1.0, 2.0, 4.0)
"""Standard deviations of the kernels, hours; 0 is an hour by itself."""
_ROUNDS: Final = 2000
_SETTLED: Final = 1e-5
# Of a week, spread evenly: an hour in which nothing has come yet is not impossible.
_FLOOR: Final = 0.5


def area_weeks(own: csr_array[Any, Any], area: np.ndarray[Any, Any]) -> tuple[pd.DataFrame, Floats]:
    """Give the share of each area's week in each hour, and that of all areas together.

    Parameters
    ----------
    own : sparse array of float (n_places, 168)
        Counts of places by hour of the week, by exposure.
    area : array of str (n_places,)
        The area of each place.

    Returns
    -------
    week : DataFrame
        A row an area, index `area_id`, 168 columns, each row summing to 1 and above 0.
    overall : array of float (168,)
        The same for all areas together.

    Notes
    -----
    Both are smoothed by `smooth_weeks`. An area's share of hour h is (k Q(h) + n s(h)) / (k + n),
    with n its count, s its smoothed week and Q that of all areas; k is that of `pooling_weights`.
    """
    group, names = pd.factorize(area, sort=True)
    to_area = csr_array(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(names), len(group))
    )
    counts = (to_area @ own).toarray()
    overall = smooth_weeks(counts.sum(axis=0, keepdims=True))[0]
    fits = fits_of(csr_array(counts), np.tile(overall, (len(names), 1)))
    totals = counts.sum(axis=1)
    weight = pooling_weights(fits, totals, common_pooling(fits))[:, None]
    week = (weight * overall + totals[:, None] * smooth_weeks(counts)) / (weight + totals[:, None])
    return pd.DataFrame(week, index=pd.Index(names, name="area_id")), overall


def smooth_weeks(counts: Floats) -> Floats:
    """Smooth weekly shapes as far as their counts ask.

    Parameters
    ----------
    counts : array of float (n, 168)
        Counts by hour of the week, a row a shape; at least 0.

    Returns
    -------
    array of float (n, 168)
        Share of the week in each hour, above 0; each row sums to 1.

    Notes
    -----
    With x the counts of a row and n their sum, its shape is Σ πⱼ Kⱼx / n. The Kⱼ are Gaussian
    kernels on the cyclic week, 0 (an hour by itself), 1, 2 and 4 hours wide; the same over the
    mean of the seven days; and a flat week. The weights π, common to all rows, make most likely
    what each incident's hour would be foretold to be from all the others, (Kⱼx(h) − Kⱼ(h, h)) /
    (n − 1), by expectation maximisation. So a week of many incidents stays as it is, sharp edges
    and all, and one of few becomes smooth. O(n × 168 × rounds), at most 2,000 rounds. Half an
    incident in all, spread over the week, keeps every hour possible.

    Caveats
    -------
    Rows share their weights, so one with few counts is too rough beside many with more. Incidents
    that come in bursts look like sharp hours: count nights, not calls.

    Examples
    --------
    >>> counts = np.zeros((1, 168))
    >>> counts[0, [20, 21, 23, 44, 46]] = 1
    >>> smooth_weeks(counts)[0, 22] > 0.005  # an hour between busy ones is not empty
    np.True_
    """
    totals = counts.sum(axis=1, keepdims=True)
    kernels = _kernels()
    spread = np.stack([counts @ kernel for kernel in kernels])
    own = np.array([kernel[0, 0] for kernel in kernels])[:, None, None]
    is_seen = (counts > 0) & (totals > 1)
    others = np.maximum(spread - own, 0.0) / np.maximum(totals - 1, 1e-9)
    weights = _mixture(others[:, is_seen], counts[is_seen])
    flat = _FLOOR / HOURS
    return np.asarray((np.tensordot(weights, spread, 1) + flat) / (totals + _FLOOR))


def _mixture(foretold: Floats, counts: Floats) -> Floats:
    """Give the weights of a mixture that make counts most likely, by expectation maximisation."""
    weights = np.full(len(foretold), 1 / len(foretold))
    for _ in range(_ROUNDS if counts.sum() > 0 else 0):
        share = counts / (weights @ foretold)
        better = weights * (foretold @ share) / counts.sum()
        is_settled = np.abs(better - weights).max() < _SETTLED
        weights = better
        if is_settled:
            break
    return weights


@cache
def _kernels() -> tuple[Floats, ...]:
    """Give the matrices that spread each hour's count; a row is where one incident goes."""
    all_days = np.full((_DAYS, _DAYS), 1 / _DAYS)
    over_hours = [_gaussian(HOURS, width) for width in _WIDTHS]
    over_days = [np.kron(all_days, _gaussian(_DAY, width)) for width in _WIDTHS]
    return (*over_hours, *over_days, np.full((HOURS, HOURS), 1 / HOURS))


def _gaussian(size: int, width: float) -> Floats:
    """Give a Gaussian kernel on a circle, each row summing to 1."""
    if width == 0:
        return np.eye(size)
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    apart = np.minimum(apart, size - apart)
    kernel = np.exp(-((apart / width) ** 2) / 2)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))
