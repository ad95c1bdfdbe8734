"""Which places have hours of their own: a scan over place × days × hours of the cyclic week.

Every circle of occupied cells is looked at in every window of the week. What would be expected if
the hours of a borough did not depend on the place follows from its margins; the largest likelihood
ratio is judged by dealing the times of the borough's episodes out again.
"""

from __future__ import annotations

import heapq
import logging
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.chance import draw_seeds, make_generator
from hotspots.errors import HotspotsWarning, InputError, invalid, is_number, is_whole
from hotspots.patterns.gumbel import GumbelTail
from hotspots.patterns.surroundings import false_discovery_rates
from hotspots.patterns.week_episodes import draw_episodes
from hotspots.patterns.week_windows import HOURS, band_of, log_likelihood_ratio, sum_windows
from hotspots.patterns.week_zones import (
    LEAST_RATIO,
    Replicates,
    WeekZones,
    make_zones,
    observed_zones,
)
from hotspots.progress import track
from hotspots.tables import (
    CRS,
    SCAN_CLUSTERS,
    require_clock,
    require_columns,
    require_crs,
    require_points,
    require_weights,
)
from hotspots.times import DAYS, describe_band, hour_of_week, night_of
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hotspots.times import Band

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_LOG = logging.getLogger(__name__)

RADII: Final = (150.0, 300.0, 450.0, 600.0, 750.0)
"""Radii of the circles, metres: with cells of 250 m the cell alone, and 5, 9, 21 and 29 cells."""

_ALL: Final = "all"
_BATCH: Final = 10
_FEWEST_MAXIMA: Final = 10
_FARTHEST: Final = 10_000
_MOST_CELLS: Final = 20
_DAY: Final = 24


@dataclass(frozen=True)
class WeekScan:
    """What a scan over place and week has found.

    Parameters
    ----------
    clusters : GeoDataFrame
        A scan clusters table, best first; no two share a cell.
    boroughs : DataFrame
        What each borough was judged by; index: its code ("all" if one maximum was sought).
        Columns `n_episodes`, `log_likelihood_ratio` (the largest observed), `p`, `p_gumbel`, `q`
        and `n_permutations` (replicates until it was decided).
    maxima : DataFrame
        Largest ratio by replicate (a row each) and borough; missing once it was decided.
    n_episodes : int
        Episodes that were scanned.
    """

    clusters: gpd.GeoDataFrame
    boroughs: pd.DataFrame
    maxima: pd.DataFrame
    n_episodes: int
    _candidates: _Candidates = field(repr=False)
    _cell_size: float = field(repr=False)
    _radii: tuple[float, ...] = field(repr=False)

    def __repr__(self) -> str:
        """Answer the first questions: how much was scanned, and what was found."""
        n = int((self.boroughs["q"] <= 0.05).sum())  # noqa: PLR2004 (the usual level)
        is_one = self.boroughs.index.tolist() == [_ALL]
        tested = "all together" if is_one else count(len(self.boroughs), "borough")
        return (
            f"<WeekScan: {count(self.n_episodes, 'episode')}, {tested}; "
            f"{count(len(self.clusters), 'cluster')}; {n} with q of at most 0.05>"
        )

    def own_hours(
        self, places: gpd.GeoSeries | gpd.GeoDataFrame, *, radius: float = 300.0
    ) -> pd.DataFrame:
        """Say how surely places have hours of their own, and which.

        Parameters
        ----------
        places : GeoSeries or GeoDataFrame of polygons
            Such as hotspots, EPSG:27700.
        radius : float
            Largest circle that is looked at, metres; its middle cell meets the place.

        Returns
        -------
        DataFrame
            On the same index: `own_hours_p`, by the Gumbel tail of the borough's maxima (so it
            already allows for all the places and windows that were looked at), and `own_hours`,
            the window with the largest ratio in words, missing where no window stands out at all.
            Both missing where there was no episode. Windows of too few nights do not count.

        Raises
        ------
        InputError
            If the places are not in EPSG:27700 or the radius is not above 0.
        """
        if not isinstance(places, gpd.GeoSeries | gpd.GeoDataFrame):
            raise invalid("places", type(places).__name__, "a GeoSeries or GeoDataFrame")
        places = places.geometry
        require_crs("places", places)
        if not (is_number(radius) and radius > 0):
            raise invalid("radius", radius, "a number of metres above 0")
        scan = self._candidates.scan
        corners = scan.cells * self._cell_size
        squares = shapely.box(*corners.T, *(corners + self._cell_size).T)
        place, cell = shapely.STRtree(squares).query(places.to_numpy(), predicate="intersects")
        touches = shapely.touches(places.to_numpy()[place], squares[cell])
        place, cell = place[~touches], cell[~touches]
        n_radii = max(sum(each <= radius for each in self._radii), 1)
        tails = _tails(self.maxima.to_numpy())
        found = pd.DataFrame({"own_hours_p": np.nan, "own_hours": None}, index=places.index)
        for at in np.unique(place):
            zones = (cell[place == at][:, None] + np.arange(n_radii) * scan.n_cells).ravel()
            first = next(self._candidates.in_order(zones, lambda zone, ratio: True), None)  # noqa: ARG005
            if first is None:
                found.iloc[at, 0] = 1.0
                continue
            zone, window, ratio = first
            found.iloc[at, 0] = tails[scan.zones.groups[zone % scan.n_cells]].p(ratio)
            found.iloc[at, 1] = describe_band(band_of(window, scan.zones.max_days))
        found["own_hours"] = found["own_hours"].astype("str").where(found["own_hours"].notna())
        return found


