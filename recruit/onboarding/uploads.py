"""What a file is, by what is in it; what may not come in.

The name and type that a browser sends are never believed: the type follows from the content, and the
name only has to agree with it. Nothing is ever unpacked.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

MOST_BYTES = 20 * 1024**2
_MOST_UNPACKED = 200 * 1024**2
_MOST_RATIO = 100
_MOST_ENTRIES = 5000

_MAGIC: tuple[tuple[bytes, str, frozenset[str]], ...] = (
    (b"%PDF-", "application/pdf", frozenset({".pdf"})),
    (b"\x89PNG\r\n\x1a\n", "image/png", frozenset({".png"})),
    (b"\xff\xd8\xff", "image/jpeg", frozenset({".jpg", ".jpeg"})),
)
_OFFICE = {
    "word/document.xml": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        frozenset({".docx"}),
    ),
    "xl/workbook.xml": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        frozenset({".xlsx"}),
    ),
    "ppt/presentation.xml": (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        frozenset({".pptx"}),
    ),
}
_TEXT = {".txt": "text/plain", ".csv": "text/csv", ".md": "text/markdown"}
_KNOWN = "PDF, PNG, JPEG, DOCX, XLSX, PPTX, TXT, CSV, MD or ZIP"


class UploadRefused(ValueError):
    """The file is not taken; the message says why and what to do."""


@dataclass(frozen=True)
class CheckedFile:
    """A file that was checked: a name without a path, the type that its content has, the content."""

    name: str
    content_type: str
    content: bytes


def check_upload(name: str, content: bytes) -> CheckedFile:
    """Return a file whose content is what its name says and harms nobody; raises `UploadRefused`."""
    name = clean_name(name)
    if not content:
        raise UploadRefused("The file is empty. Choose another.")
    if len(content) > MOST_BYTES:
        raise UploadRefused(
            f"The file is larger than {MOST_BYTES // 1024**2} MB. Send a smaller one."
        )
    ending = PurePosixPath(name).suffix.lower()
    kind, endings = _type_of(ending, content)
    if ending not in endings:
        wanted = " or ".join(sorted(endings))
        raise UploadRefused(
            f"{name} holds something else than its name says ({kind}). Its name should end in {wanted}."
        )
    return CheckedFile(name, kind, content)


def clean_name(name: str) -> str:
    """Return the bare name of a file, fit for a header and any disk; never blank."""
    bare = re.split(r"[/\\\\]", unicodedata.normalize("NFC", name))[-1]
    bare = "".join(c for c in bare if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem, dot, ending = bare.rpartition(".")
    if not dot:
        return bare[:100] or "file"
    return f"{stem[:100] or 'file'}.{ending[:10]}"


def _type_of(ending: str, content: bytes) -> tuple[str, frozenset[str]]:
    for magic, kind, endings in _MAGIC:
        if content.startswith(magic):
            return kind, endings
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(content)
    if ending in _TEXT and _is_text(content):
        return _TEXT[ending], frozenset({ending})
    raise UploadRefused(f"This kind of file is not taken. Send {_KNOWN}.")


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n\f" for c in text[:1_000_000])


def _archive(content: bytes) -> tuple[str, frozenset[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        raise UploadRefused("The archive is broken. Make it anew.") from None
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED:
        raise UploadRefused("The archive unpacks to far too much. Send its files one by one.")
    for entry in entries:
        check_entry(entry)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names:
        for part, (kind, endings) in _OFFICE.items():
            if part in names:
                return kind, endings
    return "application/zip", frozenset({".zip"})


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that leaves its folder, hides what it is or swells up; raises `UploadRefused`."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or re.match(r"^[A-Za-z]:", name):
        raise UploadRefused("The archive holds a file that would leave its folder. Make it anew.")
    if entry.flag_bits & 0x1:
        raise UploadRefused("The archive is encrypted. Send it without a password.")
    if entry.external_attr >> 28 == 0xA:
        raise UploadRefused("The archive holds a link to elsewhere. Send the file itself.")
    if name.lower().endswith((".zip", ".jar", ".7z", ".rar", ".gz", ".xz", ".bz2", ".zst")):
        raise UploadRefused("The archive holds another archive. Send its files one by one.")
    if name.endswith("vbaProject.bin"):
        raise UploadRefused("The document holds macros. Save it without them and send that.")
    # Small entries compress well by nature; a bomb needs large ones.
    if entry.file_size > 1024**2 and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1):
        raise UploadRefused("The archive unpacks to far too much. Send its files one by one.")
