"""A source as its TOML file describes it: where it begins, which links lead on, which describe a firm.

name = "locator"
title = "Partner locator of Example Inc."
kind = "directory"                      # or "sites": each start URL is a firm's own site
start_urls = ["https://example.com/partners"]
trust = 0.7
licence_note = "Facts may be used; see https://example.com/terms"
lawful_basis = "Legitimate interest: business contacts that the firms publish themselves"

[listing]
next = ["a[rel=next]"]                  # CSS selectors of links to further listings …
follow = ['^/partners\\?page=']          # … or patterns of their path and query
items = ["ul.partners a"]               # CSS selectors of links to firms …
item_patterns = ['^/partners/[^/]+$']   # … or patterns of their path and query

[fields]                                # optional CSS selectors; everything else is found by itself
name = "h1"

[politeness]                            # optional; these are the defaults
delay_s = 1.0
concurrency = 1
timeout_s = 20.0
allow_private_hosts = []                # "127.0.0.1:8080": hosts of your own network, by name and port

[budget]
pages = 10000
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError, parse

from recruit.sourcing.spec_table import SpecError, SpecTable
from recruit.sourcing.values import FieldName, SourceKind

__all__ = [
    "Listing",
    "Politeness",
    "SourceSpec",
    "SpecError",
    "load_source_spec",
    "matches",
    "parse_source_spec",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CRAWLED = (SourceKind.DIRECTORY, SourceKind.SITES)
_TEXT_SUFFIX = re.compile(r"::(?:text|attr\([\w-]+\))\s*$")


@dataclass(frozen=True)
class Listing:
    """Which links of a listing lead on, and which describe a firm: CSS selectors, or patterns of path and query."""

    next: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    item_patterns: tuple[str, ...] = ()


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
    most_pages: int = 10_000
    trust: float = 0.5
    licence_note: str = ""
    lawful_basis: str = ""

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
            "budget": {"pages": self.most_pages},
            "trust": self.trust,
            "licence_note": self.licence_note,
            "lawful_basis": self.lawful_basis,
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
        listing=_listing(top.table("listing"), kind),
        **_fields(top),
        politeness=_politeness(top.table("politeness")),
        most_pages=_most_pages(top.table("budget")),
        trust=top.number("trust", 0.5, 0, 1),
        licence_note=top.text("licence_note", ""),
        lawful_basis=top.text("lawful_basis", ""),
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


def _listing(table: SpecTable, kind: SourceKind) -> Listing:
    listing = Listing(
        next=_selectors(table, "next"),
        follow=_patterns(table, "follow"),
        items=_selectors(table, "items"),
        item_patterns=_patterns(table, "item_patterns"),
    )
    table.finish()
    if kind is SourceKind.DIRECTORY and not listing.items and not listing.item_patterns:
        raise table.error(
            "items",
            'which links describe a firm? Give a CSS selector (items = ["ul.partners a"]) or a pattern '
            "(item_patterns = ['^/partners/']).",
        )
    return listing


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


def _most_pages(table: SpecTable) -> int:
    pages = table.whole("pages", 10_000, 1, 10_000_000)
    table.finish()
    return pages


def matches(patterns: Sequence[str], url: str) -> bool:
    """Tell whether a pattern is found in the path and query of an address."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return any(re.search(pattern, target) for pattern in patterns)
