"""Headings and types."""

import numpy as np
import pandas as pd
import pytest

from hotspots.simulate import Simulation, simulate_incidents
from hotspots.simulate.facts import load_facts
from hotspots.simulate.headings import draw_types, heading_names

FACTS = load_facts()


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_types_of_one_heading(self) -> None:
        """If all calls have one heading, its types are the published ones: 85.9 % nuisance."""
        types = draw_types(np.full(50_000, 3), FACTS, np.random.default_rng(1))
        # 218,333 / (218,333 + 25,507 + 10,359) = 0.8589; standard error 0.0016.
        assert (types == 1).mean() == pytest.approx(0.8589, abs=0.006)


class TestEdges:
    """Very few calls."""

    def test_one_call(self) -> None:
        """One call has a heading and a type."""
        incidents = simulate_incidents(1, rng=3).incidents
        assert incidents["heading"].iloc[0] in heading_names(FACTS)
        assert incidents["asb_type"].notna().all()

    def test_an_episode_has_one_heading(self, london: Simulation) -> None:
        """Calls about one episode are about one thing."""
        pairs = london.truth.incidents[["episode"]].assign(heading=london.incidents["heading"])
        assert pairs.drop_duplicates()["episode"].is_unique


class TestReference:
    """Against the published totals."""

    def test_heading_mix(self, london: Simulation) -> None:
        """Every heading has its published share, within 4 % and five standard errors."""
        published = pd.Series(FACTS.published["headings"])
        published = published / published.sum()
        found = london.incidents["heading"].value_counts(normalize=True)[published.index]
        error = np.sqrt(1.4 * published / len(london.incidents))
        assert ((found - published).abs() <= 0.04 * published + 5 * error).all()

    def test_type_mix(self, london: Simulation) -> None:
        """Types have their published shares."""
        published = pd.Series(FACTS.published["types"])
        found = london.incidents["asb_type"].value_counts(normalize=True)[published.index]
        assert found.to_numpy() == pytest.approx((published / published.sum()).to_numpy(), rel=0.04)

    def test_assumed_leanings(self, london: Simulation) -> None:
        """Fireworks keep to their season, noise to the night, neighbours to personal."""
        incidents = london.incidents
        fireworks = incidents[incidents["heading"] == "Fireworks"]
        dates = fireworks["start"].dt.strftime("%m-%d")
        assert dates.between("10-20", "11-10").mean() > 0.5
        hour = incidents["start"].dt.hour
        at_night = (hour >= 22) | (hour < 6)
        by_heading = at_night.groupby(incidents["heading"]).mean()
        assert by_heading["Noise"] > 1.3 * at_night.mean()
        personal = (incidents["asb_type"] == "personal").groupby(incidents["heading"]).mean()
        assert personal.drop("Nuisance calls").idxmax() == "Rowdy or nuisance neighbours"


class TestRelations:
    """What must hold whatever is given."""

    def test_only_known_words(self, london: Simulation) -> None:
        """Every heading, and no other, occurs in a London year."""
        assert set(london.incidents["heading"]) == set(heading_names(FACTS))
