"""Sightings become firms that keep their ids through new sightings, changes, mergers and splits."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.db.outbox import OutboxEntry
from recruit.db.transaction import Transaction
from recruit.firms.store import (
    FirmNotFound,
    find_firm_by_domain,
    get_firm,
    list_contacts,
    list_firm_views,
    list_firms,
)
from recruit.firms.tables import Firm, FirmChange, FirmMember
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import ChangeKind, ResolutionReport
from recruit.sourcing.tables import SourceRecord
from recruit.wiring import App
from tests.factories.firms import store_sighting, store_source

SITE = "https://northlight.example"


def see(app: App, record_id: str = "1", source: str = "directory", **values: Any) -> int:
    """A source sees a firm (again); returns the id of the sighting."""
    with app.transaction() as tx:
        return store_sighting(tx, record_id, source, **values).id


def resolve(app: App) -> ResolutionReport:
    with app.transaction() as tx:
        return resolve_firms(tx, actor="tester")


def firms(tx: Transaction) -> list[Firm]:
    return list_firms(tx)


def changes(tx: Transaction, firm_id: int) -> list[tuple[ChangeKind, dict[str, Any]]]:
    rows = tx.session.scalars(
        select(FirmChange).where(FirmChange.firm_id == firm_id).order_by(FirmChange.id)
    )
    return [(row.kind, row.detail) for row in rows]


def announced(tx: Transaction) -> list[int]:
    return list(tx.session.scalars(select(OutboxEntry.object_id).order_by(OutboxEntry.id)))


def members(tx: Transaction) -> dict[int, int]:
    rows = tx.session.execute(select(FirmMember.source_record_id, FirmMember.firm_id))
    return dict(rows.all())


def test_one_firm_in_two_sources_becomes_one(app: App) -> None:
    first = see(app, name="Northlight GmbH", website=SITE, city="Hamburg", country="DE")
    second = see(
        app, "n-1", "providers", name="Northlight", website=f"{SITE}/cloud", employees=(51, 200)
    )
    see(app, "n-2", "providers", name="Kestrel Ops", website="https://kestrel.example")
    report = resolve(app)
    assert report == ResolutionReport(records=3, new_firms=2, changed_firms=0, merged=0, firms=2)
    with app.reading() as tx:
        northlight = find_firm_by_domain(tx, "https://www.northlight.example/about")
        assert northlight is not None
        assert (northlight.name, northlight.city, northlight.employees_high) == (
            "Northlight GmbH",
            "Hamburg",
            200,
        )
        assert northlight.latitude == pytest.approx(53.55, abs=0.05)
        assert northlight.provenance["employees"]["source"] == "providers"
        assert members(tx)[first] == members(tx)[second] == northlight.id
        evidence = tx.session.get_one(FirmMember, second).evidence
        assert "same domain northlight.example" in evidence["because"]
        assert evidence["with"] == first
        assert changes(tx, northlight.id) == [
            (ChangeKind.CREATED, {"members": [first, second]}),
        ]
        assert len(announced(tx)) == 2


def test_a_second_run_changes_nothing_and_announces_nothing(app: App) -> None:
    see(app, website=SITE, email=["info@northlight.example"], specialty=["aws", "kubernetes"])
    see(app, "2", "providers", name="Northlight", website=SITE, founded=2009)
    resolve(app)
    with app.reading() as tx:
        before = (announced(tx), [vars(v) for v in list_firm_views(tx)], len(list_contacts(tx, 1)))
    app.clock.move_to(app.clock.now() + timedelta(days=400))  # type: ignore[attr-defined]
    assert resolve(app) == ResolutionReport(
        records=0, new_firms=0, changed_firms=0, merged=0, firms=1
    )
    with app.reading() as tx:
        assert before == (
            announced(tx),
            [vars(v) for v in list_firm_views(tx)],
            len(list_contacts(tx, 1)),
        )
        assert tx.session.scalar(select(func.count(FirmChange.id))) == 1


def test_a_changed_sighting_changes_the_firm_once(app: App) -> None:
    see(app, website=SITE, city="Hamburg", country="DE", employees=(11, 50))
    resolve(app)
    see(app, website=SITE, city="Berlin", country="DE", employees=(51, 200))
    report = resolve(app)
    assert (report.records, report.new_firms, report.changed_firms) == (1, 0, 1)
    with app.reading() as tx:
        (firm,) = firms(tx)
        assert (firm.version, firm.city, firm.employees_low) == (2, "Berlin", 51)
        (kind, detail) = changes(tx, firm.id)[-1]
        assert kind is ChangeKind.UPDATED
        assert detail["fields"]["city"] == ["Hamburg", "Berlin"]
        assert detail["fields"]["employees_high"] == [50, 200]
        assert set(detail["fields"]) == {
            "city",
            "latitude",
            "longitude",
            "employees_low",
            "employees_high",
        }
        assert announced(tx) == [firm.id, firm.id]
    assert resolve(app).records == 0


def test_a_sighting_that_says_nothing_new_joins_quietly(app: App) -> None:
    see(app, website=SITE, city="Hamburg", country="DE")
    resolve(app)
    see(app, "2", "providers", name="Northlight", website=SITE)
    report = resolve(app)
    assert (report.records, report.new_firms, report.changed_firms) == (1, 0, 0)
    with app.reading() as tx:
        (firm,) = firms(tx)
        assert firm.version == 1
        assert len(announced(tx)) == 1
        assert firm.provenance["website"]["rule"] == "2 sources agree"


def unite_two_firms(app: App) -> tuple[int, int, int]:
    """Two firms that were apart are shown to be one; returns their ids and the new sighting's."""
    see(app, name="Northlight", website=SITE, email=["info@northlight.example"])
    see(
        app,
        "2",
        name="Nordlicht Cloud",
        phone="+4940123456",
        street="Hafenstr. 12",
        email=["info@northlight.example", "hallo@nordlicht.example"],
        website="https://facebook.com/nordlicht",
    )
    with app.transaction() as tx:
        # Mail addresses would have brought them together; this is about what comes later.
        for record in tx.session.scalars(select(SourceRecord)):
            record.facts = [fact for fact in record.facts if fact["field"] != "email"]
    resolve(app)
    with app.transaction() as tx:
        kept, gone = (firm.id for firm in firms(tx))
        from recruit.firms.tables import Contact

        for firm_id, email in ((kept, "a@x.example"), (gone, "a@x.example"), (gone, "b@x.example")):
            tx.session.add(
                Contact(
                    firm_id=firm_id,
                    email=email,
                    is_role_address=True,
                    origin="test",
                    created_at=tx.now,
                )
            )
    record = see(
        app,
        "3",
        "providers",
        name="Nordlicht Cloud",
        website=SITE,
        phone="+4940123456",
        street="Hafenstraße 12",
    )
    report = resolve(app)
    assert (report.merged, report.firms) == (1, 1)
    return kept, gone, record


