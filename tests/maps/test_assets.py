"""The shipped files of Leaflet are the published ones, and complete."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

ASSETS = files("hotspots.maps").joinpath("assets")


def listed() -> dict[str, str]:
    """Read SHA256SUMS: file name to checksum."""
    lines = ASSETS.joinpath("SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: checksum for checksum, name in (line.split("  ") for line in lines)}


def content(name: str) -> bytes:
    """Read a shipped file."""
    return ASSETS.joinpath(*name.split("/")).read_bytes()


def test_checksums_hold() -> None:
    """Every listed file has the checksum that it had in the npm package."""
    for name, checksum in listed().items():
        assert hashlib.sha256(content(name)).hexdigest() == checksum, name


def test_every_file_is_listed() -> None:
    """No shipped script, style sheet, image or licence is without a checksum."""
    here = {item.name for item in ASSETS.iterdir() if item.is_file()}
    images = {f"images/{item.name}" for item in ASSETS.joinpath("images").iterdir()}
    ours = {"SHA256SUMS", "README.md", ".gitattributes"}
    assert (here - ours) | images == set(listed())


def test_images_of_the_style_sheet_are_shipped() -> None:
    """Each image that leaflet.css names is among the files."""
    named = re.findall(r"url\((images/[^)]+)\)", content("leaflet.css").decode("ascii"))
    assert named
    assert set(named) <= set(listed())


def test_script_cannot_end_its_own_tag() -> None:
    """Leaflet can stand inside a script tag, and its style sheet inside a style tag."""
    assert b"</script" not in content("leaflet.js").lower()
    assert b"</style" not in content("leaflet.css").lower()


def test_readme_names_the_version_that_is_shipped() -> None:
    """The version in the README, on the page and in the script is the same."""
    version = re.search(rb"Leaflet (\d+\.\d+\.\d+)", content("leaflet.js"))
    assert version is not None
    assert f"version {version[1].decode()}" in content("README.md").decode("utf-8")
    page = files("hotspots.maps").joinpath("page.html").read_text(encoding="utf-8")
    assert f"Leaflet {version[1].decode()}" in page
