"""What a fetched page gives: links of a listing, the sighting of an item page, a problem in words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urlsplit

from scrapy.http import Response, TextResponse

from recruit.sourcing.contacts import is_office_address
from recruit.sourcing.crawling.plan import (
    OK,
    UNCHANGED,
    CrawlPlan,
    Fetched,
    Link,
    Page,
    PageResult,
    Role,
    record_id_of,
    row_id_of,
)
from recruit.sourcing.listings import find_further, find_items, is_trap, read_anchors
from recruit.sourcing.parse import name_of, parse_page, parse_row
from recruit.sourcing.sitelinks import SiteLink, choose_site_links
from recruit.sourcing.spec import Contacts, SourceSpec, matches
from recruit.sourcing.text import clean
from recruit.sourcing.tree import text_of
from recruit.sourcing.values import Fact, FieldName, Problem, Sighting, SourceKind

_LONGEST_URL = 2000
_MOST_LINKS = 20_000  # of one page; what has more is a sitemap, or made to keep a crawler busy
_LINKED = (FieldName.WEBSITE, FieldName.SOCIAL, FieldName.EMAIL)
_PSEUDO = re.compile(r"::(?:text|attr)")


def read_page(response: TextResponse, page: Page, plan: CrawlPlan) -> PageResult:
    """Return what came of a page that was fetched."""
    fetched = fetched_of(response)
    if page.known and page.known.body_hash == fetched.body_hash:
        # A site without validators says by the body itself that nothing has changed.
        return PageResult(page, UNCHANGED, fetched=fetched)
    match page.role:
        case Role.LISTING:
            result = _read_listing(response, page, plan)
        case _ if plan.spec.kind is SourceKind.SITES:
            result = _read_site_page(response, page, plan)
        case _:
            result = _read_item(response, page, plan)
    return replace(result, fetched=fetched)


def fetched_of(response: Response) -> Fetched:
    """Return by what a page is known again."""
    return Fetched(
        sha256(response.body).hexdigest(),
        _header(response, "ETag"),
        _header(response, "Last-Modified"),
        len(response.body),
    )


def _header(response: Response, name: str) -> str | None:
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    # Whatever is longer was made to be a burden, and a line break would end our own request's header.
    return value if 0 < len(value) <= 500 and value.isprintable() else None


def _read_listing(response: TextResponse, page: Page, plan: CrawlPlan) -> PageResult:
    spec = plan.spec
    links = tuple(find_links(response, spec))
    rows = tuple(read_rows(response, page, plan)) if spec.listing.rows else ()
    too_many = len(response.css("a")) > _MOST_LINKS
    problems = (_too_many_links(page),) if too_many else ()
    if links or rows or page.depth:
        return PageResult(page, OK, links, rows=rows, problems=problems)
    problem = Problem(
        page.url,
        "listing",
        "No link of the first page is one to a firm or to a further listing.",
        "Compare the selectors and patterns below [listing] with the page's HTML. A page that a script "
        "fills in the browser has none; its site map or its data file may.",
    )
    return PageResult(page, "no links", problems=(*problems, problem))


def _too_many_links(page: Page) -> Problem:
    return Problem(
        page.url,
        "listing",
        f"The page has more than {_MOST_LINKS:,} links; those behind were not looked at.",
        "If firms are among them, name smaller listings in start_urls.",
    )


def find_links(response: TextResponse, spec: SourceSpec) -> Iterator[Link]:
    """Yield the links of a listing that lead to firms or to further listings, on the source's hosts, each once.

    They are those that the source asks for; what it says nothing of is found by the page's own shape.
    """
    hosts = {urlsplit(start).netloc.lower() for start in spec.start_urls}
    hosts |= {urlsplit(response.url).netloc.lower()}
    found: dict[str, Role] = {}
    listing = spec.listing
    for role, selectors in ((Role.ITEM, listing.items), (Role.LISTING, listing.next)):
        for selector in selectors:
            for href in _hrefs(response.css(selector)):
                found.setdefault(_absolute(response, href), role)
    patterns = listing.item_patterns, listing.follow
    if any(patterns):
        for href in response.css("a::attr(href), area::attr(href)").getall()[:_MOST_LINKS]:
            url = _absolute(response, href)
            for role, wanted in zip((Role.ITEM, Role.LISTING), patterns, strict=True):
                if url and matches(wanted, url):
                    found.setdefault(url, role)
    for url, role in _found_by_shape(response, spec):
        found.setdefault(url, role)
    for url, role in islice(found.items(), _MOST_LINKS):
        if url and urlsplit(url).netloc.lower() in hosts and not is_trap(url):
            yield Link(url, role)


def _found_by_shape(response: TextResponse, spec: SourceSpec) -> Iterator[tuple[str, Role]]:
    listing = spec.listing
    wants_items = not (listing.items or listing.item_patterns or listing.rows)
    wants_next = not (listing.next or listing.follow)
    if not (wants_items or wants_next):
        return
    anchors = read_anchors(response.selector.root, lambda href: _absolute(response, href))
    further = find_further(anchors, response.url)
    if wants_items:
        for url in find_items(anchors, response.url, but=further):
            yield url, Role.ITEM
    if wants_next:
        for url in further:
            yield url, Role.LISTING


def _hrefs(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node.root, str):
            yield node.root
        else:
            yield from node.xpath("descendant-or-self::a/@href").getall()


def _absolute(response: TextResponse, href: str) -> str:
    try:
        url = urldefrag(response.urljoin(clean(href))).url
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and len(url) <= _LONGEST_URL else ""


def _joined(response: TextResponse, href: str) -> str:
    try:
        return response.urljoin(href)
    except ValueError:
        return href


def _read_item(response: TextResponse, page: Page, plan: CrawlPlan) -> PageResult:
    spec = plan.spec
    facts = _allowed(
        spec,
        parse_page(
            response.text,
            page.url,
            today=plan.today,
            selected=_all_selected(response, spec),
            auto=spec.auto,
            people=spec.contacts is Contacts.PEOPLE,
        ),
    )
    if name_of(facts) is None:
        problem = Problem(
            page.url,
            FieldName.NAME.value,
            "The page names no firm.",
            "Open the page. If it describes one, give the name a CSS selector below [fields]; if not, "
            "narrow the items below [listing].",
            clean(response.text[:500]),
        )
        return PageResult(page, "no name", problems=(problem,))
    sighting = Sighting(record_id_of(page.url, spec), page.url, tuple(facts))
    return PageResult(page, OK, sighting=sighting)


def _read_site_page(response: TextResponse, page: Page, plan: CrawlPlan) -> PageResult:
    """Return what a page of a firm's own site says, and from its start which others are worth reading."""
    spec = plan.spec
    start = page.role is Role.ITEM
    # A start page may have moved to another host; what it says is read as that host's.
    url = response.url if start else page.url
    facts = parse_page(
        response.text,
        url,
        today=plan.today,
        own_site=True,
        is_start=start,
        selected=_all_selected(response, spec),
        auto=spec.auto,
        people=spec.contacts is Contacts.PEOPLE,
    )
    links: list[str] = []
    if start and spec.site.pages > 1:
        anchors = response.css("a")[:_MOST_LINKS]
        found = (
            SiteLink(_absolute(response, a.attrib.get("href", "")), text_of(a.root)[:100])
            for a in anchors
            if a.attrib.get("href")
        )
        links = choose_site_links(
            found, response.url, most=spec.site.pages - 1, follow=spec.site.follow
        )
    return PageResult(
        page,
        OK,
        tuple(Link(link, Role.PART) for link in links if not is_trap(link)),
        facts=tuple(_allowed(spec, facts)),
    )