def test_two_firms_that_are_shown_to_be_one_become_the_older(app: App) -> None:
    kept, gone, record = unite_two_firms(app)
    with app.reading() as tx:
        assert [firm.id for firm in firms(tx)] == [kept]
        assert [view.id for view in list_firm_views(tx)] == [kept]
        assert set(members(tx).values()) == {kept}
        assert get_firm(tx, gone).id == kept
        firm = get_firm(tx, kept)
        assert firm.phone == "+4940123456"
        merged = [detail for kind, detail in changes(tx, kept) if kind is ChangeKind.MERGED]
        assert merged[0]["from"] == gone
        assert merged[0]["because"]
        assert record not in merged[0]["members"]
        assert changes(tx, gone)[-1] == (ChangeKind.MERGED, {"into": kept})
        assert {kept, gone} <= set(announced(tx)[2:])
    assert resolve(app).records == 0


def test_contacts_move_with_a_merger_and_no_address_is_doubled(app: App) -> None:
    kept, gone, _ = unite_two_firms(app)
    with app.reading() as tx:
        assert [c.email for c in list_contacts(tx, kept)] == ["a@x.example", "b@x.example"]
        assert [c.email for c in list_contacts(tx, gone)] == ["a@x.example"]


def test_a_sighting_that_its_firm_contradicts_leaves_and_founds_its_own(app: App) -> None:
    see(app, website=SITE)
    moved = see(app, "2", "providers", name="Northlight", website=SITE, employees=(11, 50))
    resolve(app)
    see(app, "2", "providers", name="Kestrel Ops", website="https://kestrel.example")
    report = resolve(app)
    assert (report.split, report.new_firms, report.changed_firms, report.firms) == (1, 1, 1, 2)
    with app.reading() as tx:
        northlight, kestrel = firms(tx)
        assert members(tx)[moved] == kestrel.id
        assert (northlight.employees_low, kestrel.name) == (None, "Kestrel Ops")
        split = [detail for kind, detail in changes(tx, northlight.id) if kind is ChangeKind.SPLIT]
        assert split[0]["members"] == [moved]
        assert "other domain" in split[0]["because"]
    assert resolve(app).records == 0


