"""The whole simulation: totals, modes, seeds and messages."""

import time

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots as hs
from hotspots.errors import InputError
from hotspots.simulate import Simulation, simulate_incidents
from hotspots.simulate.facts import load_facts
from hotspots.simulate.year import make_year
from hotspots.tables import INCIDENTS

FACTS = load_facts()
MODES = ["timed", "snapped", "monthly"]


class TestByHand:
    """What one look must show."""

    def test_first_row(self, camden: Simulation) -> None:
        """Ids count up, and every row says that it is simulated."""
        incidents = camden.incidents
        assert incidents.index[[0, -1]].tolist() == ["sim-000001", "sim-006000"]
        assert (incidents["source"] == "simulated").all()
        assert (incidents["weight"] == 1).all()
        assert (incidents["borough"] == "E09000007").all()
        assert incidents["area_code"].str.match(r"SIM-E09000007-\d\d$").all()
        assert incidents["location"].str.match(r"Simulated street \d+, Camden$").all()

    def test_repr(self, camden: Simulation) -> None:
        """The first questions are answered."""
        assert repr(camden).startswith(
            "Simulation(6000 simulated incidents, 2025, mode 'timed', 1 boroughs, 2 planted"
        )

    def test_front_door(self) -> None:
        """The verb is found where an analyst looks for it."""
        assert hs.simulate_incidents is simulate_incidents


class TestEdges:
    """One row, the clock change, the modes."""

    @pytest.mark.parametrize("mode", MODES)
    def test_one_row(self, mode: str) -> None:
        """One incident makes valid tables in every mode."""
        simulation = simulate_incidents(1, mode=mode, rng=1)  # type: ignore[arg-type]
        INCIDENTS.validate(simulation.incidents)
        assert len(simulation.incidents) == 1
        assert len(simulation.truth.incidents) == 1

    def test_repeated_hour(self, london: Simulation) -> None:
        """What falls into the hour that came twice is marked, and is about twice an hour's."""
        incidents = london.incidents
        start = incidents["start"]
        in_hour = start.dt.strftime("%m-%d %H") == "10-26 01"
        assert (incidents["is_ambiguous_time"] == in_hour).all()
        assert start[in_hour].map(lambda moment: moment.dst().seconds == 3600).all()
        others = start.dt.strftime("%m-%d %H").isin(["10-19 01", "10-12 01", "09-28 01"])
        assert in_hour.sum() > 1.2 * others.sum() / 3

    def test_monthly(self) -> None:
        """A month is known from its first moment to the first of the next, and nothing finer."""
        simulation = simulate_incidents(3000, boroughs=["Camden"], mode="monthly", rng=1)
        incidents = simulation.incidents
        INCIDENTS.validate(incidents)
        assert (incidents["time_precision"] == "month").all()
        assert incidents["start"].dt.is_month_start.all()
        assert (incidents["start"] == incidents["start"].dt.normalize()).all()
        july = incidents[incidents["start"].dt.month == 7].iloc[0]
        assert str(july["start"]) == "2025-07-01 00:00:00+01:00"
        assert str(july["end"]) == "2025-08-01 00:00:00+01:00"
        december = incidents[incidents["start"].dt.month == 12]
        assert (december["end"] == pd.Timestamp("2026-01-01", tz="Europe/London")).all()
        true = simulation.truth.incidents["start"]
        assert ((incidents["start"] <= true) & (true < incidents["end"])).all()

    def test_timed_incidents_have_no_end(self, camden: Simulation) -> None:
        """The minute is known, an interval is not given."""
        assert camden.incidents["end"].isna().all()
        assert (camden.incidents["time_precision"] == "minute").all()
        assert (camden.incidents["start"] == camden.truth.incidents["start"]).all()


