"""Firms as scoring sees them, and profiles as their owners write them."""

from copy import deepcopy
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.firms.values import FirmView
from recruit.scoring.profile import ProfileDefinition, parse_profile


def make_view(**over: Any) -> FirmView:
    """A firm that the profile of `make_profile_data` loves; `over` replaces fields."""
    fields: dict[str, Any] = {
        "id": 1,
        "version": 1,
        "name": "Northlight Systems",
        "domain": "northlight.example",
        "country": "DE",
        "city": "Hamburg",
        "employees_low": 64,
        "employees_high": 64,
        "founded_low": 2009,
        "founded_high": 2009,
        "specialties": ("kubernetes", "managed services"),
        "origins": (("employees", "text on https://northlight.example/about, 'about 64 people'"),),
    }
    return FirmView(**(fields | over))


def make_unknown_view(**over: Any) -> FirmView:
    """A firm of which nothing is known but its name."""
    return FirmView(**({"id": 2, "version": 1, "name": "Kestrel Ops"} | over))


def make_profile_data(**over: Any) -> dict[str, Any]:
    """A profile with one criterion of each kind, 100 points in all; `over` replaces top-level keys."""
    return {
        "name": "cloud-partner",
        "title": "Cloud partner",
        "criteria": {
            "specialty": {
                "points": 40,
                "enough": 8,
                "terms": [
                    {"term": "kubernetes", "weight": 4, "synonyms": ["k8s"]},
                    {"term": "managed services", "weight": 4},
                    {"term": "training", "weight": 2},
                ],
            },
            "geography": {
                "points": 30,
                "areas": [{"regions": ["DACH"]}, {"countries": ["France"], "share": 0.5}],
            },
            "size": {
                "points": 20,
                "employees": {
                    "none_below": 3,
                    "full_from": 10,
                    "full_to": 250,
                    "none_above": 1000,
                },
            },
            "tenure": {"points": 10, "years": {"none_below": 0, "full_from": 5}},
        },
    } | deepcopy(over)


def make_profile(**over: Any) -> ProfileDefinition:
    """The profile of `make_profile_data`, parsed."""
    return parse_profile(make_profile_data(**over))


def add_firm_row(tx: Transaction, **over: Any) -> Firm:
    """A firm in the database that the profile of `make_profile_data` loves; `over` replaces columns."""
    name = over.get("name", "Northlight Systems")
    columns: dict[str, Any] = {
        "name": name,
        "name_key": name.lower(),
        "domain": f"{name.lower().replace(' ', '-')}.example",
        "country": "DE",
        "city": "Hamburg",
        "employees_low": 64,
        "employees_high": 64,
        "founded_low": 2009,
        "founded_high": 2009,
        "specialties": ["kubernetes", "managed services"],
        "certifications": [],
        "partnerships": [],
        "provenance": {
            "employees": {"method": "csv", "source": "firms", "source_title": "Firms"},
        },
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    firm = Firm(**(columns | over))
    tx.session.add(firm)
    tx.session.flush()
    return firm
