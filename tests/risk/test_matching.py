"""Identity of hotspots from one list to the next: by hand, stability, uniqueness, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs
from hotspots.settings import HotspotSettings
from hotspots.tables import CRS, HOTSPOT_CHANGES

if TYPE_CHECKING:
    from collections.abc import Sequence

EVENINGS = ("4,5", 20.0, 2.0)
MORNINGS = ("0,1,2", 7.0, 9.0)
BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def make(
    boxes: dict[str, tuple[float, float, float, float]],
    hours: Sequence[tuple[Any, float, float]] | None = None,
    borough: str = "Q01",
) -> gpd.GeoDataFrame:
    """Make hotspots of rectangles, in metres, in the order of their ranks."""
    given_hours = [EVENINGS] * len(boxes) if hours is None else list(hours)
    return gpd.GeoDataFrame(
        {
            "borough": borough,
            "rank": np.arange(1, len(boxes) + 1),
            "weekdays": [each[0] for each in given_hours],
            "start_hour": [each[1] for each in given_hours],
            "end_hour": [each[2] for each in given_hours],
            "own_hours_share": 0.8,
        },
        geometry=[shapely.box(*each) for each in boxes.values()],
        index=pd.Index(list(boxes), name="hotspot_id"),
        crs=CRS,
    )


def told(match: hs.HotspotMatch) -> set[tuple[str, object, object]]:
    """Give change, previous and current id of each row."""
    table = match.changes.astype(object).where(match.changes.notna(), None)
    return set(zip(table["change"], table["previous_id"], table["current_id"], strict=True))


class TestByHand:
    """What each change is."""

    def test_kept(self) -> None:
        """A hotspot that grew by a third is the same, and carries its id."""
        match = hs.match_hotspots(make({"a": (0, 0, 300, 100)}), make({"b": (0, 0, 400, 100)}))
        assert told(match) == {("kept", "a", "b")}
        row = match.changes.iloc[0]
        assert row["hotspot_id"] == "a"
        assert (row["ground_shared"], row["hours_shared"], row["moved_m"]) == (0.75, 1.0, 50.0)
        assert match.hotspots.index.tolist() == ["a"]
        assert repr(match) == "<HotspotMatch: 1 hotspot; 1 kept>"
        HOTSPOT_CHANGES.validate(match.changes)

    def test_moved_in_place_or_time(self) -> None:
        """Half of the ground elsewhere, or other hours: moved, and the id goes on."""
        before = make({"a": (0, 0, 300, 100), "b": (0, 1000, 300, 1100)})
        after = make({"x": (150, 0, 450, 100), "y": (0, 1000, 300, 1100)}, [EVENINGS, MORNINGS])
        match = hs.match_hotspots(before, after)
        assert told(match) == {("moved", "a", "x"), ("moved", "b", "y")}
        assert match.changes["hours_shared"].tolist() == [1.0, 0.0]
        assert match.hotspots.index.tolist() == ["a", "b"]

    def test_borrowed_hours(self) -> None:
        """Hours that are the area's change for all its hotspots, and move none."""
        before = make({"a": (0, 0, 300, 100)}).assign(own_hours_share=0.1)
        after = make({"x": (0, 0, 300, 100)}, [MORNINGS]).assign(own_hours_share=0.1)
        match = hs.match_hotspots(before, after)
        assert told(match) == {("kept", "a", "x")}
        assert match.changes["hours_shared"].tolist() == [0.0]
        has_own = hs.match_hotspots(before, after.assign(own_hours_share=0.5))
        assert told(has_own) == {("moved", "a", "x")}

    def test_split(self) -> None:
        """The part that shares most keeps the id, the other keeps its own."""
        before = make({"a": (0, 0, 600, 100)})
        after = make({"x": (0, 0, 200, 100), "y": (200, 0, 600, 100)})
        match = hs.match_hotspots(before, after)
        assert told(match) == {("split", "a", "x"), ("split", "a", "y")}
        assert match.hotspots.index.tolist() == ["x", "a"]

    def test_merged(self) -> None:
        """Of two that became one the id of the larger share goes on."""
        before = make({"a": (0, 0, 200, 100), "b": (200, 0, 600, 100)})
        match = hs.match_hotspots(before, make({"x": (0, 0, 600, 100)}))
        assert told(match) == {("merged", "a", "x"), ("merged", "b", "x")}
        assert match.hotspots.index.tolist() == ["b"]

    def test_new_and_gone(self) -> None:
        """Without shared ground there is no identity, however near."""
        match = hs.match_hotspots(make({"a": (0, 0, 100, 100)}), make({"b": (100, 0, 200, 100)}))
        assert told(match) == {("gone", "a", None), ("new", None, "b")}
        assert set(match.changes["hotspot_id"]) == {"a", "b"}

    def test_hours_decide(self) -> None:
        """Two on the same ground, ranked the other way: each id goes with its hours."""
        ground = (0, 0, 300, 100)
        before = make({"a": ground, "b": ground}, [EVENINGS, MORNINGS])
        after = make({"x": ground, "y": ground}, [MORNINGS, EVENINGS])
        match = hs.match_hotspots(before, after)
        assert match.hotspots.index.tolist() == ["b", "a"]
        # Hours weigh more than a little ground.
        after = make({"x": (20, 0, 320, 100), "y": (10, 0, 310, 100)}, [EVENINGS, MORNINGS])
        assert hs.match_hotspots(before, after).hotspots.index.tolist() == ["a", "b"]

    def test_hours_shared(self) -> None:
        """Two evenings of six hours, one of them later by two: 8 of 16 hours are shared."""
        before = make({"a": (0, 0, 300, 100)}, [("4,5", 18.0, 0.0)])
        after = make({"x": (0, 0, 300, 100)}, [("5,6", 20.0, 2.0)])
        match = hs.match_hotspots(before, after)
        assert match.changes["hours_shared"].tolist() == [4 / 20]
        after = make({"x": (0, 0, 300, 100)}, [("4,5", 20.0, 2.0)])
        assert hs.match_hotspots(before, after).changes["hours_shared"].tolist() == [8 / 16]

    def test_ranks_decide(self) -> None:
        """Where sums are equal the earlier ranks come first."""
        before = make({"a": (0, 0, 200, 100), "b": (0, 0, 200, 100)})
        after = make({"x": (0, 0, 200, 100)})
        assert hs.match_hotspots(before, after).hotspots.index.tolist() == ["a"]
        turned = before.assign(rank=[2, 1])
        assert hs.match_hotspots(turned, after).hotspots.index.tolist() == ["b"]

    def test_least_share(self) -> None:
        """A third of the ground is enough by default, and not for 0.9."""
        before, after = make({"a": (0, 0, 300, 100)}), make({"b": (200, 0, 500, 100)})
        assert told(hs.match_hotspots(before, after)) == {("moved", "a", "b")}
        strict = hs.match_hotspots(before, after, least_share=0.9)
        assert told(strict) == {("gone", "a", None), ("new", None, "b")}

    def test_own_id_that_was_anothers(self) -> None:
        """A new hotspot whose own id went to another gets one that nobody had."""
        before = make({"a": (0, 0, 200, 100)})
        after = make({"x": (0, 0, 200, 100), "a": (1000, 0, 1200, 100)})
        match = hs.match_hotspots(before, after)
        assert match.hotspots.index.tolist() == ["a", "a-2"]
        before = make({"a": (0, 0, 200, 100), "a-2": (5000, 0, 5200, 100)})
        assert hs.match_hotspots(before, after).hotspots.index.tolist() == ["a", "a-3"]

    def test_without_hours(self) -> None:
        """Monthly lists are matched by their ground."""
        nothing = [(None, np.nan, np.nan)]
        monthly = make({"a": (0, 0, 100, 100)}, nothing)
        match = hs.match_hotspots(monthly, monthly)
        assert told(match) == {("kept", "a", "a")}
        assert match.changes["hours_shared"].isna().all()

    def test_other_area(self) -> None:
        """An id does not cross into another area's list."""
        here = make({"a": (0, 0, 100, 100)})
        match = hs.match_hotspots(here, make({"a": (0, 0, 100, 100)}, borough="Q02"))
        assert told(match) == {("gone", "a", None), ("new", None, "a")}
        assert match.hotspots.index.tolist() == ["a-2"]

    def test_nothing_before(self) -> None:
        """The first list has nothing to carry on."""
        now = make({"a": (0, 0, 100, 100)})
        match = hs.match_hotspots(now.iloc[:0], now)
        assert told(match) == {("new", None, "a")}
        HOTSPOT_CHANGES.validate(match.changes)
        assert len(hs.match_hotspots(now.iloc[:0], now.iloc[:0]).changes) == 0


