"""The folder that the main job leaves: map, tables, rejected rows and manifest, all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from hotspots.areas import ATTRIBUTION, load_boroughs, to_longitude_latitude
from hotspots.errors import InputError, OutputError
from hotspots.model_card import make_card
from hotspots.risk import ListRecord, check_spread
from hotspots.risk.hotspots import NO_INCIDENT
from hotspots.risk.record import BAND
from hotspots.settings import Settings
from hotspots.tables import (
    AREAS,
    CLUSTERS,
    HARM_BY_KIND,
    HARM_SCORES,
    HIGH_RISK_VICTIMS,
    HOTSPOT_CHANGES,
    HOTSPOTS,
    JUDGEMENTS,
    LEFT_OUT,
    LIST_OUTCOMES,
    LIST_SHARES,
    PLACE_RECORDS,
    SCAN_CLUSTERS,
    SPREAD,
    TASKS,
    TEAM_TOURS,
    TIMEZONE,
    VISITS,
    check_marking,
)
from hotspots.words import day
from hotspots.writing import write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import folium
    import geopandas as gpd

    from hotspots.analysis import Analysis
    from hotspots.risk import ListReview, Spread
    from hotspots.tables import Marking

MANIFEST: Final = "manifest.json"
PLACES_FILE: Final = "places.parquet"
_PACKAGE: Final = "hotspots.gpkg"
_FORMAT: Final = "hotspots analysis 1"
_SHOWN: Final = 5
_LEVEL: Final = 0.05
_WIDEST_COLUMN: Final = 60
_METHOD: Final = (
    "Places are counted by night and hour; the expected number of each place and hour of the week "
    "is a gamma-Poisson posterior with a Dirichlet-multinomial week, shrunk to the area and "
    "discounted for bursts; hotspots are sets of neighbouring places of at most hotspots.max_area "
    "with the band of hours that holds most of what is expected, ranked by harm: reports weigh as "
    "harm.weights say, and half as much after harm.half_life_weeks; place_q is the smallest "
    "Benjamini-Hochberg rate of its places by Gi* of nights with an incident, over the places of "
    "its area, by permutation; own_hours_p is a Gumbel tail of "
    "the maxima of a Poisson scan over circles and windows of the week, with the times of episodes "
    "dealt out again within each area; visits are chosen by a "
    "mixed-integer program that covers most harm to expect within what the teams can deliver."
)
_PACKAGES: Final = ("geopandas", "numba", "numpy", "pandas", "pyproj", "scipy", "shapely")


def check_product_marking(marking: str) -> None:
    """Raise `InputError` if a marking is unknown, or "public", which has no product yet."""
    check_marking(marking)
    if marking == "public":
        msg = (
            "Invalid marking 'public'. Must be 'restricted' or 'partner': a hotspot list holds "
            "small numbers and single addresses, which may not be published."
        )
        raise InputError(msg)


def check_victims(is_asked: object, marking: str) -> None:
    """Raise `InputError` if people are asked for by a product that others may receive."""
    if is_asked and marking != "restricted":
        msg = (
            f"Invalid victims with marking '{marking}'. Must be 'restricted': the list is of "
            "people. Leave out victims."
        )
        raise InputError(msg)


def draw_map(analysis: Analysis, marking: Marking) -> folium.Map:
    """Draw the hotspots of an analysis; see `Analysis.map`."""
    from hotspots.maps import map_hotspots  # noqa: PLC0415 (folium is slow to import)

    check_product_marking(marking)
    return map_hotspots(
        HOTSPOTS.for_audience(received(analysis.hotspots, marking), marking),
        analysis.areas,
        title=f"Hotspots of {analysis.noun}",
        notes=_notes(analysis, marking),
        changes=analysis.review.words if analysis.review is not None else (),
        track_record=analysis.review.track_record if analysis.review is not None else "",
        gone=received(analysis.review.gone, marking) if analysis.review is not None else None,
        as_of=day(analysis.counts.end - pd.Timedelta(hours=1)),
        data=_data_in_words(analysis),
        marking=marking,
        simulated=analysis.is_simulated,
        judgements=JUDGEMENTS.for_audience(analysis.judgements, marking),
    )


def _data_in_words(analysis: Analysis) -> str:
    sources = ", ".join(analysis.counts.sources) or "none"
    used = f"{analysis.n_incidents:,.0f} {analysis.noun}"
    return f"{used} ({sources}), {analysis.period}, {analysis.tier}"


def _notes(analysis: Analysis, marking: Marking) -> list[str]:
    """Say what was left out, and which areas have a short list, and why."""
    short = short_lists(analysis)
    account = analysis.account
    rows = []
    if account is not None:
        rows = [
            (
                f"{account.n_rows:,} rows were read: {account.n_accepted:,} accepted, "
                f"{account.n_out_of_scope:,} out of scope, {account.n_rejected:,} rejected."
            )
        ]
    rows += about_victims(analysis, marking)
    return [*rows, *analysis.remarks(marking), *short, *_attribution(analysis)]


def about_victims(analysis: Analysis, marking: str) -> list[str]:
    """Say how many people may need a call, where people are known and the audience may know."""
    found = analysis.victims
    is_known = len(found.table) > 0 or found.n_unnamed_vulnerable > 0
    return [found.summary] if is_known and marking == "restricted" else []


def short_lists(analysis: Analysis) -> list[str]:
    """Say which areas have fewer hotspots than asked for, those with one reason together."""
    said = []
    for given, rows in analysis.found.short.groupby("reason", sort=False):
        reason = str(given)
        if len(rows) == 1:
            row = rows.iloc[0]
            said.append(f"{row['name']}: {row['listed']} of {row['asked']} hotspots. {reason}")
            continue
        names = ", ".join(rows["name"].head(_SHOWN)) + (", …" if len(rows) > _SHOWN else ".")
        if reason == NO_INCIDENT:
            said.append(f"{len(rows):,} areas have no incident of the period: {names}")
        else:
            said.append(
                f"{len(rows):,} areas have fewer hotspots than asked for: {names} In each: "
                f"{reason[0].lower()}{reason[1:]}"
            )
    return said


def _attribution(analysis: Analysis) -> list[str]:
    """Say whose boundaries these are, where they are the shipped ones."""
    shipped = load_boroughs(city=True).index
    return [f"Boundaries: {ATTRIBUTION}"] if analysis.areas.index.isin(shipped).any() else []


def save_folder(
    analysis: Analysis,
    folder: str | os.PathLike[str],
    marking: Marking,
    beside: Mapping[str, Path] | None = None,
    card: str | os.PathLike[str] | Mapping[str, str] | None = None,
    groups: gpd.GeoDataFrame | None = None,
    *,
    victims: bool = False,
) -> Path:
    """Write all products of an analysis to a folder; see `Analysis.save`."""
    from hotspots.maps import save_map  # noqa: PLC0415 (folium is slow to import)

    check_product_marking(marking)
    check_victims(victims, marking)
    hotspots = HOTSPOTS.for_audience(received(analysis.hotspots, marking), marking)
    review = analysis.review
    clusters = CLUSTERS.for_audience(analysis.clusters, marking)
    found = analysis.scan.clusters if analysis.scan is not None else SCAN_CLUSTERS.empty()
    own_hours = SCAN_CLUSTERS.for_audience(found[found["q"] <= _LEVEL], marking)
    spread = spread_of(analysis, groups)
    model_card = make_card(analysis, spread, marking=marking, card=card)
    with whole_folder(Path(folder)) as target:
        save_map(draw_map(analysis, marking), target / "index.html")
        package = target / _PACKAGE
        hotspots.to_file(package, layer="hotspots", driver="GPKG", engine="pyogrio")
        clusters.to_file(package, layer="clusters", driver="GPKG", engine="pyogrio")
        own_hours.to_file(package, layer="own_hours", driver="GPKG", engine="pyogrio")
        judgements = JUDGEMENTS.for_audience(analysis.judgements, marking)
        judgements.to_file(package, layer="judgements", driver="GPKG", engine="pyogrio")
        if review is not None:
            gone = HOTSPOTS.for_audience(received(review.gone, marking), marking)
            gone.to_file(package, layer="gone", driver="GPKG", engine="pyogrio")
        areas = AREAS.for_audience(analysis.areas[["name", "geometry"]], marking)
        areas.to_file(package, layer="areas", driver="GPKG", engine="pyogrio")
        to_degrees(hotspots).to_file(
            target / "hotspots.geojson", driver="GeoJSON", engine="pyogrio", RFC7946="YES"
        )
        hotspots.to_parquet(target / "hotspots.parquet")
        _write_plan(analysis, target, marking)
        _write_spread(spread, analysis, target, marking)
        (target / "model_card.json").write_text(model_card.to_json(), encoding="utf-8")
        (target / "model_card.md").write_text(model_card.to_markdown(), encoding="utf-8")
        _write_scores(analysis, target, marking)
        if review is not None:
            _write_review(review, analysis, target, marking)
        if victims:
            people = HIGH_RISK_VICTIMS.for_audience(analysis.victims.table, marking)
            write_csv(people.assign(harm=people["harm"].round(2)), target / "victims.csv")
        if marking == "restricted":
            write_csv(_rejected(analysis), target / "rejected.csv", index=False)
            places = analysis.record.places
            if places is not None:
                PLACE_RECORDS.for_audience(places, marking).to_parquet(target / PLACES_FILE)
        manifest = make_manifest(analysis, marking)
        manifest["beside"] = {
            what: {"file": path.name, "sha256": _checksum(path)}
            for what, path in (beside or {}).items()
        }
        manifest["files"] = {path.name: _checksum(path) for path in sorted(target.iterdir())}
        text = json.dumps(manifest, indent=2, ensure_ascii=False, default=_plain)
        (target / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return Path(folder)


def received(hotspots: gpd.GeoDataFrame, marking: str) -> gpd.GeoDataFrame:
    """Give the hotspots that a product may hold: for partners none that is one caller's.

    That no patrol is planned there would tell which they are, and a place where one person calls is
    a home.
    """
    if marking == "restricted" or "is_one_caller" not in hotspots:
        return hotspots
    return hotspots[~hotspots["is_one_caller"].astype(bool)]


def _write_plan(analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write the tasks, their visits, what was left out and why, and what the teams can do."""
    plan = analysis.plan
    shown = received(analysis.hotspots, marking).index
    tasks = TASKS.for_audience(_with_places(plan.tasks, shown), marking)
    left_out = plan.left_out[plan.left_out.index.isin(shown)]
    for table, name in (
        (tasks, "tasks.csv"),
        (VISITS.for_audience(plan.visits, marking), "visits.csv"),
        (LEFT_OUT.for_audience(left_out, marking), "left_out.csv"),
        (TEAM_TOURS.for_audience(plan.capacity.tours, marking), "team_tours.csv"),
    ):
        numbers = table.select_dtypes("float").columns
        write_csv(table.assign(**table[numbers].round(2)), target / name)
    _write_workbook(tasks, target / "tasks.xlsx", analysis, marking)


