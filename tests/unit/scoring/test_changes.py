"""What changed between two states of a profile."""

from recruit.scoring.changes import describe_changes
from tests.factories.scoring import make_profile_data


def test_nothing_changed_says_nothing() -> None:
    assert describe_changes(make_profile_data(), make_profile_data()) == ()


def test_each_change_is_told_by_its_key() -> None:
    after = make_profile_data(
        title="Cloud partner, 2026", must_haves=[{"because": "Has a team", "employees_from": 5}]
    )
    after["criteria"]["size"]["points"] = 25
    del after["criteria"]["tenure"]["years"]["none_below"]
    after["criteria"]["geography"]["areas"][0]["regions"] = ["Benelux", "Nordics"]
    assert describe_changes(make_profile_data(), after) == (
        "criteria.geography.areas[1].regions: added Benelux, Nordics; taken away DACH",
        "criteria.size.points: 20 → 25",
        "criteria.tenure.years.none_below: taken away, was 0",
        "must_haves[Has a team].because: added, Has a team",
        "must_haves[Has a team].employees_from: added, 5",
        "title: Cloud partner → Cloud partner, 2026",
    )


def test_a_new_term_in_front_changes_no_other() -> None:
    after = make_profile_data()
    after["criteria"]["specialty"]["terms"].insert(0, {"term": "devops", "weight": 1})
    assert describe_changes(make_profile_data(), after) == (
        "criteria.specialty.terms[devops].term: added, devops",
        "criteria.specialty.terms[devops].weight: added, 1",
    )
