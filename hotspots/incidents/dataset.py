"""A dataset: reports in files, folders, a database or memory, read in chunks as they are needed.

Whoever works on a dataset gives a task: something that takes accepted incidents batch by batch and
returns a result. It runs over all batches here, or over the parts of the dataset on the workers of
a Dask cluster; the rows, their outcomes and the results are the same either way.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
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
    from collections.abc import Generator, Iterable
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

Result_co = TypeVar("Result_co", covariant=True)


class Task(Protocol[Result_co]):
    """Something to do with accepted incidents; can be sent to another process."""

    def __call__(self, batches: Iterable[Batch]) -> Result_co:
        """Take the batches and give a result."""


@dataclass(frozen=True)
class Together:
    """Several tasks in one reading of the data.

    Parameters
    ----------
    tasks : tuple of Task
        Each gives a result with a method `merge`.
    """

    tasks: tuple[Task[Any], ...]

    def __call__(self, batches: Iterable[Batch]) -> list[Any]:
        """Give the result of each task, in their order."""
        whole: list[Any] = []
        for batch in batches:
            parts = [task([batch]) for task in self.tasks]
            for one, part in zip(whole, parts, strict=False):
                one.merge(part)
            whole = whole or parts
        return whole or [task([]) for task in self.tasks]


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
        with (
            watch("Reading", show=progress) as seen,
            closing(self._batches(ledger, seen)) as batches,
        ):
            result = task(batches)
        account = ledger.close()
        return [result], replace(account, notes=(*account.notes, *self.notes))

    def _batches(self, ledger: Ledger, seen: Any) -> Generator[Batch, None, None]:  # noqa: ANN401
        siblings = self.siblings()
        for source in self.sources:
            with closing(read_part(Part(source), siblings, ledger)) as batches:
                for batch, n_rows in batches:
                    seen(source.name, n_rows)
                    yield batch

    def siblings(self) -> Siblings:
        """Give the sources to those who read one of them."""
        return Siblings(self.sources, self.mapping)

    def parts(self) -> list[Part]:
        """Divide the dataset for workers: by file, and large Parquet files by row groups."""
        parts: list[Part] = []
        siblings = self.siblings()
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
                with closing(chunks):
                    conventions = siblings.decide(next(chunks), source, crs)
                parts += [Part(piece, conventions) for piece in pieces]
            else:
                parts.append(Part(source))
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
    """

    source: AnySource
    conventions: Conventions | None = None


@dataclass(frozen=True)
class Siblings:
    """The sources of a dataset: where the dates of one prove no order, those of another may.

    Parameters
    ----------
    sources : tuple of Source, QuerySource or FrameSource
        All of them, in order.
    mapping : Mapping
        What is said about their columns and codes.
    """

    sources: tuple[AnySource, ...]
    mapping: Mapping
    _orders: dict[str, tuple[list[str], str]] = field(default_factory=dict, repr=False)

    def decide(self, chunk: RawChunk, source: AnySource, crs: object) -> Conventions:
        """Decide on its first rows how a source says things.

        If its dates prove no order of day and month, they have that of the first source with the
        same columns whose first rows prove one.
        """
        try:
            conventions = decide(chunk, source.name, self.mapping, crs)
        except InputError as error:
            raise _with_sheets(error, source) from error
        rules = conventions.start.rules
        if rules is None or rules.evidence != "open":
            return conventions
        for sibling in self.sources:
            columns, order = self._order_of(sibling)
            if sibling is source or not order or columns != chunk.table.column_names:
                continue
            conventions = decide(
                chunk, source.name, self.mapping.with_options(date_order=order), crs
            )
            note = f"the dates are {order}, as those of '{sibling.name}' prove"
            notes = (note, *conventions.notes)
            return replace(conventions, notes=notes, borrowed=order)
        return conventions

    def _order_of(self, source: AnySource) -> tuple[list[str], str]:
        """Give the columns of a source and the order that its first dates prove, if they do."""
        if source.name not in self._orders:
            crs, chunks = open_chunks(source, rows=ROWS)
            with closing(chunks):
                first = next(chunks)
            rules = decide(first, source.name, self.mapping, crs).start.rules
            order = rules.order if rules is not None and rules.evidence == "proved" else ""
            self._orders[source.name] = (first.table.column_names, order)
        return self._orders[source.name]


