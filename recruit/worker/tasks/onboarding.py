"""Tasks of onboarding: firms that answered yes become candidates, acceptances get their sealed PDF."""

from collections.abc import Callable

from celery import Celery

from recruit.onboarding.usecases import collect_candidates, list_unsealed, seal_acceptance
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {
    "onboarding.collect_candidates": 2,
    "onboarding.seal_acceptances": 2,
}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "onboarding.collect_candidates")
    def collect() -> list[int]:
        with get_app().transaction() as tx:
            return collect_candidates(tx)

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
