"""The process that reads pages: pages that hang it or kill it cost themselves, and nothing else."""

import os
from collections.abc import Iterator
from datetime import date

import pytest
from scrapy.http import HtmlResponse

from recruit.sourcing.crawling import reader as module
from recruit.sourcing.crawling.plan import CrawlPlan, Page, Role
from recruit.sourcing.crawling.reader import FetchedPage, ReadingProcess
from recruit.sourcing.values import FieldName
from tests.factories.sourcing import make_spec


def make_plan() -> CrawlPlan:
    return CrawlPlan(make_spec("https://directory.example"), "Recruit/0", date(2026, 3, 3))


def make_page(number: int, body: bytes) -> FetchedPage:
    url = f"https://directory.example/firms/{number}"
    headers = {"Content-Type": "text/html; charset=latin-1", "ETag": '"one"'}
    return FetchedPage.of(
        Page(number, url, Role.ITEM, 1), HtmlResponse(url, body=body, headers=headers)
    )


@pytest.fixture
def process() -> Iterator[ReadingProcess]:
    process = ReadingProcess(make_plan())
    yield process
    process.close()


def test_a_batch_comes_back_in_its_order_with_what_each_page_says(process: ReadingProcess) -> None:
    pages = [make_page(n, f"<h1>M\xfcller {n}</h1>".encode("latin-1")) for n in range(3)]
    results = process.read(pages)
    names = [
        fact.value
        for result in results
        if result.sighting
        for fact in result.sighting.facts
        if fact.field is FieldName.NAME
    ]
    assert names == ["Müller 0", "Müller 1", "Müller 2"]
    assert [result.page.id for result in results] == [0, 1, 2]
    assert results[0].fetched is not None
    assert results[0].fetched.etag == '"one"'


def test_a_page_that_hangs_or_kills_the_reading_costs_itself_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(self: FetchedPage, plan: CrawlPlan) -> object:
        if b"hang" in self.body:
            while True:
                pass
        if b"die" in self.body:
            os._exit(11)
        return original(self, plan)

    original = FetchedPage.read
    monkeypatch.setattr(FetchedPage, "read", read)
    monkeypatch.setattr(module, "_MOST_CPU_S", 0.2)
    monkeypatch.setattr(module, "_AGAIN", "fork")  # so that the successors know these pages too
    process = ReadingProcess(make_plan())
    try:
        bodies = [b"<h1>One</h1>", b"<h1>hang</h1>", b"<h1>die</h1>", b"<h1>Two</h1>"]
        results = process.read([make_page(number, body) for number, body in enumerate(bodies)])
    finally:
        process.close()
    assert [result.outcome for result in results] == ["ok", "error", "error", "ok"]
    assert "took too long" in results[1].problems[0].reason


def test_a_process_that_starts_anew_reads_on(process: ReadingProcess) -> None:
    process._process.kill()
    (result,) = process.read([make_page(1, b"<h1>One</h1>")])
    assert result.outcome == "error"
    (result,) = process.read([make_page(2, b"<h1>Two</h1>")])
    assert result.outcome == "ok"


def test_a_closed_process_gives_nothing_and_starts_no_other(process: ReadingProcess) -> None:
    process.close()
    assert process.read([make_page(1, b"<h1>One</h1>")]) == []
    assert not process._process.is_alive()
