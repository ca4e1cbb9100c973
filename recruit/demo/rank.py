"""Step 3: rank the firms against the packaged ideal partner profile."""

import tomllib

from recruit.demo.world import DATA, World
from recruit.people.values import SYSTEM
from recruit.scoring.usecases import (
    RankedFirm,
    RankingReport,
    list_ranking,
    rank_firms,
    save_profile,
)

PROFILE = "cloud-native-service-partner"


def rank(world: World) -> RankingReport:
    """Save the profile and rank every firm against it."""
    definition = tomllib.loads((DATA / "profile.toml").read_text(encoding="utf-8"))
    with world.app.transaction() as tx:
        save_profile(tx, definition=definition, actor=SYSTEM.name)
        return rank_firms(tx, profile_name=PROFILE, actor=SYSTEM.name)


def best(world: World, top: int) -> list[RankedFirm]:
    """Return the best firms with their reasons."""
    with world.app.reading() as tx:
        return list_ranking(tx, profile_name=PROFILE, top=top)
