"""The map: what reaches its layers and its page."""

from __future__ import annotations

import datetime as dt
import logging
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import folium
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import box
from shapely.geometry import Point, shape

from hotspots.areas import load_boroughs, to_longitude_latitude
from hotspots.errors import InputError, TableError
from hotspots.maps import map_hotspots, save_map
from hotspots.maps.classes import PALETTE
from hotspots.maps.save import make_page
from hotspots.tables import CRS, HOTSPOTS

if TYPE_CHECKING:
    from pathlib import Path

Make = Any  # a function that makes a table, see conftest.py
NASTY = '</script><img src=x onerror="window.hit=1"></div>\'`${7*7}<!--&amp;\\'


def layer(drawn: folium.Map, name: str) -> folium.GeoJson:
    """Give a layer of the map by its name."""
    found = [
        child
        for child in drawn._children.values()
        if isinstance(child, folium.GeoJson) and child.layer_name == name
    ]
    assert len(found) == 1
    return found[0]


def features(drawn: folium.Map, name: str) -> list[dict[str, Any]]:
    """Give the features that reached a layer."""
    return list(layer(drawn, name).data["features"])


class Structure(HTMLParser):
    """Tags and attribute names of a page, and its text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        self.texts = [text for text in self.texts if text]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and the names of its attributes."""
        self.tags.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Keep the end tag."""
        self.tags.append(("/" + tag,))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        if self.tags and self.tags[-1][0] not in {"script", "style"}:
            self.texts.append(data.strip())


class TestByHand:
    """What reached the layers, compared with the tables."""

    def test_hotspot_layer(self, make_areas: Make, make_hotspots: Make) -> None:
        """The layer has every hotspot with its id, rank, class, colour and place."""
        areas = make_areas(["Camden", "Brent"])
        hotspots = make_hotspots(
            areas, 5, expected_per_week=[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        ).iloc[::-1]
        drawn = features(map_hotspots(hotspots, areas), "hotspots")
        assert [feature["id"] for feature in drawn] == list(hotspots.index)
        assert [feature["properties"]["rank"] for feature in drawn] == ["5", "4", "3", "2", "1"] * 2
        levels = [feature["properties"]["class"] for feature in drawn]
        assert levels == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]  # breaks 3, 5, 7, 9
        assert [feature["properties"]["colour"] for feature in drawn] == [
            PALETTE[level] for level in levels
        ]
        for feature, ground in zip(drawn, hotspots.geometry, strict=True):
            longitude, latitude = to_longitude_latitude([ground.centroid.x], [ground.centroid.y])
            centre = shape(feature["geometry"]).centroid
            assert (centre.x, centre.y) == pytest.approx((longitude[0], latitude[0]), abs=2e-6)

    def test_style_is_the_colour_of_the_class(self, make_areas: Make, make_hotspots: Make) -> None:
        """The ground is filled with the colour that the legend shows."""
        areas = make_areas(["Camden"])
        hotspots = layer(map_hotspots(make_hotspots(areas, 3), areas), "hotspots")
        for feature in hotspots.data["features"]:
            style = hotspots.style_function(feature)
            assert style["fillColor"] == feature["properties"]["colour"]
            assert style["fillOpacity"] == 1

    def test_map_without_tiles(self, make_areas: Make, make_hotspots: Make) -> None:
        """There are no tiles, so the largest zoom is stated; Leaflet would zoom without end."""
        areas = make_areas(["Camden"])
        drawn = map_hotspots(make_hotspots(areas), areas)
        assert drawn.options["maxZoom"] == 19
        assert not [
            child for child in drawn._children.values() if isinstance(child, folium.TileLayer)
        ]

    def test_area_layer_carries_the_name_only(self, make_areas: Make, make_hotspots: Make) -> None:
        """Other columns of the areas stay behind."""
        areas = make_areas(["Camden", "Brent"]).assign(population=210_000.0, secret="x")  # noqa: S106
        drawn = features(map_hotspots(make_hotspots(areas, 1), areas), "areas")
        assert [feature["properties"]["name"] for feature in drawn] == ["Camden", "Brent"]
        assert all(set(feature["properties"]) == {"name", "middle"} for feature in drawn)

    def test_middles_lie_on_the_ground(self, make_areas: Make, make_hotspots: Make) -> None:
        """Pins and labels stand on their polygon, also where the centroid does not."""
        areas = make_areas(["Camden"])
        corner = box(521_000, 171_000, 521_900, 171_150) | box(521_000, 171_000, 521_150, 171_900)
        hotspots = make_hotspots(areas, 1).set_geometry([corner], crs=CRS)
        for feature in features(map_hotspots(hotspots, areas), "hotspots"):
            latitude, longitude = feature["properties"]["middle"]
            assert shape(feature["geometry"]).contains(Point(longitude, latitude))

    def test_list_is_grouped_and_ranked(self, make_areas: Make, make_hotspots: Make) -> None:
        """Areas stand in the order of their names, hotspots in the order of rank."""
        areas = make_areas(["Camden", "Barnet", "Sutton"])
        hotspots = make_hotspots(areas, 2).iloc[::-1]
        hotspots = hotspots[hotspots["borough"] != "E00000003"]
        texts = Structure(make_page(map_hotspots(hotspots, areas))).texts
        names = [
            text for text in texts if text.startswith(("Camden", "Barnet")) and text[-1] in "12"
        ]
        assert names == ["Barnet 1", "Barnet 2", "Camden 1", "Camden 2"]
        assert "No hotspots listed: Sutton." in texts

    def test_head_of_the_page(self, make_areas: Make, make_hotspots: Make) -> None:
        """Title, date, data, marking and notes are on the page."""
        areas = make_areas(["Camden"])
        page = make_page(
            map_hotspots(
                make_hotspots(areas),
                areas,
                title="ASB in Camden",
                as_of=dt.date(2025, 8, 31),
                data="300 reports",
                notes=["Clusters were left out."],
            )
        )
        texts = Structure(page).texts
        assert "<title>ASB in Camden</title>" in page
        assert "Up to 31 August 2025 · 300 reports" in texts
        assert "RESTRICTED" in texts
        assert "Clusters were left out." in texts
        assert "SIMULATED DATA" not in texts

    def test_since_the_last_list(self, make_areas: Make, make_hotspots: Make) -> None:
        """What has changed has a section, what is new a mark, what is gone a line."""
        areas = make_areas(["Camden", "Barnet"])
        hotspots = make_hotspots(areas, 2)
        gone = hotspots[hotspots["area"] == "Camden"].assign(name=["Old 4", "Old 7"])
        changes, record = ["Since then: 2 gone."], "it held 5 %"
        drawn = map_hotspots(hotspots, areas, changes=changes, track_record=record, gone=gone)
        texts = Structure(make_page(drawn)).texts
        assert "Since the last list" in texts
        assert "Since then: 2 gone." in texts
        assert record in texts
        assert texts.count("new") == 2
        said = next(text for text in texts if text.startswith("Of the last list, on this one no"))
        assert "Old 4 (TQ " in said
        assert "Old 7 (TQ " in said
        popups = [each["properties"]["popup"] for each in features(drawn, "hotspots")]
        assert [Structure(popup).texts.count("new") for popup in popups] == [1, 0, 1, 0]
        first = Structure(make_page(map_hotspots(hotspots, areas))).texts
        assert "Since the last list" not in first

    def test_legend(self, make_areas: Make, make_hotspots: Make) -> None:
        """The legend states the classes and how they mislead."""
        areas = make_areas(["Camden", "Brent"])
        hotspots = make_hotspots(areas, 5, expected_per_week=[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        texts = Structure(make_page(map_hotspots(hotspots, areas))).texts
        for words in (
            "9.0 or more",
            "7.0 to under 9.0",
            "under 3.0",
            "in each hotspot's own hours",
        ):
            assert words in texts
        told = " ".join(" ".join(texts).split())
        assert "Ranks compare within an area" in told
        assert "counts only a hotspot's own hours" in told
        assert "what was recorded, not what happened" in told


class TestEdges:
    """Monthly, empty, one row, simulated, not stated."""

    def test_monthly(self, make_areas: Make, make_hotspots: Make) -> None:
        """Without hours the legend and the list say so."""
        areas = make_areas(["Camden"])
        drawn = map_hotspots(make_hotspots(areas, 2, monthly=True), areas)
        texts = Structure(make_page(drawn)).texts
        assert "at any hour (no hours: monthly data)" in texts
        assert texts.count("no hours: monthly data") == 2
        assert not any("own hours" in text for text in texts)
        popup = features(drawn, "hotspots")[0]["properties"]["popup"]
        assert "no hours: monthly data" in popup

    def test_some_without_hours(self, make_areas: Make, make_hotspots: Make) -> None:
        """A mixture is named as such."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2)
        hotspots["hours"] = hotspots["hours"].mask(hotspots["rank"] == 2)
        texts = Structure(make_page(map_hotspots(hotspots, areas))).texts
        assert "in its own hours, or at any hour where there are no hours: monthly data" in texts

    def test_empty(self, make_areas: Make) -> None:
        """No hotspots give a map of the areas that says so."""
        areas = make_areas(["Camden", "Brent"])
        drawn = map_hotspots(HOTSPOTS.empty(), areas, notes=["Too few reports."])
        assert features(drawn, "hotspots") == []
        assert len(features(drawn, "areas")) == 2
        texts = " ".join(" ".join(Structure(make_page(drawn)).texts).split())
        assert "No hotspots are listed." in texts
        assert "No hotspots listed: Brent, Camden." in texts

    def test_one_row(self, make_areas: Make, make_hotspots: Make) -> None:
        """One hotspot is one class."""
        areas = make_areas(["Camden"])
        drawn = map_hotspots(make_hotspots(areas, 1, expected_per_week=[1.4]), areas)
        assert features(drawn, "hotspots")[0]["properties"]["class"] == 0
        assert "1.4" in Structure(make_page(drawn)).texts

    def test_simulated(self, make_areas: Make, make_hotspots: Make) -> None:
        """Invented data carries a banner."""
        areas = make_areas(["Camden"])
        page = make_page(map_hotspots(make_hotspots(areas), areas, simulated=True))
        assert "SIMULATED DATA" in Structure(page).texts

    def test_simulated_source(self, make_areas: Make, make_hotspots: Make) -> None:
        """The banner cannot be forgotten where the table itself says that it is simulated."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2, source=["cad", "cad, simulated"])
        assert "SIMULATED DATA" in Structure(make_page(map_hotspots(hotspots, areas))).texts

    def test_date_not_stated(self, make_areas: Make, make_hotspots: Make) -> None:
        """A page without date and source says that they are missing."""
        areas = make_areas(["Camden"])
        texts = Structure(make_page(map_hotspots(make_hotspots(areas), areas))).texts
        assert "Up to a date that was not stated · data not described" in texts

    def test_unknown_area(self, make_areas: Make, make_hotspots: Make) -> None:
        """A hotspot of an area that is not drawn is listed under the area's code."""
        areas = make_areas(["Camden", "Brent"])
        drawn = map_hotspots(make_hotspots(areas, 1), areas.iloc[:1])
        assert "E00000002" in Structure(make_page(drawn)).texts

    def test_braces_are_not_a_template(self, make_areas: Make, make_hotspots: Make) -> None:
        """Template marks in data are not run, in the file and in a notebook."""
        marks = "{{ 6*7 }}{% raw %}{# gone #}{{{"
        areas = make_areas([marks])
        areas.index = [marks]
        hotspots = make_hotspots(areas, 1, location=marks, name=marks)
        drawn = map_hotspots(hotspots, areas, title=marks, notes=[marks])
        for page in (make_page(drawn), drawn.get_root().render()):
            assert page.count("{ { 6*7 }}{ % raw %}{ # gone #}{ { {") >= 6
            assert f"<title>{marks}</title>" in page
            assert (
                "42" not in "".join(Structure(page.split("</head>")[1]).texts).split("var map")[0]
            )

    def test_inputs_are_not_changed(self, make_areas: Make, make_hotspots: Make) -> None:
        """Drawing leaves both tables as they were."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas)
        before = hotspots.copy(), areas.copy()
        map_hotspots(hotspots, areas, marking="partner")
        assert_geodataframe_equal(hotspots, before[0])
        assert_geodataframe_equal(areas, before[1])


class TestEscaping:
    """Data cannot become markup or script."""

    @pytest.fixture
    def pages(self, make_areas: Make, make_hotspots: Make) -> list[folium.Map]:
        """Give two maps that differ in their texts only: harmless and nasty."""
        maps = []
        for text in ("harmless", NASTY):
            areas = make_areas([text])
            names = ("name", "location", "grid_ref", "hours", "main_type", "main_heading", "why")
            words = dict.fromkeys((*names, "since_last"), text)
            hotspots = make_hotspots(areas, 2, **words)
            hotspots.index = [f"{text} 1", f"{text} 2"]
            maps.append(
                map_hotspots(
                    hotspots,
                    areas,
                    title=text,
                    data=text,
                    notes=[text],
                    changes=[text],
                    gone=hotspots,
                    as_of=text,
                )
            )
        return maps

    def test_page(self, pages: list[folium.Map]) -> None:
        """Nasty texts change no tag and no attribute of the page."""
        harmless, nasty = (Structure(make_page(drawn)) for drawn in pages)
        assert nasty.tags == harmless.tags
        assert nasty.texts.count(NASTY) == harmless.texts.count("harmless") > 5

    def test_popup(self, pages: list[folium.Map]) -> None:
        """Nasty texts change no tag and no attribute of a popup."""
        harmless, nasty = (
            Structure(features(drawn, "hotspots")[0]["properties"]["popup"]) for drawn in pages
        )
        assert nasty.tags == harmless.tags
        assert nasty.texts.count(NASTY) == harmless.texts.count("harmless") == 4

    def test_scripts(self, pages: list[folium.Map]) -> None:
        """No text from data can close a script tag."""
        harmless, nasty = (make_page(drawn) for drawn in pages)
        assert nasty.count("</script") == harmless.count("</script")
        assert nasty.count("<!--") == harmless.count("<!--")


class TestMarkings:
    """What each audience receives."""

    RESTRICTED = (
        *("location", "top_caller_share", "top_point_share", "rank_without_top"),
        *("is_one_caller", "judgement", "why"),
    )

    def test_partner_page_does_not_depend_on_restricted_columns(
        self, make_areas: Make, make_hotspots: Make
    ) -> None:
        """Other restricted values give the same partner page, byte for byte."""
        areas = make_areas(["Camden"])
        one = make_hotspots(areas)
        other = one.assign(
            location="SECRET PLACE",
            why="SECRET REASON",
            judgement="SECRET JUDGEMENT",
            top_caller_share=0.4321,
            top_point_share=0.1234,
            is_one_caller=False,
        )
        partner = [
            make_page(map_hotspots(table, areas, marking="partner")) for table in (one, other)
        ]
        restricted = make_page(map_hotspots(other, areas))
        assert partner[0] == partner[1]
        for secret in ("SECRET PLACE", "SECRET REASON", r"43\u00a0%", r"12\u00a0%"):
            assert secret not in partner[1]
            assert secret in restricted

    def test_partner_table_without_restricted_columns(
        self, make_areas: Make, make_hotspots: Make
    ) -> None:
        """A table from which the columns were dropped before gives the same page."""
        areas = make_areas(["Camden"])
        full = make_hotspots(areas)
        dropped = HOTSPOTS.for_audience(full, "partner")
        assert set(full.columns) - set(dropped.columns) == set(self.RESTRICTED)
        pages = [
            make_page(map_hotspots(table, areas, marking="partner")) for table in (full, dropped)
        ]
        assert pages[0] == pages[1]
        assert "PARTNER" in Structure(pages[0]).texts
        assert "RESTRICTED" not in pages[0]


class TestRelations:
    """What does not depend on the order of rows, and what the whole of London weighs."""

    def test_row_order_does_not_matter_to_the_list(
        self, make_areas: Make, make_hotspots: Make
    ) -> None:
        """Shuffled rows give the same list and legend."""
        areas = make_areas(["Camden", "Brent"])
        hotspots = make_hotspots(areas)
        texts = [
            Structure(make_page(map_hotspots(table, areas))).texts
            for table in (hotspots, hotspots.iloc[::-1])
        ]
        assert texts[0] == texts[1]

    def test_size_of_london(self, make_hotspots: Make, tmp_path: Path) -> None:
        """Ten hotspots in each of 33 real outlines stay under 6 MB."""
        areas = load_boroughs(city=True)
        path = save_map(map_hotspots(make_hotspots(areas, 10), areas), tmp_path / "london.html")
        assert path.stat().st_size < 6_000_000

    def test_classes_are_logged(
        self, make_areas: Make, make_hotspots: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The chosen classes are announced."""
        areas = make_areas(["Camden"])
        with caplog.at_level(logging.INFO, logger="hotspots.maps"):
            map_hotspots(make_hotspots(areas, 1, expected_per_week=[1.4]), areas)
        assert "expected_per_week: 1.4" in caplog.text


