"""The best visits that the teams can make: a mixed-integer program, solved part by part.

A visit that can be made is a place in a tour, and covers so much harm. The program chooses visits
so that most is covered, further visits to a place counting for less, within what tours have time
for and what is allowed. Teams that share no place and no floor are solved one after the other.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from hotspots.errors import InputError
from hotspots.words import count, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Ints = np.ndarray[Any, np.dtype[np.int64]]

OPTION_COLUMNS: Final = (
    *("place", "slot", "nth", "gain", "group", "dose", "day", "week", "is_fixed"),
)
_FLOORS: Final = ("group", "dose")
_HALF: Final = 0.5
_INFEASIBLE: Final = 2
_TOUCHING: Final = 1e-9


@dataclass(frozen=True)
class VisitLimits:
    """What a plan may not do, whatever it covers.

    Parameters
    ----------
    per_week : int
        Most visits to a place in a week of the plan.
    consecutive_days : int
        Most days in a row on which a place is visited.
    repeat : float
        What each further visit to a place in a week counts against the one before, above 0 to 1.
    floors : mapping of str to int
        Least visits in all to the places of a group, or of a dose.
    """

    per_week: int
    consecutive_days: int
    repeat: float
    floors: Mapping[str, int]


@dataclass(frozen=True)
class Solution:
    """The visits that were chosen, and how near to the best they are.

    Parameters
    ----------
    chosen : DataFrame
        The rows of the options that were chosen.
    covered : float
        Harm that they cover, further visits counting for less.
    bound : float
        No plan covers more than this.
    """

    chosen: pd.DataFrame
    covered: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the best plan could be ahead, as a share of this one's harm; 0 if it is best."""
        if self.covered <= 0:
            return 0.0 if self.bound <= _TOUCHING else np.inf
        return max(self.bound / self.covered - 1, 0.0)


def solve_visits(
    options: pd.DataFrame,
    room: pd.DataFrame,
    limits: VisitLimits,
    *,
    gap: float = 0.01,
    nodes: int = 10_000,
) -> Solution:
    """Choose the visits that cover most harm.

    Parameters
    ----------
    options : DataFrame
        Visits that can be made: `place`, `slot`, `nth` (0 for the first visit to the place in the
        slot), `gain` (harm that it covers, above 0; not more than that of the one before), `group`
        and `dose` (what floors are for: an area, and a place in a trial), `day` (number of the day;
        the same for all if days are not known), `week` (number of the week), `is_fixed` (it is made
        in any case, and takes no room). A place, slot and number occur once.
    room : DataFrame
        The slots, index slot, those of a team in the order of time: `team`, and `visits`, how many
        visits the slot has time for on average, a number with decimals. What is left over in one
        slot is kept for the team's later ones, where it may make up a whole visit.
    limits : VisitLimits
        What is not allowed.
    gap : float
        Stop when no plan can cover this much more, as a share.
    nodes : int
        Stop each part after so many nodes of its tree.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        If the floors cannot be met, saying which, how much is possible, and what binds.

    Notes
    -----
    For place p and week w let U be the sum of the gains of its visits, in units of its largest
    gain g. They count g × f(U), where f is piecewise linear with slope repeat^k between k and
    k + 1: of visits that cover alike, each counts `repeat` times the one before. f is concave, so
    the program is linear but for the visits, which are whole. Solved by HiGHS.

    References
    ----------
    Huangfu, Q. and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method.
    *Mathematical Programming Computation* 10, 119–142. doi 10.1007/s12532-017-0130-5.
    """
    options = options[options["slot"].isin(room.index)]
    options = options.sort_values(["place", "slot", "nth"], ignore_index=True)
    _refuse_floors(options, room, limits)
    if len(options) == 0:
        return Solution(options, 0.0, 0.0)
    parts = _parts(options, room, limits)
    own = [options[parts == number].reset_index(drop=True) for number in range(parts.max() + 1)]

    def solve(part: pd.DataFrame) -> Solution:
        return _Part(part, room, limits).solve(gap, nodes)

    # The solver lets others work meanwhile; each part has its answer, whoever is first.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        solved = list(pool.map(solve, own))
    picked = pd.concat([each.chosen for each in solved], ignore_index=True)
    return Solution(
        picked, sum(each.covered for each in solved), sum(each.bound for each in solved)
    )


