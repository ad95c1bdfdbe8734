"""Measure how well planted clusters are found again: the table in `docs/method.md`.

Run `python benchmarks/planted_clusters.py` from the root of the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score

import hotspots as hs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.scenes import SETTINGS, make_scene

SCENES = 10


def main() -> None:
    """Print a row a setting."""
    for setting, (background, planted, metres, hours) in SETTINGS.items():
        scores = []
        for seed in range(100, 100 + SCENES):
            scene = make_scene(setting, seed)
            found = hs.find_clusters(scene.incidents)
            scores.append(adjusted_rand_score(scene.planted, found))
        cells = (
            setting,
            f"{background:,}",
            planted,
            f"{metres:g} m, {hours:g} h",
            f"{np.mean(scores):.2f}",
            f"{min(scores):.2f}",
        )
        print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
