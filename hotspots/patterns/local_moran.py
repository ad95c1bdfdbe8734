"""Whether neighbours are alike: Moran's I of all places together, and of each place.

esda does the work on row-standardised neighbours; the p of its permutations are counted here, with
ties, because esda's own fold the tails and give sparse counts far too many small ones.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hotspots.chance import make_generator
from hotspots.errors import InputError, invalid
from hotspots.patterns.surroundings import (
    announce,
    check_draws,
    check_places,
    false_discovery_rates,
    find_near,
    normal_p,
    p_of_draws,
    values_of,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]

QUADRANTS: Final = ("high among high", "low among high", "low among low", "high among low")
"""What a place is among its neighbours, in esda's order from 1."""

_FEWEST: Final = 4
# esda adds up what it observes and what it draws in different orders.
_ROUNDING: Final = 1e-9


def local_moran(
    values: pd.Series[Any] | Counts,
    places: gpd.GeoDataFrame,
    *,
    radius: float | None = None,
    alternative: Literal["greater", "less", "two-sided"] = "two-sided",
    n_permutations: int = 999,
    rng: int | np.random.Generator | None = None,
) -> pd.DataFrame:
    """Test each place for being like its neighbours, or unlike them.

    It finds what `getis_ord` does not: a high place among low ones, and a low one among high ones.

    Parameters
    ----------
    values : Series of numbers, or Counts
        Counts or rates by the ids of places in any order. A place without a value has 0.
    places : GeoDataFrame
        All places, at least 4, EPSG:27700.
    radius : float, optional
        As in `getis_ord`.
    alternative : {"two-sided", "greater", "less"}
        What is looked for: "greater" places like their neighbours, "less" unlike ones.
    n_permutations : int
        Draws for each place, above 0.
    rng : int or Generator, optional
        Seed.

    Returns
    -------
    DataFrame
        On the index of `places`:

        - `local_moran`: Moran's Iᵢ, positive where the place is like its neighbours;
        - `n_neighbours`;
        - `quadrant`: "high among high", "low among high", "low among low" or "high among low",
          against the mean of all places;
        - `z`: standard deviations of the draws from their mean;
        - `p`: from conditional permutations;
        - `q`: Benjamini–Hochberg rate of false findings of all places up to this `p`.

        All but `n_neighbours` are missing for a place without neighbours, and `z` where nothing
        could vary.

    Raises
    ------
    InputError
        As `getis_ord`; values may be below 0.

    Warns
    -----
    HotspotsWarning
        If the draws are too few to bring the q of a place that none of them reached below 0.05.

    Notes
    -----
    Iᵢ = (n−1)/n · zᵢ Σⱼ wᵢⱼ zⱼ, z being values less their mean over their standard deviation and w
    neighbours with weights that add up to 1 (the transform "r"). The place keeps its value and its
    neighbours are drawn from the others without replacement. Of R draws, "greater" counts those
    that are no less and "less" those that are no more; p is (1 + count)/(1 + R), and "two-sided"
    twice the smaller one. Statistic and draws are those of `esda.Moran_Local`. O(n R k) in time;
    esda keeps all draws, 8 n R bytes.

    Caveats
    -------
    As for `getis_ord`: count episodes, many tests, arbitrary cells, snapped points, edges. Where
    counts are sparse most places are "low among low" and none of them can be significant: look at
    `p` first and at the quadrant then. Unequal populations make rates of small ones vary more,
    which looks like outliers.

    References
    ----------
    Anselin, L. (1995). Local indicators of spatial association – LISA. Geographical Analysis 27(2).
    doi:10.1111/j.1538-4632.1995.tb00338.x

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
    >>> boroughs = hs.load_boroughs()
    >>> places = hs.make_grid(boroughs[boroughs["name"] == "Camden"], cell_size=500)
    >>> counts = hs.count_incidents(calls, places)
    >>> found = hs.local_moran(counts, places, n_permutations=9999, rng=1)
    >>> found.loc[found["p"].idxmin(), "quadrant"]
    'high among high'
    """
    numbers, near = _checked(values, places, radius, alternative, n_permutations)
    esda_seed = int(make_generator(rng).integers(2**31))
    from esda import Moran_Local  # noqa: PLC0415 (slow to import)

    with warnings.catch_warnings():
        # esda warns of places without neighbours and of its own rule for p, which is not used.
        warnings.simplefilter("ignore")
        local = Moran_Local(
            numbers,
            _graph(near),
            transformation="r",
            permutations=n_permutations,
            seed=esda_seed,
            keep_simulations=True,
        )
    draws = local.rlisas
    slack = _ROUNDING * np.abs(local.Is).max()
    at_least = (draws >= local.Is[:, None] - slack).sum(axis=1)
    at_most = (draws <= local.Is[:, None] + slack).sum(axis=1)
    spread = draws.std(axis=1)
    spread[spread <= slack] = np.nan
    n_neighbours = np.diff(near.indptr)
    is_alone = n_neighbours == 0
    found = pd.DataFrame(
        {
            "local_moran": local.Is,
            "n_neighbours": n_neighbours,
            "quadrant": pd.Series(np.array(QUADRANTS)[local.q - 1], dtype="str").array,
            "z": (local.Is - draws.mean(axis=1)) / spread,
            "p": p_of_draws(at_least, at_most, n_permutations, alternative),
        },
        index=places.index,
    )
    found.loc[is_alone, ["local_moran", "quadrant", "z", "p"]] = np.nan
    found["q"] = false_discovery_rates(found["p"].to_numpy())
    least_p = (1 + (alternative == "two-sided")) / (1 + n_permutations)
    announce(found, least_p, n_permutations, "Give more n_permutations.")
    return found


