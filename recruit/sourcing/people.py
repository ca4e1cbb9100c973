"""Finds named people at a firm on a page: cards of a team with name, role and address.

Only a source whose lawful basis allows it asks for them at all. A card counts when the address agrees with
the name that stands beside it, so that a quoted customer or an author is not taken for one of the firm's.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from recruit.sourcing.contacts import is_office_address, read_email
from recruit.sourcing.persons import Person
from recruit.sourcing.text import clean, fold
from recruit.sourcing.tree import Element, text_lines

_MOST = 60
_LEVELS = 5  # how far up from an address its card may reach
_MOST_LINES = 12  # of a card
_PARTICLES = r"von|van|de|der|den|di|da|dos|del|la|le|el|bin|ibn|zu|zur|af|av"
_NAME = re.compile(
    rf"(?:(?:Dr|Prof|Mr|Mrs|Ms|Herr|Frau|Ing|Dipl)\.?(?:-Ing\.)?\s+)*"
    rf"(?P<name>[^\W\d_][\w.'’-]*(?:\s+(?:{_PARTICLES}))*(?:\s+(?:(?:{_PARTICLES})\s+)*[^\W\d_][\w.'’-]*){{1,3}})"
)
_NO_TITLE = re.compile(
    r"@|https?:|www\.|[0-9]{4}|^\+|\b(?:e-?mail|tel|phone|fax|linkedin|xing|vcard)\b", re.IGNORECASE
)
_LONGEST_TITLE = 80


def find_people(root: Element) -> Iterator[Person]:
    """Yield the people whose own addresses stand on a page, each once."""
    seen: set[str] = set()
    for link in root.iter("a"):
        href = link.get("href") or ""
        if not href.lower().startswith("mailto:"):
            continue
        email = read_email(unquote(href.partition(":")[2].partition("?")[0]))
        if email is None or email in seen or is_office_address(email):
            continue
        person = _person_beside(link, email)
        if person:
            seen.add(email)
            yield person
        if len(seen) >= _MOST:
            return


def _person_beside(link: Element, email: str) -> Person | None:
    card = link
    for _ in range(_LEVELS):
        card = card.getparent()
        if card is None or card.tag in {"body", "html", "main"}:
            return None
        if len(card.xpath(".//a[starts-with(@href, 'mailto:')]")) > 1:
            return None  # a card of several people says of none whose role it is
        lines = text_lines(card)
        if len(lines) > _MOST_LINES:
            return None
        for number, line in enumerate(lines):
            name = _name_in(line, email)
            if name:
                return Person(name, _title(lines[number + 1 :], line, name), email)
    return None


def _name_in(line: str, email: str) -> str | None:
    """Return the name at the start of a line, where the address is made of it."""
    match = _NAME.match(re.split(r"\s*(?:,|\||·|–|—|\s-\s|\()", line)[0])
    if match is None:
        return None
    name = clean(match["name"])
    return name if agrees(name, email) else None


def agrees(name: str, email: str) -> bool:
    """Tell whether an address is made of a name: of its last or first part, or of initials before the last."""
    words = fold(name).split()
    local = fold(email.partition("@")[0])
    pieces = local.split()
    if len(words) < 2 or not pieces:
        return False
    compact = "".join(pieces)
    spelled = {_without_umlauts(word) for word in words} | set(words)
    first, last = words[0], words[-1]
    whole = {first + last, last + first, first[0] + last, last + first[0], first + last[0]}
    return bool(spelled & set(pieces)) or compact in whole


def _without_umlauts(word: str) -> str:
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("ss", "s")


def _title(after: list[str], line: str, name: str) -> str | None:
    """Return the role that stands behind the name on its line, else on the next one."""
    behind = line.partition(name)[2].strip(" ,|·–—-()")
    for text in (behind, *after[:1]):
        if 1 < len(text) <= _LONGEST_TITLE and not _NO_TITLE.search(text):
            return text
    return None
