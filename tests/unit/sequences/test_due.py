"""What an enrollment is due at a moment: a table of cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recruit.sequences.definition import SequenceDefinition, Step, Window
from recruit.sequences.due import (
    Facts,
    Hold,
    MailboxView,
    Move,
    OpenTask,
    Send,
    Stop,
    Wait,
    next_move,
)
from recruit.sequences.timing import EnrollmentView, finish_due, first_due
from recruit.sequences.values import EnrollmentStatus, ExitReason, SequenceStatus, StepKind
from recruit.sequences.windows import Place
from tests.conftest import NOW

DEFINITION = SequenceDefinition(
    name="s",
    title="S",
    window=Window(spread_minutes=0),
    steps=(
        Step(StepKind.EMAIL, 0, "Hi", "Hello"),
        Step(StepKind.TASK, 1, "Call", ""),
        Step(StepKind.EMAIL, 2, "", "Again"),
    ),
)
HAMBURG = Place("Europe/Berlin", "DE")
TOKYO = Place("Asia/Tokyo", "JP")
ENROLLMENT = EnrollmentView(
    sequence="s", firm_id=1, place=HAMBURG, status=EnrollmentStatus.ACTIVE, step_index=0, due_at=NOW
)
MAILBOX = MailboxView("a@b.example", cap_per_day=10, reserved=0)
FACTS = Facts(DEFINITION, SequenceStatus.ACTIVE, MAILBOX)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


CASES: list[tuple[str, dict[str, Any], dict[str, Any], Move]] = [
    ("in the window", {}, {}, Send()),
    ("a task", {"step_index": 1}, {}, OpenTask()),
    ("answered", {}, {"answered": "Yes."}, Stop(ExitReason.REPLIED, "Yes.")),
    ("suppressed", {}, {"suppressed": "No."}, Stop(ExitReason.SUPPRESSED, "No.")),
    (
        "answered before suppressed",
        {},
        {"answered": "Yes.", "suppressed": "No."},
        Stop(ExitReason.REPLIED, "Yes."),
    ),
    (
        "paused sequence",
        {},
        {"sequence_status": SequenceStatus.PAUSED},
        Wait(None, "The sequence is paused."),
    ),
    (
        "paused enrollment",
        {"status": EnrollmentStatus.PAUSED},
        {},
        Wait(None, "The enrollment is paused."),
    ),
    (
        "out of office",
        {"status": EnrollmentStatus.PAUSED, "paused_until": utc(2026, 3, 6, 23)},
        {},
        # 7 and 8 March are a weekend.
        Wait(utc(2026, 3, 9, 8), "Out of office; nothing goes out before 7 March 2026."),
    ),
    (
        "back from the office",
        {"status": EnrollmentStatus.PAUSED, "paused_until": NOW - timedelta(minutes=1)},
        {},
        Send(),
    ),
    (
        "not yet due",
        {"due_at": NOW + timedelta(minutes=1)},
        {},
        Wait(NOW + timedelta(minutes=1), "Its time has not come."),
    ),
    (
        "overdue",
        {"due_at": NOW - timedelta(hours=49)},
        {},
        Hold("It is 49 hours overdue, more than the 48 of grace."),
    ),
    ("overdue task", {"step_index": 1, "due_at": NOW - timedelta(hours=49)}, {}, OpenTask()),
    (
        "evening in Tokyo",
        {"place": TOKYO},
        {},
        Wait(
            utc(2026, 3, 4, 0),
            "The window is closed: it is 18:30 in Asia/Tokyo, outside 09:00–17:00.",
        ),
    ),
    ("unfit", {}, {"unfit": "No name."}, Hold("No name.")),
    (
        "paused mailbox",
        {},
        {"mailbox": replace(MAILBOX, paused_reason="Blocked.")},
        Wait(None, "The mailbox a@b.example is paused: Blocked."),
    ),
    (
        "paused mailbox, but a task",
        {"step_index": 1},
        {"mailbox": replace(MAILBOX, paused_reason="Blocked.")},
        OpenTask(),
    ),
    (
        "cap reached",
        {},
        {"mailbox": replace(MAILBOX, reserved=10)},
        Wait(utc(2026, 3, 4, 8), "The cap of 10 a day of a@b.example is reached."),
    ),
    (
        "gap",
        {},
        {"mailbox": replace(MAILBOX, next_free_at=NOW + timedelta(seconds=30))},
        Wait(NOW + timedelta(seconds=30), "The gap between two messages of a@b.example."),
    ),
    (
        "a window that never opens",
        {"place": Place("Asia/Riyadh", "SA")},
        {"definition": replace(DEFINITION, window=Window(days=frozenset({4, 5})))},
        Hold("The window has no open day in SA."),
    ),
]


@pytest.mark.parametrize(
    ("enrollment", "facts", "move"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_next_move(enrollment: dict[str, Any], facts: dict[str, Any], move: Move) -> None:
    assert next_move(replace(ENROLLMENT, **enrollment), replace(FACTS, **facts), NOW) == move


def test_the_first_step_is_due_at_once_when_the_window_is_open() -> None:
    assert first_due(ENROLLMENT, DEFINITION, NOW) == NOW


def test_a_delay_counts_working_days_of_the_contacts_country() -> None:
    # Thursday before Easter 2026: Good Friday and Easter Monday are holidays in Germany, not in Japan.
    thursday = utc(2026, 4, 2, 8)
    follow_up = replace(ENROLLMENT, step_index=2)
    assert first_due(follow_up, DEFINITION, thursday) == utc(2026, 4, 8, 7)
    assert first_due(replace(follow_up, place=TOKYO), DEFINITION, thursday) == utc(2026, 4, 6, 0)


def test_a_step_planned_during_an_absence_waits_for_its_end() -> None:
    away = replace(ENROLLMENT, step_index=2, paused_until=utc(2026, 3, 20, 23))
    assert first_due(away, DEFINITION, NOW) == utc(2026, 3, 23, 8)


def test_waiting_for_an_answer_ends_after_working_days() -> None:
    assert finish_due(DEFINITION, HAMBURG, NOW) == utc(2026, 3, 10, 8)