def scan_week(
    incidents: gpd.GeoDataFrame,
    *,
    cell_size: float = 250.0,
    radii: Sequence[float] = RADII,
    max_days: int = 7,
    max_hours: int = 8,
    min_nights: int = 3,
    maximum: Literal["borough", "force"] = "borough",
    unit: Literal["episode", "call"] = "episode",
    episode_radius: float = 100.0,
    night_ends: int = 6,
    alpha: float = 0.05,
    n_permutations: int = 999,
    stop_after: int | None = 10,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> WeekScan:
    """Scan for places that have hours of their own.

    A busy place is no finding, nor is a busy hour: only a place whose episodes fall on other hours
    of the week than those of its borough is.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table in which every row has a clock time. Rows without a point are left
        out, and so are rows without a `borough` if others have one.
    cell_size : float
        Side of the square cells, metres.
    radii : sequence of float
        Radii of the circles, metres, increasing: circles of cells by the distance of their
        middles. They may cross the borders of boroughs.
    max_days, max_hours : int
        Longest run of days, 1–7, and longest band of hours on each, 1–24; bands may go on after
        midnight and then belong to the evening before.
    min_nights : int
        Different nights that a finding needs, at least 1.
    maximum : {"borough", "force"}
        Whether the largest ratio is judged in each borough, or over all of them at once.
    unit : {"episode", "call"}
        What is dealt out again. Calls are not independent, and make the test find what is not
        there: only for comparison.
    episode_radius : float
        Calls within so many metres and three hours are one episode, above 0. More than in
        `find_episodes`: an episode that falls into two counts twice, and makes hours of its own
        where there are none.
    night_ends : int
        Hour of the day, 0–12, at which a night gives way to the next date.
    alpha : float
        Further clusters of a borough are listed up to this p (by the Gumbel tail); the best one
        always.
    n_permutations : int
        Most replicates, at least 10.
    stop_after : int or None
        A borough is decided once so many replicates have reached its largest ratio; None takes
        all replicates for all.
    rng : int or Generator, optional
        Seed. The same seed gives the same answer with any number of threads.
    threads : int, optional
        Replicates at the same time; by default as many as there are processors.
    progress : bool, optional
        Whether to show a progress bar; by default only on a terminal.

    Returns
    -------
    WeekScan
        With `.clusters`, `.boroughs`, `.maxima` and `.own_hours(places)`.

    Raises
    ------
    MonthlyDataError
        If a row has no clock time.
    InputError
        If a parameter is out of its range, the coordinate system is not EPSG:27700, or there are
        fewer than two incidents with a point.

    Warns
    -----
    HotspotsWarning
        If all incidents lie in one cell, or rows stand for several incidents.

    Notes
    -----
    Of c episodes in a zone and window, μ = Σ n(zone) n(window) / n are expected, the sum being over
    the boroughs of the zone and the three numbers those of episodes within the borough. The ratio
    is c log(c/μ) − (c − μ) where c > μ, and else 0. Zones of fewer than `min_nights` episodes are
    passed over.

    Each replicate deals the hours of the week out again between the episodes of a borough, so that
    the number in each place and in each hour stays. p is the share of maxima that are as large as
    the ratio, that observed among them, (1 + k)/(1 + R); of a ratio that `stop_after` replicates
    have reached k/l, l being the one in which the k-th did. For p smaller than replicates can show
    the maxima are taken as Gumbel distributed, and the chance of a further one is averaged over
    what its location and scale may be, so that few replicates do not make it too small; where some
    maxima are 0 and fewer than 100 are not, it is the share again. q is the Benjamini–Hochberg rate
    over boroughs, from `p_gumbel`.

    One call of each episode is drawn, so that no two are within `episode_radius` and three hours
    of each other. At busy places this passes over calls that have nothing to do with each other,
    and most of them at the busiest hours; what is drawn at the quieter hours is therefore thinned
    by as much, so that every hour of a place's week keeps the same share (Matérn 1960). A week that
    has lost less than a tenth in every hour is left as it is.

    The maxima are exact: the smallest count that could be the largest ratio is worked out for each
    window and kind of zone, and what reaches it is calculated in full.

    Caveats
    -------
    Where calls are dense few of them are scanned: of ten a day within the episode radius about two
    in ten. A party of more than three hours can be two episodes.

    A finding says that hours differ from the borough's, not that there is much: a quiet place may
    have hours of its own. Borders of cells are arbitrary; a place on one is found with its
    neighbours. Times known only to the hour, and rounded ones, are taken as they are. Bursts over
    several nights, such as those of one quarrel, are found as well: look at the dates. Points that
    are snapped lie in one cell where the places did not. At the edge of the data circles are cut
    off, which makes them smaller and nothing else.

    References
    ----------
    Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics: Theory and Methods
    26(6). doi:10.1080/03610929708831995
    Kulldorff, M. et al. (2005). A space-time permutation scan statistic for disease outbreak
    detection. PLoS Medicine 2(3). doi:10.1371/journal.pmed.0020059
    Besag, J., Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika 78(2).
    doi:10.1093/biomet/78.2.301
    Abrams, A. M., Kleinman, K., Kulldorff, M. (2010). Gumbel based p-value approximations for
    spatial scan statistics. International Journal of Health Geographics 9.
    doi:10.1186/1476-072X-9-61
    Matérn, B. (1960). Spatial Variation. Meddelanden från Statens Skogsforskningsinstitut 49(5).

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden", "Islington"], rng=1).incidents
    >>> scan = hs.scan_week(calls, n_permutations=19, rng=1)
    >>> scan.clusters.columns[:5].tolist()
    ['borough', 'weekdays', 'start_hour', 'end_hour', 'hours']
    >>> len(scan.boroughs)
    2
    """
    for name, metres in (("cell_size", cell_size), ("episode_radius", episode_radius)):
        if not is_number(metres, 1, _FARTHEST):
            raise invalid(name, metres, f"a number of metres, 1 to {_FARTHEST:,}")
    if not np.iterable(radii) or not all(is_number(radius) for radius in radii):
        raise invalid("radii", radii, "increasing numbers of metres above 0", "Use (150, 300).")
    radii = tuple(float(radius) for radius in radii)
    _check(cell_size, radii, max_days, max_hours, min_nights, maximum, unit, alpha, n_permutations)
    for name, number in (("stop_after", stop_after), ("threads", threads)):
        if number is not None and not is_whole(number, 1):
            raise invalid(name, number, "a whole number above 0, or None")
    chance = make_generator(rng)
    calls = _Calls.of(incidents, night_ends)
    chosen = calls.drawn(episode_radius, chance) if unit == "episode" else np.arange(len(calls.xy))
    is_one = maximum == "force" or calls.names == (_ALL,)
    scan = make_zones(
        calls.xy[chosen],
        calls.hours[chosen],
        calls.strata[chosen],
        cell_size=cell_size,
        radii=radii,
        max_days=max_days,
        max_hours=max_hours,
        n_strata=len(calls.names),
        least_count=min_nights,
        is_one_group=is_one,
    )
    if scan.n_cells == 1:
        warnings.warn(
            f"All incidents lie in one cell of {cell_size:g} m, so there is no other place for its "
            "hours to differ from. Give a smaller cell_size, or the incidents around it too.",
            HotspotsWarning,
            stacklevel=2,
        )
    best = observed_zones(scan)
    candidates = _Candidates(calls, chosen, scan, best, min_nights)
    largest = candidates.largest()
    names = (_ALL,) if is_one else calls.names
    seeds = draw_seeds(chance, n_permutations)
    maxima = _maxima(scan, largest, seeds, stop_after, threads, progress=progress)
    n_of = np.bincount(calls.strata[chosen], minlength=len(calls.names))
    n_of = n_of.sum(keepdims=True) if is_one else n_of
    boroughs = _judge(names, n_of, largest, maxima, stop_after)
    listing = _Listing(candidates, boroughs, maxima, stop_after, cell_size, radii)
    return WeekScan(
        clusters=listing.clusters(alpha),
        boroughs=boroughs,
        maxima=pd.DataFrame(maxima, columns=boroughs.index),
        n_episodes=len(chosen),
        _candidates=candidates,
        _cell_size=cell_size,
        _radii=radii,
    )


def _check(
    cell_size: float,
    radii: tuple[float, ...],
    max_days: int,
    max_hours: int,
    min_nights: int,
    maximum: str,
    unit: str,
    alpha: float,
    n_permutations: int,
) -> None:
    """Refuse parameters that are out of their range, each with what is allowed."""
    rules: tuple[tuple[str, object, bool, str, str], ...] = (
        (
            "radii",
            radii,
            bool(radii) and all(a < b for a, b in zip((0.0, *radii), radii, strict=False)),
            "increasing numbers of metres above 0",
            "",
        ),
        (
            "radii",
            radii,
            not radii or max(radii) <= _MOST_CELLS * cell_size,
            f"at most {_MOST_CELLS} cells of {cell_size:g} m",
            "Give smaller circles, or a larger cell_size.",
        ),
        (
            "radii",
            radii,
            not radii or max(radii) >= cell_size,
            f"as large as a cell ({cell_size:g} m) at least once",
            "With smaller ones every circle is a single cell: give a smaller cell_size.",
        ),
        (
            "max_days",
            max_days,
            is_whole(max_days, 1, len(DAYS)),
            "a whole number of days, 1 to 7",
            "",
        ),
        (
            "max_hours",
            max_hours,
            is_whole(max_hours, 1, _DAY),
            "a whole number of hours, 1 to 24",
            "",
        ),
        (
            "min_nights",
            min_nights,
            is_whole(min_nights, 1),
            "a whole number of nights above 0",
            "",
        ),
        ("maximum", maximum, maximum in ("borough", "force"), "'borough' or 'force'", ""),
        ("unit", unit, unit in ("episode", "call"), "'episode' or 'call'", ""),
        ("alpha", alpha, is_number(alpha) and 0 < alpha <= 1, "a number above 0 and up to 1", ""),
        (
            "n_permutations",
            n_permutations,
            is_whole(n_permutations, _FEWEST_MAXIMA),
            f"a whole number, at least {_FEWEST_MAXIMA}",
            "Fewer cannot show how the maxima are distributed.",
        ),
    )
    for name, value, is_good, rule, remedy in rules:
        if not is_good:
            raise invalid(name, value, rule, remedy)


@dataclass(frozen=True)
class _Calls:
    """The calls that are scanned."""

    xy: Floats
    passed: Floats
    hours: Integers
    nights: Integers
    weights: Floats
    strata: Integers
    names: tuple[str, ...]

    @classmethod
    def of(cls, incidents: gpd.GeoDataFrame, night_ends: int) -> _Calls:
        """Take the calls of an incidents table that have a place."""
        require_columns(incidents, ("start", "time_precision", "borough", "weight"), "scan_week")
        require_clock(incidents, "scan_week")
        require_weights(incidents)
        is_used = require_points(incidents, "scan_week") & (incidents["weight"] > 0).to_numpy()
        has_borough = incidents["borough"].notna().to_numpy()
        if has_borough.any():
            is_used = is_used & has_borough
        n_left = int((~is_used).sum())
        if n_left:
            _LOG.info("%d incidents without a point or borough are left out", n_left)
        used = incidents[is_used]
        if len(used) < 2:  # noqa: PLR2004 (one has no other to differ from)
            msg = (
                f"There are {len(used)} incidents with a point to scan. Must be at least two. Look "
                "at what was left out: reading.summary."
            )
            raise InputError(msg)
        if (used["weight"] != 1).any():
            warnings.warn(
                "Some rows stand for another number of incidents than one; each is scanned as one "
                "call. For counted cells use counts, not this scan.",
                HotspotsWarning,
                stacklevel=3,
            )
        group = used["borough"].where(used["borough"].notna(), _ALL)
        names, strata = np.unique(group.to_numpy(dtype=object).astype(str), return_inverse=True)
        nights = night_of(used["start"], night_ends=night_ends)
        passed = used["start"] - pd.Timestamp(0, tz="UTC")
        return cls(
            xy=np.column_stack([used.geometry.x, used.geometry.y]),
            passed=passed.dt.total_seconds().to_numpy() / 3600,
            hours=hour_of_week(used["start"]).to_numpy(dtype=np.int64),
            nights=(nights - pd.Timestamp(0)).dt.days.to_numpy().astype(np.int64),
            weights=used["weight"].to_numpy(dtype=float),
            strata=strata.astype(np.int64),
            names=tuple(names.tolist()),
        )

    def drawn(self, radius: float, chance: np.random.Generator) -> Integers:
        """Draw one call of each episode."""
        return draw_episodes(self.xy, self.passed, self.strata, self.hours, radius, chance)


def _maxima(
    scan: WeekZones,
    largest: Floats,
    seeds: Integers,
    stop_after: int | None,
    threads: int | None,
    *,
    progress: bool | None,
) -> Floats:
    """Give the largest ratio of each replicate and group; NaN once a group is decided."""
    replicates = Replicates(scan)
    maxima = np.empty((0, scan.n_groups))
    is_open = np.ones(scan.n_groups, dtype=bool)
    # The first one alone: what it teaches spares the others most of their work.
    batches = np.array_split(seeds, [1, *range(_BATCH, len(seeds), _BATCH)])
    with (
        ThreadPoolExecutor(max_workers=threads or os.cpu_count()) as pool,
        track(len(batches), show=progress) as begin,
    ):
        for batch in batches:
            begin("Scanning place and week")
            wanted = is_open.copy()
            new = pool.map(lambda seed, wanted=wanted: replicates.maxima(seed, wanted), batch)
            maxima = np.vstack([maxima, *new])
            if stop_after is not None:
                is_open &= (maxima >= largest).sum(axis=0) < stop_after
            if not is_open.any():
                break
            if len(maxima) <= _BATCH:
                replicates.learn(maxima)
    return maxima


def _judge(
    names: tuple[str, ...],
    n_episodes: Integers,
    largest: Floats,
    maxima: Floats,
    stop_after: int | None,
) -> pd.DataFrame:
    """Give the p of each group's largest ratio."""
    rows = []
    for group, (ratio, tail) in enumerate(zip(largest, _tails(maxima), strict=True)):
        p, n_used = _monte_carlo_p(ratio, maxima[:, group], stop_after)
        rows.append((int(n_episodes[group]), ratio, p, tail.p(ratio), n_used))
    columns = ["n_episodes", "log_likelihood_ratio", "p", "p_gumbel", "n_permutations"]
    boroughs = pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="borough"))
    boroughs.insert(4, "q", false_discovery_rates(boroughs["p_gumbel"].to_numpy()))
    return boroughs


