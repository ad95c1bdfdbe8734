"""A plan that is made anew from a saved analysis, and its folder."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.planning import Planning, plan_tasks
from hotspots.products.audience import check_product_marking
from hotspots.products.folder import PLAN, files_in_words, whole_folder, write_manifest
from hotspots.products.plan_files import plan_facts, write_plan
from hotspots.products.saved import read_ground

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from hotspots.settings import TaskSettings
    from hotspots.tables import Marking
    from hotspots.tasking import TaskPlan


def replan(
    folder: str | os.PathLike[str],
    planning: Planning | None = None,
    *,
    settings: TaskSettings | None = None,
) -> TaskPlan:
    """Plan the visits of a saved analysis anew, without analysing again.

    Parameters
    ----------
    folder : path
        What `Analysis.save` or the command line wrote, restricted, as it was written.
    planning : Planning, optional
        Who is there, from when on, and what is decided already; by default the same assumed team
        for each area.
    settings : TaskSettings, optional
        What a visit is; by default as in the analysis.

    Returns
    -------
    TaskPlan
        The same as that of the analysis if nothing has changed.

    Raises
    ------
    InputError
        If the folder cannot be used, or the plan cannot be made; see `recommend_tasks`.

    Examples
    --------
    >>> import tempfile
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> run = hs.analyse(calls, boroughs=["Camden"], progress=False)
    >>> team = hs.Team("Camden", posts={"pc": 12})
    >>> with tempfile.TemporaryDirectory() as home:
    ...     saved = run.save(home)
    ...     hs.replan(saved, hs.Planning(teams=[team]))
    <TaskPlan: ... visits in ... tasks, 5 January 2026 to 18 January 2026; ...>
    """
    ground, chosen = read_ground(folder)
    return plan_tasks(ground, planning, settings=settings or chosen.tasks)


def save_plan(
    plan: TaskPlan,
    folder: str | os.PathLike[str],
    *,
    marking: Marking = "restricted",
    beside: Mapping[str, Path] | None = None,
) -> Path:
    """Write a plan to a folder of its own, whole or not at all.

    Parameters
    ----------
    plan : TaskPlan
        What `replan` or `recommend_tasks` gave.
    folder : path
        Is made; a folder that an earlier plan made is replaced, any other refused.
    marking : {"restricted", "partner"}
        Who may receive it; columns for narrower audiences are left out.
    beside : mapping of str to Path, optional
        Input files, such as that of the teams, whose checksums the manifest shall record.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder cannot be written, or holds something else.
    InputError
        If the marking is not known, or "public".
    """
    check_product_marking(marking)
    with whole_folder(Path(folder), PLAN) as target:
        write_plan(plan, target, marking)
        manifest = {
            "format": PLAN,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "marking": marking,
            "plan": plan_facts(plan, marking),
            "settings": asdict(plan.problem.settings),
            "beside": files_in_words(beside),
            "versions": {"hotspots": metadata.version("asb-hotspots")},
        }
        write_manifest(manifest, target)
    return Path(folder)
