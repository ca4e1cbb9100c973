"""What a chaos run kills: a worker or a schedule as `recruit worker` and `recruit beat` run them.

Two things differ. The clock's shift from the machine's is read from a file, so that a run can move the clock of
all processes at once; and only what sequences do is on the schedule. A fork server imports this module once, and a
process that is forked from it starts in a tenth of the time.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import kombu.transport.redis  # noqa: F401  (imported once, before the forks)
from celery import Celery
from celery.beat import Scheduler, Service

from recruit.clock import SystemClock
from recruit.config import Settings
from recruit.wiring import App, build_app
from recruit.worker.celery_app import make_celery, make_wake
from recruit.worker.listening import listening


@dataclass(frozen=True)
class FileClock:
    """The machine's clock, moved by as many seconds as the file says."""

    path: Path

    def now(self) -> datetime:
        """Return the moved moment."""
        return SystemClock().now() + timedelta(seconds=self.shift_s)

    @property
    def shift_s(self) -> float:
        """By how much the clock is moved, in seconds."""
        return float(self.path.read_text() or 0)

    def jump(self, seconds: float) -> None:
        """Move the clock of everybody who reads the file."""
        new = self.path.with_suffix(".new")
        new.write_text(str(self.shift_s + seconds))
        new.replace(self.path)


def work(role: str, settings: Settings, clock: FileClock, log: Path) -> None:
    """Run a worker or a beat until the process is killed; its output goes to `log`."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    app = build_app(settings, clock=clock)
    celery = make_celery(settings, lambda: app)
    if role == "beat":
        celery.conf.beat_schedule = {
            name: entry
            for name, entry in celery.conf.beat_schedule.items()
            if name.startswith("sequences.")
        }
        Service(celery, scheduler_cls=Scheduler).start()
        return
    _work(app, celery)


def _work(app: App, celery: Celery) -> None:
    app.wake = make_wake(celery)
    listener = listening(app)
    try:
        celery.Worker(pool="threads", concurrency=4, loglevel="WARNING").start()
    finally:
        listener.stop()
