"""Ordinary calls: episodes that draw several calls, days that vary, chronic callers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.simulate import Simulation, simulate_incidents
from hotspots.simulate.calls import NONE, Calls, fill
from hotspots.simulate.facts import load_facts
from hotspots.simulate.ordinary import _draw_days
from hotspots.simulate.year import make_year

FACTS = load_facts()


def make_calls(minute: list[int], episode: list[int]) -> Calls:
    """Make calls that differ in minute and episode only."""
    n, zero = len(minute), fill(len(minute), 0)
    place = np.zeros(n)
    return Calls(
        np.array(minute), zero, place, place, zero, zero, np.array(episode), zero, fill(n), fill(n)
    )


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_order_and_numbers(self) -> None:
        """Sorted by time, episodes are numbered by their first call."""
        calls = make_calls([30, 10, 20], [5, 7, 5]).in_order()
        assert calls.minute.tolist() == [10, 20, 30]
        assert calls.episode.tolist() == [0, 1, 1]

    def test_join_keeps_numbers_apart(self) -> None:
        """Episodes 0 and 1 of the second part follow episode 1 of the first."""
        part = make_calls([0, 0], [0, 1])
        joined = Calls.join([part, part])
        assert joined.episode.tolist() == [0, 1, 2, 3]
        assert joined.address.tolist() == [0, 0, 1, 1]
        assert len(joined) == 4
        assert NONE not in joined.hotspot


class TestEdges:
    """One call, the turn of the year, the clock change."""

    def test_one(self) -> None:
        """One incident is an episode of one call."""
        simulation = simulate_incidents(1, rng=1)
        assert simulation.truth.incidents["episode"].tolist() == [0]
        assert len(simulation.truth.callers) == 0

    @pytest.mark.parametrize("year", [2024, 2025])
    def test_within_the_year(self, year: int) -> None:
        """No call is of another year, and none at an hour that never was."""
        simulation = simulate_incidents(50_000, year=year, rng=2)
        start = simulation.incidents["start"]
        assert (start.dt.year == year).all()
        assert start.is_monotonic_increasing
        spring = {2024: "2024-03-31", 2025: "2025-03-30"}[year]
        lost = start.dt.strftime("%Y-%m-%d %H") == f"{spring} 01"
        assert not lost.any()


class TestReference:
    """Against the published and the assumed figures."""

    def test_bursts(self, london: Simulation) -> None:
        """5 % of episodes draw extra calls, two in the mean, from near and within four hours."""
        truth = london.truth.incidents
        ordinary = truth[truth["hotspot_id"].isna() & truth["chronic_id"].isna()]
        sizes = ordinary.groupby("episode").size()
        # About 200,000 episodes: standard errors 0.0005 and 0.015.
        assert (sizes > 1).mean() == pytest.approx(0.05, abs=0.0025)
        assert (sizes[sizes > 1] - 1).mean() == pytest.approx(2, abs=0.07)
        spread = ordinary[ordinary["episode"].isin(sizes.index[sizes > 1])].groupby("episode")
        assert (spread["easting"].max() - spread["easting"].min()).max() <= 60.1
        wait = (spread["start"].max() - spread["start"].min()).dt.total_seconds() / 60
        assert wait.max() <= 2 * 121 + 60
        assert 20 < wait.median() < 120
        assert ordinary[["episode", "borough"]].drop_duplicates()["episode"].is_unique

    def test_planted_calls_are_episodes_of_one(self, london: Simulation) -> None:
        """Each call of a planted hotspot or a chronic caller is its own episode."""
        truth = london.truth.incidents
        planted = truth[truth["hotspot_id"].notna() | truth["chronic_id"].notna()]
        assert planted["episode"].is_unique

    def test_days_vary_as_published(self, london: Simulation) -> None:
        """Within a month daily counts vary by 9.3 % (± 1.5), far beyond Poisson's 4 %."""
        days = london.incidents["start"].dt.tz_localize(None).dt.normalize().value_counts()
        months = days.groupby(pd.DatetimeIndex(days.index).month)
        variation = (months.std() / months.mean()).drop([10, 11]).mean()
        assert variation == pytest.approx(FACTS.published["daily_variation"], abs=0.015)
        assert variation > 2 / np.sqrt(days.mean())

    def test_borough_days_vary_beyond_chance(self, london: Simulation) -> None:
        """A borough's daily counts have a variance well above their mean, month by month."""
        start = london.incidents["start"].dt.tz_localize(None)
        days = london.incidents.groupby(["borough", start.dt.normalize()]).size().unstack()
        months = days.T.groupby(pd.DatetimeIndex(days.columns).month)
        assert (months.var() / months.mean()).to_numpy().mean() > 1.5

    def test_each_borough_has_days_of_its_own(self) -> None:
        """A borough's share of a day in London varies by its own 15 %."""
        calendar, rng = make_year(2025), np.random.default_rng(1)
        borough, day = _draw_days(4_000_000, np.ones(20), np.ones(365), calendar, FACTS, rng)
        counts = np.bincount(borough * 365 + day).reshape(20, 365)
        share = counts / counts.sum(axis=0)
        variation = (share.std(axis=1) / share.mean(axis=1)).mean()
        # Poisson adds 1 / sqrt(548) = 4 %: sqrt(0.15² + 0.04²) = 0.155, less a little for the 19
        # other boroughs in the total.
        assert variation == pytest.approx(0.152, abs=0.006)

    def test_chronic_callers(self, london: Simulation) -> None:
        """150 persons call 10 to 80 times from one address each, spread over the year."""
        table, truth = london.truth.callers, london.truth.incidents
        assert len(table) == 150
        assert table["n"].between(10, 80).all()
        assert table["person_key"].is_unique
        calls = truth[truth["chronic_id"].notna()]
        who = calls[["chronic_id", "caller", "easting", "northing"]].drop_duplicates()
        assert who["chronic_id"].is_unique
        own = calls.groupby("chronic_id")
        assert (own.size() == table["n"]).all()
        assert (own["start"].max() - own["start"].min()).dt.days.min() > 100
        keys = london.incidents.groupby("person_key").size()
        assert (keys[table["person_key"]].to_numpy() == table["n"].to_numpy()).all()


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=15, deadline=None)
    @given(n=st.integers(1, 3000), seed=st.integers(0, 1000))
    def test_exactly_n(self, n: int, seed: int) -> None:
        """However episodes fall, there are n calls, and episodes are numbered without a gap."""
        simulation = simulate_incidents(n, boroughs=["Camden"], rng=seed)
        assert len(simulation.incidents) == n
        episodes = simulation.truth.incidents["episode"]
        assert sorted(episodes.unique()) == list(range(episodes.nunique()))
