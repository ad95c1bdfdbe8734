"""How much harm to expect in each place and week, and how sure that is.

The gamma–Poisson model of the weekly intensity, kind by kind: reports of each kind have a rate of
their own, drawn towards the mix of the place's area, and harm is the sum of the rates times what a
report of the kind weighs. So it is additive in reports.
"""

from __future__ import annotations

import difflib
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import gamma

from hotspots.counts import run
from hotspots.errors import HotspotsWarning, InputError
from hotspots.incidents import load_codes
from hotspots.risk.harm import HarmWeights, as_weights
from hotspots.risk.harm_counts import HarmCounts, HarmTask, added_up
from hotspots.risk.intensity import check_intensity
from hotspots.risk.recency import HALF_LIFE, check_half_life, in_period, recency, row_weights

if TYPE_CHECKING:
    from os import PathLike

    from hotspots.counts import Counts
    from hotspots.counts.counting import Incidents
    from hotspots.risk.intensity import Intensity

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.int64]]

_ALIKE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class HarmIntensity:
    """The expected harm of each place a week.

    Parameters
    ----------
    intensity : Intensity
        The weekly intensity that it rests on: priors, dispersions and hours are taken from it.
    counted : HarmCounts
        Reports by place, day and kind.
    weights : HarmWeights
        What a report of each kind weighs.
    half_life : float or None
        Weeks after which a report counts half; None if all count alike.
    places : DataFrame
        One row a place, index `place_id`: `harm_per_week` (harm points, any hour), `harm_variance`
        (of what is known of it), `reports_per_week` (recent ones counting more), `harm_per_report`
        (their ratio, drawn towards the area's), and what harm is made of: `prior` and `own_history`
        (all reports counting alike) and `recency` (what is added or taken by counting recent ones
        more), which add up to `harm_per_week`.
    mix : DataFrame
        Share of each kind in the reports of each area: index `area_id`, a column a kind.
    """

    intensity: Intensity
    counted: HarmCounts
    weights: HarmWeights
    half_life: float | None
    places: pd.DataFrame
    mix: pd.DataFrame

    def harm_per_week(self, positions: Integers, hours: Flags | None = None) -> Floats:
        """Give the expected harm a week of each place of a set, by which sets can be ranked.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in the places of the counts.
        hours : bool array (168,), optional
            Hours of the week; all by default. Without effect on monthly data.

        Returns
        -------
        array of float (n,)
            Harm points a week; the set has their sum. The hours are those of the set.
        """
        total = self.places["harm_per_week"].to_numpy()[positions]
        return np.asarray(total * self.share_in(positions, hours))

    def interval(
        self, positions: Integers, hours: Flags | None, level: float
    ) -> tuple[float, float]:
        """Give the interval in which the expected harm a week of a set of places lies.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in the places of the counts.
        hours : bool array (168,) or None
            Hours of the week; None for all of them.
        level : float
            Probability, above 0 and below 1, with equal tails.

        Returns
        -------
        low, high : float
            Harm points a week. It is of the weekly mean, not of what one week will bring.
        """
        harm = self.places["harm_per_week"].to_numpy()[positions]
        variance = self.places["harm_variance"].to_numpy()[positions]
        share = self.share_in(positions, hours)
        mean = float(harm.sum() * share)
        week = self.intensity.set_week(positions)
        unknown_week = 0.0
        if hours is not None and week is not None:
            unknown_week = share * (1 - share) / (week.weight + week.n + 1)
        total = float(variance.sum())
        spread = total * share**2 + (float(harm.sum()) ** 2 + total) * unknown_week
        return gamma_interval(mean, spread, level)

    def by_kind(self, positions: Integers, hours: Flags | None = None) -> Floats:
        """Give the reports to expect a week in a set of places, by kind.

        Parameters
        ----------
        positions : array of int (n,)
            Positions in the places of the counts.
        hours : bool array (168,), optional
            Hours of the week; all by default.

        Returns
        -------
        array of float (n_kinds,)
            Times the weights of the kinds, this adds up to `harm_per_week`.
        """
        part = self.model.iloc[positions]
        scale = self.share_in(positions, hours) / part["recent_rate"].to_numpy()
        own = (scale / part["dispersion"].to_numpy()) @ self.recent[positions]
        of_area = self.mix.to_numpy()[self.mix.index.get_indexer(pd.Index(part["area_id"]))]
        return np.asarray(own + (scale * part["prior_shape"].to_numpy()) @ of_area)

    def share_in(self, positions: Integers, hours: Flags | None) -> float:
        """Give the share of a set's week in some hours, 0–1; 1 for all, and for monthly data."""
        week = self.intensity.set_week(positions) if hours is not None else None
        return 1.0 if week is None else float(week.share[hours].sum())

    @cached_property
    def model(self) -> pd.DataFrame:
        """The hyper-parameters of each place, which one more report does not change."""
        return _model(self.intensity, self.half_life)

    @cached_property
    def recent(self) -> csr_array[Any, Any]:
        """Reports by place and kind, recent ones counting more."""
        return _matrix(self.counted, self.intensity.counts, self.half_life)

    def __repr__(self) -> str:
        """Answer the first questions: how much, where, by which weights."""
        recency = "none" if self.half_life is None else f"half after {self.half_life:g} weeks"
        return (
            f"<HarmIntensity: {self.places['harm_per_week'].sum():,.1f} harm points a week in "
            f"{len(self.places):,} places; weights '{self.weights.name}' {self.weights.version}; "
            f"recency: {recency}>"
        )


