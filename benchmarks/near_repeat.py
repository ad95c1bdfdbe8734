"""Near repeats beside pointpats' `Knox`.

Simulated calls of London, 99 permutations. 20,000 calls with one bin, up to 100 m and 7 days, which
is what pointpats has; and 300,000 with the usual bins, up to 400 m and 28 days. Each run has a
process of its own, after a call on few calls that compiles what there is to compile. The memory is
the peak of the process. The targets are 1/200 of pointpats' time, and 300,000 in under a minute.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from typing import Any

import numpy as np
from measure import medians, peak_memory, print_head, run_task

FEW, MANY = 20_000, 300_000
PERMUTATIONS = 99
METRES, DAYS = 100, 7
POINTPATS = "pointpats, 20,000 calls"
# pointpats counts what is exactly at its limits too. Times are whole minutes here, seconds there.
ALIKE = {
    "unit": "call",
    "space": [0, np.nextafter(METRES, np.inf)],
    "days": [0, DAYS + 1 / 1440],
}
WAYS: dict[str, tuple[int, dict[str, Any]]] = {
    "near_repeat, 20,000 calls": (FEW, ALIKE),
    "near_repeat, 20,000 calls, one thread": (FEW, ALIKE | {"threads": 1}),
    "near_repeat, 300,000 calls, usual bins": (MANY, {"unit": "call"}),
    "near_repeat, episodes of 300,000 calls, usual bins": (MANY, {}),
}


def run_pointpats(calls: Any) -> dict[str, float]:  # noqa: ANN401
    """Time pointpats."""
    from pointpats import Knox  # noqa: PLC0415 (in the task's process only)

    xy = np.column_stack([calls.geometry.x, calls.geometry.y])
    wall = calls["start"].dt.tz_localize(None)
    days = ((wall - wall.min()).dt.total_seconds() / 86_400).to_numpy()
    started = time.perf_counter()
    found = Knox(xy, days[:, None], METRES, DAYS, permutations=PERMUTATIONS)
    return {"wall": time.perf_counter() - started, "found": float(found.statistic_)}


def run_ours(calls: Any, options: dict[str, Any]) -> dict[str, float]:  # noqa: ANN401
    """Time `near_repeat`."""
    import hotspots as hs  # noqa: PLC0415

    started = time.perf_counter()
    found = hs.near_repeat(calls, n_permutations=PERMUTATIONS, rng=1, **options)
    wall = time.perf_counter() - started
    return {"wall": wall, "found": float(found.table["observed"].sum())}


def work(way: str) -> dict[str, float]:
    """Do one run in this process: a small one first, then the one that is measured."""
    import hotspots as hs  # noqa: PLC0415

    warnings.simplefilter("ignore", hs.HotspotsWarning)
    size, options = WAYS.get(way, (FEW, {}))
    for n in (1000, size):
        calls = hs.simulate_incidents(n, rng=1).incidents
        found = run_ours(calls, options) if way in WAYS else run_pointpats(calls)
    return {**found, "memory": peak_memory() / 1e9}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="Runs of each way of 20,000 calls.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work(asked.task)))
        return
    print_head(
        *("way", "wall, s", "of pointpats", "peak memory, GB", "pairs in the bins"),
        measured=f"median of {asked.runs}, 300,000 calls once; ",
    )
    base = None
    for way in (POINTPATS, *WAYS):
        is_few = way not in WAYS or WAYS[way][0] == FEW
        row = medians(run_task(__file__, way) for _ in range(asked.runs if is_few else 1))
        base = base or row
        ratio = f"1/{base['wall'] / row['wall']:.0f}" if is_few else ""
        print(f"| {way} | {row['wall']:.3g} | {ratio} | {row['memory']:.2f} ", end="")
        print(f"| {row['found']:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
