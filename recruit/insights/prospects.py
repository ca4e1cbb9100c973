"""The ranked list of prospects: filtered, sorted and paged in the database, in a fixed number of queries."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.insights.profiles import Foretold, ProfileLine, find_current_profile
from recruit.insights.prospect_rows import ProspectRow, read_rows
from recruit.insights.prospect_statements import (
    Asked,
    ProspectQuery,
    Sort,
    count_of,
    page_of,
    scope_of,
    states_of,
)
from recruit.insights.standing import ProspectState
from recruit.scoring.store import find_points_at
from recruit.scoring.tables import Score
from recruit.scoring.values import Standing
from recruit.scoring.whatif import TOP

__all__ = [
    "MOST_EXPORTED",
    "PER_PAGE",
    "EnrollableLine",
    "ProspectList",
    "ProspectQuery",
    "Sort",
    "export_prospects",
    "is_unfiltered",
    "list_enrollable",
    "list_prospects",
    "scope_of",
]
PER_PAGE = 50
# Rows that are taken along at once, and as many as a spreadsheet is still pleasant with.
_PER_EXPORT, MOST_EXPORTED = 500, 10_000


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
        total = connection.scalar(count_of(asked)) or 0
    rows = connection.execute(page_of(asked, PER_PAGE)).all()
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
        rows = tx.session.connection().execute(page_of(one, _PER_EXPORT)).all()
        yield from read_rows(tx, profile, rows)
        if len(rows) < _PER_EXPORT:
            return


def _ask(tx: Transaction, query: ProspectQuery, profile: ProfileLine) -> Asked:
    by_chance = query.sort is Sort.CHANCE
    if by_chance and profile.foretold is None:
        # A saved view outlives the model that it was sorted by.
        query, by_chance = replace(query, sort=Sort.RANK, descending=False), False
    line = find_points_at(tx, profile.version_id, TOP) if query.is_near else None
    return Asked(
        profile.version_id,
        query,
        tx.session.get_bind().dialect.name == "sqlite",
        math.inf if line is None else line,
        profile.profile_id if by_chance else None,
    )


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


def _state_options(
    connection: Connection, profile: ProfileLine
) -> tuple[tuple[ProspectState, int], ...]:
    """Count the firms of each state: those that something happened to, and from the ranking's numbers the rest."""
    rows = connection.execute(states_of(profile.version_id))
    counts = {ProspectState.NEW: profile.ranked, ProspectState.LEFT_OUT: profile.left_out}
    for word, standing, firms in rows:
        rest = ProspectState.NEW if standing == Standing.RANKED else ProspectState.LEFT_OUT
        counts[rest] -= firms
        counts[ProspectState(word)] = counts.get(ProspectState(word), 0) + firms
    return tuple((state, counts[state]) for state in ProspectState if counts.get(state, 0) > 0)
