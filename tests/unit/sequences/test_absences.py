"""Out-of-office answers in fourteen languages: recognised, with the day that they name, and never mixed up with people."""

import hashlib
import json
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from recruit.sequences.absences import find_return
from recruit.sequences.autoreply import is_auto_reply
from recruit.sequences.classify import classify
from recruit.sequences.mailparts import take_apart
from recruit.sequences.values import InboundKind
from recruit.sequences.wishes import find_again, find_referred

MARCH = date(2026, 3, 3)  # a Tuesday
LABELS = Path(__file__).parents[2] / "labels" / "absences.jsonl"
SAMPLES: list[dict[str, Any]] = [
    json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()
]


def is_held_out(sample: dict[str, Any]) -> bool:
    """Return whether a sample belongs to the third that no rule was tuned on."""
    return int(hashlib.sha256(sample["id"].encode()).hexdigest(), 16) % 3 == 2


def mail_of(sample: dict[str, Any]) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "ann@firm.example"
    mail["Subject"] = sample["subject"]
    mail["Date"] = "Tue, 03 Mar 2026 09:00:00 +0000"
    mail.set_content(sample["text"])
    return mail.as_bytes()


@pytest.mark.parametrize("held_out", [False, True])
def test_absences_are_recognised_and_people_are_not_taken_for_machines(held_out: bool) -> None:
    samples = [s for s in SAMPLES if is_held_out(s) is held_out]
    automatic = [s for s in samples if s["kind"] == "auto_reply"]
    found = [s for s in automatic if classify(mail_of(s)).kind is InboundKind.AUTO_REPLY]
    assert len(found) / len(automatic) >= 0.95
    human = [s for s in samples if s["kind"] == "human"]
    assert [s["id"] for s in human if classify(mail_of(s)).kind is InboundKind.AUTO_REPLY] == []


@pytest.mark.parametrize("held_out", [False, True])
def test_the_day_of_an_absence_is_read(held_out: bool) -> None:
    samples = [s for s in SAMPLES if is_held_out(s) is held_out and s["kind"] == "auto_reply"]
    right = [
        s
        for s in samples
        if (s["until"] or None) == (str(classify(mail_of(s)).until or "") or None)
    ]
    assert len(right) / len(samples) >= 0.95


def test_at_least_eight_languages_and_sixty_absences_are_in_the_set() -> None:
    automatic = [s for s in SAMPLES if s["kind"] == "auto_reply"]
    assert len(automatic) >= 60
    assert len({s["language"] for s in automatic}) >= 8


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated (vacation)"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
    ],
)
def test_a_header_alone_tells_a_machine(headers: dict[str, str]) -> None:
    mail = EmailMessage()
    mail["From"] = "ann@firm.example"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content("Hello.")
    assert is_auto_reply(take_apart(mail.as_bytes()), "Hello.")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("back on 3/14, away from 3/4", date(2026, 3, 14)),
        ("Ich bin bis 31.12. abwesend", date(2026, 12, 31)),
        ("bis 32.13.", None),
        ("back tomorrow", date(2026, 3, 4)),
        ("until 2027-09-01", None),
    ],
)
def test_days_are_read_relative_to_the_mail(text: str, until: date | None) -> None:
    assert find_return(text, MARCH) == until


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("Please come back in three months.", date(2026, 6, 3)),
        ("Try us next quarter.", date(2026, 4, 1)),
        ("Gerne im Herbst.", date(2026, 9, 1)),
        ("Melden Sie sich in zwei Wochen.", date(2026, 3, 17)),
        ("Recontactez-moi dans six mois.", date(2026, 9, 3)),
        ("El próximo año.", date(2027, 1, 8)),
        ("Write me after 12 May.", date(2026, 5, 12)),
        ("Im Januar wieder.", date(2027, 1, 1)),
        ("Later, maybe.", None),
    ],
)
def test_the_day_to_write_again_on_is_proposed(text: str, again: date | None) -> None:
    assert find_again(text, MARCH) == again


def test_a_day_is_never_moved_into_a_month_that_has_no_such_day() -> None:
    assert find_again("in one month", date(2026, 1, 31)) == date(2026, 2, 28)


def test_whom_an_answer_names_is_proposed_but_neither_its_writer_nor_we() -> None:
    text = "Ask Bob.Lee@firm.example (cc ann+x@firm.example), not partners@vendor.example."
    known = ["ann@firm.example", "partners@vendor.example"]
    assert find_referred(text, known) == ("bob.lee@firm.example",)