def _monte_carlo_p(ratio: float, maxima: Floats, stop_after: int | None) -> tuple[float, int]:
    """Give the p of a ratio among the maxima of its group, and how many replicates it took."""
    own = maxima[~np.isnan(maxima)]
    reached = np.flatnonzero(own >= ratio)
    if stop_after is not None and len(reached) >= stop_after:
        n_used = int(reached[stop_after - 1]) + 1
        return stop_after / n_used, n_used
    return (1 + len(reached)) / (1 + len(own)), len(own)


def _tails(maxima: Floats) -> list[GumbelTail]:
    """Give the distribution of each group's maxima, beyond what replicates show."""
    return [GumbelTail(own[~np.isnan(own)]) for own in maxima.T]


@dataclass(frozen=True, eq=False)
class _Candidates:
    """The zones with their best windows, of which those of too few nights are no finding."""

    calls: _Calls
    chosen: Integers
    scan: WeekZones
    best: Any
    min_nights: int

    def largest(self) -> Floats:
        """Give the largest ratio of each group that rests on enough nights; 0 if there is none."""
        found = np.zeros(self.scan.n_groups)
        for group in range(self.scan.n_groups):
            zones = np.flatnonzero(np.tile(self.scan.zones.groups == group, self.n_radii))
            first = next(self.in_order(zones, lambda zone, ratio: True), None)  # noqa: ARG005
            found[group] = first[2] if first is not None else 0.0
        return found

    @property
    def n_radii(self) -> int:
        """Number of circles round each cell."""
        return int(self.scan.zones.ring_ends.shape[1]) - 1

    def in_order(
        self, zones: Integers, is_wanted: Callable[[int, float], bool]
    ) -> Iterator[tuple[int, int, float]]:
        """Give zone, window and ratio of those that rest on enough nights, the largest first.

        Whether a zone is wanted is asked when its turn comes.
        """
        ratios, windows = self.best["ratio"], self.best["window"]
        waiting = [
            (-float(ratios[zone]), int(zone), int(windows[zone]))
            for zone in zones[ratios[zones] > 0]
        ]
        heapq.heapify(waiting)
        while waiting:
            negative, zone, window = heapq.heappop(waiting)
            if not is_wanted(zone, -negative):
                continue
            if len(np.unique(self.nights(zone, window))) >= self.min_nights:
                yield zone, window, -negative
                continue
            for other, ratio in self._windows_after(zone, window, -negative):
                if len(np.unique(self.nights(zone, other))) >= self.min_nights:
                    heapq.heappush(waiting, (-ratio, zone, other))
                    break

    def _windows_after(self, zone: int, window: int, most: float) -> list[tuple[int, float]]:
        """Give the windows of a zone that come after one, the largest ratio first."""
        zones = self.scan.zones
        week = np.bincount(self.scan.hours[self._episodes_in(zone)], minlength=HOURS)
        sums = np.zeros(zones.shares.shape[1], dtype=np.int64)
        sum_windows(week, zones.max_days, zones.max_hours, sums)
        expected = self.expected(zone)
        found = [
            (int(each), log_likelihood_ratio(float(sums[each]), float(expected[each])))
            for each in np.flatnonzero(sums >= self.scan.least_count)
        ]
        here = (-most, window)
        found = [pair for pair in found if pair[1] >= LEAST_RATIO and (-pair[1], pair[0]) > here]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def expected(self, zone: int) -> Floats:
        """Give what is expected in each window of a zone."""
        zones = self.scan.zones
        at = slice(zones.stratum_ends[zone], zones.stratum_ends[zone + 1])
        return np.asarray(zones.counts[at] @ zones.shares[zones.strata[at]])

    def nights(self, zone: int, window: int) -> Integers:
        """Give the night of each episode in a zone and window."""
        at = self._episodes_in(zone)
        at = at[band_of(window, self.scan.zones.max_days).mask[self.scan.hours[at]]]
        return np.asarray(self.calls.nights[self.chosen[self.scan.order[at]]])

    def _episodes_in(self, zone: int) -> Integers:
        """Give the positions, in the order of the scan, of the episodes of a zone."""
        order, ends = self._by_cell
        return np.concatenate(
            [order[ends[cell] : ends[cell + 1]] for cell in self.scan.members(zone)]
        )

    @cached_property
    def _by_cell(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.scan.cell_of, kind="stable")
        cells = np.arange(self.scan.n_cells + 1)
        return order, np.searchsorted(self.scan.cell_of[order], cells)


