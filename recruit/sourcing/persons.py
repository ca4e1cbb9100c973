"""A named person at a firm, as the value of one fact, and whether a source may name any.

Role addresses (info@) belong to the firm. A person's name is personal data, which is kept only where the
source records the lawful basis for it.
"""

import re
from dataclasses import dataclass

from recruit.sourcing.text import clean

_VALUE = re.compile(r"(?P<name>[^,<>]+)(?:, (?P<title>[^<>]+?))?(?: <(?P<email>[^<> ]+@[^<> ]+)>)?")
_LONGEST = 150  # characters of a name, and of a title


@dataclass(frozen=True)
class Person:
    """A person at a firm; `email` is in lower case."""

    name: str
    job_title: str | None = None
    email: str | None = None

    def to_value(self) -> str:
        """Return "Jane Doe, Head of Alliances <jane@firm.example>", which `read_person` reads back."""
        value = _without(self.name, ",<>")[:_LONGEST]
        title = _without(self.job_title or "", "<>")[:_LONGEST]
        if title:
            value += f", {title}"
        return f"{value} <{self.email}>" if self.email else value


def read_person(value: str) -> Person | None:
    """Read what `Person.to_value` wrote; None for anything else."""
    found = _VALUE.fullmatch(value)
    return Person(found["name"], found["title"], found["email"]) if found else None


def may_name_people(lawful_basis: str) -> bool:
    """Say whether a source with this recorded lawful basis may name people."""
    return bool(lawful_basis.strip())


def _without(text: str, characters: str) -> str:
    return clean(text.translate(str.maketrans(characters, " " * len(characters)))).strip()
