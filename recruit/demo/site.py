"""The packaged partner directory: real firms' facts, rendered as a web site on loopback.

It is what a crawler meets outside: a paginated listing, item pages of three makes (schema.org JSON-LD,
a definition list, prose), a robots.txt that closes a part, and a page that names nobody.
"""

import csv
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from socket import AF_INET, SOCK_STREAM, socket
from typing import Any

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

PAGE_SIZE = 60
_MAKES = ("json-ld", "json-ld", "list", "prose")


@dataclass(frozen=True)
class Listing:
    """One firm as the directory knows it; empty text where it knows nothing."""

    slug: str
    name: str
    website: str
    country: str
    region: str
    city: str
    employees_low: str
    employees_high: str
    founded: str
    specialties: tuple[str, ...]

    @property
    def digest(self) -> int:
        """Return a number that depends on nothing but the firm, for choices that must not change."""
        return int(hashlib.sha256(self.slug.encode()).hexdigest()[:8], 16)

    @property
    def make(self) -> str:
        """Return the kind of page that this firm has."""
        return _MAKES[self.digest % len(_MAKES)]

    @property
    def email(self) -> str:
        """Return a reserved address, which can reach nobody; one firm in twelve shows none."""
        label = self.slug[:60].strip("-")
        return "" if self.digest % 12 == 0 else f"partners@{label}.example"

    @property
    def size(self) -> str:
        """Return the number of people as the page words it."""
        low, high = self.employees_low, self.employees_high
        if low and high:
            return low if low == high else f"{low}-{high}"
        return f"{low}+" if low else f"up to {high}" if high else ""


def read_listings() -> list[Listing]:
    """Return the packaged firms in the order of the file."""
    text = (files("recruit.demo") / "data" / "companies.csv").read_text(encoding="utf-8")
    return [
        Listing(**(row | {"specialties": tuple(filter(None, row["specialties"].split(";")))}))
        for row in csv.DictReader(text.splitlines())
    ]


def structured_data(listing: Listing) -> str:
    """Return the firm as a schema.org Organization in JSON-LD."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": listing.name,
        "url": listing.website,
    }
    if listing.city or listing.country:
        data["address"] = {
            "@type": "PostalAddress",
            "addressLocality": listing.city or None,
            "addressCountry": listing.country or None,
        }
    if listing.email:
        data["email"] = listing.email
    if listing.founded:
        data["foundingDate"] = listing.founded
    if listing.employees_low or listing.employees_high:
        data["numberOfEmployees"] = {
            "@type": "QuantitativeValue",
            "minValue": int(listing.employees_low) if listing.employees_low else None,
            "maxValue": int(listing.employees_high) if listing.employees_high else None,
        }
    if listing.specialties:
        data["knowsAbout"] = list(listing.specialties)
    # "</" would end the script element that this stands in.
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


def make_site(listings: list[Listing]) -> Starlette:
    """Return the site as an ASGI app."""
    pages = Environment(
        loader=PackageLoader("recruit.demo"), autoescape=True, undefined=StrictUndefined
    )
    by_slug = {listing.slug: listing for listing in listings}
    last = max(1, -(-len(listings) // PAGE_SIZE))

    def page(template: str, **context: Any) -> HTMLResponse:
        return HTMLResponse(pages.get_template(f"site/{template}").render(**context))

    def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /members-only/\n")

    def listing(request: Request) -> Response:
        text = request.query_params.get("page", "1")
        number = int(text) if text.isdecimal() else 0
        if not 1 <= number <= last:
            raise HTTPException(404)
        shown = listings[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        return page("listing.html", listings=shown, number=number, last=last)

    def firm(request: Request) -> Response:
        found = by_slug.get(request.path_params["slug"])
        if found is None:
            raise HTTPException(404)
        return page("firm.html", firm=found, data=structured_data(found))

    def unnamed(_request: Request) -> Response:
        return page("unnamed.html")

    def members_only(_request: Request) -> Response:
        return HTMLResponse("<h1>Whoever reads this has not read robots.txt</h1>")

    return Starlette(
        routes=[
            Route("/robots.txt", robots),
            Route("/companies", listing),
            Route("/companies/awaiting-details", unnamed),
            Route("/companies/{slug}", firm),
            Route("/members-only/companies", members_only),
        ]
    )


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve `app` on a free port of loopback while the block runs; gives its address."""
    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        # Signals belong to the command that runs the demo.
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="directory", daemon=True
        )
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)