@dataclass(frozen=True, eq=False)
class _Listing:
    """Puts candidates into a table in which no two share a cell."""

    candidates: _Candidates
    boroughs: pd.DataFrame
    maxima: Floats
    stop_after: int | None
    cell_size: float
    radii: tuple[float, ...]

    def clusters(self, alpha: float) -> gpd.GeoDataFrame:
        """Give the clusters, best first."""
        scan = self.candidates.scan
        taken = np.zeros(scan.n_cells, dtype=bool)
        is_first = np.ones(len(self.boroughs), dtype=bool)
        tails = _tails(self.maxima)

        def is_wanted(zone: int, ratio: float) -> bool:
            group = scan.zones.groups[zone % scan.n_cells]
            is_listed = is_first[group] or tails[group].p(ratio) <= alpha
            return bool(is_listed and not taken[scan.members(zone)].any())

        rows = []
        zones = np.arange(len(self.candidates.best))
        for zone, window, ratio in self.candidates.in_order(zones, is_wanted):
            group = int(scan.zones.groups[zone % scan.n_cells])
            taken[scan.members(zone)] = True
            is_first[group] = False
            row = self._row(zone, window, ratio, group)
            rows.append(row | {"p_gumbel": tails[group].p(ratio)})
        if not rows:
            return SCAN_CLUSTERS.empty()
        table = pd.DataFrame(rows)
        table["q"] = false_discovery_rates(
            table["p_gumbel"].to_numpy(), self.boroughs["p_gumbel"].to_numpy()
        )
        table.index.name = SCAN_CLUSTERS.index.name
        names = [column.name for column in SCAN_CLUSTERS.columns]
        return gpd.GeoDataFrame(table[names], geometry="geometry", crs=CRS)

    def _row(self, zone: int, window: int, ratio: float, group: int) -> dict[str, object]:
        scan = self.candidates.scan
        band = band_of(window, scan.zones.max_days)
        nights = self.candidates.nights(zone, window)
        expected = float(self.candidates.expected(zone)[window])
        strata = scan.zones.strata[
            scan.zones.stratum_ends[zone] : scan.zones.stratum_ends[zone + 1]
        ]
        everything = float(np.diff(scan.bounds)[strata].sum())
        n = len(nights)
        outside = (everything - n) / (everything - expected) if everything > expected else np.nan
        corners = scan.cells[scan.members(zone)] * self.cell_size
        squares = shapely.box(*corners.T, *(corners + self.cell_size).T)
        name = str(self.boroughs.index[group])
        return {
            "borough": None if name == _ALL else name,
            "weekdays": ",".join(map(str, band.weekdays)),
            "start_hour": band.start_hour,
            "end_hour": band.end_hour,
            "hours": describe_band(band),
            "n_episodes": n,
            "n": self._weight_in(zone, band),
            "n_nights": len(np.unique(nights)),
            "expected": expected,
            "relative_risk": n / expected / outside if outside else np.inf,
            "log_likelihood_ratio": ratio,
            "p": _monte_carlo_p(ratio, self.maxima[:, group], self.stop_after)[0],
            "radius_m": self.radii[zone // scan.n_cells],
            "area_m2": len(corners) * self.cell_size**2,
            "geometry": shapely.union_all(squares),
        }

    def _weight_in(self, zone: int, band: Band) -> float:
        """Add up the calls of a zone and window."""
        calls, scan = self.candidates.calls, self.candidates.scan
        cells = np.floor(calls.xy / self.cell_size).astype(np.int64)
        wanted = scan.cells[scan.members(zone)]
        is_near = (cells >= wanted.min(axis=0)) & (cells <= wanted.max(axis=0))
        near = np.flatnonzero(is_near.all(axis=1))
        inside = (cells[near][:, None, :] == wanted[None]).all(axis=2).any(axis=1)
        near = near[inside & band.mask[calls.hours[near]]]
        return float(calls.weights[near].sum())
