"""Bounces and complaints: which mail is one, whom it is about, and whether the address is gone for good.

Pure. A mail counts as a bounce only by what servers do (report parts, a daemon as sender), never by
words alone, because people quote bounces to each other.
"""

import re
from dataclasses import dataclass

from recruit.mail.refusals import (
    Reason,
    Refusal,
    Stage,
    find_enhanced_status,
    find_reply_code,
    judge_refusal,
)
from recruit.sequences.mailparts import MailParts, find_message_ids
from recruit.sequences.notices import Notice, find_notice
from recruit.sequences.stages import find_stage

_DAEMON = re.compile(
    r"^(mailer[-_.]?daemon|po+st[-_]?mast(er)?|mail[-_.]?daemon|mail[-_.]?delivery[\w.-]*|bounces?|mdaemon|smtp[-_.]?daemon|mmdf|uucp)(@|$)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|un-?deliverable|deliver\w* (status|notification|fail|delay|report|problem|error)|(fail\w*|error) (to )?(deliver|notice|sending|delivery)|returned (mail|to sender|message)"
    r"|mail (delivery |system )?(fail|error|status|could not|not delivered)|(could not|cannot|can't|not|unable to) (be )?deliver|message status|non[- ]?delivery|did not reach|failed delivery|rejected mail|nicht zustellbar"
    r"|unzustellbar|zustell\w*fehl|non remis|non distribu|pas pu [êe]tre (d[ée]livr|remis|envoy)|échec (de la )?remise|no entregad|no se puede entregar|mancato recapito|não entregue|не доставлен|не удалось доставить|niet afgeleverd|error sending your mail|warning: (could|message)|(wasn't|weren't|not|were not) able to deliver|failed recipients?|(could not|cannot|unable to) deliver|delivery (of \w+ )?(warning|has been postponed)|user unknown!|退信|无法(投递|送达|发送)|邮件发送失败|無法(投遞|送達|傳送)|配信(できません|不能)|送信できません|automatically rejected",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^\W*(fwd?|wg|tr|rv|i|enc|doorst|vb|vs|pd|re|aw|sv|antw|odp)\s?:", re.IGNORECASE
)
# Senders of notices that are no daemons by name.
_MACHINE = re.compile(
    r"no-?reply@|do-?not-?reply@|mail delivery|mail system|system administrator|<?admin(istrator)?@|anti-?virus|smtp\W|_smtp|gateway|\bndr@|mdaemon|imss@|non-?delivery",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?m)^[\W]{0,8}[\w.+\-]+@[\w\-]+(\.[\w\-]+)+[\W]*$")
# "<ann@firm.example>:", before its reason.
_LISTED = re.compile(r"(?m)^\s{0,4}<[\w.+\-=]+@[\w.\-]+>:")
# Below one of these stands our own mail, whose words say nothing.
_RETURNED = re.compile(
    r"(?im)^\W{0,12}(this is a copy of (the|your) message|below this line is a copy|included is a copy|copy of (the|your) (original )?message"
    r"|(original|undelivered|unsent|returned|your) (message|mail) (follows|text|header|below|contents)|message header follows"
    r"|-{2,40} ?(the )?(original|undelivered|unsent|returned|forwarded|begin)( (original )?message| mail)"
    r"|the (header|text) (of|from) the (original|message)|received: (from|by)|return-path:).*$"
)
_QUOTED_REPLY = re.compile(
    r"(?<![\d.:/\-])[45]\d\d[ \-](?=[#<\w(])|(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.])"
)
# Postfix of its own addresses, with no other server's reply in it.
_OWN_WORDS = re.compile(r"\s*x-postfix;(?!.*(\bsaid:|\b[45]\d\d\b))", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"[\w.+=\-/&'*]+@[\w\-]+(?:\.[\w\-]+)+")
# Lines of our own mail that a notice repeats: their words are ours.
_REPEATED = re.compile(
    r"(?im)^[ \t>]*(subject|to|cc|from|sent|date|message-id|betreff|objet|asunto)[ \t]*:.*$"
)
_DELAYED = re.compile(r"delay|warning|will (be )?retr|no action is required", re.IGNORECASE)
_ANY_CODE = re.compile(r"(?<![\d.])5\d\d(?![\d.])")
_BRACKETED = re.compile(r"\[(user|host|recipient|mailbox)[^\]\n]{0,60}\]", re.IGNORECASE)
_VAGUE = {Reason.UNTOLD, Reason.RECIPIENT_REFUSED}
_NAMED_RECIPIENT = re.compile(r"(?m)^\s{0,8}<?([\w.+=\-/&'*]+@[\w\-]+(?:\.[\w\-]+)+)>?\s*:?")
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded", "deliverable", "expired"}


