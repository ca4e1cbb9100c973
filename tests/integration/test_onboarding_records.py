"""Sealed agreements: one changed byte in the text, the row, the file we keep or the file somebody holds shows."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from sqlalchemy import func, select, update

from recruit.onboarding.joining_tables import SealedDocument
from recruit.onboarding.records import Record
from recruit.onboarding.sealing import BadSealKey, Seal, check_pdf, load_seal, make_seal, seal_pdf
from recruit.onboarding.tables import AgreementAcceptance, AgreementVersion
from recruit.onboarding.usecases import (
    UnknownRecord,
    check_record,
    check_upload,
    list_unsealed,
    seal_acceptance,
)
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import make_partner, publish_small_track


@pytest.fixture(scope="module")
def seal_pem() -> bytes:
    """A key, made once: that takes a second."""
    return make_seal("Northlight", NOW)


@pytest.fixture
def sealed(app: App, seal_pem: bytes) -> tuple[App, Seal, SealedDocument]:
    """An app with one accepted agreement, its seal, and the sealed document."""
    with app.transaction() as tx:
        publish_small_track(tx)
    make_partner(app).sign(rendered="<p>Be good.</p>", auth_method="session 1")
    seal = load_seal(seal_pem)
    with app.transaction() as tx:
        (acceptance_id,) = list_unsealed(tx)
        return app, seal, make_document(tx, seal, acceptance_id)


def make_document(tx: Any, seal: Seal, acceptance_id: int) -> SealedDocument:
    document = seal_acceptance(
        tx,
        acceptance_id=acceptance_id,
        seal=seal,
        base_url="https://partners.northlight.example/",
        issuer="Northlight",
    )
    tx.session.flush()
    tx.session.refresh(document)
    tx.session.expunge(document)
    return document


def check(app: App, seal: Seal, document: SealedDocument) -> Record:
    with app.reading() as tx:
        return check_record(tx, code=document.code, seal=seal)


def upload(app: App, seal: Seal, pdf: bytes) -> Record:
    with app.reading() as tx:
        return check_upload(tx, pdf=pdf, seal=seal)


def broken(record: Record) -> str:
    return " ".join(finding.text for finding in record.findings if not finding.ok)


def change(app: App, table: Any, **values: Any) -> None:
    with app.transaction() as tx:
        tx.session.execute(update(table).values(**values))


def test_an_untouched_agreement_is_found_real_by_its_code_and_by_its_file(
    sealed: tuple[App, Seal, SealedDocument],
) -> None:
    app, seal, document = sealed
    record = check(app, seal, document)
    assert record.ok
    assert (record.signed_by, record.signed_at) == ("Sam Vela", NOW)
    assert upload(app, seal, document.pdf).ok


def test_the_file_holds_all_evidence(sealed: tuple[App, Seal, SealedDocument]) -> None:
    _, seal, document = sealed
    evidence = check_pdf(seal, document.pdf, NOW).evidence
    assert evidence is not None
    acceptance = evidence["acceptance"]
    assert acceptance["rendered_sha256"] == hashlib.sha256(b"<p>Be good.</p>").hexdigest()
    assert acceptance["text_sha256"] == evidence["agreement"]["sha256"]
    assert {k: acceptance[k] for k in ("typed_name", "job_title", "ip", "user_agent")} == {
        "typed_name": "Sam Vela",
        "job_title": "Director",
        "ip": "192.0.2.1",
        "user_agent": "test",
    }
    assert acceptance["authority"] is True
    assert acceptance["auth_method"] == "session 1"


def test_a_changed_text_shows(sealed: tuple[App, Seal, SealedDocument]) -> None:
    app, seal, document = sealed
    text = "# Terms\n\nBe goof.\n"
    change(app, AgreementVersion, text=text)
    assert broken(check(app, seal, document)) == (
        "The agreement's text was changed after it was accepted."
    )
    # Who changes the hash along with it is found out by the one that was sealed.
    change(app, AgreementVersion, sha256=hashlib.sha256(text.encode()).hexdigest())
    assert "text was changed" in broken(check(app, seal, document))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"typed_name": "Sam Vels"}, "the name"),
        ({"job_title": "Directos"}, "the title"),
        ({"ip": "192.0.2.2"}, "the network address"),
        ({"user_agent": "tess"}, "the browser"),
        ({"authority": False}, "the authority to sign"),
        ({"auth_method": "session 2"}, "the session"),
        ({"accepted_at": NOW.replace(second=1)}, "the time"),
        ({"text_sha256": "0" * 64}, "the text's hash"),
        ({"rendered_sha256": "0" * 64}, "the hash of what was shown"),
    ],
)
def test_a_changed_row_of_evidence_shows(
    sealed: tuple[App, Seal, SealedDocument], values: dict[str, Any], word: str
) -> None:
    app, seal, document = sealed
    change(app, AgreementAcceptance, **values)
    assert (
        broken(check(app, seal, document)) == f"The record of the acceptance was changed: {word}."
    )
    assert not upload(app, seal, document.pdf).ok


def test_every_changed_byte_of_the_file_shows(sealed: tuple[App, Seal, SealedDocument]) -> None:
    app, seal, document = sealed
    step = len(document.pdf) // 60
    for at in range(0, len(document.pdf), step):
        changed = bytearray(document.pdf)
        changed[at] ^= 1
        try:
            assert not upload(app, seal, bytes(changed)).ok, at
        except UnknownRecord:
            continue


def test_a_changed_byte_of_the_file_that_we_keep_shows(
    sealed: tuple[App, Seal, SealedDocument],
) -> None:
    app, seal, document = sealed
    for at in (200, len(document.pdf) // 2, document.pdf.index(b"0" * 400) + 200):
        changed = bytearray(document.pdf)
        changed[at] ^= 1
        change(app, SealedDocument, pdf=bytes(changed))
        assert "The file that we keep" in broken(check(app, seal, document)), at


def test_what_is_added_to_the_file_shows(sealed: tuple[App, Seal, SealedDocument]) -> None:
    app, seal, document = sealed
    writer = IncrementalPdfFileWriter(io.BytesIO(document.pdf))
    writer.root["/Lang"] = generic.pdf_string("de")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert "something was added" in broken(upload(app, seal, out.getvalue()))
    assert not upload(app, seal, document.pdf + b"\n% and more\n").ok


def test_a_file_sealed_by_somebody_else_shows(sealed: tuple[App, Seal, SealedDocument]) -> None:
    app, seal, document = sealed
    evidence = check_pdf(seal, document.pdf, NOW).evidence
    assert evidence is not None
    theirs = seal_pdf(
        load_seal(make_seal("Northlight", NOW)), _blank(), evidence, reason="Accepted"
    )
    assert "the seal is not ours" in broken(upload(app, seal, theirs))


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"\x00" * 1000, b"not a PDF at all"])
def test_what_is_no_document_of_ours_is_said_to_be_none(
    sealed: tuple[App, Seal, SealedDocument], pdf: bytes
) -> None:
    app, seal, _ = sealed
    with pytest.raises(UnknownRecord):
        upload(app, seal, pdf)
    with pytest.raises(UnknownRecord, match="carries no seal"):
        upload(app, seal, _blank())


def _blank() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 100, "Nothing")
    canvas.save()
    return out.getvalue()


def test_twenty_who_seal_at_once_make_one_document(app: App, seal_pem: bytes) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    make_partner(app).sign()
    seal = load_seal(seal_pem)
    with app.reading() as tx:
        (acceptance_id,) = list_unsealed(tx)

    def make(_: int) -> str:
        with app.transaction() as tx:
            return make_document(tx, seal, acceptance_id).code

    with ThreadPoolExecutor(20) as pool:
        codes = set(pool.map(make, range(20)))
    assert len(codes) == 1
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(SealedDocument)) == 1


def test_a_seal_of_an_earlier_key_still_counts(seal_pem: bytes) -> None:
    old, fresh = load_seal(seal_pem), make_seal("Northlight", NOW)
    pdf = seal_pdf(old, _blank(), {"code": "AG-1"}, reason="Accepted")
    certificate = seal_pem[seal_pem.index(b"-----BEGIN CERTIFICATE") :]
    assert not check_pdf(load_seal(fresh), pdf, NOW).ok
    assert check_pdf(load_seal(fresh + certificate), pdf, NOW).ok


def test_the_seal_is_made_once_and_only_its_owner_can_read_it(app: App) -> None:
    path = Path(app.settings.var_dir) / "seal.pem"
    first = app.seal
    assert path.stat().st_mode & 0o077 == 0
    assert load_seal(path.read_bytes()).fingerprint == first.fingerprint


@pytest.mark.parametrize("pem", [b"", b"nonsense"])
def test_a_file_that_is_no_seal_is_refused_with_the_remedy(pem: bytes) -> None:
    with pytest.raises(BadSealKey, match="put the right one there"):
        load_seal(pem, place="seal.pem")
