"""The pages of methods: their examples run, a reader finds them, they say where they stop."""

import doctest
import re
import warnings
from pathlib import Path

import pytest

from hotspots.errors import HotspotsWarning

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [
    "aoristic",
    "bias",
    "backtest",
    "compare-periods",
    "concentration",
    "experiments",
    "forecast",
    "getis-ord",
    "kernel-density",
    "local-moran",
    "near-repeat",
    "planning",
    "risk-score",
    "scan-recent",
    "scan-week",
    "smooth-rates",
    "team-capacity",
    "trends",
    "weekly-intensity",
    "what-changed",
]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("name", [*PAGES, "results", "tactics"])
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of Python on the page does what the page shows."""
    monkeypatch.chdir(tmp_path)
    page = (DOCS / f"{name}.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, None, 0)
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotsWarning)
        doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=said.append)
    assert len(example.examples) > 0
    assert not said, "".join(said)


@pytest.mark.parametrize("name", [*PAGES, "accuracy", "london", "benchmarks", "results", "tactics"])
def test_page_is_found(name: str) -> None:
    """The start page lists it."""
    assert f"\n{name}\n" in (DOCS / "index.md").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_question_leads_there(name: str) -> None:
    """The guide by question leads to the page of each method."""
    assert f"({name}.md)" in (DOCS / "questions.md").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_page_says_where_it_stops(name: str) -> None:
    """Each page has its formula, assumptions, caveats and references."""
    page = (DOCS / f"{name}.md").read_text("utf-8")
    for title in ("Formula", "Assumptions", "Caveats", "References"):
        assert f"\n## {title}\n" in page, title


@pytest.mark.parametrize("name", sorted(set(PAGES) - {"aoristic"}))
def test_usual_traps(name: str) -> None:
    """The caveats name the traps of places: many tests, areas, snapping, the edge, small counts."""
    page = (DOCS / f"{name}.md").read_text("utf-8")
    caveats = page[page.index("## Caveats") :].lower()
    for trap in ("many tests|proves nothing|no test", "areas|cells|size of the places"):
        assert re.search(trap, caveats), trap
    for trap in ("snap", "edge", "small counts"):
        assert trap in caveats, trap
