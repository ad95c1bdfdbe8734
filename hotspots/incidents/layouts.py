"""The layouts that the reader knows, recognised by their columns.

A layout says which column plays which part; the reading itself is the same for all of them. A
further layout is a further entry here, or the caller's own mapping of columns. Upper and lower
case, spaces and underscores in column names do not matter.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from hotspots.errors import InputError, invalid
from hotspots.incidents.names import (
    ALIASES,
    CLOCKS,
    DEGREE_PAIRS,
    GRID_PAIRS,
    RECORDED,
    family_of,
    key_of,
    nearest_column,
)
from hotspots.sources.raw import POINT_X, POINT_Y

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterator

    from hotspots.incidents.mapping import Mapping

PARTS: Final = {
    "id": "the source's own reference of the incident",
    "start": "received date and time, or when it began",
    "date": "date, when the time is in another column",
    "time": "clock time, when the date is in another column",
    "month": "month, when nothing finer is known",
    "end": "end of the interval in which it happened",
    "end_date": "date of that end, when its time is in another column",
    "end_time": "clock time of that end, when its date is in another column",
    "easting": "British National Grid easting, metres",
    "northing": "British National Grid northing, metres",
    "longitude": "longitude, degrees",
    "latitude": "latitude, degrees",
    "geometry": "point as text: WKT, or WKB in hexadecimal",
    "grid_reference": "National Grid reference with letters, such as TQ 301 802",
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

TIMES: Final = (("start",), ("date",), ("month",))
PLACES: Final = (
    # Metres need no conversion, a reference is the corner of a square: the finest way comes first.
    ("easting", "northing"),
    ("longitude", "latitude"),
    ("geometry",),
    ("grid_reference",),
)
"""The ways in which a source says when and where; of each, one is used, the first in this order."""

_SHOWN: Final = 20


ASB_REPORTS: Final = "ASB reports"
"""What rows are, in the plural, where the layout does not say otherwise."""


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
    is_police_generated : bool
        Whether every row records police activity, so that none is a report.
    """

    name: str
    meaning: str
    noun: str = ASB_REPORTS
    recognised_by: tuple[str, ...] = ()
    parts: abc.Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    aliases: abc.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_whole_hours: bool = False
    is_police_generated: bool = False


OWN: Final = "own"
"""Name of the layout that has no names of its own: only the caller's columns count."""

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
            "stop_and_search",
            "stops and searches of data.police.uk: where officers were, so every row is set aside",
            noun="stops and searches",
            recognised_by=("date", "part_of_a_policing_operation", "object_of_search"),
            parts={
                "start": "date",
                "longitude": "longitude",
                "latitude": "latitude",
                "heading": "type",
            },
            is_police_generated=True,
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
            # A cell's name is not the reference of an incident: it returns with every month.
            aliases={part: names for part, names in ALIASES.items() if part != "id"},
        ),
        Layout(
            "cad",
            "CAD-like table: a point or area code, and a received time, date or month",
            aliases={part: names for part, names in ALIASES.items() if part != "weight"},
        ),
        Layout(OWN, "any table whose columns a mapping names, part by part; nothing is guessed"),
    )
}
"""The known layouts, in the order in which they are tried."""

_ENDS: Final = ("end", "end_date", "end_time")
_WAYS: Final = frozenset({"time", *_ENDS}.union(*TIMES, *PLACES))
# For each part the names that were found, each with its column, best first.
_Found = dict[str, list[tuple[str, str]]]
_Parts = dict[str, tuple[str, ...]]