def value_of(chosen: pd.DataFrame, options: pd.DataFrame, repeat: float) -> float:
    """Give the harm that chosen visits cover, further visits to a place in a week counting less.

    Parameters
    ----------
    chosen, options : DataFrame
        The visits that were chosen, and all that could be: the unit of a place is its best visit.
    repeat : float
        What each further visit counts against the one before.
    """
    keys = ["place", "week"]
    best = options.groupby(keys)["gain"].max()
    gained = chosen.groupby(keys)["gain"].sum()
    unit = best.loc[gained.index].to_numpy()
    return float((unit * worth(gained.to_numpy() / unit, repeat)).sum())


def worth(units: Any, repeat: float) -> Any:  # noqa: ANN401 (arrays)
    """Give f(U) for U visits' worth: 1 for the first, `repeat` for the second, and so on."""
    whole = np.floor(units)
    done = whole if repeat == 1 else (1 - repeat**whole) / (1 - repeat)
    return done + (units - whole) * repeat**whole


def _parts(options: pd.DataFrame, room: pd.DataFrame, limits: VisitLimits) -> Ints:
    """Give of each option the number of its part: parts share no team, place or floor."""
    options = options.assign(team=room["team"].reindex(options["slot"]).to_numpy())
    has_floor = np.array(
        [limits.floors.get(group, 0) > 0 for group in options["group"]], dtype=bool
    )
    options = options.assign(group=options["group"].where(has_floor, "place " + options["place"]))
    ids = [pd.factorize(options[column])[0] for column in ("place", "team", "group")]
    starts = np.cumsum([0, *(each.max(initial=-1) + 1 for each in ids)])
    nodes = [each + start for each, start in zip(ids, starts[:-1], strict=True)]
    edges = [(nodes[0], nodes[1]), (nodes[0], nodes[2])]
    rows, columns = (np.concatenate([edge[side] for edge in edges]) for side in (0, 1))
    graph = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(starts[-1], starts[-1]))
    _, labels = connected_components(graph, directed=False)
    parts: Ints = pd.factorize(labels[nodes[0]])[0].astype(np.int64)
    return parts


