"""The main job, from incidents to a list that can be explained."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspots as hs
from hotspots.areas import locate
from hotspots.products import spread_of
from hotspots.risk import describe_hotspots
from hotspots.risk.evidence import place_rates
from hotspots.settings import HotspotSettings
from hotspots.tables import CLUSTERS, HOTSPOTS, TASKS
from hotspots.times import Band
from tests.scenes import SIDE, SOUTH, WEST, make_incidents, square_area

FRIDAYS = pd.date_range("2025-01-03", periods=52, freq="7D")


def background(n: int, seed: int = 0, west: float = WEST, side: float = SIDE) -> pd.DataFrame:
    """Give incidents spread over the square, with an evening peak."""
    rng = np.random.default_rng(seed)
    hour = np.mod(rng.normal(19, 4, n), 24)
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(
        rng.integers(0, 365, n) * 24 + hour, unit="h"
    )
    return pd.DataFrame(
        {
            "start": start.floor("min"),
            "x": west + rng.uniform(0, side, n),
            "y": SOUTH + rng.uniform(0, side, n),
        }
    )


def at_place(column: int, row: int, starts: pd.DatetimeIndex) -> pd.DataFrame:
    """Give incidents in the middle of one place of the grid."""
    return pd.DataFrame(
        {"start": starts, "x": WEST + 75 + 150 * column, "y": SOUTH + 75 + 150 * row}
    )


def run(
    *parts: pd.DataFrame,
    areas: gpd.GeoDataFrame | None = None,
    previous: hs.Analysis | None = None,
    **columns: object,
) -> hs.Analysis:
    """Analyse incidents in the square borough."""
    rows = pd.concat(parts, ignore_index=True)
    incidents = make_incidents(rows, **columns)
    areas = square_area() if areas is None else areas
    return hs.analyse(incidents, areas=areas, previous=previous, progress=False)


class TestList:
    """What gets on the list, and with what mark."""

    def test_schemas(self) -> None:
        """Hotspots, tasks and clusters keep their declared schemas."""
        analysis = run(background(4000), at_place(10, 10, FRIDAYS + pd.Timedelta(hours=22)))
        HOTSPOTS.validate(analysis.hotspots)
        TASKS.validate(analysis.tasks)
        CLUSTERS.validate(analysis.clusters)
        assert analysis.hotspots["rank"].tolist() == list(range(1, 11))
        assert (analysis.hotspots["area_m2"] <= 100_000).all()
        assert analysis.hotspots["harm_per_week"].is_monotonic_decreasing

    def test_own_hours(self) -> None:
        """A place busy on Friday nights leads, with those hours."""
        analysis = run(background(3000), at_place(10, 10, FRIDAYS + pd.Timedelta(hours=23)))
        first = analysis.hotspots.iloc[0]
        assert first["hours"] == "Fri 23:00–00:00"
        assert first["n_in_hours"] >= 52
        assert first["expected_low"] <= first["expected_per_week"] <= first["expected_high"]
        assert "Expect" in first["why"]

    def test_scan(self) -> None:
        """Its hours are its own by the scan too; a busy place at the ordinary hours has none."""
        nights = FRIDAYS + pd.Timedelta(hours=23)
        busy = background(400, seed=5).assign(x=WEST + 2475.0, y=SOUTH + 2475.0)
        analysis = run(background(3000), at_place(10, 10, nights), busy)
        table = analysis.hotspots.set_index("rank")
        place = table.geometry.contains(shapely.Point(WEST + 75 + 1500, SOUTH + 75 + 1500))
        own = table[place].iloc[0]
        assert own["own_hours"] == "Fri 23:00–00:00"
        assert own["own_hours_p"] < 1e-6
        ordinary = table[table.geometry.contains(shapely.Point(WEST + 2475, SOUTH + 2475))].iloc[0]
        assert ordinary["own_hours_p"] > 0.05
        assert analysis.scan is not None
        assert analysis.scan.clusters["hours"].iloc[0] == "Fri 23:00–00:00"

    def test_rank_without_top(self) -> None:
        """A place that one caller makes falls behind if that caller had been silent."""
        one = at_place(10, 10, FRIDAYS + pd.Timedelta(hours=23))
        several = at_place(30, 30, FRIDAYS[:40] + pd.Timedelta(hours=23))
        several[["x", "y"]] += np.random.default_rng(1).uniform(-60, 60, (40, 2))
        analysis = run(one, several, person_key=["P1"] * 52 + [f"Q{k}" for k in range(40)])
        first, second = analysis.hotspots.iloc[0], analysis.hotspots.iloc[1]
        assert (first["rank"], first["rank_without_top"]) == (1, 2)
        assert (second["rank"], second["rank_without_top"]) == (2, 2)

    def test_rank_without_top_counts_what_is_not_listed(self) -> None:
        """Of three places two are listed; without its caller the first would be the third."""
        hours = pd.Timedelta(hours=23)
        one = at_place(5, 5, FRIDAYS + hours)
        others = [at_place(15, 30, FRIDAYS[:46] + hours), at_place(25, 30, FRIDAYS[:40] + hours)]
        several = pd.concat(others)
        several[["x", "y"]] += np.random.default_rng(1).uniform(-60, 60, (86, 2))
        rows = pd.concat([one, several], ignore_index=True)
        keys = ["P1"] * 52 + [f"Q{k}" for k in range(86)]
        chosen = hs.Settings(hotspots=HotspotSettings(per_area=2))
        analysis = hs.analyse(
            make_incidents(rows, person_key=keys),
            areas=square_area(),
            settings=chosen,
            progress=False,
        )
        assert analysis.hotspots["rank"].tolist() == [1, 2]
        assert analysis.hotspots["rank_without_top"].tolist() == [3, 2]

    def test_busy_surroundings(self) -> None:
        """Nine busy places side by side are more than chance; a single busier one is a spot.

        The same calls in one night instead of forty are no evidence.
        """
        hours = pd.Timedelta(hours=20)
        side_by_side = [
            at_place(column, row, FRIDAYS[:40] + hours)
            for column in (9, 10, 11)
            for row in (9, 10, 11)
        ]
        analysis = run(background(2000), *side_by_side, at_place(30, 30, FRIDAYS + hours))
        found = analysis.hotspots
        middle = shapely.Point(WEST + 75 + 1500, SOUTH + 75 + 1500)
        here = found.geometry.contains(middle)
        alone = found.geometry.contains(shapely.Point(WEST + 75 + 4500, SOUTH + 75 + 4500))
        assert found.loc[here, "place_q"].iloc[0] < 1e-4
        assert found.loc[alone, "place_q"].iloc[0] > 0.1
        nights = analysis.counts.occasions().groupby("place").size()
        values = pd.Series(nights.to_numpy(), index=analysis.counts.places.index[nights.index])
        own = analysis.counts.places[~analysis.counts.places["is_context"]]
        q = hs.getis_ord(values[values.index.isin(own.index)], own)["q"]
        for hotspot_id, members in analysis.found.members.groupby("hotspot_id"):
            assert found.loc[hotspot_id, "place_q"] == q.reindex(members["place_id"]).min()
        one_night = [part.assign(start=FRIDAYS[3] + hours) for part in side_by_side]
        once = run(background(2000), *one_night).hotspots
        assert (once.loc[once.geometry.contains(middle), "place_q"] > 0.05).all()

    def test_places_that_cannot_differ(self) -> None:
        """Where all places have as much nothing is said about surroundings."""
        areas = square_area(side=150.0)
        incidents = make_incidents(at_place(0, 0, FRIDAYS[:8]))
        counts = hs.count_incidents(incidents, hs.make_grid(areas, cell_size=150))
        found = hs.find_hotspots(hs.weekly_intensity(counts), areas)
        assert len(found.table) == 1
        assert describe_hotspots(found, incidents, counts)["place_q"].isna().all()

    def test_places_that_do_not_adjoin(self) -> None:
        """Separate estates have no surroundings; nothing is said, and the rest is described."""
        places = hs.make_grid(square_area(side=1500.0), cell_size=150)
        apart = places[(places["column"] % 2 == 0) & (places["row"] % 2 == 0)]
        incidents = make_incidents(
            pd.concat([at_place(0, 0, FRIDAYS[:8]), at_place(2, 2, FRIDAYS)])
        )
        areas = square_area(side=1500.0)
        counts = hs.count_incidents(incidents, apart)
        found = hs.find_hotspots(hs.weekly_intensity(counts), areas)
        described = describe_hotspots(found, incidents, counts)
        assert len(described) == 2
        assert described["place_q"].isna().all()

    def test_surroundings_of_months(self) -> None:
        """Monthly data has no nights: its incidents are compared, not its months."""
        places = hs.make_grid(square_area(side=3000.0), cell_size=150)
        months = pd.date_range("2025-01-01", periods=12, freq="MS")
        parts = [at_place(column, row, months) for column in range(20) for row in range(20)]
        many = [at_place(column, 10, months.repeat(8)) for column in (9, 10, 11)]
        incidents = make_incidents(pd.concat(parts + many), time_precision="month")
        counts = hs.count_incidents(incidents, places)
        found = hs.find_hotspots(hs.weekly_intensity(counts), square_area(side=3000.0))
        q = place_rates(found, counts)
        assert counts.tier == "monthly"
        assert q.iloc[0] < 0.05

    def test_surroundings_without_context(self) -> None:
        """Land beyond the border of the data is no quiet land: an empty ring changes nothing.

        Nor does a ring with data on one side. With 500 empty places among the 400, the mean would
        more than halve, and an ordinary place pass for a busy one.
        """
        inside = hs.make_grid(square_area(side=3000.0), cell_size=150)
        wide = square_area(side=3000.0)
        wide.geometry = wide.geometry.buffer(750, join_style="mitre")
        ring = hs.make_grid(wide, cell_size=150)
        ring = ring[~ring.index.isin(inside.index)].assign(is_context=True)
        assert len(ring) == 900 - 400
        days = FRIDAYS[:6]
        rng = np.random.default_rng(1)
        parts = [
            at_place(column, row, days[: rng.integers(0, 6)])
            for column in range(20)
            for row in range(20)
        ]
        parts += [at_place(column, 10, FRIDAYS[:9]) for column in (0, 1, 2)]
        incidents = make_incidents(pd.concat(parts))
        counts = hs.count_incidents(incidents, inside)
        found = hs.find_hotspots(hs.weekly_intensity(counts), square_area(side=3000.0))
        q = place_rates(found, counts)
        assert q.notna().all()
        around = pd.concat([inside, ring])
        pd.testing.assert_series_equal(place_rates(found, hs.count_incidents(incidents, around)), q)
        beyond = [at_place(-2, row, FRIDAYS[:20]) for row in range(20)]
        more = make_incidents(pd.concat([*parts, *beyond]))
        pd.testing.assert_series_equal(place_rates(found, hs.count_incidents(more, around)), q)

    def test_weights(self, tmp_path: Path) -> None:
        """Weights given, or named as a file, rank the list; twice as heavy, all harm is doubled.

        At one place 40 nuisance reports, at another 30 personal ones: with 1 and 1 the first leads,
        with 10 and 1 the other.
        """
        hours = pd.Timedelta(hours=20)
        parts = [
            background(500),
            at_place(10, 10, FRIDAYS[:40] + hours),
            at_place(30, 30, FRIDAYS[10:40] + hours),
        ]
        kinds = ["nuisance"] * 540 + ["personal"] * 30
        incidents = make_incidents(pd.concat(parts, ignore_index=True), asb_type=kinds)

        def listed(weights: Any) -> hs.Analysis:
            return hs.analyse(incidents, areas=square_area(), weights=weights, progress=False)

        def weights(personal: float, nuisance: float) -> hs.HarmWeights:
            types = {"personal": personal, "nuisance": nuisance, "environmental": 1}
            return hs.HarmWeights(types=types, unknown=nuisance)

        alike, first, double = (listed(weights(*pair)) for pair in ((1, 1), (10, 1), (20, 2)))
        busy, personal = (
            shapely.Point(WEST + 75 + 150 * at, SOUTH + 75 + 150 * at) for at in (10, 30)
        )
        assert alike.hotspots.geometry.iloc[0].covers(busy)
        assert first.hotspots.geometry.iloc[0].covers(personal)
        assert first.hotspots["count_rank"].iloc[0] > 1
        assert double.hotspots.index.tolist() == first.hotspots.index.tolist()
        pd.testing.assert_series_equal(
            double.hotspots["harm_per_week"], 2 * first.hotspots["harm_per_week"]
        )
        path = tmp_path / "weights.toml"
        path.write_text(
            'name = "a"\nversion = "1"\nunknown = 1\nvulnerable = 2\nrepeat = 2\n'
            "[types]\npersonal = 10\nnuisance = 1\nenvironmental = 1\n"
        )
        read = listed(path)
        assert read.scores.weights.name == "a"
        pd.testing.assert_frame_equal(
            pd.DataFrame(read.hotspots.drop(columns="geometry")),
            pd.DataFrame(first.hotspots.drop(columns="geometry")),
        )

    def test_nothing_weighs(self) -> None:
        """By weights that give all that was reported 0 there is no list."""
        incidents = make_incidents(background(200), asb_type="nuisance")
        types = {"personal": 1, "nuisance": 0, "environmental": 1}
        with pytest.raises(hs.InputError, match="Invalid weights 'starting point 1'. Must be wei"):
            hs.analyse(
                incidents,
                areas=square_area(),
                weights=hs.HarmWeights(types=types),
                progress=False,
            )

    def test_busy_at_the_ordinary_peak(self) -> None:
        """The busiest street at its borough's ordinary peak is on the list, at the top."""
        rng = np.random.default_rng(3)
        hours = np.mod(rng.normal(19, 4, 300), 24) + 24 * rng.integers(0, 365, 300)
        starts = pd.DatetimeIndex(pd.Timestamp("2025-01-01") + pd.to_timedelta(hours, unit="h"))
        analysis = run(background(4000), at_place(20, 20, starts.floor("min")))
        first = analysis.hotspots.iloc[0]
        assert first["n"] >= 300
        assert first.geometry.contains(
            gpd.points_from_xy([WEST + 75 + 3000], [SOUTH + 75 + 3000])[0]
        )

    def test_season_of_the_forecast(self) -> None:
        """London's season goes into the forecast of its ASB, and of nothing and nowhere else."""
        rows = pd.concat([background(1500), at_place(10, 10, FRIDAYS + pd.Timedelta(hours=22))])
        incidents = make_incidents(rows)
        here = hs.analyse(incidents, areas=square_area(), progress=False)
        january = hs.season_factors(pd.date_range("2026-01-01", "2026-01-31")).mean()
        assert here.forecast is not None
        assert here.forecast.tuned["season_factor"] == pytest.approx(january)
        said = hs.make_card(here, spread_of(here)).to_markdown()
        assert f"times {january:.2f} for London" in said
        # Far to the north of London.
        far = incidents.set_geometry(incidents.translate(0, 200_000))
        moved = square_area().translate(0, 200_000)
        there = hs.analyse(far, areas=square_area().set_geometry(moved), progress=False)
        assert there.forecast is not None
        assert "season_factor" not in there.forecast.tuned

    def test_one_caller_is_marked(self, tmp_path: Path) -> None:
        """A place whose whole count is one caller is marked, and the reason says what to do."""
        caller = at_place(30, 30, FRIDAYS + pd.Timedelta(hours=20))
        rows = background(1500)
        rows = rows[(rows["x"] - (WEST + 4575)).abs() + (rows["y"] - (SOUTH + 4575)).abs() > 1000]
        keys = [f"p{number}" for number in range(len(rows))] + ["p-same"] * len(caller)
        analysis = run(rows, caller, person_key=np.array(keys, dtype=object))
        marked = analysis.hotspots[analysis.hotspots["is_one_caller"]]
        assert len(marked) == 1
        assert marked["top_caller_share"].iloc[0] == 1
        assert "All of them come from one caller: visit the caller" in marked["why"].iloc[0]
        assert "1 hotspot with nine tenths or more from one caller" in analysis.remarks()[-1]
        said = " ".join(analysis.remarks("partner"))
        without = len(analysis.plan.left_out)
        assert "caller" not in said
        assert f"{without} hotspot" in said
        assert "without a visit" in said
        assert "1 hotspot of the list: in the restricted edition only" in said
        # Partners do not get it, in no file; neither does it come back as gone, changed or judged.
        other = run(rows, caller, person_key=np.array(keys, dtype=object), previous=analysis)
        for each in (analysis, other):
            for marking, is_told in (("restricted", True), ("partner", False)):
                out = each.save(tmp_path / marking, marking=marking)  # type: ignore[arg-type]
                written = b"".join(path.read_bytes() for path in out.iterdir())
                assert (marked.index[0].encode() in written) == is_told
                assert (len(gpd.read_parquet(out / "hotspots.parquet")) == 10) == is_told

    def test_a_share_of_one_caller(self) -> None:
        """Half of the calls by one caller are said, and not marked as one caller."""
        place = at_place(30, 30, FRIDAYS.append(FRIDAYS) + pd.Timedelta(hours=20))
        keys = [None] * 1000 + ["p-same"] * 52 + [f"q{number}" for number in range(52)]
        analysis = run(background(1000), place, person_key=np.array(keys, dtype=object))
        first = analysis.hotspots.iloc[0]
        assert not first["is_one_caller"]
        assert first["top_caller_share"] == pytest.approx(0.5, abs=0.03)
        assert "come from one caller" in first["why"]

    def test_one_bad_night_does_not_lead(self) -> None:
        """Sixty calls in one night stand below thirty on thirty nights."""
        night = pd.DatetimeIndex([pd.Timestamp("2025-06-06 22:00")] * 60)
        analysis = run(
            background(2000),
            at_place(5, 5, night),
            at_place(30, 5, FRIDAYS[:30] + pd.Timedelta(hours=22)),
        )
        names = analysis.found.members.set_index("place_id")["hotspot_id"]
        steady = names[f"sq150-{int(WEST // 150) + 30}-{int(SOUTH // 150) + 5}"]
        assert analysis.hotspots.loc[steady, "rank"] == 1
        burst = names.get(f"sq150-{int(WEST // 150) + 5}-{int(SOUTH // 150) + 5}")
        assert burst is None or analysis.hotspots.loc[burst, "rank"] > 1

    @pytest.mark.parametrize(("n_noise", "said"), [(31, "Mostly noise"), (30, "Most often noise")])
    def test_most_and_mostly(self, n_noise: int, said: str) -> None:
        """Of sixty calls with headings, thirty-one are more than half and thirty are not."""
        place = at_place(10, 10, FRIDAYS.append(FRIDAYS[:8]) + pd.Timedelta(hours=22))
        headings = ["Noise"] * n_noise + ["Fireworks"] * 20 + ["Begging or vagrancy"] * 60
        analysis = run(place, heading=np.array(headings[:60], dtype=object))
        assert said in analysis.hotspots["why"].iloc[0]

    @pytest.mark.parametrize(
        ("n_there", "n_else", "is_said"),
        [(100, 900, True), (99, 400, False), (100, 901, False)],
    )
    def test_a_default_point(self, n_there: int, n_else: int, *, is_said: bool) -> None:
        """A hundred at one point, a tenth of the area or more, may be a system's default."""
        starts = FRIDAYS.append(FRIDAYS)[:n_there] + pd.Timedelta(hours=22)
        rows = background(n_else)
        rows = rows[(rows["x"] - WEST > 1700) | (rows["y"] - SOUTH > 1700)]
        rows = pd.concat([rows, background(n_else - len(rows), west=WEST + 2000, side=3000)])
        analysis = run(rows, at_place(10, 10, starts))
        point = f"({WEST + 1575:.0f}, {SOUTH + 1575:.0f})"
        told = [said for said in analysis.remarks() if point in said]
        assert not any(point in said for said in analysis.remarks("partner"))
        assert len(told) == is_said
        if is_said:
            assert told[0].startswith("100 ASB reports (10 % of those in Squareham) lie at exactly")

    def test_a_persistent_caller_is_no_default_point(self) -> None:
        """Where one caller made the calls, it is an address, and its coordinates are not told."""
        place = at_place(10, 10, FRIDAYS.append(FRIDAYS) + pd.Timedelta(hours=22))
        analysis = run(place, person_key="p")
        assert analysis.hotspots["is_one_caller"].all()
        assert not any("exactly one" in said for said in analysis.remarks())

    def test_short_list_has_a_reason(self) -> None:
        """An area with few incidents, and one with none, say why their lists are short."""
        areas = pd.concat(
            [square_area(), square_area("Emptyham", west=WEST + 3 * SIDE, code="Q02")]
        )
        analysis = run(at_place(3, 3, FRIDAYS[:4]), areas=areas)
        short = analysis.found.short
        assert short.loc["Q01", "listed"] == 1
        assert "4 incidents lie in 1 place" in short.loc["Q01", "reason"]
        assert short.loc["Q02", "reason"] == "No incident of the period was placed in it."


