"""The quartic and the Gaussian kernel, and the smoothing of a raster with them by FFT.

A kernel is laid on the raster and divided by its sum there, so that what is smoothed keeps its
sum whatever the cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]

# Where no point is near, the transform leaves rounding noise of this share of the maximum.
_NOISE: Final = 1e-13


@dataclass(frozen=True)
class Kernel:
    """A way to spread one incident over the ground round it.

    Parameters
    ----------
    shape : callable
        Its height by the squared distance in bandwidths, 1 in the middle.
    reach : float
        Bandwidths after which it is taken to be 0.
    footprint : float
        One over the integral of the squared kernel, in squared bandwidths: the ground that n
        incidents would have to be spread over evenly for the density to be as sure as with it.
    fineness : int
        Cells in a bandwidth by default: one point in the worst place is then off by less than half
        a percent of the height of the kernel.
    narrower : float
        Bandwidth that smooths as widely as a quartic kernel of radius 1.
    """

    shape: Callable[[Floats], Floats]
    reach: float
    footprint: float
    fineness: int
    narrower: float


def _quartic(squared: Floats) -> Floats:
    return np.asarray(np.clip(1 - squared, 0, None) ** 2)


def _gaussian(squared: Floats) -> Floats:
    return np.exp(-squared / 2)


KERNELS: Final = {
    "quartic": Kernel(_quartic, reach=1, footprint=5 * math.pi / 9, fineness=15, narrower=1.0),
    "gaussian": Kernel(
        _gaussian, reach=5, footprint=4 * math.pi, fineness=10, narrower=1 / math.sqrt(7)
    ),
}
"""The kernels by name. 4 parts in a million of a Gaussian's volume lie beyond 5 bandwidths."""


def smooth(binned: Iterable[Floats], kernel: Kernel, bandwidth: float) -> Iterator[Floats]:
    """Smooth layers of the same shape; nothing comes round from the opposite edge.

    Parameters
    ----------
    binned : iterable of float array (n_rows, n_columns)
        What stands in each cell; none below 0.
    kernel : Kernel
        How to spread it.
    bandwidth : float
        Its bandwidth, in cells.

    Yields
    ------
    float array (n_rows, n_columns)
        Sum per cell after smoothing, of each layer in turn.
    """
    reach = math.ceil(kernel.reach * bandwidth)
    offsets = (np.arange(-reach, reach + 1) / bandwidth) ** 2
    heights = kernel.shape(offsets[:, None] + offsets)
    heights /= heights.sum()
    spread = None
    for layer in binned:
        if spread is None:
            # Beyond the far edge a kernel reaches nothing.
            near = [min(reach, length - 1) for length in layer.shape]
            size = [
                fft.next_fast_len(length + more, real=True)
                for length, more in zip(layer.shape, near, strict=True)
            ]
            laid = np.zeros(size)
            middle = tuple(slice(reach - more, reach + more + 1) for more in near)
            laid[: 2 * near[0] + 1, : 2 * near[1] + 1] = heights[middle]
            laid = np.roll(laid, (-near[0], -near[1]), axis=(0, 1))
            spread = fft.rfft2(laid, workers=-1).real  # the kernel is even, so nothing else is left
            del laid
        found = fft.irfft2(fft.rfft2(layer, size, workers=-1) * spread, size, workers=-1)
        found = found[: layer.shape[0], : layer.shape[1]]
        found[found < _NOISE * found.max()] = 0.0
        yield found
