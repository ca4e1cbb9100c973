"""The composition root: settings become an App. The only place that knows adapters by name."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

import recruit.audit.tables
import recruit.hooks.tables
import recruit.learning.tables
import recruit.notices.tables
import recruit.onboarding.joining_tables
import recruit.onboarding.package_tables
import recruit.onboarding.tables
import recruit.onboarding.training_tables
import recruit.scoring.tables
import recruit.sync.tables  # noqa: F401  (registers every table with the declarative base)
from recruit.clock import Clock, ShiftedClock, SystemClock
from recruit.config import (
    InboxKind,
    MailTransport,
    Secret,
    Settings,
    SettingsError,
    find_secret_key,
)
from recruit.config_crm import CrmKind
from recruit.crm.port import Crm
from recruit.db.engine import make_engine
from recruit.db.transaction import Transaction, transaction
from recruit.firms.uniting import follow
from recruit.mail.health import Outgoing
from recruit.mail.port import Inbox, Lookup, Mailer, SentMail
from recruit.sequences.bookmarks import StoredBookmarks
from recruit.sequences.merged import FOLLOWER as SEQUENCES

if TYPE_CHECKING:
    from recruit.onboarding.sealing import Seal
    from recruit.people.sso.exchange import SingleSignOn

# Stages that have something to do when firms become one or two.
follow("sequences", SEQUENCES)


def _no_wake(_task: str, *_ids: int) -> None:
    """Wake nobody: the next sweep finds what is due."""


@dataclass
class App:
    """Everything that an edge (web, CLI, worker) needs to call a use case."""

    settings: Settings
    clock: Clock
    engine: Engine
    secret: Secret
    mailer: Mailer
    inbox: Inbox | None
    crm: Crm | None
    sent_mail: SentMail | None
    lookup: Lookup
    sso: "SingleSignOn"
    # Asks a worker to run a task soon: a hint that may be lost, never a promise.
    wake: Callable[..., None] = _no_wake

    @cached_property
    def seal(self) -> "Seal":
        """The key that seals agreements; made once for this installation unless one is configured."""
        from recruit.onboarding.seal_file import find_seal

        return find_seal(self.settings, self.clock.now())

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction at the clock's present moment."""
        return transaction(self.engine, self.clock.now())

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads."""
        return transaction(self.engine, self.clock.now(), reading=True)

    def close(self) -> None:
        """Let go of connections."""
        self.mailer.close()
        self.sso.close()
        if self.inbox is not None:
            self.inbox.close()
        if self.crm is not None:
            self.crm.close()
        self.engine.dispose()


def build_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    mailer: Mailer | None = None,
    inbox: Inbox | None = None,
    sent_mail: SentMail | None = None,
    crm: Crm | None = None,
    lookup: Lookup | None = None,
    sso: "SingleSignOn | None" = None,
    wake: Callable[..., None] = _no_wake,
) -> App:
    """Build an App from settings; a part that is handed in takes the place of the configured one."""
    clock = clock or _make_clock(settings)
    now, engine = clock.now, make_engine(settings.database)
    return App(
        settings=settings,
        clock=clock,
        engine=engine,
        secret=find_secret_key(settings),
        mailer=mailer or _make_mailer(settings),
        inbox=inbox or make_inbox(settings, lambda: transaction(engine, now())),
        sent_mail=sent_mail or _make_sent_mail(settings),
        crm=crm or _make_crm(settings, clock),
        lookup=lookup or _make_lookup(settings),
        sso=sso or _make_sso(settings),
        wake=wake,
    )


def _make_clock(settings: Settings) -> Clock:
    shift = timedelta(seconds=settings.demo_clock_shift_s)
    return ShiftedClock(shift) if shift else SystemClock()


def _make_mailer(settings: Settings) -> Mailer:
    from recruit.mail.adapters.console import ConsoleMailer
    from recruit.mail.adapters.memory import MemoryMailer
    from recruit.mail.adapters.signing import SigningMailer
    from recruit.mail.adapters.smtp import SmtpMailer

    match settings.mail_transport:
        case MailTransport.SMTP:
            mailer = SmtpMailer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                user=settings.smtp_user,
                password=settings.smtp_password,
                security=settings.smtp_security,
                timeout_s=settings.smtp_timeout_s,
            )
            signer = make_outgoing(settings).signer
            return SigningMailer(mailer, signer) if signer else mailer
        case MailTransport.MEMORY:
            return MemoryMailer()
        case MailTransport.CONSOLE:
            return ConsoleMailer()


def make_outgoing(settings: Settings) -> Outgoing:
    """Return how this installation signs and from where it sends; raises BadSigningKey."""
    from recruit.mail.signing import load_signer

    def listed(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    selector, path = settings.dkim_selector, settings.dkim_key_path
    return Outgoing(
        signer=load_signer(selector, path) if path is not None else None,
        selectors=(selector,) if selector else (),
        addresses=listed(settings.sending_ips),
        blocklists=listed(settings.blocklists),
    )


def _make_sso(settings: Settings) -> "SingleSignOn":
    from recruit.people.sso.exchange import SingleSignOn
    from recruit.people.sso.providers import read_providers

    path = settings.sso_path
    return SingleSignOn(read_providers(path, os.environ) if path is not None else ())


def _make_lookup(settings: Settings) -> Lookup:
    from recruit.mail.adapters.dns import DnsLookup

    return DnsLookup(settings.dns_server)


def _make_sent_mail(settings: Settings) -> SentMail | None:
    from recruit.mail.adapters.imap_account import ImapAccount
    from recruit.mail.adapters.imap_sent import ImapSentMail

    if settings.inbox is not InboxKind.IMAP:
        return None
    return ImapSentMail(
        ImapAccount(
            settings.imap_host,
            settings.imap_port,
            settings.imap_user,
            settings.imap_password,
            settings.imap_tls,
        )
    )


def make_inbox(
    settings: Settings, open_tx: Callable[[], AbstractContextManager[Transaction]]
) -> Inbox | None:
    """Return a reader of the configured inbox with a connection of its own, or None without one.

    What it has read is remembered through `open_tx`.
    """
    from recruit.mail.adapters.imap import ImapInbox
    from recruit.mail.adapters.maildir import MaildirInbox

    match settings.inbox:
        case InboxKind.MAILDIR:
            return MaildirInbox(settings.maildir_path)
        case InboxKind.IMAP:
            return ImapInbox(
                host=settings.imap_host,
                port=settings.imap_port,
                user=settings.imap_user,
                password=settings.imap_password,
                tls=settings.imap_tls,
                bookmarks=StoredBookmarks(
                    open_tx, f"{settings.imap_user}@{settings.imap_host}:{settings.imap_port}"
                ),
            )
        case InboxKind.NONE:
            return None


def _read_crm_key(path: Path | None) -> Secret:
    """Return the key that the CRM's sign-in is signed with; blank where none is named."""
    if path is None:
        return Secret("")
    try:
        return Secret(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"RECRUIT_CRM_KEY_PATH={path} can't be read: {error}.") from error


