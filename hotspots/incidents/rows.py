"""Judge the rows of one raw table: parse every part, then accept, set aside or reject.

What is out of scope is decided first, so that a broken row of another crime type is never counted
as a rejected report of anti-social behaviour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.areas import load_boroughs, to_national_grid
from hotspots.errors import invalid
from hotspots.incidents.clock import read_moments
from hotspots.incidents.codes import ASB_ROLES, codes_by_name, load_codes
from hotspots.tables import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hotspots.incidents.files import RawTable
    from hotspots.incidents.layouts import Layout

_ASB_CRIME_TYPES: Final = frozenset({"anti social behaviour", "antisocial behaviour", "asb"})
_YES: Final = frozenset({"y", "ye", "yes", "true", "1"})
_LONDON: Final = "Europe/London"
_LARGEST_DEGREE: Final = 180.0
_CODE_LENGTH: Final = 3
_GRID: Final = (700_000.0, 1_300_000.0)
# How the simulator marks what it writes in another source's layout.
_SIMULATED: Final = "simulated"


class _Rows:
    """The raw columns of a table, by the part they play."""

    def __init__(self, raw: RawTable, columns_of: Mapping[str, tuple[str, ...]]) -> None:
        self.frame = raw.frame
        self.columns_of = columns_of

    def __contains__(self, part: str) -> bool:
        return part in self.columns_of

    def raw(self, part: str) -> pd.Series[Any]:
        return self.frame[self.columns_of[part][0]]

    def text(self, part: str) -> pd.Series[Any]:
        """Texts of a part, missing where there is none."""
        if part not in self:
            return pd.Series(None, index=self.frame.index, dtype="str")
        return _text(self.raw(part))

    def number(self, part: str) -> pd.Series[Any]:
        """Numbers of a part; NaN where there is none or it is not a number."""
        return pd.to_numeric(self.raw(part), errors="coerce").astype("float64")


def _text(values: pd.Series[Any]) -> pd.Series[Any]:
    texts = values.astype("str").str.strip()
    missing = values.isna() | texts.isin(["", "nan", "None", "NaT", "<NA>"])
    return texts.mask(missing)


def judge_rows(
    raw: RawTable,
    layout: Layout,
    columns_of: Mapping[str, tuple[str, ...]],
    crs: object,
) -> tuple[pd.DataFrame, list[str]]:
    """Parse a raw table and decide the outcome of every row.

    Parameters
    ----------
    raw : RawTable
        The table as it was given.
    layout : Layout
        Its layout.
    columns_of : mapping of str to tuple of str
        The columns that play each part.
    crs : object
        Coordinate system of the coordinates, or None for the usual ones.

    Returns
    -------
    DataFrame, list of str
        One row a raw row, with `outcome` ("accepted", "out_of_scope", "rejected"), `reason`,
        `detail`, the columns of an incidents table, `easting` and `northing`, and the columns that
        play no part; and the notes on what was assumed.
    """
    rows = _Rows(raw, columns_of)
    index = raw.frame.index
    notes: list[str] = []
    reason = pd.Series("", index=index, dtype="str")
    detail = pd.Series("", index=index, dtype="str")

    def mark(mask: pd.Series[Any], why: str, given: pd.Series[Any] | str = "") -> None:
        new = mask & (reason == "")
        reason[new] = why
        detail[new] = given[new].fillna("") if isinstance(given, pd.Series) else given

    closing = _codes(rows, ("closing", "heading"))
    codes = np.column_stack([closing, _codes(rows, ("codes", "qualifiers", "asb_type"))])
    weight = rows.number("weight") if "weight" in rows else pd.Series(1.0, index=index)
    _mark_scope(rows, codes, weight, mark)
    out_of_scope = reason != ""

    time = _time_texts(rows)
    moments = read_moments(time)
    shown = _text(time)
    mark(shown.isna(), "missing_time")
    mark(moments.is_nonexistent, "nonexistent_time", shown)
    mark(moments.start.isna(), "bad_time", shown)
    easting, northing = _locate(rows, crs, mark, notes)
    mark(~(np.isfinite(weight) & (weight > 0)), "bad_weight", rows.text("weight"))

    precision = _precision(moments.precision, layout, rows)
    table = pd.DataFrame(
        {
            "file": raw.name,
            "line": raw.lines.to_numpy(),
            "native_id": rows.text("id"),
            "start": _floor(moments.start, precision),
            "end": _ends(rows, moments.start, precision),
            "time_precision": precision,
            "asb_type": _of_role(rows, codes, "asb_type", "type"),
            "heading": _of_role(rows, codes, "heading", "heading"),
            "qualifiers": _qualifiers(rows, codes),
            "source": _source(rows, layout),
            "channel": rows.text("channel"),
            "location_precision_m": np.nan,
            "location": rows.text("location"),
            "weight": weight,
            "person_key": rows.text("person_key"),
            "is_ambiguous_time": moments.is_ambiguous,
            "is_context": False,
            "area_code": rows.text("area_code"),
            "borough": _borough_codes(rows),
            "easting": easting,
            "northing": northing,
        },
        index=index,
    )
    listed = "," + table["qualifiers"].fillna("") + ","
    table["is_flagged_repeat"] = listed.str.contains(",610,", regex=False)
    table["is_flagged_vulnerable"] = listed.str.contains(",635,", regex=False)

    if not {"codes", "closing", "asb_type", "heading", "crime_type"} & set(columns_of):
        notes.append(f"no column of codes or types: all rows are taken to be {layout.noun}")

    if layout.aliases:
        notes.append(_columns_in_words(rows))
    table["reason"] = reason
    table["detail"] = detail
    table["outcome"] = np.select(
        [out_of_scope, reason != ""], ["out_of_scope", "rejected"], "accepted"
    )
    return _with_extra_columns(table, rows), notes


def _columns_in_words(rows: _Rows) -> str:
    """Say which column was taken for what, and which were not used."""
    used = [
        f"{part} = {', '.join(columns)}"
        for part, columns in rows.columns_of.items()
        if not columns[0].startswith("_")
    ]
    taken = {column for columns in rows.columns_of.values() for column in columns}
    rest = [str(column) for column in rows.frame.columns if column not in taken]
    said = f"columns: {'; '.join(used)}"
    return said + (f"; not used: {', '.join(rest)}" if rest else "")


def _with_extra_columns(table: pd.DataFrame, rows: _Rows) -> pd.DataFrame:
    used = {column for columns in rows.columns_of.values() for column in columns}
    extra = {}
    for column in rows.frame.columns:
        if column not in used:
            name = f"{column}_given" if column in (*table.columns, "geometry") else str(column)
            extra[name] = rows.frame[column]
    return table.assign(**extra)


def _codes(rows: _Rows, parts: tuple[str, ...]) -> np.ndarray[Any, Any]:
    """Give the three-digit codes of every row as whole numbers, a column each; 0 for none."""
    names = codes_by_name()
    found = []
    for part in parts:
        for column in rows.columns_of.get(part, ()):
            # Codes repeat: each different text is read once.
            code_of, different = pd.factorize(_text(rows.frame[column]))
            lists = [_split(str(text), names) for text in different]
            longest = max((len(codes) for codes in lists), default=0)
            table = np.zeros((len(lists) + 1, longest), dtype=np.int32)
            for row, codes in enumerate(lists):
                table[row, : len(codes)] = codes
            found.append(table[code_of])  # a missing text has code −1: the last row, no codes
    return np.column_stack(found) if found else np.zeros((len(rows.frame), 0), dtype=np.int32)


def _first_of(codes: np.ndarray[Any, Any], wanted: list[int]) -> np.ndarray[Any, Any]:
    """Give the first code of each row that is one of those wanted; 0 for none."""
    if codes.shape[1] == 0:
        return np.zeros(len(codes), dtype=np.int32)
    hit = np.isin(codes, wanted)
    first = codes[np.arange(len(codes)), hit.argmax(axis=1)]
    return np.where(hit.any(axis=1), first, 0)


def _of_roles(*roles: str) -> list[int]:
    return [int(code) for code, entry in load_codes().items() if entry.role in roles]


def _split(text: str, names: Mapping[str, str]) -> list[int]:
    """Read the codes in a cell: a name, a code, or several codes with anything between them."""
    if text.lower() in names:
        return [int(names[text.lower()])]
    parts = "".join(c if c in "0123456789" else " " for c in text).split()
    return [int(part) for part in parts if len(part) == _CODE_LENGTH]


def _mark_scope(
    rows: _Rows,
    codes: np.ndarray[Any, Any],
    weight: pd.Series[Any],
    mark: Any,  # noqa: ANN401
) -> None:
    index = rows.frame.index
    crime = _crime_types(rows)
    if crime is not None:
        mark(~_plain(crime).isin(_ASB_CRIME_TYPES), "other_crime_type", crime)
    if "duplicate" in rows:
        mark(rows.text("duplicate").str.lower().isin(_YES), "flagged_duplicate")
    for role, why in (("excluded", "excluded_code"), ("recall", "recall")):
        first = pd.Series(_first_of(codes, _of_roles(role)), index=index)
        mark(first > 0, why, first.astype("str"))
    if "codes" in rows or "closing" in rows:
        is_asb = np.isin(codes, _of_roles(*ASB_ROLES)).any(axis=1)
        mark(pd.Series(~is_asb, index=index), "not_asb")
    mark(weight == 0, "zero_weight")


def _plain(words: pd.Series[Any]) -> pd.Series[Any]:
    return words.str.lower().str.replace("-", " ", regex=False)


def _crime_types(rows: _Rows) -> pd.Series[Any] | None:
    """Give the crime type of each row, if the table has several: some call the column category."""
    if "crime_type" in rows:
        return rows.text("crime_type")
    if "heading" in rows and _plain(rows.text("heading")).isin(_ASB_CRIME_TYPES).any():
        return rows.text("heading")
    return None


def _time_texts(rows: _Rows) -> pd.Series[Any]:
    """Give the column of times, or join the columns of date and clock."""
    if "start" in rows:
        return rows.raw("start")
    if "date" not in rows:
        return rows.raw("month")
    if "time" not in rows:
        return rows.raw("date")
    date, clock = rows.text("date"), rows.text("time")
    clock = clock.mask(clock.str.fullmatch("[0-9]{1,2}").fillna(value=False), clock + ":00")
    return date.where(clock.isna(), date + " " + clock)


def _precision(parsed: pd.Series[Any], layout: Layout, rows: _Rows) -> pd.Series[Any]:
    if layout.has_whole_hours:
        return parsed.where(parsed != "minute", "hour")
    if "start" not in rows and "date" not in rows:
        return pd.Series("month", index=parsed.index, dtype="str")
    return parsed


def _floor(start: pd.Series[Any], precision: pd.Series[Any]) -> pd.Series[Any]:
    """Move months to their first moment: some sources date them to a day inside."""
    is_month = precision == "month"
    if not is_month.any():
        return start
    wall = start.dt.tz_localize(None).dt.to_period("M").dt.start_time.dt.as_unit("us")
    return start.mask(is_month, wall.dt.tz_localize(_LONDON))


def _ends(rows: _Rows, start: pd.Series[Any], precision: pd.Series[Any]) -> pd.Series[Any]:
    """Give the end of the interval: the source's, or that of the day or month."""
    wall = start.dt.tz_localize(None)
    months = wall.dt.to_period("M").dt.end_time.dt.ceil("D").dt.as_unit("us")
    days = wall.dt.normalize() + pd.Timedelta(days=1)
    is_coarse = precision.isin(["day", "month"])
    last = months.where(precision == "month", days).where(is_coarse).dt.as_unit("us")
    ends: pd.Series[Any] = last.dt.tz_localize(_LONDON)
    if "end" in rows:
        given = read_moments(rows.raw("end")).start
        ends = ends.mask(given.notna(), given)
    return ends


