"""A first look at reports: where they lie, and what to give to an analysis."""

import pandas as pd
import pytest

import hotspots as hs
from hotspots.incidents import Overview, overview
from hotspots.incidents.overview import joined

CAMDEN, CITY, PRESTON = (529_000, 184_000), (532_500, 181_200), (354_000, 429_000)


def look(*points: tuple[int, int] | None, **columns: object) -> Overview:
    """Look at reports with these points."""
    rows = [point or (None, None) for point in points]
    table = pd.DataFrame(rows, columns=["easting", "northing"]).assign(**columns)
    table["received"] = "2025-01-06 21:00"
    parts, _ = hs.open_incidents(table).run(overview, progress=False)
    return joined(parts)


def test_places() -> None:
    """Of four reports one lies in Camden, one in the City and one in Preston."""
    seen = look(CAMDEN, CITY, PRESTON, None)
    assert seen.boroughs == {"Camden": 1_000_000}
    assert seen.points == {"Camden": 1_000_000, "City of London": 1_000_000, "": 1_000_000}
    assert seen.incidents() == 4


@pytest.mark.parametrize(
    ("points", "is_said", "is_city"),
    [
        ([CAMDEN, CAMDEN, PRESTON], False, False),
        ([CAMDEN, PRESTON], False, False),
        ([CAMDEN, PRESTON, PRESTON], True, False),
        ([CITY, CITY, CAMDEN], True, True),
        # Where a row lies that has no point is not known.
        ([CAMDEN, None, None], False, False),
        ([CITY, None, None, PRESTON, PRESTON], True, False),
    ],
)
def test_hint(points: list[tuple[int, int] | None], *, is_said: bool, is_city: bool) -> None:
    """Only points outside the boroughs call for other areas, and only the City's for the City."""
    hint = look(*points).hint
    assert ("outside London's 32 boroughs" in hint) == is_said
    assert ('--borough "City of London"' in hint) == is_city


def test_codes_of_wards() -> None:
    """Rows with a ward code and no point get no hint."""
    assert look(None, None, ward_code="E05013660").hint == ""
