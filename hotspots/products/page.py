"""The page of an analysis: its map, with what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.areas import ATTRIBUTION, load_boroughs
from hotspots.products.audience import check_product_marking, received
from hotspots.risk.hotspots import NO_INCIDENT
from hotspots.tables import HOTSPOTS, JUDGEMENTS
from hotspots.words import day

if TYPE_CHECKING:
    import folium

    from hotspots.analysis import Analysis
    from hotspots.tables import Marking

_SHOWN: Final = 5


def draw_map(analysis: Analysis, marking: Marking) -> folium.Map:
    """Draw the hotspots of an analysis; see `Analysis.map`."""
    from hotspots.maps import map_hotspots  # noqa: PLC0415 (folium is slow to import)

    check_product_marking(marking)
    return map_hotspots(
        HOTSPOTS.for_audience(received(analysis.hotspots, marking), marking),
        analysis.areas,
        title=f"Hotspots of {analysis.noun}",
        notes=notes_of(analysis, marking),
        changes=analysis.review.words if analysis.review is not None else (),
        track_record=analysis.review.track_record if analysis.review is not None else "",
        gone=received(analysis.review.gone, marking) if analysis.review is not None else None,
        as_of=day(analysis.counts.end - pd.Timedelta(hours=1)),
        data=_data_in_words(analysis),
        marking=marking,
        simulated=analysis.is_simulated,
        judgements=JUDGEMENTS.for_audience(analysis.judgements, marking),
    )


def _data_in_words(analysis: Analysis) -> str:
    sources = ", ".join(analysis.counts.sources) or "none"
    used = f"{analysis.n_incidents:,.0f} {analysis.noun}"
    return f"{used} ({sources}), {analysis.period}, {analysis.tier}"


def notes_of(analysis: Analysis, marking: Marking) -> list[str]:
    """Say what was left out, and which areas have a short list, and why."""
    short = short_lists(analysis)
    account = analysis.account
    rows = []
    if account is not None:
        rows = [
            (
                f"{account.n_rows:,} rows were read: {account.n_accepted:,} accepted, "
                f"{account.n_out_of_scope:,} out of scope, {account.n_rejected:,} rejected."
            )
        ]
    rows += about_victims(analysis, marking)
    return [*rows, *analysis.remarks(marking), *short, *_attribution(analysis)]


def about_victims(analysis: Analysis, marking: str) -> list[str]:
    """Say how many people may need a call, where people are known and the audience may know."""
    found = analysis.victims
    is_known = len(found.table) > 0 or found.n_unnamed_vulnerable > 0
    return [found.summary] if is_known and marking == "restricted" else []


def short_lists(analysis: Analysis) -> list[str]:
    """Say which areas have fewer hotspots than asked for, those with one reason together."""
    said = []
    for given, rows in analysis.found.short.groupby("reason", sort=False):
        reason = str(given)
        if len(rows) == 1:
            row = rows.iloc[0]
            said.append(f"{row['name']}: {row['listed']} of {row['asked']} hotspots. {reason}")
            continue
        names = ", ".join(rows["name"].head(_SHOWN)) + (", …" if len(rows) > _SHOWN else ".")
        if reason == NO_INCIDENT:
            said.append(f"{len(rows):,} areas have no incident of the period: {names}")
        else:
            said.append(
                f"{len(rows):,} areas have fewer hotspots than asked for: {names} In each: "
                f"{reason[0].lower()}{reason[1:]}"
            )
    return said


def _attribution(analysis: Analysis) -> list[str]:
    """Say whose boundaries these are, where they are the shipped ones."""
    shipped = load_boroughs(city=True).index
    return [f"Boundaries: {ATTRIBUTION}"] if analysis.areas.index.isin(shipped).any() else []