def match_layout(
    names: abc.Sequence[str], file: str, mapping: Mapping
) -> tuple[Layout, dict[str, tuple[str, ...]]]:
    """Find the layout of a table and the column of each part.

    Parameters
    ----------
    names : sequence of str
        The columns of the table.
    file : str
        Its name, for messages.
    mapping : Mapping
        A layout's name, or "auto", and the caller's own column for some parts; these overrule the
        layout.

    Returns
    -------
    Layout, dict of str to tuple of str
        The layout, and the columns that play each part, in the order of `PARTS`. Of the ways to
        say when and where one is used; columns that play no part are not in it.

    Raises
    ------
    InputError
        If the layout cannot be recognised, a column does not exist, or two columns have one name.

    Notes
    -----
    An interval ("from", "to") counts as one if both ends are there, and then comes before a time
    of reporting. The points of a spatial source come before columns with coordinates.

    Examples
    --------
    >>> from hotspots.incidents.mapping import Mapping
    >>> names = ["Ref", "Call Received", "X", "Y"]
    >>> layout, columns = match_layout(names, "calls.csv", Mapping())
    >>> layout.name, columns["start"], columns["easting"]
    ('cad', ('Call Received',), ('X',))
    >>> match_layout(["Ref", "Call Received", "Eastng", "Y"], "calls.csv", Mapping())
    Traceback (most recent call last):
    ...
    hotspots.errors.InputError: Cannot read 'calls.csv' ... Did you mean 'Eastng' for easting ...
    """
    names = [str(name) for name in names]
    _refuse_repeated(names, file)
    # The mapping keeps the columns of every part as a tuple.
    own = _own_columns(names, file, cast("abc.Mapping[str, tuple[str, ...]]", mapping.columns))
    if {POINT_X, POINT_Y} <= set(names) and not set().union(*PLACES) & set(own):
        own |= {"easting": (POINT_X,), "northing": (POINT_Y,)}
    given: dict[str, list[str]] = {}
    for name in names:
        given.setdefault(key_of(name), []).append(name)
    given.pop("", None)
    tried = LAYOUTS.values() if mapping.layout == "auto" else (LAYOUTS[mapping.layout],)
    for candidate in tried:
        if _unseen(candidate, given, own):
            continue
        parts = _columns_of(candidate, given, own)
        if _is_usable(parts) and ("weight" in parts or candidate.name != "cells"):
            _refuse_twins(parts, own, given, file)
            noun = mapping.noun or candidate.noun
            in_order = {part: parts[part] for part in PARTS if part in parts}
            return replace(candidate, noun=noun), in_order
    raise _not_recognised(names, file, mapping.layout, own, given)


def _refuse_repeated(names: abc.Sequence[str], file: str) -> None:
    repeated = list(dict.fromkeys(name for name in names if names.count(name) > 1))
    if repeated:
        msg = (
            f"'{file}' has more than one column named {', '.join(repeated)}. Must have different "
            "names. Rename or drop the others."
        )
        raise InputError(msg)


def _refuse_twins(
    parts: abc.Mapping[str, tuple[str, ...]],
    own: abc.Mapping[str, tuple[str, ...]],
    given: abc.Mapping[str, list[str]],
    file: str,
) -> None:
    """Refuse to choose between "Easting" and "EASTING" where it matters."""
    taken = {column for columns in own.values() for column in columns}
    for part in PARTS:
        if part not in _WAYS | {"weight"} or part not in parts or part in own:
            continue
        twins = [name for name in given[key_of(parts[part][0])] if name not in taken]
        if len(twins) > 1:
            listed = ", ".join(f"'{name}'" for name in twins)
            msg = (
                f"'{file}' has {len(twins)} columns that could be {part}: {listed}. Must be one. "
                f"Name it, such as columns={{'{part}': '{twins[0]}'}}."
            )
            raise InputError(msg)


