"""What waits for staff in training: texts to read, proofs to look at, calls and approvals, used-up attempts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere
from recruit.onboarding import published
from recruit.onboarding.course import Question, QuestionKind
from recruit.onboarding.evidence import Evidence, Underway
from recruit.onboarding.gathering import read_course, read_track
from recruit.onboarding.paper import draw_paper, seed_of
from recruit.onboarding.progress import StepState, list_steps
from recruit.onboarding.tables import (
    Attempt,
    Course,
    Partner,
    PartnerTrack,
    StepEvidence,
    Track,
)
from recruit.onboarding.track import TrackStep
from recruit.onboarding.training_tables import AttemptReview, StepProof
from recruit.onboarding.uploads import CheckedFile
from recruit.onboarding.usecases import NothingToTake, find_turn, gather_many
from recruit.onboarding.values import TrackStepKind
from recruit.people.tables import Person

# Of each kind; who works through a hundred finds the next hundred.
MOST_ROWS = 100
_BATCH = 200
_OURS = frozenset({TrackStepKind.CALL, TrackStepKind.APPROVAL})


@dataclass(frozen=True)
class TextToRead:
    """A quiz with texts; `texts` are the questions and what was answered."""

    attempt_id: int
    person: str
    company: str
    course: str
    at: datetime
    texts: tuple[tuple[Question, str], ...]


@dataclass(frozen=True)
class ProofToCheck:
    """Something that was handed in for a step."""

    proof_id: int
    partner_id: int
    company: str
    person: str
    step: str
    text: str
    file_name: str
    at: datetime


@dataclass(frozen=True)
class StepToConfirm:
    """A call to hold, or an approval to give."""

    partner_id: int
    firm_id: int
    company: str
    step: TrackStep
    underway: Underway | None
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True)
class UsedUp:
    """A person who has no attempt left at a quiz."""

    person_id: int
    person: str
    company: str
    course_key: str
    course: str


@dataclass(frozen=True)
class Checks:
    """All that waits, what waits longest first."""

    texts: tuple[TextToRead, ...]
    proofs: tuple[ProofToCheck, ...]
    steps: tuple[StepToConfirm, ...]
    used_up: tuple[UsedUp, ...]

    @property
    def count(self) -> int:
        """Return how many things wait."""
        return len(self.texts) + len(self.proofs) + len(self.steps) + len(self.used_up)


def list_checks(tx: Transaction) -> Checks:
    """Return what waits for staff in training."""
    return Checks(_texts(tx), _proofs(tx), _steps(tx), _used_up(tx))


def proof_file(tx: Transaction, proof_id: int) -> CheckedFile:
    """Return the file of a proof; raises `NothingHere`."""
    proof = tx.session.get(StepProof, proof_id)
    if proof is None or proof.content is None:
        raise NothingHere("There is no such file.")
    return CheckedFile(proof.file_name, proof.content_type, proof.content)


def _texts(tx: Transaction) -> tuple[TextToRead, ...]:
    rows = tx.session.execute(
        select(Attempt, Course, Person.name, Partner)
        .join(Course, Course.id == Attempt.course_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(Partner, Partner.id == Attempt.partner_id)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(Attempt.awaiting, AttemptReview.attempt_id.is_(None))
        .order_by(Attempt.at, Attempt.id)
        .limit(MOST_ROWS)
    )
    found = []
    for attempt, course, person, partner in rows:
        quiz = read_course(course.definition, course.definition_hash).quiz
        if quiz is None:
            continue
        seed = seed_of(attempt.person_id, course.definition_hash, attempt.cycle, attempt.number)
        texts = tuple(
            (question, " ".join(attempt.answers.get(question.key, ())))
            for question in draw_paper(quiz, seed).questions
            if question.kind is QuestionKind.TEXT
        )
        company = str(partner.company.get("name", ""))
        found.append(TextToRead(attempt.id, person, company, course.title, attempt.at, texts))
    return tuple(found)


def _proofs(tx: Transaction) -> tuple[ProofToCheck, ...]:
    rows = tx.session.execute(
        select(StepProof, Person.name, Partner)
        .join(Person, Person.id == StepProof.person_id)
        .join(Partner, Partner.id == StepProof.partner_id)
        .where(StepProof.accepted.is_(None))
        .order_by(StepProof.at, StepProof.id)
        .limit(MOST_ROWS)
    ).all()
    known = gather_many(tx, partner_ids={proof.partner_id for proof, _, _ in rows})
    found = []
    for proof, person, partner in rows:
        step = known[partner.id].track.find_step(proof.step_key) if partner.id in known else None
        found.append(
            ProofToCheck(
                proof.id,
                partner.id,
                str(partner.company.get("name", "")),
                person,
                step.title if step else proof.step_key,
                proof.text,
                proof.file_name,
                proof.at,
            )
        )
    return tuple(found)


def _steps(tx: Transaction) -> tuple[StepToConfirm, ...]:
    found: list[StepToConfirm] = []
    for ids in _with_steps_of_ours(tx):
        for evidence in gather_many(tx, partner_ids=ids).values():
            found += _to_confirm(evidence, tx.now)
        if len(found) >= MOST_ROWS:
            break
    found.sort(key=lambda s: (not s.overdue, s.company, s.step.key))
    return tuple(found[:MOST_ROWS])


def _with_steps_of_ours(tx: Transaction) -> Iterator[list[int]]:
    """Give partners who may wait for a call or an approval, in batches, the longest with us first."""
    for track_id, definition, digest in tx.session.execute(
        select(Track.id, Track.definition, Track.definition_hash).order_by(Track.id)
    ).all():
        track = read_track(definition, digest)
        ours = [step.key for step in track.steps if step.kind in _OURS]
        if not ours:
            continue
        done = (
            select(func.count())
            .where(StepEvidence.partner_id == Partner.id, StepEvidence.step_key.in_(ours))
            .scalar_subquery()
        )
        ids = tx.session.scalars(
            select(Partner.id)
            .join(PartnerTrack, PartnerTrack.partner_id == Partner.id)
            .where(PartnerTrack.track_id == track_id, Partner.left_at.is_(None), done < len(ours))
            .order_by(Partner.accepted_at, Partner.id)
        ).all()
        for start in range(0, len(ids), _BATCH):
            yield list(ids[start : start + _BATCH])


def _to_confirm(evidence: Evidence, now: datetime) -> list[StepToConfirm]:
    return [
        StepToConfirm(
            evidence.partner_id,
            evidence.firm_id,
            evidence.company_name,
            view.step,
            view.underway,
            view.due_at,
            view.is_overdue(now),
        )
        for view in list_steps(evidence, now)
        if view.step.kind in _OURS and view.state is StepState.NEXT
    ]


def _used_up(tx: Transaction) -> tuple[UsedUp, ...]:
    found = []
    for course in published.list_courses(tx):
        quiz = read_course(course.definition, course.definition_hash).quiz
        if quiz is None or quiz.attempts is None:
            continue
        rows = tx.session.execute(
            select(Person.id, Person.name, func.max(Attempt.partner_id))
            .join(Attempt, Attempt.person_id == Person.id)
            .where(Attempt.course_id == course.id, Person.disabled_at.is_(None))
            .group_by(Person.id, Person.name)
            .having(func.count() >= quiz.attempts)
            .order_by(Person.name)
            .limit(MOST_ROWS)
        )
        for person_id, name, partner_id in rows:
            try:
                turn = find_turn(tx, person_id=person_id, course_key=course.key)
            except NothingToTake:
                continue
            if turn.standing.left == 0 and not turn.standing.awaiting:
                company = str(tx.session.get_one(Partner, partner_id).company.get("name", ""))
                found.append(UsedUp(person_id, name, company, course.key, course.title))
    return tuple(found)
