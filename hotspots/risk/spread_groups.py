"""How a list falls on the groups of the user's small areas: shares, with honest intervals.

Ground is shared out by area of intersection. The interval of a share is that of a binomial
proportion with as many draws as the hotspots are worth, so that few hotspots give a wide one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.stats import beta

from hotspots.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Geometries = np.ndarray[Any, Any]

MOST_GROUPS: Final = 20
"""A text column with more different values is a name, and no grouping."""

MISSING: Final = "(missing)"
_CLASSES: Final = 5
_MOST_NUMBERS: Final = 10


def shared_ground(ground: Geometries, groups: Geometries) -> csr_array[Any, Any]:
    """Give the share of each piece of ground that lies in each group, by area.

    Parameters
    ----------
    ground, groups : array of polygon (n,), (m,)
        In one coordinate system, metres.

    Returns
    -------
    sparse array of float (n, m)
        0–1; a row adds up to less than 1 where groups do not cover the ground. Where groups
        overlap, the ground is divided among them, so that no row adds up to more than 1.

    Examples
    --------
    >>> square, halves = shapely.box(0, 0, 2, 2), [shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 2)]
    >>> shared_ground(np.array([square]), np.array(halves)).toarray().tolist()
    [[0.5, 0.5]]
    """
    one, other = shapely.STRtree(groups).query(ground, predicate="intersects")
    # Most ground lies whole in one group, and to see that is cheaper than to cut it out.
    is_whole = shapely.covers(groups[other], ground[one])
    area = shapely.area(ground)[one]
    cut = np.flatnonzero(~is_whole)
    part = np.ones(len(one))
    part[cut] = shapely.area(shapely.intersection(ground[one[cut]], groups[other[cut]]))
    part[cut] /= area[cut]
    shares = csr_array((part, (one, other)), shape=(len(ground), len(groups)))
    total = np.maximum(np.asarray(shares.sum(axis=1)).ravel(), 1.0)
    return csr_array(shares.multiply(1 / total[:, None]))


def group_labels(values: pd.Series[Any], weight: Floats) -> pd.Series[str]:
    """Give the group of each small area: its value, or for many numbers a fifth.

    Parameters
    ----------
    values : Series (n,)
        A column of the user's: texts, truth values or numbers.
    weight : array of float (n,)
        Residents, at least 0, by which numbers are cut into fifths.

    Returns
    -------
    Series of str
        On the index of `values`. Numbers with more than 10 different values are cut into five
        classes of about as many residents, from lowest to highest; equal values share a class.

    Examples
    --------
    >>> group_labels(pd.Series([1, 2, 1]), np.ones(3)).tolist()
    ['1', '2', '1']
    """
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not is_number or values.nunique() <= _MOST_NUMBERS:
        texts = values.map(lambda value: f"{value:g}") if is_number else values.astype("str")
        return texts.astype("str").where(values.notna(), MISSING)
    known = values.notna().to_numpy()
    different, row = np.unique(values.to_numpy(dtype=np.float64)[known], return_inverse=True)
    people = np.bincount(row, weights=weight[known])
    middle = (np.cumsum(people) - people / 2) / people.sum()
    fifth = np.minimum((middle * _CLASSES).astype(np.int64), _CLASSES - 1)
    names = np.empty(len(different), dtype=object)
    for each in np.unique(fifth):
        own = different[fifth == each]
        names[fifth == each] = f"{each + 1} of {_CLASSES} ({own[0]:g} to {own[-1]:g})"
    labels = pd.Series(MISSING, index=values.index, dtype=object)
    labels[known] = names[row]
    return labels.astype("str")


def chosen_columns(
    groups: gpd.GeoDataFrame, by: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Give the columns that group the small areas, and those that cannot.

    Parameters
    ----------
    groups : GeoDataFrame
        The small areas.
    by : sequence of str or None
        What the caller asked for; None for all that can.

    Returns
    -------
    list of str, list of str
        Used, and left out.

    Raises
    ------
    InputError
        If a column that was asked for is not there, or is a name with many values.
    """
    own = [
        str(name)
        for name in groups.columns
        if name not in ("name", "population", groups.geometry.name)
    ]
    fit = [name for name in own if _can_group(groups[name])]
    if by is None:
        return fit, [name for name in own if name not in fit]
    if isinstance(by, str):
        raise invalid("by", by, "a list of columns", f"Use by=['{by}'].")
    for name in by:
        if name not in fit:
            rule = f"a column of groups with at most {MOST_GROUPS} different texts, or numbers"
            raise invalid("by", name, rule, f"It has {', '.join(fit) or 'none'}.")
    return list(by), []


