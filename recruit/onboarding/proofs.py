"""Steps that staff have a part in: tasks with a proof, calls and approvals."""

import hashlib
from datetime import datetime

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import store
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence
from recruit.onboarding.store import UnknownStep
from recruit.onboarding.tables import StepEvidence
from recruit.onboarding.track import Proof, TrackStep
from recruit.onboarding.training_tables import StepCall, StepProof
from recruit.onboarding.uploads import CheckedFile
from recruit.onboarding.values import Action, MemberRole, TrackStepKind

LONGEST_TEXT = 10_000


class ProofMissing(ValueError):
    """What was handed in is not what the task asks for; the message says what is missing."""


class UnknownProof(LookupError):
    """No proof has this id."""


class AlreadyDecidedProof(ValueError):
    """The proof was accepted or returned already."""


class ReturnReasonMissing(ValueError):
    """A proof that is returned needs a reason, which the partner reads."""


class StepNotOpen(ValueError):
    """The step waits for others before it, or is done."""


def hand_in_proof(
    tx: Transaction,
    *,
    person_id: int,
    step_key: str,
    text: str = "",
    file: CheckedFile | None = None,
) -> StepProof:
    """Hand in what a task asks for. Raises `GateNotMet`, `UnknownStep`, `ProofMissing` or `StepNotOpen`."""
    member = store.get_member(tx, person_id)
    store.lock_partner(tx, member.partner_id)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    step = _step(evidence, step_key, TrackStepKind.TASK)
    demand(Action.HAND_IN_TASK, evidence, tx.now, person_id=person_id, step=step_key)
    _refuse_done(evidence, step)
    text = text.strip()
    if step.proof is Proof.TEXT and not text:
        raise ProofMissing("Write your answer into the field.")
    if step.proof is Proof.FILE and file is None:
        raise ProofMissing("Choose a file to hand in.")
    if not text and file is None:
        raise ProofMissing("Write something or choose a file to hand in.")
    if len(text) > LONGEST_TEXT:
        raise ProofMissing(f"The text is longer than {LONGEST_TEXT} letters. Shorten it.")
    latest = tx.session.scalar(
        select(StepProof)
        .where(StepProof.partner_id == member.partner_id, StepProof.step_key == step_key)
        .order_by(StepProof.id.desc())
        .limit(1)
    )
    digest = hashlib.sha256(file.content).hexdigest() if file else ""
    if latest and latest.accepted is None and (latest.text, latest.sha256) == (text, digest):
        return latest  # a double click
    proof = StepProof(
        partner_id=member.partner_id,
        step_key=step_key,
        person_id=person_id,
        text=text,
        file_name=file.name if file else "",
        content_type=file.content_type if file else "",
        content=file.content if file else None,
        sha256=digest,
        at=tx.now,
    )
    tx.session.add(proof)
    tx.session.flush()
    tx.announce("firm", evidence.firm_id)
    return proof


def decide_proof(
    tx: Transaction, *, proof_id: int, accepted: bool, actor: str, reason: str = ""
) -> StepProof:
    """Accept what was handed in, which does the step, or return it with a reason.

    Raises `UnknownProof`, `AlreadyDecidedProof` or `ReturnReasonMissing`.
    """
    proof = tx.session.get(StepProof, proof_id)
    if proof is None:
        raise UnknownProof(f"There is no proof {proof_id}.")
    if not accepted and not reason.strip():
        raise ReturnReasonMissing("Say what is missing; the partner reads it.")
    store.lock_partner(tx, proof.partner_id)
    tx.session.refresh(proof)
    if proof.accepted is not None:
        raise AlreadyDecidedProof(f"{proof.decided_by} has decided on this already.")
    proof.accepted, proof.reason = accepted, reason.strip()
    proof.decided_by, proof.decided_at = actor, tx.now
    record(
        tx,
        Deed.STEP_DECIDED,
        "partner",
        proof.partner_id,
        actor=actor,
        step=proof.step_key,
        accepted=accepted,
        reason=proof.reason,
    )
    if accepted:
        _done(tx, proof.partner_id, proof.step_key, actor, reason)
    evidence = gather_evidence(tx, partner_id=proof.partner_id)
    step = evidence.track.find_step(proof.step_key)
    notify(
        tx,
        person_id=proof.person_id,
        kind=NoticeKind.PROOF_DECIDED,
        key=f"proof:{proof.id}",
        facts={
            "step": step.title if step else proof.step_key,
            "accepted": accepted,
            "reason": reason.strip(),
            "path": f"/portal/steps/{proof.step_key}",
        },
    )
    tx.announce("firm", evidence.firm_id)
    return proof


def book_call(
    tx: Transaction, *, partner_id: int, step_key: str, starts_at: datetime, actor: str
) -> StepCall:
    """Say when a call is; the partner's signatories and administrators hear of it. Raises `UnknownStep`."""
    store.lock_partner(tx, partner_id)
    evidence = gather_evidence(tx, partner_id=partner_id)
    step = _step(evidence, step_key, TrackStepKind.CALL)
    _refuse_done(evidence, step)
    call = StepCall(
        partner_id=partner_id, step_key=step_key, starts_at=starts_at, actor=actor, at=tx.now
    )
    tx.session.add(call)
    tx.session.flush()
    for member in evidence.members:
        if member.role is not MemberRole.MEMBER:
            notify(
                tx,
                person_id=member.person_id,
                kind=NoticeKind.CALL_BOOKED,
                key=f"call:{call.id}",
                facts={
                    "step": step.title,
                    "firm": evidence.company_name,
                    "when": f"{starts_at:%-d %B %Y, %H:%M}",
                },
            )
    tx.announce("firm", evidence.firm_id)
    return call


def confirm_step(
    tx: Transaction, *, partner_id: int, step_key: str, actor: str, note: str = ""
) -> None:
    """Say that a call was held, or approve; confirming again changes nothing.

    Raises `UnknownStep` where the step is neither, and `StepNotOpen` while it waits for others: what
    comes before an approval is what is approved.
    """
    store.lock_partner(tx, partner_id)
    evidence = gather_evidence(tx, partner_id=partner_id)
    step = _step(evidence, step_key, TrackStepKind.CALL, TrackStepKind.APPROVAL)
    if step.kind is TrackStepKind.APPROVAL:
        demand(Action.HAND_IN_TASK, evidence, tx.now, step=step_key)
    if _done(tx, partner_id, step_key, actor, note):
        record(
            tx, Deed.STEP_DECIDED, "partner", partner_id, actor=actor, step=step_key, accepted=True
        )
        tx.announce("firm", evidence.firm_id)


def _step(evidence: Evidence, step_key: str, *kinds: TrackStepKind) -> TrackStep:
    step = evidence.track.find_step(step_key)
    if step is None or step.kind not in kinds:
        names = " or ".join(kind.value for kind in kinds)
        raise UnknownStep(
            f"The track {evidence.track.title!r} has no {names} that is named {step_key!r}."
        )
    return step


def _refuse_done(evidence: Evidence, step: TrackStep) -> None:
    if step.key in evidence.declared:
        raise StepNotOpen(f"“{step.title}” is done already.")


def _done(tx: Transaction, partner_id: int, step_key: str, actor: str, note: str) -> bool:
    return store.add_once(
        tx,
        StepEvidence(
            partner_id=partner_id,
            step_key=step_key,
            waived=False,
            note=note.strip(),
            actor=actor,
            at=tx.now,
        ),
    )
