"""How ranks move over a box of weights: by hand, what must not matter, messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import hotspots as hs
from hotspots.risk.sensitivity import _draw_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = pd.DataFrame(
    {
        "asb_type": ["personal", "nuisance", None, "nuisance"],
        "heading": [None, None, None, "Noise"],
        "is_flagged_vulnerable": [False, False, False, True],
        "is_flagged_repeat": False,
    }
)


def scores_of(
    reports: Sequence[Sequence[float]], borough: Sequence[str], kinds: pd.DataFrame = KINDS
) -> hs.RiskScores:
    """Give scores of hotspots of which only the reports of each kind are known."""
    index = pd.Index([f"h{number}" for number in range(len(borough))], name="hotspot_id")
    expected = pd.DataFrame(reports, index=index, columns=kinds.index, dtype=float)
    weights = hs.HarmWeights()
    harm = expected @ weights.of(kinds)
    area = pd.Series(list(borough), index=index, dtype="str")
    rank = (-harm).groupby(area).rank(method="first").astype("int64")
    table = pd.DataFrame({"name": index, "borough": area, "harm_per_week": harm, "harm_rank": rank})
    none: Any = None
    return hs.RiskScores(table, none, none, expected, kinds, weights, None, 0.9, none)


class TestByHand:
    """Two hotspots, one of personal and one of nuisance reports."""

    def test_share_of_draws(self) -> None:
        """Personal 1 against nuisance 1.9: the first leads if 2 f > 1.9 g, log-uniform in ½…2.

        log₂(f / g) has a triangular density on (−2, 2); with c = −log₂(2 / 1.9) = −0.074 it is
        above c with probability ½ + 0.074/2 − 0.074²/8 = 0.536.
        """
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0]], "AA")
        found = hs.weight_sensitivity(scores, n_draws=20_000, top=1, rng=1)
        assert found.table["top_share"].tolist() == pytest.approx([0.536, 0.464], abs=0.01)
        assert found.table["rank_low"].tolist() == [1, 1]
        assert found.table["rank_high"].tolist() == [2, 2]
        assert found.stay.tolist() == pytest.approx([0.536], abs=0.01)
        assert found.summary == (
            "With every weight between its value / 2 and × 2, 0.5 of the top 1 of 1 borough stay "
            "there in a mean draw. The first of its borough is in the top 1 in 53 % of draws at "
            "the least."
        )

    def test_at_the_least(self) -> None:
        """What is so at the least is not rounded up: of eight draws five are 62.5 %, so 62 %."""
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0]], "AA")
        said = set()
        for seed in range(30):
            found = hs.weight_sensitivity(scores, n_draws=8, top=1, rng=seed)
            eighths = round(8 * found.table["top_share"].iloc[0])
            percent = [0, 12, 25, 37, 50, 62, 75, 87, 100][eighths]
            assert f"in the top 1 in {percent} % of draws at the least" in found.summary
            said.add(eighths)
        assert {3, 7} & said

    def test_more_of_everything(self) -> None:
        """A hotspot with more of every kind leads, whatever the weights."""
        scores = scores_of([[3, 3, 3, 3], [1, 1, 1, 1], [2, 2, 2, 2]], "AAA")
        found = hs.weight_sensitivity(scores, box=50, n_draws=200, rng=1)
        assert found.table["rank_low"].tolist() == found.table["rank_high"].tolist() == [1, 3, 2]

    def test_what_is_drawn(self) -> None:
        """Every weight stays in its box; a flag never lowers; a heading moves though it is 1."""
        weights = hs.HarmWeights(vulnerable=1.5)
        kinds = pd.concat([KINDS, KINDS.iloc[[3]].assign(heading=None)], ignore_index=True)
        drawn = _draw_weights(kinds, weights, 2.0, 4000, np.random.default_rng(1))
        for column, value in ((0, 2.0), (1, 1.0), (2, 1.0)):
            assert value / 2 <= drawn[:, column].min() < value / 1.95
            assert value * 1.95 < drawn[:, column].max() <= value * 2
        flag = drawn[:, 4] / drawn[:, 1]
        assert 1 <= flag.min() < 1.01
        assert 2.95 < flag.max() <= 3
        heading = drawn[:, 3] / drawn[:, 4]
        assert 0.5 <= heading.min() < 0.51
        assert 1.95 < heading.max() <= 2

    def test_zero_stays(self) -> None:
        """A weight of 0 is 0 in every draw."""
        types = {"personal": 0, "nuisance": 1, "environmental": 1}
        weights = hs.HarmWeights(types=types)
        drawn = _draw_weights(KINDS, weights, 3.0, 10, np.random.default_rng(1))
        assert (drawn[:, 0] == 0).all()


class TestEdges:
    """No box, short lists, none."""

    def test_no_box(self) -> None:
        """A box of 1 leaves every rank."""
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0], [1, 1, 1, 1]], "AAB")
        found = hs.weight_sensitivity(scores, box=1, n_draws=5, top=1, rng=1)
        assert (found.table["rank_low"] == found.table["harm_rank"]).all()
        assert (found.table["rank_high"] == found.table["harm_rank"]).all()
        assert found.stay.to_dict() == {"A": 1.0}

    def test_short_lists(self) -> None:
        """Where no list is longer than its top, nothing can leave it, and it says so."""
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0]], "AB")
        found = hs.weight_sensitivity(scores, n_draws=5, rng=1)
        assert found.table["top_share"].tolist() == [1, 1]
        assert len(found.stay) == 0
        assert found.summary.endswith(
            "nothing can leave the top 3: no borough lists more hotspots."
        )

    def test_nothing(self) -> None:
        """Without hotspots there is an empty table."""
        found = hs.weight_sensitivity(scores_of([], ""), n_draws=5, rng=1)
        assert len(found.table) == 0
        assert found.table["rank_low"].dtype == "int64"


class TestRelations:
    """What must not matter."""

    def test_seed(self) -> None:
        """The same seed gives the same answer, another one nearly the same."""
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0]], "AA")
        first, again, other = (
            hs.weight_sensitivity(scores, n_draws=3000, top=1, rng=seed).table for seed in (1, 1, 2)
        )
        pd.testing.assert_frame_equal(first, again)
        assert 0 < abs(first["top_share"].iloc[0] - other["top_share"].iloc[0]) < 0.05

    def test_boroughs_are_apart(self) -> None:
        """What another borough has changes nothing."""
        rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.9, 0.0, 0.0]]
        alone = hs.weight_sensitivity(scores_of(rows, "AA"), n_draws=500, rng=1).table
        more = scores_of([*rows, [9.0, 9.0, 9.0, 9.0]], "AAB")
        both = hs.weight_sensitivity(more, n_draws=500, rng=1).table
        pd.testing.assert_frame_equal(alone, both.iloc[:2])

    def test_inputs_are_kept(self) -> None:
        """Nothing that was given is changed."""
        scores = scores_of([[1, 0, 0, 0], [0, 1.9, 0, 0]], "AA")
        before = replace(scores, table=scores.table.copy(), reports=scores.reports.copy())
        hs.weight_sensitivity(scores, n_draws=10, rng=1)
        pd.testing.assert_frame_equal(before.table, scores.table)
        pd.testing.assert_frame_equal(before.reports, scores.reports)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": 0.5}, "Invalid box '0.5'. Must be a number of at least 1"),
        ({"n_draws": 0}, "Invalid n_draws '0'. Must be a whole number of at least 1"),
        ({"top": 1.5}, "Invalid top '1.5'. Must be a whole number of at least 1"),
        ({"rng": "1"}, "Invalid rng '1'"),
    ],
)
def test_messages(options: dict[str, Any], message: str) -> None:
    """An option out of its range is named."""
    scores = scores_of([[1, 0, 0, 0]], "A")
    with pytest.raises(hs.InputError, match=message):
        hs.weight_sensitivity(scores, **options)


def test_no_scores() -> None:
    """Anything but scores is refused."""
    with pytest.raises(hs.InputError, match="Invalid scores 'list'. Must be risk scores. Use hs."):
        hs.weight_sensitivity([])  # type: ignore[arg-type]
