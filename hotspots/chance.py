"""Random numbers that can be repeated: one meaning of `rng` for every verb that draws."""

from __future__ import annotations

import numpy as np

from hotspots.errors import invalid


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
    is_seed = isinstance(rng, int | np.integer) and not isinstance(rng, bool) and rng >= 0
    if rng is None or isinstance(rng, np.random.Generator) or is_seed:
        return np.random.default_rng(rng)
    name = "rng"
    raise invalid(name, rng, "a whole number, 0 or more, a numpy Generator, or None")
