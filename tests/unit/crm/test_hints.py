"""HubSpot's signature of version 3, as HubSpot's own SDK makes it."""

from datetime import timedelta

import pytest

from recruit.crm.hints import HintNotSigned, check_hubspot, decode_address, sign_hubspot
from tests.conftest import NOW

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URL = "https://recruit.example/hooks/crm"
BODY = b'[{"eventId":1,"subscriptionType":"company.propertyChange","objectId":12}]'
STAMP = str(int(NOW.timestamp() * 1000))


def check(*, signature: str = "", stamp: str = STAMP, body: bytes = BODY, url: str = URL) -> None:
    signature = signature or sign_hubspot(SECRET, method="POST", url=URL, body=BODY, stamp=stamp)
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    check_hubspot(SECRET, headers, method="POST", url=url, body=body, now=NOW)


def test_a_signature_is_the_one_that_hubspots_sdk_makes() -> None:
    # The example of HubSpot's Python SDK, tests/spec/utils/test_signature.py.
    assert (
        sign_hubspot(
            SECRET,
            method="POST",
            url="https://www.example.com/webhook_uri",
            body=b"{'example_field':'example_value'}",
            stamp="15000000",
        )
        == "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw="
    )


def test_a_hint_that_is_signed_now_is_heard() -> None:
    check()


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_timestamp_may_be_five_minutes_off(minutes: int) -> None:
    check(stamp=str(int((NOW + timedelta(minutes=minutes)).timestamp() * 1000)))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_older_or_a_future_timestamp_is_refused(seconds: int) -> None:
    with pytest.raises(HintNotSigned, match="five minutes"):
        check(stamp=str(int((NOW + timedelta(seconds=seconds)).timestamp() * 1000)))


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1e9", "٣", " 1"])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    with pytest.raises(HintNotSigned, match="needed"):
        check(signature="x", stamp=stamp)


@pytest.mark.parametrize(
    "forged",
    [
        {"body": BODY + b" "},
        {"url": URL + "?x=1"},
        {"url": "https://other.example/hooks/crm"},
        {"signature": "ü"},
        {"signature": "AAAA"},
    ],
)
def test_another_body_address_or_signature_is_refused(forged: dict[str, object]) -> None:
    with pytest.raises(HintNotSigned, match="another"):
        check(**forged)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        (
            "https://a.example/x%3Ay%2fz%40%21%24%27%28%29%2A%2C%3B",
            "https://a.example/x:y/z@!$'()*,;",
        ),
        ("https://a.example/x%20y%26z%3D%23", "https://a.example/x%20y%26z%3D%23"),
        ("https://a.example/x?q=%C3%BC&r=a+b", "https://a.example/x?q=%C3%BC&r=a+b"),
        ("https://a.example/%253A", "https://a.example/%253A"),
        ("https://a.example/x?a=1#part", "https://a.example/x?a=1"),
    ],
)
def test_an_address_is_decoded_as_hubspot_does(url: str, signed: str) -> None:
    assert decode_address(url) == signed
