"""What has just begun: a scan over place × dates, by the space-time permutation scan statistic.

Every circle of places is looked at in every run of dates. What would be expected if the date did
not depend on the place follows from how many episodes a place has and how many a date; the largest
likelihood ratio is judged by dealing the dates out again.
"""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.chance import draw_seeds, make_generator
from hotspots.errors import HotspotsWarning, InputError, invalid, is_number, is_whole
from hotspots.patterns.gumbel import GumbelTail
from hotspots.patterns.recent_cases import Cases, Places, make_cases, make_places
from hotspots.patterns.recent_circles import make_circles
from hotspots.patterns.recent_history import earlier_dates, largest_on
from hotspots.patterns.recent_zones import (
    RecentZones,
    Replicates,
    first_of_each,
    make_zones,
    observed_circles,
)
from hotspots.progress import track
from hotspots.tables import CRS, RECENT_CLUSTERS, TIMEZONE
from hotspots.words import count

if TYPE_CHECKING:
    import datetime as dt

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_BATCH: Final = 20
_FEWEST_MAXIMA: Final = 10
_FARTHEST: Final = 10_000
_LONGEST: Final = 366
# Ratios that differ by a smaller share are the same: sums depend on their order by rounding.
_SAME: Final = 1e-9


@dataclass(frozen=True)
class RecentScan:
    """What a scan over place and date has found.

    Parameters
    ----------
    clusters : GeoDataFrame
        A recent clusters table, best first; no two share a place and a date.
    maxima : Series of float
        Largest ratio of each replicate; 0 if it had no cluster.
    p, p_gumbel : float
        p of the largest ratio, 0–1, by its rank and by the Gumbel tail; 1 if there is no cluster.
    before : Series of float
        Largest ratio as it would have been on earlier dates of the period, by date; empty if it
        looks at the past.
    p_before : float
        p of the largest ratio by its rank among those, 0–1; missing if there are none.
    n_episodes, n_places : int
        Episodes that were scanned, one a night and place, and the places they were at.
    first_date, last_date : Timestamp
        The period that was compared.
    """

    clusters: gpd.GeoDataFrame
    maxima: pd.Series[float]
    p: float
    p_gumbel: float
    before: pd.Series[float]
    p_before: float
    n_episodes: int
    n_places: int
    first_date: pd.Timestamp
    last_date: pd.Timestamp

    def __repr__(self) -> str:
        """Answer the first questions: what was scanned, what was found, how surely."""
        return (
            f"<RecentScan: {count(self.n_episodes, 'episode')} at {count(self.n_places, 'place')}, "
            f"{self.first_date:%Y-%m-%d} to {self.last_date:%Y-%m-%d}; "
            f"{count(len(self.clusters), 'cluster')}; p {self.p:.3g}>"
        )


