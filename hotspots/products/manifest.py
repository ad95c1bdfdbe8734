"""How an analysis was made: inputs, settings, versions, and where every row went."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hotspots.products.folder import ANALYSIS
from hotspots.products.plan_files import plan_facts
from hotspots.tables import JUDGEMENTS

if TYPE_CHECKING:
    from hotspots.analysis import Analysis
    from hotspots.tables import Marking

_METHOD: Final = (
    "Places are counted by night and hour; the expected number of each place and hour of the week "
    "is a gamma-Poisson posterior with a Dirichlet-multinomial week, shrunk to the area and "
    "discounted for bursts; hotspots are sets of neighbouring places of at most hotspots.max_area "
    "with the band of hours that holds most of what is expected, ranked by harm: reports weigh as "
    "harm.weights say, and half as much after harm.half_life_weeks; place_q is the smallest "
    "Benjamini-Hochberg rate of its places by Gi* of nights with an incident, over the places of "
    "its area, by permutation; own_hours_p is a Gumbel tail of "
    "the maxima of a Poisson scan over circles and windows of the week, with the times of episodes "
    "dealt out again within each area; visits are chosen by a "
    "mixed-integer program that covers most harm to expect within what the teams can deliver."
)
_PACKAGES: Final = ("geopandas", "numba", "numpy", "pandas", "pyproj", "scipy", "shapely")


def make_manifest(analysis: Analysis, marking: Marking = "restricted") -> dict[str, Any]:
    """Say how an analysis was made: inputs, settings, versions, method, where every row went.

    Parameters
    ----------
    analysis : Analysis
        The finished analysis.
    marking : {"restricted", "partner"}
        Who may receive the folder.

    Returns
    -------
    dict
        Plain values, for JSON.
    """
    account = analysis.account
    rows: dict[str, Any] = {"read": sum(analysis.walk.values())}
    inputs: list[dict[Any, Any]] = []
    notes: list[str] = []
    if account is not None:
        inputs = account.files.to_dict("records")
        notes = list(account.notes)
        rows = {
            "read": account.n_rows,
            "accepted": account.n_accepted,
            "out_of_scope": account.by_reason("out_of_scope"),
            "rejected": account.by_reason("rejected"),
        }
    return {
        "format": ANALYSIS,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "marking": marking,
        "is_simulated": analysis.is_simulated,
        "tier": analysis.tier,
        "noun": analysis.noun,
        "period": {
            "start": analysis.counts.start.isoformat(),
            "end": analysis.counts.end.isoformat(),
            "weeks": analysis.counts.weeks,
            "recent_weeks": analysis.record.recent_weeks,
        },
        "inputs": inputs,
        "rows": rows,
        "accepted_rows": analysis.walk,
        "incidents_counted": analysis.counts.total,
        "episodes": analysis.n_episodes,
        "areas": analysis.areas["name"].to_dict(),
        "hotspots": len(analysis.hotspots),
        "tasks": len(analysis.tasks),
        "plan": plan_facts(analysis.plan, marking),
        "clusters": len(analysis.clusters),
        "short_lists": analysis.found.short["reason"].to_dict(),
        "judgements": _judgements(analysis, marking),
        "busiest_hours": {
            str(area_id): [int(number) for number in row]
            for area_id, *row in analysis.record.busiest_hours.itertuples()
        },
        "harm": {
            "weights": _weights(analysis, marking),
            "half_life_weeks": analysis.scores.half_life,
            "sensitivity": analysis.sensitivity.summary,
        },
        "forecast": _forecast(analysis),
        "high_risk_victims": len(analysis.victims.table) if marking == "restricted" else None,
        "previous": _previous(analysis),
        "since_last_list": list(analysis.review.words) if analysis.review is not None else [],
        "left_out": list(analysis.remarks(marking)),
        "notes": notes,
        "min_incidents": analysis.min_incidents.to_dict(),
        "method": _METHOD,
        "settings": analysis.settings.to_dict(),
        "versions": {
            "hotspots": metadata.version("asb-hotspots"),
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PACKAGES},
        },
    }


def _weights(analysis: Analysis, marking: Marking) -> dict[str, Any]:
    """Give the harm weights; who decided them is for the restricted edition alone."""
    weights = analysis.scores.weights.to_dict()
    return weights if marking == "restricted" else {**weights, "source": ""}


def _forecast(analysis: Analysis) -> dict[str, Any] | None:
    """Say which month was forecast, and how."""
    coming = analysis.forecast
    if coming is None:
        return None
    return {
        "start": coming.start.isoformat(),
        "end": coming.end.isoformat(),
        "method": coming.method,
        "level": coming.level,
        "tuned": dict(coming.tuned),
    }


def _judgements(analysis: Analysis, marking: Marking) -> list[dict[str, Any]]:
    """Give every judgement and its outcome, as far as the marking may carry them."""
    carried = JUDGEMENTS.for_audience(analysis.judgements, marking).drop(columns="geometry")
    plain = pd.DataFrame(carried).astype(object).where(carried.notna(), None).reset_index()
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]


def _previous(analysis: Analysis) -> dict[str, str] | None:
    """Say which list the analysis was compared with."""
    if analysis.review is None:
        return None
    last = analysis.review.last
    return {
        "made_at": last.made_at,
        "start": last.start.isoformat(),
        "end": last.end.isoformat(),
    }
