"""What judgements do to the list: by hand on a small grid, and what holds for any of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

import hotspots as hs
from hotspots.areas import national_grid_reference
from hotspots.risk.evidence import ranks_without_top
from hotspots.settings import HotspotSettings
from hotspots.tables import HOTSPOTS, JUDGEMENTS
from tests.scenes import SOUTH, WEST, make_incidents, square_area

CELL = 150.0
SIDE = 1500.0
FOREVER = "2099-12-31"
TWO = HotspotSettings(per_area=2)
# Reports of each place of a 10 by 10 grid; four of them are kept for a list of two. The places
# stand apart but for the row at the top, which makes one hotspot.
ALONE = {(1, 1): 40, (4, 1): 30, (7, 1): 20, (1, 4): 12, (4, 4): 8, (7, 4): 2, (9, 7): 3}
ROW = {(3, 8): 16, (4, 8): 15, (5, 8): 14}
HOURS = {(1, 1): 22, (4, 1): 22, (7, 1): 2}


def name_of(column: int, row: int) -> str:
    """Give the id of a place of the grid by its column and row from the corner."""
    return f"sq150-{int(WEST / CELL) + column}-{int(SOUTH / CELL) + row}"


def middle(column: int, row: int) -> tuple[float, float]:
    """Give the middle of a place."""
    return WEST + CELL * (column + 0.5), SOUTH + CELL * (row + 0.5)


def reports(numbers: dict[tuple[int, int], int]) -> gpd.GeoDataFrame:
    """Give reports in the middles of places, each on a night of its own."""
    rows = []
    for place, n in numbers.items():
        days = pd.date_range("2025-01-03", periods=n, freq="7D")
        start = days + pd.Timedelta(hours=HOURS.get(place, 20))
        x, y = middle(*place)
        rows.append(pd.DataFrame({"start": start, "x": x, "y": y}))
    return make_incidents(pd.concat(rows, ignore_index=True))


def intensity_of(
    numbers: dict[tuple[int, int], int], areas: gpd.GeoDataFrame | None = None
) -> hs.Intensity:
    """Estimate from reports on the grid."""
    areas = square_area(side=SIDE) if areas is None else areas
    counts = hs.count_incidents(reports(numbers), hs.make_grid(areas), areas=areas)
    return hs.weekly_intensity(counts)


@pytest.fixture(scope="module")
def apart() -> hs.Intensity:
    """Give places that stand apart."""
    return intensity_of(ALONE)


@pytest.fixture(scope="module")
def with_row() -> hs.Intensity:
    """Give three places side by side, which make one hotspot, and the others."""
    return intensity_of(ALONE | ROW)


def judge(
    intensity: hs.Intensity, *judgements: hs.Judgement, areas: gpd.GeoDataFrame | None = None
) -> hs.JudgedList:
    """Apply judgements to lists of two."""
    areas = square_area(side=SIDE) if areas is None else areas
    judged = hs.judge_hotspots(intensity, areas, judgements, settings=TWO)
    JUDGEMENTS.validate(judged.table)
    assert judged.table.index.tolist() == list(range(1, len(judgements) + 1))
    return judged


def decide(action: Any, *at: str, **more: Any) -> hs.Judgement:
    """Give a judgement with a reason, an author and an end."""
    return hs.Judgement(action, at, "Because.", "A. Analyst", FOREVER, **more)


def listed(judged: hs.JudgedList) -> list[list[str]]:
    """Give the places of each hotspot in the order of rank."""
    members = judged.found.members
    return [
        members.loc[members["hotspot_id"] == one, "place_id"].tolist()
        for one in judged.found.table.index
    ]


class TestByHand:
    """Each action on a grid whose list is known: (1, 1), then (4, 1)."""

    def test_none(self, apart: hs.Intensity) -> None:
        """Without judgements the list is that of `find_hotspots`."""
        judged = judge(apart)
        plain = hs.find_hotspots(apart, square_area(side=SIDE), settings=TWO)
        assert_geodataframe_equal(judged.found.table, plain.table)
        assert listed(judged) == [[name_of(1, 1)], [name_of(4, 1)]]
        assert judged.left_out == ()
        assert judged.table.dtypes.equals(JUDGEMENTS.empty().dtypes)

    @pytest.mark.parametrize("how", ["reference", "metres", "hotspot", "place"])
    def test_exclude(self, apart: hs.Intensity, how: str) -> None:
        """The next one moves up, however the place is named; the count stays what it was."""
        x, y = middle(1, 1)
        at = {
            "reference": national_grid_reference([x], [y])[0],
            "metres": f"{x:.0f}, {y:.1f}",
            "hotspot": f"Q01_{name_of(1, 1)}",
            "place": name_of(1, 1),
        }[how]
        judged = judge(apart, decide("exclude", at))
        assert listed(judged) == [[name_of(4, 1)], [name_of(7, 1)]]
        assert judged.found.table["rank"].tolist() == [1, 2]
        row = judged.table.loc[1]
        assert (row["n"], row["is_applied"], row["at"]) == (40, True, at)
        assert row.geometry.equals(box(x - 75, y - 75, x + 75, y + 75))
        assert row["outcome"] == (
            "1 place makes no hotspot and joins none; reports there still count in totals."
        )
        assert judged.left_out == (
            "Judgements keep 1 place off the list; reports there count in totals.",
        )
        assert apart.counts.total == sum(ALONE.values())

    def test_exclude_a_radius(self, apart: hs.Intensity) -> None:
        """A place belongs to the ground if its middle lies within the radius, to the metre."""
        x, y = middle(2, 1)
        for radius, n in ((149.0, 1), (150.0, 5), (300.0, 12)):
            point = f"{x:.0f} {y:.0f}"
            if n == 1:
                with pytest.raises(hs.InputError, match="has no incident of the period at"):
                    judge(apart, decide("exclude", point, radius_m=radius))
                continue
            judged = judge(apart, decide("exclude", point, radius_m=radius))
            assert judged.table.geometry.area.iloc[0] == n * CELL**2
            is_both = radius >= 300
            assert listed(judged)[0] == [name_of(7, 1) if is_both else name_of(4, 1)]

    def test_exclude_a_hotspot(self, with_row: hs.Intensity) -> None:
        """By its id all its places are left out; by a place of it, that place alone."""
        whole = judge(with_row, decide("exclude", f"Q01_{name_of(3, 8)}"))
        assert listed(whole) == [[name_of(1, 1)], [name_of(4, 1)]]
        assert whole.table["n"].iloc[0] == 45
        part = judge(with_row, decide("exclude", name_of(3, 8)))
        assert [name_of(1, 1)] in listed(part)
        assert not any(name_of(3, 8) in places for places in listed(part))
        assert part.table["n"].iloc[0] == 16

    def test_id_of_the_last_list(self, with_row: hs.Intensity) -> None:
        """An id of the last list means its ground then, whatever the id says."""
        areas = square_area(side=SIDE)
        ground = box(*middle(3, 8), *middle(5, 8)).buffer(CELL / 2)
        last = gpd.GeoDataFrame({"name": ["Old"]}, geometry=[ground], index=["Q01-7"], crs=27700)
        with pytest.raises(hs.InputError, match="names nothing at 'Q01-7'"):
            judge(with_row, decide("exclude", "Q01-7"))
        judged = hs.judge_hotspots(
            with_row, areas, [decide("exclude", "Q01-7")], last=last, settings=TWO
        )
        assert judged.table["n"].tolist() == [45]
        assert listed(judged) == [[name_of(1, 1)], [name_of(4, 1)]]
        # Its busiest place stands for it where one place is needed.
        renamed = [decide("rename", "Q01-7", name="High Street")]
        named = hs.judge_hotspots(with_row, areas, renamed, last=last, settings=TWO)
        assert "High Street" in set(named.found.table["name"])

    @pytest.mark.parametrize("action", ["exclude", "merge"])
    def test_what_it_meant_before(self, action: str, with_row: hs.Intensity) -> None:
        """A judgement by ids means from list to list what it meant in the first."""
        areas = square_area(side=SIDE)
        ids = [f"Q01_{name_of(3, 8)}"]
        if action == "merge":
            ids.append(f"Q01_{name_of(4, 1)}")
        decision = decide(action, *ids)
        first = judge(with_row, decision)
        second = hs.judge_hotspots(
            with_row, areas, [decision], last=first.found.table, before=first.table, settings=TWO
        )
        assert second.found.table.index.tolist() == first.found.table.index.tolist()
        assert second.table["places"].tolist() == first.table["places"].tolist()
        n = {"exclude": 3, "merge": 2}[action]
        assert len(first.table["places"].iloc[0].split("; ")) == n

    def test_numbered_id(self, apart: hs.Intensity) -> None:
        """An id with a number behind it names the place without it."""
        judged = judge(apart, decide("rename", f"Q01_{name_of(1, 1)}-2", name="Market"))
        assert "Market" in set(judged.found.table["name"])

    def test_ids_that_go_on(self, apart: hs.Intensity) -> None:
        """The table of judgements follows when hotspots get the ids of the last list."""
        judged = judge(
            apart,
            decide("pin", f"Q01_{name_of(1, 1)}"),
            decide("exclude", name_of(7, 1)),
            decide("rename", name_of(1, 1), name="Market"),
        )
        ids = judged.found.table.index
        again = judged.with_list(judged.found.with_ids(pd.Index(["x", "y"])))
        assert again.found.table.index.tolist() == ["x", "y"]
        assert ids[0] == f"Q01_{name_of(1, 1)}"
        assert again.table["hotspot_id"].fillna("none").tolist() == ["x", "none", "x"]
        JUDGEMENTS.validate(again.table)

    def test_pin_one_that_is_kept(self, apart: hs.Intensity) -> None:
        """The third stays on the list of two, as the third."""
        judged = judge(apart, decide("pin", name_of(7, 1)))
        assert listed(judged) == [[name_of(1, 1)], [name_of(4, 1)], [name_of(7, 1)]]
        assert judged.found.table["rank"].tolist() == [1, 2, 3]
        pinned = judged.found.table.iloc[2]
        assert pinned["judgement"] == (
            "Pinned until 31 December 2099 by A. Analyst: Because; by its reports alone it would "
            "be rank 3 of its area."
        )
        assert judged.table["outcome"].iloc[0] == (
            "On the list as Squareham 3; by its reports alone it would be rank 3 of its area."
        )
        assert len(judged.found.not_listed) == 1
        assert judged.found.table["judgement"].isna().tolist() == [True, True, False]

    def test_pin_one_that_nobody_kept(self, apart: hs.Intensity) -> None:
        """Places that no candidate holds make hotspots of their own, behind the others."""
        judged = judge(apart, decide("pin", name_of(7, 4)), decide("pin", name_of(4, 4)))
        assert listed(judged)[2:] == [[name_of(4, 4)], [name_of(7, 4)]]
        assert judged.found.table["n"].tolist() == [40, 30, 8, 2]
        first, second = judged.table["outcome"]
        assert first.endswith("by its reports alone it would make no hotspot.")
        assert second.endswith("by its reports alone it would come after the first 4.")

    def test_pin_beside_what_is_excluded(self) -> None:
        """A pinned place takes its free neighbours with it, and none that is excluded."""
        busy = {(1, 1): 40, (4, 1): 30, (7, 1): 20, (1, 4): 20, (5, 5): 8, (6, 5): 7}
        intensity = intensity_of(busy)
        pin = decide("pin", name_of(5, 5))
        assert listed(judge(intensity, pin))[2] == [name_of(5, 5), name_of(6, 5)]
        judged = judge(intensity, pin, decide("exclude", name_of(6, 5)))
        assert listed(judged)[2] == [name_of(5, 5)]

    def test_merge(self, apart: hs.Intensity) -> None:
        """Second and third become one, and the first; its hours are found for both together."""
        judged = judge(apart, decide("merge", name_of(4, 1), name_of(7, 1)))
        assert listed(judged) == [[name_of(4, 1), name_of(7, 1)], [name_of(1, 1)]]
        one = judged.found.table.iloc[0]
        assert (one["n"], one["n_places"], one["area_m2"]) == (50, 2, 2 * CELL**2)
        assert one.name == f"Q01_{name_of(4, 1)}"
        both = hs.find_hotspots(apart, square_area(side=SIDE)).week
        week = both.loc[[f"Q01_{name_of(4, 1)}", f"Q01_{name_of(7, 1)}"]].sum().to_numpy()
        together = judged.found.week.iloc[0].to_numpy()
        assert together.sum() == pytest.approx(week.sum())
        hours = np.argsort(week)[-2:]
        assert together[hours] == pytest.approx(week[hours], rel=0.03)
        # 30 reports on Fridays at 22:00 and 20 at 02:00: one band of five hours holds both.
        assert one["n_in_hours"] == 50
        assert judged.table["outcome"].iloc[0] == "One hotspot, Squareham 1, of 45,000 m²."

    def test_merge_more_than_can_be_walked(self, apart: hs.Intensity) -> None:
        """The analyst may join more than the settings allow; it is said."""
        small = HotspotSettings(per_area=2, max_area=30_000)
        merge = decide("merge", name_of(4, 1), name_of(7, 1))
        judged = hs.judge_hotspots(apart, square_area(side=SIDE), [merge], settings=small)
        assert judged.table["outcome"].iloc[0].endswith("larger than the 30,000 m² of others.")

    def test_merge_across_a_border(self) -> None:
        """The hotspot is on the list of the area that its busiest place belongs to, and says so."""
        half = SIDE / 2
        areas = pd.concat(
            [
                square_area("Westham", side=half, code="Q01"),
                square_area("Eastham", west=WEST + half, side=half, code="Q02"),
            ]
        )
        intensity = intensity_of({(4, 1): 20, (5, 1): 30, (1, 4): 9, (8, 4): 8}, areas)
        merge = decide("merge", name_of(4, 1), name_of(5, 1))
        judged = judge(intensity, merge, areas=areas)
        said = "One hotspot, Eastham 1, of 45,000 m², on the list of Eastham alone."
        assert judged.table["outcome"].iloc[0] == said
        assert judged.found.table["name"].tolist() == ["Westham 1", "Eastham 1", "Eastham 2"]

    def test_chained_mergers(self, apart: hs.Intensity) -> None:
        """Two mergers that share a hotspot make one of all three."""
        judged = judge(
            apart,
            decide("merge", name_of(1, 1), name_of(4, 1)),
            decide("merge", name_of(4, 1), name_of(7, 1)),
        )
        assert listed(judged)[0] == [name_of(1, 1), name_of(4, 1), name_of(7, 1)]
        assert judged.table["hotspot_id"].tolist() == [f"Q01_{name_of(1, 1)}"] * 2

    def test_split(self, with_row: hs.Intensity) -> None:
        """A row of three is cut: its middle place is nearer to the western point."""
        assert listed(judge(with_row))[0] == [name_of(3, 8), name_of(4, 8), name_of(5, 8)]
        (x, y), (far, _) = middle(3, 8), middle(5, 8)
        points = f"{x + 10:.0f} {y:.0f}", f"{far + 70:.0f} {y:.0f}"
        judged = judge(with_row, decide("split", *points), decide("pin", name_of(5, 8)))
        west, east = [name_of(3, 8), name_of(4, 8)], [name_of(5, 8)]
        assert sorted(listed(judged)) == sorted([west, [name_of(1, 1)], east])
        by_lead = judged.found.table["n"].rename(lambda one: one.removeprefix("Q01_"))
        assert (by_lead[name_of(3, 8)], by_lead[name_of(5, 8)]) == (31, 14)
        assert judged.table["outcome"].iloc[0].startswith("Cut into 2 parts: Squareham ")

    def test_split_with_points_at_the_edges(self, with_row: hs.Intensity) -> None:
        """A place that holds a point is the point's own, though another may be nearer."""
        (x, y), (far, _) = middle(3, 8), middle(4, 8)
        points = f"{x + 74:.0f} {y:.0f}", f"{far + 74:.0f} {y + 74:.0f}"
        pins = [decide("pin", name_of(column, 8)) for column in (3, 5)]
        judged = judge(with_row, decide("split", *points), *pins)
        assert [name_of(3, 8)] in listed(judged)
        assert [name_of(4, 8), name_of(5, 8)] in listed(judged)

    def test_split_and_merge_of_what_is_cut(self, with_row: hs.Intensity) -> None:
        """A part that was cut off can join another hotspot."""
        judged = judge(
            with_row,
            decide("split", name_of(3, 8), name_of(5, 8)),
            decide("merge", name_of(4, 8), name_of(1, 1)),
        )
        assert sorted(listed(judged)[0]) == sorted([name_of(1, 1), name_of(3, 8), name_of(4, 8)])
        assert judged.found.table["n"].iloc[0] == 71

    def test_rename(self, apart: hs.Intensity) -> None:
        """The hotspot that holds the place has the new name; rank and id stay."""
        judged = judge(apart, decide("rename", name_of(4, 1), name="Station approach"))
        assert judged.found.table["name"].tolist() == ["Squareham 1", "Station approach"]
        assert judged.found.table.index[1] == f"Q01_{name_of(4, 1)}"
        assert judged.table["outcome"].iloc[0] == "Squareham 2 is called Station approach."

    def test_order_of_actions(self, apart: hs.Intensity) -> None:
        """A merged and pinned hotspot is found by its new name's place after the exclusion."""
        judged = judge(
            apart,
            decide("rename", name_of(7, 1), name="The estate"),
            decide("pin", name_of(1, 4)),
            decide("merge", name_of(7, 1), name_of(1, 4)),
            decide("exclude", name_of(1, 1)),
        )
        assert sorted(listed(judged)) == [[name_of(4, 1)], [name_of(7, 1), name_of(1, 4)]]
        one = judged.found.table.loc[f"Q01_{name_of(7, 1)}"]
        assert one["name"] == "The estate"
        words = one["judgement"].split(" until ")
        assert [part.split()[-1] for part in words[:-1]] == ["Renamed", "Pinned", "Merged"]


