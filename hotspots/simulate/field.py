"""Where anti-social behaviour is likelier: a field of 100 m cells, a few of which have most of it.

Neighbourhoods, town centres and single cells each multiply a cell's share; parks have none. Within
a cell a handful of addresses share it unequally, so that incidents share exact points as real ones
do. The values were fitted to the concentration measured in London.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from hotspots.simulate.ground import CELL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hotspots.simulate.ground import Ground

MOST_ADDRESSES: Final = 8
"""Most addresses in a cell at which incidents happen."""

_STREET: Final = 2  # cells: a street is as long as two


@dataclass(frozen=True, eq=False)
class Places:
    """The cells of the chosen boroughs, with what chance gave them.

    Parameters
    ----------
    ground : sequence of Ground
        The boroughs.
    first : array of int
        Where the cells of each borough begin; one more than there are boroughs.
    easting, northing : array of float
        Middles of the cells, metres.
    share : array of float
        Share of the borough's ordinary incidents; zero where nobody lives or goes.
    n_addresses : array of int
        Addresses in the cell.
    map_easting, map_northing : array of float
        The anonymous map point of the cell, inside the borough.
    street : array of int
        Number of the street within the borough.
    """

    ground: Sequence[Ground]
    first: NDArray[np.int64]
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    share: NDArray[np.float64]
    n_addresses: NDArray[np.int64]
    map_easting: NDArray[np.float64]
    map_northing: NDArray[np.float64]
    street: NDArray[np.int64]

    @property
    def borough(self) -> NDArray[np.int64]:
        """Index of the borough of each cell."""
        return np.repeat(np.arange(len(self.ground)), np.diff(self.first))

    def cells_of(self, borough: int) -> slice:
        """Give the cells of one borough."""
        return slice(int(self.first[borough]), int(self.first[borough + 1]))

    def keep_inside(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        borough: NDArray[np.int64],
        otherwise: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Replace points that fell outside their borough, as at a river bank."""
        inside = np.ones(len(x), dtype=bool)
        for index, ground in enumerate(self.ground):
            own = np.flatnonzero(borough == index)
            inside[own] = ground.contains(x[own], y[own])
        return np.where(inside, x, otherwise[0]), np.where(inside, y, otherwise[1])

    def nearest_map_point(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Give the cell whose map point is nearest to each point; it may lie over the border."""
        lived_in = np.flatnonzero(self.share > 0)
        points = np.column_stack([self.map_easting[lived_in], self.map_northing[lived_in]])
        return np.asarray(lived_in[cKDTree(points).query(np.column_stack([x, y]))[1]])


def draw_places(
    grounds: Sequence[Ground], fitted: Mapping[str, Any], rng: np.random.Generator
) -> Places:
    """Draw a field of places.

    Parameters
    ----------
    grounds : sequence of Ground
        The boroughs.
    fitted : mapping
        `fitted.places` of `facts.toml`.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Places

    Caveats
    -------
    Simulated. Busy cells lie where chance put them: they say nothing about the real place.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.ground import lay_ground
    >>> fitted = load_facts().fitted["places"]
    >>> places = draw_places([lay_ground("E09000007")], fitted, np.random.default_rng(1))
    >>> round(float(places.share.sum()), 9)
    1.0
    """
    share = np.concatenate([_borough_shares(ground, fitted, rng) for ground in grounds])
    sizes = [len(ground.easting) for ground in grounds]
    easting = np.concatenate([ground.easting for ground in grounds])
    northing = np.concatenate([ground.northing for ground in grounds])
    n_addresses = 1 + np.minimum(rng.poisson(fitted["addresses"], len(share)), MOST_ADDRESSES - 1)
    places = Places(
        ground=tuple(grounds),
        first=np.concatenate([[0], np.cumsum(sizes)]),
        easting=easting,
        northing=northing,
        share=share,
        n_addresses=n_addresses,
        map_easting=easting,
        map_northing=northing,
        street=np.concatenate([_streets(ground) for ground in grounds]),
    )
    x, y = _scatter(easting, northing, rng)
    x, y = places.keep_inside(x, y, places.borough, (easting, northing))
    return Places(**{**vars(places), "map_easting": x, "map_northing": y})


def _scatter(
    x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move middles of cells to anywhere in their cell, to the decimetre."""
    half = CELL / 2
    return (
        np.round(x + rng.uniform(-half, half, len(x)), 1),
        np.round(y + rng.uniform(-half, half, len(y)), 1),
    )


def _streets(ground: Ground) -> NDArray[np.int64]:
    blocks = np.column_stack([ground.row // _STREET, ground.column // _STREET])
    return np.asarray(np.unique(blocks, axis=0, return_inverse=True)[1]).ravel() + 1


def _borough_shares(
    ground: Ground, fitted: Mapping[str, Any], rng: np.random.Generator
) -> NDArray[np.float64]:
    column, row = ground.column - ground.column.min(), ground.row - ground.row.min()
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    green = _smooth_noise(shape, fitted["green_scale_m"], rng)[row, column]
    is_built = green >= np.quantile(green, 1 - fitted["built_share"])
    smooth = _smooth_noise(shape, fitted["smooth_scale_m"], rng)[row, column]
    cells = rng.standard_normal(len(row))
    level = np.exp(fitted["smooth_spread"] * smooth + fitted["cell_spread"] * cells)
    level *= 1 + _town_centres(ground, is_built, fitted, rng)
    level[~is_built] = 0
    return np.asarray(level / level.sum())


def _smooth_noise(
    shape: tuple[int, int], scale: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a smooth field with mean 0 and standard deviation about 1."""
    width = scale / CELL
    noise = gaussian_filter(rng.standard_normal(shape), width, mode="wrap")
    # Averaging with a Gaussian of this width leaves white noise this standard deviation.
    return np.asarray(noise * (2 * width * np.sqrt(np.pi)))


def _town_centres(
    ground: Ground,
    is_built: NDArray[np.bool_],
    fitted: Mapping[str, Any],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Give how much busier each cell is for the town centres around it."""
    chosen = rng.choice(np.flatnonzero(is_built), size=fitted["centres"])
    sizes = np.linspace(0, 1, fitted["centres"])
    heights = fitted["centre_height"][0] * (
        (fitted["centre_height"][1] / fitted["centre_height"][0]) ** sizes
    )
    scales = np.interp(sizes, [0, 1], fitted["centre_scale_m"])
    busier = np.zeros(len(ground.easting))
    for cell, height, scale in zip(chosen, heights, scales, strict=True):
        distance = np.hypot(
            ground.easting - ground.easting[cell], ground.northing - ground.northing[cell]
        )
        busier += height * np.exp(-distance / scale)
    return busier


def draw_cells(
    borough: NDArray[np.int64],
    month: NDArray[np.int64],
    places: Places,
    variation: float,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw a cell for each incident of a borough and month.

    Parameters
    ----------
    borough : array of int
        Index of the borough of each incident.
    month : array of int
        Its month, 1–12.
    places : Places
        The field.
    variation : float
        Coefficient of variation of a gamma factor for each cell and month: some months a cell has
        trouble, some not.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array of int
        Index of a cell.

    Caveats
    -------
    Simulated: the factor of a month is independent of that of the month before.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.ground import lay_ground
    >>> rng = np.random.default_rng(1)
    >>> places = draw_places([lay_ground("E09000007")], load_facts().fitted["places"], rng)
    >>> cells = draw_cells(np.zeros(5, int), np.ones(5, int), places, 0.45, rng)
    >>> bool((places.share[cells] > 0).all())
    True
    """
    cells = np.empty(len(borough), dtype=np.int64)
    group = borough * 12 + month - 1
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(len(places.ground) * 12 + 1))
    chance = rng.random(len(borough))
    shape = 1 / variation**2
    for index in np.flatnonzero(np.diff(ends)):
        own = places.cells_of(int(index) // 12)
        share = places.share[own]
        weights = np.cumsum(share * rng.standard_gamma(shape, len(share)))
        rows = order[ends[index] : ends[index + 1]]
        found = np.searchsorted(weights, chance[rows] * weights[-1], side="right")
        cells[rows] = own.start + found
    return cells


def draw_addresses(
    cells: NDArray[np.int64], places: Places, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw one of the cell's addresses for each incident: the second half as likely as the first.

    Parameters
    ----------
    cells : array of int
        Index of the cell of each incident.
    places : Places
        The field.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    array of int
        Number of an address, unique over all cells.

    Caveats
    -------
    Simulated: real addresses within a block are more unequal than 1, 1/2, 1/3 …

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.ground import lay_ground
    >>> rng = np.random.default_rng(1)
    >>> places = draw_places([lay_ground("E09000007")], load_facts().fitted["places"], rng)
    >>> (draw_addresses(np.array([0, 3, 3]), places, rng) // MOST_ADDRESSES).tolist()
    [0, 3, 3]
    """
    zipf = 1 / np.arange(1, MOST_ADDRESSES + 1)
    allowed = np.tril(np.ones((MOST_ADDRESSES, MOST_ADDRESSES)))
    weights = np.cumsum(zipf * allowed, axis=1)
    weights /= weights[:, -1:]
    chance = rng.random(len(cells))
    number = (chance[:, None] >= weights[places.n_addresses[cells] - 1]).sum(axis=1)
    return np.asarray(cells * MOST_ADDRESSES + number)


def locate_addresses(
    addresses: NDArray[np.int64], places: Places, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give each address its point: anywhere in its cell, the same for every incident at it.

    Parameters
    ----------
    addresses : array of int
        Numbers from `draw_addresses`.
    places : Places
        The field.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    tuple of two arrays
        Easting and northing, metres, inside the borough.

    Caveats
    -------
    Simulated: no such address exists.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> from hotspots.simulate.ground import lay_ground
    >>> rng = np.random.default_rng(1)
    >>> places = draw_places([lay_ground("E09000007")], load_facts().fitted["places"], rng)
    >>> x, y = locate_addresses(np.array([8, 8, 9]), places, rng)
    >>> bool(x[0] == x[1]), bool(x[0] == x[2])
    (True, False)
    """
    different, which = np.unique(addresses, return_inverse=True)
    cells = different // MOST_ADDRESSES
    middle = (places.easting[cells], places.northing[cells])
    x, y = places.keep_inside(*_scatter(*middle, rng), places.borough[cells], middle)
    return x[which], y[which]
