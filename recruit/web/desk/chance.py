"""A firm's probability by the model in use, with its arithmetic, for the firm's score tab."""

from fastapi import Request

from recruit.db.transaction import Transaction
from recruit.insights.firm import FirmPage
from recruit.learning.chances import ChanceCard, explain_chance
from recruit.learning.registry import ModelRefused, Models
from recruit.scoring.section import ProfileError
from recruit.scoring.values import ScoringRefused
from recruit.web.request import get_app


def read_chance(request: Request, tx: Transaction, firm: FirmPage) -> ChanceCard | None:
    """Return the card; None where no sound model is in use for the profile, as the page of models tells."""
    if firm.profile is None:
        return None
    models = Models(get_app(request).settings.models)
    try:
        return explain_chance(tx, models, profile_name=firm.profile.name, firm_id=firm.firm_id)
    except (ModelRefused, ScoringRefused, ProfileError):
        return None
