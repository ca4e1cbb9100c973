"""What an administrator does with people: list them, change what they may do, shut them out."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people import store
from recruit.people.store import UnknownPerson
from recruit.people.tables import Person
from recruit.people.usecases import disable_person, enable_person
from recruit.people.values import STAFF, Role

__all__ = [
    "PersonView",
    "RoleRefused",
    "UnknownPerson",
    "change_role",
    "get_person",
    "let_in",
    "list_staff",
    "shut_out",
]


class RoleRefused(ValueError):
    """A person can't be given this role, or be shut out, now; the message says why."""


@dataclass(frozen=True)
class PersonView:
    """Somebody who can sign in."""

    person_id: int
    name: str
    email: str
    role: Role
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


def list_staff(tx: Transaction) -> list[PersonView]:
    """Return everybody of the vendor's team, by name."""
    return [_view(person) for person in store.list_people(tx) if person.role in STAFF]


def get_person(tx: Transaction, *, person_id: int) -> PersonView:
    """Return a person; raises `UnknownPerson`."""
    return _view(store.get_person(tx, person_id))


def change_role(tx: Transaction, *, person_id: int, role: Role, actor: str) -> None:
    """Give somebody of the team another role; it holds from their next request on.

    Raises `UnknownPerson` or `RoleRefused`: a partner's person never becomes one of the team or the
    other way round, and one administrator has to stay.
    """
    person = store.get_person(tx, person_id)
    if person.role is role:
        return
    if person.role not in STAFF or role not in STAFF:
        raise RoleRefused("A partner's person and one of your team can't take each other's place.")
    _keep_an_admin(tx, person)
    record(
        tx,
        Deed.ROLE_CHANGED,
        "person",
        person_id,
        actor=actor,
        before=person.role.value,
        after=role.value,
    )
    person.role = role


def shut_out(tx: Transaction, *, person_id: int) -> None:
    """Let somebody of the team in no more, from now on. Raises `UnknownPerson` or `RoleRefused`."""
    person = _of_the_team(tx, person_id)
    _keep_an_admin(tx, person)
    disable_person(tx, person_id=person_id)


def let_in(tx: Transaction, *, person_id: int) -> None:
    """Let somebody of the team in again. Raises `UnknownPerson` or `RoleRefused`."""
    _of_the_team(tx, person_id)
    enable_person(tx, person_id=person_id)


def _of_the_team(tx: Transaction, person_id: int) -> Person:
    person = store.get_person(tx, person_id)
    if person.role not in STAFF:
        raise RoleRefused("This is a partner's person: remove them from their partner instead.")
    return person


def _keep_an_admin(tx: Transaction, person: Person) -> None:
    # Locked, so that two administrators who demote each other at once don't both succeed.
    admins = tx.session.scalars(
        select(Person)
        .where(Person.role == Role.ADMIN, Person.disabled_at.is_(None))
        .order_by(Person.id)
        .with_for_update()
    ).all()
    if [admin.id for admin in admins] == [person.id]:
        raise RoleRefused(f"{person.name} is the only administrator. Make somebody else one first.")


def _view(person: Person) -> PersonView:
    return PersonView(
        person.id,
        person.name,
        person.email,
        person.role,
        person.password_hash is not None,
        person.created_at,
        person.disabled_at,
    )
