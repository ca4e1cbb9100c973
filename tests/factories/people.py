"""People for tests."""

from itertools import count

from recruit.db.transaction import Transaction
from recruit.people.tables import Person
from recruit.people.usecases import add_person
from recruit.people.values import Role

PASSWORD = "four words in a row"
_number = count(1)


def make_person(tx: Transaction, **over: object) -> Person:
    """Add a person with an address of its own and no password."""
    number = next(_number)
    given = {
        "email": f"person{number}@vendor.example",
        "name": f"Person {number}",
        "role": Role.RECRUITER,
    } | over
    return add_person(tx, **given)  # type: ignore[arg-type]
