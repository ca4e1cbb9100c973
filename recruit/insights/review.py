"""The pairs of firms that may be one: for a person to look at, side by side with the evidence by field."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import ScalarSelect, case, exists, func, select
from sqlalchemy.orm import aliased

from recruit.db.transaction import Transaction
from recruit.firms.tables import (
    DoubtfulPair,
    Firm,
    FirmMember,
    PersonsVerdict,
    VerdictPair,
)
from recruit.firms.values import Verdict
from recruit.insights.stated import show_value
from recruit.sourcing.tables import Source, SourceRecord

# The rows of a comparison: what evidence is about, its heading, and the field that a source states.
_ROWS = (
    ("name", "Name", "name"),
    ("legal_form", "Legal form", "legal_form"),
    ("domain", "Website", "website"),
    ("email", "E-mail", "email"),
    ("phone", "Phone", "phone"),
    ("street", "Street", "street"),
    ("postcode", "Postcode", "postcode"),
    ("city", "City", "city"),
    ("country", "Country", "country"),
    ("", "People", "employees"),
    ("", "Founded", "founded"),
    ("", "Specialties", "specialty"),
)
MOST_LISTED = 200
MOST_COUNTED = 1000


@dataclass(frozen=True)
class PairLine:
    """Two firms that may be one, by the pair of their sightings that looks the most alike."""

    record_a: int
    record_b: int
    firm_a: int
    firm_b: int
    name_a: str
    name_b: str
    score: float
    verdict: Verdict
    found_at: datetime

    @property
    def key(self) -> str:
        """What a link names the pair by."""
        return f"{self.record_a}-{self.record_b}"

    @property
    def why(self) -> str:
        """Why nobody but a person can tell, in a sentence."""
        if self.verdict is Verdict.SAME:
            return (
                "Enough speaks for one firm, but another firm claims one of the two as strongly, or "
                "their other sightings speak against it."
            )
        if self.score >= 0:
            return "The names agree, and nothing else confirms that it is the same firm."
        return f"{-self.score:.1f} points are missing until this could be no other firm: likely, not sure."


@dataclass(frozen=True)
class Queue:
    """The pairs that wait, the likeliest first; `waiting` counts all, `decided` what people said today."""

    lines: tuple[PairLine, ...]
    waiting: int
    decided: int


@dataclass(frozen=True)
class Side:
    """One of the two: the firm, and the sighting of it that is compared."""

    firm_id: int
    name: str
    source: str
    record_id: str
    url: str | None
    seen_at: datetime
    sightings: int
    tags: tuple[str, ...]


@dataclass(frozen=True)
class CompareRow:
    """What both state of one field, and what that says. `points` is None where nothing is made of it."""

    title: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    points: float | None
    reason: str

    @property
    def tone(self) -> str:
        """Whether it speaks for one firm, against it, or not at all."""
        if not self.points:
            return ""
        return "good" if self.points > 0 else "stop"


@dataclass(frozen=True)
class PairView:
    """Everything that the page shows of a pair."""

    line: PairLine
    sides: tuple[Side, Side]
    rows: tuple[CompareRow, ...]


def list_queue(tx: Transaction, *, limit: int = MOST_LISTED) -> Queue:
    """Return the pairs that wait for a person."""
    lines = _lines(tx)
    midnight = datetime.combine(tx.now.date(), time(), tx.now.tzinfo)
    decided = tx.session.scalar(
        select(func.count(PersonsVerdict.id)).where(
            PersonsVerdict.said_at >= midnight, PersonsVerdict.withdrawn_at.is_(None)
        )
    )
    return Queue(tuple(lines[:limit]), len(lines), decided or 0)


def count_waiting() -> ScalarSelect[int]:
    """Return the SQL that counts the pairs of firms that wait, no further than `MOST_COUNTED`.

    A pair that people told apart waits no more; the rest of `list_queue`'s care costs more than a number
    beside a menu is worth.
    """
    ours, theirs = aliased(FirmMember), aliased(FirmMember)
    told_apart = exists().where(
        VerdictPair.record_a == DoubtfulPair.record_a,
        VerdictPair.record_b == DoubtfulPair.record_b,
        PersonsVerdict.id == VerdictPair.verdict_id,
        PersonsVerdict.withdrawn_at.is_(None),
    )
    waiting = (
        select(
            case((ours.firm_id < theirs.firm_id, ours.firm_id), else_=theirs.firm_id),
            case((ours.firm_id < theirs.firm_id, theirs.firm_id), else_=ours.firm_id),
        )
        .select_from(DoubtfulPair)
        .join(ours, ours.source_record_id == DoubtfulPair.record_a)
        .join(theirs, theirs.source_record_id == DoubtfulPair.record_b)
        .where(ours.firm_id != theirs.firm_id, ~told_apart)
        .distinct()
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(waiting).scalar_subquery()


def _lines(tx: Transaction) -> list[PairLine]:
    ours, theirs = aliased(FirmMember), aliased(FirmMember)
    one, other = aliased(Firm), aliased(Firm)
    settled = {
        frozenset(pair)
        for pair in tx.session.execute(
            select(ours.firm_id, theirs.firm_id)
            .select_from(VerdictPair)
            .join(PersonsVerdict, PersonsVerdict.id == VerdictPair.verdict_id)
            .join(ours, ours.source_record_id == VerdictPair.record_a)
            .join(theirs, theirs.source_record_id == VerdictPair.record_b)
            .where(PersonsVerdict.withdrawn_at.is_(None), PersonsVerdict.is_same.is_(False))
            .distinct()
        )
    }
    rows = tx.session.execute(
        select(
            DoubtfulPair.record_a,
            DoubtfulPair.record_b,
            ours.firm_id,
            theirs.firm_id,
            one.name,
            other.name,
            DoubtfulPair.score,
            DoubtfulPair.verdict,
            DoubtfulPair.found_at,
        )
        .join(ours, ours.source_record_id == DoubtfulPair.record_a)
        .join(theirs, theirs.source_record_id == DoubtfulPair.record_b)
        .join(one, one.id == ours.firm_id)
        .join(other, other.id == theirs.firm_id)
        .where(ours.firm_id != theirs.firm_id)
        .order_by(DoubtfulPair.score.desc(), DoubtfulPair.record_a, DoubtfulPair.record_b)
    )
    lines: dict[frozenset[int], PairLine] = {}
    for row in rows:
        firms = frozenset((row[2], row[3]))
        if firms not in settled and firms not in lines:
            lines[firms] = PairLine(*row)
    return list(lines.values())


def find_pair(tx: Transaction, record_a: int, record_b: int) -> PairView | None:
    """Return a pair that waits, by the ids of its records; None where it waits no more."""
    pair = tx.session.get(DoubtfulPair, (record_a, record_b))
    if pair is None:
        return None
    found = {
        record.id: (record, source, firm)
        for record, source, firm in tx.session.execute(
            select(SourceRecord, Source, Firm)
            .join(Source, Source.id == SourceRecord.source_id)
            .join(FirmMember, FirmMember.source_record_id == SourceRecord.id)
            .join(Firm, Firm.id == FirmMember.firm_id)
            .where(SourceRecord.id.in_([record_a, record_b]))
        )
    }
    if len(found) < 2 or found[record_a][2] is found[record_b][2]:
        return None
    firms = [found[record][2] for record in (record_a, record_b)]
    sizes = (
        select(FirmMember.firm_id, func.count())
        .where(FirmMember.firm_id.in_([firm.id for firm in firms]))
        .group_by(FirmMember.firm_id)
    )
    counts = dict(tx.session.execute(sizes).all())
    one, other = (
        Side(
            firm_id=firm.id,
            name=firm.name,
            source=source.title or source.name,
            record_id=record.record_id,
            url=record.url,
            seen_at=record.last_seen_at,
            sightings=counts[firm.id],
            tags=tuple(firm.tags or ()),
        )
        for record, source, firm in (found[record_a], found[record_b])
    )
    line = PairLine(
        record_a, record_b, one.firm_id, other.firm_id, one.name, other.name,
        pair.score, pair.verdict, pair.found_at,
    )  # fmt: skip
    stated = [_stated(found[record][0].facts) for record in (record_a, record_b)]
    return PairView(line, (one, other), _compare(stated[0], stated[1], pair.evidence))


def _compare(
    ours: dict[str, list[str]], theirs: dict[str, list[str]], evidence: list[Any]
) -> tuple[CompareRow, ...]:
    said = {entry["field"]: entry for entry in evidence}
    rows = []
    for about, title, field in _ROWS:
        entry = said.get(about, {})
        a, b = tuple(ours.get(field, ())), tuple(theirs.get(field, ()))
        if a or b or entry.get("points"):
            rows.append(
                CompareRow(title, a, b, entry.get("points"), _reason(entry, bool(a), bool(b)))
            )
    return tuple(rows)


def _reason(entry: dict[str, Any], a: bool, b: bool) -> str:
    if entry.get("reason"):
        return str(entry["reason"])
    if entry.get("points"):
        return "agrees" if entry["points"] > 0 else "differs"
    return "" if a and b else "only one of them states it"


def _stated(facts: list[Any]) -> dict[str, list[str]]:
    """Return by field what a sighting states, each text once; what was only inferred is marked."""
    stated: dict[str, dict[str, None]] = {}
    for fact in facts:
        text = show_value(fact.get("value"))
        shown = f"{text} (inferred)" if fact.get("inferred") else text
        if text:
            stated.setdefault(str(fact.get("field")), {})[shown] = None
    return {field: list(texts) for field, texts in stated.items()}
