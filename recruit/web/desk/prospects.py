"""Prospects: the ranked list, the side panel, and enrolling many firms at once."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from recruit.db.transaction import Transaction
from recruit.insights.firm import FirmMoved, FirmNotFound, FirmPage, firm_page
from recruit.insights.prospects import (
    PER_PAGE,
    ProspectList,
    ProspectQuery,
    Sort,
    list_enrollable,
    list_prospects,
)
from recruit.insights.sequences import SequenceCard, list_sequences
from recruit.insights.standing import STATE_WORDS, ProspectState
from recruit.scoring.usecases import list_profiles, list_views, list_ways_up
from recruit.scoring.whatif import Steadiness, WayUp, say_steadiness
from recruit.sequences.usecases import PlannedTouch, enroll_firm, preview
from recruit.sequences.values import SequencesError, SequenceStatus
from recruit.web.desk.prospect_params import (
    chips_of,
    params_of,
    read_query,
    saved_views,
    sort_url,
    url_of,
    views_of,
)
from recruit.web.errors import show_error
from recruit.web.pages import query_string, redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, is_htmx
from recruit.web.security import safe_next
from recruit.web.words import plural

router = APIRouter()
# What a person can select on one page; more comes from a script, not from a hand.
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Refusal:
    """A firm that was not enrolled, and why not."""

    firm_id: int
    name: str
    reason: str


@router.get("/prospects")
def show_prospects(request: Request, tx: ReadingTx, firm: int | None = None) -> Response:
    """Show the list; `firm` is open in the side panel, the first one where none is named."""
    query = read_query(request.url.query)
    found = list_prospects(tx, query)
    pages = max(1, -(-found.total // PER_PAGE))
    if query.page > pages:
        return RedirectResponse(url_of(query, page=pages), status_code=303)
    opened = firm or (found.rows[0].firm_id if found.rows else None)
    sequences = active_sequences(tx)
    return render(
        request,
        "desk/prospects.html",
        found=found,
        query=query,
        chips=chips_of(query),
        views=views_of(query, dict(found.states)),
        params=params_of(query),
        pages=pages,
        opened=opened,
        chosen=firm is not None,
        near=ProspectQuery(profile=query.profile, is_near=True),
        saved=saved_views(query, list_views(tx)),
        profiles=list_profiles(tx),
        steady=steady_sentence(found),
        shortfall=facets_of(found).get("shortfall", ""),
        undo=undoable(request.query_params.get("undo", "")),
        panel=read_panel(tx, opened, sequences, query.profile) if opened else None,
        sequences=sequences,
        Sort=Sort,
        State=ProspectState,
        sort_url=sort_url,
        url_of=url_of,
        words=STATE_WORDS,
        here=url_of(query, page=query.page, firm=opened),
        export_url="/prospects/export.csv" + query_string(params_of(query) | {"page": None}),
    )


@router.get("/prospects/panel/{firm_id}")
def show_panel(request: Request, tx: ReadingTx, firm_id: int) -> Response:
    """Show one firm beside the list; a browser without scripts gets the firm's own page."""
    if not is_htmx(request):
        return RedirectResponse(f"/firms/{firm_id}", status_code=303)
    sequences = active_sequences(tx)
    try:
        query = read_query(urlsplit(request.headers.get("hx-current-url", "")).query)
        panel = read_panel(tx, firm_id, sequences, query.profile)
    except FirmNotFound as error:
        return show_error(request, 404, text=str(error))
    except FirmMoved as error:
        return RedirectResponse(f"/prospects/panel/{error.into}", status_code=303)
    # The list stays as it is; only the firm that is open beside it changes in the address.
    here = url_of(query, page=query.page, firm=firm_id)
    response = render(
        request,
        "desk/panel.html",
        panel=panel,
        sequences=sequences,
        words=STATE_WORDS,
        here=here,
    )
    response.headers["HX-Replace-Url"] = here
    return response


def undoable(text: str) -> tuple[int, ...]:
    """Return the ids of the overrides that a page offers to take back, from its address."""
    ids = text.split(",")[:MOST_AT_ONCE]
    return tuple(int(i) for i in ids if i.isascii() and i.isdigit() and len(i) < 18)


