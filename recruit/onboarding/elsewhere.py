"""Applications that were made elsewhere (a form of the customer's own, another program) and sent in."""

from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.firms.values import FirmTag
from recruit.onboarding import store
from recruit.onboarding.applying import find_firm_of, mark_applied, tell_staff
from recruit.onboarding.candidates import add_candidate
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import UNDECIDED, CandidateOrigin


class NoSuchFirm(LookupError):
    """No firm is known by this id or website."""


class AlreadyPartner(ValueError):
    """The firm is a partner already."""


@dataclass(frozen=True)
class TakenIn:
    """The candidate that the firm is, and whether this application made it one."""

    candidate: Candidate
    is_new: bool


def take_application(
    tx: Transaction,
    *,
    firm_id: int | None,
    website: str | None,
    contact_email: str,
    contact_name: str,
) -> TakenIn:
    """Make the firm of an id, or else of a website, a candidate; one that is one stays as it is.

    Raises `NoSuchFirm`, `AlreadyPartner` or `InvalidEmail`.
    """
    firm = None
    if firm_id is not None:
        try:
            firm = store.get_firm_row(tx, firm_id)
        except LookupError:
            firm = None
    elif website is not None:
        firm = find_firm_of(tx, website)
    if firm is None:
        raise NoSuchFirm("No firm is known by this id or website. Tell of it first.")
    if store.find_partner_of_firm(tx, firm.id) is not None:
        raise AlreadyPartner(f"{firm.name} is a partner already.")
    is_new = store.find_candidate_of_firm(tx, firm.id) is None
    candidate = add_candidate(
        tx,
        firm_id=firm.id,
        origin=CandidateOrigin.APPLICATION,
        contact_email=contact_email,
        contact_name=contact_name,
    )
    if is_new and candidate.status in UNDECIDED:
        mark_applied(tx, firm, FirmTag.OPEN_APPLICATION)
        tell_staff(tx, candidate, firm.name, how="applied", key=f"candidate:{candidate.id}")
    return TakenIn(candidate, is_new)
