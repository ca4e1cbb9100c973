"""The element tree of a page: mended markup, without the parts that are not about its subject, as lines."""

import re
from typing import Any

import lxml.html
from lxml import etree

from recruit.sourcing.text import clean, storable

Element = Any  # lxml.html.HtmlElement, for which no types are published

_MOST_TEXT = 200_000
_NEVER = ("script", "style", "noscript", "template", "svg", "iframe", "select", "button")
_CHROME = ("nav", "footer", "aside", "form", "dialog")
_BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header"
    "|hr|li|main|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
)
_BLOCK = re.compile(rf"</?(?:{_BLOCKS})(?=[\s/>])[^>]*>")
_TAG = re.compile("<[^>]*>")
_ENTITY = re.compile("&(lt|gt|amp|quot|apos|#x?[0-9a-fA-F]+);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


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


def text_lines(root: Element, *, breaks: bool = False) -> list[str]:
    """Return the text a reader sees, a line a block.

    With `breaks` the line breaks of the markup, which a reader does not see, stay within a block's text.
    """
    # Serialised markup is well-formed, so that two patterns part it faster than a walk over the tree.
    markup = etree.tostring(root, encoding="unicode", method="xml", with_tail=False)
    text = _TAG.sub("", _BLOCK.sub("\r", markup.replace("\n", "\n" if breaks else " ")))
    text = _ENTITY.sub(_unescape, text)[:_MOST_TEXT]
    if breaks:
        return [piece for piece in text.split("\r") if piece.strip()]
    return [line for piece in text.split("\r") if (line := clean(piece))]


def _unescape(match: re.Match[str]) -> str:
    name = match[1]
    if name.startswith("#"):
        return " "  # only control characters are written like this
    return _ENTITIES[name]
