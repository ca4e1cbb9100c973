"""Step 6: tell the CRM everything, and show that both sides are equal."""

from recruit.crm.mapping import find_mapping
from recruit.demo.world import DATA, World
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import Difference, reconcile
from recruit.sync.usecases import announce_drifted


def lay_mapping(world: World) -> None:
    """Put the demo's mapping where every command finds it."""
    text = (DATA / "crm_mapping.toml").read_text(encoding="utf-8")
    (world.folder / "crm_mapping.toml").write_text(text, encoding="utf-8")


def converse(world: World) -> int:
    """Push what has changed and hear what the CRM says; return how many records were written."""
    app = world.app
    if app.crm is None:
        return 0
    mapping = find_mapping(app.settings.var_dir, app.settings.crm)
    written = push_changes(app.transaction, app.crm, mapping).written
    pull_changes(app.transaction, app.crm, mapping)
    return written


def settle(world: World) -> None:
    """Tell also what changed without an edit, such as a first sign-in or a certificate that ran out."""
    announce_drifted(
        world.app.transaction, find_mapping(world.app.settings.var_dir, world.app.settings.crm)
    )
    converse(world)


def differences(world: World) -> list[Difference]:
    """Compare both sides record by record."""
    app = world.app
    if app.crm is None:
        return []
    return reconcile(app.transaction, app.crm, find_mapping(app.settings.var_dir, app.settings.crm))
