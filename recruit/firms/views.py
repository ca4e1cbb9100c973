"""A firm as the stages downstream see it."""

from typing import Any

from recruit.firms.tables import Firm
from recruit.firms.values import FirmView
from recruit.sourcing.text import clean, shorten

# How a value was read, so that "read in the …" or "inferred from the …" reads well.
_READ = {
    "csv": "row",
    "json-ld": "JSON-LD",
    "microdata": "microdata",
    "opengraph": "OpenGraph",
    "text": "text",
    "selector": "page",
    "tld": "ending of its domain",
    "mail-domain": "domain of its mail address",
    "phone-prefix": "prefix of its phone number",
    "language": "language of its page",
}


def firm_view(firm: Firm) -> FirmView:
    """Return the plain values of a firm, with short words on where each was read."""
    read = {
        field: found if isinstance(found, list) else [found]
        for field, found in firm.provenance.items()
        if found
    }
    return FirmView(
        id=firm.id,
        version=firm.version,
        name=firm.name,
        domain=firm.domain,
        website=firm.website,
        country=firm.country,
        region=firm.region,
        city=firm.city,
        latitude=firm.latitude,
        longitude=firm.longitude,
        employees_low=firm.employees_low,
        employees_high=firm.employees_high,
        founded_low=firm.founded_low,
        founded_high=firm.founded_high,
        revenue_low=firm.revenue_low,
        revenue_high=firm.revenue_high,
        specialties=tuple(firm.specialties),
        certifications=tuple(firm.certifications),
        partnerships=tuple(firm.partnerships),
        tags=tuple(firm.tags or ()),
        inferred=frozenset(
            field for field, entries in read.items() if all(e.get("inferred") for e in entries)
        ),
        # A field with several values may have been read at several places, each told once.
        origins=tuple(
            (field, origin)
            for field, entries in read.items()
            for origin in dict.fromkeys(map(origin_of, entries))
        ),
    )


def origin_of(entry: dict[str, Any]) -> str:
    """Say in short words where a value was read, and quote it: "row of providers: “about 40 people”"."""
    how = _READ.get(entry.get("method") or "", entry.get("method") or "entry")
    if entry.get("inferred"):
        return how
    text = clean(str(entry.get("text") or ""))
    quote = f": “{shorten(text, 80)}”" if text and not text.startswith("http") else ""
    return f"{how} of {entry.get('url') or entry.get('source_title') or entry.get('source')}{quote}"
