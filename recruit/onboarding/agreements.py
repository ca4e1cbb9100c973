"""Accepting an agreement: who may, what is kept as evidence, and what the partner commits itself to."""

import hashlib

from sqlalchemy import update

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import published, store
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence
from recruit.onboarding.joining_tables import PartnerCommitment
from recruit.onboarding.published import NothingPublished
from recruit.onboarding.store import UnknownStep
from recruit.onboarding.tables import AgreementAcceptance, AgreementVersion, Partner
from recruit.onboarding.terms import read_commitments
from recruit.onboarding.values import Action, MemberRole, TrackStepKind


class NotSignedProperly(ValueError):
    """The agreement was not accepted in the way that counts; the message says what is missing."""


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
    rendered: str = "",
    auth_method: str = "",
    authority: bool = True,
) -> AgreementAcceptance:
    """Accept the newest version of the partner's agreement; accepting it again changes nothing.

    `text_sha256` is the hash of the version that the signer was shown: another one published meanwhile
    is refused. `rendered` is the HTML that they read, `authority` the box that says that they may sign,
    `auth_method` what they were signed in with. Raises `GateNotMet` or `NotSignedProperly`.
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
    if not authority:
        raise NotSignedProperly("Tick the box to say that you may sign for your company.")
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
        text_sha256=version.sha256,
        rendered_sha256=hashlib.sha256(rendered.encode()).hexdigest() if rendered else "",
        ip=ip[:45],
        user_agent=user_agent[:300],
        auth_method=auth_method[:60],
        authority=authority,
        accepted_at=tx.now,
    )
    tx.session.add(acceptance)
    _commit_to(tx, partner, version)
    tx.session.flush()
    record(
        tx,
        Deed.AGREEMENT_SIGNED,
        "partner",
        partner_id,
        actor=typed_name,
        person_id=person_id,
        ip=ip,
        agreement=version.name,
        number=version.number,
        sha256=version.sha256,
        acceptance=acceptance.id,
    )
    tx.announce("firm", partner.firm_id)
    return acceptance


def _commit_to(tx: Transaction, partner: Partner, version: AgreementVersion) -> None:
    # What an earlier version asked for, the new one has taken the place of.
    tx.session.execute(
        update(PartnerCommitment)
        .where(PartnerCommitment.partner_id == partner.id, PartnerCommitment.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    for commitment in read_commitments(version.commitments):
        tx.session.add(
            PartnerCommitment(
                partner_id=partner.id,
                agreement_version_id=version.id,
                kind=commitment.kind,
                course_key=commitment.course,
                amount=commitment.amount,
                currency=commitment.currency,
                since=tx.now,
                due_on=commitment.due_on(tx.now),
            )
        )


def ask_to_accept(tx: Transaction, version: AgreementVersion) -> None:
    """Let the signatories of every partner that accepted an earlier version know of a new one."""
    if version.accept_by is None:
        return
    for partner in store.list_partners_who_accepted(tx, version.name):
        for member in store.list_members(tx, partner.id):
            if member.role is MemberRole.SIGNATORY:
                notify(
                    tx,
                    person_id=member.person_id,
                    kind=NoticeKind.AGREEMENT_CHANGED,
                    key=str(version.id),
                    facts={
                        "title": version.title,
                        "until": f"{version.accept_by.day} {version.accept_by:%B %Y}",
                        "firm": str(partner.company.get("name") or ""),
                    },
                )
