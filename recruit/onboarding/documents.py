"""Documents as PDF: an accepted agreement with the evidence of its acceptance, and a certificate.

Pure: values in, bytes out. Sealing is `sealing`'s.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from recruit.onboarding.typesetting import (
    ACCENT,
    BOLD,
    CELL,
    CELL_BOLD,
    HEADINGS,
    INK,
    LINE,
    REGULAR,
    SMALL,
    SOFT,
    flow_markdown,
    qr_code,
    style,
    table,
    text,
    use_fonts,
)

_MARGIN = 22 * mm


@dataclass(frozen=True)
class AgreementDocument:
    """What an accepted agreement says. `commitments` are (due on, words); `evidence` is (what, value)."""

    title: str
    number: int
    text: str
    company: str
    program: str
    commitments: tuple[tuple[date, str], ...]
    evidence: tuple[tuple[str, str], ...]
    code: str
    verify_url: str
    made_at: datetime


@dataclass(frozen=True)
class CertificateDocument:
    """What a certificate says. `program` is who awards it."""

    person: str
    company: str
    course: str
    program: str
    serial: str
    awarded_at: datetime
    valid_until: datetime
    verify_url: str


def day(moment: date) -> str:
    """Return a day as documents write it: 3 March 2026."""
    return f"{moment.day} {moment:%B %Y}"


def render_agreement(document: AgreementDocument) -> bytes:
    """Return the agreement as a PDF: its text, what it commits to, and who accepted it how."""
    use_fonts()
    out = io.BytesIO()
    width = A4[0] - 2 * _MARGIN - 12  # the frame pads its content by 6 points on each side

    def foot(canvas: Canvas, _template: Any) -> None:
        canvas.setFont(REGULAR, 7.5)
        canvas.setFillColor(SOFT)
        left = f"{document.title}, version {document.number} · {document.code}"
        canvas.drawString(_MARGIN, 12 * mm, left[:90])
        canvas.drawRightString(A4[0] - _MARGIN, 12 * mm, f"Page {canvas.getPageNumber()}")

    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=20 * mm,
        bottomMargin=22 * mm,
        title=document.title,
        author=document.program,
        lang="en",
    )
    story: list[Flowable] = flow_markdown(document.text, width)
    if document.commitments:
        rows = [[text("Due", CELL_BOLD), text("What", CELL_BOLD)]]
        rows += [[text(day(due), CELL), text(words, CELL)] for due, words in document.commitments]
        story.append(
            KeepTogether(
                [
                    Paragraph("Minimum commitments", HEADINGS[2]),
                    table(rows, [40 * mm, width - 40 * mm]),
                ]
            )
        )
    story += [PageBreak(), *_evidence(document, width)]
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()


def _evidence(document: AgreementDocument, width: float) -> list[Flowable]:
    rows = [[text(what, CELL_BOLD), text(value, CELL)] for what, value in document.evidence]
    return [
        Paragraph("Record of acceptance", HEADINGS[1]),
        text(
            f"{document.company} accepted “{document.title}”, version {document.number}, "
            "electronically. This page says by whom and how."
        ),
        Spacer(0, 4 * mm),
        table(rows, [48 * mm, width - 48 * mm]),
        Spacer(0, 8 * mm),
        KeepTogether(
            [
                HRFlowable(width="100%", thickness=0.5, color=LINE),
                Spacer(0, 3 * mm),
                table(
                    [
                        [
                            qr_code(document.verify_url, 28 * mm),
                            [
                                text("Check this document", style(9.5, fontName=BOLD)),
                                text(f"{document.verify_url}  (code {document.code})", SMALL),
                                Spacer(0, 2 * mm),
                                text(
                                    "The file is sealed: one changed byte shows when you upload it "
                                    "there. It is tamper-evident evidence of an electronic "
                                    "acceptance, and no qualified electronic signature.",
                                    SMALL,
                                ),
                            ],
                        ]
                    ],
                    [36 * mm, width - 36 * mm],
                ),
            ]
        ),
    ]


def render_certificate(document: CertificateDocument) -> bytes:
    """Return the certificate as a landscape A4 page."""
    use_fonts()
    out = io.BytesIO()
    width, height = landscape(A4)
    canvas = Canvas(out, pagesize=(width, height), lang="en")
    canvas.setTitle(f"Certificate {document.serial}")
    canvas.setAuthor(document.program)
    canvas.setFillColor(ACCENT)
    canvas.rect(0, 0, 9 * mm, height, stroke=0, fill=1)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.8)
    canvas.roundRect(20 * mm, 14 * mm, width - 34 * mm, height - 28 * mm, 4 * mm, stroke=1, fill=0)
    left, room = 36 * mm, width - 72 * mm
    canvas.setFillColor(ACCENT)
    canvas.setFont(BOLD, 11)
    canvas.drawString(left, height - 36 * mm, document.program)
    canvas.setFillColor(SOFT)
    canvas.setFont(REGULAR, 11)
    canvas.drawRightString(width - 30 * mm, height - 36 * mm, "Certificate")
    y = height - 60 * mm
    y = _line(canvas, "This certifies that", left, y, room, 12, SOFT) - 4 * mm
    y = _line(canvas, document.person, left, y, room, 34, INK, BOLD) - 2 * mm
    y = _line(canvas, f"of {document.company} has passed", left, y, room, 12, SOFT) - 4 * mm
    _line(canvas, document.course, left, y, room, 24, ACCENT, BOLD)
    _facts(canvas, document, left, 34 * mm)
    code = qr_code(document.verify_url, 30 * mm)
    code.drawOn(canvas, width - 60 * mm, 30 * mm)
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawRightString(width - 30 * mm, 24 * mm, f"Check it at {document.verify_url}")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _line(
    canvas: Canvas,
    words: str,
    left: float,
    y: float,
    room: float,
    size: float,
    color: Any,
    font: str = REGULAR,
) -> float:
    """Draw words below `y`, in as many lines as they need at most half the size; return the new `y`."""
    while size > 9 and canvas.stringWidth(words, font, size) > 2 * room:
        size -= 1
    paragraph = Paragraph(
        _escaped(words), style(size, fontName=font, textColor=color, leading=size * 1.25)
    )
    _, used = paragraph.wrap(room, 60 * mm)
    paragraph.drawOn(canvas, left, y - used)
    return y - float(used)


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _facts(canvas: Canvas, document: CertificateDocument, left: float, y: float) -> None:
    facts = (
        ("Awarded", day(document.awarded_at)),
        ("Valid until", day(document.valid_until)),
        ("Number", document.serial),
    )
    for at, (what, value) in enumerate(facts):
        x = left + at * 54 * mm
        canvas.setFont(REGULAR, 8.5)
        canvas.setFillColor(SOFT)
        canvas.drawString(x, y + 6 * mm, what)
        canvas.setFont(BOLD, 11)
        canvas.setFillColor(INK)
        canvas.drawString(x, y, value)
