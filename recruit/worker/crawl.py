"""Runs a crawl as a process of its own: a Scrapy reactor cannot be started twice in one process.

    python -m recruit.worker.crawl JOB_ID

The process takes pages from the job's frontier and settles results in transactions of its own. SIGINT and
SIGTERM put the job back into the queue; after SIGKILL the next process goes on from what was settled.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from recruit.clock import ShiftedClock, stopwatch
from recruit.config import PREFIX, Settings, load_settings
from recruit.db.engine import make_engine
from recruit.db.transaction import Transaction, transaction
from recruit.logs import correlation, get_logger, set_up_logs
from recruit.sourcing.crawling.plan import user_agent
from recruit.sourcing.frontier import (
    ClaimedCrawl,
    NotACrawl,
    claim_crawl,
    end_crawl,
    fail_crawl,
)
from recruit.sourcing.usecases import LEASE, JobIsOver, JobTaken, UnknownJob, release_job
from recruit.worker.crawl_sink import DatabaseIsAway, DatabaseSink, OpenTx, patiently
from recruit.worker.holder import holder

FINISHED, FAILED, REFUSED, STOPPED = 0, 1, 2, 3
_WITH_PARENT = "--with-parent"


def run_crawl_process(
    job_id: int,
    settings: Settings | None = None,
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start the crawler of a job and return its process; it ends when this process does.

    `settings` (this process's variables by default) and then `env` make its environment; what it has to
    say goes to the file `log`, else to stderr. It exits with 0 when the crawl is done, 1 when it failed,
    2 when another process has the job or it is over, 3 when it was stopped and can go on later.
    """
    environ = dict(os.environ)
    if settings is not None:
        environ = {k: v for k, v in environ.items() if not k.startswith(PREFIX)}
        environ |= settings_environment(settings)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") if log else nullcontext() as output:
        return subprocess.Popen(  # noqa: S603  (our own module and a number)
            [sys.executable, "-m", "recruit.worker.crawl", str(int(job_id)), _WITH_PARENT],
            env=environ | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A Ctrl-C in the terminal reaches the parent alone, which decides what becomes of the crawl.
            start_new_session=True,
        )


def stop_crawl_process(process: subprocess.Popen[bytes], patience_s: float = 10.0) -> int:
    """Ask a crawler to put its job back, kill it when it does not, and return its exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def settings_environment(settings: Settings) -> dict[str, str]:
    """Return the variables from which another process reads the same settings; what is not set has none."""
    values = ((f.name, getattr(settings, f.name)) for f in fields(settings))
    return {PREFIX + name.upper(): str(value) for name, value in values if value is not None}


def crawl_job(
    open_tx: OpenTx,
    job_id: int,
    *,
    agent: str,
    keep_going: Callable[[], bool] = lambda: True,
) -> int:
    """Crawl a job in this process under the name `agent` and return the exit code.

    It can be called once in a process.
    """
    log = get_logger("crawl")
    runner = holder()
    try:
        claimed = _claim(open_tx, job_id, runner, agent)
    except (UnknownJob, NotACrawl, JobIsOver, JobTaken) as error:
        log.warning("refused", reason=str(error))
        return REFUSED
    sink = DatabaseSink(open_tx, job_id, runner, claimed, keep_going)
    try:
        # Scrapy is slow to load, and the job is claimed, and so shown as running, before.
        from recruit.sourcing.crawling.engine import crawl

        finished = crawl(claimed.plan, sink) or (sink.exhausted and keep_going())
        patiently(
            open_tx,
            lambda tx: end_crawl(
                tx, job_id=job_id, runner=runner, plan=claimed.plan, finished=finished
            ),
        )
    except DatabaseIsAway as error:
        # Nothing can be written of it; when its lease is over a sweep goes on with the job.
        log.warning("stopped", reason=str(error))
        return STOPPED
    except Exception as error:
        log.exception("failed")
        with open_tx() as tx:
            text = f"The crawler failed: {type(error).__name__}: {error}"[:1000]
            fail_crawl(tx, job_id=job_id, runner=runner, message=text)
        return FAILED
    return FINISHED if finished else STOPPED


def _claim(open_tx: OpenTx, job_id: int, runner: str, agent: str) -> ClaimedCrawl:
    """Claim a job; one that a killed process has left is free at once, or when that one's lease is over."""
    give_up_at = stopwatch() + LEASE.total_seconds() + 1
    while True:
        try:
            with open_tx() as tx:
                return claim_crawl(tx, job_id=job_id, runner=runner, user_agent=agent)
        except JobTaken as taken:
            if stopwatch() > give_up_at:
                raise
            if is_dead(taken.runner):
                with open_tx() as tx:
                    release_job(tx, job_id=job_id, runner=taken.runner)
            else:
                time.sleep(0.5)


def is_dead(runner: str) -> bool:
    """Tell whether the holder of a lease (`host:pid`) is a process of this machine that is gone."""
    host, _, pid = runner.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def main(arguments: Sequence[str]) -> int:
    """Crawl the job named on the command line."""
    numbers = [argument for argument in arguments if argument != _WITH_PARENT]
    if len(numbers) != 1 or not numbers[0].isdecimal():
        sys.stderr.write("Usage: python -m recruit.worker.crawl JOB_ID\n")
        return REFUSED
    parent = os.getppid()

    def keep_going() -> bool:
        # An orphan's parent is another process.
        return _WITH_PARENT not in arguments or os.getppid() == parent

    settings = load_settings()
    set_up_logs(as_json=settings.log_json)
    # Without `wiring`: a crawler sends no mail, asks no CRM and scores nobody, and what loads for
    # these takes several times its memory.
    engine = make_engine(settings.database)
    clock = ShiftedClock(timedelta(seconds=settings.demo_clock_shift_s))

    def open_tx() -> AbstractContextManager[Transaction]:
        return transaction(engine, clock.now())

    agent = user_agent(settings.sender_address)
    try:
        with correlation(job=int(numbers[0])):
            return crawl_job(open_tx, int(numbers[0]), agent=agent, keep_going=keep_going)
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
