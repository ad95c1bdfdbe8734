"""Which hours of the week have how much: two published margins joined by an assumed interaction.

Hour and weekday totals are published, the table of both is not. A guess of the table is scaled to
the two margins in turn (iterative proportional fitting) until it has both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hotspots.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hotspots.simulate.facts import Facts

_ROUNDS: Final = 1000
_TOLERANCE: Final = 1e-12


def rake(
    table: NDArray[np.float64], row_totals: NDArray[np.float64], column_totals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Scale the rows and columns of a table until it has the given totals.

    Parameters
    ----------
    table : array of shape (n, m)
        First guess; zeros stay zero.
    row_totals : array of shape (n,)
        Wanted sums of the rows.
    column_totals : array of shape (m,)
        Wanted sums of the columns. They are scaled to the sum of `row_totals`, because totals that
        were counted apart seldom agree to the last report.

    Returns
    -------
    array of shape (n, m)
        The table nearest to the guess, in Kullback–Leibler divergence, that has the totals.

    Raises
    ------
    InputError
        If no such table is found, because zeros in the guess leave no room for a total.

    Caveats
    -------
    The interaction between rows and columns is that of the guess: nothing is learned about it.

    References
    ----------
    Deming, W. E. and Stephan, F. F. (1940), doi:10.1214/aoms/1177731829.

    Examples
    --------
    >>> rake(np.ones((2, 2)), np.array([1.0, 3.0]), np.array([2.0, 2.0])).tolist()
    [[0.5, 0.5], [1.5, 1.5]]
    """
    rows = np.asarray(row_totals, dtype=float)
    columns = np.asarray(column_totals, dtype=float)
    columns = columns * (rows.sum() / columns.sum())
    fitted = np.array(table, dtype=float)
    for _ in range(_ROUNDS):
        fitted *= _ratio(rows, fitted.sum(axis=1))[:, None]
        fitted *= _ratio(columns, fitted.sum(axis=0))
        if np.abs(fitted.sum(axis=1) - rows).sum() <= _TOLERANCE * rows.sum():
            return fitted
    if np.abs(fitted.sum(axis=1) - rows).sum() <= np.sqrt(_TOLERANCE) * rows.sum():
        return fitted
    msg = (
        f"Cannot scale a table of shape {fitted.shape} to the given totals. Must have a number "
        "above zero wherever both totals need one. Put small numbers in place of the zeros."
    )
    raise InputError(msg)


def _ratio(wanted: NDArray[np.float64], got: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(wanted, got, out=np.zeros_like(wanted), where=got > 0)


def make_week(facts: Facts) -> NDArray[np.float64]:
    """Give the share of a standard week's reports in each weekday and hour.

    Parameters
    ----------
    facts : Facts
        The figures to join.

    Returns
    -------
    array of shape (7, 24)
        Sums to 1; Monday first. Its sums over weekdays are the published hours, its sums over
        hours the published weekdays, a week holding one of each.

    Caveats
    -------
    Simulated. That evenings before a free day run later and that weekdays are busier by day is
    assumed (`assumed.week` in `facts.toml`): the table cannot bear a conclusion about which hours
    of which weekday are busy in London.

    Examples
    --------
    >>> from hotspots.simulate.facts import load_facts
    >>> week = make_week(load_facts())
    >>> bool(week[6, 1] > week[2, 1])
    True
    """
    assumed = facts.assumed["week"]
    guess = np.ones((7, 24))
    guess[4:6, 20:] *= assumed["free_evening"]
    guess[5:7, :5] *= assumed["free_night"]
    guess[:5, 8:17] *= assumed["weekday_daytime"]
    fitted = rake(guess, facts.weekday_rates / facts.weekday_rates.sum(), facts.hour_shares)
    return np.asarray(fitted / fitted.sum())
