"""`recruit crm …`: the conversation with the customer's CRM."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli.output import (
    Format,
    FormatOption,
    console,
    err_console,
    fail,
    open_app,
    print_rows,
)

crm = typer.Typer(help="The conversation with the CRM.", no_args_is_help=True)

MappingOption = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="A mapping file; else crm_mapping.toml in the var folder, else the packaged one.",
    ),
]
EntryArgument = Annotated[int, typer.Argument(help="The number that `recruit crm dead` prints.")]


def register(cli: typer.Typer) -> None:
    """Add this module's commands, and those about files and first links."""
    import recruit.cli.crm_files
    import recruit.cli.crm_questions  # noqa: F401  (both add their commands to this group)

    cli.add_typer(crm, name="crm")


@crm.command("doctor")
def doctor(mapping_file: MappingOption = None, output_format: FormatOption = Format.TABLE) -> None:
    """Connect and look before the first write: fields, types, lengths, choices and rights.

    Writes nothing. Exits with 1 when something would be refused.
    """
    from recruit.sync.doctor import Level, examine

    with _connected(mapping_file) as (app, peer, mapping):
        findings = examine(peer, mapping)
        name = app.settings.crm.value
    print_rows([vars(finding) for finding in findings], ["level", "where", "text"], output_format)
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    if problems:
        fail(f"Problems: {problems}. Nothing can be told before they are mended.")
    if output_format is Format.TABLE:
        console.print(
            f"{name} can be told. `recruit crm plan` shows what the first push would write."
        )


@crm.command("plan")
def plan(mapping_file: MappingOption = None, output_format: FormatOption = Format.TABLE) -> None:
    """Show what the next push would write, and write nothing."""
    from recruit.sync.planning import plan_sync

    with _connected(mapping_file) as (app, peer, mapping):
        planned = plan_sync(app.reading, peer, mapping)
    rows = [
        {
            "firm_id": write.firm_id,
            "firm": write.firm,
            "record": write.kind,
            "external_id": write.external_id,
            "what": write.what,
            "changes": write.text or _changes(write.changes, output_format),
        }
        for write in planned
    ]
    columns = ["firm_id", "firm", "record", "external_id", "what", "changes"]
    print_rows(rows, columns, output_format)
    if output_format is Format.TABLE:
        writes = sum(write.what in {"create", "link", "update"} for write in planned)
        console.print(f"{writes:,} records would be written. Nothing was.", highlight=False)


