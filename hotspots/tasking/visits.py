"""The visits that can be made: which hotspots in which tours, at which hour, and what each covers.

A visit covers the harm to expect in the hours that its effect lasts, but none that the team's next
tour can cover itself; a further visit in the same tour covers none that an earlier one covers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.tables import TIMEZONE
from hotspots.tasking.program import OPTION_COLUMNS
from hotspots.tasking.tours import hours_between

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd

    from hotspots.settings import TaskSettings
    from hotspots.tasking.capacity import Capacity

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Ints = np.ndarray[Any, np.dtype[np.int64]]

_DAY: Final = 24
_WEEK: Final = 7
_LEAST: Final = 1e-12


@dataclass(frozen=True)
class VisitOptions:
    """The visits that can be made, and the time there is for them.

    Parameters
    ----------
    table : DataFrame
        One row a visit that can be made: what `solve_visits` asks for, and `hour` (at which hour of
        the plan it is best made), `expected` (incidents in the hours that it covers).
    tours : DataFrame
        The slots, index slot, those of a team in the order of time: a team tours table, or team and
        week for monthly data (`team`, `week`, `minutes`); and `visits`, how many visits there is
        time for on average, a number with decimals.
    """

    table: pd.DataFrame
    tours: pd.DataFrame


def visit_cost(settings: TaskSettings) -> float:
    """Give the officer-minutes that one visit takes, with the way there."""
    return settings.officers_per_visit * float(settings.visit_minutes + settings.travel_minutes)


def timed_visits(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    capacity: Capacity,
    covers: Mapping[str, tuple[str, ...]],
    settings: TaskSettings,
    *,
    fixed: Collection[str] = (),
) -> VisitOptions:
    """Find the visits that can be made with data that has hours.

    Parameters
    ----------
    hotspots : GeoDataFrame
        Hotspots that may be visited.
    week : DataFrame
        Expected incidents in each hour of the week, 168 columns.
    capacity : Capacity
        What the teams can do.
    covers : mapping of str to tuple of str
        The teams that cover each hotspot.
    settings : TaskSettings
        How long a visit and its effect are, and what is too little to go for.
    fixed : collection of str
        Ids of tours in which a visit is decided already, whatever else there is time for.
    """
    tours = capacity.tours.sort_values(["team", "start"], kind="stable")
    tours = tours.assign(visits=tours["minutes"] / visit_cost(settings))
    first = capacity.start.tz_localize(TIMEZONE)
    # The effect of the last visit reaches beyond the plan.
    last = capacity.end.tz_localize(TIMEZONE) + pd.Timedelta(days=2)
    hours = hours_between(first, last)
    expected = week.loc[hotspots.index].to_numpy(dtype=np.float64)[:, hours]
    weigh = (hotspots["harm_per_week"] / hotspots["expected_per_week"]).to_numpy(dtype=np.float64)
    reach = _reaches(tours, first)
    of_team: dict[str, list[int]] = {}
    for place, name in enumerate(hotspots.index):
        for team in covers[name]:
            of_team.setdefault(team, []).append(place)
    days = (pd.to_datetime(tours["date"]) - capacity.start).dt.days.to_numpy()
    # Of each visit: row of the hotspot, number of the tour, nth, hour of the plan, expected.
    found: list[tuple[Any, ...]] = []
    is_used = (tours["visits"] > 0) | tours.index.isin(list(fixed))
    for number, (team, has_room) in enumerate(zip(tours["team"], is_used, strict=True)):
        own = np.array(of_team.get(team, ()), dtype=np.int64)
        begin, until, _ = reach[number]
        if len(own) == 0 or not has_room or until <= begin:
            continue
        for nth, (at, meets) in enumerate(_best_hours(expected[own], reach[number], settings)):
            is_worth = meets >= max(settings.least_expected, _LEAST)
            n = int(is_worth.sum())
            same = (np.full(n, number), np.full(n, nth))
            found.append((own[is_worth], *same, at[is_worth], meets[is_worth]))
    empty = [np.array([], dtype=np.int64)] * 4 + [np.array([], dtype=np.float64)]
    row, slot, nths, hour, covered = (
        np.concatenate([each[part] for each in [empty, *found]]) for part in range(5)
    )
    table = pd.DataFrame(
        {
            "place": hotspots.index.astype(str)[row],
            "slot": tours.index[slot],
            "nth": nths,
            "gain": covered * weigh[row],
            "group": hotspots["borough"].to_numpy()[row],
            "dose": "",
            "day": days[slot],
            "week": days[slot] // _WEEK,
            "is_fixed": False,
            "hour": hour,
            "expected": covered,
        }
    )
    return VisitOptions(table[table["gain"] > 0].reset_index(drop=True), tours)


def _reaches(tours: pd.DataFrame, first: pd.Timestamp) -> list[tuple[int, int, int]]:
    """Give for each tour, in hours of the plan: its start, its end, and where the next one begins.

    The last is where what its visits cover ends: what the next tour of the team can cover is its.
    The tours of a team are in the order of time.
    """
    begin, until = (
        [int(moment.total_seconds() // 3600) for moment in tours[name] - first]
        for name in ("start", "end")
    )
    ends = [end + 2 * _DAY for end in until]
    teams = tours["team"].tolist()
    for one, following in pairwise(range(len(tours))):
        if teams[one] == teams[following]:
            ends[one] = min(ends[one], begin[following])
    return list(zip(begin, until, ends, strict=True))


def _best_hours(
    expected: Floats, reach: tuple[int, int, int], settings: TaskSettings
) -> list[tuple[Ints, Floats]]:
    """Give the best hours for the first, second, … visit of a tour, and what each covers.

    Parameters
    ----------
    expected : array (n, hours of the plan)
        Expected incidents of n places.
    reach : tuple of int
        Start and end of the tour, and where the next begins.
    settings : TaskSettings
        How long an effect lasts, and how many visits to a place a tour may have.
    """
    begin, until, end = reach
    left = expected[:, begin : min(end, expected.shape[1])].copy()
    if left.shape[1] == 0:
        return []
    n_starts = min(until - begin, left.shape[1])
    n_effect = int(np.ceil(settings.effect_hours))
    # The share of each hour of an effect, 1 but for a last part of an hour.
    shares = np.minimum(settings.effect_hours - np.arange(n_effect), 1.0)
    rows = np.arange(len(left))
    best = []
    for _ in range(settings.visits_per_tour):
        padded = np.pad(left, ((0, 0), (0, n_effect)))
        sums = sum(share * padded[:, step : step + n_starts] for step, share in enumerate(shares))
        at = np.argmax(sums, axis=1)
        best.append(((at + begin).astype(np.int64), np.asarray(sums)[rows, at]))
        for step, share in enumerate(shares):
            inside = at + step < left.shape[1]
            left[rows[inside], at[inside] + step] *= 1 - share
    return best


def monthly_visits(
    hotspots: gpd.GeoDataFrame,
    capacity: Capacity,
    covers: Mapping[str, tuple[str, ...]],
    settings: TaskSettings,
) -> VisitOptions:
    """Find the visits that can be made with monthly data: so many a week, at no known hour.

    Every visit to a hotspot covers alike: what is expected in as many hours as its effect lasts, of
    all hours of the week.
    """
    tours = capacity.tours
    numbers = ((pd.to_datetime(tours["date"]) - capacity.start).dt.days // _WEEK).rename("week")
    slots = tours["minutes"].groupby([tours["team"], numbers]).sum().reset_index()
    slots["visits"] = slots["minutes"] / visit_cost(settings)
    names = slots["team"] + " week " + (slots["week"] + 1).astype("str")
    slots = slots.set_index(pd.Index(names, name="slot"))
    share = settings.effect_hours / (_WEEK * _DAY)
    covered = hotspots["expected_per_week"].to_numpy(dtype=np.float64) * share
    harm = hotspots["harm_per_week"].to_numpy(dtype=np.float64) * share
    rows = [
        (name, slot, nth, harm[row], borough, "", 0, number, False, -1, covered[row])
        for row, (name, borough) in enumerate(zip(hotspots.index, hotspots["borough"], strict=True))
        for slot, team, number in zip(slots.index, slots["team"], slots["week"], strict=True)
        if team in covers[name] and harm[row] > 0
        for nth in range(settings.visits_per_week)
    ]
    table = pd.DataFrame(rows, columns=[*OPTION_COLUMNS, "hour", "expected"])
    return VisitOptions(table, slots)
