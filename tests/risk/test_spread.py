"""How a list spreads: by hand on two boroughs of squares, edges, relations, messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

import hotspots as hs
from hotspots.errors import InputError
from hotspots.risk.list_repeats import draw_repeats, shared_share
from hotspots.risk.spread_groups import group_labels, share_of, shared_ground
from hotspots.settings import HotspotSettings
from hotspots.tables import SPREAD
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    from pathlib import Path

    from hotspots.risk.record import ListRecord

SIDE = 1500.0
PERIOD = ("2025-01-06", "2025-03-17")  # ten weeks
TWO_PLACES = HotspotSettings(per_area=2, max_area=22_500.0)


def two_areas() -> gpd.GeoDataFrame:
    """Give two squares of 1.5 km side by side: a hundred places each."""
    parts = (
        square_area("West", WEST, SIDE, "Q01"),
        square_area("East", WEST + SIDE, SIDE, "Q02"),
    )
    # square_area is as high as it is wide: 10 × 10 places.
    return pd.concat(parts)


def place_id(column: int) -> str:
    """Give the id of a place of the first row."""
    return f"sq150-{int(WEST // 150) + column}-{int(SOUTH // 150)}"


def calls_at(n_of: dict[int, int]) -> gpd.GeoDataFrame:
    """Give so many incidents in places of the first row, on following evenings."""
    parts = []
    for column, n in n_of.items():
        moments = pd.Timestamp("2025-01-06 20:00") + pd.to_timedelta(np.arange(n) % 70, unit="D")
        x, y = WEST + 75 + 150 * column, SOUTH + 75
        parts.append(pd.DataFrame({"start": moments, "x": x, "y": y}))
    return make_incidents(pd.concat(parts, ignore_index=True))


# West: 40 and 20 in two places, 20 elsewhere; East: 10, 6, and 4 elsewhere.
N_OF = {2: 40, 6: 20, 8: 20, 11: 10, 15: 6, 18: 4}


class Made:
    """A list of two hotspots of one place each in both areas."""

    def __init__(self, n_of: dict[int, int] = N_OF) -> None:
        self.areas = two_areas()
        self.incidents = calls_at(n_of)
        places = hs.make_grid(self.areas)
        self.counts = hs.count_incidents(self.incidents, places, areas=self.areas, period=PERIOD)
        self.intensity = hs.weekly_intensity(self.counts)
        self.found = hs.find_hotspots(self.intensity, self.areas, settings=TWO_PLACES)
        self.hotspots = self.found.table

    def spread(self, **options: Any) -> hs.Spread:
        """Check its spread."""
        return hs.check_spread(
            options.pop("hotspots", self.hotspots),
            options.pop("members", self.found.members),
            options.pop("counts", self.counts),
            options.pop("areas", self.areas),
            **options,
        )

    def tasks(self, visits: list[int]) -> pd.DataFrame:
        """Give so many visits to each hotspot in order; the last to a place off the list."""
        ids = [*self.hotspots.index, "elsewhere"]
        return pd.DataFrame({"hotspot_id": ids[: len(visits)], "visits_per_week": visits})

    def record(self) -> ListRecord:
        """Give what it leaves for the next list."""
        table = self.hotspots.assign(source="test")
        return hs.risk.record_list(table, self.found, self.intensity, self.areas, TWO_PLACES)


def halves(**columns: Any) -> gpd.GeoDataFrame:
    """Give four small areas: each borough cut in a western and an eastern half."""
    lefts = WEST + np.arange(4) * SIDE / 2
    return gpd.GeoDataFrame(
        columns,
        geometry=list(shapely.box(lefts, SOUTH, lefts + SIDE / 2, SOUTH + SIDE)),
        index=pd.Index(["a", "b", "c", "d"]),
        crs="EPSG:27700",
    )


@pytest.fixture(scope="module")
def made() -> Made:
    """Give the list once."""
    return Made()


class TestByHand:
    """Numbers that can be checked with a pencil."""

    def test_by_area(self, made: Made) -> None:
        """Ground, reports, share of the listed, visits and rates of both areas."""
        areas = made.areas.assign(population=[2000, 500])
        table = made.spread(areas=areas, tasks=made.tasks([5, 3, 2, 0])).by_area
        # West lists places 2 and 6, or 8 (20 reports both); East 11 and 15.
        assert table["hotspots"].tolist() == [2, 2]
        assert table["land"].tolist() == pytest.approx([0.02, 0.02])
        assert table["reports"].tolist() == [80, 20]
        assert table["listed_reports"].tolist() == [60, 16]
        assert table["held"].tolist() == pytest.approx([0.75, 0.8])
        # 60 / 76, 16 / 76.
        assert table["share_of_listed"].tolist() == pytest.approx([0.789474, 0.210526], abs=1e-6)
        assert table["visits"].tolist() == [8, 2]
        assert table["reports_per_1000"].tolist() == [40, 40]
        assert table["visits_per_1000"].tolist() == [4, 4]

    def test_by_group(self, made: Made) -> None:
        """Half of the ground of each area is in each group; places 2 and 11 and so on."""
        groups = halves(imd_decile=[1, 2, 1, 2], population=[1000, 3000, 2000, 2000])
        tasks = made.tasks([7, 0, 0, 3])
        rows = made.spread(groups=groups, tasks=tasks).by_group.set_index(["group", "measure"])
        of = {row: made.found.members["place_id"].iloc[row] for row in range(4)}
        columns = {row: int(of[row].split("-")[1]) - int(WEST // 150) for row in range(4)}
        # Columns 0 to 4 and 10 to 14 are decile 1.
        is_first = np.array([columns[row] % 10 < 5 for row in range(4)])
        assert rows.loc[("1", "hotspots"), "share"] == is_first.mean()
        visits = np.array([7, 0, 0, 3])
        assert rows.loc[("1", "visits"), "share"] == pytest.approx(visits[is_first].sum() / 10)
        assert rows.loc[("1", "visits"), "population"] == 3000 / 8000
        assert rows.loc[("1", "visits"), "land"] == pytest.approx(0.5)
        # Of 100 reports, 40 lie in column 2, 10 in 11; the rest is in decile 2.
        assert rows.loc[("1", "visits"), "reports"] == pytest.approx(0.5)
        share = visits[is_first].sum() / 10
        assert rows.loc[("1", "visits"), "to_population"] == pytest.approx(share / 0.375)
        assert rows.loc[("2", "visits"), "to_reports"] == pytest.approx((1 - share) / 0.5)
        # Kish: 10² / (7² + 3²) = 1.724 hotspots' worth.
        n = 100 / 58
        low = beta.ppf(0.025, share * n, n - share * n + 1) if share > 0 else 0
        assert rows.loc[("1", "visits"), "low"] == pytest.approx(low)

    def test_share_of(self) -> None:
        """Clopper and Pearson for 2 of 10: 0.0252 to 0.5561 (published tables)."""
        assert share_of(np.ones(10), np.repeat([1.0, 0.0], [2, 8]), 0.05) == pytest.approx(
            (0.2, 0.0252, 0.5561), abs=5e-5
        )
        # One hotspot says next to nothing.
        assert share_of(np.ones(1), np.ones(1), 0.05) == pytest.approx((1.0, 0.025, 1.0))

    def test_ground_is_shared(self) -> None:
        """A square of which a quarter lies in one group, a half in another, the rest in none."""
        square = np.array([shapely.box(0, 0, 4, 4)])
        groups = np.array([shapely.box(0, 0, 2, 2), shapely.box(2, 0, 4, 4)])
        assert shared_ground(square, groups).toarray().tolist() == [[0.25, 0.5]]
        # Groups that overlap wholly share it.
        twice = np.array([shapely.box(-1, -1, 5, 5)] * 2)
        assert shared_ground(square, twice).toarray().tolist() == [[0.5, 0.5]]

    def test_fifths(self) -> None:
        """Eleven values, one resident each but the last, who stands for ten: she is a class."""
        values = pd.Series(np.arange(11.0))
        weight = np.array([1.0] * 10 + [10.0])
        labels = group_labels(values, weight)
        # Middles of the running sums over 20: 0.5, 1.5, … 9.5, 15 → 0.025 … 0.475, 0.75.
        assert labels.iloc[0] == "1 of 5 (0 to 3)"
        assert labels.iloc[4] == "2 of 5 (4 to 7)"
        assert labels.iloc[8] == "3 of 5 (8 to 9)"
        assert labels.iloc[10] == "4 of 5 (10 to 10)"

    def test_repeats(self, made: Made) -> None:
        """One of four hotspots is new: three quarters of the ground were listed before."""
        later = Made({2: 40, 8: 30, 9: 3, 11: 10, 15: 6, 18: 4})
        spread = later.spread(previous=made.record())
        first, second = sorted(made.found.members["place_id"])[:2]
        assert first == place_id(2)
        n_same = 4 if second == place_id(8) else 3
        assert spread.figures["hotspots_repeated"] == n_same / 4
        assert spread.figures["ground_repeated"] == pytest.approx(n_same / 4)
        assert spread.figures["places_repeated"] == n_same / 4
        # 40 + 10 + 6 of 86 reports on the list, and 30 if its place was listed, too.
        held = 86 if n_same == 4 else 56
        assert spread.figures["reports_repeated"] == pytest.approx(held / 86)
        assert spread.figures["period_shared"] == 1
        assert spread.repeats["was_listed"].sum() == n_same

    def test_lists_in_a_row(self, made: Made) -> None:
        """A place that was on the last two lists, and on the one before after a gap."""
        record = made.record()
        gone = replace(record, hotspots=record.hotspots.iloc[1:])
        rows = made.spread(previous=[record, record, gone, record]).repeats
        assert rows["lists_in_a_row"].tolist() == [3, 5, 5, 5]

    def test_exploring(self, made: Made) -> None:
        """Two of twelve visits go elsewhere."""
        figures = made.spread(tasks=made.tasks([4, 3, 2, 1, 2])).figures
        assert (figures["visits"], figures["exploring_visits"]) == (12, 2)
        assert figures["exploring"] == pytest.approx(1 / 6)

    def test_stable_world(self) -> None:
        """With so much data that nothing can change, all is listed again."""
        made = Made({2: 4000, 6: 2000, 8: 500, 11: 4000, 15: 2000, 18: 500})
        record = made.record()
        share, low, high = draw_repeats(
            record, ["Q01", "Q02"], made.counts, n_draws=50, chance=np.random.default_rng(1)
        )
        assert (share, low, high) == (1, 1, 1)
        assert shared_share(record, made.counts) == 1

    def test_world_of_equals(self, made: Made) -> None:
        """Of fifty equal places five were listed: of those a tenth comes again by chance."""
        record = made.record()
        assert record.places is not None
        index = pd.Index([f"p{n}" for n in range(50)], name="place_id")
        places = pd.DataFrame(
            {
                "area_id": "Q01",
                "n": 10.0,
                "n_recent": 10.0,
                "dispersion": 1.0,
                "shape": 1000.0,
                "rate": 1000.0,
                "harm_per_report": 1.0,
                "is_context": False,
                "hotspot_id": pd.Series(["h"] * 5 + [None] * 45, dtype="str").to_numpy(),
            },
            index=index,
        )
        start = record.start - pd.Timedelta(weeks=20)
        end = record.start - pd.Timedelta(weeks=10)
        last = replace(record, places=places, start=start, end=end)
        share, low, high = draw_repeats(
            last, ["Q01"], made.counts, n_draws=400, chance=np.random.default_rng(1)
        )
        # Mean of 400 draws of five of fifty: standard error 0.13 / 20.
        assert share == pytest.approx(0.1, abs=0.025)
        assert (low, high) == pytest.approx((0, 0.4))
        assert shared_share(last, made.counts) == 0

    def test_world_by_harm(self, made: Made) -> None:
        """Fifty places of much the same count: those whose reports weigh most are listed again."""
        record = made.record()
        listed = ["h"] * 5 + [None] * 45
        places = pd.DataFrame(
            {
                "area_id": "Q01",
                "n": 1000.0,
                "n_recent": 1000.0,
                "dispersion": 1.0,
                "shape": 1000.0,
                "rate": 10.0,
                "harm_per_report": [2.0] * 5 + [1.0] * 45,
                "is_context": False,
                "hotspot_id": pd.Series(listed, dtype="str").to_numpy(),
            },
            index=pd.Index([f"p{n}" for n in range(50)], name="place_id"),
        )
        last = replace(record, places=places)
        shares = []
        for weight in (places["harm_per_report"], 1.0):
            each = replace(last, places=places.assign(harm_per_report=weight))
            chance = np.random.default_rng(1)
            shares.append(draw_repeats(each, ["Q01"], made.counts, n_draws=20, chance=chance)[0])
        assert shares[0] == 1
        assert shares[1] < 0.5

    def test_world_by_recency(self, made: Made) -> None:
        """The same period: what a place had is kept, and counts as much as it did then."""
        record = made.record()
        # Half as long ago: 100 old reports count 20, 50 recent ones 40.
        places = pd.DataFrame(
            {
                "area_id": "Q01",
                "n": [100.0, 50.0],
                "n_recent": [20.0, 40.0],
                "dispersion": 1.0,
                "shape": [20.0, 40.0],
                "rate": 4.0,
                "harm_per_report": 1.0,
                "is_context": False,
                "hotspot_id": pd.Series([None, "h"], dtype="str").to_numpy(),
            },
            index=pd.Index(["p0", "p1"], name="place_id"),
        )
        last = replace(record, places=places, half_life=5.0, recent_weeks=4.0)
        share, low, high = draw_repeats(
            last, ["Q01"], made.counts, n_draws=20, chance=np.random.default_rng(1)
        )
        assert (share, low, high) == (1, 1, 1)

    def test_context_is_left_out(self, made: Made) -> None:
        """What lies outside of the areas counts in a place, and for no area's list."""
        context = np.zeros(len(made.counts.places))
        context[made.counts.places.index.get_loc(place_id(2))] = 5
        counts = replace(made.counts, context=context)
        spread = hs.check_spread(made.hotspots, made.found.members, counts, made.areas)
        assert spread.by_area["listed_reports"].tolist() == [55, 16]

    def test_cut_small_area(self, made: Made) -> None:
        """Of a small area of which a half lies outside, half the residents and the ground count."""
        wide = shapely.box(WEST + SIDE, SOUTH, WEST + 3 * SIDE, SOUTH + SIDE)
        groups = halves(imd=[1, 1, 2, 2], population=[500, 500, 2000, 1])
        groups.geometry = [*groups.geometry.iloc[:2], wide, shapely.box(0, 0, 1, 1)]
        spread = made.spread(groups=groups)
        first = spread.by_group.iloc[0]
        assert (first["population"], first["land"]) == pytest.approx((0.5, 0.5))
        assert spread.by_area["population"].tolist() == [1000, 1000]

    def test_cut_reports(self, made: Made) -> None:
        """Reports of the user's own are cut to the listed areas like residents and ground."""
        wide = shapely.box(WEST + SIDE, SOUTH, WEST + 3 * SIDE, SOUTH + SIDE)
        groups = halves(imd=[1, 1, 2, 2], population=1)
        groups.geometry = [*groups.geometry.iloc[:2], wide, shapely.box(0, 0, 1, 1)]
        # 5 + 5 of deprived ones; of the others a half of 60, and none of the 100 far away.
        reports = pd.Series([5, 5, 60, 100], index=groups.index)
        rows = made.spread(groups=groups, reports=reports).by_group.drop_duplicates("group")
        assert rows.set_index("group")["reports"].to_dict() == pytest.approx({"1": 0.25, "2": 0.75})


