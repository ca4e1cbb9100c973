"""Repeats of a request: one Idempotency-Key is worked on once, and its answer is kept for a day.

The claim is a row of the request's own transaction. A request that is refused leaves none, so a repeat
tries again; one that comes while the first is at work waits for it at the database's unique key.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.people.tables import ApiAnswer

KEPT_FOR = timedelta(hours=24)


class OtherRequest(ValueError):
    """The Idempotency-Key came with another request before."""


@dataclass(frozen=True)
class KeptAnswer:
    """The first answer to a request."""

    status: int
    body: dict[str, Any]


def claim_answer(
    tx: Transaction, *, key_id: int, idempotency_key: str, request_hash: str
) -> KeptAnswer | None:
    """Claim a request, or return what it was answered before; raises `OtherRequest`."""
    tx.session.execute(delete(ApiAnswer).where(ApiAnswer.at <= tx.now - KEPT_FOR))
    claim = ApiAnswer(
        api_key_id=key_id, idempotency_key=idempotency_key, request_hash=request_hash, at=tx.now
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(claim)
    except IntegrityError:
        known = _find(tx, key_id, idempotency_key)
        if known.request_hash != request_hash or known.status is None or known.body is None:
            raise OtherRequest(
                "This Idempotency-Key came with another request before. Use a new one for each request."
            ) from None
        return KeptAnswer(known.status, known.body)
    return None


def keep_answer(tx: Transaction, *, key_id: int, idempotency_key: str, answer: KeptAnswer) -> None:
    """Keep the answer to the request that this transaction has claimed."""
    claim = _find(tx, key_id, idempotency_key)
    claim.status, claim.body = answer.status, answer.body


def _find(tx: Transaction, key_id: int, idempotency_key: str) -> ApiAnswer:
    return tx.session.scalars(
        select(ApiAnswer).where(
            ApiAnswer.api_key_id == key_id, ApiAnswer.idempotency_key == idempotency_key
        )
    ).one()
