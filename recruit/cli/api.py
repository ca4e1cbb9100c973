"""`recruit api`: the keys of programs, and the webhooks that they subscribed to."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape

from recruit.cli.output import Format, FormatOption, console, fail, open_app, print_rows
from recruit.people.api_keys import Scope

api = typer.Typer(help="The REST API: keys and webhooks.", no_args_is_help=True)
key = typer.Typer(help="Keys of programs.", no_args_is_help=True)
api.add_typer(key, name="key")


def register(cli: typer.Typer) -> None:
    """Add this module's commands."""
    cli.add_typer(api, name="api")


@key.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The program that will use it.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may do; give it several times.")],
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 90,
) -> None:
    """Make a key, and show it this once."""
    from recruit.people.api_keys import KeyRefused, add_api_key

    with open_app() as app:
        try:
            with app.transaction() as tx:
                view, token = add_api_key(
                    tx,
                    name=name,
                    scopes=scope,
                    lasts=timedelta(days=max(-1, min(days, 10_000))),
                    actor="command line",
                )
        except KeyRefused as error:
            fail(str(error))
    console.print(
        f"Key {view.key_id} of {escape(view.name)} lasts until {view.expires_at:%Y-%m-%d}. "
        "It is shown this once:"
    )
    # Not wrapped, so that it can be copied.
    console.print(escape(token), soft_wrap=True, highlight=False)


@key.command("list")
def list_keys(output_format: FormatOption = Format.TABLE) -> None:
    """List keys, the newest first."""
    from recruit.people.api_keys import list_api_keys

    with open_app() as app, app.reading() as tx:
        rows = [
            {
                "id": one.key_id,
                "name": one.name,
                "begins": one.hint,
                "scopes": " ".join(sorted(one.scopes)),
                "state": "valid"
                if one.is_valid(tx.now)
                else ("revoked" if one.revoked_at else "expired"),
                "expires_at": one.expires_at.isoformat(timespec="minutes"),
                "used_at": one.used_at.isoformat(timespec="minutes") if one.used_at else None,
            }
            for one in list_api_keys(tx)
        ]
    columns = ["id", "name", "begins", "scopes", "state", "expires_at", "used_at"]
    print_rows(rows, columns, output_format)


@key.command("revoke")
def revoke(key_id: Annotated[int, typer.Argument(help="Its number in the list.")]) -> None:
    """End a key at once; its webhooks end with it."""
    from recruit.people.api_keys import UnknownKey, revoke_api_key

    with open_app() as app:
        try:
            with app.transaction() as tx:
                view = revoke_api_key(tx, key_id=key_id)
        except UnknownKey as error:
            fail(str(error))
    console.print(f"Key {view.key_id} of {escape(view.name)} opens nothing any more.")


@api.command("hooks")
def hooks(
    deliveries: Annotated[
        bool, typer.Option("--deliveries", help="Show deliveries instead of subscriptions.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 50,
    output_format: FormatOption = Format.TABLE,
) -> None:
    """List subscriptions, or the newest deliveries and what came of them."""
    from recruit.hooks.usecases import list_deliveries, list_hooks

    with open_app() as app, app.reading() as tx:
        if deliveries:
            rows = [
                {
                    "id": one.delivery_id,
                    "event": one.event.value,
                    "object": one.object_id,
                    "target_url": one.target_url,
                    "status": one.status.value,
                    "attempts": one.attempts,
                    "answer": one.response_status,
                    "words": one.words,
                }
                for one in list_deliveries(tx, limit=limit)
            ]
            columns = [
                "id", "event", "object", "target_url", "status", "attempts", "answer", "words",
            ]  # fmt: skip
        else:
            rows = [
                {
                    "id": one.hook_id,
                    "key": one.key_id,
                    "event": one.event.value,
                    "target_url": one.target_url,
                    "since": one.created_at.isoformat(timespec="minutes"),
                    "ended": one.ended_because or None,
                }
                for one in list_hooks(tx, limit=limit)
            ]
            columns = ["id", "key", "event", "target_url", "since", "ended"]
    print_rows(rows, columns, output_format)


@api.command("replay")
def replay(
    delivery_id: Annotated[int, typer.Argument(help="Its number among the deliveries.")],
) -> None:
    """Send a dead delivery again with the next sweep."""
    from recruit.hooks.usecases import (
        DeliveryNotDead,
        UnknownDelivery,
        UnknownHook,
        replay_delivery,
    )

    with open_app() as app:
        try:
            with app.transaction() as tx:
                replay_delivery(tx, delivery_id=delivery_id)
        except (UnknownDelivery, DeliveryNotDead, UnknownHook) as error:
            fail(str(error))
    console.print(f"Delivery {delivery_id} will be sent again.")
