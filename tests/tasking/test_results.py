"""What came of a plan: filled sheets and positions of radios, row by row."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

import hotspots as hs
from hotspots.settings import TaskSettings
from hotspots.tables import CRS, TASK_RESULTS, TEAM_RESULTS
from hotspots.tasking.results import RESULT_COLUMNS
from hotspots.times import Band
from tests.tasking.made import capacity, make_hotspots, team

EVERY_DAY = Band(0, 7, 18, 2)
BLANK = dict.fromkeys(RESULT_COLUMNS)


def make_plan(visits: float = 2, name: str = "Squareham", **change: Any) -> hs.TaskPlan:
    """Plan a week of two hotspots, 100 m wide and 1 km from each other."""
    hotspots, week = make_hotspots([EVERY_DAY, EVERY_DAY])
    squares = [box(x - 50, 180_000 - 50, x + 50, 180_000 + 50) for x in (541_000, 542_000)]
    ground = gpd.GeoDataFrame(hotspots.drop(columns="geometry"), geometry=squares, crs=CRS)
    able = capacity(team(visits, name, areas=("Squareham",), **change))
    settings = TaskSettings(gap=0, exploration=0, consecutive_days=7)
    return hs.recommend_tasks(ground, week, able, settings=settings)


PLAN = make_plan()


def sheet(*rows: dict[str, Any]) -> pd.DataFrame:
    """Give the sheet of the plan with the first rows filled in."""
    table = PLAN.visits.assign(**BLANK).reset_index().astype("object")
    for number, row in enumerate(rows):
        for name, value in row.items():
            table.loc[number, name] = value
    return table


class TestSheet:
    """What teams write."""

    def test_by_hand(self) -> None:
        """One visit made, one not, one of which nobody knows; the rest is blank."""
        results = hs.read_task_results(
            sheet(
                {"visited": "Yes", "minutes": "12", "activity": "patrol", "outcome": "moved on"},
                {"visited": "no"},
                {"supervisor": "AB", "advice": "go earlier"},
            ),
            PLAN,
        )
        TASK_RESULTS.validate(results.visits)
        TEAM_RESULTS.validate(results.by_team)
        assert (results.n_rows, results.n_accepted, results.n_blank) == (14, 3, 11)
        row = results.by_team.loc["Squareham"]
        assert row.to_dict() == {
            "planned_visits": 14,
            "reported_visits": 2,
            "delivered_visits": 1,
            "unplanned_visits": 0,
            "planned_minutes": 210,
            "delivered_minutes": 12,
            "share": 0.5,
        }
        first, second, third = (
            results.visits.iloc[0],
            results.visits.iloc[1],
            results.visits.iloc[2],
        )
        assert (first["visited"], first["tactic_id"], first["outcome"]) == (
            "yes",
            "patrol",
            "moved on",
        )
        assert (second["visited"], second["minutes"]) == ("no", 0)
        assert pd.isna(third["visited"])
        assert third["advice"] == "go earlier"
        assert results.by_tactic.loc["patrol"].tolist() == [1, "moved on: 1"]
        assert repr(results) == (
            "<TaskResults: 14 rows: 3 used, 11 blank, 0 rejected; 14 visits planned, 2 with a "
            "result, 1 made (50 % of those with a result), 0 beside the plan; 12 minutes of 210 "
            "planned.>"
        )

    @pytest.mark.parametrize(
        ("row", "reason", "detail"),
        [
            ({"visit_id": "Q01_1_late_2026-06-99"}, "unknown_visit", "Did you mean 'Q01_1_late_2"),
            ({"visited": "maybe"}, "bad_visited", "'maybe' is neither yes nor no"),
            ({"minutes": -5}, "bad_minutes", "'-5' is no number from 0 to 1440"),
            ({"minutes": "ten"}, "bad_minutes", "'ten'"),
            ({"minutes": 9999}, "bad_minutes", "'9999'"),
            ({"visited": "no", "minutes": 3}, "contradiction", "not visited, and 3 minutes"),
            ({"team": "Other"}, "changed_row", "team is 'Other', and was 'Squareham'"),
            ({"date": "2026-06-09"}, "changed_row", "date is '2026-06-09', and was '2026-06-01'"),
            ({"name": "Squareham 9"}, "changed_row", "name is 'Squareham 9'"),
            ({"visit_id": "", "team": ""}, "no_visit_id", "needs team, date and name"),
            ({"visit_id": "", "date": "soon"}, "bad_date", "'soon' is no day"),
        ],
    )
    def test_rejected(self, row: dict[str, Any], reason: str, detail: str) -> None:
        """Each row that cannot be used has a line, a reason and what was given."""
        results = hs.read_task_results(sheet({"visited": "yes", "minutes": 5} | row), PLAN)
        assert len(results.rejected) == 1
        said = results.rejected.iloc[0]
        assert (said["line"], said["reason"]) == (1, reason)
        assert detail in said["detail"]
        assert results.n_rows == results.n_accepted + results.n_blank + 1
        assert results.by_team["delivered_visits"].sum() == 0

    def test_duplicate(self) -> None:
        """The second row of a visit is rejected, and says where the first is."""
        table = sheet({"visited": "yes", "minutes": 5})
        results = hs.read_task_results(pd.concat([table, table.iloc[:1]]), PLAN)
        said = results.rejected.iloc[0]
        assert (said["line"], said["reason"]) == (15, "duplicate_visit")
        assert said["detail"] == "line 1 has it already"
        assert results.by_team["delivered_visits"].sum() == 1

    def test_beside_the_plan(self) -> None:
        """A row without an id is a visit that nobody planned."""
        own = {"visit_id": "", "team": "Squareham", "date": "2026-06-02", "name": "The park"}
        results = hs.read_task_results(sheet(own | {"visited": "y", "minutes": 20}), PLAN)
        row = results.by_team.loc["Squareham"]
        assert (row["unplanned_visits"], row["delivered_minutes"]) == (1, 20)
        extra = results.visits[~results.visits["is_planned"]].iloc[0]
        assert (extra["name"], extra["planned_minutes"]) == ("The park", 0)
        # The row that lost its id is one of which nothing is known.
        assert row["planned_visits"] == 14

    def test_minutes_alone(self) -> None:
        """Minutes say that it was made; a yes without minutes has none that count."""
        results = hs.read_task_results(sheet({"minutes": 7}, {"visited": "x"}), PLAN)
        row = results.by_team.loc["Squareham"]
        assert (row["delivered_visits"], row["delivered_minutes"]) == (2, 7)
        assert "1 visit made without minutes: their time is not counted." in results.remarks

    def test_missing_rows(self) -> None:
        """Rows that were deleted are visits of which nothing is known."""
        results = hs.read_task_results(sheet({"visited": "yes", "minutes": 5}).head(3), PLAN)
        row = results.by_team.loc["Squareham"]
        assert (results.n_rows, row["planned_visits"], row["reported_visits"]) == (3, 14, 1)

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            (sheet(), "Nothing is filled in"),
            (sheet().drop(columns="visited"), "without visited"),
            (pd.DataFrame(), "without visit_id, visited"),
            (sheet().set_axis(["advice", *sheet().columns[1:]], axis=1), "without visit_id"),
        ],
    )
    def test_no_results(self, table: pd.DataFrame, said: str) -> None:
        """A table without results is refused as a whole."""
        with pytest.raises(hs.InputError, match=said):
            hs.read_task_results(table, PLAN)

    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    "visit_id": st.sampled_from([*PLAN.visits.index[:4], "", "Q01_9"]),
                    "visited": st.sampled_from(["yes", "no", "", "?"]),
                    "minutes": st.sampled_from([None, 0, 5, -1, "x"]),
                }
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_nothing_is_lost(self, rows: list[dict[str, Any]]) -> None:
        """Rows in = used + blank + rejected, whatever is in them."""
        table = pd.DataFrame(rows).assign(activity="", outcome="", supervisor="", advice="")
        try:
            results = hs.read_task_results(table, PLAN)
        except hs.InputError as error:
            assert "Nothing is filled in" in str(error)  # noqa: PT017
            return
        n_blank = sum(all(value in ("", None) for value in row.values()) for row in rows)
        assert results.n_rows == len(rows) - n_blank
        assert results.n_rows == results.n_accepted + results.n_blank + len(results.rejected)
        made = (results.visits["visited"] == "yes").sum()
        assert made == results.by_team[["delivered_visits", "unplanned_visits"]].to_numpy().sum()


class TestFiles:
    """The workbook and the CSV file of a folder, filled in."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Save the plan."""
        return hs.save_plan(PLAN, tmp_path / "plan")

    def test_workbook(self, folder: Path) -> None:
        """Filled in in its place, with the folder around it."""
        book = openpyxl.load_workbook(folder / "tasks.xlsx")
        page = book["visits"]
        names = [cell.value for cell in page[2]]
        assert names[-9:] == [*RESULT_COLUMNS, "visit_id", "task_id", "hotspot_id"]
        for name, value in {"visited": "yes", "minutes": 14, "outcome": "=1+1"}.items():
            page.cell(row=4, column=names.index(name) + 1, value=value)
        page.cell(row=5, column=names.index("visited") + 1, value="perhaps")
        book.save(folder / "tasks.xlsx")
        results = hs.read_task_results(folder / "tasks.xlsx")
        assert (results.n_rows, results.n_accepted, len(results.rejected)) == (14, 1, 1)
        assert results.rejected.iloc[0, :2].tolist() == ["tasks.xlsx", 5]
        assert results.by_team["delivered_minutes"].tolist() == [14]

    def test_lists(self, folder: Path) -> None:
        """Cells offer yes and no, the tactics, and outcomes; only yes and no are enforced."""
        book = openpyxl.load_workbook(folder / "tasks.xlsx")
        assert book.sheetnames == ["tasks", "visits", "options", "lists"]
        assert book["lists"].sheet_state == "hidden"
        offers = book["visits"].data_validations.dataValidation
        assert [offer.showErrorMessage for offer in offers] == [True, False, False]
        offered = {row[1] for row in book["lists"].iter_rows(min_row=2, values_only=True)}
        assert set(PLAN.tactics["name"]) == offered - {None}

    def test_csv(self, folder: Path) -> None:
        """The CSV file has the same columns; an apostrophe before a formula is no change."""
        path = folder / "visits.csv"
        table = pd.read_csv(path, encoding="utf-8-sig", dtype="object")
        assert set(RESULT_COLUMNS) <= set(table.columns)
        table.loc[0, "visited"] = "yes"
        table.loc[0, "team"] = "'Squareham"
        table.to_csv(path, index=False)
        results = hs.read_task_results(path)
        assert (results.n_accepted, len(results.rejected)) == (1, 0)

    def test_copy_elsewhere(self, folder: Path, tmp_path: Path) -> None:
        """A sheet that was mailed about is read with the folder that it came from."""
        sheet({"visited": "yes"}).to_csv(tmp_path / "mine.csv", index=False)
        with pytest.raises(hs.InputError, match="holds no manifest.json of a plan"):
            hs.read_task_results(tmp_path / "mine.csv")
        assert hs.read_task_results(tmp_path / "mine.csv", folder).n_accepted == 1

    def test_broken(self, folder: Path) -> None:
        """Files that are none, and plans that somebody changed."""
        with pytest.raises(hs.InputError, match="Cannot read the results .*No such file"):
            hs.read_task_results(folder / "none.xlsx", folder)
        (folder / "bad.xlsx").write_bytes(b"x")
        with pytest.raises(hs.InputError, match="Cannot read the results"):
            hs.read_task_results(folder / "bad.xlsx")
        (folder / "other.csv").write_text("a,b\n1,2\n")
        with pytest.raises(hs.InputError, match="other.csv without visit_id"):
            hs.read_task_results(folder / "other.csv")
        (folder / "visits.parquet").write_bytes(b"x")
        with pytest.raises(hs.InputError, match=r"visits.parquet' of the plan: it was changed"):
            hs.read_task_results(folder / "tasks.xlsx")

    @pytest.mark.parametrize("given", [{"results": 3}, {"plan": 3}, {"tactics": 3}])
    def test_wrong_types(self, given: dict[str, Any]) -> None:
        """What is none of what is allowed is refused by its name."""
        options: dict[str, Any] = {"results": sheet(), "plan": PLAN} | given
        with pytest.raises(hs.InputError, match=f"Invalid {next(iter(given))} 'int'"):
            hs.read_task_results(options.pop("results"), options.pop("plan"), **options)


