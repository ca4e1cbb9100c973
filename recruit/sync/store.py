"""The queries of the CRM conversation: what is to be told of a firm, and which twin it has."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, or_, select

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.tables import Contact, Firm, FirmChange
from recruit.onboarding.tables import Candidate, Partner
from recruit.scoring.tables import Profile, ProfileVersion, Score
from recruit.sequences.tables import Enrollment, Reply, Touch
from recruit.sequences.tables import Sequence as OutreachSequence
from recruit.sequences.values import InboundKind, StepKind, TouchStatus
from recruit.sync.tables import CrmFact, CrmLink

# An out-of-office answer says nothing about the firm, and our own mail is no answer at all.
_TOLD_REPLIES = (
    InboundKind.HUMAN,
    InboundKind.UNSUBSCRIBE,
    InboundKind.BOUNCE,
    InboundKind.COMPLAINT,
)


def find_firm(tx: Transaction, firm_id: int) -> Firm | None:
    """Return a firm, merged ones too."""
    return tx.session.get(Firm, firm_id)


def find_family(tx: Transaction, firm_id: int) -> tuple[int, ...]:
    """Return the ids that a firm has had through merges, the surviving one first; none if unknown.

    What happened to a firm that was merged since has happened to the one that stays.
    """
    return list_families(tx, [firm_id]).get(firm_id, ())


def list_edits(tx: Transaction, family: Collection[int]) -> dict[str, datetime]:
    """Return when each fact of a firm changed last, by our field names."""
    edits: dict[str, datetime] = {}
    changes = tx.session.execute(
        select(FirmChange.at, FirmChange.detail)
        .where(FirmChange.firm_id.in_(family))
        .order_by(FirmChange.at, FirmChange.id)
    )
    for at, detail in changes:
        edits |= dict.fromkeys(detail.get("fields", {}), at)
    founded = [edits[name] for name in ("founded_low", "founded_high") if name in edits]
    return edits | ({"founded": max(founded)} if founded else {})


def list_contacts(tx: Transaction, family: Collection[int]) -> Sequence[Contact]:
    """Return the firm's contacts in the order in which they were found."""
    return tx.session.scalars(
        select(Contact).where(Contact.firm_id.in_(family)).order_by(Contact.id)
    ).all()


def list_enrollments(tx: Transaction, family: Collection[int]) -> list[tuple[Enrollment, str]]:
    """Return the firm's enrollments with their sequence's title, the newest last."""
    rows = tx.session.execute(
        select(Enrollment, OutreachSequence.title)
        .join(OutreachSequence, OutreachSequence.id == Enrollment.sequence_id)
        .where(Enrollment.firm_id.in_(family))
        .order_by(Enrollment.enrolled_at, Enrollment.id)
    )
    return [(enrollment, title) for enrollment, title in rows]


def list_touches(tx: Transaction, family: Collection[int]) -> Sequence[Touch]:
    """Return the e-mails that went to a firm and the tasks that were done for it, the newest last."""
    return tx.session.scalars(
        select(Touch)
        .where(
            Touch.firm_id.in_(family),
            or_(
                and_(Touch.kind == StepKind.EMAIL, Touch.status == TouchStatus.SENT),
                and_(Touch.kind == StepKind.TASK, Touch.status == TouchStatus.DONE),
            ),
        )
        .order_by(Touch.settled_at, Touch.id)
    ).all()


def list_replies(tx: Transaction, family: Collection[int]) -> Sequence[Reply]:
    """Return what came back from a firm, without automatic answers, the newest last."""
    return tx.session.scalars(
        select(Reply)
        .where(Reply.firm_id.in_(family), Reply.kind.in_(_TOLD_REPLIES))
        .order_by(Reply.received_at, Reply.id)
    ).all()


def find_candidate(tx: Transaction, family: Collection[int]) -> Candidate | None:
    """Return the firm as a candidate; of several that were merged, the one that was decided last."""
    return tx.session.scalar(
        select(Candidate)
        .where(Candidate.firm_id.in_(family))
        .order_by(Candidate.decided_at.desc().nulls_last(), Candidate.id)
        .limit(1)
    )


def find_partner(tx: Transaction, family: Collection[int]) -> Partner | None:
    """Return the firm as a partner; of several that were merged, one that has not left."""
    return tx.session.scalar(
        select(Partner)
        .where(Partner.firm_id.in_(family))
        .order_by(Partner.left_at.desc().nulls_first(), Partner.id)
        .limit(1)
    )


