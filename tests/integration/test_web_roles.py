"""Who may see what: every page by every role, so that a new page cannot be forgotten."""

import re

import pytest
from fastapi.routing import APIRoute

from recruit.people.values import Role
from recruit.web.app import create_app
from recruit.wiring import App
from tests.factories.web import open_visitor, words_of
from tests.integration.test_web_doors import _routes

PUBLIC = {
    "/sign-in",
    "/sign-in/company",
    "/sign-in/company/{key}",
    "/sign-in/company/{key}/back",
    "/sign-in/link",
    "/sign-in/link/{token}",
    "/invitation/{token}",
    "/notices/{token}",
    "/u/{token}",
    "/apply/{program}",
    "/answer/{token}",
    "/verify",
    "/badges/issuer",
    "/badges/keys",
    "/badges/revocations",
    "/badges/achievements/{key}/{number}",
    "/badges/{serial}",
    "/.well-known/jwks.json",
    "/static",
}

ADMINS = ("/people", "/audit")


def _pages(app: App) -> list[str]:
    return sorted(
        {
            route.path
            for route in _routes(create_app(app).routes)
            if isinstance(route, APIRoute) and "GET" in (route.methods or ())
        }
    )


@pytest.mark.parametrize("role", [Role.ADMIN, Role.CHANNEL_MANAGER, Role.RECRUITER])
def test_staff_see_every_page_of_the_desk_and_none_of_the_portal(app: App, role: Role) -> None:
    visitor = open_visitor(app, role)
    for path in _pages(app):
        response = visitor.get(re.sub(r"\{[^}]+\}", "1", path))
        if path.startswith("/portal"):
            assert response.status_code in {403, 404}, path
        elif path.startswith(ADMINS) and role is not Role.ADMIN:
            assert response.status_code == 403, path
            assert "for administrators" in words_of(response.text)
        elif path not in PUBLIC:
            assert response.status_code in {200, 303, 404}, path


def test_partners_see_no_page_of_the_desk(app: App) -> None:
    visitor = open_visitor(app, Role.PARTNER)
    desk = [
        p
        for p in _pages(app)
        if p not in PUBLIC and not p.startswith(("/portal", "/verify", "/account"))
    ]
    assert {"/", "/prospects", "/firms/{firm_id}", "/replies", "/crm"} <= set(desk)
    for path in desk:
        response = visitor.get(re.sub(r"\{[^}]+\}", "1", path))
        assert response.status_code == 403, path
        assert "Everything for you is in your portal" in words_of(response.text)


def test_partners_change_nothing_on_the_desk(app: App) -> None:
    visitor = open_visitor(app, Role.PARTNER)
    posts = [
        route.path
        for route in _routes(create_app(app).routes)
        if isinstance(route, APIRoute)
        and "POST" in (route.methods or ())
        and not route.path.startswith(
            (
                "/portal",
                "/account",
                "/sign",
                "/invitation",
                "/notices/",
                "/u/",
                "/hooks/",
                "/apply",
                "/answer",
                "/verify",
            )
        )
    ]
    assert len(posts) > 10
    for path in posts:
        response = visitor.post(re.sub(r"\{[^}]+\}", "1", path))
        assert response.status_code == 403, path


def test_nobody_sees_anything_but_the_doors(app: App) -> None:
    visitor = open_visitor(app, None)
    for path in _pages(app):
        response = visitor.get(re.sub(r"\{[^}]+\}", "1", path))
        if path in PUBLIC:
            assert response.status_code in {200, 404}, path
        elif not path.startswith("/verify"):
            assert response.status_code == 303, path
            assert response.headers["location"].startswith("/sign-in"), path
