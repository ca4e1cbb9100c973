"""Leases: who may do what only one process at a time may do."""

from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from recruit.db.transaction import Transaction
from recruit.sequences.tables import Lease


def take_lease(tx: Transaction, name: str, holder: str, lasts: timedelta) -> bool:
    """Take or renew a lease; False while another holder has it."""
    taken = tx.session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.until <= tx.now, Lease.holder == holder))
        .values(holder=holder, until=tx.now + lasts, fence=Lease.fence + 1)
        .execution_options(synchronize_session=False)
        .returning(Lease.name)
    ).first()
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