def walk(
    start: str, minutes: int, x: float, y: float = 180_000, device: str = "r1", **more: Any
) -> pd.DataFrame:
    """Give positions a minute apart at one point."""
    times = pd.date_range(start, periods=minutes + 1, freq="min").strftime("%Y-%m-%d %H:%M:%S")
    return pd.DataFrame({"device": device, "time": times, "easting": x, "northing": y, **more})


def positions(*parts: pd.DataFrame, **options: Any) -> hs.TaskResults:
    """Match positions to the plan."""
    return hs.read_task_results(pd.concat(parts), PLAN, **options)


class TestPings:
    """Who was there, and for how long."""

    # The first visits of the plan: both hotspots at 18:00 on 1 June.
    ARRIVE = PLAN.visits["arrive"].dt.strftime("%Y-%m-%d %H:%M").iloc[0]

    def test_one_visit(self) -> None:
        """Twelve minutes at the first hotspot are one visit of that day; the other was not made."""
        results = positions(walk(self.ARRIVE, 12, 541_000, team="Squareham"))
        row = results.by_team.loc["Squareham"]
        assert (row["planned_visits"], row["reported_visits"], row["delivered_visits"]) == (
            14,
            2,
            1,
        )
        assert row["delivered_minutes"] == 12
        visit = results.visits.iloc[0]
        assert (visit["hotspot_id"], visit["visited"], visit["minutes"]) == ("Q01_1", "yes", 12)
        # Of the other days nothing is known.
        assert results.visits["visited"].notna().sum() == 2
        TASK_RESULTS.validate(results.visits)

    def test_two_officers_are_one_visit(self) -> None:
        """Devices of a team that are there together, and then one alone."""
        later = (pd.Timestamp(self.ARRIVE) + pd.Timedelta(minutes=8)).isoformat()
        both = [
            walk(self.ARRIVE, 10, 541_000, team="Squareham"),
            walk(later, 10, 541_030, device="r2", team="Squareham"),
        ]
        results = positions(*both)
        assert results.by_team.loc["Squareham", "delivered_minutes"] == 18
        assert results.by_team.loc["Squareham", "delivered_visits"] == 1

    @pytest.mark.parametrize(("x", "found"), [(541_074, 1), (541_076, 0), (540_500, 0)])
    def test_reach(self, x: float, found: int) -> None:
        """A position counts as far from the ground as GPS is wrong: 25 m beside 50 m."""
        results = positions(walk(self.ARRIVE, 12, x, team="Squareham"))
        assert results.by_team["delivered_visits"].sum() == found

    @pytest.mark.parametrize(("minutes", "found"), [(5, 1), (4, 0)])
    def test_passing_by(self, minutes: int, found: int) -> None:
        """A shorter stay is somebody who passes, and is said."""
        results = positions(walk(self.ARRIVE, minutes, 541_000, team="Squareham"))
        assert results.by_team["delivered_visits"].sum() == found
        said = "1 stay of under 5 minutes: passing by."
        assert (said in results.remarks) == (not found)

    @pytest.mark.parametrize(("gap", "n_visits"), [(10, 1), (11, 2)])
    def test_gap(self, gap: int, n_visits: int) -> None:
        """Positions further apart than ten minutes are two visits, the second beside the plan."""
        first = walk(self.ARRIVE, 6, 541_000, team="Squareham")
        start = pd.Timestamp(self.ARRIVE) + pd.Timedelta(minutes=6 + gap)
        results = positions(first, walk(start.isoformat(), 6, 541_000, team="Squareham"))
        row = results.by_team.loc["Squareham"]
        assert row["delivered_visits"] + row["unplanned_visits"] == n_visits
        assert row["delivered_minutes"] == (12 + gap if n_visits == 1 else 12)

    def test_far_in_time(self) -> None:
        """A visit more than four hours from the planned one is beside the plan."""
        late = pd.Timestamp(self.ARRIVE) + pd.Timedelta(hours=4, minutes=1)
        results = positions(walk(late.isoformat(), 10, 541_000, team="Squareham"))
        row = results.by_team.loc["Squareham"]
        assert (row["delivered_visits"], row["unplanned_visits"]) == (0, 1)

    def test_without_team(self) -> None:
        """Devices without a team make a visit, and tell nothing of others."""
        results = positions(walk(self.ARRIVE, 10, 541_000))
        assert results.by_team.loc["Squareham", "delivered_visits"] == 1
        assert results.visits["visited"].notna().sum() == 1

    def test_other_team(self) -> None:
        """Another team's visit is its own, and that it has none in the plan is said."""
        results = positions(walk(self.ARRIVE, 10, 541_000, team="Elsewhere"))
        assert results.by_team.loc["Elsewhere", "unplanned_visits"] == 1
        assert results.by_team.loc["Squareham", "delivered_visits"] == 0
        assert "Positions of teams without a visit in the plan: Elsewhere." in results.remarks

    def test_rejected(self) -> None:
        """Each position that cannot be read has its line and reason."""
        table = walk(self.ARRIVE, 10, 541_000, team="Squareham").astype("object")
        table.loc[0, "time"] = "yesterday"
        table.loc[1, "easting"] = "west"
        table.loc[2, "device"] = None
        results = positions(table)
        assert results.rejected[["line", "reason"]].to_numpy().tolist() == [
            [2, "bad_time"],
            [3, "bad_location"],
            [4, "no_device"],
        ]
        assert results.n_rows == results.n_accepted + len(results.rejected) == 11
        assert results.by_team.loc["Squareham", "delivered_minutes"] == 7

    def test_degrees_and_zones(self) -> None:
        """Longitude and latitude, and times with a zone, are the same visit."""
        x, y = 541_000.0, 180_000.0
        (longitude, latitude) = (
            gpd.GeoSeries.from_xy([x], [y], crs=CRS).to_crs(4326).get_coordinates().iloc[0]
        )
        start = pd.Timestamp(self.ARRIVE, tz="Europe/London").tz_convert("UTC")
        times = pd.date_range(start, periods=13, freq="min").strftime("%Y-%m-%dT%H:%M:%SZ")
        table = pd.DataFrame(
            {"device": 7, "time": times, "longitude": longitude, "latitude": latitude}
        )
        results = hs.read_task_results(table, PLAN)
        assert results.by_team.loc["Squareham", "delivered_minutes"] == 12

    def test_monthly(self) -> None:
        """A visit of monthly data has its week, and no hour."""
        hotspots, week = make_hotspots([None])
        ground = hotspots.set_geometry(hotspots.buffer(50))
        settings = TaskSettings(exploration=0)
        plan = hs.recommend_tasks(ground, week, capacity(team(1)), settings=settings)
        table = walk("2026-06-03 03:00", 10, 541_000, team="Squareham")
        results = hs.read_task_results(table, plan)
        assert results.by_team.loc["Squareham", "delivered_visits"] == 1
        late = hs.read_task_results(table.assign(time="2026-06-09 03:00"), plan, least_minutes=0)
        assert late.by_team.loc["Squareham", "delivered_visits"] == 0

    def test_file(self, tmp_path: Path) -> None:
        """Positions in the folder of the plan, as CSV and as Parquet."""
        folder = hs.save_plan(PLAN, tmp_path / "plan")
        table = walk(self.ARRIVE, 12, 541_000, team="Squareham")
        table.to_csv(folder / "pings.csv", index=False)
        table.to_parquet(folder / "pings.parquet")
        for name in ("pings.csv", "pings.parquet"):
            results = hs.read_task_results(folder / name)
            assert results.by_team.loc["Squareham", "delivered_minutes"] == 12

    @pytest.mark.parametrize("name", ["reach", "least_minutes", "longest_gap"])
    def test_bad_options(self, name: str) -> None:
        """Distances and times are numbers of at least 0."""
        with pytest.raises(hs.InputError, match=f"Invalid {name} '-1'"):
            positions(walk(self.ARRIVE, 2, 541_000), **{name: -1})

    def test_nobody_there(self) -> None:
        """Positions that are nowhere near say that no visit was made."""
        results = positions(walk(self.ARRIVE, 30, 530_000, team="Squareham"))
        row = results.by_team.loc["Squareham"]
        assert (row["reported_visits"], row["delivered_visits"]) == (2, 0)

    def test_no_device_is_kept(self) -> None:
        """No result names a device."""
        results = positions(walk(self.ARRIVE, 12, 541_000, device="secret-7", team="Squareham"))
        for table in (results.visits, results.by_team, results.by_tactic, results.rejected):
            assert "secret-7" not in table.to_csv()


