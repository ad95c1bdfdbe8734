"""How many incidents to expect in each place and hour of the week, and how sure that is.

A gamma–Poisson model for the total of each place and a Dirichlet–multinomial model for its week,
both shrunk towards the place's own area as far as the data ask. Each place's own evidence is
discounted by how much its incidents come in bursts, so that one bad night does not lead a list.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from hotspots.counts import Counts, check_counts
from hotspots.errors import invalid
from hotspots.risk.pooling import common_pooling, fits_of, pooling_weights
from hotspots.risk.week_shapes import area_weeks
from hotspots.times import HOURS, season_factors, season_outlook

if TYPE_CHECKING:
    from datetime import date
    from typing import Any

    from hotspots.times import SeasonOutlook

_LOG = logging.getLogger(__name__)
_OUTSIDE: Final = "(outside)"
_LEAST_VARIANCE: Final = 1e-12
_YEAR: Final = 364
"""Days of 52 weeks: a period as long has seen every season."""


@dataclass(frozen=True, eq=False)
class SetWeek:
    """The week of a set of places.

    Parameters
    ----------
    share : array of float (168,)
        Share of its incidents in each hour of the week.
    weight : float
        How many incidents the week of its areas is worth.
    n : float
        How many different nights and hours its own week rests on.
    """

    share: np.ndarray[Any, Any]
    weight: float
    n: float


@dataclass(frozen=True)
class Intensity:
    """The expected number of incidents in each place and hour of the week.

    Parameters
    ----------
    counts : Counts
        What it was estimated from.
    places : DataFrame
        One row a place, index `place_id`: `area_id`, `n`, `dispersion` (variance over mean of
        its nightly or monthly counts, at least 1), `shape` and `rate` of the gamma distribution
        of its incidents a week, `mean`, and `week_weight`: how many of its own incidents its
        area's week is worth (small for a place with hours of its own; NaN for monthly data), and
        `n_timed`: how many different nights and hours its own week rests on.
    week : DataFrame or None
        Share of a week's incidents in each hour, a row an area, 168 columns; None for monthly
        data.
    pooling : array of float or None
        How common each pooling weight of the grid is among places; None for monthly data.
    season : bool
        Whether it is for an average week of the year; otherwise for one like those of the period.
    """

    counts: Counts
    places: pd.DataFrame
    week: pd.DataFrame | None
    pooling: np.ndarray[Any, Any] | None
    season: bool = False

    @cached_property
    def weeks(self) -> float:
        """How long places were observed: weeks, or average weeks of the year with a season."""
        return self.counts.weeks * (_season_of(self.counts) if self.season else 1.0)

    def season_in(
        self, start: pd.Timestamp | date | str, end: pd.Timestamp | date | str
    ) -> SeasonOutlook:
        """Give how much more, or less, is to be expected in some coming days, by London's season.

        Parameters
        ----------
        start, end : Timestamp, date or str
            The days [start, end), such as ("2026-10-26", "2026-11-02").

        Returns
        -------
        SeasonOutlook
            Its `factor` times what is expected a week is what to expect in a week of these days.
            `words` also say so if the data cover less than a year.

        Raises
        ------
        InputError
            If a day is no date, or the end is not after the start.
        """
        beside = 1.0 if self.season else _season_of(self.counts)
        outlook = season_outlook(start, end, beside=beside)
        n_days = self.counts.n_days
        if n_days >= _YEAR:
            return outlook
        about = (
            "what they had is set off against the season of London, not their own"
            if self.season
            else "what is expected is for weeks like those of the data"
        )
        words = f"{outlook.words}\nThe data cover {n_days} days, less than a year: {about}."
        return replace(outlook, words=words)

    def expected(self, positions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Give the expected incidents a week of some places.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in `counts.places`.

        Returns
        -------
        array of float (n, 168), or (n, 1) for monthly data
            A column an hour of the week, or the whole week.
        """
        mean = self._mean[positions]
        shares = self._shares(positions)
        return np.asarray(mean[:, None] if shares is None else mean[:, None] * shares)

    def together(self, positions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Give the expected incidents a week of a set of places, whose hours are taken as one.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in `counts.places`, at least one.

        Returns
        -------
        array of float (168,), or (1,) for monthly data
            As much in all as `expected` of each, but with the hours of the set: places that are
            busy at the same hours bear each other out, and borrow less from their area.
        """
        found = self.set_week(positions)
        if found is None:
            return np.asarray(self.expected(positions).sum(axis=0))
        return np.asarray(self._mean[positions].sum() * found.share)

    def mean_with_more(self, position: int, hours: np.ndarray[Any, Any] | None, more: int) -> float:
        """Give what would be expected of a place if it had more incidents, on different nights.

        Parameters
        ----------
        position : int
            Position in `counts.places`.
        hours : bool array (168,) or None
            The hours of the week in which they come and that are asked for; None for all.
        more : int
            How many more over the period, at least 0.

        Returns
        -------
        float
            Incidents to expect a week in those hours, all else being equal.
        """
        row = self.places.iloc[position]
        prior_shape = row["shape"] - row["n"] / row["dispersion"]
        prior_rate = row["rate"] - self.weeks / row["dispersion"]
        n = row["n"] + more
        # The sum of squares grows by one for each further night.
        squares = (row["dispersion"] + row["n"] / self.counts.n_occasions) * row["n"] + more
        dispersion = max(1.0, squares / n - n / self.counts.n_occasions) if n > 0 else 1.0
        mean = (n / dispersion + prior_shape) / (self.weeks / dispersion + prior_rate)
        if hours is None or self.week is None or self.pooling is None:
            return float(mean)
        own = self._own[[position]].toarray()
        own[0, hours] += more / hours.sum()
        area = self.week.loc[[row["area_id"]]].to_numpy()
        total = own.sum(axis=1)
        weight = pooling_weights(fits_of(csr_array(own), area), total, self.pooling)
        share = (weight * area[0, hours].sum() + own[0, hours].sum()) / (weight + total)
        return float(mean * share[0])

    def variance(
        self, positions: np.ndarray[Any, Any], hours: np.ndarray[Any, Any] | None
    ) -> float:
        """Give the predictive variance of next week's count in some places and hours.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in `counts.places`.
        hours : bool array (168,) or None
            The hours of the week; None for all of them.

        Returns
        -------
        float
            Chance (with each place's dispersion) and what is not known of the totals, added up as
            if places were independent, and what is not known of their common week.
        """
        part = self.places.iloc[positions]
        mean, dispersion = part["mean"].to_numpy(), part["dispersion"].to_numpy()
        total_variance = (part["shape"] / part["rate"] ** 2).to_numpy()
        share, share_variance = 1.0, 0.0
        found = self.set_week(positions)
        if hours is not None and found is not None:
            share = float(found.share[hours].sum())
            share_variance = share * (1 - share) / (found.weight + found.n + 1)
        chance = (dispersion * mean).sum() * share
        unknown_total = total_variance.sum() * share**2
        unknown_week = (mean.sum() ** 2 + total_variance.sum()) * share_variance
        return float(chance + unknown_total + unknown_week)

    def own_hours_share(self, positions: np.ndarray[Any, Any]) -> float:
        """Give how far the week of a set of places is its own, and not borrowed from their areas.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in `counts.places`.

        Returns
        -------
        float
            0 (all borrowed, and for monthly data) to 1 (all its own).
        """
        found = self.set_week(positions)
        return 0.0 if found is None else found.n / (found.n + found.weight)

    def set_week(self, positions: np.ndarray[Any, Any]) -> SetWeek | None:
        """Shrink the week of a set of places as if they were one place.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in `counts.places`, at least one.

        Returns
        -------
        SetWeek or None
            None for monthly data.
        """
        if self.week is None or self.pooling is None:
            return None
        mean = self._mean[positions]
        area = self._area_shares(positions)
        base = (mean @ area / mean.sum())[None, :]
        own = self._own[positions].sum(axis=0)[None, :]
        n = float(own.sum())
        weight = float(
            pooling_weights(fits_of(csr_array(own), base), own.sum(axis=1), self.pooling)[0]
        )
        return SetWeek(share=(weight * base[0] + own[0]) / (weight + n), weight=weight, n=n)

    @cached_property
    def _mean(self) -> np.ndarray[Any, Any]:
        return self.places["mean"].to_numpy()

    @cached_property
    def _own(self) -> csr_array[Any, Any]:
        return own_weeks(self.counts)

    def _shares(self, positions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """Give the share of each place's week in each hour."""
        if self.week is None:
            return None
        own = self._own[positions].toarray()
        area = self._area_shares(positions)
        weight = self.places["week_weight"].to_numpy()[positions][:, None]
        return np.asarray((weight * area + own) / (weight + own.sum(axis=1, keepdims=True)))

    def _area_shares(self, positions: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Give the week of the area of each place, a row a place."""
        week, row = self._area_rows
        return np.asarray(week[row[positions]])

    @cached_property
    def _area_rows(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Give the weeks of areas, and the row of each place's area in them."""
        if self.week is None:
            return np.zeros((0, HOURS)), np.zeros(0, dtype=np.int64)
        row = self.week.index.get_indexer(pd.Index(self.places["area_id"]))
        return self.week.to_numpy(), row


def weekly_intensity(counts: Counts, *, night_ends: int = 6, season: bool = True) -> Intensity:
    """Estimate how many incidents to expect in each place and hour of the week.

    Parameters
    ----------
    counts : Counts
        Counts of incidents by place, with the `area_id` of each place.
    night_ends : int
        Hour of the day at which a night gives way to the next date.
    season : bool
        Whether days count by how busy they are in London (`season_factors`), so that the estimate
        is for an average week of the year even if the data have only a summer. For anti-social
        behaviour in London; False for anything else. A whole calendar year is the same either way.

    Returns
    -------
    Intensity
        For monthly data without hours.

    Raises
    ------
    InputError
        If these are no counts, or `season` is neither True nor False.

    Notes
    -----
    With n incidents in T weeks, dispersion d and the area's gamma prior (a, b), the incidents a
    week of a place are gamma distributed with shape n/d + a and rate T/d + b. The dispersion is
    the variance over the mean of the place's nightly counts (monthly, for monthly data), zeros
    included and at least 1: forty calls in one night count about as much as one. The prior of an
    area is fitted by moments to all its places, those without incidents included and those of its
    context left out. The share of
    the week in hour h is (k q(h) + x(h)) / (k + Σx), where q is the area's own week, smoothed and
    shrunk to that of all areas, and x(h) is the number of different nights on which the place had
    an incident in that hour, by exposure. Each place has its own k: the distribution of k over all
    places is the one that makes their counts most likely (Dirichlet–multinomial, expectation
    maximisation over a grid), and a place gets its mean over
    that distribution given its counts. So most places follow their area, and one with hours of
    its own follows them. With the season T is the sum of the factors of the days with data, over 7.
    O(places + rows of the counts).

    Caveats
    -------
    The estimate is of reports, not of what happened. It knows no trend, and no season but London's.
    Hours are independent of one another given k, so a sharp peak one hour wide needs several
    incidents to show. Places are shrunk to their area as if they were alike but
    for chance; a place of its own kind, such as a station, is pulled down a little.

    References
    ----------
    Marshall (1991), "Mapping disease and mortality rates using empirical Bayes estimators",
    Applied Statistics 40, 283–294. Clayton and Kaldor (1987), Biometrics 43, 671–681.

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> places = hs.make_grid(hs.load_boroughs())
    >>> intensity = hs.weekly_intensity(hs.count_incidents(calls, places))
    >>> bool(abs(intensity.places["mean"].sum() * 365 / 7 - 5000) < 500)
    True
    """
    check_counts(counts)
    if not isinstance(season, bool):
        raise invalid("season", season, "True or False")
    weeks = counts.weeks * (_season_of(counts) if season else 1.0)
    n = counts.totals()
    area = counts.places["area_id"].fillna(_OUTSIDE).to_numpy()
    occasions = counts.occasions(night_ends=night_ends)
    dispersion = _dispersion(occasions["place"], occasions["n"], len(n), counts.n_occasions)
    places = pd.DataFrame(
        {"area_id": area, "n": n, "dispersion": dispersion}, index=counts.places.index
    )
    is_context = counts.places["is_context"].to_numpy(dtype=bool)
    # The data may end at the border: then the ring around an area is empty and says nothing of it.
    has_own = places["area_id"].isin(pd.unique(area[~is_context])).to_numpy()
    prior = _gamma_priors(places[~is_context | ~has_own], weeks)
    places["shape"] = n / dispersion + places["area_id"].map(prior["shape"])
    places["rate"] = weeks / dispersion + places["area_id"].map(prior["rate"])
    places["mean"] = places["shape"] / places["rate"]
    places["week_weight"] = np.nan
    places["n_timed"] = 0.0
    if counts.tier == "monthly":
        return Intensity(counts, places, None, None, season)
    own = own_weeks(counts)
    week, _ = area_weeks(own, area)
    rows_of_area = week.to_numpy()[week.index.get_indexer(area)]
    totals = np.asarray(own.sum(axis=1), dtype=np.float64).ravel()
    fits = fits_of(own, rows_of_area)
    pooling = common_pooling(fits[totals > 0])
    places["week_weight"] = pooling_weights(fits, totals, pooling)
    places["n_timed"] = totals
    _LOG.info(
        "%d of %d places with incidents follow their own week more than their area's",
        int((places["week_weight"] < places["n_timed"]).sum()),
        int((places["n"] > 0).sum()),
    )
    return Intensity(counts, places, week, pooling, season)


def _season_of(counts: Counts) -> float:
    """Give the mean factor of the season over the days with data."""
    first, end = counts.start.tz_localize(None), counts.end.tz_localize(None)
    days = pd.date_range(first, end, inclusive="left")
    return float(season_factors(days[~days.to_period("M").isin(counts.missing)]).mean())


def _dispersion(
    group: pd.Series[int], n: pd.Series[float], n_groups: int, n_occasions: int
) -> np.ndarray[Any, Any]:
    """Give the variance over the mean of the counts on all occasions, at least 1."""
    total = np.bincount(group, weights=n, minlength=n_groups)
    squares = np.bincount(group, weights=n**2, minlength=n_groups)
    # Variance over mean with divisor D: (Σc²/D − (n/D)²) / (n/D) = Σc²/n − n/D.
    index = np.divide(squares, total, out=np.ones(n_groups), where=total > 0)
    return np.maximum(1.0, index - total / n_occasions)


def _gamma_priors(places: pd.DataFrame, weeks: float) -> pd.DataFrame:
    """Fit the gamma prior of each area by moments: mean m and variance between places s²."""
    rate = places["n"] / weeks
    noise = places["dispersion"] * places["n"] / weeks**2
    groups = places["area_id"]
    mean = rate.groupby(groups).mean()
    between = ((rate - groups.map(mean)) ** 2).groupby(groups).mean() - noise.groupby(groups).mean()
    # Without any difference beyond chance every place gets its area's mean.
    between = between.clip(lower=np.maximum(mean**2 * 1e-6, _LEAST_VARIANCE))
    mean = mean.clip(lower=1e-9)
    return pd.DataFrame({"shape": mean**2 / between, "rate": mean / between})


def check_intensity(intensity: object) -> None:
    """Raise `InputError` unless this is what `weekly_intensity` gives."""
    if not isinstance(intensity, Intensity):
        remedy = "Use hs.weekly_intensity(counts)."
        raise invalid("intensity", type(intensity).__name__, "an Intensity", remedy)


def own_weeks(counts: Counts) -> csr_array[Any, Any]:
    """Count, for each place and hour of the week, the different nights with an incident.

    Forty calls in one hour of one night say once that the place is busy then. Hours that occurred
    more often than others are scaled down.
    """
    once = replace(counts, table=counts.table.assign(n=1.0))
    factor = counts.exposure.to_numpy() / counts.exposure.mean()
    scale = np.divide(1.0, factor, out=np.zeros(HOURS), where=factor > 0)
    return csr_array(once.by("hour_of_week").multiply(scale[None, :]))
