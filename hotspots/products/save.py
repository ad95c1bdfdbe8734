"""The folder that the main job leaves: map, tables, rejected rows and manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.model_card import make_card
from hotspots.products.audience import check_product_marking, check_victims, received
from hotspots.products.folder import files_in_words, whole_folder, write_manifest
from hotspots.products.geojson import write_geojson
from hotspots.products.manifest import make_manifest
from hotspots.products.page import draw_map
from hotspots.products.plan_files import write_plan
from hotspots.products.saved import PACKAGE_FILE, PLACES_FILE, WEEK_FILE
from hotspots.risk import check_spread
from hotspots.tables import (
    AREAS,
    CLUSTERS,
    HARM_BY_KIND,
    HARM_SCORES,
    HIGH_RISK_VICTIMS,
    HOTSPOT_CHANGES,
    HOTSPOT_WEEK,
    HOTSPOTS,
    JUDGEMENTS,
    LIST_OUTCOMES,
    LIST_SHARES,
    PLACE_RECORDS,
    SCAN_CLUSTERS,
    SPREAD,
)
from hotspots.writing import write_csv

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import geopandas as gpd

    from hotspots.analysis import Analysis
    from hotspots.risk import ListReview, Spread
    from hotspots.tables import Marking

_LEVEL: Final = 0.05


def save_folder(
    analysis: Analysis,
    folder: str | os.PathLike[str],
    marking: Marking,
    beside: Mapping[str, Path] | None = None,
    card: str | os.PathLike[str] | Mapping[str, str] | None = None,
    groups: gpd.GeoDataFrame | None = None,
    *,
    victims: bool = False,
) -> Path:
    """Write all products of an analysis to a folder; see `Analysis.save`."""
    from hotspots.maps import save_map  # noqa: PLC0415 (folium is slow to import)

    check_product_marking(marking)
    check_victims(victims, marking)
    hotspots = HOTSPOTS.for_audience(received(analysis.hotspots, marking), marking)
    review = analysis.review
    clusters = CLUSTERS.for_audience(analysis.clusters, marking)
    found = analysis.scan.clusters if analysis.scan is not None else SCAN_CLUSTERS.empty()
    own_hours = SCAN_CLUSTERS.for_audience(found[found["q"] <= _LEVEL], marking)
    spread = spread_of(analysis, groups)
    model_card = make_card(analysis, spread, marking=marking, card=card)
    with whole_folder(Path(folder)) as target:
        save_map(draw_map(analysis, marking), target / "index.html")
        package = target / PACKAGE_FILE
        hotspots.to_file(package, layer="hotspots", driver="GPKG", engine="pyogrio")
        clusters.to_file(package, layer="clusters", driver="GPKG", engine="pyogrio")
        own_hours.to_file(package, layer="own_hours", driver="GPKG", engine="pyogrio")
        judgements = JUDGEMENTS.for_audience(analysis.judgements, marking)
        judgements.to_file(package, layer="judgements", driver="GPKG", engine="pyogrio")
        if review is not None:
            gone = HOTSPOTS.for_audience(received(review.gone, marking), marking)
            gone.to_file(package, layer="gone", driver="GPKG", engine="pyogrio")
        areas = AREAS.for_audience(analysis.areas[["name", "geometry"]], marking)
        areas.to_file(package, layer="areas", driver="GPKG", engine="pyogrio")
        write_geojson(hotspots, target / "hotspots.geojson")
        hotspots.to_parquet(target / "hotspots.parquet")
        write_plan(analysis.plan, target, marking)
        _write_spread(spread, analysis, target, marking)
        (target / "model_card.json").write_text(model_card.to_json(), encoding="utf-8")
        (target / "model_card.md").write_text(model_card.to_markdown(), encoding="utf-8")
        _write_scores(analysis, target, marking)
        if review is not None:
            _write_review(review, analysis, target, marking)
        if victims:
            people = HIGH_RISK_VICTIMS.for_audience(analysis.victims.table, marking)
            write_csv(people.assign(harm=people["harm"].round(2)), target / "victims.csv")
        if marking == "restricted":
            write_csv(_rejected(analysis), target / "rejected.csv", index=False)
            places = analysis.record.places
            if places is not None:
                PLACE_RECORDS.for_audience(places, marking).to_parquet(target / PLACES_FILE)
            week = _week_table(analysis.found.week.loc[analysis.hotspots.index])
            HOTSPOT_WEEK.for_audience(week, marking).to_parquet(target / WEEK_FILE)
        manifest = make_manifest(analysis, marking)
        manifest["beside"] = files_in_words(beside)
        write_manifest(manifest, target)
    return Path(folder)


def _week_table(week: pd.DataFrame) -> pd.DataFrame:
    """Give what is expected at each hotspot as a hotspot week table."""
    n_hours = week.shape[1]
    return pd.DataFrame(
        {
            "hotspot_id": np.repeat(week.index.astype("str"), n_hours),
            "hour": np.tile(np.arange(n_hours), len(week)),
            "expected": week.to_numpy(dtype=float).ravel(),
        }
    ).rename_axis("row")


def spread_of(analysis: Analysis, groups: gpd.GeoDataFrame | None = None) -> Spread:
    """Check how the list of an analysis spreads; see `check_spread`."""
    return check_spread(
        analysis.hotspots,
        analysis.found.members,
        analysis.counts,
        analysis.areas,
        groups=groups,
        previous=analysis.review.last if analysis.review is not None else None,
        tasks=analysis.tasks,
    )


def harm_table(analysis: Analysis) -> pd.DataFrame:
    """Give a harm scores table: scores, what they are made of, and how far they hang on weights."""
    moved = analysis.sensitivity.table[["rank_low", "rank_high", "top_share"]]
    described = analysis.scores.described[["n_months", "months", "trend"]]
    moved = moved.rename(columns={"top_share": "top_of_draws"})
    table = analysis.scores.table.join(moved).join(described)
    return table[[column.name for column in HARM_SCORES.columns]]


def _write_scores(analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write the harm of each hotspot, and what it is made of."""
    ids = received(analysis.hotspots, marking).index
    scores = HARM_SCORES.for_audience(harm_table(analysis).loc[ids], marking)
    write_csv(scores.round(4), target / "harm.csv")
    if marking == "restricted":
        # From numbers by kind and the weights it could be worked out how many are flagged.
        by_kind = analysis.scores.by_kind.rename_axis(HARM_BY_KIND.index.name)
        kinds = HARM_BY_KIND.for_audience(by_kind, marking)
        write_csv(kinds.round(4), target / "harm_by_kind.csv")


