"""What has changed since the last list, and how it did: by hand, level, known change, words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, nbinom, t

import hotspots as hs
from hotspots.risk.later import Later, look_later
from hotspots.risk.list_outcomes import judge_outcomes, two_sided
from hotspots.risk.record import ListRecord, record_list
from hotspots.risk.review import review_list
from hotspots.settings import HotspotSettings
from hotspots.tables import HOTSPOT_CHANGES, LIST_OUTCOMES, LIST_SHARES, PLACE_RECORDS
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.risk import HotspotList

WEEKS = 10
FIRST = pd.Timestamp("2025-01-06")
SECOND = FIRST + pd.Timedelta(weeks=WEEKS)
END = SECOND + pd.Timedelta(weeks=WEEKS)
ONE_PLACE = HotspotSettings(per_area=1, max_area=22_500.0)


def place_id(column: int, row: int = 0) -> str:
    """Give the id of a 150 m place by column and row."""
    return f"sq150-{int(WEST // 150) + column}-{int(SOUTH // 150) + row}"


def rows_at(column: int, n: int, start: pd.Timestamp, hour: int = 20) -> pd.DataFrame:
    """Give incidents in one place of the first row, on following evenings."""
    moments = start + pd.to_timedelta(np.arange(n) * 24 + hour, unit="h")
    x, y = WEST + 75 + 150 * column, SOUTH + 75
    return pd.DataFrame({"start": moments, "x": x, "y": y})


def listed(
    incidents: gpd.GeoDataFrame,
    period: tuple[pd.Timestamp, pd.Timestamp],
    areas: gpd.GeoDataFrame,
    settings: HotspotSettings,
    half_life: float | None = None,
) -> tuple[hs.Counts, HotspotList, ListRecord]:
    """Count, find hotspots and keep the record."""
    counts = hs.count_incidents(incidents, hs.make_grid(areas), areas=areas, period=period)
    intensity = hs.weekly_intensity(counts, season=False)
    found = hs.find_hotspots(intensity, areas, settings=settings)
    table = found.table.assign(source=", ".join(counts.sources))
    harm = None
    if half_life is not None:
        typed = incidents.assign(asb_type="nuisance")
        harm = hs.weekly_harm(intensity, typed, half_life=half_life)
    return counts, found, record_list(table, found, intensity, areas, settings, harm=harm)


def reviewed(
    before: pd.DataFrame,
    since: pd.DataFrame,
    settings: HotspotSettings = ONE_PLACE,
    side: float = 1500.0,
    end: pd.Timestamp = END,
    half_life: float | None = None,
) -> tuple[HotspotList, hs.ListReview, Later]:
    """Review the list of ten weeks on the next ten."""
    areas = square_area(side=side)
    _, _, last = listed(make_incidents(before), (FIRST, SECOND), areas, settings, half_life)
    counts, found, _ = listed(make_incidents(since), (SECOND, end), areas, settings)
    later = look_later(last, counts, areas)
    assert isinstance(later, Later)
    return *review_list(last, found, counts, areas), later


class TestSharesByHand:
    """How much a list held, counted on fingers."""

    BEFORE = pd.concat([rows_at(2, 30, FIRST), rows_at(7, 20, FIRST)], ignore_index=True)

    def test_shares(self) -> None:
        """The place of the list had 6 of 20 since, another 10: that is the best possible."""
        since = [rows_at(2, 6, SECOND), rows_at(7, 10, SECOND), rows_at(9, 4, SECOND)]
        found, review, _ = reviewed(self.BEFORE, pd.concat(since, ignore_index=True))
        LIST_SHARES.validate(review.shares)
        assert review.shares.index.tolist() == ["Q01 any hour", "Q01 in hours"]
        row = review.shares.loc["Q01 any hour"]
        assert (row["n"], row["held"], row["plain"], row["best"]) == (20, 0.3, 0.3, 0.5)
        assert row["land"] == row["plain_land"] == row["best_land"] == 0.01
        assert (row["ahead_low"], row["ahead_high"]) == (0, 0)
        assert found.table.index.tolist() == [f"Q01_{place_id(7)}"]
        assert review.changes["change"].tolist() == ["gone", "new"]
        assert found.table["since_last"].tolist() == ["new"]
        assert review.gone.index.tolist() == [f"Q01_{place_id(2)}"]

    def test_hours(self) -> None:
        """In hours only what came in them counts; the plain list has the hours of the area."""
        since = [rows_at(2, 6, SECOND), rows_at(2, 14, SECOND, hour=9)]
        _, review, later = reviewed(self.BEFORE, pd.concat(since, ignore_index=True))
        row = review.shares.loc["Q01 in hours"]
        # Six evenings in a row from a Monday on, and 14 mornings: two of each weekday.
        hours = later.last.hotspots.iloc[0]
        days = {int(day) for day in hours["weekdays"].split(",")}
        assert hours["start_hour"] == 20
        evenings = sum(day in days for day in range(6))
        assert row["held"] == evenings / 20
        assert row["land"] == pytest.approx(len(days) / 168 / 100)
        # The best list has the mornings, as many days as it may.
        assert row["best"] == 14 / 20
        # The plain list has the busiest hours of the area, which had no morning.
        assert 0 < row["plain"] <= 6 / 20

    def test_all_areas(self) -> None:
        """All areas together are the sum of what each had, and its lists held."""
        areas = pd.concat(
            [square_area(side=1500), square_area("Eastham", WEST + 1500, 1500, "Q02")]
        )
        before = [rows_at(2, 30, FIRST), rows_at(7, 20, FIRST), rows_at(12, 25, FIRST)]
        _, _, last = listed(make_incidents(pd.concat(before)), (FIRST, SECOND), areas, ONE_PLACE)
        since = [rows_at(2, 6, SECOND), rows_at(7, 10, SECOND), rows_at(12, 24, SECOND)]
        counts, found, _ = listed(make_incidents(pd.concat(since)), (SECOND, END), areas, ONE_PLACE)
        _, review = review_list(last, found, counts, areas)
        any_hour = review.shares[review.shares["when"] == "any hour"]
        assert any_hour["name"].tolist() == ["all areas", "Squareham", "Eastham"]
        assert any_hour["n"].tolist() == [40, 16, 24]
        assert any_hour["held"].tolist() == [30 / 40, 6 / 16, 1]
        assert any_hour["best"].tolist() == [34 / 40, 10 / 16, 1]
        assert any_hour["land"].tolist() == [0.01, 0.01, 0.01]
        in_hours = review.shares.loc["all in hours", ["held", "plain", "best"]]
        held, plain, best = (f"{100 * each:.1f} %" for each in in_hours)
        said = f"it held {held} in its hours, plain counts {plain}, best possible {best}"
        assert review.track_record == said

    def test_best_is_best(self) -> None:
        """One that had known what came holds all 40 reports of one night, whatever came else."""
        x, y = WEST + 75 + 150 * 5, SOUTH + 75
        night = pd.DataFrame({"start": SECOND + pd.Timedelta(hours=21), "x": x, "y": y}, range(40))
        since = pd.concat([rows_at(2, 20, SECOND), night], ignore_index=True)
        _, review, _ = reviewed(self.BEFORE, since)
        assert review.shares.loc["Q01 in hours", "best"] == 40 / 60
        # The list itself, if nothing held more.
        _, review, _ = reviewed(self.BEFORE, rows_at(2, 30, SECOND, hour=20))
        row = review.shares.loc["Q01 in hours"]
        assert row["best"] >= row["held"] > 0

    def test_as_many_hotspots(self) -> None:
        """A list of one is compared with lists of one, however long the next is."""
        areas = square_area(side=1500)
        _, _, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), areas, ONE_PLACE)
        since = pd.concat([rows_at(2, 6, SECOND), rows_at(7, 4, SECOND)], ignore_index=True)
        three = replace(ONE_PLACE, per_area=3)
        counts, found, _ = listed(make_incidents(since), (SECOND, END), areas, three)
        assert len(found.table) == 2
        _, review = review_list(last, found, counts, areas)
        row = review.shares.loc["Q01 any hour"]
        assert (row["held"], row["plain"], row["best"]) == (0.6, 0.6, 0.6)
        assert row["land"] == row["best_land"] == 0.01

    def test_missing_months(self) -> None:
        """Weeks of a month without data are no weeks in which nothing came."""
        areas = square_area(side=1500)
        x, y = WEST + 75 + 150 * 7, SOUTH + 75
        night = FIRST + pd.Timedelta(hours=20)
        burst = pd.DataFrame({"start": night, "x": x, "y": y}, index=range(40))
        before = make_incidents(pd.concat([rows_at(2, 30, FIRST), burst], ignore_index=True))
        _, _, last = listed(before, (FIRST, SECOND), areas, ONE_PLACE)
        since = pd.concat([rows_at(2, 70, SECOND), rows_at(7, 70, SECOND)[::3]], ignore_index=True)
        since = since[since["start"].dt.month != 4].reset_index(drop=True)
        counts, found, _ = listed(make_incidents(since), (SECOND, END), areas, ONE_PLACE)
        _, all_weeks = review_list(last, found, counts, areas)
        april = replace(counts, missing=pd.PeriodIndex(["2025-04"], freq="M"))
        _, review = review_list(last, found, april, areas)
        wide = all_weeks.shares.loc["Q01 any hour", ["ahead_low", "ahead_high"]]
        own = review.shares.loc["Q01 any hour", ["ahead_low", "ahead_high"]]
        assert np.ptp(own.astype(float)) < np.ptp(wide.astype(float))

    def test_interval(self) -> None:
        """The interval of held less plain is Student's over weeks."""
        # A burst in one night makes the plain count choose another place than the list.
        x, y = WEST + 75 + 150 * 7, SOUTH + 75
        night = FIRST + pd.Timedelta(hours=20)
        burst = pd.DataFrame({"start": night, "x": x, "y": y}, index=range(40))
        before = pd.concat([rows_at(2, 30, FIRST), burst], ignore_index=True)
        since = pd.concat([rows_at(2, 35, SECOND), rows_at(7, 5, SECOND)], ignore_index=True)
        _, review, _ = reviewed(before, since)
        row = review.shares.loc["Q01 any hour"]
        assert (row["held"], row["plain"]) == (35 / 40, 5 / 40)
        weekly = np.array([7 - 5, 7, 7, 7, 7, 0, 0, 0, 0, 0])
        middle, half = weekly.sum(), t.ppf(0.975, 9) * weekly.std(ddof=1) * np.sqrt(10)
        assert row["ahead_low"] == pytest.approx((middle - half) / 40)
        assert (middle + half) / 40 > 1
        assert row["ahead_high"] == 1
        assert "better than a plain count" in str(review)

    def test_too_short(self) -> None:
        """Fewer than four weeks give no interval, and the report says so."""
        end = SECOND + pd.Timedelta(weeks=3)
        _, review, _ = reviewed(self.BEFORE, rows_at(2, 10, SECOND), end=end)
        assert review.shares["ahead_low"].isna().all()
        assert "too short to say" in str(review)


