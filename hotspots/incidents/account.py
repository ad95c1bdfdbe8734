"""The account of a reading: where every row went, kept while rows stream by.

All rows are counted; of those that were left out, the first of each reason are listed, so that a
file with a million broken rows needs no more memory than one with a hundred thousand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotspots.errors import DuplicateInputError, InputError
from hotspots.incidents.rows import ACCEPTED, CODES_OF_REASONS, N_SCOPE, ROWS
from hotspots.times import london_wall
from hotspots.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hotspots.incidents.batch import Batch
    from hotspots.incidents.rows import Conventions, Judged

    Keys = np.ndarray[Any, np.dtype[np.uint64]]

MOST_LISTED: Final = 100_000
"""Rows left out that are listed for each reason; beyond that they are only counted."""

_OUTCOMES: Final = ("out_of_scope", "rejected")
_NOTHING: Final = pa.table(
    {"file": pa.array([], pa.string()), "line": pa.array([], pa.int64())}
    | {name: pa.array([], pa.string()) for name in ("reason", "detail")}
)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Account:
    """Where every row went: rows in = accepted + out of scope + rejected.

    Parameters
    ----------
    files : DataFrame
        One row a source: `file`, `layout`, `sha256`, `rows`, `accepted`, `out_of_scope`,
        `rejected`.
    summary : DataFrame
        Rows by outcome and reason: `outcome`, `reason`, `rows`.
    out_of_scope : DataFrame
        Columns `file`, `line`, `reason` (a key of `SCOPE_REASONS`), `detail`; the first 100,000
        of each reason.
    rejected : DataFrame
        Columns `file`, `line`, `reason` (a key of `REASONS`), `detail` (what was given); the
        first 100,000 of each reason.
    notes : tuple of str
        What was assumed or found on the way, in sentences.
    noun : str
        What the rows are, in the plural: "ASB reports", or what the layout says.
    """

    files: pd.DataFrame
    summary: pd.DataFrame
    out_of_scope: pd.DataFrame
    rejected: pd.DataFrame
    notes: tuple[str, ...]
    noun: str

    @property
    def n_rows(self) -> int:
        """Rows that were read."""
        return int(self.files["rows"].sum())

    @property
    def n_accepted(self) -> int:
        """Rows that were accepted."""
        return int(self.files["accepted"].sum())

    @property
    def n_out_of_scope(self) -> int:
        """Rows that were set aside, listed or not."""
        return int(self.files["out_of_scope"].sum())

    @property
    def n_rejected(self) -> int:
        """Rows that were rejected, listed or not."""
        return int(self.files["rejected"].sum())

    def by_reason(self, outcome: str) -> dict[str, int]:
        """Give the rows of an outcome, "out_of_scope" or "rejected", by reason."""
        chosen = self.summary[self.summary["outcome"] == outcome]
        return dict(zip(chosen["reason"], chosen["rows"].astype(int), strict=True))

    def nothing_accepted(self) -> InputError:
        """Say why there is nothing to analyse."""
        left = self.summary[self.summary["outcome"] != "accepted"]
        words = ", ".join(
            f"{rows:,} {outcome.replace('_', ' ')} ({reason})"
            for outcome, reason, rows in left.itertuples(index=False)
        )
        first = self.rejected.head(1)
        example = "".join(
            f" The first, line {row['line']}: {row['reason']} '{row['detail']}'."
            for _, row in first.iterrows()
        )
        hints = "".join(
            f" {note}." for note in self.notes if "give crs" in note or "layer=" in note
        )
        return InputError(
            f"None of the {self.n_rows:,} rows was accepted: {words}.{example}{hints} Look at the "
            "file with 'hotspots check'."
        )


@dataclass
class _File:
    """The account of one source so far."""

    layout: str
    noun: str
    columns: list[str]
    order: str
    borrowed: str
    system: int
    sha256: str = ""
    reasons: np.ndarray[Any, np.dtype[np.int64]] = field(
        default_factory=lambda: np.zeros(len(CODES_OF_REASONS), dtype=np.int64)
    )
    accepted: int = 0
    notes: tuple[str, ...] = ()
    remarks: Counter[str] = field(default_factory=Counter)
    months: set[tuple[str, str]] = field(default_factory=set)


class Ledger:
    """Takes down what became of every row; parts of a dataset have one each, to be merged.

    Parameters
    ----------
    earlier : array of uint64, optional
        Keys of references that parts before this one have used.
    is_part : bool
        Whether it is to be merged into another, and so keeps the keys of its references.
    """

    def __init__(self, earlier: Keys | None = None, *, is_part: bool = False) -> None:
        self.files: dict[str, _File] = {}
        self.listed: dict[int, list[pa.Table]] = {}
        self.n_listed = np.zeros(len(CODES_OF_REASONS), dtype=np.int64)
        self.seen = _Seen()
        if earlier is not None:
            self.seen.add(earlier)
        self.keys: list[Keys] | None = [] if is_part else None
        self.n_unplaced = 0

    def begin(self, name: str, conventions: Conventions, columns: list[str]) -> None:
        """Open the account of a source."""
        if name not in self.files:
            rules = conventions.start.rules
            self.files[name] = _File(
                conventions.layout.name,
                conventions.noun,
                columns,
                rules.order if rules is not None and rules.evidence == "proved" else "",
                conventions.borrowed,
                _hash([conventions.layout.name, *conventions.columns.get("id", ())]),
                notes=conventions.notes,
            )

    def sign(self, name: str, sha256: str) -> None:
        """Take down the checksum of a source, after its last row."""
        self.files[name].sha256 = sha256

    def add(self, name: str, judged: Judged) -> Batch:
        """Take down a chunk, and give its accepted rows without those of a repeated reference."""
        file = self.files[name]
        file.months |= judged.months
        file.remarks.update(judged.remarks)
        batch, reason = judged.accepted, judged.reason
        repeated = self._repeated(batch, file.system)
        if repeated.any():
            rows = np.flatnonzero(reason == ACCEPTED)[repeated]
            reason = reason.copy()
            reason[rows] = CODES_OF_REASONS.index("repeated_id")
        left = reason[reason != ACCEPTED]
        file.reasons += np.bincount(left, minlength=len(CODES_OF_REASONS))
        file.accepted += int((reason == ACCEPTED).sum())
        for code in np.unique(left):
            room = int(MOST_LISTED - self.n_listed[code])
            rows = np.flatnonzero(reason == code)[:room]
            if len(rows) == 0:
                continue
            if CODES_OF_REASONS[code] == "repeated_id" and batch.reference is not None:
                place = np.searchsorted(np.flatnonzero(judged.reason == ACCEPTED), rows)
                detail = batch.reference.take(pa.array(place))
            else:
                detail = judged.detail(rows)
            self._list(int(code), name, judged.lines[rows], detail)
        if repeated.any():
            batch = batch.take(np.flatnonzero(~repeated))
        self.n_unplaced += int((~batch.has_point).sum())
        return batch

    def _repeated(self, batch: Batch, system: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which rows carry a reference that an earlier row of the system and day has."""
        repeated = np.zeros(len(batch), dtype=bool)
        if batch.reference is None or len(batch) == 0:
            return repeated
        has = pc.is_valid(batch.reference).to_numpy(zero_copy_only=False)
        if not has.any():
            return repeated
        words = batch.reference.filter(pa.array(has)).to_numpy(zero_copy_only=False)
        days = london_wall(batch.start[has]).astype("datetime64[D]").astype(np.int64)
        keys = pd.util.hash_array(words, categorize=False) ^ (days.astype(np.uint64) * _SPREAD)
        keys ^= np.uint64(system)
        repeated[has] = self.seen.add(keys)
        if self.keys is not None:
            self.keys.append(keys)
        return repeated

    def _list(self, code: int, name: str, lines: np.ndarray[Any, Any], detail: pa.Array) -> None:
        table = pa.table(
            {
                "file": pa.repeat(name, len(lines)),
                "line": pa.array(lines),
                "reason": pa.repeat(CODES_OF_REASONS[code], len(lines)),
                "detail": detail,
            }
        )
        self.listed.setdefault(code, []).append(table)
        self.n_listed[code] += len(lines)

    def merge(self, other: Ledger) -> None:
        """Add the account of a later part; references must not repeat (see `already_used`)."""
        for name, file in other.files.items():
            if name not in self.files:
                self.files[name] = file
                continue
            own = self.files[name]
            own.reasons += file.reasons
            own.accepted += file.accepted
            own.months |= file.months
            own.remarks.update(file.remarks)
        for code, tables in other.listed.items():
            for table in tables:
                kept = table.slice(0, int(MOST_LISTED - self.n_listed[code]))
                self.listed.setdefault(code, []).append(kept)
                self.n_listed[code] += len(kept)
        self.n_unplaced += other.n_unplaced

    def already_used(self, other: Ledger) -> Keys:
        """Give the keys of a later part that are used here already, and remember the others."""
        if not other.keys:
            return np.zeros(0, dtype=np.uint64)
        keys = np.unique(np.concatenate(other.keys))
        return np.asarray(keys[self.seen.add(keys)])

    def close(self) -> Account:
        """Give the finished account.

        Raises
        ------
        DuplicateInputError
            If two sources hold the same force and month.
        InputError
            If the dates of one source were read in an order that those of another prove, and
            those of a third disprove.
        """
        _refuse_repeated_months(self.files)
        _refuse_contradiction(self.files)
        rows = []
        for name, file in self.files.items():
            out, bad = int(file.reasons[:N_SCOPE].sum()), int(file.reasons[N_SCOPE:].sum())
            total = file.accepted + out + bad
            rows.append((name, file.layout, file.sha256, total, file.accepted, out, bad))
        columns = ["file", "layout", "sha256", "rows", "accepted", *_OUTCOMES]
        files = pd.DataFrame(rows, columns=columns)
        lists = {
            outcome: self._listing(codes)
            for outcome, codes in (
                ("out_of_scope", range(N_SCOPE)),
                ("rejected", range(N_SCOPE, len(CODES_OF_REASONS))),
            )
        }
        nouns = {file.noun for file in self.files.values()}
        noun = nouns.pop() if len(nouns) == 1 else "reports"
        return Account(files, self._summary(), notes=self._notes(), noun=noun, **lists)

    def _summary(self) -> pd.DataFrame:
        total = sum((file.reasons for file in self.files.values()), np.zeros_like(self.n_listed))
        rows = [("accepted", "", sum(file.accepted for file in self.files.values()))]
        order = sorted(np.flatnonzero(total), key=lambda code: (code >= N_SCOPE, -total[code]))
        for code in order:
            outcome = _OUTCOMES[int(code >= N_SCOPE)]
            rows.append((outcome, CODES_OF_REASONS[code], int(total[code])))
        return pd.DataFrame(rows, columns=["outcome", "reason", "rows"])

    def _listing(self, codes: Iterable[int]) -> pd.DataFrame:
        tables = [table for code in codes for table in self.listed.get(code, [])]
        whole = pa.concat_tables([_NOTHING, *tables])
        order = {name: number for number, name in enumerate(self.files)}
        files = whole["file"].combine_chunks().dictionary_encode()
        rank = np.array([order[name] for name in files.dictionary.to_pylist()], dtype=np.int64)
        file = rank[files.indices.to_numpy()] if len(whole) else np.zeros(0, dtype=np.int64)
        sorted_ = np.lexsort([whole["line"].to_numpy(), file])
        listing: pd.DataFrame = whole.take(pa.array(sorted_)).to_pandas()
        return listing

    def _notes(self) -> tuple[str, ...]:
        """Give each note once, with the file it is about, or how many."""
        files_of: dict[str, list[str]] = {}
        for name, file in self.files.items():
            for sentence in file.notes:
                files_of.setdefault(sentence, []).append(name)
        remarks: Counter[str] = Counter()
        for name, file in self.files.items():
            remarks.update(file.remarks)
            for sentence in file.remarks:
                files_of.setdefault(sentence, []).append(name)
        notes = [
            f"{names[0] if len(names) == 1 else f'{len(names)} files'}: "
            + sentence.replace(ROWS, count(remarks[sentence], "row"))
            for sentence, names in files_of.items()
        ]
        if self.n_unplaced:
            notes.append(
                f"{self.n_unplaced:,} accepted rows have no point: they count in totals and are "
                "on no map"
            )
        total = sum((file.reasons for file in self.files.values()), np.zeros_like(self.n_listed))
        notes += [
            f"{CODES_OF_REASONS[code]}: {MOST_LISTED:,} of {total[code]:,} rows listed, the first"
            for code in np.flatnonzero(total > self.n_listed)
        ]
        return tuple(notes)


