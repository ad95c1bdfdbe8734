"""Trials: coins, the test and its interval, what can be detected, and what a plan makes of it."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely import Point

import hotspots as hs
from hotspots.settings import TaskSettings
from hotspots.tables import ALLOCATION, CRS
from hotspots.tasking.randomisation import (
    Paired,
    coins,
    differences,
    interval_of,
    p_of_fall,
    p_of_rise,
    ratio_of,
)
from hotspots.times import Band
from tests.tasking.made import capacity, make_hotspots, team

EVERY_DAY = Band(0, 7, 18, 2)


def places(n: int, step: float = 1000, **change: Any) -> gpd.GeoDataFrame:
    """Give hotspots of one area in a row."""
    hotspots, _ = make_hotspots([EVERY_DAY] * n)
    points = [Point(540_000 + step * number, 180_000) for number in range(n)]
    table = hotspots.drop(columns="geometry").assign(is_one_caller=False, **change)
    return gpd.GeoDataFrame(table, geometry=points, crs=CRS)


def past(rates: Any, days: int = 364, seed: int = 1, start: str = "2025-06-02") -> pd.DataFrame:
    """Give reports by day, Poisson, for hotspots with these rates a day."""
    rng = np.random.default_rng(seed)
    columns = pd.date_range(start, periods=days)
    ids = pd.Index([f"Q01_{number + 1}" for number in range(len(rates))], name="hotspot_id")
    n = rng.poisson(np.asarray(rates, dtype=float)[:, None], (len(rates), days)).astype(float)
    return pd.DataFrame(n, index=ids, columns=columns)


def trial(
    n: int = 8, design: Any = "pairs", weeks: int = 4, rate: float = 0.5, **options: Any
) -> hs.Experiment:
    """Design a trial of so many hotspots that are alike."""
    history = options.pop("history", past([rate] * n))
    given = {"start": "2026-06-01", "weeks": weeks, "design": design} | options
    return hs.design_experiment(places(n), history, **given)


class TestCoins:
    """Who is visited, and who is left alone."""

    def test_pairs(self) -> None:
        """In each pair one is visited, all the time; those who are alike are together."""
        made = trial(history=past([4, 1, 3.9, 1.1, 2, 2.1, 0.1, 0.2], days=364))
        ALLOCATION.validate(made.allocation)
        assert made.n_pairs == 4
        by_pair = made.allocation.groupby("pair")
        assert (by_pair["arm"].nunique() == 2).all()
        assert [set(own) for _, own in by_pair["hotspot_id"]] == [
            {"Q01_1", "Q01_3"},
            {"Q01_5", "Q01_6"},
            {"Q01_2", "Q01_4"},
            {"Q01_7", "Q01_8"},
        ]
        assert set(made.allocation["first_day"]) == {"2026-06-01"}
        assert set(made.allocation["last_day"]) == {"2026-06-28"}

    @pytest.mark.parametrize(("design", "length"), [("weeks", 7), ("days", 1)])
    def test_crossover(self, design: str, length: int) -> None:
        """Each hotspot has both, on the same weekdays, and every day is decided once."""
        made = trial(3, design)
        rows = made.allocation
        first = pd.to_datetime(rows["first_day"])
        assert ((pd.to_datetime(rows["last_day"]) - first).dt.days == length - 1).all()
        for _, pair in rows.groupby("pair"):
            assert set(pair["arm"]) == {"treatment", "control"}
            assert pair["hotspot_id"].nunique() == 1
            apart = pd.to_datetime(pair["first_day"]).diff().dropna().dt.days
            assert apart.tolist() == [7]
        days = first.groupby(rows["hotspot_id"]).agg(["nunique", "size"])
        assert (days["nunique"] == 28 // length).all()
        assert (days["size"] == 28 // length).all()

    def test_the_coin_is_fair_and_repeats(self) -> None:
        """Over many seeds each side is treated as often; one seed draws the same again."""
        heads = [trial(2, seed=seed).allocation["arm"].iloc[0] for seed in range(200)]
        n = sum(arm == "treatment" for arm in heads)
        assert stats.binomtest(n, 200).pvalue > 0.001
        pd.testing.assert_frame_equal(trial(seed=7).allocation, trial(seed=7).allocation)

    def test_who_takes_no_part(self) -> None:
        """One caller's, those near a busier one, and the one without a partner."""
        hotspots = places(6).assign(is_one_caller=[True, *[False] * 5])
        near = Point(hotspots.geometry.iloc[1].x + 299, 180_000)
        hotspots.loc["Q01_3", "geometry"] = near
        history = past([1, 3, 2, 1, 1.5, 1.4])
        made = hs.design_experiment(hotspots, history, start="2026-06-01", weeks=4)
        assert made.left_out["reason"].to_dict() == {
            "Q01_3": "It is nearer than 300 m to Squareham 2.",
            "Q01_1": "One caller makes its reports: a visit to the caller is no trial.",
        }
        assert set(made.hotspots) == {"Q01_2", "Q01_4", "Q01_5", "Q01_6"}
        odd = hs.design_experiment(places(5), past([1] * 5), start="2026-06-01", weeks=4)
        assert odd.left_out["reason"].tolist() == ["Its area has no other to pair it with."]
        free = hs.design_experiment(
            hotspots, history, start="2026-06-01", weeks=4, design="weeks", apart=0
        )
        assert len(free.hotspots) == 5

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"design": "coin"}, "Invalid design 'coin'. Must be one of pairs, weeks, days"),
            ({"weeks": 0}, "Invalid weeks '0'"),
            ({"weeks": 3, "design": "days"}, "an even number for the design 'days'"),
            ({"weeks": 60}, "Must hold a stretch of 420 days"),
            ({"visits_per_week": 0}, "Invalid visits_per_week '0'"),
            ({"apart": -1}, "Invalid apart '-1'"),
            ({"seed": -1}, "Invalid seed '-1'"),
            ({"level": 1}, "Invalid level '1'"),
            ({"start": "soon"}, "Invalid start 'soon'"),
            ({"history": 3}, "Invalid history 'int'"),
            ({"history": past([1] * 7)}, "Invalid history 'a table without Q01_8'"),
            ({"apart": 1e6}, "0 can take part. Must be at least 2. It is nearer than 1e"),
        ],
    )
    def test_bad(self, change: dict[str, Any], said: str) -> None:
        """What is not allowed is named, with what is."""
        with pytest.raises(hs.InputError, match=said):
            trial(**change)


