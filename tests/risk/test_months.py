"""How a hotspot behaves over the months."""

import numpy as np
import pandas as pd
import pytest

from hotspots.counts.steps import Steps
from hotspots.risk.months import describe_months


def steps(n: int) -> Steps:
    """Give so many months from January 2025 on."""
    starts = pd.date_range("2025-01-01", periods=n, freq="MS")
    ends = pd.date_range("2025-02-01", periods=n, freq="MS")
    return Steps(None, starts, ends, np.full(n, 4.35))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("months", "said"),
    [
        # Nine tenths of the reports in the last three of twelve months.
        ([0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 3, 3], "new"),
        # One report more before them.
        ([0, 0, 1, 0, 1, 0, 0, 0, 0, 3, 3, 3], "intermittent"),
        # Four reports may come together by chance.
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1], "intermittent"),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 1], "new"),
        # Nine of twelve months, and eight.
        ([2, 0, 2, 2, 0, 2, 2, 0, 2, 2, 2, 2], "persistent"),
        ([2, 0, 2, 2, 0, 2, 2, 0, 2, 2, 2, 0], "intermittent"),
        ([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], "diminishing"),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "persistent"),
        ([3, 3, 3, 3], "persistent"),
        # A quarter of four months is the last one.
        ([0, 0, 0, 5], "new"),
    ],
)
def test_persistence(months: list[int], said: str) -> None:
    """By hand."""
    table = describe_months(np.array([months], dtype=float), steps(len(months)))
    assert table["persistence"].tolist() == [said]


def test_too_few_months() -> None:
    """Of three months nothing is said."""
    table = describe_months(np.array([[0.0, 0.0, 9.0]]), steps(3))
    assert table["persistence"].tolist() == [None]
    assert table[["n_months", "months"]].to_numpy().tolist() == [[1, 3]]


def test_new_is_rare_by_chance() -> None:
    """Of places whose reports fall in any month alike fewer than one in a thousand is new."""
    n = np.random.default_rng(1).poisson(1.0, (20_000, 12)).astype(float)
    said = describe_months(n, steps(12))["persistence"]
    assert (said == "new").mean() < 0.001
    # And few are falling by the test for a trend, which allows 2.5 % of them.
    assert (said == "diminishing").mean() < 0.03


def test_no_hotspot() -> None:
    """No row gives no row."""
    assert len(describe_months(np.empty((0, 12)), steps(12))) == 0
