"""Chances beyond what replicates can show: a further value of a Gumbel sample."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

# The scale is looked for within so many times that of the moments, in coarse steps first.
_REACH: Final = 1000.0
_NODES: Final = 241
# Where the logarithm of the weight is so much below its largest, there is nothing to add up.
_NOTHING: Final = 50.0
_LARGEST: Final = math.log(sys.float_info.max)
# Where some values are 0, fewer others say too little of the tail; of fewer different ones too.
_FEWEST_BESIDE_ZEROS: Final = 100
_FEWEST_DIFFERENT: Final = 8


class GumbelTail:
    """The chance that a further maximum is as large as a number.

    Parameters
    ----------
    sample : array of float
        Maxima, at least two; 0 where nothing stood out.

    Notes
    -----
    Those above 0 are taken as Gumbel distributed. Location and scale are not known but estimated,
    and few values estimate them badly: the chance is averaged over what they may be, given the
    sample. With the prior 1/scale that is exact: of further values a share of α has a chance of at
    most α, whatever the sample's size (Lawless 2003). The location is averaged over in closed form
    and the scale by quadrature. With n₊ of n values above 0 it is multiplied by (1 + n₊)/(1 + n).

    Where that would rest on too little (0 among the values and fewer than 100 others, or fewer than
    8 different ones), the chance is the Monte Carlo one: (1 + those as large)/(1 + n).

    References
    ----------
    Lawless, J. F. (2003). Statistical Models and Methods for Lifetime Data, 2nd edition. Wiley.
    """

    def __init__(self, sample: Floats) -> None:
        self._sample = np.sort(np.asarray(sample, dtype=float))
        above = self._sample[self._sample > 0]
        self._n = len(above)
        self._share = (1 + self._n) / (1 + len(self._sample)) if self._n < len(sample) else 1.0
        has_zeros = self._n < len(self._sample)
        self._is_counted = len(np.unique(above)) < _FEWEST_DIFFERENT or (
            has_zeros and self._n < _FEWEST_BESIDE_ZEROS
        )
        if self._is_counted:
            return
        self._middle = float(above.mean())
        self._deviations = above - self._middle
        guess = float(above.std()) * math.sqrt(6.0) / math.pi
        coarse = guess * np.geomspace(1 / _REACH, _REACH, _NODES)
        logs, _ = self._weigh(coarse)
        near = np.flatnonzero(logs > logs.max() - _NOTHING)
        low, high = coarse[max(near[0] - 1, 0)], coarse[min(near[-1] + 1, _NODES - 1)]
        # Nodes are even in the logarithm of the scale.
        self._scales = np.geomspace(low, high, _NODES)
        logs, self._log_sum = self._weigh(self._scales)
        weights = np.exp(logs - logs.max())
        self._weights = weights / weights.sum()

    def _weigh(self, scales: Floats) -> tuple[Floats, Floats]:
        """Give the logarithm of the weight of each scale, and that of Σ exp(−deviation/scale)."""
        scaled = -self._deviations / scales[:, None]
        largest = scaled.max(axis=1)
        log_sum = largest + np.log(np.exp(scaled - largest[:, None]).sum(axis=1))
        # The deviations from the mean add up to 0.
        return (1 - self._n) * np.log(scales) - self._n * log_sum, log_sum

    def p(self, value: float) -> float:
        """Give the chance that a further value is as large; above 0."""
        if value <= 0:
            return 1.0
        if self._is_counted:
            n_reached = len(self._sample) - int(np.searchsorted(self._sample, value))
            return (1 + n_reached) / (1 + len(self._sample))
        exponent = -(value - self._middle) / self._scales - self._log_sum
        inside = np.log1p(np.exp(np.minimum(exponent, _LARGEST)))
        chance = self._share * float(self._weights @ -np.expm1(-self._n * inside))
        return min(max(chance, sys.float_info.min), 1.0)
