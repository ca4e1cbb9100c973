"""The queries of what is published: agreements, tracks, courses and resources, each in its newest version."""

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from recruit.db.transaction import Transaction
from recruit.onboarding.tables import AgreementVersion, Course, Resource, Track


class UnknownCourse(LookupError):
    """No course has this key."""


class NothingPublished(LookupError):
    """A track, agreement or course that is needed has not been published yet."""


def find_agreement(tx: Transaction, name: str) -> AgreementVersion | None:
    """Return the newest version of an agreement."""
    return tx.session.scalar(
        select(AgreementVersion)
        .where(AgreementVersion.name == name)
        .order_by(AgreementVersion.number.desc())
        .limit(1)
    )


def find_track(tx: Transaction, name: str) -> Track | None:
    """Return the newest version of a track."""
    return tx.session.scalar(
        select(Track).where(Track.name == name).order_by(Track.number.desc()).limit(1)
    )


def find_course(tx: Transaction, key: str) -> Course | None:
    """Return the newest version of a course."""
    return tx.session.scalar(
        select(Course).where(Course.key == key).order_by(Course.number.desc()).limit(1)
    )


def get_course(tx: Transaction, key: str) -> Course:
    """Return the newest version of a course; raises `UnknownCourse`."""
    course = find_course(tx, key)
    if course is None:
        raise UnknownCourse(f"There is no course {key!r}.")
    return course


def list_courses(tx: Transaction) -> list[Course]:
    """Return the newest version of each course."""
    newest = (
        select(Course.key, func.max(Course.number).label("number")).group_by(Course.key).subquery()
    )
    return list(
        tx.session.scalars(
            select(Course)
            .join(newest, (newest.c.key == Course.key) & (newest.c.number == Course.number))
            .order_by(Course.key)
        )
    )


def list_course_hashes(tx: Transaction) -> list[tuple[str, str]]:
    """Return key and definition's hash of the newest version of each course, without what it says."""
    newest = (
        select(Course.key, func.max(Course.number).label("number")).group_by(Course.key).subquery()
    )
    rows = tx.session.execute(
        select(Course.key, Course.definition_hash)
        .join(newest, (newest.c.key == Course.key) & (newest.c.number == Course.number))
        .order_by(Course.key)
    )
    return [(key, digest) for key, digest in rows]


def find_resource(tx: Transaction, key: str) -> Resource | None:
    """Return a resource by its key."""
    return tx.session.scalar(select(Resource).where(Resource.key == key))


def list_resources(tx: Transaction) -> list[Resource]:
    """Return all resources in the order in which they are shown, their text unread."""
    return list(
        tx.session.scalars(
            select(Resource)
            .options(defer(Resource.markdown))
            .order_by(Resource.position, Resource.id)
        )
    )


def list_level_keys(tx: Transaction) -> list[str]:
    """Return the keys of all levels that the newest version of any track has."""
    newest = (
        select(Track.name, func.max(Track.number).label("number")).group_by(Track.name).subquery()
    )
    definitions = tx.session.scalars(
        select(Track.definition).join(
            newest, (newest.c.name == Track.name) & (newest.c.number == Track.number)
        )
    )
    found = [level["key"] for one in definitions for level in one.get("levels") or ()]
    return list(dict.fromkeys(found))
