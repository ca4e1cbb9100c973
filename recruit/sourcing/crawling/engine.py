"""Runs Scrapy over one plan in this process, once: a reactor cannot be started a second time."""

import logging
import signal
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.downloadermiddlewares.httpauth import HttpAuthMiddleware
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.extensions import corestats, feedexport, logcount, logstats, memusage, spiderstate
from scrapy.spidermiddlewares.depth import DepthMiddleware
from scrapy.spidermiddlewares.metacopy import MetaCopyDetectionMiddleware
from scrapy.spidermiddlewares.referer import RefererMiddleware
from scrapy.spidermiddlewares.urllength import UrlLengthMiddleware
from scrapy.statscollectors import StatsCollector
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor

from recruit.sourcing.crawling.guard import AddressGuard, GuardedResolver
from recruit.sourcing.crawling.plan import CrawlPlan, Sink
from recruit.sourcing.crawling.reader import PageReader, ReadingProcess
from recruit.sourcing.crawling.robots import RobotsMiddleware

_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
_LOOK_S = 0.05  # how soon an end, or a signal, is noticed
_LARGEST_PAGE = 5 * 1024 * 1024  # bytes, unpacked
# What these do is done by the frontier, or is of no use to it; each costs time for each page.
_UNUSED_EXTENSIONS = (
    corestats.CoreStats,
    feedexport.FeedExporter,
    logcount.LogCount,
    logstats.LogStats,
    memusage.MemoryUsage,
    spiderstate.SpiderState,
)
_UNUSED_SPIDER_MIDDLEWARES = (
    DepthMiddleware,
    MetaCopyDetectionMiddleware,
    RefererMiddleware,
    UrlLengthMiddleware,
)


def crawl(plan: CrawlPlan, sink: Sink) -> bool:
    """Fetch pages until the sink has none left, or asks to stop, or SIGINT or SIGTERM comes.

    Returns whether the crawl came to its end by itself. Raises what the sink raised.
    """
    process = ReadingProcess(plan)
    try:
        return _crawl(plan, sink, process)
    finally:
        process.close()


def _crawl(plan: CrawlPlan, sink: Sink, process: ReadingProcess) -> bool:
    install_reactor(_REACTOR)
    from twisted.internet import reactor as installed

    from recruit.sourcing.crawling.spider import FirmSpider

    reactor: Any = installed
    guard = AddressGuard(plan.spec.politeness.allow_private_hosts)
    reactor.installNameResolver(GuardedResolver(reactor.nameResolver, guard))
    settings = scrapy_settings(plan)
    configure_logging(settings)
    # What they tell of single pages stands in the job's report, in words.
    for talker in ("retry", "robotstxt", "httpcompression"):
        logging.getLogger(f"scrapy.downloadermiddlewares.{talker}").setLevel(logging.CRITICAL)
    logging.getLogger("twisted").addFilter(
        lambda record: "verifying certificate" not in record.getMessage()
    )
    runner = AsyncCrawlerRunner(settings)
    crawler = Crawler(FirmSpider, runner.settings)
    task = runner.crawl(crawler, reader=PageReader(process), sink=sink, guard=guard)
    signals: list[int] = []

    def look() -> None:
        spider = crawler.spider
        if isinstance(spider, FirmSpider):
            if signals:
                spider.stop()
            # What is under way when a crawl stops is not waited for: the frontier still has it.
            if spider.stopped or spider.error:
                reactor.stop()
                return
        if task.done():
            reactor.stop()
        else:
            reactor.callLater(_LOOK_S, look)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _frame: signals.append(got))
    reactor.callWhenRunning(look)
    reactor.run(installSignalHandlers=False)
    if task.done() and (error := task.exception()) is not None:
        raise error
    spider = crawler.spider
    if not isinstance(spider, FirmSpider):
        raise RuntimeError("The crawler did not start.")  # noqa: TRY004
    if spider.error is not None:
        raise spider.error
    return not spider.stopped


class NoStats(StatsCollector):
    """Counts nothing: a job's own numbers stand in the database."""

    # Scrapy's own looks each method up by name, at every call, to warn of an old signature.
    __getattribute__ = object.__getattribute__

    def set_value(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing, as every method that would count."""

    set_stats = inc_value = max_value = min_value = set_value


def scrapy_settings(plan: CrawlPlan) -> dict[str, Any]:
    """Return Scrapy's settings: polite, bounded, and without the parts that listen or call elsewhere."""
    polite = plan.spec.politeness
    return {
        "ROBOTSTXT_OBEY": True,
        "DOWNLOADER_MIDDLEWARES": {
            HttpAuthMiddleware: None,
            OffsiteMiddleware: None,
            RobotsTxtMiddleware: None,
            RobotsMiddleware: 100,
        },
        "DOWNLOADER_STATS": False,
        "SPIDER_MIDDLEWARES": dict.fromkeys(_UNUSED_SPIDER_MIDDLEWARES),
        "EXTENSIONS": dict.fromkeys(_UNUSED_EXTENSIONS),
        "STATS_CLASS": NoStats,
        "USER_AGENT": plan.user_agent,
        "ROBOTSTXT_USER_AGENT": plan.user_agent.partition("/")[0],
        "DOWNLOAD_DELAY": polite.delay_s,
        "CONCURRENT_REQUESTS_PER_DOMAIN": polite.concurrency,
        # Pages that wait for their host's delay count too, so that many hosts need many.
        "CONCURRENT_REQUESTS": max(64, polite.concurrency),
        # A source that says "no delay" means it; otherwise a slow site is asked still more slowly.
        "AUTOTHROTTLE_ENABLED": polite.delay_s > 0,
        "AUTOTHROTTLE_START_DELAY": polite.delay_s,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": float(polite.concurrency),
        # The spider gives its results to the sink itself; Scrapy would start a task a slot for each page.
        "CONCURRENT_ITEMS": 1,
        "DOWNLOAD_TIMEOUT": polite.timeout_s,
        "DOWNLOAD_MAXSIZE": _LARGEST_PAGE,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": {"data": None, "file": None, "ftp": None, "s3": None},
        "REDIRECT_MAX_TIMES": 5,
        "RETRY_TIMES": 2,
        "HTTPERROR_ALLOWED_CODES": [304],
        "COOKIES_ENABLED": False,
        # A proxy would resolve names where the guard cannot see it.
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "STATS_DUMP": False,
        "LOG_LEVEL": "ERROR",
        "LOGSTATS_INTERVAL": 0,
    }
