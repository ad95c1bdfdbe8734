"""How often `near_repeat` finds what is not there: the table in `docs/near-repeat.md`.

Boroughs of `simulate_null`: in two kinds the date never depends on the place, in two it does, by
good and bad weeks or by seasons. Of 100 boroughs of the first two, 5 should have p of at most 0.05;
99 in 100 times the share lies within the limits that are printed. In the bursty kind hardly two
occurrences are at exactly one point, so both together are looked at, up to 100 m.

`python benchmarks/near_repeat_levels.py` takes 400 boroughs each, in as many processes as there are
processors, and prints the table; the seeds are 0, 1, 2 ….
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Literal

import numpy as np
from scipy.stats import binom

import hotspots as hs
from hotspots.simulate import Kind, simulate_null

LEVEL = 0.05
REPLICATES = 399
KINDS: tuple[Kind, ...] = ("independent", "bursty", "overdispersed", "seasonal")
SPACE = (0, 100, 200, 300, 400)
Unit = Literal["episode", "call"]
Within = Literal["month", "week"] | None


def look(kind: Kind, unit: Unit, within: Within, n: int, seed: int) -> tuple[float, float, bool]:
    """Give p up to 100 m and 7 days, the share of bins with p up to the level, and any q so."""
    table = simulate_null(n, kind, rng=np.random.default_rng([seed, 1]))
    found = hs.near_repeat(
        table,
        space=SPACE,
        unit=unit,
        within=within,
        n_permutations=REPLICATES,
        rng=seed,
        threads=1,
        progress=False,
    ).table
    return found["p"].iloc[0], (found["p"] <= LEVEL).mean(), (found["q"] <= LEVEL).any()


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boroughs", type=int, default=400)
    parser.add_argument("--occurrences", type=int, default=1500)
    parser.add_argument("--only", choices=KINDS)
    asked = parser.parse_args()
    low, high = binom.ppf([0.005, 0.995], asked.boroughs, LEVEL) / asked.boroughs
    print(f"{asked.boroughs} boroughs of {asked.occurrences:,} occurrences, ", end="")
    print(f"{REPLICATES} replicates; limits {low:.3f} to {high:.3f}\n")
    print("| null | unit | dealt out within | first bin, p ≤ 0.05 | of all bins | any q ≤ 0.05 |")
    print("| --- " * 6 + "|")
    ways: tuple[tuple[Unit, Within], ...] = (
        ("episode", None),
        ("episode", "month"),
        ("episode", "week"),
        ("call", None),
    )
    with ProcessPoolExecutor() as pool:
        for kind in (asked.only,) if asked.only else KINDS:
            for unit, within in ways:
                job = partial(look, kind, unit, within, asked.occurrences)
                found = np.array(list(pool.map(job, range(asked.boroughs), chunksize=5)))
                first, share, any_q = (found[:, 0] <= LEVEL).mean(), *found[:, 1:].mean(axis=0)
                print(f"| {kind} | {unit} | {within or 'the whole year'} ", end="")
                print(f"| {first:.3f} | {share:.3f} | {any_q:.3f} |", flush=True)


if __name__ == "__main__":
    main()
