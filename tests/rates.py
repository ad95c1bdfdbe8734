"""Maps of places whose rates are known, to hold smoothed rates against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from tests.places import make_cells, on

if TYPE_CHECKING:
    import geopandas as gpd

World = Literal["gamma", "lognormal", "areas", "smooth", "bursts"]
"""How rates differ, or counts vary; see `simulate_rates`."""

WORLDS: tuple[World, ...] = get_args(World)
MEAN = 4.0
_AREAS = 3


@dataclass(frozen=True)
class RateMap:
    """Counts of a map of places, and the rates that they were drawn from."""

    n: pd.Series
    exposure: pd.Series
    rate: pd.Series
    places: gpd.GeoDataFrame
    dispersion: float
    """Sum of squares over sum of the calls of all episodes: what a burst counts for."""
    own_dispersion: pd.Series
    """The same, of each place alone; 1 where there was no call."""

    def shrunk_dispersion(self, weight: float = 20) -> pd.Series:
        """Give that of each place, drawn towards that of all as if by so many calls."""
        squares = self.own_dispersion * self.n + weight * self.dispersion
        return squares / (self.n + weight)


def simulate_rates(world: World, side: int, rng: int) -> RateMap:
    """Draw a square map of places in nine areas, rates about 4 in 0.25 to 2 years of exposure.

    "gamma": rates are gamma distributed with shape 0.7. "lognormal": the variance of log rates is
    1.5, so that a few places are far above all others. "areas": the means of areas differ besides.
    "smooth": rates follow a surface, with gamma noise of shape 3. "bursts": gamma rates, but three
    in ten episodes bring several calls.
    """
    chance = np.random.default_rng(rng)
    size = side * side
    row, column = np.divmod(np.arange(size), side)
    area = row * _AREAS // side * _AREAS + column * _AREAS // side
    places = make_cells(side, side)
    places["area_id"] = pd.Series([f"a{number}" for number in area], places.index, dtype="str")
    rate = chance.gamma(0.7, 1 / 0.7, size)
    if world == "lognormal":
        rate = np.exp(chance.normal(-0.75, np.sqrt(1.5), size))
    elif world == "areas":
        rate *= np.exp(chance.normal(-0.5, 1, _AREAS**2))[area]
    elif world == "smooth":
        surface = gaussian_filter(chance.normal(size=(side, side)), 2, mode="wrap").ravel()
        rate = np.exp(surface / surface.std() - 0.5) * chance.gamma(3, 1 / 3, size)
    rate *= MEAN
    exposure = chance.uniform(0.25, 2, size)
    # Calls of an episode: one, and in bursts on average three more.
    share, more = (0.3, 3.0) if world == "bursts" else (0.0, 1.0)
    episodes = chance.poisson(rate * exposure / (1 + share * more))
    is_burst = chance.random(episodes.sum()) < share
    calls = 1 + is_burst * chance.geometric(1 / more, len(is_burst))
    place = np.repeat(np.arange(size), episodes)
    n, squares = (np.bincount(place, weights=calls**power, minlength=size) for power in (1, 2))
    return RateMap(
        n=on(places, n),
        exposure=on(places, exposure),
        rate=on(places, rate),
        places=places,
        dispersion=float(squares.sum() / max(n.sum(), 1)),
        own_dispersion=on(places, np.divide(squares, n, out=np.ones(size), where=n > 0)),
    )


def coverage(found: pd.DataFrame, truth: pd.Series, chosen: Any = None) -> float:
    """Give the share of places whose interval holds their rate."""
    holds = (found["low"] <= truth) & (truth <= found["high"])
    return float((holds if chosen is None else holds[chosen]).mean())
