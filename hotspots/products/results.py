"""What came of a plan, read back: the sheet that teams filled in, or the positions of radios."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from hotspots.errors import InputError, invalid
from hotspots.products.folder import ANALYSIS, MANIFEST, PLAN, checksum, manifest_of
from hotspots.products.geojson import from_degrees
from hotspots.products.plan_files import GROUND_FILE, VISITS_FILE
from hotspots.tasking import TaskPlan
from hotspots.tasking.filled_sheet import read_filled_sheet
from hotspots.tasking.pings import are_pings, match_pings
from hotspots.tasking.tactics_file import as_tactics

if TYPE_CHECKING:
    from hotspots.tasking import TacticsLibrary, TaskResults

_PARQUET: Final = (".parquet", ".geoparquet")


def read_task_results(
    results: str | PathLike[str] | pd.DataFrame,
    plan: TaskPlan | str | PathLike[str] | None = None,
    *,
    tactics: str | PathLike[str] | TacticsLibrary | None = None,
    reach: float = 25.0,
    least_minutes: float = 5.0,
    longest_gap: float = 10.0,
) -> TaskResults:
    """Read what came of a plan: its filled sheet, or the positions of radios.

    Parameters
    ----------
    results : path or DataFrame
        `tasks.xlsx` (sheet "visits") or `visits.csv` of the plan, filled in; or positions, a CSV or
        Parquet file with columns `device`, `time`, `easting` and `northing` (or `longitude` and
        `latitude`) and, if wanted, `team`.
    plan : TaskPlan or path, optional
        The plan, or the folder that holds it, as it was written; by default the folder of the file.
    tactics : path or TacticsLibrary, optional
        What `activity` may name; by default the starting point.
    reach : float
        A position so far from a hotspot still counts as there, metres: what GPS is wrong by.
    least_minutes : float
        A shorter stay is somebody passing by.
    longest_gap : float
        Positions further apart in time are two stays, minutes.

    Returns
    -------
    TaskResults
        Planned and delivered visits and minutes by team, results by tactic, and rows that could
        not be read, with a reason.

    Raises
    ------
    InputError
        If a file or the plan cannot be read, or nothing is filled in.

    Notes
    -----
    In a sheet `visited` is yes or no, `minutes` a number; the rest is free text. A row beside the
    plan needs `team`, `date` and `name`. Rows are rejected as `unknown_visit` (the plan has no such
    id), `duplicate_visit`, `changed_row` (the id stands beside another team, date or name),
    `bad_visited`, `bad_minutes`, `contradiction` (not visited, and minutes), `no_visit_id`,
    `bad_date`; positions as `bad_time`, `bad_location`, `no_device`. Rows in = used + blank +
    rejected.

    Caveats
    -------
    A sheet says what was written down, and positions say who was near: neither says what it did for
    those who live there. No figure of an officer or a device is kept.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> plan = hs.analyse(calls, boroughs=["Camden"], progress=False).plan
    >>> sheet = plan.visits.assign(visited="yes", minutes=12, activity="patrol", outcome="quiet")
    >>> sheet = sheet.assign(supervisor="checked", advice="")
    >>> sheet.iloc[0, sheet.columns.get_loc("visited")] = "perhaps"
    >>> results = hs.read_task_results(sheet, plan)
    >>> results.rejected["reason"].tolist()
    ['bad_visited']
    >>> row = results.by_team.loc["Camden"]
    >>> int(row["planned_visits"] - row["delivered_visits"])
    1
    """
    library = as_tactics(tactics)
    if plan is None and isinstance(results, str | PathLike):
        plan = Path(results).parent
    visits, ground = _plan_of(plan)
    table: pd.DataFrame | None
    if isinstance(results, pd.DataFrame):
        table, file = results, "table"
    elif isinstance(results, str | PathLike):
        table, file = _positions(Path(results)), Path(results).name
    else:
        rule = "a table of results, or the path of its file"  # type: ignore[unreachable]
        raise invalid("results", type(results).__name__, rule)
    if table is not None and are_pings(table):
        limits = {"reach": reach, "least_minutes": least_minutes, "longest_gap": longest_gap}
        return match_pings(table, visits, ground, file=file, **limits)
    return read_filled_sheet(results, visits, library)


def _positions(path: Path) -> pd.DataFrame | None:
    """Read a file of positions; None if it is none."""
    try:
        if path.suffix.lower() in _PARQUET:
            return pd.read_parquet(path)
        if path.suffix.lower() == ".csv":
            head = pd.read_csv(path, encoding="utf-8-sig", nrows=0)
            if are_pings(head):
                return pd.read_csv(path, encoding="utf-8-sig", dtype="str")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"Cannot read the results '{path}': {reason}. Must be a file that exists."
        raise InputError(msg) from error
    return None


def _plan_of(plan: object) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Give the visits and the ground of a plan."""
    if isinstance(plan, TaskPlan):
        return plan.visits, plan.ground
    if not isinstance(plan, str | PathLike):
        rule = "a plan, or the path of its folder"
        raise invalid("plan", type(plan).__name__, rule, "Give the folder that holds the plan.")
    folder = Path(plan)
    manifest = manifest_of(folder, ANALYSIS) or manifest_of(folder, PLAN)
    if manifest is None:
        msg = (
            f"Cannot read the plan of '{folder}': it holds no {MANIFEST} of a plan or an analysis. "
            "Must be the folder as it was written, but for what was filled in."
        )
        raise InputError(msg)
    visits = pd.read_parquet(_unchanged(folder, VISITS_FILE, manifest))
    tasks = gpd.read_file(_unchanged(folder, GROUND_FILE, manifest), engine="pyogrio")
    return visits, from_degrees(tasks.set_index("task_id")[["geometry"]])


def _unchanged(folder: Path, name: str, manifest: dict[str, Any]) -> Path:
    """Give the path of a file that is as it was written."""
    path = folder / name
    try:
        is_same = checksum(path) == manifest["files"].get(name)
    except OSError as error:
        msg = f"Cannot read '{path}' of the plan: {error.strerror}. Give the whole folder."
        raise InputError(msg) from error
    if not is_same:
        msg = (
            f"Cannot use '{path}' of the plan: it was changed since it was written. Must be as it "
            "was. Give an unchanged copy of the folder, with the filled sheet in it."
        )
        raise InputError(msg)
    return path
