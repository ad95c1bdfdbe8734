"""Recognise the columns of a file of areas: which holds codes, names and residents.

The Office for National Statistics calls them WD24CD and WD24NM, the Greater London Authority
GSS_CODE and NAME, and others ward_code and ward_name. Case does not matter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.errors import InputError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEVELS: Final = "(wd|lsoa|msoa|oa|lad|ltla|utla|cty|ctyua|pcon|rgn|ctry|csp|pfa|bua|par|cmwd|ced)"
_KINDS: Final = "(area|ward|lsoa|msoa|oa|lad|borough|district|neighbourhood|beat|team|snt)"
_CODES: Final = (
    re.compile(rf"{_LEVELS}\d\dcd"),
    re.compile(r"gss_?(code|cd)"),
    re.compile(rf"{_KINDS}_?(code|cd)|code|area_id"),
)
_ANY_NAME: Final = (
    re.compile(r"name"),
    re.compile(rf"{_LEVELS}\d\dnm"),
    re.compile(r"\w+_name"),
    re.compile(r"ward|borough|district|neighbourhood|beat|team"),
)
_POPULATION: Final = re.compile(r"(total_?)?pop(ulation)?_?((19|20)\d\d)?|(usual_)?residents")
_GSS: Final = re.compile(r"[EWSN]\d{8}")
_SHOWN: Final = 5


def find_codes(table: pd.DataFrame) -> str:
    """Find the column that identifies the areas.

    Parameters
    ----------
    table : DataFrame
        The attributes of the areas.

    Returns
    -------
    str
        A column that is called like one of the ONS, else of the GLA, else of others, and whose
        values are unique; else the only one whose values are unique and look like GSS codes.

    Raises
    ------
    InputError
        If there is none, or several look like codes.
    """
    named = _matching(table.columns, _CODES)
    for name in named:
        if not code_problems(codes_as_text(table[name])):
            return name
    alike = [name for name in table.columns if _is_gss(table[name])]
    if len(alike) == 1:
        return str(alike[0])
    if named:
        # The column is there, so its mistakes are worth more than a list of columns.
        raise bad_codes(named[0], codes_as_text(table[named[0]]))
    msg = (
        f"No column with the codes of the areas was recognised among {_listed(table.columns)}. "
        if not alike
        else f"Several columns look like codes of the areas: {_listed(alike)}. "
    )
    msg += "Must be one column of unique codes. Name it with id_column."
    raise InputError(msg)


def find_names(table: pd.DataFrame, codes: str) -> str | None:
    """Find the column with the names of the areas, first of all the partner of the codes.

    Parameters
    ----------
    table : DataFrame
        The attributes of the areas.
    codes : str
        The column that identifies them: WD24CD has the partner WD24NM.

    Returns
    -------
    str or None
        None if no column is recognised.
    """
    stem = re.sub(r"(_?code|_?cd)$", "", codes.lower())
    partner = re.compile(rf"{re.escape(stem)}(nm|name|_nm|_name)")
    others = [name for name in table.columns if name != codes]
    return next(iter(_matching(others, (partner, *_ANY_NAME))), None)


def find_population(table: pd.DataFrame) -> str | None:
    """Find the column with the number of residents, of the latest year if there are several.

    Parameters
    ----------
    table : DataFrame
        The attributes of the areas.

    Returns
    -------
    str or None
        None if no column is recognised or its values are not numbers.
    """
    found = [
        name
        for name in _matching(table.columns, (_POPULATION,))
        if as_numbers(table[name]) is not None
    ]
    return max(found, key=lambda name: re.sub(r"\D", "", name), default=None)


def as_numbers(values: pd.Series[Any]) -> pd.Series[Any] | None:
    """Give the values as numbers, or None if one of them is not. '1,473' is a number."""
    if not pd.api.types.is_numeric_dtype(values):
        text = values.astype("object").where(values.notna(), None)
        values = text.map(lambda value: None if value is None else str(value).replace(",", ""))
        values = values.where(values.notna() & (values != ""), None)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return None if (numbers.isna() & values.notna()).any() else numbers


def codes_as_text(values: pd.Series[Any]) -> pd.Series[str]:
    """Give codes as text without blanks around them; 12.0 becomes '12', blank is missing."""

    def text(value: object) -> str | None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip() or None

    codes = [None if pd.isna(value) else text(value) for value in values]
    return pd.Series(codes, index=values.index, dtype="object")


def code_problems(codes: pd.Series[str]) -> str:
    """Say what keeps codes from identifying areas; empty if nothing does."""
    repeated = pd.Index(codes[codes.duplicated() & codes.notna()]).unique()
    missing = codes.index[codes.isna()]
    problems = []
    if len(repeated):
        problems.append(f"{len(repeated)} codes are repeated ({_listed(repeated)})")
    if len(missing):
        problems.append(f"{len(missing)} codes are missing (rows {_listed(missing)})")
    return " and ".join(problems)


def bad_codes(column: str, codes: pd.Series[str]) -> InputError:
    """Build the error for a column of codes that are repeated or missing."""
    remedy = (
        f"In this file {code_problems(codes)}. Merge the parts of an area into one row, or name "
        "another column with id_column."
    )
    name = "id_column"
    return invalid(name, column, "unique and complete", remedy)


def _is_gss(values: pd.Series[Any]) -> bool:
    codes = codes_as_text(values)
    return not code_problems(codes) and all(_GSS.fullmatch(code) for code in codes)


def _matching(names: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> list[str]:
    """Give the names that match, those of the first pattern first."""
    names = list(names)
    return [name for pattern in patterns for name in names if pattern.fullmatch(str(name).lower())]


def _listed(values: Iterable[object]) -> str:
    shown = [str(value) for value in values]
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
