"""A first tasking list: which hotspots the teams of each area visit, on which days and tours.

Each tour of each day has so many visits; they go to the hotspots with most harm to expect in the
part of their hours that the tour covers, at most one visit a tour. Greedy, and the best possible
for this rule, because visits do not compete but for the number in a tour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, invalid
from hotspots.settings import TaskSettings
from hotspots.tables import TASKS
from hotspots.tasking.coverage import own_hours
from hotspots.tasking.tours import Tour, read_tours
from hotspots.times import DAYS, HOURS
from hotspots.words import rate

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd

_DAY: Final = 24
_NEEDED: Final = (
    *("name", "borough", "area", "rank", "location", "grid_ref", "weekdays", "start_hour"),
    *("end_hour", "hours", "expected_per_week", "harm_per_week", "is_one_caller", "why", "source"),
)


def recommend_tasks(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    *,
    settings: TaskSettings | None = None,
) -> pd.DataFrame:
    """Recommend visits to hotspots that fit what the teams can do.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table.
    week : DataFrame
        Expected incidents in each hour of the week, a row a hotspot, 168 columns; one column for
        monthly data (`HotspotList.week`).
    settings : TaskSettings, optional
        Teams, visits, tours, and the share of visits that are really made.

    Returns
    -------
    DataFrame
        A tasks table: one row a hotspot and tour, ordered by area and rank, with the planned
        visits a week, those to count on, and the reason. Monthly data has no tours: one row a
        hotspot.

    Raises
    ------
    InputError
        If the hotspots lack a column, one has no row in `week`, or the tours cannot be read.

    Notes
    -----
    Every tour of an area has teams × visits places. A hotspot is visited at most once a tour, in
    the hours that it shares with the tour, if at least `least_expected` incidents a week are
    expected in them. A hotspot of one caller is not patrolled. For monthly data each hotspot is
    planned for one visit a day, in order of rank, until the visits of the week are used up.

    Caveats
    -------
    A recommendation to be discussed, not an order: it knows nothing of what the team knows, of
    travel, or of officers' safety. Every area is given the same teams until real ones are read.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> analysis = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> tasks = hs.recommend_tasks(analysis.hotspots, analysis.found.week)
    >>> bool(tasks["visits_per_week"].max() <= 7)
    True
    """
    _check_hotspots(hotspots)
    settings = settings or TaskSettings()
    tours = read_tours(settings.tours) if settings.tours else ()
    lacking = hotspots.index.difference(week.index)
    if len(lacking):
        msg = f"Invalid week. Must have a row for every hotspot; {', '.join(lacking[:5])} lack one."
        raise InputError(msg)
    if len(hotspots) == 0 or not tours:
        return pd.DataFrame(TASKS.empty())
    per_tour = settings.teams_per_area * settings.visits_per_tour
    rows: list[dict[str, object]] = []
    # One caller's place needs a visit to the caller, not a patrol.
    patrolled = hotspots[~hotspots["is_one_caller"].astype(bool)]
    for _, own in patrolled.groupby("borough", sort=False):
        if week.shape[1] == HOURS:
            rows += _timed_rows(own, week, tours, per_tour, settings.least_expected)
        else:
            rows += _monthly_rows(own, per_tour * len(tours) * len(DAYS))
    if not rows:
        return pd.DataFrame(TASKS.empty())
    table = pd.DataFrame(rows)
    described = hotspots[["name", "area", "rank", "location", "grid_ref", "source"]]
    table = table.join(described, on="hotspot_id")
    table["visit_minutes"] = settings.visit_minutes
    table["delivered_per_week"] = table["visits_per_week"] * settings.delivery
    table["reason"] = [
        _reason(row, hotspots.loc[row["hotspot_id"], "why"], settings)
        for _, row in table.iterrows()
    ]
    for column in ("tour", "days", "hours"):
        table[column] = table[column].astype("str").mask(table[column].isna())
    tour_name = table["tour"].fillna("any")
    ids = pd.Index(table["hotspot_id"] + "_" + tour_name, name=TASKS.index.name)
    return table.set_axis(ids)[[column.name for column in TASKS.columns]]


def _check_hotspots(hotspots: object) -> None:
    """Raise `InputError` unless this is a table with the columns that tasks are made from."""
    remedy = "Use the .hotspots of hs.analyse(…), or hs.describe_hotspots(…)."
    if not isinstance(hotspots, pd.DataFrame):
        raise invalid("hotspots", type(hotspots).__name__, "a hotspots table", remedy)
    missing = [name for name in _NEEDED if name not in hotspots.columns]
    if missing:
        given = f"a table without {', '.join(missing)}"
        raise invalid("hotspots", given, "a hotspots table", remedy)


def _timed_rows(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    tours: tuple[Tour, ...],
    per_tour: int,
    least: float,
) -> list[dict[str, object]]:
    masks = own_hours(hotspots)
    in_band = np.where(masks, week.loc[hotspots.index].to_numpy(), 0.0)
    weighs = (hotspots["harm_per_week"] / hotspots["expected_per_week"]).to_numpy()
    rows: list[dict[str, object]] = []
    for tour in tours:
        # What a visit on each day could meet: hotspots in rows, weekdays in columns.
        gain = np.column_stack(
            [in_band[:, tour.hours_of_week(day)].sum(axis=1) for day in range(len(DAYS))]
        )
        # Where hardly anything is expected takes no place from another.
        gain[gain.sum(axis=1) < least] = 0
        order = np.argsort(-gain * weighs[:, None], axis=0, kind="stable")
        is_visited = np.zeros(gain.shape, dtype=bool)
        np.put_along_axis(is_visited, order[:per_tour], values=True, axis=0)
        is_visited &= gain > 0
        for place in np.flatnonzero(is_visited.any(axis=1)):
            days = np.flatnonzero(is_visited[place])
            hours = [tour.hours_of_week(int(day)) for day in days]
            shared = [own[masks[place][own]] for own in hours]
            # The day on the calendar: a night tour of Saturday visits at 02:00 on Sunday.
            calendar = sorted({int(own[0]) // _DAY for own in shared})
            start, end = int(shared[0][0]) % _DAY, (int(shared[0][-1]) + 1) % _DAY
            rows.append(
                {
                    "hotspot_id": hotspots.index[place],
                    "tour": tour.name,
                    "days": ", ".join(DAYS[day] for day in calendar),
                    "hours": f"{start:02d}:00–{end:02d}:00",
                    "from_hour": float(start),
                    "to_hour": float(end),
                    "visits_per_week": len(days),
                    "expected_in_tour": float(gain[place, days].sum()),
                    "harm_in_tour": float(gain[place, days].sum() * weighs[place]),
                }
            )
    order_of = {name: place for place, name in enumerate(hotspots.index)}
    return sorted(rows, key=lambda row: order_of[row["hotspot_id"]])


def _monthly_rows(hotspots: gpd.GeoDataFrame, per_week: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    left = per_week
    for name, hotspot in hotspots.iterrows():
        visits = min(len(DAYS), left)
        if visits == 0:
            break
        left -= visits
        rows.append(
            {
                "hotspot_id": name,
                "tour": None,
                "days": None,
                "hours": None,
                "from_hour": np.nan,
                "to_hour": np.nan,
                "visits_per_week": visits,
                "expected_in_tour": float(hotspot["expected_per_week"]),
                "harm_in_tour": float(hotspot["harm_per_week"]),
            }
        )
    return rows


def _reason(row: pd.Series[Any], why: str, settings: TaskSettings) -> str:
    visits = f"{row['visits_per_week']} visits of {settings.visit_minutes} minutes a week"
    if row["visits_per_week"] == 1:
        visits = f"1 visit of {settings.visit_minutes} minutes a week"
    if isinstance(row["tour"], str):
        when = f"{row['tour']} tour, {row['days']} {row['hours']}"
    else:
        when = "the data are monthly: choose the tour from local knowledge"
    return (
        f"{visits} ({when}; count on {row['delivered_per_week']:.1f}), where "
        f"{rate(row['expected_in_tour'])} a week are expected. {why}"
    )