@st.composite
def lists(draw: Any) -> gpd.GeoDataFrame:
    """Draw up to six rectangles on a coarse grid."""
    n = draw(st.integers(0, 6))
    numbers = st.integers(0, 6)
    boxes = {}
    for number in range(n):
        x, y = 100 * draw(numbers), 100 * draw(numbers)
        width, height = 100 * draw(st.integers(1, 3)), 100 * draw(st.integers(1, 3))
        boxes[f"h{draw(st.integers(0, 3))}-{number}"] = (x, y, x + width, y + height)
    return make(boxes)


class TestRelations:
    """What must hold whatever the lists."""

    @given(lists(), lists())
    def test_every_hotspot_once_or_linked(
        self, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame
    ) -> None:
        """Nothing is lost, ids are unique, and one goes on only where ground is shared."""
        match = hs.match_hotspots(before, after)
        assert set(match.changes["previous_id"].dropna()) == set(before.index)
        assert set(match.changes["current_id"].dropna()) == set(after.index)
        assert match.hotspots.index.is_unique
        assert match.hotspots.geometry.tolist() == after.geometry.tolist()
        links = set(zip(match.changes["previous_id"], match.changes["current_id"], strict=True))
        for own, carried in zip(after.index, match.hotspots.index, strict=True):
            assert carried not in before.index or (carried, own) in links

    @given(lists())
    def test_the_same_list(self, hotspots: gpd.GeoDataFrame) -> None:
        """A list matched with itself keeps every id."""
        assert hs.match_hotspots(hotspots, hotspots).hotspots.index.equals(hotspots.index)

    def test_other_order(self) -> None:
        """The order of the rows changes nothing."""
        before = make({"a": (0, 0, 200, 100), "b": (200, 0, 600, 100)})
        after = make({"x": (0, 0, 300, 100), "y": (300, 0, 600, 100)})
        first = hs.match_hotspots(before, after)
        second = hs.match_hotspots(before.iloc[::-1], after.iloc[::-1])
        assert told(first) == told(second)
        assert second.hotspots.index.tolist() == first.hotspots.index[::-1].tolist()


