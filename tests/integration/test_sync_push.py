"""The outbox pump tells the CRM everything at least once, and it lands once."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from recruit.crm.adapters.embedded import EmbeddedCrm
from recruit.crm.mapping import load_mapping, parse_mapping
from recruit.crm.port import CrmOutcomeUnknown, CrmUnavailable
from recruit.crm.values import Inclusion
from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.firms.tables import Firm
from recruit.insights.crm import crm_health, firm_sync_history, list_dead_letters
from recruit.onboarding.values import CandidateStatus
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import ExitReason, InboundKind, Mood, StepKind, TouchStatus
from recruit.sync.claims import LEASE, claim
from recruit.sync.fit import MappingDoesNotFit
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.tables import CrmLink
from recruit.sync.usecases import DeadLetterNotFound, discard_dead, replay_dead
from tests.factories.crm import FaultyCrm, raising, refusing
from tests.factories.sync import (
    make_candidate,
    make_contact,
    make_enrollment,
    make_firm,
    make_partner,
    make_reply,
    make_score,
    make_told_firm,
    make_touch,
)

MAPPING = replace(load_mapping(), include=Inclusion.ENROLLED)
DEFAULT = load_mapping()


@pytest.fixture
def crm(app):
    return FaultyCrm(app.crm)


@pytest.fixture
def push(app, crm):
    def run(mapping=MAPPING):
        report = push_changes(app.transaction, crm, mapping)
        check_conservation(app)
        return report

    return run


def check_conservation(app):
    with app.reading() as tx:
        health = crm_health(tx)
        counted = len(tx.session.scalars(select(OutboxEntry.id)).all())
    open_rows = health.pending + health.in_flight + health.unknown
    assert health.queued == counted == health.acknowledged + open_rows + health.dead
    assert sum(health.dead_by_class.values()) == health.dead
    assert sum(health.not_told.values()) <= health.acknowledged
    return health


def test_a_firm_is_told_with_its_contact_and_all_that_happened(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
        make_score(tx, firm, 74.46)
    report = push()
    (company,) = app.crm.list_records("company")
    (contact,) = app.crm.list_records("contact")
    activities = app.crm.list_records("activity")
    assert company.external_id == f"RC-{firm.id:08d}"
    assert company.fields == {
        "name": "Firm 1",
        "domain": "firm1.example",
        "website": "https://firm1.example",
        "phone": "+4940000001",
        "city": "Hamburg",
        "country": "DE",
        "employees_low": 50,
        "employees_high": 200,
        "founded_year": 2009,
        "specialties": "kubernetes; training",
        "partner_stage": "Replied",
        "partner_score": 74.5,
        "partner_profile": "Cloud partner",
        "partner_score_reasons": "Hamburg (64.46 of 80)\n50 to 200 people (10 of 20)",
        "sequence": "First contact",
        "last_touch_at": "2026-03-05T09:30:00Z",
        "last_reply_at": "2026-03-08T09:30:00Z",
    }
    assert contact.fields == {
        "company_id": company.id,
        "email": "ada@firm1.example",
        "name": "Ada Example",
        "job_title": "Partner manager",
        "opted_out": False,
    }
    assert [a.fields["kind"] for a in activities] == ["E-mail sent"] * 3 + ["Reply"]
    assert all(a.fields["company_id"] == company.id for a in activities)
    assert all(a.fields["contact_id"] == contact.id for a in activities)
    assert activities[-1].fields["outcome"] == "positive"
    assert activities[-1].fields["text"] == "Yes, please tell us more."
    assert len({len(r.external_id) for r in activities}) == 1
    assert (report.acknowledged, report.created, report.written) == (1, 6, 6)
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_second_push_has_nothing_to_say(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)
    push()
    crm.forget()
    assert push().written == 0
    with app.transaction() as tx:
        tx.announce("firm", 1)
    report = push()
    assert crm.writes == []
    assert (report.acknowledged, report.unchanged, report.written) == (1, 6, 0)


def test_only_changed_fields_are_written(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    push()
    crm.forget()
    with app.transaction() as tx:
        firm = tx.session.get(Firm, firm.id)
        firm.specialties = ["kubernetes"]
        firm.updated_at = tx.now
        tx.announce("firm", firm.id)
        make_candidate(tx, firm)
    push()
    assert crm.writes == [
        (
            "company",
            f"RC-{firm.id:08d}",
            {"specialties": "kubernetes", "partner_stage": "Candidate"},
        )
    ]
    with app.reading() as tx:
        newest = firm_sync_history(tx, firm.id)[0]
    assert newest.what == "updated"
    assert newest.changes == {
        "specialties": ["kubernetes; training", "kubernetes"],
        "partner_stage": ["Replied", "Candidate"],
    }


def test_several_announcements_are_settled_by_one_write(app, crm, push):
    for n in range(5):
        with app.transaction() as tx:
            if n == 0:
                firm = make_firm(tx)
                make_enrollment(tx, firm, make_contact(tx, firm))
            tx.announce("firm", firm.id)
    push()
    assert Counter(object_ for object_, _, _ in crm.writes) == {"company": 1, "contact": 1}
    health = check_conservation(app)
    assert (health.queued, health.acknowledged, health.is_fresh) == (5, 5, True)


def test_a_firm_that_the_rule_keeps_out_is_acknowledged_as_not_included(app, crm, push):
    with app.transaction() as tx:
        outsider = make_firm(tx, 1)
        firm = make_firm(tx, 2)
        enrollment = make_enrollment(tx, firm, make_contact(tx, firm))
        make_touch(tx, enrollment)
    assert push(DEFAULT).not_included == 2
    assert crm.writes == []
    assert check_conservation(app).not_told == {"not_included": 2}
    with app.transaction() as tx:
        make_reply(tx, tx.session.get(Enrollment, enrollment.id))
        tx.announce("firm", firm.id)
        tx.announce("firm", outsider.id)
    assert push(DEFAULT).created == 4
    # What happened before it was let in is told as well.
    assert len(app.crm.list_records("activity")) == 2


def test_an_import_of_strangers_is_acknowledged_page_by_page(app, crm, push, monkeypatch):
    monkeypatch.setattr("recruit.sync.push._BATCH", 2)
    with app.transaction() as tx:
        for n in range(1, 8):
            (make_told_firm if n in {2, 5} else make_firm)(tx, n)
        merged = make_firm(tx, 8)
        merged.merged_into_id = 1
    with app.transaction() as tx:
        tx.announce("firm", 3)
    report = push()
    assert (report.acknowledged, report.not_included) == (3, 5)
    # The firm that stays was announced again when its merger was noticed.
    assert push().not_included == 1
    assert [r.fields["name"] for r in app.crm.list_records("company")] == ["Firm 2", "Firm 5"]
    assert check_conservation(app).not_told == {"not_included": 7, "merged": 1}


def test_a_no_keeps_a_firm_out_and_one_that_is_in_stays_in(app, crm, push):
    with app.transaction() as tx:
        firm = make_firm(tx)
        enrollment = make_enrollment(tx, firm, make_contact(tx, firm))
        reply = make_reply(tx, enrollment, mood=Mood.NEGATIVE)
    assert push(DEFAULT).not_included == 1
    push_changes(app.transaction, crm, MAPPING)
    with app.transaction() as tx:
        tx.announce("firm", firm.id)
    push()
    crm.forget()
    with app.transaction() as tx:
        tx.session.get(Reply, reply.id).mood = Mood.LATER
        tx.announce("firm", firm.id)
    assert push(DEFAULT).acknowledged == 1
    assert [fields for _, _, fields in crm.writes] == [{"outcome": "later"}]


def test_what_a_person_did_and_how_it_ended_is_told(app, crm, push):
    with app.transaction() as tx:
        firm = make_firm(tx)
        contact = make_contact(tx, firm)
        enrollment = make_enrollment(tx, firm, contact, exit_reason=ExitReason.OPTED_OUT)
        task = {"kind": StepKind.TASK, "status": TouchStatus.DONE, "outcome": "Connected."}
        make_touch(tx, enrollment, 0, **task)
        make_touch(tx, enrollment, 1, status=TouchStatus.UNKNOWN)
        make_touch(tx, enrollment, 2, status=TouchStatus.PENDING, settled_at=None)
        for kind in InboundKind:
            make_reply(
                tx,
                enrollment,
                message_id=f"<{kind}>",
                kind=kind,
                mood=None,
                detail={"status": "5.1.1"} if kind is InboundKind.BOUNCE else {},
            )
    push()
    told = {(a.fields["kind"], a.fields.get("outcome")) for a in app.crm.list_records("activity")}
    assert told == {
        ("Task done", "Connected."),
        ("Reply", None),
        ("Unsubscribed", None),
        ("Bounced", "5.1.1"),
        ("Complaint", None),
    }
    (company,) = app.crm.list_records("company")
    assert company.fields["sequence_exit"] == "Opted out"
    assert app.crm.list_records("contact")[0].fields["opted_out"] is True


def test_the_stage_follows_the_firm(app, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
        candidate = make_candidate(tx, firm)
    push()
    assert app.crm.list_records("company")[0].fields["partner_stage"] == "Candidate"
    with app.transaction() as tx:
        tx.session.merge(candidate).status = CandidateStatus.ACCEPTED
        make_partner(tx, firm)
        tx.announce("firm", firm.id)
    push()
    assert app.crm.list_records("company")[0].fields["partner_stage"] == "Partner: invited"


def test_the_score_is_by_the_profile_that_the_firm_was_enrolled_with(app, push):
    with app.transaction() as tx:
        firm = make_firm(tx)
        first = make_score(tx, firm, 60, "Cloud partner")
        make_enrollment(
            tx, firm, make_contact(tx, firm), profile_version_id=first.profile_version_id
        )
        make_score(tx, firm, 65, "Cloud partner")
    app.clock.move_to(app.clock.now() + timedelta(days=1))
    with app.transaction() as tx:
        make_score(tx, firm, 99, "Another")
    push()
    fields = app.crm.list_records("company")[0].fields
    assert (fields["partner_score"], fields["partner_profile"]) == (65, "Cloud partner")


def test_a_refused_record_leaves_the_others_unaffected(app, crm, push):
    with app.transaction() as tx:
        firms = [make_told_firm(tx, n) for n in range(1, 4)]
    crm.before = refusing(f"RC-{firms[1].id:08d}", "Name is on the block list.")
    report = push()
    assert (report.acknowledged, report.dead) == (2, 1)
    assert [r.fields["name"] for r in app.crm.list_records("company")] == ["Firm 1", "Firm 3"]
    with app.reading() as tx:
        (letter,) = list_dead_letters(tx)
        history = firm_sync_history(tx, firms[1].id)
    assert letter.firm == "Firm 2"
    assert letter.error_class == "validation"
    assert letter.text == f"company RC-{firms[1].id:08d}: Name is on the block list."
    assert [line.what for line in history] == ["refused"]


def test_a_dead_letter_can_be_replayed_and_tells_the_present_state(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx, 1, name="N" * 256)
    assert push().dead == 1
    with app.transaction() as tx:
        (letter,) = list_dead_letters(tx)
        assert letter.error_class == "too_long"
        tx.session.get(Firm, firm.id).name = "Short"
        replay_dead(tx, entry_id=letter.entry_id)
    assert push().acknowledged == 1
    assert app.crm.list_records("company")[0].fields["name"] == "Short"
    with app.transaction() as tx, pytest.raises(DeadLetterNotFound, match="recruit crm dead"):
        replay_dead(tx, entry_id=letter.entry_id)


def test_a_dead_letter_can_be_discarded_and_keeps_the_crms_words(app, push):
    with app.transaction() as tx:
        make_told_firm(tx, 1, name="N" * 256)
    push()
    with app.transaction() as tx:
        (letter,) = list_dead_letters(tx)
        discard_dead(tx, entry_id=letter.entry_id, actor="Ada")
    health = check_conservation(app)
    assert (health.dead, health.not_told) == (0, {"discarded": 1})
    with app.reading() as tx:
        text = tx.session.get(OutboxEntry, letter.entry_id).error_text
    assert "holds 255 characters, not 256" in text
    assert text.endswith("(Ada)")
    assert push().written == 0


def test_a_later_success_closes_an_earlier_dead_letter(app, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx, 1, name="N" * 256)
    push()
    with app.transaction() as tx:
        tx.session.get(Firm, firm.id).name = "Short"
        tx.announce("firm", firm.id)
    push()
    health = check_conservation(app)
    assert (health.dead, health.not_told) == (0, {"overtaken": 1})


def test_a_refused_activity_is_a_dead_letter_and_the_rest_is_told(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
        touch = tx.session.scalar(select(Touch).where(Touch.step_index == 1))
    crm.before = refusing(f"RC-T{touch.id:08d}", "Too many activities today.")
    assert push().dead == 1
    assert len(app.crm.list_records("activity")) == 3
    differences = reconcile(app.reading, app.crm, MAPPING)
    assert [(d.firm_id, d.external_id, d.why) for d in differences] == [
        (firm.id, f"RC-T{touch.id:08d}", "missing in the CRM")
    ]
    crm.before = refusing("none", "")
    crm.forget()
    with app.transaction() as tx:
        replay_dead(tx, entry_id=list_dead_letters(tx)[0].entry_id)
    push()
    assert [external_id for _, external_id, _ in crm.writes] == [f"RC-T{touch.id:08d}"]


def test_one_reply_in_five_is_lost_and_every_record_lands_once(app):
    crm = FaultyCrm(app.crm, seed=5, lost_share=0.2)
    with app.transaction() as tx:
        for n in range(1, 101):
            make_told_firm(tx, n)
    runs = 0
    while not check_conservation(app).is_fresh:
        push_changes(app.transaction, crm, MAPPING)
        app.clock.move_to(app.clock.now() + timedelta(hours=1))
        runs += 1
        assert runs < 30
    assert crm.lost > 100
    assert crm.duplicates == 0, "even where the CRM itself would have made a second record"
    for crm_object, count in {"company": 100, "contact": 100, "activity": 400}.items():
        records = app.crm.list_records(crm_object)
        assert len(records) == count
        assert len({record.external_id for record in records}) == count
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_lost_answer_is_looked_for_and_not_repeated(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)
    crm.after = raising(CrmOutcomeUnknown("reset"))
    assert push().unknown == 1
    assert check_conservation(app).unknown == 1
    crm.forget()
    report = push()
    assert report.acknowledged == 1
    assert "company" not in {crm_object for crm_object, _, _ in crm.writes}
    assert len(app.crm.list_records("company")) == 1


def test_a_write_that_did_not_happen_is_repeated_after_a_lost_answer(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)
    crm.before = raising(CrmOutcomeUnknown("reset"))
    assert push().unknown == 1
    assert app.crm.list_records("company") == []
    assert push().acknowledged == 1
    assert reconcile(app.reading, app.crm, MAPPING) == []


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(6))
def test_a_process_that_dies_at_a_write_loses_nothing_and_doubles_nothing(
    app, crm, push, moment, write
):
    with app.transaction() as tx:
        make_told_firm(tx)
    seen = []

    def die(*call):
        seen.append(call)
        if len(seen) == write + 1:
            raise Killed

    setattr(crm, moment, die)
    with pytest.raises(Killed):
        push()
    assert check_conservation(app).in_flight == 1
    assert push().acknowledged == 0, "the lease still holds"
    app.clock.move_to(app.clock.now() + LEASE)
    assert push().acknowledged == 1
    assert len(app.crm.list_records("company")) == 1
    assert len(app.crm.list_records("activity")) == 4
    assert crm.duplicates == 0
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_process_that_dies_while_writing_the_answer_down_loses_nothing(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)

    def open_tx():
        if crm.writes:
            raise Killed
        return app.transaction()

    with pytest.raises(Killed):
        push_changes(open_tx, crm, MAPPING)
    app.clock.move_to(app.clock.now() + LEASE)
    crm.forget()
    assert push().acknowledged == 1
    assert crm.writes == []
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_crm_that_cannot_be_asked_stops_the_run_and_nothing_is_lost(app, crm, push):
    with app.transaction() as tx:
        for n in range(1, 4):
            make_told_firm(tx, n)
    limit = CrmUnavailable("Daily limit reached.", kind="limit", retry_after_s=3600)
    crm.before = raising(limit, times=99)
    report = push()
    assert (report.postponed, report.stopped, report.written) == (1, "Daily limit reached.", 0)
    assert check_conservation(app).pending == 3
    crm.before = refusing("none", "")
    assert push().acknowledged == 2
    app.clock.move_to(app.clock.now() + timedelta(hours=1))
    assert push().acknowledged == 1


def test_an_edit_in_the_crm_meanwhile_is_merged_and_not_overwritten(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    push()
    (company,) = app.crm.list_records("company")
    app.crm.edit("company", company.id, {"city": "Bremen", "partner_stage": "Mine"})
    with app.transaction() as tx:
        row = tx.session.get(Firm, firm.id)
        row.city, row.specialties = "Kiel", ["aws"]
        tx.announce("firm", firm.id)
    crm.forget()
    assert push().acknowledged == 1
    (company,) = app.crm.list_records("company")
    # city: the CRM's value prevails; stage: ours does; specialties: only we edited them.
    assert company.fields["city"] == "Bremen"
    assert company.fields["partner_stage"] == "Replied"
    assert company.fields["specialties"] == "aws"
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_an_account_that_the_crm_has_already_is_recognised(app, crm, push):
    existing = app.crm.create(
        "company", {"name": "Firm One GmbH", "domain": "firm1.example", "owner": "Grace"}
    )
    app.crm.create("contact", {"email": "ada@firm1.example", "phone": "1"})
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    report = push()
    (company,) = app.crm.list_records("company")
    assert company.id == existing.id
    assert company.external_id == f"RC-{firm.id:08d}"
    assert company.fields["name"] == "Firm One GmbH"
    assert company.fields["city"] == "Hamburg"
    assert len(app.crm.list_records("contact")) == 1
    assert report.linked == 2
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_when_more_than_one_account_fits_a_person_decides(app, crm, push):
    for name in ("Firm 1 Nord", "Firm 1 Süd"):
        app.crm.create("company", {"name": name, "domain": "firm1.example"})
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    assert push().dead == 1
    assert len(app.crm.list_records("company")) == 2
    with app.reading() as tx:
        (letter,) = list_dead_letters(tx)
    assert letter.error_class == "ambiguous"
    assert "merge them in the CRM" in letter.text
    right = app.crm.list_records("company")[1]
    app.crm.upsert("company", f"RC-{firm.id:08d}", {}, crm_id=right.id)
    with app.transaction() as tx:
        replay_dead(tx, entry_id=letter.entry_id)
    assert push().acknowledged == 1
    assert len(app.crm.list_records("company")) == 2


def test_two_firms_with_one_domain_never_share_a_record(app, push):
    with app.transaction() as tx:
        make_told_firm(tx, 1, domain="same.example")
        make_told_firm(tx, 2, domain="same.example")
    assert push().acknowledged == 2
    assert len(app.crm.list_records("company")) == 2


def test_a_record_is_in_flight_once(app, crm):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    with app.transaction() as tx:
        held = claim(tx, "firm", firm.id)
    assert held is not None
    with app.transaction() as tx:
        tx.announce("firm", firm.id)
    with app.transaction() as tx:
        assert claim(tx, "firm", firm.id) is None
    app.clock.move_to(app.clock.now() + LEASE)
    with app.transaction() as tx:
        again = claim(tx, "firm", firm.id)
    assert again.unsure
    assert len(again.entry_ids) == 2


def test_whoever_comes_back_after_the_lease_changes_nothing(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)

    def outlive_lease(*_call):
        crm.after = refusing("none", "")
        app.clock.move_to(app.clock.now() + LEASE)
        push_changes(app.transaction, app.crm, MAPPING)

    crm.after = outlive_lease
    report = push()
    assert report.acknowledged == 0
    assert check_conservation(app).is_fresh
    assert len(app.crm.list_records("company")) == 1
    with app.reading() as tx:
        created = [line for line in firm_sync_history(tx, firm.id) if line.what == "created"]
    assert len(created) == 5, "the company was found, the rest made by the one who took over"


def test_two_pumps_at_once_tell_everything_once(app):
    with app.transaction() as tx:
        for n in range(1, 21):
            make_told_firm(tx, n)
    crm = FaultyCrm(app.crm)
    errors = []

    def pump():
        try:
            push_changes(app.transaction, crm, MAPPING)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=pump) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert check_conservation(app).is_fresh
    assert len(crm.writes) == len({external_id for _, external_id, _ in crm.writes}) == 120
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_the_record_of_a_merged_firm_follows_the_one_that_stays(app, crm, push):
    with app.transaction() as tx:
        gone = make_told_firm(tx, 1)
        stays = make_firm(tx, 2, specialties=["aws"])
    push()
    with app.transaction() as tx:
        tx.session.get(Firm, gone.id).merged_into_id = stays.id
        tx.announce("firm", gone.id)
    push()
    push()
    (company,) = app.crm.list_records("company")
    assert company.external_id == f"RC-{gone.id:08d}"
    # What happened to the one has happened to the other.
    assert company.fields["partner_stage"] == "Replied"
    assert company.fields["specialties"] == "aws"
    assert len(app.crm.list_records("activity")) == 4
    assert reconcile(app.reading, app.crm, MAPPING) == []
    with app.reading() as tx:
        link = tx.session.scalar(select(CrmLink).where(CrmLink.object_type == "firm"))
    assert link.object_id == stays.id
    assert check_conservation(app).is_fresh


def test_what_was_deleted_in_the_crm_is_not_made_again(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    push()
    (company,) = app.crm.list_records("company")
    app.crm.delete("company", company.id)
    for _ in range(2):
        with app.transaction() as tx:
            row = tx.session.get(Firm, firm.id)
            row.specialties = [*row.specialties, "more"]
            tx.announce("firm", firm.id)
        assert push().acknowledged == 1
    assert app.crm.list_records("company") == []
    assert check_conservation(app).not_told == {"deleted_there": 2}
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_deleted_activity_stays_deleted_and_the_rest_goes_on(app, crm, push):
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    push()
    app.crm.delete("activity", app.crm.list_records("activity")[-1].id)
    with app.transaction() as tx:
        tx.session.scalar(select(Reply)).mood = Mood.LATER
        tx.session.get(Firm, firm.id).specialties = ["aws"]
        tx.announce("firm", firm.id)
    assert push().acknowledged == 1
    assert len(app.crm.list_records("activity")) == 3
    assert app.crm.list_records("company")[0].fields["specialties"] == "aws"
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_a_mapping_that_does_not_fit_stops_before_anything_is_written(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)
    mapping = parse_mapping(
        {"extends": "default", "company": {"fields": {"score": {"theirs": "fit"}}}}
    )
    with pytest.raises(MappingDoesNotFit, match="company has no such field"):
        push(mapping)
    assert check_conservation(app).pending == 1
    assert crm.writes == []


def test_an_object_that_nobody_knows_is_a_dead_letter(app, push):
    with app.transaction() as tx:
        tx.announce("invoice", 7)
        make_told_firm(tx)
    report = push()
    assert (report.dead, report.acknowledged) == (1, 1)
    assert check_conservation(app).dead_by_class == {"unknown_object": 1}


def test_a_fault_of_an_adapter_stops_at_one_firm(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx, 1)
        make_told_firm(tx, 2)
    crm.before = raising(RuntimeError("a bug"))
    report = push()
    assert (report.dead, report.acknowledged) == (1, 1)
    assert check_conservation(app).dead_by_class == {"internal": 1}


def test_a_firm_that_is_gone_is_acknowledged(app, push):
    with app.transaction() as tx:
        tx.announce("firm", 4711)
    assert push().acknowledged == 1
    assert check_conservation(app).not_told == {"gone": 1}


def test_lost_answers_are_looked_for_ever_more_rarely_and_never_given_up(app, crm, push):
    with app.transaction() as tx:
        make_told_firm(tx)
    crm.before = raising(CrmOutcomeUnknown("reset"), times=99)
    pauses = []
    for _ in range(10):
        assert push().unknown == 1
        with app.reading() as tx:
            entry = tx.session.scalar(select(OutboxEntry))
        assert entry.status is OutboxStatus.UNKNOWN
        pauses.append((entry.next_attempt_at - app.clock.now()).total_seconds())
        app.clock.move_to(entry.next_attempt_at)
    assert pauses[:5] == [0, 30, 60, 120, 240]
    assert pauses[-1] == 3600


def test_without_conditional_writes_a_record_is_looked_at_first(app):
    crm = FaultyCrm(app.crm)
    crm.capabilities = replace(crm.capabilities, conditional_write=False)
    with app.transaction() as tx:
        firm = make_told_firm(tx)
    push_changes(app.transaction, crm, MAPPING)
    (company,) = app.crm.list_records("company")
    app.crm.edit("company", company.id, {"city": "Bremen"})
    with app.transaction() as tx:
        row = tx.session.get(Firm, firm.id)
        row.city, row.specialties = "Kiel", ["aws"]
        tx.announce("firm", firm.id)
    push_changes(app.transaction, crm, MAPPING)
    (company,) = app.crm.list_records("company")
    assert (company.fields["city"], company.fields["specialties"]) == ("Bremen", "aws")


def test_sixty_firms_go_with_all_their_activities(app):
    with app.transaction() as tx:
        for n in range(1, 61):
            firm = make_told_firm(tx, n)
            enrollment = tx.session.scalar(select(Enrollment).where(Enrollment.firm_id == firm.id))
            make_touch(tx, enrollment, 3)
    report = push_changes(app.transaction, app.crm, MAPPING)
    assert report.created == 60 + 60 + 300
    assert isinstance(app.crm, EmbeddedCrm)
