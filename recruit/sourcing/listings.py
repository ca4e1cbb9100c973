"""Finds on a listing, by its shape, which links lead to firms and which to further listings.

Links to firms stand many to a page, in elements of one kind, with addresses of one pattern and names of
their own. Links to further listings say so: a `rel`, a word, or a page number in the same address.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from recruit.sourcing.text import clean, fold
from recruit.sourcing.tree import Element

_MOST_ANCHORS = 20_000
_FEWEST_ITEMS = 3
_CHROME = frozenset(["nav", "footer", "aside", "header", "form"])
_ONWARD_WORDS = (
    "next|next page|older|more|load more|show more|weiter|nachste|naechste|nachste seite|vor|mehr"
    "|suivant|suivante|page suivante|siguiente|pagina siguiente|mas|successivo|successiva|avanti|volgende"
    "|proximo|proxima|seguinte|nastepna|nastepny|dalej|nasta|neste|naeste|seuraava|dalsi"
)
_ONWARD = frozenset(fold(word) for word in _ONWARD_WORDS.split("|"))
_ARROWS = frozenset("»›>→⟩")
_PAGE_PARAMETERS = frozenset(
    [
        *("page", "p", "pg", "paged", "seite", "pagina", "start", "offset", "from", "skip"),
        *("pagenum", "pageno", "pnr", "currentpage", "cursor"),
    ]
)
_PAGE_IN_PATH = re.compile(r"/(?:page|seite|pagina|p)[/-]?[0-9]{1,5}/?$", re.IGNORECASE)
_LETTERS = re.compile(r"^(?:[a-z]|0-9|#)$", re.IGNORECASE)
_NEVER_ITEMS = re.compile(
    r"/(?:login|signin|sign-in|register|cart|privacy|terms|imprint|impressum|contact|about|help|faq|tag"
    r"|category|categories|search|feed|wp-\w+|cdn-cgi)(?:[/.?]|$)",
    re.IGNORECASE,
)
_MOST_SEGMENTS = 15
_MOST_PARAMETERS = 12


@dataclass(frozen=True)
class Anchor:
    """A link as it stands on a page; `place` is the kind of element that it stands in, `chrome` a menu's."""

    url: str
    text: str
    rel: str
    place: str
    chrome: bool
    in_pages: bool  # within an element that calls itself pagination


def read_anchors(root: Element, absolute: Callable[[str], str]) -> list[Anchor]:
    """Return the links of a page in their order; `absolute` gives an address, or "" for one to ignore."""
    anchors = []
    for number, link in enumerate(root.iter("a")):
        if number >= _MOST_ANCHORS:
            break
        url = absolute(link.get("href") or "")
        if not url:
            continue
        path, chrome, in_pages = [], False, False
        for depth, parent in enumerate(link.iterancestors()):
            if not isinstance(parent.tag, str) or parent.tag == "body":
                break
            if depth < 4:
                path.append(f"{parent.tag}.{(parent.get('class') or '').split(' ')[0]}")
            chrome = chrome or parent.tag in _CHROME
            called = f"{parent.get('class') or ''} {parent.get('aria-label') or ''} {parent.get('id') or ''}"
            in_pages = in_pages or "pagin" in called.lower() or "pager" in called.lower()
        text = clean(link.text_content())[:200]
        anchors.append(
            Anchor(url, text, (link.get("rel") or "").lower(), ">".join(path), chrome, in_pages)
        )
    return anchors


def find_further(anchors: Sequence[Anchor], here: str) -> list[str]:
    """Return the addresses of further listings, without the page itself."""
    further: dict[str, None] = {}
    for anchor in anchors:
        if anchor.url == here or not _same_host(anchor.url, here) or "prev" in anchor.rel.split():
            continue
        says = fold(anchor.text) in _ONWARD
        points = bool(anchor.text) and set(anchor.text) <= _ARROWS
        numbered = anchor.text.isdecimal() and len(anchor.text) <= 5
        alphabet = bool(_LETTERS.match(anchor.text))
        paged = _differs_by_page(anchor.url, here)
        by_rel = "next" in anchor.rel.split()
        if (
            by_rel
            or ((says or points or numbered) and (paged or anchor.in_pages))
            or (alphabet and anchor.in_pages)
        ):
            further.setdefault(anchor.url)
    return list(further)


def _differs_by_page(url: str, here: str) -> bool:
    one, two = urlsplit(url), urlsplit(here)
    if one.path == two.path:
        ours, theirs = dict(parse_qsl(one.query)), dict(parse_qsl(two.query))
        keys = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        return bool(keys) and all(key.lower() in _PAGE_PARAMETERS for key in keys)
    return _PAGE_IN_PATH.sub("", one.path) == _PAGE_IN_PATH.sub("", two.path).rstrip("/")


def find_items(anchors: Sequence[Anchor], here: str, *, but: Sequence[str] = ()) -> list[str]:
    """Return the addresses of the firms: the largest family of links that look like one another.

    A page without such a family gives none.
    """
    left_out = {here, *but}
    families: dict[tuple[str, str], dict[str, str]] = {}
    for anchor in anchors:
        url = anchor.url
        if (
            anchor.chrome
            or anchor.in_pages
            or url in left_out
            or not _same_host(url, here)
            or _NEVER_ITEMS.search(urlsplit(url).path)
            or _differs_by_page(url, here)
        ):
            continue
        family = families.setdefault((anchor.place, _pattern(url, here)), {})
        # A logo links where the name does.
        family[url] = family.get(url) or anchor.text
    best: tuple[float, list[str]] = (0.0, [])
    for (_, pattern), family in families.items():
        texts = Counter(fold(text) for text in family.values())
        named = sum(1 for text, count in texts.items() if text and count == 1)
        if len(family) < _FEWEST_ITEMS:
            continue
        # Addresses below the listing's own are likelier; so are names that differ.
        score = (named + 0.3 * len(family)) * (1.5 if pattern.startswith("below") else 1.0)
        if score > best[0]:
            best = score, list(family)
    return best[1]


def _pattern(url: str, here: str) -> str:
    path, own = urlsplit(url).path.rstrip("/"), urlsplit(here).path.rstrip("/")
    folder = path.rpartition("/")[0]
    prefix = "below" if own and path.startswith(f"{own}/") else "beside"
    keys = ",".join(sorted(key for key, _ in parse_qsl(urlsplit(url).query)))
    return f"{prefix}:{folder}:{keys}"


def _same_host(url: str, here: str) -> bool:
    return urlsplit(url).netloc.lower() == urlsplit(here).netloc.lower()


def is_trap(url: str) -> bool:
    """Tell whether an address is of the kind that sites without end make: `/a/b/a/b/a/b`, twenty parameters."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > _MOST_SEGMENTS or parts.query.count("&") >= _MOST_PARAMETERS:
        return True
    return any(count > 2 for count in Counter(segments).values())
