"""What a profile's rankings tell: what moved between two of them, and which firms a program lacks."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.portfolio import choose_portfolio
from recruit.insights.profiles import find_current_profile
from recruit.scoring.moves import Cause, Move
from recruit.scoring.portfolio import GUARANTEE
from recruit.scoring.usecases import compare_rankings, list_ranking_lines
from recruit.scoring.values import ScoringRefused
from recruit.web.pages import render
from recruit.web.request import ReadingTx

router = APIRouter()
_MOVES_SHOWN = 100
_MOST_PICKS = 100
CAUSES = {
    Cause.MERGE: "merge",
    Cause.DATA: "data",
    Cause.WEIGHT: "weight",
    Cause.MODEL: "model",
    Cause.OVERRIDE: "override",
}


@router.get("/profile/moves")
def show_moves(
    request: Request,
    tx: ReadingTx,
    name: str | None = None,
    before: str = "",
    after: str = "",
) -> Response:
    """Show what moved between two rankings, the last two where none is chosen."""
    line = find_current_profile(tx, name)
    found, refusal = None, ""
    rankings = list_ranking_lines(tx, profile_name=line.name) if line else []
    if line is not None:
        try:
            found = compare_rankings(
                tx, profile_name=line.name, before=_whole(before), after=_whole(after)
            )
        except ScoringRefused as error:
            refusal = str(error)
    return render(
        request,
        "desk/profile_moves.html",
        section="/profile",
        line=line,
        rankings=[one for one in rankings if one.is_kept],
        found=found,
        refusal=refusal,
        moves=found.moves[:_MOVES_SHOWN] if found else (),
        said=said,
    )


@router.get("/profile/portfolio")
def show_portfolio(
    request: Request, tx: ReadingTx, name: str | None = None, n: str = "10"
) -> Response:
    """Show the firms that would add most to the partners there are."""
    line = find_current_profile(tx, name)
    wanted = min(max(_whole(n) or 10, 1), _MOST_PICKS)
    page, refusal = None, ""
    try:
        page = choose_portfolio(tx, profile_name=name, wanted=wanted)
    except ScoringRefused as error:
        refusal = str(error)
    return render(
        request,
        "desk/profile_portfolio.html",
        section="/profile",
        line=line,
        wanted=wanted,
        page=page,
        refusal=refusal,
        guarantee=GUARANTEE,
    )


def said(move: Move) -> list[tuple[str, str]]:
    """Return the causes of a move: each with what it did to the firm."""
    lines = []
    if move.entered_by is not None:
        lines.append((CAUSES[move.entered_by], "takes part now"))
    if move.left_by is not None:
        lines.append((CAUSES[move.left_by], "takes no part any more"))
    for cause, (places, points) in move.by_cause.items():
        parts = [f"{points:+g} points"] if points else ["others moved"]
        if places:
            parts.append(f"{abs(places):,} {'up' if places > 0 else 'down'}")
        lines.append((CAUSES[cause], ", ".join(parts)))
    return lines


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
