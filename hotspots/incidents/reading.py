"""Read reports from any known layout, and account for every row.

Each row is accepted, out of scope (another crime type, an excluded code) or rejected with a
reason; the three always add up to the rows that were read.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.incidents.account import Account
from hotspots.incidents.dataset import open_incidents
from hotspots.tables import CRS, INCIDENTS, has_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from hotspots.incidents.batch import Batch
    from hotspots.incidents.dataset import Dataset
    from hotspots.incidents.mapping import Mapping as ColumnMapping

Tier = Literal["timed", "monthly"]

_LOG = logging.getLogger(__name__)
_COLUMNS: Final = [column.name for column in INCIDENTS.columns if column.name != "geometry"]
# What a batch says of a row beside the columns of an incidents table.
_OWN: Final = ("file", "line", "reference", "easting", "northing")


@dataclass(frozen=True, repr=False)
class Reading(Account):
    """What came of reading: rows in = accepted + out of scope + rejected.

    Parameters
    ----------
    files, summary, out_of_scope, rejected, notes, noun
        Where every row went; see `Account`.
    incidents : GeoDataFrame
        The accepted rows, an incidents table; a row without a place has no point.
    """

    incidents: gpd.GeoDataFrame

    @property
    def tier(self) -> Tier:
        """Say "timed" if at least half of the incidents have a clock time, otherwise "monthly"."""
        return tier_of(self.incidents)

    def __repr__(self) -> str:
        """Answer the first questions: how many, which, and what was left out."""
        return (
            f"<Reading: {self.n_rows:,} rows = {self.n_accepted:,} accepted + "
            f"{self.n_out_of_scope:,} out of scope + {self.n_rejected:,} rejected; "
            f"{self.tier}; {len(self.files)} file{'s' if len(self.files) != 1 else ''}>"
        )


def tier_of(incidents: pd.DataFrame) -> Tier:
    """Say whether a table of incidents is "timed" or "monthly".

    Timed if it is empty or at least half of its rows have a clock time.
    """
    half = 0.5
    return "timed" if len(incidents) == 0 or has_clock(incidents).mean() >= half else "monthly"


def read_incidents(
    source: str | PathLike[str] | pd.DataFrame | Sequence[str | PathLike[str]] | Any,  # noqa: ANN401
    *,
    layout: str = "auto",
    columns: Mapping[str, str | Sequence[str]] | None = None,
    mapping: str | PathLike[str] | ColumnMapping | None = None,
    date_order: str | None = None,
    crs: str | int | None = None,
    layer: str | None = None,
    query: str | None = None,
    progress: bool | None = None,
) -> Reading:
    """Read reports of anti-social behaviour, accounting for every row.

    Parameters
    ----------
    source : path, sequence of paths, URL, SQLAlchemy engine, DataFrame or GeoDataFrame
        CSV (also `.gz`; comma, tab, semicolon or bar), Excel (`.xlsx`), Parquet and GeoParquet,
        GeoPackage, GeoJSON, shapefile; a folder or zip of these; the URL of a database; or a
        table in memory. The points of spatial sources are used, in their own coordinate system.
    layout : str
        "auto", or the name of a layout: "police_uk" (street files of data.police.uk), "met_asb"
        (the Met's file with ward codes), "cad" (a point or area code and a received time),
        "cells" (counted cells with a weight), "stats19" (road collisions), "own" (only what
        `columns` or a mapping says).
    columns : mapping of str to str or sequence of str, optional
        Which column plays which part, such as `{"start": "Call time"}`; overrules the layout.
    mapping : path or Mapping, optional
        A mapping file, such as `hotspots check FILE --suggest` writes: columns, the meaning of
        codes, coordinate system, order of dates. The other options overrule it.
    date_order : {"auto", "day-first", "month-first"}, optional
        How 03/04/2024 is meant. By default the dates themselves decide, and the British order
        where they cannot.
    crs : str or int, optional
        Coordinate system of the coordinates, if it is neither British National Grid (for easting
        and northing) nor longitude and latitude on WGS 84, nor stated by the source.
    layer : str, optional
        Layer of a GeoPackage, or sheet of a workbook.
    query : str, optional
        With a database URL: a SELECT statement, or the name of a table or view.
    progress : bool, optional
        Whether to show how many rows have been read; by default only on a terminal.

    Returns
    -------
    Reading
        Incidents in EPSG:27700 with times in Europe/London, and where every other row went.

    Raises
    ------
    InputError
        If a source cannot be read as a table, its layout is not known, or an option is wrong.
    DuplicateInputError
        If the same file, or the same force and month, is given twice.

    Notes
    -----
    How a source says things (layout, order of dates, coordinate system) is decided on its first
    rows (up to 500,000) and said in `notes`. Longitude and latitude go to the National Grid through
    OSTN15, to about a millimetre. A clock hour that occurs twice is taken as the first and flagged
    in `is_ambiguous_time`; one that does not exist is rejected. Weights are kept to a millionth.

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
    dataset = open_incidents(
        source,
        layout=layout,
        columns=columns,
        mapping=mapping,
        date_order=date_order,
        crs=crs,
        layer=layer,
        query=query,
    )
    return read_dataset(dataset, progress=progress)


def read_dataset(dataset: Dataset, *, progress: bool | None = None) -> Reading:
    """Read what `open_incidents` has named; see `read_incidents`."""
    (frames,), account = dataset.run(_frames, progress=progress)
    _LOG.info("%d of %d rows accepted", account.n_accepted, account.n_rows)
    return Reading(
        files=account.files,
        summary=account.summary,
        out_of_scope=account.out_of_scope,
        rejected=account.rejected,
        notes=account.notes,
        noun=account.noun,
        incidents=join_incidents(frames),
    )


def _frames(batches: Iterable[Batch]) -> list[pd.DataFrame]:
    return [batch.frame() for batch in batches]


def join_incidents(frames: Sequence[pd.DataFrame]) -> gpd.GeoDataFrame:
    """Join the frames of batches into one incidents table, with points and identities.

    Parameters
    ----------
    frames : sequence of DataFrame
        At least one, as `Batch.frame` gives them.

    Returns
    -------
    GeoDataFrame
        An incidents table.
    """
    rows = frames[0] if len(frames) == 1 else _stacked(frames)
    ids = _identities(rows)
    x, y = rows["easting"].to_numpy(), rows["northing"].to_numpy()
    has_point = ~np.isnan(x)
    # Reports repeat places: each different point is made once.
    which, different = pd.factorize(x[has_point] + 1j * y[has_point])
    points = np.full(len(rows), None, dtype=object)
    points[has_point] = np.asarray(shapely.points(different.real, different.imag))[which]
    extra = [name for name in rows.columns if name not in {*_COLUMNS, *_OWN}]
    return gpd.GeoDataFrame(
        rows[_COLUMNS + extra].set_axis(ids),
        geometry=gpd.GeoSeries(points, index=ids, crs=CRS),
        crs=CRS,
    )


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put frames below each other, column by column.

    Joined as frames, pandas 2 would look at every single cell of a column without a value.
    """
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    alike = [frame.reindex(columns=names) for frame in frames]
    return pd.DataFrame(
        {name: pd.concat([frame[name] for frame in alike], ignore_index=True) for name in names}
    )


def _identities(rows: pd.DataFrame) -> pd.Index[str]:
    """Give each row the source's reference and its date, or its file and line where it has none.

    A reference such as a CAD number is unique only together with its date; with it, an incident has
    the same identity whichever rows are read beside it, unless another system used the reference
    on that day: the later of the two then has its file with it.
    """
    ids = rows["file"] + ":" + rows["line"].astype("str")
    native = rows["reference"]
    if native.notna().any():
        ids = ids.where(native.isna(), native + "/" + rows["start"].dt.strftime("%Y-%m-%d"))
        ids = ids.mask(ids.duplicated(), ids + " " + rows["file"])
    index: pd.Index[str] = pd.Index(ids, name=INCIDENTS.index.name)
    return index
