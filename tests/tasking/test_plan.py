"""The plan: what fits, where it goes, in which order, and why."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

import hotspots as hs
from hotspots.settings import TaskSettings
from hotspots.tables import CRS, LEFT_OUT, TASKS, VISITS
from hotspots.times import Band
from tests.tasking.made import FRIDAY, MONDAY, capacity, make_hotspots, team

EVERY_DAY = Band(0, 7, 18, 2)  # 18:00–20:00 every day


def plan(
    bands: list[Band | None] | None = None,
    *teams: hs.Team,
    change: dict[str, Any] | None = None,
    days: int = 7,
    start: str = MONDAY,
    **options: Any,
) -> hs.TaskPlan:
    """Plan a week of hotspots with these bands, to the best."""
    hotspots, week = make_hotspots(bands or [FRIDAY])
    chosen = TaskSettings(**({"gap": 0, "exploration": 0} | (change or {})))
    able = capacity(*teams, start=start, days=days)
    return hs.recommend_tasks(hotspots, week, able, settings=chosen, **options)


class TestByHand:
    """One or two hotspots, every visit known."""

    def test_one_visit(self) -> None:
        """Of Friday 20:00–02:00 a visit at 20:00 covers two hours, as does none later in the tour.

        At 21:00 it would cover as much; the first of equals is taken.
        """
        made = plan()
        TASKS.validate(made.tasks)
        VISITS.validate(made.visits)
        LEFT_OUT.validate(made.left_out)
        row = made.tasks.loc["Q01_1_late"]
        assert (row["kind"], row["team"], row["tour"]) == ("patrol", "Squareham", "late")
        assert (row["days"], row["hours"]) == ("Fri", "20:00–21:00")
        assert (row["visits"], row["visits_per_week"], row["visit_minutes"]) == (1, 1, 15)
        assert (row["officers"], row["officer_minutes"]) == (2, 50)
        assert row["expected_covered"] == pytest.approx(2)
        assert (row["first_day"], row["last_day"]) == ("2026-06-01", "2026-06-07")
        assert row["review_date"] == "2026-06-29"
        visit = made.visits.loc["Q01_1_late_2026-06-05"]
        assert str(visit["arrive"]) == "2026-06-05 20:00:00+01:00"
        assert str(visit["leave"]) == "2026-06-05 20:15:00+01:00"
        assert made.covered == pytest.approx(2)
        # Of six incidents expected in the week.
        assert made.harm == pytest.approx(6)
        assert made.gap == 0
        assert repr(made) == (
            "<TaskPlan: 1 visit in 1 task, 1 June 2026 to 7 June 2026; covers 33 % of the harm to "
            "expect; no plan covers more>"
        )

    def test_reason(self) -> None:
        """The reason says the dose, when, what is expected, on what assumption, and why."""
        assert plan().tasks["reason"].iloc[0] == (
            "1 visit of 15 minutes by 2 officers (late tour, Fri 20:00–21:00), in whose hours 2.0 "
            "a week are expected, if a visit works for 2 hours. Because."
        )

    @pytest.mark.parametrize(
        ("known", "options", "success"),
        [
            (
                {"forecast": 8.0, "forecast_low": 3.0, "persistence": "persistent"},
                "Noise officer to witness it, abatement notice (practice); Licensing visit",
                " In a month, fewer than 3 reports at any hour, where 8.0 are expected: that few ",
            ),
            (
                {"forecast": 4.0, "forecast_low": 1.0, "persistence": "new"},
                "Noise officer to witness it, abatement notice (practice); Visit those",
                " In a month, no report at any hour, where 4.0 are expected: that few would be ",
            ),
            (
                {"forecast": 2.0, "forecast_low": 0.0, "persistence": None},
                "Noise officer",
                " One month can show no fall: 2.0 reports are expected, and none would not be ",
            ),
            ({}, "Noise officer", ""),
        ],
    )
    def test_options_and_success(self, known: dict[str, Any], options: str, success: str) -> None:
        """What to consider goes by heading and months; success by what would be rare."""
        hotspots, week = make_hotspots([FRIDAY])
        made = hs.recommend_tasks(hotspots.assign(**known), week, capacity())
        task = made.tasks.iloc[0]
        assert task["options"].startswith(options)
        assert task["partner"] == "council, environmental health"
        assert task["success"].startswith(f"Those who reported say that they can sleep.{success}")
        assert ("month" in task["success"]) == bool(success)
        # A place drawn at random, and one caller's.
        alone = hotspots.assign(is_one_caller=True)
        task = hs.recommend_tasks(alone, week, capacity()).tasks.iloc[0]
        assert task["kind"] == "caller"
        assert task["options"].startswith("Visit those who report")
        assert "In a month" not in task["success"]

    def test_effect_ends_where_the_next_tour_begins(self) -> None:
        """At 22:00 the late tour covers one hour, for the night tour begins at 23:00."""
        tours = (hs.Tour("late", 15, 23), hs.Tour("night", 23, 7))
        band = Band(4, 1, 22, 3)
        made = plan([band], team(tours=tours))
        assert made.tasks["expected_covered"].tolist() == pytest.approx([1, 2])
        assert made.tasks["days"].tolist() == ["Fri", "Fri"]
        # Without a night tour the late one covers what comes after it.
        assert plan([band]).tasks["expected_covered"].tolist() == pytest.approx([2])

    def test_after_midnight_the_day_is_the_next(self) -> None:
        """Sunday 01:00–05:00 is the night tour of Saturday, and the visit is on Sunday."""
        night = team(tours=(hs.Tour("night", 23, 7),))
        made = plan([Band(6, 1, 1, 4)], night)
        row = made.tasks.iloc[0]
        assert (row["tour"], row["days"], row["hours"]) == ("night", "Sun", "01:00–02:00")
        assert made.visits["date"].tolist() == ["2026-06-06"]

    def test_one_caller_is_not_patrolled(self) -> None:
        """Where one caller makes a hotspot, the task is to visit the caller; no patrol goes."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY])
        hotspots["is_one_caller"] = [True, False]
        made = hs.recommend_tasks(hotspots, week, capacity())
        assert made.tasks["kind"].tolist() == ["caller", "patrol"]
        assert made.tasks["visits"].tolist() == [0, 1]
        assert made.left_out["reason"].tolist() == [
            "Its reports are one caller's: visit the caller, do not patrol."
        ]

    def test_harm_decides(self) -> None:
        """Of three, the second's reports weigh most: it gets the only visit of Friday."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY, FRIDAY])
        hotspots["harm_per_week"] = hotspots["expected_per_week"] * [1, 4, 1]
        made = hs.recommend_tasks(hotspots, week, capacity(), settings=TaskSettings(gap=0))
        assert made.tasks["hotspot_id"].tolist() == ["Q01_2"]
        assert made.tasks["harm_covered"].tolist() == pytest.approx([4])
        assert made.tasks["expected_covered"].tolist() == pytest.approx([1])
        said = "The tours have time for others first: its best visit would meet {} harm points, and"
        least = " the least of those planned meets 4.0."
        reasons = made.left_out["reason"].tolist()
        assert reasons == [said.format(best) + least for best in ("2.0", "0.67")]

    def test_two_visits_in_a_tour(self) -> None:
        """A second visit in a tour covers hours that the first does not."""
        made = plan([FRIDAY], team(2), change={"visits_per_tour": 2, "repeat": 1})
        assert made.visits["arrive"].dt.strftime("%H:%M").tolist() == ["20:00", "22:00"]
        # Until 00:00, though the tour ends at 23:00.
        assert made.tasks["expected_covered"].tolist() == pytest.approx([4])
        assert made.visits.index.tolist() == ["Q01_1_late_2026-06-05", "Q01_1_late_2026-06-05_2"]

    def test_monthly(self) -> None:
        """Monthly hotspots get visits a week without a tour; more than seven are too many."""
        made = plan([None, None], team(1))
        TASKS.validate(made.tasks)
        VISITS.validate(made.visits)
        assert made.tasks["tour"].isna().all()
        assert made.tasks["visits"].sum() == 7
        assert "choose days and tours from local knowledge" in made.tasks["reason"].iloc[0]
        alone = plan([None], team(3))
        assert alone.tasks["visits"].tolist() == [7]
        # 19 incidents a week, two hours of 168 covered by each visit: 0.226 each.
        assert alone.tasks["expected_covered"].tolist() == pytest.approx([7 * 19 * 2 / 168])

    def test_what_if(self) -> None:
        """With more officers more is covered, with none nothing; the middle is the plan."""
        made = plan([EVERY_DAY], team(1, posts={"pc": 1}))
        curve = made.what_if([-1, 0, 1])
        assert curve.index.tolist() == [-1, 0, 1]
        assert curve.loc[-1, ["visits", "covered"]].tolist() == [0, 0]
        assert curve.loc[0, "covered"] == pytest.approx(made.covered)
        assert curve["officer_hours"].tolist() == pytest.approx([0, 56, 112])

    def test_clock_change(self) -> None:
        """On 29 March Sunday 01:00 does not come: the visit of its hours is made at 02:00."""
        night = team(tours=(hs.Tour("night", 23, 7),))
        made = plan([Band(6, 1, 1, 2)], night, start="2026-03-23")
        assert str(made.visits["arrive"].iloc[0]) == "2026-03-29 00:00:00+00:00"
        assert made.tasks["expected_covered"].tolist() == pytest.approx([1])
        # In October it comes twice: two of the three hours are covered.
        made = plan([Band(6, 1, 1, 1)], night, start="2026-10-19")
        assert str(made.visits["arrive"].iloc[0]) == "2026-10-25 01:00:00+01:00"
        assert made.tasks["expected_covered"].tolist() == pytest.approx([2])


class TestExploration:
    """Places that chance alone has chosen."""

    def places(self, n: int) -> gpd.GeoDataFrame:
        """Give n places of the area."""
        points = [Point(541_000 + 100 * number, 181_000) for number in range(n)]
        ids = pd.Index([f"sq{number:03}" for number in range(n)], name="place_id")
        frame = {"borough": "Q01", "area": "Squareham"}
        return gpd.GeoDataFrame(frame, geometry=points, index=ids, crs=CRS)

    def test_share(self) -> None:
        """Of 700 visits' time a tenth explores, and the list has the rest."""
        change = {"exploration": 0.1, "visits_per_tour": 12, "visits_per_week": 84}
        made = plan([EVERY_DAY], team(100), change=change, places=self.places(50))
        is_drawn = made.visits["task_id"].str.endswith("_exploration")
        assert is_drawn.sum() == 70
        drawn = made.tasks[made.tasks["kind"] == "exploration"]
        assert drawn["hotspot_id"].isna().all()
        assert drawn["reason"].str.contains(r"Drawn at random \(seed 1\) from 50 places").all()
        assert len(drawn) > 30  # not always the same ones

    def test_seed(self) -> None:
        """The same seed draws the same, another others; order of rows does not matter."""
        places = self.places(50)
        options: dict[str, Any] = {"places": places}
        change = {"exploration": 0.1, "seed": 1}
        first = plan([EVERY_DAY], team(5), change=change, **options)
        again = plan([EVERY_DAY], team(5), change=change, places=places.iloc[::-1])
        pd.testing.assert_frame_equal(first.visits, again.visits)
        other = plan([EVERY_DAY], team(5), change=change | {"seed": 2}, **options)
        assert set(first.visits.index) != set(other.visits.index)

    def test_mean_share(self) -> None:
        """A team with time for 7 visits explores 0.7 times in the mean, over 200 seeds."""
        drawn = [
            (
                plan(
                    [EVERY_DAY],
                    change={"exploration": 0.1, "seed": seed},
                    places=self.places(5),
                ).tasks["kind"]
                == "exploration"
            ).sum()
            for seed in range(200)
        ]
        # Three standard errors of a coin of 0.7: 3 × sqrt(0.21 / 200).
        assert np.mean(drawn) == pytest.approx(0.7, abs=0.1)

    def test_no_place(self) -> None:
        """A team without a place to explore explores nothing, and that is said."""
        elsewhere = self.places(3).assign(borough="Q02", area="?")
        made = plan([EVERY_DAY], change={"exploration": 0.1}, places=elsewhere)
        assert made.remarks_restricted == ("1 team without a place to explore.",)


