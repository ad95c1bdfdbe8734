"""Chances beyond what replicates can show: a further value of a Gumbel sample."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

# The logarithm of the scale is known to about 0.8/√n: nodes to fifteen times that on either side.
_REACH: Final = 12.0
_NODES: Final = 241
_LARGEST: Final = math.log(sys.float_info.max)
# Samples whose values differ by less, as a share, are taken as all the same.
_SAME: Final = 1e-9


class GumbelTail:
    """The chance that a further value of a Gumbel distribution is as large as a number.

    Parameters
    ----------
    sample : array of float
        Values of the distribution, at least two.

    Notes
    -----
    Location and scale are not known but estimated, and few values estimate them badly: the chance
    is averaged over what they may be, given the sample. With the prior 1/scale that is exact: of
    further values a share of α has a chance of at most α, whatever the sample's size (Lawless
    2003). The location is averaged over in closed form and the scale by quadrature.

    References
    ----------
    Lawless, J. F. (2003). Statistical Models and Methods for Lifetime Data, 2nd edition. Wiley.
    """

    def __init__(self, sample: Floats) -> None:
        self._sample = np.sort(np.asarray(sample, dtype=float))
        n, self._middle = len(self._sample), float(self._sample.mean())
        spread = float(self._sample.std())
        self._is_constant = bool(spread <= _SAME * max(abs(self._middle), 1.0))
        if self._is_constant:
            return
        guess = spread * math.sqrt(6.0) / math.pi
        steps = np.linspace(-1, 1, _NODES) * _REACH / math.sqrt(n)
        self._scales = guess * np.exp(steps)
        scaled = -(self._sample - self._middle) / self._scales[:, None]
        largest = scaled.max(axis=1)
        self._log_sum = largest + np.log(np.exp(scaled - largest[:, None]).sum(axis=1))
        # The deviations from the mean add up to 0. Nodes are even in the logarithm of the scale.
        logs = (1 - n) * np.log(self._scales) - n * self._log_sum
        weights = np.exp(logs - logs.max())
        self._weights = weights / weights.sum()

    def p(self, value: float) -> float:
        """Give the chance that a further value is as large; above 0.

        Of a sample of one value again and again only its ranks say anything: 1 for what is no
        larger, and else one in a sample with the value itself.
        """
        if self._is_constant:
            return 1.0 if value <= self._sample[-1] else 1.0 / (1 + len(self._sample))
        exponent = -(value - self._middle) / self._scales - self._log_sum
        inside = np.log1p(np.exp(np.minimum(exponent, _LARGEST)))
        chance = float(self._weights @ -np.expm1(-len(self._sample) * inside))
        return min(max(chance, sys.float_info.min), 1.0)