class TestNotApplied:
    """What cannot be done for once is kept, and said."""

    def test_nobody_there(self, apart: hs.Intensity) -> None:
        """A hotspot that has dropped off keeps its name for its return."""
        judged = judge(
            apart,
            decide("rename", name_of(7, 1), name="The park"),
            decide("merge", name_of(1, 1), name_of(4, 4)),
            decide("split", name_of(7, 4), name_of(9, 7)),
        )
        assert judged.table["is_applied"].tolist() == [False] * 3
        assert judged.table["hotspot_id"].isna().tolist() == [True, False, True]
        said = [sentence.split(" is not applied this time: ") for sentence in judged.left_out]
        assert said == [
            ["Judgement 1 (rename The park)", "no hotspot there is on this list."],
            ["Judgement 2 (merge)", "only one hotspot there is on this list."],
            ["Judgement 3 (split)", "no hotspot there is on this list."],
        ]
        assert judged.found.table["judgement"].isna().all()
        assert listed(judged) == listed(judge(apart))

    def test_split_already(self, apart: hs.Intensity) -> None:
        """What lies in two hotspots already needs no cut."""
        judged = judge(apart, decide("split", name_of(1, 1), name_of(4, 1)))
        assert judged.table["outcome"].iloc[0] == (
            "Not applied this time: its points do not lie in one hotspot of this list."
        )

    def test_merged_and_still_too_little(self) -> None:
        """Two of the next ones become one, which may still not reach the list."""
        intensity = intensity_of({(1, 1): 40, (4, 1): 30, (1, 4): 5, (4, 4): 4})
        judged = judge(intensity, decide("merge", name_of(1, 4), name_of(4, 4)))
        assert listed(judged) == [[name_of(1, 1)], [name_of(4, 1)]]
        assert judged.table["outcome"].iloc[0] == (
            "Merged, but not on this list: others expect more."
        )
        assert len(judged.found.not_listed) == 1