def _make_crm(settings: Settings, clock: Clock) -> Crm | None:
    from recruit.crm.adapters.dataverse import DataverseCrm
    from recruit.crm.adapters.embedded import EmbeddedCrm
    from recruit.crm.adapters.hubspot import ADDRESS as HUBSPOT
    from recruit.crm.adapters.hubspot import HubSpotCrm
    from recruit.crm.adapters.pipedrive import PipedriveCrm
    from recruit.crm.adapters.salesforce import SalesforceCrm
    from recruit.crm.adapters.tryton import TrytonCrm

    url, token = settings.crm_url.rstrip("/"), settings.crm_token
    client = settings.crm_client_id, settings.crm_client_secret
    match settings.crm:
        case CrmKind.EMBEDDED:
            return EmbeddedCrm(settings.var_dir / "crm.db", clock=clock)
        case CrmKind.HUBSPOT:
            return HubSpotCrm(token, clock=clock, base_url=url or HUBSPOT)
        case CrmKind.SALESFORCE:
            key = _read_crm_key(settings.crm_key_path)
            return SalesforceCrm(url, *client, clock=clock, user=settings.crm_user, private_key=key)
        case CrmKind.DATAVERSE:
            login_url = settings.crm_login_url
            return DataverseCrm(url, settings.crm_tenant, *client, clock=clock, login_url=login_url)
        case CrmKind.PIPEDRIVE:
            return PipedriveCrm(url, token, clock=clock)
        case CrmKind.TRYTON:
            return TrytonCrm(url, settings.crm_database, *client, clock=clock)
        case CrmKind.NONE:
            return None
