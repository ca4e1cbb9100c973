"""A candidate as who decides sees it: what it wrote, what we know of it, and what speaks for or against."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.domains import identifying_domain, identifying_mail_domain, registrable_domain
from recruit.firms.tables import Firm
from recruit.firms.values import FirmTag, why_left_alone
from recruit.insights.profiles import ProfileLine, find_current_profile
from recruit.onboarding.joining_tables import Application, CandidateQuestion
from recruit.onboarding.program import ProgramDefinition
from recruit.onboarding.programs import list_programs
from recruit.onboarding.store import find_partner_of_firm, get_firm_row
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.usecases import UnknownCandidate
from recruit.onboarding.values import UNDECIDED
from recruit.scoring.cards import card_of
from recruit.scoring.store import find_score
from recruit.scoring.tables import Score
from recruit.scoring.values import Reason
from recruit.sequences.tables import Reply


@dataclass(frozen=True)
class CheckLine:
    """Something that checking found. `tone` is good, wait or stop."""

    tone: str
    text: str


@dataclass(frozen=True)
class CandidatePage:
    """Everything that a decision needs. `reasons` are the score's, the weightiest first."""

    candidate: Candidate
    firm: Firm
    applications: tuple[Application, ...]
    questions: tuple[CandidateQuestion, ...]
    quote: str
    checks: tuple[CheckLine, ...]
    profile: ProfileLine | None
    score: Score | None
    reasons: tuple[Reason, ...]
    programs: tuple[ProgramDefinition, ...]
    is_open: bool

    @property
    def contacts(self) -> list[tuple[str, str]]:
        """Return whom an invitation can go to: name and address, the candidate's own contact first."""
        found = {self.candidate.contact_email: self.candidate.contact_name}
        for application in self.applications:
            found.setdefault(application.contact_email, application.contact_name)
        return [(name, email) for email, name in found.items() if email]


def candidate_page(tx: Transaction, candidate_id: int) -> CandidatePage:
    """Return a candidate's page; raises `UnknownCandidate`."""
    candidate = tx.session.get(Candidate, candidate_id)
    if candidate is None:
        raise UnknownCandidate(f"There is no candidate {candidate_id}.")
    firm = get_firm_row(tx, candidate.firm_id)
    applications = tuple(
        tx.session.scalars(
            select(Application)
            .where(Application.candidate_id == candidate.id)
            .order_by(Application.id.desc())
        )
    )
    profile = find_current_profile(tx)
    score = find_score(tx, profile.version_id, firm.id) if profile else None
    reply = tx.session.get(Reply, candidate.reply_id) if candidate.reply_id else None
    return CandidatePage(
        candidate=candidate,
        firm=firm,
        applications=applications,
        questions=tuple(
            tx.session.scalars(
                select(CandidateQuestion)
                .where(CandidateQuestion.candidate_id == candidate.id)
                .order_by(CandidateQuestion.id)
            )
        ),
        quote=reply.text if reply else "",
        checks=tuple(_checks(tx, candidate, firm, applications)),
        profile=profile,
        score=score,
        reasons=tuple(
            sorted(card_of(tx, score, firm).reasons, key=lambda reason: -abs(reason.points))[:6]
        )
        if score
        else (),
        programs=tuple(list_programs(tx)),
        is_open=candidate.status in UNDECIDED,
    )


def _checks(
    tx: Transaction, candidate: Candidate, firm: Firm, applications: tuple[Application, ...]
) -> list[CheckLine]:
    lines = []
    partner = find_partner_of_firm(tx, firm.id)
    if partner is not None:
        since = _day(partner.accepted_at)
        gone = f", and left on {_day(partner.left_at)}" if partner.left_at else ""
        lines.append(CheckLine("stop", f"It is a partner already, since {since}{gone}."))
    others = set(firm.tags or []) - {FirmTag.OPEN_APPLICATION}
    if others:
        lines.append(CheckLine("stop", why_left_alone(others)))
    if candidate.decision_reason and candidate.status in UNDECIDED:
        lines.append(
            CheckLine(
                "wait", f"{candidate.decided_by} declined it before: {candidate.decision_reason}"
            )
        )
    for application in applications[:1]:
        lines += _application_checks(tx, application, firm)
    return lines or [CheckLine("good", "No duplicate and no conflict was found.")]


def _application_checks(tx: Transaction, application: Application, firm: Firm) -> list[CheckLine]:
    lines = []
    own = identifying_domain(application.website)
    mail = identifying_mail_domain(application.contact_email)
    if own is None:
        lines.append(CheckLine("wait", "The website is on rented ground and tells no firm apart."))
    elif firm.domain and own != firm.domain:
        lines.append(CheckLine("wait", f"It wrote {own}; we know this firm at {firm.domain}."))
    if mail is None:
        lines.append(CheckLine("wait", "The address is of a mail provider, so it proves no firm."))
    elif own is not None and mail != own:
        lines.append(CheckLine("wait", f"The address is at {mail}, not at {own}."))
    elif own is not None:
        lines.append(CheckLine("good", "The address is at the firm's own domain."))
    known = "was known before it applied" if application.known_before else "came in by applying"
    lines.append(CheckLine("good", f"The firm {known}."))
    same = tx.session.execute(
        select(Partner.id, Firm.name)
        .join(Firm, Firm.id == Partner.firm_id)
        .where(
            Firm.domain == registrable_domain(application.contact_email),
            Firm.domain.is_not(None),
            Firm.id != firm.id,
        )
    ).all()
    if mail is not None:
        lines += [
            CheckLine("stop", f"The address is at the domain of {name}, a partner.")
            for _, name in same
        ]
    return lines


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
