"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

import pytest

SAID = {
    "main_job": "It is on the list, as part of Camden 1",
    "plan": "delivery: 0.60 as assumed, 0.",
}
EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    """Each example runs in a process of its own and leaves what it says."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, example, tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").rglob("manifest.json"))
    assert SAID[example.stem] in done.stdout
