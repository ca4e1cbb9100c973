"""Which of several records in the CRM is the twin of ours: asked of people, and their answer kept.

The push asks where more than one record fits a firm (or contact) that has no twin yet; nothing is told
of it until somebody chooses one, rules all of them out, or tidies up in the CRM.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, or_, select

from recruit.crm.values import ObjectMapping, canonical
from recruit.db.transaction import Transaction
from recruit.sync import store
from recruit.sync.claims import requeue
from recruit.sync.converse import AMBIGUOUS, SeveralFit
from recruit.sync.links import record_event
from recruit.sync.tables import CrmQuestion
from recruit.sync.values import Choice, DesiredRecord, QuestionStatus, SyncDirection, SyncWhat


class QuestionNotFound(LookupError):
    """No question has this number; the message says where to find them."""


class AnswerRefused(ValueError):
    """The answer doesn't fit the question; the message says why and what does."""


def ask_which(
    tx: Transaction, part: ObjectMapping, record: DesiredRecord, several: SeveralFit
) -> CrmQuestion:
    """Ask, or ask again with what fits now; what was ruled out before stays ruled out."""
    question = _find(tx, record.key)
    if question is None:
        question = CrmQuestion(
            object_type=record.object_type,
            object_id=record.object_id,
            external_id=record.external_id,
            crm_object=part.crm_object,
            not_these=[],
            asked_at=tx.now,
        )
        tx.session.add(question)
    elif question.status is not QuestionStatus.WAITING:
        # What was chosen is gone, or is another's by now.
        question.asked_at, question.decided_at, question.decided_by = tx.now, None, ""
    question.status, question.link_to = QuestionStatus.WAITING, None
    question.ours = {
        rule.ours: rule.from_crm(several.ours[rule.theirs])
        for rule in part.rules
        if rule.theirs in several.ours
    }
    question.fits = [
        {
            "id": seen.id,
            "external_id": seen.external_id,
            "modified_at": canonical(seen.modified_at),
            "fields": {
                rule.ours: rule.from_crm(value)
                for rule in part.rules
                if (value := canonical(seen.fields.get(rule.theirs))) is not None
            },
        }
        for seen in several.fits
    ]
    tx.session.flush()
    return question


def list_choices(tx: Transaction, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Choice]:
    """Return what people said of these records of ours, by (object type, id)."""
    if not keys:
        return {}
    return {
        (one.object_type, one.object_id): Choice(
            one.status, one.link_to, frozenset(str(crm_id) for crm_id in one.not_these)
        )
        for one in tx.session.scalars(select(CrmQuestion).where(_one_of(keys)))
    }


def link_to(tx: Transaction, *, question_id: int, crm_id: str, actor: str) -> CrmQuestion:
    """Say which record it is; the next push links it and tells the firm."""
    question = _get_waiting(tx, question_id)
    known = [str(one["id"]) for one in question.fits]
    if crm_id not in known:
        raise AnswerRefused(
            f"{crm_id!r} is none of the records that fit; they are {', '.join(known)}."
        )
    question.status, question.link_to = QuestionStatus.LINK, crm_id
    _decided(tx, question, actor, f"{actor}: it is {crm_id}")
    return question


def make_new(tx: Transaction, *, question_id: int, actor: str) -> CrmQuestion:
    """Say that none of them is it; the next push makes a new record."""
    question = _get_waiting(tx, question_id)
    if any(one["external_id"] == question.external_id for one in question.fits):
        raise AnswerRefused(
            f"Several records there have the external id {question.external_id}, so a new one can't be "
            "made beside them. Choose the right one, or merge them in the CRM."
        )
    question.status = QuestionStatus.NEW
    _decided(tx, question, actor, f"{actor}: none of those that fit, so a new one")
    return question


def rule_out(tx: Transaction, *, question_id: int, crm_id: str, actor: str) -> CrmQuestion:
    """Say of one record that it isn't it; once none is left, a new one is made."""
    question = _get_waiting(tx, question_id)
    left = [one for one in question.fits if str(one["id"]) != crm_id]
    if len(left) == len(question.fits):
        raise AnswerRefused(f"{crm_id!r} is none of the records that fit.")
    if not left:
        return make_new(tx, question_id=question_id, actor=actor)
    question.fits, question.not_these = left, [*question.not_these, crm_id]
    _note(tx, question, f"{actor}: it is not {crm_id}")
    return question


def reopen(tx: Transaction, *, question_id: int, actor: str) -> CrmQuestion:
    """Take an answer back, as long as the CRM has not been told of it."""
    question = _get(tx, question_id)
    key = (question.object_type, question.object_id)
    if question.status not in {QuestionStatus.LINK, QuestionStatus.NEW} or store.list_links(
        tx, [key]
    ):
        raise AnswerRefused(
            "It is linked already, so the answer can't be taken back here. Merge or split the records "
            "in the CRM; the link follows."
        )
    question.status, question.link_to = QuestionStatus.WAITING, None
    question.decided_at, question.decided_by = None, ""
    _note(tx, question, f"{actor} took the answer back")
    return question


def close_question(tx: Transaction, key: tuple[str, int]) -> None:
    """End a question that waits although the record has a twin now."""
    question = _find(tx, key)
    if question is not None and question.status is QuestionStatus.WAITING:
        question.status, question.decided_at = QuestionStatus.SETTLED, tx.now


def _decided(tx: Transaction, question: CrmQuestion, actor: str, text: str) -> None:
    question.decided_at, question.decided_by = tx.now, actor
    _note(tx, question, text)
    firm_id = store.find_firm_of(tx, question.object_type, question.object_id)
    if firm_id is None:
        return
    waiting = store.list_dead_letters_of(tx, AMBIGUOUS, firm_id=firm_id)
    for entry in waiting:
        requeue(tx, entry)
    if not waiting:
        tx.announce("firm", firm_id)


def _note(tx: Transaction, question: CrmQuestion, text: str) -> None:
    key = (question.object_type, question.object_id)
    record_event(tx, SyncDirection.PUSH, key, SyncWhat.DECIDED, text=text)


def _get(tx: Transaction, question_id: int) -> CrmQuestion:
    question = tx.session.get(CrmQuestion, question_id, with_for_update=True)
    if question is None:
        raise QuestionNotFound(
            f"There is no question {question_id}. `recruit crm questions` lists those that wait."
        )
    return question


def _get_waiting(tx: Transaction, question_id: int) -> CrmQuestion:
    question = _get(tx, question_id)
    if question.status is not QuestionStatus.WAITING:
        by = f" by {question.decided_by}" if question.decided_by else ""
        raise AnswerRefused(f"This was decided already{by}.")
    return question


def _find(tx: Transaction, key: tuple[str, int]) -> CrmQuestion | None:
    return tx.session.scalar(select(CrmQuestion).where(_one_of([key])).with_for_update())


def _one_of(keys: Iterable[tuple[str, int]]) -> Any:
    by_type: dict[str, list[int]] = {}
    for object_type, object_id in keys:
        by_type.setdefault(object_type, []).append(object_id)
    return or_(
        *(
            and_(CrmQuestion.object_type == object_type, CrmQuestion.object_id.in_(ids))
            for object_type, ids in by_type.items()
        )
    )
