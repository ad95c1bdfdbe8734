"""The saved page in a real browser that has no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
import pytest

from hotspots.areas import load_boroughs
from hotspots.maps import map_hotspots, save_map
from hotspots.tables import HOTSPOTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.browser

OVERLAPS = """() => {
    const boxes = (selector) => [...document.querySelectorAll(selector)]
        .map(element => element.getBoundingClientRect());
    const hit = (a, b) => a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom;
    const ours = boxes(".top, .simulated, .panel");
    return boxes(".leaflet-control, .leaflet-popup").filter(a => ours.some(b => hit(a, b))).length;
}"""


@pytest.fixture
def saved(make_areas: Any, make_hotspots: Any, tmp_path: Path) -> Callable[..., Path]:
    """Give a function that saves a map of two areas."""

    def save(hotspots: Any = None, **options: Any) -> Path:
        areas = make_areas(["Camden", "Brent", "Barnet", "Enfield"])
        table = make_hotspots(areas, 3) if hotspots is None else hotspots
        return save_map(map_hotspots(table, areas, **options), tmp_path / "map ü.html")

    return save


def check_quiet(look: Any, path: Path) -> None:
    """Nothing but the file was asked for, and nothing was complained about."""
    assert look.requests == [path.as_uri()]
    assert look.complaints == []


def test_the_watch_works(look_at: Any, tmp_path: Path) -> None:
    """A page that loads something is caught, so that silence below means something."""
    path = tmp_path / "loads.html"
    path.write_text('<img src="http://example.org/a.png">', encoding="utf-8")
    look = look_at(path)
    assert "http://example.org/a.png" in look.requests
    assert look.complaints


def test_click_on_a_hotspot(look_at: Any, saved: Callable[..., Path]) -> None:
    """A click on a pin opens the popup of that hotspot and marks it in the list."""
    path = saved()
    look = look_at(path)
    look.page.locator(".pin[title='Brent 2']").click()
    popup = look.page.locator(".leaflet-popup")
    assert popup.count() == 1
    text = popup.inner_text()
    for words in ("Brent 2", "On or near High Street 2", "reports a week in these hours", "nights"):
        assert words in text
    marked = look.page.locator("[aria-current]")
    assert marked.count() == 1
    assert "Brent 2" in marked.inner_text()
    assert marked.is_visible()
    check_quiet(look, path)


def test_click_on_the_ground(look_at: Any, saved: Callable[..., Path]) -> None:
    """The ground itself opens the popup, too."""
    path = saved()
    look = look_at(path)
    look.page.locator("path.leaflet-interactive[fill='#F6D543']").first.dispatch_event("click")
    assert look.page.locator(".leaflet-popup .hotspot h2").count() == 1
    check_quiet(look, path)


def test_click_on_the_list(look_at: Any, saved: Callable[..., Path]) -> None:
    """A click on an entry zooms to the hotspot and opens its popup; 'Whole map' goes back."""
    path = saved(simulated=True)
    look = look_at(path)
    look.page.locator("summary", has_text="Enfield").click()
    look.page.locator("[data-hotspot]", has_text="Enfield 3").click()
    popup = look.page.locator(".leaflet-popup")
    assert "Enfield 3" in popup.inner_text()
    assert "Nine tenths or more of the reports come from one caller" in popup.inner_text()
    ground = look.page.locator("path.leaflet-interactive:not([fill='#fff'])").last.bounding_box()
    assert ground["width"] > 40
    look.page.wait_for_timeout(400)  # the map moves until the popup is in view
    assert look.page.evaluate(OVERLAPS) == 0
    look.page.locator("#show-all").click()
    look.page.wait_for_timeout(400)
    assert popup.count() == 0
    check_quiet(look, path)


def test_click_on_an_area(look_at: Any, saved: Callable[..., Path]) -> None:
    """Opening an area in the list zooms to it; the numbers on its pins appear."""
    path = saved()
    look = look_at(path)
    before = look.page.locator(".leaflet-control-scale-line").inner_text()
    look.page.locator("summary", has_text="Barnet").click()
    assert look.page.locator(".leaflet-control-scale-line").inner_text() != before
    assert not look.page.locator(".folium-map.overview").count()
    check_quiet(look, path)


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (700, 900)])
def test_fits_the_screen(look_at: Any, saved: Callable[..., Path], width: int, height: int) -> None:
    """Nothing overlaps, nothing is cut off, and the page itself does not scroll."""
    path = saved(
        simulated=True,
        title="Hotspots of reports of anti-social behaviour in four boroughs",
        data="40,876 ASB reports (CAD), 1 September 2024 to 31 August 2025, timed",
        notes=["Left out. " * 20] * 30,
    )
    look = look_at(path, width, height)
    look.page.locator(".notes summary").click()
    look.page.locator(".pin[title='Brent 2']").click()
    look.page.wait_for_timeout(400)
    assert look.page.evaluate(OVERLAPS) == 0
    size = look.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert size == [width, height]
    for part in (".marking", ".simulated", ".legend", ".leaflet-popup", ".leaflet-control-scale"):
        place = look.page.locator(part).bounding_box()
        assert place["x"] >= 0
        assert place["y"] >= 0
        assert place["x"] + place["width"] <= width
        assert place["y"] + place["height"] <= height
    check_quiet(look, path)


def test_london(look_at: Any, make_hotspots: Any, tmp_path: Path) -> None:
    """All boroughs with ten hotspots each are drawn, with names where they fit."""
    areas = load_boroughs()
    hotspots = make_hotspots(areas, 10)
    path = save_map(map_hotspots(hotspots, areas, simulated=True), tmp_path / "london.html")
    look = look_at(path)
    assert look.page.locator(".pin").count() == 320
    assert look.page.locator(".list details").count() == 32
    shown = look.page.locator(".area-name:not(.hidden)").count()
    assert 15 <= shown < 32
    check_quiet(look, path)


def test_monthly(
    look_at: Any, saved: Callable[..., Path], make_areas: Any, make_hotspots: Any
) -> None:
    """Monthly data opens the same way and says that it has no hours."""
    areas = make_areas(["Camden", "Brent", "Barnet", "Enfield"])
    path = saved(make_hotspots(areas, 2, monthly=True), marking="partner")
    look = look_at(path)
    look.page.locator(".pin[title='Camden 1']").click()
    assert "no hours: monthly data" in look.page.locator(".leaflet-popup").inner_text()
    check_quiet(look, path)


def test_empty(look_at: Any, saved: Callable[..., Path]) -> None:
    """A map without hotspots opens, with its notes unfolded."""
    path = saved(HOTSPOTS.empty(), notes=["No place has three reports."])
    look = look_at(path)
    assert look.page.locator(".pin").count() == 0
    assert look.page.get_by_text("No place has three reports.").is_visible()
    check_quiet(look, path)


def test_nasty_texts_do_nothing(
    look_at: Any, make_areas: Any, make_hotspots: Any, tmp_path: Path
) -> None:
    """Markup in every text is shown as text, in list, popup and tooltips."""
    nasty = '</script><img src=x onerror="window.hit=1"></div>'
    areas = make_areas([nasty])
    hotspots = make_hotspots(areas, 1, name=nasty, location=nasty, why=nasty, main_type=nasty)
    drawn = map_hotspots(hotspots, areas, title=nasty, notes=[nasty], data=nasty)
    path = save_map(drawn, tmp_path / "nasty.html")
    look = look_at(path)
    look.page.locator("[data-hotspot]").click()
    assert look.page.locator(".leaflet-popup").inner_text().count(nasty) == 4
    look.page.locator(".folium-map").hover(position={"x": 60, "y": 300})
    assert nasty in look.page.locator(".leaflet-tooltip:not(.area-name)").inner_text()
    assert look.page.title() == nasty
    assert look.page.locator("img").count() == 0
    assert look.page.evaluate("window.hit") is None
    check_quiet(look, path)


def test_policy_stops_what_a_script_would_load(look_at: Any, saved: Callable[..., Path]) -> None:
    """Even a script in the page cannot reach the network."""
    look = look_at(saved())
    look.page.evaluate("new Image().src = 'https://example.org/a.png'")
    look.page.evaluate("fetch('https://example.org/b').catch(() => null)")
    look.page.wait_for_timeout(200)
    assert len(look.requests) == 1
    assert any("Content Security Policy" in complaint for complaint in look.complaints)


def test_own_folium_map(look_at: Any, tmp_path: Path) -> None:
    """An analyst's map with markers, tooltips and popups on GeoJson works without a network."""
    drawn = folium.Map([51.5, -0.1], zoom_start=12, tiles=None, maxZoom=19)
    folium.Marker([51.51, -0.1]).add_to(drawn)
    place = {
        "type": "Feature",
        "properties": {"name": "Here"},
        "geometry": {"type": "Point", "coordinates": [-0.1, 51.5]},
    }
    folium.GeoJson(
        {"type": "FeatureCollection", "features": [place]},
        marker=folium.CircleMarker(radius=12, fill=True),
        tooltip=folium.GeoJsonTooltip(["name"]),
        popup=folium.GeoJsonPopup(["name"]),
    ).add_to(drawn)
    folium.LayerControl().add_to(drawn)
    path = save_map(drawn, tmp_path / "own.html")
    look = look_at(path)
    look.page.locator("path.leaflet-interactive").click()
    assert "Here" in look.page.locator(".leaflet-popup").inner_text()
    width = look.page.locator("img.leaflet-marker-icon").evaluate("image => image.naturalWidth")
    assert width > 0
    check_quiet(look, path)
