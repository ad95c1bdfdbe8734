"""The map of hotspots for a tasking meeting: the ground, the ranked list, and what each rests on.

Rows are put into words and colours in EPSG:27700 and turned into longitude and latitude at the last
line; the page needs no tiles, no fonts and no network.
"""

from __future__ import annotations

import dataclasses
import html
import logging
from typing import TYPE_CHECKING, Any, Final, cast

import folium
import geopandas as gpd

from hotspots.errors import invalid
from hotspots.maps import judged
from hotspots.maps.classes import classify_expected, make_classes, text_colour
from hotspots.maps.layers import check_polygons, features_of, to_degrees
from hotspots.maps.page import Page, fill, inert
from hotspots.maps.popups import NO_HOURS, Words, describe_hotspot
from hotspots.tables import AREAS, HOTSPOTS, check_areas, check_marking

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from branca.element import Figure

    from hotspots.maps.classes import Classes
    from hotspots.tables import Marking

_LOG = logging.getLogger(__name__)

_AREA_STYLE: Final = {"fillColor": "#fff", "fillOpacity": 1, "color": "#4a5560", "weight": 1.3}

_EXCLUDED_STYLE: Final = {
    "fillColor": "#777",
    "fillOpacity": 0.12,
    "color": "#555",
    "weight": 2,
    "dashArray": "6 5",
}


def map_hotspots(
    hotspots: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    title: str = "Hotspots",
    notes: Sequence[str] = (),
    changes: Sequence[str] = (),
    track_record: str = "",
    gone: gpd.GeoDataFrame | None = None,
    as_of: dt.date | str | None = None,
    data: str = "",
    marking: Marking = "restricted",
    simulated: bool = False,
    judgements: gpd.GeoDataFrame | None = None,
) -> folium.Map:
    """Draw hotspots over the outlines of their areas, with a ranked list beside the map.

    Each hotspot is drawn as the ground to walk, in one of five colours for the reports to expect
    there a week, with a pin that carries its rank. A click on it, or on its entry in the list,
    opens what an officer asks: why here, when, how many, and how sure. Write the page with
    `save_map`; it opens without a network.

    Parameters
    ----------
    hotspots : GeoDataFrame
        A hotspots table, EPSG:27700. May be empty. Columns that the marking does not carry may be
        absent.
    areas : GeoDataFrame
        An areas table, EPSG:27700: the boroughs or teams to outline and to group the list by.
    title : str
        Heading of the page.
    notes : sequence of str
        What was left out and why, one sentence each; also the source of the outlines.
    changes : sequence of str
        What has changed since the last list, one sentence each.
    track_record : str
        How the last list did, in a few words: stands above the changes, which open by a click.
    gone : GeoDataFrame, optional
        The hotspots of the last list that are on this one no more: named under their area.
    as_of : date or str, optional
        Last day of the data.
    data : str
        What the data is: source, number, period.
    marking : {"restricted", "partner"}
        Who may receive the page. Columns for a narrower audience do not reach it.
    simulated : bool
        Whether to say in a banner that the data is invented. The banner also appears when the
        source of any hotspot says so.
    judgements : GeoDataFrame, optional
        A judgements table: a list of them stands on the page, the hotspots that they concern are
        marked, and excluded ground is outlined.

    Returns
    -------
    folium.Map
        Without tiles; layers "areas", "hotspots" and "excluded".

    Raises
    ------
    InputError
        If the marking is "public", or a geometry is empty, not a polygon or outside Great Britain,
        or `notes` or `changes` is one string.
    TableError
        If a table breaks its schema, or has a column of which nobody said who may see it.

    Notes
    -----
    Colour classes are quantiles of the listed hotspots, rounded; the legend states them.
    Coordinates are converted by OSTN15 and rounded to about 0.1 m.

    Caveats
    -------
    The colours compare expected reports a week in each hotspot's own hours, not in all hours, and
    ranks compare within one area only. Reports are what people told the police, not what happened.
    There is no street map underneath: without a network there are no tiles.

    Examples
    --------
    >>> import datetime as dt
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from hotspots.tables import HOTSPOTS
    >>> areas = gpd.GeoDataFrame(
    ...     {"name": ["Camden"]},
    ...     index=["E09000007"],
    ...     geometry=[box(525000, 181000, 531000, 188000)],
    ...     crs="EPSG:27700",
    ... )
    >>> drawn = map_hotspots(HOTSPOTS.empty(), areas, as_of=dt.date(2025, 8, 31))
    >>> drawn.get_root().title
    'Hotspots'

    No column of the hotspots table may be published:

    >>> map_hotspots(HOTSPOTS.empty(), areas, marking="public")
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: Invalid marking 'public'. Must be one of restricted, partner...
    """
    shown = _for_page(hotspots, marking)
    decided = judged.for_page(judgements, marking)
    check_areas(areas)
    check_polygons(areas, AREAS)
    for name, sentences in (("notes", notes), ("changes", changes)):
        if isinstance(sentences, str):
            raise invalid(name, sentences, "a list of sentences", f"Write [{name}].")

    classes = make_classes(shown["expected_per_week"])
    if classes.labels:
        _LOG.info("Colour classes of expected_per_week: %s", "; ".join(classes.labels))
    entries = _entries(shown, classes, judged.marks(decided))
    page = fill(
        "page.html",
        title=title,
        marking=marking,
        as_of=_date_in_words(as_of),
        data=data,
        simulated=simulated or bool(shown["source"].str.contains("simulated").any()),
        notes=list(notes),
        judgements=judged.describe_judgements(decided),
        changes=list(changes),
        track_record=track_record,
        classes=list(zip(classes.colours, classes.labels, strict=True))[::-1],
        **_hours_in_words(entries),
        **_grouped(entries, shown, areas, gone),
    )
    excluded = decided[decided["action"] == "exclude"]
    return _assemble(entries, shown, areas, excluded, page, title)