class TestTest:
    """The randomisation test, against scipy's, and calibrated."""

    def pairs(self, n: int, seed: int, ratio: float = 1.0) -> Paired:
        """Give counts of pairs with very different rates, in bursts."""
        rng = np.random.default_rng(seed)
        rate = rng.gamma(2, 4, n)
        treated, control = (
            rng.negative_binomial(2, 2 / (2 + mean)).astype(float) for mean in (rate * ratio, rate)
        )
        return Paired(treated, control, rate, rate)

    @pytest.mark.parametrize("n", [5, 9, 12])
    def test_scipy(self, n: int) -> None:
        """All falls of the coins give the p of scipy.stats.permutation_test."""
        pairs = self.pairs(n, n)
        more = differences(pairs)
        theirs = stats.permutation_test(
            (more,), np.sum, permutation_type="samples", alternative="less", n_resamples=np.inf
        )
        assert p_of_fall(pairs, coins(n, np.random.default_rng(1))) == pytest.approx(theirs.pvalue)

    def test_by_hand(self) -> None:
        """Three pairs that all fell: 1 of 8 falls of the coins is as large."""
        pairs = Paired(*np.array([[1.0, 2, 3], [5, 5, 5], [4, 4, 4], [4, 4, 4]]))
        signs = coins(3, np.random.default_rng(1))
        assert len(signs) == 8
        assert signs[0].tolist() == [1, 1, 1]
        assert p_of_fall(pairs, signs) == 1 / 8
        assert p_of_rise(pairs, signs) == 1
        assert ratio_of(pairs) == pytest.approx(6 / 15)

    @pytest.mark.parametrize("n", [8, 20])
    def test_level(self, n: int) -> None:
        """Without an effect no more are called a fall than the level allows."""
        rng = np.random.default_rng(1)
        signs = coins(n, rng, 999)
        p = np.array([p_of_fall(self.pairs(n, seed), signs) for seed in range(1500)])
        for level in (0.05, 0.2):
            assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / len(p))
            # And not far fewer: the test is exact but for ties.
            assert (p <= level).mean() >= level - 4 * np.sqrt(level * (1 - level) / len(p))

    def test_interval(self) -> None:
        """The interval of 90 % holds a fall by 40 % in nine of ten trials."""
        rng = np.random.default_rng(2)
        n, held = 200, 0
        for seed in range(n):
            base = self.pairs(16, seed)
            treated = np.random.default_rng(seed + 10_000).poisson(0.6 * base.expected_treated)
            control = np.random.default_rng(seed + 20_000).poisson(base.expected_control)
            pairs = base._replace(treated=treated.astype(float), control=control.astype(float))
            low, high = interval_of(pairs, coins(16, rng, 499), 0.9)
            held += low <= 0.6 <= high
        assert 0.84 <= held / n <= 0.96

    def test_interval_that_is_not_bounded(self) -> None:
        """With three pairs no level of 90 % can be reached: anything may be true."""
        pairs = Paired(*np.array([[1.0, 2, 3], [5, 5, 5], [4, 4, 4], [4, 4, 4]]))
        assert interval_of(pairs, coins(3, np.random.default_rng(1)), 0.9) == (0, np.inf)

    def test_result(self) -> None:
        """Counts of the trial's days go to their side; what it says is what was done."""
        made = trial(16, weeks=8, rate=1.0)
        after = past([1.0] * 16, days=70, seed=3, start="2026-05-25")
        treated = made.allocation.loc[made.allocation["arm"] == "treatment", "hotspot_id"]
        rng = np.random.default_rng(4)
        after.loc[treated] = rng.binomial(after.loc[treated].astype(int), 0.4).astype(float)
        result = made.test(after)
        inside = after.loc[:, "2026-06-01":"2026-07-26"]  # type: ignore[misc]
        assert result.treated == inside.loc[treated].to_numpy().sum()
        assert result.control == inside.drop(index=treated).to_numpy().sum()
        assert result.low < 0.4 < result.high
        assert result.p < 0.01
        assert "not written down" in result.remarks[0]
        assert repr(result).startswith("<TrialResult: reports × 0.")
        with pytest.raises(hs.InputError, match="26 July 2026 is missing"):
            made.test(after.iloc[:, :-8])
        with pytest.raises(hs.InputError, match="Invalid level '2'"):
            made.test(after, level=2)


