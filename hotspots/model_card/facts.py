"""What a run knows about itself, field by field of its model card, and nothing that it does not."""

from __future__ import annotations

import dataclasses
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from hotspots.settings import Settings
from hotspots.words import count, percent

if TYPE_CHECKING:
    from hotspots.analysis import Analysis
    from hotspots.risk import Spread
    from hotspots.tables import Marking

_PAGES: Final = "pages in the documentation of the package, folder docs"

_SAME: Final[dict[str, tuple[str, ...]]] = {
    "name": ("hotspots: a list of places and hours with anti-social behaviour",),
    "description": (
        (
            "The tool counts reports of anti-social behaviour by place, night and hour, estimates "
            "how many are to be expected a week, and lists for each area the places that can be "
            "walked, ranked by the harm to expect in their hours, and visits that fit the teams."
        ),
        (
            "It is used to discuss where officers and partners should be, and when. People decide; "
            "the list is one input."
        ),
    ),
    "detailed_description": (
        (
            "Records that are not reports of anti-social behaviour, or that police activity "
            "generated, are set aside and counted by reason. What is left is counted in squares "
            "or in areas of the user's. The expected number of each place and hour of the week is "
            "estimated, drawn towards its area as far as the data ask, and discounted for bursts. "
            "Neighbouring places grow to hotspots of a size that can be walked, each with a band "
            "of hours. They are ranked by harm: reports weigh as the user's weights say, recent "
            "ones more. Visits go to those with most harm to expect in each tour."
        ),
    ),
    "scope": (
        (
            "For: choosing places and hours for visible patrols, for problem solving with "
            "partners, and for questions to residents; seeing what changed; explaining why a "
            "street is, or is not, on the list."
        ),
        (
            "Not for: any score on a person, as a suspect, victim or caller; evidence in court; "
            "grounds for stop and search, or for any other power used on a person; the sole "
            "ground for a decision; judging officers or teams by falls and rises; calling a "
            "place that is not listed safe."
        ),
    ),
    "benefit": (
        (
            "The tool claims no benefit. It measures how much of later reports earlier lists held, "
            "where the last list is given; whether patrols reduced anything, a list cannot show."
        ),
    ),
    "process_integration": (
        "The list is advice for a meeting. Nothing follows from it without a decision there.",
    ),
    "provided_information": (
        (
            "A map, tables of hotspots and tasks, what the harm of each hotspot is made of "
            "(harm.csv), the spread of the list (spread.csv), and a manifest. Restricted only: the "
            "rows that could not be read, harm by kind of report, and, where it is asked for, "
            "people who were harmed and may need a call (victims.csv). Each hotspot has its hours, "
            "the expected number with a range, how many nights it rests on, and a reason in words."
        ),
    ),
    "human_decisions_and_review": (
        (
            "Analysts can exclude, pin, merge, split and rename, each time with a reason, an "
            "author and a last day; a judgement that has expired stops the run."
        ),
    ),
    "required_training": (
        (
            "Readers must know that reports are not suffering, that ranks whose ranges overlap "
            "are not different, and that high places fall by themselves: see responsible-use.md, "
            f"method.md and bias.md ({_PAGES})."
        ),
    ),
    "appeals_and_review": (
        (
            "A listing can be challenged: analysis.explain(place) says for any place why it is, "
            "or is not, on the list, with its counts, and what would change it. A wrong listing "
            "is corrected by a judgement, which stands in the manifest until it expires. A place "
            "is listed by its reports, or by a judgement; nobody is named."
        ),
    ),
    "system_architecture": (
        (
            "A Python package that runs on one computer or on the user's own cluster, without "
            "internet. It reads files or a database of the user's and writes a folder; it keeps "
            "nothing, and learns nothing from one run for the next but what is given as the last "
            "list."
        ),
    ),
    "models": ("One statistical model, below; no neural network and no generative model.",),
    "model_name": ("Weekly intensity and hotspots (weekly_intensity, find_hotspots)",),
    "model_task": (
        (
            "Expect the number of reports of each place and hour of a usual week, and rank sets of "
            "neighbouring places by what those reports weigh."
        ),
    ),
    "harm": (
        (
            "If a place is listed wrongly: its residents and those who spend time there are "
            "watched more than others, and may be stopped more often; the reports that this "
            "brings may keep it on the list."
        ),
        (
            "If a place is left out wrongly: people who are harmed there, and do not report or "
            "are not recorded, get less help. They are more often those who do not trust the "
            "police."
        ),
        "Teams lose time, and a meeting may take a fall by chance for success.",
    ),
    "risks": (
        (
            "Feedback: visits lead to reports, and reports to visits. Mitigation: records that "
            "police activity generated are set aside; the spread says how much repeats beside "
            "what a world without change would repeat, and what share of visits explores. Left "
            "over: reports that residents make because officers are there."
        ),
        (
            "Unequal reporting. Mitigation: the spread by groups, and areas that report little "
            "against their neighbours, which are never called low in risk. Left over: groups "
            "that are silent everywhere cannot be seen in reports."
        ),
        (
            "Small numbers and chance. Mitigation: ranges, nights, shrinkage, false discovery "
            "rates. Left over: ranks in the middle of a list are close."
        ),
        (
            "One caller or one default point of a system. Mitigation: marked, and no patrol "
            "planned for one caller."
        ),
        (
            "Identifying a household. Mitigation: no points and no identifiers in products, a "
            "marking on each, no public edition. Left over: a hotspot of few addresses."
        ),
        "Displacement: not measured by the list. Watch the neighbours of a hotspot.",
    ),
    "data_cleaning": (
        (
            "Every row is accepted, out of scope or rejected, with a reason; nothing is corrected "
            "silently and none is lost. Times are read as London time, points moved to the "
            "British National Grid."
        ),
    ),
    "maintenance": ("Versions and changes stand in CHANGELOG.md of the package.",),
}
"""What is true of every run of this version."""