def test_rank_without_top() -> None:
    """A pinned hotspot keeps its rank if no caller makes it, though some not listed have more."""
    table = pd.DataFrame({"borough": "A", "harm_per_week": [5.0, 3.0, 1.0]})
    not_listed = pd.Series([2.5, 2.0], index=["A", "A"])
    for share, ranks in (([0.0, 0.0, 0.0], [1, 2, 3]), ([0.0, 0.5, 0.0], [1, 4, 3])):
        assert ranks_without_top(table, pd.Series(share), not_listed).tolist() == ranks


def test_rank_without_top_of_equals() -> None:
    """Of equals those before it on the list stay before it, those after it and not listed do not.

    Without 40 % of its 5 the second has 3, as much as the third, and stays before it. Without
    two thirds of its 3 the third has 1, as much as the fourth and the one that came next.
    """
    table = pd.DataFrame({"borough": "A", "harm_per_week": [5.0, 5.0, 3.0, 1.0]})
    not_listed = pd.Series([1.0], index=["A"])
    for share, ranks in (
        ([0.0, 0.0, 0.0, 0.0], [1, 2, 3, 4]),
        ([0.0, 0.4, 2 / 3, 0.0], [1, 2, 3, 4]),
        ([0.4, 0.0, 0.0, 0.0], [2, 2, 3, 4]),
    ):
        assert ranks_without_top(table, pd.Series(share), not_listed).tolist() == ranks


