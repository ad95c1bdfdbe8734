"""How much of what was expected came, with London's season and without: for `docs/forecast.md`.

November 2025 to April 2026 of London's hexagons, each month forecast from all months before. The
season is that of September 2023 to August 2024, so the months are ones that it has not seen. The
last table says how many counts of hotspots lay in their interval, which adds places up as if they
were independent. Run `python benchmarks/forecast_season.py ../shared/data`; the folder is that of
the data.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import accuracy_data as data
import pandas as pd
from measure import print_head

import hotspots as hs
from hotspots.risk.describe import forecast_of_hotspots

SEASONS = {"no season": None, "season": "london"}
WAYS = {name: partial(hs.forecast, season=season) for name, season in SEASONS.items()}
ORIGINS = 6
SHARES = (0.005, 0.01, 0.02, 0.05)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="The folder of the data.")
    case = data.london(parser.parse_args().data)
    found = hs.backtest(case.counts, WAYS, land=case.land, shares=SHARES, n_bootstrap=19, rng=1)
    ratio = (found.scores["actual"] / found.scores["expected"]).unstack("method")
    print_head("came / expected", *WAYS)
    for origin, row in ratio.iterrows():
        month = found.scores.loc[("plain", origin), "start"]
        print(f"| {month:%B %Y} | {' | '.join(f'{row[way]:.2f}' for way in WAYS)} |")
    part = found.calibration
    for group in ("all", *(f"top {share:g}" for share in SHARES)):
        cells = " | ".join(f"{part.loc[(way, group), 'ratio']:.2f}" for way in WAYS)
        print(f"| six months, {group} | {cells} |")
    print()
    print_head("method", *(f"top {100 * share:g} %" for share in SHARES), "held", "central", "log")
    for way in WAYS:
        rates = [f"{100 * rate:.2f}" for rate in found.summary.loc[way, "hit_rate"]]
        every = part.loc[(way, "all")]
        log = found.scores.loc[way, "log_negative_binomial"].mean()
        held = f"{every['coverage']:.3f} | {every['central']:.3f} | {log:.4f}"
        print(f"| {way} | {' | '.join(rates)} | {held} |")
    print()
    print_hotspots(case.counts)


def print_hotspots(counts: hs.Counts) -> None:
    """Print the share of hotspots of which the coming month lay in the interval of 90 %."""
    months = pd.DataFrame(counts.by("month").toarray(), counts.places.index, counts.months)
    areas = hs.load_boroughs(city=True)
    held: dict[str, list[float]] = {way: [] for way in WAYS}
    for month in counts.months[-ORIGINS:]:
        known = counts.until(month.start_time.tz_localize("Europe/London"))
        found = hs.find_hotspots(hs.weekly_intensity(known, season=False), areas)
        came = months.loc[found.members["place_id"], month]
        came = came.groupby(found.members["hotspot_id"].to_numpy()).sum()
        for way, make in WAYS.items():
            ends = forecast_of_hotspots(make(known), found)
            inside = came.reindex(ends.index).between(ends["forecast_low"], ends["forecast_high"])
            held[way].append(inside.mean())
    print_head("hotspots held", *(str(month) for month in counts.months[-ORIGINS:]))
    for way, shares in held.items():
        print(f"| {way} | {' | '.join(f'{share:.2f}' for share in shares)} |")


if __name__ == "__main__":
    main()
