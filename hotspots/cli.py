"""The command `hotspots`: the main job, a look at a file, and the demonstration.

Exit codes: 0 done; 2 the command was typed wrongly; 3 the input cannot be used; 4 the result
cannot be written; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import logging
import re
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import markup
from rich.console import Console
from rich.table import Table

from hotspots.errors import HotspotsError, InputError, OutputError
from hotspots.progress import track
from hotspots.words import count

if TYPE_CHECKING:
    from hotspots.analysis import Analysis
    from hotspots.incidents import Account, Dataset
    from hotspots.incidents.suggesting import Suggestion
    from hotspots.planning import Planning
    from hotspots.settings import Settings
    from hotspots.tables import Marking

BAD_INPUT = 3
BAD_OUTPUT = 4
STOPPED = 130
_STOPPED_IN_WORDS = "Stopped. Nothing is half written: a file is there whole, or as it was before."
_SHOWN = 5
_TEN = 10
_THOROUGH = 999
_STREAMED = 500_000_000
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_DEMO_SEED = 20250101
_DEMO_YEAR = 2025

app = typer.Typer(
    help="Find where and when anti-social behaviour concentrates, and turn it into tasks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Files = Annotated[
    list[str],
    typer.Argument(
        help="Files (CSV, Excel, Parquet, GeoPackage, GeoJSON, shapefile), folders or zips; or one "
        "database URL with --query.",
        show_default=False,
    ),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="Mapping file, such as 'hotspots check FILE --suggest' writes."),
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", help="Coordinate system of the coordinates, such as EPSG:3857."),
]
DateOrder = Annotated[
    str | None,
    typer.Option("--date-order", help="day-first or month-first, if the dates do not show it."),
]
Layer = Annotated[
    str | None,
    typer.Option("--layer", help="Layer of a GeoPackage, or sheet of a workbook."),
]
Query = Annotated[
    str | None,
    typer.Option("--query", help="SELECT statement, or name of a table, for a database URL."),
]
Out = Annotated[
    Path, typer.Option("--out", help="Folder to make; an earlier analysis there is replaced.")
]
Layout = Annotated[
    str,
    typer.Option(
        "--layout",
        help="police_uk, met_asb, cad, cells, stop_and_search, stats19, or own for only the "
        "columns that --column or --mapping names; recognised by itself.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help='Which column plays which part, such as --column "start=Call Time"; may be repeated.',
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="TOML file that overrides some settings."),
]
Teams = Annotated[
    Path | None,
    typer.Option(
        "--teams",
        help="File of teams (TOML, CSV, Excel): posts, vacancies, tours. By default one team is "
        "assumed for each area.",
    ),
]
TeamAreas = Annotated[
    Path | None,
    typer.Option("--team-areas", help="File of polygons that the teams name."),
]
Absences = Annotated[
    Path | None,
    typer.Option("--absences", help="CSV file of who is away, and when."),
]
Fixed = Annotated[
    Path | None,
    typer.Option("--fixed", help="CSV file of what is decided already: events, running plans."),
]
Tactics = Annotated[
    Path | None,
    typer.Option("--tactics", help="TOML file of options to consider, and powers."),
]
Results = Annotated[
    list[Path] | None,
    typer.Option(
        "--results",
        help="tasks.xlsx or visits.csv of an earlier plan, filled in, in its folder; or positions "
        "of radios (device, time, easting, northing) there. May be repeated.",
    ),
]
Trial = Annotated[
    Path | None,
    typer.Option("--experiment", help="Folder of a trial that is on, which the plan has to keep."),
]
PlanFrom = Annotated[
    str | None,
    typer.Option(
        "--plan-from",
        help="First day of the plan, 2026-06-01; by default the first Monday after the data.",
    ),
]
Audience = Annotated[
    str, typer.Option("--marking", help="Who may receive it: restricted or partner.")
]
Progress = Annotated[
    bool | None,
    typer.Option("--progress/--no-progress", help="Show progress; by default on a terminal."),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Say every choice that is made.")]


@app.command()
def demo(
    out: Out = Path("asb-demo"),
    rows: Annotated[int, typer.Option("--rows", help="Simulated incidents.", min=1)] = 300_000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulated year.")] = _DEMO_SEED,
    *,
    progress: Progress = None,
    verbose: Verbose = False,
) -> None:
    """Run the main job on a simulated London year."""
    from hotspots.analysis import analyse  # noqa: PLC0415 (slow to import)
    from hotspots.products import check_folder  # noqa: PLC0415
    from hotspots.simulate import simulate_incidents  # noqa: PLC0415

    _log(verbose=verbose)
    console = Console()
    console.print(f"Simulating {rows:,} incidents of a London year (nothing here is real) …")
    check_folder(out)
    with track(1, show=progress) as begin:
        begin("Simulating")
        incidents = simulate_incidents(rows, year=_DEMO_YEAR, rng=seed).incidents
    _finish(console, analyse(incidents, progress=progress), out, progress=progress)


@app.command()
def analyse(
    files: Files,
    out: Out,
    borough: Annotated[
        list[str] | None,
        typer.Option("--borough", help="Name of a borough; may be repeated. All 32 by default."),
    ] = None,
    areas: Annotated[
        Path | None,
        typer.Option("--areas", help="File of polygons that get a list each, such as wards."),
    ] = None,
    areas_layer: Annotated[
        str | None,
        typer.Option("--areas-layer", help="Layer of --areas, if several hold polygons."),
    ] = None,
    settings: SettingsFile = None,
    weights: Annotated[
        Path | None,
        typer.Option("--weights", help="TOML file of what a report weighs: the list ranks by it."),
    ] = None,
    judgements: Annotated[
        Path | None,
        typer.Option(
            "--judgements",
            help="TOML or CSV file that excludes, pins, merges, splits or renames hotspots.",
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            help="Folder of the last run: says what has changed, and how that list did.",
        ),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option("--card", help="TOML file with the organisation's answers to the model card."),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            "--groups", help="File of small areas with residents, deciles: how the list spreads."
        ),
    ] = None,
    teams: Teams = None,
    team_areas: TeamAreas = None,
    absences: Absences = None,
    fixed: Fixed = None,
    tactics: Tactics = None,
    results: Results = None,
    experiment: Trial = None,
    plan_from: PlanFrom = None,
    layout: Layout = "auto",
    column: Columns = None,
    mapping: MappingFile = None,
    crs: Crs = None,
    date_order: DateOrder = None,
    layer: Layer = None,
    query: Query = None,
    marking: Audience = "restricted",
    *,
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Read in chunks, twice, for more than fits in memory; by default from 500 MB on.",
        ),
    ] = None,
    victims: Annotated[
        bool,
        typer.Option("--victims", help="Also write victims.csv: people who may need a call."),
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", help="Address of a Dask scheduler whose workers do the reading."),
    ] = None,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Scan with 999 replicates instead of 39: takes minutes."),
    ] = False,
    progress: Progress = None,
    verbose: Verbose = False,
) -> None:
    """Find hotspots in FILES, and write the map, the lists and the manifest to a folder."""
    from hotspots.analysis import analyse as run  # noqa: PLC0415 (slow to import)
    from hotspots.analysis import name_boroughs  # noqa: PLC0415
    from hotspots.areas import read_areas  # noqa: PLC0415
    from hotspots.incidents import open_incidents, read_dataset  # noqa: PLC0415
    from hotspots.model_card import read_card_answers  # noqa: PLC0415
    from hotspots.products import (  # noqa: PLC0415
        check_folder,
        check_product_marking,
        check_victims,
        read_record,
    )
    from hotspots.risk import as_judgements, as_weights  # noqa: PLC0415
    from hotspots.risk.low_reporting import check_groups  # noqa: PLC0415

    _log(verbose=verbose)
    check_product_marking(marking)
    check_victims(victims, marking)
    check_folder(out)
    if borough:
        name_boroughs(borough)  # a misspelt one is said before the files are read
    if areas_layer is not None and areas is None:
        msg = f"Invalid --areas-layer '{areas_layer}'. Must be given together with --areas."
        raise InputError(msg)
    # What is wrong with the last list is said before the files are read.
    last = None if previous is None else read_record(previous)
    chosen = _settings(settings)
    if thorough:
        n_permutations = max(_THOROUGH, chosen.scan.n_permutations)
        chosen = replace(chosen, scan=replace(chosen.scan, n_permutations=n_permutations))
    # What is wrong with them is said before the files are read.
    decided = as_judgements(judgements)
    weighed = as_weights(weights)
    planning, planned_with = _planning(
        plan_from,
        results or [],
        experiment,
        teams=teams,
        team_areas=team_areas,
        absences=absences,
        fixed=fixed,
        tactics=tactics,
    )
    answers = read_card_answers(card) if card is not None else None
    small_areas = read_areas(groups) if groups is not None else None
    if small_areas is not None:
        check_groups(small_areas)
    own_areas = read_areas(areas, layer=areas_layer) if areas is not None else None
    console = Console()
    dataset = open_incidents(
        _source(files),
        layout=layout,
        columns=_columns(column),
        mapping=mapping,
        crs=crs,
        date_order=date_order,
        layer=layer,
        query=query,
    )
    in_chunks = stream if stream is not None else cluster is not None or _size(dataset) > _STREAMED
    reading = dataset if in_chunks else read_dataset(dataset, progress=progress)
    if not in_chunks:
        _show_account(console, reading)  # type: ignore[arg-type]
    analysis = run(
        reading,
        boroughs=borough,
        areas=own_areas,
        settings=chosen,
        weights=weighed,
        judgements=decided,
        previous=last,
        planning=planning,
        client=cluster,
        progress=progress,
    )
    if in_chunks and analysis.account is not None:
        _show_account(console, analysis.account)
    files_beside = {
        "areas": areas,
        "settings": settings,
        "weights": weights,
        "judgements": judgements,
        "mapping": mapping,
        "card": card,
        "groups": groups,
    }
    beside = {what: path for what, path in files_beside.items() if path is not None}
    _finish(
        console,
        analysis,
        out,
        marking=marking,  # type: ignore[arg-type]
        progress=progress,
        beside=beside | planned_with,
        card=answers,
        groups=small_areas,
        victims=victims,
    )


@app.command()
def tasks(
    folder: Annotated[
        Path, typer.Argument(help="Folder that 'hotspots analyse' wrote.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to make for the plan.")],
    teams: Teams = None,
    team_areas: TeamAreas = None,
    absences: Absences = None,
    fixed: Fixed = None,
    tactics: Tactics = None,
    results: Results = None,
    experiment: Trial = None,
    plan_from: PlanFrom = None,
    settings: SettingsFile = None,
    marking: Audience = "restricted",
    *,
    verbose: Verbose = False,
) -> None:
    """Plan the visits of a saved analysis anew, such as with other officers."""
    from hotspots.products import (  # noqa: PLC0415 (slow to import)
        MANIFEST,
        PLAN,
        check_folder,
        check_product_marking,
        replan,
        save_plan,
    )

    _log(verbose=verbose)
    check_product_marking(marking)
    check_folder(out, PLAN)
    planning, planned_with = _planning(
        plan_from,
        results or [],
        experiment,
        teams=teams,
        team_areas=team_areas,
        absences=absences,
        fixed=fixed,
        tactics=tactics,
    )
    chosen = None if settings is None else _settings(settings).tasks
    plan = replan(folder, planning, settings=chosen)
    beside = {**planned_with, "analysis": folder / MANIFEST}
    if settings is not None:
        beside["settings"] = settings
    save_plan(plan, out, marking=marking, beside=beside)  # type: ignore[arg-type]
    console = Console()
    remarks = plan.remarks if marking == "partner" else (*plan.remarks, *plan.remarks_restricted)
    for sentence in remarks:
        console.print(f"  {escape(sentence)}", highlight=False)
    console.print(f"{escape(plan.summary[0].upper() + plan.summary[1:])}.", highlight=False)
    console.print(f"Open {escape(str(out / 'tasks.xlsx'))}", highlight=False, soft_wrap=True)


def _planning(
    start: str | None, results: list[Path], experiment: Path | None, **files: Path | None
) -> tuple[Planning, dict[str, Path]]:
    """Read what a plan is made with, and give the files that there are."""
    from hotspots.planning import Planning  # noqa: PLC0415 (slow to import)
    from hotspots.products import MANIFEST, read_experiment, read_task_results  # noqa: PLC0415

    given = {what: path for what, path in files.items() if path is not None}
    read = [read_task_results(path, tactics=files["tactics"]) for path in results]
    trial = None if experiment is None else read_experiment(experiment)
    planning = Planning(start=start, results=read or None, experiment=trial, **given)  # type: ignore[arg-type]
    if experiment is not None:
        given["experiment"] = experiment / MANIFEST
    named = {f"results {number}": path for number, path in enumerate(results, start=1)}
    return planning, given | named


def _settings(path: Path | None) -> Settings:
    from hotspots.settings import Settings  # noqa: PLC0415

    return Settings.from_toml(path) if path is not None else Settings()


@app.command()
def check(
    files: Files,
    layout: Layout = "auto",
    column: Columns = None,
    mapping: MappingFile = None,
    crs: Crs = None,
    date_order: DateOrder = None,
    layer: Layer = None,
    query: Query = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where --suggest writes; NAME.mapping.toml here by default."),
    ] = None,
    rejected: Annotated[
        Path | None,
        typer.Option("--rejected", help="New CSV file to write with the rejected rows."),
    ] = None,
    *,
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest", help="Write a mapping file for an unknown table, and show ten rows read."
        ),
    ] = False,
    progress: Progress = None,
    verbose: Verbose = False,
) -> None:
    """Report on FILES without analysing them: what would be read, and what would not."""
    from hotspots.incidents import (  # noqa: PLC0415 (slow to import)
        MILLIONTHS,
        open_incidents,
        overview,
    )
    from hotspots.incidents.overview import joined  # noqa: PLC0415

    _log(verbose=verbose)
    if rejected is not None and rejected.exists():
        msg = (
            f"Cannot write '{rejected}': it is there already. Must be a new file. Delete or rename "
            "it first, or name another with --rejected."
        )
        raise OutputError(msg)
    console = Console()
    dataset = open_incidents(
        _source(files),
        layout=layout,
        columns=_columns(column),
        mapping=mapping,
        crs=crs,
        date_order=date_order,
        layer=layer,
        query=query,
    )
    if suggest:
        dataset = _suggest(console, dataset, out)
    elif out is not None:
        msg = f"Invalid --out '{out}'. Must be given together with --suggest."
        raise InputError(msg)
    parts, account = dataset.run(overview, progress=progress)
    _show_account(console, account)
    if rejected is not None:
        _write_rejected(account, rejected)
    if account.n_accepted == 0:
        console.print("[bold]No row can be used.[/]")
        raise typer.Exit(BAD_INPUT)
    seen = joined(parts)
    table = Table(show_header=False, box=None)
    table.add_row("Period", seen.period)
    known = ", ".join(f"{name} {n:,}" for name, n in seen.precision.most_common() if n)
    table.add_row("Tier", f"{seen.tier} (times known to: {known})")
    table.add_row("Incidents (weights)", f"{seen.incidents():,.0f}")
    for mix, title in ((seen.types, "Types"), (seen.headings, "Headings")):
        words = ", ".join(f"{value} {n:,}" for value, n in mix.most_common(_SHOWN))
        table.add_row(title, escape(words) or "not in the file")
    inside = {name: n / MILLIONTHS for name, n in seen.boroughs.most_common()}
    table.add_row("In the 32 boroughs", f"{sum(inside.values()):,.0f} of {seen.incidents():,.0f}")
    if seen.hint:
        console.print(f"  {seen.hint}", highlight=False)
    busiest = ", ".join(f"{name} {n:,.0f}" for name, n in list(inside.items())[:_SHOWN])
    table.add_row("Busiest boroughs", busiest or "none")
    console.print(table)


def _write_rejected(account: Account, path: Path) -> None:
    from hotspots.writing import as_csv, write_whole  # noqa: PLC0415 (slow to import)

    write_whole(as_csv(account.rejected, index=False), path, "Name another file.")


def _suggest(console: Console, dataset: Dataset, out: Path | None) -> Dataset:
    """Write a mapping file for the first source, and show how its first rows are read with it."""
    from hotspots.incidents.suggesting import first_rows, suggest_dataset  # noqa: PLC0415 (slow)

    suggestion, dataset = suggest_dataset(dataset)
    stem = Path(suggestion.file).name.split(".")[0]
    path = out if out is not None else Path(f"{stem}.mapping.toml")
    try:
        rows = first_rows(dataset, _TEN)
    except InputError:
        # A file that cannot be used would only be in the way of the next try.
        _show_suggestion(console, suggestion, "Wrote nothing, as this is not enough:")
        raise
    suggestion.save(path)
    _show_suggestion(console, suggestion, f"Wrote {path}:")
    table = Table(title="The first ten rows, as they are read")
    for column in rows.columns:
        table.add_column(str(column))
    for row in rows.itertuples(index=False):
        table.add_row(*(escape(str(value)) for value in row))
    console.print(table)
    return dataset


def _show_suggestion(console: Console, suggestion: Suggestion, said: str) -> None:
    console.print(escape(said), highlight=False, soft_wrap=True)
    console.print(escape(suggestion.to_toml()), highlight=False, soft_wrap=True)
    for question in suggestion.unresolved:
        console.print(f"  [bold]Question:[/] {escape(question)}", highlight=False)


def _show_account(console: Console, account: Account) -> None:
    from hotspots.incidents.account import MOST_LISTED  # noqa: PLC0415 (slow to import)

    table = Table(title=f"{account.n_rows:,} rows read")
    for column, justify in (("file", "left"), ("layout", "left")):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for column in ("rows", "accepted", "out of scope", "rejected"):
        table.add_column(column, justify="right")
    for _, row in account.files.iterrows():
        figures = [f"{row[name]:,}" for name in ("rows", "accepted", "out_of_scope", "rejected")]
        table.add_row(escape(str(row["file"])), row["layout"], *figures)
    console.print(table)
    left_out = account.summary[account.summary["outcome"] != "accepted"]
    for _, row in left_out.iterrows():
        meaning = _meaning(row["reason"])
        outcome = row["outcome"].replace("_", " ")
        console.print(f"  {outcome}: {row['rows']:,} {row['reason']} ({meaning})")
    first = account.rejected.head(5)
    for _, row in first.iterrows():
        where = f"{row['file']}, line {row['line']}: {row['reason']} {row['detail']}"
        console.print(f"    {escape(where)}", highlight=False)
    if account.n_rejected > len(first):
        more = account.n_rejected - len(first)
        is_all = len(account.rejected) == account.n_rejected
        where = "" if is_all else f", the first {MOST_LISTED:,} of each reason"
        console.print(f"    … and {more:,} more: --rejected FILE writes them{where}")
    for note in account.notes:
        console.print(f"  {escape(note)}", highlight=False)


def _meaning(reason: str) -> str:
    from hotspots.incidents import REASONS, SCOPE_REASONS  # noqa: PLC0415

    return (REASONS | SCOPE_REASONS).get(reason, reason)


def _finish(
    console: Console,
    analysis: Analysis,
    out: Path,
    *,
    marking: Marking = "restricted",
    progress: bool | None = None,
    **products: Any,  # noqa: ANN401 (of Analysis.save)
) -> None:
    from hotspots.products import about_victims, short_lists  # noqa: PLC0415 (slow to import)

    with track(1, show=progress) as begin:
        begin("Writing the folder")
        folder = analysis.save(out, marking=marking, **products)
    for sentence in [*about_victims(analysis, marking), *analysis.remarks(marking)]:
        console.print(f"  {escape(sentence)}", highlight=False)
    for sentence in analysis.review.words if analysis.review is not None else ():
        console.print(f"  {escape(sentence)}", highlight=False)
    short = short_lists(analysis)
    for sentence in short[:_SHOWN]:
        console.print(f"  {escape(sentence)}", highlight=False)
    if len(short) > _SHOWN:
        console.print(f"  … and {len(short) - _SHOWN:,} more such areas, in the notes of the map")
    console.print(
        f"{count(len(analysis.hotspots), 'hotspot')} and {count(len(analysis.tasks), 'task')} "
        f"from {analysis.n_incidents:,.0f} {analysis.noun} in "
        f"{count(len(analysis.areas), 'area')}."
    )
    console.print(f"Open {escape(str(folder / 'index.html'))}", highlight=False, soft_wrap=True)


def escape(text: str) -> str:
    """Make a text from data harmless: markup and control characters are shown, not obeyed."""
    return markup.escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def _source(files: list[str]) -> str | list[str]:
    """Give the one database URL, or the paths."""
    from hotspots.sources import is_database_url  # noqa: PLC0415 (slow to import)

    urls = [text for text in files if is_database_url(text)]
    if urls and len(files) > 1:
        msg = f"{len(files)} sources with a database URL among them. Must be one URL alone."
        raise InputError(msg)
    return files[0] if urls else files


def _size(dataset: Dataset) -> int:
    """Give the size of the dataset's files, bytes."""
    paths = {getattr(source, "path", None) for source in dataset.sources}
    return sum(path.stat().st_size for path in paths if path is not None)


