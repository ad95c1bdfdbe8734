"""Find the columns that say where: two numbers, a point as text, a grid reference or a code.

Values decide where names and values differ: a column called latitude that holds longitudes is a
column of longitudes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.incidents.layouts import PLACES
from hotspots.incidents.suggesting.draft import (
    EXACT,
    HINT,
    MOST,
    PLACE_PARTS,
    likeness,
    most,
    rank,
    shown,
)
from hotspots.incidents.suggesting.evidence import DEGREES, NATIONAL_GRID, SYSTEMS
from hotspots.sources.raw import POINT_X, POINT_Y

if TYPE_CHECKING:
    from hotspots.incidents.suggesting.draft import Draft
    from hotspots.incidents.suggesting.evidence import Column, Numbers, System

_EAST: Final = frozenset({"easting", "eastings", "east", "x", "longitude", "lon", "long", "lng"})
_NORTH: Final = frozenset({"northing", "northings", "north", "y", "latitude", "lat"})
# Points of somebody or something else than the incident.
_ELSEWHERE: Final = frozenset(
    {"home", "victim", "caller", "officer", "unit", "vehicle", "station", "resource", "suspect"}
    | {"handset", "mobile", "patrol", "responder"}
)
_AREAS: Final = (("05", "wards"), ("01", "LSOA"), ("02", "MSOA"), ("00", "output areas"))
_BOROUGHS: Final = (
    ("09", "boroughs"),
    ("08", "districts"),
    ("07", "districts"),
    ("06", "authorities"),
)
_NOTED: Final = 3
_WIDEST_M: Final = 200_000


@dataclass(frozen=True, eq=False)
class _Way:
    """One way in which the table may say where."""

    columns: tuple[Column, ...]
    parts: tuple[str, ...]
    words: str
    score: float
    is_certain: bool
    why: tuple[str, ...]
    crs: str | None = None

    @property
    def filled(self) -> float:
        return min(column.filled for column in self.columns)


def find_place(draft: Draft) -> None:
    """Choose the columns of the place, or ask which they are."""
    names = {column.name for column in draft.free}
    if {POINT_X, POINT_Y} <= names:
        draft.free = [column for column in draft.free if column.name not in (POINT_X, POINT_Y)]
        draft.notes.append("The points of the source say where.")
        _find_areas(draft)
        return
    ways = [
        way
        for way in (*_pairs(draft), *_geometries(draft), *_references(draft))
        if draft.agrees(dict(zip(way.parts, way.columns, strict=True)), PLACE_PARTS)
    ]
    fullest = max((way.filled for way in ways if way.is_certain), default=0.0)
    ways = [way for way in ways if way.filled >= fullest / 2]
    if ways:
        chosen = min(ways, key=_preference)
        for part, column, why in zip(chosen.parts, chosen.columns, chosen.why, strict=True):
            draft.take(part, column, why)
        if not chosen.is_certain and chosen.parts == PLACES[0]:
            pair = " and ".join(map(shown, chosen.columns))
            draft.ask(
                f"Are {pair} the coordinates ({chosen.words})? Their names do not say so, and the "
                "numbers lie outside London.",
                *chosen.parts,
            )
        if chosen.crs:
            draft.crs = chosen.crs
            draft.reasons["crs"] = f"the points are then in Great Britain: {chosen.words}"
        _note_others(draft, chosen, ways)
    _find_areas(draft)
    is_open = not ways and not draft.is_said("area_code", *PLACE_PARTS)
    if is_open and not _take_unknown_numbers(draft) and "area_code" not in draft.parts:
        draft.questions.append(
            "Which columns say where? None was recognised as coordinates, points, grid references "
            'or codes of areas. Write easting = "…" and northing = "…" (or longitude and latitude, '
            "geometry, grid_reference or area_code) below [columns]."
        )


def _preference(way: _Way) -> tuple[bool, int, float]:
    kinds = [*PLACES[:3], ("other",), PLACES[3]]
    kind = ("other",) if way.crs and way.parts == PLACES[0] else way.parts
    return not way.is_certain, kinds.index(kind), -way.score


def _note_others(draft: Draft, chosen: _Way, ways: list[_Way]) -> None:
    taken = set(map(id, chosen.columns))
    others: list[str] = []
    for way in sorted(ways, key=_preference):
        if way.is_certain and not taken & set(map(id, way.columns)):
            taken |= set(map(id, way.columns))
            others.append(f"{' and '.join(map(shown, way.columns))} ({way.words})")
    if others:
        more = f"; and {len(others) - _NOTED:,} more" if len(others) > _NOTED else ""
        draft.notes.append(f"The place is also in {'; '.join(others[:_NOTED])}{more}.")


def _axis(column: Column, words: frozenset[str], parts: tuple[str, str]) -> float:
    """Say how well a name fits east or north."""
    known = likeness(column, *parts)
    if known:
        return known
    long = [word for word in words if len(word) > 4]  # noqa: PLR2004 (lat is in plate)
    return HINT if column.words & words or any(word in column.key for word in long) else 0.0


def _pairs(draft: Draft) -> list[_Way]:
    """Give pairs of columns whose numbers lie in Great Britain in one of the known systems."""
    numeric = [column for column in draft.free if column.is_numeric]
    return [
        way
        for system in SYSTEMS
        for x in numeric
        if x.within(system.britain[0]) >= MOST
        for y in numeric
        if y is not x and y.within(system.britain[1]) >= MOST
        if (way := _pair(system, x, y)) is not None
    ]


def _pair(system: System, x: Column, y: Column) -> _Way | None:
    """Rate two columns as x and y of one system; None if nothing but chance speaks for them."""
    in_london = min(x.within(system.london[0]), y.within(system.london[1])) >= MOST
    in_order, exchanged = min(_east(x), _north(y)), min(_north(x), _east(y))
    is_counter = x.is_counter or y.is_counter
    is_certain = max(in_order, exchanged) > 0 or (in_london and not is_counter)
    if not is_certain and (is_counter or not _is_likely(system, x, y)):
        return None
    if exchanged > in_order and not in_london and system is not DEGREES:
        return None  # Where x and y have one range, the names decide.
    same_thing = x.words - _EAST - _NORTH == y.words - _EAST - _NORTH
    beside = abs(x.position - y.position) == 1
    elsewhere = bool((x.words | y.words) & _ELSEWHERE)
    return _Way(
        columns=(x, y),
        parts=PLACES[1] if system is DEGREES else PLACES[0],
        words=system.words,
        score=2 * max(in_order, exchanged)
        + 2 * in_london
        + min(x.filled, y.filled)
        + 0.3 * same_thing
        + 0.1 * (beside - SYSTEMS.index(system))
        - elsewhere,
        is_certain=is_certain,
        why=tuple(
            _why(column, system, axis, in_london=in_london, is_misnamed=exchanged > in_order)
            for axis, column in enumerate((x, y))
        ),
        crs=None if system in (NATIONAL_GRID, DEGREES) else system.crs,
    )


def _east(column: Column) -> float:
    return _axis(column, _EAST, ("easting", "longitude"))


def _north(column: Column) -> float:
    return _axis(column, _NORTH, ("northing", "latitude"))


def _why(column: Column, system: System, axis: int, *, in_london: bool, is_misnamed: bool) -> str:
    kinds = {
        NATIONAL_GRID.crs: ("eastings", "northings"),
        DEGREES.crs: ("longitudes", "latitudes"),
    }
    metres = (f"metres east ({system.words})", f"metres north ({system.words})")
    kind = kinds.get(system.crs, metres)[axis]
    where, bounds = ("London", system.london) if in_london else ("Great Britain", system.britain)
    said = most(column.within(bounds[axis]), f"{kind} in {where}")
    return f"{said}, although its name says otherwise" if is_misnamed else said


def _is_likely(system: System, x: Column, y: Column) -> bool:
    """Say whether two columns without telling names are a pair, although not of London."""
    if system is DEGREES:
        return x.has_decimals and y.has_decimals
    if system is not NATIONAL_GRID or abs(x.position - y.position) != 1:
        return False
    least = 10_000
    spreads = [np.ptp(c.numbers[np.isfinite(c.numbers) & (c.numbers != 0)]) for c in (x, y)]
    return all(
        0 < spread < _WIDEST_M and c.within((least, 1_300_000)) >= MOST and _says_nothing(c)
        for spread, c in zip(spreads, (x, y), strict=True)
    )


def _says_nothing(column: Column) -> bool:
    """Say whether a name says nothing: it is not the known name of any other part."""
    return likeness(column, "id", "weight", "codes", "closing", "time") == 0


def _geometries(draft: Draft) -> list[_Way]:
    ways = []
    for column in draft.free:
        if column.point_share < MOST:
            continue
        x, y, srid = column.points()
        system = next((s for s in SYSTEMS if _share_in(s, x, y) >= MOST), None)
        exchanged = next((s for s in SYSTEMS if _share_in(s, y, x) >= MOST), None)
        words = system.words if system else "points as text"
        crs = None
        if not srid and system not in (None, NATIONAL_GRID, DEGREES):
            crs = system.crs if system else None
        if not srid and system is None and exchanged is None and len(x):
            draft.ask(
                f"In which coordinate system are the points of {shown(column)}? They are not in "
                'Great Britain in any that is known here. Write crs = "EPSG:…" above [columns].',
                "crs",
            )
        why = most(column.point_share, "points as text")
        score = likeness(column, "geometry") + column.filled
        ways.append(_Way((column,), PLACES[2], words, score, True, (why,), crs))  # noqa: FBT003
    return ways


def _share_in(system: System, x: Numbers, y: Numbers) -> float:
    (west, east), (south, north) = system.britain
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return float(inside.mean()) if len(inside) else 0.0


def _references(draft: Draft) -> list[_Way]:
    ways = []
    for column in draft.free:
        named = likeness(column, "grid_reference")
        share = column.grid_share if named else column.london_grid_share
        if share >= MOST:
            why = most(share, "National Grid references")
            ways.append(
                _Way((column,), PLACES[3], "grid references", named + share, True, (why,))  # noqa: FBT003
            )
    return ways


def _take_unknown_numbers(draft: Draft) -> bool:
    """Keep numbers that are called coordinates, and ask for their system."""
    numeric = [column for column in draft.free if column.is_numeric]
    for parts in PLACES[:2]:
        found = [
            next((column for column in numeric if likeness(column, part) > 0), None)
            for part in parts
        ]
        x, y = found
        if x is None or y is None or x is y:
            continue
        for part, column in zip(parts, (x, y), strict=True):
            draft.take(part, column, "by its name; its values are not where Great Britain is")
        draft.ask(
            f"In which coordinate system are {shown(x)} and {shown(y)}? Their numbers are not in "
            'Great Britain in any that is known here. Write crs = "EPSG:…" above [columns].',
            "crs",
        )
        return True
    return False


def _find_areas(draft: Draft) -> None:
    """Choose the column of area codes, wards before all others, and the one of boroughs."""
    for kind, words in _AREAS:
        if "area_code" not in draft.parts:
            _take_codes(draft, "area_code", kind, words)
    named = [c for c in draft.free if c.borough_share >= HINT]
    if named:
        best = max(named, key=lambda c: (likeness(c, "borough_name"), c.borough_share, -c.position))
        draft.take("borough_name", best, most(best.borough_share, "names of boroughs"))
    for kind, words in _BOROUGHS:
        for part in ("area_code", "borough_name"):
            if part not in draft.parts:
                _take_codes(draft, part, kind, words)
    if "area_code" not in draft.parts:
        by_name = [
            column
            for column in draft.free
            if likeness(column, "area_code") == EXACT
            and column.reference_share >= MOST
            and not column.is_numeric
        ]
        if by_name:
            best = min(by_name, key=lambda column: rank(column, "area_code"))
            draft.take("area_code", best, "by its name; not codes of the national statistics")


def _take_codes(draft: Draft, part: str, kind: str, words: str) -> None:
    found = [column for column in draft.free if column.gss.get(kind, 0.0) >= MOST]
    if found:
        best = max(found, key=lambda c: (likeness(c, "area_code"), c.gss[kind], -c.position))
        draft.take(part, best, most(best.gss[kind], f"codes of {words}"))