def _refuse_repeated_months(files: dict[str, _File]) -> None:
    first: dict[tuple[str, str], str] = {}
    for name, file in files.items():
        for force, month in sorted(pair for pair in file.months if all(pair)):
            earlier = first.setdefault((force, month), name)
            if earlier != name:
                msg = (
                    f"The files '{earlier}' and '{name}' both hold {force}, {month}. Must be one "
                    "file for each force and month, or every incident would count twice. Give one "
                    "of them."
                )
                raise DuplicateInputError(msg)


def _refuse_contradiction(files: dict[str, _File]) -> None:
    for name, file in files.items():
        for other, proved in files.items():
            if file.borrowed and proved.order not in ("", file.borrowed):
                if proved.columns != file.columns:
                    continue
                msg = (
                    f"The dates of '{name}' prove no order of day and month; those of files with "
                    f"the same columns prove both, such as '{other}', which is {proved.order}. "
                    "Must be of one order to be read together. Read them one by one, or give "
                    "date_order= (--date-order)."
                )
                raise InputError(msg)


def _hash(words: list[str]) -> int:
    return int(pd.util.hash_array(np.array(["\0".join(words)], dtype=object))[0])


class _Seen:
    """A growing set of keys that answers which of further keys it holds.

    Sorted arrays of doubling size: a million rows cost a few searches each, and 8 bytes a key.
    """

    def __init__(self) -> None:
        self.runs: list[Keys] = []

    def add(self, keys: Keys) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Add keys, and say which were there before or came earlier among these."""
        different, first = np.unique(keys, return_index=True)
        repeated = np.zeros(len(keys), dtype=bool)
        for run in self.runs:
            place = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            repeated |= run[place] == keys
        is_first = np.zeros(len(keys), dtype=bool)
        is_first[first] = True
        repeated |= ~is_first
        if len(different):
            self.runs.append(different)
        while len(self.runs) > 1 and len(self.runs[-2]) <= 2 * len(self.runs[-1]):
            last = self.runs.pop()
            self.runs[-1] = np.union1d(self.runs[-1], last)
        return repeated
