"""Tasks of scoring."""

from collections.abc import Callable

from celery import Celery

from recruit.scoring.usecases import RankingReport, rank_stale_profiles
from recruit.wiring import App
from recruit.worker.sweep import task

SWEEPS: dict[str, float] = {"scoring.rank_stale": 10}


def register(celery: Celery, get_app: Callable[[], App]) -> None:
    """Register the tasks of this stage."""

    @task(celery, "scoring.rank_stale")
    def rank_stale() -> list[RankingReport]:
        with get_app().transaction() as tx:
            return rank_stale_profiles(tx)
