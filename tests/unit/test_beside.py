"""Work in a process beside this one: its answer, its failure and its death all arrive."""

import os
import signal
import time

import pytest

from recruit.beside import Beside, BesideLost


def test_what_the_work_returns_comes_back() -> None:
    assert Beside(lambda: (os.getpid(), ["ü"] * 100_000)).wait()[0] != os.getpid()


def test_what_the_work_raises_is_raised_here() -> None:
    def fail() -> None:
        raise LookupError("no such town")

    with pytest.raises(LookupError, match="no such town"):
        Beside(fail).wait()


def test_a_killed_process_is_told_with_a_remedy() -> None:
    with pytest.raises(BesideLost, match=r"signal 9 .* memory ran out"):
        Beside(lambda: os.kill(os.getpid(), signal.SIGKILL)).wait()


def test_dropped_work_ends_at_once() -> None:
    begun = time.monotonic()
    Beside(lambda: time.sleep(60)).drop()
    assert time.monotonic() - begun < 30
