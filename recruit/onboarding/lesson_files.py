"""Files that lessons and resources hand out: read beside what names them, checked, kept by what is in them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path

from recruit.db.transaction import Transaction
from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.resource import ResourceDefinition
from recruit.onboarding.training_tables import LessonFile
from recruit.onboarding.uploads import CheckedFile, UploadRefused, check_upload


def read_lesson_files(
    folder: Path | Traversable, course: CourseDefinition, *, file: str
) -> tuple[CourseDefinition, tuple[CheckedFile, ...]]:
    """Return a course whose lessons know what their files hold, and the files; raises `ContentError`."""
    lessons, found = [], []
    for number, lesson in enumerate(course.lessons, start=1):
        if not lesson.file:
            lessons.append(lesson)
            continue
        try:
            checked = check_upload(lesson.file, (folder / lesson.file).read_bytes())
        except (OSError, UploadRefused) as error:
            raise ContentError(f"{file}: lessons.{number}.file: {lesson.file}: {error}") from None
        found.append(checked)
        digest = hashlib.sha256(checked.content).hexdigest()
        lessons.append(replace(lesson, file_sha256=digest))
    return replace(course, lessons=tuple(lessons)), tuple(found)


def read_resource_files(
    folder: Path | Traversable, resources: Sequence[ResourceDefinition], *, file: str
) -> tuple[tuple[ResourceDefinition, ...], tuple[CheckedFile, ...]]:
    """Return resources that know what their files hold, and the files; raises `ContentError`."""
    known, found = [], []
    for number, resource in enumerate(resources, start=1):
        if not resource.file:
            known.append(resource)
            continue
        try:
            checked = check_upload(resource.file, (folder / resource.file).read_bytes())
        except (OSError, UploadRefused) as error:
            place = f"{file}: resources.{number}.file: {resource.file}"
            raise ContentError(f"{place}: {error}") from None
        found.append(checked)
        digest = hashlib.sha256(checked.content).hexdigest()
        known.append(replace(resource, file_sha256=digest))
    return tuple(known), tuple(found)


def keep_lesson_files(tx: Transaction, files: Sequence[CheckedFile]) -> None:
    """Keep files; one that is there already stays."""
    for file in files:
        digest = hashlib.sha256(file.content).hexdigest()
        if tx.session.get(LessonFile, digest) is None:
            tx.session.add(
                LessonFile(
                    sha256=digest,
                    content_type=file.content_type,
                    content=file.content,
                    added_at=tx.now,
                )
            )
    tx.session.flush()
