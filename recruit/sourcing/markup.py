"""Reads plain HTML: what stands beside or below a label, links that say what they are, lines of text."""

import re
from collections.abc import Iterator

from recruit.sourcing.contacts import host_of, social_network
from recruit.sourcing.labels import Part, Target, read_label
from recruit.sourcing.text import clean, fold
from recruit.sourcing.tree import Element, text_of
from recruit.sourcing.values import FieldName

_LONGEST_VALUE = 1500
_LONGEST_LABEL = 200  # with the spaces around it
_LONGEST_WORDS, _MOST_WORDS = 60, 8
_LABEL_TAGS = (
    "dt",
    "th",
    "td",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "strong",
    "b",
    "em",
    "span",
    "label",
    "div",
    "p",
)
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_LABELLED_LINE = re.compile(r"([^:\n]{2,40}):\s+(\S.*)")
_SHARE = re.compile(r"/(?:share|sharer|intent|sharearticle|dialog)\b", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])")
_PHONE = re.compile(
    r"\b(?:tel(?:efon|ephone)?|t[ée]l[ée]phone|phone|fon|call)\b\.?:?\s*(\+?[0-9(][0-9 ()/.-]{5,22}[0-9])",
    re.IGNORECASE,
)
_DIGITS = re.compile("[0-9][0-9 ()/.-]*[0-9]")
# What a page is called that is not about one firm.
_NO_NAMES = frozenset(
    [
        "home",
        "homepage",
        "startseite",
        "accueil",
        "about",
        "about us",
        "uber uns",
        "contact",
        "contact us",
        "kontakt",
        "imprint",
        "impressum",
        "welcome",
        "willkommen",
        "untitled",
        "untitled document",
        "page not found",
        "not found",
        "404",
        "error",
        "login",
        "sign in",
        "log in",
        "companies",
        "partners",
        "members",
        "directory",
        "search",
        "access denied",
        "forbidden",
        "just a moment",
    ]
)


def read_labelled(root: Element) -> Iterator[tuple[Target, str, str]]:
    """Yield what stands beside or below a known label: terms, table rows, headings over lists.

    Each comes as what the label means, what stands there, and the label's own words.
    """
    for element in root.iter(*_LABEL_TAGS):
        label = _short_text(element)
        target = read_label(label.rstrip(": ")) if label else None
        if target is None or target is Part.RECORD_ID:
            continue
        if target is Part.PLACE and element.tag in _HEADINGS:
            continue  # all that stands below it counts: see `sections`
        for value in _values_of(element):
            text = _linked(value, target) or text_of(value)
            if text and len(text) <= _LONGEST_VALUE and read_label(text) is None:
                yield target, text, label


def _short_text(element: Element) -> str:
    """Return the text of an element that may be a label; a quick look for the many that are not."""
    children = len(element)
    if children > 2:
        return ""
    text = element.text_content() if children else element.text
    if not text or len(text) > _LONGEST_LABEL:
        return ""
    text = clean(text)
    return text if len(text) <= _LONGEST_WORDS and text.count(" ") < _MOST_WORDS else ""


def _values_of(label: Element) -> Iterator[Element]:
    if label.tail and clean(label.tail).strip(": "):
        return  # "Founded: 1998" on one line is read as a line
    follower = label.getnext()
    if follower is None and label.tag in {"strong", "b", "em", "span", "label"}:
        parent = label.getparent()
        # Only where the label is all that its parent holds.
        if (
            parent is not None
            and len(parent) == 1
            and parent.tag in {"dt", "th", "td", "p", "div", "li"}
        ):
            follower = parent.getnext()
    while follower is not None and isinstance(follower.tag, str):
        yield follower
        follower = follower.getnext()
        if label.tag != "dt" or follower is None or follower.tag != "dd":
            return


def _linked(value: Element, target: Target) -> str:
    if target not in {FieldName.WEBSITE, FieldName.SOCIAL, FieldName.EMAIL}:
        return ""
    links = value.xpath("descendant-or-self::a/@href")
    return ";".join(clean(link) for link in links[: 1 if target is FieldName.WEBSITE else 5])


def read_labelled_lines(lines: list[str]) -> Iterator[tuple[Target, str, str]]:
    """Yield what lines and sentences of the form "Label: value" say."""
    for line in lines:
        if ":" not in line:
            continue
        for sentence in sentences(line):
            match = _LABELLED_LINE.fullmatch(sentence)
            target = read_label(match[1]) if match else None
            if match and target and target is not Part.RECORD_ID:
                yield target, match[2].rstrip(". "), match[1]


