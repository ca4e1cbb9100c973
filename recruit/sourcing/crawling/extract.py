"""What a fetched page gives: links of a listing, the sighting of an item page, a problem in words."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urldefrag, urlsplit

from scrapy.http import TextResponse

from recruit.sourcing.crawling.plan import CrawlPlan, Link, Page, PageResult, Role, record_id_of
from recruit.sourcing.parse import name_of, parse_page
from recruit.sourcing.spec import SourceSpec, matches
from recruit.sourcing.text import clean
from recruit.sourcing.tree import text_of
from recruit.sourcing.values import FieldName, Problem, Sighting, SourceKind

_LONGEST_URL = 2000
_LINKED = (FieldName.WEBSITE, FieldName.SOCIAL, FieldName.EMAIL)
_PSEUDO = re.compile(r"::(?:text|attr)")


def read_page(response: TextResponse, page: Page, plan: CrawlPlan) -> PageResult:
    """Return what came of a page that was fetched."""
    if page.role is Role.LISTING:
        return _read_listing(response, page, plan.spec)
    return _read_item(response, page, plan.spec, plan.today)


def _read_listing(response: TextResponse, page: Page, spec: SourceSpec) -> PageResult:
    links = tuple(find_links(response, spec))
    if links or page.depth:
        return PageResult(page, "ok", links)
    problem = Problem(
        page.url,
        "listing",
        "No link of the first page is one to a firm or to a further listing.",
        "Compare the selectors and patterns below [listing] with the page's HTML.",
    )
    return PageResult(page, "no links", problems=(problem,))


def find_links(response: TextResponse, spec: SourceSpec) -> Iterator[Link]:
    """Yield the links of a listing that the source asks for, on its own hosts, each once."""
    hosts = {urlsplit(start).netloc.lower() for start in spec.start_urls}
    found: dict[str, Role] = {}
    for role, selectors in ((Role.ITEM, spec.listing.items), (Role.LISTING, spec.listing.next)):
        for selector in selectors:
            for href in _hrefs(response.css(selector)):
                found.setdefault(_absolute(response, href), role)
    patterns = spec.listing.item_patterns, spec.listing.follow
    if any(patterns):
        for href in response.css("a::attr(href), area::attr(href)").getall():
            url = _absolute(response, href)
            for role, wanted in zip((Role.ITEM, Role.LISTING), patterns, strict=True):
                if url and matches(wanted, url):
                    found.setdefault(url, role)
    for url, role in found.items():
        if url and urlsplit(url).netloc.lower() in hosts:
            yield Link(url, role)


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


def _read_item(response: TextResponse, page: Page, spec: SourceSpec, today: date) -> PageResult:
    facts = parse_page(
        response.text,
        page.url,
        today=today,
        own_site=spec.kind is SourceKind.SITES,
        selected={name: list(_selected(response, name, css)) for name, css in spec.fields.items()},
        auto=spec.auto,
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
    return PageResult(page, "ok", sighting=sighting)


def _selected(response: TextResponse, name: FieldName, selectors: Iterable[str]) -> Iterator[str]:
    for selector in selectors:
        for node in response.css(selector):
            if _PSEUDO.search(selector):
                yield node.get()
                continue
            href = node.xpath("@href").get() if name in _LINKED else None
            yield _joined(response, href) if href else text_of(node.root)
