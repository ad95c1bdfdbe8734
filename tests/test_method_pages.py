"""The pages of single methods: their examples run, and a reader finds them."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["aoristic", "concentration"]


@pytest.mark.parametrize("name", PAGES)
def test_examples_run(name: str) -> None:
    """Every block of Python on the page does what the page shows."""
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / f"{name}.md").read_text("utf-8"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, None, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert len(example.examples) > 0
    assert not said, "".join(said)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_found(name: str) -> None:
    """The start page lists it, and the guide by question leads to it."""
    assert f"\n{name}\n" in (DOCS / "index.md").read_text("utf-8")
    assert f"({name}.md)" in (DOCS / "questions.md").read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_page_says_where_it_stops(name: str) -> None:
    """Each page has its formula, assumptions, caveats and references."""
    page = (DOCS / f"{name}.md").read_text("utf-8")
    for title in ("Formula", "Assumptions", "Caveats", "References"):
        assert f"\n## {title}\n" in page
