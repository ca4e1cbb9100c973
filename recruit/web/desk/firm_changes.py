"""What people do to a firm's record from its page: merge, split, undo, say who owns it, what it is to us."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from recruit.db.transaction import Transaction
from recruit.firms.families import ParentRefused, set_parent
from recruit.firms.finding import FirmUnclear, find_meant_firm
from recruit.firms.merging import (
    MergeRefused,
    SplitRefused,
    merge_firms,
    split_firm,
)
from recruit.firms.tags import tag_firm, untag_firm
from recruit.firms.undoing import UndoRefused, undo
from recruit.firms.values import FirmTag
from recruit.firms.verdicts import VerdictRefused
from recruit.web.pages import redirect
from recruit.web.request import StaffPerson, WritingTx

router = APIRouter()

_REFUSALS = (
    FirmUnclear, LookupError, MergeRefused, ParentRefused, SplitRefused, UndoRefused, VerdictRefused,
)  # fmt: skip
# What no id can be is a page that is not there.
RowId = Annotated[int, Path(ge=1, lt=2**63)]
Text = Annotated[str, Form(max_length=2000)]


def _do(
    request: Request, tx: Transaction, back: str, act: Callable[[Transaction], tuple[str, str]]
) -> Response:
    """Do it and lead on with a notice, or lead back with the refusal; what is refused changes nothing."""
    try:
        with tx.session.begin_nested():
            url, words = act(tx)
    except _REFUSALS as error:
        return redirect(request, back, str(error), kind="stop")
    return redirect(request, url, words)


@router.post("/firms/{firm_id}/merge")
def merge(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    firm_id: RowId,
    other: Text,
    why: Text = "",
) -> Response:
    """Merge another firm (its id, domain or name) into this one."""

    def act(tx: Transaction) -> tuple[str, str]:
        away = find_meant_firm(tx, other)
        done = merge_firms(tx, keep=firm_id, away=away.id, actor=person.name, why=why)
        return f"/firms/{done.firm_id}/history", f"{away.name} is part of this firm now."

    return _do(request, tx, f"/firms/{firm_id}/history", act)


@router.post("/firms/{firm_id}/split")
def split(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    firm_id: RowId,
    record: Annotated[list[int] | None, Form()] = None,
    why: Text = "",
) -> Response:
    """Make a firm of its own of the sightings that were ticked."""

    def act(tx: Transaction) -> tuple[str, str]:
        done = split_firm(tx, firm_id=firm_id, record_ids=record or [], actor=person.name, why=why)
        return (
            f"/firms/{done.firm_id}",
            "This is a firm of its own now. Its history tells from which.",
        )

    return _do(request, tx, f"/firms/{firm_id}", act)


@router.post("/firms/{firm_id}/undo/{change_id}")
def take_back(
    request: Request, tx: WritingTx, person: StaffPerson, firm_id: RowId, change_id: RowId
) -> Response:
    """Undo a merge or a split."""

    def act(tx: Transaction) -> tuple[str, str]:
        done = undo(tx, change_id=change_id, actor=person.name)
        return f"/firms/{done.firm_id}/history", "Undone. What had moved is back where it was."

    return _do(request, tx, f"/firms/{firm_id}/history", act)


@router.post("/firms/{firm_id}/parent")
def own(
    request: Request, tx: WritingTx, person: StaffPerson, firm_id: RowId, parent: Text = ""
) -> Response:
    """Say which firm owns this one; an empty field says that none does."""

    def act(tx: Transaction) -> tuple[str, str]:
        owner = find_meant_firm(tx, parent) if parent.strip() else None
        set_parent(tx, firm_id=firm_id, parent_id=owner.id if owner else None, actor=person.name)
        words = f"It belongs to {owner.name}." if owner else "It belongs to nobody now."
        return f"/firms/{firm_id}", words

    return _do(request, tx, f"/firms/{firm_id}", act)


@router.post("/firms/{firm_id}/tag")
def tag(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    firm_id: RowId,
    tag: Annotated[FirmTag, Form()],
    off: Annotated[bool, Form()] = False,
    why: Text = "",
) -> Response:
    """Tag a firm by hand, or take a tag off."""

    def act(tx: Transaction) -> tuple[str, str]:
        name = tag.value.replace("_", " ")
        if off:
            untag_firm(tx, firm_id=firm_id, tag=tag, actor=person.name)
            return f"/firms/{firm_id}", f"No longer tagged “{name}”."
        tag_firm(tx, firm_id=firm_id, tag=tag, actor=person.name, why=why)
        return f"/firms/{firm_id}", f"Tagged “{name}”: it is not written to."

    return _do(request, tx, f"/firms/{firm_id}", act)
