"""Harm weights: what a report weighs, the file, and what is refused."""

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspots as hs

GOOD: dict[str, Any] = {
    "name": "Camden",
    "version": "2026-04",
    "types": {"personal": 4, "nuisance": 1, "environmental": 0},
    "unknown": 0.5,
    "headings": {"Noise": 3},
    "vulnerable": 5,
    "repeat": 2,
}
TOML = """
name = "Camden"
version = "2026-04"
unknown = 0.5
vulnerable = 5
repeat = 2
[types]
personal = 4
nuisance = 1
environmental = 0
[headings]
Noise = 3
"""


def kinds(*rows: tuple[str | None, str | None, bool, bool]) -> pd.DataFrame:
    """Give kinds of reports."""
    columns = ["asb_type", "heading", "is_flagged_vulnerable", "is_flagged_repeat"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"asb_type": "str", "heading": "str"}).mask(table.isna())


def write(path: Path, text: str) -> Path:
    """Write a file of weights."""
    path.write_text(text, encoding="utf-8")
    return path


class TestByHand:
    """Type × heading × flags."""

    def test_product(self) -> None:
        """4 · 3 · 5 · 2 = 120; 1 · 1 · 1 · 2 = 2; without a type ½ · 3 = 1.5; 0 stays 0."""
        rows = kinds(
            ("personal", "Noise", True, True),
            ("nuisance", "Fireworks", False, True),
            (None, "Noise", False, False),
            ("environmental", None, True, True),
        )
        assert hs.HarmWeights.from_dict(GOOD).of(rows).tolist() == [120, 2, 1.5, 0]

    def test_defaults(self) -> None:
        """An ordinary nuisance report is one point; the order is personal, nuisance, other."""
        weights = hs.HarmWeights()
        types = [weights.types[name] for name in ("personal", "nuisance", "environmental")]
        assert types == sorted(types, reverse=True)
        assert weights.types["nuisance"] == weights.unknown == 1
        assert "Richmond" in weights.source

    def test_file(self, tmp_path: Path) -> None:
        """A file says the same as its values, and they go back and forth."""
        weights = hs.read_harm_weights(write(tmp_path / "w.toml", TOML))
        assert weights == hs.HarmWeights.from_dict(GOOD)
        assert hs.HarmWeights.from_dict(weights.to_dict()) == weights
        assert hs.HarmWeights.from_dict(hs.HarmWeights().to_dict()) == hs.HarmWeights()

    def test_source_is_not_borrowed(self) -> None:
        """Weights of a user do not carry the source of the defaults."""
        assert hs.HarmWeights.from_dict(GOOD).source == ""

    def test_frozen(self) -> None:
        """Nobody changes weights afterwards, not even through what was given."""
        types = {"personal": 4.0, "nuisance": 1.0, "environmental": 0.0}
        weights = hs.HarmWeights(types=types)
        types["personal"] = 9
        weights.to_dict()["types"]["nuisance"] = 7
        assert weights.types == {"personal": 4.0, "nuisance": 1.0, "environmental": 0.0}
        with pytest.raises(FrozenInstanceError):
            weights.unknown = 2.0  # type: ignore[misc]

    def test_repr(self) -> None:
        """It says which weights they are."""
        assert repr(hs.HarmWeights.from_dict(GOOD)) == (
            "<HarmWeights 'Camden', version 2026-04: personal 4, nuisance 1, environmental 0, "
            "without a type 0.5; vulnerable × 5, repeat × 2; 1 heading named>"
        )


@given(st.floats(0.01, 100), st.booleans(), st.booleans())
def test_flags_never_take(scale: float, vulnerable: bool, repeat: bool) -> None:  # noqa: FBT001
    """A flagged report weighs at least as much as the same one without."""
    weights = hs.HarmWeights(unknown=scale)
    plain, flagged = weights.of(
        kinds((None, None, False, False), (None, None, vulnerable, repeat))
    ).tolist()
    assert flagged >= plain == scale


def test_frozen_all_through() -> None:
    """No weight can be changed in place; copies and other processes have the same."""
    weights = hs.HarmWeights.from_dict(GOOD)
    for table in (weights.types, weights.headings):
        with pytest.raises(TypeError, match="does not support item assignment"):
            table["personal"] = 9  # type: ignore[index]
    for again in (pickle.loads(pickle.dumps(weights)), deepcopy(weights)):  # noqa: S301 (our own)
        assert again == weights
        assert again.to_dict() == weights.to_dict()
        assert type(again.to_dict()["types"]) is dict
    assert hs.HarmWeights.from_dict({**GOOD, "headings": {}}) != weights


