"""Letting claimed messages go, several at once, with one commit between one group's 354s and its dots.

For each message the order stays what the guarantee needs: 354 → commit `sending` → dot → answer → commit
the result. What is saved is the number of commits: a result is written together with the next group's
`sending`, so that the disk is waited for once a group, while the server reads the group before.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.mail.port import (
    Conversation,
    DefinitelyNotSent,
    Delivery,
    Envelope,
    Mailer,
    NoRoom,
    OutcomeUnknown,
    ParallelMailer,
)
from recruit.sequences.addresses import ascii_address
from recruit.sequences.claiming import Claim
from recruit.sequences.messages import UnsendableMessage, compose
from recruit.sequences.outcomes import (
    mark_sending,
    record_refused,
    record_sent,
    record_unknown,
    record_unsendable,
    release,
    release_all,
)
from recruit.sequences.report import SendReport
from recruit.sequences.values import TouchStatus

OpenTx = Callable[[], AbstractContextManager[Transaction]]

# Messages to a group, and groups between their 354s and their answers at the same time.
_GROUP = 2
_FLYING = 2
# A handful of messages is not worth logging in more than once.
_WORTH_A_GROUP = 8
# A result does not wait longer than this for the next message to be ready.
_PATIENCE_S = 0.05


@dataclass(frozen=True)
class _Departure:
    claim: Claim
    talk: Conversation


class _InTurn:
    """A conversation with a mailer that can have only one: everything happens when it is waited for."""

    def __init__(self, mailer: Mailer, envelope: Envelope, message: bytes) -> None:
        self._offer = (mailer, envelope, message)
        self._delivery: Delivery | None = None

    def answers_within(self, seconds: float) -> bool:  # noqa: ARG002
        return False

    def await_readiness(self) -> None:
        mailer, envelope, message = self._offer
        self._delivery = mailer.offer(envelope, message)

    def let_go(self) -> None: ...

    def await_answer(self) -> str:
        assert self._delivery is not None
        return self._delivery.finish()

    def abandon(self) -> None:
        if self._delivery is not None:
            self._delivery.abandon()


class Departures:
    """The messages of one batch of claims on their way."""

    def __init__(
        self,
        open_tx: OpenTx,
        mailer: Mailer,
        claims: Sequence[Claim],
        report: SendReport,
        *,
        stop: Callable[[], bool],
        ahead: bool,
    ) -> None:
        self._open_tx = open_tx
        self._mailer = mailer
        self._parallel = mailer if ahead and isinstance(mailer, ParallelMailer) else None
        self._waiting = deque(claims)
        self._report = report
        self._stop = stop
        wide = self._parallel is not None and len(claims) >= _WORTH_A_GROUP
        self._group, self._most_flying = (_GROUP, _FLYING) if wide else (1, 1)
        # Between its 354 and its answer; answered, and not yet written.
        self._begun: list[_Departure] = []
        self._flying: deque[list[_Departure]] = deque()
        self._answered: list[tuple[Claim, str]] = []
        self._away = ""

    def run(self) -> None:
        """Send what may go; give back what may not go now."""
        try:
            while self._begin() or self._flying:
                if self._begun:
                    self._let_go(self._await_readiness())
                    if self._waiting and len(self._flying) < self._most_flying:
                        continue
                self._await_answers(self._flying.popleft())
            self._write_answers()
        except BaseException:
            self._give_up()
            raise
        if self._waiting:
            # In one transaction: who was told to stop has little time.
            with self._open_tx() as tx:
                self._report.postponed += release_all(tx, self._waiting, self._away)

    def _begin(self) -> bool:
        """Tell the server of the next group, as far as it has room; return whether there is one."""
        if self._waiting and not self._away and self._stop():
            self._away = "The sender was stopped."
        while self._waiting and not self._away and len(self._begun) < self._group:
            claim = self._waiting[0]
            try:
                message = compose(claim.letter)
                envelope = Envelope(claim.letter.sender, ascii_address(claim.letter.recipient))
                talk = self._talk(envelope, message)
            except NoRoom:
                break
            except (UnsendableMessage, ValueError) as error:
                with self._open_tx() as tx:
                    record_unsendable(tx, claim, str(error))
                self._report.held += 1
            except DefinitelyNotSent as refusal:
                self._refused(claim, refusal)
            else:
                self._begun.append(_Departure(claim, talk))
            self._waiting.popleft()
        return bool(self._begun)

    def _talk(self, envelope: Envelope, message: bytes) -> Conversation:
        if self._parallel is not None:
            try:
                return self._parallel.begin(envelope, message)
            except NoRoom:
                # Room comes back as soon as one of ours is answered; without any, others have it all.
                if self._begun or self._flying:
                    raise
        return _InTurn(self._mailer, envelope, message)

    def _await_readiness(self) -> list[_Departure]:
        ready = []
        while self._begun:
            departure = self._begun[0]
            if self._away:
                departure.talk.abandon()
                self._waiting.appendleft(departure.claim)
            else:
                if self._answered and not departure.talk.answers_within(_PATIENCE_S):
                    self._write_answers()
                try:
                    departure.talk.await_readiness()
                    ready.append(departure)
                except DefinitelyNotSent as refusal:
                    self._refused(departure.claim, refusal)
            self._begun.remove(departure)
        # Until they are let go, they are to be hung up on when anything fails.
        self._begun = list(ready)
        return ready

    def _let_go(self, ready: Sequence[_Departure]) -> None:
        if not ready:
            self._flying.append([])
            return
        with self._open_tx() as tx:
            record_sent(tx, self._answered)
            ours = mark_sending(tx, [departure.claim for departure in ready])
        self._report.sent += len(self._answered)
        self._answered = []
        group: list[_Departure] = []
        self._flying.append(group)
        for departure in ready:
            self._begun.remove(departure)
            if departure.claim.touch_id not in ours:
                self._not_ours(departure)
                continue
            try:
                departure.talk.let_go()
                group.append(departure)
            except DefinitelyNotSent as refusal:
                self._refused(departure.claim, refusal)

    def _not_ours(self, departure: _Departure) -> None:
        departure.talk.abandon()
        with self._open_tx() as tx:
            # Paused meanwhile: it waits. Stopped meanwhile: it is not ours any more.
            waits = release(tx, departure.claim)
        self._report.postponed += waits
        self._report.stopped += not waits

    def _await_answers(self, group: list[_Departure]) -> None:
        while group:
            departure = group.pop(0)
            try:
                self._answered.append((departure.claim, departure.talk.await_answer()))
            except DefinitelyNotSent as refusal:
                self._refused(departure.claim, refusal)
            except OutcomeUnknown as error:
                with self._open_tx() as tx:
                    record_unknown(tx, departure.claim, str(error))
                self._report.unknown += 1

    def _write_answers(self) -> None:
        if self._answered:
            with self._open_tx() as tx:
                record_sent(tx, self._answered)
            self._report.sent += len(self._answered)
            self._answered = []

    def _refused(self, claim: Claim, error: DefinitelyNotSent) -> None:
        with self._open_tx() as tx:
            status = record_refused(tx, claim, error)
        if status is TouchStatus.FAILED:
            self._report.failed += 1
        elif status is TouchStatus.PENDING:
            self._report.postponed += 1
        else:
            self._report.stopped += 1
        if error.code is None or error.about_us:
            self._away = f"The mail server cannot take mail now: {error.text}"

    def _give_up(self) -> None:
        """Hang up where no dot was sent; hear and write, each for itself, what became of the others.

        What cannot be written either stays `sending`, and is parked when its lease ends.
        """
        for departure in self._begun:
            departure.talk.abandon()
        for departure in [one for group in self._flying for one in group]:
            with suppress(DefinitelyNotSent, OutcomeUnknown):
                self._answered.append((departure.claim, departure.talk.await_answer()))
        for answer in self._answered:
            with suppress(Exception), self._open_tx() as tx:
                record_sent(tx, [answer])
