"""The queries of quizzes: attempts, clocks, reviews and grants."""

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.onboarding.sitting import Started, Tried
from recruit.onboarding.store import NotAMember
from recruit.onboarding.tables import Attempt, PartnerMember
from recruit.onboarding.training_tables import AttemptGrant, AttemptReview, QuizSitting
from recruit.people.tables import Person


class UnknownAttempt(LookupError):
    """No attempt has this id."""


def get_attempt(tx: Transaction, attempt_id: int) -> Attempt:
    """Return an attempt; raises `UnknownAttempt`."""
    attempt = tx.session.get(Attempt, attempt_id)
    if attempt is None:
        raise UnknownAttempt(f"There is no attempt {attempt_id}.")
    return attempt


def find_attempt(
    tx: Transaction, *, person_id: int, course_id: int, cycle: int, number: int
) -> Attempt | None:
    """Return a person's attempt of this number at a course version in a cycle."""
    return tx.session.scalar(
        select(Attempt).where(
            Attempt.person_id == person_id,
            Attempt.course_id == course_id,
            Attempt.cycle == cycle,
            Attempt.number == number,
        )
    )


def find_review(tx: Transaction, attempt_id: int) -> AttemptReview | None:
    """Return what staff said of an attempt."""
    return tx.session.get(AttemptReview, attempt_id)


def list_tried(tx: Transaction, *, person_id: int, course_id: int, cycle: int) -> list[Tried]:
    """Return a person's attempts at a course version in a cycle, as staff have read them."""
    rows = tx.session.execute(
        select(Attempt, AttemptReview)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(
            Attempt.person_id == person_id, Attempt.course_id == course_id, Attempt.cycle == cycle
        )
        .order_by(Attempt.number)
    )
    return [
        Tried(
            attempt.number,
            passed=attempt.passed or (review is not None and review.passed),
            at=review.at if review else attempt.at,
            awaiting=attempt.awaiting and review is None,
        )
        for attempt, review in rows
    ]


def list_started(tx: Transaction, *, person_id: int, course_id: int, cycle: int) -> list[Started]:
    """Return the clocks that a person has started for a course version in a cycle."""
    rows = tx.session.scalars(
        select(QuizSitting).where(
            QuizSitting.person_id == person_id,
            QuizSitting.course_id == course_id,
            QuizSitting.cycle == cycle,
        )
    )
    return [Started(row.number, row.started_at, row.ends_at) for row in rows]


def count_grants(tx: Transaction, *, person_id: int, course_key: str, cycle: int) -> int:
    """Return how many attempts a person was given on top of the limit."""
    return (
        tx.session.scalar(
            select(func.count())
            .select_from(AttemptGrant)
            .where(
                AttemptGrant.person_id == person_id,
                AttemptGrant.course_key == course_key,
                AttemptGrant.cycle == cycle,
            )
        )
        or 0
    )


def get_any_member(tx: Transaction, person_id: int, *, lock: bool = False) -> PartnerMember:
    """Return a person's place at a partner, also one that they have left; raises `NotAMember`."""
    query = select(PartnerMember).where(PartnerMember.person_id == person_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    member = tx.session.scalar(query)
    if member is None:
        raise NotAMember(f"Person {person_id} belongs to no partner.")
    return member


def name_of(tx: Transaction, person_id: int) -> str:
    """Return a person's name."""
    return tx.session.get_one(Person, person_id).name