def facts_of(analysis: Analysis, spread: Spread, marking: Marking) -> dict[str, tuple[str, ...]]:
    """Give what a run knows, by key of the field.

    Parameters
    ----------
    analysis : Analysis
        The finished analysis.
    spread : Spread
        How its list spreads.
    marking : {"restricted", "partner"}
        Who may receive the card.

    Returns
    -------
    dict of str to tuple of str
        Paragraphs by key; no key of a field of which the run knows nothing.
    """
    return {
        **_SAME,
        "frequency_and_scale_of_usage": (
            (
                f"This run lists {count(len(analysis.hotspots), 'hotspot')} in "
                f"{count(len(analysis.areas), 'area')}, with "
                f"{int(analysis.tasks['visits_per_week'].sum()):,} planned visits a week."
            ),
        ),
        "model_version": (
            (
                f"hotspots {metadata.version('asb-hotspots')} (Python "
                f"{platform.python_version()}; versions of libraries in manifest.json)"
            ),
        ),
        "model_input": (_input(analysis),),
        "model_output": (
            (
                "Hotspots with hours, the harm and the reports to expect a week, each with a "
                f"{percent(analysis.settings.hotspots.interval)} range; a forecast of the coming "
                "month; visits a week by tour."
            ),
        ),
        "model_architecture": _methods(analysis),
        "model_performance": _performance(analysis),
        "source_data_name": (
            (
                f"{', '.join(analysis.counts.sources) or 'not said'}; files and checksums in "
                "manifest.json"
            ),
        ),
        "data_modality": ("Table of records, a row a report or a counted cell.",),
        "data_description": (
            (
                f"{analysis.noun[0].upper()}{analysis.noun[1:]}, {analysis.period}, "
                f"{analysis.tier}: " + _TIERS[analysis.tier]
            ),
        ),
        "data_quantities": _quantities(analysis),
        "sensitive_attributes": (
            (
                "Whether a report is flagged as of somebody vulnerable, or as a repeat, makes it "
                "weigh more, and so moves ranks; no other attribute of a person does. A pseudonym "
                "of the caller, where there is one, is used to see repeats; it is in no product "
                "but the restricted victims.csv, which is written only where it is asked for. "
                "Groups of small areas, where they are given, are used in the spread alone."
            ),
        ),
        "data_completeness_and_representativeness": (
            (
                "Reports are not suffering: who does not report is not in the data. "
                + _missing(analysis)
            ),
        ),
        "run_settings": _settings(analysis),
        "run_spread": spread.words,
        "run_judgements": (_judgements(analysis),),
        "run_left_out": analysis.remarks(marking) or ("Nothing.",),
        "run_marking": (_MARKINGS[marking],),
    }


_TIERS: Final = {
    "timed": "date and clock time are known.",
    "monthly": "only the month is known, so nothing is said of hours or nights.",
}
_MARKINGS: Final[dict[str, str]] = {
    "restricted": "Restricted: for those inside the organisation who plan visits.",
    "partner": "Partner: for partners under an agreement, without restricted columns and files.",
    "public": "Public: there is no such edition.",
}