class TestOutcomes:
    """What came at the listed places, beside what was to be expected."""

    def test_two_sided(self) -> None:
        """Twice the smaller tail of the negative binomial; Poisson where the variance is small."""
        mean, variance = np.array([3.0, 3.0, 3.0]), np.array([6.0, 6.0, 1.0])
        p = two_sided(np.array([0.0, 9.0, 0.0]), mean, variance)
        # Variance 6 and mean 3: size 3 and chance 1/2, so that P(0) = 1/8.
        assert p[0] == pytest.approx(2 / 8)
        assert p[1] == pytest.approx(2 * nbinom.sf(8, 3, 0.5))
        assert p[2] == pytest.approx(2 * np.exp(-3))
        # Part of a count is taken as the next whole one towards the middle.
        part = two_sided(np.array([0.5, 8.5]), mean[:2], variance[:2])
        assert part[0] == pytest.approx(2 * nbinom.cdf(1, 3, 0.5))
        assert part[1] == pytest.approx(2 * nbinom.sf(7, 3, 0.5))

    @pytest.mark.parametrize(("half_life", "known"), [(None, 1.0), (5.0, 0.625)])
    def test_expected(self, half_life: float | None, known: float) -> None:
        """Expected is the posterior mean, at the level of the area since.

        With half-lives of half the period Σu²/Σu is (1 + 1/4) / 2.
        """
        before = pd.concat([rows_at(2, 30, FIRST), rows_at(7, 20, FIRST)], ignore_index=True)
        since = pd.concat([rows_at(2, 10, SECOND), rows_at(7, 10, SECOND)], ignore_index=True)
        _, review, later = reviewed(before, since, half_life=half_life)
        LIST_OUTCOMES.validate(review.outcomes)
        row = review.outcomes.iloc[0]
        place = later.last.places.loc[place_id(2)]
        assert row["before"] == 30 / WEEKS
        assert row["since"] == 10 / WEEKS
        quiet = later.last.places.loc[place_id(7)]
        level = (10 / WEEKS) / (quiet["shape"] / quiet["rate"])
        mean = place["shape"] / place["rate"] * level
        assert row["expected"] == pytest.approx(mean)
        chance = place["dispersion"] * mean * WEEKS
        unknown = known * place["shape"] / place["rate"] ** 2 * (level * WEEKS) ** 2
        of_level = quiet["dispersion"] * (1 / 20 + 1 / 10) * (mean * WEEKS) ** 2
        whole = np.array([mean * WEEKS]), np.array([chance + unknown + of_level])
        assert row["p"] == pytest.approx(two_sided(np.array([10.0]), *whole)[0])
        assert "Too few places on no list" in str(review)

    @pytest.mark.parametrize(
        ("change", "weeks", "half_life"),
        [(0.0, 10, None), (0.4, 10, None), (0.4, 2, None), (0.0, 10, 5.0), (0.4, 10, 5.0)],
    )
    def test_level(self, change: float, weeks: int, half_life: float | None) -> None:
        """Of 150 listed places that nobody touched 90 in 100 keep their interval, 5 fall out of p.

        Raw counts would call most of them cooled: they were chosen when high. After a fortnight,
        too, the usual change of places is seen, and where recent reports count more.
        """
        rng = np.random.default_rng(7)
        side, n_listed = 30, 150
        rate = rng.gamma(1.2, 12.0, side**2)
        size = 1 / change**2 if change else 1.0
        later_rate = rate * rng.gamma(size, 1 / size, side**2) if change else rate
        parts = []
        for start, each, n in ((FIRST, rate, WEEKS), (SECOND, later_rate, weeks)):
            cell = np.repeat(np.arange(side**2), rng.poisson(each * n / WEEKS))
            hour = rng.integers(0, n * 168, len(cell))
            parts.append(
                pd.DataFrame(
                    {
                        "start": start + pd.to_timedelta(hour, unit="h"),
                        "x": WEST + 75 + 150 * (cell % side),
                        "y": SOUTH + 75 + 150 * (cell // side),
                    }
                )
            )
        settings = HotspotSettings(per_area=n_listed, max_area=22_500.0)
        end = SECOND + pd.Timedelta(weeks=weeks)
        side_m = 150.0 * side
        _, review, later = reviewed(*parts, settings, side_m, end, half_life)
        table = review.outcomes
        assert len(table) == n_listed
        covered = table["since"].between(table["low"] - 1e-9, table["high"] + 1e-9).mean()
        assert 0.83 <= covered <= 0.97
        assert (table["p"] <= 0.05).mean() <= 0.10
        assert weeks < WEEKS or table["before"].sum() > 1.03 * table["since"].sum()
        assert table["since"].sum() == pytest.approx(table["expected"].sum(), rel=0.07)
        assert (
            table["outcome"] == np.where(table["since"] < table["before"], "cooled", "held")
        ).all()
        assert table["q"].to_numpy() == pytest.approx(false_discovery_control(table["p"]))
        usual = judge_outcomes(later).usual_change
        assert usual <= 0.12 if change == 0 else 0.3 <= usual <= 0.5

    def test_others_fall(self) -> None:
        """Where half of the listed places fall, the others did not rise."""
        rng = np.random.default_rng(5)
        rate = np.full(64, 12.0)
        rate[:10] = 40
        later_rate = rate.copy()
        later_rate[:5] *= 0.2
        parts = []
        for start, each in ((FIRST, rate), (SECOND, later_rate)):
            cell = np.repeat(np.arange(64), rng.poisson(each))
            hour = rng.integers(0, WEEKS * 168, len(cell))
            column, row = cell % 8, cell // 8
            moments = start + pd.to_timedelta(hour, unit="h")
            xy = {"x": WEST + 75 + 150 * column, "y": SOUTH + 75 + 150 * row}
            parts.append(pd.DataFrame({"start": moments, **xy}))
        settings = HotspotSettings(per_area=10, max_area=22_500.0)
        _, review, later = reviewed(*parts, settings, side=1200.0)
        outcome = review.outcomes["outcome"]
        fell = {f"Q01_{place_id(column)}" for column in range(5)}
        found = set(review.outcomes.index[outcome == "fell"])
        assert found <= fell
        assert len(found) >= 3
        others = review.outcomes[~review.outcomes.index.isin(fell)]
        places = later.last.places.set_index("hotspot_id").loc[others.index]
        level = others["expected"] / (places["shape"] / places["rate"])
        # Not 0.85, which is how much less came in the whole area.
        assert level.between(0.87, 1.1).all()
        assert (others["outcome"] == "rose").sum() <= 1
        assert "Places on no list changed" in str(review)

    def test_true_fall(self) -> None:
        """A place in which nearly nothing comes any more, while others go on, fell."""
        rng = np.random.default_rng(3)
        cell = np.repeat(np.arange(100), 20)

        def scattered(start: pd.Timestamp) -> pd.DataFrame:
            hour = rng.integers(0, WEEKS * 168, len(cell))
            return pd.DataFrame(
                {
                    "start": start + pd.to_timedelta(hour, unit="h"),
                    "x": WEST + 75 + 150 * (cell % 10),
                    "y": SOUTH + 75 + 150 * (cell // 10),
                }
            )

        before = pd.concat([scattered(FIRST), *[rows_at(2, 70, FIRST)] * 2], ignore_index=True)
        since = scattered(SECOND)
        since = since[since["x"] != WEST + 75 + 150 * 2].reset_index(drop=True)
        _, review, _ = reviewed(before, since)
        assert review.outcomes["outcome"].tolist() == ["fell"]
        assert (
            "1 fell more than that (q of at most 0.05), by the last list's names: Squareham 1."
            in str(review)
        )


class TestRecord:
    """What a list leaves for the next."""

    def test_places(self) -> None:
        """All places with an incident, and those of the list by its ids."""
        before = pd.concat([rows_at(2, 30, FIRST), rows_at(7, 2, FIRST)], ignore_index=True)
        areas = square_area(side=1500)
        _, found, last = listed(make_incidents(before), (FIRST, SECOND), areas, ONE_PLACE)
        assert last.places is not None
        PLACE_RECORDS.validate(last.places)
        assert last.places["n"].to_dict() == {place_id(2): 30, place_id(7): 2}
        assert last.places["hotspot_id"].dropna().to_dict() == {place_id(2): found.table.index[0]}
        assert last.weeks == WEEKS
        assert last.areas == {"Q01": "Squareham"}


class TestWords:
    """What the report says where there is nothing to judge."""

    BEFORE = pd.concat([rows_at(2, 30, FIRST), rows_at(7, 20, FIRST)], ignore_index=True)

    def test_same_data(self) -> None:
        """A rerun keeps every id, and has nothing new to judge by."""
        areas = square_area(side=1500)
        counts, found, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), areas, ONE_PLACE)
        again, review = review_list(last, found, counts, areas)
        assert again.table.index.equals(found.table.index)
        assert again.members.equals(found.members)
        assert again.table["since_last"].tolist() == ["kept (was Squareham 1)"]
        assert str(review).splitlines() == [
            "Since the last list, made from 6 January 2025 to 16 March 2025: 1 kept.",
            (
                "How the last list did cannot be said: the data hold nothing after 16 March 2025, "
                "the last day that it was made from."
            ),
        ]
        assert repr(review) == "<ListReview: 1 kept; 0 outcomes>"
        assert review.track_record == ""
        HOTSPOT_CHANGES.validate(review.changes)
        LIST_SHARES.validate(review.shares)
        LIST_OUTCOMES.validate(review.outcomes)

    def test_ids_go_on(self) -> None:
        """A hotspot whose busiest place is another one keeps the id, also of its places."""
        two = HotspotSettings(per_area=1)
        parts = [rows_at(2, 30, FIRST), rows_at(3, 28, FIRST), rows_at(9, 2, FIRST)]
        before = pd.concat(parts, ignore_index=True)
        since = pd.concat([rows_at(2, 28, SECOND), rows_at(3, 30, SECOND)], ignore_index=True)
        found, review, _ = reviewed(before, since, two)
        assert review.changes["change"].tolist() == ["kept"]
        own = f"Q01_{place_id(2)}"
        assert found.table.index.tolist() == found.week.index.tolist() == [own]
        assert set(found.members["hotspot_id"]) == {own}
        assert set(found.members["place_id"]) == {place_id(2), place_id(3)}

    def test_partner_folder(self) -> None:
        """Without counts of places only changes can be told."""
        areas = square_area(side=1500)
        counts, found, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), areas, ONE_PLACE)
        _, review = review_list(replace(last, places=None), found, counts, areas)
        assert "written for partners" in str(review)
        assert len(review.changes) == 1

    def test_every_place_is_listed(self) -> None:
        """Where there was nothing to choose, there is nothing to judge."""
        areas = square_area(side=1500)
        before, since = rows_at(2, 30, FIRST), rows_at(2, 10, SECOND)
        _, _, last = listed(make_incidents(before), (FIRST, SECOND), areas, ONE_PLACE)
        counts, found, _ = listed(make_incidents(since), (SECOND, END), areas, ONE_PLACE)
        _, review = review_list(last, found, counts, areas)
        assert "there was nothing to choose" in str(review)
        assert review.changes["change"].tolist() == ["kept"]

    def test_other_places(self) -> None:
        """A list of places of another size is matched by its ground, and not judged."""
        areas = square_area(side=1500)
        _, _, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), areas, ONE_PLACE)
        table = make_incidents(rows_at(2, 10, SECOND))
        places = hs.make_grid(areas, cell_size=250)
        counts = hs.count_incidents(table, places, areas=areas)
        found = hs.find_hotspots(hs.weekly_intensity(counts), areas, settings=ONE_PLACE)
        _, review = review_list(last, found, counts, areas)
        assert "made with other places" in str(review)

    def test_months_that_are_cut(self) -> None:
        """A list that ended in the middle of a month is judged by months from the next one on."""
        areas = square_area(side=1500)
        _, _, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), areas, ONE_PLACE)
        months = pd.date_range("2025-03-01", periods=5, freq="MS")
        rows = pd.DataFrame({"start": np.repeat(months, 13), "x": WEST + 375, "y": SOUTH + 75})
        rows["x"] += np.where(np.arange(len(rows)) % 13 < 4, 750, 0)
        table = make_incidents(rows, time_precision="month")
        counts = hs.count_incidents(table, hs.make_grid(areas), areas=areas)
        later = look_later(last, counts, areas)
        assert isinstance(later, Later)
        assert later.counts.start == pd.Timestamp("2025-04-01", tz="Europe/London")
        found = hs.find_hotspots(hs.weekly_intensity(counts), areas, settings=ONE_PLACE)
        _, review = review_list(last, found, counts, areas)
        assert "from timed data and this one from monthly data" in str(review)
        row = review.outcomes.iloc[0]
        assert row["since"] == pytest.approx(9 * 4 / (122 / 7))
        # Four months are enough for an interval, and all alike.
        assert review.shares["ahead_low"].tolist() == review.shares["ahead_high"].tolist() == [0]
        assert review.changes["hours_shared"].isna().all()
        assert review.changes["change"].tolist() == ["kept"]
        said = "it held 69.2 %, plain counts 69.2 %, best possible 69.2 %"
        assert review.track_record == said

    def test_no_area_in_common(self) -> None:
        """Then there is nothing to compare, and the report says that."""
        first, other = square_area(side=1500), square_area("Eastham", WEST + 3000, 1500, "Q02")
        _, _, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), first, ONE_PLACE)
        since = make_incidents(rows_at(22, 10, SECOND))
        counts, found, _ = listed(since, (SECOND, END), other, ONE_PLACE)
        _, review = review_list(last, found, counts, other)
        assert "no hotspot in an area that both lists have" in str(review)
        assert "it has no hotspot in the areas of this one" in str(review)

    def test_other_areas(self) -> None:
        """An area that had no list is not compared, and says nothing of a change."""
        first = square_area(side=1500)
        both = pd.concat([first, square_area("Eastham", WEST + 1500, 1500, "Q02")])
        _, _, last = listed(make_incidents(self.BEFORE), (FIRST, SECOND), first, ONE_PLACE)
        since = pd.concat([rows_at(2, 10, SECOND), rows_at(14, 10, SECOND)], ignore_index=True)
        counts, found, _ = listed(make_incidents(since), (SECOND, END), both, ONE_PLACE)
        found, review = review_list(last, found, counts, both)
        assert found.table["since_last"].isna().tolist() == [False, True]
        assert "1 area had a list then and now; 0 only then, 1 only now" in str(review)
        assert review.shares["name"].unique().tolist() == ["Squareham"]
