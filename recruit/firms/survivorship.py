"""Survivorship: which of the values that sightings state becomes the firm's, and why.

For each field what was stated beats what was inferred; then counts the value that the most believable
sources agree on, then the latest. An address is not pieced together from offices in different places.
Numbers known as intervals are narrowed to where they overlap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recruit.firms.domains import identifying_domain, identifying_mail_domain
from recruit.firms.intervals import narrow
from recruit.firms.names import parse_name
from recruit.firms.places import country_of_domain, find_city, fold_place
from recruit.firms.statements import Choice, Statement, choose, is_usable, rank_values
from recruit.sourcing.values import FieldName

# How sure the ending of a domain, or the domain of a mail address, makes us.
_TLD_CONFIDENCE = 0.7
_MAIL_DOMAIN_CONFIDENCE = 0.6


@dataclass(frozen=True, kw_only=True)
class FirmFacts:
    """What is kept of a firm; the names are the columns of its table.

    `provenance` tells by field (`employees`, `founded` for both ends of an interval) where the value
    was read; a list, in the values' order, for fields with several.
    """

    name: str
    name_key: str
    legal_form: str | None
    website: str | None
    domain: str | None
    street: str | None
    postcode: str | None
    city: str | None
    region: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    phone: str | None
    employees_low: int | None
    employees_high: int | None
    founded_low: int | None
    founded_high: int | None
    revenue_low: int | None
    revenue_high: int | None
    specialties: list[str]
    certifications: list[str]
    partnerships: list[str]
    provenance: dict[str, Any]


class _Said:
    """The usable statements, by field."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._by_field: dict[FieldName, list[Statement]] = {}
        for statement in statements:
            if is_usable(statement.fact):
                self._by_field.setdefault(statement.fact.field, []).append(statement)

    def of(self, field: FieldName) -> list[Statement]:
        return self._by_field.get(field, [])


def survive(statements: Sequence[Statement]) -> FirmFacts:
    """Decide every field of a firm from what its sightings state.

    At least one of them has to state a name.
    """
    said = _Said(statements)
    chosen: dict[str, Choice | None] = {}
    chosen["name"] = name = choose(said.of(FieldName.NAME), alike=lambda t: parse_name(t).key)
    if name is None:
        raise ValueError("No sighting of this firm states a name.")
    parsed = parse_name(name.value)
    chosen["legal_form"] = choose(said.of(FieldName.LEGAL_FORM)) or _legal_form(said, name)
    chosen["website"] = website = _website(said, parsed.compact)
    chosen["domain"] = domain = _domain(said, website, parsed.compact)
    chosen["country"] = choose(said.of(FieldName.COUNTRY), alike=str.upper) or _country_of(domain)
    chosen |= _address(said, chosen["country"])
    chosen["phone"] = choose(said.of(FieldName.PHONE))
    chosen["employees"] = narrow(said.of(FieldName.EMPLOYEES))
    chosen["founded"] = narrow(said.of(FieldName.FOUNDED))
    chosen["revenue"] = narrow(said.of(FieldName.REVENUE))
    many = {
        "specialties": _all_values(said.of(FieldName.SPECIALTY)),
        "certifications": _all_values(said.of(FieldName.CERTIFICATION)),
        "partnerships": _all_values(said.of(FieldName.PARTNERSHIP)),
    }
    value = {field: choice.value if choice else None for field, choice in chosen.items()}
    place = find_city(value["city"], value["country"], value["region"])
    employees, founded, revenue = (value[name] for name in ("employees", "founded", "revenue"))
    return FirmFacts(
        name=name.value,
        name_key=parsed.key,
        legal_form=value["legal_form"],
        website=value["website"],
        domain=value["domain"],
        street=value["street"],
        postcode=value["postcode"],
        city=value["city"],
        region=value["region"],
        country=value["country"],
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        phone=value["phone"],
        employees_low=employees.low if employees else None,
        employees_high=employees.high if employees else None,
        founded_low=founded.low if founded else None,
        founded_high=founded.high if founded else None,
        revenue_low=revenue.low if revenue else None,
        revenue_high=revenue.high if revenue else None,
        specialties=[choice.value for choice in many["specialties"]],
        certifications=[choice.value for choice in many["certifications"]],
        partnerships=[choice.value for choice in many["partnerships"]],
        provenance={field: choice.to_json() for field, choice in chosen.items() if choice}
        | {field: [c.to_json() for c in choices] for field, choices in many.items() if choices},
    )


