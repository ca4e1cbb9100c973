"""When people hear of something."""

from datetime import UTC, datetime

import pytest

from recruit.notices.timing import due_at, next_digest
from recruit.notices.values import ACCOUNT_KINDS, NoticeKind, Preference

RAISED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "digest"),
    [
        (datetime(2026, 3, 2, 5, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, 6, tzinfo=UTC)),
    ],
)
def test_the_days_letter_goes_out_at_six(after, digest):
    assert next_digest(after) == digest


def test_people_hear_as_they_prefer():
    kind = NoticeKind.STEP_WAITING
    assert due_at(kind, Preference.INSTANT, RAISED) == RAISED
    assert due_at(kind, Preference.DAILY, RAISED) == next_digest(RAISED)
    assert due_at(kind, Preference.OFF, RAISED) is None


@pytest.mark.parametrize("preference", list(Preference))
@pytest.mark.parametrize("kind", sorted(ACCOUNT_KINDS))
def test_what_an_account_needs_comes_at_once(kind, preference):
    assert due_at(kind, preference, RAISED) == RAISED
