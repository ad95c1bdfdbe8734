"""Every table that passes between rooms: columns, units, meaning and widest audience.

Each table is declared once, below; `validate` checks a frame against the declaration with pandera
and reports all problems together, `for_audience` drops what a marking may not carry, and the page
`docs/tables.md` is generated from the same declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, MonthlyDataError, TableError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

CRS: Final = "EPSG:27700"
"""The one coordinate system inside the package: British National Grid, metres."""

TIMEZONE: Final = "Europe/London"
"""The one clock inside the package."""

Marking = Literal["restricted", "partner", "public"]
"""Who may receive a product, from the narrowest audience to the widest."""

Frame = TypeVar("Frame", bound=pd.DataFrame)

Kind = Literal["text", "integer", "number", "boolean", "time", "geometry"]

ASB_TYPES: Final = ("personal", "nuisance", "environmental")
"""The three types of the National Standard for Incident Recording."""

PRECISIONS: Final = ("minute", "hour", "day", "month")
"""How finely a time is known. Only the first two have a clock."""

PERSISTENCE: Final = ("new", "intermittent", "persistent", "diminishing")
"""How a hotspot behaves over the months."""

_WIDTH = {marking: width for width, marking in enumerate(get_args(Marking))}
_SHOWN_IDS = 5


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Column name; carries the unit where there is one.
    kind : {"text", "integer", "number", "boolean", "time", "geometry"}
        What the values are. Times are tz-aware in Europe/London.
    meaning : str
        What a value says, with unit and range.
    audience : {"restricted", "partner", "public"}
        The widest audience that may receive the column.
    nullable : bool
        Whether a value may be missing.
    required : bool
        Whether the column must be present.
    allowed : tuple of str
        The allowed values, when there are few.
    minimum : float, optional
        The smallest allowed number.
    """

    name: str
    kind: Kind
    meaning: str
    audience: Marking = "restricted"
    nullable: bool = False
    required: bool = True
    allowed: tuple[str, ...] = ()
    minimum: float | None = None


@dataclass(frozen=True)
class Table:
    """A table that passes between rooms.

    Parameters
    ----------
    name : str
        What the table is called in messages and in the documentation.
    meaning : str
        What one row stands for.
    index : Column
        The identity of a row; unique.
    columns : tuple of Column
        The documented columns. Other columns pass through.
    """

    name: str
    meaning: str
    index: Column
    columns: tuple[Column, ...]

    @property
    def has_geometry(self) -> bool:
        """Whether the table is a GeoDataFrame."""
        return any(column.kind == "geometry" for column in self.columns)

    def validate(self, frame: pd.DataFrame) -> None:
        """Check a frame against the declaration.

        Parameters
        ----------
        frame : DataFrame or GeoDataFrame
            The table to check; it is not changed.

        Raises
        ------
        TableError
            Listing every problem, how many rows have it, and the first five ids.
        """
        problems = self._frame_problems(frame) + self._value_problems(frame)
        if problems:
            listed = "\n".join(f"- {problem}" for problem in problems)
            msg = f"The {self.name} table breaks its schema:\n{listed}\nSee the page 'Tables'."
            raise TableError(msg)

    def _frame_problems(self, frame: pd.DataFrame) -> list[str]:
        problems = []
        if not frame.index.is_unique:
            repeated = frame.index[frame.index.duplicated()].unique()
            problems.append(f"index is not unique: {_some(repeated)}")
        if self.index.kind == "text" and not _is_text(pd.Series(frame.index)):
            problems.append(f"index must be text: {_some(frame.index)}")
        if self.has_geometry:
            crs = getattr(frame, "crs", None)
            if crs is None or crs != CRS:
                problems.append(f"coordinate system is '{crs}'; must be {CRS}")
        return problems

    def _value_problems(self, frame: pd.DataFrame) -> list[str]:
        import pandera.pandas as pa  # noqa: PLC0415 (slow to import)

        schema = pa.DataFrameSchema(
            {
                column.name: pa.Column(
                    None,
                    nullable=column.nullable,
                    required=column.required,
                    checks=_checks(column),
                )
                for column in self.columns
            },
            strict=False,
        )
        plain = pd.DataFrame(frame)
        try:
            schema.validate(plain, lazy=True)
        except pa.errors.SchemaErrors as error:
            cases = error.failure_cases
        else:
            return []
        problems = []
        for (column, check), rows in cases.groupby(["column", "check"], dropna=False, sort=False):
            if check == "column_in_dataframe":
                problems += [f"column '{name}' is missing" for name in rows["failure_case"]]
                continue
            ids = rows["index"].dropna()
            values = ", ".join(repr(value) for value in rows["failure_case"].iloc[:3])
            rule = "must not be missing" if check == "not_nullable" else check
            where = f" in {len(ids)} rows ({_some(pd.Index(ids))})" if len(ids) else ""
            problems.append(f"column '{column}' {rule}: {values}{where}")
        return problems

    def empty(self) -> Any:  # noqa: ANN401 (a DataFrame or a GeoDataFrame, by declaration)
        """Return the table with no rows and the documented columns and types."""
        columns = {
            column.name: pd.Series([], dtype=_DTYPES[column.kind]) for column in self.columns
        }
        index = pd.Index([], name=self.index.name, dtype=_DTYPES[self.index.kind])
        frame = pd.DataFrame(columns, index=index)
        if self.has_geometry:
            return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)
        return frame

    def for_audience(self, frame: Frame, marking: Marking) -> Frame:
        """Keep the columns that a marking may carry, in the documented order.

        Parameters
        ----------
        frame : DataFrame or GeoDataFrame
            A table of this kind.
        marking : {"restricted", "partner", "public"}
            The audience of the product that is being written.

        Returns
        -------
        DataFrame or GeoDataFrame
            The same rows and index.

        Raises
        ------
        TableError
            If the frame has a column that is not declared: nobody has said who may see it.
        """
        check_marking(marking)
        known = {column.name for column in self.columns}
        unknown = [str(name) for name in frame.columns if name not in known]
        if unknown:
            msg = (
                f"Invalid column '{', '.join(unknown)}' in the {self.name} table. Must be one of "
                "the declared columns, because each says who may see it. Drop the column before "
                "writing."
            )
            raise TableError(msg)
        kept = [
            column.name
            for column in self.columns
            if column.name in frame.columns and _WIDTH[column.audience] >= _WIDTH[marking]
        ]
        return frame[kept]


def check_marking(marking: str) -> None:
    """Raise `InputError` unless the marking is one of the three."""
    if marking not in _WIDTH:
        raise invalid("marking", marking, f"one of {', '.join(_WIDTH)}")


