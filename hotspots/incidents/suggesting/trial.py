"""A trial reading of an unknown source: a mapping for it, and its first rows as they are read."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.errors import InputError
from hotspots.incidents.account import Ledger
from hotspots.incidents.dataset import Dataset, Part, read_part
from hotspots.incidents.layouts import match_layout
from hotspots.incidents.suggesting.suggestion import Suggestion, suggest_mapping
from hotspots.sources import Source, open_chunks, sheet_notes
from hotspots.sources.sheets import sheet_titles

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE: Final = 10_000
_SHOWN: Final = (
    "start",
    "end",
    "time_precision",
    "easting",
    "northing",
    "area_code",
    "borough",
    "asb_type",
    "heading",
    "weight",
)


def suggest_dataset(dataset: Dataset) -> tuple[Suggestion, Dataset]:
    """Suggest a mapping for the first source of a dataset; see `suggest_mapping`.

    Parameters
    ----------
    dataset : Dataset
        What `open_incidents` has named. Sources of one layout share a mapping.

    Returns
    -------
    Suggestion, Dataset
        With what the caller has said already kept; and the dataset as it is read with it. If no
        time or no place is found in the first sheet of a workbook, and both in one other, the
        suggestion is for that one and names it.
    """
    suggestion, is_whole = _try(dataset)
    if not is_whole:
        whole = []
        for other in _other_sheets(dataset):
            with suppress(InputError):  # what cannot be read is not the one
                found, is_whole = _try(other)
                whole += [(found, other)] if is_whole else []
        if len(whole) == 1:
            suggestion, dataset = whole[0]
    return suggestion, replace(dataset, mapping=suggestion.mapping)


def _try(dataset: Dataset) -> tuple[Suggestion, bool]:
    """Give a suggestion, and whether the source can be read with it."""
    source = dataset.sources[0]
    _, chunks = open_chunks(source, rows=_SAMPLE)
    with closing(chunks):
        table = next(chunks).table
    suggestion = suggest_mapping(table.to_pandas(), source.name, dataset.mapping)
    try:
        match_layout(table.column_names, source.name, suggestion.mapping)
    except InputError:
        return suggestion, False
    return suggestion, True


def _other_sheets(dataset: Dataset) -> Iterator[Dataset]:
    """Give the dataset with each other visible sheet in place of the first, if none is named."""
    books = [one for one in dataset.sources if isinstance(one, Source) and one.kind == "sheet"]
    if dataset.mapping.layer is not None or len(books) < len(dataset.sources):
        return
    first, *others = [sheet_titles(book) for book in books]
    for title, visible in first.items():
        if visible and title != books[0].layer and all(title in titles for titles in others):
            sources = tuple(replace(book, layer=title) for book in books)
            mapping = dataset.mapping.with_options(layer=title)
            yield Dataset(sources, mapping, sheet_notes(sources))


def first_rows(dataset: Dataset, n: int) -> pd.DataFrame:
    """Give the first accepted rows of a dataset, with the columns that something is known of.

    Parameters
    ----------
    dataset : Dataset
        What `open_incidents` has named.
    n : int
        Most rows.

    Returns
    -------
    DataFrame
        Texts, without words for the place and without keys of persons.
    """
    batches = read_part(Part(dataset.sources[0]), dataset.siblings(), Ledger())
    with closing(batches):
        batch, _ = next(batches)
    rows = batch.take(pd.RangeIndex(min(n, len(batch))).to_numpy()).frame()[list(_SHOWN)]
    rows = rows.assign(
        **{name: rows[name].dt.strftime("%Y-%m-%d %H:%M") for name in ("start", "end")}
    )
    rows = rows.rename(columns={"time_precision": "known to"})
    if (rows["weight"] == 1).all():
        rows = rows.drop(columns="weight")
    known = rows.columns[rows.notna().any()]
    return rows[known].astype("object").where(rows[known].notna(), "")
