"""Sightings as columns: what a fingerprint says, each value replaced by its number.

Texts are read into the forms that `take_fingerprint` gives. -1 stands for a missing value everywhere.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recruit.firms.bulk.arrays import Flags, Ints
from recruit.firms.bulk.naming import Codes
from recruit.firms.domains import domain_label, identifying_mail_domain
from recruit.firms.fingerprint import (
    Fingerprint,
    shape_of,
)
from recruit.firms.likeness import read_initials, read_short
from recruit.firms.names import Word, WordKind, parse_name

# So many words are compared in columns; a name with more is `odd`.
MOST_WORDS = 8
FEWEST_WORDS = 3
KINDS = list(WordKind)
OWN, GENERIC, PLACE, NUMBER = (KINDS.index(kind) for kind in WordKind)


@dataclass(eq=False)
class Sheet:
    """Sightings as columns of numbers, in the order of names (key, then record id).

    Columns with one value a sighting have shape (n,), the others (n, k) with -1 for none. Names have
    columns of their own, a row for each different text; `name` leads there.
    """

    record_id: NDArray[np.int64]
    name: Ints
    domain: Ints
    domains: Ints  # the own domain and those of mail addresses
    email: Ints
    phone: Ints
    street: Ints
    postcode: Ints
    city: Ints
    country: Ints
    registry_id: Ints
    other_names: Ints  # (n, 0) where no firm has any
    odd: Flags  # has more values than the columns hold, or other names
    # By different name:
    words: Ints
    key: Ints
    compact: Ints
    lead: Ints
    places: Ints  # which of them the name tells, as one number
    legal_form: Ints
    odd_name: Flags
    # By word:
    form: Ints
    kind: Ints
    word_values: list[Word]
    said: list[tuple[int, ...]]  # by name, all of its words in their order
    names: list[str]
    forms: Codes
    spellings: Codes  # keys and compact spellings of names, and leading words
    legal_forms: Codes
    all_domains: Codes
    all_emails: Codes
    all_phones: Codes
    all_streets: Codes
    towns: Codes  # cities and postcodes
    countries: Codes
    all_registry_ids: Codes

    def __len__(self) -> int:
        return len(self.record_id)

    @cached_property
    def domain_label(self) -> Ints:
        """By domain: the number of what was registered without its ending."""
        return Codes().all_of(map(domain_label, self.all_domains.values))

    @cached_property
    def names_of(self) -> Ints:
        """By sighting, (n, k): its name and those it went by."""
        return np.column_stack([self.name, self.other_names])

    @cached_property
    def is_known_town(self) -> Flags:
        """By town: whether it is a city that GeoNames knows."""
        return np.fromiter(map(str.isdecimal, self.towns.values), bool, len(self.towns))

    @cached_property
    def registry_shape(self) -> Ints:
        """By number in a register: the number of its shape."""
        return Codes().all_of(map(shape_of, self.all_registry_ids.values))

    @cached_property
    def initials(self) -> tuple[Ints, Ints]:
        """By name: the number of the initials that it could be, and of those that it has."""
        codes = Codes()
        words = self.word_values
        could_be = codes.all_of(
            read_short([words[said[0]]]) if len(said) == 1 else None for said in self.said
        )
        has = codes.all_of(
            read_initials([words[word] for word in said]) if len(said) > 1 else None
            for said in self.said
        )
        return could_be, has

    @cached_property
    def letters(self) -> NDArray[np.int8]:
        """By word: how often each letter of the alphabet (and last, any other) stands in it."""
        return count_letters([word.spelling for word in self.word_values])

    def fingerprint(self, at: int) -> Fingerprint:
        """Return the fingerprint of the sighting in row `at`."""

        def texts(codes: Ints, values: Codes) -> frozenset[str]:
            return frozenset(values.values[code] for code in codes.tolist() if code >= 0)

        def text(code: Any, values: Codes) -> Any:
            return values.values[int(code)] if code >= 0 else None

        own = text(self.domain[at], self.all_domains)
        emails = texts(self.email[at], self.all_emails)
        return Fingerprint(
            record_id=int(self.record_id[at]),
            name=parse_name(self.names[self.name[at]]),
            domain=own,
            mail_domains=frozenset(d for e in emails if (d := identifying_mail_domain(e))),
            emails=emails,
            phones=texts(self.phone[at], self.all_phones),
            street=text(self.street[at], self.all_streets),
            postcode=text(self.postcode[at], self.towns),
            city=text(self.city[at], self.towns),
            country=text(self.country[at], self.countries),
            other_names=tuple(
                parse_name(self.names[code]) for code in self.other_names[at].tolist() if code >= 0
            ),
            registry_ids=texts(self.registry_id[at], self.all_registry_ids),
        )


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Keep Python from searching millions of plain objects for cycles: a third of the time."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def count_letters(words: Sequence[str]) -> NDArray[np.int8]:
    """Return for each word, and last for none, how often each letter stands in it."""
    bags = np.zeros((len(words) + 1, 27), np.int8)
    for at, word in enumerate(words):
        for byte in word.encode():
            letter = byte - 97
            bags[at, letter if 0 <= letter < 26 else 26] += 1
    return bags
