"""Leases: who may do what only one process at a time may do."""

from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, or_, update
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.sequences.tables import Lease

# No two machines' clocks differ by so much: a lease that ends later was given before a clock went back, and
# whoever died with it would keep the others waiting until then.
MOST_SKEW = timedelta(minutes=10)

_lease = cast("Table", Lease.__table__)
_TAKE = (
    update(_lease)
    .where(
        Lease.name == bindparam("lease"),
        or_(
            Lease.until <= bindparam("now"),
            Lease.until > bindparam("latest"),
            Lease.holder == bindparam("by"),
        ),
    )
    .values(holder=bindparam("by"), until=bindparam("end"), fence=Lease.fence + 1)
    .returning(Lease.name)
)


def take_lease(tx: Transaction, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew a lease; False while another holder has it."""
    end = tx.now + lasts
    moments = {"now": tx.now, "end": end, "latest": end + MOST_SKEW}
    taken = tx.connection.execute(_TAKE, {"lease": name, "by": holder} | moments).first()
    if taken is not None:
        return True
    if tx.session.get(Lease, name) is not None:
        return False
    try:
        with tx.session.begin_nested():
            tx.session.add(Lease(name=name, holder=holder, until=end, fence=1))
            tx.session.flush()
    except IntegrityError:
        return False
    return True
