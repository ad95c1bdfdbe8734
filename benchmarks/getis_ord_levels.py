"""How often `getis_ord` finds what is not there: the tables in `docs/getis-ord.md`.

Maps of nothing, each cell's share with p of at most 0.05 and 0.01, and the share of maps with any q
of at most 0.05; beside it the p of esda on the same sparse maps. Run
`python benchmarks/getis_ord_levels.py` from the root of the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import hotspots as hs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.places import make_cells, on

MAPS = 200
SIDE = 80
ESDA_MAPS = 5
LEVELS = (0.05, 0.01)


def shares_of(p: Any) -> list[float]:  # noqa: ANN401
    """Give the share of cells up to each level."""
    return [float((p <= level).mean()) for level in LEVELS]


def print_row(name: str, rows: list[list[float]]) -> None:
    """Print means, each with its standard error."""
    table = np.array(rows)
    error = table.std(axis=0, ddof=1) / np.sqrt(len(table))
    cells = [f"{100 * m:.2f} ± {100 * e:.2f} %" for m, e in zip(table.mean(0), error, strict=True)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def without_exposure(chance: np.random.Generator) -> None:
    """Poisson counts of one mean everywhere."""
    places = make_cells(SIDE, SIDE)
    for mean in (0.1, 0.5, 2.0):
        for alternative in ("greater", "less", "two-sided"):
            rows = []
            for _ in range(MAPS):
                values = on(places, chance.poisson(mean, len(places)))
                found = hs.getis_ord(values, places, alternative=alternative)
                rows.append([*shares_of(found["p"]), float((found["q"] <= LEVELS[0]).any())])
            print_row(f"mean {mean:g}, {alternative}", rows)
    rows = []
    for _ in range(MAPS):
        values = on(places, chance.poisson(0.1, len(places)))
        found = hs.getis_ord(values, places, n_permutations=999, rng=chance)
        rows.append([*shares_of(found["p"]), float((found["q"] <= LEVELS[0]).any())])
    print_row("mean 0.1, greater, 999 draws", rows)


def with_exposure(chance: np.random.Generator) -> None:
    """Draw counts in proportion to an exposure that varies 100-fold, from town to country."""
    places = make_cells(SIDE, SIDE)
    slope = np.geomspace(100, 1, SIDE)[:, None] * np.ones(SIDE)
    for name, exposures in {
        "town to country": slope.ravel(),
        "cell by cell": np.exp(chance.uniform(0, np.log(100), len(places))),
    }.items():
        exposure = on(places, exposures)
        for star in (True, False):
            rows = {True: [], False: []}
            for _ in range(MAPS):
                values = on(places, chance.poisson(exposure * 0.02))
                for is_given, table in rows.items():
                    given = exposure if is_given else None
                    found = hs.getis_ord(values, places, star=star, exposure=given)
                    table.append([*shares_of(found["p"]), float((found["q"] <= LEVELS[0]).any())])
            kind = "Gi*" if star else "Gi"
            print_row(f"{name}, {kind}, with the exposure", rows[True])
            print_row(f"{name}, {kind}, without it", rows[False])


def esda(chance: np.random.Generator) -> None:
    """Ask esda for its p on sparse counts."""
    from esda import G_Local  # noqa: PLC0415 (slow to import)
    from libpysal.graph import Graph  # noqa: PLC0415

    from hotspots.areas import neighbours  # noqa: PLC0415

    places = make_cells(SIDE, SIDE)
    graph = Graph.from_sparse(neighbours(places).astype(float).tocoo())
    rows = []
    for seed in range(ESDA_MAPS):
        counts = chance.poisson(0.1, len(places)).astype(float)
        local = G_Local(counts, graph, transform="B", star=True, n_jobs=1, seed=seed)
        rows.append(shares_of(local.p_sim))
    print_row("esda, mean 0.1", rows)


def main() -> None:
    """Print the rows."""
    chance = np.random.default_rng(1)
    without_exposure(chance)
    with_exposure(chance)
    esda(chance)


if __name__ == "__main__":
    main()
