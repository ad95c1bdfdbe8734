"""A dataset: reports in files, folders, a database or memory, read in chunks as they are needed.

Whoever works on a dataset gives a task: something that takes accepted incidents batch by batch and
returns a result. It runs over all batches here, or over the parts of the dataset on the workers of
a Dask cluster; the rows, their outcomes and the results are the same either way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import pandas as pd

from hotspots.errors import InputError, invalid
from hotspots.incidents.account import Ledger
from hotspots.incidents.mapping import Mapping
from hotspots.incidents.rows import decide, judge
from hotspots.progress import watch
from hotspots.sources import (
    FrameSource,
    Source,
    find_sources,
    is_database_url,
    open_chunks,
    query_source,
    sheet_notes,
    split_source,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    import numpy as np

    from hotspots.incidents.account import Account
    from hotspots.incidents.batch import Batch
    from hotspots.incidents.rows import Conventions, Judged
    from hotspots.sources import AnySource, RawChunk


_LOG = logging.getLogger(__name__)

ROWS: Final = 500_000
"""Most rows of a chunk. The first chunk of a source decides how the whole source is read."""

_PART_ROWS: Final = 5_000_000
_GLANCE: Final = 10_000

Result_co = TypeVar("Result_co", covariant=True)


class Task(Protocol[Result_co]):
    """Something to do with accepted incidents; can be sent to another process."""

    def __call__(self, batches: Iterable[Batch]) -> Result_co:
        """Take the batches and give a result."""


@dataclass(frozen=True)
class Dataset:
    """Reports that are read when they are needed; see `open_incidents`.

    Parameters
    ----------
    sources : tuple of Source, QuerySource or FrameSource
        Where the rows are.
    mapping : Mapping
        What is said about their columns and codes.
    notes : tuple of str
        What is not read, in sentences, such as further sheets of a workbook.
    """

    sources: tuple[AnySource, ...]
    mapping: Mapping
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Answer the first question: where the rows are."""
        names = ", ".join(source.name for source in self.sources[:3])
        more = f" and {len(self.sources) - 3} more" if len(self.sources) > 3 else ""  # noqa: PLR2004
        return f"<Dataset: {names}{more}>"

    def run(
        self,
        task: Task[Result_co],
        *,
        client: Any = None,  # noqa: ANN401 (a distributed.Client, which is an extra)
        progress: bool | None = None,
    ) -> tuple[list[Result_co], Account]:
        """Do something with all accepted incidents.

        Parameters
        ----------
        task : callable
            Takes an iterable of `Batch` and gives a result.
        client : str or distributed.Client, optional
            A Dask cluster, or its address; by default this process does the work.
        progress : bool, optional
            Whether to show progress; by default only on a terminal.

        Returns
        -------
        list, Account
            The results, one of each part in the order of the rows (one in all without a
            cluster), and where every row went.
        """
        if client is not None:
            from hotspots.incidents.cluster import run_on_cluster  # noqa: PLC0415 (an extra)

            results, account = run_on_cluster(self, task, client, progress=progress)
            return results, replace(account, notes=(*account.notes, *self.notes))
        ledger = Ledger()
        with watch("Reading", show=progress) as seen:
            result = task(self._batches(ledger, seen))
        account = ledger.close()
        return [result], replace(account, notes=(*account.notes, *self.notes))

    def _batches(self, ledger: Ledger, seen: Any) -> Iterator[Batch]:  # noqa: ANN401
        for source in self.sources:
            for batch, n_rows in read_part(self._part(source), self.mapping, ledger):
                seen(source.name, n_rows)
                yield batch

    def _part(self, source: AnySource) -> Part:
        return Part(source, None, tuple(other for other in self.sources if other is not source))

    def parts(self) -> list[Part]:
        """Divide the dataset for workers: by file, and large Parquet files by row groups."""
        parts: list[Part] = []
        for source in self.sources:
            if isinstance(source, FrameSource):
                msg = (
                    "A table in memory cannot be counted on a cluster. Must be files that every "
                    "worker can read, or a database. Leave out client=."
                )
                raise InputError(msg)
            pieces = split_source(source, rows=_PART_ROWS) if isinstance(source, Source) else []
            if len(pieces) > 1:
                crs, chunks = open_chunks(source, rows=ROWS)
                conventions = _decide(next(chunks), self._part(source), self.mapping, crs)
                parts += [Part(piece, conventions) for piece in pieces]
            else:
                parts.append(self._part(source))
        return parts


