"""Measures of forecasts: by hand, at the edges, against known numbers, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from hotspots.risk.accuracy import (
    DEPTH,
    LEAST_EXPECTED,
    PERSISTENCE,
    central_share,
    chance_between,
    drawn_hit_rates,
    land_weights,
    log_scores,
    rank_biased_overlap,
    tenths,
)


def array(*numbers: float) -> np.ndarray:
    """Give numbers as an array of float."""
    return np.array(numbers, dtype=np.float64)


def overlap_of_lists(first: list[int], second: list[int], p: float) -> float:
    """Work out the extrapolated overlap of two lists of the same length, rank by rank."""
    depth = len(first)
    common = [len(set(first[:d]) & set(second[:d])) for d in range(1, depth + 1)]
    told = sum(common[d - 1] / d * p**d for d in range(1, depth + 1))
    return common[-1] / depth * p**depth + (1 - p) / p * told


class TestLandWeights:
    """Which places a share of the land holds."""

    def test_by_hand(self) -> None:
        """Half of four equal places is the two best; three eighths cuts the second in half."""
        score = array(1, 7, 3, 5)
        found = land_weights(score, np.ones(4), array(0.375, 0.5))
        assert found.T.tolist() == [[0, 1, 0, 0.5], [0, 1, 0, 1]]

    def test_reference(self) -> None:
        """PAI 2, 1.5, 1 and PEI 1, 1, 1: observed 6, 3, 0, predicted 3, 2, 1 on equal areas.

        The answers of the R package ptools (accuracy metrics, W3).
        """
        actual, predicted, shares = array(6, 3, 0), array(3, 2, 1), array(1 / 3, 2 / 3, 1)
        hit = actual @ land_weights(predicted, np.ones(3), shares) / 9
        best = actual @ land_weights(actual, np.ones(3), shares) / 9
        assert hit / shares == pytest.approx([2, 1.5, 1])
        assert hit / best == pytest.approx([1, 1, 1])

    def test_ties_are_an_expectation(self) -> None:
        """One of three tied places fits: in a third of all orders each of them is taken."""
        found = land_weights(array(9, 2, 2, 2), np.ones(4), array(0.5))
        assert found.ravel() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])

    def test_density(self) -> None:
        """A place of twice the size with one incident more is less dense: 3/2 < 2/1."""
        found = land_weights(array(3, 2), array(2, 1), array(1 / 3))
        assert found.ravel().tolist() == [0, 1]

    def test_other_land_has_nothing(self) -> None:
        """Four of five parts of the land are no place; they tie with the place without any."""
        found = land_weights(array(1, 0), np.ones(2), array(0.5), land_m2=array(10))
        # Of 5 units one goes to the first place; 4 are shared by 1 + 8 units of nothing.
        assert found.ravel() == pytest.approx([1, 4 / 9])

    def test_other_land_comes_last(self) -> None:
        """If something is expected of every place, what is left over is other land."""
        found = land_weights(array(1, 0.1), np.ones(2), array(0.5), land_m2=array(10))
        assert found.ravel().tolist() == [1, 1]

    def test_groups(self) -> None:
        """Each group fills its own land."""
        score, group = array(1, 5, 9, 3, 4), np.array([1, 0, 1, 0, 1])
        found = land_weights(score, np.ones(5), array(0.5), group=group).ravel()
        # Group 0: the better of two. Group 1: one and a half of three.
        assert found == pytest.approx([0, 1, 1, 0, 0.5])

    def test_last_digits_do_not_untie(self) -> None:
        """0.1 + 0.2 is no more than 0.3."""
        found = land_weights(array(0.1 + 0.2, 0.3), np.ones(2), array(0.5))
        assert found.ravel().tolist() == [0.5, 0.5]

    def test_nothing_expected(self) -> None:
        """If nothing is expected anywhere, all places tie."""
        assert (land_weights(np.zeros(4), np.ones(4), array(0.25)) == 0.25).all()

    @given(
        st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=30),
        st.floats(0.01, 1),
        st.integers(0, 1000),
    )
    def test_relations(self, places: list[tuple[int, int]], share: float, seed: int) -> None:
        """The land is full, whatever the order of rows and the scale of scores and areas."""
        score, area = (np.array(part, float) for part in zip(*places, strict=True))
        found = land_weights(score, area, array(share)).ravel()
        assert found @ area == pytest.approx(share * area.sum())
        order = np.random.default_rng(seed).permutation(len(score))
        assert land_weights(score[order], area[order], array(share)).ravel() == pytest.approx(
            found[order]
        )
        assert land_weights(score * 7, area * 3, array(share)).ravel() == pytest.approx(found)


class TestDrawnHitRates:
    """Hit rates of drawn blocks."""

    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(0, 3)),
            min_size=1,
            max_size=25,
        ),
        st.lists(st.integers(0, 3), min_size=4, max_size=4),
        st.floats(0.05, 1),
        st.sampled_from([1.0, 1.5]),
    )
    def test_drawing_is_repetition(
        self, places: list[tuple[int, int, int, int]], times: list[int], share: float, more: float
    ) -> None:
        """A block that is drawn twice is as if its places were there twice."""
        score, actual, area, block = (np.array(part) for part in zip(*places, strict=True))
        land = more * area.sum()
        found = drawn_hit_rates(
            *(score.astype(float), actual.astype(float), area.astype(float), array(share)),
            land_m2=land,
            block=block,
            draws=np.array([times], dtype=float),
        )
        row = np.repeat(np.arange(len(block)), np.array(times)[block])
        if actual[row].sum() == 0:
            assert np.isnan(found).all()
            return
        of_drawn = array(more * area[row].sum())
        weights = land_weights(
            score[row].astype(float), area[row].astype(float), array(share), land_m2=of_drawn
        )
        assert found[0, 0] == pytest.approx(actual[row] @ weights[:, 0] / actual[row].sum())


class TestLogScores:
    """What a forecast said of what came."""

    def test_by_hand(self) -> None:
        """Two came where one was expected: e⁻¹/2 by Poisson; (1/2)³ with a size of 1."""
        by_poisson, by_binomial = log_scores(array(2), array(1), array(1))
        assert by_poisson[0] == pytest.approx(np.log(np.exp(-1) / 2))
        assert by_binomial[0] == pytest.approx(np.log(1 / 8))

    def test_scipy(self) -> None:
        """Scipy's probabilities."""
        actual, expected = np.arange(6.0), array(0.2, 1, 3, 3, 8, 2)
        size = array(0.5, 2, 3, 40, 1e6, np.inf)
        by_poisson, by_binomial = log_scores(actual, expected, size)
        assert by_poisson == pytest.approx(poisson.logpmf(actual, expected))
        finite = nbinom.logpmf(actual[:5], size[:5], size[:5] / (size[:5] + expected[:5]))
        assert by_binomial[:5] == pytest.approx(finite)
        assert by_binomial[5] == by_poisson[5]

    def test_floor(self) -> None:
        """Where nothing was expected and one came, it is as if a thousandth had been expected."""
        for found in log_scores(array(1), array(0), array(1e-9)):
            assert found == pytest.approx(np.log(LEAST_EXPECTED) - LEAST_EXPECTED)


