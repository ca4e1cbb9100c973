"""What sightings state beside their names, as columns of numbers in the sightings' own order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recruit.firms.bulk.arrays import Flags, Ints, look_up
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.texts import Texts
from recruit.firms.domains import SHARED_DOMAINS, identifying_mail_domain, registrable_domain
from recruit.firms.fingerprint import (
    Street,
    read_city,
    read_phone,
    read_postcode,
    read_registry_id,
    read_street,
)

# So many mail addresses and phones are compared in columns; a sighting with more is `odd`.
MOST_VALUES = 3


@dataclass(eq=False)
class Stated:
    """Columns as `Sheet` has them, but in the order in which sightings were given.

    `domain` may be rented ground, `rented` says of which domains: whose it is depends on the name.
    """

    domain: Ints
    mail: Ints
    rented: Flags
    email: Ints
    phone: Ints
    street: Ints
    postcode: Ints
    city: Ints
    country: Ints
    registry_id: Ints
    odd: Flags
    all_domains: Codes = field(default_factory=Codes)
    all_emails: Codes = field(default_factory=Codes)
    all_phones: Codes = field(default_factory=Codes)
    all_streets: Codes = field(default_factory=Codes)
    towns: Codes = field(default_factory=Codes)
    countries: Codes = field(default_factory=Codes)
    all_registry_ids: Codes = field(default_factory=Codes)

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels between processes: streets as columns of texts, which is much sooner."""
        streets: list[Street] = self.all_streets.values
        columns = [[getattr(s, name) for s in streets] for name in ("text", "house", "name")]
        return {**self.__dict__, "all_streets": columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make streets of their columns again."""
        streets = Codes()
        streets.values = list(map(Street, *state["all_streets"]))
        self.__dict__.update(state | {"all_streets": streets})


def read_stated(texts: Texts) -> Stated:
    """Read what sightings state beside their names, each different text once."""
    domains, emails, phones, streets = Codes(), Codes(), Codes(), Codes()
    towns, countries, numbers = Codes(), Codes(), Codes()
    domain = domains.all_of(map(_Once(registrable_domain).__getitem__, texts.websites))
    email, many_emails = _several(texts.emails, emails, lambda email: email)
    mail = domains.all_of(map(identifying_mail_domain, emails.values))
    phone, many_phones = _several(texts.phones, phones, read_phone)
    listed = (texts.registry_ids.get(at, ()) for at in range(len(texts.record_ids)))
    registry_id, many_ids = _several(listed, numbers, read_registry_id)
    where = zip(texts.cities, texts.countries, texts.regions, strict=True)
    found = Stated(
        domain=domain,
        mail=look_up(mail, email),
        rented=np.fromiter((d in SHARED_DOMAINS for d in domains.values), bool, len(domains)),
        email=email,
        phone=phone,
        street=streets.all_of(map(_Once(read_street).__getitem__, texts.streets)),
        postcode=towns.all_of(map(_Once(read_postcode).__getitem__, texts.postcodes)),
        city=towns.all_of(map(_Once(lambda where: read_city(*where)).__getitem__, where)),
        country=countries.all_of(texts.countries),
        registry_id=registry_id,
        odd=many_emails | many_phones | many_ids,
        all_domains=domains,
        all_emails=emails,
        all_phones=phones,
        all_streets=streets,
        towns=towns,
        countries=countries,
        all_registry_ids=numbers,
    )
    for codes in (domains, emails, phones, streets, towns, countries, numbers):
        codes.forget()
    return found


def forget_stated(texts: Texts) -> None:
    """Leave of texts their names and ids, once everything else was read: both would need much room."""
    texts.websites, texts.streets, texts.postcodes = [], [], []
    texts.cities, texts.regions, texts.countries = [], [], []
    texts.emails, texts.phones = [], []
    texts.registry_ids = {}


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
