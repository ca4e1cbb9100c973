"""Settings: read once from RECRUIT_* variables, validated, then frozen.

An unknown RECRUIT_* variable is an error: a misspelt setting that is silently ignored costs an
afternoon.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from recruit.config_crm import CrmKind, list_missing

PREFIX = "RECRUIT_"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingsError(ValueError):
    """A RECRUIT_* variable is unknown, malformed or missing; the message says which and what to do."""


class Secret(str):
    """A string that never shows itself in a log, a traceback or a repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return a mask."""
        return "Secret('***')"


class Mode(StrEnum):
    """What this installation is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    DEMO = "demo"


class MailTransport(StrEnum):
    """Where outgoing mail goes."""

    CONSOLE = "console"
    SMTP = "smtp"
    MEMORY = "memory"


class SmtpSecurity(StrEnum):
    """How the SMTP conversation is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class InboxKind(StrEnum):
    """Where answers are read from."""

    NONE = "none"
    MAILDIR = "maildir"
    IMAP = "imap"


def _setting(default: Any = MISSING, *, doc: str, secret: bool = False) -> Any:
    metadata = {"doc": doc, "secret": secret}
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. Each has a `doc`; the variable's name is RECRUIT_ and the field's in capitals."""

    mode: Mode = _setting(
        Mode.DEVELOPMENT,
        doc="production, development or demo. Production demands a secret key; demo refuses any SMTP host but loopback.",
    )
    var_dir: Path = _setting(Path("var"), doc="Folder for the embedded database, files and logs.")
    models_dir: str = _setting(
        "", doc="Folder of trained models; empty means models in the var folder."
    )
    database_url: str = _setting(
        "", doc="SQLAlchemy URL; empty means an SQLite file in the var folder."
    )
    broker_url: str = _setting(
        "memory://",
        doc="Celery broker: memory:// for one process, redis://… or amqp://… for several.",
    )
    secret_key: Secret = _setting(
        Secret(""),
        doc="Signs links in mails; at least 32 characters. Required in production.",
        secret=True,
    )
    seal_key_path: Path | None = _setting(
        None,
        doc="RSA key and certificates (PEM) that seal agreements and sign badges; empty means one that is made for this installation and kept in the var folder. Several servers need the same.",
    )
    sso_path: Path | None = _setting(
        None, doc="TOML file of the OpenID providers to sign in by. See docs/security.md."
    )
    base_url: str = _setting(
        "http://127.0.0.1:8000", doc="Address under which people reach this installation."
    )
    packages_url: str = _setting(
        "",
        doc="Address of the same server under another host name, where SCORM packages run apart from the portal; empty means localhost and 127.0.0.1 for each other, and anywhere else that packages can't be opened.",
    )
    host: str = _setting("127.0.0.1", doc="Address that the web server listens on.")
    port: int = _setting(8000, doc="Port that the web server listens on.")
    log_json: bool = _setting(False, doc="Write logs as JSON lines instead of coloured text.")

    mail_transport: MailTransport = _setting(
        MailTransport.CONSOLE, doc="console (print only), smtp or memory."
    )
    smtp_host: str = _setting("127.0.0.1", doc="SMTP server.")
    smtp_port: int = _setting(587, doc="SMTP port.")
    smtp_user: str = _setting("", doc="SMTP user; empty means no login.")
    smtp_password: Secret = _setting(Secret(""), doc="SMTP password.", secret=True)
    smtp_security: SmtpSecurity = _setting(SmtpSecurity.STARTTLS, doc="none, starttls or tls.")
    smtp_timeout_s: float = _setting(30.0, doc="Seconds to wait for the SMTP server.")
    dkim_selector: str = _setting(
        "",
        doc="Selector of the DKIM key that mail is signed with, here or by the mail server; the health page looks it up.",
    )
    dkim_key_path: Path | None = _setting(
        None,
        doc="RSA private key (PEM) to sign mail with; empty leaves signing to the mail server.",
    )
    sending_ips: str = _setting(
        "", doc="Addresses that mail leaves from, separated by commas, for SPF and blocklists."
    )
    blocklists: str = _setting(
        "zen.spamhaus.org,bl.spamcop.net",
        doc="DNS blocklists that the health page asks, separated by commas.",
    )
    dns_server: str = _setting(
        "", doc="Resolver for the health page, host or host:port; empty means the system's."
    )
    sender_address: str = _setting(
        "partners@recruit.example", doc="From address of the first mailbox."
    )
    sender_name: str = _setting("Partner team", doc="From name of the first mailbox.")
    postal_address: str = _setting(
        "", doc="The sender's postal address, printed below each mail; many laws demand it."
    )

    inbox: InboxKind = _setting(InboxKind.NONE, doc="Where answers are: none, maildir or imap.")
    maildir_path: Path = _setting(Path("var/inbox"), doc="Maildir folder to read answers from.")
    imap_host: str = _setting("", doc="IMAP server.")
    imap_port: int = _setting(993, doc="IMAP port.")
    imap_user: str = _setting("", doc="IMAP user.")
    imap_password: Secret = _setting(Secret(""), doc="IMAP password.", secret=True)
    imap_tls: bool = _setting(True, doc="Whether IMAP speaks TLS from the start.")
    imap_sent_is_complete: bool = _setting(
        False,
        doc="Whether the account's Sent folder holds everything that was sent, so that what is not there was not sent.",
    )
    inbound_webhook_secret: Secret = _setting(
        Secret(""),
        doc="Secret (whsec_…, Standard Webhooks) of those who post raw mail to /hooks/inbound; empty: nobody may.",
        secret=True,
    )

    crm: CrmKind = _setting(
        CrmKind.EMBEDDED,
        doc="The CRM to sync with: none, embedded (a small one in a file), hubspot, salesforce, dataverse, pipedrive or tryton.",
    )
    crm_url: str = _setting(
        "",
        doc="Address of the CRM: the My Domain address, the organization's, the company's. HubSpot needs none.",
    )
    crm_database: str = _setting("", doc="Tryton: the database.")
    crm_tenant: str = _setting(
        "", doc="Dataverse: the id of the directory (tenant) that the app belongs to."
    )
    crm_login_url: str = _setting(
        "https://login.microsoftonline.com",
        doc="Dataverse: where the app signs in; national clouds have their own.",
    )
    crm_client_id: str = _setting(
        "", doc="Salesforce, Dataverse: the app's client id. Tryton: the user."
    )
    crm_client_secret: Secret = _setting(
        Secret(""),
        doc="Salesforce, Dataverse: the app's client secret. Tryton: the password.",
        secret=True,
    )
    crm_user: str = _setting(
        "", doc="Salesforce by JWT bearer: the user name that the app signs in as."
    )
    crm_key_path: Path | None = _setting(
        None,
        doc="Salesforce by JWT bearer: the RSA private key (PEM) whose certificate the app has, in place of a client secret.",
    )
    crm_token: Secret = _setting(
        Secret(""), doc="HubSpot: the private app's token. Pipedrive: the API token.", secret=True
    )
    crm_webhook_secret: Secret = _setting(
        Secret(""),
        doc="Secret of those who may hint at /hooks/crm that the CRM has changed: HubSpot's client secret, or whsec_… (Standard Webhooks); empty: nobody may.",
        secret=True,
    )
    hooks_allow_private: bool = _setting(
        False,
        doc="Whether outgoing webhooks may go to private addresses and by plain http; for tests on one machine.",
    )
    demo_clock_shift_s: float = _setting(
        0.0, doc="Seconds that the clock of demo mode is away from the machine's; 0 elsewhere."
    )
    lease_s: float = _setting(
        60.0, doc="Seconds that a process which died keeps others from sending in its place."
    )
    sweep_every_s: float = _setting(
        30.0, doc="Seconds between sweeps for due touches, new answers and CRM changes."
    )

    @property
    def database(self) -> str:
        """Return the database URL, the embedded SQLite file where none is set."""
        return self.database_url or f"sqlite:///{self.var_dir / 'recruit.db'}"

    @property
    def models(self) -> Path:
        """Return the folder of trained models."""
        return Path(self.models_dir) if self.models_dir else self.var_dir / "models"


