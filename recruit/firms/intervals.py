"""Intervals: numbers that sources know only roughly, narrowed to where they agree."""

from collections.abc import Sequence

from recruit.firms.statements import Choice, Statement, believe
from recruit.sourcing.values import Interval


def narrow(statements: Sequence[Statement]) -> Choice | None:
    """Return the narrowest interval that the most believed statements have in common.

    "51–200" and "125 and growing" (125 or more) give 125–200. Where some contradict the rest, those
    count that together are believed most; then the later ones, then the narrower. The statement named
    is the narrowest of them. None where nobody says anything.
    """
    stated = [s for s in statements if not s.fact.inferred] or list(statements)
    camps = [_camp(statement, stated) for statement in stated]
    if not camps:
        return None
    best = max(
        camps,
        key=lambda camp: (
            round(believe(camp), 6),
            max(s.seen_at for s in camp),
            -_width(_common(camp)),
            -min(s.record_id for s in camp),
        ),
    )
    common = _common(best)
    named = min(best, key=lambda s: (_width(_of(s)), -s.weight, s.record_id))
    return Choice(common, named, _rule(best, stated, common, _of(named)))


def _of(statement: Statement) -> Interval:
    value = statement.fact.value
    assert isinstance(value, Interval)
    return value


def _camp(center: Statement, statements: Sequence[Statement]) -> list[Statement]:
    """Return the statements that overlap with `center` and with each other, the most believed first."""
    camp = [center]
    for other in sorted(statements, key=lambda s: (-s.weight, -s.seen_at.timestamp(), s.record_id)):
        if other is not center and _overlap(_of(other), _common(camp)):
            camp.append(other)
    return camp


def _overlap(a: Interval, b: Interval) -> bool:
    return _low(a) <= _high(b) and _low(b) <= _high(a)


def _common(camp: Sequence[Statement]) -> Interval:
    lows = [low for s in camp if (low := _of(s).low) is not None]
    highs = [high for s in camp if (high := _of(s).high) is not None]
    return Interval(max(lows, default=None), min(highs, default=None))


def _low(interval: Interval) -> float:
    return float("-inf") if interval.low is None else interval.low


def _high(interval: Interval) -> float:
    return float("inf") if interval.high is None else interval.high


def _width(interval: Interval) -> float:
    return _high(interval) - _low(interval)


def _rule(
    camp: Sequence[Statement], stated: Sequence[Statement], common: Interval, named: Interval
) -> str:
    agreeing = len({s.source for s in camp})
    total = len({s.source for s in stated})
    if all(s.fact.inferred for s in camp):
        return "nobody states it"
    if len(camp) < len(stated):
        return f"{agreeing} of {total} sources agree" if agreeing > 1 else "the most believed"
    if common != named:
        return f"where {agreeing} sources overlap" if agreeing > 1 else "where statements overlap"
    return f"the narrowest of {agreeing} sources" if agreeing > 1 else "the only value"
