"""Visits from the positions of radios: who was at a hotspot, and for how long.

A stay is a run of positions of one device at a place. Stays of a team at a place at the same time
are one visit. Devices are forgotten once they are put together: nothing is said of any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import to_national_grid
from hotspots.errors import invalid, is_number
from hotspots.incidents.clock import read_moments
from hotspots.tables import TIMEZONE
from hotspots.tasking.results import PLANNED, REJECTED, TaskResults, stacked, typed_results
from hotspots.words import count

if TYPE_CHECKING:
    import geopandas as gpd

    Times = np.ndarray[Any, np.dtype[np.datetime64]]

GRID: Final = ("easting", "northing")
DEGREES: Final = ("longitude", "latitude")
_MICROS: Final = 60_000_000
_NEAR_HOURS: Final = 4.0
_WEEK: Final = 7
_HOUR: Final = 3600.0


def are_pings(table: pd.DataFrame) -> bool:
    """Say whether a table has the columns of positions."""
    has_point = any({*pair} <= set(table.columns) for pair in (GRID, DEGREES))
    return has_point and {"device", "time"} <= set(table.columns)


def match_pings(
    table: pd.DataFrame,
    visits: pd.DataFrame,
    ground: gpd.GeoDataFrame,
    *,
    file: str = "table",
    reach: float = 25.0,
    least_minutes: float = 5.0,
    longest_gap: float = 10.0,
) -> TaskResults:
    """Match positions to the visits of a plan.

    Parameters
    ----------
    table : DataFrame
        Columns `device`, `time`, `easting` and `northing` (or `longitude` and `latitude`) and, if
        wanted, `team`. Times without a zone are on the London clock.
    visits : DataFrame
        The visits table, as it was planned.
    ground : GeoDataFrame
        The ground of each task, index `task_id`, EPSG:27700.
    file : str
        Name of the file, for rejected rows.
    reach : float
        A position so far from the ground still counts as there, metres: what GPS is wrong by.
    least_minutes : float
        A shorter stay is somebody passing by.
    longest_gap : float
        Positions further apart in time are two stays, minutes.

    Returns
    -------
    TaskResults
        A planned visit is made by the stay of its team at its place that is nearest in time, within
        four hours; without one it was not made if the team sent any position on that day, and
        nothing is known otherwise. Further stays are visits beside the plan.

    Caveats
    -------
    To be there is not to have done anything. Where grounds are nearer to each other than twice the
    reach, a stay is at the nearer one.
    """
    for name, value in (("reach", reach), ("least_minutes", least_minutes)):
        if not is_number(value, 0):
            raise invalid(name, value, "a number of at least 0")
    if not is_number(longest_gap, 0) or longest_gap == 0:
        raise invalid("longest_gap", longest_gap, "a number above 0")
    pings, rejected = _read(table, file)
    stays = _stays(pings, _grounds(visits, ground), reach, longest_gap)
    passed = stays["minutes"] < least_minutes
    rows = _matched(stays[~passed].reset_index(drop=True), visits, pings)
    said = []
    if passed.any():
        said.append(
            f"{count(int(passed.sum()), 'stay')} of under {least_minutes:g} minutes: passing by."
        )
    strangers = sorted(set(pings["team"]) - {"", *visits["team"]})
    if strangers:
        said.append(f"Positions of teams without a visit in the plan: {', '.join(strangers)}.")
    if len(rejected):
        said.append(f"{count(len(rejected), 'position')} could not be read.")
    n_rows = len(table)
    n_used = n_rows - len(rejected)
    return TaskResults.of(rows, rejected, n_rows=n_rows, n_accepted=n_used, remarks=said)


def _read(table: pd.DataFrame, file: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read times and points, and say which rows cannot be used."""
    moments = read_moments(table["time"])
    numbers = {
        name: pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        for name in (GRID if {*GRID} <= set(table.columns) else DEGREES)
    }
    x, y = numbers.values()
    if DEGREES[0] in numbers:
        x, y = to_national_grid(x, y)
    device = table["device"].astype("str").str.strip().where(table["device"].notna(), "")
    team = table["team"] if "team" in table.columns else pd.Series(np.nan, index=table.index)
    team = team.astype("str").str.strip().where(team.notna(), "")
    reasons = np.select(
        [
            np.isnat(moments.start),
            ~(np.isfinite(x) & np.isfinite(y)),
            (device == "").to_numpy(),
        ],
        ["bad_time", "bad_location", "no_device"],
        default="",
    )
    is_bad = reasons != ""
    details = table["time"].astype("str").where(reasons == "bad_time", "")[is_bad]
    rejected = pd.DataFrame(
        {
            "file": file,
            "line": np.flatnonzero(is_bad) + 2,
            "visit_id": "",
            "reason": reasons[is_bad],
            "detail": details.to_numpy(),
        },
        columns=list(REJECTED),
    )
    pings = pd.DataFrame(
        {
            "device": device.to_numpy(),
            "team": team.to_numpy(),
            "time": moments.start.astype("datetime64[us]").astype("int64") / _MICROS,
            "x": x,
            "y": y,
        }
    )[~is_bad]
    return pings.drop_duplicates(["device", "time"]).sort_values(["device", "time"]), rejected


