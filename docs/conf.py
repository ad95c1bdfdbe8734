"""How the documentation is built; the map of the start page is made from the simulator."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import hotspots as hs

project = "hotspots"
author = "The hotspots developers"
copyright = "2026, The hotspots developers"  # noqa: A001 (Sphinx's name)
release = metadata.version("asb-hotspots")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "hotspots"
html_static_path: list[str] = []
html_extra_path = ["_generated"]
templates_path: list[str] = []
autosummary_generate = False
autodoc_typehints = "none"
autodoc_default_options = {"members": False}
napoleon_google_docstring = False
napoleon_use_rtype = False
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]


def _make_start_map() -> None:
    """Save the map that the start page shows: a simulated year of four boroughs."""
    target = Path(__file__).parent / "_generated"
    target.mkdir(exist_ok=True)
    names = ["Camden", "Islington", "Hackney", "Tower Hamlets"]
    simulated = hs.simulate_incidents(40_000, boroughs=names, rng=1)
    analysis = hs.analyse(simulated.incidents, boroughs=names, progress=False)
    hs.save_map(analysis.map(), target / "start-map.html")


_make_start_map()
