"""The examples on the pages of methods do what the pages show."""

import doctest
import re
import warnings
from pathlib import Path

import pytest

from hotspots.errors import HotspotsWarning

DOCS = Path(__file__).parents[2] / "docs"
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@pytest.mark.parametrize("name", ["getis-ord.md", "local-moran.md"])
def test_examples(name: str) -> None:
    """Every block with prompts says what it shows."""
    page = (DOCS / name).read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert blocks
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    assert test.examples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotsWarning)
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize("name", ["getis-ord", "local-moran"])
def test_page_is_listed(name: str) -> None:
    """The start page and the guide by question lead to the page."""
    assert f"\n{name}\n" in (DOCS / "index.md").read_text("utf-8")
    assert f"({name}.md)" in (DOCS / "questions.md").read_text("utf-8")
