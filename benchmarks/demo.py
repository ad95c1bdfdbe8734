"""The demonstration as a user runs it.

300,000 simulated incidents, all 32 boroughs, a new process with numba's compilation each time;
beside it, in turn, one that only imports the libraries, so that machines can be compared by the
ratio. Budget: 90 s and 3 GB on two cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import print_head, run_measured

RUNS = 3
BUDGET_S, BUDGET_GB = 90.0, 3.0
IMPORTS = "import geopandas, numba, pandas, scipy.optimize, sklearn.cluster, folium, pandera.pandas"


def measure(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command in a folder, silently; give wall seconds and peak memory in GB."""
    # An own cache for numba, so that every run compiles as a first run does.
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "numba")}
    return run_measured(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure and print."""
    demo = [sys.executable, "-m", "hotspots.cli", "demo"]
    imports = [sys.executable, "-c", IMPORTS]
    rows = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            alone, _ = measure(imports, folder)
            seconds, peak = measure(demo, folder)
            rows.append((seconds, alone, seconds / alone, peak))
    print_head("demo, s", "imports alone, s", "ratio", "peak memory, GB")
    for row in rows:
        print("| " + " | ".join(f"{value:.1f}" for value in row) + " |")
    worst = max(row[0] for row in rows), max(row[3] for row in rows)
    kept = worst[0] <= BUDGET_S and worst[1] <= BUDGET_GB
    print(f"\nBudget {BUDGET_S:g} s and {BUDGET_GB:g} GB: {'kept' if kept else 'NOT KEPT'}")


if __name__ == "__main__":
    main()
