"""Tasks of resolution."""

from collections.abc import Callable

from celery import Celery

from recruit.firms.usecases import resolve_firms
from recruit.firms.values import ResolutionReport
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"firms.resolve": 4}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "firms.resolve")
    def resolve() -> ResolutionReport | None:
        app = get_app()
        with app.transaction() as tx:
            report = resolve_firms(tx)
        if not report.new_firms and not report.changed_firms and not report.merged:
            return None
        app.wake("scoring.rank_stale")
        return report