class TestFixed:
    """What is decided already."""

    def fixed(self, **change: Any) -> pd.DataFrame:
        """Give one fixed task on Friday."""
        row = {
            "team": "Squareham",
            "date": "2026-06-05",
            "tour": "late",
            "minutes": 25,
            "officers": 2,
            "what": "Football match",
        }
        return pd.DataFrame([row | change])

    def test_an_event_takes_officers(self) -> None:
        """Of two visits' time on Friday an event of 50 officer-minutes of 100 leaves one."""
        two = [FRIDAY, FRIDAY]
        assert plan(two, team(2)).tasks["visits"].tolist() == [1, 1]
        made = plan(two, team(2), fixed=self.fixed())
        assert made.tasks["kind"].tolist() == ["patrol", "fixed"]
        row = made.tasks.loc["fixed_1"]
        assert (row["name"], row["days"], row["visits"]) == ("Football match", "Fri", 0)
        assert row["officer_minutes"] == 50

    def test_a_fixed_visit(self) -> None:
        """A visit that is decided is made, and the other gets none in that tour."""
        made = plan([FRIDAY, FRIDAY], fixed=self.fixed(hotspot_id="Q01_2", what="Plan of May"))
        assert made.tasks.index.tolist() == ["Q01_2_late_fixed"]
        assert made.tasks["reason"].iloc[0].endswith("Decided already: Plan of May.")
        assert made.covered == pytest.approx(1)
        assert made.left_out.index.tolist() == ["Q01_1"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"team": "Sqareham"}, "Line 2: Invalid team 'Sqareham'.*Did you mean 'Squareham'"),
            ({"date": "soon"}, "Invalid date 'soon'"),
            ({"date": "2026-07-01"}, "Invalid tour 'late on 2026-07-01'.*it has none"),
            ({"tour": "early"}, "Invalid tour 'early on 2026-06-05'.*on that day late"),
            ({"minutes": -5}, "Invalid minutes '-5'. Must be a number above 0"),
            ({"minutes": "?"}, "Invalid minutes"),
            ({"officers": 0}, "Invalid officers '0'"),
            ({"officers": 1.5}, "Invalid officers '1.5'"),
            ({"what": ""}, "Invalid what"),
            ({"hotspot_id": "Q01_9"}, "Invalid hotspot_id 'Q01_9'"),
            ({"minutes": 30}, "they take '60' officer-minutes. Must be at most 50.*officers bind"),
            (
                {"minutes": 30, "hotspot_id": "Q01_1"},
                "fixed visits .*'60' officer-minutes. Must be at most 50.*the minutes bind",
            ),
        ],
    )
    def test_bad_rows(self, change: dict[str, Any], said: str) -> None:
        """Each row is checked, and what binds is said."""
        with pytest.raises(hs.InputError, match=f"(?s){said}"):
            plan([FRIDAY], fixed=self.fixed(**change))

    def test_bad_tables(self, tmp_path: Any) -> None:
        """What is no table, lacks columns, or cannot be read."""
        with pytest.raises(hs.InputError, match="Invalid fixed 'int'"):
            plan(fixed=3)
        with pytest.raises(hs.InputError, match="a table without team, date"):
            plan(fixed=pd.DataFrame({"what": []}))
        with pytest.raises(hs.InputError, match="Cannot read the fixed tasks"):
            plan(fixed=tmp_path / "none.csv")
        path = tmp_path / "fixed.csv"
        self.fixed(hotspot_id="Q01_1").to_csv(path, index=False)
        assert plan(fixed=path).tasks["kind"].tolist() == ["fixed"]


