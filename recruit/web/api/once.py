"""A POST that may be repeated: with an Idempotency-Key it is worked on once a day."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header, Request, Response
from pydantic import BaseModel, TypeAdapter

from recruit.db.transaction import Transaction
from recruit.people.api_answers import KeptAnswer, claim_answer, keep_answer
from recruit.people.api_keys import KeyView
from recruit.wiring import App

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[!-~]{1,255}$",
        description="Any name of this one request. Repeated within 24 hours it gets the first answer.",
    ),
]


@dataclass(frozen=True)
class Done:
    """What a request brought: a status, and a body that the API describes."""

    status: int
    body: Any


def answer_once(
    app: App,
    request: Request,
    response: Response,
    key: KeyView,
    *,
    name: str | None,
    given: BaseModel,
    act: Callable[[Transaction], Done],
) -> Any:
    """Work on a request in one transaction, or give the answer that it got before.

    Raises `OtherRequest` where the name came with another request, and what `act` raises.
    """
    with app.transaction() as tx:
        kept = None
        if name is not None:
            asked = json.dumps(
                [request.method, request.url.path, given.model_dump(mode="json")], sort_keys=True
            )
            kept = claim_answer(
                tx,
                key_id=key.key_id,
                idempotency_key=name,
                request_hash=sha256(asked.encode()).hexdigest(),
            )
        if kept is not None:
            response.headers["Idempotency-Replayed"] = "true"
        else:
            done = act(tx)
            body = TypeAdapter(type(done.body)).dump_python(done.body, mode="json")
            kept = KeptAnswer(done.status, body)
            if name is not None:
                keep_answer(tx, key_id=key.key_id, idempotency_key=name, answer=kept)
    response.status_code = kept.status
    return kept.body