def _legal_form(said: _Said, name: Choice) -> Choice | None:
    """Return the legal form that the name carries, in whichever spelling carries one."""
    key = parse_name(name.value).key
    carried = [
        replace(statement, fact=replace(statement.fact, value=form, field=FieldName.LEGAL_FORM))
        for statement in said.of(FieldName.NAME)
        if (parsed := parse_name(str(statement.fact.value))).key == key
        and (form := parsed.legal_form)
    ]
    found = choose(statement for statement in carried if is_usable(statement.fact))
    return replace(found, rule="part of the name") if found else None


def _website(said: _Said, compact_name: str) -> Choice | None:
    """Return the website, one on the firm's own domain before a page on rented ground."""
    websites = said.of(FieldName.WEBSITE)
    own = [s for s in websites if identifying_domain(str(s.fact.value), compact_name)]
    found = choose(own, alike=lambda url: identifying_domain(url, compact_name) or url)
    return found or choose(websites)


def _domain(said: _Said, website: Choice | None, compact_name: str) -> Choice | None:
    if website is not None:
        domain = identifying_domain(website.value, compact_name)
        if domain is not None:
            return replace(website, value=domain, rule="domain of the website")
    by_mail = [
        _inferred(statement, domain, "mail-domain", _MAIL_DOMAIN_CONFIDENCE)
        for statement in said.of(FieldName.EMAIL)
        if (domain := identifying_mail_domain(str(statement.fact.value)))
    ]
    found = choose(by_mail)
    return replace(found, rule="domain of its mail addresses") if found else None


def _country_of(domain: Choice | None) -> Choice | None:
    """Return the country that the domain's ending suggests, for firms whose country nobody states."""
    country = country_of_domain(domain.value) if domain else None
    if domain is None or country is None:
        return None
    statement = _inferred(domain.statement, country, "tld", _TLD_CONFIDENCE)
    statement = replace(statement, fact=replace(statement.fact, text=domain.value))
    return Choice(country, statement, "ending of the domain")


def _inferred(statement: Statement, value: str, method: str, confidence: float) -> Statement:
    fact = replace(statement.fact, value=value, method=method, confidence=confidence, inferred=True)
    return replace(statement, fact=fact, weight=statement.trust * confidence)


def _address(said: _Said, country: Choice | None) -> dict[str, Choice | None]:
    """Choose the city within the country, and the rest from sightings that speak of that city."""
    country_code = country.value if country and not country.statement.fact.inferred else None
    abroad = _contradicting(said.of(FieldName.COUNTRY), country_code, str.upper)
    city = choose(
        [s for s in said.of(FieldName.CITY) if s.record_id not in abroad], alike=fold_place
    )
    elsewhere = abroad | _contradicting(
        said.of(FieldName.CITY), city.value if city else None, fold_place
    )

    def nearby(field: FieldName) -> Choice | None:
        return choose([s for s in said.of(field) if s.record_id not in elsewhere])

    return {
        "city": city,
        "region": nearby(FieldName.REGION),
        "postcode": nearby(FieldName.POSTCODE),
        "street": nearby(FieldName.STREET),
    }


def _contradicting(
    statements: Iterable[Statement], chosen: str | None, alike: Callable[[str], str]
) -> set[int]:
    """Return the sightings (ids of records) that state another value, and not the chosen one as well."""
    if chosen is None:
        return set()
    agreeing: set[int] = set()
    other: set[int] = set()
    for statement in statements:
        if statement.fact.inferred:
            continue
        same = alike(str(statement.fact.value)) == alike(chosen)
        (agreeing if same else other).add(statement.record_id)
    return other - agreeing


def _all_values(statements: Sequence[Statement]) -> list[Choice]:
    """Return every value once, the most believed first."""
    found = [choose(group) for group in rank_values(statements)]
    return [choice for choice in found if choice is not None]
