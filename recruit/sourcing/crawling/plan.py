"""What a crawl is told, what it finds, and the sink that it gives its findings to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from importlib.metadata import version
from typing import Protocol
from urllib.parse import urlsplit

from recruit.sourcing.contacts import host_of, social_network
from recruit.sourcing.spec import SourceSpec
from recruit.sourcing.text import fold
from recruit.sourcing.values import Fact, FieldName, Problem, Sighting, SourceKind

_LONGEST_ID = 300
OK, UNCHANGED = "ok", "unchanged"
# Counts up when pages are read in another way, so that known ones are read anew.
_READING = 3


class Role(StrEnum):
    """What a page is for."""

    LISTING = "listing"
    ITEM = "item"
    PART = "part"  # a further page of a firm's own site


@dataclass(frozen=True)
class Link:
    """An address that a page leads to."""

    url: str
    role: Role


@dataclass(frozen=True)
class Fetched:
    """By what a page is known again: its validators and the SHA-256 of its body; `size` is in bytes."""

    body_hash: str
    etag: str | None = None
    last_modified: str | None = None
    size: int = 0


@dataclass(frozen=True)
class Page:
    """A page of the frontier that is to be fetched.

    `known` is how it was when it was last read in the same way, `site_id` the page that its site begins
    with, `barren` how many listings in a row before it showed nothing new.
    """

    id: int
    url: str
    role: Role
    depth: int
    known: Fetched | None = None
    site_id: int | None = None
    barren: int = 0


@dataclass(frozen=True)
class PageResult:
    """All that came of one page; it is recorded as a whole or not at all.

    A page about a firm gives its `sighting`, one with a firm a row gives `rows`, one of several pages of
    a firm's own site gives `facts`, from which its sighting is made when the site has been read.
    An UNCHANGED page gives nothing: what it said is known.
    """

    page: Page
    outcome: str  # OK, UNCHANGED, or why there is nothing: "http 404", "robots", "timeout", …
    links: tuple[Link, ...] = ()
    sighting: Sighting | None = None
    problems: tuple[Problem, ...] = ()
    rows: tuple[Sighting, ...] = ()
    facts: tuple[Fact, ...] = ()
    fetched: Fetched | None = None

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Return the firms that the page describes."""
        return (*self.rows, self.sighting) if self.sighting else self.rows


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


def reading_of(spec: SourceSpec) -> str:
    """Return a key of the way in which a source's pages are read: other selectors, another key."""
    definition = spec.to_definition()
    parts = {key: definition[key] for key in ("kind", "listing", "fields", "site", "contacts")}
    text = json.dumps([_READING, version("recruit"), parts], sort_keys=True)
    return sha256(text.encode()).hexdigest()


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


def row_id_of(facts: Sequence[Fact], name: str) -> str:
    """Return the source's own name for a firm that has no page: the host of its site, else its name."""
    site = next((str(fact.value) for fact in facts if fact.field is FieldName.WEBSITE), "")
    key = host_of(site) if site and not social_network(site) else ""
    return f"row:{key or fold(name)}"[:_LONGEST_ID]
