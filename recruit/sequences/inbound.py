"""What an incoming mail changes: recorded once, and all that it stops in the same transaction."""

import hashlib
from datetime import date

from sqlalchemy import select, update

from recruit.db.transaction import Transaction
from recruit.firms.families import family_of
from recruit.mail.port import IncomingMail
from recruit.sequences.addresses import address_key
from recruit.sequences.classify import Classified, classify_parts
from recruit.sequences.mailboxes import pause_mailbox
from recruit.sequences.mailparts import MailParts, take_apart
from recruit.sequences.matching import Match, is_our_own, match_address, match_domain, match_message
from recruit.sequences.pausing import pause_for_absence
from recruit.sequences.settling import settle_by_evidence
from recruit.sequences.stopping import finish_enrollments, lock_to_stop
from recruit.sequences.store import announce_firm, get_family, lock_enrollments
from recruit.sequences.suppression import suppress
from recruit.sequences.tables import Enrollment, Mailbox, Reply, Sequence
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SuppressionScope,
)
from recruit.sequences.wishes import find_again, find_referred

_MOST_RAW = 500_000
_BY_A_PERSON = (InboundKind.HUMAN, InboundKind.UNSUBSCRIBE)


def record_inbound(tx: Transaction, *, mail: IncomingMail) -> Reply | None:
    """Record a mail and do what it asks for; None where it is known already, or our own copy.

    A person's answer ends every enrollment of the firm in every sequence, open tasks included.
    """
    parts = take_apart(mail.raw)
    message_id = _identity(parts, mail.raw)
    if tx.session.scalar(select(Reply.id).where(Reply.message_id == message_id)) is not None:
        return None
    if is_our_own(tx, parts.message_id, parts.sender):
        return None
    received_at = min(mail.received_at or tx.now, tx.now)
    verdict = classify_parts(parts, received_at.date())
    match = _match(tx, verdict, parts)
    # Before the reply refers to them: a reference is a weak lock, and a claim may wait for it.
    lock_to_stop(
        tx,
        firm_ids=_families(tx, match),
        addresses=[parts.sender, _written_to(match, verdict.recipient)],
        enrollment_ids=[match.enrollment.id] if match.enrollment else [],
    )
    by_person = verdict.kind in _BY_A_PERSON
    reply = Reply(
        message_id=message_id,
        received_at=received_at,
        from_address=parts.sender[:254],
        subject=parts.subject,
        text=verdict.text,
        raw=mail.raw[:_MOST_RAW].decode("utf-8", "replace").replace("\0", ""),
        kind=verdict.kind,
        mood=verdict.mood,
        confidence=verdict.confidence,
        detail=_detail(verdict, [parts.sender, *_our_addresses(tx)], received_at.date()),
        matched_by=match.by,
        touch_id=match.touch.id if match.touch else None,
        enrollment_id=match.enrollment.id if match.enrollment else None,
        firm_id=get_family(tx, match.firm_ids[0])[0] if match.firm_ids else None,
        recorded_at=tx.now,
        # What a machine wrote needs nobody; what a person wrote waits for one.
        handled_at=None if by_person or verdict.kind is InboundKind.COMPLAINT else tx.now,
        handled_by="" if by_person or verdict.kind is InboundKind.COMPLAINT else "engine",
    )
    tx.session.add(reply)
    tx.session.flush()
    _act(tx, reply, verdict, match, parts)
    for firm_id in match.firm_ids:
        announce_firm(tx, firm_id)
    return reply


def _identity(parts: MailParts, raw: bytes) -> str:
    if parts.message_id and len(parts.message_id) <= 255:
        return parts.message_id
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@without-message-id.invalid>"


def _match(tx: Transaction, verdict: Classified, parts: MailParts) -> Match:
    by_message = match_message(tx, verdict.references)
    if by_message.by:
        return by_message
    if verdict.kind in {InboundKind.BOUNCE, InboundKind.COMPLAINT}:
        return match_address(tx, verdict.recipient)
    by_sender = match_address(tx, parts.sender)
    return by_sender if by_sender.by else match_domain(tx, parts.sender)


