"""Make sure that the tests find the parts that no wheel brings: a browser, Java, a mail server.

Each by the first way that works here: installed already; the distribution's package (as root, or with
sudo that asks nothing); for the browser Playwright's own download. What cannot be had is named with what
to do. Without a browser it exits with 1; tests of the other parts then say that they were left out.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A program that tests start, under any of its `names`, in the distribution's `packages`."""

    title: str
    names: tuple[str, ...]
    packages: tuple[str, ...]
    needed: bool = False


PARTS = (
    Part(
        "Chromium",
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        ("chromium",),
        needed=True,
    ),
    Part("Java 17 (for Spark)", ("java",), ("default-jre-headless",)),
    Part("Postfix", ("postfix",), ("postfix",)),
    Part("Dovecot", ("dovecot",), ("dovecot-imapd",)),
)
# Where daemons live, which an ordinary user's PATH leaves out.
SEARCHED = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def find_program(names: tuple[str, ...]) -> str | None:
    """Return the path of the first of these programs that is installed."""
    return next((path for name in names if (path := shutil.which(name, path=SEARCHED))), None)


def _run(*command: str) -> bool:
    print("+", " ".join(command), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, check=False, timeout=600, env=quiet).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install_from_distribution(packages: list[str]) -> None:
    if shutil.which("apt-get") is None:
        return
    prefix: tuple[str, ...] = ()
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or not _run("sudo", "-n", "true"):
            return
        prefix = ("sudo", "-n", "--preserve-env=DEBIAN_FRONTEND")
    install = (*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)
    if not _run(*install) and _run(*prefix, "apt-get", "update", "-qq"):
        _run(*install)


def main() -> int:
    """Install what is missing and can be had."""
    missing = [part for part in PARTS if not find_program(part.names)]
    if missing:
        _install_from_distribution([package for part in missing for package in part.packages])
    code = 0
    for part in [part for part in missing if not find_program(part.names)]:
        if part.needed and _run(sys.executable, "-m", "playwright", "install", "chromium"):
            continue
        code = max(code, int(part.needed))
        print(
            f"{part.title} was not found, and could not be installed. Install it (Debian, Ubuntu: "
            f"`apt-get install {' '.join(part.packages)}`), then run `make test` again.",
            file=sys.stderr,
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
