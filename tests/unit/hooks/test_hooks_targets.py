"""Where a webhook may not go, however it is written."""

import socket
from typing import Any

import pytest

from recruit.hooks.targets import TargetRefused, check_target, find_target


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://",
        "ftp://hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://[::1",
        "https://localhost/",
        "https://crm.internal/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00::1]/",
        "https://hooks.example.com/" + "x" * 2000,
    ],
)
def test_a_private_or_broken_address_is_refused_when_somebody_subscribes(url: str) -> None:
    with pytest.raises(TargetRefused):
        check_target(url)


def _leads_to(*addresses: str) -> Any:
    def look_up(_name: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    return look_up


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.215.14", "10.0.0.1"), ()])
def test_a_name_that_leads_to_one_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _leads_to(*addresses))
    with pytest.raises(TargetRefused):
        find_target("https://hooks.example.com/")


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _leads_to("93.184.215.14"))
    target = find_target("https://hooks.example.com:8443/in?a=b#c")
    assert target.url == "https://93.184.215.14:8443/in?a=b"
    assert (target.host, target.name) == ("hooks.example.com:8443", "hooks.example.com")
