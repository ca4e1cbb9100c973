"""Raise a notice, and let a person say when they want to hear."""

import hashlib
import hmac
from typing import Any

from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.notices import store
from recruit.notices.tables import Notice, NoticePreference
from recruit.notices.timing import due_at
from recruit.notices.values import NoticeKind, NoticeStatus, Preference
from recruit.people.store import get_person
from recruit.people.usecases import find_person_id


class LinkUnknown(LookupError):
    """A link to somebody's choice of notices is not one of ours."""


def notify(
    tx: Transaction, *, person_id: int, kind: NoticeKind, key: str, facts: dict[str, Any]
) -> bool:
    """Let a person hear of something once; False where it was said, or is about to be, already.

    `key` names what it is about ("certificate-expiring:12:30"); with the kind and the person it is
    said once, however often this is called and by how many at a time. A key that shall be said again
    carries what makes it new. `facts` are JSON and hold no secret: links that let somebody in are
    made when the letter is.
    """
    preference = store.find_preference(tx, person_id)
    wanted = due_at(kind, preference, tx.now)
    notice = Notice(
        person_id=person_id,
        kind=kind,
        key=f"{kind.value}:{person_id}:{key}"[:200],
        facts=facts,
        raised_at=tx.now,
        status=NoticeStatus.PENDING if wanted else NoticeStatus.WITHHELD,
        next_at=wanted or tx.now,
        settled_at=None if wanted else tx.now,
        words="" if wanted else "The person wants no notices.",
    )
    try:
        with tx.session.begin_nested():
            tx.session.add(notice)
    except IntegrityError:
        return False
    return True


def mail_sign_in_link(tx: Transaction, *, email: str) -> None:
    """Mail a link to whoever has this address, once a minute at most; nobody learns whether one has.

    Raises `InvalidEmail`.
    """
    person_id = find_person_id(tx, email=email)
    if person_id is not None and get_person(tx, person_id).disabled_at is None:
        notify(
            tx,
            person_id=person_id,
            kind=NoticeKind.SIGN_IN_LINK,
            key=f"{tx.now:%Y-%m-%d %H:%M}",
            facts={},
        )


def set_preference(tx: Transaction, *, person_id: int, preference: Preference) -> None:
    """Hear from now on as the person prefers, what waits already included."""
    get_person(tx, person_id)
    row = tx.session.get(NoticePreference, person_id)
    if row is None:
        row = NoticePreference(person_id=person_id, preference=preference, changed_at=tx.now)
        tx.session.add(row)
    row.preference, row.changed_at = preference, tx.now
    for notice in store.list_pending(tx, person_id):
        wanted = due_at(notice.kind, preference, notice.raised_at)
        if wanted is None:
            notice.status, notice.settled_at = NoticeStatus.WITHHELD, tx.now
            notice.words = "The person wants no notices."
        else:
            notice.next_at = wanted


def get_preference(tx: Transaction, *, person_id: int) -> Preference:
    """Return when a person wants to hear."""
    return store.find_preference(tx, person_id)


def token_of(secret: str, person_id: int) -> str:
    """Return the token of the link by which a person chooses without signing in."""
    mac = hmac.new(secret.encode(), f"notices:{person_id}".encode(), hashlib.sha256).hexdigest()
    return f"{person_id}-{mac[:32]}"


def person_of(secret: str, token: str) -> int:
    """Return whose link this is; raises `LinkUnknown`."""
    head, _, _ = token.partition("-")
    if not head.isascii() or not head.isdigit() or len(head) > 18:
        raise LinkUnknown("This link is incomplete. Copy the whole of it from the mail.")
    if not hmac.compare_digest(token.encode(), token_of(secret, int(head)).encode()):
        raise LinkUnknown("This link is incomplete. Copy the whole of it from the mail.")
    return int(head)
