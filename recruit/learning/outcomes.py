"""Outcomes: whom we wrote to first when, what came of it, and what was known of the firm at that moment.

Reads the tables of the stages upstream and writes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import and_, func, or_, select

from recruit.db.transaction import Transaction
from recruit.firms.store import list_firms_by_ids
from recruit.firms.tables import FirmChange
from recruit.firms.values import ChangeKind
from recruit.firms.views import firm_view
from recruit.learning.features import FactChange, features_table, firm_features, view_as_of
from recruit.learning.tables import ReportedOutcome
from recruit.learning.values import Approach, Fate, Stage, Training, fate_of
from recruit.onboarding.tables import AgreementAcceptance, Award, Partner
from recruit.scoring.profile import ProfileDefinition
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import ExitReason, InboundKind, StepKind, TouchStatus

Floats = NDArray[np.float64]
_CHUNK = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gathered:
    """Rows with known outcomes in the order of first contact, and how many firms had which fate.

    `at` and `known_at` are days since 1970: the first contact, and the end of the window.
    """

    firm_ids: tuple[int, ...]
    features: pd.DataFrame
    y: Floats
    at: Floats
    known_at: Floats
    fates: dict[Fate, int]


def gather_outcomes(
    tx: Transaction,
    profile: ProfileDefinition,
    training: Training,
    *,
    since: datetime | None = None,
) -> Gathered:
    """Return what a model may learn from; `since` leaves out earlier first contacts.

    Features are those of the day of the first contact: what changed in a firm's record later is undone.
    """
    approaches = [
        one for one in list_approaches(tx, training) if since is None or one.contacted_at > since
    ]
    window = training.window
    fates = {one.firm_id: fate_of(one, window, tx.now) for one in approaches}
    usable = sorted(
        (one for one in approaches if fates[one.firm_id] in {Fate.GOOD, Fate.OTHER}),
        key=lambda one: (one.contacted_at, one.firm_id),
    )
    rows = _rows_at_contact(tx, usable, profile)
    at = np.array([days_since_1970(one.contacted_at) for one in usable], dtype=np.float64)
    return Gathered(
        firm_ids=tuple(one.firm_id for one in usable),
        features=features_table(rows, profile),
        y=np.array([fates[one.firm_id] is Fate.GOOD for one in usable], dtype=np.float64),
        at=at,
        known_at=at + window / timedelta(days=1),
        fates=dict(Counter(fates.values())),
    )


def features_since(
    tx: Transaction, profile: ProfileDefinition, training: Training, since: datetime
) -> pd.DataFrame:
    """Return the firms first contacted after `since`, as they were known then, their outcome known or not."""
    approaches = [
        one
        for one in list_approaches(tx, training)
        if one.contacted_at > since
        and fate_of(one, training.window, tx.now) not in {Fate.BEFORE, Fate.YOUNGER}
    ]
    return features_table(_rows_at_contact(tx, approaches, profile), profile)


def days_since_1970(moment: datetime) -> float:
    """Return a moment as days."""
    return (moment - _EPOCH) / timedelta(days=1)


def list_approaches(tx: Transaction, training: Training) -> list[Approach]:
    """Return every firm that was written to or spoken to, with its first contact and when the outcome first came."""
    first = tx.session.execute(
        select(Touch.firm_id, func.min(Touch.settled_at))
        .where(
            or_(
                Touch.status == TouchStatus.SENT,
                # A call or a visit; waits and branches are settled as done too.
                and_(Touch.status == TouchStatus.DONE, Touch.kind == StepKind.TASK),
            ),
            Touch.settled_at.is_not(None),
        )
        .group_by(Touch.firm_id)
    )
    contacted = {firm_id: at for firm_id, at in first if at is not None}
    partners = dict(tx.session.execute(select(Partner.firm_id, Partner.accepted_at)).all())
    bounced = set(
        tx.session.scalars(
            select(Enrollment.firm_id).where(Enrollment.exit_reason == ExitReason.BOUNCED)
        )
    )
    came = _outcome_times(tx, training)
    firms = list_firms_by_ids(tx, list(contacted))
    return [
        Approach(
            firm_id=firm.id,
            contacted_at=contacted[firm.id],
            outcome_at=came.get(firm.id),
            partner_since=partners.get(firm.id),
            record_since=firm.created_at,
            bounced=firm.id in bounced,
        )
        for firm in firms
        if firm.merged_into_id is None
    ]


def _outcome_times(tx: Transaction, training: Training) -> dict[int, datetime]:
    if training.stage is Stage.REVENUE:
        return _revenue_times(tx, training.least_revenue)
    return dict(tx.session.execute(_first_times(training.stage)).all())


def _first_times(stage: Stage) -> Any:
    match stage:
        case Stage.REPLIED:
            return (
                select(Reply.firm_id, func.min(Reply.received_at))
                .where(Reply.firm_id.is_not(None), Reply.kind == InboundKind.HUMAN)
                .group_by(Reply.firm_id)
            )
        case Stage.ACCEPTED:
            return select(Partner.firm_id, Partner.accepted_at)
        case Stage.SIGNED:
            return (
                select(Partner.firm_id, func.min(AgreementAcceptance.accepted_at))
                .join(AgreementAcceptance, AgreementAcceptance.partner_id == Partner.id)
                .group_by(Partner.firm_id)
            )
        case Stage.CERTIFIED:
            return (
                select(Partner.firm_id, func.min(Award.awarded_at))
                .join(Award, Award.partner_id == Partner.id)
                .group_by(Partner.firm_id)
            )
        case _:
            return (
                select(ReportedOutcome.firm_id, func.min(ReportedOutcome.at))
                .where(ReportedOutcome.stage == stage)
                .group_by(ReportedOutcome.firm_id)
            )


def _revenue_times(tx: Transaction, least: float) -> dict[int, datetime]:
    """Return when each firm's revenue had come to more than nothing, and to at least `least`."""
    reached: dict[int, datetime] = {}
    sums: dict[int, float] = {}
    rows = tx.session.execute(
        select(ReportedOutcome.firm_id, ReportedOutcome.at, ReportedOutcome.amount)
        .where(ReportedOutcome.stage == Stage.REVENUE)
        .order_by(ReportedOutcome.at, ReportedOutcome.id)
    )
    for firm_id, at, amount in rows:
        sums[firm_id] = sums.get(firm_id, 0.0) + (amount or 0.0)
        if sums[firm_id] > 0 and sums[firm_id] >= least:
            reached.setdefault(firm_id, at)
    return reached