class TestReference:
    """Against the published totals."""

    def test_schema(self, london: Simulation) -> None:
        """The incidents table is valid and complete."""
        INCIDENTS.validate(london.incidents)
        documented = {column.name for column in INCIDENTS.columns}
        assert set(london.incidents.columns) == documented

    def test_hours(self, london: Simulation) -> None:
        """Every clock hour has its published share, within 3 % and four standard errors."""
        found = london.incidents["start"].dt.hour.value_counts(normalize=True).sort_index()
        error = np.sqrt(1.4 * FACTS.hour_shares / len(london.incidents))
        allowed = 0.03 * FACTS.hour_shares + 4 * error
        assert (np.abs(found.to_numpy() - FACTS.hour_shares) <= allowed).all()
        assert found.idxmax() == 19
        assert found.idxmin() == 5

    def test_weekdays(self, london: Simulation) -> None:
        """A mean Monday to Sunday has its published rate within 4 %."""
        calendar = make_year(2025)
        found = np.bincount(london.incidents["start"].dt.day_of_week, minlength=7)
        rates = found / np.bincount(calendar.weekdays) / (len(london.incidents) / 365)
        assert rates == pytest.approx(FACTS.weekday_rates, rel=0.04)

    def test_months(self, london: Simulation) -> None:
        """A mean day of each month has its published rate within 5 %."""
        calendar = make_year(2025)
        found = np.bincount(london.incidents["start"].dt.month, minlength=13)[1:]
        rates = found / np.bincount(calendar.months)[1:] / (len(london.incidents) / 365)
        assert rates == pytest.approx(FACTS.month_rates, rel=0.05)

    def test_boroughs(self, london: Simulation) -> None:
        """Every borough has its published share, within 3 % and four standard errors."""
        published = pd.Series(FACTS.published["boroughs"])
        published = published / published.sum()
        found = london.incidents["borough"].value_counts(normalize=True)[published.index]
        error = np.sqrt(1.4 * published / len(london.incidents))
        assert ((found - published).abs() <= 0.03 * published + 4 * error).all()

    def test_planted_incidents_are_part_of_the_totals(self) -> None:
        """However many are planted, hours and boroughs keep their published shares."""
        simulation = simulate_incidents(
            20_000,
            boroughs=["Camden", "Sutton"],
            planted_per_borough=8,
            planted_incidents=(200, 200),
            rng=1,
        )
        assert simulation.truth.hotspots["n"].sum() == 3200
        sutton = (simulation.incidents["borough"] == "E09000029").mean()
        # 3,321 / (3,321 + 11,041) = 0.2312; with 1,600 planted on top it would be 0.27.
        assert sutton == pytest.approx(0.2312, abs=0.015)
        found = np.bincount(simulation.incidents["start"].dt.hour, minlength=24)
        expected = 20_000 * FACTS.hour_shares
        # With planted incidents on top, Pearson's statistic is above 200.
        assert ((found - expected) ** 2 / expected).sum() < 80

    def test_halloween_and_bonfire_night(self, london: Simulation) -> None:
        """31 October is the busiest day, 1.89 mean days; its week has 1.43 mean weeks (± 7 %)."""
        days = london.incidents["start"].dt.strftime("%m-%d").value_counts()
        mean = len(london.incidents) / 365
        assert days.idxmax() == "10-31"
        assert days.max() / mean == pytest.approx(FACTS.halloween_rate, rel=0.07)
        week = days[(days.index >= "10-31") & (days.index <= "11-06")].sum()
        assert week / mean / 7 == pytest.approx(1.43, rel=0.07)

    def test_channels(self, london: Simulation) -> None:
        """Calls come by 101, 999 and the web."""
        found = london.incidents["channel"].value_counts(normalize=True)
        assert found[["101", "999", "web"]].tolist() == pytest.approx([0.6, 0.25, 0.15], abs=0.01)

    def test_quick(self) -> None:
        """300,000 incidents take less than 10 s on two busy cores."""
        begun = time.perf_counter()
        simulation = simulate_incidents(300_000, rng=1)
        assert time.perf_counter() - begun < 10
        assert len(simulation.incidents) == 300_000


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=15, deadline=None)
    @given(
        n=st.integers(1, 2000),
        seed=st.integers(0, 2**31),
        year=st.integers(2000, 2037),
        mode=st.sampled_from(MODES),
        boroughs=st.sets(st.sampled_from(["Camden", "Bexley", "E09000033"]), min_size=1),
    )
    def test_always_valid(
        self, n: int, seed: int, year: int, mode: str, boroughs: set[str]
    ) -> None:
        """Whatever is asked for, there are n valid rows of that year in those boroughs."""
        simulation = simulate_incidents(
            n,
            year=year,
            boroughs=boroughs,
            mode=mode,  # type: ignore[arg-type]
            rng=seed,
        )
        INCIDENTS.validate(simulation.incidents)
        assert len(simulation.incidents) == n
        assert (simulation.incidents["start"].dt.year == year).all()
        assert set(simulation.incidents["borough"]) <= set(simulation.truth.parameters["boroughs"])
        assert simulation.truth.incidents.index.equals(simulation.incidents.index)

    @pytest.mark.parametrize("mode", MODES)
    def test_same_seed(self, mode: str) -> None:
        """The same seed gives the same tables, another seed others."""
        one, two = (
            simulate_incidents(2000, boroughs=["Brent"], mode=mode, rng=5)  # type: ignore[arg-type]
            for _ in range(2)
        )
        assert_geodataframe_equal(one.incidents, two.incidents)
        assert_geodataframe_equal(one.team_areas, two.team_areas)
        for name in ("incidents", "hotspots", "callers", "places"):
            pd.testing.assert_frame_equal(getattr(one.truth, name), getattr(two.truth, name))
        other = simulate_incidents(2000, boroughs=["Brent"], mode=mode, rng=6)  # type: ignore[arg-type]
        assert not other.truth.incidents["easting"].equals(one.truth.incidents["easting"])

    def test_generator_is_a_seed(self) -> None:
        """A generator begun with a seed gives what the seed gives."""
        by_seed = simulate_incidents(500, boroughs=["Brent"], rng=5)
        by_generator = simulate_incidents(500, boroughs=["Brent"], rng=np.random.default_rng(5))
        assert_geodataframe_equal(by_seed.incidents, by_generator.incidents)
        assert by_seed.truth.parameters["seed"] == 5
        assert by_generator.truth.parameters["seed"] is None

    def test_modes_are_views_of_one_year(self) -> None:
        """The three modes of one seed are the same incidents, id for id."""
        timed, snapped, monthly = (
            simulate_incidents(3000, boroughs=["Brent"], mode=mode, rng=5)  # type: ignore[arg-type]
            for mode in MODES
        )
        for other in (snapped, monthly):
            pd.testing.assert_frame_equal(other.truth.incidents, timed.truth.incidents)
            for column in ("heading", "asb_type", "person_key", "channel"):
                pd.testing.assert_series_equal(other.incidents[column], timed.incidents[column])
        assert (snapped.incidents["start"] == timed.incidents["start"]).all()
        assert (snapped.incidents.geometry == monthly.incidents.geometry).all()

    def test_parameters_are_a_copy(self, camden: Simulation) -> None:
        """Changing what is recorded of one simulation does not change the next."""
        simulation = simulate_incidents(10, boroughs=["Camden"], rng=1)
        simulation.truth.parameters["assumed"]["bursts"]["share"] = 1.0
        assert load_facts().assumed["bursts"]["share"] == 0.05
        assert camden.truth.parameters["n"] == 6000
        assert camden.truth.parameters["seed"] == 1