class TestBorders:
    """Areas, context, and what lies outside."""

    def test_hotspot_on_a_border_is_not_cut(self) -> None:
        """With one borough chosen, incidents across its border count and are said to be there."""
        areas = pd.concat([square_area(), square_area("Eastham", west=WEST + SIDE, code="Q02")])
        starts = FRIDAYS + pd.Timedelta(hours=22)
        inside, across = at_place(39, 10, starts), at_place(40, 10, starts[:40])
        rows = pd.concat([background(2000), inside, across])
        incidents = make_incidents(rows.reset_index(drop=True))
        analysis = hs.analyse(incidents, areas=areas.loc[["Q01"]], progress=False)
        first = analysis.hotspots.iloc[0]
        assert analysis.walk["context"] == 40
        assert first["n_context"] == 40
        assert first["n"] >= 92
        assert "40 of them lie across the border" in first["why"]
        assert set(analysis.hotspots["borough"]) == {"Q01"}

    def test_every_row_has_gone_somewhere(self) -> None:
        """In areas + context + out of area + no place are all accepted rows."""
        far = pd.DataFrame({"start": FRIDAYS[:5], "x": WEST + 50_000, "y": SOUTH})
        incidents = make_incidents(pd.concat([background(100), far], ignore_index=True))
        incidents.loc["i0", "geometry"] = None
        analysis = hs.analyse(incidents, areas=square_area(), progress=False)
        assert analysis.walk == {"in areas": 99, "context": 0, "out of area": 5, "no place": 1}
        assert any("5 accepted rows lie outside" in said for said in analysis.left_out)
        assert any("1 accepted rows have no place" in said for said in analysis.left_out)

    def test_a_quiet_area_was_observed_as_long(self) -> None:
        """Chosen alone or with others, an area has the same period and expects the same."""
        areas = pd.concat([square_area(), square_area("Eastham", west=WEST + 3 * SIDE, code="Q02")])
        quiet = pd.DataFrame(
            {"start": pd.date_range("2025-06-06 21:00", periods=4, freq="12h")}
        ).assign(x=WEST + 3 * SIDE + 75, y=SOUTH + 75)
        incidents = make_incidents(pd.concat([background(1000), quiet], ignore_index=True))
        both = hs.analyse(incidents, areas=areas, progress=False)
        alone = hs.analyse(incidents, areas=areas.loc[["Q02"]], progress=False)
        assert alone.period == both.period
        expected = both.hotspots.loc[both.hotspots["borough"] == "Q02", "expected_all_hours"]
        assert alone.hotspots["expected_all_hours"].tolist() == pytest.approx(
            expected.tolist(), rel=0.2
        )

    def test_across_the_border_is_another_list(self) -> None:
        """What lies mostly across the border makes no hotspot; what is left here still does."""
        areas = pd.concat([square_area(), square_area("Eastham", west=WEST + SIDE, code="Q02")])
        starts = FRIDAYS + pd.Timedelta(hours=22)
        inside, across = at_place(39, 10, starts[:12]), at_place(40, 10, starts)
        rows = pd.concat([background(1000), inside, across], ignore_index=True)
        analysis = hs.analyse(make_incidents(rows), areas=areas.loc[["Q01"]], progress=False)
        assert (2 * analysis.hotspots["n_context"] <= analysis.hotspots["n"]).all()
        here = f"sq150-{int(WEST // 150) + 39}-{int(SOUTH // 150) + 10}"
        assert here in set(analysis.found.members["place_id"])

    def test_nothing_in_the_areas(self) -> None:
        """Data from elsewhere give an empty list with a reason, not a failure."""
        analysis = run(background(50, west=WEST + 40_000))
        assert len(analysis.hotspots) == 0
        assert len(analysis.tasks) == 0
        assert any("Give the areas that the data cover" in said for said in analysis.left_out)

    def test_no_incidents_at_all(self) -> None:
        """An empty table is refused."""
        with pytest.raises(hs.InputError, match="There are no incidents"):
            hs.analyse(make_incidents([]), areas=square_area(), progress=False)

    def test_boroughs_by_name(self) -> None:
        """Boroughs may be named or coded, the City included; a misspelt one gets a hint."""
        simulated = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
        analysis = hs.analyse(simulated, boroughs=["camden"], progress=False)
        assert analysis.areas["name"].tolist() == ["Camden"]
        city = hs.analyse(simulated, boroughs=["E09000001", "Camden"], progress=False)
        assert city.areas["name"].tolist() == ["City of London", "Camden"]
        with pytest.raises(hs.InputError, match=r"Invalid borough 'Camdem'.*Did you mean 'Camden'"):
            hs.analyse(simulated, boroughs=["Camdem"])
        with pytest.raises(hs.InputError, match="Repeat --borough for each"):
            hs.analyse(simulated, boroughs=["Camden, Islington"])

    def test_areas_within_a_borough(self) -> None:
        """With areas and a borough, only the areas that lie in it get a list."""
        simulation = hs.simulate_incidents(4000, boroughs=["Camden", "Brent"], rng=1)
        analysis = hs.analyse(
            simulation.incidents, areas=simulation.team_areas, boroughs=["Camden"], progress=False
        )
        assert analysis.areas["name"].str.startswith("Camden").all()
        with pytest.raises(hs.InputError, match="None of the .* areas lies in Bexley"):
            hs.analyse(simulation.incidents, areas=simulation.team_areas, boroughs=["Bexley"])