def _write_spread(spread: Spread, analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write over whom the list falls."""
    hidden = analysis.hotspots.index.difference(received(analysis.hotspots, marking).index)
    table = spread.table
    table = table[~((table["about"] == "repeat") & table["group"].isin(hidden))]
    write_csv(SPREAD.for_audience(table, marking).round(4), target / "spread.csv")


def _write_review(review: ListReview, analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write what has changed since the last list, and how it did."""
    now, last = analysis.hotspots, review.last.hotspots
    hidden = now.index.difference(received(now, marking).index)
    hidden_then = last.index.difference(received(last, marking).index)
    changes = review.changes
    is_hidden = changes["hotspot_id"].isin(hidden) | changes["previous_id"].isin(hidden_then)
    for table, frame, name in (
        (HOTSPOT_CHANGES, changes[~is_hidden], "changes.csv"),
        (LIST_SHARES, review.shares, "last_list_shares.csv"),
        (
            LIST_OUTCOMES,
            review.outcomes.drop(index=hidden_then, errors="ignore"),
            "last_list_outcomes.csv",
        ),
    ):
        write_csv(table.for_audience(frame, marking).round(4), target / name)


def _rejected(analysis: Analysis) -> pd.DataFrame:
    """Give the rejected rows; none, with the same columns, for a table in memory."""
    if analysis.account is None:
        return pd.DataFrame(columns=["file", "line", "reason", "detail"])
    return analysis.account.rejected
