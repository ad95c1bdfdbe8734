"""What a source's own word for a kind of incident is likely to mean.

A word that the reader knows needs nothing. Another is compared with the spellings of the Met's
codes, then searched for telling words; what is proposed is for the analyst to check.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from hotspots.incidents.codes import ASB_ROLES, codes_by_name, load_codes
from hotspots.incidents.mapping import EXCLUDED, NOT_ASB, plain_text

_NEAR: Final = 0.84
_ASB: Final = frozenset({"anti social behaviour", "antisocial behaviour", "asb"})
_CODE: Final = re.compile(r"(?<![0-9])[0-9]{3}(?![0-9])")

# Telling words, the particular before the general: the first rule that fits counts. A star stands
# for any ending, a plus for two words anywhere in the text, an equals sign for the whole text.
_RULES: Final = (
    (EXCLUDED, "duplicate*, dup, test, training, error, entered in error, void, spam"),
    (EXCLUDED, "abandoned call*"),
    (
        "200",
        "abandon* + vehicle*, abandon* + car, abandon* + cars, abandon* + van, abandon* + motor*",
    ),
    (
        "201",
        (
            "nuisance + vehicle*, nuisance + car, nuisance + cars, nuisance + bike*, nuisance + "
            "motor*, nuisance + moped*, nuisance + quad*, nuisance + scooter*, nuisance + driv*, "
            "nuisance + parking, inappropriate + vehicle*, annoy* + vehicle*, racing + vehicle*, "
            "racing + cars, street racing, boy racer*, joy rid*, joyrid*, off road*, car meet*, "
            "car cruis*, moped*, quad bike*"
        ),
    ),
    ("206", "dog*, animal*, horse*, pets, cats, pigeon*"),
    ("213", "firework*, bangers"),
    ("217", "nuisance call*, malicious call*, malicious communication*, hoax call*, silent call*"),
    ("209", "street drink*, public drink*, drinking, drinkers, drunk*, alcohol*, intoxicat*"),
    ("210", "prostitut*, kerb crawl*, sex work*, brothel*, soliciting"),
    ("212", "beggar*, begging, vagran*, rough sleep*, homeless*, street population"),
    (
        "211",
        "noise*, noisy, loud*, music, party, parties, car alarm*, house alarm*, intruder alarm*",
    ),
    ("204", "neighbour*, neighbor*"),
    (
        "205",
        (
            "litter*, fly tip*, flytip*, dumped, dumping, rubbish, waste, needle*, syringe*, "
            "sharps, paraphernalia, drug use*, drugs use*, drug taking, drugs smok*, drug litter, "
            "cannabis smell, cannabis use, substance use, substance misuse"
        ),
    ),
    ("207", "trespass*, squat*, encampment*, unauthorised access, unauthorised occup*"),
    ("214", "harass*, verbal abuse, abusive, threat*, hate, targeted, victimis*, bully*"),
    ("216", "graffiti, vandal*, tagging, urinat*, defecat*, environmental"),
    (
        "202",
        (
            "rowdy, inconsiderate, youth*, gang*, group*, loiter*, congregat*, gathering*, "
            "disorder*, intimidat*, shouting, swearing, ball games, anti social, antisocial, asb"
        ),
    ),
)
_OTHER: Final = (
    "burglar*, theft*, shoplift*, robber*, stolen, fraud*, assault*, violen*, wounding, gbh, abh, "
    "murder*, homicide, sexual*, rape*, stalk*, weapon*, firearm*, knife, possession, =drugs, "
    "drug deal*, drug suppl*, drug offence*, vehicle crime, criminal damage, arson, public order, "
    "domestic*, death*, rtc*, rta*, collision*, traffic, concern for*, concern over*, welfare, "
    "missing, absconder*, medical, ambulance, suicid*, collapse*, fire, fire alarm*, panic alarm*, "
    "lost property, found property, immigration, civil dispute, bail, warrant, repair*, leak*, "
    "boiler*, heating, plumb*, electric*, damp, mould, lift, rent, planning, licensing, council "
    "tax, missed bin*, missed collection*, pothole*, street light*, streetlight*, pest*"
)
# A guess leaves rows out only if it rests on one of these, alone.
_SURE: Final = frozenset(
    {"test", "test call", "duplicate call", "duplicate entry", "entered in error"}
    | {"burglary", "robbery", "theft", "shoplifting", "fraud"}
)


@dataclass(frozen=True)
class Proposal:
    """What a word is likely to mean.

    Parameters
    ----------
    meaning : str
        As it is written in a mapping: a heading, a type, "excluded" or "not_asb".
    why : str
        What it rests on.
    is_sure : bool
        Whether it may count unasked: it leaves no rows out, or is the whole text and a plain word.
    """

    meaning: str
    why: str
    is_sure: bool = True


def is_known(text: str) -> bool:
    """Say whether the reader understands a text by itself: a code, several codes, or a name."""
    return bool(codes_in(text))


def codes_in(text: str) -> list[str]:
    """Give the known codes in a text: those of its name, or its groups of three digits."""
    plain = plain_text(text)
    if plain in codes_by_name():
        return [codes_by_name()[plain]]
    return [
        code for code in re.findall(r"(?<![0-9])[0-9]{3}(?![0-9])", plain) if code in load_codes()
    ]


def is_all_asb(text: str) -> bool:
    """Say whether a text is the one crime type of which all kinds are anti-social behaviour."""
    return plain_text(text).replace("-", " ") in _ASB


def is_other(text: str) -> bool:
    """Say whether a text speaks of something that is clearly not anti-social behaviour."""
    return bool(_said(_other(), _plain_words(text)))


def propose(text: str) -> Proposal | None:
    """Propose a meaning for a text that the reader does not know.

    Parameters
    ----------
    text : str
        A source's word for a kind of incident.

    Returns
    -------
    Proposal or None
        None if it is known, or nothing is near.

    Examples
    --------
    >>> propose("Loud music")
    Proposal(meaning='Noise', why="the word 'loud'", is_sure=True)
    >>> propose("Rowdy nuisance neighbour").meaning
    'Rowdy or nuisance neighbours'
    >>> propose("Sudden death")
    Proposal(meaning='not_asb', why="the word 'death'", is_sure=False)
    >>> propose("Noise") is None, propose("Category B") is None
    (True, True)
    """
    if is_known(text) or is_all_asb(text):
        return None
    plain = _plain_words(text)
    near = difflib.get_close_matches(plain, list(_spellings()), n=1, cutoff=_NEAR)
    if near:
        code = _spellings()[near[0]]
        return Proposal(_written(code), f"nearly '{load_codes()[code].name}'")
    told = next(
        ((meaning, words) for meaning, phrases in _rules() if (words := _said(phrases, plain))),
        None,
    )
    other = _said(_other(), plain)
    if other:
        # What speaks for both, such as a domestic dispute with noise, is for the analyst.
        return None if told else Proposal(NOT_ASB, other, plain in _SURE)
    if told is None:
        return None
    return Proposal(_written(told[0]), told[1], told[0] != EXCLUDED or plain in _SURE)


def _plain_words(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", " ", plain_text(text)).strip()


_Phrase = tuple[re.Pattern[str], ...]


@cache
def _rules() -> tuple[tuple[str, tuple[_Phrase, ...]], ...]:
    return tuple((meaning, _phrases(words)) for meaning, words in _RULES)


@cache
def _other() -> tuple[_Phrase, ...]:
    return _phrases(_OTHER)


def _phrases(words: str) -> tuple[_Phrase, ...]:
    """Turn phrases into patterns, all of which a text must hold."""

    def pattern(term: str) -> re.Pattern[str]:
        words = term.strip().removeprefix("=").replace("*", "[a-z]*")
        return re.compile(rf"^{words}$" if "=" in term else rf"\b{words}\b")

    return tuple(tuple(map(pattern, phrase.split("+"))) for phrase in words.split(","))


def _said(phrases: tuple[_Phrase, ...], plain: str) -> str:
    """Say which words of a text fit the first phrase that does; "" if none fits."""
    for phrase in phrases:
        found = [pattern.search(plain) for pattern in phrase]
        words = [match[0] for match in found if match]
        if len(words) == len(phrase):
            is_one = len(words) == 1 and " " not in words[0]
            return f"the word{'' if is_one else 's'} '{' … '.join(words)}'"
    return ""


def _written(code: str) -> str:
    """Write a code as people do: types and headings by their words, others by their digits."""
    if code in (EXCLUDED, NOT_ASB):
        return code
    entry = load_codes()[code]
    return entry.value if entry.role in ASB_ROLES else code


@cache
def _spellings() -> dict[str, str]:
    """Give the code of each spelling of types and headings, of letters and digits only."""
    codes = load_codes()
    return {
        _plain_words(spelling): code
        for spelling, code in codes_by_name().items()
        if codes[code].role in ASB_ROLES
    }