@dataclass(frozen=True)
class Bounce:
    """`hard`: never write to `recipient` again. `about_us`: the mailbox is refused, whomever it writes to."""

    recipient: str | None
    status: str | None
    hard: bool
    about_us: bool
    words: str
    references: tuple[str, ...] = ()


def is_daemon(address: str) -> bool:
    """Return whether an address is one that mail servers write from ("mailer-daemon@…")."""
    return bool(_DAEMON.match(address))


def is_complaint(mail: MailParts) -> bool:
    """Return whether a mail is a feedback report (ARF) of a recipient who pressed "spam"."""
    if mail.feedback or mail.report_type == "feedback-report":
        return True
    notice = find_notice(mail.text)
    return notice is not None and notice.kind == "Complaint"


def find_complainer(mail: MailParts) -> str | None:
    """Return the address that a complaint comes from, where it is told and a person complained."""
    if mail.feedback.get("feedback-type", "").lower() in {"auth-failure", "virus", "dmarc"}:
        return None
    for text in (
        mail.feedback.get("original-rcpt-to", ""),
        mail.feedback.get("removal-recipient", ""),
        mail.returned.get("to", ""),
        mail.returned.get("x-original-to", ""),
    ):
        found = _ADDRESS.search(text)
        if found:
            return str(found.group(0)).lower()
    notice = find_notice(mail.text)
    return notice.recipient if notice else None


def find_bounce(mail: MailParts) -> Bounce | None:
    """Return what a bounce says, or None for any other mail. Of several recipients the first that failed."""
    notice = find_notice(mail.text)
    if notice is not None:
        return _from_notice(notice)
    groups = [g for g in mail.reports if _recipient_of(g) or _action(g) or g.get("status")]
    if groups:
        return _from_report(mail, _worst(groups))
    if not _looks_returned(mail):
        return None
    return _from_text(mail)


def _looks_returned(mail: MailParts) -> bool:
    """Return whether a mail without a report is a server's: by who sends it, what it says and brings back.

    No single one of these is enough, since people quote and forward bounces.
    """
    if mail.report_type == "delivery-status" or "x-failed-recipients" in mail.headers:
        return True
    sender = mail.headers.get("from", "")
    daemon = is_daemon(mail.sender) or "mailer-daemon" in sender.lower()
    nobody = not mail.sender or mail.headers.get("return-path", "").strip() == "<>"
    in_subject = bool(_SUBJECT.search(mail.subject))
    beginning = mail.text[:2000]
    told = in_subject or bool(_SUBJECT.search(beginning))
    brings_back = bool(mail.returned) or bool(_RETURNED.search(mail.text))
    if daemon:
        # A daemon's notice of another kind (a digest, a warning of our own quota) says none of this.
        listed = bool(_LISTED.search(mail.text[:4000]))
        return told or brings_back or listed or find_reply_code(mail.text[:4000]) is not None
    if _FORWARDED.match(mail.subject):
        return False
    if nobody or _MACHINE.search(sender):
        return told
    # Gateways that send under any name: their words, and our mail or the failed address on its own line.
    said_first = bool(_SUBJECT.search(mail.text[:400]))
    return said_first and (brings_back or (in_subject and bool(_ALONE.search(beginning))))


def _from_report(mail: MailParts, group: dict[str, str]) -> Bounce:
    diagnostic = group.get("diagnostic-code", "")
    action = _action(group)
    status = find_enhanced_status(group.get("status", ""))
    said = find_enhanced_status(diagnostic)
    if said and (status is None or status[2:] in {"0.0", "0.1"}):
        status = said
    explanation = _explanation(mail)
    stage: Stage | None = find_stage(f"{diagnostic}\n{group.get('status', '')}\n{explanation}")
    if stage is Stage.UNTOLD and _OWN_WORDS.match(diagnostic):
        stage = None
    words = f"{diagnostic} {group.get('x-display-name', '')} {group.get('x-notes', '')}".strip()
    judged = judge_refusal(find_reply_code(diagnostic), status, words, stage)
    if judged.reason in _VAGUE:
        # A report without the server's words: the text for people often has them.
        fuller = f"{words} {explanation}".strip()
        second = judge_refusal(find_reply_code(fuller), status, fuller, stage)
        if second.reason is not Reason.UNTOLD:
            words, judged = fuller, second
    return Bounce(
        recipient=_recipient_of(group) or _failed_recipient(mail),
        status=status,
        hard=judged.recipient_gone
        and action in {"", "failed", "expired"}
        and not _is_contradicted(explanation),
        about_us=_is_about_us(judged, action),
        words=_short(words),
        references=_references(mail),
    )