class TestChanceBetween:
    """How likely an interval is by the forecast itself."""

    def test_by_hand(self) -> None:
        """Size 1 and mean 1: (1/2)^(k+1) for k, so 0 to 2 has 7/8. Poisson: 5/2 e⁻¹."""
        found = chance_between(array(0, 0), array(2, 2), array(1, 1), array(1, np.inf))
        assert found == pytest.approx([7 / 8, 2.5 * np.exp(-1)])

    def test_nothing_expected(self) -> None:
        """None is certain where none is expected."""
        assert chance_between(array(0), array(0), array(0), array(2)).tolist() == [1]


class TestCentralShare:
    """Whether the central part of a distribution holds what it should."""

    def test_by_hand(self) -> None:
        """Poisson, mean 1: none is 0 to 0.368, of which 0.05 is cut off; three 0.920 to 0.981."""
        found = central_share(array(0, 2, 3, 4), np.ones(4), np.full(4, np.inf), 0.9)
        p0, upto2 = np.exp(-1), 2.5 * np.exp(-1)
        third = (0.95 - upto2) / (np.exp(-1) / 6)
        assert found == pytest.approx([(p0 - 0.05) / p0, 1, third, 0])

    def test_half_an_incident(self) -> None:
        """Size 1, mean 1: up to −1 is 0, to 0 ½, to 1 ¾; so from −½ to ½ is ¼ to ⅝, 0.375 wide.

        The central half, ¼ to ¾, holds all of it; the central quarter, 0.375 to 0.625, two thirds.
        """
        one = array(1)
        assert central_share(array(0.5), one, one, 0.5) == pytest.approx([1])
        assert central_share(array(0.5), one, one, 0.25) == pytest.approx([2 / 3])

    @given(st.floats(0.01, 20), st.sampled_from([0.3, 2.0, np.inf]), st.floats(0.5, 0.99))
    def test_mean_is_the_level(self, mean: float, size: float, level: float) -> None:
        """Weighted by their probabilities, all counts together have the level."""
        n = np.arange(2000.0)
        means, sizes = np.full(2000, mean), np.full(2000, size)
        p = np.exp(log_scores(n, means, sizes)[1])
        assert central_share(n, means, sizes, level) @ p == pytest.approx(level, abs=1e-6)

    def test_impossible(self) -> None:
        """One where none could come is outside."""
        assert central_share(array(1), array(0), array(np.inf), 0.9).tolist() == [0]