def find_score(
    tx: Transaction, firm_id: int, profile_version_id: int | None
) -> tuple[Score, Profile] | None:
    """Return the firm's newest score: by the profile that it was enrolled with, or else by any."""
    enrolled_with = (
        select(ProfileVersion.profile_id)
        .where(ProfileVersion.id == profile_version_id)
        .scalar_subquery()
    )
    row = tx.session.execute(
        select(Score, Profile)
        .join(ProfileVersion, ProfileVersion.id == Score.profile_version_id)
        .join(Profile, Profile.id == ProfileVersion.profile_id)
        .where(Score.firm_id == firm_id)
        .order_by(
            (Profile.id == enrolled_with).desc().nulls_last(),
            Score.scored_at.desc(),
            Score.profile_version_id.desc(),
        )
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def find_facts(tx: Transaction, firm_id: int) -> CrmFact | None:
    """Return what was taken from the CRM about a firm."""
    return tx.session.get(CrmFact, firm_id)


def list_links(
    tx: Transaction, keys: Iterable[tuple[str, int]], *, lock: bool = False
) -> dict[tuple[str, int], CrmLink]:
    """Return the links of these records of ours, by (object type, id).

    `lock` keeps them from others until the transaction ends; all who lock do it in order of id.
    """
    by_type: dict[str, list[int]] = {}
    for object_type, object_id in keys:
        by_type.setdefault(object_type, []).append(object_id)
    if not by_type:
        return {}
    query = (
        select(CrmLink)
        .where(
            or_(
                *(
                    and_(CrmLink.object_type == object_type, CrmLink.object_id.in_(ids))
                    for object_type, ids in by_type.items()
                )
            )
        )
        .order_by(CrmLink.id)
    )
    links = tx.session.scalars(query.with_for_update() if lock else query)
    return {(link.object_type, link.object_id): link for link in links}


def list_links_of_crm_ids(
    tx: Transaction, crm_object: str, crm_ids: Iterable[str]
) -> dict[str, CrmLink]:
    """Return the links of these records of the CRM, by the CRM's id, and lock them."""
    links = tx.session.scalars(
        select(CrmLink)
        .where(CrmLink.crm_object == crm_object, CrmLink.crm_id.in_(list(crm_ids)))
        .order_by(CrmLink.id)
        .with_for_update()
    )
    return {link.crm_id: link for link in links}


def find_firm_of(tx: Transaction, object_type: str, object_id: int) -> int | None:
    """Return the firm, after merges, that one of our records belongs to."""
    firm_id: int | None = object_id
    for kind, table in (("contact", Contact), ("touch", Touch), ("reply", Reply)):
        if object_type == kind:
            firm_id = tx.session.scalar(select(table.firm_id).where(table.id == object_id))
    family = find_family(tx, firm_id) if firm_id is not None else ()
    return family[0] if family else None


def list_concerned_firms(tx: Transaction, after_id: int, limit: int) -> Sequence[int]:
    """Return the ids of firms that the CRM may have to know: enrolled, candidates, partners, linked."""
    return tx.session.scalars(
        select(Firm.id)
        .where(Firm.id.in_(_concerned()), Firm.id > after_id, Firm.merged_into_id.is_(None))
        .order_by(Firm.id)
        .limit(limit)
    ).all()


def list_strangers(tx: Transaction, firm_ids: Collection[int]) -> frozenset[int]:
    """Return those of the firms that no inclusion rule lets into the CRM: nothing has happened yet."""
    return frozenset(
        tx.session.scalars(
            select(Firm.id).where(
                Firm.id.in_(firm_ids), Firm.merged_into_id.is_(None), Firm.id.not_in(_concerned())
            )
        )
    )


def _concerned() -> Select[tuple[int]]:
    firm_ids = (
        select(Enrollment.firm_id)
        .union(
            select(Candidate.firm_id),
            select(Partner.firm_id),
            select(Reply.firm_id).where(Reply.firm_id.is_not(None)),
            select(CrmLink.object_id).where(CrmLink.object_type == "firm"),
            # A merged firm's history is that of the one that stays.
            select(Firm.merged_into_id).where(Firm.merged_into_id.is_not(None)),
        )
        .subquery()
    )
    return select(firm_ids.c[0])


def list_firms_with_open_rows(tx: Transaction, firm_ids: Iterable[int]) -> frozenset[int]:
    """Return those of the firms that have outbox rows which are not acknowledged."""
    return frozenset(
        tx.session.scalars(
            select(OutboxEntry.object_id).where(
                OutboxEntry.object_type == "firm",
                OutboxEntry.object_id.in_(list(firm_ids)),
                OutboxEntry.status != OutboxStatus.ACKNOWLEDGED,
            )
        )
    )


def find_dead_letter(tx: Transaction, entry_id: int) -> OutboxEntry | None:
    """Return a dead letter, and keep it from others until the transaction ends."""
    return tx.session.scalar(
        select(OutboxEntry)
        .where(OutboxEntry.id == entry_id, OutboxEntry.status == OutboxStatus.DEAD)
        .with_for_update()
    )


def list_dead_letters_of(
    tx: Transaction, error_class: str, *, firm_id: int | None = None
) -> list[OutboxEntry]:
    """Return the dead letters of one kind of refusal, of one firm where it is named; lock them."""
    query = select(OutboxEntry).where(
        OutboxEntry.status == OutboxStatus.DEAD, OutboxEntry.error_class == error_class
    )
    if firm_id is not None:
        query = query.where(OutboxEntry.object_type == "firm", OutboxEntry.object_id == firm_id)
    return list(tx.session.scalars(query.order_by(OutboxEntry.id).with_for_update()))