def _act(
    tx: Transaction, reply: Reply, verdict: Classified, match: Match, parts: MailParts
) -> None:
    match verdict.kind:
        case InboundKind.HUMAN:
            _stop_firms(tx, match, ExitReason.REPLIED, f"{parts.sender} answered.")
        case InboundKind.UNSUBSCRIBE:
            reason = f"{parts.sender} asked in words for no more mail."
            _suppress(tx, {parts.sender, _written_to(match, None)}, reason, ExitReason.OPTED_OUT)
            _stop_firms(tx, match, ExitReason.OPTED_OUT, reason)
        case InboundKind.COMPLAINT:
            reason = "The recipient reported our mail as spam."
            # A report about an address that we never wrote to is not ours, or forged; one that names
            # no recipient is about how our mail is signed.
            if verdict.recipient and match.by:
                _suppress(tx, {_written_to(match, verdict.recipient)}, reason, ExitReason.OPTED_OUT)
                _stop_firms(tx, match, ExitReason.OPTED_OUT, reason)
        case InboundKind.AUTO_REPLY:
            if match.by in {"message", "sender"}:
                key = _written_to(match, parts.sender)
                pause_for_absence(tx, address_key(key), verdict.until)
        case InboundKind.BOUNCE:
            _take_bounce(tx, verdict, match)
        case InboundKind.OWN:
            pass
    if match.touch is not None:
        words = f"{reply.kind.value.replace('_', ' ').capitalize()} received: it was sent."
        settle_by_evidence(tx, match.touch.id, words)
        if verdict.kind is InboundKind.BOUNCE and not (verdict.status or "").startswith("2"):
            match.touch.outcome = f"{match.touch.outcome}\nReturned: {verdict.text}".strip()


def _take_bounce(tx: Transaction, verdict: Classified, match: Match) -> None:
    if not match.by:
        return
    if verdict.hard:
        key = _written_to(match, verdict.recipient)
        _suppress(tx, {key}, f"The address does not exist: {verdict.text}", ExitReason.BOUNCED)
    elif verdict.about_us and match.enrollment is not None:
        sequence = tx.session.get_one(Sequence, match.enrollment.sequence_id)
        mailbox = tx.session.get_one(Mailbox, match.enrollment.mailbox_id or sequence.mailbox_id)
        pause_mailbox(tx, address=mailbox.address, reason=f"A server refuses us: {verdict.text}")


def _written_to(match: Match, otherwise: str | None) -> str:
    """Return the address that we wrote to: a forwarded mail comes back from another."""
    return match.touch.address_key if match.touch else otherwise or ""


def _suppress(tx: Transaction, addresses: set[str], reason: str, exit_reason: ExitReason) -> None:
    for address in sorted(address for address in addresses if "@" in address.strip("@")):
        suppress(
            tx,
            scope=SuppressionScope.ADDRESS,
            key=address,
            reason=reason,
            actor="engine",
            exit_reason=exit_reason,
        )


def _families(tx: Transaction, match: Match) -> set[int]:
    """Return the ids of all firms for which a mail speaks: what one of a family answers, all have heard."""
    return {member for firm_id in match.firm_ids for member in family_of(tx, firm_id)}


def _stop_firms(tx: Transaction, match: Match, reason: ExitReason, detail: str) -> None:
    families = _families(tx, match)
    if not families:
        return
    finish_enrollments(tx, lock_enrollments(tx, Enrollment.firm_id.in_(families)), reason, detail)
    # An answer after the end is an answer all the same.
    tx.session.execute(
        update(Enrollment)
        .where(
            Enrollment.firm_id.in_(families),
            Enrollment.status == EnrollmentStatus.FINISHED,
            Enrollment.exit_reason == ExitReason.NO_REPLY,
        )
        .values(exit_reason=reason, exit_detail=detail)
        .execution_options(synchronize_session=False)
    )


def _our_addresses(tx: Transaction) -> list[str]:
    return list(tx.session.scalars(select(Mailbox.address)))


def _detail(verdict: Classified, known: list[str], day: date) -> dict[str, object]:
    if verdict.kind is InboundKind.HUMAN:
        again_on = find_again(verdict.text, day) if verdict.mood is Mood.LATER else None
        referred = find_referred(verdict.text, known)
        return {
            **({"again_on": again_on.isoformat()} if again_on else {}),
            **({"referred_to": list(referred)} if referred else {}),
        }
    if verdict.kind in {InboundKind.BOUNCE, InboundKind.COMPLAINT}:
        return {
            "hard": verdict.hard,
            "status": verdict.status,
            "recipient": verdict.recipient,
            "about_us": verdict.about_us,
        }
    if verdict.kind is InboundKind.AUTO_REPLY:
        return {"until": verdict.until.isoformat() if verdict.until else None}
    return {}
