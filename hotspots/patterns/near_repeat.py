"""Does one incident foretell another nearby: the Knox test, with p from dealing dates out again.

Pairs of incidents are counted by how far and how many days they are apart. If the dates of the same
incidents are dealt out again, pairs that are near in both come about by chance alone.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hotspots.chance import draw_seeds, make_generator
from hotspots.errors import HotspotsWarning, invalid, is_number, is_whole
from hotspots.patterns.near_events import MERGED, Events
from hotspots.patterns.near_pairs import (
    MOST_BINS,
    Pairs,
    columns_of_days,
    count_days,
    list_pairs,
    order_events,
    share_of_days,
)
from hotspots.patterns.surroundings import false_discovery_rates
from hotspots.patterns.week_windows import shuffle_within
from hotspots.progress import track
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Small = np.ndarray[Any, np.dtype[np.int32]]

_LOG = logging.getLogger(__name__)

SPACE: Final = (1.0, 100.0, 200.0, 300.0, 400.0)
"""Edges of the bins of distance, metres. What is nearer than the first is at the exact place."""

DAYS: Final = (0.0, 7.0, 14.0, 21.0, 28.0)
"""Edges of the bins of time, days."""

COLUMNS: Final = (
    *("kind", "caller", "from_m", "to_m", "from_days", "to_days", "observed"),
    *("expected", "ratio", "knox_expected", "knox_ratio", "p", "q"),
)
"""Columns of the table of a result."""

_DAY: Final = 24 * 60
_LEVEL: Final = 0.05
_FEWEST: Final = 19
_SNAPPED: Final = 0.5
_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class NearRepeat:
    """Whether incidents are followed by others nearby, how far and how long.

    Parameters
    ----------
    table : DataFrame
        A row for each bin of distance and of days:

        - `kind`: "exact place" (nearer than the first edge), "near", or "exact place or near" for
          a first bin that begins at 0;
        - `caller`: "same" or "other" (or not known); "any" if no caller is known;
        - `from_m`, `to_m`, `from_days`, `to_days`: edges, from ≤ apart < to;
        - `observed`: pairs, of episodes without those of at most three hours;
        - `expected`: mean of the replicates; `ratio`: observed over it, missing if it is 0;
        - `knox_expected`: by the margins alone; `knox_ratio`: observed over it;
        - `p`: share of replicates with as many pairs, missing if nothing can be in the bin: no
          two are so far apart, or no two moments are;
        - `q`: Benjamini–Hochberg rate of false findings over the table.
    n_events : int
        Episodes or calls that were compared.
    unit : str
        "episode" or "call".
    n_permutations : int
        Replicates.
    """

    table: pd.DataFrame
    n_events: int
    unit: str
    n_permutations: int

    def __repr__(self) -> str:
        """Answer the first questions: how much was compared, and what was found."""
        n = int((self.table["q"] <= _LEVEL).sum())
        return (
            f"<NearRepeat: {count(self.n_events, self.unit)}, {self.n_permutations} permutations; "
            f"{count(len(self.table), 'bin')} of distance and days, {n} with q of at most 0.05>"
        )

    @property
    def in_words(self) -> str:
        """How far and how long the risk lasts: a sentence for each kind and caller.

        It lasts from the first bin of days for as long as each has q of at most 0.05, and reaches
        over the bins of distance from the nearest, as long as the first bin of days has. Bins
        without an end, or in which nothing can be, are passed over.
        """
        groups = self.table.groupby(["caller", self.table["kind"] == "exact place"], sort=False)
        return " ".join(
            _say(str(caller), rows, is_exact=bool(is_exact)) for (caller, is_exact), rows in groups
        )


def _say(caller: str, rows: pd.DataFrame, *, is_exact: bool) -> str:
    """Say how far and how long the risk lasts in the rows of one caller, at the place or near."""
    whose = {"any": "", "same": " by the same caller", "other": " by other callers"}[caller]
    where = "At the exact place" if is_exact else "Nearby"
    is_said = np.isfinite(rows["to_m"]) & np.isfinite(rows["to_days"]) & rows["q"].notna()
    if not is_said.any():
        return (
            f"{where}, nothing is said of incidents{whose}: no bin with an end in metres and days "
            "has pairs to compare."
        )
    bands = [band[is_said[band.index]] for _, band in rows.groupby("from_m")]
    lasting = [_lasting(band) for band in bands]
    n_reached = [*lasting, 0.0].index(0.0)
    if not n_reached:
        return f"{where}, no more incidents{whose} are seen than chance brings."
    shortest, longest = min(lasting[:n_reached]), max(lasting[:n_reached])
    long = f"{longest:g} days" if shortest == longest else f"{shortest:g} to {longest:g} days"
    first, farthest = bands[0].iloc[0], bands[n_reached - 1].iloc[0]
    far = "" if is_exact else f", up to {farthest['to_m']:g} m,"
    within = "" if is_exact else f" within {first['to_m']:g} m"
    if np.isnan(first["ratio"]):
        more = f"{count(first['observed'], 'pair')}{within}, and chance brings none"
    else:
        more = f"{first['ratio']:.2f} times as many pairs{within} as chance brings"
    return (
        f"{where}{far} the risk of incidents{whose} is raised for {long}: up to "
        f"{first['to_days']:g} days there are {more}."
    )


def _lasting(band: pd.DataFrame) -> float:
    """Give the days until which every bin of a distance is raised; 0 if the first is not."""
    is_raised = (band["q"] <= _LEVEL).to_numpy()
    n_raised = int(np.argmin(np.append(is_raised, False)))
    return float(band["to_days"].iloc[n_raised - 1]) if n_raised else 0.0


def near_repeat(
    incidents: gpd.GeoDataFrame,
    *,
    space: Sequence[float] = SPACE,
    days: Sequence[float] = DAYS,
    distance: Literal["euclidean", "manhattan"] = "euclidean",
    unit: Literal["episode", "call"] = "episode",
    episode_radius: float = 100.0,
    within: Literal["month", "week"] | None = None,
    n_permutations: int = 999,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> NearRepeat:
    """Test whether an incident is soon followed by others at the same place and nearby.

    A busy place is no finding, nor is a busy month: only more pairs that are near in place and in
    time at once than the same places and the same dates bring together by chance.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a date. Rows without a point are left out.
    space : sequence of float
        Edges of the bins of distance, metres, increasing, at least 0; [from, to), the last may be
        infinite. What is nearer than the first edge is at the exact place, and has a bin of its
        own. With a first edge of 0 the exact place is part of the first bin.
    days : sequence of float
        Edges of the bins of time, days of 24 hours by the clock, increasing, at least 0;
        [from, to), the last may be infinite. If a row is known only to the day, the dates of all
        are taken.
    distance : {"euclidean", "manhattan"}
        As the crow flies, or the sum of the differences in easting and northing.
    unit : {"episode", "call"}
        What is compared. Calls are not independent, and make the test find what is not there:
        only for comparison, and for records of one row an occurrence. Two episodes are compared
        if they are more than three hours apart: if only dates are known, of two dates.
    episode_radius : float
        Calls within so many metres and three hours, in chains, are one episode, above 0. It
        stands where and when the first of them does.
    within : {"month", "week"}, optional
        Deal dates out only within the calendar month or the week from Monday, so that places with
        good and bad seasons, or weeks, are no finding. By default over the whole period.
    n_permutations : int
        Replicates, at least 19.
    rng : int or Generator, optional
        Seed. The same seed gives the same answer with any number of threads and order of rows.
    threads : int, optional
        Replicates at the same time; by default as many as there are processors.
    progress : bool, optional
        Whether to show a progress bar; by default only on a terminal.

    Returns
    -------
    NearRepeat
        With `.table`, a row for each bin, and `.in_words`.

    Raises
    ------
    MonthlyDataError
        If a row is known only to the month.
    InputError
        If a parameter is out of its range, a column is lacking, the coordinate system is not
        EPSG:27700, a geometry is no point, a row has no moment or its time no zone, there are fewer
        than two incidents with a point, all are at one point or moment, or too many are near each
        other (400 million pairs within the largest distance).

    Warns
    -----
    HotspotsWarning
        If half of the incidents share their exact point with another, so that the exact place may
        be a map point only; if rows stand for several incidents; or if replicates are too few for
        the q of what none of them reached.

    Notes
    -----
    Of n events, each of the n(n−1)/2 pairs falls into one bin of distance and of time. Each of R
    replicates deals the moments of the events out again between their places, with all else that
    is known of them; p = (1 + replicates with as many pairs as observed)/(1 + R), one-sided. q is
    taken over all bins with a p.

    Two calls within `episode_radius` and three hours are one episode, so that two episodes never
    are that near each other, and all pairs within three hours are farther apart; dealt-out moments
    bring some of them nearer. So pairs of at most three hours are not compared at any distance,
    and in each replicate the others of the same distance (and of one period) are scaled to as many
    as there are in fact.

    `knox_expected` is the number of compared pairs in the bin of distance, times the share of all
    compared pairs that are in the bin of time (Knox 1964). Over all permutations the mean is the
    same, for calls exactly; it does not allow for `within`.

    If callers are known, pairs of one caller are counted apart from others. An episode is that of
    the first of its callers who is known. O(n log n + m R) for m pairs within the largest distance,
    at five bytes each.

    Caveats
    -------
    The test says that dates depend on place, not why: an incident may bring the next one about, or
    a place may have bad weeks or a season for another reason, which is a finding too. So is an area
    whose reports stopped or began in the period. `within` takes out what is slower than a month or
    a week, and with it whatever else lasts as long. Many bins are tested: use q. Other bins give
    other answers; choose them before looking. Snapped points put different addresses at one place,
    and move others apart. Pairs beyond the edge of the data are not seen, which costs power and not
    more. With small counts ratios jump. Distance goes across railways and rivers. In dense town
    centres chains of calls run into one episode, more on busy dates; use `within="week"` there.

    References
    ----------
    Knox, G. (1964). The detection of space-time interactions. Journal of the Royal Statistical
    Society C 13(1). doi:10.2307/2985220
    Johnson, S. D. et al. (2007). Space-time patterns of risk: a cross national assessment of
    residential burglary victimization. Journal of Quantitative Criminology 23(3).
    doi:10.1007/s10940-007-9025-3
    Kulldorff, M., Hjalmars, U. (1999). The Knox method and other tests for space-time interaction.
    Biometrics 55(2). doi:10.1111/j.0006-341X.1999.00544.x
    Phipson, B., Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
    Applications in Genetics and Molecular Biology 9(1). doi:10.2202/1544-6115.1585
    Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(2000, boroughs=["Camden"], rng=1).incidents
    >>> found = hs.near_repeat(calls, space=[0, 100, 200], days=[0, 7, 14], rng=1)
    >>> found.table[["caller", "from_m", "to_m", "from_days", "to_days"]].head(2)
      caller  from_m   to_m  from_days  to_days
    0   same     0.0  100.0        0.0      7.0
    1   same     0.0  100.0        7.0     14.0
    >>> bool(found.table["p"].dropna().between(0, 1, inclusive="right").all())
    True
    """
    metres, bounds = _edges("space", space, "metres"), _edges("days", days, "days")
    _check(distance, unit, episode_radius, within, n_permutations, threads)
    chance = make_generator(rng)
    events = Events.of(incidents, "near_repeat")
    has_exact = bool(metres[0] > 0)
    if has_exact and events.share_coincident() >= _SNAPPED:
        _warn_snapped(events.share_coincident())
    merged = MERGED if unit == "episode" else -1
    if unit == "episode":
        events = events.one_each_episode(float(episode_radius))
    edges = np.insert(metres, 0, 0.0) if has_exact else metres
    events = events.at(order_events(events.xy, events.minutes, events.persons, edges[-1]))
    periods = events.periods(within)
    pairs = list_pairs(
        events.xy,
        events.persons,
        periods,
        edges,
        is_manhattan=distance == "manhattan",
    )
    n_listed = count(len(pairs.others), "pair")
    _LOG.info("%s are near each other, of %s", n_listed, count(len(events.xy), unit))
    # Rounded, for 29/1440 days would be a little more than 29 minutes, and pairs of 29 before it.
    minutes = np.ceil(np.round(bounds * _DAY, 6))
    minutes = np.minimum(minutes, np.iinfo(np.int32).max).astype(np.int64)
    seeds = draw_seeds(chance, n_permutations)
    columns = columns_of_days(events.minutes, minutes, merged)
    observed = count_days(pairs, events.minutes, columns)
    n_pairs = np.bincount(pairs.kinds, minlength=4 * pairs.n_bins).reshape(2, 2, -1, 1)
    deal = _Dealer(pairs, events.minutes, periods, columns)
    with track(n_permutations, show=progress) as begin:
        expected, reached = _compare(deal, n_pairs, observed, seeds, threads, begin)
    share = share_of_days(events.minutes, minutes, merged)
    n_compared = (n_pairs - observed[..., -1:]).sum(axis=0)
    numbers = {
        "observed": observed[..., :-1].sum(axis=0),
        "expected": expected,
        "knox_expected": n_compared * share,
        "p": np.where(n_compared * share > 0, (1 + reached) / (1 + n_permutations), np.nan),
    }
    has_callers = bool((events.persons >= 0).any())
    table = _table(edges, bounds, numbers, has_exact=has_exact, has_callers=has_callers)
    _warn_few(table, n_permutations)
    return NearRepeat(table, len(events.xy), unit, n_permutations)


@dataclass(frozen=True, eq=False)
class _Dealer:
    """Deals the moments of events out again, and counts the pairs."""

    pairs: Pairs
    minutes: Small
    periods: Integers
    columns: Any

    def __call__(self, seed: int) -> Integers:
        """Count the pairs of one replicate; the same seed gives the same one."""
        order, bounds = self._by_period
        dealt = self.minutes[order]
        shuffle_within(dealt, bounds, seed)
        moments = np.empty_like(dealt)
        moments[order] = dealt
        return count_days(self.pairs, moments, self.columns)

    @cached_property
    def _by_period(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.periods, kind="stable")
        bounds = np.flatnonzero(np.diff(self.periods[order], prepend=-1, append=-1))
        return order, bounds


def _compare(
    deal: Callable[[int], Integers],
    n_pairs: Integers,
    observed: Integers,
    seeds: Integers,
    threads: int | None,
    begin: Callable[[str], None],
) -> tuple[Floats, Integers]:
    """Give the mean of the replicates, and how many of them have as many pairs as observed.

    Pairs that are not compared are in the last column. What is left of the pairs of a distance is
    scaled to as many as there are in fact, so that those do not make the others rarer; pairs of
    one period by themselves, for nearly all of those are among them.
    """
    counts, left = observed[..., :-1].sum(axis=0), n_pairs - observed[..., -1:]
    sums, reached = np.zeros(counts.shape), np.zeros(counts.shape, dtype=np.int64)
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count()) as pool:
        for each in pool.map(deal, seeds):
            begin("Dealing dates out")
            scale = left / np.maximum(n_pairs - each[..., -1:], 1)
            dealt = (each[..., :-1] * scale).sum(axis=0)
            sums += dealt
            reached += dealt >= counts - _ROUNDING
    return sums / len(seeds), reached


def _edges(name: str, values: Sequence[float], unit: str) -> Floats:
    """Refuse edges that do not increase."""
    try:
        edges = np.asarray(values)
    except ValueError:
        edges = np.empty(0)
    is_list = edges.ndim == 1 and edges.dtype.kind in "iuf" and 2 <= len(edges) <= MOST_BINS  # noqa: PLR2004
    if not is_list or not edges[0] >= 0 or not (np.diff(edges.astype(np.float64)) > 0).all():
        rule = f"2 to {MOST_BINS} increasing edges in {unit}, at least 0"
        example = SPACE if name == "space" else DAYS
        raise invalid(name, values, rule, f"Use {name}={example}.")
    return edges.astype(np.float64)


def _check(
    distance: str,
    unit: str,
    episode_radius: float,
    within: str | None,
    n_permutations: int,
    threads: int | None,
) -> None:
    """Refuse options that are out of their range."""
    rules = (
        (
            "distance",
            distance,
            distance in ("euclidean", "manhattan"),
            "'euclidean' or 'manhattan'",
        ),
        ("unit", unit, unit in ("episode", "call"), "'episode' or 'call'"),
        (
            "episode_radius",
            episode_radius,
            is_number(episode_radius) and episode_radius > 0,
            "a number of metres above 0",
        ),
        ("within", within, within in (None, "month", "week"), "'month', 'week' or None"),
        (
            "n_permutations",
            n_permutations,
            is_whole(n_permutations, _FEWEST),
            f"a whole number, at least {_FEWEST}",
        ),
        ("threads", threads, threads is None or is_whole(threads, 1), "a whole number above 0"),
    )
    for name, value, is_good, rule in rules:
        if not is_good:
            raise invalid(name, value, rule)


def _table(
    edges: Floats,
    bounds: Floats,
    numbers: dict[str, Any],
    *,
    has_exact: bool,
    has_callers: bool,
) -> pd.DataFrame:
    """Lay arrays by caller, distance and days out as rows."""
    n_bins, n_days = len(edges) - 1, len(bounds) - 1
    callers = ["same", "other"] if has_callers else ["any"]
    first = "exact place" if has_exact else "exact place or near" if edges[0] == 0 else "near"
    caller, near, later = (
        each.ravel()
        for each in np.meshgrid(range(len(callers)), range(n_bins), range(n_days), indexing="ij")
    )
    table = pd.DataFrame(
        {
            "kind": np.where(near == 0, first, "near").astype(str),
            "caller": np.array(callers)[caller].astype(str),
            "from_m": edges[near],
            "to_m": edges[near + 1],
            "from_days": bounds[later],
            "to_days": bounds[later + 1],
        }
    )
    # Without callers every pair is in the second layer.
    for name, values in numbers.items():
        table[name] = values[-len(callers) :].ravel()
    for name, base in (("ratio", "expected"), ("knox_ratio", "knox_expected")):
        table[name] = table["observed"] / table[base].where(table[base] > 0)
    table["q"] = false_discovery_rates(table["p"].to_numpy())
    return table[list(COLUMNS)]


def _warn_snapped(share: float) -> None:
    warnings.warn(
        f"{percent(share)} of the incidents are at exactly the point of another. If points were "
        "snapped, 'exact place' means the same map point, not the same address. Use a first edge "
        "of 0, such as space=[0, 200, 400], to put the exact place and what is near it together.",
        HotspotsWarning,
        stacklevel=3,
    )


def _warn_few(table: pd.DataFrame, n_permutations: int) -> None:
    """Warn if bins that no replicate reached have a large q, for want of replicates."""
    least = 1 / (1 + n_permutations)
    n_tested = int(table["p"].notna().sum())
    n_short = int(((table["p"] <= least) & (table["q"] > _LEVEL)).sum())
    if n_short:
        needed = math.ceil(n_tested / _LEVEL) - 1
        warnings.warn(
            f"None of {n_permutations:,} permutations reached {count(n_short, 'bin')}, and yet the "
            f"q there is above {_LEVEL}: among {n_tested} bins that of one alone can be no less. "
            f"Use n_permutations={needed} or more.",
            HotspotsWarning,
            stacklevel=3,
        )
