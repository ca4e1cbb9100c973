"""The state of the prospects page as its query string: read with tolerance, written in one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from recruit.insights.prospects import ProspectQuery, Sort
from recruit.insights.standing import STATE_WORDS, ProspectState
from recruit.scoring.usecases import ViewLine
from recruit.web.pages import query_string
from recruit.web.words import country


@dataclass(frozen=True)
class Chip:
    """A filter that is on: what it says, and the address of the page without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class View:
    """A view in the menu: some states under a name, with how many firms are in them."""

    title: str
    url: str
    count: int
    on: bool


@dataclass(frozen=True)
class SavedLink:
    """A view that somebody saved."""

    view_id: int
    title: str
    url: str
    owner: str
    on: bool


_VIEWS = {
    "Not contacted": (ProspectState.NEW,),
    "Under way": (ProspectState.IN_SEQUENCE, ProspectState.PAUSED),
    "Answered": (ProspectState.REPLIED, ProspectState.INTERESTED),
    "Partners": (ProspectState.PARTNER,),
    "Left out": (ProspectState.LEFT_OUT,),
}


def views_of(query: ProspectQuery, counts: Mapping[ProspectState, int]) -> list[View]:
    """Return the views that hold any firm."""
    views = [
        View(
            title,
            url_of(ProspectQuery(profile=query.profile), states=states),
            sum(counts.get(state, 0) for state in states),
            query.states == states,
        )
        for title, states in _VIEWS.items()
    ]
    return [view for view in views if view.count or view.on]


def saved_views(query: ProspectQuery, lines: Sequence[ViewLine]) -> list[SavedLink]:
    """Return the views that people saved; each opens the page as it was when it was saved."""
    here = url_of(query, page=1)
    links = []
    for line in lines:
        url = url_of(read_query(line.query), page=1)
        links.append(SavedLink(line.view_id, line.name, url, line.owner, url == here))
    return links


def read_query(text: str) -> ProspectQuery:
    """Read a query string. What cannot be read is as good as absent, so that no link ever breaks."""
    given = parse_qs(text)

    def many(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value.strip() for value in given.get(key, []) if value.strip()))

    def one(key: str) -> str:
        return next(iter(many(key)), "")

    states = tuple(
        ProspectState(value)
        for value in many("state")
        if value in ProspectState.__members__.values()
    )
    return ProspectQuery(
        profile=one("profile") or None,
        text=one("q")[:100],
        states=states,
        countries=tuple(code.upper() for code in many("country") if len(code) == 2),
        tags=many("tag"),
        size_from=_whole(one("size_from")),
        size_to=_whole(one("size_to")),
        min_score=_decimal(one("min_score")),
        is_near=one("near") == "1",
        sort=Sort(one("sort")) if one("sort") in Sort.__members__.values() else Sort.RANK,
        descending=one("dir") == "desc",
        page=max(_whole(one("page")) or 1, 1),
    )


def params_of(query: ProspectQuery) -> dict[str, Any]:
    """Return the query's parameters; what is as usual is left out."""
    return {
        "profile": query.profile,
        "q": query.text,
        "state": [state.value for state in query.states],
        "country": list(query.countries),
        "tag": list(query.tags),
        "size_from": query.size_from,
        "size_to": query.size_to,
        "min_score": None if query.min_score is None else f"{query.min_score:g}",
        "near": "1" if query.is_near else None,
        "sort": None if query.sort is Sort.RANK else query.sort.value,
        "dir": "desc" if query.descending else None,
        "page": query.page if query.page > 1 else None,
    }


def url_of(query: ProspectQuery, *, firm: int | None = None, **over: Any) -> str:
    """Return the page's address for `query` with changes; any change starts at the first page."""
    if over and "page" not in over:
        over["page"] = 1
    return "/prospects" + query_string(params_of(replace(query, **over)) | {"firm": firm})


def sort_url(query: ProspectQuery, sort: Sort) -> str:
    """Return the address that sorts by `sort`; a second click turns the order round."""
    if query.sort is sort:
        return url_of(query, descending=not query.descending)
    # Large numbers are what a person looks for first.
    return url_of(query, sort=sort, descending=sort in {Sort.SCORE, Sort.SIZE, Sort.CHANCE})


def chips_of(query: ProspectQuery) -> list[Chip]:
    """Return a chip for each filter that is on."""
    chips = []
    if query.text:
        chips.append(Chip("Text", query.text, url_of(query, text="")))
    for code in query.countries:
        rest = tuple(c for c in query.countries if c != code)
        chips.append(Chip("Country", country(code), url_of(query, countries=rest)))
    for state in query.states:
        left = tuple(s for s in query.states if s is not state)
        chips.append(Chip("State", STATE_WORDS[state].word, url_of(query, states=left)))
    for tag in query.tags:
        others = tuple(t for t in query.tags if t != tag)
        chips.append(Chip("Does", tag, url_of(query, tags=others)))
    if query.size_from is not None or query.size_to is not None:
        words = (
            f"{query.size_from or 1}–{query.size_to}"
            if query.size_to is not None
            else f"{query.size_from} or more"
        )
        chips.append(Chip("People", words, url_of(query, size_from=None, size_to=None)))
    if query.min_score is not None:
        words = f"{query.min_score:g} or more"
        chips.append(Chip("Score", words, url_of(query, min_score=None)))
    if query.is_near:
        chips.append(Chip("Top 50", "one look-up away", url_of(query, is_near=False)))
    return chips


def _whole(text: str) -> int | None:
    # Far past any firm's size, and still an integer for every database.
    return min(int(text), 10**8) if text.isascii() and text.isdigit() else None


def _decimal(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if -1e6 < value < 1e6 else None
