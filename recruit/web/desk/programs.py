"""Other programs: their API keys, and the webhooks by which they hear of changes.

Everybody of the staff sees who may ask what; only administrators make, end and renew.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from recruit.hooks.pruning import KEPT
from recruit.hooks.targets import LONGEST_URL, TargetRefused
from recruit.hooks.usecases import (
    AlreadySubscribed,
    DeliveryNotDead,
    TooManyHooks,
    UnknownDelivery,
    UnknownHook,
    find_hook,
    list_deliveries,
    list_hooks,
    replay_delivery,
    rotate_secret,
    subscribe,
    unsubscribe,
)
from recruit.hooks.values import HookEvent
from recruit.people.api_keys import (
    KeyRefused,
    Scope,
    UnknownKey,
    add_api_key,
    list_api_keys,
    revoke_api_key,
)
from recruit.people.values import Role
from recruit.web.errors import show_error
from recruit.web.pages import redirect, render
from recruit.web.request import AppDep, ReadingTx, StaffPerson, WritingTx, require_admin

router = APIRouter(prefix="/programs")
_only_admins = Depends(require_admin)
_HOME = "/programs"
_GONE = "There is no such webhook, or it has ended."


@router.get("")
def show_programs(request: Request, tx: ReadingTx, person: StaffPerson) -> Response:
    """Show every key and every webhook that is alive, the ended ones folded away."""
    hooks = list_hooks(tx)
    return render(
        request,
        "desk/programs.html",
        keys=list_api_keys(tx),
        hooks=[hook for hook in hooks if hook.ended_at is None],
        ended=[hook for hook in hooks if hook.ended_at is not None][:20],
        scopes=list(Scope),
        events=list(HookEvent),
        may_change=person.role is Role.ADMIN,
        moment=tx.now,
    )


@router.post("/keys", dependencies=[_only_admins])
def add_key(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    name: Annotated[str, Form(max_length=200)] = "",
    scope: Annotated[list[Scope] | None, Form()] = None,
    days: Annotated[int, Form(ge=1, le=730)] = 90,
) -> Response:
    """Make a key and show it this once."""
    try:
        key, token = add_api_key(
            tx, name=name, scopes=scope or [], lasts=timedelta(days=days), actor=person.name
        )
    except KeyRefused as error:
        return redirect(request, _HOME, str(error), kind="stop")
    return _show_secret(
        request,
        f"The key of {key.name}",
        token,
        "Send it as “Authorization: Bearer …”. It is stored as a hash, so nobody can read it again.",
    )


@router.post("/keys/{key_id}/revoke", dependencies=[_only_admins])
def revoke_key(request: Request, tx: WritingTx, key_id: int) -> Response:
    """End a key at once, its webhooks with it."""
    try:
        key = revoke_api_key(tx, key_id=key_id)
    except UnknownKey:
        return show_error(request, 404, text="There is no such key.")
    words = f"The key of {key.name} opens nothing any more, and its webhooks have ended."
    return redirect(request, _HOME, words)


@router.post("/hooks", dependencies=[_only_admins])
def add_hook(
    request: Request,
    app: AppDep,
    tx: WritingTx,
    target_url: Annotated[str, Form(max_length=LONGEST_URL)],
    event: Annotated[HookEvent, Form()],
    key_id: Annotated[int, Form()],
) -> Response:
    """Let an address hear of an event, on behalf of a key; show its secret this once."""
    key = next((key for key in list_api_keys(tx) if key.key_id == key_id), None)
    if key is None or not key.is_valid(tx.now):
        words = "Choose a key that is valid: the webhook ends with it."
        return redirect(request, _HOME, words, kind="stop")
    try:
        hook, secret = subscribe(
            tx,
            key_id=key_id,
            target_url=target_url.strip(),
            event=event,
            allow_private=app.settings.hooks_allow_private,
        )
    except (TargetRefused, AlreadySubscribed, TooManyHooks) as error:
        return redirect(request, _HOME, str(error), kind="stop")
    return _show_secret(request, f"The secret of {hook.target_url}", secret, _VERIFY)


@router.get("/hooks/{hook_id}")
def show_hook(request: Request, tx: ReadingTx, person: StaffPerson, hook_id: int) -> Response:
    """Show a webhook and what came of its deliveries."""
    hook = find_hook(tx, hook_id=hook_id)
    if hook is None:
        return show_error(request, 404, text="There is no such webhook.")
    key = next((key for key in list_api_keys(tx) if key.key_id == hook.key_id), None)
    return render(
        request,
        "desk/hook.html",
        hook=hook,
        key=key,
        deliveries=list_deliveries(tx, hook_id=hook_id, limit=100),
        kept_days=KEPT.days,
        may_change=person.role is Role.ADMIN,
    )


@router.post("/hooks/{hook_id}/secret", dependencies=[_only_admins])
def renew_secret(request: Request, tx: WritingTx, hook_id: int) -> Response:
    """Give a webhook a new secret and show it this once; the old one signs beside it for a day."""
    hook = find_hook(tx, hook_id=hook_id)
    if hook is None or hook.ended_at is not None:
        return show_error(request, 404, text=_GONE)
    _, secret = rotate_secret(tx, key_id=hook.key_id, hook_id=hook_id)
    words = f"{_VERIFY} For 24 hours deliveries are signed with the old one as well."
    return _show_secret(request, f"The new secret of {hook.target_url}", secret, words)


@router.post("/hooks/{hook_id}/end", dependencies=[_only_admins])
def end_hook(request: Request, tx: WritingTx, hook_id: int) -> Response:
    """End a webhook; what waits to be delivered is given up."""
    hook = find_hook(tx, hook_id=hook_id)
    if hook is None or hook.ended_at is not None:
        return show_error(request, 404, text=_GONE)
    unsubscribe(tx, key_id=hook.key_id, hook_id=hook_id)
    return redirect(request, _HOME, f"{hook.target_url} hears of {hook.event.value} no more.")


@router.post("/deliveries/{delivery_id}/replay", dependencies=[_only_admins])
def replay(
    request: Request,
    app: AppDep,
    tx: WritingTx,
    delivery_id: int,
    hook_id: Annotated[int, Form()] = 0,
) -> Response:
    """Send a delivery that was given up again."""
    back = f"{_HOME}/hooks/{hook_id}" if hook_id else _HOME
    try:
        replay_delivery(tx, delivery_id=delivery_id)
    except (UnknownDelivery, DeliveryNotDead, UnknownHook) as error:
        return redirect(request, back, str(error), kind="stop")
    tx.after_commit(lambda: app.wake("hooks.send"))
    return redirect(request, back, "It is sent again.")


_VERIFY = "Verify deliveries with it, by one of the libraries of Standard Webhooks."


def _show_secret(request: Request, title: str, secret: str, words: str) -> Response:
    response = render(request, "desk/secret_once.html", title=title, secret=secret, words=words)
    response.headers["Cache-Control"] = "no-store"
    return response