def _rows_at_contact(
    tx: Transaction, approaches: Sequence[Approach], profile: ProfileDefinition
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for start in range(0, len(approaches), _CHUNK):
        chunk = approaches[start : start + _CHUNK]
        ids = [one.firm_id for one in chunk]
        firms = {firm.id: firm_view(firm) for firm in list_firms_by_ids(tx, ids)}
        changes = _changes(tx, ids)
        for one in chunk:
            known = view_as_of(firms[one.firm_id], changes.get(one.firm_id, ()), one.contacted_at)
            rows.append(firm_features(known, profile, one.contacted_at.date()))
    return rows


def _changes(tx: Transaction, firm_ids: Iterable[int]) -> dict[int, list[FactChange]]:
    found: dict[int, list[FactChange]] = {}
    rows = tx.session.execute(
        select(FirmChange.firm_id, FirmChange.at, FirmChange.detail)
        .where(FirmChange.firm_id.in_(list(firm_ids)), FirmChange.kind == ChangeKind.UPDATED)
        # The latest first: of two changes at one moment, the later row is undone before.
        .order_by(FirmChange.at.desc(), FirmChange.id.desc())
    )
    for firm_id, at, detail in rows:
        before = {name: pair[0] for name, pair in detail.get("fields", {}).items()}
        found.setdefault(firm_id, []).append(FactChange(at, before))
    return found
