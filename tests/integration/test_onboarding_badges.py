"""Certificates as papers and badges: others verify them, with code that is not ours, and see what was taken back."""

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import playwright
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from sqlalchemy import select

from recruit.clock import VirtualClock
from recruit.insights.certificates import list_revoked
from recruit.onboarding.gathering import check_gate
from recruit.onboarding.tables import Award
from recruit.onboarding.usecases import RevocationRefused, leave_partner, revoke_certificate
from recruit.onboarding.values import Action
from recruit.people.values import Role
from recruit.wiring import App
from tests.factories.onboarding import Stored, make_partner, publish_small_track
from tests.factories.web import Visitor, open_visitor

# Node's own crypto and JSON: no line of ours, nor of the libraries that signed.
NODE = Path(playwright.__file__).parent / "driver" / "node"
VERIFIER = """
const { createPublicKey, verify } = require("node:crypto");
const [token, keys] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const [head, body, mac] = token.split(".");
const header = JSON.parse(Buffer.from(head, "base64url"));
const jwk = keys.keys.find((key) => key.kid === header.kid);
const ok = header.alg === "RS256" && verify(
  "sha256", Buffer.from(`${head}.${body}`), createPublicKey({ key: jwk, format: "jwk" }),
  Buffer.from(mac, "base64url"));
console.log(JSON.stringify({ ok, header, payload: JSON.parse(Buffer.from(body, "base64url")) }));
"""


@pytest.fixture
def awarded(app: App) -> tuple[App, Stored, str]:
    """An app with one certified partner, and its certificate's number."""
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app, 4)
    with app.reading() as tx:
        return app, stored, tx.session.scalars(select(Award.serial)).one()


