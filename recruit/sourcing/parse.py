"""Turns a page's HTML into facts about the firm that the page is about.

The surest reading of a field wins: a selector of the source's own, structured data, a labelled value, a
sentence, the page's heading. No input makes this raise; a page that says nothing gives no facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from recruit.sourcing.contacts import host_of
from recruit.sourcing.countries import read_place
from recruit.sourcing.facts import Origin, Unreadable, infer_country, read_facts
from recruit.sourcing.labels import Part, Target
from recruit.sourcing.markup import (
    find_emails,
    find_phones,
    read_heading,
    read_labelled,
    read_labelled_lines,
    read_links,
    sentences,
)
from recruit.sourcing.prose import find_employees, find_founded, find_seat
from recruit.sourcing.specialties import find_tags, read_bare_list
from recruit.sourcing.structured import read_structured
from recruit.sourcing.text import clean, shorten
from recruit.sourcing.tree import read_html, strip_chrome, text_lines
from recruit.sourcing.values import MANY_VALUED, Fact, FieldName

_MOST_FACTS = 60  # of one field


def parse_page(
    html: str,
    url: str,
    *,
    today: date,
    own_site: bool = False,
    selected: Mapping[FieldName, Sequence[str]] | None = None,
    auto: bool = True,
) -> list[Fact]:
    """Return what a page says of its firm: single fields once, the others each value once.

    `own_site` tells a firm's own page from a directory's page about it. `selected` holds texts that the
    source's own selectors found; with `auto` the other fields are looked for as well.
    """
    page = _Page(url, today)
    for field, texts in (selected or {}).items():
        for text in texts:
            page.add(field, text, "selector", 0.97)
    if auto:
        _read_page(page, html, own_site=own_site)
    return page.chosen()


def name_of(facts: Sequence[Fact]) -> str | None:
    """Return the firm's name among facts, None where nobody gave one."""
    return next((str(fact.value) for fact in facts if fact.field is FieldName.NAME), None)


def _read_page(page: "_Page", html: str, *, own_site: bool) -> None:
    root = read_html(html)
    host = host_of(page.url)
    heading = read_heading(root, own_site=own_site, host=host)
    name, _ = heading
    for item in read_structured(root, html, heading=heading, url=page.url, own_site=own_site):
        if item.field is None:
            page.add_place(item.text, item.method, item.confidence)
        else:
            page.add(item.field, item.text, item.method, item.confidence)
    main = strip_chrome(root, own_site=own_site)
    lines = text_lines(main)
    if name:
        page.add(FieldName.NAME, name, "text", 0.7)
    page.add_targets(read_labelled(main), 0.88)
    page.add_targets(read_labelled_lines(lines), 0.85)
    for field, text in read_links(main, host):
        page.add(field, text, "text", 0.85)
    for email in find_emails(lines):
        page.add(FieldName.EMAIL, email, "text", 0.8)
    for phone in find_phones(lines):
        page.add(FieldName.PHONE, phone, "text", 0.75)
    if own_site:
        page.add(FieldName.WEBSITE, page.url, "text", 0.9)
    else:
        page.forget_directory(host)
    _read_prose(page, lines)


def _read_prose(page: "_Page", lines: list[str]) -> None:
    tagged = page.has(FieldName.SPECIALTY)
    for line in lines:
        if not tagged:
            for tag in read_bare_list(line):
                page.add(FieldName.SPECIALTY, tag, "text", 0.75)
            for tag, words in find_tags(line):
                page.add_fact(Fact(FieldName.SPECIALTY, tag, words, "text", 0.55, page.url))
        for sentence in sentences(line):
            if size := find_employees(sentence):
                page.add_fact(Fact(FieldName.EMPLOYEES, *size, "text", 0.75, page.url))
            if founded := find_founded(sentence, page.today):
                page.add_fact(Fact(FieldName.FOUNDED, *founded, "text", 0.75, page.url))
            if seat := find_seat(sentence):
                page.add_place(seat, "text", 0.65)


class _Page:
    """The facts found so far on one page."""

    def __init__(self, url: str, today: date) -> None:
        self.url = url
        self.today = today
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
        else:
            self._read(field, text, origin)

    def _read(
        self, field: FieldName, text: str, origin: Origin, country: str | None = None
    ) -> None:
        try:
            self._facts += read_facts(field, text, origin, today=self.today, country=country)
        except Unreadable:
            return

    def add_place(self, text: str, method: str, confidence: float) -> None:
        """Add city, region and country of a combined place."""
        shown = shorten(clean(text), 300)
        for key, value in read_place(text).items():
            if len(value) <= (20 if key == "postcode" else 120):
                field = FieldName(key)
                self._facts.append(Fact(field, value, shown, method, confidence, self.url))

    def add_targets(self, found: Iterable[tuple[Target, str]], confidence: float) -> None:
        for target, text in found:
            if target is Part.PLACE:
                self.add_place(text, "text", confidence)
            elif isinstance(target, FieldName):
                self.add(target, text, "text", confidence)

    def forget_directory(self, host: str) -> None:
        """Drop the directory's own addresses, which stand on every page."""
        own = {host_of(str(f.value)) for f in self._facts if f.field is FieldName.WEBSITE} - {host}
        self._facts = [f for f in self._facts if not _is_directorys(f, host, own)]

    def chosen(self) -> list[Fact]:
        """Return the surest fact of a single field and every distinct value of the others."""
        countries = [fact for fact in self._facts if fact.field is FieldName.COUNTRY]
        country = max(countries, key=lambda fact: fact.confidence, default=None)
        for text, origin in self._phones:
            self._read(FieldName.PHONE, text, origin, str(country.value) if country else None)
        self._phones.clear()
        ordered = sorted(self._facts, key=lambda fact: -fact.confidence)
        facts: list[Fact] = []
        for field in FieldName:
            surest: dict[object, Fact] = {}
            for fact in ordered:
                if fact.field is field:
                    surest.setdefault(fact.value, fact)
            facts += list(surest.values())[: _MOST_FACTS if field in MANY_VALUED else 1]
        inferred = infer_country(facts)
        return [*facts, inferred] if inferred else facts


def _is_directorys(fact: Fact, host: str, own: set[str]) -> bool:
    if fact.field is FieldName.WEBSITE:
        return host_of(str(fact.value)) == host
    if fact.field is FieldName.EMAIL:
        domain = str(fact.value).partition("@")[2]
        return bool(host) and domain not in own and (domain == host or host.endswith(f".{domain}"))
    return False
