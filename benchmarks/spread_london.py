"""How the list of a London year spreads: over boroughs, over residents, and who reports little.

Reads the published hexagons of ASB (data.police.uk) and small areas with residents, which are not
part of the package: `python benchmarks/spread_london.py HEXAGONS.parquet LSOA.gpkg`. It prints the
figures of `docs/bias.md`. The year is cut in two halves, so that there is a last list.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import hotspots as hs


def main() -> None:
    """Make the lists of both halves and print how the second one spreads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hexagons", type=Path)
    parser.add_argument("small_areas", type=Path)
    asked = parser.parse_args()
    groups = read_small_areas(asked.small_areas)
    incidents = hs.read_incidents(asked.hexagons).incidents
    is_early = incidents["start"] < "2025-11-01"
    first = hs.analyse(incidents[is_early], progress=False)
    run = hs.analyse(incidents[~is_early], previous=first, progress=False)
    places = hs.places_from_areas(groups[["name", "geometry"]])
    exact = pd.Series(hs.count_incidents(run.incidents, places).totals(), index=groups.index)
    for name, reports in (("shared out", None), ("by point", exact)):
        started = time.perf_counter()
        spread = hs.check_spread(
            run.hotspots,
            run.found.members,
            run.counts,
            run.areas,
            groups=groups,
            reports=reports,
            previous=first.record,
            tasks=run.tasks,
        )
        print(f"== reports of small areas {name}, {time.perf_counter() - started:.1f} s")
        print(spread)
        low = spread.low_reporting
        print(f"smallest q {low['q'].min():.2g}; {low['p'].notna().sum()} areas tested")
        for level in (0.001, 0.01, 0.05):
            print(f"p of at most {level}: {(low['p'] <= level).mean():.4f} of the areas")
        if reports is not None:
            kept = ["name", "population", "reports", "expected", "ratio", "p", "q"]
            print(low.sort_values("p")[kept].head(5).round(4).to_string())
    print(spread.by_area.round(3).to_string())
    rows = spread.by_group[spread.by_group["measure"] == "visits"]
    print(rows.round(3).to_string())
    print({name: round(value, 3) for name, value in spread.figures.items()})


def read_small_areas(path: Path) -> gpd.GeoDataFrame:
    """Read the small areas with their residents, and two columns that are known of any: see below.

    There is no table of deprivation here, so that residents per hectare and the distance from
    Charing Cross stand in for columns of the user's.
    """
    read = hs.read_areas(path)
    people = read["population"] if "population" in read.columns else read["pop2021"]
    middle = read.geometry.centroid
    apart = np.hypot(middle.x - 530_028, middle.y - 180_380) / 1000
    return gpd.GeoDataFrame(
        {
            "name": read["name"],
            "population": pd.to_numeric(people.astype("str").str.replace(",", "")),
            "km_from_charing_cross": apart.round(1),
        },
        geometry=read.geometry,
    ).assign(
        residents_per_hectare=lambda table: (1e4 * table["population"] / table.geometry.area).round(
            0
        )
    )


if __name__ == "__main__":
    main()
