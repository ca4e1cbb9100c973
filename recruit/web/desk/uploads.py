"""Files that people upload to import: kept in the var folder under a token until their import is over.

Nothing of the name that a browser sends becomes part of a path.
"""

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from fastapi import UploadFile

from recruit.sourcing.text import clean, shorten
from recruit.wiring import App

MOST_BYTES = 512 * 1024**2
_KEPT_S = 7 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_BLOCK = 1024 * 1024


class UploadRefused(ValueError):
    """The file cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded, and what was said of it."""

    token: str
    path: Path
    file_name: str
    source_name: str
    options: Mapping[str, Any]


def keep_upload(
    app: App, file: UploadFile | None, *, source_name: str, options: Mapping[str, Any]
) -> Upload:
    """Keep a file. Raises `UploadRefused`."""
    name = name_of(file.filename if file else "")
    if file is None or not name:
        raise UploadRefused("Choose a file first.")
    folder = _folder(app)
    _clear_old(folder, app.clock.now().timestamp())
    token = secrets.token_urlsafe(16)
    home = folder / token
    home.mkdir(parents=True)
    upload = Upload(token, home / "file", name, source_name, options)
    try:
        _copy(file, upload.path)
        about = {"file_name": name, "source_name": source_name, "options": dict(options)}
        (home / "about.json").write_text(json.dumps(about), encoding="utf-8")
    except OSError as error:
        shutil.rmtree(home, ignore_errors=True)
        raise UploadRefused(
            f"The file could not be stored here ({error.strerror}). Tell the operator."
        ) from error
    except UploadRefused:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return upload


def find_upload(app: App, token: str) -> Upload | None:
    """Return an upload that is still there."""
    if not _TOKEN.fullmatch(token):
        return None
    home = _folder(app) / token
    try:
        about = json.loads((home / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Upload(token, home / "file", about["file_name"], about["source_name"], about["options"])


def set_options(upload: Upload, options: Mapping[str, Any]) -> Upload:
    """Keep other options with an upload."""
    about = {
        "file_name": upload.file_name,
        "source_name": upload.source_name,
        "options": dict(options),
    }
    (upload.path.parent / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return Upload(upload.token, upload.path, upload.file_name, upload.source_name, options)


def name_of(sent: str | None) -> str:
    """Return what to call a file: the last part of the name that was sent, on one line, not too long."""
    last = PurePath(clean(sent or "").replace("\\", "/")).name.strip(". ")
    suffixes = "".join(PurePath(last).suffixes[-2:])[-20:]
    return last if len(last) <= 100 else shorten(last, 100 - len(suffixes)) + suffixes


def _copy(file: UploadFile, path: Path) -> None:
    size = 0
    with path.open("wb") as kept:
        while block := file.file.read(_BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise UploadRefused(
                    f"The file is larger than {MOST_BYTES // 1024**2} MB. Pack it as .gz, or import it with "
                    "`recruit import` where Recruit runs."
                )
            kept.write(block)
    if not size:
        raise UploadRefused("The file is empty. Its first row has to name the columns.")


def _folder(app: App) -> Path:
    return app.settings.var_dir / "uploads"


def _clear_old(folder: Path, now: float) -> None:
    for home in folder.glob("*"):
        if home.is_dir() and now - home.stat().st_mtime > _KEPT_S:
            shutil.rmtree(home, ignore_errors=True)
