"""Reads where offices are out of the words below a heading ("Office locations") or after "based in".

The gazetteer tells towns from other words: a town opens an office, a state or a country after it completes
it, and one without a town is an office of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recruit.sourcing.addresses import says_head_office
from recruit.sourcing.countries import (
    city_in,
    country_of_city,
    is_country,
    is_no_town,
    read_country,
    trim_town,
    us_state,
)
from recruit.sourcing.text import clean, fold, plain_dashes
from recruit.sourcing.values import Office

_NO_OFFICE = re.compile(
    r"\b(?:no (?:[\w-]+ ){0,2}(?:office|headquarters|hq)|co-?working|virtual office|mailing|mailbox"
    r"|registered (?:address|in)|incorporated|legal entit\w+|formerly|used to|closed|live|lives|living|hire|hiring"
    r"|time ?zones?|employees in|people in|team members|meetups?|retreats?|n/?a\b|receives? (?:post|mail)"
    r"|founded in|terminated|(?:clients?|customers?)['’]? offices?)",
    re.IGNORECASE,
)
_LESSER = re.compile(
    r"\b(?:secondary|satellite|branch|regional|research|r ?& ?d|development|engineering|sales|support|european|emea"
    r"|apac|asian?|latam)\b[^.,]{0,20}\b(?:offices?|hq|headquarters?|hub|cent(?:er|re))\b|\b(?:outpost|hub|niederlassung"
    r"|zweigstelle|außenstelle|filiale|geschäftsstelle|succursale|sucursal|filial)\b",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:[;|•·\n()/]|\s-+\s|:|\band\b|&|\bwith\b|\bplus\b|\bas well as\b|\bund\b|\bet\b)\s*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:.*\b(?:in|at|near|across|throughout|outside(?: of)?|of)\s+)?(?:(?i:the|beautiful|sunny|downtown|central|greater|hq|headquarters?)\s+)*",
)
_SUFFIX = re.compile(
    r"\s+(?:offices?|hq|headquarters|cent(?:er|re)|city cent(?:er|re)|(?:metro(?:politan)? )?area)$",
    re.IGNORECASE,
)
_STREET_TOWN = re.compile(
    r"^[0-9].*\b(?:Street|St|Road|Rd|Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Way|Square|Sq|Plaza|Court|Ct|Place"
    r"|Parkway|Pkwy|Highway|Hwy|Suite [0-9A-Z]+|Ste [0-9A-Z]+|Floor)\b\.?(?: (?:N|S|E|W|NE|NW|SE|SW))?\s+(?P<town>\S.*)$"
)
# Where town and country are one, whatever quarter is named.
_CITY_STATES = {
    "HK": "Hong Kong", "SG": "Singapore", "MC": "Monaco", "MO": "Macau", "GI": "Gibraltar",
}  # fmt: skip
_TOWNS_TOO = frozenset(
    ["singapore", "hong kong", "monaco", "luxembourg", "macau", "gibraltar", "san marino"]
)
# Areas and regions of the world that are called as a small town somewhere is.
_NO_TOWNS = frozenset(["apac", "emea", "latam", "silicon valley", "bay area", "europe", "remote"])
# Codes of a state and a country: beside a town that the gazetteer lacks either is likely.
_EITHER = frozenset({"DE", "IN", "IL"})
_STATES_AS_TOWNS = frozenset({"new york", "washington"})
_NICKNAMES = {
    "sf": "San Francisco", "san fran": "San Francisco", "ny": "New York", "nyc": "New York", "new york city": "New York", "la": "Los Angeles",
    "washington dc": "Washington", "washington d.c.": "Washington", "dc": "Washington", "bangalore": "Bangalore",
    "kiev": "Kiev",
}  # fmt: skip
_PROVINCES = {
    word: country
    for country, words in {
        "CA": "ontario|on|quebec|québec|qc|british columbia|bc|b.c.|alberta|ab|manitoba|nova scotia|saskatchewan",
        "AU": "new south wales|nsw|victoria|vic|queensland|qld|western australia|south australia|tasmania",
        "IN": "maharashtra|karnataka|gujarat|tamil nadu|telangana|haryana|uttar pradesh|kerala|west bengal|punjab",
        "GB": "hampshire|kent|surrey|essex|oxfordshire|cambridgeshire|devon|cornwall|yorkshire|west midlands",
        "ES": "cataluña|catalonia|andalusia|andalucía",
        "BR": "sp|rj|são paulo state",
    }.items()
    for word in words.split("|")
}
_ZIP = re.compile(
    r"^(?:[A-Z]{1,3}-)?(?:[0-9]{4,6}|[0-9]{3} [0-9]{2}|[0-9]{2}-[0-9]{3}|[0-9]{4} ?[A-Z]{2})\s+"
    r"|\s+(?:[0-9]{4,8}(?:-[0-9]{3,4})?|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])$"
)
_TOWN_NAME = re.compile(
    r"(?:[A-ZÀ-ÞŁŚŽ][\w'’.-]*\s?){1,4}|(?:[A-ZÀ-ÞŁŚŽ][\w'’.-]*\s(?:(?:de|do|da|dos|del|la|am|an|der|upon|of|sur)\s)*){1,4}[A-ZÀ-ÞŁŚŽ][\w'’.-]*"
)
_TOWN_AND_COUNTRY = 2
_LONGEST = 60
_MOST = 60


def read_offices(text: str, *, head: bool = False) -> list[Office]:
    """Return the offices that a line below a heading names; `head` tells that the heading calls them head offices.

    A line that speaks of other things than offices gives none.
    """
    text = clean(plain_dashes(text)).strip(" .")
    if not text or len(text) > 600 or speaks_of_others(text):
        return []
    offices: list[Office] = []
    for sentence in re.split(r"(?<!\bSt)(?<!\b[A-Z])[.!?] +(?=[A-Z])", text):
        offices += _read_sentence(sentence, head=head)
    return without_repeated_countries(offices)[:_MOST]


def _read_sentence(sentence: str, *, head: bool) -> list[Office]:
    """Return a sentence's offices; the head office is what stands in the words that say so, or beside them."""
    pieces = _CUT.split(sentence)
    found = [_read_piece(piece) for piece in pieces]
    full = [number for number, offices in enumerate(found) if offices]
    heads: set[int] = set(full[:1]) if head else set()
    for number, piece in enumerate(pieces):
        if says_head_office(piece) and not says_lesser_office(piece):
            itself = [number] if any(office.city for office in found[number]) else []
            heads.update(itself or [n for n in full if n < number][-1:] or full[:1])
    return [
        replace(office, head_office=number in heads)
        for number, offices in enumerate(found)
        for office in offices
    ]


