"""Redirects stay on the site; signed values are ours and for their purpose."""

from types import SimpleNamespace
from typing import Any

import pytest

from recruit.config import Secret
from recruit.web.security import safe_next, sign, unsign, visitor_csrf

APP: Any = SimpleNamespace(secret=Secret("s" * 40))
OTHER: Any = SimpleNamespace(secret=Secret("t" * 40))


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        None,
    ],
)
def test_a_redirect_never_leaves_the_site(target: str | None) -> None:
    assert safe_next(target, "/home") == "/home"


@pytest.mark.parametrize("target", ["/prospects?sort=name&q=a//b", "/firms/3#touch-4", "/"])
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert safe_next(target) == target


def test_a_signed_value_comes_back() -> None:
    assert unsign(APP, "notice", sign(APP, "notice", "Zürich ✓")) == "Zürich ✓"


@pytest.mark.parametrize("token", ["", ".", "abc", "YQ.", "YQ.bad", "é.é"])
def test_a_value_that_we_did_not_sign_is_nothing(token: str) -> None:
    assert unsign(APP, "notice", token) is None


def test_a_signature_serves_one_purpose_and_one_installation() -> None:
    token = sign(APP, "notice", "text")
    assert unsign(APP, "csrf", token) is None
    assert unsign(OTHER, "notice", token) is None
    assert visitor_csrf(APP, "v") != visitor_csrf(OTHER, "v")
