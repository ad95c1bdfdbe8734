"""Progress of long work, shown on a terminal and silent everywhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def track(total: int, *, show: bool | None = None) -> Iterator[Callable[[str], None]]:
    """Show a bar of so many steps; call what it yields with the name of each step as it begins.

    Parameters
    ----------
    total : int
        Number of steps.
    show : bool, optional
        Whether to show it; by default only if the standard error is a terminal.

    Yields
    ------
    callable
        Takes the name of the step that begins.
    """
    from rich.console import Console  # noqa: PLC0415 (only for long work)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    visible = console.is_terminal if show is None else show
    if not visible:
        yield lambda name: None  # noqa: ARG005
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=total)
        started = 0

        def begin(name: str) -> None:
            nonlocal started
            bar.update(task, description=name, completed=started)
            started += 1

        yield begin
        bar.update(task, completed=total)


@contextmanager
def watch(what: str, *, show: bool | None = None) -> Iterator[Callable[[str, int], None]]:
    """Show how many rows have been read; call what it yields with the source and the new rows.

    Parameters
    ----------
    what : str
        The work, such as "Reading".
    show : bool, optional
        Whether to show it; by default only if the standard error is a terminal.

    Yields
    ------
    callable
        Takes the name of the source and the number of rows just read.
    """
    from rich.console import Console  # noqa: PLC0415 (only for long work)
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    console = Console(stderr=True)
    visible = console.is_terminal if show is None else show
    if not visible:
        yield lambda name, rows: None  # noqa: ARG005
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=None)
        total = 0

        def seen(name: str, rows: int) -> None:
            nonlocal total
            total += rows
            bar.update(task, description=f"{what} {name}: {total:,} rows")

        yield seen
