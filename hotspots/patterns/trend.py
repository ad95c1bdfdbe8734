"""How hot places change: new, persistent, growing, going and gone hot spots.

Gi* through time says in which steps a place and its surroundings stand out, the test of Mann and
Kendall whether they grow, and the published rules of the Emerging Hot Spot Analysis name the class.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from hotspots.errors import HotspotsWarning, invalid, is_number, is_whole
from hotspots.patterns.breaks import warn_of_breaks
from hotspots.patterns.mann_kendall import mann_kendall
from hotspots.patterns.space_time import Cube, Step, judge_cube, make_cube
from hotspots.patterns.surroundings import check_places, false_discovery_rates, find_near
from hotspots.words import count

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.counts import Counts

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Texts = np.ndarray[Any, np.dtype[np.str_]]

_LOG = logging.getLogger(__name__)

CLASSES: Final = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)
"""What a hot or cold spot can be, in the order in which the rules are tried."""

NO_PATTERN: Final = "no pattern"
"""The category of all other places."""

_FEWEST_STEPS: Final = 5
_GOOD_STEPS: Final = 10
_MOSTLY: Final = 0.9
_ROUNDING: Final = 1e-9

Breaks = Literal["warn", "split"]
TrendOf = Literal["counts", "shares"]


def classify_trend(
    counts: Counts | pd.DataFrame,
    places: gpd.GeoDataFrame,
    *,
    step: Step = "month",
    radius: float | None = None,
    n_previous: int = 1,
    trend_of: TrendOf = "counts",
    breaks: Breaks = "warn",
    since: pd.Timestamp | str | None = None,
    until: pd.Timestamp | str | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Say of each place whether it is a hot spot, since when, and whether it grows.

    A place is hot in a month if it and its neighbours, in that month and the one before, have more
    than chance would bring together. Which months are hot, and whether the numbers rise or fall,
    gives the class.

    Parameters
    ----------
    counts : Counts or DataFrame
        What `count_incidents` gives, monthly data too; or whole numbers by place (rows) and step
        (columns: a PeriodIndex, or the first days). A place without a row has 0.
    places : GeoDataFrame
        All places, with and without incidents, EPSG:27700.
    step : {"month", "week"}
        Length of a step. Weeks of `Counts` are counted back from the end of the period. Only whole
        steps with data are used: of `Counts`, none in which nobody at all reported anything.
    radius : float, optional
        Neighbours are the places whose centres are at most so many metres apart. By default those
        that adjoin.
    n_previous : int
        Steps before, 0 or more, that belong to the neighbourhood of a place in a step.
    trend_of : {"counts", "shares"}
        What rises or falls: the number in a neighbourhood, or its share of the whole of the step.
        Shares take out what happens everywhere, such as the season.
    breaks : {"warn", "split"}
        If the period spans a break in London's records: "warn" compares across it, "split" judges
        each side against itself, and a trend is one within the sides.
    since, until : Timestamp or str, optional
        Days [since, until): only steps that lie between them as a whole.
    alpha : float
        Steps are hot or cold up to this q, and trends significant up to this p; above 0, below 1.

    Returns
    -------
    DataFrame
        On the index of `places`:

        - `category`: "new hot spot", or consecutive, intensifying, persistent, diminishing,
          sporadic, oscillating, historical; the same with "cold spot"; or "no pattern";
        - `n`, `n_last`: incidents in the place itself, in all steps and in the last;
        - `share_hot`, `share_cold`: of the steps, 0–1;
        - `last_is_hot`, `last_is_cold`: whether the last step is;
        - `last_z`, `last_p`, `last_q`: Gi*, its p and its rate of false findings in the last step;
        - `trend_tau`: from −1, ever less, to 1, ever more;
        - `trend_p`: two-sided p of no trend;
        - `trend_q`: Benjamini–Hochberg rate of false findings of all places up to this p;
        - `n_steps`: how many steps were looked at.

    Raises
    ------
    MonthlyDataError
        If weeks are asked of data of which some rows are known only to the month.
    InputError
        If the coordinate system is not EPSG:27700, there are fewer than 5 steps, counts are not
        whole numbers, are all the same, or are not those of the places, or nobody has neighbours.

    Warns
    -----
    HotspotsWarning
        If the period spans a break in London's records, covers a month in part, holds steps in
        which nobody reported anything, has fewer than 10 steps, or if counts are too large for an
        exact p.

    Notes
    -----
    With m bins in a neighbourhood (a place and its neighbours, in a step and those before), n bins
    in the era, and x̄ and s² of all their counts, z = (S − m x̄) / (s √(m (n − m)/(n − 1))) is the
    Gi* of Ord and Getis. p is two-sided and exact: that of a sum of m counts drawn from all n. q is
    the Benjamini–Hochberg rate over all bins of all places. Hot is q ≤ alpha and z > 0.

    The trend is that of Mann and Kendall over the sums of a place and its neighbours in each step
    alone. Successive z share a step, and series that overlap seem to have trends: on counts of
    nothing 14 of 100 instead of 5.

    The rules, of which the first that holds is taken; cold spots are their mirror, tried if no hot
    one holds. New: the last step hot, none before. Consecutive: a last run of two or more, none
    before, under 90 % hot. Intensifying, persistent, diminishing: 90 % or more hot and the last;
    the trend rises, neither, falls. Sporadic: the last hot, under 90 %, never cold. Oscillating: as
    sporadic but once cold. Historical: 90 % or more hot, not the last. An intensifying cold spot
    has a falling trend.

    Where this differs from ArcGIS: p is exact, not that of z, and `alpha` is 0.05 for bins and
    trends; the trend is over single steps (with `n_previous=0` the series is the same); places
    without any incident are in the reference; a place that is new and was cold is new, not
    oscillating; a persistent spot is hot in the last step, or else historical; steps without data
    are left out, not filled.

    O(places × (neighbours + steps²)), and for p the number of different counts times the square of
    m times the largest sum.

    Caveats
    -------
    **A year has one season.** With 12 months a summer that has gone is a falling trend: use
    `trend_of="shares"`, and two years or more. Shares keep the season that is a place's own.
    **Many tests**: classes of quiet places rest on few counts; a class is no finding of its own.
    **Calls are not independent**: count episodes or nights, or one bad week is a new hot spot.
    Months have 28 to 31 days, weeks seven. Cells of another size or origin, and snapped points,
    give other classes. Places at the edge have fewer neighbours, and the first step none before it.
    Hot is against all places: in a force's whole area this is the town centre, ever.
    Small counts can hardly be cold.

    References
    ----------
    Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues
    and an application. Geographical Analysis 27(4). doi:10.1111/j.1538-4632.1995.tb00912.x
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3). doi:10.2307/1907187
    Hirsch, R. M., Slack, J. R., Smith, R. A. (1982). Techniques of trend analysis for monthly
    water quality data. Water Resources Research 18(1). doi:10.1029/WR018i001p00107
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). doi:10.1111/j.2517-6161.1995.tb02031.x
    Esri. How Emerging Hot Spot Analysis works. ArcGIS Pro documentation.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(20_000, boroughs=["Camden"], rng=1).incidents
    >>> boroughs = hs.load_boroughs()
    >>> places = hs.make_grid(boroughs[boroughs["name"] == "Camden"], cell_size=250)
    >>> counts = hs.count_incidents(calls, places, period=("2025-01-01", "2026-01-01"))
    >>> found = classify_trend(counts, places)
    >>> bool(found["category"].str.contains("hot spot").any()), found["n_steps"].iloc[0]
    (True, np.int64(12))
    """
    _check(n_previous, trend_of, breaks, alpha)
    check_places(places)
    cube = make_cube(counts, places, step, since, until)
    n_steps = len(cube.starts)
    if n_steps < _FEWEST_STEPS:
        remedy = "Give a longer period, or step='week' for timed data."
        rule = f"at least {_FEWEST_STEPS}: no trend can show in fewer"
        raise invalid("number of steps", n_steps, rule, remedy)
    if n_steps < _GOOD_STEPS:
        warnings.warn(
            f"There are {n_steps} steps. With fewer than {_GOOD_STEPS} a place must be hot in all "
            "of them to be persistent, and few trends can show. Give a longer period.",
            HotspotsWarning,
            stacklevel=2,
        )
    _log_breaks(cube)
    if breaks == "warn":
        remedy = "Use breaks='split', or since= or until= for one side."
        warn_of_breaks(cube.eras, remedy)
    eras = cube.eras if breaks == "split" else np.zeros_like(cube.eras)
    standing = judge_cube(cube, find_near(places, radius), n_previous, eras)
    q = false_discovery_rates(standing.p.ravel()).reshape(standing.p.shape)
    is_hot, is_cold = ((q <= alpha) & (sign * standing.z > 0) for sign in (1, -1))
    series = standing.step_sums
    if trend_of == "shares":
        series = series / np.maximum(cube.counts.sum(axis=0), 1)
    trends = mann_kendall(series, eras)
    runs = np.where(trends.p <= alpha, np.sign(trends.s), 0.0)
    found = pd.DataFrame(
        {
            "category": name_categories(is_hot, is_cold, runs),
            "n": cube.counts.sum(axis=1),
            "n_last": cube.counts[:, -1],
            "share_hot": is_hot.mean(axis=1),
            "share_cold": is_cold.mean(axis=1),
            "last_is_hot": is_hot[:, -1],
            "last_is_cold": is_cold[:, -1],
            "last_z": standing.z[:, -1],
            "last_p": standing.p[:, -1],
            "last_q": q[:, -1],
            "trend_tau": trends.tau,
            "trend_p": trends.p,
            "trend_q": false_discovery_rates(trends.p),
            "n_steps": n_steps,
        },
        index=places.index,
    )
    found["category"] = found["category"].astype("str")
    return found


