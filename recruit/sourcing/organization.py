"""Which property of a schema.org Organization says what."""

from collections.abc import Iterator, Mapping
from typing import Any

from recruit.sourcing.contacts import read_email, read_website, social_network
from recruit.sourcing.persons import Person
from recruit.sourcing.text import clean
from recruit.sourcing.values import FieldName

Statement = tuple[FieldName | None, str]  # None: a place that has yet to be told into its parts

_MOST_OFFERS = 60
_MOST_PLACES = 60
_MOST_PEOPLE = 60
_PLAIN = {
    "email": FieldName.EMAIL,
    "telephone": FieldName.PHONE,
    "foundingDate": FieldName.FOUNDED,
    "hasCredential": FieldName.CERTIFICATION,
    "memberOf": FieldName.PARTNERSHIP,
    "knowsAbout": FieldName.SPECIALTY,
    "keywords": FieldName.SPECIALTY,
    "serviceType": FieldName.SPECIALTY,
    "category": FieldName.SPECIALTY,
    "industry": FieldName.SPECIALTY,
}
_ADDRESS = {
    "streetAddress": FieldName.STREET,
    "postalCode": FieldName.POSTCODE,
    "addressLocality": FieldName.CITY,
    "addressRegion": FieldName.REGION,
    "addressCountry": FieldName.COUNTRY,
}


def values_of(item: Mapping[str, Any], key: str) -> list[Any]:
    """Return a property's values, one or many, without the empty ones."""
    value = item.get(key)
    values = value if isinstance(value, list) else [value]
    return [v for v in values if v is not None and v != ""]


def texts_of(item: Mapping[str, Any], key: str) -> Iterator[str]:
    """Yield a property's values as text; a nested item gives its name or address."""
    for value in values_of(item, key):
        inner = value
        if isinstance(value, dict):
            inner = value.get("name") or value.get("@value") or value.get("url") or value.get("@id")
            inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, str | int | float) and not isinstance(inner, bool):
            yield clean(str(inner))


def read_organization(item: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield what an Organization says of itself; an empty item says nothing."""
    for name in (*texts_of(item, "name"), *texts_of(item, "legalName")):
        yield FieldName.NAME, name
        break
    for key, field in _PLAIN.items():
        for text in texts_of(item, key):
            yield field, text
    for text in (*texts_of(item, "url"), *texts_of(item, "sameAs")):
        if social_network(text):
            yield FieldName.SOCIAL, text
        elif read_website(text):
            yield FieldName.WEBSITE, text
    for point in _items(item, "contactPoint"):
        for text in texts_of(point, "email"):
            yield FieldName.EMAIL, text
        for text in texts_of(point, "telephone"):
            yield FieldName.PHONE, text
    yield from _employees(item)
    yield from _offers(item)
    yield from _address(item)


def _items(item: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [value for value in values_of(item, key) if isinstance(value, dict)]


def _employees(item: Mapping[str, Any]) -> Iterator[Statement]:
    for value in values_of(item, "numberOfEmployees"):
        if not isinstance(value, dict):
            yield FieldName.EMPLOYEES, clean(str(value))
            continue
        exact = next(texts_of(value, "value"), "")
        low, high = next(texts_of(value, "minValue"), ""), next(texts_of(value, "maxValue"), "")
        if exact:
            yield FieldName.EMPLOYEES, exact
        elif low and high:
            yield FieldName.EMPLOYEES, f"{low}-{high}"
        elif low or high:
            yield FieldName.EMPLOYEES, f"{low}+" if low else f"up to {high}"


def _offers(item: Mapping[str, Any]) -> Iterator[Statement]:
    catalogs = _items(item, "hasOfferCatalog")
    offers = [
        *_items(item, "makesOffer"),
        *(o for c in catalogs for o in _items(c, "itemListElement")),
    ]
    for offer in offers[:_MOST_OFFERS]:
        for text in (*texts_of(offer, "itemOffered"), *texts_of(offer, "name")):
            yield FieldName.SPECIALTY, text
            break


def read_people(item: Mapping[str, Any]) -> Iterator[Person]:
    """Yield the people whom an Organization names as its own: who founded it, who works there."""
    people = [
        person
        for key in ("employee", "employees", "founder", "founders", "member")
        for person in _items(item, key)
    ]
    for person in people[:_MOST_PEOPLE]:
        name = next(texts_of(person, "name"), "") or " ".join(
            part for key in ("givenName", "familyName") for part in texts_of(person, key)
        )
        kinds = {str(kind).rpartition("/")[2].lower() for kind in values_of(person, "@type")}
        if not name or kinds - {"person"}:
            continue
        email = next(filter(None, map(read_email, texts_of(person, "email"))), None)
        title = next(texts_of(person, "jobTitle"), "")
        if title or email:
            yield Person(name, title or None, email)


def _address(item: Mapping[str, Any]) -> Iterator[Statement]:
    """Yield the first address: the head office, as far as order tells."""
    for address, _ in _addresses(item):
        if isinstance(address, str):
            yield None, clean(address)
            return
        if any(address.get(key) for key in _ADDRESS):
            for key, field in _ADDRESS.items():
                for text in texts_of(address, key):
                    yield field, text
                    break
            return


def read_places(item: Mapping[str, Any]) -> Iterator[tuple[dict[FieldName, str], str, bool]]:
    """Yield every place of an Organization: its parts, what it is called, whether it is its own address.

    A place that is written in one piece stands under CITY.
    """
    for address, called in _addresses(item):
        if isinstance(address, str):
            yield {FieldName.CITY: clean(address)}, called, False
            continue
        parts = {
            field: text
            for key, field in _ADDRESS.items()
            if (text := next(texts_of(address, key), ""))
        }
        if parts:
            yield parts, called, True


def _addresses(item: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Yield the addresses of an item, of its locations and of its parts, with the name of each place."""
    places = [
        place
        for key in ("location", "subOrganization", "department")
        for place in _items(item, key)
    ]
    for place in [item, *places][:_MOST_PLACES]:
        called = next(texts_of(place, "name"), "") if place is not item else ""
        for address in values_of(place, "address"):
            if isinstance(address, str | dict):
                yield address, called
    for place in places[:_MOST_PLACES]:
        if "address" not in place and any(place.get(key) for key in _ADDRESS):
            yield place, next(texts_of(place, "name"), "")