class TestWords:
    """What is said, and what is never said."""

    def test_nothing_explores(self, made: Made) -> None:
        """At present no visit does, and the report says what follows."""
        said = str(made.spread(tasks=made.tasks([4, 3, 2, 1])))
        assert "None of the 10 visits a week goes to a place off the list: nothing explores" in said
        assert "can only confirm the list" in said

    def test_some_explore(self, made: Made) -> None:
        """Then it says how many."""
        said = str(made.spread(tasks=made.tasks([4, 3, 2, 1, 2])))
        assert "2 of the 12 visits a week (17 %) go to places off the list" in said

    def test_nothing_known(self, made: Made) -> None:
        """Without tasks, last list and small areas it says that it does not know."""
        said = str(made.spread())
        assert "Without tasks, nothing is said of visits." in said
        assert "There is no last list to say how much repeats." in said
        assert "nothing is said of who reports little" in said

    def test_group_apart(self, made: Made) -> None:
        """A group that holds all hotspots and hardly any resident is named."""
        groups = halves(kind=["x", "x", "x", "y"], population=[1, 1, 1, 10_000])
        said = str(made.spread(groups=groups))
        assert "By kind, group x has" in said
        assert "0.0 % of the residents" in said

    def test_unused_columns(self, made: Made) -> None:
        """A column that is a name is said to be left out."""
        groups = halves(note=[None] * 4, imd=[1, 2, 3, 4], population=1)
        assert (
            "Not compared, because they are names or empty: note."
            in made.spread(groups=groups).words
        )

    def test_places_too_large(self) -> None:
        """Places larger than the small areas: nothing is said of their reports."""
        made = Made()
        places = hs.places_from_areas(made.areas)
        counts = hs.count_incidents(made.incidents, places, areas=made.areas, period=PERIOD)
        intensity = hs.weekly_intensity(counts)
        settings = HotspotSettings(per_area=1)
        found = hs.find_hotspots(intensity, made.areas, settings=settings)
        groups = halves(imd=[1, 2, 1, 2], population=100)
        spread = hs.check_spread(found.table, found.members, counts, made.areas, groups=groups)
        assert len(spread.low_reporting) == 0
        assert spread.by_group["reports"].isna().all()
        assert "The places are larger than the small areas" in str(spread)


