"""A simulated year as data.police.uk publishes one: months, map points and all crime types."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from hotspots.areas import to_longitude_latitude
from hotspots.errors import OutputError
from hotspots.simulate.ground import lay_ground
from hotspots.simulate.writing import make_folder, write_whole

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from hotspots.simulate.simulation import Simulation

POLICE_UK_COLUMNS: Final = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
"""Columns of a street file of data.police.uk."""

FORCE: Final = "Simulated Police Service"

_OTHER_CRIMES: Final = (
    "Violence and sexual offences",
    "Vehicle crime",
    "Other theft",
    "Burglary",
    "Criminal damage and arson",
    "Public order",
    "Drugs",
)
_OUTCOMES: Final = (
    "Status update unavailable",
    "Investigation complete; no suspect identified",
    "Under investigation",
)
_OTHERS_PER_REPORT: Final = 0.5
_WITHOUT_POINT: Final = 0.01
_ASB: Final = "Anti-social behaviour"


@dataclass(frozen=True)
class PoliceUkRecord:
    """What `write_police_uk_layout` wrote.

    Parameters
    ----------
    paths : tuple of Path
        The files, one a month.
    n_rows : int
        Rows in all files.
    n_asb : int
        Of those, anti-social behaviour: one for each simulated incident.
    n_asb_without_point : int
        Of those, rows without coordinates.
    n_other : int
        Rows of other crime types.
    """

    paths: tuple[Path, ...]
    n_rows: int
    n_asb: int
    n_asb_without_point: int
    n_other: int


def write_police_uk_layout(
    simulation: Simulation,
    folder: str | os.PathLike[str],
    *,
    rng: int | np.random.Generator = 0,
) -> PoliceUkRecord:
    """Write a simulated year as street files of data.police.uk, one a month.

    Months instead of times, anonymous map points instead of places, no heading and no type, other
    crime types in between, and a few rows without coordinates.

    Parameters
    ----------
    simulation : Simulation
        A simulated year, in any mode; points are snapped if they are not yet.
    folder : str or path
        Folder for the files, made if it does not exist (its parent must).
    rng : int or numpy.random.Generator
        Seed, or source of chance, for the other crimes and the missing coordinates.

    Returns
    -------
    PoliceUkRecord
        The files and how many of each kind of row they have.

    Raises
    ------
    OutputError
        If a file exists or cannot be written; nothing is left behind.

    Caveats
    -------
    Simulated: "Reported by" and "Falls within" say so. The other crimes lie where the anti-social
    behaviour does and are there to be sorted out, nothing more. Columns of LSOAs are empty.

    Examples
    --------
    >>> import tempfile
    >>> from hotspots.simulate import simulate_incidents
    >>> simulation = simulate_incidents(1000, boroughs=["Camden"], rng=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = write_police_uk_layout(simulation, folder)
    >>> record.n_asb, record.n_other, record.paths[0].name
    (1000, 500, '2025-01-simulated-street.csv')
    """
    chance = np.random.default_rng(rng)
    rows = _police_uk_rows(simulation)
    n_other = round(_OTHERS_PER_REPORT * len(rows))
    others = rows.iloc[chance.integers(len(rows), size=n_other)].copy()
    keys = chance.bytes(32 * n_other).hex()
    others["Crime ID"] = [keys[64 * i : 64 * (i + 1)] for i in range(n_other)]
    others["Crime type"] = chance.choice(_OTHER_CRIMES, size=n_other)
    others["Last outcome category"] = chance.choice(_OUTCOMES, size=n_other)

    table = pd.concat([rows, others]).sort_index(kind="stable")
    without_point = chance.random(len(table)) < _WITHOUT_POINT
    table.loc[without_point, ["Longitude", "Latitude"]] = None
    table.loc[without_point, "Location"] = "No Location"
    where = Path(folder)
    tables = {
        where / f"{month}-simulated-street.csv": part for month, part in table.groupby("Month")
    }
    made = make_folder(where)
    try:
        write_whole(tables)
    except OutputError:
        if made:
            where.rmdir()
        raise
    is_asb = table["Crime type"] == _ASB
    return PoliceUkRecord(
        paths=tuple(tables),
        n_rows=len(table),
        n_asb=int(is_asb.sum()),
        n_asb_without_point=int((is_asb & without_point).sum()),
        n_other=n_other,
    )


def _police_uk_rows(simulation: Simulation) -> pd.DataFrame:
    """Make one row of a street file for each incident, snapped to its map point."""
    truth = simulation.truth
    lived_in = truth.places[truth.places["rate"] > 0]
    points = lived_in[["map_easting", "map_northing"]].to_numpy()
    exact = truth.incidents[["easting", "northing"]].to_numpy()
    nearest = np.asarray(cKDTree(points).query(exact)[1])
    different, which = np.unique(nearest, return_inverse=True)
    longitude, latitude = to_longitude_latitude(points[different, 0], points[different, 1])
    streets = [
        f"On or near Simulated street {street}, {lay_ground(code).name}"
        for street, code in lived_in[["street", "borough"]].iloc[different].to_numpy()
    ]
    columns = {
        "Crime ID": None,
        "Month": truth.incidents["start"].dt.strftime("%Y-%m").to_numpy(dtype=object),
        "Reported by": FORCE,
        "Falls within": FORCE,
        "Longitude": _six_decimals(longitude)[which],
        "Latitude": _six_decimals(latitude)[which],
        "Location": np.array(streets, dtype=object)[which],
        "LSOA code": None,
        "LSOA name": None,
        "Crime type": _ASB,
        "Last outcome category": None,
        "Context": None,
    }
    rows = pd.DataFrame(columns, columns=list(POLICE_UK_COLUMNS), dtype=object)
    # In the order of the map points, as the published files go by area.
    return rows.set_axis(pd.Index(nearest)).sort_index(kind="stable")


def _six_decimals(degrees: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.array([f"{value:.6f}" for value in degrees.tolist()], dtype=object)
