"""The numbers: how many firms reach each stage, and for every number its formula and its rows."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, literal_column, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm, FirmMember
from recruit.insights.funnel_stages import STAGES
from recruit.insights.profiles import ProfileLine, find_current_profile
from recruit.onboarding.tables import Award, Partner
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.values import ExitReason, InboundKind, Mood, StepKind, TouchStatus
from recruit.sourcing.tables import SourceRecord


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel. `of_previous` is its share of the stage before, None for the first."""

    key: str
    title: str
    count: int
    of_previous: float | None
    sentence: str
    formula: str


@dataclass(frozen=True)
class Measure:
    """One number beside the funnel, with its unit, its sentence and its formula."""

    key: str
    title: str
    value: str
    sentence: str
    formula: str


@dataclass(frozen=True)
class StageRow:
    """A firm that a number counts, and when it got there."""

    firm_id: int
    name: str
    country: str | None
    at: datetime | None


@dataclass(frozen=True)
class CountryLine:
    """What outreach brought in one country."""

    country: str
    enrolled: int
    replied: int
    positive: int
    partners: int


@dataclass(frozen=True)
class Numbers:
    """The page."""

    profile: ProfileLine | None
    stages: tuple[Stage, ...]
    measures: tuple[Measure, ...]
    exits: tuple[tuple[ExitReason, int], ...]
    moods: tuple[tuple[Mood, int], ...]
    countries: tuple[CountryLine, ...]


def read_numbers(tx: Transaction) -> Numbers:
    """Return the page; the number of queries is the same whatever stands in the database."""
    profile = find_current_profile(tx)
    version_id = profile.version_id if profile else 0
    counts = tx.session.execute(
        select(
            *(
                select(func.count())
                .select_from(definition.rows(version_id).subquery())
                .scalar_subquery()
                .label(key)
                for key, definition in STAGES.items()
            )
        )
    ).one()
    stages = []
    before: int | None = None
    for key, definition in STAGES.items():
        count = getattr(counts, key)
        stages.append(
            Stage(
                key=key,
                title=definition.title,
                count=count,
                of_previous=count / before if before else None,
                sentence=definition.sentence,
                formula=definition.formula,
            )
        )
        before = count
    return Numbers(
        profile=profile,
        stages=tuple(stages),
        measures=_measures(tx),
        exits=_exits(tx),
        moods=_moods(tx),
        countries=_countries(tx),
    )


def find_stage_rows(
    tx: Transaction, key: str, *, limit: int = 500
) -> tuple[Stage, list[StageRow]] | None:
    """Return the firms behind a stage's number, newest first; None for an unknown stage."""
    definition = STAGES.get(key)
    if definition is None:
        return None
    profile = find_current_profile(tx)
    rows = definition.rows(profile.version_id if profile else 0).subquery()
    found = tx.session.execute(
        select(Firm.id, Firm.name, Firm.country, rows.c.at, func.count().over().label("total"))
        .join(rows, rows.c.firm_id == Firm.id)
        .order_by(rows.c.at.desc(), Firm.id)
        .limit(limit)
    ).all()
    total = found[0].total if found else 0
    stage = Stage(key, definition.title, total, None, definition.sentence, definition.formula)
    return stage, [StageRow(r.id, r.name, r.country, r.at) for r in found]


def _measures(tx: Transaction) -> tuple[Measure, ...]:
    counted = tx.session.execute(
        select(
            select(func.count(SourceRecord.id)).scalar_subquery().label("sightings"),
            select(func.count(FirmMember.source_record_id)).scalar_subquery().label("members"),
            select(func.count(func.distinct(FirmMember.firm_id)))
            .scalar_subquery()
            .label("member_firms"),
            select(func.count(Touch.id))
            .where(Touch.kind == StepKind.EMAIL, Touch.status == TouchStatus.SENT)
            .scalar_subquery()
            .label("mails"),
            select(func.count(Touch.id))
            .where(Touch.status == TouchStatus.UNKNOWN)
            .scalar_subquery()
            .label("unknown"),
        )
    ).one()
    times = tx.session.execute(
        select(Partner.accepted_at, func.min(Award.awarded_at).label("at"))
        .join(Award, Award.partner_id == Partner.id)
        .group_by(Partner.id, Partner.accepted_at)
    ).all()
    days = [(row.at - row.accepted_at).total_seconds() / 86400 for row in times]
    doubles = counted.members - counted.member_firms
    return (
        Measure(
            "sightings", "Sightings", f"{counted.sightings:,}",
            f"were read; {doubles:,} of them turned out to be a firm that was known already.",
            "source records; doubles = sightings placed − firms that they were placed in",
        ),
        Measure(
            "mails", "Mails sent", f"{counted.mails:,}",
            "were taken by the mail server; " + (f"of {counted.unknown:,} nobody knows whether they arrived." if counted.unknown else "none is in doubt."),
            "e-mail touches in the status “sent”; unknown = touches in the status “unknown”",
        ),
        Measure(
            "time-to-certified", "Acceptance to certified",
            f"{median(days):.1f} days" if days else "–",
            f"is the median of {len(days)} certified partners." if days else "No partner is certified yet.",
            "median over partners of first award − acceptance",
        ),
    )  # fmt: skip


def _exits(tx: Transaction) -> tuple[tuple[ExitReason, int], ...]:
    rows = tx.session.execute(
        select(Enrollment.exit_reason, func.count())
        .where(Enrollment.exit_reason.is_not(None))
        .group_by(Enrollment.exit_reason)
        .order_by(func.count().desc())
    )
    return tuple((reason, count) for reason, count in rows if reason is not None)


def _moods(tx: Transaction) -> tuple[tuple[Mood, int], ...]:
    rows = tx.session.execute(
        select(Reply.mood, func.count())
        .where(Reply.kind == InboundKind.HUMAN, Reply.mood.is_not(None))
        .group_by(Reply.mood)
        .order_by(func.count().desc())
    )
    return tuple((mood, count) for mood, count in rows if mood is not None)


def _countries(tx: Transaction) -> tuple[CountryLine, ...]:
    replied = (
        select(
            Reply.firm_id,
            func.max(Reply.id).label("any"),
            func.count().filter(Reply.mood == Mood.POSITIVE).label("positive"),
        )
        .where(Reply.kind == InboundKind.HUMAN, Reply.firm_id.is_not(None))
        .group_by(Reply.firm_id)
        .subquery()
    )
    enrolled = select(Enrollment.firm_id).distinct().subquery()
    # As a literal, since PostgreSQL takes two bound parameters for two different expressions.
    country = func.coalesce(Firm.country, literal_column("'?'"))
    rows = tx.session.execute(
        select(
            country.label("country"),
            func.count(Firm.id).label("enrolled"),
            func.count(replied.c.firm_id).label("replied"),
            func.count(replied.c.firm_id).filter(replied.c.positive > 0).label("positive"),
            func.count(Partner.id).label("partners"),
        )
        .join(enrolled, enrolled.c.firm_id == Firm.id)
        .outerjoin(replied, replied.c.firm_id == Firm.id)
        .outerjoin(Partner, Partner.firm_id == Firm.id)
        .group_by(country)
        .order_by(func.count(Firm.id).desc(), country)
        .limit(12)
    ).all()
    return tuple(
        CountryLine(r.country, r.enrolled, r.replied, r.positive, r.partners) for r in rows
    )
