"""Reads a folder of onboarding content, as a program owner keeps it: agreements, courses, track, resources, program."""

import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from recruit.db.transaction import Transaction
from recruit.onboarding.course import CourseDefinition, parse_course
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.lesson_files import (
    keep_lesson_files,
    read_lesson_files,
    read_resource_files,
)
from recruit.onboarding.library import publish_resource
from recruit.onboarding.packages import Package, keep_packages, read_lesson_packages
from recruit.onboarding.program import ProgramDefinition, parse_program
from recruit.onboarding.programs import publish_program
from recruit.onboarding.publishing import publish_agreement, publish_course, publish_track
from recruit.onboarding.resource import ResourceDefinition, parse_resources
from recruit.onboarding.track import TrackDefinition, parse_track
from recruit.onboarding.uploads import CheckedFile


@dataclass(frozen=True)
class Content:
    """What a folder holds: `agreement.md`, `course-*.toml`, `track.toml` and `resources.toml`.

    There may be a `program.toml`, and more agreements (`agreement-NAME.md`) for its types and countries.
    `agreements` are (name, title, text), the track's own first.
    """

    agreements: tuple[tuple[str, str, str], ...]
    courses: tuple[CourseDefinition, ...]
    track: TrackDefinition
    resources: tuple[ResourceDefinition, ...]
    program: ProgramDefinition | None = None
    files: tuple[CheckedFile, ...] = ()
    packages: tuple[Package, ...] = ()


def read_content(folder: Path | Traversable) -> Content:
    """Read a folder of content; raises `ContentError` naming the file and the remedy."""
    track = parse_track(_toml(folder, "track.toml"), file="track.toml")
    names = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name.startswith("course-") and entry.name.endswith(".toml")
    )
    courses: dict[str, CourseDefinition] = {}
    files: list[CheckedFile] = []
    packages: list[Package] = []
    for name in names:
        course, held = read_lesson_files(
            folder, parse_course(_toml(folder, name), file=name), file=name
        )
        files += held
        course, packed = read_lesson_packages(folder, course, file=name)
        packages += packed
        if course.key in courses:
            raise ContentError(
                f"{name}: key: Another file has a course {course.key!r} too. Rename one of them."
            )
        courses[course.key] = course
    texts = {"agreement.md": next((s.agreement for s in track.steps if s.agreement), "agreement")}
    texts |= {
        entry.name: entry.name.removeprefix("agreement-").removesuffix(".md")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.startswith("agreement-") and entry.name.endswith(".md")
    }
    resources, held = read_resource_files(
        folder,
        parse_resources(_toml(folder, "resources.toml"), file="resources.toml"),
        file="resources.toml",
    )
    files += held
    has_program = any(entry.name == "program.toml" for entry in folder.iterdir())
    return Content(
        agreements=tuple(_agreement(folder, file, name) for file, name in texts.items()),
        courses=tuple(courses.values()),
        track=track,
        resources=resources,
        program=(
            parse_program(_toml(folder, "program.toml"), file="program.toml")
            if has_program
            else None
        ),
        files=tuple(files),
        packages=tuple(packages),
    )


def _agreement(folder: Path | Traversable, file: str, name: str) -> tuple[str, str, str]:
    text = _text(folder, file)
    first_line = text.lstrip().partition("\n")[0]
    return name, first_line.lstrip("# ").strip() or "Agreement", text


def publish_content(tx: Transaction, content: Content) -> None:
    """Publish everything; what says the same as before stays the version that it was."""
    for name, title, text in content.agreements:
        rule = content.program.rule_of(name) if content.program else None
        publish_agreement(
            tx,
            name=name,
            title=title,
            text=text,
            commitments=rule.commitments if rule else (),
            grace_days=rule.grace_days if rule else None,
        )
    keep_lesson_files(tx, content.files)
    keep_packages(tx, content.packages)
    for course in content.courses:
        publish_course(tx, definition=course)
    publish_track(tx, definition=content.track, file="track.toml")
    if content.program is not None:
        publish_program(tx, definition=content.program, file="program.toml")
    for resource in content.resources:
        publish_resource(tx, definition=resource)


def _text(folder: Path | Traversable, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{name}: It cannot be read ({error}). Put the file there.") from None


def _toml(folder: Path | Traversable, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(folder, name))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{name}: This is not valid TOML: {error}.") from None
