"""What a partner says of its company, for the form in which it says so."""

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.portal import evidence_of
from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.tables import Partner
from recruit.onboarding.values import Action, TrackStepKind


def company_form(tx: Transaction, person_id: int) -> tuple[str, dict[str, str], Decision]:
    """Return the company's name, what it says of itself, and whether this person may edit it.

    What it has not said yet is filled in from what is known of the firm.
    """
    evidence = evidence_of(tx, person_id)
    partner = tx.session.get_one(Partner, evidence.partner_id)
    firm = tx.session.get_one(Firm, evidence.firm_id)
    known = {"city": firm.city or "", "country": firm.country or ""}
    said = {key: str(value) for key, value in partner.company.items() if value}
    decision = decide(Action.EDIT_COMPANY, evidence, tx.now, person_id=person_id)
    return evidence.company_name, known | said, decision


def has_described_itself(evidence: Evidence) -> bool:
    """Tell whether the partner has filled in its company's profile."""
    step = evidence.track.step_of_kind(TrackStepKind.PROFILE)
    return step is not None and step.key in evidence.declared
