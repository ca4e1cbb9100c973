"""A small world in every state that the desk can show; deterministic, so that pictures can be compared."""

import tomllib
from importlib.resources import files
from typing import Any

from recruit.db.transaction import Transaction
from recruit.scoring.usecases import rank_firms, save_profile
from tests.factories.world.found import store_firms
from tests.factories.world.ids import World
from tests.factories.world.joining import publish_packaged_track
from tests.factories.world.outreach import enroll_in_every_state
from tests.factories.world.told import tell_crm

__all__ = ["PROFILE", "World", "build_world"]

PROFILE: dict[str, Any] = tomllib.loads(
    (files("recruit.demo") / "data" / "profile.toml").read_text(encoding="utf-8")
)


def build_world(tx: Transaction, *, firms: int = 130, seed: int = 7, times: int = 1) -> World:
    """Fill the database and return the ids that tests ask for; `times` repeats what happens to firms."""
    world = World()
    stored = store_firms(tx, world, count=firms, seed=seed)
    for title in ("A first try", PROFILE["title"]):
        version = save_profile(tx, definition=PROFILE | {"title": title}, actor="Alex Moor")
    world.profile_version_id = version.id
    rank_firms(tx, profile_name=PROFILE["name"])
    publish_packaged_track(tx)
    enroll_in_every_state(tx, world, stored, seed=seed, times=times)
    tell_crm(tx, stored)
    return world
