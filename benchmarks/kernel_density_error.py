"""How far `kernel_density` is from the exact sum of kernels, by the size of the cell.

The exact sum is taken at the middles of the cells, incident by incident. What is printed is the
largest difference anywhere, in percent of the largest exact density: for one point as far from the
middles of cells as it can be, and for simulated reports of a borough, at their own points and moved
to 300 of them. `python benchmarks/kernel_density_error.py` prints the table of the page on kernel
density; its seeds are fixed.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
from measure import print_head
from scipy.spatial import cKDTree

import hotspots as hs
from hotspots.errors import HotspotsWarning

ROWS, SNAPPED, BANDWIDTH = 5_000, 300, 150.0
CELLS = {"1/30": 30, "1/20": 20, "1/15": 15, "1/10": 10, "1/5": 5, "1/2": 2}
REACH = {"quartic": 1.0, "gaussian": 6.0}
Floats = np.ndarray[Any, np.dtype[np.float64]]


def height(squared: Floats, kernel: str) -> Floats:
    """Give a kernel by the squared distance in bandwidths."""
    if kernel == "quartic":
        return 3 / np.pi * np.clip(1 - squared, 0, None) ** 2
    return np.exp(-squared / 2) / (2 * np.pi)


def exact_sum(xy: Floats, x: Floats, y: Floats, bandwidth: float, kernel: str) -> Floats:
    """Add the kernels up at the middles of cells, per km²; `y` goes down."""
    total = np.zeros((len(y), len(x)))
    places, n = np.unique(xy, axis=0, return_counts=True)
    for (east, north), weight in zip(places, n, strict=True):
        columns = slice(*np.searchsorted(x, east + np.array([-1, 1]) * REACH[kernel] * bandwidth))
        rows = slice(*np.searchsorted(-y, -north + np.array([-1, 1]) * REACH[kernel] * bandwidth))
        squared = (x[columns] - east) ** 2 + (y[rows, None] - north) ** 2
        total[rows, columns] += weight * height(squared / bandwidth**2, kernel)
    return total * 1e6 / bandwidth**2


def error(xy: Floats, cell_size: float, kernel: Any) -> float:  # noqa: ANN401 (one of the names)
    """Give the largest difference to the exact sum, in percent of its largest value."""
    points = gpd.GeoDataFrame(
        {"weight": 1.0}, index=range(len(xy)), geometry=gpd.points_from_xy(*xy.T), crs="EPSG:27700"
    )
    density = hs.kernel_density(
        points, cell_size=cell_size, max_ratio=1, bandwidth=BANDWIDTH, kernel=kernel
    )
    exact = exact_sum(xy, *density.raster.middles(), BANDWIDTH, kernel)
    return float(100 * np.abs(density.values[0] - exact).max() / exact.max())


def make_points() -> dict[str, Floats]:
    """Give the sets of points; of the one point two rows, since one is refused."""
    incidents = hs.simulate_incidents(ROWS, boroughs=["Camden"], rng=1).incidents
    xy = np.column_stack([incidents.geometry.x, incidents.geometry.y])
    chosen = xy[np.random.default_rng(1).choice(len(xy), SNAPPED, replace=False)]
    _, nearest = cKDTree(chosen).query(xy)
    # A corner of cells of every size is as far from their middles as a point can be.
    corner = np.zeros((2, 2)) + 900 * BANDWIDTH
    return {
        "one point": corner,
        f"{ROWS:,} reports": xy,
        f"moved to {SNAPPED}": chosen[nearest],
    }


def main() -> None:
    """Compare and print."""
    logging.getLogger("hotspots").setLevel(logging.WARNING)
    warnings.simplefilter("ignore", HotspotsWarning)
    sets = make_points()
    print_head("kernel", "cell / bandwidth", *sets, measured="Largest error, % of the maximum; ")
    for kernel in REACH:
        for words, n in CELLS.items():
            found = [f"{error(xy, BANDWIDTH / n, kernel):.2f}" for xy in sets.values()]
            print(f"| {kernel} | {words} | {' | '.join(found)} |", flush=True)


if __name__ == "__main__":
    main()
