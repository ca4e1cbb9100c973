"""New sightings find their firm; firms keep their ids, and what contradicts them leaves."""

from recruit.firms.fingerprint import Fingerprint
from recruit.firms.placing import Plan, place
from recruit.firms.rarity import Rarity
from tests.factories.firms import make_fingerprint


def plan(
    fresh: list[Fingerprint],
    known: list[Fingerprint] | None = None,
    firm_of: dict[int, int] | None = None,
    said: dict[tuple[int, int], bool] | None = None,
) -> Plan:
    return place(
        {f.record_id: f for f in fresh},
        {f.record_id: f for f in known or []},
        firm_of or {},
        Rarity(),
        {},
        said or {},
    )


def placed(made: Plan) -> list[tuple[tuple[int, ...], list[int]]]:
    return [(p.firm_ids, [one.record_id for one in p.joining]) for p in made.placements]


SITE = "https://northlight.example"


def test_sightings_of_one_firm_make_one_new_firm() -> None:
    made = plan([make_fingerprint(1, website=SITE), make_fingerprint(2, website=SITE)])
    assert placed(made) == [((), [1, 2])]
    first, second = made.placements[0].joining
    assert first.evidence == {"because": "first sighting of this firm"}
    assert second.evidence["with"] == 1
    assert "same domain northlight.example" in str(second.evidence["because"])


def test_a_new_sighting_joins_the_firm_that_is_there() -> None:
    known = make_fingerprint(1, website=SITE)
    made = plan([make_fingerprint(2, website=SITE)], [known], {1: 77})
    assert placed(made) == [((77,), [2])]


def test_two_firms_become_one_when_a_new_sighting_shows_both() -> None:
    one = make_fingerprint(1, name="Northlight", website=SITE)
    other = make_fingerprint(2, name="Nordlicht Cloud", phone="+4940123456", street="Hafenstr. 12")
    bridge = make_fingerprint(
        3, name="Nordlicht Cloud", website=SITE, phone="+4940123456", street="Hafenstraße 12"
    )
    made = plan([bridge], [one, other], {1: 78, 2: 77})
    assert placed(made) == [((77, 78), [3])]
    assert made.placements[0].because


def test_firms_that_were_judged_before_are_not_judged_again() -> None:
    one, other = make_fingerprint(1, website=SITE), make_fingerprint(2, website=SITE)
    stranger = make_fingerprint(3, name="Kestrel")
    assert placed(plan([stranger], [one, other], {1: 77, 2: 78})) == [((), [3])]


def test_a_sighting_that_fits_two_firms_founds_its_own_and_is_doubtful() -> None:
    one = make_fingerprint(1, name="Linear", website="https://linear.example")
    other = make_fingerprint(2, name="Linear", website="https://linear-gmbh.example")
    made = plan([make_fingerprint(3, name="Linear")], [one, other], {1: 77, 2: 78})
    assert placed(made) == [((), [3])]
    assert {(link.a, link.b) for link in made.doubtful} >= {(1, 3), (2, 3)}


def test_a_changed_sighting_stays_with_its_firm() -> None:
    companion = make_fingerprint(1, website=SITE)
    changed = make_fingerprint(2, website=SITE, city="Hamburg", country="DE")
    made = plan([changed], [companion], {1: 77, 2: 77})
    assert placed(made) == [((77,), [])]
    assert not made.leaving


def test_a_firm_of_one_sighting_may_change_altogether() -> None:
    changed = make_fingerprint(1, name="Kestrel", website="https://kestrel.example")
    made = plan([changed], [], {1: 77})
    assert placed(made) == [((77,), [])]


def test_a_changed_sighting_that_its_companions_contradict_leaves() -> None:
    companion = make_fingerprint(1, website=SITE)
    changed = make_fingerprint(2, name="Kestrel", website="https://kestrel.example")
    made = plan([changed], [companion], {1: 77, 2: 77})
    assert [(one.record_id, one.firm_id) for one in made.leaving] == [(2, 77)]
    assert "other domain" in made.leaving[0].because
    assert placed(made) == [((), [2])]


def test_a_crowded_domain_that_the_database_knows_of_joins_nobody() -> None:
    fresh = [make_fingerprint(1, name="Kestrel", website=SITE), make_fingerprint(2, website=SITE)]
    by_id = {f.record_id: f for f in fresh}
    made = place(by_id, {}, {}, Rarity(), {"d:northlight.example": 500})
    assert placed(made) == [((), [1]), ((), [2])]


def test_a_sighting_that_was_told_apart_leaves_the_firm_and_stays_away() -> None:
    twins = [make_fingerprint(n, website=SITE) for n in (1, 2, 3)]
    made = plan(twins, [], {1: 77, 2: 77, 3: 77}, {(1, 3): False})
    assert [(one.record_id, one.firm_id) for one in made.leaving] == [(3, 77)]
    assert "a person said" in made.leaving[0].because
    assert placed(made) == [((77,), []), ((), [3])]


def test_firms_that_a_person_called_the_same_are_united_for_that_reason() -> None:
    one, other = make_fingerprint(1, name="Kestrel"), make_fingerprint(2, name="Falcon")
    made = plan([one, other], [], {1: 77, 2: 78}, {(1, 2): True})
    assert placed(made) == [((77, 78), [])]
    assert made.placements[0].because == "a person said that they are the same"


def test_a_new_sighting_joins_where_a_person_said_and_tells_so() -> None:
    made = plan(
        [make_fingerprint(2, name="Falcon")],
        [make_fingerprint(1, name="Kestrel")],
        {1: 77},
        {(1, 2): True},
    )
    assert placed(made) == [((77,), [2])]
    assert made.placements[0].joining[0].evidence == {
        "because": "a person said that they are the same",
        "with": 1,
    }
