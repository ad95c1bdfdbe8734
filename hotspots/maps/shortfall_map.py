"""The map of the shortfall: where harm is expected and nobody is on duty."""

from __future__ import annotations

import html
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import folium
import numpy as np
import pandas as pd

from hotspots.errors import invalid
from hotspots.maps.classes import PALETTE
from hotspots.maps.layers import check_polygons, features_of, to_degrees
from hotspots.maps.page import StillPage, fill, inert
from hotspots.tables import AREAS, SHORTFALL, check_areas, check_marking
from hotspots.tasking import Shortfall
from hotspots.words import percent, rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from branca.element import Figure

    from hotspots.tables import Marking

_STEP: Final = 0.2
_NONE: Final = "#d9dee3"


def map_shortfall(
    shortfall: Shortfall,
    areas: gpd.GeoDataFrame,
    *,
    title: str = "Harm outside every tour of duty",
    said: str = "",
    notes: Sequence[str] = (),
    marking: Marking = "restricted",
    simulated: bool = False,
) -> folium.Map:
    """Draw the share of harm that falls outside every tour of duty, by area and by hotspot.

    Parameters
    ----------
    shortfall : Shortfall
        What `find_shortfall` gave.
    areas : GeoDataFrame
        The areas that have a list each, an areas table.
    title : str
        Heading of the page.
    said : str
        For which days and teams it is.
    notes : sequence of str
        What the reader must know, one sentence each.
    marking : {"restricted", "partner"}
        Who may receive the page.
    simulated : bool
        Whether to say in a banner that the data is invented.

    Returns
    -------
    folium.Map
        Without tiles; write it with `save_map`. A table by area stands beside it.

    Raises
    ------
    InputError
        If a table is not what it should be, or the marking is "public".

    Caveats
    -------
    On duty is not at the place. Shares compare hours, not numbers: see the harm beside them.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> shortfall = hs.find_shortfall(run.hotspots, run.found.week, run.plan.capacity)
    >>> drawn = map_shortfall(shortfall, run.areas, simulated=True)
    >>> drawn.get_root().title
    'Harm outside every tour of duty'
    """
    if not isinstance(shortfall, Shortfall):
        rule = "what hs.find_shortfall gave"  # type: ignore[unreachable]
        raise invalid("shortfall", type(shortfall).__name__, rule)
    check_marking(marking)
    if marking == "public":
        rule = "one of restricted, partner"
        raise invalid("marking", marking, rule, "Single hotspots may not be published.")
    check_areas(areas)
    check_polygons(areas, AREAS)
    table = SHORTFALL.for_audience(shortfall.table, marking)
    check_polygons(table, SHORTFALL)
    by_area = shortfall.by_area
    page = fill(
        "shortfall.html",
        title=title,
        said=said,
        marking=marking,
        simulated=simulated,
        classes=_legend(),
        rows=[_row(row) for _, row in pd.concat([by_area.tail(1), by_area.head(-1)]).iterrows()],
        notes=list(notes),
    )
    # Leaflet takes its largest zoom from the tiles; without tiles it has to be told.
    drawn = folium.Map(
        tiles=None, maxZoom=19, zoomSnap=0.25, font_size="1rem", attributionControl=False
    )
    drawn.default_js = [link for link in drawn.default_js if link[0] == "leaflet"]
    drawn.default_css = [link for link in drawn.default_css if link[0] == "leaflet_css"]
    figure = cast("Figure", drawn.get_root())
    figure.title = html.escape(title)
    shares = by_area["share_outside"].reindex(areas.index)
    drawn.add_child(
        _layer(
            "areas",
            areas.geometry,
            [_colour(share) for share in shares],
            [
                _words(str(name), by_area.loc[code] if code in by_area.index else None)
                for code, name in areas["name"].items()
            ],
            edge="#4a5560",
        )
    )
    drawn.add_child(
        _layer(
            "hotspots",
            table.geometry,
            [_colour(share) for share in table["share_outside"]],
            [_words(str(row["name"]), row) for _, row in table.iterrows()],
            edge="#111",
        )
    )
    west, south, east, north = to_degrees(areas.geometry).total_bounds
    drawn.fit_bounds([[south, west], [north, east]], padding=(10, 10))
    drawn.add_child(StillPage(page))
    return drawn


def _layer(
    name: str, ground: gpd.GeoSeries, colours: list[str], words: list[str], *, edge: str
) -> folium.GeoJson:
    facts = [{"colour": colour, "words": said} for colour, said in zip(colours, words, strict=True)]

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        colour = feature["properties"]["colour"]
        return {"fillColor": colour, "fillOpacity": 1, "color": edge, "weight": 1.5}

    tooltip = folium.GeoJsonTooltip(["words"], labels=False, class_name="words", sticky=True)
    return folium.GeoJson(
        features_of(ground, facts), name=name, style_function=style, tooltip=tooltip
    )


def _words(name: str, row: Any) -> str:  # noqa: ANN401 (a row of a table, or none)
    """Say what a place has, as text that a page can hold."""
    if row is None:
        return inert(f"{html.escape(name)}: no hotspot.")
    harm = f"{rate(row['harm_per_week'])} harm points a week"
    said = f"{name}: {percent(row['share_outside'])} of {harm} outside every tour."
    if "teams" in row.index:
        said += f" Teams: {row['teams']}." if row["teams"] else " No team covers it."
    return inert(html.escape(said))


def _row(row: Any) -> dict[str, str]:  # noqa: ANN401 (a row of a table)
    return {
        "area": str(row["area"]),
        "n": f"{row['n_hotspots']:,}",
        "harm": rate(row["harm_per_week"]),
        "share": percent(row["share_outside"]),
    }


def _colour(share: float) -> str:
    """Give the colour of a share, grey where there is none."""
    if np.isnan(share):
        return _NONE
    return PALETTE[min(int(share / _STEP + 1e-9), len(PALETTE) - 1)]


def _legend() -> list[tuple[str, str]]:
    edges = [round(100 * _STEP * number) for number in range(len(PALETTE) + 1)]
    labels = [f"{low} to under {high} %" for low, high in pairwise(edges[:-1])]
    return list(zip(PALETTE, [*labels, f"{edges[-2]} to 100 %"], strict=True))[::-1]
