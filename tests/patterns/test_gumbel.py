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
    samples = rng.gumbel(50.0, 2.0, (4000, n))
    further = rng.gumbel(50.0, 2.0, 4000)
    p = np.array([GumbelTail(own).p(value) for own, value in zip(samples, further, strict=True)])
    for alpha in (0.005, 0.05, 0.5):
        low, high = binom.ppf([0.0005, 0.9995], len(p), alpha)
        assert low <= (p <= alpha).sum() <= high


def test_many_values_are_the_fitted_tail() -> None:
    """With 100,000 values it is the tail of the distribution they were drawn from."""
    tail = GumbelTail(np.random.default_rng(1).gumbel(50.0, 2.0, 100_000))
    for value in (45.0, 50.0, 60.0, 70.0):
        assert tail.p(value) == pytest.approx(gumbel_r.sf(value, 50.0, 2.0), rel=0.1)


def test_units_do_not_matter() -> None:
    """Another zero and another unit leave the chance as it is; larger values have smaller ones."""
    sample = 10 + np.random.default_rng(2).gumbel(size=39)
    tail, other = GumbelTail(sample), GumbelTail(1000 + 7 * sample)
    values = np.linspace(5, 70, 50)
    p = [tail.p(value) for value in values]
    np.testing.assert_allclose([other.p(1000 + 7 * value) for value in values], p, rtol=1e-6)
    assert (np.diff(p) <= 0).all()
    assert 0 < p[-1] < 1e-6
    assert p[0] == pytest.approx(1.0)


def test_extremes() -> None:
    """No value is so far away that the chance is 0 or not a number."""
    tail = GumbelTail(10 + np.random.default_rng(3).gumbel(size=999))
    assert 0 < tail.p(1e9) < 1e-300
    assert tail.p(-1e9) == 1.0


def test_few_different_values() -> None:
    """A sample without spread says only how many are as large."""
    tail = GumbelTail(np.full(39, 3.1))
    assert tail.p(3.1) == 1.0
    assert tail.p(3.2) == 1 / 40
    assert GumbelTail(np.repeat([2.0, 3.0, 4.0], 13)).p(3.5) == 14 / 40


def test_mostly_nothing() -> None:
    """Zeros are no evidence of a narrow tail: 20 of 999 above it is 0.021, and not a millionth."""
    sample = np.zeros(999)
    sample[:20] = 2.5 + np.arange(20) / 100
    assert GumbelTail(sample).p(2.5) == 21 / 1000
    assert GumbelTail(sample).p(0.0) == 1.0
    rng = np.random.default_rng(5)
    sample[:400] = rng.gumbel(5.0, 1.0, 400)
    for value in (4.0, 8.0):
        assert GumbelTail(sample).p(value) == pytest.approx(0.4 * gumbel_r.sf(value, 5, 1), rel=0.3)


def test_unlike_a_gumbel_sample() -> None:
    """An outlier is one value of many, wherever the quadrature begins: beside a wide one."""
    sample = np.append(np.random.default_rng(6).gumbel(5.0, 1.0, 98), 60.0)
    deviations = sample - sample.mean()
    scales = np.geomspace(0.01, 100, 20_001)
    scaled = -deviations / scales[:, None]
    log_sum = np.log(np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1))
    log_sum += scaled.max(axis=1)
    logs = (1 - 99) * np.log(scales) - 99 * log_sum
    weights = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    inside = np.log1p(np.exp(-(20.0 - sample.mean()) / scales - log_sum))
    expected = float(weights @ -np.expm1(-99 * inside))
    assert GumbelTail(sample).p(20.0) == pytest.approx(expected, rel=1e-6)
