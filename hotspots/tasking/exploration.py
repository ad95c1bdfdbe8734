"""Visits set aside for places that the list does not name, drawn at random with a recorded seed.

Officers who only go where reports come from only find what reports say. A share of each team's time
is kept for places, tours and hours that chance alone has chosen.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOUCHING = 1e-9


def draw_exploration(
    tours: pd.DataFrame,
    candidates: Mapping[str, Sequence[str]],
    *,
    share: float,
    seed: int,
) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Draw the visits of exploration, and say what time is left for the others.

    Parameters
    ----------
    tours : DataFrame
        The slots: `team`, and `visits`, how many each has time for on average.
    candidates : mapping of str to sequence of str
        Ids of the places that each team may be sent to.
    share : float
        Share of a team's visits that explore, 0–1.
    seed : int
        For the draws; recorded with the plan.

    Returns
    -------
    drawn : DataFrame
        Columns `slot`, `place` and `part` (where in the tour it is made, 0 to 1).
    visits : Series of float
        Visits that each slot has time for beside these, on the index of `tours`.

    Notes
    -----
    A team that has time for v visits makes share × v of exploration, rounded up or down by chance
    so that the mean is right. Each goes to a tour, with chances as the tours have time, and to a
    place, each with the same chance; no tour has two before all have one. The time is taken from
    all tours of the team alike. The draws depend on the seed and the name of the team, and so not
    on the order of the rows or on other teams.
    """
    left = tours["visits"].astype("float64")
    rows: list[tuple[Any, ...]] = []
    for team, own in tours.groupby("team", sort=False):
        places = sorted(candidates.get(str(team), ()))
        time = own["visits"].to_numpy(dtype=np.float64)
        whole = time.sum()
        if not places or whole <= 0:
            continue
        rng = np.random.default_rng([seed, zlib.crc32(str(team).encode())])
        n = min(int(np.floor(share * whole + rng.random())), int(np.floor(whole + _TOUCHING)))
        if n == 0:
            continue
        left[own.index] = time * (1 - n / whole)
        n_slots = int((time > 0).sum())
        slots = np.concatenate(
            [
                rng.choice(len(own), min(n_slots, n - done), replace=False, p=time / whole)
                for done in range(0, n, n_slots)
            ]
        )
        chosen = rng.integers(len(places), size=n)
        rows += [
            (own.index[slot], places[place], float(part))
            for slot, place, part in zip(slots, chosen, rng.random(n), strict=True)
        ]
    return pd.DataFrame(rows, columns=["slot", "place", "part"]), left
