"""What a backtest found: tables, a picture, and the differences to the plain count in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hotspots.errors import InputError
from hotspots.words import count

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLAIN: Final = "plain"
"""The method that every other one is compared with."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """How forecasts of the past would have done.

    Parameters
    ----------
    table : DataFrame
        A row a method, origin and share of land, all areas together: `hit_rate` (share of what came
        that was in the selected places, 0–1), `best` (the largest possible), `pai` (hit rate over
        the share of land), `pei` (hit rate over the best), `expected` and `actual` (incidents in
        the selected places).
    summary : DataFrame
        A row a method and share: the means of `hit_rate`, `best`, `pai` and `pei` over the origins
        with incidents, and `ratio`, what came in the selected places over what was expected there,
        all origins together, those without incidents, too.
    areas : DataFrame
        A row a method, area and share of the area's own land, all origins together: `n` incidents,
        `hit_rate`, `best`, `pai`, `pei`.
    differences : DataFrame
        A row a share and method other than the plain count: its `hit_rate` and that of `plain`,
        means over the origins; `difference` with `low` and `high`; `ratio` with `ratio_low` and
        `ratio_high`.
    calibration : DataFrame
        A row a method and group of places, all origins together: "all", "tenth 1" (the many places
        of which least is expected) to "tenth 10", and "top 0.01" and so on. `places` (mean number
        an origin), `expected`, `actual`, `ratio` (actual over expected), `coverage` (share of
        places whose count was in its interval), `stated` (the share by the forecast itself, which
        is more than the level because counts are whole) and `central` (share of counts in the
        central part of their distribution, which is the level if the forecast is calibrated).
    scores : DataFrame
        A row a method and origin: `start` and `end` of the step, `expected` and `actual` incidents,
        `coverage`, and the mean logarithm of the probability of what came, `log_poisson` and
        `log_negative_binomial` (nearer to 0 is better).
    stability : DataFrame
        A row a method and origin but the first: `overlap` of the list with that of the origin
        before, rank-biased, 0–1.
    step : {"month", "week"}
        What was forecast.
    land_m2 : float
        All land, square metres.
    level : float
        Of the intervals of forecasts and of differences.
    n_blocks : int
        Squares of 2 km with places, which the intervals of differences are drawn from.
    """

    table: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame = field(repr=False)
    areas: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)
    calibration: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    stability: pd.DataFrame = field(repr=False)
    step: str
    land_m2: float
    level: float
    n_blocks: int

    def __repr__(self) -> str:
        """Answer the first questions: what was tried, how often, on how much land."""
        methods = ", ".join(self.summary.index.unique(level="method"))
        n_origins = self.scores.index.unique(level="origin").size
        return (
            f"<Backtest: {methods}; {count(n_origins, self.step)} forecast, "
            f"{self.land_m2 / 1e6:,.1f} km² of land>"
        )

    def __str__(self) -> str:
        """Give the hit rates as a table, and what they are ahead of the plain count."""
        hits = 100 * self.summary["hit_rate"].unstack("share")
        names = _percents(hits.columns)
        hits.loc["best possible"] = 100 * self.summary["best"].loc[PLAIN]
        shown = hits.rename(columns=names).round(2).to_string()
        lines = [repr(self), "Incidents in the top shares of land, percent:", shown]
        if len(self.differences):
            lines.append(f"Ahead of the plain count, percentage points ({self.level:g} interval):")
            ahead = 100 * self.differences[["difference", "low", "high"]]
            is_drawn = bool(ahead["low"].notna().any())
            said = [
                f"{each:+.2f} ({low:+.2f} to {high:+.2f})" if is_drawn else f"{each:+.2f}"
                for each, low, high in ahead.itertuples(index=False)
            ]
            table = ahead.assign(said=said)["said"].unstack("share")
            lines.append(table.rename(columns=names).to_string())
        return "\n".join(lines)

    def plot(self) -> Figure:
        """Draw hit rates beside the best possible, and how often counts were as sure as stated.

        Returns
        -------
        Figure
            Of matplotlib; save it with `.savefig(path)`.

        Raises
        ------
        InputError
            If matplotlib is not installed (the extra `plot`).
        """
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415 (an extra)
        except ImportError as error:
            msg = (
                "Drawing needs 'matplotlib', which is not there. Must be installed. Use pip "
                'install "asb-hotspots[plot]".'
            )
            raise InputError(msg) from error
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        self._draw_hits(left)
        self._draw_coverage(right)
        return figure

    def _draw_hits(self, axes: Axes) -> None:
        rates: Any = 100 * self.summary["best"].loc[PLAIN]
        percent = 100 * rates.index.to_numpy(dtype=float)
        axes.plot(percent, rates, color="0.6", linestyle="--", label="best possible")
        for method, rows in self.summary["hit_rate"].groupby(level="method", sort=False):
            axes.plot(percent, 100 * rows.to_numpy(), marker="o", markersize=3, label=str(method))
        axes.set(xscale="log", xlabel="share of land, %", ylabel="share of incidents, %")
        axes.set_xticks(percent, [f"{share:g}" for share in percent], minor=False)
        axes.set_xticks([], minor=True)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)

    def _draw_coverage(self, axes: Axes) -> None:
        axes.axhline(100 * self.level, color="0.6", linestyle="--", label="asked for")
        is_tenth = self.calibration.index.get_level_values("group").str.startswith("tenth")
        for method, rows in self.calibration[is_tenth].groupby(level="method", sort=False):
            tenth = [int(group.split()[1]) for group in rows.index.get_level_values("group")]
            held: Any = 100 * rows["central"].to_numpy()
            axes.plot(tenth, held, marker="o", markersize=3, label=str(method))
        axes.set(
            xlabel="tenth of what is expected, quiet to busy",
            ylabel="counts in the central part, %",
        )
        axes.set_xticks(range(1, 11))
        axes.legend(frameon=False)


def _percents(shares: pd.Index[Any]) -> dict[float, str]:
    """Say shares in percent, with three digits or as many as tell them apart."""
    for digits in range(3, 16):
        names = {share: f"{100 * share:.{digits}g} %" for share in shares}
        if len(set(names.values())) == len(names):
            break
    return names
