"""The packaged track to work through, and partners who have come to different points of it."""

from importlib.resources import files

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding.content import publish_content, read_content
from recruit.onboarding.tables import PartnerMember
from recruit.onboarding.usecases import accept_candidate, sign_agreement
from tests.factories.world.ids import World


def publish_packaged_track(tx: Transaction) -> None:
    """Publish the demo's agreement, courses, track and resources."""
    publish_content(tx, read_content(files("recruit.demo") / "data" / "onboarding"))


def accept(tx: Transaction, world: World, candidate_id: int) -> None:
    """Accept a candidate; every second partner has signed."""
    partner = accept_candidate(tx, candidate_id=candidate_id, actor="Alex Moor")
    world.partner_ids.append(partner.id)
    if len(world.partner_ids) % 2 == 0:
        signatory = tx.session.scalars(
            select(PartnerMember.person_id).where(PartnerMember.partner_id == partner.id)
        ).one()
        sign_agreement(
            tx,
            partner_id=partner.id,
            person_id=signatory,
            typed_name="Mira Okafor",
            job_title="Managing director",
            ip="192.0.2.7",
            user_agent="test",
        )
