"""A trial on paper, before it begins: who is visited, who is left alone, what it can detect."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.errors import InputError, OutputError, invalid
from hotspots.products.folder import (
    EXPERIMENT,
    MANIFEST,
    checksum,
    manifest_of,
    whole_folder,
    write_manifest,
)
from hotspots.tables import ALLOCATION
from hotspots.tasking import Experiment
from hotspots.words import days, percent
from hotspots.writing import write_csv

if TYPE_CHECKING:
    import os

_ALLOCATION_FILE = "allocation.csv"
_HISTORY_FILE = "history.parquet"
_LEFT_OUT_FILE = "left_out.csv"


def save_experiment(experiment: Experiment, folder: str | os.PathLike[str]) -> Path:
    """Write a trial down, before its first visit.

    Parameters
    ----------
    experiment : Experiment
        What `design_experiment` gave.
    folder : path
        Is made, and never replaced: what was drawn stands.

    Returns
    -------
    Path
        The folder: `protocol.md` to read, `allocation.csv`, `left_out.csv`, the history, and a
        manifest with the time and the checksums.

    Raises
    ------
    OutputError
        If the folder exists with anything in it, or cannot be written.
    """
    if not isinstance(experiment, Experiment):
        rule = "what hs.design_experiment gave"  # type: ignore[unreachable]
        raise invalid("experiment", type(experiment).__name__, rule)
    home = Path(folder)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        msg = (
            f"Cannot write to '{folder}': it exists. Must be a new or empty folder: what was drawn "
            "for a trial stands. Give another."
        )
        raise OutputError(msg)
    written = datetime.now(UTC).isoformat(timespec="seconds")
    with whole_folder(home, EXPERIMENT) as target:
        write_csv(
            ALLOCATION.for_audience(experiment.allocation, "partner"), target / _ALLOCATION_FILE
        )
        write_csv(experiment.left_out, target / _LEFT_OUT_FILE)
        history = experiment.history.set_axis(
            [f"{each:%Y-%m-%d}" for each in experiment.history.columns], axis=1
        )
        history.to_parquet(target / _HISTORY_FILE)
        (target / "protocol.md").write_text(_protocol(experiment, written), encoding="utf-8")
        manifest = {
            "format": EXPERIMENT,
            "made_at": written,
            "experiment": {
                "design": experiment.design,
                "start": f"{experiment.start:%Y-%m-%d}",
                "weeks": experiment.weeks,
                "visits_per_week": experiment.visits_per_week,
                "seed": experiment.seed,
                "level": experiment.level,
            },
            "versions": {"hotspots": metadata.version("asb-hotspots")},
        }
        write_manifest(manifest, target)
    return home


def read_experiment(folder: str | os.PathLike[str]) -> Experiment:
    """Read a trial that was written down.

    Parameters
    ----------
    folder : path
        What `save_experiment` wrote, as it was written.

    Returns
    -------
    Experiment

    Raises
    ------
    InputError
        If it is no such folder, or its files were changed.
    """
    home = Path(folder)
    manifest = manifest_of(home, EXPERIMENT)
    if manifest is None:
        msg = (
            f"Cannot read the trial '{folder}': it holds no {MANIFEST} of one. Must be the folder "
            "that hs.save_experiment wrote."
        )
        raise InputError(msg)
    for name in (_ALLOCATION_FILE, _HISTORY_FILE, _LEFT_OUT_FILE):
        path = home / name
        if not path.is_file() or checksum(path) != manifest["files"].get(name):
            msg = (
                f"Cannot use '{path}' of the trial: it was changed since it was written, or is "
                "gone. Must be as it was drawn. Give an unchanged copy."
            )
            raise InputError(msg)
    history = pd.read_parquet(home / _HISTORY_FILE)
    said: dict[str, Any] = manifest["experiment"]
    return Experiment(
        allocation=pd.read_csv(home / _ALLOCATION_FILE, encoding="utf-8-sig", index_col="row"),
        left_out=pd.read_csv(home / _LEFT_OUT_FILE, encoding="utf-8-sig", index_col="hotspot_id"),
        history=history.set_axis(pd.DatetimeIndex(history.columns), axis=1),
        design=said["design"],
        start=pd.Timestamp(said["start"]),
        weeks=int(said["weeks"]),
        visits_per_week=int(said["visits_per_week"]),
        seed=int(said["seed"]),
        level=float(said["level"]),
        written_at=str(manifest["made_at"]),
    )


def _protocol(experiment: Experiment, written: str) -> str:
    """Say in words what is done, what is measured and what can be found."""
    what = {
        "pairs": "Of each pair of hotspots one is visited, and the other left alone, all the time.",
        "weeks": "Of each two weeks each hotspot is visited in one, and left alone in the other.",
        "days": "Of a weekday in two weeks each hotspot is visited on one, and left alone on one.",
    }
    found = experiment.power()
    power = [
        f"| {percent(fall)} | {percent(share)} |"
        for fall, share in zip(found.index.to_list(), found.to_list(), strict=True)
    ]
    alone = experiment.alone()
    n_nothing = int(alone["most"].isna().sum())
    names = dict(experiment.allocation[["hotspot_id", "name"]].to_numpy())
    listed = [
        f"| {names[name]} | {expected:.1f} | {'nothing' if pd.isna(most) else f'{most:.0f}'} |"
        for name, (expected, most) in zip(alone.index, alone.to_numpy(), strict=True)
    ]
    visits = experiment.visits_per_week
    return "\n".join(
        [
            f"# A trial of visits to hotspots, {days(experiment.start, experiment.end)}",
            "",
            f"Written down at {written}, with seed {experiment.seed}. {experiment.summary}",
            "",
            "## What is done",
            "",
            f"{what[experiment.design]} `allocation.csv` says which, as a coin decided it.",
            f"A hotspot gets at least {visits} visits in a week in which it is visited, and none",
            "while it is left alone, but for calls: whoever calls is answered as ever.",
            "",
            "## What is measured",
            "",
            "Reports at the hotspots, at any hour: one side of each pair against the other,",
            "each less what its past would have brought. A one-sided test by all falls of the",
            f"coins, at {percent(experiment.level)}. Nothing else is tested, and the end is fixed.",
            "",
            "## What it can detect",
            "",
            "| if visits lowered reports by | it would be found in |",
            "| --- | --- |",
            *power,
            "",
            "From the borough's own past, as often simulated. The months to come may bring fewer",
            "reports; then less is found.",
            "",
            "## What single hotspots can show",
            "",
            f"{n_nothing} of {len(alone)} can show nothing alone. Beside each is how many reports",
            "are expected in all days of the trial, and with how many at most a fall beyond chance",
            "could be claimed, with one other hotspot to compare.",
            "",
            "| hotspot | expected | at most |",
            "| --- | --- | --- |",
            *listed,
            "",
        ]
    )
