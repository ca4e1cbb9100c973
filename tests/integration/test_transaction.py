"""One unit of work: all or nothing, and what follows it only when it is committed."""

import pytest
from sqlalchemy import func, select

from recruit.db.outbox import OutboxEntry
from recruit.wiring import App


def _entries(app: App) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


def test_an_edit_that_fails_leaves_neither_rows_nor_wake_ups(app: App) -> None:
    woken: list[str] = []
    with pytest.raises(RuntimeError), app.transaction() as tx:
        tx.announce("firm", 1)
        tx.after_commit(lambda: woken.append("x"))
        raise RuntimeError
    assert (_entries(app), woken) == (0, [])


def test_an_object_is_announced_once_a_transaction(app: App) -> None:
    with app.transaction() as tx:
        for firm_id in (1, 2, 1, 1):
            tx.announce("firm", firm_id)
    assert _entries(app) == 2


def test_what_follows_a_commit_runs_after_it(app: App) -> None:
    seen: list[int] = []
    with app.transaction() as tx:
        tx.announce("firm", 1)
        tx.after_commit(lambda: seen.append(_entries(app)))
    assert seen == [1]
