"""Publishing agreements, courses, tracks and resources: same content, same version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.onboarding import published
from recruit.onboarding.agreements import ask_to_accept
from recruit.onboarding.course import CourseDefinition, parse_course
from recruit.onboarding.definitions import ContentError, definition_json, near
from recruit.onboarding.tables import AgreementVersion, Course, Track
from recruit.onboarding.terms import Commitment, commitments_json, hash_terms
from recruit.onboarding.track import TrackDefinition, parse_track
from recruit.onboarding.values import TrackStepKind


def _hash(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def publish_agreement(
    tx: Transaction,
    *,
    name: str,
    title: str,
    text: str,
    commitments: Sequence[Commitment] = (),
    grace_days: int | None = None,
) -> AgreementVersion:
    """Publish a text to sign, and what it commits to; the same of both is the same version.

    With `grace_days` everybody who has accepted an earlier version is asked to accept this one within
    as many days; without, they stay with what they accepted.
    """
    if not text.strip():
        raise ContentError(f"agreement {name}: The text is empty. Write what is agreed.")
    rows = commitments_json(commitments)
    digest = hash_terms(text, rows)
    newest = published.find_agreement(tx, name)
    if newest is not None and newest.sha256 == digest:
        newest.title = title
        return newest
    version = AgreementVersion(
        name=name,
        number=1 if newest is None else newest.number + 1,
        title=title,
        text=text,
        sha256=digest,
        published_at=tx.now,
        commitments=rows,
        accept_by=tx.now + timedelta(days=grace_days) if newest and grace_days else None,
    )
    tx.session.add(version)
    tx.session.flush()
    record(tx, Deed.AGREEMENT_PUBLISHED, "agreement", name, number=version.number, sha256=digest)
    ask_to_accept(tx, version)
    return version


def publish_course(
    tx: Transaction, *, definition: Mapping[str, Any] | CourseDefinition, file: str = "course"
) -> Course:
    """Publish a course; raises `ContentError` where it cannot be used."""
    if not isinstance(definition, CourseDefinition):
        definition = parse_course(definition, file=file)
    data = definition_json(definition)
    digest = _hash(data)
    newest = published.find_course(tx, definition.key)
    # Compared as it is read: what a later release adds to a course makes no new version of it.
    if newest is not None and parse_course(newest.definition) == definition:
        return newest
    course = Course(
        key=definition.key,
        number=1 if newest is None else newest.number + 1,
        title=definition.title,
        definition=data,
        definition_hash=digest,
        published_at=tx.now,
    )
    tx.session.add(course)
    tx.session.flush()
    return course


def publish_track(
    tx: Transaction, *, definition: Mapping[str, Any] | TrackDefinition, file: str = "track"
) -> Track:
    """Publish a track; raises `ContentError` where it cannot be used or names what is not published."""
    if not isinstance(definition, TrackDefinition):
        definition = parse_track(definition, file=file)
    for step in definition.steps:
        if step.agreement and published.find_agreement(tx, step.agreement) is None:
            raise ContentError(
                f"{file}: steps.{step.key}: The agreement {step.agreement!r} is not published. "
                "Publish it first."
            )
        if step.course:
            certifies = step.kind is TrackStepKind.CERTIFICATION
            _demand_course(tx, step.course, f"{file}: steps.{step.key}", certifies=certifies)
    for level in definition.levels:
        for course in level.needs:
            _demand_course(tx, course, f"{file}: levels.{level.key}", certifies=True)
    for path in definition.paths:
        for course in path.courses:
            _demand_course(tx, course, f"{file}: paths.{path.key}")
    data = definition_json(definition)
    digest = _hash(data)
    newest = published.find_track(tx, definition.name)
    if newest is not None and parse_track(newest.definition) == definition:
        return newest
    track = Track(
        name=definition.name,
        number=1 if newest is None else newest.number + 1,
        title=definition.title,
        definition=data,
        definition_hash=digest,
        published_at=tx.now,
    )
    tx.session.add(track)
    tx.session.flush()
    record(tx, Deed.TRACK_PUBLISHED, "track", track.name, number=track.number, sha256=digest)
    return track


def _demand_course(tx: Transaction, key: str, place: str, *, certifies: bool = False) -> None:
    course = published.find_course(tx, key)
    if course is None:
        known = [course.key for course in published.list_courses(tx)]
        raise ContentError(f"{place}: The course {key!r} is not published. {near(key, known)}")
    if certifies and not parse_course(course.definition).certifies:
        raise ContentError(
            f"{place}: The course {key!r} awards no certificate. Give it validity_months."
        )
