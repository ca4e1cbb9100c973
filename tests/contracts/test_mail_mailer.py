"""One suite against every mailer, and the ways in which a mail server can say no."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from recruit.config import Secret, SmtpSecurity
from recruit.mail.adapters.console import ConsoleMailer
from recruit.mail.adapters.memory import MemoryMailer
from recruit.mail.adapters.smtp import SmtpMailer
from recruit.mail.port import DefinitelyNotSent, Envelope, Mailer, NoRoom, OutcomeUnknown
from tests.factories.sequences import Sink, smtp_sink

ENVELOPE = Envelope("partners@vendor.example", "ann@firm.example")
MESSAGE = b"Subject: Hi\r\nTo: ann@firm.example\r\n\r\nHello\r\n.\r\n..two\nbare line end\r\n"


@dataclass
class Outlet:
    """A mailer, and what arrived behind it."""

    mailer: Mailer
    arrived: Callable[[], int]


def smtp(port: int, **over: Any) -> SmtpMailer:
    values = {"host": "127.0.0.1", "port": port, "security": SmtpSecurity.NONE, "timeout_s": 3.0}
    return SmtpMailer(**(values | over))


@pytest.fixture(params=["memory", "console", "smtp"])
def outlet(request: pytest.FixtureRequest) -> Iterator[Outlet]:
    """Every mailer in turn."""
    if request.param == "memory":
        memory = MemoryMailer()
        yield Outlet(memory, lambda: len(memory.sent))
    elif request.param == "console":
        stream = io.StringIO()
        yield Outlet(ConsoleMailer(stream), lambda: stream.getvalue().count("Subject: Hi"))
    else:
        sink = Sink()
        with smtp_sink(sink) as port:
            mailer = smtp(port)
            yield Outlet(mailer, lambda: len(sink.taken))
            mailer.close()


def test_a_finished_delivery_arrives_once_with_the_servers_words(outlet: Outlet) -> None:
    words = outlet.mailer.offer(ENVELOPE, MESSAGE).finish()
    assert words.startswith("250")
    assert outlet.arrived() == 1


def test_an_abandoned_delivery_never_arrives_and_the_next_one_does(outlet: Outlet) -> None:
    outlet.mailer.offer(ENVELOPE, MESSAGE).abandon()
    assert outlet.arrived() == 0
    outlet.mailer.offer(ENVELOPE, MESSAGE).finish()
    assert outlet.arrived() == 1


def test_a_mailer_can_be_used_again_after_it_was_closed(outlet: Outlet) -> None:
    for _ in range(2):
        outlet.mailer.offer(ENVELOPE, MESSAGE).finish()
        outlet.mailer.close()
    assert outlet.arrived() == 2


def test_smtp_carries_the_text_byte_for_byte() -> None:
    sink = Sink()
    with smtp_sink(sink) as port:
        mailer = smtp(port)
        mailer.offer(ENVELOPE, MESSAGE).finish()
        mailer.offer(ENVELOPE, b"Subject: x\n\nno end of line").finish()
        mailer.close()
    assert sink.taken[0] == ("ann@firm.example", MESSAGE.replace(b"two\nbare", b"two\r\nbare"))
    assert sink.taken[1][1] == b"Subject: x\r\n\r\nno end of line\r\n"


def test_smtp_keeps_one_connection_between_messages_and_renews_it() -> None:
    sink = Sink()
    with smtp_sink(sink) as port:
        mailer = smtp(port)
        for _ in range(3):
            mailer.offer(ENVELOPE, MESSAGE).finish()
        first = mailer._idle[0]
        assert first.messages == 3
        # The server has hung up meanwhile: the next message gets a new connection.
        first.smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        mailer.offer(ENVELOPE, MESSAGE).finish()
        assert mailer._idle != [first]
        mailer.close()
    assert len(sink.taken) == 4


def test_smtp_gives_each_delivery_at_the_same_time_a_connection_of_its_own() -> None:
    sink = Sink()
    with smtp_sink(sink) as port:
        mailer = smtp(port)
        deliveries = [mailer.offer(ENVELOPE, MESSAGE) for _ in range(3)]
        deliveries[1].abandon()
        deliveries[2].finish()
        deliveries[0].finish()
        mailer.close()
    assert len(sink.taken) == 2


@pytest.mark.parametrize(
    ("reply", "permanent", "about_us"),
    [
        ("550 5.1.1 No such user", True, False),
        ("552 5.2.2 Mailbox full", False, False),
        ("450 4.2.0 Greylisted", False, False),
        ("554 5.7.1 blocked using Spamhaus", True, True),
    ],
)
@pytest.mark.parametrize("stage", ["rcpt", "dot"])
def test_smtp_tells_what_a_refusal_means(
    reply: str, permanent: bool, about_us: bool, stage: str
) -> None:
    sink = Sink(on_rcpt=lambda _: reply) if stage == "rcpt" else Sink(script=lambda _: reply)
    with smtp_sink(sink) as port:
        mailer = smtp(port)
        with pytest.raises(DefinitelyNotSent) as caught:
            mailer.offer(ENVELOPE, MESSAGE).finish()
        refusal = caught.value
        assert (refusal.code, refusal.permanent, refusal.about_us) == (
            int(reply[:3]),
            permanent,
            about_us,
        )
        assert refusal.text == reply
        # The connection is fit for the next message.
        assert len(mailer._idle) == 1
        mailer.close()
    assert sink.taken == []


@pytest.mark.parametrize("drop", ["drop-before", "drop-after"])
def test_smtp_does_not_guess_when_the_connection_breaks_after_the_dot(drop: str) -> None:
    with smtp_sink(Sink(script=lambda _: drop)) as port:
        mailer = smtp(port)
        with pytest.raises(OutcomeUnknown):
            mailer.offer(ENVELOPE, MESSAGE).finish()
        mailer.close()


def test_smtp_cannot_be_sent_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(DefinitelyNotSent, match=f"127.0.0.1:{port} cannot be reached") as caught:
        smtp(port).offer(ENVELOPE, MESSAGE)
    assert caught.value.code is None


@contextmanager
def scripted(lines: list[bytes]) -> Iterator[int]:
    """A server that says these lines, one for each that it hears, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as heard:
                for line in lines:
                    connection.sendall(line + b"\r\n")
                    if not heard.readline():
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


