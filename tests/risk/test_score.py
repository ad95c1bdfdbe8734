"""Scores: by hand, what adds up, what lowers no score, edges, and the level of the interval."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, gamma

import hotspots as hs
from hotspots.errors import HotspotsWarning
from hotspots.incidents import batch_of
from hotspots.incidents import dataset as dataset_module
from hotspots.risk import HarmTask, added_up
from hotspots.risk.harm_intensity import estimate
from hotspots.risk.recency import recency
from hotspots.risk.score import _ranks_without, ranks_in
from hotspots.settings import HotspotSettings
from tests.scenes import SOUTH, WEST, make_incidents, square_area

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

MONDAY = pd.Timestamp("2025-01-06")
LONDON = "Europe/London"
WEEKS = 52
PERIOD = (MONDAY, MONDAY + pd.Timedelta(weeks=WEEKS))
ONES = hs.HarmWeights(
    name="ones",
    types={"personal": 1, "nuisance": 1, "environmental": 1},
    vulnerable=1,
    repeat=1,
)
TWO = HotspotSettings(per_area=3, max_area=22_500.0)
CAMDEN = "E09000007"


def calls(n: int = 300, seed: int = 1, side: int = 4, weeks: int = WEEKS) -> gpd.GeoDataFrame:
    """Give calls of all kinds in side × side places, the first ones busier."""
    rng = np.random.default_rng(seed)
    cell = np.minimum(rng.geometric(0.4, (n, 2)) - 1, side - 1)
    start = MONDAY + pd.to_timedelta(rng.integers(0, weeks * 168, n), unit="h")
    xy = np.array([WEST, SOUTH]) + 75 + 150 * cell
    rows = pd.DataFrame({"start": start, "x": xy[:, 0], "y": xy[:, 1]})
    return make_incidents(
        rows,
        asb_type=rng.choice(
            ["personal", "nuisance", "environmental", None], n, p=[0.2, 0.6, 0.1, 0.1]
        ),
        heading=rng.choice(["Noise", "Fireworks", None], n),
        is_flagged_vulnerable=rng.random(n) < 0.2,
        is_flagged_repeat=rng.random(n) < 0.1,
        person_key=rng.choice(["a", "b", "c", None], n),
    )


def found_in(
    table: Any, period: Any = PERIOD, side: float = 600.0, **options: Any
) -> tuple[hs.Intensity, hs.HotspotList]:
    """Count, estimate and find hotspots of one place each."""
    area = square_area(side=side)
    counts = hs.count_incidents(table, hs.make_grid(area), areas=area, period=period, **options)
    intensity = hs.weekly_intensity(counts, season=False)
    return intensity, hs.find_hotspots(intensity, area, settings=TWO)


def same(first: hs.RiskScores, second: hs.RiskScores) -> None:
    """Two scores agree in every bit."""
    for name in ("table", "by_kind", "described", "reports"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Put incidents in another order with other labels."""
    mixed = table.sample(frac=1.0, random_state=3)
    mixed.index = pd.Index([f"x{n}" for n in range(len(mixed))], name="incident_id")
    return mixed