def _locate(
    rows: _Rows,
    crs: object,
    mark: Any,  # noqa: ANN401
    notes: list[str],
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Give easting and northing, missing where no place is given, and mark what cannot be."""
    index = rows.frame.index
    missing = pd.Series(np.nan, index=index)
    if "easting" in rows and "northing" in rows:
        parts = ("easting", "northing")
    elif "longitude" in rows and "latitude" in rows:
        parts = ("longitude", "latitude")
    else:
        return missing, missing
    x, y = (rows.number(part) for part in parts)
    given = [rows.text(part) for part in parts]
    shown = given[0].fillna("") + ", " + given[1].fillna("")
    is_given = given[0].notna() | given[1].notna()
    broken = is_given & (~np.isfinite(x) | ~np.isfinite(y) | ((x == 0) & (y == 0)))
    mark(broken, "bad_location", shown)
    use = is_given & ~broken
    is_degrees = parts[0] == "longitude"
    if not is_degrees and crs is None and use.any():
        is_degrees = bool(x[use].abs().max() <= _LARGEST_DEGREE)
        if is_degrees:
            notes.append("the coordinates were read as longitude and latitude")
    easting, northing = missing.copy(), missing.copy()
    to_grid, path = _grid_path(crs, is_degrees=is_degrees)
    easting[use], northing[use] = to_grid(x[use].to_numpy(), y[use].to_numpy())
    notes.append(f"coordinates: {path}")
    inside = easting.between(0, _GRID[0]) & northing.between(0, _GRID[1])
    mark(use & ~inside, "outside_great_britain", shown)
    return easting.where(inside), northing.where(inside)


def _grid_path(crs: object, *, is_degrees: bool) -> tuple[Any, str]:
    """Find the way from the given coordinates to the National Grid, and its name for the record."""
    import pyproj  # noqa: PLC0415 (slow to import)

    try:
        own = pyproj.CRS.from_user_input(crs) if crs is not None else None
    except pyproj.exceptions.CRSError as error:
        raise invalid("crs", crs, "a coordinate system such as 'EPSG:27700'") from error
    if own is None:
        own = pyproj.CRS.from_epsg(4326 if is_degrees else 27700)
    if own == pyproj.CRS.from_user_input(CRS):
        return (lambda x, y: (x, y)), "given in EPSG:27700"
    if own == pyproj.CRS.from_epsg(4326):
        return to_national_grid, "EPSG:4326 to EPSG:27700 by OSTN15"
    to_degrees = pyproj.Transformer.from_crs(own, 4326, always_xy=True)
    name = own.to_string()
    return (
        lambda x, y: to_national_grid(*to_degrees.transform(x, y)),
        f"{name} to EPSG:4326 by PROJ, then to EPSG:27700 by OSTN15",
    )


def _of_role(rows: _Rows, codes: np.ndarray[Any, Any], part: str, role: str) -> pd.Series[Any]:
    """Give the value of the first code of a role: the type or the heading."""
    value_of = {int(code): entry.value for code, entry in load_codes().items()}
    first = pd.Series(_first_of(codes, _of_roles(role)), index=rows.frame.index)
    values = first.map(value_of).astype("str").mask(first == 0)
    # A heading in the source's own words is better than none.
    return values.where(values.notna(), rows.text(part)) if part == "heading" else values


def _qualifiers(rows: _Rows, codes: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """Join the qualifier codes of each row with commas, each once."""
    joined = pd.Series("", index=rows.frame.index, dtype="str")
    for code in _of_roles("qualifier"):
        has = (codes == code).any(axis=1)
        if has.any():
            joined[has] = joined[has] + f",{code}"
    return joined.str.removeprefix(",").mask(joined == "")


def _borough_codes(rows: _Rows) -> pd.Series[Any]:
    """Give the GSS code of the borough that the source names."""
    if "borough_name" not in rows:
        return pd.Series(None, index=rows.frame.index, dtype="str")
    boroughs = load_boroughs(city=True)
    code_of = dict(zip(boroughs["name"].str.lower(), boroughs.index, strict=True))
    code_of |= {code.lower(): code for code in boroughs.index}
    found = rows.text("borough_name").str.lower().str.replace("&", "and").map(code_of)
    return found.astype("str").mask(found.isna())


def _source(rows: _Rows, layout: Layout) -> pd.Series[Any]:
    """Name the layout, or say that the file is simulated: one such row is enough."""
    source = pd.Series(layout.name, index=rows.frame.index, dtype="str")
    for part in ("location", "force"):
        if part in rows:
            words = pd.Series(rows.text(part).dropna().unique(), dtype="str")
            if words.str.lower().str.contains(_SIMULATED, regex=False).any():
                return pd.Series(_SIMULATED, index=rows.frame.index, dtype="str")
    return source
