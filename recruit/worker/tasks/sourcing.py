"""Tasks of sourcing: a crawl is a process of its own, watched until it ends."""

from collections.abc import Callable

from celery import Celery

from recruit.sourcing.frontier import list_waiting_crawls
from recruit.sourcing.importing import find_waiting_imports
from recruit.sourcing.rerunning import open_due_crawls
from recruit.wiring import App
from recruit.worker.crawl import run_crawl_process
from recruit.worker.importer import run_import_process
from recruit.worker.sweep import task
from recruit.worker.trial import run_trial_process

SWEEPS: dict[str, float] = {
    "sourcing.resume_imports": 1,
    "sourcing.resume_crawls": 2,
    "sourcing.open_due_crawls": 4,
}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "sourcing.run_crawl")
    def run_crawl(job_id: int) -> str:
        process = run_crawl_process(job_id, get_app().settings)
        return f"crawler of job {job_id} ended with {process.wait()}"

    @task(celery, "sourcing.resume_crawls")
    def resume_crawls() -> list[int]:
        """Start what waits, and go on with what lost its process."""
        app = get_app()
        with app.reading() as tx:
            waiting = list_waiting_crawls(tx)
        for job_id in waiting:
            app.wake("sourcing.run_crawl", job_id)
        return waiting

    @task(celery, "sourcing.open_due_crawls")
    def open_due() -> list[int]:
        """Begin the crawls that the sources' schedules ask for."""
        app = get_app()
        with app.transaction() as tx:
            opened = open_due_crawls(tx)
        for job_id in opened:
            app.wake("sourcing.run_crawl", job_id)
        return opened

    @task(celery, "sourcing.run_import")
    def run_import(job_id: int) -> str:
        process = run_import_process(job_id, get_app().settings)
        return f"importer of job {job_id} ended with {process.wait()}"

    @task(celery, "sourcing.resume_imports")
    def resume_imports() -> list[int]:
        """Start the imports that wait, and go on with those that lost their process."""
        app = get_app()
        with app.reading() as tx:
            waiting = find_waiting_imports(tx)
        for job_id in waiting:
            app.wake("sourcing.run_import", job_id)
        return waiting

    @task(celery, "sourcing.run_trial")
    def run_trial(trial_id: int) -> str:
        return f"trial {trial_id} ended with {run_trial_process(trial_id, get_app().settings)}"
