from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.sourcing.schedule import BadSchedule, read_schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("daily", "2026-03-03T09:30", "2026-03-04T03:17"),
        ("daily", "2026-03-03T03:17", "2026-03-04T03:17"),
        ("daily", "2026-03-03T03:16:59", "2026-03-03T03:17"),
        ("weekly", "2026-03-03T09:30", "2026-03-09T03:17"),  # a Tuesday, then a Monday
        ("monthly", "2026-12-03T09:30", "2027-01-01T03:17"),
        ("30 4 * * 1", "2026-03-03T09:30", "2026-03-09T04:30"),
        ("30 4 * * 7", "2026-03-03T09:30", "2026-03-08T04:30"),
        ("*/20 * * * *", "2026-03-03T09:30", "2026-03-03T09:40"),
        ("0 6-8/2 * * *", "2026-03-03T06:30", "2026-03-03T08:00"),
        ("0 0 29 2 *", "2026-03-03T06:30", "2028-02-29T00:00"),
        # As cron has it: the thirteenth, or a Friday.
        ("0 0 13 * 5", "2026-03-03T06:30", "2026-03-06T00:00"),
        ("0 0 13 * 5", "2026-03-06T06:30", "2026-03-13T00:00"),
    ],
)
def test_the_next_time_is_the_first_after_the_last(schedule: str, after: str, due: str) -> None:
    assert read_schedule(schedule).next_after(at(after)) == at(due)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hourly", "not a schedule"),
        ("* * * *", "not a schedule"),
        ("60 * * * *", "'60' is no minute. It goes from 0 to 59"),
        ("* * 0 * *", "'0' is no day of the month"),
        ("* * * * mon", "'mon' is no day of the week"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        ("5-1 * * * *", "'5-1' is no minute"),
        ("0 0 30 2 *", "no year has"),
        ("٣ * * * *", "is no minute"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadSchedule, match=words):
        read_schedule(text)


@given(st.text(alphabet="0123456789*/-, a", max_size=30))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        schedule = read_schedule(text)
    except BadSchedule:
        return
    now = at("2026-03-03T09:30")
    due = schedule.next_after(now)
    assert due is not None
    assert due > now
