"""A source as its TOML file describes it: where it begins, which links lead on, which describe a firm.

name = "locator"
title = "Partner locator of Example Inc."
kind = "directory"                      # or "registry"; or "sites": each start URL is a firm's own site
start_urls = ["https://example.com/partners"]
trust = 0.7
licence_note = "Facts may be used; see https://example.com/terms"
lawful_basis = "Legitimate interest: business contacts that the firms publish themselves"
contacts = "roles"                      # or "people": named people's addresses too, on that lawful basis
schedule = "weekly"                     # optional: "daily", "monthly", or as cron "30 4 * * 1" (UTC)

[listing]                               # optional; without it firms and further listings are found by themselves
next = ["a[rel=next]"]                  # CSS selectors of links to further listings …
follow = ['^/partners\\?page=']          # … or patterns of their path and query
items = ["ul.partners a"]               # CSS selectors of links to firms …
item_patterns = ['^/partners/[^/]+$']   # … or patterns of their path and query
rows = []                               # … or of elements that are a firm each; [fields] then look inside

[site]                                  # for firms' own sites; these are the defaults
pages = 6                               # how many of a site: its start, contact, imprint, about, partners …
follow = []                             # patterns of further pages that are wanted first

[fields]                                # optional CSS selectors; everything else is found by itself
name = "h1"

[politeness]                            # optional; these are the defaults
delay_s = 1.0
concurrency = 1
timeout_s = 20.0
allow_private_hosts = []                # "127.0.0.1:8080": hosts of your own network, by name and port

[budget]                                # a crawl that has spent one of them ends and says so
pages = 10000
megabytes = 500                         # optional
minutes = 60                            # optional
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError, parse

from recruit.sourcing.budget import Budget
from recruit.sourcing.schedule import BadSchedule, read_schedule
from recruit.sourcing.spec_table import SpecError, SpecTable
from recruit.sourcing.values import FieldName, SourceKind

__all__ = [
    "Contacts",
    "Listing",
    "Politeness",
    "Site",
    "SourceSpec",
    "SpecError",
    "load_source_spec",
    "matches",
    "parse_source_spec",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CRAWLED = (SourceKind.DIRECTORY, SourceKind.SITES, SourceKind.REGISTRY)
_TEXT_SUFFIX = re.compile(r"::(?:text|attr\([\w-]+\))\s*$")


class Contacts(StrEnum):
    """Whose addresses are kept: those of offices alone (info@), or those of named people too."""

    ROLES = "roles"
    PEOPLE = "people"


@dataclass(frozen=True)
class Listing:
    """Which links of a listing lead on, and which describe a firm: CSS selectors, or patterns of path and query.

    `rows` are the elements of a listing that describe a firm each, without a page of its own. What is
    left out is found by itself.
    """

    next: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    item_patterns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """How far a firm's own site is read: at most `pages` pages, those that fit `follow` first."""

    pages: int = 6
    follow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Politeness:
    """How gently a host is asked."""

    delay_s: float = 1.0
    concurrency: int = 1
    timeout_s: float = 20.0
    allow_private_hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceSpec:
    """A source. `fields` holds CSS selectors; what it leaves out is found by itself when `auto`."""

    name: str
    title: str
    kind: SourceKind
    start_urls: tuple[str, ...] = ()
    listing: Listing = field(default_factory=Listing)
    fields: Mapping[FieldName, tuple[str, ...]] = field(default_factory=dict)
    auto: bool = True
    politeness: Politeness = field(default_factory=Politeness)
    site: Site = field(default_factory=Site)
    budget: Budget = field(default_factory=Budget)
    trust: float = 0.5
    licence_note: str = ""
    lawful_basis: str = ""
    contacts: Contacts = Contacts.ROLES
    schedule: str = ""

    def to_definition(self) -> dict[str, Any]:
        """Return plain data that `parse_source_spec` reads back."""
        listing = {key: list(values) for key, values in vars(self.listing).items() if values}
        fields: dict[str, Any] = {name.value: list(css) for name, css in self.fields.items()}
        politeness = vars(self.politeness) | {
            "allow_private_hosts": list(self.politeness.allow_private_hosts)
        }
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind.value,
            "start_urls": list(self.start_urls),
            "listing": listing,
            "fields": fields | {"auto": self.auto},
            "politeness": politeness,
            "site": {"pages": self.site.pages, "follow": list(self.site.follow)},
            "budget": {key: value for key, value in vars(self.budget).items() if value is not None},
            "trust": self.trust,
            "licence_note": self.licence_note,
            "lawful_basis": self.lawful_basis,
            "contacts": self.contacts.value,
            "schedule": self.schedule,
        }


