"""Files that people are handed: always saved, never shown, and never taken for something else."""

from urllib.parse import quote

from fastapi.responses import Response

from recruit.onboarding.uploads import CheckedFile


def attach(file: CheckedFile, name: str) -> Response:
    """Return a file for its reader to save; no page, script or frame is ever made of it here."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in name)
    return Response(
        file.content,
        media_type=file.content_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
