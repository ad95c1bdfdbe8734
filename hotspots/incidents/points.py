"""Coordinates of any kind to easting and northing on the National Grid.

How a source gives its points is decided once, on its first rows; points that are then not in Great
Britain stay missing and are told apart by why.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import shapely

from hotspots.areas import from_grid_reference, to_national_grid
from hotspots.errors import InputError, invalid
from hotspots.tables import CRS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from hotspots.incidents.parts import Parts

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]

_DEGREES: Final = "EPSG:4326"
_LARGEST_DEGREE: Final = 180.0
_GRID: Final = (700_000.0, 1_300_000.0)
# No land of Great Britain is nearer to the grid's edges: what is there is half a point.
_EDGE: Final = 5_000.0
# Where London lies, easting and northing: exchanged, the numbers are in the sea off Galloway.
_LONDON: Final = ((500_000.0, 565_000.0), (150_000.0, 205_000.0))
_NEARLY_ALL: Final = 0.9
_MOST: Final = 0.5
_ENOUGH: Final = 5_000
_FOREIGN: Final = {
    "EPSG:3857": "Web Mercator, as web maps use",
    "EPSG:32630": "UTM zone 30N",
    "EPSG:32631": "UTM zone 31N",
    "EPSG:3035": "the European grid",
    "EPSG:29902": "the Irish Grid",
}

WAYS: Final = (
    ("easting", "northing"),
    ("longitude", "latitude"),
    ("grid_reference",),
    ("geometry",),
)
"""The parts that give a point, in the order in which they are looked for."""


@dataclass(frozen=True)
class PointRules:
    """How a source gives its points.

    Parameters
    ----------
    parts : tuple of str
        One of `WAYS`; empty if the source has no points.
    crs : str
        Coordinate system of the numbers.
    is_swapped : bool
        Whether the two numbers stand in each other's column.
    is_london : bool
        Whether most points are metres in London: one that is there only once its numbers are
        exchanged is then a mistake, and no report from the sea off Galloway.
    srid : int
        Number of the coordinate system that the points themselves state; 0 if they do not.
    """

    parts: tuple[str, ...]
    crs: str
    is_swapped: bool = False
    is_london: bool = False
    srid: int = 0


@dataclass(frozen=True)
class Points:
    """The points of some rows, easting and northing in metres; NaN where there is none.

    Parameters
    ----------
    easting, northing : array of float
        On the National Grid.
    is_broken : array of bool
        Something is given that is no point: half of one, words, or 0, 0.
    is_outside : array of bool
        A point is given that is not in Great Britain, or surely not meant.
    is_swapped : array of bool
        Of those outside, which would be inside if the two numbers were exchanged.
    """

    easting: Numbers
    northing: Numbers
    is_broken: Flags
    is_outside: Flags
    is_swapped: Flags


def decide_points(parts: Parts, crs: object) -> tuple[PointRules, list[str]]:
    """Decide how a source gives its points, on its first rows.

    Parameters
    ----------
    parts : Parts
        The first rows.
    crs : object
        Coordinate system that the caller or the source states, or None.

    Returns
    -------
    PointRules, list of str
        The rules, and what to tell the user about them.

    Raises
    ------
    InputError
        If the coordinate system is not known.
    """
    way = next((way for way in WAYS if all(part in parts for part in way)), ())
    if not way:
        return PointRules((), CRS), []
    own = _known(crs)
    if way == ("grid_reference",):
        return PointRules(way, CRS), ["coordinates: National Grid references"]
    x, y, srid, _ = _given(parts, way)
    x, y = _some_of(x, y)
    said = []
    if own is None and srid:
        own = _known(srid)
    if own is None:
        is_named = way == ("longitude", "latitude")
        is_degrees = _are_degrees(x, y) if len(x) else is_named
        own = _DEGREES if is_degrees else CRS
        if is_degrees and not is_named:
            said.append("the coordinates were read as longitude and latitude")
        elif is_named and not is_degrees:
            said.append("longitude and latitude hold metres: read as easting and northing")
    is_swapped = bool(len(x)) and _is_swapped(own, x, y)
    if is_swapped:
        names = " and ".join(way) if len(way) > 1 else "the two numbers"
        said.append(f"{names} stand in each other's place in the source: exchanged")
    elif len(x) and _inside(*_to_grid(own)[0](x, y)).mean() < 1 - _NEARLY_ALL:
        said += _foreign(x, y)
    said.append(f"coordinates: {_to_grid(own)[1]}")
    ours = _belong(CRS, *((y, x) if is_swapped else (x, y)))
    is_london = own == CRS and len(x) > 0 and bool(ours.mean() >= _MOST)
    return PointRules(way, own, is_swapped, is_london, srid), said


def read_points(parts: Parts, rules: PointRules) -> Points:
    """Read the points of some rows.

    Parameters
    ----------
    parts : Parts
        The rows.
    rules : PointRules
        How their source gives points.

    Returns
    -------
    Points
        One entry a row.
    """
    n = len(parts)
    no = np.zeros(n, dtype=bool)
    if not rules.parts:
        nothing = np.full(n, np.nan)
        return Points(nothing, nothing, no, no, no)
    x, y, srid, is_given = _given(parts, rules.parts)
    if srid not in (0, rules.srid) and _known(srid) != rules.crs:
        _refuse_systems({srid, rules.srid or rules.crs})
    if rules.is_swapped:
        x, y = y, x
    use = _is_usable(x, y)
    to_grid, _ = _to_grid(rules.crs)
    easting, northing = np.full(n, np.nan), np.full(n, np.nan)
    easting[use], northing[use] = to_grid(x[use], y[use])
    inside = _inside(easting, northing)
    outside = use & ~inside
    if rules.is_london:
        outside |= use & _belong(CRS, y, x)
        inside &= ~outside
    swapped = no
    if outside.any():
        swapped = no.copy()
        swapped[outside] = _belong(rules.crs, y[outside], x[outside])
    easting[~inside] = np.nan
    northing[~inside] = np.nan
    return Points(easting, northing, is_given & ~use, outside, swapped)


def shown_points(parts: Parts, rules: PointRules) -> pa.Array:
    """Give the points as they were given, for lists of rejected rows."""
    texts = [pc.fill_null(parts.text(part), "") for part in rules.parts]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, ", ")


def _known(crs: object) -> str | None:
    """Give a coordinate system in its shortest form, so that it can be compared and sent on."""
    if crs is None:
        return None
    import pyproj  # noqa: PLC0415 (slow to import)

    try:
        known = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        remedy = "Leave out crs= (--crs) if the source is in British National Grid or in degrees."
        raise invalid("crs", crs, "a coordinate system such as 'EPSG:27700'", remedy) from error
    for common in (CRS, _DEGREES):
        if known == pyproj.CRS.from_user_input(common):
            return common
    authority = known.to_authority()
    return ":".join(authority) if authority else str(known.to_wkt())


def _given(parts: Parts, way: tuple[str, ...]) -> tuple[Numbers, Numbers, int, Flags]:
    """Give the two numbers of every row, the SRID if any, and which rows give something."""
    if len(way) > 1:
        x, y = (parts.number(part) for part in way)
        is_given = ~np.isnan(x) | ~np.isnan(y)
        unread = np.flatnonzero(~is_given)
        rest = parts.take(unread)
        for part in way:
            is_given[unread] |= pc.is_valid(rest.text(part)).to_numpy(zero_copy_only=False)
        return x, y, 0, is_given
    different = parts.distinct(way[0])
    read = _from_references if way[0] == "grid_reference" else _from_geometry
    x, y, srid, is_nothing = read(different.texts())
    is_given = different.spread(~is_nothing, missing=False)
    return different.spread(x, np.nan), different.spread(y, np.nan), srid, is_given


def _from_references(texts: list[str]) -> tuple[Numbers, Numbers, int, Flags]:
    """Read National Grid references, as the middle of their squares."""
    found = np.full((len(texts), 2), np.nan)
    for row, text in enumerate(texts):
        with contextlib.suppress(InputError):
            found[row] = from_grid_reference(text)
    return found[:, 0], found[:, 1], 0, np.zeros(len(texts), dtype=bool)


def _from_geometry(texts: list[str]) -> tuple[Numbers, Numbers, int, Flags]:
    """Read points written as WKT or as WKB in hexadecimal, with or without an SRID.

    The last array says which are empty points: no place, and no mistake either.
    """
    words = pd.Series(texts, dtype="object")
    stated = words.str.extract(r"^SRID=([0-9]+);\s*(.*)$")
    words = words.where(stated[1].isna(), stated[1])
    is_hex = (
        words.str.fullmatch(r"(?:[0-9A-Fa-f]{2}){21,}").fillna(value=False).to_numpy(dtype=bool)
    )
    shapes = np.full(len(texts), None, dtype=object)
    shapes[~is_hex] = shapely.from_wkt(words[~is_hex].to_numpy(), on_invalid="ignore")
    shapes[is_hex] = shapely.from_wkb(words[is_hex].to_numpy(), on_invalid="ignore")
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    is_nothing = is_point & shapely.is_empty(shapes)
    is_point &= ~is_nothing
    shapes[~is_point] = None
    srids = set(shapely.get_srid(shapes[is_point]).tolist()) - {0, -1}
    srids |= {int(number) for number in stated[0].dropna()}
    if len(srids) > 1:
        _refuse_systems(srids)
    srid = srids.pop() if srids else 0
    return shapely.get_x(shapes), shapely.get_y(shapes), srid, is_nothing


def _refuse_systems(systems: set[int | str]) -> None:
    listed = ", ".join(sorted(map(str, systems)))
    remedy = "Give the rows of each system as a file of their own."
    raise invalid("SRID", listed, "one coordinate system in a column of points", remedy)


def _some_of(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Give enough of the usable points to judge all by, evenly from the first to the last."""
    use = np.flatnonzero(_is_usable(x, y))
    chosen = use[:: max(len(use) // _ENOUGH, 1)]
    return x[chosen], y[chosen]


def _is_usable(x: Numbers, y: Numbers) -> Flags:
    return np.asarray(np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0)))


