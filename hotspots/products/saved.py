"""Read what an earlier run left: the record of its list, and what a plan needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import InputError
from hotspots.planning import PlanGround
from hotspots.products.folder import MANIFEST, checksum, manifest_of
from hotspots.risk import ListRecord
from hotspots.risk.record import BAND
from hotspots.settings import Settings
from hotspots.tables import CRS, TIMEZONE

if TYPE_CHECKING:
    import os

HOTSPOTS_FILE: Final = "hotspots.parquet"
PLACES_FILE: Final = "places.parquet"
PACKAGE_FILE: Final = "hotspots.gpkg"
WEEK_FILE: Final = "week.parquet"
_OTHER_VERSION: Final = (KeyError, TypeError, ValueError, AttributeError)


def read_record(folder: str | os.PathLike[str]) -> ListRecord:
    """Read what the list of an earlier run left for the next one.

    Parameters
    ----------
    folder : path
        What `Analysis.save` or the command line wrote, as it was written.

    Returns
    -------
    ListRecord
        Without counts of places if the folder was written for partners.

    Raises
    ------
    InputError
        If it is no such folder, its tables were changed, or they cannot be read.
    """
    folder = Path(folder)
    manifest = _manifest(folder, "the last list")
    hotspots = _read_table(folder, HOTSPOTS_FILE, manifest)
    is_whole = PLACES_FILE in manifest["files"]
    places = _read_table(folder, PLACES_FILE, manifest) if is_whole else None
    judgements = _read_table(folder, PACKAGE_FILE, manifest) if is_whole else None
    try:
        period = manifest["period"]
        settings = Settings.from_dict(manifest["settings"])
        return ListRecord(
            hotspots=hotspots,
            places=places,
            busiest_hours=pd.DataFrame.from_dict(
                manifest["busiest_hours"], orient="index", columns=list(BAND)
            ),
            areas=dict(manifest["areas"]),
            start=_moment(period["start"]),
            end=_moment(period["end"]),
            weeks=float(period["weeks"]),
            recent_weeks=float(period["recent_weeks"]),
            half_life=settings.risk.half_life,
            tier=manifest["tier"],
            settings=settings.hotspots,
            judgements=judgements,
            made_at=str(manifest["made_at"]),
        )
    except _OTHER_VERSION as error:
        raise _of_other_version(folder, "the last list") from error


def read_ground(folder: str | os.PathLike[str]) -> tuple[PlanGround, Settings]:
    """Read what a plan needs of an analysis.

    Parameters
    ----------
    folder : path
        What `Analysis.save` or the command line wrote, restricted, as it was written.

    Returns
    -------
    ground : PlanGround
        What was found.
    settings : Settings
        Those of the analysis.

    Raises
    ------
    InputError
        If it is no such folder, was written for partners, its tables were changed, or they cannot
        be read.
    """
    folder = Path(folder)
    what = "a saved analysis"
    manifest = _manifest(folder, what)
    if manifest.get("marking") != "restricted":
        msg = (
            f"Cannot plan from '{folder}': it was written for partners, without what a plan needs. "
            "Must be the restricted folder of the same run."
        )
        raise InputError(msg)
    hotspots = _read_table(folder, HOTSPOTS_FILE, manifest)
    places = _read_table(folder, PLACES_FILE, manifest)
    rows = _read_table(folder, WEEK_FILE, manifest)
    areas = _read_table(folder, PACKAGE_FILE, manifest, layer="areas").set_index("area_id")
    try:
        week = rows.pivot_table(index="hotspot_id", columns="hour", values="expected")
        ground = PlanGround(
            hotspots=hotspots,
            week=week.reindex(hotspots.index),
            places=_places_off_the_list(places, areas["name"]),
            areas=areas,
            end=_moment(manifest["period"]["end"]),
        )
        return ground, Settings.from_dict(manifest["settings"])
    except _OTHER_VERSION as error:
        raise _of_other_version(folder, what) from error


def _places_off_the_list(places: pd.DataFrame, names: pd.Series[str]) -> Any:  # noqa: ANN401
    """Give the places with an incident that are in no hotspot, each as a point."""
    import geopandas as gpd  # noqa: PLC0415 (only for reading)

    own = places[~places["is_context"].astype(bool) & places["hotspot_id"].isna()]
    return gpd.GeoDataFrame(
        {"borough": own["area_id"].astype("str"), "area": own["area_id"].map(names)},
        geometry=gpd.points_from_xy(own["x"], own["y"]),
        crs=CRS,
    )


def _manifest(folder: Path, what: str) -> dict[str, Any]:
    """Read the manifest of an analysis."""
    manifest = manifest_of(folder)
    if manifest is None:
        msg = (
            f"Cannot use '{folder}' as {what}: it holds no {MANIFEST} of an analysis. Must be the "
            "folder that 'hotspots analyse … --out FOLDER' or Analysis.save wrote."
        )
        raise InputError(msg)
    return manifest


def _of_other_version(folder: Path, what: str) -> InputError:
    return InputError(
        f"Cannot use '{folder}' as {what}: its {MANIFEST} is of another version of the package, or "
        "was changed. Run the period again with this version."
    )


def _moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_convert(TIMEZONE)


def _read_table(
    folder: Path, name: str, manifest: dict[str, Any], layer: str = "judgements"
) -> Any:  # noqa: ANN401
    """Read one table of an earlier run, as it was written."""
    import geopandas as gpd  # noqa: PLC0415 (only for reading)

    path = folder / name
    what = f"'{path}' of the earlier run"
    try:
        is_same = checksum(path) == manifest["files"].get(name)
    except OSError as error:
        msg = f"Cannot read {what}: {error.strerror}. Give the whole folder."
        raise InputError(msg) from error
    if not is_same:
        msg = (
            f"Cannot use {what}: it was changed since it was written. Must be as the run left it. "
            "Give an unchanged copy."
        )
        raise InputError(msg)
    if name == PACKAGE_FILE:
        return gpd.read_file(path, layer=layer, engine="pyogrio")
    return gpd.read_parquet(path) if name == HOTSPOTS_FILE else pd.read_parquet(path)
