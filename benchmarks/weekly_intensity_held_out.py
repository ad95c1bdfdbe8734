"""Whether weekly shapes foretell hours they have not seen: for `docs/weekly-intensity.md`.

Three weeks in ten are held out at random, and what is judged is the log-likelihood of the hour of
each of their incidents at its place, by how many incidents the place had in the other weeks: of
`weekly_intensity`, of the smoothed borough, of the borough's counts, of London, and of the place's
own counts. Run on road collisions (their file as an argument), on the simulated London year with
planted hours, and on a borough in which no place has hours of its own:
`python benchmarks/weekly_intensity_held_out.py FILE`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import print_head

import hotspots as hs
from hotspots.simulate.null import simulate_null

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.held_out import FEWEST, SHAPES, by_band, judge_shapes, planted_places

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

ROWS = 236_000
ROWS_OF_NULL = 20_000
SEED = 1


def show(name: str, judged: pd.DataFrame) -> None:
    """Print a table of one data set."""
    print(f"\n{name}\n")
    print_head("incidents of the place", "held out", *SHAPES, "model − smoothed borough")
    for band, row in by_band(judged).iterrows():
        if row["n"] == 0:
            continue
        ahead = row["model"] - row["smoothed borough"]
        mark = "" if row["n"] >= FEWEST else " (too few to judge)"
        cells = [f"{row[shape]:.3f}" for shape in SHAPES]
        print(
            f"| {band} | {row['n']:,.0f}{mark} | {' | '.join(cells)} | {ahead:+.4f} |", flush=True
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", help="Timed incidents, such as collisions.")
    parser.add_argument("--splits", type=int, default=5, help="How often weeks are drawn.")
    asked = parser.parse_args()
    grid = hs.make_grid(hs.load_boroughs(city=True))

    def judge(incidents: gpd.GeoDataFrame) -> pd.DataFrame:
        counts = hs.count_incidents(incidents, grid)
        return judge_shapes(counts, n_splits=asked.splits, rng=SEED)

    if asked.file:
        show("Road collisions", judge(hs.read_incidents(asked.file).incidents))
    simulation = hs.simulate_incidents(ROWS, rng=SEED)
    judged = judge(simulation.incidents)
    show("Simulated London year", judged)
    planted = planted_places(simulation, grid)
    show("The same, at planted places", judged[judged["place"].isin(planted)])
    show("Places without hours of their own", judge(simulate_null(ROWS_OF_NULL, rng=SEED)))


if __name__ == "__main__":
    main()