def weekly_harm(
    intensity: Intensity,
    incidents: Incidents | HarmCounts,
    *,
    weights: str | PathLike[str] | HarmWeights | None = None,
    half_life: float | None = HALF_LIFE,
) -> HarmIntensity:
    """Estimate how much harm to expect in each place a week.

    Parameters
    ----------
    intensity : Intensity
        What `weekly_intensity` estimated from counts.
    incidents : GeoDataFrame, Reading, Dataset, path or HarmCounts
        The incidents that were counted, or what `HarmTask` has counted of them.
    weights : path or HarmWeights, optional
        What a report weighs, or a file for `read_harm_weights`; by default the documented
        starting point.
    half_life : float, optional
        Weeks after which a report counts half, above 0; None if all count alike.

    Returns
    -------
    HarmIntensity
        `.places` has a row a place; `.harm_per_week(positions, hours)` gives any set of places.

    Raises
    ------
    InputError
        If the incidents are other than those counted, or an option is not allowed.

    Warns
    -----
    HotspotsWarning
        If no report has a type, or the weights name a heading that is neither the Met's nor in the
        data.

    Notes
    -----
    A report i of kind k weighs w. Reports of kind k come to a place at a rate with a gamma prior of
    shape a·π and rate b, where a and b are those of the place's area in `weekly_intensity` and π is
    the share of the kind in the area's reports. A report of age t counts u = ½^(t / half-life), and
    so does the exposure, T = Σ u over the weeks of the period (with a season, times its factor).
    With the dispersion d of the place the rate of a kind is then gamma distributed with shape
    Σ u / d + a·π and rate T / d + b, and the harm a week, the sum over kinds of rate × w, has

        mean (Σᵢ wᵢ uᵢ / d + a·w̄) / (T / d + b), variance (Σᵢ wᵢ² uᵢ / d + a·w̄₂) / (T / d + b)²,

    where w̄ and w̄₂ are the area's mean weight and mean squared weight of a report. One report of all
    areas is added to the mix of each, so that an area without any has one. With all weights 1 and
    no recency the mean is that of `weekly_intensity`. For data by month a report has the mean u of
    its month. Discounting older reports and exposure alike is what a rate that drifts asks for
    (Smith and Miller 1986). O(rows + places × kinds).

    Caveats
    -------
    The hours of a place are those of all its reports: that its personal reports come at other hours
    than its noise is not known here. The prior is that of the whole period. How much the mixes of
    places differ is not estimated: a place's mix is as much its own as its number of reports is.

    References
    ----------
    Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
    use in disease mapping. Biometrics 43(3). doi:10.2307/2532003
    Smith, R. L., Miller, J. E. (1986). A non-Gaussian state space model and application to
    prediction of records. Journal of the Royal Statistical Society B 48(1).

    Examples
    --------
    >>> import hotspots as hs
    >>> calls = hs.simulate_incidents(5000, boroughs=["Camden"], rng=1).incidents
    >>> counts = hs.count_incidents(calls, hs.make_grid(hs.load_boroughs().loc[["E09000007"]]))
    >>> harm = weekly_harm(hs.weekly_intensity(counts), calls)
    >>> harm.places["harm_per_week"].idxmax() in counts.places.index
    True
    """
    weights = as_weights(weights)
    check_half_life(half_life)
    check_intensity(intensity)
    counts = intensity.counts
    if not isinstance(incidents, HarmCounts):
        incidents = added_up(run(incidents, HarmTask.build(counts))[0])
    _check_same(incidents, counts)
    _warn(incidents.kinds, weights)
    mix = _mixes(_matrix(incidents, counts, None), intensity.places["area_id"])
    return estimate(intensity, incidents, weights, half_life, mix)