class TestEdges:
    """Empty lists, no residents, no tasks."""

    def test_no_tasks(self, made: Made) -> None:
        """Visits are unknown, not none."""
        spread = made.spread(groups=halves(imd=[1, 1, 2, 2], population=1))
        assert spread.by_area["visits"].isna().all()
        assert set(spread.by_group["measure"]) == {"hotspots", "expected"}
        assert "visits" not in spread.figures

    def test_empty_list(self, made: Made) -> None:
        """A list without hotspots."""
        spread = made.spread(
            hotspots=made.hotspots.iloc[:0],
            members=made.found.members.iloc[:0],
            groups=halves(imd=[1, 1, 2, 2], population=1),
            tasks=made.tasks([]),
            previous=made.record(),
        )
        assert spread.by_area["hotspots"].tolist() == [0, 0]
        assert spread.by_group["share"].isna().all()
        assert spread.figures["held"] == 0
        SPREAD.validate(spread.table)

    def test_nobody_lives_there(self, made: Made) -> None:
        """Rates of nobody are unknown."""
        table = made.spread(areas=made.areas.assign(population=[0, 10])).by_area
        assert np.isnan(table.loc["Q01", "reports_per_1000"])

    def test_partners_record(self, made: Made) -> None:
        """A last list without places: repeats by ground only."""
        figures = made.spread(previous=replace(made.record(), places=None)).figures
        assert figures["ground_repeated"] == 1
        assert np.isnan(figures["stable"])
        assert np.isnan(figures["places_repeated"])

    def test_other_areas_before(self, made: Made) -> None:
        """A last list of one of the areas: only that one is compared."""
        record = made.record()
        record = replace(record, areas={"Q01": "West"}, hotspots=record.hotspots.iloc[:2])
        assert len(made.spread(previous=record).repeats) == 2

    def test_missing_group(self, made: Made) -> None:
        """A small area without a value is a group of its own, at the end."""
        rows = made.spread(groups=halves(imd=[2, 1, None, 1], population=1)).by_group
        assert rows["group"].unique().tolist() == ["1", "2", "(missing)"]

    def test_long_table(self, made: Made) -> None:
        """Every figure stands once, and the table keeps its schema."""
        groups = halves(imd=[1, 1, 2, 2], population=1)
        spread = made.spread(groups=groups, previous=made.record(), tasks=made.tasks([1, 1]))
        table = spread.table
        SPREAD.validate(table)
        assert not table.duplicated(["about", "of", "group", "figure"]).any()
        row = table[(table["figure"] == "visits: share") & (table["group"] == "1")].iloc[0]
        assert row["value"] == spread.by_group["share"].iloc[2]
        for marking in ("restricted", "partner"):
            assert len(SPREAD.for_audience(table, marking).columns) == len(SPREAD.columns)