class TestNextRun:
    """The next plan carries what came of the last."""

    def results(self, made: int, of: int, plan: hs.TaskPlan = PLAN) -> hs.TaskResults:
        """Give results of so many visits, of which so many were made."""
        table = plan.visits.assign(**BLANK).reset_index().astype("object")
        table.loc[: of - 1, "visited"] = ["yes"] * made + ["no"] * (of - made)
        return hs.read_task_results(table, plan)

    def test_delivery(self) -> None:
        """Of ten visits five made, planned with 1: (5 + 20) / (10 + 20)."""
        own = team(1)
        assert self.results(5, 10).delivery(own) == pytest.approx(25 / 30)
        assert self.results(0, 10).delivery(own) == pytest.approx(20 / 30)
        assert self.results(10, 10).delivery(own) == 1
        # A plan for six tenths of the visits, all of which were made, bears out six tenths.
        cautious = team(2, delivery=0.6, patrol_share=1)
        plan = make_plan(3, delivery=0.6)
        everything = self.results(8, 8, plan)
        assert everything.delivery(cautious) == pytest.approx(0.6)
        half = self.results(4, 8, plan)
        assert half.delivery(cautious) == pytest.approx((4 + 20) / (8 / 0.6 + 20 / 0.6))
        assert half.delivery(hs.Team("Other", posts={"pc": 1})) == 0.6

    def test_delivery_settles(self) -> None:
        """A team that makes six tenths of its time stays there, plan after plan."""
        history = []
        own = team(2)
        for _ in range(12):
            made = make_plan(2, delivery=own.delivery)
            n = len(made.visits)
            history.append(self.results(min(n, 8), n, made))
            own = hs.TaskResults.together(history).update([team(2)])[0][0]
        # There is time for 14 visits a week, and 8 are made.
        assert own.delivery == pytest.approx(8 / 14, abs=0.08)
        assert len(made.visits) in (8, 9)

    def test_together(self) -> None:
        """Two histories add up, and rejected rows with them."""
        first, second = self.results(5, 10), self.results(2, 3)
        both = hs.TaskResults.together([first, second])
        assert both.by_team.loc["Squareham", "delivered_visits"] == 7
        assert both.by_team.loc["Squareham", "planned_visits"] == 28
        assert both.n_rows == first.n_rows + second.n_rows
        TASK_RESULTS.validate(both.visits)

    def test_tactics(self) -> None:
        """What was recorded stands beside the option, named or not."""
        table = sheet(
            {"visited": "yes", "activity": "Visible patrol in its hours", "outcome": "moved on"},
            {"visited": "yes", "activity": "PATROL", "outcome": "nothing seen"},
            {"visited": "yes", "activity": "patrol", "outcome": "moved on"},
            {"visited": "yes", "activity": "a chat"},
        )
        results = hs.read_task_results(table, PLAN)
        shown = hs.read_tactics().table(results.by_tactic)
        assert shown.loc["patrol", "n_here"] == 3
        assert shown.loc["patrol", "outcomes_here"] == "moved on: 2; nothing seen: 1"
        assert shown.loc["mediation", "n_here"] == 0
        assert results.visits["tactic_id"].notna().sum() == 3
        assert results.visits["activity"].iloc[3] == "a chat"

    def test_no_score_on_a_person(self) -> None:
        """No column of any result is about an officer."""
        names = {column.name for table in (TASK_RESULTS, TEAM_RESULTS) for column in table.columns}
        assert not {"officer", "device", "call_sign"} & names

    def test_wrong_results(self) -> None:
        """What is no result is refused before a run begins."""
        for wrong in (3, [], [3], "x"):
            with pytest.raises(hs.InputError, match="Invalid results"):
                hs.Planning(results=wrong)  # type: ignore[arg-type]

    def test_all_teams_are_kept(self) -> None:
        """Teams without a result are as they were."""
        teams, said = self.results(14, 14).update([team(1), team(1, "Other")])
        assert [each.name for each in teams] == ["Squareham", "Other"]
        assert said == []
        assert np.isclose([each.delivery for each in teams], 1).all()
