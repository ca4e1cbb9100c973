"""Columns decide what single fingerprints decide: the same keys, pairs, scores, groups and doubts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bench.synthetic_firms import make_firms
from recruit.firms.blocking import block_keys, candidate_pairs, count_crowd, group_by_key
from recruit.firms.bulk import naming
from recruit.firms.bulk.crowds import count_crowds
from recruit.firms.bulk.grouping import count_spread
from recruit.firms.bulk.keys import list_keys, list_name_words
from recruit.firms.bulk.pairs import find_pairs, find_places
from recruit.firms.bulk.placing import place_many
from recruit.firms.bulk.reading import read_sheet
from recruit.firms.bulk.scores import Scorer
from recruit.firms.bulk.sheet import Sheet
from recruit.firms.bulk.texts import Texts
from recruit.firms.evidence import Surroundings
from recruit.firms.fingerprint import Fingerprint, take_fingerprint
from recruit.firms.matching import decide
from recruit.firms.names import parse_name
from recruit.firms.placing import place
from recruit.firms.rarity import count_words
from recruit.firms.values import Verdict
from tests.factories.firms import make_facts

FIELDS = ("name", "website", "email", "phone", "street", "postcode", "city", "country")


def rows(records: int = 3000, seed: int = 5) -> Iterator[dict[str, Any]]:
    for row in make_firms(records, seed).to_dict("records"):
        yield {f: row[f] for f in FIELDS if isinstance(row[f], str)}
    # What the generator has none of: several phones and addresses, long names, words said twice.
    yield {"name": "Kestrel", "phone": [f"+4940123456{n}" for n in range(5)]}
    yield {
        "name": "Kestrel Ops",
        "phone": "+49401234564",
        "email": ["a@kestrel.io", "b@kestrel.io"],
    }
    yield {"name": "One Two Three Four Five Six Seven Eight Nine Kestrel", "city": "Hamburg"}
    yield {
        "name": "Mary Crane League Mary Crane Center",
        "street": "2905 N Leavitt",
        "postcode": "60618",
    }
    yield {"name": "Mary Crane Center", "street": "2905 North Leavitt Street", "postcode": "60618"}
    yield {"name": "Northern Kestrel Machines", "phone": "+49407654321", "city": "Hamburg"}
    yield {"name": "NKM GmbH", "phone": "+49407654321", "city": "Hamburg"}
    yield {"name": "Grünwälder & Söhne KG", "postcode": "50667", "city": "Köln"}
    yield {"name": "Gruenwaelder und Soehne", "postcode": "50667", "city": "Köln"}
    yield {"name": "東京株式会社", "website": "https://facebook.com/tokyo"}


@pytest.fixture(scope="module")
def both() -> tuple[Sheet, list[Fingerprint]]:
    """The same sightings as a sheet and as fingerprints, in the sheet's order."""
    texts, single = Texts(), {}
    for number, row in enumerate(rows()):
        facts = make_facts(**row)
        assert texts.add(number, [fact.to_json() for fact in facts])
        single[number] = take_fingerprint(number, facts)
    sheet = read_sheet(texts)
    taken = [single[record] for record in sheet.record_id.tolist()]
    return sheet, [fingerprint for fingerprint in taken if fingerprint]


def test_rows_read_as_fingerprints_do(both: tuple[Sheet, list[Fingerprint]]) -> None:
    sheet, single = both
    for row, fingerprint in enumerate(single):
        if not sheet.odd[row]:
            assert sheet.fingerprint(row) == fingerprint
    for record, keys in list_keys(sheet, range(len(sheet))):
        row = sheet.record_id.tolist().index(record)
        if not (sheet.odd[row] or sheet.odd_name[sheet.name[row]]):
            assert keys == block_keys(single[row])


