"""The ranked list of prospects: filtered, sorted and paged in the database, in a fixed number of queries."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, cast, exists, func, or_, select, union
from sqlalchemy.dialects.postgresql import JSONB

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm, FormerName
from recruit.insights.profiles import Foretold, ProfileLine, find_current_profile
from recruit.insights.prospect_rows import ProspectRow, read_rows
from recruit.insights.standing import ProspectState, join_state, last_enrollments, state_case
from recruit.learning.tables import Chance
from recruit.onboarding.tables import Candidate, Partner
from recruit.scoring.store import find_points_at
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
PER_PAGE = 50
# Rows that are taken along at once, and as many as a spreadsheet is still pleasant with.
_PER_EXPORT, MOST_EXPORTED = 500, 10_000


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
class ProspectList:
    """A page of the list, and what the filters offer."""

    rows: tuple[ProspectRow, ...]
    total: int
    ranked: int
    profile: ProfileLine | None
    # What the model in use says of the firms, None where none is.
    foretold: Foretold | None
    countries: tuple[tuple[str, int], ...]
    tags: tuple[tuple[str, int], ...]
    states: tuple[tuple[ProspectState, int], ...]
    left_out: tuple[tuple[str, int], ...]


def list_prospects(tx: Transaction, query: ProspectQuery) -> ProspectList:
    """Return the page of the list that `query` asks for."""
    profile = find_current_profile(tx, query.profile)
    if profile is None:
        return ProspectList((), 0, 0, None, None, (), (), (), ())
    asked = _ask(tx, query, profile)
    connection = tx.session.connection()
    # The whole ranking was counted when it was made.
    total = profile.ranked
    if not is_unfiltered(asked.query):
        total = connection.scalar(_count_of(asked)) or 0
    rows = connection.execute(_page_of(asked, PER_PAGE)).all()
    facets = profile.ranking.facets if profile.ranking else {}
    return ProspectList(
        rows=read_rows(tx, profile, rows),
        total=total,
        ranked=profile.ranked,
        profile=profile,
        foretold=profile.foretold,
        countries=_pairs(facets, "countries"),
        tags=_pairs(facets, "tags"),
        states=_state_options(connection, profile),
        left_out=_pairs(facets, "left_out"),
    )


def export_prospects(
    tx: Transaction, query: ProspectQuery
) -> tuple[Foretold | None, Iterator[ProspectRow]]:
    """Return the whole list that `query` asks for, whatever its page; at most `MOST_EXPORTED` rows.

    With it comes what the rows' chances foretell, None where no model is in use.
    """
    profile = find_current_profile(tx, query.profile)
    if profile is None:
        return None, iter(())
    return profile.foretold, _iterate(tx, query, profile)


def _iterate(tx: Transaction, query: ProspectQuery, profile: ProfileLine) -> Iterator[ProspectRow]:
    asked = _ask(tx, query, profile)
    for page in range(1, MOST_EXPORTED // _PER_EXPORT + 1):
        one = replace(asked, query=replace(asked.query, page=page))
        rows = tx.session.connection().execute(_page_of(one, _PER_EXPORT)).all()
        yield from read_rows(tx, profile, rows)
        if len(rows) < _PER_EXPORT:
            return


@dataclass(frozen=True)
class _Asked:
    """What a page's statements are made of: a query as it can be answered, of which version, in which database.

    `line` is what those near the top have to reach, `chances_of` the profile whose chances sort the list.
    """

    version_id: int
    query: ProspectQuery
    on_sqlite: bool
    line: float
    chances_of: int | None


def _ask(tx: Transaction, query: ProspectQuery, profile: ProfileLine) -> _Asked:
    by_chance = query.sort is Sort.CHANCE
    if by_chance and profile.foretold is None:
        # A saved view outlives the model that it was sorted by.
        query, by_chance = replace(query, sort=Sort.RANK, descending=False), False
    line = find_points_at(tx, profile.version_id, TOP) if query.is_near else None
    return _Asked(
        profile.version_id,
        query,
        tx.session.get_bind().dialect.name == "sqlite",
        math.inf if line is None else line,
        profile.profile_id if by_chance else None,
    )


def _filtered(asked: _Asked) -> Select[*tuple[Any, ...]]:
    """Return the statement of all firms that a query is after, in no order."""
    scope = scope_of(asked.version_id)
    if asked.chances_of is not None:
        of_firm = (Chance.firm_id == Firm.id) & (Chance.profile_id == asked.chances_of)
        scope = scope.outerjoin(Chance, of_firm)
    return _filter(scope, asked)


# Building a statement takes longer than the database takes for a page, and people ask for the same few.
@lru_cache(maxsize=128)
def _page_of(asked: _Asked, per_page: int) -> Select[*tuple[Any, ...]]:
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
def _count_of(asked: _Asked) -> Select[int]:
    return _filtered(asked).with_only_columns(func.count(), maintain_column_froms=True)


def is_unfiltered(query: ProspectQuery) -> bool:
    """Tell whether a query asks for the whole ranking, in whatever order."""
    plain = ProspectQuery(query.profile, sort=query.sort, descending=query.descending)
    return replace(query, page=1) == plain


def _pairs(facets: dict[str, Any], name: str) -> tuple[tuple[str, int], ...]:
    return tuple((str(key), int(firms)) for key, firms in facets.get(name, ()))


@dataclass(frozen=True)
class EnrollableLine:
    """A firm that somebody wants to enroll, with the score that it has now."""

    firm_id: int
    name: str
    profile_version_id: int | None
    total: float | None
    # Why it takes no part, where a person or an exclusion took it out.
    removed: str


def list_enrollable(
    tx: Transaction, firm_ids: Sequence[int], profile_name: str | None = None
) -> list[EnrollableLine]:
    """Return those of the firms that exist, with their current scores."""
    profile = find_current_profile(tx, profile_name)
    version_id = profile.version_id if profile else 0
    rows = tx.session.execute(
        select(
            Firm.id,
            Firm.name,
            Score.profile_version_id,
            Score.total,
            Score.standing,
            Score.standing_reason,
        )
        .outerjoin(Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id))
        .where(Firm.id.in_(firm_ids), Firm.merged_into_id.is_(None))
    )
    removed = {Standing.EXCLUDED, Standing.VETOED}
    return [
        EnrollableLine(
            r.id,
            r.name,
            r.profile_version_id,
            r.total,
            r.standing_reason if r.standing in removed else "",
        )
        for r in rows
    ]


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


def _filter(scope: Select[*tuple[Any, ...]], asked: _Asked) -> Select[*tuple[Any, ...]]:
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
def _states_of(version_id: int) -> Select[str, Standing, int]:
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


def _state_options(
    connection: Connection, profile: ProfileLine
) -> tuple[tuple[ProspectState, int], ...]:
    """Count the firms of each state: those that something happened to, and from the ranking's numbers the rest."""
    rows = connection.execute(_states_of(profile.version_id))
    counts = {ProspectState.NEW: profile.ranked, ProspectState.LEFT_OUT: profile.left_out}
    for word, standing, firms in rows:
        rest = ProspectState.NEW if standing == Standing.RANKED else ProspectState.LEFT_OUT
        counts[rest] -= firms
        counts[ProspectState(word)] = counts.get(ProspectState(word), 0) + firms
    return tuple((state, counts[state]) for state in ProspectState if counts.get(state, 0) > 0)
