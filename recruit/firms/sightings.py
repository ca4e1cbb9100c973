"""The queries of a resolution run: new sightings, those near them, keys, and what is written.

Everything goes in chunks of ids and in plain rows: a first run over many sightings must not load them
as objects one by one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    outerjoin,
    select,
    text,
    update,
)

from recruit.db.base import Base
from recruit.db.transaction import Transaction
from recruit.firms.blocking import LONGEST_KEY, are_words_shared, block_cap
from recruit.firms.tables import BlockKey, Contact, Firm, FirmMember, ResolutionMark
from recruit.sourcing.tables import Source, SourceRecord, SourcingJob
from recruit.sourcing.values import Fact

# Ids in one statement: both databases take more, but plan worse.
_CHUNK = 500
# Any number will do, as long as nobody else locks by it.
_LOCK = 7_236_041

# Sightings read at once when all of them are.
_PAGE = 10_000
_IS_UNSEEN = or_(
    FirmMember.source_record_id.is_(None), FirmMember.record_version != SourceRecord.version
)

_THE_MARK = 1
# A transaction's time is when it began: what ends before a run begins may be seen only after it.
_OVERLAP = timedelta(hours=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeenSighting:
    """A SourceRecord as resolution reads it. `firm_id` is None where it was never placed."""

    id: int
    version: int
    facts: tuple[Fact, ...]
    source: str
    source_title: str
    trust: float
    last_seen_at: datetime
    firm_id: int | None


@dataclass(frozen=True, slots=True)
class Since:
    """What may have changed since the last run: `jobs` that worked since, and from when on things count.

    Both None where no run has been yet, so that everything may be new.
    """

    jobs: tuple[int, ...] | None = None
    begun_at: datetime | None = None


ALWAYS = Since()


def wait_for_other_runs(tx: Transaction) -> None:
    """Let one resolution run at a time; on SQLite every writer waits for its turn anyhow."""
    if tx.session.get_bind().dialect.name == "postgresql":
        tx.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def list_jobs_since_last_run(tx: Transaction) -> Since:
    """Return the jobs that have worked since the last run began, or still do."""
    mark = tx.session.scalar(select(ResolutionMark.begun_at).where(ResolutionMark.id == _THE_MARK))
    if mark is None:
        return Since()
    since = mark - _OVERLAP
    jobs = tx.session.scalars(
        select(SourcingJob.id).where(
            or_(SourcingJob.finished_at.is_(None), SourcingJob.finished_at >= since)
        )
    )
    return Since(tuple(jobs), since)


def mark_run(tx: Transaction) -> None:
    """Remember that a run began now and has seen what there is."""
    mark = tx.session.get(ResolutionMark, _THE_MARK)
    if mark is None:
        tx.session.add(ResolutionMark(id=_THE_MARK, begun_at=tx.now))
    else:
        mark.begun_at = tx.now


def list_unseen_sightings(tx: Transaction, since: Since = ALWAYS) -> list[SeenSighting]:
    """Return the sightings that are new, or have changed since resolution saw them."""
    unseen = _of_jobs(_sightings().where(_IS_UNSEEN), since)
    return [_read(row) for row in tx.session.execute(unseen)]


def count_unseen_sightings(tx: Transaction, since: Since = ALWAYS) -> int:
    """Return how many sightings are new, or have changed since resolution saw them."""
    if since.jobs == ():
        return 0
    both = outerjoin(SourceRecord, FirmMember, FirmMember.source_record_id == SourceRecord.id)
    counted = select(func.count()).select_from(both).where(_IS_UNSEEN)
    return tx.session.scalar(_of_jobs(counted, since)) or 0


def count_sightings(tx: Transaction) -> int:
    """Return how many sightings there are."""
    return tx.session.scalar(select(func.count()).select_from(SourceRecord)) or 0


def _of_jobs(query: Select[Any], since: Since) -> Select[Any]:
    return query if since.jobs is None else query.where(SourceRecord.last_job_id.in_(since.jobs))


def iterate_facts(tx: Transaction) -> Iterator[tuple[int, list[Any], int | None, bool]]:
    """Yield every sighting, a chunk in memory at a time: id, facts as JSON, firm, whether it is unseen."""
    last = 0
    while True:
        rows = tx.session.execute(
            select(
                SourceRecord.id,
                SourceRecord.facts,
                FirmMember.firm_id,
                case((_IS_UNSEEN, True), else_=False),
            )
            .outerjoin(FirmMember, FirmMember.source_record_id == SourceRecord.id)
            .where(SourceRecord.id > last)
            .order_by(SourceRecord.id)
            .limit(_PAGE)
        ).all()
        if not rows:
            return
        for record_id, facts, firm_id, unseen in rows:
            yield record_id, facts, firm_id, bool(unseen)
        last = rows[-1][0]


def list_sightings(tx: Transaction, record_ids: Iterable[int]) -> list[SeenSighting]:
    """Return the sightings of these ids of records."""
    found: list[SeenSighting] = []
    for ids in chunks(sorted(record_ids)):
        rows = tx.session.execute(_sightings().where(SourceRecord.id.in_(ids)))
        found += [_read(row) for row in rows]
    return found


def list_sightings_of_firms(tx: Transaction, firm_ids: Iterable[int]) -> list[SeenSighting]:
    """Return all sightings of these firms."""
    records: list[int] = []
    for ids in chunks(sorted(set(firm_ids))):
        # Asked for both at once, SQLite walks all sightings to find these.
        records += tx.session.scalars(
            select(FirmMember.source_record_id).where(FirmMember.firm_id.in_(ids))
        )
    return list_sightings(tx, records)


def _sightings() -> Select[Any]:
    return (
        select(
            SourceRecord.id,
            SourceRecord.version,
            SourceRecord.facts,
            Source.name,
            Source.title,
            Source.trust,
            SourceRecord.last_seen_at,
            FirmMember.firm_id,
        )
        .join(Source, Source.id == SourceRecord.source_id)
        .outerjoin(FirmMember, FirmMember.source_record_id == SourceRecord.id)
        .order_by(SourceRecord.id)
    )


def _read(row: Any) -> SeenSighting:
    record_id, version, facts, name, title, trust, last_seen_at, firm_id = row
    read = tuple(Fact.from_json(fact) for fact in facts)
    return SeenSighting(record_id, version, read, name, title or name, trust, last_seen_at, firm_id)


def list_firms_near(
    tx: Transaction, words: Mapping[str, Collection[str]]
) -> tuple[set[int], dict[str, int]]:
    """Return the firms of which a sighting stands under one of these keys, and the crowded keys.

    A key under which more firms stand than are worth comparing finds nobody; how many they are is told.
    `words` are by key the own words of those who look: of firms under the beginning of a word (`w:`) those
    are left out that have none of them.
    """
    near: set[int] = set()
    crowd: dict[str, int] = {}
    strangers: dict[int, set[str]] = {}
    member = FirmMember.__table__.join(
        BlockKey.__table__, BlockKey.source_record_id == FirmMember.source_record_id
    )
    for chunk in chunks(sorted(words)):
        counts = tx.session.execute(
            select(BlockKey.key, func.count(FirmMember.firm_id.distinct()))
            .select_from(member)
            .where(BlockKey.key.in_(chunk))
            .group_by(BlockKey.key)
        )
        few: list[str] = []
        loose: list[str] = []
        for key, firms in counts:
            if firms > block_cap(key):
                crowd[key] = firms
            else:
                (loose if key.startswith("w:") else few).append(key)
        if few:
            of_few = select(FirmMember.firm_id).select_from(member).where(BlockKey.key.in_(few))
            near.update(tx.session.scalars(of_few.distinct()))
        if loose:
            of_loose = select(BlockKey.key, FirmMember.source_record_id).select_from(member)
            for key, record in tx.session.execute(of_loose.where(BlockKey.key.in_(loose))):
                strangers.setdefault(record, set()).update(words[key])
    near.update(_list_firms_of(tx, _find_with_shared_word(tx, strangers)))
    return near, crowd


def _find_with_shared_word(tx: Transaction, wanted: Mapping[int, Collection[str]]) -> list[int]:
    """Return those sightings (ids of records) whose names have one of the words `wanted` of each."""
    found: set[int] = set()
    for ids in chunks(sorted(wanted)):
        # A name's key is its words; asking for the name itself would read what all of them state.
        names = tx.session.execute(
            select(BlockKey.source_record_id, BlockKey.key).where(
                BlockKey.source_record_id.in_(ids), BlockKey.key.startswith("n:")
            )
        )
        for record, key in names:
            cut = len(key) >= LONGEST_KEY
            if cut or are_words_shared(wanted[record], key[2:].split()):
                found.add(record)
    return sorted(found)


def _list_firms_of(tx: Transaction, record_ids: Sequence[int]) -> set[int]:
    firms: set[int] = set()
    for ids in chunks(record_ids):
        firms.update(
            tx.session.scalars(
                select(FirmMember.firm_id).where(FirmMember.source_record_id.in_(ids))
            )
        )
    return firms


def replace_keys(
    tx: Transaction, keys: Mapping[int, Iterable[str]], changed: Iterable[int]
) -> None:
    """Store the keys of sightings (ids of records); those of `changed` ones take the old ones' place."""
    for ids in chunks(sorted(changed)):
        tx.session.execute(delete(BlockKey).where(BlockKey.source_record_id.in_(ids)))
    insert_rows(
        tx,
        BlockKey,
        [
            {"key": key, "source_record_id": record}
            for record, of_record in keys.items()
            for key in of_record
        ],
    )


