"""Which teams cover which hotspots, and how much harm falls outside every tour of duty.

A hotspot is a team's if its area, by id or name, is one that the team names, or if its middle lies
in a polygon that the team names. Harm is outside where no team that covers the hotspot is on duty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.areas import assign_areas
from hotspots.errors import InputError, invalid
from hotspots.risk.judgements import did_you_mean
from hotspots.tables import SHORTFALL, TIMEZONE, check_areas
from hotspots.tasking.capacity import Capacity
from hotspots.tasking.tours import hours_between
from hotspots.times import HOURS, Band
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Hours = np.ndarray[Any, np.dtype[np.int64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

_NEEDED: Final = (
    *("name", "borough", "area", "rank", "weekdays", "start_hour", "end_hour"),
    *("expected_per_week", "harm_per_week", "geometry"),
)
_REMEDY: Final = "Use the .hotspots of hs.analyse(…), or hs.describe_hotspots(…)."
_SHOWN: Final = 5
_DAY: Final = 24


@dataclass(frozen=True)
class Shortfall:
    """How much of the harm falls where and when nobody is on duty.

    Parameters
    ----------
    table : GeoDataFrame
        A shortfall table: one row a hotspot.
    by_area : DataFrame
        One row an area, index `borough`: columns `area`, `n_hotspots`, `harm_per_week`,
        `harm_outside`, `share_outside`; the last row is "all".
    remarks : tuple of str
        What the reader must know, in sentences.
    """

    table: gpd.GeoDataFrame
    by_area: pd.DataFrame
    remarks: tuple[str, ...]

    def __repr__(self) -> str:
        """Answer the first question: how much."""
        share = float(self.by_area["share_outside"].iloc[-1])
        return (
            f"<Shortfall: {percent(share)} of the harm of "
            f"{count(len(self.table), 'hotspot')} falls outside every tour of duty>"
        )


def find_shortfall(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    capacity: Capacity,
    *,
    team_areas: gpd.GeoDataFrame | None = None,
) -> Shortfall:
    """Find the share of each hotspot's harm that falls outside every tour of duty.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table of timed data.
    week : DataFrame
        Expected incidents in each hour of the week, a row a hotspot, 168 columns
        (`HotspotList.week`).
    capacity : Capacity
        What the teams can do; see `team_capacity`.
    team_areas : GeoDataFrame, optional
        Polygons that the teams name, an areas table. By default teams name the areas of the list.

    Returns
    -------
    Shortfall
        By hotspot and by area.

    Raises
    ------
    InputError
        If the hotspots lack a column, the data are monthly, or no team covers any hotspot.

    Notes
    -----
    The days of the plan are taken hour by hour, as the clock has them. An hour is covered if a team
    of the hotspot is on duty with minutes to deliver. share = harm of the hotspot's own hours that
    is not covered / harm of these hours; `share_outside_all_hours` is the same of all hours.

    Caveats
    -------
    On duty is not at the place: a tour covers many hotspots. And a low share may only say that
    people report while officers are there to be told.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> team = hs.Team("Camden", posts={"pc": 20})
    >>> capacity = hs.team_capacity([team], start="2026-06-01")
    >>> hs.find_shortfall(run.hotspots, run.found.week, capacity)
    <Shortfall: ... % of the harm of 10 hotspots falls outside every tour of duty>
    """
    check_hotspots(hotspots, _NEEDED)
    if not isinstance(capacity, Capacity):
        rule = "what hs.team_capacity gave"  # type: ignore[unreachable]
        raise invalid("capacity", type(capacity).__name__, rule)
    if week.shape[1] != HOURS:
        raise no_hours()
    check_week(hotspots, week)
    covers, remarks = assign_teams(hotspots, capacity, team_areas)
    return shortfall_of(hotspots, week, capacity, covers, remarks)


def no_hours() -> InputError:
    """Give the error for monthly data."""
    return InputError(
        "The data are monthly: no hour of the week is known, and so not what falls outside the "
        "tours. Must be timed data."
    )


def shortfall_of(
    hotspots: gpd.GeoDataFrame,
    week: pd.DataFrame,
    capacity: Capacity,
    covers: Mapping[str, tuple[str, ...]],
    remarks: Iterable[str] = (),
) -> Shortfall:
    """Give the shortfall where the teams of each hotspot are known; see `find_shortfall`."""
    hours = hours_of_plan(capacity)
    on_duty = _on_duty(capacity)
    rates = week.loc[hotspots.index].to_numpy(dtype=float)[:, hours]
    owned = own_hours(hotspots)[:, hours]
    covered = np.array(
        [
            np.any([on_duty[team] for team in covers.get(name, ())], axis=0)
            if covers.get(name)
            else np.zeros(len(hours), dtype=bool)
            for name in hotspots.index
        ]
    ).reshape(len(hotspots), len(hours))
    share = _share(rates * owned, covered)
    table = hotspots[["name", "borough", "area", "rank", "harm_per_week", "geometry"]].copy()
    table["teams"] = [", ".join(covers.get(name, ())) for name in hotspots.index]
    table["harm_outside"] = table["harm_per_week"] * share
    table["share_outside"] = share
    table["share_outside_all_hours"] = _share(rates, covered)
    table = table[[column.name for column in SHORTFALL.columns]]
    return Shortfall(table, sum_by_area(table), tuple(remarks))


def _share(harm: Any, covered: Mask) -> Any:  # noqa: ANN401 (arrays)
    """Give the share of the harm of each row that is not covered; all of nothing is outside."""
    whole = harm.sum(axis=1)
    outside = np.where(covered, 0.0, harm).sum(axis=1)
    return np.divide(outside, whole, out=np.ones(len(whole)), where=whole > 0)


def sum_by_area(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add a shortfall table up by area; the last row is all."""
    rows = table.groupby("borough", sort=True).agg(
        area=("area", "first"),
        n_hotspots=("area", "size"),
        harm_per_week=("harm_per_week", "sum"),
        harm_outside=("harm_outside", "sum"),
    )
    rows.loc["all"] = {
        "area": "All areas",
        "n_hotspots": len(table),
        "harm_per_week": table["harm_per_week"].sum(),
        "harm_outside": table["harm_outside"].sum(),
    }
    share = (rows["harm_outside"] / rows["harm_per_week"]).fillna(0.0)
    return pd.DataFrame(rows.assign(share_outside=share))


