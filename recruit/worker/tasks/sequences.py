"""Tasks of sequences: send what is due, read what came in."""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from recruit.sequences.receiving import InboxReport, read_inbox
from recruit.sequences.sending import SendReport, send_due_touches
from recruit.wiring import App
from recruit.worker.holder import holder
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"sequences.read_inbox": 1, "sequences.send_due_touches": 1}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "sequences.send_due_touches")
    def send() -> SendReport:
        app = get_app()
        return send_due_touches(
            app.transaction,
            app.mailer,
            holder=holder(),
            secret=app.secret,
            base_url=app.settings.base_url,
            postal_address=app.settings.postal_address,
            lease=timedelta(seconds=app.settings.lease_s),
        )

    @task(celery, "sequences.read_inbox")
    def read() -> InboxReport | None:
        app = get_app()
        if app.inbox is None:
            return None
        return read_inbox(app.transaction, app.inbox)
