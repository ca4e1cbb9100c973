"""The installation's seal: a key that seals PDFs, so that one changed byte shows, and signs badges.

What is sealed is tamper-evident electronic evidence, and no qualified signature: the certificate is the
installation's own, and a reader who trusts no one else checks at the installation's verify page.
"""

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

# What somebody uploads is often no good, which is an answer here and no error to log with a traceback.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

EVIDENCE_FILE = "evidence.json"
_KEY_BITS = 3072
_FIELD = "Seal"
# RFC 5280, 4.1.2.5: for certificates that do not expire. What was sealed stays checkable.
_NO_END = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001  (cryptography takes UTC without a zone)


class BadSealKey(ValueError):
    """The file of the seal cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Seal:
    """The private key, its certificate, and certificates of earlier keys that still count."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    earlier: tuple[x509.Certificate, ...] = ()

    @property
    def trusted(self) -> tuple[x509.Certificate, ...]:
        """Return every certificate whose seal counts."""
        return (self.certificate, *self.earlier)

    @cached_property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate, in hex."""
        return fingerprint(self.certificate)


@dataclass(frozen=True)
class PdfCheck:
    """What the seal of a PDF says. `evidence` is what was sealed in, where it could be read."""

    ok: bool
    why: str
    evidence: Mapping[str, Any] | None = None


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate, in hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def make_seal(name: str, now: datetime) -> bytes:
    """Return a new key and its certificate in PEM; `name` is who seals."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    # From the day's start: clocks of several machines differ by seconds.
    start = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def load_seal(pem: bytes, *, place: str = "the seal's file") -> Seal:
    """Return the seal of a PEM file: an RSA key, its certificate, then earlier ones; raises `BadSealKey`."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
        certificates = x509.load_pem_x509_certificates(pem)
    except (ValueError, TypeError) as error:
        raise BadSealKey(
            f"{place} holds no unencrypted private key and certificate in PEM ({error}). "
            "Take it away to have a new one made, or put the right one there."
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        raise BadSealKey(f"{place} holds no RSA key of at least 2048 bits. Put one there.")
    if certificates[0].public_key() != key.public_key():
        raise BadSealKey(f"{place}: the first certificate is not the key's own. Put it first.")
    return Seal(key, certificates[0], tuple(certificates[1:]))


def seal_pdf(seal: Seal, pdf: bytes, evidence: Mapping[str, Any], *, reason: str) -> bytes:
    """Return the PDF with the evidence attached, sealed so that nothing may be added to it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    data = json.dumps(evidence, sort_keys=True, ensure_ascii=False, indent=1).encode()
    attached = embed.EmbeddedFileObject.from_file_data(writer, data, mime_type="application/json")
    embed.embed_file(
        writer,
        embed.FileSpec(EVIDENCE_FILE, embedded_data=attached, description="What was agreed to"),
    )
    private = seal.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = signers.SimpleSigner(
        signing_cert=_asn1(seal.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )
    out = signers.sign_pdf(
        writer,
        signers.PdfSignatureMetadata(
            field_name=_FIELD,
            md_algorithm="sha256",
            reason=reason,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        ),
        signer=signer,
    )
    return bytes(out.getvalue())


def check_pdf(seal: Seal, pdf: bytes, now: datetime) -> PdfCheck:
    """Check a PDF's seal: it has to be ours, cover the whole file, and nothing may have come after it.

    Never raises: a file that somebody made to break readers is one that is not sealed.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signatures = reader.embedded_signatures
        if not signatures:
            return PdfCheck(False, "This file carries no seal.")
        first = signatures[0]
        status = validate_pdf_signature(
            first,
            ValidationContext(
                trust_roots=[_asn1(certificate) for certificate in seal.trusted],
                allow_fetching=False,
                moment=now,
            ),
        )
        evidence = _read_evidence(reader)
    except Exception as error:
        return PdfCheck(
            False, f"This file cannot be read as a sealed PDF ({type(error).__name__})."
        )
    if not (status.intact and status.valid):
        return PdfCheck(False, "The content was changed after it was sealed.", evidence)
    if not status.trusted:
        return PdfCheck(False, "The seal is not ours.", evidence)
    if (
        len(signatures) != 1
        or not status.bottom_line
        or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE
    ):
        return PdfCheck(False, "Something was added to the file after it was sealed.", evidence)
    return PdfCheck(True, "The seal is ours, and nothing was changed or added since.", evidence)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _read_evidence(reader: PdfFileReader) -> Mapping[str, Any] | None:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    for at in range(0, len(names), 2):
        if str(names[at]) != EVIDENCE_FILE:
            continue
        stream = names[at + 1]["/EF"]["/F"]
        if isinstance(stream, generic.StreamObject):
            data = json.loads(stream.data)
            return data if isinstance(data, dict) else None
    return None
