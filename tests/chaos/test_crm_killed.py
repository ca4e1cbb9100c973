"""Pushers that are killed at each step of the outbox leave nothing that one run doesn't settle.

CI kills one at each step on two fakes; `SOAK=1` kills fifty at each step, on each fake and on a real Tryton.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from recruit.clock import VirtualClock
from tests.chaos.crm_lives import Lives, Moment
from tests.contracts.fakes.peer import Peer
from tests.contracts.fakes.peers import PEERS
from tests.contracts.tryton.server import TrytonServer, make_tryton

pytestmark = pytest.mark.chaos

SOAK = bool(os.environ.get("SOAK"))
KILLS = 50 if SOAK else 1
# One that takes batches and one that looks and writes one by one.
NAMES = [*PEERS, "tryton"] if SOAK else ["hubspot", "pipedrive"]


@pytest.fixture(params=NAMES)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Peer, str]]:
    """A CRM and its address on loopback."""
    if request.param == "tryton":
        server = TrytonServer()
        peer: Peer = make_tryton(server)
        yield peer, server.url
        server.stop()
    else:
        peer = PEERS[request.param]()
        yield peer, peer.fake.url
    peer.close()


@pytest.mark.timeout(3600 if SOAK else 120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_run_settles_what_killed_pushers_left_and_both_sides_are_equal(
    make_app: Any, served: tuple[Peer, str]
) -> None:
    peer, url = served
    # One clock for both sides, but for Tryton, whose clock is the machine's.
    clock = {"clock": peer.clock} if isinstance(peer.clock, VirtualClock) else {}
    lives = Lives(make_app(crm=peer.crm, **clock), peer, url)
    for moment in Moment:
        outcome = lives.end_at(moment, KILLS)
        assert outcome.is_whole, (moment, outcome)
    assert outcome.queued > 0