def read_part(
    part: Part, siblings: Siblings, ledger: Ledger
) -> Generator[tuple[Batch, int], None, None]:
    """Read a part chunk by chunk: the accepted rows, and how many were read.

    Parameters
    ----------
    part : Part
        What to read.
    siblings : Siblings
        The sources of the dataset, and what is said about their columns and codes.
    ledger : Ledger
        Takes down where every row went.

    Yields
    ------
    Batch, int
        One a chunk.
    """
    source, conventions = part.source, part.conventions
    crs, chunks = open_chunks(source, rows=ROWS)
    with closing(chunks):
        for chunk in chunks:
            if conventions is None:
                conventions = siblings.decide(chunk, source, crs)
                _LOG.info(
                    "%s: layout '%s', columns %s",
                    source.name,
                    conventions.layout.name,
                    conventions.columns,
                )
            ledger.begin(source.name, conventions, chunk.table.column_names)
            judged = judge(chunk, source.name, conventions)
            _refuse_late_proof(source.name, conventions, judged)
            batch = ledger.add(source.name, judged)
            yield batch, chunk.table.num_rows + len(chunk.broken)
    ledger.sign(source.name, source.sha256)


def _with_sheets(error: InputError, source: AnySource) -> InputError:
    """Add to an error which other sheets of the workbook could have been meant."""
    notes = sheet_notes([source]) if isinstance(source, Source) else ()
    return type(error)(" ".join([str(error), *(f"Note: {note}." for note in notes)]))


def _refuse_late_proof(name: str, conventions: Conventions, judged: Judged) -> None:
    """Stop if later dates disprove an order of day and month that was only assumed."""
    rules = conventions.start.rules
    if rules is None or not judged.n_disproving:
        return
    other = "month-first" if rules.order == "day-first" else "day-first"
    msg = (
        f"The dates of '{name}' prove no order in its first rows, and {judged.n_disproving:,} "
        f"later ones can only be {other}. Must be in one order. Give date_order='{other}' "
        f"(--date-order {other})."
    )
    raise InputError(msg)


def run_part(
    part: Part,
    siblings: Siblings,
    task: Task[Result_co],
    earlier: np.ndarray[Any, Any] | None = None,
) -> tuple[Result_co, Ledger]:
    """Do a task on one part, as a worker does.

    Parameters
    ----------
    part : Part
        What to read.
    siblings : Siblings
        The sources of the dataset, and what is said about their columns and codes.
    task : callable
        Takes an iterable of `Batch`.
    earlier : array of uint64, optional
        Keys of references that earlier parts have used.

    Returns
    -------
    result, Ledger
        The result, and the account of the part.
    """
    ledger = Ledger(earlier, is_part=True)
    with closing(read_part(part, siblings, ledger)) as batches:
        result = task(batch for batch, _ in batches)
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
    if isinstance(source, Sequence) and not isinstance(source, (str, bytes)):
        for path in source:
            if not isinstance(path, str) and not hasattr(path, "__fspath__"):
                raise invalid(
                    "path in source", type(path).__name__, "a path", "Give a table by itself."
                )
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
    elif isinstance(mapping, str) or hasattr(mapping, "__fspath__"):
        said = Mapping.from_toml(mapping)
    else:
        remedy = "Use hs.Mapping.from_dict(values)."
        raise invalid("mapping", mapping, "the path of a mapping file, or a Mapping", remedy)
    if not isinstance(columns, (AnyMapping, type(None))):
        raise invalid(
            "columns", columns, 'parts with their columns, such as {"start": "Call time"}'
        )
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
