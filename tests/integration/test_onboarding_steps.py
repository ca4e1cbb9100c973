"""The way through the track: each step behind its gate, kept as evidence, told to the CRM; on both databases."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from recruit.insights.onboarding import onboarding_board, partner_page
from recruit.onboarding.gates import Decision, GateNotMet
from recruit.onboarding.grading import AnswersIncomplete, InvalidAnswer
from recruit.onboarding.tables import (
    AgreementAcceptance,
    AgreementVersion,
    Attempt,
    Award,
    LessonView,
    Partner,
)
from recruit.onboarding.usecases import (
    CompanyIncomplete,
    NotAMember,
    NothingToTake,
    NotSignedProperly,
    ReasonMissing,
    UnknownCourse,
    UnknownStep,
    check_gate,
    gather_many,
    hand_in_quiz,
    invite_member,
    leave_member,
    leave_partner,
    publish_agreement,
    publish_course,
    save_company,
    view_lesson,
    waive_step,
)
from recruit.onboarding.values import Action, MemberRole, PartnerState
from recruit.people.usecases import accept_invitation, find_session
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import (
    COMPANY,
    RIGHT,
    WRONG,
    Stored,
    basics_data,
    count_announced,
    make_partner,
    publish_small_track,
    selling_data,
    told_once,
)
from tests.factories.people import PASSWORD


@pytest.fixture
def program(app: App) -> App:
    """An app whose small track is published."""
    with app.transaction() as tx:
        publish_small_track(tx)
    return app


def state(stored: Stored) -> PartnerState:
    with stored.app.reading() as tx:
        return partner_page(tx, stored.partner_id).state


def gate(stored: Stored, action: Action, course: str | None = None) -> Decision:
    with stored.app.reading() as tx:
        return check_gate(tx, person_id=stored.person_id, action=action, course=course)


def count(app: App, table: Any) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(table)) or 0


def add_colleague(stored: Stored, role: MemberRole) -> int:
    email = f"{role.value}-{stored.partner_id}@vela.example"
    with stored.app.transaction() as tx:
        token = invite_member(
            tx, partner_id=stored.partner_id, email=email, name=role.value.title(), role=role
        )
        return accept_invitation(tx, token=token, password=PASSWORD).person.person_id


def move(stored: Stored, days: float) -> None:
    stored.app.clock.move_to(NOW + timedelta(days=days))  # type: ignore[attr-defined]


def test_a_partner_passes_through_every_state(program: App) -> None:
    assert state(make_partner(program, signed_in=False)) is PartnerState.INVITED
    stored = make_partner(program)
    seen = [state(stored)]
    for act in (
        stored.sign,
        stored.describe,
        lambda: stored.read("basics"),
        lambda: stored.hand_in("basics"),
        lambda: stored.read("selling"),
        lambda: stored.hand_in("selling"),
    ):
        act()
        seen.append(state(stored))
    training = [PartnerState.TRAINING] * 5
    assert seen == [PartnerState.SIGNING, *training, PartnerState.FULL_ACCESS]
    assert gate(stored, Action.SEE_PRICES).allowed


# Signing


def test_a_signature_keeps_who_what_when_and_from_where(program: App) -> None:
    stored = make_partner(program)
    with told_once(program, stored.firm_id):
        stored.sign(typed_name="  Sam Vela ", user_agent="x" * 999)
    with program.reading() as tx:
        kept = tx.session.scalars(select(AgreementAcceptance)).one()
        text = tx.session.get_one(AgreementVersion, kept.agreement_version_id).text
    assert kept.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (kept.typed_name, kept.job_title, kept.ip) == ("Sam Vela", "Director", "192.0.2.1")
    assert (kept.person_id, kept.accepted_at) == (stored.person_id, NOW)
    assert len(kept.user_agent) == 300


def test_twenty_signatures_at_once_are_one(program: App) -> None:
    stored = make_partner(program)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: stored.sign(), range(20)))
    assert count(program, AgreementAcceptance) == 1


@pytest.mark.parametrize("role", [MemberRole.ADMIN, MemberRole.MEMBER])
def test_only_who_may_sign_signs(program: App, role: MemberRole) -> None:
    stored = make_partner(program)
    person_id = add_colleague(stored, role)
    with pytest.raises(GateNotMet, match="Only a person who may sign"):
        stored.sign(person_id=person_id)
    assert count(program, AgreementAcceptance) == 0


def test_nobody_signs_for_another_partner(program: App) -> None:
    stored, other = make_partner(program), make_partner(program)
    with pytest.raises(GateNotMet, match="You do not belong to"):
        stored.sign(partner_id=other.partner_id)


@pytest.mark.parametrize(
    "over",
    [{"typed_name": ""}, {"typed_name": "  "}, {"typed_name": "S"}, {"job_title": " "}],
)
def test_a_signature_needs_a_name_and_a_title(program: App, over: dict[str, str]) -> None:
    stored = make_partner(program)
    with pytest.raises(NotSignedProperly, match="Type your full name and your title"):
        stored.sign(**over)


def test_a_text_that_changed_under_the_signers_eyes_is_not_signed(program: App) -> None:
    stored = make_partner(program)
    with program.transaction() as tx:
        seen = tx.session.scalars(select(AgreementVersion)).one().sha256
        newer = publish_agreement(tx, name="terms", title="Terms", text="# Terms\n\nPay more.\n")
    with pytest.raises(NotSignedProperly, match="has changed since you opened it"):
        stored.sign(text_sha256=seen)
    stored.sign(text_sha256=newer.sha256)
    with program.reading() as tx:
        kept = tx.session.scalars(select(AgreementAcceptance)).one()
        assert kept.agreement_version_id == newer.id


def test_a_newer_text_does_not_undo_a_signature(program: App) -> None:
    stored = make_partner(program, 4)
    with program.transaction() as tx:
        publish_agreement(tx, name="terms", title="Terms", text="# Terms\n\nPay more.\n")
    assert state(stored) is PartnerState.FULL_ACCESS


# The company


def test_the_company_opens_after_the_signature_and_is_told(program: App) -> None:
    stored = make_partner(program)
    with pytest.raises(GateNotMet) as caught:
        stored.describe()
    assert [m.key for m in caught.value.decision.missing] == ["agreement"]
    stored.sign()
    with told_once(program, stored.firm_id):
        stored.describe()
    with program.reading() as tx:
        assert tx.session.get_one(Partner, stored.partner_id).company["city"] == "Utrecht"


@pytest.mark.parametrize("field", ["name", "city", "country"])
def test_a_company_without_what_is_needed_is_refused_by_name(program: App, field: str) -> None:
    stored = make_partner(program, 1)
    with (
        pytest.raises(CompanyIncomplete, match=f"Please fill in: {field}"),
        program.transaction() as tx,
    ):
        save_company(
            tx,
            partner_id=stored.partner_id,
            person_id=stored.person_id,
            company=COMPANY | {field: "  "},
        )
    assert gate(stored, Action.TAKE_COURSE, "basics").missing[0].key == "company"


def test_the_company_may_be_edited_later_and_stays_done_since_the_first_time(
    program: App,
) -> None:
    stored = make_partner(program, 2)
    move(stored, 5)
    with program.transaction() as tx:
        save_company(
            tx,
            partner_id=stored.partner_id,
            person_id=stored.person_id,
            company=COMPANY | {"city": "Leiden", "unknown": "x"},
        )
    with program.reading() as tx:
        page = partner_page(tx, stored.partner_id)
        company = tx.session.get_one(Partner, stored.partner_id).company
    assert page.steps[1].since == NOW
    assert company["city"] == "Leiden"
    assert "unknown" not in company


# Lessons and quizzes


def test_a_lesson_is_read_once_and_told_once(program: App) -> None:
    stored = make_partner(program, 2)
    with told_once(program, stored.firm_id):
        for _ in range(3):
            with program.transaction() as tx:
                view_lesson(tx, person_id=stored.person_id, course_key="basics", lesson_key="what")
    assert count(program, LessonView) == 1


@pytest.mark.parametrize(
    ("course", "lesson", "error"),
    [
        ("basics", "nothing", UnknownCourse),
        ("nothing", "what", UnknownCourse),
        ("selling", "register", GateNotMet),
    ],
)
def test_a_lesson_that_is_not_there_or_not_open_is_not_read(
    program: App, course: str, lesson: str, error: type[Exception]
) -> None:
    stored = make_partner(program, 2)
    with pytest.raises(error), program.transaction() as tx:
        view_lesson(tx, person_id=stored.person_id, course_key=course, lesson_key=lesson)
    assert count(program, LessonView) == 0


def test_the_quiz_opens_when_the_lessons_are_read(program: App) -> None:
    stored = make_partner(program, 2)
    with pytest.raises(GateNotMet) as caught:
        stored.hand_in("basics")
    assert [m.lesson for m in caught.value.decision.missing] == ["what", "who"]
    assert count(program, Attempt) == 0


def test_a_failed_quiz_is_kept_and_may_be_taken_again(program: App) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")
    with told_once(program, stored.firm_id):
        failed = stored.hand_in("selling", rightly=False)
    assert (failed.passed, failed.share_right, failed.number) == (False, 0.5, 1)
    assert count(program, Award) == 0
    assert not gate(stored, Action.SEE_PRICES).allowed
    with told_once(program, stored.firm_id):
        passed = stored.hand_in("selling")
    assert (passed.passed, passed.share_right, passed.number) == (True, 1.0, 2)
    with program.reading() as tx:
        award = tx.session.scalars(select(Award)).one()
    assert (award.cycle, award.attempt_id) == (1, passed.id)
    assert award.valid_until == NOW.replace(year=NOW.year + 1)
    assert gate(stored, Action.SEE_PRICES).allowed


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({}, AnswersIncomplete),
        ({"when": ("Never",)}, AnswersIncomplete),
        (RIGHT["selling"] | {"when": ("Perhaps",)}, InvalidAnswer),
        (RIGHT["selling"] | {"other": ("x",)}, InvalidAnswer),
    ],
)
def test_answers_that_cannot_be_graded_count_as_no_attempt(
    program: App, answers: dict[str, tuple[str, ...]], error: type[Exception]
) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")
    told = count_announced(program, stored.firm_id)
    with pytest.raises(error), program.transaction() as tx:
        hand_in_quiz(tx, person_id=stored.person_id, course_key="selling", answers=answers)
    assert count(program, Attempt) == 1  # that of the course before it
    assert count_announced(program, stored.firm_id) == told


@pytest.mark.parametrize("course", ["basics", "selling"])
def test_a_quiz_that_is_passed_is_not_taken_again(program: App, course: str) -> None:
    stored = make_partner(program, 4)
    with pytest.raises(NothingToTake, match="You have passed"):
        stored.hand_in(course)


def test_twenty_right_hand_ins_at_once_by_one_person_make_one_award(program: App) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")

    def hand_in(_: int) -> bool:
        try:
            return stored.hand_in("selling").passed
        except NothingToTake:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(hand_in, range(20))) == 1
    assert count(program, Award) == 1
    assert count(program, Attempt) == 2


def test_twenty_hand_ins_right_and_wrong_at_once_are_numbered_and_make_one_award(
    program: App,
) -> None:
    stored = make_partner(program, 3)
    stored.read("selling")

    def hand_in(number: int) -> str:
        try:
            return str(stored.hand_in("selling", rightly=number % 2 == 0).passed)
        except NothingToTake:
            return "nothing"

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(hand_in, range(20)))
    assert told.count("True") == 1
    with program.reading() as tx:
        numbers = tx.session.scalars(
            select(Attempt.number).where(Attempt.cycle == 1).order_by(Attempt.id).offset(1)
        ).all()
    assert list(numbers) == list(range(1, 2 + told.count("False")))
    assert count(program, Award) == 1


def test_two_people_hold_a_certificate_each(program: App) -> None:
    stored = make_partner(program, 4)
    mel = Stored(
        program, stored.partner_id, stored.firm_id, add_colleague(stored, MemberRole.MEMBER)
    )
    mel.read("selling")
    mel.hand_in("selling")
    assert count(program, Award) == 2


def test_a_new_version_of_a_course_leaves_what_was_passed_passed(program: App) -> None:
    stored = make_partner(program, 4)
    with program.transaction() as tx:
        publish_course(tx, definition=selling_data(title="Selling, again"))
        publish_course(tx, definition=basics_data(title="Basics, again"))
    assert state(stored) is PartnerState.FULL_ACCESS
    with pytest.raises(NothingToTake):
        stored.hand_in("selling")


# Time


def test_a_certificate_that_runs_out_closes_the_prices_with_no_job_run(program: App) -> None:
    stored = make_partner(program, 4)
    told = count_announced(program, stored.firm_id)
    until = NOW.replace(year=NOW.year + 1)
    days = (until - NOW).days
    move(stored, days - 1e-6)
    assert gate(stored, Action.SEE_PRICES).allowed
    move(stored, days)
    decision = gate(stored, Action.SEE_PRICES)
    assert [(m.key, m.lapsed) for m in decision.missing] == [("certification", True)]
    assert state(stored) is PartnerState.LAPSED
    with program.reading() as tx:
        (column,) = (c for c in onboarding_board(tx) if c.state is PartnerState.LAPSED)
    assert [card.missing for card in column.cards] == [("Get certified",)]
    assert count_announced(program, stored.firm_id) == told


def test_passing_again_after_the_end_is_a_second_cycle_and_keeps_the_first(program: App) -> None:
    stored = make_partner(program, 4)
    move(stored, 400)
    stored.hand_in("selling", rightly=False)
    attempt = stored.hand_in("selling")
    assert (attempt.cycle, attempt.number) == (2, 2)
    with program.reading() as tx:
        awards = tx.session.scalars(select(Award).order_by(Award.cycle)).all()
        page = partner_page(tx, stored.partner_id)
    assert [award.cycle for award in awards] == [1, 2]
    assert awards[0].valid_until < awards[1].awarded_at == NOW + timedelta(days=400)
    assert (page.state, page.since) == (PartnerState.FULL_ACCESS, NOW + timedelta(days=400))


def test_renewing_early_loses_no_day_and_access_never_stops(program: App) -> None:
    stored = make_partner(program, 4)
    move(stored, 304)
    with pytest.raises(NothingToTake):
        stored.hand_in("selling")
    move(stored, 306)
    assert stored.hand_in("selling").cycle == 2
    with program.reading() as tx:
        newest = tx.session.scalars(select(Award).order_by(Award.cycle.desc())).first()
    assert newest
    assert newest.valid_until == NOW.replace(year=NOW.year + 2)
    move(stored, 500)
    with program.reading() as tx:
        page = partner_page(tx, stored.partner_id)
    assert (page.state, page.since) == (PartnerState.FULL_ACCESS, NOW)


# Exceptions and endings


def test_a_waived_step_opens_what_it_guards_and_keeps_the_reason(program: App) -> None:
    stored = make_partner(program, 3)
    with told_once(program, stored.firm_id):
        for _ in range(2):
            _waive(stored, "certification", "A pilot.")
    assert gate(stored, Action.SEE_PRICES).allowed
    with program.reading() as tx:
        declared = gather_many(tx)[stored.partner_id].declared["certification"]
    assert (declared.waived, declared.note, declared.actor) == (True, "A pilot.", "Alex Moor")


def _waive(stored: Stored, step: str, reason: str) -> None:
    with stored.app.transaction() as tx:
        waive_step(
            tx, partner_id=stored.partner_id, step_key=step, reason=reason, actor="Alex Moor"
        )


def test_a_waiver_needs_a_step_of_the_track_and_a_reason(program: App) -> None:
    stored = make_partner(program)
    with pytest.raises(UnknownStep, match="no step 'certificaton'"):
        _waive(stored, "certificaton", "A pilot.")
    with pytest.raises(ReasonMissing):
        _waive(stored, "certification", "  ")


def test_a_member_who_leaves_is_out_at_once_and_their_certificate_counts_no_more(
    program: App,
) -> None:
    stored = make_partner(program, 4)
    assert stored.signed_in
    with told_once(program, stored.firm_id), program.transaction() as tx:
        leave_member(tx, partner_id=stored.partner_id, person_id=stored.person_id)
    with program.reading() as tx:
        assert find_session(tx, token=stored.signed_in.token) is None
    assert not gate(stored, Action.SEE_PORTAL).allowed
    assert state(stored) is PartnerState.TRAINING
    assert count(program, Award) == 1
    with pytest.raises(NotAMember):
        stored.hand_in("selling")


def test_nobody_is_sent_away_by_another_partner(program: App) -> None:
    stored, other = make_partner(program), make_partner(program)
    with pytest.raises(NotAMember), program.transaction() as tx:
        leave_member(tx, partner_id=other.partner_id, person_id=stored.person_id)


def test_a_partner_that_leaves_loses_all_sessions_and_access_at_once(program: App) -> None:
    stored, other = make_partner(program, 4), make_partner(program, 4)
    colleague = add_colleague(stored, MemberRole.MEMBER)
    assert stored.signed_in
    assert other.signed_in
    with told_once(program, stored.firm_id), program.transaction() as tx:
        leave_partner(tx, partner_id=stored.partner_id, reason="By mutual consent.")
        leave_partner(tx, partner_id=stored.partner_id, reason="Again.")
    with program.reading() as tx:
        assert find_session(tx, token=stored.signed_in.token) is None
        assert find_session(tx, token=other.signed_in.token) is not None
        page = partner_page(tx, stored.partner_id)
        for person_id in (stored.person_id, colleague):
            for action in Action:
                assert not check_gate(tx, person_id=person_id, action=action).allowed
    assert (page.state, page.left_reason) == (PartnerState.LEFT, "By mutual consent.")
    assert page.signatures  # the history stays
    assert state(other) is PartnerState.FULL_ACCESS


def test_a_wrong_answer_is_wrong_for_the_tests_as_well() -> None:
    assert set(WRONG) == set(RIGHT)
    assert all(WRONG[key] != RIGHT[key] for key in RIGHT)
