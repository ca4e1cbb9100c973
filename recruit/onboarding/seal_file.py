"""Where the installation's seal is kept: in the file that is configured, or one made once."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from recruit.config import Settings
from recruit.onboarding.sealing import BadSealKey, Seal, load_seal, make_seal

_FILE = "seal.pem"


def find_seal(settings: Settings, now: datetime) -> Seal:
    """Return the configured seal, or this installation's own, made at the first time of asking.

    Raises `BadSealKey`, also where a file is configured that is not there: a key made in its place would
    not be the one that sealed what there is.
    """
    path = settings.seal_key_path or settings.var_dir / _FILE
    if settings.seal_key_path is None and not path.exists():
        _make(path, settings.sender_name, now)
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise BadSealKey(f"RECRUIT_SEAL_KEY_PATH: {path} cannot be read ({error}).") from None
    return load_seal(pem, place=str(path))


def _make(path: Path, name: str, now: datetime) -> None:
    # Whole or not at all: another process may look for it at this moment, and the first one wins.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".seal-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make_seal(name, now))
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
