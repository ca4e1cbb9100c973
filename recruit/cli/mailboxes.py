"""`recruit mailbox`: the addresses that send, their limits and their health."""

from typing import Annotated, Any

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

mailbox = typer.Typer(help="The addresses that send.", no_args_is_help=True)


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(mailbox, name="mailbox")


@mailbox.command("add")
def add(
    address: str,
    name: Annotated[str, typer.Option("--name", help="The name that it sends under.")],
    cap_per_day: Annotated[int, typer.Option(help="Most messages a day (UTC).")] = 50,
    gap_s: Annotated[int, typer.Option(help="Seconds between two messages.")] = 60,
    domain_cap_per_day: Annotated[
        int | None, typer.Option(help="Most messages a day to one recipient domain; 0 is no limit.")
    ] = None,
    warmup_days: Annotated[
        int | None, typer.Option(help="Grow to the cap over so many days that send; 0 ends a ramp.")
    ] = None,
    warmup_first_cap: Annotated[int, typer.Option(help="The cap of the ramp's first day.")] = 5,
) -> None:
    """Add an address to send from, or change the limits of one that is there."""
    from recruit.sequences.usecases import Warmup, add_mailbox
    from recruit.sequences.values import SequencesError

    ramp = None if warmup_days is None else Warmup(warmup_first_cap, warmup_days)
    try:
        with open_app() as app, app.transaction() as tx:
            box = add_mailbox(
                tx,
                address=address,
                from_name=name,
                cap_per_day=cap_per_day,
                gap_s=gap_s,
                domain_cap_per_day=domain_cap_per_day,
                warmup=ramp,
            )
            address = box.address
    except SequencesError as error:
        fail(str(error))
    typer.echo(f"{address} sends at most {cap_per_day} messages a day, {gap_s} s apart.")


@mailbox.command("list")
def list_addresses(output_format: FormatOption = Format.TABLE) -> None:
    """List the addresses that send: today's room, health, and why one is paused."""
    from recruit.insights.mailboxes import list_mailbox_cards

    with open_app() as app, app.reading() as tx:
        rows: list[dict[str, Any]] = [
            {
                "address": card.address,
                "from_name": card.from_name,
                "cap_per_day": card.cap_per_day,
                "cap_today": card.cap_today,
                "sent_today": card.reserved_today,
                "gap_s": card.gap_s,
                "domain_cap_per_day": card.domain_cap_per_day or "",
                "health": card.state.value,
                "paused_at": card.paused_at,
                "paused_reason": card.paused_reason,
            }
            for card in list_mailbox_cards(tx)
        ]
    columns = [
        "address",
        "from_name",
        "cap_per_day",
        "cap_today",
        "sent_today",
        "gap_s",
        "domain_cap_per_day",
        "health",
        "paused_at",
        "paused_reason",
    ]
    print_rows(rows, columns, output_format)


@mailbox.command("check")
def check(
    address: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """Ask DNS how receivers see the addresses that send: SPF, DKIM, DMARC, names, blocklists."""
    from recruit.insights.mailboxes import list_mailbox_cards
    from recruit.sequences.usecases import check_mailboxes
    from recruit.sequences.values import SequencesError
    from recruit.wiring import make_outgoing

    try:
        with open_app() as app:
            outgoing = make_outgoing(app.settings)
            report = check_mailboxes(app.transaction, app.lookup, outgoing, address=address)
            with app.reading() as tx:
                rows = [
                    {"address": card.address} | finding
                    for card in list_mailbox_cards(tx)
                    if address is None or card.address == address.strip().lower()
                    for finding in card.findings
                ]
    except SequencesError as error:
        fail(str(error))
    print_rows(rows, ["address", "name", "state", "text", "remedy"], output_format)
    if report.bad:
        raise typer.Exit(1)


@mailbox.command("pause")
def pause(
    address: str, reason: Annotated[str, typer.Option("--reason", help="Why.")] = "Paused by hand."
) -> None:
    """Stop an address from sending until it is resumed."""
    from recruit.sequences.usecases import pause_mailbox
    from recruit.sequences.values import SequencesError

    try:
        with open_app() as app, app.transaction() as tx:
            pause_mailbox(tx, address=address, reason=reason)
    except SequencesError as error:
        fail(str(error))
    typer.echo(f"{address} is paused; what is due waits.")


@mailbox.command("resume")
def resume(address: str) -> None:
    """Let a paused address send again, once what it was paused for is mended."""
    from recruit.sequences.usecases import resume_mailbox
    from recruit.sequences.values import SequencesError

    try:
        with open_app() as app, app.transaction() as tx:
            resume_mailbox(tx, address=address)
    except SequencesError as error:
        fail(str(error))
    typer.echo(f"{address} sends again.")
