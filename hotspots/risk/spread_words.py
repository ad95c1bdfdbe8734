"""The spread of a list in sentences that can be read out at a meeting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.risk.low_reporting import MEANING
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Row = pd.Series[float]

_SHOWN: Final = 3
_MEASURES: Final = {"hotspots": "of the hotspots", "expected": "of what is expected on the list"}
_MEASURES["visits"] = "of the visits"


def in_words(
    by_area: pd.DataFrame,
    by_group: pd.DataFrame,
    repeats: pd.DataFrame,
    low_reporting: pd.DataFrame,
    figures: Mapping[str, float],
    alpha: float,
) -> tuple[str, ...]:
    """Say what the figures of a spread say; see `Spread` for what they are.

    Parameters
    ----------
    by_area, by_group, repeats, low_reporting, figures, alpha
        As in `Spread`.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return (
        *_say_areas(by_area, figures),
        *_say_groups(by_group),
        *_say_repeats(repeats, figures),
        *_say_low(low_reporting, alpha),
        *_say_exploring(figures),
    )


def _say_areas(by_area: pd.DataFrame, figures: Mapping[str, float]) -> list[str]:
    said = [
        (
            f"{count(int(figures['hotspots']), 'hotspot')} in {count(len(by_area), 'area')} hold "
            f"{_share(figures['held'])} of the reports of the period."
        )
    ]
    for column, what in (("held", "of its reports"), ("visits_per_1000", "visits a week")):
        known = by_area[by_area[column].notna()].sort_values(column, kind="stable")
        if len(known) < 2:  # noqa: PLR2004 (two to compare)
            continue
        low, high = known.iloc[0], known.iloc[-1]
        if column == "held":
            said.append(
                f"The list holds from {_share(low[column])} {what} in {low['name']} to "
                f"{_share(high[column])} in {high['name']}."
            )
        else:
            said.append(
                f"Per 1,000 residents, {low['name']} has {low[column]:.2f} {what} and "
                f"{high['name']} {high[column]:.2f}."
            )
    return said


def _say_groups(by_group: pd.DataFrame) -> list[str]:
    """Say of each column which groups have more or less than their residents, beyond chance."""
    if len(by_group) == 0:
        return []
    measure = "visits" if "visits" in set(by_group["measure"]) else "hotspots"
    rows = by_group[by_group["measure"] == measure]
    said = []
    for column, own in rows.groupby("column", sort=False):
        apart = own[(own["to_population_low"] > 1) | (own["to_population_high"] < 1)]
        if own["population"].isna().all():
            said.append(f"By {column}: residents are not known, so only shares are given.")
        elif len(apart) == 0:
            said.append(
                f"By {column}, no group's share {_MEASURES[measure]} is clearly apart from its "
                "share of the residents; few hotspots could hide a difference."
            )
        for _, row in apart.iterrows():
            said.append(
                f"By {column}, group {row['group']} has {_share(row['share'])} "
                f"{_MEASURES[measure]} (interval {_share(row['low'])} to {_share(row['high'])}), "
                f"{_share(row['population'])} of the residents and {_share(row['reports'])} of the "
                "reports."
            )
    return said


def _say_repeats(repeats: pd.DataFrame, figures: Mapping[str, float]) -> list[str]:
    if len(repeats) == 0:
        return ["There is no last list to say how much repeats."]
    said = [
        (
            f"{int(repeats['was_listed'].sum())} of {count(len(repeats), 'hotspot')} were on the "
            "last list by at least half of their ground: "
            f"{_share(figures['ground_repeated'])} of the ground, with "
            f"{_share(figures['reports_repeated'])} of the reports on it."
        )
    ]
    if not np.isnan(figures["stable"]) and not np.isnan(figures["places_repeated"]):
        said.append(
            f"Of the places of the last list {_share(figures['places_repeated'])} are listed "
            f"again; had no place changed since, it would be {_share(figures['stable'])} "
            f"({_share(figures['stable_low'])} to {_share(figures['stable_high'])}). A list that "
            "repeats is no proof of bias, and one that changes none of fairness."
        )
    if figures["period_shared"] > 0:
        said.append(
            f"{_share(figures['period_shared'])} of the last list's period is in this one's, so "
            "part of the repeat is the same reports counted again."
        )
    longest = int(repeats["lists_in_a_row"].max())
    if longest > 2:  # noqa: PLR2004 (more than this list and the last)
        n = int((repeats["lists_in_a_row"] == longest).sum())
        said.append(f"{count(n, 'hotspot')} stood on {longest} lists in a row.")
    return said


def _say_low(low_reporting: pd.DataFrame, alpha: float) -> list[str]:
    if len(low_reporting) == 0:
        return ["Without small areas and their residents, nothing is said of who reports little."]
    tested = int(low_reporting["p"].notna().sum())
    if tested == 0:
        return ["Too few small areas can be compared to say which report little."]
    lowest = low_reporting[low_reporting["p"].notna()]
    lowest = lowest.sort_values(["p", "ratio"], kind="stable")
    found = lowest[lowest["q"] <= alpha]
    if len(found) == 0:
        return [
            (
                f"Of {count(tested, 'small area')}, none reports less against its neighbours than "
                "neighbours usually differ. That is no proof that everybody reports. Lowest are "
                f"{_names(lowest)}: worth a question, and no finding."
            )
        ]
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    verb = "reports" if len(found) == 1 else "report"
    return [
        (
            f"Of {count(tested, 'small area')}, {len(found)} {verb} little against the "
            f"neighbours: {_names(found)}{more}. Each {MEANING}; the data cannot tell which, and "
            "none of them is low in risk for it. Ask residents and partners."
        )
    ]


def _names(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{row['name']} ({count(round(row['reports']), 'report')}, {row['expected']:,.0f} at its "
        "neighbours' rate)"
        for _, row in rows.head(_SHOWN).iterrows()
    )


def _say_exploring(figures: Mapping[str, float]) -> list[str]:
    if "visits" not in figures:
        return ["Without tasks, nothing is said of visits."]
    if figures["exploring_visits"] == 0:
        return [
            (
                f"None of the {figures['visits']:,.0f} visits a week goes to a place off the list: "
                "nothing explores, so what officers see there can only confirm the list."
            )
        ]
    return [
        (
            f"{figures['exploring_visits']:,.0f} of the {figures['visits']:,.0f} visits a week "
            f"({_share(figures['exploring'])}) go to places off the list, to learn what the list "
            "misses."
        )
    ]


def _share(value: float) -> str:
    """Say a share; small ones with a decimal, so that few is not none."""
    if np.isnan(value):
        return "an unknown share"
    return percent(value) if value == 0 or value >= 0.1 else f"{100 * value:.1f} %"  # noqa: PLR2004