def _can_group(values: pd.Series[Any]) -> bool:
    if values.notna().sum() == 0:
        return False
    is_number = pd.api.types.is_numeric_dtype(values)
    return is_number or values.astype("str").nunique() <= MOST_GROUPS


def share_of(weight: Floats, part: Floats, alpha: float) -> tuple[float, float, float]:
    """Give the share of a weighted list that lies in a group, with an interval.

    Parameters
    ----------
    weight : array of float (n,)
        What each hotspot counts for, at least 0: 1, expected reports, or visits.
    part : array of float (n,)
        Share of each hotspot's ground in the group, 0–1.
    alpha : float
        The interval holds 1 − alpha.

    Returns
    -------
    share, low, high : float
        0–1; missing where the weights add up to 0.

    Notes
    -----
    n = (Σw)²/Σw² draws (Kish) with share s = Σwp/Σw; the ends are those of Clopper and Pearson
    for sn of n, which also hold where sn is not whole (Korn and Graubard).

    Examples
    --------
    >>> share, low, high = share_of(np.ones(10), np.zeros(10), 0.05)
    >>> share, low, round(high, 3)
    (0.0, 0.0, 0.308)
    """
    total = weight.sum()
    if total <= 0:
        return np.nan, np.nan, np.nan
    share = min(1.0, float((weight * part).sum() / total))
    n = float(total**2 / (weight**2).sum())
    x = share * n
    low = float(beta.ppf(alpha / 2, x, n - x + 1)) if x > 0 else 0.0
    high = float(beta.ppf(1 - alpha / 2, x + 1, n - x)) if share < 1 else 1.0
    return share, low, high


def compare_groups(
    labels: pd.Series[str],
    inside: dict[str, Floats],
    part: csr_array[Any, Any],
    weights: dict[str, Floats],
    alpha: float,
) -> pd.DataFrame:
    """Set the list beside residents, land and reports, group by group.

    Parameters
    ----------
    labels : Series of str (m,)
        The group of each small area.
    inside : dict of str to array of float (m,)
        What lies in each small area: "population" (may be missing), "land", "reports".
    part : sparse array of float (n, m)
        Share of each hotspot's ground in each small area.
    weights : dict of str to array of float (n,)
        What each hotspot counts for, by measure: "hotspots", "expected", "visits".
    alpha : float
        Intervals hold 1 − alpha.

    Returns
    -------
    DataFrame
        A row for each group and measure, in the order of the labels: `group`, `measure`, `share`,
        `low`, `high`; `population`, `land`, `reports`: the group's shares of these, missing where
        not known; `to_population`, `to_population_low`, `to_population_high`, `to_reports`: the
        share divided by those.
    """
    rows = []
    for group in sorted(labels.unique(), key=_in_order):
        is_own = (labels == group).to_numpy()
        own = np.asarray(part @ is_own.astype(np.float64)).ravel()
        base = {name: _ratio(values[is_own].sum(), values.sum()) for name, values in inside.items()}
        base.setdefault("population", np.nan)
        for measure, weight in weights.items():
            share, low, high = share_of(weight, own, alpha)
            rows.append(
                {
                    "group": group,
                    "measure": measure,
                    "share": share,
                    "low": low,
                    "high": high,
                    **{name: base[name] for name in ("population", "land", "reports")},
                    "to_population": _ratio(share, base["population"]),
                    "to_population_low": _ratio(low, base["population"]),
                    "to_population_high": _ratio(high, base["population"]),
                    "to_reports": _ratio(share, base["reports"]),
                }
            )
    return pd.DataFrame(rows)


def _in_order(label: str) -> tuple[bool, float, str]:
    """Numbers in their order, then texts, then what is missing."""
    try:
        return label == MISSING, float(label.split(" ", 1)[0]), label
    except ValueError:
        return label == MISSING, np.inf, label


def _ratio(one: float, other: float) -> float:
    return float(one / other) if other > 0 else np.nan
