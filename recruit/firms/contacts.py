"""Contacts: which of the mail addresses that sources give are worth keeping, and what they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from recruit.firms.statements import Statement
from recruit.firms.words import word_set
from recruit.sourcing.persons import Person, read_person
from recruit.sourcing.values import FieldName

# Addresses of an office and not of a person, by what stands before the @.
_ROLES = word_set(
    "admin administration alliance alliances business bizdev buero channel channels commercial"
    " contact contacto contactus contatti contato direction enquiries enquiry hallo hello"
    " hi hola info information inquiries inquiry kontakt mail marketing office partner partners"
    " partnership partnerships presales reception resellers sales salesteam secretariat sekretariat"
    " service services support team ventas verkauf vertrieb welcome"
)
# Addresses that nobody is to be written to about a partnership: machines, complaints, applications.
_NEVER = word_set(
    "abuse accounting bewerbung billing bounce careers compliance datenschutz datenschutzbeauftragter"
    " dataprotection devnull dmarc do-not-reply donotreply dpo gdpr hostmaster hr invoice invoices"
    " invoicing jobs karriere legal mailer-daemon newsletter no-reply noreply postmaster privacy"
    " rechnung recruiting recruitment security spam unsubscribe webmaster"
)
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class FoundContact:
    """An address at a firm, and the sentence that tells its owner where it was found."""

    email: str
    is_role_address: bool
    source_record_id: int
    origin: str
    name: str | None = None
    job_title: str | None = None


def find_contacts(statements: Iterable[Statement]) -> list[FoundContact]:
    """Return each usable address once, as its most believed statement has it, sorted by address."""
    best: dict[str, Statement] = {}
    people: dict[str, Person] = {}
    for statement in statements:
        person = _person_of(statement)
        email = _email_of(statement, person)
        if not _is_usable(email):
            continue
        known = best.get(email)
        if known is None or (statement.weight, -statement.record_id) > (
            known.weight,
            -known.record_id,
        ):
            best[email] = statement
            if person:
                people[email] = person
        elif person:
            people.setdefault(email, person)
    return [
        _found(email, statement, people.get(email)) for email, statement in sorted(best.items())
    ]


def _person_of(statement: Statement) -> Person | None:
    """Return the person whom a statement names; a source names one only where it may."""
    if statement.fact.field is not FieldName.PERSON:
        return None
    return read_person(str(statement.fact.value))


def _email_of(statement: Statement, person: Person | None) -> str:
    if person:
        return (person.email or "").strip().lower()
    if statement.fact.field is not FieldName.EMAIL:
        return ""
    return str(statement.fact.value).strip().lower()


def _found(email: str, statement: Statement, person: Person | None) -> FoundContact:
    return FoundContact(
        email,
        is_role_address(email),
        statement.record_id,
        _origin(statement),
        person.name if person else None,
        person.job_title if person else None,
    )


def is_role_address(email: str) -> bool:
    """Say whether an address belongs to an office (`info@`, `sales-emea@`) and not to a person."""
    local = email.split("@", 1)[0].lower().partition("+")[0]
    return local in _ROLES or any(part in _ROLES for part in local.replace(".", "-").split("-"))


def _is_usable(email: str) -> bool:
    local, _, domain = email.partition("@")
    return bool(local) and "." in domain and len(email) <= _LONGEST_ADDRESS and local not in _NEVER


def _origin(statement: Statement) -> str:
    where = f" ({statement.fact.url})" if statement.fact.url else ""
    return (
        f"Your data comes from {statement.source_title}{where}, "
        f"read on {_on(statement.seen_at.date())}."
    )


def _on(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
