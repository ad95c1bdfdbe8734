"""Fixtures and rules for all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
# Examples are not timed: a busy machine is no defect. The same examples in every run.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
_MUST_RUN = ("acceptance", "browser", "database")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of real data beside the checkout, or skip."""
    if not _SHARED.is_dir():
        pytest.skip("the real data sets (../shared/data) are not beside the checkout")
    return _SHARED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped acceptance, browser or database test is a failure."""
    report = yield
    marked = [name for name in _MUST_RUN if item.get_closest_marker(name)]
    if report.skipped and marked and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"a test marked '{marked[0]}' was skipped in CI: {report.longrepr}"
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller say how many broken files the reader is shown."""
    parser.addoption(
        "--cases",
        type=_cases,
        default=(0, 400),
        help="Mutated files to read: how many, or which, such as 20000 or 500:600.",
    )


def _cases(text: str) -> tuple[int, int]:
    first, colon, end = text.rpartition(":")
    return (int(first) if colon else 0), int(end)
