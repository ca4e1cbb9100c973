"""Make sure that the contract tests find a Tryton server: a real CRM, in an environment of its own.

It is made anew when its requirements or Recruit's module for it change. The database that it leaves is a
template: tests run on copies.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".tryton"
REQUIREMENTS = ROOT / "requirements-tryton.txt"
MODULE = ROOT / "tests" / "contracts" / "tryton" / "recruit_crm"
TEMPLATE = HOME / "template" / "crm.sqlite"
# The template's only user; tests alone know this database.
PASSWORD = "tryton-of-the-tests"


def fingerprint() -> str:
    """Return what the environment depends on, in one word."""
    parts = [REQUIREMENTS.read_bytes(), *(p.read_bytes() for p in sorted(MODULE.glob("*.*")))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def python() -> Path:
    """Return the interpreter of Tryton's environment."""
    return HOME / "venv" / "bin" / "python"


def write_config(folder: Path, port: int) -> Path:
    """Write a configuration for a server on loopback whose databases lie in `folder`."""
    path = folder / "trytond.conf"
    path.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n"
        f"[web]\nlisten = 127.0.0.1:{port}\n[session]\nauthentications = password\n"
    )
    return path


def main() -> int:
    """Make the environment and the template, unless they are there already."""
    mark = HOME / "made-of"
    if mark.exists() and mark.read_text() == fingerprint():
        return 0
    print("Making a Tryton server for the contract tests ...", flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    TEMPLATE.parent.mkdir(parents=True)
    run = [sys.executable, "-m", "venv", str(HOME / "venv")]
    subprocess.run(run, check=True)
    pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    where = subprocess.run(
        [str(python()), "-c", "import trytond.modules as m; print(m.__path__[0])"],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.copytree(MODULE, Path(where.stdout.strip()) / "recruit_crm")
    config = write_config(TEMPLATE.parent, 0)
    TEMPLATE.touch()
    secret = TEMPLATE.parent / "password"
    secret.write_text(PASSWORD)
    subprocess.run(
        [
            str(HOME / "venv" / "bin" / "trytond-admin"),
            *("-c", str(config), "-d", "crm", "-u", "recruit_crm"),
            *("--activate-dependencies", "--email", "admin@crm.example"),
        ],
        check=True,
        env={**os.environ, "TRYTONPASSFILE": str(secret)},
    )
    mark.write_text(fingerprint())
    return 0


if __name__ == "__main__":
    sys.exit(main())
