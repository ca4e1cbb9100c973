"""What a step says to one recipient: its templates, and the conversation that it goes on in."""

from dataclasses import dataclass

from recruit.sequences.definition import SequenceDefinition, Step
from recruit.sequences.recipients import Recipient
from recruit.sequences.rendering import TemplateError, UnresolvedToken, render
from recruit.sequences.tables import Mailbox
from recruit.sequences.threads import Thread
from recruit.sequences.values import StepKind


@dataclass(frozen=True)
class Wording:
    """Rendered texts; `unfit` says why there are none. `references` is empty where a new thread begins."""

    subject: str = ""
    body: str = ""
    link: str = ""
    references: tuple[str, ...] = ()
    unfit: str | None = None


def word_step(
    step: Step,
    definition: SequenceDefinition,
    recipient: Recipient,
    mailbox: Mailbox,
    thread: Thread,
    variant: str = "",
) -> Wording:
    """Render a step in one of its wordings. An e-mail without a subject of its own joins `thread`."""
    if step.kind in {StepKind.WAIT, StepKind.BRANCH}:
        return Wording()
    values = recipient.values(mailbox)
    subject_text, body_text = step.worded(variant)
    try:
        subject = render(subject_text, values)
        joins = step.kind is StepKind.EMAIL and not subject and bool(thread.reply_subject)
        if joins:
            subject = thread.reply_subject
        elif not subject:
            # The mail that would have begun the thread never went out.
            first = next(s for s in definition.steps if s.kind is StepKind.EMAIL)
            subject = render(first.worded(variant)[0], values)
        return Wording(
            subject,
            render(body_text, values),
            render(step.link, values),
            thread.message_ids if joins else (),
        )
    except (UnresolvedToken, TemplateError) as error:
        return Wording(unfit=str(error))