def check_hotspots(hotspots: object, needed: Iterable[str]) -> None:
    """Raise `InputError` unless this is a table with the columns that are needed."""
    if not isinstance(hotspots, gpd.GeoDataFrame):
        raise invalid("hotspots", type(hotspots).__name__, "a hotspots table", _REMEDY)
    missing = [name for name in needed if name not in hotspots.columns]
    if missing:
        given = f"a table without {', '.join(missing)}"
        raise invalid("hotspots", given, "a hotspots table", _REMEDY)


def check_week(hotspots: gpd.GeoDataFrame, week: object) -> None:
    """Raise `InputError` unless this has a row for every hotspot."""
    if not isinstance(week, pd.DataFrame):
        rule = "a table with a row a hotspot"
        raise invalid("week", type(week).__name__, rule, "Use the .found.week of hs.analyse(…).")
    lacking = hotspots.index.difference(week.index)
    if len(lacking):
        shown = ", ".join(lacking[:_SHOWN])
        msg = f"Invalid week. Must have a row for every hotspot; {shown} lack one."
        raise InputError(msg)


def hours_of_plan(capacity: Capacity) -> Hours:
    """Give the hour of the week of each real hour of the plan's days."""
    return hours_between(capacity.start.tz_localize(TIMEZONE), capacity.end.tz_localize(TIMEZONE))


def own_hours(hotspots: gpd.GeoDataFrame) -> Mask:
    """Say which hours of the week are each hotspot's own: rows of 168."""
    masks = []
    for weekdays, start, end in hotspots[["weekdays", "start_hour", "end_hour"]].to_numpy():
        days = [int(day) for day in weekdays.split(",")]
        n_hours = (int(end) - int(start) - 1) % _DAY + 1
        masks.append(Band(days[0], len(days), int(start), n_hours).mask)
    return np.array(masks, dtype=bool).reshape(len(hotspots), HOURS)


