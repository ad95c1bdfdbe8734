"""Which places have hours of their own: a scan over place × days × hours of the cyclic week.

Every circle of occupied cells is looked at in every window of the week. What would be expected if
the hours of a borough did not depend on the place follows from its margins; the largest likelihood
ratio is judged by dealing the times of the borough's episodes out again.
"""

from __future__ import annotations

import logging
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.chance import draw_seeds, make_generator
from hotspots.errors import HotspotsWarning, invalid, is_number, is_whole
from hotspots.patterns.surroundings import false_discovery_rates
from hotspots.patterns.week_calls import Calls
from hotspots.patterns.week_findings import Candidates, Listing, gumbel_tails, monte_carlo_p
from hotspots.patterns.week_windows import band_of
from hotspots.patterns.week_zones import (
    Replicates,
    WeekZones,
    make_zones,
    observed_zones,
)
from hotspots.progress import track
from hotspots.tables import (
    require_crs,
)
from hotspots.times import DAYS, describe_band
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    _candidates: Candidates = field(repr=False)
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
        tails = gumbel_tails(self.maxima.to_numpy())
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
    calls = Calls.of(incidents, night_ends)
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
    candidates = Candidates(calls, chosen, scan, best, min_nights)
    largest = candidates.largest()
    names = (_ALL,) if is_one else calls.names
    seeds = draw_seeds(chance, n_permutations)
    maxima = _maxima(scan, largest, seeds, stop_after, threads, progress=progress)
    n_of = np.bincount(calls.strata[chosen], minlength=len(calls.names))
    n_of = n_of.sum(keepdims=True) if is_one else n_of
    boroughs = _judge(names, n_of, largest, maxima, stop_after)
    listing = Listing(candidates, boroughs, maxima, stop_after, cell_size, radii)
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
    for group, (ratio, tail) in enumerate(zip(largest, gumbel_tails(maxima), strict=True)):
        p, n_used = monte_carlo_p(ratio, maxima[:, group], stop_after)
        rows.append((int(n_episodes[group]), ratio, p, tail.p(ratio), n_used))
    columns = ["n_episodes", "log_likelihood_ratio", "p", "p_gumbel", "n_permutations"]
    boroughs = pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="borough"))
    boroughs.insert(4, "q", false_discovery_rates(boroughs["p_gumbel"].to_numpy()))
    return boroughs
