"""Whether what hotspots expect comes in their hours: for `docs/weekly-intensity.md`.

Simulated London years with planted hotspots. The odd weeks are moved together and analysed as 26
weeks, and the even ones show what came, by rank; then the other way round. Run
`python benchmarks/hotspot_hours_held_out.py`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from measure import print_head

import hotspots as hs
from hotspots.counts import run
from hotspots.risk.harm_counts import HarmCounts, HarmTask, added_up
from hotspots.risk.matching import week_masks
from hotspots.risk.recency import period_days

if TYPE_CHECKING:
    from hotspots.counts import Counts

ROWS = 236_000
WEEKS = 52
OWN = 0.5
LAST_RANK = 6
COLUMNS = ["expected", "came", "expected at all hours", "came at all hours", "covered"]


def every_second_week(counts: Counts, first: int) -> Counts:
    """Give the even or the odd weeks, moved together."""
    week = (counts.table["date"] - counts.start.tz_localize(None)).dt.days // 7
    is_kept = (week % 2 == first) & (week < WEEKS)
    back = pd.to_timedelta(7 * (week - week // 2)[is_kept], unit="D")
    table = counts.table[is_kept].assign(date=counts.table["date"][is_kept] - back)
    table = table.sort_values(["place", "date", "hour"]).reset_index(drop=True)
    return replace(counts, table=table, end=counts.start + pd.Timedelta(weeks=WEEKS // 2))


def harm_of_every_second_week(harm: HarmCounts, counts: Counts, first: int) -> HarmCounts:
    """Give the same of reports by kind."""
    week = (harm.places["day"] - period_days(counts)[0]) // 7
    is_kept = (week % 2 == first) & (week < WEEKS)
    day = harm.places["day"] - 7 * (week - week // 2)
    table = harm.places.assign(day=day)[is_kept].sort_values(["place", "day", "kind"])
    return replace(harm, places=table.reset_index(drop=True))


def held_out(seed: int) -> pd.DataFrame:
    """Give, for each hotspot of both halves of a year, what was expected and what came."""
    boroughs = hs.load_boroughs()
    incidents = hs.simulate_incidents(ROWS, rng=seed).incidents
    counts = hs.count_incidents(incidents, hs.make_grid(boroughs))
    halves = [every_second_week(counts, first) for first in (0, 1)]
    harm = added_up(run(incidents, HarmTask.build(counts))[0])
    weighed = [harm_of_every_second_week(harm, counts, first) for first in (0, 1)]
    return pd.concat(
        _came(halves[first], weighed[first], halves[1 - first], boroughs) for first in (0, 1)
    )


def _came(half: Counts, weighed: HarmCounts, other: Counts, boroughs: pd.DataFrame) -> pd.DataFrame:
    intensity = hs.weekly_intensity(half, season=False)
    harm = hs.weekly_harm(intensity, weighed).places["harm_per_week"]
    found = hs.find_hotspots(intensity, boroughs, harm=harm)
    listed = found.table
    member = found.members.set_index("place_id")["hotspot_id"].reindex(half.places.index)
    number = listed.index.get_indexer(pd.Index(member))[other.table["place"].to_numpy()]
    date, hour = other.table["date"], other.table["hour"]
    hour_of_week = (date.dt.day_of_week * 24 + hour).to_numpy()
    week = ((date - other.start.tz_localize(None)).dt.days // 7).to_numpy()
    n = other.table["n"].to_numpy()
    in_hours = (number >= 0) & week_masks(listed)[number, hour_of_week]
    came = np.zeros((len(listed), WEEKS // 2))
    np.add.at(came, (number[in_hours], week[in_hours]), n[in_hours])
    low, high = (listed[name].to_numpy()[:, None] for name in ("expected_low", "expected_high"))
    at_all = np.bincount(number[number >= 0], n[number >= 0], len(listed)) / (WEEKS // 2)
    return pd.DataFrame(
        {
            "rank": listed["rank"].clip(upper=LAST_RANK),
            "is_own": listed["own_hours_share"] >= OWN,
            "expected": listed["expected_per_week"],
            "came": came.mean(axis=1),
            "expected at all hours": listed["expected_all_hours"],
            "came at all hours": at_all,
            "covered": ((came >= low) & (came <= high)).mean(axis=1),
        }
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=2, help="Simulated years.")
    rows = pd.concat(held_out(seed) for seed in range(1, parser.parse_args().years + 1))
    print_head("hotspots", "number", "expected a week", "came", "ratio", "at all hours", "covered")
    groups = {f"rank {rank}": rows["rank"] == rank for rank in range(1, LAST_RANK)}
    groups[f"rank {LAST_RANK} and after"] = rows["rank"] == LAST_RANK
    groups["mostly hours of their own"] = rows["is_own"]
    groups["mostly their area's hours"] = ~rows["is_own"]
    groups["all"] = rows["rank"] > 0
    for name, chosen in groups.items():
        mean = rows.loc[chosen, COLUMNS].mean()
        ratio = mean["came"] / mean["expected"]
        at_all = mean["came at all hours"] / mean["expected at all hours"]
        print(f"| {name} | {chosen.sum()} | {mean['expected']:.2f} | {mean['came']:.2f} ", end="")
        print(f"| {ratio:.2f} | {at_all:.2f} | {mean['covered']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
