"""What tests of places share: their values, who is near whom, and the rate of false findings.

Values are brought to the order of the places by their ids, never by position; whoever is near is
found by adjacency or by the distance of centres.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from scipy.stats import norm

from hotspots.areas import neighbours
from hotspots.counts import Counts
from hotspots.errors import HotspotsWarning, InputError, invalid, is_number, is_whole
from hotspots.tables import require_crs

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)

ALTERNATIVES: Final = ("greater", "less", "two-sided")
"""What a test looks for: more than chance gives, less, or either."""

_LEVEL: Final = 0.05
_SHOWN: Final = 5
# Centres exactly at the radius are near in spite of rounding.
_WIDER: Final = 1 + 1e-9


def check_places(places: gpd.GeoDataFrame) -> None:
    """Raise `InputError` unless there are at least two places in the one coordinate system."""
    if not isinstance(places, gpd.GeoDataFrame):
        remedy = "Use hs.make_grid(areas) or hs.places_from_areas(areas)."
        raise invalid("places", type(places).__name__, "a GeoDataFrame of places", remedy)
    require_crs("places", places)
    _check_unique("places", places.index)
    if len(places) < 2:  # noqa: PLR2004 (one has no other to differ from)
        msg = (
            f"Invalid places: there are {len(places)}. Must be at least two, with and without "
            "incidents. Use all the places of a grid."
        )
        raise InputError(msg)
    missing = places.index[places.geometry.isna() | places.geometry.is_empty]
    if len(missing):
        raise InputError(f"Invalid places without a geometry: {_some(missing)}. Must have one.")


def check_draws(alternative: str, n_permutations: int | None) -> None:
    """Raise `InputError` unless these say what to look for and how many draws to take."""
    if alternative not in ALTERNATIVES:
        raise invalid("alternative", alternative, f"one of {', '.join(ALTERNATIVES)}")
    if n_permutations is not None and not is_whole(n_permutations, 1):
        raise invalid("n_permutations", n_permutations, "a whole number above 0")


def values_of(
    values: Any,  # noqa: ANN401 (what is no Series is refused)
    places: gpd.GeoDataFrame,
    name: str,
    *,
    is_complete: bool,
) -> Floats:
    """Bring values to the order of the places.

    Parameters
    ----------
    values : Series of numbers, or Counts
        By the ids of places, in any order.
    places : GeoDataFrame
        The places.
    name : str
        What messages call the values.
    is_complete : bool
        Whether each place must have one; else a place without one has 0.

    Raises
    ------
    InputError
        If they are not a Series of numbers, an id occurs twice, is not that of a place, or lacks
        its value.
    """
    if isinstance(values, Counts):
        values = pd.Series(values.totals(), index=values.places.index)
    if not isinstance(values, pd.Series):
        remedy = "Use pd.Series(numbers, index=places.index)."
        raise invalid(name, type(values).__name__, "a Series by the ids of the places", remedy)
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise invalid(name, values.dtype, "numbers", "Use pd.to_numeric(values).")
    numbers = values.astype("float64")
    _check_unique(name, values.index)
    wrong = values.index[~np.isfinite(numbers.to_numpy())]
    if len(wrong):
        msg = (
            f"Invalid {name} that are missing or infinite: {_some(wrong)}. Must be numbers. Leave "
            "out what is not known, with its places."
        )
        raise InputError(msg)
    if not values.index.equals(places.index):
        unknown = values.index[~values.index.isin(places.index)]
        if len(unknown):
            msg = (
                f"Invalid {name} of places that are not there: {_some(unknown)}. Must be by the "
                f"ids of the places, such as {places.index[0]}. Use "
                "pd.Series(numbers, index=places.index)."
            )
            raise InputError(msg)
        lacking = places.index[~places.index.isin(values.index)]
        if len(lacking) and is_complete:
            msg = f"Invalid {name} without {_some(lacking)}. Must have a number for each place."
            raise InputError(msg)
        if len(lacking):
            _LOG.info("%d places without a value count as 0", len(lacking))
        numbers = numbers.reindex(places.index, fill_value=0.0)
    return np.asarray(numbers, dtype=np.float64)


def find_near(places: gpd.GeoDataFrame, radius: Any) -> csr_array[Any, Any]:  # noqa: ANN401
    """Find the places that are near each other.

    Parameters
    ----------
    places : GeoDataFrame
        The places.
    radius : float or None
        Largest distance between centres, metres; None for those that adjoin.

    Returns
    -------
    csr_array of bool
        Square and symmetric, by position in `places`; nothing is near itself.

    Raises
    ------
    InputError
        If nobody is near anybody, the radius is not above 0, or adjacency is asked of what is not
        a places table.
    """
    if radius is None:
        lacking = {"shape", "cell_size_m", "column", "row"}.difference(places.columns)
        if lacking:
            msg = (
                f"Invalid places without {', '.join(sorted(lacking))}. Must be a places table to "
                "find those that adjoin. Use hs.make_grid(areas), or give a radius in metres."
            )
            raise InputError(msg)
        near = neighbours(places)
        remedy = "Give a radius in metres."
    else:
        if not is_number(radius) or radius <= 0:
            raise invalid("radius", radius, "a number of metres above 0, or None")
        near = _within(places, float(radius))
        remedy = "Give a radius larger than the distance between the centres of neighbours."
    if near.nnz == 0:
        rule = "such that places have neighbours; nobody has one"
        raise invalid("radius", radius, rule, remedy)
    n_alone = int((np.diff(near.indptr) == 0).sum())
    if n_alone:
        _LOG.info("%d places have no neighbour and are not tested", n_alone)
    return near


def _within(places: gpd.GeoDataFrame, radius: float) -> csr_array[Any, Any]:
    centres = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()))
    pairs = cKDTree(centres).query_pairs(radius * _WIDER, output_type="ndarray")
    left, right = np.concatenate([pairs, pairs[:, ::-1]]).T
    n = len(places)
    near = csr_array((np.ones(len(left), dtype=bool), (left, right)), shape=(n, n))
    near.sort_indices()
    return near


def normal_p(z: Floats, alternative: str) -> Floats:
    """Give the p of a standard normal statistic; missing where it is missing."""
    if alternative == "two-sided":
        return np.asarray(2 * norm.sf(np.abs(z)))
    return np.asarray(norm.sf(z) if alternative == "greater" else norm.cdf(z))


def combine(upper: Floats, lower: Floats, alternative: str) -> Floats:
    """Give the p of the alternative from the p of both tails."""
    if alternative == "two-sided":
        return np.asarray(np.minimum(2 * np.minimum(upper, lower), 1.0))
    return np.asarray(upper if alternative == "greater" else lower)


def p_of_draws(at_least: Any, at_most: Any, n_draws: int, alternative: str) -> Floats:  # noqa: ANN401
    """Give p from how many draws were no less, and no more: what was observed is one of them."""
    return combine((1 + at_least) / (1 + n_draws), (1 + at_most) / (1 + n_draws), alternative)


def false_discovery_rates(p: Floats, family: Floats | None = None) -> Floats:
    """Give the Benjamini–Hochberg rate of each p; what is missing is not tested.

    Parameters
    ----------
    p : array of float
        Chances, 0–1.
    family : array of float, optional
        p of all tests among which they are judged; by default those of `p` themselves.
    """
    tests = np.sort(p if family is None else family)
    tests = tests[~np.isnan(tests)]
    rates = tests * len(tests) / np.arange(1, len(tests) + 1)
    # From each test on, the smallest rate: the level at which it is the last one listed.
    later = np.append(np.minimum.accumulate(rates[::-1])[::-1], np.inf)
    own = p * len(tests) / np.maximum(np.searchsorted(tests, p, side="right"), 1)
    return np.asarray(np.minimum(np.minimum(own, later[np.searchsorted(tests, p)]), 1.0))


def announce(found: pd.DataFrame, least_p: float, n_draws: int | None, remedy: str) -> None:
    """Say how small q can become, and warn where draws were too few for what was found.

    Parameters
    ----------
    found : DataFrame
        With `p` and `q`.
    least_p : float
        The smallest p that can be shown.
    n_draws : int or None
        Draws of a place that none of them reached; None where p is exact.
    remedy : str
        What to do if they were too few, a full sentence.
    """
    n_tested = int(found["p"].notna().sum())
    least_q = min(least_p * n_tested, 1.0)
    _LOG.info(
        "%d places tested; the smallest p is %.2g, so the q of a lone place is at least %.2g",
        n_tested,
        least_p,
        least_q,
    )
    if n_draws is None:
        return
    n_short = int(((found["p"] <= least_p) & (found["q"] > _LEVEL)).sum())
    if n_short:
        warnings.warn(
            f"None of {n_draws:,} draws reached {n_short:,} places, and yet their q is above "
            f"{_LEVEL}: that of a lone place among {n_tested:,} is at least {least_q:.2g}. "
            f"{remedy}",
            HotspotsWarning,
            stacklevel=3,
        )


def _check_unique(name: str, index: pd.Index[Any]) -> None:
    if not index.is_unique:
        twice = index[index.duplicated()].unique()
        raise InputError(f"Invalid {name} with ids more than once: {_some(twice)}. Must be unique.")


def _some(ids: pd.Index[Any]) -> str:
    shown = ", ".join(map(str, ids[:_SHOWN]))
    return f"{len(ids):,} ({shown}{', …' if len(ids) > _SHOWN else ''})"
