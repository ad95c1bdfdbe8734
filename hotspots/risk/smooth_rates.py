"""Rates of places from few incidents: shrunk as far as the data ask, each with its uncertainty.

Empirical Bayes. The counts of all places say how rates differ (a gamma distribution, fitted by
likelihood or by moments, for all places, each area or each neighbourhood), and each place's own
count is weighed against that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
from scipy.special import gammaincc, gammaincinv

from hotspots.chance import make_generator
from hotspots.errors import invalid, is_number, is_whole
from hotspots.patterns.surroundings import check_places, values_of
from hotspots.risk.gamma_poisson import posterior
from hotspots.risk.rate_priors import fit_priors

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.risk.gamma_poisson import Posterior

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_PRIORS: Final = ("global", "area", "neighbours")
_METHODS: Final = ("likelihood", "moments")
_FOUND: Final = ("prior", "mean", "low", "high", "p_above", "p_top", "shape", "rate")
_DRAWN_AT_ONCE: Final = 2_000_000
_SHOWN: Final = 5


def smooth_rates(
    n: pd.Series[Any],
    exposure: pd.Series[Any] | float,
    *,
    prior: Literal["global", "area", "neighbours"] = "global",
    places: gpd.GeoDataFrame | None = None,
    method: Literal["likelihood", "moments"] = "likelihood",
    dispersion: pd.Series[Any] | float = 1.0,
    threshold: float | None = None,
    top: int | None = None,
    level: float = 0.9,
    n_draws: int = 4000,
    rng: int | np.random.Generator | None = None,
) -> pd.DataFrame:
    """Estimate the rate of each place from its count and those of the others.

    A place with 2 incidents in a week and one with 104 in a year have the same raw rate; only of
    the second do we know it. Each is drawn towards what is usual, the more the less is known of it.

    Parameters
    ----------
    n : Series of numbers
        Counts of all places, those without incidents included, by id; at least 0.
    exposure : Series of numbers, or float
        What the rate is per: weeks, residents, km². One number for all, above 0, or a Series by the
        same ids in any order, at least 0. All rates are incidents per one of its unit. A place with
        0 has no history: its rate is its prior, and its count must be 0.
    prior : {"global", "area", "neighbours"}
        What is usual: for all places; for those of the same `area_id`; or beside the place.
    places : GeoDataFrame, optional
        A places table with the same ids, in any order. Needed for "area" and "neighbours"; with
        "global" it shows that no place was left out.
    method : {"likelihood", "moments"}
        How the prior is fitted: by maximum likelihood, or by Marshall's moments.
    dispersion : Series of numbers, or float
        How many times more than by chance the count of a place varies, at least 1: if reports come
        in bursts, the variance over the mean of its counts by night. One number for all or for a
        kind of place is safer than one for each place.
    threshold : float, optional
        A rate of at least 0, for `p_above`.
    top : int, optional
        A number of places, for `p_top`, from 1 to all of them.
    level : float
        Probability of the intervals, above 0 and below 1, with equal tails.
    n_draws : int
        Draws for `p_top`, above 0. Its standard error is at most 0.5 / √n_draws.
    rng : int or Generator, optional
        Seed. Used only for `p_top`.

    Returns
    -------
    DataFrame
        On the index of `n`, all of float:

        - `n`, `exposure`: as given;
        - `raw`: n over exposure, missing without exposure;
        - `prior`: mean of the place's prior;
        - `mean`, `low`, `high`: of the rate, given all counts;
        - `p_above`: probability that the rate is above the threshold, missing if there is none;
        - `p_top`: probability that it is among the `top` highest rates, missing if not asked for;
        - `shape`, `rate`: of the gamma distribution that these come from.

    Raises
    ------
    InputError
        If counts or exposures are missing, infinite or negative, ids occur twice or are not the
        same in all, a place has incidents without exposure, all exposures are 0, `places` is
        needed and not given, nobody has neighbours, or a parameter is out of its range.

    Warns
    -----
    HotspotsWarning
        If counts of all places differ by no more than chance, with a prior for all or by area.

    Notes
    -----
    With n incidents, exposure E and a gamma prior of mean m and shape a, rate b = a/m, the mean is
    (n + a)/(E + b), which lies between the raw rate and m. The interval has the variance
    (n + a)/(E + b)² and what the mean of the prior is not known by; see
    `hotspots.risk.gamma_poisson`. With a dispersion d, n/d and E/d take the place of n and E.

    "likelihood": m and a make the counts, which are negative binomial, most likely (Clayton and
    Kaldor 1987). "moments": Marshall (1991), m = Σn/ΣE, m²/a = Σ E(n/E − m)²/ΣE − m/Ē. If places
    differ by chance alone, a is infinite and each has its prior mean. If nothing was counted, the
    prior mean is that of half an incident.

    "area": each area with at least 50 places and 200 incidents has an m and a of its own. One with
    less, but at least 20 places, has an m of its own and the a of all places: so few do not say how
    much they differ. Places of smaller areas, and of none, have the prior of all places. Places
    without exposure, and incidents over their dispersion, do not count here.

    "neighbours", likelihood: the prior mean of a place is (N + k)/(X + k/m) for the N incidents in
    the exposure X of the places that adjoin it, times a factor near 1. The strength k, one for all,
    the factor and a are those that make the counts most likely, each given its neighbours (a pseudo
    likelihood). The place's own count has no part in its prior mean. A place without neighbours
    has the mean of all.

    "neighbours", moments: Marshall's local estimator, over each place and those that adjoin it. As
    he has it, the own count is in the mean of its own prior. It equals
    `esda.smoothing.Spatial_Empirical_Bayes`, and "global" equals `Empirical_Bayes`, except that
    esda gives NaN where nothing was counted, and `Empirical_Bayes` lets the variance fall below 0.

    `p_top` is drawn from the posterior; places with the same posterior share their mean, so neither
    order nor labels matter. Without `top` nothing is drawn. O(n) for each of some dozen steps,
    times 25 with neighbours; O(n · n_draws) for `p_top`.

    Caveats
    -------
    **Bursts**: calls that come several at a time make intervals too narrow; count episodes, or give
    the `dispersion`. **Give all places**: without the empty ones every rate is too high. **A heavy
    tail**: the busiest places of a city are busier than a gamma distribution has them, and are
    drawn down too far; a station is not an ordinary place. **The highest of many**: raw rates of
    places that were chosen because they are high are too high. These are not, as far as the prior
    is right. **The shape** counts as known: with few places intervals are a little too narrow.
    Rates are of reports, over the period that was counted, and no forecast. Areas and cells of
    another cut give other rates, points snapped across an edge move them, and a threshold that was
    chosen after a look at the rates proves nothing.

    References
    ----------
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
    use in disease mapping. Biometrics 43(3). doi:10.2307/2532003
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
    Applied Statistics 40(2). doi:10.2307/2347593

    Examples
    --------
    >>> import pandas as pd
    >>> n = pd.Series([0, 2, 104, 30], index=["park", "new road", "station", "school"])
    >>> weeks = pd.Series([52, 1, 52, 52], index=n.index)
    >>> found = smooth_rates(n, weeks, threshold=1)
    >>> found[["raw", "mean", "low", "high", "p_above"]].round(2)
               raw  mean   low  high  p_above
    park      0.00  0.01  0.00  0.04     0.00
    new road  2.00  1.74  0.37  3.95     0.71
    station   2.00  1.99  1.68  2.32     1.00
    school    0.58  0.58  0.42  0.76     0.00
    """
    _check_options(prior, method, threshold, level, n_draws)
    chance = make_generator(rng)
    counts = values_of(n, _ids(n), "n", is_complete=True)
    exposures = _per_place(exposure, n, "exposure", 0.0)
    discount = _per_place(dispersion, n, "dispersion", 1.0)
    _check_counts(counts, exposures, n.index, top)
    if len(n) == 0:
        return _table(n.index, counts, exposures, {})
    if places is not None or prior != "global":
        places = _places_of(places, n, prior)
    own, known = counts / discount, exposures / discount
    before = fit_priors(own, known, prior, method, places)
    after = posterior(own, known, before)
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = (gammaincinv(after.shape, tail) / after.rate for tail in tails)
    found = {"prior": before.mean, "mean": after.mean, "low": low, "high": high}
    found |= {"shape": after.shape, "rate": after.rate}
    if threshold is not None:
        found["p_above"] = gammaincc(after.shape, after.rate * threshold)
    if top is not None:
        found["p_top"] = _among_top(after, int(top), int(n_draws), chance)
    return _table(n.index, counts, exposures, found)


def _table(
    index: pd.Index[Any], counts: Floats, exposures: Floats, found: dict[str, Floats]
) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = counts / exposures
    columns = {"n": counts, "exposure": exposures, "raw": raw}
    columns |= {name: found.get(name, np.full(len(index), np.nan)) for name in _FOUND}
    return pd.DataFrame(columns, index=index, dtype="float64")


# ---- What was given ----


def _check_options(
    prior: Any,  # noqa: ANN401 (what is not typed may still be given)
    method: Any,  # noqa: ANN401
    threshold: Any,  # noqa: ANN401
    level: Any,  # noqa: ANN401
    n_draws: Any,  # noqa: ANN401
) -> None:
    if prior not in _PRIORS:
        raise invalid("prior", prior, f"one of {', '.join(_PRIORS)}")
    if method not in _METHODS:
        raise invalid("method", method, f"one of {', '.join(_METHODS)}")
    if threshold is not None and not is_number(threshold, 0):
        raise invalid("threshold", threshold, "a rate of at least 0, or None")
    if not is_number(level) or not 0 < level < 1:
        raise invalid("level", level, "a number above 0 and below 1")
    if not is_whole(n_draws, 1):
        raise invalid("n_draws", n_draws, "a whole number above 0")


def _ids(n: Any) -> pd.DataFrame:  # noqa: ANN401 (what is no Series is refused)
    if not isinstance(n, pd.Series):
        remedy = "Use pd.Series(counts.totals(), index=counts.places.index)."
        raise invalid("n", type(n).__name__, "a Series by the ids of the places", remedy)
    return n.to_frame()


def _per_place(given: Any, n: pd.Series[Any], name: str, least: float) -> Floats:  # noqa: ANN401
    """Bring one number, or one for each place, to the order of the places."""
    if not isinstance(given, pd.Series):
        if not is_number(given, least) or (least == 0 and given == 0):
            rule = f"a number {'above 0' if least == 0 else f'of at least {least:g}'}"
            remedy = "Use pd.Series(numbers, index=n.index) for one each."
            raise invalid(name, given, f"{rule}, or a Series by the ids of n", remedy)
        return np.full(len(n), float(given))
    if len(n) == 0:
        return np.empty(0)
    numbers = values_of(given, _ids(n), name, is_complete=True)
    low = n.index[numbers < least]
    if len(low):
        given_as = f"below {least:g} in {_some(low)}"
        raise invalid(name, given_as, f"at least {least:g} for each place")
    return numbers


def _check_counts(
    counts: Floats,
    exposures: Floats,
    index: pd.Index[Any],
    top: Any,  # noqa: ANN401
) -> None:
    if (counts < 0).any():
        raise invalid("n", f"below 0 in {_some(index[counts < 0])}", "counts of at least 0")
    lost = index[(counts > 0) & (exposures == 0)]
    if len(lost):
        remedy = "Leave these places out, or find their exposure."
        raise invalid(
            "exposure", f"0 in {_some(lost)}", "above 0 where something was counted", remedy
        )
    if len(counts) and not exposures.any():
        raise invalid("exposure", "0 in all places", "above 0 in some place")
    if top is not None and not is_whole(top, 1, max(len(counts), 1)):
        raise invalid("top", top, f"a whole number from 1 to the {len(counts):,} places, or None")


def _places_of(places: Any, n: pd.Series[Any], prior: str) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Bring the places to the order of the counts; both must hold the same."""
    if places is None:
        remedy = "Use places=counts.places, or prior='global'."
        raise invalid("places", None, f"a places table for prior='{prior}'", remedy)
    if prior == "neighbours":
        check_places(places)
    elif not isinstance(places, pd.DataFrame) or (
        prior == "area" and "area_id" not in places.columns
    ):
        remedy = "Use hs.make_grid(areas) or hs.places_from_areas(areas)."
        raise invalid("places", type(places).__name__, "a places table with area_id", remedy)
    if not places.index.is_unique:
        raise invalid("places", "ids more than once", "unique ids")
    for name, lacking, remedy in (
        (
            "n",
            places.index[~places.index.isin(n.index)],
            "Use n.reindex(places.index, fill_value=0).",
        ),
        ("places", n.index[~n.index.isin(places.index)], "Use the places that were counted."),
    ):
        if len(lacking):
            raise invalid(name, f"without {_some(lacking)}", "of the same places", remedy)
    return places.loc[n.index]


def _some(ids: pd.Index[Any]) -> str:
    shown = ", ".join(map(str, ids[:_SHOWN]))
    return f"{len(ids):,} ({shown}{', …' if len(ids) > _SHOWN else ''})"


# ---- The highest ----


def _among_top(after: Posterior, top: int, n_draws: int, chance: np.random.Generator) -> Floats:
    """Draw how often each place is among the highest; those with one posterior share the mean."""
    kinds, kind, number = np.unique(
        np.column_stack([after.shape, after.rate]), axis=0, return_inverse=True, return_counts=True
    )
    shape, rate = np.repeat(kinds, number, axis=0).T
    times = np.zeros(len(shape), dtype=np.int64)
    at_once = max(_DRAWN_AT_ONCE // len(shape), 1)
    for first in range(0, n_draws, at_once):
        size = (min(at_once, n_draws - first), len(shape))
        drawn = chance.standard_gamma(shape, size) / rate
        highest = np.argpartition(drawn, len(shape) - top, axis=1)[:, len(shape) - top :]
        times += np.bincount(highest.ravel(), minlength=len(shape))
    of_kind = np.add.reduceat(times, np.cumsum(number) - number) / (number * n_draws)
    return np.asarray(of_kind[kind.ravel()])