def _input(analysis: Analysis) -> str:
    counts = analysis.counts
    return (
        f"Counts of {counts.total:,.0f} {analysis.noun} in {count(len(counts.places), 'place')} "
        f"over {counts.weeks:.1f} weeks."
    )


def _methods(analysis: Analysis) -> tuple[str, ...]:
    """Name the methods that ran, with their pages."""
    coming = analysis.forecast
    methods = [
        (
            "Gamma-Poisson totals and Dirichlet-multinomial weeks, pooled by area; hotspots grown "
            "over neighbours with a band of hours; visits by the harm to expect in each tour: "
            "method.md."
        ),
        "Harm of reports by weights, recent ones counting more (score_risk): risk-score.md.",
        "Surroundings of places (place_q), Getis-Ord Gi*: getis-ord.md.",
    ]
    if coming is not None:
        factor = coming.tuned.get("season_factor")
        season = "" if factor is None else f", times {factor:.2f} for London's season"
        methods.append(f"Forecast of the coming month ({coming.method}{season}): forecast.md.")
    if analysis.scan is not None:
        methods.append("Hours of their own (own_hours_p), scan of the week: scan-week.md.")
    if len(analysis.clusters):
        methods.append("Clusters in place and week, WeekDBSCAN: method.md.")
    if analysis.review is not None:
        methods.append("Comparison with the last list: what-changed.md.")
    if len(analysis.judgements):
        methods.append("Judgements of analysts: judgements.md.")
    return (*methods, "Spread of the list, repeats, low reporting: bias.md.")


_ON_SIMULATED: Final = (
    "Where the truth is known, on a simulated year: method.md. That says that the method does what "
    "it says, not that it will do so here."
)


def _performance(analysis: Analysis) -> tuple[str, ...]:
    if analysis.review is None:
        return (
            (
                "Not measured in this run: no last list was given, so nothing is known of how it "
                "does on reports that it has not seen. Give the last run (--previous)."
            ),
            _ON_SIMULATED,
        )
    return (*analysis.review.words, _ON_SIMULATED)


def _quantities(analysis: Analysis) -> tuple[str, ...]:
    account = analysis.account
    if account is None:
        n = sum(analysis.walk.values())
        rows = f"{n:,} rows of a table in memory; what was left out before is not known."
        return (rows, _walk(analysis))
    said = [f"{account.n_rows:,} rows were read, {account.n_accepted:,} accepted."]
    for outcome, words in (("out_of_scope", "Out of scope"), ("rejected", "Rejected")):
        reasons = account.by_reason(outcome)
        listed = ", ".join(f"{n:,} {reason}" for reason, n in reasons.items())
        said.append(f"{words}: {listed or 'none'}.")
    police = account.by_reason("out_of_scope").get("police_generated", 0)
    said.append(f"Set aside because police activity generated them: {police:,}.")
    return (*said, _walk(analysis))


def _walk(analysis: Analysis) -> str:
    return (
        "Of the accepted rows: "
        + ", ".join(f"{n:,} {where}" for where, n in analysis.walk.items())
        + "."
    )


def _missing(analysis: Analysis) -> str:
    n = len(analysis.counts.missing)
    if n == 0:
        return "No month of the period is without data."
    return f"{count(n, 'month')} of the period without data are left out of every rate."


def _settings(analysis: Analysis) -> tuple[str, ...]:
    """Say which settings differ from the defaults."""
    usual: dict[str, Any] = dataclasses.asdict(Settings())
    changed = [
        f"{section}.{name} = {value} (usual: {usual[section][name]})"
        for section, values in analysis.settings.to_dict().items()
        for name, value in values.items()
        if value != usual[section][name]
    ]
    weights = analysis.scores.weights
    said = tuple(changed) or ("All at their defaults (settings.md); listed in manifest.json.",)
    return (
        *said,
        f"Harm weights '{weights.name}', version {weights.version}; listed in manifest.json.",
        *((analysis.sensitivity.summary,) if len(analysis.hotspots) else ()),
    )


def _judgements(analysis: Analysis) -> str:
    """Count judgements by action; who decided what stands in the restricted manifest."""
    table = analysis.judgements
    if len(table) == 0:
        return "None were given."
    applied = int(table["is_applied"].sum())
    kinds = ", ".join(
        f"{n} {kind}" for kind, n in table["action"].value_counts().sort_index().items()
    )
    return f"{applied} of {count(len(table), 'judgement')} applied ({kinds})."
