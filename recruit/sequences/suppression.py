"""Whom never to write to: one table, asked inside every claim and every enrollment.

Nothing but a person with a reason loosens it; imports, merges and re-enrollments never touch it.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, or_, select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.firms.families import list_families
from recruit.firms.listed import list_left_alone
from recruit.sequences.addresses import address_key, domain_and_parents, domain_of, key_hash
from recruit.sequences.stopping import finish_enrollments
from recruit.sequences.store import UnknownRow, get_family, lock_enrollments
from recruit.sequences.tables import Enrollment, Suppression, Touch
from recruit.sequences.values import ExitReason, SequencesError, SuppressionScope


class NotAKey(SequencesError):
    """What is to be suppressed is no address, domain or firm."""


class ReasonMissing(SequencesError):
    """A suppression is made or lifted only with a reason."""


def suppress(
    tx: Transaction,
    *,
    scope: SuppressionScope,
    key: str,
    reason: str,
    actor: str,
    exit_reason: ExitReason = ExitReason.SUPPRESSED,
) -> Suppression:
    """Never write to an address, domain or firm (its id as text) again, and stop what runs.

    Saying it twice changes nothing. Raises NotAKey or ReasonMissing.
    """
    key = _normal(scope, key)
    if not reason.strip():
        raise ReasonMissing(f"Say why {key} is never to be written to again.")
    found = tx.session.scalar(
        select(Suppression).where(
            Suppression.scope == scope,
            Suppression.key_hash == key_hash(key),
            Suppression.lifted_at.is_(None),
        )
    )
    if found is None:
        found = Suppression(
            scope=scope,
            key_hash=key_hash(key),
            key_text=key,
            reason=reason.strip(),
            created_at=tx.now,
            created_by=actor,
        )
        tx.session.add(found)
        tx.session.flush()
    finish_enrollments(tx, _covered(tx, scope, key), exit_reason, f"Suppressed: {reason.strip()}")
    return found


def lift_suppression(
    tx: Transaction, *, suppression_id: int, reason: str, actor: str
) -> Suppression:
    """Allow writing again; what was stopped stays stopped. Raises UnknownRow or ReasonMissing."""
    found = tx.session.get(Suppression, suppression_id, with_for_update={"key_share": True})
    if found is None:
        raise UnknownRow(f"There is no suppression {suppression_id}.")
    if not reason.strip():
        raise ReasonMissing("Say why this suppression is lifted; it stays on the record.")
    if found.lifted_at is None:
        found.lifted_at = tx.now
        found.lifted_by = actor
        found.lifted_reason = reason.strip()
        record(
            tx,
            Deed.SUPPRESSION_LIFTED,
            "suppression",
            suppression_id,
            actor=actor,
            reason=found.lifted_reason,
        )
    return found


_ACTIVE = select(Suppression.scope, Suppression.key_hash, Suppression.reason).where(
    Suppression.key_hash.in_(bindparam("hashes", expanding=True)), Suppression.lifted_at.is_(None)
)


def ask_suppressed(
    tx: Transaction,
    recipients: Collection[tuple[str, int]],
    families: Mapping[int, tuple[int, ...]],
) -> dict[tuple[str, int], str]:
    """Return for each (address, firm id) that is suppressed, in words, what suppresses it.

    A firm that a list calls a customer, a partner, a competitor or excluded is left alone as well.
    """
    keys = {pair: _keys(pair[0], families.get(pair[1], (pair[1],))) for pair in recipients}
    hashes = {key_hash(key) for found in keys.values() for _, key in found}
    if not hashes:
        return {}
    active = {
        (row.scope, row.key_hash): row.reason
        for row in tx.connection.execute(_ACTIVE, {"hashes": sorted(hashes)})
    }
    said: dict[tuple[str, int], str] = {}
    for pair, found in keys.items():
        for scope, key in found:
            reason = active.get((scope, key_hash(key)))
            if reason is not None and pair not in said:
                what = "The firm" if scope is SuppressionScope.FIRM else key
                said[pair] = f"{what} is suppressed: {reason}"
    tagged = list_left_alone(
        tx, {one for pair in keys for one in families.get(pair[1], (pair[1],))}
    )
    for pair in keys:
        for firm_id in families.get(pair[1], (pair[1],)):
            if firm_id in tagged:
                said.setdefault(pair, tagged[firm_id])
    return said


def find_suppressed(tx: Transaction, address: str, firm_id: int) -> str | None:
    """Return in words what suppresses this address of this firm, or None."""
    pair = (address, firm_id)
    return ask_suppressed(tx, [pair], list_families(tx, [firm_id])).get(pair)


def _keys(address: str, family: tuple[int, ...]) -> list[tuple[SuppressionScope, str]]:
    return [
        (SuppressionScope.ADDRESS, address_key(address)),
        *((SuppressionScope.DOMAIN, name) for name in domain_and_parents(domain_of(address))),
        *((SuppressionScope.FIRM, str(firm_id)) for firm_id in family),
    ]


def _normal(scope: SuppressionScope, key: str) -> str:
    key = key.strip().lower()
    if scope is SuppressionScope.ADDRESS and "@" in key.strip("@"):
        return address_key(key)
    if scope is SuppressionScope.DOMAIN and "." in key.strip("."):
        return key.rpartition("@")[2].strip(".")
    if scope is SuppressionScope.FIRM and key.isdecimal():
        return str(int(key))
    raise NotAKey(f"{key!r} is no {scope.value}; nothing was suppressed.")


def _covered(tx: Transaction, scope: SuppressionScope, key: str) -> list[Enrollment]:
    if scope is SuppressionScope.ADDRESS:
        touched = select(Touch.enrollment_id).where(Touch.address_key == key)
        return lock_enrollments(tx, Enrollment.id.in_(touched))
    if scope is SuppressionScope.DOMAIN:
        domain = Enrollment.address_domain
        return lock_enrollments(tx, or_(domain == key, domain.endswith(f".{key}", autoescape=True)))
    return lock_enrollments(tx, Enrollment.firm_id.in_(get_family(tx, int(key))))


def list_suppressions(
    tx: Transaction, *, lifted: bool = False, limit: int = 1000
) -> list[Suppression]:
    """Return what is suppressed now (or was), the newest first."""
    condition = Suppression.lifted_at.is_not(None) if lifted else Suppression.lifted_at.is_(None)
    query = select(Suppression).where(condition).order_by(Suppression.id.desc()).limit(limit)
    return list(tx.session.scalars(query))