class TestTiers:
    """Monthly data, and rows with an area code instead of a point."""

    def test_monthly(self) -> None:
        """Monthly data give places without hours and tasks without a tour, and say so."""
        simulated = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1, mode="monthly")
        analysis = hs.analyse(simulated.incidents, boroughs=["Camden"], progress=False)
        HOTSPOTS.validate(analysis.hotspots)
        TASKS.validate(analysis.tasks)
        assert analysis.tier == "monthly"
        assert analysis.hotspots["hours"].isna().all()
        assert analysis.tasks["tour"].isna().all()
        assert len(analysis.clusters) == 0
        assert analysis.n_episodes is None
        assert any("The data are monthly" in said for said in analysis.left_out)
        assert "of 12 months" in analysis.hotspots["why"].iloc[0]

    def test_areas_instead_of_points(self) -> None:
        """Rows with a ward code give one hotspot a ward with its hours, and a warning."""
        simulation = hs.simulate_incidents(4000, boroughs=["Camden"], rng=1)
        incidents = simulation.incidents.copy()
        incidents["geometry"] = gpd.GeoSeries([None] * len(incidents), index=incidents.index)
        incidents = incidents.set_crs(27700)
        analysis = hs.analyse(incidents, areas=simulation.team_areas, progress=False)
        assert analysis.hotspots["hours"].notna().all()
        assert (analysis.hotspots["n_places"] == 1).all()
        assert any("too large to walk" in said for said in analysis.left_out)
        by_borough = hs.analyse(incidents, boroughs=["Camden"], progress=False)
        assert by_borough.hotspots["n"].tolist() == [4000]

    @pytest.mark.parametrize("is_streamed", [False, True])
    def test_rows_without_place_have_no_vote(self, tmp_path: Path, *, is_streamed: bool) -> None:
        """Of ten rows six say nothing of their place, three have a point and one a code."""
        rows = pd.DataFrame({"received": [f"2025-01-{day:02} 21:00" for day in range(1, 11)]})
        rows.loc[:2, ["easting", "northing"]] = WEST + 75, SOUTH + 75
        rows.loc[3, "ward_code"] = "Q01"
        rows.to_csv(tmp_path / "calls.csv", index=False)
        opened = hs.open_incidents(tmp_path / "calls.csv")
        source = opened if is_streamed else hs.read_incidents(tmp_path / "calls.csv")
        analysis = hs.analyse(source, areas=square_area(), progress=False)
        assert (analysis.counts.n_points, analysis.counts.n_coded) == (3, 1)
        assert (analysis.counts.places["shape"] == "square").all()
        assert not any("too large to walk" in said for said in analysis.left_out)

    def test_codes_of_other_areas(self) -> None:
        """Three rows of four carry codes that the areas do not know: that is said first."""
        codes = np.array(["E05013660", "E05013660", "E05013659", "Q01"], dtype=object)
        rows = pd.DataFrame({"start": FRIDAYS[:4], "x": WEST, "y": SOUTH})
        incidents = make_incidents(rows, area_code=codes, borough="E09000007")
        incidents["geometry"] = None
        analysis = hs.analyse(incidents, areas=square_area(), progress=False)
        assert analysis.walk == {"in areas": 1, "context": 0, "out of area": 0, "no place": 3}
        assert analysis.left_out[0].startswith(
            "3 of 4 rows have a code or name that none of the areas has, such as E05013660 or "
            "E05013659; the areas have such as Q01 (Squareham)."
        )

    def test_names_instead_of_codes(self) -> None:
        """A name in any case stands for its area; one that two areas share, for none."""
        areas = pd.concat(
            [square_area()]
            + [square_area("Twice", west=WEST + n * SIDE, code=f"Q0{n}") for n in (2, 3)]
        )
        names = np.array(["squareham", "SQUAREHAM", "Squareham", "Twice", "Q02"], dtype=object)
        rows = pd.DataFrame({"start": FRIDAYS[:5], "x": WEST, "y": SOUTH})
        incidents = make_incidents(rows, area_code=names)
        incidents["geometry"] = None
        analysis = hs.analyse(incidents, areas=areas, progress=False)
        assert analysis.counts.totals().tolist() == [3, 1, 0]
        assert analysis.counts.unknown_codes == {"Twice": 1}
        assert len(analysis.hotspots) == 1

    def test_missing_months_are_said(self) -> None:
        """January and April without February and March may be missing data."""
        rows = [(f"2025-0{month}-01", WEST + 75, SOUTH + 75) for month in (1, 4) for _ in range(5)]
        incidents = make_incidents(rows, time_precision="month")
        analysis = hs.analyse(incidents, areas=square_area(), progress=False)
        said = " ".join(analysis.left_out)
        assert "2 of the 4 months of the period have no incident at all (2025-02, 2025-03)" in said
        # Ten in the 31 + 30 days of January and April are 1.15 a week, not 0.58 in four months.
        assert analysis.counts.n_days == 61
        assert analysis.hotspots["expected_per_week"].iloc[0] == pytest.approx(1.15, rel=0.15)

    def test_repeatable(self) -> None:
        """The same incidents in another order give the same list."""
        simulated = hs.simulate_incidents(4000, boroughs=["Camden"], rng=1).incidents
        first = hs.analyse(simulated, boroughs=["Camden"], progress=False)
        again = hs.analyse(
            simulated.sample(frac=1, random_state=1), boroughs=["Camden"], progress=False
        )
        pd.testing.assert_frame_equal(
            pd.DataFrame(first.hotspots.drop(columns="geometry")),
            pd.DataFrame(again.hotspots.drop(columns="geometry")),
        )
        pd.testing.assert_frame_equal(first.tasks, again.tasks)


