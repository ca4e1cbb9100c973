"""A real Postfix on loopback, with configuration, queue and spool of its own in a temporary folder."""

import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """\
compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = {daemons}
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.vendor.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_rate_limit = 0
disable_dns_lookups = yes
default_transport = discard
relay_transport = discard
transport_maps = texthash:{folder}/transport
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""


@dataclass(frozen=True)
class Postfix:
    """A running server. `folder` holds its queue, its log and, below `mail`, its mailboxes."""

    port: int
    folder: Path

    def mailbox(self, address: str) -> Path:
        """Return the Maildir of an address."""
        return self.folder / "mail" / address.partition("@")[0]

    def waits(self) -> int:
        """Return how many messages stand in its queues."""
        queues = ("incoming", "active", "deferred", "maildrop")
        return sum(
            1
            for name in queues
            for path in (self.folder / "queue" / name).rglob("*")
            if path.is_file()
        )


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def postfix(
    *, mailboxes: tuple[str, ...] = (), relays: Mapping[str, int] | None = None
) -> Iterator[Postfix]:
    """Serve on a free port of loopback.

    `mailboxes` are addresses that it keeps mail for; a domain in `relays` goes on to a port of loopback;
    mail to anybody else is accepted, queued and dropped.
    """
    folder = Path(tempfile.mkdtemp(prefix="recruit-postfix-"))
    folder.chmod(0o755)
    port = free_port()
    owner = pwd.getpwnam("postfix")
    daemons = next(
        path for path in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix") if Path(path).is_dir()
    )
    for name in ("queue", "data", "mail"):
        (folder / name).mkdir()
    for name in ("data", "mail"):
        shutil.chown(folder / name, owner.pw_uid, owner.pw_gid)
    domains = sorted({address.partition("@")[2] for address in mailboxes})
    (folder / "main.cf").write_text(
        _MAIN.format(
            folder=folder,
            daemons=daemons,
            domains=" ".join(domains),
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
    )
    (folder / "master.cf").write_text(_MASTER.format(port=port))
    (folder / "mailboxes").write_text(
        "".join(f"{address} {address.partition('@')[0]}/\n" for address in mailboxes)
    )
    (folder / "transport").write_text(
        "".join(f"{domain} smtp:[127.0.0.1]:{to}\n" for domain, to in (relays or {}).items())
    )
    _run(folder, "start")
    try:
        _await(port, folder)
        yield Postfix(port, folder)
    finally:
        _run(folder, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, command: str) -> None:
    # Daemons hold pipes open, so their output goes to a file.
    with (folder / "output").open("ab") as output:
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(folder), command],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            check=command == "start",
            timeout=60,
        )


def _await(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                if connection.recv(4).startswith(b"220"):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"Postfix does not answer: {(folder / 'output').read_text()[-2000:]}")
