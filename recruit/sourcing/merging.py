"""Makes one set of facts out of several readings: the surest of a single field, every value of the others.

What was read beats what was inferred. An address is not pieced together from different places: all of its
parts come from one reading, that of the head office where one is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from recruit.sourcing.offices import says_lesser_office
from recruit.sourcing.phones import read_phone
from recruit.sourcing.text import fold
from recruit.sourcing.values import MANY_VALUED, Fact, FieldName, Office

_MOST_FACTS = 60  # of one field
_ADDRESS = (
    FieldName.STREET,
    FieldName.POSTCODE,
    FieldName.CITY,
    FieldName.REGION,
    FieldName.COUNTRY,
)


def merge_pages(pages: Iterable[Sequence[Fact]]) -> list[Fact]:
    """Return what several pages say of one firm; each fact keeps the address of its own page."""
    facts = [fact for facts in pages for fact in facts]
    country = next((f.value for f in choose_facts(facts) if f.field is FieldName.COUNTRY), None)
    if country:
        # The number stands on one page, the country on another.
        facts = [_called_from_abroad(fact, str(country)) for fact in facts]
    return choose_facts(facts)


def _called_from_abroad(fact: Fact, country: str) -> Fact:
    if fact.field is not FieldName.PHONE or str(fact.value).startswith("+"):
        return fact
    number = read_phone(fact.text, country) or read_phone(str(fact.value), country)
    return replace(fact, value=number) if number else fact


def choose_facts(facts: Sequence[Fact]) -> list[Fact]:
    """Return the surest fact of a single field and every distinct value of the others."""
    ordered = sorted(facts, key=lambda fact: (fact.inferred, -fact.confidence))
    address = _choose_address(ordered)
    chosen: list[Fact] = []
    for field in FieldName:
        if field in _ADDRESS:
            chosen += [fact for fact in address if fact.field is field]
        elif field is FieldName.OFFICE:
            chosen += merge_offices([fact for fact in ordered if fact.field is field])
        else:
            surest: dict[object, Fact] = {}
            for fact in ordered:
                if fact.field is field:
                    surest.setdefault(fact.value, fact)
            chosen += list(surest.values())[: _MOST_FACTS if field in MANY_VALUED else 1]
    return chosen


def _choose_address(ordered: Sequence[Fact]) -> list[Fact]:
    """Return the parts of one address: the head office's, else those of the surest reading."""
    parts = [fact for fact in ordered if fact.field in _ADDRESS]
    stated = [fact for fact in parts if not fact.inferred]
    heads = [
        fact
        for fact in ordered
        if isinstance(fact.value, Office) and fact.value.head_office and not fact.inferred
    ]
    surest = stated[0] if stated else None
    if heads and (surest is None or heads[0].confidence >= surest.confidence - 0.2):
        taken = _parts_of(heads[0])
    elif surest is not None:
        # A page may state one address twice: as data and in words.
        towns = [fact for fact in stated if fact.field is FieldName.CITY]
        town = fold(str(towns[0].value)) if towns else ""
        readings: dict[tuple[str | None, str, str], list[Fact]] = {}
        for fact in stated:
            readings.setdefault((fact.url, fact.method, fact.text), []).append(fact)
        taken = []
        # Parts that share a page and a method belong together; so do readings that name the same town.
        first = towns[0] if towns else surest
        for (url, method, _), group in readings.items():
            same_town = any(
                fact.field is FieldName.CITY and fold(str(fact.value)) == town for fact in group
            )
            beside = (url, method) == (first.url, first.method)
            other_town = any(fact.field is FieldName.CITY for fact in group) and not same_town
            if same_town or (beside and not other_town):
                taken += group
        if not towns:
            taken = stated
    else:
        taken = []
    one_each: dict[FieldName, Fact] = {}
    for fact in sorted(taken, key=lambda fact: -fact.confidence):
        one_each.setdefault(fact.field, fact)
    for fact in (*stated, *parts):
        # The country stated anywhere beats one that is inferred, and either is better than none.
        if fact.field is FieldName.COUNTRY:
            one_each.setdefault(FieldName.COUNTRY, fact)
    return list(one_each.values())


def _parts_of(fact: Fact) -> list[Fact]:
    office = fact.value
    assert isinstance(office, Office)
    return [
        replace(fact, field=field, value=value)
        for field in _ADDRESS
        if (value := getattr(office, field.value))
    ]


def merge_offices(facts: Sequence[Fact]) -> list[Fact]:
    """Return each place once, as its fullest reading has it; the only one is the head office.

    Unless its words call it something less, such as a research office.

    "Berlin, DE" and "Invalidenstr. 1, 10115 Berlin, DE" are one place.
    """
    merged: list[Fact] = []
    for fact in facts:
        office = fact.value
        assert isinstance(office, Office)
        for number, other in enumerate(merged):
            known = other.value
            assert isinstance(known, Office)
            if _is_same_place(known, office):
                fuller = max(known, office, key=_fullness)
                head = known.head_office or office.head_office
                keeper = other if fuller is known else fact
                merged[number] = replace(keeper, value=replace(fuller, head_office=head))
                break
        else:
            merged.append(fact)
    if len(merged) == 1:
        only = merged[0].value
        assert isinstance(only, Office)
        head = only.head_office or not says_lesser_office(merged[0].text)
        merged = [replace(merged[0], value=replace(only, head_office=head))]
    return merged[:_MOST_FACTS]


def _is_same_place(one: Office, two: Office) -> bool:
    if one.country and two.country and one.country != two.country:
        return False
    if not (one.city and two.city):
        # A country that only repeats a town given is not a second office.
        return bool(
            one.country == two.country
            and (not one.region or not two.region)
            and not _both(one, two)
        )
    if fold(one.city) != fold(two.city):
        return False
    return not (one.street and two.street) or fold(one.street) == fold(two.street)


def _both(one: Office, two: Office) -> bool:
    return bool(one.street and two.street and fold(one.street) != fold(two.street))


def _fullness(office: Office) -> int:
    return sum(
        bool(part)
        for part in (office.street, office.postcode, office.city, office.region, office.country)
    )
