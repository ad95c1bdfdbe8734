"""Judgements on the map: the words, the marks, the excluded ground, and who may see what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from hotspots.errors import TableError
from hotspots.maps import map_hotspots, save_map
from hotspots.maps.judged import describe_judgements, for_page, marks
from hotspots.maps.save import make_page
from hotspots.tables import CRS, JUDGEMENTS
from tests.maps.test_hotspot_map import NASTY, Structure, features

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import folium

Make = Any  # a function that makes a table, see conftest.py


def make_judgements(hotspot_ids: list[str], text: str = "Because") -> gpd.GeoDataFrame:
    """Give an exclusion, a pin and a name of the first hotspot, a merger, and what found nobody."""
    first, second = hotspot_ids[:2]
    rows: list[tuple[object, ...]] = [
        ("exclude", None, True, None),
        ("pin", None, True, first),
        ("rename", text, True, first),
        ("merge", None, True, f"{first}; {second}"),
        ("split", None, False, second),
    ]
    table = pd.DataFrame(rows, columns=["action", "name", "is_applied", "hotspot_id"])
    table.index = pd.RangeIndex(1, len(table) + 1, name="judgement_id")
    table = table.assign(
        at=text, reason=text, author=text, outcome=text, expires="2026-06-30", n=12.0, places="p"
    )
    for column in ("name", "hotspot_id"):
        table[column] = table[column].astype("str").mask(table[column].isna())
    ground = [box(521_000, 171_000, 521_300, 171_150)] * len(table)
    judged = gpd.GeoDataFrame(table, geometry=ground, crs=CRS)
    JUDGEMENTS.validate(judged)
    return judged


@pytest.fixture
def draw(make_areas: Make, make_hotspots: Make) -> Callable[..., folium.Map]:
    """Give a function that draws two hotspots with judgements."""

    def one(text: str = "Because", **options: Any) -> folium.Map:
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 3)
        return map_hotspots(
            hotspots, areas, judgements=make_judgements(list(hotspots.index), text), **options
        )

    return one


class TestByHand:
    """What is said, and what reaches the layers."""

    def test_marks(self) -> None:
        """A hotspot is marked with all that was applied to it, and nothing else."""
        judged = make_judgements(["a", "b", "c"])
        assert marks(judged) == {"a": "pinned, renamed, merged", "b": "merged"}

    def test_words(self) -> None:
        """Each judgement has its number, its outcome, and until when it holds, by whom and why."""
        first = describe_judgements(make_judgements(["a", "b"]))[0]
        assert (first.number, first.action, first.is_applied) == ("1", "exclude", True)
        assert first.decided == "Until 30 June 2026 by Because: Because"
        partner = describe_judgements(for_page(make_judgements(["a", "b"]), "partner"))[0]
        assert partner.decided == "Until 30 June 2026."

    def test_excluded_ground(self, draw: Callable[..., folium.Map]) -> None:
        """Excluded ground alone is a layer, dashed and grey."""
        drawn = draw()
        (excluded,) = features(drawn, "excluded")
        assert excluded["id"] == "1"
        assert "Excluded by judgement 1" in excluded["properties"]["popup"]
        (layer,) = [
            child
            for child in drawn._children.values()
            if getattr(child, "layer_name", "") == "excluded"
        ]
        assert layer.style_function(excluded)["dashArray"]

    def test_section(self, draw: Callable[..., folium.Map]) -> None:
        """The page lists all of them, and the list marks the hotspots."""
        texts = Structure(make_page(draw())).texts
        assert "Judgements of analysts" in texts
        assert [text for text in texts if text in {"1. Exclude.", "5. Split."}] == [
            "1. Exclude.",
            "5. Split.",
        ]
        assert texts.count("pinned, renamed, merged") == 1
        assert texts.count("merged") == 1

    def test_without_judgements(self, make_areas: Make, make_hotspots: Make) -> None:
        """No judgement, no section; an empty table is the same as none."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2)
        pages = [
            make_page(map_hotspots(hotspots, areas, judgements=given))
            for given in (None, JUDGEMENTS.empty())
        ]
        assert pages[0] == pages[1]
        assert "Judgements of analysts" not in pages[0]


