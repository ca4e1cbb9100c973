"""Tasks of onboarding: firms that answered yes become candidates."""

from collections.abc import Callable

from celery import Celery

from recruit.onboarding.usecases import collect_candidates
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"onboarding.collect_candidates": 2}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "onboarding.collect_candidates")
    def collect() -> list[int]:
        with get_app().transaction() as tx:
            return collect_candidates(tx)
