"""What partners do on their track: sign, describe the company, read, take the quiz.

Each asks the gate first, in the same transaction, so that nothing is done out of turn.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from recruit.db.transaction import Transaction
from recruit.onboarding import published, store
from recruit.onboarding.definitions import near
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence, read_course
from recruit.onboarding.grading import add_months, grade, next_cycle
from recruit.onboarding.published import NothingPublished
from recruit.onboarding.tables import (
    AgreementAcceptance,
    Attempt,
    Award,
    LessonView,
    StepEvidence,
)
from recruit.onboarding.values import Action, TrackStepKind

COMPANY_FIELDS = ("name", "website", "phone", "street", "postcode", "city", "country", "about")
_LONGEST = 1000


class NotSignedProperly(ValueError):
    """The agreement was not accepted in the way that counts; the message says what is missing."""


class CompanyIncomplete(ValueError):
    """The company's profile lacks something; the message says what."""


class NothingToTake(ValueError):
    """The course has no quiz, or the person has passed it and need not renew yet."""


class ReasonMissing(ValueError):
    """What a channel manager decides against the rule needs a reason."""


class UnknownStep(LookupError):
    """The track has no such step."""


def sign_agreement(
    tx: Transaction,
    *,
    partner_id: int,
    person_id: int,
    typed_name: str,
    job_title: str,
    ip: str,
    user_agent: str,
    text_sha256: str | None = None,
) -> AgreementAcceptance:
    """Accept the newest version of the track's agreement; accepting it again changes nothing.

    `text_sha256` is the hash of the text that the signer was shown: another version published meanwhile
    is refused. Raises `GateNotMet` or `NotSignedProperly`.
    """
    partner = store.lock_partner(tx, partner_id)
    evidence = gather_evidence(tx, partner_id=partner_id)
    demand(Action.SIGN_AGREEMENT, evidence, tx.now, person_id=person_id)
    step = evidence.track.step_of_kind(TrackStepKind.AGREEMENT)
    if step is None:
        raise UnknownStep(f"The track {evidence.track.title!r} asks for no agreement.")
    version = published.find_agreement(tx, step.agreement)
    if version is None:
        raise NothingPublished(f"The agreement {step.agreement!r} is not published yet.")
    typed_name, job_title = typed_name.strip(), job_title.strip()
    if len(typed_name) < 2 or not job_title:
        raise NotSignedProperly("Type your full name and your title to sign.")
    if text_sha256 is not None and text_sha256 != version.sha256:
        raise NotSignedProperly(
            "The agreement has changed since you opened it. Read the new text and sign again."
        )
    known = store.find_acceptance(tx, partner_id, version.id)
    if known is not None:
        return known
    acceptance = AgreementAcceptance(
        partner_id=partner_id,
        agreement_version_id=version.id,
        person_id=person_id,
        typed_name=typed_name[:200],
        job_title=job_title[:200],
        text_sha256=hashlib.sha256(version.text.encode()).hexdigest(),
        ip=ip[:45],
        user_agent=user_agent[:300],
        accepted_at=tx.now,
    )
    tx.session.add(acceptance)
    tx.session.flush()
    tx.announce("firm", partner.firm_id)
    return acceptance


def save_company(
    tx: Transaction, *, partner_id: int, person_id: int, company: Mapping[str, Any]
) -> None:
    """Save what a partner says of itself; with name, city and country the step is done.

    Raises `GateNotMet` or `CompanyIncomplete`.
    """
    partner = store.lock_partner(tx, partner_id)
    evidence = gather_evidence(tx, partner_id=partner_id)
    demand(Action.EDIT_COMPANY, evidence, tx.now, person_id=person_id)
    cleaned = {key: str(company.get(key, "")).strip()[:_LONGEST] for key in COMPANY_FIELDS}
    missing = [key for key in ("name", "city", "country") if not cleaned[key]]
    if missing:
        raise CompanyIncomplete(f"Please fill in: {', '.join(missing)}.")
    partner.company = dict(partner.company) | cleaned
    step = evidence.track.step_of_kind(TrackStepKind.PROFILE)
    if step is not None:
        member = evidence.find_member(person_id)
        store.add_once(
            tx,
            StepEvidence(
                partner_id=partner_id,
                step_key=step.key,
                waived=False,
                note="",
                actor=member.name if member else "",
                at=tx.now,
            ),
        )
    tx.session.flush()
    tx.announce("firm", partner.firm_id)


