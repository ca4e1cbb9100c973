"""Unpack a SCORM package in memory: nothing that leaves its folder, swells up, or is a program.

Sizes are counted while unpacking, whatever the archive says of itself.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from recruit.onboarding.uploads import UploadRefused, check_entry

MOST_PACKED = 100 * 1024**2
MOST_UNPACKED = 300 * 1024**2
MOST_FILES = 5000
# A page of text packs to a fiftieth at best; a bomb to a thousandth.
_MOST_RATIO = 200
_CHUNK = 1024**2
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"PK\x03\x04", b"\x1f\x8b", b"Rar!")

TYPES = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml", ".js": "text/javascript",
    ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json", ".xml": "application/xml",
    ".xsd": "application/xml", ".xsl": "application/xml", ".dtd": "text/plain", ".txt": "text/plain",
    ".md": "text/plain", ".csv": "text/plain", ".vtt": "text/vtt", ".srt": "text/plain", ".map": "application/json",
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml",
    ".webp": "image/webp", ".ico": "image/x-icon", ".bmp": "image/bmp", ".mp3": "audio/mpeg", ".m4a": "audio/mp4",
    ".wav": "audio/wav", ".ogg": "audio/ogg", ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm",
    ".ogv": "video/ogg", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
    ".eot": "application/vnd.ms-fontobject", ".pdf": "application/pdf", ".wasm": "application/wasm",
}  # fmt: skip


@dataclass(frozen=True)
class PackedFile:
    """A file of a package: its path from the package's root, the type it is served as, the content."""

    path: str
    content_type: str
    content: bytes


def unpack(content: bytes) -> tuple[PackedFile, ...]:
    """Return the files of a package; raises `UploadRefused`, which says why and what to do."""
    if len(content) > MOST_PACKED:
        raise UploadRefused(f"The package is larger than {MOST_PACKED // 1024**2} MB. Split it.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return tuple(_files(archive))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, UploadRefused):
            raise
        raise UploadRefused("The package is no readable ZIP. Export it anew.") from None


def _files(archive: zipfile.ZipFile) -> Iterator[PackedFile]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise UploadRefused(f"The package holds more than {MOST_FILES} files. Split it.")
    left, seen = MOST_UNPACKED, set()
    for entry in entries:
        check_entry(entry)
        path = str(PurePosixPath(entry.filename.replace("\\", "/")))
        if _is_litter(path):
            continue
        if path.lower() in seen:
            raise UploadRefused(f"The package holds {path} twice. Export it anew.")
        if not path.isprintable() or len(path) > 300:
            raise UploadRefused("The package holds a file whose name can't be shown. Rename it.")
        seen.add(path.lower())
        kind = TYPES.get(PurePosixPath(path).suffix.lower())
        if kind is None:
            raise UploadRefused(
                f"{path}: files of this kind don't belong into a package. Take it out."
            )
        data = _read(archive, entry, left)
        left -= len(data)
        if data.startswith(_PROGRAMS):
            raise UploadRefused(f"{path} is a program or another archive. Take it out.")
        yield PackedFile(path, kind, data)


def _is_litter(path: str) -> bool:
    return path.startswith("__MACOSX/") or PurePosixPath(path).name in {".DS_Store", "Thumbs.db"}


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    found = bytearray()
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            found += chunk
            swollen = len(found) > _CHUNK and len(found) > _MOST_RATIO * max(entry.compress_size, 1)
            if len(found) > left or swollen:
                raise UploadRefused(
                    f"The package unpacks to far too much ({entry.filename}). Send a smaller one."
                )
    return bytes(found)