def _grounds(visits: pd.DataFrame, ground: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give each place of the plan once, with its polygon or point."""
    places = visits.assign(place=_place_of(visits)).drop_duplicates("place")
    shape = ground.geometry.reindex(places["task_id"]).to_numpy()
    return places[["place", "name", "hotspot_id"]].assign(shape=shape).dropna(subset=["shape"])


def _place_of(visits: pd.DataFrame) -> pd.Series[str]:
    return visits["hotspot_id"].where(visits["hotspot_id"].notna(), visits["name"]).astype("str")


def _stays(
    pings: pd.DataFrame, grounds: pd.DataFrame, reach: float, longest_gap: float
) -> pd.DataFrame:
    """Give each time that a team, or a device without one, was at a place."""
    columns = ["place", "team", "start", "end", "minutes"]
    shapes = grounds["shape"].to_numpy()
    points = np.asarray(shapely.points(pings[["x", "y"]].to_numpy()))
    rows, which = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=reach)
    found = pd.DataFrame(
        {"row": rows, "which": which, "far": shapely.distance(points[rows], shapes[which])}
    )
    found = found.sort_values(["row", "far", "which"]).drop_duplicates("row")
    there = pings.iloc[found["row"]].assign(place=grounds["place"].to_numpy()[found["which"]])
    if len(there) == 0:
        return pd.DataFrame(columns=columns)
    # One device at one place: positions that follow each other within the gap are one stay.
    there = there.sort_values(["device", "place", "time"])
    is_same = (there[["device", "place"]] == there[["device", "place"]].shift()).all(axis=1)
    is_new = ~is_same | (there["time"].diff() > longest_gap)
    stays = there.groupby(is_new.cumsum().to_numpy()).agg(
        place=("place", "first"), team=("team", "first"), start=("time", "min"), end=("time", "max")
    )
    # A team at one place: stays that touch are one visit.
    stays = stays.sort_values(["place", "team", "start"]).reset_index(drop=True)
    group = (stays[["place", "team"]] != stays[["place", "team"]].shift()).any(axis=1).cumsum()
    latest = stays.groupby(group)["end"].cummax().groupby(group).shift()
    is_new = latest.isna() | (stays["start"] > latest + longest_gap)
    merged = stays.groupby(is_new.cumsum().to_numpy()).agg(
        place=("place", "first"), team=("team", "first"), start=("start", "min"), end=("end", "max")
    )
    return merged.assign(minutes=merged["end"] - merged["start"])[columns]


def _matched(stays: pd.DataFrame, visits: pd.DataFrame, pings: pd.DataFrame) -> pd.DataFrame:
    """Put stays beside planned visits, one to one, the nearest in time first."""
    planned = visits.assign(place=_place_of(visits))
    table = (
        planned[list(PLANNED)]
        .astype("object")
        .assign(is_planned=True, visited=None, minutes=np.nan)
    )
    stay_of: dict[int, int] = {}
    taken: set[int] = set()
    for visit, stay in _pairs(stays, planned):
        if visit not in stay_of and stay not in taken:
            stay_of[visit] = stay
            taken.add(stay)
    made = table.index[list(stay_of)]
    table.loc[made, "visited"] = "yes"
    table.loc[made, "minutes"] = stays["minutes"].iloc[list(stay_of.values())].to_numpy()
    # Of a team that sent positions on a day it is known that it was not there.
    days = pd.to_datetime(pings["time"] * _MICROS, unit="us", utc=True).dt.tz_convert(TIMEZONE)
    sent = set(zip(pings["team"], days.dt.strftime("%Y-%m-%d"), strict=True))
    is_silent = np.array(
        [(team, date) not in sent for team, date in planned[["team", "date"]].to_numpy()],
        dtype=bool,
    )
    was_not = table["visited"].isna().to_numpy() & ~is_silent
    table.loc[was_not, "visited"] = "no"
    table.loc[was_not, "minutes"] = 0.0
    rest = stays[~stays.index.isin(list(taken))]
    beside = _beside_the_plan(rest, planned).reindex(columns=table.columns)
    table = stacked([table, beside])
    none = dict.fromkeys(("activity", "tactic_id", "outcome", "supervisor", "advice"))
    return typed_results(table.assign(**none))


def _pairs(stays: pd.DataFrame, planned: pd.DataFrame) -> list[tuple[int, int]]:
    """Give visit and stay of the same place and team, the nearest in time first."""
    left = planned.assign(visit=np.arange(len(planned)))[
        ["visit", "place", "team", "arrive", "date"]
    ]
    right = stays.assign(stay=np.arange(len(stays)))[["stay", "place", "team", "start"]]
    both = left.merge(right, on="place", suffixes=("", "_there"))
    both = both[(both["team_there"] == both["team"]) | (both["team_there"] == "")]
    start = pd.to_datetime(both["start"] * _MICROS, unit="us", utc=True)
    arrive = pd.to_datetime(both["arrive"], utc=True)
    hours = (start - arrive).dt.total_seconds().abs() / _HOUR
    # A visit of monthly data has its week, and no hour.
    week = pd.to_datetime(both["date"]).dt.tz_localize(TIMEZONE).dt.tz_convert("UTC")
    is_in_week = (start >= week) & (start < week + pd.Timedelta(days=_WEEK))
    is_near = (hours <= _NEAR_HOURS).where(arrive.notna(), is_in_week)
    both = both.assign(hours=hours.fillna(0.0))[is_near.to_numpy(dtype=bool)]
    both = both.sort_values(["hours", "start", "visit", "stay"], kind="stable")
    return list(zip(both["visit"], both["stay"], strict=True))


def _beside_the_plan(rest: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """Give stays that no planned visit is matched with."""
    places = planned.drop_duplicates("place").set_index("place")
    known = places.reindex(rest["place"])
    start = pd.to_datetime(rest["start"] * _MICROS, unit="us", utc=True).dt.tz_convert(TIMEZONE)
    table = pd.DataFrame(
        {
            "team": rest["team"].where(rest["team"] != "").to_numpy(),
            "date": start.dt.strftime("%Y-%m-%d").to_numpy(),
            "tour": None,
            "task_id": None,
            "name": known["name"].to_numpy(),
            "hotspot_id": known["hotspot_id"].to_numpy(),
            "planned_minutes": 0.0,
            "is_planned": False,
            "visited": "yes",
            "minutes": rest["minutes"].to_numpy(),
        },
        index=[f"unplanned_{number}" for number in range(1, len(rest) + 1)],
    )
    return table.astype("object")
