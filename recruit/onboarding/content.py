"""Reads a folder of onboarding content: agreement, courses, track and resources, as a program owner keeps them."""

import tomllib
from dataclasses import dataclass, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from recruit.db.transaction import Transaction
from recruit.onboarding.course import CourseDefinition, parse_course
from recruit.onboarding.definitions import ContentError
from recruit.onboarding.publishing import (
    publish_agreement,
    publish_course,
    publish_resource,
    publish_track,
)
from recruit.onboarding.resource import ResourceDefinition, parse_resources
from recruit.onboarding.track import TrackDefinition, parse_track


@dataclass(frozen=True)
class Content:
    """What a folder holds: `agreement.md`, `course-*.toml`, `track.toml` and `resources.toml`."""

    agreement_name: str
    agreement_title: str
    agreement: str
    courses: tuple[CourseDefinition, ...]
    track: TrackDefinition
    resources: tuple[ResourceDefinition, ...]


def read_content(folder: Path | Traversable) -> Content:
    """Read a folder of content; raises `ContentError` naming the file and the remedy."""
    track = parse_track(_toml(folder, "track.toml"), file="track.toml")
    names = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name.startswith("course-") and entry.name.endswith(".toml")
    )
    courses: dict[str, CourseDefinition] = {}
    for name in names:
        course = parse_course(_toml(folder, name), file=name)
        if course.key in courses:
            raise ContentError(
                f"{name}: key: Another file has a course {course.key!r} too. Rename one of them."
            )
        courses[course.key] = course
    agreement = _text(folder, "agreement.md")
    first_line = agreement.lstrip().partition("\n")[0]
    return Content(
        agreement_name=next((s.agreement for s in track.steps if s.agreement), "agreement"),
        agreement_title=first_line.lstrip("# ").strip() or "Agreement",
        agreement=agreement,
        courses=tuple(courses.values()),
        track=track,
        resources=parse_resources(_toml(folder, "resources.toml"), file="resources.toml"),
    )


def publish_content(tx: Transaction, content: Content) -> None:
    """Publish everything; what says the same as before stays the version that it was."""
    publish_agreement(
        tx,
        name=content.agreement_name,
        title=content.agreement_title,
        text=content.agreement,
    )
    for course in content.courses:
        publish_course(tx, definition=course)
    publish_track(tx, definition=content.track, file="track.toml")
    for resource in content.resources:
        publish_resource(tx, **{f.name: getattr(resource, f.name) for f in fields(resource)})


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
