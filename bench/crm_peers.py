"""What the conversation promises, measured on each peer: nothing doubled, missing, looping or uncounted.

The peers are the four vendors' fakes and a real Tryton, all served over HTTP. Fifty processes are killed
with SIGKILL at each step of the outbox.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.result import Result
from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.db.migrate import upgrade
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.wiring import App, build_app
from tests.chaos.crm_lives import Lives, Moment, add_firm, mapping_of
from tests.conftest import NOW
from tests.contracts.fakes.peer import Peer
from tests.contracts.fakes.peers import PEERS
from tests.contracts.tryton.server import Line, TrytonServer, make_tryton

FIRMS, IDLE_CYCLES, ROWS, KILLS = 200, 10, 10_500, 50


@dataclass(frozen=True)
class Served:
    """A peer at its address, and how its answers get lost and its writes are counted."""

    peer: Peer
    url: str
    line: Line | None = None

    def lose(self, share: float) -> None:
        """Lose a share of the answers to writes from now on."""
        (self.line or self.peer.fake).lost_share = share

    @property
    def lost(self) -> int:
        """Return how many answers were lost."""
        lost: int = (self.line or self.peer.fake).lost
        return lost

    @property
    def writes(self) -> int:
        """Return how many writes were asked for."""
        if self.line is not None:
            return self.line.writes
        return sum(self.peer.fake.is_write(one) for one in self.peer.fake.asked)


def run() -> list[Result]:
    """Put every peer to the test."""
    return [result for name in (*PEERS, "tryton") for result in _of_peer(name)]


def _of_peer(name: str) -> Iterator[Result]:
    with _served(name) as served, _app(served) as app:
        yield from _lost_answers(served, app)
    with _served(name) as served, _app(served) as app:
        yield _one_moment(served, app)
    with _served(name) as served, _app(served) as app:
        yield from _killed(served, app)


@contextmanager
def _served(name: str) -> Iterator[Served]:
    if name != "tryton":
        peer = PEERS[name]()
        yield Served(peer, peer.fake.url)
        peer.close()
        return
    server, line = TrytonServer(), Line()
    try:
        yield Served(make_tryton(server, line), server.url, line)
    finally:
        server.stop()


@contextmanager
def _app(served: Served) -> Iterator[App]:
    own = served.peer.clock
    # One clock for both sides, but for Tryton, whose clock is the machine's.
    clock = own if isinstance(own, VirtualClock) else VirtualClock(NOW)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(var_dir=Path(folder), mail_transport=MailTransport.MEMORY)
        app = build_app(settings, clock=clock, crm=served.peer.crm)
        upgrade(app.engine)
        yield app
        app.engine.dispose()


def _zero(served: Served, what: str, value: int, unit: str) -> Result:
    return Result(f"{served.peer.name}: {what}", value, unit, must="0", met=value == 0)


def _lost_answers(served: Served, app: App) -> Iterator[Result]:
    """Push while answers are lost, until nothing is open; then let both sides rest."""
    mapping, crm = mapping_of(served.peer.name), served.peer.crm
    # Where batches go, few answers carry many records: half of them have to get lost.
    served.lose(0.5 if crm.capabilities.batch_size > 1 else 0.2)
    for number in range(40):
        with app.transaction() as tx:
            for n in range(10 * number, min(10 * number + 10, FIRMS)):
                add_firm(tx, n)
        push_changes(app.transaction, crm, mapping)
        app.clock.move_to(app.clock.now() + timedelta(hours=2))  # type: ignore[attr-defined]
    lost = served.lost
    served.lose(0.0)
    push_changes(app.transaction, crm, mapping)
    pull_changes(app.transaction, crm, mapping)
    off = abs(len(served.peer.list_ids("company")) - FIRMS)
    off += abs(len(served.peer.list_ids("contact")) - FIRMS)
    off += len(reconcile(app.reading, crm, mapping))
    yield _zero(served, f"{FIRMS} firms, {lost} answers lost: doubled or missing", off, "records")
    before = served.writes
    for _ in range(IDLE_CYCLES):
        pull_changes(app.transaction, crm, mapping)
        push_changes(app.transaction, crm, mapping)
    yield _zero(served, f"{IDLE_CYCLES} idle cycles: written", served.writes - before, "requests")


def _one_moment(served: Served, app: App) -> Result:
    """Pull very many rows that changed in one moment, and count those that don't come or come twice."""
    if served.line is None:
        served.peer.fake.fill(served.peer.words["company"].name, ROWS)
    else:
        rows = [{"name": f"Row {n}", "recruit_person": False} for n in range(ROWS)]
        served.peer.fake.call("party.party", "create", rows)
    report = pull_changes(app.transaction, served.peer.crm, mapping_of(served.peer.name))
    # A template of Tryton's holds parties of its own.
    off = abs(report.read - len(served.peer.list_ids("company"))) if served.line is None else 0
    off += max(0, ROWS - report.read)
    return _zero(served, f"{ROWS:,} rows of one moment: missed or doubled", off, "rows")


def _killed(served: Served, app: App) -> Iterator[Result]:
    """Kill processes at each step of the outbox, and push once after those of each step."""
    lives = Lives(app, served.peer, served.url)
    outcomes = [lives.end_at(moment, KILLS) for moment in Moment]
    kills = sum(outcome.kills for outcome in outcomes)
    differences = sum(outcome.differences + outcome.twice for outcome in outcomes)
    yield _zero(served, f"SIGKILL x {kills}, then one run: differences", differences, "records")
    off = sum(
        abs(one.queued - one.acknowledged - one.still_open - one.dead) + abs(one.uncounted)
        for one in outcomes
    )
    last = outcomes[-1]
    told = f"{last.queued} = {last.acknowledged} + {last.still_open} + {last.dead}"
    yield _zero(served, f"queued = told + open + dead: {told}, off", off, "rows")