class TestPower:
    """What can be detected, before the start."""

    def test_against_the_normal_formula(self) -> None:
        """Many pairs of alike Poisson places: power as the textbook says."""
        made = trial(60, weeks=4, rate=0.5)
        mean = 0.5 * 28  # a hotspot
        fall = 0.2
        shift = 30 * fall * mean
        spread = np.sqrt(30 * (mean * (1 - fall) + mean) * (1 + 28 / 336))
        theirs = stats.norm.cdf(shift / spread - stats.norm.ppf(0.95))
        assert made.power([fall], n=400).iloc[0] == pytest.approx(theirs, abs=0.08)

    def test_level_without_effect(self) -> None:
        """A fall of nothing is found as often as the level says."""
        assert trial(20).power([0.0], n=600).iloc[0] == pytest.approx(0.05, abs=0.03)

    def test_more_is_more(self) -> None:
        """More weeks, more hotspots and larger falls are found more often."""
        small = trial(14, weeks=2).power([0.3], n=300).iloc[0]
        longer = trial(14, weeks=26).power([0.3], n=300).iloc[0]
        more = trial(40, weeks=2).power([0.3], n=300).iloc[0]
        assert small < longer
        assert small < more
        assert trial(14).power([0.1, 0.5, 0.9], n=300).is_monotonic_increasing

    def test_smallest(self) -> None:
        """The smallest fall of ten per cent steps; none where four pairs cannot reach the level."""
        made = trial(40, weeks=12)
        power = made.power()
        assert made.smallest_fall() == power.index[power >= 0.8].min()
        few = trial(8)
        assert few.smallest_fall() == np.inf
        assert "Not even a fall of 80 % would be found" in few.summary

    @pytest.mark.parametrize(("expected", "most"), [(30, 13), (100, 68), (10, 0), (8, np.nan)])
    def test_alone(self, expected: int, most: float) -> None:
        """One hotspot with another to compare: 30 must become 13, 100 must become 68."""
        history = past([0.0] * 4)
        history[:] = expected / 28
        made = trial(4, history=history)
        row = made.alone().iloc[0]
        assert row["expected"] == pytest.approx(expected)
        assert row["most"] == most or (np.isnan(row["most"]) and np.isnan(most))

    @pytest.mark.parametrize(
        "given", [{"falls": [1.0]}, {"falls": [-0.1]}, {"falls": ["x"]}, {"n": 3}]
    )
    def test_bad(self, given: dict[str, Any]) -> None:
        """Falls are shares, simulations are many."""
        with pytest.raises(hs.InputError, match=f"Invalid {next(iter(given))}"):
            trial().power(**given)
        with pytest.raises(hs.InputError, match="Invalid power"):
            trial().smallest_fall(power=1)


