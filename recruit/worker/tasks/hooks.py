"""Tasks of outgoing webhooks: queue what was announced, and send what is due."""

from collections.abc import Callable

from celery import Celery

from recruit.hooks.announcing import queue_deliveries
from recruit.hooks.pruning import prune_deliveries
from recruit.hooks.sending import HookReport, send_due_hooks
from recruit.insights.api import describe_changes
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"hooks.queue": 1, "hooks.send": 1, "hooks.prune": 120}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "hooks.queue")
    def queue() -> int:
        return queue_deliveries(get_app().transaction, describe_changes)

    @task(celery, "hooks.send")
    def send() -> HookReport:
        app = get_app()
        return send_due_hooks(app.transaction, allow_private=app.settings.hooks_allow_private)

    @task(celery, "hooks.prune")
    def prune() -> int:
        with get_app().transaction() as tx:
            return prune_deliveries(tx)
