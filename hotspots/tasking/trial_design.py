"""Draw who is visited and who is left alone in a trial, before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, invalid, is_number, is_whole
from hotspots.tables import ALLOCATION
from hotspots.tasking.coverage import check_hotspots
from hotspots.tasking.experiments import Experiment, is_share
from hotspots.tasking.trial_history import WEEK, checked_history, stretches_of
from hotspots.times.week import read_day

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.tasking.experiments import Design

DESIGNS: Final = ("pairs", "weeks", "days")
_NEEDED: Final = ("name", "borough", "area", "rank", "is_one_caller", "geometry")
_MOSTWEEKS: Final = 104


def design_experiment(
    hotspots: gpd.GeoDataFrame,
    history: pd.DataFrame,
    *,
    start: str | pd.Timestamp,
    weeks: int,
    design: Design = "pairs",
    visits_per_week: int = 4,
    apart: float = 300.0,
    seed: int = 1,
    level: float = 0.05,
) -> Experiment:
    """Decide by a coin which hotspots are visited and which are left alone, and on which days.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table.
    history : DataFrame
        Reports of each hotspot by day, from `hotspot_history`: at least as long as the trial.
    start : str or Timestamp
        First day.
    weeks : int
        How long it lasts, 1–104; an even number for the designs "weeks" and "days".
    design : {"pairs", "weeks", "days"}
        "pairs": of two hotspots of an area that are alike one is visited, all the time. "weeks": of
        each two weeks one, at each hotspot by itself (a crossover). "days": of each weekday of two
        weeks one, at each hotspot by itself.
    visits_per_week : int
        Least visits to a hotspot in a week of treatment, 1–84, which the plan must keep.
    apart : float
        Hotspots nearer than this would show each other's visits, metres: only the one with more
        reports takes part.
    seed : int
        Of the coins.
    level : float
        Of the one-sided test, above 0 and below 1.

    Returns
    -------
    Experiment
        Write it down with `save_experiment` before the first visit; give it to `Planning`, so that
        the plan leaves alone what is control; look at `.power()` before it begins.

    Raises
    ------
    InputError
        If fewer than two hotspots can take part, or the history is shorter than the trial.

    Notes
    -----
    The hotspots of an area are paired in the order of their past reports. The test compares the
    treated side of each pair with the other, each less what its past would have brought, by all
    falls of the coins (by 4,999 random ones for more than 12 pairs). It assumes nothing of how
    reports come.

    Caveats
    -------
    Officers who are there are also told of more: reports may rise where nothing got worse. What a
    visit does may last into days of control ("days" most of all), which hides it; whoever leaves a
    place alone must be able to answer for it. Hotspots with one caller take no part.

    References
    ----------
    Fisher, R. A. (1935). *The Design of Experiments*. Oliver and Boyd.

    Basford, L. and others (2021). Hot spots policing in Southend: 20 places, one visit a day, days
    drawn at random. *Cambridge Journal of Evidence-Based Policing*.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(20_000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> history = hs.hotspot_history(run.found, run.counts)
    >>> trial = hs.design_experiment(run.hotspots, history, start="2026-01-05", weeks=12)
    >>> trial
    <Experiment: places; ... hotspots, ... pairs, 5 January 2026 to 29 March 2026>
    """
    check_hotspots(hotspots, _NEEDED)
    first = read_day("start", start)
    _check_options(design, weeks, visits_per_week, apart, seed, level)
    past = checked_history(history, [str(name) for name in hotspots.index])
    if len(stretches_of(past, first, WEEK * weeks)) == 0:
        msg = (
            f"Invalid history '{past.shape[1]} days'. Must hold a stretch of {WEEK * weeks} days, "
            "as long as the trial, so that it can be said what it may detect. Give a shorter trial."
        )
        raise InputError(msg)
    taking, reasons = _eligible(hotspots, past, float(apart))
    pairs: list[tuple[str, str]] = []
    if design == "pairs":
        pairs, alone = _matched(hotspots.loc[taking], past)
        reasons |= dict.fromkeys(alone, "Its area has no other to pair it with.")
        taking = [name for pair in pairs for name in pair]
    if len(taking) < 2:  # noqa: PLR2004 (one is no trial)
        said = "; ".join(dict.fromkeys(reasons.values())) or "there are none"
        msg = f"Invalid hotspots: {len(taking)} can take part. Must be at least 2. {said}."
        raise InputError(msg.replace("..", "."))
    rng = np.random.default_rng([int(seed), 1])
    if design == "pairs":
        rows = _pair_rows(pairs, first, int(weeks), rng)
    else:
        rows = _crossover_rows(taking, first, int(weeks), design, rng)
    left_out = pd.DataFrame(
        {"name": hotspots["name"].reindex(list(reasons)), "reason": list(reasons.values())}
    ).rename_axis("hotspot_id")
    return Experiment(
        allocation=_allocation(rows, hotspots),
        left_out=left_out,
        history=past.loc[list(dict.fromkeys(row["hotspot_id"] for row in rows))],
        design=design,
        start=first,
        weeks=int(weeks),
        visits_per_week=int(visits_per_week),
        seed=int(seed),
        level=float(level),
    )


def _check_options(
    design: object,
    weeks: object,
    visits_per_week: object,
    apart: object,
    seed: object,
    level: object,
) -> None:
    """Raise `InputError` for an option that is not allowed."""
    rules = (
        ("design", design, design in DESIGNS, f"one of {', '.join(DESIGNS)}"),
        (
            "weeks",
            weeks,
            is_whole(weeks, 1, _MOSTWEEKS),
            f"a whole number from 1 to {_MOSTWEEKS}",
        ),
        (
            "visits_per_week",
            visits_per_week,
            is_whole(visits_per_week, 1, 84),
            "a whole number from 1 to 84",
        ),
        ("apart", apart, is_number(apart, 0), "a number of metres of at least 0"),
        ("seed", seed, is_whole(seed, 0), "a whole number of at least 0"),
        ("level", level, is_share(level), "a number above 0 and below 1"),
    )
    for name, value, is_good, rule in rules:
        if not is_good:
            raise invalid(name, value, rule)
    if design != "pairs" and int(weeks) % 2:  # type: ignore[call-overload]
        raise invalid("weeks", weeks, f"an even number for the design '{design}'")


def _eligible(
    hotspots: gpd.GeoDataFrame, past: pd.DataFrame, apart: float
) -> tuple[list[str], dict[str, str]]:
    """Give the hotspots that can take part, and why others cannot."""
    reasons: dict[str, str] = {}
    order = past.sum(axis=1).sort_values(ascending=False, kind="stable").index
    shapes: list[Any] = []
    taking: list[str] = []
    for name in order:
        if hotspots.loc[name, "is_one_caller"]:
            reasons[name] = "One caller makes its reports: a visit to the caller is no trial."
            continue
        shape = hotspots.geometry[name]
        near = [
            other
            for other, place in zip(taking, shapes, strict=True)
            if shapely.distance(shape, place) < apart
        ]
        if near:
            reasons[name] = f"It is nearer than {apart:g} m to {hotspots.loc[near[0], 'name']}."
            continue
        taking.append(str(name))
        shapes.append(shape)
    return taking, reasons


def _matched(
    hotspots: gpd.GeoDataFrame, past: pd.DataFrame
) -> tuple[list[tuple[str, str]], list[str]]:
    """Pair the hotspots of each area in the order of their reports."""
    total = past.sum(axis=1)
    pairs, alone = [], []
    for _, own in hotspots.groupby("borough", sort=True):
        order = [str(name) for name in total[own.index].sort_values(kind="stable").index][::-1]
        pairs += list(zip(order[0::2], order[1::2], strict=False))
        alone += order[len(order) // 2 * 2 :]
    return pairs, alone


def _pair_rows(
    pairs: list[tuple[str, str]], first: pd.Timestamp, weeks: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    last = first + pd.Timedelta(days=WEEK * weeks - 1)
    rows: list[dict[str, object]] = []
    for number, pair in enumerate(pairs, start=1):
        heads = bool(rng.integers(2))
        for name, is_treated in zip(pair, (heads, not heads), strict=True):
            rows.append(_row(number, name, first, last, is_treated=is_treated))
    return rows


def _crossover_rows(
    names: list[str], first: pd.Timestamp, weeks: int, design: Design, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Give of each two weeks one, or of each weekday of two weeks one, at each hotspot."""
    span = WEEK if design == "weeks" else 1
    rows: list[dict[str, object]] = []
    number = 0
    for name in names:
        for block in range(0, weeks, 2):
            for step in range(WEEK // span):
                number += 1
                heads = bool(rng.integers(2))
                for later, is_treated in ((0, heads), (1, not heads)):
                    begin = first + pd.Timedelta(days=WEEK * (block + later) + step)
                    end = begin + pd.Timedelta(days=span - 1)
                    rows.append(_row(number, name, begin, end, is_treated=is_treated))
    return rows


def _row(
    pair: int, name: str, first: pd.Timestamp, last: pd.Timestamp, *, is_treated: bool
) -> dict[str, object]:
    return {
        "pair": pair,
        "hotspot_id": name,
        "first_day": f"{first:%Y-%m-%d}",
        "last_day": f"{last:%Y-%m-%d}",
        "arm": "treatment" if is_treated else "control",
    }


def _allocation(rows: list[dict[str, object]], hotspots: gpd.GeoDataFrame) -> pd.DataFrame:
    table = pd.DataFrame(rows).rename_axis("row")
    table["name"] = hotspots["name"].astype("str").reindex(table["hotspot_id"]).to_numpy()
    return table[[column.name for column in ALLOCATION.columns]]