class TestEdges:
    """Months, areas as places, borders, short lists."""

    def test_monthly(self) -> None:
        """Hotspots without hours are excluded, merged and pinned like others."""
        areas = square_area(side=3000)
        months = pd.date_range("2025-01-01", periods=12, freq="MS")
        parts = [
            pd.DataFrame({"start": months.repeat(n), "x": middle(*at)[0], "y": middle(*at)[1]})
            for at, n in {(1, 1): 4, (5, 1): 3, (9, 1): 2, (13, 1): 1}.items()
        ]
        incidents = make_incidents(pd.concat(parts, ignore_index=True), time_precision="month")
        places = hs.make_grid(areas, cell_size=100, shape="hexagon")
        intensity = hs.weekly_intensity(hs.count_incidents(incidents, places, areas=areas))
        at = [f"{middle(c, 1)[0]:.0f} {middle(c, 1)[1]:.0f}" for c in (1, 5, 9, 13)]
        judged = judge(
            intensity,
            decide("exclude", at[0]),
            decide("merge", at[1], at[2]),
            decide("pin", at[3]),
            areas=areas,
        )
        assert judged.found.table["n"].tolist() == [60, 12]
        assert judged.found.table["hours"].isna().all()

    def test_areas_are_places(self) -> None:
        """Where each area is one place, its code names it."""
        areas = pd.concat(
            [square_area(name, WEST + 2000 * k, 2000, f"Q0{k}") for k, name in enumerate("ABC")]
        )
        starts = pd.date_range("2025-01-03", periods=30, freq="7D") + pd.Timedelta(hours=20)
        rows = pd.DataFrame({"start": starts, "x": np.nan, "y": np.nan})
        codes = ["Q00"] * 15 + ["Q01"] * 10 + ["Q02"] * 5
        incidents = make_incidents(rows, area_code=codes)
        incidents = incidents.set_geometry(gpd.GeoSeries(None, index=incidents.index, crs=27700))
        names = [
            decide("rename", "Q01", name="Northern ward"),
            decide("exclude", "Q00_Q00"),
            decide("merge", "Q01", "Q02"),
        ]
        analysis = hs.analyse(incidents, areas=areas, judgements=names, progress=False)
        assert analysis.hotspots["name"].tolist() == ["Northern ward"]
        assert analysis.hotspots["borough"].tolist() == ["Q01"]
        assert analysis.found.short.loc["Q00", "reason"].endswith("exclude 1 place of it.")
        assert not analysis.found.short.loc["Q02", "reason"].endswith("of it.")

    def test_merge_across_a_border(self) -> None:
        """A hotspot of two areas is listed under the one that has its busiest place."""
        areas = pd.concat(
            [square_area("A", WEST, 750, "Q0"), square_area("B", WEST + 750, 750, "Q1")]
        )
        intensity = intensity_of({(1, 1): 20, (3, 3): 5, (8, 1): 30, (8, 3): 5}, areas)
        judged = judge(intensity, decide("merge", name_of(1, 1), name_of(8, 1)), areas=areas)
        merged = judged.found.table.loc[f"Q1_{name_of(8, 1)}"]
        assert (merged["borough"], merged["n"]) == ("Q1", 50)
        assert judged.found.table["rank"].tolist() == [1, 1, 2]

    def test_everything_excluded(self, apart: hs.Intensity) -> None:
        """An empty list keeps its form, and says why it is short."""
        x, y = middle(5, 5)
        judged = judge(apart, decide("exclude", f"{x:.0f} {y:.0f}", radius_m=2000))
        assert len(judged.found.table) == 0
        assert judged.found.short["reason"].iloc[0].endswith("Judgements exclude 100 places of it.")


