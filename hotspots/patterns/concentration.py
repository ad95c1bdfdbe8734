"""How few places hold how much: the Lorenz curve, and how much of it chance would draw by itself.

A few incidents on many places are always uneven. What the same number would look like if it were
dealt out by chance stands beside every figure, and the Gini coefficient is also estimated for the
risk of the places, of which their counts are a noisy picture.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from hotspots.areas import Grid
from hotspots.chance import make_generator
from hotspots.counts import Counts
from hotspots.errors import HotspotsWarning, InputError, invalid, is_number, is_whole
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_LOG = logging.getLogger(__name__)

TOP: Final = (0.01, 0.02, 0.05)
"""Shares of the places that the literature reports."""

_SHOWN_IDS: Final = 5
_FEWEST_REPLICATES: Final = 19
# So many places are expected to be empty and none is: by chance, less often than once in e^10.
_SURELY_EMPTY: Final = 10.0
# A gamma distribution that misses the observed coefficient by more does not describe the places.
_MISFIT: Final = 0.02
_LOG_SHAPES: Final = (np.log(1e-6), np.log(1e8))


@dataclass(frozen=True)
class Concentration:
    """How far incidents concentrate in places.

    Parameters
    ----------
    shares : DataFrame
        A row for each share of the places that was asked for (index `top`): `n_places` (how many
        places that is), `share` of the incidents in the busiest of them, `by_chance` (mean if the
        same number were dealt out by chance, with `by_chance_low` and `by_chance_high`), and
        `excess`, the difference of the two.
    lorenz : DataFrame
        A row for each place, the busiest first, on the index of the counts: `n`,
        `share_of_places` (of their exposure, if one was given), `share_of_incidents`, both
        cumulated, and `by_chance`.
    gini : float
        Gini coefficient of the counts, 0–1.
    gini_by_chance, gini_by_chance_low, gini_by_chance_high : float
        The same if the incidents were dealt out by chance: mean and interval.
    gini_corrected, gini_corrected_low, gini_corrected_high : float
        Gini coefficient of the risk of the places: estimate and interval.
    gini_of_model : float
        The coefficient that counts would have if the risk were as estimated: to be near `gini`.
    n : int
        Incidents.
    alpha : float
        Intervals leave out this share of the replicates.
    """

    shares: pd.DataFrame = field(repr=False)
    lorenz: pd.DataFrame = field(repr=False)
    gini: float
    gini_by_chance: float
    gini_by_chance_low: float
    gini_by_chance_high: float
    gini_corrected: float
    gini_corrected_low: float
    gini_corrected_high: float
    gini_of_model: float
    n: int
    alpha: float

    def __repr__(self) -> str:
        """Answer the first questions: how many, where, how uneven, how much of it by chance."""
        top = self.shares.iloc[0]
        return (
            f"<Concentration: {count(self.n, 'incident')} in {count(len(self.lorenz), 'place')}; "
            f"{percent(top['share'])} in the top {self.shares.index[0]:.4g} of places, by chance "
            f"{percent(top['by_chance'])}; Gini {self.gini:.2f}, by chance "
            f"{self.gini_by_chance:.2f}, corrected {self.gini_corrected:.2f} "
            f"({self.gini_corrected_low:.2f}–{self.gini_corrected_high:.2f})>"
        )


def concentration(
    counts: pd.Series[Any] | Counts,
    *,
    exposure: pd.Series[Any] | None = None,
    top: Sequence[float] = TOP,
    alpha: float = 0.05,
    n_permutations: int = 199,
    rng: int | np.random.Generator | None = None,
) -> Concentration:
    """Measure how far incidents concentrate in places, beside what chance alone would show.

    "Five per cent of places have half of the incidents" is no finding if there are fewer incidents
    than places: then chance does the same. So each figure comes with what it would be if the same
    incidents were dealt out to the places at random.

    Parameters
    ----------
    counts : Series or Counts
        Whole numbers of incidents, a row a place, the places without any included; or what
        `count_incidents` gives, of which places of context are left out.
    exposure : Series, optional
        Size of each place on the same index, above 0: `area_m2`, residents, metres of street. By
        default places are equal. Places are then ranked by incidents per unit, and shares are
        shares of the whole exposure.
    top : sequence of float
        Shares of the places (or of their exposure) to look at, above 0 and at most 1, increasing.
    alpha : float
        Intervals leave out this share of the replicates, above 0 and below 1.
    n_permutations : int
        Replicates of chance, and as many of the estimated risk; at least 19.
    rng : int or Generator, optional
        Seed.

    Returns
    -------
    Concentration
        With `.shares`, `.lorenz`, `.gini`, `.gini_by_chance` and `.gini_corrected`.

    Raises
    ------
    InputError
        If the counts are not whole numbers from 0, all are 0, there is one place, the index
        repeats, the exposure is on another index or not above 0, or an option is out of its range.

    Warns
    -----
    HotspotsWarning
        If places without incidents seem to be left out, a share of the places is less than one
        place, or the corrected coefficient rests on a model that does not fit.

    Notes
    -----
    Let places be sorted from the busiest. The Lorenz curve joins the points (share of the places,
    share of the incidents) by straight lines from (0, 0), and the share in the top *x* is read off
    it: if *x* falls inside a place, that place counts with the part that falls inside. Places that
    are equally busy lie on one line, so that it does not matter in which order they are taken. The
    Gini coefficient is 2 A − 1, A being the area under the curve: 0 if all places are alike,
    1 − 1/m if one of m has everything.

    By chance: replicates deal the n incidents out independently, each place having the probability
    of its share of the exposure. Of many equal places with λ incidents each, the Gini coefficient
    is then e^(−2λ) [I₀(2λ) + I₁(2λ)]: 0.91 for λ = 0.1 and 0.18 for λ = 10. `excess` follows the
    marginal concentration of Chalfin, Kaplan and Cuellar (2021).

    Corrected: the risk of places is taken to be gamma distributed (shape k, the mean that of the
    data), so that counts are negative binomial; k is estimated by maximum likelihood, and the Gini
    coefficient of the gamma distribution is Γ(k + 1/2) / (√π Γ(k + 1)) (Mohler et al. 2019). It is
    0 if counts vary no more than by chance, Σ (c − μ)² ≤ Σ c, and approaches 1 as one place gets
    everything. Its interval is that of the estimates from replicates of the fitted model. O(R m
    log m) for m places and R replicates.

    Caveats
    -------
    See the page "Concentration": the answer depends on the size of the places, on snapped points,
    on how much of the ground can have incidents at all, and on calls that follow from each other.

    References
    ----------
    Bernasco, W., Steenbeek, W. (2017). More places than crimes: implications for evaluating the law
    of crime concentration at place. Journal of Quantitative Criminology 33(3).
    doi:10.1007/s10940-016-9324-7
    Mohler, G., Brantingham, P. J., Carter, J., Short, M. B. (2019). Reducing bias in estimates for
    the law of crime concentration. Journal of Quantitative Criminology 35(4).
    doi:10.1007/s10940-019-09404-1
    Chalfin, A., Kaplan, J., Cuellar, M. (2021). Measuring marginal crime concentration: a new
    solution to an old problem. Journal of Research in Crime and Delinquency 58(4).
    doi:10.1177/0022427820984213

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.Series([40, 30, 20, 10], index=list("abcd"))
    >>> found = concentration(counts, top=[0.25, 0.5], rng=1)
    >>> found.lorenz["share_of_incidents"].tolist()
    [0.4, 0.7, 0.9, 1.0]
    >>> round(found.gini, 3), found.shares["share"].tolist()
    (0.25, [0.4, 0.7])
    """
    chance = make_generator(rng)
    tops = _check_options(top, alpha, n_permutations)
    given = _of_counts(counts) if isinstance(counts, Counts) else counts
    number = _check_counts(given)
    size = _check_exposure(exposure, given.index)
    n = int(number.sum())
    order, x, y = _lorenz(number, size)
    shares, gini = np.interp(tops, [0.0, *x], [0.0, *y]), _gini(x, y)

    shape = _fit_shape(number, size)
    at = np.concatenate([tops, x])
    null_ginis, curves = np.empty(n_permutations), np.zeros(len(x))
    null_shares = np.empty((n_permutations, len(tops)))
    model_ginis, estimates = np.empty(n_permutations), np.empty(n_permutations)
    for each in range(n_permutations):
        _, across, up = _lorenz(_deal(n, size, np.inf, chance), size)
        null_ginis[each] = _gini(across, up)
        heights = np.interp(at, [0.0, *across], [0.0, *up])
        null_shares[each] = heights[: len(tops)]
        curves += heights[len(tops) :] / n_permutations
        dealt = _deal(n, size, shape, chance)
        model_ginis[each] = _gini(*_lorenz(dealt, size)[1:])
        estimates[each] = _gini_of_gamma(_fit_shape(dealt, size))
    ends = [alpha / 2, 1 - alpha / 2]
    low, high = np.quantile(null_shares, ends, axis=0)
    by_chance = null_shares.mean(axis=0)
    gini_low, gini_high = np.quantile(null_ginis, ends)
    corrected_low, corrected_high = np.quantile(estimates, ends)
    result = Concentration(
        shares=pd.DataFrame(
            {
                "n_places": tops * len(number),
                "share": shares,
                "by_chance": by_chance,
                "by_chance_low": low,
                "by_chance_high": high,
                "excess": shares - by_chance,
            },
            index=pd.Index(tops, name="top"),
        ),
        lorenz=pd.DataFrame(
            {
                "n": number[order].astype(np.int64),
                "share_of_places": x,
                "share_of_incidents": y,
                "by_chance": curves,
            },
            index=given.index[order],
        ),
        gini=gini,
        gini_by_chance=float(null_ginis.mean()),
        gini_by_chance_low=float(gini_low),
        gini_by_chance_high=float(gini_high),
        gini_corrected=_gini_of_gamma(shape),
        gini_corrected_low=float(corrected_low),
        gini_corrected_high=float(corrected_high),
        gini_of_model=float(model_ginis.mean()),
        n=n,
        alpha=alpha,
    )
    _LOG.info("%r; gamma distributed risk of shape %.3g", result, shape)
    _warn(result, _expect_empty(n, size, shape), *np.quantile(model_ginis, ends))
    return result


def _check_options(top: Sequence[float], alpha: float, n_permutations: int) -> Floats:
    """Refuse options that are out of their range; give the shares as an array."""
    try:
        tops = np.asarray(top, dtype=np.float64)
    except (TypeError, ValueError):
        tops = np.empty(0)
    is_right = tops.ndim == 1 and len(tops) > 0 and tops[0] > 0 and tops[-1] <= 1
    if not is_right or not (np.diff(tops) > 0).all():
        raise invalid(
            "top", top, "increasing shares above 0 and at most 1", "Use top=(0.01, 0.05)."
        )
    if not is_number(alpha) or not 0 < alpha < 1:
        raise invalid("alpha", alpha, "a number above 0 and below 1")
    if not is_whole(n_permutations, _FEWEST_REPLICATES):
        rule = f"a whole number, at least {_FEWEST_REPLICATES}"
        raise invalid("n_permutations", n_permutations, rule)
    return tops


def _of_counts(counts: Counts) -> pd.Series[Any]:
    """Give the count of each place that is not context."""
    if isinstance(counts.task.places, Grid):
        msg = (
            "The counts were made with a Grid, which has only the places with incidents. Must be "
            "counted over all places, those without incidents too. Use hs.make_grid(areas)."
        )
        raise InputError(msg)
    is_own = ~counts.places["is_context"].to_numpy(dtype=bool)
    return pd.Series(counts.totals()[is_own], index=counts.places.index[is_own], name="n")


def _check_counts(counts: pd.Series[Any]) -> Floats:
    """Refuse what are not whole numbers of incidents in two places or more."""
    if not isinstance(counts, pd.Series):
        raise invalid(
            "counts",
            type(counts).__name__,
            "a Series of counts with a row for each place, or Counts",
            "Use hs.count_incidents(incidents, places).",
        )
    is_number = pd.api.types.is_numeric_dtype(counts) and not pd.api.types.is_bool_dtype(counts)
    if not is_number:
        raise invalid("counts", counts.dtype, "whole numbers, 0 or more")
    _refuse(counts.index.duplicated(), counts.index, "index", "repeated", "one row for each place")
    if len(counts) < 2:  # noqa: PLR2004 (one place has no other to differ from)
        raise invalid("counts", count(len(counts), "place"), "at least 2 places")
    number = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    rule = "whole numbers, 0 or more"
    _refuse(np.isnan(number), counts.index, "counts", "missing", f"{rule}. Use counts.fillna(0)")
    _refuse(number < 0, counts.index, "counts", "negative", rule)
    is_part = ~np.isfinite(number) | (number != np.floor(number))
    whole = f"{rule}, because chance deals out whole incidents. Use counts, not rates or weights"
    _refuse(is_part, counts.index, "counts", "not whole", whole)
    if number.sum() == 0:
        raise invalid("counts", "0 in every place", "above 0 in some place")
    return number


def _check_exposure(exposure: pd.Series[Any] | None, places: pd.Index[Any]) -> Floats:
    """Give the share of each place of the whole exposure."""
    if exposure is None:
        return np.full(len(places), 1 / len(places))
    if not isinstance(exposure, pd.Series) or not pd.api.types.is_numeric_dtype(exposure):
        given = getattr(exposure, "dtype", type(exposure).__name__)
        raise invalid("exposure", given, "a Series of numbers above 0", "Use places['area_m2'].")
    if not exposure.index.equals(places):
        raise invalid(
            "exposure",
            "a Series on another index",
            "on the index of the counts",
            "Use exposure.reindex(counts.index).",
        )
    size = exposure.to_numpy(dtype=np.float64, na_value=np.nan)
    is_bad = ~(np.isfinite(size) & (size > 0))
    what = "missing, infinite or not above 0"
    _refuse(is_bad, places, "exposure", what, "above 0. Leave out places that can have no incident")
    return np.asarray(size / size.sum())


def _refuse(is_bad: Any, ids: pd.Index[Any], name: str, what: str, rule: str) -> None:  # noqa: ANN401
    """Raise `InputError` if a place is bad, with how many and the first ids."""
    bad = ids[is_bad]
    if len(bad):
        shown = ", ".join(map(str, bad[:_SHOWN_IDS])) + (", …" if len(bad) > _SHOWN_IDS else "")
        raise invalid(name, f"{what} in {count(len(bad), 'place')} ({shown})", rule)


def _lorenz(number: Floats, size: Floats) -> tuple[Any, Floats, Floats]:
    """Give the order of the places from the busiest, and the curve across and up."""
    order = np.argsort(-number / size, kind="stable")
    across, up = np.cumsum(size[order]), np.cumsum(number[order])
    return order, across / across[-1], up / up[-1]


def _gini(across: Floats, up: Floats) -> float:
    """Give twice the area under the Lorenz curve from the busiest, less one."""
    steps, before = np.diff(across, prepend=0.0), np.concatenate([[0.0], up[:-1]])
    return max(float(np.sum(steps * (up + before)) - 1), 0.0)


def _deal(n: int, size: Floats, shape: float, chance: np.random.Generator) -> Floats:
    """Deal incidents out to places whose risk a unit is gamma distributed; equal if shape is ∞."""
    risk = np.log(size)
    if np.isfinite(shape):
        # Gamma numbers of small shapes are too small to be written down; their logarithms are not.
        risk = risk + np.log(chance.gamma(shape + 1, size=len(size)))
        risk -= chance.standard_exponential(len(size)) / shape
    odds = np.exp(risk - risk.max())
    return chance.multinomial(n, odds / odds.sum()).astype(np.float64)


def _fit_shape(number: Floats, size: Floats) -> float:
    """Estimate the shape of gamma distributed risk by maximum likelihood; ∞ if chance is enough."""
    n = number.sum()
    mean = n * size
    if np.sum((number - mean) ** 2) <= n:
        return float(np.inf)
    values, n_values = np.unique(number, return_counts=True)
    means, which = np.unique(mean, return_inverse=True)
    places, totals = np.bincount(which), np.bincount(which, weights=number)

    def loss(log_shape: float) -> float:
        shape = np.exp(log_shape)
        rising = n_values @ (gammaln(values + shape) - gammaln(shape))
        # k log(k / (k + μ)) − c log(k + μ), for all places of one size at once
        rest = -shape * places @ np.log1p(means / shape) - totals @ np.log(shape + means)
        return float(-(rising + rest))

    found = minimize_scalar(loss, bounds=_LOG_SHAPES, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _gini_of_gamma(shape: float) -> float:
    """Give the Gini coefficient of the gamma distribution, Γ(k + 1/2) / (√π Γ(k + 1))."""
    if not np.isfinite(shape):
        return 0.0
    return float(np.exp(gammaln(shape + 0.5) - gammaln(shape + 1)) / np.sqrt(np.pi))


def _expect_empty(n: int, size: Floats, shape: float) -> float:
    """Give how many places are expected to have no incident."""
    mean = n * size
    return float(np.exp(-(mean if np.isinf(shape) else shape * np.log1p(mean / shape))).sum())


def _warn(result: Concentration, empty: float, low: float, high: float) -> None:
    """Say what may mislead: places left out, a model that does not fit, parts of a place."""
    is_outside = not low <= result.gini <= high
    said = []
    if empty > _SURELY_EMPTY and result.lorenz["n"].min() > 0:
        said.append(
            f"No place is without incidents, though {empty:,.0f} of {len(result.lorenz):,} are "
            "expected to be: were empty places left out? Use "
            "counts.reindex(places.index, fill_value=0)."
        )
    elif is_outside and abs(result.gini - result.gini_of_model) > _MISFIT:
        said.append(
            "The corrected Gini coefficient may mislead: with gamma distributed risk that of the "
            f"counts would be {result.gini_of_model:.2f}, and it is {result.gini:.2f}. Leave out "
            "places that can have no incident, or use gini beside gini_by_chance."
        )
    if result.shares["n_places"].iloc[0] < 1:
        said.append(
            f"The top {result.shares.index[0]:.4g} of {count(len(result.lorenz), 'place')} is less "
            "than one place: its share is a part of that of the busiest. Use larger shares (top=…) "
            "or smaller places."
        )
    for words in said:
        warnings.warn(words, HotspotsWarning, stacklevel=3)