_SENTENCE_END = re.compile(
    r"(?<!\bSt)(?<!\bMt)(?<!\bDr)(?<!\bca)(?<!\best)(?<!\bapprox)[.!?] +(?=[^a-z])"
)


def sentences(line: str) -> list[str]:
    """Return the sentences of a line."""
    return [sentence for sentence in _SENTENCE_END.split(line) if sentence]


def read_links(root: Element, page_host: str) -> Iterator[tuple[FieldName, str]]:
    """Yield addresses to write to or call, the firm's own site and its social pages."""
    for link in root.iter("a"):
        href = clean(link.get("href", ""))
        scheme = href.partition(":")[0].lower()
        if scheme == "mailto":
            yield FieldName.EMAIL, href.partition(":")[2]
        elif scheme == "tel":
            yield FieldName.PHONE, href.partition(":")[2]
        elif scheme in {"http", "https"}:
            host = host_of(href)
            if social_network(href):
                if not _SHARE.search(href) and host != page_host:
                    yield FieldName.SOCIAL, href
            elif host != page_host and _says_website(link, host):
                yield FieldName.WEBSITE, href


def _says_website(link: Element, host: str) -> bool:
    text = clean(link.text_content())
    shown = text.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    return (
        read_label(text) is FieldName.WEBSITE
        or "external" in link.get("rel", "").split()
        or shown.rstrip("/").partition("/")[0] == host
    )


def find_emails(lines: list[str]) -> Iterator[str]:
    """Yield the e-mail addresses that stand in the text."""
    for line in lines:
        if "@" in line:
            yield from (match[0].rstrip(".") for match in _EMAIL.finditer(line))


def find_phones(lines: list[str]) -> Iterator[str]:
    """Yield the numbers that the text calls phone numbers."""
    for line in lines:
        if _DIGITS.search(line):
            yield from (match[1] for match in _PHONE.finditer(line))


def read_description(root: Element) -> str:
    """Return the sentence in which the page says of itself what it is about, empty where it has none."""
    found = root.xpath(
        "//meta[translate(@name, 'DESCRIPTON', 'descripton')='description']/@content"
    )
    return clean(str(found[0]))[:500] if found else ""


def read_heading(root: Element, *, own_site: bool, host: str) -> tuple[str, bool]:
    """Return what the page calls its subject, and whether it does so in plain sight, or as its host.

    That is its only h1, else the name in its title, else an empty text.

    A firm's own h1 is mostly a slogan, so there the part of the title that resembles the host is taken.
    """
    title = next((clean(t.text_content()) for t in root.iter("title")), "")
    parts = [p for p in map(clean, re.split(r"\s[|–—·•»-]\s|\s?\|\s?", title)) if _is_name(p)]
    headings = [text for h in root.iter("h1") if _is_name(text := clean(h.text_content()))]
    if own_site:
        label = fold(host.partition(".")[0]).replace(" ", "")
        alike = [p for p in parts if _alike(fold(p).replace(" ", ""), label)]
        return next(iter(alike or parts[-1:] or headings), ""), bool(alike)
    if len(headings) == 1:
        return headings[0], True
    return next(iter(parts), ""), False


def _alike(name: str, label: str) -> bool:
    return len(name) > 2 and (name in label or label in name)


def _is_name(text: str) -> bool:
    return 1 < len(text) <= 200 and fold(text) not in _NO_NAMES and any(c.isalnum() for c in text)


def read_row_name(row: Element, page_host: str) -> tuple[str, str]:
    """Return what a listing's row calls its firm, and the firm's own site where it links there.

    The name is in a heading, else in the first link, else in the first cell or bold words.
    """
    site = ""
    for link in row.iter("a"):
        href = clean(link.get("href") or "")
        outside = href.startswith(("http://", "https://")) and host_of(href) != page_host
        if outside and not social_network(href):
            site = href
            break
    for tags in (
        ("h1", "h2", "h3", "h4", "h5", "h6"),
        ("a",),
        ("strong", "b"),
        ("td", "th"),
        ("p",),
    ):
        for element in row.iter(*tags):
            text = clean(element.text_content())
            shown = text.lower().removeprefix("https://").removeprefix("http://")
            if _is_name(text) and "@" not in text and read_label(text) is None and shown != site:
                return text, site
    text = clean(row.text_content())
    return (text if _is_name(text) and len(text) <= 80 else ""), site
