"""What the law of a recipient's country asks of a mail, and what a sequence lacks of it.

The table is data (`policies.toml`); where it names no country, only those who agreed get mail. The same
check refuses a start, an enrollment and a claim.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from recruit.sequences.addresses import FREE_MAIL, domain_of
from recruit.sequences.definition import Compliance

# Forms in which a person trades in their own name, without dots and spaces, in small letters.
_PERSONS = frozenset(
    {
        "soletrader",
        "soleproprietor",
        "soleproprietorship",
        "partnership",
        "selfemployed",
        "freelancer",
        "einzelunternehmen",
        "freiberufler",
        "gbr",
        "ek",
        "eu",
        "entrepriseindividuelle",
        "ei",
        "eirl",
        "autonomo",
        "dittaindividuale",
        "eenmanszaak",
        "enkeltmandsvirksomhed",
        "enskildfirma",
    }
)


@dataclass(frozen=True)
class Policy:
    """The law of a country and the names of what it needs."""

    country: str
    law: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Addressee:
    """What the law asks about a recipient. `country` is ISO alpha-2; None where it is not known."""

    country: str | None
    email: str = ""
    legal_form: str | None = None
    origin: str = ""

    @property
    def is_person(self) -> bool:
        """Return whether it is someone who trades in their own name, as far as can be seen."""
        form = "".join(c for c in (self.legal_form or "").casefold() if c.isalnum())
        return form in _PERSONS or domain_of(self.email) in FREE_MAIL


@lru_cache(maxsize=1)
def list_policies() -> dict[str, Policy]:
    """Return the policies by country."""
    text = (files("recruit.sequences") / "policies.toml").read_text(encoding="utf-8")
    return {
        country: Policy(country, entry["law"], tuple(entry["needs"]))
        for entry in tomllib.loads(text)["policies"]
        for country in entry["countries"]
    }


def lacks(
    compliance: Compliance, addressee: Addressee, postal_address: str | None = None
) -> str | None:
    """Return in words what is missing for a mail to this recipient, and what to do; None for nothing.

    Without a `postal_address` (None) that need is not asked.
    """
    country = addressee.country or _country_of(addressee.email)
    policy = list_policies().get(country or "") or _fallback(compliance, country)
    for need in policy.needs:
        remedy = _NEEDS[need](compliance, addressee, postal_address)
        if remedy:
            return f"{policy.country} ({policy.law}): {remedy}"
    return None


def _fallback(compliance: Compliance, country: str | None) -> Policy:
    """Return the policy where the table has none: a person's own finding, else the strictest of all."""
    if country is None:
        return Policy("Country unknown", "the strictest of all laws", _STRICTEST)
    found = dict(compliance.reviewed).get(country)
    if found:
        return Policy(country, found, ("postal_address", "unsubscribe", "source"))
    return Policy(
        country,
        "no policy here, so the strictest of all laws; or say under [compliance.reviewed] what it asks",
        _STRICTEST,
    )


def start_lacks(compliance: Compliance, postal_address: str | None = None) -> list[str]:
    """Return what is missing for the countries that the sequence is meant for, each in words."""
    # A source and a legal form belong to each recipient, and are asked when one is enrolled.
    anybody = {"origin": "somewhere", "legal_form": "company"}
    found = (
        lacks(compliance, Addressee(country, **anybody), postal_address)
        for country in compliance.countries
    )
    return [text for text in found if text]


_STRICTEST = ("postal_address", "unsubscribe", "source", "privacy_notice", "consent")
Need = Callable[[Compliance, Addressee, str | None], str | None]


def _postal(_compliance: Compliance, _addressee: Addressee, postal: str | None) -> str | None:
    if postal is None or postal.strip():
        return None
    return "each mail must carry a postal address: set RECRUIT_POSTAL_ADDRESS."


def _source(_compliance: Compliance, addressee: Addressee, _postal: str | None) -> str | None:
    if addressee.origin.strip():
        return None
    return "the recipient must be told where the address comes from, and no origin is known; add it to the contact."


def _privacy(compliance: Compliance, _addressee: Addressee, _postal: str | None) -> str | None:
    return (
        None if compliance.privacy_url else "a privacy notice is due: set compliance.privacy_url."
    )


def _interest(compliance: Compliance, _addressee: Addressee, _postal: str | None) -> str | None:
    if compliance.consent or compliance.legitimate_interest:
        return None
    return "a lawful basis must be on record: set compliance.legitimate_interest or compliance.consent."


def _consent(compliance: Compliance, _addressee: Addressee, _postal: str | None) -> str | None:
    if compliance.consent:
        return None
    return "recipients must have agreed before: say in compliance.consent where and how, or leave them out."


def _published(compliance: Compliance, _addressee: Addressee, _postal: str | None) -> str | None:
    if compliance.consent or compliance.published_addresses:
        return None
    return (
        "recipients must have agreed, or have published their address for such mail: set "
        "compliance.consent, or compliance.published_addresses = true where that is so."
    )


def _companies(compliance: Compliance, addressee: Addressee, _postal: str | None) -> str | None:
    if compliance.consent:
        return None
    if addressee.is_person:
        return "a sole trader, or an address at a free mail service, counts as a consumer, who must have agreed: leave it out, or set compliance.consent."
    if not compliance.companies_only:
        return "sole traders and partnerships count as consumers: set compliance.companies_only = true once they are left out."
    return None


_NEEDS: dict[str, Need] = {
    "postal_address": _postal,
    # Each of our mails carries a link and the headers of RFC 8058.
    "unsubscribe": lambda *_: None,
    "source": _source,
    "privacy_notice": _privacy,
    "interest": _interest,
    "consent": _consent,
    "published": _published,
    "companies": _companies,
}


def _country_of(email: str) -> str | None:
    """Return the country that an address's top domain stands for."""
    top = domain_of(email).rpartition(".")[2].upper()
    top = {"UK": "GB"}.get(top, top)
    return top if top in list_policies() else None
