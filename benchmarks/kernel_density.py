"""Kernel density beside KDEpy, scikit-learn and scipy.

300,000 incidents over London, a raster of 20 m and a bandwidth of 300 m. scipy and scikit-learn
work at one cell at a time and would take hours: they are given cells drawn at random from the
raster, and their time is extrapolated to all in proportion, with what they do once counted as
often. KDEpy's FFT, like ours, takes the whole raster, here without an edge, which none of the
others corrects. scipy and scikit-learn have no quartic kernel: scikit-learn is asked for the
Epanechnikov of the same reach and for the Gaussian, scipy for the Gaussian, of which the width does
not change its time. KDEpy's quartic kernel is the product of two, another surface at the same cost.
For a few points rather than a map, scikit-learn and scipy are exact and the better choice.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from measure import medians, peak_memory, print_head, run_task

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 300_000
BANDWIDTH = 300.0
CELL = 20.0
PARTS = {"scipy": 200, "scikit-learn": 20_000, "scikit-learn gaussian": 2_000}
WAYS = ("kernel_density", "kernel_density gaussian", "KDEpy", "KDEpy gaussian", *PARTS)


def make_points(folder: Path) -> dict[str, Any]:
    """Write easting and northing."""
    import hotspots as hs  # noqa: PLC0415 (in the task's process only)

    incidents = hs.simulate_incidents(ROWS, rng=1).incidents
    np.save(folder / "xy.npy", np.column_stack([incidents.geometry.x, incidents.geometry.y]))
    return {}


def axes(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the middles of the cells of a raster that holds every kernel."""
    low = np.floor((xy.min(axis=0) - BANDWIDTH) / CELL)
    high = np.ceil((xy.max(axis=0) + BANDWIDTH) / CELL)
    x, y = ((np.arange(low[axis], high[axis]) + 0.5) * CELL for axis in (0, 1))
    return x, y


def prepare(way: str, xy: np.ndarray, where: np.ndarray) -> Callable[[], Any]:
    """Load what a way needs and give what is timed; ours is given its table."""
    name, _, kernel = way.partition(" ")
    kernel = kernel or ("gaussian" if name == "scipy" else "quartic")
    if name == "kernel_density":
        import geopandas as gpd  # noqa: PLC0415 (each way loads only its own)

        import hotspots as hs  # noqa: PLC0415

        hs.kernel_density  # noqa: B018 (loads it)
        points = gpd.points_from_xy(*xy.T)
        table = gpd.GeoDataFrame({"weight": np.ones(len(xy))}, geometry=points, crs="EPSG:27700")
        return lambda: (
            hs.kernel_density(table, bandwidth=BANDWIDTH, cell_size=CELL, kernel=kernel).values
        )
    if name == "KDEpy":
        from KDEpy import FFTKDE  # noqa: PLC0415

        x, y = axes(xy)
        grid = np.column_stack([each.ravel() for each in np.meshgrid(x, y, indexing="ij")])
        # Its bandwidth is a standard deviation: that of a quartic kernel is h / √7 on each axis.
        width = BANDWIDTH / np.sqrt(7) if kernel == "quartic" else BANDWIDTH
        words = "biweight" if kernel == "quartic" else "gaussian"
        return lambda: FFTKDE(kernel=words, bw=width).fit(xy).evaluate(grid)
    if name == "scipy":
        from scipy.stats import gaussian_kde  # noqa: PLC0415

        return lambda: gaussian_kde(xy.T, bw_method=BANDWIDTH / 12_000)(where.T)
    from sklearn.neighbors import KernelDensity  # noqa: PLC0415

    words = "epanechnikov" if kernel == "quartic" else "gaussian"
    model = KernelDensity(bandwidth=BANDWIDTH, kernel=words, rtol=1e-4)
    return lambda: np.exp(model.fit(xy).score_samples(where))


def smooth(way: str, folder: Path) -> dict[str, Any]:
    """Measure one way in this process: seconds for the whole raster, and the peak of memory."""
    xy = np.load(folder / "xy.npy")
    x, y = axes(xy)
    n_cells = len(x) * len(y)
    part = PARTS.get(way, n_cells)
    rng = np.random.default_rng(1)
    where = np.column_stack([rng.choice(x, part), rng.choice(y, part)]) if way in PARTS else xy[:0]
    work = prepare(way, xy, where)
    before = peak_memory()
    started = time.perf_counter()
    found = work()
    wall = time.perf_counter() - started
    done = len(where) if way in PARTS else int(np.size(found))
    return {
        "wall": wall * n_cells / done,
        "done": done,
        "cells": n_cells,
        "added": (peak_memory() - before) / 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        folder, *way = asked.task
        print(json.dumps(smooth(way[0], Path(folder)) if way else make_points(Path(folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        run_task(__file__, folder)
        print_head(
            *("way", "cells computed", "s for all cells", "of kernel_density", "memory, MB"),
            measured=f"{ROWS:,} incidents, {BANDWIDTH:g} m, cells of {CELL:g} m; "
            f"median of {asked.runs}; ",
        )
        base = None
        for way in WAYS:
            row = medians(run_task(__file__, folder, way) for _ in range(asked.runs))
            wall, added = row["wall"], row["added"]
            base = base or wall
            done = f"{row['done']:,.0f}" + (", extrapolated" if way in PARTS else "")
            print(f"| {way} | {done} | {wall:.3g} | {wall / base:.3g} | {added:.0f} |", flush=True)


if __name__ == "__main__":
    main()