class TestRelations:
    """What must not matter."""

    def test_order_and_labels(self, made: Made) -> None:
        """The order of rows and the labels of small areas do not matter; nothing is changed."""
        groups = halves(imd=[1, 1, 2, 2], population=[5, 6, 7, 8])
        options = {"previous": made.record(), "tasks": made.tasks([4, 3, 2, 1])}
        before = groups.copy(), made.hotspots.copy(), made.found.members.copy()
        one = made.spread(groups=groups, **options)
        other = made.spread(
            groups=groups.iloc[::-1].set_axis([9, 8, 7, 6]),
            members=made.found.members.iloc[::-1].set_axis(list("wxyz")),
            **options,
        )
        pd.testing.assert_frame_equal(one.by_group, other.by_group)
        pd.testing.assert_frame_equal(one.by_area, other.by_area)
        assert dict(one.figures) == dict(other.figures)
        after = groups, made.hotspots, made.found.members
        for was, now in zip(before, after, strict=True):
            pd.testing.assert_frame_equal(pd.DataFrame(was), pd.DataFrame(now))

    def test_place_labels(self, made: Made) -> None:
        """Draws do not depend on what places are called, nor on their order."""
        record = made.record()
        assert record.places is not None
        shuffled = record.places.iloc[::-1].set_axis([f"p{n}" for n in range(len(record.places))])
        shares = [
            draw_repeats(
                replace(record, places=places),
                ["Q01", "Q02"],
                made.counts,
                n_draws=20,
                chance=np.random.default_rng(1),
            )
            for places in (record.places, shuffled)
        ]
        assert shares[0] == shares[1]

    def test_seed(self, made: Made) -> None:
        """The same seed gives the same figures."""
        one, other = (made.spread(previous=made.record(), rng=3).figures for _ in range(2))
        assert dict(one) == dict(other)

    @given(
        st.lists(st.floats(0.01, 50), min_size=1, max_size=12),
        st.floats(0.001, 1000),
        st.integers(0, 2**12),
    )
    def test_shares(self, weights: list[float], scale: float, bits: int) -> None:
        """Two groups make up one; the interval holds the share; the unit of weights is nothing."""
        weight = np.array(weights)
        part = np.array([(bits >> row) & 1 for row in range(len(weight))], dtype=float)
        share, low, high = share_of(weight, part, 0.05)
        assert low <= share + 1e-9
        assert share <= high + 1e-9
        rest = share_of(weight, 1 - part, 0.05)
        assert share + rest[0] == pytest.approx(1)
        assert low + rest[2] == pytest.approx(1, abs=1e-6)
        assert share_of(weight * scale, part, 0.05) == pytest.approx((share, low, high), abs=1e-6)

    def test_whole_list_is_one(self, made: Made) -> None:
        """Shares of all groups add up to what lies in the small areas."""
        rows = made.spread(groups=halves(imd=[1, 2, 3, 4], population=1)).by_group
        assert rows.groupby("measure")["share"].sum().tolist() == pytest.approx([1, 1])


