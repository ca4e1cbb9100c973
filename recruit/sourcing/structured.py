"""Reads schema.org organisations out of JSON-LD, microdata and OpenGraph.

Only these three syntaxes: extruct, which finds the items of microdata, needs a hundred times as long for the
others. This module decides which item is the firm that the page is about, and which of its properties say what.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recruit.sourcing.addresses import says_head_office
from recruit.sourcing.contacts import host_of
from recruit.sourcing.organization import (
    read_organization,
    read_people,
    read_places,
    texts_of,
    values_of,
)
from recruit.sourcing.text import clean, fold
from recruit.sourcing.tree import Element
from recruit.sourcing.values import FieldName

_WRAPPING = re.compile(
    r"<!--|-->|(?:/[/*]\s*)?<!\[CDATA\[(?:\s*\*/)?|(?:/[/*]\s*)?\]\]>(?:\s*\*/)?"
)
_COMMENT_LINE = re.compile(r"^\s*//.*$|/\*(?!\*?<!\[CDATA).*?\*/", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_MOST_ITEMS = 300  # extruct's microdata grows with the square of their number
_DEEPEST = 12
_NAMES = (
    "Organization Corporation LocalBusiness ProfessionalService OnlineBusiness OnlineStore NGO "
    "EducationalOrganization CollegeOrUniversity School Consortium Cooperative Airline Project "
    "GovernmentOrganization MedicalOrganization NewsMediaOrganization PerformingGroup "
    "ResearchOrganization FundingAgency SportsOrganization WorkersUnion LibrarySystem "
    "AccountingService AutomotiveBusiness ChildCare EmploymentAgency EntertainmentBusiness "
    "FinancialService FoodEstablishment HealthAndBeautyBusiness HomeAndConstructionBusiness "
    "Hotel Restaurant InsuranceAgency InternetCafe LegalService LodgingBusiness MedicalBusiness RealEstateAgent "
    "RecyclingCenter SelfStorage ShoppingCenter Store ComputerStore ElectronicsStore TravelAgency "
    "Notary Attorney Electrician Plumber HVACBusiness GeneralContractor Brand"
)
_ORGANIZATIONS = frozenset(fold(name) for name in _NAMES.split())


@dataclass(frozen=True)
class Stated:
    """A text that a page states about a field, and how it was read."""

    field: FieldName | None  # None: a place that has yet to be told into city, region and country
    text: str
    method: str
    confidence: float
    place: Mapping[FieldName, str] | None = None
    head: bool = False


def read_structured(
    root: Element,
    source: str,
    *,
    heading: tuple[str, bool],
    url: str,
    own_site: bool,
    people: bool = False,
) -> list[Stated]:
    """Return what the page's structured data says of its firm.

    `source` is the page's text (a cheap look whether a syntax occurs at all), `heading` what the page
    calls its subject, and whether it does so in plain sight. On a page of its own site the firm is whoever has the site's host.
    People are named only where `people` says that they may be.
    """
    found: list[Stated] = []
    for method, confidence, items in (
        ("json-ld", 0.95, _json_ld(root) if "ld+json" in source else []),
        ("microdata", 0.9, _microdata(root, url) if "itemscope" in source else []),
    ):
        item = _choose(items, heading, url, own_site=own_site)
        for name, text in read_organization(item):
            found.append(Stated(name, text, method, confidence))
        if people:
            found += [
                Stated(FieldName.PERSON, person.to_value(), method, confidence)
                for person in read_people(item)
            ]
        for parts, called, _ in read_places(item):
            head = says_head_office(called)
            found.append(Stated(None, called, method, confidence, parts, head))
    if "og:" in source or "business:" in source:
        found += _open_graph(root, own_site=own_site)
    return found


def _json_ld(root: Element) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    # Script by script, so that a broken one does not cost the others.
    for script in root.iterfind(".//script[@type='application/ld+json']"):
        text = script.text_content()
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            found = _mended(text)
        found = found if isinstance(found, list) else [found]
        items += [item for item in found if isinstance(item, dict)]
    return items


def _mended(text: str) -> list[Any]:
    """Return the objects of a script that is nearly JSON.

    It may be marked as CDATA, escaped for HTML, commented, or be several in a row.
    """
    text = _COMMENT_LINE.sub("", text)
    text = _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", text))
    if "&quot;" in text:
        text = html.unescape(text)
    decoder, at = json.JSONDecoder(strict=False), text.find("{")
    found: list[Any] = []
    while at >= 0 and len(found) < _MOST_ITEMS:
        try:
            item, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found += item if isinstance(item, list) else [item]
        at = text.find("{", end)
    return found


def _microdata(root: Element, url: str) -> list[dict[str, Any]]:
    if len(root.xpath("//*[@itemscope]")) > _MOST_ITEMS:
        return []
    # Few pages have microdata, and all of extruct is loaded by it.
    from extruct.w3cmicrodata import MicrodataExtractor

    try:
        found = MicrodataExtractor().extract_items(root, url)
    except Exception:
        # Whatever a hostile page provokes in there, the page still has its text.
        return []
    return [_like_json_ld(item) for item in found if isinstance(item, dict)]


def _like_json_ld(item: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    if depth > _DEEPEST:
        return {}
    node: dict[str, Any] = {"@type": item.get("type", [])}
    for name, value in item.get("properties", {}).items():
        values = value if isinstance(value, list) else [value]
        node[name] = [_like_json_ld(v, depth + 1) if isinstance(v, dict) else v for v in values]
    if isinstance(item.get("value"), str):
        node["name"] = item["value"]
    return node


def _candidates(items: list[Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the items that a page may be about: not its publisher, nor a firm's parent or members."""
    if depth > _DEEPEST:
        return
    for item in items:
        if not isinstance(item, dict):
            continue
        if _types(item) & _ORGANIZATIONS:
            yield item
        for key in ("@graph", "mainEntity", "about", "mainEntityOfPage"):
            yield from _candidates(values_of(item, key), depth + 1)


