"""Read reports from any known layout, and account for every row.

Each row is accepted, out of scope (another crime type, an excluded code) or rejected with a
reason; the three always add up to the rows that were read.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import DuplicateInputError, InputError, invalid
from hotspots.incidents.files import RawTable, read_tables
from hotspots.incidents.layouts import LAYOUTS, match_layout
from hotspots.incidents.rows import judge_rows
from hotspots.tables import CRS, INCIDENTS, has_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

Tier = Literal["timed", "monthly"]

_LOG = logging.getLogger(__name__)
_OUTCOME: Final = ["file", "line", "reason", "detail"]

REASONS: Final = {
    "missing_time": "no date or time is given",
    "bad_time": "the date or time cannot be read",
    "nonexistent_time": "the clock skipped that hour (the clocks went forward)",
    "bad_location": "only one coordinate, not numbers, or 0, 0",
    "outside_great_britain": "the coordinates are not in Great Britain",
    "bad_weight": "the weight is not a number above 0",
    "repeated_id": "the source's reference was used by an earlier row of the same day",
}
"""Why a row is rejected, by reason code."""

SCOPE_REASONS: Final = {
    "other_crime_type": "not anti-social behaviour",
    "flagged_duplicate": "the source says that the row is a duplicate",
    "excluded_code": "a code for duplicates, errors, tests or police-generated records",
    "recall": "a further call about an incident that has its own row",
    "not_asb": "has codes, but none of anti-social behaviour",
    "zero_weight": "a counted cell without incidents",
}
"""Why a row is out of scope, by reason code."""


@dataclass(frozen=True)
class Reading:
    """What came of reading: rows in = accepted + out of scope + rejected.

    Parameters
    ----------
    incidents : GeoDataFrame
        The accepted rows, an incidents table; a row without a place has no point.
    out_of_scope : DataFrame
        Columns `file`, `line`, `reason` (a key of `SCOPE_REASONS`), `detail`.
    rejected : DataFrame
        Columns `file`, `line`, `reason` (a key of `REASONS`), `detail` (what was given).
    files : DataFrame
        One row a file: `file`, `layout`, `sha256`, `rows`, `accepted`, `out_of_scope`, `rejected`.
    notes : tuple of str
        What was assumed or found on the way, in sentences.
    """

    incidents: gpd.GeoDataFrame
    out_of_scope: pd.DataFrame
    rejected: pd.DataFrame
    files: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def summary(self) -> pd.DataFrame:
        """Rows by outcome and reason: columns `outcome`, `reason`, `rows`."""
        parts = [pd.DataFrame({"outcome": ["accepted"], "reason": [""], "rows": [self.n_accepted]})]
        for outcome in ("out_of_scope", "rejected"):
            counts = getattr(self, outcome)["reason"].value_counts()
            parts.append(
                pd.DataFrame(
                    {"outcome": outcome, "reason": counts.index, "rows": counts.to_numpy()}
                )
            )
        return pd.concat(parts, ignore_index=True)

    @property
    def n_rows(self) -> int:
        """Rows that were read."""
        return int(self.files["rows"].sum())

    @property
    def n_accepted(self) -> int:
        """Rows that were accepted."""
        return len(self.incidents)

    @property
    def tier(self) -> Tier:
        """Say "timed" if at least half of the incidents have a clock time, otherwise "monthly"."""
        return tier_of(self.incidents)

    @property
    def noun(self) -> str:
        """What the rows are, in the plural: "ASB reports", or what the layout says."""
        nouns = {LAYOUTS[name].noun for name in self.files["layout"] if name in LAYOUTS}
        return nouns.pop() if len(nouns) == 1 else "reports"

    def __repr__(self) -> str:
        """Answer the first questions: how many, which, and what was left out."""
        return (
            f"<Reading: {self.n_rows:,} rows = {self.n_accepted:,} accepted + "
            f"{len(self.out_of_scope):,} out of scope + {len(self.rejected):,} rejected; "
            f"{self.tier}; {len(self.files)} file{'s' if len(self.files) != 1 else ''}>"
        )


def tier_of(incidents: pd.DataFrame) -> Tier:
    """Say whether a table of incidents is "timed" or "monthly".

    Timed if it is empty or at least half of its rows have a clock time.
    """
    half = 0.5
    return "timed" if len(incidents) == 0 or has_clock(incidents).mean() >= half else "monthly"


def read_incidents(
    source: str | PathLike[str] | pd.DataFrame | Sequence[str | PathLike[str]],
    *,
    layout: str = "auto",
    columns: Mapping[str, str] | None = None,
    crs: str | int | None = None,
) -> Reading:
    """Read reports of anti-social behaviour, accounting for every row.

    Parameters
    ----------
    source : path, sequence of paths, DataFrame or GeoDataFrame
        CSV (plain or `.gz`; comma, tab, semicolon or bar), Parquet, a folder or zip of these, or
        a table in memory. The points of a GeoDataFrame are used, in its own coordinate system.
    layout : str
        "auto", or the name of a layout: "police_uk" (street files of data.police.uk), "met_asb"
        (the Met's file with ward codes), "cad" (a point or area code and a received time),
        "cells" (counted cells with a weight), "stats19" (road collisions).
    columns : mapping of str to str, optional
        Which column plays which part, such as `{"start": "Call time"}`; overrules the layout.
    crs : str or int, optional
        Coordinate system of the columns with coordinates, if it is neither British National Grid
        (for easting and northing) nor longitude and latitude on WGS 84.

    Returns
    -------
    Reading
        Incidents in EPSG:27700 with times in Europe/London, and where every other row went.

    Raises
    ------
    InputError
        If a file cannot be read as a table, or its layout is not known.
    DuplicateInputError
        If the same file, or the same force and month, is given twice.

    Notes
    -----
    Longitude and latitude go to the National Grid through OSTN15, to about a millimetre. Days are
    read before months. A clock hour that occurs twice is taken as the first and flagged in
    `is_ambiguous_time`; one that does not exist is rejected.

    Caveats
    -------
    Rows without a reference of their own are never de-duplicated: in a real month of
    data.police.uk 31 % of the rows are exact copies of another, and none is a duplicate. A row
    without a place is accepted, counts in totals, and cannot be put on a map.

    References
    ----------
    Ordnance Survey, "A guide to coordinate systems in Great Britain" (OSTN15).

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {
    ...         "received": ["2025-03-29 23:10", "2025-03-30 01:30"],
    ...         "easting": [530000, 530010],
    ...         "northing": [180000, 180020],
    ...     }
    ... )
    >>> reading = read_incidents(calls)
    >>> reading
    <Reading: 2 rows = 1 accepted + 0 out of scope + 1 rejected; timed; 1 file>
    >>> reading.rejected["reason"].tolist()
    ['nonexistent_time']
    """
    parts: list[pd.DataFrame] = []
    files = []
    notes: dict[str, list[str]] = {}
    months: dict[tuple[str, str], tuple[int, str]] = {}
    for number, raw in enumerate(_raw_tables(source)):
        _refuse_repeated_columns(raw)
        own_crs = crs
        found, columns_of = match_layout(raw.frame, raw.name, layout, _with_points(raw, columns))
        if isinstance(source, gpd.GeoDataFrame) and crs is None and source.crs is not None:
            own_crs = source.crs
        _LOG.info("%s: layout '%s', columns %s", raw.name, found.name, columns_of)
        rows, said = judge_rows(raw, found, columns_of, own_crs)
        for sentence in said:
            notes.setdefault(sentence, []).append(raw.name)
        if {"force", "month"} <= set(columns_of):
            _refuse_repeated_months(number, raw, columns_of, months)
        files.append({"file": raw.name, "layout": found.name, "sha256": raw.sha256})
        parts.append(rows)
    return _collect(parts, pd.DataFrame(files), _notes(notes))


def _notes(files_of: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Give each note once, with the file it is about, or how many."""
    return tuple(
        f"{files[0] if len(files) == 1 else f'{len(files)} files'}: {sentence}"
        for sentence, files in files_of.items()
    )


