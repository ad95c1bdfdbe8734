"""The house: rooms import one way, and importing the package stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import hotspots as hs

PACKAGE = Path(hs.__file__).parent
# In the order of the analysis: a room imports only from rooms before it.
ORDER = [
    "errors",
    "tables",
    "settings",
    "progress",
    "words",
    "chance",
    "writing",
    "areas",
    "times",
    "sources",
    "incidents",
    "simulate",
    "counts",
    "patterns",
    "risk",
    "tasking",
    "remarks",
    "planning",
    "maps",
    "explain",
    "model_card",
    "products",
    "analysis",
    "cli",
]


def room_of(path: Path) -> str:
    """Name the room that a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Name the rooms that a module imports when it runs, not for types alone."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    return {
        node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node not in typing_only
        and (node.module or "").startswith("hotspots.")
        and node.module
    }


def test_rooms_import_one_way() -> None:
    """Data walks through the rooms once, in one direction."""
    wrong = [
        (str(path.relative_to(PACKAGE)), other)
        for path in sorted(PACKAGE.rglob("*.py"))
        if room_of(path) != "__init__"
        for other in imports_of(path) - {room_of(path)}
        if ORDER.index(other) > ORDER.index(room_of(path))
    ]
    assert wrong == []


def test_nothing_is_read_by_suggestion() -> None:
    """Only the command uses what guesses the mapping of an unknown file."""
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "suggesting" and "incidents.suggesting" in path.read_text("utf-8")
    ]
    assert users == ["cli.py"]


def test_every_room_is_in_the_order() -> None:
    """A new room has its place."""
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert rooms == set(ORDER)


def test_import_is_light() -> None:
    """Importing the package loads none of the heavy libraries."""
    code = (
        "import sys, hotspots; heavy = {'esda', 'rasterio', 'folium', 'pandas', 'geopandas', "
        "'numba', 'sklearn'} & set(sys.modules); sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_public_verbs_are_there() -> None:
    """Every exported name can be loaded from its room, and has a docstring."""
    for name in hs.__all__:
        assert getattr(hs, name).__doc__, name
    assert set(dir(hs)) == set(hs.__all__)
    assert hs.__version__
