"""Random numbers that can be repeated: one meaning of `rng` for every verb that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hotspots.errors import invalid, is_whole

if TYPE_CHECKING:
    from typing import Any


def make_generator(rng: int | np.random.Generator | None) -> np.random.Generator:
    """Give a random generator.

    Parameters
    ----------
    rng : int, Generator or None
        A seed, 0 or more; a generator, which is used and moved on; or None for one that cannot be
        repeated.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if rng is None or isinstance(rng, np.random.Generator) or is_whole(rng, 0):
        return np.random.default_rng(rng)
    name = "rng"
    raise invalid(name, rng, "a whole number, 0 or more, a numpy Generator, or None")


def draw_seeds(chance: np.random.Generator, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draw seeds for replicates, one each, so that threads may take them in any order."""
    return chance.integers(0, 2**32, n, dtype=np.uint32).astype(np.int64)
