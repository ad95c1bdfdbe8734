"""The first tasking list: what fits, where it goes, and why."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

import hotspots as hs
from hotspots.settings import TaskSettings
from hotspots.tables import HOTSPOTS, TASKS
from hotspots.times import Band, describe_band


def make_hotspots(bands: list[Band | None], borough: str = "Q01") -> tuple[object, pd.DataFrame]:
    """Give hotspots with these bands and one incident expected in each of their hours."""
    table = HOTSPOTS.empty()
    rows = []
    for rank, band in enumerate(bands, start=1):
        rows.append(
            {
                "name": f"Squareham {rank}",
                "borough": borough,
                "area": "Squareham",
                "is_one_caller": False,
                "rank": rank,
                "location": "High Street",
                "grid_ref": "TQ 0000 0000",
                "weekdays": ",".join(map(str, band.weekdays)) if band else None,
                "start_hour": float(band.start_hour) if band else np.nan,
                "end_hour": float(band.end_hour) if band else np.nan,
                "hours": describe_band(band) if band else None,
                "expected_per_week": float(20 - rank),
                "harm_per_week": float(20 - rank),
                "why": "Because.",
                "source": "test",
                "geometry": Point(540_000, 180_000),
            }
        )
    ids = pd.Index([f"{borough}_{rank}" for rank in range(1, len(bands) + 1)], name="hotspot_id")
    frame = pd.DataFrame(rows, columns=[*table.columns]).set_axis(ids)
    if bands and bands[0] is None:
        week = pd.DataFrame({0: frame["expected_per_week"]})
    else:
        values = [
            np.where(band.mask, 1.0 / rank, 0.0) for rank, band in enumerate(bands, start=1) if band
        ]
        week = pd.DataFrame(np.array(values).reshape(len(bands), 168), index=ids)
    return frame, week


FRIDAY = Band(first_day=4, n_days=1, start_hour=20, n_hours=6)  # Fri 20:00–02:00


class TestByHand:
    """One or two hotspots, every visit known."""

    def test_hours_are_cut_by_tours(self) -> None:
        """Friday 20:00–02:00 is late from 20 to 23 and night from 23 to 2."""
        hotspots, week = make_hotspots([FRIDAY])
        tasks = hs.recommend_tasks(hotspots, week)
        TASKS.validate(tasks)
        assert tasks["tour"].tolist() == ["late", "night"]
        assert tasks["from_hour"].tolist() == [20, 23]
        assert tasks["to_hour"].tolist() == [23, 2]
        assert tasks["days"].tolist() == ["Fri", "Fri"]
        assert tasks["hours"].tolist() == ["20:00–23:00", "23:00–02:00"]
        assert tasks["expected_in_tour"].tolist() == [3, 3]
        assert tasks["visits_per_week"].tolist() == [1, 1]
        assert tasks["delivered_per_week"].tolist() == pytest.approx([0.6, 0.6])

    def test_after_midnight_the_day_is_the_next(self) -> None:
        """Sunday 01:00–05:00 is the night tour of Saturday, and the visit is on Sunday."""
        hotspots, week = make_hotspots([Band(first_day=6, n_days=1, start_hour=1, n_hours=4)])
        tasks = hs.recommend_tasks(hotspots, week)
        assert tasks[["tour", "days", "hours"]].to_numpy().tolist() == [
            ["night", "Sun", "01:00–05:00"]
        ]

    def test_one_caller_is_not_patrolled(self) -> None:
        """Where one caller makes a hotspot, no patrol is planned."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY])
        hotspots["is_one_caller"] = [True, False]
        assert set(hs.recommend_tasks(hotspots, week)["hotspot_id"]) == {"Q01_2"}

    def test_hardly_anything_expected(self) -> None:
        """Where less than a report a year is expected nobody is sent."""
        hotspots, week = make_hotspots([FRIDAY])
        assert len(hs.recommend_tasks(hotspots, week / 1000)) == 0

    def test_the_busiest_get_the_visits(self) -> None:
        """With one visit a tour only the hotspot with most expected is visited."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY, FRIDAY])
        settings = TaskSettings(teams_per_area=1, visits_per_tour=1)
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        assert set(tasks["hotspot_id"]) == {"Q01_1"}

    def test_harm_decides(self) -> None:
        """Of three, the second's reports weigh most: it gets the only visit."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY, FRIDAY])
        # A report of each weighs 1, 4 and 1: harm in the late tour 3 × 1, 1.5 × 4 and 1 × 1.
        hotspots["harm_per_week"] = hotspots["expected_per_week"] * [1, 4, 1]
        settings = TaskSettings(teams_per_area=1, visits_per_tour=1)
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        assert set(tasks["hotspot_id"]) == {"Q01_2"}
        assert tasks["harm_in_tour"].tolist() == pytest.approx([6, 6])
        assert tasks["expected_in_tour"].tolist() == pytest.approx([1.5, 1.5])

    def test_hardly_anything_takes_no_place(self) -> None:
        """A place with much harm a report and hardly a report leaves its visit to another."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY])
        week.iloc[0] /= 1000
        hotspots["harm_per_week"] = hotspots["expected_per_week"] * [10_000, 1]
        settings = TaskSettings(teams_per_area=1, visits_per_tour=1)
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        assert set(tasks["hotspot_id"]) == {"Q01_2"}

    def test_monthly(self) -> None:
        """Monthly hotspots get daily visits in order of rank, without a tour."""
        hotspots, week = make_hotspots([None, None, None])
        settings = TaskSettings(teams_per_area=1, visits_per_tour=1, tours=("day 08-16",))
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        TASKS.validate(tasks)
        assert tasks["hotspot_id"].tolist() == ["Q01_1"]
        assert tasks["visits_per_week"].tolist() == [7]
        assert tasks["tour"].isna().all()
        assert "choose the tour from local knowledge" in tasks["reason"].iloc[0]

    def test_reason(self) -> None:
        """The reason says what to do, when, how sure delivery is, and why."""
        hotspots, week = make_hotspots([FRIDAY])
        reason = hs.recommend_tasks(hotspots, week)["reason"].iloc[0]
        assert reason == (
            "1 visit of 15 minutes a week (late tour, Fri 20:00–23:00; count on 0.6), where 3.0 a "
            "week are expected. Because."
        )


class TestEdges:
    """Nothing to do, nobody to do it."""

    def test_no_hotspots(self) -> None:
        """No hotspots, no tasks, the right columns."""
        hotspots, week = make_hotspots([])
        tasks = hs.recommend_tasks(hotspots, week)
        assert len(tasks) == 0
        TASKS.validate(tasks)

    @pytest.mark.parametrize(
        "change", [{"teams_per_area": 0}, {"visits_per_tour": 0}, {"tours": ()}]
    )
    def test_no_teams(self, change: dict[str, object]) -> None:
        """Without teams, visits or tours nothing is planned."""
        hotspots, week = make_hotspots([FRIDAY])
        settings = TaskSettings(**change)  # type: ignore[arg-type]
        assert len(hs.recommend_tasks(hotspots, week, settings=settings)) == 0
        monthly, week = make_hotspots([None])
        assert len(hs.recommend_tasks(monthly, week, settings=settings)) == 0

    def test_hours_outside_every_tour(self) -> None:
        """A hotspot whose hours no tour covers gets no task."""
        hotspots, week = make_hotspots([Band(0, 1, 2, 3)])
        settings = TaskSettings(tours=("day 08-16",))
        assert len(hs.recommend_tasks(hotspots, week, settings=settings)) == 0


class TestRelations:
    """What must hold for any input."""

    @given(
        st.lists(
            st.builds(
                Band, st.integers(0, 6), st.integers(1, 7), st.integers(0, 23), st.integers(1, 8)
            ),
            min_size=1,
            max_size=12,
        ),
        st.integers(0, 3),
        st.integers(0, 3),
    )
    def test_budget_is_never_exceeded(self, bands: list[Band], teams: int, visits: int) -> None:
        """No day and tour holds more visits than the teams can make."""
        hotspots, week = make_hotspots(bands)
        settings = TaskSettings(teams_per_area=teams, visits_per_tour=visits)
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        per_week = tasks.groupby("tour")["visits_per_week"].sum()
        assert (per_week <= 7 * teams * visits).all()
        for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
            # Late and early tours lie within a calendar day.
            on_day = tasks[tasks["days"].fillna("").str.contains(day) & (tasks["tour"] != "night")]
            assert (on_day.groupby("tour").size() <= teams * visits).all()

    @given(st.permutations(range(6)))
    def test_row_order_does_not_matter(self, order: list[int]) -> None:
        """Hotspots in another order get the same visits."""
        bands = [Band(day, 2, 18 + day, 4) for day in range(6)]
        hotspots, week = make_hotspots(bands)
        settings = TaskSettings(teams_per_area=1, visits_per_tour=2)
        tasks = hs.recommend_tasks(hotspots, week, settings=settings)
        again = hs.recommend_tasks(hotspots.iloc[list(order)], week, settings=settings)
        pd.testing.assert_frame_equal(again.sort_index(), tasks.sort_index())


class TestMessages:
    """What the analyst reads."""

    def test_no_hotspots(self) -> None:
        """What is no table, and a table without the columns that are needed, is named."""
        hotspots: Any
        hotspots, week = make_hotspots([FRIDAY])
        wrong: Any = 3
        with pytest.raises(hs.InputError, match="Invalid hotspots 'int'. Must be a hotspots table"):
            hs.recommend_tasks(wrong, week)
        wrong = hotspots.drop(columns=["harm_per_week", "why"])
        with pytest.raises(hs.InputError, match="'a table without harm_per_week, why'. Must be a"):
            hs.recommend_tasks(wrong, week)

    def test_week_without_a_hotspot(self) -> None:
        """Every hotspot needs its week."""
        hotspots, week = make_hotspots([FRIDAY, FRIDAY])
        with pytest.raises(hs.InputError, match="Q01_2 lack one"):
            hs.recommend_tasks(hotspots, week.iloc[:1])
