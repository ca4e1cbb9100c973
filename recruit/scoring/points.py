"""Points: what each criterion's share makes of its points, with the reason; and who stands before whom.

The arithmetic is done in whole hundredths, so that a total is exactly the sum of its reasons:

    low    = points × the least share that the firm could have, rounded
    high   = points × the greatest share that it could have, rounded
    counts = low + missing × (high - low), rounded

Where all is known, low = counts = high. Where nothing is known, low is 0 and `missing` of the points
count: neither a reward nor a punishment. Between the two, only the open part is shared like that:
201–500 people against a band that is full to 250 and fades to none at 1,000, 20 points, missing 0.5 →
low 13.33, high 20.00, counts 16.67.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date

from recruit.firms.values import FirmView
from recruit.scoring.conditions import Answer, Rule, Verdict
from recruit.scoring.criteria.finding import Finding
from recruit.scoring.profile import Criterion, ProfileDefinition
from recruit.scoring.values import (
    CriterionKind,
    Override,
    OverrideKind,
    Reason,
    ScoreCard,
    Standing,
)

NO_EVIDENCE = "no source states it"
_MOST_EVIDENCE = 4


def score_firm(
    firm: FirmView,
    profile: ProfileDefinition,
    today: date,
    overrides: Sequence[Override] = (),
) -> ScoreCard:
    """Score one firm against a profile on a day; pure, and the same on every machine.

    `overrides` are what people decided of this firm and still stands.
    """
    counted = [_count(criterion, firm, today) for criterion in profile.criteria]
    counted += [
        ((o.hundredths,) * 3, _given(o)) for o in overrides if o.kind is OverrideKind.POINTS
    ]
    standing, standing_reason = _stand(firm, profile, today, overrides)
    return ScoreCard(
        firm_id=firm.id,
        firm_version=firm.version,
        standing=standing,
        standing_reason=standing_reason,
        total=sum(hundredths[0] for hundredths, _ in counted) / 100,
        low=sum(hundredths[1] for hundredths, _ in counted) / 100,
        high=sum(hundredths[2] for hundredths, _ in counted) / 100,
        reasons=tuple(reason for _, reason in counted),
    )


def rank_order(card: ScoreCard, name: str) -> tuple[float, float, str, int]:
    """Return the key that ranked firms are sorted by: total and low end downwards, then name, then id."""
    return -card.total, -card.low, name, card.firm_id


def top_reason(reasons: Iterable[Reason]) -> str:
    """Return the sentence of the reason that gives the most points; of equals, the first.

    What is unknown is not repeated here: the empty cells and the score's interval show it.
    """
    best = max(reasons, key=lambda reason: reason.points, default=None)
    return best.sentence if best else ""


def evidence_for(firm: FirmView, fields: Iterable[str], words: Iterable[str] = ()) -> str:
    """Return where these fields of the firm were read: "read in the row of providers.csv".

    Of a field with many values, only what quotes one of `words` is told, where anything does.
    """
    quoted = [word.casefold() for word in words]
    # Where it was read -> what it says there: a page that is quoted twice is named once.
    told: dict[str, list[str]] = {}
    for wanted in fields:
        origins = [origin for field, origin in firm.origins if field == wanted]
        fitting = [o for o in origins if any(word in o.casefold() for word in quoted)]
        for origin in fitting or origins:
            verb = "inferred from" if wanted in firm.inferred else "read in"
            where, _, quote = origin.removeprefix("the ").partition(": “")
            told.setdefault(f"{verb} the {where}", []).extend([f"“{quote}"] if quote else [])
    lines = [
        f"{where}: {_some(list(dict.fromkeys(quotes)))}" if quotes else where
        for where, quotes in told.items()
    ]
    return _some(lines, "; ") or NO_EVIDENCE


def _some(items: list[str], mark: str = ", ") -> str:
    """Return the first few: a field may have been read at many places, and more prove nothing more."""
    told = items[:_MOST_EVIDENCE]
    if len(items) > _MOST_EVIDENCE:
        told.append(f"and {len(items) - _MOST_EVIDENCE} more")
    return mark.join(told)


def _count(
    criterion: Criterion, firm: FirmView, today: date
) -> tuple[tuple[int, int, int], Reason]:
    finding = criterion.measure.assess(firm, today)
    low = _round(criterion.hundredths * finding.low)
    high = _round(criterion.hundredths * finding.high)
    points = low + _round((high - low) * criterion.missing)
    reason = Reason(
        criterion=criterion.key,
        kind=criterion.kind,
        points=points / 100,
        low=low / 100,
        high=high / 100,
        most=criterion.hundredths / 100,
        sentence=_explain_missing(finding, criterion, low, high),
        evidence=evidence_for(firm, finding.fields, finding.words),
    )
    return (points, low, high), reason


def _given(override: Override) -> Reason:
    points = override.hundredths / 100
    return Reason(
        criterion="override",
        kind=CriterionKind.OVERRIDE,
        points=points,
        low=points,
        high=points,
        most=0,
        sentence=f"{override.sentence}.",
        evidence=f"decided on {override.created_at:%-d %B %Y}",
    )


def _explain_missing(finding: Finding, criterion: Criterion, low: int, high: int) -> str:
    if low == high:
        return finding.sentence
    return (
        f"{finding.sentence} Until that is known, {criterion.missing:.0%} of the open points count."
    )


def _stand(
    firm: FirmView, profile: ProfileDefinition, today: date, overrides: Sequence[Override]
) -> tuple[Standing, str]:
    for override in overrides:
        if override.kind is OverrideKind.VETO:
            return Standing.VETOED, f"{override.sentence}."
    for rule in profile.exclusions:
        verdict = rule.judge(firm, today)
        if verdict.answer is Answer.YES:
            return Standing.EXCLUDED, _because(rule, verdict, firm)
    for override in overrides:
        if override.kind is OverrideKind.PIN:
            return Standing.RANKED, f"{override.sentence}."
    unknown = []
    for rule in profile.must_haves:
        verdict = rule.judge(firm, today)
        if verdict.answer is Answer.NO or (verdict.answer is Answer.UNKNOWN and rule.unknown_gates):
            return Standing.GATED, _because(rule, verdict, firm)
        if verdict.answer is Answer.UNKNOWN:
            unknown.append(f"{rule.because}: passes for now, since {verdict.fact}.")
    return Standing.RANKED, " ".join(unknown)


def _because(rule: Rule, verdict: Verdict, firm: FirmView) -> str:
    return f"{rule.because}: {verdict.fact} ({evidence_for(firm, verdict.fields)})."


def _round(value: float) -> int:
    # Half up: Python's own rounding and numpy's go to even, and a table of points should look even to no one.
    return math.floor(value + 0.5)