def list_of(intensity: hs.Intensity, **change: Any) -> gpd.GeoDataFrame:
    """Find the hotspots of Camden with one setting changed."""
    areas = hs.load_boroughs().loc[["E09000007"]]
    return hs.find_hotspots(intensity, areas, settings=HotspotSettings(**change)).table


class TestLists:
    """Lists of the main job."""

    def test_stable(self) -> None:
        """The same data again keep all ids, a small change of settings nearly all."""
        calls = hs.simulate_incidents(20_000, boroughs=["Camden"], rng=1).incidents
        first = hs.analyse(calls, boroughs=["Camden"], progress=False).hotspots
        again = hs.analyse(calls, boroughs=["Camden"], progress=False).hotspots
        assert hs.match_hotspots(first, again).changes["change"].tolist() == ["kept"] * 10
        places = hs.make_grid(hs.load_boroughs().loc[["E09000007"]])
        intensity = hs.weekly_intensity(hs.count_incidents(calls, places))
        usual = list_of(intensity)
        for change in ({"hours_per_week": 10}, {"hours_per_week": 14}, {"least_share": 0.36}):
            match = hs.match_hotspots(usual, list_of(intensity, **change))
            assert len(set(match.hotspots.index) & set(usual.index)) >= 9


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda table: table.to_crs(4326), "Must be EPSG:27700. Use previous.to_crs"),
        (
            lambda table: table.drop(columns="rank"),
            "Invalid previous 'a table without rank'. Must be a hotspots table. Use analysis.hot",
        ),
        (lambda table: pd.concat([table, table]), "Invalid previous 'a repeated id in a'"),
        (lambda table: table.assign(borough=None), r"no area \(borough\) in a"),
        (lambda table: table.assign(weekdays="Fri,Sat"), "weekdays that cannot be read in a"),
        (lambda table: table.assign(start_hour=np.nan), "hours that cannot be read in a"),
        (lambda table: table.assign(end_hour=24.0), "hours that cannot be read in a"),
        (lambda table: table.set_geometry([BOW_TIE]), "no sound polygon in a"),
        (lambda _: "hotspots.gpkg", "Invalid previous 'str'. Must be a hotspots table"),
    ],
)
def test_messages(change: Any, match: str) -> None:
    """What cannot be matched, in words."""
    table = make({"a": (530_000, 180_000, 530_100, 180_100)})
    with pytest.raises(hs.InputError, match=match):
        hs.match_hotspots(change(table), table)


@pytest.mark.parametrize("share", [0, 1.5, "half", np.nan])
def test_share(share: Any) -> None:
    """The share is a number above 0 and up to 1."""
    table = make({"a": (0, 0, 100, 100)})
    with pytest.raises(hs.InputError, match="Invalid least_share"):
        hs.match_hotspots(table, table, least_share=share)
