"""Which areas report little against their neighbours, more than neighbours usually differ.

The count of each small area is compared with what its residents would report at the rate of the
areas beside it, by a negative binomial distribution that is fitted to all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import false_discovery_control, nbinom

from hotspots.areas import places_from_areas
from hotspots.areas.matching import neighbours
from hotspots.errors import InputError, invalid
from hotspots.tables import CRS, require_crs

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

FEWEST_AREAS: Final = 20
"""Fewer areas cannot say how much neighbours usually differ."""

MEANING: Final = "reports little: either little happens, or little is reported"
"""What may be said of an area in the table, and nothing more."""

_SMALLEST: Final = 1e-3
_LARGEST: Final = 1e4


def find_low_reporting(reports: pd.Series[Any], groups: gpd.GeoDataFrame) -> pd.DataFrame:
    """Find small areas that report little against the areas beside them.

    Such an area either is quiet, or does not report: the data cannot tell which. It is a place to
    ask residents and partners, never one to call low in risk.

    Parameters
    ----------
    reports : Series of float
        Reports of each area, at least 0, on the index of `groups`; parts of a report, where
        squares were shared out, count as the next whole one.
    groups : GeoDataFrame
        Small areas, EPSG:27700, each with an id of its own: `geometry`, `population` (residents).

    Returns
    -------
    DataFrame
        On the index of `groups`: `name`; `population`, `reports`, `per_1000` residents;
        `neighbours_per_1000`, the rate of all areas that touch it together; `expected` at that
        rate; `ratio` of the two counts; `p`, one-sided, 0–1; `q`, the Benjamini–Hochberg rate.
        Expected, ratio, p and q are missing for an area without residents or neighbours that
        have any, or whose neighbours have no report; p and q of all of them if fewer than 20 can
        be compared.

    Raises
    ------
    InputError
        If the areas have no geometry in EPSG:27700, an id repeats, `population` is missing or no
        number of at least 0, or the reports are not on their index.

    Notes
    -----
    An area with N residents, whose neighbours have Y reports and M residents, is expected to have
    μ = N·Y/M. Its count is taken as negative binomial with mean μ and variance μ + μ²/k. One k is
    fitted to all areas by maximum likelihood; it holds how much neighbours usually differ, and what
    is not known of μ. p = P(count ≤ observed). O(n log n).

    Caveats
    -------
    **An area in the table is not safe.** People who gave up on the police report little.
    **Residents are not those present**: a business district has few residents and many reports,
    which makes quiet streets beside it look silent. **Many tests**: use q. No finding is no proof
    that everybody reports: neighbours that are silent together are not found, and where neighbours
    usually differ much, one that differs is not unusual. **Areas** of another cut give other
    neighbours; an area at the **edge** has fewer. **Small counts** find nothing. **Snapped** points
    may lie across a boundary.

    References
    ----------
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). doi:10.1111/j.2517-6161.1995.tb02031.x
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
    use in disease mapping. Biometrics 43(3). doi:10.2307/2532003

    Examples
    --------
    >>> import hotspots as hs
    >>> boroughs = hs.load_boroughs().assign(population=250_000)
    >>> calls = hs.simulate_incidents(20_000, rng=1).incidents
    >>> reports = calls["borough"].value_counts().reindex(boroughs.index, fill_value=0)
    >>> found = hs.find_low_reporting(reports, boroughs)
    >>> int((found["q"] <= 0.05).sum())
    0
    """
    check_groups(groups, needs_population=True)
    if not reports.index.equals(groups.index):
        remedy = "Use reports.reindex(groups.index, fill_value=0)."
        raise invalid("reports", f"{len(reports)} rows", "on the index of groups", remedy)
    count = reports.to_numpy(dtype=np.float64)
    if not (np.isfinite(count) & (count >= 0)).all():
        raise invalid("reports", "negative, missing or infinite", "numbers of at least 0")
    people = groups["population"].to_numpy(dtype=np.float64)
    names = groups["name"] if "name" in groups.columns else groups.index
    names = np.asarray(names, dtype=object).astype(str)
    beside = neighbours(_as_places(groups, names)).astype(np.float64)
    near_count, near_people = beside @ count, beside @ people
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, near_rate = count / people, near_count / near_people
        expected = people * near_rate
        is_known = np.isfinite(expected) & (expected > 0)
        ratio = np.where(is_known, count / expected, np.nan)
    p, q = np.full(len(count), np.nan), np.full(len(count), np.nan)
    if is_known.sum() >= FEWEST_AREAS:
        whole, mean = np.ceil(count[is_known] - 1e-9), expected[is_known]
        size = fit_size(whole, mean)
        p[is_known] = nbinom.cdf(whole, size, size / (size + mean))
        q[is_known] = false_discovery_control(p[is_known])
    return pd.DataFrame(
        {
            "name": names,
            "population": people,
            "reports": count,
            "per_1000": np.where(people > 0, 1000 * rate, np.nan),
            "neighbours_per_1000": np.where(near_people > 0, 1000 * near_rate, np.nan),
            "expected": np.where(is_known, expected, np.nan),
            "ratio": ratio,
            "p": p,
            "q": q,
        },
        index=groups.index,
    ).astype({"name": "str"})


def _as_places(groups: gpd.GeoDataFrame, names: np.ndarray[Any, Any]) -> gpd.GeoDataFrame:
    ids = pd.Index(groups.index.astype("str"), name="area_id")
    geometry = groups.geometry.to_numpy()
    return places_from_areas(
        gpd.GeoDataFrame({"name": names}, geometry=geometry, index=ids, crs=CRS)
    )


def fit_size(count: Floats, mean: Floats) -> float:
    """Fit the size k of negative binomial counts with known means by maximum likelihood.

    Parameters
    ----------
    count : array of float (n,)
        Whole numbers.
    mean : array of float (n,)
        Above 0.

    Returns
    -------
    float
        0.001 to 10,000; the larger, the more alike the counts are to their means.

    Examples
    --------
    >>> fit_size(np.array([10.0, 10.0, 10.0]), np.array([10.0, 10.0, 10.0])) > 1000
    True
    """

    def loss(log_size: float) -> float:
        size = np.exp(log_size)
        return -float(nbinom.logpmf(count, size, size / (size + mean)).sum())

    bounds = (np.log(_SMALLEST), np.log(_LARGEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def check_groups(groups: gpd.GeoDataFrame, *, needs_population: bool = False) -> None:
    """Raise `InputError` unless these are small areas that can be used.

    Parameters
    ----------
    groups : GeoDataFrame
        What the caller gave.
    needs_population : bool
        Whether they must have residents.
    """
    require_crs("groups", groups)
    if len(groups) == 0:
        msg = "The groups table is empty. Must hold at least one small area."
        raise InputError(msg)
    kinds = set(groups.geom_type.fillna("none"))
    if not kinds <= {"Polygon", "MultiPolygon"}:
        raise invalid("groups", ", ".join(sorted(kinds)), "polygons", "Use hs.read_areas(path).")
    if not groups.index.is_unique or groups.index.hasnans:
        remedy = "Use hs.read_areas(path)."
        raise invalid("groups", "a repeated or missing id", "areas with an id each", remedy)
    if "population" not in groups.columns:
        if needs_population:
            remedy = "Add a column population (residents)."
            raise invalid("groups", "a table without population", "areas with residents", remedy)
        return
    people = pd.to_numeric(groups["population"], errors="coerce").to_numpy(dtype=np.float64)
    if (
        not pd.api.types.is_numeric_dtype(groups["population"])
        or not (np.isfinite(people) & (people >= 0)).all()
    ):
        remedy = "Use 0 where nobody lives."
        raise invalid("population", "text, negative or missing", "numbers of at least 0", remedy)