@crm.command("push")
def push(
    mapping_file: MappingOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="First queue every firm whose story the CRM lacks.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Tell the CRM what changed. Exits with 1 when something was refused or could not be told."""
    from rich.progress import Progress

    from recruit.sync.push import push_changes
    from recruit.sync.usecases import announce_drifted

    with _connected(mapping_file) as (app, peer, mapping):
        if everything:
            announce_drifted(app.transaction, mapping)
        with Progress(console=err_console, transient=True) as progress:
            bar = progress.add_task("Telling the CRM", total=None)
            report = push_changes(
                app.transaction,
                peer,
                mapping,
                on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )
    print_rows(
        [vars(report) | {"written": report.written}], [*vars(report), "written"], output_format
    )
    if report.stopped:
        fail(f"The CRM could not be asked: {report.stopped} The rest waits for the next push.")
    if report.dead:
        fail(f"Refused: {report.dead:,} of the firms. `recruit crm dead` says why.")
    if report.unknown:
        fail(f"Answer lost: {report.unknown:,} of the firms. Push again; it looks first.")


@crm.command("pull")
def pull(mapping_file: MappingOption = None, output_format: FormatOption = Format.TABLE) -> None:
    """Hear what changed in the CRM since the last pull."""
    from recruit.sync.pull import pull_changes

    with _connected(mapping_file) as (app, peer, mapping):
        report = pull_changes(app.transaction, peer, mapping)
    print_rows([vars(report)], list(vars(report)), output_format)
    if report.stopped:
        fail(f"The CRM could not be asked: {report.stopped} The next pull goes on from here.")


@crm.command("reconcile")
def reconcile(
    mapping_file: MappingOption = None,
    with_allowed: Annotated[
        bool, typer.Option("--all", help="Also list the differences that the mapping allows.")
    ] = False,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Compare both sides in full. Exits with 1 when they differ where they must not."""
    from recruit.sync.reconcile import reconcile

    with _connected(mapping_file) as (app, peer, mapping):
        found = reconcile(app.reading, peer, mapping, with_allowed=with_allowed)
    columns = ["firm_id", "firm", "kind", "external_id", "field", "ours", "theirs", "why"]
    rows = [vars(difference) for difference in found]
    if rows or output_format is not Format.TABLE:
        print_rows(rows, columns, output_format)
    differences = [difference for difference in found if not difference.is_allowed]
    if differences:
        fail(
            f"Differences: {len(differences):,}. `recruit crm pull`, then `recruit crm push --all`, "
            "settles what the mapping can decide; `recruit crm dead` lists what was refused."
        )
    if output_format is Format.TABLE:
        console.print("Both sides are equal.")


@crm.command("health")
def health(output_format: FormatOption = Format.TABLE) -> None:
    """Show the queue, the dead letters by class and how fresh both sides are."""
    from recruit.insights.crm import crm_health

    with open_app() as app, app.reading() as tx:
        found = crm_health(tx)
    if output_format is not Format.TABLE:
        print_rows([vars(found)], list(vars(found)), output_format)
        return
    rows = [{"what": name.replace("_", " "), "now": _word(v)} for name, v in vars(found).items()]
    print_rows(rows, ["what", "now"], output_format)


@crm.command("dead")
def dead(output_format: FormatOption = Format.TABLE) -> None:
    """List what the CRM refused, in its own words."""
    from recruit.insights.crm import list_dead_letters

    with open_app() as app, app.reading() as tx:
        rows = [vars(letter) for letter in list_dead_letters(tx)]
    columns = ["entry_id", "firm", "error_class", "text", "queued_at", "attempts"]
    print_rows(rows, columns, output_format)


@crm.command("replay")
def replay(entry_id: EntryArgument) -> None:
    """Put a dead letter back in the queue."""
    from recruit.sync.usecases import DeadLetterNotFound, replay_dead

    with open_app() as app:
        try:
            with app.transaction() as tx:
                replay_dead(tx, entry_id=entry_id)
        except DeadLetterNotFound as error:
            fail(str(error))
    typer.echo(f"{entry_id} is queued again. `recruit crm push` tells it.")


@crm.command("discard")
def discard(entry_id: EntryArgument) -> None:
    """Close a dead letter without telling the CRM."""
    from recruit.sync.usecases import DeadLetterNotFound, discard_dead

    with open_app() as app:
        try:
            with app.transaction() as tx:
                discard_dead(tx, entry_id=entry_id, actor="command line")
        except DeadLetterNotFound as error:
            fail(str(error))
    typer.echo(f"{entry_id} is discarded.")


@contextmanager
def _connected(mapping_file: Path | None) -> Iterator[tuple[Any, Any, Any]]:
    """Give the App, its CRM and the mapping; what goes wrong with them is said in a sentence."""
    from recruit.crm.mapping import MappingInvalid
    from recruit.crm.port import CrmError

    with open_app() as app:
        if app.crm is None:
            fail("No CRM is connected. Set RECRUIT_CRM=embedded to use the one that comes along.")
        try:
            yield app, app.crm, read_mapping(app, mapping_file)
        except MappingInvalid as error:
            fail(str(error))
        except CrmError as error:
            fail(f"The CRM says: {error.text}")


def read_mapping(app: Any, mapping_file: Path | None) -> Any:
    """Return the mapping of a file, else the installation's; one that can't work is told in a sentence."""
    from recruit.crm.mapping import MappingInvalid, find_mapping, load_mapping

    try:
        if mapping_file:
            return load_mapping(mapping_file)
        return find_mapping(app.settings.var_dir, app.settings.crm)
    except MappingInvalid as error:
        fail(str(error))


def _changes(changes: Any, output_format: Format) -> Any:
    if output_format is Format.JSON:
        return changes
    return "; ".join(
        f"{name}: {_short(after)}"
        if before is None
        else f"{name}: {_short(before)} → {_short(after)}"
        for name, (before, after) in changes.items()
    )


def _short(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 60 else repr(value)[:59] + "…"


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return "–" if value is None else str(value)