def _convert(name: str, kind: Any, text: str) -> Any:
    if isinstance(kind, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in {"1", "0", "true", "false", "yes", "no"}:
            raise SettingsError(f"{name}={text!r} is not true or false.")
        return lowered in {"1", "true", "yes"}
    try:
        return kind(text)
    except ValueError as error:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            choices = ", ".join(kind)
            raise SettingsError(f"{name}={text!r} is unknown; choose one of {choices}.") from error
        raise SettingsError(f"{name}={text!r} is not a {kind.__name__}.") from error


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read settings from `environ` (the process's by default); `overrides` win.

    Raises `SettingsError` on an unknown, malformed or missing variable.
    """
    environ = os.environ if environ is None else environ
    kinds = get_type_hints(Settings)
    known = {PREFIX + f.name.upper(): f for f in fields(Settings)}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(
            f"Unknown setting {', '.join(unknown)}. `recruit settings` lists the known ones."
        )
    values: dict[str, Any] = {
        f.name: _convert(name, kinds[f.name], environ[name])
        for name, f in known.items()
        if name in environ
    }
    settings = Settings(**(values | overrides))
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.mode is Mode.PRODUCTION:
        if not settings.secret_key:
            raise SettingsError(
                "RECRUIT_SECRET_KEY is missing, and production mode has no default. "
                "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        if not settings.postal_address:
            raise SettingsError(
                "RECRUIT_POSTAL_ADDRESS is missing: mails to firms must carry the sender's postal address."
            )
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError("RECRUIT_SECRET_KEY is shorter than 32 characters.")
    base = urlsplit(settings.base_url)
    if base.scheme not in {"http", "https"} or not base.hostname:
        raise SettingsError(f"RECRUIT_BASE_URL={settings.base_url!r} is not an http(s) address.")
    packages = urlsplit(settings.packages_url)
    is_address = packages.scheme in {"http", "https"} and packages.hostname
    # Browsers tell hosts apart when they send cookies, and not ports.
    if settings.packages_url and (not is_address or packages.hostname == base.hostname):
        raise SettingsError(
            f"RECRUIT_PACKAGES_URL={settings.packages_url!r} is not an http(s) address with another "
            "host name than RECRUIT_BASE_URL."
        )
    if settings.demo_clock_shift_s and settings.mode is not Mode.DEMO:
        raise SettingsError("RECRUIT_DEMO_CLOCK_SHIFT_S works in demo mode only.")
    _check_crm(settings)
    if settings.mode is Mode.DEMO and settings.smtp_host not in LOOPBACK:
        raise SettingsError(
            f"Demo mode sends only to loopback, and RECRUIT_SMTP_HOST is {settings.smtp_host!r}."
        )


def _check_crm(settings: Settings) -> None:
    missing = list_missing(settings)
    if missing:
        names = ", ".join(PREFIX + name.upper() for name in missing)
        raise SettingsError(
            f"RECRUIT_CRM={settings.crm.value} needs {names}. docs/crm.md says where to find them."
        )
    for name in ("crm_url", "crm_login_url"):
        text = getattr(settings, name)
        address = urlsplit(text)
        # Credentials go there, so in the clear to this machine alone.
        is_safe = address.scheme == "https" or address.hostname in LOOPBACK
        if text and not (address.hostname and is_safe):
            raise SettingsError(f"{PREFIX}{name.upper()}={text!r} is not an https address.")


def find_secret_key(settings: Settings) -> Secret:
    """Return the configured secret, or one that was drawn once for this installation's var folder.

    Never used in production, where the secret must be configured.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.var_dir / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return Secret(path.read_text().strip())
