"""The sealed record of an acceptance: made once, handed out as it is, and checked against the rows it is about.

The PDF holds the evidence as data, under its seal. So a changed row, a changed text and a changed file each
disagree with something that was sealed.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.onboarding import published, store
from recruit.onboarding.documents import AgreementDocument, render_agreement
from recruit.onboarding.joining_tables import SealedDocument
from recruit.onboarding.sealing import Seal, check_pdf, seal_pdf
from recruit.onboarding.tables import AgreementAcceptance, AgreementVersion
from recruit.onboarding.terms import hash_terms, in_words, read_commitments
from recruit.people.store import get_person

# What somebody may upload to be checked; ours have some 60 KB.
MOST_BYTES = 5 * 1024**2
_FIELDS = {
    "partner_id": "the partner",
    "person_id": "the person",
    "typed_name": "the name",
    "job_title": "the title",
    "authority": "the authority to sign",
    "text_sha256": "the text's hash",
    "rendered_sha256": "the hash of what was shown",
    "ip": "the network address",
    "user_agent": "the browser",
    "auth_method": "the session",
    "accepted_at": "the time",
}


class UnknownRecord(LookupError):
    """No record has this code."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Record:
    """What anybody may know of an acceptance, and what checking it found."""

    code: str
    title: str
    number: int
    company: str
    signed_by: str
    signed_at: datetime | None
    text_sha256: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Tell whether everything is as it was sealed."""
        return all(finding.ok for finding in self.findings)


def seal_acceptance(
    tx: Transaction, *, acceptance_id: int, seal: Seal, base_url: str, issuer: str
) -> SealedDocument:
    """Make the sealed PDF of an acceptance; one that is made already is returned as it is.

    `issuer` is who the program is by. Raises `UnknownRecord`.
    """
    known = _find(tx, SealedDocument.acceptance_id == acceptance_id)
    if known is not None:
        return known
    acceptance = tx.session.get(AgreementAcceptance, acceptance_id)
    if acceptance is None:
        raise UnknownRecord(f"There is no acceptance {acceptance_id}.")
    version = tx.session.get_one(AgreementVersion, acceptance.agreement_version_id)
    company = str(store.get_partner(tx, acceptance.partner_id).company.get("name") or "")
    email = get_person(tx, acceptance.person_id).email
    code = f"AG-{secrets.token_hex(8).upper()}"
    address = f"{base_url.rstrip('/')}/verify/{code}"
    document = AgreementDocument(
        title=version.title,
        number=version.number,
        text=version.text,
        company=company,
        program=issuer,
        commitments=tuple(
            (one.due_on(acceptance.accepted_at), _words(tx, one))
            for one in read_commitments(version.commitments)
        ),
        evidence=_evidence_rows(acceptance, version, company, email),
        code=code,
        verify_url=address,
        made_at=tx.now,
    )
    facts = {
        "code": code,
        "company": company,
        "signer_email": email,
        "acceptance": _acceptance_facts(acceptance),
        "agreement": {
            "name": version.name,
            "number": version.number,
            "title": version.title,
            "sha256": version.sha256,
        },
        "sealed_at": tx.now.isoformat(),
    }
    pdf = seal_pdf(seal, render_agreement(document), facts, reason=f"Accepted by {company}"[:120])
    row = SealedDocument(
        acceptance_id=acceptance_id,
        code=code,
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        sealed_at=tx.now,
    )
    if not store.add_once(tx, row):
        return tx.session.scalars(
            select(SealedDocument).where(SealedDocument.acceptance_id == acceptance_id)
        ).one()
    return row


def list_unsealed(tx: Transaction, *, limit: int = 20) -> list[int]:
    """Return acceptances that have no sealed PDF yet, oldest first."""
    return list(
        tx.session.scalars(
            select(AgreementAcceptance.id)
            .outerjoin(SealedDocument, SealedDocument.acceptance_id == AgreementAcceptance.id)
            .where(SealedDocument.id.is_(None))
            .order_by(AgreementAcceptance.id)
            .limit(limit)
        )
    )


def check_record(tx: Transaction, *, code: str, seal: Seal) -> Record:
    """Check what we keep of an acceptance; raises `UnknownRecord`."""
    document = _find(tx, SealedDocument.code == code)
    if document is None:
        raise UnknownRecord("No document of ours has this code.")
    return _record(tx, document, seal, [])


def check_upload(tx: Transaction, *, pdf: bytes, seal: Seal) -> Record:
    """Check a file that somebody holds, and what we keep of the same acceptance.

    Raises `UnknownRecord` where the file is none of ours at all.
    """
    checked = check_pdf(seal, pdf, tx.now)
    code = checked.evidence.get("code") if checked.evidence else None
    document = _find(tx, SealedDocument.code == code) if isinstance(code, str) else None
    if document is None:
        raise UnknownRecord(
            checked.why if not checked.ok else "We keep no document with the code in this file."
        )
    findings = [Finding(checked.ok, f"Your file: {_lower(checked.why)}")]
    if checked.ok and not _same(hashlib.sha256(pdf).hexdigest(), document.sha256):
        # A signature leaves a few bytes around itself free; the hash of the whole doesn't.
        findings = [Finding(False, "Your file: it is not, byte for byte, the one that we sealed.")]
    return _record(tx, document, seal, findings)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _find(tx: Transaction, where: Any) -> SealedDocument | None:
    return tx.session.scalar(select(SealedDocument).where(where))


def _record(
    tx: Transaction, document: SealedDocument, seal: Seal, findings: list[Finding]
) -> Record:
    acceptance = tx.session.get_one(AgreementAcceptance, document.acceptance_id)
    version = tx.session.get_one(AgreementVersion, acceptance.agreement_version_id)
    checked = check_pdf(seal, document.pdf, tx.now)
    intact = checked.ok and _same(hashlib.sha256(document.pdf).hexdigest(), document.sha256)
    why = checked.why if not checked.ok else "The file is not the one that was sealed."
    sealed = checked.evidence or {}
    return Record(
        code=document.code,
        title=version.title,
        number=version.number,
        company=str(sealed.get("company") or ""),
        signed_by=acceptance.typed_name,
        signed_at=acceptance.accepted_at,
        text_sha256=version.sha256,
        findings=(
            *findings,
            Finding(intact, "The sealed file that we keep is unchanged." if intact else f"The file that we keep: {_lower(why)}"),
            _check_text(version, sealed),
            _check_acceptance(acceptance, document, sealed),
        ),
    )  # fmt: skip


def _check_text(version: AgreementVersion, sealed: Mapping[str, Any]) -> Finding:
    agreement = sealed.get("agreement") or {}
    actual = hash_terms(version.text, version.commitments)
    is_same = (
        _same(actual, str(agreement.get("sha256")))
        and _same(version.sha256, actual)
        and (version.name, version.number) == (agreement.get("name"), agreement.get("number"))
    )
    if is_same:
        return Finding(True, "The agreement's text is the one that was accepted.")
    return Finding(False, "The agreement's text was changed after it was accepted.")


def _check_acceptance(
    acceptance: AgreementAcceptance, document: SealedDocument, sealed: Mapping[str, Any]
) -> Finding:
    then, now = sealed.get("acceptance") or {}, _acceptance_facts(acceptance)
    changed = [words for field, words in _FIELDS.items() if then.get(field) != now[field]]
    if sealed.get("code") != document.code:
        changed.append("the code")
    if not changed:
        return Finding(True, "The record of who accepted it, when and how is unchanged.")
    return Finding(False, f"The record of the acceptance was changed: {', '.join(changed)}.")


def _acceptance_facts(acceptance: AgreementAcceptance) -> dict[str, Any]:
    facts = {field: getattr(acceptance, field) for field in _FIELDS}
    return facts | {"accepted_at": acceptance.accepted_at.isoformat()}


def _words(tx: Transaction, commitment: Any) -> str:
    course = published.find_course(tx, commitment.course) if commitment.course else None
    return in_words(
        commitment.kind,
        commitment.amount,
        currency=commitment.currency,
        title=course.title if course else commitment.course,
    )


def _evidence_rows(
    acceptance: AgreementAcceptance, version: AgreementVersion, company: str, email: str
) -> tuple[tuple[str, str], ...]:
    box = f"“I may sign this agreement for {company}.”"
    rows = (
        ("Accepted for", company),
        ("Accepted by", acceptance.typed_name),
        ("Title", acceptance.job_title),
        ("Account", email),
        ("Box ticked", box if acceptance.authority else "none"),
        ("Time (UTC)", acceptance.accepted_at.isoformat(sep=" ", timespec="seconds")),
        ("Network address", acceptance.ip),
        ("Browser", acceptance.user_agent),
        ("Signed in with", acceptance.auth_method),
        ("Agreement", f"{version.title}, version {version.number}"),
        ("SHA-256 of the text", version.sha256),
        ("SHA-256 of the page shown", acceptance.rendered_sha256),
    )
    return tuple((what, value) for what, value in rows if value)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
