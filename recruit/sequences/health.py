"""Looking at how receivers see each mailbox, and keeping what was found for its page."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from recruit.db.transaction import Transaction
from recruit.mail.health import Finding, Outgoing, State, check_sender, worst
from recruit.mail.port import Lookup
from recruit.sequences.addresses import domain_of
from recruit.sequences.mailboxes import list_mailboxes
from recruit.sequences.store import get_mailbox

OpenTx = Callable[[], AbstractContextManager[Transaction]]


@dataclass
class HealthReport:
    """How many mailboxes were looked at, and how many of them receivers have reason to distrust."""

    looked_at: int = 0
    bad: int = 0


def check_mailboxes(
    open_tx: OpenTx, lookup: Lookup, outgoing: Outgoing, *, address: str | None = None
) -> HealthReport:
    """Ask DNS about every mailbox, or the one given, and keep the findings. Raises UnknownMailbox.

    No transaction is open while DNS is asked.
    """
    with open_tx() as tx:
        boxes = [get_mailbox(tx, address)] if address else list_mailboxes(tx)
        addresses = [box.address for box in boxes]
    report = HealthReport()
    by_domain: dict[str, list[Finding]] = {}
    for one in addresses:
        domain = domain_of(one)
        if domain not in by_domain:
            by_domain[domain] = check_sender(lookup, domain, outgoing)
        findings = by_domain[domain]
        with open_tx() as tx:
            mailbox = get_mailbox(tx, one)
            mailbox.health = [finding.as_data() for finding in findings]
            mailbox.health_at = tx.now
        report.looked_at += 1
        report.bad += worst(finding.state for finding in findings) is State.BAD
    return report
