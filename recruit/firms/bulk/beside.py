"""Work in a process beside this one, for plain Python that two threads would only do in turn.

The other process is a copy of this one as it stands: nothing has to be handed to it, and what both read is
in memory once. It must touch nothing that is shared with others, such as a database.
"""

import contextlib
import os
import pickle
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class BesideLost(RuntimeError):
    """The other process ended without an answer."""


def can_work_beside() -> bool:
    """Say whether this machine can make copies of processes, and has a second processor for one."""
    if not hasattr(os, "fork") or not hasattr(os, "sched_getaffinity"):
        return False
    return len(os.sched_getaffinity(0)) > 1


def start_beside(work: Callable[[], T]) -> Callable[[], T]:
    """Start `work` in a process of its own; return what waits for its answer.

    What `work` raises is raised by waiting; so is `BesideLost`.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as answer:
                pickle.dump(_try(work), answer, pickle.HIGHEST_PROTOCOL)
        finally:
            # No clean-up of what this copy does not own: connections, files, threads of the original.
            os._exit(0)
    os.close(writing)

    def wait() -> T:
        answered: tuple[Any, Exception | None] | None = None
        with (
            contextlib.suppress(EOFError, pickle.UnpicklingError),
            os.fdopen(reading, "rb") as answer,
        ):
            answered = pickle.load(answer)  # noqa: S301
        _, status = os.waitpid(process, 0)
        if answered is None:
            raise BesideLost(
                f"A process that read sightings ended by signal {os.WTERMSIG(status)} without an answer; "
                "most likely memory ran out. Give the machine more, or run it while less else is running."
            )
        found: Any
        found, failure = answered
        if failure is not None:
            raise failure
        return cast("T", found)

    return wait


def _try(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return work(), None
    except Exception as failure:
        return None, failure
