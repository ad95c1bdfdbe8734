"""Who covers what, and what falls outside every tour of duty."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspots as hs
from hotspots.tables import CRS, SHORTFALL
from hotspots.times import Band
from tests.tasking.made import FRIDAY, make_hotspots

MONDAY = "2026-06-01"


def team(name: str = "Squareham", **change: Any) -> hs.Team:
    """Give a team of ten, early and late every day."""
    return hs.Team(name, **({"posts": {"pc": 10}} | change))


def shortfall(*teams: hs.Team, bands: tuple[Band, ...] = (FRIDAY,), **options: Any) -> Any:
    """Find the shortfall of hotspots with these bands."""
    hotspots, week = make_hotspots(list(bands))
    return hs.find_shortfall(hotspots, week, hs.team_capacity(teams, start=MONDAY), **options)


class TestByHand:
    """Hours counted on the fingers."""

    def test_friday_night(self) -> None:
        """Of Friday 20:00–02:00 three hours of six lie in the late tour, the rest in none."""
        found = shortfall(team())
        SHORTFALL.validate(found.table)
        assert found.table["share_outside"].tolist() == pytest.approx([0.5])
        # 19 points of harm a week.
        assert found.table["harm_outside"].tolist() == pytest.approx([9.5])
        assert found.by_area.loc["all", "share_outside"] == pytest.approx(0.5)
        assert repr(found) == (
            "<Shortfall: 50 % of the harm of 1 hotspot falls outside every tour of duty>"
        )

    def test_a_night_tour_covers_the_first_morning(self) -> None:
        """Monday 00:00–06:00 is the night tour of Sunday, on the first morning of the plan, too."""
        night = team(tours=(hs.Tour("night", 22, 7),))
        monday = Band(first_day=0, n_days=1, start_hour=0, n_hours=6)
        assert shortfall(night, bands=(monday,)).table["share_outside"].tolist() == [0]

    def test_hours_without_officers_are_outside(self) -> None:
        """A tour that nobody is left to work covers nothing."""
        empty = team(posts={"pc": 1}, vacancies={"pc": 1})
        assert shortfall(empty).table["share_outside"].tolist() == [1]

    def test_two_teams(self) -> None:
        """What one team does not cover another may."""
        town = team("Town", areas=("Squareham",), tours=(hs.Tour("town", 22, 2, (4,)),))
        found = shortfall(team(), town)
        # 20, 21 and 22 by the first, 22 to 2 by the second.
        assert found.table["share_outside"].tolist() == pytest.approx([0])
        assert found.table["teams"].tolist() == ["Squareham, Town"]

    def test_by_area(self) -> None:
        """Areas add up their hotspots, by harm."""
        one, week_1 = make_hotspots([FRIDAY])
        two, week_2 = make_hotspots([Band(0, 5, 9, 2)], "Q02")
        hotspots = pd.concat([one, two.assign(area="Town")])
        capacity = hs.team_capacity([team(areas=("Q01", "Q02"))], start=MONDAY)
        found = hs.find_shortfall(hotspots, pd.concat([week_1, week_2]), capacity)
        assert found.by_area["share_outside"].tolist() == pytest.approx([0.5, 0, 0.25])
        assert found.by_area["n_hotspots"].tolist() == [1, 1, 2]

    def test_all_hours(self) -> None:
        """Outside its own hours a hotspot has incidents, too."""
        hotspots, week = make_hotspots([FRIDAY])
        week += 1.0
        capacity = hs.team_capacity([team()], start=MONDAY)
        found = hs.find_shortfall(hotspots, week, capacity)
        # 168 + 6 in the week; covered 16 hours a day and three of the six.
        expected = 1 - (16 * 7 + 3) / 174
        assert found.table["share_outside_all_hours"].tolist() == pytest.approx([expected])


class TestWhoCoversWhat:
    """By id, by name, by polygon."""

    @pytest.mark.parametrize("area", ["Q01", "squareham ", "Squareham"])
    def test_by_the_area_of_the_list(self, area: str) -> None:
        """Id and name of the hotspot's area will do, in any case."""
        assert shortfall(team("A", areas=(area,))).table["teams"].tolist() == ["A"]

    def test_by_polygon(self) -> None:
        """A hotspot belongs to the team in whose polygon its middle lies; the others to none."""
        areas = gpd.GeoDataFrame(
            {"name": ["North"]},
            geometry=[box(540_000, 179_000, 541_500, 181_000)],
            index=pd.Index(["W1"], name="area_id"),
            crs=CRS,
        )
        for name in ("W1", "north"):
            found = shortfall(team("A", areas=(name,)), bands=(FRIDAY, FRIDAY), team_areas=areas)
            assert found.table["teams"].tolist() == ["A", ""]
            assert found.table["share_outside"].tolist() == pytest.approx([0.5, 1])
            assert found.remarks == (
                "1 hotspot lies in no team's area, and gets no visit: Squareham 2.",
            )

    def test_idle_team(self) -> None:
        """A team without hotspots, and an area that is probably misspelt, are named."""
        found = shortfall(team(), team("B", areas=("Sqareham",)))
        assert found.remarks == (
            "1 team without a hotspot: B.",
            "No area is called 'Sqareham'. Did you mean 'squareham'?",
        )


