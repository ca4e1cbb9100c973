"""A firm's card as a ranking left it; where it was not written out, worked out by the same rules."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.firms.views import firm_view
from recruit.scoring.criteria.likeness import Corpus
from recruit.scoring.criteria.look_alike import LikenessTables
from recruit.scoring.override_store import list_overrides
from recruit.scoring.points import score_firm
from recruit.scoring.profile import ProfileDefinition, parse_profile
from recruit.scoring.store import find_ranking, get_profile_by_id, get_version
from recruit.scoring.tables import Ranking, Score
from recruit.scoring.values import Override, Reason, ScoreCard


class Versioned(Protocol):
    """A profile's version, or what a list knows of it."""

    @property
    def number(self) -> int:
        """Return which version of the profile it is."""

    @property
    def definition(self) -> dict[str, Any]:
        """Return the profile's file as data."""


def definition_of(version: Versioned, ranking: Ranking | None, name: str) -> ProfileDefinition:
    """Return a version parsed, with the weights that words had in this ranking, and what likeness stood on."""
    text = json.dumps(version.definition, sort_keys=True)
    profile = _parse(text, f"{name}, version {version.number}")
    if ranking is None:
        return profile
    return profile.weigh(corpus_of(ranking)).resemble(likeness_of(ranking))


def likeness_of(ranking: Ranking) -> LikenessTables | None:
    """Return what likeness to the best partners stood on in a ranking; None where no criterion asked."""
    told = ranking.corpus.get("likeness")
    return None if told is None else LikenessTables.from_json(told)


def corpus_of(ranking: Ranking) -> Corpus:
    """Return what all firms said on the words of queries when they were ranked."""
    data = ranking.corpus
    return Corpus(
        int(data.get("firms", 0)),
        dict(data.get("holding", {})),
        {domain: tuple(tags) for domain, tags in data.get("examples", {}).items()},
    )


# Every page asks for the profile of its list, and reading one takes milliseconds.
@lru_cache(maxsize=32)
def _parse(definition: str, label: str) -> ProfileDefinition:
    return parse_profile(json.loads(definition), label)


def card_of(tx: Transaction, score: Score, firm: Firm) -> ScoreCard:
    """Return a firm's card against the profile version of `score`.

    Where its reasons were not written out and the firm has changed since, the card is of the firm as it
    is known now; its `firm_version` and total say so.
    """
    return cards_of(tx, score.profile_version_id, [(score, firm)])[0]


def cards_of(
    tx: Transaction, profile_version_id: int, pairs: Sequence[tuple[Score, Firm]]
) -> list[ScoreCard]:
    """Return the cards of many firms against one profile version."""
    if all(score.reasons is not None for score, _ in pairs):
        return [_written(score, score.reasons or []) for score, _ in pairs]
    version = get_version(tx, profile_version_id)
    profile = get_profile_by_id(tx, version.profile_id)
    ranking = find_ranking(tx, profile_version_id)
    definition = definition_of(version, ranking, profile.name)
    given = list_overrides(tx, profile.id, firm_ids=[score.firm_id for score, _ in pairs])
    return [
        _written(score, score.reasons)
        if score.reasons is not None
        else score_firm(
            firm_view(firm),
            definition,
            score.scored_at.date(),
            overrides_of(given, firm.id),
        )
        for score, firm in pairs
    ]


def overrides_of(given: Sequence[Override], firm_id: int) -> list[Override]:
    """Return those of the overrides that are on this firm."""
    return [one for one in given if one.firm_id == firm_id]


def _written(score: Score, reasons: Sequence[dict[str, object]]) -> ScoreCard:
    return ScoreCard(
        firm_id=score.firm_id,
        firm_version=score.firm_version,
        standing=score.standing,
        standing_reason=score.standing_reason,
        total=score.total,
        low=score.low,
        high=score.high,
        reasons=tuple(Reason.from_json(reason) for reason in reasons),
    )
