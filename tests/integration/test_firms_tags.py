"""Lists tag firms: those that are known, and those that a source finds later; tagged firms are left alone."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recruit.firms.listed import EntryNotFound, list_tags_of, report_list
from recruit.firms.lists import ListEntry, ListReport, read_list
from recruit.firms.merging import merge_firms, split_firm
from recruit.firms.store import get_firm, list_firm_views, list_firms
from recruit.firms.tables import FirmMember, ListedFirm
from recruit.firms.tags import choose_listed, remember_listed, tag_firm, untag_firm
from recruit.firms.undoing import undo
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import FirmTag, ListedState
from recruit.scoring.usecases import explain_firm, rank_firms, save_profile
from recruit.scoring.values import Standing
from recruit.sequences.enrolling import Suppressed
from recruit.sequences.usecases import enroll_firm
from recruit.sourcing.readers import UnusableFile
from recruit.sourcing.values import SourceKind
from recruit.wiring import App
from tests.factories.firms import store_sighting, store_source
from tests.factories.sequences import SEQUENCE, make_sequence
from tests.factories.world import PROFILE

NORTH = {"name": "Northlight GmbH", "website": "https://northlight.example", "city": "Hamburg", "country": "DE"}  # fmt: skip
KESTREL = {"name": "Kestrel Ops", "website": "https://kestrel.example", "city": "Leeds", "country": "GB"}  # fmt: skip


def see(app: App, *sightings: dict[str, Any], source: str = "directory") -> list[int]:
    """Let a source see these and resolve them; returns the ids of all firms."""
    with app.transaction() as tx:
        for values in sightings:
            store_sighting(tx, values["name"], source, **values)
    with app.transaction() as tx:
        resolve_firms(tx)
        return [firm.id for firm in list_firms(tx)]


def tell(app: App, *entries: ListEntry, tag: FirmTag = FirmTag.CUSTOMER, **over: Any) -> ListReport:
    with app.transaction() as tx:
        return remember_listed(tx, list_name="crm", tag=tag, entries=entries, actor="Robin", **over)


def tags(app: App) -> dict[str, tuple[str, ...]]:
    with app.reading() as tx:
        return {view.name: view.tags for view in list_firm_views(tx)}


def counts(report: ListReport) -> tuple[int, int, int, int]:
    return report.matched, report.unmatched, report.ambiguous, report.removed


def test_a_list_tags_by_domain_registry_number_and_name_with_place(app: App) -> None:
    see(app, NORTH, KESTREL)
    with app.transaction() as tx:
        store_source(tx, "register", kind=SourceKind.REGISTRY)
        store_sighting(tx, "HRB 12345", "register", name="Osprey Labs", country="DE")
    with app.transaction() as tx:
        resolve_firms(tx)
    report = tell(
        app,
        ListEntry(website="www.NORTHLIGHT.example/about"),
        ListEntry(name="Kestrel Ops", city="Leeds", country="GB"),
        ListEntry(registry_id="HRB 12345"),
        ListEntry(name="Nobody We Know", city="Oslo"),
        ListEntry(website="https://www.facebook.com/northlight"),
    )
    assert counts(report) == (3, 1, 0, 0)
    assert set(tags(app).values()) == {("customer",)}
    assert [line.because for line in report.lines[:3]] == [
        "same domain northlight.example",
        "same name and place as Kestrel Ops",
        "same registry number HRB 12345",
    ]


def test_a_firm_that_a_source_finds_later_is_tagged_by_its_run(app: App) -> None:
    report = tell(app, ListEntry(website="kestrel.example"), ListEntry(name="Northlight", city="Hamburg", country="DE"))  # fmt: skip
    assert counts(report) == (0, 2, 0, 0)
    see(app, NORTH, KESTREL)
    assert tags(app) == {"Northlight GmbH": ("customer",), "Kestrel Ops": ("customer",)}


def test_what_could_be_several_firms_or_another_one_is_left_to_a_person(app: App) -> None:
    ids = see(app, NORTH, {"name": "Northlight", "website": "https://nl.example", "city": "Leeds", "country": "GB"})  # fmt: skip
    assert len(ids) == 2
    report = tell(app, ListEntry(name="Northlight"), ListEntry(name="Northlight", website="other.example"))  # fmt: skip
    assert counts(report) == (0, 0, 2, 0)
    assert set(report.lines[0].candidates) == set(ids)
    assert set(tags(app).values()) == {()}
    with app.transaction() as tx:
        row = choose_listed(tx, listed_id=report.lines[0].listed_id, firm_id=ids[0], actor="Robin")
        assert row.because == "Robin said so"
    # Neither a run nor the list itself decides otherwise.
    see(app, NORTH | {"phone": "+49401234567"})
    again = tell(app, ListEntry(name="Northlight"))
    assert (again.matched, again.removed) == (1, 1)
    assert tags(app)["Northlight GmbH"] == ("customer",)


def test_a_list_takes_its_own_place_and_says_the_same_twice(app: App) -> None:
    see(app, NORTH, KESTREL)
    both = (ListEntry(website="northlight.example"), ListEntry(website="kestrel.example"))
    assert counts(tell(app, *both)) == counts(tell(app, *both)) == (2, 0, 0, 0)
    with app.reading() as tx:
        versions = {firm.id: firm.version for firm in list_firms(tx)}
    tell(app, *both)
    with app.reading() as tx:
        assert {firm.id: firm.version for firm in list_firms(tx)} == versions
    assert counts(tell(app, both[0])) == (1, 0, 0, 1)
    assert tags(app) == {"Northlight GmbH": ("customer",), "Kestrel Ops": ()}
    assert counts(tell(app, both[1], complete=False)) == (2, 0, 0, 0)
    report = tell(app, *both, tag=FirmTag.COMPETITOR)
    assert (report.matched, report.tag) == (2, FirmTag.COMPETITOR)
    assert set(tags(app).values()) == {("competitor",)}


def test_a_tagged_firm_is_not_enrolled_and_is_again_once_untagged(app: App) -> None:
    (firm_id,) = see(app, NORTH | {"email": "ann@northlight.example"})
    with app.transaction() as tx:
        make_sequence(tx)
        tag_firm(tx, firm_id=firm_id, tag=FirmTag.CUSTOMER, actor="Robin", why="Buys from us.")
        tag_firm(tx, firm_id=firm_id, tag=FirmTag.CUSTOMER, actor="Robin", why="Buys from us.")
    with (
        app.transaction() as tx,
        pytest.raises(Suppressed, match=r"It is a customer. \(Said by: by hand.\)"),
    ):
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="Robin")
    with app.transaction() as tx:
        untag_firm(tx, firm_id=firm_id, tag=FirmTag.CUSTOMER, actor="Robin")
        assert enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="Robin")


def test_a_tagged_firm_leaves_every_ranking_and_the_reason_is_told(app: App) -> None:
    north, kestrel = see(app, NORTH, KESTREL)
    with app.transaction() as tx:
        save_profile(tx, definition=PROFILE, actor="Robin")
        tag_firm(tx, firm_id=north, tag=FirmTag.OPEN_APPLICATION, actor="Robin")
        report = rank_firms(tx, profile_name=PROFILE["name"])
        assert report.excluded == 1
        card = explain_firm(tx, profile_name=PROFILE["name"], firm_id=north)
        assert card.standing is Standing.EXCLUDED
        assert card.standing_reason.startswith(
            "Left alone, whatever its points: it is labelled open_application"
        )
        other = explain_firm(tx, profile_name=PROFILE["name"], firm_id=kestrel)
        assert other.standing is not Standing.EXCLUDED


def test_tags_follow_merges_splits_and_their_undoing(app: App) -> None:
    north, kestrel = see(app, NORTH, KESTREL)
    tell(app, ListEntry(website="kestrel.example"))
    with app.transaction() as tx:
        tag_firm(tx, firm_id=north, tag=FirmTag.EXCLUDED, actor="Robin")
    with app.transaction() as tx:
        done = merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        assert get_firm(tx, north).tags == ["customer", "excluded"]
    with app.transaction() as tx:
        undo(tx, change_id=done.change_id or 0, actor="Robin")
        assert (get_firm(tx, north).tags, get_firm(tx, kestrel).tags) == (
            ["excluded"],
            ["customer"],
        )
    with app.transaction() as tx:
        merge_firms(tx, keep=north, away=kestrel, actor="Robin")
        records = {
            record: get_firm(tx, firm_id).id
            for record, firm_id in tx.session.execute(
                select(FirmMember.source_record_id, FirmMember.firm_id)
            )
        }
        split = split_firm(tx, firm_id=north, record_ids=[max(records)], actor="Robin")
        # Its own entry follows the domain; what a person said of the whole holds for both.
        assert get_firm(tx, split.firm_id).tags == ["customer", "excluded"]
        assert get_firm(tx, north).tags == ["excluded"]
    with app.transaction() as tx:
        undo(tx, change_id=split.change_id or 0, actor="Robin")
        assert get_firm(tx, north).tags == ["customer", "excluded"]
        assert len(list_tags_of(tx, north)) == 2
        assert len(tx.session.scalars(select(ListedFirm)).all()) == 2


@pytest.mark.parametrize(
    ("name", "text", "entries"),
    [
        ("a.csv", "Company;Website;City;Country\nAcme;acme.example;Köln;Germany\n", [("Acme", "acme.example", "Köln", "DE")]),
        ("b.csv", "acme.example\nbeta.example\n", [("", "acme.example", "", ""), ("", "beta.example", "", "")]),
        ("c.csv", "Account Name,Headquarters\nAcme,\"Berlin, Germany\"\n", [("Acme", "", "Berlin", "DE")]),
        ("d.csv", "E-Mail,City\nann@acme.example,Bonn\n", [("", "acme.example", "Bonn", "")]),
        ("e.jsonl", '{"domain": "acme.example", "id": "001"}\n', [("", "acme.example", "", "")]),
    ],
)  # fmt: skip
def test_a_list_is_read_from_any_file_by_its_heads(
    tmp_path: Path, name: str, text: str, entries: list[tuple[str, ...]]
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found, unusable = read_list(path)
    assert [(e.name, e.domain, e.city, e.country) for e in found] == entries
    assert unusable == []


def test_rows_and_files_that_name_no_firm_are_told(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Website,City\n,Bonn\nacme.example,\nann@gmail.com,\n", encoding="utf-8")
    found, unusable = read_list(path)
    assert [entry.position for entry in found] == [3]
    assert [number for number, _ in unusable] == [2, 4]
    path.write_text("Colour,Size\nred,3\n", encoding="utf-8")
    with pytest.raises(UnusableFile, match="no column names a firm"):
        read_list(path)


def test_a_list_or_an_entry_that_is_not_there_is_told_with_those_that_are(app: App) -> None:
    tell(app, ListEntry(name="Acme"))
    with app.transaction() as tx:
        with pytest.raises(EntryNotFound, match="Known: crm"):
            report_list(tx, list_name="nothing")
        with pytest.raises(EntryNotFound, match="no entry 99"):
            choose_listed(tx, listed_id=99, firm_id=None, actor="Robin")
        row = tx.session.scalars(select(ListedFirm)).one()
        assert (row.state, row.because) == (
            ListedState.UNMATCHED,
            "no firm with the name Acme is known yet",
        )
