"""Who called, and what was recorded of it."""

import numpy as np
import pytest

from hotspots.simulate import Simulation
from hotspots.simulate.callers import draw_callers, name_persons
from hotspots.simulate.calls import Calls, fill
from hotspots.simulate.facts import load_facts

FACTS = load_facts()
ASKED = FACTS.published["asked"]


def calls_from(address: list[int], chronic: list[int]) -> Calls:
    """Make calls that differ in address and chronic caller only."""
    n = len(address)
    place, zero = np.zeros(n), fill(n, 0)
    return Calls(
        np.arange(n), zero, place, place, zero, np.array(address), np.arange(n), fill(n),
        np.array(chronic), fill(n),
    )  # fmt: skip


class TestByHand:
    """Cases with one possible answer."""

    def test_always_the_last_caller(self) -> None:
        """If everybody is the last caller again, each address has one person."""
        assumed = {**FACTS.assumed["callers"], "share_again": 1.0, "share_unknown": 0.0}
        calls = calls_from([1, 2, 1, 2, 1], [-1] * 5)
        callers = draw_callers(calls, assumed, ASKED, np.random.default_rng(1))
        assert callers.person.tolist() == [0, 1, 0, 1, 0]
        assert callers.is_repeat.tolist() == [False, False, True, True, True]
        assert callers.is_known.all()

    def test_never_the_last_caller(self) -> None:
        """If nobody calls again, everybody is new; only the chronic caller repeats."""
        assumed = {**FACTS.assumed["callers"], "share_again": 0.0}
        calls = calls_from([1, 1, 1, 1], [-1, 0, -1, 0])
        callers = draw_callers(calls, assumed, ASKED, np.random.default_rng(1))
        assert callers.person.tolist() == [0, 1, 2, 1]
        assert callers.is_repeat.tolist() == [False, False, False, True]

    def test_names(self) -> None:
        """Person 122 is the 123rd."""
        assert name_persons(np.array([122])).tolist() == ["sim-p000123"]


class TestEdges:
    """Extreme recording."""

    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_all_or_nothing(self, share: float) -> None:
        """If everybody is asked all who qualify are flagged, if nobody, none."""
        assumed = {**FACTS.assumed["callers"], "share_unknown": 0.0}
        asked = {"repeat": share, "vulnerable": share}
        calls = calls_from([0] * 500, [-1] * 500)
        callers = draw_callers(calls, assumed, asked, np.random.default_rng(1))
        assert (callers.is_flagged_repeat == (callers.is_repeat & (share == 1))).all()
        assert (callers.is_flagged_vulnerable == (callers.is_vulnerable & (share == 1))).all()


class TestReference:
    """Against the figures in the file."""

    def test_unknown_callers(self, london: Simulation) -> None:
        """About 15 % of calls have no name; chronic callers always leave one."""
        missing = london.incidents["person_key"].isna()
        assert missing.mean() == pytest.approx(0.15, abs=0.01)
        assert not missing[london.truth.incidents["chronic_id"].notna()].any()

    def test_most_callers_call_once(self, london: Simulation) -> None:
        """Nine of ten persons call once; beside the chronic ones hardly anybody ten times."""
        calls = london.truth.incidents.groupby("caller").size()
        assert (calls == 1).mean() > 0.85
        often = set(calls.index[calls >= 10])
        assert len(often - set(london.truth.callers["person_key"])) < 20

    def test_recording_gap(self, london: Simulation) -> None:
        """Flags are set for those who qualify, 40 % of repeat and 28 % of vulnerable callers."""
        incidents, truth = london.incidents, london.truth.incidents
        assert not (incidents["is_flagged_repeat"] & ~truth["is_repeat"]).any()
        assert not (incidents["is_flagged_vulnerable"] & ~truth["is_vulnerable"]).any()
        known = truth["is_repeat"] & incidents["person_key"].notna()
        assert incidents.loc[known, "is_flagged_repeat"].mean() == pytest.approx(0.4, abs=0.015)
        vulnerable = incidents.loc[truth["is_vulnerable"], "is_flagged_vulnerable"]
        assert vulnerable.mean() == pytest.approx(0.28, abs=0.01)

    def test_qualifiers_say_what_the_flags_say(self, london: Simulation) -> None:
        """610 stands for repeat, 635 for vulnerable, both are joined by a comma."""
        incidents = london.incidents
        listed = incidents["qualifiers"].fillna("")
        assert set(listed) == {"", "610", "635", "610,635"}
        assert (listed.str.contains("610") == incidents["is_flagged_repeat"]).all()
        assert (listed.str.contains("635") == incidents["is_flagged_vulnerable"]).all()


class TestRelations:
    """What must hold whatever is given."""

    def test_known_names_are_the_true_ones(self, london: Simulation) -> None:
        """Where the key is there, it is the caller's."""
        key, truth = london.incidents["person_key"], london.truth.incidents["caller"]
        assert (key.dropna() == truth[key.notna()]).all()

    def test_vulnerability_belongs_to_the_person(self, london: Simulation) -> None:
        """A person is vulnerable at every call or at none."""
        persons = london.truth.incidents.groupby("caller")["is_vulnerable"]
        assert (persons.nunique() == 1).all()
