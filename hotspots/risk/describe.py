"""What the incidents themselves add to a hotspot: kind, callers, words for the place, and why.

Counts give the ranks; this gives the evidence beside them. Nothing here changes a rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.counts import place_positions
from hotspots.tables import HOTSPOTS
from hotspots.times import HOURS
from hotspots.words import percent, rate

if TYPE_CHECKING:
    from typing import Any

    from hotspots.counts import Counts
    from hotspots.risk.hotspots import HotspotList


def describe_hotspots(
    found: HotspotList,
    incidents: gpd.GeoDataFrame,
    counts: Counts,
    *,
    noun: str = "ASB reports",
    per_area: int = 10,
    interval: float = 0.9,
) -> gpd.GeoDataFrame:
    """Add to each hotspot what its incidents say, and the reason in plain words.

    Parameters
    ----------
    found : HotspotList
        What `find_hotspots` gave.
    incidents : GeoDataFrame
        The incidents that were counted.
    counts : Counts
        What was counted, with the places.
    noun : str
        What the incidents are, in the plural, for the reason.
    per_area : int
        How many hotspots were asked for in each area, for the reason.
    interval : float
        Level of the predictive interval, for the reason.

    Returns
    -------
    GeoDataFrame
        A hotspots table: the rows and ranks of `found.table`, in its order.

    Caveats
    -------
    `top_caller_share` needs a `person_key`; a caller who gives no name, or rings from several
    telephones, counts as several or none. `top_point_share` on snapped data is the share of a map
    point, which may stand for a whole street.
    """
    rows = _rows_of_hotspots(found, incidents, counts)
    table = found.table.copy()
    columns = [column.name for column in HOTSPOTS.columns]
    if len(table) == 0:
        return HOTSPOTS.empty()
    groups = rows.groupby("hotspot_id", sort=False).indices
    described = pd.DataFrame(
        [_describe(rows.iloc[groups.get(name, [])]) for name in table.index], index=table.index
    )
    for column in ("location", "main_type", "main_heading"):
        described[column] = described[column].astype("str").mask(described[column].isna())
    table = table.join(described)
    for column in ("weekdays", "hours"):
        table[column] = table[column].astype("str").mask(table[column].isna())
    table["n_in_hours"] = table["n_in_hours"].astype("float64")
    table["why"] = [
        _why(row, noun, len(counts.months), per_area, interval) for _, row in table.iterrows()
    ]
    table["source"] = ", ".join(sorted(incidents["source"].unique()))
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=found.table.crs)


def _rows_of_hotspots(
    found: HotspotList, incidents: gpd.GeoDataFrame, counts: Counts
) -> pd.DataFrame:
    """Give the incidents of the hotspots, each with its hotspot."""
    member = pd.Series(
        found.members["hotspot_id"].to_numpy(), index=found.members["place_id"].to_numpy()
    )
    is_counted = (incidents["start"] >= counts.start) & (incidents["start"] < counts.end)
    chosen = incidents[is_counted]
    position = place_positions(chosen, counts.places)
    x, y = chosen.geometry.x.to_numpy(), chosen.geometry.y.to_numpy()
    place = pd.Series(counts.places.index.to_numpy()[position], index=chosen.index)
    hotspot = place.where(position >= 0).map(member)
    rows = pd.DataFrame(
        {
            "hotspot_id": hotspot,
            "weight": chosen["weight"],
            "asb_type": chosen["asb_type"],
            "heading": chosen["heading"],
            "location": chosen["location"],
            "person_key": chosen["person_key"],
            "point": pd.Series(list(zip(x, y, strict=True)), index=chosen.index),
        }
    )
    rows.loc[np.isnan(x), "point"] = None
    return rows[rows["hotspot_id"].notna()]


def _describe(rows: pd.DataFrame) -> dict[str, object]:
    total = rows["weight"].sum()
    caller, caller_share = _top(rows, "person_key", total)
    _, point_share = _top(rows, "point", total)
    heading, heading_share = _top(rows, "heading", total)
    kind, kind_share = _top(rows, "asb_type", total)
    location, _ = _top(rows, "location", total)
    several, most = 2, 0.9
    return {
        "location": location,
        "main_type": _share_in_words(kind, kind_share),
        "main_heading": _share_in_words(heading, heading_share),
        "top_caller_share": caller_share,
        "top_point_share": point_share,
        "is_one_caller": bool(caller is not None and total >= several and caller_share >= most),
    }


def _top(rows: pd.DataFrame, column: str, total: float) -> tuple[Any, float]:
    """Give the most common value and its share of all; ties go to the first in order."""
    sums = rows["weight"].groupby(rows[column]).sum()
    if sums.empty or total <= 0:
        return None, float("nan")
    return sums.idxmax(), float(sums.max() / total)


def _share_in_words(name: object, share: float) -> str | None:
    return None if name is None else f"{name} ({percent(share)})"


def _about_hours(row: pd.Series[Any]) -> list[str]:
    """Say when the hours are not to be taken at their word."""
    if not isinstance(row["hours"], str):
        return []
    n_hours = len(row["weekdays"].split(",")) * ((row["end_hour"] - row["start_hour"] - 1) % 24 + 1)
    lift = row["expected_per_week"] / row["expected_all_hours"] / (n_hours / HOURS)
    flat, mostly = 1.5, 0.5
    if lift < flat:
        return ["Its week is nearly flat: other hours would do almost as well."]
    if row["own_hours_share"] < mostly:
        return ["The hours are mostly its area's usual ones, not shown by its own reports."]
    return []


def _why(row: pd.Series[Any], noun: str, n_months: int, per_area: int, interval: float) -> str:
    """Say in plain words why a hotspot is on the list."""
    if np.isnan(row["n_nights"]):
        spread = f"in {row['n_months']} of {n_months} months"
    else:
        spread = f"on {row['n_nights']:.0f} nights"
    when = ""
    if isinstance(row["hours"], str):
        when = f" {row['hours']}"
        spread += f", {row['n_in_hours']:,.0f} of them in its hours"
    low, high = row["expected_low"], row["expected_high"]
    expected = f"{rate(row['expected_per_week'])} a week{when}"
    sentences = [
        f"Rank {row['rank']} of at most {per_area}: {row['n']:,.0f} {noun} {spread}.",
        f"Expect {expected} ({percent(interval)} of weeks {low:.0f}–{high:.0f}).",
        *_about_hours(row),
    ]
    if isinstance(row["main_heading"], str):
        sentences.append(f"Mostly {row['main_heading'][0].lower()}{row['main_heading'][1:]}.")
    few_nights, worth_saying = 3, 0.25
    share = row["top_caller_share"]
    if row["is_one_caller"]:
        who = "All" if share == 1 else percent(share)
        sentences.append(f"{who} of them come from one caller: visit the caller, do not patrol.")
    elif share >= worth_saying:
        sentences.append(f"{percent(share)} come from one caller.")
    if row["n_nights"] < few_nights:
        sentences.append("Fewer than three nights: an event, not yet a pattern.")
    if row["n_context"] > 0:
        sentences.append(f"{row['n_context']:.0f} of them lie across the border of the area.")
    return " ".join(sentences)
