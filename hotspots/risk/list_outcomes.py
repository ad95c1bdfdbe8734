"""What came afterwards at each listed place, beside what was to be expected of it.

A place is listed when it is high, so it comes out lower next time by itself. What is expected has
that taken off; how much places change anyway is seen from those that were on no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, nbinom, poisson

from hotspots.risk.hotspots import predictive_interval
from hotspots.tables import LIST_OUTCOMES

if TYPE_CHECKING:
    from hotspots.risk.later import Later
    from hotspots.risk.record import ListRecord

    Floats = np.ndarray[Any, np.dtype[np.float64]]

LEVEL: Final = 0.05
"""The false discovery rate up to which a change counts as beyond chance."""

_INTERVAL: Final = 0.9
# Places of which fewer are to be expected say nothing about change, and few places little.
_LEAST_EXPECTED: Final = 1.0
_FEWEST_PLACES: Final = 30


@dataclass(frozen=True)
class Outcomes:
    """What came at the hotspots of a list.

    Parameters
    ----------
    table : DataFrame
        A list outcomes table.
    usual_change : float
        By how much places on no list changed beyond chance: the standard deviation of their rate as
        a share of what was expected. NaN where there were too few to say.
    """

    table: pd.DataFrame
    usual_change: float


def judge_outcomes(later: Later) -> Outcomes:
    """Compare what came at each listed hotspot with what was to be expected.

    Parameters
    ----------
    later : Later
        The list, and what came afterwards.

    Returns
    -------
    Outcomes
        A row a hotspot of the list in the areas that are compared, and the usual change.

    Notes
    -----
    Of a place whose rate λ has a gamma distribution, λ·W·f is expected in W weeks, f being how much
    more or less came at the places of its area that were on no list. Its variance is that of chance
    (with the place's dispersion), of what is not known of λ, and of the change that places have
    anyway: τ²μ², where τ² = Σ((c − μ)² − v)/Σμ² over the places on no list with μ of at least 1 (at
    least 0; c came, v is the variance without change). What is not known of λ is the gamma's
    variance times Σu²/Σu, u being how much a report of each day counted: a mean with these weights
    is as sure as of (Σu)²/Σu² reports a day, not of Σu. A hotspot adds up its places, and what is
    not known of f. p is two-sided, from the negative binomial distribution with that mean and
    variance; q is Benjamini and Hochberg's. Areas in which nothing came are left out.
    """
    places = later.places
    weeks, since = later.counts.weeks, later.counts.totals()[later.position]
    is_listed = places["hotspot_id"].notna()
    level, unsure = _levels(places.assign(since=since), weeks)
    scale = weeks * places["area_id"].map(level).fillna(0.0)
    mean = places["shape"] / places["rate"] * scale
    unknown = places["shape"] / places["rate"] ** 2 * _recent_share(later.last)
    variance = places["dispersion"] * mean + unknown * scale**2
    is_quiet = (~is_listed & (mean >= _LEAST_EXPECTED)).to_numpy()
    change = np.nan
    if is_quiet.sum() >= _FEWEST_PLACES:
        beyond = ((since - mean) ** 2 - variance)[is_quiet].sum()
        change = max(0.0, float(beyond / (mean[is_quiet] ** 2).sum()))
        variance = variance + change * mean**2
    frame = pd.DataFrame(
        {"n": places["n"], "mean": mean, "variance": variance, "since": since}, index=places.index
    )
    sums = frame[is_listed].groupby(places.loc[is_listed, "hotspot_id"]).sum()
    listed = later.last.hotspots
    listed = listed[listed["borough"].isin(level.index) & listed.index.isin(sums.index)]
    if len(listed) == 0:
        return Outcomes(LIST_OUTCOMES.empty(), float(np.sqrt(change)))
    sums = sums.loc[listed.index]
    mu = np.maximum(sums["mean"].to_numpy(), 1e-12)
    spread = sums["variance"].to_numpy() + mu**2 * listed["borough"].map(unsure).to_numpy()
    came = sums["since"].to_numpy()
    p = two_sided(came, mu, spread)
    ends = np.array([predictive_interval(m, v, _INTERVAL) for m, v in zip(mu, spread, strict=True)])
    table = pd.DataFrame(
        {
            "name": listed["name"].astype("str"),
            "area": listed["area"].astype("str"),
            "rank": listed["rank"].astype("int64"),
            "before": sums["n"] / later.last.weeks,
            "expected": mu / weeks,
            "since": came / weeks,
            "low": ends[:, 0] / weeks,
            "high": ends[:, 1] / weeks,
            "p": p,
            "q": false_discovery_control(p),
        },
        index=listed.index.rename("hotspot_id"),
    )
    is_beyond = (table["q"] <= LEVEL) & (not np.isnan(change))
    kinds = [is_beyond & (came > mu), is_beyond, table["since"] < table["before"]]
    table["outcome"] = np.select(kinds, ["rose", "fell", "cooled"], "held")
    return Outcomes(table.astype({"outcome": "str"}), float(np.sqrt(change)))


def _recent_share(last: ListRecord) -> float:
    """Give Σu²/Σu for reports that count half as much after each half-life, 0.5–1."""
    if last.half_life is None:
        return 1.0
    return float(1 + 0.5 ** (last.weeks / last.half_life)) / 2


def _levels(places: pd.DataFrame, weeks: float) -> tuple[pd.Series[float], pd.Series[float]]:
    """Give how much more or less came in each area than rates say, and its relative variance.

    By the places that were on no list; areas in which they had or have nothing are left out.
    """
    quiet = places[places["hotspot_id"].isna() & ~places["is_context"]]
    quiet = quiet.assign(
        expected=quiet["shape"] / quiet["rate"] * weeks, chance=quiet["n"] * quiet["dispersion"]
    )
    sums = quiet.groupby("area_id")[["n", "since", "expected", "chance"]].sum()
    sums = sums[(sums["since"] > 0) & (sums["n"] > 0)]
    spread = sums["chance"] / sums["n"] * (1 / sums["n"] + 1 / sums["since"])
    return sums["since"] / sums["expected"], spread


def two_sided(came: Floats, mean: Floats, variance: Floats) -> Floats:
    """Give how easily chance gives as much, more or less, for negative binomial counts.

    Parameters
    ----------
    came : array of float (n,)
        Counts; parts of one count as the next whole number towards the mean.
    mean, variance : array of float (n,)
        Of each; Poisson where the variance is no larger than the mean.

    Returns
    -------
    array of float
        0–1; twice the smaller tail.

    Examples
    --------
    >>> two_sided(np.array([0.0]), np.array([3.0]), np.array([3.0])).round(4)
    array([0.0996])
    """
    low, high = np.ceil(came), np.floor(came) - 1
    is_poisson = variance <= mean * (1 + 1e-9)
    wide = np.where(is_poisson, mean * 2, variance)
    size, chance = mean**2 / (wide - mean), mean / wide
    less = np.where(is_poisson, poisson.cdf(low, mean), nbinom.cdf(low, size, chance))
    more = np.where(is_poisson, poisson.sf(high, mean), nbinom.sf(high, size, chance))
    return np.asarray(np.minimum(1.0, 2 * np.minimum(less, more)))
