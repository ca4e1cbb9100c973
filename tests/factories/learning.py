"""Rows with outcomes whose true weights are known, and firms that were written to with what came of it."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.learning.sigmoid import expit
from recruit.onboarding.tables import Partner
from recruit.sequences.tables import Enrollment, Sequence, SequenceVersion, Touch
from recruit.sequences.usecases import add_mailbox, save_sequence
from recruit.sequences.values import EnrollmentStatus, ExitReason, StepKind, TouchStatus
from tests.factories.sequences import MAILBOX, mails_only, make_contact, make_firm

# What a logit gains from each column of `outcome_rows`.
WEIGHTS = {"size": 1.2, "tenure": -0.6, "noise": 0.0}


def outcome_rows(n: int, *, seed: int = 0, level: float = -1.0) -> tuple[pd.DataFrame, Any]:
    """Return n rows of two telling numbers, noise and a telling category, with outcomes drawn from `WEIGHTS`."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        {name: random.normal(size=n) for name in WEIGHTS}
        | {"country": random.choice(["DE", "FR", "US"], n)}
    )
    logit = level + sum(w * table[name] for name, w in WEIGHTS.items())
    logit = logit + table["country"].map({"DE": 1.0, "FR": 0.0, "US": -0.5})
    y = (random.random(n) < expit(logit.to_numpy())).astype(int)
    return table, y


def noise_rows(n: int, *, seed: int = 0, share: float = 0.3) -> tuple[pd.DataFrame, Any]:
    """Return n rows whose outcomes have nothing to do with them."""
    table, _ = outcome_rows(n, seed=seed)
    return table, (np.random.default_rng(seed + 1).random(n) < share).astype(int)


def approach_firm(
    tx: Transaction,
    number: int,
    *,
    contacted_at: datetime,
    accepted_after_days: float | None = None,
    bounced: bool = False,
    **firm: Any,
) -> Firm:
    """Store a firm that was written to at a moment, and that became a partner so many days later or not."""
    made = make_firm(
        tx,
        f"Firm {number}",
        **({"created_at": contacted_at - timedelta(days=90), "updated_at": contacted_at} | firm),
    )
    contact = make_contact(tx, made)
    sequence, version = _sequence(tx)
    enrollment = Enrollment(
        sequence_id=sequence.id,
        sequence_version_id=version.id,
        firm_id=made.id,
        contact_id=contact.id,
        address_domain=made.domain,
        unsubscribe_key=None,
        status=EnrollmentStatus.FINISHED,
        exit_reason=ExitReason.BOUNCED if bounced else ExitReason.NO_REPLY,
        exit_detail="",
        profile_version_id=None,
        score_total=None,
        enrolled_at=contacted_at - timedelta(hours=1),
        enrolled_by="test",
        paused_until=None,
        finish_at=None,
        finished_at=contacted_at,
    )
    tx.session.add(enrollment)
    tx.session.flush()
    tx.session.add(
        Touch(
            enrollment_id=enrollment.id,
            sequence_id=sequence.id,
            firm_id=made.id,
            step_index=0,
            kind=StepKind.EMAIL,
            status=TouchStatus.SENT,
            address_key=contact.email,
            due_at=contacted_at,
            settled_at=contacted_at,
        )
    )
    if accepted_after_days is not None:
        tx.session.add(
            Partner(
                firm_id=made.id,
                company={},
                accepted_at=contacted_at + timedelta(days=accepted_after_days),
                accepted_by="test",
            )
        )
    tx.session.flush()
    return made


def _sequence(tx: Transaction) -> tuple[Sequence, SequenceVersion]:
    sequence = tx.session.query(Sequence).first()
    if sequence is None:
        add_mailbox(tx, address=MAILBOX, from_name="Pat Vendor", cap_per_day=500, gap_s=0)
        save_sequence(tx, definition=mails_only(1), actor="test")
        sequence = tx.session.query(Sequence).one()
    return sequence, tx.session.query(SequenceVersion).first()


def make_history(tx: Transaction, n: int, *, seed: int = 0) -> None:
    """Store n approached firms, the oldest two years ago: larger German ones become partners more often."""
    random = np.random.default_rng(seed)
    for number in range(n):
        contacted_at = tx.now - timedelta(days=700) + timedelta(days=600 * number / n)
        people = int(random.choice([4, 40, 120, 2000]))
        founded = int(random.integers(1990, 2020))
        country = str(random.choice(["DE", "US"]))
        logit = -2.2 + 2.4 * (people in {40, 120}) + 1.6 * (country == "DE")
        is_good = random.random() < expit(np.array([logit]))[0]
        approach_firm(
            tx,
            number,
            contacted_at=contacted_at,
            accepted_after_days=20.0 if is_good else None,
            employees_low=people,
            employees_high=people,
            country=country,
            founded_low=founded,
            founded_high=founded,
            specialties=["kubernetes"] if random.random() < 0.5 else ["bakery"],
        )