@dataclass(frozen=True)
class Part:
    """A part of a dataset, such as one worker reads.

    Parameters
    ----------
    source : Source, QuerySource or FrameSource
        Where its rows are.
    conventions : Conventions, optional
        How the source says things; by default decided on the first rows of the part.
    siblings : tuple of Source, QuerySource or FrameSource
        The other sources of the dataset, one of which may prove the order of its dates.
    """

    source: AnySource
    conventions: Conventions | None = None
    siblings: tuple[AnySource, ...] = ()


def read_part(part: Part, mapping: Mapping, ledger: Ledger) -> Iterator[tuple[Batch, int]]:
    """Read a part chunk by chunk: the accepted rows, and how many were read.

    Parameters
    ----------
    part : Part
        What to read.
    mapping : Mapping
        What is said about columns and codes.
    ledger : Ledger
        Takes down where every row went.

    Yields
    ------
    Batch, int
        One a chunk.
    """
    source, conventions = part.source, part.conventions
    crs, chunks = open_chunks(source, rows=ROWS)
    for chunk in chunks:
        if conventions is None:
            try:
                conventions = _decide(chunk, part, mapping, crs)
            except InputError as error:
                raise _with_sheets(error, source) from error
            _LOG.info(
                "%s: layout '%s', columns %s",
                source.name,
                conventions.layout.name,
                conventions.columns,
            )
        ledger.begin(source.name, conventions)
        judged = judge(chunk, source.name, conventions)
        _refuse_late_proof(source.name, conventions, judged)
        batch = ledger.add(source.name, judged)
        yield batch, chunk.table.num_rows + len(chunk.broken)
    ledger.sign(source.name, source.sha256)


def _decide(chunk: RawChunk, part: Part, mapping: Mapping, crs: object) -> Conventions:
    """Decide how a source says things; where its dates prove no order, by those beside it."""
    name = part.source.name
    conventions = decide(chunk, name, mapping, crs)
    rules = conventions.start.rules
    if rules is None or not rules.is_guess:
        return conventions
    for sibling in part.siblings:
        own, chunks = open_chunks(sibling, rows=_GLANCE)
        first = next(chunks)
        if first.table.column_names != chunk.table.column_names:
            continue
        there = decide(first, sibling.name, mapping, own).start.rules
        if there is not None and not there.is_guess:
            said = mapping.with_options(date_order=there.order)
            conventions = decide(chunk, name, said, crs)
            note = f"the dates are {there.order}, as those of '{sibling.name}' prove"
            return replace(conventions, notes=(note, *conventions.notes))
    return conventions


def _with_sheets(error: InputError, source: AnySource) -> InputError:
    """Add to an error which other sheets of the workbook could have been meant."""
    notes = sheet_notes([source]) if isinstance(source, Source) else ()
    return type(error)(" ".join([str(error), *(f"Note: {note}." for note in notes)]))


def _refuse_late_proof(name: str, conventions: Conventions, judged: Judged) -> None:
    """Stop if later dates disprove an order of day and month that was only assumed."""
    rules = conventions.start.rules
    if rules is None or not rules.is_guess or not judged.n_other_order:
        return
    other = "month-first" if rules.order == "day-first" else "day-first"
    msg = (
        f"The dates of '{name}' prove no order in its first rows, and {judged.n_other_order:,} "
        f"later ones can only be {other}. Must be in one order. Give date_order='{other}' "
        f"(--date-order {other})."
    )
    raise InputError(msg)


