"""REST hooks: programs subscribe and unsubscribe by themselves, as Zapier, Make and n8n do."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from recruit.hooks import usecases
from recruit.hooks.targets import LONGEST_URL
from recruit.hooks.values import HookEvent, HookView
from recruit.web.api.caller import Listener
from recruit.web.api.once import Done, IdempotencyKey, answer_once
from recruit.web.api.pages import Cursor, Limit, Page, make_page
from recruit.web.api.problems import describe
from recruit.web.api.reading import ThingId
from recruit.web.request import AppDep, ReadingTx, WritingTx

router = APIRouter(tags=["hooks"])
_ONE = describe(401, 403, 404, 422, 429)


class HookIn(BaseModel):
    """What to hear of, and where."""

    model_config = ConfigDict(extra="forbid")

    target_url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)] = Field(
        description="An https address of the public internet. It ends the subscription by answering 410."
    )
    event: HookEvent


class HookOut(BaseModel):
    """A subscription of this key."""

    id: int
    event: HookEvent
    target_url: str
    created_at: datetime


class NewHook(HookOut):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(description="Verify deliveries with it, as Standard Webhooks says.")


def _out(hook: HookView) -> HookOut:
    return HookOut(
        id=hook.hook_id,
        event=hook.event,
        target_url=hook.target_url,
        created_at=hook.created_at,
    )


@router.get("/hooks", responses=describe(401, 403, 422, 429))
def list_hooks(
    tx: ReadingTx, key: Listener, limit: Limit = 50, cursor: Cursor = ""
) -> Page[HookOut]:
    """The live subscriptions of this key, the newest first."""
    return make_page(
        "hooks",
        cursor,
        limit,
        lambda before, most: [
            _out(hook)
            for hook in usecases.list_hooks(tx, key_id=key.key_id, before_id=before, limit=most)
        ],
        lambda hook: hook.id,
    )


@router.post("/hooks", status_code=201, responses=describe(400, 401, 403, 409, 413, 422, 429))
def add_hook(
    app: AppDep,
    request: Request,
    response: Response,
    key: Listener,
    given: HookIn,
    idempotency_key: IdempotencyKey = None,
) -> NewHook:
    """Let an address hear of an event. Its secret is shown this once."""

    def act(tx: Any) -> Done:
        hook, secret = usecases.subscribe(
            tx,
            key_id=key.key_id,
            target_url=given.target_url,
            event=given.event,
            allow_private=app.settings.hooks_allow_private,
        )
        return Done(201, NewHook(**_out(hook).model_dump(), secret=secret))

    answer: NewHook = answer_once(
        app, request, response, key, name=idempotency_key, given=given, act=act
    )
    return answer


@router.get("/hooks/{hook_id}", responses=_ONE)
def read_hook(tx: ReadingTx, key: Listener, hook_id: ThingId) -> HookOut:
    """A live subscription of this key."""
    return _out(usecases.get_hook(tx, key_id=key.key_id, hook_id=hook_id))


@router.delete("/hooks/{hook_id}", status_code=204, responses=_ONE)
def delete_hook(tx: WritingTx, key: Listener, hook_id: ThingId) -> None:
    """Unsubscribe. What waits to be delivered is given up."""
    usecases.unsubscribe(tx, key_id=key.key_id, hook_id=hook_id)


@router.post("/hooks/{hook_id}/secret", responses=_ONE)
def rotate_secret(tx: WritingTx, key: Listener, hook_id: ThingId) -> NewHook:
    """Get a new secret. For 24 hours deliveries are signed with the old one as well."""
    hook, secret = usecases.rotate_secret(tx, key_id=key.key_id, hook_id=hook_id)
    return NewHook(**_out(hook).model_dump(), secret=secret)
