"""Getis-Ord Gi* beside esda's `G_Local`.

157,000 cells, both with 999 conditional permutations. Each run has a process of its own, after a
call on few cells that compiles what there is to compile. esda is given its neighbours before the
clock starts; `getis_ord` finds its own while it runs. The memory is the peak of the process; that
of esda's worker processes is not counted. The targets are 1/30 of esda's time and 1/5 of its
memory. esda with `keep_simulations=False` gives p alone.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
import pandas as pd
from measure import medians, peak_memory, print_head, run_task

WIDTH, HEIGHT = 500, 314
DRAWS = 999
ESDA, ESDA_LEAN = "esda", "esda, draws not kept"
WAYS = {
    "getis_ord, all permutations": {},
    "getis_ord, 999 draws": {"n_permutations": DRAWS, "rng": 1},
    "getis_ord, 999 draws, not whole": {"n_permutations": DRAWS, "rng": 1},
}


def make_input(width: int, height: int, *, is_whole: bool = True) -> tuple[Any, Any]:
    """Make square cells, and uneven counts of which most are small."""
    import shapely  # noqa: PLC0415 (in the task's process only)

    from hotspots.areas.places import make_places  # noqa: PLC0415

    row, column = np.divmod(np.arange(width * height), width)
    cells = shapely.box(column * 150, row * 150, column * 150 + 150, row * 150 + 150)
    places = make_places(
        [f"c{number}" for number in range(len(cells))],
        cells,
        area_id=None,
        area_m2=22_500.0,
        shape="square",
        cell_size_m=150.0,
        column=column,
        row=row,
    )
    chance = np.random.default_rng(1)
    counts = chance.poisson(chance.gamma(0.3, 7.0, len(cells)))
    values = counts if is_whole else counts * chance.choice([0.5, 1.3, 2.6], len(counts))
    return pd.Series(values, index=places.index), places


def run_esda(values: Any, places: Any, *, is_lean: bool) -> dict[str, float]:  # noqa: ANN401
    """Time esda, with its defaults but for binary weights and the place itself."""
    from esda import G_Local  # noqa: PLC0415
    from libpysal.graph import Graph  # noqa: PLC0415

    from hotspots.areas import neighbours  # noqa: PLC0415

    graph = Graph.from_sparse(neighbours(places).astype(float).tocoo())
    options = {"transform": "B", "star": True, "permutations": DRAWS, "seed": 1}
    started = time.perf_counter()
    local = G_Local(values.to_numpy(float), graph, keep_simulations=not is_lean, **options)
    return {"wall": time.perf_counter() - started, "least": float(np.min(local.p_sim))}


def run_ours(values: Any, places: Any, options: dict[str, Any]) -> dict[str, float]:  # noqa: ANN401
    """Time `getis_ord`."""
    import hotspots as hs  # noqa: PLC0415

    started = time.perf_counter()
    found = hs.getis_ord(values, places, **options)
    wall = time.perf_counter() - started
    return {"wall": wall, "least": float(found["p"].min())}


def work(way: str) -> dict[str, float]:
    """Do one run in this process: a small one first, then the one that is measured."""
    for size in ((20, 20), (WIDTH, HEIGHT)):
        given = make_input(*size, is_whole="not whole" not in way)
        if way in WAYS:
            found = run_ours(*given, WAYS[way])
        else:
            found = run_esda(*given, is_lean=way == ESDA_LEAN)
    return {**found, "memory": peak_memory() / 1e9}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="Runs of each way of getis_ord.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work(asked.task)))
        return
    print_head(
        *("way", "wall, s", "of esda", "peak memory, GB", "of esda", "smallest p"),
        measured=f"{WIDTH * HEIGHT:,} cells; median of {asked.runs}, esda once; ",
    )
    base = None
    for way in (ESDA, ESDA_LEAN, *WAYS):
        n_runs = asked.runs if way in WAYS else 1
        row = medians(run_task(__file__, way) for _ in range(n_runs))
        base = base or row
        time_ratio, memory_ratio = (base[name] / row[name] for name in ("wall", "memory"))
        print(f"| {way} | {row['wall']:.2f} | 1/{time_ratio:.1f} | {row['memory']:.2f} ", end="")
        print(f"| 1/{memory_ratio:.1f} | {row['least']:.2g} |", flush=True)


if __name__ == "__main__":
    main()
