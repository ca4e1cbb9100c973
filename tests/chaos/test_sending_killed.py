"""Workers that are killed at random, a mail server that fails in every way: nothing doubled, nothing lost.

Four workers and two schedules on a broker share one PostgreSQL (or one worker has SQLite). All of them, and the
broker, are killed with SIGKILL at random moments and started again; the database restarts, the broker forgets,
the clock jumps; people and recipients stop what is about to be sent. `SOAK=1` runs the long version, whose size
SOAK_SENDS, SOAK_KILLS, SOAK_RESTARTS, SOAK_STALL_S and SOAK_SEED set.
"""

import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import select

from recruit.sequences.receiving import record_mail
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.usecases import suppress
from recruit.sequences.values import EnrollmentStatus, SuppressionScope, TouchStatus
from recruit.wiring import App
from tests.chaos.sending_trouble import Trouble, doubles, told_after
from tests.chaos.sending_world import (
    Database,
    World,
    deliver,
    own_database,
    persist,
    run_processes,
    world,
)
from tests.factories.sequences import enroll_new_firm, mails_only, make_sequence, reply_mail

pytestmark = pytest.mark.chaos

SOAK = bool(os.environ.get("SOAK"))
ALWAYS = {"opens": "00:00", "closes": "23:59", "spread_minutes": 0, "skip_holidays": False}
OPEN_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True)
class Plan:
    """How long a run is. `restarts` are of the database; the clock jumps as often, and the broker forgets."""

    sends: int
    kills: int
    restarts: int
    stall_s: float
    seed: int


def _plan() -> Plan:
    def number(name: str, short: float, long: float) -> float:
        return float(os.environ.get(f"SOAK_{name}", long)) if SOAK else short

    return Plan(
        sends=int(number("SENDS", 240, 50_000)),
        kills=int(number("KILLS", 6, 200)),
        restarts=int(number("RESTARTS", 1, 5)),
        stall_s=number("STALL_S", 5, 60),
        seed=int(number("SEED", 11, 11)),
    )


@dataclass
class Disturber:
    """Stops firms that are about to be written to; remembers when each stop was committed."""

    run: World
    plan: Plan
    stopped: dict[str, float] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)

    def stop_one(self) -> None:
        """Stop a firm near the front of the queue, in one of the ways in which firms are stopped."""
        front = len(self.run.trouble.taken) + self.run.rng.randint(-3, 40)
        address = f"ann@firm-{min(front, self.plan.sends - 1)}.example"
        if address in self.stopped or address in self.delivered:
            return
        act = self.run.rng.choice(["address", "domain", "answer", "delivered answer"])
        self.acts[act] += 1
        app, domain = self.run.app, address.partition("@")[2]
        answer = reply_mail("Yes, gladly.", sender=address, message_id=f"<answer@{domain}>")
        match act:
            case "answer":
                persist(lambda: record_mail(app.transaction, answer))
            case "delivered answer":
                # The workers read it when they do; only that it is read, once, is asked of them.
                deliver(self.run.settings.maildir_path, answer.raw)
                self.delivered.append(address)
                return
            case _:
                scope = SuppressionScope(act)
                key = address if act == "address" else domain
                persist(lambda: _suppress(app, scope, key))
        self.stopped[address] = time.monotonic()


def _suppress(app: App, scope: SuppressionScope, key: str) -> None:
    with app.transaction() as tx:
        suppress(tx, scope=scope, key=key, reason="Phone.", actor="chaos")


def _enroll(app: App, sends: int) -> None:
    window = ALWAYS | {"days": OPEN_DAYS}
    with app.transaction() as tx:
        definition = mails_only(1, window=window) | {"grace_hours": 24 * 30}
        make_sequence(tx, cap_per_day=1_000_000, **definition)
        for number in range(sends):
            enroll_new_firm(tx, f"Firm {number}", country="US")