def run_part(
    part: Part, mapping: Mapping, task: Task[Result_co], earlier: np.ndarray[Any, Any] | None = None
) -> tuple[Result_co, Ledger]:
    """Do a task on one part, as a worker does.

    Parameters
    ----------
    part : Part
        What to read.
    mapping : Mapping
        What is said about columns and codes.
    task : callable
        Takes an iterable of `Batch`.
    earlier : array of uint64, optional
        Keys of references that earlier parts have used.

    Returns
    -------
    result, Ledger
        The result, and the account of the part.
    """
    ledger = Ledger(earlier)
    result = task(batch for batch, _ in read_part(part, mapping, ledger))
    return result, ledger


def open_incidents(
    source: str | PathLike[str] | pd.DataFrame | Sequence[str | PathLike[str]] | Any,  # noqa: ANN401
    *,
    layout: str = "auto",
    columns: AnyMapping[str, str | Sequence[str]] | None = None,
    mapping: str | PathLike[str] | Mapping | None = None,
    date_order: str | None = None,
    crs: str | int | None = None,
    layer: str | None = None,
    query: str | None = None,
) -> Dataset:
    """Name reports without reading them yet, for work on more than fits in memory.

    Parameters
    ----------
    source : path, sequence of paths, URL, SQLAlchemy engine, DataFrame or GeoDataFrame
        As for `read_incidents`.
    layout, columns, mapping, date_order, crs, layer, query
        As for `read_incidents`.

    Returns
    -------
    Dataset
        To be given to `count_incidents` or `analyse`.

    Raises
    ------
    InputError
        If a file does not exist or is of a kind that is not read, or an option is not known.
    DuplicateInputError
        If two files have the same content.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame(
    ...     {"received": ["2025-03-29 23:10"], "easting": [530000], "northing": [180000]}
    ... )
    >>> open_incidents(calls)
    <Dataset: table>
    """
    said = _mapping(mapping, layout, columns, date_order, crs, layer)
    sources = tuple(_sources(source, said.layer, query))
    files = [source for source in sources if isinstance(source, Source)]
    return Dataset(sources, said, sheet_notes(files))


def _mapping(
    mapping: object,
    layout: str,
    columns: AnyMapping[str, str | Sequence[str]] | None,
    date_order: str | None,
    crs: object,
    layer: str | None,
) -> Mapping:
    """Join the mapping file and the single options; an option overrules the file."""
    if mapping is None:
        said = Mapping()
    elif isinstance(mapping, Mapping):
        said = mapping
    else:
        said = Mapping.from_toml(mapping)  # type: ignore[arg-type]
    given = {
        "layout": None if layout == "auto" else layout,
        "date_order": date_order,
        "crs": None if crs is None else str(crs),
        "layer": layer,
    }
    return said.with_options(columns=columns or {}, **given)


def _sources(source: Any, layer: str | None, query: str | None) -> Sequence[AnySource]:  # noqa: ANN401
    if isinstance(source, pd.DataFrame):
        return [FrameSource(source)]
    if isinstance(source, str):
        source = source.strip()
    if (isinstance(source, str) and is_database_url(source)) or _is_engine(source):
        return [query_source(source, query)]
    if query is not None:
        raise invalid(
            "query", query, "given together with a database URL", "Leave it out for files."
        )
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        return find_sources([Path(source)], layer=layer)
    if isinstance(source, Sequence) and source and not isinstance(source, bytes):
        return find_sources([Path(path) for path in source], layer=layer)
    raise invalid(
        "source", source, "a path, a non-empty list of paths, a database URL, or a DataFrame"
    )


def _is_engine(source: object) -> bool:
    """Say whether something is an SQLAlchemy engine or URL, without importing SQLAlchemy."""
    return type(source).__module__.startswith("sqlalchemy.")
