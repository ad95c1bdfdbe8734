"""The declared tables: validation, empty frames, audiences."""

import pandas as pd
import pytest

import hotspots as hs
from hotspots.tables import HOTSPOTS, INCIDENTS, TABLES, Table
from tests.scenes import make_incidents, square_area


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_empty_table_is_valid(table: Table) -> None:
    """Every declared table can be empty."""
    empty = table.empty()
    table.validate(empty)
    assert list(empty.columns) == [column.name for column in table.columns]


def test_all_problems_at_once() -> None:
    """The message lists each problem, how many rows have it, and some ids."""
    table = make_incidents([("2025-01-01 10:00", 0, 0)] * 7)
    table["weight"] = -1.0
    table["asb_type"] = "loud"
    table = table.drop(columns=["source", "channel"])
    with pytest.raises(hs.TableError) as caught:
        INCIDENTS.validate(table)
    message = str(caught.value)
    assert "column 'source' is missing" in message
    assert "column 'channel' is missing" in message
    assert "column 'weight' must be at least 0: -1.0, -1.0, -1.0 in 7 rows" in message
    assert "(i0, i1, i2, i3, i4, …)" in message
    assert "column 'asb_type' must be one of personal, nuisance, environmental" in message


def test_repeated_index_and_coordinate_system() -> None:
    """Ids are unique, and coordinates are on the National Grid."""
    table = make_incidents([("2025-01-01 10:00", 540_000, 180_000)] * 2)
    table.index = pd.Index(["a", "a"], name="incident_id")
    with pytest.raises(hs.TableError, match="index is not unique: a"):
        INCIDENTS.validate(table)
    with pytest.raises(hs.TableError, match="coordinate system is 'EPSG:4326'; must be EPSG:27700"):
        INCIDENTS.validate(table.to_crs(4326))


def test_audience() -> None:
    """A partner does not get what is restricted, and the order is that of the declaration."""
    restricted = HOTSPOTS.for_audience(HOTSPOTS.empty(), "restricted")
    partner = HOTSPOTS.for_audience(HOTSPOTS.empty(), "partner")
    assert "top_caller_share" in restricted
    assert "top_caller_share" not in partner
    assert "expected_per_week" in partner
    assert list(restricted.columns) == [column.name for column in HOTSPOTS.columns]


def test_unknown_column_is_refused() -> None:
    """A column of which nobody has said who may see it is not written."""
    table = HOTSPOTS.empty().assign(caller_name="x")
    with pytest.raises(hs.TableError, match="Invalid column 'caller_name' in the hotspots table"):
        HOTSPOTS.for_audience(table, "restricted")


def test_unknown_marking() -> None:
    """A marking is one of three."""
    with pytest.raises(hs.InputError, match="Invalid marking 'secret'. Must be one of restricted"):
        HOTSPOTS.for_audience(HOTSPOTS.empty(), "secret")  # type: ignore[arg-type]


def test_areas_must_be_areas() -> None:
    """Verbs that take areas say what to pass."""
    one = make_incidents([("2025-01-01 10:00", 540_000, 180_000)])
    with pytest.raises(hs.InputError, match=r"Use hs.load_boroughs\(\)"):
        hs.analyse(one, areas=pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(hs.InputError, match="The areas table is empty"):
        hs.analyse(one, areas=square_area().iloc[:0])
    numbered = square_area().set_axis(pd.Index([0], name="area_id"))
    with pytest.raises(hs.TableError, match="index must be text: 0"):
        hs.analyse(one, areas=numbered)
