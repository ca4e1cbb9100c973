"""Make sure that the browser tests find a Chromium, by the first way that works here.

An installed one; the distribution's package (as root or with sudo that asks nothing); Playwright's own
download. Where none works, it says what to do, and exits with 1.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _run(*command: str) -> bool:
    print("+", " ".join(command), flush=True)
    try:
        return subprocess.run(command, check=False, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install_from_distribution() -> bool:
    if shutil.which("apt-get") is None:
        return False
    prefix: tuple[str, ...] = ()
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or not _run("sudo", "-n", "true"):
            return False
        prefix = ("sudo", "-n")
    install = (*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    return (_run(*install) or (_run(*prefix, "apt-get", "update", "-qq") and _run(*install))) and (
        find_chromium() is not None
    )


def main() -> int:
    """Install a browser if there is none."""
    if find_chromium() or _install_from_distribution():
        return 0
    if _run(sys.executable, "-m", "playwright", "install", "chromium"):
        return 0
    print(
        "No Chromium was found, and none could be installed. Install one (Debian, Ubuntu: "
        "`apt-get install chromium`; macOS: `brew install --cask chromium`), then run `make test` again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
