"""What the incidents themselves add to a hotspot: kind, callers, words for the place, and why.

Counts give the ranks; this gives the evidence beside them. Nothing here changes a rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.counts import run
from hotspots.incidents.layouts import ASB_REPORTS
from hotspots.risk.details import Details, DetailTask, gathered
from hotspots.risk.evidence import place_rates, ranks_without_top
from hotspots.risk.hotspots import predictive_interval
from hotspots.risk.score import ranks_in
from hotspots.tables import HOTSPOTS
from hotspots.times import HOURS
from hotspots.words import percent, rate

if TYPE_CHECKING:
    from typing import Any

    from hotspots.counts import Counts
    from hotspots.counts.counting import Incidents
    from hotspots.risk.forecast_record import Forecast
    from hotspots.risk.hotspots import HotspotList
    from hotspots.risk.score import RiskScores


def describe_hotspots(
    found: HotspotList,
    incidents: Incidents | Details,
    counts: Counts,
    *,
    scores: RiskScores | None = None,
    coming: Forecast | None = None,
    noun: str = ASB_REPORTS,
    per_area: int = 10,
    interval: float = 0.9,
    night_ends: int = 6,
) -> gpd.GeoDataFrame:
    """Add to each hotspot what its incidents say, and the reason in plain words.

    Parameters
    ----------
    found : HotspotList
        What `find_hotspots` gave.
    incidents : GeoDataFrame, Reading, Dataset, path or Details
        The incidents that were counted, or what `DetailTask` has gathered from them.
    counts : Counts
        What was counted, with the places.
    scores : RiskScores, optional
        What `score_risk` gave for these hotspots.
    coming : Forecast, optional
        What `forecast` gave for the places of these counts.
    noun : str
        What the incidents are, in the plural, for the reason.
    per_area : int
        How many hotspots were asked for in each area, for the reason.
    interval : float
        Level of the predictive interval, for the reason.
    night_ends : int
        Hour of the day at which a night gives way to the next date.

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
    table = found.table.copy()
    columns = [column.name for column in HOTSPOTS.columns]
    if len(table) == 0:
        return HOTSPOTS.empty()
    if not isinstance(incidents, Details):
        task = DetailTask.build(found, counts)
        incidents = gathered(run(incidents, task)[0])
    described = incidents.describe(table.index)
    for column in ("location", "main_type", "main_heading"):
        described[column] = described[column].astype("str").mask(described[column].isna())
    table = table.join(described)
    for column in ("weekdays", "hours"):
        table[column] = table[column].astype("str").mask(table[column].isna())
    table["n_in_hours"] = table["n_in_hours"].astype("float64")
    table["place_q"] = place_rates(found, counts, night_ends=night_ends)
    table["own_hours_p"] = np.nan
    table["own_hours"] = pd.Series(None, index=table.index, dtype="str")
    table["count_rank"] = ranks_in(table["borough"], table["expected_per_week"])
    table, top = _scored(table, scores)
    table["rank_without_top"] = ranks_without_top(table, top.fillna(0.0), found.not_listed)
    table = table.join(forecast_of_hotspots(coming, found))
    if "since_last" not in table.columns:
        table["since_last"] = pd.Series(None, index=table.index, dtype="str")
    is_recent = scores is not None and scores.half_life is not None
    table["why"] = [
        _why(row, noun, len(counts.months), per_area, interval, is_recent=is_recent)
        for _, row in table.iterrows()
    ]
    table["source"] = ", ".join(counts.sources)
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=found.table.crs)


def _scored(
    table: gpd.GeoDataFrame, scores: RiskScores | None
) -> tuple[gpd.GeoDataFrame, pd.Series[float]]:
    """Add what the scores say, and give the share of each hotspot's largest source."""
    if scores is None:
        nothing = pd.Series(None, index=table.index, dtype="str")
        top = table[["top_caller_share", "top_point_share"]].max(axis=1)
        none = {"trend": nothing, "persistence": nothing}
        return table.assign(harm_low=np.nan, harm_high=np.nan, **none), top
    of_hotspot = scores.table.reindex(table.index)
    months = scores.described[["trend", "persistence"]].reindex(table.index)
    months["persistence"] = months["persistence"].astype("str").mask(months["persistence"].isna())
    columns = ["harm_low", "harm_high", "harm_per_report"]
    return table.join(of_hotspot[columns]).join(months), of_hotspot["top_share"]


