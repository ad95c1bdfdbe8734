"""Where high or low counts lie together: the Gi and Gi* of Getis and Ord, with p that hold.

What chance gives is not a normal curve but the sum of values drawn from the other places, all
permutations of them where that can be worked out; with an exposure, counts fall in proportion.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betainc

from hotspots.chance import make_generator
from hotspots.errors import InputError, invalid
from hotspots.patterns.drawn_sums import LEAST_P, Sums, count_draws, exact_tails, is_whole_numbers
from hotspots.patterns.surroundings import (
    announce,
    check_draws,
    check_places,
    combine,
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

_LOG = logging.getLogger(__name__)

_DRAWS: Final = 99_999
_MOST_DRAWS: Final = 999_999
_MOST_DRAWN: Final = 200_000_000
_NOTHING: Final = 1e-14


class _Judged(NamedTuple):
    """What chance gives for each place, and how the observed sum compares."""

    expected: Floats
    z: Floats
    p: Floats
    n_draws: int | None
    """Draws of the places that none of the first ones reached; None if p is exact."""


def getis_ord(
    values: pd.Series[Any] | Counts,
    places: gpd.GeoDataFrame,
    *,
    radius: float | None = None,
    star: bool = True,
    alternative: Literal["greater", "less", "two-sided"] = "greater",
    exposure: pd.Series[Any] | None = None,
    n_permutations: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> pd.DataFrame:
    """Test each place for high or low values around it.

    A place stands out if it and its neighbours together have more than chance would bring
    together, given how much there is in all.

    Parameters
    ----------
    values : Series of numbers, or Counts
        Counts, or other numbers of at least 0, by the ids of places in any order. A place without
        a value has 0.
    places : GeoDataFrame
        All places, with and without incidents, EPSG:27700. Such as `make_grid` gives.
    radius : float, optional
        Neighbours are the places whose centres are at most so many metres apart. By default those
        that adjoin: squares over edges and corners, hexagons over edges, areas that touch.
    star : bool
        Whether the place itself counts (Gi*) or only its neighbours (Gi).
    alternative : {"greater", "less", "two-sided"}
        What is looked for: high values together, low ones, or either.
    exposure : Series of numbers, optional
        What incidents would be in proportion to if nothing but chance were at work, such as
        population or households; at least 0, one for each place. Values must then be counts.
    n_permutations : int, optional
        Draws for each place. By default none: p is worked out over all permutations if the values
        are whole numbers, and else from 99,999 draws. Not used with an exposure, where p is exact.
    rng : int or Generator, optional
        Seed. Used only where values are drawn.

    Returns
    -------
    DataFrame
        On the index of `places`:

        - `local_sum`: sum of the values of the neighbours, and with `star` of the place itself;
        - `n_neighbours`: without the place itself;
        - `expected`: mean of the sum if only chance were at work;
        - `z`: standard deviations from there to the sum;
        - `p_z`: p of `z` by the normal distribution, which sparse counts do not follow;
        - `p`: from permutations or, with an exposure, the binomial distribution;
        - `q`: Benjamini–Hochberg rate of false findings of all places up to this `p`.

        The last four and `expected` are missing for a place without neighbours, and `z` and `p_z`
        where nothing could vary.

    Raises
    ------
    InputError
        If the coordinate system is not EPSG:27700, an id is not that of a place, values are below
        0 or all the same, nobody has neighbours, or with an exposure, values are not whole
        numbers.

    Warns
    -----
    HotspotsWarning
        If draws, more of them than asked for included, are too few to bring the q of a place that
        none of them reached below 0.05.

    Notes
    -----
    With n places, k neighbours of place i and S the `local_sum`, Gi* takes x̄ and s² of all values
    and has z = (S − (k+1) x̄) / (s √((n(k+1) − (k+1)²)/(n−1))). Gi takes them of the n−1 others,
    and has z = (S − k x̄ᵢ) / (sᵢ √(((n−1)k − k²)/(n−2))).

    The permutation is conditional: the place keeps its value, and its k neighbours are any k of the
    others. So p is the same for Gi and Gi*: the place's own value is no evidence of its
    surroundings. Sums that are equal count as reached. Without draws, p is the hypergeometric
    mixture over all choices of neighbours. With R draws it is (1 + reached)/(1 + R); places that
    none has reached have their p from all permutations or, where that would take too long or
    values are not whole, from up to 999,999 draws. Draws are shared: a random order of the places
    serves each of them with the place itself taken out of it, which keeps every p valid and, like a
    shared calibration sample, their dependence positive.

    With an exposure e, all counts are dealt out again in proportion to it. The sum of a set of
    places is then binomial: for Gi* with n = Σx and share e(S)/Σe, for Gi with the place's own
    count and exposure taken out of both; z is that of this binomial distribution.

    The smallest p is 1e-15 where it is exact and 1/(1 + R) where drawn; what it means for q is
    announced in the log. O(n k) and, for an exact p, the number of different values times the
    square of k times the largest sum. No table of places by draws is kept.

    Caveats
    -------
    Reports are not independent: one party makes three calls. Give counts of episodes or of nights
    with an incident, or every q is too small. Without an exposure the test finds where people are.
    Neighbouring tests share data: a hotspot of one place is found by its neighbours too, and with
    Gi* the p of a lone peak may be large, for its own value counts only with an exposure.
    Benjamini–Hochberg holds for tests that depend positively; neighbours do, places far apart with
    a fixed total slightly negatively. Another size or origin of cells gives another map. Points
    snapped to a street's middle put counts in one cell that belong to two. At the edge of the data
    there are fewer neighbours and less power. With sparse counts p has few values, and the share
    of false findings is below the level.

    References
    ----------
    Getis, A., Ord, J. K. (1992). The analysis of spatial association by use of distance
    statistics. Geographical Analysis 24(3). doi:10.1111/j.1538-4632.1992.tb00261.x
    Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues
    and an application. Geographical Analysis 27(4). doi:10.1111/j.1538-4632.1995.tb00912.x
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). doi:10.1111/j.2517-6161.1995.tb02031.x
    Bates, S., Candès, E., Lei, L., Romano, Y., Sesia, M. (2023). Testing for outliers with
    conformal p-values. Annals of Statistics 51(1). doi:10.1214/22-AOS2244

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
    >>> boroughs = hs.load_boroughs()
    >>> places = hs.make_grid(boroughs[boroughs["name"] == "Camden"], cell_size=250)
    >>> counts = hs.count_incidents(calls, places)
    >>> found = hs.getis_ord(counts, places)
    >>> found.columns.tolist()
    ['local_sum', 'n_neighbours', 'expected', 'z', 'p_z', 'p', 'q']
    >>> bool((found["q"] <= 0.05).any())
    True
    """
    check_places(places)
    check_draws(alternative, n_permutations)
    if not isinstance(star, bool):
        raise invalid("star", star, "True (Gi*) or False (Gi)")
    chance = make_generator(rng)
    numbers = values_of(values, places, "values", is_complete=False)
    if (numbers < 0).any():
        raise invalid("values", numbers.min(), "0 or more", "For residuals use hs.local_moran.")
    near = find_near(places, radius)
    n_neighbours = np.diff(near.indptr)
    local = near @ numbers + star * numbers
    if exposure is None:
        if np.ptp(numbers) == 0:
            raise _unvaried(numbers[0])
        judged = _judge_permuted(numbers, near, local, star, alternative, n_permutations, chance)
    else:
        judged = _judge_exposed(numbers, near, local, star, alternative, exposure, places)
    found = pd.DataFrame(
        {
            "local_sum": local,
            "n_neighbours": n_neighbours,
            "expected": judged.expected,
            "z": judged.z,
            "p_z": normal_p(judged.z, alternative),
            "p": judged.p,
        },
        index=places.index,
    )
    found.loc[n_neighbours == 0, ["expected", "z", "p_z", "p"]] = np.nan
    found["q"] = false_discovery_rates(found["p"].to_numpy())
    least_p = LEAST_P if judged.n_draws is None else 1 / (1 + judged.n_draws)
    remedy = "Give more n_permutations; with whole numbers p is exact."
    announce(found, least_p * (1 + (alternative == "two-sided")), judged.n_draws, remedy)
    return found


def _unvaried(value: float) -> InputError:
    msg = (
        f"Invalid values: each place has {value:g}. Must vary between places. Look at what was "
        "counted: counts.total, or give an exposure."
    )
    return InputError(msg)


# ---- Without an exposure ----


def _judge_permuted(
    numbers: Floats,
    near: Any,  # noqa: ANN401
    local: Floats,
    star: bool,  # noqa: FBT001
    alternative: str,
    n_permutations: int | None,
    chance: np.random.Generator,
) -> _Judged:
    expected, z = _standardise(numbers, np.diff(near.indptr), local, star)
    sums = Sums.of(numbers, near)
    if n_permutations is None and sums.is_whole:
        tails = exact_tails(sums, np.arange(len(numbers)))
        if tails is not None:
            return _Judged(expected, z, combine(*tails, alternative), None)
        _LOG.info("p is drawn: the sums are too large to work it out")
    n_draws = n_permutations or _DRAWS
    at_least, at_most = count_draws(sums, n_draws, chance)
    p = p_of_draws(at_least, at_most, n_draws, alternative)
    reached = {"greater": at_least, "less": at_most}.get(alternative, np.minimum(at_least, at_most))
    at_floor = np.flatnonzero(reached == 0)
    if len(at_floor) == 0:
        return _Judged(expected, z, p, n_draws)
    tails = exact_tails(sums, at_floor) if sums.is_whole else None
    if tails is not None:
        _LOG.info("%d places that no draw reached have an exact p", len(at_floor))
        p[at_floor] = combine(*tails, alternative)
        return _Judged(expected, z, p, None)
    n_more = min(_MOST_DRAWS, _MOST_DRAWN // int(sums.n_drawn.max())) - n_draws
    if n_more > 0:
        _LOG.info("%d places that no draw reached have %d more", len(at_floor), n_more)
        at_least, at_most = (
            first + more
            for first, more in zip(
                (at_least, at_most), count_draws(sums, n_more, chance), strict=True
            )
        )
        n_draws += n_more
        p[at_floor] = p_of_draws(at_least, at_most, n_draws, alternative)[at_floor]
    return _Judged(expected, z, p, n_draws)


def _standardise(
    numbers: Floats,
    n_neighbours: Any,  # noqa: ANN401
    local: Floats,
    star: bool,  # noqa: FBT001
) -> tuple[Floats, Floats]:
    """Give the mean of each sum over all permutations, and z."""
    own = np.where(star, 0.0, numbers)
    n, k = len(numbers) - (not star), n_neighbours + star
    squares = (numbers**2).sum()
    mean = (numbers.sum() - own) / n
    variance = (squares - own**2) / n - mean**2
    # Where the others are all the same, rounding alone would vary.
    variance[variance <= _NOTHING * squares / n] = np.nan
    spread = k * (n - k) / max(n - 1, 1)
    spread = np.where(spread > 0, spread, np.nan)
    return k * mean, (local - k * mean) / np.sqrt(variance * spread)


# ---- With an exposure ----


def _judge_exposed(
    numbers: Floats,
    near: Any,  # noqa: ANN401
    local: Floats,
    star: bool,  # noqa: FBT001
    alternative: str,
    exposure: pd.Series[Any],
    places: gpd.GeoDataFrame,
) -> _Judged:
    exposed = _checked_exposure(exposure, numbers, places)
    own = np.where(star, 0.0, 1.0)
    total = numbers.sum() - own * numbers
    whole = exposed.sum() - own * exposed
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((near @ exposed + star * exposed) / whole, 0.0, 1.0)
        expected = total * share
        z = (local - expected) / np.sqrt(expected * (1 - share))
        upper = np.where(local > 0, betainc(local, total - local + 1, share), 1.0)
        lower = np.where(local < total, betainc(total - local, local + 1, 1 - share), 1.0)
    z[~np.isfinite(z)] = np.nan
    upper, lower = (np.clip(np.nan_to_num(tail, nan=1.0), LEAST_P, 1.0) for tail in (upper, lower))
    return _Judged(expected, z, combine(upper, lower, alternative), None)


def _checked_exposure(
    exposure: pd.Series[Any], numbers: Floats, places: gpd.GeoDataFrame
) -> Floats:
    if not is_whole_numbers(numbers):
        wrong = numbers[numbers != np.rint(numbers)]
        remedy = "Leave the exposure out for values that are not counts."
        raise invalid("values", wrong[0], "whole numbers with an exposure", remedy)
    if numbers.sum() == 0:
        raise _unvaried(0.0)
    exposed = values_of(exposure, places, "exposure", is_complete=True)
    if (exposed < 0).any():
        raise invalid("exposure", exposed.min(), "0 or more")
    impossible = places.index[(exposed == 0) & (numbers > 0)]
    if len(impossible):
        msg = (
            f"Invalid exposure '0' of {len(impossible)} places with incidents, such as "
            f"{impossible[0]}. Must be above 0 wherever there are incidents. Use what everybody "
            "there adds to, such as residents and workers together."
        )
        raise InputError(msg)
    return exposed
