"""Taking a certificate back; it stays on record, with who did it and why."""

from sqlalchemy import select

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.onboarding import store
from recruit.onboarding.joining_tables import AwardRevocation
from recruit.onboarding.tables import Award


class UnknownCertificate(LookupError):
    """No certificate has this number."""


class RevocationRefused(ValueError):
    """A certificate can't be taken back like this; the message says why."""


def revoke_certificate(tx: Transaction, *, serial: str, reason: str, actor: str) -> None:
    """Take a certificate back from now on; a second time changes nothing.

    Raises `UnknownCertificate` or `RevocationRefused`.
    """
    if not reason.strip():
        raise RevocationRefused("Say why; the reason stays on record, and verifiers read it.")
    award = tx.session.scalar(select(Award).where(Award.serial == serial))
    if award is None:
        raise UnknownCertificate(f"There is no certificate {serial}.")
    row = AwardRevocation(award_id=award.id, reason=reason.strip()[:2000], actor=actor, at=tx.now)
    if store.add_once(tx, row):
        record(tx, Deed.CERTIFICATE_REVOKED, "certificate", serial, actor=actor, reason=row.reason)
        tx.announce("firm", store.get_partner(tx, award.partner_id).firm_id)
