"""Reading a street file beside `pandas.read_csv`.

The file is a simulated year of 300,000 rows in the layout of data.police.uk, read in turn in one
process. Both are warm: what pandas gives is a table of texts and numbers, what `read_incidents`
gives is every row judged, and the incidents with points on the National Grid.

The target is 3 times. With pandas 2.3 it is kept (2.0 to 2.3 times, measured before); with pandas
3.1 it is missed, for its reader takes 0.1 s of processor time on all cores for the whole file, and
the checksum alone takes half of that. Tried and kept: a chunk is read ahead while the one before it
is judged, the checksum is made beside that, columns are cut and compared once. Tried and dropped:
dictionary columns from the parser, which cost more than they save.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from measure import print_head

import hotspots as hs
from hotspots.simulate import write_police_uk_layout

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 300_000
INCIDENTS = 220_000


def make_file(folder: Path) -> Path:
    """Write the months of a simulated year as one street file."""
    record = write_police_uk_layout(hs.simulate_incidents(INCIDENTS, rng=1), folder)
    months = pd.concat([pd.read_csv(path, dtype=str) for path in record.paths])
    path = folder / "street.csv"
    months.head(ROWS).to_csv(path, index=False)
    return path


def seconds(action: Callable[[Path], Any], path: Path) -> float:
    """Time one reading."""
    started = time.perf_counter()
    action(path)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = make_file(Path(name))
        reading = hs.read_incidents(path)
        print(f"{len(reading.incidents):,} incidents, {path.stat().st_size / 1e6:.0f} MB;")
        print_head("", "pandas.read_csv, s", "read_incidents, s", "ratio", measured=versions())
        times = [
            (seconds(pd.read_csv, path), seconds(hs.read_incidents, path))
            for _ in range(asked.runs)
        ]
    for word, choose in (("shortest", min), ("median", statistics.median)):
        theirs, ours = (choose(column) for column in zip(*times, strict=True))
        print(f"| {word} | {theirs:.3f} | {ours:.3f} | {ours / theirs:.1f} |")


def versions() -> str:
    """Say which pandas it is: its reader became parallel with 3.1."""
    return f"pandas {pd.__version__}, "


if __name__ == "__main__":
    main()