@dataclasses.dataclass(frozen=True)
class _Entry:
    """One hotspot as the page shows it."""

    words: Words
    level: int
    colour: str

    @property
    def text(self) -> str:
        """Colour of text on its colour."""
        return text_colour(self.colour)


def _for_page(hotspots: gpd.GeoDataFrame, marking: Marking) -> gpd.GeoDataFrame:
    """Check the table and keep what the marking may carry."""
    if not isinstance(hotspots, gpd.GeoDataFrame):
        name = "hotspots"
        raise invalid(
            name,
            type(hotspots).__name__,
            "a hotspots table",
            "Use the table of hs.find_hotspots or the hotspots of hs.analyse.",
        )
    check_marking(marking)
    columns = set(HOTSPOTS.for_audience(HOTSPOTS.empty(), marking).columns)
    if "geometry" not in columns:
        name = "marking"
        raise invalid(
            name,
            marking,
            "one of restricted, partner",
            "A hotspot is small ground with few reports, so no column of the hotspots table may "
            "be published.",
        )
    carried = tuple(column for column in HOTSPOTS.columns if column.name in columns)
    shown = HOTSPOTS.for_audience(hotspots, marking)
    dataclasses.replace(HOTSPOTS, columns=carried).validate(shown)
    check_polygons(shown, HOTSPOTS)
    return shown


def _entries(shown: gpd.GeoDataFrame, classes: Classes, marks: dict[str, str]) -> list[_Entry]:
    levels = classify_expected(shown["expected_per_week"], classes)
    return [
        _Entry(
            describe_hotspot(row, classes, marks.get(str(label), "")), level, classes.colours[level]
        )
        for (label, row), level in zip(shown.iterrows(), levels, strict=True)
    ]


def _date_in_words(day: dt.date | str | None) -> str:
    if day is None or isinstance(day, str):
        return day or ""
    return f"{day.day} {day:%B %Y}"


