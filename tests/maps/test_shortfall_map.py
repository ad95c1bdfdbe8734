"""The map of the shortfall: colours, words, and a page that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

import hotspots as hs
from hotspots.maps.classes import PALETTE
from hotspots.maps.save import make_page
from hotspots.maps.shortfall_map import _colour, _legend
from hotspots.tables import CRS, SHORTFALL
from hotspots.tasking.coverage import sum_by_area

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., gpd.GeoDataFrame]


def shortfall(areas: gpd.GeoDataFrame, shares: list[float], **change: Any) -> hs.Shortfall:
    """Give a shortfall with one hotspot in each of the first areas."""
    own = areas.head(len(shares))
    table = gpd.GeoDataFrame(
        {
            "name": [f"{name} 1" for name in own["name"]],
            "borough": own.index.to_numpy(),
            "area": own["name"].to_numpy(),
            "rank": 1,
            "teams": "North",
            "harm_per_week": 4.0,
            "harm_outside": [4.0 * share for share in shares],
            "share_outside": shares,
            "share_outside_all_hours": shares,
        },
        geometry=own.geometry.centroid.buffer(200).to_numpy(),
        index=[f"{code}_1" for code in own.index],
        crs=CRS,
    ).rename_axis("hotspot_id")
    table = table.assign(**change)
    SHORTFALL.validate(table)
    return hs.Shortfall(table, sum_by_area(table), ())


@pytest.mark.parametrize(
    ("share", "number"), [(0, 0), (0.19, 0), (0.2, 1), (0.6, 3), (0.8, 4), (1, 4)]
)
def test_colours(share: float, number: int) -> None:
    """Fifths of the share, the lower end in the class."""
    assert _colour(share) == PALETTE[number]


def test_legend() -> None:
    """It says what the colours mean, most first."""
    assert _legend()[0] == (PALETTE[4], "80 to 100 %")
    assert _legend()[-1] == (PALETTE[0], "0 to under 20 %")


def test_words(make_areas: Make) -> None:
    """Areas and hotspots say their share; an area without a hotspot says so, in grey."""
    areas = make_areas(["Camden", "Brent", "Barnet"])
    drawn = hs.map_shortfall(shortfall(areas, [0.25, 1.0]), areas, notes=["Mind the gap."])
    layers = [each for each in drawn._children.values() if hasattr(each, "data")]
    said = [[each["properties"]["words"] for each in layer.data["features"]] for layer in layers]
    assert said[0] == [
        "Camden: 25 % of 4.0 harm points a week outside every tour.",
        "Brent: 100 % of 4.0 harm points a week outside every tour.",
        "Barnet: no hotspot.",
    ]
    assert said[1][0].endswith("outside every tour. Teams: North.")
    page = make_page(drawn)
    assert "Mind the gap." in page
    assert "<td>25 %</td>" in page
    # All areas stand first.
    assert page.index("All areas") < page.index("<th>Camden</th>")


def test_hostile_names(make_areas: Make) -> None:
    """A name that is a script, or a template, is text."""
    name = "<script>alert(1)</script>{{ 7 * 7 }}"
    areas = make_areas([name])
    page = make_page(hs.map_shortfall(shortfall(areas, [0.5]), areas))
    assert "<script>alert(1)" not in page
    assert "49" not in page.split("By area")[1].split("Notes")[0]


def test_messages(make_areas: Make) -> None:
    """What is none of what is allowed is named."""
    areas = make_areas(["Camden"])
    given: Any = 3
    with pytest.raises(hs.InputError, match="Invalid shortfall 'int'"):
        hs.map_shortfall(given, areas)
    with pytest.raises(hs.InputError, match="Invalid marking 'public'"):
        hs.map_shortfall(shortfall(areas, [0.5]), areas, marking="public")
    with pytest.raises(hs.InputError, match="Invalid areas 'int'"):
        hs.map_shortfall(shortfall(areas, [0.5]), given)


@pytest.mark.browser
def test_in_browser(make_areas: Make, look_at: Any, tmp_path: Path) -> None:
    """The page opens without a network, and a pointer over an area says its share."""
    areas = make_areas(["Camden", "Brent"])
    drawn = hs.map_shortfall(shortfall(areas, [0.25, 0.75]), areas, simulated=True)
    path = hs.save_map(drawn, tmp_path / "shortfall.html")
    look = look_at(path)
    assert look.requests == [path.as_uri()]
    assert look.complaints == []
    look.page.hover("path.leaflet-interactive >> nth=0", force=True)
    assert "harm points a week" in look.page.inner_text(".leaflet-tooltip")
    assert look.page.inner_text(".simulated").startswith("SIMULATED DATA")
