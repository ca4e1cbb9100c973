"""Reads where offices are out of the words below a heading ("Office locations") or after "based in".

The gazetteer tells towns from other words: a town opens an office, a state or a country after it completes
it, and one without a town is an office of its own.
"""

import re

from recruit.sourcing.addresses import says_head_office
from recruit.sourcing.countries import city_in, country_of_city, is_country, read_country, us_state
from recruit.sourcing.text import clean, plain_dashes
from recruit.sourcing.values import Office

_NO_OFFICE = re.compile(
    r"\b(?:no (?:physical |central |fixed |main )?(?:office|headquarters|hq)|co-?working|virtual office|mailing|mailbox"
    r"|registered (?:address|in)|incorporated|legal entit\w+|formerly|used to|closed|live|lives|living|hire|hiring"
    r"|time ?zones?|employees in|people in|team members|meetups?|retreats?|n/?a\b)",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s*(?:[;|•·\n()/]|\s-+\s|:|\band\b|&|\bwith\b|\bplus\b|\bas well as\b|\bund\b|\bet\b)\s*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:.*\b(?:in|at|near|across|throughout|outside(?: of)?|of)\s+)?(?:the\s+|beautiful\s+|sunny\s+|downtown\s+)*",
)
_NICKNAMES = {
    "sf": "San Francisco", "nyc": "New York", "new york city": "New York", "la": "Los Angeles",
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
_ZIP = re.compile(r"^(?:[A-Z]{1,2}-)?[0-9]{4,6}\s+|\s+[0-9]{5}(?:-[0-9]{4})?$")
_LONGEST = 60
_MOST = 60


def read_offices(text: str, *, head: bool = False) -> list[Office]:
    """Return the offices that a line below a heading names; `head` tells that the heading calls them head offices.

    A line that speaks of other things than offices gives none.
    """
    text = clean(plain_dashes(text)).strip(" .")
    if not text or len(text) > 600 or _NO_OFFICE.search(text):
        return []
    offices: list[Office] = []
    for sentence in re.split(r"(?<!\bSt)(?<!\b[A-Z])[.!?] +(?=[A-Z])", text):
        is_head = head or says_head_office(sentence)
        for piece in _CUT.split(sentence):
            offices += _read_piece(piece, head=is_head)
    return offices[:_MOST]


def _read_piece(piece: str, *, head: bool) -> list[Office]:
    parts = [part.strip(" .*\"'") for part in piece.split(",")]
    found: list[dict[str, str]] = []
    is_open = False  # whether the last town may still be completed
    for at, part in enumerate(parts):
        place = _place(part)
        if not place or len(place) > _LONGEST:
            is_open = False
            continue
        state = us_state(place) if len(place) > 2 or place.isupper() else None
        country = read_country(place) if is_country(place) else None
        known = _town(place)
        if is_open and "country" not in found[-1]:
            completion = _completion(found[-1]["city"], place, state, country, known)
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
        )
        looks = bool(re.fullmatch(r"(?:[A-ZÀ-ÞŁŚŽ][\w'’.-]*\s?){1,4}", place))
        if known or (completed and looks and not country):
            found.append({"city": known or place})
            is_open = True
        elif country:
            found.append({"country": country})
            is_open = False
        elif state and state != "Georgia":
            found.append({"region": state, "country": "US"})
            is_open = False
        elif is_open:
            continue  # a region between town and country
    return [_complete(entry, head=head) for entry in found]


def _completion(
    city: str, place: str, state: str | None, country: str | None, town: str | None
) -> dict[str, str]:
    """Return what a word after a town says of it; nothing where the word is a place of its own."""
    if state and city_in(city, "US", place):
        return {"region": state, "country": "US"}
    if country and city_in(city, country):
        return {"country": country}
    if place.lower() in _PROVINCES:
        return {"region": place, "country": _PROVINCES[place.lower()]}
    if town and len(place) > 2 and city_in(city):
        return {}  # a list of towns, one of which is called as a state or a country is
    if state:
        return {"region": state, "country": "US"}
    return {"country": country} if country else {}


def _complete(entry: dict[str, str], *, head: bool) -> Office:
    if "country" not in entry and (country := country_of_city(entry["city"])):
        entry = entry | {"country": country}
    return Office.from_parts(entry, head_office=head)


def _place(part: str) -> str:
    place = _ZIP.sub("", _LEAD.sub("", part).strip(" ."))
    return re.sub(r"\s+(?:office|offices|hq|headquarters)$", "", place, flags=re.IGNORECASE)


def _town(place: str) -> str | None:
    if place.lower() in _NICKNAMES:
        return _NICKNAMES[place.lower()]
    if not place[:1].isupper() or len(place) < 3:
        return None
    return place if city_in(place) else None