def scan_recent(
    incidents: gpd.GeoDataFrame,
    *,
    until: str | dt.date | None = None,
    history: int | None = None,
    prospective: bool = True,
    cell_size: float | None = 250.0,
    max_radius: float = 1000.0,
    max_days: int = 7,
    min_episodes: int = 3,
    min_nights: int = 2,
    adjust: Literal["none", "weekday", "season"] = "weekday",
    unit: Literal["episode", "call"] = "episode",
    episode_radius: float = 100.0,
    night_ends: int = 6,
    every: float = 1.0,
    alpha: float = 0.05,
    n_permutations: int = 999,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> RecentScan:
    """Scan for what has just begun: more in some place in the last days than its usual share.

    A busy place is no finding, nor is a busy day: only a place that has more of the last days than
    it has of the whole period.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a clock time. Rows without a point are left out.
    until : date or str, optional
        The last date, such as "2025-06-30"; by default that of the last incident. Later incidents
        are left out. A night belongs to the date of its evening.
    history : int, optional
        Days up to the last date that are compared, at least twice `max_days`; by default from the
        first incident on.
    prospective : bool
        Whether only windows that end on the last date are looked at, or all (retrospective).
    cell_size : float, optional
        Side of the square cells that places are put into, metres. None takes exact points.
    max_radius : float
        Largest radius of a circle, metres, between the middles of cells. No circle has more than
        half of all episodes.
    max_days : int
        Longest window, days.
    min_episodes, min_nights : int
        Episodes and different nights that a finding needs, at least 1.
    adjust : {"none", "weekday", "season"}
        What dates may have in common with places without being a finding. "weekday": places may
        have weekdays of their own. "season": and seasons of their own, within eight weeks counted
        back from the last date.
    unit : {"episode", "call"}
        What is dealt out again. Calls are not independent, and make the test find what is not
        there: only for comparison.
    episode_radius : float
        Calls of one night within so many metres are one episode, 1 to 10,000.
    night_ends : int
        Hour of the day, 0–12, at which a night gives way to the next date.
    every : float
        Days from one such scan to the next, for the recurrence interval; above 0.
    alpha : float
        Further clusters are listed up to this p (by the Gumbel tail); the best one always.
    n_permutations : int
        Replicates, at least 10.
    rng : int or Generator, optional
        Seed. The same seed gives the same answer with any number of threads.
    threads : int, optional
        Replicates at the same time; by default as many as there are processors.
    progress : bool, optional
        Whether to show a progress bar; by default only on a terminal.

    Returns
    -------
    RecentScan
        With `.clusters`, `.maxima`, `.p`, `.p_gumbel`, `.before` and `.p_before`.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If a parameter is out of its range, the coordinate system is not EPSG:27700, there are
        fewer than two incidents with a point in the period, or the period is shorter than twice
        `max_days`.

    Warns
    -----
    HotspotsWarning
        If all incidents are at one place, none is in the last `max_days` days, or rows stand for
        several incidents.

    Notes
    -----
    Of the n_d episodes on date d, n_d · n(zone, s)/n(s) are expected in a zone, s being the stratum
    of the date and n its numbers of episodes; μ is the sum over the dates of the window. Of c
    episodes there, and C in all, the ratio is c log(c/μ) + (C − c) log((C − c)/(C − μ)) where
    c > μ, and else 0 (Kulldorff et al. 2005).

    Each replicate deals the dates of a stratum out again between its episodes. p is the share of
    maxima that are as large as the ratio, that observed among them, (1 + k)/(1 + R). For p smaller
    than replicates can show, the maxima are taken as Gumbel distributed, and the chance of a
    further one is averaged over what its location and scale may be; where some maxima are 0 and
    fewer than 100 are not, it is p again. The recurrence interval is `every`/`p_gumbel`: how often
    chance alone would show as much.

    `p_before` asks how often it was like this before: the largest ratio of windows that end on the
    last date is ranked among those that end `max_days`, twice as many days … before it: (1 + k)/
    (1 + m) for k of m. What is expected rests on the whole period each time. It needs no
    independence, only that no date is unlike the others, and so allows for places with good and bad
    weeks; it cannot be smaller than 1/(1 + m), a fiftieth for a year and windows of a week.

    One call of each episode is drawn, so that no two of a night are within `episode_radius`. At
    busy places this passes over calls that have nothing to do with each other, and most of them on
    the busiest dates; what is drawn on the quieter dates of a stratum is therefore thinned by as
    much, so that all its dates keep the same share of a place (Matérn 1960). Where more than 90 %
    are kept on every date nothing is thinned.

    A place has at most one episode a night, in the data and in each replicate: dates that are dealt
    out may fall together at a place, which episodes never do.

    Circles are those of places round each place, all at the same distance coming in together, and
    of each middle the best circle and window is kept. The maxima are exact.

    Caveats
    -------
    It compares with the place's own share of the period: what is high all the time is no finding,
    and what began before the longest window is found late. A place with good and bad weeks of its
    own makes date depend on place, and is found for that reason: look at `p_before`. A season of
    its own does the same; `adjust="season"` or a short `history` takes it out. Dates on which
    recording failed in one area make all others stand out. Scanning each day is many tests: use the
    recurrence interval. Cells and circles are arbitrary; points that are snapped lie in one cell
    where the places did not. At the edge of the data circles are cut off. Small counts show only
    strong outbreaks. Where calls are dense few of them are scanned, as many as the busiest date of
    a stratum leaves. Which call of an episode is drawn depends on the seed, and what is near a
    limit may differ with it.

    References
    ----------
    Kulldorff, M., Heffernan, R., Hartman, J., Assunção, R., Mostashari, F. (2005). A space-time
    permutation scan statistic for disease outbreak detection. PLoS Medicine 2(3).
    doi:10.1371/journal.pmed.0020059
    Abrams, A. M., Kleinman, K., Kulldorff, M. (2010). Gumbel based p-value approximations for
    spatial scan statistics. International Journal of Health Geographics 9.
    doi:10.1186/1476-072X-9-61
    Matérn, B. (1960). Spatial Variation. Meddelanden från Statens Skogsforskningsinstitut 49(5).

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden", "Islington"], rng=1).incidents
    >>> scan = hs.scan_recent(calls, n_permutations=99, rng=1)
    >>> scan.clusters.columns[:5].tolist()
    ['borough', 'from_date', 'to_date', 'n_days', 'n_nights']
    >>> 0 < scan.p <= 1
    True
    """
    _check(
        history,
        prospective,
        cell_size,
        max_radius,
        max_days,
        min_episodes,
        min_nights,
        adjust,
        unit,
        episode_radius,
        every,
        alpha,
        n_permutations,
        threads,
    )
    chance = make_generator(rng)
    cases = make_cases(
        incidents,
        until=until,
        history=history,
        adjust=adjust,
        unit=unit,
        episode_radius=episode_radius,
        night_ends=night_ends,
        chance=chance,
    )
    if cases.n_dates < 2 * max_days:
        msg = (
            f"The period has {count(cases.n_dates, 'day')}. Must be at least twice max_days "
            f"({max_days}). Give a smaller max_days, or more incidents."
        )
        raise InputError(msg)
    places = make_places(cases.xy, cell_size)
    is_once = unit == "episode"
    if is_once:
        kept = first_of_each(places.of_case, cases.dates)
        cases, places = cases.at(kept), places.at(kept)
    if len(places.xy) == 1:
        warnings.warn(
            "All incidents are at one place, so there is no other for its dates to differ from. "
            "Give a smaller cell_size, or the incidents around it too.",
            HotspotsWarning,
            stacklevel=2,
        )
    zones_of = partial(
        make_zones,
        places.of_case,
        circles=make_circles(places.xy, np.bincount(places.of_case), max_radius, threads),
        max_days=max_days,
        min_cases=min_episodes,
        min_dates=min_nights,
        is_prospective=prospective,
        is_once=is_once,
    )
    zones = zones_of(cases.dates, cases.strata)
    if not len(zones.in_windows):
        warnings.warn(
            f"There is no incident in the last {count(max_days, 'day')}, so nothing can be found. "
            "Give the last date of the data as until.",
            HotspotsWarning,
            stacklevel=2,
        )
    best = observed_circles(zones)
    seeds = draw_seeds(chance, n_permutations)
    maxima = _maxima(zones, seeds, threads, progress=progress)
    ends = earlier_dates(cases.n_dates, max_days) if prospective else np.arange(0)
    before = largest_on(ends, zones_of, cases.dates, cases.strata, threads)
    judge = _Judge(maxima, before)
    largest = float(best["ratio"].max(initial=0.0))
    listing = _Listing(cases, places, zones, best, judge, every if prospective else None)
    return RecentScan(
        clusters=listing.clusters(alpha),
        maxima=pd.Series(judge.maxima, name="log_likelihood_ratio"),
        p=judge.p(largest),
        p_gumbel=judge.p_gumbel(largest),
        before=pd.Series(
            before,
            index=pd.DatetimeIndex([cases.date(int(end)) for end in ends], name="to_date"),
            name="log_likelihood_ratio",
        ),
        p_before=judge.p_before(largest),
        n_episodes=len(cases.xy),
        n_places=len(places.xy),
        first_date=cases.first,
        last_date=cases.date(cases.n_dates - 1),
    )


def _check(
    history: int | None,
    prospective: bool,  # noqa: FBT001
    cell_size: float | None,
    max_radius: float,
    max_days: int,
    min_episodes: int,
    min_nights: int,
    adjust: str,
    unit: str,
    episode_radius: float,
    every: float,
    alpha: float,
    n_permutations: int,
    threads: int | None,
) -> None:
    """Refuse parameters that are out of their range, each with what is allowed."""
    metres = f"a number of metres, 1 to {_FARTHEST:,}"
    if not is_whole(max_days, 1, _LONGEST):
        name = "max_days"
        raise invalid(name, max_days, f"a whole number of days, 1 to {_LONGEST}")
    enough = f"a whole number of days, at least twice max_days ({max_days})"
    rules: tuple[tuple[str, object, bool, str], ...] = (
        (
            "cell_size",
            cell_size,
            cell_size is None or is_number(cell_size, 1, _FARTHEST),
            f"{metres}, or None for exact points",
        ),
        ("prospective", prospective, isinstance(prospective, bool), "True or False"),
        ("max_radius", max_radius, is_number(max_radius, 1, _FARTHEST), metres),
        ("history", history, history is None or is_whole(history, 2 * max_days), enough),
        ("min_episodes", min_episodes, is_whole(min_episodes, 1), "a whole number above 0"),
        ("min_nights", min_nights, is_whole(min_nights, 1), "a whole number above 0"),
        (
            "adjust",
            adjust,
            adjust in ("none", "weekday", "season"),
            "'none', 'weekday' or 'season'",
        ),
        ("unit", unit, unit in ("episode", "call"), "'episode' or 'call'"),
        ("episode_radius", episode_radius, is_number(episode_radius, 1, _FARTHEST), metres),
        ("every", every, is_number(every) and every > 0, "a number of days above 0"),
        ("alpha", alpha, is_number(alpha) and 0 < alpha <= 1, "a number above 0 and up to 1"),
        (
            "n_permutations",
            n_permutations,
            is_whole(n_permutations, _FEWEST_MAXIMA),
            f"a whole number, at least {_FEWEST_MAXIMA}",
        ),
        ("threads", threads, threads is None or is_whole(threads, 1), "a whole number above 0"),
    )
    for name, value, is_good, rule in rules:
        if not is_good:
            raise invalid(name, value, rule)


def _maxima(
    zones: RecentZones, seeds: Integers, threads: int | None, *, progress: bool | None
) -> Floats:
    """Give the largest ratio of each replicate."""
    replicates = Replicates(zones)
    found: list[float] = []
    batches = np.array_split(seeds, range(1, len(seeds), _BATCH))
    with (
        ThreadPoolExecutor(max_workers=threads or os.cpu_count()) as pool,
        track(len(batches), show=progress) as begin,
    ):
        for number, batch in enumerate(batches):
            begin("Scanning place and date")
            found += pool.map(replicates.maximum, batch)
            if number < 2:  # noqa: PLR2004 (one replicate, and then a batch, say what to expect)
                replicates.learn(np.array(found))
    return np.array(found)


@dataclass(frozen=True, eq=False)
class _Judge:
    """Says how easily chance gives a ratio."""

    maxima: Floats
    before: Floats

    def p(self, ratio: float) -> float:
        """Give p by the rank of the ratio among the maxima."""
        return _share_reached(self.maxima, ratio)

    def p_gumbel(self, ratio: float) -> float:
        """Give p by the Gumbel tail."""
        return self._tail.p(ratio * (1 - _SAME))

    def p_before(self, ratio: float) -> float:
        """Give p by its rank among the maxima of earlier dates; missing if there are none."""
        return _share_reached(self.before, ratio) if len(self.before) else np.nan

    @cached_property
    def _tail(self) -> GumbelTail:
        return GumbelTail(self.maxima)


def _share_reached(maxima: Floats, ratio: float) -> float:
    """Give the share of maxima that are as large as a ratio, this one among them."""
    return (1 + int((maxima >= ratio * (1 - _SAME)).sum())) / (1 + len(maxima))


@dataclass(frozen=True, eq=False)
class _Listing:
    """Puts the best circles and windows into a table in which no two share a place and a date."""

    cases: Cases
    places: Places
    zones: RecentZones
    best: Any
    judge: _Judge
    every: float | None

    def clusters(self, alpha: float) -> gpd.GeoDataFrame:
        """Give the clusters, best first; of equal ones that of the fewest places."""
        best = self.best
        rows: list[dict[str, object]] = []
        is_taken = np.zeros((len(self.places.xy), self.cases.n_dates), dtype=np.bool_)
        for centre in np.lexsort([best["n_places"], -np.round(best["ratio"], 9)]):
            ratio = float(best["ratio"][centre])
            if ratio <= 0 or (rows and self.judge.p_gumbel(ratio) > alpha):
                break
            members = self.members(centre)
            window = slice(best["first"][centre], best["last"][centre] + 1)
            if is_taken[members, window].any():
                continue
            is_taken[members, window] = True
            rows.append(self._row(int(centre), members))
        if not rows:
            return RECENT_CLUSTERS.empty()
        index = pd.RangeIndex(len(rows), name=RECENT_CLUSTERS.index.name)
        table = pd.DataFrame(rows, index=index)
        for name in ("from_date", "to_date"):
            table[name] = table[name].dt.tz_localize(TIMEZONE).astype(f"datetime64[us, {TIMEZONE}]")
        names = [column.name for column in RECENT_CLUSTERS.columns]
        return gpd.GeoDataFrame(table[names], geometry="geometry", crs=CRS)

    def members(self, centre: int) -> Integers:
        """Give the places of the best circle round a centre, nearest first."""
        start, size = self.zones.circles.starts[centre], self.best["n_places"][centre]
        return np.asarray(self.zones.circles.places[start : start + size]).astype(np.int64)

    def _row(self, centre: int, members: Integers) -> dict[str, object]:
        best, cases = self.best[centre], self.cases
        first, last = best["first"], best["last"]
        inside = np.isin(self.places.of_case, members)
        inside &= (cases.dates >= first) & (cases.dates <= last)
        boroughs = pd.Series(cases.boroughs[inside]).dropna()
        squares = self.places.squares(members)
        corners = squares * self.places.side
        ratio, expected = float(best["ratio"]), float(best["expected"])
        p_gumbel = self.judge.p_gumbel(ratio)
        farthest = self.places.xy[members] - self.places.xy[centre]
        return {
            "borough": boroughs.mode().iloc[0] if len(boroughs) else None,
            "from_date": cases.date(int(first)),
            "to_date": cases.date(int(last)),
            "n_days": int(last - first) + 1,
            "n_nights": len(np.unique(cases.dates[inside])),
            "n_episodes": int(best["count"]),
            "n": self._weight_in(squares, slice(first, last + 1)),
            "expected": expected,
            "ratio": int(best["count"]) / expected,
            "log_likelihood_ratio": ratio,
            "p": self.judge.p(ratio),
            "p_gumbel": p_gumbel,
            "p_before": self.judge.p_before(ratio),
            "recurrence_days": np.nan if self.every is None else self.every / p_gumbel,
            "radius_m": float(np.hypot(*farthest.T).max()),
            "area_m2": len(squares) * self.places.side**2,
            "geometry": shapely.union_all(shapely.box(*corners.T, *(corners + self.places.side).T)),
        }

    def _weight_in(self, squares: Integers, window: slice) -> float:
        """Add up the calls in some squares and dates."""
        cases = self.cases
        recent = np.flatnonzero(
            (cases.calls_dates >= window.start) & (cases.calls_dates < window.stop)
        )
        at = self.places.squares_of(cases.calls_xy[recent])
        is_inside = (at[:, None, :] == squares).all(axis=2).any(axis=1)
        return float(cases.weights[recent[is_inside]].sum())
