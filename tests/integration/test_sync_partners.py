"""A partner's way from acceptance to certificate, as the CRM sees it."""

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from recruit.crm.mapping import load_mapping
from recruit.crm.values import Inclusion
from recruit.onboarding.content import publish_content, read_content
from recruit.onboarding.grading import right_answers
from recruit.onboarding.usecases import (
    accept_candidate,
    add_candidate,
    hand_in_quiz,
    invite_signatory,
    leave_partner,
    save_company,
    sign_agreement,
    view_lesson,
)
from recruit.onboarding.values import CandidateOrigin
from recruit.people.usecases import accept_invitation
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.usecases import announce_drifted
from tests.factories.sync import make_contact, make_firm

MAPPING = replace(load_mapping(), include=Inclusion.REPLIED)
COMPANY = {
    "name": "Firm One",
    "website": "https://firm1.example",
    "country": "DE",
    "city": "Hamburg",
    "phone": "+49 40 1",
}


def test_each_step_of_the_track_is_told_and_a_certificate_that_runs_out_is_noticed(app):
    content = read_content(Path(str(files("recruit.demo"))) / "data" / "onboarding")
    told = []

    def tell():
        announce_drifted(app.transaction, MAPPING)
        push_changes(app.transaction, app.crm, MAPPING)
        assert reconcile(app.reading, app.crm, MAPPING) == []
        app.clock.move_to(app.clock.now() + timedelta(hours=5))
        (company,) = app.crm.list_records("company")
        told.append(company.fields["partner_stage"])
        return company.fields

    with app.transaction() as tx:
        publish_content(tx, content)
        firm = make_firm(tx)
        make_contact(tx, firm)
        candidate = add_candidate(tx, firm_id=firm.id, origin=CandidateOrigin.APPLICATION)
    tell()
    with app.transaction() as tx:
        partner = accept_candidate(tx, candidate_id=candidate.id, actor="Ada")
        token = invite_signatory(tx, partner_id=partner.id)
    assert tell()["certified_people"] == 0
    with app.transaction() as tx:
        person = accept_invitation(tx, token=token, password="four words in a row").person.person_id
    tell()
    with app.transaction() as tx:
        sign_agreement(
            tx,
            partner_id=partner.id,
            person_id=person,
            typed_name="Ada Example",
            job_title="CEO",
            ip="127.0.0.1",
            user_agent="test",
        )
    assert tell()["agreement_signed_at"].startswith("2026-03-0")
    with app.transaction() as tx:
        save_company(tx, partner_id=partner.id, person_id=person, company=COMPANY)
    for course in content.courses:
        for lesson in course.lessons:
            with app.transaction() as tx:
                view_lesson(tx, person_id=person, course_key=course.key, lesson_key=lesson.key)
        if course.quiz is not None:
            with app.transaction() as tx:
                hand_in_quiz(
                    tx,
                    person_id=person,
                    course_key=course.key,
                    answers=right_answers(course.quiz),
                )
    fields = tell()
    assert fields["certified_people"] == 1
    assert fields["certificates"]
    assert fields["certified_until"] > "2026-03-03"
    # Nobody edits anything: time alone changes what is true.
    app.clock.move_to(app.clock.now() + timedelta(days=3 * 366))
    fields = tell()
    assert fields["certified_people"] == 0
    assert "certificates" not in fields
    with app.transaction() as tx:
        leave_partner(tx, partner_id=partner.id, reason="Moved on.")
    tell()
    assert told == [
        "Candidate",
        "Partner: invited",
        "Partner: signing",
        "Partner: in training",
        "Partner: full access",
        "Partner: certificate lapsed",
        "Partner: left",
    ]
