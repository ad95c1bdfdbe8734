"""People who may need a call: the rule by hand, where they are, who is not named, messages."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.incidents import batch_of
from hotspots.risk import VictimTask, gathered_victims
from hotspots.risk.victims import _most_in_window
from hotspots.settings import HotspotSettings
from hotspots.tables import HIGH_RISK_VICTIMS
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    import geopandas as gpd

AREA = square_area(side=1500.0)
PERIOD = ("2025-01-01", "2026-01-01")


def reports(
    *rows: tuple[str, str | None, bool], place: int = 0, **columns: object
) -> gpd.GeoDataFrame:
    """Give reports from date and hour, person, vulnerable flag, in a place of the first row."""
    table = pd.DataFrame(rows, columns=["start", "person_key", "flag"])
    table = table.assign(x=WEST + 75 + 150 * place, y=SOUTH + 75)
    persons = table["person_key"].astype("str").mask(table["person_key"].isna())
    options = {"asb_type": "nuisance", "person_key": persons, **columns}
    return make_incidents(table, is_flagged_vulnerable=table["flag"].to_numpy(), **options)


def joined(*tables: gpd.GeoDataFrame) -> Any:
    """Put tables under one another."""
    both = pd.concat(tables)
    both.index = pd.Index([f"i{n}" for n in range(len(both))], name="incident_id", dtype="str")
    return both


def victims(
    table: Any, *, found: bool = False, areas: bool = True, **options: Any
) -> hs.HighRiskVictims:
    """Count, and find high-risk victims."""
    given = AREA if areas else None
    counts = hs.count_incidents(table, hs.make_grid(AREA), areas=given, period=PERIOD)
    listed = None
    if found:
        few = HotspotSettings(per_area=1, max_area=22_500.0)
        listed = hs.find_hotspots(hs.weekly_intensity(counts), AREA, settings=few)
    result = hs.find_high_risk_victims(table, counts, found=listed, **options)
    HIGH_RISK_VICTIMS.validate(result.table)
    return result


class TestByHand:
    """Who is listed, and why."""

    TABLE = reports(
        ("2025-03-01 20:00", "many", False),
        ("2025-03-20 20:00", "many", False),
        ("2025-05-29 20:00", "many", False),  # 90th day of the window that begins on 1 March
        ("2025-03-01 20:00", "late", False),
        ("2025-03-20 20:00", "late", False),
        ("2025-05-30 20:00", "late", False),  # 91st day
        ("2025-06-01 20:00", "once", True),
        ("2025-07-01 19:00", "night", False),
        ("2025-07-01 20:00", "night", False),
        ("2025-07-01 21:00", "night", False),
        ("2025-02-01 20:00", "both", False),
        ("2025-02-02 20:00", "both", True),
        ("2025-02-03 20:00", "both", True),
        ("2025-02-03 20:00", None, True),
        ("2025-02-04 20:00", None, False),
    )

    def test_who(self) -> None:
        """Both reasons first, then many reports, then a flag; the rule is in dates."""
        found = victims(self.TABLE)
        assert found.table.index.tolist() == ["both", "many", "once"]
        assert found.table["n"].tolist() == [3, 3, 1]
        assert found.table["n_vulnerable"].tolist() == [2, 0, 1]
        assert found.table["n_dates_in_window"].tolist() == [3, 3, 1]
        # both: 1 + 2 + 2, many: 1 + 1 + 1, once: 2.
        assert found.table["harm"].tolist() == [5, 3, 2]
        assert found.table["dates"].tolist() == [
            "2025-02-01, 2025-02-02, 2025-02-03",
            "2025-03-01, 2025-03-20, 2025-05-29",
            "2025-06-01",
        ]
        assert found.table["first"].iloc[1] == pd.Timestamp("2025-03-01", tz="Europe/London")
        assert found.table["last"].iloc[1] == pd.Timestamp("2025-05-29", tz="Europe/London")
        both = "2 of 3 reports flagged vulnerable; reports on 3 dates within 90 days"
        assert found.table["reason"].tolist() == [
            f"{both}; the last on 3 February 2025.",
            "Reports on 3 dates within 90 days; the last on 29 May 2025.",
            "The one report flagged vulnerable; the last on 1 June 2025.",
        ]

    def test_unnamed(self) -> None:
        """Reports that name nobody are counted and said."""
        found = victims(self.TABLE)
        assert (found.n_unnamed, found.n_unnamed_vulnerable) == (2, 1)
        assert found.summary == (
            "3 people may need a call: 2 flagged vulnerable, 2 with reports on 3 or more dates "
            "within 90 days. 2 reports name nobody, 1 of them flagged vulnerable."
        )

    def test_rules(self) -> None:
        """Another rule lists others."""
        assert "late" in victims(self.TABLE, window_days=91).table.index
        assert "many" not in victims(self.TABLE, n_reports=4).table.index
        twice = victims(self.TABLE, n_reports=2, window_days=365).table.index
        assert set(twice) == {"both", "many", "late", "once"}

    def test_where(self) -> None:
        """At the hotspot, elsewhere, and without a place at all: nobody is left out."""
        busy = reports(
            *[(f"2025-{month:02d}-03 20:00", None, False) for month in range(1, 13)], place=2
        )
        here = reports(("2025-06-01 20:00", "here", True), place=2)
        there = reports(("2025-06-02 20:00", "there", True), place=7)
        nowhere = reports(("2025-06-03 20:00", "nowhere", True))
        nowhere = nowhere.set_geometry([None], crs=nowhere.crs)
        outside = reports(("2025-06-03 20:00", "outside", True), place=500)
        found = victims(joined(busy, here, there, nowhere, outside), found=True)
        table = found.table
        assert set(table.index) == {"here", "there", "nowhere"}
        assert table.loc["here", "hotspot_rank"] == 1
        assert table.loc["here", "reason"].endswith("Some are at a listed hotspot, rank 1.")
        assert pd.isna(table.loc["there", "hotspot_id"])
        assert table.loc["there", "place_id"] != table.loc["here", "place_id"]
        assert table.loc[["here", "there"], "borough"].tolist() == ["Q01", "Q01"]
        assert table.loc["nowhere", ["place_id", "borough"]].isna().all()

    def test_main_place(self) -> None:
        """The place with most reports is shown; of equal ones the first by id."""
        at_two = reports(("2025-06-01 20:00", "p", True), ("2025-06-05 20:00", "p", True), place=2)
        at_three = reports(("2025-06-02 20:00", "p", True), place=3)
        at_four = reports(("2025-06-03 20:00", "q", True), place=4)
        at_one = reports(("2025-06-04 20:00", "q", True), place=1)
        table = victims(joined(at_three, at_two, at_four, at_one)).table
        west = int(WEST // 150)
        assert table.loc["p", "place_id"].startswith(f"sq150-{west + 2}-")
        assert table.loc["q", "place_id"].startswith(f"sq150-{west + 1}-")


class TestEdges:
    """Nobody, no areas, months."""

    def test_nobody(self) -> None:
        """Without names there is an empty table that says how many reports name nobody."""
        found = victims(reports(("2025-06-01 20:00", None, True)))
        assert len(found.table) == 0
        assert found.summary == (
            "0 people may need a call: 0 flagged vulnerable, 0 with reports on 3 or more dates "
            "within 90 days. 1 report names nobody, 1 of them flagged vulnerable."
        )

    def test_nothing(self) -> None:
        """Without reports nothing fails."""
        found = victims(make_incidents([]))
        assert (len(found.table), found.n_unnamed) == (0, 0)

    def test_no_areas(self) -> None:
        """Without areas the borough is that of the place."""
        found = victims(reports(("2025-06-01 20:00", "p", True)), areas=False)
        assert found.table["borough"].tolist() == ["Q01"]

    def test_outside_the_period(self) -> None:
        """Only reports of the period count."""
        table = reports(("2024-12-31 20:00", "p", True), ("2025-01-01 00:00", "q", True))
        assert victims(table).table.index.tolist() == ["q"]

    def test_part_of_what_was_counted(self) -> None:
        """Of counts since a day only reports since that day count."""
        table = reports(("2025-02-01 20:00", "p", True), ("2025-08-01 20:00", "q", True))
        counts = hs.count_incidents(table, hs.make_grid(AREA), areas=AREA, period=PERIOD)
        since = counts.since(pd.Timestamp("2025-07-01", tz="Europe/London"))
        assert since is not None
        assert hs.find_high_risk_victims(table, since).table.index.tolist() == ["q"]

    def test_london_dates(self) -> None:
        """Half past midnight and a quarter to, in June, are two London dates."""
        table = reports(("2025-06-01 23:45", "p", False), ("2025-06-02 00:30", "p", False))
        found = victims(table, n_reports=2, window_days=2)
        assert found.table["dates"].tolist() == ["2025-06-01, 2025-06-02"]
        assert len(victims(table, n_reports=2, window_days=1).table) == 0

    def test_restricted(self) -> None:
        """Nothing of the table may go to a partner or the public."""
        table = victims(TestByHand.TABLE).table
        assert HIGH_RISK_VICTIMS.for_audience(table, "partner").shape[1] == 0
        assert HIGH_RISK_VICTIMS.index.audience == "restricted"
        assert list(table.columns) == [column.name for column in HIGH_RISK_VICTIMS.columns]


class TestRelations:
    """What must not matter."""

    def test_order_and_parts(self) -> None:
        """Order, labels and chunks of the rows change nothing."""
        table = hs.simulate_incidents(2000, boroughs=["Camden"], rng=1).incidents
        places = hs.make_grid(hs.load_boroughs().loc[["E09000007"]])
        counts = hs.count_incidents(table, places)
        first = hs.find_high_risk_victims(table, counts)
        assert len(first.table) > 20
        mixed = table.sample(frac=1.0, random_state=3)
        mixed.index = pd.Index([f"x{n}" for n in range(len(mixed))], name="incident_id")
        again = hs.find_high_risk_victims(mixed, counts)
        pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
        task = pickle.loads(pickle.dumps(VictimTask.build(counts)))  # noqa: S301 (our own)
        thirds = [task([batch_of(table.iloc[part::3])]) for part in (1, 0, 2)]
        of_parts = hs.find_high_risk_victims(gathered_victims(thirds), counts)
        pd.testing.assert_frame_equal(first.table, of_parts.table, check_exact=True)
        assert first.summary == of_parts.summary

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), min_size=1, max_size=30),
        st.integers(1, 40),
    )
    def test_window(self, seen: list[tuple[str, int]], width: int) -> None:
        """The most dates in a window, by trying every window."""
        rows = pd.DataFrame(seen, columns=["person_key", "day"])
        found = _most_in_window(rows, width)
        for person, own in rows.groupby("person_key"):
            dates = own["day"].unique()
            most = max(((dates >= day) & (dates < day + width)).sum() for day in dates)
            assert found[person] == most

    def test_weights_are_repetition(self) -> None:
        """A row of weight 2 is two reports, on one date."""
        once = reports(("2025-06-01 20:00", "p", True), weight=2.0)
        twice = reports(("2025-06-01 20:00", "p", True), ("2025-06-01 20:00", "p", True))
        pd.testing.assert_frame_equal(victims(once).table, victims(twice).table)

    def test_nearby_is_no_reason(self) -> None:
        """Persons are told apart by key, not by place."""
        table = reports(*[(f"2025-06-0{n + 1} 20:00", f"p{n}", False) for n in range(5)])
        assert len(victims(table).table) == 0
        assert shapely.equals(*table.geometry.iloc[:2])
        assert np.unique(table["person_key"]).size == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_reports": 1}, "Invalid n_reports '1'. Must be a whole number of at least 2"),
        ({"n_reports": 2.5}, "Invalid n_reports '2.5'"),
        ({"window_days": 0}, "Invalid window_days '0'. Must be a whole number of at least 1"),
        ({"weights": 3}, "Invalid weights 'int'. Must be harm weights, or the path of"),
    ],
)
def test_messages(options: dict[str, Any], message: str) -> None:
    """An option out of its range is named."""
    with pytest.raises(hs.InputError, match=message):
        victims(TestByHand.TABLE, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"counts": 3}, "Invalid counts 'int'. Must be Counts. Use hs.count_incidents"),
        ({"found": 3}, "Invalid found 'int'. Must be a HotspotList, or None. Use hs.find_hotspots"),
        ({"incidents": 3}, "Invalid incidents 'int'. Must be an incidents table"),
    ],
)
def test_wrong_things(options: dict[str, Any], message: str) -> None:
    """What is no counts, no list and no incidents is named."""
    area = square_area(side=600.0)
    table = TestByHand.TABLE
    given: dict[str, Any] = {
        "incidents": table,
        "counts": hs.count_incidents(table, hs.make_grid(area), areas=area),
    }
    with pytest.raises(hs.InputError, match=message):
        hs.find_high_risk_victims(**(given | options))
