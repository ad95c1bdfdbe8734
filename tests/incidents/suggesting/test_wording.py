"""What a source's own words for kinds of incidents are taken to mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.incidents.codes import codes_by_name, load_codes
from hotspots.incidents.mapping import Mapping
from hotspots.incidents.suggesting.wording import codes_in, is_all_asb, is_known, is_other, propose


class TestByHand:
    """Words of councils, landlords and forces."""

    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("Loud music", "Noise"),
            ("Domestic party", None),  # speaks for both
            ("Barking dogs", "Animal problems"),
            ("Barking", None),  # the town
            ("Neighbour dispute", "Rowdy or nuisance neighbours"),
            ("Fly-tipping", "Littering or drugs paraphernalia"),
            ("Drug use", "Littering or drugs paraphernalia"),
            ("Drug dealing", "not_asb"),
            ("Nuisance motorbikes", "Vehicle nuisance"),
            ("Vehicle - nuisance", "Vehicle nuisance"),
            ("Abandoned car", "Vehicle abandoned"),
            ("Carpet abandoned", None),
            ("Groups of youths", "Rowdy or inconsiderate behaviour"),
            ("Rough sleeper", "Begging or vagrancy"),
            ("Graffiti", "environmental"),
            ("Verbal abuse", "personal"),
            ("ASB - Personal", "personal"),
            ("Rowdy / inconsiderate behavior", "Rowdy or inconsiderate behaviour"),
            ("Sudden death", "not_asb"),
            ("RTC", "not_asb"),
            ("Drugs", "not_asb"),
            ("Duplicate entry", "excluded"),
            ("Test call", "excluded"),
            ("Testimony", None),
            ("Other", None),
            ("", None),
        ],
    )
    def test_meanings(self, text: str, meaning: str | None) -> None:
        """Each has the meaning that a person would give it, or none."""
        found = propose(text)
        assert (found.meaning if found else None) == meaning

    def test_reasons(self) -> None:
        """The words that it rests on are named."""
        found = [
            propose(text) for text in ("Very loud music", "Nuisance quad bikes", "Trespassing")
        ]
        assert [proposal.why if proposal else "" for proposal in found] == [
            "the word 'loud'",
            "the words 'nuisance … bikes'",
            "nearly 'Trespass'",
        ]

    def test_sure(self) -> None:
        """What leaves rows out is sure only as a whole text; what does not always is."""
        for text in ("TEST", "Duplicate entry", "Burglary", "Loud music"):
            assert (found := propose(text)) is not None
            assert found.is_sure
        for text in ("Test of the alarm", "Burglary, other", "Training"):
            assert (found := propose(text)) is not None
            assert not found.is_sure

    def test_known_words(self) -> None:
        """What the reader understands by itself needs no proposal."""
        for text in (*load_codes(), *codes_by_name(), "215, 610", "202 Rowdy", " noise "):
            assert is_known(text)
            assert propose(text) is None
        assert codes_in("215/610/999") == ["215", "610"]
        assert not is_known("1215")

    def test_crime_types(self) -> None:
        """Anti-social behaviour as one crime type among others."""
        assert is_all_asb("Anti-social behaviour")
        assert propose("Anti-social behaviour") is None
        assert not is_all_asb("ASB Nuisance")
        assert is_other("Violence and sexual offences")
        assert not is_other("Noise")


class TestRelations:
    """What must hold for any text."""

    @given(st.text())
    def test_every_proposal_can_be_written(self, text: str) -> None:
        """A proposal is a meaning that a mapping allows."""
        found = propose(text)
        assert found is None or Mapping(codes={"x": found.meaning}).meanings()
        assert is_known(text) == bool(codes_in(text))

    @given(st.sampled_from(["Loud music", "Burglary", "Graffiti", "Muddle", "Noise"]))
    def test_case_does_not_matter(self, text: str) -> None:
        """A word in capitals means the same."""
        assert propose(text.upper()) == propose(text) == propose(f" {text} ")
