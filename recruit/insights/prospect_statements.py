"""The statements of the ranked list: which firms a query is after, in which order, and how many there are."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, exists, func, or_, select, union
from sqlalchemy.dialects.postgresql import JSONB

from recruit.firms.tables import Contact, Firm, FormerName
from recruit.insights.standing import ProspectState, join_state, last_enrollments, state_case
from recruit.learning.tables import Chance
from recruit.onboarding.tables import Candidate, Partner
from recruit.scoring.tables import Score
from recruit.scoring.values import Standing
from recruit.scoring.whatif import TOP
from recruit.sequences.tables import Enrollment


class Sort(StrEnum):
    """What the list may be sorted by."""

    RANK = "rank"
    SCORE = "score"
    CHANCE = "chance"
    NAME = "name"
    PLACE = "place"
    SIZE = "size"
    FOUNDED = "founded"


_COLUMNS: dict[Sort, tuple[Any, ...]] = {
    Sort.RANK: (Score.rank,),
    Sort.SCORE: (Score.total,),
    Sort.CHANCE: (Chance.probability,),
    Sort.NAME: (Firm.name_key,),
    Sort.PLACE: (Firm.country, Firm.city),
    Sort.SIZE: (func.coalesce(Firm.employees_high, Firm.employees_low),),
    Sort.FOUNDED: (func.coalesce(Firm.founded_low, Firm.founded_high),),
}


@dataclass(frozen=True)
class ProspectQuery:
    """What a person asks of the list. `states` empty means all but those left out of the ranking."""

    profile: str | None = None
    text: str = ""
    states: tuple[ProspectState, ...] = ()
    countries: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    size_from: int | None = None
    size_to: int | None = None
    min_score: float | None = None
    # Those outside the best that could be among them if what is not known of them were known.
    is_near: bool = False
    sort: Sort = Sort.RANK
    descending: bool = False
    page: int = 1


@dataclass(frozen=True)
class Asked:
    """What a page's statements are made of: a query as it can be answered, of which version, in which database.

    `line` is what those near the top have to reach, `chances_of` the profile whose chances sort the list.
    """

    version_id: int
    query: ProspectQuery
    on_sqlite: bool
    line: float
    chances_of: int | None


@lru_cache(maxsize=16)
def scope_of(version_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of all firms of a ranking, with their state, in no order."""
    last = last_enrollments()
    base = join_state(
        Firm.__table__.join(
            Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id)
        ),
        last,
    )
    has_contact = exists(select(Contact.id).where(Contact.firm_id == Firm.id))
    return (
        select(
            Firm.id, Score.rank, Firm.name, Firm.domain, Firm.city, Firm.country,
            Firm.employees_low, Firm.employees_high, Firm.founded_low, Firm.founded_high,
            Firm.revenue_low, Firm.revenue_high,
            Firm.specialties, Firm.certifications, Firm.partnerships, Firm.tags, Firm.region,
            Firm.latitude, Firm.longitude, Firm.website, Firm.version, Score.firm_version,
            Score.total, Score.low, Score.high, Score.standing, Score.standing_reason, Score.why,
            Score.scored_at,
            state_case().label("state"), has_contact.label("has_contact"),
        )
        .select_from(base)
        .where(Firm.merged_into_id.is_(None))
    )  # fmt: skip


def _filter(scope: Select[*tuple[Any, ...]], asked: Asked) -> Select[*tuple[Any, ...]]:
    query, state = asked.query, state_case()
    if query.states:
        scope = scope.where(state.in_([s.value for s in query.states]))
    else:
        scope = scope.where(Score.standing == Standing.RANKED)
    if query.text:
        scope = scope.where(
            or_(
                Firm.name.icontains(query.text, autoescape=True),
                Firm.domain.icontains(query.text, autoescape=True),
                Firm.city.icontains(query.text, autoescape=True),
                # A name that it went by before.
                Firm.id.in_(
                    select(FormerName.firm_id).where(
                        FormerName.name.icontains(query.text, autoescape=True)
                    )
                ),
            )
        )
    if query.countries:
        scope = scope.where(Firm.country.in_(query.countries))
    # A firm whose size is an interval counts where the interval touches what is asked for.
    if query.size_from is not None:
        scope = scope.where(
            func.coalesce(Firm.employees_high, Firm.employees_low) >= query.size_from
        )
    if query.size_to is not None:
        scope = scope.where(func.coalesce(Firm.employees_low, Firm.employees_high) <= query.size_to)
    if query.min_score is not None:
        scope = scope.where(Score.total >= query.min_score)
    if query.is_near:
        scope = scope.where(Score.high >= asked.line, Score.rank > TOP)
    has_tag = _tag_test(asked.on_sqlite)
    for tag in query.tags:
        scope = scope.where(has_tag(tag))
    return scope


def _tag_test(on_sqlite: bool) -> Callable[[str], ColumnElement[bool]]:
    if on_sqlite:

        def has(tag: str) -> ColumnElement[bool]:
            each = func.json_each(Firm.specialties).table_valued("value")
            return exists(select(1).select_from(each).where(each.c.value == tag))

        return has
    return lambda tag: cast(Firm.specialties, JSONB).contains([tag])


@lru_cache(maxsize=16)
def states_of(version_id: int) -> Select[str, Standing, int]:
    """Return the statement that counts the firms that something happened to, by their state and standing."""
    last = last_enrollments()
    state = state_case()
    of_version = (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id)
    return (
        select(state, Score.standing, func.count())
        .select_from(join_state(Firm.__table__.join(Score, of_version), last))
        .where(
            Firm.merged_into_id.is_(None),
            Firm.id.in_(
                union(
                    select(Enrollment.firm_id), select(Candidate.firm_id), select(Partner.firm_id)
                )
            ),
        )
        .group_by(state, Score.standing)
    )


def _filtered(asked: Asked) -> Select[*tuple[Any, ...]]:
    """Return the statement of all firms that a query is after, in no order."""
    scope = scope_of(asked.version_id)
    if asked.chances_of is not None:
        of_firm = (Chance.firm_id == Firm.id) & (Chance.profile_id == asked.chances_of)
        scope = scope.outerjoin(Chance, of_firm)
    return _filter(scope, asked)


# Building a statement takes longer than the database takes for a page, and people ask for the same few.
@lru_cache(maxsize=128)
def page_of(asked: Asked, per_page: int) -> Select[*tuple[Any, ...]]:
    """Return the statement of one page: in the order asked for, what is not known last."""
    query = asked.query
    order = [
        (column.desc() if query.descending else column.asc()).nulls_last()
        for column in _COLUMNS[query.sort]
    ]
    if query.sort is Sort.RANK and not query.states:
        # Of those that take part nobody is without a rank, and so the index gives the order.
        order = [Score.rank.desc() if query.descending else Score.rank.asc()]
        tie_breakers: list[Any] = []
    else:
        tie_breakers = [Score.rank.asc().nulls_last(), Firm.id]
    return (
        _filtered(asked)
        .order_by(*order, *tie_breakers)
        .limit(per_page)
        .offset((max(query.page, 1) - 1) * per_page)
    )


@lru_cache(maxsize=128)
def count_of(asked: Asked) -> Select[int]:
    """Return the statement of how many firms a query is after."""
    return _filtered(asked).with_only_columns(func.count(), maintain_column_froms=True)