def _columns(pairs: list[str] | None) -> dict[str, str] | None:
    """Read "part=column" as typed."""
    from hotspots.incidents.layouts import PARTS  # noqa: PLC0415 (slow to import)

    if not pairs:
        return None
    columns = {}
    for pair in pairs:
        part, sign, column = pair.partition("=")
        if not sign:
            msg = f"Invalid --column '{pair}'. Must be PART=COLUMN, such as \"start=Call Time\"."
            raise InputError(msg)
        part, column = part.strip(), column.strip()
        if column in PARTS and part not in PARTS:
            msg = (
                f"Invalid --column '{pair}'. Must be PART=COLUMN, the part first. Type --column "
                f'"{column}={part}".'
            )
            raise InputError(msg)
        columns[part] = column
    return columns


def _show_version(*, wanted: bool) -> None:
    if wanted:
        Console().print(f"hotspots {metadata.version('asb-hotspots')}", highlight=False)
        raise typer.Exit


@app.callback()
def _every_command(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Say the version.",
            callback=lambda on: _show_version(wanted=on),
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Find where and when anti-social behaviour concentrates, and turn it into tasks."""


def _log(*, verbose: bool) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", force=True)


def main() -> None:
    """Run the command and turn the package's errors into messages and exit codes."""
    try:
        app()
    except SystemExit as end:
        if end.code == STOPPED:  # typer has taken the interrupt, and says nothing
            Console(stderr=True).print(_STOPPED_IN_WORDS)
        raise
    except OutputError as error:
        sys.exit(_fail(error, BAD_OUTPUT))
    except HotspotsError as error:
        sys.exit(_fail(error, BAD_INPUT))


def _fail(error: HotspotsError, code: int) -> int:
    Console(stderr=True).print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False)
    return code


if __name__ == "__main__":
    main()
