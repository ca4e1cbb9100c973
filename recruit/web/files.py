"""PDFs that are handed out as files."""

import re

from fastapi.responses import Response

from recruit.onboarding.usecases import seal_acceptance
from recruit.wiring import App


def sealed_pdf(app: App, acceptance_id: int) -> tuple[str, bytes]:
    """Return the name and the bytes of an acceptance's sealed PDF, which is made where it is not yet."""
    with app.transaction() as tx:
        document = seal_acceptance(
            tx,
            acceptance_id=acceptance_id,
            seal=app.seal,
            base_url=app.settings.base_url,
            issuer=app.settings.sender_name,
        )
        return document.code, document.pdf


def show_pdf(name: str, pdf: bytes) -> Response:
    """Return a PDF to keep, under this name."""
    safe = re.sub(r"[^A-Za-z0-9-]", "", name) or "document"
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{safe}.pdf"'},
    )
