"""A real Dovecot on loopback that serves Maildirs by IMAP, with a configuration of its own in a temporary folder."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recruit.config import Secret
from recruit.mail.adapters.imap import ImapInbox
from recruit.mail.adapters.imap_account import ImapAccount
from tests.factories.postfix import free_port

PASSWORD = "dovecot-secret"

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_login_user = {login}
mail_location = maildir:{mail}/%n
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Junk {{
    special_use = \\Junk
    auto = subscribe
  }}
  mailbox "Gesendete Objekte" {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server."""

    port: int
    folder: Path
    config: Path

    def account(self, address: str) -> ImapAccount:
        """Return the login of an address."""
        return ImapAccount("127.0.0.1", self.port, address, Secret(PASSWORD), tls=False)

    def inbox(self, address: str, **over: Any) -> ImapInbox:
        """Return a reader of an address's mail."""
        login: dict[str, Any] = {"user": address, "password": Secret(PASSWORD), "tls": False}
        return ImapInbox(**({"host": "127.0.0.1", "port": self.port} | login | over))

    def stop(self) -> None:
        """Stop it, as a restart of the machine would."""
        pids = self.folder / "run" / "master.pid"
        if not pids.exists():
            return
        pid = int(pids.read_text())
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and _alive(pid):
            time.sleep(0.05)

    def start(self) -> None:
        """Start it (again)."""
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                ["/usr/sbin/dovecot", "-c", str(self.config)],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                check=True,
                timeout=60,
            )
        _await(self)


@contextmanager
def dovecot(mail: Path) -> Iterator[Dovecot]:
    """Serve the Maildirs below `mail` (one a local part), which the user `postfix` owns, on a free port."""
    folder = Path(tempfile.mkdtemp(prefix="recruit-dovecot-"))
    folder.chmod(0o755)
    for name in ("run", "state"):
        (folder / name).mkdir()
    owner = pwd.getpwnam("postfix")
    config = folder / "dovecot.conf"
    port = free_port()
    config.write_text(
        _CONFIG.format(
            folder=folder,
            mail=mail,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            port=port,
            password=PASSWORD,
            internal="dovecot",
            login="dovenull",
        )
    )
    server = Dovecot(port, folder, config)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _await(server: Dovecot) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
                if connection.recv(4).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.05)
    said = "".join(
        (server.folder / name).read_text()[-2000:]
        for name in ("output", "log")
        if (server.folder / name).exists()
    )
    raise TimeoutError(f"Dovecot does not answer: {said}")