def waive_step(tx: Transaction, *, partner_id: int, step_key: str, reason: str, actor: str) -> None:
    """A channel manager lets a partner skip a step; waiving it again changes nothing.

    Raises `UnknownStep`, or `ReasonMissing`: whoever asks later why a door was open has to find out.
    """
    if not reason.strip():
        raise ReasonMissing("Say why this partner may skip the step; the reason stays on record.")
    partner = store.lock_partner(tx, partner_id)
    _check_step(gather_evidence(tx, partner_id=partner_id), step_key)
    added = store.add_once(
        tx,
        StepEvidence(
            partner_id=partner_id,
            step_key=step_key,
            waived=True,
            note=reason.strip(),
            actor=actor,
            at=tx.now,
        ),
    )
    if added:
        tx.announce("firm", partner.firm_id)


def take_back_waiver(tx: Transaction, *, partner_id: int, step_key: str) -> None:
    """Ask for a waived step again; one that is not waived stays as it is. Raises `UnknownStep`."""
    partner = store.lock_partner(tx, partner_id)
    _check_step(gather_evidence(tx, partner_id=partner_id), step_key)
    if store.delete_waiver(tx, partner_id=partner_id, step_key=step_key):
        tx.announce("firm", partner.firm_id)


def _check_step(evidence: Evidence, step_key: str) -> None:
    keys = [step.key for step in evidence.track.steps]
    if step_key not in keys:
        raise UnknownStep(
            f"The track {evidence.track.title!r} has no step {step_key!r}. {near(step_key, keys)}"
        )


def view_lesson(tx: Transaction, *, person_id: int, course_key: str, lesson_key: str) -> None:
    """Write down that a person has read a lesson. Raises `GateNotMet` or `UnknownCourse`."""
    member = store.get_member(tx, person_id)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    demand(Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key)
    course = published.get_course(tx, course_key)
    if read_course(course.definition, course.definition_hash).find_lesson(lesson_key) is None:
        raise published.UnknownCourse(f"The course {course_key!r} has no lesson {lesson_key!r}.")
    view = LessonView(person_id=person_id, course_id=course.id, lesson_key=lesson_key, at=tx.now)
    if store.add_once(tx, view):
        tx.announce("firm", evidence.firm_id)


def hand_in_quiz(
    tx: Transaction,
    *,
    person_id: int,
    course_key: str,
    answers: Mapping[str, Sequence[str]],
) -> Attempt:
    """Grade a quiz and keep the attempt; passing awards the certificate of this cycle once.

    Raises `GateNotMet`, `NothingToTake`, `AnswersIncomplete` or `InvalidAnswer`; then nothing is kept.
    """
    # One hand-in of a person at a time: a double click must not make two attempts into two awards.
    member = store.get_member(tx, person_id, lock=True)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    demand(Action.TAKE_QUIZ, evidence, tx.now, person_id=person_id, course=course_key)
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
    graded = grade(definition.quiz, answers)
    attempt = Attempt(
        person_id=person_id,
        partner_id=member.partner_id,
        course_id=course.id,
        cycle=cycle,
        number=1 + store.count_attempts(tx, person_id=person_id, course_id=course.id, cycle=cycle),
        answers={key: list(chosen) for key, chosen in answers.items()},
        share_right=graded.share_right,
        passed=graded.passed,
        at=tx.now,
    )
    tx.session.add(attempt)
    tx.session.flush()
    if graded.passed and definition.validity_months is not None:
        store.add_once(
            tx,
            Award(
                person_id=person_id,
                partner_id=member.partner_id,
                course_key=course_key,
                course_id=course.id,
                cycle=cycle,
                attempt_id=attempt.id,
                serial=f"RC-{secrets.token_hex(6).upper()}",
                awarded_at=tx.now,
                # Whoever renews early loses nothing: the new certificate goes on from the old one.
                valid_until=add_months(
                    max([tx.now, *(award.valid_until for award in awards)]),
                    definition.validity_months,
                ),
            ),
        )
    tx.announce("firm", evidence.firm_id)
    return attempt
