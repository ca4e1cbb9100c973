"""Asking a candidate for more: a mail with a link under which the answer is written.

The mail goes at most once: what is being sent when a process dies is parked, and the link can be handed
over from the candidate's page.
"""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.mail.port import DefinitelyNotSent, Envelope, Mailer, OutcomeUnknown
from recruit.notices.composing import Letter, LetterUnsendable, compose
from recruit.notices.sending import Office
from recruit.notices.values import Wording
from recruit.onboarding import store
from recruit.onboarding.applying import tell_staff
from recruit.onboarding.candidates import decide_on
from recruit.onboarding.joining_tables import CandidateQuestion
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import UNDECIDED, CandidateStatus, QuestionMail

OpenTx = Callable[[], AbstractContextManager[Transaction]]
_LONGEST = 5000


class QuestionRefused(ValueError):
    """A question or an answer can't be taken; the message says why."""


class UnknownQuestion(LookupError):
    """A link to a question is not one of ours."""


def ask_candidate(tx: Transaction, *, candidate_id: int, question: str, actor: str) -> int:
    """Ask a candidate for more, and let it wait for the answer; returns the question's id.

    Raises `QuestionRefused`, or `AlreadyDecided`.
    """
    question = question.strip()[:_LONGEST]
    if len(question) < 5:
        raise QuestionRefused("Write what you would like to know.")
    candidate = store.get_candidate(tx, candidate_id)
    if not candidate.contact_email:
        raise QuestionRefused("No address is known. Ask them in another way.")
    if candidate.status is not CandidateStatus.ASKED:
        decide_on(tx, candidate, CandidateStatus.ASKED, actor, candidate.decision_reason)
    row = CandidateQuestion(
        candidate_id=candidate.id,
        question=question,
        asked_by=actor,
        asked_at=tx.now,
        mail=QuestionMail.WAITING,
    )
    tx.session.add(row)
    tx.session.flush()
    return row.id


def token_of(secret: str, question_id: int) -> str:
    """Return the token of the link under which a question is answered."""
    mac = hmac.new(secret.encode(), f"question:{question_id}".encode(), hashlib.sha256).hexdigest()
    return f"{question_id}-{mac[:32]}"


def find_question(tx: Transaction, *, secret: str, token: str) -> CandidateQuestion:
    """Return the question of a link; raises `UnknownQuestion`."""
    head, _, _ = token.partition("-")
    if head.isascii() and head.isdigit() and len(head) < 18:
        right = hmac.compare_digest(token.encode(), token_of(secret, int(head)).encode())
        row = tx.session.get(CandidateQuestion, int(head)) if right else None
        if row is not None:
            return row
    raise UnknownQuestion("This link is incomplete. Copy the whole of it from the mail.")


def answer_question(tx: Transaction, *, secret: str, token: str, answer: str) -> None:
    """Keep an answer, and let the candidate wait for a decision; the first answer counts.

    Raises `UnknownQuestion` or `QuestionRefused`.
    """
    row = find_question(tx, secret=secret, token=token)
    candidate = store.get_candidate(tx, row.candidate_id)
    tx.session.refresh(row)
    if row.answered_at is not None:
        return
    answer = answer.strip()[:_LONGEST]
    if not answer:
        raise QuestionRefused("Write your answer.")
    row.answer, row.answered_at = answer, tx.now
    tx.session.flush()
    if candidate.status is CandidateStatus.ASKED and not _has_open(tx, candidate.id):
        candidate.status = CandidateStatus.WAITING
    if candidate.status in UNDECIDED:
        firm = store.get_firm_row(tx, candidate.firm_id)
        tell_staff(tx, candidate, firm.name, how="answered what you asked", key=f"answer:{row.id}")


def _has_open(tx: Transaction, candidate_id: int) -> bool:
    query = select(CandidateQuestion.id).where(
        CandidateQuestion.candidate_id == candidate_id, CandidateQuestion.answered_at.is_(None)
    )
    return tx.session.scalar(query.limit(1)) is not None


def mail_questions(open_tx: OpenTx, mailer: Mailer, office: Office) -> int:
    """Send the questions that wait to be mailed; returns how many went out."""
    with open_tx() as tx:
        waiting = list(
            tx.session.scalars(
                select(CandidateQuestion.id)
                .where(CandidateQuestion.mail == QuestionMail.WAITING)
                .order_by(CandidateQuestion.id)
                .limit(20)
            )
        )
    return sum(_mail(open_tx, mailer, office, question_id) for question_id in waiting)


def _mail(open_tx: OpenTx, mailer: Mailer, office: Office, question_id: int) -> bool:
    with open_tx() as tx:
        row = tx.session.scalar(
            select(CandidateQuestion)
            .where(
                CandidateQuestion.id == question_id, CandidateQuestion.mail == QuestionMail.WAITING
            )
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return False
        # Before it goes: who dies from here on never sends it twice.
        row.mail = QuestionMail.SENDING
        candidate = tx.session.get_one(Candidate, row.candidate_id)
        letter = _letter(office, row, candidate, tx)
    try:
        words = mailer.offer(Envelope(letter.sender, letter.recipient), compose(letter)).finish()
    except DefinitelyNotSent as error:
        # What may work later is tried again by the next sweep.
        mail = QuestionMail.FAILED if error.permanent else QuestionMail.WAITING
        _settle(open_tx, question_id, mail, str(error))
        return False
    except LetterUnsendable as error:
        _settle(open_tx, question_id, QuestionMail.FAILED, str(error))
        return False
    except OutcomeUnknown as error:
        _settle(open_tx, question_id, QuestionMail.UNKNOWN, str(error))
        return False
    _settle(open_tx, question_id, QuestionMail.SENT, words)
    return True


def _settle(open_tx: OpenTx, question_id: int, mail: QuestionMail, words: str) -> None:
    with open_tx() as tx:
        row = tx.session.get_one(CandidateQuestion, question_id)
        row.mail, row.mail_words = mail, words[:500]


def _letter(
    office: Office, row: CandidateQuestion, candidate: Candidate, tx: Transaction
) -> Letter:
    firm = store.get_firm_row(tx, candidate.firm_id)
    domain = office.address.rpartition("@")[2] or "localhost"
    return Letter(
        sender=office.address,
        sender_name=office.name,
        recipient=candidate.contact_email,
        recipient_name=candidate.contact_name,
        wording=Wording(
            subject=f"A question about {firm.name} and our partner program",
            paragraphs=(
                "Thank you for your interest in becoming a partner. We have a question first:",
                *(part.strip() for part in row.question.split("\n\n") if part.strip()),
            ),
            action="Answer",
            path=f"/answer/{token_of(office.secret, row.id)}",
        ),
        base_url=office.base_url,
        choice_url="",
        message_id=f"<question-{row.id}@{domain}>",
        sent_at=tx.now,
        is_account_mail=True,
    )