class TestHistory:
    """The past by day."""

    def test_by_hand(self) -> None:
        """Days and hotspots add up to the counts of their places."""
        calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
        run = hs.analyse(calls, boroughs=["Camden"], progress=False)
        history = hs.hotspot_history(run.found, run.counts)
        assert history.shape == (len(run.hotspots), 365)
        assert history.sum(axis=1).to_numpy() == pytest.approx(run.hotspots["n"].to_numpy())

    def test_monthly(self) -> None:
        """Months have no days."""
        calls = hs.simulate_incidents(2000, boroughs=["Camden"], rng=1).incidents
        month = calls["start"].dt.tz_localize(None).dt.to_period("M").dt.start_time
        months = calls.assign(
            start=month.dt.tz_localize("Europe/London"),
            time_precision="month",
            end=calls["end"].mask(calls["end"].notna()),
        )
        run = hs.analyse(months, boroughs=["Camden"], progress=False)
        with pytest.raises(hs.MonthlyDataError, match="needs the date of each incident"):
            hs.hotspot_history(run.found, run.counts)


class TestPlan:
    """A plan keeps the trial."""

    def plan(self, made: hs.Experiment, n: int = 4, visits: float = 4, **options: Any) -> Any:
        """Plan a fortnight of these hotspots."""
        hotspots, week = make_hotspots([EVERY_DAY] * n)
        settings = TaskSettings(gap=0, exploration=0, consecutive_days=14)
        able = capacity(team(visits), days=14)
        return hs.recommend_tasks(
            hotspots, week, able, settings=settings, experiment=made, **options
        )

    def test_control_is_left_alone(self) -> None:
        """No visit where and when the coin said so; the rest gets its dose."""
        made = trial(4, "pairs", visits_per_week=4)
        plan = self.plan(made)
        arm = made.allocation.set_index("hotspot_id")["arm"]
        visits = plan.visits.groupby("hotspot_id").size()
        assert set(visits.index) == set(arm.index[arm == "treatment"])
        assert (visits >= 8).all()
        said = plan.left_out["reason"].tolist()
        assert said == ["A trial leaves it alone in all days of the plan."] * 2
        assert plan.remarks_restricted == (
            "A trial: 4 hotspots take part, and get no visit when it leaves them alone.",
        )

    @pytest.mark.parametrize("design", ["weeks", "days"])
    def test_days(self, design: str) -> None:
        """Visits of a crossover are on treated days alone, at least one on each treated day."""
        made = trial(2, design, visits_per_week=3)
        plan = self.plan(made, 2, 2)
        rows = made.allocation
        for hotspot, date in plan.visits[["hotspot_id", "date"]].to_numpy():
            own = rows[(rows["hotspot_id"] == hotspot) & (rows["first_day"] <= date)]
            assert own[own["last_day"] >= date]["arm"].tolist() == ["treatment"]
        n = plan.visits.groupby("hotspot_id").size()
        assert (n >= (3 if design == "weeks" else 7)).all()

    def test_impossible(self) -> None:
        """A dose for which there is no time is said with what binds."""
        made = trial(4, visits_per_week=7)
        with pytest.raises(hs.InputError, match="in a trial from 1 June 2026 '14'. Must be"):
            self.plan(made, visits=0.5)

    def test_fixed(self) -> None:
        """What is fixed where the trial says no is refused."""
        made = trial(4)
        control = made.allocation[made.allocation["arm"] == "control"]["hotspot_id"].iloc[0]
        fixed = pd.DataFrame(
            {
                "team": ["Squareham"],
                "date": ["2026-06-03"],
                "tour": ["late"],
                "minutes": [20],
                "officers": [2],
                "what": ["a promise"],
                "hotspot_id": [control],
            }
        )
        with pytest.raises(hs.InputError, match="on which the trial does not leave it alone"):
            self.plan(made, fixed=fixed)

    def test_other_days_and_lists(self) -> None:
        """A trial of another time changes nothing; what left the list is said."""
        later = trial(4, start="2027-01-04")
        plan = self.plan(later)
        assert plan.remarks_restricted == ("The trial has no day in this plan.",)
        assert plan.visits["hotspot_id"].nunique() == 4
        plan = self.plan(trial(4), 2)
        assert "2 hotspots of the trial not on this list" in plan.remarks_restricted[-1]
        with pytest.raises(hs.InputError, match="Invalid experiment 'int'"):
            self.plan(3)  # type: ignore[arg-type]


