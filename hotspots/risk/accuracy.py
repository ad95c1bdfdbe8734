"""How well a forecast did: what its first places held, how sure it was, how steady its list is.

Places are taken by what is expected of them a square metre until a share of the land is full.
Places of which equally much is expected share the edge, so that no order of rows decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csr_array
from scipy.special import gammaln, xlog1py, xlogy
from scipy.stats import nbinom, poisson

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

LEAST_EXPECTED: Final = 1e-3
"""What a log score takes for expected where less is: an incident in a thousand steps."""

PERSISTENCE: Final = 0.99
"""The *p* of rank-biased overlap: the first hundred places of a list have 85 % of the weight."""

DEPTH: Final = 1000
"""Down to which rank lists are compared; what lies deeper has 0.0004 % of the weight."""

_DIGITS: Final = 12


def land_weights(
    score: Floats,
    area_m2: Floats,
    shares: Floats,
    *,
    land_m2: Floats | None = None,
    group: Integers | None = None,
) -> Floats:
    """Give how much of each place is taken if the best places fill a share of the land.

    Parameters
    ----------
    score : array of float (n,)
        What the places are taken by, such as the count expected in each; at least 0.
    area_m2 : array of float (n,)
        Size of each place, square metres, above 0.
    shares : array of float (n_shares,)
        Shares of the land to fill, above 0 and at most 1.
    land_m2 : array of float (n_groups,), optional
        All land, square metres, at least that of the places; by default that of the places. The
        rest of it has a score of 0.
    group : array of int (n,), optional
        Places that are ranked together and have a land of their own, numbered from 0; by default
        all are.

    Returns
    -------
    array of float (n, n_shares)
        1 for places that are taken, 0 for those that are not, and a part between for the places at
        the edge.

    Notes
    -----
    Places are taken in the order of score / area. If those before a group of tied places hold A
    square metres, the tied ones T, and the share is L, the weight is (L − A) / T, held between 0
    and 1: the expectation if the tied places are taken in random order and the last is cut, exactly
    so if they are of one size. Densities closer than 10⁻¹² of the largest are tied. O(n log n).

    Examples
    --------
    Two places are tied for the second half of the land that is taken:

    >>> land_weights(np.array([5.0, 2, 2, 0]), np.ones(4), np.array([0.5])).ravel().tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    group = np.zeros(len(score), dtype=np.int64) if group is None else group
    n_groups = int(group.max()) + 1 if len(group) else 0
    of_places = np.bincount(group, weights=area_m2, minlength=n_groups)
    land = of_places if land_m2 is None else land_m2
    tie, first = _ties(score / area_m2, group)
    tied_m2 = np.bincount(tie, weights=area_m2)
    before_m2 = np.cumsum(tied_m2) - tied_m2
    before_m2 = before_m2 - (np.cumsum(of_places) - of_places)[group[first]]
    # Land that is no place ties with places of which nothing is expected.
    is_nothing = np.bincount(tie, weights=score) == 0
    tied_m2 = tied_m2 + np.where(is_nothing, (land - of_places)[group[first]], 0.0)
    limits = land[group[first], None] * shares
    return np.asarray(np.clip((limits - before_m2[:, None]) / tied_m2[:, None], 0.0, 1.0)[tie])


def drawn_hit_rates(
    score: Floats,
    actual: Floats,
    area_m2: Floats,
    shares: Floats,
    *,
    land_m2: float,
    block: Integers,
    draws: Floats,
) -> Floats:
    """Give the hit rates of one ranking if blocks of places are drawn several times, or not.

    Parameters
    ----------
    score, actual, area_m2 : array of float (n,)
        What the places are taken by, what came in them, and their size.
    shares : array of float (n_shares,)
        Shares of the drawn land to fill.
    land_m2 : float
        All land, square metres; what is no place is drawn in proportion.
    block : array of int (n,)
        Block of each place, numbered from 0.
    draws : array of float (n_draws, n_blocks)
        How often each block is drawn.

    Returns
    -------
    array of float (n_draws, n_shares)
        As `land_weights` gives for the drawn places; missing where nothing came in them.

    Notes
    -----
    The curve of incidents over land, tie by tie, is read off by straight lines, which is the same
    as weights. Places are taken anew in each draw, because the land is fixed: a list that has more
    in one block has less in another, and blocks would not be independent otherwise.

    Examples
    --------
    Two places of a block each; if the second is drawn twice it fills the land:

    >>> score = actual = np.array([3.0, 1.0])
    >>> drawn_hit_rates(score, actual, np.ones(2), np.array([0.5]), land_m2=2.0,
    ...     block=np.arange(2), draws=np.array([[1.0, 1.0], [0.0, 2.0]])).ravel().tolist()
    [0.75, 0.5]
    """
    tie, first = _ties(score / area_m2, np.zeros(len(score), dtype=np.int64))
    n_ties, n_blocks = len(first), draws.shape[1]
    places_m2 = np.bincount(block, weights=area_m2, minlength=n_blocks)
    drawn_m2, drawn_n = draws @ places_m2, draws @ np.bincount(block, actual, n_blocks)
    land = drawn_m2 * (land_m2 / places_m2.sum())
    # Most places lie far behind the list: only as many as the draw with most land to fill needs.
    end = np.cumsum(np.bincount(tie, weights=area_m2))
    kept = int(np.searchsorted(end, 2 * shares[-1] * land.max())) + 1
    while True:
        kept = min(kept, n_ties)
        near = tie < kept
        at: Any = (tie[near], block[near])
        land_by_tie, hits_by_tie = (
            np.cumsum(np.asarray(csr_array((part[near], at), (kept, n_blocks)) @ draws.T), axis=0)
            for part in (area_m2, actual)
        )
        if kept == n_ties or (land_by_tie[-1] >= shares[-1] * land).all():
            break
        kept *= 2
    if kept == n_ties and score[tie == n_ties - 1].max() == 0:
        land_by_tie[-1] += land - drawn_m2
    found = np.full((len(draws), len(shares)), np.nan)
    zero = np.zeros(1)
    for row in np.flatnonzero(drawn_n > 0):
        across = np.concatenate([zero, land_by_tie[:, row]])
        up = np.concatenate([zero, hits_by_tie[:, row]])
        found[row] = np.interp(shares * land[row], across, up) / drawn_n[row]
    return found


