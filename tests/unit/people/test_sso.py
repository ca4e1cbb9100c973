"""Signing in by a provider: which tokens, keys and files of providers are refused, and why. No network."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from recruit.config import Secret
from recruit.people.sso.claims import TokenRefused, read_identity
from recruit.people.sso.exchange import ProviderSilent, SingleSignOn
from recruit.people.sso.providers import ProvidersInvalid, parse_providers, read_providers
from recruit.people.sso.values import Audience, Identity, Provider, SsoRefused

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
T = int(NOW.timestamp())
ISSUER = "https://login.vela.example"
PROVIDER = Provider(
    "vela", "Vela", ISSUER, "recruit", Secret("s:crét"), Audience.DESK, frozenset({"vela.example"})
)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "recruit",
    "exp": T + 300,
    "iat": T,
    "nonce": "the nonce",
    "sub": "248289761001",
    "email": "mira@vela.example",
    "email_verified": True,
    "name": "Mira Okafor",
}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def read(**over: Any) -> Identity:
    claims = {name: value for name, value in (CLAIMS | over).items() if value is not ...}
    return read_identity(claims, provider=PROVIDER, nonce="the nonce", now=NOW)


def test_a_token_as_the_standard_has_it_says_who_signed_in() -> None:
    assert read() == Identity(ISSUER, "248289761001", "mira@vela.example", "Mira Okafor")
    assert read(aud=["recruit"], azp="recruit", nbf=T, email_verified="true") == read()
    assert read(exp=T - 59, iat=T + 59) == read()


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"iss": "https://login.evil.example"}, "issuer"),
        ({"iss": ...}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": ...}, "audience"),
        ({"aud": {"recruit": 1}}, "audience"),
        ({"aud": ["recruit", "another"]}, "authorized party"),
        ({"azp": "another"}, "authorized party"),
        ({"exp": T - 60}, "expired"),
        ({"exp": ...}, "expired"),
        ({"exp": "9999999999"}, "expired"),
        ({"exp": True}, "expired"),
        ({"iat": T + 61}, "issued in the future"),
        ({"iat": ...}, "issued in the future"),
        ({"nbf": T + 61}, "not valid yet"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": ...}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "x" * 256}, "subject"),
    ],
)
def test_a_token_that_is_not_for_us_or_not_for_now_is_refused(
    over: dict[str, Any], why: str
) -> None:
    with pytest.raises(TokenRefused) as refused:
        read(**over)
    assert refused.value.why == why
    assert why not in str(refused.value)


@pytest.mark.parametrize("verified", [..., False, None, "false", "yes", 1.5, []])
def test_an_address_that_is_not_verified_signs_nobody_in(verified: object) -> None:
    with pytest.raises(SsoRefused, match="has not verified"):
        read(email_verified=verified)


def test_a_provider_that_tells_no_address_is_told_of_it() -> None:
    for email in (..., "", 7, "x" * 300, "a\0@vela.example"):
        with pytest.raises(SsoRefused, match="did not tell your e-mail address"):
            read(email=email)


def jwk_of(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    text = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())
    return json.loads(text) | {"kid": kid, "use": "sig", "alg": "RS256"}


def sign(claims: dict[str, Any] = CLAIMS, key: Any = KEY, kid: str = "one", **over: Any) -> str:
    return jwt.encode(claims, key, over.get("alg", "RS256"), headers={"kid": kid})


class Fake:
    """A provider behind a transport: it answers as told, and remembers what it was asked."""

    def __init__(self, token: str | Callable[[], str] = "", **metadata: Any) -> None:
        self.token, self.keys, self.asked = token, [jwk_of(KEY, "one")], list[httpx.Request]()
        self.metadata = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        } | metadata

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.metadata)
            case "/keys":
                return httpx.Response(200, json={"keys": self.keys})
            case "/token":
                token = self.token if isinstance(self.token, str) else self.token()
                return httpx.Response(200, json={"id_token": token, "access_token": "x"})
        return httpx.Response(404, json={})

    def redeem(self, sso: SingleSignOn | None = None, now: datetime = NOW) -> Identity:
        return (sso or self.sso()).redeem(
            PROVIDER,
            code="c",
            nonce="the nonce",
            verifier="v",
            back="https://us.example/b",
            now=now,
        )

    def sso(self) -> SingleSignOn:
        return SingleSignOn((PROVIDER,), httpx.Client(transport=httpx.MockTransport(self)))


def test_a_code_is_redeemed_with_secret_verifier_and_the_same_way_back() -> None:
    fake = Fake(sign())
    assert fake.redeem().subject == "248289761001"
    request = fake.asked[-1]
    form = dict(httpx.QueryParams(request.content.decode()))
    assert form == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "https://us.example/b",
        "code_verifier": "v",
    }
    # RFC 6749, 2.3.1: encoded before they are joined, so that a colon in a secret stays in it.
    import base64

    given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
    assert given == "recruit:s%3Acr%C3%A9t"


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there() -> None:
    fake = Fake(sign(), token_endpoint_auth_methods_supported=["client_secret_post"])
    fake.redeem()
    assert b"client_secret=s%3Acr%C3%A9t" in fake.asked[-1].content
    assert "authorization" not in fake.asked[-1].headers


def hs256_with_the_public_key() -> str:
    import base64
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def part(data: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    body = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(CLAIMS)}"
    digest = hmac.digest(pem, body.encode(), hashlib.sha256)
    return f"{body}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def tampered() -> str:
    import base64

    head, _, tail = sign().split(".")
    changed = json.dumps(CLAIMS | {"email": "boss@vela.example"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(changed).decode().rstrip('=')}.{tail}"


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (tampered(), "signature"),
        (sign(key=OTHER_KEY), "signature"),
        (sign()[:-8] + "AAAAAAAA", "signature"),
        (sign(kid="two"), "unknown key"),
        (jwt.encode(CLAIMS, None, "none"), "algorithm"),
        (hs256_with_the_public_key(), "algorithm"),
        (sign(key=ec.generate_private_key(ec.SECP256R1()), alg="ES256"), "unknown key"),
        ("nonsense", "malformed"),
        ("a.b.c", "malformed"),
        (sign(CLAIMS | {"aud": "another"}), "audience"),
        (sign(CLAIMS | {"exp": T - 3600}), "expired"),
        (sign(CLAIMS | {"nonce": "an old one"}), "nonce"),
    ],
)
def test_a_token_that_the_provider_did_not_sign_for_us_is_refused(token: str, why: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        Fake(token).redeem()
    assert refused.value.why.startswith(why)


def test_a_new_key_is_asked_for_once_and_a_forged_one_not_all_the_time() -> None:
    fake = Fake(sign())
    sso = fake.sso()
    fake.redeem(sso)
    fake.keys, fake.token = [jwk_of(OTHER_KEY, "two")], sign(key=OTHER_KEY, kid="two")
    with pytest.raises(TokenRefused):
        fake.redeem(sso, NOW + timedelta(seconds=30))
    assert fake.redeem(sso, NOW + timedelta(seconds=61)).subject
    fake.token = sign(kid="forged")
    before = len(fake.asked)
    for _ in range(5):
        with pytest.raises(TokenRefused):
            fake.redeem(sso, NOW + timedelta(seconds=90))
    assert len(fake.asked) - before == 5


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://login.evil.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://login.vela.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_provider_that_is_not_what_the_file_says_is_not_spoken_to(
    metadata: dict[str, Any],
) -> None:
    with pytest.raises(ProviderSilent):
        Fake(sign(), **metadata).redeem()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={}),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}, json={}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b"{" + b" " * 600_000 + b"}"),
    ],
)
def test_an_answer_that_is_none_is_told_as_silence(answer: httpx.Response) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer

    sso = SingleSignOn((PROVIDER,), httpx.Client(transport=httpx.MockTransport(handle)))
    with pytest.raises(ProviderSilent, match="can't be reached"):
        Fake().redeem(sso)
    assert len(asked) == 1


ENTRY: dict[str, Any] = {
    "key": "vela",
    "name": "Vela",
    "for": "partners",
    "issuer": ISSUER,
    "client_id": "recruit",
    "client_secret_env": "VELA_SECRET",
    "domains": ["vela.example"],
}


def test_a_file_of_providers_is_read_with_its_secret_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "sso.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in ENTRY.items()]
    path.write_text("[[provider]]\n" + "\n".join(lines))
    (provider,) = read_providers(path, {"VELA_SECRET": "hush"})
    assert (provider.key, provider.audience, provider.client_secret) == ("vela", "partners", "hush")
    assert "hush" not in repr(provider)
    with pytest.raises(ProvidersInvalid, match="VELA_SECRET"):
        read_providers(path, {})
    with pytest.raises(ProvidersInvalid, match="can't be read"):
        read_providers(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"issuer": "http://login.vela.example"}, "no https address"),
        ({"issuer": "https://user:pw@login.vela.example"}, "no https address"),
        ({"issuer": "https://[bad"}, "no https address"),
        ({"domains": []}, "List the e-mail domains"),
        ({"domains": ["Vela.example"]}, "no domain in small letters"),
        ({"domains": ["*"]}, "no domain"),
        ({"domains": ["gmail.com"]}, "nobody may speak for it"),
        ({"for": "everybody"}, "desk or partners"),
        ({"key": "../x"}, "small letters"),
        ({"name": ""}, "name is missing"),
        ({"admits_new": "yes"}, "true or false"),
        ({"client_secret": "hush"}, "client_secret is unknown"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_with_its_place(
    over: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProvidersInvalid, match=words) as refused:
        parse_providers({"provider": [ENTRY | over]}, {"VELA_SECRET": "hush"}, file="sso.toml")
    assert "sso.toml: provider 1" in str(refused.value)


def test_two_providers_never_speak_for_one_domain_or_go_by_one_key() -> None:
    for over, words in (({"key": "two"}, "both speak for vela.example"), ({}, "Two providers")):
        with pytest.raises(ProvidersInvalid, match=words):
            parse_providers(
                {"provider": [ENTRY, ENTRY | over]}, {"VELA_SECRET": "x"}, file="sso.toml"
            )


def test_a_providers_own_query_is_kept_in_the_address_to_sign_in() -> None:
    address = (
        Fake()
        .sso()
        .address_to_sign_in(
            PROVIDER, state="s", nonce="n", verifier="v", back="https://us.example/b", now=NOW
        )
    )
    query = dict(httpx.URL(address).params)
    assert query["tenant"] == "1"
    assert (query["code_challenge_method"], query["response_type"]) == ("S256", "code")
    # RFC 7636: BASE64URL(SHA256("v")) without padding.
    assert query["code_challenge"] == "TJRIXgwhrmxBzh3-e2v6zupato5AokdvUCCOUm9QYIA"
