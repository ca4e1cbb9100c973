"""SCORM packages with their files, and how far a person has come in one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from recruit.db.base import Base, Id, status_type
from recruit.onboarding.scorm_manifest import ScormVersion
from recruit.people.tables import Person


class LessonPackage(Base):
    """A package, by the SHA-256 of its ZIP; `scos` are `scorm_manifest.Sco`s as JSON."""

    __tablename__ = "lesson_package"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[ScormVersion] = mapped_column(status_type(ScormVersion))
    title: Mapped[str] = mapped_column(String(200))
    scos: Mapped[list[Any]]
    added_at: Mapped[datetime]


class LessonPackageFile(Base):
    """A file of a package, as it is served."""

    __tablename__ = "lesson_package_file"

    package_sha256: Mapped[str] = mapped_column(ForeignKey(LessonPackage.sha256), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class PackageProgress(Base):
    """What a package last said of a person's work in a lesson, in its own words.

    `ended`: it was left for good. With another package under the lesson it begins anew.
    """

    __tablename__ = "package_progress"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    course_key: Mapped[str] = mapped_column(String(100))
    lesson_key: Mapped[str] = mapped_column(String(100))
    package_sha256: Mapped[str] = mapped_column(ForeignKey(LessonPackage.sha256))
    cmi: Mapped[dict[str, Any]]
    ended: Mapped[bool]
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("person_id", "course_key", "lesson_key"),)
