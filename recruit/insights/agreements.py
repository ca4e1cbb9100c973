"""Agreements as both sides see them: what to accept, what was accepted, and what it commits to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere, evidence_of
from recruit.onboarding import published
from recruit.onboarding.commitments import CommitmentView, Committed, view_commitment
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.joining_tables import PartnerCommitment
from recruit.onboarding.tables import AgreementAcceptance, AgreementVersion
from recruit.onboarding.terms import read_commitments
from recruit.onboarding.values import Action, TrackStepKind


@dataclass(frozen=True)
class AcceptedVersion:
    """A version that the partner has accepted."""

    acceptance_id: int
    title: str
    number: int
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True)
class AgreementPage:
    """The text to sign, or what was signed. `accepted` are all versions signed, newest first.

    `accept_by` is until when a new version has to be accepted, where one does.
    """

    company: str
    title: str
    number: int
    text: str
    sha256: str
    decision: Decision
    accepted: tuple[AcceptedVersion, ...]
    accept_by: datetime | None
    commitments: tuple[CommitmentView, ...]

    @property
    def is_to_sign(self) -> bool:
        """Tell whether the text shown is yet to be accepted."""
        return not self.accepted or self.accept_by is not None


def agreement_page(tx: Transaction, person_id: int) -> AgreementPage:
    """Return the agreement that the person's partner has to accept, or has accepted."""
    evidence = evidence_of(tx, person_id)
    step = evidence.track.step_of_kind(TrackStepKind.AGREEMENT)
    version = published.find_agreement(tx, step.agreement) if step else None
    if step is None or version is None:
        raise NothingHere("There is no agreement to sign.")
    rows = tx.session.execute(
        select(AgreementAcceptance, AgreementVersion)
        .join(AgreementVersion, AgreementVersion.id == AgreementAcceptance.agreement_version_id)
        .where(
            AgreementAcceptance.partner_id == evidence.partner_id,
            AgreementVersion.name == step.agreement,
        )
        .order_by(AgreementVersion.number.desc())
    ).all()
    change = evidence.change_to_accept(step.agreement, tx.now)
    if rows and change is None:
        # What was signed is shown as it was signed, whatever was published since.
        version = rows[0].AgreementVersion
        commitments = list_commitments(tx, evidence)
    else:
        commitments = _planned(version, evidence, tx.now)
    return AgreementPage(
        company=evidence.company_name,
        title=version.title,
        number=version.number,
        text=version.text,
        sha256=version.sha256,
        decision=decide(Action.SIGN_AGREEMENT, evidence, tx.now, person_id=person_id),
        accepted=tuple(
            AcceptedVersion(a.id, v.title, v.number, a.typed_name, a.accepted_at) for a, v in rows
        ),
        accept_by=change.accept_by if change else None,
        commitments=tuple(commitments),
    )


def _planned(
    version: AgreementVersion, evidence: Evidence, now: datetime
) -> Sequence[CommitmentView]:
    return [
        view_commitment(
            Committed(one.kind, one.amount, one.course, one.currency, one.due_on(now)),
            evidence,
            now,
        )
        for one in read_commitments(version.commitments)
    ]


def list_commitments(tx: Transaction, evidence: Evidence) -> Sequence[CommitmentView]:
    """Return what a partner is committed to now, what is due first at the top."""
    rows = tx.session.scalars(
        select(PartnerCommitment)
        .where(
            PartnerCommitment.partner_id == evidence.partner_id,
            PartnerCommitment.ended_at.is_(None),
        )
        .order_by(PartnerCommitment.due_on, PartnerCommitment.id)
    )
    return [
        view_commitment(
            Committed(row.kind, float(row.amount), row.course_key, row.currency, row.due_on),
            evidence,
            tx.now,
        )
        for row in rows
    ]


def find_acceptance_id(tx: Transaction, *, partner_id: int, acceptance_id: int) -> int:
    """Return the id of an acceptance of this partner; raises `NothingHere`, as for one that isn't there."""
    found = tx.session.scalar(
        select(AgreementAcceptance.id).where(
            AgreementAcceptance.id == acceptance_id, AgreementAcceptance.partner_id == partner_id
        )
    )
    if found is None:
        raise NothingHere("There is no such agreement.")
    return found