def has_point(incidents: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Say which rows have a point: bool array on the rows."""
    points = incidents.geometry.to_numpy()
    return np.asarray(~(shapely.is_missing(points) | shapely.is_empty(points)))


def require_points(incidents: gpd.GeoDataFrame, verb: str) -> np.ndarray[Any, Any]:
    """Say which rows have a point, or raise `InputError` if points cannot be used as they are.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table.
    verb : str
        The function that needs the points, for the message.

    Returns
    -------
    array of bool
        On the rows.
    """
    require_crs("incidents", incidents)
    is_placed = has_point(incidents)
    points = incidents.geometry.to_numpy()[is_placed]
    is_bad = shapely.get_type_id(points) != 0
    is_bad[~is_bad] = ~np.isfinite(shapely.get_coordinates(points[~is_bad])).all(axis=1)
    if is_bad.any():
        some = _some(incidents.index[is_placed][is_bad])
        raise invalid("geometry", f"no point, or one without end ({some})", f"points for {verb}")
    return is_placed


def require_crs(name: str, frame: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Raise `InputError` unless a frame has places, in the one coordinate system."""
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        raise invalid(name, type(frame).__name__, "a GeoDataFrame", _READING)
    if frame.crs != CRS:
        verb = "set_crs" if frame.crs is None else "to_crs"
        raise invalid("coordinate system", frame.crs, CRS, f"Use {name}.{verb}('{CRS}').")


def require_columns(incidents: pd.DataFrame, names: Collection[str], verb: str) -> None:
    """Raise `InputError` unless this is a table with the columns that a function needs."""
    if not isinstance(incidents, pd.DataFrame):
        raise invalid("incidents", type(incidents).__name__, "an incidents table", _READING)
    missing = [name for name in names if name not in incidents.columns]
    if missing:
        given = f"a table without {', '.join(missing)}"
        remedy = "Use hs.read_incidents(path).incidents."
        raise invalid("incidents", given, f"an incidents table for {verb}", remedy)


def require_weights(incidents: pd.DataFrame) -> None:
    """Raise `InputError` unless every weight is a number of at least 0."""
    weight = incidents["weight"]
    if not pd.api.types.is_numeric_dtype(weight):
        raise invalid("weight", weight.dtype, "numbers of at least 0")
    is_bad = (~(np.isfinite(weight) & (weight >= 0))).to_numpy(dtype=bool)
    if is_bad.any():
        given = f"negative, missing or infinite in {_some(incidents.index[is_bad])}"
        raise invalid("weight", given, "a number of at least 0")


def has_clock(incidents: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Say which rows have a clock time: bool array on the rows."""
    return np.asarray(incidents["time_precision"].isin(["minute", "hour"]).to_numpy())


def require_clock(incidents: pd.DataFrame, verb: str) -> None:
    """Raise `MonthlyDataError` unless every incident has a clock time; see `require_time`."""
    require_time(incidents, verb, "hour")


def require_time(
    incidents: pd.DataFrame, verb: str, need: Literal["hour", "date", "month"]
) -> None:
    """Raise unless the time of every incident is known finely enough.

    Parameters
    ----------
    incidents : GeoDataFrame
        An incidents table.
    verb : str
        The function that needs the time, for the message.
    need : {"hour", "date", "month"}
        How finely it must be known.

    Raises
    ------
    MonthlyDataError
        If a time is not known so finely.
    InputError
        If one is missing.
    """
    require_columns(incidents, ("start", "time_precision"), verb)
    fine = PRECISIONS[: {"hour": 2, "date": 3, "month": 4}[need]]
    coarse = ~incidents["time_precision"].isin(fine).to_numpy()
    if coarse.any():
        kinds = ", ".join(
            sorted(incidents.loc[coarse, "time_precision"].fillna("unknown").unique())
        )
        *others, last = (f"'{each}'" for each in fine)
        allowed = f"{', '.join(others)} or {last}"
        msg = (
            f"{verb} needs the {need} of each incident, but {int(coarse.sum())} of "
            f"{len(incidents)} incidents are known only to the {kinds}. Must be incidents with "
            f"time_precision {allowed}. Leave this step out, or use records with a received time."
        )
        raise MonthlyDataError(msg)
    missing = incidents["start"].isna().to_numpy()
    if missing.any():
        given = f"missing in {_some(incidents.index[missing])}"
        raise invalid("start", given, f"a time in every row for {verb}", "Leave these rows out.")


_READING: Final = "Of a reading, use reading.incidents."


def _some(ids: pd.Index[Any]) -> str:
    shown = ", ".join(str(label) for label in ids[:_SHOWN_IDS])
    return shown + (", …" if len(ids) > _SHOWN_IDS else "")


_DTYPES: Final[dict[str, str]] = {
    "text": "str",
    "integer": "int64",
    "number": "float64",
    "boolean": "bool",
    "time": f"datetime64[us, {TIMEZONE}]",
    "geometry": "geometry",
}


def _is_text(values: pd.Series[Any]) -> bool:
    return pd.api.types.is_string_dtype(values.dropna()) or len(values.dropna()) == 0


def _is_time(values: pd.Series[Any]) -> bool:
    return isinstance(values.dtype, pd.DatetimeTZDtype) and str(values.dtype.tz) == TIMEZONE


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "text": (_is_text, "must be text"),
    "integer": (pd.api.types.is_integer_dtype, "must be whole numbers"),
    "number": (pd.api.types.is_numeric_dtype, "must be numbers"),
    "boolean": (pd.api.types.is_bool_dtype, "must be true or false"),
    "time": (_is_time, f"must be times with the time zone {TIMEZONE}"),
    "geometry": (lambda values: str(values.dtype) == "geometry", "must be geometry"),
}


def _checks(column: Column) -> list[Any]:
    import pandera.pandas as pa  # noqa: PLC0415 (slow to import)

    test, rule = _KINDS[column.kind]
    checks = [pa.Check(test, name=rule, error=rule, ignore_na=False)]
    if column.allowed:
        rule = f"must be one of {', '.join(column.allowed)}"
        allowed = set(column.allowed)
        checks.append(pa.Check(lambda values: values.isin(allowed), name=rule, error=rule))
    if column.minimum is not None:
        rule = f"must be at least {column.minimum:g}"
        minimum = column.minimum
        checks.append(pa.Check(lambda values: values >= minimum, name=rule, error=rule))
    return checks


INCIDENTS: Final = Table(
    name="incidents",
    meaning="One accepted report of anti-social behaviour (or a counted cell, with its weight).",
    index=Column("incident_id", "text", "The source's reference and the date, or file and line."),
    columns=(
        Column("start", "time", "When it was reported; the first moment of a day or month."),
        Column("end", "time", "End of the interval in which it happened.", nullable=True),
        Column(
            "time_precision", "text", "How finely `start` is known.", "partner", allowed=PRECISIONS
        ),
        Column(
            "asb_type",
            "text",
            "Who is harmed: a person, the community, or the environment.",
            "partner",
            nullable=True,
            allowed=ASB_TYPES,
        ),
        Column("heading", "text", "Heading of the Met's closing codes.", "partner", nullable=True),
        Column("qualifiers", "text", "Qualifier codes, joined by commas.", nullable=True),
        Column("source", "text", "The layout it was read from, or 'simulated'.", "public"),
        Column("channel", "text", "How it was reported (999, 101, web …).", nullable=True),
        Column(
            "location_precision_m",
            "number",
            "How far the point may be from the true place, metres; missing if not known.",
            nullable=True,
            minimum=0,
        ),
        Column("location", "text", "The source's words for the place.", nullable=True),
        Column("weight", "number", "Number of incidents the row stands for.", minimum=0),
        Column("person_key", "text", "Pseudonym of the caller or victim.", nullable=True),
        Column("is_flagged_repeat", "boolean", "The source says repeat caller or victim."),
        Column("is_flagged_vulnerable", "boolean", "The source says vulnerable."),
        Column(
            "is_ambiguous_time",
            "boolean",
            "The clock showed this hour twice that night; the first was taken.",
        ),
        Column(
            "is_context",
            "boolean",
            "Outside the chosen areas but within reach of the methods: counted apart.",
        ),
        Column("area_code", "text", "Area code that the source gave.", "partner", nullable=True),
        Column("borough", "text", "GSS code of the area it was assigned to.", nullable=True),
        Column("geometry", "geometry", "Where, a point; missing if not known.", nullable=True),
    ),
)

AREAS: Final = Table(
    name="areas",
    meaning="One polygon: a borough, a ward, a team area.",
    index=Column("area_id", "text", "GSS code, or the user's code.", "public"),
    columns=(
        Column("name", "text", "Name of the area.", "public"),
        Column(
            "population",
            "number",
            "Residents, if known.",
            "public",
            nullable=True,
            required=False,
            minimum=0,
        ),
        Column("geometry", "geometry", "The polygon.", "public"),
    ),
)

PLACES: Final = Table(
    name="places",
    meaning="One place of the size at which incidents are counted: a grid cell or a unit of the "
    "user's.",
    index=Column("place_id", "text", "Shape, size and south-west corner, or the unit's code."),
    columns=(
        Column(
            "area_id",
            "text",
            "The area that holds the place's centre; of context, the nearest one.",
            nullable=True,
        ),
        Column("area_m2", "number", "Size of the place, square metres.", minimum=0),
        Column("shape", "text", "How points are matched.", allowed=("square", "hexagon", "area")),
        Column("cell_size_m", "number", "Side of the grid cell, metres.", nullable=True, minimum=0),
        Column("column", "integer", "Grid column; −1 if the place is not a grid cell."),
        Column("row", "integer", "Grid row; −1 if the place is not a grid cell."),
        Column("is_context", "boolean", "Outside the chosen areas, near enough to matter."),
        Column("geometry", "geometry", "The polygon."),
    ),
)

CLUSTERS: Final = Table(
    name="clusters",
    meaning="One group of incidents that are close in place and in the week. Describes, does not "
    "prove.",
    index=Column("cluster_id", "integer", "0 for the largest.", "partner"),
    columns=(
        Column("borough", "text", "Code of the area with most of it.", "partner", nullable=True),
        Column("n", "number", "Incidents (weights).", "partner"),
        Column("n_nights", "integer", "Different nights on which they happened.", "partner"),
        Column("area_m2", "number", "Size of the polygon, square metres.", "partner"),
        Column("peak_weekdays", "text", "Weekdays of the peak, 0 = Monday.", "partner"),
        Column("peak_start_hour", "integer", "First hour of the peak, 0–23.", "partner"),
        Column("peak_end_hour", "integer", "Hour at which the peak ends, 0–23.", "partner"),
        Column("peak", "text", "The peak in words.", "partner"),
        Column("share_in_peak", "number", "Share of the incidents inside it, 0–1.", "partner"),
        Column("types", "text", "Mix of types, in words.", "partner"),
        Column("headings", "text", "Mix of headings, in words.", "partner"),
        Column("source", "text", "Where its incidents were read from, or 'simulated'.", "partner"),
        Column(
            "share_of_weeks", "number", "Share of the weeks in which it recurred, 0–1.", "partner"
        ),
        Column("geometry", "geometry", "The ground it covers.", "partner"),
    ),
)

SCAN_CLUSTERS: Final = Table(
    name="scan_clusters",
    meaning="A circle of cells and a window of the week with more episodes than the hours of its "
    "borough explain: it has hours of its own.",
    index=Column("scan_id", "integer", "0 for the largest likelihood ratio.", "partner"),
    columns=(
        Column("borough", "text", "Code of the area it is judged in.", "partner", nullable=True),
        Column("weekdays", "text", "Weekdays of the window, 0 = Monday.", "partner"),
        Column("start_hour", "integer", "First hour of the window, 0–23.", "partner"),
        Column("end_hour", "integer", "Hour at which the window ends, 0–23.", "partner"),
        Column("hours", "text", "The window in words.", "partner"),
        Column("n_episodes", "integer", "Episodes in the circle and window.", "partner", minimum=0),
        Column("n", "number", "Incidents (weights) in the circle and window.", "partner"),
        Column("n_nights", "integer", "Different nights of the episodes.", "partner", minimum=0),
        Column(
            "expected",
            "number",
            "Episodes expected if hours did not depend on the place.",
            "partner",
        ),
        Column(
            "relative_risk",
            "number",
            "Observed to expected inside, over the same outside.",
            "partner",
        ),
        Column(
            "log_likelihood_ratio", "number", "Poisson log-likelihood ratio.", "partner", minimum=0
        ),
        Column("p", "number", "Monte Carlo p of the maximum, 0–1.", "partner", minimum=0),
        Column(
            "p_gumbel",
            "number",
            "The same by a Gumbel tail, for small values, 0–1.",
            "partner",
            minimum=0,
        ),
        Column(
            "q",
            "number",
            "False discovery rate over boroughs at which it is listed, 0–1.",
            "partner",
            minimum=0,
        ),
        Column(
            "radius_m",
            "number",
            "Radius of the circle, between the middles of cells.",
            "partner",
            minimum=0,
        ),
        Column(
            "area_m2", "number", "Size of the occupied cells, square metres.", "partner", minimum=0
        ),
        Column("geometry", "geometry", "The occupied cells of the circle.", "partner"),
    ),
)

RECENT_CLUSTERS: Final = Table(
    name="recent_clusters",
    meaning="A circle of places and a run of dates with more episodes than the share of these "
    "places in the whole period explains.",
    index=Column("recent_id", "integer", "0 for the largest likelihood ratio.", "partner"),
    columns=(
        Column("borough", "text", "Code of the area with most of it.", "partner", nullable=True),
        Column("from_date", "time", "Midnight at the start of its first date.", "partner"),
        Column("to_date", "time", "Midnight at the start of its last date.", "partner"),
        Column("n_days", "integer", "Dates in its window.", "partner", minimum=1),
        Column("n_nights", "integer", "Different nights of the episodes.", "partner", minimum=1),
        Column("n_episodes", "integer", "Episodes, one a night and place.", "partner", minimum=1),
        Column(
            "n", "number", "Incidents (weights) in its squares and dates.", "partner", minimum=0
        ),
        Column(
            "expected",
            "number",
            "Episodes expected if dates did not depend on the place.",
            "partner",
            minimum=0,
        ),
        Column("ratio", "number", "Episodes over expected.", "partner", minimum=0),
        Column("log_likelihood_ratio", "number", "Log-likelihood ratio.", "partner", minimum=0),
        Column("p", "number", "Monte Carlo p of the maximum, 0–1.", "partner", minimum=0),
        Column(
            "p_gumbel",
            "number",
            "The same by a Gumbel tail, for small values, 0–1.",
            "partner",
            minimum=0,
        ),
        Column(
            "p_before",
            "number",
            "p by its rank among the largest of earlier dates, 0–1; missing looking at the past.",
            "partner",
            nullable=True,
            minimum=0,
        ),
        Column(
            "recurrence_days",
            "number",
            "Days until chance alone would show as much, scanning on; missing if it looks at the "
            "past.",
            "partner",
            nullable=True,
            minimum=0,
        ),
        Column(
            "radius_m",
            "number",
            "Radius of the circle, between the middles of places.",
            "partner",
            minimum=0,
        ),
        Column(
            "area_m2",
            "number",
            "Size of the squares of its places, square metres.",
            "partner",
            minimum=0,
        ),
        Column("geometry", "geometry", "The squares that its places lie in.", "partner"),
    ),
)

HOTSPOTS: Final = Table(
    name="hotspots",
    meaning="A patrol-sized set of places and the hours at which to be there, ranked by the harm "
    "to expect in them.",
    index=Column("hotspot_id", "text", "Area code and first place.", "partner"),
    columns=(
        Column("name", "text", "Area name and rank, for the meeting.", "partner"),
        Column("borough", "text", "Code of the area it is listed under.", "partner"),
        Column("area", "text", "Name of that area.", "partner"),
        Column("rank", "integer", "1 for the most harm in its area.", "partner"),
        Column("location", "text", "Most common words for the place.", nullable=True),
        Column("grid_ref", "text", "National grid reference of its middle, 10 m.", "partner"),
        Column("weekdays", "text", "Weekdays of its hours, 0 = Monday.", "partner", nullable=True),
        Column("start_hour", "number", "First hour, 0–23.", "partner", nullable=True),
        Column("end_hour", "number", "Hour at which it ends, 0–23.", "partner", nullable=True),
        Column("hours", "text", "Its hours in words.", "partner", nullable=True),
        Column(
            "harm_per_week",
            "number",
            "Harm to expect a week in its hours, in points: 1 is an ordinary nuisance report.",
            "partner",
        ),
        Column(
            "harm_low",
            "number",
            "Lower end of the interval of the weekly harm; missing if harm was not scored.",
            "partner",
            nullable=True,
        ),
        Column("harm_high", "number", "Its upper end.", "partner", nullable=True),
        Column(
            "count_rank",
            "integer",
            "Its rank among those listed in its area by the incidents to expect in its hours.",
            "partner",
        ),
        Column(
            "expected_per_week", "number", "Incidents to expect a week in its hours.", "partner"
        ),
        Column("expected_low", "number", "Lower end of the predictive interval.", "partner"),
        Column("expected_high", "number", "Upper end of the predictive interval.", "partner"),
        Column(
            "expected_all_hours",
            "number",
            "Incidents to expect a week at any hour.",
            "partner",
        ),
        Column(
            "forecast",
            "number",
            "Incidents to expect in the coming month at any hour; missing if not forecast.",
            "partner",
            nullable=True,
        ),
        Column("forecast_low", "number", "Lower end of its interval.", "partner", nullable=True),
        Column("forecast_high", "number", "Upper end of its interval.", "partner", nullable=True),
        Column(
            "trend",
            "text",
            "Rising, falling, or no trend beyond chance over the months; missing if not scored.",
            "partner",
            nullable=True,
        ),
        Column(
            "persistence",
            "text",
            "How it behaves over the months; missing if not scored or with fewer than four months.",
            "partner",
            nullable=True,
            allowed=PERSISTENCE,
        ),
        Column("n", "number", "Incidents in the period, all hours.", "partner"),
        Column(
            "n_nights",
            "number",
            "Different nights with an incident; missing for monthly data.",
            "partner",
            nullable=True,
        ),
        Column("n_months", "integer", "Different months with an incident.", "partner"),
        Column("n_in_hours", "number", "Incidents in its hours.", "partner", nullable=True),
        Column(
            "own_hours_share",
            "number",
            "How far its hours are its own, 0–1; the rest is borrowed from its area's week.",
            "partner",
            nullable=True,
        ),
        Column(
            "place_q",
            "number",
            "Rate of false findings up to the surest of its places, 0–1, if called busier around "
            "than its area: an address alone has a large one. Missing where nothing can differ.",
            "partner",
            nullable=True,
        ),
        Column(
            "own_hours_p",
            "number",
            "How easily chance would give it hours of its own beyond a busy place and a busy hour, "
            "0–1; missing for monthly data.",
            "partner",
            nullable=True,
        ),
        Column(
            "own_hours",
            "text",
            "The hours that are its own by the scan, in words; missing if its p is above 0.05.",
            "partner",
            nullable=True,
        ),
        Column("n_context", "number", "Of n, incidents outside the chosen areas.", "partner"),
        Column("n_places", "integer", "Places it is made of.", "partner"),
        Column("area_m2", "number", "Size, square metres.", "partner"),
        Column("main_type", "text", "Most common type, with share.", "partner", nullable=True),
        Column(
            "main_heading", "text", "Most common heading, with share.", "partner", nullable=True
        ),
        Column(
            "top_caller_share",
            "number",
            "Share of the incidents from the most frequent caller, 0–1; missing if callers are "
            "not known.",
            nullable=True,
        ),
        Column(
            "top_point_share",
            "number",
            "Share of the incidents at the most frequent exact point, 0–1: an address, or in "
            "snapped and counted data a map point.",
            nullable=True,
        ),
        Column(
            "rank_without_top",
            "integer",
            "Its rank in its area if its harm were less by that of its largest caller or point; of "
            "those not listed as many are compared as are listed, so the last rank may be later "
            "still.",
        ),
        Column(
            "is_one_caller", "boolean", "Nine tenths or more of its incidents come from one caller."
        ),
        Column(
            "judgement",
            "text",
            "What analysts decided about it, by whom, why and until when.",
            nullable=True,
        ),
        Column(
            "since_last",
            "text",
            "What became of it since the last list; missing without one.",
            "partner",
            nullable=True,
        ),
        Column("why", "text", "The reason for its place on the list, in plain words."),
        Column("source", "text", "Where its incidents were read from, or 'simulated'.", "partner"),
        Column("geometry", "geometry", "The ground to walk.", "partner"),
    ),
)

HOTSPOT_CHANGES: Final = Table(
    name="hotspot_changes",
    meaning="What became of the hotspots of one list in the next.",
    index=Column("change_id", "integer", "0 for the first.", "partner"),
    columns=(
        Column("borough", "text", "Code of the area.", "partner"),
        Column("change", "text", "kept, moved, split, merged, new or gone.", "partner"),
        Column("hotspot_id", "text", "The id that goes on, or went.", "partner"),
        Column("previous_id", "text", "Its id in the last list.", "partner", nullable=True),
        Column("current_id", "text", "Its id in this list as made.", "partner", nullable=True),
        Column(
            "ground_shared",
            "number",
            "Shared ground as a share of all ground of the two, 0–1.",
            "partner",
            nullable=True,
        ),
        Column(
            "hours_shared",
            "number",
            "Shared hours of the week as a share of all hours of the two, 0–1.",
            "partner",
            nullable=True,
        ),
        Column("moved_m", "number", "Metres between their middles.", "partner", nullable=True),
    ),
)

PLACE_RECORDS: Final = Table(
    name="place_records",
    meaning="What one place with an incident had when a list was made, and what it was to have.",
    index=Column("place_id", "text", "Shape, size and south-west corner, or the unit's code."),
    columns=(
        Column("area_id", "text", "The area that it was counted in."),
        Column("n", "number", "Incidents in the period.", minimum=0),
        Column("n_recent", "number", "The same, older ones counting less (half-life).", minimum=0),
        Column("dispersion", "number", "Variance over mean of its nights or months.", minimum=1),
        Column("shape", "number", "Shape of the gamma distribution of its rate.", minimum=0),
        Column("rate", "number", "Rate of that distribution, weeks.", minimum=0),
        Column("harm_per_report", "number", "Harm points that one report weighs.", minimum=0),
        Column("is_context", "boolean", "Outside the chosen areas."),
        Column("hotspot_id", "text", "The hotspot that it was part of.", nullable=True),
        Column("x", "number", "Easting of a point inside it, metres."),
        Column("y", "number", "Northing of that point."),
    ),
)

HOTSPOT_WEEK: Final = Table(
    name="hotspot_week",
    meaning="What is expected at one hotspot in one hour of the week.",
    index=Column("row", "integer", "0 for the first."),
    columns=(
        Column("hotspot_id", "text", "The hotspot."),
        Column(
            "hour",
            "integer",
            "Hour of the week, 0 = Monday 00:00; 0 for all the week of monthly data.",
            minimum=0,
        ),
        Column("expected", "number", "Incidents to expect.", minimum=0),
    ),
)

LIST_SHARES: Final = Table(
    name="list_shares",
    meaning="How much of the ASB that came afterwards the last list held, in one area or in all.",
    index=Column("share_id", "text", "Area code, or 'all', and when.", "partner"),
    columns=(
        Column("name", "text", "Name of the area.", "partner"),
        Column("when", "text", "'any hour', or 'in hours': those of each hotspot.", "partner"),
        Column("n", "number", "Incidents in the area since the list was made.", "partner"),
        Column("held", "number", "Share of the incidents that the list held, 0–1.", "partner"),
        Column(
            "plain",
            "number",
            "The same of a list by plain counts of the last period, in the area's busiest hours.",
            "partner",
        ),
        Column(
            "best",
            "number",
            "The same of a list by what came, each hotspot in its best hours: nobody could know.",
            "partner",
        ),
        Column(
            "land",
            "number",
            "Share of the area's places that the list was, 0–1; in hours, of places and hours.",
            "partner",
        ),
        Column("plain_land", "number", "The same of the list by plain counts.", "partner"),
        Column("best_land", "number", "The same of the list by what came.", "partner"),
        Column(
            "ahead_low",
            "number",
            "Lower end of the 95 % interval of held less plain; missing with fewer than four weeks "
            "(months, for monthly data).",
            "partner",
            nullable=True,
        ),
        Column("ahead_high", "number", "Upper end of that interval.", "partner", nullable=True),
    ),
)

LIST_OUTCOMES: Final = Table(
    name="list_outcomes",
    meaning="What came afterwards at one hotspot of the last list, at any hour.",
    index=Column("hotspot_id", "text", "Its id.", "partner"),
    columns=(
        Column("name", "text", "Its name in the last list.", "partner"),
        Column("area", "text", "Name of its area.", "partner"),
        Column("rank", "integer", "Its rank in the last list.", "partner"),
        Column("before", "number", "Incidents a week before, as counted.", "partner"),
        Column(
            "expected",
            "number",
            "Incidents a week that were expected afterwards: regression to the mean taken off, and "
            "brought to the level of the area since.",
            "partner",
        ),
        Column("since", "number", "Incidents a week since.", "partner"),
        Column("low", "number", "Lower end of the 90 % interval of what was expected.", "partner"),
        Column("high", "number", "Upper end of that interval.", "partner"),
        Column("p", "number", "How easily chance gives as much more or less, 0–1.", "partner"),
        Column("q", "number", "False discovery rate at which it is beyond chance.", "partner"),
        Column(
            "outcome",
            "text",
            "'rose' or 'fell' beyond chance (q of at most 0.05); else 'cooled' (fewer than before, "
            "as was expected), or 'held'.",
            "partner",
        ),
    ),
)

TEAM_TOURS: Final = Table(
    name="team_tours",
    meaning="What one team can do in one tour of duty.",
    index=Column("team_tour_id", "text", "Team, date and tour.", "partner"),
    columns=(
        Column("team", "text", "Name of the team.", "partner"),
        Column("date", "text", "The day on which the tour begins, 2026-06-01.", "partner"),
        Column("tour", "text", "Name of the tour.", "partner"),
        Column("start", "time", "When it begins.", "partner"),
        Column("end", "time", "When it ends.", "partner"),
        Column("clock_hours", "integer", "Its length by the clock, hours.", "partner", minimum=1),
        Column("officers", "number", "Officers on duty, in the mean.", "partner", minimum=0),
        Column("minutes_on_duty", "number", "Officer-minutes on duty, for all work.", minimum=0),
        Column(
            "minutes",
            "number",
            "Officer-minutes that can truly be delivered at hotspots.",
            "partner",
            minimum=0,
        ),
    ),
)

SHORTFALL: Final = Table(
    name="shortfall",
    meaning="How much of a hotspot's harm falls outside every tour of duty of its teams.",
    index=Column("hotspot_id", "text", "The hotspot.", "partner"),
    columns=(
        Column("name", "text", "Its name.", "partner"),
        Column("borough", "text", "Code of its area.", "partner"),
        Column("area", "text", "Name of its area.", "partner"),
        Column("rank", "integer", "Its rank in the area.", "partner"),
        Column("teams", "text", "The teams that cover it; empty if none does.", "partner"),
        Column("harm_per_week", "number", "Harm to expect a week in its hours, points.", "partner"),
        Column("harm_outside", "number", "Of that, outside every tour of duty.", "partner"),
        Column("share_outside", "number", "The same as a share, 0–1.", "partner", minimum=0),
        Column(
            "share_outside_all_hours",
            "number",
            "The share outside of what is expected at any hour, 0–1.",
            "partner",
            minimum=0,
        ),
        Column("geometry", "geometry", "The ground to walk.", "partner"),
    ),
)

TASKS: Final = Table(
    name="tasks",
    meaning="What one team does at one place in one tour of duty, in all days of a plan.",
    index=Column("task_id", "text", "Place and tour, and team where several cover it.", "partner"),
    columns=(
        Column("name", "text", "Name of the hotspot, or of the place.", "partner"),
        Column("area", "text", "Name of its area.", "partner", nullable=True),
        Column("rank", "number", "Rank of the hotspot in the area.", "partner", nullable=True),
        Column("location", "text", "Most common words for the place.", nullable=True),
        Column("grid_ref", "text", "National grid reference, 10 m.", "partner", nullable=True),
        Column(
            "kind",
            "text",
            "patrol; exploration: a place drawn at random; fixed: decided beforehand; caller: one "
            "caller made the reports and is to be visited, and no patrol is planned.",
            "partner",
            allowed=("patrol", "exploration", "fixed", "caller"),
        ),
        Column(
            "hotspot_id",
            "text",
            "The hotspot to visit; missing where the place is none.",
            "partner",
            nullable=True,
        ),
        Column("team", "text", "Name of the team.", "partner"),
        Column("tour", "text", "Tour of duty; missing for monthly data.", "partner", nullable=True),
        Column(
            "days",
            "text",
            "Calendar days of the visits; after midnight that is the next day.",
            "partner",
            nullable=True,
        ),
        Column(
            "hours", "text", "Hours of the visits, such as 23:00–02:00.", "partner", nullable=True
        ),
        Column("from_hour", "number", "Visit from this hour, 0–23.", "partner", nullable=True),
        Column("to_hour", "number", "Visit before this hour, 0–23.", "partner", nullable=True),
        Column("visits", "integer", "Planned visits in all.", "partner", minimum=0),
        Column("visits_per_week", "number", "The same a week.", "partner", minimum=0),
        Column("visit_minutes", "number", "Length of a visit, minutes.", "partner", minimum=0),
        Column("officers", "integer", "Officers at each visit.", "partner", minimum=0),
        Column(
            "officer_minutes",
            "number",
            "Officer-minutes in all, with the ways there.",
            "partner",
            minimum=0,
        ),
        Column(
            "expected_covered",
            "number",
            "Incidents to expect a week in the hours that the visits cover.",
            "partner",
            minimum=0,
        ),
        Column(
            "harm_covered",
            "number",
            "Harm to expect a week in them, points: by this the visits are given.",
            "partner",
            minimum=0,
        ),
        Column("main_type", "text", "Most common type, with share.", "partner", nullable=True),
        Column(
            "main_heading", "text", "Most common heading, with share.", "partner", nullable=True
        ),
        Column("reason", "text", "Why, in plain words."),
        Column(
            "options",
            "text",
            "Options to consider, the first first, with the grade of the evidence; no orders.",
            "partner",
            nullable=True,
        ),
        Column("partner", "text", "Who to ask to the table.", "partner", nullable=True),
        Column("success", "text", "What success would look like.", "partner", nullable=True),
        Column("first_day", "text", "First day of the plan, 2026-06-01.", "partner"),
        Column("last_day", "text", "Its last day.", "partner"),
        Column("review_date", "text", "When to ask what came of it.", "partner"),
        Column("source", "text", "Where its incidents were read from, or 'simulated'.", "partner"),
    ),
)

VISITS: Final = Table(
    name="visits",
    meaning="One visit of a plan.",
    index=Column("visit_id", "text", "Task and date, and number in the tour.", "partner"),
    columns=(
        Column("task_id", "text", "The task that it belongs to.", "partner"),
        Column("team", "text", "Name of the team.", "partner"),
        Column(
            "date",
            "text",
            "The day on which the tour begins, 2026-06-01; for monthly data the first day of the "
            "week.",
            "partner",
        ),
        Column("tour", "text", "Tour of duty; missing for monthly data.", "partner", nullable=True),
        Column(
            "route", "integer", "Number of the route in the tour, from 1.", "partner", minimum=1
        ),
        Column("stop", "integer", "Number of the visit in the route.", "partner", minimum=1),
        Column("arrive", "time", "When to be there.", "partner", nullable=True),
        Column("leave", "time", "When to go on.", "partner", nullable=True),
        Column("name", "text", "Name of the hotspot, or of the place.", "partner"),
        Column(
            "hotspot_id",
            "text",
            "The hotspot; missing where the place is none.",
            "partner",
            nullable=True,
        ),
        Column("location", "text", "Most common words for the place.", nullable=True),
        Column("grid_ref", "text", "National grid reference, 10 m.", "partner", nullable=True),
        Column("planned_minutes", "number", "Length of the visit.", "partner", minimum=0),
        Column(
            "planned_delivery",
            "number",
            "Share of its visits that the team is taken to make, 0–1: the plan leaves room for it.",
            "partner",
            minimum=0,
        ),
        Column("officers", "integer", "Officers at the visit.", "partner", minimum=0),
        Column("way_m", "number", "The way from the visit before, metres.", "partner", minimum=0),
        Column("way_minutes", "number", "The same in minutes.", "partner", minimum=0),
        Column("is_on_foot", "boolean", "Whether the way can be walked.", "partner"),
        Column(
            "harm", "number", "Harm to expect in the hours it covers, points.", "partner", minimum=0
        ),
    ),
)

TASK_RESULTS: Final = Table(
    name="task_results",
    meaning="What came of one visit: planned and made, planned and not made, or made beside the "
    "plan.",
    index=Column("visit_id", "text", "The visit; unplanned_1, … beside the plan.", "partner"),
    columns=(
        Column("team", "text", "Name of the team; missing if not known.", "partner", nullable=True),
        Column("date", "text", "As planned, or the day of the visit, 2026-06-01.", "partner"),
        Column("tour", "text", "Tour of duty, as planned.", "partner", nullable=True),
        Column("task_id", "text", "The task that it belongs to.", "partner", nullable=True),
        Column("name", "text", "Name of the hotspot, or of the place.", "partner"),
        Column("hotspot_id", "text", "The hotspot.", "partner", nullable=True),
        Column("is_planned", "boolean", "Whether it was planned.", "partner"),
        Column("planned_minutes", "number", "Minutes that were planned.", "partner", minimum=0),
        Column(
            "planned_delivery",
            "number",
            "Share of its visits that the team was taken to make, 0–1; missing beside the plan.",
            "partner",
            nullable=True,
        ),
        Column(
            "visited",
            "text",
            "Whether it was made; missing if nobody said so.",
            "partner",
            nullable=True,
            allowed=("yes", "no"),
        ),
        Column("minutes", "number", "Minutes that it took.", "partner", nullable=True, minimum=0),
        Column("activity", "text", "What was done, as it was written.", nullable=True),
        Column(
            "tactic_id", "text", "The tactic of the library that it is.", "partner", nullable=True
        ),
        Column("outcome", "text", "What came of it, as it was written.", nullable=True),
        Column("supervisor", "text", "Who has checked it, or when.", nullable=True),
        Column("advice", "text", "The supervisor's advice.", nullable=True),
    ),
)

TEAM_RESULTS: Final = Table(
    name="team_results",
    meaning="What one team was to do, and what it did.",
    index=Column("team", "text", "Name of the team.", "partner"),
    columns=(
        Column("planned_visits", "integer", "Visits that were planned.", "partner", minimum=0),
        Column("reported_visits", "integer", "Of these, with a result.", "partner", minimum=0),
        Column("delivered_visits", "integer", "Of these, made.", "partner", minimum=0),
        Column("unplanned_visits", "integer", "Made beside the plan.", "partner", minimum=0),
        Column(
            "share",
            "number",
            "Made, of those with a result, 0–1; missing if there is none.",
            "partner",
            nullable=True,
        ),
        Column("planned_minutes", "number", "Minutes that were planned.", "partner", minimum=0),
        Column(
            "delivered_minutes",
            "number",
            "Minutes of all visits made of which they are known.",
            "partner",
            minimum=0,
        ),
    ),
)

LEFT_OUT: Final = Table(
    name="left_out",
    meaning="A hotspot that no patrol of the plan visits, and why.",
    index=Column("hotspot_id", "text", "The hotspot.", "partner"),
    columns=(
        Column("name", "text", "Its name.", "partner"),
        Column("area", "text", "Name of its area.", "partner"),
        Column("rank", "integer", "Its rank in the area.", "partner"),
        Column("harm_per_week", "number", "Harm to expect a week in its hours.", "partner"),
        Column("reason", "text", "Why it was left out."),
    ),
)

ALLOCATION: Final = Table(
    name="allocation",
    meaning="What a coin decided on one hotspot and some days of a trial.",
    index=Column("row", "integer", "0 for the first.", "partner"),
    columns=(
        Column("pair", "integer", "Pair of a treated and a control side.", "partner", minimum=1),
        Column("hotspot_id", "text", "The hotspot.", "partner"),
        Column("name", "text", "Its name.", "partner"),
        Column("first_day", "text", "First day, 2026-06-01.", "partner"),
        Column("last_day", "text", "Last day.", "partner"),
        Column(
            "arm",
            "text",
            "treatment: it is visited; control: it is left alone.",
            "partner",
            allowed=("treatment", "control"),
        ),
    ),
)

TACTICS: Final = Table(
    name="tactics",
    meaning="An option to consider at a hotspot, never an order: who leads, who decides, how good "
    "the evidence is, which power it needs, and what was recorded of it here.",
    index=Column("tactic_id", "text", "Its id in the library.", "partner"),
    columns=(
        Column("name", "text", "What it is.", "partner"),
        Column("family", "text", "patrol, problem-solving, partner, …", "partner"),
        Column("lead", "text", "Who leads it.", "partner"),
        Column("decides", "text", "Who decides on it.", "partner"),
        Column("evidence", "text", "Grade of the evidence.", "partner"),
        Column("evidence_means", "text", "What the grade means.", "partner"),
        Column("source", "text", "Where the grade comes from.", "partner"),
        Column("limits", "text", "What speaks against it.", "partner"),
        Column("power", "text", "The power that it uses.", "partner", nullable=True),
        Column("law", "text", "Act and section.", "partner", nullable=True),
        Column("who", "text", "Who may use the power.", "partner", nullable=True),
        Column("test", "text", "What has to be shown.", "partner", nullable=True),
        Column("power_limits", "text", "How far the power goes.", "partner", nullable=True),
        Column("n_here", "integer", "Visits here at which it was recorded.", "partner", minimum=0),
        Column(
            "outcomes_here",
            "text",
            "What came of them, as it was written, with numbers.",
            nullable=True,
        ),
    ),
)

JUDGEMENTS: Final = Table(
    name="judgements",
    meaning="One judgement of an analyst, and what came of it in this list. What may name a person "
    "or an address is restricted.",
    index=Column("judgement_id", "integer", "1 for the first of the file.", "partner"),
    columns=(
        Column("action", "text", "exclude, pin, merge, split or rename.", "partner"),
        Column("at", "text", "Where, as it was written; points joined by semicolons."),
        Column("name", "text", "The new name, to rename.", "partner", nullable=True),
        Column("reason", "text", "Why."),
        Column("author", "text", "Who decided it."),
        Column("expires", "text", "The last day on which it holds, 2026-06-30.", "partner"),
        Column("is_applied", "boolean", "Whether it was applied to this list.", "partner"),
        Column("outcome", "text", "What came of it, in words.", "partner"),
        Column(
            "hotspot_id",
            "text",
            "The hotspots of this list that it concerns, joined by semicolons.",
            "partner",
            nullable=True,
        ),
        Column("n", "number", "Incidents on the ground in the period.", minimum=0),
        Column(
            "places",
            "text",
            "Places that it names, joined by semicolons: to exclude all, else one for each point.",
        ),
        Column("geometry", "geometry", "The ground: the places that it names.", "partner"),
    ),
)

HARM_SCORES: Final = Table(
    name="harm_scores",
    meaning="The harm to expect a week in a hotspot and its hours, what it is made of, and how far "
    "its rank hangs on the weights; see the page 'Risk score'.",
    index=Column("hotspot_id", "text", "The hotspot.", "partner"),
    columns=(
        Column("name", "text", "Its name.", "partner"),
        Column("borough", "text", "Code of the area it is listed under.", "partner"),
        Column("harm_per_week", "number", "Harm points a week in its hours.", "partner"),
        Column("harm_low", "number", "Lower end of the interval of the weekly mean.", "partner"),
        Column("harm_high", "number", "Its upper end.", "partner"),
        Column("harm_rank", "integer", "Rank by harm among those listed in its area.", "partner"),
        Column("count_rank", "integer", "Rank by the reports to expect.", "partner"),
        Column("rank_low", "integer", "5th percentile of its rank by other weights.", "partner"),
        Column("rank_high", "integer", "95th percentile.", "partner"),
        Column(
            "top_of_draws",
            "number",
            "Share of other weights by which it is among the first of its area, 0–1.",
            "partner",
        ),
        Column("expected_per_week", "number", "Reports to expect in its hours.", "partner"),
        Column("n", "number", "Reports of the period, all hours.", "partner"),
        Column("n_vulnerable", "number", "Of these, flagged vulnerable."),
        Column("n_repeat", "number", "Of these, flagged as repeat."),
        Column("harm_per_report", "number", "Mean harm of a report, points."),
        Column("prior", "number", "Of the harm, what its area lends."),
        Column("own_history", "number", "Of the harm, what its own reports add."),
        Column("recency", "number", "Of the harm, what counting recent ones more adds."),
        Column("n_months", "integer", "Months with a report.", "partner"),
        Column("months", "integer", "Months with data.", "partner"),
        Column("trend", "text", "Trend of its months, in words: no part of the score.", "partner"),
        Column("top_share", "number", "Share of the harm from its largest caller or point, 0–1."),
    ),
)

HARM_BY_KIND: Final = Table(
    name="harm_by_kind",
    meaning="The harm of a hotspot by type, and by heading: each adds up to its harm a week.",
    index=Column("row", "integer", "0 for the first."),
    columns=(
        Column("hotspot_id", "text", "The hotspot."),
        Column("by", "text", "type or heading.", allowed=("type", "heading")),
        Column("value", "text", "The type or heading; 'not known' if missing."),
        Column("n", "number", "Reports of the period."),
        Column("harm_per_week", "number", "Harm points a week in its hours."),
    ),
)

HIGH_RISK_VICTIMS: Final = Table(
    name="high_risk_victims",
    meaning="One person who was harmed and may need a call, at a hotspot or not. Restricted: never "
    "for partners or the public, and never about a suspect.",
    index=Column("person_key", "text", "Pseudonym of the caller or victim."),
    columns=(
        Column("n", "number", "Reports of the period (weights).", minimum=0),
        Column("n_vulnerable", "number", "Of these, flagged vulnerable.", minimum=0),
        Column(
            "n_dates_in_window", "integer", "Most different dates within the window.", minimum=1
        ),
        Column("first", "time", "Midnight at the start of the date of the first report."),
        Column("last", "time", "Midnight at the start of the date of the last report."),
        Column("dates", "text", "Dates of the reports, joined by commas."),
        Column("harm", "number", "What the reports weigh together, harm points.", minimum=0),
        Column("place_id", "text", "The place with most of them.", nullable=True),
        Column("borough", "text", "Code of the area with most of them.", nullable=True),
        Column("hotspot_id", "text", "The listed hotspot with most of them.", nullable=True),
        Column("hotspot_rank", "number", "Its rank on the list.", nullable=True),
        Column("reason", "text", "Why the person is listed, in words."),
    ),
)

SPREAD: Final = Table(
    name="spread",
    meaning="One figure of how a list falls on areas and groups, repeats itself and explores; see "
    "the page 'Bias and feedback'.",
    index=Column("spread_id", "integer", "0 for the first.", "partner"),
    columns=(
        Column(
            "about",
            "text",
            "What it is about.",
            "partner",
            allowed=("list", "area", "group", "repeat", "reports little"),
        ),
        Column("of", "text", "What the groups are: areas, hotspots, or a column.", "partner"),
        Column("group", "text", "Code of the area, id of the hotspot, or the group.", "partner"),
        Column("name", "text", "Its name.", "partner"),
        Column("figure", "text", "What is given, such as 'visits: to_population'.", "partner"),
        Column("value", "number", "The figure; shares are 0–1.", "partner", nullable=True),
        Column("low", "number", "Lower end of its interval.", "partner", nullable=True),
        Column("high", "number", "Upper end of its interval.", "partner", nullable=True),
    ),
)

TABLES: Final = (
    INCIDENTS,
    AREAS,
    PLACES,
    CLUSTERS,
    SCAN_CLUSTERS,
    RECENT_CLUSTERS,
    HOTSPOTS,
    JUDGEMENTS,
    HOTSPOT_CHANGES,
    PLACE_RECORDS,
    HOTSPOT_WEEK,
    LIST_SHARES,
    LIST_OUTCOMES,
    TEAM_TOURS,
    SHORTFALL,
    TASKS,
    VISITS,
    TASK_RESULTS,
    TEAM_RESULTS,
    LEFT_OUT,
    ALLOCATION,
    TACTICS,
    HARM_SCORES,
    HARM_BY_KIND,
    HIGH_RISK_VICTIMS,
    SPREAD,
)
"""Every declared table, in the order in which data walks through them."""


def check_areas(areas: gpd.GeoDataFrame) -> None:
    """Raise `InputError` unless `areas` is a valid areas table with at least one polygon."""
    if not isinstance(areas, gpd.GeoDataFrame):
        raise invalid(
            "areas",
            type(areas).__name__,
            "a GeoDataFrame of polygons",
            "Use hs.load_boroughs() or hs.read_areas(path).",
        )
    AREAS.validate(areas)
    if len(areas) == 0:
        msg = "The areas table is empty. Must hold at least one polygon."
        raise InputError(msg)
