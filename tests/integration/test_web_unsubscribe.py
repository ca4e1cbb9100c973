"""The way out of every mail, as a person and as a mail provider take it."""

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from recruit.mail.adapters.memory import MemoryMailer
from recruit.sequences.tables import Enrollment, Suppression
from recruit.sequences.values import EnrollmentStatus, ExitReason
from recruit.wiring import App
from tests.factories.sequences import enroll_new_firm, make_sequence, sweep
from tests.factories.web import Visitor, open_visitor, words_of


@pytest.fixture
def link(app: App) -> str:
    """The path of the unsubscribe link in a mail that was really composed."""
    with app.transaction() as tx:
        make_sequence(tx)
        enroll_new_firm(tx)
    sweep(app)
    assert isinstance(app.mailer, MemoryMailer)
    raw = app.mailer.sent[0][1].decode()
    match = re.search(r"^List-Unsubscribe: <(.+)>", raw, flags=re.MULTILINE)
    assert match
    return urlsplit(match[1].strip()).path


@pytest.fixture
def nobody(app: App) -> Visitor:
    """Somebody who has no account."""
    return open_visitor(app, None)


def _stopped(app: App) -> bool:
    with app.reading() as tx:
        enrollment = tx.session.scalars(select(Enrollment)).one()
        suppressed = tx.session.scalars(select(Suppression)).all()
    stopped = enrollment.status is EnrollmentStatus.FINISHED
    assert stopped == bool(suppressed)
    assert not stopped or enrollment.exit_reason is ExitReason.OPTED_OUT
    return stopped


def test_opening_the_link_changes_nothing(app: App, nobody: Visitor, link: str) -> None:
    page = nobody.get(link)
    assert page.status_code == 200
    assert "Stop these messages?" in page.text
    assert "ann@" not in page.text, "the address is masked"
    assert not _stopped(app)


def test_one_click_from_a_mail_provider_stops_everything(
    app: App, nobody: Visitor, link: str
) -> None:
    for _ in range(2):
        response = nobody.client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/plain")
    assert _stopped(app)


def test_a_person_is_told_that_it_is_done(app: App, nobody: Visitor, link: str) -> None:
    response = nobody.client.post(link, headers={"Accept": "text/html"})
    assert "You will get no more messages" in words_of(response.text)
    assert "You will get no more messages" in words_of(nobody.get(link).text)
    assert _stopped(app)


@pytest.mark.usefixtures("link")
def test_a_link_that_is_not_ours_says_what_helps(app: App, nobody: Visitor) -> None:
    response = nobody.client.get("/u/not-a-token", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "answer the mail with “unsubscribe”" in words_of(response.text)
    assert nobody.client.post("/u/not-a-token").status_code == 404
    assert not _stopped(app)