class TestTenths:
    """Classes that hold as much each."""

    def test_by_hand(self) -> None:
        """Ten places of which one is expected each: their middles are 5 %, 15 %, … if not tied."""
        expected = 1 + np.arange(10) * 1e-6
        assert tenths(expected).tolist() == list(range(1, 11))

    def test_ties_stay_together(self) -> None:
        """Ten tied places have their middle at half of all: the sixth class."""
        assert set(tenths(np.ones(10))) == {6}

    def test_nothing(self) -> None:
        """If nothing is expected, all places are of the lowest class."""
        assert set(tenths(np.zeros(3))) == {1}


class TestRankBiasedOverlap:
    """How alike two lists are."""

    def test_reference(self) -> None:
        """0.828 for 1 2 3 4 5 against 2 3 4 1 5 and p 0.9, as the Scala package rankmeasures."""
        # Common: 0, 1, 2, 4, 5. (0.1/0.9)(0.405 + 0.486 + 0.6561 + 0.59049) + 0.59049 = 0.82800.
        ranks = array(5, 4, 3, 2, 1)
        other = array(2, 5, 4, 3, 1)  # the scores of 1, 2, 3, 4, 5 in 2 3 4 1 5
        assert rank_biased_overlap(ranks, other, persistence=0.9) == pytest.approx(0.8280, abs=5e-5)

    def test_closed_form(self) -> None:
        """Lists that differ in the first two ranks alone: A(1) = 0, all other A(d) = 1.

        The overlap without end is (1 − p) Σ_{d ≥ 2} p^(d−1) = p, and so is the extrapolated one.
        """
        one, other = array(9, 8, 7, 6), array(8, 9, 7, 6)
        for p in (0.5, 0.9, 0.99):
            assert rank_biased_overlap(one, other, persistence=p) == pytest.approx(p)

    def test_nothing_in_common(self) -> None:
        """Of eight places the lists to depth 4 share none."""
        one = array(8, 7, 6, 5, 4, 3, 2, 1)
        assert rank_biased_overlap(one, one[::-1], depth=4) == 0

    def test_ties_by_hand(self) -> None:
        """One list has a tie at the top: A(1) = ½ / √(1 · ½), A(2) = 1."""
        one, tied = array(3, 2, 1), array(2, 2, 1)
        a = 0.5 / np.sqrt(0.5)
        p = 0.8
        expected = p**3 + (1 - p) / p * (a * p + p**2 + p**3)
        assert rank_biased_overlap(one, tied, persistence=p) == pytest.approx(expected)

    def test_weight_of_the_first(self) -> None:
        """Webber's closed form: with p = 0.99 the first 100 ranks weigh 85 %; after 1,000 little.

        W(d) = 1 − p^(d−1) + (1−p)/p · d · (ln 1/(1−p) − Σ_{i<d} p^i/i).
        """

        def weight(d: int) -> float:
            i = np.arange(1, d)
            p = PERSISTENCE
            rest = np.log(1 / (1 - p)) - (p**i / i).sum()
            return float(1 - p ** (d - 1) + (1 - p) / p * d * rest)

        assert weight(100) == pytest.approx(0.85, abs=0.005)
        assert 1 - weight(DEPTH) < 4.5e-5

    @settings(max_examples=50)
    @given(st.permutations(range(12)), st.integers(1, 12), st.floats(0.1, 0.99))
    def test_list_by_list(self, order: list[int], depth: int, p: float) -> None:
        """Without ties it is the overlap of the lists of places, cut at the depth."""
        score = 12 - np.arange(12.0)
        other = np.empty(12)
        other[order] = score
        found = rank_biased_overlap(score, other, persistence=p, depth=depth)
        assert found == pytest.approx(overlap_of_lists(list(range(12))[:depth], order[:depth], p))

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20),
        st.integers(0, 1000),
    )
    def test_relations(self, pairs: list[tuple[int, int]], seed: int) -> None:
        """Between 0 and 1, 1 with itself, the same both ways and in any order of rows."""
        one, other = (np.array(part, float) for part in zip(*pairs, strict=True))
        found = rank_biased_overlap(one, other)
        assert -1e-12 <= found <= 1 + 1e-12
        assert rank_biased_overlap(one, one) == pytest.approx(1)
        assert rank_biased_overlap(other, one) == pytest.approx(found)
        order = np.random.default_rng(seed).permutation(len(one))
        assert rank_biased_overlap(one[order], other[order]) == pytest.approx(found)
