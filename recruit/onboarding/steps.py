"""What partners do on their track: describe the company, read, take the quiz. Signing is `agreements`'.

Each asks the gate first, in the same transaction, so that nothing is done out of turn.
"""

from collections.abc import Mapping
from typing import Any

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.onboarding import published, store
from recruit.onboarding.definitions import near
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence, read_course
from recruit.onboarding.packages import NotAttended
from recruit.onboarding.store import UnknownStep
from recruit.onboarding.tables import (
    LessonView,
    StepEvidence,
)
from recruit.onboarding.training_tables import MemberPath
from recruit.onboarding.values import Action, TrackStepKind

COMPANY_FIELDS = ("name", "website", "phone", "street", "postcode", "city", "country", "about")
_LONGEST = 1000


class CompanyIncomplete(ValueError):
    """The company's profile lacks something; the message says what."""


class UnknownPath(LookupError):
    """The track has no such learning path."""


class ReasonMissing(ValueError):
    """What a channel manager decides against the rule needs a reason."""


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
        record(
            tx,
            Deed.STEP_WAIVED,
            "partner",
            partner_id,
            actor=actor,
            step=step_key,
            reason=reason.strip(),
        )
        tx.announce("firm", partner.firm_id)


def take_back_waiver(tx: Transaction, *, partner_id: int, step_key: str, actor: str = "") -> None:
    """Ask for a waived step again; one that is not waived stays as it is. Raises `UnknownStep`.

    That it was waived, by whom and how long, stays on record.
    """
    partner = store.lock_partner(tx, partner_id)
    _check_step(gather_evidence(tx, partner_id=partner_id), step_key)
    if store.end_step(tx, partner_id=partner_id, step_key=step_key, actor=actor, waivers_only=True):
        record(tx, Deed.WAIVER_TAKEN_BACK, "partner", partner_id, actor=actor, step=step_key)
        tx.announce("firm", partner.firm_id)


def choose_path(tx: Transaction, *, person_id: int, path: str) -> None:
    """Let a person follow a learning path of their track; raises `UnknownPath`."""
    member = store.get_member(tx, person_id, lock=True)
    track = gather_evidence(tx, partner_id=member.partner_id).track
    if track.find_path(path) is None:
        keys = [one.key for one in track.paths]
        raise UnknownPath(f"There is no learning path {path!r}. {near(path, keys)}")
    row = tx.session.get(MemberPath, person_id)
    if row is None:
        tx.session.add(MemberPath(person_id=person_id, path=path, chosen_at=tx.now))
    elif row.path != path:
        row.path, row.chosen_at = path, tx.now


def _check_step(evidence: Evidence, step_key: str) -> None:
    keys = [step.key for step in evidence.track.steps]
    if step_key not in keys:
        raise UnknownStep(
            f"The track {evidence.track.title!r} has no step {step_key!r}. {near(step_key, keys)}"
        )


def view_lesson(tx: Transaction, *, person_id: int, course_key: str, lesson_key: str) -> None:
    """Write down that a person has read a lesson; of a package only the package itself says so.

    Raises `GateNotMet`, `UnknownCourse`, or `NotAttended` where a package has not said it yet.
    """
    member = store.get_member(tx, person_id)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    demand(Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key)
    course = published.get_course(tx, course_key)
    lesson = read_course(course.definition, course.definition_hash).find_lesson(lesson_key)
    if lesson is None:
        raise published.UnknownCourse(f"The course {course_key!r} has no lesson {lesson_key!r}.")
    if lesson.package:
        member_now = evidence.find_member(person_id)
        if member_now is None or (course_key, lesson_key) not in member_now.lessons:
            raise NotAttended(
                "This lesson isn't finished yet. Go through it to its end; it tells us by itself."
            )
        return
    view = LessonView(person_id=person_id, course_id=course.id, lesson_key=lesson_key, at=tx.now)
    if store.add_once(tx, view):
        tx.announce("firm", evidence.firm_id)
