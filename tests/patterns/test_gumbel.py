"""The tail of a Gumbel sample: calibrated for few values, and the known one for many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, gumbel_r

from hotspots.patterns.gumbel import GumbelTail


@pytest.mark.parametrize("n", [10, 39])
def test_calibrated(n: int) -> None:
    """Of further values a share of α has a p of at most α, however few they were."""
    rng = np.random.default_rng(n)
    samples = rng.gumbel(5.0, 2.0, (4000, n))
    further = rng.gumbel(5.0, 2.0, 4000)
    p = np.array([GumbelTail(own).p(value) for own, value in zip(samples, further, strict=True)])
    for alpha in (0.005, 0.05, 0.5):
        low, high = binom.ppf([0.0005, 0.9995], len(p), alpha)
        assert low <= (p <= alpha).sum() <= high


def test_many_values_are_the_fitted_tail() -> None:
    """With 100,000 values it is the tail of the distribution they were drawn from."""
    tail = GumbelTail(np.random.default_rng(1).gumbel(5.0, 2.0, 100_000))
    for value in (0.0, 5.0, 15.0, 25.0):
        assert tail.p(value) == pytest.approx(gumbel_r.sf(value, 5.0, 2.0), rel=0.1)


def test_units_do_not_matter() -> None:
    """Another zero and another unit leave the chance as it is; larger values have smaller ones."""
    sample = np.random.default_rng(2).gumbel(size=39)
    tail, other = GumbelTail(sample), GumbelTail(1000 + 7 * sample)
    values = np.linspace(-5, 60, 50)
    p = [tail.p(value) for value in values]
    np.testing.assert_allclose([other.p(1000 + 7 * value) for value in values], p, rtol=1e-6)
    assert (np.diff(p) <= 0).all()
    assert 0 < p[-1] < 1e-6
    assert p[0] == pytest.approx(1.0)


def test_extremes() -> None:
    """No value is so far away that the chance is 0 or not a number."""
    tail = GumbelTail(np.random.default_rng(3).gumbel(size=999))
    assert 0 < tail.p(1e9) < 1e-300
    assert tail.p(-1e9) == 1.0


def test_one_value_again_and_again() -> None:
    """A sample without spread says only whether something is larger."""
    tail = GumbelTail(np.full(39, 3.1))
    assert tail.p(3.1) == 1.0
    assert tail.p(3.2) == 1 / 40
