"""Do the weights decide? How the top of the list moves over a stated box of weights.

Every weight is drawn between its value divided and multiplied by the same number, all at once; what
stays on top in nearly all draws is there whatever one thinks of the weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.chance import make_generator
from hotspots.errors import invalid, is_number, is_whole
from hotspots.risk.harm_counts import KIND
from hotspots.risk.score import RiskScores
from hotspots.tables import ASB_TYPES
from hotspots.words import count

if TYPE_CHECKING:
    from hotspots.risk.harm import HarmWeights

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_LOW, _HIGH = 0.05, 0.95
_ROUNDING: Final = 1e-9
_UNKNOWN: Final = len(ASB_TYPES)


@dataclass(frozen=True, eq=False)
class WeightSensitivity:
    """How ranks by harm move if the weights are not quite these.

    Parameters
    ----------
    table : DataFrame
        One row a hotspot, index `hotspot_id`, in the order of the scores: `name`, `borough`,
        `harm_rank`; `rank_low` and `rank_high` (of 100 draws 90 lie between them, both included);
        `top_share` (share of the draws in which it is among the `top` of its borough, 0–1).
    stay : Series of float
        By borough, how many of its `top` are among its `top` in a mean draw; only boroughs with
        more hotspots than that.
    summary : str
        What was found, in a sentence or two.
    box : float
        Every weight was drawn between its value / box and its value × box.
    n_draws, top : int
        How many draws; how many hotspots the top of a list has.
    """

    table: pd.DataFrame = field(repr=False)
    stay: pd.Series[float] = field(repr=False)
    summary: str
    box: float
    n_draws: int
    top: int


def weight_sensitivity(
    scores: RiskScores,
    *,
    box: float = 2.0,
    n_draws: int = 1000,
    top: int = 3,
    rng: int | np.random.Generator | None = None,
) -> WeightSensitivity:
    """Say how the ranks by harm move over a box of weights.

    Parameters
    ----------
    scores : RiskScores
        What `score_risk` gave.
    box : float
        Every weight is drawn between its value / box and its value × box, on a log scale; at least
        1. The two flags are not drawn below 1: a flag never makes a report weigh less.
    n_draws : int
        How many sets of weights, at least 1.
    top : int
        How many hotspots of a borough its top has, at least 1.
    rng : int or Generator, optional
        Seed. The same seed gives the same answer, whatever the order of the rows.

    Returns
    -------
    WeightSensitivity
        With `.table`, `.stay` and `.summary`.

    Raises
    ------
    InputError
        If an option is not allowed.

    Notes
    -----
    Drawn are the three types, the weight of a report without a type, both flags, and the multiplier
    of every heading that occurs, also where it is 1. Weights of 0 stay 0. Everything else is held:
    hours, priors, dispersions, recency. Each draw has the harm of all hotspots from the reports to
    expect of each kind, so nothing is counted anew. Multiplying all weights by one number changes
    no rank in any draw. O(draws × hotspots × kinds).

    Caveats
    -------
    The box is yours: this says nothing about weights outside it, nor which inside it are right.
    Only hotspots on the list are compared: one that is not listed may weigh more by other weights.
    Chance in the counts is not in it; for that look at `harm_low` and `harm_high`.

    References
    ----------
    Saltelli, A., Ratto, M., Andres, T., et al. (2008). Global Sensitivity Analysis: The Primer.
    Wiley. doi:10.1002/9780470725184

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> camden = hs.load_boroughs().loc[["E09000007"]]
    >>> intensity = hs.weekly_intensity(hs.count_incidents(calls, hs.make_grid(camden)))
    >>> scores = hs.score_risk(hs.find_hotspots(intensity, camden), intensity, calls)
    >>> found = weight_sensitivity(scores, box=1, n_draws=10, rng=1)
    >>> bool((found.table["rank_low"] == found.table["harm_rank"]).all())
    True
    """
    if not isinstance(scores, RiskScores):
        raise invalid("scores", type(scores).__name__, "risk scores", "Use hs.score_risk(…).")
    if not is_number(box, 1):
        raise invalid("box", box, "a number of at least 1")
    for name, value in (("n_draws", n_draws), ("top", top)):
        if not is_whole(value, 1):
            raise invalid(name, value, "a whole number of at least 1")
    drawn = _draw_weights(scores.kinds, scores.weights, float(box), n_draws, make_generator(rng))
    harm = (scores.reports.to_numpy() @ drawn.T).round(12)
    borough = scores.table["borough"]
    ranks = pd.DataFrame(-harm, index=borough.index).groupby(borough).rank(method="first")
    is_top = ranks <= top
    low, high = (
        np.quantile(ranks.to_numpy(), [_LOW, _HIGH], axis=1, method="inverted_cdf")
        if len(ranks)
        else (np.zeros(0), np.zeros(0))
    )
    table = pd.DataFrame(
        {
            "name": scores.table["name"],
            "borough": borough,
            "harm_rank": scores.table["harm_rank"],
            "rank_low": np.asarray(low).astype(np.int64),
            "rank_high": np.asarray(high).astype(np.int64),
            "top_share": is_top.mean(axis=1),
        }
    )
    n_listed = borough.groupby(borough).size()
    longer = n_listed.index[n_listed > top]
    first = table[(table["harm_rank"] <= top) & borough.isin(longer)]
    stay = first["top_share"].groupby(first["borough"]).sum().rename("stay")
    return WeightSensitivity(table, stay, _say(table, stay, box, top), float(box), n_draws, top)


def _draw_weights(
    kinds: pd.DataFrame,
    weights: HarmWeights,
    box: float,
    n_draws: int,
    chance: np.random.Generator,
) -> Floats:
    """Draw the weight of a report of each kind: (n_draws, n_kinds)."""
    headings = sorted(set(kinds[KIND[1]].dropna()))
    n_columns = len(ASB_TYPES) + 1 + len(headings)
    half = math.log(box)
    factor = np.exp(chance.uniform(-half, half, (n_draws, n_columns)))
    flags = [
        np.exp(chance.uniform(max(math.log(value) - half, 0.0), math.log(value) + half, n_draws))
        for value in (weights.vulnerable, weights.repeat)
    ]
    values = np.array(
        [*(weights.types[name] for name in ASB_TYPES), weights.unknown]
        + [weights.headings.get(name, 1.0) for name in headings]
    )
    drawn = values * factor
    by_type = pd.Index(ASB_TYPES).get_indexer(pd.Index(kinds[KIND[0]]))
    harm = drawn[:, np.where(by_type < 0, _UNKNOWN, by_type)]
    by_heading = pd.Index(headings).get_indexer(pd.Index(kinds[KIND[1]]))
    has_heading = by_heading >= 0
    harm[:, has_heading] *= drawn[:, len(ASB_TYPES) + 1 + by_heading[has_heading]]
    for column, flag in zip(KIND[2:], flags, strict=True):
        harm[:, kinds[column].to_numpy(dtype=bool)] *= flag[:, None]
    return np.asarray(harm)


def _say(table: pd.DataFrame, stay: pd.Series[float], box: float, top: int) -> str:
    """Say what was found."""
    how = f"With every weight between its value / {box:g} and × {box:g}"
    if len(stay) == 0:
        return f"{how} nothing can leave the top {top}: no borough lists more hotspots."
    led = table[(table["harm_rank"] == 1) & table["borough"].isin(stay.index)]
    whose = "its borough" if len(stay) == 1 else "each borough"
    return (
        f"{how}, {stay.mean():.1f} of the top {top} of {count(len(stay), 'borough')} stay there in "
        f"a mean draw. The first of {whose} is in the top {top} in "
        f"{math.floor(100 * led['top_share'].min() + _ROUNDING)} % of draws at the least."
    )
