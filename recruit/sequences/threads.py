"""Which messages of an enrollment form one conversation, so that a follow-up joins it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from recruit.db.transaction import Transaction
from recruit.sequences.sql import fixed
from recruit.sequences.tables import Touch
from recruit.sequences.values import StepKind, TouchStatus


@dataclass(frozen=True)
class Thread:
    """The newest conversation: its subject as a follow-up bears it, its Message-IDs, oldest first."""

    reply_subject: str = ""
    message_ids: tuple[str, ...] = ()


_SENT = (
    select(Touch.enrollment_id, Touch.subject, Touch.message_id)
    .where(
        Touch.enrollment_id.in_(bindparam("ids", expanding=True)),
        Touch.kind == fixed(StepKind.EMAIL),
        Touch.status == fixed(TouchStatus.SENT),
        Touch.message_id.is_not(None),
    )
    .order_by(Touch.enrollment_id, Touch.step_index)
)


def list_threads(tx: Transaction, enrollment_ids: Iterable[int]) -> dict[int, Thread]:
    """Return the newest conversation of each enrollment that has sent something."""
    rows = tx.connection.execute(_SENT, {"ids": sorted(set(enrollment_ids))})
    threads: dict[int, Thread] = {}
    for enrollment_id, subject, message_id in rows:
        thread = threads.get(enrollment_id, Thread())
        earlier = thread.message_ids if subject == thread.reply_subject else ()
        threads[enrollment_id] = Thread(
            subject if subject.lower().startswith("re:") else f"Re: {subject}",
            (*earlier, str(message_id)),
        )
    return threads
