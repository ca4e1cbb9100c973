"""Tasks of onboarding: who said yes or applied becomes a candidate, questions go out, PDFs are sealed."""

from collections.abc import Callable

from celery import Celery

from recruit.notices.sending import Office
from recruit.onboarding.usecases import (
    collect_candidates,
    list_unsealed,
    mail_questions,
    nudge_stuck,
    seal_acceptance,
    send_reminders,
    tell_owners,
)
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {
    "onboarding.collect_candidates": 2,
    "onboarding.seal_acceptances": 2,
    "onboarding.mail_questions": 1,
    "onboarding.send_reminders": 900,
    "onboarding.tell_owners": 900,
    "onboarding.nudge_stuck": 4 * 3600,
}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "onboarding.collect_candidates")
    def collect() -> list[int]:
        with get_app().transaction() as tx:
            return collect_candidates(tx)

    @task(celery, "onboarding.send_reminders")
    def remind() -> int:
        return send_reminders(get_app().transaction)

    @task(celery, "onboarding.tell_owners")
    def tell() -> int:
        return tell_owners(get_app().transaction)

    @task(celery, "onboarding.nudge_stuck")
    def nudge() -> int:
        return nudge_stuck(get_app().transaction)

    @task(celery, "onboarding.mail_questions")
    def mail() -> int:
        app = get_app()
        office = Office(
            app.settings.sender_address, app.settings.sender_name, app.settings.base_url, app.secret
        )
        return mail_questions(app.transaction, app.mailer, office)

    @task(celery, "onboarding.seal_acceptances")
    def seal() -> list[int]:
        app = get_app()
        with app.reading() as tx:
            unsealed = list_unsealed(tx)
        for acceptance_id in unsealed:
            with app.transaction() as tx:
                seal_acceptance(
                    tx,
                    acceptance_id=acceptance_id,
                    seal=app.seal,
                    base_url=app.settings.base_url,
                    issuer=app.settings.sender_name,
                )
        return unsealed
