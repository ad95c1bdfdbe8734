"""Who called: pseudonyms, who called again, who is vulnerable, and which of it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hotspots.simulate.calls import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hotspots.simulate.calls import Calls


@dataclass(frozen=True, eq=False)
class Callers:
    """Who made each call and what was recorded of it.

    Parameters
    ----------
    person : array of int
        Number of the person who called.
    is_known : array of bool
        Whether the caller left a name.
    is_repeat : array of bool
        Whether the person had called before in the year.
    is_vulnerable : array of bool
        Whether the person is vulnerable.
    is_flagged_repeat, is_flagged_vulnerable : array of bool
        Whether that was recorded.
    """

    person: NDArray[np.int64]
    is_known: NDArray[np.bool_]
    is_repeat: NDArray[np.bool_]
    is_vulnerable: NDArray[np.bool_]
    is_flagged_repeat: NDArray[np.bool_]
    is_flagged_vulnerable: NDArray[np.bool_]


def draw_callers(
    calls: Calls, assumed: Mapping[str, Any], asked: Mapping[str, Any], rng: np.random.Generator
) -> Callers:
    """Draw the caller of each call and what the call handler recorded.

    Parameters
    ----------
    calls : Calls
        The calls, in order of time.
    assumed : mapping
        `assumed.callers` of `facts.toml`.
    asked : mapping
        `published.asked`: share of calls in which the question was asked, and so the share of those
        who qualify whose flag is set.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Callers

    Caveats
    -------
    Simulated. Whether somebody is asked does not depend on the call; in real recording it does. A
    repeat is flagged only for callers who left a name.

    Examples
    --------
    >>> from hotspots.simulate.calls import Calls, fill
    >>> from hotspots.simulate.facts import load_facts
    >>> zero = np.zeros(3)
    >>> calls = Calls(
    ...     np.arange(3), fill(3, 0), zero, zero, fill(3, 0), np.arange(3), np.arange(3),
    ...     fill(3), fill(3, 0), fill(3),
    ... )
    >>> facts = load_facts()
    >>> rng = np.random.default_rng(1)
    >>> callers = draw_callers(
    ...     calls, facts.assumed["callers"], facts.published["asked"], rng
    ... )
    >>> callers.person.tolist(), callers.is_repeat.tolist()
    ([0, 0, 0], [False, True, True])
    """
    n = len(calls)
    is_chronic = calls.chronic != NONE
    person = _draw_persons(calls, assumed["share_again"], rng)
    is_known = is_chronic | (rng.random(n) >= assumed["share_unknown"])

    different, first, which = np.unique(person, return_index=True, return_inverse=True)
    is_repeat = np.arange(n) != first[which]
    likely = np.where(is_chronic[first], assumed["vulnerable_chronic"], assumed["vulnerable"])
    is_vulnerable = (rng.random(len(different)) < likely)[which]
    return Callers(
        person=_number_by_first_call(first, which),
        is_known=is_known,
        is_repeat=is_repeat,
        is_vulnerable=is_vulnerable,
        is_flagged_repeat=is_repeat & is_known & (rng.random(n) < asked["repeat"]),
        is_flagged_vulnerable=is_vulnerable & (rng.random(n) < asked["vulnerable"]),
    )


def _draw_persons(calls: Calls, again: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Give each call a person: a new one, the last caller from the address, or a chronic one."""
    n = len(calls)
    order = np.lexsort([np.arange(n), calls.address])
    is_new_address = np.diff(calls.address[order], prepend=-1) != 0
    is_new_person = is_new_address | (rng.random(n) >= again)
    # Each call takes the number of the latest new person before it at its address.
    latest = np.maximum.accumulate(np.where(is_new_person, np.arange(n), 0))
    person = np.empty(n, dtype=np.int64)
    person[order] = latest
    return np.where(calls.chronic != NONE, n + calls.chronic, person)


def _number_by_first_call(first: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.int64]:
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[which]


def name_persons(person: NDArray[np.int64]) -> NDArray[np.object_]:
    """Give pseudonyms, such as sim-p000123.

    Examples
    --------
    >>> name_persons(np.array([0, 122])).tolist()
    ['sim-p000001', 'sim-p000123']
    """
    return np.array([f"sim-p{number:06d}" for number in (person + 1).tolist()], dtype=object)
