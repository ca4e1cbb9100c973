"""Tasks of sequences: send what is due, read what came in, look at how receivers see us."""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from recruit.sequences.health import HealthReport, check_mailboxes
from recruit.sequences.receiving import InboxReport, read_inbox
from recruit.sequences.reconciling import ReconcileReport, reconcile_unknown
from recruit.sequences.sending import SendReport, send_due_touches
from recruit.wiring import App, make_outgoing
from recruit.worker.holder import holder
from recruit.worker.stopping import is_stopping
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {
    "sequences.read_inbox": 1,
    "sequences.send_due_touches": 1,
    "sequences.reconcile_unknown": 12,
    # Four times a day at the default of 30 s; DNS changes slowly, blocklists do not.
    "sequences.check_mailboxes": 720,
}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "sequences.send_due_touches")
    def send() -> SendReport:
        app = get_app()
        total = SendReport(more=True)
        while total.more and not is_stopping():
            report = send_due_touches(
                app.transaction,
                app.mailer,
                holder=holder(),
                secret=app.secret,
                base_url=app.settings.base_url,
                postal_address=app.settings.postal_address,
                lease=timedelta(seconds=app.settings.lease_s),
                stop=is_stopping,
                ahead=True,
            )
            total.add(report)
        return total

    @task(celery, "sequences.check_mailboxes")
    def check() -> HealthReport:
        app = get_app()
        return check_mailboxes(app.transaction, app.lookup, make_outgoing(app.settings))

    @task(celery, "sequences.read_inbox")
    def read() -> InboxReport | None:
        app = get_app()
        if app.inbox is None:
            return None
        return read_inbox(app.transaction, app.inbox)

    @task(celery, "sequences.reconcile_unknown")
    def reconcile() -> ReconcileReport | None:
        app = get_app()
        if app.sent_mail is None:
            return None
        return reconcile_unknown(
            app.transaction,
            app.sent_mail,
            absence_is_proof=app.settings.imap_sent_is_complete,
        )
