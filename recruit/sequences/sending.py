"""The sending sweep. Exactly once is impossible over SMTP; this is at most once, the unknown parked.

The order is the guarantee: claim (asking every rule again) and commit → talk until the server says 354 →
commit `sending`, guarded by the fence → the final dot → commit the result. A crash before the dot has
sent nothing; a crash after it leaves `sending`, which is never sent again by itself.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from recruit.db.transaction import Transaction
from recruit.mail.port import DefinitelyNotSent, Delivery, Envelope, Mailer, OutcomeUnknown
from recruit.sequences.addresses import ascii_address
from recruit.sequences.claiming import Claim, Sender, Sweep, claim_due
from recruit.sequences.housekeeping import tidy
from recruit.sequences.leases import take_lease
from recruit.sequences.messages import UnsendableMessage, compose
from recruit.sequences.outcomes import (
    mark_sending,
    record_refused,
    record_sent,
    record_unknown,
    record_unsendable,
    release,
)
from recruit.sequences.standing import name_missing_address
from recruit.sequences.values import TouchStatus

OpenTx = Callable[[], AbstractContextManager[Transaction]]

SENDING_LEASE = "sending"
# Renewed at each sweep; a dead process keeps the others waiting for no longer than this.
LEASE_LASTS = timedelta(seconds=60)


@dataclass
class SendReport:
    """What a sweep did. `more`: there may be further due touches; `tasks` were put before a person.

    `passed` counts waits that were over and branches that were taken.
    """

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    held: int = 0
    postponed: int = 0
    stopped: int = 0
    tasks: int = 0
    passed: int = 0
    finished: int = 0
    more: bool = False

    def add(self, other: "SendReport") -> None:
        """Take the counts of the next sweep in; `more` is what that one says."""
        for name, value in vars(other).items():
            setattr(self, name, value if name == "more" else getattr(self, name) + value)

    def __bool__(self) -> bool:
        """Return whether anything happened."""
        return any(vars(self).values())


def _never() -> bool:
    return False


def send_due_touches(
    open_tx: OpenTx,
    mailer: Mailer,
    *,
    holder: str,
    secret: str,
    base_url: str,
    postal_address: str,
    limit: int = 50,
    lease: timedelta = LEASE_LASTS,
    stop: Callable[[], bool] = _never,
    ahead: bool = False,
) -> SendReport:
    """Send what is due now, at most `limit` touches; does nothing while another holder has the lease.

    A holder that dies keeps the others waiting for one `lease`, and its claims for two. `stop` is asked
    between two messages; once it says so, what is claimed goes back at once. `ahead`: talk to the server
    about the next message, up to its 354, while this one is settled; two connections take turns.
    """
    report = SendReport()
    with open_tx() as tx:
        if not take_lease(tx, SENDING_LEASE, holder, lease):
            return report
        if not postal_address.strip():
            name_missing_address(tx)
        report.finished = tidy(tx)
        sweep = claim_due(tx, Sender(secret, base_url, postal_address, 2 * lease), limit)
    _add(report, sweep, limit)
    with _Offers(mailer, sweep.claims, ahead) as offers:
        for claim in sweep.claims:
            away = "The sender was stopped." if stop() else None
            away = away or _send(open_tx, claim, offers.take(), report)
            if away is not None:
                break
    for waiting in offers.untaken():
        report.postponed += 1
        with open_tx() as tx:
            release(tx, waiting, away or "")
    return report


def _add(report: SendReport, sweep: Sweep, limit: int) -> None:
    report.tasks = sweep.tasks
    report.passed = sweep.passed
    report.postponed = sweep.postponed
    report.held = sweep.held
    report.stopped = sweep.stopped
    report.more = sweep.looked_at >= limit


@dataclass(frozen=True)
class _Offered:
    """A message up to the server's 354, or why it did not come so far."""

    delivery: Delivery | None = None
    unsendable: str = ""
    refusal: DefinitelyNotSent | None = None


def _offer(mailer: Mailer, claim: Claim) -> _Offered:
    letter = claim.letter
    try:
        message = compose(letter)
        envelope = Envelope(letter.sender, ascii_address(letter.recipient))
    except (UnsendableMessage, ValueError) as error:
        return _Offered(unsendable=str(error))
    try:
        return _Offered(mailer.offer(envelope, message))
    except DefinitelyNotSent as error:
        return _Offered(refusal=error)


class _Offers:
    """The claims' messages in turn, the next one offered beside the present one where that is wanted."""

    def __init__(self, mailer: Mailer, claims: Sequence[Claim], ahead: bool) -> None:
        self._mailer = mailer
        self._claims = claims
        self._taken = 0
        self._pool = ThreadPoolExecutor(1) if ahead and len(claims) > 1 else None
        self._next: Future[_Offered] | None = None

    def __enter__(self) -> "_Offers":
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on what was offered and nobody took."""
        if self._next is not None:
            offered = self._next.result()
            if offered.delivery is not None:
                offered.delivery.abandon()
        if self._pool is not None:
            self._pool.shutdown()

    def take(self) -> _Offered:
        """Return the next claim's offer."""
        claim = self._claims[self._taken]
        self._taken += 1
        offered = self._next.result() if self._next else _offer(self._mailer, claim)
        self._next = None
        # After a refusal the server may want to be left alone.
        if self._pool is not None and offered.refusal is None and self._taken < len(self._claims):
            following = self._claims[self._taken]
            self._next = self._pool.submit(_offer, self._mailer, following)
        return offered

    def untaken(self) -> Sequence[Claim]:
        """Return the claims whose messages nobody took."""
        return self._claims[self._taken :]


def _send(open_tx: OpenTx, claim: Claim, offered: _Offered, report: SendReport) -> str | None:
    """Send one message; return in words why the server should be left alone for now, or None."""
    if offered.refusal is not None:
        return _refused(open_tx, claim, offered.refusal, report)
    delivery = offered.delivery
    if delivery is None:
        with open_tx() as tx:
            record_unsendable(tx, claim, offered.unsendable)
        report.held += 1
        return None
    try:
        with open_tx() as tx:
            ours = mark_sending(tx, claim)
    except BaseException:
        # Whether the commit arrived is unknown; without the dot there is no message either way.
        delivery.abandon()
        raise
    if not ours:
        delivery.abandon()
        with open_tx() as tx:
            # Paused meanwhile: it waits. Stopped meanwhile: it is not ours any more.
            waits = release(tx, claim)
        report.postponed += waits
        report.stopped += not waits
        return None
    try:
        words = delivery.finish()
    except DefinitelyNotSent as error:
        return _refused(open_tx, claim, error, report)
    except OutcomeUnknown as error:
        with open_tx() as tx:
            record_unknown(tx, claim, str(error))
        report.unknown += 1
        return None
    with open_tx() as tx:
        record_sent(tx, claim, words)
    report.sent += 1
    return None


def _refused(
    open_tx: OpenTx, claim: Claim, error: DefinitelyNotSent, report: SendReport
) -> str | None:
    with open_tx() as tx:
        status = record_refused(tx, claim, error)
    if status is TouchStatus.FAILED:
        report.failed += 1
    elif status is TouchStatus.PENDING:
        report.postponed += 1
    else:
        report.stopped += 1
    if error.code is None or error.about_us:
        return f"The mail server cannot take mail now: {error.text}"
    return None
