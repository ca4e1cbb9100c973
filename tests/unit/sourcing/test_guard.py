import pytest

from recruit.network import is_public
from recruit.sourcing.crawling.guard import AddressGuard


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_the_public_internet_is_open(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "nonsense",
    ],
)
def test_private_addresses_are_closed_however_they_are_written(address: str) -> None:
    assert not is_public(address)


def test_a_private_host_is_open_only_under_the_name_and_port_that_was_allowed() -> None:
    guard = AddressGuard(["127.0.0.1:8080", "[::1]:8080"])
    assert guard.allows("127.0.0.1", 8080, "127.0.0.1")
    assert guard.allows("::1", 8080, "::1")
    assert not guard.allows("127.0.0.1", 22, "127.0.0.1")
    assert not guard.allows("localhost", 8080, "127.0.0.1")
    assert 'allow_private_hosts = ["localhost:8080"]' in (guard.refusal("localhost") or "")
    assert guard.refusal("example.com") is None


def test_a_public_name_that_leads_inside_is_refused() -> None:
    assert not AddressGuard().allows("rebind.example.com", 80, "169.254.169.254")
