"""The notices' sweep: at most once, in the order of the sequences' own (see `recruit.mail.port`).

Claim and commit → talk until the server waits for the text → commit `sending` → the final dot → commit
the result. What a dead sender had let go is parked, never sent again by itself.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from recruit.db.transaction import Transaction
from recruit.logs import get_logger
from recruit.mail.port import DefinitelyNotSent, Envelope, Mailer, OutcomeUnknown
from recruit.notices import store
from recruit.notices.composing import Letter, LetterUnsendable, compose
from recruit.notices.tables import Notice
from recruit.notices.usecases import token_of
from recruit.notices.values import (
    ACCOUNT_KINDS,
    NOTICE_TRANSITIONS,
    NoticeKind,
    NoticeStatus,
    Preference,
    Wording,
)
from recruit.notices.wording import LetterInvalid, put_in_words, put_together
from recruit.people.tables import Person
from recruit.people.usecases import (
    INVITATION_LASTS,
    SIGN_IN_LINK_LASTS,
    invite_person,
    make_sign_in_link,
)

OpenTx = Callable[[], AbstractContextManager[Transaction]]
_log = get_logger("notices")
_LEASE = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
_MOST_ATTEMPTS = 12


@dataclass(frozen=True)
class Office:
    """Who writes: the address and name of the sender, what the program is called, and where it is."""

    address: str
    name: str
    base_url: str
    secret: str = field(repr=False)


@dataclass
class NoticeReport:
    """What a sweep did, in letters."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    postponed: int = 0
    withheld: int = 0

    def __bool__(self) -> bool:
        """Return whether anything happened."""
        return any(vars(self).values())


@dataclass(frozen=True)
class _Claimed:
    ids: tuple[int, ...]
    letter: Letter = field(repr=False)


def send_due_notices(
    open_tx: OpenTx, mailer: Mailer, office: Office, *, limit: int = 50
) -> NoticeReport:
    """Send what is due, at most `limit` notices; a person's daily ones go in one letter."""
    report = NoticeReport()
    with open_tx() as tx:
        store.recover_expired(tx)
        claims = _claim(tx, office, limit, report)
    for number, claimed in enumerate(claims):
        stopped_by = _send(open_tx, mailer, claimed, report)
        if stopped_by:
            for waiting in claims[number + 1 :]:
                with open_tx() as tx:
                    _postpone(tx, waiting.ids, NoticeStatus.CLAIMED, stopped_by)
                report.postponed += 1
            break
    return report


def _claim(tx: Transaction, office: Office, limit: int, report: NoticeReport) -> list[_Claimed]:
    claims = []
    due = sorted(store.list_due(tx, limit), key=lambda pair: (pair[1].id, pair[0].id))
    for _, pairs in groupby(due, key=lambda pair: pair[1].id):
        theirs = list(pairs)
        person = theirs[0][1]
        notices = [notice for notice, _ in theirs]
        if person.disabled_at is not None:
            for notice in notices:
                _move(notice, NoticeStatus.WITHHELD)
                notice.settled_at, notice.words = tx.now, "The person has no access any more."
            report.withheld += 1
            continue
        daily = store.find_preference(tx, person.id) is Preference.DAILY
        apart = [[one] for one in notices if not daily or one.kind in ACCOUNT_KINDS]
        together = [one for one in notices if daily and one.kind not in ACCOUNT_KINDS]
        for part in [*apart, *([together] if together else [])]:
            claimed = _write(tx, office, person, part)
            if claimed is None:
                report.failed += 1
            else:
                claims.append(claimed)
    return claims


def _write(
    tx: Transaction, office: Office, person: Person, notices: list[Notice]
) -> _Claimed | None:
    wordings = []
    for notice in notices:
        _move(notice, NoticeStatus.CLAIMED)
        notice.attempts += 1
        notice.lease_until = tx.now + _LEASE
        try:
            wordings.append(_words(tx, office, notice))
        except LetterInvalid as error:
            _log.error("letter can't be written", notice=notice.id, why=str(error))
            _move(notice, NoticeStatus.FAILED)
            notice.settled_at, notice.words = tx.now, str(error)
    kept = [notice for notice in notices if notice.status is NoticeStatus.CLAIMED]
    if not kept:
        return None
    domain = office.address.rpartition("@")[2] or "localhost"
    message_id = f"<notice-{kept[0].id}-{kept[0].attempts}@{domain}>"
    for notice in kept:
        notice.message_id = message_id
    letter = Letter(
        sender=office.address,
        sender_name=office.name,
        recipient=person.email,
        recipient_name=person.name if person.name != person.email else "",
        wording=put_together(wordings),
        base_url=office.base_url,
        choice_url=f"{office.base_url.rstrip('/')}/notices/{token_of(office.secret, person.id)}",
        message_id=message_id,
        sent_at=tx.now,
        is_account_mail=all(notice.kind in ACCOUNT_KINDS for notice in kept),
    )
    return _Claimed(tuple(notice.id for notice in kept), letter)


