"""SCORM packages in lessons: read beside the course, kept by what is in them, and what they say of a person's work."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding import published, store
from recruit.onboarding.course import CourseDefinition, Lesson
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.gates import demand
from recruit.onboarding.gathering import gather_evidence, read_course
from recruit.onboarding.package_tables import LessonPackage, LessonPackageFile, PackageProgress
from recruit.onboarding.scorm_archive import PackedFile, unpack
from recruit.onboarding.scorm_manifest import Manifest, Sco, read_manifest
from recruit.onboarding.scorm_runtime import is_attended, suspends
from recruit.onboarding.tables import LessonView
from recruit.onboarding.uploads import UploadRefused
from recruit.onboarding.values import Action

# The standards let a package keep 64,000 characters; interactions come on top.
MOST_CMI_CHARACTERS = 1_000_000


class CmiRefused(ValueError):
    """What a package wants to keep can't be kept."""


class NotAttended(Exception):
    """The package has not said yet that it was worked through."""


@dataclass(frozen=True)
class Package:
    """A package that was checked, by the SHA-256 of its ZIP."""

    sha256: str
    manifest: Manifest
    files: tuple[PackedFile, ...]


def read_package(content: bytes) -> Package:
    """Return a package that harms nobody and can be opened; raises `UploadRefused`."""
    files = unpack(content)
    manifest = read_manifest({file.path: file.content for file in files})
    return Package(hashlib.sha256(content).hexdigest(), manifest, files)


def read_lesson_packages(
    folder: Path | Traversable, course: CourseDefinition, *, file: str
) -> tuple[CourseDefinition, tuple[Package, ...]]:
    """Return a course whose lessons know their packages, and the packages; raises `ContentError`."""
    lessons: list[Lesson] = []
    found: dict[str, Package] = {}
    for number, lesson in enumerate(course.lessons, start=1):
        if not lesson.package:
            lessons.append(lesson)
            continue
        try:
            if lesson.package not in found:
                found[lesson.package] = read_package((folder / lesson.package).read_bytes())
            package = found[lesson.package]
            sco = package.manifest.choose(lesson.sco)
        except (OSError, UploadRefused) as error:
            place = f"{file}: lessons.{number}.package: {lesson.package}"
            raise ContentError(f"{place}: {error}") from None
        lessons.append(replace(lesson, package_sha256=package.sha256, sco=sco.key))
    return replace(course, lessons=tuple(lessons)), tuple(found.values())


def keep_packages(tx: Transaction, packages: Sequence[Package]) -> None:
    """Keep packages; one that is there already stays."""
    for package in packages:
        if tx.session.get(LessonPackage, package.sha256) is not None:
            continue
        manifest = package.manifest
        tx.session.add(
            LessonPackage(
                sha256=package.sha256,
                version=manifest.version,
                title=manifest.title,
                scos=[asdict(sco) for sco in manifest.scos],
                added_at=tx.now,
            )
        )
        tx.session.flush()
        tx.session.add_all(
            LessonPackageFile(
                package_sha256=package.sha256,
                path=one.path,
                content_type=one.content_type,
                content=one.content,
            )
            for one in package.files
        )
        tx.session.flush()


def find_progress(
    tx: Transaction, *, person_id: int, course_key: str, lesson: Lesson
) -> PackageProgress | None:
    """Return what the lesson's package last said of a person's work; None where it begins anew."""
    return tx.session.scalar(
        select(PackageProgress).where(
            PackageProgress.person_id == person_id,
            PackageProgress.course_key == course_key,
            PackageProgress.lesson_key == lesson.key,
            PackageProgress.package_sha256 == lesson.package_sha256,
        )
    )


def find_sco(package: LessonPackage, lesson: Lesson) -> Sco:
    """Return the part of a package that a lesson opens."""
    return next(Sco(**sco) for sco in package.scos if sco["key"] == lesson.sco)


def save_progress(
    tx: Transaction,
    *,
    person_id: int,
    course_key: str,
    lesson_key: str,
    cmi: Mapping[str, Any],
    is_last: bool = False,
) -> bool:
    """Keep what a package says, and count the lesson as read where it says so; return whether it does.

    `is_last` tells that the package was left. Attendance is all that comes of it: passing is the quiz's.
    Raises `GateNotMet`, `UnknownCourse` or `CmiRefused`.
    """
    member = store.get_member(tx, person_id, lock=True)
    evidence = gather_evidence(tx, partner_id=member.partner_id)
    demand(Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key)
    course = published.get_course(tx, course_key)
    lesson = read_course(course.definition, course.definition_hash).find_lesson(lesson_key)
    package = tx.session.get(LessonPackage, lesson.package_sha256) if lesson else None
    if lesson is None or package is None:
        raise published.UnknownCourse(f"The course {course_key!r} has no package {lesson_key!r}.")
    _check(cmi)
    row = tx.session.scalar(
        select(PackageProgress).where(
            PackageProgress.person_id == person_id,
            PackageProgress.course_key == course_key,
            PackageProgress.lesson_key == lesson_key,
        )
    )
    if row is None:
        row = PackageProgress(
            person_id=person_id, course_key=course_key, lesson_key=lesson_key, cmi={}
        )
        tx.session.add(row)
    row.package_sha256, row.cmi, row.at = package.sha256, dict(cmi), tx.now
    row.ended = is_last and not suspends(package.version, cmi)
    tx.session.flush()
    if not is_attended(package.version, cmi):
        return False
    view = LessonView(person_id=person_id, course_id=course.id, lesson_key=lesson_key, at=tx.now)
    if store.add_once(tx, view):
        tx.announce("firm", evidence.firm_id)
    return True


def _check(cmi: Mapping[str, Any]) -> None:
    text = json.dumps(cmi)
    if len(text) > MOST_CMI_CHARACTERS:
        raise CmiRefused(
            f"A package may keep {MOST_CMI_CHARACTERS:,} characters, not {len(text):,}."
        )
    if "\\u0000" in text:
        raise CmiRefused("What the package wants to keep holds an invisible character (NUL).")