class TestMessages:
    """What is said about wrong arguments."""

    @pytest.mark.parametrize("n", [0, -5, 2.5, "100", True])
    def test_bad_n(self, n: object) -> None:
        """The number of incidents is a whole number, at least 1."""
        with pytest.raises(InputError, match=f"Invalid n '{n}'. Must be a whole number"):
            simulate_incidents(n)  # type: ignore[arg-type]

    def test_bad_mode(self) -> None:
        """The modes are listed."""
        with pytest.raises(InputError, match="Invalid mode 'hourly'"):
            simulate_incidents(10, mode="hourly")  # type: ignore[arg-type]

    def test_bad_year(self) -> None:
        """The year must be one whose clock changes are known."""
        with pytest.raises(InputError, match="Invalid year '1066'"):
            simulate_incidents(10, year=1066)

    def test_bad_borough(self) -> None:
        """A misspelt borough is refused with the nearest spelling."""
        with pytest.raises(InputError, match="Did you mean 'Hackney'"):
            simulate_incidents(10, boroughs=["Hakney"])

    @pytest.mark.parametrize("rng", ["seed", -1, 1.5])
    def test_bad_rng(self, rng: object) -> None:
        """A seed is a whole number."""
        with pytest.raises(InputError, match=f"Invalid rng '{rng}'. Must be a whole number"):
            simulate_incidents(10, rng=rng)  # type: ignore[arg-type]
