"""Runs an import as a process of its own, so that cutting a million rows never slows a page down.

    python -m recruit.worker.importer JOB_ID

SIGINT and SIGTERM put the job back into the queue; after SIGKILL the next process goes on behind the last
batch that was committed.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import OperationalError

from recruit.config import PREFIX, InboxKind, MailTransport, Settings, load_settings
from recruit.config_crm import CrmKind
from recruit.logs import correlation, get_logger, set_up_logs
from recruit.sourcing.importing import (
    ImportBrokeOff,
    ImportStopped,
    JobIsOver,
    JobTaken,
    KeepGoing,
    MappingError,
    UnusableFile,
    find_spent_upload,
    run_import,
)
from recruit.sourcing.usecases import UnknownJob, release_job
from recruit.wiring import App, build_app
from recruit.worker.crawl import is_dead, settings_environment
from recruit.worker.holder import holder

FINISHED, FAILED, REFUSED, STOPPED = 0, 1, 2, 3
_WITH_PARENT = "--with-parent"


def run_import_process(
    job_id: int,
    settings: Settings,
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start the importer of a job and return its process; it ends when this process does.

    It exits with 0 when the import is done, 1 when it failed, 2 when another process has the job or it is
    over, 3 when it was stopped and can go on later.
    """
    environ = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
    environ |= settings_environment(settings)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") if log else nullcontext() as output:
        return subprocess.Popen(  # noqa: S603  (our own module and a number)
            [sys.executable, "-m", "recruit.worker.importer", str(int(job_id)), _WITH_PARENT],
            env=environ | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def import_job(app: App, job_id: int, *, parent: int | None = None) -> int:
    """Import a job in this process and return the exit code; it stops when `parent` is its parent no more."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: asked.append(received))

    def keep_going() -> bool:
        return not asked and (parent is None or os.getppid() == parent)

    try:
        return _run(app, job_id, keep_going)
    finally:
        _clear(app, job_id)


def _run(app: App, job_id: int, keep_going: KeepGoing) -> int:
    log = get_logger("import")
    try:
        _take_over(app, job_id)
        run_import(app.transaction, job_id=job_id, runner=holder(), keep_going=keep_going)
    except (UnknownJob, JobIsOver, JobTaken) as error:
        log.warning("refused", reason=str(error))
        return REFUSED
    except (ImportStopped, ImportBrokeOff) as error:
        log.warning("stopped", reason=str(error))
        return STOPPED
    except (UnusableFile, MappingError) as error:
        log.warning("failed", reason=str(error))
        return FAILED
    except Exception:
        log.exception("failed")
        return FAILED
    return FINISHED


def _clear(app: App, job_id: int) -> None:
    """Delete a file that was uploaded when nobody can go on with it."""
    try:
        with app.reading() as tx:
            path = find_spent_upload(tx, job_id=job_id)
    except (UnknownJob, OperationalError):
        return
    uploads = (app.settings.var_dir / "uploads").resolve()
    if path is not None and path.parent.parent == uploads:
        shutil.rmtree(path.parent, ignore_errors=True)


def _take_over(app: App, job_id: int) -> None:
    """Free a job whose process is known to be dead, without waiting for its lease."""
    with app.reading() as tx:
        from recruit.insights.jobs import get_job

        runner = get_job(tx, job_id).runner
    if runner and is_dead(runner):
        with app.transaction() as tx:
            release_job(tx, job_id=job_id, runner=runner)


def main(arguments: Sequence[str]) -> int:
    """Import the job named on the command line."""
    numbers = [argument for argument in arguments if argument != _WITH_PARENT]
    if len(numbers) != 1 or not numbers[0].isdecimal():
        sys.stderr.write("Usage: python -m recruit.worker.importer JOB_ID\n")
        return REFUSED
    parent = os.getppid() if _WITH_PARENT in arguments else None
    settings = load_settings()
    set_up_logs(as_json=settings.log_json)
    # An importer sends no mail and asks no CRM.
    quiet = replace(
        settings, crm=CrmKind.NONE, inbox=InboxKind.NONE, mail_transport=MailTransport.CONSOLE
    )
    app = build_app(quiet)
    try:
        with correlation(job=int(numbers[0])):
            return import_job(app, int(numbers[0]), parent=parent)
    finally:
        app.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