class TestMessages:
    """What matches nothing, or contradicts, is refused; all of it at once."""

    def test_all_at_once(self, apart: hs.Intensity) -> None:
        """Every judgement that cannot be applied is named, and the good one is not."""
        outside = f"{WEST - 5000:.0f} {SOUTH:.0f}"
        with pytest.raises(hs.InputError) as caught:
            judge(
                apart,
                decide("exclude", outside),
                decide("pin", name_of(0, 0)),
                decide("rename", "Q01_sq150-1-1", name="x"),
                decide("pin", "TQ 40 80"),
                decide("pin", "TQ 4022 802"),
                decide("split", name_of(1, 1), "540225 180225"),
                decide("pin", name_of(1, 1)),
            )
        lines = str(caught.value).split("\n")
        assert lines[0] == "Invalid judgements: 6 cannot be applied."
        assert lines[1].endswith(f"lies outside the areas of this analysis at '{outside}'.")
        assert lines[2].endswith(f"has no incident of the period at '{name_of(0, 0)}'.")
        assert "names nothing at 'Q01_sq150-1-1'. Must be a National Grid reference" in lines[3]
        assert "names nothing at 'TQ 40 80'" in lines[4]
        assert "names nothing at 'TQ 4022 802'" in lines[5]
        assert lines[6].endswith("names one place twice; each point needs a place of its own.")
        assert lines[7].endswith("or delete the judgement.")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (decide("exclude", name_of(4, 1)), decide("pin", name_of(4, 1))),
            (decide("rename", name_of(4, 1), name="a"), decide("exclude", f"Q01_{name_of(4, 1)}")),
            (
                decide("exclude", name_of(4, 1), radius_m=10),
                decide("merge", name_of(4, 1), name_of(1, 1)),
            ),
            (
                decide("split", name_of(4, 1), name_of(7, 1)),
                decide("merge", name_of(4, 1), name_of(1, 1)),
            ),
            (
                decide("rename", name_of(4, 1), name="a"),
                decide("rename", name_of(4, 1), name="b"),
            ),
        ],
    )
    def test_contradictions(
        self, apart: hs.Intensity, one: hs.Judgement, other: hs.Judgement
    ) -> None:
        """Two judgements that cannot both hold are refused, in either order."""
        for pair in ((one, other), (other, one)):
            with pytest.raises(hs.InputError, match=r"judgement 2 \(.* name the same place"):
                judge(apart, *pair)

    def test_names_that_clash(self, with_row: hs.Intensity) -> None:
        """One hotspot gets one name, and no other hotspot has it."""
        with pytest.raises(hs.InputError, match="and judgement 1 name one hotspot"):
            judge(
                with_row,
                decide("rename", name_of(3, 8), name="a"),
                decide("rename", name_of(4, 8), name="b"),
            )
        with pytest.raises(hs.InputError, match="another hotspot is called 'SQUAREHAM 2', too"):
            judge(with_row, decide("rename", name_of(3, 8), name="SQUAREHAM 2"))

    def test_two_splits_of_one_hotspot(self) -> None:
        """Two cuts of one hotspot would depend on their order; one with all points does not."""
        row = {(2, 8): 17, (3, 8): 16, (4, 8): 15, (5, 8): 14}
        with pytest.raises(hs.InputError, match="cut one hotspot.\n.*Write all points into one"):
            judge(
                intensity_of(row),
                decide("split", name_of(2, 8), name_of(3, 8)),
                decide("split", name_of(4, 8), name_of(5, 8)),
            )

    def test_expired(self, apart: hs.Intensity) -> None:
        """The day of the run decides."""
        areas, pin = square_area(side=SIDE), [decide("pin", name_of(7, 1))]
        on_the_day = hs.judge_hotspots(apart, areas, pin, today=dt.date(2099, 12, 31))
        assert on_the_day.table["is_applied"].all()
        with pytest.raises(hs.InputError, match="1 has expired"):
            hs.judge_hotspots(apart, areas, pin, today=dt.date(2100, 1, 1))

    @pytest.mark.parametrize("given", [5, True, {}, b"x"])
    def test_no_judgements(self, apart: hs.Intensity, given: Any) -> None:
        """What is neither a path nor judgements is refused by its kind."""
        with pytest.raises(hs.InputError, match=r"Invalid judgements|Invalid path"):
            hs.judge_hotspots(apart, square_area(side=SIDE), given)
        with pytest.raises(hs.InputError, match="Invalid path"):
            hs.read_judgements(given)

    def test_outside_but_near(self) -> None:
        """Context, which is counted beside the areas, is not theirs to judge."""
        starts = pd.date_range("2025-01-03", periods=20, freq="7D") + pd.Timedelta(hours=20)
        x, y = middle(11, 1)
        rows = pd.DataFrame({"start": starts, "x": x, "y": y})
        inside = rows.assign(x=middle(8, 1)[0])
        incidents = make_incidents(pd.concat([rows, inside], ignore_index=True))
        with pytest.raises(hs.InputError, match="lies outside the areas of this analysis"):
            hs.analyse(
                incidents,
                areas=square_area(side=SIDE),
                judgements=[decide("pin", f"{x:.0f} {y:.0f}")],
                progress=False,
            )


