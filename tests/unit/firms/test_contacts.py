"""Addresses become contacts, with a word on whose they are and where they were found."""

import pytest

from recruit.firms.contacts import find_contacts, is_role_address
from recruit.sourcing.values import FieldName
from tests.factories.firms import make_statement


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("info@acme.example", True),
        ("sales-emea@acme.example", True),
        ("info+partners@acme.example", True),
        ("vertrieb@acme.example", True),
        ("jane.doe@acme.example", False),
        ("jd@acme.example", False),
    ],
)
def test_the_address_of_an_office_is_told_from_a_persons(email: str, role: bool) -> None:
    assert is_role_address(email) is role


@pytest.mark.parametrize(
    "email", ["noreply@acme.example", "abuse@acme.example", "jobs@acme.example", "nobody", "@x.de"]
)
def test_nobody_is_written_to_at_a_machine(email: str) -> None:
    assert find_contacts([make_statement(FieldName.EMAIL, email)]) == []


def test_an_address_is_kept_once_and_says_where_it_was_found() -> None:
    found = find_contacts(
        [
            make_statement(FieldName.EMAIL, "Info@Acme.example", trust=0.2),
            make_statement(
                FieldName.EMAIL,
                "info@acme.example",
                record_id=2,
                source_title="Partner finder",
                url="https://finder.example/acme",
            ),
        ]
    )
    assert [(c.email, c.is_role_address, c.source_record_id) for c in found] == [
        ("info@acme.example", True, 2)
    ]
    assert found[0].origin == (
        "Your data comes from Partner finder (https://finder.example/acme), read on 3 March 2026."
    )


def test_a_person_whom_a_source_may_name_is_a_contact_with_name_and_title() -> None:
    found = find_contacts(
        [
            make_statement(FieldName.EMAIL, "jane@acme.example", trust=0.9),
            make_statement(FieldName.PERSON, "Jane Doe, Head of Alliances <jane@acme.example>"),
            make_statement(FieldName.PERSON, "Joe Roe, CTO"),
        ]
    )
    assert [(c.email, c.name, c.job_title, c.is_role_address) for c in found] == [
        ("jane@acme.example", "Jane Doe", "Head of Alliances", False)
    ]
