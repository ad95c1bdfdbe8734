"""Visits set aside for places that the list does not name, drawn at random with a recorded seed.

Officers who only go where reports come from only find what reports say. Each visit that a tour has
time for is one of exploration with the same small chance, whatever else the tours have time for.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hotspots.tasking.visits import VisitOptions


def draw_exploration(
    options: VisitOptions,
    candidates: Mapping[str, Sequence[str]],
    *,
    share: float,
    seed: int,
) -> pd.DataFrame:
    """Draw the visits of exploration.

    Parameters
    ----------
    options : VisitOptions
        The tours, and the visits that each has time for.
    candidates : mapping of str to sequence of str
        Ids of the places that each team may be sent to.
    share : float
        The chance of each visit to be one of exploration, 0–1.
    seed : int
        For the draws; recorded with the plan.

    Returns
    -------
    DataFrame
        Columns `slot`, `place` and `part` (where in the tour it is made, 0 to 1).

    Notes
    -----
    Every draw depends on the seed, the tour and the number of the visit in it alone: with one more
    officer the draws of the other visits are what they were, and row order does not matter.
    """
    rows: list[tuple[Any, ...]] = []
    teams = options.tours["team"]
    for slot, team, n in zip(options.room.index, teams, options.room, strict=True):
        places = sorted(candidates.get(team, ()))
        if not places or share <= 0:
            continue
        for number in range(int(n)):
            rng = np.random.default_rng([seed, zlib.crc32(str(slot).encode()), number])
            is_drawn, place, part = rng.random(3)
            if is_drawn < share:
                rows.append((slot, places[int(place * len(places))], float(part)))
    return pd.DataFrame(rows, columns=["slot", "place", "part"])
