"""Signing in by a real OpenID provider on loopback: who comes in, who doesn't, and what is used once only."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from sqlalchemy import select

from recruit.audit.usecases import Wanted, list_entries
from recruit.clock import SystemClock
from recruit.config import Secret
from recruit.onboarding.tables import Partner, PartnerMember
from recruit.onboarding.values import MemberRole
from recruit.people.sso.exchange import SingleSignOn
from recruit.people.sso.values import Audience, Provider
from recruit.people.tables import LoginSession, Person
from recruit.people.usecases import add_person, disable_person
from recruit.people.values import Role, SignInMethod
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.onboarding import make_partner, publish_small_track
from tests.factories.people import PASSWORD
from tests.factories.web import Visitor

# The provider's own library warns of what its next version will call otherwise.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")

DESK, PARTNERS = "northlight", "vela"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider of other people's making, on loopback."""
    # It is plain http, which Authlib refuses unless told otherwise.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock

        application = oidc_provider_mock.app(require_nonce=True)
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    del os.environ["AUTHLIB_INSECURE_TRANSPORT"]


@dataclass
class House:
    """An installation with two providers, and the provider's own people."""

    app: App
    issuer: str

    def visitor(self) -> Visitor:
        return Visitor(create_app(self.app))

    def knows(self, subject: str, email: str, **claims: Any) -> None:
        """Let the provider know a person."""
        body = {"email": email, "email_verified": True, "name": "Kim Sol"} | claims
        httpx.put(f"{self.issuer}/users/{subject}", json=body).raise_for_status()

    def agree(self, address: str, subject: str) -> str:
        """Sign in at the provider, and return the path with which it sends the browser back."""
        answer = httpx.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def come_in(
        self, subject: str, key: str = DESK, visitor: Visitor | None = None, **params: str
    ) -> httpx.Response:
        visitor = visitor or self.visitor()
        away = visitor.get(f"/sign-in/company/{key}", **params)
        assert away.status_code == 303, away.text
        return visitor.get(self.agree(away.headers["location"], subject))

    def refusals(self) -> list[str]:
        with self.app.reading() as tx:
            return [row.details for row in list_entries(tx, Wanted(object_type="sso_provider"))]


@pytest.fixture
def house(make_app: Callable[..., App], issuer: str) -> House:
    def provider(key: str, audience: Audience, domain: str) -> Provider:
        return Provider(
            key, key.title(), issuer, f"id-{key}", Secret("hush"), audience, frozenset({domain})
        )

    sso = SingleSignOn(
        (
            provider(DESK, Audience.DESK, "northlight.example"),
            provider(PARTNERS, Audience.PARTNERS, "vela-cloud.example"),
        )
    )
    return House(make_app(clock=SystemClock(), sso=sso), issuer)


def person_of(app: App, email: str) -> Person | None:
    with app.reading() as tx:
        return tx.session.scalar(select(Person).where(Person.email == email))


def test_somebody_of_the_team_comes_in_and_gets_an_account_with_the_least_role(
    house: House,
) -> None:
    house.knows("n1", "Kim@Northlight.example")
    visitor = house.visitor()
    answer = house.come_in("n1", visitor=visitor, next="/prospects?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/prospects?page=2")
    assert visitor.get("/").status_code == 200
    kim = person_of(house.app, "kim@northlight.example")
    assert kim is not None
    assert (kim.role, kim.name, kim.password_hash) == (Role.RECRUITER, "Kim Sol", None)
    with house.app.reading() as tx:
        (session,) = tx.session.scalars(select(LoginSession))
        assert session.method is SignInMethod.SSO
    assert "your company's sign-in" in visitor.see("/account")
    # The address changes at the company; the person stays the same.
    house.knows("n1", "kim.sol@northlight.example")
    assert house.come_in("n1").status_code == 303
    assert person_of(house.app, "kim.sol@northlight.example") is None


def test_an_account_that_is_there_is_linked_and_keeps_its_role(house: House) -> None:
    with house.app.transaction() as tx:
        add_person(
            tx,
            email="ada@northlight.example",
            name="Ada",
            role=Role.ADMIN,
            password=PASSWORD,
        )
    house.knows("n2", "ada@northlight.example")
    visitor = house.visitor()
    assert house.come_in("n2", visitor=visitor).status_code == 303
    assert visitor.get("/audit").status_code == 200
    # Another person of the company gets the address: they do not get the account.
    house.knows("n3", "ada@northlight.example")
    refused = house.come_in("n3")
    assert refused.status_code == 403
    assert "Somebody else at Northlight had the address" in refused.text


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email": "mira@elsewhere.example"}, "does not sign people of elsewhere.example in"),
        ({"email": "x@sub.northlight.example"}, "does not sign people of sub.northlight.example"),
        ({"email": "a@elsewhere.example@northlight.example"}, "is not an e-mail address"),
        ({"email_verified": False}, "has not verified your address"),
        ({"email_verified": None}, "has not verified your address"),
    ],
)
def test_who_is_not_the_companys_or_not_verified_stays_outside(
    house: House, claims: dict[str, Any], words: str
) -> None:
    house.knows("n4", **({"email": "lee@northlight.example"} | claims))
    visitor = house.visitor()
    refused = house.come_in("n4", visitor=visitor)
    assert refused.status_code == 403
    assert words in refused.text.replace("&#39;", "'")
    assert visitor.get("/").status_code == 303
    with house.app.reading() as tx:
        assert tx.session.scalars(select(Person)).all() == []
    assert len(house.refusals()) == 1


