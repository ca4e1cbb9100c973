"""The file of providers: TOML, with secrets in the environment and never in it.

[[provider]]
key = "northlight"
name = "Northlight"
for = "desk"                       # or "partners"
issuer = "https://login.northlight.example"
client_id = "recruit"
client_secret_env = "NORTHLIGHT_SSO_SECRET"
domains = ["northlight.example"]
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recruit.config import LOOPBACK, Secret, SettingsError
from recruit.people.sso.values import Audience, Provider

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_TEXTS = ("key", "name", "for", "issuer", "client_id", "client_secret_env")
_FLAGS = ("vouches_for_email", "admits_new")
# Anybody gets an address there, so nobody can speak for its people.
_FREE_MAIL = frozenset({"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com"})


class ProvidersInvalid(SettingsError):
    """The file of providers can't be used; the message says which line of thought to mend."""


def read_providers(path: Path, environ: Mapping[str, str]) -> tuple[Provider, ...]:
    """Return the providers of a file; raises `ProvidersInvalid`."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProvidersInvalid(
            f"RECRUIT_SSO_PATH: {path} can't be read: {error.strerror}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProvidersInvalid(f"RECRUIT_SSO_PATH: {path} is no TOML: {error}.") from error
    return parse_providers(data, environ, file=path.name)


def parse_providers(
    data: Mapping[str, Any], environ: Mapping[str, str], *, file: str
) -> tuple[Provider, ...]:
    """Return the providers that a file's data describes; raises `ProvidersInvalid`."""
    entries = data.get("provider")
    if set(data) != {"provider"} or not isinstance(entries, list) or not entries:
        raise ProvidersInvalid(f"{file}: Write one [[provider]] table or more, and nothing else.")
    providers: list[Provider] = []
    for number, entry in enumerate(entries, 1):
        provider = _parse(entry, environ, f"{file}: provider {number}")
        for other in providers:
            if other.key == provider.key:
                raise ProvidersInvalid(f"{file}: Two providers have the key {provider.key!r}.")
            if shared := other.domains & provider.domains:
                names = ", ".join(sorted(shared))
                raise ProvidersInvalid(
                    f"{file}: {other.key} and {provider.key} both speak for {names}; one may."
                )
        providers.append(provider)
    return tuple(providers)


def _parse(entry: Any, environ: Mapping[str, str], place: str) -> Provider:
    if not isinstance(entry, dict):
        raise ProvidersInvalid(f"{place}: Write it as a [[provider]] table.")
    if unknown := sorted(set(entry) - {*_TEXTS, *_FLAGS, "domains"}):
        raise ProvidersInvalid(f"{place}: {', '.join(unknown)} is unknown. See docs/security.md.")
    for name in _TEXTS:
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise ProvidersInvalid(f"{place}: {name} is missing, or no text.")
    for name in _FLAGS:
        if not isinstance(entry.get(name, True), bool):
            raise ProvidersInvalid(f"{place}: {name} must be true or false.")
    if not _KEY.fullmatch(entry["key"]):
        raise ProvidersInvalid(f"{place}: key: Use small letters, digits and hyphens.")
    if entry["for"] not in set(Audience):
        raise ProvidersInvalid(f"{place}: for: Write {' or '.join(Audience)}.")
    secret = environ.get(entry["client_secret_env"], "")
    if not secret:
        raise ProvidersInvalid(
            f"{place}: The environment has no {entry['client_secret_env']}: put the client secret there."
        )
    check_address(entry["issuer"], f"{place}: issuer")
    return Provider(
        key=entry["key"],
        name=entry["name"].strip(),
        issuer=entry["issuer"],
        client_id=entry["client_id"],
        client_secret=Secret(secret),
        audience=Audience(entry["for"]),
        domains=_domains(entry.get("domains"), place),
        vouches_for_email=entry.get("vouches_for_email", False),
        admits_new=entry.get("admits_new", True),
    )


def _domains(given: Any, place: str) -> frozenset[str]:
    if not isinstance(given, list) or not given:
        raise ProvidersInvalid(f"{place}: domains: List the e-mail domains of its people.")
    for domain in given:
        if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain):
            raise ProvidersInvalid(f"{place}: domains: {domain!r} is no domain in small letters.")
        if domain in _FREE_MAIL:
            raise ProvidersInvalid(
                f"{place}: domains: Anybody gets an address at {domain}; nobody may speak for it."
            )
    return frozenset(given)


def check_address(url: str, place: str) -> None:
    """Refuse an address that secrets would travel to in the clear; raises `ProvidersInvalid`."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    except ValueError:
        is_safe = False
    if not is_safe or not parts.hostname or parts.username or parts.fragment:
        raise ProvidersInvalid(f"{place}: {url!r} is no https address.")