HELLO = [b"220 ready", b"250 hello"]


@pytest.mark.parametrize(
    ("lines", "code", "about_us"),
    [
        ([b"554 5.7.1 Go away"], 554, True),
        ([b"421 4.3.2 Too busy"], 421, True),
        ([*HELLO, b"550 5.7.1 Sender refused"], 550, True),
        ([*HELLO, b"250 ok", b"250 ok", b"451 4.3.0 Later"], 451, False),
        ([*HELLO, b"250 ok", b"421 4.3.2 Shutting down"], 421, False),
        ([*HELLO, b"250 ok"], None, False),
        ([b"220 ready"], None, False),
        ([b"gibberish"], None, False),
    ],
)
def test_smtp_knows_that_nothing_was_sent_before_354(
    lines: list[bytes], code: int | None, about_us: bool
) -> None:
    with scripted(lines) as port, pytest.raises(DefinitelyNotSent) as caught:
        smtp(port).offer(ENVELOPE, MESSAGE)
    assert (caught.value.code, caught.value.about_us) == (code, about_us)


def test_smtp_parks_an_answer_to_the_dot_that_means_nothing() -> None:
    answers = [*HELLO, b"250 ok", b"250 ok", b"354 go on", b"299 what"]
    short = b"x\r\n"
    with scripted(answers) as port:
        delivery = smtp(port).offer(ENVELOPE, short)
        with pytest.raises(OutcomeUnknown):
            delivery.finish()


def test_smtp_logs_in_and_tells_a_wrong_password_from_a_refused_recipient() -> None:
    def check(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    sink = Sink()
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=port,
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        good = smtp(port, user="us", password=Secret("right"))
        good.offer(ENVELOPE, MESSAGE).finish()
        good.close()
        with pytest.raises(DefinitelyNotSent) as caught:
            smtp(port, user="us", password=Secret("wrong")).offer(ENVELOPE, MESSAGE)
    finally:
        controller.stop()
    assert (caught.value.about_us, caught.value.permanent) == (True, True)
    assert len(sink.taken) == 1


def test_smtp_does_not_go_on_without_the_tls_that_was_asked_for() -> None:
    sink = Sink()
    with smtp_sink(sink) as port:
        with pytest.raises(DefinitelyNotSent, match="STARTTLS"):
            smtp(port, security=SmtpSecurity.STARTTLS).offer(ENVELOPE, MESSAGE)
        with pytest.raises(DefinitelyNotSent):
            smtp(port, security=SmtpSecurity.TLS).offer(ENVELOPE, MESSAGE)
    assert sink.taken == []


def test_console_prints_who_would_get_what() -> None:
    stream = io.StringIO()
    ConsoleMailer(stream).offer(ENVELOPE, MESSAGE).finish()
    assert "--- mail to ann@firm.example from partners@vendor.example" in stream.getvalue()
    assert message_from_bytes(MESSAGE)["Subject"] in stream.getvalue()


def test_smtp_talks_about_several_messages_at_once_and_says_where_there_is_no_more_room() -> None:
    sink = Sink()
    with smtp_sink(sink) as port:
        mailer = smtp(port)
        talks = [mailer.begin(ENVELOPE, MESSAGE) for _ in range(4)]
        with pytest.raises(NoRoom):
            mailer.begin(ENVELOPE, MESSAGE)
        for talk in talks:
            talk.await_readiness()
        assert sink.taken == []
        for talk in talks:
            talk.let_go()
        assert [talk.await_answer() for talk in talks] == ["250 OK"] * 4
        # Room is back as soon as one is answered.
        mailer.begin(ENVELOPE, MESSAGE).abandon()
        mailer.close()
    assert len(sink.taken) == 4
