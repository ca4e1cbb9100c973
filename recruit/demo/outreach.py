"""Step 4: enroll the best firms and let the production engine run on a virtual clock."""

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich.progress import Progress

from recruit.demo.partners import Partners
from recruit.demo.rank import best
from recruit.demo.staff import Staff
from recruit.demo.tell_crm import converse
from recruit.demo.world import DATA, DAYS, World
from recruit.people.values import SYSTEM
from recruit.sequences.due_times import next_due_at
from recruit.sequences.receiving import read_inbox
from recruit.sequences.sending import send_due_touches
from recruit.sequences.usecases import (
    EnrollmentRefused,
    add_mailbox,
    enroll_firm,
    save_sequence,
    start_sequence,
)

SEQUENCE = "cloud-partners-first-contact"
BEST = 50


@dataclass
class Enrolled:
    """How many firms were enrolled, and why others were not."""

    firms: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def enroll_best(world: World) -> Enrolled:
    """Load the packaged sequence and enroll the best firms that can be enrolled."""
    settings = world.app.settings
    definition = tomllib.loads((DATA / "sequence.toml").read_text(encoding="utf-8"))
    with world.app.transaction() as tx:
        add_mailbox(
            tx,
            address=settings.sender_address,
            from_name=settings.sender_name,
            cap_per_day=40,
            gap_s=90,
        )
        save_sequence(tx, definition=definition, actor=SYSTEM.name)
        start_sequence(tx, name=SEQUENCE)
    result = Enrolled()
    for firm in best(world, 4 * BEST):
        if result.firms == BEST:
            break
        try:
            with world.app.transaction() as tx:
                enroll_firm(
                    tx,
                    sequence_name=SEQUENCE,
                    firm_id=firm.firm.id,
                    actor=SYSTEM.name,
                    profile_version_id=firm.profile_version_id,
                    score_total=firm.card.total,
                )
            result.firms += 1
        except EnrollmentRefused as refusal:
            result.refused[type(refusal).__name__] += 1
    return result


def run_weeks(world: World, staff: Staff, partners: Partners, progress: Progress) -> None:
    """Let `DAYS` days go by: the clock jumps from one thing that is due to the next."""
    end = world.start + timedelta(days=DAYS)
    task = progress.add_task(f"{DAYS} days of outreach and onboarding", total=DAYS)
    visit = staff.next_at(world.clock.now())
    pushed_on = world.clock.now().date()
    while (now := world.clock.now()) < end:
        world.mailboxes.act_until(now)
        _sweep(world)
        if now >= visit:
            staff.work(now, end)
            visit = staff.next_at(now)
        partners.act_until(now)
        if now.date() != pushed_on:
            converse(world)
            pushed_on = now.date()
        progress.update(task, completed=(now - world.start) / timedelta(days=1))
        world.clock.move_to(
            min(end, max(_next_event(world, partners, visit), now + timedelta(seconds=1)))
        )
    progress.update(task, completed=DAYS)


def _sweep(world: World) -> None:
    app = world.app
    if app.inbox is not None:
        read_inbox(app.transaction, app.inbox)
    send_due_touches(
        app.transaction,
        app.mailer,
        holder="demo",
        secret=app.secret,
        base_url=app.settings.base_url,
        postal_address=app.settings.postal_address,
    )


def _next_event(world: World, partners: Partners, visit: datetime) -> datetime:
    with world.app.reading() as tx:
        due = next_due_at(tx)
    moments = (due, world.mailboxes.next_at(), partners.next_at(), visit)
    return min(moment for moment in moments if moment is not None)
