"""A whole installation behind its front doors: the command line, the pages, and real mail."""

import mailbox
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.clock import SystemClock
from recruit.config import load_settings
from recruit.demo.answers import write_answer
from recruit.demo.temper import Temper
from recruit.onboarding.content import publish_content, read_content
from recruit.web.app import create_app
from recruit.wiring import App, build_app
from recruit.worker.celery_app import make_celery
from tests.factories.sequences import Sink, smtp_sink
from tests.factories.site import Reply, serve
from tests.factories.web import Visitor

FIRM = """<html><head><title>{name}</title><script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Organization", "name": "{name}", "url": "https://{host}", "email": "{email}", "foundingDate": "2009",
"address": {{"@type": "PostalAddress", "addressLocality": "Hamburg", "addressCountry": "DE"}},
"numberOfEmployees": {{"@type": "QuantitativeValue", "value": 64}},
"knowsAbout": ["kubernetes", "managed services", "consulting", "training"]}}</script></head>
<body><main><h1>{name}</h1></main></body></html>"""
SOURCE = """
name = "locator"
title = "Partner locator"
kind = "directory"
start_urls = ["http://{host}/firms"]
lawful_basis = "Legitimate interest: published role addresses."
[listing]
items = "a.firm"
[politeness]
delay_s = 0
allow_private_hosts = ["{host}"]
"""
SEQUENCE = """
name = "first-contact"
title = "First contact"
[window]
opens = "00:00"
closes = "23:59"
spread_minutes = 0
skip_holidays = false
[compliance]
consent = "Asked for at a trade fair, in writing."
privacy_url = "https://vendor.example/privacy"

[[steps]]
kind = "email"
subject = "Partner with us, {{ firm.name }}?"
body = "Hello {{ firm.name }}, we look for partners."
[[steps]]
kind = "email"
delay_working_days = 3
body = "Did you see my note?"
[[steps]]
kind = "task"
delay_working_days = 2
subject = "Connect on LinkedIn"
body = "Hello"
"""
SLUGS = {
    "Northlight Systems": "northlight",
    "Nay Works": "nayworks",
    "Leave Me Consulting": "leaveme",
}


@dataclass
class Installation:
    """One installation; `run` types a command, `tick` lets the worker do all of its tasks once."""

    app: App
    folder: Path
    sink: Sink
    cli: CliRunner = field(default_factory=CliRunner)

    def run(self, *arguments: str) -> str:
        """Type a command that must succeed, and return what it printed."""
        result = self.cli.invoke(cli, arguments, catch_exceptions=False)
        assert result.exit_code == 0, f"recruit {' '.join(arguments)}: {result.output}"
        return result.stdout

    def tick(self, *names: str) -> None:
        """Run the worker's own tasks, all of them or the named ones, each twice in a row."""
        celery = make_celery(self.app.settings, lambda: self.app)
        order = (
            "sequences.read_inbox",
            "onboarding.collect_candidates",
            "sequences.send_due_touches",
            "sync.find_drift",
            "sync.push",
            "sync.pull",
        )
        for name in names or order:
            for _ in range(2):
                celery.tasks[name]()

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return the mails that arrived at an address."""
        found = [message_from_bytes(raw, EmailMessage, policy=SMTP) for _, raw in self.sink.taken]
        return [m for m in found if address in str(m["To"])]

    def answer(self, original: EmailMessage, temper: Temper) -> None:
        """Let the recipient answer into the inbox that the installation reads."""
        at = SystemClock().now() + timedelta(seconds=1)
        box = mailbox.Maildir(self.app.settings.maildir_path, create=True)
        box.add(write_answer(original, temper, 0, at))

    def visitor(self) -> Visitor:
        """Return somebody at a browser who is not signed in."""
        visitor = Visitor(create_app(self.app))
        visitor.csrf = self.token_of(visitor, "/sign-in")
        return visitor

    def invited(self, link: str, password: str) -> Visitor:
        """Follow an invitation link and choose a password; return the person, signed in."""
        visitor = self.visitor()
        path = re.sub(r"^https?://[^/]+", "", link)
        visitor.csrf = self.token_of(visitor, path)
        answer = visitor.post(path, password=password)
        assert answer.status_code == 303, answer.text
        visitor.csrf = self.token_of(visitor, "/portal")
        return visitor

    @staticmethod
    def token_of(visitor: Visitor, path: str) -> str:
        """Return the form token of a page."""
        page = visitor.get(path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.text
        return found[1]


@pytest.fixture
def installation(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """Three firms on a partner locator, found, ranked, enrolled and written to, all by the front door."""
    pages = {
        f"/firms/{slug}": Reply(
            FIRM.format(name=name, host=f"{slug}.example", email=f"partners@{slug}.example")
        )
        for name, slug in SLUGS.items()
    }
    links = "".join(f'<li><a class="firm" href="{path}">{path}</a></li>' for path in pages)
    pages["/firms"] = Reply(f"<html><main><ul>{links}</ul></main></html>")
    with ExitStack() as stack:
        site = stack.enter_context(serve(pages))
        sink = Sink()
        port = stack.enter_context(smtp_sink(sink))
        for name, value in {
            "DATABASE_URL": database_url,
            "VAR_DIR": str(tmp_path / "var"),
            "MAIL_TRANSPORT": "smtp",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
            "INBOX": "maildir",
            "MAILDIR_PATH": str(tmp_path / "inbox"),
            "POSTAL_ADDRESS": "1 Harbour Street, Hamburg",
        }.items():
            monkeypatch.setenv(f"RECRUIT_{name}", value)
        app = build_app(load_settings())
        stack.callback(app.close)
        made = Installation(app, tmp_path, sink)
        _set_up(made, site.address.removeprefix("http://"))
        yield made


def _set_up(made: Installation, host: str) -> None:
    write: Callable[[str, str], str] = lambda name, text: str(_write(made.folder / name, text))  # noqa: E731
    profile = (files("recruit.demo") / "data" / "profile.toml").read_text(encoding="utf-8")
    name = tomllib.loads(profile)["name"]
    # So that the CRM hears of a no as well.
    (made.app.settings.var_dir).mkdir(parents=True, exist_ok=True)
    _write(
        made.app.settings.var_dir / "crm_mapping.toml",
        'extends = "default"\ninclude = "enrolled"\n',
    )
    made.run("db", "upgrade")
    made.run("crawl", write("source.toml", SOURCE.replace("{host}", host)))
    made.run("resolve")
    made.run("profile", "load", write("profile.toml", profile))
    assert "Northlight" in made.run("rank", "--profile", name, "--top", "20")
    made.run("mailbox", "add", "robin@vendor.example", "--name", "Robin Vale", "--gap-s", "0")
    made.run("sequence", "load", write("sequence.toml", SEQUENCE), "--start")
    preview = ("sequence", "preview", "first-contact", "--profile", name, "--format", "json")
    assert "northlight.example" in made.run(*preview)
    made.run("enroll", "--sequence", "first-contact", "--profile", name, "--top", "10")
    with made.app.transaction() as tx:
        publish_content(tx, read_content(files("recruit.demo") / "data" / "onboarding"))
    made.tick()


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
