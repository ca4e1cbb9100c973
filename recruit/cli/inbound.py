"""`recruit inbound`: what mail is that comes back, and what became of mail whose outcome nobody knows."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from recruit.cli.output import Format, FormatOption, fail, open_app, print_rows

inbound = typer.Typer(help="Mail that comes back.", no_args_is_help=True)
_ACTOR = "command line"


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(inbound, name="inbound")


@inbound.command("classify")
def classify(
    files: Annotated[list[Path], typer.Argument(help="Raw mails, one a file.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Tell what raw mails are: bounce, complaint, auto_reply or human. Nothing is saved."""
    from recruit.sequences.classify import classify as classify_mail
    from recruit.sequences.values import InboundKind

    rows: list[dict[str, Any]] = []
    for file in files:
        verdict = classify_mail(_read(file))
        kind = verdict.kind
        if kind is InboundKind.UNSUBSCRIBE:
            # A person's wish for no more mail is a human mail; a mail program's is a report.
            kind = InboundKind.HUMAN if verdict.mood else InboundKind.COMPLAINT
        row = {
            "file": str(file),
            "kind": kind.value,
            "hard": verdict.hard,
            "status": verdict.status,
            "recipient": verdict.recipient,
            "until": verdict.until.isoformat() if verdict.until else None,
            "text": verdict.text,
        }
        if as_json:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        rows.append(row)
    if not as_json:
        columns = ["file", "kind", "hard", "status", "recipient", "until", "text"]
        print_rows([row | {"text": str(row["text"])[:80]} for row in rows], columns, Format.TABLE)


@inbound.command("add")
def add(
    files: Annotated[list[Path], typer.Argument(help="Raw mails, one a file.")],
) -> None:
    """Record raw mails as if they had come into the inbox; a mail that is known already changes nothing."""
    from recruit.mail.port import IncomingMail
    from recruit.sequences.receiving import record_mail

    raws = [(file, _read(file)) for file in files]
    with open_app() as app:
        for file, raw in raws:
            kind = record_mail(app.transaction, IncomingMail(str(file), raw))
            typer.echo(f"{file}: {kind.value if kind else 'known already, or our own copy'}")


@inbound.command("read")
def read() -> None:
    """Read the inbox now, and look for parked mail in the Sent folder."""
    from recruit.mail.port import InboxUnavailable
    from recruit.sequences.receiving import read_inbox
    from recruit.sequences.reconciling import reconcile_unknown

    with open_app() as app:
        if app.inbox is None:
            fail("No inbox is configured: set RECRUIT_INBOX to imap or maildir.")
        try:
            report = read_inbox(app.transaction, app.inbox)
            said = ", ".join(f"{count} {name}" for name, count in vars(report).items() if count)
            typer.echo(said or "Nothing new.")
            if app.sent_mail is not None:
                proof = app.settings.imap_sent_is_complete
                settled = reconcile_unknown(app.transaction, app.sent_mail, absence_is_proof=proof)
                typer.echo(
                    f"Parked mail: {settled.sent} found sent, {settled.not_sent} proven not sent, "
                    f"{settled.still_unknown} still unknown."
                )
        except InboxUnavailable as error:
            fail(str(error))


@inbound.command("unknown")
def unknown(output_format: FormatOption = Format.TABLE) -> None:
    """List the messages of which nobody knows whether they were sent, with what is known."""
    from recruit.insights.parked import list_parked_touches

    with open_app() as app, app.reading() as tx:
        rows = [vars(line) for line in list_parked_touches(tx)]
    columns = ["touch_id", "parked_at", "firm", "address", "message_id", "why"]
    print_rows(rows, columns, output_format)


@inbound.command("settle")
def settle(
    touch_id: Annotated[
        int, typer.Argument(help="The touch, as `recruit inbound unknown` names it.")
    ],
    sent: Annotated[
        bool, typer.Option("--sent/--not-sent", help="What was found; not sent is sent again.")
    ],
) -> None:
    """Say of a parked message whether it was sent, after having looked for its Message-ID."""
    from recruit.sequences.usecases import settle_unknown
    from recruit.sequences.values import SequencesError

    try:
        with open_app() as app, app.transaction() as tx:
            touch = settle_unknown(tx, touch_id=touch_id, sent=sent, actor=_ACTOR)
            typer.echo(f"Touch {touch.id} is {touch.status.value} now.")
    except SequencesError as error:
        fail(str(error))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
