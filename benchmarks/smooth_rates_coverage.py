"""How often the intervals of `smooth_rates` hold the rate: the tables in `docs/smooth-rates.md`.

Maps of 3,600 places whose rates are known. For each prior and method: the share of 90 % intervals
that hold the rate, of all places, of the top 1 % by raw rate, and of the top 1 % by smoothed rate;
of places whose probability to be above twice the mean rate is about 0.1, 0.5 and 0.9, the share
that are; of those whose probability to be in the top 1 % is about 0.5, the share that are; and the
error of the smoothed rate beside that of the raw one (root mean square).

`python benchmarks/smooth_rates_coverage.py` takes 10 maps of each kind; the seeds are 0, 1, 2 ….
`--only areas` shows when an area has enough for a prior of its own: maps cut into areas of so many
places, and the share of intervals that hold the rate with the prior of all places, with that of
the area alone, and with what `prior="area"` makes of both; and how likely further counts are, as
the log likelihood a place beside that with the prior of all. `--only halves --file FILE` reads
incidents of twelve months in London: how the first six foretell the others, in squares of 250 m.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import nbinom

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.risk.gamma_poisson import log_likelihood

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.rates import MEAN, WORLDS, RateMap, coverage, simulate_rates

SIDE = 60
PRIORS = ("global", "area", "neighbours")
METHODS = ("likelihood", "moments")
CLASSES = ((0.05, 0.15), (0.4, 0.6), (0.85, 0.95))
HEAD = (
    "world",
    "prior",
    "method",
    "all",
    "top by raw",
    "top by mean",
    *(f"above at {sum(each) / 2:.1f}" for each in CLASSES),
    "top at 0.5",
    "error",
)


def measure(found: pd.DataFrame, drawn: RateMap) -> list[float]:
    """Give the figures of one map; missing where there is no such place."""
    truth, top = drawn.rate, len(drawn.rate) // 100
    chosen = [found[name].nlargest(top).index for name in ("raw", "mean")]
    is_above, is_top = truth > 2 * MEAN, truth.rank(ascending=False) <= top
    figures = [coverage(found, truth), *(coverage(found, truth, each) for each in chosen)]
    for low, high in CLASSES:
        figures += [is_above[found["p_above"].between(low, high)].mean()]
    figures += [is_top[found["p_top"].between(*CLASSES[1])].mean()]
    errors = [np.sqrt(((found[name] - truth) ** 2).mean()) for name in ("mean", "raw")]
    return [*figures, errors[0] / errors[1]]


def smoothed(drawn: RateMap, seed: int, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    """Smooth the rates of a map."""
    top = len(drawn.n) // 100
    given = {"places": drawn.places, "threshold": 2 * MEAN, "top": top, "n_draws": 500}
    return hs.smooth_rates(drawn.n, drawn.exposure, rng=seed, **given, **options)


def ways(world: str, drawn: RateMap) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give each prior and method, and for bursts what the dispersion does."""
    for prior in PRIORS:
        for method in METHODS:
            yield prior, method, {"prior": prior, "method": method}
    if world == "bursts":
        yield "global", "one dispersion", {"dispersion": drawn.dispersion}
        yield "global", "own dispersion", {"dispersion": drawn.own_dispersion}
        yield "global", "shrunk dispersion", {"dispersion": drawn.shrunk_dispersion()}


def worlds(n_maps: int) -> None:
    """Print a row for each kind of map, prior and method."""
    print_row(HEAD)
    print_row(["---"] * len(HEAD))
    for world in WORLDS:
        rows: dict[tuple[str, str], list[list[float]]] = {}
        for seed in range(n_maps):
            drawn = simulate_rates(world, SIDE, seed)
            for prior, method, options in ways(world, drawn):
                figures = measure(smoothed(drawn, seed, **options), drawn)
                rows.setdefault((prior, method), []).append(figures)
        for name, table in rows.items():
            cells = [f"{mean:.2f}" for mean in pd.DataFrame(table).mean()]
            print_row((world, *name, *cells))


