"""From the best windows of all circles to a table of findings in which no two share a cell."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.patterns.gumbel import GumbelTail
from hotspots.patterns.surroundings import false_discovery_rates
from hotspots.patterns.week_calls import ALL, Calls
from hotspots.patterns.week_windows import HOURS, band_of, log_likelihood_ratio, sum_windows
from hotspots.patterns.week_zones import LEAST_RATIO, WeekZones
from hotspots.tables import CRS, SCAN_CLUSTERS
from hotspots.times import describe_band

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotspots.times import Band

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]


def monte_carlo_p(ratio: float, maxima: Floats, stop_after: int | None) -> tuple[float, int]:
    """Give the p of a ratio among the maxima of its group, and how many replicates it took."""
    own = maxima[~np.isnan(maxima)]
    reached = np.flatnonzero(own >= ratio)
    if stop_after is not None and len(reached) >= stop_after:
        n_used = int(reached[stop_after - 1]) + 1
        return stop_after / n_used, n_used
    return (1 + len(reached)) / (1 + len(own)), len(own)


def gumbel_tails(maxima: Floats) -> list[GumbelTail]:
    """Give the distribution of each group's maxima, beyond what replicates show."""
    return [GumbelTail(own[~np.isnan(own)]) for own in maxima.T]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The zones with their best windows, of which those of too few nights are no finding."""

    calls: Calls
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
class Listing:
    """Puts candidates into a table in which no two share a cell."""

    candidates: Candidates
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
        tails = gumbel_tails(self.maxima)

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
            "borough": None if name == ALL else name,
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
            "p": monte_carlo_p(ratio, self.maxima[:, group], self.stop_after)[0],
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
