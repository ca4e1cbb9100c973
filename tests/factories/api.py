"""A program that asks the API with a key."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from recruit.people.api_keys import KeyView, Scope, add_api_key
from recruit.wiring import App


class Program:
    """A program with a key of its own, or none; errors of the server come back as answers."""

    def __init__(self, web: FastAPI, token: str = "", key: KeyView | None = None) -> None:
        """Keep the token for every request."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = TestClient(web, headers=headers, raise_server_exceptions=False)
        self.key = key

    def get(self, path: str, **params: Any) -> Response:
        """Ask for something below /api/v1."""
        return self.client.get(f"/api/v1{path}", params=params or None)

    def post(self, path: str, body: Any = None, *, once: str | None = None) -> Response:
        """Send JSON; `once` is the Idempotency-Key."""
        headers = {"Idempotency-Key": once} if once else {}
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)

    def delete(self, path: str) -> Response:
        """Delete something."""
        return self.client.delete(f"/api/v1{path}")


def make_key(
    app: App, scopes: Collection[Scope] = tuple(Scope), days: int = 30
) -> tuple[KeyView, str]:
    """Make a key, of all scopes unless told."""
    with app.transaction() as tx:
        return add_api_key(
            tx, name="a program", scopes=scopes, lasts=timedelta(days=days), actor="test"
        )


def make_program(app: App, web: FastAPI, *scopes: Scope) -> Program:
    """Make a program with a key of these scopes, or of all."""
    key, token = make_key(app, scopes or tuple(Scope))
    return Program(web, token, key)