def _torment(run: World, plan: Plan, database: Database, disturber: Disturber) -> Counter[str]:
    """Kill, restart, flush and jump until as many were killed as planned; return who was."""
    killed = Counter[str]()
    restart_every = max(plan.kills // (plan.restarts + 1), 1)
    # There and back: whoever died ahead of time has left leases that end in two hours.
    jumps = cycle((7200, -7200))
    for number in range(1, plan.kills + 1):
        run.wait_for_more(run.rng.randint(1, max(2 * plan.sends // (3 * plan.kills), 1)), 20)
        time.sleep(run.rng.random() / 20)
        for _ in range(3):
            disturber.stop_one()
        killed[run.kill_one()] += 1
        if number % restart_every == 0 and number // restart_every <= plan.restarts:
            killed["database"] += database.crash()
            run.flush_broker()
        if number % max(restart_every // 2, 1) == 0:
            run.clock.jump(next(jumps))
    return killed


@pytest.mark.timeout(6 * 3600 if SOAK else 300)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_killed_at_random_neither_double_nor_lose_a_message(
    kind: str, tmp_path: Path
) -> None:
    plan, begun = _plan(), time.monotonic()
    trouble = Trouble(random.Random(plan.seed), stall_s=plan.stall_s)
    with (
        own_database(kind, tmp_path) as database,
        world(database, tmp_path, trouble=trouble, seed=plan.seed) as run,
    ):
        _enroll(run.app, plan.sends)
        run_processes(run, 1 if kind == "sqlite" else 4)
        disturber = Disturber(run, plan)
        killed = _torment(run, plan, database, disturber)
        run.drain(3600 if SOAK else 120)
        counts = _call_to_account(run, plan, disturber)
    # What a soak's closing note quotes.
    kept = Path(os.environ.get("TEST_ARTEFACTS", "var/artefacts"))
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "chaos.txt").open("a") as file:
        file.write(
            f"{kind}: {plan.sends} planned, {len(trouble.taken)} taken, {counts}, killed {dict(killed)}, "
            f"stopped {dict(disturber.acts)}, server {dict(trouble.happened)}, {time.monotonic() - begun:.0f} s\n"
        )


def _call_to_account(run: World, plan: Plan, disturber: Disturber) -> dict[str, int]:
    taken = run.trouble.taken
    with run.app.reading() as tx:
        touches = list(tx.session.scalars(select(Touch)))
        enrollments = {e.id: e for e in tx.session.scalars(select(Enrollment))}
        answers = Counter(tx.session.scalars(select(Reply.from_address)))
    assert doubles(taken, lambda one: one.message_id) == []
    assert doubles(taken, lambda one: one.address) == []
    assert told_after(taken, disturber.stopped) == []
    # An answer that is read proves that its firm's message was sent, also where the run only made the answer up.
    made_up = {t.message_id for t in touches if t.address_key in answers}
    ids = {one.message_id for one in taken}
    sent = {t.message_id for t in touches if t.status is TouchStatus.SENT}
    parked = {t.message_id for t in touches if t.status is TouchStatus.UNKNOWN}
    assert sent - made_up <= ids <= sent | parked
    counts = Counter(t.status for t in touches)
    blocked = {TouchStatus.FAILED, TouchStatus.CANCELLED, TouchStatus.HELD}
    assert len(touches) == plan.sends == sum(counts.values())
    assert set(counts) <= {TouchStatus.SENT, TouchStatus.UNKNOWN, *blocked}
    assert [t.id for t in touches if t.status in blocked and not t.blocked_by] == []
    assert counts[TouchStatus.SENT] > plan.sends // 2
    assert all(answers[address] == 1 for address in disturber.delivered)
    for touch in touches:
        if touch.address_key in disturber.stopped or touch.address_key in disturber.delivered:
            assert enrollments[touch.enrollment_id].status is EnrollmentStatus.FINISHED
        if touch.status is TouchStatus.CANCELLED:
            assert touch.message_id not in ids
    return {status.value: number for status, number in counts.items()}
