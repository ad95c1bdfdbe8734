"""Sums and likelihood ratios over all windows of the cyclic week: the kernels under the scan.

A window is a run of 1–7 days with the same band of 1–8 hours on each; hours after midnight belong
to the evening before. Sums of bands are built hour by hour and those of runs day by day, for all
starts at once, in whole numbers of one byte where they fit: dozens in one step of the processor.
Most windows are only compared with the smallest count that could matter; what may matter is then
worked out exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

from hotspots.times import Band

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

HOURS: Final = 168
DAY: Final = 24
WEEK: Final = 7
# A whole week has no first day: 24 windows instead of 168.
_PARTS: Final = WEEK - 1

LEAST_HOUR: Final = 1
_STEPS: Final = 64
"""Steps of an expected number in the table of smallest counts."""


def n_windows(max_days: int, max_hours: int) -> int:
    """Count the windows: 8,256 of up to 7 days and 8 hours."""
    return max_hours * _windows_of_band(max_days)


def _windows_of_band(max_days: int) -> int:
    return min(max_days, _PARTS) * HOURS + (DAY if max_days == WEEK else 0)


def band_of(window: int, max_days: int) -> Band:
    """Give the days and hours of a window by its number."""
    length, rest = divmod(window, _windows_of_band(max_days))
    days, start = divmod(rest, HOURS)
    if days == _PARTS:
        return Band(0, WEEK, start, length + 1)
    return Band(start // DAY, days + 1, start % DAY, length + 1)


class Zones(NamedTuple):
    """Circles of occupied cells, and what is expected in them.

    The zone of radius k round a cell is number k × n_cells + cell.
    """

    rings: Any
    """Cells, ring by ring round each cell (int64)."""
    ring_ends: Any
    """Where the rings of each cell begin and end in `rings` (int64, n_cells × n_radii + 1)."""
    groups: Any
    """The group to whose maximum each cell's zones belong (int64, n_cells)."""
    stratum_ends: Any
    """Where the strata of each zone begin and end in `strata` and `counts` (int64)."""
    strata: Any
    counts: Any
    """Episodes of the zone in the stratum (float64)."""
    shares: Any
    """Share of a stratum's episodes that is in each window (float64, n_strata × n_windows)."""
    max_days: int
    max_hours: int


class Screen(NamedTuple):
    """The smallest count of each window that could reach a threshold, by kind of zone.

    Zones whose counts fit into one byte have a row of `narrow`, others one of `wide`.
    """

    row_of: Any
    """Row of each zone, those of `wide` after those of `narrow`; −1 if it is not scanned."""
    narrow: Any
    wide: Any


@numba.njit(cache=True, nogil=True)
def sum_windows(week: Any, max_days: int, max_hours: int, sums: Any) -> None:  # noqa: ANN401
    """Sum a week (168 numbers) over every window."""
    band = np.zeros(2 * HOURS, dtype=sums.dtype)
    run = np.empty(HOURS, dtype=sums.dtype)
    at = 0
    for length in range(max_hours):
        for j in range(HOURS):
            band[j] += week[(j + length) % HOURS]
            band[j + HOURS] = band[j]
        run[:] = 0
        for day in range(min(max_days, _PARTS)):
            for j in range(HOURS):
                run[j] += band[j + DAY * day]
                sums[at + j] = run[j]
            at += HOURS
        if max_days == WEEK:
            for j in range(DAY):
                sums[at + j] = run[j] + band[j + DAY * _PARTS]
            at += DAY


@numba.njit(cache=True, nogil=True)
def log_likelihood_ratio(count: float, expected: float) -> float:
    """Give the Poisson log-likelihood ratio of a count above its expectation; 0 if it is not."""
    if count <= expected:
        return 0.0
    if expected <= 0.0:
        return np.inf
    return float(count * np.log(count / expected) - (count - expected))


@numba.njit(cache=True, nogil=True)
def _reaches(week: Any, least: Any, max_days: int, max_hours: int, band: Any, run: Any) -> bool:  # noqa: ANN401
    """Say whether any window of a week holds at least its smallest count that could matter.

    `week` has 168 + 24 entries, the first hours again at its end.
    """
    # Slices instead of sums of indices: then the compiler knows that none is negative.
    found = np.uint8(0)
    for j in range(HOURS):
        band[j] = 0
    at = 0
    for length in range(max_hours):
        later = week[length : length + HOURS]
        for j in range(HOURS):
            band[j] += later[j]
        again = band[HOURS:]
        for j in range(HOURS - DAY):
            again[j] = band[j]
        for j in range(HOURS):
            run[j] = 0
        for day in range(min(max_days, _PARTS)):
            added, needed = band[DAY * day : DAY * day + HOURS], least[at : at + HOURS]
            for j in range(HOURS):
                run[j] += added[j]
                found |= np.uint8(run[j] >= needed[j])
            at += HOURS
        if max_days == WEEK:
            added, needed = band[DAY * _PARTS : HOURS], least[at : at + DAY]
            for j in range(DAY):
                run[j] += added[j]
                found |= np.uint8(run[j] >= needed[j])
            at += DAY
    return bool(found > 0)