def global_moran(
    values: pd.Series[Any] | Counts,
    places: gpd.GeoDataFrame,
    *,
    radius: float | None = None,
    alternative: Literal["greater", "less", "two-sided"] = "greater",
    n_permutations: int = 999,
    rng: int | np.random.Generator | None = None,
) -> pd.Series[float]:
    """Say how far neighbours are alike over all places together.

    One number for the whole map: whether there is anything to look for with `getis_ord` and
    `local_moran`. It does not say where.

    Parameters
    ----------
    values, places, radius
        As in `local_moran`.
    alternative : {"greater", "less", "two-sided"}
        What is looked for: "greater" neighbours that are alike, "less" unlike ones.
    n_permutations : int
        Draws, above 0.
    rng : int or Generator, optional
        Seed.

    Returns
    -------
    Series of float64
        `moran_i`; `expected` without autocorrelation, −1/(n−1); `z` and `p_norm` by Moran's
        normal approximation; `p` from permutations of all values; `n` places.

    Raises
    ------
    InputError
        As `local_moran`.

    Notes
    -----
    I = n/Σw · Σᵢ Σⱼ wᵢⱼ zᵢ zⱼ / Σ zᵢ², with neighbours whose weights add up to 1 (the transform
    "r"). p is (1 + count)/(1 + R) as in `local_moran`. Statistic, moments and draws are those of
    `esda.Moran`. Places without neighbours stay in the mean and in n.

    Caveats
    -------
    Counts are alike because people are: where many live, neighbours have more reports. Give rates,
    or read it as a description. A few places far above all others make `p_norm` wrong; use `p`.

    References
    ----------
    Cliff, A. D., Ord, J. K. (1981). Spatial Processes. Pion.

    Examples
    --------
    >>> import hotspots as hs
    >>> places = hs.places_from_areas(hs.load_boroughs())
    >>> east = pd.Series(places.geometry.centroid.x, index=places.index)
    >>> found = hs.global_moran(east, places, n_permutations=99, rng=1)
    >>> bool(found["moran_i"] > 0.5), float(found["p"])
    (True, 0.01)
    """
    numbers, near = _checked(values, places, radius, alternative, n_permutations)
    seed = int(make_generator(rng).integers(2**32))
    from esda import Moran  # noqa: PLC0415 (slow to import)

    # esda draws from numpy's global generator, which is put back as it was.
    state = np.random.get_state()  # noqa: NPY002
    try:
        np.random.seed(seed)  # noqa: NPY002
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            moran = Moran(numbers, _graph(near), transformation="r", permutations=n_permutations)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    slack = _ROUNDING * np.abs(moran.sim).max()
    at_least = (moran.sim >= moran.I - slack).sum()
    at_most = (moran.sim <= moran.I + slack).sum()
    return pd.Series(
        {
            "moran_i": moran.I,
            "expected": moran.EI,
            "z": moran.z_norm,
            "p_norm": normal_p(moran.z_norm, alternative),
            "p": p_of_draws(at_least, at_most, n_permutations, alternative),
            "n": len(numbers),
        },
        name="global_moran",
        dtype="float64",
    )


def _checked(
    values: pd.Series[Any] | Counts,
    places: gpd.GeoDataFrame,
    radius: float | None,
    alternative: str,
    n_permutations: int,
) -> tuple[Floats, Any]:
    """Give values in the order of the places, and who is near whom."""
    check_places(places)
    if n_permutations is None:
        raise invalid("n_permutations", n_permutations, "a whole number above 0")
    check_draws(alternative, n_permutations)
    if len(places) < _FEWEST:
        rule = f"at least {_FEWEST} places"
        raise invalid("number of places", len(places), rule, "Use all the places of a grid.")
    numbers = values_of(values, places, "values", is_complete=False)
    if np.ptp(numbers) == 0:
        msg = f"Invalid values: each place has {numbers[0]:g}. Must vary between places."
        raise InputError(msg)
    return numbers, find_near(places, radius)


def _graph(near: Any) -> Any:  # noqa: ANN401 (sparse array, Graph)
    from libpysal.graph import Graph  # noqa: PLC0415 (slow to import)

    return Graph.from_sparse(near.astype(np.float64).tocoo())
