"""The demo's world: an App on a virtual clock, and simulated mailboxes at the other end of real SMTP."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from recruit.clock import SystemClock, VirtualClock
from recruit.config import InboxKind, MailTransport, Mode, Settings, SmtpSecurity
from recruit.db.migrate import upgrade
from recruit.demo.mailboxes import MailboxSimulator
from recruit.demo.site import make_site, read_listings, serving
from recruit.web.app import create_app
from recruit.wiring import App, build_app

DAYS = 45
DATA = files("recruit.demo") / "data"


@dataclass
class World:
    """All that the steps of the demo share; `directory` is the address of the packaged site."""

    app: App
    clock: VirtualClock
    mailboxes: MailboxSimulator
    folder: Path
    start: datetime
    seed: int
    console: Console
    directory: str


def demo_settings(settings: Settings, folder: Path) -> Settings:
    """Return `settings` turned to the demo: its own folder, loopback mail, reserved addresses."""
    return replace(
        settings,
        mode=Mode.DEMO,
        var_dir=folder,
        database_url="",
        broker_url="memory://",
        mail_transport=MailTransport.SMTP,
        smtp_host="127.0.0.1",
        smtp_user="",
        smtp_security=SmtpSecurity.NONE,
        sender_address="robin@northlight.example",
        sender_name="Robin Vale, Northlight",
        postal_address="Northlight, 1 Harbour Street, 20457 Hamburg, Germany",
        inbox=InboxKind.MAILDIR,
        maildir_path=folder / "inbox",
        # The crawler is a process of its own and has to live in the same time.
        demo_clock_shift_s=-timedelta(days=DAYS).total_seconds(),
    )


@contextmanager
def open_world(settings: Settings, *, seed: int, console: Console) -> Iterator[World]:
    """Give a clean world whose clock stands `DAYS` days ago; its SMTP server ends with the block."""
    folder = settings.var_dir / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = SystemClock().now().replace(microsecond=0) - timedelta(days=DAYS)
    clock = VirtualClock(start)
    settings = demo_settings(settings, folder)
    apps: list[App] = []
    mailboxes = MailboxSimulator(
        clock,
        settings.maildir_path,
        seed=seed,
        unsubscribe=lambda address: _post_unsubscribe(apps[0], address),
    )
    port = mailboxes.start()
    try:
        app = build_app(replace(settings, smtp_port=port), clock=clock)
        apps.append(app)
        try:
            upgrade(app.engine)
            # It stays up as long as the pages do, since each fact links to where it was read.
            with serving(make_site(read_listings())) as directory:
                yield World(app, clock, mailboxes, folder, start, seed, console, directory)
        finally:
            app.close()
    finally:
        mailboxes.stop()


def _post_unsubscribe(app: App, address: str) -> None:
    # RFC 8058: a mail program posts this body to the address of the List-Unsubscribe header.
    async def post() -> None:
        transport = httpx.ASGITransport(create_app(app))
        async with httpx.AsyncClient(transport=transport, base_url=app.settings.base_url) as client:
            answer = await client.post(
                urlsplit(address).path, data={"List-Unsubscribe": "One-Click"}
            )
            answer.raise_for_status()

    asyncio.run(post())
