"""The ideal partner profile: its criteria with their points, how scores are spread, and its versions."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.profiles import find_current_profile, list_profile_versions, score_shape
from recruit.scoring.profile import parse_profile
from recruit.web.desk.criteria import criterion_cards, rule_sentence
from recruit.web.pages import render
from recruit.web.request import ReadingTx

router = APIRouter()


@router.get("/profile")
def show_profile(request: Request, tx: ReadingTx, name: str | None = None) -> Response:
    """Show the profile that ranked last, or the one with this name."""
    line = find_current_profile(tx, name)
    definition = parse_profile(line.definition, line.name) if line else None
    return render(
        request,
        "desk/profile.html",
        line=line,
        definition=definition,
        cards=criterion_cards(definition) if definition else [],
        rule_sentence=rule_sentence,
        shape=score_shape(tx, line.version_id) if line else None,
        versions=list_profile_versions(tx),
    )
