"""Runs a task with a correlation id, and never beside itself in one process."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec

from celery import Celery

from recruit.logs import correlation, get_logger

P = ParamSpec("P")
_running: defaultdict[str, Lock] = defaultdict(Lock)


def _says_something(report: Any) -> bool:
    # A sweep that found nothing to do is not news.
    return any(vars(report).values()) if is_dataclass(report) else bool(report)


def task(celery: Celery, name: str) -> Callable[[Callable[P, Any]], Callable[P, None]]:
    """Register a function as the Celery task `name`.

    What it returns (a report) goes to the log. A call that finds the same task with the same
    arguments at work in this process leaves at once: the running one, or the next sweep, does it.
    """

    def decorate(function: Callable[P, Any]) -> Callable[P, None]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            lock = _running[f"{name}{args}"]
            if not lock.acquire(blocking=False):
                return
            try:
                with correlation(task=name):
                    report = function(*args, **kwargs)
                    if _says_something(report):
                        get_logger("worker").info("done", report=report)
            finally:
                lock.release()

        # Shared tasks would run on the App of whichever Celery was made first.
        celery.task(run, name=name, shared=False)
        return run

    return decorate