def _on_duty(capacity: Capacity) -> dict[str, Mask]:
    """Say of each team in which hours of the plan it is on duty with minutes to deliver."""
    first = capacity.start.tz_localize(TIMEZONE)
    last = capacity.end.tz_localize(TIMEZONE)
    n_hours = int((last - first).total_seconds() // 3600)
    found = {team.name: np.zeros(n_hours, dtype=bool) for team in capacity.teams}
    tours = capacity.tours[capacity.tours["minutes"] > 0]
    for team, start, end in zip(tours["team"], tours["start"], tours["end"], strict=True):
        begin, until = (int((each - first).total_seconds() // 3600) for each in (start, end))
        found[team][begin:until] = True
    # What a night tour of the evening before the first day would cover is covered: it comes every
    # week, and a plan does not begin with a morning without officers.
    for team in capacity.teams:
        for tour in team.tours:
            before = capacity.start - pd.Timedelta(days=1)
            _, end = tour.on(before)
            if before.weekday() in tour.weekdays and end > first:
                until = int((end - first).total_seconds() // 3600)
                is_staffed = (tours["team"] == team.name) & (tours["tour"] == tour.name)
                found[team.name][:until] |= bool(is_staffed.any())
    return found


def assign_teams(
    hotspots: gpd.GeoDataFrame, capacity: Capacity, team_areas: gpd.GeoDataFrame | None
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Say which teams cover each hotspot, and what the reader must know.

    Raises
    ------
    InputError
        If `team_areas` is no areas table, or no team covers any hotspot.
    """
    covers = teams_of(hotspots, capacity, team_areas)
    busy = {team for teams in covers.values() for team in teams}
    idle = [team.name for team in capacity.teams if team.name not in busy]
    known = {plain(name) for column in ("borough", "area") for name in hotspots[column]}
    if team_areas is not None:
        known |= {plain(name) for name in [*team_areas.index, *team_areas["name"]]}
    unknown = [area for team in capacity.teams for area in team.areas if plain(area) not in known]
    if len(hotspots) and not busy:
        given, names = capacity.teams[0].areas[0], sorted(set(hotspots["area"].astype("str")))
        raise invalid(
            "areas of the teams",
            given,
            f"those of the hotspots: {_some(names)}",
            did_you_mean(given, names) or "Give the teams' polygons as team_areas.",
        )
    return covers, _about_areas(hotspots, covers, idle, unknown, known)


def teams_of(
    places: gpd.GeoDataFrame, capacity: Capacity, team_areas: gpd.GeoDataFrame | None
) -> dict[str, tuple[str, ...]]:
    """Say which teams cover each place, by its columns `borough` and `area` and by polygon."""
    where = [
        dict(zip(places.index, places[column].map(plain), strict=True))
        for column in ("borough", "area")
    ]
    if team_areas is not None:
        check_areas(team_areas)
        middles = places[["geometry"]].set_geometry(places.representative_point())
        found = assign_areas(middles, team_areas).dropna()
        where += [found.map(plain).to_dict(), found.map(team_areas["name"]).map(plain).to_dict()]
    by_area: dict[str, list[str]] = {}
    for team in capacity.teams:
        for area in {plain(area) for area in team.areas}:
            by_area.setdefault(area, []).append(team.name)
    order = {team.name: number for number, team in enumerate(capacity.teams)}
    covers = {}
    for name in places.index:
        own = {team for names in where for team in by_area.get(names.get(name, ""), ())}
        covers[str(name)] = tuple(sorted(own, key=order.__getitem__))
    return covers


def plain(name: object) -> str:
    """Give a name as it is compared: without regard to case and outer spaces."""
    return str(name).strip().casefold()


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")


def _about_areas(
    hotspots: gpd.GeoDataFrame,
    covers: dict[str, tuple[str, ...]],
    idle: list[str],
    unknown: list[str],
    known: set[str],
) -> list[str]:
    remarks = []
    alone = [name for name, teams in covers.items() if not teams]
    if alone:
        names = _some(hotspots.loc[alone, "name"].astype("str").tolist())
        is_one = len(alone) == 1
        remarks.append(
            f"{count(len(alone), 'hotspot')} {'lies' if is_one else 'lie'} in no team's area, and "
            f"{'gets' if is_one else 'get'} no visit: {names}."
        )
    if idle:
        remarks.append(f"{count(len(idle), 'team')} without a hotspot: {_some(idle)}.")
    near = [(area, did_you_mean(area, known)) for area in unknown]
    remarks += [f"No area is called '{area}'. {hint}" for area, hint in near if hint][:_SHOWN]
    return remarks
