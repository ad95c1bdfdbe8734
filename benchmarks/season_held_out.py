"""How well the season foretells a year it has not seen: for `docs/weekly-intensity.md`.

The factors rest on September 2023 to August 2024. Here they are held against the monthly totals of
data.police.uk for London, May 2025 to April 2026, beside a flat year and the months of 2023-24 as
they were; and against what was published about other weeks of Halloween. Run
`python benchmarks/season_held_out.py FOLDER`, where the folder holds the counts by month of
hexagons, a Parquet file with columns `month` and `asb_count`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from measure import print_head

from hotspots.times import season_factors
from hotspots.times.season import load_totals

FILE = "london_asb_hex100m_2025-05_2026-04.parquet"
FIRST, LAST = "2025-05-01", "2026-04-30"


def by_month(factors: pd.Series) -> pd.Series:
    """Give the mean of each month, beside the mean of all days."""
    return (factors / factors.mean()).groupby(factors.index.to_period("M")).mean()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Folder of the counts by hexagon and month.")
    asked = parser.parse_args()
    totals = pd.read_parquet(asked.folder / FILE).groupby("month")["asb_count"].sum()
    days = pd.date_range(FIRST, LAST)
    months = days.to_period("M")
    actual = by_month((totals.loc[months.astype(str)] / months.days_in_month).set_axis(days))
    published = load_totals()
    used = pd.date_range(published["first_day"], published["last_day"])
    as_they_were = np.array(published["months"]) / np.bincount(used.month)[1:]
    ways = {
        "season factors": by_month(season_factors(days)),
        "months of 2023-24": by_month(pd.Series(as_they_were[days.month - 1], days)),
        "flat year": by_month(pd.Series(1.0, days)),
    }
    print_head("month", "reports a day, 2025-26", *ways)
    for month in actual.index:
        cells = [f"{way[month]:.2f}" for way in ways.values()]
        print(f"| {month} | {actual[month]:.2f} | {' | '.join(cells)} |")
    errors = [f"{((way - actual) ** 2).mean() ** 0.5:.3f}" for way in ways.values()]
    print(f"| error (root mean square) | | {' | '.join(errors)} |\n")

    factors = season_factors(pd.date_range("2017-01-01", "2017-12-31"))
    weeks = published["bonfire_week"]
    print_head("week of 2017, beside the mean week", "published", "season factors")
    for name, value, week in (
        ("24 to 30 October", weeks["ratio_before"], factors["2017-10-24":"2017-10-30"]),
        ("31 October to 6 November", weeks["ratio"], factors["2017-10-31":"2017-11-06"]),
    ):
        print(f"| {name} | {value:.2f} | {week.mean():.2f} |")


if __name__ == "__main__":
    main()
