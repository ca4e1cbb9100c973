"""A lesson's SCORM package as somebody opens it: decided anew for each of its files."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere, evidence_of, member_of
from recruit.onboarding.course import Lesson
from recruit.onboarding.evidence import Evidence, Member
from recruit.onboarding.gates import demand
from recruit.onboarding.package_tables import LessonPackage, LessonPackageFile
from recruit.onboarding.packages import find_progress, find_sco
from recruit.onboarding.scorm_archive import PackedFile
from recruit.onboarding.scorm_manifest import Sco, ScormVersion
from recruit.onboarding.scorm_runtime import data_to_open_with
from recruit.onboarding.values import Action
from recruit.people.tables import LoginSession


@dataclass(frozen=True)
class Learner:
    """Who works through a package, and for which partner."""

    person_id: int
    name: str
    partner_id: int


@dataclass(frozen=True)
class OpenedPackage:
    """A package with the part that a lesson opens, and the data that it is opened with."""

    title: str
    version: ScormVersion
    sco: Sco
    cmi: dict[str, Any]


def find_learner(tx: Transaction, *, session_id: int, course: str, lesson: str) -> Learner:
    """Return whose session this is, if the course is open to them now.

    Raises `NothingHere` where the session has ended or there is no such package, `GateNotMet`.
    """
    evidence, member, _ = _learner(tx, session_id, course, lesson)
    return Learner(member.person_id, member.name, evidence.partner_id)


def open_package(tx: Transaction, *, session_id: int, course: str, lesson: str) -> OpenedPackage:
    """Return what a person goes on with; raises `NothingHere` or `GateNotMet`."""
    _, member, found = _learner(tx, session_id, course, lesson)
    package = tx.session.get(LessonPackage, found.package_sha256)
    if package is None:
        raise NothingHere("This lesson's package is not kept here.")
    sco = find_sco(package, found)
    progress = find_progress(tx, person_id=member.person_id, course_key=course, lesson=found)
    cmi = data_to_open_with(
        package.version,
        progress.cmi if progress else {},
        ended=progress is not None and progress.ended,
        learner=(str(member.person_id), member.name),
        launch_data=sco.launch_data,
        mastery_score=sco.mastery_score,
    )
    return OpenedPackage(found.title, package.version, sco, cmi)


def find_package_file(
    tx: Transaction, *, session_id: int, course: str, lesson: str, path: str
) -> PackedFile:
    """Return a file of a package; raises `NothingHere` or `GateNotMet`."""
    _, _, found = _learner(tx, session_id, course, lesson)
    file = tx.session.scalar(
        select(LessonPackageFile).where(
            LessonPackageFile.package_sha256 == found.package_sha256,
            LessonPackageFile.path == path,
        )
    )
    if file is None:
        raise NothingHere(f"The package has no file {path!r}.")
    return PackedFile(file.path, file.content_type, file.content)


def _learner(
    tx: Transaction, session_id: int, course_key: str, lesson_key: str
) -> tuple[Evidence, Member, Lesson]:
    person_id = tx.session.scalar(
        select(LoginSession.person_id).where(
            LoginSession.id == session_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > tx.now,
        )
    )
    if person_id is None:
        raise NothingHere("This session has ended.")
    evidence = evidence_of(tx, person_id)
    demand(Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key)
    course = evidence.courses.get(course_key)
    lesson = course.find_lesson(lesson_key) if course else None
    if lesson is None or not lesson.package:
        raise NothingHere(f"There is no package {lesson_key!r} in {course_key!r}.")
    return evidence, member_of(evidence, person_id), lesson