class TestOnPaper:
    """Written down before the first visit."""

    def test_round_trip(self, tmp_path: Path) -> None:
        """What was drawn is read back, and cannot be drawn again into the same place."""
        made = trial(design="days")
        folder = hs.save_experiment(made, tmp_path / "trial")
        again = hs.read_experiment(folder)
        pd.testing.assert_frame_equal(again.allocation, made.allocation, check_dtype=False)
        pd.testing.assert_frame_equal(
            again.history, made.history, check_freq=False, check_index_type=False
        )
        assert again.power([0.5], n=50).equals(made.power([0.5], n=50))
        text = (folder / "protocol.md").read_text("utf-8")
        assert "with seed 1" in text
        assert "Squareham 8" in text
        with pytest.raises(hs.OutputError, match="what was drawn for a trial stands"):
            hs.save_experiment(made, folder)

    def test_changed(self, tmp_path: Path) -> None:
        """A coin that somebody turned is seen."""
        folder = hs.save_experiment(trial(), tmp_path / "trial")
        path = folder / "allocation.csv"
        path.write_text(path.read_text("utf-8-sig").replace("control", "treatment"))
        with pytest.raises(hs.InputError, match="allocation.csv' of the trial: it was changed"):
            hs.read_experiment(folder)
        with pytest.raises(hs.InputError, match="holds no manifest.json of one"):
            hs.read_experiment(tmp_path)
        with pytest.raises(hs.InputError, match="Invalid experiment 'int'"):
            hs.save_experiment(3, tmp_path / "x")  # type: ignore[arg-type]

    def test_written_late(self, tmp_path: Path) -> None:
        """An allocation that was written down after the first day is no proof."""
        old = past([1.0] * 4, start="2024-01-01", days=700)
        made = trial(4, start="2025-06-02", history=old.iloc[:, :500])
        late = hs.read_experiment(hs.save_experiment(made, tmp_path / "trial"))
        assert "after the trial began" in late.test(old).remarks[0]
        early = trial(4, start="2100-06-07")
        early = hs.read_experiment(hs.save_experiment(early, tmp_path / "early"))
        after = past([1.0] * 4, start="2100-06-01", days=60)
        assert early.test(after).remarks == ()
