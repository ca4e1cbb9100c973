"""What every vendor's adapter has to survive, each on its fake: lost answers, late rows, limits."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from recruit.crm.mapping import load_mapping
from recruit.crm.port import CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from recruit.crm.values import Direction, Inclusion, Policy
from recruit.firms.tables import Firm, FirmChange
from recruit.firms.values import ChangeKind
from recruit.sync.fit import check_fit
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.store import find_facts
from tests.contracts.fakes.peer import MAPPINGS
from tests.contracts.fakes.peers import PEERS
from tests.factories.sync import (
    make_contact,
    make_enrollment,
    make_firm,
    make_told_firm,
    make_touch,
)

# Where batches of companies go.
UPSERTS = {
    "hubspot": "/companies/batch/upsert",
    "salesforce": "/composite/sobjects/Account/",
    "dataverse": "/accounts/Microsoft.Dynamics.CRM.UpsertMultiple",
}
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=[*PEERS])
def peer(request):
    peer = PEERS[request.param]()
    yield peer
    peer.close()


@pytest.fixture
def mapping(peer):
    return replace(load_mapping(MAPPINGS / f"{peer.name}.toml"), include=Inclusion.ENROLLED)


def name_of(peer, kind):
    return peer.words[kind].name


def writes(peer):
    return sum(peer.fake.is_write(request) for request in peer.fake.asked)


def test_the_packaged_mapping_fits(peer, mapping):
    check_fit(peer.crm, mapping)


@sqlite_only
def test_200_firms_land_once_although_a_fifth_of_the_answers_is_lost(make_app, peer, mapping):
    app = make_app(crm=peer.crm)
    in_batches = peer.capabilities.batch_size > 1
    # A batch's answer is lost for all of it, and there are few.
    peer.fake.lost_share = 0.5 if in_batches else 0.2
    for run in range(20):
        with app.transaction() as tx:
            for n in range(20 * run, 20 * run + 20 if run < 10 else 0):
                firm = make_firm(tx, n)
                enrollment = make_enrollment(tx, firm, make_contact(tx, firm))
                if n < 20:
                    make_touch(tx, enrollment)
        push_changes(app.transaction, peer.crm, mapping)
        app.clock.move_to(app.clock.now() + timedelta(hours=2))
    peer.fake.lost_share = 0.0
    assert peer.fake.lost > (10 if in_batches else 50)
    push_changes(app.transaction, peer.crm, mapping)
    for kind, count in (("company", 200), ("contact", 200), ("activity", 20)):
        records = peer.list_records(kind)
        assert len(records) == len({record.external_id for record in records}) == count
    pull_changes(app.transaction, peer.crm, mapping)
    # What a CRM gives a record at its birth (an owner) was taken with the answer.
    assert reconcile(app.transaction, peer.crm, mapping) == []
    # What was told comes back as an echo, and moves nothing.
    before = writes(peer)
    for _ in range(10):
        pulled = pull_changes(app.transaction, peer.crm, mapping)
        pushed = push_changes(app.transaction, peer.crm, mapping)
        assert (pulled.taken, pulled.to_restore, pushed.written) == (0, 0, 0)
        peer.settle()
    assert writes(peer) == before
    assert peer.fake.malformed == []


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
    pulled = pull_changes(app.transaction, peer.crm, mapping)
    assert pulled.taken == 1
    pushed = push_changes(app.transaction, peer.crm, mapping)
    assert pushed.updated == 1
    (seen,) = peer.list_records("company")
    assert seen.fields == company.fields | {"city": "Bremen"}
    with app.reading() as tx:
        assert find_facts(tx, firm_id).facts["city"] == "Bremen"


def change_phone(app, firm_id, phone):
    with app.transaction() as tx:
        firm = tx.session.get(Firm, firm_id)
        changed = {"fields": {"phone": [firm.phone, phone]}}
        tx.session.add(
            FirmChange(
                firm_id=firm_id, kind=ChangeKind.UPDATED, detail=changed, actor="test", at=tx.now
            )
        )
        firm.phone, firm.updated_at = phone, tx.now
        tx.announce("firm", firm_id)


@sqlite_only
@pytest.mark.parametrize("ours_is_later", [True, False])
def test_the_later_edit_of_a_field_prevails_whatever_else_was_edited_since(
    make_app, peer, mapping, ours_is_later
):
    (rule,) = [r for r in mapping.objects["company"].rules if r.ours == "phone"]
    mapping = with_policy(mapping, rule, Policy.LATEST)
    app = make_app(crm=peer.crm, clock=peer.clock)
    with app.transaction() as tx:
        firm_id = make_told_firm(tx).id
    push_changes(app.transaction, peer.crm, mapping)
    (company,) = peer.list_records("company")
    peer.settle()
    pull_changes(app.transaction, peer.crm, mapping)
    if ours_is_later:
        peer.edit("company", company.id, {"phone": "+49 1"})
        app.clock.move_to(app.clock.now() + timedelta(minutes=5))
        change_phone(app, firm_id, "+49 2")
        app.clock.move_to(app.clock.now() + timedelta(minutes=5))
        # Later still, something else is edited there.
        peer.edit("company", company.id, {"city": "Bremen"})
    else:
        change_phone(app, firm_id, "+49 2")
        app.clock.move_to(app.clock.now() + timedelta(minutes=5))
        peer.edit("company", company.id, {"phone": "+49 1"})
        app.clock.move_to(app.clock.now() + timedelta(minutes=5))
        # Later still, something else is edited here.
        with app.transaction() as tx:
            tx.session.get(Firm, firm_id).updated_at = tx.now
    peer.settle()
    for _ in range(2):
        pull_changes(app.transaction, peer.crm, mapping)
        push_changes(app.transaction, peer.crm, mapping)
        peer.settle()
    (seen,) = peer.list_records("company")
    # Without a time of the field itself, the record's counts: then theirs looks like the later one.
    ours_prevails = ours_is_later and peer.capabilities.field_times
    assert seen.fields["phone"] == ("+49 2" if ours_prevails else "+49 1")
    assert reconcile(app.transaction, peer.crm, mapping) == []
    before = writes(peer)
    pull_changes(app.transaction, peer.crm, mapping)
    push_changes(app.transaction, peer.crm, mapping)
    assert writes(peer) == before


def with_policy(mapping, rule, policy):
    company = mapping.objects["company"]
    changed = replace(rule, policy=policy, direction=Direction.BOTH)
    rules = tuple(changed if one is rule else one for one in company.rules)
    return replace(mapping, objects={**mapping.objects, "company": replace(company, rules=rules)})


@sqlite_only
def test_what_was_deleted_there_is_told_of_no_more(make_app, peer, mapping):
    app = make_app(crm=peer.crm)
    with app.transaction() as tx:
        firm = make_told_firm(tx)
        firm_id = firm.id
    push_changes(app.transaction, peer.crm, mapping)
    pull_changes(app.transaction, peer.crm, mapping)
    (company,) = peer.list_records("company")
    peer.delete("company", company.id)
    pulled = pull_changes(app.transaction, peer.crm, mapping)
    # A contact may go with its company; the company itself comes with the changes, if any do.
    assert pulled.deleted >= peer.capabilities.deletes_in_feed
    before = writes(peer)
    with app.transaction() as tx:
        tx.session.get(Firm, firm_id).city = "Kiel"
        tx.announce("firm", firm_id)
    push_changes(app.transaction, peer.crm, mapping)
    assert writes(peer) == before
    assert peer.list_ids("company") == []


@sqlite_only
def test_a_record_that_people_merged_is_followed_into_the_one_that_stays(make_app, peer, mapping):
    if not hasattr(peer.fake, "merge"):
        pytest.skip("declares that its merges can't be followed")
    app = make_app(crm=peer.crm)
    with app.transaction() as tx:
        firm = make_told_firm(tx)
        firm_id = firm.id
    push_changes(app.transaction, peer.crm, mapping)
    pull_changes(app.transaction, peer.crm, mapping)
    (ours,) = peer.list_records("company")
    stays = peer.create("company", {"name": "The one that stays"})
    peer.fake.merge(name_of(peer, "company"), stays.id, ours.id)
    peer.settle()
    pull_changes(app.transaction, peer.crm, mapping)
    with app.transaction() as tx:
        tx.session.get(Firm, firm_id).specialties = ["training"]
        tx.announce("firm", firm_id)
    report = push_changes(app.transaction, peer.crm, mapping)
    assert (report.created, report.dead) == (0, 0)
    (left,) = peer.list_records("company")
    assert left.fields["specialties"] == "training"
    assert left.external_id == ours.external_id
    peer.settle()
    pull_changes(app.transaction, peer.crm, mapping)
    push_changes(app.transaction, peer.crm, mapping)
    before = writes(peer)
    push_changes(app.transaction, peer.crm, mapping)
    assert writes(peer) == before


@sqlite_only
def test_10_500_rows_of_one_moment_are_pulled_once_and_the_pull_ends(make_app, peer, mapping):
    app = make_app(crm=peer.crm)
    peer.fake.fill(name_of(peer, "company"), 10_500)
    report = pull_changes(app.transaction, peer.crm, mapping)
    assert (report.read, report.unlinked, report.stopped) == (10_500, 10_500, "")
    peer.settle()
    pull_changes(app.transaction, peer.crm, mapping)
    peer.settle()
    assert pull_changes(app.transaction, peer.crm, mapping).read == 0


def test_rows_that_become_visible_late_are_not_missed(peer):
    companies = name_of(peer, "company")
    peer.fake.make_late(companies, timedelta(seconds=45))
    made, seen, position = [], set(), {}
    for n in range(60):
        made.append(peer.fake.create(companies, peer.wire("company", {"name": f"F{n}"})).id)
        peer.clock.move_to(peer.clock.now() + timedelta(seconds=n % 7))
        if n % 3 == 0:
            page = peer.changes("company", position, 4)
            seen |= {record.id for record in page.records}
            position = page.position
    peer.clock.move_to(peer.clock.now() + timedelta(seconds=46))
    more = True
    while more:
        page = peer.changes("company", position, 4)
        seen |= {record.id for record in page.records}
        position, more = page.position, page.more
    assert seen == set(made)


def test_a_lost_answer_to_a_write_is_unknown_and_looking_finds_it(peer):
    peer.fake.lose()
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("company", "RC-1", {"name": "Acme"})
    (found,) = peer.find("company", "external_id", "RC-1")
    assert found.fields == {"name": "Acme"}
    peer.fake.lose()
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("company", "RC-1", {"city": "Oslo"}, crm_id=found.id)
    assert peer.get("company", found.id).fields["city"] == "Oslo"


def test_a_lost_answer_to_a_question_is_asked_for_again(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.fake.lose(lambda _request: True, times=2)
    assert peer.get("company", made.id) == made


def test_a_write_is_unknown_when_what_is_stored_cannot_be_read_back(peer):
    if not peer.reads_back:
        assert peer.upsert("company", "RC-1", {"name": "Acme"}).fields == {"name": "Acme"}
        assert peer.fake.is_write(peer.fake.asked[-1])
        return
    peer.describe("company")

    def reading_after_a_write(request):
        return not peer.fake.is_write(request) and any(map(peer.fake.is_write, peer.fake.asked))

    peer.fake.answer(403, {"message": "no"}, when=reading_after_a_write, times=50)
    try:
        with pytest.raises(CrmOutcomeUnknown):
            peer.upsert("company", "RC-1", {"name": "Acme"})
    finally:
        peer.fake.faults.clear()
    assert len(peer.find("company", "external_id", "RC-1")) == 1


def test_a_servers_fault_after_a_write_is_unknown_and_never_repeated(peer):
    peer.describe("company")
    peer.fake.answer(500, "oops", when=peer.fake.is_write, times=9)
    before = writes(peer)
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert writes(peer) == before + 1


def test_a_servers_fault_before_an_answer_is_asked_again(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.fake.answer(503, "<html>maintenance</html>", times=3)
    assert peer.get("company", made.id) == made
    peer.fake.answer(503, "<html>maintenance</html>", times=99)
    with pytest.raises(CrmUnavailable):
        peer.get("company", made.id)


def test_too_many_requests_wait_as_long_as_they_are_told(peer):
    peer.describe("company")
    peer.fake.answer(429, {"message": "slow down"}, headers={"Retry-After": "7"}, times=2)
    peer.upsert("company", "RC-1", {"name": "Acme"})
    assert peer.pauses[:2] == [7.0, 7.0]
    peer.fake.answer(429, {"message": "slow down"}, times=2)
    peer.upsert("company", "RC-1", {"city": "Oslo"})
    assert peer.pauses[2:] == [0.5, 1.0]
    assert len(peer.list_records("company")) == 1


def test_a_wait_beyond_all_patience_says_how_long(peer):
    peer.describe("company")
    peer.fake.answer(429, {"message": "slow down"}, headers={"Retry-After": "3600"}, times=2)
    with pytest.raises(CrmUnavailable) as refusal:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert refusal.value.retry_after_s == 3600
    peer.fake.faults.clear()
    assert peer.list_records("company") == []


def test_without_a_connection_nothing_was_written(peer):
    peer.describe("company")
    peer.fake.close()
    for ask in (
        lambda: peer.upsert("company", "RC-1", {"name": "Acme"}),
        lambda: peer.find("company", "external_id", "RC-1"),
    ):
        with pytest.raises(CrmUnavailable):
            ask()


def test_a_page_of_somebody_else_is_no_answer(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.fake.answer(200, "<html>Sign in to the network</html>")
    with pytest.raises(CrmUnavailable):
        peer.get("company", made.id)


def test_secrets_show_nowhere(peer, capsys):
    from recruit.logs import set_up_logs

    set_up_logs(level=0)
    try:
        peer.upsert("company", "RC-1", {"name": "Acme"})
        errors = []
        for status in (401, 403, 400, 500):
            echo = json.dumps({"message": f"The token {peer.secret} is no good: {peer.secret}"})
            peer.fake.answer(status, echo, times=9)
            with pytest.raises((CrmUnavailable, CrmRefused)) as refusal:
                peer.find("company", "external_id", "RC-1")
            errors += [refusal.value.text, str(refusal.value), repr(refusal.value)]
            peer.fake.faults.clear()
    finally:
        set_up_logs()
    shown = capsys.readouterr()
    everything = [*errors, shown.out, shown.err, repr(peer.crm), repr(vars(peer.crm))]
    assert "asked" in shown.err
    assert not any(peer.secret in text for text in everything)
    assert not any(peer.secret in f"{one.path} {one.query}" for one in peer.fake.asked)


@sqlite_only
def test_a_first_push_goes_in_full_batches(make_app, peer, mapping):
    size = peer.capabilities.batch_size
    if size == 1:
        pytest.skip("declares that it has no batches")
    app = make_app(crm=peer.crm)
    firms = 2 * size + 1
    with app.transaction() as tx:
        for n in range(firms):
            firm = make_firm(tx, n)
            make_enrollment(tx, firm, make_contact(tx, firm))
    report = push_changes(app.transaction, peer.crm, mapping)
    assert (report.created, report.acknowledged) == (2 * firms, firms)
    assert len(peer.list_ids("company")) == firms
    upserts = [one for one in peer.fake.asked if UPSERTS[peer.name] in one.path]
    assert sum(peer.fake.is_write(one) for one in upserts) == 3
    # Looking for twins goes in batches too.
    assert len(peer.fake.asked) < firms / 2


@sqlite_only
def test_two_firms_of_one_domain_do_not_both_take_the_record_that_has_it(make_app, peer, mapping):
    app = make_app(crm=peer.crm)
    fields = {"name": "Acme", "domain": "acme.example"}
    there = peer.create("company", fields).id
    peer.settle()
    with app.transaction() as tx:
        for n in range(2):
            firm = make_firm(tx, n, domain="acme.example")
            make_enrollment(tx, firm, make_contact(tx, firm, email=f"p{n}@acme.example"))
    report = push_changes(app.transaction, peer.crm, mapping)
    assert (report.linked, report.created, report.dead) == (1, 3, 0)
    assert there in peer.list_ids("company")
    assert len(peer.list_ids("company")) == 2


def test_many_are_found_as_one_by_one(peer):
    if peer.capabilities.batch_size == 1:
        pytest.skip("declares that it has no batches")
    word = peer.words["company"]
    domain = word.fields["domain"]
    for n in range(3):
        peer.upsert("company", f"RC-{n}", {"name": f"F{n}", "domain": f"f{n % 2}.example"})
    peer.settle()
    for field, values in (
        ("external_id", ["RC-0", "RC-2", "rc-1", "RC-9"]),
        (domain, ["f0.example", "F1.example", "f9.example", "o'f.example"]),
    ):
        found = peer.crm.find_many(word.name, field, values)
        assert found == {value: peer.crm.find(word.name, field, value) for value in values}


def test_a_batch_tells_of_each_record_what_became_of_it(peer):
    if peer.capabilities.batch_size == 1:
        pytest.skip("declares that it has no batches")
    word = peer.words["company"]
    fields = {word.fields["name"]: "Acme"}
    bad = fields | {word.fields["partner_score"]: "high"}
    results = peer.crm.upsert_many(
        word.name, [("RC-1", fields), ("RC-2", bad), ("", fields), ("RC-4", fields)]
    )
    assert [getattr(r, "external_id", None) or r.kind for r in results] == [
        "RC-1",
        "invalid_value",
        "invalid_external_id",
        "RC-4",
    ]
    assert [r.external_id for r in peer.list_records("company")] == ["RC-1", "RC-4"]
    # Once more, and what is there is changed, not doubled.
    again = peer.crm.upsert_many(word.name, [("RC-1", fields), ("RC-4", fields)])
    assert [r.id for r in again] == [results[0].id, results[3].id]


def test_a_batch_whose_answer_is_lost_is_unknown_as_a_whole(peer):
    if peer.capabilities.batch_size == 1:
        pytest.skip("declares that it has no batches")
    word = peer.words["company"]
    items = [(f"RC-{n}", {word.fields["name"]: f"F{n}"}) for n in range(5)]
    peer.fake.lose()
    with pytest.raises(CrmOutcomeUnknown):
        peer.crm.upsert_many(word.name, items)
    assert all(r.external_id for r in peer.crm.upsert_many(word.name, items))
    assert len(peer.list_records("company")) == 5
