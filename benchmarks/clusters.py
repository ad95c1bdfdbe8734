"""Clusters with `WeekDBSCAN` beside scikit-learn's DBSCAN, in space alone.

300,000 incidents. Each fit runs in a process of its own after a small one that loads the compiled
kernels. The points are those of `simulate_incidents`, then the same snapped to few locations, as
police publish them; scikit-learn keeps all neighbours of all points and may take no more than 8 GB
where the system can hold it to that.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from measure import medians, peak_memory, print_head, run_task

ROWS = 300_000
RADIUS, HOURS, LEAST = 100, 2, 10
CAP_GB = 8
WAYS = ("scikit-learn", "WeekDBSCAN")
OVER = "over"


def make_points(folder: Path, locations: list[int]) -> None:
    """Write easting, northing and hour of the week, unsnapped and snapped."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 (in the task's process only)

    import hotspots as hs  # noqa: PLC0415

    incidents = hs.simulate_incidents(ROWS, rng=1).incidents
    start = incidents["start"].dt
    hour = (start.day_of_week * 24 + start.hour).to_numpy(dtype=float)
    xy = np.column_stack([incidents.geometry.x, incidents.geometry.y])
    np.save(folder / "0.npy", np.column_stack([xy, hour]))
    for n in locations:
        chosen = xy[np.random.default_rng(1).choice(len(xy), n, replace=False)]
        _, nearest = cKDTree(chosen).query(xy)
        np.save(folder / f"{n}.npy", np.column_stack([chosen[nearest], hour]))


def cap_memory() -> None:
    """Hold this process to the cap, where the system can."""
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (CAP_GB << 30, CAP_GB << 30))


def make_model(way: str) -> tuple[Any, int]:
    """Give a model and how many columns of the points it takes."""
    if way == "WeekDBSCAN":
        import hotspots as hs  # noqa: PLC0415 (each way loads only its own)

        return hs.WeekDBSCAN(radius=RADIUS, hours=HOURS, min_incidents=LEAST), 3
    from sklearn.cluster import DBSCAN  # noqa: PLC0415

    return DBSCAN(eps=RADIUS, min_samples=LEAST), 2


def fit(way: str, path: Path) -> dict[str, Any]:
    """Measure one fit in this process: seconds, and memory above that held before."""
    model, columns = make_model(way)
    if way == "scikit-learn":
        cap_memory()
    points = np.ascontiguousarray(np.load(path)[:, :columns])
    model.fit(points[:2000])
    before = psutil.Process().memory_info().rss
    started, used = time.perf_counter(), time.process_time()
    try:
        model.fit(points)
    except MemoryError:
        return {OVER: True}
    return {
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - used,
        "peak": peak_memory() / 1e6,
        "added": (peak_memory() - before) / 1e6,
        "clusters": int(model.labels_.max()) + 1,
    }


def compare(path: Path) -> dict[str, Any]:
    """Say whether both find the same cores, groups of cores and noise if all hours are near."""
    import hotspots as hs  # noqa: PLC0415

    points = np.load(path)
    theirs = make_model("scikit-learn")[0].fit(points[:, :2])
    ours = hs.WeekDBSCAN(radius=RADIUS, hours=12, min_incidents=LEAST, days="any").fit(points)
    core = theirs.core_sample_indices_
    labels = np.column_stack([ours.labels_[core], theirs.labels_[core]])
    n_groups = {len(np.unique(each, axis=0)) for each in (labels, labels[:, 0], labels[:, 1])}
    same = (
        np.array_equal(ours.core_sample_indices_, core)
        and len(n_groups) == 1
        and np.array_equal(ours.labels_ == -1, theirs.labels_ == -1)
    )
    return {"same": same, "cores": len(core)}


def work(task: str, folder: Path, *rest: str) -> dict[str, Any]:
    """Do one task of a process of its own."""
    if task == "points":
        make_points(folder, [int(n) for n in rest])
        return {}
    path = folder / f"{rest[0]}.npy"
    return compare(path) if task == "compare" else fit(rest[1], path)


def measure(folder: Path, n: int, way: str, runs: int) -> dict[str, Any]:
    """Give the medians of some runs."""
    found: list[dict[str, Any]] = []
    for _ in range(runs):
        found.append(run_task(__file__, "fit", str(folder), str(n), way))
        if OVER in found[-1]:
            return found[-1]
    return medians(found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--locations", type=int, nargs="*", default=[5000, 500, 100])
    parser.add_argument("--task", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        task, folder, *rest = asked.task
        print(json.dumps(work(task, Path(folder), *rest)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_task(__file__, "points", name, *map(str, asked.locations))
        print_head(
            *("points", "way", "wall, s", "CPU, s", "of scikit-learn (wall, CPU)"),
            *("peak memory, MB", "of it for the fit, MB", "clusters"),
            measured=f"{ROWS:,} incidents, {RADIUS} m, {HOURS} h, at least {LEAST}; "
            f"median of {asked.runs}; ",
        )
        for n in (0, *asked.locations):
            points = f"snapped to {n:,}" if n else "unsnapped"
            base = None
            for way in WAYS:
                row = measure(folder, n, way, asked.runs)
                if OVER in row:
                    print(f"| {points} | {way} | – | – | – | over {CAP_GB} GB | | |")
                    continue
                base = base or (row if way == WAYS[0] else None)
                of = [f"{row[part] / base[part]:.2f}" if base else "–" for part in ("wall", "cpu")]
                print(f"| {points} | {way} | {row['wall']:.2f} | {row['cpu']:.2f} ", end="")
                print(f"| {', '.join(of)} | {row['peak']:.0f} | {row['added']:.0f} ", end="")
                print(f"| {row['clusters']:.0f} |", flush=True)
        same = run_task(__file__, "compare", name, "0")
        answer = "yes" if same["same"] else "NO"
        print(f"\nWith all hours near, the {same['cores']:,} cores of scikit-learn, ", end="")
        print(f"their groups and the noise are found: {answer}")


if __name__ == "__main__":
    main()
