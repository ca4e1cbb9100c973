from datetime import date
from typing import Any

import pytest
from scrapy.http import HtmlResponse

from recruit.sourcing.crawling.extract import find_links, read_page
from recruit.sourcing.crawling.plan import CrawlPlan, Link, Page, PageResult, Role
from recruit.sourcing.values import FieldName
from tests.factories.sourcing import make_spec

BASE = "https://directory.example"


def respond(html: str, path: str = "/firms") -> HtmlResponse:
    return HtmlResponse(f"{BASE}{path}", body=html.encode(), encoding="utf-8")


def read(html: str, role: Role, **over: Any) -> PageResult:
    plan = CrawlPlan(make_spec(BASE, **over), "Recruit/0", date(2026, 3, 3))
    path = "/firms" if role is Role.LISTING else "/firms/acme"
    return read_page(respond(html, path), Page(1, f"{BASE}{path}", role, 0), plan)


def test_a_listing_gives_firms_and_the_next_listing() -> None:
    html = """<a class=firm href="/firms/a#top">A</a><a class=firm href="/firms/a">A</a><div class=firm><a href=b>B</a></div>
    <a class=firm href="https://elsewhere.example/c">C</a><a class=firm href="mailto:x@y.example">D</a>
    <a class=firm href="http://[::1">E</a><a rel=next href="?page=2">next</a>"""
    found = list(
        find_links(
            respond(html), make_spec(BASE, listing={"items": ".firm", "next": "a[rel=next]"})
        )
    )
    assert found == [
        Link(f"{BASE}/firms/a", Role.ITEM),
        Link(f"{BASE}/b", Role.ITEM),
        Link(f"{BASE}/firms?page=2", Role.LISTING),
    ]


def test_links_may_be_told_by_patterns() -> None:
    listing = {"item_patterns": ["^/firms/[^/]+$"], "follow": [r"^/firms\?page="]}
    html = '<a href="/firms/a">A</a><a href="/about">us</a><a href="/firms?page=3">3</a><a href="/firms/a/jobs">j</a>'
    assert list(find_links(respond(html), make_spec(BASE, listing=listing))) == [
        Link(f"{BASE}/firms/a", Role.ITEM),
        Link(f"{BASE}/firms?page=3", Role.LISTING),
    ]


def test_links_follow_the_pages_own_base() -> None:
    html = f'<base href="{BASE}/de/"><a class=firm href="a">A</a>'
    assert [link.url for link in find_links(respond(html), make_spec(BASE))] == [f"{BASE}/de/a"]


def test_a_first_listing_without_links_is_a_problem() -> None:
    result = read("<p>Nothing</p>", Role.LISTING)
    assert result.outcome == "no links"
    assert "selectors and patterns below [listing]" in result.problems[0].remedy


def test_selectors_take_texts_and_links() -> None:
    html = '<h2>Acme</h2><a class=site href="https://acme.example/">our site</a><i title="Bonn"></i><h1>Directory</h1>'
    fields = {"name": "h2", "website": "a.site", "city": "i::attr(title)"}
    sighting = read(html, Role.ITEM, fields=fields).sighting
    assert sighting is not None
    found = {fact.field: (fact.value, fact.method) for fact in sighting.facts}
    assert found[FieldName.NAME] == ("Acme", "selector")
    assert found[FieldName.WEBSITE] == ("https://acme.example", "selector")
    assert found[FieldName.CITY] == ("Bonn", "selector")
    assert sighting.record_id == "/firms/acme"


@pytest.mark.parametrize(
    "html", ["", "<p>Details follow.</p>", "<title>404</title>", "<h1>Page not found</h1>"]
)
def test_a_page_without_a_name_is_a_problem_with_a_remedy(html: str) -> None:
    result = read(html, Role.ITEM)
    assert (result.outcome, result.sighting) == ("no name", None)
    (problem,) = result.problems
    assert (problem.place, problem.field) == (f"{BASE}/firms/acme", "name")
    assert "[fields]" in problem.remedy