def _own_columns(
    names: abc.Sequence[str], file: str, columns: abc.Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Find the columns that the caller names, if need be in another case or with other spaces."""
    return {
        part: tuple(_own_column(names, file, part, column) for column in wanted)
        for part, wanted in columns.items()
    }


def _own_column(names: abc.Sequence[str], file: str, part: str, column: str) -> str:
    if column in names:
        return column
    alike = [name for name in names if key_of(name) == key_of(column) != ""]
    if len(alike) == 1:
        return alike[0]
    if alike:
        remedy = "It could be " + " or ".join(f"'{name}'" for name in alike) + "."
    else:
        near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
        remedy = f"Did you mean '{near[0]}'?" if near else f"Its columns are: {_listed(names)}."
    raise invalid(f"columns['{part}']", column, f"a column of '{file}'", remedy)


def _unseen(
    layout: Layout, given: abc.Mapping[str, list[str]], own: abc.Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Give the columns that the layout is known by and that are neither there nor replaced."""
    replaced = {layout.parts[part] for part in own if part in layout.parts}
    return [
        name for name in layout.recognised_by if key_of(name) not in given and name not in replaced
    ]


def _columns_of(
    layout: Layout, given: abc.Mapping[str, list[str]], own: abc.Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Give the columns of each part: one way to say when, one to say where, and all the rest."""
    taken = {column for columns in own.values() for column in columns}
    found: _Found = {}
    for part, names in (*layout.parts.items(), *layout.aliases.items()):
        wanted = (names,) if isinstance(names, str) else names
        found[part] = [
            (name, column)
            for name in wanted
            for column in given.get(key_of(name), ())
            if column not in taken
        ]
    parts = {
        part: tuple(column for _, column in (columns if part in MANY else columns[:1]))
        for part, columns in found.items()
        if columns and part not in own and part not in _WAYS
    }
    start = _start_of(found, own)
    return {
        **parts,
        **{part: columns for part, columns in own.items() if part not in _WAYS},
        **start,
        **_end_of(found, own, start),
        **_place_of(found, own),
    }


def _interval(found: _Found) -> frozenset[str] | None:
    """Give the family of the interval that has both ends, if there is one."""
    ends = {
        family_of(name)
        for part in ("end", "end_date", "end_time")
        for name, _ in found.get(part, ())
    }
    for part in ("start", "date", "time"):
        for name, _ in found.get(part, ()):
            if family_of(name) in ends:
                return family_of(name)
    return None


def _start_of(found: _Found, own: abc.Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Choose the one way in which it is said when: a moment, a date and clock, or a month."""
    interval = _interval(found)
    dates = found.get("date", [])
    clocks = found.get("time", [])
    if "start" in own:
        return {"start": own["start"]}
    if "date" in own:
        dates = [(own["date"][0], own["date"][0])]
    if "time" in own:
        clocks = [(own["time"][0], own["time"][0])]
    has_date = bool(dates)
    # Beside a date, a "time received" is a clock time; alone, it is the moment.
    wholes = [
        (name, column)
        for name, column in found.get("start", ())
        if not (name in CLOCKS and has_date)
        and (interval == family_of(name) or name not in {"from", "earliest"})
    ]
    strong = [way for way in wholes if way[0] not in RECORDED]
    pairs = _date_and_clock(dates, clocks)
    ways: list[tuple[str, _Parts]] = []
    ways += [(name, {"start": (column,)}) for name, column in strong]
    ways += [(date[0], {"date": (date[1],), "time": (clock[1],)}) for date, clock in pairs]
    ways += [(name, {"start": (column,)}) for name, column in wholes]
    ways += [(name, {"date": (column,)}) for name, column in dates]
    ways += [(name, {"month": (column,)}) for name, column in found.get("month", ())]
    if {"date", "time"} & set(own):
        ways = [way for way in ways if "date" in way[1]]
    elif "month" in own:
        return {"month": own["month"]}
    if interval is not None:
        ways.sort(key=lambda way: family_of(way[0]) != interval)
    return ways[0][1] if ways else {}


def _date_and_clock(
    dates: list[tuple[str, str]], clocks: list[tuple[str, str]]
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Pair dates with clock times, those of one family first."""
    pairs = [(date, clock) for date in dates for clock in clocks]
    return sorted(pairs, key=lambda pair: family_of(pair[0][0]) != family_of(pair[1][0]))


def _end_of(
    found: _Found,
    own: abc.Mapping[str, tuple[str, ...]],
    start: abc.Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Choose the end that belongs to the start: the end of something else is no end of this."""
    named = {part: own[part] for part in _ENDS if part in own}
    first = next(iter(start.values()), ("",))[0]
    kinds = {family_of(first)} | {
        family_of(name)
        for part in TIMES
        for name, column in found.get(part[0], ())
        if column == first
    }

    def belonging(part: str) -> list[tuple[str, str]]:
        return [
            (name, column)
            for name, column in found.get(part, ())
            if name == "end"
            or family_of(name) in kinds
            or (frozenset() in kinds and family_of(name) == {"start"})
        ]

    if "end" in named:
        return {"end": named["end"]}
    if named:
        return named
    if not start or "month" in start:
        return {}
    for part in ("end", "end_date"):
        if belonging(part):
            end: dict[str, tuple[str, ...]] = {part: (belonging(part)[0][1],)}
            if part == "end_date" and belonging("end_time"):
                end["end_time"] = (belonging("end_time")[0][1],)
            return end
    # Without a date of its own the end is on the day of the start, or is a whole moment.
    for _, column in belonging("end_time"):
        return {"end_time" if "time" in start else "end": (column,)}
    return {}


def _place_of(found: _Found, own: abc.Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Choose the one way in which it is said where: both numbers of a pair, or one column."""
    named = [way for way in PLACES if set(way) & set(own)]
    for way in named or PLACES:
        names = [[("", own[part][0])] if part in own else found.get(part, []) for part in way]
        if all(names):
            chosen = next(iter(_pairs(way, names)), [columns[0] for columns in names])
            return {part: (column,) for part, (_, column) in zip(way, chosen, strict=True)}
    # Half of a pair that the caller names is kept, so that the message can say what is missing.
    return {part: own[part] for way in named for part in way if part in own}


def _pairs(
    way: tuple[str, ...], names: list[list[tuple[str, str]]]
) -> Iterator[list[tuple[str, str]]]:
    """Give the columns whose names belong together, such as X and Y but not X and northing."""
    if len(way) == 1:
        return
    known = GRID_PAIRS if way == PLACES[0] else DEGREE_PAIRS
    for pair in known:
        both = [
            next((found for found in columns if found[0] == name), None)
            for name, columns in zip(pair, names, strict=True)
        ]
        if both[0] is not None and both[1] is not None:
            yield [both[0], both[1]]


def _is_usable(parts: abc.Mapping[str, tuple[str, ...]]) -> bool:
    has_place = _has_point(parts) or ("area_code" in parts and not _half_of_pair(parts))
    return _has_time(parts) and has_place


def _half_of_pair(parts: abc.Container[str]) -> tuple[str, str] | None:
    """Give the part of a pair that the caller names and the one that is not there."""
    for one, other in PLACES[:2]:
        if (one in parts) != (other in parts):
            return (one, other) if one in parts else (other, one)
    return None


def _has_time(parts: abc.Container[str]) -> bool:
    return any(part in parts for way in TIMES for part in way)


def _has_point(parts: abc.Container[str]) -> bool:
    return any(all(part in parts for part in way) for way in PLACES)


_VALUE: Final = re.compile(
    r"-?[0-9]+[.][0-9]+|[0-9]{5,}|[EWSN][0-9]{8}|[0-9]{1,2}:[0-9]{2}.*"
    r"|[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ,]{1,2}[0-9]{1,4}(?![0-9]).*"
)
_ONE_COLUMN: Final = "If that is several, separate them by comma, tab, semicolon or bar. "
_NO_HEADER: Final = (
    "Most of these look like dates or numbers: if the first line is data, put a line with names "
    "above it. "
)


def look_like_values(names: abc.Collection[str]) -> bool:
    """Say whether at least two names, and half of them, look like dates, numbers or codes."""
    n_values = sum(_VALUE.fullmatch(name.strip()) is not None for name in names)
    return n_values > 1 and 2 * n_values >= len(names)


def _not_recognised(
    names: abc.Sequence[str],
    file: str,
    layout: str,
    own: abc.Mapping[str, tuple[str, ...]],
    given: abc.Mapping[str, list[str]],
) -> InputError:
    """Say what is missing, and which columns look as if they could be it."""
    fixed = LAYOUTS[layout] if layout != "auto" else None
    example: dict[str, str] = {}
    if fixed is not None and fixed.recognised_by:
        missing = _unseen(fixed, given, own)
        needs = f"the columns {', '.join(fixed.recognised_by)}; not found: {', '.join(missing)}"
        part_of = {column: part for part, column in fixed.parts.items()}
        near = {part_of.get(name, name): nearest_column(names, (name,)) for name in missing}
    else:
        parts = _columns_of(LAYOUTS["cad"] if fixed is None else fixed, given, own)
        near = _near_misses(names, parts)
        needs, example = _needs(parts)
        if layout == "cells" and "weight" not in parts:
            needs += "; a weight (the number of incidents)"
            near |= {"weight": nearest_column(names, ALIASES["weight"])}
    near = {part: column for part, column in near.items() if column}
    example = near or example or {"start": "Call time"}
    hint = " and ".join(f"'{column}' for {part}" for part, column in near.items())
    wanted = "one of the known layouts" if fixed is None else f"the layout '{layout}'"
    msg = (
        f"Cannot read '{file}' as {wanted}. Must have {needs}. "
        + (f"Did you mean {hint}? " if hint else "")
        + f"Its columns are: {_listed(names)}. "
        + (_ONE_COLUMN if len(names) == 1 else "")
        + (_NO_HEADER if look_like_values(names) else "")
        + f"Name the columns, such as columns={example}, or on "
        f'the command line --column "{"=".join(next(iter(example.items())))}"'
        + ("" if layout == OWN else ", or let 'hotspots check --suggest' propose a mapping")
        + "; the page 'Layouts' has all parts."
    )
    return InputError(msg)


def _needs(parts: abc.Mapping[str, tuple[str, ...]]) -> tuple[str, dict[str, str]]:
    """Say what a free layout must have and this one has not, and how it would be named."""
    needs = (
        "a time (received, date or month) and a place (easting and northing, longitude and "
        "latitude, a point, a grid reference or an area code)"
    )
    example: dict[str, str] = {}
    half = None if _has_point(parts) else _half_of_pair(parts)
    if half is not None:
        return f"{half[1]} beside {half[0]} = '{parts[half[0]][0]}'", {half[1]: "Y"}
    if not _has_time(parts):
        example |= {"start": "Call time"}
    if not (_has_point(parts) or "area_code" in parts):
        example |= {"easting": "X", "northing": "Y"}
    if len(example) == 1:
        needs += "; it has no time"
    elif "start" not in example and example:
        needs += "; it has no place"
    return needs, example


def _near_misses(
    names: abc.Sequence[str], parts: abc.Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Give a column with nearly the right name for what is missing, by part."""
    taken = {column for columns in parts.values() for column in columns}
    free = [name for name in names if name not in taken]
    near: dict[str, str] = {}
    if not _has_time(parts):
        found = {part: nearest_column(free, ALIASES[part]) for part in ("start", "date", "month")}
        near |= next(({part: column} for part, column in found.items() if column), {})
    if not _has_point(parts) and "area_code" not in parts:
        for way in (*PLACES, ("area_code",)):
            found = {
                part: parts[part][0] if part in parts else nearest_column(free, ALIASES[part])
                for part in way
            }
            # One half may be spelt rightly: then only the other is a question.
            found |= {
                part: next((c for c in free if key_of(c) in map(key_of, ALIASES[part])), column)
                for part, column in found.items()
                if not column
            }
            if all(found.values()) and len(set(found.values())) == len(way):
                near |= found
                break
    return near


def _listed(names: abc.Sequence[str]) -> str:
    more = f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
