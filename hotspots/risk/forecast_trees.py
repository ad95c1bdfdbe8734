"""Boosted trees: how counts, recent counts and surroundings together foretell the next step.

Poisson trees, boosted from the square root of the weighted rates, which never fall where a count
rises; trained on earlier steps of the same history, and taken halfway to the weighted rates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from hotspots.errors import InputError
from hotspots.risk.forecast_rates import DEFAULT, gather, weighted_rates
from hotspots.words import count

if TYPE_CHECKING:
    from hotspots.risk.forecast_history import History

    Floats = np.ndarray[Any, np.dtype[np.float64]]

HALF_LIVES: Final = (2.0, 4.5, 13.0)
"""Half-lives of the recent rates that the trees see, weeks."""

_TRAINED_ON: Final = 6
_JUDGED_ON: Final = 2
_FEWEST: Final = 3
# The least rows of a leaf: a thirtieth of all, within these ends; so few places are told apart.
_LEAF_SHARE: Final = 30
_LEAF: Final = (5, 200)
_SETTINGS: Final = {
    "loss": "poisson",
    "learning_rate": 0.08,
    "max_iter": 80,
    "max_leaf_nodes": 15,
    "l2_regularization": 1.0,
    "early_stopping": False,
}


def judged_steps(history: History) -> list[int]:
    """Give the steps on which the trees are judged: each from trees of the steps before it.

    Raises
    ------
    InputError
        If there are too few steps to train and to judge.
    """
    targets = history.targets
    if len(targets) < _FEWEST:
        msg = (
            f"forecast with method='trees' needs at least {_FEWEST + 1} steps with incidents, "
            f"but this history has {count(len(targets) + 1, 'step')}. Use method='weighted', or "
            "give a longer history."
        )
        raise InputError(msg)
    return targets[-_JUDGED_ON:]


def tree_rates(history: History, target: int, *, seed: int, threads: int | None) -> Floats:
    """Give how busy each place will be in a step, by trees trained on the six steps before it.

    The mean of the trees and of the weighted rates with the strengths of London, which they see; of
    fewer than ten different places and steps the weighted rates alone.

    Parameters
    ----------
    history : History
        What is known.
    target : int
        The step.
    seed : int
        For the bins of the features.
    threads : int or None
        One if None, which is fastest unless all processors are free; the answer is the same.

    Returns
    -------
    array of float (n_places,)
        Relative rates.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 (slow to import)

    trained = [each for each in history.targets if each < target][-_TRAINED_ON:]
    seen = [_features(history, each) for each in trained]
    # Counts relative to the mean of their step, weighted by it: what is learnt is who has more.
    means = [history.totals[each] / len(history.area) for each in trained]
    came = [history.column(each) / mean for each, mean in zip(trained, means, strict=True)]
    weights = np.repeat(np.array(means), len(history.area))
    x, y, weights = _merged(np.concatenate(seen), np.concatenate(came), weights)
    # From the mean of all places, a first step would overshoot those with a hundred times of it;
    # from the weighted rates, trees that never fall could not draw what is busy down.
    start = np.sqrt(x[:, -1])
    y, weights = y / start, weights * start
    coming = _features(history, target)
    blend = coming[:, -1]
    leaf = int(np.clip(len(y) // _LEAF_SHARE, *_LEAF))
    if len(y) < 2 * leaf:
        # A tree that cannot split would say that all places are alike.
        return blend
    trees = HistGradientBoostingRegressor(
        **_SETTINGS, min_samples_leaf=leaf, monotonic_cst=[1] * x.shape[1], random_state=seed
    )
    with threadpool_limits(threads or 1, user_api="openmp"):
        trees.fit(x, y, sample_weight=weights)
        found = trees.predict(coming) * np.sqrt(blend)
    # Leaves are flat and hold many places: the blend tells the busiest of them apart.
    return np.asarray(found / found.mean() + blend / blend.mean(), dtype=np.float64)


def _merged(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Make one row of those with the same features, which teaches the same, in one order.

    Most places have seen nothing lately and differ by their area alone.
    """
    order = np.lexsort((y, *x.T))
    x, y, weights = x[order], y[order], weights[order]
    is_new = np.append(True, (x[1:] != x[:-1]).any(axis=1))
    starts = np.flatnonzero(is_new)
    together = np.add.reduceat(weights, starts)
    return x[starts], np.add.reduceat(y * weights, starts) / together, together


def _features(history: History, target: int) -> Floats:
    """Give what the trees see of each place before a step, relative to the mean of all places."""
    known = gather(history, target, DEFAULT.half_life)
    year = known.year / known.year_weeks
    decays = [history.sums(history.decay(target, weeks)) for weeks in HALF_LIVES]
    recent = [number / weeks for number, weeks in decays]
    around = [history.beside @ rate / np.maximum(known.n_beside, 1) for rate in (year, recent[1])]
    blend = weighted_rates(known, DEFAULT)
    columns = [year, *recent, *around, known.area_rate, blend]
    return np.asarray(np.column_stack(columns) / year.mean())
