"""The layouts that the reader knows, recognised by their columns.

A layout says which column plays which part; the reading itself is the same for all of them. A
further layout is a further entry here, or the caller's own mapping of columns.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hotspots.errors import InputError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

PARTS: Final = {
    "id": "the source's own reference of the incident",
    "start": "received date and time",
    "date": "date, when the time is in another column",
    "time": "clock time, when the date is in another column",
    "month": "month, when nothing finer is known",
    "end": "end of the interval in which it happened",
    "easting": "British National Grid easting, metres",
    "northing": "British National Grid northing, metres",
    "longitude": "longitude, degrees",
    "latitude": "latitude, degrees",
    "area_code": "code of a ward or other area",
    "borough_name": "name of the borough",
    "location": "words for the place",
    "codes": "opening codes or their names",
    "closing": "closing codes or their names, which give the heading",
    "qualifiers": "qualifier codes",
    "asb_type": "personal, nuisance or environmental",
    "heading": "heading of the closing code",
    "crime_type": "type of crime, of which only anti-social behaviour is in scope",
    "force": "police force that reported it",
    "duplicate": "whether the source says that the row is a duplicate",
    "channel": "how it was reported",
    "person_key": "pseudonym of the caller or victim",
    "weight": "number of incidents that the row stands for",
}
"""The parts that a column can play."""

MANY: Final = frozenset({"codes", "closing", "qualifiers"})
"""Parts that several columns may share."""

_SHOWN: Final = 20
_TIMES: Final = ("start", "date", "month")


@dataclass(frozen=True)
class Layout:
    """A known arrangement of columns.

    Parameters
    ----------
    name : str
        What to pass as `layout=`.
    meaning : str
        What the file is.
    noun : str
        What one row is, in the plural, for titles and reasons.
    recognised_by : tuple of str
        Columns (simplified names) that give the layout away; all must be present.
    parts : mapping of str to str or tuple of str
        Column (simplified name) of each part.
    aliases : mapping of str to tuple of str
        For free layouts: the names under which a part may appear, best first.
    has_whole_hours : bool
        Whether its clock times are hours, not minutes.
    """

    name: str
    meaning: str
    noun: str = "ASB reports"
    recognised_by: tuple[str, ...] = ()
    parts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_whole_hours: bool = False


_COMMON_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id": (
        "incident_id",
        "cad_ref",
        "cad_reference",
        "cad_number",
        "cad",
        "incident_ref",
        "incident_number",
        "reference",
        "ref",
        "id",
        "uid",
    ),
    "start": (
        "start",
        "received",
        "received_at",
        "received_time",
        "received_datetime",
        "time_received",
        "call_received",
        "date_time",
        "datetime",
        "timestamp",
        "occurred_from",
        "occurred_at",
        "reported_at",
    ),
    "date": ("date", "received_date", "date_received", "incident_date"),
    "time": ("time", "hour", "received_time", "time_received", "time_of_day", "incident_time"),
    "month": ("month",),
    "end": ("end", "occurred_to"),
    "easting": ("easting", "eastings", "bng_e", "x", "e", "gridref_e"),
    "northing": ("northing", "northings", "bng_n", "y", "n", "gridref_n"),
    "longitude": ("longitude", "lon", "long", "lng"),
    "latitude": ("latitude", "lat"),
    "area_code": (
        "area_code",
        "ward_code",
        "wd24cd",
        "wd23cd",
        "wd22cd",
        "lsoa21cd",
        "lsoa11cd",
        "lsoa_code",
        "gss_code",
        "lad24cd",
    ),
    "borough_name": ("borough", "borough_name", "lad24nm"),
    "location": ("location", "location_text", "street", "address", "place"),
    "codes": (
        "opening_codes",
        "opening_code",
        "codes",
        "code",
        "op01",
        "op02",
        "op03",
    ),
    "closing": ("closing_codes", "closing_code", "cl01", "cl02", "cl03"),
    "crime_type": ("crime_type",),
    "qualifiers": ("qualifiers", "qualifier"),
    "asb_type": ("asb_type", "type"),
    "heading": ("heading", "category"),
    "channel": ("channel", "source_channel", "contact_channel"),
    "person_key": ("person_key", "caller_key", "caller_id", "victim_key"),
}
_CELL_ALIASES: Final = {
    # A cell's name is not the reference of an incident: it returns with every month.
    **{part: names for part, names in _COMMON_ALIASES.items() if part != "id"},
    "weight": ("weight", "count", "asb_count", "n_incidents"),
}

LAYOUTS: Final = {
    layout.name: layout
    for layout in (
        Layout(
            "police_uk",
            "street file of data.police.uk: month, anonymised point, all crime types",
            recognised_by=("month", "falls_within", "longitude", "latitude", "crime_type"),
            parts={
                "month": "month",
                "longitude": "longitude",
                "latitude": "latitude",
                "location": "location",
                "area_code": "lsoa_code",
                "crime_type": "crime_type",
                "force": "reported_by",
                "id": "crime_id",
            },
        ),
        Layout(
            "met_asb",
            "the Met's MPS_Antisocial_Behaviour.csv: date and hour, ward instead of a point",
            recognised_by=("date", "hour", "opening_type_1", "ward_wardcode", "asbcount"),
            parts={
                "date": "date",
                "time": "hour",
                "area_code": "ward_wardcode",
                "borough_name": "safer_neighborhood_team_borough_name",
                "location": "safer_neighborhood_team_name",
                "codes": (
                    "op01",
                    "opening_type_1",
                    "op02",
                    "opening_type_2",
                    "op03",
                    "opening_type_3",
                ),
                "closing": (
                    "cl01",
                    "close_type_1",
                    "cl02",
                    "close_type_2",
                    "cl03",
                    "close_type_3",
                ),
                "duplicate": "duplicate",
                "weight": "asbcount",
            },
            has_whole_hours=True,
        ),
        Layout(
            "stats19",
            "road collisions of the Department for Transport (STATS19), for trying out the methods",
            noun="road collisions",
            recognised_by=("date", "time", "longitude", "latitude", "number_of_casualties"),
            parts={
                "date": "date",
                "time": "time",
                "longitude": "longitude",
                "latitude": "latitude",
            },
            aliases={"id": ("accident_index", "collision_index")},
        ),
        Layout(
            "cells",
            "counted cells: a point, a month, date or time, and a weight column",
            aliases=_CELL_ALIASES,
        ),
        Layout(
            "cad",
            "CAD-like table: a point or area code, and a received time, date or month",
            aliases=_COMMON_ALIASES,
        ),
    )
}
"""The known layouts, in the order in which they are tried."""


def simplify(name: object) -> str:
    """Reduce a column name to lower case and underscores, for matching."""
    return re.sub(r"[^0-9a-z]+", "_", str(name).lower()).strip("_")


def match_layout(
    frame: pd.DataFrame, file: str, layout: str, columns: Mapping[str, str] | None
) -> tuple[Layout, dict[str, tuple[str, ...]]]:
    """Find the layout of a table and the column of each part.

    Parameters
    ----------
    frame : DataFrame
        The raw table.
    file : str
        Its name, for messages.
    layout : str
        A layout's name, or "auto".
    columns : mapping of str to str, optional
        The caller's own column for some parts; it overrules the layout.

    Returns
    -------
    Layout, dict of str to tuple of str
        The layout, and the columns of `frame` that play each part.

    Raises
    ------
    InputError
        If the layout is unknown or cannot be recognised, or a part or column does not exist.
    """
    if layout not in ("auto", *LAYOUTS):
        raise invalid("layout", layout, f"'auto' or one of {', '.join(LAYOUTS)}")
    own = _own_columns(frame, file, columns or {})
    given = {simplify(column): str(column) for column in frame.columns}
    tried = LAYOUTS.values() if layout == "auto" else (LAYOUTS[layout],)
    for candidate in tried:
        if not set(candidate.recognised_by) <= set(given):
            continue
        parts = {**_without_rivals(_columns_of(candidate, given), own), **own}
        if _is_usable(parts) and ("weight" in parts or candidate.name != "cells"):
            return candidate, parts
    needs = (
        "a time (received, date or month) and a place (easting and northing, longitude and "
        "latitude, or an area code)"
    )
    wanted = "one of the known layouts" if layout == "auto" else f"the layout '{layout}'"
    names = [str(column) for column in frame.columns]
    shown = ", ".join(names[:_SHOWN]) + (
        f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
    )
    msg = (
        f"Cannot read '{file}' as {wanted}. Must have {needs}. Its columns are: {shown}. "
        "Name the columns, such as columns={'start': 'Call time', 'easting': 'X'}, or on the "
        "command line --column \"start=Call time\"; the page 'Layouts' has all parts."
    )
    raise InputError(msg)


def _columns_of(layout: Layout, given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    parts: dict[str, tuple[str, ...]] = {}
    for part, names in layout.parts.items():
        wanted = (names,) if isinstance(names, str) else names
        found = tuple(given[name] for name in wanted if name in given)
        if found:
            parts[part] = found
    taken = {column for columns in parts.values() for column in columns}
    for part, names in layout.aliases.items():
        found = tuple(given[name] for name in names if name in given and given[name] not in taken)
        if found:
            parts[part] = found if part in MANY else found[:1]
            taken.update(parts[part])
    # With a date of its own, a "time received" is the clock time that goes with it.
    start = parts.get("start", ("",))[0]
    if (
        "date" in parts
        and "time" not in parts
        and simplify(start) in layout.aliases.get("time", ())
    ):
        parts["time"] = parts.pop("start")
    return parts


# Of these, one way is used: what the caller names replaces the others.
_RIVALS: Final = (
    ({"longitude", "latitude"}, {"easting", "northing"}),
    ({"start"}, {"date", "time"}, {"month"}),
)


def _without_rivals(
    found: dict[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Drop the parts that the caller's own columns replace."""
    dropped: set[str] = set()
    for ways in _RIVALS:
        for way in ways:
            if way & set(own):
                dropped |= set().union(*ways) - way
    return {part: columns for part, columns in found.items() if part not in dropped}


def _own_columns(
    frame: pd.DataFrame, file: str, columns: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    own: dict[str, tuple[str, ...]] = {}
    for part, column in columns.items():
        if part not in PARTS:
            raise invalid("columns", part, f"a part that a column plays: {', '.join(PARTS)}")
        if column not in frame.columns:
            hint = _nearest(column, map(str, frame.columns))
            raise invalid(f"columns['{part}']", column, f"a column of '{file}'", hint)
        own[part] = (str(column),)
    return own


def _nearest(column: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(column, list(names), n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else ""


def _is_usable(parts: Mapping[str, tuple[str, ...]]) -> bool:
    has_time = any(part in parts for part in _TIMES)
    has_point = {"easting", "northing"} <= set(parts) or {"longitude", "latitude"} <= set(parts)
    return has_time and (has_point or "area_code" in parts)
