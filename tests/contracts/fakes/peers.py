"""Every CRM that the contract suite runs on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from recruit.clock import VirtualClock
from recruit.config import Secret
from recruit.crm.adapters.embedded_schema import SCHEMA
from recruit.crm.adapters.hubspot import HubSpotCrm
from recruit.crm.adapters.hubspot_wire import to_wire as hubspot_text
from tests.conftest import NOW
from tests.contracts.fakes import hubspot
from tests.contracts.fakes.peer import Peer, words_of

_HUBSPOT_TYPES = {"text": "string", "boolean": "bool"}


def make_hubspot(*, seed: int = 1, tick: timedelta = timedelta(seconds=1), **adapter: Any) -> Peer:
    """Return a HubSpot account with the properties of the packaged mapping."""
    clock, words = VirtualClock(NOW), words_of("hubspot")
    objects = {
        word.name: {
            "recruit_id": hubspot.Property(unique=True),
            **{
                own: hubspot.Property(
                    _HUBSPOT_TYPES.get(SCHEMA[kind][name].kind, SCHEMA[kind][name].kind),
                    unique=(word.name, own) == ("contacts", "email"),
                )
                for name, own in word.fields.items()
                if not own.startswith("associations.")
            },
        }
        for kind, word in words.items()
    }
    objects["companies"]["lifecyclestage"] = hubspot.Property(
        "enumeration", options=("lead", "customer")
    )
    fake = hubspot.FakeHubSpot(clock, objects, seed=seed)
    for hub in fake.objects.values():
        hub.table.tick = tick
    pauses: list[float] = []
    crm = HubSpotCrm(
        Secret(hubspot.TOKEN), clock=clock, base_url=fake.url, sleep=pauses.append, **adapter
    )
    return Peer(
        crm,
        clock,
        words,
        fake,
        hubspot.TOKEN,
        pauses,
        to_wire=lambda _object, _name, value: hubspot_text(value),
        requires_name=False,
        longest_name=hubspot.LONGEST,
    )


PEERS: dict[str, Callable[..., Peer]] = {"hubspot": make_hubspot}
