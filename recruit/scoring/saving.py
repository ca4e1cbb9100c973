"""What people do with profiles: save one, look one up, compare it with what is saved."""

from collections.abc import Mapping
from typing import Any

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.db.transaction import Transaction
from recruit.people.values import SYSTEM
from recruit.scoring.changes import describe_changes
from recruit.scoring.profile import ProfileDefinition, parse_profile
from recruit.scoring.store import (
    ProfileNotFound,
    find_latest_version,
    find_profile,
    get_latest_version,
    list_profile_lines,
    list_profile_names,
)
from recruit.scoring.tables import Profile, ProfileVersion
from recruit.scoring.values import ProfileChange, ProfileLine


def save_profile(
    tx: Transaction,
    *,
    definition: ProfileDefinition | Mapping[str, Any],
    actor: str = SYSTEM.name,
) -> ProfileVersion:
    """Save a profile as a new version; what says the same as its newest version is that version.

    Raises `ProfileError` where the definition cannot be used.
    """
    wanted = _parsed(definition)
    profile = find_profile(tx, wanted.name)
    if profile is None:
        profile = Profile(name=wanted.name, title=wanted.title, created_at=tx.now)
        tx.session.add(profile)
        tx.session.flush()
    newest = find_latest_version(tx, wanted.name)
    if newest is not None and newest.definition_hash == wanted.content_hash:
        return newest
    profile.title = wanted.title
    version = ProfileVersion(
        profile_id=profile.id,
        number=1 if newest is None else newest.number + 1,
        definition=dict(wanted.source),
        definition_hash=wanted.content_hash,
        created_at=tx.now,
        created_by=actor,
        ranked_at=None,
    )
    tx.session.add(version)
    tx.session.flush()
    record(
        tx,
        Deed.PROFILE_SAVED,
        "profile",
        profile.name,
        actor=actor,
        number=version.number,
        sha256=version.definition_hash,
    )
    return version


def compare_profile(
    tx: Transaction, *, definition: ProfileDefinition | Mapping[str, Any]
) -> ProfileChange:
    """Return how a profile differs from its newest saved version, without saving it."""
    wanted = _parsed(definition)
    newest = find_latest_version(tx, wanted.name)
    if newest is None:
        return ProfileChange(None, ())
    return ProfileChange(newest.number, describe_changes(newest.definition, wanted.source))


def list_profiles(tx: Transaction) -> list[ProfileLine]:
    """Return every profile by its newest version, sorted by name."""
    return list_profile_lines(tx)


def get_profile(tx: Transaction, *, profile_name: str) -> ProfileDefinition:
    """Return the newest version of a profile, parsed; raises `ProfileNotFound`."""
    version = get_latest_version(tx, profile_name)
    return parse_profile(version.definition, f"{profile_name}, version {version.number}")


def pick_profile_name(tx: Transaction, *, given: str | None) -> str:
    """Return the profile's name that was given, or the only one there is; raises `ProfileNotFound`."""
    names = list_profile_names(tx)
    if given is not None or len(names) == 1:
        return given or names[0]
    if not names:
        raise ProfileNotFound(
            "There is no profile yet. Load one with: recruit profile load FILE.toml"
        )
    raise ProfileNotFound(f"Which profile? Choose one with --profile: {', '.join(names)}.")


def _parsed(definition: ProfileDefinition | Mapping[str, Any]) -> ProfileDefinition:
    return definition if isinstance(definition, ProfileDefinition) else parse_profile(definition)
