"""How a sum of values drawn without replacement is distributed: by draws, and exactly.

A place's own value is never among those drawn for it. Draws are shared: one random order of all
places serves each of them, with the place itself taken out of it. Exactly, the distribution of the
sum of j values is mixed from those of fewer, one different value after the other, and the place's
own value is then taken out of the mixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numba
import numpy as np

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

LEAST_P: Final = 1e-15
"""Smaller tails are given as this: below it rounding could show."""

# Weights of a mixture that are smaller, of its largest, change no digit of a tail above LEAST_P.
_NEGLIGIBLE: Final = 1e-20
_MOST_STEPS: Final = 3_000_000_000
_MOST_ENTRIES: Final = 20_000_000
_BATCH_ENTRIES: Final = 8_000_000
# Values that are not whole are measured in this part of the largest.
_PARTS: Final = 2**40


class Sums(NamedTuple):
    """Sums of the neighbours of places, in whole units.

    Parameters
    ----------
    values : array of int64
        Value of each place.
    n_drawn : array of int64
        Number of neighbours of each place, and so of values that are drawn for it.
    sums : array of int64
        Sum of the values of its neighbours.
    slack : array of int64
        By how much less than the sum counts as equal: 0 for whole numbers, else what rounding to
        units may have moved it.
    """

    values: Integers
    n_drawn: Integers
    sums: Integers
    slack: Integers

    @classmethod
    def of(cls, values: Floats, near: Any) -> Sums:  # noqa: ANN401 (a sparse array)
        """Add up what is near each place."""
        largest = values.max()
        is_whole = is_whole_numbers(values)
        unit = 1.0 if is_whole or largest == 0 else largest / _PARTS
        whole = np.rint(values / unit).astype(np.int64)
        n_drawn = np.diff(near.indptr).astype(np.int64)
        slack = np.zeros_like(n_drawn) if is_whole else n_drawn
        return cls(whole, n_drawn, near.astype(np.int64) @ whole, slack)

    @property
    def is_whole(self) -> bool:
        """Whether the values were whole numbers."""
        return not self.slack.any()


def is_whole_numbers(values: Floats) -> bool:
    """Say whether all values are whole numbers that can be added up without rounding."""
    return bool((values == np.rint(values)).all() and values.sum() < _PARTS)


# ---- By draws ----


def count_draws(sums: Sums, n_draws: int, chance: np.random.Generator) -> tuple[Integers, Integers]:
    """Count the draws that reach each place's sum from below and from above.

    Parameters
    ----------
    sums : Sums
        The observed sums.
    n_draws : int
        Number of random orders of the places; each place has so many draws.
    chance : Generator
        Moved on.

    Returns
    -------
    at_least, at_most : arrays of int64
        Draws whose sum is no less, and no more, than that of the place.
    """
    sizes, size_of = np.unique(sums.n_drawn, return_inverse=True)
    at_least, at_most = np.zeros_like(sums.sums), np.zeros_like(sums.sums)
    order = np.arange(len(sums.values))
    left = n_draws
    while left:
        batch = min(left, max(1, _BATCH_ENTRIES // len(sizes)))
        left -= batch
        drawn = np.empty((len(sizes), batch), dtype=np.int64)
        _draw(sums, sizes, order, chance, drawn, at_least, at_most)
        for row, of_size in enumerate(drawn):
            of_size.sort()
            has_size = size_of == row
            low, high = (sums.sums + sign * sums.slack for sign in (-1, 1))
            at_least[has_size] += batch - np.searchsorted(of_size, low[has_size])
            at_most[has_size] += np.searchsorted(of_size, high[has_size], side="right")
    return at_least, at_most


@numba.njit(cache=True, nogil=True)
def _draw(
    sums: Sums,
    sizes: Any,  # noqa: ANN401
    order: Any,  # noqa: ANN401
    chance: Any,  # noqa: ANN401
    drawn: Any,  # noqa: ANN401
    at_least: Any,  # noqa: ANN401
    at_most: Any,  # noqa: ANN401
) -> None:
    """Draw sums of each size from all places, and correct the counts of those in their own draw.

    A random order without one place is a random order of the others: of a place that is among the
    first, the next one takes the part.
    """
    values, n = sums.values, len(sums.values)
    most = sizes[-1]
    running = np.zeros(most + 1, dtype=np.int64)
    for draw in range(drawn.shape[1]):
        for at in range(min(most + 1, n)):
            other = at + chance.integers(0, n - at)
            order[at], order[other] = order[other], order[at]
        for at in range(most):
            running[at + 1] = running[at] + values[order[at]]
        for row in range(len(sizes)):
            drawn[row, draw] = running[sizes[row]]
        for at in range(most):
            place = order[at]
            k = sums.n_drawn[place]
            if at < k:
                low, high = (
                    sums.sums[place] - sums.slack[place],
                    sums.sums[place] + sums.slack[place],
                )
                with_it = running[k]
                without = with_it - values[place] + values[order[k]]
                at_least[place] += int(without >= low) - int(with_it >= low)
                at_most[place] += int(without <= high) - int(with_it <= high)


# ---- Exactly ----


def exact_tails(sums: Sums, wanted: Integers) -> tuple[Floats, Floats] | None:
    """Give the exact tails of the sums of some places.

    Parameters
    ----------
    sums : Sums
        The observed sums, of whole numbers.
    wanted : array of int64
        Positions of the places.

    Returns
    -------
    upper, lower : arrays of float64
        Probability of no less, and of no more, than the sum of each of them; not below
        `LEAST_P`. None if that would take too long.
    """
    n_others = len(sums.values) - 1
    own, n_drawn, observed = (part[wanted] for part in (sums.values, sums.n_drawn, sums.sums))
    # To draw many is to leave few behind.
    is_left = 2 * n_drawn > n_others
    n_drawn = np.where(is_left, n_others - n_drawn, n_drawn)
    observed = np.where(is_left, sums.values.sum() - own - observed, observed)
    values, times = np.unique(sums.values, return_counts=True)
    most, cap = int(n_drawn.max(initial=0)), int(observed.max(initial=0)) + 1
    own_values, own_of = np.unique(own, return_inverse=True)
    if (most + 1) * (cap + 1) > _MOST_ENTRIES:
        return None
    steps = _count_steps(values, times, most, cap) + len(own_values) * most * cap
    if steps > _MOST_STEPS:
        return None
    order = np.argsort(own_of, kind="stable")
    bounds = np.searchsorted(own_of[order], np.arange(len(own_values) + 1))
    asked, tails = np.column_stack([n_drawn, observed])[order], np.empty((len(order), 2))
    mixed = _mix(values, times, most, cap)
    _read_tails(mixed, n_others + 1, own_values, bounds, asked, tails)
    tails[order] = np.clip(tails, LEAST_P, 1.0)
    upper, lower = tails.T
    return np.where(is_left, lower, upper), np.where(is_left, upper, lower)


def pooled_tails(
    values: Integers, n_drawn: Integers, sums: Integers
) -> tuple[Floats, Floats] | None:
    """Give the exact tails of sums drawn from all values, none of them left out.

    Parameters
    ----------
    values : array of int64
        All values, 0 or more.
    n_drawn, sums : arrays of int64
        How many are drawn for each sum that was observed, and that sum.

    Returns
    -------
    upper, lower : arrays of float64
        Probability of no less, and of no more, than each sum; not below `LEAST_P`. None if that
        would take too long.
    """
    distinct, times = np.unique(values, return_counts=True)
    most, cap = int(n_drawn.max()), int(sums.max()) + 1
    if (most + 1) * (cap + 1) > _MOST_ENTRIES:
        return None
    if _count_steps(distinct, times, most, cap) > _MOST_STEPS:
        return None
    mixed = _mix(distinct, times, most, cap)
    upper = np.cumsum(mixed[:, ::-1], axis=1)[:, ::-1][n_drawn, sums]
    lower = np.cumsum(mixed, axis=1)[n_drawn, sums]
    return np.clip(upper, LEAST_P, 1.0), np.clip(lower, LEAST_P, 1.0)


@numba.njit(cache=True, nogil=True)
def _share(n_before: int, n_new: int, j: int, weights: Any) -> Any:  # noqa: ANN401
    """Write how probably t of j drawn are among the new ones; give the range of t that matters.

    The hypergeometric distribution, from its most probable t outwards and then made to add up to 1.
    """
    first, last = max(0, j - n_before), min(n_new, j)
    top = min(max((j + 1) * (n_new + 1) // (n_before + n_new + 2), first), last)
    weights[top] = 1.0
    total = 1.0
    begin = top
    while begin > first:
        t = begin
        weight = weights[t] * t * (n_before - j + t) / ((n_new - t + 1.0) * (j - t + 1.0))
        if weight < _NEGLIGIBLE:
            break
        begin -= 1
        weights[begin] = weight
        total += weight
    end = top
    while end < last:
        t = end
        weight = weights[t] * (n_new - t) * (j - t) / ((t + 1.0) * (n_before - j + t + 1.0))
        if weight < _NEGLIGIBLE:
            break
        end += 1
        weights[end] = weight
        total += weight
    for t in range(begin, end + 1):
        weights[t] /= total
    return begin, end


@numba.njit(cache=True, nogil=True)
def _count_steps(values: Any, times: Any, most: int, cap: int) -> float:  # noqa: ANN401
    """Count the multiplications of `_mix`."""
    weights = np.empty(most + 1)
    steps = 0.0
    n_before = times[0]
    for group in range(1, len(values)):
        for j in range(1, most + 1):
            if j <= n_before + times[group]:
                begin, end = _share(n_before, times[group], j, weights)
                steps += (end - begin + 1.0) * min(cap, j * values[group])
        n_before += times[group]
    return steps


@numba.njit(cache=True, nogil=True)
def _mix(values: Any, times: Any, most: int, cap: int) -> Any:  # noqa: ANN401
    """Give the probability of each sum of j = 0, 1, … drawn values; the last is of `cap` or more.

    Values increase, so that rows are filled no further than the sums that there can be.
    """
    mixed = np.zeros((most + 1, cap + 1))
    reach = np.zeros(most + 1, dtype=np.int64)
    row = np.empty(cap + 1)
    weights = np.empty(most + 1)
    n_before = times[0]
    for j in range(min(most, n_before) + 1):
        reach[j] = min(cap, j * values[0])
        mixed[j, reach[j]] = 1.0
    for group in range(1, len(values)):
        value, n_new = values[group], times[group]
        for j in range(min(most, n_before + n_new), 0, -1):
            begin, end = _share(n_before, n_new, j, weights)
            row[: min(cap, j * value) + 1] = 0.0
            farthest = 0
            for t in range(begin, end + 1):
                weight, shift = weights[t], min(cap, t * value)
                source = mixed[j - t]
                last = reach[j - t]
                inside = min(last + 1, cap - shift)
                target = row[shift:]
                for s in range(inside):
                    target[s] += weight * source[s]
                beyond = 0.0
                for s in range(inside, last + 1):
                    beyond += source[s]
                if last >= inside:
                    row[cap] += weight * beyond
                farthest = max(farthest, min(cap, last + shift))
            reach[j] = farthest
            mixed[j, : farthest + 1] = row[: farthest + 1]
        n_before += n_new
    return mixed


@numba.njit(cache=True, nogil=True)
def _take_out(mixed: Any, n: int, own: int, rest: Any) -> None:  # noqa: ANN401
    """Take one of the values out of the mixture.

    Of j values drawn from all n, a given one is among them with probability j / n, and the others
    are then a draw of j − 1 from the rest. As j is at most n / 2, rounding does not build up.
    """
    cap = mixed.shape[1] - 1
    own = min(own, cap)
    rest[0] = mixed[0]
    for j in range(1, len(mixed)):
        share = j / n
        rest[j] = mixed[j]
        for s in range(cap - own):
            rest[j, s + own] -= share * rest[j - 1, s]
        rest[j, cap] -= share * rest[j - 1, cap - own :].sum()
        for s in range(cap + 1):
            rest[j, s] = max(rest[j, s], 0.0) / (1.0 - share)


@numba.njit(cache=True, nogil=True)
def _read_tails(mixed: Any, n: int, own_values: Any, bounds: Any, asked: Any, tails: Any) -> None:  # noqa: ANN401
    """Read the tails of sums drawn from all but an own value, one own value after the other.

    `asked` has the number that is drawn and the observed sum, in the order of own values, and
    `tails` is where the probabilities of no less and no more go.
    """
    cap = mixed.shape[1] - 1
    rest, above, below = np.empty_like(mixed), np.empty_like(mixed), np.empty_like(mixed)
    for group in range(len(own_values)):
        _take_out(mixed, n, own_values[group], rest)
        for j in range(len(mixed)):
            total = 0.0
            for s in range(cap + 1):
                total += rest[j, s]
                below[j, s] = total
            total = 0.0
            for s in range(cap, -1, -1):
                total += rest[j, s]
                above[j, s] = total
        for at in range(bounds[group], bounds[group + 1]):
            tails[at, 0] = above[asked[at, 0], asked[at, 1]]
            tails[at, 1] = below[asked[at, 0], asked[at, 1]]