class TestByHand:
    """Numbers that follow from the formulas."""

    def test_one_place(self) -> None:
        """(Σ w u / d + a w̄) / (T / d + b), with every figure taken from somewhere else."""
        burst = calls(12, seed=2, side=1).assign(start=pd.Timestamp("2025-09-05 22:00", tz=LONDON))
        burst.index = "burst" + burst.index
        table = pd.concat([calls(), burst])
        intensity, found = found_in(table)
        harm = hs.weekly_harm(intensity, table, half_life=13)
        place = found.members["place_id"].iloc[0]
        own = table[intensity.counts.places.geometry[place].contains(table.geometry)]
        row = intensity.places.loc[place]
        d = row["dispersion"]
        assert d > 1.5
        a, b = row["shape"] - row["n"] / d, row["rate"] - WEEKS / d
        day = own["start"].dt.tz_localize(None).dt.normalize()
        age = (PERIOD[1] - day) / pd.Timedelta(weeks=1) - 0.5 / 7
        u = 0.5 ** (age / 13)
        w = hs.HarmWeights().of(own)
        exposure = sum(0.5 ** ((k + 0.5) / 7 / 13) for k in range(WEEKS * 7)) / 7
        mean_weight = hs.HarmWeights().of(table).mean()
        expected = ((w * u).sum() / d + a * mean_weight) / (exposure / d + b)
        assert harm.places["harm_per_week"][place] == pytest.approx(expected)
        prior, own_history = (part / (WEEKS / d + b) for part in (a * mean_weight, w.sum() / d))
        parts = harm.places.loc[place, ["prior", "own_history", "recency"]]
        assert parts.tolist() == pytest.approx([prior, own_history, expected - prior - own_history])
        assert parts["prior"] > 0
        mean_square = (hs.HarmWeights().of(table) ** 2).mean()
        variance = ((w**2 * u).sum() / d + a * mean_square) / (exposure / d + b) ** 2
        assert harm.places["harm_variance"][place] == pytest.approx(variance)

    def test_counts_alone(self) -> None:
        """All weights 1 and no recency: what is expected, with the posterior of the count."""
        table = calls()
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table, weights=ONES, half_life=None)
        assert scores.table["harm_per_week"].to_numpy() == pytest.approx(
            found.table["expected_per_week"].to_numpy(), rel=1e-12
        )
        assert (scores.table["n"] == found.table["n"]).all()
        assert scores.table["recency"].abs().max() < 1e-12
        assert (scores.table["harm_rank"] == scores.table["count_rank"]).all()
        everywhere = np.arange(len(intensity.places))
        all_week = scores.harm.harm_per_week(everywhere)
        assert all_week == pytest.approx(intensity.places["mean"].to_numpy())
        low, high = scores.harm.interval(np.array([0]), None, 0.8)
        row = intensity.places.iloc[0]
        posterior = gamma(row["shape"], scale=1 / row["rate"])
        assert [low, high] == pytest.approx([posterior.ppf(0.1), posterior.ppf(0.9)])

    def test_season(self) -> None:
        """On an intensity for an average week of the year, harm is one for such a week, too."""
        table = calls()
        summer = (pd.Timestamp("2025-05-05"), pd.Timestamp("2025-09-01"))
        counts = found_in(table, summer)[0].counts
        seasonal = hs.weekly_intensity(counts)
        assert seasonal.weeks > 1.05 * counts.weeks
        harm = hs.weekly_harm(seasonal, table, weights=ONES, half_life=None)
        mean = seasonal.places["mean"].to_numpy()
        assert harm.places["harm_per_week"].to_numpy() == pytest.approx(mean)
        # Recent ones counting more, by hand: Σ u n / d + a over Σ u f / d + b.
        recent = hs.weekly_harm(seasonal, table, weights=ONES, half_life=13)
        row = seasonal.places.iloc[0]
        d = row["dispersion"]
        a, b = row["shape"] - row["n"] / d, row["rate"] - seasonal.weeks / d
        u, _ = recency(counts, 13)
        days = pd.date_range(summer[0], periods=len(u))
        exposure = (u * hs.season_factors(days)).sum() / 7
        expected = (recent.recent.sum(axis=1)[0] / d + a) / (exposure / d + b)
        assert recent.places["harm_per_week"].iloc[0] == pytest.approx(expected)

    def test_recency(self) -> None:
        """A day thirteen weeks before the last counts half of it, the last 2^(−½ / 91)."""
        counts = found_in(calls())[0].counts
        u, weeks = recency(counts, 13)
        assert u[-92] == pytest.approx(u[-1] / 2)
        assert u[-1] == pytest.approx(0.5 ** (0.5 / 91))
        # The integral of ½^(t/13) over 52 weeks is 13/ln 2 · (1 − 1/16).
        assert weeks == pytest.approx(13 / np.log(2) * 15 / 16, rel=1e-4)

    def test_hours(self) -> None:
        """The whole week has all of it, and the hours of a hotspot their part."""
        table = calls()
        intensity, _ = found_in(table)
        harm = hs.weekly_harm(intensity, table)
        places = np.arange(len(intensity.places))
        mask = np.zeros(168, dtype=bool)
        mask[20:24] = True
        expected = intensity.together(places)
        share = expected[mask].sum() / expected.sum()
        in_hours = harm.harm_per_week(places, mask)
        assert in_hours == pytest.approx(harm.harm_per_week(places) * share)

    def test_largest_source(self) -> None:
        """Each of a caller's twenty reports adds w u share / (d · rate): so much it takes away."""
        rows = pd.DataFrame(
            {
                "start": pd.date_range(MONDAY + pd.Timedelta(hours=20), periods=30, freq="12D"),
                "x": WEST + np.repeat([75.0, 76.0, 77.0], 10),
                "y": SOUTH + 75,
            }
        )
        who = ["a"] * 10 + [None] * 2 + ["a"] * 10 + ["b"] * 8
        table = make_incidents(rows, asb_type="nuisance", person_key=who)
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table, half_life=None)
        first = scores.table.iloc[0]
        row = intensity.places.loc[found.members["place_id"].iloc[0]]
        # All 30 reports are in one place; a has 20, no point more than 10. The score is
        # share · (30 / d + a) / rate, and a's reports are share · (20 / d) / rate of it.
        removed = 20 / row["dispersion"] / row["shape"]
        assert first["top_share"] == pytest.approx(removed)

    def test_largest_source_with_recency(self) -> None:
        """Ten early reports of a, eight late ones of b: b is the larger source."""
        early = pd.date_range(MONDAY + pd.Timedelta(hours=20), periods=10, freq="7D")
        late = pd.date_range(PERIOD[1] - pd.Timedelta(weeks=8, hours=-20), periods=8, freq="7D")
        xs = WEST + 70 + np.arange(18.0)
        rows = pd.DataFrame({"start": early.append(late), "x": xs, "y": SOUTH + 75})
        who = ["a"] * 10 + ["b"] * 8
        table = make_incidents(rows, asb_type="nuisance", person_key=who)
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table, half_life=13)
        row = intensity.places.loc[found.members["place_id"].iloc[0]]
        ages = np.array([(PERIOD[1] - start.normalize()).days - 0.5 for start in rows["start"]])
        u = 0.5 ** (ages / 91)
        d, a = row["dispersion"], row["shape"] - row["n"] / row["dispersion"]
        assert u[10:].sum() > u[:10].sum()
        expected = u[10:].sum() / d / (u.sum() / d + a)
        assert scores.table["top_share"].iloc[0] == pytest.approx(expected)

    def test_ranks(self) -> None:
        """Ranks are within boroughs, ties as listed; only one's own source is silent."""
        index = pd.Index(["a1", "b1", "a2", "a3"])
        borough = pd.Series(["A", "B", "A", "A"], index=index)
        score = pd.Series([5.0, 1.0, 5.0, 7.0], index=index)
        assert ranks_in(borough, score).tolist() == [2, 1, 3, 1]
        most = pd.Series([0.0, 1.0, 0.0, 2.5], index=index)
        # a3 falls to 4.5 behind both; b1 has nobody behind it.
        assert _ranks_without(borough, score, most).tolist() == [2, 1, 3, 3]
        # Of equal ones the first listed stays first: 7 − 2 = 5 comes after both fives.
        assert _ranks_without(borough, score, most.replace(2.5, 2.0)).tolist() == [2, 1, 3, 3]

    def test_described(self) -> None:
        """A place with one report more each month rises; it is said, not added."""
        months = pd.date_range("2025-01-01", periods=12, freq="MS")
        starts = [
            month + pd.Timedelta(days=2 * k, hours=20)
            for number, month in enumerate(months)
            for k in range(number)
        ]
        rows = pd.DataFrame({"start": starts, "x": WEST + 75, "y": SOUTH + 75})
        table = make_incidents(rows, asb_type="nuisance")
        intensity, found = found_in(table, ("2025-01-01", "2026-01-01"))
        scores = hs.score_risk(found, intensity, table)
        described = scores.described.iloc[0]
        assert (described["n_months"], described["months"]) == (11, 12)
        assert described["trend"] == "rising"
        assert described["hours"] == found.table["hours"].iloc[0]
        # Reports that grow are worth more if recent ones count more.
        assert scores.table["recency"].iloc[0] > 0


