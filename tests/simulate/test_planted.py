"""Planted hotspots: where and when they are said to be."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.simulate import Simulation, simulate_incidents
from hotspots.simulate.facts import load_facts
from hotspots.simulate.planted import Hotspot, plant_calls
from hotspots.simulate.year import make_year

ASSUMED = load_facts().assumed["planted"]
HEADINGS = np.ones(13) / 13
PEAK = range(17, 22)


def hours_of(hotspot: pd.Series) -> list[int]:
    """List the clock hours of a planted hotspot."""
    length = (hotspot["end_hour"] - hotspot["start_hour"]) % 24
    return [(hotspot["start_hour"] + hour) % 24 for hour in range(length)]


def is_in_band(hotspot: pd.Series, start: pd.Series) -> pd.Series:
    """Say which moments are in a hotspot's hours, counting small hours to the night before."""
    wall = start.dt.tz_localize(None)
    since = (wall.dt.hour - hotspot["start_hour"]) % 24
    begun = (wall - pd.to_timedelta(since, unit="h")).dt.day_of_week
    weekdays = [int(day) for day in hotspot["weekdays"].split(",")]
    length = (hotspot["end_hour"] - hotspot["start_hour"]) % 24
    return (since < length) & begun.isin(weekdays)


class TestByHand:
    """One hotspot whose answer is known."""

    def test_past_midnight(self) -> None:
        """Friday 23:00 to 02:00 means Friday 23, Saturday 0 and Saturday 1, and nothing else."""
        hotspot = Hotspot(0, 0, 530000.0, 180000.0, 80.0, (4,), 23, 2, 3000)
        calendar = make_year(2025)
        calls = plant_calls([hotspot], HEADINGS, calendar, ASSUMED, np.random.default_rng(1))
        weekday = calendar.weekdays[calls.minute // 1440]
        hour = calls.minute // 60 % 24
        pairs = set(zip(weekday.tolist(), hour.tolist(), strict=True))
        assert pairs == {(4, 23), (5, 0), (5, 1)}
        distance = np.hypot(calls.x - 530000, calls.y - 180000)
        assert 0 < distance.max() <= 80

    def test_own_heading(self) -> None:
        """Seven of ten incidents have the hotspot's heading, the others are drawn later."""
        hotspot = Hotspot(0, 0, 530000.0, 180000.0, 80.0, (4,), 12, 14, 10_000)
        calls = plant_calls([hotspot], HEADINGS, make_year(2025), ASSUMED, np.random.default_rng(1))
        kinds, counts = np.unique(calls.heading, return_counts=True)
        assert kinds[0] == -1
        # Standard error: sqrt(0.21 / 10,000) = 0.0046.
        assert counts[1] / 10_000 == pytest.approx(0.7, abs=0.02)


class TestEdges:
    """Clock changes, the turn of the year, and too few incidents."""

    def test_lost_hour_is_left_out(self) -> None:
        """A band on Sundays that needs 01:00 to 02:00 skips 30 March 2025."""
        hotspot = Hotspot(0, 0, 530000.0, 180000.0, 80.0, (6,), 1, 3, 5000)
        calendar = make_year(2025)
        calls = plant_calls([hotspot], HEADINGS, calendar, ASSUMED, np.random.default_rng(1))
        days = np.unique(calls.minute // 1440)
        assert 88 not in days
        assert len(days) == 51

    def test_turn_of_the_year(self) -> None:
        """A band past midnight on Wednesdays skips 31 December 2025."""
        hotspot = Hotspot(0, 0, 530000.0, 180000.0, 80.0, (2,), 23, 1, 5000)
        calendar = make_year(2025)
        calls = plant_calls([hotspot], HEADINGS, calendar, ASSUMED, np.random.default_rng(1))
        assert calls.minute.max() < calendar.minutes
        assert 364 not in np.unique(calls.minute // 1440)

    def test_none(self) -> None:
        """No hotspots can be asked for."""
        simulation = simulate_incidents(500, boroughs=["Camden"], planted_per_borough=0, rng=1)
        assert len(simulation.truth.hotspots) == 0
        assert simulation.truth.incidents["hotspot_id"].isna().all()
        assert len(simulation.incidents) == 500

    def test_too_few_incidents(self, caplog: pytest.LogCaptureFixture) -> None:
        """With 400 incidents in all, 80 may be planted: one hotspot or none, and it is said."""
        with caplog.at_level(logging.INFO, logger="hotspots.simulate"):
            simulation = simulate_incidents(400, boroughs=["Camden"], rng=1)
        assert len(simulation.truth.hotspots) <= 1
        assert "planted" in caplog.text
        assert "instead of 2" in caplog.text

    def test_no_room(self, caplog: pytest.LogCaptureFixture) -> None:
        """A hundred hotspots 700 m apart do not fit into Camden, and it is said."""
        with caplog.at_level(logging.INFO, logger="hotspots.simulate"):
            simulation = simulate_incidents(
                5000, boroughs=["Camden"], planted_per_borough=100, planted_incidents=(1, 2), rng=1
            )
        assert 5 < len(simulation.truth.hotspots) < 100
        assert "no room to plant a hotspot in Camden" in caplog.text


class TestReference:
    """Against what the table of truth says."""

    def test_two_in_each_borough(self, london: Simulation) -> None:
        """By default every borough has two, of 40 to 150 incidents and at most 120 m."""
        hotspots = london.truth.hotspots
        assert set(hotspots.groupby("borough").size()) == {2}
        assert hotspots["borough"].nunique() == 32
        assert hotspots["n"].between(40, 150).all()
        assert hotspots["radius_m"].between(60, 120).all()
        lengths = (hotspots["end_hour"] - hotspots["start_hour"]) % 24
        assert lengths.between(2, 5).all()
        assert hotspots["weekdays"].str.split(",").str.len().between(1, 3).all()

    def test_incidents_are_where_and_when_they_should_be(self, london: Simulation) -> None:
        """Every planted incident is in the radius, the borough and the hours of its hotspot."""
        truth = london.truth
        for name, hotspot in truth.hotspots.iterrows():
            own = truth.incidents[truth.incidents["hotspot_id"] == name]
            assert len(own) == hotspot["n"]
            distance = np.hypot(
                own["easting"] - hotspot["easting"], own["northing"] - hotspot["northing"]
            )
            assert distance.max() <= hotspot["radius_m"]
            assert (own["borough"] == hotspot["borough"]).all()
            assert is_in_band(hotspot, own["start"]).all()
            assert own["start"].dt.date.nunique() >= 15

    def test_visible_above_the_background(self, london: Simulation) -> None:
        """In its circle and hours a hotspot has at least five times as many as without it."""
        truth = london.truth
        others = truth.incidents[truth.incidents["hotspot_id"].isna()]
        for _, hotspot in truth.hotspots.iterrows():
            near = others[
                np.hypot(
                    others["easting"] - hotspot["easting"],
                    others["northing"] - hotspot["northing"],
                )
                <= hotspot["radius_m"]
            ]
            background = int(is_in_band(hotspot, near["start"]).sum())
            assert hotspot["n"] >= 5 * background

    def test_most_have_hours_of_their_own(self, london: Simulation) -> None:
        """At least two thirds do not touch the ordinary peak from 17:00 to 22:00."""
        off_peak = [
            not set(hours_of(hotspot)) & set(PEAK)
            for _, hotspot in london.truth.hotspots.iterrows()
        ]
        assert np.mean(off_peak) >= 2 / 3

    def test_far_apart(self, london: Simulation) -> None:
        """No two hotspots are nearer than 700 m."""
        points = london.truth.hotspots[["easting", "northing"]].to_numpy()
        distance = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
        assert distance[~np.eye(len(points), dtype=bool)].min() >= 700


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=10, deadline=None)
    @given(
        per_borough=st.integers(0, 4),
        least=st.integers(1, 60),
        span=st.integers(0, 60),
        seed=st.integers(0, 1000),
    )
    def test_truth_agrees_with_the_labels(
        self, per_borough: int, least: int, span: int, seed: int
    ) -> None:
        """Counts by label are those of the table, in the range, and a fifth of all at most."""
        simulation = simulate_incidents(
            1500,
            boroughs=["Camden", "Sutton"],
            planted_per_borough=per_borough,
            planted_incidents=(least, least + span),
            rng=seed,
        )
        table, labels = simulation.truth.hotspots, simulation.truth.incidents["hotspot_id"]
        counted = labels.value_counts().reindex(table.index, fill_value=0)
        assert (counted == table["n"]).all()
        assert table["n"].between(least, least + span).all()
        assert labels.notna().sum() <= 300
        assert len(table) <= 2 * per_borough


class TestMessages:
    """What is said about wrong options."""

    @pytest.mark.parametrize("value", [-1, 1.5, True, "2"])
    def test_bad_number(self, value: object) -> None:
        """Hotspots are counted in whole numbers."""
        with pytest.raises(InputError, match=f"Invalid planted_per_borough '{value}'"):
            simulate_incidents(10, planted_per_borough=value)  # type: ignore[arg-type]

    @pytest.mark.parametrize("value", [(150, 40), (0, 10), (10,), 40, ("a", "b"), (1.5, 2)])
    def test_bad_range(self, value: object) -> None:
        """A range has a lower and an upper end, in this order."""
        with pytest.raises(InputError, match=r"Invalid planted_incidents .* such as \(40, 150\)"):
            simulate_incidents(10, planted_incidents=value)  # type: ignore[arg-type]
