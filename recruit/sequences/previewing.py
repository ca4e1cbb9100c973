"""Who would get what, and when: the production rules, run ahead of time on a copy of the mailbox's room."""

import heapq
import itertools
from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.definition import SequenceDefinition, parse_definition
from recruit.sequences.due import (
    EnrollmentView,
    Facts,
    Hold,
    MailboxView,
    OpenTask,
    Send,
    Stop,
    Wait,
    first_due,
    next_move,
)
from recruit.sequences.enrolling import EnrollmentRefused, choose_recipient, refuse_second
from recruit.sequences.recipients import Recipient, list_firm_recipients
from recruit.sequences.store import find_latest_version, get_family, get_sequence
from recruit.sequences.tables import Mailbox, MailboxDay, Sequence
from recruit.sequences.threads import Thread
from recruit.sequences.values import EnrollmentStatus, SequencesError, SequenceStatus, StepKind
from recruit.sequences.windows import Place, local
from recruit.sequences.wording import Wording, word_step

# Rules may postpone a touch again and again; a sequence whose window and cap never agree ends here.
_MOST_MOVES = 400


class NothingToPreview(SequencesError):
    """The sequence has no version yet."""


@dataclass(frozen=True)
class PlannedTouch:
    """One touch as it would happen. `rule` is what moved or stopped it; `blocked`: it would not go.

    `due_at` is UTC, `local_at` the same moment in the contact's `zone`; `to` is the address.
    """

    firm_id: int
    firm_name: str
    step_index: int
    kind: StepKind
    to: str
    contact_name: str
    due_at: datetime
    local_at: datetime
    zone: str
    subject: str
    body: str
    link: str
    rule: str
    blocked: bool = False


@dataclass
class _Runner:
    """A firm on its way through the sequence."""

    recipient: Recipient
    view: EnrollmentView
    rule: str = ""
    moves: int = 0
    thread: Thread = Thread()


def preview(tx: Transaction, *, sequence_name: str, firm_ids: Items[int]) -> list[PlannedTouch]:
    """Return the touches that enrolling these firms now would bring, in the order of time.

    Assumes that nobody answers and that tasks are done on the day they open; what other firms reserve
    meanwhile is not foreseen. A draft is shown as if it were started. Raises UnknownSequence.
    """
    sequence = get_sequence(tx, sequence_name)
    version = find_latest_version(tx, sequence.id)
    if version is None:
        raise NothingToPreview(f"The sequence {sequence_name} has no steps yet.")
    definition = parse_definition(version.definition)
    simulation = _Simulation(tx, sequence, definition)
    for firm_id in dict.fromkeys(firm_ids):
        simulation.add(firm_id)
    return simulation.run()


