"""How much a report weighs: harm weights that belong to the user, versioned and checked.

No official weight for anti-social behaviour exists. The defaults are a starting point in the order
of one protocol; what they do to a list is shown by `weight_sensitivity`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from hotspots.errors import InputError, invalid, is_number
from hotspots.risk.judgements import did_you_mean
from hotspots.tables import ASB_TYPES
from hotspots.words import count

if TYPE_CHECKING:
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_TEXTS: Final = ("name", "version", "source")
_FACTORS: Final = ("vulnerable", "repeat")
_KEYS: Final = (*_TEXTS, "types", "unknown", "headings", *_FACTORS)
_REQUIRED: Final = ("name", "version", "types", "unknown", *_FACTORS)
_WEIGHT: Final = "a number of at least 0"
_FACTOR: Final = "a number of at least 1: a flag never makes a report weigh less"
_DEFAULT_SOURCE: Final = (
    "A starting point, not a measurement: no official weight for anti-social behaviour exists. The "
    "order of the types is that of the multi-agency protocol of Richmond upon Thames of 2012 "
    "(personal high, nuisance medium, environmental low); each step, and each flag, doubles."
)


@dataclass(frozen=True)
class HarmWeights:
    """What one report weighs, in harm points: type × heading × flags.

    With the defaults one point is one ordinary nuisance report, so that a score of 3 reads as "as
    much harm as three ordinary nuisance reports a week". Keep `nuisance` at 1 to keep this reading.

    Parameters
    ----------
    name, version : str
        What these weights are called, and which edition: both are written beside every score.
    types : mapping of str to float
        Weight of a `personal`, a `nuisance` and an `environmental` report, at least 0, not all 0.
    unknown : float
        Weight of a report without a type, at least 0.
    headings : mapping of str to float
        Multiplier of a heading, at least 0; 1 for headings that are not named.
    vulnerable, repeat : float
        Multiplier of a report that the source flags as of a vulnerable, or of a repeat, caller or
        victim; at least 1.
    source : str
        Who decided on them, when and why.

    Raises
    ------
    InputError
        Naming every weight that is missing or not allowed, at once.

    Notes
    -----
    **Caveats.** Weights are a decision about what matters, not a measurement; they do not come
    from the data. Flags are set where somebody asked: of 100 calls to the Metropolitan Police
    that HMIC listened to in 2012, callers were asked about vulnerability in 28 and about earlier
    reports in 40.

    Examples
    --------
    >>> weights = HarmWeights()
    >>> weights.types["personal"] * weights.vulnerable
    4.0
    >>> HarmWeights.from_dict({**weights.to_dict(), "repeat": 3}).repeat
    3.0
    """

    name: str = "starting point"
    version: str = "1"
    types: Mapping[str, float] = field(
        default_factory=lambda: {"personal": 2.0, "nuisance": 1.0, "environmental": 0.5}
    )
    unknown: float = 1.0
    headings: Mapping[str, float] = field(default_factory=dict)
    vulnerable: float = 2.0
    repeat: float = 2.0
    source: str = _DEFAULT_SOURCE

    def __post_init__(self) -> None:
        """Check everything, and keep copies that nobody else can change."""
        problems = _problems({key: getattr(self, key) for key in _KEYS})
        if problems:
            raise _refusal(problems)
        for key in ("types", "headings"):
            copy = {str(name): float(weight) for name, weight in getattr(self, key).items()}
            object.__setattr__(self, key, MappingProxyType(copy))
        for key in ("unknown", *_FACTORS):
            object.__setattr__(self, key, float(getattr(self, key)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make weights of plain values, as a TOML file holds them.

        Parameters
        ----------
        values : mapping
            The fields of `HarmWeights`. Only `headings` and `source` may be left out: a weight that
            is not stated would change with the package.

        Raises
        ------
        InputError
            Naming every key that is unknown (with the nearest known one), missing or not allowed;
            if the values are no mapping.
        """
        if not isinstance(values, Mapping):
            name, rule = "values", "a table of weights by name"  # type: ignore[unreachable]
            raise invalid(name, type(values).__name__, rule, "Use hs.HarmWeights().to_dict().")
        problems = [
            f"Unknown key '{key}'. Must be one of {', '.join(_KEYS)}. "
            f"{did_you_mean(key, _KEYS)}".rstrip()
            for key in values
            if key not in _KEYS
        ]
        missing = [key for key in _REQUIRED if key not in values]
        problems += [f"{key} is missing. Must be {_rule(key)}." for key in missing]
        problems += _problems({key: values[key] for key in _KEYS if key in values})
        if problems:
            raise _refusal(problems)
        return cls(**{"source": "", **values})

    def to_dict(self) -> dict[str, Any]:
        """Give the weights as plain values, for a manifest."""
        return {
            key: dict(value) if isinstance(value := getattr(self, key), Mapping) else value
            for key in _KEYS
        }

    def of(self, kinds: pd.DataFrame) -> Floats:
        """Give the weight of a report of each kind.

        Parameters
        ----------
        kinds : DataFrame
            Columns `asb_type`, `heading` (text or missing), `is_flagged_vulnerable` and
            `is_flagged_repeat`; an incidents table will do.

        Returns
        -------
        array of float (n,)
            Harm points of each row, at least 0; the row's own `weight` is not in it.
        """
        by_type = kinds["asb_type"].map(dict(self.types)).astype(float).fillna(self.unknown)
        by_heading = kinds["heading"].map(dict(self.headings)).astype(float).fillna(1.0)
        is_vulnerable = kinds["is_flagged_vulnerable"].to_numpy(dtype=bool)
        is_repeat = kinds["is_flagged_repeat"].to_numpy(dtype=bool)
        flags = np.where(is_vulnerable, self.vulnerable, 1) * np.where(is_repeat, self.repeat, 1)
        return np.asarray(by_type.to_numpy() * by_heading.to_numpy() * flags, dtype=np.float64)

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what makes them again, for copies and other processes."""
        return type(self).from_dict, (self.to_dict(),)

    def __repr__(self) -> str:
        """Answer the first questions: which, and what they say."""
        types = ", ".join(f"{name} {weight:g}" for name, weight in self.types.items())
        return (
            f"<HarmWeights '{self.name}', version {self.version}: {types}, "
            f"without a type {self.unknown:g}; vulnerable × {self.vulnerable:g}, "
            f"repeat × {self.repeat:g}; {count(len(self.headings), 'heading')} named>"
        )


def read_harm_weights(path: str | PathLike[str]) -> HarmWeights:
    """Read harm weights from a TOML file.

    Parameters
    ----------
    path : path
        A file with `name`, `version`, `unknown`, `vulnerable`, `repeat`, a table `[types]` with
        personal, nuisance and environmental, and, if wanted, `source` and a table `[headings]`.

    Returns
    -------
    HarmWeights

    Raises
    ------
    InputError
        If the file cannot be read, or naming everything in it that is not allowed: unknown keys
        with the nearest known one, missing and negative weights.

    Notes
    -----
    **Caveats.** Whether a heading occurs in the data is seen only when they are scored.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> text = '''
    ... name = "Camden"
    ... version = "2026-04"
    ... source = "Agreed at the tasking meeting of 2 April 2026"
    ... unknown = 1
    ... vulnerable = 3
    ... repeat = 1.5
    ... [types]
    ... personal = 2
    ... nuisance = 1
    ... environmental = 0.5
    ... [headings]
    ... "Noise" = 0.8
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "weights.toml"
    ...     written = path.write_text(text)
    ...     read_harm_weights(path)
    <HarmWeights 'Camden', version 2026-04: personal 2, nuisance 1, environmental 0.5,
    without a type 1; vulnerable × 3, repeat × 1.5; 1 heading named>
    """
    if not isinstance(path, str | PathLike):
        name = "path"  # type: ignore[unreachable]
        raise invalid(name, type(path).__name__, "the path of a TOML file")
    try:
        values = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        msg = (
            f"Cannot read the harm weights '{path}': {error.strerror}. Must be a file that exists. "
            "Check the spelling and the folder."
        )
        raise InputError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = (
            f"The harm weights '{path}' are not valid TOML: {error}. Must look like "
            "'[types]' and below it 'personal = 2'."
        )
        raise InputError(msg) from error
    try:
        return HarmWeights.from_dict(values)
    except InputError as error:
        raise InputError(str(error).replace("harm weights", f"harm weights '{path}'", 1)) from error


def _refusal(problems: list[str]) -> InputError:
    listed = "\n".join(f"- {problem}" for problem in problems)
    return InputError(
        f"Invalid harm weights: {count(len(problems), 'problem')}.\n{listed}\n"
        "See the page 'Risk score'."
    )


def _rule(key: str) -> str:
    if key in _TEXTS:
        return "a text"
    if key == "types":
        return f"a table of {', '.join(ASB_TYPES)}"
    if key == "headings":
        return "a table of headings and multipliers"
    return _FACTOR if key in _FACTORS else _WEIGHT


def _problems(values: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the values that are there."""
    problems = []
    for key, value in values.items():
        if key in _TEXTS:
            is_good = isinstance(value, str) and (key == "source" or value.strip() != "")
        elif key in ("types", "headings"):
            problems += _table_problems(key, value)
            continue
        else:
            is_good = is_number(value, 1 if key in _FACTORS else 0)
        if not is_good:
            problems.append(str(invalid(key, value, _rule(key))))
    return problems


def _table_problems(key: str, table: Any) -> list[str]:  # noqa: ANN401 (what is none is refused)
    if not isinstance(table, Mapping):
        return [str(invalid(key, table, _rule(key), f"Write [{key}] above them."))]
    problems = []
    if key == "types":
        problems += [
            f"Unknown type '{name}'. Must be one of {', '.join(ASB_TYPES)}. "
            f"{did_you_mean(name, ASB_TYPES)}".rstrip()
            for name in table
            if name not in ASB_TYPES
        ]
        missing = [name for name in ASB_TYPES if name not in table]
        problems += [f"types.{name} is missing. Must be {_WEIGHT}." for name in missing]
    problems += [
        str(invalid(f"{key}.{name}", weight, _WEIGHT))
        for name, weight in table.items()
        if not is_number(weight, 0)
    ]
    if key == "types" and not problems and not any(table.values()):
        problems.append(str(invalid("types", "all 0", "weights of which one is above 0")))
    return problems


def as_weights(weights: str | PathLike[str] | HarmWeights | None) -> HarmWeights:
    """Give harm weights, read from their file if it is a path; the starting point for None."""
    if weights is None:
        return HarmWeights()
    if isinstance(weights, str | PathLike):
        return read_harm_weights(weights)
    if not isinstance(weights, HarmWeights):
        name, rule = "weights", "harm weights, or the path of their file"  # type: ignore[unreachable]
        remedy = "Use hs.read_harm_weights(path) or hs.HarmWeights.from_dict(values)."
        raise invalid(name, type(weights).__name__, rule, remedy)
    return weights