def name_categories(is_hot: Flags, is_cold: Flags, runs: Floats) -> Texts:
    """Name the category of each place by the rules of `classify_trend`.

    Parameters
    ----------
    is_hot, is_cold : arrays (places, steps) of bool
        Which steps stand out.
    runs : array (places,) of float64
        1 where the trend rises, −1 where it falls, 0 where neither can be said.

    Returns
    -------
    array (places,) of str
        The category.

    Examples
    --------
    >>> hot = np.array([[False, False, True], [True, True, True], [True, True, False]])
    >>> name_categories(hot, np.zeros_like(hot), np.zeros(3)).tolist()
    ['new hot spot', 'persistent hot spot', 'no pattern']
    """
    hot = [f"{name} hot spot" for name in CLASSES]
    cold = [f"{name} cold spot" for name in CLASSES]
    rules = [*_rules(is_hot, is_cold, runs), *_rules(is_cold, is_hot, -runs)]
    return np.select(rules, [*hot, *cold], default=NO_PATTERN)


def _rules(is_on: Flags, is_other: Flags, runs: Floats) -> list[Flags]:
    """Say which places keep each rule, in the order of `CLASSES`."""
    n_steps = is_on.shape[1]
    n_on, last = is_on.sum(axis=1), is_on[:, -1]
    final_run = np.cumprod(is_on[:, ::-1], axis=1).sum(axis=1)
    is_mostly = n_on >= _MOSTLY * n_steps - _ROUNDING
    is_mostly_yet = is_mostly & last
    is_one_run = last & (n_on == final_run)
    has_other = is_other.any(axis=1)
    return [
        is_one_run & (n_on == 1),
        is_one_run & (n_on > 1) & ~is_mostly,
        is_mostly_yet & (runs > 0),
        is_mostly_yet & (runs == 0),
        is_mostly_yet & (runs < 0),
        last & ~is_mostly & ~has_other,
        last & ~is_mostly & has_other,
        is_mostly & ~last,
    ]


def _check(n_previous: int, trend_of: str, breaks: str, alpha: float) -> None:
    """Refuse options that are out of their range."""
    if not is_whole(n_previous, 0):
        raise invalid("n_previous", n_previous, "a whole number of steps, 0 or more")
    for name, value, allowed in (("trend_of", trend_of, TrendOf), ("breaks", breaks, Breaks)):
        if value not in get_args(allowed):
            raise invalid(name, value, f"one of {', '.join(get_args(allowed))}")
    if not is_number(alpha) or not 0 < alpha < 1:
        raise invalid("alpha", alpha, "a number above 0 and below 1")


def _log_breaks(cube: Cube) -> None:
    _LOG.info("%s from %s", count(len(cube.starts), "step"), cube.starts[0].date())
    gaps = int((np.diff(cube.numbers) > 1).sum())
    if gaps:
        _LOG.info("steps are missing in %s; what follows a gap has none before", gaps)