class _Simulation:
    def __init__(self, tx: Transaction, sequence: Sequence, definition: SequenceDefinition) -> None:
        self._tx = tx
        self._sequence = sequence
        self._definition = definition
        self._mailbox = tx.session.get_one(Mailbox, sequence.mailbox_id)
        today = tx.session.get(MailboxDay, (self._mailbox.id, tx.now.date()))
        self._reserved = {tx.now.date(): today.reserved if today else 0}
        self._free_at = self._mailbox.next_free_at
        self._queue: list[tuple[datetime, int, _Runner]] = []
        self._planned: list[PlannedTouch] = []
        self._numbers = itertools.count()

    def add(self, firm_id: int) -> None:
        """Enroll a firm, on paper; one that cannot be enrolled is shown with the reason."""
        family = get_family(self._tx, firm_id)
        try:
            refuse_second(self._tx, self._sequence, family)
            recipient = choose_recipient(self._tx, self._sequence, family)
        except EnrollmentRefused as refusal:
            self._refuse(firm_id, family, str(refusal))
            return
        view = EnrollmentView(
            sequence=self._sequence.name,
            firm_id=family[0],
            place=recipient.place,
            status=EnrollmentStatus.ACTIVE,
            step_index=0,
            due_at=self._tx.now,
        )
        self._push(_Runner(recipient, view), first_due(view, self._definition, self._tx.now))

    def run(self) -> list[PlannedTouch]:
        """Let time go by from one due moment to the next."""
        while self._queue:
            now, _, runner = heapq.heappop(self._queue)
            self._step(runner, max(now, self._tx.now))
        return sorted(self._planned, key=lambda touch: (touch.due_at, touch.firm_id))

    def _push(self, runner: _Runner, due_at: datetime) -> None:
        runner.view = replace(runner.view, due_at=due_at)
        heapq.heappush(self._queue, (due_at, next(self._numbers), runner))

    def _step(self, runner: _Runner, now: datetime) -> None:
        step = self._definition.steps[runner.view.step_index]
        wording = word_step(step, self._definition, runner.recipient, self._mailbox, runner.thread)
        runner.moves += 1
        facts = Facts(
            definition=self._definition,
            sequence_status=SequenceStatus.ACTIVE,
            mailbox=self._room(now),
            unfit=wording.unfit,
        )
        move = next_move(runner.view, facts, now)
        match move:
            case Send():
                self._reserved[now.date()] = self._reserved.get(now.date(), 0) + 1
                self._free_at = now + timedelta(seconds=self._mailbox.gap_s)
                self._emit(runner, now, wording)
                runner.thread = _joined(wording)
                self._advance(runner, now)
            case OpenTask():
                self._emit(runner, now, wording)
                self._advance(runner, now)
            case Wait(until, rule) if until is not None and runner.moves < _MOST_MOVES:
                runner.rule = rule
                self._push(runner, until)
            case Wait(_, rule) | Hold(rule) | Stop(_, rule):
                runner.rule = rule
                self._emit(runner, now, wording, blocked=True)

    def _room(self, now: datetime) -> MailboxView:
        return MailboxView(
            address=self._mailbox.address,
            cap_per_day=self._mailbox.cap_per_day,
            reserved=self._reserved.get(now.date(), 0),
            next_free_at=self._free_at,
            paused_reason=self._mailbox.paused_reason if self._mailbox.paused_at else None,
        )

    def _advance(self, runner: _Runner, now: datetime) -> None:
        following = runner.view.step_index + 1
        if following < len(self._definition.steps):
            runner.view = replace(runner.view, step_index=following)
            runner.rule = ""
            self._push(runner, first_due(runner.view, self._definition, now))

    def _emit(
        self, runner: _Runner, now: datetime, wording: Wording, *, blocked: bool = False
    ) -> None:
        recipient, place = runner.recipient, runner.view.place
        self._planned.append(
            PlannedTouch(
                firm_id=runner.view.firm_id,
                firm_name=recipient.firm_name,
                step_index=runner.view.step_index,
                kind=self._definition.steps[runner.view.step_index].kind,
                to=recipient.email,
                contact_name=recipient.name,
                due_at=now,
                local_at=local(now, place),
                zone=place.zone,
                subject=wording.subject,
                body=wording.body,
                link=wording.link,
                rule=runner.rule,
                blocked=blocked,
            )
        )

    def _name_of(self, firm_id: int) -> str:
        return str(self._tx.session.scalar(select(Firm.name).where(Firm.id == firm_id)))

    def _refuse(self, firm_id: int, family: tuple[int, ...], reason: str) -> None:
        recipients = list_firm_recipients(self._tx, family)
        first = recipients[0] if recipients else None
        place = first.place if first else Place("Etc/UTC")
        now = self._tx.now.astimezone(UTC)
        self._planned.append(
            PlannedTouch(
                firm_id=firm_id,
                firm_name=first.firm_name if first else self._name_of(family[0]),
                step_index=0,
                kind=self._definition.steps[0].kind,
                to=first.email if first else "",
                contact_name=first.name if first else "",
                due_at=now,
                local_at=local(now, place),
                zone=place.zone,
                subject="",
                body="",
                link="",
                rule=reason,
                blocked=True,
            )
        )


def _joined(wording: Wording) -> Thread:
    subject = wording.subject
    reply = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    return Thread(reply, (*wording.references, "<previewed>"))