def _words(tx: Transaction, office: Office, notice: Notice) -> Wording:
    facts = {"program": office.name, "firm": "", **notice.facts}
    if notice.kind is NoticeKind.INVITATION:
        # Made with the letter, so that what lets somebody in is stored nowhere.
        facts["token"] = invite_person(tx, person_id=notice.person_id, keep_earlier=True)
        facts["days"] = INVITATION_LASTS.days
    if notice.kind is NoticeKind.SIGN_IN_LINK:
        facts["token"] = make_sign_in_link(tx, person_id=notice.person_id)
        facts["minutes"] = int(SIGN_IN_LINK_LASTS.total_seconds() // 60)
    return put_in_words(notice.kind, facts)


def _send(open_tx: OpenTx, mailer: Mailer, claimed: _Claimed, report: NoticeReport) -> str:
    """Send one letter; return in words why the server should be left alone for now, or nothing."""
    letter = claimed.letter
    try:
        message = compose(letter)
    except LetterUnsendable as error:
        with open_tx() as tx:
            _settle(tx, claimed.ids, NoticeStatus.CLAIMED, NoticeStatus.FAILED, str(error))
        report.failed += 1
        return ""
    try:
        delivery = mailer.offer(Envelope(letter.sender, letter.recipient), message)
    except DefinitelyNotSent as error:
        return _refused(open_tx, claimed.ids, NoticeStatus.CLAIMED, error, report)
    try:
        with open_tx() as tx:
            held = store.list_held(tx, claimed.ids, NoticeStatus.CLAIMED)
            ours = len(held) == len(claimed.ids)
            for notice in held if ours else ():
                _move(notice, NoticeStatus.SENDING)
    except BaseException:
        delivery.abandon()
        raise
    if not ours:
        delivery.abandon()
        return ""
    try:
        words = delivery.finish()
    except DefinitelyNotSent as error:
        return _refused(open_tx, claimed.ids, NoticeStatus.SENDING, error, report)
    except OutcomeUnknown as error:
        with open_tx() as tx:
            _settle(tx, claimed.ids, NoticeStatus.SENDING, NoticeStatus.UNKNOWN, str(error))
        report.unknown += 1
        return ""
    with open_tx() as tx:
        _settle(tx, claimed.ids, NoticeStatus.SENDING, NoticeStatus.SENT, words)
    report.sent += 1
    return ""


def _refused(
    open_tx: OpenTx,
    ids: tuple[int, ...],
    status: NoticeStatus,
    error: DefinitelyNotSent,
    report: NoticeReport,
) -> str:
    with open_tx() as tx:
        if error.permanent and not error.about_us:
            _settle(tx, ids, status, NoticeStatus.FAILED, error.text)
            report.failed += 1
        else:
            _postpone(tx, ids, status, error.text)
            report.postponed += 1
    return error.text if error.code is None or error.about_us else ""


def _postpone(tx: Transaction, ids: tuple[int, ...], status: NoticeStatus, words: str) -> None:
    for notice in store.list_held(tx, ids, status):
        if notice.attempts >= _MOST_ATTEMPTS:
            _move(notice, NoticeStatus.FAILED)
            notice.settled_at = tx.now
        else:
            _move(notice, NoticeStatus.PENDING)
            pause: timedelta = _FIRST_PAUSE * 2 ** (notice.attempts - 1)
            notice.next_at = tx.now + min(pause, _LONGEST_PAUSE)
        notice.lease_until, notice.words = None, words


def _settle(
    tx: Transaction,
    ids: tuple[int, ...],
    status: NoticeStatus,
    to: NoticeStatus,
    words: str,
) -> None:
    for notice in store.list_held(tx, ids, status):
        _move(notice, to)
        notice.lease_until, notice.settled_at, notice.words = None, tx.now, words


def _move(notice: Notice, to: NoticeStatus) -> None:
    if to not in NOTICE_TRANSITIONS[notice.status]:
        raise ValueError(f"A notice that is {notice.status.value} can't become {to.value}.")
    notice.status = to
