"""The library of what partners get: publish, review and take away; tell owners what has gone stale.

What is open to whom is `shelf`'s.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import published
from recruit.onboarding.definitions import ContentError, near
from recruit.onboarding.resource import OPENS_RESOURCES, ResourceDefinition, parse_resources
from recruit.onboarding.tables import Resource
from recruit.onboarding.training_tables import LessonFile
from recruit.people.tables import Person
from recruit.people.values import STAFF, Role

OpenTx = Callable[[], AbstractContextManager[Transaction]]


class UnknownResource(LookupError):
    """No resource has this key."""


def publish_resource(
    tx: Transaction, *, definition: ResourceDefinition | None = None, **values: Any
) -> Resource:
    """Publish something for partners, or replace what has this key.

    `values` are `ResourceDefinition`'s. Raises `ContentError`, also for a file that isn't kept and a
    level that no track has.
    """
    if definition is None:
        action, gates = values.get("action"), sorted(gate.value for gate in OPENS_RESOURCES)
        if action not in gates:
            raise ContentError(
                f"resource {values.get('key')}: {action!r} opens no resource. "
                + near(str(action), gates)
            )
        definition = parse_resources({"resources": [values]}, file="resource")[0]
    _check(tx, definition)
    resource = published.find_resource(tx, definition.key)
    if resource is None:
        resource = Resource(key=definition.key)
        tx.session.add(resource)
    for one in fields(definition):
        setattr(resource, one.name, getattr(definition, one.name))
    tx.session.flush()
    return resource


def _check(tx: Transaction, definition: ResourceDefinition) -> None:
    place = f"resource {definition.key}"
    if definition.file and tx.session.get(LessonFile, definition.file_sha256) is None:
        raise ContentError(f"{place}: The file {definition.file} is not kept here. Add it anew.")
    levels = published.list_level_keys(tx)
    if definition.level and definition.level not in levels:
        raise ContentError(
            f"{place}: level: No track has the level {definition.level!r}. "
            + near(definition.level, levels)
        )


def get_resource(tx: Transaction, key: str) -> Resource:
    """Return a resource; raises `UnknownResource`."""
    resource = published.find_resource(tx, key)
    if resource is None:
        raise UnknownResource(f"There is no resource {key!r}. It may have been taken away.")
    return resource


def review_resource(tx: Transaction, *, key: str, review_on: date | None) -> Resource:
    """Say that a resource is right as it is, until it is looked at again; raises `UnknownResource`."""
    resource = get_resource(tx, key)
    if review_on is not None and review_on <= tx.now.date():
        raise ContentError("The next review is in the future. Choose a later day.")
    if review_on is None and resource.hide_when_stale:
        raise ContentError("It is hidden when stale, so it needs a day of review. Choose one.")
    resource.review_on = review_on
    tx.session.flush()
    return resource


def remove_resource(tx: Transaction, *, key: str) -> None:
    """Take a resource away from partners; raises `UnknownResource`."""
    tx.session.delete(get_resource(tx, key))
    tx.session.flush()


def tell_owners(open_tx: OpenTx) -> int:
    """Tell owners, once a review date, what has gone stale; returns how many notices were raised.

    Where nobody of the staff is the owner, the channel managers hear.
    """
    with open_tx() as tx:
        stale = tx.session.scalars(
            select(Resource).where(Resource.review_on <= tx.now.date()).order_by(Resource.id)
        ).all()
        staff = tx.session.scalars(
            select(Person).where(Person.role.in_(STAFF), Person.disabled_at.is_(None))
        ).all()
        return sum(
            notify(
                tx,
                person_id=person.id,
                kind=NoticeKind.RESOURCE_STALE,
                key=f"resource:{resource.id}:{resource.review_on}",
                facts=_facts(resource),
            )
            for resource in stale
            for person in _owners(resource, staff)
        )


def _owners(resource: Resource, staff: Any) -> list[Person]:
    named = [p for p in staff if p.email == resource.owner_email.strip().lower()]
    named = named or [p for p in staff if p.name == resource.owner]
    return named or [p for p in staff if p.role is Role.CHANNEL_MANAGER]


def _facts(resource: Resource) -> dict[str, Any]:
    return {
        "title": resource.title,
        "review_by": f"{resource.review_on:%-d %B %Y}",
        "hidden": resource.hide_when_stale,
        "path": f"/resources#{resource.key}",
    }
