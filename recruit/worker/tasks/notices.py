"""Tasks of notices: send what people are to hear."""

from collections.abc import Callable

from celery import Celery

from recruit.notices.sending import NoticeReport, Office, send_due_notices
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"notices.send_due_notices": 1}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "notices.send_due_notices")
    def send() -> NoticeReport:
        app = get_app()
        settings = app.settings
        office = Office(
            settings.sender_address, settings.sender_name, settings.base_url, app.secret
        )
        return send_due_notices(app.transaction, app.mailer, office)