def _raw_tables(source: object) -> Iterable[RawTable]:
    if isinstance(source, pd.DataFrame):
        frame = pd.DataFrame(source).copy()
        if isinstance(source, gpd.GeoDataFrame):
            frame = _coordinates_of(source)
        lines = pd.Series(range(1, len(frame) + 1), dtype="int64")
        return [RawTable("table", "", frame.reset_index(drop=True), lines)]
    if isinstance(source, (str, Path)) or hasattr(source, "__fspath__"):
        return read_tables([Path(source)])
    if isinstance(source, Sequence) and source:
        return read_tables([Path(path) for path in source])
    raise invalid("source", source, "a path, a non-empty list of paths, or a DataFrame")


_POINT_X: Final = "_point_x"
_POINT_Y: Final = "_point_y"


def _coordinates_of(source: gpd.GeoDataFrame) -> pd.DataFrame:
    if source.crs is None:
        msg = (
            "The GeoDataFrame has no coordinate system. Must have one. Set it, such as "
            "frame.set_crs(27700)."
        )
        raise InputError(msg)
    kinds = source.geometry.geom_type.dropna().unique()
    if any(kind != "Point" for kind in kinds):
        raise invalid("geometry", ", ".join(kinds), "points", "Use frame.geometry.centroid.")
    frame = pd.DataFrame(source.drop(columns=source.geometry.name))
    return frame.assign(**{_POINT_X: source.geometry.x, _POINT_Y: source.geometry.y})