def _from_notice(notice: Notice) -> Bounce:
    code = 550 if notice.permanent else None
    judged = judge_refusal(find_reply_code(notice.words) or code, notice.status, notice.words)
    return Bounce(
        recipient=notice.recipient,
        status=notice.status or find_enhanced_status(notice.words),
        hard=judged.recipient_gone and notice.kind == "Bounce",
        about_us=_is_about_us(judged, "failed" if notice.kind == "Bounce" else "delivered"),
        words=_short(notice.words),
    )


def _from_text(mail: MailParts) -> Bounce:
    words = _REPEATED.sub("", _explanation(mail))
    status = find_enhanced_status(words)
    code = find_reply_code(words)
    delayed = bool(_DELAYED.search(mail.subject + words[:600]))
    # Without any number it is the server itself that speaks of its own addresses, unless it quotes another.
    hearsay = bool(status or _ANY_CODE.search(words) or _BRACKETED.search(words))
    stage = find_stage(words) if hearsay else None
    judged = judge_refusal(code, status, _server_words(words), stage)
    if judged.reason in _VAGUE:
        judged = judge_refusal(code or (None if status else 550), status, words, stage)
    return Bounce(
        recipient=_failed_recipient(mail),
        status=status,
        hard=judged.recipient_gone and not delayed,
        about_us=_is_about_us(judged, "delayed" if delayed else "failed"),
        words=_short(words),
        references=_references(mail),
    )


def _server_words(explanation: str) -> str:
    """Return the paragraph with the reply of the other server, or "" where none is quoted."""
    for paragraph in re.split(r"\n\s*\n", explanation):
        found = _QUOTED_REPLY.search(paragraph)
        if found:
            return paragraph[found.start() :]
    return ""


def _is_contradicted(explanation: str) -> bool:
    """Return whether the text for people tells of a full mailbox where the report says "unknown"."""
    return judge_refusal(None, None, explanation).mailbox_full


def _is_about_us(judged: Refusal, action: str) -> bool:
    return (
        judged.about_us and judged.permanent and action not in {"delayed", "delivered", "relayed"}
    )


def _worst(groups: list[dict[str, str]]) -> dict[str, str]:
    """Return the group of a recipient that failed, before one that waits, before one that was served."""
    order = {"failed": 0, "expired": 0, "": 1, "delayed": 2}
    return min(groups, key=lambda group: order.get(_action(group), 3))


def _action(group: dict[str, str]) -> str:
    action = group.get("action", "").lower().strip()
    return next((known for known in _ACTIONS if action.startswith(known)), "")


def _recipient_of(group: dict[str, str]) -> str | None:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        found = _ADDRESS.search(group.get(name, "").rpartition(";")[2])
        if found:
            return str(found.group(0).lower())
    return None


def _failed_recipient(mail: MailParts) -> str | None:
    text = _explanation(mail)
    ours = {mail.sender, *(a.lower() for a in _ADDRESS.findall(mail.headers.get("to", "")))}
    for source in (mail.headers.get("x-failed-recipients", ""), text, mail.returned.get("to", "")):
        for found in _ADDRESS.findall(source):
            address = found.lower().strip(".'")
            if address not in ours and not is_daemon(address):
                return str(address)
    # Somebody may have written to themselves.
    named = _NAMED_RECIPIENT.search(text)
    return named.group(1).lower() if named else None


def _explanation(mail: MailParts) -> str:
    """Return the part of the text that the server wrote, without our own mail below."""
    found = _RETURNED.search(mail.text, min(len(mail.text), 20))
    return mail.text[: min(found.start(), 6000) if found else 6000]


def _references(mail: MailParts) -> tuple[str, ...]:
    returned = find_message_ids(mail.returned.get("message-id", ""))
    below = re.findall(r"(?im)^message-id:\s*(<[^<>\s]+>)", mail.text + "\n" + mail.returned_text)
    return tuple(dict.fromkeys((*returned, *below, *mail.references)))


def _short(words: str) -> str:
    return " ".join(words.split())[:500]
