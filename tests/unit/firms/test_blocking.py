"""Blocking brings together what may be one firm, and stays proportional to the sightings."""

from recruit.firms.blocking import BLOCK_CAP, block_keys, candidate_pairs, count_crowd, group_by_key
from recruit.firms.fingerprint import Fingerprint
from tests.factories.firms import make_fingerprint


def pairs(*fingerprints: Fingerprint, home: dict[int, int] | None = None) -> set[tuple[int, int]]:
    found = candidate_pairs(group_by_key(fingerprints), home or {})
    return {(a.record_id, b.record_id) for a, b in found}


def test_a_shared_domain_phone_address_or_name_brings_two_together() -> None:
    assert pairs(
        make_fingerprint(1, name="A b c", website="https://x.example"),
        make_fingerprint(2, name="Kestrel", email="info@x.example"),
        make_fingerprint(3, name="Osprey", phone="+4940123456"),
        make_fingerprint(4, name="Harrier", phone="+4940123456"),
        make_fingerprint(5, name="Merlin", street="12 Harbour Street", city="Leeds"),
        make_fingerprint(6, name="Buzzard", street="12 Harbour St.", city="Leeds"),
        make_fingerprint(7, name="Good Will"),
        make_fingerprint(8, name="Goodwill Ltd"),
    ) == {(1, 2), (3, 4), (5, 6), (7, 8)}


def test_a_misspelling_in_one_town_is_looked_at() -> None:
    leeds = {"city": "Leeds", "country": "GB"}
    one, other = (
        make_fingerprint(1, name="Northlight", **leeds),
        make_fingerprint(2, name="Northligth", **leeds),
    )
    stranger = make_fingerprint(3, name="Northampton Boats", **leeds)
    assert pairs(one, other, stranger) == {(1, 2)}


def test_an_umlaut_in_one_letter_or_in_two_is_one_beginning() -> None:
    koln = {"postcode": "50667", "country": "DE"}
    one, other = (
        make_fingerprint(1, name="Müller & Söhne KG", **koln),
        make_fingerprint(2, name="Mueller und Soehne", **koln),
    )
    assert pairs(one, other) == {(1, 2)}


def test_each_pair_comes_once_and_never_within_one_firm() -> None:
    same = {"website": "https://x.example", "phone": "+4940123456"}
    three = [make_fingerprint(n, **same) for n in (3, 1, 2)]
    assert pairs(*three) == {(1, 2), (1, 3), (2, 3)}
    assert pairs(*three, home={1: 77, 2: 77}) == {(1, 3), (2, 3)}


def test_a_key_that_very_many_share_costs_no_more_than_a_neighbourhood_each() -> None:
    count = 20 * BLOCK_CAP
    crowd = [
        make_fingerprint(n, name=f"firm{n:05} x{n:05}", website="https://shared.example")
        for n in range(1, count + 1)
    ]
    assert len(pairs(*crowd)) < 10 * count


def test_a_crowd_is_counted_by_names_that_begin_differently() -> None:
    site = {"website": "https://x.example"}
    blocks = group_by_key(
        [
            make_fingerprint(1, name="Northlight", **site),
            make_fingerprint(2, name="Northlight Cloud", **site),
            make_fingerprint(3, name="Kestrel", **site),
        ]
    )
    assert count_crowd(blocks)["d:x.example"] == 2


def test_keys_fit_their_column() -> None:
    assert all(len(key) <= 100 for key in block_keys(make_fingerprint(1, name="x" * 299)))
