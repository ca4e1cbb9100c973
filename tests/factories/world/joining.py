"""A track to work through, and partners who have come to different points of it."""

from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding.tables import PartnerMember
from recruit.onboarding.usecases import (
    accept_candidate,
    publish_agreement,
    publish_course,
    publish_track,
    sign_agreement,
)
from tests.factories.world.ids import World

AGREEMENT = "# Partner agreement\n\nBe good to customers.\n"
COURSE: dict[str, Any] = {
    "key": "basics",
    "title": "Product basics",
    "summary": "What it is and whom it is for.",
    "validity_months": 12,
    "lessons": [{"key": "what", "title": "What it is", "minutes": 5, "markdown": "It runs clusters."}],
    "quiz": {
        "minutes": 5,
        "pass_mark": 0.8,
        "questions": [
            {"key": "one", "kind": "single", "text": "What runs?", "options": ["Clusters", "Cars"], "answer": "Clusters", "lesson": "what"}
        ],
    },
}  # fmt: skip
TRACK: dict[str, Any] = {
    "name": "standard",
    "title": "Standard track",
    "steps": [
        {"key": "agreement", "kind": "agreement", "title": "Sign the agreement", "done_title": "Agreement signed", "agreement": "partner"},
        {"key": "company", "kind": "profile", "title": "Describe your company", "done_title": "Company described"},
        {"key": "basics", "kind": "course", "title": "Learn the basics", "done_title": "Basics learned", "course": "basics"},
        {"key": "certificate", "kind": "certification", "title": "Get certified", "done_title": "Certified", "course": "basics"},
    ],
}  # fmt: skip


def publish_standard_track(tx: Transaction) -> None:
    """Publish the agreement, the course and the track."""
    publish_agreement(tx, name="partner", title="Partner agreement", text=AGREEMENT)
    publish_course(tx, definition=COURSE)
    publish_track(tx, definition=TRACK)


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