def _with_points(raw: RawTable, columns: Mapping[str, str] | None) -> dict[str, str]:
    own = dict(columns or {})
    if _POINT_X in raw.frame.columns:
        own |= {"easting": _POINT_X, "northing": _POINT_Y}
    return own


def _refuse_repeated_columns(raw: RawTable) -> None:
    repeated = raw.frame.columns[raw.frame.columns.duplicated()].unique()
    if len(repeated):
        msg = (
            f"'{raw.name}' has more than one column named {', '.join(map(str, repeated))}. Must "
            "have different names. Rename or drop the others."
        )
        raise InputError(msg)


def _refuse_repeated_months(
    number: int,
    raw: RawTable,
    columns_of: Mapping[str, tuple[str, ...]],
    months: dict[tuple[str, str], tuple[int, str]],
) -> None:
    pairs = raw.frame[[columns_of["force"][0], columns_of["month"][0]]].drop_duplicates()
    for force, month in pairs.itertuples(index=False):
        first, name = months.setdefault((str(force), str(month)), (number, raw.name))
        if first != number:
            msg = (
                f"The files '{name}' and '{raw.name}' both hold {force}, {month}. Must be one "
                "file for each force and month, or every incident would count twice. Give one of "
                "them."
            )
            raise DuplicateInputError(msg)


def _collect(parts: list[pd.DataFrame], files: pd.DataFrame, notes: tuple[str, ...]) -> Reading:
    rows = pd.concat(parts, ignore_index=True)
    _reject_repeated(rows)
    outcome = rows.groupby("file", sort=False)["outcome"].value_counts().unstack(fill_value=0)
    outcome = outcome.reindex(index=files["file"], fill_value=0)
    for name in ("accepted", "out_of_scope", "rejected"):
        files[name] = outcome[name].to_numpy() if name in outcome else 0
    files.insert(3, "rows", files[["accepted", "out_of_scope", "rejected"]].sum(axis=1))
    accepted = rows[rows["outcome"] == "accepted"]
    ids = _identities(accepted)
    _LOG.info("%d of %d rows accepted", len(accepted), len(rows))
    other = {
        outcome: rows.loc[rows["outcome"] == outcome, _OUTCOME].reset_index(drop=True)
        for outcome in ("out_of_scope", "rejected")
    }
    x, y = accepted["easting"].to_numpy(), accepted["northing"].to_numpy()
    points = np.full(len(accepted), None, dtype=object)
    points[~np.isnan(x)] = shapely.points(x[~np.isnan(x)], y[~np.isnan(x)])
    columns = [column.name for column in INCIDENTS.columns if column.name != "geometry"]
    reserved = {"outcome", "native_id", "easting", "northing", *_OUTCOME, *columns}
    extra = [name for name in rows.columns if name not in reserved]
    incidents = gpd.GeoDataFrame(
        accepted[columns + extra].set_axis(ids),
        geometry=gpd.GeoSeries(points, index=ids, crs=CRS),
        crs=CRS,
    )
    n_unplaced = int(accepted["easting"].isna().sum())
    if n_unplaced:
        said = f"{n_unplaced:,} accepted rows have no point: they count in totals and are on no map"
        notes += (said,)
    return Reading(incidents, other["out_of_scope"], other["rejected"], files, notes)


def _reject_repeated(rows: pd.DataFrame) -> None:
    """Reject accepted rows whose reference an earlier one of the same day has, in any file."""
    key = rows["native_id"] + rows["start"].dt.strftime("/%Y-%m-%d")
    is_accepted = (rows["outcome"] == "accepted") & key.notna()
    repeated = key[is_accepted].duplicated().reindex(rows.index, fill_value=False)
    rows.loc[repeated, "outcome"] = "rejected"
    rows.loc[repeated, "reason"] = "repeated_id"
    rows.loc[repeated, "detail"] = rows.loc[repeated, "native_id"]


def _identities(accepted: pd.DataFrame) -> pd.Index[str]:
    """Give each row the source's reference, or its file and line where there is none."""
    line = accepted["file"] + ":" + accepted["line"].astype("str")
    native = accepted["native_id"]
    # A reference such as a CAD number is unique only together with its date.
    dated = native + "/" + accepted["start"].dt.strftime("%Y-%m-%d")
    repeated = native.duplicated(keep=False) & native.notna()
    ids = native.where(~repeated, dated).where(native.notna(), line)
    index: pd.Index[str] = pd.Index(ids, name=INCIDENTS.index.name)
    return index
