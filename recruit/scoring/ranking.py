"""Ranking all firms against a profile: read as columns, counted, written, remembered."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recruit.db.transaction import Transaction
from recruit.firms.store import list_firms_by_ids
from recruit.firms.views import firm_view
from recruit.logs import get_logger
from recruit.people.values import SYSTEM
from recruit.scoring.alike_store import find_likeness, is_likeness_newer
from recruit.scoring.cards import definition_of, overrides_of
from recruit.scoring.columnar import Assessed, Counted, assess, count, order
from recruit.scoring.columns import FirmColumns, Ints
from recruit.scoring.criteria.likeness import Corpus, count_words
from recruit.scoring.override_store import list_overrides
from recruit.scoring.points import score_firm
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.reading import read_columns
from recruit.scoring.section import ProfileError
from recruit.scoring.shortfall import say_shortfall
from recruit.scoring.snapshots import Snapshot, digest_of, pack
from recruit.scoring.store import (
    are_scores_stale,
    drop_old_scores,
    get_latest_version,
    let_go_of_snapshots,
    list_profile_names,
)
from recruit.scoring.tables import Ranking
from recruit.scoring.values import Override, ScoreCard, Standing
from recruit.scoring.whatif import look_ups, steadiness
from recruit.scoring.writing import Scores, replace_scores

# Reasons are written out for as many firms as anybody pages through; the others' are worked out when asked.
WRITTEN_OUT = 1000
# A snapshot is needed to compare a ranking with a later one, scores to list it.
_SNAPSHOTS_KEPT = 20
_VERSIONS_KEPT = 5
_TAGS_OFFERED = 60


@dataclass(frozen=True)
class RankingReport:
    """What a ranking did: how many firms take part, and how many a rule or a person left out.

    `digest` is the same for two rankings that are the same to the last byte.
    """

    profile_name: str
    version: int
    profile_version_id: int
    ranked: int
    gated: int
    excluded: int
    vetoed: int = 0
    digest: str = ""
    # What even the best firms hardly meet, in one sentence; empty where nothing is amiss.
    shortfall: str = ""


def rank_firms(
    tx: Transaction,
    *,
    profile_name: str,
    actor: str = SYSTEM.name,
) -> RankingReport:
    """Score all firms against the newest version of a profile, and replace that version's ranking.

    Identical firms, profile, overrides and day give an identical ranking: ties are broken by the low end
    of the score, then the name, then the id. What was learned takes part by a criterion of likeness alone.
    """
    version = get_latest_version(tx, profile_name)
    firms = read_columns(tx)
    profile, corpus = weigh_words(definition_of(version, None, profile_name), firms)
    likeness = find_likeness(tx) if profile.wants_likeness else None
    profile = profile.resemble(likeness)
    overrides = list_overrides(tx, version.profile_id)
    assessed = assess(profile, firms, tx.now.date(), overrides)
    counted = count(profile, assessed)
    ranked = order(counted, firms)
    rows = np.concatenate([ranked, np.flatnonzero(~counted.is_ranked)])
    because, rules = _who_decided(profile, assessed)
    replace_scores(
        tx,
        Scores(
            profile_version_id=version.id,
            firms=firms,
            counted=counted,
            rows=rows,
            ranked=len(ranked),
            because=because,
            rules=rules,
            cards=_write_cards(tx, profile, firms.ids[ranked[:WRITTEN_OUT]].tolist(), overrides),
            scored_at=tx.now,
        ),
    )
    data = take_snapshot(firms, counted, rows).to_bytes()
    shortfall = say_shortfall(profile, assessed, counted)
    numbers = {standing.value: counted.number_of(standing) for standing in Standing}
    tx.session.add(
        Ranking(
            profile_version_id=version.id,
            model_version=likeness.version if likeness and likeness.weight else None,
            ranked_at=tx.now,
            actor=actor,
            digest=digest_of(data),
            corpus=asdict(corpus) | ({"likeness": likeness.to_json()} if likeness else {}),
            facets=_count_facets(firms, because, rules)
            | {
                "shortfall": shortfall,
                "steady": [asdict(one) for one in steadiness(profile, assessed, firms)],
                "look_ups": [asdict(one) for one in look_ups(profile, assessed, firms)],
            },
            snapshot=pack(data),
            **numbers,
        )
    )
    version.ranked_at = tx.now
    tx.session.flush()
    let_go_of_snapshots(tx, version.profile_id, _SNAPSHOTS_KEPT)
    drop_old_scores(tx, version.profile_id, _VERSIONS_KEPT)
    get_logger("scoring").info(
        "ranked", profile=profile_name, version=version.number, firms=len(firms), actor=actor
    )
    return RankingReport(
        profile_name=profile_name,
        version=version.number,
        profile_version_id=version.id,
        digest=digest_of(data),
        shortfall=shortfall,
        **numbers,
    )


def rank_stale_profiles(tx: Transaction, *, actor: str = SYSTEM.name) -> list[RankingReport]:
    """Rank the newest version of each profile anew where what it rests on has changed since, or none was ranked.

    That is firms, overrides, and for a profile that asks for it the likeness to the best partners.
    """
    return [
        rank_firms(tx, profile_name=name, actor=actor)
        for name in list_profile_names(tx)
        if _is_stale(tx, name)
    ]


def _is_stale(tx: Transaction, profile_name: str) -> bool:
    version = get_latest_version(tx, profile_name)
    if version.ranked_at is None or are_scores_stale(tx, version):
        return True
    profile = definition_of(version, None, profile_name)
    return profile.wants_likeness and is_likeness_newer(tx, version.ranked_at)


def weigh_words(profile: ProfileDefinition, firms: FirmColumns) -> tuple[ProfileDefinition, Corpus]:
    """Return a profile with the weights that the words of queries have among these firms.

    Raises `ProfileError` where none of the example firms is among them.
    """
    holding: dict[str, int] = {}
    examples: dict[str, tuple[str, ...]] = {}
    for likeness in profile.likenesses:
        counted = count_words(firms, likeness)
        if likeness.examples and not counted.examples:
            raise ProfileError(
                f"{profile.name}: like: None of the example firms is known: "
                f"{', '.join(likeness.examples)}. Name firms that a source has brought in."
            )
        holding |= counted.holding
        examples |= counted.examples
    corpus = Corpus(len(firms), holding, examples)
    return profile.weigh(corpus), corpus


def take_snapshot(firms: FirmColumns, counted: Counted, rows: Ints) -> Snapshot:
    """Return what is kept of a ranking; `rows` are all firms, those that take part first, by rank."""
    return Snapshot(
        ids=firms.ids[rows],
        versions=firms.versions[rows].astype(np.int32),
        standing=counted.standing[rows],
        total=counted.total[rows],
        low=counted.low[rows],
        high=counted.high[rows],
    )


def _write_cards(
    tx: Transaction, profile: ProfileDefinition, firm_ids: list[int], overrides: Sequence[Override]
) -> dict[int, ScoreCard]:
    today = tx.now.date()
    return {
        firm.id: score_firm(firm_view(firm), profile, today, overrides_of(overrides, firm.id))
        for firm in list_firms_by_ids(tx, firm_ids)
    }


def _who_decided(profile: ProfileDefinition, assessed: Assessed) -> tuple[Ints, list[str]]:
    """Return for each firm the place of the rule that left it out (-1 for none), and all rules' words."""
    rules = [rule.because for rule in (*profile.exclusions, *profile.must_haves)]
    is_gated = assessed.standing == list(Standing).index(Standing.GATED)
    because = assessed.rule.astype(np.int64)
    because[is_gated] += len(profile.exclusions)
    because[assessed.standing == list(Standing).index(Standing.VETOED)] = len(rules)
    return because, [*rules, "Vetoed by a person"]


def _count_facets(firms: FirmColumns, because: Ints, rules: list[str]) -> dict[str, Any]:
    countries = np.bincount(firms.country.codes[firms.country.codes >= 0])
    tags = np.bincount(firms.specialties.codes)
    return {
        "countries": _most_frequent(firms.country.vocabulary, countries, len(countries)),
        "tags": _most_frequent(firms.specialties.vocabulary, tags, _TAGS_OFFERED),
        "left_out": _most_frequent(rules, np.bincount(because[because >= 0]), len(rules)),
    }


def _most_frequent(names: Sequence[str], counts: Any, limit: int) -> list[list[Any]]:
    pairs = zip(names, counts.tolist(), strict=False)
    return sorted(([n, c] for n, c in pairs if c), key=lambda p: (-p[1], p[0]))[:limit]
