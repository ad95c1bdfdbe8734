"""Which half-life foretells what comes next in London: the table in the page of `score_risk`.

A year of reports by month and cell, such as `london_asb_hex100m_2025-05_2026-04.parquet`. Hotspots
of 32 boroughs are found from the first nine months and scored with several half-lives; the reports
have no types, so the score is the reports to expect a week. Beside it what came a week in the three
months that followed: its sum over that of all scores, the mean Poisson deviance of a hotspot once
the sums agree, and Spearman's rank correlation in a mean borough.

`python benchmarks/harm_half_life.py FILE`
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import xlogy
from scipy.stats import spearmanr

import hotspots as hs
from hotspots.errors import HotspotsWarning

HALF_LIVES = (None, 52.0, 26.0, 13.0, 6.5, 3.0)
MONTHS_BEFORE = 9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    warnings.simplefilter("ignore", HotspotsWarning)
    calls = hs.read_incidents(parser.parse_args().file).incidents
    boroughs = hs.load_boroughs()
    counts = hs.count_incidents(calls, hs.make_grid(boroughs), areas=boroughs)
    turn = counts.months[MONTHS_BEFORE].start_time.tz_localize("Europe/London")
    before, after = counts.until(turn), counts.since(turn)
    if before is None or after is None:
        parser.error("the file holds less than a year")
    intensity = hs.weekly_intensity(before)
    found = hs.find_hotspots(intensity, boroughs)
    number = pd.Series(after.totals(), index=counts.places.index)
    came = found.members["place_id"].map(number).groupby(found.members["hotspot_id"]).sum()
    print("| half-life | came / score | deviance | rank correlation |")
    print("| --- | --- | --- | --- |")
    for half_life in HALF_LIVES:
        scores = hs.score_risk(found, intensity, calls, half_life=half_life).table
        n = came.reindex(scores.index)
        expected = scores["harm_per_week"] * after.weeks
        level = n.sum() / expected.sum()
        fair = expected * level
        deviance = 2 * (xlogy(n, n / fair) - (n - fair)).mean()
        alike = np.mean(
            [
                spearmanr(n[rows.index], rows["harm_per_week"]).statistic
                for _, rows in scores.groupby("borough")
            ]
        )
        said = "none" if half_life is None else f"{half_life:g} weeks"
        print(f"| {said} | {level:.2f} | {deviance:.2f} | {alike:.3f} |")
    print(f"\n{len(found.table)} hotspots, {int(came.sum()):,} reports in the three months.")


if __name__ == "__main__":
    main()