@numba.njit(cache=True, nogil=True)
def smallest_counts(threshold: float, least: int, most: int, expected_most: float) -> Any:  # noqa: ANN401
    """Tabulate the smallest count whose ratio reaches a threshold, by the expected number.

    Entry k holds for all expected numbers from k / 64 on, and is never too large. Counts that
    would have to be above `most` are given as `most`, which no count in the table's use reaches.
    """
    table = np.empty(int(expected_most * _STEPS) + 2, dtype=np.int64)
    count = least
    for k in range(len(table)):
        expected = k / _STEPS
        while count < most and log_likelihood_ratio(count, expected) < threshold:
            count += 1
        table[k] = count
    return table


@numba.njit(cache=True, nogil=True)
def fill_least(shares: Any, n: float, table: Any, least: Any) -> None:  # noqa: ANN401
    """Give the smallest count of every window that could matter, for a zone of at least `n`."""
    for window in range(len(shares)):
        least[window] = table[int(shares[window] * n * _STEPS)]


@numba.njit(cache=True, nogil=True)
def shuffle_within(hours: Any, bounds: Any, seed: int) -> None:  # noqa: ANN401
    """Shuffle hours within each stratum; the same seed gives the same order in any thread."""
    # Numba's own generator: one a thread, which this sets to a known state.
    np.random.seed(seed)  # noqa: NPY002
    for stratum in range(len(bounds) - 1):
        np.random.shuffle(  # noqa: NPY002
            hours[bounds[stratum] : bounds[stratum + 1]]
        )


@numba.njit(cache=True, nogil=True)
def count_weeks(cells: Any, hours: Any, weeks: Any) -> None:  # noqa: ANN401
    """Count episodes by cell and hour of the week."""
    weeks[:] = 0
    for k in range(len(cells)):
        weeks[cells[k], hours[k]] += 1


@numba.njit(cache=True, nogil=True)
def scan_zones(  # noqa: C901, PLR0912 (one pass over all zones)
    weeks: Any,  # noqa: ANN401
    zones: Zones,
    screen: Screen,
    centres: Any,  # noqa: ANN401
    best: Any,  # noqa: ANN401
    found: Any,  # noqa: ANN401
) -> None:
    """Find the largest ratio of each group, and of each zone, among windows that pass a screen.

    Parameters
    ----------
    weeks : array of uint32, shape (n_cells, 168)
        Episodes by cell and hour of the week.
    zones : Zones
        The circles, and what is expected in them.
    screen : Screen
        The smallest counts that could matter.
    centres : array of int64
        Cells whose circles are scanned.
    best : array of float64
        Largest ratio of each group so far; is brought up to date.
    found : structured array
        One entry a zone for its best window, or empty if that is not wanted.
    """
    n_cells, n_radii = zones.ring_ends.shape[0], zones.ring_ends.shape[1] - 1
    wide = np.zeros(HOURS + DAY, dtype=np.uint32)
    narrow = np.zeros(HOURS + DAY, dtype=np.uint8)
    band32, run32 = np.zeros(2 * HOURS, dtype=np.uint32), np.zeros(HOURS, dtype=np.uint32)
    band8, run8 = np.zeros(2 * HOURS, dtype=np.uint8), np.zeros(HOURS, dtype=np.uint8)
    sums = np.zeros(zones.shares.shape[1], dtype=np.int64)
    for centre in centres:
        group = zones.groups[centre]
        wide[:] = 0
        for k in range(n_radii):
            for at in range(zones.ring_ends[centre, k], zones.ring_ends[centre, k + 1]):
                cell = zones.rings[at]
                for j in range(HOURS):
                    wide[j] += weeks[cell, j]
            zone = k * n_cells + centre
            row = screen.row_of[zone]
            if row < 0:
                continue
            is_narrow = row < len(screen.narrow)
            for j in range(DAY):
                wide[HOURS + j] = wide[j]
            if is_narrow:
                for j in range(HOURS + DAY):
                    narrow[j] = wide[j]
                if not _reaches(
                    narrow, screen.narrow[row], zones.max_days, zones.max_hours, band8, run8
                ):
                    continue
            else:
                row -= len(screen.narrow)
                if not _reaches(
                    wide, screen.wide[row], zones.max_days, zones.max_hours, band32, run32
                ):
                    continue
            sum_windows(wide, zones.max_days, zones.max_hours, sums)
            top = 0.0
            for window in range(len(sums)):
                least = screen.narrow[row, window] if is_narrow else screen.wide[row, window]
                if sums[window] < least:
                    continue
                expected = 0.0
                for at in range(zones.stratum_ends[zone], zones.stratum_ends[zone + 1]):
                    expected += zones.counts[at] * zones.shares[zones.strata[at], window]
                ratio = log_likelihood_ratio(sums[window], expected)
                if ratio > top:
                    top = ratio
                    if len(found) > 0:
                        found[zone].window = window
                        found[zone].count = sums[window]
                        found[zone].expected = expected
                        found[zone].ratio = ratio
            best[group] = max(best[group], top)