def _are_degrees(x: Numbers, y: Numbers) -> bool:
    """Say whether numbers without a stated system are degrees: as such more lie in Britain.

    A system's "-1, -1" for "no point" is a small number, but no place. Where nothing lies in
    Britain either way, small numbers are degrees.
    """
    n_metres, n_degrees = (_in_either_order(crs, x, y) for crs in (CRS, _DEGREES))
    if n_metres == n_degrees:
        is_small = (np.abs(x) <= _LARGEST_DEGREE) & (np.abs(y) <= _LARGEST_DEGREE)
        return bool(is_small.mean() >= _MOST)
    return n_degrees > n_metres


def _in_either_order(crs: str, x: Numbers, y: Numbers) -> int:
    """Count the points in Great Britain as the numbers stand, or exchanged."""
    to_grid, _ = _to_grid(crs)
    return int((_inside(*to_grid(x, y)) | _inside(*to_grid(y, x))).sum())


def _is_swapped(crs: str, x: Numbers, y: Numbers) -> bool:
    """Say whether nearly all points are where they belong once the two numbers are exchanged."""
    as_given = _inside(*_to_grid(crs)[0](x, y)).mean() if crs != CRS else 0.0
    return bool(_belong(crs, y, x).mean() >= _NEARLY_ALL > as_given)


