"""Firms, contacts and sequences for the benches of sending."""

from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sequences.usecases import add_mailbox, enroll_firm, save_sequence, start_sequence

SEQUENCE = "bench"
MAILBOX = "partners@vendor.example"
# City, country, latitude, longitude: several zones, weekends and calendars of holidays.
_PLACES = (
    ("Hamburg", "DE", 53.55, 10.0),
    ("Paris", "FR", 48.86, 2.35),
    ("London", "GB", 51.51, -0.13),
    ("New York", "US", 40.71, -74.0),
    ("Tokyo", "JP", 35.68, 139.69),
    ("Sydney", "AU", -33.87, 151.21),
    ("Tel Aviv", "IL", 32.08, 34.78),
    ("Bengaluru", "IN", 12.97, 77.59),
)
_BODY = """Hello {{ contact.first_name or "there" }},

you work with {{ firm.specialties | listed or "software" }} in {{ firm.city }}, and our partners around you
are asked for exactly that. We run a program for firms of your size: leads, training, a margin that
is worth the work, and people who pick up the telephone.

What it takes from {{ firm.name }}: one course of three hours, and two customers a year. The whole
program stands on one page: https://vendor.example/partners

Would a quarter of an hour next week be worth your while?

Kind regards
{{ sender.name }}
"""
_FOLLOW_UP = "Hello again,\n\ndid my mail about {{ firm.name }} reach you? A word is enough.\n\n{{ sender.name }}"


def spread_sequence(mails: int = 6, delay_working_days: int = 7) -> dict[str, Any]:
    """Return a definition of e-mails that end within sixty days."""
    first = {"kind": "email", "subject": "Partnering with {{ firm.name }}", "body": _BODY}
    more = {"kind": "email", "delay_working_days": delay_working_days, "body": _FOLLOW_UP}
    return {
        "name": SEQUENCE,
        "window": {"opens": "09:00", "closes": "17:00", "spread_minutes": 90},
        "compliance": {
            "consent": "Each of them asked for partner news at the spring fair.",
            "privacy_url": "https://vendor.example/privacy",
        },
        "steps": [first, *([more] * (mails - 1))],
    }


def add_firms(tx: Transaction, count: int, first: int = 0, *, everywhere: bool = True) -> list[int]:
    """Add firms with one contact each, around the world or all in Hamburg, and return their ids."""
    made = []
    for number in range(first, first + count):
        city, country, latitude, longitude = _PLACES[number % len(_PLACES) if everywhere else 0]
        made.append(
            Firm(
                name=f"Firm {number} GmbH & Söhne",
                name_key=f"firm {number}",
                legal_form="GmbH",
                domain=f"firm-{number}.example",
                website=f"https://firm-{number}.example/",
                city=city,
                country=country,
                latitude=latitude,
                longitude=longitude,
                specialties=["kubernetes", "managed services", "training"],
                certifications=[],
                partnerships=[],
                provenance={},
                created_at=tx.now,
                updated_at=tx.now,
            )
        )
    tx.session.add_all(made)
    tx.session.flush()
    tx.session.add_all(
        Contact(
            firm_id=firm.id,
            email=f"ann@{firm.domain}",
            name="Ann Archer",
            is_role_address=False,
            origin="the partner directory at https://directory.example",
            created_at=tx.now,
        )
        for firm in made
    )
    tx.session.flush()
    return [firm.id for firm in made]


def fill(
    tx: Transaction, *, firms: int, definition: dict[str, Any], cap_per_day: int = 1_000_000
) -> None:
    """Make a mailbox without gaps, a started sequence and enrolled firms."""
    add_mailbox(tx, address=MAILBOX, from_name="Pat Vendor", cap_per_day=cap_per_day, gap_s=0)
    save_sequence(tx, definition=definition, actor="bench")
    start_sequence(tx, name=definition["name"])
    for firm_id in add_firms(tx, firms):
        enroll_firm(tx, sequence_name=definition["name"], firm_id=firm_id, actor="bench")
