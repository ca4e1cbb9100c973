"""Values have one form in which both sides are compared."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from recruit.crm.values import Direction, FieldRule, Policy, canonical, content_hash


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (" Acme ", "Acme"),
        (True, True),
        (False, False),
        (3, 3),
        (3.0, 3),
        (74.5, 74.5),
        (0.1 + 0.2, 0.3),
        (["a", "b"], "a; b"),
        ((), None),
        (date(2026, 3, 3), "2026-03-03"),
        (datetime(2026, 3, 3, 9, 30, 1, 999, tzinfo=UTC), "2026-03-03T09:30:01Z"),
        (
            datetime(2026, 3, 3, 10, 30, tzinfo=timezone(timedelta(hours=1))),
            "2026-03-03T09:30:00Z",
        ),
    ],
)
def test_a_value_is_brought_into_one_form(value, expected):
    got = canonical(value)
    assert got == expected
    assert type(got) is type(expected)
    assert canonical(got) == got


def test_a_value_that_no_field_can_hold_is_an_error():
    with pytest.raises(TypeError, match="nothing that a CRM field can hold"):
        canonical({"a": 1})


def test_the_hash_knows_content_and_not_order():
    assert content_hash({"a": 1, "b": "ü"}) == content_hash({"b": "ü", "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})
    assert content_hash({"a": None}) != content_hash({})


def test_picklist_words_are_translated_both_ways_and_others_pass():
    rule = FieldRule("stage", "s", Direction.PUSH, Policy.OURS_WINS, (("left", "Partner: left"),))
    assert rule.to_crm("left") == "Partner: left"
    assert rule.from_crm("Partner: left") == "left"
    assert rule.to_crm("new") == "new"
    assert rule.from_crm(None) is None
