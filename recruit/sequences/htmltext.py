"""The text of an HTML mail, as a mail program shows it. Pure, and linear in its length."""

import html
import re

# Neither pattern can run over another "<", so that hostile markup costs no more than its length.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]{0,2000}>|<!--|<[!?][^<>]{0,500}>")
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "br",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "ul",
        "ol",
        "blockquote",
        "pre",
        "hr",
    }
)
_SPACES = re.compile(r"\s+")
_EMPTY = frozenset("> " * n for n in range(6)) | frozenset(("> " * n).strip() for n in range(6))
_UNSEEN = frozenset({"script", "style", "head", "title"})


def plain_text(markup: str) -> str:
    """Return the text of HTML as a mail program shows it; what is quoted there gets ">" in front."""
    pieces: list[str] = []
    at, unseen, depth = 0, "", 0
    while found := _TAG.search(markup, at):
        if not unseen:
            pieces.append(_SPACES.sub(" ", markup[at : found.start()]))
        at = found.end()
        if found[0] == "<!--":
            end = markup.find("-->", at)
            at = len(markup) if end < 0 else end + 3
            continue
        closing, name = bool(found[1]), (found[2] or "").lower()
        if name in _UNSEEN:
            unseen = "" if closing else unseen or name
        elif name == "blockquote":
            depth = max(depth + (-1 if closing else 1), 0)
        if name in _BLOCKS:
            pieces.append("\n" + "> " * min(depth, 5))
    if not unseen:
        pieces.append(_SPACES.sub(" ", markup[at:]))
    lines = (line.strip() for line in html.unescape("".join(pieces)).splitlines())
    return re.sub(
        r"\n{3,}", "\n\n", "\n".join("" if line in _EMPTY else line for line in lines)
    ).strip()