class TestEdges:
    """Nothing to cover; clocks that change."""

    def test_no_hotspots(self) -> None:
        """Without hotspots there is nothing outside."""
        hotspots, week = make_hotspots([FRIDAY])
        capacity = hs.team_capacity([team()], start=MONDAY)
        found = hs.find_shortfall(hotspots.iloc[:0], week, capacity)
        SHORTFALL.validate(found.table)
        assert found.by_area.loc["all", "n_hotspots"] == 0

    def test_the_hour_that_comes_twice(self) -> None:
        """On 25 October Sunday 01:00 comes twice, and both are outside early and late."""
        hotspots, week = make_hotspots([Band(6, 1, 0, 9)])
        for start, outside in (("2026-10-19", 8), ("2026-10-12", 7)):
            capacity = hs.team_capacity([team()], start=start, days=7)
            found = hs.find_shortfall(hotspots, week, capacity)
            share = outside / (outside + 2)
            assert found.table["share_outside"].tolist() == pytest.approx([share])

    def test_nothing_expected(self) -> None:
        """Where nothing is expected in the hours, all of nothing is outside."""
        hotspots, week = make_hotspots([FRIDAY])
        capacity = hs.team_capacity([team()], start=MONDAY)
        found = hs.find_shortfall(hotspots, week * 0, capacity)
        assert found.table["share_outside"].tolist() == [1]


class TestMessages:
    """What the analyst reads."""

    def test_no_team_covers_anything(self) -> None:
        """If no team covers any hotspot the plan would be empty: it is refused."""
        with pytest.raises(hs.InputError, match="Invalid areas of the teams 'Hackney'. Must be"):
            shortfall(team("Hackney"))

    def test_bad_input(self) -> None:
        """What is no table, what is monthly, and what lacks a row."""
        hotspots, week = make_hotspots([FRIDAY])
        capacity = hs.team_capacity([team()], start=MONDAY)
        with pytest.raises(hs.InputError, match="Invalid hotspots 'int'"):
            hs.find_shortfall(3, week, capacity)  # type: ignore[arg-type]
        with pytest.raises(hs.InputError, match="a table without harm_per_week"):
            hs.find_shortfall(hotspots.drop(columns="harm_per_week"), week, capacity)
        with pytest.raises(hs.InputError, match="Invalid capacity 'int'"):
            hs.find_shortfall(hotspots, week, 3)  # type: ignore[arg-type]
        with pytest.raises(hs.InputError, match="The data are monthly"):
            hs.find_shortfall(hotspots, week[[0]], capacity)
        with pytest.raises(hs.InputError, match="Q01_1 lack one"):
            hs.find_shortfall(hotspots, week.iloc[:0], capacity)
        with pytest.raises(hs.InputError, match="Invalid week 'ndarray'"):
            hs.find_shortfall(hotspots, np.ones((1, 168)), capacity)  # type: ignore[arg-type]
        with pytest.raises(hs.InputError, match="areas"):
            hs.find_shortfall(hotspots, week, capacity, team_areas=3)  # type: ignore[arg-type]
