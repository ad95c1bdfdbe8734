"""How far the week of one place or area follows that of the larger whole it lies in.

Dirichlet–multinomial: the larger whole's week is worth k incidents. The distribution of k over all
rows is the one that makes their counts most likely, so nobody sets a threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from typing import Any

    from scipy.sparse import csr_array

    Floats = np.ndarray[Any, np.dtype[np.float64]]

# From "it has its own week" to "it has that of the whole", in pseudo-incidents.
_WEIGHTS: Final = np.geomspace(1.0, 1e5, 11)
_ROUNDS: Final = 100


def fits_of(own: csr_array[Any, Any], base: Floats) -> Floats:
    """Give how likely the counts of each row are under each pooling weight of the grid.

    Parameters
    ----------
    own : sparse array of float (n, 168)
        Counts by hour of the week.
    base : array of float (n, 168)
        Share of the week in each hour in the larger whole; each row sums to 1.

    Returns
    -------
    array of float (n, n_weights)
        1 for the likeliest weight of the row.
    """
    rows = np.repeat(np.arange(own.shape[0]), np.diff(own.indptr))
    share = base[rows, own.indices]
    totals = np.asarray(own.sum(axis=1)).ravel()
    fit = np.empty((own.shape[0], len(_WEIGHTS)))
    for column, weight in enumerate(_WEIGHTS):
        gain = gammaln(own.data + weight * share) - gammaln(weight * share)
        fit[:, column] = np.bincount(rows, weights=gain, minlength=own.shape[0])
        fit[:, column] += gammaln(weight) - gammaln(weight + totals)
    return np.asarray(np.exp(fit - fit.max(axis=1, keepdims=True)))


def common_pooling(fits: Floats) -> Floats:
    """Fit the distribution of pooling weights over all rows by expectation maximisation.

    Parameters
    ----------
    fits : array of float (n, n_weights)
        From `fits_of`.

    Returns
    -------
    array of float (n_weights,)
        How common each weight is. Most rows follow the larger whole and get a large weight, a row
        with hours of its own a small one.
    """
    common = np.full(len(_WEIGHTS), 1.0 / len(_WEIGHTS))
    for _ in range(_ROUNDS if len(fits) else 0):
        chance = fits * common
        common = (chance / chance.sum(axis=1, keepdims=True)).mean(axis=0)
    return common


def pooling_weights(fits: Floats, totals: Floats, common: Floats) -> Floats:
    """Give for each row how many pseudo-incidents the week of the larger whole is worth.

    Parameters
    ----------
    fits : array of float (n, n_weights)
        From `fits_of`.
    totals : array of float (n,)
        Sums of the rows that were fitted.
    common : array of float (n_weights,)
        From `common_pooling`.

    Returns
    -------
    array of float (n,)
        k, such that (k q + x) / (k + Σx) is the mean over the row's distribution of weights.
    """
    chance = fits * common
    chance /= chance.sum(axis=1, keepdims=True)
    # The mean of (k q + x) / (k + n) over k is again of that form, with k = A / B.
    of_area = (chance * (_WEIGHTS / (_WEIGHTS + totals[:, None]))).sum(axis=1)
    of_own = (chance / (_WEIGHTS + totals[:, None])).sum(axis=1)
    return np.asarray(of_area / of_own)
