"""Where partners stand: the board for the channel manager, and one partner's page.

State is computed from evidence at the moment of asking, for all partners in a fixed number of queries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.insights.agreements import list_commitments
from recruit.notices.tables import Notice
from recruit.notices.values import NoticeKind
from recruit.onboarding.commitments import CommitmentView
from recruit.onboarding.evidence import Declared, Evidence, Member
from recruit.onboarding.progress import StepState, StepView, list_steps, state_and_since
from recruit.onboarding.stuck import Stuck, find_stuck
from recruit.onboarding.tables import AgreementAcceptance, AgreementVersion, Partner, PartnerMember
from recruit.onboarding.usecases import gather_evidence, gather_many
from recruit.onboarding.values import PartnerState
from recruit.people.tables import Person


@dataclass(frozen=True)
class BoardCard:
    """A partner on the board. `missing` are the steps that can be done now, in words.

    `stuck` says at what it stands, since when and what helps; None where nothing is left to do.
    """

    partner_id: int
    firm_id: int
    firm_name: str
    days_in_state: int
    missing: tuple[str, ...]
    stuck: Stuck | None = None
    nudged_at: datetime | None = None


@dataclass(frozen=True)
class BoardColumn:
    """All partners in one state; who has stood there longest comes first."""

    state: PartnerState
    cards: tuple[BoardCard, ...]

    @property
    def stuck(self) -> int:
        """Return how many of them have stood still long enough to be nudged or told of."""
        return sum(
            card.stuck is not None and (card.stuck.nudge is not None or card.stuck.is_long)
            for card in self.cards
        )


@dataclass(frozen=True)
class SignatureLine:
    """Who accepted which version of an agreement, and the evidence for it."""

    agreement: str
    number: int
    typed_name: str
    job_title: str
    accepted_at: datetime
    text_sha256: str
    ip: str
    acceptance_id: int


@dataclass(frozen=True)
class FormerMember:
    """A person who has left a partner, or left with it."""

    name: str
    email: str
    left_at: datetime


@dataclass(frozen=True)
class PartnerPage:
    """One partner: its state, steps, people and signatures. `waivers` are by the step's key."""

    partner_id: int
    firm_id: int
    firm_name: str
    state: PartnerState
    since: datetime
    accepted_at: datetime
    accepted_by: str
    left_reason: str
    steps: tuple[StepView, ...]
    waivers: Mapping[str, Declared]
    members: tuple[Member, ...]
    former: tuple[FormerMember, ...]
    signatures: tuple[SignatureLine, ...]
    commitments: tuple[CommitmentView, ...]
    stuck: Stuck | None = None

    @property
    def steps_done(self) -> int:
        """Return how many steps are finished."""
        return sum(step.finished for step in self.steps)


def onboarding_board(tx: Transaction) -> list[BoardColumn]:
    """Return a column for each state, in the order in which partners pass through them."""
    cards: dict[PartnerState, list[tuple[datetime, BoardCard]]] = {s: [] for s in PartnerState}
    nudged = _nudged(tx)
    for evidence in gather_many(tx).values():
        state, since = state_and_since(evidence, tx.now)
        card = BoardCard(
            partner_id=evidence.partner_id,
            firm_id=evidence.firm_id,
            firm_name=evidence.company_name,
            days_in_state=(tx.now - since).days,
            missing=_missing(evidence, tx.now),
            stuck=find_stuck(evidence, tx.now),
            nudged_at=nudged.get(evidence.partner_id),
        )
        cards[state].append((since, card))
    return [
        BoardColumn(
            state,
            tuple(
                card for _, card in sorted(found, key=lambda pair: (pair[0], pair[1].partner_id))
            ),
        )
        for state, found in cards.items()
    ]


def _nudged(tx: Transaction) -> dict[int, datetime]:
    rows = tx.session.execute(
        select(PartnerMember.partner_id, func.max(Notice.raised_at))
        .join(Notice, Notice.person_id == PartnerMember.person_id)
        .where(Notice.kind == NoticeKind.STEP_WAITING)
        .group_by(PartnerMember.partner_id)
    )
    return {row.partner_id: row[1] for row in rows}


def _missing(evidence: Evidence, now: datetime) -> tuple[str, ...]:
    if evidence.left_at is not None:
        return ()
    open_steps = (StepState.NEXT, StepState.LAPSED)
    return tuple(s.step.title for s in list_steps(evidence, now) if s.state in open_steps)


def partner_page(tx: Transaction, partner_id: int) -> PartnerPage:
    """Return one partner as the channel manager sees it; raises `UnknownPartner`."""
    evidence = gather_evidence(tx, partner_id=partner_id)
    partner = tx.session.get_one(Partner, partner_id)
    state, since = state_and_since(evidence, tx.now)
    rows = tx.session.execute(
        select(AgreementAcceptance, AgreementVersion.title, AgreementVersion.number)
        .join(AgreementVersion, AgreementVersion.id == AgreementAcceptance.agreement_version_id)
        .where(AgreementAcceptance.partner_id == partner_id)
        .order_by(AgreementAcceptance.accepted_at)
    )
    return PartnerPage(
        partner_id=partner_id,
        firm_id=evidence.firm_id,
        firm_name=evidence.company_name,
        state=state,
        since=since,
        accepted_at=partner.accepted_at,
        accepted_by=partner.accepted_by,
        left_reason=partner.left_reason,
        steps=list_steps(evidence, tx.now),
        waivers={key: d for key, d in evidence.declared.items() if d.waived},
        members=evidence.members,
        former=_former(tx, partner_id),
        signatures=tuple(
            SignatureLine(
                title, number, a.typed_name, a.job_title, a.accepted_at, a.text_sha256, a.ip, a.id
            )
            for a, title, number in rows
        ),
        commitments=tuple(list_commitments(tx, evidence)),
        stuck=find_stuck(evidence, tx.now),
    )


def _former(tx: Transaction, partner_id: int) -> tuple[FormerMember, ...]:
    rows = tx.session.execute(
        select(Person.name, Person.email, PartnerMember.left_at)
        .join(PartnerMember, PartnerMember.person_id == Person.id)
        .where(PartnerMember.partner_id == partner_id, PartnerMember.left_at.is_not(None))
        .order_by(PartnerMember.left_at.desc(), PartnerMember.id)
    )
    return tuple(FormerMember(name, email, at) for name, email, at in rows if at is not None)
