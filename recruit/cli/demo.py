"""`recruit demo`: the whole pipeline on packaged real firms, then the pages."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from recruit.cli.output import console, err_console, fail

if TYPE_CHECKING:
    from recruit.demo.run import Demonstration
    from recruit.demo.world import World


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("demo")(demo)


def demo(
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the pages afterwards.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the numbers as JSON in the last line.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Decides how the simulated recipients and partners behave.")
    ] = 6,
) -> None:
    """Run the whole pipeline on packaged real firms, on a virtual clock, and serve the result.

    It starts clean each time, in var/demo. Mail goes to simulated mailboxes on loopback only.
    """
    from recruit.config import SettingsError, load_settings
    from recruit.demo.run import demonstrate
    from recruit.demo.world import open_world
    from recruit.logs import set_up_logs

    try:
        settings = load_settings()
    except SettingsError as error:
        fail(str(error))
    set_up_logs(as_json=settings.log_json, level=30)
    with open_world(settings, seed=seed, console=err_console) as world:
        result = demonstrate(world)
        _print(result)
        if serve:
            _serve(world, result)
    if as_json:
        sys.stdout.write(json.dumps(result.summary.numbers) + "\n")


def _print(result: "Demonstration") -> None:
    from recruit.cli.scoring_table import ranking_table

    console.print("\n[bold]The best firms against the profile “Cloud-native service partner”[/]")
    console.print(ranking_table(result.best, console.width))
    table = Table(title="What went through", title_justify="left", header_style="dim", box=None)
    for heading in ("stage", "in", "out", "why not"):
        table.add_column(heading, justify="right" if heading in {"in", "out"} else "left")
    for line in result.summary.lines:
        table.add_row(line.stage, f"{line.came_in:,}", f"{line.went_out:,}", line.why_not)
    console.print()
    console.print(table)


def _serve(world: "World", result: "Demonstration") -> None:
    from recruit.cli.serve import serve_all
    from recruit.demo.staff import MANAGER, RECRUITER
    from recruit.wiring import build_app

    # The weeks have gone by: from here on the machine's own clock counts.
    settings = replace(world.app.settings, demo_clock_shift_s=0.0, sweep_every_s=5.0)
    app = build_app(settings)
    logins = Table(header_style="dim", box=None)
    for heading in ("", "sign in as", "password"):
        logins.add_column(heading)
    logins.add_row("recruiter", RECRUITER, result.staff_password)
    logins.add_row("channel manager", MANAGER, result.staff_password)
    if result.partner_email:
        logins.add_row("partner", result.partner_email, result.partner_password)
    console.print()
    console.print(logins)
    console.print(f"\nServing on [bold]{settings.base_url}[/] - press Ctrl-C to stop.")
    try:
        with _answering(world):
            serve_all(app)
    finally:
        app.close()


@contextmanager
def _answering(world: "World") -> Iterator[None]:
    """Let the simulated mailboxes go on answering, in real time."""
    from recruit.clock import SystemClock

    clock = SystemClock()
    world.mailboxes.follow(clock)
    ended = threading.Event()

    def answer() -> None:
        while not ended.wait(1.0):
            world.mailboxes.act_until(clock.now())

    thread = threading.Thread(target=answer, name="mailboxes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)