def steady_sentence(found: ProspectList) -> str:
    """Return how the best hold when a weight moves, as the last ranking found it."""
    return say_steadiness([Steadiness(**one) for one in facets_of(found).get("steady", ())])


def facets_of(found: ProspectList) -> dict[str, Any]:
    """Return what the last ranking found out besides the scores; empty where none was made."""
    return found.profile.ranking.facets if found.profile and found.profile.ranking else {}


@dataclass(frozen=True)
class Panel:
    """What the side panel shows. `planned` is what enrolling it now would send; `why_not` why it cannot be."""

    firm: FirmPage
    planned: tuple[PlannedTouch, ...]
    why_not: str
    # What would lift it among the best, the easiest first.
    ways: tuple[WayUp, ...]


def active_sequences(tx: Transaction) -> list[SequenceCard]:
    """Return the sequences that firms can be enrolled in."""
    return [card for card in list_sequences(tx) if card.status is SequenceStatus.ACTIVE]


def read_panel(
    tx: Transaction, firm_id: int, sequences: list[SequenceCard], profile_name: str | None = None
) -> Panel:
    """Return a firm with what enrolling it in the first sequence would do."""
    firm = firm_page(tx, firm_id, profile_name=profile_name)
    ways = tuple(
        list_ways_up(tx, profile_name=firm.profile.name, firm_id=firm.firm_id)
        if firm.profile and firm.score
        else ()
    )
    if not sequences or firm.state is not ProspectState.NEW:
        return Panel(firm, (), "", ways)
    if not firm.contacts:
        return Panel(
            firm, (), "There is no address to write to. A source that states one adds it.", ways
        )
    try:
        planned = preview(tx, sequence_name=sequences[0].name, firm_ids=[firm_id])
    except SequencesError as error:
        return Panel(firm, (), str(error), ways)
    return Panel(firm, tuple(planned), "", ways)


@router.post("/prospects/enroll")
def enroll(
    request: Request,
    app: AppDep,
    person: StaffPerson,
    sequence: Annotated[str, Form()],
    firm: Annotated[list[int] | None, Form(max_length=MOST_AT_ONCE)] = None,
    back: Annotated[str, Form()] = "/prospects",
    profile: Annotated[str, Form()] = "",
) -> Response:
    """Enroll the selected firms, each in a transaction of its own: one refusal stops one firm."""
    back = safe_next(back, "/prospects")
    firm_ids = list(dict.fromkeys(firm or []))
    if not firm_ids:
        return redirect(
            request, back, "No firm is selected. Select some, then enroll.", kind="wait"
        )
    enrolled: list[int] = []
    refused: list[Refusal] = []
    with app.reading() as tx:
        known = {line.firm_id: line for line in list_enrollable(tx, firm_ids, profile or None)}
    for firm_id in firm_ids:
        line = known.get(firm_id)
        if line is None:
            refused.append(Refusal(firm_id, f"Firm {firm_id}", "There is no such firm any more."))
            continue
        if line.removed:
            reason = f"It is left out of the ranking: {line.removed.rstrip('.')}."
            refused.append(Refusal(firm_id, line.name, reason))
            continue
        try:
            with app.transaction() as tx:
                enroll_firm(
                    tx,
                    sequence_name=sequence,
                    firm_id=firm_id,
                    actor=person.name,
                    profile_version_id=line.profile_version_id,
                    score_total=line.total,
                )
        except SequencesError as error:
            refused.append(Refusal(firm_id, line.name, str(error)))
        else:
            enrolled.append(firm_id)
    if enrolled and not refused:
        return redirect(request, back, f"{plural(len(enrolled), 'firm')} enrolled.")
    if len(firm_ids) == 1 and refused:
        return redirect(
            request, back, f"{refused[0].name} was not enrolled. {refused[0].reason}", kind="stop"
        )
    return render(
        request,
        "desk/enrolled.html",
        enrolled=len(enrolled),
        asked=len(firm_ids),
        refused=refused,
        back=back,
        sequence=sequence,
    )
