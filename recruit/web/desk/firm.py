"""A firm: its header with the one next action, and its tabs."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from recruit.db.transaction import Transaction
from recruit.firms.values import FirmTag
from recruit.insights.crm import firm_sync_history
from recruit.insights.crm_questions import find_firm_question
from recruit.insights.firm import FirmMoved, FirmNotFound, FirmPage
from recruit.insights.onboarding import PartnerPage, partner_page
from recruit.insights.standing import STATE_WORDS, ProspectState
from recruit.onboarding.progress import StepState
from recruit.onboarding.values import PartnerState
from recruit.web.desk.chance import read_chance
from recruit.web.desk.crm import firm_crm_sides
from recruit.web.desk.firm_changes import RowId
from recruit.web.desk.prospects import active_sequences, read_panel
from recruit.web.errors import show_error
from recruit.web.pages import render
from recruit.web.request import ReadingTx, get_app

router = APIRouter()

TABS = {
    "": "Facts",
    "score": "Score",
    "conversation": "Conversation",
    "onboarding": "Onboarding",
    "crm": "CRM",
    "history": "History",
}


@dataclass(frozen=True)
class NextAction:
    """The one thing to do next: a sentence, and where there is a button, its verb and what it calls.

    `post` is the address that a form is sent to with `fields`, `href` one that a link leads to.
    """

    sentence: str
    verb: str = ""
    href: str = ""
    post: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@router.get("/firms/{firm_id}")
@router.get("/firms/{firm_id}/{tab}")
def show_firm(request: Request, tx: ReadingTx, firm_id: RowId, tab: str = "") -> Response:
    """Show a firm's page at one of its tabs; after a merge, the firm that it is part of now."""
    if tab not in TABS:
        return show_error(request, 404)
    try:
        panel = read_panel(tx, firm_id, active_sequences(tx))
    except FirmMoved as error:
        return RedirectResponse(f"/firms/{error.into}", status_code=303)
    except FirmNotFound as error:
        return show_error(request, 404, text=str(error))
    firm = panel.firm
    partner = partner_page(tx, firm.partner_id) if firm.partner_id else None
    return render(
        request,
        f"desk/firm_{tab or 'facts'}.html",
        section="/prospects",
        firm=firm,
        panel=panel,
        word=STATE_WORDS[firm.state],
        tab=tab,
        tabs=TABS,
        firm_tags=list(FirmTag),
        partner=partner,
        action=next_action(tx, firm, panel.why_not, partner),
        evidence=evidence_sentence,
        **_extra(request, tx, firm, tab),
    )


def _extra(request: Request, tx: Transaction, firm: FirmPage, tab: str) -> dict[str, Any]:
    if tab == "score":
        return {"chance": read_chance(request, tx, firm)}
    if tab == "crm":
        sides = firm_crm_sides(get_app(request), tx, firm.firm_id)
        events, question = firm_sync_history(tx, firm.firm_id), find_firm_question(tx, firm.firm_id)
        return {"events": events, "sides": sides, "question": question}
    return {}


def next_action(
    tx: Transaction, firm: FirmPage, why_not: str, partner: PartnerPage | None
) -> NextAction:
    """Return what to do next with a firm; there is always one answer, if only to wait."""
    back = ("back", f"/firms/{firm.firm_id}")
    waiting = next((r for r in firm.conversation.replies if _waits(r)), None)
    match firm.state:
        case ProspectState.INTERESTED if firm.candidate is not None:
            return NextAction(
                "Wants to become a partner and waits for your decision.",
                "Accept as a partner",
                post=f"/candidates/{firm.candidate.candidate_id}/accept",
            )
        case ProspectState.PARTNER if partner is not None:
            return NextAction(
                _of_partner(partner),
                "See where it stands",
                href=f"/firms/{firm.firm_id}/onboarding",
            )
        case _ if waiting is not None:
            return NextAction(
                "Answered, and nobody has read it.",
                "Read the reply",
                href=f"/replies?reply={waiting.reply_id}",
            )
        case ProspectState.NEW if why_not:
            return NextAction(why_not)
        case ProspectState.NEW:
            sequences = active_sequences(tx)
            if not sequences:
                return NextAction("No sequence is active.", "See sequences", href="/sequences")
            return NextAction(
                "Nobody has written to it yet.",
                f"Enroll in “{sequences[0].title}”",
                post="/prospects/enroll",
                fields=(back, ("firm", str(firm.firm_id)), ("sequence", sequences[0].name)),
            )
        case ProspectState.IN_SEQUENCE | ProspectState.PAUSED:
            upcoming = [t for t in firm.conversation.touches if t.settled_at is None]
            step = (
                f"Step {upcoming[0].step_index + 1} comes next."
                if upcoming
                else "Waits for an answer."
            )
            return NextAction(
                step, "See the conversation", href=f"/firms/{firm.firm_id}/conversation"
            )
        case _:
            return NextAction(f"Nothing to do: {STATE_WORDS[firm.state].meaning}.")


def _of_partner(partner: PartnerPage) -> str:
    if partner.state is PartnerState.FULL_ACCESS:
        return "Has full access."
    open_steps = [step.step.title for step in partner.steps if step.state is StepState.NEXT]
    return f"Next for them: {open_steps[0]}." if open_steps else "Works through the track."


def _waits(reply: Any) -> bool:
    return reply.handled_at is None and reply.kind.value == "human"


def evidence_sentence(evidence: dict[str, Any]) -> str:
    """Return why a sighting is thought to be of the firm that it stands under."""
    because = str(evidence.get("because") or "not recorded")
    score = evidence.get("score")
    return because if score is None else f"{because} ({score:g} points)"
