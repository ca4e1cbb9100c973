"""Leases: who may do what only one process at a time may do."""

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, or_, update
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.sequences.tables import Lease

_lease = cast("Table", Lease.__table__)
_TAKE = (
    update(_lease)
    .where(
        Lease.name == bindparam("lease"),
        or_(Lease.until <= bindparam("now"), Lease.holder == bindparam("by")),
    )
    .values(holder=bindparam("by"), until=bindparam("end"), fence=Lease.fence + 1)
    .returning(Lease.name)
)


def take_lease(tx: Transaction, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew a lease; False while another holder has it."""
    taken = (
        tx.session.connection()
        .execute(_TAKE, {"lease": name, "now": tx.now, "by": holder, "end": tx.now + lasts})
        .first()
    )
    if taken is not None:
        return True
    if tx.session.get(Lease, name) is not None:
        return False
    try:
        with tx.session.begin_nested():
            tx.session.add(Lease(name=name, holder=holder, until=tx.now + lasts, fence=1))
            tx.session.flush()
    except IntegrityError:
        return False
    return True
