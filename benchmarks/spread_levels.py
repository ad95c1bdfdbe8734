"""How often low reporting is found where there is none, and how often shares are covered.

Prints the tables of `docs/bias.md`: worlds of 900 small areas in which neighbours are alike, differ
as in London, or lie round a town centre; silence planted in three of them; and lists of hotspots
drawn with known shares.
"""

from __future__ import annotations

import argparse

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import hotspots as hs
from hotspots.risk.spread_groups import share_of

SIDE = 30
MEAN = 47.0
"""Reports of a small area of London in a year."""
SILENT = (155, 465, 775)
ALPHA = 0.05
HIGH_STREETS = 0.05
"""Share of small areas that have five times as much."""


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    worlds = parser.parse_args().worlds
    print("| world | planted | worlds with a finding | planted found | others named a world |")
    print("| --- | --- | --- | --- | --- |")
    for kind in ("alike", "differ", "centre", "mixture"):
        for planted in (1.0, 0.2, 0.0):
            print(level(kind, planted, worlds))
    print("\n| hotspots | group's share | measure | intervals that hold it, of 100 |")
    print("| --- | --- | --- | --- |")
    for n in (5, 10, 30, 320):
        for share in (0.03, 0.1, 0.4):
            for measure in ("hotspots", "expected"):
                print(f"| {n} | {share:.0%} | {measure} | {coverage(n, share, measure, worlds)} |")


def level(kind: str, planted: float, worlds: int) -> str:
    """Say how often something is found in worlds of a kind."""
    groups = small_areas()
    n_any = n_planted = n_other = 0
    for seed in range(worlds):
        chance = np.random.default_rng(seed)
        rate = rates(kind, chance)
        rate[list(SILENT)] *= planted
        counts = chance.poisson(rate * groups["population"].to_numpy() / 1700)
        found = hs.find_low_reporting(pd.Series(counts, index=groups.index), groups)
        named = (found["q"] <= ALPHA).to_numpy()
        n_any += bool(named.any())
        n_planted += int(named[list(SILENT)].sum())
        n_other += int(named.sum() - named[list(SILENT)].sum())
    what = "nothing" if planted == 1 else f"three report {planted:.0%}"
    found_of = "" if planted == 1 else f"{n_planted / (3 * worlds):.0%}"
    others = n_other if planted < 1 else n_other + n_planted
    return f"| {kind} | {what} | {n_any / worlds:.1%} | {found_of} | {others / worlds:.2f} |"


def small_areas() -> gpd.GeoDataFrame:
    """Give a grid of small areas with residents as in London's LSOAs."""
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    boxes = shapely.box(column * 500, row * 500, column * 500 + 500, row * 500 + 500)
    people = np.random.default_rng(0).normal(1760, 320, SIDE**2).clip(1000).round()
    index = pd.Index([f"g{n}" for n in range(SIDE**2)])
    return gpd.GeoDataFrame(
        {"population": people}, geometry=list(boxes), index=index, crs="EPSG:27700"
    )


def rates(kind: str, chance: np.random.Generator) -> np.ndarray:
    """Give the true reports of 1,700 residents in each small area."""
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    apart = np.hypot(row - SIDE / 2, column - SIDE / 2)
    if kind == "alike":
        return np.full(SIDE**2, MEAN)
    if kind == "centre":
        return MEAN * (0.5 + 5 * np.exp(-((apart / 4) ** 2)))
    if kind == "mixture":
        return MEAN * np.where(chance.random(SIDE**2) < HIGH_STREETS, 5.0, 0.8)
    return chance.gamma(1.9, MEAN / 1.9, SIDE**2)


def coverage(n: int, share: float, measure: str, worlds: int) -> str:
    """Say how often the interval of a list that is drawn holds the true share."""
    held = 0
    for seed in range(10 * worlds):
        chance = np.random.default_rng(seed)
        weight = np.ones(n) if measure == "hotspots" else chance.lognormal(0, 0.8, n)
        _, low, high = share_of(weight, (chance.random(n) < share).astype(float), ALPHA)
        held += low <= share <= high
    return f"{held / (10 * worlds):.1%}"


if __name__ == "__main__":
    main()