class TestTwice:
    """A dataset is read twice."""

    @pytest.mark.parametrize("has_points", [True, False])
    def test_rows_that_come_between(self, tmp_path: Path, *, has_points: bool) -> None:
        """Rows that are added between the two readings are noticed."""
        path = tmp_path / "calls.csv"
        rows = pd.DataFrame({"received": [f"2025-01-{day:02} 21:00" for day in range(1, 29)]})
        rows = rows.assign(easting=WEST + 75, northing=SOUTH + 75)
        if not has_points:
            rows = rows.assign(easting=None, northing=None, ward_code="Q01")
        rows.to_csv(path, index=False)

        class Growing(hs.Dataset):
            """Somebody adds a row after each reading."""

            def run(self, task: Any, **options: Any) -> Any:
                done = super().run(task, **options)
                rows.tail(1).to_csv(path, index=False, header=False, mode="a")
                return done

        opened = hs.open_incidents(path)
        growing = Growing(opened.sources, opened.mapping)
        said = "at first 28 rows, 28 accepted; then 29 rows, 29 accepted.*Give a copy"
        with pytest.raises(hs.InputError, match=f"'calls.csv' changed while .*{said}"):
            hs.analyse(growing, areas=square_area(), progress=False)


@pytest.fixture(scope="module")
def analysis() -> hs.Analysis:
    """Give an analysis of a borough with a high street and a quiet close."""
    rows = pd.concat(
        [
            background(3000),
            at_place(10, 10, FRIDAYS + pd.Timedelta(hours=22)),
            at_place(37, 3, FRIDAYS[:1] + pd.Timedelta(hours=10)),
        ],
        ignore_index=True,
    )
    words = [None] * 3000 + ["On or near High Street"] * 52 + ["On or near Quiet Close"]
    incidents = make_incidents(rows, location=np.array(words, dtype=object))
    return hs.analyse(incidents, areas=square_area(), progress=False)


