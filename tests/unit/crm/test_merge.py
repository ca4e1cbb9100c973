"""The merge's truth table: six policies, every state of both sides, every direction."""

from itertools import product

import pytest

from recruit.crm.merge import Agreement, Verdict, decide, list_contested, may_differ, plan
from recruit.crm.values import Direction, FieldRule, Policy

W, T, K = Verdict.WRITE, Verdict.TAKE, Verdict.KEEP
POLICIES = (
    Policy.OURS_WINS,
    Policy.CRM_WINS,
    Policy.CRM_UNLESS_BLANK,
    Policy.FILL_BLANK_ONLY,
    Policy.LATEST,
    Policy.OFF,
)
# What both sides agreed on ("never" where they did not), ours now, theirs now -> the verdict by
# policy; for `latest` where both were edited, theirs is the later one here.
TABLE = {
    # (agreed, ours, theirs): ours_wins, crm_wins, crm_unless_blank, fill_blank_only, latest, off
    ("a", "a", "a"): (K, K, K, K, K, K),
    ("a", "b", "a"): (W, T, T, K, W, K),
    ("a", None, "a"): (W, T, T, T, W, K),
    ("a", "a", "c"): (W, T, T, K, T, K),
    ("a", "a", None): (W, T, W, W, T, K),
    ("a", "b", "c"): (W, T, T, K, T, K),
    ("a", "b", None): (W, T, W, W, T, K),
    ("a", None, "c"): (W, T, T, T, T, K),
    ("a", "b", "b"): (K, K, K, K, K, K),
    ("a", None, None): (K, K, K, K, K, K),
    (None, None, None): (K, K, K, K, K, K),
    (None, "b", None): (W, T, W, W, W, K),
    (None, None, "c"): (W, T, T, T, T, K),
    (None, "b", "c"): (W, T, T, K, T, K),
    (None, "b", "b"): (K, K, K, K, K, K),
    ("never", "b", None): (W, W, W, W, W, K),
    ("never", None, "c"): (T, T, T, T, T, K),
    ("never", "b", "c"): (W, T, T, K, T, K),
    ("never", "b", "b"): (K, K, K, K, K, K),
    ("never", None, None): (K, K, K, K, K, K),
}
CASES = [
    (*sides, policy, verdict)
    for sides, verdicts in TABLE.items()
    for policy, verdict in zip(POLICIES, verdicts, strict=True)
]


def verdict_of(agreed, ours, theirs, policy, direction=Direction.BOTH, later=False):
    return decide(
        policy,
        direction,
        ours,
        theirs,
        agreed=agreed != "never",
        ours_changed=ours != agreed,
        theirs_changed=theirs != agreed,
        ours_later=later,
    )


def test_the_table_covers_every_state_of_both_sides():
    for agreed, ours in (("a", ("a", "b", None)), (None, (None, "b")), ("never", (None, "b"))):
        theirs = {"a": ("a", "c", None), None: (None, "c"), "never": (None, "c")}[agreed]
        assert {(agreed, *both) for both in product(ours, theirs)} <= set(TABLE)
    assert set(POLICIES) == set(Policy)


@pytest.mark.parametrize(("agreed", "ours", "theirs", "policy", "expected"), CASES)
def test_a_field_that_travels_both_ways_is_decided_by_its_policy(
    agreed, ours, theirs, policy, expected
):
    assert verdict_of(agreed, ours, theirs, policy) is expected


@pytest.mark.parametrize(("agreed", "ours", "theirs", "policy", "expected"), CASES)
def test_a_field_that_is_only_pushed_is_never_taken(agreed, ours, theirs, policy, expected):
    got = verdict_of(agreed, ours, theirs, policy, Direction.PUSH)
    if (policy, expected) == (Policy.OURS_WINS, T):
        assert got is W, "a blank of ours is told as well"
    else:
        assert got is (K if expected is T else expected)


@pytest.mark.parametrize(("agreed", "ours", "theirs", "policy", "expected"), CASES)
def test_a_field_that_is_only_pulled_is_never_written(agreed, ours, theirs, policy, expected):
    got = verdict_of(agreed, ours, theirs, policy, Direction.PULL)
    assert got is (K if expected is W else expected)


