"""Sightings as columns: what a fingerprint says, each value replaced by its number.

`read_sheet` reads texts into the forms that `take_fingerprint` gives, each different text once. -1 stands
for a missing value everywhere.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recruit.firms.bulk.arrays import Flags, Ints
from recruit.firms.bulk.naming import Codes, ReadNames, read_names
from recruit.firms.bulk.texts import Texts
from recruit.firms.domains import domain_label, identifying_domain, identifying_mail_domain
from recruit.firms.fingerprint import (
    Fingerprint,
    read_city,
    read_phone,
    read_postcode,
    read_registry_id,
    read_street,
    shape_of,
)
from recruit.firms.names import Word, WordKind, parse_name

# So many mail addresses, phones and words are compared in columns; a sighting with more is `odd`.
MOST_VALUES = 3
MOST_WORDS = 8
FEWEST_WORDS = 3
_KINDS = list(WordKind)
OWN, GENERIC, PLACE, NUMBER = (_KINDS.index(kind) for kind in WordKind)


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


def read_sheet(texts: Texts) -> Sheet:
    """Read what sightings state into columns; of `texts` only the ids of records are left.

    Both together would need twice the room.
    """
    with no_search_for_cycles():
        return _read_sheet(texts)


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


def _read_sheet(texts: Texts) -> Sheet:
    texts_of_names = Codes()
    name = texts_of_names.all_of(texts.names)
    other_names = _other_names(texts, texts_of_names)
    texts.names = []
    names = texts_of_names.values
    read = read_names(names)
    # Rows stand in the order in which a crowded key's sightings are compared.
    record_id = np.asarray(texts.record_ids, np.int64)
    keys = Codes()
    key = keys.all_of(read.keys)
    place = np.empty(len(keys), np.int32)
    place[sorted(range(len(keys)), key=keys.values.__getitem__)] = np.arange(len(keys))
    order = np.lexsort((record_id, place[key[name]]))
    name, other_names = name[order], other_names[order]
    columns = _read_names(read)
    compacts = [read.compacts[n] for n in name.tolist()]
    del read, keys

    def ordered(values: Sequence[Any]) -> Iterable[Any]:
        return (values[at] for at in order.tolist())

    all_domains, all_emails, all_phones = Codes(), Codes(), Codes()
    all_streets, towns, countries, all_registry_ids = Codes(), Codes(), Codes(), Codes()
    domain = all_domains.all_of(
        identifying_domain(website, compact)
        for website, compact in zip(ordered(texts.websites), compacts, strict=True)
    )
    del compacts
    texts.websites = []
    email, many_emails = _several(ordered(texts.emails), all_emails, lambda email: email)
    mail = all_domains.all_of(map(identifying_mail_domain, all_emails.values))
    domains = np.column_stack([domain, _through(email, mail)])
    texts.emails = []
    phone, many_phones = _several(ordered(texts.phones), all_phones, read_phone)
    texts.phones = []
    numbers = (texts.registry_ids.get(at, ()) for at in order.tolist())
    registry_id, many_ids = _several(numbers, all_registry_ids, read_registry_id)
    street = all_streets.all_of(map(_Once(read_street).__getitem__, ordered(texts.streets)))
    postcode = towns.all_of(map(_Once(read_postcode).__getitem__, ordered(texts.postcodes)))
    where = zip(texts.cities, texts.countries, texts.regions, strict=True)
    city = towns.all_of(
        map(_Once(lambda where: read_city(*where)).__getitem__, ordered(list(where)))
    )
    country = countries.all_of(ordered(texts.countries))
    texts.streets = texts.postcodes = texts.cities = texts.regions = texts.countries = []
    for codes in (all_domains, all_emails, all_phones, all_streets, towns, all_registry_ids):
        codes.forget()
    for name_codes in ("forms", "spellings", "legal_forms"):
        columns[name_codes].forget()
    return Sheet(
        record_id=record_id[order],
        name=name,
        domain=domain,
        domains=domains,
        email=email,
        phone=phone,
        street=street,
        postcode=postcode,
        city=city,
        country=country,
        registry_id=registry_id,
        other_names=other_names,
        odd=many_emails | many_phones | many_ids | (other_names >= 0).any(axis=1),
        names=names,
        all_domains=all_domains,
        all_emails=all_emails,
        all_phones=all_phones,
        all_streets=all_streets,
        towns=towns,
        countries=countries,
        all_registry_ids=all_registry_ids,
        **columns,
    )


def _other_names(texts: Texts, codes: Codes) -> Ints:
    width = max(map(len, texts.other_names.values()), default=0)
    found = np.full((len(texts.names), width), -1, np.int32)
    for at, names in texts.other_names.items():
        found[at, : len(names)] = codes.all_of(names)
    return found


def _read_names(read: ReadNames) -> dict[str, Any]:
    row = np.full((len(read.words), MOST_WORDS), -1, np.int32)
    odd = np.zeros(len(read.words), bool)
    forms, spellings, legal_forms, places = Codes(), Codes(), Codes(), Codes()
    form = forms.all_of(word.form for word in read.all_words)
    kind = np.array([_KINDS.index(word.kind) for word in read.all_words], np.int32)
    form_of, is_own = form.tolist(), (kind == OWN).tolist()
    leads = []
    for at, words in enumerate(read.words):
        lead = next((word for word in words if is_own[word]), -1)
        leads.append(read.all_words[lead].form if lead >= 0 else read.keys[at])
        if len(words) > 1:
            different = tuple(dict.fromkeys(words))
            odd[at] = len(different) > MOST_WORDS or (
                len({form_of[word] for word in different}) < len(different)
            )
            # Own words find namesakes, so that they come first where not all have room.
            kept = sorted(different, key=is_own.__getitem__, reverse=True)[:MOST_WORDS]
            row[at, : len(kept)] = kept
        else:
            row[at, : len(words)] = words
    used = max(FEWEST_WORDS, int((row >= 0).sum(axis=1).max(initial=1)))
    return {
        "words": row[:, :used],
        "odd_name": odd,
        "said": read.words,
        "key": spellings.all_of(read.keys),
        "compact": spellings.all_of(read.compacts),
        "lead": spellings.all_of(leads),
        "places": places.all_of(read.places),
        "legal_form": legal_forms.all_of(read.legal_forms),
        "form": form,
        "kind": kind,
        "word_values": read.all_words,
        "forms": forms,
        "spellings": spellings,
        "legal_forms": legal_forms,
    }


class _Once(dict[Any, Any]):
    """Remembers what `read` makes of each value."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__({None: None})
        self._read = read

    def __missing__(self, value: Any) -> Any:
        found = self[value] = self._read(value)
        return found


