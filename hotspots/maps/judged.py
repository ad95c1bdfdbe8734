"""What the page says about the judgements of analysts: marks on hotspots, a list, excluded ground.

Only words are made here, from the columns that the marking carries; templates escape them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hotspots.risk.judgements import day_in_words
from hotspots.tables import JUDGEMENTS

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd
    import pandas as pd

    from hotspots.tables import Marking

_MARKS: Final = {"pin": "pinned", "merge": "merged", "split": "split", "rename": "renamed"}


@dataclass(frozen=True)
class JudgedWords:
    """What the page says about one judgement, as plain text.

    Parameters
    ----------
    number, action : str
        Its number in the file, and what it does.
    is_applied : bool
        Whether it was applied.
    outcome : str
        What came of it.
    decided : str
        Until when, and by whom and why where the marking carries it.
    """

    number: str
    action: str
    is_applied: bool
    outcome: str
    decided: str


def for_page(judgements: gpd.GeoDataFrame | None, marking: Marking) -> gpd.GeoDataFrame:
    """Keep what the marking may carry; no judgements are an empty table."""
    return JUDGEMENTS.for_audience(
        JUDGEMENTS.empty() if judgements is None else judgements, marking
    )


def marks(judgements: gpd.GeoDataFrame) -> dict[str, str]:
    """Say of each hotspot, by its id, what analysts did with it."""
    found: dict[str, list[str]] = defaultdict(list)
    applied = judgements[judgements["is_applied"].astype(bool) & judgements["hotspot_id"].notna()]
    for action, ids in zip(applied["action"], applied["hotspot_id"], strict=True):
        for hotspot_id in ids.split("; "):
            found[hotspot_id].append(_MARKS[action])
    return {hotspot_id: ", ".join(dict.fromkeys(words)) for hotspot_id, words in found.items()}


def describe_judgements(judgements: gpd.GeoDataFrame) -> list[JudgedWords]:
    """Put every judgement into words, in the order of the file."""
    return [
        JudgedWords(
            number=str(number),
            action=str(row["action"]),
            is_applied=bool(row["is_applied"]),
            outcome=str(row["outcome"]),
            decided=_decided(row),
        )
        for number, row in judgements.iterrows()
    ]


def _decided(row: pd.Series[Any]) -> str:
    """Say until when, and by whom and why if the row has it."""
    said = f"Until {day_in_words(dt.date.fromisoformat(row['expires']))}"
    if "author" in row.index:
        said += f" by {row['author']}"
    return f"{said}: {row['reason']}" if "reason" in row.index else f"{said}."
