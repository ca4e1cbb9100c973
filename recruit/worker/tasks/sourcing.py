"""Tasks of sourcing: a crawl is a process of its own, watched until it ends."""

from collections.abc import Callable

from celery import Celery

from recruit.sourcing.frontier import list_waiting_crawls
from recruit.wiring import App
from recruit.worker.crawl import run_crawl_process
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"sourcing.resume_crawls": 2}


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
