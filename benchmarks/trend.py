"""Emerging hot spots of London, beside esda and scipy.

26,000 squares and 12 months, about 240,000 incidents. No Python package has the whole of it, so the
peer is what an analyst would put together: the cube as one graph of 312,000 bins, esda's `G_Local`
for z, and scipy's `kendalltau` place by place. It is given its neighbours before the clock starts
and takes no permutations: its p is that of z. `classify_trend` finds its neighbours and an exact p
while the clock runs. Each run has a process of its own, after a call on few squares that compiles
what there is to compile. The target is 3 s.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from getis_ord import make_input
from measure import medians, peak_memory, print_head, run_task

WIDTH, HEIGHT, STEPS = 200, 130, 12
LEVEL = 0.05
PEER = "esda and scipy"
WAYS: dict[str, dict[str, Any]] = {
    "classify_trend": {},
    "classify_trend, 500 m": {"radius": 500},
    "classify_trend, weeks of a year": {"step": "week"},
}


def make_cube(width: int, height: int, n_steps: int, step: str) -> tuple[Any, Any]:
    """Make square cells with uneven counts, most of them small."""
    places = make_input(width, height)[1]
    chance = np.random.default_rng(1)
    rate = chance.gamma(0.3, 0.75 * STEPS / n_steps / 0.3, len(places))
    values = chance.poisson(np.repeat(rate[:, None], n_steps, axis=1))
    if step == "month":
        columns: Any = pd.period_range("2025-01", periods=n_steps, freq="M")
    else:
        columns = pd.date_range("2025-01-06", periods=n_steps, freq="7D")
    return pd.DataFrame(values, places.index, columns), places


def run_peer(table: Any, places: Any) -> dict[str, float]:  # noqa: ANN401
    """Time the peer: z of each bin, and the trend of each place."""
    from esda import G_Local  # noqa: PLC0415
    from libpysal.graph import Graph  # noqa: PLC0415
    from scipy.sparse import eye_array, kron  # noqa: PLC0415
    from scipy.stats import kendalltau  # noqa: PLC0415

    from hotspots.areas import neighbours  # noqa: PLC0415

    n_steps = table.shape[1]
    near = neighbours(places).astype(float) + eye_array(len(places))
    before = eye_array(n_steps) + eye_array(n_steps, k=-1)
    bins = kron(before, near, format="lil")
    bins.setdiag(0)
    graph = Graph.from_sparse(bins.tocoo())
    values = table.to_numpy(float)
    started = time.perf_counter()
    local = G_Local(values.T.ravel(), graph, transform="B", star=True, permutations=0)
    z = local.Zs.reshape(n_steps, -1).T
    steps = np.arange(n_steps)
    p = [kendalltau(steps, row).pvalue for row in z]
    wall = time.perf_counter() - started
    return {
        "wall": wall,
        "largest": float(z[:, -1].max()),
        "n": float((np.array(p) <= LEVEL).sum()),
    }


def run_ours(table: Any, places: Any, options: dict[str, Any]) -> dict[str, float]:  # noqa: ANN401
    """Time `classify_trend`."""
    import hotspots as hs  # noqa: PLC0415

    started = time.perf_counter()
    found = hs.classify_trend(table, places, **options)
    wall = time.perf_counter() - started
    n_trends = float((found["trend_p"] <= LEVEL).sum())
    return {"wall": wall, "largest": float(found["last_z"].max()), "n": n_trends}


def work(way: str) -> dict[str, float]:
    """Do one run in this process: a small one first, then the one that is measured."""
    options = WAYS.get(way, {})
    step = options.get("step", "month")
    n_steps = STEPS if step == "month" else 52
    warnings.simplefilter("ignore")
    for size in ((20, 20), (WIDTH, HEIGHT)):
        given = make_cube(*size, n_steps, step)
        found = run_peer(*given) if way == PEER else run_ours(*given, options)
    return {**found, "memory": peak_memory() / 1e9}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="Runs of each way.")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(work(asked.task)))
        return
    print_head(
        *("way", "wall, s", "of the peer", "peak memory, GB", "largest last z", "trends"),
        measured=f"{WIDTH * HEIGHT:,} squares; median of {asked.runs}; ",
    )
    base = None
    for way in (PEER, *WAYS):
        row = medians(run_task(__file__, way) for _ in range(asked.runs))
        base = base or row
        ratio = base["wall"] / row["wall"]
        shown = f"1/{ratio:.1f}" if ratio >= 1 else f"{1 / ratio:.1f}"
        print(f"| {way} | {row['wall']:.2f} | {shown} | {row['memory']:.2f} ", end="")
        print(f"| {row['largest']:.2f} | {row['n']:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