def forecast_of_hotspots(coming: Forecast | None, found: HotspotList) -> pd.DataFrame:
    """Add up what is forecast of the places of each hotspot.

    Parameters
    ----------
    coming : Forecast or None
        What `forecast` gave, a row a place; None gives missing numbers.
    found : HotspotList
        What `find_hotspots` gave.

    Returns
    -------
    DataFrame
        Index `hotspot_id`: `forecast`, `forecast_low`, `forecast_high`, by the negative binomial
        distribution with the mean and variance of the sum of independent places.
    """
    columns = ["forecast", "forecast_low", "forecast_high"]
    if coming is None:
        return pd.DataFrame(np.nan, index=found.table.index, columns=columns)
    rows = coming.table.loc[found.members["place_id"], ["expected", "size"]]
    rows["variance"] = rows["expected"] + rows["expected"] ** 2 / rows["size"]
    sums = rows.groupby(found.members["hotspot_id"].to_numpy())[["expected", "variance"]].sum()
    sums = sums.reindex(found.table.index)
    ends = [
        predictive_interval(mean, variance, coming.level)
        for mean, variance in sums.itertuples(index=False)
    ]
    table = pd.DataFrame(ends, columns=columns[1:], index=sums.index)
    return table.assign(forecast=sums["expected"])[columns]


def _about_harm(row: pd.Series[Any], *, is_recent: bool) -> list[str]:
    """Say how harm changes the rank, and whether there is a trend."""
    said, least = [], 0.05
    if row["rank"] != row["count_rank"] and "harm_per_report" in row:
        reasons = []
        if abs(row["harm_per_report"] - 1) >= least:
            reasons.append(f"a report there weighs {row['harm_per_report']:.1f} harm points")
        if is_recent:
            reasons.append("recent ones count more")
        because = f"; {' and '.join(reasons)}" if reasons else ""
        said.append(f"By number it would be rank {row['count_rank']} of those listed{because}.")
    if row["trend"] in ("rising", "falling"):
        said.append(f"Its months are {row['trend']}.")
    if row["persistence"] == "new":
        said.append("It is new: nearly all came in the last quarter of the months.")
    return said


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


def _why(
    row: pd.Series[Any],
    noun: str,
    n_months: int,
    per_area: int,
    interval: float,
    *,
    is_recent: bool,
) -> str:
    """Say in plain words why a hotspot is on the list."""
    if np.isnan(row["n_nights"]):
        spread = f"in {row['n_months']} of {n_months} months"
    else:
        spread = f"on {row['n_nights']:.0f} nights"
    when = ""
    if isinstance(row["hours"], str):
        when = f" {row['hours']}"
        spread += f", {row['n_in_hours']:,.0f} of them in its hours"
    half = 0.5
    low, high = row["expected_low"], row["expected_high"]
    expected = f"{rate(row['expected_per_week'])} a week{when}"
    sentences = [
        f"{_rank(row['rank'], per_area)}: {row['n']:,.0f} {noun} {spread}.",
        f"Expect {expected} ({percent(interval)} of weeks {low:.0f}–{high:.0f}).",
        *_about_harm(row, is_recent=is_recent),
        *_about_hours(row),
    ]
    if isinstance(row["main_heading"], str):
        how = "Mostly" if row["main_heading_share"] > half else "Most often"
        sentences.append(f"{how} {row['main_heading'][0].lower()}{row['main_heading'][1:]}.")
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
    if isinstance(row["judgement"], str):
        sentences.append(row["judgement"])
    return " ".join(sentences)


def _rank(rank: int, per_area: int) -> str:
    """Say the rank; what analysts have pinned may stand behind the number that was asked for."""
    if rank <= per_area:
        return f"Rank {rank} of at most {per_area}"
    return f"Rank {rank}, behind the {per_area} that were asked for"
