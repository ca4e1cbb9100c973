"""Transactions: opened at an edge, handed to use cases, committed by the edge alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.orm import Session

from recruit.db.fence import raise_fence
from recruit.db.outbox import OutboxEntry, OutboxStatus

# A plain row: one is written for each message that is sent.
_ANNOUNCE = insert(cast("Table", OutboxEntry.__table__))


@dataclass(frozen=True)
class Origin:
    """Who a unit of work is done for, and from which address; empty where a program does it by itself.

    `fence` is the only partner whose rows the work may see and touch, 0 for none at all; None is no fence.
    """

    name: str = ""
    person_id: int | None = None
    ip: str = ""
    fence: int | None = None


_NOBODY = Origin()
_origin: ContextVar[Origin] = ContextVar("recruit_origin", default=_NOBODY)


def act_for(origin: Origin) -> None:
    """Let every transaction that is opened from here on in this request (or command) be `origin`'s.

    An edge says it once. No route can forget it, and with it the fence around a partner's rows.
    """
    _origin.set(origin)


@dataclass
class Transaction:
    """One unit of work at one moment.

    `now` is read once, so that everything that happens in it happens at the same time.
    """

    session: Session
    now: datetime
    origin: Origin = _NOBODY
    _before_commit: list[Callable[[], None]] = field(default_factory=list)
    _after_commit: list[Callable[[], None]] = field(default_factory=list)
    _announced: set[tuple[str, int]] = field(default_factory=set)
    _connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection of this transaction, for plain statements where the unit of work costs too much."""
        # Not a cached_property, whose lock every transaction of the process would share while it begins.
        if self._connection is None:
            self._connection = self.session.connection()
        return self._connection

    def before_commit(self, act: Callable[[], None]) -> None:
        """Call `act` as the last thing of the transaction, and never if it is rolled back."""
        self._before_commit.append(act)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once the transaction is committed, and never if it is rolled back."""
        self._after_commit.append(act)

    def announce(self, object_type: str, object_id: int) -> None:
        """Write to the outbox that an object changed; once a transaction, however often it is said."""
        if (object_type, object_id) in self._announced:
            return
        self._announced.add((object_type, object_id))
        self.connection.execute(
            _ANNOUNCE,
            {
                "object_type": object_type,
                "object_id": object_id,
                "status": OutboxStatus.PENDING,
                "queued_at": self.now,
                "next_attempt_at": self.now,
            },
        )


@contextmanager
def transaction(engine: Engine, now: datetime, *, reading: bool = False) -> Iterator[Transaction]:
    """Open a transaction; commit when the block ends, roll back when it raises.

    `reading` promises that nothing is written, which lets SQLite serve readers beside a writer.
    """
    bind = engine.execution_options(recruit_reading=True) if reading else engine
    with Session(bind, expire_on_commit=False) as session:
        tx = Transaction(session, now, _origin.get())
        with session.begin():
            if tx.origin.fence is not None:
                raise_fence(session, tx.origin.fence)
            yield tx
            # After a rollback inside the block there is nothing to commit.
            for act in tx._before_commit if session.in_transaction() else ():
                act()
    for act in tx._after_commit:
        act()
