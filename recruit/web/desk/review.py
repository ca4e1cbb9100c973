"""Review: firms that may be one, side by side; a person says "same" or "not the same", and can undo it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.firms.merging import MergeRefused, say_different, say_same
from recruit.firms.undoing import UndoRefused, undo
from recruit.firms.verdicts import VerdictNotFound, VerdictRefused, withdraw
from recruit.insights.review import Queue, find_pair, list_queue
from recruit.web.errors import show_error
from recruit.web.pages import query_string, redirect, render
from recruit.web.request import ReadingTx, StaffPerson, WritingTx, is_htmx

router = APIRouter()

_GONE = "This pair waits no more: it was decided, or a source has changed since."


def _url(pair: str | None = None, *, at: int = 0, last: str = "") -> str:
    return "/review" + query_string({"pair": pair, "at": at or None, "last": last})


@router.get("/review")
def show_review(
    request: Request, tx: ReadingTx, pair: str = "", at: int = 0, last: str = ""
) -> Response:
    """Show the pairs that wait with one of them open: `pair`, else the one at the place `at`.

    `last` names what can be undone: "change-12" or "verdict-3".
    """
    queue = list_queue(tx)
    at = _place(queue, pair, at)
    chosen = pair or (queue.lines[at].key if queue.lines else "")
    view = find_pair(tx, *ids) if (ids := _ids(chosen)) else None
    if pair and view is None:
        return show_error(request, 404, text=_GONE)
    if is_htmx(request):
        return render(request, "desk/review_pair.html", view=view, at=at, last="")
    return render(
        request,
        "desk/review.html",
        queue=queue,
        view=view,
        at=at,
        last=last if _last(last) else "",
        url=_url,
        chosen=bool(pair),
    )


@router.post("/review/{pair}/{verdict}")
def decide(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    pair: str,
    verdict: str,
    at: Annotated[int, Form()] = 0,
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Say that the two are the same firm, or that they are not; the next pair comes up."""
    ids = _ids(pair)
    view = find_pair(tx, *ids) if ids else None
    if view is None or verdict not in {"same", "different"}:
        return show_error(request, 404, text=_GONE)
    one, other = view.sides
    firms = (one.firm_id, other.firm_id)
    try:
        if verdict == "same":
            done = say_same(tx, firm_ids=firms, actor=person.name, why=why)
            last, words = (
                f"change-{done.change_id}",
                f"{one.name} and {other.name} are one firm now.",
            )
        else:
            done = say_different(tx, firm_ids=firms, actor=person.name, why=why)
            last, words = (
                f"verdict-{done.verdict_id}",
                f"{one.name} and {other.name} stay two firms.",
            )
    except (MergeRefused, VerdictRefused) as error:
        return redirect(request, _url(at=at), str(error), kind="stop")
    return redirect(request, _url(at=at, last=last), words)


@router.post("/review/undo")
def take_back(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    last: Annotated[str, Form()],
    at: Annotated[int, Form()] = 0,
) -> Response:
    """Undo the last decision: the pair waits again."""
    kind, number = _last(last) or ("", 0)
    try:
        if kind == "change":
            undo(tx, change_id=number, actor=person.name)
        elif kind == "verdict":
            withdraw(tx, verdict_id=number, actor=person.name)
        else:
            return show_error(request, 404, text="There is nothing to undo.")
    except (UndoRefused, VerdictNotFound) as error:
        return redirect(request, _url(at=at), str(error), kind="stop")
    return redirect(request, _url(at=at), "Undone. The pair waits again.")


def _place(queue: Queue, pair: str, at: int) -> int:
    keys = [line.key for line in queue.lines]
    if pair in keys:
        return keys.index(pair)
    return min(max(at, 0), max(len(keys) - 1, 0))


def _ids(pair: str) -> tuple[int, int] | None:
    a, _, b = pair.partition("-")
    return (int(a), int(b)) if _is_id(a) and _is_id(b) else None


def _last(last: str) -> tuple[str, int] | None:
    kind, _, number = last.partition("-")
    return (kind, int(number)) if kind in {"change", "verdict"} and _is_id(number) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18