class TestEscaping:
    """Data cannot become markup, script or template."""

    def test_nothing_changes(self, draw: Callable[..., folium.Map]) -> None:
        """Nasty texts change no tag and no attribute of page and popups."""
        maps = draw("harmless"), draw(NASTY)
        for parts in (
            [make_page(drawn) for drawn in maps],
            [features(drawn, "excluded")[0]["properties"]["popup"] for drawn in maps],
        ):
            harmless, nasty = (Structure(part) for part in parts)
            assert nasty.tags == harmless.tags
            said = [sum("harmless" in text for text in harmless.texts)]
            assert [sum(NASTY in text for text in nasty.texts)] == said != [0]
        page, other = (make_page(drawn) for drawn in maps)
        assert page.count("</script") == other.count("</script")

    def test_braces(self, draw: Callable[..., folium.Map]) -> None:
        """Template marks are not run."""
        drawn = draw("{{ 6*7 }}{% raw %}")
        for page in (make_page(drawn), drawn.get_root().render()):
            assert page.count("{ { 6*7 }}{ % raw %}") >= 10
            assert "{{ 6*7" not in page


class TestMarkings:
    """What each audience receives."""

    def test_partner_page(self, make_areas: Make, make_hotspots: Make) -> None:
        """Other reasons, authors, points and counts give partners the same page."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2)
        one = make_judgements(list(hotspots.index))
        other = one.assign(reason="SECRET A", author="SECRET B", at="SECRET C", n=3.0)
        pages = [
            make_page(map_hotspots(hotspots, areas, judgements=given, marking="partner"))
            for given in (one, other)
        ]
        assert pages[0] == pages[1]
        assert "SECRET A" in make_page(map_hotspots(hotspots, areas, judgements=other))

    def test_unknown_column(self, make_areas: Make, make_hotspots: Make) -> None:
        """A column of which nobody said who may see it is refused."""
        areas = make_areas(["Camden"])
        hotspots = make_hotspots(areas, 2)
        judged = make_judgements(list(hotspots.index)).assign(phone="1")
        with pytest.raises(TableError, match="Invalid column 'phone' in the judgements table"):
            map_hotspots(hotspots, areas, judgements=judged)


@pytest.mark.browser
def test_in_browser(draw: Callable[..., folium.Map], look_at: Any, tmp_path: Path) -> None:
    """The section opens, marks show in list and popup, the ground says why; nothing runs."""
    nasty = '</script><img src=x onerror="window.hit=1"></div>'
    path = save_map(draw(nasty), tmp_path / "judged.html")
    look = look_at(path)
    page = look.page
    page.locator(".judgements summary").click()
    assert page.locator(".judgements li").count() == 5
    assert page.locator(".judgements li.not-applied").count() == 1
    assert nasty in page.locator(".judgements li").first.inner_text()
    page.locator(".notes summary").click()
    assert not page.locator(".judgements li").first.is_visible()  # one at a time
    assert page.locator(".list em.judged").count() == 2
    page.locator("[data-hotspot]").first.click()
    said = "By the judgement of an analyst: pinned, renamed, merged."
    assert page.locator(".leaflet-popup .judged").inner_text() == said
    page.locator("#show-all").click()
    ground = page.locator("path[stroke-dasharray]")
    assert ground.count() == 1
    ground.dispatch_event("click")
    popup = page.locator(".leaflet-popup .excluded").last.inner_text()
    assert "Excluded by judgement 1" in popup
    assert nasty in popup
    ground.dispatch_event("mouseover")
    tooltip = page.locator(".leaflet-tooltip:not(.area-name)").last.inner_text()
    assert tooltip == "Excluded by an analyst: click for more"
    assert page.evaluate("window.hit") is None
    assert look.requests == [path.as_uri()]
    assert look.complaints == []
