"""Keeps to robots.txt as RFC 9309 has it.

A file that is not there (4xx) allows everything. One that cannot be had (5xx, a time-out, a broken
connection) closes the whole host until it can, and is asked for again after a while. A crawl delay counts.
"""

from dataclasses import dataclass
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from recruit.clock import stopwatch

LONGEST_DELAY_S = 120.0
_FRESH_S = 24 * 3600.0  # RFC 9309, 2.4
_RETRY_S = 30 * 60.0
_LARGEST = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB have to be read


class RobotsUnavailable(IgnoreRequest):
    """A host's robots.txt cannot be had at the moment, which closes the host."""


class RobotsTooSlow(IgnoreRequest):
    """A host asks for a longer delay between two pages than a crawl can keep."""


@dataclass
class _Closed:
    """Stands for the rules of a host whose robots.txt could not be had, and why."""

    reason: str


@dataclass
class _Absent:
    """Stands for the rules of a host that cannot be reached at all: its pages fail with the same error."""

    error: Exception


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware with the RFC's answers to failures, and with crawl delays."""

    def __init__(self, crawler: Crawler) -> None:
        """Work for one crawler."""
        super().__init__(crawler)
        self._asked_at: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules of a request's host, asked for again when they are old."""
        netloc = _netloc(request)
        rules: Any = self._parsers.get(netloc)
        # While they are asked for they are a Deferred, which is left alone.
        longest = _RETRY_S if isinstance(rules, _Closed) else _FRESH_S
        settled = rules is None or isinstance(rules, RobotParser | _Closed)
        asked_at = self._asked_at.get(netloc)
        if asked_at is not None and settled and stopwatch() - asked_at > longest:
            self._parsers.pop(netloc, None)
        if netloc not in self._parsers:
            self._asked_at[netloc] = stopwatch()
        return await super().robot_parser(request)

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Let a request pass, or raise why it must not."""
        if isinstance(rp, _Absent):
            raise rp.error
        if isinstance(rp, _Closed):
            raise RobotsUnavailable(rp.reason)
        delay = self._delays.get(_netloc(request), 0.0)
        if delay > LONGEST_DELAY_S:
            raise RobotsTooSlow(f"{delay:g}")
        if delay:
            # AutoThrottle would lower it after the first quick answer.
            request.meta["autothrottle_dont_adjust_delay"] = True
        super().process_request_2(rp, request)

    async def _parse_robots(self, resp: Response, netloc: str, request: Request) -> None:
        status = resp.status
        if status >= 500 or status == 429:
            self._settle(netloc, _Closed(f"It answered {status}."))
        elif status >= 300:
            self._settle(netloc, None)
        else:
            if len(resp.body) > _LARGEST:
                resp = resp.replace(body=resp.body[:_LARGEST].rpartition(b"\n")[0])
            await super()._parse_robots(resp, netloc, request)
            self._keep_delay(netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        match exc:
            case IgnoreRequest():  # redirected without end, or larger than a page may be
                self._settle(netloc, None)
            case DownloadTimeoutError():
                self._settle(netloc, _Closed("It took too long."))
            case _:  # no such host, nobody listens, a bad certificate
                self._settle(netloc, _Absent(exc))

    def _settle(self, netloc: str, rules: Any) -> None:
        waiting: Any = self._parsers[netloc]
        self._parsers[netloc] = rules
        waiting.callback(rules)

    def _keep_delay(self, netloc: str, request: Request) -> None:
        parser: Any = self._parsers.get(netloc)
        delay = parser.crawl_delay(self._robotstxt_useragent) if parser else None
        least = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        if delay is None or not delay > least:
            return
        self._delays[netloc] = delay
        if delay > LONGEST_DELAY_S:
            return
        engine: Any = self.crawler.engine
        downloader = engine.downloader
        key = downloader.get_slot_key(request)
        # Without jitter, which would come half a delay too early now and then. A slot that rests for
        # a minute is thrown away, and the next one is made by the settings.
        downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if (slot := downloader.slots.get(key)) is not None:
            slot.delay, slot.concurrency, slot.jitter = max(slot.delay, delay), 1, 0.0


def _netloc(request: Request) -> str:
    return request.url.partition("://")[2].partition("/")[0].partition("?")[0]
