"""A browser for tests: a client that is signed in and carries the form's token."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from recruit.people.tables import LoginSession, Person
from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App


class Visitor:
    """Somebody at a browser. Redirects are not followed, so that tests see them."""

    def __init__(self, web: FastAPI, *, csrf: str = "", token: str = "") -> None:
        """Keep the session's cookie and its form token."""
        self.client = TestClient(web, follow_redirects=False, raise_server_exceptions=False)
        self.csrf = csrf
        if token:
            self.client.cookies.set("recruit_session", token)

    def get(self, url: str, **params: Any) -> Response:
        """Open a page."""
        return self.client.get(url, params=params or None)

    def ask(self, url: str, **params: Any) -> Response:
        """Ask for a part of a page, as htmx does."""
        return self.client.get(url, params=params or None, headers={"HX-Request": "true"})

    def post(self, url: str, **fields: Any) -> Response:
        """Send a form with its token."""
        return self.client.post(url, data={"csrf_token": self.csrf} | fields)

    def see(self, url: str, **params: Any) -> str:
        """Open a page that must be there, and return its text without tags, spaces folded."""
        response = self.get(url, **params)
        assert response.status_code == 200, response.text
        return words_of(response.text)


def words_of(html: str) -> str:
    """Return what a person reads: no tags, entities for quotes undone, spaces folded."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text)
    for entity, character in {
        "&#39;": "'",
        "&#34;": '"',
        "&lt;": "<",
        "&gt;": ">",
        "&amp;": "&",
    }.items():
        text = text.replace(entity, character)
    return re.sub(r"\s+", " ", text)


def open_visitor(
    app: App, role: Role | None = Role.RECRUITER, web: FastAPI | None = None
) -> Visitor:
    """Return a visitor who is signed in with this role; None is nobody."""
    web = web or create_app(app)
    if role is None:
        return Visitor(web)
    token, csrf = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    with app.transaction() as tx:
        person = Person(
            email=f"{role.value}-{token[:6].lower()}@northlight.example",
            name="Robin Vale",
            role=role,
            created_at=tx.now,
        )
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(
            LoginSession(
                person_id=person.id,
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                csrf_token=csrf,
                created_at=tx.now,
                expires_at=tx.now + timedelta(hours=8),
                user_agent="test",
                ip="127.0.0.1",
            )
        )
    return Visitor(web, csrf=csrf, token=token)
