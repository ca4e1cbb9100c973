"""Field extraction on texts that others wrote, against labels made by reading (tests/labels).

Two thirds are open to whoever writes rules; the last third, by the hash of the file's name, was held out
and is reported beside them. Without the texts (`../shared/data`) nothing is measured.
"""

import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from bench.result import Result
from recruit.sourcing.contacts import host_of
from recruit.sourcing.parse import parse_page
from recruit.sourcing.specialties import FIELDS, SERVICES
from recruit.sourcing.text import fold
from recruit.sourcing.values import Fact, FieldName, Interval, Office

LABELS = Path(__file__).parents[1] / "tests" / "labels" / "extraction.jsonl"
TEXTS = Path(__file__).parents[2] / "shared" / "data" / "remote-companies" / "companies.tar.gz"
_TODAY = date(2026, 3, 3)
# Tools of an office say nothing of what a firm works with; the labels' rules let a scorer leave them out.
_OFFICE_TOOLS_WORDS = (
    "asana|freshservice|google drive|google hangouts|google meet|google workspace|hipchat|hubspot|intercom"
    "|irc|jira|leankit|mattermost|microsoft 365|microsoft office|screenhero|slack|zestful|zoom"
)
OFFICE_TOOLS = frozenset(_OFFICE_TOOLS_WORDS.split("|"))
_FIELDS = (
    "name", "website", "employees", "founded", "city", "head_office", "emails", "technologies", "services",
)  # fmt: skip


@dataclass
class Tally:
    """What was found of one field: rightly, wrongly, and not."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    slips: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Return the share of what was found that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Return the share of what is there that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def run() -> list[Result]:
    """Measure the open two thirds and the held-out third."""
    if not TEXTS.exists():
        return []
    results = []
    for part, held_out in (("open", False), ("held out", True)):
        for name, tally in measure(held_out=held_out).items():
            results += [
                Result(
                    f"extraction, {part}: {name}, precision",
                    tally.precision,
                    f"of {tally.right + tally.wrong}",
                    must="≥ .95",
                    met=tally.precision >= 0.95,
                ),
                Result(
                    f"extraction, {part}: {name}, recall",
                    tally.recall,
                    f"of {tally.right + tally.missed}",
                    must="≥ .85",
                    met=tally.recall >= 0.85,
                ),
            ]
    return results


def measure(*, held_out: bool) -> dict[str, Tally]:
    """Return what was found, by field, in one part of the texts."""
    tallies = {name: Tally() for name in _FIELDS}
    with tarfile.open(TEXTS) as archive:
        texts = {
            Path(member.name).name: archive.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }
    for line in LABELS.read_text().splitlines():
        label = json.loads(line)
        name = label["file"]
        if is_held_out(name) is not held_out:
            continue
        html = as_page(texts[name])
        facts = parse_page(html, f"https://directory.example/{name}", today=_TODAY)
        for field_name, (wanted, found) in compare(label, facts).items():
            _count(tallies[field_name], name, wanted, found)
    return tallies


def is_held_out(name: str) -> bool:
    """Tell whether a text belongs to the third that no rule was written on."""
    return int(sha256(name.encode()).hexdigest(), 16) % 3 == 2


def as_page(text: str) -> str:
    """Return a profile (front matter and Markdown) as the page of a directory: its title, its link, its text."""
    _, matter, body = text.split("---\n", 2)
    values = {
        key.strip(): value.strip().strip("\"'")
        for key, _, value in (line.partition(":") for line in matter.splitlines())
        if not key.startswith((" ", "-"))  # those belong to the line above them
    }
    title, site = values.get("title", ""), values.get("website", "")
    return (
        f"<html><head><title>{title} | Remote companies</title></head><body><main><h1>{title}</h1>"
        f'<p><a href="{site}" rel="external">Website</a></p>{MarkdownIt("commonmark").render(body)}'
        "</main></body></html>"
    )


def compare(label: dict[str, Any], facts: list[Fact]) -> dict[str, tuple[set[Any], set[Any]]]:
    """Return by field what the label says and what was read, in one spelling."""
    by_field: dict[FieldName, list[Any]] = {}
    for fact in facts:
        if not fact.inferred:
            by_field.setdefault(fact.field, []).append(fact.value)
    offices = [o for o in by_field.get(FieldName.OFFICE, []) if isinstance(o, Office)]
    specialties = set(by_field.get(FieldName.SPECIALTY, []))
    technologies = set(label["technologies"]) - OFFICE_TOOLS
    services = set(label["services"])
    found_services = {tag for tag in specialties if tag in SERVICES}
    return {
        "name": ({fold(label["name"])}, {fold(n) for n in by_field.get(FieldName.NAME, [])}),
        "website": (
            {label["website"]} - {None},
            {host_of(site) for site in by_field.get(FieldName.WEBSITE, [])},
        ),
        "employees": (_interval(label["employees"]), _intervals(by_field, FieldName.EMPLOYEES)),
        "founded": (_interval(label["founded"]), _intervals(by_field, FieldName.FOUNDED)),
        "city": (
            {(fold(o["city"]), o["country"]) for o in label["offices"] if o["city"]},
            {(fold(o.city), o.country) for o in offices if o.city},
        ),
        "head_office": (
            {fold(o["city"] or o["country"] or "") for o in label["offices"] if o["hq"]},
            {fold(o.city or o.country or "") for o in offices if o.head_office},
        ),
        "emails": (set(label["emails"]), set(by_field.get(FieldName.EMAIL, []))),
        "technologies": (
            technologies,
            specialties - SERVICES - FIELDS - OFFICE_TOOLS,
        ),
        "services": (services, found_services),
    }


def _interval(value: dict[str, int | None] | None) -> set[Any]:
    # Nobody has fewer than no people: "0 to 10" and "up to 10" are the same.
    return {(value["low"] or None, value["high"])} if value else set()


def _intervals(by_field: dict[FieldName, list[Any]], name: FieldName) -> set[Any]:
    found: Iterable[Any] = by_field.get(name, [])
    return {(v.low or None, v.high) for v in found if isinstance(v, Interval)}


def _count(tally: Tally, name: str, wanted: set[Any], found: set[Any]) -> None:
    tally.right += len(wanted & found)
    tally.wrong += len(found - wanted)
    tally.missed += len(wanted - found)
    if wanted != found:
        tally.slips.append(f"{name}: missed {wanted - found or '-'}, wrong {found - wanted or '-'}")
