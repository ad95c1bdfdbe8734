"""What came of a plan: planned and delivered visits and minutes, and what was recorded of tactics.

About places and teams. Nothing here is about a single officer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.tables import TASK_RESULTS, TEAM_RESULTS
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.tasking.teams import Team

RESULT_COLUMNS: Final = ("visited", "minutes", "activity", "outcome", "supervisor", "advice")
"""What is filled in, in the sheet of visits."""

PLANNED: Final = (
    *("team", "date", "tour", "task_id", "name", "hotspot_id"),
    *("planned_minutes", "planned_delivery"),
)
"""What results carry of a visit that was planned."""

REJECTED: Final = ("file", "line", "visit_id", "reason", "detail")
_WORTH_SAYING: Final = 0.005
_PRIOR_VISITS: Final = 20.0
"""Visits for which what was assumed of a team's delivery counts."""


@dataclass(frozen=True)
class TaskResults:
    """What came of the visits of a plan, or of several.

    Parameters
    ----------
    visits : DataFrame
        A task results table: every visit that was planned, and those made beside the plan.
    by_team : DataFrame
        A team results table: planned and delivered visits and minutes.
    by_tactic : DataFrame
        Index `tactic_id`: `n` visits at which it was recorded, `outcomes` in words with numbers.
    rejected : DataFrame
        Rows that could not be read: `file`, `line`, `visit_id`, `reason`, `detail`.
    n_rows, n_accepted, n_blank : int
        Rows in all; those that were used; those in which nothing was filled in. The rest was
        rejected.
    remarks : tuple of str
        What the reader must know, in sentences.
    """

    visits: pd.DataFrame
    by_team: pd.DataFrame
    by_tactic: pd.DataFrame
    rejected: pd.DataFrame
    n_rows: int
    n_accepted: int
    n_blank: int
    remarks: tuple[str, ...]

    @classmethod
    def of(
        cls,
        visits: pd.DataFrame,
        rejected: pd.DataFrame,
        *,
        n_rows: int,
        n_accepted: int,
        remarks: Iterable[str] = (),
    ) -> TaskResults:
        """Add up what the rows say.

        Parameters
        ----------
        visits : DataFrame
            A task results table.
        rejected : DataFrame
            Rows that could not be read.
        n_rows, n_accepted : int
            Rows in all, and those that were used.
        remarks : iterable of str
            What the reader must know.
        """
        visits = visits[[column.name for column in TASK_RESULTS.columns]]
        by_team = _by_team(visits)
        return cls(
            visits=visits,
            by_team=by_team,
            by_tactic=_by_tactic(visits),
            rejected=rejected,
            n_rows=n_rows,
            n_accepted=n_accepted,
            n_blank=n_rows - n_accepted - len(rejected),
            remarks=(_in_words(by_team), *remarks),
        )

    @classmethod
    def together(cls, results: Sequence[TaskResults]) -> TaskResults:
        """Put the results of several plans together, as one history."""
        if len(results) == 1:
            return results[0]
        parts = [
            each.visits.set_axis([f"{number}: {name}" for name in each.visits.index])
            for number, each in enumerate(results, start=1)
        ]
        made = cls.of(
            typed_results(stacked(parts)),
            stacked([each.rejected for each in results]).reset_index(drop=True),
            n_rows=sum(each.n_rows for each in results),
            n_accepted=sum(each.n_accepted for each in results),
        )
        said = [sentence for each in results for sentence in each.remarks[1:]]
        return replace(made, remarks=(*made.remarks, *dict.fromkeys(said)))

    def delivery(self, team: Team) -> float:
        """Give the delivery of a team that its results bear out.

        Parameters
        ----------
        team : Team
            As it was planned with.

        Returns
        -------
        float
            (m + 20) / (Σ 1/d + 20/D), at most 1: m visits were made, also beside the plan; the sum
            is over planned visits with a result, each planned with a delivery d and so standing
            for 1/d visits that there was time for; D is the team's, which counts as much as twenty
            visits.
        """
        own = self.visits[self.visits["team"] == team.name]
        made = float((own["visited"] == "yes").sum())
        there_was_time_for = float((1 / own["planned_delivery"])[own["visited"].notna()].sum())
        share = (made + _PRIOR_VISITS) / (there_was_time_for + _PRIOR_VISITS / team.delivery)
        return min(share, 1.0)

    def update(self, teams: Iterable[Team]) -> tuple[tuple[Team, ...], list[str]]:
        """Give the teams with the delivery that their results bear out, and say what has changed.

        Parameters
        ----------
        teams : iterable of Team
            As they were planned with.

        Returns
        -------
        teams : tuple of Team
        said : list of str
        """
        made, said = [], []
        for team in teams:
            delivery = self.delivery(team)
            made.append(replace(team, delivery=delivery))
            if abs(delivery - team.delivery) >= _WORTH_SAYING:
                row = self.by_team.loc[team.name]
                said.append(
                    f"{team.name}: {row['delivered_visits']} of {row['reported_visits']} planned "
                    f"visits were made, and {row['unplanned_visits']} beside the plan: its "
                    f"delivery is {percent(delivery)} and not {percent(team.delivery)}."
                )
        return tuple(made), said

    def __repr__(self) -> str:
        """Answer the first questions: how many were made, how many rows were read."""
        return (
            f"<TaskResults: {self.n_rows:,} rows: {self.n_accepted:,} used, {self.n_blank:,} "
            f"blank, {len(self.rejected):,} rejected; {_in_words(self.by_team)}>"
        )


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the same columns under each other, whatever is missing in them."""
    rows = [row for table in tables for row in table.astype("object").to_dict("records")]
    index = [name for table in tables for name in table.index]
    return pd.DataFrame(rows, index=index, columns=tables[0].columns, dtype="object")


def typed_results(table: pd.DataFrame) -> pd.DataFrame:
    """Give task results the kinds of their columns."""
    numbers = ["planned_minutes", "planned_delivery", "minutes"]
    texts = [name for name in table.columns if name not in (*numbers, "is_planned")]
    made = table.assign(
        **{name: table[name].astype("str").mask(table[name].isna()) for name in texts},
        **{name: pd.to_numeric(table[name]).astype("float64") for name in numbers},
    )
    return made.astype({"is_planned": "bool"}).rename_axis("visit_id")


def _by_team(visits: pd.DataFrame) -> pd.DataFrame:
    planned = visits["is_planned"].astype(bool)
    was_made = visits["visited"] == "yes"
    rows = pd.DataFrame(
        {
            "team": visits["team"].fillna("not known"),
            "planned_visits": planned,
            "reported_visits": planned & visits["visited"].notna(),
            "delivered_visits": planned & was_made,
            "unplanned_visits": ~planned & was_made,
            "planned_minutes": visits["planned_minutes"].where(planned, 0.0),
            "delivered_minutes": visits["minutes"].where(was_made, 0.0).fillna(0.0),
        }
    )
    table = rows.groupby("team", sort=True).sum()
    counts = [name for name in table.columns if name.endswith("_visits")]
    table = table.astype(dict.fromkeys(counts, "int64"))
    reported = table["reported_visits"].where(table["reported_visits"] > 0)
    table["share"] = table["delivered_visits"] / reported
    return table[[column.name for column in TEAM_RESULTS.columns]]


def _by_tactic(visits: pd.DataFrame) -> pd.DataFrame:
    own = visits[visits["tactic_id"].notna() & (visits["visited"] == "yes")]
    rows = {}
    for tactic, rows_of in own.groupby("tactic_id", sort=True):
        outcomes = rows_of["outcome"].dropna().value_counts(sort=False)
        ordered = sorted(outcomes.items(), key=lambda pair: (-pair[1], str(pair[0])))
        rows[tactic] = (len(rows_of), "; ".join(f"{said}: {n}" for said, n in ordered))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["n", "outcomes"])
    return table.rename_axis("tactic_id").astype({"n": "int64", "outcomes": "object"})


def _in_words(by_team: pd.DataFrame) -> str:
    """Say how many visits were made."""
    sums = by_team.sum()
    planned, reported = int(sums["planned_visits"]), int(sums["reported_visits"])
    made, more = int(sums["delivered_visits"]), int(sums["unplanned_visits"])
    said = f"{count(planned, 'visit')} planned, {reported:,} with a result, {made:,} made"
    share = f" ({percent(made / reported)} of those with a result)" if reported else ""
    minutes = f"{sums['delivered_minutes']:,.0f} minutes of {sums['planned_minutes']:,.0f} planned"
    return f"{said}{share}, {more:,} beside the plan; {minutes}."