def _belong(crs: str, x: Numbers, y: Numbers) -> Flags:
    """Say which numbers are surely where they belong: in Great Britain, of metres in London.

    Metres exchanged may still be in Britain, but those of London are then in the sea.
    """
    easting, northing = _to_grid(crs)[0](x, y)
    return _inside(easting, northing) if crs != CRS else _in_london(easting, northing)


def _in_london(easting: Numbers, northing: Numbers) -> Flags:
    (west, east), (south, north) = _LONDON
    return (west <= easting) & (easting <= east) & (south <= northing) & (northing <= north)


def _inside(easting: Numbers, northing: Numbers) -> Flags:
    # Written so that NaN, which stands for outside Great Britain, is not inside.
    is_right = (easting >= _EDGE) & (easting <= _GRID[0])
    return is_right & (northing >= _EDGE) & (northing <= _GRID[1])


def _foreign(x: Numbers, y: Numbers) -> list[str]:
    """Name the coordinate system that the numbers look like, if they are not in Britain as read."""
    for crs in (CRS, _DEGREES):
        if _inside(*_to_grid(crs)[0](x, y)).mean() >= _NEARLY_ALL:
            return [
                (
                    "most points lie outside Great Britain as they were read; they look like "
                    f"{crs}, which needs no crs=: leave it out, or give crs='{crs}' (--crs {crs})"
                )
            ]
    moved = {crs: _to_grid(crs)[0](x, y) for crs in _FOREIGN}
    # Two zones may both put the points in Britain: London's is the one that is meant.
    for is_there in (_in_london, _inside):
        for crs, (easting, northing) in moved.items():
            if is_there(easting, northing).mean() >= _NEARLY_ALL:
                return [
                    (
                        "most points lie outside Great Britain as they were read; they look like "
                        f"{crs} ({_FOREIGN[crs]}): give crs='{crs}' (--crs {crs})"
                    )
                ]
    return [
        (
            "most points lie outside Great Britain as they were read: give crs= (--crs) if their "
            "system is another"
        ),
    ]


def _to_grid(crs: str) -> tuple[Callable[[Numbers, Numbers], tuple[Numbers, Numbers]], str]:
    """Find the way from coordinates to the National Grid, and its name for the record."""
    if crs == CRS:
        return (lambda x, y: (x, y)), "given in EPSG:27700"
    if crs == _DEGREES:
        return to_national_grid, "EPSG:4326 to EPSG:27700 by OSTN15"
    import pyproj  # noqa: PLC0415 (slow to import)

    to_degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    name = crs if crs.startswith("EPSG:") else pyproj.CRS.from_user_input(crs).name
    return (
        lambda x, y: to_national_grid(*to_degrees.transform(x, y)),
        f"{name} to EPSG:4326 by PROJ, then to EPSG:27700 by OSTN15",
    )