def _types(item: Mapping[str, Any]) -> frozenset[str]:
    names = (str(name) for name in values_of(item, "@type"))
    return frozenset(fold(n.rstrip("/").rpartition("/")[2].rpartition(":")[2]) for n in names)


def _choose(
    items: list[dict[str, Any]], heading: tuple[str, bool], url: str, *, own_site: bool
) -> Mapping[str, Any]:
    best: Mapping[str, Any] = {}
    best_score = 0.0
    title, in_sight = fold(heading[0]), heading[1]
    for item in _candidates(items):
        name = fold(next(texts_of(item, "name"), "") or next(texts_of(item, "legalName"), ""))
        hosts = {host_of(text) for text in texts_of(item, "url")}
        named = bool(name and title) and (name in title or title in name)
        here = host_of(url) in hosts
        # On a directory's page an organisation that the page is not headed with, and that lives on the
        # directory's own host or nowhere, is the directory itself.
        if not own_site and not named and (here or (in_sight and not hosts)):
            continue
        score = 1 + 4 * named + 2 * (own_site and here) + min(len(item), 20) / 20
        if score > best_score:
            best, best_score = item, score
    return _resolved(best, items)


def _resolved(item: Mapping[str, Any], items: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Return the item with references ({"@id": …}) replaced by what they point to on this page."""
    whole = [*items, *(v for i in items for v in values_of(i, "@graph") if isinstance(v, dict))]
    by_id = {i["@id"]: i for i in whole if isinstance(i.get("@id"), str)}

    def look_up(value: Any) -> Any:
        key = value.get("@id") if isinstance(value, dict) and set(value) == {"@id"} else None
        return by_id.get(key, value) if isinstance(key, str) else value

    return {key: [look_up(value) for value in values_of(item, key)] for key in item}


_GRAPH = {
    "og:email": FieldName.EMAIL,
    "og:phone_number": FieldName.PHONE,
    "og:street-address": FieldName.STREET,
    "og:postal-code": FieldName.POSTCODE,
    "og:locality": FieldName.CITY,
    "og:region": FieldName.REGION,
    "og:country-name": FieldName.COUNTRY,
    "business:contact_data:email": FieldName.EMAIL,
    "business:contact_data:phone_number": FieldName.PHONE,
    "business:contact_data:street_address": FieldName.STREET,
    "business:contact_data:postal_code": FieldName.POSTCODE,
    "business:contact_data:locality": FieldName.CITY,
    "business:contact_data:country_name": FieldName.COUNTRY,
    "business:contact_data:website": FieldName.WEBSITE,
}


def _open_graph(root: Element, *, own_site: bool) -> Iterator[Stated]:
    name = "og:site_name" if own_site else "og:title"
    for meta in root.iter("meta"):
        key, text = meta.get("property", ""), clean(meta.get("content", ""))
        if key == name:
            yield Stated(FieldName.NAME, text, "opengraph", 0.75 if own_site else 0.5)
        elif key in _GRAPH and text:
            yield Stated(_GRAPH[key], text, "opengraph", 0.6)
