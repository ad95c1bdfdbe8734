"""Degrees, metres and grid references: the three ways in which a point in Britain is written.

Degrees become metres by the Ordnance Survey's own correction grid OSTN15, which is good to a few
centimetres where the usual seven-parameter formula is off by up to three metres.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from convertbng import cutil

from hotspots.errors import InputError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Converter = Callable[[Numbers, Numbers], tuple[Numbers, Numbers]]

_LETTERS: Final = np.array(list("ABCDEFGHJKLMNOPQRSTUVWXYZ"))  # I is left out
_SQUARE: Final = 100_000
_EXTENT: Final = (700_000, 1_300_000)
_DIGITS: Final = (2, 4, 6, 8, 10)
_REFERENCE: Final = re.compile(r"^(?P<letters>[A-HJ-Z]{2})(?P<digits>[0-9]{2,10})$")


def to_national_grid(longitude: ArrayLike, latitude: ArrayLike) -> tuple[Numbers, Numbers]:
    """Turn longitude and latitude into easting and northing on the British National Grid.

    Parameters
    ----------
    longitude, latitude : array-like of float
        Degrees in WGS84 (ETRS89), as GPS gives them; of the same shape.

    Returns
    -------
    tuple of ndarray
        Easting and northing in metres (EPSG:27700), of the same shape; NaN where the point is
        outside Great Britain or an input is missing.

    Raises
    ------
    InputError
        If the two are not of the same shape.

    Notes
    -----
    Uses the transformation OSTN15, rounded to the millimetre.

    **Caveats.** Degrees that were themselves made from metres with a seven-parameter formula, as
    some published boundary files were, come back up to three metres from where they started.

    References
    ----------
    Ordnance Survey (2020). *A Guide to Coordinate Systems in Great Britain*.

    Examples
    --------
    >>> easting, northing = to_national_grid([-0.1246], [51.5007])
    >>> float(easting[0]), float(northing[0])
    (530268.168, 179640.532)

    Paris is not in Britain:

    >>> to_national_grid([2.35], [48.85])
    (array([nan]), array([nan]))
    """
    return _convert(cutil.convert_to_osgb36, longitude, latitude, "longitude and latitude")


def to_longitude_latitude(easting: ArrayLike, northing: ArrayLike) -> tuple[Numbers, Numbers]:
    """Turn easting and northing on the British National Grid into longitude and latitude.

    Parameters
    ----------
    easting, northing : array-like of float
        Metres (EPSG:27700), of the same shape.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude in degrees (WGS84), of the same shape; NaN where the point is
        outside Great Britain or an input is missing.

    Raises
    ------
    InputError
        If the two are not of the same shape.

    Notes
    -----
    Uses the inverse of OSTN15, rounded to 1e-8 degrees, which is a millimetre.

    **Caveats.** The grid ends some kilometres off the coast; points further out are NaN.

    References
    ----------
    Ordnance Survey (2020). *A Guide to Coordinate Systems in Great Britain*.

    Examples
    --------
    >>> longitude, latitude = to_longitude_latitude([530268.168], [179640.532])
    >>> round(float(longitude[0]), 4), round(float(latitude[0]), 4)
    (-0.1246, 51.5007)
    """
    return _convert(cutil.convert_osgb36_to_ll, easting, northing, "easting and northing")


def national_grid_reference(
    easting: ArrayLike, northing: ArrayLike, digits: int = 8
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Write points as National Grid references, such as TQ 3026 7964.

    Parameters
    ----------
    easting, northing : array-like of float
        Metres (EPSG:27700), of the same shape.
    digits : {8, 2, 4, 6, 10}
        Number of digits: 8 is a square of 10 m, 6 of 100 m, 10 of 1 m.

    Returns
    -------
    ndarray of object
        The references, flat; None where the point is off the grid or missing.

    Raises
    ------
    InputError
        If `digits` is not one of the five, or the two are not of the same shape.

    Notes
    -----
    A reference names the south-west corner of the square that holds the point: digits are cut
    off, not rounded.

    **Caveats.** A reference says nothing about the precision of the record behind it.

    References
    ----------
    Ordnance Survey. *Using the National Grid*.

    Examples
    --------
    >>> national_grid_reference([530268.2], [179640.5])[0]
    'TQ 3026 7964'
    >>> national_grid_reference([530268.2], [179640.5], digits=6)[0]
    'TQ 302 796'
    """
    if digits not in _DIGITS:
        name = "digits"
        raise invalid(name, digits, f"one of {', '.join(map(str, _DIGITS))}")
    x, y = _pair(easting, northing, "easting and northing")
    x, y = x.ravel(), y.ravel()
    is_on = (x >= 0) & (x < _EXTENT[0]) & (y >= 0) & (y < _EXTENT[1])
    column, right = np.divmod(np.floor(x[is_on]).astype(np.int64), _SQUARE)
    row, up = np.divmod(np.floor(y[is_on]).astype(np.int64), _SQUARE)
    # Letters run from the north-west, in five by five squares of 500 km and then of 100 km; the
    # grid starts ten squares east and twenty south of the first letter.
    first = (19 - row) // 5 * 5 + (column + 10) // 5
    second = (19 - row) % 5 * 5 + column % 5
    half = digits // 2
    cut = 10 ** (5 - half)
    references = np.full(len(x), None, dtype=object)
    references[is_on] = [
        f"{a}{b} {east:0{half}d} {north:0{half}d}"
        for a, b, east, north in zip(
            _LETTERS[first], _LETTERS[second], right // cut, up // cut, strict=True
        )
    ]
    return references


def from_grid_reference(reference: str) -> tuple[float, float]:
    """Read a National Grid reference, such as TQ 3026 7964, as the middle of its square.

    Parameters
    ----------
    reference : str
        Two letters and an even number of digits, 2 to 10, with or without spaces.

    Returns
    -------
    easting, northing : float
        Metres (EPSG:27700): the middle of the square that the reference names.

    Raises
    ------
    InputError
        If the text is not a reference.

    Notes
    -----
    **Caveats.** A reference of 8 digits names a square of 10 m: the true point is up to 7 m away.

    Examples
    --------
    >>> from_grid_reference("TQ 3026 7964")
    (530265.0, 179645.0)
    """
    match = _REFERENCE.match("".join(reference.split()).upper())
    digits = match["digits"] if match else ""
    if match is None or len(digits) % 2:
        raise invalid("grid reference", reference, "two letters and 2 to 10 digits: TQ 3026 7964")
    first, second = (int(np.flatnonzero(letter == _LETTERS)[0]) for letter in match["letters"])
    column = first % 5 * 5 - 10 + second % 5
    row = 19 - (first // 5 * 5 + second // 5)
    half = len(digits) // 2
    size = 10 ** (5 - half)
    east, north = int(digits[:half]) * size, int(digits[half:]) * size
    return (
        float(column * _SQUARE + east) + size / 2,
        float(row * _SQUARE + north) + size / 2,
    )


def _convert(
    converter: Converter, first: ArrayLike, second: ArrayLike, names: str
) -> tuple[Numbers, Numbers]:
    a, b = _pair(first, second, names)
    x, y = converter(a.ravel(), b.ravel())
    return x.reshape(a.shape), y.reshape(a.shape)


def _pair(first: ArrayLike, second: ArrayLike, names: str) -> tuple[Numbers, Numbers]:
    a = np.ascontiguousarray(first, dtype=np.float64)
    b = np.ascontiguousarray(second, dtype=np.float64)
    if a.shape != b.shape:
        msg = f"Invalid {names} of shapes {a.shape} and {b.shape}. Must be of the same shape."
        raise InputError(msg)
    return a, b
