"""Step 7: one table that says what went in and out of each stage, and why the rest did not."""

from collections.abc import Sequence
from dataclasses import dataclass

from recruit.demo.outreach import Enrolled
from recruit.demo.world import World
from recruit.firms.values import ResolutionReport
from recruit.insights.counts import Counts, read_counts
from recruit.insights.jobs import JobLine
from recruit.insights.onboarding import onboarding_board
from recruit.scoring.usecases import RankingReport


@dataclass(frozen=True)
class Line:
    """A stage: what came in, what went out, and what became of the rest in words."""

    stage: str
    came_in: int
    went_out: int
    why_not: str


@dataclass(frozen=True)
class Summary:
    """The lines, and the numbers that `--json` prints."""

    lines: tuple[Line, ...]
    numbers: dict[str, int]


def summarize(
    world: World,
    jobs: Sequence[JobLine],
    resolution: ResolutionReport,
    ranking: RankingReport,
    enrolled: Enrolled,
    differences: int,
) -> Summary:
    """Count what the database holds now."""
    with world.app.reading() as tx:
        counts = read_counts(tx)
        board = onboarding_board(tx)
    read = sum(job.read for job in jobs)
    seen = sum(job.records for job in jobs)
    refused = sum(enrolled.refused.values())
    lines = (
        Line(
            "sourcing",
            read,
            seen,
            _join(
                {
                    "pages that only lead on": read - seen - _problems(jobs),
                    "could not be used": _problems(jobs),
                }
            ),
        ),
        Line(
            "resolution",
            seen,
            resolution.firms,
            _join({"seen twice or more": seen - resolution.firms}),
        ),
        Line(
            "scoring",
            resolution.firms,
            ranking.ranked,
            _join({"fail a must-have": ranking.gated, "excluded": ranking.excluded}),
        ),
        Line(
            "sequences",
            enrolled.firms + refused,
            enrolled.firms,
            _join({_REFUSALS.get(k, k): n for k, n in enrolled.refused.items()}),
        ),
        Line("replies", enrolled.firms, counts.replied, _join(counts.exits)),
        Line(
            "acceptance",
            counts.candidates,
            counts.accepted,
            _join({"wait for a decision": counts.waiting, "declined": counts.declined}),
        ),
        Line(
            "onboarding",
            counts.accepted,
            counts.certified,
            _join(
                {_STATES[c.state.value]: len(c.cards) for c in board if c.state.value in _STATES}
            ),
        ),
        Line(
            "CRM",
            counts.crm_queued,
            counts.crm_acknowledged,
            _join(
                {
                    "waiting": counts.crm_pending,
                    "refused": counts.crm_dead,
                    "differences": differences,
                }
            ),
        ),
    )
    return Summary(lines, _numbers(seen, resolution, ranking, enrolled, counts, differences))


_REFUSALS = {"NoContact": "nobody to write to", "Suppressed": "never to be written to"}
_STATES = {
    "invited": "invited",
    "signing": "to sign",
    "training": "in training",
    "lapsed": "lapsed",
    "left": "left",
}


def _problems(jobs: Sequence[JobLine]) -> int:
    return sum(job.problems for job in jobs)


def _join(parts: dict[str, int]) -> str:
    return ", ".join(f"{number} {words}" for words, number in parts.items() if number)


def _numbers(
    seen: int,
    resolution: ResolutionReport,
    ranking: RankingReport,
    enrolled: Enrolled,
    counts: Counts,
    differences: int,
) -> dict[str, int]:
    return {
        "source_records": seen,
        "firms": resolution.firms,
        "ranked": ranking.ranked,
        "enrolled": enrolled.firms,
        "touches_sent": counts.touches_sent,
        "replied": counts.replied,
        "accepted": counts.accepted,
        "certified": counts.certified,
        "crm_pushed": counts.crm_records,
        "crm_differences": differences,
    }
