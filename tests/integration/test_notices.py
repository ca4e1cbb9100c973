"""Notices go out once, as people prefer; what lets somebody in is stored nowhere."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from recruit.mail.port import DefinitelyNotSent, OutcomeUnknown
from recruit.notices.sending import Office, send_due_notices
from recruit.notices.tables import Notice
from recruit.notices.usecases import (
    LinkUnknown,
    mail_sign_in_link,
    notify,
    person_of,
    set_preference,
    token_of,
)
from recruit.notices.values import NoticeKind, NoticeStatus, Preference
from recruit.people.usecases import (
    SignInLinkInvalid,
    accept_invitation,
    add_person,
    disable_person,
    use_sign_in_link,
)
from recruit.people.values import Role

OFFICE = Office("partners@vendor.example", "Vendor", "https://portal.example", "s" * 40)
FACTS = {"firm": "Acme"}


class Server:
    """A mail server that fails on purpose: `refuse` before the text, `lose` after it."""

    def __init__(self):
        self.sent, self.refuse, self.lose = [], None, False

    def offer(self, envelope, message):
        if self.refuse:
            raise self.refuse
        server = self

        class Delivery:
            def finish(self):
                if server.lose:
                    raise OutcomeUnknown("the connection broke")
                server.sent.append(
                    (envelope.recipient, message_from_bytes(message, policy=policy.default))
                )
                return "250 kept"

            def abandon(self):
                pass

        return Delivery()

    def close(self):
        pass


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def person_id(app):
    with app.transaction() as tx:
        return add_person(tx, email="ada@acme.example", name="Ada", role=Role.PARTNER).id


def raise_notice(app, person_id, kind=NoticeKind.FULL_ACCESS, key="1", **facts):
    with app.transaction() as tx:
        return notify(tx, person_id=person_id, kind=kind, key=key, facts=FACTS | facts)


def send(app, server):
    return send_due_notices(app.transaction, server, OFFICE)


def statuses(app):
    with app.reading() as tx:
        return [n.status for n in tx.session.scalars(select(Notice).order_by(Notice.id))]


def wait(app, **time):
    app.clock.move_to(app.clock.now() + timedelta(**time))


def test_a_thing_is_said_once_however_often_it_is_raised(app, server, person_id):
    assert raise_notice(app, person_id)
    assert not raise_notice(app, person_id)
    assert send(app, server).sent == 1
    assert not raise_notice(app, person_id)
    assert not send(app, server)
    assert [recipient for recipient, _ in server.sent] == ["ada@acme.example"]
    assert statuses(app) == [NoticeStatus.SENT]


def test_the_days_letter_holds_everything_of_the_day(app, server, person_id):
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=Preference.DAILY)
    for key in "abc":
        raise_notice(app, person_id, key=key)
    assert not send(app, server)
    wait(app, days=1)
    assert send(app, server).sent == 1
    ((_, mail),) = server.sent
    assert mail["Subject"] == "3 things from your partner program"
    assert statuses(app) == [NoticeStatus.SENT] * 3


def test_who_wants_none_gets_none_but_for_what_the_account_needs(app, server, person_id):
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=Preference.OFF)
    raise_notice(app, person_id)
    raise_notice(app, person_id, NoticeKind.INVITATION)
    assert send(app, server).sent == 1
    assert statuses(app) == [NoticeStatus.WITHHELD, NoticeStatus.SENT]


def test_a_change_of_mind_reaches_what_waits(app, server, person_id):
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=Preference.DAILY)
    raise_notice(app, person_id)
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=Preference.INSTANT)
    assert send(app, server).sent == 1
    raise_notice(app, person_id, key="2")
    with app.transaction() as tx:
        set_preference(tx, person_id=person_id, preference=Preference.OFF)
    assert not send(app, server)


def test_who_lost_access_hears_nothing(app, server, person_id):
    raise_notice(app, person_id)
    with app.transaction() as tx:
        disable_person(tx, person_id=person_id)
    assert send(app, server).withheld == 1
    assert server.sent == []


def test_an_invitation_mails_a_link_that_is_stored_nowhere(app, server, person_id):
    raise_notice(app, person_id, NoticeKind.INVITATION)
    send(app, server)
    ((_, mail),) = server.sent
    text = mail.get_body(("plain",)).get_content()
    token = re.search(r"/invitation/(\S+)", text)[1]
    with app.reading() as tx:
        stored = tx.session.scalar(select(Notice))
        assert token not in f"{stored.facts}{stored.key}{stored.words}"
    with app.transaction() as tx:
        assert (
            accept_invitation(tx, token=token, password="correct horse battery").person.person_id
            == person_id
        )


def test_a_sign_in_link_works_once_and_not_for_long(app, server, person_id):
    def ask():
        with app.transaction() as tx:
            mail_sign_in_link(tx, email="Ada@acme.example ")
        send(app, server)
        text = server.sent[-1][1].get_body(("plain",)).get_content()
        return re.search(r"/sign-in/link/(\S+)", text)[1]

    def use(token):
        with app.transaction() as tx:
            return use_sign_in_link(tx, token=token, ip="::1", user_agent="test")

    token = ask()
    assert use(token).person.email == "ada@acme.example"
    with pytest.raises(SignInLinkInvalid):
        use(token)
    wait(app, minutes=2)
    late = ask()
    wait(app, minutes=16)
    with pytest.raises(SignInLinkInvalid, match="older than 15 minutes"):
        use(late)
    first = ask()
    wait(app, minutes=2)
    second = ask()
    with pytest.raises(SignInLinkInvalid):
        use(first)
    assert use(second)


def test_a_stranger_is_mailed_nothing(app, server):
    with app.transaction() as tx:
        mail_sign_in_link(tx, email="nobody@acme.example")
    assert not send(app, server)


def test_a_server_that_is_busy_is_asked_again_and_a_hopeless_address_is_not(app, server, person_id):
    raise_notice(app, person_id)
    server.refuse = DefinitelyNotSent("try later", code=451)
    assert send(app, server).postponed == 1
    assert not send(app, server)
    wait(app, minutes=2)
    server.refuse = DefinitelyNotSent("no such user", code=550, permanent=True)
    assert send(app, server).failed == 1
    wait(app, days=1)
    assert not send(app, server)
    assert statuses(app) == [NoticeStatus.FAILED]


def test_a_lost_answer_is_never_sent_again_by_itself(app, server, person_id):
    raise_notice(app, person_id)
    server.lose = True
    assert send(app, server).unknown == 1
    server.lose = False
    wait(app, days=1)
    assert not send(app, server)
    assert statuses(app) == [NoticeStatus.UNKNOWN]


@pytest.mark.parametrize(("moment", "sent"), [("offer", 1), ("finish", 0)])
def test_a_sender_that_dies_sends_nothing_twice(app, server, person_id, moment, sent):
    class Killed(BaseException):
        """The process dies here."""

    raise_notice(app, person_id)
    deadly = Server()
    if moment == "offer":
        deadly.refuse = Killed()
    else:
        deadly.offer = lambda *_: type(
            "Delivery",
            (),
            {"finish": lambda _: (_ for _ in ()).throw(Killed()), "abandon": lambda _: None},
        )()
    with pytest.raises(Killed):
        send(app, deadly)
    assert not send(app, server)
    wait(app, minutes=3)
    assert send(app, server).sent == sent


def test_the_link_to_ones_choice_cannot_be_made_up():
    token = token_of("s" * 40, 7)
    assert person_of("s" * 40, token) == 7
    for bad in ("", "7", "7-", token[:-1], token.replace("7-", "8-"), "٧-abc", "x" * 300):
        with pytest.raises(LinkUnknown):
            person_of("s" * 40, bad)
