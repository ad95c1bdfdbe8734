"""Trials that can be believed: who is visited, and who is left alone, is decided by a coin.

The allocation is drawn, and written down, before the first visit; what the trial can detect is said
before, too, from the borough's own past.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from hotspots.errors import invalid, is_number, is_whole
from hotspots.tables import TIMEZONE
from hotspots.tasking.randomisation import (
    Paired,
    coins,
    interval_of,
    p_of_fall,
    power_of,
    ratio_of,
)
from hotspots.tasking.trial_history import WEEK, checked_history, rates_of, stretches_of
from hotspots.words import count, day, days, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[Any]]

Design = Literal["pairs", "weeks", "days"]

_FALLS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_ENOUGH: Final = 0.8
_Z: Final = 1.645


@dataclass(frozen=True)
class Experiment:
    """A trial: which hotspots are visited and which are left alone, on which days, by a coin.

    Parameters
    ----------
    allocation : DataFrame
        An allocation table: for each hotspot and span of days, treatment or control.
    left_out : DataFrame
        Index `hotspot_id`: `name`, `reason` of the hotspots that take no part.
    history : DataFrame
        Reports of each hotspot that takes part, a row a hotspot, a column a day.
    design : {"pairs", "weeks", "days"}
        What the coin decides on.
    start : Timestamp
        First day.
    weeks : int
        How long it lasts.
    visits_per_week : int
        Least visits to a hotspot in a week of treatment.
    seed : int
        Of the coins.
    level : float
        Of the one-sided test.
    written_at : str or None
        When the allocation was written down; see `save_experiment`.
    """

    allocation: pd.DataFrame
    left_out: pd.DataFrame
    history: pd.DataFrame = field(repr=False)
    design: Design
    start: pd.Timestamp
    weeks: int
    visits_per_week: int
    seed: int
    level: float
    written_at: str | None = None

    @property
    def end(self) -> pd.Timestamp:
        """The day after the last."""
        return self.start + pd.Timedelta(weeks=self.weeks)

    @property
    def n_pairs(self) -> int:
        """Pairs of a treated and a control count."""
        return int(self.allocation["pair"].nunique())

    @property
    def hotspots(self) -> list[str]:
        """Ids of the hotspots that take part."""
        return list(dict.fromkeys(self.allocation["hotspot_id"]))

    def power(self, falls: Sequence[float] = _FALLS, *, n: int = 400) -> pd.Series[Any]:
        """Say how likely the trial is to find falls of reports, from the borough's own past.

        Parameters
        ----------
        falls : sequence of float
            Shares by which visits would lower reports, 0 to under 1.
        n : int
            Simulated trials, 20–100,000.

        Returns
        -------
        Series of float
            Probability that the test finds it, by fall.

        Notes
        -----
        Each simulated trial takes a stretch of the past as long as the trial, beginning on the same
        weekday, throws the coins anew, leaves out each treated report with the probability of the
        fall, and does the test. So nights with many calls, seasons and what hotspots share are in
        it as they were. The standard error is at most √(0.25/n).

        Caveats
        -------
        The hotspots were listed for their past, so the months to come may bring fewer reports, and
        power is less, than here.
        """
        chosen = tuple(falls)
        for fall in chosen:
            if not is_number(fall, 0) or fall >= 1:
                raise invalid("falls", fall, "shares of at least 0 and below 1")
        if not is_whole(n, 20, 100_000):
            raise invalid("n", n, "a whole number from 20 to 100000")
        rng = np.random.default_rng([self.seed, 2])
        found = power_of(self._draw, chosen, level=self.level, n=n, rng=rng)
        return pd.Series(found, index=pd.Index(chosen, name="fall"), name="power")

    def smallest_fall(self, *, power: float = _ENOUGH, n: int = 400) -> float:
        """Give the smallest of the usual falls that the trial finds with this probability.

        Parameters
        ----------
        power : float
            How likely, above 0 and below 1.
        n : int
            Simulated trials.

        Returns
        -------
        float
            0.1, 0.2, … 0.8; infinite if even 0.8 is not found so often.
        """
        if not is_share(power):
            raise invalid("power", power, "a number above 0 and below 1")
        found = self.power(n=n)
        return float(min(found.index[found >= power], default=float("inf")))

    def alone(self) -> pd.DataFrame:
        """Say what each hotspot alone could show, with one other for comparison.

        Returns
        -------
        DataFrame
            Index `hotspot_id`: `expected` reports in the weeks of the trial by its past, and
            `most`: with no more than so many a fall beyond chance could be claimed; missing if not
            even with none.

        Notes
        -----
        With n reports before at both places, and n at the other after, z = (n − m) / √(3n + m) has
        to be 1.645 for m at the hotspot (one-sided 5 %): 30 must become 13, 100 must become 68.

        References
        ----------
        Wheeler, A. P., Ratcliffe, J. H. (2018). A simple weighted displacement difference test.
        *Crime Science* 7, 11. doi 10.1186/s40163-018-0085-5.
        """
        expected = self.history.mean(axis=1) * WEEK * self.weeks
        most = [_most_to_claim(each) for each in expected]
        return pd.DataFrame({"expected": expected, "most": most})

    @property
    def summary(self) -> str:
        """What is done, and what can be found, in words."""
        alone = self.alone()
        n_nothing = int(alone["most"].isna().sum())
        smallest = self.smallest_fall()
        often = f"in {percent(_ENOUGH)} of such trials"
        found = f"A fall of {percent(smallest)} would be found {often}"
        if not np.isfinite(smallest):
            found = f"Not even a fall of {percent(_FALLS[-1])} would be found {often}: take more "
            found += "hotspots or more weeks"
        return (
            f"{count(len(self.hotspots), 'hotspot')}, {count(self.n_pairs, 'pair')}, "
            f"{days(self.start, self.end)}. {found}. Of single hotspots {n_nothing} of "
            f"{len(alone)} could show nothing, even if no report came at all."
        )

    def test(self, history: pd.DataFrame, *, level: float = 0.9) -> TrialResult:
        """Say what came of it.

        Parameters
        ----------
        history : DataFrame
            Reports of the hotspots on the days of the trial, a row a hotspot, a column a day: what
            `hotspot_history` gives of counts that reach to its end.
        level : float
            Of the interval, above 0 and below 1.

        Returns
        -------
        TrialResult

        Raises
        ------
        InputError
            If a hotspot or a day of the trial is missing.
        """
        if not is_share(level):
            raise invalid("level", level, "a number above 0 and below 1")
        pairs = self._pairs_of(checked_history(history, self.hotspots, self.start, self.end))
        rng = np.random.default_rng([self.seed, 3])
        signs = coins(len(pairs.treated), rng)
        low, high = interval_of(pairs, signs, level)
        return TrialResult(
            ratio=ratio_of(pairs),
            low=low,
            high=high,
            level=float(level),
            p=p_of_fall(pairs, signs),
            treated=float(pairs.treated.sum()),
            control=float(pairs.control.sum()),
            expected_treated=float(pairs.expected_treated.sum()),
            expected_control=float(pairs.expected_control.sum()),
            remarks=tuple(self._about_writing()),
        )

    def _about_writing(self) -> list[str]:
        """Say so unless the allocation was written down before the first day."""
        if self.written_at is None:
            return ["The allocation was not written down: nobody can check that it was kept."]
        written = pd.Timestamp(self.written_at).tz_convert(TIMEZONE).tz_localize(None)
        if written < self.start:
            return []
        late = f"The allocation was written down on {day(written)}, after the trial began"
        return [f"{late}: take it for no more than a description."]

    def _pairs_of(
        self,
        counts: pd.DataFrame,
        past: pd.Series[float] | None = None,
        arms: Flags | None = None,
    ) -> Paired:
        """Add up the reports of each side of each pair.

        Parameters
        ----------
        counts : DataFrame
            Reports by hotspot and day of the trial.
        past : Series of float, optional
            Reports a day of each hotspot before; by default those of the history.
        arms : array of bool, optional
            Which rows of the allocation are treated; by default as it was drawn.
        """
        rows = self.allocation
        treated = (rows["arm"] == "treatment").to_numpy(dtype=bool) if arms is None else arms
        at = counts.index.get_indexer(pd.Index(rows["hotspot_id"]))
        before = np.zeros((len(counts), 1))
        sums = np.concatenate([before, counts.to_numpy().cumsum(axis=1)], axis=1)
        first, last = self._spans()
        n = sums[at, last] - sums[at, first]
        a_day = rates_of(self.history) if past is None else past
        expected = a_day.reindex(counts.index).to_numpy(dtype=np.float64)[at] * (last - first)
        pair = pd.factorize(rows["pair"])[0]

        def side(weights: Any, which: Flags) -> Any:  # noqa: ANN401 (arrays)
            return np.bincount(pair[which], weights[which], minlength=self.n_pairs)

        control = np.logical_not(treated)
        return Paired(
            side(n, treated), side(n, control), side(expected, treated), side(expected, control)
        )

    def _spans(self) -> tuple[Integers, Integers]:
        """Give the days of each row of the allocation, counted from the start."""
        first = pd.to_datetime(self.allocation["first_day"]) - self.start
        last = pd.to_datetime(self.allocation["last_day"]) - self.start
        return first.dt.days.to_numpy(), last.dt.days.to_numpy() + 1

    def _draw(self, rng: np.random.Generator) -> Paired:
        """Take a stretch of the past, and throw the coins anew."""
        begins = stretches_of(self.history, self.start, WEEK * self.weeks)
        begin = int(begins[rng.integers(len(begins))])
        inside = np.zeros(self.history.shape[1], dtype=bool)
        inside[begin : begin + WEEK * self.weeks] = True
        # What was expected is known from other days than those of the trial.
        rest = self.history.loc[:, ~inside] if not inside.all() else self.history
        pair = pd.factorize(self.allocation["pair"])[0]
        flips = rng.integers(2, size=self.n_pairs).astype(bool)
        treated = (self.allocation["arm"] == "treatment").to_numpy(dtype=bool) ^ flips[pair]
        return self._pairs_of(self.history.loc[:, inside], rates_of(rest), treated)

    def __repr__(self) -> str:
        """Answer the first questions: what, how many, when."""
        what = {"pairs": "places", "weeks": "weeks of places", "days": "days of places"}
        return (
            f"<Experiment: {what[self.design]}; {count(len(self.hotspots), 'hotspot')}, "
            f"{count(self.n_pairs, 'pair')}, {days(self.start, self.end)}>"
        )


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial.

    Parameters
    ----------
    ratio : float
        By how much visits multiplied reports: 0.8 is a fall by a fifth.
    low, high : float
        The ratios that the test does not refuse.
    level : float
        Of this interval.
    p : float
        Share of the falls of the coins that would show as large a fall if visits changed nothing.
    treated, control : float
        Reports on either side.
    expected_treated, expected_control : float
        What the past would have brought there.
    remarks : tuple of str
        What the reader must know, in sentences.
    """

    ratio: float
    low: float
    high: float
    level: float
    p: float
    treated: float
    control: float
    expected_treated: float
    expected_control: float
    remarks: tuple[str, ...]

    def __repr__(self) -> str:
        """Say it with its uncertainty."""
        return (
            f"<TrialResult: reports × {self.ratio:.2f} ({percent(self.level)} interval "
            f"{self.low:.2f} to {self.high:.2f}), one-sided p {self.p:.3f}; "
            f"{self.treated:,.0f} where visited, {self.control:,.0f} where not>"
        )


def is_share(value: object) -> bool:
    """Say whether this is a number above 0 and below 1."""
    return is_number(value) and 0 < float(value) < 1  # type: ignore[arg-type]


def _most_to_claim(expected: float) -> float:
    """Give the most reports with which a fall beyond chance could be claimed; NaN if none."""
    n = float(np.round(expected))
    most = np.arange(n + 1)
    is_fall = (n - most) >= _Z * np.sqrt(3 * n + most)
    return float(most[is_fall].max()) if n > 0 and is_fall.any() else float("nan")