def load_source_spec(path: Path) -> SourceSpec:
    """Read a source file. Raises `SpecError`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(
            f"{path}: cannot be read ({error.strerror}). Give the path of a TOML file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: is not TOML: {error}. Mend that line.") from error
    return parse_source_spec(data, str(path))


def parse_source_spec(data: Mapping[str, Any], file: str) -> SourceSpec:
    """Read a source from the data of its file; `file` names it in errors. Raises `SpecError`."""
    top = SpecTable(file, "", data)
    name = top.text("name")
    if not _NAME.fullmatch(name):
        raise top.error("name", f"{name!r} is not a name. Use lower-case letters, digits, - and _.")
    kind = _kind(top)
    spec = SourceSpec(
        name=name,
        title=top.text("title", name),
        kind=kind,
        start_urls=_start_urls(top, kind),
        listing=_listing(top),
        **_fields(top),
        politeness=_politeness(top.table("politeness")),
        site=_site(top.table("site")),
        budget=_budget(top.table("budget")),
        trust=top.number("trust", 0.5, 0, 1),
        licence_note=top.text("licence_note", ""),
        lawful_basis=top.text("lawful_basis", ""),
        contacts=_contacts(top),
        schedule=_schedule(top),
    )
    top.finish()
    return spec


def _kind(top: SpecTable) -> SourceKind:
    text = top.text("kind", SourceKind.DIRECTORY)
    try:
        return SourceKind(text)
    except ValueError as error:
        choices = ", ".join(SourceKind)
        raise top.error("kind", f"{text!r} is unknown. Choose one of {choices}.") from error


def _start_urls(top: SpecTable, kind: SourceKind) -> tuple[str, ...]:
    urls = top.texts("start_urls")
    if kind in _CRAWLED and not urls:
        raise top.error("start_urls", "a source to crawl needs at least one address to start from.")
    for url in urls:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise top.error("start_urls", f"{url!r} is not an http(s) address.")
    return urls


def _listing(top: SpecTable) -> Listing:
    if top.get("listing") == "auto":
        return Listing()
    table = top.table("listing")
    listing = Listing(
        next=_selectors(table, "next"),
        follow=_patterns(table, "follow"),
        items=_selectors(table, "items"),
        item_patterns=_patterns(table, "item_patterns"),
        rows=_selectors(table, "rows"),
    )
    table.finish()
    return listing


def _contacts(top: SpecTable) -> Contacts:
    text = top.text("contacts", Contacts.ROLES)
    if text not in set(Contacts):
        raise top.error("contacts", f"{text!r} is unknown. Choose one of {', '.join(Contacts)}.")
    if text == Contacts.PEOPLE and not top.text("lawful_basis", ""):
        raise top.error(
            "contacts",
            "named people are kept only where lawful_basis says on what ground. Write it, or choose "
            '"roles".',
        )
    return Contacts(text)


def _schedule(top: SpecTable) -> str:
    text = top.text("schedule", "")
    if text:
        try:
            read_schedule(text)
        except BadSchedule as error:
            raise top.error("schedule", str(error)) from error
    return text


def _site(table: SpecTable) -> Site:
    site = Site(pages=table.whole("pages", 6, 1, 100), follow=_patterns(table, "follow"))
    table.finish()
    return site


def _selectors(table: SpecTable, key: str) -> tuple[str, ...]:
    selectors = table.texts(key)
    for selector in selectors:
        _check_selector(table, key, selector)
    return selectors


def _check_selector(table: SpecTable, key: str, selector: str) -> None:
    try:
        for parsed in parse(_TEXT_SUFFIX.sub("", selector)):
            HTMLTranslator().selector_to_xpath(parsed)
    except (SelectorError, NotImplementedError) as error:
        raise table.error(key, f"{selector!r} is not a CSS selector ({error}).") from error


def _patterns(table: SpecTable, key: str) -> tuple[str, ...]:
    patterns = table.texts(key)
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise table.error(key, f"{pattern!r} is not a regular expression ({error}).") from error
    return patterns


def _fields(top: SpecTable) -> dict[str, Any]:
    if top.get("fields") == "auto":
        return {}
    table = top.table("fields")
    auto = table.get("auto", True)
    if not isinstance(auto, bool):
        raise table.error("auto", f"{auto!r} is not true or false.")
    fields = {name: found for name in FieldName if (found := _selectors(table, name.value))}
    table.finish()
    if not auto and FieldName.NAME not in fields:
        raise table.error("name", "with auto = false the firm's name needs a CSS selector.")
    return {"fields": fields, "auto": auto}


def _politeness(table: SpecTable) -> Politeness:
    hosts = table.texts("allow_private_hosts")
    for host in hosts:
        if not re.fullmatch(r"(?:\[[0-9a-f:]+\]|[a-z0-9.-]+):[0-9]{1,5}", host):
            raise table.error(
                "allow_private_hosts", f'{host!r} is not host:port. Write it as "127.0.0.1:8080".'
            )
    politeness = Politeness(
        delay_s=table.number("delay_s", 1.0, 0, 3600),
        concurrency=table.whole("concurrency", 1, 1, 64),
        timeout_s=table.number("timeout_s", 20.0, 1, 300),
        allow_private_hosts=hosts,
    )
    table.finish()
    return politeness


def _budget(table: SpecTable) -> Budget:
    budget = Budget(
        pages=table.whole("pages", 10_000, 1, 10_000_000),
        megabytes=_limit(table, "megabytes", 1_000_000),
        minutes=_limit(table, "minutes", 60 * 24 * 30),
    )
    table.finish()
    return budget


def _limit(table: SpecTable, key: str, most: float) -> float | None:
    return None if table.get(key) is None else table.number(key, most, 0.01, most)


def matches(patterns: Sequence[str], url: str) -> bool:
    """Tell whether a pattern is found in the path and query of an address."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return any(re.search(pattern, target) for pattern in patterns)
