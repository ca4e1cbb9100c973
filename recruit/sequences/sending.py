"""The sending sweep. Exactly once is impossible over SMTP; this is at most once, the unknown parked.

The order is the guarantee: claim (asking every rule again) and commit → talk until the server says 354 →
commit `sending`, guarded by the fence → the final dot → commit the result. A crash before the dot has
sent nothing; a crash after it leaves `sending`, which is never sent again by itself.
"""

from collections.abc import Callable
from datetime import timedelta

from recruit.mail.port import Mailer
from recruit.sequences.claiming import Sender, Sweep, claim_due
from recruit.sequences.departures import Departures, OpenTx
from recruit.sequences.housekeeping import tidy
from recruit.sequences.leases import take_lease
from recruit.sequences.report import SendReport
from recruit.sequences.standing import name_missing_address

__all__ = ["SENDING_LEASE", "SendReport", "send_due_touches"]

SENDING_LEASE = "sending"
# Renewed at each sweep; a dead process keeps the others waiting for no longer than this.
LEASE_LASTS = timedelta(seconds=60)


def _never() -> bool:
    return False


def send_due_touches(
    open_tx: OpenTx,
    mailer: Mailer,
    *,
    holder: str,
    secret: str,
    base_url: str,
    postal_address: str,
    limit: int = 50,
    lease: timedelta = LEASE_LASTS,
    stop: Callable[[], bool] = _never,
    ahead: bool = False,
) -> SendReport:
    """Send what is due now, at most `limit` touches; does nothing while another holder has the lease.

    A holder that dies keeps the others waiting for one `lease`, and its claims for two. `stop` is asked
    before each group of messages; once it says so, what is claimed goes back at once. `ahead`: where the
    mailer can, talk about several messages at the same time (see `departures`).
    """
    report = SendReport()
    with open_tx() as tx:
        if not take_lease(tx, SENDING_LEASE, holder, lease):
            return report
        if not postal_address.strip():
            name_missing_address(tx)
        report.finished = tidy(tx)
        sweep = claim_due(tx, Sender(secret, base_url, postal_address, 2 * lease), limit)
    _add(report, sweep, limit)
    Departures(open_tx, mailer, sweep.claims, report, stop=stop, ahead=ahead).run()
    return report


def _add(report: SendReport, sweep: Sweep, limit: int) -> None:
    report.tasks = sweep.tasks
    report.passed = sweep.passed
    report.postponed = sweep.postponed
    report.held = sweep.held
    report.stopped = sweep.stopped
    report.more = sweep.looked_at >= limit