def log_scores(actual: Floats, expected: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Give the logarithm of the probability that a forecast gave to what came.

    Parameters
    ----------
    actual : array of float (n,)
        Counts that came.
    expected : array of float (n,)
        Counts that were expected; less than `LEAST_EXPECTED` counts as that, and as Poisson.
    size : array of float (n,)
        Of the negative binomial distribution; infinite for Poisson.

    Returns
    -------
    poisson, negative_binomial : array of float (n,)
        At most 0, and the closer to it the better. Counts that are not whole, as weights make
        them, go into the gamma function as they are.

    Examples
    --------
    None came where one was expected: −1 by Poisson, ln(1/2) with a size of 1.

    >>> [part.round(4).tolist() for part in log_scores(np.zeros(1), np.ones(1), np.ones(1))]
    [[-1.0], [-0.6931]]
    """
    mean = np.maximum(expected, LEAST_EXPECTED)
    by_chance = xlogy(actual, mean) - mean - gammaln(actual + 1)
    is_wide = np.isfinite(size) & (expected >= LEAST_EXPECTED)
    k = np.where(is_wide, size, 1.0)
    wider = gammaln(actual + k) - gammaln(k) - gammaln(actual + 1)
    # k ln(k / (k + m)) + y ln(m / (k + m)), without the loss of digits for a large k.
    wider += -xlog1py(k, mean / k) + xlogy(actual, mean) - xlogy(actual, k + mean)
    return np.asarray(by_chance), np.asarray(np.where(is_wide, wider, by_chance))


def chance_between(low: Floats, high: Floats, expected: Floats, size: Floats) -> Floats:
    """Give the probability of a count from `low` to `high` that a forecast itself states.

    Counts are whole, so an interval of 90 % mostly has more: 0 alone may have 97 %.

    Examples
    --------
    >>> one = np.ones(1)
    >>> chance_between(one * 0, one * 0, one * 0.03, one * np.inf).round(3).tolist()
    [0.97]
    """
    return _chance_up_to(high, expected, size) - _chance_up_to(low - 1, expected, size)


def central_share(actual: Floats, expected: Floats, size: Floats, level: float) -> Floats:
    """Give how far each count lies in the central part of its forecast's distribution.

    Of a calibrated forecast the mean is the level, small counts or not; intervals in whole numbers
    always hold more.

    Parameters
    ----------
    actual, expected, size : array of float (n,)
        As for `log_scores`; a count that is not whole lies on a straight line between whole ones.
    level : float
        Probability of the central part, above 0 and below 1.

    Returns
    -------
    array of float (n,)
        1 inside, 0 outside, and a part between where the edge cuts the probability of the count.

    Notes
    -----
    With F the distribution function of the forecast, a count y stands for the probabilities from
    F(y − 1) to F(y), which are even over 0 to 1 if the forecast is calibrated: the non-randomised
    probability integral transform of Czado, Gneiting and Held (2009).

    Examples
    --------
    None is certain, so of 0 to 1 the central 90 % are in:

    >>> central_share(np.zeros(1), np.zeros(1), np.full(1, np.inf), 0.9).round(6).tolist()
    [0.9]
    """
    count = np.floor(actual)
    part = actual - count
    before, at, after = (_chance_up_to(count + each, expected, size) for each in (-1, 0, 1))
    below, upto = before + part * (at - before), at + part * (after - at)
    first, last = (1 - level) / 2, (1 + level) / 2
    inside = np.clip(upto, first, last) - np.clip(below, first, last)
    whole = upto - below
    return np.asarray(np.divide(inside, whole, out=np.zeros(len(whole)), where=whole > 0))


def tenths(expected: Floats) -> Integers:
    """Sort places into ten classes that each hold a tenth of all that is expected.

    Parameters
    ----------
    expected : array of float (n,)
        At least 0.

    Returns
    -------
    array of int (n,)
        1 for the many places of which least is expected, to 10 for the few busiest. Places of which
        equally much is expected are in one class.

    Notes
    -----
    Classes of as many places each would mostly hold places without any history: six of ten in
    London. A place goes where the middle of its tied places lies.

    Examples
    --------
    >>> tenths(np.array([0.0, 1, 1, 8])).tolist()
    [1, 2, 2, 7]
    """
    tie, _ = _ties(-expected, np.zeros(len(expected), dtype=np.int64))
    held = np.bincount(tie, weights=expected)
    total = held.sum()
    if total == 0:
        return np.ones(len(expected), dtype=np.int64)
    middle = (np.cumsum(held) - held / 2) / total
    return np.asarray(np.minimum(np.floor(np.round(10 * middle, _DIGITS)), 9).astype(np.int64) + 1)[
        tie
    ]


def rank_biased_overlap(
    first: Floats, second: Floats, *, persistence: float = PERSISTENCE, depth: int = DEPTH
) -> float:
    """Say how alike two rankings of the same places are, the first ranks counting most.

    Parameters
    ----------
    first, second : array of float (n,)
        What the places are ranked by, the largest first.
    persistence : float
        *p*, above 0 and below 1: the chance that a reader who has come to a rank reads on.
    depth : int
        The last rank that is looked at, at least 1; at most n.

    Returns
    -------
    float
        0 (no place in common) to 1 (the same ranking).

    Notes
    -----
    With A(d) the agreement of the first d places, the extrapolated overlap to the depth D is
    A(D) p^D + (1 − p)/p Σ A(d) p^d (Webber, Moffat and Zobel 2010). A place is among the first d
    with the weight c(d): 1, 0, or, for places that are tied at d, an equal part. The agreement is
    Σ c₁c₂ / √(Σ c₁² Σ c₂²), the variant b of Corsi and Urbano (2024), which is 1 for a ranking and
    itself; without ties it is the number of common places over d.
    O(n log n + D³) at most.

    References
    ----------
    Webber, W., Moffat, A., Zobel, J. (2010). A similarity measure for indefinite rankings. ACM
    Transactions on Information Systems 28(4). doi:10.1145/1852102.1852106
    Corsi, M., Urbano, J. (2024). The treatment of ties in rank-biased overlap. SIGIR 2024.

    Examples
    --------
    >>> ranks = np.array([5.0, 4, 3, 2, 1])
    >>> round(rank_biased_overlap(ranks, ranks[[3, 0, 1, 2, 4]], persistence=0.9), 3)
    0.828
    """
    depth = min(depth, len(first))
    at = np.arange(1, depth + 1)
    numbers, parts, squares = [], [], []
    for score in (first, second):
        tie, _ = _ties(score, np.zeros(len(score), dtype=np.int64))
        n = np.bincount(tie)
        before = np.cumsum(n) - n
        kept = before < depth
        part = np.clip((at - before[kept, None]) / n[kept, None], 0.0, 1.0)
        numbers.append(np.where(tie < kept.sum(), tie, kept.sum()))
        parts.append(part)
        squares.append(n[kept] @ part**2)
    pairs = np.zeros((len(parts[0]) + 1, len(parts[1]) + 1))
    np.add.at(pairs, (numbers[0], numbers[1]), 1.0)
    common = (parts[0] * (pairs[:-1, :-1] @ parts[1])).sum(axis=0)
    agreement = common / np.sqrt(squares[0] * squares[1])
    weight = persistence ** at.astype(np.float64)
    told = (1 - persistence) / persistence * (agreement @ weight)
    return float(told + agreement[-1] * weight[-1])


def _chance_up_to(count: Floats, expected: Floats, size: Floats) -> Floats:
    """Give the probability of at most so many."""
    is_wide = np.isfinite(size)
    k = np.where(is_wide, size, 1.0)
    wide = nbinom.cdf(count, k, k / (k + expected))
    return np.asarray(np.where(is_wide, wide, poisson.cdf(count, expected)))


def _ties(score: Floats, group: Integers) -> tuple[Integers, Integers]:
    """Give each place the number of its tied places, from the highest score of the first group.

    And a place of each number.
    """
    largest = np.abs(score).max(initial=0.0)
    rounded = np.round(score / largest, _DIGITS) if largest > 0 else score
    order = np.lexsort((-rounded, group))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(rounded[order]) != 0) | (np.diff(group[order]) != 0)
    tie = np.empty(len(order), dtype=np.int64)
    tie[order] = np.cumsum(is_new) - 1
    return tie, order[is_new]
