"""Tasks of learning."""

from collections.abc import Callable

from celery import Celery

from recruit.learning.chances import refresh_stale_chances
from recruit.learning.registry import Models
from recruit.learning.resembling import refresh_stale_likeness
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"learning.refresh_chances": 20, "learning.refresh_likeness": 60}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "learning.refresh_chances")
    def refresh_chances() -> list[str]:
        app = get_app()
        with app.transaction() as tx:
            return refresh_stale_chances(tx, Models(app.settings.models))

    @task(celery, "learning.refresh_likeness")
    def refresh_likeness() -> bool:
        with get_app().transaction() as tx:
            return refresh_stale_likeness(tx)