def areas(n_maps: int) -> None:
    """Print a row for each size of areas, and each mean count of a place."""
    print_row(("places", "mean", "all", "own", "area", "own: likelier by", "area: likelier by"))
    print_row(["---"] * 7)
    for size in (10, 20, 50, 200):
        for mean in (0.3, 4.0):
            rows = [one_cut(size, mean, seed) for seed in range(n_maps)]
            figures = np.mean(rows, axis=0)
            shares = [f"{share:.2f}" for share in figures[:3]]
            print_row((f"{size}", f"{mean:g}", *shares, *(f"{each:+.3f}" for each in figures[3:])))


def one_cut(size: int, mean: float, seed: int) -> list[float]:
    """Give the figures of 20 areas of a size, whose means differ by about half."""
    chance = np.random.default_rng(seed)
    n_areas = 20
    area = np.repeat(np.arange(n_areas), size)
    rate = (
        mean
        * chance.gamma(0.7, 1 / 0.7, len(area))
        * np.exp(chance.normal(-0.125, 0.5, n_areas))[area]
    )
    exposure = pd.Series(chance.uniform(0.25, 2, len(area)))
    n, later = (pd.Series(chance.poisson(rate * exposure)) for _ in range(2))
    places = pd.DataFrame({"area_id": [f"a{number}" for number in area]})
    of_all = hs.smooth_rates(n, exposure)
    cut = hs.smooth_rates(n, exposure, prior="area", places=places)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotsWarning)
        alone = pd.concat(
            hs.smooth_rates(n[area == each], exposure[area == each]) for each in range(n_areas)
        )
    tables = (of_all, alone, cut)
    fits = [
        log_likelihood(later.to_numpy(float), (exposure * each["mean"]).to_numpy(), each["shape"])
        for each in tables
    ]
    gains = [float((fit - fits[0]).mean()) for fit in fits[1:]]
    return [*(coverage(each, pd.Series(rate)) for each in tables), *gains]


def halves(file: str) -> None:
    """Print how half a year foretells the next, by prior, method and dispersion."""
    grid = hs.make_grid(hs.load_boroughs(city=True), cell_size=250)
    months = hs.count_incidents(hs.read_incidents(file).incidents, grid).by("month").toarray()
    first, later = months[:, :6], months[:, 6:].sum(axis=1)
    n = pd.Series(first.sum(axis=1), index=grid.index)
    # The second half had fewer reports in all; what is asked is how they are spread.
    level = later.sum() / n.sum()
    dispersion = float(first.var(axis=1, ddof=1).sum() / first.mean(axis=1).sum())
    print(
        f"{len(n):,} squares, {n.sum():,.0f} then {later.sum():,.0f}; dispersion {dispersion:.2f}"
    )
    print_row(("prior", "method", "log likelihood", "all", "top by raw", "came of expected"))
    print_row(["---"] * 6)
    top = n.nlargest(len(n) // 100).index
    print_row(
        (
            "none",
            "raw",
            "",
            "",
            "",
            f"{later[n.index.isin(top)].sum() / (level * n[top].sum()):.2f}",
        )
    )
    for prior in PRIORS:
        for method, d in (*((each, 1.0) for each in METHODS), ("likelihood", dispersion)):
            found = hs.smooth_rates(
                n,
                1.0,
                prior=prior,
                places=grid,
                method=method,
                dispersion=d,  # type: ignore[arg-type]
            )
            shape, mean = found["shape"].to_numpy(), level * found["mean"].to_numpy()
            to_come = nbinom(shape, shape / (shape + mean))
            holds = pd.Series((to_come.ppf(0.05) <= later) & (later <= to_come.ppf(0.95)), n.index)
            is_top = n.index.isin(top)
            print_row(
                (
                    prior,
                    method if d == 1 else f"dispersion {d:.2f}",
                    f"{to_come.logpmf(later).mean():.4f}",
                    f"{holds.mean():.2f}",
                    f"{holds[top].mean():.2f}",
                    f"{later[is_top].sum() / mean[is_top].sum():.2f}",
                )
            )


def print_row(cells: Iterable[str]) -> None:
    """Print a row of a table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=10)
    parser.add_argument("--only", choices=("worlds", "areas", "halves"), default="worlds")
    parser.add_argument("--file")
    asked = parser.parse_args()
    if asked.only == "halves":
        if asked.file is None:
            parser.error("--only halves needs --file")
        halves(asked.file)
    else:
        (areas if asked.only == "areas" else worlds)(asked.maps)


if __name__ == "__main__":
    main()