class TestTruth:
    """On a simulated year, against what was planted and what came later."""

    BOROUGHS = ("Camden", "Brent", "Hackney", "Bexley", "Sutton", "Lambeth", "Ealing", "Barnet")

    def test_planted_hotspots_are_listed(self) -> None:
        """At least four fifths of the planted centres lie in a listed hotspot."""
        simulation = hs.simulate_incidents(75_000, boroughs=self.BOROUGHS, rng=11)
        analysis = hs.analyse(simulation.incidents, boroughs=self.BOROUGHS, progress=False)
        planted = simulation.truth.hotspots
        ground = shapely.union_all(analysis.hotspots.geometry.to_numpy())
        centres = shapely.points(planted["easting"], planted["northing"])
        assert len(planted) == 16
        assert shapely.contains(ground, centres).sum() >= 13

    def test_later_weeks(self) -> None:
        """Estimated from 26 weeks, totals of the 26 after come out right; intervals cover."""
        incidents = hs.simulate_incidents(75_000, boroughs=self.BOROUGHS, rng=12).incidents
        wall = incidents["start"].dt.tz_localize(None)
        week = (wall - pd.Timestamp("2025-01-06")).dt.days // 7
        whole = incidents[(week >= 0) & (week < 50)]
        week = week[whole.index]
        # Odd weeks are moved together, so that the year that is read has no gaps.
        moved = whole["start"].dt.tz_localize(None) - pd.to_timedelta(7 * ((week + 1) // 2), "D")
        first = whole.assign(
            start=moved.dt.tz_localize(
                "Europe/London",
                ambiguous=np.ones(len(moved), dtype=bool),
                nonexistent="shift_forward",
            ).astype(whole["start"].dtype)
        )[week % 2 == 1]
        analysis = hs.analyse(first, boroughs=self.BOROUGHS, progress=False)
        later = whole[week % 2 == 0]
        member = analysis.found.members.set_index("place_id")["hotspot_id"]
        position = locate(analysis.counts.places, later.geometry.x, later.geometry.y)
        place = pd.Series(analysis.counts.places.index[position], index=later.index)
        hotspot = place.where(position >= 0).map(member)
        came = hotspot.groupby([hotspot, week[later.index]]).size().unstack(fill_value=0)
        came = came.reindex(analysis.hotspots.index, fill_value=0)
        expected = analysis.hotspots["expected_all_hours"]
        assert came.mean(axis=1).sum() / expected.sum() == pytest.approx(1, abs=0.1)
        hour = hs.hour_of_week(later["start"])
        mask = {
            name: Band(
                int(row["weekdays"][0]),
                len(row["weekdays"].split(",")),
                int(row["start_hour"]),
                int(row["end_hour"] - row["start_hour"] - 1) % 24 + 1,
            ).mask
            for name, row in analysis.hotspots.iterrows()
        }
        known = hotspot.dropna()
        in_band = np.array([mask[name][hour[label]] for label, name in known.items()], dtype=bool)
        known = known[in_band]
        came = known.groupby([known, week[known.index]]).size().unstack(fill_value=0)
        came = came.reindex(analysis.hotspots.index, fill_value=0)
        low, high = analysis.hotspots["expected_low"], analysis.hotspots["expected_high"]
        covered = (came.ge(low, axis=0) & came.le(high, axis=0)).to_numpy().mean()
        assert 0.9 <= covered <= 0.995
        ratio = came.mean(axis=1).sum() / analysis.hotspots["expected_per_week"].sum()
        assert 0.9 < ratio < 1.3


class TestExplain:
    """Why a street is, or is not, on the list."""

    def test_on_the_list(self, analysis: hs.Analysis) -> None:
        """A street on the list is told its hotspot and why."""
        answer = analysis.explain("High Street")
        assert answer.hotspot_id == analysis.hotspots.index[0]
        assert answer.n >= 52
        assert answer.n_nights >= 52
        assert "It is on the list, as part of Squareham 1. Rank 1 of at most 10" in str(answer)

    def test_not_on_the_list(self, analysis: hs.Analysis) -> None:
        """A street that is not is told its count, its rank, and what would change it."""
        answer = analysis.explain("quiet close")
        assert answer.hotspot_id is None
        assert answer.rank > 1
        assert "It is not on the list." in str(answer)
        assert "more report" in str(answer)
        assert "each on another night, would bring it to that" in str(answer)
        assert f"of the {answer.n_ranked:,} places of Squareham" in str(answer)

    def test_what_would_change_it_comes_true(self) -> None:
        """With 40 more reports on different nights, a quiet place expects what was predicted."""
        incidents = hs.simulate_incidents(9000, boroughs=["Camden"], rng=3).incidents
        before = hs.analyse(incidents, boroughs=["Camden"], progress=False)
        counts = before.counts
        position = int(np.flatnonzero(counts.totals() == 5)[0])
        mask = Band(1, 1, 10, 2).mask  # Tuesday 10:00–12:00
        predicted = before.intensity.mean_with_more(position, mask, 40)
        middle = counts.places.geometry.iloc[position].centroid
        tuesdays = pd.date_range("2025-01-07", periods=40, freq="7D")
        more = make_incidents(
            pd.DataFrame(
                {
                    "start": tuesdays + pd.to_timedelta(10 + np.arange(40) % 2, unit="h"),
                    "x": middle.x,
                    "y": middle.y,
                }
            )
        )
        after = hs.analyse(pd.concat([incidents, more]), boroughs=["Camden"], progress=False)
        came = after.intensity.expected(np.array([position]))[0][mask].sum()
        assert predicted == pytest.approx(came, rel=0.15)
        now = before.intensity.expected(np.array([position]))[0][mask].sum()
        assert before.intensity.mean_with_more(position, mask, 0) == pytest.approx(now)
        assert predicted > 10 * now

    def test_by_hotspot_place_and_point(self, analysis: hs.Analysis) -> None:
        """The same place is found by name, by id and by its coordinates."""
        by_words = analysis.explain("High Street")
        by_name = analysis.explain("Squareham 1")
        by_id = analysis.explain(by_words.place_id)
        by_point = analysis.explain((WEST + 75 + 1500, SOUTH + 75 + 1500))
        assert {by_name.hotspot_id, by_id.hotspot_id, by_point.hotspot_id} == {by_words.hotspot_id}
        assert by_id.n == by_point.n == by_words.n

    def test_place_without_a_report(self, analysis: hs.Analysis) -> None:
        """A place without reports is told so."""
        counts = analysis.counts
        empty = counts.places.index[counts.totals() == 0][0]
        answer = analysis.explain(str(empty))
        assert (answer.n, answer.hotspot_id) == (0, None)
        assert "0 ASB reports" in str(answer)

    def test_messages(self, analysis: hs.Analysis) -> None:
        """Unknown places are answered with the nearest words, or what to give."""
        with pytest.raises(hs.InputError, match="Near it: On or near High Street"):
            analysis.explain("On or nearr High Streeet")
        with pytest.raises(hs.InputError, match=r"\(1, 2\) lies in no place of this analysis"):
            analysis.explain((1, 2))
        with pytest.raises(hs.InputError, match=r"\(easting, northing\) in metres"):
            analysis.explain((1, "x"))  # type: ignore[arg-type]


class TestAcceptance:
    """Real inputs to a finished folder, with the totals their publishers give."""

    @pytest.mark.acceptance
    def test_london_hexagons(self, shared_data: Path, tmp_path: Path) -> None:
        """236,151 counted incidents, monthly, give ten hotspots in each of the 32 boroughs."""
        path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
        reading = hs.read_incidents(path)
        analysis = finish(reading, tmp_path)
        assert analysis.tier == "monthly"
        everything = reading.incidents["weight"].sum()
        assert everything == 236_151
        assert 0.99 * everything < analysis.counts.total <= everything
        assert (analysis.hotspots.groupby("borough").size() == 10).all()
        assert analysis.hotspots["borough"].nunique() == 32

    @pytest.mark.acceptance
    def test_collisions(self, shared_data: Path, tmp_path: Path) -> None:
        """20,876 timed collisions, called so, give hotspots with hours."""
        path = shared_data / "timed" / "london_collisions_2025.csv.gz"
        analysis = finish(hs.read_incidents(path), tmp_path)
        assert analysis.noun == "road collisions"
        assert sum(analysis.walk.values()) == 20_876
        # The City of London is not one of the 32 boroughs.
        assert analysis.walk["in areas"] > 20_500
        assert analysis.hotspots["hours"].notna().all()
        assert "road collisions" in analysis.hotspots["why"].iloc[0]
        assert "road collisions" in (tmp_path / "out" / "index.html").read_text("utf-8")

    @pytest.mark.acceptance
    def test_lancashire(self, shared_data: Path, tmp_path: Path) -> None:
        """56,434 monthly points in 14 districts give each district a list."""
        areas = hs.read_areas(shared_data / "asb" / "lancashire_districts.geojson")
        reading = hs.read_incidents(shared_data / "asb" / "lancashire_asb.tab")
        analysis = finish(reading, tmp_path, areas=areas)
        assert len(analysis.areas) == 14
        assert sum(analysis.walk.values()) == 56_434
        assert analysis.walk["in areas"] > 56_000
        assert analysis.hotspots["borough"].nunique() == 14

    @pytest.mark.acceptance
    def test_west_yorkshire(self, shared_data: Path, tmp_path: Path) -> None:
        """All outside London by default; in areas of their own every placed incident is used."""
        path = (
            shared_data
            / "asb"
            / "police_uk_west_yorkshire"
            / ("2016-07-west-yorkshire-street.csv.gz")
        )
        reading = hs.read_incidents(path)
        assert (reading.n_rows, reading.n_accepted) == (27_176, 7_429)
        assert len(reading.out_of_scope) == 27_176 - 7_429
        analysis = finish(reading, tmp_path)
        assert analysis.walk == {"in areas": 0, "context": 0, "out of area": 7_382, "no place": 47}
        assert len(analysis.hotspots) == 0
        # Around Leeds, Bradford, Wakefield, Huddersfield and Halifax.
        own = gpd.GeoDataFrame(
            {"name": ["West Yorkshire"]},
            geometry=[shapely.box(390_000, 400_000, 460_000, 460_000)],
            index=pd.Index(["WY"], name="area_id"),
            crs=27700,
        )
        analysis = finish(reading, tmp_path, areas=own)
        assert analysis.walk["in areas"] > 7_300
        assert len(analysis.hotspots) == 10

    @pytest.mark.acceptance
    def test_met_sample(self, shared_data: Path, tmp_path: Path) -> None:
        """16 rows, of which 12 are ASB in Barking and Dagenham; the row in Arun is outside."""
        path = shared_data / "asb" / "2019-01-metropolitan-street.SAMPLE.csv"
        reading = hs.read_incidents(path)
        analysis = finish(reading, tmp_path)
        assert analysis.walk["in areas"] == 12
        assert set(analysis.hotspots["borough"]) == {"E09000002"}
        # The same rows with the crime type of the others set: one of the 16 is far outside London.
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        rows["Crime type"] = "Anti-social behaviour"
        rows["Crime ID"] = ""
        every = hs.analyse(hs.read_incidents(rows), progress=False)
        assert every.walk == {"in areas": 15, "context": 0, "out of area": 1, "no place": 0}


def finish(reading: hs.Reading, folder: Path, **options: object) -> hs.Analysis:
    """Analyse, save, and check that the folder is complete."""
    analysis = hs.analyse(reading, progress=False, **options)  # type: ignore[arg-type]
    out = analysis.save(folder / "out")
    names = {path.name for path in out.iterdir()}
    timed = {"shortfall.csv", "shortfall_by_area.csv", "shortfall.html"}
    assert timed & names == (timed if analysis.tier == "timed" else set())
    assert names - timed == {
        "index.html",
        "hotspots.gpkg",
        "hotspots.geojson",
        "hotspots.parquet",
        "places.parquet",
        "week.parquet",
        "what_if.csv",
        "left_out.csv",
        "tactics.csv",
        "tasks.csv",
        "tasks.geojson",
        "visits.parquet",
        "calendars.zip",
        "team_tours.csv",
        "visits.csv",
        "tasks.xlsx",
        "spread.csv",
        "harm.csv",
        "harm_by_kind.csv",
        "model_card.json",
        "model_card.md",
        "rejected.csv",
        "manifest.json",
    }
    HOTSPOTS.validate(analysis.hotspots)
    TASKS.validate(analysis.tasks)
    return analysis