def test_a_state_is_good_once_in_one_browser_for_one_provider(house: House) -> None:
    house.knows("n5", "uma@northlight.example")
    visitor = house.visitor()
    back = house.agree(visitor.get(f"/sign-in/company/{DESK}").headers["location"], "n5")
    elsewhere = house.visitor().get(back)
    assert (elsewhere.status_code, "did not begin in this browser" in elsewhere.text) == (403, True)
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert visitor.get(back.replace(DESK, PARTNERS)).status_code == 403
    visitor.client.cookies.set("recruit_sso", state)
    assert visitor.get(back).status_code == 303
    # The browser still has it, as whoever stole the address would.
    visitor.client.cookies.set("recruit_sso", state)
    again = visitor.get(back)
    assert (again.status_code, "used already" in again.text) == (403, True)


def test_an_answer_meant_for_another_sign_in_is_refused_by_its_nonce(house: House) -> None:
    house.knows("n6", "ida@northlight.example")
    victim, thief = house.visitor(), house.visitor()
    mine = house.agree(victim.get(f"/sign-in/company/{DESK}").headers["location"], "n6")
    code = parse_qs(urlsplit(mine).query)["code"][0]
    # The thief puts a stolen code behind a state of their own.
    own = thief.get(f"/sign-in/company/{DESK}").headers["location"]
    state = parse_qs(urlsplit(own).query)["state"][0]
    answer = thief.get(f"/sign-in/company/{DESK}/back", code=code, state=state)
    assert answer.status_code == 403
    assert "can&#39;t be trusted" in answer.text
    assert "nonce" in house.refusals()[0]


def test_a_provider_that_says_no_or_speaks_for_another_is_heard(house: House) -> None:
    for extra in (
        {"error": "access_denied"},
        {"code": "made up"},
        {"code": "x", "iss": "https://e"},
    ):
        visitor = house.visitor()
        away = visitor.get(f"/sign-in/company/{DESK}").headers["location"]
        state = parse_qs(urlsplit(away).query)["state"][0]
        answer = visitor.get(f"/sign-in/company/{DESK}/back", state=state, **extra)
        assert answer.status_code == 403, extra
        assert 'role="alert"' in answer.text
    assert house.visitor().get(f"/sign-in/company/{DESK}/back").status_code == 403
    assert house.visitor().get("/sign-in/company/nobody").status_code == 404


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_coming_back_never_leads_to_another_site(house: House, target: str) -> None:
    house.knows("n7", "ola@northlight.example")
    assert house.come_in("n7", next=target).headers["location"] == "/"


def test_a_partners_provider_signs_in_its_colleagues_and_nobody_of_the_team(house: House) -> None:
    app = house.app
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app, 1)
    with app.transaction() as tx:
        partner = tx.session.get_one(Partner, stored.partner_id)
        from recruit.firms.tables import Firm

        tx.session.get_one(Firm, partner.firm_id).domain = "vela-cloud.example"
        partner.open_to_colleagues = False
        add_person(tx, email="boss@vela-cloud.example", name="Boss", role=Role.ADMIN)
    house.knows("v1", "pat@vela-cloud.example")
    closed = house.come_in("v1", PARTNERS)
    assert (closed.status_code, "Ask a colleague to invite you" in closed.text) == (403, True)
    with app.transaction() as tx:
        tx.session.get_one(Partner, stored.partner_id).open_to_colleagues = True
    visitor = house.visitor()
    assert house.come_in("v1", PARTNERS, visitor).headers["location"] == "/portal"
    assert visitor.get("/portal").status_code == 200
    with app.reading() as tx:
        pat = tx.session.scalars(select(Person).where(Person.email.like("pat@%"))).one()
        member = tx.session.scalars(
            select(PartnerMember).where(PartnerMember.person_id == pat.id)
        ).one()
        assert (member.partner_id, member.role) == (stored.partner_id, MemberRole.MEMBER)
    house.knows("v2", "boss@vela-cloud.example")
    refused = house.come_in("v2", PARTNERS)
    assert (refused.status_code, "You have no access here" in refused.text) == (403, True)
    with app.transaction() as tx:
        disable_person(tx, person_id=pat.id)
    assert visitor.get("/portal").status_code == 303
    assert house.come_in("v1", PARTNERS).status_code == 403


def test_the_door_shows_the_teams_provider_and_finds_a_partners_by_its_address(
    house: House,
) -> None:
    visitor = house.visitor()
    door = visitor.see("/sign-in")
    assert "Sign in with Northlight" in door
    assert "Vela" not in door
    assert "Go on to Vela" in visitor.see("/sign-in/company", email="Pat@vela-cloud.example")
    nobody = visitor.see("/sign-in/company", email="pat@elsewhere.example")
    assert "No company's sign-in is set up" in nobody


def test_a_provider_that_is_away_is_told_in_words(make_app: Callable[..., App]) -> None:
    away = Provider(
        "n",
        "Northlight",
        "http://127.0.0.1:9",
        "id",
        Secret("x"),
        Audience.DESK,
        frozenset({"n.example"}),
    )
    visitor = Visitor(create_app(make_app(sso=SingleSignOn((away,)))))
    answer = visitor.get("/sign-in/company/n")
    assert (answer.status_code, "can&#39;t be reached" in answer.text) == (403, True)