class TestEdges:
    """Nothing to do, nobody to do it."""

    def test_nobody(self) -> None:
        """Without officers there are no visits, and that is why."""
        nobody = team(posts={"pc": 1}, vacancies={"pc": 1})
        made = plan([FRIDAY], nobody)
        TASKS.validate(made.tasks)
        VISITS.validate(made.visits)
        assert len(made.visits) == 0
        assert made.left_out["reason"].tolist() == [
            "Its teams have no time for a visit in any tour."
        ]
        assert made.remarks == ("Squareham has no officer: all 1 posts are vacant.",)

    def test_no_hotspots(self) -> None:
        """An empty list gives an empty plan with all columns."""
        hotspots, week = make_hotspots([FRIDAY])
        made = hs.recommend_tasks(hotspots.iloc[:0], week.iloc[:0], capacity())
        TASKS.validate(made.tasks)
        VISITS.validate(made.visits)
        LEFT_OUT.validate(made.left_out)
        assert (made.covered, made.harm, made.gap) == (0, 0, 0)
        assert made.what_if([0])["share"].tolist() == [0]

    def test_hardly_anything_expected(self) -> None:
        """Where less than one report in fifty visits is expected nobody is sent."""
        hotspots, week = make_hotspots([FRIDAY])
        made = hs.recommend_tasks(hotspots, week / 1000, capacity())
        assert len(made.tasks) == 0
        assert made.left_out["reason"].iloc[0].startswith("Under 0.02 reports are expected in the")
        # Three of its six hours lie in the tour that ends at 23:00; of 22:00 to 02:00 one.
        assert "falls outside" not in made.left_out["reason"].iloc[0]
        hotspots, week = make_hotspots([Band(4, 1, 22, 4)])
        made = hs.recommend_tasks(hotspots, week / 1000, capacity())
        said = " 75 % of its harm falls outside every tour of its teams."
        assert made.left_out["reason"].iloc[0].endswith(said)

    def test_no_team(self) -> None:
        """A hotspot in no team's area is left out, and named."""
        one, week_1 = make_hotspots([FRIDAY])
        two, week_2 = make_hotspots([FRIDAY], "Q02")
        hotspots = pd.concat([one, two.assign(area="Elsewhere", name="Elsewhere 1")])
        made = hs.recommend_tasks(hotspots, pd.concat([week_1, week_2]), capacity())
        assert made.left_out["reason"].tolist() == ["It lies in no team's area."]
        assert made.remarks_restricted == (
            "1 hotspot lies in no team's area, and gets no visit: Elsewhere 1.",
        )

    def test_two_teams(self) -> None:
        """Where two teams cover a hotspot each has a task of its own."""
        town = team(name="Town", areas=("Squareham",))
        made = plan([FRIDAY], team(), town, change={"repeat": 1})
        assert sorted(made.tasks.index) == ["Q01_1_late_Squareham", "Q01_1_late_Town"]


