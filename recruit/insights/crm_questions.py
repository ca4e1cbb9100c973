"""Firms of which more than one record in the CRM could be the twin: both sides, to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.sync.tables import CrmQuestion
from recruit.sync.values import QuestionStatus

# What tells firms and people apart comes first, and the rest isn't asked about.
_TELLING = (
    "name",
    "domain",
    "email",
    "job_title",
    "website",
    "phone",
    "street",
    "postcode",
    "city",
    "region",
    "country",
    "employees_low",
    "employees_high",
    "founded",
)
_OURS_ALONE = {
    "stage",
    "score",
    "profile",
    "score_reasons",
    "sequence",
    "exit_reason",
    "last_touch_at",
    "last_reply_at",
    "agreement_signed_at",
    "certified_people",
    "certificates",
    "certified_until",
}


@dataclass(frozen=True)
class Fit:
    """A record there that could be ours. All is as it was when it was looked at."""

    crm_id: str
    name: str
    fields: Mapping[str, Any]
    modified_at: datetime


@dataclass(frozen=True)
class Question:
    """Which one it is: ours on one side, what fits on the other, by our field names."""

    question_id: int
    firm_id: int | None
    firm: str
    kind: str
    external_id: str
    crm_object: str
    ours: Mapping[str, Any]
    fits: tuple[Fit, ...]
    ruled_out: int
    status: QuestionStatus
    link_to: str | None
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str

    @property
    def rows(self) -> list[tuple[str, Any, list[tuple[Any, bool]]]]:
        """Return (field, ours, [(theirs, whether both say the same) of each fit]), the telling ones first."""
        names = {name for side in (self.ours, *(f.fields for f in self.fits)) for name in side}
        names -= _OURS_ALONE
        order = {name: at for at, name in enumerate(_TELLING)}
        rows = []
        for name in sorted(names, key=lambda name: (order.get(name, len(order)), name)):
            ours = self.ours.get(name)
            theirs = [
                (fit.fields.get(name), _alike(ours, fit.fields.get(name))) for fit in self.fits
            ]
            if ours is not None or any(value is not None for value, _ in theirs):
                rows.append((name, ours, theirs))
        return rows


def count_questions(tx: Transaction) -> int:
    """Return how many wait for a person."""
    return (
        tx.session.scalar(
            select(func.count())
            .select_from(CrmQuestion)
            .where(CrmQuestion.status == QuestionStatus.WAITING)
        )
        or 0
    )


def list_questions(tx: Transaction, *, waiting: bool = True, limit: int = 100) -> list[Question]:
    """Return those that wait, the oldest first; or those that people decided, the newest first."""
    query = _questions().limit(limit)
    if waiting:
        query = query.where(CrmQuestion.status == QuestionStatus.WAITING).order_by(
            CrmQuestion.asked_at, CrmQuestion.id
        )
    else:
        query = query.where(
            CrmQuestion.status.in_((QuestionStatus.LINK, QuestionStatus.NEW))
        ).order_by(CrmQuestion.decided_at.desc(), CrmQuestion.id.desc())
    return [_read(*row) for row in tx.session.execute(query)]


def find_firm_question(tx: Transaction, firm_id: int) -> int | None:
    """Return the number of the question that keeps a firm from being told, None where none does."""
    mine = or_(Firm.id == firm_id, _EMPLOYER.id == firm_id)
    waits = CrmQuestion.status == QuestionStatus.WAITING
    row = tx.session.execute(_questions().where(mine, waits).order_by(CrmQuestion.id)).first()
    return None if row is None else int(row[0].id)


def find_question(tx: Transaction, question_id: int) -> Question | None:
    """Return one, decided ones too."""
    row = tx.session.execute(_questions().where(CrmQuestion.id == question_id)).first()
    return None if row is None else _read(*row)


_PERSON, _EMPLOYER = aliased(Contact), aliased(Firm)


def _questions() -> Any:
    return (
        select(
            CrmQuestion,
            func.coalesce(Firm.id, _EMPLOYER.id),
            func.coalesce(Firm.name, _EMPLOYER.name),
        )
        .outerjoin(Firm, (CrmQuestion.object_type == "firm") & (Firm.id == CrmQuestion.object_id))
        .outerjoin(
            _PERSON, (CrmQuestion.object_type == "contact") & (_PERSON.id == CrmQuestion.object_id)
        )
        .outerjoin(_EMPLOYER, _EMPLOYER.id == _PERSON.firm_id)
        .where(or_(Firm.id.is_not(None), _EMPLOYER.id.is_not(None)))
    )


def _read(question: CrmQuestion, firm_id: int, firm: str) -> Question:
    return Question(
        question_id=question.id,
        firm_id=firm_id,
        firm=firm,
        kind="company" if question.object_type == "firm" else question.object_type,
        external_id=question.external_id,
        crm_object=question.crm_object,
        ours=question.ours,
        fits=tuple(
            Fit(
                crm_id=str(one["id"]),
                name=str(one["fields"].get("name") or one["id"]),
                fields=one["fields"],
                modified_at=datetime.fromisoformat(one["modified_at"]),
            )
            for one in question.fits
        ),
        ruled_out=len(question.not_these),
        status=question.status,
        link_to=question.link_to,
        asked_at=question.asked_at,
        decided_at=question.decided_at,
        decided_by=question.decided_by,
    )


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str):
        return " ".join(ours.split()).casefold() == " ".join(theirs.split()).casefold()
    return ours is not None and ours == theirs
