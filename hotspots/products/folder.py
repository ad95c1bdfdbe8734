"""A folder of products: written whole or not at all, and never over what somebody added."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hotspots.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST: Final = "manifest.json"
ANALYSIS: Final = "hotspots analysis 1"
"""Format of the folder of an analysis."""
PLAN: Final = "hotspots plan 1"
"""Format of the folder of a plan that was made anew."""

EXPERIMENT: Final = "hotspots experiment 1"
"""Format of the folder of a trial."""

_NAMES: Final = {ANALYSIS: "an analysis", PLAN: "a plan", EXPERIMENT: "a trial"}

_SHOWN: Final = 5


@contextmanager
def whole_folder(folder: Path, kind: str = ANALYSIS) -> Iterator[Path]:
    """Give a folder to write into that takes its place only when everything is written.

    Parameters
    ----------
    folder : Path
        Where it shall be. If it exists it must be empty, or hold products of its kind and nothing
        else, as they were written: work that somebody added or filled in is never replaced.
    kind : str
        Format of its manifest, `ANALYSIS` or `PLAN`.

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
    check_folder(folder, kind)
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


def check_folder(folder: Path, kind: str = ANALYSIS) -> None:
    """Raise `OutputError` if a folder holds anything but products of its kind, as written."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    manifest = manifest_of(folder, kind)
    if manifest is None:
        msg = (
            f"Cannot write to '{folder}': it exists and was not made by {_NAMES[kind]}. Must be a "
            "new or empty folder, or one to replace. Give another with --out."
        )
        raise OutputError(msg)
    changed = [
        path.name
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
        and (not path.is_file() or manifest["files"].get(path.name) != checksum(path))
    ]
    if changed:
        msg = (
            f"Cannot replace '{folder}': these were added or changed since it was written: "
            f"{', '.join(changed[:_SHOWN])}{', …' if len(changed) > _SHOWN else ''}. Must be a "
            "folder as it was written. Move them away, or give another folder with --out."
        )
        raise OutputError(msg)


def manifest_of(folder: Path, kind: str = ANALYSIS) -> dict[str, Any] | None:
    """Read the manifest of a folder; None if it is not of this kind."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != kind:
        return None
    return manifest if isinstance(manifest.get("files"), dict) else None


def write_manifest(manifest: dict[str, Any], target: Path) -> None:
    """Write a manifest, with the checksums of all files that are there."""
    manifest["files"] = {path.name: checksum(path) for path in sorted(target.iterdir())}
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=_plain)
    (target / MANIFEST).write_text(text + "\n", encoding="utf-8")


def files_in_words(files: Mapping[str, Path] | None) -> dict[str, dict[str, str]]:
    """Give names and checksums of further input files, for a manifest."""
    return {
        what: {"file": path.name, "sha256": checksum(path)} for what, path in (files or {}).items()
    }


def _plain(value: object) -> object:
    """Turn numpy numbers into Python's for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    msg = f"Cannot write {type(value).__name__} to JSON"
    raise TypeError(msg)


def checksum(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