def _several(
    lists: Iterable[tuple[str, ...]], codes: Codes, read: Callable[[str], str | None]
) -> tuple[Ints, Flags]:
    """Return the numbers of up to `MOST_VALUES` values a row, and which rows have more."""

    def numbers(values: tuple[str, ...]) -> tuple[int, ...]:
        found = list(dict.fromkeys(codes.of(v) for text in values if (v := read(text))))
        padded = (*found[:MOST_VALUES], *(-1,) * MOST_VALUES)[:MOST_VALUES]
        return (*padded, len(found) > MOST_VALUES)

    known = _Once(numbers)
    rows = np.array([known[values] for values in lists], np.int32).reshape(-1, MOST_VALUES + 1)
    return rows[:, :MOST_VALUES], rows[:, MOST_VALUES] > 0


def _through(codes: Ints, meaning: Ints) -> Ints:
    """Look codes up in `meaning`, missing ones staying missing."""
    if not len(meaning):
        return np.full_like(codes, -1)
    return np.where(codes >= 0, meaning[np.maximum(codes, 0)], -1).astype(np.int32)


def count_letters(words: Sequence[str]) -> NDArray[np.int8]:
    """Return for each word, and last for none, how often each letter stands in it."""
    bags = np.zeros((len(words) + 1, 27), np.int8)
    for at, word in enumerate(words):
        for byte in word.encode():
            letter = byte - 97
            bags[at, letter if 0 <= letter < 26 else 26] += 1
    return bags