class TestMessages:
    """Every problem at once, with the nearest name."""

    @pytest.mark.parametrize(
        "make",
        [
            lambda huge: hs.HarmWeights(unknown=huge),
            lambda huge: hs.HarmWeights(types={**GOOD["types"], "nuisance": huge}),
        ],
    )
    def test_huge(self, make: Any) -> None:
        """A whole number beyond every decimal number is refused like another bad one."""
        with pytest.raises(hs.InputError, match=r"'1000+'. Must be a number of at least 0"):
            make(10**400)

    @pytest.mark.parametrize("values", [None, 3, "weights.toml", [1]])
    def test_no_table(self, values: Any) -> None:
        """What is no table of weights is named."""
        with pytest.raises(hs.InputError, match="Invalid values '.*'. Must be a table of weights"):
            hs.HarmWeights.from_dict(values)

    def test_all_at_once(self, tmp_path: Path) -> None:
        """Unknown, missing and negative in one file, each in a line."""
        text = TOML.replace("vulnerable = 5", "vulnerble = 5").replace("nuisance = 1", "")
        path = write(tmp_path / "w.toml", text.replace("Noise = 3", "Noise = -3"))
        with pytest.raises(hs.InputError) as caught:
            hs.read_harm_weights(path)
        message = str(caught.value)
        assert message.startswith(f"Invalid harm weights '{path}': 4 problems.\n")
        assert "- Unknown key 'vulnerble'. Must be one of name, version, source, types" in message
        assert "Did you mean 'vulnerable'?" in message
        assert "- vulnerable is missing. Must be a number of at least 1" in message
        assert "- types.nuisance is missing. Must be a number of at least 0." in message
        assert "- Invalid headings.Noise '-3'. Must be a number of at least 0." in message

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"types": {"personal": 1, "nuisance": -1, "environmental": 1}}, "types.nuisance '-1'"),
            ({"types": {"personal": 0, "nuisance": 0, "environmental": 0}}, "types 'all 0'"),
            ({"types": 3}, r"Invalid types '3'. Must be a table of personal, nuisance"),
            ({"types": {**GOOD["types"], "personnel": 1}}, "Did you mean 'personal'"),
            ({"unknown": float("nan")}, "Invalid unknown 'nan'. Must be a number of at least 0"),
            ({"unknown": "1"}, "Invalid unknown '1'"),
            ({"unknown": True}, "Invalid unknown 'True'"),
            ({"repeat": 0.5}, "repeat '0.5'. Must be a number of at least 1: a flag never"),
            ({"vulnerable": float("inf")}, "Invalid vulnerable 'inf'"),
            ({"headings": ["Noise"]}, "Must be a table of headings and multipliers. Write"),
            ({"name": " "}, "Invalid name ' '. Must be a text"),
            ({"version": 2}, "Invalid version '2'. Must be a text"),
        ],
    )
    def test_refused(self, change: dict[str, Any], message: str) -> None:
        """What is not allowed is named, in values and in the record alike."""
        with pytest.raises(hs.InputError, match=message):
            hs.HarmWeights.from_dict({**GOOD, **change})
        with pytest.raises(hs.InputError, match=message):
            hs.HarmWeights(**{**GOOD, **change})

    @pytest.mark.parametrize("key", ["name", "version", "types", "unknown", "vulnerable", "repeat"])
    def test_missing(self, key: str) -> None:
        """A weight that is not stated would change with the package."""
        values = {name: value for name, value in GOOD.items() if name != key}
        with pytest.raises(hs.InputError, match=f"1 problem.\n- {key} is missing. Must be"):
            hs.HarmWeights.from_dict(values)

    def test_files(self, tmp_path: Path) -> None:
        """A file that is not there, is not TOML, or is no path."""
        with pytest.raises(hs.InputError, match="Cannot read the harm weights.*No such file"):
            hs.read_harm_weights(tmp_path / "none.toml")
        with pytest.raises(hs.InputError, match="are not valid TOML: .* Must look like"):
            hs.read_harm_weights(write(tmp_path / "w.toml", "personal: 3"))
        with pytest.raises(hs.InputError, match="Invalid path 'int'. Must be the path of a TOML"):
            hs.read_harm_weights(3)  # type: ignore[arg-type]
