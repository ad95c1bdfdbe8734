"""How often the interval of `score_risk` holds the true weekly harm: the tables in its page.

A square borough of 900 places of 150 m and a year of reports, whose rates are drawn from a gamma
distribution (most places have few) and whose kinds from the mix of the borough. Hours are the same
everywhere. Hotspots are found from the counts, so these are the places that a list is made of,
with all that choosing the highest does. Held is the share of hotspots whose true weekly harm lies
in the interval of 90 %; the ratio is that of all scores to all true harm, 1 if scores are fair.

"own mixes": each place has a mix of its own, as the model has it. "one mix": all have the
borough's. "bursts": every second occurrence brings three calls more that night, on average.
"drift": the rate of each place wanders, so that a half-life of 13 weeks suits one with six reports
a week; true is the rate of the last day. "turn": of the 45 busiest places each second one has had
a tenth of its reports for the last 13 weeks.

`python benchmarks/harm_levels.py` takes 20 sets of each; the seeds are 0, 1, 2 …. It prints between
which limits chance keeps the share in 99 of 100 such trials. `--year` says instead how far harm
moves hotspots of a simulated year of 600,000 reports in all boroughs from their ranks by count.
"""

from __future__ import annotations

import argparse
import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.stats import binom

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.tables import INCIDENTS

if TYPE_CHECKING:
    Integers = np.ndarray[Any, np.dtype[np.int64]]

SIDE, CELL = 30, 150.0
WEST, SOUTH = 540_000.0, 180_000.0
WEEKS, DAYS = 52, 364
MONDAY = np.datetime64("2025-01-06")
SHAPE, MEAN = 0.3, 0.3  # of the gamma distribution of reports a week
TYPES = {"personal": 0.15, "nuisance": 0.75, "environmental": 0.1}
FLAGS = {"is_flagged_vulnerable": 0.08, "is_flagged_repeat": 0.06}
TRUTHS = ("own mixes", "one mix", "bursts", "drift", "turn")
LEVEL = 0.9
TOP = 3
BURSTING, FURTHER = 0.5, 3.0  # share of occurrences that bring further calls, and how many
BUSY = 6 / 7  # reports a day of the place that "drift" suits


def borough() -> gpd.GeoDataFrame:
    """Give the square borough."""
    square = shapely.box(WEST, SOUTH, WEST + SIDE * CELL, SOUTH + SIDE * CELL)
    index = pd.Index(["Q01"], name="area_id")
    return gpd.GeoDataFrame({"name": ["Squareham"]}, geometry=[square], index=index, crs=27700)


def kinds() -> pd.DataFrame:
    """Give every kind with its share in the borough."""
    vulnerable, repeat = FLAGS.values()
    rows = [
        (kind, v, r, share * (vulnerable if v else 1 - vulnerable) * (repeat if r else 1 - repeat))
        for kind, share in TYPES.items()
        for v in (False, True)
        for r in (False, True)
    ]
    table = pd.DataFrame(rows, columns=["asb_type", *FLAGS, "share"])
    return table.assign(heading=pd.Series([None] * len(table), dtype="str"))


def simulate(truth: str, seed: int) -> tuple[gpd.GeoDataFrame, Any, Any]:
    """Give incidents, the true weekly harm of each place (row, column) and the true week."""
    chance = np.random.default_rng(seed)
    n_places, kind = SIDE * SIDE, kinds()
    rate = chance.gamma(SHAPE, MEAN / SHAPE, n_places)
    mix = np.tile(kind["share"].to_numpy(), (n_places, 1))
    if truth == "own mixes":
        # With the shape of the rates, the rate of each kind is an independent gamma variable.
        mix = chance.gamma(SHAPE * mix + 1e-12) + 1e-12
        mix /= mix.sum(axis=1, keepdims=True)
    level = np.ones((n_places, DAYS))
    if truth == "drift":
        level = _wander(chance, n_places)
    if truth == "turn":
        level[np.argsort(-rate)[:45:2], -91:] = 0.1
    brings = 1 + BURSTING * FURTHER if truth == "bursts" else 1.0
    n = chance.poisson(rate[:, None] / 7 / brings * level)
    place, day = (np.repeat(each.ravel(), n.ravel()) for each in np.indices(n.shape))
    hours = np.arange(168) % 24
    week = 1 + 0.8 * np.cos((hours - 20) / 24 * 2 * np.pi)
    week /= week.sum()
    of_day = week.reshape(7, 24) / week.reshape(7, 24).sum(axis=1, keepdims=True)
    hour = (chance.random(len(day))[:, None] > of_day[day % 7].cumsum(axis=1)).sum(axis=1)
    if truth == "bursts":
        further = chance.poisson(FURTHER, len(day))
        more = np.where(chance.random(len(day)) < BURSTING, further, 0)
        place, day, hour = (np.repeat(each, 1 + more) for each in (place, day, hour))
    of_kind = (chance.random(len(place))[:, None] > mix[place].cumsum(axis=1)[:, :-1]).sum(axis=1)
    harm = rate * level[:, -1] * (mix @ hs.HarmWeights().of(kind))
    return _table(chance, place, day, hour, kind.iloc[of_kind]), harm, week