class TestRelations:
    """What must hold for any input, on small cases solved to the best."""

    @given(
        visits=st.floats(0.1, 4),
        hours=st.lists(
            st.tuples(st.integers(0, 6), st.integers(1, 7), st.integers(0, 23), st.integers(1, 8)),
            min_size=1,
            max_size=4,
        ),
        per_tour=st.integers(1, 2),
    )
    @settings(max_examples=25)
    def test_budgets_and_tours(
        self, visits: float, hours: list[tuple[int, int, int, int]], per_tour: int
    ) -> None:
        """No budget is exceeded, no visit is outside its tour, more officers never cover less."""
        bands: list[Band | None] = [Band(*each) for each in hours]
        tours = (hs.Tour("early", 7, 15), hs.Tour("late", 15, 23))
        made = plan(bands, team(visits, tours=tours), change={"visits_per_tour": per_tour})
        able = made.capacity.tours
        spans = able.set_index(["date", "tour"])
        for row in made.visits.itertuples():
            span = spans.loc[(row.date, row.tour)]
            assert span["start"] <= row.arrive < row.leave <= span["end"]
        used = 50 * made.visits.groupby(["date", "tour"]).size()
        used = used.reindex(spans.index).fillna(0)
        # In a tour no more than its time rounded up to a visit; at no time more than there was.
        assert (used < spans["minutes"] + 50 - 1e-6).all()
        assert (used.cumsum() <= spans["minutes"].cumsum() + 1e-6).all()
        curve = made.what_if([-1, 0, 1])["covered"]
        assert curve.is_monotonic_increasing or (curve.diff().dropna() > -1e-6).all()

    @given(order=st.permutations(range(4)))
    @settings(max_examples=10)
    def test_row_order_does_not_matter(self, order: list[int]) -> None:
        """The same visits, whatever the order of the rows."""
        hotspots, week = make_hotspots([FRIDAY, EVERY_DAY, EVERY_DAY, FRIDAY])
        able = capacity(team(1.5))
        first = hs.recommend_tasks(hotspots, week, able)
        again = hs.recommend_tasks(hotspots.iloc[order], week.iloc[order], able)
        pd.testing.assert_frame_equal(first.visits, again.visits)
        pd.testing.assert_frame_equal(first.tasks.sort_index(), again.tasks.sort_index())


