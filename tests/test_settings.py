"""Settings: defaults, TOML, and refusals."""

import json
from pathlib import Path

import pytest

import hotspots as hs


def test_defaults_are_allowed_and_plain() -> None:
    """The defaults pass their own checks and can be written as JSON."""
    settings = hs.Settings()
    assert settings.places.cell_size == 150
    assert json.loads(json.dumps(settings.to_dict()))["hotspots"]["max_area"] == 100_000


def test_toml(tmp_path: Path) -> None:
    """A file overrides what it names and leaves the rest."""
    path = tmp_path / "settings.toml"
    path.write_text('[places]\nshape = "hexagon"\ncell_size = 200\n[tasks]\nvisit_minutes = 20\n')
    settings = hs.Settings.from_toml(path)
    assert (settings.places.shape, settings.places.cell_size) == ("hexagon", 200)
    assert settings.tasks.visit_minutes == 20
    assert settings.hotspots == hs.Settings().hotspots


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"place": {}}, r"Unknown section 'place'.*Did you mean 'places'\?"),
        (
            {"places": {"cell_sise": 1}},
            r"Unknown setting in \[places\].*Did you mean 'cell_size'\?",
        ),
        ({"places": 3}, r"Invalid places '3'. Must be a section of settings"),
        ({"places": {"shape": "round"}}, "Invalid places.shape 'round'. Must be one of square"),
        (
            {"places": {"cell_size": 5}},
            "Invalid places.cell_size '5'. Must be a number of at least",
        ),
        ({"places": {"cell_size": True}}, "Invalid places.cell_size 'True'"),
        ({"places": {"cell_size": float("nan")}}, "Invalid places.cell_size 'nan'"),
        (
            {"hotspots": {"per_area": 2.5}},
            "Invalid hotspots.per_area '2.5'. Must be a whole number",
        ),
        ({"tasks": {"exploration": 1.5}}, "Invalid tasks.exploration '1.5'.*at most 0.5"),
    ],
)
def test_refusals(values: dict[str, object], message: str) -> None:
    """Each bad value is named with what was given and what is allowed."""
    with pytest.raises(hs.InputError, match=message):
        hs.Settings.from_dict(values)


def test_bad_files(tmp_path: Path) -> None:
    """A missing file and a broken one are refused."""
    with pytest.raises(hs.InputError, match=r"Cannot read .*No such file.*Check the spelling"):
        hs.Settings.from_toml(tmp_path / "none.toml")
    path = tmp_path / "bad.toml"
    path.write_text("per_area: 5")
    with pytest.raises(hs.InputError, match="not valid TOML"):
        hs.Settings.from_toml(path)
