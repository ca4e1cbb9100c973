"""What is found on one page, while it is read: a text becomes a fact when it can be read as its field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from recruit.sourcing.addresses import says_head_office
from recruit.sourcing.contacts import host_of
from recruit.sourcing.countries import country_of_city, country_of_language, read_place, trim_town
from recruit.sourcing.facts import Origin, Unreadable, infer_country, read_facts
from recruit.sourcing.labels import Part, Target
from recruit.sourcing.merging import choose_facts
from recruit.sourcing.office_lines import read_office_lines
from recruit.sourcing.offices import read_offices
from recruit.sourcing.phones import read_local_phone
from recruit.sourcing.specialties import SERVICES
from recruit.sourcing.text import clean, fold, shorten
from recruit.sourcing.values import Fact, FieldName, Office

PROSE_TECHNOLOGY = 0.6
_LANGUAGE_CONFIDENCE = 0.4
_LOCAL_PHONE = 0.7  # of the confidence of a number that can be called from everywhere
_HOLDERS = re.compile("[;|\n]")


class Page:
    """The facts found so far on one page."""

    def __init__(self, url: str, today: date) -> None:
        """Begin with nothing."""
        self.url = url
        self.today = today
        self.language = ""
        self.description = ""
        self._facts: list[Fact] = []
        self._phones: list[tuple[str, Origin]] = []

    def has(self, field: FieldName) -> bool:
        """Tell whether a field was found."""
        return any(fact.field is field for fact in self._facts)

    def names_service(self) -> bool:
        """Tell whether a list of the firm's own names something that it sells."""
        return any(
            fact.field is FieldName.SPECIALTY and fact.value in SERVICES for fact in self._facts
        )

    def add_fact(self, fact: Fact) -> None:
        """Add a fact as it was read."""
        self._facts.append(fact)

    def add(self, field: FieldName, text: str, method: str, confidence: float) -> None:
        """Add what a text states, if it can be read; a page cannot be mended from here."""
        origin = Origin(method, confidence, self.url)
        if field is FieldName.PHONE:
            # A number without prefix is read when the country is known, and that may stand further down.
            self._phones.append((text, origin))
        elif field is not FieldName.OFFICE:
            self._read(field, text, origin)
        else:
            self.add_place(text, method, confidence, parts=False)

    def _read(
        self, field: FieldName, text: str, origin: Origin, country: str | None = None
    ) -> None:
        try:
            self._facts += read_facts(field, text, origin, today=self.today, country=country)
        except Unreadable:
            return

    def add_place(
        self, text: str, method: str, confidence: float, *, head: bool = False, parts: bool = True
    ) -> None:
        """Add a combined place as an office, and its city, region and country unless `parts` is False."""
        shown = shorten(clean(text), 300)
        place = {
            key: value
            for key, value in read_place(text).items()
            if len(value) <= (20 if key == "postcode" else 120)
        }
        if "city" in place:
            place["city"] = trim_town(place["city"], place.get("country"))
        if not place:
            return
        if parts:
            self._facts += [
                Fact(FieldName(key), value, shown, method, confidence, self.url)
                for key, value in place.items()
            ]
        office = Office.from_parts(place, head_office=head)
        self._facts.append(Fact(FieldName.OFFICE, office, shown, method, confidence, self.url))

    def add_offices(self, text: str, confidence: float, *, head: bool) -> None:
        """Add the offices that words name; the parts of an address where they name only one."""
        pieces = [piece for piece in _HOLDERS.split(text) if piece.strip()]
        if len(pieces) == 1 and "postcode" in read_place(text):
            self.add_place(text, "text", confidence, head=head)
            return
        offices = [office for piece in pieces for office in read_offices(piece, head=head)]
        if len(offices) > 1 and not any(office.city for office in offices):
            return  # countries in a row are where people live, or customers
        shown = shorten(clean(text), 300)
        for office in offices:
            if len(offices) == 1:
                self.add_office(office, shown, "text", confidence)
            else:
                self._facts.append(
                    Fact(FieldName.OFFICE, office, shown, "text", confidence, self.url)
                )

    def add_places(self, lines: Sequence[str], confidence: float, *, head: bool) -> None:
        """Add the offices that the lines below a heading name."""
        offices = read_office_lines(lines, head=head)
        for office, text in offices:
            shown = shorten(clean(text), 300)
            if len(offices) == 1:
                self.add_office(office, shown, "text", confidence)
            else:
                self._facts.append(
                    Fact(FieldName.OFFICE, office, shown, "text", confidence, self.url)
                )

    def add_office(self, office: Office, text: str, method: str, confidence: float) -> None:
        """Add a whole address, and its parts."""
        self._facts.append(Fact(FieldName.OFFICE, office, text, method, confidence, self.url))
        for key in ("street", "postcode", "city", "region", "country"):
            if value := getattr(office, key):
                self._facts.append(Fact(FieldName(key), value, text, method, confidence, self.url))

    def add_parts(
        self,
        parts: Mapping[FieldName, str],
        text: str,
        method: str,
        confidence: float,
        *,
        head: bool,
    ) -> None:
        """Add an office whose parts stand apart, as structured data has them."""
        read: dict[str, str] = {}
        for field, part in parts.items():
            try:
                facts = read_facts(field, part, Origin(method, confidence), today=self.today)
            except Unreadable:
                continue
            if facts:
                read[field.value] = str(facts[0].value)
        if set(read) == {"city"}:
            read = {key: value for key, value in read_place(read["city"]).items() if value}
        if read:
            office = Office.from_parts(read, head_office=head)
            shown = shorten(clean(text or str(office)), 300)
            self._facts.append(Fact(FieldName.OFFICE, office, shown, method, confidence, self.url))

    def add_targets(self, found: Iterable[tuple[Target, str, str]], confidence: float) -> None:
        """Add what stands beside labels: what each means, what stands there, and its own words."""
        for target, text, label in found:
            if target is Part.PLACE:
                self.add_offices(text, confidence, head=says_head_office(label))
            elif isinstance(target, FieldName):
                self.add(target, text, "text", confidence)

    def forget_directory(self, host: str) -> None:
        """Drop the directory's own addresses, which stand on every page."""
        own = {host_of(str(f.value)) for f in self._facts if f.field is FieldName.WEBSITE} - {host}
        self._facts = [f for f in self._facts if not _is_directorys(f, host, own)]

    def chosen(self) -> list[Fact]:
        """Return the surest fact of a single field and every distinct value of the others."""
        country = self._country()
        for text, origin in self._phones:
            self._read_phone(text, origin, country)
        self._phones.clear()
        facts = choose_facts(self._without_own_product())
        inferred = infer_country(facts) or self._by_language(facts)
        return [*facts, inferred] if inferred else facts

    def _without_own_product(self) -> list[Fact]:
        """Leave out of what prose names the firm itself: what it makes is not what it works with."""
        names = {fold(str(f.value)) for f in self._facts if f.field is FieldName.NAME}
        names |= {name.partition(" ")[0] for name in names}
        return [
            fact
            for fact in self._facts
            if fact.field is not FieldName.SPECIALTY
            or fact.confidence > PROSE_TECHNOLOGY
            or not {fold(str(fact.value)), fold(fact.text)} & names
        ]

    def _read_phone(self, text: str, origin: Origin, country: str | None) -> None:
        try:
            self._facts += read_facts(
                FieldName.PHONE, text, origin, today=self.today, country=country
            )
        except Unreadable:
            # Its digits alone still tell two sightings of one firm.
            if digits := read_local_phone(text):
                surely = origin.confidence * _LOCAL_PHONE
                shown = shorten(clean(text), 300)
                self._facts.append(
                    Fact(FieldName.PHONE, digits, shown, origin.method, surely, origin.url)
                )

    def _country(self) -> str | None:
        """Return the country in which the page's phone numbers are most likely written."""
        stated = [fact for fact in self._facts if fact.field is FieldName.COUNTRY]
        if stated:
            return str(max(stated, key=lambda fact: fact.confidence).value)
        cities = [str(fact.value) for fact in self._facts if fact.field is FieldName.CITY]
        guesses = [country_of_city(city) for city in cities[:3]]
        inferred = infer_country(self._facts) or self._by_language(self._facts)
        guesses.append(str(inferred.value) if inferred else None)
        return next((guess for guess in guesses if guess), None)

    def _by_language(self, facts: Sequence[Fact]) -> Fact | None:
        if any(fact.field is FieldName.COUNTRY for fact in facts):
            return None
        country = country_of_language(self.language)
        if country is None:
            return None
        fact = Fact(
            FieldName.COUNTRY, country, self.language, "language", _LANGUAGE_CONFIDENCE, self.url
        )
        return replace(fact, inferred=True)


def _is_directorys(fact: Fact, host: str, own: set[str]) -> bool:
    if fact.field is FieldName.WEBSITE:
        return host_of(str(fact.value)) == host
    if fact.field is FieldName.EMAIL:
        domain = str(fact.value).partition("@")[2]
        return bool(host) and domain not in own and (domain == host or host.endswith(f".{domain}"))
    return False