def without_repeated_countries(offices: Sequence[Office]) -> list[Office]:
    """Leave out countries that only repeat where a town of the same list is: "Oslo - Norway"."""
    towns = {office.country for office in offices if office.city}
    return [o for o in offices if o.city or o.region or o.street or o.country not in towns]


def speaks_of_others(text: str) -> bool:
    """Tell whether words near a place say that no office is meant: people who live there, a mailbox."""
    return bool(_NO_OFFICE.search(text))


def says_lesser_office(text: str) -> bool:
    """Tell whether words call an office something less than the firm's seat, be it the only one."""
    return bool(_LESSER.search(text))


def _parts(piece: str) -> Iterator[str]:
    """Yield the parts between commas; "London UK" and "Ann Arbor MI" are two parts."""
    for part in piece.split(","):
        text = part.strip(" .*\"'")
        words = text.split()
        for count in (1, 2):
            town, tail = " ".join(words[:-count]), " ".join(words[-count:])
            is_tail = is_country(tail) or (us_state(tail) and (len(tail) > 2 or tail.isupper()))
            if town and is_tail and not _town(_place(text)) and _town(_place(town)):
                yield town
                text = tail
                break
        yield text


def _read_piece(piece: str) -> list[Office]:
    parts = list(_parts(piece))
    found: list[dict[str, str]] = []
    is_open = False  # whether the last town may still be completed
    for at, part in enumerate(parts):
        place = _place(part)
        if is_no_town(place) or len(place) > _LONGEST:
            is_open = False
            continue
        state = us_state(place) if len(place) > 2 or place.isupper() else None
        country = read_country(place) if is_country(place) else None
        known = _town(place)
        if is_open and place.lower() in _PROVINCES and _country_follows(parts, at):
            continue  # the country says more than the province
        if is_open and part != place and _country_follows(parts, at):
            continue  # "Lyon, Auvergne-Rhône-Alpes 69002, France": the postcode stands beside the region
        if is_open and "country" not in found[-1]:
            many = len(parts) > _TOWN_AND_COUNTRY
            completion = _completion(found[-1]["city"], place, state, country, known, many=many)
            if not completion and country and len(parts) == _TOWN_AND_COUNTRY:
                completion = {"country": country}  # said of it, whatever else is called so
            if completion:
                found[-1] |= completion
                # "Austin, Texas, USA": a country may still follow the state.
                is_open = "region" in completion
                continue
        elif is_open and country == found[-1].get("country"):
            is_open = False
            continue
        follower = _place(parts[at + 1]) if at + 1 < len(parts) else ""
        completed = bool(follower) and (
            (us_state(follower) is not None and (len(follower) > 2 or follower.isupper()))
            or is_country(follower)
            or follower.lower() in _PROVINCES
        )
        is_state = state is not None and place.lower() not in _STATES_AS_TOWNS
        looks = not is_state and bool(_TOWN_NAME.fullmatch(place))
        if known or (completed and looks and not country and not is_open):
            found.append({"city": known or place})
            is_open = True
        elif country and at and found and found[-1].get("country") == country:
            is_open = False  # "Utah, USA"
        elif country:
            found.append({"country": country})
            is_open = False
        elif state and state != "Georgia":
            found.append({"region": state, "country": "US"})
            is_open = False
        elif is_open:
            continue  # a region between town and country
    return [Office.from_parts(complete_place(entry)) for entry in found]