class TestMessages:
    """What is refused, and how."""

    def test_public(self, make_areas: Make, make_hotspots: Make) -> None:
        """A public map has no hotspot columns."""
        areas = make_areas(["Camden"])
        with pytest.raises(InputError, match="Invalid marking 'public'. Must be one of restricted"):
            map_hotspots(make_hotspots(areas), areas, marking="public")

    def test_unknown_marking(self, make_areas: Make, make_hotspots: Make) -> None:
        """A misspelt marking is refused."""
        areas = make_areas(["Camden"])
        with pytest.raises(InputError, match="Invalid marking 'Partner'. Must be one of"):
            map_hotspots(make_hotspots(areas), areas, marking="Partner")

    def test_unknown_column(self, make_areas: Make, make_hotspots: Make) -> None:
        """A column of which nobody said who may see it does not reach the page."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas).assign(victim="x")
        with pytest.raises(TableError, match="Invalid column 'victim' in the hotspots table"):
            map_hotspots(hotspots, areas)

    def test_missing_column(self, make_areas: Make, make_hotspots: Make) -> None:
        """A restricted map needs the restricted columns."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas).drop(columns=["why", "n"])
        with pytest.raises(TableError, match=r"(?s)column 'n' is missing.*column 'why' is missing"):
            map_hotspots(hotspots, areas)

    def test_not_a_table(self, make_areas: Make) -> None:
        """A list of rows is not a hotspots table."""
        with pytest.raises(InputError, match="Invalid hotspots 'list'. Must be a hotspots table"):
            map_hotspots([], make_areas(["Camden"]))  # type: ignore[arg-type]

    def test_degrees(self, make_areas: Make, make_hotspots: Make) -> None:
        """Tables in longitude and latitude are refused, not guessed."""
        areas = make_areas(["Camden"])
        with pytest.raises(TableError, match="must be EPSG:27700"):
            map_hotspots(make_hotspots(areas).to_crs("EPSG:4326"), areas)

    def test_no_areas(self, make_areas: Make, make_hotspots: Make) -> None:
        """Without areas there is nothing to outline."""
        areas = make_areas(["Camden"])
        with pytest.raises(InputError, match="The areas table is empty"):
            map_hotspots(make_hotspots(areas), areas.iloc[:0])

    def test_points(self, make_areas: Make, make_hotspots: Make) -> None:
        """Ground is a polygon."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2)
        points = hotspots.set_geometry(hotspots.centroid)
        with pytest.raises(InputError, match="hotspots table has 2 rows without a polygon to draw"):
            map_hotspots(points, areas)

    def test_outside_great_britain(self, make_areas: Make, make_hotspots: Make) -> None:
        """Swapped or foreign coordinates are found before the browser stumbles over them."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 1)
        far = hotspots.set_geometry(hotspots.translate(2_000_000))
        with pytest.raises(InputError, match="reaches outside Great Britain"):
            map_hotspots(far, areas)

    def test_notes_as_one_string(self, make_areas: Make, make_hotspots: Make) -> None:
        """One string would become one note a letter."""
        areas = make_areas(["Camden"])
        with pytest.raises(InputError, match="Invalid notes 'None left out'. Must be a list"):
            map_hotspots(make_hotspots(areas), areas, notes="None left out")
        with pytest.raises(InputError, match="Invalid changes 'None'. Must be a list"):
            map_hotspots(make_hotspots(areas), areas, changes="None")
