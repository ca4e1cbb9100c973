"""Work in a process beside this one, for plain Python that two threads would only do in turn.

The other process is a copy of this one as it stands: nothing has to be handed to it, and what both read is
in memory once. It must touch nothing that is shared with others, such as a database.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class BesideLost(RuntimeError):
    """The other process ended without an answer."""


def can_work_beside() -> bool:
    """Say whether this machine can make copies of processes, and has a second processor for one."""
    if not hasattr(os, "fork") or not hasattr(os, "sched_getaffinity"):
        return False
    return len(os.sched_getaffinity(0)) > 1


class Beside(Generic[T]):
    """Does `work` in a process of its own, from now on."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._reading, writing = os.pipe()
        self._process = os.fork()
        if not self._process:
            try:
                os.close(self._reading)
                with os.fdopen(writing, "wb") as answer:
                    pickle.dump(_try(work), answer, pickle.HIGHEST_PROTOCOL)
            finally:
                # No clean-up of what this copy does not own: connections, files, threads of the original.
                os._exit(0)
        os.close(writing)

    def wait(self) -> T:
        """Return what `work` returns, or raise what it raises; once. Raises `BesideLost`."""
        answered: tuple[Any, Exception | None] | None = None
        with (
            contextlib.suppress(EOFError, pickle.UnpicklingError),
            os.fdopen(self._reading, "rb") as answer,
        ):
            answered = pickle.load(answer)  # noqa: S301
        _, status = os.waitpid(self._process, 0)
        if answered is None:
            raise BesideLost(
                f"A process beside this one ended by signal {os.WTERMSIG(status)} without an answer; most "
                "likely memory ran out. Give the machine more, or try again while less else is running."
            )
        found, failure = answered
        if failure is not None:
            raise failure
        return cast("T", found)

    def drop(self) -> None:
        """End the work, whose answer nobody wants any more."""
        os.close(self._reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _try(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return work(), None
    except Exception as failure:
        return None, failure
