"""What a candidate joins when it is accepted: a program, a track, and the agreement of its type and country."""

from dataclasses import dataclass

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.onboarding import published
from recruit.onboarding.joining_tables import Application
from recruit.onboarding.programs import get_program, list_programs
from recruit.onboarding.published import NothingPublished
from recruit.onboarding.tables import Candidate, Track


@dataclass(frozen=True)
class Joined:
    """The program that a candidate joins, as what, on which track, with which agreement (or the track's own)."""

    program: str
    partner_type: str
    track: str
    agreement: str


def choose_program(
    tx: Transaction, candidate: Candidate, firm: Firm, program: str | None, partner_type: str
) -> Joined | None:
    """Return what a candidate joins; None where no program is published. Raises `UnknownProgram`."""
    application = find_application(tx, candidate)
    country = firm.country or ""
    key = program or (application.program if application else "")
    if application is not None:
        partner_type = partner_type or application.partner_type
        country = country or application.country
    programs = [get_program(tx, key)] if key else list_programs(tx)[:1]
    if not programs:
        return None
    joined = programs[0]
    return Joined(
        joined.key, partner_type, joined.track, joined.agreement_for(partner_type, country)
    )


def find_application(tx: Transaction, candidate: Candidate) -> Application | None:
    """Return a candidate's newest application."""
    return tx.session.scalar(
        select(Application)
        .where(Application.candidate_id == candidate.id)
        .order_by(Application.id.desc())
        .limit(1)
    )


def choose_track(tx: Transaction, name: str | None) -> Track:
    """Return the newest version of a track, of the last published one without a name; raises `NothingPublished`."""
    found = (
        published.find_track(tx, name)
        if name is not None
        else tx.session.scalar(
            select(Track).order_by(Track.published_at.desc(), Track.id.desc()).limit(1)
        )
    )
    if found is None:
        raise NothingPublished(
            "No onboarding track is published, so a partner would have nothing to work through. "
            "Publish one first: `recruit onboarding load FOLDER`."
        )
    return found