def _wander(chance: np.random.Generator, n_places: int) -> Any:  # noqa: ANN401
    """Let levels wander by the walk for which discounting is exact (Smith and Miller 1986)."""
    keep = 0.5 ** (1 / 13 / 7)
    shape = BUSY / (1 - keep)
    level = np.ones((n_places, DAYS))
    for day in range(1, DAYS):
        step = chance.beta(keep * shape, (1 - keep) * shape, n_places) / keep
        level[:, day] = level[:, day - 1] * step
    return level


def _table(
    chance: np.random.Generator,
    place: Integers,
    day: Integers,
    hour: Integers,
    kind: pd.DataFrame,
) -> gpd.GeoDataFrame:
    n = len(place)
    minute = (day * 24 + hour) * 60 + chance.integers(0, 60, n)
    wall = MONDAY.astype("datetime64[us]") + minute.astype("timedelta64[m]")
    start = pd.DatetimeIndex(wall).tz_localize(
        "Europe/London", ambiguous=np.ones(n, dtype=bool), nonexistent="shift_forward"
    )
    empty = INCIDENTS.empty().drop(columns="geometry").reindex(range(n))
    row, column = np.divmod(place, SIDE)
    x, y = (each * CELL + chance.uniform(1, CELL - 1, n) for each in (column, row))
    table = empty.assign(
        start=start,
        time_precision="minute",
        asb_type=kind["asb_type"].to_numpy(),
        source="simulated",
        weight=1.0,
        is_ambiguous_time=False,
        is_context=False,
        **{name: kind[name].to_numpy() for name in FLAGS},
    )
    table.index = pd.Index([f"r{number}" for number in range(n)], name="incident_id")
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(WEST + x, SOUTH + y), crs=27700)


def one_set(truth: str, seed: int) -> pd.DataFrame:
    """Give a row for each hotspot and half-life: true harm, score and interval."""
    calls, harm, week = simulate(truth, seed)
    places = hs.make_grid(borough())
    period = (str(MONDAY), str(MONDAY + np.timedelta64(DAYS)))
    intensity = hs.weekly_intensity(hs.count_incidents(calls, places, period=period))
    found = hs.find_hotspots(intensity, borough())
    row = places["row"] - int(SOUTH // CELL)
    true = pd.Series(harm[(row * SIDE + places["column"] - int(WEST // CELL)).to_numpy()])
    true.index = places.index
    of_hotspot = found.members["place_id"].map(true).groupby(found.members["hotspot_id"]).sum()
    parts = []
    for half_life in (None, 13.0, 4.0):
        scores = hs.score_risk(found, intensity, calls, half_life=half_life, level=LEVEL).table
        hours = [
            week[_mask(*each)].sum()
            for each in found.table[["weekdays", "start_hour", "end_hour"]].itertuples(index=False)
        ]
        parts.append(
            scores[["harm_per_week", "harm_low", "harm_high"]].assign(
                true=of_hotspot.reindex(scores.index) * hours,
                half_life="none" if half_life is None else f"{half_life:g} weeks",
            )
        )
    return pd.concat(parts)


def _mask(weekdays: str, start: float, end: float) -> Any:  # noqa: ANN401
    hours = np.arange(int((end - start - 1) % 24 + 1)) + int(start)
    days = np.array([int(day) for day in weekdays.split(",")])
    mask = np.zeros(168, dtype=bool)
    mask[(days[:, None] * 24 + hours).ravel() % 168] = True
    return mask


def year() -> None:
    """Say how far harm moves hotspots from their ranks by count."""
    calls = hs.simulate_incidents(600_000, rng=1).incidents
    boroughs = hs.load_boroughs()
    counts = hs.count_incidents(calls, hs.make_grid(boroughs), areas=boroughs)
    intensity = hs.weekly_intensity(counts)
    table = hs.score_risk(hs.find_hotspots(intensity, boroughs), intensity, calls).table
    moved = (table["harm_rank"] - table["count_rank"]).abs().mean()
    top = table["harm_rank"] <= TOP
    stay = int((top & (table["count_rank"] <= TOP)).sum())
    print(f"{len(table)} hotspots move by {moved:.1f} ranks on average; of the {int(top.sum())} in")
    print(f"the top {TOP} by harm {stay} are in the top {TOP} by count.")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--year", action="store_true")
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--only", nargs="*", choices=TRUTHS, default=TRUTHS)
    given = parser.parse_args()
    warnings.simplefilter("ignore", HotspotsWarning)
    if given.year:
        year()
        return
    print("| truth | half-life | hotspots | held | ratio | mean width |")
    print("| --- | --- | --- | --- | --- | --- |")
    for truth in given.only:
        rows = pd.concat([one_set(truth, seed) for seed in range(given.sets)])
        for half_life, part in rows.groupby("half_life", sort=False):
            held = part["true"].between(part["harm_low"], part["harm_high"]).mean()
            ratio = part["harm_per_week"].sum() / part["true"].sum()
            width = ((part["harm_high"] - part["harm_low"]) / part["harm_per_week"]).mean()
            print(
                f"| {truth} | {half_life} | {len(part)} | {held:.3f} | {ratio:.2f} | {width:.2f} |"
            )
    low, high = binom.interval(0.99, len(part), LEVEL) / np.array(len(part))
    print(f"\nBy chance alone the share held lies from {low:.3f} to {high:.3f}.")


if __name__ == "__main__":
    main()
