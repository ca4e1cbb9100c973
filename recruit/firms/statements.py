"""Statements: what sources say of one field of a firm, and which of them is believed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recruit.sourcing.values import INTERVALS, Fact, FieldName, Interval

# What a column of the firm's table takes; longer texts are not values but accidents of reading.
_LONGEST = {
    FieldName.NAME: 300,
    FieldName.LEGAL_FORM: 60,
    FieldName.POSTCODE: 20,
    FieldName.CITY: 120,
    FieldName.REGION: 120,
    FieldName.COUNTRY: 2,
    FieldName.PHONE: 32,
}
_TOO_MUCH = 2**31


def longest_text(field: str) -> int:
    """Return how long a text of this field may be."""
    return _LONGEST_BY_NAME.get(field, _UNLIMITED)


_LONGEST_BY_NAME = {field.value: longest for field, longest in _LONGEST.items()}
_UNLIMITED = 2**31


def is_usable(fact: Fact) -> bool:
    """Say whether a fact has a value of its field's kind that the firm's table can take."""
    if fact.field in INTERVALS:
        return isinstance(fact.value, Interval) and all(
            end is None or 0 <= end < _TOO_MUCH for end in (fact.value.low, fact.value.high)
        )
    return (
        isinstance(fact.value, str)
        and bool(fact.value.strip())
        and len(fact.value) <= _LONGEST.get(fact.field, len(fact.value))
    )


# A sighting that is this much older than the firm's freshest is believed half as much.
_HALF_LIFE_DAYS = 730.0


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact, with who says it: the sighting (`record_id` is the SourceRecord's id) and its source.

    `trust` is the source's, in [0, 1]. `weight` is how much the statement is believed, in [0, 1].
    """

    fact: Fact
    record_id: int
    source: str
    source_title: str
    trust: float
    seen_at: datetime
    weight: float


def weigh(fact: Fact, *, trust: float, seen_at: datetime, freshest: datetime) -> float:
    """Return how much a fact is believed: the source's trust × the reading's confidence × freshness.

    Age counts from the firm's freshest sighting, not from today, so that nothing changes by waiting.
    """
    age_days = max(0.0, (freshest - seen_at).total_seconds() / 86400)
    return float(trust * fact.confidence * 0.5 ** (age_days / _HALF_LIFE_DAYS))


def believe(statements: Iterable[Statement]) -> float:
    """Return how much a value is believed that these statements share: 1 - Π(1 - weight) by source.

    A source that repeats itself is heard once.
    """
    by_source: dict[str, float] = {}
    for statement in statements:
        heard = by_source.get(statement.source, 0.0)
        by_source[statement.source] = max(heard, statement.weight)
    doubt = 1.0
    for weight in by_source.values():
        doubt *= 1.0 - min(weight, 0.99)
    return 1.0 - doubt


@dataclass(frozen=True, slots=True)
class Choice:
    """The statement that was chosen, its value as it is kept, and the rule that chose it, in words."""

    value: Any
    statement: Statement
    rule: str

    def to_json(self) -> dict[str, Any]:
        """Return the provenance of the value, as the firm's table keeps it."""
        fact = self.statement.fact
        return {
            "source_record_id": self.statement.record_id,
            "source": self.statement.source,
            "source_title": self.statement.source_title,
            "url": fact.url,
            "method": fact.method,
            "text": fact.text,
            "confidence": fact.confidence,
            "inferred": fact.inferred,
            "rule": self.rule,
        }


def choose(
    statements: Iterable[Statement], *, alike: Callable[[str], str] = str.casefold
) -> Choice | None:
    """Return the value that is believed most, None where nobody says anything.

    Values that `alike` maps to one text support each other; of their spellings the most believed
    one is kept, and a mixed-case one before one that shouts.
    """
    ranked = rank_values(statements, alike)
    if not ranked:
        return None
    best = ranked[0]
    spoken = (
        best[0]
        if len(best) == 1
        else max(
            best,
            key=lambda s: (
                not _shouts(str(s.fact.value)),
                round(s.weight, 6),
                s.seen_at,
                -s.record_id,
            ),
        )
    )
    return Choice(spoken.fact.value, spoken, _rule(ranked))


def rank_values(
    statements: Iterable[Statement], alike: Callable[[str], str] = str.casefold
) -> list[list[Statement]]:
    """Group statements by value, the most believed first; what was stated before what was inferred."""
    groups: dict[str, list[Statement]] = {}
    for statement in statements:
        groups.setdefault(alike(str(statement.fact.value)), []).append(statement)
    if len(groups) < 2:
        return list(groups.values())
    return sorted(
        groups.values(),
        key=lambda group: (
            all(s.fact.inferred for s in group),
            -round(believe(group), 6),
            -max(s.seen_at for s in group).timestamp(),
            min(s.record_id for s in group),
        ),
    )


def _shouts(text: str) -> bool:
    return text.isupper() and len(text) > 4


def _rule(ranked: list[list[Statement]]) -> str:
    best = ranked[0]
    agreeing = len({s.source for s in best})
    total = len({s.source for group in ranked for s in group})
    if all(s.fact.inferred for s in best):
        return "nobody states it"
    if len(ranked) == 1:
        return f"{agreeing} sources agree" if agreeing > 1 else "the only value"
    if all(s.fact.inferred for s in ranked[1]):
        return "stated beats inferred"
    if agreeing > 1:
        return f"{agreeing} of {total} sources agree"
    if round(believe(best), 6) > round(believe(ranked[1]), 6):
        return "the most believed of several"
    return "the latest of several"