class TestAddsUp:
    """What is shown as a part is one."""

    @pytest.mark.parametrize("half_life", [None, 13.0, 2.0])
    def test_parts(self, half_life: float | None) -> None:
        """Prior + own history + recency, types, headings, and kinds times weights."""
        table = calls()
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table, half_life=half_life)
        total = scores.table["harm_per_week"]
        assert len(total) == 3
        parts = scores.table[["prior", "own_history", "recency"]].sum(axis=1)
        assert parts.to_numpy() == pytest.approx(total.to_numpy())
        for by in ("type", "heading"):
            rows = scores.by_kind[scores.by_kind["by"] == by].groupby("hotspot_id")
            added = rows["harm_per_week"].sum().reindex(total.index)
            assert added.to_numpy() == pytest.approx(total.to_numpy())
            n = rows["n"].sum().reindex(total.index)
            assert (n == scores.table["n"]).all()
        by_kind = scores.reports @ scores.weights.of(scores.kinds)
        assert by_kind.to_numpy() == pytest.approx(total.to_numpy())
        per_report = total / scores.reports.sum(axis=1)
        assert scores.table["harm_per_report"].to_numpy() == pytest.approx(per_report.to_numpy())

    def test_raw_counts(self) -> None:
        """Flags and types are those of the reports in the hotspot's places."""
        table = calls()
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table)
        for hotspot, ground in found.table.geometry.items():
            own = table[ground.contains(table.geometry)]
            row = scores.table.loc[hotspot]
            assert row["n_vulnerable"] == own["is_flagged_vulnerable"].sum()
            assert row["n_repeat"] == own["is_flagged_repeat"].sum()
            rows = scores.by_kind[scores.by_kind["hotspot_id"] == hotspot].set_index("value")
            assert rows["n"]["personal"] == (own["asb_type"] == "personal").sum()
            types = rows["n"][rows["by"] == "type"]
            assert types["not known"] == own["asb_type"].isna().sum()


