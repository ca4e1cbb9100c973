"""Tries a source on a few pages, as a process of its own, since a reactor cannot be started twice in one.

python -m recruit.worker.trial TRIAL_ID
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

from recruit.config import PREFIX, InboxKind, MailTransport, Settings, load_settings
from recruit.config_crm import CrmKind
from recruit.logs import correlation, get_logger, set_up_logs
from recruit.sourcing.crawling.plan import CrawlPlan, Page, PageResult, user_agent
from recruit.sourcing.trial import TrialSink
from recruit.sourcing.trials import FIRMS, UnknownTrial, get_trial, record_trial
from recruit.sourcing.values import JobStatus
from recruit.wiring import App, build_app
from recruit.worker.crawl import settings_environment

_PATIENCE_S = 120


def run_trial_process(trial_id: int, settings: Settings) -> int:
    """Run a trial and return the exit code of its process; one that hangs is killed."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    process = subprocess.Popen(  # noqa: S603  (our own module and a number)
        [sys.executable, "-m", "recruit.worker.trial", str(int(trial_id))],
        env=environ | settings_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


class _Shown:
    """A sink of a trial that writes down what it has so far, for the page that watches."""

    def __init__(self, app: App, trial_id: int, sink: TrialSink) -> None:
        self._app = app
        self._trial_id = trial_id
        self._sink = sink

    def take(self, limit: int) -> list[Page]:
        return self._sink.take(limit)

    def settle(self, results: Sequence[PageResult]) -> bool:
        going = self._sink.settle(results)
        if results:
            record(self._app, self._trial_id, self._sink, JobStatus.RUNNING)
        return going


def record(app: App, trial_id: int, sink: TrialSink, status: JobStatus, message: str = "") -> None:
    """Write down what a trial has read."""
    with app.transaction() as tx:
        record_trial(
            tx,
            trial_id=trial_id,
            read=len(sink.results),
            sightings=sink.sightings[: FIRMS * 2],
            problems=[problem for result in sink.results for problem in result.problems],
            status=status,
            message=message,
        )


def try_source(app: App, trial_id: int) -> int:
    """Try a source in this process. It can be called once in a process."""
    with app.reading() as tx:
        trial = get_trial(tx, trial_id)
    if trial.status is not JobStatus.QUEUED:
        return 2
    sink = TrialSink(trial.spec, items=FIRMS)
    record(app, trial_id, sink, JobStatus.RUNNING)
    plan = CrawlPlan(trial.spec, user_agent(app.settings.sender_address), app.clock.now().date())
    try:
        from recruit.sourcing.crawling.engine import crawl

        crawl(plan, _Shown(app, trial_id, sink))
    except Exception as error:
        get_logger("trial").exception("failed")
        text = f"The trial broke off: {type(error).__name__}: {error}"[:500]
        record(app, trial_id, sink, JobStatus.FAILED, text)
        return 1
    found = any(result.sighting or result.rows for result in sink.results)
    text = "" if found else "No firm was found on these pages. Compare the form with the pages."
    record(app, trial_id, sink, JobStatus.DONE, text)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Try the source named on the command line."""
    if len(arguments) != 1 or not arguments[0].isdecimal():
        sys.stderr.write("Usage: python -m recruit.worker.trial TRIAL_ID\n")
        return 2
    settings = load_settings()
    set_up_logs(as_json=settings.log_json)
    quiet = replace(
        settings, crm=CrmKind.NONE, inbox=InboxKind.NONE, mail_transport=MailTransport.CONSOLE
    )
    app = build_app(quiet)
    try:
        with correlation(trial=int(arguments[0])):
            return try_source(app, int(arguments[0]))
    except UnknownTrial as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        app.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
