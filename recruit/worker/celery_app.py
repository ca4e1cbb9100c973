"""The Celery app. It only carries wake-ups: the database knows what is due, a sweep finds it again.

So no message here matters by itself. It may be lost, doubled or late; arguments are ids; nothing has
an ETA or a countdown, which Redis would deliver twice when they outlast its visibility timeout.
"""

from collections.abc import Callable
from typing import Any

from celery import Celery

from recruit.config import Settings
from recruit.logs import get_logger
from recruit.wiring import App
from recruit.worker.tasks import (
    firms,
    hooks,
    learning,
    notices,
    onboarding,
    scoring,
    sequences,
    sourcing,
    sync,
)

_STAGES = (sourcing, firms, scoring, learning, sequences, onboarding, notices, sync, hooks)


def make_celery(settings: Settings, get_app: Callable[[], App]) -> Celery:
    """Return a Celery app with every task registered; tasks ask `get_app` for the App they run on."""
    celery = Celery("recruit", broker=settings.broker_url, set_as_current=False)
    celery.conf.update(
        task_ignore_result=True,
        task_default_queue="recruit",
        # A task that dies with its worker is delivered again; every task may run twice.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options=_transport_options(settings.broker_url),
        timezone="UTC",
        beat_schedule=_schedule(settings),
    )
    for stage in _STAGES:
        stage.register(celery, get_app)
    return celery


def _transport_options(url: str) -> dict[str, Any]:
    # The in-memory broker polls once a second unless told otherwise.
    return {"polling_interval": 0.05} if url.startswith("memory:") else {}


def _schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    # A wake-up that nobody took before the next one is due is worth nothing.
    return {
        name: {
            "task": name,
            "schedule": settings.sweep_every_s * factor,
            "options": {"expires": settings.sweep_every_s * factor},
        }
        for stage in _STAGES
        for name, factor in stage.SWEEPS.items()
    }


def make_wake(celery: Celery) -> Callable[..., None]:
    """Return a function that asks for a task to run soon, and shrugs when the broker is away."""
    log = get_logger("worker")

    def wake(task: str, *ids: int) -> None:
        try:
            celery.send_task(task, args=ids, retry=False)
        except Exception as error:
            # Whatever a broker's client raises, the edit that caused the wake-up is committed, and the
            # next sweep does the work.
            log.warning("wake-up lost", task=task, error=str(error))

    return wake