def _country_follows(parts: Sequence[str], at: int) -> bool:
    return at + 1 < len(parts) and is_country(_place(parts[at + 1]))


def _completion(
    city: str,
    place: str,
    state: str | None,
    country: str | None,
    town: str | None,
    *,
    many: bool,
) -> dict[str, str]:
    """Return what a word after a town says of it; nothing where the word is a place of its own."""
    if place.lower().replace(".", "") == "dc" and fold(city) == "washington":
        return {"region": "District of Columbia", "country": "US"}
    if country and many and not state and country_of_city(city) not in {None, country}:
        return {}  # "London, Paris, USA": each for itself
    if state and city_in(city, "US", place):
        return {"region": state, "country": "US"}
    if state and not city_in(city) and place.upper() not in _EITHER:
        return {"region": state, "country": "US"}
    if country and (city_in(city, country) or not city_in(city)):
        return {"country": country}
    if place.lower() in _PROVINCES:
        return {"region": place, "country": _PROVINCES[place.lower()]}
    if town and len(place) > 2 and city_in(city):
        return {}  # a list of towns, one of which is called as a state or a country is
    # "Sydney, Thailand, Tokyo": a list of places, not a town with its country.
    return {"region": state, "country": "US"} if state else {}


def complete_place(entry: dict[str, str]) -> dict[str, str]:
    """Return the parts of a place with what its town, or its country, tells beyond doubt."""
    if "country" not in entry and (country := country_of_city(entry["city"])):
        entry = entry | {"country": country}
    if city := _CITY_STATES.get(entry.get("country", "")):
        entry = entry | {"city": city}
    return entry


def _place(part: str) -> str:
    place = _ZIP.sub("", _LEAD.sub("", part).strip(" ."))
    if street := _STREET_TOWN.match(place):
        place = street["town"]
    return trim_town(_SUFFIX.sub("", place))


def _town(place: str) -> str | None:
    if place.lower() in _NICKNAMES:
        return _NICKNAMES[place.lower()]
    if not place[:1].isupper() or len(place) < 3:
        return None
    if place.lower() in _NO_TOWNS or (is_country(place) and place.lower() not in _TOWNS_TOO):
        return None
    if us_state(place) and place.lower() not in _STATES_AS_TOWNS:
        return None
    return place if city_in(place) else None
