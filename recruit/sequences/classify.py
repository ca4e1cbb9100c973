"""What an incoming mail is. Pure: raw bytes in, a verdict out, and never an exception.

The order matters, because servers mark bounces as automatic answers too: complaint, bounce,
automatic answer, and only then a person.
"""

from dataclasses import dataclass
from datetime import date

from recruit.sequences.absences import find_return
from recruit.sequences.autoreply import is_auto_reply, is_opt_out
from recruit.sequences.bounces import find_bounce, find_complainer, is_complaint
from recruit.sequences.mailparts import MailParts, find_message_ids, take_apart
from recruit.sequences.moods import judge_mood
from recruit.sequences.quoting import new_text
from recruit.sequences.values import InboundKind, Mood


@dataclass(frozen=True)
class Classified:
    """A verdict on a mail.

    `hard`, `status`, `recipient` and `about_us` speak of a bounce or complaint, `until` of an absence,
    `mood` and `confidence` of a person (None where a mail
    program wrote for one). `text` is what is new in it. `references` are the Message-IDs
    that it answers or returns, the nearest first.
    """

    kind: InboundKind
    text: str
    references: tuple[str, ...]
    hard: bool | None = None
    status: str | None = None
    recipient: str | None = None
    about_us: bool = False
    until: date | None = None
    mood: Mood | None = None
    confidence: float = 1.0


def classify(raw: bytes, written_on: date | None = None) -> Classified:
    """Classify a raw mail. `written_on` stands in where its Date header is missing or broken."""
    return classify_parts(take_apart(raw), written_on)


def classify_parts(mail: MailParts, written_on: date | None = None) -> Classified:
    """Classify a mail that was taken apart."""
    if is_complaint(mail):
        returned = find_message_ids(mail.returned.get("message-id", ""))
        return Classified(
            InboundKind.COMPLAINT,
            text=" ".join(mail.text.split())[:500],
            references=(*returned, *mail.references),
            recipient=find_complainer(mail),
        )
    bounce = find_bounce(mail)
    if bounce is not None:
        return Classified(
            InboundKind.BOUNCE,
            text=bounce.words,
            references=bounce.references,
            hard=bounce.hard,
            status=bounce.status,
            recipient=bounce.recipient,
            about_us=bounce.about_us,
        )
    text = new_text(mail.text)
    if is_opt_out(mail):
        return Classified(InboundKind.UNSUBSCRIBE, text, mail.references)
    if is_auto_reply(mail, text):
        day = mail.sent_at.date() if mail.sent_at else written_on
        until = find_return(f"{mail.subject}\n{text}", day) if day else None
        return Classified(InboundKind.AUTO_REPLY, text, mail.references, until=until)
    judged = judge_mood(text)
    return Classified(
        InboundKind.UNSUBSCRIBE if judged.leave_alone else InboundKind.HUMAN,
        text,
        mail.references,
        mood=judged.mood,
        confidence=judged.confidence,
    )
