"""Taking a quiz: the clock, handing in, what staff read and grant, and the certificate that follows.

Attempts and awards are only ever added. The server draws the paper, keeps the time and grades; what a
browser says of any of it counts for nothing.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import published, store, training_store
from recruit.onboarding.course import CourseDefinition, Quiz
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence, read_course
from recruit.onboarding.grading import add_months, grade, next_cycle
from recruit.onboarding.paper import seed_of
from recruit.onboarding.sitting import Standing, stand
from recruit.onboarding.tables import Attempt, Award, Course, PartnerMember
from recruit.onboarding.training_tables import AttemptGrant, AttemptReview, QuizSitting
from recruit.onboarding.values import Action


class NothingToTake(ValueError):
    """The course has no quiz, or the person has passed it and need not renew yet."""


class NotNow(ValueError):
    """The quiz may not be sat now: the attempts are used, or there is a wait; the message says until when."""


class NotStarted(ValueError):
    """The quiz has a clock, which was not started."""


class NothingToReview(ValueError):
    """The attempt waits for nobody: there is nothing to read in it, or it was read."""


class ReasonNeeded(ValueError):
    """An attempt more than the quiz allows needs a reason."""


@dataclass(frozen=True)
class QuizTurn:
    """What a person would sit now: the course's newest version, the cycle, and whether they may."""

    course: Course
    definition: CourseDefinition
    quiz: Quiz
    cycle: int
    standing: Standing
    awards: tuple[Award, ...]

    def seed(self, person_id: int) -> str:
        """Return what the paper of the next attempt is drawn by."""
        return seed_of(person_id, self.course.definition_hash, self.cycle, self.standing.number)


def find_turn(tx: Transaction, *, person_id: int, course_key: str) -> QuizTurn:
    """Return what a person would sit now; raises `NothingToTake` or `UnknownCourse`."""
    course = published.get_course(tx, course_key)
    definition = read_course(course.definition, course.definition_hash)
    if definition.quiz is None:
        raise NothingToTake(f"“{definition.title}” has no quiz.")
    awards = store.list_awards(tx, person_id=person_id, course_key=course_key)
    cycle = next_cycle([(award.cycle, award.valid_until) for award in awards], tx.now)
    done = not definition.certifies and store.has_passed(
        tx, person_id=person_id, course_key=course_key
    )
    if cycle is None or done:
        raise NothingToTake(f"You have passed “{definition.title}” already.")
    standing = stand(
        definition.quiz,
        training_store.list_tried(tx, person_id=person_id, course_id=course.id, cycle=cycle),
        training_store.list_started(tx, person_id=person_id, course_id=course.id, cycle=cycle),
        tx.now,
        granted=training_store.count_grants(
            tx, person_id=person_id, course_key=course_key, cycle=cycle
        ),
    )
    return QuizTurn(course, definition, definition.quiz, cycle, standing, tuple(awards))


def start_quiz(tx: Transaction, *, person_id: int, course_key: str) -> QuizTurn:
    """Start the clock of a quiz that has one; starting again changes nothing.

    A clock that ran out with nothing handed in is written down as an attempt first. Raises
    `GateNotMet`, `NothingToTake` or `NotNow`.
    """
    member, turn = _turn(tx, person_id, course_key)
    if turn.standing.expired is not None:
        _settle_expired(tx, member, turn)
    if turn.standing.refusal:
        raise NotNow(turn.standing.refusal)
    if turn.standing.must_start and turn.quiz.time_limit_minutes is not None:
        store.add_once(
            tx,
            QuizSitting(
                person_id=person_id,
                course_id=turn.course.id,
                cycle=turn.cycle,
                number=turn.standing.number,
                started_at=tx.now,
                ends_at=tx.now + timedelta(minutes=turn.quiz.time_limit_minutes),
            ),
        )
    return find_turn(tx, person_id=person_id, course_key=course_key)


def hand_in_quiz(
    tx: Transaction,
    *,
    person_id: int,
    course_key: str,
    answers: Mapping[str, Sequence[str]],
    number: int | None = None,
) -> Attempt:
    """Grade a quiz and keep the attempt; passing awards the certificate of this cycle once.

    `number` is that of the attempt whose paper was answered: handing it in again gives the same
    attempt, so that a double click uses up no second one. Raises `GateNotMet`, `NothingToTake`,
    `NotNow`, `NotStarted`, `AnswersIncomplete` or `InvalidAnswer`; then nothing is kept.
    """
    # One hand-in of a person at a time: a double click must not make two attempts into two awards.
    member, turn = _turn(tx, person_id, course_key)
    standing = turn.standing
    if number is not None and number < standing.number:
        handed_in = training_store.find_attempt(
            tx, person_id=person_id, course_id=turn.course.id, cycle=turn.cycle, number=number
        )
        if handed_in is not None:
            return handed_in
    if standing.expired is not None:
        # Whoever hands in after the end is told so; the answers stay on record.
        return _settle_expired(tx, member, turn, answers)
    if standing.refusal:
        raise NotNow(standing.refusal)
    if standing.must_start:
        raise NotStarted("This quiz has a time limit. Start it first.")
    graded = grade(turn.quiz, answers, seed=turn.seed(person_id))
    attempt = _keep(tx, member, turn, standing.number, answers)
    attempt.share_right, attempt.passed = graded.share_right, graded.passed
    attempt.awaiting = bool(graded.awaiting)
    tx.session.flush()
    if graded.passed:
        _award(tx, member, turn.definition, attempt, turn.awards)
    tx.announce("firm", store.get_partner(tx, member.partner_id).firm_id)
    return attempt


