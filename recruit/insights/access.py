"""Who could see something on a day: worked out from the facts as they were then, not from a record of visits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere
from recruit.onboarding import published
from recruit.onboarding.gathering_history import gather_history
from recruit.onboarding.history import History
from recruit.onboarding.shelf import Shelved, decide_resource


@dataclass(frozen=True)
class AccessLine:
    """A partner on that day. `since` and `until` bound the first time at which it was open that day.

    `until` is None where it was open to the day's end. `people` had access then. `reason` says why it
    was closed, at the day's end, where it never opened.
    """

    partner_id: int
    company: str
    allowed: bool
    since: datetime | None
    until: datetime | None
    people: tuple[str, ...]
    reason: str


def who_could_see(tx: Transaction, resource_key: str, on: date) -> tuple[AccessLine, ...]:
    """Return a line for each partner that had been accepted by the end of the day (UTC).

    The resource's gate and level are those that it has now. Raises `NothingHere`.
    """
    resource = published.find_resource(tx, resource_key)
    if resource is None:
        known = ", ".join(r.key for r in published.list_resources(tx)) or "none"
        raise NothingHere(f"There is no resource {resource_key!r}. Known: {known}.")
    begins = datetime.combine(on, time(), UTC)
    ends = min(begins + timedelta(days=1), max(tx.now, begins))
    return tuple(
        _line(history, Shelved(resource.action, resource.level), begins, ends)
        for history in gather_history(tx).values()
        if history.now.accepted_at < ends or history.now.accepted_at <= begins
    )


def _line(history: History, shelved: Shelved, begins: datetime, ends: datetime) -> AccessLine:
    since: datetime | None = None
    until: datetime | None = None
    people: tuple[str, ...] = ()
    reason = ""
    for moment in history.moments(begins, ends):
        evidence = history.at(moment)
        decision = decide_resource(shelved, evidence, moment)
        # Nobody sees anything where nobody is.
        allowed = decision.allowed and bool(evidence.members)
        reason = decision.reason or ("" if evidence.members else "Nobody belonged to it.")
        if allowed:
            since = since or moment
            names = tuple(f"{m.name} <{m.email}>" for m in evidence.members)
            people = tuple(dict.fromkeys((*people, *names)))
        elif since is not None and until is None:
            until = moment
    return AccessLine(
        partner_id=history.now.partner_id,
        company=history.now.company_name,
        allowed=since is not None,
        since=since,
        until=until,
        people=people,
        reason="" if since is not None else reason,
    )
