"""Tasks of the CRM conversation."""

from collections.abc import Callable

from celery import Celery

from recruit.crm.mapping import find_mapping
from recruit.sync.pull import PullReport, pull_changes
from recruit.sync.push import PushReport, push_changes
from recruit.sync.usecases import announce_drifted
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"sync.push": 2, "sync.pull": 4, "sync.find_drift": 120}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "sync.push")
    def push() -> PushReport | None:
        app = get_app()
        if app.crm is None:
            return None
        return push_changes(
            app.transaction, app.crm, find_mapping(app.settings.var_dir, app.settings.crm)
        )

    @task(celery, "sync.pull")
    def pull() -> PullReport | None:
        app = get_app()
        if app.crm is None:
            return None
        return pull_changes(
            app.transaction, app.crm, find_mapping(app.settings.var_dir, app.settings.crm)
        )

    @task(celery, "sync.find_drift")
    def find_drift() -> int:
        """Queue firms whose story changed without an edit, such as a certificate that ran out."""
        app = get_app()
        if app.crm is None:
            return 0
        return announce_drifted(
            app.transaction, find_mapping(app.settings.var_dir, app.settings.crm)
        )
