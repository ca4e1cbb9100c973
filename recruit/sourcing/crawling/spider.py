"""The spider: takes pages from the sink, reads what comes, gives results back in batches.

The sink, not Scrapy, is the queue. Whatever is not settled when the process dies is given out again to the
next one.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.http import JsonResponse, Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError

from recruit.sourcing.crawling.failures import (
    page_confused_us,
    page_failed,
    page_is_no_html,
    page_was_lost,
)
from recruit.sourcing.crawling.guard import AddressGuard
from recruit.sourcing.crawling.plan import UNCHANGED, Page, PageResult, Sink
from recruit.sourcing.crawling.reader import FetchedPage, PageReader

_BATCH = 50  # results a transaction
_IN_FLIGHT = (
    200  # pages given to Scrapy and not settled; bounds memory, and what a kill fetches again
)
_TICK_S = 0.5  # between signs of life, and the longest that a result waits


class FirmSpider(scrapy.Spider):
    """Fetches the pages of one source."""

    name = "firms"

    def __init__(self, reader: PageReader, sink: Sink, guard: AddressGuard, **kwargs: Any) -> None:
        """Take pages from `sink`, let `reader` read them, and give the results to `sink`."""
        super().__init__(**kwargs)
        self.error: BaseException | None = None
        self.stopped = False
        self._reader = reader
        self._sink = sink
        self._guard = guard
        self._waiting: dict[int, Page] = {}
        self._results: list[PageResult] = []
        self._wake = asyncio.Event()
        self._stop = False

    def stop(self) -> None:
        """Ask to stop: what has been read is settled, what is under way is dropped."""
        self._stop = True
        self._wake.set()

    async def start(self) -> AsyncIterator[Any]:
        """Yield requests as long as the sink has pages."""
        try:
            async for request in self._pump():
                yield request
        except Exception as error:
            # Scrapy would log it and report a finished crawl.
            self.error = error

    async def _pump(self) -> AsyncIterator[scrapy.Request]:
        while True:
            if not await self._settle() or self._stop:
                self.stopped = True
                return
            pages: list[Page] = []
            if len(self._waiting) <= _IN_FLIGHT - _BATCH:
                room = _IN_FLIGHT - len(self._waiting)
                pages = await asyncio.to_thread(self._sink.take, room)
            # All of them first: a page that is answered at once must not look like the last one.
            self._waiting |= {page.id: page for page in pages}
            for page in pages:
                try:
                    request = self._request(page)
                except ValueError as error:  # an address that is none
                    self._add(page_confused_us(page, error))
                else:
                    yield request
            if not self._waiting and not self._results:
                return
            await self._pause()

    async def _pause(self) -> None:
        self._wake.clear()
        if self._due():
            return
        try:
            await asyncio.wait_for(self._wake.wait(), _TICK_S)
        except TimeoutError:
            self._find_lost()

    def _due(self) -> bool:
        return len(self._results) >= _BATCH or (bool(self._results) and not self._waiting)

    async def _settle(self) -> bool:
        results, self._results = self._results, []
        return await asyncio.to_thread(self._sink.settle, results)

    def _request(self, page: Page) -> scrapy.Request:
        headers: dict[str, str] = {}
        if page.known and page.known.etag:
            headers["If-None-Match"] = page.known.etag
        if page.known and page.known.last_modified:
            headers["If-Modified-Since"] = page.known.last_modified
        return scrapy.Request(
            page.url,
            headers=headers,
            callback=self._fetched,
            errback=self._failed,
            dont_filter=True,
            cb_kwargs={"page": page},
            meta={"page": page},
        )

    async def _fetched(self, response: Response, page: Page) -> None:
        if response.status == 304:
            # Whoever was not asked whether a page has changed cannot answer that it has not.
            error = HttpError(response, "304 without being asked")
            self._add(
                PageResult(page, UNCHANGED)
                if page.known
                else page_failed(page, error, response.url, self._guard)
            )
            return
        if not isinstance(response, TextResponse) or isinstance(response, JsonResponse):
            kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
            self._add(page_is_no_html(page, kind))
            return
        # Scrapy fetches no more than a few megabytes ahead of what waits here.
        self._add(await self._reader.read(FetchedPage.of(page, response)))

    def _failed(self, failure: Any) -> None:
        # After a redirect the request is the last one, with the first one's meta.
        request: scrapy.Request = failure.request
        self._add(page_failed(request.meta["page"], failure.value, request.url, self._guard))

    def _add(self, result: PageResult) -> None:
        if self._waiting.pop(result.page.id, None) is None:
            return
        self._results.append(result)
        if self._due():
            self._wake.set()

    def _find_lost(self) -> None:
        """Give up pages that Scrapy no longer works on; without this one of them would hang the crawl."""
        engine = self.crawler.engine
        scraper = engine.scraper.slot
        busy = engine.downloader.active or (scraper is not None and not scraper.is_idle())
        scheduler = engine.scheduler
        if busy or (scheduler is not None and scheduler.has_pending_requests()):
            return
        for page in list(self._waiting.values()):
            self._add(page_was_lost(page))