def insert_rows(tx: Transaction, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert plain rows, many in one statement."""
    for chunk in chunks(rows, 5000):
        tx.session.execute(insert(table), chunk)


def set_record_versions(tx: Transaction, versions: Mapping[int, int]) -> None:
    """Remember which version of each sighting (by id of its record) was seen."""
    rows = [
        {"source_record_id": record, "record_version": version}
        for record, version in sorted(versions.items())
    ]
    for chunk in chunks(rows):
        tx.session.execute(update(FirmMember), chunk)


def update_members(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these values over the rows of sightings that have a firm already."""
    for chunk in chunks(rows):
        tx.session.execute(update(FirmMember), chunk)


def list_known_addresses(tx: Transaction, firm_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Return the (firm id, address) pairs of the contacts that these firms have."""
    found: set[tuple[int, str]] = set()
    for ids in chunks(sorted(set(firm_ids))):
        rows = tx.session.execute(
            select(Contact.firm_id, Contact.email).where(Contact.firm_id.in_(ids))
        )
        found.update((firm_id, email) for firm_id, email in rows)
    return found


def list_vanishing(tx: Transaction, since: Since = ALWAYS) -> tuple[list[Firm], list[Firm]]:
    """Return the firms that no source shows any more, and those that one shows again.

    Only those are looked at of which a sighting went `since`.
    """
    shown = exists().where(
        FirmMember.firm_id == Firm.id,
        SourceRecord.id == FirmMember.source_record_id,
        SourceRecord.vanished_at.is_(None),
    )
    live = select(Firm).where(Firm.merged_into_id.is_(None)).order_by(Firm.id)
    shown_before = live
    if since.begun_at is not None:
        went = (
            select(FirmMember.firm_id)
            .join(SourceRecord, SourceRecord.id == FirmMember.source_record_id)
            .where(SourceRecord.vanished_at >= since.begun_at)
        )
        shown_before = live.where(Firm.id.in_(went))
    gone = tx.session.scalars(shown_before.where(Firm.vanished_at.is_(None), ~shown))
    # Few firms have vanished and nearly all were merged into none, which SQLite would go by.
    vanished = select(Firm.id).where(Firm.vanished_at.is_not(None))
    back = tx.session.scalars(live.where(Firm.id.in_(vanished), shown))
    return list(gone), list(back)


def chunks(items: Sequence[T], size: int = _CHUNK) -> Iterator[Sequence[T]]:
    """Yield the items in pieces that one statement takes."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
