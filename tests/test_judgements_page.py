"""The page "Judgements": its files are read, its example runs, a reader finds it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import TYPE_CHECKING

import hotspots as hs
from hotspots.risk.judgements import ACTIONS
from hotspots.tables import JUDGEMENTS

if TYPE_CHECKING:
    import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "judgements.md").read_text("utf-8")
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def block(language: str) -> str:
    """Give the one block of a language on the page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


def test_both_files_say_the_same(tmp_path: Path) -> None:
    """The file in TOML and the one in CSV are the same judgements, one of each action."""
    (tmp_path / "a.toml").write_text(block("toml"), "utf-8")
    (tmp_path / "a.csv").write_text(block("text"), "utf-8")
    judgements = hs.read_judgements(tmp_path / "a.toml")
    assert hs.read_judgements(tmp_path / "a.csv") == judgements
    assert {each.action for each in judgements} == set(ACTIONS)


def test_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of Python does what the page shows, on any day."""
    monkeypatch.chdir(tmp_path)
    later = re.sub(r"2027-\d\d-\d\d", "2099-12-31", block("toml"))
    Path("judgements.toml").write_text(later, "utf-8")
    example = doctest.DocTestParser().get_doctest(block("python"), {}, "judgements", None, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=said.append)
    assert not said, "".join(said)


def test_page_is_found_and_complete() -> None:
    """Start page and guide lead to it; every key and action is explained."""
    assert "\njudgements\n" in (DOCS / "index.md").read_text("utf-8")
    assert "(judgements.md)" in (DOCS / "questions.md").read_text("utf-8")
    keys = [*hs.Judgement.__dataclass_fields__, *ACTIONS]
    assert [key for key in keys if f"| `{key}` |" not in PAGE] == []
    restricted = {column.name for column in JUDGEMENTS.columns if column.audience == "restricted"}
    assert restricted == {"at", "reason", "author", "n", "places"}
