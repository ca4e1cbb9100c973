"""Fixtures of the contract suite."""

from collections.abc import Iterator

import pytest

from tests.contracts.tryton.server import TrytonServer


@pytest.fixture(scope="session")
def tryton_server() -> Iterator[TrytonServer]:
    """A real Tryton server, for all tests of this process."""
    server = TrytonServer()
    yield server
    server.stop()
