"""Crawling and extracting 16 KB pages with JSON-LD on loopback, politeness lifted, into a database.

The peer is a bare Scrapy spider that fetches the same pages and reads nothing, in the same run. The site is
a process of its own; so is each crawler, as in production. What loads before the first page (a second, once
a crawl) counts for neither. Memory and CPU time are those of the crawler with its reading process; what both
share of memory counts once (the proportional set size), which getrusage cannot tell.
"""

import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep

from bench.result import Result
from recruit.clock import SystemClock
from recruit.db.engine import make_engine
from recruit.db.transaction import transaction

_PAGES = 3_000
_A_LISTING = 100
_SIZE = 16 * 1024


def run() -> list[Result]:
    """Crawl with Recruit and with bare Scrapy, and compare."""
    site = subprocess.Popen(
        [sys.executable, "-m", "bench.crawl", "site"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert site.stdout is not None
        address = site.stdout.readline().strip()
        with tempfile.TemporaryDirectory() as folder:
            database = f"sqlite:///{folder}/bench.db"
            job_id = _prepare(address, database)
            peer = _measure("peer", address)
            ours = _measure("ours", database, str(job_id))
    finally:
        site.kill()
        site.wait()
    rate, peer_rate = ours["pages"] / ours["seconds"], peer["pages"] / peer["seconds"]
    return [
        Result(
            "crawl and extract, 16 KB JSON-LD pages",
            rate,
            "pages/s",
            peer=f"bare Scrapy, {peer_rate:,.0f} pages/s",
            ratio=rate / peer_rate,
            must="≥ 300",
            stretch="≥ 500",
            met=rate >= 300 and ours["records"] == _PAGES,
        ),
        Result(
            "crawl and extract, CPU a page",
            1000 * ours["cpu_s"] / ours["pages"],
            "ms",
            peer=f"bare Scrapy, {1000 * peer['cpu_s'] / peer['pages']:.2f} ms",
            ratio=ours["cpu_s"] / ours["pages"] / (peer["cpu_s"] / peer["pages"]),
        ),
        Result(
            "crawl and extract, memory",
            ours["megabytes"],
            "MB",
            peer=f"bare Scrapy, {peer['megabytes']:,.0f} MB",
            ratio=ours["megabytes"] / peer["megabytes"],
            must="≤ 200",
            met=ours["megabytes"] <= 200,
        ),
    ]


def _measure(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.crawl", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    report: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


def _prepare(address: str, database: str) -> int:
    from recruit.db.migrate import upgrade
    from recruit.sourcing.spec import parse_source_spec
    from recruit.sourcing.usecases import define_source, open_job
    from recruit.sourcing.values import JobKind

    engine = make_engine(database)
    upgrade(engine)
    spec = parse_source_spec(
        {
            "name": "bench",
            "start_urls": [f"{address}/firms?page=1"],
            "listing": {"items": "a.firm", "next": "a[rel=next]"},
            "politeness": {
                "delay_s": 0,
                "concurrency": 16,
                "allow_private_hosts": [address.partition("://")[2]],
            },
        },
        "bench",
    )
    with transaction(engine, SystemClock().now()) as tx:
        source = define_source(tx, spec=spec)
        job_id = open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id
    engine.dispose()
    return job_id


def _crawl_ours(database: str, job_id: int) -> dict[str, float]:
    import recruit.sourcing.crawling.engine  # noqa: F401
    from recruit.sourcing.tables import SourcingJob
    from recruit.worker.crawl import crawl_job

    engine, clock = make_engine(database), SystemClock()
    watch = _Watch()
    crawl_job(
        lambda: transaction(engine, clock.now()), job_id, agent="Recruit/0 (+mailto:a@b.example)"
    )
    report = watch.report()
    with transaction(engine, clock.now()) as tx:
        job = tx.session.get_one(SourcingJob, job_id)
    engine.dispose()
    return report | {"pages": job.read, "records": job.records_new}


def _crawl_bare(address: str) -> dict[str, float]:
    import scrapy
    from scrapy.crawler import CrawlerProcess

    class Bare(scrapy.Spider):
        name = "bare"
        fetched = 0

        async def start(self):  # type: ignore[no-untyped-def]
            yield scrapy.Request(f"{address}/firms?page=1", callback=self.listing)

        def listing(self, response):  # type: ignore[no-untyped-def]
            type(self).fetched += 1
            for url in response.css("a.firm::attr(href)").getall():
                yield response.follow(url, callback=self.firm)
            for url in response.css("a[rel=next]::attr(href)").getall():
                yield response.follow(url, callback=self.listing)

        def firm(self, response):  # type: ignore[no-untyped-def]  # noqa: ARG002
            type(self).fetched += 1

    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "ROBOTSTXT_OBEY": True,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
            "COOKIES_ENABLED": False,
        }
    )
    process.crawl(Bare)
    watch = _Watch()
    process.start()
    return watch.report() | {"pages": Bare.fetched}


def _cpu_s() -> float:
    """Return the CPU time of this process and of those that it has waited for."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@dataclass
class _Watch:
    """Measures this process and those that it started, from now on."""

    started: float = field(default_factory=perf_counter)
    worked: float = field(default_factory=_cpu_s)
    megabytes: float = 0.0

    def __post_init__(self) -> None:
        Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, sum(map(_megabytes, _processes())))
            sleep(1.0)  # a look costs some milliseconds

    def report(self) -> dict[str, float]:
        return {
            "seconds": perf_counter() - self.started,
            "cpu_s": _cpu_s() - self.worked,
            "megabytes": self.megabytes,
        }


def _processes() -> list[Path]:
    me = Path("/proc/self").resolve()
    children = (me / "task" / me.name / "children").read_text().split()
    return [me, *(Path("/proc") / child for child in children)]


def _megabytes(process: Path) -> float:
    """Return a process's memory, its share of what several use; 0 for one that has ended."""
    try:
        found = re.search(r"(?m)^Pss:\s*([0-9]+)", (process / "smaps_rollup").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _firm(number: int) -> bytes:
    data = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": f"Firm {number} Consulting GmbH",
        "url": f"https://firm{number}.example",
        "email": f"info@firm{number}.example",
        "telephone": f"+49 30 {901800 + number % 100}",
        "foundingDate": str(1950 + number % 70),
        "numberOfEmployees": {"minValue": 10, "maxValue": 49},
        "address": {
            "streetAddress": f"Street {number}",
            "postalCode": "10115",
            "addressLocality": "Berlin",
            "addressCountry": "DE",
        },
        "knowsAbout": ["Kubernetes", "Cloud migration", "Training"],
        "sameAs": [f"https://www.linkedin.com/company/firm{number}"],
    }
    head = f"<!doctype html><html lang=en><head><title>Firm {number} | Locator</title>"
    script = f'<script type="application/ld+json">{json.dumps(data)}</script></head><body><main>'
    said = f"<h1>Firm {number} Consulting GmbH</h1><p>We plan, build and run systems for our customers.</p>"
    filler = "".join(
        f'<section class="card card--case col-12 col-md-4 mb-4"><a class="card__link" href="/cases/{n}-{number}">'
        f'<img class="card__image lazy" src="/static/images/cases/{n}/cover-640x360.webp" alt="" loading="lazy" '
        f'width="640" height="360"></a><div class="card__body"><h3 class="card__title h5">{_words(n)}</h3>'
        f'<p class="card__text text-muted small">{_words(n * 7 + number)}.</p></div></section>'
        for n in range(1, 60)
    )
    body = f"{head}{script}{said}{filler}"
    return body[: _SIZE - 30].encode() + b"</p></main></body></html>"


_LEXICON = [
    "a",
    "paragraph",
    "about",
    "work",
    "that",
    "was",
    "done",
    "and",
    "for",
    "whom",
    "in",
    "words",
    "which",
    "say",
    "little",
    "of",
    "the",
    "firm",
    "itself",
    "while",
    "readers",
    "scroll",
    "past",
    "pictures",
    "towards",
    "something",
    "else",
    "entirely",
    "such",
    "as",
    "news",
    "or",
    "offers",
]


def _words(seed: int) -> str:
    return " ".join(_LEXICON[(seed * 31 + n * 7) % len(_LEXICON)] for n in range(12)).capitalize()


def _listing(page: int) -> bytes:
    first = (page - 1) * _A_LISTING
    links = "".join(
        f'<li><a class="firm" href="/firms/{n}">Firm {n}</a></li>'
        for n in range(first, min(first + _A_LISTING, _PAGES))
    )
    onward = f'<a rel="next" href="/firms?page={page + 1}">next</a>'
    return f"<ul>{links}</ul>{onward if first + _A_LISTING < _PAGES else ''}".encode()


async def _serve() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode()
                status, kind, body = "200 OK", "text/html; charset=utf-8", b""
                if path.startswith("/firms?page="):
                    body = _listing(int(path.rpartition("=")[2]))
                elif path.startswith("/firms/"):
                    body = _firm(int(path.rpartition("/")[2]))
                else:
                    status = "404 Not Found"
                head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["site"]:
            asyncio.run(_serve())
        case ["ours", database, job_id]:
            print(json.dumps(_crawl_ours(database, int(job_id))))
        case ["peer", address]:
            print(json.dumps(_crawl_bare(address)))