class TestLowersNoScore:
    """With hyper-parameters held, one more recent incident never lowers a score."""

    @settings(max_examples=25)
    @given(
        row=st.integers(0, 299),
        day=st.integers(0, WEEKS * 7 - 1),
        weight=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        half_life=st.sampled_from([None, 1.0, 13.0, 200.0]),
    )
    def test_one_more(self, row: int, day: int, weight: float, half_life: float | None) -> None:
        """Whatever its place, kind and day; and a later one adds no less than an earlier one."""
        table = calls()
        intensity, _ = found_in(table)
        before = hs.weekly_harm(intensity, table, half_life=half_life)
        after = _with_one_more(intensity, table, before, row, day, weight)
        gain = after.places["harm_per_week"] - before.places["harm_per_week"]
        assert gain.min() >= -1e-12
        of_kind = hs.HarmWeights().of(table.iloc[[row]])[0]
        assert (gain.max() > 1e-15) == (weight * of_kind > 0)
        today = _with_one_more(intensity, table, before, row, WEEKS * 7 - 1, weight)
        more = today.places["harm_per_week"] - after.places["harm_per_week"]
        assert more.min() >= -1e-12

    def test_estimated_anew(self) -> None:
        """A burst of forty on one night makes less than forty nights do, once dispersions move."""
        table = calls()
        rows = pd.DataFrame({"x": [WEST + 475.0] * 40, "y": [SOUTH + 475.0] * 40})
        end = PERIOD[1] - pd.Timedelta(hours=4)
        scores = []
        for every in (pd.Timedelta(0), pd.Timedelta(days=1)):
            start = [end - k * every for k in range(40)]
            more = make_incidents(rows.assign(start=start), asb_type="personal")
            more.index = "more" + more.index
            both = pd.concat([table, more])
            intensity, _ = found_in(both)
            scores.append(hs.weekly_harm(intensity, both).places["harm_per_week"].max())
        assert scores[0] < scores[1] / 2


def _with_one_more(
    intensity: hs.Intensity,
    table: gpd.GeoDataFrame,
    before: hs.HarmIntensity,
    row: int,
    day: int,
    weight: float,
) -> hs.HarmIntensity:
    """Add a copy of a row on a day, and hold priors, dispersions, mixes and hours."""
    start = (MONDAY + pd.Timedelta(days=day, hours=12)).tz_localize("Europe/London")
    more = table.iloc[[row]].assign(start=start, weight=weight)
    more.index = pd.Index(["one more"])
    counted = added_up([HarmTask.build(intensity.counts)([batch_of(pd.concat([table, more]))])])
    return estimate(intensity, counted, before.weights, before.half_life, before.mix)


