"""Turns a page's HTML into facts about the firm that the page is about.

The surest reading of a field wins: a selector of the source's own, structured data, a labelled value, a
sentence, the page's heading. No input makes this raise; a page that says nothing gives no facts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from recruit.sourcing.addresses import find_addresses, says_head_office
from recruit.sourcing.contacts import host_of
from recruit.sourcing.countries import country_of_city, country_of_language, read_place
from recruit.sourcing.facts import Origin, Unreadable, infer_country, read_facts
from recruit.sourcing.labels import Part, Target
from recruit.sourcing.legal import find_legal_name
from recruit.sourcing.markup import (
    find_emails,
    find_phones,
    read_heading,
    read_labelled,
    read_labelled_lines,
    read_links,
    read_row_name,
    sentences,
)
from recruit.sourcing.merging import choose_facts
from recruit.sourcing.offices import read_offices
from recruit.sourcing.phones import read_local_phone
from recruit.sourcing.prose import find_employees, find_founded, find_seat, is_telling
from recruit.sourcing.specialties import find_tags, read_bare_list
from recruit.sourcing.structured import read_structured
from recruit.sourcing.technologies import find_technologies, is_list
from recruit.sourcing.text import clean, fold, shorten
from recruit.sourcing.tree import Element, read_html, strip_chrome, text_lines
from recruit.sourcing.values import Fact, FieldName, Office
from recruit.sourcing.vendors import find_certifications, find_partnerships

_LANGUAGE_CONFIDENCE = 0.4
_PROSE_TECHNOLOGY = 0.6
_LOCAL_PHONE = 0.7  # of the confidence of a number that can be called from everywhere
_HOLDERS = re.compile("[;|\n]")


def parse_page(
    html: str,
    url: str,
    *,
    today: date,
    own_site: bool = False,
    is_start: bool = True,
    selected: Mapping[FieldName, Sequence[str]] | None = None,
    auto: bool = True,
) -> list[Fact]:
    """Return what a page says of its firm: single fields once, the others each value once.

    `own_site` tells a firm's own page from a directory's page about it, `is_start` the page that the site
    begins with from its further ones. `selected` holds texts that the source's own selectors found; with
    `auto` the other fields are looked for as well.
    """
    page = _selected_page(url, today, selected)
    if auto:
        _read_page(page, html, own_site=own_site, is_start=is_start)
    return page.chosen()


def parse_row(
    html: str,
    url: str,
    *,
    today: date,
    selected: Mapping[FieldName, Sequence[str]] | None = None,
    auto: bool = True,
) -> list[Fact]:
    """Return what an element of a listing says of its firm: a row of a table, a card, an item of a list."""
    page = _selected_page(url, today, selected)
    if auto:
        root = read_html(html)
        main = strip_chrome(root, own_site=True)
        name, site = read_row_name(main, host_of(url))
        if name:
            page.add(FieldName.NAME, name, "text", 0.75)
        if site:
            page.add(FieldName.WEBSITE, site, "text", 0.8)
        _read_body(page, main, text_lines(main))
        page.forget_directory(host_of(url))
    return page.chosen()


def name_of(facts: Sequence[Fact]) -> str | None:
    """Return the firm's name among facts, None where nobody gave one."""
    return next((str(fact.value) for fact in facts if fact.field is FieldName.NAME), None)


def _selected_page(
    url: str, today: date, selected: Mapping[FieldName, Sequence[str]] | None
) -> "_Page":
    page = _Page(url, today)
    for field, texts in (selected or {}).items():
        for text in texts:
            page.add(field, text, "selector", 0.97)
    return page


def _read_page(page: "_Page", html: str, *, own_site: bool, is_start: bool) -> None:
    root = read_html(html)
    host = host_of(page.url)
    page.language = clean(root.get("lang") or "")[:20]
    heading = read_heading(root, own_site=own_site, host=host)
    name, is_sure = heading
    for item in read_structured(root, html, heading=heading, url=page.url, own_site=own_site):
        if item.place:
            page.add_parts(item.place, item.text, item.method, item.confidence, head=item.head)
        elif item.field is None:
            page.add_place(item.text, item.method, item.confidence)
        else:
            page.add(item.field, item.text, item.method, item.confidence)
    main = strip_chrome(root, own_site=own_site)
    lines = text_lines(main)
    if name:
        # A further page is titled by what it is about, the start by the firm or by what it sells.
        sure = 0.7 if is_start else 0.6
        page.add(FieldName.NAME, name, "text", sure if is_sure or not own_site else sure - 0.2)
    _read_body(page, main, lines)
    if own_site:
        if legal := find_legal_name(lines, host):
            page.add(FieldName.NAME, legal.name, "text", 0.72 if legal.is_alike else 0.55)
            page.add(FieldName.LEGAL_FORM, legal.form, "text", 0.8 if legal.is_alike else 0.6)
        if is_start:
            page.add(FieldName.WEBSITE, page.url, "text", 0.9)
    else:
        page.forget_directory(host)
    _read_prose(page, lines)


def _read_body(page: "_Page", main: Element, lines: list[str]) -> None:
    page.add_targets(read_labelled(main), 0.88)
    page.add_targets(read_labelled_lines(lines), 0.85)
    for field, text in read_links(main, host_of(page.url)):
        page.add(field, text, "text", 0.85)
    for email in find_emails(lines):
        page.add(FieldName.EMAIL, email, "text", 0.8)
    for phone in find_phones(lines):
        page.add(FieldName.PHONE, phone, "text", 0.75)
    for found in find_addresses(lines):
        page.add_office(found.office, found.text, "text", 0.78)
    for certification, words in find_certifications(lines):
        page.add_fact(Fact(FieldName.CERTIFICATION, certification, words, "text", 0.8, page.url))
    for partnership, words in find_partnerships(lines):
        page.add_fact(Fact(FieldName.PARTNERSHIP, partnership, words, "text", 0.75, page.url))


def _read_prose(page: "_Page", lines: list[str]) -> None:
    tagged = page.has(FieldName.SPECIALTY)
    for line in lines:
        for tag, words in find_technologies(line, listed=is_list(line)):
            page.add_fact(
                Fact(FieldName.SPECIALTY, tag, words, "text", _PROSE_TECHNOLOGY, page.url)
            )
        if not tagged:
            for tag in read_bare_list(line):
                page.add(FieldName.SPECIALTY, tag, "text", 0.75)
            for tag, words in find_tags(line):
                page.add_fact(Fact(FieldName.SPECIALTY, tag, words, "text", 0.55, page.url))
        if not is_telling(line):
            continue
        for sentence in sentences(line):
            if size := find_employees(sentence):
                page.add_fact(Fact(FieldName.EMPLOYEES, *size, "text", 0.75, page.url))
            if founded := find_founded(sentence, page.today):
                page.add_fact(Fact(FieldName.FOUNDED, *founded, "text", 0.75, page.url))
            if seat := find_seat(sentence):
                page.add_offices(seat, 0.65, head=True)


class _Page:
    """The facts found so far on one page."""

    def __init__(self, url: str, today: date) -> None:
        self.url = url
        self.today = today
        self.language = ""
        self._facts: list[Fact] = []
        self._phones: list[tuple[str, Origin]] = []

    def has(self, field: FieldName) -> bool:
        return any(fact.field is field for fact in self._facts)

    def add_fact(self, fact: Fact) -> None:
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
            or fact.confidence > _PROSE_TECHNOLOGY
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
