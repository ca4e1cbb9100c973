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
from dataclasses import fields, replace
from pathlib import Path

from recruit.clock import stopwatch
from recruit.config import PREFIX, CrmKind, InboxKind, MailTransport, Settings, load_settings
from recruit.db.transaction import Transaction
from recruit.logs import correlation, get_logger, set_up_logs
from recruit.sourcing.budget import Spent, reached
from recruit.sourcing.crawling.plan import Page, PageResult, user_agent
from recruit.sourcing.frontier import (
    ClaimedCrawl,
    NotACrawl,
    claim_crawl,
    end_crawl,
    fail_crawl,
    settle_pages,
    take_pages,
)
from recruit.sourcing.usecases import LEASE, JobIsOver, JobTaken, UnknownJob, release_job
from recruit.wiring import App, build_app
from recruit.worker.holder import holder

FINISHED, FAILED, REFUSED, STOPPED = 0, 1, 2, 3
_SIGN_OF_LIFE_S = 2.0
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
    """Return the variables from which another process reads the same settings."""
    return {PREFIX + f.name.upper(): str(getattr(settings, f.name)) for f in fields(settings)}


OpenTx = Callable[[], AbstractContextManager[Transaction]]


class DatabaseSink:
    """Gives out the pages of a job's frontier and settles their results, each call a transaction.

    When a limit of the budget is reached, `exhausted` is True: no page is given out any more, and what is
    under way is dropped unless the limit is one of pages.
    """

    def __init__(
        self,
        open_tx: OpenTx,
        job_id: int,
        runner: str,
        claimed: ClaimedCrawl,
        keep_going: Callable[[], bool],
    ) -> None:
        """Work on a job that `runner` has claimed, until `keep_going` says no."""
        self._open_tx = open_tx
        self._job_id = job_id
        self._runner = runner
        self._plan = claimed.plan
        self._spent = claimed.spent
        self._keep_going = keep_going
        self._under_way: set[int] = set()
        self._signed_at = stopwatch()

    @property
    def exhausted(self) -> bool:
        """Tell whether a limit of the budget is reached."""
        return reached(self._plan.spec.budget, self._spent) is not None

    def take(self, limit: int) -> list[Page]:
        """Return the next pages, as far as the budget reaches."""
        if self.exhausted:
            return []
        pages_left = self._plan.spec.budget.pages - self._spent.pages - len(self._under_way)
        limit = min(limit, pages_left)
        if limit <= 0:
            return []
        with self._open_tx() as tx:
            pages = take_pages(
                tx,
                job_id=self._job_id,
                plan=self._plan,
                under_way=self._under_way,
                limit=limit,
            )
        self._under_way |= {page.id for page in pages}
        return pages

    def settle(self, results: Sequence[PageResult]) -> bool:
        """Record results; without any, show now and then that the process lives."""
        going = self._keep_going()
        seconds = stopwatch() - self._signed_at
        if not results and going and seconds < _SIGN_OF_LIFE_S:
            return True
        self._signed_at = stopwatch()
        with self._open_tx() as tx:
            wanted = settle_pages(
                tx,
                job_id=self._job_id,
                runner=self._runner,
                plan=self._plan,
                results=results,
                seconds=seconds,
            )
        self._under_way -= {result.page.id for result in results}
        size = sum(result.fetched.size for result in results if result.fetched)
        self._spent += Spent(len(results), size, seconds)
        return wanted and going and not (self.exhausted and self._under_way)


def crawl_job(app: App, job_id: int, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Crawl a job in this process and return the exit code. It can be called once in a process."""
    log = get_logger("crawl")
    runner = holder()
    try:
        claimed = _claim(app, job_id, runner)
    except (UnknownJob, NotACrawl, JobIsOver, JobTaken) as error:
        log.warning("refused", reason=str(error))
        return REFUSED
    sink = DatabaseSink(app.transaction, job_id, runner, claimed, keep_going)
    try:
        # Scrapy is slow to load, and the job is claimed, and so shown as running, before.
        from recruit.sourcing.crawling.engine import crawl

        finished = crawl(claimed.plan, sink) or (sink.exhausted and keep_going())
    except Exception as error:
        log.exception("failed")
        with app.transaction() as tx:
            text = f"The crawler failed: {type(error).__name__}: {error}"[:1000]
            fail_crawl(tx, job_id=job_id, runner=runner, message=text)
        return FAILED
    with app.transaction() as tx:
        end_crawl(tx, job_id=job_id, runner=runner, plan=claimed.plan, finished=finished)
    return FINISHED if finished else STOPPED


def _claim(app: App, job_id: int, runner: str) -> ClaimedCrawl:
    """Claim a job; one that a killed process has left is free at once, or when that one's lease is over."""
    agent = user_agent(app.settings.sender_address)
    give_up_at = stopwatch() + LEASE.total_seconds() + 1
    while True:
        try:
            with app.transaction() as tx:
                return claim_crawl(tx, job_id=job_id, runner=runner, user_agent=agent)
        except JobTaken as taken:
            if stopwatch() > give_up_at:
                raise
            if is_dead(taken.runner):
                with app.transaction() as tx:
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
    # A crawler sends no mail and asks no CRM.
    quiet = replace(
        settings,
        crm=CrmKind.NONE,
        inbox=InboxKind.NONE,
        mail_transport=MailTransport.CONSOLE,
    )
    app = build_app(quiet)
    try:
        with correlation(job=int(numbers[0])):
            return crawl_job(app, int(numbers[0]), keep_going)
    finally:
        app.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