def _with_places(tasks: pd.DataFrame, shown: pd.Index[str]) -> pd.DataFrame:
    """Give the tasks at hotspots that a product may hold, and at places that are none."""
    return tasks[tasks["hotspot_id"].isin(shown) | tasks["hotspot_id"].isna()]


def spread_of(analysis: Analysis, groups: gpd.GeoDataFrame | None = None) -> Spread:
    """Check how the list of an analysis spreads; see `check_spread`."""
    return check_spread(
        analysis.hotspots,
        analysis.found.members,
        analysis.counts,
        analysis.areas,
        groups=groups,
        previous=analysis.review.last if analysis.review is not None else None,
        tasks=analysis.tasks,
    )


def harm_table(analysis: Analysis) -> pd.DataFrame:
    """Give a harm scores table: scores, what they are made of, and how far they hang on weights."""
    moved = analysis.sensitivity.table[["rank_low", "rank_high", "top_share"]]
    described = analysis.scores.described[["n_months", "months", "trend"]]
    moved = moved.rename(columns={"top_share": "top_of_draws"})
    table = analysis.scores.table.join(moved).join(described)
    return table[[column.name for column in HARM_SCORES.columns]]


def _write_scores(analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write the harm of each hotspot, and what it is made of."""
    ids = received(analysis.hotspots, marking).index
    scores = HARM_SCORES.for_audience(harm_table(analysis).loc[ids], marking)
    write_csv(scores.round(4), target / "harm.csv")
    if marking == "restricted":
        # From numbers by kind and the weights it could be worked out how many are flagged.
        by_kind = analysis.scores.by_kind.rename_axis(HARM_BY_KIND.index.name)
        kinds = HARM_BY_KIND.for_audience(by_kind, marking)
        write_csv(kinds.round(4), target / "harm_by_kind.csv")


def _write_spread(spread: Spread, analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write over whom the list falls."""
    hidden = analysis.hotspots.index.difference(received(analysis.hotspots, marking).index)
    table = spread.table
    table = table[~((table["about"] == "repeat") & table["group"].isin(hidden))]
    write_csv(SPREAD.for_audience(table, marking).round(4), target / "spread.csv")


def _write_review(review: ListReview, analysis: Analysis, target: Path, marking: Marking) -> None:
    """Write what has changed since the last list, and how it did."""
    now, last = analysis.hotspots, review.last.hotspots
    hidden = now.index.difference(received(now, marking).index)
    hidden_then = last.index.difference(received(last, marking).index)
    changes = review.changes
    is_hidden = changes["hotspot_id"].isin(hidden) | changes["previous_id"].isin(hidden_then)
    for table, frame, name in (
        (HOTSPOT_CHANGES, changes[~is_hidden], "changes.csv"),
        (LIST_SHARES, review.shares, "last_list_shares.csv"),
        (
            LIST_OUTCOMES,
            review.outcomes.drop(index=hidden_then, errors="ignore"),
            "last_list_outcomes.csv",
        ),
    ):
        write_csv(table.for_audience(frame, marking).round(4), target / name)


def _rejected(analysis: Analysis) -> pd.DataFrame:
    """Give the rejected rows; none, with the same columns, for a table in memory."""
    if analysis.account is None:
        return pd.DataFrame(columns=["file", "line", "reason", "detail"])
    return analysis.account.rejected


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def to_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the same frame in longitude and latitude, by OSTN15 and so to the millimetre."""

    def move(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(to_longitude_latitude(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(frame.geometry.to_numpy(), move)
    return frame.set_geometry(moved, crs="EPSG:4326")


def _write_workbook(tasks: pd.DataFrame, path: Path, analysis: Analysis, marking: Marking) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 (only for writing)
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    sheet = book.create_sheet("tasks", 0)
    del book["Sheet"]
    banner = f"{marking.upper()}: tasks from {_data_in_words(analysis)}"
    if analysis.is_simulated:
        banner = f"SIMULATED DATA. {banner}"
    # What a briefing reads stands first; the identifiers stand last.
    identifiers = ["task_id", "hotspot_id"]
    table = tasks.reset_index()
    table = table[[name for name in table.columns if name not in identifiers] + identifiers]
    sheet.append([banner])
    sheet.append(list(table.columns))
    for row in table.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    header = 2
    for cell in (*sheet[1], *sheet[header]):
        cell.font = Font(bold=True)
    for number, column in enumerate(table.columns, start=1):
        longest = max([len(str(column)), *(len(str(value)) for value in table[column])])
        width = min(longest + 2, _WIDEST_COLUMN)
        sheet.column_dimensions[get_column_letter(number)].width = width
    for cells in sheet.iter_rows(min_row=header):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # A text from the data that begins like a formula must stay text.
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.freeze_panes = "A3"
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(table.columns))}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{header}"
    book.save(path)


def _cell(value: Any) -> object:  # noqa: ANN401 (any value of a table)
    """Give a value as a sheet can hold it: rounded, without control characters."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    if isinstance(value, str):
        return ILLEGAL_CHARACTERS_RE.sub("", value)
    if pd.isna(value):
        return None
    return round(value, 2) if isinstance(value, float) else value


def make_manifest(analysis: Analysis, marking: Marking = "restricted") -> dict[str, Any]:
    """Say how an analysis was made: inputs, settings, versions, method, where every row went.

    Parameters
    ----------
    analysis : Analysis
        The finished analysis.
    marking : {"restricted", "partner"}
        Who may receive the folder.

    Returns
    -------
    dict
        Plain values, for JSON.
    """
    account = analysis.account
    rows: dict[str, Any] = {"read": sum(analysis.walk.values())}
    inputs: list[dict[Any, Any]] = []
    notes: list[str] = []
    if account is not None:
        inputs = account.files.to_dict("records")
        notes = list(account.notes)
        rows = {
            "read": account.n_rows,
            "accepted": account.n_accepted,
            "out_of_scope": account.by_reason("out_of_scope"),
            "rejected": account.by_reason("rejected"),
        }
    return {
        "format": _FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "marking": marking,
        "is_simulated": analysis.is_simulated,
        "tier": analysis.tier,
        "noun": analysis.noun,
        "period": {
            "start": analysis.counts.start.isoformat(),
            "end": analysis.counts.end.isoformat(),
            "weeks": analysis.counts.weeks,
            "recent_weeks": analysis.record.recent_weeks,
        },
        "inputs": inputs,
        "rows": rows,
        "accepted_rows": analysis.walk,
        "incidents_counted": analysis.counts.total,
        "episodes": analysis.n_episodes,
        "areas": analysis.areas["name"].to_dict(),
        "hotspots": len(analysis.hotspots),
        "tasks": len(analysis.tasks),
        "clusters": len(analysis.clusters),
        "short_lists": analysis.found.short["reason"].to_dict(),
        "judgements": _judgements(analysis, marking),
        "busiest_hours": {
            str(area_id): [int(number) for number in row]
            for area_id, *row in analysis.record.busiest_hours.itertuples()
        },
        "harm": {
            "weights": _weights(analysis, marking),
            "half_life_weeks": analysis.scores.half_life,
            "sensitivity": analysis.sensitivity.summary,
        },
        "forecast": _forecast(analysis),
        "high_risk_victims": len(analysis.victims.table) if marking == "restricted" else None,
        "previous": _previous(analysis),
        "since_last_list": list(analysis.review.words) if analysis.review is not None else [],
        "left_out": list(analysis.remarks(marking)),
        "notes": notes,
        "min_incidents": analysis.min_incidents.to_dict(),
        "method": _METHOD,
        "settings": analysis.settings.to_dict(),
        "versions": {
            "hotspots": metadata.version("asb-hotspots"),
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def _weights(analysis: Analysis, marking: Marking) -> dict[str, Any]:
    """Give the harm weights; who decided them is for the restricted edition alone."""
    weights = analysis.scores.weights.to_dict()
    return weights if marking == "restricted" else {**weights, "source": ""}


def _forecast(analysis: Analysis) -> dict[str, Any] | None:
    """Say which month was forecast, and how."""
    coming = analysis.forecast
    if coming is None:
        return None
    return {
        "start": coming.start.isoformat(),
        "end": coming.end.isoformat(),
        "method": coming.method,
        "level": coming.level,
        "tuned": dict(coming.tuned),
    }


def _judgements(analysis: Analysis, marking: Marking) -> list[dict[str, Any]]:
    """Give every judgement and its outcome, as far as the marking may carry them."""
    carried = JUDGEMENTS.for_audience(analysis.judgements, marking).drop(columns="geometry")
    plain = pd.DataFrame(carried).astype(object).where(carried.notna(), None).reset_index()
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def _previous(analysis: Analysis) -> dict[str, str] | None:
    """Say which list the analysis was compared with."""
    if analysis.review is None:
        return None
    last = analysis.review.last
    return {
        "made_at": last.made_at,
        "start": last.start.isoformat(),
        "end": last.end.isoformat(),
    }


def _plain(value: object) -> object:
    """Turn numpy numbers into Python's for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    msg = f"Cannot write {type(value).__name__} to JSON"
    raise TypeError(msg)


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
    manifest = _manifest_of(folder)
    if manifest is None:
        msg = (
            f"Cannot use '{folder}' as the last list: it holds no {MANIFEST} of an analysis. Must "
            "be the folder that 'hotspots analyse … --out FOLDER' or Analysis.save wrote."
        )
        raise InputError(msg)
    hotspots = _read_table(folder, "hotspots.parquet", manifest)
    is_whole = PLACES_FILE in manifest["files"]
    places = _read_table(folder, PLACES_FILE, manifest) if is_whole else None
    judgements = _read_table(folder, _PACKAGE, manifest) if is_whole else None
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
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = (
            f"Cannot use '{folder}' as the last list: its {MANIFEST} is of another version of the "
            "package, or was changed. Run the last period again with this version."
        )
        raise InputError(msg) from error


def _moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_convert(TIMEZONE)


def _read_table(folder: Path, name: str, manifest: dict[str, Any]) -> Any:  # noqa: ANN401
    """Read one table of an earlier run, as it was written."""
    import geopandas as gpd  # noqa: PLC0415 (only for reading)

    path = folder / name
    try:
        is_same = _checksum(path) == manifest["files"].get(name)
    except OSError as error:
        msg = f"Cannot read '{path}' of the last list: {error.strerror}. Give the whole folder."
        raise InputError(msg) from error
    if not is_same:
        msg = (
            f"Cannot use '{path}' of the last list: it was changed since it was written. Must be "
            "as the run left it. Give an unchanged copy."
        )
        raise InputError(msg)
    if name == _PACKAGE:
        return gpd.read_file(path, layer="judgements", engine="pyogrio")
    return gpd.read_parquet(path) if name == "hotspots.parquet" else pd.read_parquet(path)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write into that takes its place only when everything is written.

    Parameters
    ----------
    folder : Path
        Where it shall be. If it exists it must be empty, or hold an analysis and nothing else,
        as it was written: work that somebody added or filled in is never replaced.

    Yields
    ------
    Path
        The folder to write into.

    Raises
    ------
    OutputError
        If the place is taken by something else or cannot be written.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 (resolve would follow a link)
    check_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        msg = f"Cannot write to '{folder.parent}': {error.strerror}. Give another with --out."
        raise OutputError(msg) from error
    try:
        yield work
        work.chmod(0o777 & ~_umask())
        _put_in_place(work, folder)
    except (OSError, RuntimeError) as error:  # GDAL reports a full disk as a RuntimeError
        reason = getattr(error, "strerror", None) or error
        msg = f"Cannot write '{folder}': {reason}. Nothing was changed."
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _umask() -> int:
    """Give the user's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _put_in_place(work: Path, folder: Path) -> None:
    """Replace a folder by another; if that fails, the old one is back in its place."""
    if not folder.exists():
        os.replace(work, folder)  # noqa: PTH105
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    try:
        os.replace(folder, old / folder.name)  # noqa: PTH105
        try:
            os.replace(work, folder)  # noqa: PTH105
        except BaseException:  # Ctrl-C, too
            os.replace(old / folder.name, folder)  # noqa: PTH105
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Raise `OutputError` if a folder holds anything but an analysis as it was written."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    files = _files_of_manifest(folder)
    if files is None:
        msg = (
            f"Cannot write to '{folder}': it exists and was not made by an analysis. Must be a new "
            "or empty folder, or one to replace. Give another with --out."
        )
        raise OutputError(msg)
    changed = [
        path.name
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST and (not path.is_file() or files.get(path.name) != _checksum(path))
    ]
    if changed:
        msg = (
            f"Cannot replace '{folder}': these were added or changed since the analysis: "
            f"{', '.join(changed[:_SHOWN])}{', …' if len(changed) > _SHOWN else ''}. Must be a "
            "folder as it was written. Move them away, or give another folder with --out."
        )
        raise OutputError(msg)


def _files_of_manifest(folder: Path) -> dict[str, str] | None:
    """Give the files that an analysis wrote, with their checksums; None if it was none."""
    manifest = _manifest_of(folder)
    return None if manifest is None else manifest["files"]


def _manifest_of(folder: Path) -> dict[str, Any] | None:
    """Read the manifest that an analysis wrote; None if it was none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        return None
    return manifest if isinstance(manifest.get("files"), dict) else None