class TestMessages:
    """What the analyst reads."""

    def test_floors(self) -> None:
        """A floor is met, or it is said what binds; an area that is not known is named."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY])
        other = hotspots.iloc[[1]].assign(borough="Q02", area="Roundham")
        hotspots = pd.concat([hotspots.iloc[[0]], other])
        able = capacity(team(areas=("Q01", "Q02")))
        options = {"settings": TaskSettings(gap=0)}
        without = hs.recommend_tasks(hotspots, week, able, **options)
        assert without.tasks["area"].tolist() == ["Squareham"]
        made = hs.recommend_tasks(hotspots, week, able, floors={"roundham": 1}, **options)
        assert made.tasks["area"].tolist() == ["Roundham"]
        with pytest.raises(hs.InputError, match="Invalid floor of Q02 '2'.*at most 1.*time for 1"):
            hs.recommend_tasks(hotspots, week, able, floors={"Q02": 2}, **options)
        with pytest.raises(hs.InputError, match="Invalid floors 'Rondham'.*Did you mean"):
            hs.recommend_tasks(hotspots, week, able, floors={"Rondham": 2}, **options)
        with pytest.raises(hs.InputError, match="Invalid floor of Q02 '-1'"):
            hs.recommend_tasks(hotspots, week, able, floors={"Q02": -1}, **options)
        with pytest.raises(hs.InputError, match="Invalid floors 'int'"):
            hs.recommend_tasks(hotspots, week, able, floors=3)  # type: ignore[arg-type]
        least = TaskSettings(gap=0, least_visits=1)
        with pytest.raises(hs.InputError, match="Must be possible together"):
            hs.recommend_tasks(hotspots, week, able, settings=least)

    def test_bad_input(self) -> None:
        """What is no table, a table without the columns that are needed, and the rest."""
        hotspots, week = make_hotspots([FRIDAY])
        given: Any
        for given, said in (
            (3, "Invalid hotspots 'int'. Must be a hotspots table"),
            (hotspots.drop(columns=["why"]), "a table without why"),
        ):
            with pytest.raises(hs.InputError, match=said):
                hs.recommend_tasks(given, week, capacity())
        with pytest.raises(hs.InputError, match="Invalid week. Must have a row for every hotspot"):
            hs.recommend_tasks(hotspots, week.iloc[:0], capacity())
        with pytest.raises(hs.InputError, match="Invalid capacity 'int'"):
            hs.recommend_tasks(hotspots, week, 3)  # type: ignore[arg-type]
        with pytest.raises(hs.InputError, match="Invalid settings 'int'"):
            hs.recommend_tasks(hotspots, week, capacity(), settings=3)  # type: ignore[arg-type]
        with pytest.raises(hs.InputError, match="Invalid places 'int'"):
            hs.recommend_tasks(hotspots, week, capacity(), places=3)  # type: ignore[arg-type]
        made = hs.recommend_tasks(hotspots, week, capacity())
        with pytest.raises(hs.InputError, match="Invalid extra 'two'"):
            made.what_if(["two"])  # type: ignore[list-item]
