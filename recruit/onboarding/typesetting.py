"""What documents are set in: fonts, sizes, colours, and Markdown as ReportLab's flowables."""

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markdown_it.token import Token
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, HRFlowable, Paragraph, Spacer, Table

REGULAR, BOLD = "DejaVu", "DejaVu-Bold"
INK, SOFT, ACCENT, LINE = (HexColor(c) for c in ("#17202b", "#566373", "#1d4ed8", "#d5dbe3"))
_FONTS = Path(__file__).parent / "fonts"


@cache
def use_fonts() -> None:
    """Register the fonts, which hold Latin, Greek and Cyrillic letters; once a process."""
    pdfmetrics.registerFont(TTFont(REGULAR, _FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, _FONTS / "DejaVuSans-Bold.ttf"))
    pdfmetrics.registerFontFamily(
        REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD
    )


def style(size: float, **over: Any) -> ParagraphStyle:
    """Return a paragraph's style in this size, in points."""
    values = {"fontName": REGULAR, "fontSize": size, "leading": size * 1.45, "textColor": INK}
    return ParagraphStyle("", **(values | over))


BODY = style(9.5, spaceAfter=6)
SMALL = style(8, textColor=SOFT)
HEADINGS = {
    level: style(size, fontName=BOLD, spaceBefore=10, spaceAfter=4, keepWithNext=True)
    for level, size in ((1, 17), (2, 12), (3, 10.5), (4, 9.5))
}
CELL = style(8.5)
CELL_BOLD = style(8.5, fontName=BOLD)


def text(words: str, set_in: ParagraphStyle = BODY) -> Paragraph:
    """Return a paragraph of words that mean nothing but themselves."""
    return Paragraph(escape(words), set_in)


def table(rows: list[list[Any]], widths: list[float]) -> Table:
    """Return rows with a thin line below each."""
    return Table(
        rows,
        colWidths=widths,
        hAlign="LEFT",
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )


def qr_code(address: str, size: float) -> Drawing:
    """Return a QR code of an address, `size` points wide."""
    code = QrCodeWidget(address, barLevel="M", barBorder=0)
    left, bottom, right, top = code.getBounds()
    drawing = Drawing(
        size, size, transform=[size / (right - left), 0, 0, size / (top - bottom), 0, 0]
    )
    drawing.add(code)
    return drawing


def flow_markdown(markdown: str, width: float) -> list[Flowable]:
    """Return Markdown as flowables; HTML in it is text, images are their descriptions."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return _Flow(width).run(reader.parse(markdown))


class _Flow:
    """Walks the tokens of a Markdown text, block by block."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.made: list[Flowable] = []
        # For each list that is open, its next number; None for one of bullets.
        self.lists: list[int | None] = []
        self.mark = ""
        self.quotes = 0
        self.rows: list[list[Any]] = []

    def run(self, tokens: list[Token]) -> list[Flowable]:
        heading = 0
        for token in tokens:
            match token.type:
                case "heading_open":
                    heading = min(int(token.tag[1]), 4)
                case "heading_close":
                    heading = 0
                case "bullet_list_open":
                    self.lists.append(None)
                case "ordered_list_open":
                    self.lists.append(int(token.attrs.get("start", 1)))
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                case "list_item_open":
                    self._next_mark()
                case "blockquote_open":
                    self.quotes += 1
                case "blockquote_close":
                    self.quotes -= 1
                case "hr":
                    self.made.append(HRFlowable(width="100%", thickness=0.5, color=LINE))
                case "fence" | "code_block":
                    lines = token.content.rstrip().split("\n")
                    self._paragraph("<br/>".join(map(escape, lines)))
                case "tr_open":
                    self.rows.append([])
                case "table_close":
                    self._table()
                case "inline":
                    self._inline(token, heading)
        return self.made

    def _next_mark(self) -> None:
        number = self.lists[-1]
        self.mark = "•" if number is None else f"{number}."
        if number is not None:
            self.lists[-1] = number + 1

    def _inline(self, token: Token, heading: int) -> None:
        markup = _markup(token.children or [])
        if self.rows:
            is_head = len(self.rows) == 1
            self.rows[-1].append(Paragraph(markup, CELL_BOLD if is_head else CELL))
        elif heading:
            self.made.append(Paragraph(markup, HEADINGS[heading]))
        else:
            self._paragraph(markup)

    def _paragraph(self, markup: str) -> None:
        # Deeper than this leaves no room on the page, whatever somebody wrote.
        indent = min(5 * len(self.lists) + 6 * self.quotes, 60) * mm
        set_in = style(
            9.5,
            spaceAfter=4 if self.lists else 6,
            leftIndent=indent,
            bulletIndent=max(indent - 5 * mm, 0),
            bulletFontName=REGULAR,
        )
        self.made.append(Paragraph(markup, set_in, bulletText=self.mark or None))
        self.mark = ""

    def _table(self) -> None:
        columns = max(map(len, self.rows))
        self.made += [table(self.rows, [self.width / columns] * columns), Spacer(0, 6)]
        self.rows = []


def _markup(children: list[Token]) -> str:
    parts = []
    for child in children:
        match child.type:
            case "text" | "code_inline" | "image":
                parts.append(escape(child.content))
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("<br/>")
            case "strong_open":
                parts.append("<b>")
            case "strong_close":
                parts.append("</b>")
            case "link_open":
                href = str(child.attrs.get("href", ""))
                safe = href if href.startswith(("https://", "mailto:")) else ""
                parts.append(f"<a href={quoteattr(safe)}>" if safe else "<a>")
            case "link_close":
                parts.append("</a>")
    return "".join(parts)
