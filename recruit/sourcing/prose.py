"""Reads sentences: how many people work at a firm, since when it exists, where it sits."""

import re
from collections.abc import Iterable
from datetime import date

from recruit.sourcing.numerals import YEAR, read_employees, read_founded
from recruit.sourcing.text import plain_dashes
from recruit.sourcing.values import Interval

_N = r"[0-9][0-9.,'\u2019]{0,9}k?"
_MODIFIER = (
    r"(?:about|around|approximately|approx\.?|roughly|some|nearly|almost|over|more than|at least|up to"
    r"|fewer than|less than|under|über|rund|etwa|ca\.?|circa|knapp|mehr als|bis zu|plus de|environ|más de)"
)
_AMOUNT = rf"(?:{_MODIFIER}\s+)?{_N}(?:\s*(?:-|to|bis|à)\s*{_N})?\+?"
# People who are certainly the firm's own, and "people", who are so only near a word for the firm.
_STAFF = (
    r"(?:full[- ]time |permanent )?(?:employees|staff(?: members)?|team ?members|colleagues|coworkers"
    r"|teammates|mitarbeiter(?:[*:]?innen)?|mitarbeitende|beschäftigte|collaborateurs|salariés|empleados"
    r"|dipendenti|medewerkers)"
)
_PEOPLE = (
    r"(?:people|persons|engineers|developers|consultants|specialists|experts|professionals"
    rf"|{_STAFF})"
)
_OUR = r"team|staff|workforce|headcount|crew|company"
_HAS = r"counts|of|has|is|numbers|consists of|includes"
_WE_ARE = r"employs?|employing|beschäftigt|we are|we're|wir sind|we have"
_SIZES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_OUR}) (?:{_HAS})\s+({_AMOUNT})(?=\s*(?:strong\b|{_PEOPLE}\b|[.,;]|$))",
        rf"\b(?:{_WE_ARE})\s+(?:a team of\s+)?({_AMOUNT})\s+(?:\w+\s+)?{_PEOPLE}\b",
        rf"\b({_N})[- ](?:person|people|strong)[- ](?:team|company|firm|agency|consultancy)\b",
        rf"^({_AMOUNT})\s+(?:[\w-]+\s+){{0,2}}{_PEOPLE}\b",
        rf"\b({_AMOUNT})\s+{_STAFF}\b",
    )
)
_NOT_OURS = re.compile(
    r"\b(?:customers?|clients?|serv(?:e|es|ing|ed)|help(?:s|ed|ing)?|train(?:s|ed|ing)?|started with"
    r"|began with|grew from|grown from|(?:companies|firms|organi[sz]ations|businesses) with|for|looking for"
    r"|hir(?:e|ing)|by|per|each)\b[^.]{0,30}$",
    re.IGNORECASE,
)
_AND_GROWING = re.compile(r"\s*[,(]?\s*(?:and|&|und|et|y) (?:still )?(?:growing|counting|wachsend)")
_BEGAN = (
    r"found(?:ed|ing)|born|established|incorporated|formed|launched|started|est\.?|in business|operating|active"
    r"|gegründet|gegr\.?|fondée?|créée?|fundad[ao]|opgericht|fondata"
)
_WHEN = (
    r"(?:early |late |mid-?)?(?:the year )?(?:[0-9]{1,2}(?:st|nd|rd|th)?\.? (?:of )?)?(?:\w{3,9}\.?,? )?"
    rf"({YEAR}|(?:19|20)[0-9]0s)"
)
_FOUNDED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:{_BEGAN})\s+(?:by [^;0-9]{{1,60}} )?(?:(?:in|since|on|im jahre?|en|anno|back in|way back in|:)\s*)?{_WHEN}",
        rf"\bim jahre? {_WHEN} gegründet|\b(?:seit|since|depuis|desde|sinds) {_WHEN}",
    )
)
_NOT_FOUNDING = re.compile(
    r"\b(?:partners?(?:ship)?|members?|certified|zertifiziert|customers?|clients?|remote|distributed|iso"
    r"|acquired|office|listed|public|award\w*|employ\w*)\b",
    re.IGNORECASE,
)
_IN_BUSINESS = re.compile(
    r"\b(?:in business for|operating for|existing for|market for|seit)\s+"
    r"(?:over |more than |about |über |mehr als )?([0-9]{1,3})\+?\s+(?:years|jahren)\b"
    r"|\b([0-9]{1,3})\+?\s+years (?:in business|on the market|of existence)\b",
    re.IGNORECASE,
)
_SEAT = re.compile(
    r"\b(?P<what>headquartered|head ?office|main office|headquarters?|hq|based|located|ansässig|mit sitz)\b"
    r"(?: (?:is|are|located|of|based|situated|currently))* (?:in|at) (?P<where>(?:[^.;!?]|(?<=\bSt)\.){2,80})",
    re.IGNORECASE,
)
# Who is "based in" a place without being the firm.
_NOT_SEAT = re.compile(
    r"\b(?:team|employees?|people|staff|members?|entity|candidates?|applicants?|clients?|customers?|remote|you|must"
    r"|developers?|engineers?|management|who|anyone|those|distributed|everyone|mitarbeiter|kunden|not|are you"
    r"|terminated|former\w*|used to|no|offices?)\b[^.]{0,60}$",
    re.IGNORECASE,
)
_OFFICES = re.compile(
    r"\b(?:have|has|with|our|operates?|maintains?|opened|own|main|head|an?|two|three|four|five|six|[0-9]+)\s(?:[\w&-]+\s){0,2}"
    r"offices?(?: (?:are|is))?(?: (?:located|based|situated))? (?:in|at)\b(?P<where>(?:[^.;!?]|(?<=\bSt)\.){2,200})",
    re.IGNORECASE,
)
_NOT_OFFICES = re.compile(
    r"\b(?:no|not|without|clients?|customers?|virtual|registered|former|closed|working from|work from|visit|near)\b[^.]{0,40}$",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?:[A-ZÀ-ÞŁŚŽ][\w'’.-]*[ ,]*){1,8}")


_DIGIT = re.compile("[0-9]")
_PUNCTUATION = str.maketrans(",.;:()-–/", " " * 9)
# Without a digit, a number's name, or a word for a seat a sentence says nothing that is read here.
_TELLING_WORDS = (
    "dozen hundred thousand one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty"
    " forty fifty solo headquarter headquarters headquartered hq head office offices based located sitz ansässig"
    " nineties eighties seventies dutzend hundert zwanzig dreißig fünfzig"
)
_TELLING = frozenset(_TELLING_WORDS.split())


def list_telling(lines: Iterable[str]) -> list[str]:
    """Return the lines that may say anything that this module reads; a quick look for the most lines."""
    lines = list(lines)
    worded = _has_telling_word(" ".join(lines))
    return [line for line in lines if _DIGIT.search(line) or (worded and _has_telling_word(line))]


def _has_telling_word(text: str) -> bool:
    return not _TELLING.isdisjoint(text.lower().translate(_PUNCTUATION).split())


def find_employees(sentence: str) -> tuple[Interval, str] | None:
    """Return how many people a sentence says the firm has, and the words that say it."""
    sentence = plain_dashes(sentence)
    for pattern in _SIZES:
        for match in pattern.finditer(sentence):
            if _NOT_OURS.search(sentence[max(0, match.start() - 60) : match.start()]):
                continue
            size = read_employees(match[1].rstrip(".,") + _after(sentence, match))
            if size is not None:
                return size, match[0]
    return None


def _after(sentence: str, match: re.Match[str]) -> str:
    """Return what follows the people of a match where it says that they become more."""
    growing = _AND_GROWING.match(sentence, match.end())
    return growing[0] if growing else ""


def find_founded(sentence: str, today: date) -> tuple[Interval, str] | None:
    """Return when a sentence says the firm began, and the words that say it."""
    founded, since = (pattern.search(sentence) for pattern in _FOUNDED)
    if not founded and since and _NOT_FOUNDING.search(sentence):
        since = None
    for match in filter(None, (founded, since)):
        years = read_founded(match[0], today)
        if years is not None:
            return years, match[0]
    years_ago = _IN_BUSINESS.search(sentence)
    if years_ago:
        # "20+ years in business" says at least as long ago.
        number = int(years_ago[1] or years_ago[2])
        return Interval(None, today.year - number), years_ago[0]
    return None


def find_seat(sentence: str) -> str | None:
    """Return the place that a sentence says the firm sits at ("Lyon, France"), as it is written."""
    for match in _SEAT.finditer(sentence):
        loose = match["what"].lower() in {"based", "located"}
        if _NOT_SEAT.search(sentence[: match.start()]) and loose:
            continue
        place = _PLACE.match(match["where"].removeprefix("the "))
        if place:
            return place[0].strip(" ,")
    return None


def find_offices(sentence: str) -> str | None:
    """Return the words in which a sentence says where the firm has offices ("Oslo and Bergen, Norway")."""
    match = _OFFICES.search(sentence)
    if match is None or _NOT_OFFICES.search(sentence[: match.end() - len(match["where"])]):
        return None
    return match["where"].strip()
