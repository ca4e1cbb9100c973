"""Who would get what, and when: the production rules, run ahead of time on a copy of the mailbox's room."""

import heapq
import itertools
from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sequences.addresses import domain_of
from recruit.sequences.definition import SequenceDefinition
from recruit.sequences.due import (
    Facts,
    Hold,
    OpenTask,
    Pass,
    Send,
    Stop,
    Wait,
    next_move,
)
from recruit.sequences.enrolling import (
    EnrollmentRefused,
    choose_mailbox,
    choose_recipient,
    find_slot,
    refuse_beside,
)
from recruit.sequences.frames import list_touched, touched_elsewhere
from recruit.sequences.paper_rooms import PaperRoom
from recruit.sequences.parsing import parse_definition
from recruit.sequences.planning import definition_of
from recruit.sequences.policies import lacks
from recruit.sequences.quota import today_cap
from recruit.sequences.recipients import Recipient, list_firm_recipients
from recruit.sequences.store import find_latest_version, get_family, get_mailbox, get_sequence
from recruit.sequences.tables import Mailbox, MailboxDay, Sequence
from recruit.sequences.threads import Thread
from recruit.sequences.timing import EnrollmentView, first_due
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
    variant: str = ""
    mailbox: str = ""


@dataclass
class _Runner:
    """A firm on its way through the sequence. `touched_at`: in another sequence, before."""

    recipient: Recipient
    view: EnrollmentView
    room: "PaperRoom"
    touched_at: datetime | None = None
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
    return _Simulation(tx, sequence, definition_of(version)).of(firm_ids)


def preview_definition(
    tx: Transaction, *, definition: Mapping[str, Any], firm_ids: Items[int]
) -> list[PlannedTouch]:
    """Return the same for a definition that is not saved. Raises DefinitionError or UnknownMailbox."""
    parsed = parse_definition(definition)
    found = tx.session.scalar(select(Sequence).where(Sequence.name == parsed.name))
    if found is None:
        mailbox = get_mailbox(tx, next(iter(parsed.mailboxes), None))
        # Never added to the session: a sequence on paper, which nobody is enrolled in.
        found = Sequence(id=0, name=parsed.name, title=parsed.title, mailbox_id=mailbox.id)
    return _Simulation(tx, found, parsed).of(firm_ids)


class _Simulation:
    def __init__(self, tx: Transaction, sequence: Sequence, definition: SequenceDefinition) -> None:
        self._tx = tx
        self._sequence = sequence
        self._definition = definition
        self._rooms: dict[int, PaperRoom] = {}
        self._queue: list[tuple[datetime, int, _Runner]] = []
        self._planned: list[PlannedTouch] = []
        self._numbers = itertools.count()

    def of(self, firm_ids: Items[int]) -> list[PlannedTouch]:
        """Enroll the firms on paper, and let time go by."""
        for firm_id in dict.fromkeys(firm_ids):
            self._add(firm_id)
        while self._queue:
            now, _, runner = heapq.heappop(self._queue)
            self._step(runner, max(now, self._tx.now))
        return sorted(self._planned, key=lambda touch: (touch.due_at, touch.firm_id))

    def _add(self, firm_id: int) -> None:
        family = get_family(self._tx, firm_id)
        try:
            find_slot(self._tx, self._sequence, self._definition, family)
            refuse_beside(self._tx, self._sequence, self._definition, family)
            recipient = choose_recipient(self._tx, self._sequence, self._definition, family)
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
        touched = (
            list_touched(self._tx, {firm_id: family})
            if self._definition.rules.min_days_since_touch
            else {}
        )
        runner = _Runner(
            recipient,
            view,
            self._room_for_one_more(),
            touched_elsewhere(touched, family, self._sequence.id),
        )
        self._push(runner, first_due(view, self._definition, self._tx.now))

    def _room_for_one_more(self) -> PaperRoom:
        mailbox_id = choose_mailbox(self._tx, self._sequence, self._definition)
        mailbox_id = mailbox_id or self._sequence.mailbox_id
        if len(self._definition.mailboxes) > 1 and self._rooms:
            # Those who were added on paper count too, and the database does not know them.
            turn = next(self._numbers) % len(self._definition.mailboxes)
            mailbox_id = get_mailbox(self._tx, self._definition.mailboxes[turn]).id
        if mailbox_id not in self._rooms:
            mailbox = self._tx.session.get_one(Mailbox, mailbox_id)
            today = self._tx.session.get(MailboxDay, (mailbox_id, self._tx.now.date()))
            self._rooms[mailbox_id] = PaperRoom(
                mailbox,
                today_cap(self._tx, mailbox),
                mailbox.next_free_at,
                {self._tx.now.date(): today.reserved if today else 0},
            )
        return self._rooms[mailbox_id]

    def _push(self, runner: _Runner, due_at: datetime) -> None:
        runner.view = replace(runner.view, due_at=due_at)
        heapq.heappush(self._queue, (due_at, next(self._numbers), runner))

    def _step(self, runner: _Runner, now: datetime) -> None:
        index, recipient = runner.view.step_index, runner.recipient
        step = self._definition.steps[index]
        variant = self._definition.variant_of(index, runner.view.firm_id)
        wording = word_step(
            step, self._definition, recipient, runner.room.mailbox, runner.thread, variant
        )
        domain = domain_of(recipient.email)
        runner.moves += 1
        facts = Facts(
            definition=self._definition,
            sequence_status=SequenceStatus.ACTIVE,
            mailbox=runner.room.view(now, domain),
            unfit=wording.unfit,
            unlawful=lacks(self._definition.compliance, recipient.addressee),
            running_since=self._tx.now,
            touched_at=runner.touched_at,
            known=recipient.known(None, "done"),
        )
        match next_move(runner.view, facts, now):
            case Send():
                runner.room.reserve(now, domain)
                self._emit(runner, now, wording)
                runner.thread = _joined(wording)
                self._advance(runner, self._definition.following(index), now)
            case OpenTask():
                self._emit(runner, now, wording)
                self._advance(runner, self._definition.following(index), now)
            case Pass(to, _):
                self._advance(runner, to, now)
            case Wait(until, rule) if until is not None and runner.moves < _MOST_MOVES:
                runner.rule = rule
                self._push(runner, until)
            case Wait(_, rule) | Hold(rule) | Stop(_, rule):
                runner.rule = rule
                self._emit(runner, now, wording, blocked=True)

    def _advance(self, runner: _Runner, following: int | None, now: datetime) -> None:
        if following is not None:
            runner.view = replace(runner.view, step_index=following)
            runner.rule = ""
            self._push(runner, first_due(runner.view, self._definition, now))

    def _emit(
        self, runner: _Runner, now: datetime, wording: Wording, *, blocked: bool = False
    ) -> None:
        recipient, place, index = runner.recipient, runner.view.place, runner.view.step_index
        self._planned.append(
            PlannedTouch(
                firm_id=runner.view.firm_id,
                firm_name=recipient.firm_name,
                step_index=index,
                kind=self._definition.steps[index].kind,
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
                variant=self._definition.variant_of(index, runner.view.firm_id),
                mailbox=runner.room.mailbox.address,
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
