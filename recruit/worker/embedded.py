"""Worker and schedule as threads of the web server's process: the default for a small team."""

import logging
import time
from threading import Thread

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.worker import state

_THREADS = 4


class EmbeddedWorker:
    """A Celery worker and its beat in this process, on the in-memory broker."""

    def __init__(self, celery: Celery) -> None:
        """Prepare both; `start` runs them."""
        # The pool's threads look their tasks up in the process's default app.
        celery.set_default()
        for noisy in ("celery", "kombu"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        self._worker = celery.WorkController(
            app=celery,
            pool="threads",
            concurrency=_THREADS,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._thread = Thread(target=self._worker.start, name="worker", daemon=True)
        self._beat = EmbeddedService(celery, thread=True, scheduler_cls=Scheduler)

    def start(self) -> None:
        """Start working."""
        state.should_stop = None
        self._thread.start()
        self._beat.start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Let running tasks end, for at most `patience_s` seconds, and stop."""
        self._beat.service._is_shutdown.set()
        # Celery's own switch: it is looked at between messages, also outside the main thread.
        state.should_stop = 0
        self._thread.join(patience_s)
        while self._beat.is_alive() and patience_s > 0:
            time.sleep(0.05)
            patience_s -= 0.05
