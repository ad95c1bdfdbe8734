"""What the teams can do: officer-minutes that can truly be delivered, on every tour of duty.

From posts to minutes in steps that can be checked one by one: vacancies, leave and abstraction
leave officers; tours a week and their shares put them on duty; the share of a tour that is free for
hotspots, and the share of planned patrols that truly happen, leave minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import InputError, invalid, is_number, is_whole
from hotspots.risk.judgements import did_you_mean
from hotspots.tables import TEAM_TOURS
from hotspots.tasking.rows import check_rows, read_rows
from hotspots.tasking.teams import Team, as_teams
from hotspots.times import DAYS
from hotspots.times.week import read_day
from hotspots.words import count, day, days

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

_MOST_DAYS: Final = 366
_MOST_EXTRA: Final = 100
_KINDS: Final = ("leave", "abstraction")
ABSENCES: Final = ("team", "rank", "kind", "first_day", "last_day", "officers")
"""Columns of a calendar of absences."""
_STRENGTH: Final = ("team", "rank", "posts", "vacancies", "on_leave", "abstracted", "available")


@dataclass(frozen=True)
class Capacity:
    """What the teams can do in a plan's days.

    Parameters
    ----------
    teams : tuple of Team
        The teams.
    tours : DataFrame
        A team tours table: one row a team, date and tour.
    strength : DataFrame
        One row a team and rank: columns `team`, `rank`, `posts`, `vacancies`, `on_leave`,
        `abstracted`, `available`: officers, the last three as means over the days.
    start : Timestamp
        First day of the plan, without time zone.
    days : int
        How many days it has.
    absences : DataFrame or None
        The calendar of absences, if there is one.
    extra_officers : float
        Officers that every team was given, or robbed of, to see what would be.
    remarks : tuple of str
        What the reader must know, in sentences.
    """

    teams: tuple[Team, ...]
    tours: pd.DataFrame
    strength: pd.DataFrame
    start: pd.Timestamp
    days: int
    absences: pd.DataFrame | None
    extra_officers: float
    remarks: tuple[str, ...]

    @property
    def end(self) -> pd.Timestamp:
        """The day after the last day of the plan."""
        return self.start + pd.Timedelta(days=self.days)

    def with_officers(self, extra: float) -> Capacity:
        """Give what the teams could do with so many officers more (or fewer, if below 0) in each.

        Parameters
        ----------
        extra : float
            Officers, each away as often as the team's own on average. No team falls below none.
        """
        return team_capacity(
            self.teams,
            start=self.start,
            days=self.days,
            absences=self.absences,
            extra_officers=extra,
        )

    def __repr__(self) -> str:
        """Answer the first questions: who, when, how much."""
        posts, vacant = self.strength["posts"].sum(), self.strength["vacancies"].sum()
        hours = self.tours["minutes"].sum() / 60
        return (
            f"<Capacity: {count(len(self.teams), 'team')}, {days(self.start, self.end)}; "
            f"{posts:g} posts, {vacant:g} vacant, {self.strength['available'].sum():.1f} officers "
            f"available; {hours:,.0f} officer-hours for hotspots>"
        )


def team_capacity(
    teams: str | PathLike[str] | pd.DataFrame | Sequence[Team],
    *,
    start: str | pd.Timestamp,
    days: int = 14,
    absences: str | PathLike[str] | pd.DataFrame | None = None,
    extra_officers: float = 0.0,
) -> Capacity:
    """Work out the officer-minutes that teams can truly deliver, on every tour of duty.

    Parameters
    ----------
    teams : path, DataFrame or sequence of Team
        A file or table for `read_teams`, or what it gave.
    start : str or Timestamp
        First day of the plan.
    days : int
        How many days it has, 1–366; a fortnight by default.
    absences : path or DataFrame, optional
        A calendar of who is away: columns `team`, `rank`, `kind` ("leave" or "abstraction"),
        `first_day`, `last_day` (both inclusive) and `officers`. For a team and kind that it names,
        it takes the place of the team's rate.
    extra_officers : float
        Officers more (or fewer, if below 0) in every team, −100 to 100, to see what would be; each
        is away as often as the team's own on average. No team falls below none.

    Returns
    -------
    Capacity
        With `.tours`, one row a team, date and tour, and `.strength`, one a team and rank.

    Raises
    ------
    InputError
        If the teams, the dates or the absences cannot be used; more officers are away than there
        are.

    Notes
    -----
    For a rank on a day, available = (posts − vacancies − away by the calendar) × (1 − leave) ×
    (1 − abstraction), a rate being 0 where the calendar takes its place. A tour's officers are
    available × `tours_per_week` × the tour's share over all shares of the team's week, where no
    more than all officers work on one day. Minutes = officers × real length of the tour (7 and 9 of
    8 hours where the clocks change) × `patrol_share` × `delivery`.

    Caveats
    -------
    Officers are means: 1.5 on duty are one on some days and two on others. `delivery` and
    `patrol_share` are assumptions until results are read back; see `Team`.

    References
    ----------
    Ariel, B., Weinborn, C. and Sherman, L. W. (2016); Williams, S. and Coupe, T. (2017), doi
    10.1007/s41887-017-0003-1: how many planned patrols are made.

    Examples
    --------
    >>> import hotspots as hs
    >>> team = hs.Team("Camden Town", posts={"pc": 4}, leave=0, abstraction=0.25)
    >>> capacity = hs.team_capacity([team], start="2026-06-01", days=7)
    >>> capacity
    <Capacity: 1 team, 1 June 2026 to 7 June 2026; 4 posts, 0 vacant, 3.0 officers available;
    18 officer-hours for hotspots>
    >>> capacity.tours[["tour", "officers", "minutes"]].head(2).round(2).to_numpy().tolist()
    [['early', 1.07, 77.14], ['late', 1.07, 77.14]]
    """
    made = as_teams(teams)
    first = read_day("start", start)
    if not is_whole(days, 1, _MOST_DAYS):
        raise invalid("days", days, f"a whole number from 1 to {_MOST_DAYS}")
    if not is_number(extra_officers, -_MOST_EXTRA, _MOST_EXTRA):
        rule = f"a number from -{_MOST_EXTRA} to {_MOST_EXTRA}"
        raise invalid("extra_officers", extra_officers, rule)
    calendar = _read_absences(absences, made) if absences is not None else None
    dates = [first + pd.Timedelta(days=number) for number in range(days)]
    rows: list[dict[str, object]] = []
    strength: list[tuple[object, ...]] = []
    remarks: list[str] = []
    for team in made:
        available = _available(team, dates, calendar)
        strength += _strength(team, available)
        officers = np.maximum(
            sum(each[-1] for each in available.values()) + extra_officers * _presence(team), 0.0
        )
        rows += _tours(team, dates, officers)
        if team.strength == 0:
            n_posts = f"{sum(team.posts.values()):g}"
            remarks.append(f"{team.name} has no officer: all {n_posts} posts are vacant.")
    tours = pd.DataFrame(rows) if rows else pd.DataFrame(TEAM_TOURS.empty())
    if rows:
        tours = tours.set_index("team_tour_id")[[column.name for column in TEAM_TOURS.columns]]
    return Capacity(
        teams=made,
        tours=tours,
        strength=pd.DataFrame(strength, columns=list(_STRENGTH)),
        start=first,
        days=int(days),
        absences=calendar,
        extra_officers=float(extra_officers),
        remarks=(*remarks, *_about_clocks(tours)),
    )


def _available(
    team: Team, dates: list[pd.Timestamp], calendar: pd.DataFrame | None
) -> dict[str, tuple[Any, Any, Any]]:
    """Give of each rank the officers on leave, abstracted and available on each date."""
    found = {}
    for rank, posts in team.posts.items():
        held = np.full(len(dates), posts - team.vacancies.get(rank, 0.0))
        # Those who are named are away before any rate is taken of the rest.
        away = {kind: _named(calendar, (team.name, rank, kind), dates) for kind in _KINDS}
        left = held - sum(each for each in away.values() if each is not None)
        if (left < 0).any():
            at = int((left < 0).argmax())
            msg = (
                f"Invalid absences of the team '{team.name}': {held[at] - left[at]:g} of rank "
                f"'{rank}' away on {day(dates[at])}. Must be at most {held[at]:g}, the officers "
                "that hold its posts."
            )
            raise InputError(msg)
        for kind, named in away.items():
            if named is None:
                away[kind] = left * team.rate(kind, rank)
                left = left - away[kind]
        found[rank] = (away["leave"], away["abstraction"], left)
    return found


def _named(
    calendar: pd.DataFrame | None, whom: tuple[str, str, str], dates: list[pd.Timestamp]
) -> Any:  # noqa: ANN401 (an array, or None)
    """Add up the officers whom the calendar says to be away on each date.

    None where it does not name the team and the kind, so that the rate holds.
    """
    if calendar is None:
        return None
    team, rank, kind = whom
    own = calendar[(calendar["team"] == team) & (calendar["kind"] == kind)]
    if len(own) == 0:
        return None
    rows = own[own["rank"] == rank]
    away = np.zeros(len(dates))
    for first, last, officers in rows[["first_day", "last_day", "officers"]].to_numpy():
        away += [officers if first <= date <= last else 0.0 for date in dates]
    return away


def _strength(team: Team, available: dict[str, tuple[Any, Any, Any]]) -> list[tuple[object, ...]]:
    return [
        (
            team.name,
            rank,
            posts,
            team.vacancies.get(rank, 0.0),
            *(float(each.mean()) for each in available[rank]),
        )
        for rank, posts in team.posts.items()
    ]


def _presence(team: Team) -> float:
    """Give the share of the time for which an officer of the team is there, by its rates."""
    held = {rank: n - team.vacancies.get(rank, 0.0) for rank, n in team.posts.items()}
    weights = held if team.strength > 0 else dict(team.posts)
    there = sum(
        n * (1 - team.rate("leave", rank)) * (1 - team.rate("abstraction", rank))
        for rank, n in weights.items()
    )
    return there / sum(weights.values())


def _tours(team: Team, dates: list[pd.Timestamp], officers: Any) -> list[dict[str, object]]:  # noqa: ANN401
    """Put the officers on duty."""
    shares = np.array(
        [
            [tour.share if weekday in tour.weekdays else 0.0 for weekday in range(len(DAYS))]
            for tour in team.tours
        ]
    )
    duties = team.tours_per_week * shares / shares.sum()
    duties /= np.maximum(duties.sum(axis=0), 1.0)  # nobody works two tours on one day
    rows: list[dict[str, object]] = []
    for date, there in zip(dates, officers, strict=True):
        for number, tour in enumerate(team.tours):
            if date.weekday() not in tour.weekdays:
                continue
            start, end = tour.on(date)
            on_duty = there * duties[number, date.weekday()]
            length = (end - start).total_seconds() / 60
            rows.append(
                {
                    "team_tour_id": f"{team.name} {date:%Y-%m-%d} {tour.name}",
                    "team": team.name,
                    "date": f"{date:%Y-%m-%d}",
                    "tour": tour.name,
                    "start": start,
                    "end": end,
                    "clock_hours": tour.n_hours,
                    "officers": float(on_duty),
                    "minutes_on_duty": float(on_duty * length),
                    "minutes": float(on_duty * length * team.patrol_share * team.delivery),
                }
            )
    return rows


def _about_clocks(tours: pd.DataFrame) -> list[str]:
    """Say which tours are longer or shorter because the clocks change."""
    if len(tours) == 0:
        return []
    hours = (tours["end"] - tours["start"]).dt.total_seconds() / 3600
    changed = tours.assign(hours=hours)[hours != tours["clock_hours"]]
    said = changed.drop_duplicates(["date", "tour", "hours"])
    return [
        f"The clocks change in the {tour} tour of {day(pd.Timestamp(date))}: it has {now:.0f} "
        f"hours and not {usual}."
        for date, tour, now, usual in said[["date", "tour", "hours", "clock_hours"]].to_numpy()
    ]


def _read_absences(
    absences: str | PathLike[str] | pd.DataFrame, teams: tuple[Team, ...]
) -> pd.DataFrame:
    """Read a calendar of absences, naming every row that cannot be used."""
    table = read_rows(absences, "absences", "absences", ABSENCES)[list(ABSENCES)]
    ranks = {team.name: list(team.posts) for team in teams}
    rows = check_rows(table, "absences", lambda row: _absence(row, ranks))
    return pd.DataFrame(rows, columns=list(ABSENCES))


def _absence(row: dict[Any, Any], ranks: dict[str, list[str]]) -> dict[str, object]:
    team, rank, kind = (str(row[key]).strip() for key in ("team", "rank", "kind"))
    if team not in ranks:
        raise invalid("team", team, "the name of a team", did_you_mean(team, ranks))
    if rank not in ranks[team]:
        raise invalid("rank", rank, f"one of the team's: {', '.join(ranks[team])}")
    if kind not in _KINDS:
        raise invalid("kind", kind, f"one of {', '.join(_KINDS)}")
    first, last = (read_day(key, row[key]) for key in ("first_day", "last_day"))
    if last < first:
        raise invalid("last_day", row["last_day"], f"the first day, {row['first_day']}, or later")
    officers = pd.to_numeric(row["officers"], errors="coerce")
    if not is_number(officers, 0):
        raise invalid("officers", row["officers"], "a number of at least 0")
    return {
        "team": team,
        "rank": rank,
        "kind": kind,
        "first_day": first,
        "last_day": last,
        "officers": float(officers),
    }
