"""Turns a page's HTML into facts about the firm that the page is about.

The surest reading of a field wins: a selector of the source's own, structured data, a labelled value, a
sentence, the page's heading. No input makes this raise; a page that says nothing gives no facts.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from recruit.sourcing.addresses import find_addresses, says_head_office
from recruit.sourcing.contacts import host_of
from recruit.sourcing.labels import Part
from recruit.sourcing.legal import find_legal_name
from recruit.sourcing.markup import (
    find_emails,
    find_phones,
    read_description,
    read_heading,
    read_labelled,
    read_labelled_lines,
    read_links,
    read_row_name,
    sentences,
)
from recruit.sourcing.page import PROSE_TECHNOLOGY, Page
from recruit.sourcing.people import find_people
from recruit.sourcing.prose import (
    find_employees,
    find_founded,
    find_offices,
    find_seat,
    list_telling,
)
from recruit.sourcing.sections import read_sections
from recruit.sourcing.specialties import SERVICES, find_tags, read_bare_list
from recruit.sourcing.structured import read_structured
from recruit.sourcing.technologies import find_technologies, is_list, may_name_technologies
from recruit.sourcing.text import clean
from recruit.sourcing.trades import find_trades, introduction
from recruit.sourcing.tree import Element, read_html, strip_chrome, text_lines
from recruit.sourcing.values import Fact, FieldName
from recruit.sourcing.vendors import find_certifications, find_partnerships


def parse_page(
    html: str,
    url: str,
    *,
    today: date,
    own_site: bool = False,
    is_start: bool = True,
    selected: Mapping[FieldName, Sequence[str]] | None = None,
    auto: bool = True,
    people: bool = False,
) -> list[Fact]:
    """Return what a page says of its firm: single fields once, the others each value once.

    `own_site` tells a firm's own page from a directory's page about it, `is_start` the page that the site
    begins with from its further ones. `selected` holds texts that the source's own selectors found; with
    `auto` the other fields are looked for as well; with `people` those who are named as the firm's own too,
    which needs a lawful basis.
    """
    page = _selected_page(url, today, selected)
    if auto:
        _read_page(page, html, own_site=own_site, is_start=is_start, people=people)
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
) -> Page:
    page = Page(url, today)
    for field, texts in (selected or {}).items():
        for text in texts:
            page.add(field, text, "selector", 0.97)
    return page


def _read_page(page: Page, html: str, *, own_site: bool, is_start: bool, people: bool) -> None:
    root = read_html(html)
    host = host_of(page.url)
    page.language = clean(root.get("lang") or "")[:20]
    page.description = read_description(root)
    heading = read_heading(root, own_site=own_site, host=host)
    name, is_sure = heading
    stated = read_structured(
        root, html, heading=heading, url=page.url, own_site=own_site, people=people
    )
    for item in stated:
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
    for person in find_people(main) if people else ():
        page.add(FieldName.PERSON, person.to_value(), "text", 0.8)
    if own_site:
        if legal := find_legal_name(lines, host):
            page.add(FieldName.NAME, legal.name, "text", 0.72 if legal.is_alike else 0.55)
            page.add(FieldName.LEGAL_FORM, legal.form, "text", 0.8 if legal.is_alike else 0.6)
        if is_start:
            page.add(FieldName.WEBSITE, page.url, "text", 0.9)
    else:
        page.forget_directory(host)
    _read_prose(page, lines)


def _read_body(page: Page, main: Element, lines: list[str]) -> None:
    page.add_targets(read_labelled(main), 0.88)
    for section in read_sections(main):
        if section.target is Part.PLACE:
            page.add_places(section.lines, 0.86, head=says_head_office(section.label))
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


def _read_prose(page: Page, lines: list[str]) -> None:
    # Menus and cards repeat themselves.
    lines = list(dict.fromkeys(lines))
    if not page.names_service():
        for trade, words in find_trades(introduction([page.description, *lines])):
            page.add_fact(Fact(FieldName.SPECIALTY, trade, words, "text", 0.6, page.url))
    technical = may_name_technologies("\n".join(lines))
    tagged = page.has(FieldName.SPECIALTY)
    for line in lines:
        if technical and may_name_technologies(line):
            for tag, words in find_technologies(line, listed=is_list(line)):
                page.add_fact(
                    Fact(FieldName.SPECIALTY, tag, words, "text", PROSE_TECHNOLOGY, page.url)
                )
        if not tagged:
            for tag in read_bare_list(line):
                page.add(FieldName.SPECIALTY, tag, "text", 0.75)
            for tag, words in find_tags(line):
                if tag in SERVICES:
                    continue  # what is sold is told by the introduction
                page.add_fact(Fact(FieldName.SPECIALTY, tag, words, "text", 0.55, page.url))
    for line in list_telling(lines):
        for sentence in sentences(line):
            if size := find_employees(sentence):
                page.add_fact(Fact(FieldName.EMPLOYEES, *size, "text", 0.75, page.url))
            if founded := find_founded(sentence, page.today):
                page.add_fact(Fact(FieldName.FOUNDED, *founded, "text", 0.75, page.url))
            if seat := find_seat(sentence):
                page.add_offices(seat, 0.65, head=True)
            elif offices := find_offices(sentence):
                page.add_offices(offices, 0.62, head=False)