class _Part:
    """One part of the program, in matrices: visits, worths of visits, days."""

    def __init__(self, options: pd.DataFrame, room: pd.DataFrame, limits: VisitLimits) -> None:
        self.options = options
        self.limits = limits
        teams = room["team"].reindex(options["slot"]).unique()
        self.slots = room[room["team"].isin(teams)]
        self.n = len(options)
        keys = options.groupby(["place", "week"], sort=False)
        self.of_week = keys.ngroup().to_numpy()
        self.unit = keys["gain"].max().to_numpy(dtype=float)
        self.scale = float(self.unit.max())
        # No more worths than visits that may be made.
        self.n_pieces = np.minimum(keys.size().to_numpy(), limits.per_week)
        self.piece_of = np.repeat(np.arange(len(self.unit)), self.n_pieces)
        first = np.concatenate([[0], np.cumsum(self.n_pieces)[:-1]])
        self.power = np.arange(len(self.piece_of)) - np.repeat(first, self.n_pieces)
        days = options.groupby(["place", "day"], sort=True)
        self.of_day = days.ngroup().to_numpy()
        self.days = days.size().reset_index()[["place", "day"]]
        self.rows: list[Any] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []

    @property
    def width(self) -> int:
        """Variables in all."""
        return self.n + len(self.piece_of) + len(self.days) + len(self.slots)

    def solve(self, gap: float, nodes: int) -> Solution:
        """Solve it, and give the visits."""
        self._build()
        values = self.unit[self.piece_of] * self.limits.repeat**self.power / self.scale
        rest = np.zeros(len(self.days) + len(self.slots))
        cost = np.concatenate([np.zeros(self.n), -values, rest])
        whole = np.zeros(self.width, dtype=np.int64)
        whole[: self.n] = 1
        least = np.zeros(self.width)
        least[: self.n] = self.options["is_fixed"].to_numpy(dtype=float)
        most = np.ones(self.width)
        most[self.width - len(self.slots) :] = np.inf
        result = milp(
            cost,
            integrality=whole,
            bounds=Bounds(least, most),
            constraints=LinearConstraint(
                sparse.vstack(self.rows, format="csc"),
                np.concatenate(self.low),
                np.concatenate(self.high),
            ),
            options={"mip_rel_gap": gap, "node_limit": nodes},
        )
        if result.x is None:
            raise self._failure(result.status)
        is_made = result.x[: self.n] > _HALF
        chosen = self._first_ones(self.options[is_made])
        covered = value_of(chosen, self.options, self.limits.repeat)
        bound = result.mip_dual_bound if result.mip_dual_bound is not None else result.fun
        return Solution(chosen, covered, max(-bound * self.scale, covered))

    def _first_ones(self, made: pd.DataFrame) -> pd.DataFrame:
        """Take for n visits to a place in a slot the first n, which cover no less."""
        keys = ["place", "slot"]
        n_made = made.groupby(keys).size().rename("n_made")
        all_of = self.options.join(n_made, on=keys)
        return all_of[all_of["nth"] < all_of["n_made"]].drop(columns="n_made")

    def _build(self) -> None:
        options, limits = self.options, self.limits
        self._time()
        # Worths are no more than what the visits cover, in units of the place's best visit.
        gains = options["gain"].to_numpy() / self.unit[self.of_week]
        covers = sparse.coo_array(
            (-gains, (self.of_week, np.arange(self.n))), shape=(len(self.unit), self.n)
        )
        pieces = sparse.coo_array(
            (np.ones(len(self.piece_of)), (self.piece_of, np.arange(len(self.piece_of)))),
            shape=(len(self.unit), len(self.piece_of)),
        )
        self._add(covers, pieces=pieces, high=np.zeros(len(self.unit)))
        # A fixed visit may make more than the limit: then nothing else is done there.
        fixed = options["is_fixed"].to_numpy(dtype=float)
        most = np.maximum(np.bincount(self.of_week, fixed), limits.per_week)
        self._at_most(self.of_week, np.ones(self.n), most)
        self._rest_days()
        for column in _FLOORS:
            groups, names = pd.factorize(options[column])
            floors = np.array([limits.floors.get(name, 0) for name in names], dtype=float)
            self._add(_sums(groups, np.ones(self.n)), low=floors, high=np.full(len(floors), np.inf))

    def _time(self) -> None:
        """No more visits than there is time for; what is left over is kept for later."""
        free = np.where(self.options["is_fixed"], 0.0, 1.0)
        slots = self.slots.index.get_indexer(pd.Index(self.options["slot"]))
        time = self.slots["visits"].to_numpy(dtype=np.float64)
        n = len(time)
        self._at_most(slots, free, np.ceil(time - _TOUCHING))
        team = pd.factorize(self.slots["team"])[0]
        follows = np.flatnonzero(team[1:] == team[:-1]) + 1
        left = sparse.coo_array(
            (
                np.concatenate([np.ones(n), -np.ones(len(follows))]),
                (
                    np.concatenate([np.arange(n), follows]),
                    np.concatenate([np.arange(n), follows - 1]),
                ),
            ),
            shape=(n, n),
        )
        time = time + _TOUCHING  # 2.9999999 visits' time is time for 3
        self._add(_sums(slots, free, n), left=left, low=time, high=time)

    def _rest_days(self) -> None:
        """No place is visited on too many days in a row."""
        longest = self.limits.consecutive_days
        days = self.days
        is_visit = sparse.coo_array(
            (np.ones(self.n), (np.arange(self.n), np.arange(self.n))), shape=(self.n, self.n)
        )
        is_day = sparse.coo_array(
            (-np.ones(self.n), (np.arange(self.n), self.of_day)), shape=(self.n, len(days))
        )
        rows: list[int] = []
        columns: list[int] = []
        n_rows = 0
        known = {pair: row for row, pair in enumerate(zip(days["place"], days["day"], strict=True))}
        fixed = set(self.of_day[self.options["is_fixed"].to_numpy(dtype=bool)].tolist())
        for place, day in known:
            pairs = [(place, day + step) for step in range(longest + 1)]
            run = [known[pair] for pair in pairs if pair in known]
            if len(run) <= longest or all(each in fixed for each in run):
                continue
            rows += [n_rows] * len(run)
            columns += run
            n_rows += 1
        if n_rows == 0:
            return
        runs = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n_rows, len(days)))
        self._add(is_visit, days=is_day, high=np.zeros(self.n))
        self._add(
            sparse.coo_array((n_rows, self.n)), days=runs, high=np.full(n_rows, float(longest))
        )

    def _at_most(self, of: Any, weights: Floats, most: Any) -> None:  # noqa: ANN401 (arrays)
        self._add(_sums(of, weights, len(most)), high=np.asarray(most, dtype=np.float64))

    def _add(
        self,
        visits: Any,  # noqa: ANN401 (sparse)
        *,
        pieces: Any = None,  # noqa: ANN401
        days: Any = None,  # noqa: ANN401
        left: Any = None,  # noqa: ANN401
        low: Floats | None = None,
        high: Floats,
    ) -> None:
        n_rows = visits.shape[0]
        blocks = [
            visits,
            sparse.coo_array((n_rows, len(self.piece_of))) if pieces is None else pieces,
            sparse.coo_array((n_rows, len(self.days))) if days is None else days,
            sparse.coo_array((n_rows, len(self.slots))) if left is None else left,
        ]
        self.rows.append(sparse.hstack(blocks))
        self.low.append(np.full(n_rows, -np.inf) if low is None else low)
        self.high.append(high)

    def _failure(self, status: int) -> InputError:
        names = pd.unique(self.options[list(_FLOORS)].to_numpy().ravel())
        groups = [name for name in names if self.limits.floors.get(name)]
        floors = ", ".join(f"{name} {self.limits.floors[name]}" for name in groups)
        if status == _INFEASIBLE and floors:
            return InputError(
                f"Invalid floors '{floors}'. Must be possible together: each can be met alone, but "
                "they need the same tours, or the days of rest forbid them. Lower one, or raise "
                "consecutive_days."
            )
        return InputError(
            "No plan was found within the nodes that the solver may try. Must be more: raise "
            "tasks.nodes."
        )