def _hours_in_words(entries: list[_Entry]) -> dict[str, Any]:
    """Say which hours the colours compare."""
    monthly = [entry.words.hours == NO_HOURS for entry in entries]
    if not any(monthly):
        when = "in each hotspot's own hours"
    elif all(monthly):
        when = f"at any hour ({NO_HOURS})"
    else:
        when = f"in its own hours, or at any hour where there are {NO_HOURS}"
    return {"when": when, "has_hours": not all(monthly)}


def _grouped(
    entries: list[_Entry],
    shown: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    gone: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    """Group the list by area, areas by name, and name the areas without a hotspot."""
    was: dict[str, list[str]] = {}
    for _, row in (shown.iloc[:0] if gone is None else gone).iterrows():
        was.setdefault(str(row["borough"]), []).append(f"{row['name']} ({row['grid_ref']})")
    names = {str(area_id): str(name) for area_id, name in areas["name"].items()}
    by_area: dict[str, list[tuple[int, _Entry]]] = {}
    for entry, area_id, rank in zip(entries, shown["borough"], shown["rank"], strict=True):
        by_area.setdefault(str(area_id), []).append((int(rank), entry))
    groups = [
        {
            "area_id": area_id,
            "name": names.get(area_id, area_id),
            "entries": [entry for _, entry in sorted(listed, key=lambda pair: pair[0])],
            "gone": was.get(area_id, []),
        }
        for area_id, listed in ((each, by_area.get(each, [])) for each in by_area | was)
    ]
    return {
        "groups": sorted(groups, key=lambda group: str(group["name"])),
        "without": sorted(name for area_id, name in names.items() if area_id not in by_area),
    }


def _assemble(
    entries: list[_Entry],
    shown: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    excluded: gpd.GeoDataFrame,
    page: str,
    title: str,
) -> folium.Map:
    """Put layers and page on a folium map; the only place with longitude and latitude."""
    hotspot_layer = folium.GeoJson(
        features_of(
            shown.geometry,
            [
                {
                    "name": inert(entry.words.name),
                    "rank": entry.words.rank,
                    "class": entry.level,
                    "colour": entry.colour,
                    "text": entry.text,
                    "popup": fill(
                        "popup.html", words=entry.words, colour=entry.colour, text=entry.text
                    ),
                }
                for entry in entries
            ],
        ),
        name="hotspots",
        style_function=_hotspot_style,
    )
    area_layer = folium.GeoJson(
        features_of(areas.geometry, [{"name": inert(str(name))} for name in areas["name"]]),
        name="areas",
        style_function=lambda _: _AREA_STYLE,
    )
    excluded_layer = folium.GeoJson(
        features_of(
            excluded.geometry,
            [
                {"popup": fill("judgement.html", judgement=words)}
                for words in judged.describe_judgements(excluded)
            ],
        ),
        name="excluded",
        style_function=lambda _: _EXCLUDED_STYLE,
    )
    # Leaflet takes its largest zoom from the tiles; without tiles it has to be told.
    drawn = folium.Map(
        tiles=None, maxZoom=19, zoomSnap=0.25, font_size="1rem", attributionControl=False
    )
    # Of the files that folium links to, GeoJson layers need Leaflet only.
    drawn.default_js = [link for link in drawn.default_js if link[0] == "leaflet"]
    drawn.default_css = [link for link in drawn.default_css if link[0] == "leaflet_css"]
    figure = cast("Figure", drawn.get_root())
    figure.title = html.escape(title)
    drawn.add_child(area_layer)
    drawn.add_child(excluded_layer)
    drawn.add_child(hotspot_layer)
    west, south, east, north = to_degrees(areas.geometry).total_bounds
    drawn.fit_bounds([[south, west], [north, east]], padding=(10, 10))
    drawn.add_child(Page(page, drawn, area_layer, hotspot_layer, excluded_layer))
    return drawn


def _hotspot_style(feature: dict[str, Any]) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    return {"fillColor": colour, "fillOpacity": 1, "color": "#222", "weight": 1.5}
