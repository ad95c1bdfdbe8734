"""Find the columns that say what was reported, and what the source's own words for it may mean.

Columns of the Met's codes are known by their values. Of the others the one whose words mean most
becomes the heading; every word that the reader does not know is listed for the analyst.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hotspots.incidents.codes import load_codes
from hotspots.incidents.mapping import NOT_ASB, plain_text
from hotspots.incidents.suggesting.draft import (
    CODE_PARTS,
    EXACT,
    HINT,
    MOST,
    likeness,
    listed,
    most,
    shown,
)
from hotspots.incidents.suggesting.evidence import Column, is_personal
from hotspots.incidents.suggesting.wording import codes_in, is_all_asb, is_known, is_other, propose
from hotspots.words import count

if TYPE_CHECKING:
    import pandas as pd

    from hotspots.incidents.suggesting.draft import Draft

LARGEST: Final = 200
"""Different values that a column of codes or types may have."""

_FEW: Final = 10
_HALF: Final = 0.5
_LONGEST: Final = 60
_DIGITS: Final = re.compile(r"^[0-9]{1,4}(?:[^0-9A-Za-z]+[0-9]{1,4})*$")
_CODES: Final = frozenset({"code", "codes", "opening", "opened", "closing", "op", "cl"})
_FEWEST: Final = 0.05
_CLOSING: Final = frozenset({"closing", "close", "closed", "final", "result", "disposal", "cl"})
_KINDS: Final = frozenset(
    {"category", "type", "types", "kind", "nature", "class", "classification", "reason", "issue"}
    | {"complaint", "subject", "nuisance", "noise", "asb", "heading", "problem"}
)
# What was done, who did it, and where, rather than what was reported.
_OTHERS: Final = frozenset(
    {"outcome", "status", "priority", "grade", "method", "origin", "channel", "officer", "team"}
    | {"ward", "property", "tenure", "gender", "ethnicity", "name", "address", "borough", "action"}
    | {"resolution", "weekday", "month", "source", "postcode", "estate", "road", "street", "dob"}
    | {"location", "area", "district", "contact", "caller", "victim", "landlord", "tenant"}
    | {"note", "notes", "remarks", "comment", "comments", "details", "summary", "text"}
)


def find_codes(draft: Draft, sample: pd.DataFrame) -> None:
    """Choose the columns of codes, types and headings, and propose what their words mean."""
    kinds = [
        Column(column.position, column.name, sample.iloc[:, column.position])
        for column in draft.free
        if column.n_filled
        and _may_be_kinds(column)
        and draft.given.get(column.name, "") in {"", *CODE_PARTS}
    ]
    kinds = [column for column in kinds if len(column.counts) <= LARGEST]
    free = {column.position: column for column in draft.free}
    for column in kinds:
        given = draft.given.get(column.name)
        found = (given, "as given") if given else _part_of_codes(column, draft)
        if found and (given or not draft.is_said(found[0])):
            draft.take(found[0], free[column.position], found[1])
    _find_crime_type(draft, kinds, free)
    _find_heading(draft, kinds, free)
    used = {
        column.position
        for part in ("closing", "heading", "codes", "qualifiers", "asb_type")
        for column in draft.parts.get(part, ())
    }
    _propose_meanings(draft, [column for column in kinds if column.position in used])


def _may_be_kinds(column: Column) -> bool:
    """Say whether values return, as those of kinds do, and are neither numbers nor personal."""
    returns = len(column.counts) <= max(_FEW, _HALF * column.n_filled)
    if column.share(_DIGITS) >= MOST:
        return returns
    others = column.is_numeric or column.is_yes_no or bool(column.gss)
    return returns and not others and column.personal_share < _HALF


def _part_of_codes(column: Column, draft: Draft) -> tuple[str, str] | None:
    """Say which part a column of the Met's codes or of their names plays, and why."""
    rows = {text: codes_in(str(text)) for text in column.counts.index}
    known = column.share_of({text for text, codes in rows.items() if codes})
    are_digits = column.share(_DIGITS) >= MOST
    words = {word.rstrip("0123456789") for word in column.words}
    named = likeness(column, "codes", "closing", "qualifiers") > 0 or bool(words & _CODES)
    if known < (_FEWEST if named else MOST if are_digits else _HALF):
        return None
    roles: dict[str, float] = {}
    for text, codes in rows.items():
        for code in codes[:1]:
            role = load_codes()[code].role
            roles[role] = roles.get(role, 0.0) + column.share_of({str(text)}) / known
    if are_digits and not named and not {"type", "heading"} & set(roles):
        return None
    why = most(known, "known codes" if are_digits else "names of known codes")
    if roles.get("qualifier", 0.0) >= HINT or likeness(column, "qualifiers"):
        return "qualifiers", why
    if likeness(column, "closing") or words & _CLOSING:
        return "closing", why
    if are_digits or likeness(column, "codes") or words & _CODES:
        return "codes", why
    part = "asb_type" if roles.get("type", 0.0) >= MOST else "heading"
    return (part, why) if part not in draft.parts else ("codes", why)


