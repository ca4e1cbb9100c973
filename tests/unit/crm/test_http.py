"""What an outcome means, how long is waited, and what never shows."""

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from recruit.clock import VirtualClock
from recruit.config import Secret
from recruit.crm.http import CrmHttp, Wait, check_address, segment
from recruit.crm.http_auth import ClientCredentials, Key
from recruit.crm.port import CrmConflict, CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from tests.conftest import NOW

SECRET = "s3cr3t-and-long"


class Dialect:
    """Says what it is told to say."""

    def __init__(self):
        self.verdict = None
        self.share = None

    def judge(self, _response):
        return self.verdict

    def used_share(self, _response):
        return self.share


class Wire:
    """Gives the answers one after the other, the last for ever, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, request):
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(status=200, **options):
    return httpx.Response(status, **({"json": {}} | options))


def make(*answers, dialect=None, authorizer=None, **options):
    wire, pauses = Wire(*answers), []
    http = CrmHttp(
        "https://crm.example",
        authorizer or Key("Authorization", Secret(SECRET), scheme="Bearer"),
        dialect or Dialect(),
        clock=VirtualClock(NOW),
        sleep=pauses.append,
        transport=httpx.MockTransport(wire),
        **options,
    )
    return http, wire, pauses


@pytest.mark.parametrize(
    ("answer", "read_error", "write_error"),
    [
        (httpx.ConnectError("refused"), CrmUnavailable, CrmUnavailable),
        (httpx.ConnectTimeout("slow"), CrmUnavailable, CrmUnavailable),
        (httpx.PoolTimeout("busy"), CrmUnavailable, CrmUnavailable),
        (httpx.LocalProtocolError("bad header"), CrmUnavailable, CrmUnavailable),
        (httpx.ReadTimeout("slow"), CrmUnavailable, CrmOutcomeUnknown),
        (httpx.ReadError("reset"), CrmUnavailable, CrmOutcomeUnknown),
        (httpx.WriteError("reset"), CrmUnavailable, CrmOutcomeUnknown),
        (httpx.WriteTimeout("slow"), CrmUnavailable, CrmOutcomeUnknown),
        (httpx.RemoteProtocolError("gone"), CrmUnavailable, CrmOutcomeUnknown),
        (httpx.DecodingError("garbage"), CrmUnavailable, CrmOutcomeUnknown),
        (ok(500), CrmUnavailable, CrmOutcomeUnknown),
        (ok(502), CrmUnavailable, CrmOutcomeUnknown),
        (ok(503), CrmUnavailable, CrmOutcomeUnknown),
        (ok(504), CrmUnavailable, CrmOutcomeUnknown),
        (ok(408), CrmUnavailable, CrmOutcomeUnknown),
        (ok(429), CrmUnavailable, CrmUnavailable),
        (ok(401), CrmUnavailable, CrmUnavailable),
        (ok(302), CrmUnavailable, CrmUnavailable),
        (ok(400), CrmRefused, CrmRefused),
        (ok(403), CrmRefused, CrmRefused),
        (ok(404), CrmRefused, CrmRefused),
        (ok(409), CrmRefused, CrmRefused),
        (ok(412), CrmConflict, CrmConflict),
    ],
)
def test_an_outcome_means_the_same_for_every_adapter(answer, read_error, write_error):
    for ask, expected in (("read", read_error), ("write", write_error)):
        http, wire, _ = make(answer)
        with pytest.raises(expected) as error:
            getattr(http, ask)("PUT", "/x", body={})
        assert type(error.value) is expected
        repeats = expected is CrmUnavailable and wire.asked and not _once(answer)
        assert len(wire.asked) == (5 if repeats else 1)


def _once(answer):
    return isinstance(answer, httpx.Response) and answer.status_code in {401, 302}


def test_a_question_is_repeated_until_it_is_answered():
    http, wire, pauses = make(httpx.ReadTimeout("slow"), ok(503), ok(429), ok(json={"a": 1}))
    assert http.read("GET", "/x").json() == {"a": 1}
    assert len(wire.asked) == 4
    assert pauses == [0.5, 1.0, 2.0]


def test_a_write_goes_on_after_a_wait_but_not_after_a_lost_answer():
    http, wire, _ = make(httpx.ConnectError("refused"), ok(429), httpx.ReadError("reset"))
    with pytest.raises(CrmOutcomeUnknown):
        http.write("POST", "/x", body={})
    assert len(wire.asked) == 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        (format_datetime(NOW + timedelta(seconds=9), usegmt=True), 9.0),
        (format_datetime(NOW - timedelta(seconds=9), usegmt=True), 0.0),
        ("soon", 0.5),
        ("", 0.5),
    ],
)
def test_it_waits_as_long_as_it_is_told(header, seconds):
    http, _, pauses = make(ok(429, headers={"Retry-After": header}), ok())
    http.read("GET", "/x")
    assert pauses == [seconds]


def test_patience_ends():
    http, wire, pauses = make(ok(429, headers={"Retry-After": "61"}))
    with pytest.raises(CrmUnavailable) as error:
        http.read("GET", "/x")
    assert (error.value.kind, error.value.retry_after_s) == ("rate_limit", 61.0)
    assert (len(wire.asked), pauses) == (1, [])


def test_a_dialect_has_the_first_word():
    dialect = Dialect()
    dialect.verdict = Wait("The record is locked.", "locked", 2.0)
    http, wire, pauses = make(ok(423), dialect=dialect)
    with pytest.raises(CrmUnavailable, match="The record is locked"):
        http.write("POST", "/x", body={})
    assert (len(wire.asked), pauses) == (5, [2.0] * 4)
    dialect.verdict = CrmRefused("Full.", kind="storage")
    with pytest.raises(CrmRefused) as error:
        http.write("POST", "/x", body={})
    assert error.value.kind == "storage"


def test_it_stops_before_the_quota_is_used_up_and_asks_again_later(monkeypatch):
    moment = [0.0]
    monkeypatch.setattr("recruit.crm.http.stopwatch", lambda: moment[0])
    dialect = Dialect()
    http, wire, _ = make(ok(), dialect=dialect)
    dialect.share = 0.79
    http.read("GET", "/x")
    dialect.share = 0.80
    http.read("GET", "/x")
    for ask in (http.read, http.write):
        with pytest.raises(CrmUnavailable) as error:
            ask("POST", "/x")
        assert (error.value.kind, error.value.retry_after_s) == ("quota", 900.0)
    assert len(wire.asked) == 2
    moment[0], dialect.share = 901.0, 0.5
    http.read("GET", "/x")
    http.read("GET", "/x")
    assert len(wire.asked) == 4


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("RC-1", "RC-1"),
        ("../../contact/1", "..%2F..%2Fcontact%2F1"),
        ("a b", "a%20b"),
        ("1#2", "1%232"),
        ("1?x=2", "1%3Fx%3D2"),
        ("1%2F2", "1%252F2"),
        ("it's", "it%27s"),
        ("ÄÖ", "%C3%84%C3%96"),
        ("a;b&c=d+e", "a%3Bb%26c%3Dd%2Be"),
        ("...", "..."),
    ],
)
def test_a_value_is_one_segment_of_the_address_and_stays_it_on_the_wire(value, raw):
    http, wire, _ = make(ok())
    http.read("GET", f"/objects/{segment(value)}/end")
    assert wire.asked[0].url.raw_path.decode() == f"/objects/{raw}/end"


@pytest.mark.parametrize("value", ["", " ", ".", "..", " .. "])
def test_a_value_that_can_be_no_segment_is_refused(value):
    with pytest.raises(CrmRefused) as refusal:
        segment(value)
    assert refusal.value.kind == "invalid_id"


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example",
        "ftp://crm.example",
        "crm.example",
        "https://",
        "https://user@crm.example",
        "https://crm.example/?key=1",
        "https://crm.example/#x",
    ],
)
def test_an_address_that_would_give_the_secret_away_is_refused(url):
    with pytest.raises(ValueError, match="must"):
        check_address(url)


@pytest.mark.parametrize("url", ["https://crm.example/", "http://127.0.0.1:9", "http://localhost"])
def test_protected_and_local_addresses_are_taken(url):
    assert check_address(url) == url.rstrip("/")


def test_nothing_is_followed_elsewhere():
    http, wire, _ = make(ok(302, headers={"Location": "https://evil.example/"}))
    with pytest.raises(CrmUnavailable, match="we don't follow"):
        http.read("GET", "/x")
    assert [request.url.host for request in wire.asked] == ["crm.example"]


@pytest.mark.parametrize(
    "echo",
    [
        f"The token {SECRET} has expired",
        "Authorization: Bearer abc.def.ghi is wrong",
        "pat-eu1-12345678-aaaa-bbbb is revoked",
    ],
)
def test_what_grants_access_is_masked_in_errors(echo):
    for status in (400, 401, 403, 500):
        http, _, _ = make(ok(status, text=echo))
        with pytest.raises((CrmRefused, CrmUnavailable)) as error:
            http.read("GET", "/x")
        shown = f"{error.value.text} {error.value} {error.value!r} {error.value.__cause__!r}"
        assert "***" in shown
        assert not any(part in shown for part in (SECRET, "abc.def", "12345678"))


def test_words_of_the_crm_are_cut():
    http, _, _ = make(ok(400, text="x" * 10_000))
    with pytest.raises(CrmRefused) as error:
        http.read("GET", "/x")
    assert len(error.value.text) == 500


def test_a_page_that_is_no_json_is_no_answer():
    http, _, _ = make(ok(text="<html>Sign in</html>"))
    with pytest.raises(CrmUnavailable):
        http.json_of(http.read("GET", "/x"))
    with pytest.raises(CrmOutcomeUnknown):
        http.json_of(http.write("POST", "/x"), wrote=True)


def test_the_crms_own_time_is_told():
    http, _, _ = make(
        ok(headers={"Date": format_datetime(NOW - timedelta(hours=1), usegmt=True)}),
        ok(headers={"Date": "yesterday"}),
    )
    assert http.time_of(http.read("GET", "/x")) == NOW - timedelta(hours=1)
    assert http.time_of(http.read("GET", "/x")) == NOW


class TestClientCredentials:
    """Tokens are asked for, kept, and renewed once when they are refused."""

    def make(self, *answers):
        credentials = ClientCredentials(
            "https://login.example/token", "client", Secret(SECRET), scope="crm/.default"
        )
        return (*make(*answers, authorizer=credentials), credentials)

    def test_one_token_serves_many_questions(self):
        http, wire, _, _ = self.make(ok(json={"access_token": "t0k3n"}), ok())
        http.read("GET", "/x")
        http.read("GET", "/x")
        assert [r.url.host for r in wire.asked] == ["login.example", "crm.example", "crm.example"]
        form = wire.asked[0].content.decode()
        assert "grant_type=client_credentials" in form
        assert "scope=crm%2F.default" in form
        assert wire.asked[1].headers["authorization"] == "Bearer t0k3n"

    def test_a_refused_token_is_renewed_once_even_for_a_write(self):
        http, wire, _, _ = self.make(
            ok(json={"access_token": "old"}), ok(401), ok(json={"access_token": "new"}), ok()
        )
        http.write("POST", "/x", body={})
        assert wire.asked[-1].headers["authorization"] == "Bearer new"

    def test_a_new_token_that_is_refused_too_ends_it(self):
        http, wire, _, _ = self.make(
            ok(json={"access_token": "old"}), ok(401), ok(json={"access_token": "new"}), ok(401)
        )
        with pytest.raises(CrmUnavailable) as error:
            http.read("GET", "/x")
        assert error.value.kind == "auth"
        assert len(wire.asked) == 4

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (ok(400, json={"error": "invalid_client", "error_description": SECRET}), "auth"),
            (ok(400, json={"error": f"<{SECRET}>"}), "auth"),
            (ok(200, json=[SECRET]), "auth"),
            (ok(200, text=SECRET), "auth"),
            (httpx.ConnectError(SECRET), "no_connection"),
        ],
    )
    def test_no_token_is_no_access_and_gives_nothing_away(self, answer, kind):
        http, _, _, credentials = self.make(answer)
        with pytest.raises(CrmUnavailable) as error:
            http.write("POST", "/x", body={})
        assert error.value.kind == kind
        assert SECRET not in f"{error.value!r} {credentials!r} {vars(credentials)!r}"

    @pytest.mark.parametrize(("client_id", "secret"), [("", SECRET), ("client", "")])
    def test_missing_credentials_are_told_at_once(self, client_id, secret):
        with pytest.raises(ValueError, match="missing"):
            ClientCredentials("https://login.example/token", client_id, Secret(secret))


def test_a_missing_key_is_told_at_once():
    with pytest.raises(ValueError, match="missing"):
        Key("x-api-token", Secret(""))