def test_a_firm_that_no_source_shows_any_more_is_marked_and_not_deleted(app: App) -> None:
    record = see(app, website=SITE)
    resolve(app)
    with app.transaction() as tx:
        tx.session.get_one(SourceRecord, record).vanished_at = tx.now
    assert resolve(app).changed_firms == 1
    assert resolve(app).changed_firms == 0
    with app.reading() as tx:
        (firm,) = firms(tx)
        assert firm.vanished_at == tx.now
        assert changes(tx, firm.id)[-1] == (ChangeKind.VANISHED, {})
    with app.transaction() as tx:
        tx.session.get_one(SourceRecord, record).vanished_at = None
    assert resolve(app).changed_firms == 1
    with app.reading() as tx:
        assert firms(tx)[0].vanished_at is None
        assert len(announced(tx)) == 3


def test_a_sighting_without_a_name_is_left_out_and_counted(app: App) -> None:
    see(app, name=[], website=SITE)
    report = resolve(app)
    assert (report.records, report.nameless, report.firms) == (0, 1, 0)
    see(app, name="Northlight", website=SITE)
    assert resolve(app).new_firms == 1
    see(app, name=[], website=SITE, city="Hamburg")
    report = resolve(app)
    assert (report.nameless, report.firms) == (0, 1)
    assert resolve(app) == ResolutionReport(
        records=0, new_firms=0, changed_firms=0, merged=0, firms=1
    )
    with app.reading() as tx:
        assert firms(tx)[0].name == "Northlight"


def test_addresses_become_contacts_with_a_word_on_their_origin(app: App) -> None:
    see(app, website=SITE, email=["info@northlight.example", "jane.doe@northlight.example"])
    resolve(app)
    see(app, "2", "providers", name="Northlight", website=SITE, email=["sales@northlight.example"])
    report = resolve(app)
    assert report.changed_firms == 0
    with app.reading() as tx:
        (firm,) = firms(tx)
        found = list_contacts(tx, firm.id)
        assert [(c.email, c.is_role_address) for c in found] == [
            ("info@northlight.example", True),
            ("jane.doe@northlight.example", False),
            ("sales@northlight.example", True),
        ]
        assert found[2].origin == "Your data comes from The providers, read on 3 March 2026."
        # A new address is something that a CRM would want to know.
        assert announced(tx) == [firm.id, firm.id]


def test_views_say_where_each_value_was_read(app: App) -> None:
    see(app, name="Northlight GmbH", website="https://northlight.de")
    resolve(app)
    with app.reading() as tx:
        (view,) = list_firm_views(tx)
        origins = dict(view.origins)
        assert origins["website"] == "row of The directory"
        assert origins["country"] == "ending of its domain"
        assert view.country == "DE"
        assert {"country"} == view.inferred
        assert list_firm_views(tx, after_id=view.id) == []


def test_what_was_not_known_then_is_not_guessed_by_a_crowd(app: App) -> None:
    names = ["Kestrel", "Osprey", "Harrier", "Merlin", "Buzzard", "Goshawk", "Hobby", "Kite"]
    for n, name in enumerate(names * 2):
        see(app, str(n), name=f"{name} {n}", website="https://rooms.example")
        resolve(app)
    with app.reading() as tx:
        assert len(firms(tx)) > len(names)


def test_values_that_no_column_takes_do_not_stop_a_run(app: App) -> None:
    long = "x" * 1000
    see(
        app,
        website=f"https://{long}.example/{long}",
        city=long,
        postcode=long,
        street=long,
        employees=10**15,
        email=[f"{long}@northlight.example"],
    )
    see(app, "2", name=long, website="https://kestrel.example")
    see(app, "3", name="re " * 99, website="https://osprey.example")
    report = resolve(app)
    assert (report.new_firms, report.nameless) == (2, 1)


def test_a_source_may_be_renamed_between_runs(app: App) -> None:
    see(app, website=SITE)
    resolve(app)
    with app.transaction() as tx:
        store_source(tx, "directory").title = "Another title"
    assert resolve(app).records == 0


def test_an_unknown_id_is_refused_in_words(app: App) -> None:
    with app.reading() as tx, pytest.raises(FirmNotFound, match="no firm with the id 4711"):
        get_firm(tx, 4711)


def test_domains_are_found_however_they_are_written(app: App) -> None:
    see(app, website=SITE)
    resolve(app)
    with app.reading() as tx:
        for text in (
            "northlight.example",
            "www.northlight.example",
            f"{SITE}/x",
            "a@northlight.example",
        ):
            assert find_firm_by_domain(tx, text) is not None
        assert find_firm_by_domain(tx, "kestrel.example") is None
        assert find_firm_by_domain(tx, "") is None


def test_nothing_half_done_stays_when_a_run_fails(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recruit.firms import writing

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    see(app, website=SITE)
    monkeypatch.setattr(writing.Writer, "_note_vanished", fail)
    with pytest.raises(RuntimeError):
        resolve(app)
    monkeypatch.undo()
    with app.reading() as tx:
        assert firms(tx) == []
        assert announced(tx) == []
    assert resolve(app).new_firms == 1
