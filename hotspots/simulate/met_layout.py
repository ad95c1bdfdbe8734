"""A simulated year as the Met publishes its file: hours without points, with that file's quirks.

The quirks are planted in the shares in which the published file has them, and counted, so that a
reader can be tested against what was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from hotspots.incidents import load_codes
from hotspots.simulate.ground import lay_ground
from hotspots.simulate.writing import write_whole
from hotspots.tables import require_clock

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from hotspots.simulate.simulation import Simulation

MET_COLUMNS: Final = (
    "Date",
    "Hour",
    "OP01",
    "Opening_Type_1",
    "OP02",
    "Opening_Type_2",
    "OP03",
    "Opening_Type_3",
    "CL01",
    "Close_Type_1",
    "CL02",
    "Close_Type_2",
    "CL03",
    "Close_Type_3",
    "Resolution_Type_1",
    "Resolution_Type_2",
    "Ward",
    "Ward_Code",
    "Response_Time",
    "Duplicate",
    "ASBCount",
    "Datetime",
    "Ward_WardCode",
    "Safer_Neighborhood_Team_Name",
    "Safer_Neighborhood_Team_Code",
    "Safer_Neighborhood_Team_Borough_Name",
    "Safer_Neighborhood_Team_Borough_Code",
)
"""Columns of MPS_Antisocial_Behaviour.csv as published in 2024."""

# Shares of rows, from the published file of September 2023 to August 2024 (255,432 rows).
_WITHOUT_WARD: Final = 2472 / 255432
_COPIES: Final = 1206 / 255432
_AVIATION: Final = 920 / 255432
_BLANK: Final = 243850 / 255432
# How many rows are flagged as duplicates is not published.
_FLAGGED: Final = 0.003
_DATETIME: Final = "20249"
_AT_ONCE: Final = 0.65
_RESOLUTIONS: Final = ("Advice Given", "No Offences Disclosed", "Police Attendance Not Required")
_TEAM_COLUMNS: Final = MET_COLUMNS[-5:]


@dataclass(frozen=True)
class MetRecord:
    """What `write_met_layout` wrote.

    Parameters
    ----------
    n_rows : int
        Rows in the file.
    n_incidents : int
        Of those, one for each simulated incident.
    n_copies : int
        Rows that repeat another row in every column.
    n_flagged_duplicates : int
        Rows whose column Duplicate says "Ye"; they differ from the row that they repeat.
    n_aviation : int
        Rows of the "borough" Aviation Security (SO18); no simulated incident stands behind them.
    n_without_ward : int
        Incidents whose ward, team and borough are missing.
    """

    n_rows: int
    n_incidents: int
    n_copies: int
    n_flagged_duplicates: int
    n_aviation: int
    n_without_ward: int


def write_met_layout(
    simulation: Simulation, path: str | os.PathLike[str], *, rng: int | np.random.Generator = 0
) -> MetRecord:
    """Write a simulated year in the layout of the Met's MPS_Antisocial_Behaviour.csv.

    Date and hour, codes, and a team area instead of a point. The quirks of the published file are
    there: day-first dates, blanks for empty codes, a useless column Datetime, a column Ward_Code
    without values, rows without a ward, exact copies, rows flagged "Ye", and the "borough"
    Aviation Security (SO18).

    Parameters
    ----------
    simulation : Simulation
        A year with a clock: mode "timed" or "snapped".
    path : str or path
        A new file.
    rng : int or numpy.random.Generator
        Seed, or source of chance, for the quirks.

    Returns
    -------
    MetRecord
        How many of each quirk were written.

    Raises
    ------
    MonthlyDataError
        If only months are known.
    OutputError
        If the file exists or cannot be written; nothing is left behind.

    Caveats
    -------
    Simulated. Codes of areas begin with "SIM-", names of teams end in "(simulated)", and the Met's
    two-letter borough codes are replaced by invented ones. Do not put the file beside real ones.

    Examples
    --------
    >>> import tempfile
    >>> from hotspots.simulate import simulate_incidents
    >>> simulation = simulate_incidents(1000, boroughs=["Camden"], rng=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = write_met_layout(simulation, f"{folder}/simulated_met.csv")
    >>> record.n_incidents, record.n_rows
    (1000, 1012)
    """
    incidents = simulation.incidents
    require_clock(incidents, "write_met_layout")
    chance = np.random.default_rng(rng)
    n = len(incidents)
    rows = _met_rows(simulation, chance)

    without_ward = chance.random(n) < _WITHOUT_WARD
    rows.loc[without_ward, ["Ward", *_TEAM_COLUMNS]] = None

    aviation = _sample(rows, _AVIATION, chance)
    aviation["Ward"] = "SIM"
    aviation[list(_TEAM_COLUMNS)] = (
        "SIM-SO18-01",
        "Airport team area 1 (simulated)",
        "SIM-SO18-01",
        "Aviation Security (SO18)",
        "S00",
    )
    flagged = _sample(rows, _FLAGGED, chance).assign(Duplicate="Ye")
    different = _tell_apart(pd.concat([rows, aviation, flagged]), chance)
    copies = _sample(different[different["Duplicate"] == "No"], _COPIES, chance)
    # The index is the place among the incidents, so that copies stand beside what they repeat.
    table = pd.concat([different, copies]).sort_index(kind="stable")
    write_whole({Path(path): table})
    return MetRecord(
        n_rows=len(table),
        n_incidents=n,
        n_copies=len(copies),
        n_flagged_duplicates=len(flagged),
        n_aviation=len(aviation),
        n_without_ward=int(without_ward.sum()),
    )


def _met_rows(simulation: Simulation, rng: np.random.Generator) -> pd.DataFrame:
    """Make one row of the Met's file for each incident."""
    incidents = simulation.incidents
    n = len(incidents)
    codes = load_codes().values()
    code_of = {code.value: code.code for code in codes if code.role in ("type", "heading")}
    name_of = {code.code: code.met_name for code in codes}
    kind = _look_up(incidents["asb_type"], code_of)
    heading = _look_up(incidents["heading"], code_of)
    qualifiers = [[*flags.split(","), ""] for flags in incidents["qualifiers"].fillna("")]
    first, second = (np.array([flags[part] for flags in qualifiers], object) for part in (0, 1))

    team = incidents["area_code"].to_numpy(dtype=object)
    boroughs = list(simulation.truth.parameters["boroughs"])
    name_of_borough = {code: lay_ground(code).name for code in boroughs}
    letters = {code: f"S{number:02d}" for number, code in enumerate(boroughs, 1)}
    start = incidents["start"].dt
    columns = {
        "Date": start.strftime("%d-%m-%Y").to_numpy(dtype=object),
        "Hour": start.strftime("%H:00").to_numpy(dtype=object),
        "OP01": kind,
        "Opening_Type_1": _look_up(kind, name_of),
        "OP02": heading,
        "Opening_Type_2": _look_up(heading, name_of),
        "OP03": _blank_or_nothing(first, rng),
        "Opening_Type_3": _look_up(first, name_of),
        "CL01": kind,
        "Close_Type_1": _look_up(kind, name_of),
        "CL02": _blank_or_nothing(second, rng),
        "Close_Type_2": _look_up(second, name_of),
        "CL03": " ",
        "Close_Type_3": None,
        "Resolution_Type_1": rng.choice(_RESOLUTIONS, size=n),
        "Resolution_Type_2": None,
        "Ward": [f"SIM{code[-2:]}" for code in team],
        "Ward_Code": None,
        "Response_Time": _response_times(n, rng),
        "Duplicate": "No",
        "ASBCount": 1,
        "Datetime": _DATETIME,
        "Ward_WardCode": team,
        "Safer_Neighborhood_Team_Name": _look_up(team, simulation.team_areas["name"].to_dict()),
        "Safer_Neighborhood_Team_Code": team,
        "Safer_Neighborhood_Team_Borough_Name": _look_up(incidents["borough"], name_of_borough),
        "Safer_Neighborhood_Team_Borough_Code": _look_up(incidents["borough"], letters),
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(n), columns=list(MET_COLUMNS), dtype=object)


def _look_up(keys: Iterable[str], names: Mapping[str, str]) -> NDArray[np.object_]:
    """Give the name of each key; None for an empty one."""
    codes, different = pd.factorize(np.asarray(keys, dtype=object))
    return np.array([names.get(key) for key in different], dtype=object)[codes]


def _blank_or_nothing(codes: NDArray[np.object_], rng: np.random.Generator) -> NDArray[np.object_]:
    """Put a blank for most empty codes and nothing for some, as the published file does."""
    is_blank = rng.random(len(codes)) < _BLANK
    instead = np.array([None, " "], dtype=object)[is_blank.astype(np.int64)]
    return np.where(codes == "", instead, codes)


def _response_times(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw seconds: most 0, the others from a minute to days."""
    seconds = 60 + rng.lognormal(7.0, 1.5, n)
    return np.where(rng.random(n) < _AT_ONCE, 0, seconds).astype(np.int64)


def _tell_apart(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give rows that happen to be alike different response times, so that copies can be counted."""
    while (alike := table.duplicated().to_numpy()).any():
        column = table["Response_Time"].to_numpy(dtype=np.int64, copy=True)
        column[alike] = rng.integers(60, 86400, size=int(alike.sum()))
        table = table.assign(Response_Time=column)
    return table


def _sample(table: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw different rows, in a number that rounds the share up: small files have the quirk too."""
    n = int(np.ceil(share * len(table)))
    return table.iloc[np.sort(rng.choice(len(table), size=n, replace=False))].copy()
