"""Trials of a source before it is kept: a few pages are read, and what they give is shown, not stored as firms.

A trial is a row of its own that a process fills, so that a page can watch it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select

from recruit.db.transaction import Transaction
from recruit.sourcing.spec import SourceSpec, parse_source_spec
from recruit.sourcing.tables import SourceTrial
from recruit.sourcing.text import shorten, storable
from recruit.sourcing.values import Fact, JobStatus, Problem, Sighting

FIRMS = 3  # that a trial reads
_KEPT = timedelta(days=7)
_MOST_WAITING = 5
_MOST_FACTS = 60


class UnknownTrial(LookupError):
    """There is no such trial."""


class TooManyTrials(ValueError):
    """Other trials wait already."""


@dataclass(frozen=True)
class TrialPage:
    """What one page gives."""

    url: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Trial:
    """A trial as it stands."""

    trial_id: int
    spec: SourceSpec
    status: JobStatus
    read: int
    pages: tuple[TrialPage, ...]
    problems: tuple[Problem, ...]
    message: str

    @property
    def is_under_way(self) -> bool:
        """Tell whether more may come."""
        return self.status in {JobStatus.QUEUED, JobStatus.RUNNING}


def open_trial(tx: Transaction, *, spec: SourceSpec, actor: str) -> int:
    """Ask for a trial and return its id; the caller wakes `sourcing.run_trial`. Raises `TooManyTrials`."""
    tx.session.execute(delete(SourceTrial).where(SourceTrial.asked_at < tx.now - _KEPT))
    waiting = tx.session.scalar(
        select(func.count())
        .select_from(SourceTrial)
        .where(
            SourceTrial.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)),
            SourceTrial.asked_at > tx.now - timedelta(minutes=5),
        )
    )
    if (waiting or 0) >= _MOST_WAITING:
        raise TooManyTrials(f"{waiting} trials are under way. Wait a minute and try again.")
    trial = SourceTrial(
        definition=spec.to_definition(),
        status=JobStatus.QUEUED,
        found=[],
        problems=[],
        asked_by=actor,
        asked_at=tx.now,
    )
    tx.session.add(trial)
    tx.session.flush()
    return trial.id


def get_trial(tx: Transaction, trial_id: int) -> Trial:
    """Return a trial. Raises `UnknownTrial`."""
    row = _get(tx, trial_id)
    return Trial(
        trial_id=row.id,
        spec=parse_source_spec(row.definition, "the form"),
        status=row.status,
        read=row.read,
        pages=tuple(
            TrialPage(page["url"], tuple(map(Fact.from_json, page["facts"]))) for page in row.found
        ),
        problems=tuple(Problem(**problem) for problem in row.problems),
        message=row.message,
    )


def record_trial(
    tx: Transaction,
    *,
    trial_id: int,
    read: int,
    sightings: Sequence[Sighting],
    problems: Sequence[Problem],
    status: JobStatus,
    message: str = "",
) -> None:
    """Write down what a trial has found so far. Raises `UnknownTrial`."""
    row = _get(tx, trial_id)
    row.read = read
    row.found = [_page(sighting) for sighting in sightings]
    row.problems = [_problem(problem) for problem in problems[:20]]
    row.status = status
    row.message = storable(message)


def _get(tx: Transaction, trial_id: int) -> SourceTrial:
    row = tx.session.get(SourceTrial, trial_id)
    if row is None:
        raise UnknownTrial(f"There is no trial {trial_id}. Begin a new one.")
    return row


def _page(sighting: Sighting) -> Mapping[str, Any]:
    facts = [fact.to_json() for fact in sighting.facts[:_MOST_FACTS]]
    return {"url": sighting.url or sighting.record_id, "facts": facts}


def _problem(problem: Problem) -> Mapping[str, Any]:
    return {
        "place": storable(shorten(problem.place, 500)),
        "field": problem.field,
        "reason": storable(problem.reason),
        "remedy": storable(problem.remedy),
    }