def _find_crime_type(draft: Draft, kinds: list[Column], free: dict[int, Column]) -> None:
    """Choose a column of crime types, of which anti-social behaviour is one."""
    if draft.is_said("crime_type"):
        return
    for column in kinds:
        if free[column.position] not in draft.free:
            continue
        texts = [str(text) for text in column.counts.index]
        rest = [text for text in texts if not is_all_asb(text)]
        crimes = [text for text in rest if is_other(text)]
        if len(rest) == len(texts):
            continue
        if likeness(column, "crime_type") or (rest and len(crimes) >= _HALF * len(rest)):
            why = f"{count(len(texts), 'type')} of crime, anti-social behaviour among them"
            draft.take("crime_type", free[column.position], why)
            return


def _find_heading(draft: Draft, kinds: list[Column], free: dict[int, Column]) -> None:
    """Choose the column whose words say most about the kind of incident."""
    if {"heading", "crime_type"} & set(draft.parts) or draft.is_said("heading", "crime_type"):
        return
    found = []
    for column in kinds:
        if free[column.position] not in draft.free or column.share(_DIGITS) >= _HALF:
            continue
        understood = column.share_of(
            {str(t) for t in column.counts.index if _is_understood(str(t))}
        )
        name = likeness(column, "heading", "asb_type", "codes", "closing")
        hint = HINT if column.words & _KINDS and not column.words & _OTHERS else 0.0
        is_kind = name == EXACT or (max(name, hint) > 0 and understood > 0)
        if column.words & _OTHERS and name < EXACT:
            is_kind = False
        elif not is_kind:
            is_kind = understood >= _HALF and len(column.counts) > 1
        if is_kind and (understood > 0 or not _is_type_of_else(column)):
            found.append((2 * understood + max(name, hint), -column.position, column, understood))
    found.sort(key=lambda item: item[:2], reverse=True)
    if found:
        _, _, column, understood = found[0]
        why = most(understood, "words for anti-social behaviour") if understood else "by its name"
        draft.take("heading", free[column.position], why)
    if len(found) > 1:
        others = listed([column for _, _, column, _ in found[1:]])
        draft.notes.append(f"What was reported may also be in {others}.")


def _is_type_of_else(column: Column) -> bool:
    """Say whether a name as general as "type" is all that speaks for a column."""
    return likeness(column, "heading") < EXACT


def _is_understood(text: str) -> bool:
    if is_known(text) or is_all_asb(text):
        return True
    proposal = propose(text)
    return proposal is not None and proposal.meaning != NOT_ASB


def _propose_meanings(draft: Draft, columns: list[Column]) -> None:
    """List every word that the reader does not know, with what it may mean."""
    counts: dict[str, int] = {}
    hidden = 0
    said = draft.said.meanings()
    for column in columns:
        for value, n in column.counts.items():
            text = str(value)
            is_clear = is_known(text) or is_all_asb(text) or plain_text(text) in said
            if is_clear or _DIGITS.match(text):
                continue
            if is_personal(text) or len(text) > _LONGEST:
                hidden += 1
                continue
            counts[text] = counts.get(text, 0) + int(n)
    if draft.parts.get("codes") or draft.parts.get("closing"):
        named = [*draft.parts.get("codes", ()), *draft.parts.get("closing", ())]
        draft.notes.append(
            f"Rows without a code of anti-social behaviour in {' or '.join(map(shown, named))} are "
            "out of scope."
        )
    texts = [str(text) for column in columns for text in column.counts.index]
    is_mixed = any(map(_is_understood, texts)) or any(_DIGITS.match(text) for text in texts)
    seen: set[str] = set()
    for text in sorted(counts, key=lambda text: -counts[text]):
        if text.lower() in seen:
            continue
        seen.add(text.lower())
        _propose_meaning(draft, text, count(counts[text], "row"), is_mixed=is_mixed)
    if hidden:
        draft.notes.append(
            f"{count(hidden, 'value')} of a column of types hold digits or are long, and are not "
            "listed: they may be personal."
        )


def _propose_meaning(draft: Draft, text: str, rows: str, *, is_mixed: bool) -> None:
    """Write what a word means as a line that counts if it is safe, else as a question."""
    proposal = propose(text)
    if proposal is None or (proposal.meaning == NOT_ASB and not is_mixed):
        draft.propose("codes", text, "", f"{rows}: which code?")
    elif proposal.is_sure:
        draft.codes[text] = proposal.meaning
        draft.reasons[f"codes.{text}"] = f"{rows}: {proposal.why}"
    else:
        why = f"{rows}: {proposal.why}; are they out of scope?"
        draft.propose("codes", text, proposal.meaning, why)
