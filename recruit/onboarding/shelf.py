"""Which resources are open to a partner: the gate, then the level, then whether it is still right. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from recruit.onboarding.evidence import Evidence
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.levels import level_at
from recruit.onboarding.values import Action


@dataclass(frozen=True)
class Shelved:
    """What opens a resource: `action`'s gate, and the level with this key or a higher one."""

    action: Action
    level: str = ""


def is_stale(review_on: date | None, today: date) -> bool:
    """Tell whether the day has come on which something was to be reviewed."""
    return review_on is not None and review_on <= today


def decide_resource(
    shelved: Shelved, evidence: Evidence, now: datetime, *, person_id: int | None = None
) -> Decision:
    """Decide whether a resource is open at `now`; without `person_id` for the partner as a whole."""
    decision = decide(shelved.action, evidence, now, person_id=person_id)
    if not decision.allowed or not shelved.level:
        return decision
    keys = [level.key for level in evidence.track.levels]
    if shelved.level not in keys:
        return Decision(False, reason="This is for partners on another track.")
    wanted = keys.index(shelved.level)
    held = level_at(evidence, now).level
    if held is not None and keys.index(held.key) >= wanted:
        return decision
    level = evidence.track.levels[wanted]
    titles = {key: course.title for key, course in evidence.courses.items()}
    needs = " and ".join(
        f"{people} in “{titles.get(course, course)}”" for course, people in level.needs.items()
    )
    reason = f"This opens at the level {level.title}. Certified people that it takes: {needs}."
    return Decision(False, reason=reason)