def estimate(
    intensity: Intensity,
    counted: HarmCounts,
    weights: HarmWeights,
    half_life: float | None,
    mix: pd.DataFrame,
) -> HarmIntensity:
    """Estimate the harm of each place with all hyper-parameters given; see `weekly_harm`."""
    counts = intensity.counts
    model = _model(intensity, half_life)
    plain = _matrix(counted, counts, None)
    recent = plain if half_life is None else _matrix(counted, counts, half_life)
    of_area = mix.index.get_indexer(pd.Index(model["area_id"]))
    weight = weights.of(counted.kinds)
    a, d = model["prior_shape"].to_numpy(), model["dispersion"].to_numpy()
    prior_harm = a * (mix.to_numpy() @ weight)[of_area]
    rate, recent_rate = model["plain_rate"].to_numpy(), model["recent_rate"].to_numpy()
    prior = prior_harm / rate
    own_history = (plain @ weight) / d / rate
    harm = ((recent @ weight) / d + prior_harm) / recent_rate
    squares = (recent @ weight**2) / d + a * (mix.to_numpy() @ weight**2)[of_area]
    reports = (np.asarray(recent.sum(axis=1)).ravel() / d + a) / recent_rate
    places = pd.DataFrame(
        {
            "harm_per_week": harm,
            "harm_variance": squares / recent_rate**2,
            "reports_per_week": reports,
            "harm_per_report": harm / reports,
            "prior": prior,
            "own_history": own_history,
            "recency": harm - prior - own_history,
        },
        index=intensity.places.index,
    )
    return HarmIntensity(intensity, counted, weights, half_life, places, mix)


def gamma_interval(mean: float, variance: float, level: float) -> tuple[float, float]:
    """Give the interval, equal tails, of a gamma distribution with a mean and a variance.

    Examples
    --------
    >>> low, high = gamma_interval(1.0, 1.0, 0.9)  # exponential: −log 0.95 and −log 0.05
    >>> round(low, 4), round(high, 4)
    (0.0513, 2.9957)
    """
    if mean <= 0 or variance <= 0:
        return float(mean), float(mean)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    ends = np.asarray(gamma.ppf(tails, mean**2 / variance, scale=variance / mean))
    return float(ends[0]), float(ends[1])


def _check_same(counted: HarmCounts, counts: Counts) -> None:
    """Refuse incidents that are not those of the counts."""
    rows = in_period(counted.places, counts)
    n = np.bincount(rows["place"], weights=rows["n"], minlength=len(counts.places))
    if len(n) != len(counts.places) or np.abs(n - counts.totals()).max(initial=0) > _ALIKE:
        msg = (
            f"Invalid incidents '{n.sum():,.0f} in the places'. Must be the {counts.total:,.0f} "
            "that were counted. Give the same incidents to count_incidents and here."
        )
        raise InputError(msg)


def _warn(kinds: pd.DataFrame, weights: HarmWeights) -> None:
    if len(kinds) and kinds["asb_type"].isna().all():
        warnings.warn(
            "No report has a type, so types do not tell harm apart: each weighs "
            f"{weights.unknown:g} before headings and flags. Read a column of types if there is "
            "one.",
            HotspotsWarning,
            stacklevel=3,
        )
    known = {code.value for code in load_codes().values() if code.role == "heading"}
    known |= set(kinds["heading"].dropna())
    for name in sorted(set(weights.headings) - known):
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        warnings.warn(
            f"The harm weights name the heading '{name}', which is not the Met's and which no "
            f"report has: it has no effect.{hint}",
            HotspotsWarning,
            stacklevel=3,
        )


def _matrix(counted: HarmCounts, counts: Counts, half_life: float | None) -> csr_array[Any, Any]:
    """Add up reports by place and kind, each as much as its day counts."""
    rows = in_period(counted.places, counts)
    return csr_array(
        (row_weights(rows, counts, half_life), (rows["place"].to_numpy(), rows["kind"].to_numpy())),
        shape=(len(counts.places), len(counted.kinds)),
    )


def _model(intensity: Intensity, half_life: float | None) -> pd.DataFrame:
    """Give area, dispersion and prior of each place, and its rate without and with recency."""
    places = intensity.places
    d = places["dispersion"]
    # What the intensity adds to the place's own evidence is the prior of its area.
    prior_shape = (places["shape"] - places["n"] / d).clip(lower=0.0)
    prior_rate = (places["rate"] - intensity.weeks / d).clip(lower=0.0)
    _, recent_weeks = recency(intensity.counts, half_life, season=intensity.season)
    return pd.DataFrame(
        {
            "area_id": places["area_id"],
            "dispersion": d,
            "prior_shape": prior_shape,
            "plain_rate": places["rate"],
            "recent_rate": places["rate"] if half_life is None else recent_weeks / d + prior_rate,
        }
    )


def _mixes(plain: csr_array[Any, Any], area: pd.Series[Any]) -> pd.DataFrame:
    """Give the share of each kind in the reports of each area."""
    group, names = pd.factorize(area, sort=True)
    to_area = csr_array(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(names), len(group))
    )
    own = (to_area @ plain).toarray()
    overall = own.sum(axis=0)
    overall = overall / overall.sum() if overall.sum() > 0 else np.ones_like(overall)
    shares = (own + overall) / (own.sum(axis=1, keepdims=True) + 1)
    return pd.DataFrame(shares, index=pd.Index(names, name="area_id"))
