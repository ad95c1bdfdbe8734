"""Which records police activity generated, by the words in which a source says so.

A patrol, a plan or a stop leaves a record where the police were, not where somebody was harmed. If
such records fed a list, patrols would justify themselves. So they are set aside, whatever the
source: by code, by channel, or because the whole file is of stops and searches.
"""

from __future__ import annotations

import re
from typing import Final

from hotspots.incidents.codes import load_codes

POLICE_GENERATED: Final = "police generated"
"""The value of the codes of police-generated records."""

_BY: Final = r"(?:police|officers?|pcs?|pcsos?|patrols?|self|resources?|units?|snt)"
_DONE: Final = (
    r"(?:generated|initiated|originated|instigated|created|raised|observed|witnessed|discovered"
    r"|led)"
)
_ACTIVITY: Final = re.compile(
    rf"\b{_BY} (?:{_DONE}|activity|operations?|patrols?|initiative)\b"
    rf"|\b{_DONE} by (?:an? |the )?{_BY}\b"
    r"|\bstops? (?:and |or )?search(?:e[sd])?\b"
    r"|^(?:person|vehicle|person and vehicle) search$"
    r"|\bpre planned (?:event|operation)|\bpro ?active(?:ly)?\b|\bon view\b|\b(?:on|foot) patrol\b"
)
# What says who, and only in a column of channels also how: "Police" as the way of reporting.
_WHO: Final = frozenset(
    {
        *("police", "police officer", "officer", "officers", "pc", "pcso", "patrol"),
        *("police patrol", "police radio", "airwave", "anpr", "police anpr"),
    }
)


def means_police(text: str, *, is_channel: bool) -> bool:
    """Say whether a text says that police activity generated a record.

    Parameters
    ----------
    text : str
        A channel, a heading or a type of a source.
    is_channel : bool
        Whether it says how the incident was reported; then "Police" alone says so, too.

    Returns
    -------
    bool

    Examples
    --------
    >>> means_police("Officer-initiated", is_channel=True), means_police("101", is_channel=True)
    (True, False)
    >>> means_police("Police", is_channel=True), means_police("Police website", is_channel=True)
    (True, False)
    """
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower().replace("&", " and ")).split())
    return _ACTIVITY.search(words) is not None or (is_channel and words in _WHO)


def police_codes() -> list[int]:
    """Give the codes of police-generated records: 503 and 504."""
    return [int(code) for code, entry in load_codes().items() if entry.value == POLICE_GENERATED]