def _sums(of: Any, weights: Floats, n: int | None = None) -> Any:  # noqa: ANN401 (arrays)
    n = int(of.max()) + 1 if n is None else n
    return sparse.coo_array((weights, (of, np.arange(len(of)))), shape=(n, len(of)))


def _refuse_floors(options: pd.DataFrame, room: pd.DataFrame, limits: VisitLimits) -> None:
    """Raise `InputError` if a floor asks for more than its group alone could get, saying why."""
    problems = []
    for group, least in limits.floors.items():
        own = options[(options[list(_FLOORS)] == group).any(axis=1)]
        free = own[~own["is_fixed"].astype(bool)]
        fixed = int(own["is_fixed"].sum())
        places = own.groupby(["place", "week"]).size().clip(upper=limits.per_week).sum()
        time = _most_visits(free, room) + fixed
        most = int(min(places, time))
        if least <= most:
            continue
        if len(own) == 0:
            why = "nothing can be visited there: no hotspot, no team, or no harm in any tour"
        elif time <= places:
            why = f"the tours have time for {count(int(time), 'visit')} there: the minutes bind"
        else:
            why = (
                f"its places may have {count(int(places), 'visit')} in all: the limit of "
                f"{limits.per_week} a place and week binds"
            )
        problems.append(f"Invalid floor of {group} '{least}'. Must be at most {most}: {why}.")
    if problems:
        raise InputError("\n".join(problems))


def _most_visits(options: pd.DataFrame, room: pd.DataFrame) -> int:
    """Give how many of these visits there is time for at most."""
    slots = options.groupby("slot").size()
    own = room.reindex(slots.index)
    by_slot = np.minimum(slots, np.ceil(own["visits"] - _TOUCHING)).groupby(own["team"]).sum()
    whole = room["visits"].groupby(room["team"]).sum().reindex(by_slot.index)
    return int(np.minimum(by_slot, np.floor(whole + _TOUCHING)).sum())


def gap_in_words(gap: float) -> str:
    """Say how near to the best a plan is.

    Examples
    --------
    >>> gap_in_words(0.0), gap_in_words(0.0042)
    ('No plan covers more.', 'No plan covers more than 0.4 % more.')
    >>> gap_in_words(0.00001)
    'No plan covers more than 0.1 % more.'
    """
    if gap < _TOUCHING:
        return "No plan covers more."
    least, fine = 0.01, 0.001
    words = f"{100 * max(gap, fine):.1f} %" if gap < least else percent(gap)
    return f"No plan covers more than {words} more."