class TestMessages:
    """What is wrong, and what to type instead."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"alpha": 0}, "Invalid alpha '0'. Must be a number above 0 and below 1"),
            ({"n_draws": 0}, "Invalid n_draws '0'. Must be a whole number above 0"),
            ({"rng": "x"}, "Invalid rng 'x'"),
            ({"previous": []}, "Invalid previous 'an empty list'.*Use analysis.record"),
            ({"previous": "folder"}, "Invalid previous 'str'"),
            ({"members": pd.DataFrame()}, "members 'a table without hotspot_id, place_id'"),
            ({"tasks": pd.DataFrame()}, "tasks 'a table without hotspot_id, visits_per_week'"),
            ({"tasks": 3}, "Invalid tasks 'int'. Must be a tasks table"),
            ({"by": ["imd"]}, "Invalid groups 'None'. Must be small areas, where by"),
            ({"groups": pd.DataFrame()}, "Invalid groups 'DataFrame'. Must be a GeoDataFrame"),
            ({"groups": halves().iloc[:0]}, "The groups table is empty"),
            ({"groups": halves(population="many")}, "Invalid population 'text, negative or miss"),
            ({"groups": halves(population=-1)}, "Use 0 where nobody lives"),
            ({"groups": halves().to_crs("EPSG:4326")}, "Invalid coordinate system 'EPSG:4326'"),
            ({"groups": halves(imd=1), "by": "imd"}, r"Invalid by 'imd'.*Use by=\['imd'\]"),
            ({"groups": halves(imd=1), "by": ["x"]}, "Invalid by 'x'.*It has imd"),
            (
                {"groups": halves(imd=1), "reports": pd.Series([1, 2])},
                "Invalid reports '2 rows'. Must be on the index of groups",
            ),
        ],
    )
    def test_options(self, made: Made, options: dict[str, Any], message: str) -> None:
        """Each option out of its range."""
        if options.get("previous") == "folder":
            options = {"previous": ["folder"]}
        if "rng" in options:
            options = {**options, "previous": made.record()}
        with pytest.raises(InputError, match=message):
            made.spread(**options)

    def test_unknown_member(self, made: Made) -> None:
        """Members of another list."""
        other = made.found.members.assign(hotspot_id="x")
        with pytest.raises(InputError, match="Invalid members 'x'.*of one analysis"):
            made.spread(members=other)
        other = made.found.members.assign(place_id="y")
        with pytest.raises(InputError, match="Invalid members 'y'. Must be a known place_id"):
            made.spread(members=other)

    def test_no_counts(self, made: Made) -> None:
        """What is no counts is named."""
        with pytest.raises(InputError, match="Invalid counts 'int'. Must be Counts."):
            made.spread(counts=3)

    def test_repeated_ids(self, made: Made) -> None:
        """Small areas with one id twice, and points instead of polygons."""
        groups = halves(imd=1)
        with pytest.raises(InputError, match="a repeated or missing id"):
            made.spread(groups=groups.set_axis(["a", "a", "b", "c"]))
        with pytest.raises(InputError, match="Invalid groups 'Point'. Must be polygons"):
            made.spread(groups=groups.set_geometry(groups.centroid))


@pytest.mark.acceptance
def test_london(shared_data: Path) -> None:
    """What the page says of the two halves of a London year."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    incidents = hs.read_incidents(path).incidents
    is_early = incidents["start"] < "2025-11-01"
    first = hs.analyse(incidents[is_early], progress=False)
    run = hs.analyse(incidents[~is_early], previous=first, progress=False)
    groups = hs.read_areas(shared_data / "boundaries" / "london_lsoa_2021_27700.gpkg")
    if "population" not in groups.columns:
        people = groups["pop2021"].astype("str").str.replace(",", "")
        groups = groups.assign(population=pd.to_numeric(people))
    spread = hs.check_spread(
        run.hotspots,
        run.found.members,
        run.counts,
        run.areas,
        groups=groups[["name", "population", "geometry"]],
        previous=first.record,
        tasks=run.tasks,
    )
    figures = spread.figures
    assert figures["held"] == pytest.approx(0.236, abs=0.001)
    assert figures["places_repeated"] == pytest.approx(0.50, abs=0.005)
    assert figures["stable"] == pytest.approx(0.43, abs=0.01)
    assert figures["exploring"] == pytest.approx(0.05, abs=0.005)
    assert (spread.low_reporting["q"] > 0.9).all()
    assert spread.by_area["population"].sum() == pytest.approx(8_795_000, rel=0.01)