def review_attempt(
    tx: Transaction,
    *,
    attempt_id: int,
    right: Collection[str],
    actor: str,
    note: str = "",
) -> AttemptReview:
    """Say which texts of an attempt are right; passing by it awards the certificate.

    Raises `NothingToReview`; an attempt is read once.
    """
    attempt = training_store.get_attempt(tx, attempt_id)
    # The person's row is the lock that handing in takes too.
    member = training_store.get_any_member(tx, attempt.person_id, lock=True)
    if not attempt.awaiting or training_store.find_review(tx, attempt_id) is not None:
        raise NothingToReview("There is nothing to read in this attempt, or it was read already.")
    course = tx.session.get_one(Course, attempt.course_id)
    definition = read_course(course.definition, course.definition_hash)
    if definition.quiz is None:
        raise NothingToReview("The course has no quiz.")
    seed = seed_of(attempt.person_id, course.definition_hash, attempt.cycle, attempt.number)
    graded = grade(definition.quiz, attempt.answers, seed=seed, read_right=right)
    review = AttemptReview(
        attempt_id=attempt_id,
        right=sorted(set(right)),
        share_right=graded.share_right,
        passed=graded.passed,
        note=note.strip(),
        actor=actor,
        at=tx.now,
    )
    tx.session.add(review)
    tx.session.flush()
    record(tx, Deed.ATTEMPT_REVIEWED, "attempt", attempt_id, actor=actor, passed=graded.passed)
    if graded.passed:
        awards = store.list_awards(tx, person_id=attempt.person_id, course_key=course.key)
        _award(tx, member, definition, attempt, tuple(awards))
    notify(
        tx,
        person_id=attempt.person_id,
        kind=NoticeKind.ANSWERS_READ,
        key=f"attempt:{attempt_id}",
        facts={
            "course": definition.title,
            "passed": graded.passed,
            "note": review.note,
            "path": f"/portal/courses/{course.key}/result",
        },
    )
    tx.announce("firm", store.get_partner(tx, attempt.partner_id).firm_id)
    return review


def grant_attempt(
    tx: Transaction, *, person_id: int, course_key: str, reason: str, actor: str
) -> AttemptGrant:
    """Give a person one attempt more than the quiz allows; raises `ReasonNeeded` or `NothingToTake`."""
    if not reason.strip():
        raise ReasonNeeded("Say why this person gets another attempt; the reason stays on record.")
    store.get_member(tx, person_id, lock=True)
    turn = find_turn(tx, person_id=person_id, course_key=course_key)
    grant = AttemptGrant(
        person_id=person_id,
        course_key=course_key,
        cycle=turn.cycle,
        reason=reason.strip(),
        actor=actor,
        at=tx.now,
    )
    tx.session.add(grant)
    tx.session.flush()
    record(
        tx,
        Deed.ATTEMPT_GRANTED,
        "person",
        person_id,
        actor=actor,
        course=course_key,
        reason=reason.strip(),
    )
    return grant


def _turn(tx: Transaction, person_id: int, course_key: str) -> tuple[PartnerMember, QuizTurn]:
    member = store.get_member(tx, person_id, lock=True)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    demand(Action.TAKE_QUIZ, evidence, tx.now, person_id=person_id, course=course_key)
    return member, find_turn(tx, person_id=person_id, course_key=course_key)


def _keep(
    tx: Transaction,
    member: PartnerMember,
    turn: QuizTurn,
    number: int,
    answers: Mapping[str, Sequence[str]],
) -> Attempt:
    attempt = Attempt(
        person_id=member.person_id,
        partner_id=member.partner_id,
        course_id=turn.course.id,
        cycle=turn.cycle,
        number=number,
        answers={key: list(given) for key, given in answers.items()},
        share_right=0.0,
        passed=False,
        at=tx.now,
    )
    tx.session.add(attempt)
    return attempt


def _settle_expired(
    tx: Transaction,
    member: PartnerMember,
    turn: QuizTurn,
    answers: Mapping[str, Sequence[str]] | None = None,
) -> Attempt:
    expired = turn.standing.expired
    if expired is None:
        raise LookupError("No clock ran out.")
    attempt = _keep(tx, member, turn, expired.number, answers or {})
    attempt.late, attempt.at = True, expired.ends_at or tx.now
    tx.session.flush()
    return attempt


def _award(
    tx: Transaction,
    member: PartnerMember,
    definition: CourseDefinition,
    attempt: Attempt,
    awards: Sequence[Award],
) -> None:
    if definition.validity_months is None:
        return
    # Whoever renews early loses nothing: the new certificate goes on from the old one.
    begins = max([tx.now, *(award.valid_until for award in awards)])
    award = Award(
        person_id=member.person_id,
        partner_id=member.partner_id,
        course_key=definition.key,
        course_id=attempt.course_id,
        cycle=attempt.cycle,
        attempt_id=attempt.id,
        serial=f"RC-{secrets.token_hex(6).upper()}",
        awarded_at=tx.now,
        valid_until=add_months(begins, definition.validity_months),
    )
    if store.add_once(tx, award):
        record(
            tx,
            Deed.CERTIFICATE_AWARDED,
            "person",
            member.person_id,
            serial=award.serial,
            course=definition.key,
            until=f"{award.valid_until:%Y-%m-%d}",
        )
        notify(
            tx,
            person_id=member.person_id,
            kind=NoticeKind.CERTIFICATE_AWARDED,
            key=f"award:{award.serial}",
            facts={
                "name": training_store.name_of(tx, member.person_id),
                "course": definition.title,
                "serial": award.serial,
                "until": f"{award.valid_until:%-d %B %Y}",
                "path": f"/portal/certificates/{award.serial}",
            },
        )
