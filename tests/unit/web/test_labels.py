"""Every status that a page may meet has a word."""

from enum import StrEnum

import pytest

from recruit.insights.standing import STATE_WORDS, ProspectState
from recruit.onboarding.values import CandidateOrigin, CandidateStatus, PartnerState
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SequenceStatus,
    TouchStatus,
)
from recruit.sourcing.values import JobStatus
from recruit.web import labels


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (TouchStatus, labels.TOUCH),
        (EnrollmentStatus, labels.ENROLLMENT),
        (ExitReason, labels.EXIT),
        (SequenceStatus, labels.SEQUENCE),
        (InboundKind, labels.INBOUND),
        (Mood, labels.MOOD),
        (JobStatus, labels.JOB),
        (PartnerState, labels.PARTNER),
        (CandidateStatus, labels.CANDIDATE),
        (CandidateOrigin, labels.ORIGIN),
        (ProspectState, STATE_WORDS),
    ],
)
def test_every_status_has_a_word(kind: type[StrEnum], words: dict[StrEnum, object]) -> None:
    assert set(words) == set(kind)