class TestEdges:
    """Little data, none, other data."""

    def test_no_history(self) -> None:
        """A place without a report has what its area gives it."""
        table = calls(60)
        intensity, _ = found_in(table)
        places = hs.weekly_harm(intensity, table).places
        quiet = intensity.places["n"] == 0
        assert quiet.any()
        assert (places.loc[quiet, "own_history"] == 0).all()
        assert (places.loc[quiet, "harm_per_week"] > 0).all()
        mean_weight = hs.HarmWeights().of(table).mean()
        assert places.loc[quiet, "harm_per_report"].to_numpy() == pytest.approx(mean_weight)

    def test_area_without_reports(self) -> None:
        """An area without any has the mix of all, and hardly any harm."""
        table = calls(60)
        areas = pd.concat([square_area(side=600), square_area("Far", WEST + 6000, 600, "Q02")])
        counts = hs.count_incidents(table, hs.make_grid(areas), areas=areas, period=PERIOD)
        harm = hs.weekly_harm(hs.weekly_intensity(counts), table)
        mixes = harm.mix.to_numpy()
        assert mixes[0] == pytest.approx(mixes[1])
        far = harm.places[(counts.places["area_id"] == "Q02").to_numpy()]
        assert (far["harm_per_week"] < 1e-6).all()
        assert np.isfinite(far.to_numpy()).all()

    def test_nothing_at_all(self) -> None:
        """Without a report there is no hotspot and no harm, and nothing fails."""
        none = make_incidents([])
        intensity, found = found_in(none)
        scores = hs.score_risk(found, intensity, none)
        assert len(scores.table) == len(scores.by_kind) == len(scores.described) == 0
        assert (scores.harm.places["harm_per_week"] == 0).all()
        assert list(scores.table.columns) == list(
            hs.score_risk(*reversed(found_in(calls())), calls()).table.columns
        )
        assert repr(scores).startswith("<RiskScores: 0 hotspots, 0.0 harm points a week")

    def test_one_period_only(self) -> None:
        """A single week has scores, and no trend."""
        table = calls(80, weeks=1)
        period = (MONDAY, MONDAY + pd.Timedelta(weeks=1))
        intensity, found = found_in(table, period)
        scores = hs.score_risk(found, intensity, table)
        assert (scores.table["harm_per_week"] > 0).all()
        assert set(scores.described["trend"]) == {"too few whole months to tell"}
        assert scores.described["tau"].isna().all()

    def test_cut_months(self) -> None:
        """A month of which the period holds less than four weeks says nothing about a trend.

        Of four months the p is at least 0.09 (S = 6, variance 8.67, z = 5 / 2.94 = 1.70), however
        they rise; of five 0.03 (S = 10, variance 16.67, z = 9 / 4.08 = 2.20).
        """
        # 1 in February, 2 in March … 5 in June.
        days = [f"2025-0{month}-0{day} 20:00" for month in range(2, 7) for day in range(1, month)]
        table = make_incidents([(day, WEST + 75, SOUTH + 75) for day in days], asb_type="nuisance")
        for end, said in (("2025-06-20", "too few whole months"), ("2025-07-01", "rising")):
            intensity, found = found_in(table, ("2025-02-01", end))
            described = hs.score_risk(found, intensity, table).described
            assert described["trend"].iloc[0].startswith(said)
            assert described["n_months"].iloc[0] == described["months"].iloc[0] == 5
        assert described["p"].iloc[0] == pytest.approx(0.0275, abs=5e-4)

    def test_months_about_a_break(self) -> None:
        """Five months of which three lie before a break in London's records, and two after it."""
        days = ["2023-12-05", "2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05"]
        rows = [(f"{day} 20:00", WEST + 75, SOUTH + 75) for day in days]
        table = make_incidents(rows, asb_type="nuisance")
        intensity, found = found_in(table, ("2023-12-01", "2024-05-01"))
        described = hs.score_risk(found, intensity, table).described
        assert described["trend"].tolist() == ["too few whole months to tell"]

    def test_monthly(self) -> None:
        """Reports by month have the mean of their month, and no hours."""
        table = calls()
        month = table["start"].dt.tz_localize(None).dt.to_period("M").dt.start_time
        monthly = table.assign(
            start=month.dt.tz_localize("Europe/London").astype(table["start"].dtype),
            time_precision="month",
        )
        period = ("2025-01-01", "2026-01-01")
        intensity, found = found_in(monthly, period)
        u, weeks = recency(intensity.counts, 13)
        days, daily_weeks = recency(found_in(table, period)[0].counts, 13)
        assert u[:31] == pytest.approx(days[:31].mean())
        assert weeks == pytest.approx(daily_weeks)
        scores = hs.score_risk(found, intensity, monthly, weights=ONES, half_life=None)
        assert scores.table["harm_per_week"].to_numpy() == pytest.approx(
            found.table["expected_per_week"].to_numpy()
        )
        assert scores.described["hours"].isna().all()
        places = np.arange(3)
        mask = np.zeros(168, dtype=bool)
        assert (scores.harm.harm_per_week(places, mask) > 0).all()

    def test_missing_months(self) -> None:
        """Months without data are no exposure."""
        table = calls()
        table = table[table["start"].dt.month != 3]
        march = pd.PeriodIndex(["2025-03"], freq="M")
        intensity, found = found_in(table, missing=march)
        u, weeks = recency(intensity.counts, 13)
        march_days = np.arange((pd.Timestamp("2025-03-01") - MONDAY).days)[-1] + 1 + np.arange(31)
        assert weeks == pytest.approx((u.sum() - u[march_days].sum()) / 7)
        scores = hs.score_risk(found, intensity, table, weights=ONES, half_life=None)
        assert scores.table["harm_per_week"].to_numpy() == pytest.approx(
            found.table["expected_per_week"].to_numpy()
        )
        assert (scores.described["months"] == 12).all()  # December, cut short, is the twelfth

    def test_part_of_what_was_counted(self) -> None:
        """Counts since a day are scored from the reports since that day."""
        table = calls()
        intensity, _ = found_in(table)
        since = intensity.counts.since(pd.Timestamp("2025-07-07", tz="Europe/London"))
        assert since is not None
        late = hs.weekly_intensity(since)
        alone = table[table["start"] >= "2025-07-07"]
        harm = hs.weekly_harm(late, table).places
        pd.testing.assert_frame_equal(harm, hs.weekly_harm(late, alone).places)

    def test_in_a_grid(self) -> None:
        """A grid without its empty cells is scored like any places."""
        table = calls()
        counts = hs.count_incidents(table, hs.Grid(cell_size=150), period=PERIOD)
        harm = hs.weekly_harm(hs.weekly_intensity(counts), table)
        raw = np.bincount(harm.counted.places["place"], harm.counted.places["n"])
        assert (raw == counts.totals()).all()

    def test_weights_of_nothing(self) -> None:
        """If nothing that is reported weighs anything, there is nothing to rank."""
        table = calls().assign(asb_type="nuisance")
        types = {"personal": 1, "nuisance": 0, "environmental": 0}
        intensity, found = found_in(table)
        weights = hs.HarmWeights(types=types)
        with pytest.raises(hs.InputError, match=r"at least one kind of report .* more than 0"):
            hs.score_risk(found, intensity, table, weights=weights)

    def test_across_the_border(self) -> None:
        """A report in a place of the area, and outside the area, is not counted here either."""
        table = make_incidents(
            [("2025-06-02 20:00", WEST + 455, SOUTH + 75), ("2025-06-03 20:00", WEST + 590, SOUTH)],
            asb_type="nuisance",
        )
        intensity, _ = found_in(table, side=540.0)
        assert intensity.counts.total == 1
        assert hs.weekly_harm(intensity, table).counted.places["n"].tolist() == [1]

    def test_british_summer_time(self) -> None:
        """Half past midnight in June belongs to the London date, as in counting."""
        table = make_incidents([("2025-06-02 00:30", WEST + 75, SOUTH + 75)], asb_type="personal")
        intensity, _ = found_in(table)
        counted = added_up([HarmTask.build(intensity.counts)([batch_of(table)])])
        day = np.datetime64(int(counted.places["day"].iloc[0]), "D")
        assert day == np.datetime64("2025-06-02")
        assert (intensity.counts.table["date"] == pd.Timestamp("2025-06-02")).all()

    def test_input_is_kept(self) -> None:
        """Nothing that was given is changed."""
        table = calls()
        intensity, found = found_in(table)
        kept = (table.copy(), found.table.copy(), intensity.places.copy())
        hs.score_risk(found, intensity, table)
        for before, now in zip(kept, (table, found.table, intensity.places), strict=True):
            pd.testing.assert_frame_equal(before, now)


