"""The fields of a model card: those of the Algorithmic Transparency Recording Standard, and ours.

The keys and titles are those of the standard's template, version 2.1 (Department for Science,
Innovation and Technology). What only an organisation can know is a question to it, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCHEMA: Final = "hotspots model card 1"
"""What the JSON of a card says first."""

STANDARD: Final = (
    "Algorithmic Transparency Recording Standard (UK Government), fields of template version 2.1; "
    "compare with the current template before publishing"
)

ORGANISATION: Final = "the organisation that uses the list"
_DATA: Final = "the data protection officer"
_SECURITY: Final = "whoever keeps the data"


@dataclass(frozen=True)
class Field:
    """One field of a card.

    Parameters
    ----------
    key : str
        What an answer is filed under.
    title : str
        What the card calls it.
    question : str
        What only the organisation can answer; "" where the run knows all.
    by : str
        Who can answer it.
    """

    key: str
    title: str
    question: str = ""
    by: str = ORGANISATION


SECTIONS: Final[dict[str, tuple[Field, ...]]] = {
    "Tier 1: Overview": (
        Field("name", "Name"),
        Field("description", "Description"),
        Field("website", "URL of the website", "Where can the public read about this use?"),
        Field("contact_email", "Contact email", "Which shared address answers questions?"),
    ),
    "Tier 2: Owner and responsibility": (
        Field("organisation", "Organisation or department", "Which body carries responsibility?"),
        Field("team", "Team", "Which team carries responsibility?"),
        Field(
            "senior_responsible_owner",
            "Senior responsible owner",
            "Which role (no name) answers for the use of the list?",
        ),
        Field(
            "external_supplier_involvement",
            "External supplier involvement",
            "Does anybody outside run, host or change this software for you? If so: supplier, "
            "Companies House number, role, procurement procedure, terms of access to data.",
        ),
    ),
    "Tier 2: Description and rationale": (
        Field("detailed_description", "Detailed description"),
        Field("scope", "Scope: what it is for, and what it is not for"),
        Field("benefit", "Benefit", "Which benefit do you expect, and how will you measure it?"),
        Field("previous_process", "Previous process", "How were places chosen before?"),
        Field(
            "alternatives_considered",
            "Alternatives considered",
            "Which other ways were considered, and why were they not taken?",
        ),
    ),
    "Tier 2: Decision-making process": (
        Field(
            "process_integration",
            "Process integration",
            "At which meeting is the list discussed, and what else is on the table there?",
        ),
        Field("provided_information", "Provided information"),
        Field(
            "frequency_and_scale_of_usage",
            "Frequency and scale of usage",
            "How often is a list made, and how many visits follow from it?",
        ),
        Field(
            "human_decisions_and_review",
            "Human decisions and review",
            "Which role decides on visits, and who may overrule the list?",
        ),
        Field(
            "required_training",
            "Required training",
            "What must those who make, read and act on the list have learnt?",
        ),
        Field(
            "appeals_and_review",
            "Appeals and review",
            "To whom does a resident turn who disagrees, and how long does an answer take?",
        ),
    ),
    "Tier 2: Tool specification": (
        Field("system_architecture", "System architecture"),
        Field("phase", "Phase", "Is this a trial, in use, or retired, and since when?"),
        Field("maintenance", "Maintenance", "Who updates the software, and checks it afterwards?"),
        Field("models", "Models"),
    ),
    "Tier 2: Model specification": (
        Field("model_name", "Model name"),
        Field("model_version", "Model version"),
        Field("model_task", "Model task"),
        Field("model_input", "Model input"),
        Field("model_output", "Model output"),
        Field("model_architecture", "Model architecture"),
        Field("model_performance", "Model performance"),
    ),
    "Tier 2: Data specification": (
        Field("source_data_name", "Source data name"),
        Field("data_modality", "Data modality"),
        Field("data_description", "Data description"),
        Field("data_quantities", "Data quantities"),
        Field("sensitive_attributes", "Sensitive attributes"),
        Field(
            "data_completeness_and_representativeness",
            "Data completeness and representativeness",
            "Which channels and groups are known to be missing from these records?",
        ),
        Field(
            "source_data_url", "Source data URL", "Is the source published? If so, where?", _DATA
        ),
        Field("data_collection", "Data collection", "For what were the records collected?", _DATA),
        Field("data_cleaning", "Data cleaning"),
        Field(
            "data_sharing_agreements",
            "Data sharing agreements",
            "Under which agreements are the records and the list shared?",
            _DATA,
        ),
        Field(
            "data_access_and_storage",
            "Data access and storage",
            "Who has access, where are records and lists kept, and for how long?",
            _SECURITY,
        ),
    ),
    "Tier 2: Risks, mitigations and impact assessments": (
        Field(
            "impact_assessments",
            "Impact assessments",
            "Which assessments were made (data protection, equality, human rights), when, and "
            "where can they be read?",
            _DATA,
        ),
        Field("harm", "Who is harmed if it is wrong"),
        Field("risks", "Risks and mitigations", "Which risks of your own do you see?"),
    ),
    "This run": (
        Field("run_settings", "Settings"),
        Field("run_spread", "Bias and feedback"),
        Field("run_judgements", "Judgements of analysts"),
        Field("run_left_out", "What was left out"),
        Field("run_marking", "Marking"),
    ),
}
"""The fields by section, in the order of the card."""

FIELDS: Final = {field.key: field for fields in SECTIONS.values() for field in fields}
"""The fields by key."""
