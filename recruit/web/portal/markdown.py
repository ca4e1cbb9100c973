"""Markdown that a program owner wrote, as HTML that is safe to show."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "pre", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@lru_cache(maxsize=256)
def to_html(text: str) -> Markup:
    """Return the text as HTML: no scripts, no styles, no images; links open nothing by themselves.

    The page has its own first heading, so the text's headings move one level down.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 1, 4)}"
        if token.attrs.pop("style", None) == "text-align:right":
            token.attrs["class"] = "num"
    html = reader.renderer.render(tokens, reader.options, {})
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        allowed_classes={"td": {"num"}, "th": {"num"}},
        url_schemes={"https", "mailto"},
    )
    return Markup(safe)  # noqa: S704  (cleaned the line above)
