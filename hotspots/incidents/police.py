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

_BY: Final = r"(?:police|officers?|pcs?|pcsos?|patrols?|resources?|units?|snt)"
_MADE: Final = r"(?:generated|initiated|originated|instigated)"
_DONE: Final = rf"(?:{_MADE}|created|raised|observed|witnessed|discovered|seen|spotted|sighted|led)"
_WAYS: Final = (
    r"(?:online|web|website|internet|app|portal|form|e ?mail|phone|telephone|station|counter|kiosk"
    r"|101|999)"
)
# What is said of officers of others, such as a council's, says nothing of the police.
_OTHERS: Final = re.compile(
    r"\b(?:housing|council|borough|tenancy|estates?|environmental|noise|enforcement|licensing"
    r"|community safety|asb|parks?|welfare|warden|liaison)(?: \w+)? officers?\b"
)
# That police made the record: so it is whatever else the text says.
_RECORD: Final = re.compile(
    rf"(?<!\bnon )(?<!\bnot )\b{_BY} {_DONE}\b"
    rf"|(?<!\bnot )\b(?:{_DONE}|reported|requested) by (?:an? |the )?{_BY}\b(?! {_WAYS}\b)"
)
# That somebody asked or complained, or how the public gets in touch: so it is the public's.
_PUBLIC: Final = re.compile(
    r"\b(?:request|ask|want|need|require|complain|wish|more\b|lack\b|not?\b|non\b)"
    r"|\bby (?:an? |the )?(?:residents?|callers?|public|members?|victims?|tenants?|neighbours?)\b"
    rf"|\b{_WAYS}\b"
)
# What police do. "Self" is the police's word for a record of their own, and with other verbs, such
# as created, a customer's.
_ACTIVITY: Final = re.compile(
    rf"\b{_BY} (?:activity|operations?|patrols?|initiative|observations?)\b"
    rf"|\bself (?:{_MADE}|tasked|deployed)\b"
    r"|\b(?:officers?|pcs?|pcsos?|patrols?) report(?:s|ed)?\b"
    r"|\bstop(?:s|ped)? (?:(?:and |or )?search(?:e[sd])?|(?:and|or) account(?:s|ed)?)\b"
    r"|^(?:person|vehicle|person and vehicle|traffic) (?:search|stop)(?:e?s)?$"
    r"|\bpre planned (?:event|operation)|\bpro ?active(?:ly)?\b|\bon view\b"
    r"|\b(?:on|foot|mobile|vehicle|car|cycle|hot ?spot|visible|visibility|vis|reassurance|directed"
    r"|targeted|tasked) patrols?\b"
)
# What says who, and only in a column of channels also how: "Police", "Patrol car". One word of the
# first, and none that is in neither.
_WHO: Final = frozenset(
    {
        *("police", "officer", "officers", "constable", "sergeant", "pc", "pcs", "pcso", "pcsos"),
        *("patrol", "patrols", "airwave", "anpr", "snt"),
    }
)
_WITH: Final = frozenset(
    {
        *("car", "cars", "van", "vehicle", "unit", "units", "team", "crew", "radio", "camera"),
        *("body", "worn", "video", "foot", "mobile", "cycle", "bike", "marked", "unmarked"),
        *("response", "on", "off", "duty"),
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

    Notes
    -----
    In this order: that police made the record ("reported by officer") says so whatever else the
    text says; that somebody asked ("foot patrol requested"), or a way in which the public gets in
    touch ("online"), says that it is the public's; then what police do ("stop and account") and, in
    a channel, who they are ("patrol car") says so. Officers of others ("housing officer") are none.

    Caveats
    -------
    Words are not sentences. What a text means where it is not recognised, or is taken wrongly, the
    user says in a mapping, which overrules this.

    Examples
    --------
    >>> means_police("Officer-initiated", is_channel=True), means_police("101", is_channel=True)
    (True, False)
    >>> means_police("Foot patrol", is_channel=False)
    True
    >>> means_police("Foot patrol requested", is_channel=False)
    False
    >>> means_police("Police", is_channel=True), means_police("Police website", is_channel=True)
    (True, False)
    """
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower().replace("&", " and ")).split())
    words = _OTHERS.sub("partner", words)
    if _RECORD.search(words):
        return True
    if _PUBLIC.search(words):
        return False
    said = set(words.split())
    is_who = is_channel and bool(said & _WHO) and said <= _WHO | _WITH
    return is_who or _ACTIVITY.search(words) is not None


def police_codes() -> list[int]:
    """Give the codes of police-generated records: 503 and 504."""
    return [int(code) for code, entry in load_codes().items() if entry.value == POLICE_GENERATED]
