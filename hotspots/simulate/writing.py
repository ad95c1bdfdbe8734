"""Files written whole or not at all, and never over another file."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hotspots.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd


def make_folder(folder: Path) -> bool:
    """Make a folder, and say whether it is new."""
    if folder.is_dir():
        return False
    try:
        folder.mkdir()
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return True


def write_whole(tables: Mapping[Path, pd.DataFrame]) -> None:
    """Write all tables or none: under other names first, then renamed."""
    there = [str(path) for path in tables if path.exists()]
    if there:
        msg = (
            f"Cannot write '{there[0]}'. Must be a new file, so that no real file is replaced by a "
            f"simulated one ({len(there)} of {len(tables)} exist). Choose another name, or delete "
            "the old ones."
        )
        raise OutputError(msg)
    parts = {path: path.with_name(f".{path.name}.part") for path in tables}
    try:
        for path, table in tables.items():
            table.to_csv(parts[path], index=False)
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        for leftover in (*parts.values(), *parts):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
        raise _cannot_write(next(iter(tables)), error) from error


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"Cannot write '{path}': {error.strerror}. Must be a place in an existing folder that you "
        "may write to. Nothing was written."
    )
