"""The calls of a simulated year while they are being made: plain arrays, one entry a call."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NONE = -1
"""In place of the number of a hotspot, a chronic caller or a heading: there is none."""


@dataclass(frozen=True, eq=False)
class Calls:
    """Calls, one entry each in arrays of the same length.

    Parameters
    ----------
    minute : array of int
        Minutes on the wall clock since the start of the year.
    borough : array of int
        Index of the chosen borough.
    x, y : array of float
        Easting and northing, metres.
    cell : array of int
        Index of the cell that gives the street its name.
    address : array of int
        Number of the address; calls from one address have the same point.
    episode : array of int
        Number of the episode.
    hotspot : array of int
        Index of the planted hotspot, or `NONE`.
    chronic : array of int
        Index of the chronic caller, or `NONE`.
    heading : array of int
        Index of the heading where it is already decided, or `NONE`.
    """

    minute: NDArray[np.int64]
    borough: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    cell: NDArray[np.int64]
    address: NDArray[np.int64]
    episode: NDArray[np.int64]
    hotspot: NDArray[np.int64]
    chronic: NDArray[np.int64]
    heading: NDArray[np.int64]

    def __len__(self) -> int:
        """Give the number of calls."""
        return len(self.minute)

    @classmethod
    def join(cls, parts: Sequence[Calls]) -> Self:
        """Put calls one after the other, numbering addresses and episodes apart."""
        columns = {item.name: [getattr(part, item.name) for part in parts] for item in fields(cls)}
        for name in ("address", "episode"):
            following = 0
            for index, numbers in enumerate(columns[name]):
                columns[name][index] = numbers + following
                following += int(numbers.max(initial=-1)) + 1
        return cls(**{name: np.concatenate(arrays) for name, arrays in columns.items()})

    def in_order(self) -> Self:
        """Sort by time, and number the episodes by their first call."""
        order = np.argsort(self.minute, kind="stable")
        columns = {item.name: getattr(self, item.name)[order] for item in fields(self)}
        _, first, which = np.unique(columns["episode"], return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first, kind="stable")] = np.arange(len(first))
        return type(self)(**{**columns, "episode": rank[which]})


def fill(n: int, value: int = NONE) -> NDArray[np.int64]:
    """Make an array of one number.

    Examples
    --------
    >>> fill(3).tolist()
    [-1, -1, -1]
    """
    return np.full(n, value, dtype=np.int64)
