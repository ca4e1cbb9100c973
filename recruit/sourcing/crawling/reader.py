"""Reads fetched pages in a process of its own, in batches: fetching goes on meanwhile on another core.

A page on which our code hangs or dies takes that process with it and nothing else; the next one is started,
and the page costs a line of the job's report.
"""

import asyncio
import gc
import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from scrapy.http import Headers, TextResponse
from scrapy.responsetypes import responsetypes

from recruit.sourcing.crawling.extract import read_page
from recruit.sourcing.crawling.failures import page_confused_us, page_stopped_us
from recruit.sourcing.crawling.plan import CrawlPlan, Page, PageResult

_BATCH = 32  # pages that go over at once; few where pages come slowly
_MOST_CPU_S = 20.0  # of one page; the slowest real ones need one or two
_AGAIN = "spawn"  # a copy of a process in which a reactor and threads run might hang in their locks
_KEPT = ("Content-Type", "ETag", "Last-Modified")


@dataclass(frozen=True)
class FetchedPage:
    """A page as it came: what the reading needs of a response."""

    page: Page
    url: str
    headers: dict[str, list[bytes]]
    body: bytes

    @classmethod
    def of(cls, page: Page, response: TextResponse) -> "FetchedPage":
        """Take over what is needed of a response."""
        headers = {name: response.headers.getlist(name) for name in _KEPT}
        return cls(page, response.url, headers, response.body)

    def read(self, plan: CrawlPlan) -> PageResult:
        """Return what the page says; what our own code stumbles over is told as a problem."""
        headers = Headers(self.headers)
        kind = responsetypes.from_args(headers=headers, url=self.url, body=self.body)
        if not issubclass(kind, TextResponse):
            kind = TextResponse
        response = kind(self.url, headers=headers, body=self.body)
        try:
            return read_page(response, self.page, plan)
        except Exception as error:
            return page_confused_us(self.page, error)


class ReaderDied(RuntimeError):
    """The reading process ended in the middle of a page."""


class ReadingProcess:
    """A process that reads pages, and its successors. Its calls block; one at a time may be made."""

    def __init__(self, plan: CrawlPlan) -> None:
        """Start the process. Until a reactor or a thread runs, it may be a cheap copy of this one."""
        self._plan = plan
        self._closed = False
        # What is loaded by now stays; neither process's collector need look at it, and copy it, again.
        gc.collect()
        gc.freeze()
        can_fork = "fork" in multiprocessing.get_all_start_methods()
        self._start("fork" if can_fork else "spawn")

    def read(self, batch: Sequence[FetchedPage]) -> list[PageResult]:
        """Return what each of these pages says; a page that ends the process says nothing."""
        try:
            return self._exchange(batch)
        except ReaderDied:
            if self._closed:
                return []
            self._process.join()
            self._connection.close()
            self._start(_AGAIN)
        if len(batch) == 1:
            return [page_stopped_us(batch[0].page)]
        return [result for one in batch for result in self.read([one])]

    def close(self) -> None:
        """End the process at once; what it has not read yet is not needed any more."""
        self._closed = True
        self._process.kill()
        self._process.join()

    def _start(self, method: str) -> None:
        context = multiprocessing.get_context(method)
        self._connection, theirs = context.Pipe()
        ours = self._connection if method == "fork" else None
        self._process = context.Process(  # type: ignore[attr-defined]
            target=_work, args=(theirs, ours, self._plan), daemon=True
        )
        self._process.start()
        theirs.close()

    def _exchange(self, batch: Sequence[FetchedPage]) -> list[PageResult]:
        try:
            self._connection.send(batch)
            results: list[PageResult] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise ReaderDied("The reading process ended in the middle of a page.") from error
        return results


class PageReader:
    """Gathers the pages that wait to be read and gives them to a `ReadingProcess` in batches."""

    def __init__(self, process: ReadingProcess) -> None:
        """Read with `process`."""
        self._process = process
        self._waiting: list[tuple[FetchedPage, asyncio.Future[PageResult]]] = []
        self._task: asyncio.Task[None] | None = None

    async def read(self, page: FetchedPage) -> PageResult:
        """Return what a page says."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[PageResult] = loop.create_future()
        self._waiting.append((page, future))
        if self._task is None:
            self._task = loop.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                results = await asyncio.to_thread(self._process.read, [page for page, _ in batch])
            except Exception as error:
                results = [page_confused_us(page.page, error) for page, _ in batch]
            # There are none when the crawl has stopped, which nobody waits for then.
            for (_, future), result in zip(batch, results, strict=False):
                future.set_result(result)
        self._task = None


def _work(connection: Connection, others: Connection | None, plan: CrawlPlan) -> None:
    """Read pages until the one who sends them is gone."""
    if others is not None:
        others.close()  # a copy that would keep the pipe open
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            batch: Sequence[FetchedPage] = connection.recv()
        except EOFError:
            return
        results = []
        for page in batch:
            # Its signal ends the process wherever it is, in the middle of a regular expression too.
            signal.setitimer(signal.ITIMER_PROF, _MOST_CPU_S)
            results.append(page.read(plan))
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            connection.send(results)
        except OSError:
            return
