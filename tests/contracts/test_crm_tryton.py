"""A real CRM, Tryton: what naive clients doubled there lands once, and idle cycles write nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recruit.clock import SystemClock
from recruit.config import Secret
from recruit.crm.adapters.tryton import TrytonCrm
from recruit.crm.mapping import load_mapping
from recruit.crm.port import CrmRefused, CrmUnavailable
from recruit.crm.values import Inclusion
from recruit.sync.doctor import Level, examine
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.store import find_facts
from tests.contracts.fakes.peer import MAPPINGS
from tests.contracts.tryton.server import Line, make_tryton
from tests.factories.sync import (
    make_contact,
    make_enrollment,
    make_firm,
    make_told_firm,
    make_touch,
)

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def peer(tryton_server, line):
    peer = make_tryton(tryton_server, line)
    yield peer
    peer.close()


@pytest.fixture
def mapping():
    return replace(load_mapping(MAPPINGS / "tryton.toml"), include=Inclusion.ENROLLED)


def test_the_doctor_finds_nothing_to_mend(peer, mapping, line):
    assert {one.level for one in examine(peer.crm, mapping)} == {Level.GOOD}
    assert line.writes == 0


@sqlite_only
def test_60_firms_land_once_although_a_fifth_of_the_answers_is_lost(make_app, peer, mapping, line):
    app = make_app(crm=peer.crm)
    # Answers to whole batches are lost, and there are few.
    line.lost_share = 0.5
    for run in range(12):
        with app.transaction() as tx:
            for n in range(10 * run, 10 * run + 10 if run < 6 else 0):
                firm = make_firm(tx, n)
                enrollment = make_enrollment(tx, firm, make_contact(tx, firm))
                if n % 10 == 0:
                    make_touch(tx, enrollment)
        push_changes(app.transaction, peer.crm, mapping)
        app.clock.move_to(app.clock.now() + timedelta(hours=2))
    line.lost_share = 0.0
    assert line.lost > 5
    push_changes(app.transaction, peer.crm, mapping)
    for kind, count in (("company", 60), ("contact", 60), ("activity", 6)):
        assert len(peer.list_ids(kind)) == count
    pull_changes(app.transaction, peer.crm, mapping)
    assert reconcile(app.transaction, peer.crm, mapping) == []
    before = line.writes
    for _ in range(10):
        pulled = pull_changes(app.transaction, peer.crm, mapping)
        pushed = push_changes(app.transaction, peer.crm, mapping)
        assert (pulled.taken, pulled.to_restore, pushed.written) == (0, 0, 0)
    assert line.writes == before


@sqlite_only
def test_an_edit_there_is_taken_or_put_right_as_the_policy_says(make_app, peer, mapping):
    app = make_app(crm=peer.crm)
    with app.transaction() as tx:
        firm_id = make_told_firm(tx).id
    push_changes(app.transaction, peer.crm, mapping)
    peer.settle()
    pull_changes(app.transaction, peer.crm, mapping)
    (company,) = peer.list_records("company")
    peer.edit("company", company.id, {"city": "Bremen", "partner_stage": "Lost"})
    peer.settle()
    assert pull_changes(app.transaction, peer.crm, mapping).taken == 1
    assert push_changes(app.transaction, peer.crm, mapping).updated == 1
    (seen,) = peer.list_records("company")
    assert seen.fields == company.fields | {"city": "Bremen"}
    with app.reading() as tx:
        assert find_facts(tx, firm_id).facts["city"] == "Bremen"


def test_an_edit_between_looking_and_writing_is_a_conflict_to_tryton_itself(peer):
    seen = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.edit("company", seen.id, {"city": "Oslo"})
    stale = peer.crm._meant("company", "RC-1", None)
    peer.edit("company", seen.id, {"city": "Bergen"})
    with pytest.raises(Exception, match=r"(?i)modified|updated|timestamp|conflict"):
        peer.crm._write("company", stale, {"recruit_city": "Kiel"}, stale.version)
    assert peer.get("company", seen.id).fields["city"] == "Bergen"


def test_a_batch_tells_of_each_record_what_became_of_it(peer, line):
    good, bad = {"name": "Acme"}, {"name": "Acme", "recruit_score": "high"}
    items = [("RC-1", good), ("RC-2", bad), ("", good), ("RC-4", good), ("RC-5", {})]
    results = peer.crm.upsert_many("company", items)
    assert [getattr(r, "external_id", None) or r.kind for r in results] == [
        "RC-1",
        "invalid_value",
        "invalid_external_id",
        "RC-4",
        "required",
    ]
    again = peer.crm.upsert_many("company", [("RC-1", good), ("RC-4", good)])
    assert [r.id for r in again] == [results[0].id, results[3].id]
    assert len(peer.list_ids("company")) == 2
    before = len(line.asked)
    peer.crm.upsert_many("company", [(f"RC-1{n}", good) for n in range(50)])
    assert len(line.asked) - before == 3


def test_a_batch_of_which_tryton_refuses_one_is_told_of_each(peer):
    own = peer.upsert("contact", "RC-C1", {"name": "Ada", "email": "a@b.example"})
    results = peer.crm.upsert_many(
        "activity",
        [
            ("RC-T1", {"text": "a", "company": "999999"}),
            ("RC-T2", {"text": "b", "contact": own.id}),
        ],
    )
    assert results[0].kind == "unknown_reference"
    assert results[1].fields["contact"] == own.id


def test_a_session_that_has_run_out_is_opened_again(peer):
    peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.crm._http._authorizer._token = Secret("bm9ib2R5OjE6YWJj")
    assert len(peer.find("company", "external_id", "RC-1")) == 1


def test_a_wrong_password_is_said_without_showing_it(tryton_server):
    crm = TrytonCrm(
        tryton_server.url, "crm", "admin", Secret("wrong-password"), clock=SystemClock()
    )
    with pytest.raises(CrmUnavailable) as error:
        crm.describe("company")
    assert error.value.kind == "auth"
    assert "wrong-password" not in str(error.value)


def test_a_database_without_the_module_is_refused_before_anything_is_written(peer, monkeypatch):
    monkeypatch.setattr(
        "recruit.crm.adapters.tryton_reader._OBJECTS", {"company": ("party.address", [], {})}
    )
    with pytest.raises(CrmRefused, match="not activated"):
        peer.crm.describe("company")
