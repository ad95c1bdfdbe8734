"""The hours of the week, and the fitting of tables to totals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.simulate.facts import load_facts
from hotspots.simulate.week import make_week, rake


class TestByHand:
    """Arithmetic that can be done on paper."""

    def test_independent_table(self) -> None:
        """A guess without interaction becomes row total × column total / all: 1 × 2 / 4 = 0.5."""
        fitted = rake(np.ones((2, 2)), np.array([1.0, 3.0]), np.array([2.0, 2.0]))
        assert fitted.tolist() == [[0.5, 0.5], [1.5, 1.5]]

    def test_odds_ratio_is_kept(self) -> None:
        """With all totals 1 and odds ratio 4: x² / (1 − x)² = 4, so x = 2/3."""
        fitted = rake(np.array([[2.0, 1.0], [1.0, 2.0]]), np.ones(2), np.ones(2))
        assert fitted[0] == pytest.approx([2 / 3, 1 / 3])


class TestEdges:
    """Zeros and totals that disagree."""

    def test_zeros_stay(self) -> None:
        """A cell that cannot be stays empty."""
        fitted = rake(
            np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([1.0, 2.0]), np.array([1.0, 2.0])
        )
        assert fitted[0].tolist() == [0.0, 1.0]

    def test_columns_are_scaled_to_the_rows(self) -> None:
        """Column totals of 10 and 30 against a row total of 4 mean 1 and 3."""
        assert rake(np.ones((1, 2)), np.array([4.0]), np.array([10.0, 30.0])).tolist() == [[1, 3]]


class TestReference:
    """Against the published margins."""

    def test_both_margins_hold(self) -> None:
        """Hours and weekdays of the week are the published ones, to nine digits."""
        facts, week = load_facts(), make_week(load_facts())
        assert week.sum(axis=0) == pytest.approx(facts.hour_shares, rel=1e-9)
        weekdays = facts.weekday_rates / facts.weekday_rates.sum()
        assert week.sum(axis=1) == pytest.approx(weekdays, rel=1e-9)

    def test_assumed_interaction(self) -> None:
        """Small hours weigh more on Saturday and Sunday, office hours on Monday to Friday."""
        week = make_week(load_facts())
        by_day = week / week.sum(axis=1, keepdims=True)
        assert by_day[5:, :5].sum(axis=1).min() > 1.3 * by_day[:5, :5].sum(axis=1).max()
        assert by_day[:5, 8:17].sum(axis=1).min() > by_day[5:, 8:17].sum(axis=1).max()
        assert by_day[4:6, 20:].sum(axis=1).min() > by_day[:4, 20:].sum(axis=1).max()


class TestRelations:
    """What must hold whatever is given."""

    @settings(max_examples=30, deadline=None)
    @given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 6), columns=st.integers(1, 6))
    def test_totals_are_kept_and_order_does_not_matter(
        self, seed: int, rows: int, columns: int
    ) -> None:
        """The fitted table has the totals, and permuting the rows permutes the answer."""
        rng = np.random.default_rng(seed)
        guess = rng.uniform(0.1, 10, (rows, columns))
        row_totals = rng.uniform(1, 10, rows)
        column_totals = rng.uniform(1, 10, columns)
        fitted = rake(guess, row_totals, column_totals)
        assert fitted.sum(axis=1) == pytest.approx(row_totals)
        scaled = column_totals * row_totals.sum() / column_totals.sum()
        assert fitted.sum(axis=0) == pytest.approx(scaled)
        order = rng.permutation(rows)
        again = rake(guess[order], row_totals[order], column_totals)
        assert again == pytest.approx(fitted[order])


class TestMessages:
    """What is said when it cannot be done."""

    def test_no_room(self) -> None:
        """A row of zeros cannot have a total."""
        guess = np.array([[0.0, 0.0], [1.0, 1.0]])
        with pytest.raises(InputError, match=r"Cannot scale a table of shape \(2, 2\)"):
            rake(guess, np.ones(2), np.ones(2))
