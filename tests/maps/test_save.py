"""Saving: one file, complete in itself, whole or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import folium
import pytest
from branca.element import Element
from folium.plugins import MarkerCluster

from hotspots.errors import InputError, OutputError
from hotspots.maps import map_hotspots, save_map
from hotspots.maps.save import make_page

if TYPE_CHECKING:
    from pathlib import Path

GEOJSON: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "see http://example.org/a.png"},
            "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
        }
    ],
}


@pytest.fixture
def plain() -> folium.Map:
    """Give an analyst's own folium map: GeoJson with tooltip and popup, no tiles."""
    drawn = folium.Map([51.5, -0.1], tiles=None, maxZoom=19)
    folium.GeoJson(
        GEOJSON,
        tooltip=folium.GeoJsonTooltip(["name"]),
        popup=folium.GeoJsonPopup(["name"]),
    ).add_to(drawn)
    return drawn


@pytest.fixture
def drawn(make_areas: Any, make_hotspots: Any) -> folium.Map:
    """Give a map of hotspots."""
    areas = make_areas(["Camden"])
    return map_hotspots(make_hotspots(areas), areas)


class TestByHand:
    """What the file holds."""

    def test_head(self, drawn: folium.Map) -> None:
        """Language, encoding, policy and title stand in the head, the policy before any script."""
        page = make_page(drawn)
        assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
        assert "default-src 'none'; script-src 'unsafe-inline'" in page.split("<script")[0]
        assert "<title>Hotspots</title>" in page.split("</head>")[0]
        assert '<link rel="icon" href="data:,">' in page  # or browsers ask a server for one

    def test_nothing_is_linked(self, drawn: folium.Map, plain: folium.Map) -> None:
        """No script and no style sheet comes from elsewhere; Leaflet is inside, with licence."""
        for map_ in (drawn, plain):
            page = make_page(map_)
            assert not re.search(r"<script[^>]+src=|<link(?! rel=\"icon\")", page)
            assert "cdn" not in page
            assert "Leaflet 1.9.4" in page
            assert "BSD 2-Clause License" in page
            assert "sourceMappingURL" not in page
            assert "url(images/" not in page

    def test_file(self, drawn: folium.Map, tmp_path: Path) -> None:
        """The file is the page in UTF-8, with nothing left beside it."""
        path = save_map(drawn, str(tmp_path / "map.html"))
        assert path == tmp_path / "map.html"
        assert path.read_bytes() == make_page(drawn).encode("utf-8")
        assert list(tmp_path.iterdir()) == [path]

    def test_a_map_without_title_gets_one(self, plain: folium.Map) -> None:
        """A folium map has no title; a page must have one."""
        assert "<title>Map</title>" in make_page(plain)


class TestEdges:
    """Replacing, repeating, text that looks like a link."""

    def test_existing_file_is_replaced(self, drawn: folium.Map, tmp_path: Path) -> None:
        """A second run replaces the first."""
        path = tmp_path / "map.html"
        path.write_text("old", encoding="utf-8")
        save_map(drawn, path)
        assert path.stat().st_size > 100_000

    def test_urls_in_text_are_text(self, make_areas: Any, make_hotspots: Any) -> None:
        """An address in a note, a name or a location loads nothing and is kept."""
        areas = make_areas(["Camden"])
        address = 'L.tileLayer("https://example.org/a.png") url(//example.org) @import "x"'
        hotspots = make_hotspots(areas, 1, location=address, name=address)
        page = make_page(map_hotspots(hotspots, areas, notes=[address], title=address))
        assert page.count("example.org") >= 6

    def test_markers_have_their_image_inside(self, plain: folium.Map) -> None:
        """A plain marker needs Leaflet's image, which is in the page."""
        folium.Marker([51.5, -0.1]).add_to(plain)
        assert 'iconUrl: "data:image/png;base64,' in make_page(plain)


class TestRelations:
    """The same map gives the same file."""

    def test_identical_runs_give_identical_pages(self, make_areas: Any, make_hotspots: Any) -> None:
        """Folium's random ids do not reach the page."""
        areas = make_areas(["Camden"])
        pages = [make_page(map_hotspots(make_hotspots(areas), areas)) for _ in range(2)]
        assert pages[0] == pages[1]
        assert not re.search(r"\b[a-z_]+_[0-9a-f]{32}\b", pages[0])

    def test_saving_twice_gives_the_same(self, drawn: folium.Map) -> None:
        """Rendering leaves the map as it was."""
        assert make_page(drawn) == make_page(drawn)

    def test_ids_of_the_user_are_kept(self, make_areas: Any, make_hotspots: Any) -> None:
        """A key that looks like one of folium's random ids is data and stays."""
        areas = make_areas(["Camden"])
        key = "0123456789abcdef0123456789abcdef"
        hotspots = make_hotspots(areas, 1)
        hotspots.index = [key]
        assert f'data-hotspot="{key}"' in make_page(map_hotspots(hotspots, areas))


