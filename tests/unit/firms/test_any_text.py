"""Whatever a source says, reading it never fails, and what was read compares with itself as the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.firms.blocking import block_keys
from recruit.firms.bulk.reading import read_sheet
from recruit.firms.bulk.texts import Texts
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import (
    read_city,
    read_phone,
    read_postcode,
    read_registry_id,
    read_street,
    take_fingerprint,
)
from recruit.firms.likeness import NameLevel, compare_names
from recruit.firms.matching import decide
from recruit.firms.names import parse_name, split_names
from recruit.firms.rarity import Rarity
from recruit.firms.values import Verdict
from tests.factories.firms import make_facts

text = st.text(max_size=60)
FIELDS = ("website", "email", "phone", "street", "postcode", "city", "country", "registry_id")
stated = st.fixed_dictionaries({"name": text}, optional=dict.fromkeys(FIELDS, text))
# Tables of places and suffixes are read at their first use.
no_deadline = settings(deadline=None)


@no_deadline
@given(text)
def test_any_text_can_be_a_name(name: str) -> None:
    parsed = parse_name(name)
    assert parsed.words
    assert compare_names(parsed, parsed, Rarity()).level is NameLevel.SAME
    today, former = split_names(name)
    assert isinstance(today, str)
    assert all(former)


@no_deadline
@given(text)
def test_any_text_can_stand_in_any_field(value: str) -> None:
    for read in (read_phone, read_postcode, read_street, read_registry_id):
        read(value)
    read_city(value, None, None)
    read_city(value, "DE", value)


@given(stated, stated)
@settings(max_examples=150, deadline=None)
def test_any_two_sightings_can_be_compared_in_either_order(
    a: dict[str, str], b: dict[str, str]
) -> None:
    one, other = take_fingerprint(1, make_facts(**a)), take_fingerprint(2, make_facts(**b))
    if one is None or other is None:
        return
    around = Surroundings()
    there, back = decide(one, other, around), decide(other, one, around)
    assert abs(there.score - back.score) <= 0.2
    assert (there.verdict is Verdict.SAME) == (back.verdict is Verdict.SAME) or (
        abs(there.score) <= 0.2
    )


@given(st.lists(stated, max_size=8))
@settings(max_examples=60, deadline=None)
def test_columns_read_any_text_as_single_sightings_do(rows: list[dict[str, str]]) -> None:
    texts, single = Texts(), {}
    for number, row in enumerate(rows):
        facts = make_facts(**row)
        fingerprint = take_fingerprint(number, facts)
        assert texts.add(number, [fact.to_json() for fact in facts]) == (fingerprint is not None)
        if fingerprint is not None:
            single[number] = fingerprint
    sheet = read_sheet(texts)
    for row_number, record in enumerate(sheet.record_id.tolist()):
        read = sheet.fingerprint(row_number)
        assert read == single[record]
        assert block_keys(read) == block_keys(single[record])


def test_names_that_a_firm_went_by_are_told_from_its_name() -> None:
    for written, names in {
        "Kestrel Ltd (formerly Nightjar Ltd)": ("Kestrel Ltd", ("Nightjar Ltd",)),
        "Kestrel GmbH, vormals Nightjar GmbH": ("Kestrel GmbH", ("Nightjar GmbH",)),
        "Kestrel, LLC d/b/a Falcon": ("Kestrel, LLC", ("Falcon",)),
        "Kestrel t/a Falcon": ("Kestrel", ("Falcon",)),
        "Formerly Known As Kestrel": ("Formerly Known As Kestrel", ()),
        "Dba Software": ("Dba Software", ()),
    }.items():
        assert split_names(written) == names


def test_a_firm_is_known_by_the_name_it_went_by() -> None:
    city = {"city": "Hamburg", "country": "DE"}
    today = take_fingerprint(1, make_facts(name="Kestrel GmbH (vormals Nightjar GmbH)", **city))
    before = take_fingerprint(2, make_facts(name="Nightjar GmbH", **city))
    assert today
    assert before
    assert block_keys(today) & block_keys(before)
    assert decide(today, before, Surroundings()).verdict is Verdict.SAME


def test_numbers_in_registers_tell_firms_of_one_name_apart_and_renamed_ones_together() -> None:
    one = take_fingerprint(1, make_facts(name="Kestrel Ltd", registry_id="01234567"))
    other = take_fingerprint(2, make_facts(name="Kestrel Ltd", registry_id="07654321"))
    renamed = take_fingerprint(3, make_facts(name="Falcon Ltd", registry_id="0123 4567"))
    assert one
    assert other
    assert renamed
    assert decide(one, other, Surroundings()).verdict is not Verdict.SAME
    assert decide(one, renamed, Surroundings()).verdict is Verdict.SAME


def test_a_phone_is_one_with_and_without_its_prefix() -> None:
    assert (
        read_phone("+49 40 123456-78")
        == read_phone("040 12345678")
        == read_phone("0049 40 123 456 78")
    )
    assert read_phone("850-7000") == "8507000"
    assert read_phone("000000") is None
