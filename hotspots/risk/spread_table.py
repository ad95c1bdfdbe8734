"""The spread of a list as one long table: a figure a row, for a file beside the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from hotspots.tables import SPREAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOWEST: Final = 10
"""So many of the areas with the smallest p are written, whether or not any is beyond chance."""

_OF_GROUP: Final = (
    ("share", "low", "high"),
    ("population", "", ""),
    ("land", "", ""),
    ("reports", "", ""),
    ("to_population", "to_population_low", "to_population_high"),
    ("to_reports", "", ""),
)
"""The figures of a group and measure, each with the columns of the ends of its interval."""


def as_long_table(
    by_area: pd.DataFrame,
    by_group: pd.DataFrame,
    repeats: pd.DataFrame,
    low_reporting: pd.DataFrame,
    figures: Mapping[str, float],
    alpha: float,
) -> pd.DataFrame:
    """Give all figures of a spread, one a row; see `Spread` for what they are.

    Parameters
    ----------
    by_area, by_group, repeats, low_reporting, figures, alpha
        As in `Spread`.

    Returns
    -------
    DataFrame
        A spread table. Of low reporting, the areas with q of at most alpha and the ten with the
        smallest p.
    """
    rows = [
        *_list_rows(figures),
        *_wide_rows("area", "area", by_area),
        *_group_rows(by_group),
        *_wide_rows("repeat", "hotspot", repeats.drop(columns="area", errors="ignore")),
        *_wide_rows("reports little", "small area", _lowest(low_reporting, alpha)),
    ]
    table = pd.DataFrame(rows, columns=[column.name for column in SPREAD.columns])
    table = table.astype({"value": "float64", "low": "float64", "high": "float64"})
    for column in ("about", "of", "group", "name", "figure"):
        table[column] = table[column].astype("str")
    return table.set_index(pd.RangeIndex(len(table), name=SPREAD.index.name))


def _list_rows(figures: Mapping[str, float]) -> Iterator[tuple[Any, ...]]:
    for name, value in figures.items():
        if name in ("stable_low", "stable_high"):
            continue
        ends = (figures.get(f"{name}_low", np.nan), figures.get(f"{name}_high", np.nan))
        yield ("list", "list", "all", "all", name, value, *ends)


def _wide_rows(about: str, of: str, frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    figures = [name for name in frame.columns if name != "name"]
    for place, (index, row) in enumerate(frame.iterrows()):
        for name in figures:
            value = frame[name].iloc[place]
            yield (about, of, str(index), str(row["name"]), name, float(value), np.nan, np.nan)


def _group_rows(by_group: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for _, row in by_group.iterrows():
        for figure, low, high in _OF_GROUP:
            ends = (row[low], row[high]) if low else (np.nan, np.nan)
            name = f"{row['measure']}: {figure}"
            yield ("group", row["column"], row["group"], row["group"], name, row[figure], *ends)


def _lowest(low_reporting: pd.DataFrame, alpha: float) -> pd.DataFrame:
    if len(low_reporting) == 0:
        return low_reporting
    known = low_reporting[low_reporting["p"].notna()].sort_values(["p", "ratio"], kind="stable")
    return known[(known["q"] <= alpha) | (np.arange(len(known)) < _LOWEST)]