class TestMessages:
    """What cannot be saved, and what is left behind then."""

    def test_tiles(self, tmp_path: Path) -> None:
        """Tiles come from a server; nothing is written."""
        with pytest.raises(InputError, match=r"(?s)would load.*- https://tile.*tiles=None"):
            save_map(folium.Map([51.5, -0.1]), tmp_path / "map.html")
        assert list(tmp_path.iterdir()) == []

    def test_plugin(self, plain: folium.Map) -> None:
        """A plugin whose files are not shipped is named."""
        MarkerCluster([[51.5, -0.1]]).add_to(plain)
        with pytest.raises(InputError, match=r"(?s)does not ship.*- leaflet\.markercluster\.js"):
            make_page(plain)

    def test_popup_that_needs_jquery(self, plain: folium.Map) -> None:
        """Folium's plain popup calls jQuery, which is not shipped."""
        folium.Marker([51.5, -0.1], popup="here").add_to(plain)
        with pytest.raises(InputError, match=r"(?s)- jquery-\d.*GeoJsonPopup"):
            make_page(plain)

    def test_icon_that_needs_a_font(self, plain: folium.Map) -> None:
        """Folium's Icon needs Awesome Markers and their fonts."""
        folium.Marker([51.5, -0.1], icon=folium.Icon(icon="home")).add_to(plain)
        with pytest.raises(InputError, match=r"- leaflet\.awesome-markers\.js"):
            make_page(plain)

    @pytest.mark.parametrize(
        "html",
        [
            '<img src="http://example.org/a.png">',
            '<img src="//example.org/a.png">',
            "<img src=a.png>",
            '<img srcset="https://example.org/a.png 2x">',
            '<iframe src="https://example.org/"></iframe>',
            '<object data="https://example.org/a"></object>',
            '<svg><use href="https://example.org/a.svg#b"></use></svg>',
            "<p style=\"background: url('https://example.org/a.png')\">a</p>",
            "<style>p { background: url(//example.org/a.png) }</style>",
            '<style>@import "https://example.org/a.css";</style>',
            "<script src='https://example.org/a.js'></script>",
            "<script>L.imageOverlay('https://example.org/a.png', [[1, 1], [2, 2]])</script>",
        ],
    )
    def test_anything_that_loads_is_refused(self, plain: folium.Map, html: str) -> None:
        """Whatever a browser would load is found and named."""
        plain.get_root().html.add_child(Element(html))  # type: ignore[attr-defined]
        with pytest.raises(InputError, match=r"would load what is not in the file:\n- .*a|example"):
            make_page(plain)

    def test_links_to_click_on_are_allowed(self, plain: folium.Map) -> None:
        """A link loads nothing until somebody clicks on it."""
        plain.get_root().html.add_child(Element('<a href="https://example.org/">a</a>'))  # type: ignore[attr-defined]
        assert "https://example.org/" in make_page(plain)

    def test_not_a_map(self, tmp_path: Path) -> None:
        """Only a folium map can be saved."""
        with pytest.raises(InputError, match="Invalid map_ 'str'. Must be a folium.Map"):
            save_map("map", tmp_path / "map.html")  # type: ignore[arg-type]

    def test_wrong_ending(self, drawn: folium.Map, tmp_path: Path) -> None:
        """A file without the ending would not open on a double click."""
        with pytest.raises(InputError, match="Invalid path .* Must be a file name that ends in"):
            save_map(drawn, tmp_path / "map")

    def test_missing_folder(self, drawn: folium.Map, tmp_path: Path) -> None:
        """A folder that does not exist is not made in silence."""
        with pytest.raises(OutputError, match=r"Cannot write .*no.map\.html.*Create the folder"):
            save_map(drawn, tmp_path / "no" / "map.html")

    def test_failed_write_keeps_the_old_file(
        self, drawn: folium.Map, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the disk is full, the old file is unchanged and no part is left."""
        path = tmp_path / "map.html"
        path.write_text("old", encoding="utf-8")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OutputError, match="No space left on device"):
            save_map(drawn, path)
        assert path.read_text(encoding="utf-8") == "old"
        assert list(tmp_path.iterdir()) == [path]
