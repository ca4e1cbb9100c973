"""The ranked list of prospects: filtered, sorted and paged in the database, in a fixed number of queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm
from recruit.insights.profiles import ProfileLine, find_current_profile
from recruit.insights.standing import ProspectState, join_state, last_enrollments, state_case
from recruit.scoring.tables import Score
from recruit.scoring.values import Reason, Standing


class Sort(StrEnum):
    """What the list may be sorted by."""

    RANK = "rank"
    SCORE = "score"
    NAME = "name"
    PLACE = "place"
    SIZE = "size"
    FOUNDED = "founded"


_COLUMNS: dict[Sort, tuple[Any, ...]] = {
    Sort.RANK: (Score.rank,),
    Sort.SCORE: (Score.total,),
    Sort.NAME: (Firm.name_key,),
    Sort.PLACE: (Firm.country, Firm.city),
    Sort.SIZE: (func.coalesce(Firm.employees_high, Firm.employees_low),),
    Sort.FOUNDED: (func.coalesce(Firm.founded_low, Firm.founded_high),),
}
PER_PAGE = 50


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
    sort: Sort = Sort.RANK
    descending: bool = False
    page: int = 1


@dataclass(frozen=True)
class ProspectRow:
    """One line of the list."""

    firm_id: int
    rank: int | None
    name: str
    domain: str | None
    city: str | None
    country: str | None
    employees_low: int | None
    employees_high: int | None
    founded_low: int | None
    founded_high: int | None
    specialties: tuple[str, ...]
    total: float
    low: float
    high: float
    most: float
    why: str
    state: ProspectState
    has_contact: bool


@dataclass(frozen=True)
class ProspectList:
    """A page of the list, and what the filters offer."""

    rows: tuple[ProspectRow, ...]
    total: int
    ranked: int
    profile: ProfileLine | None
    countries: tuple[tuple[str, int], ...]
    tags: tuple[tuple[str, int], ...]
    states: tuple[tuple[ProspectState, int], ...]


def list_prospects(tx: Transaction, query: ProspectQuery) -> ProspectList:
    """Return the page of the list that `query` asks for."""
    profile = find_current_profile(tx, query.profile)
    if profile is None:
        return ProspectList((), 0, 0, None, (), (), ())
    session = tx.session
    scope = _scope(profile.version_id)
    filtered = _filter(session, scope, query)
    total = session.scalar(select(func.count()).select_from(filtered.subquery())) or 0
    order = [
        clause
        for column in _COLUMNS[query.sort]
        for clause in [(column.desc() if query.descending else column.asc()).nulls_last()]
    ]
    rows = session.execute(
        filtered.order_by(*order, Score.rank.asc().nulls_last(), Firm.id)
        .limit(PER_PAGE)
        .offset((max(query.page, 1) - 1) * PER_PAGE)
    ).all()
    return ProspectList(
        rows=tuple(_row(row) for row in rows),
        total=total,
        ranked=profile.ranked,
        profile=profile,
        countries=_country_options(session, profile.version_id),
        tags=_tag_options(session, profile.version_id),
        states=_state_options(session, scope),
    )


@dataclass(frozen=True)
class EnrollableLine:
    """A firm that somebody wants to enroll, with the score that it has now."""

    firm_id: int
    name: str
    profile_version_id: int | None
    total: float | None


def list_enrollable(tx: Transaction, firm_ids: Sequence[int]) -> list[EnrollableLine]:
    """Return those of the firms that exist, with their current scores."""
    profile = find_current_profile(tx)
    version_id = profile.version_id if profile else 0
    rows = tx.session.execute(
        select(Firm.id, Firm.name, Score.profile_version_id, Score.total)
        .outerjoin(Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id))
        .where(Firm.id.in_(firm_ids), Firm.merged_into_id.is_(None))
    )
    return [EnrollableLine(r.id, r.name, r.profile_version_id, r.total) for r in rows]


def _scope(version_id: int) -> Select[*tuple[Any, ...]]:
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
            Firm.specialties, Score.total, Score.low, Score.high, Score.reasons,
            Score.standing_reason, state_case().label("state"), has_contact.label("has_contact"),
        )
        .select_from(base)
        .where(Firm.merged_into_id.is_(None))
    )  # fmt: skip


def _filter(
    session: Session, scope: Select[*tuple[Any, ...]], query: ProspectQuery
) -> Select[*tuple[Any, ...]]:
    state = state_case()
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
    has_tag = _tag_test(session)
    for tag in query.tags:
        scope = scope.where(has_tag(tag))
    return scope


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _tag_test(session: Session) -> Callable[[str], ColumnElement[bool]]:
    if _on_sqlite(session):

        def has(tag: str) -> ColumnElement[bool]:
            each = func.json_each(Firm.specialties).table_valued("value")
            return exists(select(1).select_from(each).where(each.c.value == tag))

        return has
    return lambda tag: cast(Firm.specialties, JSONB).contains([tag])


def _country_options(session: Session, version_id: int) -> tuple[tuple[str, int], ...]:
    rows = session.execute(
        select(Firm.country, func.count())
        .join(Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id))
        .where(Firm.country.is_not(None), Firm.merged_into_id.is_(None))
        .group_by(Firm.country)
        .order_by(func.count().desc(), Firm.country)
    )
    return tuple((row[0] or "", row[1]) for row in rows)


def _tag_options(session: Session, version_id: int) -> tuple[tuple[str, int], ...]:
    if _on_sqlite(session):
        each = func.json_each(Firm.specialties).table_valued("value")
        tag: Any = each.c.value
    else:
        each = func.jsonb_array_elements_text(Firm.specialties).table_valued("value")
        tag = each.c.value
    rows = session.execute(
        select(tag, func.count())
        .select_from(Firm)
        .join(each, true())
        .join(Score, (Score.firm_id == Firm.id) & (Score.profile_version_id == version_id))
        .where(Firm.merged_into_id.is_(None))
        .group_by(tag)
        .order_by(func.count().desc(), tag)
        .limit(60)
    )
    return tuple((row[0], row[1]) for row in rows)


def _state_options(
    session: Session, scope: Select[*tuple[Any, ...]]
) -> tuple[tuple[ProspectState, int], ...]:
    inner = scope.subquery()
    counts: dict[str, int] = {
        row[0]: row[1]
        for row in session.execute(select(inner.c.state, func.count()).group_by(inner.c.state))
    }
    return tuple((state, counts[state.value]) for state in ProspectState if state.value in counts)


def _row(row: Any) -> ProspectRow:
    reasons = [Reason.from_json(data) for data in row.reasons]
    return ProspectRow(
        firm_id=row.id,
        rank=row.rank,
        name=row.name,
        domain=row.domain,
        city=row.city,
        country=row.country,
        employees_low=row.employees_low,
        employees_high=row.employees_high,
        founded_low=row.founded_low,
        founded_high=row.founded_high,
        specialties=tuple(row.specialties),
        total=row.total,
        low=row.low,
        high=row.high,
        most=sum(reason.most for reason in reasons) or 100,
        why=row.standing_reason or top_reason(reasons),
        state=ProspectState(row.state),
        has_contact=bool(row.has_contact),
    )


def top_reason(reasons: Sequence[Reason]) -> str:
    """Return the sentence of the reason that gives the most points; of equals, the first.

    What is unknown is not repeated here: the empty cells and the score's interval show it.
    """
    best = max(reasons, key=lambda reason: reason.points, default=None)
    return best.sentence if best else ""
