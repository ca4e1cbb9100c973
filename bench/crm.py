"""A first push of 1,000 firms: beside a bare client of Tryton's, and counted in calls and tokens.

The bare client makes the same companies and contacts in the same real Tryton, one call each, and looks for
nothing: it would double what is there already. The vendors' fakes count what a push asks of them.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result
from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.crm.mapping import load_mapping
from recruit.crm.port import Crm
from recruit.crm.values import CrmMapping, Inclusion
from recruit.db.migrate import upgrade
from recruit.sync.push import push_changes
from recruit.wiring import App, build_app
from tests.contracts.fakes.peer import MAPPINGS, Peer
from tests.contracts.fakes.peers import PEERS
from tests.contracts.tryton.server import Line, TrytonServer, make_tryton
from tests.factories.sync import make_contact, make_enrollment, make_firm

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
FIRMS = 1_000
# Where batches of companies go.
UPSERTS = {"hubspot": "/companies/batch/upsert", "salesforce": "/composite/sobjects/Account/"}
MOST_CALLS = {"hubspot": 10, "salesforce": 5}


def run() -> list[Result]:
    """Push to Tryton and to the fakes."""
    return [*_tryton(), *(_calls(name) for name in MOST_CALLS), _tokens()]


def _mapping(name: str) -> CrmMapping:
    return replace(load_mapping(MAPPINGS / f"{name}.toml"), include=Inclusion.ENROLLED)


@contextmanager
def _app(crm: Crm, firms: int) -> Iterator[App]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var_dir=Path(folder), mail_transport=MailTransport.MEMORY)
        app = build_app(settings, clock=VirtualClock(NOW), crm=crm)
        upgrade(app.engine)
        with app.transaction() as tx:
            for n in range(firms):
                firm = make_firm(tx, n)
                make_enrollment(tx, firm, make_contact(tx, firm))
        yield app
        app.engine.dispose()


def _tryton() -> list[Result]:
    server = TrytonServer()
    try:
        line = Line()
        peer = make_tryton(server, line)
        with _app(peer.crm, FIRMS) as app:
            began = time.perf_counter()
            report = push_changes(app.transaction, peer.crm, _mapping("tryton"))
            ours = time.perf_counter() - began
        if (report.created, len(peer.list_records("company"))) != (2 * FIRMS, FIRMS):
            raise RuntimeError(f"The push was not whole: {report}")
        bare = _bare(peer)
    finally:
        server.stop()
    ratio = ours / bare
    return [
        Result(
            "first push of 1,000 firms to Tryton",
            ours,
            "s",
            peer="a bare client's creates",
            ratio=ratio,
            must="<= 1.3 x",
            met=ratio <= 1.3,
        )
    ]


def _bare(peer: Peer) -> float:
    """Make again, with a bare client, what the push made; return the seconds."""
    users = peer.fake
    firms = [dict(record.fields) for record in peer.list_records("company")]
    users.clear()
    began = time.perf_counter()
    for fields in firms:
        made = users.create("company", peer.wire("company", _plain(fields)))
        contact = {"name": "Ada Example", "recruit_company": int(made.id)}
        users.create("contact", contact)
    return time.perf_counter() - began


def _plain(fields: dict[str, object]) -> dict[str, object]:
    # Moments would need Tryton's own form, which costs it nothing.
    return {
        name: value
        for name, value in fields.items()
        if not name.endswith(("_at", "_until")) and value is not None
    }


def _calls(name: str) -> Result:
    peer = PEERS[name]()
    try:
        with _app(peer.crm, FIRMS) as app:
            report = push_changes(app.transaction, peer.crm, _mapping(name))
        if report.created != 2 * FIRMS:
            raise RuntimeError(f"The push was not whole: {report}")
        calls = sum(peer.fake.is_write(one) for one in peer.fake.asked if UPSERTS[name] in one.path)
    finally:
        peer.close()
    most = MOST_CALLS[name]
    return Result(
        f"upsert calls for 1,000 companies, {name}",
        calls,
        "calls",
        must=f"<= {most}",
        met=calls <= most,
    )


def _tokens() -> Result:
    peer = PEERS["pipedrive"]()
    try:
        with _app(peer.crm, FIRMS // 10) as app:
            push_changes(app.transaction, peer.crm, _mapping("pipedrive"))
        spent, charged = peer.crm.tokens_spent, peer.fake.charged
    finally:
        peer.close()
    return Result(
        "tokens for 100 firms, Pipedrive",
        spent,
        "tokens",
        peer="charged by the fake",
        ratio=spent / charged,
        must="equal",
        met=spent == charged,
    )