def read_rows(response: TextResponse, page: Page, plan: CrawlPlan) -> Iterator[Sighting]:
    """Yield the firms of a listing that describes each in an element of its own."""
    spec = plan.spec
    seen: set[str] = set()
    for selector in spec.listing.rows:
        for row in response.css(selector)[:_MOST_LINKS]:
            facts = _allowed(
                spec,
                parse_row(
                    row.get(),
                    response.url,
                    today=plan.today,
                    selected=_all_selected(row, spec, response),
                    auto=spec.auto,
                ),
            )
            name = name_of(facts)
            if name is None:
                continue
            record_id = row_id_of(facts, name)
            if record_id not in seen:
                seen.add(record_id)
                yield Sighting(record_id, page.url, tuple(facts))


def _allowed(spec: SourceSpec, facts: Iterable[Fact]) -> list[Fact]:
    """Leave out the addresses of named people, unless the source says on what ground they are kept."""
    if spec.contacts is Contacts.PEOPLE:
        return list(facts)
    facts = list(facts)
    name = name_of(facts) or ""
    return [
        # A person's address must not stay as what stood beside the office's.
        replace(fact, text=str(fact.value)) if fact.field is FieldName.EMAIL else fact
        for fact in facts
        if fact.field is not FieldName.PERSON
        and (fact.field is not FieldName.EMAIL or is_office_address(str(fact.value), name))
    ]


def _all_selected(
    scope: Any, spec: SourceSpec, response: TextResponse | None = None
) -> dict[FieldName, list[str]]:
    page = response if response is not None else scope
    return {name: list(_selected(scope, page, name, css)) for name, css in spec.fields.items()}


def _selected(
    scope: Any, response: TextResponse, name: FieldName, selectors: Iterable[str]
) -> Iterator[str]:
    for selector in selectors:
        for node in scope.css(selector)[:100]:
            if _PSEUDO.search(selector):
                yield node.get()
                continue
            href = node.xpath("@href").get() if name in _LINKED else None
            yield _joined(response, href) if href else text_of(node.root)
