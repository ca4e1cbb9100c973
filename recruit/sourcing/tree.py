"""The element tree of a page: mended markup, without the parts that are not about its subject, as lines."""

from typing import Any

import lxml.html
from lxml import etree

from recruit.sourcing.text import clean, storable

Element = Any  # lxml.html.HtmlElement, for which no types are published

_MOST_TEXT = 200_000
_NEVER = ("script", "style", "noscript", "template", "svg", "iframe", "select", "button")
_CHROME = ("nav", "footer", "aside", "form", "dialog")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)


def read_html(html: str) -> Element:
    """Return the element tree of any text; broken markup is mended, an empty text gives an empty page."""
    text = storable(html).replace("\ufffd", " ").strip() or "<html></html>"
    parser = lxml.html.HTMLParser(recover=True, encoding="utf-8")
    try:
        return lxml.html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:  # nothing but comments, for one
        return lxml.html.document_fromstring(b"<html></html>")


def strip_chrome(root: Element, *, own_site: bool) -> Element:
    """Take away what is not about the page's subject, and return the element that holds it.

    A directory's header, footer and menus speak of the directory; a firm's own footer speaks of the firm.
    """
    for element in list(root.iter(*_NEVER, etree.Comment, etree.ProcessingInstruction)):
        _drop(element)
    if own_site:
        return root
    for element in list(root.iter(*_CHROME)):
        _drop(element)
    for element in root.xpath("//header[not(ancestor::main or ancestor::article)]"):
        if not element.xpath(".//h1"):
            _drop(element)
    mains = root.xpath("//main | //*[@role='main']") or root.xpath("//article")
    return mains[0] if len(mains) == 1 else root


def _drop(element: Element) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def text_of(element: Element) -> str:
    """Return an element's text on one line; the items of a list are parted by semicolons."""
    items = element.xpath(".//li")
    if items:
        return "; ".join(filter(None, (clean(item.text_content()) for item in items[:100])))
    return clean(element.text_content())


def text_lines(root: Element) -> list[str]:
    """Return the text a reader sees, a line a block."""
    lines: list[str] = []
    pieces: list[str] = []
    size = 0

    def end_line() -> None:
        line = clean("".join(pieces))
        pieces.clear()
        if line:
            lines.append(line)

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            end_line()
        text = element.text if event == "start" else element.tail if element is not root else None
        if text and isinstance(element.tag, str):
            pieces.append(text)
            size += len(text)
        if size > _MOST_TEXT:
            break
    end_line()
    return lines