def verify_with_node(token: str, keys: Any) -> Any:
    done = subprocess.run(
        [NODE, "-e", VERIFIER],
        input=json.dumps([token, keys]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def read_badge(visitor: Visitor, serial: str) -> tuple[str, Any]:
    badge = visitor.get(f"/badges/{serial}")
    assert badge.headers["content-type"] == "application/vc+jwt"
    return badge.text, visitor.get("/badges/keys").json()


def test_somebody_else_s_code_verifies_a_badge(awarded: tuple[App, Stored, str]) -> None:
    app, _, serial = awarded
    visitor = open_visitor(app, None)
    token, keys = read_badge(visitor, serial)
    assert visitor.get("/.well-known/jwks.json").json() == keys
    seen = verify_with_node(token, keys)
    assert seen["ok"]
    assert seen["header"]["jwk"] == keys["keys"][0]
    head, body, mac = token.split(".")
    changed = bytearray(base64.urlsafe_b64decode(body + "=="))
    changed[-20] ^= 1
    forged = base64.urlsafe_b64encode(changed).decode().rstrip("=")
    with pytest.raises((InvalidSignature, AssertionError)):
        _check_plainly(f"{head}.{forged}.{mac}", keys)
    _check_plainly(token, keys)


def _check_plainly(token: str, keys: Any) -> None:
    """Verify by RFC 7515 and 7518 with nothing but RSA, apart from the library that signed."""
    head, body, mac = token.split(".")

    def number(text: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")

    (key,) = keys["keys"]
    public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
    signature = base64.urlsafe_b64decode(mac + "==")
    public.verify(signature, f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_badge_says_what_the_standard_asks_for(awarded: tuple[App, Stored, str]) -> None:
    app, _, serial = awarded
    visitor = open_visitor(app, None)
    payload = verify_with_node(*read_badge(visitor, serial))["payload"]
    assert payload["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert payload["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert payload["jti"] == payload["id"] == f"http://127.0.0.1:8000/badges/{serial}"
    assert payload["iss"] == payload["issuer"]["id"]
    assert payload["validFrom"] == "2026-03-03T09:30:00Z"
    assert payload["validUntil"] == "2027-03-03T09:30:00Z"
    assert payload["exp"] - payload["nbf"] == 365 * 24 * 3600
    subject = payload["credentialSubject"]
    assert subject["achievement"]["name"] == "Selling"
    assert subject["achievement"]["criteria"]["narrative"]
    (identity,) = subject["identifier"]
    assert identity["hashed"] is True
    assert "@" not in json.dumps(subject)


def test_everything_that_a_badge_links_to_is_there(awarded: tuple[App, Stored, str]) -> None:
    app, _, serial = awarded
    visitor = open_visitor(app, None)
    payload = verify_with_node(*read_badge(visitor, serial))["payload"]
    base = "http://127.0.0.1:8000"
    for address in (
        payload["issuer"]["id"],
        payload["credentialSubject"]["achievement"]["id"],
        payload["credentialStatus"]["id"],
    ):
        found = visitor.get(address.removeprefix(base))
        assert found.status_code == 200
        assert found.headers["access-control-allow-origin"] == "*"
        assert found.json()["id"] == address
    assert visitor.get("/badges/RC-0").status_code == 404
    assert visitor.get("/badges/achievements/selling/9").status_code == 404


def test_what_is_taken_back_closes_what_it_opened_and_verifiers_see_it(
    awarded: tuple[App, Stored, str],
) -> None:
    app, stored, serial = awarded
    visitor = open_visitor(app, Role.CHANNEL_MANAGER)
    assert visitor.post(f"/certificates/{serial}/revoke", reason=" ").status_code == 422
    assert visitor.post("/certificates/RC-0/revoke", reason="x").status_code == 404
    for _ in range(2):
        done = visitor.post(f"/certificates/{serial}/revoke", reason="The quiz was shared")
        assert done.status_code == 303
    with app.reading() as tx:
        decision = check_gate(tx, person_id=stored.person_id, action=Action.SEE_PRICES)
        assert not decision.allowed
    public = open_visitor(app, None)
    (revoked,) = public.get("/badges/revocations").json()["revokedCredential"]
    assert revoked["id"].endswith(serial)
    assert revoked["revocationReason"] == "The quiz was shared"
    assert "was taken back on 3 March 2026" in public.see(f"/verify/{serial}")


def test_nobody_takes_a_certificate_back_without_a_reason(
    awarded: tuple[App, Stored, str],
) -> None:
    app, _, serial = awarded
    with app.transaction() as tx, pytest.raises(RevocationRefused):
        revoke_certificate(tx, serial=serial, reason="", actor="Alex")
    assert open_visitor(app).post(f"/certificates/{serial}/revoke", reason="x").status_code == 403


def test_badges_of_a_partner_that_left_count_no_more(awarded: tuple[App, Stored, str]) -> None:
    app, stored, serial = awarded
    with app.transaction() as tx:
        leave_partner(tx, partner_id=stored.partner_id, reason="They wanted to")
        assert list_revoked(tx) == [(serial, "The company has left the partner program.")]


def test_a_certificate_that_ran_out_says_so(awarded: tuple[App, Stored, str]) -> None:
    app, _, serial = awarded
    assert isinstance(app.clock, VirtualClock)
    assert "real and valid today" in open_visitor(app, None).see(f"/verify/{serial}")
    app.clock.move_to(app.clock.now() + timedelta(days=366))
    assert "no longer valid" in open_visitor(app, None).see(f"/verify/{serial}")


def test_a_certificate_is_handed_out_as_pdf_to_its_partner_and_to_staff_only(
    awarded: tuple[App, Stored, str],
) -> None:
    app, stored, serial = awarded
    other = make_partner(app)
    assert stored.signed_in
    assert other.signed_in
    mine, theirs = (
        Visitor(open_visitor(app, None).client.app, token=one.signed_in.token)  # type: ignore[arg-type]
        for one in (stored, other)
        if one.signed_in
    )
    pdf = mine.get(f"/portal/certificates/{serial}.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == f'attachment; filename="{serial}.pdf"'
    assert theirs.get(f"/portal/certificates/{serial}.pdf").status_code == 404
    assert theirs.get("/portal/certificates/RC-0.pdf").status_code == 404
    assert open_visitor(app).get(f"/certificates/{serial}.pdf").content.startswith(b"%PDF")
    assert open_visitor(app, None).get(f"/certificates/{serial}.pdf").status_code in {303, 401}