def test_pairs_and_their_scores_are_those_of_the_rules(
    both: tuple[Sheet, list[Fingerprint]],
) -> None:
    sheet, _ = both
    single = [sheet.fingerprint(row) for row in range(len(sheet))]
    row_of = {fingerprint.record_id: row for row, fingerprint in enumerate(single)}
    blocks = group_by_key(single)
    rarity = count_words(fingerprint.name for fingerprint in single)
    assert count_spread(sheet).spread == rarity.spread
    places = find_places(sheet)
    crowds = count_crowds(sheet, places)
    pairs = find_pairs(sheet, places, np.full(len(sheet), -1))
    expected = {
        tuple(sorted((row_of[a.record_id], row_of[b.record_id])))
        for a, b in candidate_pairs(blocks, {})
    }
    a, b = np.divmod(pairs, len(sheet))
    assert set(zip(a.tolist(), b.tolist(), strict=True)) == expected
    scores = Scorer.of(sheet, places, crowds, rarity).score(pairs)
    around = Surroundings(rarity, count_crowd(blocks))
    for at, (one, other) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        decision = decide(single[one], single[other], around)
        where = (single[one].name.text, single[other].name.text)
        if not scores.open[at]:
            assert scores.same[at] == (decision.verdict is Verdict.SAME), where
        if scores.exact[at]:
            assert scores.low[at] == pytest.approx(decision.score, abs=0.06), where
            assert scores.identified[at] == decision.identified, where
            assert scores.contradicted[at] == decision.contradicted, where
    # Most pairs never become objects: that is what the columns are for.
    assert scores.open.mean() < 0.2


def test_sightings_are_placed_as_one_by_one(both: tuple[Sheet, list[Fingerprint]]) -> None:
    sheet, _ = both
    single = {f.record_id: f for f in map(sheet.fingerprint, range(len(sheet)))}
    rarity = count_words(f.name for f in single.values())
    expected = place(single, {}, {}, rarity, {})
    found = place_many(sheet, {}, frozenset(single))
    assert [[j.record_id for j in p.joining] for p in found.placements] == [
        [j.record_id for j in p.joining] for p in expected.placements
    ]
    assert {(d.a, d.b) for d in found.doubtful} == {(d.a, d.b) for d in expected.doubtful}
    assert found.placements == expected.placements


def test_new_sightings_join_firms_of_old_as_one_by_one(
    both: tuple[Sheet, list[Fingerprint]],
) -> None:
    sheet, _ = both
    single = {f.record_id: f for f in map(sheet.fingerprint, range(len(sheet)))}
    rarity = count_words(f.name for f in single.values())
    old = {record: f for record, f in single.items() if record % 4}
    homes = {
        joining.record_id: number
        for number, placement in enumerate(place(old, {}, {}, rarity, {}).placements)
        for joining in placement.joining
    }
    fresh = {record: f for record, f in single.items() if record not in old}
    expected = place(fresh, old, homes, rarity, {})
    found = place_many(sheet, homes, frozenset(fresh))

    def essence(plan: Any) -> list[Any]:
        return [(p.firm_ids, [j.record_id for j in p.joining]) for p in plan.placements]

    assert essence(found) == essence(expected)


def test_what_people_said_binds_columns_as_it_binds_single_sightings(
    both: tuple[Sheet, list[Fingerprint]],
) -> None:
    sheet, _ = both
    single = {f.record_id: f for f in map(sheet.fingerprint, range(len(sheet)))}
    rarity = count_words(f.name for f in single.values())
    free = place(single, {}, {}, rarity, {}).placements
    several = [[j.record_id for j in p.joining] for p in free if len(p.joining) > 1]
    said = {(min(firm[:2]), max(firm[:2])): False for firm in several[:40]}
    said |= {
        tuple(sorted((a[0], b[0]))): True
        for a, b in zip(several[50:80], several[90:120], strict=True)
    }
    expected = place(single, {}, {}, rarity, {}, said)
    found = place_many(sheet, {}, frozenset(single), said)
    assert found.placements == expected.placements
    firm_of = {j.record_id: at for at, p in enumerate(found.placements) for j in p.joining}
    assert all((firm_of[a] == firm_of[b]) is same for (a, b), same in said.items())


def test_names_are_read_by_template_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "_FEW", 0)
    names = list(dict.fromkeys(row["name"] for row in rows(20_000)))
    names += [
        "Gesellschaft für Braistquel mbH",
        "Open Joint Stock Company Gazprom",
        "Limited Liability Company Iskusstvo Krasoty",
        "Papua New Guinea Zarquon Ltd",
        "Müller & Söhne GmbH",
        "ZARQUON, Inc.",
        "Acme Braistquel Fund III",
    ]
    read = naming.read_names(names)
    for at, name in enumerate(names):
        expected = parse_name(name)
        words = tuple(read.all_words[word] for word in read.words[at])
        assert (words, read.keys[at], read.compacts[at]) == (
            expected.words,
            expected.key,
            expected.compact,
        )


def test_words_of_names_are_those_of_the_rules(both: tuple[Sheet, list[Fingerprint]]) -> None:
    sheet, single = both
    words = list_name_words(sheet)
    for fingerprint in single:
        if len(fingerprint.name.words) <= 8:
            assert set(words[fingerprint.name.key]) == {w.form for w in fingerprint.name.words}
