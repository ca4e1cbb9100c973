"""What a crawl is told, what it finds, and the sink that it gives its findings to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from typing import Protocol
from urllib.parse import urlsplit

from recruit.sourcing.spec import SourceSpec
from recruit.sourcing.values import Problem, Sighting, SourceKind

_LONGEST_ID = 300


class Role(StrEnum):
    """What a page is for."""

    LISTING = "listing"
    ITEM = "item"


@dataclass(frozen=True)
class Link:
    """An address that a page leads to."""

    url: str
    role: Role


@dataclass(frozen=True)
class Page:
    """A page of the frontier that is to be fetched."""

    id: int
    url: str
    role: Role
    depth: int


@dataclass(frozen=True)
class PageResult:
    """All that came of one page; it is recorded as a whole or not at all."""

    page: Page
    outcome: str  # "ok", or why there is nothing: "http 404", "robots", "timeout", …
    links: tuple[Link, ...] = ()
    sighting: Sighting | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class CrawlPlan:
    """A source, and how we introduce ourselves; `today` bounds the years that a page may state."""

    spec: SourceSpec
    user_agent: str
    today: date


class Sink(Protocol):
    """Where a crawl gets its pages from and gives its findings to. Called from one thread at a time."""

    def take(self, limit: int) -> list[Page]:
        """Return up to `limit` pages that nobody has been given yet; none when all are given out."""
        ...

    def settle(self, results: Sequence[PageResult]) -> bool:
        """Record results for good; also called with none, as a sign of life. False asks to stop."""
        ...


def user_agent(contact: str) -> str:
    """Return the name under which a crawl introduces itself, with an address to complain to."""
    return f"Recruit/{version('recruit')} (+mailto:{contact})"


def start_links(spec: SourceSpec) -> list[Link]:
    """Return the pages that a source begins with."""
    role = Role.ITEM if spec.kind is SourceKind.SITES else Role.LISTING
    return [Link(url, role) for url in spec.start_urls]


def url_hash(url: str) -> str:
    """Return the key under which the frontier knows an address."""
    return sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def record_id_of(url: str, spec: SourceSpec) -> str:
    """Return the source's own name for the firm on a page: the path, where the source has one host.

    So a directory may move to another host or port and its firms stay the same.
    """
    hosts = {urlsplit(start).netloc for start in spec.start_urls}
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    record_id = path if len(hosts) == 1 and parts.netloc in hosts else f"{parts.netloc}{path}"
    if len(record_id) <= _LONGEST_ID:
        return record_id
    return f"{record_id[: _LONGEST_ID - 33]}#{url_hash(url)[:32]}"
