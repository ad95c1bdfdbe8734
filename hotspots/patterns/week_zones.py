"""Circles of occupied cells, and the largest likelihood ratio over all of them and all windows.

A replicate deals the times of a stratum out again between its episodes. What is expected in a zone
and window is the same in every replicate, so the smallest count that could be the maximum is
tabulated once for zones of one kind, and nearly all windows are only compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import sparse

from hotspots.patterns.week_windows import (
    HOURS,
    Screen,
    Zones,
    count_weeks,
    fill_least,
    n_windows,
    scan_zones,
    shuffle_within,
    smallest_counts,
    sum_windows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]
    Floats = np.ndarray[Any, np.dtype[np.float64]]

BEST: Final = np.dtype([("window", "i8"), ("count", "i8"), ("expected", "f8"), ("ratio", "f8")])
"""The best window of a zone."""

LEAST_RATIO: Final = 2.0
"""Windows below this ratio are no finding in any scan."""

# Most episodes of a zone whose counts fit into one byte, and into four.
_NARROW: Final = 255
_WIDE: Final = 2**31
# Zones of up to so many episodes have a row of their own, larger ones share it with those of up
# to so much more; of many kinds of zones fewer are told apart, so that the rows stay in memory.
_EXACT: Final = 32.0
_STEP: Final = 1.06
_MOST_ROWS: Final = 20_000
_COARSER: Final = 3
_CHUNK: Final = 10_000
_FIRST_GUESS: Final = 6.0
# The maxima of replicates scatter by about one round their most frequent value.
_BELOW: Final = 3.0


@dataclass(frozen=True, eq=False)
class WeekZones:
    """Everything that stays the same from replicate to replicate.

    Parameters
    ----------
    zones : Zones
        The circles.
    cells : array of int64, shape (n_cells, 2)
        Column and row of each occupied cell.
    cell_of, hours : array of int64
        Cell and hour of the week of each episode, stratum after stratum.
    bounds : array of int64
        Where each stratum begins and ends among them.
    order : array of int64
        Position that each of them had when it was given.
    least_count : int
        Episodes that a finding needs at least.
    n_groups : int
        Groups that have a maximum each; one of them may have no zone.
    """

    zones: Zones
    cells: Integers
    cell_of: Integers
    hours: Integers
    bounds: Integers
    order: Integers
    least_count: int
    n_groups: int

    @property
    def n_cells(self) -> int:
        """Number of occupied cells, each the centre of a circle of every radius."""
        return len(self.cells)

    def members(self, zone: int) -> Integers:
        """Give the cells of a zone."""
        k, centre = divmod(zone, self.n_cells)
        ends = self.zones.ring_ends[centre]
        return np.asarray(self.zones.rings[ends[0] : ends[k + 1]])


def make_zones(
    xy: Floats,
    hours: Integers,
    strata: Integers,
    *,
    cell_size: float,
    radii: Sequence[float],
    max_days: int,
    max_hours: int,
    n_strata: int,
    least_count: int,
    is_one_group: bool,
) -> WeekZones:
    """Make the zones round all occupied cells.

    Parameters
    ----------
    xy : array (n, 2)
        Easting and northing of the episodes, metres; n at least 1.
    hours : array of int64
        Their hours of the week, 0–167.
    strata : array of int64
        Within which their times are dealt out again, counted from 0 to n_strata − 1.
    cell_size, radii : float, sequence of float
        Metres; radii increase and are between the middles of cells.
    max_days, max_hours : int
        Longest run of days, 1–7, and longest band of hours.
    n_strata : int
        Number of strata; some may have no episode.
    least_count : int
        Episodes that a finding needs at least.
    is_one_group : bool
        Whether one maximum is sought over all strata, and not one in each.

    Returns
    -------
    WeekZones
        Its zones belong to the stratum with most episodes in the cell at their middle.
    """
    order = np.lexsort([hours, xy[:, 1], xy[:, 0], strata])
    xy, hours, strata = xy[order], hours[order], strata[order]
    column, row = np.floor(xy / cell_size).astype(np.int64).T
    # A column more on either side than a circle reaches, so that none goes round the edge.
    width = int(np.ptp(column)) + 2 * int(max(radii) // cell_size) + 3
    keys, first, cell_of = np.unique(
        (row - row.min()) * width + column - column.min(), return_index=True, return_inverse=True
    )
    in_stratum = sparse.csr_array(
        (np.ones(len(xy)), (cell_of, strata)), shape=(len(keys), n_strata)
    )
    rings, ring_ends, inside = _make_rings(keys, width, cell_size, radii)
    counted = sparse.vstack([circle @ in_stratum for circle in inside], format="csr")
    counted.sort_indices()
    bounds = np.searchsorted(strata, np.arange(n_strata + 1))
    shares = np.empty((n_strata, n_windows(max_days, max_hours)))
    # Summed as whole numbers, so that windows with as many episodes have the very same share.
    sums = np.empty(shares.shape[1], dtype=np.int64)
    for stratum in range(n_strata):
        week = np.bincount(hours[bounds[stratum] : bounds[stratum + 1]], minlength=HOURS)
        sum_windows(week, max_days, max_hours, sums)
        shares[stratum] = sums / max(week.sum(), 1)
    groups = np.zeros(len(keys), dtype=np.int64)
    if not is_one_group:
        groups[:] = _largest_column(in_stratum)
    zones = Zones(
        rings,
        ring_ends,
        groups,
        counted.indptr.astype(np.int64),
        counted.indices.astype(np.int64),
        counted.data,
        shares,
        max_days,
        max_hours,
    )
    cells = np.column_stack([column[first], row[first]])
    n_groups = 1 if is_one_group else n_strata
    return WeekZones(zones, cells, cell_of, hours, bounds, order, least_count, n_groups)


def _largest_column(table: Any) -> Integers:  # noqa: ANN401 (a sparse array)
    """Give the column of the largest entry of each row, the first of equal ones."""
    entries = table.tocoo()
    order = np.lexsort([entries.col, -entries.data, entries.row])
    _, first = np.unique(entries.row[order], return_index=True)
    return np.asarray(entries.col[order][first], dtype=np.int64)


def _make_rings(
    keys: Integers, width: int, cell_size: float, radii: Sequence[float]
) -> tuple[Integers, Integers, list[Any]]:
    """Give the occupied cells ring by ring round each, and which cell is inside which circle."""
    reach = int(max(radii) // cell_size)
    across = np.arange(-reach, reach + 1)
    dx, dy = (grid.ravel() for grid in np.meshgrid(across, across))
    # The radius is reached by cells exactly that far away.
    ring = np.searchsorted(np.asarray(radii, dtype=float), cell_size * np.hypot(dx, dy))
    order = np.lexsort([dx, dy, ring])
    order = order[ring[order] < len(radii)]
    ring = ring[order]
    steps, until = (dy * width + dx)[order], np.searchsorted(ring, range(len(radii)), side="right")
    members, passed = [], []
    for first in range(0, len(keys), _CHUNK):
        near = keys[first : first + _CHUNK, None] + steps
        at = np.minimum(np.searchsorted(keys, near), len(keys) - 1)
        is_there = keys[at] == near
        members.append(at[is_there].astype(np.int64))
        counted = is_there.cumsum(axis=1)[:, until - 1]
        passed.append(np.column_stack([np.zeros(len(near), dtype=np.int64), counted]))
    rings, within = np.concatenate(members), np.vstack(passed)
    starts = np.append(0, within[:, -1].cumsum())
    ring_ends = np.ascontiguousarray(starts[:-1, None] + within, dtype=np.int64)
    shape, inside = (len(keys), len(keys)), []
    for last in range(1, len(radii) + 1):
        sizes = within[:, last]
        taken = np.arange(len(rings)) - np.repeat(starts[:-1], np.diff(starts))
        cell = rings[taken < np.repeat(sizes, np.diff(starts))]
        ends = np.append(0, sizes.cumsum())
        inside.append(sparse.csr_array((np.ones(len(cell)), cell, ends), shape=shape))
    return rings, ring_ends, inside


def make_screen(scan: WeekZones, thresholds: Floats, groups: Flags) -> Screen:
    """Tabulate the smallest counts that could reach each group's threshold.

    Parameters
    ----------
    scan : WeekZones
        The zones.
    thresholds : array of float
        A ratio for each group.
    groups : array of bool
        Groups that are wanted.

    Returns
    -------
    Screen
        Zones of the same group, strata and about the same number of episodes share a row, which
        is that of the smallest of them: it lets too much pass, and never too little.
    """
    zones, n_radii = scan.zones, scan.zones.ring_ends.shape[1] - 1
    n_of = np.add.reduceat(zones.counts, zones.stratum_ends[:-1])
    group = np.tile(zones.groups, n_radii)
    # A circle that holds no more cells than the one inside it is not looked at again.
    is_scanned = (np.diff(zones.ring_ends, axis=1).T.ravel() > 0) & (n_of >= scan.least_count)
    is_scanned &= groups[group]
    row_of = np.full(len(n_of), -1, dtype=np.int64)
    kinds, row_of[is_scanned] = _kinds_of(zones, n_of, group, is_scanned)
    n_least = np.full(len(kinds), np.inf)
    np.minimum.at(n_least, row_of[is_scanned], n_of[is_scanned])
    n_narrow = int((~kinds["is_wide"]).sum())
    narrow = np.empty((n_narrow, zones.shares.shape[1]), dtype=np.uint8)
    wide = np.empty((len(kinds) - n_narrow, zones.shares.shape[1]), dtype=np.uint32)
    # The strata of each row: those of all its zones.
    row_of_entry = np.repeat(row_of, np.diff(zones.stratum_ends))
    pairs = np.unique(row_of_entry * len(zones.shares) + zones.strata)
    pairs = pairs[pairs >= 0]
    ends = np.searchsorted(pairs, np.arange(len(kinds) + 1) * len(zones.shares))
    table, table_of = np.empty(0, dtype=np.int64), (False, -1)
    for row in range(len(kinds)):
        is_wide, own = bool(kinds["is_wide"][row]), int(kinds["group"][row])
        if (is_wide, own) != table_of:
            table_of = (is_wide, own)
            most = _WIDE if is_wide else _NARROW
            largest = float(n_least[(kinds["is_wide"] == is_wide) & (kinds["group"] == own)].max())
            table = smallest_counts(float(thresholds[own]), scan.least_count, most, largest)
        strata = pairs[ends[row] : ends[row + 1]] % len(zones.shares)
        # Of several strata the smallest share: then never more is expected than there is.
        share = zones.shares[strata].min(axis=0)
        least = wide[row - n_narrow] if is_wide else narrow[row]
        fill_least(share, n_least[row], table, least)
    return Screen(row_of, narrow, wide)


def _kinds_of(
    zones: Zones, n_of: Floats, group: Integers, is_scanned: Flags
) -> tuple[Any, Integers]:
    """Sort zones by width, group, set of strata and number of episodes.

    Gives the kinds, and the kind of each zone, among those scanned. If there are too many, zones
    are told apart by coarser numbers, and at last not by their strata.
    """
    # A number for each set of strata: two sets get the same one with a chance of 2 to the −63.
    signs = np.random.default_rng(0).integers(1, 2**63, len(zones.shares), dtype=np.uint64)
    sign = np.add.reduceat(signs[zones.strata], zones.stratum_ends[:-1])
    fields = [("is_wide", "?"), ("group", "i8"), ("sign", "u8"), ("size", "f8")]
    key = np.empty(int(is_scanned.sum()), dtype=fields)
    n = n_of[is_scanned]
    key["is_wide"], key["group"], key["sign"] = n > _NARROW, group[is_scanned], sign[is_scanned]
    exact, step = _EXACT, _STEP
    while True:
        steps = np.floor(np.log(n / exact) / np.log(step))
        key["size"] = np.where(n > exact, exact + 1 + steps, n)
        kinds, kind = np.unique(key, return_inverse=True)
        if len(kinds) <= _MOST_ROWS or (exact <= 1 and not key["sign"].any()):
            return kinds, kind
        if exact <= 1:
            key["sign"], exact, step = 0, _EXACT, _STEP
        else:
            exact, step = exact / _COARSER, step**_COARSER


def observed_zones(scan: WeekZones) -> Any:  # noqa: ANN401 (a structured array)
    """Scan what was observed.

    Returns
    -------
    array of `BEST`
        The best window of each zone. Of zones where none reaches `LEAST_RATIO` the ratio may be 0
        or that of another window.
    """
    every = np.ones(scan.n_groups, dtype=bool)
    screen = make_screen(scan, np.full(scan.n_groups, LEAST_RATIO), every)
    found = np.zeros(len(scan.zones.stratum_ends) - 1, dtype=BEST)
    _scan(scan, screen, scan.hours, every, found)
    return found


class Replicates:
    """Largest ratios with the times dealt out again, exact whatever the screen lets pass.

    Parameters
    ----------
    scan : WeekZones
        The zones.
    """

    def __init__(self, scan: WeekZones) -> None:
        self._scan = scan
        self._thresholds = np.full(scan.n_groups, _FIRST_GUESS)
        self._screen = make_screen(scan, self._thresholds, np.ones(scan.n_groups, dtype=bool))

    def maxima(self, seed: int, groups: Flags) -> Floats:
        """Give the largest ratio of each wanted group in one replicate; NaN for the others.

        Safe to call from several threads.
        """
        hours = self._scan.hours.copy()
        shuffle_within(hours, self._scan.bounds, seed)
        largest = _scan(self._scan, self._screen, hours, groups, np.zeros(0, dtype=BEST))
        thresholds = self._thresholds
        while (missed := groups & (largest < thresholds)).any():
            # Nothing of these groups passed that is sure to be the largest: look further down.
            thresholds = np.where(missed, np.maximum(thresholds - _BELOW, 0.0), thresholds)
            screen = make_screen(self._scan, thresholds, missed)
            again = _scan(self._scan, screen, hours, missed, np.zeros(0, dtype=BEST))
            largest = np.where(missed, again, largest)
        return np.where(groups, largest, np.nan)

    def learn(self, maxima: Floats) -> None:
        """Raise the thresholds to a little below the smallest maxima so far."""
        lowest = np.fmin.reduce(np.atleast_2d(maxima))
        self._thresholds = np.maximum(np.where(np.isnan(lowest), 0.0, lowest) - _BELOW, 0.0)
        every = np.ones(self._scan.n_groups, dtype=bool)
        self._screen = make_screen(self._scan, self._thresholds, every)


def _scan(scan: WeekZones, screen: Screen, hours: Integers, groups: Flags, found: Any) -> Floats:  # noqa: ANN401
    weeks = np.zeros((scan.n_cells, HOURS), dtype=np.uint32)
    count_weeks(scan.cell_of, hours, weeks)
    # Group after group, so that the rows of the screen stay near at hand.
    centres = np.argsort(scan.zones.groups, kind="stable")
    centres = centres[groups[scan.zones.groups[centres]]]
    best = np.zeros(scan.n_groups)
    scan_zones(weeks, scan.zones, screen, centres, best, found)
    return best