@pytest.mark.parametrize(("agreed", "ours", "theirs", "policy", "expected"), CASES)
def test_only_latest_asks_who_was_later_and_only_when_both_were_edited(
    agreed, ours, theirs, policy, expected
):
    got = verdict_of(agreed, ours, theirs, policy, later=True)
    both_edited = ours != theirs and agreed not in {ours, theirs}
    if agreed == "never":
        both_edited = ours != theirs and None not in {ours, theirs}
    if policy is Policy.LATEST and both_edited:
        assert (expected, got) == (T, W)
    else:
        assert got is expected


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("sides", [("b", "c"), ("b", None), (None, "c")])
def test_a_difference_that_nobody_edited_stays(policy, direction, sides):
    # A CRM that stores "Acme GmbH" for our "ACME GmbH " must not be written to for ever.
    verdict = decide(
        policy,
        direction,
        *sides,
        agreed=True,
        ours_changed=False,
        theirs_changed=False,
        ours_later=True,
    )
    assert verdict is K


def rule(name, policy=Policy.OURS_WINS, direction=Direction.BOTH):
    return FieldRule(name, f"crm_{name}", direction, policy)


def test_a_plan_holds_only_the_fields_that_have_to_move():
    rules = [rule("name"), rule("phone", Policy.CRM_WINS), rule("city"), rule("stage")]
    agreed = Agreement(
        ours={"crm_name": "A", "crm_phone": "1", "crm_city": "X"},
        theirs={"crm_name": "A", "crm_phone": "1", "crm_city": "x"},
    )
    ours = {"crm_name": "B", "crm_phone": "1", "crm_city": "X", "crm_stage": "prospect"}
    theirs = {"crm_name": "A", "crm_phone": "2", "crm_city": "x"}
    made = plan(rules, agreed, ours, theirs, ours_later=False)
    assert made.write == {"crm_name": "B", "crm_stage": "prospect"}
    assert made.take == {"crm_phone": "2"}


def test_a_field_that_we_say_nothing_of_is_left_alone():
    made = plan([rule("name")], Agreement(), {}, {"crm_name": "theirs"}, ours_later=True)
    assert (made.write, made.take) == ({}, {})


@pytest.mark.parametrize(
    ("policy", "direction", "ours", "theirs", "allowed"),
    [
        (Policy.OURS_WINS, Direction.PUSH, "b", "c", False),
        (Policy.OURS_WINS, Direction.PUSH, None, "c", False),
        (Policy.CRM_WINS, Direction.BOTH, "b", "c", False),
        (Policy.CRM_WINS, Direction.PUSH, "b", "c", True),
        (Policy.LATEST, Direction.BOTH, "b", "c", False),
        (Policy.FILL_BLANK_ONLY, Direction.BOTH, "b", "c", True),
        (Policy.FILL_BLANK_ONLY, Direction.PUSH, "b", None, False),
        (Policy.CRM_UNLESS_BLANK, Direction.PUSH, "b", "c", True),
        (Policy.CRM_UNLESS_BLANK, Direction.PUSH, "b", None, False),
        (Policy.OFF, Direction.BOTH, "b", "c", True),
    ],
)
def test_sides_may_only_stay_apart_where_no_edit_would_bring_them_together(
    policy, direction, ours, theirs, allowed
):
    assert may_differ(rule("x", policy, direction), ours, theirs) is allowed


def test_a_moment_of_a_single_field_counts_more_than_the_records() -> None:
    rules = [
        FieldRule("phone", "phone", Direction.BOTH, Policy.LATEST),
        FieldRule("city", "city", Direction.BOTH, Policy.LATEST),
    ]
    agreed = Agreement({"phone": "1", "city": "A"}, {"phone": "1", "city": "A"})
    ours, theirs = {"phone": "2", "city": "B"}, {"phone": "3", "city": "C"}
    merged = plan(rules, agreed, ours, theirs, ours_later=True, later={"phone": False})
    assert (merged.write, merged.take) == ({"city": "B"}, {"phone": "3"})


def test_only_a_field_that_both_edited_under_latest_is_contested() -> None:
    rules = [
        FieldRule("phone", "phone", Direction.BOTH, Policy.LATEST),
        FieldRule("city", "city", Direction.BOTH, Policy.LATEST),
        FieldRule("name", "name", Direction.BOTH, Policy.CRM_WINS),
    ]
    agreed = Agreement(
        dict.fromkeys(("phone", "city", "name"), "1"), dict.fromkeys(("phone", "city", "name"), "1")
    )
    ours = {"phone": "2", "city": "1", "name": "2"}
    theirs = {"phone": "3", "city": "3", "name": "3"}
    assert list_contested(rules, agreed, ours, theirs) == rules[:1]
    # What was never agreed on is contested as soon as both sides hold something.
    assert list_contested(rules, Agreement(), ours, theirs) == rules[:2]
    assert list_contested(rules, Agreement(), ours, {}) == []
