"""The randomisation test of a paired experiment, its estimate, and what it can detect.

In each pair a coin decided which of two counts was treated. If treatment changes nothing, the coin
could as well have fallen the other way: the test asks how many of the falls of all coins would show
a fall of reports as large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    Floats = np.ndarray[Any, np.dtype[np.float64]]

    Draw = Callable[[np.random.Generator], "Paired"]

_EXACT: Final = 12
_DRAWS: Final = 4_999
_SIMULATED_DRAWS: Final = 499
_STEPS: Final = 60
_WIDEST: Final = (1e-3, 1e3)


class Paired(NamedTuple):
    """Counts of the pairs of an experiment.

    Parameters
    ----------
    treated, control : array of float (n_pairs,)
        Reports while and where treated, and not.
    expected_treated, expected_control : array of float (n_pairs,)
        What was expected of them before the start, above 0.
    """

    treated: Floats
    control: Floats
    expected_treated: Floats
    expected_control: Floats


def coins(n_pairs: int, rng: np.random.Generator, draws: int = _DRAWS) -> Floats:
    """Give falls of the coins of all pairs, the one that happened first: rows of +1 and −1.

    Parameters
    ----------
    n_pairs : int
        Pairs.
    rng : Generator
        For more than 12 pairs, of which not all falls are tried.
    draws : int
        How many are drawn then.
    """
    if n_pairs <= _EXACT:
        numbers = np.arange(2**n_pairs)[:, None] >> np.arange(n_pairs)
        return 1.0 - 2.0 * (numbers & 1).astype(np.float64)
    drawn = 2.0 * rng.integers(2, size=(draws, n_pairs)).astype(np.float64) - 1.0
    return np.vstack([np.ones(n_pairs, dtype=np.float64), drawn])


def differences(pairs: Paired, ratio: float = 1.0) -> Floats:
    """Give how much more than expected the treated side of each pair had than the other.

    Parameters
    ----------
    pairs : Paired
        Counts.
    ratio : float
        By which treatment is taken to multiply reports; treated counts are divided by it.
    """
    more = pairs.treated / ratio - pairs.expected_treated
    return more - (pairs.control - pairs.expected_control)


def p_of_fall(pairs: Paired, signs: Floats, ratio: float = 1.0) -> float:
    """Give the share of falls of the coins that show as large a fall: the one-sided p.

    Parameters
    ----------
    pairs : Paired
        Counts.
    signs : array (n_falls, n_pairs)
        Falls of the coins, the one that happened first.
    ratio : float
        The effect that is tested: 1 for none.
    """
    sums = signs @ differences(pairs, ratio)
    return float((sums <= sums[0] + _touching(sums)).mean())


def p_of_rise(pairs: Paired, signs: Floats, ratio: float = 1.0) -> float:
    """Give the share of falls of the coins that show as large a rise; see `p_of_fall`."""
    sums = signs @ differences(pairs, ratio)
    return float((sums >= sums[0] - _touching(sums)).mean())


def _touching(sums: Floats) -> float:
    """Give how far sums that are equal may be apart."""
    return 1e-9 * (1.0 + float(np.abs(sums).max()))


def ratio_of(pairs: Paired) -> float:
    """Estimate by how much treatment multiplied reports; NaN if the other side had none.

    Of the ratio at which the treated side had no more and no less, beyond what was expected.
    """
    base = (pairs.control - pairs.expected_control + pairs.expected_treated).sum()
    return float(pairs.treated.sum() / base) if base > 0 else float("nan")


def interval_of(pairs: Paired, signs: Floats, level: float) -> tuple[float, float]:
    """Give the ratios that the test does not refuse: an interval of this level.

    Parameters
    ----------
    pairs : Paired
        Counts.
    signs : array (n_falls, n_pairs)
        Falls of the coins.
    level : float
        Above 0 and below 1.

    Notes
    -----
    Treated counts are divided by the ratio, and the test is done at half of 1 − level on either
    side. The ends are found by halving on a logarithmic scale; an end that the data do not bound is
    0 or infinite.
    """
    half = (1 - level) / 2
    low = _edge(lambda ratio: p_of_rise(pairs, signs, ratio) > half, falling=False)
    high = _edge(lambda ratio: p_of_fall(pairs, signs, ratio) > half, falling=True)
    return low, high


def _edge(is_allowed: Callable[[float], bool], *, falling: bool) -> float:
    """Find where what is allowed ends; allowed ratios lie above the low end, and below the high."""
    least, most = np.log(_WIDEST)
    if falling:
        if is_allowed(_WIDEST[1]):
            return float("inf")
    elif is_allowed(_WIDEST[0]):
        return 0.0
    for _ in range(_STEPS):
        middle = (least + most) / 2
        if is_allowed(float(np.exp(middle))) == falling:
            least = middle
        else:
            most = middle
    return float(np.exp((least + most) / 2))


def power_of(
    draw: Draw, falls: tuple[float, ...], *, level: float, n: int, rng: np.random.Generator
) -> list[float]:
    """Give the share of simulated experiments that would find each fall.

    Parameters
    ----------
    draw : callable
        Gives the counts of one experiment without any effect, for a generator.
    falls : tuple of float
        Shares by which treatment lowers reports, 0 to under 1: each treated report is left out with
        this probability.
    level : float
        Of the one-sided test.
    n : int
        Simulated experiments.
    rng : Generator
        The source of randomness.
    """
    found = np.zeros(len(falls))
    for _ in range(n):
        pairs = draw(rng)
        signs = coins(len(pairs.treated), rng, _SIMULATED_DRAWS)
        for number, fall in enumerate(falls):
            left = rng.binomial(pairs.treated.astype(np.int64), 1 - fall).astype(np.float64)
            found[number] += p_of_fall(pairs._replace(treated=left), signs) <= level
    return [float(share) for share in found / n]