PLACES = [(c, r) for c in range(10) for r in range(10)]


@pytest.fixture(scope="module")
def busy() -> hs.Intensity:
    """Give a grid where most places have reports, so that hotspots touch."""
    rng = np.random.default_rng(4)
    numbers = rng.poisson(rng.gamma(0.6, 6, len(PLACES)))
    return intensity_of({at: int(n) for at, n in zip(PLACES, numbers, strict=True) if n})


@st.composite
def some_judgements(draw: Any, names: list[str]) -> list[hs.Judgement]:
    """Draw judgements; each place is used once, so that none contradicts another by its ground."""
    order = draw(st.permutations(names))
    chosen = iter(order)
    taken = []
    for action, at_most in (("exclude", 4), ("pin", 4), ("merge", 2), ("split", 1), ("rename", 2)):
        for _ in range(draw(st.integers(0, at_most))):
            n = draw(st.integers(2, 3)) if action in ("merge", "split") else 1
            at = [next(chosen) for _ in range(n)]
            name = {"name": f"Name {at[0]}"} if action == "rename" else {}
            taken.append(decide(action, *at, **name))
    return list(draw(st.permutations(taken)))


class TestRelations:
    """What holds for any judgements."""

    @settings(max_examples=60)
    @given(data=st.data())
    def test_any(self, busy: hs.Intensity, data: Any) -> None:
        """Ranks, members and names keep their rules, and the order of the file does not matter."""
        n = busy.places["n"]
        judgements = data.draw(some_judgements(n.index[n > 0].tolist()))
        try:
            judged = judge(busy, *judgements)
        except hs.InputError as error:
            assert "name one hotspot" in str(error)  # noqa: PT017 (others are failures)
            return
        found = judged.found
        expected = found.table["expected_per_week"]
        assert found.table["rank"].tolist() == list(range(1, len(found.table) + 1))
        assert expected.is_monotonic_decreasing
        assert found.table.index.is_unique
        assert found.table["name"].is_unique
        members = found.members["place_id"]
        assert members.is_unique
        excluded = {at for one in judgements if one.action == "exclude" for at in one.points}
        pinned = {at for one in judgements if one.action == "pin" for at in one.points}
        assert excluded.isdisjoint(members)
        assert pinned <= set(members)
        assert 2 <= len(found.table) <= 2 + len(pinned)
        sums = found.members.assign(n=n[members].to_numpy()).groupby("hotspot_id")["n"].sum()
        assert (sums.reindex(found.table.index) == found.table["n"]).all()
        assert set(found.week.index) == set(found.table.index)
        again = judge(busy, *judgements[::-1])
        columns = [name for name in found.table if name != "judgement"]
        assert_geodataframe_equal(again.found.table[columns], found.table[columns])
        assert again.found.members.equals(found.members)
        assert again.table["outcome"].tolist() == judged.table["outcome"].tolist()[::-1]

    def test_rows_in_another_order(self) -> None:
        """The order of the incidents does not matter."""
        rows = reports(ALONE | ROW)
        areas = square_area(side=SIDE)
        judgements = [
            decide("split", name_of(3, 8), name_of(5, 8)),
            decide("pin", name_of(7, 4)),
            decide("exclude", name_of(1, 1)),
        ]
        both = [
            hs.analyse(table, areas=areas, judgements=judgements, progress=False)
            for table in (rows, rows.sample(frac=1, random_state=1))
        ]
        HOTSPOTS.validate(both[0].hotspots)
        assert_geodataframe_equal(both[0].hotspots, both[1].hotspots)
        assert_geodataframe_equal(both[0].judgements, both[1].judgements)
