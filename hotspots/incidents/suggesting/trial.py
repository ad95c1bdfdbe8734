"""A trial reading of an unknown source: a mapping for it, and its first rows as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from hotspots.incidents.account import Ledger
from hotspots.incidents.dataset import Part, read_part
from hotspots.incidents.suggesting.suggestion import Suggestion, suggest_mapping
from hotspots.sources import open_chunks

if TYPE_CHECKING:
    from hotspots.incidents.dataset import Dataset

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


def suggest_dataset(dataset: Dataset) -> Suggestion:
    """Suggest a mapping for the first source of a dataset; see `suggest_mapping`.

    Parameters
    ----------
    dataset : Dataset
        What `open_incidents` has named. Sources of one layout share a mapping.

    Returns
    -------
    Suggestion
        With what the caller has said already kept.
    """
    source = dataset.sources[0]
    _, chunks = open_chunks(source, rows=_SAMPLE)
    sample = next(chunks).table.to_pandas()
    return suggest_mapping(sample, source.name, dataset.mapping)


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
