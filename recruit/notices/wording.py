"""Put a notice into words. Each kind is one file of `letters/`: a subject, paragraphs, one action.

Subject: You are invited to {{ program }}

A paragraph.

Action: Choose your password -> /invitation/{{ token }}
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from recruit.notices.values import NoticeKind, Wording

LETTERS = Path(__file__).parent / "letters"
_SUBJECT, _ACTION, _ARROW = "Subject:", "Action:", " -> "


class LetterInvalid(ValueError):
    """A packaged letter can't be put into words with what is known; the message says which."""


@cache
def _environment() -> Environment:
    # Plain text: what goes into HTML is escaped when the HTML is made of it.
    return Environment(
        loader=FileSystemLoader(LETTERS),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )


def put_in_words(kind: NoticeKind, facts: dict[str, object]) -> Wording:
    """Return a notice in words; raises `LetterInvalid` where a fact is missing."""
    try:
        text = _environment().get_template(f"{kind.value}.txt").render(facts)
    except TemplateError as error:
        raise LetterInvalid(f"The letter {kind.value}.txt can't be written: {error}") from error
    subject, action, path = "", "", ""
    paragraphs: list[str] = []
    for part in filter(None, (part.strip() for part in text.split("\n\n"))):
        if part.startswith(_SUBJECT):
            subject = " ".join(part.removeprefix(_SUBJECT).split())
        elif part.startswith(_ACTION):
            action, _, path = part.removeprefix(_ACTION).strip().partition(_ARROW)
        else:
            paragraphs.append(" ".join(part.split()))
    return Wording(subject, tuple(paragraphs), action, path)


def put_together(wordings: list[Wording]) -> Wording:
    """Return one letter of several notices: a line each, with where to go."""
    if len(wordings) == 1:
        return wordings[0]
    return Wording(
        subject=f"{len(wordings)} things from your partner program",
        paragraphs=tuple(one.subject for one in wordings),
        action="See what is next",
        path="/",
    )
