"""The tables of a simulation: what a mode publishes of it, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.simulate.callers import Callers, name_persons
from hotspots.simulate.calls import NONE, Calls
from hotspots.simulate.headings import heading_names
from hotspots.simulate.year import DAY_MINUTES
from hotspots.tables import ASB_TYPES, CRS, INCIDENTS, TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hotspots.simulate.facts import Facts
    from hotspots.simulate.field import Places
    from hotspots.simulate.planted import Hotspot
    from hotspots.simulate.year import Year

Mode = Literal["timed", "snapped", "monthly"]
"""How finely a simulation is known: as the police know it, with points moved, or as published."""

SOURCE: Final = "simulated"

# Map points are about a cell apart; the farthest corner is nearer than this.
_SNAPPED_PRECISION: Final = 100.0
_EXACT_PRECISION: Final = 1.0


@dataclass(frozen=True, eq=False)
class Details:
    """What calls are about and how they came, as numbers; the same in every mode.

    Parameters
    ----------
    heading, asb_type, channel : array of int
        Index into the headings, the types and the channels.
    """

    heading: NDArray[np.int64]
    asb_type: NDArray[np.int64]
    channel: NDArray[np.int64]


def make_index(n: int) -> pd.Index[str]:
    """Name n incidents sim-000001, sim-000002 and so on.

    Examples
    --------
    >>> make_index(2).tolist()
    ['sim-000001', 'sim-000002']
    """
    names = [f"sim-{number:06d}" for number in range(1, n + 1)]
    return pd.Index(names, name=INCIDENTS.index.name, dtype="str")


def _text(values: Any, index: pd.Index[str]) -> pd.Series[str]:  # noqa: ANN401
    """Make a column of texts; None stays missing even if there is nothing else."""
    return pd.Series(values, index=index, dtype="str")


def _pick(names: Sequence[str | None], numbers: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.array(names, dtype=object)[numbers]


def _number_names(kind: str, numbers: NDArray[np.int64]) -> list[str | None]:
    return [
        None if number == NONE else f"sim-{kind}-{number + 1:03d}" for number in numbers.tolist()
    ]


def publish(
    calls: Calls,
    details: Details,
    callers: Callers,
    places: Places,
    calendar: Year,
    mode: Mode,
    facts: Facts,
) -> gpd.GeoDataFrame:
    """Make the incidents table, as finely as the mode allows.

    Parameters
    ----------
    calls : Calls
        The calls, in order of time.
    details : Details
        What they are about.
    callers : Callers
        Who made them and what was recorded.
    places : Places
        The field.
    calendar : Year
        The year.
    mode : {"timed", "snapped", "monthly"}
        How finely place and time are known.
    facts : Facts
        The figures of `facts.toml`, for the names.

    Returns
    -------
    GeoDataFrame
        An incidents table, index `incident_id`.

    Caveats
    -------
    Simulated. Callers, headings and channels are kept in every mode, although data.police.uk
    publishes none of them.
    """
    index = make_index(len(calls))
    if mode == "timed":
        x, y, borough, cell = calls.x, calls.y, calls.borough, calls.cell
    else:
        cell = places.nearest_map_point(calls.x, calls.y)
        x, y = places.map_easting[cell], places.map_northing[cell]
        # A snapped point may lie over the border; the table can only know where the point is.
        borough = places.borough[cell]
    if mode == "monthly":
        month = calendar.dates[calls.minute // DAY_MINUTES].astype("datetime64[M]")
        start, end = _first_moments(month), _first_moments(month + 1)
        is_ambiguous = np.zeros(len(calls), dtype=bool)
    else:
        start = calendar.london(calls.minute)
        end = pd.DatetimeIndex([pd.NaT] * len(calls)).tz_localize(TIMEZONE)
        is_ambiguous = calendar.is_repeated(calls.minute)
    flags = callers.is_flagged_repeat + 2 * callers.is_flagged_vulnerable
    person = _text(name_persons(callers.person), index).where(callers.is_known)
    codes = [ground.code for ground in places.ground]
    columns = {
        "start": start.as_unit("us"),
        "end": end.as_unit("us"),
        "time_precision": "month" if mode == "monthly" else "minute",
        "asb_type": _pick(ASB_TYPES, details.asb_type),
        "heading": _pick(heading_names(facts), details.heading),
        "qualifiers": _text(_pick([None, "610", "635", "610,635"], flags), index),
        "source": SOURCE,
        "channel": _pick(list(facts.assumed["channels"]), details.channel),
        "location_precision_m": _EXACT_PRECISION if mode == "timed" else _SNAPPED_PRECISION,
        "location": _name_streets(cell, places),
        "weight": 1.0,
        "person_key": person,
        "is_flagged_repeat": callers.is_flagged_repeat,
        "is_flagged_vulnerable": callers.is_flagged_vulnerable,
        "is_ambiguous_time": is_ambiguous,
        "is_context": False,
        "area_code": _find_teams(x, y, borough, places),
        "borough": _pick(codes, borough),
    }
    frame = pd.DataFrame(columns, index=index)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(x, y), crs=CRS)


def _first_moments(months: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(months.astype("datetime64[us]")).tz_localize(TIMEZONE)


def _name_streets(cell: NDArray[np.int64], places: Places) -> NDArray[np.object_]:
    different, which = np.unique(cell, return_inverse=True)
    names = [
        f"Simulated street {street}, {places.ground[borough].name}"
        for street, borough in zip(places.street[different], places.borough[different], strict=True)
    ]
    return _pick(names, which)


def _find_teams(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    borough: NDArray[np.int64],
    places: Places,
) -> NDArray[np.object_]:
    codes = np.empty(len(x), dtype=object)
    for number, ground in enumerate(places.ground):
        own = np.flatnonzero(borough == number)
        codes[own] = _pick(ground.team_codes(), ground.find_team(x[own], y[own]))
    return codes


def label(calls: Calls, callers: Callers, calendar: Year, codes: list[str]) -> pd.DataFrame:
    """Make the truth about each incident; see `Truth`.

    Parameters
    ----------
    calls : Calls
        The calls, in order of time.
    callers : Callers
        Who made them.
    calendar : Year
        The year.
    codes : list of str
        GSS codes of the chosen boroughs.

    Returns
    -------
    DataFrame
        On the index of the incidents.

    Caveats
    -------
    Simulated.
    """
    index = make_index(len(calls))
    return pd.DataFrame(
        {
            "episode": calls.episode,
            "hotspot_id": _text(_number_names("hotspot", calls.hotspot), index),
            "chronic_id": _text(_number_names("chronic", calls.chronic), index),
            "caller": name_persons(callers.person),
            "is_repeat": callers.is_repeat,
            "is_vulnerable": callers.is_vulnerable,
            "start": calendar.london(calls.minute).as_unit("us"),
            "easting": calls.x,
            "northing": calls.y,
            "borough": _pick(codes, calls.borough),
        },
        index=index,
    )


def tabulate_hotspots(hotspots: list[Hotspot], codes: list[str]) -> pd.DataFrame:
    """Make the table of planted hotspots; see `Truth`.

    Parameters
    ----------
    hotspots : list of Hotspot
        The hotspots.
    codes : list of str
        GSS codes of the chosen boroughs.

    Returns
    -------
    DataFrame
        One row a hotspot.

    Caveats
    -------
    Simulated.
    """
    names = _number_names("hotspot", np.arange(len(hotspots)))
    index = pd.Index(names, name="hotspot_id", dtype="str")
    days = [",".join(map(str, spot.weekdays)) for spot in hotspots]
    return pd.DataFrame(
        {
            "borough": _text([codes[spot.borough] for spot in hotspots], index),
            "easting": np.array([spot.easting for spot in hotspots], dtype=float),
            "northing": np.array([spot.northing for spot in hotspots], dtype=float),
            "radius_m": np.array([spot.radius for spot in hotspots], dtype=float),
            "weekdays": _text(days, index),
            "start_hour": np.array([spot.start_hour for spot in hotspots], dtype=np.int64),
            "end_hour": np.array([spot.end_hour for spot in hotspots], dtype=np.int64),
            "n": np.array([spot.n for spot in hotspots], dtype=np.int64),
        },
        index=index,
    )


def tabulate_callers(calls: Calls, callers: Callers, codes: list[str]) -> pd.DataFrame:
    """Make the table of chronic callers; see `Truth`.

    Parameters
    ----------
    calls : Calls
        The calls.
    callers : Callers
        Who made them.
    codes : list of str
        GSS codes of the chosen boroughs.

    Returns
    -------
    DataFrame
        One row a caller.

    Caveats
    -------
    Simulated.
    """
    calls_of = np.flatnonzero(calls.chronic != NONE)
    numbers, first, n = np.unique(calls.chronic[calls_of], return_index=True, return_counts=True)
    row = calls_of[first]
    index = pd.Index(_number_names("chronic", numbers), name="chronic_id", dtype="str")
    return pd.DataFrame(
        {
            "person_key": _text(name_persons(callers.person[row]), index),
            "borough": _text(_pick(codes, calls.borough[row]), index),
            "easting": calls.x[row],
            "northing": calls.y[row],
            "n": n,
        },
        index=index,
    )


def tabulate_places(
    places: Places, codes: list[str], expected: NDArray[np.float64]
) -> pd.DataFrame:
    """Make the table of places; see `Truth`.

    Parameters
    ----------
    places : Places
        The field.
    codes : list of str
        GSS codes of the chosen boroughs.
    expected : array of float
        Ordinary incidents to expect in each borough in the year.

    Returns
    -------
    DataFrame
        One row a 100 m cell.

    Caveats
    -------
    Simulated.
    """
    return pd.DataFrame(
        {
            "borough": _pick(codes, places.borough),
            "easting": places.easting,
            "northing": places.northing,
            "rate": places.share * expected[places.borough],
            "street": places.street,
            "map_easting": places.map_easting,
            "map_northing": places.map_northing,
        },
        index=pd.RangeIndex(len(places.share), name="cell"),
    )