class TestRelations:
    """What must not matter, and what must."""

    def test_order_and_labels(self) -> None:
        """Order and labels of the rows change no bit."""
        table = calls()
        intensity, found = found_in(table)
        first = hs.score_risk(found, intensity, table)
        same(first, hs.score_risk(found, intensity, ordered(table)))

    def test_weights_are_repetition(self) -> None:
        """A row of weight 2 is two rows."""
        table = calls(150)
        twice = pd.concat([table, table])
        twice.index = pd.Index([f"t{n}" for n in range(len(twice))], name="incident_id")
        double = table.assign(weight=2.0)
        first, second = (hs.score_risk(*reversed(found_in(each)), each) for each in (twice, double))
        same(first, second)

    @settings(max_examples=10)
    @given(st.floats(0.001, 1000))
    def test_scale(self, scale: float) -> None:
        """Weights times one number: scores times that number, ranks as before."""
        table = calls(200)
        intensity, found = found_in(table)
        weights = hs.HarmWeights()
        scaled = replace(
            weights,
            types={name: weight * scale for name, weight in weights.types.items()},
            unknown=weights.unknown * scale,
        )
        first = hs.score_risk(found, intensity, table)
        second = hs.score_risk(found, intensity, table, weights=scaled)
        for name in ("harm_per_week", "harm_low", "harm_high", "prior", "recency"):
            assert second.table[name].to_numpy() == pytest.approx(
                first.table[name].to_numpy() * scale
            )
        for name in ("harm_rank", "harm_rank_without_top", "n"):
            assert (second.table[name] == first.table[name]).all()
        draws = [
            hs.weight_sensitivity(each, n_draws=50, rng=1).table.drop(columns="name")
            for each in (first, second)
        ]
        pd.testing.assert_frame_equal(*draws)

    def test_parts_in_any_order(self) -> None:
        """Chunks that are merged in any order give the counts of the whole, to the last bit."""
        table = calls()
        table["weight"] = np.random.default_rng(2).choice([1.0, 0.1, 1 / 3], len(table)).round(6)
        intensity, found = found_in(table)
        # A worker gets the task in this way.
        task = pickle.loads(pickle.dumps(HarmTask.build(intensity.counts, found)))  # noqa: S301
        whole = added_up([task([batch_of(table)])])
        for order in ([0, 1, 2], [2, 0, 1]):
            parts = [task([batch_of(table.iloc[part::3])]) for part in order]
            assert_same_counts(whole, added_up(parts))
            batches = [batch_of(table.iloc[part::3]) for part in order]
            assert_same_counts(whole, added_up([task(batches)]))

    def test_dataset(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file read in chunks of a hundred rows has the scores of the table."""
        simulated = hs.simulate_incidents(3000, boroughs=["Camden"], rng=1).incidents
        frame = pd.DataFrame(
            {
                "ref": range(len(simulated)),
                "received": simulated["start"].dt.strftime("%Y-%m-%d %H:%M"),
                "easting": simulated.geometry.x.round(2),
                "northing": simulated.geometry.y.round(2),
                "type": simulated["asb_type"],
                "heading": simulated["heading"],
                "person": simulated["person_key"],
            }
        )
        path = tmp_path / "calls.csv"
        frame.to_csv(path, index=False)
        columns = {"asb_type": "type", "heading": "heading", "person_key": "person"}
        table = hs.read_incidents(path, columns=columns).incidents
        camden = hs.load_boroughs().loc[[CAMDEN]]
        places = hs.make_grid(camden)
        intensity = hs.weekly_intensity(hs.count_incidents(table, places, areas=camden))
        found = hs.find_hotspots(intensity, camden)
        first = hs.score_risk(found, intensity, table)
        assert first.kinds["asb_type"].nunique() == 3
        monkeypatch.setattr(dataset_module, "ROWS", 100)
        same(first, hs.score_risk(found, intensity, hs.open_incidents(path, columns=columns)))

    def test_counted_once(self) -> None:
        """What a task has counted serves any weights, without the incidents."""
        table = calls()
        intensity, found = found_in(table)
        counted = added_up([HarmTask.build(intensity.counts, found)([batch_of(table)])])
        same(
            hs.score_risk(found, intensity, counted, weights=ONES),
            hs.score_risk(found, intensity, table, weights=ONES),
        )

    def test_recent_harm_weighs_more(self) -> None:
        """Of two places with as many reports the one with later ones scores higher."""
        early = pd.date_range(MONDAY + pd.Timedelta(hours=20), periods=20, freq="7D")
        late = early + pd.Timedelta(weeks=31)
        rows = pd.DataFrame(
            {
                "start": early.append(late),
                "x": np.repeat([WEST + 75, WEST + 475], 20),
                "y": SOUTH + 75,
            }
        )
        table = make_incidents(rows, asb_type="nuisance")
        intensity, found = found_in(table)
        scores = hs.score_risk(found, intensity, table).table
        late_one = found.table.geometry.centroid.x > WEST + 300
        assert scores.loc[late_one, "recency"].item() > 0 > scores.loc[~late_one, "recency"].item()
        assert scores.loc[late_one, "harm_rank"].item() == 1


def assert_same_counts(first: Any, second: Any) -> None:
    """Two counts of harm agree in every bit."""
    for name in ("kinds", "places", "callers", "points"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)


class TestLevel:
    """The interval holds the true weekly harm as often as it says."""

    def test_simulated(self) -> None:
        """Of 3 × 400 places drawn from the model the 90 % interval holds about 90 in 100."""
        held = []
        for seed in range(3):
            rng = np.random.default_rng(seed)
            n_places, share = 400, np.array([0.15, 0.75, 0.1])
            rate = rng.gamma(2.0 * share, 1 / 4, (n_places, 3))  # kinds with rates of their own
            n = rng.poisson(rate * WEEKS)
            place, kind = (np.repeat(each.ravel(), n.ravel()) for each in np.indices(n.shape))
            start = MONDAY + pd.to_timedelta(rng.integers(0, WEEKS * 168, len(place)), unit="h")
            row, column = np.divmod(place, 20)
            rows = pd.DataFrame(
                {"start": start, "x": WEST + 75 + 150 * column, "y": SOUTH + 75 + 150 * row}
            )
            names = np.array(["personal", "nuisance", "environmental"])
            table = make_incidents(rows, asb_type=names[kind])
            intensity, _ = found_in(table, side=3000.0)
            harm = hs.weekly_harm(intensity, table, half_life=None)
            true = rate @ np.array([2.0, 1.0, 0.5])
            at = intensity.counts.places
            number = (at["row"] - SOUTH / 150) * 20 + at["column"] - WEST / 150
            for position, each in enumerate(number.astype(int)):
                low, high = harm.interval(np.array([position]), None, 0.9)
                held.append(low <= true[each] <= high)
        low, high = binom.interval(0.999, len(held), 0.9)
        assert low <= sum(held) <= high


class TestMessages:
    """What is refused, and what is warned of."""

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"half_life": 0}, "Invalid half_life '0'. Must be a number of weeks above 0, or None"),
            ({"half_life": -3.0}, "Invalid half_life '-3.0'"),
            ({"half_life": float("nan")}, "Invalid half_life 'nan'"),
            ({"level": 1}, "Invalid level '1'. Must be a number above 0 and below 1"),
            (
                {"weights": {"personal": 1}},
                "Invalid weights 'dict'. Must be harm weights, or the path of",
            ),
        ],
    )
    def test_options(self, options: dict[str, Any], message: str) -> None:
        """An option out of its range is named."""
        table = calls(50)
        intensity, found = found_in(table)
        with pytest.raises(hs.InputError, match=message):
            hs.score_risk(found, intensity, table, **options)

    def test_no_hotspots(self) -> None:
        """What is no list, and no intensity, is named."""
        intensity, found = found_in(calls(50))
        wrong: Any = 3
        with pytest.raises(hs.InputError, match="Invalid found 'int'. Must be a HotspotList. Use"):
            hs.score_risk(wrong, wrong, wrong)
        with pytest.raises(hs.InputError, match="Invalid intensity 'int'. Must be an Intensity."):
            hs.score_risk(found, wrong, wrong)
        with pytest.raises(hs.InputError, match="Invalid intensity 'int'. Must be an Intensity."):
            hs.weekly_harm(wrong, calls(50))
        with pytest.raises(hs.InputError, match="Invalid incidents 'int'. Must be an incidents"):
            hs.score_risk(found, intensity, wrong)

    def test_nothing_weighs(self) -> None:
        """By weights that give every report in the data 0 nothing can be ranked."""
        table = calls(50).assign(asb_type="nuisance", heading="Noise")
        intensity, found = found_in(table)
        for options in (
            {"types": {"personal": 1, "nuisance": 0, "environmental": 0}},
            {"headings": {"Noise": 0}},
        ):
            weights = hs.HarmWeights(name="none", version="7", **options)
            with pytest.raises(hs.InputError, match="Invalid weights 'none 7'. Must be weights by"):
                hs.score_risk(found, intensity, table, weights=weights)

    def test_other_incidents(self) -> None:
        """Incidents that were not counted are refused."""
        table = calls()
        intensity, found = found_in(table)
        with pytest.raises(hs.InputError, match="Must be the 300 that were counted"):
            hs.score_risk(found, intensity, table.iloc[1:])
        counted = added_up([HarmTask.build(intensity.counts)([batch_of(table)])])
        with pytest.raises(hs.InputError, match="'HarmCounts of other hotspots'. Must be of these"):
            hs.score_risk(found, intensity, counted)

    def test_other_places(self) -> None:
        """Hotspots that lie elsewhere are refused."""
        table = calls()
        intensity, found = found_in(table)
        other = replace(found, members=found.members.assign(place_id="nowhere"))
        with pytest.raises(hs.InputError, match="other places than the counts. Must be found from"):
            hs.score_risk(other, intensity, table)

    def test_no_types(self) -> None:
        """Without types harm is counts and flags, and it says so."""
        table = calls()
        table["asb_type"] = pd.Series(None, index=table.index, dtype="str")
        intensity, found = found_in(table)
        with pytest.warns(HotspotsWarning, match="No report has a type, so types do not tell harm"):
            hs.score_risk(found, intensity, table)

    def test_unknown_heading(self) -> None:
        """A heading that is misspelt has no effect, and is named with the nearest."""
        table = calls()
        intensity, found = found_in(table)
        weights = hs.HarmWeights(headings={"Noize": 2, "Trespass": 3})
        with pytest.warns(
            HotspotsWarning, match="'Noize', which is not the Met's.*'Noise'"
        ) as said:
            hs.score_risk(found, intensity, table, weights=weights)
        assert len(said) == 1  # Trespass is the Met's, though nobody reported any


@pytest.mark.acceptance
def test_real_year(shared_data: Path) -> None:
    """A real year by month has no types: scored by its counts, with the warning."""
    path = shared_data / "asb" / "london_asb_hex100m_2025-05_2026-04.parquet"
    reading = hs.read_incidents(path)
    camden = hs.load_boroughs().loc[[CAMDEN]]
    counts = hs.count_incidents(reading, hs.make_grid(camden), areas=camden)
    intensity = hs.weekly_intensity(counts)
    found = hs.find_hotspots(intensity, camden)
    with pytest.warns(HotspotsWarning, match="No report has a type"):
        scores = hs.score_risk(found, intensity, reading, half_life=None)
    assert len(scores.table) == 10
    assert scores.table["harm_per_week"].to_numpy() == pytest.approx(
        found.table["expected_per_week"].to_numpy()
    )
