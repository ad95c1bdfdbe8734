"""The count to expect of each place in some hours of the week.

The expected count is shared out by the weekly intensity of the place; the interval is widened by
what is not known of that share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.errors import MonthlyDataError, invalid
from hotspots.risk.intensity import weekly_intensity
from hotspots.times import HOURS, exposure
from hotspots.times.bands import Band

if TYPE_CHECKING:
    from hotspots.counts import Counts

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]

_BLOCK: Final = 10_000
_LEAST: Final = 1e-12


def read_windows(counts: Counts, windows: Any) -> dict[str, Mask]:  # noqa: ANN401 (checked here)
    """Give the hours of each window as 168 truth values.

    Raises
    ------
    MonthlyDataError
        If the counts are monthly.
    InputError
        If the windows are no mapping of names to bands or masks, or one holds no hour.
    """
    if not isinstance(windows, Mapping) or not windows:
        rule = "a mapping of names to bands or to 168 truth values"
        raise invalid("windows", type(windows).__name__, rule)
    if counts.tier == "monthly":
        msg = (
            "forecast with windows= needs the hour of each incident, but these counts are monthly. "
            "Must be counts of timed incidents. Leave out windows=."
        )
        raise MonthlyDataError(msg)
    masks = {}
    for name, window in windows.items():
        try:
            mask = window.mask if isinstance(window, Band) else np.asarray(window)
        except ValueError:  # lists of several lengths
            mask = np.empty(0)
        if mask.shape != (HOURS,) or mask.dtype != np.bool_ or not mask.any():
            rule = "a Band, or 168 truth values of which one is true at least"
            raise invalid(f"windows[{name!r}]", window, rule)
        masks[str(name)] = mask
    return masks


def share_out(
    counts: Counts,
    table: pd.DataFrame,
    masks: Mapping[str, Mask],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Share the expected count of each place out over windows.

    Parameters
    ----------
    counts : Counts
        Of timed incidents.
    table : DataFrame
        `expected` of each place, in the order of `counts.places`.
    masks : mapping of str to array of bool (168,)
        The hours of each window.
    start, end : Timestamp
        The coming period.

    Returns
    -------
    DataFrame
        Index `place_id`, `window`: `n` in those hours, `expected`, and `unsure`, the relative
        variance of the share.

    Notes
    -----
    The variance of a share p is p (1 − p) / (k + 1), where k is what the place's week rests on:
    nights of its own and pseudo-incidents of its area.
    """
    shares, sureness = _shares(counts, masks, start, end)
    of_week = counts.by("hour_of_week")
    parts = []
    for number, mask in enumerate(masks.values()):
        share = shares[:, number]
        unsure = (1 - share) / (np.maximum(share, _LEAST) * (sureness + 1))
        expected = table["expected"].to_numpy() * share
        parts.append(
            pd.DataFrame(
                {
                    "n": np.asarray(of_week[:, np.flatnonzero(mask)].sum(axis=1)).ravel(),
                    "expected": expected,
                    "unsure": unsure,
                },
                index=counts.places.index,
            )
        )
    names = pd.Index(masks, name="window", dtype="str")
    whole = pd.concat(parts, keys=names, names=["window"]).swaplevel()
    return whole.reindex(pd.MultiIndex.from_product([counts.places.index, names]))


def widened(size: Floats, unsure: Floats) -> Floats:
    """Give the size of a count of which the share is not known: a relative variance `unsure`."""
    return np.asarray(1.0 / ((1.0 + 1.0 / size) * (1.0 + unsure) - 1.0))


def _shares(
    counts: Counts, masks: Mapping[str, Mask], start: pd.Timestamp, end: pd.Timestamp
) -> tuple[Floats, Floats]:
    """Give the share of each place's count in each window, and what its week rests on."""
    intensity = weekly_intensity(counts)
    hours = exposure(start, end).to_numpy()
    inside = np.column_stack(list(masks.values())).astype(np.float64)
    shares = []
    for first in range(0, len(counts.places), _BLOCK):
        positions = np.arange(first, min(first + _BLOCK, len(counts.places)))
        week = intensity.expected(positions) * hours
        shares.append((week @ inside) / week.sum(axis=1, keepdims=True))
    places = intensity.places
    return np.concatenate(shares), (places["week_weight"] + places["n_timed"]).to_numpy()
