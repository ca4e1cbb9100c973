"""Read the evidence of partners: a fixed number of queries, however many partners are asked for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, true

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.onboarding import published, store
from recruit.onboarding.course import CourseDefinition, parse_course
from recruit.onboarding.evidence import (
    AgreementChange,
    Declared,
    Evidence,
    Member,
    Signature,
)
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.gathering_steps import (
    certificates_of,
    former_people,
    paths_of,
    underway_steps,
)
from recruit.onboarding.store import NotAMember, UnknownPartner
from recruit.onboarding.tables import (
    AgreementAcceptance,
    AgreementVersion,
    Attempt,
    Course,
    LessonView,
    Partner,
    PartnerMember,
    PartnerTrack,
    StepEvidence,
    Track,
)
from recruit.onboarding.track import TrackDefinition, parse_track
from recruit.onboarding.training_tables import AttemptReview
from recruit.onboarding.values import Action, TrackStepKind
from recruit.people.tables import LoginSession, Person


def gather_evidence(tx: Transaction, *, partner_id: int) -> Evidence:
    """Return all that is known of one partner; raises `UnknownPartner`."""
    found = gather_many(tx, partner_ids=[partner_id])
    if partner_id not in found:
        raise UnknownPartner(f"There is no partner {partner_id}.")
    return found[partner_id]


def gather_evidence_of_person(tx: Transaction, *, person_id: int) -> Evidence:
    """Return all that is known of the partner that a person belongs to; raises `NotAMember`."""
    return gather_evidence(tx, partner_id=store.get_member(tx, person_id).partner_id)


def check_gate(
    tx: Transaction, *, person_id: int, action: Action, course: str | None = None
) -> Decision:
    """Decide whether an action is open to a person now."""
    try:
        evidence = gather_evidence_of_person(tx, person_id=person_id)
    except NotAMember:
        return Decision(False, reason="You do not belong to a partner.")
    return decide(action, evidence, tx.now, person_id=person_id, course=course)


def gather_many(
    tx: Transaction, *, partner_ids: Collection[int] | None = None
) -> dict[int, Evidence]:
    """Return what is known of these partners, or of all where no ids are given."""

    def only(column: Any) -> Any:
        return column.in_(partner_ids) if partner_ids is not None else true()

    courses = current_courses(tx)
    members = gather_members(tx, only(PartnerMember.partner_id) & PartnerMember.left_at.is_(None))
    underway, former = underway_steps(tx, only), former_people(tx, only)
    changes = _changes(tx)
    signatures: dict[int, dict[str, Signature]] = defaultdict(dict)
    accepted_all: dict[int, dict[str, tuple[Signature, ...]]] = defaultdict(dict)
    for row in tx.session.execute(
        select(AgreementAcceptance, AgreementVersion.name, AgreementVersion.number)
        .join(AgreementVersion, AgreementVersion.id == AgreementAcceptance.agreement_version_id)
        .where(only(AgreementAcceptance.partner_id))
        .order_by(AgreementAcceptance.accepted_at, AgreementAcceptance.id)
    ):
        accepted, name, number = row
        signature = Signature(
            name, number, accepted.person_id, accepted.typed_name, accepted.accepted_at
        )
        signatures[accepted.partner_id].setdefault(name, signature)
        of_partner = accepted_all[accepted.partner_id]
        of_partner[name] = (*of_partner.get(name, ()), signature)
    declared: dict[int, dict[str, Declared]] = defaultdict(dict)
    for step in tx.session.scalars(select(StepEvidence).where(only(StepEvidence.partner_id))):
        declared[step.partner_id][step.step_key] = Declared(
            step.step_key, step.waived, step.note, step.actor, step.at
        )
    rows = tx.session.execute(
        select(Partner, Firm.name, Track.definition_hash)
        .join(Firm, Firm.id == Partner.firm_id)
        .join(PartnerTrack, PartnerTrack.partner_id == Partner.id)
        .join(Track, Track.id == PartnerTrack.track_id)
        .where(only(Partner.id))
        .order_by(Partner.id)
    ).all()
    tracks = _tracks_of(tx, {(digest, partner.agreement) for partner, _, digest in rows})
    found = {}
    for partner, firm_name, digest in rows:
        found[partner.id] = Evidence(
            partner_id=partner.id,
            firm_id=partner.firm_id,
            company_name=partner.company.get("name") or firm_name,
            accepted_at=partner.accepted_at,
            left_at=partner.left_at,
            track=tracks[digest, partner.agreement],
            courses=courses,
            members=tuple(members.get(partner.id, ())),
            signatures=signatures.get(partner.id, {}),
            accepted=accepted_all.get(partner.id, {}),
            changes=changes,
            declared=declared.get(partner.id, {}),
            underway=underway.get(partner.id, {}),
            former=tuple(former.get(partner.id, ())),
        )
    return found


def _changes(tx: Transaction) -> dict[str, tuple[AgreementChange, ...]]:
    changes: dict[str, tuple[AgreementChange, ...]] = {}
    rows = tx.session.execute(
        select(
            AgreementVersion.name,
            AgreementVersion.number,
            AgreementVersion.published_at,
            AgreementVersion.accept_by,
        )
        .where(AgreementVersion.accept_by.is_not(None))
        .order_by(AgreementVersion.name, AgreementVersion.number)
    )
    for name, number, published_at, accept_by in rows:
        if accept_by is not None:
            change = AgreementChange(number, published_at, accept_by)
            changes[name] = (*changes.get(name, ()), change)
    return changes


def gather_members(tx: Transaction, active: Any) -> dict[int, list[Member]]:
    """Return the people whose place at a partner meets a condition, by partner."""
    people = select(PartnerMember.person_id).where(active)
    lessons: dict[int, dict[tuple[str, str], datetime]] = defaultdict(dict)
    for person_id, course_key, lesson_key, at in tx.session.execute(
        select(LessonView.person_id, Course.key, LessonView.lesson_key, func.min(LessonView.at))
        .join(Course, Course.id == LessonView.course_id)
        .where(LessonView.person_id.in_(people))
        .group_by(LessonView.person_id, Course.key, LessonView.lesson_key)
    ):
        lessons[person_id][course_key, lesson_key] = at
    passed: dict[int, dict[str, datetime]] = defaultdict(dict)
    for person_id, course_key, at in tx.session.execute(
        select(Attempt.person_id, Course.key, func.min(func.coalesce(AttemptReview.at, Attempt.at)))
        .join(Course, Course.id == Attempt.course_id)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(Attempt.passed | AttemptReview.passed, Attempt.person_id.in_(people))
        .group_by(Attempt.person_id, Course.key)
    ):
        passed[person_id][course_key] = at
    certificates, paths = certificates_of(tx, people), paths_of(tx, people)
    members: dict[int, list[Member]] = defaultdict(list)
    first_seen = (
        select(LoginSession.person_id, func.min(LoginSession.created_at).label("at"))
        .group_by(LoginSession.person_id)
        .where(LoginSession.person_id.in_(people))
        .subquery()
    )
    for row in tx.session.execute(
        select(PartnerMember, Person, first_seen.c.at)
        .join(Person, Person.id == PartnerMember.person_id)
        .join(first_seen, first_seen.c.person_id == PartnerMember.person_id, isouter=True)
        .where(active)
        .order_by(PartnerMember.id)
    ):
        member, person, seen = row
        members[member.partner_id].append(
            Member(
                person_id=person.id,
                name=person.name,
                email=person.email,
                role=member.role,
                joined_at=member.joined_at,
                signed_in_at=seen,
                lessons=lessons.get(person.id, {}),
                passed=passed.get(person.id, {}),
                certificates=tuple(certificates.get(person.id, ())),
                path=paths.get(person.id, ""),
            )
        )
    return members


# Versions are immutable and few, and partners many: each is read once a process.
_tracks: dict[tuple[str, str], TrackDefinition] = {}
_courses: dict[str, CourseDefinition] = {}


def read_track(
    definition: dict[str, Any], definition_hash: str, agreement: str = ""
) -> TrackDefinition:
    """Return a stored track version; `agreement` is the one that its step asks this partner to sign."""
    key = (definition_hash, agreement)
    if key not in _tracks:
        track = parse_track(definition, file="stored track")
        if agreement:
            steps = tuple(
                replace(step, agreement=agreement) if step.kind is TrackStepKind.AGREEMENT else step
                for step in track.steps
            )
            track = replace(track, steps=steps)
        _tracks[key] = track
    return _tracks[key]


def _tracks_of(
    tx: Transaction, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], TrackDefinition]:
    # What a version says is read from the database once a process, and not once a page.
    unknown = {digest for digest, agreement in wanted if (digest, agreement) not in _tracks}
    said = _definitions(tx, Track, unknown)
    return {
        (digest, agreement): _tracks.get((digest, agreement))
        or read_track(said[digest], digest, agreement)
        for digest, agreement in wanted
    }


def current_courses(tx: Transaction) -> dict[str, CourseDefinition]:
    """Return the newest version of each course, by key."""
    newest = published.list_course_hashes(tx)
    said = _definitions(tx, Course, {digest for _, digest in newest if digest not in _courses})
    return {
        key: _courses.get(digest) or read_course(said[digest], digest) for key, digest in newest
    }


def _definitions(
    tx: Transaction, table: type[Course] | type[Track], hashes: Collection[str]
) -> dict[str, dict[str, Any]]:
    if not hashes:
        return {}
    rows = tx.session.execute(
        select(table.definition_hash, table.definition).where(table.definition_hash.in_(hashes))
    )
    return {row.definition_hash: row.definition for row in rows}


def read_course(definition: dict[str, Any], definition_hash: str) -> CourseDefinition:
    """Return a stored course version."""
    if definition_hash not in _courses:
        _courses[definition_hash] = parse_course(definition, file="stored course")
    return _courses[definition_hash]
