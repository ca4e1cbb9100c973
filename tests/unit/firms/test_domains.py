"""A domain identifies a firm where it is the firm's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.firms.domains import (
    domain_label,
    identifying_domain,
    identifying_mail_domain,
    registrable_domain,
)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.shop.acme.co.uk/x?y#z", "acme.co.uk"),
        ("acme.com", "acme.com"),
        ("HTTPS://ACME.COM.", "acme.com"),
        ("info@northlight.example", "northlight.example"),
        ("https://a.b.northlight.example/", "northlight.example"),
        ("https://münchen-it.de", "xn--mnchen-it-q9a.de"),
        ("http://127.0.0.1:8000/", None),
        ("http://[::1]/", None),
        ("http://bad[", None),
        ("localhost", None),
        ("co.uk", None),
        ("", None),
        (None, None),
    ],
)
def test_the_registrable_domain_is_found(address: str | None, domain: str | None) -> None:
    assert registrable_domain(address) == domain


@pytest.mark.parametrize(
    "website",
    [
        "https://www.facebook.com/acme",
        "https://acme.github.io",
        "https://medium.com/@acme",
        "https://www.linkedin.com/company/acme",
        "https://acme.wordpress.com",
        "https://sites.google.com/view/acme",
    ],
)
def test_rented_ground_identifies_nobody(website: str) -> None:
    assert identifying_domain(website, "acme") is None


def test_the_landlord_is_known_by_its_name() -> None:
    assert identifying_domain("https://about.gitlab.com", "gitlab") == "gitlab.com"


def test_mail_boxes_for_anybody_identify_nobody() -> None:
    assert identifying_mail_domain("acme@gmail.com") is None
    assert identifying_mail_domain("info@acme.de") == "acme.de"
    assert domain_label("acme.co.uk") == "acme"


@given(st.text(max_size=80))
def test_any_text_may_be_asked(text: str) -> None:
    domain = registrable_domain(text)
    assert domain is None or "." in domain
