"""The Met's CAD opening and closing codes, and what each does to a row.

The table is `codes.csv`. Types, headings and qualifiers describe an incident; a row with an
excluded or recall code is out of scope. Source: the code lists used by Agrawal and Dominguez in
their published work on London calls for service, and the London Datastore's page of the data set
`mpsantisocialbehaviour`. A type is never derived from a heading: the two are coded apart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

Role = Literal["type", "heading", "qualifier", "excluded", "recall"]

ASB_ROLES: Final = ("type", "heading")
"""A row with a code of one of these roles is anti-social behaviour."""


@dataclass(frozen=True)
class Code:
    """One code of the Met's command and control system.

    Parameters
    ----------
    code : str
        Three digits.
    name : str
        What it means.
    met_name : str
        How the Met's published file spells it.
    role : {"type", "heading", "qualifier", "excluded", "recall"}
        What the code does to a row.
    value : str
        The type, the heading, the flag, or why the row is excluded.
    """

    code: str
    name: str
    met_name: str
    role: Role
    value: str


@cache
def load_codes() -> dict[str, Code]:
    """Load the table of codes.

    Returns
    -------
    dict of str to Code
        By three-digit code.
    """
    text = resources.files("hotspots.incidents").joinpath("codes.csv").read_text("utf-8")
    return {row["code"]: Code(**row) for row in csv.DictReader(text.splitlines())}  # type: ignore[arg-type]


@cache
def codes_by_name() -> dict[str, str]:
    """Give the code of each spelling, in lower case: the name, the Met's name and the value."""
    spellings: dict[str, str] = {}
    for code in load_codes().values():
        for spelling in (code.name, code.met_name):
            spellings.setdefault(spelling.strip().lower(), code.code)
        if code.role in ASB_ROLES:
            spellings.setdefault(code.value.lower(), code.code)
    return spellings
