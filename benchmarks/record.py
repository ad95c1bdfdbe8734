"""Run benchmarks and write what they print to `docs/benchmarks.md`, a section each.

`python benchmarks/record.py` runs all of them, one after another; with names, such as
`python benchmarks/record.py getis_ord clusters`, those, and the other sections stay as they are.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "benchmarks.md"
RUNS: Final[dict[str, tuple[str, ...]]] = {
    "demo": (),
    "plan": (),
    "scan_week": (),
    "scan_recent": (),
    "getis_ord": ("--runs", "3"),
    "near_repeat": (),
    "trend": (),
    "compare_periods": (),
    "clusters": (),
    "kernel_density": (),
    "backtest": (),
    "reading": (),
    "weekly_intensity": (),
    "scale": ("--runs", "1"),
}
"""The scripts of the page, in its order, and how they are run."""

HEAD: Final = """\
# Benchmarks

How long things take, and how much memory, beside the libraries that do the same: measured side by
side in one run, each way in a process of its own. **Compare the ratios, not the seconds**: they
depend on the machine, which was shared while these ran; ratios under 1.5 are ties. This page is
written by `python benchmarks/record.py`, which runs the scripts named here. How well a method does
its work, as opposed to how fast, is on the page of the method.
"""


def main() -> None:
    """Run what is asked for, and write the page anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name")
    asked = parser.parse_args().names or list(RUNS)
    if unknown := set(asked) - set(RUNS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    sections = kept_sections()
    for name in asked:
        sections[name] = section(name)
        text = HEAD + "".join(f"\n{sections[each]}" for each in RUNS if each in sections)
        whole = PAGE.with_suffix(".new")
        whole.write_text(text, "utf-8")
        whole.replace(PAGE)
        print(sections[name], flush=True)


def kept_sections() -> dict[str, str]:
    """Give the sections that the page has, by the name of the script."""
    if not PAGE.is_file():
        return {}
    _, *parts = re.split(r"^(?=## )", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    found = {}
    for part in parts:
        name = re.search(r"`python benchmarks/(\w+)\.py", part)
        if name:
            found[name[1]] = part.rstrip("\n") + "\n"
    return found


def section(name: str) -> str:
    """Run a script and give its section: what it says about itself, and what it printed."""
    script = HERE / f"{name}.py"
    title, _, about = (ast.get_docstring(ast.parse(script.read_text("utf-8"))) or "").partition(
        "\n"
    )
    command = [sys.executable, str(script), *RUNS[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} ended with {done.returncode}\n{done.stderr}")
    said = " ".join(["python", f"benchmarks/{name}.py", *RUNS[name]])
    shown = done.stdout.strip()
    return f"## {title.strip().rstrip('.')}\n\n{about.strip()}\n\n`{said}`\n\n{shown}\n"


if __name__ == "__main__":
    main()
